"""Numbers drawn from a text: the same everywhere and for ever, and distributed as they say."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from scipy import stats

from hwlib import hash_random, student_numbers
from hwlib.data import songs


@pytest.mark.parametrize("module", [hash_random, songs, student_numbers])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_uniform_and_poisson_numbers_are_distributed_so() -> None:
    assert stats.kstest(hash_random.uniforms("test", size=4000), "uniform").pvalue > 0.01
    counts = hash_random.poisson("test", rates=np.full(4000, 3.0))
    expected = stats.poisson(3).pmf(range(8)) * 4000
    assert np.bincount(counts, minlength=8)[:8] == pytest.approx(expected, rel=0.2)
    assert set(hash_random.integers("test", low=2, high=5, size=200).tolist()) == {2, 3, 4, 5}


def test_keys_that_only_join_alike_give_different_numbers() -> None:
    assert hash_random.uniforms("ab", "c", size=1) != hash_random.uniforms("a", "bc", size=1)


def test_hash_randomisation_changes_nothing() -> None:
    code = (
        "import json; from hwlib.student_numbers import network_numbers; from hwlib.data.songs "
        "import *; s = load_songs(); "
        "print(json.dumps([str(network_numbers('u1')), s.titles[:20], "
        "listening_history(s)[1].tolist()]))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(outputs) == 1 and json.loads(outputs.pop())[0].startswith("x0")


def test_songs_are_as_they_were_when_the_assignment_was_written() -> None:
    catalogue = songs.load_songs()
    index, counts = songs.listening_history(catalogue)
    assert catalogue.titles[:3] == ("Lazy Piano", "Savage Anthem", "Electric Machine")
    assert (
        len(set(index.tolist())) == 300
        and catalogue.X.shape == (600, len(songs.FEATURES))
        and np.abs(catalogue.X).max() <= 1
    )
    assert (int(counts.sum()), int(counts.max()), int((counts == 0).sum())) == (1206, 41, 94)
    with pytest.raises(ValueError, match="read-only"):
        catalogue.X[0, 0] = 2


def test_titles_tell_the_features() -> None:
    catalogue = songs.load_songs()
    for title, (_, energy, cheerfulness, acoustic, words) in zip(
        catalogue.titles, catalogue.X.tolist(), strict=True
    ):
        first, last = title.split()[:2]
        assert (
            first in songs._FIRST[energy > 0, cheerfulness > 0]
            and last in songs._LAST[acoustic > 0, words > 0]
        )


def test_a_student_has_the_same_numbers_however_the_id_is_written() -> None:
    same = {
        str(student_numbers.network_numbers(written))
        for written in ("u12", " U12 ", "u12\n", "Ｕ12")
    }
    assert len(same) == 1
    assert str(student_numbers.network_numbers(12)) == str(student_numbers.network_numbers("12"))
    without_an_id = str(student_numbers.network_numbers())
    assert (
        str(student_numbers.network_numbers(None))
        == str(student_numbers.network_numbers("  "))
        == without_an_id
    )


def test_students_have_different_numbers_and_none_has_degenerate_ones() -> None:
    everyone = [student_numbers.network_numbers(f"u{i}") for i in range(500)]
    assert len({str(n) for n in everyone}) == 500
    for n, (a, b) in product(everyone, [("x0", "x0"), ("W1", "W1"), ("W2", "W2"), ("b1", "b1")]):
        sizes = np.abs(getattr(n, a)).ravel()
        assert len(set(sizes.tolist())) == getattr(n, b).size and sizes.min() >= 0.05
    for n in everyone:
        hidden = 1 / (1 + np.exp(-(n.W1 @ n.x0 + n.b1)))
        output = 1 / (1 + np.exp(-(n.W2 @ hidden + n.b2)))
        assert output - n.y > 0.2 and 0.01 <= n.y <= 0.3
