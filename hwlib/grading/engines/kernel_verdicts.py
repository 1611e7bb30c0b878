"""The verdicts on a notebook that nbgrader has run in one kernel, from the outputs of its cells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade

from hwlib.checks.advice import advice
from hwlib.errors import with_detail
from hwlib.grading.answer_key import AnswerKey, KeyCell
from hwlib.grading.cell_names import names_in
from hwlib.grading.cells import UNANSWERED, joined_source, one_line, tree_of
from hwlib.grading.engines.lacking import Lack, lack_in, lack_of_python
from hwlib.grading.engines.part_verdicts import told_parts
from hwlib.grading.engines.student_errors import builtin_exception
from hwlib.grading.engines.words import (
    ANSWER_WAITS,
    NO_ANSWER,
    cannot_run,
    check_failed,
    check_stopped,
    name_missing,
    not_python,
    raised,
    statement_at,
    waits,
)
from hwlib.grading.newer_python import newer_python
from hwlib.grading.parts import parts_of
from hwlib.grading.records.marks import Mark
from hwlib.grading.results import PartResult, QuestionStatus
from hwlib.markers import hidden_lines

__all__ = ["STAGING", "KernelVerdicts", "Said", "of_first_lost", "said_of", "with_fair_points"]

MAX_MESSAGE = 300
STAGING = ".grading-"  # begins the name of the folder that submissions are run in
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# in IPython's tracebacks: a frame of a cell, or of a module that was handed in
FRAME = re.compile(
    rf"Cell In\[(?P<count>\d+)\], line (?P<line>\d+)|"
    rf"File \S{{0,500}}/{re.escape(STAGING)}\S{{0,500}}:\d+, in "
)
CELL_FILE = re.compile(r"\(\d+\.py, line (\d+)\)")  # in the text of a SyntaxError
TOO_MANY_POINTS = "TooManyPoints"  # what `with_fair_points` calls an error
TOO_SLOW = ("CellTimeoutError", "KeyboardInterrupt")

Said = tuple[QuestionStatus, str, str]  # status, message, hint
_NOT_RUN: Said = "missing", "This part was not run.", ""


class KernelVerdicts:
    """What the questions of one graded notebook come to, without any hidden value.

    Parameters
    ----------
    key : AnswerKey
    cells : mapping
        Grade id → cell with its outputs.
    """

    def __init__(self, key: AnswerKey, cells: Mapping[str, NotebookNode]) -> None:
        self._key, self._cells = key, cells

    def waiting(self, cell: KeyCell) -> str:
        """Why a human must grade a test, where that is not the student's doing; else ""."""
        graded = self._cells.get(cell.grade_id)
        if graded is None:
            return ""
        reasons = (self._why_it_waits(graded, error) for error in _all_told(graded))
        return next(filter(None, reasons), "")

    def _why_it_waits(self, graded: NotebookNode, error: NotebookNode) -> str:
        if error.ename == "CannotCheck":
            reason = next((said_of(line) for line in error.traceback), "")
            return cannot_run(reason.removeprefix("? "))
        if error.ename == TOO_MANY_POINTS:
            return waits(f"{said_of(error.evalue)}, which is a mistake in the course")
        lack = _lack(error)
        if lack and not (lack.only_of_student and _is_of_test(graded, error)):
            return waits(lack.told_student)
        for definer, above in self._definers(error):
            lack = _lack(above) or _newer(self._cells[definer.grade_id].source)
            if lack and definer.role != "setup":
                return waits(lack.told_student)
            if definer.role == "setup":
                return cannot_run("it needs a given cell, which does not run there")
        return ""

    def _definers(self, error: NotebookNode) -> Iterator[tuple[KeyCell, NotebookNode]]:
        """The cells that should have defined the name that is missing, and what they raised."""
        if error.ename != "NameError":
            return
        name = _missing_name(error)
        for cell in self._key.by_role("setup", "solution"):
            above = _last_error(self._cells.get(cell.grade_id))
            if above is not None and name in names_in(cell.source).binds:
                yield cell, above

    def of(self, cell: KeyCell, mark: Mark) -> Said:
        """The verdict on one question."""
        graded = self._cells.get(cell.grade_id)
        if graded is None:
            return "missing", "This question is missing from the notebook.", ""
        if cell.by_hand:
            answered = mark.automatic is None
            return ("manual", ANSWER_WAITS, "") if answered else ("missing", NO_ANSWER, "")
        enames = {output.ename for output in _errors(graded)}
        if "DeadKernelError" in enames:
            text = "The process that ran your code ended. Possible causes are too much memory, a "
            return "crashed", f"{text}crash in a library, or a call of exit().", ""
        if "CellTimeoutError" in enames:
            text = "Your code took too long: is there a loop that never ends, or one that you can "
            return "timeout", f"{text}avoid?", ""
        if waiting := self.waiting(cell):
            return "manual", waiting, ""
        error = _last_error(graded)
        if error is not None:
            return self._of_error(graded, error)
        fraction = (mark.automatic or 0.0) / cell.points if cell.points else 1.0
        return "passed", "" if fraction == 1.0 else f"You get {fraction:.0%} of the points.", ""

    def parts(self, cell: KeyCell, said: Said) -> tuple[PartResult, ...]:
        """The verdicts on the parts of a question, whose own verdict is `said`."""
        graded, parts = self._cells.get(cell.grade_id), parts_of(cell.source)
        if graded is None or said[0] == "manual":
            return ()
        told = {} if _errors(graded) else told_parts(graded.get("outputs", []))
        results = []
        for part in parts:
            if part.name not in told:
                status, message, hint = said if said[0] != "passed" else _NOT_RUN
            elif (error := told[part.name]) is None:
                status, message, hint = "passed", "", ""
            else:
                status, message, hint = self._of_error(graded, NotebookNode(error))
            points = part.points if status == "passed" else 0.0
            results.append(PartResult(part.name, points, part.points, status, message, hint))
        return tuple(results)

    def _of_error(self, graded: NotebookNode, error: NotebookNode) -> Said:
        text = said_of(error.evalue)
        if error.ename == "CheckFailed":
            first, *hint = [ANSI.sub("", part) for part in error.traceback] or ["A check failed."]
            symptom, _, detail = first.removeprefix("✗ ").partition("\n")
            return "failed", said_of(with_detail(symptom, detail)), said_of(" ".join(hint))
        if error.ename == "NotImplementedError" and not text:
            return "missing", UNANSWERED, ""
        for definer, above in self._definers(error):
            source = self._cells[definer.grade_id].source
            return _of_missing(_missing_name(error), definer, above, source)
        return _of_frames(graded, error, text)


