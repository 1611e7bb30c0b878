"""Grades mutants with the isolated engine, each until a question is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwlib.errors import ZygoteGone
from hwlib.grading.answer_key import KeyCell
from hwlib.grading.cell_names import names_in
from hwlib.grading.course import Assignment, Limits
from hwlib.grading.engines.isolated import IsolatedEngine, reference_as_submitted
from hwlib.grading.engines.pool import Pool, default_jobs
from hwlib.grading.engines.test_sets import fetch_test_sets
from hwlib.grading.proof.mutants.making import Mutant
from hwlib.grading.results import Outcome, QuestionResult, SubmissionResult
from hwlib.grading.submissions.dependencies import needed_cells
from hwlib.grading.submissions.files import FoundSubmission
from hwlib.grading.submissions.repair import RepairedSubmission, SubmittedCell

__all__ = ["Graded", "grade_mutants"]

# times the reference's own seconds for the slowest of a mutant's questions: a mutant that needs
# more is one whose loop never ends
PATIENCE = 10.0
LEAST_S = 3.0
REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Graded:
    """A mutant with the results of the questions that were tried, in the order of the tries."""

    mutant: Mutant
    questions: tuple[QuestionResult, ...]
    problem: str = ""  # why it could not be graded
    untested: bool = False  # no test needs the changed cell

    @property
    def lost(self) -> QuestionResult | None:
        """The question that it lost, or None."""
        return next((one for one in self.questions if _is_lost(one)), None)

    @property
    def waits(self) -> bool:
        """Whether no question was lost, but some could not be decided."""
        undecided = any(one.status == "manual" for one in self.questions)
        unknown = bool(self.problem) or undecided or not self.questions
        return self.lost is None and unknown and not self.untested


def _is_lost(question: QuestionResult) -> bool:
    return question.is_lost


def grade_mutants(
    assignment: Assignment,
    mutants: Sequence[Mutant],
    *,
    seed: int,
    jobs: int | None = None,
    to_the_end: bool = False,
) -> Iterator[Graded]:
    """Grade mutants in parallel; yields each as soon as it is graded.

    Only the questions that need the changed cell are tried, those named after the changed
    definition first.

    Parameters
    ----------
    seed : int
        For the hidden inputs.
    jobs : int, optional
        How many at the same time. The default is one for each core.
    to_the_end : bool
        Whether the other questions are tried, too, after one is lost.

    Raises
    ------
    GradingError
        If student code can't be confined on this machine.
    """
    if assignment.has_several:
        for view in assignment.each_notebook():
            these = [mutant for mutant in mutants if mutant.notebook == view.stem]
            yield from grade_mutants(view, these, seed=seed, jobs=jobs, to_the_end=to_the_end)
        return
    if not mutants:
        return
    fetch_test_sets(assignment)
    with _MutantEngine(assignment, mutants, seed, to_the_end=to_the_end) as engine:
        engine.learn_imports()
        engine.check_reference(leave_to_humans=False)
        with Pool(engine, 1) as pool:
            ((_, outcome),) = pool.run([_named(REFERENCE)])
        engine.seconds = {one.id: one.seconds for one in outcome.result.questions}
        engine.passed = {
            one.id
            for one in outcome.result.questions
            if one.points == one.max_points and not one.is_lost
        }
        tested = []
        for index, mutant in enumerate(mutants):
            if engine.about[mutant.grade_id]:
                tested.append(_named(str(index)))
            else:
                yield Graded(mutant, (), untested=True)
        with Pool(engine, min(jobs or default_jobs(assignment), len(mutants))) as pool:
            for found, one in pool.run(tested):
                result = one.result
                problem = "; ".join(result.problems) if result.status == "rejected" else ""
                tried = () if problem else result.questions
                yield Graded(mutants[int(found.student)], tried, problem)


def _named(student: str) -> FoundSubmission:
    return FoundSubmission(student, Path(), None, None)


class _Caught(Exception):
    """A mutant lost a question: the others need not be tried."""


class _MutantEngine(IsolatedEngine):
    """An engine whose submissions are mutants: the student's id is the index of one.

    Attributes
    ----------
    seconds : dict
        What each question of the reference took.
    passed : set of str
        The questions that the reference passes: only these say something about a mutant.
    about : dict
        Grade id of a solution cell → the tests that need it.
    """

    def __init__(
        self, assignment: Assignment, mutants: Sequence[Mutant], seed: int, *, to_the_end: bool
    ) -> None:
        super().__init__(assignment, seed)
        self.mutants, self.to_the_end = mutants, to_the_end
        self.seconds: Mapping[str, float] = {}
        self.passed: set[str] = set()
        self.about = questions_by_cell(self)

    def grade(self, found: FoundSubmission, slot: int = 0) -> Outcome:
        """Grade the mutant of this index, or the reference."""
        submission = reference_as_submitted(self.key)
        questions = self.key.by_role("test")
        is_mutant = found.student != REFERENCE
        if is_mutant:
            mutant = self.mutants[int(found.student)]
            submission = _with(submission, mutant)
            questions = self._questions_of(mutant)
            self.assignment = replace(self.assignment, limits=self._limits_for(questions))
        results: list[QuestionResult] = []

        def note(question: QuestionResult) -> None:
            results.append(question)
            if is_mutant and not self.to_the_end and _is_lost(question):
                raise _Caught

        artifacts = self.assignment.folder / "artifacts"
        folder = artifacts if artifacts.is_dir() else None
        try:
            if questions:
                self.grade_repaired(submission, slot, folder, None, note, questions)
        except _Caught:
            pass
        except ZygoteGone:
            raise
        # a clock that was impeded decides nothing: the limits are ten times what is needed
        return Outcome(
            SubmissionResult(found.student, "graded", tuple(results)), None, tier=self.tier
        )

    def _questions_of(self, mutant: Mutant) -> list[KeyCell]:
        """The questions that need the changed cell and that the reference passes, nearest first."""
        name, cell = mutant.where.rpartition(".")[2], mutant.grade_id

        def distance(question: KeyCell) -> int:
            base = question.name.partition("-")[0]
            return 0 if base == name else 1 if f"solution-{base}" == cell else 2

        return sorted((q for q in self.about[cell] if q.name in self.passed), key=distance)

    def _limits_for(self, questions: Iterable[KeyCell]) -> Limits:
        slowest = max((self.seconds[one.name] for one in questions), default=0.0)
        given = self.assignment.limits
        question_s = min(given.question_s, max(LEAST_S, PATIENCE * slowest))
        return replace(given, question_s=question_s)


def questions_by_cell(engine: IsolatedEngine) -> dict[str, list[KeyCell]]:
    """Grade id of each solution cell → the tests that need it, in the notebook's order."""
    cells = engine.key.by_role("setup", "code", "solution")
    names = [names_in(cell.source) for cell in cells]
    found: dict[str, list[KeyCell]] = {cell.grade_id: [] for cell in cells}
    for question in engine.key.by_role("test"):
        wanted = engine.bench.tests[question.name].wanted
        for index in needed_cells(wanted, names, engine.bench.given_names):
            found[cells[index].grade_id].append(question)
    return found


def _with(submission: RepairedSubmission, mutant: Mutant) -> RepairedSubmission:
    """The reference with one cell changed. The other solutions are as given: the engine need not
    try whether they do something unforeseen.
    """
    return RepairedSubmission(tuple(_one_of_its_cells(cell, mutant) for cell in submission.cells))


def _one_of_its_cells(cell: SubmittedCell, mutant: Mutant) -> SubmittedCell:
    if cell.grade_id == mutant.grade_id:
        return replace(cell, source=mutant.source)
    if cell.original is not None and cell.original.role == "solution":
        return replace(cell, original=replace(cell.original, role="code"))
    return cell
