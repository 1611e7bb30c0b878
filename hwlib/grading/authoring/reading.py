"""Reads assignments/SLUG/notebook.py into cells with roles, and reports faults by file and line.

The format is jupytext's `py:percent`. jupytext decides where cells begin and what is Markdown. This
module decides what a header may say, and where the markers `### BEGIN SOLUTION` and
`### BEGIN HIDDEN TESTS` may be. oracles.py decides who may use an oracle's names.
docs/authoring.md has the rules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import jupytext

from hwlib.errors import AuthoringError, CourseError
from hwlib.grading.authoring.names import bound_names
from hwlib.grading.authoring.oracles import inline_oracles
from hwlib.grading.authoring.written import (
    AuthoredCell,
    AuthoredRole,
    ParsedNotebook,
    WrittenCell,
)
from hwlib.grading.cells import MARKER, as_released, line_kinds, parse_cell
from hwlib.grading.course import Assignment
from hwlib.grading.parts import EARNED, PartFault, listed, parts_of
from hwlib.grading.results import Trust

__all__ = ["load_notebook", "parse_notebook", "run_cells"]


def load_notebook(assignment: Assignment) -> ParsedNotebook:
    """Read an assignment's notebook.py and compare it with its assignment.toml.

    Raises
    ------
    AuthoringError
        If there is a fault in either file, or if the points don't add up.
    CourseError
        If there is no notebook.py.
    """
    parsed = parse_notebook(assignment.notebook, names=assignment.artifacts)
    if abs(parsed.points - assignment.points) > 1e-9:
        toml = assignment.folder / "assignment.toml"
        lines = toml.read_text(encoding="utf-8").splitlines() if toml.is_file() else []
        line = next((i for i, text in enumerate(lines, 1) if re.match(r"\s*points\b", text)), 0)
        raise AuthoringError(
            toml,
            line,
            f"points = {assignment.points:g}, but the points in notebook.py add up to "
            f"{parsed.points:g}; change one of them",
        )
    return parsed


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
        _check_markers(path, cell)
    _check_unique(path, cells)
    trees = {cell.line: _check_syntax(path, cell) for cell in cells if cell.cell_type == "code"}
    cells = tuple(_with_points_of_parts(path, cell) for cell in cells)
    _check_tested_names(path, cells, trees, names)
    asked = tuple(map(_with_parts_listed, inline_oracles(path, cells, trees)))
    return ParsedNotebook(path, asked)


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

_HEADER = re.compile(
    r"^(?P<indent>\s*)#\s*(?:(?P<percent>%%)(?P<deeper>%*)(?:\s+(?P<text>.*))?|<codecell>|In\[[0-9 "
    r"]*\]:?)\s*$"
)
_NUMBERED = re.compile(r"^# %%(?: \[markdown\])? hwlib_line=(\d+)$", re.MULTILINE)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


def _read(path: Path) -> str:
    if not path.is_file():
        raise CourseError(
            f"{path}: no such file; write the assignment's cells in notebook.py, see "
            "docs/authoring.md"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise AuthoringError(path, line, "not UTF-8; save the file in that encoding") from error
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
    start = next((i for i, line in enumerate(lines) if _HEADER.match(line)), len(lines))
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
    header = _HEADER.match(line)
    if not header:
        return line
    markdown = " [markdown]" if re.match(r"\[(markdown|md)\]", header["text"] or "") else ""
    return f"# %%{markdown} hwlib_line={number}"


# ---- headers ----

_TOKEN = re.compile(
    r'\[(?P<type>[^\]]*)\]|(?P<attribute>\w+)=(?P<value>"[^"]*"|[^\s"]+)(?=\s|$)|(?P<word>\S+)'
)
_KNOWN = (
    'setup, experiment, solution="NAME", test="NAME" points=N, oracle="NAME", '
    '[markdown], [markdown] answer="NAME" points=N'
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_-]+)?")
_NUMBER = re.compile(r"-?\d{1,6}(\.\d{0,6})?|-?\.\d{1,6}")


def _read_cell(
    path: Path, line: int, header: str, lines: Sequence[str], source: str
) -> WrittenCell:
    markdown, words, attributes = _read_header(path, line, header)
    role = _role(path, line, markdown, words, attributes)
    name = attributes.pop(role, "")
    if role in ("solution", "test", "answer", "oracle") and not _NAME.fullmatch(name):
        raise AuthoringError(
            path,
            line,
            f'{role}="{name}": expected a name of letters, digits and _, perhaps with a suffix '
            'such as "KNN-2"',
        )
    said = attributes.pop("points", None)
    if said is None and role == "test" and _PART in source:
        points = None  # those of its parts
    else:
        points = _points(path, line, role, name, said)
    trust = _trust(path, line, role, attributes.pop("trust", "isolated"))
    if attributes:
        unknown = next(iter(attributes))
        raise AuthoringError(
            path,
            line,
            f"{_a(role)} cell cannot have the attribute {unknown!r}; known headers: {_KNOWN}",
        )
    kept = re.sub(r"^(\s*\n)+", "", source).rstrip()
    first = kept.partition("\n")[0]
    # the source begins below the header, perhaps after blank lines or """; an empty cell has no
    # source
    start = (
        next((i for i in range(line if first else line - 1, len(lines)) if first in lines[i]), line)
        + 1
    )
    return WrittenCell(
        role, name, points, "markdown" if markdown else "code", kept, line, start, trust
    )


