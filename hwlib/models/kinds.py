"""Defines the layers that a model file may have: arguments, shapes of weights, output shapes.

This is plain Python on purpose, because a file is checked against this table before torch is
imported or memory is taken. A shape is that of one example, without the batch axis. The shape of a
picture is (channels, height, width).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any

from hwlib.errors import ModelError

__all__ = ["KINDS", "Kind", "Shape", "checked_arguments"]

Shape = tuple[int, ...]
Arguments = Mapping[str, Any]
Check = Callable[[Any], Any]
"""A function that returns an argument in its standard form, or raises ValueError with that form."""


# ---- arguments ----


def _count(low: int = 1, high: int = 65_536) -> Check:
    def check(value: Any) -> int:
        # np.prod and its like give NumPy's integers
        number = int(value) if isinstance(value, Integral) else None
        if isinstance(value, bool) or number is None or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return check


def _pair(low: int, high: int = 512) -> Check:
    one = _count(low, high)

    def check(value: Any) -> tuple[int, int]:
        values = tuple(value) if isinstance(value, list | tuple) else (value, value)
        if len(values) != 2:
            raise ValueError(f"a whole number from {low} to {high}, or two of them")
        return one(values[0]), one(values[1])

    return check


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        number = float(value) if isinstance(value, Real) else math.nan
        if isinstance(value, bool) or not low <= number <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return number

    return check


def _flag(value: Any) -> bool:
    if type(value).__name__ not in ("bool", "bool_"):  # NumPy's, too
        raise ValueError("True or False")
    return bool(value)


def _choice(*choices: Any, because: str = "") -> Check:
    def check(value: Any) -> Any:
        if not any(value == choice and type(value) is type(choice) for choice in choices):
            raise ValueError(f"{' or '.join(map(repr, choices))}{because}")
        return value

    return check


def _class_axis(value: Any) -> int:
    """Check that the axis of an output (N, C) is that of the classes, in any notation."""
    if value not in (None, 1, -1):
        raise ValueError("1: the classes; any other axis mixes the images of a batch")
    return 1


# ---- shapes ----


def _same(arguments: Arguments, shape: Shape) -> Shape:
    return shape


def _flattened(arguments: Arguments, shape: Shape) -> Shape:
    return (math.prod(shape),)


def _linear(arguments: Arguments, shape: Shape) -> Shape:
    if shape != (arguments["in_features"],):
        raise ValueError(f"takes {arguments['in_features']} numbers")
    return (arguments["out_features"],)


def _picture(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ValueError("takes images (channels, height, width)")
    return shape


def _conv(arguments: Arguments, shape: Shape) -> Shape:
    channels, *size = _picture(shape)
    if channels != arguments["in_channels"]:
        raise ValueError(f"takes {arguments['in_channels']} channels")
    if (
        arguments["in_channels"] % arguments["groups"]
        or arguments["out_channels"] % arguments["groups"]
    ):
        raise ValueError("has a number of channels that its groups do not divide")
    return (arguments["out_channels"], *(_window(arguments, size, axis) for axis in (0, 1)))


def _pool(arguments: Arguments, shape: Shape) -> Shape:
    channels, *size = _picture(shape)
    if any(
        2 * padding > kernel
        for padding, kernel in zip(arguments["padding"], arguments["kernel_size"], strict=True)
    ):
        raise ValueError("pads by more than half of its window")
    return (channels, *(_window(arguments, size, axis) for axis in (0, 1)))


def _window(arguments: Arguments, size: list[int], axis: int) -> int:
    """The number of places that a window has along one axis."""
    stride, padding = arguments["stride"][axis], arguments["padding"][axis]
    reach = arguments.get("dilation", (1, 1))[axis] * (arguments["kernel_size"][axis] - 1) + 1
    room = size[axis] + 2 * padding - reach
    places = room // stride + 1
    if arguments.get("ceil_mode") and room % stride and places * stride < size[axis] + padding:
        places += 1
    if places < 1:
        raise ValueError("has a window larger than the image")
    return int(places)


def _adaptive(arguments: Arguments, shape: Shape) -> Shape:
    return (_picture(shape)[0], *arguments["output_size"])


def _global(arguments: Arguments, shape: Shape) -> Shape:
    return _picture(shape)[:1]


def _norm(
    dimensions: tuple[int, ...], channels: str = "num_features"
) -> Callable[[Arguments, Shape], Shape]:
    def output(arguments: Arguments, shape: Shape) -> Shape:
        if len(shape) not in dimensions or shape[0] != arguments[channels]:
            raise ValueError(
                f"takes {arguments[channels]} {'channels' if 3 in dimensions else 'features'}"
            )
        return shape

    return output


# ---- weights ----


def _no_weights(arguments: Arguments) -> dict[str, Shape]:
    return {}


def _linear_weights(arguments: Arguments) -> dict[str, Shape]:
    inputs, outputs = arguments["in_features"], arguments["out_features"]
    return {"weight": (outputs, inputs)} | ({"bias": (outputs,)} if arguments["bias"] else {})


def _conv_weights(arguments: Arguments) -> dict[str, Shape]:
    outputs = arguments["out_channels"]
    weight = (outputs, arguments["in_channels"] // arguments["groups"], *arguments["kernel_size"])
    return {"weight": weight} | ({"bias": (outputs,)} if arguments["bias"] else {})


def _batch_norm_weights(arguments: Arguments) -> dict[str, Shape]:
    shape = (arguments["num_features"],)
    learned: dict[str, Shape] = {"weight": shape, "bias": shape} if arguments["affine"] else {}
    return learned | {"running_mean": shape, "running_var": shape}


def _group_norm_weights(arguments: Arguments) -> dict[str, Shape]:
    shape = (arguments["num_channels"],)
    return {"weight": shape, "bias": shape} if arguments["affine"] else {}


# ---- the table ----


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of layer, named as in torch.nn (or hwlib.models, for `Residual` and
    `GlobalAvgPool2d`).
    """

    output: Callable[[Arguments, Shape], Shape]
    arguments: dict[str, Check] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)  # arguments that may be left out
    weights: Callable[[Arguments], dict[str, Shape]] = _no_weights
    # attributes of the module that must have this value
    fixed: dict[str, Any] = field(default_factory=dict)
    where: str = "torch.nn"


