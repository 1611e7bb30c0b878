"""What runs in a worker: student code, and answers to the grader's requests about it.

Requests are `{"id", "op", …}`; each is answered by `{"id", "value"}` or `{"id", "error"}`. While a
request is being worked on the worker may ask back `{"callback", "args", "kwargs"}` for a function
that the grader passed, and is answered `{"result"}` or `{"error"}`. A student's functions, classes
and instances stay here; the grader knows them by number.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from hwlib.errors import ConnectionClosed, WireError
from hwlib.grading.sandbox.shell import StudentShell, describe_error
from hwlib.grading.sandbox.wire import Channel

__all__ = ["Server", "serve"]


def serve(sock: socket.socket, shell: StudentShell) -> None:
    """Answer requests until the grader hangs up."""
    server = Server(sock, shell)
    while True:
        try:
            request = server.channel.receive()
        except ConnectionClosed:
            return
        server.answer(request)


class Server:
    """The student's side of the wire."""

    def __init__(self, sock: socket.socket, shell: StudentShell) -> None:
        self.channel = Channel(sock, self._pack, self._unpack)
        self.shell = shell
        self.objects: list[Any] = []
        # id(object) → number; objects are kept, so ids stay unique
        self.numbers: dict[int, int] = {}

    # ---- values ----------------------------------------------------------------------------------

    def _pack(self, value: Any, nested: Callable[[Any], Any]) -> dict[str, Any] | None:
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor):
            packed: dict[str, Any] = nested(_tensor_to_array(value, torch))
            return packed
        if isinstance(value, (dict, list, tuple, set, str, int, float)) and not hasattr(
            value, "__array__"
        ):
            return None  # a subclass of a plain type crosses as its base
        known, number = id(value) in self.numbers, self._number(value)
        reference = {"t": "ref", "id": number, "k": _kind(value), "n": _name(value)}
        return reference if known else {**reference, "m": _methods(value)}

    def _number(self, value: Any) -> int:
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return self.numbers[id(value)]

    def _unpack(self, data: dict[str, Any], nested: Callable[[Any], Any]) -> Any:
        tag = data.get("t")
        if tag == "ref":
            return self.objects[data["id"]]
        if tag == "import":
            value: Any = import_module(data["m"])
            for part in filter(None, data["n"].split(".")):
                value = getattr(value, part)
            return value
        if tag == "callback":
            return self._callback(data["id"])
        if tag == "tensor":
            return import_module("torch").from_numpy(nested(data["v"]))
        if tag == "rng":
            return _generator(nested(data["v"]))
        raise WireError(f"an unknown kind of value: {tag!r}")

    def _callback(self, number: int) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.channel.send({"callback": number, "args": list(args), "kwargs": kwargs})
            reply = self.channel.receive()
            if "error" in reply:
                raise RuntimeError(reply["error"])
            return reply["result"]

        return call

    # ---- requests --------------------------------------------------------------------------------

    def answer(self, request: dict[str, Any]) -> None:
        """Do what one request asks and answer it, whatever student code does meanwhile."""
        self.shell.start_collecting()
        reply: dict[str, Any] = {"id": request["id"]}
        try:
            reply |= getattr(self, "_op_" + request["op"])(request)
        # student code may raise anything, SystemExit too
        except BaseException as error:  # noqa: BLE001
            reply["error"] = asdict(describe_error(error))
        self._send(reply)

    def _send(self, reply: dict[str, Any]) -> None:
        try:
            self.channel.send(reply)
        except ConnectionClosed:
            raise
        # a value that can't be sent, or whose own methods raise
        except BaseException as error:  # noqa: BLE001
            self.channel.send({"id": reply["id"], "error": asdict(describe_error(error))})

    def _op_run(self, request: dict[str, Any]) -> dict[str, Any]:
        run = self.shell.run(request["source"])
        return {
            "value": {"outputs": run.outputs, "error": asdict(run.error) if run.error else None}
        }

    def _op_get(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["name"]
        return (
            {"value": self.shell.user_ns[name]} if name in self.shell.user_ns else {"missing": name}
        )

    def _op_call(self, request: dict[str, Any]) -> dict[str, Any]:
        return _called(self.objects[request["ref"]], request["args"], request["kwargs"])

    def _op_call_method(self, request: dict[str, Any]) -> dict[str, Any]:
        return _called(
            getattr(self.objects[request["ref"]], request["name"]),
            request["args"],
            request["kwargs"],
        )

    def _op_getattr(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": getattr(self.objects[request["ref"]], request["name"])}

    def _op_setattr(self, request: dict[str, Any]) -> dict[str, Any]:
        setattr(self.objects[request["ref"]], request["name"], request["value"])
        return {"value": None}

    def _op_getitem(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": self.objects[request["ref"]][request["key"]]}

    def _op_setitem(self, request: dict[str, Any]) -> dict[str, Any]:
        self.objects[request["ref"]][request["key"]] = request["value"]
        return {"value": None}

    def _op_len(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": len(self.objects[request["ref"]])}

    def _op_contains(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": bool(request["value"] in self.objects[request["ref"]])}

    def _op_iter(self, request: dict[str, Any]) -> dict[str, Any]:
        iterator = iter(self.objects[request["ref"]])
        self.objects.append(iterator)
        return {"value": len(self.objects) - 1}

    def _op_next(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"value": next(self.objects[request["ref"]])}
        except StopIteration:
            return {"end": True}

    def _op_modules(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": sorted(sys.modules)}


def _called(function: Any, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """What the call gives, and which of its arguments it changed."""
    before = _snapshot([*args, *kwargs.values()])
    value = function(*args, **kwargs)
    changed = [path for path, array, copy in before if not _same_bytes(array, copy)]
    return {"value": value, "changed": changed} if changed else {"value": value}


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return "class"
    if isinstance(value, ModuleType):
        return "module"
    if isinstance(value, Iterator):
        return "iterator"
    return "function" if callable(value) and hasattr(value, "__name__") else "instance"


def _methods(value: Any) -> list[str]:
    """The names of an instance's methods that its class defines in the notebook: the grader calls
    these without asking for them first.
    """
    classes = [cls for cls in type(value).__mro__ if cls.__module__ == "__main__"]
    if isinstance(value, type) or any("__getattribute__" in vars(cls) for cls in classes):
        return []
    return [
        name
        for cls in classes
        for name, member in vars(cls).items()
        if isinstance(member, FunctionType) and not name.startswith("__")
    ]


def _name(value: Any) -> str:
    name = (
        getattr(value, "__qualname__", None)
        if isinstance(value, type) or hasattr(value, "__name__")
        else None
    )
    return str(name or type(value).__qualname__)[:100]


def _tensor_to_array(tensor: Any, torch: Any) -> np.ndarray[Any, Any]:
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array: np.ndarray[Any, Any] = (tensor.to_dense() if tensor.is_sparse else tensor).numpy()
    return array


def _generator(state: dict[str, Any]) -> np.random.Generator:
    bit_generator = getattr(np.random, state["bit_generator"])()
    bit_generator.state = state
    return np.random.Generator(bit_generator)


def _snapshot(
    args: list[Any],
) -> list[tuple[list[Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """(path, array, copy of it) of every array among the arguments: a path is the argument's
    position, then keys.
    """
    found: list[tuple[list[Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []

    torch = sys.modules.get("torch")

    def look(value: Any, path: list[Any]) -> None:
        if (
            torch is not None
            and isinstance(value, torch.Tensor)
            and value.device.type == "cpu"
            and not value.is_sparse
        ):
            # a kind of tensor that NumPy does not know
            with contextlib.suppress(RuntimeError, TypeError):
                value = value.detach().numpy()  # the same memory
        if isinstance(value, np.ndarray):
            found.append((path, value, value.copy()))
        elif isinstance(value, dict):
            for key, item in value.items():
                look(item, [*path, key])
        elif isinstance(value, (list, tuple)) and len(value) < 1000:
            for index, item in enumerate(value):
                look(item, [*path, index])

    for position, value in enumerate(args):
        look(value, [position])
    return found


def _same_bytes(array: np.ndarray[Any, Any], copy: np.ndarray[Any, Any]) -> bool:
    return (
        array.shape == copy.shape
        and array.dtype == copy.dtype
        and bool(
            np.array_equal(
                np.ascontiguousarray(array).reshape(-1).view(np.uint8),
                copy.reshape(-1).view(np.uint8),
            )
        )
    )
