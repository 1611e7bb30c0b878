"""Confirm a test that compares a student's functions with one another.

Such a test passes where two functions agree, and functions may agree without being right: one
remembers what the other was asked, or all answer with zeros. So a test that has passed is run
again, where each name that it compares is answered by a fresh worker of its own:

    f_fast ── worker that has heard no call of f_slow
    f_slow ── worker that has heard no call of f_fast      all other names ── a third worker

Then the course's own functions are asked the same. Where a student's function gives other answers,
the test is run with that one and the course's own others. A function that fails there, and says the
same to everything, earns nothing; about others a human decides.

Which tests are run again is found out with the course's own solution: those that it passes this
way, and of which functions that agree and are wrong would pass more than functions that are wrong
each in its own way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from hwlib.errors import NameMissing, WorkerLost
from hwlib.grading.cell_names import names_in
from hwlib.grading.engines.answers import are_close, key_of
from hwlib.grading.engines.asked import Colluder, Kept, are_all_the_same, colluders
from hwlib.grading.engines.bench import Bench
from hwlib.grading.engines.lanes import Lane, Shared
from hwlib.grading.engines.mirrors import is_standin, link_of
from hwlib.grading.engines.part_verdicts import of_parts
from hwlib.grading.engines.standins import Session, is_defined
from hwlib.grading.engines.test_cells import Test
from hwlib.grading.engines.verdicts import Verdict
from hwlib.grading.engines.words import all_the_same, waits
from hwlib.grading.submissions.dependencies import needed_cells

__all__ = ["FIRST_LANE", "MOST_LANES", "Confirmation"]

FIRST_LANE = 3  # those before are for tries
MOST_NAMES = 8  # with a worker of their own; the others share one
MOST_LANES = FIRST_LANE + MOST_NAMES + 2
_NOT_APART = waits(
    "the check compares your functions with one another, and they do not pass it where each of "
    "them runs by itself"
)
_NOT_RIGHT = waits(
    "the check compares your functions with one another; they agree, but right ones give other "
    "answers"
)
_ONLY_AGREE = (
    "it passes because the student's functions agree with one another, and it fails where one of "
    "them is compared with the course's own; compare each with an answer of the test's own"
)
_TOLD = "it passes only while the functions that it compares share one process"


@dataclass(slots=True)
class Confirmation:
    """What confirms the tests of one submission.

    Parameters
    ----------
    bench : Bench
    shared : Shared
        The submission.
    new_reference : callable
        Returns the course's own solution as a submission.
    """

    bench: Bench
    shared: Shared
    new_reference: Callable[[], Shared]
    _right: Lane | None = None  # of the course's own solution
    _spent_s: float = 0.0  # by all workers for this; they have the time of one submission together

    def confirmed(
        self,
        test: Test,
        needed: set[int],
        above: set[int],
        verdict: Verdict,
        known: Mapping[str, Verdict],
    ) -> Verdict:
        """The verdict on a test that has passed, or some of whose parts have.

        Parameters
        ----------
        needed, above : set of int
            The cells that it needs, and all that were run when it passed.
        """
        if self.bench.is_tried_out:
            if self._try_out(test, needed):
                self.bench.to_confirm.add(test.name)
            return verdict
        for cells in (needed, above):  # the second time in case of an accident, too
            again, kept = self._again(test, cells, known)
            if again.fraction >= verdict.fraction:
                break
        else:
            return Verdict("manual", _NOT_APART, told_instructor=_TOLD)
        for name, calls in kept.items():
            verdict = self._if_right(test, name, calls, cells, verdict, known)
        return verdict

    def _try_out(self, test: Test, needed: set[int]) -> bool:
        """Whether a test can be confirmed, and should be: it passes with functions that agree and
        are wrong. The submission is the course's own solution.
        """
        with self._workers(test, self.shared, needed) as (rest, apart):
            led = any(
                (agreed := self._passed(test, rest, apart, agreeing))
                and agreeing.agrees
                and agreed - self._passed(test, rest, apart, disagreeing)
                for agreeing, disagreeing in colluders([*apart])
            )
            return led and bool(self._passed(test, rest, apart))

    def _passed(
        self, test: Test, rest: Session, apart: Mapping[str, Session], who: Colluder | None = None
    ) -> set[str]:
        """The parts that pass; {""} for a whole test without parts."""
        for name, session in apart.items():
            session.listener = who.named(name) if who is not None else None
        verdict = self.bench.run(test, rest, apart=apart)
        if verdict.status == "manual" or not verdict.fraction:
            return set()
        return {one.name for one in verdict.parts if one.verdict.fraction} or {""}

    # ---- runs of a test --------------------------------------------------------------------------

    def _again(
        self, test: Test, cells: set[int], known: Mapping[str, Verdict]
    ) -> tuple[Verdict, dict[str, Kept]]:
        """A run with a worker for each name, and what each function was asked."""
        kept: dict[str, Kept] = {}
        with self._workers(test, self.shared, cells) as (rest, apart):
            for name, session in apart.items():
                if (number := _number(session, name)) is not None:
                    session.listener = kept[name] = Kept(number)
            return self.bench.run(test, rest, known=known, apart=apart), kept

    def _if_right(
        self,
        test: Test,
        name: str,
        kept: Kept,
        cells: set[int],
        verdict: Verdict,
        known: Mapping[str, Verdict],
    ) -> Verdict:
        """The verdict where a function has said what the course's own does not say, and its answers
        do not pass beside those of the course's other functions.
        """
        answers, right = [call.answer for call in kept.calls], self._right_answers(test, name, kept)
        if right is None or are_close(answers, right):
            return verdict
        says_nothing = are_all_the_same(kept.calls, answers)
        says_nothing &= not are_all_the_same(kept.calls, right)
        but = (name, self.shared, cells)
        reference = self.new_reference()
        with self._workers(test, reference, self._needed(test, reference), but) as (rest, apart):
            found = self.bench.run(test, rest, known=known, apart=apart)
        if found.fraction >= verdict.fraction:
            return verdict  # other answers are right, too
        if found.status == "failed" and says_nothing:
            return self._refused(test, name, verdict, found)
        if found.status == "failed" or says_nothing:
            return Verdict("manual", _NOT_RIGHT, told_instructor=_ONLY_AGREE)
        return verdict  # it works with objects or a layout of the student's own

    @staticmethod
    def _refused(test: Test, name: str, verdict: Verdict, found: Verdict) -> Verdict:
        """No points for what failed beside right functions."""
        refused = Verdict("failed", all_the_same(name))
        if not test.parts:
            return refused
        failed = {one.name for one in found.parts if one.verdict.status == "failed"}
        parts = {one.name: refused if one.name in failed else one.verdict for one in verdict.parts}
        return of_parts(test.parts, parts)

    def _right_answers(self, test: Test, name: str, kept: Kept) -> list[Any] | None:
        """What the course's own function says to the same; None if this can't be told."""
        if not kept.complete or not kept.calls:
            return None
        if self._right is None:
            self._right = self._lane(self.new_reference(), MOST_NAMES + 1)
        lane = self._right
        try:
            lane.bring(self._needed(test, lane.shared))
            function = lane.start().name(name)
            right = [function(*call.args, **call.kwargs) for call in kept.calls]
        except (Exception, WorkerLost):  # noqa: BLE001  it takes other arguments, or another time
            self._drop([lane])
            self._right = None
            return None
        return right if key_of(right) is not None else None

    def _needed(self, test: Test, reference: Shared) -> set[int]:
        """The cells of the course's own solution that a test needs."""
        names = [
            cell.names
            if cell.original is not None and cell.original.role in ("solution", "code")
            else names_in("")
            for cell in reference.cells
        ]
        return needed_cells(test.wanted, names, self.bench.given_names)

    def end(self) -> None:
        """End the worker that is kept."""
        if self._right is not None:
            self._drop([self._right])

    # ---- workers ---------------------------------------------------------------------------------

    @contextmanager
    def _workers(
        self,
        test: Test,
        whose: Shared,
        cells: set[int],
        but: tuple[str, Shared, set[int]] | None = None,
    ) -> Iterator[tuple[Session, dict[str, Session]]]:
        """Fresh workers: one for all names that the test does not compare, and one for each that it
        does.

        Parameters
        ----------
        whose : Shared
            Whose code they run.
        cells : set of int
            Which cells of it.
        but : tuple, optional
            (name, whose code answers for it, which cells).
        """
        lanes: list[Lane] = []
        apart: dict[str, Session] = {}
        try:
            for name in sorted(test.compared)[:MOST_NAMES]:
                shared, wanted = but[1:] if but is not None and but[0] == name else (whose, cells)
                lanes.append(self._lane(shared, len(lanes)))
                lanes[-1].bring(wanted)
                apart[name] = lanes[-1].start()
            if test.wanted <= apart.keys():
                yield next(iter(apart.values())), apart
            else:
                lanes.append(self._lane(whose, len(lanes)))
                lanes[-1].bring(cells)
                yield lanes[-1].start(), apart
        finally:
            self._drop(lanes)

    def _lane(self, shared: Shared, number: int) -> Lane:
        """A lane that leaves no trace in what is known of a submission."""
        own = replace(shared, bad={**shared.bad}, deaths=Counter(), outputs={}, notes=[])
        return Lane(own, FIRST_LANE + number, spent_s=self._spent_s)

    def _drop(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            before = self._spent_s
            lane.drop()
            self._spent_s = max(before, lane.spent_s)


def _number(session: Session, name: str) -> int | None:
    """The number of a function or class of a worker; None if there is no such."""
    try:
        value = session.name(name)
    except (NameMissing, WorkerLost):  # the test will find out
        return None
    return link_of(value).number if is_standin(value) and is_defined(value) else None
