"""Run in a process of its own: `python in_workers.py TIER < cells.json`.

Each cell of {name: source} runs in a worker of this tier of its own. What they print and raise is
printed as JSON, with what the canaries can do ("escapes"), and which files a cell wrote beside the
results or in /tmp after its end ("late").
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hwlib.errors import WireError
from hwlib.grading.sandbox import tiers
from hwlib.grading.sandbox.confine import Confinement, Tier
from hwlib.grading.sandbox.folders import RunFolder, give_to
from hwlib.grading.sandbox.measures.control_groups import Group
from hwlib.grading.sandbox.processes import Worker, Zygote
from hwlib.grading.sandbox.wire import Channel

LATE_S = 2.5  # what a cell leaves behind may need that long; so long a supervisor has no core


class Workers:
    """Workers of one tier, and a course that they must not see."""

    def __init__(self, tier: Tier, modules: list[str]) -> None:
        self.run = RunFolder([])
        self.course = self.run.new("course-", 0o755)
        self.secret = self.course / "source" / "secret"
        self.secret.parent.mkdir()
        self.secret.write_text("42")
        self.zygote = Zygote("x", self.run, tier, (self.course,))
        self.zygote.prepare(modules, [])

    def new(self, slot: int = 0) -> Worker:
        above = self.run.new("worker-", 0o711)
        place, uid = above / "x", self.zygote.uid(slot)
        place.mkdir()
        give_to(place, uid)
        limits = Confinement(uid, str(place), cpu_s=60, memory_mb=1024, folder_mb=32)
        return self.zygote.fork(limits)

    def result(self, source: str) -> dict[str, Any]:
        """What a cell printed, what it raised, and how its worker ended."""
        worker = self.new()
        channel = Channel(worker.sock)
        try:
            channel.send({"id": 1, "op": "run", "source": source})
            value = channel.receive(time.monotonic() + 60)["value"]
        except WireError:
            return {"printed": "", "raised": "", "ended": worker.ending()[0]}
        finally:
            worker.kill()
        printed = "".join(one.get("text", "") for one in value["outputs"])
        error = value["error"] or {"type": "", "message": ""}
        return {"printed": printed, "raised": f"{error['type']}: {error['message']}", "ended": ""}

    @contextmanager
    def another(self) -> Iterator[str]:
        """The folder of a worker that another submission runs in."""
        worker = self.new(slot=1)
        channel = Channel(worker.sock)
        channel.send({"id": 1, "op": "run", "source": "open('answer', 'w').write('42')"})
        channel.receive(time.monotonic() + 60)
        try:
            yield worker.confinement.folder
        finally:
            worker.kill()

    def escapes(self) -> list[str]:
        """What the canaries can do, on a machine on which their supervisor waits for a core."""
        worker = self.new()
        kill = worker.kill

        def kill_slowly() -> None:
            os.kill(worker.supervisor, signal.SIGSTOP)
            kill()
            threading.Timer(LATE_S, os.kill, (worker.supervisor, signal.SIGCONT)).start()

        worker.kill = kill_slowly  # type: ignore[method-assign]
        return tiers.escapes(worker, self.secret, self.course)

    def late(self) -> list[str]:
        """What was written where nothing may be written."""
        marks = [*self.course.iterdir(), Path("/tmp/late"), Path.home() / "hw_evil.pth"]
        found = [path for path in marks if path.exists() and path.name != "source"]
        for path in found:
            path.unlink()
        return [path.name for path in found]


@contextmanager
def somebody_answers(folder: Path) -> Iterator[dict[str, Any]]:
    """A port for streams and one for datagrams, an abstract socket and one with a path."""
    name, path = f"hw-test-{secrets.token_hex(8)}", str(folder / "socket")
    with (
        socket.create_server(("127.0.0.1", 0)) as port,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as abstract,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as with_path,
    ):
        datagrams.bind(("127.0.0.1", 0))
        abstract.bind(f"\0{name}")
        with_path.bind(path)
        Path(path).chmod(0o777)
        abstract.listen()
        with_path.listen()

        def answer() -> None:
            while True:
                try:
                    content, sender = datagrams.recvfrom(99)
                    datagrams.sendto(content, sender)
                except OSError:
                    return

        threading.Thread(target=answer, daemon=True).start()
        yield {
            "PORT": port.getsockname()[1],
            "UDP": datagrams.getsockname()[1],
            "NAME": name,
            "PATH": path,
        }


def can_make_groups() -> bool:
    """Whether this grader can make control groups."""
    with subprocess.Popen(["sleep", "60"]) as process:
        group = Group(process.pid, 100)
        can = group.folder is not None
        process.kill()
    group.remove()
    return can


def main(tier: Tier) -> None:
    """Run the cells of stdin."""
    cells = json.load(sys.stdin)
    # as the grader does where a submission imports it
    modules = ["torch"] if "import torch" in "".join(cells.values()) else []
    workers = Workers(tier, modules)
    meeting = workers.run.new("meeting-", 0o755)
    try:
        with workers.another() as other, somebody_answers(meeting) as places:
            known = {
                "SECRET": str(workers.secret),
                "FOLDER": str(workers.course),
                "TOKEN": os.environ.get("HW_TOKEN", "no token"),
                "GRADER": os.getpid(),
                "OTHER": other,
                "HOME_OF_GRADER": str(Path.home()),
                **places,
            }
            prelude = "".join(f"{name} = {value!r}\n" for name, value in known.items())
            found: dict[str, Any] = {
                name: workers.result(cell if cell[0] in "%!" else prelude + cell)
                for name, cell in cells.items()
            }
        found["groups"] = can_make_groups()
        found["escapes"] = workers.escapes()
        found["late"] = workers.late()
    finally:
        workers.zygote.close()
        workers.run.close()
    found["left"] = [str(path) for path in (workers.run.path, *workers.run.base.glob("hw-run-*"))]
    found["left"] = [path for path in found["left"] if Path(path).exists()]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])  # type: ignore[arg-type]
