"""Grading by otter-grader: `otter run` for each submission.

It runs student code and tests in one kernel, so its results can be forged. Use it to compare.
hwlib's plugin in the zip repairs damaged notebooks and puts the checks in their places.
"""

from __future__ import annotations

import json
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import nbformat

from hwlib.errors import SubmissionError
from hwlib.grading.answer_key import AnswerKey, KeyCell, load_key, released_sources
from hwlib.grading.cells import one_line
from hwlib.grading.course import Assignment
from hwlib.grading.engines.otter_runner import OtterJob, OtterRunner
from hwlib.grading.engines.otter_zip import generated_zip, plain_name
from hwlib.grading.engines.pool import default_jobs
from hwlib.grading.engines.several import graded_in_turn
from hwlib.grading.engines.test_sets import fetch_test_sets
from hwlib.grading.engines.verdicts import is_answered
from hwlib.grading.engines.words import ANSWER_WAITS, NO_ANSWER, UNREADABLE, cannot_run
from hwlib.grading.parts import parts_of
from hwlib.grading.results import (
    Outcome,
    PartResult,
    QuestionResult,
    QuestionStatus,
    SubmissionResult,
)
from hwlib.grading.submissions.beside import copy_files
from hwlib.grading.submissions.files import FoundSubmission, read_found
from hwlib.grading.submissions.repair import RepairedSubmission, repair

__all__ = ["grade_with_otter"]

START_S = 60.0  # for Python, otter and the kernel, in addition to the submission's time
STATUSES: dict[str, QuestionStatus] = {
    "Failed": "failed",
    "Missing": "missing",
    "Timeout": "timeout",
    "Waits": "manual",
}
ENDED = "The process that ran your code ended, so nothing after it was graded."
SLOW = "Your code took too long: is there a loop that never ends, or one that you can avoid?"


def grade_with_otter(
    assignment: Assignment,
    submissions: Iterable[FoundSubmission],
    *,
    seed: int,
    jobs: int | None = None,
) -> Iterator[tuple[FoundSubmission, Outcome]]:
    """Grade submissions, each by a process of otter's. Each gives one outcome, in the order given.

    Parameters
    ----------
    assignment : Assignment
    submissions : iterable of FoundSubmission
    seed : int
        Makes the random inputs of tests repeatable (`hwlib.checks.rng`).
    jobs : int, optional
        Number of submissions to grade at the same time. The default is one per core.

    Raises
    ------
    MissingExtra
        If otter-grader is not installed.
    """
    if assignment.has_several:
        yield from graded_in_turn(
            grade_with_otter, assignment, list(submissions), seed=seed, jobs=jobs
        )
        return
    key = load_key(assignment)
    files = generated_zip(assignment)
    fetch_test_sets(assignment)
    with tempfile.TemporaryDirectory(prefix="hw-otter-") as name:
        folder = Path(name).resolve()
        archive = folder / "autograder.zip"
        _pack(archive, files)
        count = jobs or default_jobs(assignment)
        free: SimpleQueue[OtterRunner] = SimpleQueue()

        def graded(one: tuple[int, FoundSubmission]) -> tuple[FoundSubmission, Outcome]:
            place, runner = folder / str(one[0]), free.get()
            try:
                place.mkdir()
                return one[1], _grade_one(assignment, key, one[1], archive, place, seed, runner)
            finally:
                free.put(runner)

        with ExitStack() as stack:
            for _ in range(count):
                free.put(stack.enter_context(OtterRunner()))
            pool = stack.enter_context(ThreadPoolExecutor(count))
            yield from pool.map(graded, enumerate(submissions))


def _grade_one(
    assignment: Assignment,
    key: AnswerKey,
    submission: FoundSubmission,
    archive: Path,
    place: Path,
    seed: int,
    runner: OtterRunner,
) -> Outcome:
    started = time.monotonic()
    odd: list[str] = []
    try:
        notebook = read_found(submission, odd)
    except SubmissionError as error:
        said = str(error)
        problems = tuple(dict.fromkeys((*submission.problems, said)))
        questions = key.all_questions("missing", UNREADABLE)
        rejected = SubmissionResult(submission.student, "rejected", questions, problems)
        return Outcome(rejected, None)
    released = released_sources(assignment)
    repaired = repair(notebook, key, released)
    left_out = copy_files(submission.folder, place / "files", submission.only)
    (place / "files").mkdir(exist_ok=True)
    nbformat.write(notebook, place / "files" / f"{key.slug}.ipynb")
    _pack(
        place / "submission.zip",
        {
            path.relative_to(place / "files").as_posix(): path.read_bytes()
            for path in (place / "files").rglob("*")
            if path.is_file()
        },
    )
    tests, timed_out = _run(assignment, archive, place, seed, runner)
    questions = tuple(
        _question(cell, tests, repaired, released, timed_out) for cell in key.questions
    )
    waits = any(question.status == "manual" for question in questions)
    result = SubmissionResult(
        submission.student,
        "needs_manual" if waits else "graded",
        questions,
        (*submission.problems, *odd, *repaired.problems, *left_out),
        time.monotonic() - started,
    )
    return Outcome(result, repaired.as_notebook())


