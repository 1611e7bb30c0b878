"""Copies oracles, the helpers that several hidden tests share, into the tests that use them.

A cell `# %% oracle="losses"` never becomes a cell of the notebook. The build puts its code right
below `### BEGIN HIDDEN TESTS` of each test whose hidden part uses one of its names, directly or
through another oracle. docs/authoring.md has the rules.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.names import TopNames, line_of, top_names
from hwlib.grading.authoring.written import AuthoredCell, WrittenCell
from hwlib.grading.cells import Role, given_part, in_file, indented, line_kinds, parse_cell
from hwlib.grading.parts import parts_of
from hwlib.markers import BEGIN_HIDDEN, END_HIDDEN

__all__ = ["inline_oracles"]

# what every cell may use: builtins, IPython, and names of the setup cell that the build adds
_EVERYWHERE = frozenset({*dir(builtins), "hwlib", "check", "get_ipython"})


def inline_oracles(
    path: Path, cells: Sequence[WrittenCell], trees: Mapping[int, ast.Module]
) -> tuple[AuthoredCell, ...]:
    """Copy each oracle into the hidden tests that use it; returns the cells of the notebook.

    Parameters
    ----------
    path : Path
        The file notebook.py, for error messages.
    cells : Sequence[WrittenCell]
        All cells in that file.
    trees : Mapping[int, ast.Module]
        The syntax tree of each code cell, by the line of its header.

    Raises
    ------
    AuthoringError
        If an oracle binds or uses a name that it must not, if anything but a hidden test uses one
        of its names, or if no hidden test does.
    """
    needed = _needed(path, cells, trees) if any(cell.role == "oracle" for cell in cells) else {}
    return tuple(
        _inlined(path, cell, cell.role, needed.get(cell.line, ()))
        for cell in cells
        if cell.role != "oracle"
    )


def _needed(
    path: Path, cells: Sequence[WrittenCell], trees: Mapping[int, ast.Module]
) -> dict[int, tuple[WrittenCell, ...]]:
    """The oracles of each test, by the line of its header."""
    notebook = _Notebook(path, cells, trees)
    wanted = {cell.line: notebook.wanted_by(cell) for cell in cells if cell.role == "test"}
    notebook.check_oracles({name for names in wanted.values() for name in names})
    return {line: notebook.needed_for(names) for line, names in wanted.items()}


@dataclass(frozen=True, slots=True)
class _Oracle:
    cell: WrittenCell
    names: TopNames

    def __str__(self) -> str:
        return f'oracle="{self.cell.name}"'


class _Notebook:
    """The cells of a notebook.py with oracles, and the names that each binds and uses."""

    def __init__(
        self, path: Path, cells: Sequence[WrittenCell], trees: Mapping[int, ast.Module]
    ) -> None:
        self.path, self.trees = path, trees
        code = [cell for cell in cells if cell.cell_type == "code"]
        self.names = {cell.line: self._top_names(cell, trees[cell.line]) for cell in code}
        self.oracles = [_Oracle(c, self.names[c.line]) for c in code if c.role == "oracle"]
        self.others = [cell for cell in code if cell.role != "oracle"]
        self.owners = self._owners()
        for cell in self.others:
            self._check_given(cell)

    def wanted_by(self, test: WrittenCell) -> frozenset[str]:
        """The names of oracles that the hidden part of a test uses."""
        names = self.names[test.line]
        for name in sorted((names.binds | names.imports) & self.owners.keys()):
            owner = self.owners[name]
            self._fault(
                test,
                name,
                f"these hidden tests define {name!r}, but {owner} in line {owner.cell.line} "
                "already does; rename one of them",
            )
        return names.uses & self.owners.keys()

    def needed_for(self, wanted: Iterable[str]) -> tuple[WrittenCell, ...]:
        """The oracles that bind these names, and the oracles that those use, in order."""
        todo, found = list(wanted), set[int]()
        while todo:
            owner = self.owners[todo.pop()]
            if owner.cell.line not in found:
                found.add(owner.cell.line)
                todo += owner.names.uses & self.owners.keys()
        return tuple(oracle.cell for oracle in self.oracles if oracle.cell.line in found)

    def check_oracles(self, wanted: set[str]) -> None:
        """Raise AuthoringError for a name that an oracle must not use, or an unused oracle."""
        needed = self.needed_for(wanted)
        for oracle in self.oracles:
            self._check_uses(oracle)
            self._check_imports(oracle)
            if oracle.cell not in needed:
                bound = ", ".join(sorted(oracle.names.binds))
                raise AuthoringError(
                    self.path,
                    oracle.cell.line,
                    f"{oracle} defines {bound or 'nothing'}, but no hidden test uses it; "
                    "use it in a hidden test, or remove the cell",
                )

    def _check_uses(self, oracle: _Oracle) -> None:
        students = self._binders("solution")
        setup = [self.names[cell.line] for cell in self.others if cell.role == "setup"]
        given = _EVERYWHERE.union(*(names.binds | names.imports for names in setup))
        for name in sorted(oracle.names.uses - self.owners.keys()):
            if name in students:
                self._fault(
                    oracle.cell,
                    name,
                    f"{oracle} uses {name!r}, which students write (line {students[name].line}); "
                    "make it an argument that the hidden test passes",
                )
            if name not in given:
                self._fault(
                    oracle.cell,
                    name,
                    f"{oracle} uses {name!r}, but no setup cell and no oracle defines it; "
                    "import it here, or make it an argument that the hidden test passes",
                )

    def _check_imports(self, oracle: _Oracle) -> None:
        """Raise AuthoringError for an import whose name another cell has: it would replace it."""
        bound = self._binders("setup", "code", "experiment", "solution")
        for name in sorted(oracle.names.imports & bound.keys()):
            self._fault(
                oracle.cell,
                name,
                f"{oracle} imports {name!r}, but the cell in line {bound[name].line} defines that "
                "name; import it under another name",
            )

    def _binders(self, *roles: Role) -> dict[str, WrittenCell]:
        """The cell of these roles that binds each name."""
        cells = [cell for cell in self.others if cell.role in roles]
        return {name: cell for cell in cells for name in self.names[cell.line].binds}

    def _owners(self) -> dict[str, _Oracle]:
        """The oracle that binds each name."""
        owners: dict[str, _Oracle] = {}
        for oracle in self.oracles:
            for name in sorted(oracle.names.binds):
                if name in owners:
                    first = owners[name]
                    self._fault(
                        oracle.cell,
                        name,
                        f"{oracle} defines {name!r}, but {first} in line {first.cell.line} "
                        "already does; rename one of them",
                    )
                owners[name] = oracle
        return owners

    def _check_given(self, cell: WrittenCell) -> None:
        """Raise AuthoringError if anything but a hidden test or an oracle has an oracle's name."""
        names = self.names[cell.line]
        if cell.role == "test":
            names = self._top_names(cell, parse_cell(given_part(cell.source)))
        for name in sorted(names.all & self.owners.keys()):
            owner = self.owners[name]
            self._fault(
                cell,
                name,
                f"{name!r} is defined in {owner}, line {owner.cell.line}, so only hidden tests "
                "may use it; rename one of them, or move this line below ### BEGIN HIDDEN TESTS",
            )

    def _top_names(self, cell: WrittenCell, tree: ast.Module) -> TopNames:
        try:
            return top_names(tree)
        except SyntaxError as error:
            raise AuthoringError(
                self.path, cell.source_line, f"{error.msg}; correct the code"
            ) from error

    def _fault(self, cell: WrittenCell, name: str, message: str) -> NoReturn:
        line = cell.source_line + line_of(self.trees[cell.line], name) - 1
        raise AuthoringError(self.path, line, message)


