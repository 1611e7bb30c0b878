"""Looks in release/ for solutions, hidden tests, model answers, and numbers taken from them.

These are secret, and are looked for:

- Each line of a solution region or of hidden tests: the statement without its comment, and a
  longer comment by itself. Spaces are ignored.
- Each line of a model answer, rubric or mark scheme that has at least 5 words, whatever its line
  breaks and markup.
- Each number in these lines that has at least 6 significant digits, also rounded.
- Each string of a hidden test that has at least 20 characters.

Archives and compressed files are unpacked; one that can't be is told, too.

A *trivial* line says nothing about the solution and is not looked for: imports, `else:`,
`return x`, signatures, `x = []`, `n = X.shape[0]`, loops over a range, comparisons of two plain
names, and anything shorter than 12 characters. A secret line that is also in given code (outside
the regions) is skipped, because students know it anyway. But a given cell that holds a whole
solution region is a leak.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nbformat import NotebookNode

from hwlib.errors import CourseError
from hwlib.grading.authoring.packed import CLOSED, with_unpacked
from hwlib.grading.cells import (
    LineKind,
    code_and_comment,
    given_part,
    grade_id_of,
    line_kinds,
    parse_cell,
)
from hwlib.grading.course import Assignment

__all__ = [
    "Leak",
    "find_leaks",
    "is_trivial",
    "leaks_between",
    "leaks_in_tree",
    "needlessly_allowed",
    "without_allowed",
]

Kind = Literal["solution", "hidden test", "answer", "number", "string", "marker", "file"]


@dataclass(frozen=True, slots=True)
class Leak:
    """One secret of the instructor's that was found in release/."""

    kind: Kind
    text: str  # the secret
    origin: str  # grade id of the cell it belongs to, "" for files
    line: int  # in that cell, from 1
    where: str  # the file in release/ and the place in it

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= 70 else f"{self.text[:67]}…"
        of = f" of {self.origin}" if self.origin else ""
        return f"leak: students can see this {self.kind}{of} in release/, {self.where}: {shown}"


def find_leaks(assignment: Assignment) -> list[Leak]:
    """Look for secrets of source/SLUG/SLUG.ipynb in every file of release/SLUG/.

    Both are read from the disk.

    Raises
    ------
    CourseError
        If the assignment has not been built.
    """
    each = assignment.each_notebook()
    for path in (path for one in each for path in (one.source, one.release)):
        if not path.is_file():
            raise CourseError(f"{path}: no such file; run `hw build {assignment.slug}` first")
    folder = assignment.release.parent
    released = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    leaks = [leak for source in _sources(assignment) for leak in leaks_between(source, released)]
    return [*without_allowed(assignment, leaks), *_instructor_files(assignment, released)]


def without_allowed(assignment: Assignment, leaks: Iterable[Leak]) -> list[Leak]:
    """The leaks that [leaks.allow] of assignment.toml does not name. A marker can't be allowed."""
    return [
        leak
        for leak in leaks
        if leak.kind == "marker"
        or not any(_is_named(leak, one) for one in assignment.allowed_leaks)
    ]


def needlessly_allowed(assignment: Assignment, leaks: Sequence[Leak]) -> list[str]:
    """The entries of [leaks.allow] that no leak needs."""
    return [
        name
        for name in assignment.allowed_leaks
        if not any(_is_named(leak, name) for leak in leaks)
    ]


def _is_named(leak: Leak, name: str) -> bool:
    return name == leak.origin or _compact(name) == _compact(leak.text)


def _sources(assignment: Assignment) -> Iterator[NotebookNode]:
    for one in assignment.each_notebook():
        yield _as_node(json.loads(one.source.read_text(encoding="utf-8")))


def leaks_in_tree(assignment: Assignment, files: Mapping[str, bytes]) -> list[Leak]:
    """Look for one assignment's secrets in files that do not belong to it.

    A line of code or a string may be the same by chance in another assignment. So these count from
    three of one cell in one place.

    Parameters
    ----------
    assignment : Assignment
    files : Mapping[str, bytes]
        File name → content.
    """
    found = [leak for source in _sources(assignment) for leak in leaks_between(source, files)]
    found = [leak for leak in without_allowed(assignment, found) if leak.text != CLOSED]
    by_chance = ("solution", "hidden test", "string")
    count = Counter((leak.origin, leak.where) for leak in found if leak.kind in by_chance)
    return [
        *(
            leak
            for leak in found
            if leak.kind not in by_chance or count[leak.origin, leak.where] >= _NOT_BY_CHANCE
        ),
        *_instructor_files(assignment, files),
    ]


