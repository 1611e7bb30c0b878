"""A new assignment and a new course are complete from the start."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from courses import MakeCourse
from nbformat import NotebookNode

from hwlib.commands import run
from hwlib.errors import CheckFailed, CourseError
from hwlib.grading import build, find_course, verify
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.leaks import find_leaks
from hwlib.grading.authoring.scaffold import new_assignment, new_course
from hwlib.grading.proof.variants import load_variants, reference_notebook, variant_notebook

ROOT = Path(__file__).resolve().parent.parent


def run_tests(notebook: NotebookNode, tests: dict[str, str]) -> dict[str, CheckFailed]:
    """Run all code but the tests and the submit cell, then the source notebook's tests; the checks
    that failed.
    """
    namespace: dict[str, object] = {}
    failed = {}
    for cell in notebook.cells:
        role = cell.metadata["hwlib"]["role"]
        if role in ("setup", "code", "solution"):
            exec(cell.source.replace("    %pip", "    pass  #"), namespace)
        elif role == "test":
            try:
                exec(tests[cell.metadata["hwlib"]["name"]], namespace)
            except CheckFailed as failure:
                failed[cell.metadata["hwlib"]["name"]] = failure
    return failed


def test_a_new_assignment_builds_leaks_nothing_and_its_solutions_do_what_they_say(
    course: MakeCourse,
) -> None:
    place = course()
    folder = new_assignment(place, "my_first_one")
    assert folder == place.root / "assignments" / "my_first_one"
    fresh = place.assignment("my_first_one")
    assert fresh.title == "My first one"
    assert build(fresh).changed == (fresh.source, fresh.release)
    assert find_leaks(fresh) == []
    tests = {cell.name: cell.source for cell in load_key(fresh).by_role("test")}
    assert run_tests(reference_notebook(fresh), tests) == {}
    wrong, right = load_variants(fresh)
    assert (wrong.kind, right.kind) == ("wrong", "right")
    assert run_tests(variant_notebook(fresh, right), tests) == {}
    failed = run_tests(variant_notebook(fresh, wrong), tests)
    assert tuple(failed) == wrong.fails
    assert wrong.hint in str(failed[wrong.fails[0]])


def test_an_existing_folder_is_refused_and_stays(course: MakeCourse) -> None:
    place = course()
    before = place.assignment("small").notebook.read_text(encoding="utf-8")
    with pytest.raises(CourseError, match="exists; choose another"):
        new_assignment(place, "small")
    assert place.assignment("small").notebook.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("slug", ["", "KNN", "2nd", "two words", "../knn", "k-means", "knn/"])
def test_a_name_that_will_not_do_is_refused(course: MakeCourse, slug: str) -> None:
    place = course()
    with pytest.raises(CourseError, match="lower-case letters"):
        new_assignment(place, slug)
    assert place.slugs() == ["small"]


@pytest.mark.parametrize("title", ["Means", '  "K-Means"  & \\ {{x}} €', "# 'a' %}", "“ü”\n\tb"])
def test_a_title_is_what_was_given(course: MakeCourse, title: str) -> None:
    place = course()
    new_assignment(place, "second", title)
    wanted = " ".join(title.split())
    assert place.assignment("second").title == wanted
    notebook = place.assignment("second").notebook.read_text(encoding="utf-8")
    assert f"\n# # {wanted}\n" in notebook
    assert build(place.assignment("second")).up_to_date is False


# ---- a course ----


class Terminal(io.StringIO):
    """Answers typed at a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_new_course_builds_verifies_and_has_no_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert run(["new", "--course", str(tmp_path / "machine_learning")]) == 0
    assert "hw verify" in capsys.readouterr().out
    place = find_course(tmp_path / "machine_learning")
    assert (place.title, place.repository, place.slugs()) == ("Machine learning", "", ["first"])
    first = place.assignment("first")
    assert build(first, check=True).up_to_date
    assert verify(first).complaints == []
    assert "github.com" not in first.release.read_text(encoding="utf-8")
    assert {path.name for path in place.root.iterdir()} == {
        *(
            ".gitignore",
            "README.md",
            "course.toml",
            "environment.yml",
            "nbgrader_config.py",
            "jupytext.toml",
        ),
        *("assignments", "release", "source"),
    }


def test_title_and_repository_are_asked_for_at_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", Terminal('Bits "and" pieces\nhttps://github.com/ada/ml\n'))
    assert run(["new", "means", "--course", "ours"]) == 0
    place = find_course(tmp_path / "ours")
    assert place.title == 'Bits "and" pieces'
    assert place.slugs() == ["means"]
    release = place.assignment("means").release.read_text(encoding="utf-8")
    assert "colab.research.google.com/github/ada/ml/blob/main/release/means/" in release
    # the course's repository has no hwlib in it
    assert "%pip install" not in release


def test_options_answer_the_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    folder = str(tmp_path / "ours")
    assert run(["init", folder, "--title", "Ours", "--repository", ""]) == 0
    assert find_course(tmp_path / "ours").title == "Ours"


def test_a_new_course_gets_the_same_nbgrader_config_as_ours(tmp_path: Path) -> None:
    place = new_course(tmp_path / "ours")
    ours = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    assert (place.root / "nbgrader_config.py").read_text(encoding="utf-8") == ours


@pytest.mark.parametrize("taken", ["course.toml", ".gitignore", "assignments"])
def test_a_folder_with_a_course_in_it_is_left_alone(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).mkdir()
    with pytest.raises(CourseError, match="exists; choose another"):
        new_course(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [taken]


@pytest.mark.parametrize("options", [{"repository": "ada/ml"}, {"slug": "Two words"}])
def test_a_course_that_will_not_do_is_refused_before_anything_is_written(
    tmp_path: Path, options: dict[str, str]
) -> None:
    with pytest.raises(CourseError):
        new_course(tmp_path / "ours", **options)
    assert not (tmp_path / "ours").exists()


@pytest.mark.parametrize(
    "arguments", [["new"], ["new", "knn_2", "--repository", "https://git.example/c"]]
)
def test_new_without_what_it_needs_is_misuse(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert "--course DIR" in capsys.readouterr().err
