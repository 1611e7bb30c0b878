"""Grading by nbgrader's own machinery: its Autograde converter and its gradebook, one submission at
a time.

It runs student code and tests in one kernel, so its results can be forged. Use it to compare. hwlib
adds three things to nbgrader. It repairs damaged notebooks first. A kernel that dies or hangs costs
only the cells that it did not run. Every submission gets a result.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from traitlets import validate
from traitlets.config import Config
from traitlets.utils.bunch import Bunch

from hwlib.atomic import remove_folder, swap_folder
from hwlib.errors import SubmissionError
from hwlib.grading.answer_key import AnswerKey, KeyCell, load_key, released_sources
from hwlib.grading.course import Assignment, Limits
from hwlib.grading.engines.kernel_messages import pack
from hwlib.grading.engines.kernel_verdicts import (
    STAGING,
    KernelVerdicts,
    of_first_lost,
    said_of,
    with_fair_points,
)
from hwlib.grading.engines.several import joined_results, of_notebook
from hwlib.grading.engines.test_sets import fetch_test_sets
from hwlib.grading.engines.words import UNREADABLE, cannot_run
from hwlib.grading.records.autograded import graded_cells, with_metadata
from hwlib.grading.records.gradebook import GradeStore
from hwlib.grading.records.harmless import harmless_cell
from hwlib.grading.records.marks import Mark, with_marks
from hwlib.grading.records.pictures import Pictures
from hwlib.grading.records.times import parse_time
from hwlib.grading.results import QuestionResult, SubmissionResult
from hwlib.grading.sandbox.clock import WorkClock, started_clock
from hwlib.grading.sandbox.measures.limits import limit_program
from hwlib.grading.sandbox.variables import environment
from hwlib.grading.submissions.beside import copy_files
from hwlib.grading.submissions.files import FoundSubmission, read_found
from hwlib.grading.submissions.repair import repair

__all__ = ["grade_with_nbgrader"]

# characters of output that a cell may make; a print in an endless loop makes gigabytes
MAX_OUTPUT = 1_000_000
LOOK_S = 0.1  # between two looks at a clock
# On the wall clock, because no student code works meanwhile: the grader reads what a kernel has
# sent, or waits until it is there. A kernel that dies ends either wait at once.
START_S = 600  # until a kernel is ready
# for the outputs of a cell that has ended; a kernel drops the newest ones, also the last of all,
# while the grader is slower than the cell that prints
OUTPUT_S = 60
PACKER = f"{pack.__module__}.{pack.__qualname__}"  # a kernel loads it by this name


def grade_with_nbgrader(
    assignment: Assignment,
    submissions: Iterable[FoundSubmission],
    *,
    output: Path,
    db_url: str | None = None,
    seed: int | None = None,
    on_result: Callable[[SubmissionResult], None] | None = None,
) -> Iterator[SubmissionResult]:
    """Grade submissions one after the other. Each gives one result, in the order given.

    Parameters
    ----------
    output : Path
        Where autograded/ and, without `db_url`, gradebook.db go.
    seed : int, optional
        Makes the random inputs of tests repeatable (`hwlib.checks.rng`).
    on_result : callable, optional
        Called with each result, for progress.
    """
    output.mkdir(parents=True, exist_ok=True)
    keys = {one.name: load_key(one) for one in assignment.each_notebook()}
    for one in assignment.each_notebook():
        fetch_test_sets(one)
    with GradeStore(assignment, output, db_url) as store, _staging(output) as staging:
        store.prepare()
        for submission in submissions:
            with _environment(seed):
                result = _grade_one(submission, keys, store, staging)
            store.tidy()
            if on_result:
                on_result(result)
            yield result


@contextmanager
def _staging(output: Path) -> Iterator[Path]:
    """A folder beside the results for nbgrader's copies of a submission."""
    folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=output))
    try:
        yield folder
    finally:
        remove_folder(folder)


def _environment(seed: int | None) -> AbstractContextManager[None]:
    """Environment variables for kernels: grading mode, and the seed if there is one.

    PYTHONOPTIMIZE is removed, because a kernel that has it skips every `assert`.
    """
    seeded = {} if seed is None else {"HWLIB_SEED": str(seed)}
    return environment(
        HWLIB_GRADING="1", NBGRADER_EXECUTION="autograde", PYTHONOPTIMIZE=None, **seeded
    )


@dataclass(slots=True)
class _Read:
    """The notebooks of one submission, by name, and what is known about each before grading."""

    notebooks: dict[str, NotebookNode | None] = field(default_factory=dict)
    results: dict[str, SubmissionResult] = field(
        default_factory=dict
    )  # of those that can't be read
    problems: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def readable(self) -> dict[str, NotebookNode]:
        return {name: one for name, one in self.notebooks.items() if one is not None}