def _read_header(path: Path, line: int, header: str) -> tuple[bool, list[str], dict[str, str]]:
    parts = _HEADER.match(header)
    if not parts or not parts["percent"] or parts["deeper"] or parts["indent"]:
        raise AuthoringError(
            path,
            line,
            f"other tools would begin a cell at {header.strip()!r}; write `# %%` at the start of "
            "the line, or reword the comment",
        )
    markdown, words, attributes = False, [], {}
    for position, token in enumerate(_TOKEN.finditer(parts["text"] or "")):
        if token["type"] is not None:
            if token["type"] not in ("markdown", "md") or position:
                raise AuthoringError(
                    path, line, f"unknown cell type {token[0]}; known headers: {_KNOWN}"
                )
            markdown = True
        elif token["attribute"] is not None:
            if token["attribute"] in attributes:
                raise AuthoringError(
                    path, line, f"found the attribute {token['attribute']!r} twice; keep one"
                )
            attributes[token["attribute"]] = token["value"].strip('"')
        else:
            words.append(token["word"])
    return markdown, words, attributes


def _role(
    path: Path, line: int, markdown: bool, words: list[str], attributes: dict[str, str]
) -> AuthoredRole:
    named = [name for name in attributes if name in ("solution", "test", "answer", "oracle")]
    said = [*words, *named]
    for word in words:
        if word not in ("setup", "experiment"):
            raise AuthoringError(
                path, line, f"unknown word {word!r} in a cell header; known headers: {_KNOWN}"
            )
    if len(said) > 1:
        raise AuthoringError(
            path,
            line,
            f"a cell can have one role, found {' and '.join(said)}; split the cell",
        )
    if not said:
        return "prose" if markdown else "code"
    if markdown != (said[0] == "answer"):
        raise AuthoringError(
            path,
            line,
            f"{_a(said[0])} cell must be code; remove [markdown] from its header"
            if markdown
            else "a written answer must be Markdown; write `# %% [markdown] answer=…`",
        )
    return cast(AuthoredRole, said[0])


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def _trust(path: Path, line: int, role: AuthoredRole, text: str) -> Trust:
    if text == "isolated":
        return "isolated"
    if role != "test":
        raise AuthoringError(
            path, line, f"{_a(role)} cell cannot have the attribute 'trust'; only tests can"
        )
    if text != "shared":
        raise AuthoringError(
            path,
            line,
            f'trust="{text}": expected "shared" (the test runs in the student\'s process, where '
            "its result can be forged)",
        )
    return "shared"


def _points(path: Path, line: int, role: AuthoredRole, name: str, text: str | None) -> float | None:
    if role not in ("test", "answer"):
        if text is not None:
            raise AuthoringError(
                path,
                line,
                f"{_a(role)} cell cannot have the attribute 'points'; only tests and answers can",
            )
        return None
    if text is None:
        raise AuthoringError(path, line, f'{role}="{name}" has no points; add points=N')
    if not _NUMBER.fullmatch(text):
        raise AuthoringError(path, line, f"points={text}: expected a number, such as points=3")
    if float(text) < 0:
        raise AuthoringError(path, line, f"points={text}: expected 0 or more")
    return float(text)


# ---- parts ----

_PART = "with check.part("


def _with_points_of_parts(path: Path, cell: WrittenCell) -> WrittenCell:
    """A test with parts is worth their sum, whether its header says so or not."""
    if cell.role != "test":
        return cell
    try:
        parts = parts_of(cell.source)
    except PartFault as error:
        raise AuthoringError(path, cell.source_line + error.line - 1, str(error)) from error
    if not parts:
        if cell.points is None:  # the words stand in a comment
            _points(path, cell.line, cell.role, cell.name, None)
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


# ---- markers ----

