"""Student code calls functions of the test from several threads and processes."""

from __future__ import annotations

import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from courses import hand_in, make_assignment, with_code
from needs import linux

from hwlib.grading import SubmissionResult, grade_assignment
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.sandbox.turns import Turns

# ---- turns ---------------------------------------------------------------------------------------


class Wire:
    """Both ends: what is sent must be what the other end waits for, the newest first."""

    def __init__(self, seed: int) -> None:
        self.turns, self.expected, self.random = Turns(), list[str](), random.Random(seed)
        self.names = iter(range(10**6))
        self.faults: list[str] = []
        self.asked = 0

    def _ends(self, name: str) -> None:
        if self.expected[-1] != name:
            self.faults.append(f"{name} ended, expected {self.expected[-1]}")
        self.expected.remove(name)

    def run(self) -> None:
        for _ in range(4):
            self.request(depth=3)

    def request(self, depth: int) -> None:
        """A request whose code asks from some threads; a question may bring another request."""
        name = f"request {next(self.names)}"
        self.expected.append(name)
        place = self.turns.begin_request()
        with ThreadPoolExecutor(3) as pool:
            for _ in range(self.random.randrange(5)):
                pool.submit(self.question, depth).add_done_callback(self._note)
        with self.turns.end_request(place):
            self._ends(name)

    def question(self, depth: int) -> None:
        time.sleep(self.random.random() / 500)
        with self.turns.question():
            self.asked += 1
            name = f"question {next(self.names)}"
            self.expected.append(name)
            time.sleep(self.random.random() / 1000)
            if depth and self.random.random() < 0.5:
                self.request(depth - 1)
            self._ends(name)

    def _note(self, done: object) -> None:
        error = done.exception()  # type: ignore[attr-defined]
        if error is not None:
            self.faults.append(repr(error))


@pytest.mark.parametrize("seed", range(12))
def test_what_began_last_ends_first_and_nothing_waits_for_ever(seed: int) -> None:
    wire = Wire(seed)
    runs = threading.Thread(target=wire.run, daemon=True)
    runs.start()
    runs.join(60)
    assert not runs.is_alive()
    assert (wire.faults, wire.expected) == ([], [])
    assert wire.asked


def test_a_question_after_the_end_is_refused() -> None:
    turns = Turns()
    with turns.end_request(turns.begin_request()):
        pass
    with pytest.raises(RuntimeError, match="the test has ended"), turns.question():
        pass


# ---- in the engine -------------------------------------------------------------------------------

NOTEBOOK = """\
# %% setup
import numpy as np

# %% solution="apply"
def apply(f, values):
    ### BEGIN SOLUTION
    return [f(value) for value in values]
    ### END SOLUTION

# %% test="apply" points=2
values = list(range(40))
assert apply(lambda value: value ** 2, values) == [value ** 2 for value in values]
assert apply(lambda value: np.full(50, value), [1, 2])[1].tolist() == [2.0] * 50

# %% test="apply-inside" points=1
assert apply(lambda n: sum(apply(lambda m: n * m, [1, 2, 3])), [4, 5]) == [24, 30]
"""
IN_THREADS = {
    "a pool": """\
from concurrent.futures import ThreadPoolExecutor
def apply(f, values):
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(f, values))
""",
    "threads": """\
from threading import Thread
def apply(f, values):
    found = {}
    def work(value):
        found[value] = f(value)
    threads = [Thread(target=work, args=(value,)) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[value] for value in values]
""",
    "threads that go on": """\
from threading import Thread
import time
def apply(f, values):
    def later():
        time.sleep(0.05)
        f(values[0])
    Thread(target=later, daemon=True).start()
    return [f(value) for value in values]
""",
    "a loop of asyncio": """\
import asyncio
def apply(f, values):
    async def main():
        return await asyncio.gather(*(asyncio.to_thread(f, value) for value in values))
    return asyncio.run(main())
""",
}
IN_PROCESSES = {
    "forks": """\
import multiprocessing
def work(value):
    return passed(value)
def apply(f, values):
    global passed
    passed = f
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(work, values)
""",
    "a pool": """\
from concurrent.futures import ProcessPoolExecutor
def apply(f, values):
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(f, values))
""",
    "an error in the way": """\
import multiprocessing
def work(value):
    try:
        return passed(value)
    except Exception as error:
        raise ValueError("it does not work") from error
def apply(f, values):
    global passed
    passed = f
    with multiprocessing.get_context("fork").Pool(2) as pool:
        try:
            return pool.map(work, values)
        except ValueError as error:
            raise KeyError("neither here") from error
""",
}


def graded(root: Path, code: str) -> SubmissionResult:
    assignment = make_assignment(root, "passed", NOTEBOOK, points=3)
    notebook = with_code(reference_notebook(assignment), {"apply": code})
    hand_in(assignment, "ada", json.dumps(notebook))
    return grade_assignment(assignment, root / "submitted", root).submissions[0]


@linux
@pytest.mark.parametrize("code", IN_THREADS.values(), ids=IN_THREADS)
def test_functions_of_the_test_can_be_called_from_threads(tmp_path: Path, code: str) -> None:
    result = graded(tmp_path, code)
    assert [one.points for one in result.questions] == [2, 1], result


@linux
@pytest.mark.parametrize("code", IN_PROCESSES.values(), ids=IN_PROCESSES)
def test_from_another_process_they_are_left_to_a_human(tmp_path: Path, code: str) -> None:
    result = graded(tmp_path, code)
    assert {one.status for one in result.questions} == {"manual"}, result
    assert "another process" in result.questions[0].message
