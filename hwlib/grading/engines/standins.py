"""The student's names in the grader: each use of one becomes a request to the worker.

A test cell says `KNN()`, `net.params["W1"]`, `softmax_loss(W, X, y, reg)`; what it holds are
stand-ins for the student's functions, classes and instances, and the plain values that came back.
Arguments are copied across, so student code can't change what a test compares with.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from hwlib import checks
from hwlib.errors import (
    ConnectionClosed,
    DeadlinePassed,
    NameMissing,
    StudentRaised,
    Unsendable,
    WireError,
    WorkerEnded,
    WorkerMisbehaved,
    WorkerTimeout,
)
from hwlib.grading.engines.clock import WorkClock
from hwlib.grading.sandbox.processes import Worker
from hwlib.grading.sandbox.wire import Channel

__all__ = [
    "Session",
    "StandIn",
    "is_defined",
]

MAX_ITEMS = 100_000  # taken from a student's iterator


class Session:
    """A conversation with one worker; `clock` limits its requests until another one is set."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.channel = Channel(worker.sock, self._pack, self._unpack)
        self.clock: WorkClock | None = None
        self._next_id = 0
        self._standins: dict[int, StandIn] = {}
        self._callbacks: list[Callable[..., Any]] = []

    # ---- requests --------------------------------------------------------------------------------

    def request(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send one request and wait for its answer, serving the worker's calls back meanwhile."""
        self._next_id += 1
        if self.clock is not None:
            self.clock.start()
        try:
            reply = self._exchange({"id": self._next_id, "op": op, **fields})
        except Unsendable:
            raise  # the test's own value: the test's mistake, not the student's
        except DeadlinePassed:
            raise WorkerTimeout from None
        except ConnectionClosed:
            raise WorkerEnded(*self.worker.ending()) from None
        except WireError as error:
            raise WorkerMisbehaved(str(error)) from None
        finally:
            if self.clock is not None:
                self.clock.stop()
        if "error" in reply:
            raise _as_exception(reply["error"])
        return reply

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        self.channel.send(request, self.clock)
        while True:
            reply = self.channel.receive(self.clock)
            if "callback" in reply:
                self._serve_callback(reply)
                continue
            if reply.get("id") != request["id"]:
                raise WireError("an answer that nobody asked for")
            return reply

    def _serve_callback(self, message: dict[str, Any]) -> None:
        number, args, kwargs = message["callback"], message.get("args"), message.get("kwargs")
        if (
            type(number) is not int
            or not 0 <= number < len(self._callbacks)
            or not isinstance(args, list)
            or not isinstance(kwargs, dict)
        ):
            raise WireError("a call of a function that was not passed")
        try:
            result = self._callbacks[number](*args, **kwargs)
        # what the instructor's function raises goes to the student's code
        except Exception as error:  # noqa: BLE001
            self.channel.send({"error": f"{type(error).__name__}: {error}"}, self.clock)
        else:
            self.channel.send({"result": result}, self.clock)

    def run(self, source: str) -> dict[str, Any]:
        """Run one cell: {"outputs", "error"}, checked to be of that form."""
        value = self.request("run", source=source).get("value")
        if not isinstance(value, dict) or not isinstance(value.get("outputs"), list):
            raise WorkerMisbehaved("something else than a cell's outputs")
        return value

    def name(self, name: str) -> Any:
        """The student's value of this name; NameMissing if there is none."""
        reply = self.request("get", name=name)
        if "missing" in reply:
            raise NameMissing(name)
        return reply.get("value")

    # ---- values ----------------------------------------------------------------------------------

    def _pack(self, value: Any, nested: Callable[[Any], Any]) -> dict[str, Any] | None:
        if isinstance(value, StandIn):
            return {"t": "ref", "id": object.__getattribute__(value, "_number")}
        if isinstance(value, np.random.Generator):
            return {"t": "rng", "v": nested(_plain_state(value.bit_generator.state))}
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor):
            return {"t": "tensor", "v": nested(np.array(value.detach().cpu().numpy()))}
        place = _importable(value)
        if place is not None:
            return {"t": "import", "m": place[0], "n": place[1]}
        if callable(value):
            self._callbacks.append(value)
            return {"t": "callback", "id": len(self._callbacks) - 1}
        return None

    def _unpack(self, data: dict[str, Any], nested: Callable[[Any], Any]) -> Any:
        number, kind, name = data.get("id"), data.get("k"), data.get("n")
        if (
            data.get("t") != "ref"
            or type(number) is not int
            or not isinstance(kind, str)
            or not isinstance(name, str)
        ):
            raise WireError("a reference that is none")
        if number not in self._standins:
            methods = data.get("m")
            names = (
                frozenset(one for one in methods if isinstance(one, str))
                if isinstance(methods, list)
                else frozenset()
            )
            self._standins[number] = StandIn(self, number, kind, name[:100], names)
        return self._standins[number]


