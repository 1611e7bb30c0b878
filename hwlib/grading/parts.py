"""The parts of a test cell: its blocks `with check.part(points, "name"):`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hwlib.grading.cells import parse_cell
from hwlib.markers import hidden_lines

__all__ = [
    "EARNED",
    "MOST",
    "Part",
    "PartFault",
    "block_of",
    "can_fail",
    "in_digits",
    "in_full",
    "listed",
    "part_of",
    "parts_of",
    "that_may_fail",
]

MOST = 1e6  # all points are less
EARNED = "check.earned()"  # the last line of a test cell that has parts
MAX_NAME = 60

_CHECKS = re.compile(r"assert|check|test|expect|verify|validate|equal|close|fail", re.IGNORECASE)
_CHECK = ("check", "checks")  # as notebooks call hwlib.checks


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a test cell."""

    name: str
    points: float
    hidden: bool  # whether all of it is below the marker of hidden tests
    line: int  # of its `with`, from 1


class PartFault(ValueError):
    """A part that is not as it must be: line in the cell, and what to do about it."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


@lru_cache(maxsize=512)
def parts_of(source: str) -> tuple[Part, ...]:
    """The parts of a test cell, in order; () if it has none or is not valid Python.

    Raises
    ------
    PartFault
        If one is inside another block, or its points and name are not written out, or two have one
        name.

    Examples
    --------
    >>> parts_of('with check.part(2, "the sum"):\\n    check.equal(f(1), 1)')
    (Part(name='the sum', points=2.0, hidden=False, line=1),)
    """
    try:
        tree = parse_cell(source)
    except (SyntaxError, ValueError):
        return ()
    hidden = hidden_lines(source.split("\n"))
    found = [part_of(node, hidden) for node in tree.body]
    parts = tuple(part for part in found if part is not None)
    known = {part.line for part in parts}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_call(node) and node.lineno not in known:
            raise PartFault(
                node.lineno,
                'check.part(…) stands in `with check.part(points, "name"):` at the left margin of '
                "a test cell, outside every other block; move it there",
            )
    names = [part.name for part in parts]
    for place, part in enumerate(parts):
        if part.name in names[:place]:
            raise PartFault(part.line, f"two parts are called {part.name!r}; rename one of them")
    return parts


def part_of(node: ast.stmt, hidden: frozenset[int] = frozenset()) -> Part | None:
    """The part that a statement of a test cell is; None for any other statement.

    Raises
    ------
    PartFault
        If its points and name are not written out.
    """
    if not isinstance(node, ast.With) or not _is_call(node.items[0].context_expr):
        return None
    call = node.items[0].context_expr
    assert isinstance(call, ast.Call)
    try:
        points, name = [ast.literal_eval(argument) for argument in call.args]
    except ValueError:
        points = name = None
    if (
        type(points) not in (int, float)
        or not 0 <= points < MOST
        or type(name) is not str
        or not name.strip()
        or call.keywords
    ):
        raise PartFault(
            node.lineno, 'a part needs its points and its name: check.part(2, "the name")'
        )
    if len(name) > MAX_NAME or "/" in name or not name.isprintable() or name != name.strip():
        raise PartFault(
            node.lineno,
            f"the name of a part is one line of at most {MAX_NAME} characters without a slash; "
            "shorten it",
        )
    return Part(name, float(points), node.lineno in hidden, node.lineno)


def can_fail(node: ast.AST) -> bool:
    r"""Whether a statement of a test asserts, raises or calls a check; a definition does not.

    >>> [can_fail(node) for node in ast.parse("x = f(1)\nassert x\ncheck.equal(x, 1)").body]
    [False, True, True]
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert | ast.Raise):
            return True
        if isinstance(inner, ast.Call):
            name = getattr(inner.func, "attr", getattr(inner.func, "id", ""))
            if _CHECKS.search(name):
                return True
    return False


def block_of(node: ast.With) -> Sequence[ast.stmt]:
    """The statements of a part, inside its other context managers if it has any."""
    if len(node.items) == 1:
        return node.body
    inner = ast.With(items=node.items[1:], body=node.body, type_comment=None)
    return [ast.copy_location(inner, node)]


def in_full(question: str, source: str) -> tuple[str, ...]:
    """`question/part` for each part of a test cell, or only the question if it has none."""
    return tuple(f"{question}/{part.name}" for part in parts_of(source)) or (question,)


def that_may_fail(question: str, source: str) -> tuple[str, ...]:
    """The question, and each of its parts as `question/part`."""
    return tuple(dict.fromkeys((question, *in_full(question, source))))


def listed(parts: Sequence[Part]) -> Iterator[str]:
    """Comment lines that tell students which parts a test cell has."""
    yield f"# {_counted(sum(part.points for part in parts))} in {len(parts)} parts:"
    for part in parts:
        yield f"# - {part.name}: {_counted(part.points)}{' (hidden checks)' * part.hidden}"


def _counted(points: float) -> str:
    return f"{points:g} point{'' if points == 1 else 's'}"


def _is_call(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="part")):
            return name in _CHECK
    return False


def in_digits(points: float) -> str:
    """Points as a header or a part says them, with at most six digits behind the point.

    >>> in_digits(2.0), in_digits(100 / 7)
    ('2', '14.285714')
    """
    return f"{points:.6f}".rstrip("0").rstrip(".")
