"""Makes submissions from the reference, and from wrong and unusual right solutions.

They are made from source/SLUG/ and release/SLUG/ on disk, so they test the files that were
released.
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import Any

import nbformat
from nbformat import NotebookNode

from hwlib import models
from hwlib.errors import AuthoringError, CourseError
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.authoring.splicing import spliced
from hwlib.grading.authoring.variants import read_variants
from hwlib.grading.authoring.written import Variant
from hwlib.grading.cells import grade_id_for, without_markers
from hwlib.grading.course import Assignment
from hwlib.grading.parts import that_may_fail
from hwlib.markers import TEXT_STUB

__all__ = [
    "handed_in_models",
    "load_variants",
    "reference_notebook",
    "reference_notebooks",
    "released_notebooks",
    "variant_notebook",
    "variant_notebooks",
]


def load_variants(assignment: Assignment) -> tuple[Variant, ...]:
    """Read every wrong/*.py and right/*.py, sorted by kind and name.

    Raises
    ------
    AuthoringError
        If a setting is missing, or if a file names a question, definition or line that the built
        notebook does not have.
    CourseError
        If the assignment has not been built.
    """
    key = load_key(assignment)
    questions = [
        name for cell in key.by_role("test") for name in that_may_fail(cell.name, cell.source)
    ]
    return read_variants(assignment, questions, _solved_cells(key))


def reference_notebook(assignment: Assignment) -> NotebookNode:
    """Make the notebook of a perfect student: the release with all solutions and answers.

    Raises
    ------
    CourseError
        If the assignment has not been built.
    """
    return _filled(assignment, _solved_cells(load_key(assignment)))


def reference_notebooks(assignment: Assignment) -> dict[str, NotebookNode]:
    """The same for each notebook of an assignment, by the name of its file."""
    return _each_filled(assignment, _solved_cells(load_key(assignment)))


def released_notebooks(assignment: Assignment) -> dict[str, NotebookNode]:
    """The notebooks as students get them, by the names of their files."""
    return {
        one.release.name: nbformat.read(one.release, as_version=4)
        for one in assignment.each_notebook()
    }


def variant_notebook(assignment: Assignment, variant: Variant) -> NotebookNode:
    """Make a notebook like the reference's, with the variant's definitions or edits in it.

    Raises
    ------
    AuthoringError
        If the built notebook has no such definition or line.
    CourseError
        If the assignment has not been built.
    """
    return _filled(assignment, spliced(variant, _solved_cells(load_key(assignment))))


def variant_notebooks(assignment: Assignment, variant: Variant) -> dict[str, NotebookNode]:
    """The same for each notebook of an assignment, by the name of its file."""
    return _each_filled(assignment, spliced(variant, _solved_cells(load_key(assignment))))


def handed_in_models(assignment: Assignment, variant: Variant | None = None) -> dict[str, bytes]:
    """The model files of the reference or a variant, and the files that students write: file name
    → content.

    A variant that replaces a model defines a function with the model's name. The function receives
    what `hwlib.load_model` returns for the reference's file. It returns the model to hand in
    instead, or None to hand in no file.

    Raises
    ------
    AuthoringError
        If that function raises an error, or if its result cannot be saved.
    """
    files = {
        path.name: path.read_bytes()
        for path in sorted((assignment.folder / "artifacts").glob("*.safetensors"))
    }
    for name in assignment.student_files:
        own = assignment.folder / "artifacts" / name
        if own.is_file():
            files[name] = own.read_bytes()
    for name in variant.models if variant else ():
        changed = _changed_model(assignment, variant, name) if variant else None
        files.pop(f"{name}.safetensors", None)
        if changed is not None:
            files[f"{name}.safetensors"] = changed
    return files


def _changed_model(assignment: Assignment, variant: Variant, name: str) -> bytes | None:
    namespace: dict[str, Any] = {"__name__": variant.name}
    try:
        exec(compile(variant.source, str(variant.path), "exec"), namespace)
        model = namespace[name](
            models.load_model((assignment.folder / "artifacts" / f"{name}.safetensors").resolve())
        )
        if model is None or isinstance(model, bytes):
            return model
        with tempfile.TemporaryDirectory(prefix="hw-model-") as folder, contextlib.chdir(folder):
            return models.save_model(model, name).read_bytes()
    except Exception as error:
        message = (
            f"the function {name}, which changes the reference's model, raised "
            f"{type(error).__name__}: {error}; correct it"
        )
        raise AuthoringError(variant.path, 0, message) from error


# ---- filling the release ----


def _solved_cells(key: AnswerKey) -> dict[str, str]:
    """The reference's code of each solution cell, by `solution-NAME`, without the marker lines."""
    return {
        grade_id_for("solution", cell.name): without_markers(cell.source)
        for cell in key.by_role("solution")
    }


def _each_filled(assignment: Assignment, solved: dict[str, str]) -> dict[str, NotebookNode]:
    return {one.release.name: _filled(one, solved) for one in assignment.each_notebook()}


def _filled(assignment: Assignment, solved: dict[str, str]) -> NotebookNode:
    if not assignment.release.is_file():
        raise CourseError(
            f"{assignment.release}: no such file; run `hw build {assignment.slug}` first"
        )
    notebook = nbformat.read(assignment.release, as_version=4)
    for cell in notebook.cells:
        about = cell.metadata.get("hwlib", {})
        if about.get("role") == "solution":
            cell.source = solved[grade_id_for("solution", about["name"])]
        elif about.get("role") == "answer":
            cell.source = cell.source.replace(
                TEXT_STUB, f"The reference's answer to {cell.metadata['hwlib']['name']}."
            )
    return notebook
