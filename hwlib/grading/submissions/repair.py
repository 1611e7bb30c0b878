"""Repairs a notebook that a student handed in, and finds the answers in it.

Editors remove metadata. Students split, copy, move and delete cells. The cells are matched with the
answer key by nbgrader's grade id, then by nbformat's id, then by the names that they define, then
by their place. Given cells are restored from the key. A line of text reports each repair. All
functions are pure: they use no file and no process.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode

from hwlib.grading.answer_key import AnswerKey, KeyCell
from hwlib.grading.cell_names import CellNames, names_in
from hwlib.grading.cells import as_released, checksum_of, grade_id_of, transformed, tree_of
from hwlib.grading.submissions.reading import whole_cell, without_surrogates
from hwlib.grading.texts import printable
from hwlib.markers import TEXT_STUB, is_unsolved

__all__ = ["RepairedSubmission", "SubmittedCell", "repair"]

_FENCED = re.compile(r"```\w*\n(.*)\n```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SubmittedCell:
    """One cell of the repaired notebook.

    `original` is the matching cell of the answer key, or None if the student added the cell.
    """

    source: str
    cell_type: Literal["code", "markdown", "raw"]
    original: KeyCell | None = None
    outputs: tuple[dict[str, Any], ...] = ()
    grade_id: str = ""  # in the submitted notebook, or ""
    cell_id: str = ""
    attachments: dict[str, Any] = field(default_factory=dict)  # pictures in a written answer
    position: int = -1  # in the submitted notebook; -1 if restored from the key
    # a given cell that the student changed: it runs in addition to the key's cell
    edited: bool = False
    untouched: bool = False  # a locked cell that the student has not changed, of any version

    @property
    def names(self) -> CellNames:
        """The names that the cell binds and uses; none if it is a text."""
        return names_in(self.source if self.cell_type == "code" else "")

    @property
    def is_answer(self) -> bool:
        """The code or text that a student wrote for a question."""
        return self.original is not None and self.original.role in ("solution", "answer")


@dataclass(frozen=True, slots=True)
class RepairedSubmission:
    """The repaired notebook, in the order of the answer key.

    It has every cell of the key (with an empty source if it was deleted), and the student's own
    cells between them.
    """

    cells: tuple[SubmittedCell, ...]
    problems: tuple[str, ...] = ()

    def answers(self, name: str) -> list[SubmittedCell]:
        """The student's cells for the solution or written answer of this name."""
        return [
            cell
            for cell in self.cells
            if cell.is_answer and cell.original is not None and cell.original.name == name
        ]

    def as_notebook(
        self, outputs: Mapping[int, Sequence[dict[str, Any]]] | None = None
    ) -> NotebookNode:
        """Make a notebook of the repaired cells. Its only metadata are nbgrader's ids.

        Parameters
        ----------
        outputs : mapping, optional
            Index of a cell → outputs that replace those handed in.
        """
        cells = [
            _as_notebook_cell(index, cell, (outputs or {}).get(index, cell.outputs))
            for index, cell in enumerate(self.cells)
        ]
        notebook: NotebookNode = nbformat.from_dict(
            {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        )
        return notebook


def repair(
    notebook: NotebookNode, key: AnswerKey, release: dict[str, str] | None = None
) -> RepairedSubmission:
    """Match a submitted notebook with the answer key, and restore given cells.

    Parameters
    ----------
    notebook : NotebookNode
        A notebook from `read_submission`, with all its fields.
    key : AnswerKey
    release : dict
        Grade id → released source, to tell an unchanged copy of a cell from an answer.
    """
    problems: list[str] = []
    cells = _submitted_cells(notebook)
    matched, added = _match(cells, key, release or {}, problems)
    return RepairedSubmission(
        tuple(_in_key_order(cells, matched, added, key, release or {}, problems)), tuple(problems)
    )


# ---- reading -------------------------------------------------------------------------------------


def _submitted_cells(notebook: NotebookNode) -> list[SubmittedCell]:
    return [
        SubmittedCell(
            cell["source"],
            cell["cell_type"],
            outputs=tuple(cell.get("outputs", ())),
            grade_id=grade_id_of(cell),
            cell_id=cell["id"],
            attachments=cell.get("attachments", {}),
            position=position,
            untouched=_is_untouched(cell),
        )
        for position, cell in enumerate(notebook["cells"])
    ]


def _is_untouched(cell: NotebookNode) -> bool:
    """Whether a locked cell is as it was released, by the checksum that nbgrader wrote then."""
    try:
        settings = cell["metadata"]["nbgrader"]
        # a test is locked, whatever its metadata say: nbgrader's rule
        locked = settings.get("locked") or settings.get("grade")
        return bool(
            locked and not settings.get("solution") and settings["checksum"] == checksum_of(cell)
        )
    # whatever metadata may be
    except Exception:  # noqa: BLE001
        return False


# ---- matching ------------------------------------------------------------------------------------


def _match(
    cells: list[SubmittedCell], key: AnswerKey, release: dict[str, str], problems: list[str]
) -> tuple[dict[int, list[int]], set[int]]:
    """Match cells with the key.

    Returns ({index of a key cell: indices of the matching submitted cells}, indices of the
    student's own cells).
    """
    matched: dict[int, list[int]] = defaultdict(list)
    by_id = {cell.grade_id: index for index, cell in enumerate(key.cells) if cell.grade_id}
    rest = []
    for index, cell in enumerate(cells):
        if cell.grade_id in by_id:
            matched[by_id[cell.grade_id]].append(index)
        else:
            rest.append(index)
    _report_another_assignment(cells, matched, key, problems)
    stripped = not matched
    rest = _match_cell_ids(cells, rest, matched, key)
    rest = _match_exact(cells, rest, matched, key, release)
    rest = _match_by_definition(cells, rest, matched, key)
    rest += _below_its_test(cells, matched, key, release)
    rest = _match_written_answers(cells, rest, matched, key)
    if stripped and matched:
        problems.append(
            "an editor removed nbgrader's metadata from the cells; hwlib found the cells by their "
            "content and by the names that they define"
        )
    return matched, set(rest)


def _report_another_assignment(
    cells: list[SubmittedCell],
    matched: dict[int, list[int]],
    key: AnswerKey,
    problems: list[str],
) -> None:
    """Report a notebook whose answers and tests do not belong to the questions of the key."""
    parts = [cell.grade_id.partition("-") for cell in cells]
    theirs = {name for role, _, name in parts if role in ("solution", "test", "answer", "task")}
    ours = {cell.name for cell in key.by_role("solution", "test", "answer", "task")}
    known = any(
        key.cells[place].role in ("solution", "test", "answer", "task") for place in matched
    )
    if theirs and not known and not theirs & ours:
        names = printable(", ".join(sorted(theirs)[:5]))[:100]
        problems.append(
            f"this looks like the notebook of another assignment (it has the cells {names}); "
            f"hand in the notebook of {key.slug}"
        )


def _match_cell_ids(
    cells: list[SubmittedCell], rest: list[int], matched: dict[int, list[int]], key: AnswerKey
) -> list[int]:
    """Match cells without metadata whose nbformat id is still the released one."""
    by_id = {cell.cell_id: index for index, cell in enumerate(key.cells) if cell.cell_id}
    left = []
    for index in rest:
        place = by_id.get(cells[index].cell_id)
        if place is None or place in matched:
            left.append(index)
        else:
            matched[place].append(index)
    return left


def _match_exact(
    cells: list[SubmittedCell],
    rest: list[int],
    matched: dict[int, list[int]],
    key: AnswerKey,
    release: dict[str, str],
) -> list[int]:
    """Match given cells without metadata whose text is as released."""
    texts = {
        _folded(release.get(cell.grade_id, cell.source)): index
        for index, cell in reversed(list(enumerate(key.cells)))
        if index not in matched
    }
    left = []
    for index in rest:
        place = texts.get(_folded(cells[index].source))
        if place is None or (place in matched and key.cells[place].role in ("solution", "answer")):
            left.append(index)
        else:
            matched[place].append(index)
    return left


def _folded(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _is_same(cell: SubmittedCell, given: KeyCell) -> bool:
    """Whether it has the same text, or the same code with other comments."""
    if _folded(cell.source) == _folded(given.source):
        return True
    if cell.cell_type != "code" or given.cell_type != "code":
        return False
    tree, other = tree_of(cell.source), tree_of(given.source)
    return tree is not None and other is not None and ast.dump(tree) == ast.dump(other)


def _match_by_definition(
    cells: list[SubmittedCell], rest: list[int], matched: dict[int, list[int]], key: AnswerKey
) -> list[int]:
    """Match code without metadata that defines the same names as a solution cell of the key.

    Only solution cells without a match are considered.
    """
    open_solutions = {
        index: _defined(cell.source)
        for index, cell in enumerate(key.cells)
        if cell.role == "solution" and index not in matched
    }
    left = []
    for index in rest:
        own = _defined(cells[index].source) if cells[index].cell_type == "code" else frozenset()
        place = next((place for place, names in open_solutions.items() if names & own), None)
        if place is None:
            left.append(index)
        else:
            matched[place].append(index)
    return left


def _defined(source: str) -> frozenset[str]:
    """The functions and classes that a cell defines or, if there are none, its variables.

    If the cell is not valid Python, the words after `def` and `class` are taken.
    """
    tree = tree_of(source)
    if tree is None:
        words = [
            line.split()
            for line in source.splitlines()
            if line.startswith(("def ", "class ", "async def "))
        ]
        return frozenset(
            line[-1 if line[0] == "async" else 1].split("(")[0].rstrip(":")
            for line in words
            if len(line) > 1
        )
    functions = {
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    return frozenset(functions) or names_in(source).binds


def _below_its_test(
    cells: list[SubmittedCell],
    matched: dict[int, list[int]],
    key: AnswerKey,
    release: dict[str, str],
) -> list[int]:
    """Take copies of a solution out of `matched` that stand below a test, while an answer stands
    above it: what is tried there must not take the place of the answer.
    """
    tests = {
        index: place
        for place, indices in matched.items()
        for index in indices
        if key.cells[place].role == "test"
    }
    found = []
    for place, indices in matched.items():
        key_cell = key.cells[place]
        if key_cell.role != "solution" or len(indices) < 2:
            continue
        given = release.get(key_cell.grade_id) or as_released(key_cell.source)
        copies = sorted(indices)
        answer = next(
            (
                index
                for index in copies
                if _is_answered(cells[index], given) and not is_unsolved(cells[index].source)
            ),
            copies[-1],
        )
        end = min((i for i, at in tests.items() if i > answer and at > place), default=len(cells))
        found += [index for index in copies if index > end]
        matched[place] = [index for index in indices if index < end]
    return found


def _match_written_answers(
    cells: list[SubmittedCell], rest: list[int], matched: dict[int, list[int]], key: AnswerKey
) -> list[int]:
    """Match a text without metadata that is where the key has a written answer.

    It must come after the same cell as in the key.
    """
    left = list(rest)
    for place, cell in enumerate(key.cells):
        if cell.role != "answer" or place in matched:
            continue
        before = [index for earlier in range(place) for index in matched.get(earlier, ())]
        after = [
            index for later in range(place + 1, len(key.cells)) for index in matched.get(later, ())
        ]
        low, high = (
            max(before, default=-1),
            min((i for i in after if i > max(before, default=-1)), default=len(cells)),
        )
        texts = [i for i in left if low < i < high and cells[i].cell_type == "markdown"]
        if texts:
            matched[place].append(texts[0])
            left.remove(texts[0])
    return left


# ---- putting back --------------------------------------------------------------------------------


def _in_key_order(
    cells: list[SubmittedCell],
    matched: dict[int, list[int]],
    added: set[int],
    key: AnswerKey,
    release: dict[str, str],
    problems: list[str],
) -> list[SubmittedCell]:
    place_of = {index: place for place, indices in matched.items() for index in indices}
    followers = _by_place(cells, place_of, len(key.cells))
    names_of_added = _bound_by(cells[index] for index in added)
    names = _bound_by(cells)
    result, earlier, said = list(followers[-1]), False, len(problems)
    for place, key_cell in enumerate(key.cells):
        own = [cells[index] for index in matched.get(place, ())]
        if key_cell.role in ("solution", "answer"):
            if key_cell.by_hand:
                released = release.get(key_cell.grade_id, "")
                own = _beside(key_cell, own, result, followers[place], added, released, problems)
                if not own and key_cell.cell_type == "markdown":
                    own = _texts_elsewhere(key_cell, cells, added, result, problems)
            given = release.get(key_cell.grade_id) or as_released(key_cell.source)
            result += _answer_cells(key_cell, own, followers[place], given, names, problems)
        elif key_cell.role == "test":
            released = release.get(key_cell.grade_id) or as_released(key_cell.source)
            result += _test_cell(key_cell, own, released, problems)
        elif key_cell.role == "task":
            released = release.get(key_cell.grade_id) or as_released(key_cell.source)
            result += _task_cell(key_cell, own, released, problems)
        else:
            result += _given_cell(key_cell, own, names_of_added, problems)
        result += followers[place]
        earlier |= any(_is_of_earlier_version(one, key_cell, release) for one in own)
    if earlier:
        # nobody knows whether that version had them
        missing = {_missing(cell) for cell in key.cells}
        problems[said:] = [one for one in problems[said:] if one not in missing]
        problems.append(
            "this notebook is an earlier version of the assignment; the present given cells and "
            "tests were used"
        )
    _report_order(matched, key, problems)
    return result


def _is_of_earlier_version(cell: SubmittedCell, key_cell: KeyCell, release: dict[str, str]) -> bool:
    """Whether a given cell is as it was released, but the course has changed it since."""
    present = release.get(key_cell.grade_id) or as_released(key_cell.source)
    return cell.untouched and _folded(cell.source) != _folded(present)


def _by_place(
    cells: list[SubmittedCell], place_of: dict[int, int], end: int
) -> dict[int, list[SubmittedCell]]:
    """Place in the key → the student's own cells that follow the cell at this place.

    If questions were moved, the student's own cells stay above the key cell that followed them.
    """
    followers: dict[int, list[SubmittedCell]] = defaultdict(list)
    following: list[int] = []  # the place of the next key cell, for each cell
    for index in reversed(range(len(cells))):
        following.append(place_of.get(index, following[-1] if following else end))
    last = -1
    for index, after in enumerate(reversed(following)):
        if index in place_of:
            last = place_of[index]
        else:
            followers[min(last, after - 1)].append(cells[index])
    return followers


def _answer_cells(
    key_cell: KeyCell,
    own: list[SubmittedCell],
    following: list[SubmittedCell],
    released: str,
    names: Collection[str],
    problems: list[str],
) -> list[SubmittedCell]:
    """The answer cells for one of the key's; `names` are those that the whole notebook binds."""
    if not own:
        defined = _defined(key_cell.source) if key_cell.cell_type == "code" else frozenset()
        elsewhere = bool(defined) and defined <= {*names}
        counts = "and other cells define its names" if elsewhere else "so it counts as empty"
        problems.append(f"the cell {key_cell.name} was deleted, {counts}")
        return [SubmittedCell("", key_cell.cell_type, key_cell)]
    if len(own) > 1:
        touched = _with_an_answer(own, released)
        problems.append(
            f"the cell {key_cell.name} appears {len(own)} times; the last answer counts, and "
            "copies without an answer are ignored"
        )
        own = _joined(touched or own[-1:], key_cell, problems)
    elif key_cell.cell_type == "code" and following:
        own = _joined_with_following(own[0], following, key_cell, problems)
    if any(cell.cell_type != key_cell.cell_type for cell in own):
        problems.append(
            f"the cell {key_cell.name} was turned into a {own[0].cell_type} cell; it was graded as "
            f"a {key_cell.cell_type} cell"
        )
        if key_cell.cell_type == "code":
            own = [replace(cell, source=_unfenced(cell)) for cell in own]
    answers = [replace(cell, original=key_cell, cell_type=key_cell.cell_type) for cell in own]
    typed = [
        SubmittedCell(cell.source, "code", position=cell.position)
        for cell in own
        if cell.cell_type == "code" != key_cell.cell_type and cell.names.binds
    ]
    return [*answers, *typed]  # code in the place of a text counts as answer and as code


def _unfenced(cell: SubmittedCell) -> str:
    """Code without the fences that show it in a text."""
    found = _FENCED.fullmatch(cell.source.strip()) if cell.cell_type == "markdown" else None
    return found[1] if found else cell.source


def _bound_by(cells: Iterable[SubmittedCell]) -> frozenset[str]:
    return frozenset[str]().union(*(cell.names.binds for cell in cells))


def _with_an_answer(copies: list[SubmittedCell], released: str) -> list[SubmittedCell]:
    """The copies of one cell that have something of the student's, in order.

    Code in which the stub still stands may be done in part. It is left out only where copies
    without the stub bind all its names.
    """
    own = [cell for cell in copies if _is_answered(cell, released)]
    done = [cell for cell in own if cell.cell_type != "code" or not is_unsolved(cell.source)]
    names = frozenset[str]().union(*(cell.names.binds for cell in done))
    return [cell for cell in own if cell in done or cell.names.binds - names]


def _beside(
    key_cell: KeyCell,
    own: list[SubmittedCell],
    above: list[SubmittedCell],
    below: list[SubmittedCell],
    added: Collection[int],
    released: str,
    problems: list[str],
) -> list[SubmittedCell]:
    """An answer for a human from beside its cell, where that has none.

    It is in the student's own cells of the same type, or was typed into the question's text. They
    are taken out of `above` and `below`. `added` are the positions of own cells.
    """
    if any(_is_answered(cell, released) for cell in own):
        return own
    found = _taken_from_above(key_cell, above, added)
    for cell in list(below):
        if cell.cell_type == key_cell.cell_type and _has_content(cell):
            below.remove(cell)
            found.append(cell)
    if not found:
        return own
    problems.append(
        f"the answer {key_cell.name} stands above or below the cell that is meant for it; it is "
        "graded there"
    )
    text = "\n\n".join(cell.source.strip("\n") for cell in found)
    pictures = {name: one for cell in found for name, one in cell.attachments.items()}
    return [replace(found[0], source=text, attachments=pictures)]


def _texts_elsewhere(
    key_cell: KeyCell,
    cells: list[SubmittedCell],
    added: Collection[int],
    result: list[SubmittedCell],
    problems: list[str],
) -> list[SubmittedCell]:
    """What a human reads where a written answer was deleted: all texts that the student added and
    that are no other answer. One of them may be the answer, in another place and without metadata.
    """
    taken = {cell.position for cell in result if cell.is_answer}
    own = [cells[index] for index in sorted(added) if index not in taken]
    found = [cell for cell in own if cell.cell_type == "markdown" and _has_content(cell)]
    if not found:
        return []
    problems.append(
        f"the cell {key_cell.name} was deleted; the texts that were added elsewhere stand in its "
        "place, because one of them may be the answer"
    )
    text = "\n\n".join(cell.source.strip("\n") for cell in found)
    pictures = {name: one for cell in found for name, one in cell.attachments.items()}
    return [SubmittedCell(text, "markdown", attachments=pictures)]


def _taken_from_above(
    key_cell: KeyCell, above: list[SubmittedCell], added: Collection[int]
) -> list[SubmittedCell]:
    """What a student wrote below the text of a question, or into it, as far up as texts go."""
    found: list[SubmittedCell] = []
    if key_cell.cell_type != "markdown":
        return found
    for index in reversed(range(len(above))):
        cell = above[index]
        if cell.original is None and cell.cell_type == "markdown":
            if cell.position not in added:  # another version of the text above it
                given = above[index - 1].source
                if given not in cell.source:
                    continue
                cell = replace(cell, source=cell.source.replace(given, "", 1))
            if _has_content(cell):
                found.insert(0, cell)
                del above[index]
        elif cell.original is not None and (
            cell.original.role != "prose" or cell.cell_type != "markdown"
        ):
            break
    return found


def _has_content(cell: SubmittedCell) -> bool:
    return bool(cell.source.strip() or cell.attachments)


def _is_answered(cell: SubmittedCell, released: str) -> bool:
    """Whether more is in the cell than was released.

    A text may still end with the line that it should replace. It is more only if it has all that
    was released: otherwise it may be as an earlier version had it.
    """
    text, given = (
        _folded("\n".join(line for line in one.splitlines() if line.strip() != TEXT_STUB))
        for one in (cell.source, released)
    )
    if cell.attachments:
        return True
    if cell.cell_type == "markdown" and is_unsolved(cell.source):
        return text != given and {*given.splitlines()} <= {*text.splitlines(), ""}
    return bool(text) and text != given


def _joined(
    own: list[SubmittedCell], key_cell: KeyCell, problems: list[str]
) -> list[SubmittedCell]:
    """Join the parts of a solution that was split in the middle of a class or function."""
    if (
        key_cell.cell_type != "code"
        or len(own) < 2
        or all(_stands_alone(cell.source) for cell in own)
    ):
        return own
    whole = "\n".join(cell.source for cell in own)
    if not names_in(whole).parsed:
        return own
    problems.append(f"the cell {key_cell.name} was split, so its parts were joined")
    return [replace(own[0], source=whole)]


def _joined_with_following(
    cell: SubmittedCell, following: list[SubmittedCell], key_cell: KeyCell, problems: list[str]
) -> list[SubmittedCell]:
    part = following[0]
    if part.cell_type != "code" or part.position != cell.position + 1 or _stands_alone(part.source):
        return [cell]
    joined = _joined([cell, part], key_cell, problems)
    if len(joined) == 1:
        following.pop(0)
        return joined
    return [cell]


def _stands_alone(source: str) -> bool:
    """Whether code is valid Python and does not begin inside a block.

    IPython would accept the indentation, but the code would do something else.
    """
    first = next((line for line in source.splitlines() if line.strip()), "")
    return names_in(source).parsed and not first[:1].isspace()


def _given_cell(
    key_cell: KeyCell, own: list[SubmittedCell], names_of_added: frozenset[str], problems: list[str]
) -> list[SubmittedCell]:
    """The key's cell and, if the student changed its code, the student's version to run with it."""
    restored = _restored(key_cell, own)
    changed = [cell for cell in own if not cell.untouched and not _is_same(cell, key_cell)]
    if key_cell.cell_type != "code":
        return [restored, *_written_over(key_cell, own, key_cell.source, problems)]
    if not own:
        if (
            key_cell.role in ("code", "experiment", "submit")
            and names_in(key_cell.source).binds & names_of_added
        ):
            return []  # the student has rewritten it in another cell
        if key_cell.role == "setup":
            problems.append(_missing(key_cell))
        return [restored]
    if changed and key_cell.role == "setup":
        problems.append(
            f"the given cell {key_cell.grade_id} was changed, so the original was used for grading"
        )
    # these cells are not locked, so the student's version counts
    if key_cell.role in ("code", "experiment", "submit"):
        return [replace(cell, original=key_cell, edited=cell in changed) for cell in own]
    return [restored, *(replace(cell, edited=True) for cell in changed)]


def _restored(key_cell: KeyCell, own: list[SubmittedCell]) -> SubmittedCell:
    return SubmittedCell(
        key_cell.source,
        key_cell.cell_type,
        key_cell,
        own[0].outputs if own else (),
        key_cell.grade_id,
        attachments=own[0].attachments if own else {},
        position=own[0].position if own else -1,
    )


def _missing(key_cell: KeyCell) -> str:
    name = key_cell.grade_id or key_cell.name
    return f"the given cell {name} is missing, so it was restored"


def _task_cell(
    key_cell: KeyCell, own: list[SubmittedCell], released: str, problems: list[str]
) -> list[SubmittedCell]:
    """The key's task with its mark scheme, and below it what a student typed into the task."""
    if not own:
        problems.append(_missing(key_cell))
    changed = [cell for cell in own if not cell.untouched]
    return [_restored(key_cell, own), *_written_over(key_cell, changed, released, problems)]


def _written_over(
    key_cell: KeyCell, own: list[SubmittedCell], given: str, problems: list[str]
) -> list[SubmittedCell]:
    """The student's versions of a text that was given, which go below the original."""
    kept = [
        replace(cell, original=None, grade_id="")
        for cell in own
        if cell.cell_type == "code" or _folded(cell.source) != _folded(given)
    ]
    for cell in kept:
        # a text has no checksum: the instructor may have changed it since the release
        is_code = cell.cell_type == "code"
        how = "was turned into code" if is_code else "differs from the present one"
        first = next(iter(key_cell.source.split("\n")), "")[:60]
        problems.append(
            f"the given text {first!r} {how}; the present one was used, with this version below it"
        )
    return kept


def _test_cell(
    key_cell: KeyCell, own: list[SubmittedCell], released: str, problems: list[str]
) -> list[SubmittedCell]:
    """The key's test cell, with code that the student typed into it in cells above and below.

    Other code may need the names that this code defines.
    """
    restored = _restored(key_cell, own)
    if not own:
        problems.append(_missing(key_cell))
    if all(cell.untouched or _folded(cell.source) in (_folded(released), "") for cell in own):
        return [restored]
    above: list[SubmittedCell] = []
    below: list[SubmittedCell] = []
    for cell in (cell for cell in own if cell.cell_type == "code"):
        for texts, place in zip(_typed_in(cell.source, released), (above, below), strict=True):
            place += [SubmittedCell(text, "code", position=cell.position) for text in texts]
    kept = "; the code that was added to it still runs" if above or below else ""
    problems.append(
        f"the given cell {key_cell.grade_id} was changed, so the original was used for grading"
        f"{kept}"
    )
    return [*above, restored, *below]


def _typed_in(source: str, given: str) -> tuple[list[str], list[str]]:
    """Statements that a student added to a given cell, if they bind names that it does not.

    Returns those above the last given statement, and those below it.

    >>> _typed_in("import os\\nx = f(1)\\nprint(x)\\ny = 2", "x = f(1)")
    (['import os'], ['y = 2'])
    """
    statements, known = _statements(source), set(_statements(given))
    bound = names_in(given).binds | {"get_ipython"}
    last = max((i for i, text in enumerate(statements) if text in known), default=len(statements))
    typed = [
        (place, text)
        for place, text in enumerate(statements)
        if text not in known and names_in(text).binds - bound
    ]
    return [text for place, text in typed if place < last], [t for p, t in typed if p > last]


def _statements(source: str) -> list[str]:
    """The text of each statement at the top level, without a cell magic such as `%%time`."""
    magic, _, rest = source.lstrip().partition("\n")
    source = rest if magic.startswith("%%") else source
    tree = tree_of(source)
    if tree is None:
        return []
    spans: list[tuple[int, int]] = []  # first and last line; what shares a line stays together
    for node in tree.body:
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)])
        if spans and spans[-1][1] == first:
            first = spans.pop()[0]
        spans.append((first, node.end_lineno or first))
    lines = [line.rstrip() for line in transformed(source).split("\n")]
    return ["\n".join(lines[first - 1 : last]) for first, last in spans]


def _report_order(matched: dict[int, list[int]], key: AnswerKey, problems: list[str]) -> None:
    places = [matched[place][0] for place in sorted(matched) if key.cells[place].role != "prose"]
    if places != sorted(places):
        problems.append(
            "the cells were not in the order of the assignment, so they were put back in order"
        )


# ---- as a notebook -------------------------------------------------------------------------------


def _as_notebook_cell(
    index: int, cell: SubmittedCell, outputs: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "cell_type": cell.cell_type,
        "id": cell.cell_id or f"cell-{index}",
        "source": cell.source,
        "outputs": list(outputs),
    }
    if cell.attachments:
        raw["attachments"] = cell.attachments
    # the outputs come from a worker, so they are not trusted either
    whole: dict[str, Any] = without_surrogates(whole_cell(raw))
    original = cell.original
    if (
        original is not None
        and original.grade_id
        and not (cell.edited and original.role == "setup")
    ):
        whole["metadata"] = {"nbgrader": {"grade_id": original.grade_id}}
    elif original is not None and original.role == "experiment":
        whole["metadata"] = {"tags": ["skip-execution"]}  # as in the assignment
    return whole
