"""Reads the notebooks of `otter assign`: questions in raw cells, or in code blocks of Markdown."""

from __future__ import annotations

import math
import re
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from hwlib.grading.authoring.importing.attachments import attachments_of
from hwlib.grading.authoring.importing.found import FoundCell, FoundNotebook, Note
from hwlib.grading.authoring.importing.kernel_notes import kernel_notes
from hwlib.grading.authoring.importing.metadata_notes import metadata_notes
from hwlib.grading.authoring.importing.otter_cases import (
    Case,
    case_of,
    composed,
    shared_points,
)
from hwlib.grading.authoring.importing.otter_cells import (
    is_ignored,
    unfenced,
    without_plugins,
)
from hwlib.grading.authoring.importing.otter_settings import points_in, settings_in
from hwlib.grading.authoring.importing.otter_solutions import has_solution, with_regions
from hwlib.grading.kernels import kernel_of

__all__ = ["FAILED", "HAS_RUN", "found_in_otter", "is_otter", "runnable"]

_MARK = re.compile(
    r"^\s*#\s*(?P<edge>BEGIN|END)\s+(?P<what>QUESTION|PROMPT|SOLUTION|TESTS?)\b",
    re.IGNORECASE,
)
_CONFIG = re.compile(r"^\s*#\s*ASSIGNMENT\s+CONFIG", re.IGNORECASE)
_OLD_CONFIG = re.compile(
    r"^\s*(?:```|<!--)\s*\n?\s*#?\s*BEGIN ASSIGN\w*[ \t]*\n(?P<yaml>.*?)(?:```|-->)\s*$", re.DOTALL
)
_READ = {"files", "name", "tests"}  # what is read of an assignment's settings
_READ_OF_QUESTIONS = {"all_or_nothing", "manual", "name", "points"}
# the older format: the question is in a code block or comment of its Markdown cell
_OLD = re.compile(
    r"(?:```|<!--)\s*\n?\s*#?\s*BEGIN QUESTION\s*\n(?P<yaml>.*?)(?:```|-->)", re.DOTALL
)
_OLD_TEST = re.compile(r"^\s*#+\s*(hidden\s+)?tests?\b", re.IGNORECASE)
_OLD_ANSWER = re.compile(r"\**solution\**:?|<!--\s*solution", re.IGNORECASE)
_GRADER = re.compile(r"^\s*(import otter\b|from otter\b|\w+\s*=\s*otter\.Notebook|grader\.)")


HAS_RUN, FAILED = "hwlib-has-run", "hwlib-failed"
"""Metadata of a test cell that was run with the course's own solution; of one that failed, why."""


def runnable(notebook: NotebookNode) -> NotebookNode:
    """The notebook without the lines that call otter: it needs files that are not there yet."""
    found = deepcopy(notebook)
    for cell in found.cells:
        if cell.cell_type == "code":
            cell.source = _without_calls(cell.source)
    return found


def _without_calls(source: str) -> str:
    return "\n".join(f"# {line}" if _GRADER.match(line) else line for line in source.split("\n"))


def is_otter(notebook: NotebookNode) -> bool:
    """Whether a notebook has questions of `otter assign`."""
    return any(
        _is_mark(one) or (one.cell_type == "markdown" and _OLD.search(one.source))
        for cell in notebook.cells
        for one in unfenced(cell)
    )


def found_in_otter(path: Path, notebook: NotebookNode) -> FoundNotebook:
    """The cells of an otter notebook, whose outputs are those of the course's own solution."""
    reader = _Reader(path.name)
    for number, cell in enumerate(notebook.cells, 1):
        for one in unfenced(cell):
            reader.take(number, one)
    reader.finish()
    kernel = kernel_of(notebook.metadata)
    return FoundNotebook(
        path,
        "otter",
        kernel.language,
        kernel.is_python,
        tuple(reader.cells),
        _files(reader.config),
        (
            *reader.notes,
            *kernel_notes(kernel, path.name),
            *metadata_notes(notebook, path.name),
        ),
    )


def _files(config: dict[str, Any]) -> tuple[str, ...]:
    """The files that an assignment's settings list."""
    found = config.get("files") or ()
    return tuple(map(str, found)) if isinstance(found, list) else (str(found),) * bool(found)


def _is_mark(cell: NotebookNode) -> bool:
    return bool(cell.cell_type == "raw" and _MARK.match(cell.source))


@dataclass(slots=True)
class _Question:
    name: str
    points: Any
    manual: bool
    whole: bool
    place: str
    old: bool = False
    cases: list[Case] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)  # of its test cells
    answered: bool = False  # whether its solution has been seen


