"""An assignment of several notebooks: one hand-in, one score."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import needs
import numpy as np
import pytest
from courses import COURSE_TOML
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from served import graded_by_server

from hwlib import submit
from hwlib.errors import AuthoringError, CourseError
from hwlib.grading import Assignment, SubmissionResult, build, find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.grade import GradeOptions, grade_assignment, grade_notebook_file
from hwlib.grading.outlets import gradescope_run
from hwlib.grading.outlets.bundle import write_bundle
from hwlib.grading.outlets.collect import collect
from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip
from hwlib.grading.outlets.otter_zip import write_otter_zip
from hwlib.grading.outlets.publish import student_files
from hwlib.grading.proof.mutants.report import mutate
from hwlib.grading.proof.simulate import simulate
from hwlib.grading.proof.verify import verify
from hwlib.grading.results import GradeReport
from hwlib.grading.service.drop import DropFolder
from hwlib.grading.service.graders import Places
from hwlib.grading.service.inbox import Inbox
from hwlib.grading.submissions.files import find_submissions, read_found
from hwlib.grading.submissions.reading import read_notebook
from hwlib.grading.viva.questions import draw_questions

# both define `scale`, and have a solution cell `setup-1`: neither may see the other's names
FIRST = """\
# %% [markdown]
# # Lengths

# %% setup
from lib.units import METRES

with open("data/names.csv", encoding="utf-8") as file:
    names = file.read().split(",")

scale = 1

# %% solution="length"
def length(x):
    ### BEGIN SOLUTION
    return scale * METRES * x
    ### END SOLUTION

# %% test="length" points=2 id="cell-1"
assert length(3) == 300

# %% [markdown] answer="why" points=1
# Why?
#
# ### BEGIN SOLUTION
# Because a metre has that many centimetres, as everybody knows.
# ### END SOLUTION
"""
SECOND = """\
# %% setup
scale = 10

# %% solution="area"
def area(x):
    ### BEGIN SOLUTION
    return scale * x * x
    ### END SOLUTION

