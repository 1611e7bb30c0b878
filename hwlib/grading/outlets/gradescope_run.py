"""Grades one submission inside Gradescope's container: what `run_autograder` starts.

    this process ── pipe ── judge      results.json is written here, and nowhere else
                              └ workers, as in `hw grade`

This process writes results.json at once and again after each question. So the file is whole, and
has what was earned until then, whatever becomes of the judge. It never imports student code.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwlib import checks
from hwlib.atomic import write_whole
from hwlib.checks.context import Measured
from hwlib.errors import GradingError
from hwlib.grading.answer_key import AnswerKey, KeyCell, load_key
from hwlib.grading.course import Assignment, FeedbackLevels, Visibility, find_course
from hwlib.grading.outlets.gradescope_results import Asked, HandIn, results_json
from hwlib.grading.results import Outcome, QuestionResult, SubmissionResult
from hwlib.grading.texts import for_terminal
from hwlib.markers import BEGIN_HIDDEN

if TYPE_CHECKING:
    from hwlib.grading.submissions.files import FoundSubmission

__all__ = ["main", "prepare", "questions_of", "run"]

MAX_TRIES = 2  # of a submission whose judge died
# before Gradescope's time limit, which is on its own wall clock, when the results are finished
SPARE_S = 30.0
MAX_LINE = 50_000_000  # bytes of one message of the judge's
MAX_METADATA = 50_000_000  # bytes; it has the results of all earlier submissions
CONFIRMED = "confirmed.json"  # the tests that must be confirmed
NOT_YET = "This question is not graded yet. If this text stays, tell your instructor."
LEFT = (
    "This question could not be graded here, because {why}. You lose nothing: a human will grade it"
)


@dataclass(slots=True)
class _Board:
    """What is known so far, and the file that shows it."""

    asked: list[Asked]
    target: Path
    hand_in: HandIn
    feedback: FeedbackLevels
    graded: dict[str, QuestionResult] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    notice: str = ""
    waiting: str = NOT_YET
    leaderboard: dict[str, Measured] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    is_finished: bool = False  # no question will be tried again

    def note(self, question: QuestionResult) -> None:
        """Keep what a question has earned so far; a later try may only add to it."""
        known = self.graded.get(question.id)
        if known is None or question.points > known.points:
            self.graded[question.id] = question

    def write(self) -> None:
        """Replace results.json by one that says what is known now."""
        graded = self.graded
        if not self.is_finished:
            graded = {name: _earned(one, self.waiting) for name, one in graded.items()}
        values = results_json(
            self.asked,
            graded,
            waiting=self.waiting,
            problems=self.problems,
            notice=self.notice,
            hand_in=self.hand_in,
            seconds=time.monotonic() - self.started,
            leaderboard=self.leaderboard,
            feedback=self.feedback,
        )
        write_whole(self.target, json.dumps(values, indent=1, allow_nan=False) + "\n")

    def leave_rest(self, why: str) -> None:
        """Leave the questions without a result to a human."""
        self.waiting = LEFT.format(why=why)


def main() -> int:
    """Grade /autograder/submission with the assignment in /autograder/source.

    With --prepare, find out what is the same for all submissions, when the image is built.
    """
    base = Path(sys.argv[1] if len(sys.argv) > 1 else "/autograder")
    (slug,) = find_course(base / "source" / "course").slugs()
    assignment = find_course(base / "source" / "course").assignment(slug)
    if "--prepare" in sys.argv:
        prepare(base, assignment)
    else:
        run(base, assignment)
    return 0


def prepare(base: Path, assignment: Assignment) -> None:
    """Keep in BASE/source which tests must be confirmed, see `engines.confirm`."""
    from hwlib.grading.engines.isolated import IsolatedEngine

    found = list[str]()
    for one in assignment.each_notebook():
        with IsolatedEngine(one, 0, (base,)) as engine:
            engine.learn_imports(())
            found += sorted(engine.find_confirmed())
    write_whole(base / "source" / CONFIRMED, json.dumps(found))


def _confirmed(base: Path) -> list[str] | None:
    """What `prepare` has kept; None if it could not."""
    try:
        names = json.loads((base / "source" / CONFIRMED).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return [str(name) for name in names]


def run(base: Path, assignment: Assignment) -> None:
    """Grade BASE/submission and keep BASE/results/results.json up to date.

    Parameters
    ----------
    base : Path
        Gradescope's /autograder.
    assignment : Assignment
    """
    started = time.monotonic()
    (base / "results").mkdir(exist_ok=True)
    metadata = base / "submission_metadata.json"
    for path, mode in (
        (base / "source", 0o700),
        (base / "results", 0o700),
        (base / "submission", 0o700),
        (metadata, 0o600),
    ):
        with contextlib.suppress(FileNotFoundError):
            path.chmod(mode)
    board = _Board(
        questions_of(load_key(assignment), assignment.gradescope.hidden_tests),
        base / "results" / "results.json",
        HandIn.from_metadata(_metadata(metadata)),
        assignment.course.feedback,
    )
    board.write()
    deadline = started + 60 * assignment.gradescope.minutes - SPARE_S
    reason = ""
    for _ in range(MAX_TRIES):
        reason = _try_once(board, base, assignment, deadline)
        if not reason or time.monotonic() >= deadline:
            break
    if reason:
        board.leave_rest(reason)
        board.notice = "Not every question could be graded by the tests. You lose nothing."
    board.write()


def questions_of(key: AnswerKey, hidden_tests: Visibility) -> list[Asked]:
    """The questions of an assignment as Gradescope shows them.

    Parameters
    ----------
    key : AnswerKey
    hidden_tests : Visibility
        When the result of a question that has hidden tests is shown. All others are visible.
    """

    def visibility(cell: KeyCell) -> Visibility:
        return hidden_tests if BEGIN_HIDDEN in cell.source else "visible"

    return [
        Asked(
            cell.name,
            cell.title,
            cell.points,
            cell.by_hand,
            visibility(cell),
            cell.extra_credit,
        )
        for cell in key.questions
    ]


def _metadata(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return json.loads(file.read(MAX_METADATA))
    except (OSError, ValueError, RecursionError):
        return None


# ---- this process and its judge ------------------------------------------------------------------


def _try_once(board: _Board, base: Path, assignment: Assignment, deadline: float) -> str:
    """Have a new judge grade the submission; returns why it did not come to an end, or "".

    A question whose result is known keeps it.
    """
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(told)
        _be_judge(base, assignment, tell)
    os.close(tell)
    reason = "grading was interrupted"
    try:
        for message in _messages(told, deadline):
            if "question" in message:
                question = SubmissionResult.from_dict(_alone(message["question"])).questions[0]
                board.note(question)
                board.write()
            elif "failed" in message:
                return str(message["failed"])
            else:
                _finish(board, SubmissionResult.from_dict(message["result"]))
                board.leaderboard = {
                    question: Measured(**values) for question, values in message["networks"].items()
                }
                return ""
        if time.monotonic() >= deadline:
            reason = "the time that Gradescope gives was used up"
    finally:
        os.close(told)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return reason


def _earned(question: QuestionResult, waiting: str) -> QuestionResult:
    """A result that may still change: what is not passed yet waits, with the points so far."""
    if question.parts:
        parts = tuple(
            part
            if part.status == "passed"
            else replace(part, status="manual", message=waiting, hint="")
            for part in question.parts
        )
        return replace(question, parts=parts)
    if question.status == "passed":
        return question
    return replace(question, status="manual", message=waiting, hint="")


def _alone(question: dict[str, Any]) -> dict[str, Any]:
    return SubmissionResult("", "graded", ()).to_dict() | {"questions": [question]}


def _finish(board: _Board, result: SubmissionResult) -> None:
    board.graded = {question.id: question for question in result.questions}
    board.problems = result.problems
    board.is_finished = True
    if result.status == "rejected":
        board.notice = "Your notebook could not be read, so no question was graded."


def _messages(pipe: int, deadline: float) -> Iterator[dict[str, Any]]:
    """The judge's messages, one a line, until it ends or the time is over."""
    buffer = bytearray()
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            return
        chunk = os.read(pipe, 65536)
        if not chunk or len(buffer) > MAX_LINE:
            return
        *lines, rest = (bytes(buffer) + chunk).split(b"\n")
        buffer = bytearray(rest)
        for line in lines:
            yield json.loads(line)