def _inlined(
    path: Path, cell: WrittenCell, role: Role, oracles: Sequence[WrittenCell]
) -> AuthoredCell:
    """The cell with these oracles below `### BEGIN HIDDEN TESTS`, indented like that line.

    If it has parts, they come first, in a region of their own: no part may fail for lack of one.
    """
    lines = cell.source.split("\n")
    places = list(cell.lines)
    if oracles and parts_of(cell.source):
        lines[:0] = [BEGIN_HIDDEN, END_HIDDEN]
        places[:0] = [cell.source_line] * 2
    if oracles:
        below = line_kinds("\n".join(lines)).index("marker") + 1
        marker = lines[below - 1]
        indent = marker[: len(marker) - len(marker.lstrip())]
        for oracle in reversed(oracles):
            code = indented(oracle.source, indent).split("\n")
            lines[below:below] = [*code, ""]
            last = oracle.source_line + len(code) - 1
            places[below:below] = [*range(oracle.source_line, last + 1), last]
    source = "\n".join(lines)
    try:
        if oracles:
            parse_cell(source)
    except SyntaxError as error:
        number = min(error.lineno or 1, len(lines)) - 1
        raise AuthoringError(
            path,
            places[number],
            "with its oracles below ### BEGIN HIDDEN TESTS, this cell is not valid Python: "
            f"{in_file(error.msg, places)}; correct the code",
        ) from error
    return AuthoredCell(
        role,
        cell.name,
        cell.points,
        cell.cell_type,
        source,
        cell.line,
        tuple(places),
        cell.trust,
        cell.asks,
        cell.manual,
        cell.given_id,
        cell.tags,
        cell.extra_credit,
    )
