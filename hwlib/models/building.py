"""Build a network from a description and its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from hwlib.models import blocks
from hwlib.models.description import Description, Layer
from hwlib.models.files import Array
from hwlib.models.kinds import KINDS

__all__ = ["build"]


def build(description: Description, arrays: Mapping[str, Array]) -> nn.Sequential:
    """Build the network as float32 and in eval mode.

    The names of its weights are places in the description, such as "3.weight".

    Raises
    ------
    ModelError
        If the weights do not match the description in name or shape.
    """
    description.check_weights({name: array.shape for name, array in arrays.items()})
    # on "meta" the first weights, which are replaced at once, need no memory and no random numbers
    with torch.device("meta"):
        network = _sequential(description.layers)
    state = {
        name: torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
        for name, array in arrays.items()
    }
    counters = {
        name: torch.tensor(0, device="cpu")
        for name, _ in network.named_buffers()
        if name.endswith("num_batches_tracked")
    }
    network.load_state_dict({**state, **counters}, assign=True)
    for parameter in network.parameters():
        parameter.requires_grad_(True)
    network.hwlib_layers = description.to_json()  # marks a network of known layers only
    return network.eval()


def _sequential(layers: Sequence[Layer]) -> nn.Sequential:
    return nn.Sequential(*(_module(layer) for layer in layers))


def _module(layer: Layer) -> Any:
    if layer.kind == "Residual":
        block = blocks.Residual()
        block.body, block.shortcut = _sequential(layer.body), _sequential(layer.shortcut)
        return block
    home = blocks if KINDS[layer.kind].where == "hwlib.models" else nn
    return getattr(home, layer.kind)(**layer.arguments)
