"""Whether four graders give the same points: hwlib's engine, nbgrader, otter and Gradescope's zip.

    python tools/parity_table.py [SLUG…] [--students 12] [--seed 1] [--without gradescope]

For each assignment (default: all), the reference, the release, every wrong and right solution and a
simulated class are graded by each, and compared question by question. The counts are kept in
tools/parity.json, from which docs/parity.md is written. Where nbgrader or otter gives other points
for a known reason, the submission is listed apart; any other difference ends with exit code 1.

Gradescope's zip is run in the container of `hw gradescope-test`, which needs root and bubblewrap.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from hwlib.grading import Assignment, SubmissionResult, find_course, simulate
from hwlib.grading.course import Limits
from hwlib.grading.engines.nbgrader import grade_with_nbgrader
from hwlib.grading.engines.otter import grade_with_otter
from hwlib.grading.grade import grade_many
from hwlib.grading.outlets.gradescope_simulator import built_image
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip
from hwlib.grading.proof.variants import (
    handed_in_models,
    load_variants,
    reference_notebook,
    variant_notebook,
)
from hwlib.grading.proof.verify import hand_in
from hwlib.grading.submissions.files import FoundSubmission, find_submissions

__all__ = ["GRADERS", "Apart", "Compared", "compare", "hand_ins", "page"]

ROOT = Path(__file__).resolve().parents[1]
RECORD, PAGE = ROOT / "tools/parity.json", ROOT / "docs/parity.md"
LIMITS = Limits(question_s=6.0, submission_s=40.0)  # a loop without an end need not last longer
GRADERS = ("isolated", "nbgrader", "otter", "gradescope")
KERNEL = ("crashed", "timeout")

Points = dict[str, tuple[float, str]]  # question → points and status


@dataclass(frozen=True, slots=True)
class HandIn:
    """One submission, and what is known about it."""

    found: FoundSubmission
    kind: str  # reference, release, wrong, right, or a kind of a simulated class
    loses: frozenset[str] = frozenset()  # questions that a wrong solution must lose


@dataclass(frozen=True, slots=True)
class Apart:
    """A question of one submission that another grader gives other points, and why."""

    submission: str
    question: str
    grader: str
    points: float
    ours: float
    why: str  # "" if there is no known reason

    def __str__(self) -> str:
        reason = self.why or "NO KNOWN REASON"
        return (
            f"{self.submission}: {self.question} has {self.ours:g} here and {self.points:g} from "
            f"{self.grader}: {reason}"
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison of one assignment."""

    slug: str
    graders: list[str]
    submissions: int
    questions: int
    same: int  # questions with the same points from all graders
    seconds: dict[str, float] = field(default_factory=dict)
    apart: list[Apart] = field(default_factory=list)

    @property
    def unexplained(self) -> list[Apart]:
        """The differences without a known reason."""
        return [one for one in self.apart if not one.why]


def hand_ins(assignment: Assignment, folder: Path, students: int, seed: int) -> list[HandIn]:
    """Write the submissions of an assignment below a folder: all solutions, and a class."""
    files = handed_in_models(assignment)
    solutions = folder / "solutions"
    release = nbformat.read(assignment.release, as_version=4)
    made = [
        HandIn(
            hand_in(assignment, solutions, "reference", reference_notebook(assignment), files),
            "reference",
        ),
        HandIn(hand_in(assignment, solutions, "release", release, {}), "release"),
    ]
    for one in load_variants(assignment):
        notebook = variant_notebook(assignment, one)
        models = handed_in_models(assignment, one) if one.models else files
        found = hand_in(assignment, solutions, f"{one.kind}-{one.name}", notebook, models)
        made.append(HandIn(found, one.kind, frozenset(one.fails)))
    if students:
        known = {one.student: one for one in simulate(assignment, students, seed, folder / "class")}
        made += [
            HandIn(one, known[one.student].kind)
            for one in find_submissions(assignment, folder / "class")
        ]
    return made


def compare(
    assignment: Assignment,
    made: Sequence[HandIn],
    seed: int,
    graders: Sequence[str] = GRADERS,
    say: Callable[[str], None] = lambda text: None,
) -> Compared:
    """Grade the submissions with each grader, and compare question by question."""
    quick = replace(assignment, limits=LIMITS)
    found = [one.found for one in made]
    results: dict[str, dict[str, Points]] = {}
    seconds: dict[str, float] = {}
    for grader in graders:
        started = time.monotonic()
        results[grader] = dict(_graded(grader, quick, found, seed))
        seconds[grader] = round(time.monotonic() - started, 1)
        say(f"{assignment.slug}: {grader}: {len(found)} in {seconds[grader]:.0f} s")
    ours = results["isolated"]
    apart, same, count = list[Apart](), 0, 0
    for one in made:
        name = one.found.student
        for question, (points, status) in ours[name].items():
            count += 1
            others = [
                Apart(
                    name,
                    question,
                    grader,
                    there[0],
                    points,
                    _why(one, grader, question, there, points, status),
                )
                for grader in graders
                if (there := results[grader][name].get(question))
                and abs(there[0] - points) > 1e-4  # otter rounds to 5 digits
            ]
            same += not others
            apart += others
    return Compared(assignment.slug, list(graders), len(made), count, same, seconds, apart)


