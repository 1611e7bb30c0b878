"""Take the items of a student's iterator, several with one request where the worker gives more."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from hwlib.errors import WorkerMisbehaved
from hwlib.grading.sandbox.ahead import MAX_AHEAD

if TYPE_CHECKING:
    from hwlib.grading.engines.links import Link

__all__ = ["Items"]

MAX_ITEMS = 100_000  # taken from a student's iterator


class Items:
    """What the last answer gave beside the item that was asked for.

    It is used only if nothing else was asked since: else student code may have changed it, and the
    worker is asked for it again.
    """

    __slots__ = ("_ahead", "_asked", "_count", "_ended", "_taken", "_wanted")

    def __init__(self) -> None:
        self._ahead: deque[dict[str, Any]] = deque()
        self._asked = 0  # requests of the session, when the answer came
        self._count = 0  # items so far
        self._taken = 0  # of those in `_ahead`
        self._wanted = MAX_AHEAD
        self._ended = False

    def next(self, link: Link, name: str = "__next__") -> dict[str, Any]:
        """The answer with the next item: {"value", …}, or {"end": True, …}."""
        self._count += 1
        if self._count > MAX_ITEMS:
            raise WorkerMisbehaved(f"an iterator with more than {MAX_ITEMS} items")
        session = link.session
        if self._asked == session.asked:
            if self._ahead:
                self._taken += 1
                return self._ahead.popleft()
            if self._ended:
                return {"end": True}
        elif self._ahead:  # asks between two items: more would be read in vain each time
            self._wanted = 0
        wanted = 0 if session.listener is not None else self._wanted
        asked = {"taken": self.leave(), "wanted": wanted}
        reply = link.request("operate", name=name, args=[], **asked)
        self._ahead.extend(_checked(reply.pop("ahead", [])))
        self._ended = reply.pop("ended", False) is True
        self._asked = session.asked
        return reply

    def leave(self) -> int:
        """Forget what the last answer gave; returns how many of it were taken."""
        taken, self._taken = self._taken, 0
        self._ahead.clear()
        self._ended = False
        return taken


def _checked(ahead: Any) -> list[dict[str, Any]]:
    if type(ahead) is not list or len(ahead) > MAX_AHEAD:
        raise WorkerMisbehaved("more items than were asked for")
    if not all(type(one) is dict for one in ahead):
        raise WorkerMisbehaved("items of another form")
    return ahead
