"""Processes for student code: how they are started, what they may use, how they are killed.

    grader ── socket ── zygote     one a grading run: a clean environment, libraries imported,
                          │        one thread
                          └ worker forked for one submission: own session, user and limits;
                                   no file but its socket; no network

This is the only module that starts processes or talks to the kernel about them. What it sets up is
not yet probed, so results carry the tier T0; see docs/security.md.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pwd
import resource
import secrets
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hwlib.atomic import remove_folder
from hwlib.errors import GradingError, ZygoteGone
from hwlib.grading.sandbox.folders import RunFolder, private_folder
from hwlib.grading.sandbox.wire import Channel

__all__ = [
    "Confinement",
    "Worker",
    "Zygote",
    "confine",
    "die_with_parent",
    "environment",
    "give_to",
    "hide_folders",
    "isolation_tier",
    "single_threaded",
    "times_of",
]

UIDS_A_RUN = 64  # one uid a concurrent worker, because RLIMIT_NPROC counts by uid
MAX_COUNTED = 1000  # processes of one worker whose time is counted
TRIES = 200  # to find a block of them that is free

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC = 0x20000000, 0x40000000, 0x08000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a worker may use; sent to the zygote with each request."""

    uid: int  # of a user that nobody else runs as; the grader's own where it is not root
    folder: str  # its working directory, the only place it may write to
    cpu_s: int
    memory_mb: int
    processes: int = 64  # threads count too
    file_mb: int = 64
    cores: tuple[int, ...] = ()  # the only ones that it runs on; empty: any


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


def isolation_tier() -> str:
    """The tier that results carry; what is set up is not probed yet, so it is the lowest."""
    return "T0"


@contextmanager
def environment(**values: str | None) -> Iterator[None]:
    """Environment variables of this process, and of those it starts, while the block lasts; None
    removes one.
    """
    before = {name: os.environ.get(name) for name in values}
    _set_variables(values)
    try:
        yield
    finally:
        _set_variables(before)