def _why(
    one: HandIn, grader: str, question: str, there: tuple[float, str], points: float, status: str
) -> str:
    """The known reason for other points, or ""."""
    other, their_status = there
    if grader == "gradescope":
        return ""
    if other < points and their_status in KERNEL and one.kind in ("crashing", "hanging"):
        return "a wrong zero: student code ended or blocked the one kernel, and all that came after"
    if other < points and their_status == "manual":
        return "left to a human there"
    if other > points and question in one.loses:
        return f"fooled: this wrong solution must lose the question ({status} here)"
    return ""


# ---- the graders ---------------------------------------------------------------------------------


def _graded(
    grader: str, assignment: Assignment, found: Sequence[FoundSubmission], seed: int
) -> Iterator[tuple[str, Points]]:
    if grader == "isolated":
        for one, outcome in grade_many(assignment, found, seed=seed, leave_to_humans=False):
            yield one.student, _points(outcome.result)
    elif grader == "otter":
        for one, outcome in grade_with_otter(assignment, found, seed=seed):
            yield one.student, _points(outcome.result)
    elif grader == "nbgrader":
        with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
            place = Path(name).resolve()
            for result in grade_with_nbgrader(assignment, found, output=place, seed=seed):
                yield result.student, _points(result)
    else:
        yield from _in_container(assignment, found)


def _points(result: SubmissionResult) -> Points:
    return {one.id: (one.points, one.status) for one in result.questions}


def _in_container(
    assignment: Assignment, found: Sequence[FoundSubmission]
) -> Iterator[tuple[str, Points]]:
    with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
        archive = Path(name) / "autograder.zip"
        write_gradescope_zip(assignment, archive)
        with built_image(archive) as image:
            for one in found:
                files = [path for path in sorted(one.folder.iterdir()) if path.is_file()]
                done = image.grade(files)
                yield one.student, _points_in(done.results)


def _points_in(results: Any) -> Points:
    """Question → points of a results.json; the name of a test ends with the question in brackets.

    Gradescope's list has only the questions that tests grade.
    """
    if not isinstance(results, Mapping):
        raise SystemExit("Gradescope's zip left no results.json")
    return {
        test["name"].rpartition("(")[2].rstrip(")"): (test["score"], test.get("status", ""))
        for test in results["tests"]
    }


# ---- the page ------------------------------------------------------------------------------------


def page(record: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of docs/parity.md, from the comparisons that were made."""
    lines = [
        "# The same points from four graders",
        "",
        "The reference, the release, all wrong and right solutions and a simulated class were",
        "graded by hwlib's own engine (`isolated`), by nbgrader's, by otter-grader, and by",
        "Gradescope's zip in the container of `hw gradescope-test`. This command compares them",
        "question by question, and writes this page:",
        "",
        "    python tools/parity_table.py",
        "",
        "Assignments that are not in the table have not been compared yet.",
        "",
        "| assignment | submissions | questions | same from all | apart | no known reason "
        "| graders | minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for slug, one in sorted(record.items()):
        apart = {(a["submission"], a["question"]) for a in one["apart"]}
        unknown = {(a["submission"], a["question"]) for a in one["apart"] if not a["why"]}
        minutes = " + ".join(f"{seconds / 60:.1f}" for seconds in one["seconds"].values())
        lines.append(
            f"| {slug} | {one['submissions']} | {one['questions']} | {one['same']} "
            f"| {len(apart)} | {len(unknown)} | {', '.join(one['graders'])} | {minutes} |"
        )
    lines += ["", "## Where nbgrader or otter give other points", ""]
    rows = [(slug, a) for slug, one in sorted(record.items()) for a in one["apart"]]
    if not rows:
        lines.append("Nowhere.")
    else:
        lines += [
            "| assignment | submission | question | grader | its points | ours | why |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {slug} | {a['submission']} | {a['question']} | {a['grader']} | {a['points']:g} | "
            f"{a['ours']:g} | {a['why'] or '**no known reason**'} |"
            for slug, a in rows
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Compare, keep the counts, write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*")
    parser.add_argument("--students", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without", action="append", default=[], choices=GRADERS[1:])
    options = parser.parse_args()
    graders = [one for one in GRADERS if one not in options.without]
    failed = False
    for assignment in find_course(ROOT).assignments(tuple(options.slugs)):
        with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
            made = hand_ins(assignment, Path(name).resolve(), options.students, options.seed)
            done = compare(assignment, made, options.seed, graders, _say)
        for line in done.apart:
            _say(f"- {line}")
        _say(f"{done.slug}: {done.same} of {done.questions} questions have the same points")
        failed |= bool(done.unexplained)
        record = json.loads(RECORD.read_text("utf-8")) if RECORD.is_file() else {}
        record[done.slug] = asdict(done)
        RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        PAGE.write_text(page(record), encoding="utf-8")
    return 1 if failed else 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
