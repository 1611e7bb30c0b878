"""What a message becomes is bounded, not only what is sent; each is read in a limited process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import limited_reader
import pytest
from courses import make_tiny
from fuzzing import fuzz_class, fuzz_frames, fuzz_notebooks
from limited_reader import BOMBS, FINE

# a refused message may have taken that much: the largest budget is half a gigabyte
MEMORY_MB, CPU_S = 800, 8


def ended(name: str) -> tuple[str, float, float]:
    command = [sys.executable, limited_reader.__file__, name]
    paths = {"PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=paths, check=False)
    assert done.stdout, done.stderr[-2000:]
    how, memory_mb, cpu_s = json.loads(done.stdout)
    return how, memory_mb, cpu_s


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_become_huge_is_refused_early(name: str) -> None:
    how, memory_mb, cpu_s = ended(name)
    assert how == "refused"
    assert memory_mb < MEMORY_MB
    assert cpu_s < CPU_S


@pytest.mark.parametrize("name", FINE)
def test_large_values_that_students_return_are_read(name: str) -> None:
    assert ended(name)[0] == "read"


def test_whatever_a_worker_sends_is_read_or_refused() -> None:
    findings = fuzz_frames(2000, seed=int(time.time()))
    assert not findings.faults, findings
    assert min(findings.ends[end] for end in ("read", "WorkerMisbehaved", "WorkerEnded")) > 0


def test_mutated_notebooks_are_repaired_or_refused(tmp_path: Path) -> None:
    findings = fuzz_notebooks(make_tiny(tmp_path), 300, seed=int(time.time()))
    assert not findings.faults, findings
    assert min(findings.ends[end] for end in ("repaired", "whole", "refused")) > 0


def test_everyone_of_a_mutated_class_is_in_the_results_once(tmp_path: Path) -> None:
    findings = fuzz_class(make_tiny(tmp_path), 8, seed=int(time.time()))
    assert not findings.faults, findings
    assert sum(findings.ends.values()) == 8
