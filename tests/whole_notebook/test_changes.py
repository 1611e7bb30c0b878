"""What student code changes in the arguments of a test counts as in a notebook, and never shows
after the test.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from courses import hand_in, make_assignment, with_code
from hypothesis import given, settings
from hypothesis import strategies as st

from hwlib.errors import WireError
from hwlib.grading import grade_assignment
from hwlib.grading.engines.arguments import Arguments
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.sandbox.changes import Held, Snapshot
from hwlib.grading.sandbox.codec import Decoder, Encoder

# ---- any change, in any values -------------------------------------------------------------------


class Given:
    """As a class of a setup cell."""

    def __init__(self, left: Any, right: Any) -> None:
        self.left, self.right = left, right


class Slotted:
    __slots__ = ("left", "right")

    def __init__(self, left: Any, right: Any) -> None:
        self.left, self.right = left, right


COPIED = {Given, Slotted}
PLAIN = st.one_of(st.integers(-3, 3), st.floats(allow_nan=True), st.text(max_size=2), st.none())
ARRAYS = st.builds(
    np.ones,
    st.lists(st.integers(0, 3), max_size=2).map(tuple),
    st.sampled_from(["f8", "i4", "b1", "c16", "U2", "M8[s]"]),
)
VALUES = st.recursive(
    st.one_of(PLAIN, ARRAYS, st.sets(st.integers(0, 5), max_size=3)),
    lambda parts: st.one_of(
        st.lists(parts, max_size=3),
        st.dictionaries(st.one_of(st.integers(0, 3), st.text(max_size=1)), parts, max_size=3),
        st.tuples(parts, parts),
        st.builds(Given, parts, parts),
        st.builds(Slotted, parts, parts),
    ),
    max_leaves=12,
)


def objects_in(value: Any, found: list[Any]) -> list[Any]:
    """All that can change in a value, each once, in the order of the first meeting."""
    if any(value is one for one in found):
        return found
    if isinstance(value, (list, dict, set, np.ndarray, Given, Slotted)):
        found.append(value)
    if isinstance(value, (list, tuple)):
        parts: Any = value
    elif isinstance(value, dict):
        parts = value.values()
    else:
        parts = (value.left, value.right) if isinstance(value, (Given, Slotted)) else ()
    for part in parts:
        objects_in(part, found)
    return found


def change(target: Any, new: Any, how: int) -> None:
    """One of the ways to change an object in place."""
    if isinstance(target, np.ndarray):
        flat = target.reshape(-1)
        if len(flat):
            flat[how % len(flat)] = "zz" if target.dtype.kind == "U" else 0
    elif isinstance(target, set):
        target ^= {how}
    elif isinstance(target, list):
        ways: list[Any] = [
            lambda: target.append(new),
            target.clear,
            target.reverse,
            lambda: target.__setitem__(slice(0, 1), [new, new]),
        ]
        ways[how % len(ways)]()
    elif isinstance(target, dict):
        ways = [
            lambda: target.update({how: new}),
            target.clear,
            lambda: target.update(dict.fromkeys(target, new)),
            lambda: target.pop(next(iter(target), None), None),
        ]
        ways[how % len(ways)]()
    elif how % 3 == 0:
        target.left, target.right = target.right, target.left
    else:
        target.left = new


def picture(value: Any) -> Any:
    """A value as a text in which each object that can change has a number."""
    numbers: dict[int, int] = {}
    kept: list[Any] = []

    def draw(one: Any) -> Any:
        if isinstance(one, (list, dict, set, np.ndarray, Given, Slotted)):
            if id(one) in numbers:
                return f"#{numbers[id(one)]}"
            numbers[id(one)] = len(numbers)
            kept.append(one)
        if isinstance(one, np.ndarray):
            return f"{one.dtype}{one.shape}{one.tolist()!r}"
        if isinstance(one, (list, tuple)):
            return [type(one).__name__, *map(draw, one)]
        if isinstance(one, dict):
            return ["dict", *((key, draw(item)) for key, item in one.items())]
        if isinstance(one, (Given, Slotted)):
            return [type(one).__name__, draw(one.left), draw(one.right)]
        return repr(sorted(one)) if isinstance(one, set) else f"{type(one).__name__} {one!r}"

    return repr(draw(value))


def across(value: Any) -> Any:
    """What arrives on the other side of a message."""
    encoder = Encoder(lambda value, encoder, depth: None)
    data = encoder.part(value)
    buffers = [np.frombuffer(bytes(one), np.uint8).copy() for one in encoder.buffers]

    def refuse(*_: Any) -> Any:
        raise WireError("an unknown tag")

    return Decoder(buffers, refuse).part(data)


def no_reason(reason: str) -> None:
    raise AssertionError(reason)


@settings(max_examples=300, deadline=None)
@given(
    args=st.lists(VALUES, min_size=1, max_size=3),
    changes=st.lists(
        st.tuples(
            st.integers(0, 20),
            st.one_of(PLAIN, ARRAYS, st.lists(PLAIN, max_size=2)),
            st.integers(0, 20),
        ),
        max_size=4,
    ),
    aliased=st.booleans(),
)
def test_the_tests_own_objects_change_as_the_copies_did_and_are_as_before_at_the_end(
    args: list[Any], changes: list[tuple[int, Any, int]], aliased: bool
) -> None:
    if aliased:
        args = [*args, args[0]]
    before = picture(args)
    theirs = copy.deepcopy(args)  # what the worker has
    snapshot = Snapshot(theirs, COPIED)
    for target, new, how in changes:
        objects = objects_in(theirs, [])[1:]  # not the list of arguments itself
        if objects:
            change(objects[target % len(objects)], new, how)
    contents = across(snapshot.contents())
    arguments = Arguments(no_reason)
    arguments.begin(in_place=True)
    arguments.take({"changed": contents} if contents else {}, {"args": args, "kwargs": {}})
    if not any(isinstance(new, np.ndarray | list) for _, new, _ in changes):
        assert picture(args) == picture(theirs)  # with the same objects in the same places
    assert arguments.changed or picture(theirs) == before
    arguments.end()
    assert picture(args) == before


@pytest.mark.parametrize("nan", [float("nan"), np.nan])
def test_what_is_put_back_as_it_was_is_no_change(nan: float) -> None:
    values = [1000, "text", nan]
    before = Snapshot([values, {"a": values}])
    values[0], values[1] = int("1000"), "te" + "xt"
    assert before.changed() == []


# ---- what a hostile worker says ------------------------------------------------------------------

LIES: list[Any] = [
    None,
    7,
    {"a": 1},
    [7],
    [[]],
    [[[0]]],
    [[[0], None]],
    [[[0], ["array", None]]],
    [[[0], ["array", np.zeros(3)]]],
    [[[0], ["array", np.zeros((2, 2, 1))]]],
    [[[0], ["array", np.array([[None, 1], [2, 3]], dtype=object)]]],
    [[[1], ["items", 3]]],
    [[[1], ["items", [3]]]],
    [[[1], ["items", [[0, [99]]]]]],
    [[[1], ["items", [[2, 3]]]]],
    [[[1], ["items", [[2, [[0, [99]]]]]]]],
    [[[1], ["items", [[0, [2, ["__class__"]]]]]]],
    [[[2], ["attributes", [["__class__", [1, 3]]]]]],
    [[[2], ["attributes", [["__dict__", [1, {}]]]]]],
    [[[2, ["__dict__"]], ["pairs", []]]],
    [[[2, ["danger"]], ["items", []]]],
    [[[3], ["attributes", [["other", [1, 3]]]]]],
    [[[4], ["array", np.zeros(2)]]],
    [[[-9], ["items", []]]],
    [[["x"], ["items", []]]],
    [[[0, 0], ["array", np.zeros(2)]]],
    [[[5], ["items", []]]],
]


class Careful:
    """An object of the test's whose code must not run."""

    ran = False

    def __init__(self) -> None:
        self.content = [1]

    @property
    def danger(self) -> list[int]:
        type(self).ran = True
        return self.content

    def __setattr__(self, name: str, value: Any) -> None:
        if "content" in vars(self):
            type(self).ran = True
        super().__setattr__(name, value)