def _set_variables(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


# ---- in the grader -------------------------------------------------------------------------------


class Zygote:
    """The process that workers are forked from.

    Parameters
    ----------
    slug : str
        Shown in the process list.
    folder : RunFolder
        Where its own files lie.
    hidden : tuple of Path
        Folders that student code must not see (the course: tests, other submissions, grades).

    Attributes
    ----------
    home : Path
        Its working directory; modules there can be imported.
    """

    def __init__(self, slug: str, folder: RunFolder, hidden: tuple[Path, ...] = ()) -> None:
        if sys.platform != "linux":
            raise GradingError(
                f"the isolated engine needs Linux, this is {sys.platform}; use `--engine "
                "nbgrader`, or grade in a container"
            )
        uids = _usable_uids() if os.getuid() == 0 else range(0)
        self._uids = _UidBlock(uids) if uids else None
        self._folder, self.home = folder, folder.new("zygote-", 0o755)
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
        # matplotlib's font list takes seconds to make
        fonts = self._folder.base / f"hwlib-matplotlib-{os.getuid()}"
        return (
            kept
            | single_threaded()
            | {
                "HOME": str(self.home),
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",
                "MPLCONFIGDIR": str(private_folder(fonts)),
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
        """
        ours, theirs = socket.socketpair()
        with ours:
            self._request({"do": "prepare", "hidden": self._hidden}, theirs)
            channel = Channel(ours)
            deadline = time.monotonic() + timeout_s
            try:
                channel.send({"modules": modules, "setup": setup}, deadline)
                return channel.receive(deadline)
            except Exception as error:
                raise ZygoteGone(
                    f"the zygote did not get ready: {type(error).__name__} {error}"
                ) from error

    def fork(self, confinement: Confinement, timeout_s: float = 60.0) -> Worker:
        """A new worker, ready for requests; ZygoteGone if there is no zygote any more."""
        ours, theirs = socket.socketpair()
        self._request({"do": "fork", **asdict(confinement)}, theirs)
        ours.settimeout(timeout_s)
        try:
            data, descriptors, _, _ = socket.recv_fds(ours, 16, 2)
        except OSError as error:
            ours.close()
            raise ZygoteGone(f"no worker came: {error}") from error
        if len(descriptors) != 2:
            ours.close()
            raise ZygoteGone("the zygote is gone")
        return Worker(ours, descriptors[0], descriptors[1], int(data), confinement)

    def uid(self, slot: int) -> int:
        """The user that the worker of this slot runs as: its own where the grader is root."""
        return self._uids.first + slot % UIDS_A_RUN if self._uids else os.getuid()

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


def give_to(place: Path, uid: int) -> None:
    """Make a user the owner of a folder and of all that lies in it."""
    if uid != os.getuid():
        for path in (place, *place.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)


class Worker:
    """One worker as the grader holds it: a socket, and a handle that can't be mistaken for another
    process.
    """

    def __init__(
        self, sock: socket.socket, pidfd: int, ending: int, pid: int, confinement: Confinement
    ) -> None:
        self.sock, self.pid, self.confinement = sock, pid, confinement
        self._pidfd, self._ending = pidfd, ending

    def ending(self) -> tuple[str, bool]:
        """How it ended, in words, and whether its own code did that.

        A worker can't send SIGKILL to itself where it is the first process of its namespace, so
        that one comes from outside: another program, or the kernel when memory runs out.
        """
        if self._ending < 0 or not select.select([self._ending], [], [], 5.0)[0]:
            return "it can't be told how", False
        told = os.read(self._ending, 16)
        if not told:
            return "it was killed with its supervisor", False
        status = int(told)
        if os.WIFSIGNALED(status):
            name = signal.Signals(os.WTERMSIG(status)).name
            return f"signal {name}", name != "SIGKILL"
        return f"exit code {os.WEXITSTATUS(status)}", True

    def times(self) -> tuple[float, float]:
        """Seconds of CPU time that it and all that it started have used, and seconds that it was
        ready to run but other programs had the cores.
        """
        cpu_s, queued_s = times_of(self.pid)
        others_s = sum(times_of(pid)[0] for pid in _descendants(self.pid))
        return cpu_s + others_s, max(0.0, queued_s - others_s)

    def cpu_seconds(self) -> float:
        """Seconds of CPU time that it has used, without its children, to a microsecond where the
        system tells.
        """
        try:
            return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9
        except (OSError, ValueError, IndexError):
            return times_of(self.pid)[0]

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


def times_of(pid: int) -> tuple[float, float]:
    """Seconds of CPU time that a process and its ended children have used, and seconds that it was
    ready to run but waited for a free core; (0, 0) where the system does not tell.
    """
    cpu_s = queued_s = 0.0
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        cpu_s = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    with contextlib.suppress(OSError, ValueError, IndexError):
        queued_s = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    return cpu_s, queued_s


def _descendants(pid: int) -> list[int]:
    """The processes that a process and its children have started, as far as they can be told."""
    found, todo = list[int](), [pid]
    while todo and len(found) < MAX_COUNTED:
        parent = todo.pop()
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):  # noqa: PTH208  it is quicker
                children = Path(f"/proc/{parent}/task/{thread}/children").read_text().split()
                found += map(int, children)
                todo += map(int, children)
    return found


def _kill_user(uid: int) -> None:
    """Kill whatever still runs as this user (a daemon that left its session)."""
    for pid, owner in _processes():
        if owner == uid:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)


# ---- in the zygote and its children --------------------------------------------------------------


def die_with_parent() -> None:
    """Have the kernel kill the calling process when its parent ends, however that happens."""
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *args: Any) -> bool:
    """A call into the C library; False if the kernel refuses."""
    return bool(getattr(_libc(), name)(*args) == 0)


def _mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> bool:
    return _call(
        "mount",
        source.encode(),
        target.encode(),
        kind and kind.encode(),
        ctypes.c_ulong(flags),
        data and data.encode(),
    )


def hide_folders(hidden: list[str]) -> bool:
    """Give the calling process a view of the disk without these folders, a network without
    interfaces, and IPC of its own.

    What Python itself needs below a hidden folder (its library, this package, a virtual
    environment) stays readable. Returns False where the kernel allows none of it. To be called once
    in the zygote, before threads.
    """
    if sys.platform != "linux":
        return False
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC
    if not _call("unshare", flags if uid == 0 else flags | CLONE_NEWUSER):
        return False
    if uid != 0:
        with contextlib.suppress(OSError):
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    if not _mount("none", "/", None, MS_REC | MS_PRIVATE):
        return False
    # the password file's, not $HOME
    home = os.path.expanduser("~root") if uid == 0 else ""  # noqa: PTH111
    needed = _needed_folders()
    if home and any(Path(path).is_relative_to(home) for path in needed):
        # Python under root's home: hide the home, keep Python, so that other users can read it
        hidden = [*hidden, home]
    folders = [Path(folder).resolve() for folder in hidden]
    done = [_hide(folder, needed) for folder in folders if folder.is_dir()]
    return all(done)


def _needed_folders() -> list[str]:
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


def _hide(folder: Path, needed: list[str]) -> bool:
    """Mount an empty folder over `folder`; needed folders below it stay in their places."""
    below = [path for path in needed if Path(path).is_relative_to(folder)]
    outer = [
        path
        for path in below
        if not any(path != other and Path(path).is_relative_to(other) for other in below)
    ]
    if str(folder) in outer:
        return False
    with contextlib.ExitStack() as stack:
        staged = []
        for path in outer:
            staged.append((path, os.open(path, os.O_PATH | os.O_DIRECTORY)))
            stack.callback(os.close, staged[-1][1])
        if not _mount("tmpfs", str(folder), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m"):
            return False
        for path, descriptor in staged:
            Path(path).mkdir(parents=True, exist_ok=True)
            if not _mount(f"/proc/self/fd/{descriptor}", path, None, MS_BIND | MS_REC):
                return False
    return True


def confine(limits: Confinement, sock: socket.socket) -> None:
    """Turn the calling, freshly forked process into a confined worker; does not return in the
    process that must not go on.

    Sends the worker's process id and a handle on it through `sock` first. Order matters: the
    parent-death signal is cleared by a change of user, so it is set after.
    """
    os.setsid()
    if sys.platform == "linux":
        # where it is refused, the worker's session and user still end with it
        _call("unshare", CLONE_NEWPID | CLONE_NEWNS)
    child = os.fork()
    if child:
        _supervise(sock, child)
    die_with_parent()
    os.setsid()
    if os.getpid() == 1:
        _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    os.chdir(limits.folder)
    sys.path[0] = limits.folder  # was the zygote's: modules handed in can be imported
    if limits.cores:
        with contextlib.suppress(OSError):  # a core that was taken away meanwhile
            os.sched_setaffinity(0, limits.cores)
    _set_limits(limits)
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(limits.uid, limits.uid, limits.uid)
        os.setresuid(limits.uid, limits.uid, limits.uid)
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    die_with_parent()
    os.environ.update(
        HOME=limits.folder,
        TMPDIR=limits.folder,
        IPYTHONDIR=limits.folder,
        USER="student",  # the system has no name for this user
        LOGNAME="student",
    )
    tempfile.tempdir = limits.folder
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    _close_all_but((sock.fileno(),))


def _supervise(sock: socket.socket, child: int) -> None:
    """Stay as the worker's parent: hand its handle to the grader, kill it when the grader hangs up,
    end when it ends.
    """
    die_with_parent()
    handle = os.pidfd_open(child)
    told, tell = os.pipe()
    socket.send_fds(sock, [str(child).encode()], [handle, told])
    _close_all_but((sock.fileno(), handle, tell))
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(sock.fileno(), select.POLLRDHUP)
    poll.poll()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):
        os.write(tell, str(status).encode())
    os._exit(0)


def _set_limits(limits: Confinement) -> None:
    used = (
        int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        if sys.platform == "linux"
        else 0
    )
    memory = used + limits.memory_mb * 2**20
    wanted = {
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: limits.file_mb * 2**20,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_CORE: 0,
    }
    if os.getuid() == 0:  # counted by user: only sensible for a user of the worker's own
        wanted[resource.RLIMIT_NPROC] = limits.processes
    for kind, value in wanted.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def _close_all_but(kept: tuple[int, ...]) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    low = 3
    for number in (*sorted(kept), 4096):
        os.closerange(low, number)
        low = number + 1
