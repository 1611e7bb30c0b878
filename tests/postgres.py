"""A PostgreSQL server of the tests' own: one for all of them, with a password, in a new folder."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from urllib.parse import quote

from hwlib.atomic import remove_folder

__all__ = ["PASSWORD", "Server", "program", "running_server"]

PASSWORD = "s3cret:p@ss/word"  # with signs that an address must escape
USER = "grader"
_numbers = count()


@cache
def program(name: str) -> Path | None:
    """The path of a program of PostgreSQL's; Debian keeps them off the PATH. None if missing."""
    found = shutil.which(name)
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return Path(found) if found else debian[-1] if debian else None


@dataclass(frozen=True, slots=True)
class Server:
    """A server at a port of this machine."""

    port: int

    def new_database(self) -> str:
        """The address of a database that is empty."""
        name = f"course{next(_numbers)}"
        self._sql("postgres", f"CREATE DATABASE {name}")
        return self.address(name)

    def address(self, name: str, password: str = PASSWORD) -> str:
        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}"

    def _sql(self, database: str, statement: str) -> None:
        psql = program("psql")
        assert psql is not None
        subprocess.run(
            [psql, "-q", "-v", "ON_ERROR_STOP=1", self.address(database), "-c", statement],
            check=True,
        )


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="hw-postgres-"))
    user = _unprivileged()
    secret = folder / "password"
    secret.write_text(PASSWORD)
    options = {}
    if user:
        folder.chmod(0o755)
        for path in (folder, secret):
            os.chown(path, user.pw_uid, user.pw_gid)
        options = {"user": user.pw_uid, "group": user.pw_gid}

    def run(name: str, *arguments: str | Path) -> None:
        subprocess.run(
            [str(program(name)), *map(str, arguments)],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            **options,  # type: ignore[call-overload]
        )

    data, port = folder / "data", _free_port()
    try:
        ways = ("--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--encoding=UTF8")
        run("initdb", "-D", data, "-U", USER, *ways)
        settings = f"-c port={port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
        run("pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", settings, "start")
        try:
            yield Server(port)
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        remove_folder(folder)


def _unprivileged() -> pwd.struct_passwd | None:
    """Who runs the server, because it refuses to run as root. None: we are not root."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port
