"""The process that workers are forked from: imports once, never holds a secret, runs one thread.

Started by `processes.Zygote` as `python -I -m hwlib.grading.sandbox.zygote FD SLUG`. Each request
is one datagram on that socket, a JSON object with the other end of a socket attached: "prepare"
(import modules, run setup cells, answer on the attached socket) or "fork" (a worker that serves the
attached socket). It ends when nobody holds the other end of FD any more.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import random
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwlib.grading.sandbox import colab
from hwlib.grading.sandbox.again import SetupAgain
from hwlib.grading.sandbox.confine import Confinement, Tier, confine, needed_folders
from hwlib.grading.sandbox.handed_in import forget_shadowed
from hwlib.grading.sandbox.measures import namespaces, system_calls
from hwlib.grading.sandbox.measures.limits import keep_freed_memory
from hwlib.grading.sandbox.shell import CellRun, StudentShell
from hwlib.grading.sandbox.wire import Channel
from hwlib.grading.sandbox.without_sockets import send_tensors_through_pipes
from hwlib.grading.sandbox.worker import serve

__all__ = ["main"]

NO_NAMESPACES = (
    "the kernel refuses namespaces (on Ubuntu they are allowed by: sudo sysctl -w "
    "kernel.apparmor_restrict_unprivileged_userns=0)"
)


def main() -> None:
    """Serve until the grader is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's business
    keep_freed_memory()
    random.seed(0)  # what a student draws without a seed is the same in every run
    np.random.seed(0)
    sys.path.insert(0, str(Path.cwd()))  # the assignment's own modules
    colab.make_importable()
    # workers can't write to the folder with the list of fonts, and need not be told
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    system_calls.is_available()  # compiles the filter before the forks
    shell = StudentShell.create()
    workers: _Workers | None = None
    again = SetupAgain()
    kept = frozenset(sys.modules)
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 65536, 4)
        if not data:
            return
        _reap()
        request = json.loads(data)
        with socket.socket(fileno=descriptors[0]) as attached:
            if request.pop("do") == "prepare":
                if workers is None:
                    workers = _Workers(request["tier"], request["readable"], kept)
                    try:
                        workers.hide(request["hidden"])
                    except OSError as error:
                        Channel(attached).send({"refused": str(error)})
                        return
                _prepare(attached, shell, again)
            elif workers is not None:
                workers.fork(attached, shell, again, Confinement(**request), control)


@dataclass(frozen=True, slots=True)
class _Workers:
    """How workers are confined."""

    tier: Tier
    readable: list[str]
    kept: frozenset[str]  # modules that every worker needs

    def hide(self, folders: list[str]) -> None:
        """Enter namespaces in which these folders are empty, for this process and its workers."""
        if self.tier != "T3":
            return
        if not namespaces.enter():
            raise OSError(NO_NAMESPACES)
        kept = [*needed_folders(), *self.readable]
        hidden = [Path(folder).resolve() for folder in folders]
        # the password file's, not $HOME
        home = Path("~root").expanduser() if os.getuid() == 0 else None
        if home is not None and any(Path(path).is_relative_to(home) for path in kept):
            # Python under root's home: hide the home, keep Python, so that other users can read it
            hidden.append(home)
        namespaces.hide(hidden, kept)

    def fork(
        self,
        attached: socket.socket,
        shell: StudentShell,
        again: SetupAgain,
        given: Confinement,
        control: socket.socket,
    ) -> None:
        """A worker that serves the attached socket."""
        state = random.getstate()
        if os.fork():
            return
        try:
            home = Path.cwd()
            control.close()
            confine(given, attached, self.tier, self.readable)
            random.setstate(state)  # Python seeds it anew in every fork
            shell.work_in(Path.cwd())
            again.run(shell.run, shell.user_ns, home)
            forget_shadowed(Path.cwd(), home, self.kept, shell.user_ns)
            serve(attached, shell)
        finally:
            os._exit(0)


def _prepare(attached: socket.socket, shell: StudentShell, again: SetupAgain) -> None:
    channel = Channel(attached)
    message = channel.receive()
    had_torch = "torch" in sys.modules
    failed = [name for name in message["modules"] if not _import(name)]
    if not had_torch and "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
        send_tensors_through_pipes()
    errors = []
    again.begins()
    for source in message["setup"]:
        run = shell.run(source)
        errors.append([_line(run), run.error_text])
    again.ended(message["setup"])
    gc.collect()
    gc.freeze()
    channel.send(
        {"failed": failed, "errors": errors, "threads": _threads(), "modules": sorted(sys.modules)}
    )


def _line(run: CellRun) -> int:
    """The line of a setup cell that raised, 0 where it is not known."""
    trace = run.error.trace[-1] if run.error and run.error.trace else ""
    number = trace.removeprefix("line ").partition(",")[0]
    return int(number) if number.isdigit() else 0


def _import(name: str) -> bool:
    try:
        importlib.import_module(name)
    # a module that a student's machine has and this one lacks is the cell's error, later
    except Exception:  # noqa: BLE001
        return False
    return True


def _threads() -> int:
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return 1


def _reap() -> None:
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return


if __name__ == "__main__":
    main()
