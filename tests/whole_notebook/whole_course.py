"""A course with one assignment, and the ways in which a student may write its right answers."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from courses import make_course
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from hwlib.grading import Assignment, build
from hwlib.grading.cells import grade_id_of

__all__ = [
    "CATCHES",
    "PLAIN",
    "SLUG",
    "Way",
    "cell_with",
    "cells_of",
    "hand_in",
    "make_whole",
    "way",
]

SLUG = "whole"
TOML = (
    'title = "The whole notebook"\npoints = 10\nminutes = 0.1\n\n'
    "[limits]\nquestion_s = 5\nsubmission_s = 60\nmemory_mb = 4096\n"
)
POINTS = "0.0,0.0,0\n0.0,1.0,1\n1.0,0.0,2\n1.0,1.0,3\n"  # x, y, label
NOTEBOOK = '''\
# %% [markdown]
# # The whole notebook
# However it is written, what is right is right.

# %% setup
import time

import numpy as np

points = np.loadtxt("points.csv", delimiter=",")

# %% [markdown]
# ## 1. A share

# %%
def above(values, limit):
    """How many of the values are above a limit."""
    return sum(value > limit for value in values)

# %% [markdown]
# Some notes, if you like.

# %% solution="share"
def share(values, limit):
    """The part of the values that is above a limit."""
    ### BEGIN SOLUTION
    return above(values, limit) / len(values)
    ### END SOLUTION

# %% test="share" points=2
half = share([1, 2, 3, 4], 2)
check.close(half, 0.5)
### BEGIN HIDDEN TESTS
drawn = check.rng().normal(size=7).round(2)
check.close(share(drawn.tolist(), 0.1), np.mean(drawn > 0.1))
### END HIDDEN TESTS

# %% [markdown]
# ## 2. The nearest point

# %% solution="Nearest"
class Nearest:
    """Gives a point the label of the nearest point that it knows."""

    def fit(self, X, y):
        """Keep points and their labels; gives the object itself."""
        ### BEGIN SOLUTION
        self.X, self.y = np.asarray(X), list(y)
        return self
        ### END SOLUTION

    def predict(self, x):
        """The label of one point."""
        ### BEGIN SOLUTION
        return self.y[int(np.argmin(np.linalg.norm(self.X - np.asarray(x), axis=1)))]
        ### END SOLUTION

# %% test="Nearest" points=3
model = Nearest().fit(points[:, :2], points[:, 2])
check.equal(model.predict([0.1, 0.8]), 1)
### BEGIN HIDDEN TESTS
places = check.rng().uniform(size=(5, 2))
nearest = [2 * round(x) + round(y) for x, y in places]
check.equal([model.predict(place) for place in places], nearest)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Primes

# %% solution="primes"
primes = []
### BEGIN SOLUTION
primes += [2, 3, 5, 7, 11, 13]
### END SOLUTION

# %% test="primes" points=1
check.equal(list(primes), [2, 3, 5, 7, 11, 13])

# %% [markdown]
# ## 4. Ratios

# %% solution="ratio"
def ratio(a, b):
    """a / b of each two numbers, and 0 where b is 0."""
    ### BEGIN SOLUTION
    return np.divide(a, b, out=np.zeros(len(a)), where=b != 0)
    ### END SOLUTION

# %% test="ratio" points=2
check.close(ratio(np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, 4.0])), [0.5, 0, 0.75])
### BEGIN HIDDEN TESTS
tops = check.rng().integers(1, 9, size=6) * 1.0
check.close(ratio(tops, np.array([1.0, 2, 0, 4, 0, 8])), tops * [1, 0.5, 0, 0.25, 0, 0.125])
### END HIDDEN TESTS

# %% [markdown]
# ## 5. One, then two

# %% solution="a"
a = None
### BEGIN SOLUTION
a = 1
### END SOLUTION

# %% test="a" points=1
assert a == 1

# %% solution="a-again"
### BEGIN SOLUTION
a = 2
### END SOLUTION

# %% test="a-again" points=1
assert a == 2
'''
CATCHES = """
def ratio(a, b):
    result = []
    for x, y in zip(a, b):
        try:
            result.append(x / y)
        except FloatingPointError:
            result.append(0.0)
    return np.array(result)
"""
"""A right answer where NumPy raises what it else warns of."""

PLAIN = {
    "share": "def share(values, limit):\n    return above(values, limit) / len(values)\n",
    "Nearest": """\
class Nearest:
    def fit(self, X, y):
        self.X, self.y = np.asarray(X), list(y)
        return self

    def predict(self, x):
        return self.y[int(np.argmin(np.linalg.norm(self.X - np.asarray(x), axis=1)))]
