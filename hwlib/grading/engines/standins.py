"""Turn each use of a student's name in a test cell into a request to the worker.

A test cell says `KNN()`, `net.params["W1"]`, `softmax_loss(W, X, y, reg)`. It holds stand-ins for
the student's functions, classes and instances (`mirrors`), and the plain values that came back.
Arguments are copied across, so student code can't change what a test compares with.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np

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
from hwlib.grading.cells import one_line
from hwlib.grading.engines.arguments import Arguments
from hwlib.grading.engines.asked import CALLS
from hwlib.grading.engines.cell_outputs import capped
from hwlib.grading.engines.links import MethodLink
from hwlib.grading.engines.mirrors import StandIn, facts_of, is_class, is_standin, link_of
from hwlib.grading.engines.patches import Patches
from hwlib.grading.engines.readings import Readings
from hwlib.grading.engines.student_classes import FUNCTIONS, KINDS, MUTABLE, replace_content
from hwlib.grading.engines.student_errors import never_ending, student_error
from hwlib.grading.engines.surroundings import Surroundings, warn
from hwlib.grading.engines.test_files import TestFiles
from hwlib.grading.engines.values import Values
from hwlib.grading.engines.verdicts import too_slow
from hwlib.grading.engines.watched import Watched
from hwlib.grading.sandbox.clock import WorkClock
from hwlib.grading.sandbox.processes import Worker
from hwlib.grading.sandbox.wire import Channel

__all__ = ["Listener", "Session", "StandIn", "is_defined"]

_OF_PYTHON = ("builtins", "functools", "types")  # as of partial functions
MAX_PRINTED = 10_000_000  # characters that one worker prints while a test looks


class Listener(Protocol):
    """Hears what a test asks a worker."""

    def answered(self, op: str, fields: dict[str, Any], value: Any) -> Any:
        """Hear an answer; returns what the test gets."""


class Session:
    """A conversation with one worker.

    Attributes
    ----------
    clock : WorkClock or None
        Limits the requests until another one is set.
    too_slow : Verdict
        On a question for which the code works too long.
    before_part_s : float
        Seconds that it had worked when the present part of the question began.
    sources : list of str
        The cells that were run.
    cannot : CannotCheck or None
        Why the present test can't be decided here. It counts even if the test has caught it.
    listener : Listener or None
        Hears each answer to the test, and may put another one in its place.
    course_names : frozenset of str
        What the course's own solution defines.
    last_call : dict or None
        The newest call of student code by the present test: `args`, `kwargs`, a method's `name`.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.values = Values(self)
        known = self.values.originals.known
        self.channel = Channel(worker.sock, self.values.pack, self.values.unpack, known)
        self.clock: WorkClock | None = None
        self.too_slow = too_slow(0.0)
        self.before_part_s = 0.0
        self.cannot: CannotCheck | None = None
        self.listener: Listener | None = None
        self.last_call: dict[str, Any] | None = None
        self.arguments = Arguments(self.cannot_check)
        self.sources: list[str] = []
        self.course_names: frozenset[str] = frozenset()
        self.may_stop = True  # whether a StopIteration of a function's may end a loop of the test's
        self._named: set[Any] = set()  # classes of the student's that tests take by their names
        self._readings = Readings()
        self._watched = Watched()
        self._surroundings = Surroundings()
        self.patches = Patches()
        self.files = TestFiles(self.cannot_check)
        self._sources = (
            self._watched,
            self.arguments,
            self.values.tensors,
            self._surroundings,
            self.patches,
            self.files,
        )
        self._lock = threading.RLock()
        self.asked = self._depth = self._printed = 0

    # ---- requests --------------------------------------------------------------------------------

    def cannot_check(self, reason: str) -> CannotCheck:
        """Note that the present test can't be decided; returns the exception to raise."""
        self.cannot = CannotCheck(
            reason, 'Next: give the question trust="shared", or ask for it in another way.'
        )
        return self.cannot

    def cannot_send(self, what: str, error: object) -> CannotCheck:
        """The same where a value can't be sent to the other process."""
        refused = one_line(str(error), 200).removesuffix(" can't be sent")
        return self.cannot_check(f"{what} can't be sent to another process: {refused}")

    def request(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send one request and wait for its answer, serving the worker's calls back meanwhile.

        Raises
        ------
        StudentRaised
            If the student's code raised; also an exception of the built-in type.
        CannotCheck
            If the test can't be decided across two processes.
        Unsendable
            If a value of the test's own can't be sent.
        WorkerLost
            If the worker has ended, took too long or sent what no worker sends.
        """
        with self._lock:
            self._readings.note(op, fields)
            before = self.cannot
            if op in CALLS and not self._depth:
                self.last_call = fields
            try:
                reply = self._asked({"op": op, **fields}, fields)
                if self.cannot is not None and self.cannot is not before:
                    raise self.cannot
                reply = self._finished(reply)
                if self.listener is not None and "value" in reply:
                    reply["value"] = self.listener.answered(op, fields, reply["value"])
                return reply
            except Unsendable as error:  # the test's own value: the test's mistake
                if self.cannot is None:
                    self.cannot_send("what it passes to the code", error)
                raise
            except DeadlinePassed:
                raise WorkerTimeout from None
            except ConnectionClosed:
                raise WorkerEnded(*self.worker.ending()) from None
            except WireError as error:
                raise WorkerMisbehaved(str(error)) from None

    def _asked(self, request: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
        """The answer, with the test's own objects where it contains them."""
        try:
            reply = self._timed(request)
            told = reply.get("own", [])
            own = self.arguments.own_objects(told, fields)
            self.arguments.take(reply, fields)
            if told:
                reply["value"] = self.arguments.with_own(reply.get("value"), told, own)
            elif "kept" in reply:
                reply["value"] = self.arguments.kept(reply["kept"])
            return reply
        except (HwlibError, WorkerLost):
            raise
        except Exception as error:  # a fault of this engine is never the student's zero
            what = one_line(f"{type(error).__name__}: {error}", 200)
            raise self.cannot_check(f"the grader itself stopped with {what}") from error

    def _timed(self, request: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        request["id"] = self.asked
        if self.files.in_use and "args" in request:
            request["args"] = [self.files.as_sent(one) for one in request["args"]]
            named = request.get("kwargs", {})
            request["kwargs"] = {key: self.files.as_sent(value) for key, value in named.items()}
        if not self._depth:
            self.values.tensors.starts()
        for source in self._sources:
            if news := source.news():
                request |= news
        if self.arguments.in_place:
            request["in_place"] = True
        self._depth += 1
        self._run_clock(True)
        try:
            return self._exchange(request)
        finally:
            self._run_clock(False)
            self._depth -= 1

    def _run_clock(self, runs: bool) -> None:
        if self.clock is not None:
            self.clock.start() if runs else self.clock.stop()

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        self.channel.send(request, self.clock)
        try:
            while True:
                reply = self.channel.receive(self.clock)
                if "printed" in reply:
                    self._print(reply["printed"])
                if "callback" in reply or "input" in reply:
                    self._answer(reply)
                elif type(reply.get("id")) is not int or reply["id"] != request["id"]:
                    raise WireError("an answer that nobody asked for")
                else:
                    return reply
        except (HwlibError, WorkerLost):
            raise
        except BaseException:  # a signal in the midst of a message: what follows is unknown
            self.worker.kill()
            raise

    def _answer(self, question: dict[str, Any]) -> None:
        """Call a function of the test, or type a line, for the student's code."""
        self._run_clock(False)
        answer = self.values.callbacks.answer(question)
        if any(form == "unknown" for _, (form, _) in answer.get("changed", ())):
            self.cannot_check("a function of the test changes an argument in a way of its own")
        if answer.pop("kept", False):
            answer |= self.arguments.returned(answer["result"])
        self._run_clock(True)
        try:
            self.channel.send(answer, self.clock)
        except Unsendable as error:
            self.cannot_send("what it passes to the code", error)
            self.channel.send({"raised": self.values.callbacks.told(error)}, self.clock)

    def _finished(self, reply: dict[str, Any]) -> dict[str, Any]:
        if "warned" in reply:
            warn(reply["warned"])
        if "unsent" in reply:  # what this engine can't do is never a student's zero
            raise self.cannot_send("what the code returns", reply["unsent"])
        told = reply.get("error")
        if isinstance(told, dict) and "not_here" in told:
            asked = one_line(str(told["not_here"]), 200)
            raise self.cannot_check(f"the code uses an object of the test in another way: {asked}")
        if "error" in reply:
            raised = student_error(reply["error"], self.values.callbacks.raised)
            if isinstance(raised, StopIteration) and not self.may_stop:
                raised = never_ending(raised)
            raise raised
        return reply

    def _print(self, printed: Any) -> None:
        """What the student's code printed, for a test that looks at it."""
        for entry in printed if type(printed) is list else ():
            if type(entry) is list and len(entry) == 2 and type(entry[1]) is str:
                self._printed += len(entry[1])
                stream = sys.stderr if entry[0] == "stderr" else sys.stdout
                if self._printed <= MAX_PRINTED:
                    stream.write(entry[1])

    # ---- names -----------------------------------------------------------------------------------

    def run(self, source: str) -> dict[str, Any]:
        """Run one cell: {"outputs", "error"}, checked to be of that form."""
        self.sources.append(source)
        value = self.request("run", source=source).get("value")
        if not isinstance(value, dict) or not isinstance(value.get("outputs"), list):
            raise WorkerMisbehaved("something else than a cell's outputs")
        return {**value, "outputs": capped(value["outputs"])}

    def name(self, name: str) -> Any:
        """The student's value of this name; NameMissing if there is none."""
        reply = self.request("get", name=name)
        if "missing" in reply:
            raise NameMissing(name)
        value = self.part(reply)
        if is_class(value):
            self._named.add(value)
        return value

    def has_name(self, name: str) -> bool:
        """Whether the student's notebook defines it."""
        return self.request("has", name=name).get("value") is True

    def names(self) -> list[str]:
        """The names that the student's notebook defines."""
        found = self.request("names").get("value")
        return [name for name in found if type(name) is str] if type(found) is list else []

    def set_name(self, name: str, value: Any) -> None:
        """Define it, for the student's functions too; Unsendable if they could not use it."""
        self._timed({"op": "set", "name": name, "value": value})

    def define(self, sources: dict[str, str]) -> None:
        """Define functions and classes from their sources, until the names are restored."""
        self.request("define", sources=sources)

    def delete_name(self, name: str) -> None:
        """Forget it, for the student's functions too."""
        self.request("delete", name=name)

    @contextmanager
    def one_test(self, in_place: bool) -> Iterator[None]:
        """One run of a test.

        Parameters
        ----------
        in_place : bool
            Whether what student code changes in arguments changes in the test's own objects, too,
            until the run ends.
        """
        self.arguments.begin(in_place)
        self._readings = Readings()
        asks = True
        try:
            yield
        except WorkerLost:
            asks = False
            raise
        finally:
            try:
                if asks and self.arguments.has_held:
                    self._learn_changes()
            finally:
                self.arguments.end()

    def _learn_changes(self) -> None:
        """Ask what has changed in arguments since the calls that they were for."""
        told = self.request("changes").get("value")
        try:
            if not self.arguments.in_place:  # else each answer has told it
                self.arguments.take_later(told)
        except WireError as error:
            raise WorkerMisbehaved(str(error)) from None

    def restore_names(self) -> None:
        """Make what was set or deleted as it was."""
        self.request("restore")

    # ---- what stand-ins need ---------------------------------------------------------------------

    def part(self, reply: dict[str, Any]) -> Any:
        """The value of an answer: if it is a part of a student's object, it is watched."""
        value = reply.get("value")
        self._watch_parts(value, reply.get("alias"))
        return value

    def _watch_parts(self, value: Any, alias: Any) -> None:
        if type(alias) is int and not is_standin(value):
            self._watched.watch("assign", alias, value)
        elif type(alias) is list and type(value) is tuple:
            for part, number in zip(value, alias, strict=False):
                self._watch_parts(part, number)

    def call_method(self, method: MethodLink, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a method returns, called on its owner."""
        named = {"name": method.name, "args": list(args), "kwargs": kwargs}
        base = next((base for base in MUTABLE if isinstance(method.content, base)), None)
        if base is None:
            value = self.part(method.owner.request("call_method", **named))
            if isinstance(value, bool | np.bool_) and value:
                self.believe(method.cls, method.name)
            return value
        reply = method.owner.request("call_method", content=base, **named)
        try:
            replace_content(method.content, reply.get("content"))
        except WireError as error:
            raise WorkerMisbehaved(str(error)) from None
        self._watched.note(method.content)
        return self.part(reply)

    def believe(self, cls: type, name: str) -> None:
        """Leave the test to a human where a method of this class says that something is so, unless
        the course asks for the class, or a library has the method.
        """
        if not self._is_named(cls) and not _has_method(cls, name):
            raise self.cannot_check(
                f"the method {name!r} of an object of the student's says that something is so, and "
                "its class is none that the course asks for"
            )

    def read(self, value: Any, name: str, args: tuple[Any, ...], answer: Any) -> Any:
        """What an object says of itself, if that fits to what it has said before."""
        if self._is_named(type(value)) or self._readings.fits(value, name, args, answer):
            return answer
        raise self.cannot_check(
            "an object of the student's says different things about itself when the test reads it, "
            "and its class is none that the course asks for"
        )

    def is_of_course(self, cls: type) -> bool:
        """Whether a class is one of a library, or one that the course or the test names."""
        if facts_of(cls).library is not None or cls.__module__ in _OF_PYTHON:
            return True
        return self._is_named(cls)

    def _is_named(self, cls: type) -> bool:
        """Whether a class is one that the course or the test names."""
        return any(one in self._named or one.__name__ in self.course_names for one in cls.__mro__)

    def watch(self, number: int, value: Any) -> None:
        """Tell the worker when the content of a value changes."""
        self._watched.watch("replace", number, value)

    def number_of(self, value: Any, name: str) -> int:
        """The number of a stand-in, which the attribute `name` must be."""
        if not is_standin(value):
            raise TypeError(f"the student's {name} is not a method any more")
        return link_of(value).number


def _has_method(cls: type, name: str) -> bool:
    """Whether a class that says that it is Python's or a library's has a method that the real one
    has: a student can give any class of theirs that name.
    """
    real: Any = facts_of(cls).library
    if real is None and cls.__module__ in _OF_PYTHON:
        known = KINDS.get(cls.__qualname__)  # those that Python gives no name, as `mappingproxy`
        real = getattr(sys.modules.get(cls.__module__), cls.__qualname__, known)
    return isinstance(real, type) and hasattr(real, name)


def is_defined(value: Any) -> bool:
    """Whether it stands for a function or a class of the student's."""
    return is_class(value) or (is_standin(value) and isinstance(value, FUNCTIONS))
