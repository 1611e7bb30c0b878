"""What grading one reference solution costs, by this engine and by nbgrader's machinery, and
whether they give the same points.

    python benchmarks/references.py [SLUG …] [--repeats 3]

CPU seconds of all processes together, for one submission. This engine: the difference between
grading the reference REPEATS + 1 times and once, over REPEATS, so without its start (imports, setup
cells, the course's own solution), which a class pays once. nbgrader: one submission, whose kernel
imports everything anew each time. "Forward passes" is the part of this engine's CPU seconds in
which the networks that were handed in compute their scores, for as many images as the verdict
needs: no grader can do without it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from grading_engines import children_cpu_s

from hwlib.grading import Assignment, find_course, grade_many
from hwlib.grading.proof.variants import handed_in_models, reference_notebook
from hwlib.grading.proof.verify import hand_in, with_nbgrader


def main() -> int:
    """Print one line for each assignment."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    course = find_course(Path(__file__).resolve().parent)
    if options.child:
        engine, copies = options.child
        print(json.dumps(_grade(course.assignment(options.slugs[0]), engine, int(copies))))
        return 0
    print(
        "| assignment | points | hwlib, CPU s | of it forward passes | hwlib, wall s "
        "| nbgrader, CPU s | nbgrader, wall s | CPU, times | same points |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for slug in options.slugs or course.slugs():
        print(_row(slug, options.repeats), flush=True)
    return 0


def _row(slug: str, repeats: int) -> str:
    once, often = (_measure(slug, "isolated", copies) for copies in (1, repeats + 1))
    theirs = _measure(slug, "nbgrader", 1)
    cpu_s = (often["cpu_s"] - once["cpu_s"]) / repeats
    same = all(points == theirs["points"][0] for points in often["points"])
    return (
        f"| {slug} | {sum(often['points'][0].values()):g} | {cpu_s:.2f} | "
        f"{often['forward_s']:.2f} | {often['wall_s']:.2f} | {theirs['cpu_s']:.2f} | "
        f"{theirs['wall_s']:.2f} | {theirs['cpu_s'] / cpu_s:.1f} | {'yes' if same else 'NO'} |"
    )


def _measure(slug: str, engine: str, copies: int) -> dict[str, Any]:
    command = [sys.executable, __file__, slug, "--child", engine, str(copies)]
    before = children_cpu_s()
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(output.splitlines()[-1])
    return {**found, "cpu_s": children_cpu_s() - before}


def _grade(assignment: Assignment, engine: str, copies: int) -> dict[str, Any]:
    """Points of each question of each copy of the reference, the wall seconds of a submission (the
    smallest, of several), and the CPU seconds of the forward passes of one.
    """
    with tempfile.TemporaryDirectory(prefix="hw-references-") as name:
        forward = Path(name, "forward").resolve()
        forward.touch()
        if importlib.util.find_spec("torch"):
            from hwlib.models import evaluating

            evaluating._REMEMBERED = 0  # the copies are equal, a class is not
            evaluating._scores = _timed(evaluating._scores, forward)
        handed = reference_notebook(assignment), handed_in_models(assignment)
        found = [
            hand_in(assignment, Path(name).resolve(), f"copy{number}", *handed)
            for number in range(copies)
        ]
        if engine == "isolated":
            # as `hw grade` does it, the course's own solution comes first
            graded = grade_many(assignment, found, seed=1, jobs=1, on_reference=lambda check: None)
            results = [outcome.result for _, outcome in graded]
            wall_s = min(result.seconds for result in results)
        else:
            started = time.perf_counter()
            results = list(with_nbgrader(assignment, found))
            wall_s = time.perf_counter() - started
        passes_s = [float(line) for line in forward.read_text().split()]
    return {
        "forward_s": sum(passes_s) / (copies + 1),  # and the course's own
        "points": [
            {question.id: question.points for question in result.questions} for result in results
        ],
        "wall_s": wall_s,
    }


def _timed(function: Callable[..., Any], log: Path) -> Callable[..., Any]:
    """A function that notes its CPU seconds in a file, also where a judge calls it."""

    @wraps(function)
    def timed(*arguments: Any) -> Any:
        started = time.process_time()
        try:
            return function(*arguments)
        finally:
            with log.open("a") as file:
                file.write(f"{time.process_time() - started}\n")

    return timed


if __name__ == "__main__":
    raise SystemExit(main())
