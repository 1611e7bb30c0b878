"""Turns the cells of another tool's notebook into cells of notebook.py. It never drops a cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from hwlib.grading.authoring.importing.faults import note_faults
from hwlib.grading.authoring.importing.found import Draft, DraftRole, FoundCell, FoundNotebook
from hwlib.grading.authoring.importing.markers import DEFAULTS, Delimiters, with_known_markers
from hwlib.grading.authoring.importing.needs import supply_names
from hwlib.grading.authoring.importing.regions import balance, with_hidden_last, with_region
from hwlib.grading.authoring.importing.writing import KEPT_ID
from hwlib.grading.authoring.reading import MAY_RAISE
from hwlib.grading.cells import MARKER, as_released, indented, tree_of
from hwlib.grading.parts import MOST

__all__ = ["drafted", "title_of"]


def drafted(notebook: FoundNotebook, delimiters: Delimiters = DEFAULTS) -> list[Draft]:
    """The cells of notebook.py with their notes, still without names.

    A cell of the old notebook becomes one cell, in the same order. Cells that are new say so in
    their notes.
    """
    drafts = [_draft(cell) for cell in notebook.cells]
    for draft in drafts:
        with_known_markers(draft, delimiters)
        if draft.is_code and draft.role != "test":
            _without_time(draft)
        if draft.role in ("solution", "manual", "answer"):
            with_region(draft)
        elif draft.role == "test":
            _without_cell_magic(draft)
            with_hidden_last(draft)
        elif draft.role == "task":
            balance(draft, "MARK SCHEME")
        _make_readable(draft)
    note_faults(drafts, notebook.path.parent)
    supply_names(drafts)
    return drafts


_ROLES: dict[str, DraftRole] = {
    "given": "code",
    "locked": "code",
    "solution": "solution",
    "test": "test",
    "manual": "manual",
}


def _draft(cell: FoundCell) -> Draft:
    role: DraftRole
    if cell.role in ("answer", "task"):
        role = cell.role
    elif cell.cell_type == "code":
        role = _ROLES[cell.role]
    else:
        role = "prose"
    draft = Draft(cell.place, role, cell.source, cell.grade_id, cell.points, wish=cell.title)
    draft.notes = list(cell.notes)
    if cell.cell_type == "raw":
        draft.note("changed", "a raw cell is Markdown now, because the format has no raw cells")
    draft.tags = tuple(tag for tag in cell.tags if re.fullmatch(r'[^"\s]+', tag))
    if len(draft.tags) < len(cell.tags):
        draft.note("changed", "its tags with spaces or quotes are left out")
    if draft.grade_id and not KEPT_ID.fullmatch(draft.grade_id):
        draft.note("changed", f"its id {draft.grade_id!r} can't be kept, so old hand-ins lose it")
    _take_pictures(draft, cell)
    if draft.points is not None and not 0 <= draft.points < MOST:
        asks = "points are 0 or more" if draft.points < 0 else f"points are less than {MOST:,.0f}"
        draft.note("decision", f"it is worth {draft.points:g} points", asks)
        draft.points = 0.0
    return draft


def _take_pictures(draft: Draft, cell: FoundCell) -> None:
    """Pictures inside a cell become files, whose names tell the cells apart."""
    number = cell.place.rpartition(" ")[2]
    for name, content in cell.attachments:
        new = f"{number}_{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}"
        draft.source = draft.source.replace(f"attachment:{name}", f"attachment:{new}")
        draft.source = draft.source.replace(f"attachment:{quote(name)}", f"attachment:{new}")
        draft.pictures.append((new, content))
        draft.note("changed", f"the picture {name} inside it is attachments/{new} now")


_CELL_MAGIC = re.compile(r"\s*%%(?P<magic>capture|time)\b(?P<rest>[^\n]*)\n?")


def _without_cell_magic(draft: Draft) -> None:
    """A test below `%%capture` or `%%time` is Python: only a notebook's own shell has these."""
    found = _CELL_MAGIC.match(draft.source)
    if not found:
        return
    if found["magic"] == "time":
        _without_time(draft)
        return
    body = draft.source[found.end() :]
    magic = f"%%{found['magic']}{found['rest']}".rstrip()
    words = found["rest"].split()
    kept = ("stderr", "stdout", "display")
    options = ", ".join(f"{one}=False" for one in kept if f"--no-{one}" in words)
    name = next((f" as {word}" for word in words if word.isidentifier()), "")
    draft.source = (
        "from IPython.utils.capture import capture_output\n"
        f"with capture_output({options}){name}:\n{indented(body.strip() or 'pass', '    ')}"
    )
    draft.note("changed", f"{magic} is a `with` statement now")


def _without_time(draft: Draft) -> None:
    """A cell below `%%time` is Python, whose names are needed elsewhere."""
    found = _CELL_MAGIC.match(draft.source)
    if found and found["magic"] == "time":
        draft.source = draft.source[found.end() :]
        magic = f"%%{found['magic']}{found['rest']}".rstrip()
        draft.note("changed", f"without the line {magic}, which measures and decides nothing")


def _make_readable(draft: Draft) -> None:
    """A code cell that is not Python can't be built: it becomes text, or a comment."""
    if not draft.is_code or tree_of(draft.source) is not None:
        if draft.is_code and tree_of(as_released(draft.source)) is None:
            draft.note(
                "decision",
                "what students get of this cell is not valid Python",
                "move the markers so that they enclose whole statements",
            )
        return
    if draft.role == "code":
        draft.tags = tuple(dict.fromkeys((*draft.tags, MAY_RAISE)))
        draft.note("changed", f"it is not valid Python, so it has the tag {MAY_RAISE}")
        return
    draft.note(
        "decision",
        "it is not valid Python, so its lines are comments now",
        "correct the code",
    )
    lines = draft.source.split("\n")
    draft.source = "\n".join(line if MARKER.match(line) else f"# {line}".rstrip() for line in lines)


def title_of(drafts: Sequence[Draft]) -> str:
    """The title of the notebook: its first heading, or ""."""
    for draft in drafts:
        if draft.role == "prose" and (found := re.search(r"^#\s+(.+)$", draft.source, re.M)):
            return found[1].strip()
    return ""
