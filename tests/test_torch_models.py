"""Networks as files: what is described is what was computed, and a file that lies is refused in
words, fast.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from busy import busy_core
from hypothesis import given, settings
from hypothesis import strategies as st

needs.module("torch")

import torch
from torch import nn
from torch.nn import functional as F

import hwlib
from hwlib import checks as check
from hwlib.checks import networks
from hwlib.errors import CheckFailed, ModelError
from hwlib.models import (
    GlobalAvgPool2d,
    Residual,
    describe,
    fingerprint,
    load_model,
    save_model,
)

# of a file's header and of the model that the header describes
Change = Callable[[dict[str, Any], dict[str, Any]], object]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test works in a folder of its own, in one thread."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    return tmp_path


def mlp(*hidden: int, last: nn.Module | None = None) -> nn.Sequential:
    widths = [784, *hidden]
    layers = [nn.Flatten()]
    for before, after in zip(widths, hidden, strict=False):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], 10), *([last] if last else []))


class LogisticRegression(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3072, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.flatten(1))


class OneHiddenLayer(nn.Module):
    def __init__(self, M: int) -> None:
        super().__init__()
        self.hidden, self.out = nn.Linear(3072, M), nn.Linear(M, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.view(len(x), -1)
        return self.out(F.dropout(F.relu(self.hidden(x)), 0.3, training=self.training))


class ConvMaxPool(nn.Module):
    def __init__(self, M: int, p: int, N: int) -> None:
        super().__init__()
        self.N = N
        self.conv, self.out = nn.Conv2d(3, M, p), nn.Linear(M * ((33 - p) // N) ** 2, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(torch.relu(self.conv(x)), self.N)
        return self.out(x.view(x.size(0), -1))


class SmallResNet(nn.Module):
    """Residual blocks written out, with a projection where the channels change."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding="same", bias=False), nn.BatchNorm2d(8))
        self.a, self.bn_a = nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.b, self.project = (
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.Conv2d(8, 16, 1, stride=2),
        )
        self.head = nn.Linear(16, 10)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.stem(x))
        x = self.relu(x + self.bn_a(self.a(x)))
        x = self.relu(self.b(x) + self.project(x))
        return self.head(x.mean(dim=(2, 3)))


class NamedTwice(nn.Module):
    """Layers as attributes, and once more in an nn.Sequential."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3072, 6), nn.Linear(6, 10)
        self.net = nn.Sequential(nn.Flatten(), self.a, nn.ReLU(), self.b)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


class CountsFeatures(nn.Module):
    """As in PyTorch's first tutorial, and other ways to count what one image has."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how, self.conv, self.out = how, nn.Conv2d(3, 2, 5), nn.Linear(2 * 14 * 14, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(torch.relu(self.conv(x)), 2)
        features = 1
        if self.how == "loop":
            for size in x.size()[1:]:
                features *= size
        elif self.how == "product":
            features = int(np.prod(x.shape[1:]))
        elif self.how == "unpacked":
            batch, channels, height, width = x.shape
            assert x.dim() == 4 and height == width
            return self.out(x.reshape(batch, channels * height * width))
        else:
            features = x.size(1) * x.size(2) * x.size(-1)
        return self.out(x.view(-1, features))


class FlattensTo(nn.Module):
    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes, self.linear = axes, nn.Linear(3072, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.flatten(x, *self.axes))


