"""Runs the service: the queue, the threads that grade, a drop folder and the HTTP server."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hwlib.errors import CourseError, MissingExtra
from hwlib.extras import how_to_install
from hwlib.grading.course import Course
from hwlib.grading.outlets.roster import Roster, folder_name
from hwlib.grading.sandbox.processes import own_cores
from hwlib.grading.sandbox.tiers import proven_tier
from hwlib.grading.service.drop import DropFolder
from hwlib.grading.service.graders import Graders, Places
from hwlib.grading.service.inbox import Inbox
from hwlib.grading.service.tokens import Tokens
from hwlib.grading.texts import for_csv

__all__ = ["Settings", "serve", "token_table"]

LOOK_S = 2.0  # between two looks into the drop folder
LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `hw serve`."""

    host: str = "127.0.0.1"
    port: int | None = 8080  # None: no HTTP
    drop: Path | None = None
    quota: int = 20  # hand-ins of a student in 24 hours
    max_bytes: int = 50_000_000  # of a hand-in
    jobs: int | None = None
    sandbox: bool = True


def _state_folder(places: Places) -> Path:
    return places.output / ".hw" / "serve"


def token_table(course: Course, places: Places, roster: Path) -> str:
    """A table with the token of each student of a roster, as CSV.

    Raises
    ------
    CourseError
        If an id can't be the name of a folder, which keeps what the student hands in.
    """
    students = sorted(Roster(roster).rows)
    odd = [one for one in students if folder_name(one) != one]
    if odd:
        raise CourseError(
            f"{roster}: {', '.join(f'{one!r:.60}' for one in odd[:5])}: such an id can't be the "
            "name of a folder, which keeps what the student hands in; choose ids without slashes, "
            "dots in front, and spaces around them"
        )
    tokens = Tokens(_state_folder(places) / "secret")
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["student", "token"])
    for student in students:
        writer.writerow([for_csv(student), tokens.of(student)])
    return table.getvalue()


def serve(
    course: Course,
    places: Places,
    settings: Settings,
    say: Callable[[str], None],
    stopped: threading.Event | None = None,
) -> None:
    """Take hand-ins and grade them, until Ctrl-C or until `stopped` is set.

    Raises
    ------
    GradingError
        If student code can't be confined on this machine.
    MissingExtra
        If the HTTP server is not installed.
    """
    web = None if settings.port is None else _web_server()
    if settings.sandbox:
        proven_tier()  # say it now, not when the first student hands in
    folder = _state_folder(places)
    inbox = Inbox(folder / "hand-ins", settings.quota)
    stopped = stopped or threading.Event()
    with ExitStack() as stack:
        jobs = settings.jobs or len(own_cores())
        stack.enter_context(Graders(course, inbox, places, jobs, say, sandbox=settings.sandbox))
        if settings.drop is not None:
            drop = DropFolder(settings.drop, course, inbox, settings.max_bytes, say)
            say(f"Taking hand-ins from {settings.drop}: put STUDENT-SLUG.zip there.")
            if web is None:
                _watch(drop, stopped)
                return
            watcher = threading.Thread(target=_watch, args=(drop, stopped), daemon=True)
            watcher.start()
            stack.callback(watcher.join)
        stack.callback(stopped.set)
        if web is not None:
            web(course, inbox, Tokens(folder / "secret"), settings, say, stopped)


def _watch(drop: DropFolder, stopped: threading.Event) -> None:
    while True:
        drop.look()
        if stopped.wait(LOOK_S):
            return


def _web_server() -> Callable[..., None]:
    try:
        from hwlib.grading.service.connections import web_server
        from hwlib.grading.service.web import application
    except ImportError as error:
        raise MissingExtra(
            f"`hw serve` needs a web server, which is not installed; run: {how_to_install('serve')}"
        ) from error

    def run(
        course: Course,
        inbox: Inbox,
        tokens: Tokens,
        settings: Settings,
        say: Callable[[str], None],
        stopped: threading.Event,
    ) -> None:
        app = application(course, inbox, tokens, settings.max_bytes)
        server, socket = web_server(app, settings.host, settings.port or 0)
        # the socket is bound, so that this line is true
        say(f"Taking hand-ins at http://{settings.host}:{socket.getsockname()[1]}/")
        if settings.host not in LOCAL:
            say(
                "Others on the network can reach it, and tokens travel as they are: put a server "
                "with HTTPS in front of it."
            )

        def end() -> None:
            stopped.wait()
            server.should_exit = True

        threading.Thread(target=end, daemon=True).start()
        server.run(sockets=[socket])

    return run
