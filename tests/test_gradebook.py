"""The gradebook: nbgrader's rows, one transaction a submission, and human grades that survive."""

from __future__ import annotations

import base64
import datetime
import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import nbformat
import numpy as np
import pytest
from courses import TINY, hand_in, make_tiny, outcome, released, solved
from data_helpers import png_file
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from programs import with_programs
from traitlets.config import Config

from hwlib.errors import CourseError, GradingError, RecordingError
from hwlib.grading import Assignment
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.records.class_records import ClassRecords
from hwlib.grading.records.gradebook import GradeStore
from hwlib.grading.results import Outcome
from hwlib.grading.submissions.beside import copy_files
from hwlib.grading.submissions.files import find_submissions

WHEN = "2027-02-01 12:00:00 UTC"


@pytest.fixture
def tiny(tmp_path: Path) -> Assignment:
    return make_tiny(tmp_path)


@pytest.fixture
def key(tiny: Assignment) -> AnswerKey:
    return load_key(tiny)


@pytest.fixture
def store(tiny: Assignment, tmp_path: Path) -> Iterator[GradeStore]:
    with GradeStore(tiny, tmp_path) as opened:
        opened.prepare()
        yield opened


@pytest.fixture
def book(store: GradeStore) -> Iterator[Gradebook]:
    """The same database through nbgrader's own eyes."""
    with Gradebook(store.db_url, "tiny") as gradebook:
        yield gradebook


