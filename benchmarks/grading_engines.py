"""How each engine of benchmarks/grading.py is run, and how long it took: the whole command, and
from the moment it was ready.

Each engine gets the same submissions, the same tests, the same time limit for a question and the
same seed of the hidden inputs.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from types import CodeType
from typing import Any

import nbformat
from grading_class import LIMIT_S, SLUG, Handed
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from hwlib.grading import Assignment

__all__ = [
    "Run",
    "bare_cells",
    "children_cpu_s",
    "isolated",
    "nbgrader",
    "otter",
    "parallel_nbclient",
]

SEED = 2027
# nbgrader runs alembic
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "HWLIB_GRADING": "1",
    "HWLIB_SEED": str(SEED),
    "MPLBACKEND": "agg",
    "PYTHONWARNINGS": "ignore",
}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(slots=True)
class Run:
    """What one run of one engine took, and the points that it gave for code."""

    whole_s: float  # the command, from its start to its end
    steady_s: float  # from the moment that it was ready for the first submission
    scores: dict[str, float]
    # of one submission, where they are graded one after the other
    each_s: dict[str, float] = field(default_factory=dict)
    cpu_s: float = 0.0  # of the command and all its processes that ended before it

    def without(self, student: str) -> float:
        """Steady seconds of all submissions but one; only where they are graded one after the
        other.
        """
        return self.steady_s - self.each_s[student]


def children_cpu_s() -> float:
    """CPU seconds, user and system, of all ended processes that this one had started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def isolated(assignment: Assignment, handed: Sequence[Handed], folder: Path) -> Run:
    """`hw grade` with everything written: scores, gradebook, autograded/, feedback/."""
    stamps, results = folder / "stamps", folder / "results.json"
    command = [
        sys.executable,
        __file__,
        "isolated",
        str(stamps),
        "grade",
        SLUG,
        "--submitted",
        str(handed[0].path.parents[2]),
        "--output",
        str(folder / "output"),
        "--seed",
        str(SEED),
        "--json",
        str(results),
    ]
    for one in handed:
        command += ["--student", one.student]
    whole_s = _timed(command, cwd=assignment.course.root)
    ready, done = map(float, stamps.read_text().split())
    found = json.loads(results.read_text(encoding="utf-8"))["submissions"]
    return Run(
        whole_s,
        done - ready,
        {one["student"]: sum(q["points"] for q in one["questions"]) for one in found},
    )


def _isolated_child(stamps: str, *arguments: str) -> None:
    """The command `hw`, which notes when its judges were ready and when the last result had been
    written.
    """
    from hwlib import cli
    from hwlib.grading.engines import pool as batch

    started, closed = batch.Pool.__init__, batch.Pool.__exit__

    def start(pool: Any, *args: Any) -> None:
        started(pool, *args)
        Path(stamps).write_text(f"{time.time()}\n")

    def close(pool: Any, *args: Any) -> None:
        with Path(stamps).open("a") as file:
            file.write(f"{time.time()}\n")
        closed(pool, *args)

    batch.Pool.__init__ = start  # type: ignore[method-assign, assignment]
    batch.Pool.__exit__ = close  # type: ignore[method-assign]
    sys.argv = ["hw", *arguments]
    cli.main()


