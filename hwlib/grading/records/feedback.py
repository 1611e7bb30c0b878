"""The feedback page for a student: points, symptoms, hints and comments.

It never shows what is hidden of a test or a value from it. Text that a student wrote is escaped,
has no control characters and is cut to length. Pictures are checked PNG files. The page allows no
script but the one of its own that copies a cell.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from markupsafe import Markup
from nbformat import NotebookNode

from hwlib.checks.pages import split_hint
from hwlib.grading.answer_key import AnswerKey, KeyCell
from hwlib.grading.cells import grade_id_of
from hwlib.grading.course import FeedbackLevel
from hwlib.grading.records.mathml import with_formulas
from hwlib.grading.records.pictures import Pictures
from hwlib.grading.records.practice import practice_cell
from hwlib.grading.results import PartResult, QuestionResult, SubmissionResult
from hwlib.grading.texts import for_page, page_templates

__all__ = ["LOOK", "SCRIPT_DIGEST", "feedback_page", "groups", "own_cells"]

MAX_CODE, MAX_OUTPUT, MAX_MESSAGE = 20_000, 4_000, 2_000  # characters
MAX_IMAGES, MAX_IMAGE_BYTES = 4, 1_000_000  # of one cell; of one image
LABELS = {
    "passed": ("✓", "passed"),
    "failed": ("✗", "a check failed"),
    "error": ("✗", "your code raised an error"),
    "timeout": ("✗", "your code took too long"),
    "crashed": ("✗", "the process ended early"),
    "missing": ("–", "not answered"),
    "manual": ("✎", "graded by hand"),
}
PARTLY = "see its parts"
WAITING = "not graded yet"  # in the place of the points that a human will give
MAX_ALT = 500  # characters that describe a figure

_templates = page_templates()
_TEMPLATE = Path(__file__).parents[1] / "templates" / "feedback.html.j2"
COPY_SCRIPT = Markup(_TEMPLATE.with_name("copy_cell.js").read_text(encoding="utf-8"))
SCRIPT_DIGEST = base64.b64encode(hashlib.sha256(COPY_SCRIPT.encode()).digest()).decode()
"""Names the page's script in a policy for browsers: `script-src 'sha256-…'`."""
LOOK = hashlib.sha256(_TEMPLATE.read_bytes() + COPY_SCRIPT.encode()).hexdigest()
"""Digest of template and script: pages that were made with others are made again."""


@dataclass(frozen=True, slots=True)
class _More:
    """Why something is wrong and where to look: a hint's second level."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    title: str
    name: str
    score: str  # "2 of 3"
    lost: bool
    status: str
    symbol: str
    label: str
    message: str
    hint: str
    more: _More | None = None
    is_named: bool = False  # its title alone does not tell which question it is
    failing: str = ""  # the input with which it failed
    practice: str = ""  # a cell to practise with
    extra: bool = False  # its points count above the maximum
    parts: tuple[_Question, ...] = ()  # those of a question


@dataclass(frozen=True, slots=True)
class _Figure:
    """A picture, and what it shows in words."""

    encoded: str
    alt: str


@dataclass(frozen=True, slots=True)
class _Change:
    """A question that has other points than when the work was last graded."""

    title: str
    name: str  # "" where the title tells which question it is
    before: str
    after: str
    better: bool


@dataclass(frozen=True, slots=True)
class _Work:
    """A student's text or code in one cell, with its output."""

    name: str
    is_text: bool
    source: str | Markup
    output: str
    images: tuple[_Figure, ...]
    comment: Markup


@dataclass(frozen=True, slots=True)
class _Part:
    """Solutions next to each other and the questions about them."""

    title: str
    name: str  # "" where no other has this title
    works: tuple[_Work, ...]
    questions: tuple[_Question, ...]


