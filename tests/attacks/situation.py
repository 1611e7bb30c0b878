"""Run by whoever grades: `python situation.py FOLDER [WHAT …]`, in a folder of its own.

Hands in every attack (or those named), once to the control and once to `hw grade`, and prints what
succeeded as JSON: {"tier", "attacks": {what: [control, protected]}, "honest": [scores]}.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import nbformat
import unprotected
from courses import make_assignment, released, submission_folder
from in_workers import somebody_answers
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from on_the_machine import ATTACKS, Attack
from on_the_verdict import COURSE, HOSTILE, NAIVE, NOTEBOOK, RIGHT, TOML, VERDICT, WRONG, OnVerdict

from hwlib.grading import Assignment
from hwlib.grading.answer_key import load_key
from hwlib.grading.sandbox.measures.kernel import call, prctl

TOKEN = "token-of-the-grader"
HONEST = 2
MUCH = 10_000_000  # bytes of output
FULL = 8.0
NEWNS, PRIVATE, REC = 0x20000, 1 << 18, 16384


def chosen(names: Iterable[str]) -> list[Attack | OnVerdict]:
    """The attacks with these names; all if there are none."""
    wanted, known = set(names), list[Attack | OnVerdict]([*ATTACKS, *VERDICT])
    return [one for one in known if not wanted or one.what in wanted]


def hand_in(assignment: Assignment, student: str, one: Attack | OnVerdict, prelude: str) -> Path:
    """Write an attacker's notebook, and give its path."""
    path = submission_folder(assignment, student) / f"{COURSE}.ipynb"
    raw = one.raw if isinstance(one, OnVerdict) else ""
    if raw == "link":
        path.symlink_to(submission_folder(assignment, "honest-0") / path.name)
    elif raw == "pipe":
        os.mkfifo(path)
    elif raw == "deep":
        path.write_text('{"cells": ' + "[" * 200_000 + "]" * 200_000 + "}")
    else:
        code = one.code if isinstance(one, OnVerdict) else {}
        own = one.source if isinstance(one, Attack) or not one.question else ""
        if own:  # where an answer is wrong, all cells are run, not only those that a test needs
            code = {**RIGHT, "double": WRONG}
        nbformat.write(notebook(assignment, code, prelude, own, raw), path)
    return path


def notebook(
    assignment: Assignment, code: dict[str, str], prelude: str = "", own: str = "", raw: str = ""
) -> NotebookNode:
    """A hand-in with this code, and a cell of its own above it."""
    made = released(assignment, **{f"solution_{name}": text for name, text in code.items()})
    cells = [new_code_cell(text) for text in (prelude, own) if text]
    if cells and "HTML(" in own:
        cells[-1].outputs = [new_output("display_data", {"text/html": HOSTILE})]
    if raw == "large":
        cells = [new_code_cell("1", outputs=[new_output("stream", text="x" * 60_000_000)])]
    made.cells[1:1] = cells
    if raw == "points":
        for cell in made.cells:
            if "points" in cell.metadata.get("nbgrader", {}):
                cell.metadata.nbgrader.points = 100
    return made


# ---- the control ---------------------------------------------------------------------------------


def in_control(
    one: Attack | OnVerdict, path: Path, tests: dict[str, str], root: Path, spared: int
) -> bool:
    """Whether an attack succeeds where nothing protects the grader."""
    folder = Path(tempfile.mkdtemp(dir=root.parent, prefix="control-"))
    mark = one.seen_outside if isinstance(one, Attack) else one.mark
    naive = one.naive if isinstance(one, OnVerdict) else ""
    question = "double" if naive == "visible" else naive
    used = {**tests, question: NAIVE[naive]} if naive else tests
    if isinstance(one, OnVerdict) and one.raw == "large":
        found = unprotected.Graded(size=path.stat().st_size)
    else:
        found = unprotected.grade(path, used, folder, spared, 2.0 if mark else 0.0)
    try:
        if mark:
            return seen(mark, root)
        if isinstance(one, Attack):
            return "GOT" in found.printed
        if one.wins == "page":
            page, _ = HTMLExporter().from_filename(str(path))
            return runs_something(page)
        return {
            "passed": all(
                found.passed.get(name) for name in ([one.question] if one.question else used)
            ),
            "printed": "GOT" in found.printed,
            "runs on": found.runs_on,
            "no result": not found.has_result,
            "points": found.points > FULL,
            "output": found.size > MUCH,
            "terminal": shows_codes(found.printed),
            "file": False,
        }[one.wins]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        clean_up(root)


def seen(mark: str, root: Path) -> bool:
    """Whether a file is there that nobody may write."""
    return any((place / mark).exists() for place in (root, Path.home(), *pythons()))


def pythons() -> list[Path]:
    import site

    return [Path(one) for one in (*site.getsitepackages(), sys.prefix)]


def clean_up(root: Path) -> None:
    """Remove what an attack has left."""
    left = [place / "hw_evil.pth" for place in (Path.home(), *pythons())]
    left += [root / one for one in (*(one.mark for one in VERDICT if one.mark), "late")]
    left += [root / "results.json", root / "run_autograder", Path("/tmp/late")]
    for path in (*left, *Path("/dev/shm").glob("hw_*")):
        with contextlib.suppress(OSError):
            path.unlink()


