"""A class in which every second hand-in is an attack: honest students get their points, attackers
what their wrong code deserves, and nothing is left behind.
"""

from __future__ import annotations

import hashlib
import os
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from command_line import Grading
from courses import TINY, hand_in, make_assignment, solved
from in_workers import somebody_answers
from left_processes import processes_about
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from on_the_machine import ATTACKS

from hwlib.grading import Assignment
from hwlib.grading.sandbox.measures.control_groups import inside, limited, peak_mb

pytestmark = [needs.linux, needs.root, pytest.mark.slow]

TOKEN = "token-of-the-grader"
FULL, DESERVED = 8.0, 4.0  # points for code; the attackers' `double` is wrong
# of all processes, and of the files that they wrote, which the kernel counts, too: 3,200-4,600 seen
PEAK_MB = 6000
WRONG = "def double(x):\n    return 3 * x\n"
LIMITS = (
    'title = "Tiny"\npoints = 10\nminutes = 0.1\n\n'
    "[limits]\nquestion_s = 3\nsubmission_s = 20\nmemory_mb = 512\n"
)


def code(text: str) -> str:
    return textwrap.dedent(text).strip()


# on the verdict and on the grader's patience: they get at most what their wrong code deserves
FORGERS = {
    "says that all is right": """
        import builtins
        builtins.AssertionError = type("Fine", (BaseException,), {})
        def double(x, *rest):
            raise SystemExit(0)
    """,
    "equal to everything": """
        class Right(int):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = int.__hash__
        def double(x): return Right(x)
    """,
    "writes a results file": """
        import glob, os
        for folder in (".", "..", "../..", "/autograder/results", FOLDER):
            try:
                open(os.path.join(folder, "results.json"), "w").write('{"score": 100}')
            except OSError:
                pass
    """,
    "writes to every open file": """
        import os
        for number in range(3, 256):
            try:
                os.write(number, b'\\x00\\x00\\x00\\x05{"b"}' * 9)
            except OSError:
                pass
    """,
    "answers before it is asked": """
        import os, threading, time
        frame = b'\\0\\0\\0\\x28' + b'{"b": [], "m": {"id": 9, "value": 42}}'
        def answer():
            for _ in range(50):
                for number in range(3, 64):
                    try:
                        os.write(number, frame)
                    except OSError:
                        pass
                time.sleep(0.01)
        threading.Thread(target=answer, daemon=True).start()
    """,
    "ends the process": "import os\ndef double(x): os._exit(0)",
    "kills everything": """
        import os, signal
        for pid in (-1, 0, GRADER):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
    """,
    "forks for ever": "import os\nwhile True:\n    os.fork()",
    "takes all memory": "kept = []\nwhile True:\n    kept.append(bytearray(10_000_000))",
    "takes all memory in many processes": """
        import os, time
        for _ in range(20):
            if os.fork() == 0:
                kept = b"x" * 200_000_000
                time.sleep(30)
        time.sleep(30)
    """,
    "fills the disk": """
        import os
        for number in range(10_000):
            with open(f"file-{number}", "wb") as file:
                file.write(bytes(1_000_000))
    """,
    "prints for ever": "while True:\n    print('x' * 10_000)",
    "never ends": "while True:\n    pass",
    "sleeps and ignores signals": """
        import signal, time
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                pass
        while True:
            time.sleep(1)
    """,
    "returns a very large value": "def double(x): return [[0] * 1000] * 100_000",
    "nests without end": """
        def double(x):
            for _ in range(10**6):
                x = [x]
            return x
    """,
    "recurses without end": "def double(x): return double(x)",
    "writes like a terminal": "print('\\x1b]0;title\\x07\\x1b[2J\\u202e<script>alert(1)</script>')",
}


@dataclass(frozen=True)
class Graded:
    """The class after grading."""

    assignment: Assignment
    results: dict[str, dict[str, Any]]
    peak_mb: float  # 0 where it can't be measured
    changed: list[str]  # files of the course that are not as before
    left: list[str]  # processes and files


