"""python -m hwlib.train: trains what a file defines, logs each epoch, saves, and says what is wrong
in one line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import needs
import pytest

needs.module("torch")

from hwlib.errors import HwlibError
from hwlib.models import describe, load_model
from hwlib.train import main, read_log

NETWORKS = """
from torch import nn

def net(width, p=0.0):
    first, last = nn.Linear(784, width), nn.Linear(width, 10)
    return nn.Sequential(nn.Flatten(), first, nn.ReLU(), nn.Dropout(p), last)

class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(784, 10)
    def forward(self, x):
        return self.out(x.flatten(1))

ready = Linear()
number = 3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "networks.py").write_text(NETWORKS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(*arguments: str, model: str = "networks.py:net(20, p=0.1)") -> int:
    return main(["--model", model, "--data", "mnist", "--sample", "--device", "cpu", *arguments])


def test_a_run_from_the_shell_writes_log_and_model(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "hwlib.train",
        "--model",
        "networks.py:net(20)",
        "--data",
        "mnist",
        "--sample",
        "--epochs",
        "2",
        "--batch-size",
        "100",
        "--optimizer",
        "momentum",
        "--log",
        "run.jsonl",
        "--save",
        "small",
        "--watch-test",
        "--device",
        "cpu",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder, env=environment
    ).stdout
    log = read_log("run.jsonl")
    assert log.settings["optimizer"] == "momentum"
    assert log.epochs["epoch"] == [1, 2]
    assert {len(values) for values in log.epochs.values()} == {2}
    assert log.epochs["test_accuracy"][-1] > 0.5
    assert log.result["test_accuracy"] > 0.5
    assert f"test_accuracy {log.result['test_accuracy']:.4f}" in output
    assert describe("small").training["test_accuracy"] == log.result["test_accuracy"]
    assert load_model("small")[1].out_features == 20


def test_the_same_seed_gives_the_same_log(folder: Path) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert train("--epochs", "1", "--seed", seed, "--log", f"{name}.jsonl") == 0
    losses = {name: read_log(f"{name}.jsonl").epochs["train_loss"] for name in "abc"}
    assert losses["a"] == losses["b"] != losses["c"]


def test_training_goes_on_from_a_model_file(folder: Path) -> None:
    assert train("--epochs", "2", "--save", "first", "--log", "first.jsonl") == 0
    assert train("--epochs", "1", "--log", "second.jsonl", model="first.safetensors") == 0
    assert (
        read_log("second.jsonl").epochs["train_loss"][0]
        < read_log("first.jsonl").epochs["train_loss"][0]
    )


@pytest.mark.parametrize(
    "model", ["networks.py:Linear", "networks.py:Linear()", "networks.py:ready"]
)
def test_classes_and_finished_networks_are_taken(model: str) -> None:
    assert train("--epochs", "1", "--batch-size", "250", model=model) == 0


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("networks.py", (), "expected FILE.py:NAME"),
        ("nowhere.py:net(3)", (), "no file nowhere.py"),
        ("networks.py:other", (), "does not define other"),
        ("networks.py:net(print(1))", (), "plain arguments"),
        ("networks.py:number", (), "expected a network (an nn.Module), found int"),
        ("nothing.safetensors", (), "nothing.safetensors is missing"),
        ("networks.py:Linear", ("--validation", "5000"), "from 1 to 2499"),
        ("networks.py:Linear", ("--device", "toaster"), "--device toaster"),
        ("networks.py:Linear", ("--log", "no/such/run.jsonl"), "cannot write this file"),
    ],
)
def test_misuse_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], model: str, options: tuple[str, ...], message: str
) -> None:
    assert train("--epochs", "1", *options, model=model) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_log_can_be_read_while_it_is_being_written(folder: Path) -> None:
    lines = [
        json.dumps({"settings": {"epochs": 3}}),
        json.dumps({"epoch": 1, "val_accuracy": 0.5}),
        '{"epoch": 2, "val_ac',
    ]
    (folder / "run.jsonl").write_text("\n".join(lines), encoding="utf-8")
    log = read_log("run.jsonl")
    assert log.epochs == {"epoch": [1], "val_accuracy": [0.5]}
    assert log.result == {}


@pytest.mark.parametrize("text", ["", "hello\n", '{"epoch": 1}\n', "{not json}\n"])
def test_another_file_is_no_log(folder: Path, text: str) -> None:
    (folder / "other.txt").write_text(text, encoding="utf-8")
    for path in ("other.txt", "nowhere.txt"):
        with pytest.raises(HwlibError, match=r"not a log|cannot read this log"):
            read_log(path)