def _grade_one(
    submission: FoundSubmission,
    keys: Mapping[str, AnswerKey],
    store: GradeStore,
    staging: Path,
) -> SubmissionResult:
    started = time.monotonic()
    read = _read_all(submission, keys, store)

    def write(results: Mapping[str, SubmissionResult]) -> SubmissionResult:
        return store.write(
            _whole(submission, results),
            next(iter(read.notebooks.values())),
            submission.timestamp,
            folder=submission.folder,
            several=read.notebooks if submission.several else None,
        ).result

    if not read.readable:
        return write(read.results)
    try:
        try:
            folder, left_out = _autograde(submission, read.readable, store, staging)
        except Exception:  # noqa: BLE001  a kernel did not start in time, or its ports were taken
            folder, left_out = _autograde(submission, read.readable, store, staging)
    # nbgrader and nbclient raise all kinds; one submission must not stop the others
    except Exception as error:  # noqa: BLE001
        reason = said_of(str(error)) or type(error).__name__
        problem = f"nbgrader could not grade this notebook: {reason}"
        seconds = time.monotonic() - started
        for name in read.readable:
            problems = (*read.problems[name], problem)
            read.results[name] = _ungraded(submission, keys[name], problems, seconds)
        return write(read.results)
    also = (*left_out, *parse_time(submission.timestamp)[1])
    for name in read.readable:
        graded = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        problems = (*read.problems[name], *also)
        read.results[name] = _read_result(submission, graded, keys[name], store, started, problems)
        given, pictures = {cell.source for cell in store.templates[name].cells}, Pictures()
        graded.cells = [_harmless(cell, given, pictures) for cell in graded.cells]
        nbformat.write(graded, folder / f"{name}.ipynb")
    for name in read.notebooks.keys() - read.readable.keys():
        absent = of_notebook(submission, name).notebook is None
        record = store.record_missing if absent else store.record_waiting
        record(submission.student, [cell.name for cell in keys[name].questions])
    slug = store.assignment.slug
    swap_folder(folder, store.output / "autograded" / submission.student / slug)
    whole = _whole(submission, {name: read.results[name] for name in keys})
    penalty = store.update_penalty(submission.student)
    return with_marks(whole, store.marks(submission.student), penalty)


def _whole(
    submission: FoundSubmission, results: Mapping[str, SubmissionResult]
) -> SubmissionResult:
    """The result of the only notebook, or of all together."""
    if submission.several:
        return joined_results(submission, results)
    (result,) = results.values()
    return result


def _read_all(
    submission: FoundSubmission, keys: Mapping[str, AnswerKey], store: GradeStore
) -> _Read:
    read = _Read()
    for name, key in keys.items():
        found = of_notebook(submission, name)
        try:
            read.notebooks[name], read.problems[name] = _read_and_repair(found, key, store, name)
        except SubmissionError as error:
            read.notebooks[name] = None
            read.results[name] = _rejected(found, key, str(error))
    return read


def _harmless(cell: NotebookNode, given: Collection[str], pictures: Pictures) -> NotebookNode:
    """As the formgrader may show it; the instructor's own cells stay as they are, but for their
    outputs.
    """
    harmless = harmless_cell(cell, pictures)
    if cell.source in given:
        harmless.source = cell.source
    harmless.metadata = cell.metadata
    return harmless


def _read_and_repair(
    submission: FoundSubmission, key: AnswerKey, store: GradeStore, name: str
) -> tuple[NotebookNode, tuple[str, ...]]:
    odd: list[str] = []
    notebook = read_found(submission, odd)
    (view,) = [one for one in store.assignment.each_notebook() if one.name == name]
    released = released_sources(view)
    repaired = repair(notebook, key, released)
    problems = (*submission.problems, *odd, *repaired.problems)
    return with_metadata(repaired.as_notebook(), store.templates[name]), problems


# ---- running nbgrader ----------------------------------------------------------------------------


