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

from hwlib.grading import grade
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.engines import isolated, standins
from hwlib.grading.engines import verdicts as judge
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.records import gradebook
from hwlib.grading.records.gradebook import GradeStore
from hwlib.grading.sandbox import processes
from hwlib.grading.submissions.files import find_submissions

__all__ = ["print_profile"]

CELLS, REQUESTS, OTHER = (
    "the student's cells run",
    "requests by the tests, both processes",
    "the rest",
)
CALLBACKS = "functions of the tests, called back"
PARTS: list[tuple[Any, str, str]] = [  # (where, function, what its time is called)
    (isolated, "read_submission", "notebook read"),
    (isolated, "repair", "repair"),
    (processes.Zygote, "fork", "worker forked and confined"),
    (processes.Worker, "kill", "worker killed"),
    (standins.Session, "run", CELLS),
    (standins.Session, "request", REQUESTS),
    (standins.Session, "_serve_callback", CALLBACKS),
    (judge, "_run_test", "the tests themselves: oracles, comparisons"),
    (isolated, "_with_outputs", "outputs checked"),
    (GradeStore, "_transaction", "gradebook rows"),
    (gradebook, "complete_notebook", "autograded/ notebook made"),
    (gradebook, "write_notebook", "autograded/ notebook written"),
    (grade, "_write_feedback", "feedback page"),
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
    key = load_key(assignment)
    honest = {one.student for one in handed if one.kind == "honest"}
    found = [
        one
        for one in find_submissions(assignment, handed[0].path.parents[2])
        if one.student in honest
    ]
    runs: list[dict[str, float]] = []
    with IsolatedEngine(assignment, 0) as engine, GradeStore(assignment, output) as store:
        engine.learn_imports()
        store.prepare()
        ready_s = time.perf_counter() - started
        for _ in range(repeats + 1):
            watch = _Stopwatch()
            originals = [(owner, name, getattr(owner, name)) for owner, name, _ in PARTS]
            for owner, name, label in PARTS:
                setattr(owner, name, watch.measured(getattr(owner, name), label))
            one_submission = watch.measured(_grade_and_write, OTHER)
            for one in found:
                one_submission(assignment, key, engine, store, output, one)
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


def _grade_and_write(
    assignment: Assignment,
    key: Any,
    engine: IsolatedEngine,
    store: GradeStore,
    output: Path,
    one: Any,
) -> None:
    outcome = engine.grade(one)
    result = store.write(outcome.result, outcome.notebook, one.timestamp, folder=one.folder)
    grade._write_feedback(assignment, key, store, output, result, outcome.notebook)
