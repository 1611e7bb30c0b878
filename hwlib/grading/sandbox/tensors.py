"""A worker's tensors that a test holds, and the test's tensors that the student's code has.

Three kinds cross with more than their numbers:

    held    a parameter or another leaf of the student's that wants a gradient: the grader has a
            copy, and both sides tell each other what was changed in numbers, gradient or wish
    output  what the student's code computed from such leaves: the grader may ask for a backward
            pass through it
    leaf    a test's tensor that wants a gradient: a leaf here, whose gradient goes back
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

from hwlib.grading.sandbox.codec import Decoder, Encoder
from hwlib.grading.sandbox.torch_values import encode_tensor, read_tensor, the_torch

__all__ = ["State", "Tensors"]


@dataclass(slots=True)
class State:
    """What both sides know of one tensor: compared to see whether it was changed since."""

    tensor: Any
    numbers: Any = None
    gradient: Any = None
    wants: bool = False

    def __post_init__(self) -> None:
        self.note()

    def note(self) -> None:
        """It is known on both sides as it is now."""
        self.numbers = _copy(self.tensor)
        self.gradient = _copy(self.tensor.grad)
        self.wants = self.tensor.requires_grad

    def changes(self) -> dict[str, Any] | None:
        """What was changed since, as fields of a message."""
        found: dict[str, Any] = {}
        if not _same(self.numbers, self.tensor):
            found["numbers"] = self.tensor.detach()
        if not _same(self.gradient, self.tensor.grad):
            found["gradient"] = None if self.tensor.grad is None else self.tensor.grad.detach()
        if self.wants != self.tensor.requires_grad:
            found["wants"] = self.tensor.requires_grad
        return found or None

    def take(self, changes: dict[str, Any]) -> None:
        """Make it as the other side says that it is."""
        with sys.modules["torch"].no_grad():
            if "wants" in changes:
                self.tensor.requires_grad_(changes["wants"] is True)
            if "numbers" in changes:
                self.tensor.data.copy_(changes["numbers"])
            if "gradient" in changes:
                self._take_gradient(changes["gradient"])
        self.note()

    def _take_gradient(self, gradient: Any) -> None:
        if gradient is None or self.tensor.grad is None:
            self.tensor.grad = gradient
        else:
            self.tensor.grad.detach().copy_(gradient)


def _copy(tensor: Any) -> Any:
    return None if tensor is None else tensor.detach().clone()


def _same(known: Any, tensor: Any) -> bool:
    if known is None or tensor is None:
        return known is tensor
    if known.shape != tensor.shape or known.dtype != tensor.dtype:
        return False
    as_bytes = sys.modules["torch"].uint8  # so that NaN is the same as NaN
    a, b = (one.detach().contiguous().reshape(-1).view(as_bytes) for one in (known, tensor))
    return bool(a.equal(b))


@dataclass(slots=True)
class Tensors:
    """The worker's side of all this."""

    held: dict[int, State] = field(default_factory=dict)
    outputs: dict[int, tuple[Any, list[Any]]] = field(default_factory=dict)
    leaves: list[tuple[int, Any]] = field(default_factory=list)  # of the present request
    _ids: dict[int, int] = field(default_factory=dict)  # id of a held tensor → its number
    _next: int = 0

    def pack(self, tensor: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
        """A tensor as the grader gets it."""
        torch = sys.modules["torch"]
        data = encode_tensor(tensor, encoder, depth)
        if not tensor.requires_grad and not isinstance(tensor, torch.nn.Parameter):
            return data
        if tensor.is_leaf:
            number = self._hold(tensor)
            gradient = None if tensor.grad is None else tensor.grad.detach()
            return {
                **data,
                "held": number,
                "wants": tensor.requires_grad,
                "parameter": isinstance(tensor, torch.nn.Parameter),
                "gradient": encoder.part(gradient, depth),
            }
        self._next += 1
        self.outputs[self._next] = (tensor, [leaf for _, leaf in self.leaves])
        return {**data, "output": self._next, "leaves": [key for key, _ in self.leaves]}

    def _hold(self, tensor: Any) -> int:
        if id(tensor) not in self._ids:
            self._next += 1
            self._ids[id(tensor)] = self._next
            self.held[self._next] = State(tensor)
        return self._ids[id(tensor)]

    def unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """A tensor that the grader sent."""
        if "held" in data:
            return self.held[data["held"]].tensor
        place = len(decoder.made)
        decoder.made.append(None)
        tensor = read_tensor(data, decoder, depth)
        if data.get("parameter"):
            tensor = the_torch().nn.Parameter(tensor, requires_grad="leaf" in data)
        if "leaf" in data:
            tensor.requires_grad_()
            tensor.grad = decoder.part(data["gradient"], depth)
            self.leaves.append((data["leaf"], tensor))
        decoder.made[place] = tensor
        return tensor

    def take(self, news: dict[str, Any]) -> None:
        """What the grader changed, and which tensors it holds no more."""
        for number, changes in news.get("changed", []):
            self.held[number].take(changes)
        for number in news.get("dropped", []):
            self.outputs.pop(number, None)
            if number in self.held:
                del self._ids[id(self.held.pop(number).tensor)]

    def moved(self) -> list[Any]:
        """What student code changed since."""
        found = []
        for number, state in self.held.items():
            changes = state.changes()
            if changes is not None:
                found.append([number, changes])
                state.note()
        return found

    def backward(self, number: int, gradient: Any) -> list[Any]:
        """A backward pass through an output; gives the gradients of the test's own leaves."""
        tensor, leaves = self.outputs[number]
        kept = [leaf.grad for leaf in leaves]
        for leaf in leaves:
            leaf.grad = None
        sys.modules["torch"].autograd.backward([tensor], [gradient], retain_graph=True)
        found = [leaf.grad for leaf in leaves]
        for leaf, before in zip(leaves, kept, strict=True):
            leaf.grad = before
        return found
