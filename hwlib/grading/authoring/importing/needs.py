"""Gives each test the names that it needs, where hwlib runs it alone.

In nbgrader a test sees all that ran above it. In hwlib it sees setup cells, the student's names and
what it defines itself. So given cells become setup cells where a test needs them and they need
nothing of the student's, and what other tests define is copied.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection

from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.authoring.importing.slices import (
    Statement,
    needed_statements,
    statements_of,
)
from hwlib.grading.cell_names import names_in
from hwlib.grading.cells import given_part, tree_of
from hwlib.markers import BEGIN_HIDDEN, END_HIDDEN

__all__ = ["supply_names"]

_EVERYWHERE = frozenset({*dir(builtins), "hwlib", "check", "get_ipython", "display"})
_STUDENTS = ("solution", "manual")


def supply_names(drafts: list[Draft]) -> None:
    """Make setup cells, and copy statements, until each test has its names. Changes the list."""
    _lift_for_students(drafts)
    notebook = _Notebook(drafts)
    for place, draft in enumerate(drafts):
        if draft.role == "test" and tree_of(draft.source) is not None:
            notebook.supply(place)


class _Notebook:
    """Which cell and which statement makes which name."""

    def __init__(self, drafts: list[Draft]) -> None:
        self.drafts = drafts
        self.statements = {
            place: statements_of(place, draft)
            for place, draft in enumerate(drafts)
            if draft.is_code
        }
        self.originals = [draft.source for draft in drafts]
        self.solved = self._solved()
        self.students = self._made_of_students()

    def _solved(self) -> frozenset[str]:
        """What the student's cells make or change; `plt.plot(x)` changes no module of a given cell.

        Names that a given cell imports are the student's only where they make them anew.
        """
        cells = [one for one, found in enumerate(self.drafts) if found.role in _STUDENTS]
        changed = frozenset[str]().union(
            *(names_in(self.drafts[one].source).binds for one in cells)
        )
        anew = frozenset[str]().union(
            *(found.defines for one in cells for found in self.statements[one])
        )
        imported = frozenset[str]().union(
            *(
                found.defines
                for one, draft in enumerate(self.drafts)
                if draft.role in ("code", "setup")
                for found in self.statements[one]
                if found.is_import
            )
        )
        return changed - (imported - anew)

    def _made_of_students(self) -> frozenset[str]:
        """The student's names, and what given cells make with them."""
        found, fixed = set(self.solved), set[str]()
        for place, draft in enumerate(self.drafts):
            if draft.role != "code":
                continue
            for one in self.statements[place]:
                if one.defines and one.source.lstrip().startswith(("def ", "class ", "@", "async")):
                    continue
                if one.uses & found:
                    found |= one.binds - fixed
                else:
                    fixed |= one.binds - found
        return frozenset(found)

    def supply(self, place: int) -> None:
        """Give one test its names."""
        draft = self.drafts[place]
        visible = self._outside(names_in(given_part(draft.source)).uses)
        whole = self._outside(names_in(draft.source).uses)
        self._make_setups(place, whole)
        above = self._copied(place, visible)
        if any(one.hidden for one in above):
            self._hide_all(draft)
            above, visible = [], set()
        below = [one for one in self._copied(place, whole) if one not in above]
        self._put(draft, above, below)
        for statement in (*above, *below):
            self._note_state(draft, place, statement)
        for name in sorted(self._outside(names_in(draft.source).uses)):
            self._explain(draft, place, name)

    def _outside(self, uses: Collection[str]) -> set[str]:
        """Those names that neither Python nor the student gives."""
        return set(uses) - _EVERYWHERE - self.students

    # ---- setup cells ----

    def _make_setups(self, place: int, names: Collection[str]) -> None:
        todo = list(names)
        while todo:
            name = todo.pop()
            cell = self._binder(name, place)
            if cell is None or self.drafts[cell].role not in ("code",):
                continue
            chain = self._chain(cell)
            if chain is None:
                continue
            for one in chain:
                if self.drafts[one].role == "code":
                    self.drafts[one].role = "setup"
                    self.drafts[one].note(
                        "changed", f"it is a setup cell now, because tests need {name!r} from it"
                    )

    def _binder(self, name: str, place: int) -> int | None:
        """The cell above (or else below) that binds a name last."""
        for wanted in (name, "*"):  # `from helpers import *` may bind any name
            above = [
                one
                for one, found in self.statements.items()
                if one < place and any(wanted in statement.binds for statement in found)
            ]
            if above:
                return above[-1]
        return next(
            (
                one
                for one, found in self.statements.items()
                if one > place
                and self.drafts[one].role != "test"
                and any(name in statement.binds for statement in found)
            ),
            None,
        )

    def _chain(self, cell: int) -> list[int] | None:
        """A given cell and those that it needs; None if it can't be a setup cell."""
        todo, found = [cell], set[int]()
        while todo:
            one = todo.pop()
            if one in found:
                continue
            found.add(one)
            names = names_in(self.drafts[one].source)
            if not names.parsed or names.uses & self.students or names.binds & self.solved:
                return None
            if any(
                statement.uses & self.students for statement in self.statements[one]
            ) or self._is_bound_again(one):
                return None
            for name in names.uses - _EVERYWHERE:
                binder = self._binder(name, one)
                if binder is None:
                    continue
                if self.drafts[binder].role == "test":
                    return None
                todo.append(binder)
        return sorted(found)

    def _is_bound_again(self, cell: int) -> bool:
        """Whether another given cell makes one of its variables anew, so that order matters."""
        own = frozenset[str]().union(*(one.defines for one in self.statements[cell]))
        own -= {name for one in self.statements[cell] if one.is_import for name in one.defines}
        for other, found in self.statements.items():
            if other == cell or self.drafts[other].role not in ("code", "setup"):
                continue
            again = own.intersection(*[frozenset().union(*(one.defines for one in found))])
            if again and self.drafts[other].source != self.drafts[cell].source:
                self.drafts[max(cell, other)].note(
                    "fault",
                    f"it makes {', '.join(sorted(again))} anew, which a cell above makes, too: "
                    "what a test finds depends on the cells that ran before it",
                    "give the second one another name",
                )
                return True
        return False

    # ---- copies ----

    def _copied(self, place: int, names: Collection[str]) -> list[Statement]:
        """The statements of other cells that a test must have itself."""
        available = _EVERYWHERE | self.students | self._setup_names()
        if "*" in available:  # a setup cell may make any name that no test above makes
            available |= {name for name in names if self._binder(name, place) is None} | {
                name
                for name in names
                if (cell := self._binder(name, place)) is not None
                and self.drafts[cell].role == "setup"
            }
        before = [
            statement
            for one, found in self.statements.items()
            if one < place and self.drafts[one].role in ("code", "test")
            for statement in found
        ]
        latest = {
            name
            for name in names
            if name in available and self._is_bound_by_test_after_setup(name, place)
        }
        wanted = (set(names) - available) | latest
        found, _ = needed_statements(wanted, before, available - latest)
        return found

    def _is_bound_by_test_after_setup(self, name: str, place: int) -> bool:
        cell = self._binder(name, place)
        return (
            cell is not None
            and cell < place
            and self.drafts[cell].role == "test"
            and any(name in one.defines for one in self.statements[cell])
        )

    def _setup_names(self) -> frozenset[str]:
        return frozenset[str]().union(
            *(
                statement.binds
                for place, found in self.statements.items()
                if self.drafts[place].role == "setup"
                for statement in found
            )
        )

    def _put(self, draft: Draft, above: list[Statement], below: list[Statement]) -> None:
        lines = draft.source.split("\n")
        marker = next((i for i, line in enumerate(lines) if BEGIN_HIDDEN in line), None)
        if below and marker is None:
            above, below = [*above, *below], []
        if below and marker is not None:
            if lines[marker].startswith(" "):  # inside a block: everything is copied above
                self._hide_all(draft)
                lines = draft.source.split("\n")
                marker = 0
            lines[marker + 1 : marker + 1] = [one.source for one in below]
        lines[:0] = [one.source for one in above]
        draft.source = "\n".join(lines)
        copied = [*above, *below]
        for cell in sorted({one.cell for one in copied}):
            names = sorted({name for one in copied if one.cell == cell for name in one.defines})
            origin = self.drafts[cell]
            kind = "test" if origin.role == "test" else "given cell"
            draft.note(
                "changed",
                f"what the {kind} {origin.grade_id or origin.place} does with "
                f"{', '.join(names[:6]) or 'its names'} is copied into it",
            )

    def _note_state(self, draft: Draft, place: int, statement: Statement) -> None:
        """A note where a copied statement keeps what a cell of the student's changes later."""
        for cell in range(statement.cell + 1, place):
            if self.drafts[cell].role not in _STUDENTS:
                continue
            changed = names_in(self.originals[cell]).binds & statement.uses & self.students
            if changed:
                draft.note(
                    "decision",
                    f"it compares with what an earlier test keeps of {', '.join(sorted(changed))}, "
                    f"before {self.drafts[cell].place} changes that; copied, it sees only the new "
                    "state",
                    "keep the old state in a given cell above that cell",
                )

    def _hide_all(self, draft: Draft) -> None:
        """Make the whole test hidden: its visible part needs what is hidden elsewhere."""
        lines = [
            line
            for line in draft.source.split("\n")
            if line.strip() not in (BEGIN_HIDDEN, END_HIDDEN)
        ]
        draft.source = "\n".join([BEGIN_HIDDEN, *lines, END_HIDDEN])
        draft.note("changed", "all of it is hidden now, because it needs hidden lines of a test")

    def _explain(self, draft: Draft, place: int, name: str) -> None:
        """A note about a name that the test still lacks."""
        if {name, "*"} & self._setup_names():
            return
        cell = self._binder(name, place)
        if cell is None:
            draft.note(
                "fault",
                f"it uses {name!r}, which no cell defines",
                "define it in the test, or correct the name",
            )


