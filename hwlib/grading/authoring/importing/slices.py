"""Finds the statements of earlier cells that a name needs, so that they can be copied."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.cell_names import names_in
from hwlib.grading.cells import line_kinds, transformed, tree_of

__all__ = ["Statement", "needed_statements", "statements_of"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement at the top level of a cell."""

    cell: int  # index of the cell
    source: str
    binds: frozenset[str]
    uses: frozenset[str]
    defines: frozenset[str]  # those of `binds` that it makes anew, and does not only change
    hidden: bool  # whether it is one of the hidden tests

    @property
    def is_import(self) -> bool:
        """Whether it imports something."""
        return self.source.lstrip().startswith(("import ", "from "))


def statements_of(cell: int, draft: Draft) -> list[Statement]:
    """The statements of a cell; none if it is not valid Python."""
    tree = tree_of(draft.source)
    if tree is None:
        return []
    text = transformed(draft.source)
    skipped = len(draft.source.split("\n")) - len(text.rstrip("\n").split("\n"))
    kinds = line_kinds(draft.source)
    found = []
    for node in tree.body:
        decorators = [one.lineno for one in getattr(node, "decorator_list", ())]
        first = min([node.lineno, *decorators])
        lines = text.split("\n")[first - 1 : node.end_lineno]
        source = "\n".join(lines) if _alone(node, tree) else ast.unparse(node)
        names = names_in(ast.unparse(node))
        line = min(first - 1 + max(skipped, 0), len(kinds) - 1)
        found.append(
            Statement(
                cell,
                source,
                names.binds,
                names.uses,
                frozenset(_made_anew(node)),
                kinds[line] == "hidden",
            )
        )
    return found


def needed_statements(
    names: Collection[str], statements: Sequence[Statement], available: Collection[str]
) -> tuple[list[Statement], set[str]]:
    """The statements that make these names, in order, and the names that none of them makes.

    Parameters
    ----------
    names : collection of str
        The names that are wanted after the last statement.
    statements : sequence of Statement
        All statements that have run before, in order.
    available : collection of str
        Names that need no statement.
    """
    needed, found = set(names) - set(available), []
    for statement in reversed(statements):
        if statement.binds & needed:
            found.append(statement)
            needed -= statement.defines
            needed |= statement.uses - set(available)
    if needed:  # `from helpers import *` may make them
        starred = [one for one in statements if "*" in one.binds and one not in found]
        if starred:
            found = [one for one in reversed(statements) if one in found or one in starred]
            needed = set()
    return found[::-1], needed


def _alone(node: ast.stmt, tree: ast.Module) -> bool:
    """Whether no other statement shares a line with this one."""
    return not any(
        other is not node
        and other.lineno <= (node.end_lineno or node.lineno)
        and (other.end_lineno or other.lineno) >= node.lineno
        for other in tree.body
    )


def _made_anew(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    else:
        return set()
    return {
        one.id
        for target in targets
        for one in ast.walk(target)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
