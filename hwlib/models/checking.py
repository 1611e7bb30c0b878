"""Describe a network, and check that a network built from the description computes the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from hwlib.errors import ModelError
from hwlib.models.building import build
from hwlib.models.description import Description, Layer
from hwlib.models.files import Array
from hwlib.models.kinds import Shape
from hwlib.models.tracing import traced

__all__ = ["describe_network"]

_IMAGES = {784: (1, 28, 28), 3072: (3, 32, 32)}
_PICTURES = {1: (1, 28, 28), 3: (3, 32, 32)}


def describe_network(
    model: nn.Module, input_shape: Sequence[int] | None
) -> tuple[Description, dict[str, Array]]:
    """Describe a network and its weights, and compare the result with it on random numbers.

    Raises
    ------
    ModelError
        If it cannot be described, or the description would compute something else.
    """
    name = type(model).__name__
    layers, weights = traced(model, input_shape)
    shape = tuple(input_shape) if input_shape is not None else _guessed_shape(layers, name)
    description = Description(name, layers, shape).for_input(shape)
    arrays = {key: value.cpu().to(torch.float32).numpy() for key, value in weights.items()}
    _compare(model, build(description, arrays), description)
    return description, arrays


def _guessed_shape(layers: Sequence[Layer], name: str) -> Shape:
    """The shape of an MNIST or CIFAR-10 image, whichever the first layers take."""
    flat = False
    for layer in _first(layers):
        arguments = layer.arguments
        flat = flat or layer.kind == "Flatten"
        if layer.kind == "Linear":
            return (
                _IMAGES.get(arguments["in_features"], (arguments["in_features"],))
                if flat
                else (arguments["in_features"],)
            )
        if layer.kind == "BatchNorm1d":
            return (
                _IMAGES.get(arguments["num_features"], (arguments["num_features"],))
                if flat
                else (arguments["num_features"],)
            )
        channels = arguments.get("in_channels", arguments.get("num_features"))
        if channels in _PICTURES:
            return _PICTURES[channels]
        if channels is not None:
            break
    raise ModelError(
        f"{name}: cannot guess the shape of its input; pass input_shape=(channels, height, "
        "width) or (features,)"
    )


def _first(layers: Sequence[Layer]) -> Iterator[Layer]:
    for layer in layers:
        if layer.kind == "Residual":
            yield from _first(layer.body)
        else:
            yield layer


def _compare(model: nn.Module, rebuilt: nn.Module, description: Description) -> None:
    tensors = [*model.parameters(), *model.buffers()]
    device = tensors[0].device if tensors else torch.device("cpu")
    dtype = next((tensor.dtype for tensor in tensors if tensor.is_floating_point()), torch.float32)
    if any(not bool(torch.isfinite(tensor).all()) for tensor in tensors):
        return  # writing the file gives a better message
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn((3, *description.input_shape), generator=generator, device="cpu")
    modes = {module: module.training for module in model.modules()}
    try:
        model.eval()
        with torch.no_grad():
            found: Any = model(inputs.to(device, dtype)).cpu().to(torch.float32)
            expected = rebuilt(inputs)
    except Exception as error:
        raise ModelError(
            f"{description.name}: the network cannot take an input of shape "
            f"{tuple(description.input_shape)} "
            f"({str(error).partition(chr(10))[0][:200]}); pass the right input_shape"
        ) from error
    finally:
        for module, training in modes.items():
            module.training = training
    scale = float(expected.abs().max()) + 1e-6
    if found.shape != expected.shape or not bool(
        torch.allclose(found, expected, rtol=1e-3, atol=1e-3 * scale)
    ):
        raise ModelError(
            f"{description.name}: the network gives another result than its layers in order: does "
            "it have a hook, or does forward depend on the values of the input?"
        )
