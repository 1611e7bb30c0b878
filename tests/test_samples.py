"""A threshold that needs the full data: with the sample the student reads that, and no hint about
training.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import needs
import numpy as np
import pytest

from hwlib import checks as check
from hwlib.data import load_cifar10, load_mnist, sample_instead
from hwlib.data.loading import _given_as_sample
from hwlib.errors import CannotCheck, CheckFailed


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HWLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HWLIB_DATA", raising=False)
    monkeypatch.delenv("HWLIB_GRADING", raising=False)
    _given_as_sample.clear()
    yield
    _given_as_sample.clear()


def failing(share: float = 0.31) -> None:
    with check.full_data("cifar10"):
        check.true(
            share > 0.5, "Fewer than 50 % are right.", "What do its curves say?", "Found 31 %."
        )


def test_with_the_sample_a_missed_threshold_is_no_failure_and_has_no_hint() -> None:
    load_cifar10(sample="fallback", download=False)
    with pytest.raises(CannotCheck) as caught:
        failing()
    text = str(caught.value)
    assert text.startswith("You have the sample of CIFAR-10: 2,000 of the 50,000 training images. ")
    assert "Found 31 %." in text and "hwlib.doctor()" in text
    assert "curves" not in text
    failing(share=0.6)  # a network that reaches it passes


@pytest.mark.parametrize("sample", [True, "other"])
def test_otherwise_the_failure_stays_as_it_is(sample: object) -> None:
    if sample is True:  # asked for
        load_cifar10(sample=True)
    else:  # the sample of another data set
        load_mnist(sample="fallback", download=False)
    with pytest.raises(CheckFailed, match="What do its curves say"):
        failing()


def test_while_grading_the_failure_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWLIB_GRADING", "1")
    load_cifar10(sample="fallback")
    with pytest.raises(CheckFailed, match="What do its curves say"):
        failing()


def test_other_errors_in_the_block_pass_through() -> None:
    load_cifar10(sample="fallback", download=False)
    with pytest.raises(ZeroDivisionError), check.full_data("cifar10"):
        raise ZeroDivisionError


def test_an_accuracy_that_is_not_reached_says_it_too() -> None:
    torch = needs.module("torch")
    labels = np.arange(200) % 10
    images = np.zeros((200, 10), dtype=np.float32)
    net = torch.nn.Linear(10, 10)
    load_mnist(sample="fallback", download=False)
    assert sample_instead() and not sample_instead("cifar10")
    with pytest.raises(CannotCheck, match=r"You have the sample of MNIST: 2,500 of the 60,000"):
        check.accuracy(net, images, labels, 0.98)