def _run(
    assignment: Assignment, archive: Path, place: Path, seed: int, runner: OtterRunner
) -> tuple[Mapping[str, Any] | None, bool]:
    """What otter found in place/submission.zip, and whether its time was up.

    A run that leaves no results is repeated once: not only student code can end a kernel, its
    ports may be taken by another program as well.
    """
    limit_s = assignment.limits.submission_s + START_S
    for name in ("run", "again"):
        folder = place / name
        folder.mkdir()
        job = OtterJob(
            archive=str(archive),
            submission=str(place / "submission.zip"),
            place=str(folder),
            seed=seed,
            limit_s=limit_s,
            memory_mb=assignment.limits.memory_mb,
        )
        timed_out = runner.run(job)
        tests = _results(folder)
        if tests or timed_out:
            break
    return tests, timed_out


def _results(place: Path) -> Mapping[str, Any] | None:
    """Question's test → its entry in otter's results.json; None without results."""
    try:
        values = json.loads((place / "results.json").read_text(encoding="utf-8"))
        return {str(test["name"]): test for test in values["tests"] if "score" in test}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _question(
    cell: KeyCell,
    tests: Mapping[str, Any] | None,
    repaired: RepairedSubmission,
    released: dict[str, str],
    timed_out: bool,
) -> QuestionResult:
    points = 0.0
    status: QuestionStatus
    parts: tuple[PartResult, ...] = ()
    if cell.by_hand:
        answered = is_answered(cell, repaired, released)
        status, message = ("manual", ANSWER_WAITS) if answered else ("missing", NO_ANSWER)
    elif not tests:
        status, message = ("timeout", SLOW) if timed_out else ("crashed", ENDED)
    else:
        points, status, message, parts = _verdict(cell, tests)
    return QuestionResult(
        cell.name,
        cell.title,
        points,
        cell.points,
        status,
        message,
        parts=parts,
        trust="shared",
        extra_credit=cell.extra_credit,
    )


def _verdict(
    cell: KeyCell, tests: Mapping[str, Any]
) -> tuple[float, QuestionStatus, str, tuple[PartResult, ...]]:
    """Points, status, message and parts of a question, from the entry of its test."""
    found = next((one for name, one in tests.items() if _is_of(name, cell)), None)
    if found is None:
        return 0.0, "manual", cannot_run("otter did not run it"), ()
    points = min(max(0.0, float(found["score"])), cell.points)
    output = str(found.get("output", ""))
    said = _said(output)
    if said and said[0][0] == "manual":
        return 0.0, *said[0], ()
    parts = _parts(cell, output, points)
    lost = [part for part in parts if part.status != "passed"]
    if points >= cell.points and "result:" not in output:
        return points, "passed", "", parts
    if points > 0 and lost:
        return points, lost[0].status, f"{lost[0].name}: {lost[0].message}", parts
    if points > 0:
        return points, "passed", f"You get {points / cell.points:.0%} of the points.", parts
    if said:
        return 0.0, *said[0], parts
    return (0.0, "failed", "A check failed.", parts) if cell.points else (0.0, "passed", "", parts)


def _said(output: str) -> list[tuple[QuestionStatus, str]]:
    """What failed cases say, in order; if one waits for a human, all do, so that one is first."""
    told = [line.strip().partition(": ") for line in output.splitlines()]
    said = [(STATUSES[kind], one_line(text, 600)) for kind, colon, text in told if kind in STATUSES]
    return sorted(said, key=lambda one: one[0] != "manual")


def _parts(cell: KeyCell, output: str, points: float) -> tuple[PartResult, ...]:
    """The verdicts on the parts of a question, each of which is a case of otter's; () if what otter
    tells of them does not add up to the points.
    """
    titles = {f"{cell.name}: {part.name} result:": part for part in parts_of(cell.source)}
    cases: dict[str, list[str]] = {"": []}  # part → what its case says, "" for all other cases
    current = cases[""]
    for line in output.splitlines():
        if line.strip().endswith(" result:"):
            part = titles.get(line.strip())
            current = cases.setdefault(part.name if part else "", [])
        current.append(line)
    between = _said("\n".join(cases[""]))  # an error outside all parts costs all of them
    results = []
    for part in titles.values():
        said = between or _said("\n".join(cases.get(part.name, [])))
        status, message = said[0] if said else ("passed", "")
        earned = 0.0 if said else part.points
        results.append(PartResult(part.name, earned, part.points, status, message))
    adds_up = abs(sum(part.points for part in results) - points) < 1e-4  # otter rounds to 5 digits
    return tuple(results) if adds_up else ()


def _is_of(test: str, cell: KeyCell) -> bool:
    return test.partition("_")[2] == plain_name(cell.name)


def _pack(target: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
