"""Questions with parts: `with check.part(points, "name"):`, from notebook.py to pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from courses import hand_in, make_assignment, make_course, with_code
from hypothesis import given
from hypothesis import strategies as st

from hwlib.commands import run
from hwlib.errors import AuthoringError
from hwlib.grading import Assignment, GradeOptions, SubmissionResult, build, grade_assignment
from hwlib.grading.authoring.reading import parse_notebook
from hwlib.grading.grade import Engine
from hwlib.grading.parts import PartFault, parts_of
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.proof.verify import verify

pytestmark = needs.linux

NOTEBOOK = """\
# %% [markdown]
# # Most frequent labels

# %% setup
from collections import Counter

# %% [markdown]
# ## 1. Votes

# %% solution="vote"
def vote(labels):
    ### BEGIN SOLUTION
    counts = Counter(labels)
    most = max(counts.values())
    return min(label for label in counts if counts[label] == most)
    ### END SOLUTION

# %% test="vote"
one = [3]
with check.part(1, "one label"):
    check.equal(vote(one), 3, what="the label")
with check.part(2, "the most frequent"), check.unchanged(one=one):
    check.equal(vote([1, 2, 2]), 2, what="the label")
    ### BEGIN HIDDEN TESTS
    check.equal(vote([1, 1, 7, 7, 7]), 7, what="the label")
    ### END HIDDEN TESTS
### BEGIN HIDDEN TESTS
with check.part(1.5, "ties"):
    check.equal(vote([9, 4, 4, 9]), 4, what="the label", hint="Take the smallest of them.")
### END HIDDEN TESTS
"""
FULL = 4.5
WRONG = '''\
"""Takes the first of the labels that are as frequent."""

REPLACES = "vote"
FAILS = ["vote/ties"]
HINT = "Take the smallest"


def vote(labels):
    return Counter(labels).most_common(1)[0][0]
'''

# what a student writes → (points of the parts, statuses of the parts, status of the question)
ANSWERS: dict[str, tuple[list[float], list[str], str]] = {
    "return sorted(labels)[len(labels) // 2 - (len(labels) % 2 == 0)]": (
        [1, 2, 1.5],
        ["passed"] * 3,
        "passed",
    ),
    "return Counter(labels).most_common(1)[0][0]": (
        [1, 2, 0],
        ["passed", "passed", "failed"],
        "failed",
    ),
    "return labels[1]": ([0, 0, 1.5], ["error", "failed", "passed"], "error"),
    "raise NotImplementedError": ([0, 0, 0], ["missing"] * 3, "missing"),
    "return labels": ([0, 0, 0], ["failed"] * 3, "failed"),
    "labels[:] = [3]; return 3": ([1, 0, 0], ["passed", "failed", "failed"], "failed"),
}


RIGHT = "return max(labels, key=lambda x: (labels.count(x), -x))"


def made(root: Path, notebook: str = NOTEBOOK, wrong: str = WRONG) -> Assignment:
    assignment = make_course(root, "votes", notebook, points=FULL).assignment("votes")
    (assignment.folder / "wrong").mkdir()
    (assignment.folder / "wrong" / "first.py").write_text(wrong)
    build(assignment)
    return assignment


def graded(assignment: Assignment, answers: list[str], engine: Engine) -> list[SubmissionResult]:
    for number, answer in enumerate(answers):
        source = f"def vote(labels):\n    {answer}"
        notebook = with_code(reference_notebook(assignment), {"vote": source})
        hand_in(assignment, f"s{number}", nbformat.writes(notebook))
    root = assignment.course.root
    options = GradeOptions(jobs=1, engine=engine)
    report = grade_assignment(assignment, root / "submitted", root, options=options)
    return list(report.submissions)


@pytest.mark.parametrize("trust", ["isolated", "shared"])
@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
def test_each_part_is_tried_for_itself(tmp_path: Path, engine: Engine, trust: str) -> None:
    shared = NOTEBOOK.replace('test="vote"', 'test="vote" trust="shared"')
    assignment = made(tmp_path, shared if trust == "shared" else NOTEBOOK)
    results = graded(assignment, list(ANSWERS), engine)
    for (answer, (points, statuses, status)), result in zip(ANSWERS.items(), results, strict=True):
        (question,) = result.questions
        assert [part.points for part in question.parts] == points, (answer, question)
        assert [part.status for part in question.parts] == statuses, (answer, question)
        assert [part.max_points for part in question.parts] == [1, 2, 1.5]
        assert (question.points, question.status) == (sum(points), status), (answer, question)
        assert question.max_points == FULL
    ties = results[1].questions[0]
    assert ties.parts[2].hint == "Take the smallest of them."
    assert ties.message.startswith("ties: The label: ")
    assert "9" not in ties.message  # a hidden check names no value


@pytest.mark.parametrize(
    ("answer", "points", "statuses"),
    [
        # a part that ends the process costs itself, wherever it stands
        (f"__import__('os')._exit(3) if len(labels) == 1 else None; {RIGHT}",
         [0, 2, 1.5], ["crashed", "passed", "passed"]),
        (f"while len(labels) == 3: pass\n    {RIGHT}",
         [1, 0, 1.5], ["passed", "timeout", "passed"]),
        ("while len(labels) > 1: pass\n    return labels[0]",
         [1, 0, 0], ["passed", "timeout", "timeout"]),
    ],
)  # fmt: skip
def test_a_part_that_crashes_or_hangs_leaves_the_others_their_points(
    tmp_path: Path, answer: str, points: list[float], statuses: list[str]
) -> None:
    assignment = with_limit(made(tmp_path), 1)
    (question,) = graded(assignment, [answer], "isolated")[0].questions
    assert [part.points for part in question.parts] == points, question
    assert [part.status for part in question.parts] == statuses, question
    assert question.points == sum(points)
    assert all(part.message for part in question.parts if part.status != "passed")


def test_a_process_that_the_answer_ends_is_no_accident_to_a_test_that_tidies_up(
    tmp_path: Path,
) -> None:
    tidies_up = """\