class _GuardedExecute(Execute):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's executor with a time limit for the whole notebook and a limit on output.

    Limits count the kernel's work, not the time in which other programs have the cores. It goes on
    after the kernel has died.
    """

    limits: Limits = Limits()

    def preprocess(
        self, notebook: NotebookNode, resources: Any, km: Any = None
    ) -> tuple[NotebookNode, Any]:
        """Run the notebook. A cell that cannot be run gets an error as its output and no points."""
        self._stopped = ""
        self._notebook_clock: WorkClock | None = None  # from the first cell on
        self.timeout_func = self._time_left
        self.startup_timeout = START_S
        self.iopub_timeout = OUTPUT_S
        # the reply has come, and tells of an error: outputs that are lost cost no other cell
        self.raise_on_iopub_timeout = False
        return super().preprocess(notebook, resources, km)  # type: ignore[no-any-return]

    def setup_kernel(self, **kwargs: Any) -> Any:
        """Keep the last messages of a dying kernel off the grader's terminal, let it send whatever
        a student prints, and limit its memory.
        """
        self.extra_arguments = [f"--Session.packer={PACKER}"]
        return super().setup_kernel(
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=partial(limit_program, self.limits.memory_mb),
            **kwargs,
        )

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, index: int
    ) -> tuple[NotebookNode, Any]:
        """Run one cell, unless the kernel has died or the time is used up."""
        skipped = self.skip_cells_with_tag in cell.metadata.get("tags", [])
        if cell.cell_type != "code" or skipped or not cell.source.strip():
            return cell, resources
        self._written = 0
        if not self._stopped and self._notebook_clock is not None and self._notebook_clock():
            self._stopped = "CellTimeoutError"
        if not self._stopped:
            try:
                cell, resources = super().preprocess_cell(cell, resources, index)
                return with_fair_points(cell), resources
            except DeadKernelError:
                self._stopped = "DeadKernelError"
            except CellTimeoutError:  # the kernel does not even answer the interrupt
                self._stopped = "CellTimeoutError"
        text = f"{self._stopped}: not run, because the kernel had died or the time was used up"
        cell.outputs = [
            *cell.get("outputs", []),
            NotebookNode(output_type="error", ename=self._stopped, evalue="", traceback=[text]),
        ]
        return cell, resources

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Drop output beyond the limit."""
        if msg["msg_type"] in ("stream", "display_data", "execute_result", "update_display_data"):
            self._written += len(str(msg["content"].get("text", ""))) + sum(
                len(str(value)) for value in (msg["content"].get("data") or {}).values()
            )
            if self._written > MAX_OUTPUT:
                return None
        return super().process_message(msg, cell, cell_index)

    def _time_left(self, _cell: NotebookNode) -> float:
        """Start the clock of a cell; returns its limit in seconds."""
        if self._notebook_clock is None:
            self._notebook_clock = self._started_clock(self.limits.submission_s)
        left_s = self.limits.submission_s - self._notebook_clock.spent_s
        limit_s = max(0.1, min(self.limits.question_s, left_s))
        self._cell_clock = self._started_clock(limit_s)
        return limit_s

    async def _async_handle_timeout(
        self, timeout: int, cell: NotebookNode | None = None
    ) -> dict[str, Any] | None:
        """What nbclient does after `timeout` seconds on the wall, unless the kernel has not had
        them: then it waits for as long again.
        """
        if not self._cell_clock():
            await asyncio.sleep(LOOK_S)
            return None
        return await super()._async_handle_timeout(timeout, cell)  # type: ignore[no-any-return]

    def _started_clock(self, limit_s: float) -> WorkClock:
        kernel = getattr(self.km.provisioner, "process", None)
        pid = kernel.pid if kernel is not None else 0
        return started_clock(pid, limit_s)


class _Directory(CourseDirectory):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's view of the folders, for a student's id as it is.

    nbgrader itself strips spaces off an id, and then finds no folder of that name.
    """

    @validate("student_id")  # type: ignore[untyped-decorator]
    def _validate_student_id(self, proposal: Bunch) -> str:
        """Any id will do: `_OneSubmission` names the one folder."""
        student: str = proposal["value"]
        return student


class _OneSubmission(Autograde):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's converter for the notebooks of one submission, whose names are known.

    nbgrader itself looks for notebooks by a pattern, and does not find `student[1]`.
    """

    names: tuple[str, ...] = ()  # of the notebooks

    def init_notebooks(self) -> None:
        """Name the submission and its notebooks."""
        slug = self.coursedir.assignment_id
        folder = self._format_source(slug, self.coursedir.student_id)
        self.assignments: dict[str, list[str]] = {
            folder: [f"{folder}/{name}.ipynb" for name in self.names]
        }
        self.notebooks: list[str] = []


class _Explanation(logging.Handler):
    """Keeps nbgrader's last error, which is shown only if the submission could not be graded."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Take the last line of a traceback, or the message."""
        if record.getMessage().startswith("Traceback"):
            self.text = record.getMessage().strip().splitlines()[-1]


