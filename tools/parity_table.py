"""Whether four graders give the same points: hwlib's engine, nbgrader, otter and Gradescope's zip.

    python tools/parity_table.py [SLUG…] [--students 12] [--seed 1] [--again]
    python tools/parity_table.py --apart         # only submissions that differed before
    python tools/parity_table.py --page          # only write docs/parity.md again

For each assignment (default: all), the reference, the release, every wrong and right solution and a
simulated class are graded by each, and compared question by question. What differs without a known
reason is graded once more with more time; the second result counts.

The counts are kept in tools/parity.json after each assignment, and docs/parity.md is written from
them. So the command may be stopped: it goes on where it was, with the submissions and assignments
that are not done, or whose files have changed since. Where nbgrader or otter give other points for
a known reason, the submission is listed apart; any other difference ends with exit code 1.

Gradescope's zip is run in the container of `hw gradescope-test`, which needs root and bubblewrap.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from parity_graders import (
    GRADERS,
    Graded,
    HandIn,
    digest,
    grade_with_all,
    hand_ins,
    unfinished,
)

from hwlib.atomic import write_whole
from hwlib.grading import Assignment, Course, find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.outlets.gradescope_simulator import Image

__all__ = ["Apart", "Compared", "compare", "page"]

ROOT = Path(__file__).resolve().parents[1]
RECORD, PAGE = ROOT / "tools/parity.json", ROOT / "docs/parity.md"
UNFINISHED = ROOT / ".cache/parity"
PATIENCE = 4.0  # times the usual limits, for what differs
KERNEL = ("crashed", "timeout")
NO_REASON = "**no known reason**"


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
    digest: str = ""  # of the files that were compared

    @property
    def unexplained(self) -> list[Apart]:
        """The differences without a known reason."""
        return [one for one in self.apart if not one.why]


def compare(
    assignment: Assignment,
    made: Sequence[HandIn],
    seed: int,
    graders: Sequence[str] = GRADERS,
    say: Callable[[str], None] = lambda text: None,
    image: Image | None = None,
    kept: Path | None = None,
) -> Compared:
    """Grade the submissions with each grader, and compare question by question.

    Gradescope's zip runs in the `image`, if that is given. What is graded is kept in the folder
    `kept`, so that a comparison that was stopped goes on there.
    """
    found = [one.found for one in made]
    graded = grade_with_all(assignment, found, seed, graders, image=image, kept=kept)
    for grader, one in graded.items():
        say(f"{assignment.slug}: {grader}: {len(found)} in {one.seconds:.0f} s")
    apart = differences(assignment, made, graded)
    again = {one.submission for one in apart if not one.why}
    if again:
        say(f"{assignment.slug}: once more, with more time: {', '.join(sorted(again))}")
        few = [one for one in found if one.student in again]
        second = grade_with_all(assignment, few, seed, graders, patience=PATIENCE, image=image)
        for grader, one in graded.items():
            one.points.update(second[grader].points)
        apart = differences(assignment, made, graded)
    questions = len(load_key(assignment).by_role("test")) * len(made)
    return Compared(
        assignment.slug,
        list(graders),
        len(made),
        questions,
        questions - len({(one.submission, one.question) for one in apart}),
        {grader: one.seconds for grader, one in graded.items()},
        apart,
        digest(assignment),
    )


def differences(
    assignment: Assignment, made: Sequence[HandIn], graded: Mapping[str, Graded]
) -> list[Apart]:
    """The questions, among those that tests grade, with other points than from hwlib's engine."""
    questions = [cell.name for cell in load_key(assignment).by_role("test")]
    apart = []
    for one in made:
        name = one.found.student
        for question in questions:
            points, status = graded["isolated"].points[name][question]
            for grader, by_student in graded.items():
                # a grader that has lost the question gives nothing that could be the same
                there = by_student.points[name].get(question, (-1.0, "not graded"))
                if abs(there[0] - points) > 1e-4:  # otter rounds to 5 digits
                    why = _why(one, grader, question, there, points, status)
                    apart.append(Apart(name, question, grader, there[0], points, why))
    return apart


def _why(
    one: HandIn, grader: str, question: str, there: tuple[float, str], points: float, status: str
) -> str:
    """The known reason for other points, or ""."""
    other, their_status = there
    if grader == "gradescope":
        return ""
    if other < points and their_status in KERNEL and one.kind in ("crashing", "hanging"):
        return "a wrong zero: student code ended or blocked the one kernel, and all that came after"
    if grader == "otter" and other > points and status == "timeout" and one.kind == "hanging":
        return "more: its time limit is an exception, which a check caught; here the process ends"
    if other < points and their_status == "manual":
        return "left to a human there"
    if other > points and question in one.loses:
        return f"fooled: this wrong solution must lose the question ({status} here)"
    return ""


# ---- the page ------------------------------------------------------------------------------------


