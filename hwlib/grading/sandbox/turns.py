"""Whose turn it is on the wire, where student code calls functions of the test from several
threads.

Requests of the grader and questions to it lie inside each other: while it answers a question, it
may send a request, and student code that works on this may ask again. So what began last ends
first. A question waits for its answer alone; a reply waits until all that began after its request
has ended. While student code works on a request, another thread may ask.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Turns"]


class Turns:
    """The order of all that is open: requests and questions."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = 0
        self._waits = False  # somebody waits for an answer, so the wire is theirs

    def begin_request(self) -> int:
        """A request has arrived; returns its place among all that is open."""
        with self._changed:  # another thread may ask as soon as this ends
            self._step(+1, waits=False)
            return self._open

    @contextmanager
    def end_request(self, place: int) -> Iterator[None]:
        """Send the reply inside this block, when it is its turn."""
        with self._changed:
            self._changed.wait_for(lambda: self._open == place and not self._waits)
            self._waits = True
        try:
            yield
        finally:
            self._step(-1, waits=place > 1)  # a question lies around it, and waits again

    @contextmanager
    def question(self) -> Iterator[None]:
        """Ask, and wait for the answer, inside this block.

        Raises
        ------
        RuntimeError
            If no request is being worked on: a thread goes on after the test's call has ended.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._waits)
            if not self._open:
                raise RuntimeError("the test has ended, and its functions can't be called any more")
            self._open += 1
            self._waits = True
        try:
            yield
        finally:
            self._step(-1, waits=False)

    def _step(self, by: int, *, waits: bool) -> None:
        with self._changed:
            self._open += by
            self._waits = waits
            self._changed.notify_all()
