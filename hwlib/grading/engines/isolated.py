"""The isolated engine for one assignment: its zygote, its tests, and `grade` for one submission."""

from __future__ import annotations

import ast
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from hwlib import models
from hwlib.errors import GradingError, SubmissionError
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.course import Assignment
from hwlib.grading.engines.standins import Session
from hwlib.grading.engines.verdicts import Clock, Graded, TestBench, grade_submission
from hwlib.grading.results import QuestionResult, SubmissionResult, SubmissionStatus
from hwlib.grading.sandbox import processes
from hwlib.grading.submissions.dependencies import parse_cell
from hwlib.grading.submissions.files import FoundSubmission, read_submission, whole_cell
from hwlib.grading.submissions.fingerprints import models_of
from hwlib.grading.submissions.repair import RepairedSubmission, repair

__all__ = ["IsolatedEngine", "Outcome", "isolation_tier"]

MAX_HANDED_IN = 300 * 2**20  # bytes of files beside the notebook that the worker gets to see
HANDED_IN = (".safetensors", ".npy", ".npz", ".csv", ".txt", ".json", ".py", ".png", ".jpg")


def isolation_tier() -> str:
    """The tier that results carry; what is set up is not probed yet, so it is the lowest."""
    return "T0"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One graded submission: the result, and the repaired notebook with the outputs of the cells
    that were run (None: unreadable).
    """

    result: SubmissionResult
    notebook: NotebookNode | None
    # False: the grader gave up on it, or something was missing here; the next run tries again
    final: bool = True
    unique: dict[str, str] = field(default_factory=dict)  # what no other submission should have


class IsolatedEngine:
    """Grades submissions of one assignment: tests in this process, student code in workers.

    Parameters
    ----------
    assignment : Assignment
    seed : int
        Of the hidden inputs.
    hidden : tuple of Path
        Folders, besides the course's own, that student code shall not see.

    Raises
    ------
    GradingError
        If the assignment's setup cells do not run here.
    """

    def __init__(self, assignment: Assignment, seed: int, hidden: tuple[Path, ...] = ()) -> None:
        wanted = {"HWLIB_GRADING": "1", "MPLBACKEND": "agg", **processes.single_threaded()}
        self._environment = {name: os.environ.get(name) for name in wanted}  # put back by `close`
        os.environ.update(wanted)
        self.assignment, self.seed = assignment, seed
        self.key = load_key(assignment)
        self.released = released_sources(assignment)
        self.bench = TestBench(self.key)
        self._hidden = (assignment.course.root, *hidden)
        self._modules: list[str] = []
        self.zygote = self._new_zygote()

    def _new_zygote(self) -> processes.Zygote:
        zygote = processes.Zygote(self.assignment.slug, self._hidden)
        answer = zygote.prepare(
            self._modules or imported_modules(self.key), [cell.source for cell in self.bench.setup]
        )
        problem = answer["error"] or (
            f"{answer['threads']} threads run after the setup cells"
            if answer["threads"] != 1
            else ""
        )
        if problem:
            zygote.close()
            raise GradingError(
                f"{self.assignment.slug}: the setup cells can't be shared by workers ({problem}); "
                "move what starts threads or fails out of them"
            )
        return zygote

    def learn_imports(self) -> None:
        """Run the reference solution once and import, ahead of all workers, what it loaded on the
        way.
        """
        before = set(imported_modules(self.key))
        with self._session(0, None) as new_session:
            session = new_session()
            session.deadline = time.monotonic() + self.assignment.limits.submission_s
            try:
                known = set(session.request("modules")["value"])
                for cell in self.key.by_role("solution"):
                    session.run(cell.source)
                loaded = set(session.request("modules")["value"]) - known
            finally:
                session.worker.kill()
        wanted = sorted(name for name in loaded if not name.startswith(("__", "hwlib.grading")))
        if wanted:
            self._modules = sorted(before | set(wanted))
            self.zygote.prepare(wanted, [])

    def restart(self) -> None:
        """A new zygote in place of one that died."""
        self.zygote.close()
        self.zygote = self._new_zygote()

    def close(self) -> None:
        """End the zygote and, with it, every worker."""
        self.zygote.close()
        for name, value in self._environment.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value

    def __enter__(self) -> IsolatedEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- one submission --------------------------------------------------------------------------

    def grade(self, found: FoundSubmission, slot: int = 0) -> Outcome:
        """Grade one submission; whatever is wrong with it becomes a result, never an exception.

        Parameters
        ----------
        found : FoundSubmission
        slot : int
            Which of the concurrent workers: two submissions graded at the same time need different
            ones.

        Raises
        ------
        ZygoteGone
            If the zygote died; `restart`, then grade it again.
        """
        started = time.monotonic()
        if found.notebook is None:
            return self._rejected(found.student, found.problems, started)
        try:
            notebook = read_submission(found.notebook)
        except SubmissionError as error:
            return self._rejected(found.student, (*found.problems, str(error)), started)
        outcome = self.grade_notebook(notebook, found.student, found.folder, slot)
        result = replace(
            outcome.result,
            problems=(*found.problems, *outcome.result.problems),
            seconds=time.monotonic() - started,
        )
        return replace(outcome, result=result)

    def grade_notebook(
        self, notebook: NotebookNode, student: str = "", folder: Path | None = None, slot: int = 0
    ) -> Outcome:
        """The same for a notebook that was read already."""
        started = time.monotonic()
        submission = repair(notebook, self.key, self.released)
        limits = self.assignment.limits
        with self._session(slot, folder) as new_session:
            # tests that load a handed-in model find this student's
            models.look_in(folder or Path(new_session.confinement.folder))
            try:
                graded = grade_submission(
                    self.bench,
                    submission,
                    new_session,
                    Clock(limits.question_s, limits.submission_s),
                    self.seed,
                    self.released,
                )
            finally:
                models.look_in(None)
        status: SubmissionStatus = (
            "needs_manual"
            if any(question.status == "manual" for question in graded.questions)
            else "graded"
        )
        problems = (*submission.problems, *graded.remarks)
        result = SubmissionResult(
            student, status, tuple(graded.questions), problems, time.monotonic() - started
        )
        waits = any(
            question.status == "manual" and question.id in self.bench.tests
            for question in graded.questions
        )
        own = graded.unique | (models_of(folder, self.assignment.artifacts) if folder else {})
        return Outcome(result, _with_outputs(submission, graded), final=not waits, unique=own)

    def _rejected(self, student: str, problems: tuple[str, ...], started: float) -> Outcome:
        questions = tuple(
            QuestionResult(
                cell.name, cell.title, 0.0, cell.points, "missing", "the notebook could not be read"
            )
            for cell in self.key.questions
        )
        return Outcome(
            SubmissionResult(student, "rejected", questions, problems, time.monotonic() - started),
            None,
        )

    @contextmanager
    def _session(self, slot: int, folder: Path | None) -> Iterator[_NewSession]:
        """A maker of conversations with fresh workers, which share one folder with the handed-in
        files.
        """
        place = Path(tempfile.mkdtemp(prefix="hw-worker-"))
        try:
            if folder is not None:
                copy_handed_in(folder, place)
            uid = self.zygote.uid(slot)
            if uid != os.getuid():
                _give_to(place, uid)
            limits = self.assignment.limits
            confinement = processes.Confinement(
                uid,
                str(place),
                int(limits.submission_s) + 1,
                limits.memory_mb,
                # a judge that has one core shares it with its worker
                cores=tuple(processes.own_cores()),
            )
            yield _NewSession(self.zygote, confinement)
        finally:
            shutil.rmtree(place, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _NewSession:
    zygote: processes.Zygote
    confinement: processes.Confinement

    def __call__(self) -> Session:
        return Session(self.zygote.fork(self.confinement))


def imported_modules(key: AnswerKey) -> list[str]:
    """The modules that the notebook's own cells import at their top level."""
    names: set[str] = set()
    for cell in key.by_role("setup", "code", "solution"):
        tree = parse_cell(cell.source)
        for node in tree.body if tree else ():
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
    return sorted(names - {"__future__"})


