"""What `hw serve` bounds before a page is asked: the bytes of a hand-in, a student's requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["AtOnce", "Refuse", "SizeLimit"]

CHUNK = 64 * 1024  # bytes that a form may have besides the file
MAX_AT_ONCE = 8  # requests of one student; a browser makes up to 6

Refuse = Callable[[Request, HTTPException], Awaitable[Response]]


class SizeLimit:
    """Refuses what is larger than the limit while it arrives, whatever its header says.

    Parameters
    ----------
    app : ASGIApp
    refuse : callable
        Makes the answer to a request that is refused.
    max_bytes : int
    """

    def __init__(self, app: ASGIApp, refuse: Refuse, max_bytes: int) -> None:
        self._app, self._refuse, self._max_bytes = app, refuse, max_bytes + CHUNK
        self._said = f"A hand-in may have at most {max_bytes / 1e6:g} MB. Clear the outputs first."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count the bytes of its body."""
        if scope["type"] == "http" and _announced(scope) > self._max_bytes:
            answer = await self._refuse(Request(scope), HTTPException(413, self._said))
            await answer(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._max_bytes:
                raise HTTPException(413, self._said)
            return message

        await self._app(scope, counted, send)


def _announced(scope: Scope) -> int:
    """The length that the header names."""
    value: bytes = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


class AtOnce:
    """Refuses a student who has many requests open, so that one can't take all connections.

    Parameters
    ----------
    app : ASGIApp
    refuse : callable
        Makes the answer to a request that is refused.
    student_of : callable
        The student who sent a request; None where the token is not the student's.
    """

    def __init__(
        self, app: ASGIApp, refuse: Refuse, student_of: Callable[[Request], str | None]
    ) -> None:
        self._app, self._refuse, self._student_of = app, refuse, student_of
        self._open = Counter[str]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count it while it lasts."""
        student = self._student_of(Request(scope)) if scope["type"] == "http" else None
        if student is None:
            await self._app(scope, receive, send)
            return
        if self._open[student] >= MAX_AT_ONCE:
            said = f"{MAX_AT_ONCE} of your requests are still open. Wait a minute, and try again."
            error = HTTPException(429, said, {"Retry-After": "60"})
            await (await self._refuse(Request(scope), error))(scope, receive, send)
            return
        self._open[student] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[student] -= 1
            if not self._open[student]:
                del self._open[student]
