"""Grade one submission: the instructor's tests here, the student's code in a worker, a verdict a
question.

    notebook ─ repair ─→ cells ─ dependencies ─→ the cells that the tests need ─→ worker
    test cell, with stand-ins for the student's names ─→ passed | failed | error | timeout | …

The worker is expendable: when it hangs or dies, that costs the question that was being graded
(after a few more tries, if it died), and the next question gets a fresh one.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hwlib import checks
from hwlib.errors import (
    CannotCheck,
    CheckFailed,
    GradingError,
    NameMissing,
    StudentRaised,
    WorkerEnded,
    WorkerLost,
    WorkerTimeout,
)
from hwlib.grading.answer_key import AnswerKey, KeyCell
from hwlib.grading.cells import HIDDEN, UNANSWERED, transformed
from hwlib.grading.engines.standins import Session, StandIn, is_defined
from hwlib.grading.results import QuestionResult, QuestionStatus
from hwlib.grading.submissions.dependencies import names_in, needed_cells
from hwlib.grading.submissions.repair import RepairedSubmission, SubmittedCell
from hwlib.markers import hidden_lines

__all__ = ["Clock", "Graded", "TestBench", "grade_submission"]

MESSAGE_LENGTH = 600
# of workers over one question or cell; fewer may be accidents of the machine (out of memory, an
# operator's kill)
MAX_DEATHS = 4


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall-clock limits of one submission, in seconds."""

    question_s: float
    submission_s: float


@dataclass(slots=True)
class Graded:
    """The verdicts on one submission, and what the run cells put out."""

    questions: list[QuestionResult]
    outputs: dict[int, list[dict[str, Any]]]  # index of a repaired cell → its outputs in this run
    cells_run: int = 0
    workers: int = 0
    remarks: list[str] = field(default_factory=list)  # for a human to look at
    unique: dict[str, str] = field(default_factory=dict)  # what no other submission should have


class TestBench:
    """The grader's own side of an assignment, prepared once: setup cells run, test cells compiled.

    Parameters
    ----------
    key : AnswerKey

    Raises
    ------
    GradingError
        If a setup cell raises here: the assignment can't be graded on this machine.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    def __init__(self, key: AnswerKey) -> None:
        self.key = key
        self.given: dict[str, Any] = {"__name__": "__main__"}
        self.setup = key.by_role("setup")
        for cell in self.setup:
            self._run_setup(cell)
        self.given_names = frozenset(self.given)
        self.tests = {cell.name: _compile_test(cell) for cell in key.by_role("test")}
        self.wanted = {
            cell.name: names_in(cell.source).uses - self.given_names for cell in key.by_role("test")
        }

    def _run_setup(self, cell: KeyCell) -> None:
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                exec(compile(transformed(cell.source), f"<{cell.name}>", "exec"), self.given)
        except Exception as error:
            raised = f"{type(error).__name__}: {error}"
            where = f"the setup cell {cell.name} of {self.key.slug} raised {raised}"
            raise GradingError(
                f"{where}; run `hw doctor`, then `hw verify {self.key.slug}`"
            ) from error


@dataclass(slots=True)
class _Test:
    body: Any  # code object
    last: Any  # code object of the last expression, or None
    filename: str
    hidden: frozenset[int]  # the lines of hidden tests


def _compile_test(cell: KeyCell) -> _Test:
    filename = f"<test {cell.name}>"
    source = transformed(cell.source)
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    tree = ast.parse(source, filename)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = compile(ast.Expression(tree.body.pop().value), filename, "eval")  # type: ignore[attr-defined]
    hidden = hidden_lines(source.splitlines())
    return _Test(compile(tree, filename, "exec"), last, filename, hidden)


class _Namespace(dict[str, Any]):
    """A test cell's globals: what setup cells defined; every other name is asked of the worker."""

    def __init__(
        self, given: dict[str, Any], student: Callable[[str], Any], wanted: frozenset[str]
    ) -> None:
        super().__init__(given)
        self._student, self._wanted = student, wanted
        self._known: dict[str, StandIn] = {}

    def __missing__(self, name: str) -> Any:
        if name not in self._wanted:
            raise KeyError(name)  # a builtin
        if name in self._known:
            return self._known[name]
        value = self._student(name)
        # a function or class stays the same one while a test runs; a number may change
        if is_defined(value):
            self._known[name] = value
        return value


