"""Processes for student code: how they are started, what they may use, how they are killed.

    grader ── socket ── zygote     one a grading run: a clean environment, libraries imported,
                          │        one thread
                          └ worker forked for one submission: own session, user and limits;
                                   no file but its socket; no network

This is the grader's side: it starts the zygote, asks it for workers and kills them. `confine` is
what a worker does to itself, and `tiers` proves that it holds; see docs/security.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hwlib.atomic import remove_folder
from hwlib.errors import DeadlinePassed, GradingError, MeasureRefused, ZygoteGone
from hwlib.grading.sandbox import usage
from hwlib.grading.sandbox.clock import started_clock
from hwlib.grading.sandbox.confine import Confinement, Tier
from hwlib.grading.sandbox.folders import RunFolder, private_folder
from hwlib.grading.sandbox.measures import control_groups
from hwlib.grading.sandbox.wire import Channel

__all__ = [
    "Worker",
    "Zygote",
    "comes",
    "own_cores",
    "single_threaded",
]

# one uid for each worker at a time: RLIMIT_NPROC counts by uid, and a worker's end takes with it
# all processes of its uid
UIDS_A_RUN = 1024
UIDS_A_SUBMISSION = 16
# the names of multiprocessing, PyTorch and joblib
SHARED_BY_PYTHON = ("sem.", "psm_", "mp-", "torch_", "joblib_")
TRIES = 200  # to find a block of them that is free
LOOK_S = 1.0  # between two looks at a clock
TELL_S = 5.0  # of work, in which a supervisor tells how its worker has ended


def comes(descriptor: int, pid: int, limit_s: float) -> bool:
    """Whether there is something to read before a process of one thread has worked for so long."""
    is_over = started_clock(pid, limit_s, usage.times_alone)
    while not select.select([descriptor], [], [], LOOK_S)[0]:
        if is_over():
            return False
    return True


def own_cores() -> list[int]:
    """The cores that this process may use."""
    return (
        sorted(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else list(range(os.cpu_count() or 1))
    )


def single_threaded() -> dict[str, str]:
    """The environment that keeps numerical libraries to one thread; must be set before they are
    imported.
    """
    return dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
    )


# ---- in the grader -------------------------------------------------------------------------------


class Zygote:
    """The process that workers are forked from.

    Parameters
    ----------
    slug : str
        Shown in the process list.
    folder : RunFolder
        Where its own files lie.
    tier : {"T3", "T2", "T1", "T0"}
        Which measures its workers have; see docs/security.md.
    hidden : tuple of Path
        Folders that student code must not see (the course: tests, other submissions, grades).

    Attributes
    ----------
    home : Path
        Its working directory; modules there can be imported.
    """

    def __init__(
        self, slug: str, folder: RunFolder, tier: Tier, hidden: tuple[Path, ...] = ()
    ) -> None:
        if sys.platform != "linux":
            raise GradingError(
                f"the isolated engine needs Linux, this is {sys.platform}; use `--engine "
                "nbgrader`, or grade in a container"
            )
        control_groups.remove_empty()
        uids = _usable_uids() if os.getuid() == 0 else range(0)
        self._uids = _UidBlock(uids) if uids else None
        self.tier, self.home = tier, folder.new("zygote-", 0o755)
        # matplotlib's font list takes seconds to make
        self._fonts = private_folder(folder.base / f"hwlib-matplotlib-{os.getuid()}")
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [
                sys.executable,
                "-I",
                "-X",
                "faulthandler=0",
                "-m",
                "hwlib.grading.sandbox.zygote",
                str(theirs.fileno()),
                slug,
            ]
            self.process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                cwd=self.home,
                env=self._environment(),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._hidden = [str(path) for path in hidden]

    def _environment(self) -> dict[str, str]:
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
            if name in os.environ
        }
        return (
            kept
            | single_threaded()
            | {
                "HOME": str(self.home),
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",
                "MPLCONFIGDIR": str(self._fonts),
                "IPYTHONDIR": str(self.home),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONHASHSEED": "0",
                "HWLIB_GRADING": "1",
                "PIP_NO_INDEX": "1",  # there is no network: pip says so at once
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            }
        )

    def prepare(
        self, modules: list[str], setup: list[str], timeout_s: float = 120.0
    ) -> dict[str, Any]:
        """Import `modules` and run the setup cells once; every worker forked afterwards starts from
        there.

        Returns
        -------
        dict
            "failed": modules that could not be imported; "errors": for each setup cell the line
            and what it raised, or ""; "threads": how many threads run now (more than 1 would make
            forked workers hang).

        Raises
        ------
        MeasureRefused
            If the kernel refuses a measure that the tier is made of.
        ZygoteGone
            If the zygote does not answer within `timeout_s` seconds of work.
        """
        ours, theirs = socket.socketpair()
        with ours:
            request = {"do": "prepare", "tier": self.tier, "hidden": self._hidden}
            self._request({**request, "readable": [str(self.home), str(self._fonts)]}, theirs)
            channel = Channel(ours)
            deadline = started_clock(self.process.pid, timeout_s, usage.times_of)
            try:
                channel.send({"modules": modules, "setup": setup}, deadline)
                answer = channel.receive(deadline)
            except DeadlinePassed as error:
                raise ZygoteGone(
                    f"the imports and setup cells took more than {timeout_s:g} s: does one of them "
                    "wait for something?"
                ) from error
            except Exception as error:
                raise ZygoteGone(
                    f"the zygote did not get ready: {type(error).__name__} {error}"
                ) from error
        if "refused" in answer:
            raise MeasureRefused(str(answer["refused"]))
        return answer

    def fork(self, confinement: Confinement, timeout_s: float = 60.0) -> Worker:
        """A new worker, ready for requests; ZygoteGone if there is no zygote any more."""
        ours, theirs = socket.socketpair()
        self._request({"do": "fork", **asdict(confinement)}, theirs)
        is_over = started_clock(self.process.pid, timeout_s, usage.times_of)
        try:
            while not select.select([ours], [], [], LOOK_S)[0]:
                if is_over():
                    raise TimeoutError("the zygote does not answer")
            ours.settimeout(timeout_s)
            data, descriptors, _, _ = socket.recv_fds(ours, 32, 2)
        except OSError as error:
            ours.close()
            raise ZygoteGone(f"no worker came: {error}") from error
        if len(descriptors) != 2:
            ours.close()
            raise ZygoteGone("the zygote is gone")
        pid, supervisor = map(int, data.split())
        return Worker(ours, descriptors[0], descriptors[1], pid, supervisor, confinement)

    def uid(self, slot: int, lane: int = 0) -> int:
        """The user that the worker of this slot and lane runs as: its own if the grader is root."""
        number = slot * UIDS_A_SUBMISSION + lane % UIDS_A_SUBMISSION
        return self._uids.first + number % UIDS_A_RUN if self._uids else os.getuid()

    def _request(self, request: dict[str, Any], theirs: socket.socket) -> None:
        with theirs:
            try:
                socket.send_fds(self.control, [json.dumps(request).encode()], [theirs.fileno()])
            except OSError as error:
                raise ZygoteGone("the zygote is gone") from error

    def close(self) -> None:
        """End it and, with it, every worker."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        remove_folder(self.home)
        control_groups.remove_empty()
        if self._uids is not None:
            self._uids.close()


