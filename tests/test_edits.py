"""EDITS: a wrong or right solution that is the reference with some lines changed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hwlib.errors import AuthoringError
from hwlib.grading import Assignment, Course, build, verify
from hwlib.grading.authoring.edits import edited
from hwlib.grading.authoring.written import Edit, Variant
from hwlib.grading.cells import parse_cell
from hwlib.grading.proof.variants import load_variants, variant_notebook

MakeCourse = Callable[..., Course]

NOTEBOOK = '''\
# %% solution="Line"
class Line:
    """A line through the origin."""

    def fit(self, x, y):
        ### BEGIN SOLUTION
        self.slope = 0.0                    # no step yet
        for _ in range(100):
            error = self.slope * x - y      # (N,)
            self.slope -= 0.1 * (error * x)
        if self.slope == 0:
            print("flat")
        return self.slope
        ### END SOLUTION

    def predict(self, x):
        ### BEGIN SOLUTION
        return self.slope * x
        ### END SOLUTION

# %% solution="loss"
def loss(slope, x, y):
    ### BEGIN SOLUTION
    error = slope * x - y
    return error ** 2
    ### END SOLUTION
def twice(slope, x, y):
    ### BEGIN SOLUTION
    error = slope * x - y
    return 2 * error ** 2
    ### END SOLUTION

# %% test="Line" points=1
assert abs(Line().fit(1.0, 3.0) - 3) < 1e-3, "not the slope"
# %% test="loss" points=1
assert loss(1, 2, 5) == 9
'''


@pytest.fixture
def small(course: MakeCourse) -> Assignment:
    assignment = course(notebook_text=NOTEBOOK, points=2).assignment("small")
    build(assignment)
    return assignment


def write(assignment: Assignment, settings: str, body: str = "", kind: str = "right") -> Path:
    folder = assignment.folder / kind
    folder.mkdir(exist_ok=True)
    path = folder / "try.py"
    path.write_text(f'"""Why not."""\n{settings}\n{body}', encoding="utf-8")
    return path


def with_edits(assignment: Assignment, settings: str, body: str = "") -> dict[str, str]:
    """The solution cells of the reference with a variant of these settings."""
    write(assignment, settings, body)
    (variant,) = load_variants(assignment)
    return {
        cell.metadata["hwlib"]["name"]: cell.source
        for cell in variant_notebook(assignment, variant).cells
        if cell.metadata["hwlib"]["role"] == "solution"
    }


# ---- what an edit does ----


def test_a_line_is_replaced_at_its_indentation_and_nothing_else_changes(small: Assignment) -> None:
    old = with_edits(small, "EDITS = {'print(\"flat\")': 'print(\"level\")'}")
    new = with_edits(small, "EDITS = {'print(\"flat\")': 'pass'}")
    assert old["Line"].replace('print("level")', "pass") == new["Line"]
    assert '            print("level")\n        return self.slope\n' in old["Line"]
    assert "BEGIN" not in old["Line"]


def test_a_comment_behind_the_old_line_may_be_left_out_and_goes_with_it(small: Assignment) -> None:
    for comment in ("", "      # (N,)", " # another"):
        edits = {f"error = self.slope * x - y{comment}": "error = y - self.slope * x"}
        new = with_edits(small, f"EDITS = {edits}")
        assert "            error = y - self.slope * x\n            self.slope -=" in new["Line"]


def test_several_lines_become_several_lines(small: Assignment) -> None:
    text = (
        'EDITS = {"""\nerror = self.slope * x - y\nself.slope -= 0.1 * (error * x)\n""": """\n'
        "while True:\n    text = '''a\n  b'''\nbreak\n\"\"\",\n}"
    )
    new = with_edits(small, text)["Line"]
    assert (
        "        for _ in range(100):\n            while True:\n"
        "                text = '''a\n  b'''\n"
        "            break\n        if self.slope"
    ) in new


