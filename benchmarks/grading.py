"""One class of twenty submissions of knn, graded by this engine, nbgrader, otter, two parallel
nbclients, and nobody at all.

    python benchmarks/grading.py [--rounds 3] [--otter PYTHON] [--profile] [--tiers]

The class is honest, wrong, slow and raising work and one endless loop; the time limit for a
question is the same everywhere. Engines take turns, so that each round sees the same machine, and
the table has medians. otter-grader needs an environment of its own:

    python -m venv otter && otter/bin/pip install -e . ipykernel otter-grader==7.0.0
    python benchmarks/grading.py --otter otter/bin/python

"steady" counts from the moment that an engine is ready for its first submission, and leaves the
endless loop out (it costs each engine its limit); "whole" is the whole command, for all twenty. The
limit is the bare cells in one warm process, halved, because this engine has two workers: nothing
that runs these cells on two cores can be faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grading_engines as engines
from grading_class import SLUG, Handed, make_class
from grading_engines import Run
from grading_profile import print_profile
from grading_tiers import print_tiers

from hwlib.grading import Assignment

CORES = 2
Engine = Callable[[Assignment, Sequence[Handed], Path], Run]
OURS, LIMIT = "hwlib, everything written", "bare cells ÷ 2 (the limit)"


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine in one round, in seconds for one submission (steady) and for the whole command."""

    steady_s: float
    whole_s: float
    cpu_s: float


def main() -> int:
    """Measure, compare the points, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--otter",
        metavar="PYTHON",
        help="of an environment with otter-grader; without it, otter is left out",
    )
    parser.add_argument("--otter-rounds", type=int, default=1, help="otter takes minutes a round")
    parser.add_argument(
        "--profile", action="store_true", help="where this engine's time goes, and nothing else"
    )
    parser.add_argument(
        "--tiers", action="store_true", help="what each isolation tier costs, and nothing else"
    )
    options = parser.parse_args()
    if options.tiers:
        print_tiers()
        return 0
    with tempfile.TemporaryDirectory(prefix="hw-benchmark-") as name:
        folder = Path(name).resolve()
        (folder / "course").mkdir()
        assignment, handed = make_class(folder / "course")
        if options.profile:
            print_profile(assignment, handed, folder / "profile")
        else:
            _compare(assignment, handed, folder, options)
    return 0


def _compare(
    assignment: Assignment, handed: list[Handed], folder: Path, options: argparse.Namespace
) -> None:
    contestants: dict[str, tuple[Engine, int]] = {
        LIMIT: (engines.bare_cells, options.rounds),
        OURS: (engines.isolated, options.rounds),
        "two parallel nbclients": (engines.parallel_nbclient, options.rounds),
        "nbgrader autograde": (engines.nbgrader, options.rounds),
    }
    if options.otter:
        contestants["otter run"] = (
            partial(engines.otter, python=str(Path(options.otter).absolute())),
            options.otter_rounds,
        )
    else:
        print("otter is left out: --otter PYTHON names the Python of an environment that has it\n")
    measured: dict[str, list[Measured]] = {name: [] for name in contestants}
    scores: dict[str, dict[str, float]] = {}
    for number in range(1, options.rounds + 1):
        for name, (engine, rounds) in contestants.items():
            if number > rounds:
                continue
            one, scores[name] = _measure(
                engine, assignment, handed, folder / f"{number}-{len(scores)}-{name[:5].strip()}"
            )
            if name == LIMIT:
                one = Measured(one.steady_s / CORES, one.whole_s, one.cpu_s)
            measured[name].append(one)
            print(
                f"round {number}: {name}: {one.steady_s:.3f} s a submission, {one.whole_s:.1f} s "
                f"for {len(handed)}, "
                f"load {os.getloadavg()[0]:.1f}",
                file=sys.stderr,
            )
    _print_table(measured, len(handed))
    _print_scores(scores, handed)


def _measure(
    engine: Engine, assignment: Assignment, handed: list[Handed], folder: Path
) -> tuple[Measured, dict[str, float]]:
    """One engine on the whole class, and on the class without the endless loop."""
    endless = next(one for one in handed if one.kind == "endless")
    (folder / "all").mkdir(parents=True)
    before = engines.children_cpu_s()
    run = engine(assignment, handed, folder / "all")
    cpu_s = (engines.children_cpu_s() - before) / len(handed)
    if run.each_s:  # one after the other: the endless loop can be taken out of the sum
        steady_s = run.without(endless.student)
    else:
        (folder / "ending").mkdir()
        steady_s = engine(
            assignment, [one for one in handed if one is not endless], folder / "ending"
        ).steady_s
    return Measured(steady_s / (len(handed) - 1), run.whole_s, cpu_s), run.scores


def _print_table(measured: dict[str, list[Measured]], students: int) -> None:
    def median(name: str, field: str) -> float:
        return statistics.median(float(getattr(one, field)) for one in measured[name])

    ours = {field: median(OURS, field) for field in ("steady_s", "whole_s")}
    rows = []
    for name, runs in measured.items():
        steady, whole = [one.steady_s for one in runs], median(name, "whole_s")
        spread = f"{min(steady):.2f}–{max(steady):.2f}" if len(steady) > 1 else "–"
        ratio = f"{median(name, 'steady_s') / ours['steady_s']:.2f}"
        whole_ratio = "–" if name == LIMIT else f"{whole / ours['whole_s']:.1f}"
        rows.append(
            [
                name,
                str(len(runs)),
                f"{median(name, 'steady_s'):.3f}",
                spread,
                ratio,
                f"{whole:.1f}",
                whole_ratio,
                f"{median(name, 'cpu_s'):.2f}",
            ]
        )
    heads = [
        "engine",
        "rounds",
        "steady, s a submission",
        "spread",
        "ratio to hwlib",
        f"whole command, s for {students}",
        "ratio to hwlib",
        "CPU s a submission",
    ]
    for row in [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]:
        print("| " + " | ".join(row) + " |")


def _print_scores(scores: dict[str, dict[str, float]], handed: list[Handed]) -> None:
    """Whether all engines gave the same points; a faster engine that grades something else would
    prove nothing.
    """
    differing = [
        one for one in handed if len({found[one.student] for found in scores.values()}) > 1
    ]
    print(
        f"\nPoints for code: {len(handed) - len(differing)} of {len(handed)} submissions of {SLUG} "
        "have the same from all engines."
    )
    for one in differing:
        given = ", ".join(f"{name} {found[one.student]:g}" for name, found in scores.items())
        print(f"- {one.student} ({one.kind}: {one.what}): {given}")


if __name__ == "__main__":
    sys.exit(main())
