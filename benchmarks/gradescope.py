"""Whether Gradescope's zip gives a class the points that `hw grade` gives, question by question.

    python benchmarks/gradescope.py ZIP [--slug knn] [--students 12] [--seed 3]

It needs root and bubblewrap. One container grades a simulated class, one submission after another,
with Gradescope's default limits (half a core, 768 MB). It prints the seconds and the memory of
each, and ends with exit code 1 if points differ.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from hwlib.grading import find_course, grade_assignment, simulate
from hwlib.grading.outlets.gradescope_simulator import built_image
from hwlib.grading.outlets.gradescope_view import complaints
from hwlib.grading.results import SubmissionResult


def main() -> int:
    """Grade a class both ways and print what differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zip", type=Path)
    parser.add_argument("--slug", default="knn")
    parser.add_argument("--students", type=int, default=12)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    assignment = find_course(Path(__file__).parent).assignment(options.slug)
    with tempfile.TemporaryDirectory(prefix="hw-parity-") as name:
        folder = Path(name).resolve()
        simulate(assignment, options.students, options.seed, folder / "submitted")
        report = grade_assignment(assignment, folder / "submitted", folder / "graded")
        differing, seconds, peaks = 0, list[float](), list[float]()
        with built_image(options.zip) as image:
            print(f"setup.sh: {image.setup_s:.1f} s")
            for one in report.submissions:
                files = sorted((folder / "submitted" / one.student / options.slug).iterdir())
                done = image.grade([path for path in files if path.is_file()])
                found = _differences(one, done.results)
                differing += len(found)
                seconds.append(done.seconds)
                peaks.append(done.peak_mb)
                print(
                    f"{one.student}: {one.score:g} of {one.max_score:g}, {done.seconds:.1f} s, "
                    f"{done.peak_mb:.0f} MB; {'; '.join(found) or 'the same points'}",
                    flush=True,
                )
    print(
        f"{len(seconds)} submissions, {differing} differences; median "
        f"{statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s, "
        f"most memory {max(peaks):.0f} MB"
    )
    return 1 if differing else 0


def _differences(one: SubmissionResult, results: object) -> list[str]:
    """A line for each question that has other points in a results.json."""
    wrong = complaints(results)
    if wrong or not isinstance(results, dict):
        return wrong or ["no results.json"]
    theirs = {test["name"].rpartition("(")[2].rstrip(")"): test for test in results["tests"]}
    return [
        f"{mine.id} has {mine.points:g} here and {theirs[mine.id]['score']:g} there"
        for mine in one.questions
        if mine.id in theirs and abs(mine.points - theirs[mine.id]["score"]) > 1e-9
    ]


if __name__ == "__main__":
    sys.exit(main())