def test_several_entries_may_change_several_cells(small: Assignment) -> None:
    edits = {"return self.slope * x": "return 0 * x", "return error ** 2": "return abs(error)"}
    new = with_edits(small, f"EDITS = {edits}")
    assert new["Line"].endswith("return 0 * x")
    assert "return abs(error)" in new["loss"]


def test_the_new_line_may_stand_in_another_block(small: Assignment) -> None:
    edits = {"return self.slope": "    return self.slope"}
    new = with_edits(small, f"REPLACES = 'Line.fit'\nEDITS = {edits}")
    assert '            print("flat")\n            return self.slope\n' in new["Line"]


def test_a_line_without_a_new_one_goes(small: Assignment) -> None:
    new = with_edits(small, "EDITS = {'self.slope -= 0.1 * (error * x)': ''}")
    assert "# (N,)\n        if self.slope == 0:" in new["Line"]


def test_pass_takes_the_place_of_a_line_that_was_a_whole_block(small: Assignment) -> None:
    new = with_edits(small, "EDITS = {'print(\"flat\")': ''}")
    assert "        if self.slope == 0:\n            pass\n        return" in new["Line"]


def test_a_given_line_of_a_solution_cell_may_be_changed_too(small: Assignment) -> None:
    new = with_edits(small, "EDITS = {'def loss(slope, x, y):': 'def loss(slope, x, y=0):'}")
    assert new["loss"].startswith("def loss(slope, x, y=0):\n    error")


def test_imports_and_helpers_of_the_file_go_in_front_of_the_cell(small: Assignment) -> None:
    body = "\nimport math\n\n\ndef root(x):\n    return math.sqrt(x)\n"
    new = with_edits(small, "EDITS = {'return error ** 2': 'return root(error)'}", body)
    assert new["loss"].startswith(
        "import math\ndef root(x):\n    return math.sqrt(x)\n\n\ndef loss(slope, x, y):"
    )
    assert "root" not in new["Line"]


def test_replaces_says_in_which_definition_the_old_line_is_meant(small: Assignment) -> None:
    edits = "EDITS = {'error = slope * x - y': 'error = 0'}"
    assert with_edits(small, f"REPLACES = 'loss'\n{edits}")["loss"].count("error = 0") == 1
    new = with_edits(small, f"REPLACES = 'twice'\n{edits}")["loss"]
    assert "error = 0\n    return 2 *" in new
    assert "error = slope * x - y\n    return error" in new


def test_a_neighbouring_line_says_which_of_several_lines_is_meant(small: Assignment) -> None:
    edits = {"error = slope * x - y\nreturn 2 * error ** 2": "return 0"}
    new = with_edits(small, f"EDITS = {edits}")["loss"]
    assert new.endswith("def twice(slope, x, y):\n    return 0")


def test_a_wrong_solution_by_edits_is_proven_like_any_other(small: Assignment) -> None:
    settings = (
        'FAILS = ["loss"]\nHINT = "check failed"\nEDITS = {"return error ** 2": "return 9.5"}'
    )
    write(small, settings, kind="wrong")
    report = verify(small)
    assert [row.complaint for row in report.rows] == ["", "", ""]


# ---- faults ----

