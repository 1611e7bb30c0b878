"""The history of results: each line is one result, whatever happened while it was written."""

from __future__ import annotations

from pathlib import Path

from hwlib.grading.records.history import Entry, History
from hwlib.grading.results import SubmissionResult


def entry(student: str, score: float) -> Entry:
    result = SubmissionResult(student, "graded", ())
    return Entry(result, score, "2027-02-01T12:00:00+00:00", "isolated", hand_in=f"{score}")


def test_the_last_entry_is_the_newest_and_none_is_lost(tmp_path: Path) -> None:
    history = History(tmp_path, "tiny")
    for score in (1.0, 2.0, 2.0):
        history.add(entry("Zoë", score))
    assert [one.score for one in history.of("Zoë")] == [1.0, 2.0]
    assert history.last("Zoë") == entry("Zoë", 2.0)
    assert history.last("bob") is None


def test_a_half_written_line_costs_only_itself(tmp_path: Path) -> None:
    history = History(tmp_path, "tiny")
    history.add(entry("ada", 1.0))
    (path,) = history.folder.iterdir()
    with path.open("a", encoding="utf-8") as file:
        file.write(entry("ada", 2.0).to_line()[:50])
    assert history.last("ada") == entry("ada", 1.0)
    history.add(entry("ada", 3.0))
    assert [one.score for one in history.of("ada")] == [1.0, 3.0]
    assert history.last("ada") == entry("ada", 3.0)