# %% test="area" points=3 id="cell-1"
assert area(2) == 40
### BEGIN HIDDEN TESTS
assert area(3) == 90, "the area of three"
### END HIDDEN TESTS
"""
TOML = 'title = "Measures"\npoints = 6\nminutes = 0.1\n'
WRONG = '''\
"""The side is not squared."""

REPLACES = "area"
FAILS = ["area"]
HINT = "area(2) == 40"


def area(x):
    return scale * x
'''
SOLVED = {
    "one": {"solution-length": "def length(x): return 100 * x", "answer-why": "Because."},
    "two": {"solution-area": "def area(x): return scale * x ** 2"},
}


def make(root: Path, **more: str) -> Assignment:
    """The assignment `measures` with the notebooks one and two, not built."""
    folder = root / "assignments" / "measures"
    files = {
        "one.py": FIRST,
        "two.py": SECOND,
        "wrong/flat.py": WRONG,
        "files/lib/__init__.py": "",
        "files/lib/units.py": "METRES = 100\n",
        "files/data/names.csv": "metre,foot",
        "assignment.toml": TOML,
        **more,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (root / "course.toml").write_text(COURSE_TOML, encoding="utf-8")
    (root / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    return find_course(root).assignment("measures")


def notebooks(assignment: Assignment, *solved: str) -> dict[str, NotebookNode]:
    """The released notebooks, some of them with answers."""
    found = {}
    for one in assignment.each_notebook():
        notebook = nbformat.read(one.release, as_version=4)
        for cell in notebook.cells if one.stem in solved else ():
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            cell.source = SOLVED[one.stem].get(grade_id, cell.source)
        # as an editor saves it that runs another environment: graders have no kernel of that name
        notebook.metadata.kernelspec.name = "conda-env-mine-py"
        found[one.release.name] = notebook
    return found


def hand_in(assignment: Assignment, student: str, files: dict[str, Any]) -> None:
    folder = assignment.course.root / "submitted" / student / "measures"
    folder.mkdir(parents=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else nbformat.writes(content)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def measures(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    assignment = make(tmp_path_factory.mktemp("several"))
    build(assignment)
    return assignment


# ---- building and proving ------------------------------------------------------------------------


def test_each_file_becomes_a_notebook_and_the_first_has_the_card(measures: Assignment) -> None:
    released = notebooks(measures)
    assert list(released) == ["one.ipynb", "two.ipynb"]
    first, second = (one.cells[0].source for one in released.values())
    assert first.startswith("# Lengths")
    assert second.startswith("# Measures")
    assert ("| 6 |" in first, "| 6 |" in second) == (True, False)
    assert "release/measures/two.ipynb" in second  # its own Colab badge
    for one in released.values():
        call = 'hwlib.submit("measures", notebooks=("one", "two",))'
        assert one.cells[-1].source.endswith(call)
    assert build(measures, check=True).up_to_date


def test_the_answer_key_has_the_questions_of_all_notebooks(measures: Assignment) -> None:
    key = load_key(measures)
    assert [(cell.name, cell.notebook) for cell in key.questions] == [
        ("length", "one"),
        ("why", "one"),
        ("area", "two"),
    ]
    assert key.max_score == 6


def test_verify_proves_all_notebooks_together(measures: Assignment) -> None:
    report = verify(measures, compare=False)  # the classes below compare the engines
    assert report.complaints == ["question length: no wrong solution fails it; add one to wrong/"]
    assert {row.name: row.lost for row in report.rows}["flat"] == {"area"}


def test_a_name_that_two_notebooks_have_stops_the_build(tmp_path: Path) -> None:
    twice = SECOND.replace('test="area"', 'test="area-2"').replace('"area"', '"length"')
    with pytest.raises(AuthoringError, match=r'two\.py:4: .*"length" in one\.py, line 12'):
        build(make(tmp_path, **{"two.py": twice}))


def test_a_second_notebook_beside_notebook_py_is_named(tmp_path: Path) -> None:
    measures = make(tmp_path)
    (measures.folder / "one.py").rename(measures.folder / "notebook.py")
    with pytest.raises(AuthoringError, match=r"two\.py:1: this notebook is not read, because"):
        build(find_course(tmp_path).assignment("measures"))


def test_every_notebook_that_a_readme_names_is_there(
    measures: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hwlib.grading.outlets.bundle.download_wheels", lambda *_: [])
    made = write_bundle([measures], tmp_path / "room.zip")
    assert (made.full, made.sampled) == ((), ())  # it needs no data set
    with zipfile.ZipFile(made.path) as archive:
        names = archive.namelist()
        told = re.findall(r"`(\S+\.ipynb)`", archive.read("README.md").decode())
    assert told == [f"measures/{stem}.ipynb" for stem in measures.stems]
    assert set(told) <= set(names)
    assert not [name for name in names if name.startswith("data/")]

    files = student_files(measures.course, [measures])
    told = re.findall(r"/blob/main/(\S+?\.ipynb)\)", files["README.md"].decode())
    assert told == [f"release/measures/{stem}.ipynb" for stem in measures.stems]
    assert set(told) <= set(files)


def test_a_secret_of_one_notebook_in_another_is_a_leak(tmp_path: Path) -> None:
    shown = FIRST.replace("scale = 1", "scale = 1\n\n\ndef area(x):\n    return scale * x * x")
    with pytest.raises(AuthoringError, match=r"two\.py:7: leak: .* one\.ipynb cell"):
        build(make(tmp_path, **{"one.py": shown}))


# ---- grading -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Class:
    """What one engine made of the class."""

    assignment: Assignment
    output: Path
    report: GradeReport

    def of(self, student: str) -> SubmissionResult:
        return next(one for one in self.report.submissions if one.student == student)


@pytest.fixture(scope="module", params=["isolated", "nbgrader"])
def graded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Class]:
    root = make(tmp_path_factory.mktemp("class")).course.root
    with (root / "course.toml").open("a", encoding="utf-8") as file:
        file.write('\n[teams.measures]\npair = ["ann", "ben"]\n')
    assignment = find_course(root).assignment("measures")
    build(assignment)
    whole = notebooks(assignment, "one", "two")
    hand_in(assignment, "ada", whole)
    hand_in(assignment, "half", {"two.ipynb": whole["two.ipynb"]})
    hand_in(assignment, "torn", {"one.ipynb": whole["one.ipynb"], "two.ipynb": "{"})
    for student in ("pair", "ben"):
        hand_in(assignment, student, whole)
    output = tmp_path_factory.mktemp(request.param)
    yield Class(assignment, output, grade(assignment, output, request.param))


def grade(assignment: Assignment, output: Path, engine: Any = "isolated") -> GradeReport:
    options = GradeOptions(engine=engine, seed=3)
    return grade_assignment(
        assignment, assignment.course.root / "submitted", output, options=options
    )


def test_one_hand_in_has_one_score(graded: Class) -> None:
    ada = graded.of("ada")
    assert {one.id: (one.status, one.points) for one in ada.questions} == {
        "length": ("passed", 2),
        "why": ("manual", 0),
        "area": ("passed", 3),
    }
    assert (ada.status, ada.score, ada.max_score) == ("needs_manual", 5, 6)


def test_a_notebook_that_is_missing_costs_its_own_questions(graded: Class) -> None:
    half = graded.of("half")
    assert [(one.status, one.points) for one in half.questions] == [
        ("missing", 0),
        ("missing", 0),
        ("passed", 3),
    ]
    assert half.question("length").message.startswith("one.ipynb was not handed in")
    assert half.status == "graded"
    assert any("there is no one.ipynb; hand it in" in text for text in half.problems)


def test_no_notebook_is_graded_as_another_of_the_assignment(tmp_path: Path) -> None:
    """Old courses have the same ids in several notebooks."""
    measures = make(tmp_path)
    build(measures)
    for path in (measures.course.root / "release").rglob("two.ipynb"):
        text = path.with_name("one.ipynb").read_text(encoding="utf-8")
        path.write_text(text, encoding="utf-8")
    answered = notebooks(measures, "one")["one.ipynb"]
    released = notebooks(measures)["one.ipynb"]
    both = tmp_path / "hand-ins" / "both" / "measures"
    only = tmp_path / "hand-ins" / "only" / "measures"
    for folder, files in (
        (both, {"one": released, "two": answered}),
        (only, {"two": answered}),
    ):
        folder.mkdir(parents=True)
        for name, content in files.items():
            nbformat.write(content, folder / f"{name}.ipynb")
    found = {one.student: one for one in find_submissions(measures, tmp_path / "hand-ins")}
    assert found["both"].several["one"].notebook == both / "one.ipynb"
    assert found["both"].several["two"].notebook == both / "two.ipynb"
    assert found["both"].problems == ()
    assert found["only"].several["one"].notebook is None


@pytest.mark.parametrize(
    "names",
    [("one (1)", "two (1)"), ("One", "TWO"), ("one-Copy1", "my two final"), ("x/one", "x/two-2")],
)
def test_notebooks_are_found_by_names_that_are_like_theirs(
    measures: Assignment, tmp_path: Path, names: tuple[str, str]
) -> None:
    files = [f"{name}.ipynb" for name in names]
    folder = tmp_path / "ada" / "measures"
    for name, content in zip(files, notebooks(measures).values(), strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(content, folder / name)
    (found,) = find_submissions(measures, tmp_path)
    assert [one.notebook for one in found.several.values()] == [folder / name for name in files]
    nbformat.write(notebooks(measures)["one.ipynb"], folder / "one (7).ipynb")
    (found,) = find_submissions(measures, tmp_path)
    unsure = names[0] != "x/one"  # what lies deeper counts less
    assert (found.several["one"].notebook is None) is unsure
    assert any("rename the right one" in text for text in found.problems) is unsure


PLACES = {
    "a folder": ("my trio/one.ipynb", "my trio/two.ipynb", "my trio/net.safetensors"),
    "above": ("my trio/one.ipynb", "my trio/two.ipynb", "net.safetensors"),
    "two folders": ("a/one.ipynb", "b/two.ipynb", "b/net.safetensors"),
    "a zip": ("x.zip: one.ipynb", "x.zip: two.ipynb", "x.zip: net.safetensors"),
    "a zip with a folder": (
        "x.zip: hw/one.ipynb",
        "x.zip: hw/two.ipynb",
        "x.zip: hw/net.safetensors",
    ),
    "beside a zip": ("x.zip: hw/one.ipynb", "x.zip: hw/two.ipynb", "net.safetensors"),
    "half in a zip": ("one.ipynb", "x.zip: two.ipynb", "x.zip: net.safetensors"),
    "only in a zip": ("one.ipynb", "two.ipynb", "x.zip: net.safetensors"),
    "a browser's names": ("one (1).ipynb", "two (1).ipynb", "net (1).safetensors"),
}


@pytest.mark.parametrize("names", PLACES.values(), ids=PLACES)
def test_all_notebooks_find_the_files_that_were_handed_in(
    measures: Assignment, tmp_path: Path, names: tuple[str, ...]
) -> None:
    folder = tmp_path / "ada" / "measures"
    texts = [nbformat.writes(one) for one in notebooks(measures, "one", "two").values()]
    for name, content in zip(names, [*texts, "numbers"], strict=True):
        archive, _, inner = name.partition(": ")
        (folder / archive).parent.mkdir(parents=True, exist_ok=True)
        if inner:
            with zipfile.ZipFile(folder / archive, "a") as packed:
                packed.writestr(inner, content)
        else:
            (folder / name).write_text(content, encoding="utf-8")
    (found,) = find_submissions(replace(measures, artifacts=("net",)), tmp_path)
    for one in (found, *found.several.values()):
        assert (one.folder / "net.safetensors").read_text() == "numbers"
    for stem, one in found.several.items():
        wanted = read_notebook(texts[measures.stems.index(stem)], "x.ipynb")
        assert read_found(one, []).cells == wanted.cells
        assert one.notebook is not None and one.notebook.is_relative_to(found.folder)


def test_what_is_wrong_with_a_zip_of_notebooks_is_said(
    measures: Assignment, tmp_path: Path
) -> None:
    folder = tmp_path / "ada" / "measures"
    folder.mkdir(parents=True)
    (folder / "x.zip").write_bytes(b"PK no zip")
    (found,) = find_submissions(measures, tmp_path)
    assert any("cannot open x.zip" in text for text in found.problems)


@pytest.mark.parametrize("other", ["HW1_Jane.ipynb", "one (1).ipynb", "nb/one.ipynb"])
def test_of_each_notebook_the_one_with_answers_is_graded(
    measures: Assignment, tmp_path: Path, other: str
) -> None:
    folder = tmp_path / "ada" / "measures"
    for name, content in notebooks(measures, "two").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(content, folder / name)
    (folder / other).parent.mkdir(exist_ok=True)
    nbformat.write(notebooks(measures, "one")["one.ipynb"], folder / other)
    (found,) = find_submissions(measures, tmp_path)
    first, second = found.several.values()
    assert any(text.endswith(f"so {other} was graded") for text in first.problems)
    assert "100 * x" in str(read_found(first, []).cells)
    assert "scale * x ** 2" in str(read_found(second, []).cells)


def test_hw_collect_knows_an_assignment_by_names_like_its_notebooks(
    measures: Assignment, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for number, content in enumerate(notebooks(measures).values()):
            name = f"lovelaceada_1_7{number}_{measures.stems[number]} (1).ipynb"
            archive.writestr(name, nbformat.writes(content))
    (one,) = collect(measures.course, [tmp_path / "export.zip"], tmp_path / "submitted")
    assert (one.slug, one.problems) == ("measures", ())
    (found,) = find_submissions(measures, tmp_path / "submitted")
    assert all(inner.notebook is not None for inner in found.several.values())


def test_what_concerns_the_whole_hand_in_is_said_once(graded: Class) -> None:
    told = "handed in by the team pair: ann, ben"
    assert graded.of("ann").problems == (told,)
    assert graded.of("ben").problems == (f"{told}; the folder ben/measures was not graded",)
    assert sum("one.ipynb" in text for text in graded.of("half").problems) == 1


def test_a_notebook_that_cannot_be_read_waits_for_a_human(graded: Class) -> None:
    torn = graded.of("torn")
    assert [(one.id, one.status) for one in torn.questions] == [
        ("length", "passed"),
        ("why", "manual"),
        ("area", "manual"),
    ]
    assert torn.status == "needs_manual"


def test_nbgraders_gradebook_knows_both_notebooks(graded: Class) -> None:
    with Gradebook(f"sqlite:///{graded.output / 'gradebook.db'}", "course") as book:
        assignment = book.find_assignment("measures")
        assert [one.name for one in assignment.notebooks] == ["one", "two"]
        assert assignment.max_score == 6
        ada = book.find_submission("measures", "ada")
        assert {one.name: one.score for one in ada.notebooks} == {"one": 2, "two": 3}
        assert book.find_submission("measures", "half").score == 3


def test_each_notebook_is_in_autograded(graded: Class) -> None:
    folder = graded.output / "autograded" / "ada" / "measures"
    for name in ("one", "two"):
        notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        assert any("cell-1" in str(cell.metadata.get("nbgrader")) for cell in notebook.cells)
    assert (folder / "lib" / "units.py").is_file()
    assert (folder / "data" / "names.csv").is_file()


def test_human_points_stay_and_unchanged_hand_ins_are_not_graded_again(graded: Class) -> None:
    if graded.report.engine == "nbgrader":
        return  # it keeps no results
    with Gradebook(f"sqlite:///{graded.output / 'gradebook.db'}", "course") as book:
        mark = book.find_grade("answer-why", "one", "measures", "ada")
        mark.manual_score, mark.needs_manual_grade = 1, False
        book.db.commit()
    again = grade(graded.assignment, graded.output)
    ada = next(one for one in again.submissions if one.student == "ada")
    assert (ada.score, ada.status, ada.cached) == (6, "graded", True)
    page = (graded.output / "feedback/ada/measures/measures.html").read_text(encoding="utf-8")
    assert "def length(x): return 100 * x" in page
    assert "def area(x): return scale * x ** 2" in page


def test_one_notebook_can_be_graded_by_its_name(measures: Assignment, tmp_path: Path) -> None:
    nbformat.write(notebooks(measures, "two")["two.ipynb"], tmp_path / "two.ipynb")
    (result,) = grade_notebook_file(measures, tmp_path / "two.ipynb").submissions
    assert [(one.id, one.points) for one in result.questions] == [("area", 3)]
    (tmp_path / "two.ipynb").rename(tmp_path / "other.ipynb")
    with pytest.raises(CourseError, match=r"has the notebooks one\.ipynb, two\.ipynb"):
        grade_notebook_file(measures, tmp_path / "other.ipynb")


# ---- handing in, and what works with one notebook only -------------------------------------------


def test_submit_packs_all_notebooks(
    measures: Assignment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nbformat.write(notebooks(measures)["one.ipynb"], tmp_path / "one.ipynb")
    submit("measures", folder=tmp_path, notebooks=("one", "two"))
    said = capsys.readouterr().out
    assert said.startswith("NOT ready: 3 things are open, 3 of 3 points.")
    assert "- two.ipynb: this notebook is missing. Put it beside this one" in said
    assert "- length (2 points): not written yet." in said
    assert "- why (1 point): not answered yet." in said
    nbformat.write(notebooks(measures)["two.ipynb"], tmp_path / "two.ipynb")
    submit("measures", folder=tmp_path, notebooks=("one", "two"), rehearse=True)
    said = capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "measures.zip") as archive:
        assert sorted(archive.namelist()) == ["one.ipynb", "two.ipynb"]
    assert "0 of 5 points by visible checks, 1 point by hand." in said
    assert "times" not in said  # both notebooks have a cell cell-1


# ---- the other commands --------------------------------------------------------------------------


def in_gradescope(base: Path, assignment: Assignment, files: dict[str, NotebookNode]) -> Any:
    """The tests of results.json by their names, and the text above them."""
    write_gradescope_zip(assignment, base / "zip")
    with zipfile.ZipFile(base / "zip") as archive:
        archive.extractall(base / "source")
    (base / "submission").mkdir()
    for name, notebook in files.items():
        nbformat.write(notebook, base / "submission" / name)
    uploaded = find_course(base / "source" / "course").assignment("measures")
    gradescope_run.prepare(base, uploaded)
    gradescope_run.run(base, uploaded)
    results = json.loads((base / "results" / "results.json").read_text(encoding="utf-8"))
    scores = {one["name"]: (one["score"], one["max_score"]) for one in results["tests"]}
    return scores, results["output"], [one["output"] for one in results["tests"]]


@needs.linux
def test_gradescope_tells_which_notebook_is_missing(measures: Assignment, tmp_path: Path) -> None:
    files = notebooks(measures, "two")
    del files["one.ipynb"]
    scores, said, (first, _) = in_gradescope(tmp_path, measures, files)
    assert scores == {"Lengths (length)": (0, 2), "Measures (area)": (3, 3)}
    assert "there is no one.ipynb; hand it in" in said
    assert first.startswith("one.ipynb was not handed in")


@pytest.mark.slow
@needs.installed("otter")
def test_otter_grades_both_notebooks(tmp_path: Path) -> None:
    assignment = make(tmp_path)
    build(assignment)
    hand_in(assignment, "ada", notebooks(assignment, "one", "two"))
    (ada,) = grade(assignment, tmp_path / "records", "otter").submissions
    assert {one.id: (one.status, one.points) for one in ada.questions} == {
        "length": ("passed", 2),
        "why": ("manual", 0),
        "area": ("passed", 3),
    }


def test_otters_zip_grades_one_notebook_only(measures: Assignment, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"several notebooks \(one\.ipynb, two\.ipynb\)"):
        write_otter_zip(measures, tmp_path / "otter.zip")


@needs.linux
def test_mutants_are_made_of_all_notebooks(measures: Assignment) -> None:
    report = mutate(measures)
    told = {(one.mutant.notebook, one.mutant.where) for one in report.graded}
    assert told == {("one", "length"), ("two", "area")}
    assert report.caught_by().keys() == {"length", "area"}  # both have a cell of the same grade id
    # in the first notebook, the scale is 1
    assert [one.mutant.new for one in report.surviving] == [("return METRES * x",)]
    assert report.waiting == []


@needs.linux
def test_a_simulated_class_gets_the_points_that_are_known(tmp_path: Path) -> None:
    limits = "\n[limits]\nquestion_s = 1\nsubmission_s = 3\n"
    assignment = make(tmp_path, **{"assignment.toml": TOML + limits})
    build(assignment)
    made = simulate(assignment, 10, 2, tmp_path / "submitted")
    assert len({one.kind for one in made}) == 10  # all but "right", which needs such a solution
    report = grade_assignment(assignment, tmp_path / "submitted", tmp_path)
    got = {one.student: one for one in report.submissions}
    assert {one.student: one.status for one in made} == {
        student: one.status for student, one in got.items()
    }
    for one in made:
        if one.score is not None:
            assert (one.note, got[one.student].score) == (one.note, one.score)


@needs.linux
def test_questions_about_own_code_are_drawn_from_all_notebooks(tmp_path: Path) -> None:
    assignment = make(tmp_path)
    build(assignment)
    hand_in(assignment, "ada", notebooks(assignment, "one", "two"))
    (found,) = find_submissions(assignment, tmp_path / "submitted")
    sheet = draw_questions(assignment, found, 20, np.random.default_rng(1))
    assert {one.function for one in sheet.asked} == {"length", "area"}


def zipped(files: dict[str, NotebookNode], path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, notebook in files.items():
            archive.writestr(name, nbformat.writes(notebook))


@needs.linux
def test_the_server_grades_a_zip_of_all_notebooks(measures: Assignment, tmp_path: Path) -> None:
    inbox, refused = Inbox(tmp_path / "inbox", quota=9), list[str]()
    drop = DropFolder(tmp_path / "drop", measures.course, inbox, 10**7, refused.append)
    zipped(notebooks(measures, "one", "two"), tmp_path / "drop" / "ada-measures.zip")
    alone = tmp_path / "drop" / "bob-measures.ipynb"
    nbformat.write(notebooks(measures)["one.ipynb"], alone)
    os.utime(alone, (0, 0))  # long enough ago that nobody writes it any more
    drop.look()
    drop.look()  # the files have not grown since
    assert refused == [
        "bob-measures.ipynb: not taken: measures has the notebooks one.ipynb, two.ipynb. Hand in "
        "the zip that the last cell of each of them writes."
    ]
    places = Places(tmp_path / "submitted", tmp_path / "records")
    said = graded_by_server(measures.course, inbox, places)
    assert said == ["ada, measures: 5 of 6 points"]
    (ada,) = inbox.of("ada")
    assert (ada.state, ada.score) == ("done", 5)
