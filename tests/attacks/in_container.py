"""The attacks of this folder inside the container of `hw gradescope-test`.

Gradescope shows nothing that student code prints. So what an attack prints where it succeeds turns
a wrong answer into a right one, and the points tell.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
from courses import make_assignment
from on_the_machine import ATTACKS, Attack
from on_the_verdict import COURSE, NOTEBOOK, RIGHT, TOML, VERDICT, OnVerdict
from situation import FULL, MUCH, TOKEN, notebook, shows_codes

from hwlib.grading import Assignment
from hwlib.grading.outlets.gradescope_simulator import Image, Limits, Simulated, built_image
from hwlib.grading.outlets.gradescope_view import complaints, points_of
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip

__all__ = ["HARMLESS", "POSSIBLE", "Container", "attacked_container", "through"]

LIMITS = Limits(minutes=4, cores=2)
QUESTIONS = ("double", "table", "half", "predict")
# one file is uploaded: it is neither a link nor a pipe
POSSIBLE: tuple[Attack | OnVerdict, ...] = (
    *ATTACKS,
    *(one for one in VERDICT if one.raw not in ("link", "pipe")),
)
HARMLESS = Attack(0, "only say so", "print('GOT')")  # it shows that a success would be seen

FOLDER = "/autograder/source/course"
KNOWN = {
    "SECRET": f"{FOLDER}/secret",
    "FOLDER": FOLDER,
    "TOKEN": TOKEN,
    "OTHER": "/autograder/other",
    "HOME_OF_GRADER": "/root",
    "GRADER": 2,  # bubblewrap is 1, and run_autograder becomes the grader
    "PORT": 47_111,
    "UDP": 47_112,
    "NAME": "hw-answers",
    "PATH": "/autograder/other/socket",
}
LISTENS = """
_got = []
def print(*values, **_):
    if "GOT" in map(str, values):
        _got.append(1)
"""
TELLS = "def double(x):\n    return 2 * x if _got else 3 * x\n"
# on the side of the grader: somebody who answers, as on a machine with a network
ANSWERS = f"""
import os, socket, threading
os.umask(0)
port = socket.create_server(("127.0.0.1", {KNOWN["PORT"]}))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", {KNOWN["UDP"]}))
for place in ("\\0{KNOWN["NAME"]}", "{KNOWN["PATH"]}"):
    there = socket.socket(socket.AF_UNIX)
    there.bind(place)
    there.listen()
    threading.Thread(target=there.accept, daemon=True).start()
while True:
    content, sender = udp.recvfrom(99)
    udp.sendto(content, sender)
"""


class Container:
    """An image for the attacked assignment, in which attacks are handed in."""

    def __init__(self, image: Image, assignment: Assignment) -> None:
        self._image, self._assignment = image, assignment
        base = image.root / "autograder"
        (base / "source/course/secret").write_text("42")
        (base / "answers.py").write_text(ANSWERS)
        program = base / "run_autograder"
        start = (
            f"#!/bin/sh\nexport HW_TOKEN={TOKEN}\numask 0\nrm -rf /autograder/other\n"
            "mkdir /autograder/other\necho 42 >/autograder/other/answer\numask 022\n"
            "/opt/hwlib/python/bin/python -I /autograder/answers.py &\nsleep 0.3\n"
        )
        program.write_text(program.read_text().replace("#!/bin/sh\n", start, 1))
        self.honest = self.points(self._graded(notebook(assignment, RIGHT)))
        self.tier = ""

    def succeeds(self, one: Attack | OnVerdict) -> bool:
        """Hand in an attack; returns whether it succeeded."""
        done = self._graded_attack(one)
        self.tier = next(
            (line.split()[1] for line in done.stdout.splitlines() if line.startswith("isolation")),
            self.tier,
        )
        if complaints(done.results) or done.timed_out:
            return True  # whatever is handed in, there must be a valid file
        said = json.dumps(done.results, ensure_ascii=False)
        total, points = done.results["score"], points_of(done.results, QUESTIONS)
        if total > FULL or "42, 100" in said or len(said) > MUCH or len(done.stdout) > MUCH:
            return True
        mark = one.seen_outside if isinstance(one, Attack) else one.mark
        if mark:
            return any(
                path.name == mark
                for top in ("autograder", "opt")
                for path in (self._image.root / top).rglob(mark)
            )
        if isinstance(one, Attack) or one.wins == "printed":
            return points["double"] > 0
        if one.wins == "terminal":
            return any(shows_codes(text) for text in (*_texts(done.results), done.stdout))
        if one.wins in ("passed", "runs on"):
            return points[one.question or "double"] > 0
        return False  # its success would have been seen above

    @staticmethod
    def points(done: Simulated) -> float:
        """The points of a submission."""
        assert complaints(done.results) == [], done.stdout
        return float(done.results["score"])

    def _graded_attack(self, one: Attack | OnVerdict) -> Simulated:
        if getattr(one, "raw", "") == "deep":
            return self._graded('{"cells": ' + "[" * 200_000 + "]" * 200_000 + "}")
        told = "".join(f"{name} = {value!r}\n" for name, value in KNOWN.items())
        if isinstance(one, OnVerdict):
            own = "" if one.question else one.source
            made = notebook(self._assignment, one.code, told, own, one.raw)
            if one.wins == "printed":
                code = {**RIGHT, "double": TELLS}
                made = notebook(self._assignment, code, told + LISTENS, own)
        else:
            code = {**RIGHT, "double": TELLS}
            made = notebook(self._assignment, code, told + LISTENS, one.source)
        return self._graded(made)

    def _graded(self, content: nbformat.NotebookNode | str) -> Simulated:
        with tempfile.TemporaryDirectory(prefix="hw-attacks-") as name:
            path = Path(name) / f"{COURSE}.ipynb"
            text = content if isinstance(content, str) else nbformat.writes(content)
            path.write_text(text, encoding="utf-8")
            return self._image.grade([path], LIMITS)


def _texts(value: object) -> Iterator[str]:
    """All texts in the values of a JSON file."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


@contextmanager
def attacked_container(folder: Path, *, wheels: bool = False) -> Iterator[Container]:
    """Build the container in an empty folder; it is removed at the end of the block."""
    assignment = make_assignment(folder, COURSE, NOTEBOOK, TOML)
    write_gradescope_zip(assignment, folder / "attacked.zip", wheels=wheels)
    with built_image(folder / "attacked.zip") as image:
        yield Container(image, assignment)


def through(container: Container, attacks: Sequence[Attack | OnVerdict]) -> list[str]:
    """The attacks that succeed."""
    return [one.what for one in attacks if container.succeeds(one)]