def runs_something(page: str) -> bool:
    return "<script>alert(" in page or "javascript:" in page


def shows_codes(text: str) -> bool:
    return any(code in text for code in ("\x1b", "\x07", "\u202e"))


# ---- hw grade ------------------------------------------------------------------------------------


class Run:
    """`hw grade`, which starts when all has been handed in."""

    def __init__(self, root: Path) -> None:
        wait = ["sh", "-c", 'read go; exec "$@"', "sh"]
        command = [sys.executable, "-m", "hwlib.cli", "grade", COURSE, "--json", "-"]
        self.process = subprocess.Popen(
            [*wait, *command],
            cwd=root,
            env={**os.environ, "HW_TOKEN": TOKEN},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def results(self) -> tuple[dict[str, Any], str]:
        """What its JSON says, and all that a terminal would get."""
        out, err = self.process.communicate("go\n", timeout=900)
        assert self.process.returncode == 0, err[-3000:]
        if log := os.environ.get("HW_LOG"):
            Path(log).write_text(out + err)
        return json.loads(out), err


def protected(
    one: Attack | OnVerdict, student: str, result: dict[str, Any] | None, root: Path, shown: str
) -> bool:
    """Whether an attack succeeded against `hw grade`."""
    graded = root / "autograded" / student / COURSE / f"{COURSE}.ipynb"
    if result is None:
        return True
    mark = one.seen_outside if isinstance(one, Attack) else one.mark
    if mark:
        return seen(mark, root)
    if isinstance(one, Attack) or one.wins == "printed":
        return "GOT" in outputs(graded)
    if one.wins == "page":
        pages = [path.read_text() for path in (root / "feedback" / student).rglob("*.html")]
        pages.append(HTMLExporter().from_filename(str(graded))[0])
        return any(map(runs_something, pages))
    status = {each["id"]: each["status"] for each in result["questions"]}
    succeeded: dict[str, bool] = {
        "passed": status.get(one.question) == "passed" if one.question else result["score"] > 0,
        "runs on": status.get("double") not in ("timeout", "crashed", "error"),
        "no result": result["status"] == "",
        "points": result["score"] > FULL or result["max_score"] > FULL,
        "output": graded.exists() and graded.stat().st_size > MUCH,
        "terminal": shows_codes(shown),
        "file": False,
    }
    return succeeded[one.wins]


def outputs(path: Path) -> str:
    """All text that a graded notebook's cells printed."""
    if not path.exists():
        return ""
    cells = nbformat.read(path, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


def main(folder: Path, names: list[str]) -> None:
    """Try all, and print what succeeded."""
    prctl(unprotected.PR_SET_CHILD_SUBREAPER, 1)
    if os.getuid() == 0 and call("unshare", NEWNS):  # what the control mounts is ours alone
        ctypes.CDLL(None).mount(b"none", b"/", None, PRIVATE | REC, None)
    os.environ["HW_TOKEN"] = TOKEN
    root = folder / "course"
    root.mkdir()
    meeting = folder / "meeting"
    meeting.mkdir(mode=0o777)
    (meeting / "answer").write_text("42")
    (root / "secret").write_text("42")
    assignment = make_assignment(root, COURSE, NOTEBOOK, TOML)
    tests = {cell.name: cell.source for cell in load_key(assignment).questions}
    attacks, run = chosen(names), Run(root)
    with somebody_answers(meeting) as places:
        known = {
            "SECRET": str(root / "secret"),
            "FOLDER": str(root),
            "TOKEN": TOKEN,
            "OTHER": str(meeting),
            "HOME_OF_GRADER": str(Path.home()),
            **places,
        }
        for number in range(HONEST):
            path = submission_folder(assignment, f"honest-{number}") / f"{COURSE}.ipynb"
            nbformat.write(notebook(assignment, RIGHT), path)
        found: dict[str, list[bool]] = {}
        for grader in (os.getpid(), run.process.pid):  # first the control's, then the other
            told = "".join(f"{k} = {v!r}\n" for k, v in {**known, "GRADER": grader}.items())
            for number, one in enumerate(attacks):
                student = f"attack-{number:03}"
                (submission_folder(assignment, student) / f"{COURSE}.ipynb").unlink(missing_ok=True)
                path = hand_in(assignment, student, one, told)
                if grader == os.getpid():
                    found[one.what] = [in_control(one, path, tests, root, run.process.pid)]
        (meeting / "more").unlink(missing_ok=True)
        results, shown = run.results()
        by_student = {each["student"]: each for each in results["submissions"]}
        for number, one in enumerate(attacks):
            student = f"attack-{number:03}"
            found[one.what].append(protected(one, student, by_student.get(student), root, shown))
    clean_up(root)
    honest = [by_student[f"honest-{number}"]["score"] for number in range(HONEST)]
    said = {"tier": results["isolation"], "attacks": found, "honest": honest}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
