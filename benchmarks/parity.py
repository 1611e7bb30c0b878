"""Whether this engine and nbgrader's machinery give honest students the same points, question by question.

    python benchmarks/parity.py [--slug knn] [--students 100] [--seed 1]

A simulated class without attacks (right, wrong, unfinished, raising, crashing, hanging and damaged notebooks) is graded by both engines
with the same seed of the hidden inputs and the same limits. A difference in points is printed with its explanation; one that has
none ends with exit code 1. The statuses may differ where the two see the same failure from another side; these pairs are counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hwlib.grading.course import Assignment, Limits, find_course
from hwlib.grading.grade import GradeOptions, grade_assignment
from hwlib.grading.results import QuestionResult, SubmissionResult
from hwlib.grading.simulate import SimulatedSubmission, simulate

__all__ = ["Difference", "Parity", "compare"]

LIMITS = Limits(question_s=6.0, submission_s=40.0)


@dataclass(frozen=True, slots=True)
class Difference:
    """A question of one submission with different points from the two engines."""

    submission: SimulatedSubmission
    isolated: QuestionResult
    nbgrader: QuestionResult

    @property
    def explanation(self) -> str:
        """Why the points differ, "" if there is no good reason."""
        if self.submission.kind == "crashing" and self.nbgrader.status == "crashed" and self.isolated.points > self.nbgrader.points:
            return "the student's code ended nbgrader's kernel, and all cells after that; here it costs the questions that needed this code"
        return ""

    def __str__(self) -> str:
        points = f"{self.isolated.points:g} ({self.isolated.status}) here, {self.nbgrader.points:g} ({self.nbgrader.status}) from nbgrader"
        return (f"{self.submission.student}, {self.submission.note}: {self.isolated.id} has {points}: "
                f"{self.explanation or f'NO EXPLANATION. Here: {self.isolated.message!r}; nbgrader: {self.nbgrader.message!r}'}")


@dataclass(frozen=True, slots=True)
class Parity:
    """What the comparison of a class found."""

    submissions: int
    questions: int
    differences: tuple[Difference, ...]
    statuses: Counter[tuple[str, str]]             # (here, nbgrader) of questions with the same points, where they differ
    standings: tuple[str, ...]                     # submissions whose status (graded, needs_manual, rejected) differs, in words

    @property
    def unexplained(self) -> list[Difference]:
        """The differences that nothing excuses."""
        return [one for one in self.differences if not one.explanation]


def compare(assignment: Assignment, students: int, seed: int, folder: Path,
            on_result: Callable[[SubmissionResult], None] = lambda result: None) -> Parity:
    """Simulate a class below `folder`, grade it with both engines, compare."""
    assignment = replace(assignment, limits=LIMITS)
    made = {one.student: one for one in simulate(assignment, students, seed, folder / "submitted")}

    def graded(engine: str) -> dict[str, SubmissionResult]:
        options = GradeOptions(engine=engine, seed=seed)  # type: ignore[arg-type]
        report = grade_assignment(assignment, folder / "submitted", folder / engine, options=options, on_result=on_result)
        return {one.student: one for one in report.submissions}

    here, theirs = graded("isolated"), graded("nbgrader")
    pairs = [(made[student], mine, theirs[student].question(mine.id)) for student, result in here.items() for mine in result.questions]
    differences = tuple(Difference(*pair) for pair in pairs if abs(pair[1].points - pair[2].points) > 1e-9)
    same = [(mine.status, other.status) for _, mine, other in pairs if abs(mine.points - other.points) <= 1e-9]
    standings = tuple(f"{student}, {made[student].note}: {one.status} here, {theirs[student].status} from nbgrader"
                      for student, one in here.items() if one.status != theirs[student].status)
    return Parity(len(made), len(pairs), differences, Counter(pair for pair in same if pair[0] != pair[1]), standings)


def main() -> int:
    """Compare a class and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slug", default="knn")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    assignment = find_course(Path(__file__).parent).assignment(options.slug)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
        parity = compare(assignment, options.students, options.seed, Path(name).resolve(), _show_progress)
    took_s = time.monotonic() - started
    print(f"\n{options.slug}: {parity.submissions} submissions, {parity.questions} questions compared in {took_s:.0f} s; "
          f"{len(parity.differences)} with different points, {len(parity.unexplained)} of them without an explanation")
    for line in [*parity.differences, *parity.standings]:
        print(f"- {line}")
    for (mine, other), count in parity.statuses.most_common():
        print(f"- same points, other status: {mine} here, {other} from nbgrader: {count} ×")
    return 1 if parity.unexplained or parity.standings else 0


def _show_progress(_: SubmissionResult) -> None:
    print(".", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
