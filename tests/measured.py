"""Coverage of the processes that the grader kills: zygote, workers and judges.

A process that is killed writes nothing down. Under `make test COVERAGE=1` these are asked to end
first, and get a moment for it. The zygote is started by a line of Python that begins to measure:
its environment stays as clean as it is in production, and hwlib knows nothing of all this.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from hwlib.grading.engines import pool
from hwlib.grading.sandbox import processes

__all__ = ["drop_unfinished", "measured_sandbox"]

MOMENT_S = 2.0  # for writing down what was measured
ZYGOTE = "hwlib.grading.sandbox.zygote"
START = f"""
import os, runpy, signal
from coverage import Coverage

coverage = Coverage(
    data_file={{data!r}}, branch=True, source=["hwlib"], config_file=False, data_suffix=True
)
coverage.set_option("run:patch", ["_exit", "fork"])
coverage.set_option("run:parallel", True)
coverage.start()
signal.signal(signal.SIGUSR1, lambda *_: os._exit(0))

# confined workers need one more folder, for what was measured
from hwlib.grading.sandbox import confine
from hwlib.grading.sandbox.measures import view

folder, needed, restrict = os.path.dirname({{data!r}}), confine.needed_folders, view.restrict_to
confine.needed_folders = lambda: [*needed(), folder]
view.restrict_to = lambda readable, writable: restrict(readable, [*writable, folder])

runpy.run_module({ZYGOTE!r}, run_name="__main__")
"""


# coverage puts a hash into the name of a data file when the file is whole
WHOLE = re.compile(r"\.H\w+h$")


def drop_unfinished(folder: Path) -> None:
    """Delete the data files whose process was killed while writing: they can't be read."""
    for path in folder.glob(".coverage.*"):
        if not WHOLE.search(path.name):
            path.unlink()


@contextlib.contextmanager
def measured_sandbox(results: Path) -> Iterator[None]:
    """Measure what is forked and started meanwhile; the data files go into `results` at the end."""
    # workers are other users and don't see the course: they need a folder that is open to all
    with tempfile.TemporaryDirectory(prefix="hw-coverage-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o777)
        try:
            with (
                mock.patch.object(processes, "subprocess", _starting_with(folder / ".coverage")),
                mock.patch.object(processes.Zygote, "close", _zygote_close),
                mock.patch.object(processes.Worker, "kill", _worker_kill),
                mock.patch.object(pool, "_grade_as_judge", _judge),
                mock.patch.object(pool, "_bury", _bury),
            ):
                yield
        finally:
            drop_unfinished(folder)
            for path in folder.glob(".coverage.*"):
                # the user of the data file is gone, its content is ours
                (results / path.name).write_bytes(path.read_bytes())


def _starting_with(data: Path) -> SimpleNamespace:
    """The module subprocess as `processes` uses it: a zygote starts with measuring."""
    start = ["-c", START.format(data=str(data))]

    def popen(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        where = command.index("-m")
        assert command[where + 1] == ZYGOTE
        return subprocess.Popen([*command[:where], *start, *command[where + 2 :]], **options)

    return SimpleNamespace(Popen=popen, DEVNULL=subprocess.DEVNULL)


CLOSE, KILL, JUDGE, BURY = (
    processes.Zygote.close,
    processes.Worker.kill,
    pool._grade_as_judge,
    pool._bury,
)


def _zygote_close(zygote: processes.Zygote) -> None:
    zygote.process.send_signal(signal.SIGUSR1)
    with contextlib.suppress(subprocess.TimeoutExpired):
        zygote.process.wait(MOMENT_S)
    CLOSE(zygote)


def _worker_kill(worker: processes.Worker) -> None:
    if worker._pidfd >= 0:
        _ask_to_end(worker._pidfd)
    KILL(worker)


def _judge(*arguments: Any) -> None:
    signal.signal(signal.SIGUSR1, lambda *_: os._exit(0))
    JUDGE(*arguments)


def _bury(judge: pool._Judge) -> None:
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(judge.pid)
        _ask_to_end(handle)
        os.close(handle)
    BURY(judge)


def _ask_to_end(handle: int) -> None:
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(handle, signal.SIGUSR1)
        select.select([handle], [], [], MOMENT_S)
