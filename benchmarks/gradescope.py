"""Gradescope's zips in a container like Gradescope's: seconds, memory and sizes, ours and otter's.

    python benchmarks/gradescope.py [SLUG…]                 the reference, by our zip and by otter's
    python benchmarks/gradescope.py knn --in-a-row 50       a class through one container

It needs root and bubblewrap. The first prints a table: the size of the zip, whether two builds have
the same bytes, the seconds of setup.sh, then the seconds and the most memory of run_autograder for
the reference, with half a core. The memory limit is Gradescope's 768 MB, or the smallest of twice,
three times and four times as much with which all points are given. Otter's own setup.sh installs
conda, a browser and a compiler; here pip installs the packages that it names, and the rest of the
zip is otter's.

The second compares the points of each submission with those of `hw grade`; it ends with exit code 1
if points differ.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat

from hwlib.grading import Assignment, find_course, grade_assignment, simulate
from hwlib.grading.answer_key import load_key
from hwlib.grading.outlets.gradescope_simulator import Image, Limits, Simulated, built_image
from hwlib.grading.outlets.gradescope_view import complaints, points_of
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip
from hwlib.grading.outlets.otter_zip import write_otter_zip
from hwlib.grading.outlets.wheelhouse import pip_wheel
from hwlib.grading.proof.variants import handed_in_models, reference_notebook

CORES, MEMORY_MB = 0.5, (768, 1536, 2304, 3072)
MINUTES = 20.0
SETUP = """\
#!/bin/sh
set -eu
python3 -m venv --without-pip /opt/otter
/opt/otter/bin/python "$(echo /autograder/source/pip-*.whl)/pip" install --no-cache-dir \\
    --disable-pip-version-check --only-binary :all: -r /autograder/source/packages.txt
"""
RUN = """\
#!/bin/sh
export PATH=/opt/otter/bin:$PATH HOME=/tmp
cd /autograder
exec /opt/otter/bin/python /autograder/source/run_otter.py
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*")
    parser.add_argument("--in-a-row", type=int, metavar="STUDENTS")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--wheels", action="store_true", help="all packages in our zip")
    parser.add_argument("--without-otter", action="store_true")
    options = parser.parse_args()
    assignments = find_course(Path(__file__).parent).assignments(tuple(options.slugs))
    if options.in_a_row:
        differing = [_in_a_row(one, options.in_a_row, options.seed) for one in assignments]
        return 1 if any(differing) else 0
    print(
        "| assignment | zip | size, MB | same bytes | setup.sh, s | s | most memory, MB "
        "| limit, MB | points |\n|---|---|---|---|---|---|---|---|---|"
    )
    for assignment in assignments:
        print(_ours(assignment, wheels=options.wheels), flush=True)
        if not options.without_otter:
            print(_otters(assignment), flush=True)
    return 0


# ---- the reference -------------------------------------------------------------------------------


def _ours(assignment: Assignment, *, wheels: bool) -> str:
    def build(target: Path) -> object:
        return write_gradescope_zip(assignment, target, wheels=wheels)

    return _row(assignment, "hwlib, all packages" if wheels else "hwlib", build)


def _otters(assignment: Assignment) -> str:
    return _row(assignment, "otter", lambda to: write_otter_zip(assignment, to), without_conda)


def _row(
    assignment: Assignment,
    name: str,
    build: Callable[[Path], object],
    change: Callable[[Path], None] = lambda path: None,
) -> str:
    """A row of the table for one zip."""
    with tempfile.TemporaryDirectory(prefix="hw-measured-") as folder:
        one, two = (Path(folder) / f"{number}.zip" for number in (1, 2))
        for path in (one, two):
            build(path)
        same, size = one.read_bytes() == two.read_bytes(), one.stat().st_size / 1e6
        change(one)
        files = _reference(assignment, Path(folder) / "reference")
        with built_image(one) as image:
            full = sum(cell.points for cell in load_key(assignment).by_role("test"))
            done, memory = _graded(image, files, full)
        points = f"{max(_score(done), 0):g} of {full:g}"
    said = f"{done.seconds:.1f} | {done.peak_mb:.0f} | {memory} | {points}"
    return (
        f"| {assignment.slug} | {name} | {size:.1f} | {'yes' if same else 'no'} "
        f"| {image.setup_s:.0f} | {said} |"
    )