def with_fair_points(cell: NotebookNode) -> NotebookNode:
    """A cell that has run, with outputs of which nbgrader can make points.

    nbgrader gives up a whole notebook if one test ends with a number above its points, or with a
    value that has no text. A number too large becomes an error, which leaves the question to a
    human; in a test that is worth nothing, it says nothing.
    """
    if not is_grade(cell):
        return cell
    try:
        determine_grade(cell)
    except (ValueError, KeyError):
        most = float(cell.metadata.nbgrader["points"])
        shown = [one for one in cell.outputs if one.output_type == "execute_result"]
        cell.outputs = [one for one in cell.outputs if one.output_type != "execute_result"]
        value = joined_source(shown[0].data.get("text/plain")) if most else None
        if value:
            text = f"its check gives {float(value):g} of {most:g} points"
            error = {"ename": TOO_MANY_POINTS, "evalue": text, "traceback": [text]}
            cell.outputs.append(NotebookNode(output_type="error", **error))
    return cell


def of_first_lost(parts: Sequence[PartResult], said: Said) -> Said:
    """The verdict on a question that has parts: that on the first part that lost points."""
    lost = [part for part in parts if part.status != "passed"]
    if not lost or said[0] != "passed":
        return said
    return lost[0].status, f"{lost[0].name}: {lost[0].message}", lost[0].hint


