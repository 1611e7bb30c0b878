"""The gradebook in PostgreSQL and in SQLite: several graders, a human in between, and passwords."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import needs
import pytest
from courses import hand_in, make_tiny, outcome, solved
from nbgrader.api import Gradebook
from postgres import PASSWORD, Server, program, running_server
from traitlets.config import Config

from hwlib.errors import CourseError, RecordingError
from hwlib.grading import Course, build
from hwlib.grading.answer_key import load_key
from hwlib.grading.records import database, gradebook
from hwlib.grading.records.database import gradebook_url, shown
from hwlib.grading.records.gradebook import GradeStore
from hwlib.grading.records.marks import recorded_marks

WHEN = "2027-02-01 12:00:00 UTC"
STUDENTS = [f"s{number}" for number in range(8)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    needs.module("psycopg")
    if program("initdb") is None or program("psql") is None:
        pytest.skip("PostgreSQL is missing; run: sudo apt-get install postgresql")
    with running_server() as started:
        yield started


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Two assignments, each handed in by everybody; half of the class has a mistake in each."""
    course = make_tiny(tmp_path).course
    folder = tmp_path / "assignments" / "tiny2"
    folder.mkdir()
    for name in ("notebook.py", "assignment.toml"):
        (folder / name).write_text((tmp_path / "assignments" / "tiny" / name).read_text())
    build(course.assignment("tiny2"))
    for number, student in enumerate(STUDENTS):
        wrong = {"solution_half": "def half(x):\n    return x\n"} if number % 2 else {}
        for slug in ("tiny", "tiny2"):
            assignment = course.assignment(slug)
            hand_in(assignment, student, solved(assignment, **wrong))
    return course


