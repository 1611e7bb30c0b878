"""Hold what a stand-in is made of: the conversation, and the number of the student's object."""

from __future__ import annotations

from typing import Any, Protocol

from hwlib.errors import CannotCheck
from hwlib.grading.engines.items import Items

__all__ = ["Conversation", "Link", "MethodLink"]


class Conversation(Protocol):
    """What stand-ins need of the session with a worker.

    Attributes
    ----------
    asked : int
        How many requests were sent.
    listener : optional
        What hears all answers.
    """

    asked: int
    listener: Any

    def request(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send one request; returns its answer, or raises what the student's code raised."""

    def cannot_check(self, reason: str) -> CannotCheck:
        """The exception to raise if a test needs what is not possible across two processes."""

    def part(self, reply: dict[str, Any]) -> Any:
        """The value of an answer, a part of a student's object that the test may change."""

    def watch(self, number: int, value: Any) -> None:
        """Tell the worker when the test changes the content of a value."""

    def call_method(self, method: MethodLink, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a method returns."""

    def read(self, value: Any, name: str, args: tuple[Any, ...], answer: Any) -> Any:
        """What an object says of itself, if that fits to what it has said before."""

    def believe(self, cls: type, name: str) -> None:
        """Leave the test to a human, unless a method of this class may say that something is so."""

    def is_of_course(self, cls: type) -> bool:
        """Whether a class is one of a library, or one that the course or the test names."""

    def number_of(self, value: Any, name: str) -> int:
        """The number of a stand-in, which the attribute `name` must be."""


class Link:
    """One object of the student's."""

    __slots__ = ("_number", "hidden", "items", "missing", "session")

    def __init__(
        self, session: Conversation, number: int, hidden: frozenset[str] = frozenset()
    ) -> None:
        self.session, self._number = session, number
        self.hidden = hidden  # methods of its class that its own attributes hide
        self.items: Items | None = None  # if it is an iterator
        self.missing: AttributeError | None = None  # why its last attribute was not found

    @property
    def number(self) -> int:
        """The number by which the worker knows it."""
        return self._number

    def request(self, op: str, **fields: Any) -> dict[str, Any]:
        """Ask something about it."""
        return self.session.request(op, ref=self.number, **fields)

    def operate(self, name: str, *args: Any) -> Any:
        """What a special method of it returns."""
        return self.session.part(self.request("operate", name=name, args=list(args)))

    def attribute(self, name: str) -> Any:
        """One of its attributes."""
        return self.session.part(self.request("getattr", name=name))

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What it returns if it is called."""
        return self.session.part(self.request("call", args=list(args), kwargs=kwargs))


class MethodLink(Link):
    """A method that has not been asked for: calling it is one request instead of two.

    Parameters
    ----------
    owner : Link
        The object whose method it is.
    name : str
    cls : type
        The object's class.
    content : optional
        The object itself, if its content is a copy here: the call may change it.
    """

    __slots__ = ("cls", "content", "name", "owner")

    def __init__(self, owner: Link, name: str, cls: type, content: Any = None) -> None:
        super().__init__(owner.session, -1)
        self.owner, self.name, self.cls, self.content = owner, name, cls, content

    @property
    def number(self) -> int:
        """Its own number, asked for when it is used otherwise than by calling it."""
        if self._number < 0:
            self._number = self.session.number_of(self.owner.attribute(self.name), self.name)
        return self._number

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the method returns, called on its owner."""
        return self.session.call_method(self, args, kwargs)
