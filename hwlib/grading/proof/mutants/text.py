"""Replaces expressions and statements in the text of a cell, and leaves every other byte alone."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["CellText", "Change"]

# what needs parentheses inside another expression
_LOOSE = (
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Lambda,
    ast.NamedExpr,
    ast.Await,
    ast.UnaryOp,
)
_TIGHT = (*_LOOSE, ast.Attribute, ast.Call, ast.Subscript, ast.Starred)


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of a cell's text that is replaced: byte offsets, from `begin` up to `end`."""

    begin: int
    end: int
    new: str
    kind: str  # what is done, in two or three words

    def applied(self, source: str) -> str:
        """The text with this change made."""
        text = source.encode()
        return (text[: self.begin] + self.new.encode() + text[self.end :]).decode()


@dataclass(slots=True)
class CellText:
    """The text of a cell and its syntax tree.

    Raises
    ------
    SyntaxError
        If the text is not plain Python.
    """

    source: str
    tree: ast.Module = field(init=False)
    parents: dict[ast.AST, ast.AST] = field(init=False)
    _bytes: bytes = field(init=False)
    _starts: list[int] = field(init=False)  # offset of each line

    def __post_init__(self) -> None:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self.tree = compile(self.source, "<cell>", "exec", flags=flags)
        self.parents = {
            child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)
        }
        self._bytes = self.source.encode()
        self._starts = [0]
        for line in self._bytes.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Where a node begins and ends. Parentheses around it do not belong to it."""
        begin = self._starts[node.lineno - 1] + node.col_offset
        assert node.end_lineno is not None and node.end_col_offset is not None
        return begin, self._starts[node.end_lineno - 1] + node.end_col_offset

    def between(self, begin: int, end: int) -> str:
        """The text between two offsets."""
        return self._bytes[begin:end].decode()

    def of(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        return self.between(*self.span(node))

    def atom(self, node: ast.expr) -> str:
        """The text of an expression, in parentheses where an operator needs them."""
        return f"({self.of(node)})" if isinstance(node, _LOOSE) else self.of(node)

    def instead(self, old: ast.expr, new: ast.expr) -> str:
        """The text of `new` for the place of `old`, in parentheses where that place needs them."""
        return self.atom(new) if isinstance(self.parents.get(old), _TIGHT) else self.of(new)

    def replaced(self, node: ast.expr | ast.stmt, new: str, kind: str) -> Change:
        """The change that puts a text in the place of a node."""
        return Change(*self.span(node), new, kind)

    def with_operator(
        self, left: ast.expr, right: ast.expr, old: str, new: str, kind: str
    ) -> Change | None:
        """The change of the operator between two expressions; None if it is not found there."""
        begin, end = self.span(left)[1], self.span(right)[0]
        gap = self._bytes[begin:end]
        place = gap.find(old.encode())
        if place < 0 or b"#" in gap:
            return None
        return Change(begin + place, begin + place + len(old.encode()), new, kind)

    def without(self, nodes: Sequence[ast.expr | ast.keyword], index: int, kind: str) -> Change:
        """The change that takes one of several nodes out, and a comma with it."""
        begin, end = self.span(nodes[index])
        if index:
            begin = self.span(nodes[index - 1])[1]
        elif len(nodes) > 1:
            end = self.span(nodes[1])[0]
        return Change(begin, end, "", kind)
