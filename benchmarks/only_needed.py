"""What it saves to run only the cells that a grade depends on: the reference solution graded so,
and with every cell run.

    python benchmarks/only_needed.py [SLUG …] [--rounds 5]

Both ways give the same points; they take turns. Experiments run on the sample in the package, as
everything does while grading: with the full data sets they would take minutes.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from hwlib.grading import Assignment, find_course
from hwlib.grading.engines import isolated, tries
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.proof.variants import reference_notebook


def main() -> int:
    """Print one line for each assignment."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*", default=["knn"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    course = find_course(Path(__file__).resolve().parent)
    print("| assignment | cells run | of | needed cells only, s | every cell, s | saved, times |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for slug in options.slugs:
        print(_row(course.assignment(slug), options.rounds), flush=True)
    return 0


def _row(assignment: Assignment, rounds: int) -> str:
    notebook = reference_notebook(assignment)
    artifacts = assignment.folder / "artifacts"
    folder = artifacts if artifacts.is_dir() else None
    seconds: dict[str, list[float]] = {"needed": [], "every": []}
    cells, points = {}, {}
    with IsolatedEngine(assignment, seed=0) as engine:
        engine.learn_imports()
        engine.grade_notebook(notebook, folder=folder)
        for _ in range(rounds):
            for way, change in (("needed", _as_it_is), ("every", _every_cell)):
                with change(), _counting() as count:
                    started = time.perf_counter()
                    outcome = engine.grade_notebook(notebook, folder=folder)
                    seconds[way].append(time.perf_counter() - started)
                cells[way], points[way] = count[0], outcome.result.score
    if points["needed"] != points["every"]:
        raise SystemExit(
            f"{assignment.slug}: {points['needed']} points with the needed cells, "
            f"{points['every']} with every one"
        )
    needed, every = (statistics.median(seconds[way]) for way in ("needed", "every"))
    counts = f"{assignment.slug} | {cells['needed']} | {cells['every']}"
    return f"| {counts} | {needed:.2f} | {every:.2f} | {every / needed:.1f} |"


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _every_cell() -> Iterator[None]:
    """All code of the student's notebook before the first test, experiments included."""
    grade = tries.grade_submission

    def grade_all(bench: Any, submission: Any, *rest: Any) -> Any:
        every = {index for index, cell in enumerate(submission.cells) if tries._is_code(cell)}
        with mock.patch.object(tries, "needed_cells", lambda *_: every):
            return grade(bench, submission, *rest)

    with mock.patch.object(isolated, "grade_submission", grade_all):
        yield


@contextmanager
def _counting() -> Iterator[list[int]]:
    """The number of cells that were run, as a list of one."""
    count, grade = [0], tries.grade_submission

    def counted(*arguments: Any) -> Any:
        graded = grade(*arguments)
        count[0] = graded.cells_run
        return graded

    with mock.patch.object(isolated, "grade_submission", counted):
        yield count


if __name__ == "__main__":
    raise SystemExit(main())