def rows(db_url: str, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(db_url.removeprefix("sqlite:///"))
    try:
        return sorted(connection.execute(query).fetchall())
    finally:
        connection.close()


DESCRIPTION = """
SELECT b.name, b.type, g.max_score, g.cell_type, s.source, s.checksum, s.locked,
    n.name, n.kernelspec, a.name, a.course_id
FROM base_cell b JOIN notebook n ON n.id = b.notebook_id JOIN assignment a ON a.id = n.assignment_id
LEFT JOIN grade_cells g ON g.id = b.id
LEFT JOIN source_cell s ON s.name = b.name AND s.notebook_id = n.id"""


# ---- the assignment ----


def test_prepare_writes_the_rows_that_nbgrader_generate_assignment_writes(
    tiny: Assignment, store: GradeStore, tmp_path: Path
) -> None:
    other = f"sqlite:///{tmp_path / 'theirs.db'}"
    config = Config()
    config.CourseDirectory.update(
        root=str(tmp_path), db_url=other, course_id="tiny", release_directory="elsewhere"
    )
    with pytest.MonkeyPatch.context() as patch:  # nbgrader looks for the program alembic
        patch.setenv("PATH", with_programs())
        GenerateAssignment(
            coursedir=CourseDirectory(config=config, assignment_id="tiny"), config=config
        ).start()
    assert rows(store.db_url, DESCRIPTION) == rows(other, DESCRIPTION)
    # three tests, two solutions, one answer that is both
    assert len(rows(store.db_url, DESCRIPTION)) == 7
    sources = "SELECT name, cell_type, locked, source, checksum FROM source_cell"
    assert rows(store.db_url, sources) == rows(other, sources)
    version = "SELECT version_num FROM alembic_version"
    assert rows(store.db_url, version) == rows(other, version)


def test_prepare_twice_changes_nothing(store: GradeStore) -> None:
    before = (
        rows(store.db_url, "SELECT * FROM base_cell"),
        rows(store.db_url, "SELECT * FROM source_cell"),
    )
    store.prepare()
    assert (
        rows(store.db_url, "SELECT * FROM base_cell"),
        rows(store.db_url, "SELECT * FROM source_cell"),
    ) == before


def test_the_only_course_is_the_configured_one(tiny: Assignment, store: GradeStore) -> None:
    with Gradebook(store.db_url):  # what nbgrader's preprocessors do
        pass
    assert rows(store.db_url, "SELECT id FROM course") == [("default_course",), ("tiny",)]
    store.tidy()
    assert rows(store.db_url, "SELECT id FROM course") == [("tiny",)]


def test_a_default_course_that_has_assignments_stays(store: GradeStore) -> None:
    with Gradebook(store.db_url) as theirs:
        theirs.add_assignment("something else")
    store.tidy()
    assert ("default_course",) in rows(store.db_url, "SELECT id FROM course")


def test_writing_before_preparing_is_an_error(tiny: Assignment, tmp_path: Path) -> None:
    with GradeStore(tiny, tmp_path) as store, pytest.raises(GradingError, match="prepare"):
        store.write(outcome(load_key(tiny), "ada"), solved(tiny), WHEN)


def test_an_assignment_that_was_not_built_is_refused(tiny: Assignment, tmp_path: Path) -> None:
    tiny.source.unlink()
    with pytest.raises(CourseError, match="hw build tiny"):
        GradeStore(tiny, tmp_path)


def test_a_changed_question_keeps_the_grades_of_the_others(
    tiny: Assignment, key: AnswerKey, tmp_path: Path
) -> None:
    with GradeStore(tiny, tmp_path) as store:
        store.prepare()
        store.write(outcome(key, "ada"), solved(tiny), WHEN)
    changed = (
        TINY.replace('test="half" points=4', 'test="half" points=3')
        .replace('test="double-negative" points=1', 'test="double-zero" points=2')
        .replace("double(-1) == -2", "double(0) == 0")
    )
    make_tiny(tmp_path, changed)
    with GradeStore(tiny, tmp_path) as store:
        store.prepare()
        assert {name: mark.automatic for name, mark in store.marks("ada").items()} == {
            "double": 3.0,
            "double-zero": None,
            "half": 4.0,
            "why": None,
        }
    with Gradebook(store.db_url, "tiny") as book:
        assert book.find_assignment("tiny").max_score == 10
        assert book.find_grade("test-double-zero", "tiny", "tiny", "ada").needs_manual_grade


def test_a_question_that_a_human_graded_does_not_vanish(
    tiny: Assignment, key: AnswerKey, tmp_path: Path
) -> None:
    with GradeStore(tiny, tmp_path) as store:
        store.prepare()
        store.write(outcome(key, "ada"), solved(tiny), WHEN)
    with Gradebook(store.db_url, "tiny") as book:
        book.find_grade("answer-why", "tiny", "tiny", "ada").manual_score = 2
        book.db.commit()
    make_tiny(
        tmp_path,
        TINY[: TINY.index("# %% [markdown]\n# ## 3.")].replace("points=4", "points=6"),
    )
    before = rows(store.db_url, "SELECT * FROM base_cell")
    with (
        GradeStore(tiny, tmp_path) as store,
        pytest.raises(GradingError, match="a human graded answer-why for"),
    ):
        store.prepare()
    assert rows(store.db_url, "SELECT * FROM base_cell") == before


# ---- a submission ----


def test_a_submission_has_each_row_once_however_often_it_is_graded(
    tiny: Assignment, key: AnswerKey, store: GradeStore
) -> None:
    for lost in ((), ("half",), ()):
        store.write(outcome(key, "ada", lost), solved(tiny), WHEN)
    for table, count in {
        "student": 1,
        "submitted_assignment": 1,
        "submitted_notebook": 1,
        "grade": 4,
        "comment": 3,
    }.items():
        assert rows(store.db_url, f"SELECT count(*) FROM {table}") == [(count,)], table


def test_points_and_open_questions_are_as_nbgrader_keeps_them(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    result = store.write(outcome(key, "ada", ("half",)), solved(tiny), WHEN).result
    assert (result.status, result.score, result.max_score) == ("needs_manual", 4.0, 10.0)
    submission = book.find_submission("tiny", "ada")
    assert (submission.score, submission.max_score, submission.needs_manual_grade) == (
        4.0,
        10.0,
        True,
    )
    assert submission.timestamp == datetime.datetime(2027, 2, 1, 12)
    failed = book.find_grade("test-half", "tiny", "tiny", "ada")
    assert (failed.auto_score, failed.needs_manual_grade, failed.failed_tests) == (0.0, False, True)
    assert book.find_grade("answer-why", "tiny", "tiny", "ada").auto_score is None
    assert book.submission_dicts("tiny")[0]["score"] == 4.0


def test_partial_points_are_kept_as_they_are(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    result = outcome(key, "ada")
    questions = tuple(replace(q, points=1.25) if q.id == "half" else q for q in result.questions)
    assert (
        store.write(replace(result, questions=questions), solved(tiny), WHEN).result.score == 5.25
    )
    assert book.find_submission("tiny", "ada").score == 5.25


def test_a_blank_submission_has_no_open_question(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    lost = ("double", "double-negative", "half")
    assert store.write(outcome(key, "bob", lost), released(tiny), None).result.status == "graded"
    grade = book.find_grade("answer-why", "tiny", "tiny", "bob")
    assert (grade.auto_score, grade.needs_manual_grade) == (0.0, False)
    assert book.find_comment("solution-half", "tiny", "tiny", "bob").comment == "No response."
    assert book.find_submission("tiny", "bob").timestamp is None


def test_an_emptied_answer_is_nothing_to_grade_in_the_gradebook_too(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    """The result calls it missing; it must not wait for a human all the same."""
    emptied = solved(tiny, answer_why=" \n")
    assert store.write(outcome(key, "bob"), emptied, None).result.status == "graded"
    grade = book.find_grade("answer-why", "tiny", "tiny", "bob")
    assert (grade.auto_score, grade.needs_manual_grade) == (0.0, False)
    assert book.find_comment("answer-why", "tiny", "tiny", "bob").comment == "No response."


def test_a_rejected_submission_asks_for_a_look_and_says_why(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    result = replace(
        outcome(key, "eve"),
        status="rejected",
        problems=("tiny.ipynb: an empty file; hand it in again",),
    )
    assert store.write(result, None, WHEN).result.status == "rejected"
    submission = book.find_submission("tiny", "eve")
    assert (submission.score, submission.needs_manual_grade) == (0.0, True)
    assert all(grade.needs_manual_grade for grade in submission.notebooks[0].grades)
    assert "an empty file" in book.find_comment("solution-double", "tiny", "tiny", "eve").comment
    placeholder = read_autograded(store, "eve")
    assert "an empty file" in placeholder.cells[0].source
    store.write(outcome(key, "eve"), solved(tiny), WHEN)  # handed in again, readable
    book.db.expire_all()
    assert book.find_comment("solution-double", "tiny", "tiny", "eve").comment is None
    assert book.find_grade("test-half", "tiny", "tiny", "eve").needs_manual_grade is False


@pytest.mark.parametrize("garbled", ["the day before yesterday", "5", "12:00", "February 2027"])
def test_a_missing_or_garbled_timestamp_keeps_the_old_one(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook, garbled: str
) -> None:
    store.write(outcome(key, "ada"), solved(tiny), WHEN)
    store.write(outcome(key, "ada"), solved(tiny), None)
    result = store.write(outcome(key, "ada"), solved(tiny), garbled).result
    assert "timestamp.txt" in result.problems[0]
    assert book.find_submission("tiny", "ada").timestamp == datetime.datetime(2027, 2, 1, 12)


@pytest.mark.parametrize("student", ["", ".", "..", "a/b", "../../etc", "a\0b"])
def test_an_id_that_leads_out_of_the_folder_is_refused(
    tiny: Assignment, key: AnswerKey, store: GradeStore, student: str
) -> None:
    with pytest.raises(GradingError, match="student's id"):
        store.write(outcome(key, student), solved(tiny), WHEN)
    assert rows(store.db_url, "SELECT id FROM student") == []


def test_the_grader_waits_for_another_program_that_holds_the_database(
    tiny: Assignment, key: AnswerKey, store: GradeStore
) -> None:
    other = sqlite3.connect(
        store.db_url.removeprefix("sqlite:///"), check_same_thread=False, isolation_level=None
    )
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.5, lambda: other.execute("COMMIT"))
    timer.start()
    store.write(outcome(key, "ada"), solved(tiny), WHEN)
    timer.join()
    other.close()
    assert store.marks("ada")["double"].automatic == 3.0


# ---- humans ----


def give(book: Gradebook, grade_id: str, score: float, extra: float | None = None) -> None:
    """What the formgrader does when a human enters a score."""
    book.db.expire_all()
    grade = book.find_grade(grade_id, "tiny", "tiny", "ada")
    grade.manual_score, grade.extra_credit, grade.needs_manual_grade = score, extra, False
    book.db.commit()


def test_a_manual_grade_survives_a_regrade(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    store.write(outcome(key, "ada"), solved(tiny), WHEN)
    give(book, "answer-why", 1.5, extra=0.5)
    comment = book.find_comment("answer-why", "tiny", "tiny", "ada")
    comment.manual_comment = "Nicely said."
    book.db.commit()
    written = store.write(outcome(key, "ada", ("half",)), solved(tiny), WHEN)
    result = written.result
    assert (result.status, result.question("why").points, result.score) == ("graded", 1.5, 6.0)
    assert result.extra_credit == 0.5
    assert store.human_grades("ada") == {"why": 1.5}
    assert written.comments == store.view().comments["ada"] == {"why": "Nicely said."}
    assert written.marks == store.marks("ada")
    assert written.hand_in == store.hand_in("ada")
    book.db.expire_all()
    assert book.find_submission("tiny", "ada").score == 6.0  # nbgrader counts it, too


def test_a_new_answer_asks_the_human_again(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    store.write(outcome(key, "ada"), solved(tiny), WHEN)
    give(book, "answer-why", 2)
    result = store.write(
        outcome(key, "ada"), solved(tiny, answer_why="Something else."), WHEN
    ).result
    assert (result.status, result.question("why").points) == ("needs_manual", 2.0)
    assert store.marks("ada")["why"].needs_look


def test_a_corrected_automatic_grade_asks_again_only_if_the_automatic_score_changes(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    store.write(outcome(key, "ada", ("half",)), solved(tiny), WHEN)
    give(book, "test-half", 3)
    give(book, "answer-why", 2)
    assert store.write(outcome(key, "ada", ("half",)), solved(tiny), WHEN).result.score == 9.0
    assert not store.marks("ada")["half"].needs_look
    assert store.write(outcome(key, "ada"), solved(tiny), WHEN).result.score == 9.0
    assert store.marks("ada")["half"].needs_look


def test_points_by_hand_for_a_test_ask_again_if_the_solution_has_changed(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    store.write(outcome(key, "ada", ("half",)), solved(tiny), WHEN)
    give(book, "test-half", 3)
    other = solved(tiny, solution_half="def half(x):\n    return x / 3")
    store.write(outcome(key, "ada", ("half",)), solved(tiny), WHEN)
    assert not store.marks("ada")["half"].needs_look
    result = store.write(outcome(key, "ada", ("half",)), other, WHEN).result
    assert result.question("half").points == 3
    assert store.marks("ada")["half"].needs_look


def test_another_picture_under_the_same_words_asks_the_human_again(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    def drawn(shade: int) -> NotebookNode:
        notebook = solved(tiny, answer_why="![](attachment:a.png)")
        for cell in notebook.cells:
            if cell.source.startswith("![]"):
                data = base64.b64encode(png_file(np.full((1, 1, 1, 3), shade, np.uint8))).decode()
                cell["attachments"] = {"a.png": {"image/png": data}}
        return notebook

    store.write(outcome(key, "ada"), drawn(10), WHEN)
    give(book, "answer-why", 2)
    assert store.write(outcome(key, "ada"), drawn(10), WHEN).result.status == "graded"
    assert store.write(outcome(key, "ada"), drawn(200), WHEN).result.status == "needs_manual"


def test_a_manual_score_beyond_the_maximum_counts_as_the_maximum_in_the_result(
    tiny: Assignment, key: AnswerKey, store: GradeStore, book: Gradebook
) -> None:
    store.write(outcome(key, "ada"), solved(tiny), WHEN)
    give(book, "answer-why", 7)
    assert store.write(outcome(key, "ada"), solved(tiny), WHEN).result.question("why").points == 2.0


# ---- late ----

PENALTY = """
import sys
sys.path.insert(0, {folder!r})
c.AssignLatePenalties.plugin_class = "tiny_penalty.PerDay"
"""
PLUGIN = """
from nbgrader.plugins import BasePlugin

class PerDay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.1 * score * total_seconds_late / 86400
"""


@contextmanager
def due_store(tiny: Assignment) -> Iterator[GradeStore]:
    """The records of the assignment with a due date."""
    with GradeStore(tiny, tiny.course.root) as store:
        store.prepare()
        with Gradebook(store.db_url, "tiny") as book:
            book.update_or_create_assignment("tiny", duedate="2027-01-30 12:00:00 UTC")
        store.prepare()
        yield store


@pytest.mark.parametrize(
    ("config", "expected"),
    [("", 0.0), ("c.LateSubmissionPlugin.penalty_method = 'zero'\n", 8.0), (PENALTY, 1.6)],
)
def test_nbgraders_late_penalties_are_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, expected: float
) -> None:
    (tmp_path / "tiny_penalty.py").write_text(PLUGIN)
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    tiny = make_tiny(
        tmp_path, config=config.format(folder=str(tmp_path)) if "{folder" in config else config
    )
    key = load_key(tiny)
    with due_store(tiny) as store:
        store.write(outcome(key, "late"), solved(tiny), WHEN)  # two days
        store.write(outcome(key, "early"), solved(tiny), "2027-01-30 11:59:59 UTC")
        assert store.late_penalty("late") == pytest.approx(expected)
        assert store.late_penalty("early") == 0.0
        with Gradebook(store.db_url, "tiny") as book:
            assert book.find_assignment("tiny").duedate == datetime.datetime(2027, 1, 30, 12)
            book.grant_extension("tiny", "late", days=3)
        store.write(outcome(key, "late"), solved(tiny), WHEN)
        assert store.late_penalty("late") == 0.0


def test_the_penalty_counts_points_above_a_lowered_maximum_as_the_score_does(
    tmp_path: Path,
) -> None:
    tiny = make_tiny(tmp_path, config="c.LateSubmissionPlugin.penalty_method = 'zero'\n")
    key = load_key(tiny)
    with due_store(tiny) as store:
        store.write(outcome(key, "ada"), solved(tiny), WHEN)
        with Gradebook(store.db_url, "tiny") as book:
            give(book, "answer-why", 5.0)  # of 2
        assert store.update_penalty("ada") == pytest.approx(10.0)  # 8 by tests, and 2
        written = store.write(outcome(key, "ada"), solved(tiny), WHEN)
    assert (written.result.late_penalty, written.result.score) == (10.0, 0.0)


# ---- the autograded notebook ----


def read_autograded(store: GradeStore, student: str) -> NotebookNode:
    return nbformat.read(
        store.output / "autograded" / student / "tiny" / "tiny.ipynb", as_version=4
    )


def grade_ids(notebook: NotebookNode) -> list[str]:
    return [
        cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata
    ]


def test_the_autograded_notebook_is_valid_and_has_every_graded_cell_once(
    tiny: Assignment, key: AnswerKey, store: GradeStore
) -> None:
    notebook = solved(tiny)
    double = next(
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "solution-double"
    )
    notebook.cells.append(double.copy())
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") != "test-half"
    ]
    store.write(outcome(key, "ada"), notebook, WHEN)
    written = read_autograded(store, "ada")
    nbformat.validate(written)
    assert sorted(grade_ids(written)) == sorted(grade_ids(nbformat.read(tiny.source, as_version=4)))
    assert grade_ids(written).index("test-half") == grade_ids(written).index("solution-half") + 1


def test_points_and_locked_cells_come_from_the_source_not_from_the_submission(
    tiny: Assignment, key: AnswerKey, store: GradeStore
) -> None:
    notebook = solved(tiny)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "test-half":
            cell.metadata.nbgrader.points = 1000
            cell.source = "pass"
    forged = new_code_cell(
        "pass",
        metadata={
            "nbgrader": {
                "grade_id": "test-mine",
                "grade": True,
                "locked": True,
                "solution": False,
                "points": 50,
                "schema_version": 3,
            }
        },
    )
    notebook.cells.append(forged)
    store.write(outcome(key, "mallory"), notebook, WHEN)
    cells = {
        cell.metadata.nbgrader.grade_id: cell
        for cell in read_autograded(store, "mallory").cells
        if "nbgrader" in cell.metadata
    }
    assert cells["test-half"].metadata.nbgrader.points == 4
    assert "isclose" in cells["test-half"].source
    assert "test-mine" not in cells


def test_the_output_of_a_test_cell_is_the_graders_verdict(
    tiny: Assignment, key: AnswerKey, store: GradeStore
) -> None:
    notebook = solved(tiny)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "test-half":
            cell.outputs = [
                NotebookNode(
                    output_type="stream", name="stdout", text="100 of 4 points, says the student"
                )
            ]
    store.write(outcome(key, "ada", ("half",)), notebook, WHEN)
    cells = {
        cell.metadata.nbgrader.grade_id: cell
        for cell in read_autograded(store, "ada").cells
        if "nbgrader" in cell.metadata
    }
    assert (
        "0 of 4 points (failed): The values are too large."
        in cells["test-half"].outputs[0].traceback[0]
    )
    assert cells["test-double"].outputs[0].text == "✓ 3 of 3 points\n"


def test_files_beside_the_notebook_are_kept_and_links_are_not_followed(
    tiny: Assignment, key: AnswerKey, store: GradeStore, tmp_path: Path
) -> None:
    folder = hand_in(tiny, "ada", solved(tiny), WHEN)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "deep").mkdir()
    (folder / "deep" / "notes.txt").write_text("notes")
    (folder / ".hidden").write_text("no")
    (folder / "passwords").symlink_to("/etc/passwd")
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    result = store.write(outcome(key, "ada"), solved(tiny), WHEN, folder=folder).result
    written = store.output / "autograded" / "ada" / "tiny"
    assert sorted(
        path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()
    ) == ["deep/notes.txt", "model.safetensors", "timestamp.txt", "tiny.ipynb"]
    assert sum("left out" in problem for problem in result.problems) == 3


def test_too_many_files_are_left_out_and_said(tmp_path: Path) -> None:
    source, target = tmp_path / "from", tmp_path / "to"
    source.mkdir()
    for number in range(230):
        (source / f"{number:03}").write_text("x")
    problems = copy_files(source, target)
    assert len(list(target.iterdir())) == 200
    assert problems[0].startswith("200 (")
    assert len(problems) <= 22


def test_a_killed_run_leaves_nothing_that_a_later_one_trips_over(
    tiny: Assignment, key: AnswerKey, store: GradeStore
) -> None:
    store.write(outcome(key, "ada"), solved(tiny), WHEN)
    half = store.output / "autograded" / "ada" / ".tiny.new"
    half.mkdir()
    (half / "tiny.ipynb").write_text('{"cells": [')
    store.prepare()
    assert not half.exists()
    half.mkdir()
    store.write(outcome(key, "ada"), solved(tiny), WHEN)
    assert sorted(path.name for path in (store.output / "autograded" / "ada").iterdir()) == ["tiny"]


def test_what_can_not_be_written_of_one_student_stops_no_other(tmp_path: Path) -> None:
    tiny = make_tiny(tmp_path)
    for student in ("ada", "bob"):
        hand_in(tiny, student, solved(tiny))
    broken = solved(tiny)
    broken.cells[0].source = 5  # no text: nothing that reads hand-ins gives this
    with ClassRecords(tiny, tmp_path, "isolated") as records:
        ada, bob = find_submissions(tiny, tmp_path / "submitted")
        assert records.kept(ada) is records.kept(bob) is None
        with pytest.raises(RecordingError, match="ada: the result could not be written"):
            records.write(ada, Outcome(outcome(load_key(tiny), "ada"), broken, tier="T2"), 1)
        records.write(bob, Outcome(outcome(load_key(tiny), "bob"), solved(tiny), tier="T2"), 1)
    assert [*(tmp_path / "feedback" / "bob").rglob("*.html")]