def start(course: Course, slug: str, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hwlib.cli", "grade", slug, "--jobs", "1", *more],
        cwd=course.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def scores(url: str, slug: str) -> dict[str, float]:
    with Gradebook(url, "tiny") as book:
        return {one.student.id: one.score for one in book.assignment_submissions(slug)}


@needs.linux
def test_two_assignments_graded_at_once_in_postgresql_lose_nothing(
    course: Course, server: Server
) -> None:
    url = server.new_database()  # empty: both make the tables
    running = [start(course, slug, "--db", url) for slug in ("tiny", "tiny2")]
    for process in running:
        told, complaints = process.communicate(timeout=200)
        said = [line for line in complaints.splitlines() if line.startswith("hw:")]
        assert (process.returncode, said) == (0, [])  # the rest is progress
        assert PASSWORD not in told + complaints
    expected = {student: 4.0 if number % 2 else 8.0 for number, student in enumerate(STUDENTS)}
    assert scores(url, "tiny") == expected
    assert scores(url, "tiny2") == expected
    assert not (course.root / "gradebook.db").exists()
    with Gradebook(url, "tiny") as book:  # a human gives points, and a dry run knows them
        grade = book.find_grade("answer-why", "tiny", "tiny", "s0")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    again = start(course, "tiny", "--db", url, "--force")
    assert again.communicate(timeout=200)[1] == ""
    assert scores(url, "tiny") == {**expected, "s0": 9.5}
    marks = recorded_marks(course.assignment("tiny"), course.root, url)
    assert marks["s0"]["why"].by_hand == 1.5


def test_a_grade_that_a_human_enters_while_the_grader_writes_stands(
    tmp_path: Path, server: Server
) -> None:
    tiny, url = make_tiny(tmp_path), server.new_database()
    key = load_key(tiny)
    with GradeStore(tiny, tmp_path, url) as store:
        store.prepare()
        store.write(outcome(key, "ada"), solved(tiny), WHEN)
        written = []
        with Gradebook(url, "tiny") as book:
            grade = book.find_grade("answer-why", "tiny", "tiny", "ada")
            grade.manual_score, grade.needs_manual_grade = 1.5, False
            book.db.flush()  # written, but not yet for others to see
            grader = threading.Thread(
                target=lambda: written.append(
                    store.write(outcome(key, "ada"), solved(tiny), WHEN).result
                )
            )
            grader.start()
            time.sleep(0.5)
            assert not written  # it waits for the human
            book.db.commit()
            grader.join(timeout=30)
        (result,) = written
        assert (result.status, result.question("why").points) == ("graded", 1.5)
        assert not store.marks("ada")["why"].needs_look


def test_the_same_assignment_is_graded_by_one_at_a_time_in_postgresql(
    course: Course, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LINGER_S", 0.5)
    url = server.new_database()
    tiny, tiny2 = course.assignments()
    with GradeStore(tiny, course.root, url) as first, GradeStore(tiny2, course.root, url) as other:
        first.prepare()
        other.prepare()
        with (
            GradeStore(tiny, course.root, url) as second,
            pytest.raises(RecordingError, match="another `hw grade tiny` writes") as caught,
        ):
            second.prepare()
    assert PASSWORD not in str(caught.value)
    with GradeStore(tiny, course.root, url) as third:
        third.prepare()


def test_a_second_grader_of_an_sqlite_gradebook_is_refused_with_what_to_do(course: Course) -> None:
    with GradeStore(course.assignment("tiny"), course.root) as store:
        store.prepare()
        process = start(course, "tiny2")
        told, complaints = process.communicate(timeout=200)
    assert (process.returncode, told) == (1, "")
    assert "another `hw grade` (process " in complaints
    assert "--db postgresql://" in complaints
    assert complaints.count("\n") == 1
    after = start(course, "tiny2", "--student", "s0")
    assert after.communicate(timeout=200)[1] == ""


def test_a_grade_that_a_human_enters_between_reading_and_writing_stands_in_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = make_tiny(tmp_path)
    key = load_key(tiny)
    entered = threading.Event()

    def enter() -> None:
        with Gradebook(store.db_url, "tiny") as book:
            grade = book.find_grade("test-half", "tiny", "tiny", "ada")
            grade.manual_score, grade.needs_manual_grade = 2.5, False
            book.db.commit()
        entered.set()

    with GradeStore(tiny, tmp_path) as store:
        store.prepare()
        store.write(outcome(key, "ada"), solved(tiny), WHEN)
        looks = gradebook._needs_look

        def slow(*arguments: object) -> bool:  # it has read the grades, and not yet written any
            if human.ident is None:
                human.start()
                entered.wait(1.0)
            return looks(*arguments)  # type: ignore[arg-type]

        human = threading.Thread(target=enter)
        monkeypatch.setattr(gradebook, "_needs_look", slow)
        store.write(outcome(key, "ada", ("half",)), solved(tiny), None)
        human.join(timeout=60)
        assert entered.is_set()
        mark = store.marks("ada")["half"]
    assert (mark.automatic, mark.by_hand, mark.needs_look) == (0.0, 2.5, False)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("password", "check the user, the password"),
        ("database", "check the user, the password and the name"),
        ("port", "that the server runs"),
    ],
)
def test_a_gradebook_that_does_not_open_says_why_without_the_password(
    tmp_path: Path, server: Server, wrong: str, expected: str
) -> None:
    tiny = make_tiny(tmp_path)
    url = {
        "password": server.address("postgres", "wr0ng/pass"),
        "database": server.address("nothing"),
        "port": Server(1).address("postgres"),
    }[wrong]
    with pytest.raises(RecordingError, match=expected) as caught:
        GradeStore(tiny, tmp_path, url)
    assert "postgresql://grader:***@127.0.0.1" in str(caught.value)
    assert not {PASSWORD, "wr0ng", "s3cret"} & set(str(caught.value).replace("/", " ").split())
    assert "s3cret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ta:s3cret@host/course",
        "postgresql://ta:s3cret word@host:port/course",
        "postgresql://ta:s3cr:s3cret@x@host:80a/course",
        "postgresql://host/course?user=ta&password=s3cret",
        "nonsense://ta:s3cret@host/course",
        "ta:s3cret@host",
    ],
)
def test_no_address_shows_its_password(tmp_path: Path, address: str) -> None:
    assert "s3cret" not in shown(address)
    if address.startswith("postgresql://ta:s3cret@") or "?" in address:
        return  # addresses that are right
    with pytest.raises(CourseError) as caught:
        GradeStore(make_tiny(tmp_path), tmp_path, address)
    assert "s3cret" not in str(caught.value)


def test_the_gradebook_of_nbgraders_settings_is_that_of_the_course_only(tmp_path: Path) -> None:
    config, elsewhere = Config(), tmp_path / "out"
    config.CourseDirectory.db_url = "postgresql://host/course"
    assert gradebook_url(config, tmp_path, tmp_path) == "postgresql://host/course"
    assert gradebook_url(config, tmp_path, elsewhere) == f"sqlite:///{elsewhere}/gradebook.db"
    assert gradebook_url(config, tmp_path, tmp_path, "sqlite:///a.db") == "sqlite:///a.db"
    assert gradebook_url(Config(), tmp_path, tmp_path) == f"sqlite:///{tmp_path}/gradebook.db"


def test_a_gradebook_without_tables_has_no_marks(tmp_path: Path, server: Server) -> None:
    assert recorded_marks(make_tiny(tmp_path), tmp_path, server.new_database()) == {}