FAULTS = {
    "an old line that is gone": (
        "EDITS = {\n    'return error ** 2': '',\n    'return error ** 3': ''}",
        4,
        "the old line 'return error ** 3' was not found in the solution cells; the closest is "
        "'return error ** 2'",
    ),
    "an old line that is only a part of one": (
        "EDITS = {'self.slope': 'self.rate'}",
        2,
        "was not found",
    ),
    "old lines that are not together": (
        r"EDITS = {'error = slope * x - y\nreturn self.slope': ''}",
        2,
        "was not found",
    ),
    "an old line that stands in two places": (
        "EDITS = {'error = slope * x - y': 'error = 0'}",
        2,
        "is in 2 places in the solution cells (cells: loss, loss); add the line above or",
    ),
    "an old line that stands elsewhere than in REPLACES": (
        "REPLACES = 'twice'\nEDITS = {'return error ** 2': 'return 0'}",
        3,
        "was not found in twice; the closest is 'return 2 * error ** 2'",
    ),
    "old lines that go beyond REPLACES": (
        r"REPLACES = 'loss'" "\n" r"EDITS = {'return error ** 2\ndef twice(slope, x, y):': ''}",
        3,
        "was not found in loss",
    ),
    "an old line that stands twice in REPLACES": (
        "REPLACES = ('loss', 'twice')\nEDITS = {'error = slope * x - y': 'error = 0'}",
        3,
        "is in 2 places in loss or twice",
    ),
    "a new line that is the old one": (
        "EDITS = {'return error ** 2': 'return error ** 2'}",
        2,
        "the old line 'return error ** 2' is the same as the new line",
    ),
    "a new line that only lacks the comment": (
        "EDITS = {'error = self.slope * x - y  # (N,)': 'error = self.slope * x - y'}",
        2,
        "is the same as the new line",
    ),
    "entries that change one line": (
        "EDITS = {\n'return self.slope * x': '',\n"
        r"'def predict(self, x):\nreturn self.slope * x': ''}",
        3,
        "changes a line that another entry changes, too",
    ),
    "code that is not valid any more": (
        "EDITS = {'def loss(slope, x, y):': ''}",
        2,
        "makes the cell loss invalid Python: unexpected indent",
    ),
    "an unknown definition in REPLACES": (
        "REPLACES = 'Line.score'\nEDITS = {'return error ** 2': ''}",
        3,
        "REPLACES has 'Line.score', which no solution cell of source/ defines",
    ),
    "an empty REPLACES": ("REPLACES = ()\nEDITS = {'return error ** 2': ''}", 2, "is missing or"),
    "an edited definition that the file has too": (
        "REPLACES = 'loss'\nEDITS = {'return error ** 2': ''}\ndef loss(): pass",
        2,
        "the file defines 'loss' and also has EDITS of it",
    ),
    "EDITS that are a list": ("EDITS = ['return error ** 2']", 2, "EDITS must be a dict of lines"),
    "EDITS without an entry": ("EDITS = {}", 2, "EDITS must be a dict of lines"),
    "an entry that is computed": ("EDITS = {'return ' + x: ''}", 2, "must be two plain strings"),
    "an entry of another dict": ("EDITS = {**others}", 2, "must be two plain strings"),
    "a new line that is no string": (
        "EDITS = {\n'return error ** 2': 0}",
        3,
        "must be two plain strings",
    ),
    "an old line that is empty": ("EDITS = {' ': 'x = 1'}", 2, "must be two plain strings"),
    "an old line twice": (
        "EDITS = {'return error ** 2': '',\n'return error ** 2': 'return 0'}",
        3,
        "EDITS has the old line 'return error ** 2' twice",
    ),
    "neither EDITS nor REPLACES": ("", 0, "REPLACES is missing or empty"),
}