class _UidBlock:
    """User ids that no other grading run on this machine uses.

    The block is drawn at random from all that this system has, and held by an abstract socket: that
    name belongs to the machine, not to a folder, and goes with the last fork of this process.
    """

    def __init__(self, uids: range) -> None:
        for _ in range(TRIES):
            first = uids.start + UIDS_A_RUN * secrets.randbelow(len(uids) // UIDS_A_RUN)
            held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                held.bind(f"\0hwlib-users-{first}")
            except OSError:
                held.close()
                continue
            if not _in_use(range(first, first + UIDS_A_RUN)):
                self._held, self.first = held, first
                return
            held.close()
        raise GradingError(
            f"no free block of {UIDS_A_RUN} user ids in {uids.start}-{uids.stop}; wait for another "
            "grading run to end"
        )

    def close(self) -> None:
        """Give the ids back."""
        self._held.close()


def _usable_uids() -> range:
    """User ids that nobody has: high ones, within what this user namespace maps."""
    mapped = []
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/self/uid_map").read_text().splitlines():
            inside, _, count = map(int, line.split())
            mapped.append(range(inside, min(inside + count, 2**31)))
    largest = max(mapped, key=len, default=range(0))
    start = 2**30 if largest.stop > 2**30 + 10**6 else max(largest.start, 20_000)
    end = min(largest.stop, 65_534) if largest.stop <= 65_536 else largest.stop
    return range(start, end) if end - start >= UIDS_A_RUN else range(0)


def _in_use(uids: range) -> bool:
    """Whether a user or a running process has one of these ids."""
    known = any(user.pw_uid in uids for user in pwd.getpwall())
    return known or any(owner in uids for _, owner in _processes())


def _processes() -> Iterator[tuple[int, int]]:
    """(process id, user id) of all processes that can be seen."""
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    yield int(entry.name), entry.stat().st_uid


class Worker:
    """One worker as the grader holds it: a socket, and a handle that can't be mistaken for another
    process.

    Attributes
    ----------
    pid, supervisor : int
        Of the worker, and of the process that ends with it all that it has started.
    """

    def __init__(
        self,
        sock: socket.socket,
        pidfd: int,
        ending: int,
        pid: int,
        supervisor: int,
        confinement: Confinement,
    ) -> None:
        self.sock, self.pid, self.supervisor, self.confinement = sock, pid, supervisor, confinement
        self._pidfd, self._ending = pidfd, ending
        self._begun = time.time()
        self._how = ("", False)

    def ending(self) -> tuple[str, bool]:
        """How it ended, in words, and whether its own code did that. It can be asked again.

        A worker can't send SIGKILL to itself where it is the first process of its namespace, so
        that one comes from outside: another program, or the kernel when memory runs out.
        """
        if not self._how[0]:  # the supervisor tells it once
            self._how = self._told()
        return self._how

    def _told(self) -> tuple[str, bool]:
        if self._ending < 0 or not comes(self._ending, self.supervisor, TELL_S):
            return "it can't be told how", False
        told = os.read(self._ending, 400).decode()
        if not told:
            return "it was killed with its supervisor", False
        number, _, too_much = told.partition(" ")
        if too_much:
            return too_much, True
        status = int(number)
        if os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            return f"signal {name}", name != "SIGKILL"
        return f"exit code {os.WEXITSTATUS(status)}", True

    def times(self) -> tuple[float, float]:
        """Seconds of CPU time that it and all that it started have used, and seconds that it was
        ready to run but other programs had the cores.
        """
        return usage.times_with_children(self.pid)

    def cpu_seconds(self) -> float:
        """Seconds of CPU time that it and all that it started have used, to a microsecond where the
        system tells.
        """
        return usage.exact_seconds(self.pid)

    def kill(self) -> None:
        """End it now, with everything it started; no asking."""
        if self._pidfd < 0:
            return
        with contextlib.suppress(ProcessLookupError, OSError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        os.close(self._ending)
        self._pidfd = self._ending = -1
        self.sock.close()
        if self.confinement.uid != os.getuid():
            _kill_user(self.confinement.uid)
        _clear_shared_memory(self.confinement.uid, self._begun)


def _clear_shared_memory(uid: int, since: float) -> None:
    """Remove what a worker has left in the machine's shared memory, which only T3 hides from it.

    Where it ran as the grader's own user, only what Python's libraries make there, and only what is
    younger than the worker.
    """
    with contextlib.suppress(OSError), os.scandir("/dev/shm") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                ours = uid != os.getuid() or (
                    entry.name.startswith(SHARED_BY_PYTHON) and status.st_mtime >= since
                )
                if status.st_uid == uid and ours:
                    if entry.is_dir(follow_symlinks=False):
                        remove_folder(Path(entry.path))
                    else:
                        Path(entry.path).unlink()


def _kill_user(uid: int) -> None:
    """Kill whatever still runs as this user (a daemon that left its session)."""
    for pid, owner in _processes():
        if owner == uid:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
