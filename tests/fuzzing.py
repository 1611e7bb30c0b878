"""Random and mutated input for the parts of the grader that read what strangers wrote.

`fuzz_frames` sends messages to the judge's end of the wire, `fuzz_notebooks` reads and repairs
notebooks, and `fuzz_class` grades a class of them. `tools/fuzz.py` runs them with large numbers.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import random
import resource
import signal
import socket
import struct
import time
import warnings
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from courses import make_tiny

from hwlib.errors import CannotCheck, NameMissing, StudentRaised, SubmissionError, WorkerLost
from hwlib.grading.answer_key import load_key, released_sources
from hwlib.grading.course import Assignment
from hwlib.grading.engines.standins import Session
from hwlib.grading.grade import GradeOptions, grade_assignment
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.sandbox.codec import Encoder
from hwlib.grading.sandbox.objects import Objects
from hwlib.grading.submissions.reading import read_notebook
from hwlib.grading.submissions.repair import repair

__all__ = ["Findings", "fuzz_class", "fuzz_frames", "fuzz_notebooks", "mutated_notebook"]

MAX_FRAME = 150_000  # bytes: what a socket takes while nobody reads
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 2**31, 2**63, -(2**63), 2**70, 10**400, 1e308, 0.5, "", "x" * 300),
    *([], {}, [[]], {"t": "array"}, {"t": "ref", "id": 0}, "\ud800", "\x00", "<f8", "|S9", "ref"),
)
_NAMES = (
    "array text objects str int float complex tuple set frozenset dict bytes bytearray slice "
    "range ellipsis type dtype date datetime time timedelta timezone fraction decimal deque "
    "Counter OrderedDict defaultdict typed table series index absent moment tensor copy again "
    "ref sub size device callback rng"
)
TAGS = _NAMES.split()


@dataclass
class Findings:
    """What came of it: how often each end was reached, and every fault."""

    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    peak_mb: float = 0.0

    def __str__(self) -> str:
        ends = ", ".join(f"{count:,} {end}" for end, count in self.ends.most_common())
        lines = [f"{ends}; slowest {self.slowest_s:.2f} s; peak memory +{self.peak_mb:.0f} MB"]
        return "\n".join([*lines, f"{len(self.faults)} faults", *self.faults[:20]])

    def run(self, what: str, action: Callable[[], str], limit_s: int) -> None:
        """Note how one action ends; an exception that it does not expect is a fault."""
        start = time.perf_counter()
        try:
            with _at_most(limit_s):
                self.ends[action()] += 1
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            where = error.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
            self.faults.append(f"{what}: {type(error).__name__}: {str(error)[:200]} ({place})")
        self.slowest_s = max(self.slowest_s, time.perf_counter() - start)


class _TookTooLong(BaseException):
    pass


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(number: int, frame: object) -> None:
        raise _TookTooLong(f"more than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _peak(findings: Findings) -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    findings.peak_mb = (after - before) / 1024


# ---- frames --------------------------------------------------------------------------------------


class _Net:
    """A student's class, as good as any."""

    def __init__(self) -> None:
        self.weights = np.ones((2, 3))

    def __len__(self) -> int:
        return 2


class _List(list[Any]):
    pass


class _Error(ValueError):
    pass