def _autograde(
    submission: FoundSubmission,
    notebooks: Mapping[str, NotebookNode],
    store: GradeStore,
    staging: Path,
) -> tuple[Path, list[str]]:
    """Run nbgrader's converter on a private copy; returns the autograded folder in it, and what was
    left out of the copy.
    """
    slug, student = store.assignment.slug, submission.student
    remove_folder(staging / "submitted")
    remove_folder(staging / "autograded")
    folder = staging / "submitted" / student / slug
    folder.mkdir(parents=True)
    left_out = copy_files(submission.folder, folder, submission.only, shown=True)
    source = staging / "source" / slug
    copy_files(store.assignment.source.parent, source)
    for name in store.assignment.student_files:  # nbgrader puts all files of source/ in its place
        if (folder / name).is_file():
            (source / name).unlink(missing_ok=True)
    when, _ = parse_time(submission.timestamp)
    (folder / "timestamp.txt").unlink(missing_ok=True)  # nbgrader would stop at a garbled one
    if when is not None:
        (folder / "timestamp.txt").write_text(f"{when} UTC\n", encoding="utf-8")
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    explanation = _Explanation(level=logging.ERROR)
    converter = _converter(store, staging, student, explanation)
    converter.names = tuple(notebooks)
    try:
        with warnings.catch_warnings():  # of libraries that nbgrader uses in an old way
            warnings.simplefilter("ignore")
            converter.start()
    except BaseException as error:
        if not isinstance(error, Exception) and not isinstance(error, SystemExit):
            raise
        raise RuntimeError(explanation.text or str(error)) from error
    return staging / "autograded" / student / slug, left_out


def _converter(
    store: GradeStore, root: Path, student: str, explanation: logging.Handler
) -> _OneSubmission:
    config = Config(store.config)
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = store.db_url
    parts = ("{nbgrader_step}", "{student_id}", "{assignment_id}")
    config.CourseDirectory.directory_structure = os.path.join(*parts)  # noqa: PTH118
    config.BaseConverter.permissions = 644
    if not config.IgnorePattern.get("pattern"):  # nothing is scored 0 because of a warning
        config.IgnorePattern.update(enabled=True, pattern=r"(?s).*")
    log = logging.Logger("hwlib.nbgrader")  # not registered: it reaches no handler but this one
    log.addHandler(explanation)
    coursedir = _Directory(
        config=config, assignment_id=store.assignment.slug, student_id=student, log=log
    )
    converter = _OneSubmission(coursedir=coursedir, config=config, log=log)
    guarded = type("Execute", (_GuardedExecute,), {"limits": store.assignment.limits})
    converter.autograde_preprocessors = [
        guarded if step is Execute else step for step in converter.autograde_preprocessors
    ]
    return converter


# ---- reading what it did -------------------------------------------------------------------------


def _rejected(submission: FoundSubmission, key: AnswerKey, reason: str) -> SubmissionResult:
    problems = (
        submission.problems if reason in submission.problems else (*submission.problems, reason)
    )
    return SubmissionResult(
        submission.student,
        "rejected",
        key.all_questions("missing", UNREADABLE),
        problems or (reason,),
    )


def _ungraded(
    submission: FoundSubmission, key: AnswerKey, problems: tuple[str, ...], seconds: float
) -> SubmissionResult:
    return SubmissionResult(
        submission.student,
        "needs_manual",
        key.all_questions("manual", cannot_run("nbgrader could not grade this notebook")),
        problems,
        seconds,
    )


def _read_result(
    submission: FoundSubmission,
    graded: NotebookNode,
    key: AnswerKey,
    store: GradeStore,
    started: float,
    problems: tuple[str, ...],
) -> SubmissionResult:
    cells = graded_cells(graded)
    absent = [cell.name for cell in key.questions if cell.grade_id not in cells]
    store.record_missing(submission.student, absent)
    verdicts = KernelVerdicts(key, cells)
    store.record_waiting(
        submission.student, [cell.name for cell in key.questions if verdicts.waiting(cell)]
    )
    marks = store.marks(submission.student)
    questions = tuple(_question(cell, verdicts, marks[cell.name]) for cell in key.questions)
    seconds = time.monotonic() - started
    result = SubmissionResult(submission.student, "graded", questions, problems, seconds)
    mine = {cell.name: marks[cell.name] for cell in key.questions}
    return with_marks(result, mine)


def _question(cell: KeyCell, verdicts: KernelVerdicts, mark: Mark) -> QuestionResult:
    points = min(max(0.0, mark.automatic or 0.0), cell.points)
    said = verdicts.of(cell, mark)
    parts = verdicts.parts(cell, said) if cell.role == "test" else ()
    status, message, hint = of_first_lost(parts, said)
    return QuestionResult(
        cell.name,
        cell.title,
        points,
        cell.points,
        status,
        message,
        hint,
        parts=parts,
        trust="shared",
        extra_credit=cell.extra_credit,
    )