# ---- in the judge --------------------------------------------------------------------------------


def _be_judge(base: Path, assignment: Assignment, pipe: int) -> None:
    """Grade in this fork and tell the results; it never returns."""
    from hwlib.grading.sandbox.confine import die_with_parent

    try:
        die_with_parent()
        with os.fdopen(pipe, "w", encoding="utf-8") as stream:

            def tell(**message: Any) -> None:
                stream.write(json.dumps(message) + "\n")
                stream.flush()

            try:
                outcome = _graded(base, assignment, tell)
            except GradingError as error:
                _note(f"nothing was graded: {error}")
                tell(failed="student code can't be run safely on this machine")
            else:
                _note(f"isolation {outcome.tier}")
                networks = _on_leaderboard(assignment, outcome)
                tell(
                    result=outcome.result.to_dict(),
                    networks={question: asdict(found) for question, found in networks.items()},
                )
    # a fork must end here, whatever happens, and Gradescope shows the instructor what it prints
    except BaseException:  # noqa: BLE001
        _note(traceback.format_exc())
    finally:
        os._exit(0)


def _graded(base: Path, assignment: Assignment, tell: Any) -> Outcome:
    """The outcome. Each question that passes or earns some of its points is told at once.

    Of several notebooks, each is graded as an assignment of its own.
    """
    from hwlib.grading.engines.several import joined, of_notebook
    from hwlib.grading.records.cache import new_seed
    from hwlib.grading.submissions.files import submission_in

    found = submission_in(base / "submission", assignment)
    seed = new_seed()
    _note(f"seed of the hidden inputs: {seed}")
    outcomes = {
        one.stem: _graded_notebook(base, one, of_notebook(found, one.stem), seed, tell)
        for one in assignment.each_notebook()
    }
    return joined(found, outcomes) if assignment.has_several else outcomes[""]