def fuzz_frames(count: int, seed: int) -> Findings:
    """Send mutated messages of a worker to the judge's end: each is read or politely refused."""
    rng, findings = random.Random(seed), Findings()
    messages = _messages()
    _answer(_frame(*messages[0]))  # what is imported on first use
    with (
        _peak(findings),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # those that the messages tell of
        for number in range(count):
            data = _mutated_frame(rng, *rng.choice(messages))
            kept = data[:MAX_FRAME]
            findings.run(f"frame {number} of seed {seed}", partial(_answer, kept), 20)
    return findings


def _answer(data: bytes) -> str:
    """How the judge takes what a worker sends in answer to a request."""
    judge, worker = socket.socketpair()
    with judge, worker:
        worker.sendall(data)
        worker.shutdown(socket.SHUT_WR)
        ends: Any = SimpleNamespace(sock=judge, kill=int, ending=lambda: ("it ended", False))
        session = Session(ends)
        try:
            session.request("get", name="x")
        except (WorkerLost, CannotCheck, NameMissing) as error:
            return type(error).__name__
        except Exception as error:
            if isinstance(error, StudentRaised) or hasattr(error, "student_type"):
                return "StudentRaised"
            raise
    return "read"


def _messages() -> list[tuple[dict[str, Any], list[bytes]]]:
    """(header, buffers) of what a worker really sends."""
    objects, found = Objects({}), []
    values: list[Any] = [
        *(None, 1, 2.5, float("nan"), "text", "\ud800", 2**90, 1j, b"bytes", [1, [2, [3]]]),
        *((1, 2), {1: 2, "a": [3]}, {1, 2}, frozenset("ab"), slice(1, 2), range(9), ...),
        *(np.arange(6.0).reshape(2, 3), np.float32(1), np.array(["a", "bc"]), np.zeros((0, 3))),
        *(np.array([1, None], dtype=object), np.dtype("f4"), np.datetime64("2026-01-01"), int),
        *(date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), timedelta(1), Decimal("1.5")),
        *(Fraction(1, 3), deque([1], 5), Counter("abc"), defaultdict(list, {1: [2]}), bytearray(3)),
        *(pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), pd.Series([1.0], name="s")),
        *(pd.Series([1, None], dtype="Int64"), pd.Series(["a", "b"], dtype="category")),
        *(_Net(), _Net, _List([1]), _Error("wrong"), len, np.linalg.norm),
    ]
    for value in values:
        encoder = Encoder(objects.pack)
        message = {"id": 1, "value": encoder.part(value)}
        found.append((message, [bytes(one) for one in encoder.buffers]))
    encoder = Encoder(objects.pack)
    told = {"type": "_Error", "bases": ["ValueError"], "message": "m", "args": ["m"], "trace": []}
    error = {**told, "exception": _Error("m"), "cause": told}
    found.append(({"id": 1, "error": encoder.part(error)}, []))
    found.append(({"callback": 0, "args": [1], "kwargs": {"t": "dict", "v": []}}, []))
    found.append(({"input": "name?", "printed": [["stdout", "x"]]}, []))
    found.append(({"id": 1, "warned": [["UserWarning", "w"]], "unsent": "y", "value": 1}, []))
    return found


def _frame(message: Any, buffers: list[bytes], sizes: Any = None) -> bytes:
    told = [len(one) for one in buffers] if sizes is None else sizes
    header = json.dumps({"b": told, "m": message}).encode()
    return struct.pack(">I", len(header)) + header + b"".join(buffers)


def _mutated_frame(rng: random.Random, message: Any, buffers: list[bytes]) -> bytes:
    way = rng.randrange(8)
    if way == 0:
        return rng.randbytes(rng.randrange(200))
    if way == 1:
        return _mutated_bytes(rng, _frame(message, buffers))
    if way == 2:
        data = bytearray(_frame(message, buffers))
        data[rng.randrange(4)] ^= 1 << rng.randrange(8)
        return bytes(data)
    if way == 3:
        sizes = [_odd(rng) for _ in range(rng.randrange(4))]
        return _frame(message, buffers, sizes)
    message = copy.deepcopy(message)
    with contextlib.suppress(RecursionError):  # nested more deeply than Python copies
        for _ in range(rng.randint(1, 4)):
            message = _mutated_json(rng, message)
    if way == 4:
        buffers = [one[: rng.randint(0, len(one))] for one in buffers]
    header = json.dumps({"b": [len(one) for one in buffers], "m": message}).encode()
    if way == 5:
        header = _mutated_bytes(rng, header)
    return struct.pack(">I", len(header)) + header + b"".join(buffers)


