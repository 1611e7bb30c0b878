"""Names the solutions and questions of an imported notebook.

A solution is named after its first function or class, else its first variable, else its old id. A
test is named after what it tests, with a suffix where several tests are about one name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.authoring.names import bound_names
from hwlib.grading.cell_names import names_in
from hwlib.grading.cells import tree_of, without_markers

__all__ = ["defined_in_order", "name_drafts"]

_HEX = re.compile(r"(cell[-_]?)?[0-9a-f]{6,}|cell[-_]?\d*", re.IGNORECASE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def name_drafts(notebooks: Sequence[Sequence[Draft]]) -> None:
    """Give every solution and question of an assignment a name that no other one has."""
    names = _Names([draft for drafts in notebooks for draft in drafts])
    for drafts in notebooks:
        heading = ""
        for draft in drafts:
            if draft.role == "prose":
                heading = (_HEADING.findall(draft.source) or [heading])[-1]
            elif draft.role in ("solution", "manual"):
                base = next(defined_in_order(draft.source), "") or _from_id(draft, heading)
                names.give(draft, base)
            elif draft.role in ("answer", "task"):
                names.give(draft, _from_id(draft, heading))
    for drafts in notebooks:
        for place, draft in enumerate(drafts):
            if draft.role == "test":
                base, wish = _tested(drafts, place), _word(draft.wish)
                names.give(draft, f"{base}-{wish}" if wish and wish != base else base)


class _Names:
    """The names that are taken, and the ids that hwlib would make of names."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self.solutions, self.questions = set[str](), set[str]()
        self.ids = {draft.grade_id for draft in drafts}

    def give(self, draft: Draft, base: str) -> None:
        """Give a draft this name, or the first of name-2, name-3, … that is free."""
        taken = self.solutions if draft.role == "solution" else self.questions
        taken = taken | self.solutions if draft.role in ("manual", "answer", "task") else taken
        role = "solution" if draft.role == "manual" else draft.role
        name, number = base, 2
        while name in taken or {f"{role}-{name}"} & (self.ids - {draft.grade_id}):
            name, number = f"{base}-{number}", number + 1
        draft.name = name
        if draft.role in ("solution", "manual"):
            self.solutions.add(name)
        if draft.role != "solution":
            self.questions.add(name)


def defined_in_order(source: str) -> Iterator[str]:
    """The functions and classes that a cell defines, then its variables.

    >>> list(defined_in_order("x = 1\\ndef f(): pass\\na, b = 2, 3"))
    ['f', 'x', 'a', 'b']
    """
    tree = tree_of(without_markers(source))
    body = tree.body if tree else []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            for one in ast.walk(target) if target is not None else ():
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                    yield one.id


def _tested(drafts: Sequence[Draft], place: int) -> str:
    """The name that a test is about."""
    uses = names_in(drafts[place].source).uses
    before = [one for one in drafts[:place] if one.role in ("solution", "manual")]
    after = [one for one in drafts[place:] if one.role in ("solution", "manual")]
    for solution in [*reversed(before), *after]:
        own = [name for name in defined_in_order(solution.source) if name in uses]
        if own:
            return own[0]
    for solution in reversed(before):
        tree = tree_of(solution.source)
        bound = bound_names(tree, members=False) if tree else set()
        if bound & uses:
            return min(bound & uses)
    given = [one for one in drafts if one.role in ("setup", "code")]
    for cell in reversed(given):
        own = [name for name in defined_in_order(cell.source) if name in uses]
        if own:
            return own[0]
    for cell in [*reversed(before), *after, *given]:
        for name in defined_in_order(cell.source):
            return name
    return _word(drafts[place].grade_id) or "test"


def _from_id(draft: Draft, heading: str) -> str:
    if draft.grade_id and not _HEX.fullmatch(draft.grade_id):
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", draft.grade_id).strip("_-")
        base, _, suffix = name.partition("-")
        base = base if re.match(r"[A-Za-z_]", base) else f"q{base}"
        return f"{base}-{suffix}" if suffix else base
    words = re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")[:40].rstrip("_")
    words = re.sub(r"^\d+(_\d+)*_", "", words)
    return words if re.match(r"[a-z_]", words) else f"question_{words}".rstrip("_")


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