def label_of(labels):
    try:
        return vote(labels)
    finally:
        vote([1])
with check.part(1, "one label"):
    check.equal(label_of(one), 3, what="the label")
"""
    once = 'with check.part(1, "one label"):\n    check.equal(vote(one), 3, what="the label")\n'
    assert once in NOTEBOOK
    assignment = made(tmp_path, NOTEBOOK.replace(once, tidies_up))
    answer = ["__import__('os')._exit(3)"]
    first, again = (graded(assignment, answer, "isolated")[0] for _ in range(2))
    for part in first.questions[0].parts:
        assert part.status == "crashed", part
        assert "exit code 3" in part.message, part
    assert again.cached, again.problems  # it was the answer, so nobody is graded anew for it


def test_an_endless_loop_costs_the_time_of_one_part_and_a_half(tmp_path: Path) -> None:
    assignment = with_limit(made(tmp_path), 2)
    answers = ["while True: pass", f"while len(labels) == 1: pass\n    {RIGHT}"]
    endless, once = (result.questions[0] for result in graded(assignment, answers, "isolated"))
    assert [part.status for part in endless.parts] == ["timeout"] * 3
    limits = [part.message.partition(" within ")[2].partition(" s")[0] for part in endless.parts]
    assert limits == ["2", "0.5", "0.5"]
    assert [part.points for part in once.parts] == [0, 2, 1.5]


def test_an_endless_loop_after_all_parts_is_met_once(tmp_path: Path) -> None:
    end = "### END HIDDEN TESTS\n"
    late = f"{NOTEBOOK.removesuffix(end)}vote([])\n{end}"
    late = late.replace("counts = Counter(labels)", "counts = Counter(labels or [1])")
    answers = [f"while not labels: pass\n    {RIGHT}"]
    (result,) = graded(with_limit(made(tmp_path, late), 1), answers, "isolated")
    # as in nbgrader, what goes wrong outside all parts costs all of them
    assert [part.status for part in result.questions[0].parts] == ["timeout"] * 3, result
    assert result.seconds < 6


def test_an_endless_loop_leaves_the_other_parts_their_points_in_otter(tmp_path: Path) -> None:
    needs.module("otter")
    answers = [f"while len(labels) in (1, 3): pass\n    {RIGHT}"]
    (result,) = graded(with_limit(made(tmp_path), 2), answers, "otter")
    assert result.score == 1.5, result
    assert [part.status for part in result.questions[0].parts] == ["timeout", "timeout", "passed"]


def with_limit(assignment: Assignment, question_s: float) -> Assignment:
    toml = assignment.folder / "assignment.toml"
    toml.write_text(f"{toml.read_text()}\n[limits]\nquestion_s = {question_s}\n")
    return assignment.course.assignment(assignment.slug)


@pytest.mark.parametrize("engine", ["isolated", "nbgrader"])
def test_an_error_outside_all_parts_costs_all_of_them(tmp_path: Path, engine: Engine) -> None:
    late = NOTEBOOK.replace(
        "### BEGIN HIDDEN TESTS\nwith", "vote([])\n### BEGIN HIDDEN TESTS\nwith"
    )
    late = late.replace("counts = Counter(labels)", "counts = Counter(labels or [1])")
    answers = ["return Counter(labels).most_common(1)[0][0]", "return min(labels, default=0)"]
    outside, inside = graded(made(tmp_path, late), answers, engine)
    assert [part.points for part in outside.questions[0].parts] == [0, 0, 0]
    assert outside.score == 0
    assert {part.status for part in outside.questions[0].parts} == {"error"}
    assert [part.points for part in inside.questions[0].parts] == [1, 0, 1.5]


def test_students_see_which_parts_there_are(tmp_path: Path) -> None:
    assignment = made(tmp_path)
    release = nbformat.read(assignment.release, as_version=4)
    (cell,) = [cell for cell in release.cells if cell.metadata.hwlib.role == "test"]
    assert cell.source.split("\n") == [
        "# @title Check: Votes, 4.5 points, 3 parts",
        "# 4.5 points in 3 parts:",
        "# - one label: 1 point",
        "# - the most frequent: 2 points",
        "# - ties: 1.5 points (hidden checks)",
        "one = [3]",
        'with check.part(1, "one label"):',
        '    check.equal(vote(one), 3, what="the label")',
        'with check.part(2, "the most frequent"), check.unchanged(one=one):',
        '    check.equal(vote([1, 2, 2]), 2, what="the label")',
        "check.earned()",
    ]
    assert cell.metadata.nbgrader.points == FULL
    assert build(assignment, check=True).up_to_date


def test_in_a_notebook_each_part_says_how_it_went(tmp_path: Path) -> None:
    from nbclient import NotebookClient

    assignment = made(tmp_path)
    release = nbformat.read(assignment.release, as_version=4)
    body = {"vote": "def vote(labels):\n    return labels[1]"}
    written = with_code(release, body)
    written.cells = written.cells[:-1]  # without the last, which packs what is handed in
    done: Any = NotebookClient(written, kernel_name="python3").execute()
    (cell,) = [cell for cell in done.cells if cell.metadata.hwlib.role == "test"]
    printed, value = cell.outputs
    assert printed.text.split("\n") == [
        "✗ one label (1 point): IndexError: list index out of range (line 2, in vote: return "
        "labels[1]). Indices begin with 0, so the last one is the length minus 1: does the loop go "
        "too far, or does it run over another axis?",
        "✓ the most frequent (2 points): passed the checks of this cell.",
        "",
    ]
    assert value.data["text/plain"] == "2"
    assert "2 of 3 points by the checks of this cell. Hidden checks" in value.data["text/html"]


def test_verify_knows_parts(tmp_path: Path) -> None:
    assignment = made(tmp_path)
    report = verify(assignment)
    # the other two parts have no wrong solution yet
    assert report.complaints == [
        f"question vote/{name}: no wrong solution fails it; add one to wrong/"
        for name in ("one label", "the most frequent")
    ]
    row = next(row for row in report.rows if row.kind == "wrong")
    assert (sorted(row.lost), row.mark("vote")) == (["vote/ties"], "½")
    hints = report.hints
    assert (hints.accepted, hints.wrong, hints.given, hints.lost, hints.right) == (1, 1, 1, 1, 0)
    assert "1 of 1 wrong solutions (100 %)" in str(hints)
    path = assignment.folder / "wrong" / "first.py"
    path.write_text(WRONG.replace("vote/ties", "vote"))
    (complaint, *_) = verify(assignment).complaints
    assert complaint == (
        "wrong first: passes vote/one label, vote/the most frequent, but must fail"
    )
    path.write_text(WRONG.replace("vote/ties", "vote/tie"))
    with pytest.raises(AuthoringError, match="no autograded part of that name; use"):
        build(assignment)


def test_pages_show_each_part(tmp_path: Path) -> None:
    assignment = made(tmp_path)
    graded(assignment, ["return Counter(labels).most_common(1)[0][0]"], "isolated")
    page = (tmp_path / "feedback" / "s0" / "votes" / "votes.html").read_text()
    for text in (
        "one label: passed",
        "ties: a check failed",
        "Take the smallest of them.",
        "0 of 1.5",
    ):
        assert text in page, text
    notebook = nbformat.read(tmp_path / "autograded" / "s0" / "votes" / "votes.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.source.startswith("# @title Check: Votes")]
    assert "  ✓ one label: 1 of 1" in cell.outputs[0].traceback


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('test="vote"', 'test="vote" points=4', "the parts of this test add up to 4.5"),
        ('check.part(1.5, "ties")', 'check.part(1.5, "one label")', "two parts are called"),
        ('check.part(1.5, "ties")', "check.part(1.5)", "its points and its name"),
        ('check.part(1.5, "ties")', 'check.part(-1, "ties")', "its points and its name"),
        ('check.part(1.5, "ties")', 'check.part(one[0], "ties")', "its points and its name"),
        ('check.part(1.5, "ties")', 'check.part(1.5, name="ties")', "its points and its name"),
        ('check.part(1.5, "ties")', 'check.part(1.5, "a/b")', "without a slash"),
        ('one = [3]', 'if True:\n    with check.part(1, "x"):\n        pass', "at the left margin"),
        ('one = [3]', 'check.part(1, "x")', "at the left margin"),
        (
            '    check.equal(vote([1, 2, 2]), 2, what="the label")\n',
            "",
            "without its region, as students get it, this cell is not valid Python",
        ),
    ],
)  # fmt: skip
def test_faults_of_the_author_are_named_with_their_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in NOTEBOOK
    course = make_course(tmp_path, "votes", NOTEBOOK.replace(old, new), points=FULL)
    with pytest.raises(AuthoringError, match=r"notebook\.py:\d+: ") as raised:
        build(course.assignment("votes"))
    assert said in str(raised.value)


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=8))
def test_the_points_of_a_cell_are_those_of_its_parts(parts: list[tuple[int, bool]]) -> None:
    lines = ["x = 1"]
    for number, (points, hidden) in enumerate(parts):
        block = [f'with check.part({points}, "part {number}"):', "    pass"]
        lines += ["### BEGIN HIDDEN TESTS", *block, "### END HIDDEN TESTS"] if hidden else block
    found = parts_of("\n".join(lines))
    assert [(part.points, part.hidden) for part in found] == parts
    assert [part.name for part in found] == [f"part {number}" for number in range(len(parts))]


def test_other_with_statements_are_no_parts() -> None:
    assert parts_of("with open('a') as f, check.unchanged(x=1):\n    pass\nplt.part(1, 'a')") == ()
    with pytest.raises(PartFault):
        parts_of("def f():\n    with check.part(1, 'a'):\n        pass")


def test_an_author_may_write_the_last_line(tmp_path: Path) -> None:
    course = make_course(tmp_path, "votes", f"{NOTEBOOK}check.earned()\n", points=FULL)
    assignment = course.assignment("votes")
    (cell,) = [one for one in parse_notebook(assignment.notebook).cells if one.role == "test"]
    assert cell.source.count("check.earned()") == 1
    assert len(cell.lines) == cell.source.count("\n") + 1


def test_a_test_without_points_or_parts_is_still_a_fault(tmp_path: Path) -> None:
    text = NOTEBOOK.replace("check.part(", "check.unchanged(").replace("one = [3]", "# check.part(")
    with pytest.raises(AuthoringError, match="has no points"):
        make_assignment(tmp_path, "votes", text, points=FULL)


LISTED = """\
# %% solution="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=[1, 2.5, 1]
x = 3
assert double(x) == 6, \'\'\'two
  lines\'\'\'