def nbgrader(assignment: Assignment, handed: Sequence[Handed], folder: Path) -> Run:
    """`nbgrader autograde`: scores, gradebook and autograded/; its feedback would be another
    command.
    """
    course = folder / "nbgrader"
    shutil.copytree(assignment.course.root / "source", course / "source")
    shutil.copyfile(assignment.course.root / "course.toml", course / "course.toml")
    shutil.copyfile(assignment.course.root / "nbgrader_config.py", course / "nbgrader_config.py")
    for one in handed:
        shutil.copytree(one.path.parents[1], course / "submitted" / one.student)
    command = [sys.executable, "-m", "nbgrader"]
    _timed([*command, "generate_assignment", SLUG], cwd=course)
    starts: dict[str, float] = {}
    begun = time.time()
    process = subprocess.Popen(
        [*command, "autograde", SLUG, f"--Execute.timeout={LIMIT_S:.0f}"],
        cwd=course,
        env=ENVIRONMENT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    log = ""
    for line in process.stdout or ():
        log += line
        for student in re.findall(rf"submitted/(\w+)/{SLUG}", line):
            starts.setdefault(student, time.time())
    ended = time.time() if process.wait() == 0 else _fail("nbgrader autograde", log)
    bounds = [*sorted(starts.values()), ended]
    each = dict(
        zip(
            sorted(starts, key=starts.__getitem__),
            (b - a for a, b in pairwise(bounds)),
            strict=True,
        )
    )
    return Run(ended - begun, ended - bounds[0], _nbgrader_scores(course / "gradebook.db"), each)


def _nbgrader_scores(database: Path) -> dict[str, float]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{database}") as gradebook:
        return {row["student"]: row["code_score"] for row in gradebook.submission_dicts(SLUG)}


def otter(assignment: Assignment, handed: Sequence[Handed], folder: Path, python: str) -> Run:
    """`otter run` for each submission, as its containers do, with the zip of
    `hw gradescope --otter`.
    """
    archive = folder / "autograder.zip"
    _timed([python, "-c", OTTER_ZIP, SLUG, str(archive)], cwd=assignment.course.root)
    scores, each = {}, {}
    for one in handed:
        place = folder / one.student
        place.mkdir()
        shutil.copy(one.path, place / f"{SLUG}.ipynb")
        each[one.student] = _timed(
            [python, "-m", "otter", "run", "-a", str(archive), "-o", str(place), f"{SLUG}.ipynb"],
            cwd=place,
        )
        results = json.loads((place / "results.json").read_text(encoding="utf-8"))
        scores[one.student] = sum(test.get("score", 0.0) for test in results["tests"])
    total_s = sum(each.values())
    return Run(total_s, total_s, scores, each)


OTTER_ZIP = """\
import sys, zipfile
from hwlib.grading import find_course
from hwlib.grading.engines.otter_zip import generated_zip

with zipfile.ZipFile(sys.argv[2], "w") as archive:
    for name, content in generated_zip(find_course().assignment(sys.argv[1])).items():
        archive.writestr(name, content)
"""


# ---- notebooks executed side by side, and the bare cells -----------------------------------------


def parallel_nbclient(assignment: Assignment, handed: Sequence[Handed], folder: Path) -> Run:
    """Two processes, each with nbclient and a kernel a notebook, one thread each; nothing is
    written.
    """
    return _in_child("nbclient", assignment, handed, folder)


def bare_cells(assignment: Assignment, handed: Sequence[Handed], folder: Path) -> Run:
    """One process with everything imported runs the solution and test cells, one submission after
    the other: no engine can be faster.
    """
    return _in_child("bare", assignment, handed, folder)


def _in_child(name: str, assignment: Assignment, handed: Sequence[Handed], folder: Path) -> Run:
    told, answer = folder / "told.json", folder / "answer.json"
    told.write_text(
        json.dumps(
            {
                "source": str(assignment.source),
                "notebooks": {one.student: str(one.path) for one in handed},
            }
        )
    )
    whole_s = _timed(
        [sys.executable, __file__, name, str(told), str(answer)], cwd=folder, more=ONE_THREAD
    )
    found = json.loads(answer.read_text())
    return Run(whole_s, found["steady_s"], found["scores"], found.get("each_s", {}))


def _nbclient_child(told: str, answer: str) -> None:
    task = json.loads(Path(told).read_text())
    tests = _tests(task["source"])
    with get_context("spawn").Pool(2, _import_nbclient) as pool:
        pool.map(abs, range(8), chunksize=1)  # both are up
        started = time.time()
        scores = dict(
            pool.imap_unordered(
                _execute, [(student, path, tests) for student, path in task["notebooks"].items()]
            )
        )
        steady_s = time.time() - started
    Path(answer).write_text(json.dumps({"steady_s": steady_s, "scores": scores}))


def _import_nbclient() -> None:
    import nbclient  # noqa: F401


def _execute(task: tuple[str, str, dict[str, tuple[str, float]]]) -> tuple[str, float]:
    from nbclient import NotebookClient

    student, path, tests = task
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if _role(cell) == "test":
            cell.source = tests[cell.metadata.hwlib.name][0]
    NotebookClient(
        notebook,
        timeout=int(LIMIT_S),
        allow_errors=True,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "CellTimeoutError", "evalue": "", "traceback": []},
        kernel_name="python3",
    ).execute()
    graded = [cell for cell in notebook.cells if _role(cell) == "test"]
    return student, sum(_earned(cell, tests[cell.metadata.hwlib.name][1]) for cell in graded)