def attackers(known: dict[str, Any]) -> dict[str, str]:
    """Student → the cell that attacks."""
    prelude = "".join(f"{name} = {value!r}\n" for name, value in known.items())
    cells = {f"machine-{n:02}": one.source for n, one in enumerate(ATTACKS)}
    cells |= {f"forger-{n:02}": code(cell) for n, cell in enumerate(FORGERS.values())}
    return {name: cell if cell[0] in "%!" else prelude + cell for name, cell in cells.items()}


def with_attack(wrong: NotebookNode, cell: str, last: bool) -> NotebookNode:
    """The wrong notebook with one more cell: the first, or below the solutions."""
    notebook = nbformat.from_dict(wrong)
    place = 1
    if last:
        place = 1 + max(i for i, one in enumerate(notebook.cells) if "def half" in one.source)
    notebook.cells.insert(place, new_code_cell(cell))
    return notebook


def picture(root: Path) -> dict[str, str]:
    """File → hash, of what grading has no business to change."""
    folders = ("assignments", "source", "release", "submitted")
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in folders
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def outside() -> set[str]:
    """What lies where everybody may write."""
    return {
        str(path) for place in ("/tmp", "/var/tmp", "/dev/shm") for path in Path(place).glob("*")
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    root = tmp_path_factory.mktemp("under-attack")
    tiny = make_assignment(root, "tiny", TINY, LIMITS)
    (root / "secret").write_text("42")
    right, wrong = solved(tiny), solved(tiny, solution_double=WRONG)
    meeting = tmp_path_factory.mktemp("meeting")
    meeting.chmod(0o777)
    (meeting / "answer").write_text("42")
    with somebody_answers(meeting) as places:
        known = {
            "SECRET": str(root / "secret"),
            "FOLDER": str(root),
            "TOKEN": TOKEN,
            "GRADER": os.getpid(),
            "OTHER": str(meeting),
            "HOME_OF_GRADER": str(Path.home()),
            **places,
        }
        cells = attackers(known)
        for number, (student, cell) in enumerate(cells.items()):
            last = student.startswith("forger")  # they define `double` once more
            hand_in(tiny, student, with_attack(wrong, cell, last))
            hand_in(tiny, f"honest-{number:02}", right)
        before, files = picture(root), outside()
        with limited(16_000, 16) as groups:
            run = Grading(root, "tiny", "--jobs", "4", before=inside(groups), HW_TOKEN=TOKEN)
            results, peak = run.results(), peak_mb(groups)
        time.sleep(2.5)  # what a cell leaves behind may need that long
    after = picture(root)
    changed = sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    left = [*processes_about(str(root)), *processes_about("hwlib.grading.sandbox.zygote -- tiny")]
    left += [str(meeting / "more")] if (meeting / "more").exists() else []
    left += sorted(path for path in outside() - files if "evil" in path or "late" in path)
    left += [str(group) for group in groups if group.exists()]
    yield Graded(tiny, results, peak, changed, left)


def test_honest_students_get_their_points(graded: Graded) -> None:
    honest = {name: one["score"] for name, one in graded.results.items() if "honest" in name}
    assert len(honest) == len(ATTACKS) + len(FORGERS)
    assert set(honest.values()) == {FULL}, honest


def test_attackers_get_at_most_what_their_code_deserves(graded: Graded) -> None:
    theirs = {name: one["score"] for name, one in graded.results.items() if "honest" not in name}
    assert {name: score for name, score in theirs.items() if score > DESERVED} == {}
    on_the_machine = {name: score for name, score in theirs.items() if "machine" in name}
    assert set(on_the_machine.values()) == {DESERVED}, on_the_machine


def test_no_attack_on_the_machine_succeeds(graded: Graded) -> None:
    folder, succeeded = graded.assignment.course.root / "autograded", []
    for number, one in enumerate(ATTACKS):
        (path,) = (folder / f"machine-{number:02}").rglob("*.ipynb")
        outputs = [
            output.get("text", "")
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", [])
        ]
        if any("GOT" in text for text in outputs):
            succeeded.append(one.what)
    assert not succeeded


def test_nothing_is_changed_or_left_behind(graded: Graded) -> None:
    assert (graded.changed, graded.left) == ([], [])


def test_the_class_needs_no_more_memory_than_its_workers_may_use(graded: Graded) -> None:
    if not graded.peak_mb:
        pytest.skip("control groups are made by root, outside a container; run `sudo make test`")
    assert graded.peak_mb < PEAK_MB
