"""Isolation tiers, and the canaries that prove one before anything is graded.

| tier | its workers have                                                                       |
|------|----------------------------------------------------------------------------------------|
| T3   | namespaces, a user of their own where the grader is root, and all measures of T2        |
| T2   | a user of their own, an allow-list of folders, refused system calls, limits            |
| T1   | the grader's own user, the rest as in T2                                               |
| T0   | a process and a clock; only with `--unsafe-no-sandbox`                                 |

A canary is student code that tries, in a real worker, what it must not be able to do. A tier whose
canary gets away is not used.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hwlib.errors import GradingError, MeasureRefused, WireError
from hwlib.grading.sandbox.clock import started_clock
from hwlib.grading.sandbox.confine import Confinement, Tier
from hwlib.grading.sandbox.folders import RunFolder, give_to
from hwlib.grading.sandbox.measures import system_calls, view
from hwlib.grading.sandbox.processes import Worker, Zygote, comes
from hwlib.grading.sandbox.usage import times_of
from hwlib.grading.sandbox.wire import Channel

__all__ = ["escapes", "possible_tiers", "proven_tier", "strongest", "what_is_missing"]

PATIENCE_S = 20.0  # of work, in which the canaries are through
NO_TIER = (
    "student code can't be confined on this machine, so nothing is graded. {reasons}. Mend one of "
    "these, or grade in a container, or trust every submission with --unsafe-no-sandbox"
)

# what each attempt is called in a message → an expression that is true where it succeeds
_ATTEMPTS = {
    "read a file of the course": "bool(open(SECRET, 'rb').read(1))",
    "list the course's folder": "KNOWN in os.listdir(FOLDER)",
    "write beside the results": "bool(open(RESULT, 'w').write('100'))",
    # the first process of a namespace of its own can't name those outside
    "send the grader a signal": "os.getpid() != 1 and os.kill(GRADER, 0) is None",
    "read the grader's memory": "os.getpid() != 1 and bool(open(f'/proc/{GRADER}/mem', 'rb'))",
    "read the grader's environment": (
        "os.getpid() != 1 and bool(open(f'/proc/{GRADER}/environ', 'rb').read(1))"
    ),
    "limit the grader": (
        "os.getpid() != 1 and resource.prlimit(GRADER, 4, resource.prlimit(GRADER, 4)) is not None"
    ),
    "change a file's owner": "os.chown(SECRET, -1, os.stat(SECRET).st_gid) is None",
    "reach the network": "connect(socket.AF_INET, ('127.0.0.1', PORT))",
    "reach a program by its socket": "connect(socket.AF_UNIX, chr(0) + NAME)",
    "uncover what is hidden": "uncover()",
    "become root": "os.setuid(0) is None",
}
_CODE = """
import ctypes, json, os, resource, signal, socket, time

def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.settimeout(5)  # within one machine, the call itself makes the connection
        return attempt.connect(address) is None

def uncover():
    return ctypes.CDLL(None).umount2(FOLDER.encode(), 2) == 0

def succeeds(attempt):
    try:
        return bool(eval(attempt))
    except BaseException:
        return False

