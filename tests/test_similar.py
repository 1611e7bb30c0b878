"""Similar code: who copied is found, who solved the same task is not, and a human sees why."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import needs
import pytest
from courses import hand_in, make_tiny, outcome, solved, with_code
from recorded_classes import WHEN, record, recorded_class

from hwlib.commands import run
from hwlib.grading import find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.records.class_results import class_results
from hwlib.grading.reports.similar import similar_answers, similar_pairs
from hwlib.grading.results import Outcome

needs.module("copydetect")

GIVEN = """
def distances(A, B):
    # YOUR CODE HERE
    raise NotImplementedError()

def load(path, limit=None):
    with open(path) as file:
        rows = [line.split(",") for line in file if line.strip()]
    return [[float(entry) for entry in row] for row in rows[:limit]]
"""
BY_ADA = """
def distances(A, B):
    squares_of_A = (A ** 2).sum(axis=1).reshape(-1, 1)
    squares_of_B = (B ** 2).sum(axis=1)
    product = A @ B.T
    return np.sqrt(np.maximum(squares_of_A - 2 * product + squares_of_B, 0))

def nearest(table, k):
    order = np.argsort(table, axis=1, kind="stable")
    for i in range(len(order)):
        order[i, :k] = np.sort(order[i, :k])
    return order[:, :k]
"""
COPIED = (
    BY_ADA.replace("squares_of_", "q").replace("product", "scalar_products_of_all")
    .replace("order", "o").replace("    return", "    # that is all\n    return")
)  # fmt: skip
BY_EVE = """
def distances(A, B):
    result = np.zeros((len(A), len(B)))
    for i in range(len(A)):
        for j, b in enumerate(B):
            result[i][j] = np.linalg.norm(A[i] - b)
    return result

def nearest(table, k):
    found = []
    while table.shape[1] and len(found) < k:
        best = table.argmin(1)
        found.append(best)
        table[np.arange(len(table)), best] = np.inf
    return np.transpose(found)
"""


def test_renamed_and_commented_copies_are_found_and_other_solutions_are_not() -> None:
    codes = {"ada": GIVEN + BY_ADA, "bob": COPIED + GIVEN, "eve": GIVEN + BY_EVE}
    (pair,) = similar_pairs(codes, GIVEN)
    assert (pair.one, pair.other) == ("ada", "bob")
    # less than all: passages that lie half in the release begin and end differently
    assert min(pair.share, pair.share_of_other) > 0.8
    assert "order[i, :k] = np.sort(order[i, :k])" in pair.passage


def test_half_a_copy_has_another_share_for_each_of_the_two() -> None:
    more = "\n".join(f"step_{i} = [{i} * x ** {i % 7} for x in row if x != {i}]" for i in range(3))
    (pair,) = similar_pairs({"ada": BY_ADA, "bob": BY_ADA + more})
    assert pair.share == pytest.approx(1.0)
    assert 0.6 < pair.share_of_other < 0.9


def test_what_the_release_has_is_nobodys_own_code() -> None:
    assert similar_pairs({"ada": GIVEN * 3, "bob": GIVEN * 3}, GIVEN) == []
    assert similar_pairs({"ada": GIVEN * 3, "bob": GIVEN * 3}) != []


def test_what_a_student_has_twice_is_still_their_own() -> None:
    assert len(similar_pairs({"ada": BY_ADA * 2, "bob": BY_ADA * 2}, GIVEN)) == 1


def test_what_many_students_have_is_the_usual_way_to_write_it() -> None:
    assert len(similar_pairs({f"s{i}": BY_ADA for i in range(5)})) == 10
    assert similar_pairs({f"s{i}": BY_ADA for i in range(11)}) == []


def test_a_team_may_have_the_same_code() -> None:
    codes = {"ada": BY_ADA, "bob": COPIED, "eve": BY_ADA}
    pairs = similar_pairs(codes, teams=[("bob", "ada")])
    assert [(one.one, one.other) for one in pairs] == [("ada", "eve"), ("bob", "eve")]


@pytest.mark.parametrize("odd", ["", "def (:\n  '''", "\ud800 x = 1", "\0" * 500, "a" * 5000])
def test_code_that_cannot_be_read_is_compared_with_nothing(odd: str) -> None:
    assert similar_pairs({"ada": odd, "bob": BY_ADA}) == []


def test_the_report_names_the_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = recorded_class(tmp_path, dict.fromkeys(("ada", "bob", "eve"), ()))
    for student, code in (("ada", BY_ADA), ("bob", COPIED), ("eve", BY_EVE)):
        path = tmp_path / "autograded" / student / "tiny" / "tiny.ipynb"
        path.chmod(0o644)
        nbformat.write(with_code(solved(tiny), {"half": code}), path)
    monkeypatch.chdir(tmp_path)
    assert run(["report", "tiny", "-o", "r.html", "--json", "r.json"]) == 0
    page = (tmp_path / "r.html").read_text()
    assert "Similar code" in page
    assert "order[i, :k] = np.sort(order[i, :k])" in page and ">ada</span> (" in page
    assert ">eve</span> (" not in page

    monkeypatch.setitem(sys.modules, "copydetect", None)
    told = similar_answers(class_results(tiny, tmp_path), tmp_path)
    assert told.pairs == ()
    assert "copydetect is not installed; run: pip install" in told.not_compared


def test_a_team_may_share_weights_in_the_report(tmp_path: Path) -> None:
    make_tiny(tmp_path)
    with (tmp_path / "course.toml").open("a") as file:
        file.write('\n[teams.tiny]\nlions = ["ada", "bob"]\n')
    tiny = find_course(tmp_path).assignment("tiny")
    outcomes = {}
    for student in ("ada", "bob", "eve"):
        hand_in(tiny, student, solved(tiny), WHEN)
        result = outcome(load_key(tiny), student)
        outcomes[student] = Outcome(result, solved(tiny), unique={"weights in a": "0123"})
    record(tiny, outcomes)
    twins = [one.twins for one in class_results(tiny, tmp_path).submissions]
    assert twins == [
        ("weights in a: shared with eve",),
        ("weights in a: shared with eve",),
        ("weights in a: shared with ada, bob",),
    ]
