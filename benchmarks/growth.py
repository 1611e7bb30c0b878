"""How grading grows with the class: time a submission, memory of the grader, and a second run in
which nothing has changed.

    python benchmarks/growth.py [--sizes 20 200 1000]

The assignment is the one that `hw new` makes, in a course of its own. The class is a simulated one
of 20 without the endless loop (it would only measure its limit), handed in again and again under
other names, so that every size has the same mix. Each size is graded by a process of its own with
one worker a core, everything written. Memory is what is resident (the largest judge; the process
that writes), once after a tenth of the class and once at the end. The second run is the command `hw
grade`, from its start to its end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hwlib.grading import (
    Assignment,
    SubmissionResult,
    build,
    find_course,
    grade_assignment,
    simulate,
)
from hwlib.grading.authoring.scaffold import new_assignment

SLUG, OF_ONE_CLASS = "growing", 20
COURSE = 'title = "Growth"\nrepository = "https://github.com/example/course"\n'


def main() -> int:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 200, 1000])
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(grade_and_watch(*map(Path, options.child))))
        return 0
    print(
        "| submissions | s a submission | second half ÷ first half | writer, MB | judge, MB | "
        "again, unchanged: s | s a submission |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="hw-growth-") as name:
        folder = Path(name).resolve()
        assignment = _assignment(folder / "course")
        kinds = _one_class(assignment, folder / "class")
        for size in options.sizes:
            print(_row(assignment, kinds, folder / str(size), size), flush=True)
    return 0


def _assignment(root: Path) -> Assignment:
    root.mkdir()
    (root / "course.toml").write_text(COURSE, encoding="utf-8")
    course = find_course(root)
    new_assignment(course, SLUG)
    build(course.assignment(SLUG))
    return course.assignment(SLUG)


def _one_class(assignment: Assignment, folder: Path) -> list[Path]:
    """The submissions that every size is made of."""
    made = simulate(assignment, OF_ONE_CLASS, 1, folder)
    return [folder / one.student / SLUG for one in made if one.kind != "hanging"]


def _row(assignment: Assignment, kinds: list[Path], folder: Path, size: int) -> str:
    submitted, output = folder / "submitted", folder / "output"
    for number in range(size):
        shutil.copytree(kinds[number % len(kinds)], submitted / f"s{number:04}" / SLUG)
    root = assignment.course.root
    command = [sys.executable, __file__, "--child", str(submitted), str(output)]
    found = json.loads(
        subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    )
    command = [
        sys.executable,
        "-m",
        "hwlib.cli",
        "grade",
        SLUG,
        "--submitted",
        str(submitted),
        "--output",
        str(output),
    ]
    started = time.time()
    subprocess.run(
        [*command, "--json", str(folder / "again.json")], cwd=root, check=True, capture_output=True
    )
    again_s = time.time() - started
    graded = json.loads((folder / "again.json").read_text(encoding="utf-8"))["submissions"]
    if len(graded) != size or not all(one["cached"] for one in graded):
        raise SystemExit(
            f"{folder}: {sum(one['cached'] for one in graded)} of {size} results were kept; "
            "expected all"
        )
    writer, judge = (
        f"{early:.0f} → {late:.0f}"
        for early, late in zip(found["early_mb"], found["late_mb"], strict=True)
    )
    return (
        f"| {size:,} | {found['each_s']:.3f} | {found['halves']:.2f} | {writer} | {judge} | "
        f"{again_s:.1f} | "
        f"{again_s / size:.4f} |"
    )


def grade_and_watch(submitted: Path, output: Path) -> dict[str, object]:
    """Grade a class in this process: seconds a submission after the first, how the second half
    compares, memory early and late.
    """
    assignment = find_course().assignment(SLUG)
    times: list[float] = []
    sizes: list[tuple[float, float]] = []

    def watch(_: SubmissionResult) -> None:
        times.append(time.monotonic())
        sizes.append(_resident_mb())

    grade_assignment(assignment, submitted, output, on_result=watch)
    last, middle = len(times) - 1, len(times) // 2
    first_half, second_half = (
        (times[middle] - times[0]) / middle,
        (times[last] - times[middle]) / (last - middle),
    )
    return {
        "each_s": (times[last] - times[0]) / last,
        "halves": second_half / first_half,
        "early_mb": sizes[last // 10],
        "late_mb": sizes[last],
    }


def _resident_mb() -> tuple[float, float]:
    """Of this process, and of the largest of its children that are judges (forks of it; the zygote
    is another program).
    """
    own = Path("/proc/self")
    name = (own / "cmdline").read_bytes()
    children = (own / "task" / str(os.getpid()) / "children").read_text().split()
    judges = [
        Path("/proc", child)
        for child in children
        if Path("/proc", child, "cmdline").read_bytes() == name
    ]
    return _mb(own), max(map(_mb, judges), default=0.0)


def _mb(process: Path) -> float:
    return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    sys.exit(main())
