"""Recognise the classes that the grader and the student's code both have.

They are defined in a setup cell or in a file of the assignment. A test may also pass instances of
some libraries that are made of attributes alone.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import MethodDescriptorType, ModuleType, WrapperDescriptorType
from typing import Any

from hwlib.errors import Unsendable, WireError
from hwlib.grading.engines.mirrors import is_class
from hwlib.grading.sandbox.codec import Decoder, Encoder
from hwlib.grading.sandbox.copies import LIBRARIES, encode_copy, read_copy

__all__ = ["Given", "is_handle"]

# whose callable objects are functions; those of other libraries in C, such as a connection to a
# database, are more than what calling them does
_OF_FUNCTIONS = ("builtins", "functools", "_functools", "operator", "_operator", "numpy", "torch")


def is_handle(value: Any) -> bool:
    """Whether a value stands for something outside of Python: a file, a connection, a cursor.

    Neither a copy of it nor a function is the same in another process.
    """
    if isinstance(value, io.IOBase):
        return type(value).__module__ == "_io" and not isinstance(value, io.BytesIO | io.StringIO)
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    if library in _OF_FUNCTIONS or isinstance(value, type):
        return False
    if isinstance(value, Iterator):
        return any(_is_method_in_c(name, part) for name, part in vars(kind).items())
    return isinstance(getattr(kind, "__call__", None), WrapperDescriptorType)  # noqa: B004


def _is_method_in_c(name: str, part: object) -> bool:
    return isinstance(part, MethodDescriptorType) and not name.startswith("__")


class Given:
    """The classes of one assignment; `names` are the names that its setup cells have bound."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.folder = Path.cwd()  # with the assignment's files

    def pack(self, value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
        """An instance of such a class as a copy; None if this is not possible."""
        name = self._name(type(value))
        if not name:
            return None
        seen, count = dict(encoder.seen), len(encoder.buffers)
        try:
            return encode_copy(value, name, encoder, depth)
        except Unsendable:
            encoder.seen = seen
            del encoder.buffers[count:]
            return None

    def name_of(self, value: Any) -> str:
        """The name that setup cells have given to a value, which the worker has, too; or ""."""
        return next((name for name, one in self.names.items() if one is value), "")

    def unpack(self, data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
        """A copy of a student's instance of such a class."""
        cls = self.find(decoder.text(data, "n", 200))
        if cls is None or hasattr(cls, "__del__"):
            raise WireError("a copy of an object of an unknown class")
        return read_copy(data, cls, decoder, depth)

    def find(self, name: str) -> type | None:
        """The class that a setup cell defines as `name`, or a file as `module:name`."""
        module, colon, qualname = name.partition(":")
        if colon:
            found = self._in_a_file(module, qualname)
        else:
            module, qualname, found = "__main__", name, self.names.get(name)
        if not isinstance(found, type) or is_class(found):
            return None
        return found if (found.__module__, found.__qualname__) == (module, qualname) else None

    def _name(self, cls: type) -> str:
        module, name = cls.__module__, cls.__qualname__
        if module == "__main__":
            return name if self.find(name) is cls else ""
        if f"{module}.".startswith(LIBRARIES) or self._in_a_file(module, name) is cls:
            return f"{module}:{name}"
        return ""

    def _in_a_file(self, module: str, qualname: str) -> Any:
        """What a file of the assignment defines."""
        found: Any = sys.modules.get(module)
        file = getattr(found, "__file__", None) if isinstance(found, ModuleType) else None
        if not isinstance(file, str) or not Path(file).resolve().is_relative_to(self.folder):
            return None
        for part in qualname.split("."):
            found = vars(found).get(part) if isinstance(found, (ModuleType, type)) else None
        return found
