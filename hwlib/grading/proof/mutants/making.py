"""Makes the mutants of an assignment: the reference with one change inside a solution region."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwlib.grading.answer_key import AnswerKey, KeyCell
from hwlib.grading.cells import code_and_comment, line_kinds, transformed, tree_of
from hwlib.grading.proof.mutants.operators import changes_of
from hwlib.grading.proof.mutants.text import CellText, Change

__all__ = ["Mutant", "mutants_of"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """The reference with one change."""

    grade_id: str  # of the changed solution cell
    where: str  # "f", "Class.method", or the name of the cell if the line is in no definition
    line: int  # of the cell, from 1: where the change begins
    kind: str
    old: tuple[str, ...]  # the changed lines, as EDITS has them: without indentation and comments
    new: tuple[str, ...]
    source: str  # of the whole cell, without markers
    notebook: str = ""  # of several notebooks: which of them

    @property
    def change(self) -> str:
        """The change as in a diff: each old line after `- `, each new one after `+ `."""
        return "\n".join([*(f"- {line}" for line in self.old), *(f"+ {line}" for line in self.new)])


def mutants_of(key: AnswerKey) -> tuple[Mutant, ...]:
    """Every mutant of an assignment, in the order of the notebook.

    Cells that are not valid Python have none.
    """
    return tuple(mutant for cell in key.by_role("solution") for mutant in _of_cell(cell))


def _of_cell(cell: KeyCell) -> Iterator[Mutant]:
    if tree_of(cell.source) is None:
        return
    text = CellText(transformed(cell.source))  # magics are calls now, in the same lines
    kinds = line_kinds(text.source)

    def in_region(node: ast.stmt | ast.expr) -> bool:
        lines = kinds[node.lineno - 1 : node.end_lineno]
        return all(kind == "solution" for kind in lines)

    known = {_without_markers(text.source, kinds)}
    found = []
    for change in changes_of(text, in_region):
        changed = change.applied(text.source)
        source = _without_markers(changed, line_kinds(changed))
        if source in known or tree_of(source) is None:
            continue
        known.add(source)
        mutant = _mutant(cell, text, change, changed, source)
        if not _does_nothing(mutant):
            found.append((change.begin, mutant))
    for _, mutant in sorted(found, key=lambda one: one[0]):
        yield mutant


def _mutant(cell: KeyCell, text: CellText, change: Change, changed: str, source: str) -> Mutant:
    line = text.source.encode()[: change.begin].decode().count("\n") + 1
    before, after = text.source.split("\n"), changed.split("\n")
    # whole lines, from the change's first to its last
    behind = text.source.encode()[change.end :].decode().count("\n")
    old = before[line - 1 : len(before) - behind]
    new = after[line - 1 : len(after) - behind]
    where = _definition_at(text.tree, line) or cell.name
    return Mutant(
        cell.grade_id, where, line, change.kind, _bare(old), _bare(new), source, cell.notebook
    )


def _does_nothing(mutant: Mutant) -> bool:
    """Whether the line is `x = x` now: that is the same as leaving it out."""
    sides = mutant.new[0].split(" = ") if len(mutant.new) == 1 else []
    return len(sides) == 2 and sides[0] == sides[1]


def _bare(lines: list[str]) -> tuple[str, ...]:
    return tuple(code_and_comment(line)[0] for line in lines)


def _without_markers(source: str, kinds: Sequence[str]) -> str:
    lines = zip(source.split("\n"), kinds, strict=True)
    return "\n".join(line for line, kind in lines if kind != "marker")


def _definition_at(tree: ast.Module, line: int) -> str:
    """The function, or class and method, that a line is in; "" if it is in none."""
    names: list[str] = []
    body: list[ast.stmt] = tree.body
    while True:
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.lineno <= line <= (node.end_lineno or line):
                names.append(node.name)
                body = node.body if isinstance(node, ast.ClassDef) else []
                break
        else:
            return ".".join(names)
