"""The submissions of an assignment whose points are compared, and the four graders."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

import hwlib
from hwlib.grading import Assignment, SubmissionResult, simulate
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Limits
from hwlib.grading.engines.apart import compute_alone
from hwlib.grading.engines.nbgrader import grade_with_nbgrader
from hwlib.grading.engines.otter import grade_with_otter
from hwlib.grading.grade import grade_many
from hwlib.grading.outlets.gradescope_simulator import Image, built_image
from hwlib.grading.outlets.gradescope_simulator import Limits as ContainerLimits
from hwlib.grading.outlets.gradescope_view import complaints, points_of
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip
from hwlib.grading.proof.variants import (
    handed_in_models,
    load_variants,
    reference_notebook,
    variant_notebook,
)
from hwlib.grading.proof.verify import hand_in
from hwlib.grading.submissions.files import FoundSubmission, find_submissions

__all__ = [
    "GRADERS",
    "Graded",
    "HandIn",
    "Points",
    "digest",
    "grade_with_all",
    "hand_ins",
    "unfinished",
]

GRADERS = ("isolated", "nbgrader", "otter", "gradescope")
LANES = (("otter", "isolated"), ("gradescope", "nbgrader"))  # two at once take about equally long
# a loop without an end need not last longer; twice as long in a second try
LIMITS = Limits(question_s=10.0, submission_s=60.0)
# for what torch needs, and faster than Gradescope: the points do not depend on it
ROOMY = ContainerLimits(minutes=20, memory_mb=4096, cores=2)

Points = dict[str, tuple[float, str]]  # question → points and status


@dataclass(frozen=True, slots=True)
class HandIn:
    """One submission, and what is known about it."""

    found: FoundSubmission
    kind: str  # reference, release, wrong, right, or a kind of a simulated class
    loses: frozenset[str] = frozenset()  # questions that a wrong solution must lose


@dataclass(frozen=True, slots=True)
class Graded:
    """What one grader gave to all submissions."""

    points: dict[str, Points]  # by submission
    seconds: float


def hand_ins(assignment: Assignment, folder: Path, students: int, seed: int) -> list[HandIn]:
    """Write the submissions of an assignment below a folder: all solutions, and a class."""
    files = handed_in_models(assignment)
    solutions = folder / "solutions"
    release = nbformat.read(assignment.release, as_version=4)
    made = [
        HandIn(
            hand_in(assignment, solutions, "reference", reference_notebook(assignment), files),
            "reference",
        ),
        HandIn(hand_in(assignment, solutions, "release", release, {}), "release"),
    ]
    for one in load_variants(assignment):
        notebook = variant_notebook(assignment, one)
        models = handed_in_models(assignment, one) if one.models else files
        found = hand_in(assignment, solutions, f"{one.kind}-{one.name}", notebook, models)
        made.append(HandIn(found, one.kind, frozenset(one.fails)))
    if students:
        known = {one.student: one for one in simulate(assignment, students, seed, folder / "class")}
        made += [
            HandIn(one, known[one.student].kind)
            for one in find_submissions(assignment, folder / "class")
        ]
    return made


def digest(assignment: Assignment) -> str:
    """A text that is another one if a file that the comparison depends on has changed: not by a
    word in the prose of a notebook.
    """
    folders = [assignment.source.parent, assignment.release.parent]
    folders += [assignment.folder / name for name in ("artifacts", "right", "wrong")]
    return _digest_of(folders, assignment.course.root)


def unfinished(assignment: Assignment, root: Path) -> Path:
    """The folder for what each grader gave, until all have graded everything.

    Another one after any change of the assignment or of hwlib.
    """
    package = Path(hwlib.__file__).parent
    return root / f"{assignment.slug}-{digest(assignment)}-{_digest_of([package], package)}"


def _digest_of(folders: Sequence[Path], root: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(f"{path.relative_to(root)}\0".encode())
            content = without_prose(path) if path.suffix == ".ipynb" else path.read_bytes()
            found.update(hashlib.sha256(content).digest())
    return found.hexdigest()[:16]


def without_prose(path: Path) -> bytes:
    """A notebook without the text of cells that are neither code nor an answer."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" and "nbgrader" not in cell["metadata"]:
            cell["source"] = ""
    return json.dumps(notebook, sort_keys=True).encode()