_NOT_BY_CHANCE = 3  # lines of one secret cell in one place


def leaks_between(source: NotebookNode, released: Mapping[str, bytes]) -> list[Leak]:
    """Look for secrets of a source notebook in the files that students get.

    Parameters
    ----------
    source : NotebookNode
        The notebook with solutions and hidden tests, as the build made it.
    released : Mapping[str, bytes]
        File name → content. The release notebook is one of the files.
    """
    given = _Given.of(source)
    secrets = [secret for secret in _secrets(source) if not given.has(secret)]
    leaks = list(_whole_regions(source))
    files, closed = with_unpacked(released)
    leaks += [Leak("file", CLOSED, "", 0, name) for name in closed]
    for name, content in files.items():
        for where, text in _texts(name, content):
            hay = _Hay.of(text, exact_numbers=not name.endswith(".ipynb"))
            leaks += [Leak(s.kind, s.text, s.origin, s.line, where) for s in secrets if hay.has(s)]
            leaks += [Leak("marker", found[0], "", 0, where) for found in _MARKERS.finditer(text)]
    return leaks


_MARKERS = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)")


def _instructor_files(assignment: Assignment, released: Mapping[str, bytes]) -> Iterator[Leak]:
    """Whole files of the instructor's that were copied into release/."""
    ours = {
        path.read_bytes(): path
        for path in (
            assignment.equivalents,
            *(
                path
                for folder in ("artifacts", "wrong", "right")
                for path in sorted((assignment.folder / folder).rglob("*"))
            ),
        )
        if path.is_file() and path.stat().st_size
    }
    for name, content in with_unpacked(released)[0].items():
        path = ours.get(content)
        if path or name in {f"{artifact}.safetensors" for artifact in assignment.artifacts}:
            yield Leak(
                "file", str(path.relative_to(assignment.folder)) if path else name, "", 0, name
            )


# ---- secrets ----


@dataclass(frozen=True, slots=True)
class _Secret:
    kind: Kind
    text: str  # as the author wrote it
    needle: str  # the form in which it is searched for
    origin: str
    line: int
    digits: int = 0  # significant digits, if it is a number


def _secrets(source: NotebookNode) -> Iterator[_Secret]:
    seen: set[tuple[Kind, str]] = set()
    for cell in source.cells:
        for secret in _cell_secrets(cell):
            if (secret.kind, secret.needle) not in seen:
                seen.add((secret.kind, secret.needle))
                yield secret


def _cell_secrets(cell: NotebookNode) -> Iterator[_Secret]:
    kinds = line_kinds(cell.source)
    origin = grade_id_of(cell)
    markdown = cell.cell_type == "markdown"
    for number, (line, line_kind) in enumerate(zip(cell.source.split("\n"), kinds, strict=True), 1):
        if line_kind not in ("solution", "hidden", "scheme"):
            continue
        if markdown:
            words = _words(line)
            if words.count(" ") >= 4:
                yield _Secret("answer", line.strip(), words, origin, number)
        else:
            kind: Kind = "solution" if line_kind == "solution" else "hidden test"
            for part in code_and_comment(line):
                if not is_trivial(part):
                    yield _Secret(kind, part, _compact(part), origin, number)
        for text in _NUMBER.findall(line):
            if (digits := _digits(text)) >= _MIN_DIGITS:
                yield _Secret("number", text, _value(text), origin, number, digits)
    if "hidden" in kinds:
        yield from _hidden_strings(cell.source, kinds, origin)


def _hidden_strings(code: str, kinds: list[LineKind], origin: str) -> Iterator[_Secret]:
    try:
        nodes = list(ast.walk(parse_cell(code)))
    except SyntaxError:  # somebody edited the source notebook; its lines are still searched for
        return
    for node in nodes:
        match node:
            case ast.Constant(value=str(text), lineno=number) if (
                len(text) >= 20 and kinds[number - 1] == "hidden"
            ):
                yield _Secret("string", text, _compact(text), origin, number)


# ---- trivial lines ----

_KEYWORD_ONLY = re.compile(r"(else|try|finally|except\b.*|case\b.*|match\b.*)\s*:")