@pytest.mark.parametrize("lie", LIES, ids=range(len(LIES)))
def test_a_lie_about_changes_is_refused_and_changes_nothing(lie: Any) -> None:
    read_only = np.ones(2)
    read_only.flags.writeable = False
    args: list[Any] = [np.ones((2, 2)), [1, 2], Careful(), Slotted(1, 2), read_only, ("a", 1)]
    before = copy.deepcopy([args[0], args[1], vars(args[2]), args[3].left, read_only, args[5]])
    noted: list[str] = []
    arguments = Arguments(noted.append)
    arguments.begin(in_place=True)
    refused = False
    try:
        arguments.take({"changed": lie}, {"args": args})
    except WireError:
        refused = True
    arguments.end()
    assert refused or noted, "taken for a truth"
    after = [args[0], args[1], vars(args[2]), args[3].left, read_only, args[5]]
    assert repr(after) == repr(before) and not Careful.ran


def test_arguments_of_a_call_that_was_not_made_are_refused() -> None:
    arguments = Arguments(no_reason)
    arguments.begin(in_place=False)
    arguments.take({"held": 1}, {"args": [[1]], "kwargs": {}})
    arguments.take_later([[1, [[0]]]])
    assert arguments.changed
    for lie in ([[2, [[0]]]], [["1", [[0]]]], [[1]], 3):
        with pytest.raises(WireError):
            arguments.take_later(lie)


