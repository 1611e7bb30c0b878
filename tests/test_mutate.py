"""Mutants: which lines are changed and how, what no test notices, what an instructor accepts, and
the drafts for wrong/.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import assignments_table
import needs
import pytest
from courses import make_assignment

from hwlib.commands import run
from hwlib.errors import AuthoringError
from hwlib.grading import Assignment, build
from hwlib.grading.answer_key import AnswerKey, KeyCell, load_key
from hwlib.grading.cells import without_markers
from hwlib.grading.proof.mutants.drafts import write_drafts
from hwlib.grading.proof.mutants.equivalents import read_equivalents, written
from hwlib.grading.proof.mutants.making import Mutant, mutants_of
from hwlib.grading.proof.mutants.report import MutateReport, mutate
from hwlib.grading.proof.verify import verify

# the copy in `total` is not tested, and `float` makes no difference that counts
NOTEBOOK = '''\
# %% setup
from hwlib import checks as check

# %% [markdown]
# ## Sums

# %% solution="total"
def total(values):
    """The sum of a list, which stays as it is."""
    start = 0   # given
    ### BEGIN SOLUTION
    values = list(values)
    while values:
        start += values.pop()
    return start
    ### END SOLUTION

# %% test="total" points=2
check.equal(total([1, 2, 4]), 7, what="the sum", hint="Add up all values.")

# %% solution="span"
def span(values):
    """The largest minus the smallest."""
    ### BEGIN SOLUTION
    low, high = min(values), max(values)
    return float(high - low)
    ### END SOLUTION

# %% test="span" points=2
check.equal(span([3, 7, 4]), 4, what="the span", hint="It is the largest minus the smallest.")

# %% solution="favourite"
### BEGIN SOLUTION
favourite = 7
### END SOLUTION
'''
FILE = "equivalents.toml"
WRONG = '''\
"""Exchanges the two."""

REPLACES = "span"
EDITS = {"return float(high - low)": "return float(low - high)"}
FAILS = ["span"]
HINT = "the largest minus the smallest"
'''


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """The assignment, built, without equivalents.toml."""
    assignment = make_assignment(tmp_path_factory.mktemp("mutants"), "sums", NOTEBOOK, points=4)
    (assignment.folder / "wrong").mkdir()
    (assignment.folder / "wrong" / "exchanged.py").write_text(WRONG, encoding="utf-8")
    return assignment


@pytest.fixture(scope="module")
def report(small: Assignment) -> MutateReport:
    """What `hw mutate` finds in it."""
    return mutate(small)


def key_cell(source: str) -> KeyCell:
    return KeyCell("solution", "cell", "solution-cell", "code", source)


def changed(line: str) -> set[str]:
    """The new lines that a line of a solution becomes."""
    source = f"def f(x, y, axis=0):\n    ### BEGIN SOLUTION\n    {line}\n    ### END SOLUTION"
    return {" ⏎ ".join(mutant.new) for mutant in mutants_of_cell(source)}


def mutants_of_cell(source: str) -> list[Mutant]:
    return list(mutants_of(AnswerKey("small", (key_cell(source),))))


# ---- which changes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        pytest.param("z = x + y", ["z = x - y", "z = x", "z = y", "pass"], id="operators, terms"),
        pytest.param("z = (x - y) * 2", ["z = (x + y) * 2", "z = (y - x) * 2"], id="operands"),
        pytest.param("z = x / (y - 1)", ["z = (y - 1) / x"], id="operands keep parentheses"),
        pytest.param("return x @ y.T", ["return y.T @ x", "return x @ y"], id="transpose"),
        pytest.param("z = x ** 2 / y", ["z = (x * 2) / y", "z = x / y"], id="powers"),
        pytest.param("z = x < y", ["z = x <= y", "z = x > y"], id="comparisons"),
        pytest.param("z = 3 * 0.5", ["z = 4 * 0.5", "z = 2 * 0.5", "z = 3 * 1.0"], id="constants"),
        pytest.param("z = x.sum(axis=1)", ["z = x.sum(axis=0)", "z = x.sum()"], id="axes"),
        pytest.param("z = x.max(keepdims=True)", ["z = x.max()", "z = x.min(keepdims=True)"]),
        pytest.param("z = x[:y]", ["z = x[:y - 1]", "z = x[:y + 1]", "z = x[:]"], id="slices"),
        pytest.param(
            "z = range(y)", ["z = range(y - 1)", "z = range(y + 1)", "z = range(1, y)"], id="bounds"
        ),
        pytest.param("z = f(x, y)", ["z = f(y, x)", "z = x"], id="arguments exchanged"),
        pytest.param("return x, y", ["return y, x"], id="results exchanged"),
        pytest.param("n, d = x.shape", ["d, n = x.shape"], id="names exchanged"),
        pytest.param("z = x.copy()", ["z = x"], id="copy dropped"),
        pytest.param("z = np.array(x)", ["z = x"], id="array dropped"),
        pytest.param("x += y", ["x -= y", "x = y", "pass"], id="sums"),
        pytest.param("z = x and not y", ["z = x or not y", "z = x and y", "z = x"], id="logic"),
        pytest.param("z = x if y else 1", ["z = x", "z = 1"], id="cases"),
        pytest.param("with y: x = 1", ["if True: x = 1"], id="with"),
        pytest.param("for z in x: y += z", ["for z in (): y += z"], id="loops"),
        pytest.param("g = f(x)  # ² in a comment", ["g = x"], id="characters of several bytes"),
    ],
)
def test_a_line_is_changed_as_students_get_it_wrong(line: str, wanted: list[str]) -> None:
    assert set(wanted) <= changed(line)


@pytest.mark.parametrize(
    "line",
    ['"""3 texts."""', 'print("x =", 3)', 'raise ValueError(f"{x + 1} is too large")'],
)
def test_what_is_only_read_is_not_changed(line: str) -> None:
    assert changed(line) <= {"pass"}


@pytest.mark.parametrize("line", ["z = (x - y) ** 2", "z = norm(x - y)", "z = np.maximum(x, y)"])
def test_what_makes_no_difference_is_not_exchanged(line: str) -> None:
    assert not any("y - x" in new or "y, x" in new for new in changed(line))


def test_only_lines_of_solution_regions_are_changed(small: Assignment) -> None:
    for mutant in mutants_of(load_key(small)):
        (cell,) = [c for c in load_key(small).cells if c.grade_id == mutant.grade_id]
        assert mutant.source != without_markers(cell.source)
        ast.parse(mutant.source)
        assert not any("given" in line for line in mutant.old)
        assert mutant.where in ("total", "span", "favourite")


def test_each_change_is_made_once() -> None:
    found = mutants_of_cell("### BEGIN SOLUTION\nx = list(x) + list(x)\n### END SOLUTION")
    assert len({mutant.source for mutant in found}) == len(found)
    found = mutants_of_cell("### BEGIN SOLUTION\nx = list(x)\n### END SOLUTION")
    assert [mutant.new for mutant in found] == [("pass",)]  # and not x = x


def test_a_cell_of_ipython_s_own_syntax_is_changed_in_its_other_lines() -> None:
    found = mutants_of_cell("\n%matplotlib inline\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION")
    assert {mutant.new for mutant in found} == {("x = 2",), ("x = 0",), ("pass",)}
    assert all("matplotlib" in mutant.source for mutant in found)


# ---- what no test notices ------------------------------------------------------------------------


@needs.linux
def test_what_keeps_all_points_is_reported(report: MutateReport) -> None:
    unnoticed = [(one.mutant.where, one.mutant.change) for one in report.surviving]
    assert unnoticed == [
        ("total", "- values = list(values)\n+ pass"),
        ("span", "- return float(high - low)\n+ return high - low"),
    ]
    assert len(report.caught) == len(report.graded) - 2 > 10
    assert len(report.complaints) == 2
    assert "total: no test notices this change (statement left out): " in report.complaints[0]


@needs.linux
def test_an_endless_loop_is_caught_by_its_time(report: MutateReport) -> None:
    ended = [
        one.mutant.change for one in report.caught if one.lost and one.lost.status == "timeout"
    ]
    assert ended == ["- start += values.pop()\n+ pass"]


@needs.linux
def test_the_nearest_question_is_tried_first_and_the_others_are_left_out(
    report: MutateReport,
) -> None:
    for one in report.graded:
        assert [question.id for question in one.questions] == [one.mutant.where]
    assert report.caught_by().keys() == {"total", "span"}


@needs.linux
def test_what_no_test_needs_is_named(report: MutateReport) -> None:
    assert report.untested == ("favourite",)
    assert "no test needs favourite" in report.summary


# ---- what an instructor accepts ------------------------------------------------------------------


@needs.linux
def test_an_entry_with_a_reason_accepts_a_change(report: MutateReport, tmp_path: Path) -> None:
    entries = "\n\n".join(written(one.mutant, "It is the same.") for one in report.surviving)
    (tmp_path / FILE).write_text(entries, encoding="utf-8")
    accepted = MutateReport(
        report.slug, report.graded, report.untested, read_equivalents(tmp_path / FILE), 1.0
    )
    assert accepted.complaints == []
    assert [one.mutant.where for one in accepted.accepted] == ["total", "span"]


@needs.linux
def test_an_entry_that_a_test_catches_or_that_names_no_line_is_out_of_date(
    report: MutateReport, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text(
        """\
