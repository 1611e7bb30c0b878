"""Grade one submission: the instructor's tests run here, the student's code runs in workers.

    notebook ─ repair ─→ cells ─ dependencies ─→ the cells that the tests need ─→ worker
    test cell, with stand-ins for the student's names ─→ passed | failed | error | timeout | …

A question sees the state at its place in the notebook. It is tried up to three times, and passes
if one try passes:

    needed   with only the cells that it depends on, first those above it; this is quick
    above    with all cells above it, in order, as if the notebook is run from top to bottom
    all      with the cells below it as well, because a student may rewrite a function at the end
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hwlib import checks
from hwlib.checks.context import Measured
from hwlib.grading.answer_key import KeyCell
from hwlib.grading.cell_names import CellNames, names_in, only_defines
from hwlib.grading.cells import as_released, one_line
from hwlib.grading.engines.bench import Bench
from hwlib.grading.engines.confirm import Confirmation
from hwlib.grading.engines.lacking import Lack, lack_in, lack_of_python
from hwlib.grading.engines.lanes import Lane, Shared
from hwlib.grading.engines.part_verdicts import of_parts
from hwlib.grading.engines.standins import Session
from hwlib.grading.engines.verdicts import (
    Verdict,
    as_result,
    explain_missing,
    explained_by,
    manual,
    used_up,
)
from hwlib.grading.engines.words import waits
from hwlib.grading.newer_python import newer_python
from hwlib.grading.results import QuestionResult
from hwlib.grading.sandbox.clock import Limits
from hwlib.grading.submissions.dependencies import needed_cells
from hwlib.grading.submissions.repair import RepairedSubmission, SubmittedCell

__all__ = ["Graded", "grade_submission"]

_NOTHING = names_in("")
_ONLY_IN_PLACE = waits(
    "your code changes an argument that the check passes to it, and the check passes only with "
    "that change"
)
_CHANGED = (
    "Your code changes an argument that the check passes to it, and the check uses it again. Work "
    "on a copy: `X = X - mean` makes a new array, while `X -= mean` changes the caller's array."
)


@dataclass(slots=True)
class Graded:
    """The verdicts on one submission, and the outputs of the cells that were run."""

    questions: list[QuestionResult]
    outputs: dict[int, list[dict[str, Any]]]  # index of a repaired cell → its outputs in this run
    cells_run: int = 0
    workers: int = 0
    remarks: list[str] = field(default_factory=list)  # for a human to look at
    unique: dict[str, str] = field(default_factory=dict)  # what no other submission should have
    measured: dict[str, Measured] = field(default_factory=dict)  # question → of its network
    final: bool = True  # False: an accident of the machine may have decided; try again next time
    lacking: tuple[str, ...] = ()  # what the student's code needs and this machine lacks
    impeded: bool = False  # a limit was hit while others used the cores
    complaints: dict[str, str] = field(default_factory=dict)  # question → what an instructor reads
    deaths: tuple[str, ...] = ()  # the remarks that tell of a process that ended
    noted: dict[str, tuple[str, ...]] = field(default_factory=dict)  # question → its remarks
    inputs: dict[str, str] = field(
        default_factory=dict
    )  # question or question/part → failing input


def grade_submission(
    bench: Bench,
    submission: RepairedSubmission,
    new_session: Callable[[int], Session],
    limits: Limits,
    seed: int,
    release: dict[str, str],
    folder: Path,
    new_reference: Callable[[], Shared],
    on_question: Callable[[QuestionResult], None] = lambda question: None,
    questions: Sequence[KeyCell] = (),
) -> Graded:
    """The verdict on every question, in the notebook's order.

    Parameters
    ----------
    bench : Bench
        The assignment, prepared.
    submission : RepairedSubmission
    new_session : callable
        Returns a session with a fresh worker for the lane of this number.
    limits : Limits
    seed : int
        Seed for generating hidden inputs. The same seed gives the same inputs.
    release : dict
        grade id → source as released. It shows which questions were left unanswered.
    folder : Path
        Folder with the models that were handed in.
    new_reference : callable
        Returns the course's own solution as a submission.
    on_question : callable
        Called with each result as soon as it is known. For a question that has earned some of its
        points and is tried again, it is called with what is known after each try, too.
    questions : sequence of KeyCell
        Only these, in this order. The default is all.
    """
    cells = tuple(_as_students_have_it(cell, release) for cell in submission.cells)
    shared = Shared(cells, new_session, limits)
    wanted = questions or bench.key.questions
    confirmation = Confirmation(bench, shared, new_reference)
    tries = _Tries(bench, shared, confirmation, together=not questions)
    results: list[QuestionResult] = []
    remarks: dict[str, tuple[str, ...]] = {}
    unique: dict[str, str] = {}
    measured: dict[str, Measured] = {}
    complaints: dict[str, str] = {}
    inputs: dict[str, str] = {}
    try:
        for cell in wanted:
            started = time.monotonic()
            if cell.by_hand:
                results.append(manual(cell, submission, release))
                on_question(results[-1])
                continue

            def on_try(verdict: Verdict, cell: KeyCell = cell, started: float = started) -> None:
                on_question(as_result(cell, verdict, time.monotonic() - started))

            with checks.context(seed, folder) as noted:
                verdict = tries.verdict(cell.name, on_try)
            verdict = tries.excused(cell.name, verdict)
            told = [one_line(f"{cell.name}: {text}") for text in dict.fromkeys(noted.remarks)]
            if told:
                remarks[cell.name] = tuple(told)
            unique |= noted.unique
            if noted.network is not None:
                measured[cell.name] = noted.network
            verdict = explain_missing(tries.without_its_cell(cell.name, verdict), submission)
            if verdict.told_instructor:
                complaints[cell.name] = one_line(verdict.told_instructor)
            inputs |= _inputs(cell.name, verdict)
            results.append(as_result(cell, verdict, time.monotonic() - started))
            on_question(results[-1])
    finally:
        tries.end()
    deaths = tuple(one_line(text) for text in dict.fromkeys(shared.notes))
    return Graded(
        results,
        shared.outputs,
        cells_run=len(shared.outputs),
        workers=shared.workers,
        remarks=[*(text for lines in remarks.values() for text in lines), *deaths],
        noted=remarks,
        unique=unique,
        measured=measured,
        final=not shared.accident,
        lacking=tuple(sorted(tries.lacking)),
        impeded=shared.impeded,
        complaints=complaints,
        deaths=deaths,
        inputs=inputs,
    )


def _inputs(name: str, verdict: Verdict) -> dict[str, str]:
    """Question or question/part → the input with which it failed."""
    if verdict.parts:
        told = {f"{name}/{one.name}": one.verdict.failing for one in verdict.parts}
    else:
        told = {name: verdict.failing}
    return {where: text for where, text in told.items() if text}


# ---- which cells, in which worker ----------------------------------------------------------------


class _Tries:
    """The tries of one submission's questions: a lane for each kind of try."""

    def __init__(
        self, bench: Bench, shared: Shared, confirmation: Confirmation, *, together: bool
    ) -> None:
        self.bench, self.shared, self.confirmation = bench, shared, confirmation
        self.lacking: set[str] = set()  # what this machine does not have
        cells = shared.cells
        self._needed, self._above, self._all = (Lane(shared, number) for number in range(3))
        self._names = [cell.names if _is_counted(cell) else _NOTHING for cell in cells]
        self._given = _given_to_run(cells, self._names)
        self._everything = {index for index, cell in enumerate(cells) if _is_run(cell)}
        self._everything |= self._given
        shared.silent |= self._given
        self._places = {
            cell.original.name: index
            for index, cell in enumerate(cells)
            if cell.original is not None and cell.original.role == "test"
        }
        self._wanted_by = {name: self._cells_for(name) for name in bench.tests}
        # of few questions, the first may be the last
        self._together: set[int] = set().union(*self._wanted_by.values()) if together else set()

    def end(self) -> None:
        for lane in (self._needed, self._above, self._all):
            lane.drop()
        self.confirmation.end()

    def verdict(self, name: str, on_try: Callable[[Verdict], None]) -> Verdict:
        """The verdict of the first try that passes, or else of the try that says most.

        `on_try` is called with each verdict that earns points and is not the last word.
        """
        test, place = self.bench.tests[name], self._places[name]
        if test.waits:
            return Verdict("manual", test.waits, told_instructor=test.complaint)
        needed = self._wanted_by[name]
        above = {index for index in self._everything if index < place}
        # what other questions need from above comes along: so no worker has to start again
        bring = needed | {index for index in self._together if index < place}
        verdict = self._attempt(self._needed, name, needed, bring, on_try)
        if _is_decided(verdict):
            return verdict
        in_place = max(bring, default=-1) < place
        if not in_place or self._may_change(verdict, above - bring, needed):
            again = self._attempt(self._above, name, needed, above, on_try)
            verdict = again if _says_more(again, verdict) else verdict
        below = {index for index in self._everything if index > place}
        if self._may_change(verdict, below, needed):
            again = self._attempt(self._all, name, needed, self._everything, on_try)
            verdict = again if _says_more(again, verdict) else verdict
        experiments = set[int]()
        while more := self._experiments_for(verdict) - experiments:
            experiments |= more  # they take their time, and what they bind is for this question
            cells = self._everything | experiments
            again = self._attempt(self._all, name, needed, cells, on_try)
            verdict = again if _says_more(again, verdict) else verdict
            self._all.drop()
        return verdict

    def _experiments_for(self, verdict: Verdict) -> set[int]:
        """The given experiments that bind a name which student code has asked for in vain, and
        those that bind names which these use. What a test asks for is no experiment's.
        """
        verdicts = (verdict, *_of_parts(verdict))
        lacking = {one.missing_name for one in verdicts if one.status == "error"} - {""}
        cells = self.shared.cells
        left = {i for i, cell in enumerate(cells) if _is_experiment(cell) and not cell.edited}
        found = set[int]()
        while more := {i for i in left - found if cells[i].names.binds & lacking}:
            found |= more
            lacking = lacking.union(*(cells[i].names.uses for i in more))
        return found

    def without_its_cell(self, name: str, verdict: Verdict) -> Verdict:
        """The reason for a missing name where the cell that should define it hangs or ends its
        worker.
        """
        if verdict.status != "missing" or not verdict.missing_name or verdict.fraction:
            return verdict
        wanted = (verdict.missing_name, name)
        found = (
            self.shared.bad[index]
            for index in sorted(self.shared.bad)
            if (original := self.shared.cells[index].original) and original.name in wanted
        )
        because = next(found, None)
        return verdict if because is None else self._on_all_parts(name, because)

    def excused(self, name: str, verdict: Verdict) -> Verdict:
        """Leave the verdict to a human if this machine lacks something that the code needs."""
        if waiting := self.bench.without_setup(verdict):
            return waiting
        lack = next((one.lack for one in (verdict, *_of_parts(verdict)) if one.lack), None)
        if lack is None and verdict.status in ("missing", "error"):
            raised = (self._needed.raised.get(index, "") for index in sorted(self._wanted_by[name]))
            lack = next(filter(None, map(lack_in, raised)), None) or self._newer(verdict)
        if lack is None:
            return verdict
        self.lacking.add(lack.told_instructor)
        return Verdict("manual", waits(lack.told_student), lack=lack)

    def _newer(self, verdict: Verdict) -> Lack | None:
        """The Python that the cell needs which defines a missing name."""
        for cell in self.shared.cells:
            if verdict.missing_name and not cell.names.parsed:
                newer = newer_python(cell.source)
                if newer and verdict.missing_name in names_in(newer.older).binds:
                    return lack_of_python(newer.version)
        return None

    def _may_change(self, verdict: Verdict, more: set[int], needed: set[int]) -> bool:
        """Whether a verdict may be another one where these cells are run, too."""
        more = more - set(self.shared.bad)
        if _is_decided(verdict):
            return False
        names = [self._names[index] for index in needed]
        bound = frozenset[str]().union(*(one.binds for one in names))
        touched = bound.union(*(one.uses for one in names))
        return any(self._may_matter(index, bound, touched, verdict) for index in more)

    def _may_matter(
        self, index: int, bound: frozenset[str], touched: frozenset[str], verdict: Verdict
    ) -> bool:
        """Given cells matter where they bind what the needed cells bind or, where they are run
        again, use. The student's own always matter.

        An own cell that only defines functions and classes, and any own cell after a timeout, which
        is dear to repeat, matters only where it has a name in common with the needed cells.
        """
        cell, names = self.shared.cells[index], self._names[index]
        if index in self._given:  # a name that they bind makes no endless loop end
            return verdict.status != "timeout" and bool(cell.names.binds & touched)
        if cell.original is not None and not cell.edited and not cell.is_answer:
            return bool(names.binds & bound)
        if not names.parsed:
            return True
        if verdict.missing_name in names.binds:
            return True
        if names.binds & touched:
            return True
        if only_defines(cell.source):
            return False
        return verdict.status != "timeout" or bool(names.uses & touched)

    def _cells_for(self, name: str) -> set[int]:
        """The cells that a question depends on: those above it, where they bind what it uses."""
        place, test = self._places[name], self.bench.tests[name]
        if test.wants_all:
            return {index for index in self._everything if index < place}
        above = [names if index < place else _NOTHING for index, names in enumerate(self._names)]
        found = frozenset[str]().union(*(names.binds for names in above))
        below = [names if index > place else _NOTHING for index, names in enumerate(self._names)]
        late = [_without(names, found) for names in below]
        names = [
            first if first is not _NOTHING else last
            for first, last in zip(above, late, strict=True)
        ]
        return needed_cells(test.wanted, names, self.bench.given_names)

    def _attempt(
        self,
        lane: Lane,
        name: str,
        needed: set[int],
        bring: set[int],
        on_try: Callable[[Verdict], None],
    ) -> Verdict:
        deaths = 0
        known: dict[str, Verdict] = {}  # part → verdict, where it has ended a worker
        limit_s: float | None = None
        while True:
            verdict = self._try_once(lane, name, needed, bring, known, limit_s)
            if verdict.fraction and not _is_decided(verdict):
                on_try(verdict)
            if verdict.lost is not None:
                deaths += 1
                if not self.shared.note_death(verdict.lost, name, deaths) and not lane.is_over:
                    continue
            if not verdict.stopped_at or lane.is_over:
                return verdict
            deaths = 0
            known |= {
                one.name: one.verdict for one in verdict.parts if one.name == verdict.stopped_at
            }
            if verdict.ended == "timeout":
                limit_s = self._limit_after_timeout(name, verdict)

    def _limit_after_timeout(self, name: str, verdict: Verdict) -> float:
        """The seconds for the next try: the other parts share half of a question's time. An endless
        loop is often met by all parts, and should not cost the time of each.
        """
        others = max(1, len(self.bench.tests[name].parts) - 1)
        return verdict.before_part_s + 0.5 * self.shared.limits.question_s / others

    def _try_once(
        self,
        lane: Lane,
        name: str,
        needed: set[int],
        bring: set[int],
        known: dict[str, Verdict],
        limit_s: float | None,
    ) -> Verdict:
        lane.begin_question()
        lane.bring(bring)
        bad = sorted(needed & set(self.shared.bad))
        if bad:
            return self._on_all_parts(name, self.shared.bad[bad[0]])
        if lane.is_over:
            late = used_up(self.shared.limits.submission_s)
            return self._on_all_parts(name, replace(late, ended=""))
        verdict = self._run(lane, name, known, limit_s)
        if verdict.changed and not self.bench.tests[name].in_place:
            lane.drop()
            lane.bring(bring)
            if not lane.is_over:
                verdict = _as_in_a_notebook(
                    verdict, self._run(lane, name, known, limit_s, in_place=True)
                )
        test = self.bench.tests[name]
        if verdict.fraction and (test.confirmed or (test.compared and self.bench.is_tried_out)):
            return self.confirmation.confirmed(test, needed, bring, verdict, known)
        if verdict.missing_name:
            told = [
                (self.shared.name_of(index), lane.raised.get(index, "")) for index in sorted(needed)
            ]
            return explained_by(verdict, told)
        return verdict

    def _run(
        self,
        lane: Lane,
        name: str,
        known: dict[str, Verdict],
        limit_s: float | None,
        *,
        in_place: bool = False,
    ) -> Verdict:
        test, session = self.bench.tests[name], lane.start(limit_s)
        verdict = self.bench.run(test, session, in_place=in_place, known=known)
        if verdict.ended == "timeout":
            lane.note_timeout()
            verdict = replace(verdict, before_part_s=session.before_part_s)
        if verdict.ended:
            lane.drop()
        return verdict

    def _on_all_parts(self, name: str, verdict: Verdict) -> Verdict:
        parts = self.bench.tests[name].parts
        return of_parts(parts, {}, verdict) if parts else verdict


