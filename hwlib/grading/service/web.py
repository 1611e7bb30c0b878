"""The pages and addresses of `hw serve`, as a Starlette application.

    GET  /                              a form for each assignment, and what was handed in
    POST /hand-ins/SLUG                 hand in: a notebook or a zip, as the body or as a form
    GET  /hand-ins/NUMBER               what has become of it (JSON, or a page for a browser)
    GET  /hand-ins/NUMBER/feedback      the feedback page

A student is named by HTTP's Basic authentication: the id, and the token as the password.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from hwlib.errors import CourseError, SubmissionError
from hwlib.grading.course import Assignment, Course
from hwlib.grading.outlets.exports import unpack_hand_in
from hwlib.grading.outlets.roster import folder_name
from hwlib.grading.records.feedback import SCRIPT_DIGEST
from hwlib.grading.service.gates import AtOnce, SizeLimit
from hwlib.grading.service.inbox import (
    HandIn,
    Inbox,
    QuotaUsed,
    only_as_zip,
    require_a_notebook,
)
from hwlib.grading.service.tokens import Tokens
from hwlib.grading.texts import for_page, page_templates

__all__ = ["application"]

IN_MEMORY = 1 << 20  # bytes of a body; a larger one is kept in a file while it arrives
CANT_KEEP = "This server can't keep your hand-in now. Tell your instructor, and try again later."
POLICY = (
    f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src "
    f"'sha256-{SCRIPT_DIGEST}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_log = logging.getLogger("hwlib.grading")
_templates = page_templates()


def application(course: Course, inbox: Inbox, tokens: Tokens, max_bytes: int) -> ASGIApp:
    """The application.

    Parameters
    ----------
    course : Course
    inbox : Inbox
    tokens : Tokens
    max_bytes : int
        The size of the largest hand-in, as it is sent.
    """
    pages = _Pages(course, inbox, tokens)
    routes = [
        Route("/", pages.home),
        Route("/hand-ins/{slug}", pages.hand_in, methods=["POST"]),
        Route("/hand-ins/{number}", pages.state),
        Route("/hand-ins/{number}/feedback", pages.feedback),
    ]
    handlers: dict[Any, Any] = {HTTPException: _refusal, ClientDisconnect: _gone}
    app = Starlette(routes=routes, exception_handlers=handlers)
    return AtOnce(SizeLimit(app, _refusal, max_bytes), _refusal, pages.student_of)


class _Pages:
    def __init__(self, course: Course, inbox: Inbox, tokens: Tokens) -> None:
        self.course, self.inbox, self.tokens = course, inbox, tokens
        self._unpacking = asyncio.Semaphore(1)  # one zip in memory at a time

    async def home(self, request: Request) -> Response:
        """A form for each assignment, and what the student has handed in."""
        student = self._student(request)
        return _page(
            "serve_home.html.j2",
            title=self.course.title,
            student=student,
            assignments=self._assignments(),
            handed_in=[self._shown(one) for one in self.inbox.of(student)],
        )

    async def hand_in(self, request: Request) -> Response:
        """Take a hand-in."""
        student = self._student(request)
        _require_same_origin(request)
        assignment = self._assignment(request.path_params["slug"])
        is_form = request.headers.get("content-type", "").startswith("multipart/form-data")
        received = _from_form(request) if is_form else _from_body(request)
        async with received as file, self._unpacking:
            files, problems = await asyncio.to_thread(_unpacked, assignment, file)
            try:
                one = await asyncio.to_thread(
                    self.inbox.add, student, assignment.slug, files, problems
                )
            except QuotaUsed as error:
                headers = {"Retry-After": str(max(1, round(error.retry_s)))}
                raise HTTPException(429, str(error), headers) from error
            except OSError as error:
                _log.error("a hand-in of %s was not kept: %s", student, error.strerror or error)
                raise HTTPException(503, CANT_KEEP) from error
        address = f"/hand-ins/{one.number}"
        if is_form:
            return RedirectResponse(address, 303, HEADERS)
        return JSONResponse(self._as_json(one), 202, {**HEADERS, "Location": address})

    async def state(self, request: Request) -> Response:
        """What has become of a hand-in."""
        one = self._found(request)
        if "text/html" in request.headers.get("accept", ""):
            return _page("serve_state.html.j2", one=self._shown(one), refresh=_is_open(one))
        return JSONResponse(self._as_json(one), headers=HEADERS)

    async def feedback(self, request: Request) -> Response:
        """The feedback page."""
        page = await asyncio.to_thread(self.inbox.page, self._found(request))
        if page is None:
            raise HTTPException(404, "This hand-in has no feedback yet.")
        return HTMLResponse(page, headers=HEADERS)

    # ---- who and what ----------------------------------------------------------------------------

    def student_of(self, request: Request) -> str | None:
        """The student whose token a request has; None if it has none or a wrong one."""
        student, token = _credentials(request.headers.get("authorization", ""))
        is_known = folder_name(student) == student and self.tokens.is_right(student, token)
        return student if is_known else None

    def _student(self, request: Request) -> str:
        student = self.student_of(request)
        if student is None:
            raise HTTPException(
                401,
                "Send your student id and your token (as user and password).",
                {"WWW-Authenticate": 'Basic realm="hw serve", charset="UTF-8"'},
            )
        return student

    def _found(self, request: Request) -> HandIn:
        student = self._student(request)
        one = self.inbox.find(request.path_params["number"], student)
        if one is None:
            raise HTTPException(404, "You have no hand-in with this number.")
        return one

    def _assignment(self, slug: str) -> Assignment:
        try:
            assignment = self.course.assignment(slug)
        except CourseError as error:
            names = ", ".join(one.slug for one in self._assignments())
            raise HTTPException(
                404, f"There is no such assignment. Hand in one of: {names or 'none yet'}."
            ) from error
        if not assignment.is_built:
            raise HTTPException(404, "This assignment can't be handed in here.")
        return assignment

    def _assignments(self) -> list[Assignment]:
        return [one for one in self.course.assignments() if one.is_built]

    def _as_json(self, one: HandIn) -> dict[str, Any]:
        done = one.state == "done"
        return {
            "number": one.number,
            "assignment": one.slug,
            "time": one.time,
            "state": one.state,
            "before": self.inbox.before(one) if one.state == "waiting" else 0,
            "score": one.score,
            "max_score": one.max_score,
            "message": one.message,
            "problems": list(one.problems),
            "feedback": f"/hand-ins/{one.number}/feedback" if done else None,
        }

    def _shown(self, one: HandIn) -> dict[str, Any]:
        texts = [for_page(text, 500) for text in one.problems]
        return {**self._as_json(one), "problems": texts, "when": f"{one.when:%Y-%m-%d %H:%M} UTC"}


def _is_open(one: HandIn) -> bool:
    return one.state in ("waiting", "grading")


def _credentials(header: str) -> tuple[str, str]:
    """User and password of an Authorization header; empty where there are none."""
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except ValueError:  # also of texts that are not ASCII, and not UTF-8
        return "", ""
    return user, password


def _require_same_origin(request: Request) -> None:
    """A page of another site must not hand in with the credentials that a browser remembers."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    host = request.headers.get("host", "")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != host):
        raise HTTPException(403, "Hand in from this server's own page.")


