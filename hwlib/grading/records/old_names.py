"""Finds an imported course's assignment in the gradebook that nbgrader has filled.

There it may have the name of a folder that is no name for hwlib ("Problem Set 1"), and its notebook
may be called otherwise than SLUG.ipynb. The rows get the new names, so that what humans have given
stays where it belongs.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from nbgrader import api as nb

from hwlib.grading.course import slug_for

__all__ = ["adopt_old_names"]

_ASSIGNMENT: Any = nb.Assignment.__table__
_NOTEBOOK: Any = nb.Notebook.__table__


def adopt_old_names(db: sa.Connection, slug: str, notebooks: Collection[str]) -> None:
    """Rename the rows of the assignment and of its only notebook; nothing if they are called so.

    Parameters
    ----------
    db : sqlalchemy.Connection
    slug : str
        The assignment's name now. An old one is taken that `hw import` turns into this name, if
        there is no other such.
    notebooks : collection of str
        The names of its notebooks now, without .ipynb.
    """
    names = {row.name: row.id for row in db.execute(sa.select(_ASSIGNMENT))}
    if slug not in names:
        old = [name for name in names if slug_for(name) == slug]
        if len(old) != 1:
            return
        names[slug] = names[old[0]]
        _rename(db, _ASSIGNMENT, names[slug], slug)
    query = sa.select(_NOTEBOOK).where(_NOTEBOOK.c.assignment_id == names[slug])
    rows = db.execute(query).all()
    if len(rows) == len(notebooks) == 1 and rows[0].name not in notebooks:
        _rename(db, _NOTEBOOK, rows[0].id, *notebooks)


def _rename(db: sa.Connection, table: Any, row_id: str, name: str) -> None:
    db.execute(sa.update(table).where(table.c.id == row_id).values(name=name))
