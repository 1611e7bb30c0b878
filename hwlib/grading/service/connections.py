"""The connections of `hw serve`: a clock for each, and room for who has something to say.

uvicorn has a clock only between two requests. Without these, a few clients that send nothing, or a
byte now and then, or that never read their answer, would keep everybody else out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["Clocks", "web_server"]

MAX_CONNECTIONS = 200
BACKLOG = 128  # connections that the kernel keeps until they are accepted


@dataclass(frozen=True, slots=True)
class Clocks:
    """How long a connection may take, in seconds."""

    headers_s: float = 20.0  # until a request has its headers, from the begin or the last answer
    request_s: float = 600.0  # a request's body, its work, and reading its answer


def web_server(
    app: ASGIApp,
    host: str,
    port: int,
    clocks: Clocks | None = None,
    max_connections: int = MAX_CONNECTIONS,
) -> tuple[uvicorn.Server, Any]:
    """A server for an application, and the socket that it listens at.

    Parameters
    ----------
    app : ASGIApp
    host : str
    port : int
        0: any free one.
    clocks : Clocks, optional
    max_connections : int
        One more ends the connection that has waited longest without a request. If each has one,
        it is told to come back (503).
    """
    allowed = clocks or Clocks()

    class Connection(_Timed):
        clocks = allowed
        most = max_connections

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        log_level="error",  # a warning is one line for each request that is none
        access_log=False,
        server_header=False,
        limit_concurrency=max_connections + 1,
        timeout_keep_alive=10,
        backlog=BACKLOG,
        timeout_graceful_shutdown=10,
    )
    return uvicorn.Server(config), config.bind_socket()


class _Timed(H11Protocol):
    """A connection that ends when its time is up, whatever it has sent or read."""

    clocks: Clocks
    most: int
    _timer: asyncio.TimerHandle | None = None
    _is_answered: bool = True  # no request, or one that has its answer
    _begun: float = 0.0  # the loop's time at the begin of the connection or of its latest request
    _since: float = 0.0  # the loop's time when it began to wait for a request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._begun = self.loop.time()
        self._wait_for_headers()
        if len(self.connections) > self.most:
            self._make_room()

    def _make_room(self) -> None:
        waiting = [
            one
            for one in self.connections
            if isinstance(one, _Timed) and one is not self and not one._is_busy()
        ]
        if waiting:
            min(waiting, key=lambda one: one._since)._end()

    def _is_busy(self) -> bool:
        """Whether it has a request without an answer, or an answer that is not read."""
        return not self._is_answered or self.transport.get_write_buffer_size() > 0

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._is_answered = False
            self._begun = self.loop.time()
            self._set_clock(self.clocks.request_s, self._end)

    def on_response_complete(self) -> None:
        self._is_answered = True
        self._wait_for_headers()  # first: the next request may have arrived with this one
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _wait_for_headers(self) -> None:
        self._since = self.loop.time()
        self._set_clock(self.clocks.headers_s, self._waited)

    def _waited(self) -> None:
        """The time for headers is up; who still reads an answer gets the rest of its time."""
        left_s = self._begun + self.clocks.request_s - self.loop.time()
        if self.transport.get_write_buffer_size() > 0 and left_s > 0:
            self._set_clock(min(self.clocks.headers_s, left_s), self._waited)
        else:
            self._end()

    def _set_clock(self, seconds: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, then)

    def _end(self) -> None:
        self.connections.discard(self)
        self.transport.abort()  # without waiting until what was written is read
