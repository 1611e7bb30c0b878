"""From notebook.py to source/ and release/: the same bytes every time, and the same as plain
nbgrader makes.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from courses import MEANS, MakeCourse, hand_in, make_course
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator
from programs import with_programs

from hwlib.errors import AuthoringError
from hwlib.grading import Course, build, build_notebooks
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.build import cell_id, notebook_text
from hwlib.grading.authoring.reading import parse_notebook
from hwlib.grading.cells import as_released, given_part
from hwlib.grading.proof.variants import reference_notebook

ROOT = Path(__file__).resolve().parent.parent


def cells_of(notebook: NotebookNode) -> dict[str, NotebookNode]:
    return {cell.id.removeprefix("small-"): cell for cell in notebook.cells}


@pytest.fixture
def notebooks(course: MakeCourse) -> tuple[dict[str, NotebookNode], dict[str, NotebookNode]]:
    source, release = build_notebooks(course().assignment("small"))
    return cells_of(source), cells_of(release)


# ---- cells ----


def test_the_build_adds_title_bits_a_setup_cell_and_a_submit_cell(
    notebooks: tuple[dict[str, NotebookNode], ...],
) -> None:
    source, _ = notebooks
    assert list(source) == [
        "title",
        "setup-1",
        "setup-2",
        "prose-1",
        "solution-mean",
        "test-mean",
        "experiment-1",
        "prose-2",
        "answer-why",
        "submit",
    ]
    title = source["title"].source.split("\n")
    assert title[0] == "# Means"
    assert (
        "https://colab.research.google.com/github/example/course/blob/main/release/small/small.ipynb"
        in title[2]
    )
    assert title[4] == "What you will learn."
    assert (
        title[-1]
        == "| about 30 seconds on 2 CPU cores, top to bottom | A GPU does not help. | 5 | none |"
    )
    assert source["submit"].source.endswith('hwlib.submit("small")')


def test_the_budget_card_tells_own_work_and_computing_apart(course: MakeCourse) -> None:
    small = course(toml_text='title = "Small"\npoints = 5\nminutes = 1.5\nhours = 2\n')
    _, release = build_notebooks(small.assignment("small"))
    head, _, row = release.cells[0].source.splitlines()[-3:]
    assert head.startswith("| Your own work | Computing |")
    assert row.startswith(
        "| about 2 hours (an estimate) | about 1.5 minutes on 2 CPU cores, top to bottom |"
    )


def test_a_notebook_without_a_title_gets_the_one_of_assignment_toml(course: MakeCourse) -> None:
    small = course(
        notebook_text='# %%\nx = 1\n# %% test="x" points=5 asks="x"\nassert x\n'
    ).assignment("small")
    source, _ = build_notebooks(small)
    assert source.cells[0].source.startswith("# Small\n")
    assert [cell.id for cell in source.cells] == [
        "small-title",
        "small-setup-1",
        "small-code-1",
        "small-test-x",
        "small-submit",
    ]


def test_the_setup_cell_installs_from_the_course_with_the_extras_it_needs(
    course: MakeCourse,
) -> None:
    toml = 'title = "S"\npoints = 5\nminutes = 1\nextras = ["torch"]\ndata = ["cifar10"]\n'
    source, _ = build_notebooks(course(toml_text=toml).assignment("small"))
    lines = source.cells[1].source.split("\n")
    assert (
        '    %pip install --quiet "hwlib[torch] @ git+https://github.com/example/course@main"'
        in lines
    )
    # who has hwlib without PyTorch gets PyTorch and keeps that hwlib
    where = lines.index('elif importlib.util.find_spec("torch") is None:')
    assert lines[where + 1] == '    %pip install --quiet "torch>=2.6" "torchvision>=0.21"'
    assert "| CIFAR-10 |" in source.cells[0].source
    assert "autoreload" not in notebook_text(source)


def test_each_role_has_its_nbgrader_metadata(
    notebooks: tuple[dict[str, NotebookNode], ...],
) -> None:
    source, release = notebooks
    kept = {name: cell.metadata.get("nbgrader", {}) for name, cell in source.items()}
    flags = {
        name: (m["grade"], m["solution"], m["locked"], m.get("points"))
        for name, m in kept.items()
        if m
    }
    locked, graded = (False, False, True, None), (True, False, True, 3)
    assert flags == {
        "setup-1": locked,
        "setup-2": locked,
        "solution-mean": (False, True, False, None),
        "test-mean": graded,
        "answer-why": (True, True, False, 2),
        "submit": locked,
    }
    assert all(m["schema_version"] == 3 and m["grade_id"] == name for name, m in kept.items() if m)
    assert source["experiment-1"].metadata["tags"] == ["skip-execution"]
    # a check is folded in JupyterLab, and of a form Colab shows the title only
    assert source["test-mean"].metadata["jupyter"] == {"source_hidden": True}
    assert source["test-mean"].metadata["cellView"] == "form"
    for notebook in notebooks:
        MetadataValidator().validate_nb(NotebookNode(cells=list(notebook.values())))
    assert release["test-mean"].metadata["editable"] is False


def test_every_cell_says_what_it_is_and_a_question_has_the_heading_above_as_title(
    notebooks: tuple[dict[str, NotebookNode], ...],
) -> None:
    for notebook in notebooks:
        ours = {name: cell.metadata["hwlib"] for name, cell in notebook.items()}
        assert ours["test-mean"] == {"role": "test", "name": "mean", "title": "The mean"}
        assert ours["answer-why"] == {"role": "answer", "name": "why", "title": "Why the mean?"}
        assert ours["title"] == {"role": "prose", "name": "title", "title": ""}
        assert ours["experiment-1"]["role"] == "experiment"
        assert ours["submit"]["role"] == "submit"


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("## 3. Distances *without* a `loop`", "Distances without a loop"),
        ("### 2.1 The **L2** norm ##", "The L2 norm"),
        ("# Question 4: `best_net` and _why_", "best_net and why"),
        ("## 2 layers", "2 layers"),
        ("## a) $k$ and [folds](x.html)", "k and folds"),
    ],
)
def test_a_title_is_the_heading_without_marks_number_and_markup(
    course: MakeCourse, heading: str, title: str
) -> None:
    text = MEANS.replace("## 1. The *mean*", heading + "\n# ```\n# # no heading\n# ```")
    source, _ = build_notebooks(course(notebook_text=text).assignment("small"))
    assert cells_of(source)["test-mean"].metadata["hwlib"]["title"] == title


def test_a_heading_in_the_answer_cell_itself_is_its_title(course: MakeCourse) -> None:
    text = MEANS.replace("# When would you", "# ### The median\n# When would you").replace(
        "# When a few", "# ## Rubric\n# When a few"
    )
    source, _ = build_notebooks(course(notebook_text=text).assignment("small"))
    assert cells_of(source)["answer-why"].metadata["hwlib"]["title"] == "The median"


def test_students_get_nbgraders_stubs_and_the_visible_checks(
    notebooks: tuple[dict[str, NotebookNode], ...],
) -> None:
    _, release = notebooks
    assert release["solution-mean"].source.endswith(
        'mean."""\n    # YOUR CODE HERE\n    raise NotImplementedError()'
    )
    assert release["test-mean"].source.strip() == (
        "# @title Check: The mean, 3 points\nassert mean([1, 2, 3]) == 2"
    )
    assert release["answer-why"].source == "When would you take the median?\n\nYOUR ANSWER HERE"


