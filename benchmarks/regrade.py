"""What a regrade costs, without a change and after one changed test, beside grading all anew.

    python benchmarks/regrade.py [--students 1000] [--assignment knn]

The class is a simulated one of 20 without the endless loop (it would only measure its limit),
handed in again and again under other names. The change is a comment in the hidden half of one test,
so no score may change. Times are those of the whole command `hw grade`: on the clock, and of the
CPU in it and in all processes that it started. All runs use all cores.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hwlib.grading import simulate
from hwlib.grading.course import Assignment, find_course

OF_ONE_CLASS = 20
HIDDEN = "### BEGIN HIDDEN TESTS"


def main() -> int:
    """Print a table of four runs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--assignment", default="knn")
    options = parser.parse_args()
    here = find_course(Path(__file__).parent)
    with tempfile.TemporaryDirectory(prefix="hw-regrade-") as name:
        root = Path(name).resolve()
        for part in ("course.toml", "nbgrader_config.py"):
            shutil.copy(here.root / part, root / part)
        for part in ("assignments", "source", "release"):
            shutil.copytree(here.root / part / options.assignment, root / part / options.assignment)
        assignment = find_course(root).assignment(options.assignment)
        make_class(assignment, options.students)
        print("| run | s on the clock | CPU s | CPU ms a submission |")
        print("| --- | ---: | ---: | ---: |")
        first = row("graded for the first time", root, assignment.slug)
        kept = row("nothing has changed", root, assignment.slug)
        changed = change_one_test(assignment)
        second = row(f"`{changed}` has a changed test", root, assignment.slug)
        third = row("graded anew, `--force`", root, assignment.slug, "--force")
    if not first == kept == second == third:
        print("scores differ", file=sys.stderr)
        return 1
    return 0


def make_class(assignment: Assignment, students: int) -> None:
    """Write submitted/ with so many copies of a small class."""
    root = assignment.course.root
    made = simulate(assignment, OF_ONE_CLASS, 0, root / "kinds")
    kinds = [one.student for one in made if one.kind != "hanging"]
    for i in range(students):
        source = root / "kinds" / kinds[i % len(kinds)]
        shutil.copytree(source, root / "submitted" / f"student-{i:05d}")


def change_one_test(assignment: Assignment) -> str:
    """Add a comment to the hidden half of the first test that has one; returns the question."""
    notebook = json.loads(assignment.source.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        told, source = cell["metadata"].get("hwlib", {}), "".join(cell["source"])
        if told.get("role") == "test" and HIDDEN in source:
            cell["source"] = source.replace(HIDDEN, f"{HIDDEN}\n# another number", 1)
            assignment.source.write_text(json.dumps(notebook), encoding="utf-8")
            return str(told["name"])
    raise SystemExit(f"{assignment.slug}: no test has a hidden half")


def row(what: str, root: Path, slug: str, *arguments: str) -> dict[str, float]:
    """Run `hw grade`, print its times, and give the scores."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "hwlib.cli", "grade", slug, "--json", "told.json", *arguments]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    wall_s, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = json.loads((root / "told.json").read_text(encoding="utf-8"))["submissions"]
    print(f"| {what} | {wall_s:.1f} | {cpu_s:.1f} | {1000 * cpu_s / len(told):.0f} |", flush=True)
    return {one["student"]: one["score"] for one in told}


if __name__ == "__main__":
    sys.exit(main())
