"""A Dask scheduler and workers on this machine, each a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Cluster", "running_cluster"]

START_S = 60.0


@dataclass(slots=True)
class Cluster:
    """A scheduler, and the workers that were started."""

    folder: Path
    address: str
    started: list[subprocess.Popen[bytes]]  # all processes
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def temporary(self) -> Path:
        """The workers' folder for temporary files."""
        return self.folder / "tmp"

    def add(
        self, name: str, environment: Mapping[str, str] | None = None, before: tuple[str, ...] = ()
    ) -> subprocess.Popen[bytes]:
        """Start a worker with one thread.

        Parameters
        ----------
        name : str
        environment : mapping, optional
            More variables.
        before : tuple of str
            What starts it: a command that takes another one.
        """
        place = self.folder / name
        place.mkdir(exist_ok=True)
        self.temporary.mkdir(exist_ok=True)
        self.temporary.chmod(0o1777)
        worker = _start(
            self.folder / f"{name}.log",
            "distributed.cli.dask_worker",
            self.address,
            "--name",
            name,
            *("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"),
            *("--local-directory", str(place)),
            environment={"TMPDIR": str(self.temporary), **(environment or {})},
            before=before,
        )
        self.workers[name] = worker
        self.started.append(worker)
        return worker

    def wait_for(self, *names: str) -> None:
        """Wait until the scheduler knows these workers."""
        deadline = time.monotonic() + START_S
        while not all("Registered to" in self.log(name) for name in names):
            assert time.monotonic() < deadline, [self.log(name) for name in names]
            time.sleep(0.1)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Start a scheduler without workers; everything is ended at the end."""
    told = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    scheduler = _start(
        folder / "scheduler.log",
        "distributed.cli.dask_scheduler",
        *options,
        "--scheduler-file",
        str(told),
    )
    started = [scheduler]
    try:
        deadline = time.monotonic() + START_S
        while not (told.is_file() and told.stat().st_size):
            assert scheduler.poll() is None, (folder / "scheduler.log").read_text()
            assert time.monotonic() < deadline, "the scheduler does not start"
            time.sleep(0.1)
        time.sleep(0.1)
        cluster = Cluster(folder, json.loads(told.read_text())["address"], started)
        yield cluster
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


def _start(
    log: Path,
    module: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    before: tuple[str, ...] = (),
) -> subprocess.Popen[bytes]:
    with log.open("wb") as stream:
        return subprocess.Popen(
            [*before, sys.executable, "-m", module, *arguments],
            cwd=log.parent,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env={**os.environ, **(environment or {})},
        )
