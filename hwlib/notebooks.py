"""The cells of a notebook file as nbgrader and hwlib mark them: answers, checks, points.

It reads the JSON itself, so that a student needs neither nbformat nor nbgrader.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from hwlib.errors import HwlibError

__all__ = [
    "Cell",
    "Notebook",
    "checksum_of",
    "joined",
    "notebook_from",
    "read_notebook",
    "same_code",
]

CellRole = Literal["solution", "answer", "test", "task", "other"]
"""task: a question whose answer is in cells of the student's own."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    `number` counts the code cells that are not empty: it is the number in the brackets beside the
    cell after Restart and Run All. A cell of text has the number 0.
    """

    kind: str  # "code", "markdown" or "raw"
    source: str
    number: int
    cell_id: str = ""
    grade_id: str = ""
    role: CellRole = "other"
    name: str = ""  # of the question, or of the solution
    title: str = ""
    points: float = 0.0
    extra_credit: bool = False  # its points count above the maximum
    skipped: bool = False  # grading does not run it
    released_as: str = ""  # the kind of cell that was released
    released: str = ""  # nbgrader's checksum of the released cell
    settings: Mapping[str, Any] = field(default_factory=dict)  # nbgrader's metadata

    @property
    def regular_points(self) -> float:
        """Its points as far as they belong to the maximum: none of extra credit."""
        return 0.0 if self.extra_credit else self.points

    def is_as_released(self, source: str | None = None) -> bool:
        """Whether the cell, or another text in its place, is what was released."""
        text = self.source if source is None else source
        return bool(self.released) and self.released == checksum_of(
            self.released_as or self.kind, text, self.settings
        )


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook: its cells and what its metadata tells of the assignment."""

    cells: tuple[Cell, ...]
    slug: str = ""  # "" where the metadata does not tell it
    files: tuple[str, ...] = ()  # that were released with it
    answers: tuple[str, ...] = ()  # the grade ids of the cells to fill in, as released

    def of(self, *roles: CellRole) -> Iterator[Cell]:
        """The cells with one of these roles."""
        return (cell for cell in self.cells if cell.role in roles)

    @property
    def questions(self) -> dict[str, Cell]:
        """Name → the test cell, the written answer or the task, each question once."""
        found: dict[str, Cell] = {}
        for cell in self.of("test", "answer", "task"):
            found.setdefault(cell.name, cell)
        return found

    def is_for(self, slug: str) -> bool:
        """Whether this is the notebook of an assignment."""
        if self.slug:
            return self.slug == slug
        call = f'hwlib.submit("{slug}"'
        return any(call in cell.source for cell in self.cells)


def read_notebook(path: Path) -> Notebook:
    """Read a notebook file.

    Raises
    ------
    HwlibError
        If it is not there or is not a notebook.
    """
    try:
        return notebook_from(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HwlibError(f"{path}: cannot read this file ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HwlibError(
            f"{path}: cannot read this notebook ({error}); open it in Jupyter and save it again"
        ) from error


def notebook_from(content: Mapping[str, Any]) -> Notebook:
    """Make a notebook from the JSON of format 4.

    Raises
    ------
    KeyError, TypeError
        If it has no list of cells.
    """
    cells: list[Cell] = []
    number = 0
    for raw in content["cells"]:
        if not isinstance(raw, dict):
            continue
        source = _text(raw.get("source"))
        is_code = raw.get("cell_type") == "code"
        number += bool(is_code and source.strip())
        cells.append(_cell(raw, source, number if is_code and source.strip() else 0))
    told = _dict(_dict(content.get("metadata")).get("hwlib"))
    slug = told.get("slug")
    return Notebook(
        tuple(cells),
        slug if isinstance(slug, str) else "",
        _texts(told.get("files")),
        _texts(told.get("answers")),
    )


def checksum_of(kind: str, source: str, settings: Mapping[str, Any]) -> str:
    """The checksum that nbgrader writes into the metadata of a cell (schema 3), without nbgrader:
    `nbgrader.utils.compute_checksum`.

    Parameters
    ----------
    kind : str
        "code" or "markdown".
    source : str
    settings : mapping
        nbgrader's metadata of the cell.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the metadata is not nbgrader's.
    """
    grade, solution = settings.get("grade", False), settings.get("solution", False)
    locked = not solution and (bool(grade) or settings.get("locked", False))
    parts = [source, kind, str(grade), str(solution), str(locked)]
    parts += [settings["grade_id"], *([str(float(settings["points"]))] if grade else [])]
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def joined(notebooks: Sequence[Notebook]) -> Notebook:
    """The notebooks of one assignment as one."""
    return replace(
        notebooks[0],
        cells=tuple(cell for one in notebooks for cell in one.cells),
        answers=tuple(dict.fromkeys(name for one in notebooks for name in one.answers)),
        files=tuple(dict.fromkeys(name for one in notebooks for name in one.files)),
    )


def same_code(a: str, b: str) -> bool:
    """Whether two cells have the same text, but for blanks at the ends of lines.

    >>> same_code("x = 1  \\n", "x = 1")
    True
    """
    return _bare(a) == _bare(b)


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))


def _cell(raw: Mapping[str, Any], source: str, number: int) -> Cell:
    metadata = _dict(raw.get("metadata"))
    settings, own = _dict(metadata.get("nbgrader")), _dict(metadata.get("hwlib"))
    grade_id = _text(settings.get("grade_id"))
    points, tags = settings.get("points"), metadata.get("tags")
    return Cell(
        kind=_text(raw.get("cell_type")),
        source=source,
        number=number,
        cell_id=_text(raw.get("id")),
        grade_id=grade_id,
        role=_role(settings),
        name=_text(own.get("name")) or grade_id.partition("-")[2] or grade_id,
        title=_text(own.get("title")),
        points=float(points) if isinstance(points, int | float) else 0.0,
        extra_credit=own.get("extra_credit") is True,
        skipped="skip-execution" in _texts(tags),
        released_as=_text(settings.get("cell_type")),
        released=_text(settings.get("checksum")),
        settings=settings,
    )


def _role(settings: Mapping[str, Any]) -> CellRole:
    if settings.get("task"):
        return "task"
    match bool(settings.get("grade")), bool(settings.get("solution")):
        case True, True:
            return "answer"
        case True, False:
            return "test"
        case False, True:
            return "solution"
    return "other"


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