[[equivalent]]
where = "span"
change = '''
- return float(high - low)
+ return float(low - high)

+ return high - low
'''
why = "one is caught, the other is the same"

[[equivalent]]
where = "total"
change = '''
- no_such_line = 1
+ pass
'''
why = "the line was removed"

[[equivalent]]
where = "total"
why = "free"
""",
        encoding="utf-8",
    )
    read = MutateReport(
        report.slug, report.graded, report.untested, read_equivalents(tmp_path / FILE), 1.0
    )
    assert read.complaints == [
        "equivalents.toml:1: span: a test notices this change; remove the entry",
        "equivalents.toml:11: total: the reference has no such line, or `hw mutate` does not "
        "change it so; remove the entry",
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[[equivalent]\n", 0, "not valid TOML"),
        ("[[mutant]]\n", 0, "unknown key mutant; begin each entry with [[equivalent]]"),
        ('[[equivalent]]\nwhere = "f"\nwhy = "x"\nold = "y"\n', 1, "unknown key old"),
        ('[[equivalent]]\nwhere = "f"\nwhy = " "\n', 1, "why is missing or empty"),
        ('\n[[equivalent]]\nwhy = "x"\n', 2, "where is missing or empty"),
        ('[[equivalent]]\nwhere = "f"\nwhy = "x"\nchange = "y"\n', 1, "after - and +"),
        (
            '[[equivalent]]\nwhere = "f"\nwhy = "x"\n[[equivalent]]\nwhere = "f"\nwhy = "y"\n',
            4,
            "in the file twice",
        ),
    ],
)
def test_a_fault_in_the_file_is_one_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(AuthoringError) as raised:
        read_equivalents(tmp_path / FILE)
    assert said in str(raised.value)
    assert f"{FILE}:{line}" in str(raised.value) or not line
    assert "\n" not in str(raised.value)


def test_comments_and_indentation_do_not_count(tmp_path: Path) -> None:
    text = (
        "[[equivalent]]\nwhere = 'f'\nwhy = 'x'\nchange = '''\n  - a = 1   # one\n  + a = 2\n'''\n"
    )
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    (entry,) = read_equivalents(tmp_path / FILE)
    assert entry.change == "- a = 1\n+ a = 2"


# ---- on the command line -------------------------------------------------------------------------


@needs.linux
@pytest.mark.slow
def test_the_commands_fail_until_a_change_is_caught_or_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, _, sums = NOTEBOOK.partition("# %% [markdown]")
    notebook = setup + sums[sums.index('# %% solution="span"') :]
    assignment = make_assignment(tmp_path, "sums", notebook, points=2)
    (assignment.folder / "wrong").mkdir()
    (assignment.folder / "wrong" / "exchanged.py").write_text(WRONG, encoding="utf-8")
    monkeypatch.chdir(assignment.folder)
    assert run(["mutate", "sums"]) == 1
    out, err = capsys.readouterr()
    (complaint,) = [line for line in err.splitlines() if line.startswith("hw: sums: ")]
    assert "span: no test notices this change (float left out)" in complaint
    entry = out[out.index("[[equivalent]]") : out.index('why = ""')]
    stale = "[[equivalent]]\nwhere = 'gone'\nwhy = 'it was free'\n"
    assignment.equivalents.write_text(f'{entry}why = "equal"\n{stale}', encoding="utf-8")
    assert run(["verify", "sums", "--mutants", "--json", "-"]) == 1
    out, err = capsys.readouterr()
    (report,) = json.loads(out)
    assert (report["complaints"], report["mutants"]["surviving"]) == ([], [])
    assert [one["why"] for one in report["mutants"]["accepted"]] == ["equal"]
    assert report["mutants"]["caught"] + 1 == report["mutants"]["mutants"]
    assert "hw: sums: equivalents.toml:8: gone: the reference has no such line" in err


# ---- drafts --------------------------------------------------------------------------------------


@needs.linux
def test_drafts_are_wrong_solutions_that_verify_knows_how_to_read(
    small: Assignment, report: MutateReport
) -> None:
    paths = write_drafts(small, report)
    try:
        names = {path.stem for path in paths}
        found = verify(small, compare=False)
    finally:
        for path in paths:
            path.unlink()
    rows = {row.name: row for row in found.rows if row.name in names}
    assert rows.keys() == names
    open_ones = {"draft_total_statement_left_out", "draft_span_float_left_out"}
    assert open_ones < names
    for name, row in rows.items():  # what no test notices yet, verify complains about
        assert bool(row.complaint) == (name in open_ones), (name, row.complaint)
    # no draft has the hint of wrong/exchanged.py
    assert not any(row.hint in WRONG for name, row in rows.items() if name not in open_ones)


# ---- the page in the docs ------------------------------------------------------------------------


def test_the_page_is_out_of_date_when_code_of_the_notebook_changes(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path, "sums", NOTEBOOK, points=4)
    before = assignments_table.sources(assignment)
    assignment.notebook.write_text(NOTEBOOK.replace("## Sums", "## All sums"), encoding="utf-8")
    build(assignment)
    assert assignments_table.sources(assignment) == before  # prose decides nothing
    assignment.notebook.write_text(NOTEBOOK.replace("[1, 2, 4]", "[1, 2]"), encoding="utf-8")
    build(assignment)
    after = assignments_table.sources(assignment)
    assert after != before
    assignment.equivalents.write_text("", encoding="utf-8")
    assert assignments_table.sources(assignment) == after
    assignment.equivalents.write_text("# read again", encoding="utf-8")
    assert assignments_table.sources(assignment) != after


@needs.linux
def test_the_page_counts_what_each_question_catches(
    small: Assignment, report: MutateReport
) -> None:
    known = assignments_table.counts(small, report)
    lines = list(assignments_table.section(small, known))
    caught = report.caught_by()["span"]
    assert any(line.startswith(f"| span | 2 |  | 1 | {caught} | ") for line in lines)
    assert lines[-2].endswith("accepted, 2 unnoticed. No test needs favourite.")