def copy_handed_in(folder: Path, place: Path) -> None:
    """Copy the model and data files of a submission: regular files only, no links, bounded in size;
    the notebook is not needed.
    """
    room = MAX_HANDED_IN
    for path in sorted(folder.iterdir()):
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and path.suffix in HANDED_IN and status.st_size <= room:
            room -= status.st_size
            shutil.copyfile(path, place / path.name, follow_symlinks=False)


def _give_to(place: Path, uid: int) -> None:
    for path in (place, *place.iterdir()):
        os.chown(path, uid, uid, follow_symlinks=False)


def released_sources(assignment: Assignment) -> dict[str, str]:
    """grade id → source in the released notebook."""
    path = assignment.release
    if not path.is_file():
        return {}
    sources = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if grade_id:
            sources[grade_id] = (
                cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            )
    return sources


def _with_outputs(submission: RepairedSubmission, graded: Graded) -> NotebookNode:
    """The repaired notebook: cells that were run with their new outputs, the others with those that
    the student handed in.
    """
    cells = []
    for index, cell in enumerate(submission.cells):
        raw: dict[str, Any] = {
            "cell_type": cell.cell_type,
            "id": cell.cell_id or f"cell-{index}",
            "source": cell.source,
        }
        if cell.attachments:
            raw["attachments"] = cell.attachments
        if cell.cell_type == "code":
            raw["outputs"] = graded.outputs.get(index, list(cell.outputs))
        # what a worker sent is as little to be trusted as what was handed in
        whole = whole_cell(raw)
        if (
            cell.key is not None
            and cell.key.grade_id
            and not (cell.edited and cell.key.role == "setup")
        ):
            whole["metadata"] = {"nbgrader": {"grade_id": cell.key.grade_id}}
        cells.append(whole)
    notebook: NotebookNode = nbformat.from_dict(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    )
    return notebook
