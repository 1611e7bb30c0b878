"""From a fresh fork of the zygote to a confined worker."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hwlib.grading.sandbox import usage
from hwlib.grading.sandbox.folders import give_to
from hwlib.grading.sandbox.measures import (
    capabilities,
    control_groups,
    limits,
    namespaces,
    system_calls,
    view,
)
from hwlib.grading.sandbox.measures.kernel import prctl

__all__ = ["Confinement", "Tier", "confine", "die_with_parent", "needed_folders"]

Tier = Literal["T3", "T2", "T1", "T0"]

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
END_S = 1.0  # of its own CPU time, in which a supervisor kills what forks again and again
LOOK_S = 0.25  # between two looks at what a worker's processes use together
SHARED_MEMORY = "/dev/shm"
TOO_MUCH_MEMORY = "its processes used more than {:,} MB of memory together"


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a worker may use; sent to the zygote with each request."""

    uid: int  # of a user that nobody else runs as; the grader's own where it is not root
    folder: str  # its working directory, the only place it may write to
    cpu_s: int
    memory_mb: int
    processes: int = 64  # threads count too
    file_mb: int = 64
    folder_mb: int = 256
    folder_files: int = 10_000
    cores: tuple[int, ...] = ()  # the only ones that it runs on; empty: any
    shares_memory: bool = True  # whether it may use /dev/shm where others see that, too