_POOL = {"kernel_size": _pair(1), "stride": _pair(1), "padding": _pair(0), "ceil_mode": _flag}
_BATCH_NORM: dict[str, Any] = {
    "arguments": {
        "num_features": _count(),
        "eps": _number(0, 1),
        "momentum": _number(0, 1),
        "affine": _flag,
    },
    "defaults": {"eps": 1e-5, "momentum": 0.1, "affine": True},
    "weights": _batch_norm_weights,
    "fixed": {"track_running_stats": True},
}

KINDS: dict[str, Kind] = {
    "Flatten": Kind(_flattened, fixed={"start_dim": 1, "end_dim": -1}),
    "Identity": Kind(_same),
    "Linear": Kind(
        _linear,
        {"in_features": _count(high=10**7), "out_features": _count(high=10**6), "bias": _flag},
        {"bias": True},
        _linear_weights,
    ),
    "ReLU": Kind(_same),
    "LeakyReLU": Kind(_same, {"negative_slope": _number(-1, 1)}, {"negative_slope": 0.01}),
    "ELU": Kind(_same, {"alpha": _number(0, 100)}, {"alpha": 1.0}),
    "GELU": Kind(_same, {"approximate": _choice("none", "tanh")}, {"approximate": "none"}),
    "SiLU": Kind(_same),
    "Tanh": Kind(_same),
    "Sigmoid": Kind(_same),
    "Softmax": Kind(_same, {"dim": _class_axis}, {"dim": 1}),
    "LogSoftmax": Kind(_same, {"dim": _class_axis}, {"dim": 1}),
    "Dropout": Kind(_same, {"p": _number(0, 1)}, {"p": 0.5}),
    "Dropout2d": Kind(_same, {"p": _number(0, 1)}, {"p": 0.5}),
    "Conv2d": Kind(
        _conv,
        {
            "in_channels": _count(),
            "out_channels": _count(),
            "kernel_size": _pair(1),
            "stride": _pair(1),
            "padding": _pair(0),
            "dilation": _pair(1),
            "groups": _count(),
            "bias": _flag,
        },
        {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True},
        _conv_weights,
        {"padding_mode": "zeros"},
    ),
    "MaxPool2d": Kind(
        _pool,
        _POOL | {"dilation": _pair(1)},
        {"padding": 0, "dilation": 1, "ceil_mode": False},
        fixed={"return_indices": False},
    ),
    "AvgPool2d": Kind(
        _pool,
        _POOL | {"count_include_pad": _flag},
        {"padding": 0, "ceil_mode": False, "count_include_pad": True},
        fixed={"divisor_override": None},
    ),
    "AdaptiveAvgPool2d": Kind(_adaptive, {"output_size": _pair(1)}),
    "GlobalAvgPool2d": Kind(_global, where="hwlib.models"),
    "BatchNorm1d": Kind(_norm((1,)), **_BATCH_NORM),
    "BatchNorm2d": Kind(_norm((3,)), **_BATCH_NORM),
    "GroupNorm": Kind(
        _norm((1, 3), "num_channels"),
        {"num_groups": _count(), "num_channels": _count(), "eps": _number(0, 1), "affine": _flag},
        {"eps": 1e-5, "affine": True},
        _group_norm_weights,
    ),
    # its two paths are layers of their own: see `description`
    "Residual": Kind(_same, where="hwlib.models"),
}


def checked_arguments(kind: str, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Check the arguments of a layer; returns all of them, each in its standard form.

    Raises
    ------
    ModelError
        If there is no such kind, or if an argument is missing, unknown or impossible. The message
        begins with `where`.
    """
    if kind not in KINDS:
        raise ModelError(
            f"{where}: {kind[:60]!r} is not a layer that can be saved; use one of: "
            f"{', '.join(KINDS)}"
        )
    known, defaults = KINDS[kind].arguments, KINDS[kind].defaults
    # for pooling, the default of the stride is the window
    if "stride" in known and given.get("stride") is None and "stride" not in defaults:
        given = {**given, "stride": given.get("kernel_size")}
    unknown = [str(name)[:40] for name in given if name not in known]
    missing = [name for name in known if name not in given and name not in defaults]
    if unknown or missing:
        raise ModelError(
            f"{where}: {kind} "
            f"{f'lacks {missing[0]!r}' if missing else f'takes no {unknown[0]!r}'}; "
            f"it takes {', '.join(known) or 'nothing'}"
        )
    checked = {}
    for name, check in known.items():
        value = given.get(name, defaults.get(name))
        try:
            checked[name] = check(value)
        except (ValueError, TypeError) as error:
            raise ModelError(
                f"{where}: {kind} with {name}={str(value)[:40]}; expected {error}"
            ) from None
    if kind == "GroupNorm" and checked["num_channels"] % checked["num_groups"]:
        raise ModelError(
            f"{where}: GroupNorm with {checked['num_groups']} groups of {checked['num_channels']} "
            "channels; expected a number of groups that divides the number of channels"
        )
    return checked