def test_the_answer_key_reads_what_the_build_wrote(course: MakeCourse) -> None:
    small = course().assignment("small")
    build(small)
    key = load_key(small)
    assert [(question.name, question.points, question.title) for question in key.questions] == [
        ("mean", 3, "The mean"),
        ("why", 2, "Why the mean?"),
    ]
    assert key.max_score == small.points


TITLES = """\
# %% [markdown]
# # Titles

# %% solution="f"
def f():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION

# %% [markdown]
# ## 1. One, `f`

# %% test="f-one" points=1
assert f() == 1

# %% [markdown]
# ## 2. Two

# %% test="f-two" points=2
assert f() == 1

# %% test="f-three" points=1
assert f() == 1

# %% [markdown] answer="why" points=1
# ## Why?
#
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION

# %% test="f-four" points=1
assert f() == 1
"""


def test_a_check_is_called_after_its_heading_or_else_after_its_question(course: MakeCourse) -> None:
    source, release = build_notebooks(course("titles", TITLES, points=6).assignment("titles"))
    for notebook in (source, release):
        titles = [
            c.source.split("\n")[0] for c in notebook.cells if c.metadata.hwlib.role == "test"
        ]
        assert titles == [
            "# @title Check: One, f, 1 point",
            "# @title Check: f-two, 2 points",  # two checks below one heading
            "# @title Check: f-three, 1 point",
            "# @title Check: f-four, 1 point",  # the heading above is of a question in words
        ]
    assert release.metadata.hwlib == {"slug": "titles", "answers": ["solution-f", "answer-why"]}


