"""What a large class costs on Dask workers: time, memory, and the scheduler's share.

    python benchmarks/scale.py [--sizes 20 1000 5000] [--workers 2]

The assignment and the class are those of growth.py: cheap submissions, for which the way to a
worker and back counts most. Each size is graded by the workers, once, everything written. In the
largest class, one worker is killed at half-time, and another one is started. Then a class of 200 is
graded by one worker and by all, and on this machine alone, with the same seed; all questions must
get the same points. CPU seconds are those of all processes that grade.
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
from typing import Any

import growth
from clusters import Cluster, running_cluster

from hwlib.grading import Assignment, GradeOptions, SubmissionResult, find_course, grade_assignment
from hwlib.grading.sandbox.usage import times_of

COMPARED = 200


def main() -> int:
    """Print one line for each size, and what one worker, all and none take; 1 if points differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 1000, 5000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        submitted, output, scheduler = options.child
        print(json.dumps(_grade(Path(submitted), Path(output), scheduler)))
        return 0
    with tempfile.TemporaryDirectory(prefix="hw-scale-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        assignment = growth._assignment(folder / "course")
        kinds = growth._one_class(assignment, folder / "class")
        with running_cluster(folder) as cluster:
            names = [f"worker{number}" for number in range(options.workers)]
            for name in names:
                cluster.add(name)
            cluster.wait_for(*names)
            _print_sizes(assignment, kinds, cluster, options.sizes)
            return _print_workers(assignment, kinds, cluster, names)


def _print_sizes(
    assignment: Assignment, kinds: list[Path], cluster: Cluster, sizes: list[int]
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
    assignment: Assignment, kinds: list[Path], cluster: Cluster, names: list[str]
) -> int:
    submitted = _class(kinds, cluster.folder / "compared", COMPARED)
    alive = [name for name in cluster.workers if cluster.workers[name].poll() is None]
    rows = {f"{len(alive)} workers": _measure(assignment, submitted, cluster)}
    for name in alive[1:]:
        cluster.workers[name].kill()
        cluster.workers[name].wait()
    rows["1 worker"] = _measure(assignment, submitted, cluster)
    rows["this machine, without Dask"] = _measure(assignment, submitted, None)
    print(f"\n| {COMPARED} submissions | ms a submission, steady | CPU ms a submission |")
    print("| --- | ---: | ---: |")
    for name, found in rows.items():
        cpu_ms = 1000 * sum(found["cpu"].values()) / COMPARED
        print(f"| {name} | {1000 * found['each_s']:.0f} | {cpu_ms:.0f} |")
    several, one, alone = (found["points"] for found in rows.values())
    different = sum(several[key] != alone[key] or one[key] != alone[key] for key in alone)
    print(f"\n{different} of {len(alone)} questions have other points than on one machine")
    return 1 if different else 0


def _class(kinds: list[Path], folder: Path, size: int) -> Path:
    for number in range(size):
        shutil.copytree(kinds[number % len(kinds)], folder / f"s{number:05}" / growth.SLUG)
    return folder


def _measure(
    assignment: Assignment, submitted: Path, cluster: Cluster | None, *, kill: bool = False
) -> dict[str, Any]:
    """Grade a class in a process of its own; what it took."""
    output = submitted.with_name(f"{submitted.name}-{time.monotonic_ns()}")
    command = [sys.executable, __file__, "--child", str(submitted), str(output)]
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
    found["points"] = {tuple(key): value for key, value in found["points"]}
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


def _grade(submitted: Path, output: Path, scheduler: str) -> dict[str, Any]:
    """Grade a class from this process."""
    assignment = find_course().assignment(growth.SLUG)
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
        GradeOptions(seed=1, scheduler=scheduler or None),
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
        "points": [
            ((one.student, question.id), question.points)
            for one in report.submissions
            for question in one.questions
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