def die_with_parent() -> None:
    """Have the kernel kill the calling process when its parent ends, however that happens."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def needed_folders() -> list[str]:
    """What Python reads: its library, this package, a virtual environment."""
    package = Path(__file__).resolve().parents[2]
    folders = {
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        str(package),
        *(path for path in sys.path if Path(path).is_dir()),
    }
    # an editable install puts the checkout on sys.path: only the package is needed
    course_itself = {str(package.parent)}
    return sorted(
        str(Path(path).resolve()) for path in folders if path and path not in course_itself
    )


def confine(
    given: Confinement, sock: socket.socket, tier: Tier, readable: Iterable[str] = ()
) -> None:
    """Turn the calling, freshly forked process into a confined worker; does not return in the
    process that must not go on.

    Sends the process ids of the worker and of its supervisor through `sock` first, with a handle
    on the worker and a pipe on which the supervisor tells how it ended. Order matters: the
    parent-death signal is cleared by a change of user, so it is set after; mounts need
    capabilities, so those go after them; what restricts files and calls comes last.

    Parameters
    ----------
    given : Confinement
    sock : socket
        The only open file that the worker keeps.
    tier : {"T3", "T2", "T1", "T0"}
    readable : iterable of str
        Folders that it may read, besides the system's and Python's.

    Raises
    ------
    OSError
        If the kernel refuses a measure that the tier is made of.
    """
    readable = [*needed_folders(), *readable]
    os.setsid()
    if tier == "T3" and not namespaces.start_processes_anew():
        raise OSError("no namespaces for a worker")
    child = os.fork()
    if child:
        _supervise(sock, child, given, tier)
    die_with_parent()
    os.setsid()
    if tier == "T3":
        namespaces.own_folders(given.folder, readable, given.folder_mb, given.folder_files)
        give_to(Path(given.folder), given.uid)  # the copies that were just made
    os.chdir(given.folder)
    # instead of the zygote's folder: as in a kernel, where "" is the folder that `%cd` has entered
    sys.path[0:1] = ["", given.folder]
    if given.cores:
        with contextlib.suppress(OSError):  # a core that was taken away meanwhile
            os.sched_setaffinity(0, given.cores)
    limits.apply(
        cpu_s=given.cpu_s,
        memory_mb=given.memory_mb,
        processes=given.processes,
        file_mb=given.file_mb,
    )
    _give_up_rights(given.uid, tier)
    prctl(PR_SET_DUMPABLE, 1)  # or else its own user could not read what it uses
    die_with_parent()
    _set_environment(given.folder)
    _close_all_but((sock.fileno(),))
    if tier != "T0":
        _restrict(given, tier, readable)


def _give_up_rights(uid: int, tier: Tier) -> None:
    if tier != "T0":
        capabilities.give_up_all(uid)
    else:
        if os.getuid() == 0:
            capabilities.become(uid)
        prctl(PR_SET_NO_NEW_PRIVS, 1)


def _set_environment(folder: str) -> None:
    os.environ.update(
        HOME=folder,
        TMPDIR=folder,
        IPYTHONDIR=folder,
        USER="student",  # the system has no name for this user
        LOGNAME="student",
    )
    tempfile.tempdir = folder
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


def _restrict(given: Confinement, tier: Tier, readable: Iterable[str]) -> None:
    """Files by Landlock, calls by seccomp: each where the kernel has it. Whether that is enough is
    found out by the canaries, before anything is graded.
    """
    if view.abi():
        own = [os.path.realpath(given.folder)]
        if tier == "T3":
            own += namespaces.SCRATCH
        if tier == "T3" or given.shares_memory:
            own.append(SHARED_MEMORY)
        view.restrict_to([*view.system_folders(), *readable], own)
    if system_calls.is_available():
        system_calls.refuse(has_own_user=tier != "T1")


def _supervise(sock: socket.socket, child: int, given: Confinement, tier: Tier) -> None:
    """Stay as the worker's parent: hand its handle to the grader, kill it when the grader hangs up
    or its processes use too much together, end when it ends.
    """
    die_with_parent()
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # what leaves its parent becomes our child
    handle = os.pidfd_open(child)
    told, tell = os.pipe()
    socket.send_fds(sock, [f"{child} {os.getpid()}".encode()], [handle, told])
    _close_all_but((sock.fileno(), handle, tell))
    # a worker in T3 writes its files into memory
    room_mb = given.memory_mb + given.folder_mb + namespaces.SCRATCH_MB
    group = control_groups.Group(child, room_mb) if tier != "T0" else None
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(sock.fileno(), select.POLLRDHUP)
    too_much = ""
    while not too_much and not poll.poll(LOOK_S * 1000):
        too_much = _too_much(child, given, tier, group)
    if not too_much and group is not None and group.has_killed():
        too_much = TOO_MUCH_MEMORY.format(given.memory_mb)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        os.write(tell, f"{status} {too_much}".encode())
    _end_all()
    if group is not None:
        group.remove()
    os._exit(0)


def _end_all() -> None:
    """Kill whatever the worker has left behind, until nothing is left."""
    begun_s = time.process_time()
    while time.process_time() - begun_s < END_S:
        for pid in usage.descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            # not waited for: one that has just become our child is not killed yet
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def _too_much(
    child: int, given: Confinement, tier: Tier, group: control_groups.Group | None
) -> str:
    """What a worker's processes use too much of, or ""."""
    if group is not None and group.has_killed():
        return TOO_MUCH_MEMORY.format(given.memory_mb)
    first = 1 if tier == "T3" else child  # /proc is that of the worker's own namespace
    others = usage.descendants(first)
    if others:
        used_mb = usage.memory_of([first, *others], given.uid) // limits.MB
        if used_mb > given.memory_mb:
            return f"its processes used {used_mb:,} MB of memory, of {given.memory_mb:,}"
    if tier != "T3":  # there the file system has that size
        size, files = usage.folder_use(given.folder, given.folder_files)
        if given.uid != os.getuid():  # what it keeps in the machine's shared memory can be told
            shared = usage.folder_use(SHARED_MEMORY, given.folder_files, given.uid)
            size, files = size + shared[0], files + shared[1]
        if size > given.folder_mb * limits.MB:
            return f"it wrote more than {given.folder_mb:,} MB of files"
        if files > given.folder_files:
            return f"it made more than {given.folder_files:,} files, or nested folders too deeply"
    return ""


def _close_all_but(kept: tuple[int, ...]) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    low = 3
    for number in (*sorted(kept), 4096):
        os.closerange(low, number)
        low = number + 1
