"""What a cell of the twelve assignments needs comes from given code, setup or an answer: never from
an experiment, which may be skipped, and never from a check, which leaves nothing behind.
"""

from __future__ import annotations

import symtable
from collections.abc import Iterator
from pathlib import Path

import pytest

from hwlib.grading import find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.cells import transformed

COURSE = find_course(Path(__file__).parent)


def tables(source: str) -> Iterator[tuple[bool, symtable.SymbolTable]]:
    """The scopes of a cell, each with whether it is the cell's own."""
    top = symtable.symtable(transformed(source), "<cell>", "exec")
    waiting = [(True, top)]
    while waiting:
        is_top, table = waiting.pop()
        yield is_top, table
        waiting += [(False, child) for child in table.get_children()]


def bound(source: str) -> set[str]:
    """The names that a cell defines."""
    _, top = next(tables(source))
    return {
        one.get_name()
        for one in top.get_symbols()
        if one.is_assigned() or one.is_imported() or one.is_namespace()
    }


def used(source: str) -> set[str]:
    """The global names that a cell reads and does not define."""
    found = {
        one.get_name()
        for is_top, table in tables(source)
        for one in table.get_symbols()
        if one.is_referenced() and (is_top or one.is_global())
    }
    return found - bound(source)


@pytest.mark.parametrize("slug", COURSE.slugs())
def test_no_cell_needs_what_an_experiment_or_a_check_defines(slug: str) -> None:
    defined: dict[str, set[str]] = {}  # name → the roles of the cells above that define it
    faults = []
    for cell in load_key(COURSE.assignment(slug)).cells:
        if cell.cell_type != "code":
            continue
        for name in used(cell.source):
            allowed = {"setup", "code", "solution", "oracle"}
            if cell.role == "experiment":
                allowed.add("experiment")
            if name in defined and not defined[name] & allowed:
                faults.append(f"{cell.name} uses {name} of {', '.join(defined[name])}")
        for name in bound(cell.source):
            defined.setdefault(name, set()).add(cell.role)
    assert faults == []
