"""The reference solution of em gives the numbers of the syllabus, and its wrong solutions leave
their fingerprints.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_solutions import replaced, solutions

from hwlib.grading import find_course

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENT = find_course(ROOT).assignment("em")
START = np.array([[1.0, 0.5], [1.0, -0.5]]), np.array([0.5, 0.5])


def solved(wrong: str = "") -> dict[str, Any]:
    """The names that the setup and solution cells define, some replaced by those of a wrong
    solution.
    """
    names = solutions("em", "setup")
    return replaced(names, "em", wrong) if wrong else names


def log_likelihoods(names: dict[str, Any]) -> list[float]:
    history: list[float] = names["em"](names["X_toy"], names["y_toy"], *START, 60)[3]
    return history


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return solved()


def test_the_log_likelihoods_are_those_of_the_syllabus(reference: dict[str, Any]) -> None:
    history = log_likelihoods(reference)
    assert [history[0], history[1], history[60]] == pytest.approx(
        [-347.520613, -151.295053, -136.123788], abs=1e-6
    )
    assert (np.diff(history) > -1e-9).all()


def test_the_moods_are_those_of_the_syllabus(reference: dict[str, Any]) -> None:
    W, pi, R, _ = reference["em"](reference["X_toy"], reference["y_toy"], *START, 60)
    assert pi == pytest.approx([0.765897, 0.234103], abs=1e-6)
    assert pytest.approx(np.array([[1.99404, 0.99859], [1.01637, -1.96593]]), abs=1e-5) == W
    assert R.sum(axis=1) == pytest.approx(np.ones(60))


def test_one_component_is_that_of_the_syllabus(reference: dict[str, Any]) -> None:
    X, y = reference["X_toy"], reference["y_toy"]
    w = reference["fit_poisson"](X, y)
    assert w == pytest.approx([2.022871, 0.486677], abs=1e-6)
    assert reference["poisson_nll"](w, X, y) == pytest.approx(203.356779, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "last"),
    [
        ("hard_assignment", -136.2924),
        ("unweighted_m_step", -203.3568),
        ("em_with_fixed_pi", -142.6796),
        ("pi_never_updated", -142.6796),
        ("pi_left_out", -136.7240),
        ("em_without_factorials", 590.34),
    ],
)
def test_mistakes_leave_the_fingerprints_of_the_syllabus(wrong: str, last: float) -> None:
    assert log_likelihoods(solved(wrong))[60] == pytest.approx(last, abs=5e-3 if last > 0 else 1e-4)


def test_with_hard_assignment_the_log_likelihood_falls_on_the_way() -> None:
    assert (np.diff(log_likelihoods(solved("hard_assignment"))) < -1e-6).any()


def test_three_moods_are_found_among_the_songs(reference: dict[str, Any]) -> None:
    X, y = reference["X_played"], reference["counts"]
    rng = np.random.default_rng(0)
    results = [
        reference["em"](X, y, 0.7 * rng.normal(size=(3, 5)), np.full(3, 1 / 3), 60)
        for _ in range(8)
    ]
    W, pi, _, history = max(results, key=lambda result: result[3][-1])
    assert history[-1] == pytest.approx(-637.67, abs=0.01)
    order = np.argsort(-pi)
    # the shares that the songs were drawn with
    assert pi[order] == pytest.approx([0.5, 0.3, 0.2], abs=0.06)
    playlists = reference["make_playlists"](reference["songs"].X, W[order], 8)
    words = [{reference["songs"].titles[i].split()[-1] for i in playlist} for playlist in playlists]
    assert words[0] <= {"Loop", "Rap", "Pulse", "Laser", "Circuit"}  # electronic, for running
    # acoustic, with words
    assert words[2] <= {"Letter", "Lullaby", "Hymn", "Confession", "Ballad", "Story"}