def is_trivial(line: str) -> bool:
    """Whether a line of code says nothing about the solution (the module's docstring has the rule).

    >>> is_trivial("num_test = X.shape[0]"), is_trivial("dists = np.sqrt(np.maximum(squares, 0))")
    (True, False)
    """
    line = line.strip()
    if len(_compact(line)) < 12 or _KEYWORD_ONLY.fullmatch(line):
        return True
    try:
        body = ast.parse(f"{re.sub('^elif', 'if', line)} pass" if line.endswith(":") else line).body
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # part of a longer statement, or a comment
        return len(_compact(line)) < 16 or len(re.findall(r"[^\W\d]\w*", line)) < 2
    return all(_says_nothing(statement) for statement in body)


def _says_nothing(node: ast.stmt) -> bool:
    match node:
        case (
            ast.Import()
            | ast.ImportFrom()
            | ast.Global()
            | ast.Nonlocal()
            | ast.Pass()
            | ast.FunctionDef()
            | ast.AsyncFunctionDef()
            | ast.ClassDef()
        ):
            return True
        case (
            ast.Return(value=value)
            | ast.Assign(value=value)
            | ast.AnnAssign(value=value)
            | ast.Raise(exc=value)
        ):
            return value is None or _plain(value)
        case ast.Expr(value=ast.Constant()):
            return False  # a docstring: prose
        case ast.Expr(value=value):
            return _plain(value)
        case ast.For(
            iter=ast.Call(func=ast.Name(id="range" | "enumerate" | "zip"), args=arguments)
        ):
            return all(_plain(argument) for argument in arguments)
        case ast.For(iter=value):
            return _plain(value)
        case (
            ast.If(test=ast.Compare(left=left, comparators=rights))
            | ast.While(test=ast.Compare(left=left, comparators=rights))
        ):
            return all(_plain(value) for value in (left, *rights))
        case ast.If(test=value) | ast.While(test=value):
            return _plain(value)
    return False


def _plain(node: ast.expr) -> bool:
    """Whether an expression says nothing about the solution.

    That is a name, a small constant, an entry or the length of something plain, an empty
    container, or a call without arguments.
    """
    match node:
        case ast.Constant(value=value):
            return len(str(value)) < 12
        case ast.Name():
            return True
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value):
            return _plain(value)
        case ast.Subscript(value=value, slice=index):
            return _plain(value) and _plain(index)
        case ast.Slice(lower=lower, upper=upper, step=step):
            return all(part is None or _plain(part) for part in (lower, upper, step))
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return len(parts) <= 3 and all(_plain(part) for part in parts)
        case ast.Dict(keys=[]):
            return True
        case ast.Call(func=ast.Name(id="len"), args=[part]):
            return _plain(part)
        case ast.Call(func=function, args=[], keywords=[]):
            return _plain(function)
    return False


# ---- searching ----

_MIN_DIGITS = 6
_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:,\d{3})*(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w])")


