"""Where the time of this engine goes: exclusive seconds by part, one submission after the other in
one process.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from grading_class import Handed

from hwlib.grading import Assignment
from hwlib.grading.engines import isolated, standins
from hwlib.grading.engines.bench import Bench
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.records import class_records, gradebook
from hwlib.grading.records.class_records import ClassRecords
from hwlib.grading.records.gradebook import GradeStore
from hwlib.grading.sandbox import processes
from hwlib.grading.submissions.files import FoundSubmission, find_submissions
from hwlib.grading.submissions.repair import RepairedSubmission

__all__ = ["print_profile"]

CELLS, REQUESTS, OTHER = (
    "the student's cells run",
    "requests by the tests, both processes",
    "the rest",
)
CALLBACKS = "functions of the tests, called back"
PARTS: list[tuple[Any, str, str]] = [  # (where, function, what its time is called)
    (isolated, "read_found", "notebook read"),
    (isolated, "repair", "repair"),
    (processes.Zygote, "fork", "worker forked and confined"),
    (processes.Worker, "kill", "worker killed"),
    (standins.Session, "run", CELLS),
    (standins.Session, "request", REQUESTS),
    (standins.Session, "_answer", CALLBACKS),
    (Bench, "run", "the tests themselves: oracles, comparisons"),
    (RepairedSubmission, "as_notebook", "outputs checked"),
    (GradeStore, "_transaction", "gradebook rows"),
    (gradebook, "complete_notebook", "autograded/ notebook made"),
    (gradebook, "write_notebook", "autograded/ notebook written"),
    (class_records, "feedback_page", "feedback page"),
]


class _Stopwatch:
    """Exclusive time by label: while a part runs, the one around it stands still."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: Counter[str] = Counter()
        self._stack: list[str] = []
        self._since = time.perf_counter()

    def measured(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            # running a cell is a request, too
            inside = CELLS if self._stack and self._stack[-1] == CELLS else label
            self._turn()
            self._stack.append(inside)
            self.calls[label] += 1
            try:
                return function(*args, **kwargs)
            finally:
                self._turn()
                self._stack.pop()

        return run

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._stack:
            self.seconds[self._stack[-1]] += now - self._since
        self._since = now


def print_profile(
    assignment: Assignment, handed: Sequence[Handed], output: Path, repeats: int = 5
) -> None:
    """Grade the honest submissions of the class several times and print the medians, in
    milliseconds a submission.
    """
    output.mkdir()
    started = time.perf_counter()
    honest = {one.student for one in handed if one.kind == "honest"}
    found = [
        one
        for one in find_submissions(assignment, handed[0].path.parents[2])
        if one.student in honest
    ]
    runs: list[dict[str, float]] = []
    with (
        IsolatedEngine(assignment, 0) as engine,
        ClassRecords(assignment, output, "isolated") as records,
    ):
        engine.learn_imports()
        ready_s = time.perf_counter() - started
        for _ in range(repeats + 1):
            watch = _Stopwatch()
            originals = [(owner, name, getattr(owner, name)) for owner, name, _ in PARTS]
            for owner, name, label in PARTS:
                setattr(owner, name, watch.measured(getattr(owner, name), label))
            one_submission = watch.measured(_grade_and_write, OTHER)
            for one in found:
                one_submission(engine, records, one)
            for owner, name, original in originals:
                setattr(owner, name, original)
            runs.append(watch.seconds)
    del runs[0]  # the first round warms up
    labels = dict.fromkeys([*(label for _, _, label in PARTS), OTHER])
    rows = {
        label: 1000 * statistics.median(run[label] for run in runs) / len(found) for label in labels
    }
    total = sum(rows.values())
    print(
        f"{len(found)} honest submissions, {repeats} rounds; zygote, setup cells and gradebook "
        f"were ready in {ready_s:.1f} s\n"
    )
    print("| part | ms a submission | share |\n| --- | ---: | ---: |")
    for label, ms in sorted(rows.items(), key=lambda row: -row[1]):
        print(f"| {label} | {ms:.1f} | {ms / total:.0%} |")
    print(
        f"| **all** | **{total:.0f}** | |\n\n{watch.calls[REQUESTS] / len(found):.0f} requests a "
        f"submission, and {watch.calls[CALLBACKS] / len(found):.0f} calls back from the student's "
        "code into a function of a test"
    )


def _grade_and_write(engine: IsolatedEngine, records: ClassRecords, one: FoundSubmission) -> None:
    records.kept(one, force=True)
    records.write(one, engine.grade(one), seed=0)