FOLDED = """\
# %% [markdown]
# # Folded

# %% setup
# @title For the checks: just run it
def near(a, b):
    return abs(a - b) < 1e-9

# %% setup
start = 3  # @title says nothing here

# %% solution="f"
def f():
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION

# %% test="f" points=1
assert near(f(), 1)
"""


def test_a_setup_cell_with_a_title_is_folded_as_a_check_is(course: MakeCourse) -> None:
    source, release = build_notebooks(course("folded", FOLDED, points=1).assignment("folded"))
    for notebook in (source, release):
        folded = {
            cell.metadata.nbgrader.grade_id: (
                cell.metadata.get("jupyter"),
                cell.metadata.get("cellView"),
            )
            for cell in notebook.cells
            if cell.metadata.get("hwlib", {}).get("role") in ("setup", "test", "solution")
        }
        assert folded == {
            "setup-1": (None, None),
            "setup-2": ({"source_hidden": True}, "form"),
            "setup-3": (None, None),
            "solution-f": (None, None),
            "test-f": ({"source_hidden": True}, "form"),
        }


def test_cell_ids_fit_nbformat_and_stay_apart() -> None:
    long = [
        cell_id("a_long_assignment_name", f"test-a_very_long_function_name_{i:030}")
        for i in range(50)
    ]
    assert len(set(long)) == 50
    assert all(len(name) <= 64 for name in long)


# ---- files ----


def test_a_second_build_changes_nothing(course: MakeCourse) -> None:
    small = course().assignment("small")
    first = build(small)
    assert first.changed == first.paths == (small.source, small.release)
    before = [path.read_bytes() for path in first.paths]
    again = build(small)
    assert again.changed == ()
    assert [path.read_bytes() for path in first.paths] == before
    assert all(content.endswith(b"}\n") for content in before)


