"""Draws questions about a student's code, and finds the answers by running it in the sandbox."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hwlib.checks.parts import MIME
from hwlib.errors import CannotCheck, CourseError, NameMissing, WorkerLost
from hwlib.grading.answer_key import released_sources
from hwlib.grading.course import Assignment
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.engines.several import of_notebook
from hwlib.grading.engines.standins import Session
from hwlib.grading.records.cache import new_seed
from hwlib.grading.sandbox.clock import WorkClock
from hwlib.grading.submissions.files import FoundSubmission, read_found
from hwlib.grading.submissions.repair import SubmittedCell, repair
from hwlib.grading.viva import probe
from hwlib.grading.viva.own_code import Function, functions_in, needed_to_run, without

__all__ = ["Asked", "Kind", "Sheet", "draw_questions"]

Kind = Literal["shape", "value", "line"]
PROBE = Path(str(probe.__file__)).read_text(encoding="utf-8")
LINES_TRIED = 8  # lines that are left out, to see what happens


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its answer."""

    kind: Kind
    function: str
    code: str  # the function, with numbers of lines
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The questions for one student."""

    student: str
    title: str
    asked: tuple[Asked, ...]


def draw_questions(
    assignment: Assignment,
    found: FoundSubmission,
    count: int,
    rng: np.random.Generator,
    hidden: tuple[Path, ...] = (),
) -> Sheet:
    """Draw questions about the student's own functions.

    They ask for the shape or value that a line makes while a visible check runs, for what a
    function returns for another input, and for what happens without a line. No hidden test is used.

    Parameters
    ----------
    assignment : Assignment
    found : FoundSubmission
    count : int
        At most so many questions.
    rng : numpy.random.Generator
    hidden : tuple of Path
        Folders that student code must not see.

    Raises
    ------
    CourseError
        If no function of the student's can be asked about.
    GradingError
        If student code can't be confined on this machine.
    SubmissionError
        If the notebook can't be read.
    """
    asked = [
        one
        for view in assignment.each_notebook()
        for one in _questions_about(view, of_notebook(found, view.stem), rng, hidden)
    ]
    if not asked:
        raise CourseError(
            f"{found.student}: there is no question to ask, because no function in the solutions "
            "of this student runs in a visible check"
        )
    if assignment.has_several:  # or the first notebook would have all questions
        asked = [asked[i] for i in rng.permutation(len(asked))]
    return Sheet(found.student, assignment.title, tuple(_mixed(asked, count)))


def _questions_about(
    assignment: Assignment,
    found: FoundSubmission,
    rng: np.random.Generator,
    hidden: tuple[Path, ...],
) -> list[Asked]:
    """All questions about one notebook; none if it is one of several and was not handed in."""
    if assignment.stem and found.notebook is None:
        return []
    with IsolatedEngine(assignment, new_seed(), hidden) as engine:
        cells = repair(read_found(found, []), engine.key, engine.released).cells
        functions = functions_in(cells)
        released = released_sources(assignment)
        checks = {
            cell.name: released[cell.grade_id]
            for cell in engine.key.by_role("test")
            if released.get(cell.grade_id, "").strip()
        }
        with engine.workers_among(found.folder, found.only) as new_session:
            runs = _Runs(cells, checks, new_session, assignment.limits.question_s)
            return runs.questions(functions, rng)


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs of a student's code with the visible checks, each in a fresh worker."""

    cells: Sequence[SubmittedCell]
    checks: Mapping[str, str]  # question → visible half of its test
    new_session: Callable[[], Session]
    limit_s: float

    def questions(self, functions: Sequence[Function], rng: np.random.Generator) -> list[Asked]:
        """All questions that can be asked, each kind in random order."""
        seen = {name: told for name in self.checks if (told := self._seen(name, functions))}
        known = {one.name: one for one in functions}
        found: list[Asked] = []
        for check, told in seen.items():
            found += _about_lines(check, told, known)
            found += _about_values(told, known)
        order = rng.permutation(len(found))
        unique = {one.question: one for one in (found[i] for i in order)}
        return [*unique.values(), *self._without_lines(functions, seen, rng)]

    @contextmanager
    def _session(self, replaced: Mapping[int, str]) -> Iterator[Session]:
        """A fresh worker that has run the student's cells, some of them with another source."""
        session = self.new_session()
        try:
            session.clock = WorkClock(session.worker.times, self.limit_s)
            for index in needed_to_run(self.cells):
                session.run(replaced.get(index, self.cells[index].source))
            yield session
        finally:
            session.worker.kill()

    def _seen(self, check: str, functions: Sequence[Function]) -> dict[str, Any]:
        """What the probe has noted in one check; nothing if it does not pass."""
        wanted = {one.name: {k: list(v) for k, v in one.assigned.items()} for one in functions}
        plain = [one.name for one in functions if not one.is_method]
        try:
            with self._session({}) as session:
                session.run(PROBE)
                session.run(f"_hw_watch({self.checks[check]!r}, {wanted!r}, {plain!r})")
                told = session.name("_hw_seen")
        except (WorkerLost, NameMissing, CannotCheck):
            return {}
        is_told = isinstance(told, dict) and not told.get("error") and "lines" in told
        return dict(told) if is_told else {}

    def _without_lines(
        self, functions: Sequence[Function], seen: Mapping[str, Any], rng: np.random.Generator
    ) -> Iterator[Asked]:
        """What happens in a visible check without a line."""
        lines = [
            (function, lines, check)
            for function in functions
            for check, told in seen.items()
            if function.name in told["lines"]
            for lines in function.removable
            if any(str(number) in told["lines"][function.name] for number in lines)
        ]
        chosen = rng.permutation(len(lines))[:LINES_TRIED]
        for function, gone, check in (lines[i] for i in chosen):
            yield Asked(
                "line",
                function.name,
                function.numbered(),
                f"What happens in the visible check of {check} without line {gone[0]}, "
                f"`{function.line(gone[0])}`, and why?",
                self._without(function, gone, check),
            )

    def _without(self, function: Function, gone: tuple[int, int], check: str) -> str:
        try:
            with self._session({function.cell: without(function, gone)}) as session:
                run = session.run(self.checks[check])
        except WorkerLost as lost:
            return f"The check does not end: {lost}."
        raised = run["error"] or {}
        told = (raised.get("type"), raised.get("message")) if raised else _lost_part(run["outputs"])
        if told is None:
            return "The visible check still passes. Ask what the line is for."
        return ": ".join(str(text) for text in told if text)


