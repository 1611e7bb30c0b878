"""Send random and mutated input to the grader, and print what came of it.

    python tools/fuzz.py [--frames 100000] [--notebooks 10000] [--class 500] [--seed 0]

Frames go to the judge's end of the wire, notebooks through reading and repair, and a class of
mutated notebooks through the whole grading. The exit code is 1 if anything but a refusal came back.
The same seed gives the same input.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

MEMORY_MB = 6144  # of this process: more is a fault


def main() -> int:
    """Run all three; returns the exit code."""
    parser = argparse.ArgumentParser(description="Fuzz the grader.")
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--notebooks", type=int, default=10_000)
    parser.add_argument("--class", type=int, default=500, dest="students")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()

    from fuzzing import course_of, fuzz_class, fuzz_frames, fuzz_notebooks

    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        assignment = course_of(Path(folder))
        for what, count, run in (
            ("submissions of one class", asked.students, fuzz_class),
            ("notebooks", asked.notebooks, fuzz_notebooks),
            ("frames", asked.frames, lambda _, count, seed: fuzz_frames(count, seed)),
        ):
            if what == "notebooks":
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MB * 2**20,) * 2)
            start = time.perf_counter()
            findings = run(assignment, count, asked.seed) if count else None
            if findings is not None:
                print(f"{count:,} {what} in {time.perf_counter() - start:.0f} s: {findings}")
                sys.stdout.flush()
                faults += len(findings.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
