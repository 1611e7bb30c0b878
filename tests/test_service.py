"""`hw serve`: the real server, graded hand-ins, and what hostile students send."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import needs
import pytest
from courses import make_tiny, solved

from hwlib.errors import CourseError
from hwlib.grading import Course
from hwlib.grading.service.drop import DropFolder
from hwlib.grading.service.graders import Places
from hwlib.grading.service.inbox import HandIn, Inbox, QuotaUsed
from hwlib.grading.service.serve import token_table
from hwlib.grading.service.tokens import Tokens

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog

httpx = needs.module("httpx")

NOW = datetime(2027, 2, 1, 12, tzinfo=UTC)
XSS = "<script>alert(1)</script>"


# ---- the queue -----------------------------------------------------------------------------------


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "hand-ins", quota=3)


def add(
    inbox: Inbox, content: str, student: str = "ada", minutes: float = 0, **more: Any
) -> HandIn:
    now = NOW + timedelta(minutes=minutes)
    return inbox.add(student, "tiny", {"tiny.ipynb": content.encode()}, now=now, **more)


def finish(inbox: Inbox) -> HandIn:
    one = inbox.next(0)
    assert one is not None
    inbox.done(one, 1.0, 2.0, "<p>good</p>")
    return one


def test_the_same_files_again_are_the_same_hand_in_and_are_graded_once(inbox: Inbox) -> None:
    first = add(inbox, "a")
    assert add(inbox, "a", minutes=1) == first
    assert finish(inbox) == HandIn(**{**vars_of(first), "state": "grading"})
    again = add(inbox, "a", minutes=2)
    assert (again.number, again.state, again.score) == (first.number, "done", 1.0)
    assert inbox.next(0) is None
    assert add(inbox, "a", "bob").number != first.number  # another student's own


def vars_of(one: HandIn) -> dict[str, Any]:
    return {name: getattr(one, name) for name in HandIn.__slots__}


def test_an_earlier_version_that_is_handed_in_again_counts_as_the_latest(inbox: Inbox) -> None:
    first, second = add(inbox, "a"), add(inbox, "b", minutes=1)
    finish(inbox)
    finish(inbox)
    assert inbox.is_latest(second)
    again = add(inbox, "a", minutes=2)
    assert (again.number, again.state) == (first.number, "waiting")
    assert inbox.is_latest(again)


def test_a_student_who_hands_in_too_often_is_told_when_to_come_back(inbox: Inbox) -> None:
    for number in range(3):
        add(inbox, str(number), minutes=number)
        finish(inbox)
    with pytest.raises(QuotaUsed, match=r"3 times within 24 hours.*again in 24 hours") as caught:
        add(inbox, "more", minutes=30)
    assert caught.value.retry_s == 24 * 3600 - 30 * 60
    add(inbox, "0", "bob", minutes=30)  # a quota of each student's own
    assert add(inbox, "more", minutes=24 * 60 + 1).state == "waiting"


def test_hand_ins_by_turns_count_each_time_also_after_a_restart(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, quota=4)
    for number in range(4):
        add(inbox, "ab"[number % 2], minutes=number)
        finish(inbox)
        add(inbox, "ab"[number % 2], minutes=number + 0.5)  # the latest one's files again
        inbox = Inbox(tmp_path, quota=4)
    with pytest.raises(QuotaUsed, match="4 times within 24 hours"):
        add(inbox, "a", minutes=30)
    next_day = add(inbox, "a", minutes=24 * 60 + 1)
    assert next_day.earlier == ((NOW + timedelta(minutes=2)).isoformat(),)


def test_a_student_who_floods_the_queue_does_not_hold_up_the_others(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, quota=100)
    for number in range(3):
        add(inbox, str(number), minutes=number)
    with pytest.raises(QuotaUsed, match="still waiting"):
        add(inbox, "more", minutes=4)
    add(inbox, "x", "bob", minutes=5)
    first, second = inbox.next(0), inbox.next(0)
    assert first is not None and second is not None
    assert (first.student, second.student) == ("ada", "bob")  # ada's others wait for her first
    assert inbox.next(0) is None


def test_the_queue_survives_a_restart(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, quota=9)
    add(inbox, "a")
    finish(inbox)
    add(inbox, "b", minutes=1, problems=("x was left out",))
    begun = inbox.next(0)
    add(inbox, "c", minutes=2)
    (tmp_path / "half" / "files").mkdir(parents=True)  # killed while it took this one
    again = Inbox(tmp_path, quota=9)
    assert [(one.state, one.problems) for one in again.of("ada")] == [
        ("waiting", ()),
        ("waiting", ("x was left out",)),
        ("done", ()),
    ]
    now = again.next(0)
    assert begun is not None and now is not None and now.number == begun.number
    assert again.files(now) == {"tiny.ipynb": b"b"}
    assert again.page(again.of("ada")[-1]) == "<p>good</p>"


def test_of_what_can_not_be_written_nothing_stays(inbox: Inbox) -> None:
    first = add(inbox, "a")
    with pytest.raises(OSError, match="name too long"):
        inbox.add("ada", "tiny", {"tiny.ipynb": b"b", "x" * 300: b""})
    assert inbox.of("ada") == [first]
    assert [path.name for path in inbox.folder.iterdir()] == [first.number]


def test_only_whose_hand_in_it_is_finds_it(inbox: Inbox) -> None:
    one = add(inbox, "a")
    assert inbox.find(one.number, "ada") == one
    assert inbox.find(one.number, "bob") is None
    assert inbox.find("../../etc", "ada") is None


# ---- tokens --------------------------------------------------------------------------------------


def test_a_token_is_one_students_and_lasts_as_long_as_the_secret(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "serve" / "secret")
    assert (tmp_path / "serve" / "secret").stat().st_mode & 0o777 == 0o600
    token = tokens.of("Zoë")
    assert re.fullmatch("[0-9a-f]{32}", token)
    assert Tokens(tmp_path / "serve" / "secret").is_right("Zoë", token)
    for student, wrong in (("ada", token), ("Zoë", ""), ("Zoë", token[:-1]), ("Zoë", "é" * 32)):
        assert not tokens.is_right(student, wrong)
    assert not Tokens(tmp_path / "other").is_right("Zoë", token)
    (tmp_path / "short").write_text("")
    with pytest.raises(CourseError, match="remove the file"):
        Tokens(tmp_path / "short")


# ---- a drop folder -------------------------------------------------------------------------------


def test_a_token_that_would_never_work_is_not_given_out(tmp_path: Path) -> None:
    course, roster = make_tiny(tmp_path).course, tmp_path / "roster.csv"
    places = Places(tmp_path / "submitted", tmp_path)
    roster.write_text("id,name\nada,Ada\n2024/17,Bob\n")
    with pytest.raises(CourseError, match="'2024/17': such an id can't be the name of a folder"):
        token_table(course, places, roster)
    roster.write_text("id,name\nada,Ada\nbob,Bob\n")
    assert [line.split(",")[0] for line in token_table(course, places, roster).split()] == [
        "student",
        "ada",
        "bob",
    ]


def test_a_drop_folder_takes_what_no_longer_grows_and_says_why_it_refuses(tmp_path: Path) -> None:
    course = make_tiny(tmp_path / "course").course
    inbox, said = Inbox(tmp_path / "inbox", quota=9), list[str]()
    folder = tmp_path / "drop"
    drop = DropFolder(folder, course, inbox, 10_000, said.append)
    (folder / "ada-tiny.ipynb").write_text("{}")
    (folder / "bob-tiny.zip").write_bytes(zipped({"tiny.ipynb": NOTEBOOK, "../../evil": b"x"}))
    (folder / "pdf-tiny.zip").write_bytes(zipped({"tiny.ipynb": b"%PDF-1.4"}))
    (folder / "eve-tiny.zip").write_bytes(b"no zip")
    (folder / "big-tiny.ipynb").write_bytes(b"x" * 10_001)
    (folder / "link-tiny.ipynb").symlink_to("/etc/passwd")
    for path in folder.iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)
    (folder / "nobody.zip").write_bytes(zipped({"tiny.ipynb": b"{}"}))
    (folder / "a\\b-tiny.zip").write_bytes(zipped({"tiny.ipynb": b"{}"}))
    (folder / "slow-tiny.ipynb").write_bytes(NOTEBOOK[:20])  # the network pauses
    drop.look()
    assert not inbox.of("ada")
    (folder / "ada-tiny.ipynb").write_bytes(NOTEBOOK)  # it grows
    drop.look()
    assert not inbox.of("ada")
    drop.look()
    assert [inbox.files(one) for one in inbox.of("ada")] == [{"tiny.ipynb": NOTEBOOK}]
    (bob,) = inbox.of("bob")
    assert inbox.files(bob) == {"tiny.ipynb": NOTEBOOK}
    assert "evil" in bob.problems[0]
    assert not inbox.of("link") and (folder / "link-tiny.ipynb").is_symlink()
    refused = {path.name: path.read_text() for path in (folder / "refused").glob("*.txt")}
    assert {name: text[:20] for name, text in refused.items()} == {
        "nobody.zip.txt": "its name does not te",
        "a\\b-tiny.zip.txt": "its name does not te",
        "eve-tiny.zip.txt": "there is no notebook",
        "big-tiny.ipynb.txt": "big-tiny.ipynb: larg",
        "pdf-tiny.zip.txt": "tiny.ipynb: not a no",
    }
    assert len(said) == 5
    finish(inbox)
    (folder / "slow-tiny.ipynb").write_bytes(NOTEBOOK)
    drop.look()
    drop.look()
    assert [inbox.files(one) for one in inbox.of("slow")] == [{"tiny.ipynb": NOTEBOOK}]
    (page,) = (folder / "feedback").glob("*/tiny/*.html")
    assert page.read_text() == "<p>good</p>"


def test_no_file_that_others_put_there_ends_the_drop_folder(tmp_path: Path) -> None:
    course = make_tiny(tmp_path / "course").course
    inbox, said = Inbox(tmp_path / "inbox", quota=9), list[str]()
    folder, elsewhere = tmp_path / "drop", tmp_path / "elsewhere"
    drop = DropFolder(folder, course, inbox, 10_000, said.append)
    elsewhere.mkdir()
    for name in ("x" * 251, "é" * 125):
        bad = folder / f"{name}.zip"
        bad.write_bytes(b"no zip")
        os.utime(bad, (0, 0))  # long enough ago that nobody writes it any more
    (folder / "feedback" / "bob").write_text("a file where a folder should be")
    (folder / "feedback" / "eve").symlink_to(elsewhere)
    for student in ("ada", "bob", "eve"):
        (folder / f"{student}-tiny.ipynb").write_bytes(NOTEBOOK)
    for _ in range(3):
        drop.look()
    assert len([*(folder / "refused").glob("*.zip")]) == 2
    assert len([*(folder / "taken").iterdir()]) == 3
    for _ in range(3):
        finish(inbox)
    drop.look()
    drop.look()
    assert len([*(folder / "feedback" / "ada").rglob("*.html")]) == 1
    assert not [*elsewhere.iterdir()]
    complaints = [line for line in said if line.endswith("it will be tried again")]
    assert [line.partition(":")[0] for line in complaints] == ["bob", "eve"]
    (folder / "feedback" / "bob").unlink()
    drop.look()
    assert len([*(folder / "feedback" / "bob").rglob("*.html")]) == 1
    bad = folder / "ada-tiny.zip"
    bad.write_bytes(b"no zip")
    os.utime(bad, (0, 0))
    (folder / "refused").rename(folder / "gone")
    (folder / "refused").symlink_to(elsewhere)
    drop.look()
    drop.look()
    assert "ada-tiny.zip: there is a symbolic link" in said[-1]
    assert not [*elsewhere.iterdir()]


NOTEBOOK = b'{"nbformat": 4, "cells": []}'


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


# ---- the real server -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Service:
    """A server in a process of its own."""

    course: Course
    address: str
    process: subprocess.Popen[str]
    tokens: Tokens

    def client(self, student: str, **more: Any) -> Any:
        auth = httpx.BasicAuth(student.encode(), self.tokens.of(student))
        return httpx.Client(base_url=self.address, auth=auth, timeout=60, **more)

    def graded(self, client: Any, number: str) -> dict[str, Any]:
        deadline = time.monotonic() + 120
        while (found := client.get(f"/hand-ins/{number}").json())["state"] in (
            "waiting",
            "grading",
        ):
            assert time.monotonic() < deadline, found
            time.sleep(0.2)
        return dict(found)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    for name in ("starlette", "uvicorn", "python_multipart"):
        needs.module(name)
    course = make_tiny(tmp_path_factory.mktemp("served")).course
    options = ("--port", "0", "--quota", "6", "--max-mb", "1", "--jobs", "1")
    process = subprocess.Popen(
        [sys.executable, "-m", "hwlib.cli", "serve", *options],
        cwd=course.root,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/", line)
    assert found, line
    yield Service(course, found[0], process, Tokens(course.root / ".hw" / "serve" / "secret"))
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) in (0, 130, -signal.SIGINT)
    process.stdout.close()


@needs.linux
def test_a_hand_in_is_graded_once_and_its_feedback_given_back(service: Service) -> None:
    notebook = nbformat.writes(solved(service.course.assignment("tiny"))).encode()
    with service.client("ada") as client:
        taken = client.post("/hand-ins/tiny", content=notebook)
        assert taken.status_code == 202, taken.text
        number = taken.json()["number"]
        graded = service.graded(client, number)
        assert (graded["state"], graded["score"], graded["max_score"]) == ("done", 8.0, 10.0)
        page = client.get(graded["feedback"])
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert "Doubling" in page.text and "4242" not in page.text
        again = client.post("/hand-ins/tiny", content=notebook).json()
        assert (again["number"], again["state"]) == (number, "done")
    root = service.course.root
    assert (root / "submitted" / "ada" / "tiny" / "tiny.ipynb").read_bytes() == notebook
    assert page.text == (root / "feedback" / "ada" / "tiny" / "tiny.html").read_text()
    assert len((root / ".hw" / "tiny" / "isolated" / "seeds").read_text().splitlines()) == 1
    with service.client("eve") as other:
        assert other.get(f"/hand-ins/{number}").status_code == 404
        assert other.get(f"/hand-ins/{number}/feedback").status_code == 404


@needs.linux
def test_a_form_takes_a_zip_and_shows_hostile_names_as_text(service: Service) -> None:
    half = nbformat.writes(
        solved(service.course.assignment("tiny"), solution_half="def half(x):\n    return x\n")
    )
    content = zipped({"tiny.ipynb": half.encode(), f"../{XSS}.txt": b"x", "/etc/passwd": b"x"})
    with service.client("bob", headers={"accept": "text/html"}) as client:
        home = client.get("/").text
        assert 'action="/hand-ins/tiny"' in home
        answer = client.post("/hand-ins/tiny", files={"file": (f"../{XSS}.zip", content)})
        assert answer.status_code == 303
        place = answer.headers["location"]
        page = client.get(place).text
        assert XSS not in page and "left out" in page
        number = place.rpartition("/")[2]
        with service.client("bob") as plain:
            assert service.graded(plain, number)["score"] == 4.0
        assert "4 of 10 points" in client.get(place).text
        assert f"/hand-ins/{number}/feedback" in client.get("/").text
    folder = service.course.root / "submitted" / "bob" / "tiny"
    assert {path.name for path in folder.iterdir()} == {"tiny.ipynb", "timestamp.txt"}


@needs.linux
def test_in_a_browser_a_student_hands_in_waits_and_reads_the_feedback(
    service: Service, browser: Browser, tmp_path: Path
) -> None:
    evil = "<img src=x onerror=document.title='owned'>"
    code = f"print({evil!r})\ndef half(x):\n    raise ValueError({evil!r})\n"
    handed_in = tmp_path / "tiny.zip"
    notebook = nbformat.writes(solved(service.course.assignment("tiny"), solution_half=code))
    handed_in.write_bytes(zipped({"tiny.ipynb": notebook.encode(), f"../{evil}.txt": b"x"}))
    student = f"zoe {evil}"
    page = browser.new_page(
        viewport={"width": 360, "height": 700},
        http_credentials={"username": student, "password": service.tokens.of(student)},
    )
    seen: list[str] = []

    def note(dialog: Dialog) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)

    def look(name: str) -> str:
        """What the page says; it fits a phone, and nothing on it is more than text."""
        page.screenshot(path=str(tmp_path / f"{name}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        assert page.locator("img[onerror], script").count() == 0, name
        assert page.title() != "owned", name
        return page.inner_text("body")

    page.goto(service.address)
    assert f"You are {student}." in look("home")
    page.set_input_files("input[type=file]", handed_in)
    page.click("button")
    assert f"{evil}.txt was left out" in look("queue")
    page.get_by_text("4 of 10 points").wait_for(timeout=120_000)  # the page looks again by itself
    look("graded")
    page.get_by_text("Read the feedback").click()
    feedback = look("feedback")
    assert f"ValueError: {evil}" in feedback
    assert page.goto(service.address) is not None
    assert "4 of 10" in look("home again")
    assert seen == []
    page.close()


def test_nobody_gets_in_without_the_right_token(service: Service) -> None:
    right = service.tokens.of("ada")
    for user, password in (("ada", "x"), ("", right), ("bob", right), ("../ada", right)):
        answer = httpx.get(service.address, auth=(user, password))
        assert (answer.status_code, "Basic" in answer.headers["www-authenticate"]) == (401, True)
    for header in ("", "Bearer x", "Basic", "Basic é".encode(), "Basic !!!!", "Basic /////w=="):
        assert httpx.get(service.address, headers={"authorization": header}).status_code == 401
    odd = "../ada"  # a right token of a name that leads elsewhere
    with service.client(odd) as client:
        assert client.get("/").status_code == 401


def test_what_is_no_hand_in_is_refused_with_a_sentence(service: Service) -> None:
    with service.client("kim") as client:
        for slug in ("nothing", "..%2f..%2fetc", "%00"):
            assert client.post(f"/hand-ins/{slug}", content=b"{}").status_code == 404
        assert "empty" in client.post("/hand-ins/tiny", content=b"").json()["error"]
        no_notebook = client.post("/hand-ins/tiny", content=zipped({"a.txt": b"x"}))
        assert no_notebook.status_code == 400
        assert "There is no notebook in this zip" in no_notebook.json()["error"]
        for content in (b"hello", b"{}", zipped({"tiny.ipynb": b"%PDF-1.4"})):
            refused = client.post("/hand-ins/tiny", content=content)
            assert refused.status_code == 400 and "tiny.ipynb: " in refused.json()["error"]
        broken = client.post("/hand-ins/tiny", content=b"PK\x03\x04 and then nothing")
        assert broken.status_code == 400 and "cannot open this zip" in broken.json()["error"]
        assert client.post("/hand-ins/tiny", files={"other": b"x"}).status_code == 400
        elsewhere = {"origin": "https://elsewhere.example"}
        assert client.post("/hand-ins/tiny", content=b"{}", headers=elsewhere).status_code == 403
        assert client.get("/hand-ins/0123").status_code == 404
        assert client.get("/.hw/serve/secret").status_code == 404


@needs.linux
def test_what_is_no_notebook_does_not_replace_an_earlier_hand_in(service: Service) -> None:
    notebook = nbformat.writes(solved(service.course.assignment("tiny"))).encode()
    with service.client("lea") as client:
        number = client.post("/hand-ins/tiny", content=notebook).json()["number"]
        assert service.graded(client, number)["score"] == 8.0
        refused = client.post("/hand-ins/tiny", content=notebook[:2000])
        assert refused.status_code == 400 and "truncated" in refused.json()["error"]
        assert client.get("/").text.count("/feedback") == 1
    place = service.course.root / "submitted" / "lea" / "tiny" / "tiny.ipynb"
    assert place.read_bytes() == notebook


@needs.linux
def test_what_only_the_grader_can_not_read_has_no_points_and_says_so(service: Service) -> None:
    cells = b",".join([b"[]"] * 1_000_001)  # too much to be looked at while it arrives
    heavy = zipped({"tiny.ipynb": b'{"nbformat": 4, "cells": [' + cells + b"]}"})
    with service.client("mia") as client:
        number = client.post("/hand-ins/tiny", content=heavy).json()["number"]
        graded = service.graded(client, number)
        assert (graded["state"], graded["score"]) == ("done", None)
        page = client.get(f"/hand-ins/{number}", headers={"accept": "text/html"}).text
        assert "It could not be read, so it is not graded yet." in page
        assert "not read" in client.get("/").text


def test_what_is_too_large_is_refused_while_it_arrives(service: Service) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 100_000

    with service.client("kim") as client:
        large = client.post("/hand-ins/tiny", content=b"x" * 2_000_000)
        assert large.status_code == 413 and "1 MB" in large.json()["error"]
        try:
            status = client.post("/hand-ins/tiny", content=endless()).status_code
        except httpx.TransportError:  # it hung up
            status = 413
        assert status == 413
        many = {f"{number}.txt": b"x" for number in range(250)}
        bomb = zipped({"tiny.ipynb": NOTEBOOK, "0.bin": b"\0" * 101_000_000, **many})
        assert len(bomb) < 1_000_000
        taken = client.post("/hand-ins/tiny", content=bomb)
        assert taken.status_code == 202
        left_out = " ".join(taken.json()["problems"])
        assert "0.bin was left out: larger than 100 MB" in left_out
        assert "240.txt was left out: too many files" in left_out


def test_a_student_who_hands_in_again_and_again_is_told_to_wait(service: Service) -> None:
    with service.client("ned") as client:
        answers = [client.post("/hand-ins/tiny", content=NOTEBOOK + b" " * n) for n in range(9)]
    refused = [one for one in answers if one.status_code == 429]
    assert refused and int(refused[-1].headers["retry-after"]) > 0
    assert "again" in refused[-1].json()["error"]


def test_it_listens_at_this_machine_only_unless_told(service: Service) -> None:
    port = int(service.address.rstrip("/").rpartition(":")[2])
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]


# ---- connections that take their time ------------------------------------------------------------


@contextmanager
def served(tmp_path: Path, clocks: dict[str, float], most: int = 4) -> Iterator[tuple[Any, Inbox]]:
    """A server in a thread, and how to open a connection to it."""
    needs.module("uvicorn")
    from hwlib.grading.service.connections import Clocks, web_server
    from hwlib.grading.service.web import application

    inbox = Inbox(tmp_path / "hand-ins", quota=99)
    app = application(make_tiny(tmp_path).course, inbox, Tokens(tmp_path / "secret"), 9_000_000)
    server, listening = web_server(app, "127.0.0.1", 0, Clocks(**clocks), most)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:  # only then does it listen
        assert thread.is_alive()
        time.sleep(0.01)
    with ExitStack() as stack:

        def connect(sent: bytes = b"") -> socket.socket:
            one = stack.enter_context(socket.create_connection(listening.getsockname(), 10))
            one.sendall(sent)
            return one

        yield connect, inbox
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def request_of(student: str, folder: Path, method: str, more: str = "") -> bytes:
    """The begin of a request to hand in, or of one for the page."""
    token = b64encode(f"{student}:{Tokens(folder / 'secret').of(student)}".encode()).decode()
    path = "/hand-ins/tiny" if method == "POST" else "/"
    return f"{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {token}\r\n{more}".encode()


def drip(one: socket.socket, pieces: bytes) -> bytes:
    """Send a byte now and then until the server hangs up; what it has said."""
    said = b""
    one.settimeout(0.02)
    for byte in pieces:
        try:
            one.sendall(bytes([byte]))
            piece = one.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return said
        if not piece:
            return said
        said += piece
    pytest.fail("the server would wait for ever")


def test_a_request_that_never_ends_is_ended(tmp_path: Path) -> None:
    with served(tmp_path, {"headers_s": 0.3, "request_s": 0.6}, most=9) as (connect, _):
        body = request_of("ada", tmp_path, "POST", "content-length: 5000\r\n\r\n")
        stranger = b"POST /hand-ins/tiny HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n"
        begun = time.monotonic()
        assert has_ended(connect())  # says nothing
        assert drip(connect(), b"GET / HTTP/1.1\r\nx: " + b"y" * 999) == b""
        assert drip(connect(body), b"x" * 999) == b""
        assert b" 401 " in drip(connect(stranger), b"x" * 999)  # has its answer and goes on
        assert b" 401 " in drip(connect(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"), b"GET /" * 99)
        assert time.monotonic() - begun < 15


def test_who_waits_makes_room_for_who_asks(tmp_path: Path) -> None:
    with served(tmp_path, {}) as (connect, _):
        idle = [connect(b"GET / HTTP/1.1\r\n") for _ in range(30)]
        asked = connect(request_of("ada", tmp_path, "GET", "connection: close\r\n\r\n"))
        assert b" 200 " in asked.recv(65536)
        assert has_ended(idle[0])
        busy = [
            connect(request_of(name, tmp_path, "POST", "content-length: 9\r\n\r\n"))
            for name in ("ada", "bob", "kim", "lea")
        ]
        time.sleep(0.2)
        refused = connect(request_of("mia", tmp_path, "GET", "\r\n"))
        assert b" 503 " in refused.recv(65536)
        busy[0].sendall(b"not a zip")
        assert b" 400 " in busy[0].recv(65536)  # who was busy is not cut off


def test_one_student_does_not_take_all_connections(tmp_path: Path) -> None:
    with served(tmp_path, {}, most=50) as (connect, _):
        post = request_of("ada", tmp_path, "POST", "content-length: 9\r\n\r\n")
        held = [connect(post) for _ in range(8)]
        time.sleep(0.2)
        refused = connect(post).recv(65536)
        assert b" 429 " in refused and b"retry-after" in refused.lower()
        other = connect(request_of("bob", tmp_path, "GET", "\r\n"))
        assert b" 200 " in other.recv(65536)
        for one in held:
            one.close()
        time.sleep(0.2)
        assert b" 200 " in connect(request_of("ada", tmp_path, "GET", "\r\n")).recv(65536)


def test_an_answer_that_nobody_reads_is_dropped_and_a_slow_reader_gets_it(tmp_path: Path) -> None:
    length = 20_000_000  # more than the kernel keeps for a connection

    def page(inbox: Inbox, folder: Path) -> bytes:
        one = add(inbox, "a")
        inbox.next(0)
        inbox.done(one, 1.0, 2.0, "x" * length)
        get = request_of("ada", folder, "GET", "\r\n")
        return get.replace(b"GET / ", f"GET /hand-ins/{one.number}/feedback ".encode())

    never = {"headers_s": 0.2, "request_s": 0.5}
    with served(tmp_path / "never", never) as (connect, inbox):
        reader = connect(page(inbox, tmp_path / "never"))
        time.sleep(1)
        arrived = read_on(reader, length)
        assert arrived < length
    slow = {"headers_s": 0.2, "request_s": 60.0}
    with served(tmp_path / "slow", slow) as (connect, inbox):
        reader = connect(page(inbox, tmp_path / "slow"))
        time.sleep(0.6)
        assert read_on(reader, length) >= length


def read_on(one: socket.socket, length: int) -> int:
    """How many bytes arrive until there are so many, or the server has hung up."""
    arrived = 0
    with suppress(OSError):
        while arrived < length and (piece := one.recv(1_000_000)):
            arrived += len(piece)
    return arrived


def has_ended(one: socket.socket) -> bool:
    """Whether the server hangs up without a word."""
    try:
        return one.recv(9) == b""
    except ConnectionResetError:  # it had not read all
        return True
