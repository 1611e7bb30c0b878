"""Receive tensors of PyTorch as tensors, and go on with a backward pass in the worker.

What the student's code computed has a graph of one node here. A backward pass through it goes on in
the worker, to the student's parameters, and back to the test's own leaves.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any
from weakref import WeakValueDictionary

from hwlib.errors import WireError, WorkerMisbehaved
from hwlib.grading.engines.links import Conversation
from hwlib.grading.sandbox.codec import Decoder, Encoder
from hwlib.grading.sandbox.copies import encode_again
from hwlib.grading.sandbox.torch_values import encode_tensor, read_tensor

__all__ = ["TestTensors"]


class TestTensors:
    """The grader's side of `sandbox.tensors`."""

    __slots__ = ("_dropped", "_leaves", "_numbered", "_session")
    __test__ = False  # not a test class, whatever pytest thinks of its name

    def __init__(self, session: Conversation) -> None:
        self._session = session
        self._dropped: list[int] = []  # outputs whose graph is gone
        self._leaves: list[Any] = []  # the test's own, sent with the present request
        # number → the tensor that came with it, as long as the test holds it
        self._numbered: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def pack(self, tensor: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
        """A tensor as the worker gets it."""
        if (again := encode_again(tensor, encoder)) is not None:
            return again
        data = encode_tensor(tensor, encoder, depth)
        if isinstance(tensor, sys.modules["torch"].nn.Parameter):
            data["parameter"] = True
        if tensor.requires_grad:
            data["wants"] = True
            self._leaves.append(tensor)
        if tensor.is_leaf and tensor.grad is not None:
            data["gradient"] = encode_tensor(tensor.grad, encoder, depth)
        return data

    def news(self) -> dict[str, Any]:
        """Which outputs the worker may forget, and that the test gets arrays if it has no PyTorch:
        fields of a request.
        """
        dropped, self._dropped = self._dropped, []
        form = {} if "torch" in sys.modules else {"arrays": True}
        return {"dropped": dropped, **form} if dropped else form

    def starts(self) -> None:
        """A request begins that is not part of another one."""
        self._leaves = []

    def unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """A tensor that the worker sent: an array if the test has no PyTorch."""
        torch = sys.modules.get("torch")
        if torch is None:
            return decoder.part(data.get("v"), depth)
        tensor, wants = read_tensor(data, decoder, depth), data.get("wants") is True
        floating = tensor.is_floating_point() or tensor.is_complex()
        if wants and not floating:
            raise WireError("a tensor that can't have a gradient wants one")
        if data.get("parameter") is True:
            tensor = torch.nn.Parameter(tensor, requires_grad=wants)
        elif wants:
            tensor.requires_grad_()
        gradient = data.get("gradient")
        if type(gradient) is dict:
            tensor.grad = _like(read_tensor(gradient, decoder, depth), tensor)
        if "output" in data and floating:
            number = decoder.whole(data, "output", 0, 2**62)
            count = decoder.whole(data, "leaves", 0, len(self._leaves))
            with torch.enable_grad():
                wanting = torch.empty(0, requires_grad=True)  # so that there is a graph
                output = _Output(self, number, tensor)
                return _node().apply(output, wanting, *self._leaves[:count])
        return self._same(decoder.whole(data, "id", 0, 2**62), tensor) if "id" in data else tensor

    def _same(self, number: int, tensor: Any) -> Any:
        """The leaf that has come with this number before, if the test holds it and it is as it
        was: a key of a dict is found only by the very same object.
        """
        known = self._numbered.get(number)
        if known is not None and _are_equal(known, tensor):
            return known
        self._numbered[number] = tensor
        return tensor

    def backward(self, number: int, gradient: Any, leaves: tuple[Any, ...]) -> list[Any]:
        """Go on with a backward pass in the worker; returns the gradients of the test's leaves."""
        if sys.modules["torch"].is_grad_enabled():
            raise self._session.cannot_check(
                "the test takes a second derivative through the student's code"
            )
        found = self._session.request("backward", output=number, gradient=gradient).get("value")
        if type(found) is not list or len(found) != len(leaves):
            raise WorkerMisbehaved("malformed gradients")
        try:
            pairs = zip(found, leaves, strict=True)
            return [one if one is None else _like(one, leaf) for one, leaf in pairs]
        except WireError as error:
            raise WorkerMisbehaved(str(error)) from None

    def forget(self, number: int) -> None:
        """The graph that an output belongs to is gone."""
        self._dropped.append(number)


class _Output:
    """What a node of the graph knows: which tensor of the worker it represents."""

    def __init__(self, tensors: TestTensors, number: int, tensor: Any) -> None:
        self.tensors, self.number, self.tensor = tensors, number, tensor

    def __del__(self) -> None:
        self.tensors.forget(self.number)


def _are_equal(one: Any, other: Any) -> bool:
    """Whether two leaves are alike: the same type, shape and bytes, and the same of gradients."""
    if type(one) is not type(other) or one.requires_grad != other.requires_grad:
        return False
    if (one.grad is None) != (other.grad is None) or not _have_equal_bytes(one, other):
        return False
    return one.grad is None or _have_equal_bytes(one.grad, other.grad)


def _have_equal_bytes(one: Any, other: Any) -> bool:
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    uint8 = sys.modules["torch"].uint8
    a, b = (tensor.detach().contiguous().view(-1).view(uint8) for tensor in (one, other))
    return bool((a == b).all())


def _like(value: Any, tensor: Any) -> Any:
    """A tensor from the worker that must have the form of one here."""
    if not isinstance(value, sys.modules["torch"].Tensor) or value.shape != tensor.shape:
        raise WireError("a tensor of another form")
    return value.to(tensor.dtype)


@cache
def _node() -> Any:
    """The class of the node, made when PyTorch is there."""

    function: Any = sys.modules["torch"].autograd.Function

    class FromTheStudent(function):  # type: ignore[misc]
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

    return FromTheStudent