def _earned(cell: NotebookNode, points: float) -> float:
    """The points of a test cell that was run: none, those that its last value names, or all."""
    if any(output.output_type == "error" for output in cell.outputs):
        return 0.0
    values = [one.data["text/plain"] for one in cell.outputs if one.output_type == "execute_result"]
    return float(values[-1]) if values else points


def _bare_child(told: str, answer: str) -> None:
    from hwlib import checks

    task = json.loads(Path(told).read_text())
    cells = nbformat.read(task["source"], as_version=4).cells
    given: dict[str, Any] = {"__name__": "__main__"}
    tests = {
        name: (*_compiled(source, name), points)
        for name, (source, points) in _tests(task["source"]).items()
    }
    scores, each = {}, {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in (cell for cell in cells if _role(cell) == "setup"):
            exec(TransformerManager().transform_cell(cell.source), given)
        for student, path in task["notebooks"].items():
            started = time.time()
            namespace = dict(given)
            for cell in nbformat.read(path, as_version=4).cells:
                if _role(cell) == "solution":
                    _points_of(partial(exec, cell.source, namespace), 0.0)
            scores[student] = 0.0
            for body, last, points in tests.values():
                with checks.context(SEED):
                    work = partial(_run_cell, body, last, dict(namespace))
                    scores[student] += _points_of(work, points)
            each[student] = time.time() - started
    Path(answer).write_text(
        json.dumps({"steady_s": sum(each.values()), "scores": scores, "each_s": each})
    )


def _compiled(source: str, name: str) -> tuple[CodeType, CodeType | None]:
    """A cell, and the value of its last line if that is an expression."""
    tree, last = ast.parse(source), None
    end = tree.body[-1]
    if isinstance(end, ast.Expr):
        last = compile(ast.Expression(end.value), name, "eval")
        tree.body.pop()
    return compile(tree, name, "exec"), last


def _run_cell(body: CodeType, last: CodeType | None, namespace: dict[str, Any]) -> object:
    exec(body, namespace)
    return None if last is None else eval(last, namespace)  # noqa: S307  the course's own cell


def _points_of(work: Callable[[], object], points: float) -> float:
    """What a cell earns: the number that is its last value, or all."""
    with _alarm(LIMIT_S):
        try:
            value = work()
        # whatever a student's code or a test raises costs the question
        except (Exception, KeyboardInterrupt):  # noqa: BLE001
            return 0.0
    return float(value) if isinstance(value, float) else points


@contextlib.contextmanager
def _alarm(limit_s: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise KeyboardInterrupt  # as nbgrader does; the part of a check does not catch it

    signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


# ---- shared --------------------------------------------------------------------------------------


def _tests(source: str) -> dict[str, tuple[str, float]]:
    """Name → (source, points) of the test cells."""
    return {
        cell.metadata.hwlib.name: (cell.source, float(cell.metadata.nbgrader.points))
        for cell in nbformat.read(source, as_version=4).cells
        if _role(cell) == "test"
    }


def _role(cell: NotebookNode) -> str:
    return str(cell.metadata.get("hwlib", {}).get("role", ""))


def _timed(command: Sequence[str], cwd: Path, more: dict[str, str] | None = None) -> float:
    started = time.time()
    with tempfile.TemporaryFile("w+") as log:
        environment = {**ENVIRONMENT, **(more or {})}
        code = subprocess.run(
            command, cwd=cwd, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode
        ended = time.time()
        log.seek(0)
        if code:
            _fail(" ".join(command), log.read())
    return ended - started


def _fail(command: str, log: str) -> float:
    raise SystemExit(f"{command}: failed\n{log[-3000:]}")


if __name__ == "__main__":
    CHILDREN: dict[str, Callable[..., None]] = {
        "isolated": _isolated_child,
        "nbclient": _nbclient_child,
        "bare": _bare_child,
    }
    CHILDREN[sys.argv[1]](*sys.argv[2:])
