"""A notebook shows the name and the size of a file that was written, not the path's own text."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from IPython.lib.pretty import pretty

import hwlib
from hwlib.written_file import WrittenFile


def test_a_saved_model_is_shown_with_its_name_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved = hwlib.save_model({"W": np.zeros((100, 100))}, "best")
    assert pretty(saved) == "Saved: best.safetensors (80 kB)"


def test_it_is_a_path_in_all_other_ways(tmp_path: Path) -> None:
    path = WrittenFile(tmp_path / "file.txt")
    path.write_text("text")
    assert path == tmp_path / "file.txt"
    known: dict[Path, int] = {path: 1}
    assert known[tmp_path / "file.txt"] == 1
    assert (path.name, path.suffix, path.read_text()) == ("file.txt", ".txt", "text")
    assert pickle.loads(pickle.dumps(path)) == path  # noqa: S301  made here
    assert "Saved" not in pretty(path.parent)
