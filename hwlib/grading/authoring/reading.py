"""Reads assignments/SLUG/notebook.py into cells with roles, and reports faults by file and line.

The format is jupytext's `py:percent`. jupytext decides where cells begin and what is Markdown.
headers.py decides what a header may say, regions.py where the markers may be, and oracles.py who
may use an oracle's names. docs/authoring.md has the rules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jupytext

from hwlib.errors import AuthoringError, CourseError
from hwlib.grading.authoring.headers import HEADER, LANGUAGE, needs_points, read_header
from hwlib.grading.authoring.names import bound_names
from hwlib.grading.authoring.oracles import inline_oracles
from hwlib.grading.authoring.point_lists import in_listed_parts
from hwlib.grading.authoring.regions import PART, check_markers, with_region
from hwlib.grading.authoring.tested_names import check_names_of_tests
from hwlib.grading.authoring.written import AuthoredCell, ParsedNotebook, WrittenCell
from hwlib.grading.cell_names import names_in
from hwlib.grading.cells import (
    as_released,
    grade_id_for,
    in_file,
    line_kinds,
    parse_cell,
    tree_of,
)
from hwlib.grading.course import Assignment, read_written
from hwlib.grading.parts import EARNED, PartFault, listed, parts_of

__all__ = ["MAY_RAISE", "load_notebook", "load_notebooks", "parse_notebook", "run_cells"]

MAY_RAISE = "raises-exception"  # Jupyter's tag of a cell that may fail, and need not be Python


def load_notebooks(assignment: Assignment) -> tuple[ParsedNotebook, ...]:
    """Read all notebooks of an assignment, and compare them with its assignment.toml.

    Raises
    ------
    AuthoringError
        If there is a fault in either file, or if the points don't add up.
    CourseError
        If there is no notebook.py.
    """
    _check_named(assignment.folder)
    found = tuple(
        parse_notebook(one.notebook, names=assignment.artifacts)
        for one in assignment.each_notebook()
    )
    _check_apart(found)
    points = sum(parsed.points for parsed in found)
    if abs(points - assignment.points) > 1e-9:
        toml = assignment.folder / "assignment.toml"
        lines = toml.read_text(encoding="utf-8").splitlines() if toml.is_file() else []
        line = next((i for i, text in enumerate(lines, 1) if re.match(r"\s*points\b", text)), 0)
        raise AuthoringError(
            toml,
            line,
            f"points = {assignment.points:g}, but the points in "
            f"{', '.join(parsed.path.name for parsed in found)} add up to {points:g}; change one "
            "of them",
        )
    return found


def load_notebook(assignment: Assignment) -> ParsedNotebook:
    """The same for an assignment of one notebook, or for one of several (`each_notebook`)."""
    if assignment.stem:
        return parse_notebook(assignment.notebook, names=assignment.artifacts)
    if assignment.has_several:
        raise CourseError(
            f"{assignment.folder}: expected one notebook, notebook.py, found "
            f"{', '.join(f'{stem}.py' for stem in assignment.stems)}; name one of them"
        )
    (parsed,) = load_notebooks(assignment)
    return parsed


def _check_named(folder: Path) -> None:
    """Raise AuthoringError for a second notebook beside notebook.py, which would not be read."""
    if not (folder / "notebook.py").is_file():
        return
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.name != "notebook.py" and re.search(r"^# %%", text, re.MULTILINE):
            raise AuthoringError(
                path,
                1,
                "this notebook is not read, because there is a notebook.py; an assignment of "
                "several notebooks has other names for all of them, so rename notebook.py",
            )


def _check_apart(notebooks: Sequence[ParsedNotebook]) -> None:
    """Raise AuthoringError if a solution or question has the name of one in another notebook."""
    seen: dict[tuple[bool, str], tuple[Path, AuthoredCell]] = {}
    for parsed in notebooks:
        for cell in parsed.cells:
            kinds = {cell.is_question} | ({False} if cell.role == "solution" else set())
            for kind in kinds if cell.name else ():
                path, other = seen.setdefault((kind, cell.name), (parsed.path, cell))
                if path != parsed.path:
                    raise AuthoringError(
                        parsed.path,
                        cell.line,
                        f'{cell.role}="{cell.name}": this name is taken by '
                        f'{other.role}="{other.name}" in {path.name}, line {other.line}; all '
                        f"notebooks of an assignment share one list; rename one of them, for "
                        f'example "{cell.name}-2"',
                    )


def parse_notebook(path: Path, names: Collection[str] = ()) -> ParsedNotebook:
    """Read a notebook in percent format.

    Parameters
    ----------
    path : Path
        The file notebook.py.
    names : Collection[str]
        Names that a test may have although the notebook does not define them: those of the models
        that are handed in.

    Raises
    ------
    AuthoringError
        At the first fault, with its line.
    CourseError
        If there is no such file.
    """
    text = _read(path)
    cells = tuple(_read_cell(path, *raw) for raw in _split(path, text))
    if not cells:
        raise AuthoringError(
            path, 0, "found no cells; begin a cell with a line `# %%` or `# %% [markdown]`"
        )
    for cell in cells:
        check_markers(path, cell)
    _check_unique(path, cells)
    _check_ids(path, cells)
    cells = tuple(in_listed_parts(path, cell) for cell in cells)
    trees = {cell.line: _check_syntax(path, cell) for cell in cells if cell.cell_type == "code"}
    cells = tuple(_with_points_of_parts(path, cell) for cell in cells)
    _check_tested_names(path, cells, trees, names)
    inlined = inline_oracles(path, cells, trees)
    check_names_of_tests(path, inlined)
    return ParsedNotebook(path, tuple(map(_with_parts_listed, inlined)))


def run_cells(
    assignment: Assignment, wanted: Callable[[AuthoredCell], bool], /, **names: Any
) -> dict[str, Any]:
    """Run some cells of notebook.py in this process, in order.

    Use it to train the models that the reference hands in, or to try its functions.

    Parameters
    ----------
    wanted : callable
        Called with each cell; returns whether to run it.
    **names
        Names that the cells may use, besides `hwlib` and `check`.

    Returns
    -------
    dict
        All names after the last cell, with their values.
    """
    import hwlib
    from hwlib import checks

    space: dict[str, Any] = {"__name__": "__main__", "hwlib": hwlib, "check": checks, **names}
    for cell in filter(wanted, load_notebook(assignment).cells):
        exec(
            compile("\n" * (cell.source_line - 1) + cell.source, str(assignment.notebook), "exec"),
            space,
        )
    return space


# ---- reading and splitting ----

_NUMBERED = re.compile(
    rf"^# %%(?: \[markdown\])?(?: {LANGUAGE.pattern})? hwlib_line=(\d+)$", re.MULTILINE
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


def _read(path: Path) -> str:
    if not path.is_file():
        raise CourseError(
            f"{path}: no such file; write the assignment's cells in notebook.py, see "
            "docs/authoring.md"
        )
    text = read_written(path)
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise AuthoringError(path, line, f"found the invisible character {found[0]!r}; remove it")
    return text


def _split(path: Path, text: str) -> Iterator[tuple[int, str, list[str], str]]:
    """Split the file: (line of the header, the header's text, the file's lines, source) of each
    cell.

    jupytext does not tell in which line a cell begins. So each header is first replaced by one that
    contains its line number.
    """
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if HEADER.match(line)), len(lines))
    for number, line in enumerate(lines[:start], 1):
        if line.strip() and not line.startswith("#"):
            raise AuthoringError(
                path, number, "found code above the first cell; put a header line `# %%` above it"
            )
    numbered = [_number(line, i) for i, line in enumerate(lines[start:], start + 1)]
    options = {"extension": ".py", "format_name": "percent", "comment_magics": False}
    for cell in jupytext.reads("\n".join(numbered), fmt=options).cells if numbered else ():
        number = cell.metadata["hwlib_line"]
        # a header inside a string is not a header: put the original line back
        source = _NUMBERED.sub(lambda found: lines[int(found[1]) - 1], cell.source)
        yield number, lines[number - 1], lines, source


def _number(line: str, number: int) -> str:
    header = HEADER.match(line)
    if not header:
        return line
    text = header["text"] or ""
    markdown = " [markdown]" if re.match(r"\[(markdown|md)\]", text) else ""
    # so that jupytext puts the magic %%bash above the cell, and removes the # in front of its lines
    language = LANGUAGE.search(text)
    return f"# %%{markdown}{f' {language[0].strip()}' if language else ''} hwlib_line={number}"


# ---- cells ----


def _read_cell(
    path: Path, line: int, header: str, lines: Sequence[str], source: str
) -> WrittenCell:
    said = read_header(path, line, header)
    worth = said.points is not None or said.points_of_each or PART in source
    if said.role == "test" and not worth:
        raise needs_points(path, line, said.role, said.name)
    kept = re.sub(r"^(\s*\n)+", "", source).rstrip()
    first = kept.partition("\n")[0]
    # the source begins below the header, perhaps after blank lines or """; an empty cell has no
    # source
    start = (
        next((i for i in range(line if first else line - 1, len(lines)) if first in lines[i]), line)
        + 1
    )
    return with_region(
        WrittenCell(
            said.role,
            said.name,
            said.points,
            "markdown" if said.markdown else "code",
            kept,
            line,
            start,
            said.trust,
            said.asks,
            said.manual,
            said.grade_id,
            said.tags,
            said.points_of_each,
            said.extra_credit,
        )
    )