class StandIn:
    """A student's function, class, instance or module, living in the worker."""

    def __init__(
        self,
        session: Session,
        number: int,
        kind: str,
        name: str,
        methods: frozenset[str] = frozenset(),
    ) -> None:
        for key, value in {
            "_session": session,
            "_number": number,
            "_kind": kind,
            "_name": name,
            "_methods": methods,
        }.items():
            object.__setattr__(self, key, value)

    def _ask(self, op: str, **fields: Any) -> Any:
        return self._session.request(op, ref=self._number, **fields)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _finished_call(self._ask("call", args=list(args), kwargs=kwargs), args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            # NumPy and copy probe for these; a student's object offers none of them here
            raise AttributeError(name)
        if name in self._methods:
            return _Method(self, name)
        return self._ask("getattr", name=name).get("value")

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("setattr", name=name, value=value)

    def __getitem__(self, key: Any) -> Any:
        return self._ask("getitem", key=key).get("value")

    def __setitem__(self, key: Any, value: Any) -> None:
        self._ask("setitem", key=key, value=value)

    def __len__(self) -> int:
        length = self._ask("len").get("value")
        return length if type(length) is int and length >= 0 else 0

    def __contains__(self, value: Any) -> bool:
        return self._ask("contains", value=value).get("value") is True

    def __iter__(self) -> Iterator[Any]:
        number = self._ask("iter").get("value")
        for _ in range(MAX_ITEMS):
            reply = self._session.request("next", ref=number)
            if reply.get("end"):
                return
            yield reply.get("value")
        raise WorkerMisbehaved(f"an iterator with more than {MAX_ITEMS} items")

    def __repr__(self) -> str:
        return f"<the student's {self._kind} {self._name}>"

    def __bool__(self) -> bool:
        return True


class _Method(StandIn):
    """A method that has not been asked for yet: calling it is one request instead of two."""

    def __init__(self, owner: StandIn, name: str) -> None:
        for key, value in {
            "_session": owner._session,
            "_owner": owner,
            "_kind": "function",
            "_name": name,
        }.items():
            object.__setattr__(self, key, value)
        object.__setattr__(self, "_methods", frozenset())

    @property
    def _number(self) -> int:
        """Its own number, asked for when it is used otherwise than by calling it."""
        found = self._owner._ask("getattr", name=self._name).get("value")
        if not isinstance(found, StandIn):
            raise TypeError(f"the student's {self._name} is no method any more")
        number: int = object.__getattribute__(found, "_number")
        return number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _finished_call(
            self._owner._ask("call_method", name=self._name, args=list(args), kwargs=kwargs),
            args,
            kwargs,
        )


def is_defined(value: Any) -> bool:
    """Whether it stands for a function or a class of the student's."""
    return isinstance(value, StandIn) and object.__getattribute__(value, "_kind") in (
        "function",
        "class",
    )


def _finished_call(reply: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    _note_changes([*args, *kwargs.values()], reply.get("changed"))
    return reply.get("value")


def _note_changes(args: list[Any], changed: Any) -> None:
    """Tell the checks which of the test's own arguments the student's copy of was changed."""
    if not isinstance(changed, list):
        return
    for path in changed[:1000]:
        value: Any = args
        try:
            for key in path:
                value = value[key]
                if not isinstance(value, StandIn):
                    checks.note_changed(value)
        except (TypeError, KeyError, IndexError):
            continue


def _plain_state(state: Any) -> Any:
    if isinstance(state, dict):
        return {str(key): _plain_state(value) for key, value in state.items()}
    return state if isinstance(state, (str, np.ndarray)) else int(state)


def _importable(value: Any) -> tuple[str, str] | None:
    """(module, name) of a function, type or module of a library, which the worker can import
    itself.
    """
    if type(value).__module__ == "torch" and type(value).__name__ in ("dtype", "device"):
        return ("torch", str(value).rpartition(".")[2]) if type(value).__name__ == "dtype" else None
    name = getattr(value, "__qualname__", getattr(value, "__name__", None))
    module = getattr(value, "__module__", None)
    if type(value).__name__ == "module":
        return (value.__name__, "") if not value.__name__.startswith("hwlib.grading") else None
    if (
        not isinstance(name, str)
        or not isinstance(module, str)
        or module == "__main__"
        or module.startswith("hwlib.grading")
    ):
        return None
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError):
        return None
    return (module, name) if found is value else None


_CLASSES: dict[str, type[StudentRaised]] = {}


def _as_exception(error: Any) -> BaseException:
    """The student's exception as one that a test can catch by its built-in type."""
    if not isinstance(error, dict) or not isinstance(error.get("bases"), list):
        return WorkerMisbehaved("a malformed error")
    name = next(
        (base for base in error["bases"] if isinstance(base, str) and _is_exception(base)),
        "Exception",
    )
    raised = _raisable(name, str(error.get("message"))[:600])
    raised.student_type = str(error.get("type"))[:100]
    raised.student_message = str(error.get("message"))[:600]
    trace = error.get("trace")
    raised.trace = tuple(str(line)[:300] for line in trace[-5:]) if isinstance(trace, list) else ()
    return raised


def _raisable(name: str, message: str) -> StudentRaised:
    """A StudentRaised that is also the built-in exception `name`."""
    if name == "Exception":
        return StudentRaised(message)
    if name not in _CLASSES:
        _CLASSES[name] = type(name, (getattr(builtins, name), StudentRaised), {})
    try:
        return _CLASSES[name](message)
    except TypeError:  # UnicodeDecodeError and its like want other arguments
        return StudentRaised(message)


def _is_exception(name: str) -> bool:
    value = getattr(builtins, name, None)
    return isinstance(value, type) and issubclass(value, Exception)