def feedback_page(
    result: SubmissionResult,
    key: AnswerKey,
    notebook: NotebookNode | Callable[[str], NotebookNode | None] | None,
    *,
    title: str = "",
    comments: Mapping[str, str] | None = None,
    tier: str = "",
    pages: Path | None = None,
    level: FeedbackLevel = "hint",
    inputs: Mapping[str, str] = MappingProxyType({}),
    waiting: Collection[str] | None = None,
    before: Mapping[str, float] | None = None,
    checks: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Make the feedback page: one HTML file that needs no other file.

    Parameters
    ----------
    result : SubmissionResult
    key : AnswerKey
        Only its names, titles and order are used.
    notebook : NotebookNode, callable or None
        The student's notebook, as graded. Cells are found by nbgrader's grade id. None means that
        it could not be read. Where an assignment has several: what finds one by its name.
    title : str
        Title of the assignment. Without it, the page shows the slug.
    comments : mapping, optional
        Name of a solution or written answer → a human's comment on it.
    tier : str
        How far the student's code was confined: "T0" to "T3".
    pages : Path, optional
        The why.md of the assignment, with pages that its hints name beside those of hwlib.
    level : {"category", "hint", "input"}
        What the page tells of a lost question: its status; symptom and hint, too; the input with
        which it failed, too.
    inputs : mapping
        Question or question/part → that input.
    waiting : collection of str, optional
        The questions that a human has still to grade. The default is all with the status manual.
    before : mapping, optional
        Question → its points when the student's work was last graded.
    checks : mapping
        Question → its released check, where that draws inputs. A question that failed gets a cell
        with other inputs.
    """
    practice = _practice(result, checks if level != "category" else {})
    result = _at_level(result, level)
    shown = inputs if level == "input" else {}
    room = Pictures()
    if waiting is None:
        waiting = [one.id for one in result.questions if one.status == "manual"]
    given = {cell.source for cell in key.cells if not cell.grade_id}
    of_name = notebook if callable(notebook) else lambda name: notebook
    shared = _shared_titles(result)
    parts = [
        _part(
            cells,
            result,
            of_name(cells[0].notebook),
            comments or {},
            room,
            pages,
            given,
            shown,
            waiting,
            practice,
            shared,
        )
        for cells in groups(key)
    ]
    return _templates.get_template("feedback.html.j2").render(
        title=title or key.slug,
        student=for_page(result.student, 200),
        status=result.status,
        parts=parts,
        score=f"{result.score:g}",
        max_score=f"{result.max_score:g}",
        tier=tier,
        level=level,
        late_penalty=f"{result.late_penalty:g}" if result.late_penalty else "",
        extra_credit=f"{result.all_extra_credit:g}" if result.all_extra_credit else "",
        problems=[for_page(problem, MAX_MESSAGE) for problem in result.problems],
        waiting=[
            question for part in parts for question in part.questions if question.name in waiting
        ],
        changes=list(_changes(result, before or {}, waiting, shared)),
        script=COPY_SCRIPT if practice else "",
        script_digest=SCRIPT_DIGEST,
    )


def _at_level(result: SubmissionResult, level: FeedbackLevel) -> SubmissionResult:
    """Without messages and hints where a page tells statuses only."""
    if level != "category":
        return result
    return replace(result, questions=tuple(one.without_reasons() for one in result.questions))


def groups(key: AnswerKey) -> Iterator[list[KeyCell]]:
    """Group solutions with the questions below them. A written answer is a group of its own."""
    group: list[KeyCell] = []
    for cell in key.by_role("solution", "test", "answer", "task"):
        asked = any(other.is_question for other in group)
        if group and (
            cell.role in ("answer", "task")
            or group[-1].role in ("answer", "task")
            or group[-1].notebook != cell.notebook
            or (cell.role == "solution" and asked)
        ):
            yield group
            group = []
        group.append(cell)
    if group:
        yield group


def _part(
    cells: list[KeyCell],
    result: SubmissionResult,
    notebook: NotebookNode | None,
    comments: Mapping[str, str],
    pictures: Pictures,
    pages: Path | None,
    given: Collection[str],
    inputs: Mapping[str, str],
    waiting: Collection[str],
    practice: Mapping[str, str],
    shared: Collection[str],
) -> _Part:
    asked = {cell.name for cell in cells if cell.is_question}
    works = tuple(
        _work(cell, notebook, comments.get(cell.name, ""), pictures, given)
        for cell in cells
        if cell.role != "test"
    )
    questions = tuple(
        replace(
            _question(question, pages, inputs, question.id in waiting),
            practice=practice.get(question.id, ""),
            is_named=question.title in shared,
        )
        for question in result.questions
        if question.id in asked
    )
    title = next((cell.title for cell in cells if cell.title), cells[0].name)
    only = questions[0].name if len(questions) == 1 and title in shared else ""
    return _Part(title, only, works, questions)


def _shared_titles(result: SubmissionResult) -> set[str]:
    """The titles that more than one question has."""
    count = Counter(one.title for one in result.questions if one.title)
    return {title for title, number in count.items() if number > 1}


def _question(
    question: QuestionResult, pages: Path | None, inputs: Mapping[str, str], waiting: bool
) -> _Question:
    failing = inputs.get(question.id, "")
    whole = _graded(question, question.title or question.id, question.id, pages, failing)
    if waiting:
        whole = replace(whole, score=f"{WAITING}, at most {question.max_points:g}", lost=False)
    if not question.parts:
        return whole
    # each part has its own message; some points may be there although one failed
    parts = tuple(
        _graded(part, part.name, part.name, pages, inputs.get(f"{question.id}/{part.name}", ""))
        for part in question.parts
    )
    label = whole.label if whole.status in ("passed", "manual") else PARTLY
    return replace(whole, label=label, message="", hint="", more=None, failing="", parts=parts)


def _practice(result: SubmissionResult, checks: Mapping[str, str]) -> dict[str, str]:
    """Question → a cell to practise with, where code was run and points were lost."""
    return {
        one.id: practice_cell(checks[one.id], one.id, result.student)
        for one in result.questions
        if one.id in checks and one.status in ("failed", "error") and one.points < one.max_points
    }


def _is_extra(one: QuestionResult | PartResult) -> bool:
    """Whether its points count above the maximum."""
    return isinstance(one, QuestionResult) and one.extra_credit


def _graded(
    one: QuestionResult | PartResult, title: str, name: str, pages: Path | None, failing: str
) -> _Question:
    symbol, label = LABELS[one.status]
    hint, page = split_hint(one.hint, pages)
    return _Question(
        title=title,
        name=name,
        lost=one.points < one.max_points,  # also where it waits for a human
        score=f"{one.points:g} of {one.max_points:g}",
        status=one.status,
        symbol=symbol,
        label=label,
        message=for_page(one.message, MAX_MESSAGE),
        hint=for_page(hint, MAX_MESSAGE),
        more=_More(page.title, page.paragraphs) if page else None,
        failing=for_page(failing, MAX_MESSAGE),
        extra=_is_extra(one),
    )


def _work(
    cell: KeyCell,
    notebook: NotebookNode | None,
    comment: str,
    pictures: Pictures,
    given: Collection[str],
) -> _Work:
    cells = notebook.cells if notebook else []
    own = own_cells(cells, cell, given)
    outputs = [output for other in own for output in other.get("outputs", ())]
    source = for_page("\n\n".join(other.source for other in own), MAX_CODE)
    return _Work(
        name=cell.name,
        is_text=cell.cell_type == "markdown",
        comment=with_formulas(for_page(comment, MAX_MESSAGE)),
        source=with_formulas(source) if cell.cell_type == "markdown" else source,
        output=for_page("".join(_texts(outputs)), MAX_OUTPUT),
        images=tuple(_images(outputs, pictures, cell.name)),
    )


def own_cells(
    cells: Sequence[NotebookNode], cell: KeyCell, given: Collection[str]
) -> list[NotebookNode]:
    """The student's cells for a solution, a written answer or a task.

    `given` are the sources of the assignment's cells without an id of nbgrader's.
    """
    if cell.role == "task":
        return list(_own_cells_below(cells, cell, given))
    return [other for other in cells if grade_id_of(other) == cell.grade_id]


def _own_cells_below(
    cells: Sequence[NotebookNode], task: KeyCell, given: Collection[str]
) -> Iterator[NotebookNode]:
    """The student's own cells below a task, up to the next cell of the assignment."""
    below = False
    for cell in cells:
        if grade_id_of(cell) == task.grade_id:
            below = True
        elif below and (grade_id_of(cell) or cell.source in given):
            return
        elif below:
            yield cell


def _texts(outputs: Iterable[NotebookNode]) -> Iterator[str]:
    for output in outputs:
        if output.output_type == "stream":
            yield output.text
        elif output.output_type == "error":
            yield f"{output.ename}: {output.evalue}\n"
        elif "image/png" not in output.get("data", {}):
            text = output.get("data", {}).get("text/plain", "")
            yield f"{text if isinstance(text, str) else ''.join(text)}\n"


def _images(outputs: Iterable[NotebookNode], pictures: Pictures, name: str) -> Iterator[_Figure]:
    count = 0
    for output in outputs:
        encoded = pictures.take(output.get("data", {}).get("image/png"), max_bytes=MAX_IMAGE_BYTES)
        if encoded and count < MAX_IMAGES:
            count += 1
            yield _Figure(encoded, _described(output) or f"Figure {count} made by {name}")


def _described(output: NotebookNode) -> str:
    """What `hwlib.plots` says in words of a figure, "" if nobody has described it."""
    told = output.get("data", {}).get("text/plain", "")
    text = told if isinstance(told, str) else "".join(told)
    return "" if text.startswith("<") else for_page(text, MAX_ALT)


def _changes(
    result: SubmissionResult,
    before: Mapping[str, float],
    waiting: Collection[str],
    shared: Collection[str],
) -> Iterator[_Change]:
    for one in result.questions:
        was = before.get(one.id)
        if was is not None and one.id not in waiting and abs(was - one.points) > 1e-9:
            yield _Change(
                one.title or one.id,
                one.id if one.title in shared else "",
                f"{was:g}",
                f"{one.points:g}",
                better=one.points > was,
            )
