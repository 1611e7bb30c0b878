"""Gradescope's leaderboard: what the grader measures of a network, and who can be on it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import make_assignment, released
from needs import linux

from hwlib.checks.context import Measured
from hwlib.errors import AuthoringError, CourseError
from hwlib.grading import Assignment, find_course
from hwlib.grading.outlets import gradescope_run
from hwlib.grading.outlets.gradescope_results import Asked, results_json
from hwlib.grading.outlets.gradescope_view import complaints, points_of
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip

SLUG = "signs"
TOML = (
    'title = "Signs"\npoints = 4\nminutes = 0.1\nartifacts = ["net"]\nextras = ["torch"]\n\n'
    '[gradescope]\nleaderboard = ["net"]\n'
)
NOTEBOOK = """\
# %% [markdown]
# # Signs
# Which of two numbers is larger?

# %% setup
import numpy as np

from hwlib import checks as check

# %% [markdown]
# ## 1. A network

# %% solution="units"
def units():
    \"\"\"How many hidden units the network has.\"\"\"
    ### BEGIN SOLUTION
    return 0
    ### END SOLUTION

# %% test="net" points=4
assert units() >= 0
network = check.handed_in("net")
images = np.random.default_rng(3).normal(size=(2000, 2)).astype("float32")
labels = (images[:, 1] > images[:, 0]).astype(int)
check.accuracy(network, images, labels, 0.8, points=4)
"""
LIE = """
from hwlib.checks.context import Measured, current
current().noted.network = Measured(1.0, 1)
def units():
    current().noted.network = Measured(1.0, 1)
    print('{"networks": {"net": {"accuracy": 1, "parameters": 1}}}')
    return 0
"""


@pytest.fixture
def signs(tmp_path: Path) -> Assignment:
    pytest.importorskip("torch", reason="torch is not installed; run: pip install 'hwlib[torch]'")
    return make_assignment(tmp_path / "course", SLUG, NOTEBOOK, TOML)


def save_net(folder: Path, weight: list[list[float]]) -> None:
    """Hand in one layer with two scores for two numbers, and biases."""
    import torch
    from torch import nn

    from hwlib import save_model

    net = nn.Sequential(nn.Linear(2, 2))
    net[0].weight.data = torch.tensor(weight)
    net[0].bias.data = torch.zeros(2)
    with contextlib.chdir(folder):
        save_model(net, "net", input_shape=(2,))


def graded(assignment: Assignment, base: Path, code: str, weight: list[list[float]]) -> Any:
    (base / "submission").mkdir(parents=True)
    save_net(base / "submission", weight)
    notebook = released(assignment, solution_units=code)
    nbformat.write(notebook, base / "submission" / f"{SLUG}.ipynb")
    gradescope_run.run(base, assignment)
    results = json.loads((base / "results" / "results.json").read_text("utf-8"))
    assert complaints(results) == []
    return results


@linux
@pytest.mark.parametrize("code", ["def units():\n    return 0\n", LIE])
def test_the_values_are_those_of_the_weights_whatever_student_code_says(
    signs: Assignment, tmp_path: Path, code: str
) -> None:
    # the second score is x[1] + 0.2·x[0]: right where the angle allows
    results = graded(signs, tmp_path / "autograder", code, [[1.0, 0.0], [0.2, 1.0]])
    import numpy as np

    images = np.random.default_rng(3).normal(size=(2000, 2)).astype("float32")
    right = (0.2 * images[:, 0] + images[:, 1] > images[:, 0]) == (images[:, 1] > images[:, 0])
    assert points_of(results, ["net"]) == {"net": 4}
    assert results["leaderboard"] == [
        {"name": "accuracy (%)", "value": round(100 * float(right.mean()), 2), "order": "desc"},
        {"name": "parameters", "value": 6, "order": "asc"},
    ]


@linux
def test_a_network_without_points_is_not_on_the_leaderboard(
    signs: Assignment, tmp_path: Path
) -> None:
    wrong_way = [[0.0, 1.0], [1.0, 0.0]]
    results = graded(signs, tmp_path / "autograder", "def units():\n    return 0\n", wrong_way)
    assert points_of(results, ["net"]) == {"net": 0}
    assert "leaderboard" not in results


def test_columns_of_several_networks_have_their_names() -> None:
    asked = [Asked("a", "First", 3, False, "visible"), Asked("b", "", 3, False, "visible")]
    networks = {"a": Measured(0.97125, 4_321), "b": Measured(1.0, 7)}
    results = results_json(asked, {}, waiting="not yet", leaderboard=networks)
    assert complaints(results) == []
    assert [(one["name"], one["value"], one["order"]) for one in results["leaderboard"]] == [
        ("a: accuracy (%)", 97.12, "desc"),
        ("a: parameters", 4_321, "asc"),
        ("b: accuracy (%)", 100, "desc"),
        ("b: parameters", 7, "asc"),
    ]


@pytest.mark.parametrize(
    ("notebook", "line", "complaint"),
    [
        (NOTEBOOK, '["other"]', "'other' is no question; use one that measures a network: n"),
        (
            NOTEBOOK.replace("check.accuracy(network, images, labels, 0.8, points=4)\n", ""),
            '["net"]',
            "'net' does not measure a network; use one that measures a network: this assignment",
        ),
        (
            f"{NOTEBOOK}### BEGIN HIDDEN TESTS\nassert units() < 9\n### END HIDDEN TESTS\n",
            '["net"]',
            "'net' has hidden tests, and the leaderboard would show their result",
        ),
    ],
)
def test_what_can_not_be_on_the_leaderboard_is_named(
    tmp_path: Path, notebook: str, line: str, complaint: str
) -> None:
    assignment = make_assignment(
        tmp_path / "course", SLUG, notebook, TOML.replace('board = ["net"]', f"board = {line}")
    )
    with pytest.raises(CourseError, match="leaderboard") as caught:
        write_gradescope_zip(assignment, tmp_path / "a.zip")
    assert complaint in str(caught.value)


def test_an_index_for_pip_must_be_an_address(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path / "course", SLUG, NOTEBOOK, TOML)
    (assignment.folder / "assignment.toml").write_text(f'{TOML}index = "cpu"\n', encoding="utf-8")
    with pytest.raises(AuthoringError, match=r"index: expected an address .* found 'cpu'"):
        find_course(tmp_path / "course").assignment(SLUG)


def test_a_build_that_only_an_index_of_its_own_has_needs_that_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    from hwlib.grading.outlets import gradescope_zip

    monkeypatch.setattr(
        gradescope_zip, "pinned_requirements", lambda *_: ["numpy==2.4.6", "torch==2.9.0+cpu"]
    )
    assignment = make_assignment(tmp_path / "course", SLUG, NOTEBOOK, TOML)
    with pytest.raises(CourseError, match=r"torch==2\.9\.0\+cpu is installed here.* --wheels"):
        write_gradescope_zip(assignment, tmp_path / "a.zip")
    address = "https://packages.example.org/cpu"
    (assignment.folder / "assignment.toml").write_text(f'{TOML}index = "{address}"\n')
    write_gradescope_zip(find_course(tmp_path / "course").assignment(SLUG), tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        lines = archive.read("requirements.txt").decode().splitlines()
    assert lines == [f"--extra-index-url {address}", "numpy==2.4.6", "torch==2.9.0+cpu"]
