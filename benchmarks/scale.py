"""What a large class costs on Dask workers: time, memory, and the scheduler's share.

    python benchmarks/scale.py [--sizes 20 1000 5000] [--workers 2] [--compared 200]
                               [--assignment knn]

The class is a simulated one of 20 without the endless loop (it would only measure its limit),
handed in again and again under other names. No two notebooks are equal: each has a cell with its
own number. Each size is graded by the workers, everything written, into new folders, so that no
result of an earlier run is used. In the largest class, one worker is killed at half-time, and
another one is started. Each student must have exactly one result, with the points that this machine
alone gives to the same code with the same seed. Then a class of 200 is graded by one worker, by
all, and on this machine alone. CPU seconds are those of all processes that grade. The command ends
with 1 if a result is missing, is there twice or has other points.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import growth
from clusters import Cluster, running_cluster

from hwlib.grading import (
    Assignment,
    GradeOptions,
    SubmissionResult,
    find_course,
    grade_assignment,
    simulate,
)
from hwlib.grading.sandbox.usage import times_of

SEED = 1


def main() -> int:
    """Print one line for each size, and what one worker, all and none take; 1 if points differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 1000, 5000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--compared", type=int, default=200)
    parser.add_argument("--assignment", default="knn")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        submitted, output, scheduler = options.child
        assignment = find_course().assignment(options.assignment)
        print(json.dumps(_grade(assignment, Path(submitted), Path(output), scheduler)))
        return 0
    with tempfile.TemporaryDirectory(prefix="hw-scale-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        assignment = copied_course(folder / "course", options.assignment)
        made = simulate(assignment, growth.OF_ONE_CLASS, 1, folder / "class")
        kinds = [
            folder / "class" / one.student / assignment.slug
            for one in made
            if one.kind != "hanging"
        ]
        alone = _class(kinds, folder / "alone", len(kinds))
        expected = _measure(assignment, alone, None)["points"]
        checks = _Checks(list(expected.values()))
        with running_cluster(folder) as cluster:
            names = [f"worker{number}" for number in range(options.workers)]
            for name in names:
                cluster.add(name)
            cluster.wait_for(*names)
            _print_sizes(assignment, kinds, cluster, options.sizes, checks)
            _print_workers(assignment, kinds, cluster, options.compared, checks)
    print(
        f"\n{checks.graded:,} results; {len(checks.wrong)} are missing, double or otherwise wrong"
    )
    for line in checks.wrong[:10]:
        print(line)
    return 1 if checks.wrong else 0


@dataclass(slots=True)
class _Checks:
    """Whether each submission was graded once, with the points of this machine alone."""

    expected: list[dict[str, float]]  # of each kind: question → points
    graded: int = 0
    wrong: list[str] = field(default_factory=list)

    def look(self, size: int, found: dict[str, Any]) -> None:
        """Compare the results of a class."""
        self.graded += found["count"]
        if found["count"] != size:
            self.wrong.append(f"a class of {size} has {found['count']} results")
        for number in range(size):
            points = found["points"].get(student_of(number))
            right = self.expected[number % len(self.expected)]
            if points != right:
                self.wrong.append(f"{student_of(number)} of {size}: {points}, expected {right}")


def copied_course(root: Path, slug: str) -> Assignment:
    """A course of its own with one assignment of this one, as it is built."""
    here = find_course(Path(__file__).resolve().parent)
    root.mkdir()
    for part in ("course.toml", "nbgrader_config.py"):
        shutil.copy(here.root / part, root / part)
    for part in ("assignments", "source", "release"):
        shutil.copytree(here.root / part / slug, root / part / slug)
    return find_course(root).assignment(slug)


def student_of(number: int) -> str:
    """The id of a student of these classes."""
    return f"s{number:05}"


def _print_sizes(
    assignment: Assignment,
    kinds: list[Path],
    cluster: Cluster,
    sizes: list[int],
    checks: _Checks,
) -> None:
    print(
        "| submissions | wall s | ms a submission | second half ÷ first half | CPU ms a submission "
        "| of it hw grade | of it the scheduler | hw grade, MB | scheduler, MB |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for size in sizes:
        submitted = _class(kinds, cluster.folder / f"class{size}", size)
        kill = size == max(sizes) and len(sizes) > 1
        found = _measure(assignment, submitted, cluster, kill=kill)
        checks.look(size, found)
        note = " (a worker killed and another started)" if kill else ""
        cpu_s = sum(found["cpu"].values())
        print(
            f"| {size:,}{note} | {found['wall_s']:.0f} | {1000 * found['each_s']:.0f} | "
            f"{found['halves']:.2f} | {1000 * cpu_s / size:.0f} | "
            f"{found['cpu']['client'] / cpu_s:.0%} | {found['cpu']['scheduler'] / cpu_s:.1%} | "
            f"{found['early_mb']:.0f} → {found['late_mb']:.0f} | {found['scheduler_mb']:.0f} |",
            flush=True,
        )


def _print_workers(
    assignment: Assignment, kinds: list[Path], cluster: Cluster, size: int, checks: _Checks
) -> None:
    submitted = _class(kinds, cluster.folder / "compared", size)
    alive = [name for name in cluster.workers if cluster.workers[name].poll() is None]
    rows = {f"{len(alive)} workers": _measure(assignment, submitted, cluster)}
    for name in alive[1:]:
        cluster.workers[name].kill()
        cluster.workers[name].wait()
    rows["1 worker"] = _measure(assignment, submitted, cluster)
    rows["this machine, without Dask"] = _measure(assignment, submitted, None)
    print(f"\n| {size} submissions | ms a submission, steady | speed-up | CPU ms a submission |")
    print("| --- | ---: | ---: | ---: |")
    for name, found in rows.items():
        checks.look(size, found)
        cpu_ms = 1000 * sum(found["cpu"].values()) / size
        speedup = rows["1 worker"]["each_s"] / found["each_s"]
        print(f"| {name} | {1000 * found['each_s']:.0f} | {speedup:.2f} | {cpu_ms:.0f} |")


def _class(kinds: list[Path], folder: Path, size: int) -> Path:
    for number in range(size):
        kind = kinds[number % len(kinds)]
        target = folder / student_of(number) / kind.name
        shutil.copytree(kind, target)
        _number(target / f"{kind.name}.ipynb", number)
    return folder


def _number(path: Path, number: int) -> None:
    """Add a cell with this number to a notebook; one that is no notebook stays as it is."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"].append(
            {"cell_type": "markdown", "id": "number", "metadata": {}, "source": f"{number}"}
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _measure(
    assignment: Assignment, submitted: Path, cluster: Cluster | None, *, kill: bool = False
) -> dict[str, Any]:
    """Grade a class in a process of its own; what it took."""
    output = submitted.with_name(f"{submitted.name}-{time.monotonic_ns()}")
    command = [sys.executable, __file__, "--assignment", assignment.slug]
    command += ["--child", str(submitted), str(output)]
    before = _cpu_s(cluster)
    process = subprocess.Popen(
        [*command, cluster.address if cluster else ""],
        cwd=assignment.course.root,
        stdout=subprocess.PIPE,
        text=True,
    )
    if kill and cluster is not None:
        size = sum(1 for _ in submitted.iterdir())
        while process.poll() is None and _recorded(output) < size // 2:
            time.sleep(0.2)
        victim = min(name for name in cluster.workers if cluster.workers[name].poll() is None)
        before["workers"] -= times_of(cluster.workers[victim].pid)[0]
        cluster.workers[victim].kill()
        cluster.workers[victim].wait()
        cluster.add(f"late-{victim}")
    told, _ = process.communicate()
    if process.returncode:
        raise SystemExit("a class was not graded")
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    after = _cpu_s(cluster)
    found["cpu"] = {
        "client": found.pop("cpu_s"),
        "workers": after["workers"] - before["workers"],
        "scheduler": after["scheduler"] - before["scheduler"],
    }
    found["scheduler_mb"] = growth._mb(Path("/proc", str(cluster.started[0].pid))) if cluster else 0
    return found


def _recorded(output: Path) -> int:
    folder = output / "feedback"
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def _cpu_s(cluster: Cluster | None) -> dict[str, float]:
    """CPU seconds until now of the scheduler, and of the Dask workers with all that they started
    and have waited for.
    """
    if cluster is None:
        return {"scheduler": 0.0, "workers": 0.0}
    alive = [one for one in cluster.workers.values() if one.poll() is None]
    return {
        "scheduler": _with_children_s(cluster.started[0].pid),
        "workers": sum(_with_children_s(one.pid) for one in alive),
    }


def _with_children_s(pid: int) -> float:
    fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _grade(assignment: Assignment, submitted: Path, output: Path, scheduler: str) -> dict[str, Any]:
    """Grade a class from this process."""
    times: list[float] = []
    sizes: list[float] = []

    def watch(_: SubmissionResult) -> None:
        times.append(time.monotonic())
        sizes.append(growth._mb(Path("/proc/self")))

    started = time.monotonic()
    report = grade_assignment(
        assignment,
        submitted,
        output,
        (),
        GradeOptions(seed=SEED, scheduler=scheduler or None),
        on_result=watch,
    )
    wall_s, last, middle = time.monotonic() - started, len(times) - 1, len(times) // 2
    first, second = times[middle] - times[0], times[last] - times[middle]
    return {
        "wall_s": wall_s,
        "each_s": (times[last] - times[0]) / last,
        "halves": (second / (last - middle)) / (first / middle),
        "early_mb": sizes[last // 10],
        "late_mb": sizes[last],
        "cpu_s": _with_children_s(os.getpid()),
        "count": len(times),
        "points": {
            one.student: {question.id: question.points for question in one.questions}
            for one in report.submissions
        },
    }


if __name__ == "__main__":
    sys.exit(main())