def _lift_for_students(drafts: list[Draft]) -> None:
    """Where the course's own solution uses what only a test defines, make it a setup cell."""
    place = 0
    while place < len(drafts):
        draft = drafts[place]
        if draft.role in _STUDENTS and tree_of(draft.source) is not None:
            place += _lifted(drafts, place)
        place += 1


def _lifted(drafts: list[Draft], place: int) -> int:
    """Lift what one solution takes from tests; returns the number of new cells above it."""
    uses = names_in(drafts[place].source).uses - _EVERYWHERE
    others = [
        names_in(one.source).binds
        for i, one in enumerate(drafts)
        if one.role in ("setup", "code", *_STUDENTS) and (i < place or one.role != "code")
    ]
    elsewhere = frozenset[str]().union(*others)
    tests = [
        statement
        for i, one in enumerate(drafts[:place])
        if one.role in ("test", "code")
        for statement in statements_of(i, one)
    ]
    wanted = uses - elsewhere
    if "*" in elsewhere:  # `from helpers import *` makes what no test defines
        wanted &= frozenset[str]().union(*(one.defines for one in tests))
    solved = frozenset[str]().union(
        *(names_in(one.source).binds for one in drafts if one.role in _STUDENTS)
    )
    found, missing = needed_statements(wanted, tests, _EVERYWHERE | solved)
    if not found:
        return 0
    names = ", ".join(sorted(wanted - missing))
    hidden = any(one.hidden for one in found)
    drafts[place].note(
        "fault",
        f"the course's own solution uses {names}, which only a test defines: a student whose "
        "notebook lacks that test can't run it",
        "define it in the solution",
    )
    if hidden:
        drafts[place].note(
            "decision",
            f"{names} is defined by a hidden test",
            "define it in the solution, or in a given cell",
        )
        return 0
    is_setup = not any(one.uses & solved for one in found)
    new = Draft(
        drafts[place].place,
        "setup" if is_setup else "code",
        "\n".join(one.source for one in found),
    )
    new.note("changed", f"this cell is new: it has {names} for the solution below")
    drafts.insert(place, new)
    return 1
