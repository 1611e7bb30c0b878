"""Damaged but honest notebooks come out with every answer in its place."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import make_assignment
from hypothesis import given, settings
from hypothesis import strategies as st

from hwlib.grading.answer_key import AnswerKey, load_key, released_sources
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.submissions.reading import read_notebook
from hwlib.grading.submissions.repair import RepairedSubmission, repair

NOTEBOOK = '''\
# %% [markdown]
# # Two things

# %% setup
import numpy as np

# %% [markdown]
# ## 1. Double

# %% solution="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return np.multiply(x, 2)
    ### END SOLUTION

# %% test="double" points=2
check.close(double(3), 6)

# %% [markdown]
# ## 2. A class

# %% solution="Box"
class Box:
    def __init__(self, value):
        self.value = value

    def opened(self):
        ### BEGIN SOLUTION
        return ("opened", self.value)
        ### END SOLUTION

# %%
scale = 10

# %% test="Box" points=2 asks="scale"
check.equal(Box(scale).opened()[1], 10)

# %% [markdown]
# ## 3. Say why

# %% [markdown] answer="why" points=1
# ### BEGIN SOLUTION
# Because it is so.
# ### END SOLUTION
'''


class Example:
    """A built assignment, its key, and a perfect submission."""

    def __init__(self, root: Path) -> None:
        assignment = make_assignment(root, "pair", NOTEBOOK)
        self.key: AnswerKey = load_key(assignment)
        self.released = released_sources(assignment)
        self.release: dict[str, Any] = nbformat.read(assignment.release, as_version=4)
        self.perfect: dict[str, Any] = reference_notebook(assignment)

    def repaired(self, notebook: dict[str, Any]) -> RepairedSubmission:
        text = json.dumps({**notebook, "nbformat": 4})
        return repair(read_notebook(text, "example.ipynb"), self.key, self.released)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    return Example(tmp_path_factory.mktemp("pair"))


def index_of(notebook: dict[str, Any], text: str) -> int:
    return next(index for index, cell in enumerate(notebook["cells"]) if text in cell["source"])


def sources(submission: RepairedSubmission, name: str) -> list[str]:
    return [cell.source for cell in submission.answers(name)]


def strip_metadata(notebook: dict[str, Any], ids: bool = True) -> dict[str, Any]:
    stripped = copy.deepcopy(notebook)
    for cell in stripped["cells"]:
        cell["metadata"] = {}
        if ids:
            cell.pop("id", None)
    return stripped


def all_there(submission: RepairedSubmission) -> bool:
    return (
        ["np.multiply" in source for source in sources(submission, "double")] == [True]
        and ['("opened"' in source for source in sources(submission, "Box")] == [True]
        and len(submission.answers("why")) == 1
    )


def test_a_perfect_notebook_needs_no_repair(example: Example) -> None:
    submission = example.repaired(example.perfect)
    assert all_there(submission)
    assert submission.problems == ()


def test_the_empty_release_needs_no_repair(example: Example) -> None:
    assert example.repaired(example.release).problems == ()


@pytest.mark.parametrize("ids", [True, False])
def test_stripped_metadata_is_matched_by_content_and_definition(
    example: Example, ids: bool
) -> None:
    submission = example.repaired(strip_metadata(example.perfect, ids))
    assert all_there(submission)
    assert "removed nbgrader's metadata" in submission.problems[0]
    assert [cell.original.role for cell in submission.cells if cell.original is not None] == [
        cell.role for cell in example.key.cells
    ]


def test_a_split_class_is_joined_again(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    place = index_of(notebook, "class Box")
    first, second = notebook["cells"][place]["source"].split("\n\n", 1)
    notebook["cells"][place]["source"] = first
    part = copy.deepcopy(notebook["cells"][place])
    part["source"] = second
    notebook["cells"].insert(place + 1, part)  # JupyterLab copies the metadata
    submission = example.repaired(notebook)
    assert all_there(submission)
    assert any("split" in problem for problem in submission.problems)
    notebook["cells"][place + 1]["metadata"] = {}  # VS Code does not
    assert all_there(example.repaired(notebook))


def test_of_a_copied_cell_the_solved_one_counts_wherever_it_stands(example: Example) -> None:
    for position in (0, 1):
        notebook = copy.deepcopy(example.perfect)
        place = index_of(notebook, "def double")
        empty = copy.deepcopy(example.release["cells"][index_of(example.release, "def double")])
        notebook["cells"].insert(place + position, empty)
        submission = example.repaired(notebook)
        assert sources(submission, "double") == [example.perfect["cells"][place]["source"]]
        assert any("2 times" in problem for problem in submission.problems)


def test_a_copy_in_which_a_stub_is_left_counts_where_nothing_takes_its_place(
    example: Example,
) -> None:
    """Copying a cell copies its metadata, and a stub may be left in a class or below a `return`."""
    notebook = copy.deepcopy(example.perfect)
    place = index_of(notebook, "class Box")
    done = notebook["cells"][place]["source"]
    stub = "        # YOUR CODE HERE\n        raise NotImplementedError()"
    partly = f"{done}\n\n    def later(self):\n{stub}"
    notebook["cells"][place]["source"] = partly
    for other in ("# my class", "box = Box()", "print(Box())", ""):
        copied = copy.deepcopy(notebook["cells"][place])
        copied["source"] = other
        for position in (0, 1):
            changed = copy.deepcopy(notebook)
            changed["cells"].insert(place + position, copied)
            assert partly in sources(example.repaired(changed), "Box")
    copied["source"] = done
    notebook["cells"].insert(place + 1, copied)
    assert sources(example.repaired(notebook), "Box") == [done]


@pytest.mark.parametrize("with_metadata", [True, False])
def test_a_scratch_copy_below_the_test_does_not_take_the_place_of_the_answer(
    example: Example, with_metadata: bool
) -> None:
    notebook = copy.deepcopy(example.perfect)
    place = index_of(notebook, "def double")
    scratch = copy.deepcopy(notebook["cells"][place])
    scratch["source"] = "def double(x):\n    return 0"
    scratch["id"] = "scratch"
    notebook["cells"].append(scratch)
    if not with_metadata:
        notebook = strip_metadata(notebook)
    submission = example.repaired(notebook)
    assert sources(submission, "double") == [example.perfect["cells"][place]["source"]]
    assert submission.cells[-1].source == scratch["source"]
    assert submission.cells[-1].original is None
    assert not [one for one in submission.problems if "above or below" in one]
    if not with_metadata:
        return
    # where nothing was answered above, it is the answer
    empty = copy.deepcopy(notebook)
    empty["cells"][place]["source"] = next(
        text for name, text in example.released.items() if name == "solution-double"
    )
    assert scratch["source"] in sources(example.repaired(empty), "double")


@pytest.mark.parametrize("left", ["", "\n\nYOUR ANSWER HERE"])
def test_an_answer_above_the_line_that_it_should_replace_is_one(
    example: Example, left: str
) -> None:
    notebook = copy.deepcopy(example.perfect)
    place = next(
        i
        for i, cell in enumerate(notebook["cells"])
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "answer-why"
    )
    given = example.released["answer-why"].replace("YOUR ANSWER HERE", "").strip()
    notebook["cells"][place]["source"] = f"{given}\nBecause I say so.{left}".strip()
    note = {"cell_type": "markdown", "metadata": {}, "source": "*(see also Lecture 3)*", "id": "n"}
    notebook["cells"].insert(place + 1, note)
    submission = example.repaired(notebook)
    assert "Because I say so." in "".join(sources(submission, "why"))
    half = copy.deepcopy(notebook["cells"][place])
    half["source"] = "The second half."
    notebook["cells"].insert(place + 1, half)
    found = "".join(sources(example.repaired(notebook), "why"))
    assert "Because I say so." in found
    assert "The second half." in found


def test_deleted_given_cells_are_restored_and_said(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    notebook["cells"] = [
        cell
        for cell in notebook["cells"]
        if not any(t in cell["source"] for t in ("check.close(double", "import numpy"))
    ]
    submission = example.repaired(notebook)
    restored = [
        cell.original.role for cell in submission.cells if cell.position == -1 and cell.original
    ]
    assert restored == ["setup", "test"]
    assert sum("restored" in problem for problem in submission.problems) == 2


def test_a_deleted_solution_is_said_and_empty(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    del notebook["cells"][index_of(notebook, "def double")]
    submission = example.repaired(notebook)
    assert sources(submission, "double") == [""]
    assert "the cell double was deleted, so it counts as empty" in submission.problems


def test_a_solution_that_was_merged_into_another_is_not_said_to_be_empty(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    box = notebook["cells"].pop(index_of(notebook, "class Box"))
    notebook["cells"][index_of(notebook, "def double")]["source"] += f"\n\n{box['source']}"
    problems = example.repaired(notebook).problems
    assert problems == ("the cell Box was deleted, and other cells define its names",)


@pytest.mark.parametrize("fence", ["{}", "```python\n{}\n```", "```\n{}\n```\n"])
def test_a_solution_that_became_markdown_is_still_read(example: Example, fence: str) -> None:
    notebook = copy.deepcopy(example.perfect)
    cell = notebook["cells"][index_of(notebook, "def double")]
    cell |= {"cell_type": "markdown", "source": fence.format(cell["source"])}
    submission = example.repaired(notebook)
    assert all_there(submission)
    assert "```" not in sources(submission, "double")[0]


def test_changed_tests_and_setup_are_the_originals_again(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    notebook["cells"][index_of(notebook, "check.close(double")]["source"] = "pass"
    notebook["cells"][index_of(notebook, "import numpy")]["source"] = (
        "import numpy as np\nimport scipy"
    )
    submission = example.repaired(notebook)
    tests = [
        cell.source for cell in submission.cells if cell.original and cell.original.role == "test"
    ]
    assert tests == [cell.source for cell in example.key.by_role("test")]
    # runs as the student's own
    assert any(cell.edited and "import scipy" in cell.source for cell in submission.cells)


def test_what_is_typed_into_a_test_cell_counts_at_its_place(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    cell = notebook["cells"][index_of(notebook, "check.close(double")]
    test = cell["source"]
    cell["source"] = (
        f"%%time\nimport os; first = 1\n@staticmethod\ndef helper():\n    pass\n\n{test}\n"
        "print('seen')\nlater = helper()"
    )
    submission = example.repaired(notebook)
    place = next(i for i, c in enumerate(submission.cells) if "check.close(double" in c.source)
    own = [c.source for c in submission.cells if c.original is None and c.cell_type == "code"]
    assert own == [
        "import os; first = 1",
        "@staticmethod\ndef helper():\n    pass",
        "later = helper()",
    ]
    assert [c.source for c in submission.cells[place - 2 : place]] == own[:2]
    assert submission.cells[place + 1].source == own[2]
    assert any("test-double was changed" in problem for problem in submission.problems)


def test_a_test_cell_that_only_prints_more_adds_nothing(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    cell = notebook["cells"][index_of(notebook, "check.close(double")]
    cell["source"] = f"print(double(3))\n{cell['source']}\nassert double(1) == 2"
    assert len(example.repaired(notebook).cells) == len(example.perfect["cells"])


@pytest.mark.parametrize("kind", ["code", "markdown"])
def test_what_stands_in_place_of_a_given_text_is_kept_below_it(example: Example, kind: str) -> None:
    notebook = copy.deepcopy(example.perfect)
    cell = notebook["cells"][index_of(notebook, "## 2. A class")]
    cell.update(cell_type=kind, source="helper = 3")
    submission = example.repaired(notebook)
    place = next(i for i, c in enumerate(submission.cells) if "## 2. A class" in c.source)
    assert [
        (c.source, c.cell_type, c.original) for c in submission.cells[place + 1 : place + 2]
    ] == [("helper = 3", kind, None)]
    assert any("## 2. A class" in problem for problem in submission.problems)


def test_code_in_place_of_a_written_answer_is_read_as_both(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    cell = notebook["cells"][index_of(notebook, "reference's answer")]
    cell.update(cell_type="code", source="reason = 3")
    submission = example.repaired(notebook)
    assert sources(submission, "why") == ["reason = 3"]
    assert [c.source for c in submission.cells if c.original is None] == ["reason = 3"]


def test_reordered_cells_are_put_back_in_order(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    notebook["cells"].reverse()
    submission = example.repaired(notebook)
    assert all_there(submission)
    assert any("order" in problem for problem in submission.problems)
    assert [c.original.cell_id for c in submission.cells if c.original] == [
        cell.cell_id for cell in example.key.cells
    ]


def test_own_cells_stay_above_a_question_that_was_moved_below_another(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    start, end = index_of(notebook, "def double"), index_of(notebook, "check.close(double") + 1
    moved = notebook["cells"][start:end]
    del notebook["cells"][start:end]
    place = index_of(notebook, "check.equal(Box") + 1
    own = {"cell_type": "code", "source": "def helper(): pass", "metadata": {}}
    last = {"cell_type": "code", "source": "last = 1", "metadata": {}}
    notebook["cells"][place:place] = [own, *moved]
    notebook["cells"].append(last)
    found = [cell.source for cell in example.repaired(notebook).cells]
    double = next(i for i, source in enumerate(found) if "def double" in source)
    assert found[double - 1] == "def helper(): pass"
    assert found[-1] == "last = 1"


def test_a_given_cell_that_the_student_changed_counts_as_changed(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    notebook["cells"][index_of(notebook, "scale = 10")]["source"] = "scale = 11"
    submission = example.repaired(notebook)
    assert [
        cell.source
        for cell in submission.cells
        if "scale" in cell.source and cell.original and cell.original.role == "code"
    ] == ["scale = 11"]


@pytest.mark.parametrize(("added", "edited"), [("  # why?", False), ("\nmore = 1", True)])
def test_a_comment_in_given_code_changes_nothing(
    example: Example, added: str, edited: bool
) -> None:
    notebook = copy.deepcopy(example.perfect)
    notebook["cells"][index_of(notebook, "scale = 10")]["source"] += added
    found = [cell.edited for cell in example.repaired(notebook).cells if added in cell.source]
    assert found == [edited]


def test_a_written_answer_without_metadata_is_found_by_its_place(example: Example) -> None:
    notebook = strip_metadata(example.perfect)
    place = index_of(notebook, "reference's answer")
    notebook["cells"][place]["source"] = "Because I say so."
    assert sources(example.repaired(notebook), "why") == ["Because I say so."]


@pytest.mark.parametrize("place", [0, 1, 2, 5])
def test_a_written_answer_without_metadata_is_found_in_another_place(
    example: Example, place: int
) -> None:
    """Or a human reads all that the student has added."""
    notebook = strip_metadata(example.perfect)
    answer = notebook["cells"].pop(index_of(notebook, "reference's answer"))
    answer["source"] = "Because I say so."
    notebook["cells"].insert(place, answer)
    submission = example.repaired(notebook)
    assert sources(submission, "why") == ["Because I say so."]
    (said,) = (problem for problem in submission.problems if "why" in problem)
    assert "one of them may be the answer" in said
    del notebook["cells"][place]
    assert sources(example.repaired(notebook), "why") == [""]


BESIDE = "the answer why stands above or below the cell that is meant for it; it is graded there"


@pytest.mark.parametrize("left", ["", " \n", "YOUR ANSWER HERE"])
def test_a_written_answer_below_its_empty_cell_counts(example: Example, left: str) -> None:
    """In Colab it is easily typed into a new text cell."""
    notebook = copy.deepcopy(example.perfect)
    place = index_of(notebook, "reference's answer")
    texts: list[Any] = [
        {"cell_type": "markdown", "source": text, "metadata": {}} for text in ("Because.", "And so")
    ]
    code: Any = {"cell_type": "code", "source": "own = 1", "metadata": {}, "outputs": []}
    notebook["cells"][place + 1 : place + 1] = [texts[0], code, texts[1]]
    notebook["cells"][place]["source"] = left
    submission = example.repaired(notebook)
    assert sources(submission, "why") == ["Because.\n\nAnd so"]
    assert [cell.source for cell in submission.cells if cell.original is None] == ["own = 1"]
    assert BESIDE in submission.problems


def test_a_written_answer_above_its_empty_cell_counts(example: Example) -> None:
    """In a cell of its own, or typed into the question: what was given is not part of it."""
    notebook = copy.deepcopy(example.perfect)
    place = index_of(notebook, "reference's answer")
    notebook["cells"][place]["source"] = "YOUR ANSWER HERE"
    question = notebook["cells"][place - 1]
    assert question["cell_type"] == "markdown"
    own: Any = {"cell_type": "markdown", "source": "And so", "metadata": {}}
    notebook["cells"].insert(place, own)
    given = question["source"]
    question["source"] += "\n\nBecause."
    submission = example.repaired(notebook)
    assert sources(submission, "why") == ["Because.\n\nAnd so"]
    assert [cell.source for cell in submission.cells if cell.original is None] == []
    assert given in [cell.source for cell in submission.cells]
    assert BESIDE in submission.problems


def test_a_question_that_the_course_has_changed_since_is_no_answer(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    place = index_of(notebook, "reference's answer")
    notebook["cells"][place]["source"] = "YOUR ANSWER HERE"
    notebook["cells"][place - 1]["source"] = "Why not?"
    submission = example.repaired(notebook)
    assert sources(submission, "why") == ["YOUR ANSWER HERE"]


@pytest.mark.parametrize("below", ["", "  "])
def test_nothing_below_an_empty_answer_is_no_answer(example: Example, below: str) -> None:
    notebook = copy.deepcopy(example.perfect)
    place = index_of(notebook, "reference's answer")
    notebook["cells"][place]["source"] = "YOUR ANSWER HERE"
    own = {"cell_type": "markdown", "source": below, "metadata": {}}
    notebook["cells"].insert(place + 1, own)
    submission = example.repaired(notebook)
    assert sources(submission, "why") == ["YOUR ANSWER HERE"]
    assert BESIDE not in submission.problems


def test_a_note_below_an_answer_is_a_note(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    place = index_of(notebook, "reference's answer")
    answer = notebook["cells"][place]["source"]
    own = {"cell_type": "markdown", "source": "My note", "metadata": {}}
    notebook["cells"].insert(place + 1, own)
    submission = example.repaired(notebook)
    assert sources(submission, "why") == [answer]
    assert [cell.source for cell in submission.cells if cell.original is None] == ["My note"]


def test_pictures_in_a_written_answer_are_kept(example: Example) -> None:
    notebook = copy.deepcopy(example.perfect)
    notebook["cells"][index_of(notebook, "reference's answer")]["attachments"] = {
        "derivation.png": {"image/png": "aaaa"}
    }
    assert example.repaired(notebook).answers("why")[0].attachments == {
        "derivation.png": {"image/png": "aaaa"}
    }


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["cell_type", "source", "metadata", "outputs", "id"]), JUNK)
    | JUNK,
    st.integers(0, 10**6),
)
@settings(deadline=None, max_examples=60)
def test_no_cell_however_odd_stops_the_repair(example: Example, junk: Any, seed: int) -> None:
    notebook = copy.deepcopy(example.perfect)
    cells = [dict(cell) for cell in notebook["cells"]]
    draw = random.Random(seed)
    cells.insert(draw.randrange(len(cells)), junk)
    if isinstance(junk, dict):
        cells.insert(0, {**junk, "cell_type": "code"})
        cells[draw.randrange(len(cells))] = {
            **cells[-1],
            "metadata": {"nbgrader": {"grade_id": junk.get("id")}},
        }
    submission = example.repaired({"cells": cells})
    keys = [
        cell.original for cell in submission.cells if cell.original is not None and not cell.edited
    ]
    assert {key.grade_id for key in keys if key.role in ("setup", "test")} == {
        key.grade_id for key in example.key.cells if key.role in ("setup", "test")
    }