@dataclass(slots=True)
class _Verdict:
    status: QuestionStatus
    message: str = ""
    hint: str = ""
    fraction: float = 0.0
    missing_name: str = ""  # the name whose absence decided it
    died: bool = False  # the worker ended on its own


@dataclass(slots=True)
class _Run:
    """One submission being graded: which worker, what has been run in it, what went wrong with
    which cell.
    """

    bench: TestBench
    cells: tuple[SubmittedCell, ...]
    new_session: Callable[[], Session]
    clock: Clock
    end: float
    session: Session | None = None
    ready: set[int] = field(default_factory=set)  # cells run in the present worker
    bad: dict[int, _Verdict] = field(default_factory=dict)  # cells that hang or kill a worker
    raised: dict[int, str] = field(default_factory=dict)  # cells that raised, and what
    # cells during which a worker died, how often
    deaths: Counter[int] = field(default_factory=Counter)
    outputs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    workers: int = 0

    def start(self) -> Session:
        if self.session is None:
            self.session = self.new_session()
            self.ready.clear()
            self.workers += 1
        self.session.deadline = self.deadline()
        return self.session

    def deadline(self) -> float:
        return min(time.monotonic() + self.clock.question_s, self.end)

    def drop(self) -> None:
        if self.session is not None:
            self.session.worker.kill()
            self.session = None
            self.ready.clear()

    def bring(self, wanted: set[int]) -> None:
        """Run these cells, in the notebook's order, where the present worker has not run them yet.

        A cell that hangs or kills the worker is remembered and left out; the others are run in a
        fresh worker.
        """
        while True:
            session = self.start()
            todo = [
                index
                for index in sorted(wanted)
                if index not in self.ready and index not in self.bad
            ]
            if not todo:
                return
            # order matters: start again rather than run backwards
            if self.ready and min(todo) < max(self.ready):
                wanted = wanted | self.ready
                self.drop()
                continue
            if not all(self._run_cell(session, index) for index in todo):
                wanted = wanted | self.ready
                self.drop()

    def _run_cell(self, session: Session, index: int) -> bool:
        session.deadline = self.deadline()
        try:
            run = session.run(self.cells[index].source)
        except WorkerTimeout:
            self.bad[index] = _Verdict(
                "timeout",
                f"a cell did not finish in {self.clock.question_s:g} s: {self._name(index)}",
            )
            return False
        except WorkerLost:
            self.deaths[index] += 1
            if self.deaths[index] == MAX_DEATHS:
                self.bad[index] = _Verdict(
                    "crashed", f"running a cell ended the process: {self._name(index)}"
                )
            return False
        self.ready.add(index)
        self.raised.pop(index, None)
        self.outputs[index] = run["outputs"]
        if isinstance(run.get("error"), dict):
            self.raised[index] = f"{run['error'].get('type')}: {run['error'].get('message')}"[
                :MESSAGE_LENGTH
            ]
        return True

    def _name(self, index: int) -> str:
        cell = self.cells[index]
        if cell.original is not None and cell.is_answer:
            return cell.original.name
        first = next((line for line in cell.source.splitlines() if line.strip()), "")
        return f"the cell that begins with {first.strip()[:60]!r}"