print(json.dumps([name for name, attempt in ATTEMPTS.items() if succeeds(attempt)]))
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
"""


def possible_tiers() -> list[Tier]:
    """The tiers that this user may have, the strongest first."""
    return ["T3", "T2" if os.getuid() == 0 else "T1"]


def what_is_missing(tier: Tier) -> list[str]:
    """What this machine lacks that would make a tier stronger, each with its cure."""
    missing = []
    if view.abi() == 0:
        missing.append("Landlock is missing: use a Linux kernel from 5.13 on that has it enabled")
    elif tier == "T1" and view.abi() < view.SIGNALS_SINCE:
        missing.append("Landlock is too old to refuse signals: use a Linux kernel from 6.12 on")
    if not system_calls.is_available():
        missing.append("libseccomp is missing: apt-get install libseccomp2")
    return missing


def strongest(
    start: Callable[[Tier], Zygote],
    new_worker: Callable[[Zygote], Worker],
    secret: Path,
    folder: Path,
) -> tuple[Tier, Zygote]:
    """The strongest tier that this machine has, and a zygote of it that its canaries have proven.

    Parameters
    ----------
    start : callable
        Gives a new zygote of a tier.
    new_worker : callable
        Gives a worker of a zygote.
    secret, folder : Path
        See `escapes`.

    Raises
    ------
    GradingError
        If student code can't be confined here; it says what is missing.
    """
    reasons = []
    for tier in possible_tiers():
        try:
            zygote = start(tier)
        except MeasureRefused as error:
            reasons.append(f"{tier}: {error}")
            continue
        try:
            found = escapes(new_worker(zygote), secret, folder)
        except GradingError as error:
            reasons.append(f"{tier}: {error}")
        except BaseException:
            zygote.close()
            raise
        else:
            if not found:
                return tier, zygote
            reasons.append(f"{tier}: student code can {', '.join(found)}")
        zygote.close()
        reasons += what_is_missing(tier)
    raise GradingError(NO_TIER.format(reasons="; ".join(dict.fromkeys(reasons))))


def proven_tier() -> Tier:
    """The strongest tier that this machine has, tried with a course of one file.

    Raises
    ------
    GradingError
        If student code can't be confined here; it says what is missing.
    """
    with tempfile.TemporaryDirectory(prefix="hw-doctor-") as folder:
        Path(folder).chmod(0o755)
        secret = Path(folder) / "source" / "secret"
        secret.parent.mkdir()
        secret.write_text("42")
        run = RunFolder([])

        def start(tier: Tier) -> Zygote:
            zygote = Zygote("doctor", run, tier, (Path(folder),))
            try:
                zygote.prepare([], [])
            except BaseException:
                zygote.close()
                raise
            return zygote

        def new_worker(zygote: Zygote) -> Worker:
            place, uid = run.new("worker-", 0o700), zygote.uid(0)
            give_to(place, uid)
            return zygote.fork(Confinement(uid, str(place), cpu_s=20, memory_mb=512))

        try:
            tier, zygote = strongest(start, new_worker, secret, Path(folder))
            zygote.close()
            return tier
        finally:
            run.close()


def escapes(worker: Worker, secret: Path, folder: Path) -> list[str]:
    """What student code in this worker can do that it must not; the worker is killed.

    Parameters
    ----------
    worker : Worker
        A fresh one.
    secret : Path
        A file that student code must not read, below `folder`.
    folder : Path
        The course, in which it must not write.

    Raises
    ------
    GradingError
        If the worker gives no answer.
    """
    result = folder / f".hw-canary-{secrets.token_hex(8)}"
    with _listening() as (port, name):
        known = {
            "SECRET": str(secret),
            "FOLDER": str(folder),
            "KNOWN": secret.relative_to(folder).parts[0],
            "RESULT": str(result),
            "GRADER": os.getpid(),
            "PORT": port,
            "NAME": name,
            "ATTEMPTS": _ATTEMPTS,
        }
        setup = "".join(f"{key} = {value!r}\n" for key, value in known.items())
        try:
            succeeded = _told(worker, setup + _CODE)
            supervisor = os.pidfd_open(worker.supervisor)
            alive = worker.sock.dup()
        except ProcessLookupError as error:
            raise GradingError("a worker ended at once (it was killed)") from error
        finally:
            worker.kill()
            with contextlib.suppress(OSError):
                result.unlink(missing_ok=True)
    try:
        with alive:
            has_ended = comes(supervisor, worker.supervisor, PATIENCE_S)
            outlives = not has_ended or _is_held(alive)
            return [*succeeded, *(["outlive its worker"] if outlives else [])]
    finally:
        os.close(supervisor)


def _told(worker: Worker, source: str) -> list[str]:
    """What the canaries printed."""
    deadline = started_clock(worker.pid, PATIENCE_S, times_of)
    channel = Channel(worker.sock)
    try:
        channel.send({"id": 1, "op": "run", "source": source}, deadline)
        answer: Any = channel.receive(deadline)
    except WireError as error:
        raise GradingError(f"a worker ended at once ({worker.ending()[0]})") from error
    try:
        told: Any = json.loads(answer["value"]["outputs"][0]["text"])
    except (LookupError, TypeError, ValueError) as error:
        raise GradingError(f"a worker can't run Python here: {str(answer)[:300]}") from error
    return [name for name in _ATTEMPTS if name in told]


def _is_held(sock: socket.socket) -> bool:
    """Whether a process still holds the other end, asked when the worker's supervisor has ended: it
    has seen the end of all that it killed, so there is nothing to wait for.
    """
    sock.setblocking(False)
    try:
        while sock.recv(4096):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def _listening() -> Iterator[tuple[int, str]]:
    """A port, and the name of an abstract socket, at which somebody answers."""
    name = f"hw-canary-{secrets.token_hex(8)}"
    with (
        socket.create_server(("127.0.0.1", 0)) as by_port,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as by_name,
    ):
        by_name.bind(f"\0{name}")
        by_name.listen()
        yield by_port.getsockname()[1], name
