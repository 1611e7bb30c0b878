"""Verifies the tests of an assignment by grading solutions whose grade is known.

The reference must get full marks and the empty release none. Each wrong solution must lose exactly
the questions that it names, and each right one must lose none. If a solution gets another grade,
the assignment has a fault.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from nbformat import NotebookNode

from hwlib.grading.answer_key import KeyCell, load_key
from hwlib.grading.authoring.leaks import find_leaks
from hwlib.grading.course import Assignment
from hwlib.grading.grade import grade_many
from hwlib.grading.parts import in_full, parts_of
from hwlib.grading.proof.variants import (
    handed_in_models,
    load_variants,
    reference_notebooks,
    released_notebooks,
    variant_notebooks,
)
from hwlib.grading.results import PartResult, QuestionResult, SubmissionResult
from hwlib.grading.submissions.files import FoundSubmission, submission_in

__all__ = [
    "SEED",
    "VerifyReport",
    "VerifyRow",
    "hand_in",
    "hand_in_all",
    "verify",
    "with_nbgrader",
]

SEED = 20_260  # for the hidden inputs, so that a verification can be repeated

GradeAll = Callable[[Assignment, Sequence[FoundSubmission]], Iterator[SubmissionResult]]


@dataclass(frozen=True, slots=True)
class VerifyRow:
    """One solution that was graded, with its result and the expected one."""

    kind: Literal["reference", "release", "wrong", "right"]
    name: str
    result: SubmissionResult
    autograded: Mapping[str, tuple[str, ...]]  # question that tests grade → its parts, or itself
    expected: frozenset[str]  # the questions, or parts of them, that it must lose
    hint: str = ""  # text that the first of these must show to the student, or ""
    frequency: str = ""  # how often students were seen to write it, or ""
    ungraded: frozenset[str] = frozenset()  # the questions and parts that are worth 0 points

    @property
    def lost(self) -> frozenset[str]:
        """The autograded questions that got less than all their points: those of a question that
        has parts as `question/part`.
        """
        return frozenset(
            name
            for q in self.result.questions
            if q.id in self.autograded and q.is_lost
            for name in _lost_of(q, self.autograded[q.id])
        )

    @property
    def waiting(self) -> frozenset[str]:
        """The autograded questions that could not be decided on this machine."""
        return frozenset(
            q.id for q in self.result.questions if q.id in self.autograded and q.status == "manual"
        )

    @property
    def first_lost_text(self) -> str:
        """Message and hint of the first lost question, or of all its parts that it must lose."""
        wanted = self.expected & self.lost
        for q in self.result.questions:
            if q.id in wanted:
                return f"{q.message} {q.hint}"
            if texts := [
                f"{part.message} {part.hint}" for part in q.parts if f"{q.id}/{part.name}" in wanted
            ]:
                return " ".join(texts)
        return ""

    @property
    def complaint(self) -> str:
        """A sentence about what is wrong with this row, or ""."""
        if self.result.status == "rejected":
            return f"could not be graded: {'; '.join(self.result.problems)}"
        gained, unexpected = (
            sorted(name for name in self.expected - self.lost if not self._waits(name)),
            sorted(self.lost - self.expected),
        )
        if self.kind == "release":  # what is worth nothing may pass in an empty notebook
            gained, unexpected = (
                [name for name in some if name not in self.ungraded]
                for some in (gained, unexpected)
            )
        parts = [f"passes {', '.join(gained)}, but must fail"] if gained else []
        if unexpected:
            texts = [
                f"{name} ({one.status}: {one.message})"
                for q in self.result.questions
                for name, one in _by_name(q)
                if name in unexpected
            ]
            parts.append(f"loses {'; '.join(texts)}, but must pass")
        if self.kind == "release" and any(q.points for q in self.result.questions):
            parts.append("gets points, but must get none")
        shown, lost = " ".join(self.first_lost_text.split()), self.expected & self.lost
        if not parts and lost and " ".join(self.hint.split()) not in shown:
            parts.append(
                f"shows {self.first_lost_text!r}, but HINT says that it must show {self.hint!r}"
            )
        return "; ".join(parts)

    @property
    def lost_hints(self) -> list[str]:
        """The hint of each question, or part of one, that lost points; "" where there is none."""
        return [
            one.hint
            for q in self.result.questions
            for name, one in _by_name(q)
            if name in self.lost
        ]

    @property
    def is_hinted(self) -> bool:
        """Whether a student reads the text that the author of a wrong solution accepts."""
        return bool(self.hint) and " ".join(self.hint.split()) in " ".join(
            self.first_lost_text.split()
        )

    def mark(self, question: str) -> str:
        """How a question went, as one character: all of it lost, some parts, undecided, none."""
        if question in self.waiting:
            return "?"
        lost = self.lost.intersection(self.autograded[question])
        return "·" if not lost else "✗" if len(lost) == len(self.autograded[question]) else "½"

    def _waits(self, name: str) -> bool:
        return any(name in self.autograded[question] for question in self.waiting)


@dataclass(frozen=True, slots=True)
class Hints:
    """The hints that the solutions of one assignment get."""

    accepted: int  # wrong solutions that show the text of their HINT
    wrong: int  # wrong solutions
    given: int  # lost questions, or parts, of wrong solutions that come with a hint
    lost: int  # lost questions, or parts, of wrong solutions
    right: int  # right solutions that get a hint, which none should

    def __str__(self) -> str:
        share = 100 * self.accepted / self.wrong if self.wrong else 100.0
        return (
            f"{self.accepted} of {self.wrong} wrong solutions ({share:.0f} %) get a text that "
            f"their author accepts, {self.given} of {self.lost} lost questions and parts have a "
            f"hint, {self.right} right solutions get one"
        )


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """All rows of one assignment, and the leaks into its release."""

    slug: str
    questions: tuple[str, ...]  # the autograded ones
    names: tuple[str, ...]  # the same, those that have parts as `question/part`
    rows: tuple[VerifyRow, ...]
    leaks: tuple[str, ...]
    differences: tuple[str, ...]  # between the two engines
    seconds: float
    ungraded: frozenset[str] = frozenset()  # those of `names` that are worth 0 points

    @property
    def complaints(self) -> list[str]:
        """One line for each problem."""
        rows = [f"{row.kind} {row.name}: {row.complaint}" for row in self.rows if row.complaint]
        uncaught = [
            name
            for name in self.names
            if name not in self.waiting
            and name not in self.ungraded
            and not any(name in row.lost for row in self.rows if row.kind == "wrong")
        ]
        of_course = {q for row in self.rows if row.kind == "reference" for q in row.waiting}
        waiting = [
            f"{row.kind} {row.name}: {', '.join(names)} would wait for a human, but the course's "
            "own solution does not"
            for row in self.rows
            if (names := sorted(row.waiting - of_course - {n.split("/")[0] for n in row.expected}))
        ]
        return [
            *rows,
            *waiting,
            *self.leaks,
            *self.differences,
            *(
                f"question {name}: no wrong solution fails it; add one to wrong/"
                for name in uncaught
            ),
        ]

    @property
    def hints(self) -> Hints:
        """How many wrong solutions get a hint that fits, and how many right ones get any."""
        wrong, right = (
            [row for row in self.rows if row.kind == kind] for kind in ("wrong", "right")
        )
        lost = [hint for row in wrong for hint in row.lost_hints]
        return Hints(
            sum(row.is_hinted for row in wrong),
            len(wrong),
            sum(map(bool, lost)),
            len(lost),
            sum(any(row.lost_hints) for row in right),
        )

    @property
    def waiting(self) -> dict[str, str]:
        """Question → reason why this machine could not grade it for some solution.

        Nothing is known about the tests of these questions.
        """
        return {
            q.id: q.message
            for row in self.rows
            for q in row.result.questions
            if q.id in row.waiting
        }

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for --json."""
        rows = [
            {
                "kind": row.kind,
                "name": row.name,
                "lost": sorted(row.lost),
                "expected": sorted(row.expected),
                "message": row.first_lost_text.strip(),
                "frequency": row.frequency,
                "complaint": row.complaint,
            }
            for row in self.rows
        ]
        return {
            "assignment": self.slug,
            "questions": list(self.questions),
            "rows": rows,
            "complaints": self.complaints,
            "waiting": self.waiting,
            "hints": asdict(self.hints),
            "seconds": round(self.seconds, 2),
        }


