"""The feedback page: what helps a student, nothing that a test hides, nothing that a student could
make a browser do.
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from barriers import barriers
from courses import make_tiny, outcome, solved
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode

from hwlib import checks as check
from hwlib.grading import Assignment, SubmissionResult
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.records.feedback import MAX_IMAGE_BYTES, feedback_page
from hwlib.grading.records.pictures import Pictures
from hwlib.grading.texts import for_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MATHML = re.compile("m(ath|row|i|n|o|text|space|frac|sqrt|over|under(over)?|su[bp]|subsup|t.*)")
ATTACKS = [
    "<script>document.title = 'owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</pre></details><h1>Full marks</h1>",
    '"><svg onload="document.title=\'owned\'">',
    "{{ 7 * 7 }}",
    "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07",
    "\u202egnp.exe\x00\x08",
]


class Page(HTMLParser):
    """Tags and visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    return make_tiny(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def key(tiny: Assignment) -> AnswerKey:
    return load_key(tiny)


def with_outputs(notebook: NotebookNode, *outputs: dict[str, Any]) -> NotebookNode:
    """Outputs on the cell that solves `half`."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "solution-half":
            cell.outputs = [NotebookNode(output) for output in outputs]
    return notebook


def image(encoded: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"image/png": encoded}, "metadata": {}}


def test_the_page_has_points_symptom_hint_comment_problem_and_the_students_own_code(
    tiny: Assignment, key: AnswerKey
) -> None:
    result = outcome(key, "ada", ("half",), ("the cell double was split; its parts were joined",))
    notebook = with_outputs(
        solved(tiny),
        {"output_type": "stream", "name": "stdout", "text": "half of 3 is 6\n"},
        image(PIXEL),
    )
    late = replace(result, late_penalty=1.5)
    html = feedback_page(late, key, notebook, title="Tiny", comments={"why": "Well said."})
    page = Page(html)
    for expected in (
        "Tiny",
        "ada",
        "2.5 of 10 points",
        "1.5 points were taken off",
        "The values are too large.",
        "Is it twice?",
        "Well said.",
        "its parts were joined",
        "return x / 2",
        "half of 3 is 6",
        "Because they undo each other.",
    ):
        assert expected in page.text, expected
    assert [attrs["src"] for tag, attrs in page.tags if tag == "img"] == [
        f"data:image/png;base64,{PIXEL}"
    ]


def test_no_test_cell_and_no_solution_of_the_source_is_on_the_page(
    tiny: Assignment, key: AnswerKey
) -> None:
    html = feedback_page(outcome(key, "ada", ("double", "half")), key, solved(tiny))
    for secret in (
        "assert",
        "isclose",
        "hidden-secret-4242",
        "HIDDEN TESTS",
        "return 2 * x",
        "Rubric",
        "double(21)",
    ):
        assert secret not in html, secret


def test_a_hint_with_a_second_level_has_it_folded(key: AnswerKey) -> None:
    result = outcome(key, "ada", ("half",))
    hint = check.hint("The whole gradient comes through.", why="relu-mask")
    told = [replace(q, hint=hint if q.hint else "") for q in result.questions]
    html = feedback_page(replace(result, questions=tuple(told)), key, None)
    assert html.startswith("<!DOCTYPE html>")
    assert "check.why" not in html
    page = Page(html)
    assert "Hint: The whole gradient comes through." in page.text
    assert "Why, and where to look: The gradient passes where the input was positive" in page.text
    (folded,) = [attrs for tag, attrs in page.tags if tag == "details" and attrs]
    assert folded == {"class": "why"}  # closed: it has no attribute `open`


def test_what_a_human_has_still_to_grade_is_not_shown_as_zero(key: AnswerKey) -> None:
    result = outcome(key, "ada")
    text = Page(feedback_page(result, key, None)).text
    assert "graded by hand, not graded yet, at most 2 points" in text
    assert "0 of 2" not in text
    graded = replace(
        result,
        questions=tuple(
            replace(q, points=1.5 if q.id == "why" else q.points) for q in result.questions
        ),
    )
    text = Page(feedback_page(graded, key, None, waiting=())).text
    assert "graded by hand, 1.5 of 2 points" in text
    assert "not graded yet" not in text


def test_what_changed_since_the_work_was_last_graded_is_listed(key: AnswerKey) -> None:
    before = {"double": 0.0, "double-negative": 1.0, "half": 4.0, "why": 0.0}
    text = " ".join(
        Page(feedback_page(outcome(key, "ada", ("half",)), key, None, before=before)).text.split()
    )
    assert (
        "Since your work was last graded: Doubling double: 0 → 3 points Halving: 4 → 0 points "
        "(fewer than before)" in text
    )
    assert "Since your work" not in feedback_page(outcome(key, "ada"), key, None)


def test_questions_of_one_title_have_their_names_and_others_do_not(key: AnswerKey) -> None:
    result = outcome(key, "ada")
    (waits,) = (one for one in result.questions if one.status == "manual")
    text = " ".join(Page(feedback_page(result, key, None)).text.split())
    assert "Doubling double✓" in text and "Doubling double-negative✓" in text
    assert "Halving✓" in text
    assert f"A human still grades some questions: “{waits.title}”. Your score" in text
    one_title = [replace(one, title="Doubling, and half") for one in result.questions]
    cells = tuple(replace(cell, title=cell.title and "Doubling, and half") for cell in key.cells)
    result = replace(result, questions=tuple(one_title))
    text = " ".join(Page(feedback_page(result, replace(key, cells=cells), None)).text.split())
    for one in result.questions:
        assert re.search(f"Doubling, and half {one.id}[✓✎]", text)
    assert f"some questions: “Doubling, and half” ({waits.id}). Your score" in text
    assert f"Doubling, and half {waits.id} ✎ graded" in text  # its heading


def test_formulas_of_an_answer_are_shown_as_mathml(tiny: Assignment, key: AnswerKey) -> None:
    answer = r"Since $\frac{1}{2} \cdot 2x = x$, for $5 & <b>more</b>, $$\sum_{i=1}^N x_i$$"
    html = feedback_page(outcome(key, "ada"), key, solved(tiny, answer_why=answer))
    assert (
        "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac><mo>·</mo><mn>2</mn><mi>x</mi>"
        in html
    )
    assert "<munderover><mo>∑</mo>" in html
    assert "for $5 &amp; &lt;b&gt;more" in html


def test_a_figure_that_is_described_has_its_description(tiny: Assignment, key: AnswerKey) -> None:
    described = {**image(PIXEL), "data": {"image/png": PIXEL, "text/plain": 'Loss "falls" to 0.1.'}}
    unknown = {**image(PIXEL), "data": {"image/png": PIXEL, "text/plain": "<Figure size 1x1>"}}
    html = feedback_page(outcome(key, "ada"), key, with_outputs(solved(tiny), described, unknown))
    alts = [attrs["alt"] for tag, attrs in Page(html).tags if tag == "img"]
    assert alts == ['Loss "falls" to 0.1.', "Figure 2 made by half"]


def test_a_rejected_submission_gets_its_reason(key: AnswerKey) -> None:
    result = replace(
        outcome(key, "ada"),
        status="rejected",
        problems=("tiny.ipynb: an empty file; hand in the notebook again",),
    )
    text = Page(feedback_page(result, key, None)).text
    assert "could not be read" in text
    assert "an empty file" in text


def hostile(tiny: Assignment, key: AnswerKey, attack: str) -> str:
    """A page where every text that a student can influence is hostile."""
    result = outcome(key, f"student {attack}", ("half",), (attack,))
    questions = tuple(
        replace(question, message=attack, hint=attack) for question in result.questions
    )
    data = {"text/html": attack, "text/plain": attack, "image/svg+xml": attack}
    notebook = with_outputs(
        solved(tiny, solution_half=attack, answer_why=attack),
        image(attack),
        {"output_type": "display_data", "data": data, "metadata": {}},
        {"output_type": "error", "ename": attack, "evalue": attack, "traceback": [attack]},
    )
    return feedback_page(
        replace(result, questions=questions), key, notebook, comments={"half": attack}
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_student_wrote_is_text_and_nothing_else(
    tiny: Assignment, key: AnswerKey, attack: str
) -> None:
    harmless, page = Page(hostile(tiny, key, "text")), Page(hostile(tiny, key, attack))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    assert for_page(attack, 1000) in page.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", hostile(tiny, key, attack))


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_a_student_wrote_into_a_formula_is_text_too(
    tiny: Assignment, key: AnswerKey, attack: str
) -> None:
    harmless = [tag for tag, _ in Page(hostile(tiny, key, "text")).tags]
    for formula in (f"${attack}$", f"$\\text{{{attack}}}$", f"$$x {attack}$$"):
        tags = [tag for tag, _ in Page(hostile(tiny, key, formula)).tags]
        assert [tag for tag in tags if not MATHML.fullmatch(tag)] == harmless


@settings(max_examples=80, deadline=None)
@given(st.text())
def test_any_text_leaves_the_structure_of_the_page_alone(
    tiny: Assignment, key: AnswerKey, text: str
) -> None:
    # a formula of the student's brings elements of MathML, and nothing else
    tags = [
        tag for tag, _ in Page(hostile(tiny, key, f"x{text}")).tags if not MATHML.fullmatch(tag)
    ]
    assert tags == [tag for tag, _ in Page(hostile(tiny, key, "x")).tags]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab\x1b[]31m;?\x07\\\n\t\r\x00\u202e")))
def test_plain_text_has_no_control_characters_and_is_already_plain(text: str) -> None:
    plain = for_page(text, 50)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", plain)
    assert for_page(plain, 51) == plain


@pytest.mark.parametrize(
    "encoded",
    [
        base64.b64encode(b"<svg onload=alert(1)>").decode(),
        base64.b64encode(b"GIF89a").decode(),
        "not base64!",
        "",
        5,
        None,
        "A" * 3_000_000,
        PIXEL.replace("i", "?"),
        "java" + PIXEL,
    ],
)
def test_only_real_png_files_become_pictures(encoded: object) -> None:
    assert Pictures().take(encoded, max_bytes=MAX_IMAGE_BYTES) == ""


def test_pictures_and_texts_are_bounded(tiny: Assignment, key: AnswerKey) -> None:
    endless = {"output_type": "stream", "name": "stdout", "text": "x" * 10_000_000}
    notebook = with_outputs(
        solved(tiny, answer_why="y" * 5_000_000), endless, *[image(PIXEL)] * 100
    )
    html = feedback_page(outcome(key, "ada", ("half",)), key, notebook)
    assert len(html) < 60_000
    assert html.count("<img") == 4


@pytest.mark.parametrize(
    "status", ["passed", "failed", "error", "timeout", "crashed", "missing", "manual"]
)
def test_every_status_has_words(key: AnswerKey, status: Any) -> None:
    result: SubmissionResult = outcome(key, "ada")
    questions = tuple(replace(question, status=status) for question in result.questions)
    page = Page(feedback_page(replace(result, questions=questions), key, None))
    assert sum(f"question {status}" == attrs.get("class") for _, attrs in page.tags) == 4


# ---- in a browser ----


def test_a_browser_runs_nothing_that_a_student_wrote(
    browser: Browser, tiny: Assignment, key: AnswerKey, tmp_path: Path
) -> None:
    path = tmp_path / "feedback.html"
    path.write_text(hostile(tiny, key, "".join(ATTACKS)), encoding="utf-8")
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.title().startswith("tiny: feedback for student")
    assert asked == [path.as_uri()]
    assert page.evaluate("document.querySelectorAll('h1').length") == 1


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_the_window_and_its_pictures_show(
    browser: Browser, tiny: Assignment, key: AnswerKey, tmp_path: Path, width: int
) -> None:
    notebook = with_outputs(solved(tiny, solution_half=f"x = '{'long ' * 100}'"), image(PIXEL))
    result = outcome(key, "a" * 100, ("half",), ("word" * 100,))
    path = tmp_path / "feedback.html"
    path.write_text(feedback_page(result, key, notebook), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 700})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")


@pytest.mark.parametrize(
    ("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light")], ids=str
)
def test_axe_finds_no_barrier(
    browser: Browser, tiny: Assignment, key: AnswerKey, tmp_path: Path, width: int, scheme: Any
) -> None:
    result = outcome(key, "ada", ("half", "double"), ("the cell double was split",))
    hint = check.hint("The whole gradient comes through.", why="relu-mask")
    questions = [replace(one, hint=hint if one.hint else "") for one in result.questions]
    late = replace(result, questions=tuple(questions), late_penalty=1.5)
    path = tmp_path / "feedback.html"
    html = feedback_page(
        late,
        key,
        with_outputs(solved(tiny, answer_why="Since $x^2$."), image(PIXEL)),
        comments={"why": "Well said."},
        before={"half": 4.0},
        level="input",
        inputs={"half": "array([1., 2.])"},
        tier="T2",
    )
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(path.as_uri())
    for folded in page.query_selector_all("details:not([open]) > summary"):
        folded.click()
    assert barriers(page, moderate=True) == []
    page.close()
