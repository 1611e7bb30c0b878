"""Keep the worker's tensors that a test may differentiate, and the test's that want a gradient.

Two kinds of tensors cross with more than their numbers:

    output  what the student's code computed with a graph: the grader may ask for a backward pass
    leaf    a test's tensor that wants a gradient: a leaf here, whose gradient goes back with the
            backward pass

A parameter, and a small tensor, has a number, too: it may be the key of a dict, and Python finds
such a key only by the very same object.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from hwlib.grading.sandbox.codec import Decoder, Encoder
from hwlib.grading.sandbox.torch_values import encode_tensor, read_tensor, the_torch

__all__ = ["Tensors"]

MAX_NUMBERED = 64  # numbers in a tensor, no parameter, that crosses with a number of its own


class Tensors:
    """The worker's side; `engines.tensors` is the grader's."""

    __slots__ = ("_next", "_numbers", "as_arrays", "leaves", "outputs")

    def __init__(self) -> None:
        self.outputs: dict[int, tuple[Any, list[Any]]] = {}  # by number: tensor, the test's leaves
        self.leaves: list[Any] = []  # that came with the present request
        self.as_arrays = False  # the test has no PyTorch
        self._next = 0
        self._numbers: Any = None  # of parameters and small tensors, as long as they live

    def pack(self, tensor: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
        """A tensor as the grader gets it."""
        data = encode_tensor(tensor, encoder, depth)
        if isinstance(tensor, sys.modules["torch"].nn.Parameter):
            data["parameter"] = True
        if tensor.is_leaf:
            if tensor.requires_grad:
                data["wants"] = True
            if tensor.grad is not None:
                data["gradient"] = encode_tensor(tensor.grad, encoder, depth)
            if "parameter" in data or tensor.numel() <= MAX_NUMBERED:
                data["id"] = self._number(tensor)
            return data
        self._next += 1
        self.outputs[self._next] = tensor, list(self.leaves)
        return {**data, "output": self._next, "leaves": len(self.leaves)}

    def _number(self, tensor: Any) -> int:
        if self._numbers is None:
            weak = import_module("torch.utils.weak")
            self._numbers = weak.WeakTensorKeyDictionary()
        if tensor not in self._numbers:
            self._next += 1
            self._numbers[tensor] = self._next
        number: int = self._numbers[tensor]
        return number

    def unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """A tensor that the grader sent."""
        place = len(decoder.made)
        decoder.made.append(None)
        tensor = read_tensor(data, decoder, depth)
        if "parameter" in data:
            tensor = the_torch().nn.Parameter(tensor, requires_grad="wants" in data)
        if "wants" in data:
            tensor.requires_grad_()
            self.leaves.append(tensor)
        if "gradient" in data:
            tensor.grad = read_tensor(data["gradient"], decoder, depth)
        decoder.made[place] = tensor
        return tensor

    def drop(self, numbers: list[int]) -> None:
        """Forget outputs whose graph is gone in the grader."""
        for number in numbers:
            self.outputs.pop(number, None)

    def backward(self, number: int, gradient: Any) -> list[Any]:
        """A backward pass through an output; returns the gradients of the test's leaves."""
        tensor, leaves = self.outputs[number]
        kept = [leaf.grad for leaf in leaves]
        for leaf in leaves:
            leaf.grad = None
        sys.modules["torch"].autograd.backward([tensor], [gradient], retain_graph=True)
        found = [leaf.grad for leaf in leaves]
        for leaf, before in zip(leaves, kept, strict=True):
            leaf.grad = before
        return found