def grade_with_all(
    assignment: Assignment,
    found: Sequence[FoundSubmission],
    seed: int,
    graders: Sequence[str] = GRADERS,
    *,
    patience: float = 1.0,
    image: Image | None = None,
    kept: Path | None = None,
) -> dict[str, Graded]:
    """Grade the submissions with each grader, two graders at once.

    Parameters
    ----------
    assignment : Assignment
    found : sequence of FoundSubmission
    seed : int
        For the hidden inputs.
    graders : sequence of str
    patience : float
        The usual time limits are multiplied by it.
    image : Image, optional
        The container of the assignment's zip, if it is built already.
    kept : Path, optional
        A folder for what is done. What is in it already is not done again.
    """
    limits = Limits(LIMITS.question_s * patience, LIMITS.submission_s * patience)
    quick = replace(assignment, limits=limits)
    fork = multiprocessing.get_context("fork")
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
        Path(name).mkdir(parents=True, exist_ok=True)
        lanes = [
            fork.Process(
                target=_grade_in_turn,
                args=(
                    [one for one in lane if one in graders],
                    quick,
                    found,
                    seed,
                    Path(name),
                    image,
                ),
            )
            for lane in LANES
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        if any(lane.exitcode for lane in lanes):
            raise SystemExit(f"{assignment.slug}: a grader failed; its error is above")
        return {one: _read(Path(name) / one) for one in graders}


def _read(path: Path) -> Graded:
    """What a grader has given so far; a last line that was cut off counts for nothing."""
    points, seconds = dict[str, Points](), 0.0
    for line in path.read_text("utf-8").split("\n")[:-1] if path.exists() else ():
        one = json.loads(line)
        points[one["student"]] = {
            question: (value, status) for question, (value, status) in one["points"].items()
        }
        seconds += one["seconds"]
    return Graded(points, round(seconds, 1))


def _grade_in_turn(
    graders: Sequence[str],
    assignment: Assignment,
    found: Sequence[FoundSubmission],
    seed: int,
    folder: Path,
    image: Image | None,
) -> None:
    """In a process of its own: write each grader's points into a file, line by line."""
    compute_alone()
    for grader in graders:
        path = folder / grader
        if path.exists():  # its last line may be cut off
            whole, newline, _ = path.read_text("utf-8").rpartition("\n")
            path.write_text(whole + newline, encoding="utf-8")
        done = _read(path).points
        todo = [one for one in found if one.student not in done]
        if not todo:
            continue
        started = time.monotonic()
        with path.open("a", encoding="utf-8") as file:
            for student, points in _graded(grader, assignment, todo, seed, image):
                started, before = time.monotonic(), started
                line = {"student": student, "points": points, "seconds": started - before}
                print(json.dumps(line), file=file, flush=True)


def _graded(
    grader: str,
    assignment: Assignment,
    found: Sequence[FoundSubmission],
    seed: int,
    image: Image | None,
) -> Iterator[tuple[str, Points]]:
    if grader == "isolated":
        outcomes = grade_many(assignment, found, seed=seed, jobs=1, leave_to_humans=False)
        for one, outcome in outcomes:
            yield one.student, _points(outcome.result)
    elif grader == "otter":
        for one, outcome in grade_with_otter(assignment, found, seed=seed, jobs=1):
            yield one.student, _points(outcome.result)
    elif grader == "nbgrader":
        with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
            place = Path(name).resolve()
            for result in grade_with_nbgrader(assignment, found, output=place, seed=seed):
                yield result.student, _points(result)
    else:
        with nullcontext(image) if image else _built(assignment) as container:
            yield from _in_container(container, assignment, found)


def _points(result: SubmissionResult) -> Points:
    return {one.id: (one.points, one.status) for one in result.questions}


@contextmanager
def _built(assignment: Assignment) -> Iterator[Image]:
    with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
        archive = Path(name) / "autograder.zip"
        write_gradescope_zip(assignment, archive)
        with built_image(archive) as image:
            yield image


def _in_container(
    image: Image, assignment: Assignment, found: Sequence[FoundSubmission]
) -> Iterator[tuple[str, Points]]:
    questions = [one.name for one in load_key(assignment).by_role("test")]
    for one in found:
        files = [path for path in sorted(one.folder.iterdir()) if path.is_file()]
        results = image.grade(files, ROOMY).results
        if wrong := complaints(results):
            raise SystemExit(f"{one.student}: results.json: {'; '.join(wrong)}")
        points = points_of(results, questions)
        yield one.student, {name: (value, "") for name, value in points.items()}
