"""A new assignment is complete from the start."""

from __future__ import annotations

import pytest
from courses import MakeCourse
from nbformat import NotebookNode

from hwlib.errors import CheckFailed, CourseError
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.build import build
from hwlib.grading.authoring.leaks import find_leaks
from hwlib.grading.authoring.scaffold import new_assignment
from hwlib.grading.proof.variants import load_variants, reference_notebook, variant_notebook


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
    with pytest.raises(CourseError, match="already there"):
        new_assignment(place, "small")
    assert place.assignment("small").notebook.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("slug", ["", "KNN", "2nd", "two words", "../knn", "k-means", "knn/"])
def test_a_name_that_will_not_do_is_refused(course: MakeCourse, slug: str) -> None:
    place = course()
    with pytest.raises(CourseError, match="lower-case letters"):
        new_assignment(place, slug)
    assert place.slugs() == ["small"]
