"""A sample of all attacks through the whole of `hw grade`, as each kind of user who may grade.

`python tools/attack_matrix.py` tries all of them.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import needs
import pytest
from classes import CLASSES
from graders import GRADERS
from on_the_machine import ATTACKS, Attack
from on_the_verdict import VERDICT, OnVerdict

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

import attack_matrix

pytestmark = [needs.linux, needs.root, pytest.mark.slow]

TIERS = {
    "root": "T3",
    "root without CAP_SYS_ADMIN": "T2",
    "a user": "T3",
    "a user without namespaces": "T1",
}
KNOWN: tuple[Attack | OnVerdict, ...] = (*ATTACKS, *VERDICT)
# the first of each class, but for what takes long; of 21 and 22 those that a tier has let through
SLOW = {20, 23}
SAMPLE = {
    number: next(one.what for one in KNOWN if one.number == number)
    for number in CLASSES
    if number not in SLOW and number <= 30
} | {21: "take memory in many processes", 22: "fill the shared memory"}
NOT_STOPPED = {"a user without namespaces": {"fill the shared memory"}}


@pytest.fixture(scope="module", params=GRADERS)
def situation(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Who grades, and what succeeded."""
    try:
        return request.param, attack_matrix.in_situation(request.param, tuple(SAMPLE.values()))
    except attack_matrix.NotPossible as error:
        pytest.skip(str(error))


def test_each_attack_succeeds_where_nothing_protects(situation: tuple[str, Any]) -> None:
    _, found = situation
    assert [name for name, (control, _) in found["attacks"].items() if not control] == []


def test_hw_grade_stops_it(situation: tuple[str, Any]) -> None:
    who, found = situation
    through = {name for name, (_, succeeded) in found["attacks"].items() if succeeded}
    assert through == NOT_STOPPED.get(who, set())


def test_it_names_the_tier_and_honest_students_get_their_points(
    situation: tuple[str, Any],
) -> None:
    who, found = situation
    assert (found["tier"], set(found["honest"])) == (TIERS[who], {8.0})


def test_every_class_is_attacked() -> None:
    assert {one.number for one in KNOWN} == set(CLASSES)
    assert len({one.what for one in KNOWN}) == len(KNOWN)


def test_the_table_in_the_documentation_lists_every_attack() -> None:
    done = subprocess.run(
        [sys.executable, str(TOOLS / "attack_matrix.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