def test_two_machines_build_the_same_bytes(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        build(make_course(tmp_path / place).assignment("small"))
    one, other = (sorted((tmp_path / place).rglob("*.ipynb")) for place in ("here", "there"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
    assert b"3.11" not in one[0].read_bytes()


def test_check_writes_nothing_and_names_what_differs(course: MakeCourse) -> None:
    small = course().assignment("small")
    missing = build(small, check=True)
    assert missing.changed == (small.source, small.release)
    assert not small.source.exists()
    build(small)
    assert build(small, check=True).up_to_date
    small.release.write_text(
        small.release.read_text(encoding="utf-8").replace("median", "mode"), encoding="utf-8"
    )
    assert build(small, check=True).changed == (small.release,)
    assert "mode" in small.release.read_text(encoding="utf-8")


def test_supporting_files_go_to_both_and_what_no_build_makes_is_named_not_deleted(
    course: MakeCourse,
) -> None:
    small = course().assignment("small")
    files = small.folder / "files" / "images"
    files.mkdir(parents=True)
    (files / "plot.txt").write_text("a picture", encoding="utf-8")
    build(small)
    released = small.release.parent / "images" / "plot.txt"
    assert released.read_text(encoding="utf-8") == "a picture"
    assert (small.source.parent / "images" / "plot.txt").is_file()
    (files / "plot.txt").unlink()
    left = build(small)
    assert released in left.stale
    assert released.is_file()
    assert not left.up_to_date


def test_a_notebook_among_the_supporting_files_is_refused(course: MakeCourse) -> None:
    small = course().assignment("small")
    (small.folder / "files").mkdir()
    (small.folder / "files" / "more.ipynb").write_text("{}", encoding="utf-8")
    with pytest.raises(AuthoringError, match="second assignment"):
        build(small)


def test_a_handed_in_model_of_the_reference_is_not_released(course: MakeCourse) -> None:
    small = course().assignment("small")
    (small.folder / "artifacts").mkdir()
    (small.folder / "artifacts" / "best_net.safetensors").write_bytes(b"weights")
    build(small)
    assert [path.name for path in small.release.parent.iterdir()] == ["small.ipynb"]


def test_a_failed_write_leaves_the_old_file(
    course: MakeCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = course().assignment("small")
    build(small)
    old = small.source.read_bytes()
    small.notebook.write_text(MEANS.replace("# Means", "# Averages"), encoding="utf-8")

    class FullDisk(io.FileIO):
        def write(self, content: bytes) -> int:  # type: ignore[override]
            super().write(content[:100])
            raise OSError("no space left on device")

    read = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda path, mode="r", *more, **options: (
            FullDisk(path, mode) if mode == "xb" else read(path, mode, *more, **options)
        ),
    )
    with pytest.raises(OSError, match="no space"):
        build(small)
    assert small.source.read_bytes() == old
    assert [path.name for path in small.source.parent.iterdir()] == ["small.ipynb"]


# ---- properties ----


@given(
    st.lists(
        st.sampled_from(
            [
                "    ### BEGIN SOLUTION",
                "### END SOLUTION",
                "### BEGIN HIDDEN TESTS",
                "### END HIDDEN TESTS",
                "x = 1",
                "    return x",
                "",
                "# YOUR CODE HERE",
            ]
        )
    ).map("\n".join),
    st.sampled_from(["code", "markdown"]),
)
def test_stripping_twice_is_stripping_once(source: str, cell_type: str) -> None:
    once = as_released(source, cell_type)
    assert as_released(once, cell_type) == once
    assert given_part(given_part(source)) == given_part(source)


HEADERS = [
    "",
    "setup",
    "experiment",
    "[markdown]",
    'solution="f"',
    'test="f" points=5',
    'answer="q" points=5',
    "oops",
    '[markdown] answer="q" points=2',
    'solution="mean-2"',
    'test="mean-more" points=0.5',
    'oracle="right"',
    'oracle="left"',
]
LINES = [
    "### BEGIN SOLUTION",
    "### END SOLUTION",
    "### BEGIN HIDDEN TESTS",
    "### END HIDDEN TESTS",
    "f = 1",
    "def f(x):",
    "    return x",
    "# # A title",
    "# text",
    "%pip list",
    '"""',
    "assert f",
    "x = 'a string that is long enough to be looked for'",
    "y = 3.14159265",
    "def helper(): return y",
    "assert helper()",
]
ANY_CELL = st.builds(
    "# %% {}\n{}".format,
    st.sampled_from(HEADERS),
    st.lists(st.sampled_from(LINES), max_size=6).map("\n".join),
)
GOOD_CELLS = st.lists(
    st.sampled_from(
        [
            *MEANS.split("\n\n"),
            "# %%\n",
            "# %%\nf = 1",
            "# %% [markdown]\n",
            '# %% test="f" points=0.5\nassert f',
            '# %% test="f-2" points=1\n### BEGIN HIDDEN TESTS\nassert f > low\n'
            "### END HIDDEN TESTS",
            '# %% oracle="low"\nlow = lower()',
            '# %% oracle="lower"\nimport math\ndef lower():\n    return math.e',
            '# %% solution="f"\n%pip list\n### BEGIN SOLUTION\nf = 1\n### END SOLUTION\n### BEGIN '
            "SOLUTION\n### END SOLUTION",
        ]
    ),
    max_size=10,
    unique=True,
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(GOOD_CELLS, st.lists(ANY_CELL, max_size=2))
def test_random_cells_build_twice_alike_or_stop_with_an_authoring_error(
    tmp_path: Path, good: list[str], other: list[str]
) -> None:
    course = make_course(tmp_path, notebook_text="\n\n".join([*good, *other]))
    small = course.assignment("small")
    try:
        points = parse_notebook(small.notebook).points or 1
        small = make_course(
            tmp_path, notebook_text=small.notebook.read_text(encoding="utf-8"), points=points
        ).assignment("small")
        build(small)
    except AuthoringError:
        event("stopped")
        return
    event("built")
    assert build(small, check=True).up_to_date
    source, release = (nbformat.read(path, as_version=4) for path in (small.source, small.release))
    for notebook in (source, release):
        nbformat.validate(notebook)
        MetadataValidator().validate_nb(notebook)
    for built, released in zip(source.cells, release.cells, strict=True):
        # our reading of nbgrader's rules is nbgrader's
        assert released.source == as_released(built.source, built.cell_type)
        assert released.id == built.id
        assert not released.get("outputs")
    assert len({cell.id for cell in release.cells}) == len(release.cells)


# ---- plain nbgrader ----


def nbgrader(course: Course, *arguments: str) -> str:
    """Run the real command in a course's folder, as an instructor would."""
    quiet = {name: value for name, value in os.environ.items() if name != "HWLIB_GRADING"}
    home = {"JUPYTER_CONFIG_DIR": str(course.root / "no-config"), "PATH": with_programs()}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        check=False,
        cwd=course.root,
        env=quiet | home,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_release_is_what_plain_nbgrader_generates_from_source(course: MakeCourse) -> None:
    small = course(notebook_text=MEANS.replace("mean of one", "mean ×½λ of one")).assignment(
        "small"
    )
    (small.folder / "files").mkdir()
    (small.folder / "files" / "table.csv").write_text("a,b\n", encoding="utf-8")
    build(small)
    shutil.copy(ROOT / "nbgrader_config.py", small.course.root)
    ours = {path.name: path.read_bytes() for path in small.release.parent.iterdir()}
    nbgrader(small.course, "generate_assignment", "small", "--force")
    theirs = {path.name: path.read_bytes() for path in small.release.parent.iterdir()}
    assert ours == theirs
    assert sorted(ours) == ["small.ipynb", "table.csv"]


@pytest.mark.slow
def test_plain_nbgrader_validates_grades_gives_feedback_and_exports(course: MakeCourse) -> None:
    text = MEANS.replace(
        "# %% setup\n", '# %% setup\nimport os\nassert os.environ["HWLIB_GRADING"] == "1"\n'
    )
    text = text.replace("# %% experiment\n", "# %% experiment\nraise SystemExit\n")
    small = course(notebook_text=text).assignment("small")
    build(small)
    shutil.copy(ROOT / "nbgrader_config.py", small.course.root)
    nbgrader(small.course, "generate_assignment", "small", "--force")
    assert "Success! Your notebook passes all the tests." in nbgrader(
        small.course, "validate", "source/small/small.ipynb"
    )
    for student, notebook in {
        "ada": reference_notebook(small),
        "bob": nbformat.read(small.release, as_version=4),
    }.items():
        hand_in(small, student, notebook_text(notebook))
    nbgrader(small.course, "autograde", "small")
    nbgrader(small.course, "generate_feedback", "small")
    nbgrader(small.course, "export")
    with (small.course.root / "grades.csv").open(encoding="utf-8") as file:
        rows = {
            row["student_id"]: (float(row["score"]), float(row["max_score"]))
            for row in csv.DictReader(file)
        }
    assert rows == {"ada": (3, 5), "bob": (0, 5)}  # the written answer waits for a human
    assert (small.course.root / "feedback" / "ada" / "small" / "small.html").stat().st_size > 1000
    graded = json.loads(
        (small.course.root / "autograded" / "ada" / "small" / "small.ipynb").read_text(
            encoding="utf-8"
        )
    )
    assert not [
        output
        for cell in graded["cells"]
        for output in cell.get("outputs", [])
        if output["output_type"] == "error"
    ]
