"""What tests of public courses do with a student's code works here as in a notebook, or the table
of idioms says that it does not.
"""

from __future__ import annotations

import contextlib
import importlib.util
import linecache
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import nbformat
import needs
import pytest
from courses import make_assignment, with_code
from idioms import IDIOMS, Idiom

from hwlib.grading.course import Assignment
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.results import SubmissionResult

ROOT = Path(__file__).parents[2]
HERE = tuple(one for one in IDIOMS if not one.needs or importlib.util.find_spec(one.needs))
WITH_WRONG_CODE = tuple(one for one in HERE if one.wrong)

SETUP = """\
import sqlite3
from dataclasses import dataclass

import numpy as np

@dataclass
class Place:
    x: int
    y: int

class Tree:
    def __init__(self, value):
        self.value, self.left, self.right = value, None, None

PEOPLE = sqlite3.connect(":memory:")
PEOPLE.execute("CREATE TABLE person (name, age)")
PEOPLE.execute("INSERT INTO person VALUES ('ada', 36), ('bob', 20), ('eve', 61)")
PEOPLE_CURSOR = PEOPLE.cursor()
"""
TOML = (
    'title = "Idioms"\npoints = {points}\nminutes = 1\n'
    "[limits]\nquestion_s = 20.0\nsubmission_s = 600.0\nmemory_mb = 4096\n"
)


def notebook_text() -> str:
    """One assignment with a question for each idiom; those that need a shared process have a second
    one.
    """
    imports = "".join(
        f"import {line}\n"
        for library, line in (("torch", "torch"), ("pandas", "pandas as pd"))
        if importlib.util.find_spec(library)
    )
    cells = [f"# %% [markdown]\n# # Idioms\n# One each.\n\n# %% setup\n{imports}{SETUP}"]
    for one in HERE:
        region = f"### BEGIN SOLUTION\n{one.right}### END SOLUTION\n"
        cells.append(f'# %% solution="{one.name}"\n{region}')
        cells.append(f'# %% test="{one.name}" points=1\n{one.test}')
        if one.status == "shared":
            cells.append(f'# %% test="{one.name}-shared" points=1\n{one.test}')
    return "\n".join(cells)


@dataclass(frozen=True)
class Grades:
    """What the isolated engine says to right and to wrong code."""

    right: SubmissionResult
    wrong: SubmissionResult


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grades]:
    shared = sum(one.status == "shared" for one in HERE)
    toml = TOML.format(points=len(HERE) + shared)
    root = tmp_path_factory.mktemp("idioms")
    assignment = make_assignment(root, "idioms", notebook_text(), toml)
    share(assignment)
    right = reference_notebook(assignment)
    wrong = with_code(right, {one.name: one.wrong for one in WITH_WRONG_CODE})
    with IsolatedEngine(assignment, seed=7) as engine:
        engine.check_reference()
        yield Grades(
            engine.grade_notebook(right, "right").result,
            engine.grade_notebook(wrong, "wrong").result,
        )


def share(assignment: Assignment) -> None:
    """Let the questions whose names say so run in the student's process."""
    notebook = nbformat.read(assignment.source, as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").endswith("-shared"):
            cell.metadata["hwlib"]["trust"] = "shared"
    nbformat.write(notebook, assignment.source)


@contextlib.contextmanager
def as_main(name: str) -> Iterator[ModuleType]:
    """A fresh `__main__`, as a kernel has one."""
    module, before = ModuleType("__main__"), sys.modules["__main__"]
    module.__dict__["In"] = [name]
    sys.modules["__main__"] = module
    try:
        yield module
    finally:
        sys.modules["__main__"] = before


def run_as_in_a_kernel(code: str, test: str, name: str) -> None:
    """Run code and test in one namespace; raises what the test raises."""
    libraries = {"torch": "import torch\n", "pandas": "import pandas as pd\n"}
    imports = "".join(line for one, line in libraries.items() if importlib.util.find_spec(one))
    with as_main(name) as module, warnings.catch_warnings():
        for quiet in (PendingDeprecationWarning, ResourceWarning):  # no error in a kernel
            warnings.simplefilter("ignore", quiet)
        module.__dict__["check"] = importlib.import_module("hwlib.checks")
        for part, source in (("setup", imports + SETUP), ("code", code), ("test", test)):
            file = f"<{name} {part}>"
            linecache.cache[file] = (len(source), None, source.splitlines(True), file)
            exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)


@pytest.mark.parametrize("one", HERE, ids=lambda one: one.name)
def test_in_a_kernel_right_code_passes(
    one: Idiom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_as_in_a_kernel(one.right, one.test, one.name)


@pytest.mark.parametrize("one", WITH_WRONG_CODE, ids=lambda one: one.name)
def test_in_a_kernel_wrong_code_fails(
    one: Idiom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BaseException):  # noqa: B017  whatever the wrong code leads to
        run_as_in_a_kernel(one.wrong, one.test, one.name)


@needs.linux
@pytest.mark.parametrize("one", HERE, ids=lambda one: one.name)
def test_through_stand_ins_right_code_passes_unless_the_table_says_otherwise(
    one: Idiom, grades: Grades
) -> None:
    question = grades.right.question(one.name)
    assert (question.status == "passed") == (one.status == "works"), question.message


@needs.linux
@pytest.mark.parametrize("one", WITH_WRONG_CODE, ids=lambda one: one.name)
def test_through_stand_ins_wrong_code_gets_no_point(one: Idiom, grades: Grades) -> None:
    question = grades.wrong.question(one.name)
    left = () if one.status == "works" else ("manual",)
    assert question.status in ("failed", "error", *left), question.message
    assert question.points == 0


@needs.linux
@pytest.mark.parametrize(
    "one", [one for one in HERE if one.status == "shared"], ids=lambda one: one.name
)
def test_what_two_processes_cannot_do_one_can(one: Idiom, grades: Grades) -> None:
    question = grades.right.question(f"{one.name}-shared")
    assert (question.status, question.points) == ("passed", 1), question.message