def _of_missing(name: str, definer: KeyCell, above: NotebookNode, source: str) -> Said:
    """The verdict where the cell that should define a name has raised."""
    if above.ename in ("SyntaxError", "IndentationError", "TabError") and tree_of(source) is None:
        return "error", not_python(definer.name, source), ""
    if above.ename == "NotImplementedError" and not above.evalue:
        return "missing", UNANSWERED, ""
    if above.ename in TOO_SLOW:
        text = f"This question needs the cell {definer.name}, which did not finish in time: is "
        return "timeout", f"{text}there a loop that never ends, or one that you can avoid?", ""
    told = said_of(f"{above.ename}: {above.evalue}" if above.evalue else above.ename)
    return "error", name_missing(name, f"the cell {definer.name} raised {told}"), ""


def _frames(graded: NotebookNode, error: NotebookNode) -> tuple[int, list[int]]:
    """How many frames an error went through, and the lines of the test among them."""
    frames = list(FRAME.finditer(ANSI.sub("", "\n".join(error.traceback))))
    own = str(graded.execution_count)
    return len(frames), [int(frame["line"]) for frame in frames if frame["count"] == own]


def _is_of_test(graded: NotebookNode, error: NotebookNode) -> bool:
    """Whether nothing but the test was running."""
    frames, here = _frames(graded, error)
    return len(here) == frames


def _of_frames(graded: NotebookNode, error: NotebookNode, text: str) -> Said:
    """The verdict on an error: was it the test's own line, or one of the student's code?"""
    frames, here = _frames(graded, error)
    hidden = not here or max(here) in hidden_lines(graded.source.splitlines())
    if len(here) < frames:  # other code than the test's was running
        if error.ename == "MemoryError":
            return "crashed", "Your code used more memory than it may.", ""
        if hidden:  # a message may carry the inputs of the check, and so may a name
            kind = error.ename if builtin_exception(error.ename) else "Exception"
            return "error", raised(kind, ""), advice(error.ename, text)
        return "error", raised(error.ename, text), advice(error.ename, text)
    statement = "" if hidden else statement_at(graded.source, here[-1])
    if error.ename == "NameError":
        return "missing", name_missing(_missing_name(error)), ""
    if error.ename in ("AssertionError", "Failed"):  # of `assert`, and of pytest.fail
        return "failed", check_failed(text, statement, hidden=hidden), ""
    told = check_stopped(error.ename, text, statement, hidden=hidden)
    return "failed", told, advice(error.ename, text)


def _missing_name(error: NotebookNode) -> str:
    """The name that the text of a NameError tells of."""
    return str(error.evalue).partition("'")[2].partition("'")[0]


def _lack(error: NotebookNode) -> Lack | None:
    return lack_in(f"{error.ename}: {error.evalue}")


def _newer(source: str) -> Lack | None:
    newer = newer_python(source)
    return lack_of_python(newer.version) if newer else None


def _errors(graded: NotebookNode | None) -> list[NotebookNode]:
    outputs = [] if graded is None else graded.get("outputs", [])
    return [output for output in outputs if output.output_type == "error"]


def _last_error(graded: NotebookNode | None) -> NotebookNode | None:
    return next(reversed(_errors(graded)), None)


def _all_told(graded: NotebookNode) -> Iterator[NotebookNode]:
    """The error that ended a cell, or else those of its parts."""
    error = _last_error(graded)
    if error is not None:
        yield error
    else:
        told = told_parts(graded.get("outputs", [])).values()
        yield from (NotebookNode(error) for error in told if error is not None)


def said_of(text: str) -> str:
    """A text of a kernel on one line, without the names of files that no reader knows."""
    return one_line(CELL_FILE.sub(r"(line \1)", text), MAX_MESSAGE)
