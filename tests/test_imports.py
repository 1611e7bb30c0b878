"""What importing hwlib costs, and what it loads."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

ALLOWED = {"hwlib"}  # third-party packages that `import hwlib` may load: itself alone
HEAVY = (
    "torch",
    "torchvision",
    "matplotlib",
    "scipy",
    "nbgrader",
    "jupytext",
    "click",
    "IPython",
    "hwlib.grading",
)


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    output = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    ).stdout
    return set(json.loads(output.splitlines()[-1]))


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)


def test_import_hwlib_loads_nothing_but_itself() -> None:
    assert packages(modules_after("import hwlib") - modules_after("")) <= ALLOWED


def test_the_student_half_never_loads_the_grading_half_or_torch() -> None:
    loaded = modules_after(
        "import hwlib\nfrom hwlib import checks, data, errors, progress\nhwlib.submit, hwlib.doctor"
    )
    assert not [name for name in loaded if name.startswith(HEAVY)]


def test_import_hwlib_takes_less_than_150_ms() -> None:
    def seconds(statement: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-c", statement], check=True)
        return time.perf_counter() - started

    assert (
        min(seconds("import hwlib") for _ in range(5)) - min(seconds("pass") for _ in range(5))
        < 0.15
    )


def test_doctor_and_submit_are_functions_whatever_was_imported_before() -> None:
    code = (
        "import hwlib, hwlib.diagnosis, hwlib.handin; assert callable(hwlib.doctor) and "
        "callable(hwlib.submit)"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def test_what_is_pinned_runs_on_the_oldest_python_that_is_promised() -> None:
    """Or `make demo` fails there. An environment as `make test` makes it has all that is pinned."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.strip().partition("==") for line in lines)
    pinned = {(canonicalize_name(name), version) for name, _, version in pins}
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = promised["requires-python"].removeprefix(">=") + ".0"
    found = {
        f"{one.name} {one.version} needs Python {needed}"
        for one in distributions()
        if (canonicalize_name(one.name), one.version) in pinned
        and "Requires-Python" in one.metadata
        and (needed := one.metadata["Requires-Python"])
        and not SpecifierSet(needed).contains(oldest)
    }
    assert not found