# ---- parts ----


def _with_points_of_parts(path: Path, cell: WrittenCell) -> WrittenCell:
    """A test with parts is worth their sum, whether its header says so or not."""
    if cell.role != "test":
        return cell
    try:
        parts = parts_of(cell.source)
    except PartFault as error:
        raise AuthoringError(path, cell.lines[error.line - 1], str(error)) from error
    if not parts:
        if cell.points is None:  # the words stand in a comment
            raise needs_points(path, cell.line, cell.role, cell.name)
        return cell
    total = sum(part.points for part in parts)
    if cell.points is not None and abs(cell.points - total) > 1e-9:
        raise AuthoringError(
            path,
            cell.line,
            f"points={cell.points:g}, but the parts of this test add up to {total:g}; change one "
            "of them, or leave points out",
        )
    return replace(cell, points=total)


def _with_parts_listed(cell: AuthoredCell) -> AuthoredCell:
    """A test with parts: students read first which ones there are, and last what they earned."""
    parts = parts_of(cell.source) if cell.role == "test" else ()
    if not parts:
        return cell
    above = list(listed(parts))
    below = [] if cell.source.rstrip().endswith(EARNED) else [EARNED]
    source = "\n".join([*above, cell.source, *below])
    lines = (*[cell.line] * len(above), *cell.lines, *[cell.lines[-1]] * len(below))
    return replace(cell, source=source, lines=lines)


