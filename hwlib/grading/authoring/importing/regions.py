"""Gives each solution and test the regions that hwlib needs, and repairs regions that cut code."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.cells import (
    MARKER,
    as_released,
    line_kinds,
    tree_of,
    without_markers,
)
from hwlib.markers import BEGIN_HIDDEN, END_HIDDEN, TEXT_STUB

__all__ = ["balance", "is_empty_solution", "with_hidden_last", "with_region"]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_STUB = re.compile(r"^\s*(#.*|raise NotImplementedError(\(.*\))?|pass|\.\.\.|)\s*$")


def with_region(draft: Draft) -> None:
    """Give a solution or answer a region that is whole, balanced and cuts no expression."""
    balance(draft, "SOLUTION")
    if "solution" not in line_kinds(draft.source) and BEGIN not in draft.source:
        draft.source = _whole(draft)
        draft.note("changed", "it has no region, so all of it is the solution")
    if not draft.is_code:
        return
    while not _is_python(draft):
        grown = _grown(draft.source)
        if grown is None:
            return
        draft.source = grown
        draft.note(
            "fault",
            "the region stands inside a statement, so what students get is not valid Python",
            "it covers the whole statement now; give students its first line in a comment",
        )


def is_empty_solution(source: str) -> bool:
    """Whether the regions of a solution hold nothing but comments and stubs."""
    kinds = line_kinds(source)
    inside = [
        line for line, kind in zip(source.split("\n"), kinds, strict=True) if kind == "solution"
    ]
    return all(_STUB.match(line) for line in inside)


def with_hidden_last(draft: Draft) -> None:
    """Give a test one region of hidden tests, at its end, whose absence leaves valid Python."""
    balance(draft, "HIDDEN TESTS")
    kinds = line_kinds(draft.source)
    lines = draft.source.split("\n")
    if "hidden" not in kinds:
        if "marker" in kinds:  # a region with nothing in it
            draft.source = without_markers(draft.source)
        return
    first = kinds.index("hidden")
    after = [
        line
        for line, kind in zip(lines[first:], kinds[first:], strict=True)
        if kind == "given" and line.strip()
    ]
    start = _start_of_hidden(draft.source, first)
    if not after and start is None:
        draft.source = draft.source.rstrip()
        return
    kept = [line for line in lines if not MARKER.match(line)]
    start = first - 1 if start is None else start
    indent = re.match(r"\s*", lines[first])[0] if start == first - 1 else ""  # type: ignore[index]
    draft.source = "\n".join(
        [*kept[:start], indent + BEGIN_HIDDEN, *kept[start:], indent + END_HIDDEN]
    ).rstrip()
    if after:
        draft.note("changed", "the lines below its hidden tests are hidden, too")
    else:
        draft.note("changed", "its hidden tests begin at a whole statement")


def _start_of_hidden(source: str, first: int) -> int | None:
    """Index of the line where the region must begin, or None if it may begin where it does."""
    if tree_of(as_released(source)) is not None:
        return None
    tree = tree_of(without_markers(source))
    if tree is None:
        return None
    line = first  # from 1, in the source without markers: one marker stands above
    for node in tree.body:
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            decorators: list[int] = [one.lineno for one in getattr(node, "decorator_list", ())]
            return min([node.lineno, *decorators]) - 1
    return None


def _whole(draft: Draft) -> str:
    """The whole cell as a region; a cell's magic that must come first stays above it."""
    lines = draft.source.split("\n")
    above = lines[:1] if lines[0].startswith("%%") else []
    below = lines[len(above) :]
    if not "".join(below).strip():
        below = [] if draft.is_code else [TEXT_STUB]
    return "\n".join([*above, BEGIN, *below, END])


def _is_python(draft: Draft) -> bool:
    return (
        tree_of(draft.source) is None  # nothing helps
        or tree_of(as_released(draft.source)) is not None
    )


@dataclass(frozen=True, slots=True)
class _Span:
    first: int  # lines of the source without markers, from 0
    last: int


def _grown(source: str) -> str | None:
    """The source with each region grown to the statement around it; None if that does nothing."""
    spans = _spans(source)
    lines = without_markers(source).split("\n")
    tree = tree_of("\n".join(lines))
    if tree is None:
        return None
    statements = [
        _Span(
            min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1,
            (node.end_lineno or node.lineno) - 1,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt | ast.ExceptHandler)
    ]
    grown = [_around(span, statements) for span in spans]
    if grown == spans:
        return None
    marked = _marked(lines, _joined(grown))
    return marked if marked != source else None


def _spans(source: str) -> list[_Span]:
    spans, number, first = [], 0, 0
    for line in source.split("\n"):
        marker = MARKER.match(line)
        if marker is None:
            number += 1
        elif marker["edge"] == "BEGIN":
            first = number
        else:
            spans.append(_Span(first, number - 1))
    return spans


def _around(span: _Span, statements: list[_Span]) -> _Span:
    """The smallest statement that is larger than the region and contains it."""
    found = [
        one
        for one in statements
        if one.first <= span.first and one.last >= span.last and one != span
    ]
    return min(found, key=lambda one: one.last - one.first, default=span)


def _joined(spans: list[_Span]) -> list[_Span]:
    joined: list[_Span] = []
    for span in sorted(spans, key=lambda one: (one.first, -one.last)):
        if joined and span.first <= joined[-1].last:
            joined[-1] = _Span(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return joined


def _marked(lines: list[str], spans: list[_Span]) -> str:
    result: list[str] = []
    begins = {span.first: span for span in spans}
    ends = {span.last for span in spans}
    indent = ""
    for number, line in enumerate(lines):
        if number in begins:
            indent = line[: len(line) - len(line.lstrip())]
            result.append(indent + BEGIN)
        result.append(line)
        if number in ends:
            result.append(indent + END)
    return "\n".join(result)


def balance(draft: Draft, what: str) -> None:
    """Close a region that is open, and drop a marker that closes none."""
    result: list[str] = []
    opened = ""
    for number, line in enumerate(draft.source.split("\n"), 1):
        marker = MARKER.match(line)
        if marker is None or marker["what"] != what:
            result.append(line)
        elif marker["edge"] == "BEGIN" and opened:
            draft.note("decision", f"line {number}: BEGIN {what} inside a region", "look at it")
        elif marker["edge"] == "END" and not opened:
            draft.note(
                "decision",
                f"line {number}: END {what} without BEGIN {what}",
                "write ### BEGIN " + what + " where the secret lines begin",
            )
        else:
            opened = "" if opened else line[: len(line) - len(line.lstrip())] + "### END " + what
            result.append(line)
    if opened:
        result.append(opened)
        draft.note(
            "decision",
            f"BEGIN {what} without END {what}",
            f"it goes to the end of the cell now; move ### END {what} if that is wrong",
        )
    draft.source = "\n".join(result)