def _compact(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _value(text: str) -> str:
    return repr(float(re.sub("[_,]", "", text)))


def _digits(text: str) -> int:
    """Significant digits: 7906696.077 → 10, 1e-6 → 1, 100000 → 1.

    >>> [_digits(text) for text in ("7906696.077", "1e-6", "100000", "0.0123456")]
    [10, 1, 1, 6]
    """
    mantissa = re.sub(r"[_,.]", "", re.split("[eE]", text)[0]).lstrip("0")
    return len(mantissa if "." in text else mantissa.rstrip("0"))


def _same_number(secret: _Secret, value: str, digits: int) -> bool:
    precision = min(secret.digits, digits)
    return f"{float(secret.needle):.{precision}g}" == f"{float(value):.{precision}g}"


@dataclass(frozen=True, slots=True)
class _Hay:
    """A released text in the forms that are searched for secrets."""

    compact: str
    words: str
    numbers: frozenset[tuple[str, int]]  # value and significant digits
    exact_numbers: bool  # for tables of data, which hold many numbers: all digits must agree

    @classmethod
    def of(cls, text: str, exact_numbers: bool = False) -> _Hay:
        numbers = frozenset((_value(found), _digits(found)) for found in _NUMBER.findall(text))
        return cls(
            _compact(text),
            f" {_words(text)} ",
            frozenset(n for n in numbers if n[1] >= _MIN_DIGITS),
            exact_numbers,
        )

    def has(self, secret: _Secret) -> bool:
        if secret.kind == "answer":
            return f" {secret.needle} " in self.words
        if secret.kind == "number":
            return any(
                _same_number(secret, value, digits)
                for value, digits in self.numbers
                if digits >= secret.digits or not self.exact_numbers
            )
        return secret.needle in self.compact


@dataclass(frozen=True, slots=True)
class _Given:
    """What the author shows on purpose: all given code, and the question above each answer."""

    code: _Hay
    questions: dict[str, str]

    @classmethod
    def of(cls, source: NotebookNode) -> _Given:
        code = [given_part(cell.source) for cell in source.cells if cell.cell_type == "code"]
        questions = {
            cell.metadata["nbgrader"]["grade_id"]: f" {_words(given_part(cell.source))} "
            for cell in source.cells
            if cell.cell_type == "markdown" and "nbgrader" in cell.metadata
        }
        return cls(_Hay.of("\n".join(code)), questions)

    def has(self, secret: _Secret) -> bool:
        return self.code.has(secret) or f" {_words(secret.text)} " in self.questions.get(
            secret.origin, ""
        )


def _whole_regions(source: NotebookNode) -> Iterator[Leak]:
    """Given code cells that hold a whole solution region, so the author forgot the markers."""
    for cell in source.cells:
        if cell.cell_type != "code":
            continue
        origin = grade_id_of(cell)
        for number, lines in _regions(cell.source):
            needles = [_compact(line) for line in lines]
            if sum(map(len, needles)) < 40:
                continue
            for other in source.cells:
                shown = _compact(given_part(other.source)) if other.cell_type == "code" else ""
                if all(needle in shown for needle in needles):
                    name = other.metadata.get("hwlib", {}).get("name", other.get("id", ""))
                    where = f"given code of the cell {name}"
                    yield Leak("solution", lines[0], origin, number, where)


def _regions(code: str) -> Iterator[tuple[int, list[str]]]:
    """For each solution region, the number of its first line that isn't trivial, and all such
    lines.
    """
    number, lines = 0, list[str]()
    for i, (line, line_kind) in enumerate(zip(code.split("\n"), line_kinds(code), strict=True), 1):
        if line_kind == "solution" and not is_trivial(code_and_comment(line)[0]):
            number, lines = number or i, [*lines, code_and_comment(line)[0]]
        elif line_kind == "marker" and lines:
            yield number, lines
            number, lines = 0, []


# ---- what is in release/ ----


def _texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Every text in a file, with its place.

    JSON files give their strings one by one, other files their whole text.
    """
    text = content.decode(_encoding(content), errors="ignore")
    if name.endswith((".ipynb", ".json")):
        try:
            values = json.loads(text)
        except ValueError:
            yield name, text
            return
        yield from _notebook_texts(name, values)
    else:
        yield name, text


def _encoding(content: bytes) -> str:
    """UTF-8, unless every second byte of its begin is 0, as where Windows saves "Unicode"."""
    begin = content[:2000]
    for zeros, encoding in ((begin[1::2], "utf-16-le"), (begin[::2], "utf-16-be")):
        if len(zeros) > 20 and zeros.count(0) > 0.8 * len(zeros):
            return encoding
    return "utf-8"


def _notebook_texts(name: str, values: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(values, dict) or not isinstance(values.get("cells"), list):
        yield name, "\n".join(_strings(values))
        return
    for number, cell in enumerate(values["cells"], 1):
        for part, value in cell.items() if isinstance(cell, dict) else [("source", cell)]:
            yield f"{name} cell {number} ({part})", "\n".join(_strings(value))
    yield (
        f"{name} (metadata)",
        "\n".join(_strings({key: value for key, value in values.items() if key != "cells"})),
    )


def _strings(value: Any) -> Iterable[str]:
    """The keys, strings and numbers of a JSON value; a list of lines counts as one text."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list) and all(isinstance(inner, str) for inner in value):
        yield "".join(value)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif value is not None:
        yield str(value)


def _as_node(values: dict[str, Any]) -> NotebookNode:
    """A notebook from plain JSON, with the lines of each source joined."""
    for cell in values["cells"]:
        if not isinstance(cell["source"], str):
            cell["source"] = "".join(cell["source"])
    return NotebookNode({**values, "cells": [NotebookNode(cell) for cell in values["cells"]]})
