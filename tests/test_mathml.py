"""Formulas of LaTeX become MathML, and nothing that a student writes becomes anything else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwlib.grading import find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.records.mathml import mathml, with_formulas

PIECES = re.findall(
    r"\S+",
    r"""\frac \sqrt \sum \mathbf \text \begin{pmatrix} \end{pmatrix} \hat \left \right { } _ ^ & x 1
    < > " ' \\ $ ( ) é""",
)


@pytest.mark.parametrize(
    ("formula", "inside"),
    [
        ("x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (r"\frac{a}{b+1}", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi><mo>+</mo><mn>1</mn>"),
        (r"\sqrt{2}", "<msqrt><mrow><mn>2</mn></mrow></msqrt>"),
        (r"\nabla L(w) \le \eta", "<mi>∇</mi><mi>L</mi><mo>(</mo><mi>w</mi><mo>)</mo><mo>≤</mo>"),
        (r"\sum_{i=1}^N", "<munderover><mo>∑</mo>"),
        (r"\max_k", "<munder><mi>max</mi><mi>k</mi></munder>"),
        (r"f'(x)", "<msup><mi>f</mi><mo>′</mo></msup>"),
        (r"\hat y", "<mover><mi>y</mi><mo>^</mo></mover>"),
        (r"\mathbb{R}^n", "<msup><mi>ℝ</mi><mi>n</mi></msup>"),
        (r"\text{if } x", "<mtext>if </mtext><mi>x</mi>"),
        (r"\lVert x \rVert", "<mo>‖</mo><mi>x</mi><mo>‖</mo>"),
        (
            r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
            "<mo>(</mo><mtable><mtr><mtd><mrow><mn>1</mn></mrow></mtd>",
        ),
        ("a < b", "<mo>&lt;</mo>"),
        (r"\text{<b>}", "<mtext>&lt;b&gt;</mtext>"),
    ],
)
def test_what_students_write_is_translated(formula: str, inside: str) -> None:
    assert inside in mathml(formula)


@pytest.mark.parametrize(
    "formula",
    [r"\href{javascript:alert(1)}{x}", r"\frac{1}", "{x", "x}", "x__1", r"\begin{x}\end{x}",
     "{" * 100 + "}" * 100, "x" * 5000,
     r"\hat" * 490 + " x", r"\frac" * 390 + " x", r"\style{color:red}{x}", "100%", "a & b"],
)  # fmt: skip
def test_anything_else_stays_as_it_was_written(formula: str) -> None:
    assert mathml(formula) == ""
    assert "<math" not in with_formulas(f"${formula}$")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_a_formula_is_well_formed_xml_of_mathml_only_or_nothing(formula: str) -> None:
    made = mathml(formula)
    if made:
        allowed = {"display", "width", "style", "mathvariant"}
        for element in ET.fromstring(made).iter():
            assert re.fullmatch("m[a-z]+", element.tag)
            assert set(element.attrib) <= allowed


def test_the_formulas_of_the_course_are_all_known() -> None:
    """What the reference answers write, students write, too."""
    unknown = [
        formula
        for assignment in find_course().assignments()
        for cell in load_key(assignment).by_role("answer")
        for formula in re.findall(r"\$\$([^$]+)\$\$|\$([^$\n]+)\$", cell.source)
        if not mathml(formula[0] or formula[1])
    ]
    assert unknown == []
