"""Stops the build where a test depends on something that students may change or nobody defines.

A test may use builtins, names of setup cells, the student's solutions, its own names, and those of
oracles. A function or class of a given cell is fine, too: where a test uses one, the grader defines
it anew from the course's copy. So is what a given cell makes with the student's own code, such as
`net = Net(3)`: that is the student's anyway. Any other variable or import of a given cell is not:
students may edit that cell, and would decide the verdict. docs/authoring.md has the rules.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from hwlib import checks
from hwlib.errors import AuthoringError
from hwlib.grading.authoring.names import bound_names, imported_names
from hwlib.grading.authoring.written import AuthoredCell
from hwlib.grading.cell_names import names_in
from hwlib.grading.cells import Role, parse_cell, transformed, tree_of

__all__ = ["check_names_of_tests"]

# what every test may use: IPython's names, and those of the setup cell that the build adds
_EVERYWHERE = frozenset({*dir(builtins), "hwlib", "check", "get_ipython", "display"})
_OPEN: tuple[Role, ...] = ("code", "experiment")  # given cells that students may edit
_OUR_CHECK = "from hwlib import checks as check"
_CURE = "make that cell a setup cell (# %% setup), or move what the test needs into the test"


def check_names_of_tests(path: Path, cells: Sequence[AuthoredCell]) -> None:
    """Check where the names that tests use come from.

    Parameters
    ----------
    path : Path
        The file notebook.py, for error messages.
    cells : Sequence[AuthoredCell]
        All cells, with oracles in the tests that use them.

    Raises
    ------
    AuthoringError
        If a test uses a variable or import of a given cell, also through a function of such a cell,
        or a name that nothing defines; or if a name that its header `asks` for is none that
        students type into a given cell.
    """
    notebook = _Sources(path, cells)
    for cell in cells:
        if cell.role == "test":
            notebook.check(cell)


class _Sources:
    """Which cell defines which name."""

    def __init__(self, path: Path, cells: Sequence[AuthoredCell]) -> None:
        self.path = path
        fixed = [cell for cell in cells if cell.role in ("setup", "solution")]
        self.fixed = _EVERYWHERE.union(*(names_in(cell.source).binds for cell in fixed))
        trees = [
            tree_of(cell.source.replace(_OUR_CHECK, ""))
            for cell in cells
            if cell.cell_type == "code" and cell.role != "test"
        ]
        self.own_check = any(tree is not None and _binds_check(tree) for tree in trees)
        self.definitions: dict[str, ast.stmt] = {}
        self.variables: dict[str, AuthoredCell] = {}
        solved = (names_in(cell.source).binds for cell in cells if cell.role == "solution")
        self.students = frozenset[str]().union(*solved)  # and what is made with these
        for cell in cells:
            if cell.role in _OPEN and cell.cell_type == "code":
                self._read(cell)

    def _read(self, cell: AuthoredCell) -> None:
        """Note what a given cell defines: functions and classes, and all other names."""
        rest = []
        tree = tree_of(cell.source)  # a cell that may raise need not be Python
        for node in tree.body if tree else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                self.definitions[node.name] = node
            else:
                rest.append(node)
        for node in rest:
            tree = ast.Module([node], [])
            bound = bound_names(tree, members=False) | imported_names(tree)
            if names_in(ast.unparse(tree)).uses & self.students:
                self.students |= bound - self.variables.keys()
            for name in bound - self.students:
                self.variables.setdefault(name, cell)

    def check(self, test: AuthoredCell) -> None:
        """Check the names of one test."""
        names = names_in(test.source)
        self._check_asked(test, names.uses)
        if not self.own_check:
            self._check_of_hwlib(test)
        known = self.fixed.union(test.asks, _made_global(test.source), self.students)
        # a star import may bring any name that nobody else has
        starred = "*" in names.binds | self.fixed
        for name in sorted(names.uses - known):
            if name in self.variables:
                self._fault_of_variable(test, name, name)
            if name in self.definitions:
                self._check_definition(test, name, known, starred)
            elif not starred and not name.startswith("__"):
                self._fault(
                    test,
                    name,
                    f"uses {name!r}, which no cell defines; define it in the test or in a setup "
                    "cell, or correct the name",
                )

    def _check_of_hwlib(self, test: AuthoredCell) -> None:
        """Check that hwlib has every `check.NAME` of a test, even where few answers ask for it."""
        tree = parse_cell(test.source)
        for node in () if _binds_check(tree) else ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "check"
                and node.attr not in checks.__all__
            ):
                close = get_close_matches(node.attr, checks.__all__, 1)
                cure = f"write check.{close[0]}" if close else "docs/check.md lists what there is"
                line = test.lines[node.lineno - 1]
                message = f'test="{test.name}" uses check.{node.attr}, which hwlib lacks; {cure}'
                raise AuthoringError(self.path, line, message)

    def _check_definition(
        self, test: AuthoredCell, name: str, known: frozenset[str], starred: bool
    ) -> None:
        """Check what a function or class of a given cell uses, directly or through others."""
        for user, used in self._used_below(name, known):
            if used in self.variables:
                self._fault_of_variable(test, name, used, f"{user!r}, which uses ")
            if used not in self.definitions and not starred and not used.startswith("__"):
                self._fault(
                    test,
                    name,
                    f"uses {user!r}, which uses {used!r}, which no cell defines; define it in a "
                    "setup cell, or correct the name",
                )

    def _used_below(self, name: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
        """(user, used) for each outside name in a definition and in those that it uses."""
        todo, seen = [name], {name}
        while todo:
            user = todo.pop()
            for used in sorted(names_in(ast.unparse(self.definitions[user])).uses - known):
                yield user, used
                if used in self.definitions and used not in seen:
                    seen.add(used)
                    todo.append(used)

    def _check_asked(self, test: AuthoredCell, uses: frozenset[str]) -> None:
        for name in test.asks:
            if name not in self.variables or name not in uses:
                reason = (
                    "the test does not use it"
                    if name in self.variables
                    else "no given cell has a variable of that name"
                )
                raise AuthoringError(
                    self.path,
                    test.line,
                    f'test="{test.name}": asks={name!r}, but {reason}; `asks` is for values that '
                    "students type into a given cell",
                )

    def _fault_of_variable(
        self, test: AuthoredCell, seen: str, name: str, through: str = ""
    ) -> NoReturn:
        line = self.variables[name].line
        self._fault(
            test,
            seen,
            f"uses {through}{name!r}, which only the given cell in line {line} defines; students "
            f"may edit that cell, and so decide the verdict; {_CURE}; if students shall choose "
            f'this value, write asks="{name}" into the header of the test',
        )

    def _fault(self, test: AuthoredCell, name: str, message: str) -> NoReturn:
        loads = [
            node.lineno
            for node in ast.walk(parse_cell(test.source))
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        ]
        line = test.lines[min(loads, default=1) - 1]
        raise AuthoringError(self.path, line, f'test="{test.name}" {message}')


def _binds_check(tree: ast.Module) -> bool:
    return "check" in bound_names(tree, members=False) | imported_names(tree)


def _made_global(source: str) -> set[str]:
    """The names that functions of this code declare global and bind.

    >>> sorted(_made_global("def f():\\n    global count, total\\n    count = total"))
    ['count']
    """
    try:
        todo = [symtable.symtable(transformed(source), "<cell>", "exec")]
    except (SyntaxError, ValueError, RecursionError):
        return set()
    found = set()
    while todo:
        table = todo.pop()
        todo += table.get_children()
        found |= {
            one.get_name()
            for one in table.get_symbols()
            if one.is_declared_global() and (one.is_assigned() or one.is_imported())
        }
    return found