def page(record: Mapping[str, Mapping[str, Any]], present: Mapping[str, str]) -> str:
    """The text of docs/parity.md, from the comparisons that were made.

    Parameters
    ----------
    record : mapping
        Assignment → the values of its `Compared`.
    present : mapping of str to str
        All assignments of the course → the `digest` of their files as they are now.
    """
    done = {slug: record[slug] for slug in present if slug in record}
    lines = [
        "# The same points from four graders",
        "",
        "The reference, the release, all wrong and right solutions and a simulated class are",
        "graded by hwlib's own engine (`isolated`), by nbgrader, by otter-grader, and by the zip",
        "for Gradescope in the container of `hw gradescope-test`. Each question that tests grade",
        "is compared. This command does it, goes on where it was stopped, and writes this page:",
        "",
        "    python tools/parity_table.py",
        "",
        "Where the files were others then, such as tests with fewer hints, the row says so, and",
        "the command compares them again.",
        "",
        "| assignment | submissions | questions | same from all | apart | no known reason "
        "| files |",
        "|---|---|---|---|---|---|---|",
    ]
    for slug, now in present.items():
        one = done.get(slug)
        if one is None:
            lines.append(f"| {slug} | not compared yet | | | | | |")
            continue
        apart = {(a["submission"], a["question"]) for a in one["apart"]}
        unknown = {(a["submission"], a["question"]) for a in one["apart"] if not a["why"]}
        lines.append(
            f"| {slug} | {one['submissions']} | {one['questions']} | {one['same']} "
            f"| {len(apart)} | {len(unknown)} "
            f"| {'as they are' if one.get('digest') == now else 'earlier'} |"
        )
    counts = [
        sum(one[key] for one in done.values()) for key in ("submissions", "questions", "same")
    ]
    lines.append(f"| **all** | {' | '.join(map(str, counts))} | | | |")
    if done:
        lines += ["", *_missing_graders(done), *_seconds(done), *_apart(done)]
    return "\n".join(lines) + "\n"


def _missing_graders(done: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [
        f"{slug} was compared without {', '.join(sorted(missing))}."
        for slug, one in done.items()
        if (missing := set(GRADERS) - set(one["graders"]))
    ]
    return [*lines, ""] if lines else []


def _seconds(done: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [
        "Seconds for one submission, on a machine that did other work, too. Gradescope's include a",
        "share of `setup.sh`.",
        "",
        f"| assignment | {' | '.join(GRADERS)} |",
        f"|---|{'---|' * len(GRADERS)}",
    ]
    for slug, one in done.items():
        each = [one["seconds"].get(grader) for grader in GRADERS]
        cells = ["–" if one_s is None else f"{one_s / one['submissions']:.1f}" for one_s in each]
        lines.append(f"| {slug} | {' | '.join(cells)} |")
    return [*lines, ""]


def _apart(done: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The differences: how many for each reason, then one by one."""
    rows = [(slug, a) for slug, one in done.items() for a in one["apart"]]
    lines = ["## Where nbgrader or otter give other points", ""]
    if not rows:
        return [*lines, "Nowhere."]
    count = Counter((a["grader"], a["why"] or NO_REASON) for _, a in rows)
    lines += ["| grader | why | questions |", "|---|---|---|"]
    lines += [f"| {grader} | {why} | {n} |" for (grader, why), n in sorted(count.items())]
    lines += ["", "Each of them:", ""]
    lines += ["| assignment | submission | question | grader | its points | ours | why |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for slug, a in rows:
        where = f"| {slug} | {a['submission']} | {a['question']} | {a['grader']} "
        why = a["why"].partition(":")[0] or NO_REASON
        lines.append(f"{where}| {a['points']:g} | {a['ours']:g} | {why} |")
    return lines


def main() -> int:
    """Compare, keep the counts, write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*")
    parser.add_argument("--students", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--without", action="append", default=[], choices=GRADERS[1:])
    parser.add_argument("--again", action="store_true", help="also what is done and unchanged")
    parser.add_argument("--apart", action="store_true", help="only what differed before")
    parser.add_argument("--page", action="store_true", help="only write the page")
    options = parser.parse_args()
    course, failed = find_course(ROOT), False
    for assignment in () if options.page else course.assignments(tuple(options.slugs)):
        before = _record().get(assignment.slug, {})
        current = before.get("digest") == digest(assignment)
        if options.apart and not current:
            continue
        if current and not options.again and not options.apart:
            _say(f"{assignment.slug}: done before, and nothing has changed; --again does it again")
            continue
        with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
            made = hand_ins(assignment, Path(name).resolve(), options.students, options.seed)
            graders = [one for one in GRADERS if one not in options.without]
            if options.apart:
                names = {one["submission"] for one in before["apart"]}
                made = [one for one in made if one.found.student in names]
                graders = before["graders"]
            folder = UNFINISHED / f"{options.students}-{options.seed}"
            kept = None if options.apart else unfinished(assignment, folder)
            done = compare(assignment, made, options.seed, graders, _say, kept=kept)
        if options.apart:
            count = before["questions"] - done.questions
            done = replace(
                done,
                submissions=before["submissions"],
                questions=before["questions"],
                same=count + done.same,
                seconds=before["seconds"],
            )
        for line in done.apart:
            _say(f"- {line}")
        _say(f"{done.slug}: {done.same} of {done.questions} questions have the same points")
        failed |= bool(done.unexplained)
        record = json.dumps(_record() | {done.slug: asdict(done)}, indent=1, sort_keys=True)
        write_whole(RECORD, record + "\n")
        if kept:
            shutil.rmtree(kept)
        write_whole(PAGE, page(_record(), present(course)))
    write_whole(PAGE, page(_record(), present(course)))
    return 1 if failed else 0


def _record() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(RECORD.read_text("utf-8")) if RECORD.is_file() else {}
    return values


def present(course: Course) -> dict[str, str]:
    """All assignments → the digest of their files as they are now."""
    return {one.slug: digest(one) for one in course.assignments()}


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