def _as_in_a_notebook(with_copies: Verdict, in_place: Verdict) -> Verdict:
    """The verdict where student code changed an argument of the test.

    With copies a test does not see such a change. With the arguments themselves, as in a notebook,
    student code may change what the test compares with. So points need both. Where the second run
    can't be decided, nothing is known about the notebook.
    """
    if in_place.status == "manual":
        return in_place
    if in_place.fraction > with_copies.fraction:
        return Verdict("manual", _ONLY_IN_PLACE)
    if in_place.fraction == with_copies.fraction:
        return with_copies
    if in_place.status == "failed" and not in_place.hint:
        return replace(in_place, hint=_CHANGED)
    return in_place


def _as_students_have_it(cell: SubmittedCell, release: dict[str, str]) -> SubmittedCell:
    """A test cell as it was released: a worker must never see hidden tests."""
    if cell.original is None or cell.original.role != "test" or cell.edited:
        return cell
    released = release.get(cell.original.grade_id) or as_released(cell.original.source)
    return replace(cell, source=released)


def _given_to_run(cells: tuple[SubmittedCell, ...], names: list[CellNames]) -> set[int]:
    """The given cells whose effect a student's notebook may need at their place: test cells that
    bind a name that student code uses, and setup cells below a cell of the student's own.
    """
    used = frozenset[str]().union(*(one.uses for one in names))
    first_own = next(
        (index for index, cell in enumerate(cells) if cell.original is None or cell.edited),
        len(cells),
    )
    return {
        index
        for index, cell in enumerate(cells)
        if cell.original is not None
        and not cell.edited
        and (
            (cell.original.role == "test" and bool(cell.names.binds & used))
            or (cell.original.role == "setup" and index > first_own)
        )
    }


