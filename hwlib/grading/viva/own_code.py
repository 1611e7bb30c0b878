"""Reads a student's functions: which lines assign what, and which could be left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwlib.grading.cell_names import only_defines
from hwlib.grading.cells import tree_of
from hwlib.grading.submissions.repair import SubmittedCell
from hwlib.markers import is_unsolved

__all__ = ["Function", "functions_in", "needed_to_run", "without"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method that the student wrote."""

    name: str  # "f" or "Class.f"
    cell: int  # index of its cell
    source: str  # of the whole cell
    first: int  # lines of the cell, from 1
    last: int
    assigned: dict[int, tuple[str, ...]]  # line → names that the statement on it assigns
    removable: tuple[tuple[int, int], ...]  # first and last line of statements that could go

    @property
    def is_method(self) -> bool:
        """Whether an object is needed to call it."""
        return "." in self.name

    def line(self, number: int) -> str:
        """The text of a line of the cell."""
        return self.source.splitlines()[number - 1].strip()

    def numbered(self) -> str:
        """Its source with the numbers of the lines."""
        lines = self.source.splitlines()
        return "\n".join(f"{i:3}  {lines[i - 1]}" for i in range(self.first, self.last + 1))


def needed_to_run(cells: Sequence[SubmittedCell]) -> list[int]:
    """The cells that define a student's functions: solutions, and own cells that only define."""
    found = []
    for index, cell in enumerate(cells):
        solves = cell.original is not None and cell.original.role == "solution"
        helps = cell.original is None and only_defines(cell.source)
        if cell.cell_type == "code" and (solves or helps):
            found.append(index)
    return found


def functions_in(cells: Sequence[SubmittedCell]) -> list[Function]:
    """The functions and methods of all solved cells."""
    found = []
    for index in needed_to_run(cells):
        source = cells[index].source
        tree = tree_of(source)
        if tree is not None and not is_unsolved(source):
            found += [_function(name, node, index, source) for name, node in _defined(tree)]
    return found


def without(function: Function, lines: tuple[int, int]) -> str:
    """The function's cell with a statement left out; other lines keep their numbers."""
    text = function.source.splitlines()
    first, last = lines
    indent = text[first - 1][: len(text[first - 1]) - len(text[first - 1].lstrip())]
    text[first - 1 : last] = [f"{indent}pass", *[""] * (last - first)]
    return "\n".join(text)


def _defined(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def _function(name: str, node: ast.FunctionDef, cell: int, source: str) -> Function:
    assigned: dict[int, tuple[str, ...]] = {}
    removable = []
    for statement in _statements(node):
        names = _names(statement)
        if names:
            assigned[statement.lineno] = names
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr) and not is_text:
            removable.append((statement.lineno, statement.end_lineno or statement.lineno))
    last = node.end_lineno or node.lineno
    return Function(name, cell, source, node.lineno, last, assigned, tuple(removable))


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements of a function, in order, but not those of functions in it.

    A loop, because code may nest deeper than Python can recurse: an `elif` is one level more.
    """
    todo = [*ast.iter_child_nodes(node)][::-1]
    while todo:
        child = todo.pop()
        if isinstance(child, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.stmt):
            yield child
        todo += [*ast.iter_child_nodes(child)][::-1]


def _names(statement: ast.stmt) -> tuple[str, ...]:
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = [statement.target]
    found = [
        one.id
        for target in targets
        for one in ast.walk(target)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    ]
    return tuple(dict.fromkeys(found))