def _mutated_bytes(rng: random.Random, data: bytes) -> bytes:
    for _ in range(rng.randint(1, 6)):
        at, size = rng.randrange(len(data) + 1), rng.randrange(12)
        part = rng.choice([b"", rng.randbytes(size), data[at : at + size] * rng.randint(2, 40)])
        data = data[:at] + part + data[at + rng.choice([0, len(part), size]) :]
    return data


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of everything in JSON-like data."""
    todo = [value]
    while todo:
        one = todo.pop()
        items = one.items() if isinstance(one, dict) else enumerate(one)
        for key, part in items:
            yield one, key
            if isinstance(part, (dict, list)):
                todo.append(part)


def _odd(rng: random.Random) -> Any:
    return copy.deepcopy(rng.choice(ODD))


def _mutated_json(rng: random.Random, data: Any) -> Any:
    """The same with one part dropped, replaced, repeated, wrapped or exchanged."""
    places = list(_places(data))
    if not places:
        return _odd(rng) if not isinstance(data, dict) else data
    container, key = rng.choice(places)
    part = container[key]
    way = rng.randrange(6)
    if way == 0:
        del container[key]
    elif way == 1:
        container[key] = _odd(rng)
    elif way == 2:
        container[key] = [copy.deepcopy(part) for _ in range(rng.choice([2, 3, 50]))]
    elif way == 3:
        for _ in range(rng.choice([1, 5, 98, 101])):
            part = [part]
        container[key] = part
    elif way == 4:
        other, place = rng.choice(places)
        container[key] = copy.deepcopy(other[place])
    elif isinstance(container, dict):
        container["t"] = rng.choice(TAGS)
    return data


# ---- notebooks -----------------------------------------------------------------------------------


def fuzz_notebooks(assignment: Assignment, count: int, seed: int) -> Findings:
    """Read and repair mutated notebooks: each is read with every question in it, or refused."""
    rng, findings = random.Random(seed), Findings()
    key, released = load_key(assignment), released_sources(assignment)
    original = json.loads(json.dumps(reference_notebook(assignment)))

    def take(text: str) -> str:
        try:
            notebook = read_notebook(text, "x.ipynb")
        except SubmissionError:
            return "refused"
        submission = repair(notebook, key, released)
        as_written = json.dumps(submission.as_notebook({}))
        assert as_written.encode()
        return "repaired" if submission.problems else "whole"

    with _peak(findings):
        for number in range(count):
            text = mutated_notebook(rng, original)
            findings.run(f"notebook {number} of seed {seed}", partial(take, text), 20)
    return findings


def mutated_notebook(rng: random.Random, original: dict[str, Any]) -> str:
    """A notebook that an editor, a student or an attacker has damaged."""
    notebook = copy.deepcopy(original)
    way = rng.randrange(5)
    if way == 0:
        text = json.dumps(notebook)
        return _mutated_bytes(rng, text.encode()).decode("utf-8", "replace")
    cells = notebook["cells"]
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(cells)) if cells else 0
        if not cells or way == 1:
            notebook = _mutated_json(rng, notebook)
            cells = notebook["cells"] if isinstance(notebook.get("cells"), list) else []
        elif way == 2:
            cells[at] = _mutated_json(rng, cells[at]) if isinstance(cells[at], dict) else cells[at]
        elif way == 3:
            cells[at:at] = rng.choice([[], [cells[-1]], cells[::-1]])
            del cells[rng.randrange(len(cells))]
        elif isinstance(cells[at], dict) and isinstance(cells[at].get("source"), str):
            source = _mutated_bytes(rng, cells[at]["source"].encode())
            cells[at]["source"] = source.decode("utf-8", "replace")
    return json.dumps(notebook)


def fuzz_class(assignment: Assignment, count: int, seed: int) -> Findings:
    """Grade a class of mutated notebooks: everyone is in the results exactly once."""
    rng, findings = random.Random(seed), Findings()
    submitted = assignment.course.root / "submitted"
    original = json.loads(json.dumps(reference_notebook(assignment)))
    names = [f"student-{number:04}" for number in range(count)]
    for name in names:
        folder = submitted / name / assignment.slug
        folder.mkdir(parents=True)
        text = mutated_notebook(rng, original)
        (folder / f"{assignment.slug}.ipynb").write_text(text, "utf-8", "surrogatepass")
    start = time.perf_counter()
    report = grade_assignment(
        assignment, submitted, assignment.course.root, options=GradeOptions(seed=seed)
    )
    findings.slowest_s = time.perf_counter() - start
    findings.ends.update(one.status for one in report.submissions)
    if sorted(one.student for one in report.submissions) != names:
        findings.faults.append("the results do not have everyone exactly once")
    findings.faults += report.failures
    for one in report.submissions:
        if not 0 <= one.score <= one.max_score:
            findings.faults.append(f"{one.student}: {one.score} of {one.max_score} points")
        if not (assignment.course.root / "feedback" / one.student / assignment.slug).is_dir():
            findings.faults.append(f"{one.student}: no feedback page")
    return findings


def course_of(root: Path) -> Assignment:
    """A small assignment in an empty folder."""
    return make_tiny(root)
