"""The hand-in cell."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, writes

from hwlib.errors import HwlibError
from hwlib.handin import submit


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HWLIB_GRADING", raising=False)
    unsolved = new_code_cell(
        "def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()",
        metadata={"nbgrader": {"grade_id": "solution-f"}},
    )
    answer = new_markdown_cell(
        "YOUR ANSWER HERE", metadata={"nbgrader": {"grade_id": "answer-why"}}
    )
    (tmp_path / "small.ipynb").write_text(
        writes(new_notebook(cells=[unsolved, answer, new_code_cell("x = 1")]))
    )
    (tmp_path / "private.txt").write_text("not for the grader")
    return tmp_path


def test_the_zip_holds_the_notebook_and_the_models_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "best.safetensors").write_bytes(b"weights")
    target = submit("small", artifacts=("best",), folder=folder)
    assert target == folder / "small.zip"
    assert sorted(zipfile.ZipFile(folder / "small.zip").namelist()) == [
        "best.safetensors",
        "small.ipynb",
    ]
    assert "small.zip" in capsys.readouterr().out


def test_it_says_what_is_unanswered_and_which_model_is_missing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    submit("small", artifacts=("best",), folder=folder)
    out = capsys.readouterr().out
    assert "f, why" in out
    assert "best.safetensors" in out


def test_a_missing_or_broken_notebook_is_an_error_in_words(folder: Path) -> None:
    with pytest.raises(HwlibError, match=r"other\.ipynb"):
        submit("other", folder=folder)
    (folder / "small.ipynb").write_text("{")
    with pytest.raises(HwlibError, match="cannot read this notebook"):
        submit("small", folder=folder)
    assert not list(folder.glob("*.zip"))


def test_while_grading_it_writes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWLIB_GRADING", "1")
    assert submit("small", folder=folder) is None
    assert not list(folder.glob("*.zip"))
