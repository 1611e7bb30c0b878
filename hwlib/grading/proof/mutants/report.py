"""Changes the reference line by line, and reports what the tests do not notice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.proof.mutants.equivalents import Equivalent, read_equivalents
from hwlib.grading.proof.mutants.grading import Graded, grade_mutants
from hwlib.grading.proof.mutants.making import Mutant, mutants_of
from hwlib.grading.results import QuestionResult

__all__ = ["MutateReport", "mutate"]

SEED = 20_260  # as `hw verify`
FILE = "equivalents.toml"  # as the lines of a report name it


@dataclass(frozen=True, slots=True)
class MutateReport:
    """All mutants of one assignment."""

    slug: str
    graded: tuple[Graded, ...]  # in the order of the notebook
    untested: tuple[str, ...]  # definitions that no test needs, which were not changed
    equivalents: tuple[Equivalent, ...]
    seconds: float

    @property
    def caught(self) -> list[Graded]:
        """Those that lose a question."""
        return [one for one in self.graded if one.lost is not None]

    @property
    def accepted(self) -> list[Graded]:
        """Those that keep all points, as equivalents.toml says."""
        return [one for one in self._keeping if self.reason_for(one.mutant) is not None]

    @property
    def surviving(self) -> list[Graded]:
        """Those that keep all points, and nobody says why."""
        return [one for one in self._keeping if self.reason_for(one.mutant) is None]

    @property
    def waiting(self) -> list[Graded]:
        """Those about which this machine can't decide."""
        return [one for one in self.graded if one.waits]

    @property
    def _keeping(self) -> list[Graded]:
        return [one for one in self.graded if one.lost is None and not one.waits]

    def reason_for(self, mutant: Mutant) -> Equivalent | None:
        """The entry of equivalents.toml about a mutant, or None."""
        return next((one for one in self.equivalents if one.names(mutant)), None)

    @property
    def complaints(self) -> list[str]:
        """One line for each problem: a survivor without a reason, an entry without a survivor."""
        surviving = [
            f"{one.mutant.where}: no test notices this change ({one.mutant.kind}): "
            f"{_on_one_line(one.mutant)}; add a test that does, or name it in {FILE}"
            for one in self.surviving
        ]
        undecided = {one.mutant for one in self.waiting}
        used = {self.reason_for(one.mutant) for one in self.accepted}
        caught = [one.mutant for one in self.caught]
        stale = [
            f"{FILE}:{entry.line}: {entry.where}: "
            + (
                "a test notices this change"
                if any(entry.names(mutant) for mutant in caught)
                else "the reference has no such line, or `hw mutate` does not change it so"
            )
            + "; remove the entry"
            for entry in self.equivalents
            if entry not in used and not any(entry.names(mutant) for mutant in undecided)
        ]
        return [*surviving, *stale]

    @property
    def summary(self) -> str:
        """The counts in one sentence."""
        waiting = f", {len(self.waiting)} not decided on this machine" if self.waiting else ""
        untested = f"; no test needs {', '.join(self.untested)}" if self.untested else ""
        return (
            f"{self.slug}: {len(self.graded)} changes of the reference: {len(self.caught)} caught, "
            f"{len(self.accepted)} accepted in {FILE}, {len(self.surviving)} unnoticed{waiting} "
            f"({self.seconds:.0f} s){untested}"
        )

    def caught_by(self) -> Counter[str]:
        """Question → how many mutants it was the first to notice."""
        return Counter(one.lost.id for one in self.graded if one.lost is not None)

    def with_wrong_result(self) -> Counter[str]:
        """Question → how many of these run to the end and give a wrong result."""
        return Counter(lost.id for _, lost in self._with_wrong_result())

    def hinted(self) -> Counter[str]:
        """Question → for how many of those with a wrong result the student reads a hint."""
        return Counter(lost.id for _, lost in self._with_wrong_result() if _has_hint(lost))

    def _with_wrong_result(self) -> Iterator[tuple[Graded, QuestionResult]]:
        for one in self.graded:
            if one.lost is not None and one.lost.status == "failed":
                yield one, one.lost

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for --json."""
        return {
            "assignment": self.slug,
            "mutants": len(self.graded),
            "caught": len(self.caught),
            "accepted": [
                {**_plain(one), "why": entry.why}
                for one in self.accepted
                if (entry := self.reason_for(one.mutant)) is not None
            ],
            "surviving": [_plain(one) for one in self.surviving],
            "waiting": [_plain(one) for one in self.waiting],
            "untested": list(self.untested),
            "caught_by": dict(self.caught_by()),
            "with_wrong_result": dict(self.with_wrong_result()),
            "hinted": dict(self.hinted()),
            "without_hint": [
                {**_plain(one), "question": lost.id, "message": lost.message}
                for one, lost in self._with_wrong_result()
                if not _has_hint(lost)
            ],
            "complaints": self.complaints,
            "seconds": round(self.seconds, 2),
        }


def _has_hint(lost: QuestionResult) -> bool:
    return bool(lost.hint) or any(part.hint for part in lost.parts)


def _plain(graded: Graded) -> dict[str, str]:
    mutant = graded.mutant
    return {"where": mutant.where, "kind": mutant.kind, "change": mutant.change}


def _on_one_line(mutant: Mutant) -> str:
    return f"`{' ⏎ '.join(mutant.old)}` → `{' ⏎ '.join(mutant.new)}`"


def mutate(
    assignment: Assignment,
    jobs: int | None = None,
    on_start: Callable[[int], None] = lambda count: None,
    on_result: Callable[[Graded], None] = lambda graded: None,
) -> MutateReport:
    """Grade every mutant of an assignment's reference.

    Parameters
    ----------
    assignment : Assignment
        An assignment that has been built.
    jobs : int, optional
        How many at the same time. The default is one for each core.
    on_start, on_result : callable
        For a progress bar: called with the number of mutants, then with each of them.

    Raises
    ------
    AuthoringError
        If there is a fault in equivalents.toml.
    CourseError
        If the assignment has not been built.
    """
    started = time.monotonic()
    equivalents = read_equivalents(assignment.equivalents)
    mutants = mutants_of(load_key(assignment))
    on_start(len(mutants))
    found: dict[Mutant, Graded] = {}
    for graded in grade_mutants(assignment, mutants, seed=SEED, jobs=jobs):
        found[graded.mutant] = graded
        on_result(graded)
    ordered = [found[mutant] for mutant in mutants]
    return MutateReport(
        assignment.slug,
        tuple(one for one in ordered if not one.untested),
        tuple(dict.fromkeys(one.mutant.where for one in ordered if one.untested)),
        equivalents,
        time.monotonic() - started,
    )