# ---- names and syntax ----


def _check_unique(path: Path, cells: Sequence[WrittenCell]) -> None:
    seen: dict[tuple[str, str], WrittenCell] = {}
    for cell in cells:
        lists: list[str] = [cell.role] if cell.role in ("solution", "oracle") else []
        # all questions share one list
        lists += ["question"] if cell.role in ("test", "answer", "task") or cell.manual else []
        for wanted in ((one, cell.name) for one in lists):
            if wanted in seen:
                first = seen[wanted]
                raise AuthoringError(
                    path,
                    cell.line,
                    f'{cell.role}="{cell.name}": this name is taken by {first.role}="{first.name}" '
                    f'in line {first.line}; rename one of them, for example "{cell.name}-2"',
                )
            seen[wanted] = cell


_OF_THE_BUILD = re.compile(r"(setup|code|experiment|prose)-\d+|submit|title")  # ids that it gives


def _check_ids(path: Path, cells: Sequence[WrittenCell]) -> None:
    """Raise AuthoringError for an `id="…"` that another cell has, by its header or by its name."""
    made = {grade_id_for(cell.role, cell.name): cell for cell in cells if cell.role != "oracle"}
    seen: dict[str, WrittenCell] = {}
    for cell in (cell for cell in cells if cell.given_id):
        other = seen.get(cell.given_id) or made.get(cell.given_id, cell)
        if _OF_THE_BUILD.fullmatch(cell.given_id) or other is not cell:
            where = "the build itself" if other is cell else f"the cell in line {other.line}"
            raise AuthoringError(
                path,
                cell.line,
                f'id="{cell.given_id}" is taken by {where}; choose another one',
            )
        seen[cell.given_id] = cell


def _check_syntax(path: Path, cell: WrittenCell) -> ast.Module:
    if MAY_RAISE in cell.tags and cell.role in ("code", "experiment"):
        return tree_of(cell.source) or ast.Module([], [])
    tree = _parse_at(path, cell, cell.source, "")
    kinds = line_kinds(cell.source)
    if "marker" in kinds:
        _parse_at(
            path,
            cell,
            as_released(cell.source),
            "without its region, as students get it, this cell is not valid Python: ",
        )
    return tree


def _parse_at(path: Path, cell: WrittenCell, source: str, context: str) -> ast.Module:
    try:
        return parse_cell(source)
    except SyntaxError as error:
        offset = min(error.lineno or 1, cell.source.count("\n") + 1) - 1
        if context:  # the line numbers are different: point at the region
            offset = line_kinds(cell.source).index("marker")
        lines = () if context else cell.lines
        told = f"{context}{in_file(error.msg, lines)}; correct the code"
        raise AuthoringError(path, cell.lines[offset], told) from error


def _check_tested_names(
    path: Path, cells: Sequence[WrittenCell], trees: dict[int, ast.Module], names: Collection[str]
) -> None:
    """A test is named after what it tests: a definition, or a solution that defines nothing.

    A test that uses nothing of the student's may have any name.
    """
    defined, students = set(names), set[str]()
    for cell in cells:
        if cell.role in ("solution", "setup", "code", "experiment"):
            defined |= bound_names(trees[cell.line])
        if cell.role in ("solution", "code", "experiment"):
            students |= names_in(cell.source).binds
        if cell.role == "solution":
            defined.add(cell.name.partition("-")[0])
    for cell in cells:
        name = cell.name.partition("-")[0]
        if cell.role != "test" or name in defined:
            continue
        if not trees[cell.line].body or names_in(cell.source).uses & students:
            raise AuthoringError(
                path,
                cell.line,
                f'test="{cell.name}": no cell defines {name!r}; name the test after a '
                "function, class, method or variable that the notebook defines, or after the "
                "solution cell",
            )
