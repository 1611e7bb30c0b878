"""Checks accept what is right in any numeric form, name the symptom of what is not, and keep hidden
values to themselves.
"""

from __future__ import annotations

import linecache
import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import needs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from IPython.core.interactiveshell import InteractiveShell

from hwlib import checks as check
from hwlib.checks.recognise import general_mistake
from hwlib.checks.rules import Close, one_digit
from hwlib.checks.values import Mismatch, as_array
from hwlib.errors import CheckFailed, HwlibError

RIGHT = np.random.default_rng(0).normal(size=(3, 4))
_cell_numbers = count()


def failure(function: Callable[..., object], *args: Any, **options: Any) -> CheckFailed:
    """The failure of a check that must fail."""
    with pytest.raises(CheckFailed) as caught:
        function(*args, **options)
    return caught.value


def run_cell(source: str, **names: Any) -> None:
    """Execute a cell as IPython and the grader do: compiled under a name of its own whose lines
    linecache knows.
    """
    name = f"<cell {next(_cell_numbers)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), {"check": check, "np": np, **names})


# ---- what counts as right ----


@pytest.mark.parametrize(
    "right",
    [
        RIGHT.tolist(),
        RIGHT.copy(order="F"),
        RIGHT.astype(np.longdouble),
        RIGHT * (1 + 1e-9),
        np.ma.masked_array(RIGHT),
        [list(row) for row in RIGHT],
        [[*map(Fraction, row)] for row in RIGHT.tolist()],
        [[np.float64(row[0]), *map(Decimal, row[1:])] for row in RIGHT.tolist()],
    ],
)
def test_numbers_are_taken_in_any_form_that_numpy_reads(right: Any) -> None:
    check.close(right, RIGHT)


@given(
    arrays.arrays(
        st.sampled_from(["i1", "u8", "f2", "f4", "f8", "c16", "?"]),
        st.tuples(st.integers(1, 3), st.integers(1, 3)),
    )
)
def test_an_array_of_python_objects_is_called_so_and_a_list_of_them_is_read(numbers: Any) -> None:
    if numbers.dtype == np.uint64:  # larger ones have no other form than Python's
        assume((numbers < 2**63).all())
    boxed = np.empty(numbers.shape, dtype=object)
    boxed[...] = numbers
    found = as_array(boxed)
    assert isinstance(found, Mismatch)
    assert "of Python objects" in found.symptom and "astype(float)" in found.cause
    np.testing.assert_array_equal(as_array(boxed.tolist()), numbers)
    boxed.flat[0] = None
    found = as_array(boxed)
    assert isinstance(found, Mismatch)
    assert "not all numbers" in found.symptom


def test_a_number_may_be_a_python_number_a_numpy_scalar_or_an_array_without_axes() -> None:
    for value in (2, 2.0, np.float32(2), np.array(2), np.uint8(2)):
        check.close(value, 2.0)


def test_a_torch_tensor_counts_even_with_a_graph() -> None:
    torch = needs.module("torch")
    check.close(torch.tensor(RIGHT, requires_grad=True), RIGHT)
    assert (
        "not an array of numbers"
        in failure(check.close, torch.tensor(RIGHT, dtype=torch.bfloat16), RIGHT).symptom
    )


def test_the_tolerance_is_relative_to_the_largest_value_of_the_array() -> None:
    check.close([1e6, 1e-3], [1e6, 0.0])
    failure(check.close, [1e6, 2.0], [1e6, 0.0])
    failure(check.close, [1e-3], [0.0])
    check.close([1e-3], [0.0], atol=1e-2)


def test_nan_and_infinity_are_right_only_where_they_are_expected() -> None:
    expected = [1.0, math.nan, math.inf]
    check.close(expected, expected)
    assert (
        "2 of 3 values are wrong: the expected values there are NaN or ∞"
        in failure(check.close, [1.0, 2.0, -math.inf], expected).symptom
    )
    assert (
        "1 of 3 values are infinite"
        in failure(check.close, [math.inf, math.nan, math.inf], expected).symptom
    )


