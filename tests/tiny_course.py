"""A course with one tiny assignment for the tests of grading: two solutions, three autograded
questions, one written.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from hwlib.grading.answer_key import AnswerKey
from hwlib.grading.authoring.build import build
from hwlib.grading.course import Assignment, find_course
from hwlib.grading.results import QuestionResult, SubmissionResult

COURSE = (
    'title = "A tiny course"\nrepository = "https://github.com/example/tiny"\nterm = "Test 2027"\n'
)
ASSIGNMENT = (
    'title = "Tiny"\npoints = 10\nminutes = 0.1\n\n[limits]\nquestion_s = 3\nsubmission_s = 20\n'
)
NOTEBOOK = '''\
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
SOLVED = {
    "solution-double": "def double(x):\n    return x + x\n",
    "solution-half": "def half(x):\n    return x / 2\n",
    "answer-why": "Because they undo each other.",
}


def make_tiny(root: Path, notebook: str = NOTEBOOK, config: str = "") -> Assignment:
    """Write and build the course in `root`."""
    folder = root / "assignments" / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "course.toml").write_text(COURSE, encoding="utf-8")
    (folder / "assignment.toml").write_text(ASSIGNMENT, encoding="utf-8")
    (folder / "notebook.py").write_text(notebook, encoding="utf-8")
    (root / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.course_id = 'tiny'\n{config}", encoding="utf-8"
    )
    assignment = find_course(root).assignment("tiny")
    build(assignment)
    return assignment


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


def hand_in(
    root: Path, student: str, content: NotebookNode | str | bytes, timestamp: str = ""
) -> Path:
    """Write submitted/STUDENT/tiny/tiny.ipynb."""
    folder = root / "submitted" / student / "tiny"
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(content, NotebookNode):
        content = nbformat.writes(content)
    data = content.encode() if isinstance(content, str) else content
    (folder / "tiny.ipynb").write_bytes(data)
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp + "\n", encoding="utf-8")
    return folder


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
