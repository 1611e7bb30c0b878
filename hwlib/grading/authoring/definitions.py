"""Finds where a function, class, method or variable is defined in a cell."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from hwlib.grading.cells import tree_of

__all__ = ["all_names", "defining_statements", "first_line", "is_definition", "names_set_by"]


def defining_statements(source: str, name: str) -> list[ast.stmt]:
    """The statements that make up a definition.

    A function, method or class has one. A variable may have several.
    """
    body = _body(source)
    *classes, last = name.split(".")
    for outer in classes:
        body = next(
            (
                node.body
                for node in reversed(body)
                if isinstance(node, ast.ClassDef) and node.name == outer
            ),
            [],
        )
    found = [node for node in body if last in names_set_by(node)]
    return [node for node in found if is_definition(node)][-1:] or found


def all_names(cells: Mapping[str, str]) -> Iterator[str]:
    """Every name that `defining_statements` finds in one of these cells."""
    for source in cells.values():
        for node in _body(source):
            yield from dict.fromkeys(names_set_by(node))
            if isinstance(node, ast.ClassDef):
                yield from (
                    f"{node.name}.{name}"
                    for inner in node.body
                    for name in dict.fromkeys(names_set_by(inner))
                )


def names_set_by(node: ast.stmt) -> Iterator[str]:
    """The names that a statement binds or changes, also inside `for`, `if` and `with`.

    Examples are `def f`, `x = …` and `x["name"] = …`.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name | ast.Subscript | ast.Attribute) and isinstance(
            inner.ctx, ast.Store
        ):
            root: ast.expr = inner
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name):
                yield root.id


def first_line(node: ast.stmt) -> int:
    """The line of a statement, from 1, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def is_definition(node: ast.stmt) -> bool:
    """Whether a statement is a function or class."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _body(source: str) -> list[ast.stmt]:
    tree = tree_of(source)
    return tree.body if tree else []
