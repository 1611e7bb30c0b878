"""Attacks on the machine: each succeeds in the control and fails in every tier."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import needs
import pytest
from on_the_machine import ATTACKS, Attack
from test_tiers import WAYS, run_in_workers

pytestmark = [needs.linux, needs.root, pytest.mark.slow]

CELLS = {one.what: one.source for one in ATTACKS}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hw-attacks-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def attacked(who: str, tier: str, folder: Path) -> dict[str, bool]:
    """What → whether it succeeded."""
    found: dict[str, Any] = run_in_workers(who, tier, folder, CELLS)
    return {
        one.what: one.seen_outside in found["late"]
        if one.seen_outside
        else "GOT" in found[one.what]["printed"]
        for one in ATTACKS
    }


@pytest.fixture(scope="module")
def control(folder: Path) -> dict[str, bool]:
    """Of student code that nothing confines."""
    return attacked("a user", "T0", folder)


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def way(request: pytest.FixtureRequest, folder: Path) -> dict[str, bool]:
    who, tier = request.param
    return attacked(who, tier, folder)


@pytest.mark.parametrize("one", ATTACKS, ids=lambda one: one.what)
def test_it_succeeds_in_the_control(one: Attack, control: dict[str, bool]) -> None:
    assert control[one.what] is not bool(one.fails_in_control)


@pytest.mark.parametrize("one", ATTACKS, ids=lambda one: one.what)
def test_it_fails_in_a_tier(one: Attack, way: dict[str, bool]) -> None:
    assert not way[one.what]