def _reference(assignment: Assignment, folder: Path) -> list[Path]:
    folder.mkdir()
    nbformat.write(reference_notebook(assignment), folder / f"{assignment.slug}.ipynb")
    for name, content in handed_in_models(assignment).items():
        (folder / name).write_bytes(content)
    return sorted(folder.iterdir())


def _graded(image: Image, files: Sequence[Path], full: float) -> tuple[Simulated, int]:
    """The first try with enough memory for all points, or else the best, and its limit."""
    best: tuple[Simulated, int] | None = None
    for memory in MEMORY_MB:
        done = image.grade(files, Limits(MINUTES, memory, CORES))
        if best is None or _score(done) > _score(best[0]):
            best = done, memory
        if _score(done) > full - 1e-6:
            break
    assert best is not None
    return best


def _score(done: Simulated) -> float:
    if not isinstance(done.results, dict):
        return -1.0
    return float(sum(test.get("score", 0.0) for test in done.results["tests"]))


def without_conda(archive: Path) -> None:
    """Change an otter zip so that pip installs its packages; what grades stays as it is."""
    with zipfile.ZipFile(archive) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    wanted = files["environment.yml"].decode().partition("- pip:")[2]
    packages = [line.strip().removeprefix("- ") for line in wanted.splitlines() if line.strip()]
    files |= {
        "setup.sh": SETUP.encode(),
        "run_autograder": RUN.encode(),
        "packages.txt": "".join(f"{line}\n" for line in (*packages, "ipykernel")).encode(),
        **{Path(name).name: content for name, content in pip_wheel().items()},
    }
    with zipfile.ZipFile(archive, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)


# ---- a class -------------------------------------------------------------------------------------


def _in_a_row(assignment: Assignment, students: int, seed: int) -> int:
    """Grade a class in one container; returns how many questions differ from `hw grade`."""
    with tempfile.TemporaryDirectory(prefix="hw-measured-") as name:
        folder = Path(name).resolve()
        simulate(assignment, students, seed, folder / "submitted")
        report = grade_assignment(assignment, folder / "submitted", folder / "graded")
        questions = [cell.name for cell in load_key(assignment).by_role("test")]
        differing, seconds, peaks = 0, list[float](), list[float]()
        write_gradescope_zip(assignment, folder / "autograder.zip")
        with built_image(folder / "autograder.zip") as image:
            for one in report.submissions:
                handed_in = folder / "submitted" / one.student / assignment.slug
                files = sorted(path for path in handed_in.iterdir() if path.is_file())
                done = image.grade(files)
                here = {question: one.question(question).points for question in questions}
                found = _differences(here, done.results, questions)
                differing += len(found)
                seconds.append(done.seconds)
                peaks.append(done.peak_mb)
                print(
                    f"{one.student}: {done.seconds:.1f} s, {done.peak_mb:.0f} MB; "
                    f"{'; '.join(found) or 'the same points'}",
                    flush=True,
                )
    print(
        f"{assignment.slug}: {len(seconds)} submissions in one container, {differing} differences; "
        f"median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s, most memory "
        f"{max(peaks):.0f} MB; the last ten: median {statistics.median(seconds[-10:]):.1f} s"
    )
    return differing


def _differences(here: dict[str, float], results: Any, questions: Sequence[str]) -> list[str]:
    """A line for each question that has other points in a results.json."""
    if wrong := complaints(results):
        return wrong
    there = points_of(results, questions)
    return [
        f"{question} has {points:g} here and {there.get(question)} there"
        for question, points in here.items()
        if abs(points - there.get(question, -1.0)) > 1e-9
    ]


if __name__ == "__main__":
    sys.exit(main())
