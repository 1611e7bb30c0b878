"""Small courses, built in code, for every test that needs one; what students hand in to them."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Protocol

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from hwlib.grading import Assignment, Course, SubmissionResult, build, find_course
from hwlib.grading.answer_key import AnswerKey
from hwlib.grading.results import QuestionResult

COURSE_TOML = (
    'title = "A small course"\nterm = "Test"\nrepository = "https://github.com/example/course"\n'
)

# one autograded question, one written
MEANS = '''\
# %% [markdown]
# # Means
# What you will learn.

# %% setup
import numpy as np

# %% [markdown]
# ## 1. The *mean*

# %% solution="mean"
def mean(values):
    """The arithmetic mean."""
    ### BEGIN SOLUTION
    total = np.sum(values, dtype=float)
    return total / len(values)
    ### END SOLUTION

# %% test="mean" points=3
assert mean([1, 2, 3]) == 2
### BEGIN HIDDEN TESTS
assert mean([1, 2, 3.123457]) == 6.123457 / 3, "not the mean of three"
### END HIDDEN TESTS

# %% experiment
print("the mean of one number:", mean([1]))

# %% [markdown]
# ## 2. Why the mean?

# %% [markdown] answer="why" points=2
# When would you take the median?
#
# ### BEGIN SOLUTION
# When a few values are far away from all the others.
# ### END SOLUTION
'''

# three autograded questions about two solutions, one written
TINY = '''\
# %% [markdown]
# # Tiny
# A little arithmetic.

# %% setup
import math

# %% [markdown]
# ## 1. Doubling

# %% solution="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=3
assert double(2) == 4
### BEGIN HIDDEN TESTS
assert double(21) == 42, "hidden-secret-4242"
### END HIDDEN TESTS

# %% test="double-negative" points=1
assert double(-1) == -2

# %% [markdown]
# ## 2. Halving

# %% solution="half"
def half(x):
    """Half of x."""
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION

# %% test="half" points=4
assert math.isclose(half(3), 1.5)

# %% [markdown]
# ## 3. In words

# %% [markdown] answer="why" points=2
# ### BEGIN SOLUTION
# Because half of a double is the whole. Rubric: 2 points for any sound reason.
# ### END SOLUTION
'''
TINY_TOML = (
    'title = "Tiny"\npoints = 10\nminutes = 0.1\n\n[limits]\nquestion_s = 3\nsubmission_s = 20\n'
)
SOLVED = {
    "solution-double": "def double(x):\n    return x + x\n",
    "solution-half": "def half(x):\n    return x / 2\n",
    "answer-why": "Because they undo each other.",
}


# ---- courses -------------------------------------------------------------------------------------


class MakeCourse(Protocol):
    """The fixture `course`: `make_course` in a folder of the test's own."""

    def __call__(
        self,
        slug: str = "small",
        notebook_text: str = MEANS,
        toml_text: str | None = None,
        points: float = 5,
    ) -> Course: ...


def make_course(
    root: Path,
    slug: str = "small",
    notebook_text: str = MEANS,
    toml_text: str | None = None,
    points: float = 5,
) -> Course:
    """Write course.toml and assignments/SLUG/ (assignment.toml, notebook.py) below `root`; nothing
    is built.
    """
    folder = root / "assignments" / slug
    folder.mkdir(parents=True, exist_ok=True)
    (root / "course.toml").write_text(COURSE_TOML, encoding="utf-8")
    (folder / "assignment.toml").write_text(
        toml_text or f'title = "Small"\npoints = {points}\nminutes = 0.5\n', encoding="utf-8"
    )
    (folder / "notebook.py").write_text(notebook_text, encoding="utf-8")
    return find_course(root)


def make_assignment(
    root: Path,
    slug: str = "small",
    notebook_text: str = MEANS,
    toml_text: str | None = None,
    points: float = 5,
) -> Assignment:
    """The same, built."""
    assignment = make_course(root, slug, notebook_text, toml_text, points).assignment(slug)
    build(assignment)
    return assignment


def make_tiny(root: Path, notebook: str = TINY, config: str = "") -> Assignment:
    """The assignment `tiny`, built, in a course that nbgrader can work on, too."""
    root.mkdir(parents=True, exist_ok=True)
    root.joinpath("nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'tiny'\n{config}", encoding="utf-8"
    )
    return make_assignment(root, "tiny", notebook, TINY_TOML)


# ---- what students hand in -----------------------------------------------------------------------


def released(assignment: Assignment, **sources: str) -> NotebookNode:
    """The release notebook with some cells' sources replaced, by grade id (with _ for -)."""
    notebook: NotebookNode = nbformat.read(assignment.release, as_version=4)
    wanted = {grade_id.replace("_", "-", 1): source for grade_id, source in sources.items()}
    for cell in notebook.cells:
        cell.source = wanted.pop(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    assert not wanted, f"no such cells: {wanted}"
    return notebook


def solved(assignment: Assignment, **sources: str) -> NotebookNode:
    """The release notebook with right answers."""
    answers = {grade_id.replace("-", "_", 1): source for grade_id, source in SOLVED.items()}
    return released(assignment, **{**answers, **sources})


def with_answer_below(notebook: NotebookNode) -> NotebookNode:
    """The same notebook with the written answer in a new cell below the one that is for it."""
    changed = copy.deepcopy(notebook)
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in changed.cells]
    place = ids.index("answer-why")
    answer = new_markdown_cell(SOLVED["answer-why"])
    changed.cells[place].source = "YOUR ANSWER HERE"
    changed.cells.insert(place + 1, answer)
    return changed


def with_code(notebook: NotebookNode, code: dict[str, str]) -> NotebookNode:
    """The same notebook with other code for these questions: name of the solution → source."""
    changed = notebook.copy()
    changed.cells = [NotebookNode(cell) for cell in notebook.cells]
    for cell in changed.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        kind, _, name = grade_id.partition("-")
        if kind == "solution":
            cell.source = code.get(name, cell.source)
    return changed


def submission_folder(assignment: Assignment, student: str) -> Path:
    """submitted/STUDENT/SLUG/ of the course, made where it is missing."""
    folder = assignment.course.root / "submitted" / student / assignment.slug
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def hand_in(
    assignment: Assignment, student: str, content: NotebookNode | str | bytes, timestamp: str = ""
) -> Path:
    """Write submitted/STUDENT/SLUG/SLUG.ipynb; give the folder."""
    folder = submission_folder(assignment, student)
    if isinstance(content, NotebookNode):
        content = nbformat.writes(content)
    data = content.encode() if isinstance(content, str) else content
    (folder / f"{assignment.slug}.ipynb").write_bytes(data)
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp + "\n", encoding="utf-8")
    return folder


# ---- what an engine finds ------------------------------------------------------------------------


def outcome(
    key: AnswerKey, student: str, lost: tuple[str, ...] = (), problems: tuple[str, ...] = ()
) -> SubmissionResult:
    """What an engine would find: full marks but for the questions that are lost, written answers
    open.
    """
    questions = []
    for cell in key.questions:
        manual, failed = cell.role == "answer", cell.name in lost
        questions.append(
            QuestionResult(
                id=cell.name,
                title=cell.title,
                points=0.0 if manual or failed else cell.points,
                max_points=cell.points,
                status="manual" if manual else "failed" if failed else "passed",
                message="The values are too large." if failed else "",
                hint="Is it twice?" if failed else "",
            )
        )
    return SubmissionResult(
        student=student, status="needs_manual", questions=tuple(questions), problems=problems
    )
