"""Does a grade depend on what else the machine does? Not one question may differ.

    python benchmarks/load.py [--students 40] [--pairs 20]

1. A simulated class, graded with --jobs 1, 2, 8, and 8 beside four busy loops.
2. Pairs of graders at the same time, each with a TMPDIR of its own, beside a class of 16 whose
   students sleep in a cell of their own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from hwlib.grading import Assignment, find_course, simulate
from hwlib.grading.proof.variants import reference_notebook

SLUG = "knn"
SLEEPERS, CLASS = 4, 16

Points = dict[tuple[str, str], tuple[float, str]]
"""(student, question) → (points, status)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what differs; 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--pairs", type=int, default=20)
    options = parser.parse_args(arguments)
    assignment = find_course(Path(__file__).parent).assignment(SLUG)
    with tempfile.TemporaryDirectory(prefix="hw-load-") as folder:
        different = _jobs(assignment, options.students, Path(folder))
        different += _pairs(assignment, options.pairs, Path(folder))
    print(f"{different} questions differ")
    return 1 if different else 0


def _jobs(assignment: Assignment, students: int, folder: Path) -> int:
    simulate(assignment, students, 5, folder / "class")
    expected: Points | None = None
    different = 0
    for jobs, loops in [(1, 0), (2, 0), (8, 0), (8, 4)]:
        started = time.monotonic()
        with _busy(loops):
            found = _finish(_grade(assignment, folder / "class", folder / "out", folder, jobs))
        expected = expected or found
        lines = _differences(expected, found)
        different += len(lines)
        what = f"--jobs {jobs}" + (f" beside {loops} busy loops" if loops else "")
        print(f"{what:<32}{time.monotonic() - started:7.1f} s  {len(lines)} of {len(found)} differ")
        print("".join(f"    {line}\n" for line in lines), end="")
    return different


def _pairs(assignment: Assignment, pairs: int, folder: Path) -> int:
    submitted = folder / "sleepers"
    for number in range(CLASS):
        notebook = reference_notebook(assignment)
        if number < SLEEPERS:
            cell = new_code_cell("import time\ntime.sleep(1.2)", id="sleep")
            notebook.cells.insert(len(notebook.cells) // 2, cell)
        path = submitted / f"s{number:02}" / SLUG / f"{SLUG}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    alone = _finish(_grade(assignment, submitted, folder / "alone", folder, 2))
    different = 0
    for _ in range(pairs):
        places = [folder / name for name in ("one", "two")]
        running = [_grade(assignment, submitted, place / "out", place, 2) for place in places]
        different += sum(len(_differences(alone, _finish(one))) for one in running)
    print(f"{pairs} pairs of graders, TMPDIR of their own: {different} questions differ")
    return different


Running = tuple["subprocess.Popen[str]", Path]


def _grade(assignment: Assignment, submitted: Path, output: Path, temp: Path, jobs: int) -> Running:
    temp.mkdir(parents=True, exist_ok=True)
    report = temp / "report.json"
    command = [sys.executable, "-m", "hwlib.cli", "grade", SLUG, "--force", "--seed", "3"]
    command += ["--submitted", str(submitted), "--output", str(output)]
    command += ["--jobs", str(jobs), "--json", str(report)]
    process = subprocess.Popen(
        command,
        cwd=assignment.course.root,
        env={**os.environ, "TMPDIR": str(temp)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, report


def _finish(running: Running) -> Points:
    process, report = running
    _, errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"hw grade failed: {errors}")
    return {
        (submission["student"], question["id"]): (question["points"], question["status"])
        for submission in json.loads(report.read_text(encoding="utf-8"))["submissions"]
        for question in submission["questions"]
    }


def _differences(expected: Points, found: Points) -> list[str]:
    return [
        f"{student} {question}: {expected.get((student, question))} → {value}"
        for (student, question), value in found.items()
        if expected.get((student, question)) != value
    ]


@contextmanager
def _busy(loops: int) -> Iterator[None]:
    """So many processes that never rest."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
