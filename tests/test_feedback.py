"""Feedback pages: what is wrong and why, never a hidden test, and nothing of a student's runs in a browser."""

from __future__ import annotations

import base64
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from tiny_course import make_tiny, outcome, solved

from hwlib.grading.feedback import feedback_page, plain_text, png_data
from hwlib.grading.key import AnswerKey, load_key

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 20).decode()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[AnswerKey, NotebookNode]:
    assignment = make_tiny(tmp_path_factory.mktemp("tiny"))
    return load_key(assignment), solved(assignment)


def test_the_page_says_symptom_hint_and_points(tiny: tuple[AnswerKey, NotebookNode]) -> None:
    key, notebook = tiny
    page = feedback_page(outcome(key, "ada", ("half",)), key, notebook, title="Tiny", comments={"why": "Well said."})
    for text in ("The values are too large.", "Is it twice?", "Halving", "Well said.", "4 of 10", "def half"):
        assert text in page


def test_no_hidden_test_and_no_model_answer_is_on_the_page(tiny: tuple[AnswerKey, NotebookNode]) -> None:
    key, notebook = tiny
    page = feedback_page(outcome(key, "ada", ("double",)), key, notebook)
    for secret in ("hidden-secret-4242", "double(21)", "Rubric", "isclose"):
        assert secret not in page


def test_nothing_from_a_student_is_markup_on_the_page(tiny: tuple[AnswerKey, NotebookNode], tmp_path: Path) -> None:
    key, notebook = tiny
    evil = nbformat.from_dict(notebook)
    bad = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31mred\x1b[0m\x00\u202e"
    for cell in evil.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "solution-half":
            cell.source = f"def half(x): '''{bad}'''"
            cell.outputs = [nbformat.from_dict({"output_type": "stream", "name": "stdout", "text": bad}),
                            nbformat.from_dict({"output_type": "display_data", "metadata": {},
                                                "data": {"text/html": bad, "image/png": "javascript:alert(3)", "text/plain": bad}})]
    result = outcome(key, bad, ("half",), (bad,))
    page = feedback_page(result, key, evil, comments={"half": bad})
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "javascript:" not in page
    assert "\x1b" not in page
    assert "\x00" not in page


def test_only_real_png_images_are_shown() -> None:
    assert png_data(PNG) == PNG
    for bad in ("", "nonsense", base64.b64encode(b"<svg onload=alert(1)>").decode(), None, 3, PNG[:8]):
        assert png_data(bad) == ""


def test_long_texts_are_cut() -> None:
    assert len(plain_text("x" * 10_000, 100)) < 150


def test_an_unreadable_submission_has_a_page_with_the_reason(tiny: tuple[AnswerKey, NotebookNode]) -> None:
    key, _ = tiny
    page = feedback_page(outcome(key, "ada", ("half",), ("tiny.ipynb: cut off before its end",)), key, None)
    assert "cut off before its end" in page
