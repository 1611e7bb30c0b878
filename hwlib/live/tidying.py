"""Leaves the names of a notebook as they were before a check ran.

A check needs variables of its own. They would stay in the notebook, where some of them are answers
to the question, and others would replace a student's variable of the same name.
"""

from __future__ import annotations

import symtable
from dataclasses import dataclass
from typing import Any

__all__ = ["Kept", "assigned_names", "kept_names", "put_back"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The values that some names had; a name that was not there has none."""

    values: dict[str, Any]
    absent: frozenset[str]


def kept_names(source: str, namespace: dict[str, Any]) -> Kept:
    """Remember what the names that a cell assigns are now.

    >>> kept = kept_names("w, g = 1, 2", {"w": 5})
    >>> kept.values, sorted(kept.absent)
    ({'w': 5}, ['g'])
    """
    names = assigned_names(source)
    values = {name: namespace[name] for name in names if name in namespace}
    return Kept(values, frozenset(names) - values.keys())


def put_back(kept: Kept, namespace: dict[str, Any]) -> None:
    """Give the names their values back, and remove those that were not there."""
    namespace.update(kept.values)
    for name in kept.absent:
        namespace.pop(name, None)


def assigned_names(source: str) -> list[str]:
    """The names that the code of a cell binds at its top level."""
    try:
        table = symtable.symtable(source, "<cell>", "exec")
    except (SyntaxError, ValueError):
        return []
    return [
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    ]