def grade_submission(
    bench: TestBench,
    submission: RepairedSubmission,
    new_session: Callable[[], Session],
    clock: Clock,
    seed: int,
    release: dict[str, str],
    folder: Path,
) -> Graded:
    """The verdict on every question, in the notebook's order.

    Parameters
    ----------
    bench : TestBench
        The assignment, prepared.
    submission : RepairedSubmission
    new_session : callable
        Gives a conversation with a fresh worker.
    clock : Clock
    seed : int
        Of the hidden inputs; the same seed gives the same inputs.
    release : dict
        grade id → source as released; tells what was left unanswered.
    folder : Path
        Where the models that were handed in lie.
    """
    run = _Run(bench, submission.cells, new_session, clock, time.monotonic() + clock.submission_s)
    names = [
        names_in(cell.source) if _is_code(cell) and not _is_experiment(cell) else names_in("")
        for cell in submission.cells
    ]
    needed = {
        name: needed_cells(wanted, names, bench.given_names)
        for name, wanted in bench.wanted.items()
    }
    everything = {index for index, cell in enumerate(submission.cells) if _runs_in_fallback(cell)}
    questions = []
    remarks: list[str] = []
    unique: dict[str, str] = {}
    try:
        first = set().union(*needed.values()) if needed else set()
        for cell in bench.key.questions:
            started = time.monotonic()
            if cell.role == "answer":
                questions.append(_manual(cell, submission, release))
                continue
            with checks.context(seed, folder) as noted:
                verdict = _verdict_on(run, cell, needed[cell.name], first, everything)
            remarks += [f"{cell.name}: {text}" for text in dict.fromkeys(noted.remarks)]
            unique |= noted.unique
            verdict = _explain_missing(verdict, cell, submission, release)
            questions.append(_as_result(cell, verdict, time.monotonic() - started))
    finally:
        run.drop()
    return Graded(questions, run.outputs, len(run.outputs), run.workers, remarks, unique)


def _is_code(cell: SubmittedCell) -> bool:
    """Student code, as far as grading runs it: not the tests, the setup cells (the zygote ran
    them), nor the hand-in cell.
    """
    return cell.cell_type == "code" and (
        cell.original is None
        or cell.edited
        or cell.original.role in ("solution", "code", "experiment")
    )


def _is_experiment(cell: SubmittedCell) -> bool:
    return cell.original is not None and cell.original.role == "experiment"


def _runs_in_fallback(cell: SubmittedCell) -> bool:
    return _is_code(cell) and (not _is_experiment(cell) or cell.edited)


def _verdict_on(
    run: _Run, cell: KeyCell, needed: set[int], first: set[int], everything: set[int]
) -> _Verdict:
    verdict = _attempt(run, cell, needed, first)
    for _ in range(MAX_DEATHS - 1):
        if verdict.died and time.monotonic() < run.end:
            verdict = _attempt(run, cell, needed, first)
    if verdict.missing_name and not everything <= run.ready | set(run.bad):
        again = _attempt(run, cell, everything | needed, everything | first)
        verdict = (
            again
            if again.status == "passed" or again.missing_name != verdict.missing_name
            else verdict
        )
    return verdict


def _attempt(run: _Run, cell: KeyCell, needed: set[int], bring: set[int]) -> _Verdict:
    if time.monotonic() >= run.end:
        return _Verdict(
            "timeout",
            f"the submission's {run.clock.submission_s:g} s were used up before this question",
        )
    run.bring(bring)
    bad = sorted(needed & set(run.bad))
    if bad:
        return run.bad[bad[0]]
    session = run.start()
    verdict = _run_test(run.bench, run.bench.tests[cell.name], cell, session)
    if verdict.status in ("timeout", "crashed"):
        run.drop()
    if verdict.status == "timeout":
        verdict.message = (
            f"no answer within {run.clock.question_s:g} s; "
            "is there a loop that never ends, or one that should not be there?"
        )
    if verdict.missing_name:
        raised = [run.raised[index] for index in sorted(needed) if run.raised.get(index)]
        if raised and raised[0].startswith("NotImplementedError"):
            verdict.message = UNANSWERED
        elif raised:
            verdict = _Verdict(
                "error", f"your cell raised {raised[0]}", missing_name=verdict.missing_name
            )
    return verdict


