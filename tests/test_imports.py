"""What importing hwlib costs, and what it loads."""

from __future__ import annotations

import json
import subprocess
import sys
import time

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