# what nbgrader takes for a marker anywhere in a line, and what an author may have meant as one
_RESERVED = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")
_NEARLY = re.compile(
    r"^\s*#+\s*(begin|end)[\s_-]*(the\s+)?(solutions?|hidden|hidden[\s_-]*tests?|tests?|answers?|mark(ing)?[\s_-]*scheme)\s*$",
    re.IGNORECASE,
)
_HOME = {"SOLUTION": ("solution", "answer"), "HIDDEN TESTS": ("test",)}


def _check_markers(path: Path, cell: WrittenCell) -> None:
    opened: tuple[str, int] | None = None
    closed: set[str] = set()
    in_parts = cell.role == "test" and _PART in cell.source  # each may have hidden tests
    lines = cell.source.split("\n")
    for number, text in enumerate(lines, cell.source_line):
        marker = MARKER.match(text)
        if not marker:
            _check_no_marker(path, number, cell, text)
            below = opened is None and "HIDDEN TESTS" in closed
            if text.strip() and below and not in_parts:
                raise AuthoringError(
                    path,
                    number,
                    "found a line below END HIDDEN TESTS, but hidden tests must come last in their "
                    "cell; move the line up",
                )
            continue
        what = marker["what"]
        if cell.role not in _HOME[what]:
            homes = " or ".join(_HOME[what])
            raise AuthoringError(
                path,
                number,
                f"found a {what} marker in {_a(cell.role)} cell; move it to {_a(homes)} cell",
            )
        if marker["edge"] == "BEGIN":
            if opened:
                raise AuthoringError(
                    path,
                    number,
                    f"BEGIN {what} inside the region that begins in line {opened[1]}; "
                    f"close that region first with ### END {opened[0]}",
                )
            if what == "HIDDEN TESTS" and what in closed and not in_parts:
                raise AuthoringError(
                    path, number, "a second BEGIN HIDDEN TESTS in this cell; join the two regions"
                )
            opened = (what, number)
        elif opened is None:
            raise AuthoringError(
                path, number, f"END {what} without BEGIN {what}; add the opening marker"
            )
        else:
            closed.add(what)
            opened = None
    if opened:
        raise AuthoringError(
            path,
            opened[1],
            f"BEGIN {opened[0]} without END {opened[0]} in this cell; add the closing marker",
        )
    if cell.role in ("solution", "answer") and "SOLUTION" not in closed:
        raise AuthoringError(
            path,
            cell.line,
            f'{cell.role}="{cell.name}" has no solution region; put the lines that students must '
            "not see between ### BEGIN SOLUTION and ### END SOLUTION",
        )


def _check_no_marker(path: Path, number: int, cell: WrittenCell, text: str) -> None:
    if _NEARLY.match(text):
        raise AuthoringError(
            path,
            number,
            f"unknown marker {text.strip()!r}; known: ### BEGIN SOLUTION, ### END SOLUTION, "
            "### BEGIN HIDDEN TESTS, ### END HIDDEN TESTS",
        )
    if found := _RESERVED.search(text):
        raise AuthoringError(
            path,
            number,
            f"nbgrader would treat this line as a marker, because it contains {found[0]!r}; put "
            f"`### {found[0]}` on a line of its own, or reword the line",
        )
    if cell.cell_type == "code" and "AUTOTEST" in text:
        raise AuthoringError(
            path, number, "hwlib does not support nbgrader's AUTOTEST; write a check instead"
        )


# ---- names and syntax ----


def _check_unique(path: Path, cells: Sequence[WrittenCell]) -> None:
    seen: dict[tuple[str, str], WrittenCell] = {}
    for cell in cells:
        if cell.role not in ("solution", "test", "answer", "oracle"):
            continue
        # tests and answers share one list: the questions
        wanted = ("question" if cell.role in ("test", "answer") else cell.role, cell.name)
        if wanted in seen:
            first = seen[wanted]
            raise AuthoringError(
                path,
                cell.line,
                f'{cell.role}="{cell.name}": this name is taken by {first.role}="{first.name}" in '
                f'line {first.line}; rename one of them, for example "{cell.name}-2"',
            )
        seen[wanted] = cell


def _check_syntax(path: Path, cell: WrittenCell) -> ast.Module:
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
        raise AuthoringError(
            path, cell.source_line + offset, f"{context}{error.msg}; correct the code"
        ) from error


def _check_tested_names(
    path: Path, cells: Sequence[WrittenCell], trees: dict[int, ast.Module], names: Collection[str]
) -> None:
    defined = set(names)
    for cell in cells:
        if cell.role in ("solution", "setup", "code", "experiment"):
            defined |= bound_names(trees[cell.line])
    for cell in cells:
        name = cell.name.partition("-")[0]
        if cell.role == "test" and name not in defined:
            raise AuthoringError(
                path,
                cell.line,
                f'test="{cell.name}": no cell defines {name!r}; name the test after a '
                "function, class, method or variable that the notebook defines",
            )
