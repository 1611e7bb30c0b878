"""Pass values that are not plain between a test cell and the worker: stand-ins one way, the test's
functions, generators and tensors the other.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import PurePath
from typing import Any

import numpy as np

from hwlib.errors import StudentRaised, WireError
from hwlib.grading.engines.callbacks import Callbacks, importable
from hwlib.grading.engines.given import Given, is_handle
from hwlib.grading.engines.links import Conversation, Link
from hwlib.grading.engines.mirrors import is_class, is_standin, link_of
from hwlib.grading.engines.originals import Originals
from hwlib.grading.engines.random_numbers import Generators
from hwlib.grading.engines.student_classes import (
    FUNCTIONS,
    MUTABLE,
    build_class,
    new_error,
    new_instance,
    new_value,
    replace_content,
)
from hwlib.grading.engines.student_errors import builtin_exception
from hwlib.grading.engines.tensors import TestTensors
from hwlib.grading.sandbox import array_kinds, frames, torch_values
from hwlib.grading.sandbox.codec import Decoder, Encoder

__all__ = ["Values"]

MAX_CLASSES = 5000
MAX_OBJECTS = 1_000_000


class _DerivedArray(np.ndarray[Any, Any]):
    """An array of a student's own class: a test that wants more than its data can't be decided."""

    own: frozenset[str] = frozenset()
    session: Conversation

    def __getattr__(self, name: str) -> Any:
        if name in self.own:
            raise self.session.cannot_check(
                f"the test asks an array of a class of the student's for {name!r}"
            )
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")


class Values:
    """The stand-ins of one session, by number, and what the test has passed."""

    def __init__(self, session: Conversation) -> None:
        self._session = session
        self.callbacks = Callbacks()
        self.given = Given()
        self.tensors = TestTensors(session)
        self.originals = Originals()
        self._generators = Generators()
        self._objects: dict[int, Any] = {}
        self._classes: dict[int, type] = {}

    # ---- to the worker ---------------------------------------------------------------------------

    def pack(self, value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
        """A value that is not plain."""
        if is_standin(value):
            if link_of(value).session is not self._session:
                return self._of_another(value)
            return _reference(link_of(value))
        if isinstance(value, np.ndarray):
            return array_kinds.encode_masked(value, encoder, depth)
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor):
            return self.tensors.pack(value, encoder, depth)
        found = (
            torch_values.encode_torch(value, encoder, depth)
            or frames.encode_table(value, encoder, depth)
            or self._generators.pack(value, encoder, depth)
        )
        if found is not None:
            return found
        if (copy := self.given.pack(value, encoder, depth)) is not None:
            return copy
        if isinstance(value, BaseException):
            return _pack_exception(value, encoder, depth)
        if isinstance(value, PurePath):
            return {"t": "path", "v": str(value)}
        place = importable(value)
        if place is not None:
            return {"t": "import", "m": place[0], "n": place[1]}
        if callable(value) and not is_handle(value):
            return self.callbacks.pack(value)
        if isinstance(value, Iterator) and not is_handle(value):
            return self.callbacks.pack_iterator(value)
        name = self.given.name_of(value)
        return {"t": "setup", "n": name} if name else None

    def _of_another(self, value: Any) -> dict[str, Any]:
        """What stands for an object in another worker: a function that can be called there."""
        if isinstance(value, FUNCTIONS) and not is_class(value):
            return self.callbacks.pack(value)
        raise self._session.cannot_check(
            "an object of one of the student's functions is given to another one"
        )

    # ---- from the worker -------------------------------------------------------------------------

    def unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """What an object with a tag of its own stands for."""
        tag = data["t"]
        if tag == "tensor":
            return self.tensors.unpack(data, decoder, depth)
        if tag == "copy":
            return self.given.unpack(data, decoder, depth)
        if tag == "original":
            told = {"t": "original", "i": decoder.whole(data, "i", 0, 2**62)}
            return self.originals.note(decoder.part(data.get("v"), depth), told)
        if tag == "derived":
            return self._array(*array_kinds.read_derived(data, decoder, depth))
        if tag in frames.TAGS:
            return self._table(data, decoder, depth)
        if tag in torch_values.TAGS:
            return self._of_torch(data, decoder, depth)
        if tag not in ("ref", "sub"):
            raise WireError(f"an unknown kind of value: {tag[:40]!r}")
        self._learn(data.get("new", []))
        content = decoder.part(data.get("v"), depth) if tag == "sub" else None
        number = decoder.whole(data, "id", 0, 2**62)
        if "c" not in data:
            return self._class(number)
        if tag == "sub":
            return self._value(number, self._class(data["c"]), content)
        if number not in self._objects:
            if len(self._objects) >= MAX_OBJECTS:
                raise WireError("too many objects")
            self._objects[number] = self._new(number, data, decoder, depth)
        return self._objects[number]

    def _array(self, data: np.ndarray[Any, Any], names: list[str]) -> Any:
        """An array of a student's own class, of which only the data cross."""
        made = data.view(_DerivedArray)
        made.own, made.session = frozenset(names), self._session
        return made

    def _table(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """A value of pandas, which student code has imported: a notebook has one import for all."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the test may turn them into errors
                import_module("pandas")
        except Exception as error:  # noqa: BLE001  a library that is not whole raises anything
            self._session.cannot_check(
                f"the test gets a value of pandas, which can't be imported there: {error!r}"
            )
            return None  # the test can't be decided
        return frames.read_table(data, decoder, depth)

    def _of_torch(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """A value of PyTorch other than a tensor: a tuple for a size if the test has no PyTorch."""
        if "torch" in sys.modules:
            return torch_values.TAGS[data["t"]](data, decoder, depth)
        if data["t"] == "size":
            return torch_values.read_lengths(data, decoder, depth)
        self._session.cannot_check(
            "the test gets a dtype or a device of PyTorch, which it does not import"
        )
        return None

    def _value(self, number: int, cls: type, content: Any) -> Any:
        """An instance of a subclass of a plain type: one here for each in the worker."""
        known = self._objects.get(number)
        if known is not None and type(known) is cls and type(content) in MUTABLE:
            replace_content(known, content)
            return known
        if known is not None and type(known) is cls and _is_content(known, content):
            return known  # a member of an Enum is one object
        made = new_value(cls, Link(self._session, number), content)
        if len(self._objects) >= MAX_OBJECTS:
            raise WireError("too many objects")
        self._objects[number] = made
        if type(content) in MUTABLE:
            self._session.watch(number, made)
        return made

    def _learn(self, news: Any) -> None:
        """Build the classes that a message tells of."""
        if type(news) is not list or len(news) + len(self._classes) > MAX_CLASSES:
            raise WireError("too many classes")
        for told in news:
            number = told.get("id") if type(told) is dict else None
            if type(number) is not int:
                raise WireError("a class without a number")
            if number not in self._classes:
                self._classes[number] = build_class(
                    self._session, number, told, self._classes, self.given.find
                )

    def _class(self, number: Any) -> type:
        if type(number) is not int or number not in self._classes:
            raise WireError("an object of a class that was not told of")
        return self._classes[number]

    def _new(self, number: int, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        cls, hidden = self._class(data["c"]), data.get("x", [])
        if type(hidden) is not list or not all(type(name) is str for name in hidden):
            raise WireError("names of another type")
        link = Link(self._session, number, frozenset(hidden))
        if not issubclass(cls, BaseException):
            return new_instance(cls, link)
        told = data.get("e")
        if type(told) is not list or len(told) != 2 or type(told[0]) is not str:
            raise WireError("an exception without a message")
        args = decoder.part(told[1], depth)
        if type(args) is not list:
            raise WireError("an exception without arguments")
        if is_class(cls):
            return new_error(cls, link, told[0][:600], args)
        try:
            # a built-in one; an argument that is not plain stays in the worker
            return self.originals.note(cls(*args), {"t": "ref", "id": number})
        except TypeError:
            return StudentRaised(told[0][:600])


def _is_content(value: Any, content: Any) -> bool:
    """Whether an instance of a subclass of a plain type has this content."""
    base: Any = type(content)
    return base in (int, str, bytes) and bool(base.__eq__(value, content))


def _reference(link: Link) -> dict[str, Any]:
    """A student's object, by its number; an iterator as far as the test has read it."""
    data: dict[str, Any] = {"t": "ref", "id": link.number}
    if link.items is not None:
        data["taken"] = link.items.leave()
    return data


def _pack_exception(error: BaseException, encoder: Encoder, depth: int) -> dict[str, Any]:
    names = (cls.__name__ for cls in type(error).__mro__)
    name = next((name for name in names if builtin_exception(name)), "Exception")
    return {"t": "exception", "n": name, "v": encoder.items(error.args, depth)}
