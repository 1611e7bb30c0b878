"""Tensors of PyTorch in a test cell that came from the student's code: ordinary tensors, kept in step
with those in the worker.

A parameter that the test holds is a parameter here, with the same numbers and gradient: what either
side changes is told to the other with the next request. What the student's code computed has a
graph here of one node; a backward pass through it goes on in the worker, to the student's
parameters and back to the test's own leaves.
"""

from __future__ import annotations

import sys
from typing import Any

from hwlib.errors import CannotCheck, WireError, WorkerMisbehaved
from hwlib.grading.engines.links import Conversation
from hwlib.grading.sandbox.codec import Decoder, Encoder
from hwlib.grading.sandbox.copies import encode_again
from hwlib.grading.sandbox.tensors import State
from hwlib.grading.sandbox.torch_values import encode_tensor, read_tensor, the_torch

__all__ = ["TestTensors"]

_bridge: Any = None  # the class of the node, made when PyTorch is there


class TestTensors:
    """The grader's side of `sandbox.tensors`."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    def __init__(self, session: Conversation) -> None:
        self._session = session
        self._held: dict[int, State] = {}
        self._numbers: dict[int, int] = {}  # id of a held tensor → its number
        self._dropped: list[int] = []
        self._leaves: list[Any] = []  # the test's own, sent with the present request

    # ---- to the worker ---------------------------------------------------------------------------

    def pack(self, tensor: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
        """A tensor as the worker gets it."""
        if id(tensor) in self._numbers:
            return {"t": "tensor", "held": self._numbers[id(tensor)]}
        if (again := encode_again(tensor, encoder)) is not None:
            return again
        torch = sys.modules["torch"]
        data = encode_tensor(tensor, encoder, depth)
        data["parameter"] = isinstance(tensor, torch.nn.Parameter)
        if tensor.requires_grad:
            self._leaves.append(tensor)
            gradient = tensor.grad if tensor.is_leaf else None
            data["leaf"] = len(self._leaves) - 1
            data["gradient"] = encoder.part(None if gradient is None else gradient.detach(), depth)
        return data

    def news(self) -> dict[str, Any]:
        """What the test changed, and which tensors it holds no more: fields of a request."""
        if not self._held and not self._dropped:
            return {}
        changed = []
        for number, state in list(self._held.items()):
            changes = state.changes()
            if changes is not None:
                changed.append([number, changes])
                state.note()
            elif _is_forgotten(state):
                del self._numbers[id(state.tensor)], self._held[number]
                self._dropped.append(number)
        dropped, self._dropped = self._dropped, []
        found = {"changed": changed, "dropped": dropped}
        return {"tensors": found} if changed or dropped else {}

    def starts(self) -> None:
        """A request begins that is not part of another one."""
        self._leaves = []

    # ---- from the worker -------------------------------------------------------------------------

    def unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """A tensor that the worker sent."""
        tensor = read_tensor(data, decoder, depth)
        if "held" in data:
            number = decoder.whole(data, "held", 0, 2**62)
            if number in self._held:
                return self._held[number].tensor
            return self._hold(number, tensor, data, decoder.part(data.get("gradient"), depth))
        if "output" in data:
            keys = data.get("leaves")
            count = len(self._leaves)
            if type(keys) is not list or not all(type(k) is int and 0 <= k < count for k in keys):
                raise WireError("a tensor that comes from nowhere")
            number = decoder.whole(data, "output", 0, 2**62)
            leaves = [self._leaves[key] for key in keys]
            return self._from_worker(tensor, number, leaves)
        return tensor

    def _hold(self, number: int, tensor: Any, data: dict[str, Any], gradient: Any) -> Any:
        torch = the_torch()
        if data.get("parameter") is True:
            tensor = torch.nn.Parameter(tensor, requires_grad=data.get("wants") is True)
        else:
            tensor.requires_grad_(data.get("wants") is True)
        if gradient is not None:
            tensor.grad = _like(gradient, tensor)
        self._held[number] = State(tensor)
        self._numbers[id(tensor)] = number
        return tensor

    def _from_worker(self, tensor: Any, number: int, leaves: list[Any]) -> Any:
        torch = the_torch()
        with torch.enable_grad():
            wanting = torch.empty(0, requires_grad=True)
            return _bridge_class().apply(_Output(self, number, tensor), wanting, *leaves)

    def take(self, moved: Any) -> None:
        """What student code changed of the tensors that the test holds."""
        if type(moved) is not list:
            raise WireError("changes that are none")
        for entry in moved:
            if type(entry) is not list or len(entry) != 2 or type(entry[1]) is not dict:
                raise WireError("changes that are none")
            state = self._held.get(entry[0]) if type(entry[0]) is int else None
            if state is not None:
                changes = entry[1]
                for key in {"numbers", "gradient"} & changes.keys():
                    if key == "numbers" or changes[key] is not None:
                        changes[key] = _like(changes[key], state.tensor)
                state.take(changes)

    # ---- backward --------------------------------------------------------------------------------

    def backward(self, number: int, gradient: Any, leaves: tuple[Any, ...]) -> list[Any]:
        """Go on with a backward pass in the worker; gives the gradients of the test's leaves."""
        if sys.modules["torch"].is_grad_enabled():
            raise CannotCheck(
                "the test takes a second derivative through the student's code, which is not "
                "possible across two processes; a human decides"
            )
        found = self._session.request("backward", output=number, gradient=gradient).get("value")
        if type(found) is not list or len(found) != len(leaves):
            raise WorkerMisbehaved("gradients that are none")
        try:
            pairs = zip(found, leaves, strict=True)
            return [one if one is None else _like(one, leaf) for one, leaf in pairs]
        except WireError as error:
            raise WorkerMisbehaved(str(error)) from None

    def forget(self, number: int) -> None:
        """The graph that an output belongs to is gone."""
        self._dropped.append(number)


class _Output:
    """What a node of the graph knows: which tensor of the worker it stands for."""

    def __init__(self, tensors: TestTensors, number: int, tensor: Any) -> None:
        self.tensors, self.number, self.tensor = tensors, number, tensor

    def __del__(self) -> None:
        self.tensors.forget(self.number)


def _like(value: Any, tensor: Any) -> Any:
    """A tensor from the worker that must have the form of one here."""
    if not isinstance(value, sys.modules["torch"].Tensor) or value.shape != tensor.shape:
        raise WireError("a tensor of another form")
    return value.to(tensor.dtype)


def _is_forgotten(state: State) -> bool:
    """Whether nothing but this module refers to a tensor, the test's graphs included."""
    users = getattr(state.tensor, "_use_count", lambda: 1)()
    return sys.getrefcount(state.tensor) <= 2 and users <= 1


def _bridge_class() -> Any:
    global _bridge
    if _bridge is None:
        torch = the_torch()

        class FromTheStudent(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, output: Any, wanting: Any, *leaves: Any) -> Any:
                ctx.output, ctx.leaves = output, leaves
                tensor, output.tensor = output.tensor, None
                return tensor

            @staticmethod
            def backward(ctx: Any, gradient: Any) -> Any:
                output = ctx.output
                found = output.tensors.backward(output.number, gradient, ctx.leaves)
                return None, None, *found

        _bridge = FromTheStudent
    return _bridge