@pytest.mark.parametrize(("settings", "line", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_an_edit_stops_verify_and_build_with_file_line_and_words(
    small: Assignment, settings: str, line: int, words: str
) -> None:
    write(small, settings)
    for stopped in (load_variants, build):
        with pytest.raises(AuthoringError) as caught:
            stopped(small)
        place = f"small/right/try.py:{line}: " if line else "small/right/try.py: "
        assert str(caught.value).startswith(place)
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_edit_stops_the_build_when_the_reference_has_changed(small: Assignment) -> None:
    write(small, "EDITS = {'return error ** 2': 'return 0'}")
    build(small)
    text = NOTEBOOK.replace("return error ** 2", "return error * error")
    small.notebook.write_text(text, encoding="utf-8")
    before = small.source.read_bytes()
    with pytest.raises(
        AuthoringError, match=r"right/try.py:2: EDITS: the old line .* was not found"
    ):
        build(small)
    assert small.source.read_bytes() == before


def test_edits_of_a_model_file_are_refused(course: MakeCourse) -> None:
    toml = 'title = "S"\npoints = 2\nminutes = 1\nartifacts = ["net"]\n'
    small = course(notebook_text=NOTEBOOK, toml_text=toml).assignment("small")
    write(small, "REPLACES = 'net'\nEDITS = {'return error ** 2': ''}")
    with pytest.raises(AuthoringError, match="EDITS can't change the model file net"):
        build(small)


# ---- properties ----


@st.composite
def blocks(draw: st.DrawFn) -> list[str]:
    """Lines of code in nested blocks; each line is another one."""
    lines, depth = list[str](), 0
    for number in range(draw(st.integers(1, 12))):
        opens = draw(st.booleans())
        comment = draw(st.sampled_from(["", "  # why", " # (N, D)"]))
        text = f"if x{number}:" if opens else f"y{number} = {number}"
        lines.append("    " * depth + text + comment)
        depth = depth + 1 if opens else draw(st.integers(0, depth))
    return [*lines, "    " * depth + "pass"]


def made(cells: dict[str, str], *edits: tuple[str, str]) -> dict[str, str]:
    entries = tuple(Edit(old, new, 1) for old, new in edits)
    path = Path("right/some.py")
    return edited(Variant("right", "some", "", (), (), "", "", path, edits=entries), cells)


SPACES = st.sampled_from(["", " ", "    ", "\t"])


@given(blocks(), st.data())
def test_whole_lines_are_found_whatever_their_indentation(
    lines: list[str], data: st.DataObject
) -> None:
    begin = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(begin + 1, len(lines)))
    old = [line.strip() for line in lines[begin:end]]
    shown = [data.draw(SPACES) + line.split("  #")[0] + data.draw(SPACES) for line in old]
    new = data.draw(st.lists(st.sampled_from(["z = 0", "if z:", "    z = 1"]), min_size=1))
    indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
    wanted = "\n".join([*lines[:begin], *(indent + line for line in new), *lines[end:]])
    cells = {"solution-a": "a = 1", "solution-b": "\n".join(lines)}
    try:
        parse_cell(wanted)  # IPython forgives an indented first line
    except SyntaxError:
        with pytest.raises(AuthoringError, match="invalid Python"):
            made(cells, ("\n".join(shown), "\n".join(new)))
        return
    assert made(cells, ("\n".join(shown), "\n".join(new))) == {**cells, "solution-b": wanted}


@given(blocks(), st.data())
def test_entries_are_made_independently_of_their_order_and_back_again(
    lines: list[str], data: st.DataObject
) -> None:
    cells = {"solution-a": "\n".join(line.split(" #")[0].rstrip() for line in lines)}
    numbers = [i for i, line in enumerate(lines) if line.lstrip().startswith("y")]
    chosen = data.draw(st.lists(st.sampled_from(numbers), unique=True) if numbers else st.just([]))
    assume(chosen)
    edits = [(f"y{i} = {i}", f"z{i} = -{i}") for i in chosen]
    there = made(cells, *edits)
    assert there == made(cells, *reversed(edits))
    assert made(there, *((new, old) for old, new in edits)) == cells
    assert [line.lstrip()[0] for line in there["solution-a"].split("\n")].count("z") == len(chosen)


@given(blocks(), st.data())
def test_a_line_that_goes_leaves_valid_code(lines: list[str], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(lines) - 1))
    assume(not lines[number].lstrip().startswith("if"))
    left = made({"solution-a": "\n".join(lines)}, (lines[number], ""))["solution-a"]
    ast.parse(left)
    gone = [*lines[:number], *lines[number + 1 :]]
    kept = [line for line in left.split("\n") if line.strip() != "pass"]
    assert kept == [line for line in gone if line.strip() != "pass"]
