"""Run student code in a worker, and answer the grader's requests about it.

Requests are `{"id", "op", …}`; each is answered by `{"id", "value"}` or `{"id", "error"}`. While a
request is being worked on, the worker may ask back: `{"callback", "args", "kwargs"}` for a function
that the grader passed, `{"input"}` for a line that is typed. The grader answers `{"result"}` or
`{"raised"}`, and may send requests of its own before. A student's functions, classes and instances
stay here; the grader knows them by number.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import os
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

from hwlib.errors import ConnectionClosed, Unsendable
from hwlib.grading.sandbox.array_kinds import read_masked
from hwlib.grading.sandbox.changes import SIMPLE, Held, Snapshot
from hwlib.grading.sandbox.codec import Decoder, Encoder, plain
from hwlib.grading.sandbox.descriptions import describe_signature
from hwlib.grading.sandbox.objects import Copied, Objects
from hwlib.grading.sandbox.operations import OPERATIONS
from hwlib.grading.sandbox.passed import NotHere, Passed
from hwlib.grading.sandbox.replaced import Replaced, settings_of_test, write_files
from hwlib.grading.sandbox.shared_parts import shared_parts
from hwlib.grading.sandbox.shell import StudentShell, describe_error
from hwlib.grading.sandbox.turns import Turns
from hwlib.grading.sandbox.wire import Channel
from hwlib.on_processor import asks_for_a_gpu, use_the_processor

__all__ = ["Server", "serve"]

MAX_CAUSES = 4  # exceptions that led to one another
MAX_NOTES = 20  # of one exception
MAX_WARNINGS = 100  # of one request
MAX_NAMES = 10_000
MAX_ARGS = 2**20  # bytes of an exception's arguments
ELSEWHERE = "a function of the test can't be called from another process"
NEW = 3  # references to a result: of the caller, of `_is_shared`, of getrefcount

_SET_BY_THE_TEST = frozenset(("assign", "replace", "seeds", "no_grad", "warnings"))
_SET_BY_THE_TEST |= {"patched", "environ", "files", "given", "settings"}


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

    def __reduce__(self) -> Any:
        """A function of the test, which has this server, can't be sent to another process."""
        raise NotHere(ELSEWHERE)

    def __init__(self, sock: socket.socket, shell: StudentShell) -> None:
        self.objects = Objects(shell.user_ns)
        self._setup = dict(shell.user_ns)  # what the setup cells have bound
        self.passed = Passed(self.ask, self.objects.given, self._setup)
        self.channel = Channel(sock, self.objects.pack, self._unpack)
        self.shell = shell
        self._depth, self._in_cell = 0, False  # requests inside each other; the last runs a cell
        self._before: dict[str, list[Any]] = {}  # names that a test has changed
        self._held = Held()
        self.replaced = Replaced()
        self._turns, self._pid = Turns(), os.getpid()
        self._console, builtins.input = builtins.input, self._input

    def _unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        if data["t"] in ("ref", "tensor", "original"):
            return self.objects.unpack(data, decoder, depth)
        if data["t"] == "masked":
            return read_masked(data, decoder, depth)
        return self.passed.unpack(data, decoder, depth)

    # ---- requests and questions ------------------------------------------------------------------

    def answer(self, request: dict[str, Any]) -> None:
        """Do what one request asks and answer it, whatever student code does meanwhile."""
        place = self._turns.begin_request()
        outer, self._in_cell = self._in_cell, request["op"] == "run"
        self.objects.tensors.as_arrays = "arrays" in request
        if "dropped" in request:
            self.objects.tensors.drop(request["dropped"])
        if not self._depth:
            self.shell.start_collecting()
        self._depth += 1
        reply: dict[str, Any] = {"id": request["id"]}
        try:
            operation = getattr(self, "_op_" + request["op"])
            if not _SET_BY_THE_TEST.isdisjoint(request):
                with self._as_asked(request) as warned:
                    reply |= operation(request)
                if warned:
                    reply["warned"] = [_told_warning(one.message) for one in warned[:MAX_WARNINGS]]
            else:
                reply |= operation(request)
            self._tell_kept(reply, in_place="in_place" in request)
            if "in_place" in request:
                reply |= self._held.news()
        # student code may raise anything, SystemExit too
        except BaseException as error:  # noqa: BLE001
            reply["error"] = self._describe(error)
        with self._turns.end_request(place):
            self._send(reply)
            self._depth -= 1
            self._in_cell = outer
            if not self._depth:  # the next ones arrive with the next request
                self.objects.tensors.leaves.clear()

    def _tell_kept(self, reply: dict[str, Any], *, in_place: bool) -> None:
        """If the value is an argument of an earlier call, the test has it."""
        value = reply.get("value")
        if type(value) in SIMPLE or "own" in reply:
            return
        place = self._held.place_of(value, in_place=in_place)
        if place is not None and place[0] != reply.get("held"):
            reply |= {"value": None, "kept": list(place)}
            reply.pop("alias", None)

    @contextlib.contextmanager
    def _as_asked(self, request: dict[str, Any]) -> Iterator[list[warnings.WarningMessage] | None]:
        """As the test has set it for its own process: what it changed, seeds, gradients, warnings.

        Yields the list that collects warnings, or None.
        """
        write_files(request.get("files", ()))
        with self._held.changed_by_test(request.get("given", ())):
            for number, value in request.get("assign", ()):
                self.objects.assign(number, value)
            for number, content in request.get("replace", ()):
                self.objects.replace(number, content)
        if "seeds" in request:
            self.passed.seed(request["seeds"])
        with contextlib.ExitStack() as stack:
            if "patched" in request or "environ" in request:
                asked = request.get("patched", []), request.get("environ", {})
                stack.enter_context(self.replaced.by(*asked))
            if "settings" in request:
                stack.enter_context(settings_of_test(request["settings"]))
            if request.get("no_grad") and "torch" in sys.modules:
                stack.enter_context(sys.modules["torch"].no_grad())
            if not request.get("warnings"):
                yield None
                return
            noted = stack.enter_context(warnings.catch_warnings(record=True))
            warnings.simplefilter("always")
            yield noted

    def _send(self, reply: dict[str, Any]) -> None:
        self._tell_printed(reply)
        try:
            self.channel.send(reply)
        except ConnectionClosed:
            raise
        # a value that can't be sent, or whose own methods raise
        except BaseException as error:  # noqa: BLE001
            self.objects.forget_news()
            refused = {"unsent": str(error)} if isinstance(error, Unsendable) else {}
            told = {"error": asdict(describe_error(error))} | refused
            self.channel.send({"id": reply["id"], **told})
        self.objects.news_arrived()

    def _tell_printed(self, message: dict[str, Any]) -> None:
        if self._in_cell or not self.shell.collected.items:
            return
        items = self.shell.collected.items
        message["printed"] = [
            [one["name"], one["text"]] for one in items if one["output_type"] == "stream"
        ]
        self.shell.start_collecting()

    def ask(self, question: dict[str, Any]) -> Any:
        """Ask the grader something while its request is being worked on."""
        if os.getpid() != self._pid:  # a child has our socket, but answers would be for us
            raise NotHere(ELSEWHERE)
        with self._turns.question(), self.replaced.original():
            return self._ask(question)

    def _ask(self, question: dict[str, Any]) -> Any:
        self._tell_printed(question)
        try:
            self.channel.send(question)
        except BaseException:
            self.objects.forget_news()
            raise
        self.objects.news_arrived()
        while True:
            reply = self.channel.receive()
            if "op" in reply:
                self.answer(reply)
            elif "raised" in reply:
                raise self.passed.exception(reply["raised"])
            else:
                return self._answered(question, reply)

    def _answered(self, question: dict[str, Any], reply: dict[str, Any]) -> Any:
        """What a function of the test returns; what it has changed in its arguments, too."""
        if "changed" in reply:
            given = [*question.get("args", ()), *question.get("kwargs", {}).values()]
            Snapshot(given, self.passed.copied).put(reply["changed"])
        result = reply.get("result")
        if "number" in reply:
            self._held.keep(reply["number"], Snapshot([result], self.passed.copied))
        return result

    def _input(self, prompt: object = "") -> str:
        """`input` of student code: the test's, if it has replaced `input`."""
        if self._depth and not self._in_cell:
            line = self.ask({"input": str(prompt)[:1000]})
            if line is not None:
                return str(line)
        return self._console(prompt)

    def _describe(
        self,
        error: BaseException,
        causes: int = MAX_CAUSES,
        led_to: BaseException | None = None,
    ) -> dict[str, Any]:
        """An exception, perhaps one that led to another, as fields of a message."""
        found = asdict(describe_error(error, led_to=led_to))
        if (number := self.passed.number_of(error)) is not None:
            found["callback"] = number
        if _is_plain(list(error.args)):
            found["args"] = list(error.args)
        if type(notes := getattr(error, "__notes__", None)) is list:
            found["notes"] = [note for note in notes if type(note) is str][:MAX_NOTES]
        if used := _used_otherwise(error):
            found["not_here"] = used
        elif type(error).__module__ != "builtins":
            found["exception"] = error
        if causes and error.__cause__ is not None:
            found["cause"] = self._describe(error.__cause__, causes - 1, error)
        return found

    # ---- names -----------------------------------------------------------------------------------

    def _op_run(self, request: dict[str, Any]) -> dict[str, Any]:
        if asks_for_a_gpu(request["source"]):
            use_the_processor()
        run = self.shell.run(request["source"])
        return {
            "value": {"outputs": run.outputs, "error": asdict(run.error) if run.error else None}
        }

    def _op_get(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["name"]
        if name not in self.shell.user_ns:
            return {"missing": name}
        return self._read(self.shell.user_ns[name])

    def _op_has(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": request["name"] in self.shell.user_ns}

    def _op_names(self, request: dict[str, Any]) -> dict[str, Any]:
        names = [name for name in self.shell.user_ns if type(name) is str]
        return {"value": names[:MAX_NAMES]}

    def _op_set(self, request: dict[str, Any]) -> dict[str, Any]:
        self._keep(request["name"])
        self.shell.user_ns[request["name"]] = request["value"]
        return {"value": None}

    def _op_define(self, request: dict[str, Any]) -> dict[str, Any]:
        """Definitions of given cells, as the course has them, until `restore`. What they use of
        functions, classes and modules of setup cells is the course's, too.
        """
        for name, source in request["sources"].items():
            code = compile(source, "<given>", "exec")
            for used in _names_of(code) & self._setup.keys():
                if isinstance(self._setup[used], type | FunctionType | ModuleType):
                    self._keep(used)
                    self.shell.user_ns[used] = self._setup[used]
            self._keep(name)
            exec(code, self.shell.user_ns)
        return {"value": None}

    def _op_delete(self, request: dict[str, Any]) -> dict[str, Any]:
        self._keep(request["name"])
        self.shell.user_ns.pop(request["name"], None)
        return {"value": None}

    def _keep(self, name: str) -> None:
        names = self.shell.user_ns
        self._before.setdefault(name, [names[name]] if name in names else [])

    def _op_restore(self, request: dict[str, Any]) -> dict[str, Any]:
        """The names that a test has changed are as they were."""
        for name, value in self._before.items():
            self.shell.user_ns.pop(name, None)
            if value:
                self.shell.user_ns[name] = value[0]
        self._before.clear()
        return {"value": None}

    def _op_modules(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": sorted(sys.modules)}

    # ---- objects ---------------------------------------------------------------------------------

    def _read(self, value: Any) -> dict[str, Any]:
        """A part of a student's object: the test may change it in place."""
        alias = self.objects.alias(value)
        return {"value": value} if alias is None else {"value": value, "alias": alias}

    def _called(self, function: Callable[..., Any], request: dict[str, Any]) -> dict[str, Any]:
        """What the call returns, and which of its arguments it changed."""
        args, kwargs = request["args"], request["kwargs"]
        given = [*args, *kwargs.values()]
        before = Snapshot(given, self.passed.copied)
        reply: dict[str, Any] = {}
        own: list[list[Any]] = []
        try:
            value = function(*args, **kwargs)
            reply = self._read(value) if _is_shared(value) else {"value": value}
            own = shared_parts(value, before)
            del value
        # told with what else the call did
        except BaseException as error:  # noqa: BLE001
            reply["error"] = self._describe(error)
        changed = before.contents() if "in_place" in request else before.changed()
        if changed:
            reply["changed"] = changed
        if own and (not changed or "in_place" in request):
            reply["own"] = own
            if own[0][0] == [] and own[0][2] == "same":  # the test has it all
                reply["value"] = None
                reply.pop("alias", None)
        if before.is_held():
            reply |= self._held.add(before)
        return reply

    def _op_changes(self, request: dict[str, Any]) -> dict[str, Any]:
        """Which arguments of earlier calls have changed since; then they are forgotten."""
        return {"value": self._held.end()}

    def _op_call(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._called(self.objects[request["ref"]], request)

    def _op_call_method(self, request: dict[str, Any]) -> dict[str, Any]:
        owner = self.objects[request["ref"]]
        reply = self._called(getattr(owner, request["name"]), request)
        if "value" in reply and "content" in request:
            reply["content"] = plain(owner, request["content"])
        return reply

    def _op_getattr(self, request: dict[str, Any]) -> dict[str, Any]:
        return self._read(getattr(self.objects[request["ref"]], request["name"]))

    def _op_setattr(self, request: dict[str, Any]) -> dict[str, Any]:
        setattr(self.objects[request["ref"]], request["name"], request["value"])
        return {"value": None}

    def _op_delattr(self, request: dict[str, Any]) -> dict[str, Any]:
        delattr(self.objects[request["ref"]], request["name"])
        return {"value": None}

    def _op_operate(self, request: dict[str, Any]) -> dict[str, Any]:
        name, value = request["name"], self.objects[request["ref"]]
        if name == "__next__":
            return self._next(value, request)
        if name == "__anext__":
            try:
                return self._read(OPERATIONS[name](value))
            except StopAsyncIteration:
                return {"end": True}
        return self._read(OPERATIONS[name](value, *request["args"]))

    def _next(self, source: Any, request: dict[str, Any]) -> dict[str, Any]:
        """The next item of an iterator, and more where it may run ahead."""
        number, ahead = request["ref"], self.objects.ahead
        try:
            first, *more = ahead.items(number, source, request["taken"], request["wanted"])
        except StopIteration as end:
            return {"end": True, "value": end.value}
        reply = self._read(first)
        if more:
            reply["ahead"] = [self._read(one) for one in more]
        if request["wanted"] and ahead.has_ended(number):
            reply["ended"] = True
        return reply

    def _op_signature(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": describe_signature(self.objects[request["ref"]])}

    def _op_state(self, request: dict[str, Any]) -> dict[str, Any]:
        """A copy of an instance of a class that the grader has, too."""
        return {"value": Copied(self.objects[request["ref"]])}

    def _op_isinstance(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": isinstance(request["value"], self.objects[request["ref"]])}

    def _op_issubclass(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": issubclass(request["value"], self.objects[request["ref"]])}

    def _op_backward(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"value": self.objects.tensors.backward(request["output"], request["gradient"])}


def _is_shared(value: Any) -> bool:
    """Whether student code may have kept a result or a part of it: not new arrays, alone or in a
    new tuple, that nobody else refers to.
    """
    if sys.getrefcount(value) > NEW:
        return True
    if type(value) is tuple:
        return any(_is_kept(part) for part in value)
    return type(value) is not np.ndarray or value.base is not None


def _is_kept(part: Any) -> bool:
    if type(part) in SIMPLE:
        return False
    is_new = type(part) is np.ndarray and part.base is None and sys.getrefcount(part) <= NEW + 1
    return not is_new


def _is_plain(value: Any) -> bool:
    """Whether it is made of plain values, not too many to be sent with an exception."""
    encoder = Encoder(lambda value, encoder, depth: None)
    try:
        told = encoder.part(value)
        size = len(json.dumps(told)) + sum(map(len, encoder.buffers))
    # not plain, or one of its own methods raises
    except Exception:  # noqa: BLE001
        return False
    return size <= MAX_ARGS


def _used_otherwise(error: BaseException | None) -> str:
    """What student code does with an object of the test and only the test can do; "" if nothing.
    Also where another process should have got the object, and that led to this error.
    """
    try:
        for _ in range(MAX_CAUSES):
            if isinstance(error, NotHere):
                return str(error)
            if error is None:
                return ""
            if NotHere.__module__ in str(error):  # "Can't pickle …"
                return ELSEWHERE
            error = error.__cause__ or error.__context__
    except BaseException:  # noqa: BLE001  student code can break anything here
        return ""
    return ""


def _told_warning(message: Warning | str) -> list[Any]:
    """The names of its classes, and its text."""
    names = [cls.__name__ for cls in type(message).__mro__]
    return [names, str(message)[:1000]]


def _names_of(code: CodeType) -> set[str]:
    """The names of globals, builtins and attributes in this code and its functions."""
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return set(code.co_names).union(*map(_names_of, inner))