""",
    "primes": "primes = [2, 3, 5, 7, 11, 13]\n",
    "ratio": "def ratio(a, b):\n    return np.divide(a, b, out=np.zeros(len(a)), where=b != 0)\n",
    "a": "a = 1\n",
    "a-again": "a = 2\n",
}
"""Solution → a student's plain answer."""


@dataclass(frozen=True)
class Way:
    """One way of writing the right answers: a notebook that has full marks."""

    name: str  # in words
    answers: Mapping[str, str | None] = field(default_factory=dict)  # None: left as released
    own: tuple[tuple[str, str], ...] = ()  # ("above share", source): the student's own code cells
    change: Callable[[NotebookNode], None] | None = None  # at last
    files: Mapping[str, str] = field(default_factory=dict)  # handed in beside the notebook
    said: str = ""  # part of what the grader must report about it
    rare: bool = False  # a cousin of another way: nbgrader is asked about it only with ALL_WAYS
    not_nbgrader: str = ""  # why nbgrader itself can't grade it
    human: str = ""  # why the isolated engine leaves it to a human, if it does
    nbgrader_lacks: str = ""  # what it needs and nbgrader does not have, if anything

    @property
    def student(self) -> str:
        """The name of its folder."""
        return "".join(char if char.isalnum() else "-" for char in self.name)[:80]

    def notebook(self, assignment: Assignment) -> NotebookNode:
        """What the student hands in."""
        notebook: NotebookNode = nbformat.read(assignment.release, as_version=4)
        answers = {**PLAIN, **self.answers}
        for cell in notebook.cells:
            source = answers.get(grade_id_of(cell).removeprefix("solution-"))
            if source is not None and grade_id_of(cell).startswith("solution-"):
                cell.source = source
        for place, source in self.own:
            notebook.cells.insert(_position(notebook, place), new_code_cell(source))
        if self.change is not None:
            self.change(notebook)
        return notebook


def way(
    name: str,
    *,
    own: Sequence[tuple[str, str]] = (),
    change: Callable[[NotebookNode], None] | None = None,
    files: Mapping[str, str] | None = None,
    said: str = "",
    rare: bool = False,
    not_nbgrader: str = "",
    human: str = "",
    nbgrader_lacks: str = "",
    **answers: str | None,
) -> Way:
    """A `Way`; `answers` are share, Nearest, primes, ratio, a and a_again."""
    return Way(
        name,
        {
            solution.replace("_", "-"): None if source is None else _text(source)
            for solution, source in answers.items()
        },
        tuple((place, _text(source)) for place, source in own),
        change,
        files or {},
        said,
        rare,
        not_nbgrader,
        human,
        nbgrader_lacks,
    )


def _text(source: str) -> str:
    """A cell's text as it is, or a block that begins on a line of its own, without its indent."""
    return textwrap.dedent(source[1:]).rstrip() if source.startswith("\n") else source


def _position(notebook: NotebookNode, place: str) -> int:
    """`top`, `above SOLUTION`, `below SOLUTION` (so that its test comes next), `after SOLUTION`
    (and its test), `end`; a second cell at the same place comes below the first.
    """
    if place == "top":
        return 0
    where, _, name = place.partition(" ")
    ids = [grade_id_of(cell) for cell in notebook.cells]
    if where == "above":
        return ids.index(f"solution-{name}")
    if where == "below":
        return ids.index(f"test-{name}")
    if where == "after":
        behind = ids.index(f"test-{name}") + 1
        while notebook.cells[behind].cell_type == "code" and not ids[behind]:
            behind += 1
        return behind
    assert place == "end", place
    return len(notebook.cells)


def cell_with(notebook: NotebookNode, text: str) -> NotebookNode:
    """The first cell that contains a text."""
    return next(cell for cell in notebook.cells if text in cell.source)


def cells_of(notebook: NotebookNode, *roles: str) -> list[NotebookNode]:
    """The released cells of these roles."""
    return [cell for cell in notebook.cells if cell.metadata.get("hwlib", {}).get("role") in roles]


def make_whole(root: Path) -> Assignment:
    """Write and build the course in `root`."""
    course = make_course(root, SLUG, NOTEBOOK, TOML)
    files = root / "assignments" / SLUG / "files"
    files.mkdir()
    (files / "points.csv").write_text(POINTS, encoding="utf-8")
    assignment = course.assignment(SLUG)
    build(assignment)
    return assignment


def hand_in(assignment: Assignment, chosen: Way) -> Path:
    """Write submitted/STUDENT/whole/ with the notebook and the files beside it."""
    folder = assignment.course.root / "submitted" / chosen.student / SLUG
    for path, text in chosen.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(chosen.notebook(assignment), folder / f"{SLUG}.ipynb")
    return folder
