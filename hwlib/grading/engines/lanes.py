"""Run a submission's cells in workers. A lane is one worker at a time and the cells that it ran.

A worker may be lost. If a cell hangs or ends its worker, the lane remembers that cell, leaves it
out, and runs the other cells in a fresh worker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hwlib.errors import StudentRaised, WorkerEnded, WorkerLost, WorkerTimeout
from hwlib.grading.cells import one_line
from hwlib.grading.engines.standins import Session
from hwlib.grading.engines.verdicts import Verdict, too_slow, used_up
from hwlib.grading.engines.words import MESSAGE_LENGTH
from hwlib.grading.sandbox.clock import Limits, WorkClock
from hwlib.grading.submissions.repair import SubmittedCell

__all__ = ["Lane", "Shared"]

# of workers over one question or cell, before it counts as the code's doing
OWN_DEATHS = 2
OTHER_DEATHS = 4  # killed from outside: an accident of the machine, or memory ran out

# What a question has where the time of the notebook is used up: endless loops of others shall not
# cost the points of code that is quick.
GRACE_S = 2.0
GRACE = 0.25  # of the notebook's time, for all these questions together


@dataclass(slots=True)
class Shared:
    """What all lanes of one submission know about its cells."""

    cells: tuple[SubmittedCell, ...]
    new_session: Callable[[int], Session]  # by the number of the lane
    limits: Limits
    bad: dict[int, Verdict] = field(default_factory=dict)  # cells that hang or end a worker
    deaths: Counter[int] = field(default_factory=Counter)  # cells during which a worker ended
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)  # of each first run
    silent: set[int] = field(default_factory=set)  # given cells, whose outputs are not kept
    notes: list[str] = field(default_factory=list)  # each death of a worker, for a human
    workers: int = 0
    impeded: bool = False  # a limit was hit while others used the cores
    accident: bool = False  # a verdict rests on a death that the student's code may not have caused

    def note_death(self, lost: WorkerLost, what: str, deaths: int) -> bool:
        """Note that a worker died over a question or cell; returns whether to give up."""
        how = lost.how if isinstance(lost, WorkerEnded) else f"the process sent {lost}"
        self.notes.append(f"{what}: the process that ran the student's code ended ({how})")
        outside = isinstance(lost, WorkerEnded) and not lost.own_doing
        last = deaths >= (OTHER_DEATHS if outside else OWN_DEATHS)
        self.accident |= last and outside
        return last

    def name_of(self, index: int) -> str:
        """The words for a cell in a message."""
        cell = self.cells[index]
        if cell.original is not None and cell.is_answer:
            return f"the cell {cell.original.name}"
        first = next((line for line in cell.source.splitlines() if line.strip()), "")
        return f"the cell that begins with `{one_line(first, 60)}`"


@dataclass(slots=True)
class Lane:
    """One worker at a time, and the cells that were run in it."""

    shared: Shared
    number: int = 0  # lanes of one submission have different ones
    session: Session | None = None
    ready: set[int] = field(default_factory=set)  # cells run in the present worker
    raised: dict[int, str] = field(default_factory=dict)  # cells that raised, and what
    spent_s: float = 0.0
    until_s: float = field(init=False)  # when its time is over
    is_late: bool = False  # its time was over, and it goes on for what is quick

    def __post_init__(self) -> None:
        self.until_s = self.shared.limits.submission_s

    @property
    def is_over(self) -> bool:
        """Whether this lane has used up the submission's time."""
        return self.spent_s >= self.until_s

    def begin_question(self) -> None:
        """Leave some seconds for this question, even where the submission's time is used up."""
        self._settle()
        limit_s = self.shared.limits.submission_s
        if self.spent_s + GRACE_S <= limit_s:
            return
        if not self.is_late:
            self.drop()  # a worker has no more CPU time than a notebook
        self.is_late = True
        self.until_s = min(self.spent_s + GRACE_S, (1 + GRACE) * limit_s)

    def start(self, limit_s: float | None = None) -> Session:
        """The present worker or a fresh one, with the full time for one question, or with less."""
        if self.session is None:
            self.session = self.shared.new_session(self.number)
            self.ready.clear()
            self.shared.workers += 1
        self._settle()
        limits = self.shared.limits
        left_s = max(0.1, self.until_s - self.spent_s)
        limit_s = limits.question_s if limit_s is None else min(limit_s, limits.question_s)
        is_cut = left_s < limit_s
        session = self.session
        session.too_slow = used_up(limits.submission_s) if is_cut else too_slow(round(limit_s, 1))
        session.before_part_s = 0.0
        session.clock = WorkClock(session.worker.times, min(limit_s, left_s))
        return session

    def _settle(self) -> None:
        if self.session is not None and self.session.clock is not None:
            self.spent_s += self.session.clock.spent_s
            self.session.clock = None

    def drop(self) -> None:
        """End the worker."""
        if self.session is not None:
            self._settle()
            self.session.worker.kill()
            self.session = None
            self.ready.clear()

    def note_timeout(self) -> None:
        """Note whether a busy machine caused the timeout that just happened."""
        if self.session is not None and self.session.clock is not None:
            self.shared.impeded |= self.session.clock.was_impeded

    def bring(self, wanted: set[int]) -> None:
        """Run those of these cells, in order, that the present worker has not run yet."""
        self._settle()
        while not self.is_over:
            todo = [
                index
                for index in sorted(wanted)
                if index not in self.ready and index not in self.shared.bad
            ]
            if not todo:
                return
            # order matters: start again rather than run backwards
            if self.ready and min(todo) < max(self.ready):
                wanted = wanted | self.ready
                self.drop()
                continue
            if not all(self._run_cell(index) for index in todo):
                wanted = wanted | self.ready
                self.drop()

    def _run_cell(self, index: int) -> bool:
        session, shared = self.start(), self.shared
        try:
            run = session.run(shared.cells[index].source)
        except WorkerTimeout:
            self.note_timeout()
            self._settle()
            if self.is_over:  # it had less time than a question has
                return False
            limit = f"{shared.limits.question_s:g} s"
            reason = (
                f"This question needs {shared.name_of(index)}, which did not finish within "
                f"{limit}: is there a loop that never ends, or one that you can avoid?"
            )
            shared.bad[index] = Verdict("timeout", reason)
            return False
        except WorkerLost as error:
            shared.deaths[index] += 1
            name = shared.name_of(index)
            if shared.note_death(error, name, shared.deaths[index]):
                reason = (
                    f"The process that ran your code ended ({error}) while it ran {name}. Possible "
                    "causes are too much memory, a crash in a library, or a call of exit()."
                )
                shared.bad[index] = Verdict("crashed", reason)
            return False
        except StudentRaised as error:  # a hook of the student's own, outside the cell itself
            self.ready.add(index)
            self.raised[index] = f"{error.student_type}: {error}"[:MESSAGE_LENGTH]
            return True
        self.ready.add(index)
        self.raised.pop(index, None)
        if index not in shared.silent:
            shared.outputs.setdefault(index, run["outputs"])
        if isinstance(run.get("error"), dict):
            text = f"{run['error'].get('type')}: {run['error'].get('message')}"
            self.raised[index] = text[:MESSAGE_LENGTH]
        return True