SHAPES = {1: (1, 28, 28), 3: (3, 32, 32)}
CNN = nn.Sequential(
    nn.Conv2d(1, 4, 3, stride=2, padding=1),
    nn.BatchNorm2d(4),
    nn.ReLU(),
    nn.MaxPool2d(2, ceil_mode=True),
    nn.Dropout(0.2),
    nn.Flatten(),
    nn.Linear(4 * 7 * 7, 10),
)
NETWORKS = {
    "an MLP": (mlp(20, 10), 1),
    "a linear model": (mlp(), 1),
    "with softmax": (mlp(5, last=nn.Softmax(dim=1)), 1),
    "a CNN": (CNN, 1),
    "a class": (LogisticRegression(), 3),
    "functions in forward": (OneHiddenLayer(7), 3),
    "a conv class": (ConvMaxPool(5, 3, 14), 3),
    "residual sums": (SmallResNet(), 3),
    "residual blocks": (
        nn.Sequential(
            nn.Conv2d(3, 4, 3),
            nn.Sequential(
                Residual(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.GELU()),
                Residual(nn.Identity(), shortcut=nn.GroupNorm(2, 4)),
            ),
            GlobalAvgPool2d(),
            nn.Linear(4, 10),
        ),
        3,
    ),
    "layers with two names": (NamedTwice(), 3),
    **{
        f"features counted by {how}": (CountsFeatures(how), 3)
        for how in ("loop", "product", "unpacked", "axes")
    },
    "flatten to the last axis": (FlattensTo(1, 3), 3),
    "a layer that flattens to the last axis": (
        nn.Sequential(nn.Flatten(1, 3), nn.Linear(3072, 10)),
        3,
    ),
    "numbers of NumPy": (
        nn.Sequential(
            nn.Conv2d(3, np.int64(4), kernel_size=(np.int32(3), 3), padding=np.int64(1)),
            nn.Dropout(np.float32(0.25)),
            nn.Flatten(),
            nn.Linear(np.prod((4, 32, 32)), np.int64(10), bias=np.True_),
        ),
        3,
    ),
    "other layers": (
        nn.Sequential(
            nn.AvgPool2d(2, padding=1, count_include_pad=False),
            nn.Conv2d(3, 6, (3, 1), groups=3, dilation=2, bias=False),
            nn.LeakyReLU(0.2),
            nn.ELU(),
            nn.SiLU(),
            nn.Dropout2d(),
            nn.AdaptiveAvgPool2d((2, 1)),
            nn.Flatten(),
            nn.Linear(12, 8),
            nn.BatchNorm1d(8, affine=False),
            nn.Tanh(),
            nn.Sigmoid(),
            nn.Linear(8, 10, bias=False),
            nn.LogSoftmax(dim=-1),
        ),
        3,
    ),
}


def trained_a_little(model: nn.Module, images: torch.Tensor) -> nn.Module:
    """With running statistics that are not those of the beginning."""
    model.train()
    with torch.no_grad():
        model(images)
    return model


@pytest.mark.parametrize(("model", "channels"), NETWORKS.values(), ids=NETWORKS.keys())
def test_a_network_comes_back_as_the_same_function_in_eval_mode(
    model: nn.Module, channels: int
) -> None:
    images = torch.randn(16, *SHAPES[channels])
    trained_a_little(model, images)
    save_model(model, "net")
    assert model.training, "saving leaves the mode as it was"
    loaded = load_model("net")
    assert isinstance(loaded, nn.Sequential)
    assert not loaded.training
    with torch.no_grad():
        torch.testing.assert_close(loaded(images), model.eval()(images), rtol=1e-4, atol=1e-5)
    assert (
        describe("net").parameters
        == sum(p.numel() for p in model.parameters())
        == sum(p.numel() for p in loaded.parameters())
    )
    assert describe("net").kinds == describe(model).kinds == describe(loaded).kinds


@pytest.mark.parametrize(("model", "channels"), NETWORKS.values(), ids=NETWORKS.keys())
def test_the_shapes_in_the_table_are_those_that_torch_makes(
    model: nn.Module, channels: int
) -> None:
    loaded = load_model(save_model(model, "net"))
    x = torch.zeros(2, *SHAPES[channels])
    rows = [row for row in describe("net").rows() if "." not in row.place]
    for row, layer in zip(rows, loaded, strict=True):
        x = layer(x)
        assert tuple(x.shape[1:]) == row.output, row


