"""The student's names in the grader: each use of one becomes a request to the worker.

A test cell says `KNN()`, `net.params["W1"]`, `softmax_loss(W, X, y, reg)`; what it holds are
stand-ins for the student's functions, classes and instances (`mirrors`), and the plain values that
came back. Arguments are copied across, so student code can't change what a test compares with; what
it does in place is shown to the test only where the argument itself is the answer (`in_place`).
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from hwlib.errors import (
    CannotCheck,
    ConnectionClosed,
    DeadlinePassed,
    HwlibError,
    NameMissing,
    Unsendable,
    WireError,
    WorkerEnded,
    WorkerLost,
    WorkerMisbehaved,
    WorkerTimeout,
)
from hwlib.grading.engines.clock import WorkClock
from hwlib.grading.engines.in_place import calling_frame, note_changes
from hwlib.grading.engines.links import MethodLink
from hwlib.grading.engines.mirrors import StandIn, is_class, is_standin, link_of
from hwlib.grading.engines.student_classes import FUNCTIONS, MUTABLE, replace_content
from hwlib.grading.engines.student_errors import student_error
from hwlib.grading.engines.surroundings import Surroundings, warn
from hwlib.grading.engines.test_source import source_of
from hwlib.grading.engines.values import Values
from hwlib.grading.engines.watched import Watched
from hwlib.grading.sandbox.processes import Worker
from hwlib.grading.sandbox.wire import Channel

__all__ = ["Session", "StandIn", "is_defined"]

MAX_PRINTED = 1_000_000  # characters that one answer brings
MAX_WARNINGS = 100


class Session:
    """A conversation with one worker; `clock` limits its requests until another one is set."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.values = Values(self)
        self.channel = Channel(worker.sock, self.values.pack, self.values.unpack)
        self.clock: WorkClock | None = None
        self._watched = Watched(self.values.pack)
        self._surroundings = Surroundings()
        self._lock = threading.RLock()
        self._next_id = self._depth = 0
        self._is_broken = False

    # ---- requests --------------------------------------------------------------------------------

    def request(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send one request and wait for its answer, serving the worker's calls back meanwhile."""
        with self._lock:
            try:
                return self._finished(self._timed({"op": op, **fields}))
            except Unsendable:
                raise  # the test's own value: the test's mistake, not the student's
            except DeadlinePassed:
                raise WorkerTimeout from None
            except ConnectionClosed:
                if self.worker.sock.fileno() < 0 and not self._is_broken:
                    raise CannotCheck("the test uses an object of an earlier try") from None
                raise WorkerEnded(*self.worker.ending()) from None
            except WireError as error:
                raise WorkerMisbehaved(str(error)) from None

    def _timed(self, request: dict[str, Any]) -> dict[str, Any]:
        self._next_id += 1
        request["id"] = self._next_id
        if not self._depth:
            self.values.tensors.starts()
        request |= self._watched.news()
        request |= self.values.tensors.news()
        request |= self._surroundings.news()
        if self.clock is not None:
            self.clock.start()
        self._depth += 1
        try:
            return self._exchange(request)
        finally:
            self._depth -= 1
            if self.clock is not None:
                self.clock.stop()

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        self.channel.send(request, self.clock)
        try:
            while True:
                reply = self.channel.receive(self.clock)
                _print(reply.get("printed"))
                if reply.keys() & {"callback", "input", "mock"}:
                    self._answer(reply)
                elif reply.get("id") != request["id"]:
                    raise WireError("an answer that nobody asked for")
                else:
                    return reply
        except (HwlibError, WorkerLost):
            raise
        except BaseException:  # a signal, in the midst of a message: nobody knows what comes next
            self._is_broken = True
            self.worker.kill()
            raise

    def _answer(self, question: dict[str, Any]) -> None:
        """Call a function of the test, or type a line, for the student's code."""
        if self.clock is not None:
            self.clock.stop()
        if "callback" in question:
            answer = self.values.callbacks.serve(question)
        elif "mock" in question:
            answer = {"result": self.values.callbacks.refuse(question["mock"])}
        else:
            answer = {"result": self.values.callbacks.typed(question["input"])}
        if self.clock is not None:
            self.clock.start()
        try:
            self.channel.send(answer, self.clock)
        except Unsendable as error:
            self.channel.send({"raised": self.values.callbacks.told(error)}, self.clock)

    def _finished(self, reply: dict[str, Any]) -> dict[str, Any]:
        if "tensors" in reply:
            self.values.tensors.take(reply["tensors"])
        cannot, self.values.callbacks.cannot = self.values.callbacks.cannot, None
        if cannot is not None:
            raise cannot
        if "warned" in reply:
            warn(reply["warned"])
        if "error" in reply:
            raise student_error(reply["error"], self.values.callbacks.raised)
        return reply

    # ---- names -----------------------------------------------------------------------------------

    def run(self, source: str) -> dict[str, Any]:
        """Run one cell: {"outputs", "error"}, checked to be of that form."""
        value = self.request("run", source=source).get("value")
        if not isinstance(value, dict) or not isinstance(value.get("outputs"), list):
            raise WorkerMisbehaved("something else than a cell's outputs")
        return value

    def name(self, name: str) -> Any:
        """The student's value of this name; NameMissing if there is none, CannotCheck if the test
        that asks for it is one that two processes can't run.
        """
        frame = calling_frame()
        source = None if frame is None else source_of(frame.f_code.co_filename)
        if frame is not None and source is not None:
            if source.impossible:
                raise CannotCheck(source.impossible)
            self.values.given.names, self.values.given.own = frame.f_globals, source.stored
            self._surroundings.replaced = source.replaced(frame.f_globals)
        reply = self.request("get", name=name)
        if "missing" in reply:
            raise NameMissing(name)
        return self.part(reply)

    def has_name(self, name: str) -> bool:
        """Whether the student's notebook defines it."""
        return self.request("has", name=name).get("value") is True

    def set_name(self, name: str, value: Any) -> None:
        """Define it, for the student's functions too."""
        self.request("set", name=name, value=value)

    def delete_name(self, name: str) -> None:
        """Forget it, for the student's functions too."""
        self.request("delete", name=name)

    def restore_names(self) -> None:
        """What was set or deleted is as it was."""
        self.request("restore")

    # ---- what stand-ins need ---------------------------------------------------------------------

    def part(self, reply: dict[str, Any]) -> Any:
        """The value of an answer: if it is a part of a student's object, it is watched."""
        value, alias = reply.get("value"), reply.get("alias")
        if type(alias) is int:
            self._watched.watch("assign", alias, value)
        return value

    def finished(self, reply: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The value of the answer to a call, which may have changed its arguments."""
        if "changed" in reply:
            note_changes(self, reply["changed"], [*args, *kwargs.values()])
        return reply.get("value")

    def call_method(self, method: MethodLink, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a method gives, called on its owner."""
        named = {"name": method.name, "args": list(args), "kwargs": kwargs}
        base = next((base for base in MUTABLE if isinstance(method.content, base)), None)
        if base is None:
            return self.finished(method.owner.request("call_method", **named), args, kwargs)
        reply = method.owner.request("call_method", content=base, **named)
        try:
            replace_content(method.content, reply.get("content"))
        except WireError as error:
            raise WorkerMisbehaved(str(error)) from None
        self._watched.note(method.content)
        return self.finished(reply, args, kwargs)

    def watch(self, number: int, value: Any) -> None:
        """Tell the worker when the content of a value changes."""
        self._watched.watch("replace", number, value)

    def number_of(self, value: Any, name: str) -> int:
        """The number of a stand-in, which the attribute `name` must be."""
        if not is_standin(value):
            raise TypeError(f"the student's {name} is no method any more")
        return link_of(value).number


def _print(printed: Any) -> None:
    """What the student's code printed, where the test sees what is printed."""
    if type(printed) is not list:
        return
    for entry in printed[:MAX_WARNINGS]:
        if type(entry) is list and len(entry) == 2 and type(entry[1]) is str:
            stream = sys.stderr if entry[0] == "stderr" else sys.stdout
            stream.write(entry[1][:MAX_PRINTED])


def is_defined(value: Any) -> bool:
    """Whether it stands for a function or a class of the student's."""
    return is_class(value) or (is_standin(value) and isinstance(value, FUNCTIONS))