def _lost_part(outputs: Sequence[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The error of the first part that failed, of a check in parts, which go on after an error."""
    for output in outputs:
        data = output.get("data")
        text = data.get(MIME) if isinstance(data, Mapping) else None
        if isinstance(text, str):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                if error := json.loads(text)["error"]:
                    return str(error["ename"]), str(error["evalue"])
    return None


def _about_lines(
    check: str, told: Mapping[str, Any], known: Mapping[str, Function]
) -> Iterator[Asked]:
    for name, lines in told["lines"].items():
        function = known.get(name)
        for number, values in lines.items() if function else ():
            for variable, (kind, text) in values.items():
                what = {"shape": "What shape has", "value": "What is", "length": "How long is"}
                if kind in what and function is not None:
                    yield Asked(
                        "shape",
                        name,
                        function.numbered(),
                        f"{what[kind]} `{variable}` after line {number}, "
                        f"`{function.line(int(number))}`, the first time that it runs in the "
                        f"visible check of {check}?",
                        text,
                    )


def _about_values(told: Mapping[str, Any], known: Mapping[str, Function]) -> Iterator[Asked]:
    words = {"shape": "an array of shape ", "length": "a collection of length ", "type": "a "}
    for name, args, kind, text in told["returned"]:
        if name in known:
            yield Asked(
                "value",
                name,
                known[name].numbered(),
                f"What does `{name}({args})` return, and why?",
                f"{words.get(kind, '')}{text}",
            )


def _mixed(asked: Sequence[Asked], count: int) -> Iterator[Asked]:
    """The kinds by turns, so that a sheet has some of each."""
    kinds: tuple[Kind, ...] = ("shape", "value", "line")
    by_kind = [[one for one in asked if one.kind == kind] for kind in kinds]
    turns = [one for turn in zip_longest(*by_kind) for one in turn if one is not None]
    yield from turns[:count]