def _graded_notebook(
    base: Path, assignment: Assignment, found: FoundSubmission, seed: int, tell: Any
) -> Outcome:
    """The outcome of one notebook.

    If a question does not pass, the course's own solution is graded, too. If that shows that a test
    must be run in another way or not at all on this machine, the submission is graded again.
    """
    from hwlib.grading.engines.apart import apart
    from hwlib.grading.engines.isolated import IsolatedEngine, imported_ahead

    # of the folder above it, the course needs nothing, and student code must not see it
    exact = bool(assignment.gradescope.leaderboard)
    with checks.context(exact=exact), IsolatedEngine(assignment, seed, (base,)) as engine:

        def on_question(question: QuestionResult) -> None:
            if question.status == "passed" or question.points:
                tell(question=asdict(question))

        engine.learn_imports(imported_ahead([found]))
        if (confirmed := _confirmed(base)) is not None:
            engine.bench.confirm(engine.bench.tests.keys() & confirmed)
        else:
            engine.find_confirmed()
        engine.on_question = on_question
        outcome = apart(lambda: engine.grade(found))
        if outcome.result.status == "rejected":
            return outcome
        tests = {cell.name for cell in engine.key.by_role("test")}
        if any(one.id in tests and one.status != "passed" for one in outcome.result.questions):
            reference = engine.check_reference()
            for name, why in reference.failing.items():
                _note(f"the course's own solution does not pass {name} here: {why}")
            if reference.failing or reference.proved.in_place:
                outcome = engine.grade(found)
        return outcome


def _on_leaderboard(assignment: Assignment, outcome: Outcome) -> dict[str, Measured]:
    """Question → what was measured of its network, if that earned points and is named for it.

    The grader has evaluated the weights that were handed in. Nothing that student code says counts.
    """
    earned = {one.id for one in outcome.result.questions if one.points > 0}
    return {
        question: outcome.measured[question]
        for question in assignment.gradescope.leaderboard
        if question in earned and question in outcome.measured
    }


def _note(text: str) -> None:
    """A line on standard output, which Gradescope shows to instructors only."""
    sys.stdout.write(f"{for_terminal(text)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
