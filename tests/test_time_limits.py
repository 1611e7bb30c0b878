"""Endless loops use up the time of a notebook; what is quick keeps its points."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import needs
import pytest
from courses import hand_in, make_assignment, with_code
from in_workers import Workers

from hwlib.errors import ZygoteGone
from hwlib.grading import GradeOptions, grade_assignment
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.sandbox.tiers import proven_tier
from hwlib.grading.sandbox.wire import Channel

pytestmark = needs.linux

COUNT = 7
QUESTION = """
# %% solution="f{0}"
def f{0}(x):
    ### BEGIN SOLUTION
    return x + {0}
    ### END SOLUTION

# %% test="f{0}" points=1
assert f{0}(3) == 3 + {0}
"""
NOTEBOOK = "# %% [markdown]\n# # Adding\n#\n# Some numbers.\n" + "".join(
    QUESTION.format(number) for number in range(COUNT)
)
TOML = (
    f'title = "Adding"\npoints = {COUNT}\nminutes = 1\n'
    "[limits]\nquestion_s = 1.0\nsubmission_s = 4.0\n"
)


def test_code_that_is_quick_passes_after_many_loops_without_end(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path, "adding", NOTEBOOK, TOML)
    loops = {f"f{number}": f"def f{number}(x):\n    while True: pass\n" for number in range(COUNT)}
    for quick in ("f4", "f6"):
        del loops[quick]
    hand_in(assignment, "ada", json.dumps(with_code(reference_notebook(assignment), loops)))
    (result,) = grade_assignment(
        assignment, tmp_path / "submitted", tmp_path, options=GradeOptions(jobs=1)
    ).submissions
    found = [(one.points, one.status) for one in result.questions]
    late = (0, "timeout")
    # all loops together may not cost much more than the limit: so the last one is not run
    assert found == [late, late, late, late, (1, "passed"), late, late], result
    assert "within 1 s" in result.questions[3].message
    for one in result.questions[5:]:
        assert "The 4 s for the whole notebook were used up" in one.message


BURN = """
import os, time

def burn():
    while time.process_time() < 0.4:
        pass

ended = os.fork()
if not ended:
    burn()
    os._exit(0)
os.waitpid(ended, 0)

tell, told = os.pipe()
for _ in range(3):
    if not os.fork():
        os.setsid()
        burn()
        os.write(told, b".")
        time.sleep(60)
        os._exit(0)
for _ in range(3):
    os.read(tell, 1)
"""


def test_the_time_of_all_processes_of_a_worker_counts() -> None:
    workers = Workers(proven_tier(), [])
    try:
        worker = workers.new()
        channel = Channel(worker.sock)
        channel.send({"id": 1, "op": "run", "source": BURN})
        assert channel.receive(time.monotonic() + 60)["value"]["error"] is None
        worked_s, _ = worker.times()
        worker.kill()
    finally:
        workers.zygote.close()
        workers.run.close()
    assert worked_s > 1.5  # four times 0.4 s, and what a tick of the clock leaves out


WORK = "import time\nbegun = time.process_time()\nwhile time.process_time() < begun + 0.4: pass"


def test_setup_cells_may_wait_for_a_core_but_must_come_to_an_end() -> None:
    workers = Workers(proven_tier(), [])
    zygote, core = workers.zygote, min(os.sched_getaffinity(0))
    os.sched_setaffinity(zygote.process.pid, {core})
    loop = f"import os\nos.sched_setaffinity(0, {{{core}}})\nprint(flush=True)\nwhile True: pass"
    others = [
        subprocess.Popen([sys.executable, "-c", loop], stdout=subprocess.PIPE) for _ in range(4)
    ]
    try:
        for other in others:
            assert other.stdout and other.stdout.readline()
        assert zygote.prepare([], [WORK], timeout_s=1.0)["errors"] == [[0, ""]]
        for other in others:
            other.kill()
        with pytest.raises(ZygoteGone, match="took more than 1 s"):
            zygote.prepare([], ["while True: pass"], timeout_s=1.0)
    finally:
        for other in others:
            other.kill()
            other.communicate()
        zygote.close()
        workers.run.close()
