"""Access to nbgrader's database: configuration, tables, and the rows for an assignment."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from nbformat import NotebookNode
from nbgrader import api as nb
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from hwlib.errors import CourseError, GradingError, RecordingError
from hwlib.grading.course import Assignment, Course
from hwlib.grading.records.autograded import graded_cells
from hwlib.grading.records.database import (
    advice,
    gradebook_url,
    open_engine,
    shown,
    wait_for_tables,
)
from hwlib.grading.records.old_names import adopt_old_names

__all__ = [
    "NBGRADER_CONFIG",
    "AssignmentRows",
    "NotebookRows",
    "create_database",
    "engine_of",
    "find_or_insert",
    "importable",
    "load_nbgrader_config",
    "sync_assignment",
]


NBGRADER_CONFIG = "nbgrader_config.py"


class _ConfigLoader(PyFileConfigLoader):  # type: ignore[misc]  # traitlets is not followed
    """Reads the file of exactly this name: traitlets would put variables into `$HOME/course`."""

    def _find_file(self) -> None:
        self.full_filename = self.filename


def load_nbgrader_config(course: Course) -> Config:
    """Load nbgrader_config.py of the course, or an empty configuration if there is none.

    `CourseDirectory.course_id` is always set.

    Raises
    ------
    CourseError
        If the file is not Python, or raises an error.
    """
    path = course.root / NBGRADER_CONFIG
    config = Config()
    if path.is_file():
        try:
            with importable(course.root):
                config = _ConfigLoader(str(path)).load_config()
        except Exception as error:
            raise CourseError(
                f"{path}{_line_in(path, error)}: expected settings of nbgrader, found: "
                f"{type(error).__name__}: {str(error).splitlines()[0]}; correct this line"
            ) from error
    if not config.CourseDirectory.get("course_id"):
        config.CourseDirectory.course_id = "course"
    return config


@contextmanager
def importable(root: Path) -> Iterator[None]:
    """The modules beside nbgrader_config.py can be imported meanwhile, as nbgrader sees to it."""
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


def _line_in(path: Path, error: Exception) -> str:
    """`:LINE` of the file in which an error arose; "" if it arose elsewhere."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f":{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    return next((f":{one.lineno}" for one in reversed(frames) if one.filename == str(path)), "")


def engine_of(
    assignment: Assignment, output: Path, db_url: str | None, *, writes: bool
) -> sa.Engine | None:
    """The database of a gradebook; None if it would be a file that does not exist."""
    course = assignment.course
    url = gradebook_url(load_nbgrader_config(course), course.root, output.resolve(), db_url)
    engine = open_engine(url, writes=writes)
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").is_file():
        return None
    return engine


def create_database(db_url: str) -> None:
    """Make nbgrader's tables if they do not exist.

    nbgrader itself needs a program `alembic` on the PATH to find the version of its tables. Here
    the library of that name is asked instead, so the PATH does not matter.

    Raises
    ------
    CourseError
        If `db_url` is not a URL, or the driver of its database is not installed.
    RecordingError
        If the database cannot be opened, is not a gradebook, or belongs to another version of
        nbgrader.
    """
    engine, where = open_engine(db_url), shown(db_url)
    try:
        if engine.dialect.name == "sqlite" and engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        _make_tables(engine, where)
    except OSError as error:
        raise RecordingError(
            f"{where}: cannot write to it ({error.strerror}); choose another --output"
        ) from error
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise RecordingError(f"{where}: {advice(reason)}") from error
    finally:
        engine.dispose()


def _make_tables(engine: sa.Engine, where: str) -> None:
    head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    with engine.begin() as connection:
        wait_for_tables(connection)
        if not sa.inspect(connection).has_table("assignment"):
            nb.Base.metadata.create_all(connection)
            connection.execute(
                sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            )
            connection.execute(
                sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": head}
            )
            return
        found = None
        if sa.inspect(connection).has_table("alembic_version"):
            found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if found != head:
        raise RecordingError(
            f"{where}: this gradebook belongs to another version of nbgrader (expected tables "
            f"{head}, found {found}); copy the file, then run `nbgrader db upgrade` in the folder "
            "of the course"
        )


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


ASSIGNMENT, NOTEBOOK, COURSE, STUDENT = map(
    _table, (nb.Assignment, nb.Notebook, nb.Course, nb.Student)
)
BASE_CELL, SOURCE_CELL = map(_table, (nb.BaseCell, nb.SourceCell))
SUBMITTED, SUBMITTED_NOTEBOOK = map(_table, (nb.SubmittedAssignment, nb.SubmittedNotebook))
GRADE, COMMENT = map(_table, (nb.Grade, nb.Comment))
CELL_TABLES = {
    cell_class: _table(getattr(nb, cell_class))
    for cell_class in ("GradeCell", "SolutionCell", "TaskCell")
}
FLAGS = {"GradeCell": "grade", "SolutionCell": "solution", "TaskCell": "task"}
FILLED_IN = {"GradeCell": (GRADE,), "SolutionCell": (COMMENT,), "TaskCell": (GRADE, COMMENT)}
"""nbgrader's class of a cell → the tables with a row for each submission of it."""


@dataclass(frozen=True, slots=True)
class NotebookRows:
    """Ids of the rows that describe a notebook.

    `cells` maps (nbgrader's class of the cell, grade id) to the row of the cell.
    """

    notebook: str
    cells: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class AssignmentRows:
    """Ids of the rows that describe an assignment, and of its notebooks by their names."""

    assignment: str
    notebooks: Mapping[str, NotebookRows]


def find_or_insert(
    db: sa.Connection, table: sa.Table, identity: dict[str, Any], values: dict[str, Any]
) -> str:
    """Id of the row with the values `identity`; if there is none, it is added with `values`."""
    where = [table.c[name] == value for name, value in identity.items()]
    found = db.execute(sa.select(table.c.id).where(*where)).scalar()
    if found is None:
        found = uuid4().hex
        db.execute(sa.insert(table), {"id": found, **identity, **values})
    return str(found)


def sync_assignment(
    db: sa.Connection,
    templates: Mapping[str, NotebookNode],
    slug: str,
    course_id: str,
    due: datetime | None = None,
    extensions: Mapping[str, timedelta] | None = None,
) -> AssignmentRows:
    """Update the rows of an assignment from its source notebooks, as generate_assignment does.

    Once there are submissions, nbgrader refuses to add or remove questions. Here the other
    questions keep their grades. Only a question that a human has graded cannot be removed. Without
    `due`, a due date that the gradebook has stays; so do extensions of students who are not named.

    Raises
    ------
    GradingError
        If the notebook no longer has a question that a human graded.
    """
    if db.execute(sa.select(COURSE.c.id).where(COURSE.c.id == course_id)).first() is None:
        db.execute(sa.insert(COURSE), {"id": course_id})
    adopt_old_names(db, slug, templates)
    assignment = find_or_insert(db, ASSIGNMENT, {"name": slug}, {"course_id": course_id})
    if due is not None:  # nbgrader keeps times in UTC, without their zone
        when = due.astimezone(UTC).replace(tzinfo=None)
        db.execute(sa.update(ASSIGNMENT).where(ASSIGNMENT.c.id == assignment).values(duedate=when))
    for student, more in (extensions or {}).items():
        mine = (SUBMITTED.c.assignment_id == assignment, SUBMITTED.c.student_id == student)
        db.execute(sa.update(SUBMITTED).where(*mine).values(extension=more))
    _remove_other_notebooks(db, assignment, templates)
    notebooks = {
        name: _sync_notebook(db, template, name, assignment) for name, template in templates.items()
    }
    drop_stray_course(db, course_id)
    return AssignmentRows(assignment, notebooks)


def _sync_notebook(
    db: sa.Connection, template: NotebookNode, name: str, assignment: str
) -> NotebookRows:
    notebook = find_or_insert(db, NOTEBOOK, {"name": name, "assignment_id": assignment}, {})
    kernelspec = json.dumps(template.metadata.get("kernelspec", {}))
    db.execute(sa.update(NOTEBOOK).where(NOTEBOOK.c.id == notebook).values(kernelspec=kernelspec))
    cells = _sync_graded_cells(db, template, notebook)
    _sync_source_cells(db, template, notebook)
    return NotebookRows(notebook, cells)


def _remove_other_notebooks(
    db: sa.Connection, assignment: str, templates: Mapping[str, NotebookNode]
) -> None:
    """Remove notebooks that the assignment had before; their points would still count."""
    query = sa.select(NOTEBOOK.c.id).where(
        NOTEBOOK.c.assignment_id == assignment, NOTEBOOK.c.name.not_in(list(templates))
    )
    for notebook in db.execute(query).scalars().all():
        columns = (BASE_CELL.c.type, BASE_CELL.c.name, BASE_CELL.c.id)
        rows = db.execute(sa.select(*columns).where(BASE_CELL.c.notebook_id == notebook)).all()
        for cell_class, grade_id, row_id in rows:
            _remove_cell(db, cell_class, grade_id, row_id)
        for table in (SOURCE_CELL, SUBMITTED_NOTEBOOK):
            db.execute(sa.delete(table).where(table.c.notebook_id == notebook))
        db.execute(sa.delete(NOTEBOOK).where(NOTEBOOK.c.id == notebook))


def drop_stray_course(db: sa.Connection, course_id: str) -> None:
    """Remove the row `default_course`, which nbgrader's preprocessors add to every database."""
    used = sa.select(ASSIGNMENT.c.course_id)
    db.execute(
        sa.delete(COURSE).where(
            COURSE.c.id == "default_course", COURSE.c.id != course_id, COURSE.c.id.not_in(used)
        )
    )


def _sync_graded_cells(
    db: sa.Connection, template: NotebookNode, notebook: str
) -> dict[tuple[str, str], str]:
    wanted = {
        (cell_class, grade_id): cell
        for grade_id, cell in graded_cells(template).items()
        for cell_class, flag in FLAGS.items()
        if cell.metadata.nbgrader.get(flag)
    }
    columns = (BASE_CELL.c.type, BASE_CELL.c.name, BASE_CELL.c.id)
    rows = db.execute(sa.select(*columns).where(BASE_CELL.c.notebook_id == notebook))
    existing = {(cell_class, name): row_id for cell_class, name, row_id in rows}
    for cell_class, grade_id in existing.keys() - wanted.keys():
        _remove_cell(db, cell_class, grade_id, existing[cell_class, grade_id])
    cells = {}
    for (cell_class, grade_id), cell in wanted.items():
        row_id = existing.get((cell_class, grade_id)) or _add_cell(
            db, cell_class, grade_id, cell, notebook
        )
        cells[cell_class, grade_id] = row_id
        if values := _cell_values(cell_class, cell):
            table = CELL_TABLES[cell_class]
            db.execute(sa.update(table).where(table.c.id == row_id).values(**values))
    return cells


def _cell_values(cell_class: str, cell: NotebookNode) -> dict[str, Any]:
    if cell_class == "SolutionCell":
        return {}
    return {"max_score": float(cell.metadata.nbgrader.points), "cell_type": cell.cell_type}


def _add_cell(
    db: sa.Connection, cell_class: str, grade_id: str, cell: NotebookNode, notebook: str
) -> str:
    row_id = uuid4().hex
    db.execute(
        sa.insert(BASE_CELL),
        {"id": row_id, "name": grade_id, "notebook_id": notebook, "type": cell_class},
    )
    db.execute(sa.insert(CELL_TABLES[cell_class]), {"id": row_id, **_cell_values(cell_class, cell)})
    query = sa.select(SUBMITTED_NOTEBOOK.c.id).where(SUBMITTED_NOTEBOOK.c.notebook_id == notebook)
    graded_before = db.execute(query).scalars().all()
    for table in FILLED_IN[cell_class] if graded_before else ():
        db.execute(
            sa.insert(table),
            [
                {"id": uuid4().hex, "cell_id": row_id, "notebook_id": submitted}
                for submitted in graded_before
            ],
        )
    return row_id


def _remove_cell(db: sa.Connection, cell_class: str, grade_id: str, row_id: str) -> None:
    by_hand = sa.or_(
        GRADE.c.manual_score.is_not(None), sa.func.coalesce(GRADE.c.extra_credit, 0) != 0
    )
    query = sa.select(sa.func.count()).select_from(GRADE).where(GRADE.c.cell_id == row_id, by_hand)
    if graded := db.execute(query).scalar_one():
        raise GradingError(
            f"gradebook: a human graded {grade_id} for {graded} students, but the source notebook "
            "no longer has it; put it back, or delete those scores in the formgrader"
        )
    written = sa.func.coalesce(COMMENT.c.manual_comment, "") != ""
    query = sa.select(sa.func.count()).where(COMMENT.c.cell_id == row_id, written)
    if commented := db.execute(query).scalar_one():
        raise GradingError(
            f"gradebook: a human wrote comments on {grade_id} for {commented} students, but the "
            "source notebook no longer has it; put it back, or delete those comments in the "
            "formgrader"
        )
    for table in (GRADE, COMMENT):
        db.execute(sa.delete(table).where(table.c.cell_id == row_id))
    for table in (CELL_TABLES[cell_class], BASE_CELL):
        db.execute(sa.delete(table).where(table.c.id == row_id))


def _sync_source_cells(db: sa.Connection, template: NotebookNode, notebook: str) -> None:
    cells = graded_cells(template)
    here = SOURCE_CELL.c.notebook_id == notebook
    db.execute(sa.delete(SOURCE_CELL).where(here, SOURCE_CELL.c.name.not_in(list(cells))))
    for grade_id, cell in cells.items():
        values = {
            "cell_type": cell.cell_type,
            "locked": bool(cell.metadata.nbgrader.locked),
            "source": cell.source,
            "checksum": cell.metadata.nbgrader.get("checksum"),
        }
        row_id = find_or_insert(
            db, SOURCE_CELL, {"name": grade_id, "notebook_id": notebook}, values
        )
        db.execute(sa.update(SOURCE_CELL).where(SOURCE_CELL.c.id == row_id).values(**values))