@settings(deadline=None, max_examples=80)
@given(
    size=st.integers(4, 20),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    ceil=st.booleans(),
    pool=st.booleans(),
)
def test_window_arithmetic_agrees_with_torch(
    size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool, pool: bool
) -> None:
    if pool:
        layer = nn.MaxPool2d(kernel, stride, min(padding, kernel // 2), dilation, ceil_mode=ceil)
    else:
        layer = nn.Conv2d(2, 3, kernel, stride, padding, dilation)
    try:
        expected = tuple(layer(torch.zeros(1, 2, size, size)).shape[1:])
    except RuntimeError:
        with pytest.raises(ModelError):
            describe(nn.Sequential(layer), input_shape=(2, size, size))
        return
    assert describe(nn.Sequential(layer), input_shape=(2, size, size)).output_shape == expected


def test_a_default_device_of_the_notebook_is_no_matter(folder: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    with torch.device("meta"):  # stands for a GPU that a notebook has made the default
        save_model(model, "net")
        read = load_model("net")
    assert {value.device.type for value in read.state_dict().values()} == {"cpu"}


def test_the_table_reads_well() -> None:
    description = describe(mlp(100, 50))
    assert (description.hidden_units, description.hidden_layers, description.parameters) == (
        150,
        2,
        84_060,
    )
    lines = repr(description).splitlines()
    assert lines[0] == "Sequential: 84,060 parameters; 150 hidden units in 2 hidden layers"
    assert lines[4].split() == ["0", "Flatten", "784"]
    assert lines[5].split() == [
        "1",
        "Linear(in_features=784,",
        "out_features=100)",
        "100",
        "78,500",
    ]
    assert (
        len(
            {
                line.rstrip().rfind(number) + len(number)
                for line, number in ((lines[5], "78,500"), (lines[7], "5,050"))
            }
        )
        == 1
    )


def test_a_summary_and_half_precision_are_stored(folder: Path) -> None:
    model = mlp(30)
    whole = save_model(model, "whole", training={"val_accuracy": 0.97, "epochs": 3}).stat().st_size
    half = save_model(model, "half", half=True).stat().st_size
    assert half < 0.6 * whole
    assert describe("whole").training == {"val_accuracy": 0.97, "epochs": 3}
    assert "val_accuracy 0.97" in repr(describe("whole"))
    assert load_model("half")[1].weight.dtype == torch.float32
    torch.testing.assert_close(load_model("half")[1].weight, model[1].weight, rtol=1e-3, atol=1e-6)


def test_describing_a_file_needs_no_torch(folder: Path) -> None:
    save_model(mlp(30), "net")
    code = "import sys, hwlib; print(hwlib.describe('net')); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


# ---- what can't be described ----


class Stray(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale, self.linear = nn.Parameter(torch.ones(1)), nn.Linear(784, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.flatten(1)) * self.scale


class Unused(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear, self.dropout = nn.Linear(784, 10), nn.Dropout()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.flatten(1))


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.again = nn.Linear(784, 10), nn.Linear(10, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.again(self.again(self.first(x.flatten(1))))


class Branching(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(784, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.flatten(1)) if x.sum() > 0 else self.linear(-x.flatten(1))


class AlwaysDrops(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(784, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(self.linear(x.flatten(1)), 0.5)


class InAList(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(784, 10)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers[0](x.flatten(1))


class MixesImages(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(784, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.flatten(x)[None])


class Secretly(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + 1


def hooked() -> nn.Module:
    model = mlp()
    model[1].register_forward_hook(lambda module, inputs, output: output + 1)
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Flatten(), nn.Bilinear(784, 784, 10)), r"Sequential.*Bilinear"),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Softplus()),
            r"Sequential\.2: a layer Softplus cannot be saved",
        ),
        (
            nn.Sequential(
                nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"),
                nn.Flatten(),
                nn.Linear(1568, 10),
            ),
            "padding_mode=circular",
        ),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Softmax(dim=0)),
            "mixes the images of a batch",
        ),
        (
            nn.Sequential(
                nn.Flatten(), nn.BatchNorm1d(784, track_running_stats=False), nn.Linear(784, 10)
            ),
            "track_running_stats",
        ),
        (nn.Sequential(nn.Flatten(0), nn.Linear(784, 10)), "start_dim=0"),
        (Stray(), r"Stray\.forward: mul\(…\) cannot be saved"),
        (Unused(), r"Unused\.dropout: forward never uses this Dropout"),
        (Twice(), r"Twice\.again: forward uses this Linear twice"),
        (Branching(), "Branching: cannot follow forward"),
        (AlwaysDrops(), "training=self.training"),
        (InAList(), "InAList"),
        (MixesImages(), "MixesImages"),
        (FlattensTo(0, -1), "must have start_dim=1, or it mixes the images of a batch"),
        (FlattensTo(2, 3), "must have start_dim=1"),
        (nn.Sequential(nn.Flatten(), Secretly(784, 10)), "adds something other than two tensors"),
        (hooked(), "hooks"),
        (
            nn.Sequential(nn.Flatten(), nn.Linear(700, 10), nn.Linear(11, 10)),
            "layer 2 .* takes 11 numbers, but its input has the shape 10",
        ),
        (nn.Sequential(nn.ReLU()), "pass input_shape"),
        (nn.LSTM(4, 4), "LSTM"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_what_can_not_be_described_is_named(folder: Path, model: nn.Module, message: str) -> None:
    with pytest.raises(ModelError, match=message) as raised:
        save_model(model, "net")
    assert "\n" not in str(raised.value)
    assert not list(folder.iterdir())


def test_weights_that_are_not_finite_or_too_large_are_not_saved(folder: Path) -> None:
    model = mlp()
    with torch.no_grad():
        model[1].weight[0, 0] = 1e6
    with pytest.raises(ModelError, match="float16"):
        save_model(model, "net", half=True)
    with torch.no_grad():
        model[1].weight[0, 0] = float("nan")
    with pytest.raises(ModelError, match="NaN"):
        save_model(model, "net")
    assert not list(folder.iterdir())


# ---- files that lie ----


def rewritten(change: Change) -> bytes:
    """An honest file whose header was changed by hand."""
    data = save_model(
        nn.Sequential(nn.Flatten(), nn.Linear(784, 3), nn.ReLU(), nn.Linear(3, 10)), "net"
    ).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    model = json.loads(header["__metadata__"]["model"])
    change(header, model)
    header["__metadata__"]["model"] = (
        json.dumps(model) if not isinstance(model.get("raw"), str) else model["raw"]
    )
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data[8 + length :]


def layer(number: int, **values: Any) -> Change:
    return lambda header, model: model["layers"][number].update(values)


LIES = {
    "wider than its weights": layer(1, out_features=4),
    "10 GB declared": layer(1, out_features=10**6, in_features=2500),
    "more declared than there can be": layer(1, out_features=10**9),
    "a negative width": layer(1, out_features=-3),
    "a width that is true": layer(1, bias=1),
    "a width in words": layer(1, out_features="3"),
    "an unknown layer": layer(2, kind="Bilinear"),
    "a kind that is code": layer(2, kind="__import__('os')"),
    "a kind that is a list": layer(2, kind=[]),
    "an unknown argument": layer(2, inplace=True),
    "a NaN": layer(2, kind="Dropout", p=float("nan")),
    "a missing argument": lambda header, model: model["layers"][1].pop("in_features"),
    "a layer removed": lambda header, model: model["layers"].pop(1),
    "a layer added": lambda header, model: model["layers"].append(
        {"kind": "Linear", "in_features": 10, "out_features": 10, "bias": True}
    ),
    "no layers": lambda header, model: model.update(layers=None),
    "layers that are no dicts": lambda header, model: model.update(layers=[1]),
    "501 layers": lambda header, model: model.update(layers=[{"kind": "ReLU"}] * 501),
    "blocks in blocks": lambda header, model: model.update(layers=nested(50)),
    "no input shape": lambda header, model: model.pop("input_shape"),
    "an input of another size": lambda header, model: model.update(input_shape=[1, 28, 27]),
    "a huge input": lambda header, model: model.update(input_shape=[10**6, 10**6, 10**6]),
    "a description that is no JSON": lambda header, model: model.update(raw="[" * 100_000),
    "another kind of file": lambda header, model: header["__metadata__"].update(kind="network"),
    "no description": lambda header, model: model.update(raw="null"),
    "work without end": lambda header, model: model.update(
        input_shape=[1, 2048, 2048],
        layers=[
            {
                "kind": "Conv2d",
                "in_channels": 1,
                "out_channels": 1,
                "kernel_size": 512,
                "stride": 1,
                "padding": 256,
            }
        ]
        * 4,
    ),
    "padding without end": lambda header, model: model.update(
        layers=[
            {
                "kind": "Conv2d",
                "in_channels": 1,
                "out_channels": 1,
                "kernel_size": 1,
                "padding": 10**9,
            }
        ]
    ),
}


def nested(depth: int) -> list[dict[str, Any]]:
    return [{"kind": "Residual", "body": nested(depth - 1), "shortcut": []}] if depth else []


@pytest.mark.parametrize("change", LIES.values(), ids=LIES.keys())
def test_a_file_whose_header_lies_is_refused_in_one_line_and_fast(
    folder: Path, change: Change
) -> None:
    (folder / "lie.safetensors").write_bytes(rewritten(change))
    started = time.monotonic()
    for read in (load_model, describe):
        with pytest.raises(ModelError) as raised:
            read("lie")
        assert "\n" not in str(raised.value)
        assert "lie.safetensors" in str(raised.value)
    assert time.monotonic() - started < 0.5


def test_the_honest_form_of_these_files_is_read(folder: Path) -> None:
    (folder / "honest.safetensors").write_bytes(rewritten(lambda header, model: None))
    assert load_model("honest")[1].out_features == 3


def test_a_pickle_in_disguise_is_never_opened(folder: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(folder / "harm"),)

    for data in (pickle.dumps(Harm()), struct.pack("<Q", 2) + b"{}" + pickle.dumps(Harm())):
        (folder / "net.safetensors").write_bytes(data)
        with pytest.raises(ModelError):
            load_model("net")
    torch.save(mlp(3), folder / "zip.safetensors")
    with pytest.raises(ModelError, match="not a safetensors file"):
        load_model("zip")
    assert not (folder / "harm").exists()


@settings(deadline=None, max_examples=150)
@given(place=st.integers(0, 1500), value=st.integers(0, 255))
def test_a_damaged_file_gives_a_network_or_a_model_error_never_anything_else(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    os.chdir(tmp_path_factory.mktemp("damaged"))
    path = save_model(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)), "net")
    data = bytearray(path.read_bytes())
    data[place % len(data)] = value
    path.write_bytes(bytes(data))
    try:
        loaded = load_model("net")
    except ModelError:
        return
    assert loaded(torch.zeros(2, 4)).shape == (2, 3)


def test_equal_weights_have_equal_fingerprints_however_they_are_dressed(folder: Path) -> None:
    model = mlp(8)
    save_model(model, "one", training={"epochs": 1})
    save_model(model, "two", half=True)
    save_model({f"w{i}": p.detach().numpy() for i, p in enumerate(model.parameters())}, "three")
    save_model(mlp(8), "other")
    assert fingerprint("one") == fingerprint("two") == fingerprint("three") != fingerprint("other")


# ---- checks ----


def blobs(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures (1, 4, 4) of ten classes, each around its own, far apart; the centres are always the
    same.
    """
    centres = torch.rand(10, 16, generator=torch.Generator().manual_seed(1))
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 10, (count,), generator=generator)
    return (centres[labels] + 0.02 * torch.randn(count, 16, generator=generator)).reshape(
        -1, 1, 4, 4
    ), labels


def trained(
    transform: Callable[[Any], Any] = lambda x: x,
    softmax: bool = False,
    norm: bool = False,
    epochs: int = 15,
) -> nn.Module:
    images, labels = blobs(500)
    layers = [
        nn.Flatten(),
        nn.Linear(16, 32),
        *([nn.BatchNorm1d(32, momentum=1e-6)] if norm else []),
        nn.ReLU(),
        nn.Linear(32, 10),
    ]
    model = nn.Sequential(*layers, *([nn.Softmax(dim=1)] if softmax else []))
    hwlib.training.fit(
        model,
        (transform(images), labels),
        None,
        torch.optim.Adam(model.parameters(), 0.01),
        epochs,
        show_progress=False,
    )
    return model


def test_a_good_network_passes_and_its_mode_and_threads_stay() -> None:
    images, labels = blobs(300, seed=5)
    model, threads = trained().train(), torch.get_num_threads()
    assert check.accuracy(model, images, labels.numpy(), 0.97) is None
    assert model.training
    assert torch.get_num_threads() == threads


def test_the_quicker_copy_of_a_network_gives_the_same_scores_and_leaves_the_network_alone(
    folder: Path,
) -> None:
    from hwlib.models import evaluating

    torch.manual_seed(0)
    body = (
        nn.ReLU(),
        nn.Conv2d(6, 6, 3, padding=1, groups=2),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.BatchNorm2d(6, affine=False),
    )
    network = nn.Sequential(
        nn.BatchNorm2d(3),
        nn.Conv2d(3, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        Residual(*body, shortcut=nn.Conv2d(6, 6, 1)),
        nn.Dropout(),
        nn.Conv2d(6, 4, 3, stride=2),
        nn.ReLU(),
        nn.BatchNorm2d(4),
        nn.Flatten(),
        nn.Linear(196, 12),
        nn.ReLU(),
        nn.Linear(12, 10),
    )
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.2, 3)
            for parameter in layer.parameters():
                nn.init.normal_(parameter)
    save_model(network, "net", input_shape=(3, 17, 17))
    loaded, images = load_model("net"), torch.rand(60, 3, 17, 17)
    with torch.inference_mode():
        before = loaded.eval()(images)
        quicker = evaluating._quicker(loaded)
        assert torch.allclose(quicker(images), before, rtol=1e-4, atol=1e-4)
        assert torch.equal(loaded(images), before)
    # two are in the convolutions before them
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in quicker.modules()) == 3
    assert not any(layer.inplace for layer in loaded.modules() if isinstance(layer, nn.ReLU))
    assert np.array_equal(evaluating.predictions(loaded.train(), images), before.argmax(1).numpy())


def test_predictions_of_a_file_are_remembered_and_those_of_changed_weights_are_not(
    folder: Path,
) -> None:
    from hwlib.models import evaluating

    save_model(mlp(8), "net")
    images = torch.rand(300, 1, 28, 28)
    first = evaluating.predictions(load_model("net"), images)
    again, started = load_model("net"), len(evaluating._known)
    assert np.array_equal(evaluating.predictions(again, images), first)
    assert len(evaluating._known) == started
    with torch.no_grad():
        again[3].weight.mul_(-1)
        again[3].bias.mul_(-1)
        wanted = again(images).argmax(1).numpy()
    assert np.array_equal(evaluating.predictions(again, images), wanted)
    changed = load_model("net").append(nn.Softmin(dim=1))
    assert np.array_equal(
        evaluating.predictions(changed, images), changed(images).argmax(1).numpy()
    )
    assert np.array_equal(evaluating.predictions(load_model("net"), images.flip(0)), first[::-1])
    evaluating.predictions(mlp(8), images)
    assert len(evaluating._known) == started + 3


class Constant(nn.Module):
    """Says class 0 to everything."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.eye(10)[torch.zeros(len(x), dtype=torch.int64)] + 0 * x.flatten(1).sum(
            1, keepdim=True
        )


@pytest.mark.parametrize(
    ("right", "fraction"),
    [(9750, None), (9749, 0.99), (9700, 0.5), (9651, 0.01), (9650, 0.0), (0, 0.0), (10_000, None)],
)
def test_credit_grows_from_one_point_below_the_threshold_by_exact_count(
    right: int, fraction: float | None, capsys: pytest.CaptureFixture[str]
) -> None:
    images, labels = torch.zeros(10_000, 1, 2, 2), np.where(np.arange(10_000) < right, 0, 1)
    if fraction == 0.0:
        with pytest.raises(CheckFailed, match=r"fewer than 97\.5 % of the 10,000 images"):
            check.accuracy(Constant(), images, labels, 0.975, points=8)
        return
    found = check.accuracy(Constant(), images, labels, 0.975, points=8)
    if fraction is None:
        assert found is None
    else:
        assert found is not None
        assert found.hwlib_fraction == pytest.approx(fraction)
        assert float(repr(found)) == pytest.approx(8 * fraction)
        assert "but close" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fraction", "points", "shown"),
    [(0.5, 3, "1.5"), (2.0, 3, "3"), (-1, 3, "0"), (float("nan"), 3, "0"), (1 / 3, 1, "0.333333")],
)
def test_partial_shows_the_number_of_points(fraction: float, points: float, shown: str) -> None:
    assert repr(check.partial(fraction, points)) == shown
    assert 0 <= check.partial(fraction).hwlib_fraction <= 1
    assert "%" in repr(check.partial(fraction))


MISTAKES = {
    "255 times": ({"transform": lambda x: 255 * x}, "from 0 to 255"),
}


@pytest.mark.parametrize(("how", "hint"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_training_is_named(how: dict[str, Any], hint: str) -> None:
    with pytest.raises(CheckFailed) as raised:
        check.accuracy(trained(**how), *blobs(300, seed=5), 0.97)
    assert hint in raised.value.hint


@pytest.mark.parametrize(
    ("in_training", "in_grading", "hint"),
    [
        (lambda x: (x - 0.1307) / 0.3081, lambda x: x, "normalised once more"),
        (lambda x: x, lambda x: (x - 0.1307) / 0.3081, "not normalised"),
        (lambda x: x / 255, lambda x: x, "divided by 255 once more"),
    ],
)
def test_pictures_that_were_scaled_otherwise_in_training_are_named(
    in_training: Callable[[Any], Any], in_grading: Callable[[Any], Any], hint: str
) -> None:
    images = (
        torch.rand(2000, 1, generator=torch.Generator().manual_seed(0))
        .expand(-1, 16)
        .reshape(-1, 1, 4, 4)
    )
    labels = (3 * images[:, 0, 0, 0]).long()  # the class is the brightness
    seen = in_training(images)
    shift, scale = seen.mean(), seen.std()
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 3))
    hwlib.training.fit(
        model,
        ((seen - shift) / scale, labels),
        None,
        torch.optim.Adam(model.parameters(), 0.01),
        10,
        show_progress=False,
    )
    with torch.no_grad():  # the same function of what it saw
        model[1].bias -= (model[1].weight * (shift / scale)).sum(dim=1)
        model[1].weight /= scale
    assert check.accuracy(model, seen, labels, 0.97) is None
    with pytest.raises(CheckFailed) as raised:
        check.accuracy(model, in_grading(images), labels, 0.97)
    assert hint in raised.value.hint


def test_a_softmax_before_cross_entropy_is_named() -> None:
    with pytest.raises(CheckFailed) as raised:
        check.accuracy(trained(softmax=True, epochs=1), *blobs(300, seed=5), 0.99)
    assert "two in training, and the loss could not fall below 1.461" in raised.value.hint


def test_a_network_that_gives_nan_or_the_wrong_shape_fails_in_words() -> None:
    images, labels = blobs(20)
    for layers in ([nn.Linear(16, 10), nn.BatchNorm1d(10)], [nn.Linear(15, 10)]):
        model = nn.Sequential(nn.Flatten(), *layers)
        if len(layers) == 2:
            layers[1].running_var.fill_(-1.0)
        with pytest.raises(CheckFailed, match=r"finite scores|cannot take images"):
            check.accuracy(model, images, labels, 0.5)


class Counting(Constant):
    """Counts the images, too."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += len(x)
        return super().forward(x)


@pytest.mark.parametrize(
    ("right", "most"), [(10_000, 1000), (9200, 2500), (9000, 5000), (8750, 10_000)]
)
def test_a_network_far_above_the_threshold_is_not_shown_all_images(right: int, most: int) -> None:
    model, labels = Counting(), np.where(np.arange(10_000) < right, 0, 1)
    assert check.accuracy(model, torch.zeros(10_000, 1, 2, 2), labels, 0.87) is None
    assert model.seen <= most


def test_one_image_below_the_threshold_is_never_taken_for_enough() -> None:
    images, labels = torch.zeros(10_000, 1, 2, 2), np.where(np.arange(10_000) < 8699, 0, 1)
    for seed in range(100):
        with check.context(seed):
            found = check.accuracy(Constant(), images, labels, 0.87, points=100)
        assert found is not None
        assert found.hwlib_fraction == pytest.approx(0.99)


@given(
    st.integers(1, 60).flatmap(
        lambda total: st.tuples(st.just(total), *[st.integers(0, total)] * 2)
    ),
    st.data(),
)
def test_the_probability_of_so_many_right_ones_is_the_hypergeometric_one(
    numbers: tuple[int, int, int], data: st.DataObject
) -> None:
    total, marked, drawn = numbers
    found = data.draw(st.integers(0, drawn))
    exact = sum(
        math.comb(marked, k) * math.comb(total - marked, drawn - k) for k in range(found, drawn + 1)
    ) / math.comb(total, drawn)
    assert networks._tail(total, marked, drawn, found) == pytest.approx(exact, rel=1e-9, abs=1e-15)


def test_a_remark_comes_from_all_images() -> None:
    images, labels = torch.zeros(10_000, 1, 2, 2), np.where(np.arange(10_000) < 9000, 0, 1)
    for seed in range(20):  # of 500 images at random, more than 90 % are right every other time
        with check.context(seed) as noted:
            assert check.accuracy(Constant(), images, labels, 0.7, plausible=0.9) is None
        assert noted.remarks == []
    model = Counting()
    with check.context(seed=1) as noted:
        assert check.accuracy(model, images, labels, 0.7, plausible=0.89) is None
    assert "is right on 90.00% of the test images, more than" in noted.remarks[0]
    assert model.seen == 10_000


@pytest.mark.parametrize(("wait", "seconds"), [(False, 0.01), (True, 0.1)])
def test_the_time_limit_is_for_all_images_together(wait: bool, seconds: float) -> None:
    class Slow(Constant):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            end = time.process_time() + seconds
            while not wait and time.process_time() < end:
                pass
            time.sleep(seconds if wait else 0.0)
            return super().forward(x)

    with pytest.raises(CheckFailed, match=r"more than 0\.3 s for 10,000 images"):
        check.accuracy(
            Slow(), torch.zeros(10_000, 1, 2, 2), np.arange(10_000) % 2, 0.5, seconds=0.3
        )


ALLOWED = ("Flatten", "Linear", "ReLU", "Softmax", "Dropout")


@pytest.mark.parametrize(
    ("model", "limits", "message"),
    [
        (mlp(101), {"max_hidden_units": 100}, "has 101 hidden units; at most 100"),
        (mlp(60, 41), {"max_hidden_units": 100}, "has 101 hidden units"),
        (mlp(100), {"min_hidden_layers": 2}, "has 1 hidden layers; at least 2"),
        (mlp(10), {"required": ("Dropout",)}, "does not use a layer Dropout"),
        (CNN, {"allowed": ALLOWED}, "has a layer Conv2d"),
        (mlp(10), {"max_parameters": 100}, "has 7,960 parameters"),
    ],
)
def test_limits_that_are_broken_are_said(
    model: nn.Module, limits: dict[str, Any], message: str
) -> None:
    with pytest.raises(CheckFailed, match=message):
        check.architecture(model, **limits)


def test_too_many_parameters_are_told_with_the_layer_that_has_most() -> None:
    for model, told in [
        (mlp(10), r"7,850 of them are in one layer, the Linear\(.*\): fewer inputs make"),
        (
            nn.Sequential(nn.Conv2d(1, 30, 9), nn.ReLU(), nn.Conv2d(30, 20, 20), nn.Flatten()),
            r"240,020 of them are in one layer, the Conv2d\(.*\): fewer channels make",
        ),
    ]:
        with pytest.raises(CheckFailed) as caught:
            check.architecture(model, max_parameters=100)
        assert re.match(told, caught.value.hint)


def test_limits_that_are_kept_give_the_description() -> None:
    found = check.architecture(
        mlp(60, 40), allowed=ALLOWED, required=("ReLU",), max_hidden_units=100, min_hidden_layers=2
    )
    assert found.hidden_units == 100
    save_model(CNN, "cnn")
    assert (
        check.architecture("cnn", max_parameters=2025, required=("Dropout", "BatchNorm2d")).name
        == "cnn.safetensors"
    )
    with pytest.raises(CheckFailed, match=r"nothing\.safetensors is missing"):
        check.architecture("nothing")


def test_the_time_limit_of_an_evaluation_counts_computing_and_not_what_others_do() -> None:
    from hwlib.models import evaluating

    model = nn.Sequential(nn.Linear(3000, 3000), nn.ReLU(), nn.Linear(3000, 2))
    images = torch.ones(3000, 3000)
    alone = time.process_time()
    wanted = evaluating.predictions(model, images, seconds=1000.0)
    computed = time.process_time() - alone
    cores = os.sched_getaffinity(0)
    with busy_core() as join:
        try:
            exec(join)  # this process, too
            began = time.monotonic()
            found = evaluating.predictions(model, images, seconds=2 * computed)
            passed = time.monotonic() - began
        finally:
            os.sched_setaffinity(0, cores)
    assert np.array_equal(found, wanted) and passed > 2 * computed
    with pytest.raises(ModelError, match="needs more than"):
        evaluating.predictions(model, images, seconds=computed / 5)