class _Reader:
    """Walks through the cells and knows in which block it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cells: list[FoundCell] = []
        self.question: _Question | None = None
        self.block = ""
        self.config: dict[str, Any] = {}
        self.notes: list[Note] = []  # what concerns the whole notebook

    def take(self, number: int, cell: NotebookNode) -> None:
        """Take the next cell."""
        place = f"{self.name}, cell {number}"
        if is_ignored(cell.source):
            text = f"{place}: an ignored cell, which is left out, as otter leaves it out"
            self.notes.append(Note("changed", text))
            return
        source, plugins = without_plugins(cell.source)
        if plugins and cell.cell_type != "markdown":
            cell = NotebookNode({**cell, "cell_type": "code", "source": source})
            text = f"{place}: otter's plugins are not run: {', '.join(plugins)}"
            self.notes.append(Note("changed", text))
        if cell.cell_type == "raw":
            if _CONFIG.match(cell.source):
                self._configure(place, *_settings(cell.source))
                return
            mark = _MARK.match(cell.source)
            if mark:
                self._mark(place, mark["edge"].upper(), mark["what"].upper(), cell.source)
                return
        if cell.cell_type != "code" and (old := _OLD_CONFIG.search(cell.source)):
            self._configure(place, *settings_in(old["yaml"]))
            return
        if cell.cell_type == "markdown" and (old := _OLD.search(cell.source)):
            self._old_question(place, cell.source, old)
            return
        known = len(self.cells)
        if not (self.question and self.question.old and self._take_old(place, cell)):
            self._take_plain(place, cell)
        if len(self.cells) > known and self.cells[-1].place == place:
            self.cells[-1] = replace(
                self.cells[-1], tags=_tags(cell), attachments=tuple(attachments_of(cell))
            )

    def finish(self) -> None:
        """Close what is open at the end of the notebook."""
        self._close()

    # ---- settings ----

    def _configure(self, place: str, config: dict[str, Any], problem: str) -> None:
        self.config = config
        self._need(place, problem, "correct them there, and import again")
        if others := sorted(config.keys() - _READ):
            text = f"{place}: the assignment's settings {', '.join(others)} are not taken over"
            self.notes.append(Note("changed", text))

    def _asked(self, place: str, settings: dict[str, Any], problem: str) -> None:
        """Begin a question."""
        remedy = "give the question a header with points"
        self._need(place, problem, remedy)
        points, problem = points_in(settings.get("points"))
        self._need(place, problem, remedy)
        if others := sorted(settings.keys() - _READ_OF_QUESTIONS):
            text = f"{place}: the question's settings {', '.join(others)} are not taken over"
            self.notes.append(Note("changed", text))
        self.question = _question(settings, points, place)

    def _need(self, place: str, problem: str, remedy: str) -> None:
        """A decision, if there is a problem."""
        if problem:
            self.notes.append(Note("decision", f"{place}: {problem}", remedy))

    # ---- blocks ----

    def _mark(self, place: str, edge: str, what: str, source: str) -> None:
        if what == "QUESTION":
            self._close()
            if edge == "BEGIN":
                self._asked(place, *_settings(source))
        elif edge == "BEGIN":
            self.block = "TESTS" if what.startswith("TEST") else what
        else:
            if self.block == "TESTS":
                self._write_tests()
            self.block = ""

    def _close(self) -> None:
        question = self.question
        if question and question.manual and not (question.answered or question.cases):
            note = Note("changed", "a question without a solution, which students answer in words")
            points = _number(question.points)
            self.cells.append(
                FoundCell(
                    question.place, "answer", "markdown", "", question.name, points, notes=(note,)
                )
            )
        self._write_tests()
        self.question, self.block = None, ""

    def _write_tests(self) -> None:
        question = self.question
        if question is None or not question.cases:
            return
        points = shared_points(question.points, question.cases)
        self._check_points(question, sum(points))
        whole = question.whole or len(question.cases) == 1
        notes = []
        if len(question.cases) > 1:
            notes.append(
                Note(
                    "changed",
                    f"its {len(question.cases)} test cells are one test"
                    + ("" if whole else ", in parts"),
                )
            )
        self.cells.append(
            FoundCell(
                question.place,
                "test",
                "code",
                composed(question.cases, points, question.whole),
                question.name,
                sum(points) if whole else None,
                title=question.name,
                tags=tuple(dict.fromkeys(question.tags)),
                notes=tuple(notes),
            )
        )
        question.cases, question.tags = [], []

    def _check_points(self, question: _Question, worth: float) -> None:
        """Name points of test cells that otter refuses, or that are not those of the question."""
        given, count = question.points, len(question.cases)
        for case in question.cases:
            self._need(question.place, case.problem, "look at its points, and what is hidden")
        if isinstance(given, list) and len(given) != count:
            text = f"its list has points for {len(given)} test cells, and there are {count}"
            self._need(question.place, f"{text}, which otter refuses", "correct its points")
        elif isinstance(given, float) and given < worth and not math.isclose(given, worth):
            text = f"its test cells are worth {worth:g} points, and the question {given:g}"
            self._need(question.place, f"{text}, which otter refuses", "correct its points")

    # ---- cells ----

    def _take_plain(self, place: str, cell: NotebookNode) -> None:
        question, source = self.question, cell.source
        if question and self.block == "TESTS" and cell.cell_type == "code":
            if not question.cases:
                question.place = place
            self._add_case(question, place, cell)
        elif question and self.block == "SOLUTION":
            self._solve(place, cell)
        elif cell.cell_type == "code" and has_solution(source):
            self.cells.append(FoundCell(place, "solution", "code", with_regions(source)))
        elif cell.cell_type == "code" and any(map(_GRADER.match, source.split("\n"))):
            self._without_grader(place, source)
        elif cell.cell_type == "raw":
            self.cells.append(FoundCell(place, "given", "raw", source))
        elif self.block == "PROMPT" and cell.cell_type == "code" and source.strip():
            commented = "\n".join(f"# {line}".rstrip() for line in source.split("\n"))
            note = Note("changed", "the code that students start from is a comment now")
            self.cells.append(FoundCell(place, "given", "code", commented, notes=(note,)))
        else:
            self.cells.append(FoundCell(place, "given", cell.cell_type, source))

    def _add_case(self, question: _Question, place: str, cell: NotebookNode) -> None:
        outputs = cell.get("outputs", ())
        question.cases.append(case_of(cell.source, outputs, is_run=HAS_RUN in cell.metadata))
        question.tags += _tags(cell)
        if (error := cell.metadata.get(FAILED)) and not outputs:
            self._need(
                place,
                f"the course's own solution fails in this test ({error}), so it compares nothing",
                "correct it there, and import again",
            )

    def _solve(self, place: str, cell: NotebookNode) -> None:
        """A cell of a solution."""
        question = self.question
        assert question is not None
        first, question.answered = not question.answered, True
        points = _number(question.points) if first else 0.0
        if cell.cell_type != "code":
            grade_id = question.name if first else ""
            source = re.sub(
                r"^\s*(<!--.*?-->|\*\*SOLUTION:?\*\*:?)\s*", "", cell.source, flags=re.I
            )
            self.cells.append(FoundCell(place, "answer", "markdown", source, grade_id, points))
        elif question.manual and first:
            source = with_regions(cell.source)
            self.cells.append(FoundCell(place, "manual", "code", source, question.name, points))
        else:
            self.cells.append(FoundCell(place, "solution", "code", with_regions(cell.source)))

    def _without_grader(self, place: str, source: str) -> None:
        note = Note("changed", "lines that call otter are comments now")
        self.cells.append(FoundCell(place, "given", "code", _without_calls(source), notes=(note,)))

    # ---- the older format ----

    def _old_question(self, place: str, source: str, found: re.Match[str]) -> None:
        self._close()
        self._asked(place, *settings_in(found["yaml"]))
        assert self.question is not None
        self.question.old = True
        shown = (source[: found.start()] + source[found.end() :]).strip()
        self.cells.append(FoundCell(place, "given", "markdown", shown))

    def _take_old(self, place: str, cell: NotebookNode) -> bool:
        question = self.question
        assert question is not None
        if cell.cell_type == "code" and _OLD_TEST.match(cell.source):
            if not question.cases:
                question.place = place
            self._add_case(question, place, cell)
            return True
        if question.cases:
            self._close()
            return False
        if question.answered:
            return False
        if cell.cell_type == "code" or _OLD_ANSWER.search(cell.source):
            self._solve(place, cell)
            return True
        return False


def _question(settings: dict[str, Any], points: Any, place: str) -> _Question:
    return _Question(
        str(settings.get("name", "")),
        points,
        bool(settings.get("manual")),
        bool(settings.get("all_or_nothing")),
        place,
    )


def _tags(cell: NotebookNode) -> tuple[str, ...]:
    return tuple(str(tag) for tag in cell.metadata.get("tags", ()))


def _settings(source: str) -> tuple[dict[str, Any], str]:
    """The YAML of a raw cell, whose first line is a comment, and what is wrong with it."""
    return settings_in(source)


def _number(points: Any) -> float:
    """What a question is worth that a human grades."""
    if isinstance(points, dict):
        return float(points["each"])
    if isinstance(points, list):
        return float(sum(points))
    return 1.0 if points is None else float(points)
