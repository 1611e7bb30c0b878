"""Finds the names that code defines at its top level, and those that it takes from outside."""

from __future__ import annotations

import ast
import re
import symtable
from dataclasses import dataclass

__all__ = ["TopNames", "bound_names", "imported_names", "line_of", "top_names"]


def bound_names(tree: ast.AST, members: bool = True) -> set[str]:
    """The functions, classes and variables that a cell defines.

    Imports do not count, nor does anything inside a function.

    Parameters
    ----------
    tree : ast.AST
        The syntax tree of the cell.
    members : bool
        Whether methods and variables of classes count, too.

    Examples
    --------
    >>> code = "import os; a, b = 1, 2\\nclass C:\\n    def m(self):\\n        x = 1"
    >>> sorted(bound_names(ast.parse(code))), sorted(bound_names(ast.parse(code), members=False))
    (['C', 'a', 'b', 'm'], ['C', 'a', 'b'])
    """
    inside = [ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.comprehension]
    closed = tuple(inside if members else [*inside, ast.ClassDef])
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if not isinstance(node, closed):
            found |= bound_names(node, members)
    return found


@dataclass(frozen=True, slots=True)
class TopNames:
    """The names of a piece of code at its top level."""

    binds: frozenset[str]  # functions, classes and variables
    imports: frozenset[str]
    uses: frozenset[str]  # what it, or a function in it, takes from outside; builtins too

    @property
    def all(self) -> frozenset[str]:
        """Every name that means something at the top level of this code."""
        return self.binds | self.imports | self.uses


def top_names(tree: ast.Module) -> TopNames:
    """The names of a piece of code, without those of `from x import *`.

    Raises
    ------
    SyntaxError
        If Python cannot assign the names to scopes, as with `nonlocal` outside a function.

    Examples
    --------
    >>> names = top_names(ast.parse("import os\\ndef f(x):\\n    y = x\\n    return g(y, os)"))
    >>> sorted(names.binds), sorted(names.imports), sorted(names.uses)
    (['f'], ['os'], ['g'])
    """
    # Read the code as the body of a function: then the names that it binds are local, and those
    # from outside are global. (At the top level, newer versions of Python also list what a
    # comprehension binds.)
    function = ast.parse("async def cell():\n    pass")
    function.body[0].body += tree.body  # type: ignore[attr-defined]
    text = _STAR.sub(r"\1pass", ast.unparse(function))
    tables = symtable.symtable(text, "<cell>", "exec")
    todo, uses = tables.get_children(), set[str]()
    while todo:
        table = todo.pop()
        todo += table.get_children()
        uses |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        }
    binds, imports = bound_names(tree, members=False), imported_names(tree)
    return TopNames(frozenset(binds), frozenset(imports), frozenset(uses))


_STAR = re.compile(r"^(\s*)from \S+ import \*$", re.MULTILINE)  # not allowed in a function


def imported_names(tree: ast.AST) -> set[str]:
    """The names that a cell imports, not counting those inside a function or class."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found |= imported_names(node)
    return found


def line_of(tree: ast.AST, name: str) -> int:
    """The line where a name is first bound or, if it never is, first used; 1 if there is none.

    >>> line_of(ast.parse("print(x)\\nx = 1"), "x")
    2
    """
    found = [
        (isinstance(getattr(node, "ctx", None), ast.Load), node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt | ast.expr | ast.alias)
        and name in (getattr(node, field, "") for field in ("id", "name", "asname"))
    ]
    return min(found, default=(True, 1))[1]