def test_a_check_that_holds_returns_nothing_and_prints_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    results = [
        check.close(1.0, 1.0),
        check.equal([1], [1]),
        check.gradient([1.0], [1.0]),
        check.true(True, "no"),
        check.raises(ZeroDivisionError, lambda: 1 // 0),
    ]
    assert results == [None] * 5
    assert capfd.readouterr() == ("", "")


def test_passed_prints_one_line_to_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    check.passed("The distances are right.", final=True)
    assert capfd.readouterr() == ("✓ The distances are right.\n", "")


def test_a_check_mark_says_that_hidden_checks_try_more(capfd: pytest.CaptureFixture[str]) -> None:
    check.passed("The distances are right.")
    more = "Hidden checks try other shapes and numbers."
    assert capfd.readouterr().out == f"✓ The distances are right. {more}\n"


# ---- what is never right ----


@pytest.mark.parametrize(
    ("value", "symptom"),
    [
        (None, "found None"),
        (len, "found a function"),
        ("1.0", "found text"),
        ({"a": 1}, "found a dict"),
        (object(), "found an object"),
        ([[1.0, 2.0], [3.0]], "found a list, which is not an array of numbers"),
        ([1.0, None], "found a list whose entries are not all numbers"),
        (RIGHT.astype(complex), "found complex numbers"),
        (RIGHT > 0, "found True and False"),
        (np.array([1.0, object()]), "found a ndarray whose entries are not all numbers"),
        (np.zeros((0, 4)), "found shape (0, 4), expected shape (3, 4)"),
        (1.0, "found a single number, expected shape (3, 4)"),
        (RIGHT[:1], "found shape (1, 4), expected shape (3, 4)"),
        (RIGHT * math.nan, "12 of 12 values are NaN"),
    ],
)
def test_what_can_not_be_the_answer_is_named(value: Any, symptom: str) -> None:
    assert symptom in failure(check.close, value, RIGHT).symptom


def test_nothing_is_broadcast() -> None:
    failure(check.close, 1.0, [1.0, 1.0])
    failure(check.close, [1.0], 1.0)
    failure(check.equal, [[1], [1]], [1, 1])
    failure(check.gradient, np.ones((1, 3)), np.ones(3))


class EqualToEverything:
    """What a forger would return."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **options: True

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class AlwaysClose(np.ndarray):
    """An array that claims to differ from nothing."""

    def __array_ufunc__(self, *args: Any, **options: Any) -> Any:
        return np.zeros(self.shape)


def test_an_object_that_equals_everything_is_refused() -> None:
    failure(check.close, EqualToEverything(), 1.0)
    failure(check.equal, EqualToEverything(), 1)
    failure(check.true, EqualToEverything(), "not true")
    failure(check.true, np.array([True]), "an array is not True")
    check.true(np.True_, "")


def test_a_subclass_of_arrays_has_no_say_in_the_comparison() -> None:
    failure(check.close, np.zeros(3).view(AlwaysClose), np.ones(3))


def test_an_expected_value_that_is_none_is_the_authors_mistake_not_the_students() -> None:
    with pytest.raises(TypeError, match="expected value of a check"):
        check.close(1.0, None)


# ---- labels and gradients ----


def test_labels_are_compared_exactly_whatever_integer_or_float_type_holds_them() -> None:
    for labels in (
        [3, 1, 2],
        np.array([3, 1, 2], dtype=np.uint8),
        np.array([3.0, 1.0, 2.0]),
        (3, 1, 2),
    ):
        check.equal(labels, [3, 1, 2])
    check.equal(2**62 + 1, 2**62 + 1)
    failure(check.equal, 2**62 + 1, 2**62)
    assert "not all integers" in failure(check.equal, [3.5, 1, 2], [3, 1, 2]).symptom
    assert (
        "found True or False, expected integers"
        in failure(check.equal, [True, False], [1, 0]).symptom
    )


def test_strings_and_truth_values_can_be_compared() -> None:
    check.equal(["cat", "dog"], np.array(["cat", "dog"]))
    check.equal(np.array([True, False]), [True, False])
    assert (
        "1 of 2 values differ, the first at [1]"
        in failure(check.equal, ["cat", "cow"], ["cat", "dog"]).symptom
    )


def test_gradients_are_compared_in_norm_so_small_entries_may_be_inexact() -> None:
    expected = np.array([1e3, 1e-9])
    check.gradient([1e3, 3e-9], expected)
    assert "relative error" in failure(check.gradient, [1e3, 1.0], expected).symptom
    check.gradient(np.zeros(3), np.zeros(3))
    check.gradient([1e200, 1e-200], [1e200, 0.0])  # whose squares overflow
    failure(check.gradient, [1.0, math.nan], expected)


# ---- recognising mistakes ----


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (2 * RIGHT, "exactly 2 times the right one: is a ½ missing"),
        (RIGHT / 2, "exactly 1/2 of the right one"),
        (500 * RIGHT, "exactly 500 times the right one: is it a sum instead of a mean"),
        (RIGHT / 12, "exactly 1/12 of the right one: is it a mean instead of a sum"),
        (-RIGHT, "wrong sign"),
        (-2 * RIGHT, "exactly 2 times the right one and has the wrong sign"),
        (math.pi * RIGHT, "by the same factor"),
        (RIGHT + 0.3, "by the same amount"),
        (RIGHT**2, "squares of the right ones"),
        (RIGHT.T, "Rows and columns are exchanged"),
        (RIGHT.ravel(), "but the shape is not"),
        (RIGHT[None], "but the shape is not"),
        (RIGHT[::-1], "the wrong order"),
        (RIGHT * 0, "Every value is 0"),
        (np.abs(RIGHT), "Negative values have become positive"),
        (np.maximum(RIGHT, 0), "Negative values have become 0"),
        (1 - RIGHT, "1 minus the right one"),
        (1 / RIGHT, "1 divided by the right one"),
        (np.exp(RIGHT), "`exp` of the right ones"),
        (np.tile(RIGHT[1], (3, 1)), "Every row is the same"),
        (np.tile(RIGHT[:, :1], 4), "Every column is the same"),
        (np.full(RIGHT.shape, 0.7), "Every value is the same"),
        (RIGHT * [[1], [0], [0]], "The rows that are not 0 are right"),
        (RIGHT * [1, 0, 1, 1], "The columns that are not 0 are right"),
        (RIGHT * [[1], [2], [7.5]], "Each row is off by a factor of its own"),
        (RIGHT * [1, 2, 7.5, 1], "Each column is off by a factor of its own"),
        (RIGHT + np.array([[1], [0], [-2]]), "Each row is off by an amount of its own"),
        (RIGHT + np.array([1, 0, -2, 3]), "Each column is off by an amount of its own"),
        (np.sin(RIGHT), ""),
    ],
)
def test_mistakes_that_any_question_knows_are_named(wrong: Any, hint: str) -> None:
    found = failure(check.close, wrong, RIGHT).hint
    assert hint in found if hint else found == ""


def test_a_root_too_many_and_an_integer_array_and_float32_are_named() -> None:
    positive = 100 * np.abs(RIGHT)
    assert "square roots" in failure(check.close, np.sqrt(positive), positive).hint
    assert "cut to integers" in failure(check.close, positive.astype(int), positive).hint
    assert "float32" in failure(check.close, positive.astype(np.float32), positive, rtol=1e-9).hint


def test_a_sum_along_the_wrong_axis_is_named_whatever_the_numbers_are() -> None:
    for seed in range(20):
        values = np.random.default_rng(seed).uniform(0.1, 5, size=(2 + seed % 3, 5))
        rows, columns = values / values.sum(axis=1, keepdims=True), values / values.sum(axis=0)
        for wrong, right in ((rows, columns), (columns, rows)):
            assert "normalised along the wrong axis" in failure(check.close, wrong, right).hint
        assert "Each row should add up to 1 and does not" in failure(check.close, values, rows).hint
        assert (
            "Each row adds up to 1 here, and should not" in failure(check.close, rows, values).hint
        )
        factors = np.arange(1, 1 + len(values))[:, None] ** 2
        wrong = values / factors[::-1]
        assert "off by a factor of its own" in failure(check.close, wrong, values).hint


def test_a_sum_that_is_not_set_to_0_again_is_named_whatever_the_numbers_are() -> None:
    for seed in range(20):
        values = np.random.default_rng(seed).uniform(0.1, 5, size=(3 + seed % 3, 4))
        totals = values.sum(axis=1, keepdims=True)
        wrong, right = values / np.cumsum(totals, axis=0), values / totals
        assert "does a sum go on growing" in failure(check.close, wrong, right).hint
        assert "does a sum go on growing" not in failure(check.close, wrong[::-1], right[::-1]).hint


@pytest.mark.parametrize("whole", [0, np.int64(0), -2, 7])
def test_a_whole_number_that_a_division_has_cut_is_told_from_a_mistake_with_its_value(
    whole: Any,
) -> None:
    known = {"The errors cancel.": float(whole)}
    assert "`//`" in failure(check.close, whole, float(whole) + 0.25, mistakes=known).hint
    for found, right in ((float(whole), whole + 0.25), (whole, whole + 1.25), (whole, whole + 1.0)):
        assert "`//`" not in failure(check.close, found, right, mistakes=known).hint


@pytest.mark.parametrize(("found", "right"), [(0.0, 0.054), (np.float32(2.4529), 2.4536)])
def test_one_number_is_not_taken_for_an_empty_array_or_a_rounded_one(
    found: Any, right: float
) -> None:
    assert failure(check.close, found, right, rtol=1e-6).hint == ""


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (np.ones(4), np.zeros(4)),
        (np.zeros(4), np.zeros(4)),
        (0.5, 0.25),
        (1.0, 0.5),
        (0.25, 0.75),
        (2, 1),
        (4.0, 2.0),
        ([1, 0], [0, 1]),
        (0.0, 0.0),
    ],
)
def test_zeros_ones_and_simple_numbers_are_not_taken_for_a_known_mistake(
    wrong: Any, right: Any
) -> None:
    assert general_mistake(wrong, np.asarray(right, dtype=float), Close(1e-6, 0.0))() == ""


@given(
    arrays.arrays(
        np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-1e6, 1e6)
    ),
    arrays.arrays(
        np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats()
    ),
)
@settings(max_examples=150, deadline=None)
def test_any_two_arrays_are_compared_without_a_warning_and_each_equals_itself(
    right: Any, found: Any
) -> None:
    check.close(right, right)
    check.gradient(right, right)
    for function in (check.close, check.gradient):
        try:
            function(found, right)
        except CheckFailed as error:
            assert error.symptom  # a failure is allowed here, another error or a warning is not
        else:
            assert found.shape == right.shape


def test_a_mistake_of_the_question_is_named_before_the_general_ones() -> None:
    options = {"mistakes": {"Is that the sum of both?": 2 * RIGHT}}
    assert failure(check.close, 2 * RIGHT, RIGHT, **options).hint == "Is that the sum of both?"


def test_mistakes_are_worked_out_only_when_a_check_fails() -> None:
    def never() -> float:
        raise AssertionError("worked out although the check holds")

    check.close(1.0, 1.0, mistakes={"no": never})


def test_a_mistake_that_raises_warns_or_is_right_here_is_passed_over() -> None:
    mistakes = {
        "raises": lambda: 1 / 0,
        "right here": lambda: 3.0,
        "has another shape": lambda: [5.0],
        "is no number": lambda: None,
        "warns": lambda: np.log(np.array(-1.0)),
        "the one": lambda: 5.0,
    }
    assert failure(check.close, 5.0, 3.0, mistakes=mistakes).hint == "the one"
    assert failure(check.close, 3.1234, 3.0, mistakes=mistakes).hint == ""


def test_a_mistake_may_have_another_shape_or_nan_in_it() -> None:
    assert (
        failure(check.close, [1.0, 2.0], 3.0, mistakes={"Not summed.": [1.0, 2.0]}).hint
        == "Not summed."
    )
    assert (
        failure(
            check.close, [1.0, math.nan], [1.0, 0.0], mistakes={"Root of -0.": [1.0, math.nan]}
        ).hint
        == "Root of -0."
    )


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_mistake_that_leaves_nothing_finite_is_only_one_way_to_get_there(number: float) -> None:
    nothing = np.full(3, number)
    known = {"Divided by 0.": lambda: nothing}
    hint = failure(check.close, nothing, [1.0, 0.0, 2.0], mistakes=known).hint
    assert hint == "One way to get there: Divided by 0."


def test_a_hint_is_worked_out_only_when_a_check_fails_and_no_mistake_is_recognised() -> None:
    asked: list[str] = []

    def hint() -> str:
        asked.append("hint")
        return "Look at the sum."

    check.close(3.0, 3.0, hint=hint)
    check.equal([1, 2], [1, 2], hint=hint)
    square = {"The square.": 9.0}
    assert failure(check.close, 9.0, 3.0, mistakes=square, hint=hint).hint == "The square."
    assert not asked
    wrong: list[tuple[Callable[..., None], Any, Any]] = [
        (check.close, 5.1, 3.0),
        (check.equal, [1, 3], [1, 2]),
        (check.equal, (1, 3), (1, 2)),
        (check.gradient, [1.0, 3.0], [1.0, 2.0]),
        (check.shape, np.zeros(3), (2,)),
    ]
    for function, found, right in wrong:
        assert "Look at the sum." in failure(function, found, right, hint=hint).hint
    assert len(asked) == 5


def test_a_hint_that_raises_or_warns_is_left_out() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = failure(check.close, 5.1, 3.0, hint=lambda: str(np.log([-1.0]) / int("x")))
    assert "off by" in told.symptom
    assert not told.hint


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x, w, b: x * w + b, ""),
        (lambda x, w, b: x * 3 + b, "The result does not depend on w: is it used?"),
        (lambda x, w, b: b, "The result does not depend on x or w: are they used?"),
        (lambda x, w, b: 0 * b, ""),  # the values say more
        (lambda x, w, b: x / w + b, "does not change in proportion to w: is something divided by"),
        (lambda x, w, b: (x * w) ** 2 + b, "proportion to x and w: is something divided by them"),
        (lambda x, w, b: np.minimum(20, x * w + b), "does not change in proportion to x and w"),
        (lambda x, w, b: x * w + b / 0, ""),  # nothing finite
        (lambda x, w, b: int("x"), ""),
        (lambda x, w, b: "text", ""),
        (lambda x, w, b: x.__imul__(w) + b, ""),  # changes its own copy only
    ],
)
def test_influence_says_which_argument_is_unused_or_used_otherwise(
    function: Any, said: str
) -> None:
    x = np.array([2.0, 3.0])
    found = check.influence(function, affine=("x", "w", "b"), x=x, w=np.array([4.0, -5.0]), b=1.0)
    assert said in found
    assert bool(said) == bool(found)
    assert x.tolist() == [2.0, 3.0]


def test_influence_says_which_argument_should_make_no_difference() -> None:
    backward = lambda dout, x, w: dout * w + x  # noqa: E731
    found = check.influence(backward, without=("x",), dout=np.ones(2), x=np.ones(2), w=3.0)
    assert found == "The result depends on x, and it should not: where is it used?"
    right = lambda dout, x, w: dout * w  # noqa: E731
    assert not check.influence(right, without=("x",), dout=np.ones(2), x=np.ones(2), w=3.0)


def test_the_hint_of_the_check_stands_where_no_mistake_is_recognised() -> None:
    assert (
        failure(check.close, 5.678, 3.0, mistakes={"no": 4.0}, hint="Mind the type.").hint
        == "Mind the type."
    )


def test_the_hint_of_the_check_goes_before_what_is_recognised_in_general() -> None:
    for wrong in (-RIGHT, RIGHT * 0, RIGHT * math.nan):
        assert failure(check.close, wrong, RIGHT, hint="Mind the type.").hint == "Mind the type."


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (RIGHT.T, "Rows and columns are exchanged"),
        (RIGHT[:2], "The last one is missing"),
        (RIGHT[:, :, None], "but the shape is not"),
        (np.ones((3, 4, 1)), "An axis of length 1 is too many"),
        (np.stack([RIGHT, -RIGHT / 2, RIGHT / 2]), "take the sum over axis 0"),
        (np.stack([RIGHT - 1, RIGHT + 1], axis=2), "take the mean over axis 2"),
        (np.ones((3, 5, 4)), "Axis 1, of length 5, is too many"),
        (np.ones((3, 5)), "Mind the type."),  # nothing is known about such a shape
    ],
)
def test_a_wrong_shape_is_explained_before_what_the_question_says_of_its_values(
    wrong: Any, hint: str
) -> None:
    for function in (check.close, check.gradient):
        assert hint in failure(function, wrong, RIGHT, hint="Mind the type.").hint


@pytest.mark.parametrize(
    ("wrong", "guess"),
    [
        (np.ones((3, 3)), "Axis 1 is as long as axis 0"),
        (np.ones((4, 4)), "Axis 0 is as long as axis 1"),
        (np.ones((2, 6)), "is a `reshape` missing"),
        (np.float64(2), "over too many axes"),
    ],
)
def test_a_guess_about_a_shape_comes_after_what_the_question_says(wrong: Any, guess: str) -> None:
    for function in (check.close, check.gradient):
        assert guess in failure(function, wrong, RIGHT).hint
        assert failure(function, wrong, RIGHT, hint="Mind the type.").hint == "Mind the type."


def test_numbers_along_the_other_axis_are_a_guess() -> None:
    wrong, right = np.arange(5.0), np.arange(3.0) + 7
    assert "one for each of 3 is asked for" in failure(check.close, wrong, right).hint
    assert failure(check.close, wrong, right, hint="Mind the type.").hint == "Mind the type."


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (RIGHT.argmax(axis=1, keepdims=True) + 0 * RIGHT + np.arange(4), "are they places"),
        ((RIGHT > 0).astype(float), "what they are multiplied by is missing"),
        (np.trunc(RIGHT).astype(int), "cut to integers"),
        (np.floor(RIGHT).astype(int), "cut to integers"),
    ],
)
def test_whole_numbers_in_place_of_values_are_told_apart(wrong: Any, hint: str) -> None:
    right = np.maximum(RIGHT, 0) if "multiplied" in hint else RIGHT
    assert hint in failure(check.close, wrong, right).hint


def test_what_was_put_in_or_taken_out_is_named() -> None:
    for changed in ({}, {"W": 1, "b": 2}):
        held: dict[str, int] = {"W": 1}
        with pytest.raises(CheckFailed) as caught, check.unchanged(params=held):
            held.clear()
            held.update(changed)
        assert "`pop` and `append` change it" in str(caught.value.hint)


def test_lengths_in_a_tuple_are_shown_as_a_whole_and_to_a_hidden_check_only_as_found() -> None:
    check.equal((np.int64(3), 4), (3, 4))
    for found, right in (((2,), (1,)), ((3, 2), (2, 3)), ((), (4, 2)), ((3, 4, 1), (3, 4))):
        told = failure(check.equal, found, right, what="the shape of dx")
        assert told.symptom == f"The shape of dx: found {found}, expected {right}."
        with pytest.raises(CheckFailed) as hidden:
            run_cell(f"### BEGIN HIDDEN TESTS\ncheck.equal({found}, {right})\n### END HIDDEN TESTS")
        assert str(found) in hidden.value.symptom
        assert str(right) not in hidden.value.symptom
    known = {"W is (C, D).": (5, 3)}
    assert failure(check.equal, (5, 3), (3, 5), mistakes=known, hint="?").hint == "W is (C, D)."
    assert "the transpose" in failure(check.equal, (5, 3), (3, 5)).hint
    both = failure(check.equal, (5, 3), (3, 5), hint="Look at W.").hint
    assert "the transpose" in both and both.endswith(" Look at W.")
    assert failure(check.equal, (5, 4), (3, 5), hint="Look at W.").hint == "Look at W."


@pytest.mark.parametrize("wrong", [None, len, [[1.0], [2.0, 3.0]], [1.0, None]])
def test_what_is_no_array_is_explained_before_any_hint(wrong: Any) -> None:
    found = failure(check.close, wrong, RIGHT, hint="Mind the type.").hint
    assert found.endswith("?")
    assert "Mind" not in found


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (12 / 7, 3 / 7),  # mean(|a − b|) of seven labels in place of the share that differs
        (0.5, 0.125),
        ([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]),  # a pool by min: each is its neighbour
        ([[0.1, 0.2], [0.3, 0.4]], [[0.2, 0.3], [0.4, 0.5]]),
        ([4.0, 4.0], [2.0, 2.0]),  # the square, or twice as much
        ([3, 4, 5], [2, 3, 4]),
    ],
)
def test_nothing_is_said_where_several_mistakes_explain_the_result(wrong: Any, right: Any) -> None:
    assert failure(check.close, wrong, right).hint == ""


def test_numbers_that_wrap_around_are_named_by_their_type() -> None:
    pixels = np.array([200, 3, 7], dtype=np.uint8)
    for wrong, right in ((pixels * pixels, [40000.0, 9.0, 49.0]), (pixels - 5, [195.0, -2.0, 2.0])):
        hint = failure(check.close, wrong, right).hint
        assert "uint8" in hint
        assert ".astype(float)" in hint
    assert "uint8" not in failure(check.close, pixels, [7.0, 200.0, 1.0]).hint


def test_examples_that_are_missing_at_an_end_are_named() -> None:
    assert "last 2 are missing" in failure(check.close, RIGHT[:1], RIGHT).hint
    assert "last one is missing" in failure(check.equal, [1, 2, 3], [1, 2, 3, 4]).hint
    assert "first one is missing" in failure(check.close, RIGHT[1:], RIGHT).hint
    assert "missing" not in failure(check.close, RIGHT[:2] + 1, RIGHT).hint


def test_an_empty_result_names_the_slice_to_minus_0() -> None:
    assert "−0 is 0" in failure(check.close, RIGHT[0:-0], RIGHT).hint


def test_a_check_of_a_shape_says_both_shapes_and_knows_mistakes() -> None:
    check.shape(RIGHT, (3, 4))
    check.shape(RIGHT.tolist(), (3, 4))
    mistakes = {"−0 is 0.": (3, 0), "Round down.": (3, 5), "Right here.": (3, 4)}
    for columns, hint in ((0, "−0 is 0."), (5, "Round down."), (6, "Look at H'.")):
        error = failure(
            check.shape,
            np.zeros((3, columns)),
            (3, 4),
            what="dx",
            mistakes=mistakes,
            hint="Look at H'.",
        )
        assert error.symptom == f"dx: found shape (3, {columns}), expected shape (3, 4)."
        assert error.hint == hint
    assert "`return` missing" in failure(check.shape, None, (3,), hint="Look at H'.").hint


def test_a_length_check_tells_a_tuple_from_an_array() -> None:
    assert check.returns((1, [2]), "w", "velocity") == (1, [2])
    assert check.returns([RIGHT, None], "out", "cache")[1] is None
    for wrong, found in (
        (np.zeros(2), "one array of shape (2,)"),
        (np.zeros((2, 3)), "one array of shape (2, 3)"),
        ((1, 2, 3), "3 values"),
        ((1,), "1 value"),
        (None, "None"),
        (0.5, "one number"),
        ({"w": 1, "velocity": 2}, "a dict"),
        ("ab", "a text"),
    ):
        error = failure(check.returns, wrong, "w", "velocity")
        assert error.symptom == f"Two values are asked for: (w, velocity). Found {found}."
        assert "return w, velocity" in error.hint
    torch = needs.module("torch")
    assert "one tensor of shape (2,)" in failure(check.returns, torch.zeros(2), "a", "b").symptom


@pytest.mark.parametrize(
    ("what", "start"),
    [
        ("the loss", "The loss: "),
        ("dW1", "dW1: "),
        ("db", "db: "),
        ("num_parameters(3)", "num_parameters(3): "),
        ("x1 at the start", "x1 at the start: "),
    ],
)
def test_names_of_code_get_no_capital_letter(what: str, start: str) -> None:
    assert failure(check.close, 1.5, 1.0, what=what).symptom.startswith(start)


# ---- visible and hidden ----

CELL = """\
{visible}
### BEGIN HIDDEN TESTS
{hidden}
### END HIDDEN TESTS
{after}
"""


def cell_failure(visible: str = "pass", hidden: str = "pass", after: str = "pass") -> CheckFailed:
    """The failure of a cell with these parts."""
    return failure(
        run_cell, CELL.format(visible=visible, hidden=hidden, after=after), secret=0.123456789
    )


def test_a_visible_check_shows_the_values_found_and_expected() -> None:
    assert (
        cell_failure(visible="check.close(0.5, secret)").detail
        == "Found 0.5, expected 0.123456789."
    )
    assert (
        cell_failure(after="check.close([0.5], [secret])").detail
        == "At [0]: found 0.5, expected 0.123456789."
    )


@pytest.mark.parametrize(
    "hidden",
    [
        "check.close(0.5, secret)",
        "check.close([0.5, 0.1], [secret, 0.1])",
        "check.gradient([0.5], [secret])",
        "check.equal(12, 123456789)",
        "check.equal([0, 1], [0, 123456789])",
        "check.equal('x', 'secret 123456789')",
        "check.true(0.5 == secret, 'Not the right value.', detail=f'expected {secret}')",
    ],
)
def test_a_hidden_check_never_tells_the_expected_value(hidden: str) -> None:
    found = cell_failure(hidden=hidden)
    assert found.detail == ""
    assert "1234" not in "".join(
        [found.symptom, found.hint, str(found), *found._render_traceback_()]
    )


def test_a_helper_above_the_marker_that_is_called_below_it_counts_as_hidden() -> None:
    helper = "def compare(a, b):\n    check.close(a, b)"
    assert cell_failure(visible=helper, hidden="compare(0.5, secret)").detail == ""
    assert cell_failure(visible=f"{helper}\ncompare(0.5, secret)").detail != ""


def test_a_check_in_a_hidden_loop_or_lambda_is_hidden() -> None:
    assert cell_failure(hidden="[check.close(a, secret) for a in (secret, 0.5)]").detail == ""
    assert cell_failure(hidden="(lambda: check.close(0.5, secret))()").detail == ""


def test_a_cell_whose_source_is_unknown_counts_as_hidden() -> None:
    with pytest.raises(CheckFailed) as caught:
        exec(compile("check.close(0.5, 0.123456789)", "<nowhere>", "exec"), {"check": check})
    assert caught.value.detail == ""


def test_a_hidden_difference_is_told_to_one_digit() -> None:
    assert (
        "off by about 3 of the right value"
        in cell_failure(hidden="check.close(0.5, secret)").symptom
    )
    assert [one_digit(x) for x in (0.00123, 0.96, 1234.5)] == ["0.001", "1", "1000"]


def test_where_all_wrong_values_share_a_row_or_column_the_message_says_so() -> None:
    wrong = RIGHT.copy()
    wrong[:, 3] += [1, 2, 3]
    assert (
        "3 of 12 values differ, all of them in column 3"
        in failure(check.close, wrong, RIGHT).symptom
    )


@pytest.mark.parametrize(
    ("shape", "places", "said"),
    [
        ((4, 6), np.tril_indices(4, -1, 6), "all of them below the diagonal"),
        ((6, 4), np.triu_indices(6, 1, 4), "all of them above the diagonal"),
        ((4, 6), np.diag_indices(4), "all of them on the diagonal"),
        ((2, 3, 4), np.s_[:, 1], "all of them in axis 1 at index 1"),
        ((4, 6), np.s_[2, :], "all of them in row 2"),
        ((4, 6), np.s_[1:3, :], "differ;"),
        ((24,), np.s_[2:5], "differ;"),
    ],
)
def test_the_message_says_what_the_places_of_all_wrong_values_have_in_common(
    shape: tuple[int, ...], places: Any, said: str
) -> None:
    right = np.random.default_rng(1).normal(size=shape)
    wrong = right.copy()
    wrong[places] += 1 + np.arange(wrong[places].size).reshape(wrong[places].shape)
    symptom = failure(check.close, wrong, right).symptom
    assert said in symptom
    assert said != "differ;" or "all of them" not in symptom


def test_messages_begin_with_what_was_compared() -> None:
    assert failure(check.close, 1.5, 1.0, what="the loss at W = 0").symptom.startswith(
        "The loss at W = 0: "
    )


# ---- inputs left alone ----


def test_a_changed_array_list_or_dict_is_noticed_by_name() -> None:
    X, params = np.zeros(3), {"W": [np.ones(2)]}
    with check.unchanged(X=X, params=params):
        pass
    with (
        pytest.raises(CheckFailed, match="changed the input `params`"),
        check.unchanged(X=X, params=params),
    ):
        params["W"][0] *= 2
    with pytest.raises(CheckFailed, match="changed an input"), check.unchanged(X):
        X += 1


def test_a_change_back_and_nan_are_no_changes() -> None:
    X = np.array([1.0, math.nan])
    with check.unchanged(X=X):
        X += 1
        X -= 1


def test_an_error_of_the_block_goes_before_the_change() -> None:
    X = np.zeros(3)
    with pytest.raises(KeyError), check.unchanged(X=X):
        X += 1
        raise KeyError
    with check.unchanged(X=X):
        pass


def test_a_change_in_another_process_counts_for_the_object_its_parts_and_its_views_only() -> None:
    X, other, params = np.zeros((4, 3)), np.zeros((4, 3)), {"W": np.ones(2)}
    with check.unchanged(X=X, params=params):
        check.note_changed(other)
    for changed in (X, X[1:], params, params["W"]):
        with (
            pytest.raises(CheckFailed, match="changed the input"),
            check.unchanged(X=X, params=params),
        ):
            check.note_changed(changed)
    check.note_changed(X)
    with check.unchanged(X=X):
        pass


# ---- exceptions and random inputs ----


def test_raises_accepts_the_exception_or_a_kind_of_it() -> None:
    check.raises(ValueError, int, "x")
    check.raises((KeyError, LookupError), [].pop)
    assert "but it returned a value" in failure(check.raises, ValueError, int, "1").symptom
    assert "but it raised TypeError" in failure(check.raises, ValueError, int, None).symptom


def test_raises_lets_errors_of_the_grader_through() -> None:
    def lost() -> None:
        raise HwlibError("the worker is gone")

    with pytest.raises(HwlibError, match="worker is gone"):
        check.raises(ValueError, lost)


@pytest.fixture
def no_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No seed in the environment."""
    monkeypatch.delenv("HWLIB_SEED", raising=False)


def draw() -> list[float]:
    """Two generators drawn from in one cell."""
    drawn: list[float] = []
    run_cell("drawn += [check.rng().random(), check.rng().random()]", drawn=drawn)
    return drawn


@pytest.mark.usefixtures("no_seed")
def test_random_inputs_are_fresh_without_a_seed_and_the_same_with_one() -> None:
    assert draw() != draw()
    with check.context(7):
        first = draw()
        assert draw() == first  # another cell: what ran before makes no difference
    assert first[0] != first[1]  # two calls in one cell are two generators
    with check.context(8):
        assert draw() != first


@pytest.mark.usefixtures("no_seed")
def test_the_environment_sets_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    with check.context(7):
        first = draw()
    monkeypatch.setenv("HWLIB_SEED", "7")
    assert draw() == first


def test_contexts_are_nested_and_each_keeps_what_was_noted_in_it() -> None:
    with check.context(seed=1) as outer:
        check.remark("outer")
        with check.context(seed=2) as inner:
            check.unique("student id", 12)
        check.unique("student id", 13)
    assert (outer.remarks, outer.unique) == (["outer"], {"student id": "13"})
    assert (inner.remarks, inner.unique) == ([], {"student id": "12"})


def test_a_failing_check_leaves_warnings_and_stderr_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        failure(
            check.close,
            [1e300, math.inf],
            [1e-300, 1.0],
            mistakes={"no": lambda: np.sqrt(np.array([-1.0, 1.0]))},
        )
        failure(check.close, [1e200, 1.0], [1e-200, 2.0])
    assert capfd.readouterr().err == ""


# ---- mistakes that have cost their points elsewhere ----


def test_a_mistake_that_is_paid_for_is_due_where_it_explains_the_result() -> None:
    squares = RIGHT**2
    assert check.due(squares, RIGHT, squares) is squares
    assert check.due(squares, RIGHT, lambda: 1 / 0, None, lambda: squares) is squares
    assert check.due(RIGHT, RIGHT, squares) is RIGHT
    for other in (RIGHT + 1, squares[0], "text", None):
        assert check.due(other, RIGHT, squares) is RIGHT


def test_a_tick_says_that_a_result_was_excused(
    shell_of_its_own: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = """
with check.part(1, "first"):
    check.close(found, check.due(found, [2.0], [4.0]))
with check.part(2, "second"):
    check.close([2.0], check.due([2.0], [2.0], [4.0]))
check.earned()
"""
    whole = 'check.close(found, check.due(found, [2.0], [4.0]))\ncheck.passed("It is right.")'
    for found, said in ([4.0], "no points are lost here"), ([2.0], "passed the checks"):
        shell_of_its_own.push({"check": check, "found": found})
        shell_of_its_own.run_cell(cell, store_history=True).raise_error()
        first, second, *_ = capsys.readouterr().out.splitlines()
        assert first.startswith(f"✓ first (1 point): {said}")
        assert second == "✓ second (2 points): passed the checks of this cell."
    for found, said in ([4.0], "No points are lost here, but"), ([2.0], "It is right."):
        shell_of_its_own.push({"found": found})
        shell_of_its_own.run_cell(whole, store_history=True).raise_error()
        assert capsys.readouterr().out.startswith(f"✓ {said}")
    # the cell stops between the two, and is run again when it is right
    stopped = whole.replace("\n", "\n1 / zero\n")
    shell_of_its_own.push({"found": [4.0], "zero": 0})
    assert not shell_of_its_own.run_cell(stopped, store_history=True).success
    shell_of_its_own.push({"found": [2.0], "zero": 1})
    capsys.readouterr()
    shell_of_its_own.run_cell(stopped, store_history=True).raise_error()
    assert capsys.readouterr().out.startswith("✓ It is right.")


def test_nothing_is_due_but_what_is_right_to_the_tolerance() -> None:
    assert check.due([2.0001], [1.0], [2.0]) == [1.0]
    assert check.due([2.0001], [1.0], [2.0], rtol=1e-3) == [2.0]
    assert check.due([1e-9], [1.0], [0.0], atol=1e-6) == [0.0]


def test_a_hint_is_that_of_the_values_when_the_check_failed() -> None:
    found, right = np.array([2.0, 6.0, 14.0]), np.array([1.0, 3.0, 7.0])
    told = failure(check.close, found, right)
    found[:], right[:] = 0.0, 5.0
    assert told.hint.startswith("Every value is exactly 2 times the right one")
    assert str(told).endswith(told.hint)


def test_a_check_that_is_only_tried_looks_for_no_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[None] = []
    monkeypatch.setattr(Close, "differ", _counting(Close.differ, asked))
    told = failure(check.close, [2.0, 6.0], [1.0, 3.0])
    assert len(asked) == 1
    assert told.hint and len(asked) > 1


def _counting(function: Any, calls: list[None]) -> Any:
    def counted(*arguments: Any) -> Any:
        calls.append(None)
        return function(*arguments)

    return counted


@given(st.integers(3, 8), st.integers(1, 4), st.floats(1.0, 9.0))
def test_a_loop_that_loses_a_term_of_a_sum_or_mean_is_named(n: int, d: int, divisor: float) -> None:
    terms = np.random.default_rng(n * d).normal(size=(n, d))
    known = check.of_terms(terms, one="song", divisor=divisor, plus=2.0)
    right = terms.sum(axis=0) / divisor + 2.0
    for lost, said in ((slice(None, -1), "Only the last"), (slice(1, None), "Only the first")):
        found = (terms.sum(axis=0) - terms[lost].sum(axis=0)) / divisor + 2.0
        assert failure(check.close, found, right, mistakes=known).hint.startswith(said)
    for kept, said in ((terms[:-1], "The last song is"), (terms[1:], "The first song is")):
        found = kept.sum(axis=0) / divisor + 2.0
        assert failure(check.close, found, right, mistakes=known).hint.startswith(said)


# what a slip makes of  a·b − c·d + e, and the words that name it
SLIPS: dict[str, Callable[..., Any]] = {
    "The term a · b is missing.": lambda a, b, c, d, e: -c * d + e,
    "The term c · d is added: it should be subtracted.": lambda a, b, c, d, e: a * b + c * d + e,
    "The term e is subtracted: it should be added.": lambda a, b, c, d, e: a * b - c * d - e,
    "The factor c is missing at d.": lambda a, b, c, d, e: a * b - d + e,
    "The factor b is there twice at a.": lambda a, b, c, d, e: a * b * b - c * d + e,
    "Here d is divided by c: the two are multiplied.": lambda a, b, c, d, e: a * b - d / c + e,
    "Here a and b are added: they are multiplied.": lambda a, b, c, d, e: a + b - c * d + e,
    "The term e is there by half.": lambda a, b, c, d, e: a * b - c * d + e / 2,
}


@pytest.mark.parametrize("said", SLIPS)
@given(st.integers(0, 10**6), st.integers(0, 4))
def test_a_wrong_term_or_factor_of_a_sum_is_named_and_a_right_one_is_not(
    said: str, seed: int, n: int
) -> None:
    rng = np.random.default_rng(seed)
    a, c = rng.uniform(0.1, 3, size=2)
    b, d, e = rng.normal(size=(3, n) if n else 3)
    known = check.of_sum({"a": a, "b": b}, {"e": e}, minus=[{"c": c, "d": d}])
    right, found = a * b - c * d + e, SLIPS[said](a, b, c, d, e)
    for hint, result in known.items():
        assert not np.allclose(result, right, rtol=1e-12, atol=0), hint
    if said in known:  # else another slip gives the same numbers
        assert failure(check.close, found, right, rtol=1e-12, mistakes=known).hint == said
    elif n > 1:
        raise AssertionError(f"numbers drawn by chance make it ambiguous: {known}")


def test_of_two_slips_that_give_the_same_the_likely_one_is_named_or_none() -> None:
    known = check.of_sum({"half": 0.5, "x": 3.0})
    assert "The factor half is missing at x." in known
    assert "The term half · x is there twice." not in known
    known = check.of_sum({"p": 2.0, "q": 2.0}, {"r": 1.0})
    assert not {"The factor p is missing at q.", "The factor q is missing at p."} & known.keys()
    assert check.of_sum({"nothing": 0.0}) == {}


@given(st.integers(0, 10**6), st.integers(0, 2), st.sampled_from(["start", "end"]))
def test_the_end_of_an_axis_that_is_never_filled_is_named(seed: int, axis: int, end: str) -> None:
    right = np.random.default_rng(seed).normal(size=(3, 2, 4))
    found = np.moveaxis(right.copy(), axis, 0)
    found[0 if end == "start" else -1] = 0.0
    told = failure(check.close, np.moveaxis(found, 0, axis), right).hint
    assert f"axis {axis} at its {end}" in told
    assert ("too late" in told) == (end == "start")


@given(st.integers(0, 10**6))
def test_a_mask_the_wrong_way_round_or_too_strict_is_named(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, mask = rng.uniform(1, 2, size=(4, 5)), rng.permutation(20).reshape(4, 5) % 3 == 0
    right = values * mask
    assert "wrong way round" in failure(check.close, values * ~mask, right).hint
    strict = mask & (np.cumsum(mask).reshape(mask.shape) % 2 == 0)  # not a whole row or column
    told = failure(check.close, values * strict, right).hint
    assert "too strict" in told or told.startswith(("The ", "All is right but"))  # whole lines
    assert "mask" not in failure(check.close, np.where(mask, 0, rng.normal()), right + 1).hint


@given(st.integers(2, 5), st.integers(2, 6))
def test_rounded_values_and_shares_that_do_not_add_up_are_named(digits: int, size: int) -> None:
    right = np.random.default_rng(size).uniform(0.1, 1, size=(size, size + 1))
    rounded = failure(check.close, np.round(right, digits), right, rtol=1e-9)
    assert f"rounded to {digits} decimals" in rounded.hint
    shares = right / right.sum(axis=1, keepdims=True)
    assert "Each row should add up to 1" in failure(check.close, np.sqrt(shares) + 1, shares).hint


@pytest.mark.parametrize(
    ("wrong", "fact"),
    [
        (lambda right: right.astype(np.float32), "float32"),
        (lambda right: right.round(3), "rounded to 3 decimals"),
        (lambda right: (100 * right).astype(np.uint8), "uint8"),
        (lambda right: 2 * right, ""),
        (lambda right: right - 1, ""),
    ],
)
def test_what_leaves_no_doubt_stands_before_the_hint_of_the_question(
    wrong: Callable[[Any], Any], fact: str
) -> None:
    right = np.random.default_rng(0).uniform(0.1, 1, size=(3, 4))
    told = failure(check.close, wrong(right), right, rtol=1e-9, hint="All three terms?").hint
    assert told.endswith("All three terms?") or "check.why" in told
    assert (fact in told) if fact else told == "All three terms?"
    named = {"Known.": wrong(right)}
    assert failure(check.close, wrong(right), right, rtol=1e-9, mistakes=named).hint == "Known."


@given(st.integers(3, 60), st.integers(1, 60), st.integers(2, 4))
def test_a_share_that_is_rounded_is_named(n: int, count: int, digits: int) -> None:
    right = (count % n) / n
    found = round(right, digits)
    assume(right > 0.1 and abs(found - right) > 1e-9 and round(found * 10**digits) % 10)
    assert f"rounded to {digits} decimals" in failure(check.close, found, right).hint


def test_a_wrong_number_is_seldom_taken_for_a_rounded_one() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.integers(1, 100, size=(1000, 2)) / 100 + [0, 1 / 300]
    told = [failure(check.close, found, right).hint for found, right in pairs]
    assert sum("rounded to" in hint for hint in told) < 20


@pytest.mark.parametrize(("shape", "said"), [((3,), "each of 3"), ((20, 20), "pair of 20")])
def test_a_square_matrix_of_another_kind_is_told_by_its_shape(
    shape: tuple[int, ...], said: str
) -> None:
    assert said in failure(check.close, np.ones(shape), np.eye(3) + 1.5).hint


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_axis_that_is_gone_is_told(axis: int) -> None:
    right = np.random.default_rng(0).normal(size=(3, 4, 5))
    told = failure(check.close, right.max(axis=axis), right).hint
    assert told.startswith(f"Axis {axis}, of length {right.shape[axis]}, is gone")
    assert failure(check.close, np.ones(3), np.eye(3) + 1.5).hint.startswith("There is one number")


def test_an_exception_of_another_kind_is_told_by_its_own_name() -> None:
    def cycle() -> None:
        raise KeyError("b")

    told = failure(check.raises, ValueError, cycle, hint="b and c wait for each other.")
    assert "it raised KeyError" in told.symptom and "raise ValueError" in told.hint