def _run_test(bench: TestBench, test: _Test, cell: KeyCell, session: Session) -> _Verdict:
    namespace = _Namespace(bench.given, session.name, frozenset(bench.wanted[cell.name]))
    printed = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            exec(test.body, namespace)
            # the instructor's own test
            value = eval(test.last, namespace) if test.last is not None else None  # noqa: S307
    except WorkerTimeout:
        return _Verdict("timeout")
    except WorkerLost as error:
        return _Verdict("crashed", _why_lost(error), died=True)
    except CheckFailed as error:
        return _Verdict(
            "failed", "\n".join(filter(None, (error.symptom, error.detail))), error.hint
        )
    except CannotCheck as error:
        return _Verdict("manual", str(error))
    except NameMissing as error:
        return _Verdict("missing", f"`{error}` is not defined", missing_name=str(error))
    except StudentRaised as error:
        return _student_raised(error)
    # whatever the test does with what the student's code gave it
    except Exception as error:  # noqa: BLE001
        return _test_raised(error, test)
    return _Verdict("passed", fraction=_fraction(value))


def _why_lost(error: WorkerLost) -> str:
    if isinstance(error, WorkerEnded):
        return (
            "your code ended the process that it ran in: "
            "out of memory, too much CPU time, a crash in a library, or an exit"
        )
    return f"your code broke off the talk with the grader: the process sent {error}"


def _student_raised(error: StudentRaised) -> _Verdict:
    if error.student_type == "NotImplementedError" and not error.student_message:
        return _Verdict("missing", UNANSWERED)
    if error.student_type == "MemoryError":
        return _Verdict("crashed", f"your code ran out of memory{_where(error)}")
    missing = ""
    if error.student_type == "NameError":
        missing = error.student_message.partition("'")[2].partition("'")[0]
    return _Verdict(
        "error",
        f"your code raised {error.student_type}: {error.student_message}{_where(error)}"[
            :MESSAGE_LENGTH
        ],
        missing_name=missing,
    )


def _where(error: StudentRaised) -> str:
    return f"\n{error.trace[-1]}" if error.trace else ""


def _test_raised(error: Exception, test: _Test) -> _Verdict:
    """An exception of the test's own code: a plain assert, or a result it could not work with."""
    lines = [
        frame.lineno or 0
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == test.filename
    ]
    hidden = not lines or max(lines) in test.hidden
    if isinstance(error, AssertionError):
        return _Verdict(
            "failed",
            HIDDEN if hidden else str(error)[:MESSAGE_LENGTH] or "a check did not hold",
        )
    text = "" if hidden else f": {error}"[:200]
    return _Verdict(
        "failed",
        f"the check could not work with what your code gave it ({type(error).__name__}{text}); "
        "did it return the right kind of value?",
    )


def _fraction(value: Any) -> float:
    """1, or what `check.partial` gave as the cell's last value."""
    fraction = getattr(value, "hwlib_fraction", 1.0)
    return float(min(max(fraction, 0.0), 1.0)) if fraction == fraction else 0.0


def _explain_missing(
    verdict: _Verdict, cell: KeyCell, submission: RepairedSubmission, release: dict[str, str]
) -> _Verdict:
    if verdict.status == "missing" and verdict.missing_name:
        answers = submission.answers(verdict.missing_name)
        if answers and all(not answer.source.strip() for answer in answers):
            verdict.message += "; its cell is empty or was deleted"
        elif answers and all(not names_in(answer.source).parsed for answer in answers):
            return _Verdict(
                "error", f"the cell {verdict.missing_name} is not valid Python (SyntaxError)"
            )
    return verdict


def _manual(
    cell: KeyCell, submission: RepairedSubmission, release: dict[str, str]
) -> QuestionResult:
    texts = [answer.source.strip() for answer in submission.answers(cell.name)]
    empty = not any(texts) or all(text == release.get(cell.grade_id, "").strip() for text in texts)
    return QuestionResult(
        cell.name,
        cell.title,
        0.0,
        cell.points,
        "missing" if empty else "manual",
        "no answer was written" if empty else "to be graded by hand",
    )


def _as_result(cell: KeyCell, verdict: _Verdict, seconds: float) -> QuestionResult:
    passed = verdict.status == "passed"
    result = QuestionResult(
        cell.name,
        cell.title,
        cell.points * verdict.fraction if passed else 0.0,
        cell.points,
        verdict.status,
        verdict.message,
        verdict.hint,
        round(seconds, 4),
    )
    return (
        result
        if not passed or verdict.fraction == 1.0
        else replace(result, message=f"{verdict.fraction:.0%} of the points")
    )