### BEGIN HIDDEN TESTS
for x in range(3):
    assert double(x) == 2 * x
check.equal(
    double(4), 8
)
### END HIDDEN TESTS
"""


def test_a_list_of_points_makes_each_assertion_a_part(tmp_path: Path) -> None:
    (tmp_path / "notebook.py").write_text(LISTED, encoding="utf-8")
    _, test = parse_notebook(tmp_path / "notebook.py").cells
    assert test.points == 4.5
    assert [(part.points, part.name, part.hidden) for part in parts_of(test.source)] == [
        (1, "case 1", False),
        (2.5, "case 2", True),
        (1, "case 3", True),
    ]
    assert "two\n  lines" in test.source  # a string keeps its lines
    places = dict(zip(test.source.split("\n"), test.lines, strict=True))
    assert places['with check.part(2.5, "case 2"):'] == places["    for x in range(3):"] == 12


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ("[1, 2]", r"7: points=\[1, 2\] has 2 numbers, .* 3 assertions .* \(lines 9, 12, 14\)"),
        ("[1, two]", r"7: points=\[1, two\]: expected a number of 0 or more for each assertion"),
        ("[1, -2, 1]", r"7: points=\[1, -2, 1\]: expected a number of 0 or more"),
    ],
)
def test_a_list_of_points_must_fit_the_assertions(tmp_path: Path, points: str, words: str) -> None:
    path = tmp_path / "notebook.py"
    path.write_text(LISTED.replace("[1, 2.5, 1]", points), encoding="utf-8")
    with pytest.raises(AuthoringError, match=words):
        parse_notebook(path)


def test_a_list_beside_parts_says_the_same_points(tmp_path: Path) -> None:
    path = tmp_path / "notebook.py"
    text = (
        '# %% solution="f"\nf = 1\n# %% test="f" points=[2]\nwith check.part(2, "a"):\n    assert f'
    )
    path.write_text(text, encoding="utf-8")
    assert parse_notebook(path).points == 2
    path.write_text(text.replace("[2]", "[3]"), encoding="utf-8")
    with pytest.raises(AuthoringError, match=r"3: points=\[3\], but the parts .* have 2; leave"):
        parse_notebook(path)


def test_verify_with_several_seeds_finds_a_part_that_decides_by_luck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = "[9, 4, 4, 9] if check.rng().integers(3) else [4, 9]"
    made(tmp_path, NOTEBOOK.replace("vote([9, 4, 4, 9])", f"vote({drawn})"))
    monkeypatch.chdir(tmp_path)
    assert run(["verify", "votes", "--seeds", "5"]) == 1
    out, err = capsys.readouterr()
    assert "wrong first: passes" not in err.partition("with seed")[0]  # the usual one shows nothing
    assert re.search(r"^hw: votes: with seed \d+: wrong first: passes vote/ties, but", err, re.M)
    assert re.search(r"^votes, seed \d+: 0 problems$", out, re.M)