# ---- verdicts ------------------------------------------------------------------------------------

SETUP = "import numpy as np\n\nDATA = [3, 1, 2]\nTABLE = np.ones((2, 3))\n"
PURE = "def {name}(x):\n    return sorted(x)\n"
IN_PLACE = "def {name}(x):\n    x.sort()\n    return x\n"
NOTHING = "def {name}(x):\n    return list(x)\n"

# question → (the course's solution, the test)
QUESTIONS = {
    "kept": (PURE, "x = [3, 1, 2]\nassert kept(x) == [1, 2, 3]\nassert x == [3, 1, 2]\n"),
    "kept_data": (PURE, "assert kept_data(DATA) == [1, 2, 3] and DATA == [3, 1, 2]\n"),
    "unread": (PURE, "assert unread([3, 1, 2]) == [1, 2, 3]\nassert DATA == [3, 1, 2]\n"),
    "asked": (IN_PLACE, "x = [3, 1, 2]\nasked(x)\nassert x == [1, 2, 3]\n"),
    "asked_data": (IN_PLACE, "asked_data(DATA)\nassert DATA == [1, 2, 3]\n"),
    "only": (NOTHING, "x = [3, 1, 2]\nassert only(x) == x\n"),
    "raised": (
        PURE + "    raise\n",
        "x = [3, 1, 2]\ntry:\n    raised(x)\nexcept RuntimeError:\n    pass\n"
        "assert x == [3, 1, 2]\n",
    ),
    "data": ("def {name}(x):\n    return x\n", "assert DATA == [3, 1, 2] == data(DATA)\n"),
}
RAISES = "def {name}(x):\n    x.sort()\n    raise RuntimeError('no')\n"
VERDICTS = {  # question → (pure, in place, nothing): as in a notebook, or a human decides
    "kept": ("passed", "failed", "failed"),
    "kept_data": ("passed", "failed", "failed"),
    "unread": ("passed", "passed", "failed"),
    "asked": ("failed", "passed", "failed"),
    "asked_data": ("failed", "passed", "failed"),
    "only": ("failed", "manual", "passed"),
}


@needs.linux
def test_points_are_those_of_a_notebook_and_no_change_outlives_its_test(tmp_path: Path) -> None:
    cells = [f"# %% [markdown]\n# # Changes\n# Each.\n\n# %% setup\n{SETUP}"]
    for name, (solution, test) in QUESTIONS.items():
        code = solution.format(name=name).replace("    return sorted(x)\n    raise", "    raise")
        cells += [
            f'# %% solution="{name}"\n### BEGIN SOLUTION\n{code}### END SOLUTION\n',
            f'# %% test="{name}" points=1\n{test}',
        ]
    toml = f'title = "Changes"\npoints = {len(QUESTIONS)}\nminutes = 1\n'
    assignment = make_assignment(tmp_path, "changes", "\n".join(cells), toml)
    reference = reference_notebook(assignment)
    codes = {"pure": PURE, "in_place": IN_PLACE, "nothing": NOTHING}
    for student, code in codes.items():
        named = {name: code.format(name=name) for name in VERDICTS}
        code_of = {**named, "raised": RAISES.format(name="raised")}
        hand_in(assignment, student, json.dumps(with_code(reference, code_of)))
    hand_in(assignment, "reference", json.dumps(reference))

    def graded() -> dict[str, dict[str, str]]:
        report = grade_assignment(assignment, tmp_path / "submitted", tmp_path)
        assert report.complaints == ()
        return {
            one.student: {question.id: question.status for question in one.questions}
            for one in report.submissions
        }

    first = graded()
    assert set(first["reference"].values()) == {"passed"}
    for name, expected in VERDICTS.items():
        assert tuple(first[student][name] for student in codes) == expected, name
    assert all(first[student]["raised"] == "failed" for student in codes)
    assert all(first[student]["data"] == "passed" for student in codes)
    # the next run knows from the first which arguments may change
    changed = with_code(reference, {"kept": IN_PLACE.format(name="kept")})
    hand_in(assignment, "late", json.dumps(changed))
    late = graded()["late"]
    assert (late["kept"], late["asked"], late["asked_data"]) == ("failed", "passed", "passed")


@needs.linux
def test_students_read_that_they_changed_an_argument(tmp_path: Path) -> None:
    cells = (
        f"# %% [markdown]\n# # Told\n# Once.\n\n# %% setup\n{SETUP}\n"
        f'# %% solution="kept"\n### BEGIN SOLUTION\n{PURE.format(name="kept")}### END SOLUTION\n\n'
        f'# %% test="kept" points=1\n{QUESTIONS["kept"][1]}'
    )
    toml = 'title = "Told"\npoints = 1\nminutes = 1\n'
    assignment = make_assignment(tmp_path, "told", cells, toml)
    reference = reference_notebook(assignment)
    changed = with_code(reference, {"kept": IN_PLACE.format(name="kept")})
    hand_in(assignment, "somebody", json.dumps(changed))
    (one,) = grade_assignment(assignment, tmp_path / "submitted", tmp_path).submissions
    assert one.questions[0].status == "failed"
    assert one.questions[0].hint.startswith("Your code changes an argument")


