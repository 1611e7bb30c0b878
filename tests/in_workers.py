"""Run in a process of its own: `python in_workers.py TIER < cells.json`.

Each cell of {name: source} runs in a worker of this tier of its own; what they print and raise is
printed as JSON, with what the canaries can do.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from hwlib.errors import WireError
from hwlib.grading.sandbox import tiers
from hwlib.grading.sandbox.confine import Confinement, Tier
from hwlib.grading.sandbox.folders import RunFolder
from hwlib.grading.sandbox.processes import Worker, Zygote, give_to
from hwlib.grading.sandbox.wire import Channel


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

    def new(self) -> Worker:
        above = self.run.new("worker-", 0o711)
        place, uid = above / "x", self.zygote.uid(0)
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


def main(tier: Tier) -> None:
    cells = json.load(sys.stdin)
    # as the grader does where a submission imports it
    modules = ["torch"] if "import torch" in "".join(cells.values()) else []
    workers = Workers(tier, modules)
    try:
        found: dict[str, Any] = {name: workers.result(cell) for name, cell in cells.items()}
        found["escapes"] = tiers.escapes(workers.new(), workers.secret, workers.course)
    finally:
        workers.zygote.close()
        workers.run.close()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])  # type: ignore[arg-type]