def _without(names: CellNames, found: frozenset[str]) -> CellNames:
    binds = names.binds - found
    return replace(names, binds=binds) if binds else _NOTHING


def _of_parts(verdict: Verdict) -> Iterator[Verdict]:
    return (part.verdict for part in verdict.parts)


def _is_decided(verdict: Verdict) -> bool:
    return verdict.status == "manual" or (verdict.status == "passed" and verdict.fraction == 1.0)


def _says_more(again: Verdict, verdict: Verdict) -> bool:
    """Whether a later try counts: it gives more points, or finds a name that was missing."""
    if verdict.parts and again.fraction != verdict.fraction:
        return again.fraction > verdict.fraction
    if again.status == "passed":
        return verdict.status != "passed" or again.fraction > verdict.fraction
    return bool(verdict.missing_name) and again.missing_name != verdict.missing_name


def _is_code(cell: SubmittedCell) -> bool:
    """Student code, as far as grading runs it: not the tests, the setup cells (the zygote ran
    them), nor the hand-in cell.
    """
    if cell.cell_type != "code":
        return False
    if cell.original is None or cell.edited:
        return True
    return cell.original.role in ("solution", "code", "experiment")


def _is_experiment(cell: SubmittedCell) -> bool:
    return cell.original is not None and cell.original.role == "experiment"


def _is_counted(cell: SubmittedCell) -> bool:
    """Whether names that it binds may be what a test needs."""
    return _is_code(cell) and not _is_experiment(cell)


def _is_run(cell: SubmittedCell) -> bool:
    """Whether it is run where all cells are."""
    return _is_code(cell) and (not _is_experiment(cell) or cell.edited)