# ---- arguments that student code keeps -----------------------------------------------------------


def numbers() -> list[Any]:
    return [[1, 2], np.zeros(3), {"a": np.zeros(2)}, (np.zeros(2), [1]), [[np.zeros(1)]]]


KEEPS: dict[str, Callable[[list[Any]], Any]] = {
    "nothing": lambda one: None,
    "a list": lambda one: one[0],
    "a view of an array": lambda one: one[1][1:],
    "an array in a dict": lambda one: one[2]["a"],
    "a tuple with an array": lambda one: one[3],
    "a list in a tuple": lambda one: one[3][1],
    "a list in a list": lambda one: one[4][0],
}


def tensors() -> list[Any]:
    import torch

    weight = torch.nn.Parameter(torch.ones(2, 2))
    (2 * weight).sum().backward()
    return [torch.zeros(3), {"w": weight}, torch.arange(3)]


TENSOR_KEEPS: dict[str, Callable[[list[Any]], Any]] = {
    "nothing": lambda one: None,
    "a tensor": lambda one: one[0],
    "a view": lambda one: one[0][1:],
    "its data": lambda one: one[0].data,
    "its memory": lambda one: one[0].numpy(),
    "a parameter": lambda one: one[1]["w"],
    "what a parameter shares": lambda one: one[1]["w"].detach(),
    "a gradient": lambda one: one[1]["w"].grad,
    "a view of a gradient": lambda one: one[1]["w"].grad.view(-1),
}


@pytest.mark.parametrize("what", KEEPS)
def test_a_snapshot_finds_who_still_holds_an_argument(what: str) -> None:
    assert_found(numbers(), KEEPS[what])


@needs.installed("torch")
@pytest.mark.parametrize("what", TENSOR_KEEPS)
def test_a_snapshot_finds_who_still_holds_a_tensor(what: str) -> None:
    assert_found(tensors(), TENSOR_KEEPS[what])


def assert_found(args: list[Any], keep: Callable[[list[Any]], Any]) -> None:
    snapshot = Snapshot(args)
    kept = keep(args)
    assert snapshot.is_held() == snapshot.is_held_by_others() == (kept is not None)
    del kept
    assert not snapshot.is_held()
    assert not snapshot.is_held_by_others()


@needs.installed("torch")
def test_tensors_are_compared_where_their_numbers_are_now() -> None:
    import torch

    square, weight = torch.arange(4.0).reshape(2, 2), torch.nn.Parameter(torch.ones(2))
    snapshot = Snapshot([square, [weight]])
    assert snapshot.changed() == []
    square.t_()  # the same shape and memory, read in another way
    assert snapshot.changed() == [[0]]
    square.t_()
    weight.data = torch.zeros(2)
    assert snapshot.changed() == [[1, 0]]
    weight.data = torch.ones(2)
    weight.grad = torch.zeros(2)
    assert snapshot.changed() == [[1, 0]]
    snapshot.renew()
    assert snapshot.changed() == []
    weight.grad += 1
    assert snapshot.changed() == [[1, 0]]


@needs.installed("torch")
def test_only_of_arrays_is_it_known_that_nobody_can_reach_them() -> None:
    import torch

    assert not Snapshot([torch.zeros(3)]).is_out_of_reach()
    assert not Snapshot([(np.zeros(3), 1)]).is_out_of_reach()  # whoever has the tuple
    assert Snapshot([np.zeros(3), 2.0]).is_out_of_reach()


def test_arguments_that_nobody_keeps_are_let_go() -> None:
    held, kept = Held(), [[0, 0]]

    def call(args: list[Any]) -> dict[str, Any]:
        return held.add(Snapshot([*args]))

    told = [call([[number]]) for number in range(64)]
    told += [call([kept[0]]) for _ in range(100)]
    dropped = [number for one in told for number in one.get("dropped", ())]
    assert dropped == list(range(1, 65))
    kept[0].append(1)
    assert held.end() == [[number, [[0]]] for number in range(65, 165)]
    assert held.end() == []


def test_large_arguments_that_student_code_keeps_have_a_limit() -> None:
    held, kept = Held(), list[Any]()
    for _ in range(12):  # 384 MB
        kept.append(np.zeros(2**22))
        held.add(Snapshot([kept[-1]]))
    for array in kept:
        array[0] = 1
    found = held.end()
    assert 1 <= len(found) <= 8 and found[-1][0] == 12