def verify(
    assignment: Assignment,
    grade_all: GradeAll | None = None,
    compare: bool = True,
    seed: int = SEED,
) -> VerifyReport:
    """Grade the reference, the release and all wrong and right solutions, and check the grades.

    Parameters
    ----------
    assignment : Assignment
        An assignment that has been built.
    grade_all : callable, optional
        The engine. The default is the isolated one.
    compare : bool
        Whether to grade the reference and the right solutions with nbgrader's engine, too. If a
        test gives different points there, it relies on something that one engine cannot do.
    seed : int
        For the hidden inputs of the isolated engine. A test that gives other points with another
        seed decides by luck.

    Raises
    ------
    AuthoringError
        If there is a fault in wrong/ or right/.
    CourseError
        If the assignment has not been built.
    """
    started = time.monotonic()
    grade = grade_all or partial(_isolated, seed=seed)
    variants = load_variants(assignment)
    tests = load_key(assignment).by_role("test")
    autograded = {cell.name: in_full(cell.name, cell.source) for cell in tests}
    ungraded = frozenset(name for cell in tests for name in _worth_nothing(cell))
    files = handed_in_models(assignment)
    plan = [
        _Plan("reference", "reference", reference_notebooks(assignment), files),
        _Plan(
            "release",
            "release",
            released_notebooks(assignment),
            {},
            _in_full(autograded, autograded),
        ),
        *(
            _Plan(
                v.kind,
                v.name,
                variant_notebooks(assignment, v),
                handed_in_models(assignment, v) if v.models else files,
                _in_full(v.fails, autograded),
                v.hint,
                v.frequency,
            )
            for v in variants
        ),
    ]
    with tempfile.TemporaryDirectory(prefix="hw-verify-") as folder:
        submitted = Path(folder).resolve() / "submitted"
        found = [
            hand_in_all(assignment, submitted, one.student, one.notebooks, one.files)
            for one in plan
        ]
        results = {result.student: result for result in grade(assignment, found)}
        good = [
            one
            for one, entry in zip(found, plan, strict=True)
            if entry.kind in ("reference", "right")
        ]
        theirs = with_nbgrader(assignment, good if compare and grade_all is None else [])
        differences = tuple(
            line for other in theirs for line in _differences(results[other.student], other)
        )
    rows = tuple(
        VerifyRow(
            one.kind,
            one.name,
            results[one.student],
            autograded,
            one.expected,
            one.hint,
            one.frequency,
            ungraded,
        )
        for one in plan
    )
    leaks = tuple(str(leak) for leak in find_leaks(assignment))
    return VerifyReport(
        assignment.slug,
        tuple(autograded),
        tuple(name for names in autograded.values() for name in names),
        rows,
        leaks,
        differences,
        time.monotonic() - started,
        ungraded,
    )


