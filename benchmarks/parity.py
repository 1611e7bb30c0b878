"""Whether this engine and nbgrader's machinery give honest students the same points, question by
question.

    python benchmarks/parity.py [--slug knn] [--students 100] [--seed 1]
    python benchmarks/parity.py --solutions [--slug knn]…

A simulated class without attacks (right, wrong, unfinished, raising, crashing, hanging and damaged
notebooks) is graded by both engines with the same seed of the hidden inputs and the same limits;
with --solutions it is the reference, the empty release and every wrong and right solution of each
assignment (default: all). A difference in points is printed with its explanation; one that has none
ends with exit code 1. The statuses may differ where the two see the same failure from another side;
these pairs are counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwlib.grading import (
    Assignment,
    GradeOptions,
    SubmissionResult,
    find_course,
    grade_assignment,
    simulate,
    verify,
)
from hwlib.grading.course import Limits
from hwlib.grading.proof.verify import with_nbgrader
from hwlib.grading.results import QuestionResult

__all__ = ["Difference", "Parity", "compare_class", "compare_solutions"]

LIMITS = Limits(question_s=6.0, submission_s=40.0)


@dataclass(frozen=True, slots=True)
class Difference:
    """A question of one submission with different points from the two engines."""

    student: str
    note: str  # what the student did
    crashing: bool  # whether the student's code ends its process
    isolated: QuestionResult
    nbgrader: QuestionResult

    @property
    def explanation(self) -> str:
        """Why the points differ, "" if there is no good reason."""
        if (
            self.crashing
            and self.nbgrader.status == "crashed"
            and self.isolated.points > self.nbgrader.points
        ):
            return (
                "the student's code ended nbgrader's kernel, and all cells after that; "
                "here it costs the questions that needed this code"
            )
        return ""

    def __str__(self) -> str:
        here, there = self.isolated, self.nbgrader
        points = (
            f"{here.points:g} ({here.status}) here, {there.points:g} ({there.status}) from nbgrader"
        )
        unknown = f"NO EXPLANATION. Here: {here.message!r}; nbgrader: {there.message!r}"
        return (
            f"{self.student}, {self.note}: {self.isolated.id} has {points}: "
            f"{self.explanation or unknown}"
        )


@dataclass(frozen=True, slots=True)
class Parity:
    """What the comparison of some submissions found."""

    submissions: int
    questions: int
    differences: tuple[Difference, ...]
    # (here, nbgrader) of questions with the same points, where they differ
    statuses: Counter[tuple[str, str]]
    # submissions whose status (graded, needs_manual, rejected) differs, in words
    standings: tuple[str, ...]

    @property
    def unexplained(self) -> list[Difference]:
        """The differences that nothing excuses."""
        return [one for one in self.differences if not one.explanation]


def compare_class(
    assignment: Assignment,
    students: int,
    seed: int,
    folder: Path,
    on_result: Callable[[SubmissionResult], None] = lambda result: None,
) -> Parity:
    """Simulate a class below `folder`, grade it with both engines, compare."""
    assignment = replace(assignment, limits=LIMITS)
    made = {one.student: one for one in simulate(assignment, students, seed, folder / "submitted")}

    def graded(engine: str) -> list[SubmissionResult]:
        options = GradeOptions(engine=engine, seed=seed)  # type: ignore[arg-type]
        report = grade_assignment(
            assignment, folder / "submitted", folder / engine, options=options, on_result=on_result
        )
        return list(report.submissions)

    return _compare(
        graded("isolated"),
        graded("nbgrader"),
        {student: one.note for student, one in made.items()},
        {student for student, one in made.items() if one.kind == "crashing"},
    )


def compare_solutions(assignment: Assignment) -> Parity:
    """Grade the reference, the release, and every wrong and right solution with both engines,
    compare.
    """
    here, theirs = (
        [row.result for row in verify(assignment, engine).rows] for engine in (None, with_nbgrader)
    )
    return _compare(here, theirs, {one.student: assignment.slug for one in here}, set())


def _compare(
    here: Sequence[SubmissionResult],
    theirs: Sequence[SubmissionResult],
    notes: dict[str, str],
    crashing: set[str],
) -> Parity:
    """Question by question, and the status of each submission; `notes` by student."""
    other = {one.student: one for one in theirs}
    pairs = [
        (one.student, mine, other[one.student].question(mine.id))
        for one in here
        for mine in one.questions
    ]
    differences = tuple(
        Difference(student, notes[student], student in crashing, mine, their)
        for student, mine, their in pairs
        if abs(mine.points - their.points) > 1e-9
    )
    same = [
        (mine.status, their.status)
        for _, mine, their in pairs
        if abs(mine.points - their.points) <= 1e-9
    ]
    standings = tuple(
        f"{one.student}, {notes[one.student]}: {one.status} here, {other[one.student].status} from "
        "nbgrader"
        for one in here
        if one.status != other[one.student].status
    )
    return Parity(
        len(here),
        len(pairs),
        differences,
        Counter(pair for pair in same if pair[0] != pair[1]),
        standings,
    )


def main() -> int:
    """Compare and print what differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slug", action="append", help="default: knn, with --solutions all")
    parser.add_argument("--solutions", action="store_true")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    course = find_course(Path(__file__).parent)
    found: list[Parity] = []
    for assignment in course.assignments(
        tuple(options.slug or ([] if options.solutions else ["knn"]))
    ):
        started = time.monotonic()
        if options.solutions:
            found.append(compare_solutions(assignment))
        else:
            with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
                found.append(
                    compare_class(
                        assignment,
                        options.students,
                        options.seed,
                        Path(name).resolve(),
                        _show_progress,
                    )
                )
        _show(assignment.slug, found[-1], time.monotonic() - started)
    if len(found) > 1:
        print(
            f"\nall: {sum(one.submissions for one in found)} submissions, "
            f"{sum(one.questions for one in found)} questions, "
            f"{sum(len(one.differences) for one in found)} with different points, "
            f"{sum(len(one.unexplained) for one in found)} without "
            "an explanation"
        )
    return 1 if any(one.unexplained or one.standings for one in found) else 0


def _show(slug: str, parity: Parity, took_s: float) -> None:
    print(
        f"\n{slug}: {parity.submissions} submissions, {parity.questions} questions compared in "
        f"{took_s:.0f} s; "
        f"{len(parity.differences)} with different points, {len(parity.unexplained)} of them "
        "without an explanation"
    )
    for line in [*parity.differences, *parity.standings]:
        print(f"- {line}")
    for (mine, other), count in parity.statuses.most_common():
        print(f"- same points, other status: {mine} here, {other} from nbgrader: {count} ×")
    sys.stdout.flush()


def _show_progress(_: SubmissionResult) -> None:
    print(".", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
