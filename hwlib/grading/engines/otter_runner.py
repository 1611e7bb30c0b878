"""Runs otter-grader on one submission after another, each in a fork of a process that imported it.

To import otter takes longer than to grade a small notebook with it.

    hw grade ── pipe ── this process     imports otter once, and never runs a notebook
                          └ fork         `otter run` for one submission, and its kernel
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from hwlib.grading.sandbox.clock import started_clock

__all__ = ["OtterJob", "OtterRunner"]

POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class OtterJob:
    """One submission for `otter run`."""

    archive: str  # otter's zip
    submission: str  # a zip of the files that were handed in
    place: str  # the folder that results.json goes to
    seed: int
    limit_s: float  # of work
    memory_mb: int


class OtterRunner:
    """Runs jobs; the process behind it is started with the first one, and ends with the block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> OtterRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def run(self, job: OtterJob) -> bool:
        """Grade a submission; returns whether its time was up. Only results.json tells the rest."""
        process = self._started()
        try:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(asdict(job)) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        if not answer:  # student code runs as the same user, and may have ended it
            self._end()
        return answer.strip() == "timeout"

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            _kill_group(self._process.pid)
            with self._process:  # closes the pipes, and waits
                pass
            self._process = None


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


# ---- the other process ---------------------------------------------------------------------------


def main() -> int:
    """Read jobs from standard input, a line each, and answer each with `done` or `timeout`."""
    from hwlib.jsonschema_import import import_jsonschema

    _die_with_parent()
    import_jsonschema()
    import otter.run

    import hwlib.grading.engines.otter_plugin  # noqa: F401  otter imports it by its name

    for line in sys.stdin:
        job = OtterJob(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            _grade(otter.run, job)
        timed_out = not _ended_in(pid, job.limit_s)
        _kill_group(pid)
        if timed_out:
            os.waitpid(pid, 0)
        sys.stdout.write("timeout\n" if timed_out else "done\n")
        sys.stdout.flush()
    return 0


def _grade(otter_run: Any, job: OtterJob) -> None:
    """In the fork: what `otter run` does; it never returns."""
    try:
        os.setsid()
        _die_with_parent()
        _limit(job.memory_mb)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.environ.update(HWLIB_SEED=str(job.seed), HWLIB_GRADING="1")
        os.chdir(job.place)
        otter_run.main(job.submission, autograder=job.archive, output_dir=job.place, no_logo=True)
    finally:
        os._exit(0)


def _ended_in(pid: int, limit_s: float) -> bool:
    clock = started_clock(pid, limit_s)
    while not clock():
        if os.waitpid(pid, os.WNOHANG)[0]:
            return True
        time.sleep(POLL_S)
    return False


def _limit(memory_mb: int) -> None:
    if sys.platform == "linux":
        from hwlib.grading.sandbox.measures.limits import limit_program

        limit_program(memory_mb)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        from hwlib.grading.sandbox.confine import die_with_parent

        die_with_parent()


if __name__ == "__main__":
    sys.exit(main())