def _worth_nothing(cell: KeyCell) -> Iterator[str]:
    """The parts of a test that have 0 points, or the whole test."""
    if not cell.points:
        yield from in_full(cell.name, cell.source)
    else:
        yield from (f"{cell.name}/{part.name}" for part in parts_of(cell.source) if not part.points)


def _differences(ours: SubmissionResult, theirs: SubmissionResult) -> Iterator[str]:
    """The questions to which the two engines give different points."""
    for question, other in zip(ours.questions, theirs.questions, strict=True):
        waits = "manual" in (question.status, other.status)
        if not waits and not math.isclose(question.points, other.points, abs_tol=1e-9):
            yield (
                f"{ours.student}: the engines give different points for {question.id}: isolated "
                f"{question.points:g} ({question.status}: {question.message}), nbgrader "
                f"{other.points:g} ({other.status}: {other.message})"
            )


@dataclass(frozen=True, slots=True)
class _Plan:
    """One solution to be graded, and what is expected of it."""

    kind: Literal["reference", "release", "wrong", "right"]
    name: str
    notebooks: dict[str, NotebookNode]  # file name → content
    files: dict[str, bytes]
    expected: frozenset[str] = frozenset()
    hint: str = ""
    frequency: str = ""

    @property
    def student(self) -> str:
        return f"{self.kind}-{self.name}"


def _isolated(
    assignment: Assignment, found: Sequence[FoundSubmission], seed: int
) -> Iterator[SubmissionResult]:
    for _, outcome in grade_many(
        assignment,
        found,
        seed=seed,
        on_reference=lambda _: None,  # its row says the same
        leave_to_humans=False,
    ):
        yield outcome.result


def _by_name(question: QuestionResult) -> Iterator[tuple[str, QuestionResult | PartResult]]:
    """A question and its parts with their full names."""
    yield question.id, question
    for part in question.parts:
        yield f"{question.id}/{part.name}", part


def _lost_of(question: QuestionResult, names: tuple[str, ...]) -> Iterator[str]:
    """The names of what is lost of a question."""
    if not question.parts:
        yield from names
    for part in question.parts:
        if part.status != "passed":
            yield f"{question.id}/{part.name}"


def _in_full(fails: Iterable[str], autograded: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """What FAILS names; a question that has parts stands for all of them."""
    return frozenset(full for name in fails for full in autograded.get(name, (name,)))


def hand_in(
    assignment: Assignment,
    submitted: Path,
    student: str,
    notebook: NotebookNode,
    files: Mapping[str, bytes],
) -> FoundSubmission:
    """Write submitted/STUDENT/SLUG/ with this notebook and these files (name → content)."""
    notebooks = {f"{assignment.slug}.ipynb": notebook}
    return hand_in_all(assignment, submitted, student, notebooks, files)


def hand_in_all(
    assignment: Assignment,
    submitted: Path,
    student: str,
    notebooks: Mapping[str, NotebookNode],
    files: Mapping[str, bytes],
) -> FoundSubmission:
    """The same for several notebooks (file name → content)."""
    folder = submitted / student / assignment.slug
    folder.mkdir(parents=True)
    for name, notebook in notebooks.items():
        (folder / name).write_text(json.dumps(notebook), encoding="utf-8")
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return submission_in(folder, assignment, student)


def with_nbgrader(
    assignment: Assignment, found: Sequence[FoundSubmission], seed: int = SEED
) -> Iterator[SubmissionResult]:
    """Grade submissions with nbgrader's engine, for comparison."""
    from hwlib.grading.engines.nbgrader import grade_with_nbgrader

    with tempfile.TemporaryDirectory(prefix="hw-verify-nbgrader-") as output:
        yield from grade_with_nbgrader(assignment, found, output=Path(output).resolve(), seed=seed)
