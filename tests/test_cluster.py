"""Grading on Dask workers: the same points as on one machine, whatever is killed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import nbformat
import needs
import numpy as np
import pytest
from courses import hand_in, make_assignment, submission_folder
from graders import as_grader

import hwlib
from hwlib.errors import CourseError, GradingError
from hwlib.grading import (
    Assignment,
    GradeOptions,
    GradeReport,
    SubmissionResult,
    find_course,
    grade_assignment,
)
from hwlib.grading.cluster import parcels
from hwlib.grading.cluster.alike import Machine, describe, differences
from hwlib.grading.cluster.parcels import Packed, Parcel, Store, pack_course, pack_submission
from hwlib.grading.cluster.station import Job, Station
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.submissions.files import find_submissions, submission_in

pytestmark = needs.linux
needs.module("distributed")
from clusters import Cluster, running_cluster

SECRET = "a-hidden-number-7341"
NOTEBOOK = f"""\
# %% [markdown]
# # One question

# %% setup
import numpy as np

# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=1
check.close(double(np.ones(3)), np.full(3, 2.0))

# %% test="double-hidden" points=2
### BEGIN HIDDEN TESTS
numbers = check.rng().normal(size=5)
check.close(double(numbers), 2 * numbers, what="{SECRET}")
### END HIDDEN TESTS
"""
TOML = 'title = "One"\npoints = 3\nminutes = 0.1\n\n[limits]\nquestion_s = 1\nsubmission_s = 3\n'
RIGHT, SLOW = "return 2 * x", "import time; time.sleep(0.3); return 2 * x"
# gives the right numbers if it finds the hidden tests in a file that it can read
SPY = f"""
    import glob
    for path in glob.glob("/tmp/**", recursive=True, include_hidden=True):
        try:
            if {SECRET[:8]!r}.encode() + {SECRET[8:]!r}.encode() in open(path, "rb").read():
                return 2 * x
        except OSError:
            pass
    return x"""
BODIES = {
    "spy": SPY,
    "wrong": "return x",
    "first": "return 2 * x if x[0] == 1 else x",
    "raises": "return 1 / 0",
    "ends": "import os; os._exit(3)",
    "hangs": "while True: pass",
    "reads": "return np.load('two.npy') * x",
    **{f"slow{number}": SLOW for number in range(5)},
    **{f"right{number}": RIGHT for number in range(3)},
}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """An assignment and a class for it."""
    assignment = make_assignment(tmp_path_factory.mktemp("course"), "one", NOTEBOOK, TOML)
    for student, body in BODIES.items():
        notebook = reference_notebook(assignment)
        for cell in notebook.cells:
            cell.source = cell.source.replace("return 2 * x", body.lstrip())
        hand_in(assignment, student, nbformat.writes(notebook))
    np.save(submission_folder(assignment, "reads") / "two.npy", np.array(2.0))
    hand_in(assignment, "unreadable", "{not json")
    submission_folder(assignment, "nothing")
    return assignment


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="hw-cluster-") as name:
        Path(name).chmod(0o755)  # a worker of another user may enter
        with running_cluster(Path(name)) as started:
            yield started


def grade(
    assignment: Assignment, output: Path, on_result: Any = lambda result: None, **options: Any
) -> GradeReport:
    submitted = assignment.course.root / "submitted"
    chosen = GradeOptions(seed=5, **options)
    return grade_assignment(assignment, submitted, output, (), chosen, on_result=on_result)


def verdicts(report: GradeReport) -> dict[str, Any]:
    """Everything that students read, without times."""
    return {
        one.student: (
            one.status,
            [asdict(replace(question, seconds=0.0)) for question in one.questions],
            one.problems,
        )
        for one in report.submissions
    }


@pytest.mark.timeout(900)  # nine processes that load libraries, on a machine that may be busy
def test_workers_give_the_points_of_the_local_engine_and_one_that_is_killed_loses_nothing(
    assignment: Assignment, cluster: Cluster, tmp_path: Path
) -> None:
    local = grade(assignment, tmp_path / "local", jobs=2)
    assert {one.student: one.score for one in local.submissions}["reads"] == 3.0
    other = tmp_path / "other"  # a worker with another hwlib
    shutil.copytree(Path(hwlib.__file__).parent, other / "hwlib")
    version = other / "hwlib" / "__init__.py"
    version.write_text(version.read_text().replace(hwlib.__version__, "0.0.1"))
    victim, old = cluster.add("victim"), {"PYTHONPATH": str(other)}
    cluster.add("other", old)
    cluster.add("survivor")
    cluster.wait_for("victim", "other", "survivor")
    expected = [f"it has hwlib 0.0.1, and this machine has {hwlib.__version__}"]
    if (before := as_grader("a user without namespaces", cluster.folder / "view")) is not None:
        (cluster.folder / "weak").mkdir()
        (cluster.folder / "weak").chmod(0o777)
        cluster.add("weak", {"HOME": str(cluster.folder / "weak")}, tuple(before))
        cluster.wait_for("weak")
        expected.append("it confines student code at T1, and this machine at T3")
    seen = Counter[str]()

    def watch(result: SubmissionResult) -> None:
        seen[result.student] += 1
        if seen.total() == 6:
            victim.kill()
            cluster.add("late")

    report = grade(assignment, tmp_path / "far", watch, scheduler=cluster.address)
    assert seen == Counter(one.student for one in local.submissions)  # each once
    assert verdicts(report) == verdicts(local)
    assert report.isolation == local.isolation
    assert {one.student for one in report.submissions if one.score == 3} == {
        student for student in BODIES if student.startswith(("right", "slow", "reads"))
    }
    assert len(report.complaints) == len(expected)
    for words in expected:
        assert sum(words in line for line in report.complaints) == 1
    for student in BODIES:  # the records are those of any other run
        assert (tmp_path / "far" / "feedback" / student / "one" / "one.html").is_file()
    again = grade(assignment, tmp_path / "far", scheduler=cluster.address)
    assert all(one.cached for one in again.submissions)
    for name in ("victim", "other"):
        cluster.workers[name].kill()
        cluster.workers[name].wait()


def test_of_the_course_nothing_is_left_but_with_a_worker_that_was_killed(cluster: Cluster) -> None:
    assert "survivor" in cluster.workers, "the test above starts it"
    held = list(cluster.temporary.glob("hw-run-*/course-*/course/source/one/one.ipynb"))
    assert len(held) <= 1  # the next run on that machine removes it
    for path in held:
        assert path.parents[3].stat().st_mode & 0o777 == 0o700


def test_a_station_does_not_outlive_who_waits_for_it(tmp_path: Path) -> None:
    """A worker that is killed leaves no endless loop that goes on until its limit."""
    patient = TOML.replace("question_s = 1", "question_s = 300").replace("_s = 3\n", "_s = 600\n")
    assignment = make_assignment(tmp_path, "one", NOTEBOOK, patient)
    notebook = reference_notebook(assignment)
    for cell in notebook.cells:
        cell.source = cell.source.replace("return 2 * x", "while True: pass")
    hand_in(assignment, "hangs", nbformat.writes(notebook))
    (found,) = find_submissions(assignment, tmp_path / "submitted")
    station = Station(Job("1", "one", assignment.stem, 1, {}), tmp_path, ())
    station._connection.send(found)
    assert not station._connection.poll(3), "the loop goes on"
    assert station.is_alive
    station._connection.close()  # as the kernel does for a process that is killed
    assert station._process.wait(60) == 0


def test_an_address_without_a_scheduler_is_misuse(assignment: Assignment, tmp_path: Path) -> None:
    started = time.monotonic()
    for address in ("tcp://127.0.0.1:1", "127.0.0.1:1", "nonsense"):
        with pytest.raises(CourseError, match="no Dask scheduler answers"):
            grade(assignment, tmp_path, scheduler=address)
    assert time.monotonic() - started < 10


HERE = Machine(
    "1.0", "abc", "3.11", {"numpy": "2.4.1", "torch": ""}, {"cifar10": ("whole", "whole")}
)


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({"hwlib": "0.9"}, ["it has hwlib 0.9, and this machine has 1.0"]),
        ({"sources": "abd"}, ["its hwlib 1.0 has other files"]),
        ({"python": "3.12"}, ["it has Python 3.12, and this machine has 3.11"]),
        ({"libraries": {"numpy": "2.3.0"}}, ["it has numpy 2.3.0, and this machine has 2.4.1"]),
        ({"libraries": {"numpy": "2.4.1", "torch": "2.9"}}, ["it has torch 2.9"]),
        ({"data": {"cifar10": ("missing", "whole")}}, ["its data set cifar10 is missing"]),
        ({"data": {"cifar10": ("whole", "damaged")}}, ["cifar10 is whole (sample: damaged)"]),
        ({}, []),
    ],
)
def test_a_machine_that_may_grade_otherwise_is_told_apart(
    there: dict[str, Any], expected: list[str]
) -> None:
    found = differences(HERE, replace(HERE, **there))
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start) or start in line
    assert differences(describe(("mnist",)), describe(("mnist",))) == []


# ---- files ---------------------------------------------------------------------------------------


def test_a_submission_arrives_as_it_was_handed_in(assignment: Assignment, tmp_path: Path) -> None:
    root = assignment.course.root / "submitted"
    (found,) = find_submissions(assignment, root, ["reads"])
    parcel, contents = pack_submission(found)
    assert parcel.wanted == contents.keys()
    store = Store(tmp_path / "store")
    store.folder.mkdir()
    assert store.lacks(parcel.wanted) == sorted(parcel.wanted)
    store.add(contents)
    there = parcel.unpack(store, tmp_path / "one")
    again, _ = pack_submission(replace(found, questions=frozenset({"double"})))
    assert again.unpack(store, tmp_path / "two").questions == {"double"}
    assert there.text == found.notebook.read_text() if found.notebook else False
    assert (there.student, there.only, there.problems) == ("reads", None, ())
    for name in ("one.ipynb", "two.npy"):
        assert (there.folder / name).read_bytes() == (found.folder / name).read_bytes()
    assert submission_in(there.folder, assignment).notebook == there.folder / "one.ipynb"


def test_the_course_travels_without_what_instructors_write(assignment: Assignment) -> None:
    assert sorted(pack_course(assignment).names) == [
        "assignments/one/assignment.toml",
        "course.toml",
        "release/one/one.ipynb",
        "source/one/one.ipynb",
    ]


def test_dates_and_teams_of_other_assignments_stop_no_worker(
    assignment: Assignment, tmp_path: Path
) -> None:
    root = assignment.course.root
    before = (root / "course.toml").read_text()
    more = "\n[deadlines]\nother = 2027-02-01T23:59:00+01:00\n\n[teams.other]\npair = ['a', 'b']\n"
    try:
        (root / "course.toml").write_text(before + more)
        packed = pack_course(assignment)
        (tmp_path / "store").mkdir()
        store = Store(tmp_path / "store")
        store.add(packed.contents)
        store.lay_out(packed.names, tmp_path / "there")
    finally:
        (root / "course.toml").write_text(before)
    there = find_course(tmp_path / "there")
    assert there.title == assignment.course.title
    assert there.assignment(assignment.slug).points == assignment.points


def test_a_file_that_is_damaged_or_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(GradingError, match="damaged"):
        store.add({parcels.content_hash(b"one"): b"two"})
    name = parcels.content_hash(b"one")
    store.add({name: b"one"})
    for hostile in ("../a", "/etc/a", "a/../../b", ""):
        parcel = Parcel("ada", "one.ipynb", name, {hostile: name}, (), None)
        with pytest.raises(GradingError, match="leads out"):
            parcel.unpack(store, tmp_path / "place")


def test_a_store_forgets_the_oldest_contents_when_it_is_full(tmp_path: Path) -> None:
    store = Store(tmp_path, max_bytes=10)
    packed = [Packed({}, {parcels.content_hash(text): text}) for text in (b"12345", b"54321", b"x")]
    for one in packed:
        store.add(one.contents)
    (first,), (second,), (third,) = (one.contents for one in packed)
    assert store.lacks({first, second, third}) == [first]
    assert len(list(tmp_path.iterdir())) == 2
