"""How long computing takes on this machine, told once, and only where a student reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import needs
import pytest

needs.module("ipykernel")


from hwlib import diagnosis
from hwlib.live import speed

FIRST_CELL = "from hwlib.live import watch\nwatch()"


@pytest.fixture
def slow_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine of the notebooks' times was a thousand times as fast as it was."""
    monkeypatch.setattr(speed, "_STEP_S", speed._STEP_S / 1000)
    monkeypatch.setattr(speed, "_LOOP_S", speed._LOOP_S / 1000)
    speed.slowness.cache_clear()
    yield
    speed.slowness.cache_clear()


@pytest.mark.usefixtures("slow_machine")
def test_the_first_cell_tells_what_becomes_of_a_minute_and_later_cells_do_not(
    shell_of_its_own: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "knn.ipynb")
    shell_of_its_own.run_cell(FIRST_CELL)
    told = capsys.readouterr().out
    assert told == f"{speed.line_on_times(speed.slowness())}\n"
    assert told.startswith("Computing takes about ") and "a minute becomes " in told
    shell_of_its_own.run_cell("1 + 1;\nwatch()")
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("slow_machine")
def test_where_nobody_reads_nothing_is_measured(
    shell_of_its_own: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    shell_of_its_own.run_cell(FIRST_CELL)
    assert capsys.readouterr().out == ""
    assert speed.slowness.cache_info().misses == 0


@pytest.mark.usefixtures("slow_machine")
def test_the_doctor_names_a_slow_machine_and_what_to_do() -> None:
    found = diagnosis._speed()  # one of `findings`, most of which take longer
    assert not found.ok and not found.needed and "times as long here" in found.found
    assert found.fix == "close other programs that use the processor"


def test_times_that_are_good_enough_are_left_as_they_are() -> None:
    assert [speed.line_on_times(factor) for factor in (0.7, 1.0, 1.4)] == ["", "", ""]
    assert speed.line_on_times(0.5).endswith("a minute becomes 30 seconds.")
    assert speed.line_on_times(1.6).endswith("a minute becomes 1.6 minutes.")
    assert speed.line_on_times(25.0).endswith("a minute becomes 25 minutes.")


def test_the_probe_is_short_and_taken_once() -> None:
    assert 0.01 < speed.slowness() < 1000
    assert speed.slowness() is speed.slowness()  # the same measurement, not another one