# ---- what is handed in ---------------------------------------------------------------------------


@asynccontextmanager
async def _from_form(request: Request) -> AsyncIterator[IO[bytes]]:
    async with request.form(max_files=1, max_fields=5) as form:
        upload = form.get("file")
        if upload is None or isinstance(upload, str):
            raise HTTPException(400, "Choose a file: your notebook, or the zip that was made.")
        yield upload.file


@asynccontextmanager
async def _from_body(request: Request) -> AsyncIterator[IO[bytes]]:
    with SpooledTemporaryFile(IN_MEMORY) as file:
        async for part in request.stream():
            file.write(part)
        file.seek(0)
        yield file


def _unpacked(assignment: Assignment, file: IO[bytes]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files of a hand-in with safe names, a notebook among them, and what was left out."""
    files, problems = _files_in(assignment, file.read())
    try:
        require_a_notebook(assignment, files)
    except SubmissionError as error:
        raise HTTPException(400, f"Not taken: {for_page(str(error), 500)}.") from error
    return files, problems


def _files_in(assignment: Assignment, content: bytes) -> tuple[dict[str, bytes], tuple[str, ...]]:
    if not content:
        raise HTTPException(400, "The file is empty. Save the notebook and hand it in again.")
    if not content.startswith((b"PK\x03\x04", b"PK\x05\x06")):  # a zip, or one without files
        if why := only_as_zip(assignment):
            raise HTTPException(400, why)
        return {f"{assignment.slug}.ipynb": content}, ()
    one = unpack_hand_in(content, "your zip")
    if not any(PurePosixPath(path).suffix == ".ipynb" for path in one.files):
        found = "; ".join(one.problems[:3])
        raise HTTPException(
            400,
            f"There is no notebook in this zip{f' ({for_page(found, 300)})' if found else ''}. "
            f"Put {assignment.files} into it and hand it in again.",
        )
    return one.files, tuple(one.problems)


# ---- answers -------------------------------------------------------------------------------------


def _page(template: str, **values: Any) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(template).render(**values), headers=HEADERS)


async def _refusal(request: Request, error: Exception) -> Response:
    """A refusal in the form that was asked for."""
    assert isinstance(error, HTTPException)
    headers = {**HEADERS, **(error.headers or {})}
    if "text/html" in request.headers.get("accept", ""):
        page = _page("serve_refused.html.j2", message=error.detail)
        return HTMLResponse(page.body, error.status_code, headers)
    return JSONResponse({"error": error.detail}, error.status_code, headers)


async def _gone(request: Request, error: Exception) -> Response:
    """The client has hung up; nobody reads the answer."""
    return Response(status_code=400)
