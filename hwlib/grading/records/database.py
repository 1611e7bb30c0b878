"""Opens the gradebook's database, and sees to it that one `hw grade` does not disturb another.

SQLite has one writer at a time: a second `hw grade` is refused. In PostgreSQL, several assignments
can be graded at the same time, but each of them by one `hw grade` only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from traitlets.config import Config

from hwlib.errors import CourseError, GradebookBusy
from hwlib.extras import how_to_install

__all__ = [
    "advice",
    "gradebook_url",
    "only_writer",
    "open_engine",
    "said_by",
    "shown",
    "sqlite_url",
    "wait_for_tables",
]

SECRETS = ("password", "sslpassword")  # parts of an address that nobody may read
# A killed program's connection may live that long; the server decides it, whose work nobody here
# can count. What is refused then is the run, not a submission, and it can be started again.
LINGER_S = 10.0
TABLES_LOCK = 0x6877  # the number of the lock for making tables
_SECRET = re.compile(rf"({'|'.join(SECRETS)})=[^&\s]*", re.IGNORECASE)
_USER_AND_PASSWORD = re.compile(r"(?<=://).*@|^(?!.*://).*@")


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file; `?` and `%` in its path have no special meaning."""
    return sa.URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def gradebook_url(config: Config, root: Path, output: Path, db_url: str | None = None) -> str:
    """The address of the gradebook.

    It is `db_url`; else, for records in the course's own folder, what nbgrader_config.py says, so
    that the formgrader and `hw grade` use the same gradebook; else OUTPUT/gradebook.db.

    Parameters
    ----------
    config : Config
        nbgrader's, of the course.
    root, output : Path
        The folders of the course and of the records.
    db_url : str, optional
    """
    configured = config.CourseDirectory.get("db_url") if output == root else None
    return db_url or configured or sqlite_url(output / "gradebook.db")


def shown(db_url: str | sa.URL) -> str:
    """An address as people may read it, without its password; of SQLite only the file.

    >>> shown("postgresql://ta:secret@host/course?sslpassword=more")
    'postgresql://ta:***@host/course?sslpassword=***'
    >>> shown("postgresql://ta:pass word@host:port/course")  # not an address
    'postgresql://***@host:port/course'
    """
    try:
        url = sa.make_url(db_url)
    except (sa.exc.ArgumentError, ValueError):
        return _SECRET.sub(r"\1=***", _USER_AND_PASSWORD.sub("***@", str(db_url)))
    if url.get_backend_name() == "sqlite" and url.database:
        return url.database
    return _SECRET.sub(r"\1=***", url.render_as_string(hide_password=True))


def said_by(error: sa.exc.DBAPIError) -> str:
    """What a database says, in one line, with advice where we know some."""
    return advice(str(error.orig).splitlines()[0])


def open_engine(db_url: str, *, writes: bool = True) -> sa.Engine:
    """An engine for this address.

    Parameters
    ----------
    db_url : str
    writes : bool
        Whether its transactions write: in SQLite each has the file for itself from its start.

    Raises
    ------
    CourseError
        If `db_url` is not an address of a database, or its driver is not installed.
    """
    try:
        engine = sa.create_engine(db_url, pool_pre_ping=True)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise CourseError(
            f"--db {shown(db_url)}: expected an address such as postgresql://user@host/name"
        ) from error
    except ModuleNotFoundError as error:
        raise CourseError(f"--db {shown(db_url)}: {_driver(error)}") from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _tune_sqlite)
        if writes:
            sa.event.listen(engine, "begin", _begin_at_once)
    return engine


def _driver(error: ModuleNotFoundError) -> str:
    if (error.name or "").startswith("psycopg"):
        return f"the driver of PostgreSQL is not installed; run: {how_to_install('postgresql')}"
    return f"the driver {error.name} is not installed; install it, or use PostgreSQL or SQLite"


def _tune_sqlite(connection: Any, _record: Any) -> None:
    """Make SQLite wait for the formgrader instead of failing.

    If the grader is killed, nothing is lost. A power cut may lose the last rows.
    """
    connection.isolation_level = None  # Python would begin a transaction only with the first change
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_at_once(connection: sa.Connection) -> None:
    """So nobody can change what this transaction has read before it writes."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def wait_for_tables(connection: sa.Connection) -> None:
    """Of several programs that find an empty database, let one make the tables."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TABLES_LOCK)))


# ---- one at a time -------------------------------------------------------------------------------


@contextmanager
def only_writer(engine: sa.Engine, slug: str) -> Iterator[None]:
    """Keep others from grading the same at the same time. It ends with this process, too.

    Raises
    ------
    GradebookBusy
        If another `hw grade` is at work: in SQLite on this gradebook, in PostgreSQL on this
        assignment in it.
    """
    if engine.dialect.name == "sqlite" and engine.url.database not in (None, "", ":memory:"):
        with _file_lock(Path(engine.url.database)):
            yield
    elif engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            _lock_in_postgresql(connection, slug)
            yield
    else:
        yield


@contextmanager
def _file_lock(database: Path) -> Iterator[None]:
    # a lock of this process, not of the open file: judges, which are forks, must not hold it
    try:
        file = database.with_name(f".{database.name}.lock").open("a+", encoding="utf-8")
    except OSError:  # a folder in which no file can be made: the gradebook itself says so
        yield
        return
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            raise GradebookBusy(
                f"{database}: another `hw grade`{_holder(file)} writes to this gradebook, and "
                "SQLite takes one at a time; wait until it is done and run this again, or keep "
                "the gradebook in PostgreSQL (--db postgresql://…)"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _holder(file: IO[str]) -> str:
    file.seek(0)
    number = file.read(20).strip()
    return f" (process {number})" if number.isdecimal() else ""


def _lock_in_postgresql(connection: sa.Connection, slug: str) -> None:
    """Take the lock of an assignment; it is gone with the connection."""
    number = int.from_bytes(hashlib.sha256(f"hwlib {slug}".encode()).digest()[:8], signed=True)
    deadline = time.monotonic() + LINGER_S
    while not connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar():
        connection.rollback()
        if time.monotonic() > deadline:
            raise GradebookBusy(
                f"{shown(connection.engine.url)}: another `hw grade {slug}` writes to this "
                "gradebook; wait until it is done and run this again"
            )
        time.sleep(0.2)
    connection.commit()  # the lock is the session's; a transaction would stay open for hours


# ---- what went wrong -----------------------------------------------------------------------------

_ADVICE: Mapping[tuple[str, ...], str] = {
    ("not a database", "malformed"): (
        "this file is not a gradebook, or is damaged ({}); move it away or restore a copy, then "
        "grade again"
    ),
    ("locked",): "another program uses the gradebook ({}); close it and grade again",
    ("full", "No space"): (
        "cannot write the gradebook ({}); free some space on its disk and grade again"
    ),
    ("readonly", "read-only"): (
        "cannot write the gradebook ({}); make the file and its folder writable, or name others "
        "with --db and --output"
    ),
    ("password authentication", "no password", "does not exist", "permission denied"): (
        "the server of the gradebook refuses this ({}); check the user, the password and the name "
        "in --db, or put the password into ~/.pgpass"
    ),
    ("refused", "timeout", "could not translate", "closed the connection", "starting up"): (
        "the server of the gradebook does not answer ({}); check the host and port in --db, and "
        "that the server runs"
    ),
}


def advice(reason: str) -> str:
    """Why a database does not open or cannot be written, and what to do."""
    for words, said in _ADVICE.items():
        if any(word in reason for word in words):
            return said.format(reason)
    return f"cannot use the gradebook ({reason}); check --db and --output"
