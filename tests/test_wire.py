"""The wire carries plain values unchanged and refuses everything else without harm."""

from __future__ import annotations

import collections.abc
import itertools
import json
import socket
import struct
import time
import typing
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hwlib.errors import ConnectionClosed, DeadlinePassed, Unsendable, WireError
from hwlib.grading.sandbox.codec import Encoder
from hwlib.grading.sandbox.wire import Channel

TAGS = "array dict tuple <f8 int same mark fields matrix union hint".split()  # noqa: SIM905
DTYPES = st.sampled_from(
    ["?", "i1", "i2", "<i4", "i8", "u1", "u2", ">u4", "u8", "f2", "f4", "<f8", ">f8", "c8", "c16"]
)
ARRAYS = DTYPES.flatmap(
    lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.text()
    | st.binary(max_size=30)
    | st.complex_numbers()
)
KEYS = st.text() | st.integers() | st.booleans() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.frozensets(KEYS, max_size=3)
    ),
    max_leaves=12,
)


def exchange(value: Any) -> Any:
    left, right = socket.socketpair()
    with left, right:
        Channel(left).send({"value": value}, time.monotonic() + 5)
        return Channel(right).receive(time.monotonic() + 5)["value"]


def same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return (
            type(b) is np.ndarray
            and a.dtype == b.dtype
            and a.shape == b.shape
            and a.tobytes() == b.tobytes()
        )
    if type(a) is not type(b):
        return False
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (float, complex)):
        return repr(a) == repr(b)
    return bool(a == b)


@given(VALUES)
@settings(deadline=None)
def test_what_is_sent_is_what_arrives(value: Any) -> None:
    assert same(value, exchange(value))


@pytest.mark.parametrize(
    "value", [np.float32(1.5), np.int64(-3), np.bool_(True), np.complex64(1j), np.str_("é")]
)
def test_numpy_scalars_stay_numpy_scalars(value: Any) -> None:
    back = exchange(value)
    assert type(back) is type(value)
    assert back == value


@pytest.mark.parametrize(
    "value",
    [slice(1, None, 2), range(3, 9, 2), Ellipsis, np.array([["a", "bc"]]), "\ud800", {1, 2}],
)
def test_indices_and_texts_cross_too(value: Any) -> None:
    back = exchange(value)
    assert np.array_equal(back, value) if isinstance(value, np.ndarray) else back == value


def test_arrays_that_are_not_contiguous_arrive_whole_and_writable() -> None:
    value = np.arange(24.0).reshape(4, 6)[::2, ::-3].T
    back = exchange(value)
    assert np.array_equal(back, value)
    back[0, 0] = 7  # raises if read-only


def test_a_subclass_arrives_as_its_plain_base() -> None:
    class Sneaky(np.ndarray):
        def __eq__(self, other: object) -> Any:
            return True

        __hash__ = None

    back = exchange(np.arange(3).view(Sneaky))
    assert type(back) is np.ndarray
    assert type(exchange(np.ma.masked_array([1.0, 2.0], mask=[False, True]))) is np.ndarray


@pytest.mark.parametrize(
    "value",
    [
        object(),
        np.array([object()]),
        print,
        range(10**9),
        pytest.param(1 << 140_000, id="a large integer"),
    ],
)
def test_values_that_are_not_plain_are_not_sent(value: Any) -> None:
    with pytest.raises(WireError):
        exchange(value)


PEOPLE = np.array(
    [("Ada", 36, (1, 2)), ("Alan", 41, (3, 4))],
    dtype=[("name", "U10"), ("age", ">i4"), ("at", "f8", (2,))],
)


@pytest.mark.parametrize(
    "value",
    [
        PEOPLE,
        PEOPLE[1],
        PEOPLE.reshape(2, 1)[:, :0],
        PEOPLE.view(np.recarray),
        PEOPLE.view(np.recarray)[0],
        np.zeros(3, dtype=[("place", [("x", "i2"), ("y", "?")])]),
        np.array([[1, 2], [3, 4]]).view(np.matrix),
        np.zeros((0, 3)).view(np.matrix),
    ],
    ids=repr,
)
def test_kinds_of_arrays_stay_of_their_kind(value: Any) -> None:
    back = exchange(value)
    assert type(back) is type(value)
    assert (back.dtype, back.shape) == (value.dtype, value.shape)
    assert np.array_equal(back, value) if value.shape else back == value


@pytest.mark.parametrize(
    "text",
    [
        "list[int]",
        "dict[str, list[float]]",
        "tuple[int, ...]",
        "int | None",
        "list[int] | dict[str, bool]",
        "typing.Optional[int]",
        "typing.Union[int, str]",
        "typing.Any",
        "typing.List",
        "typing.List[int]",
        "typing.Dict[str, typing.Tuple[int, ...]]",
        "typing.Callable",
        "typing.Callable[[int, str], float]",
        "typing.Callable[..., typing.Any]",
        "typing.Literal['a', 1]",
        "typing.Iterable[float]",
        "collections.abc.Callable[[int], str]",
        "collections.abc.Mapping[str, int]",
        "type[int]",
    ],
)
def test_type_hints_cross(text: str) -> None:
    hint = eval(text, {"typing": typing, "collections": collections})  # noqa: S307
    assert exchange(hint) == hint


NESTED = st.recursive(
    st.integers() | st.text(max_size=3) | st.builds(np.arange, st.integers(0, 3)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(NESTED, min_size=1, max_size=4), st.lists(st.integers(0, 20), max_size=8))
@settings(deadline=None, max_examples=100)
def test_what_is_one_object_stays_one_object(values: list[Any], places: list[int]) -> None:
    parts = list(containers(values))
    value = [values, *(parts[place % len(parts)] for place in places)]
    back = exchange(value)
    mine, theirs = list(containers(value)), list(containers(back))
    assert [type(one) for one in mine] == [type(one) for one in theirs]
    for i, j in itertools.combinations(range(min(len(mine), 12)), 2):
        assert (mine[i] is mine[j]) == (theirs[i] is theirs[j])


def containers(value: Any) -> Iterator[Any]:
    """All lists, dicts and arrays in a value, as often as they occur."""
    if isinstance(value, (list, dict, np.ndarray)):
        yield value
    if isinstance(value, (list, tuple, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from containers(part)


def test_a_value_that_doubles_again_and_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    value: list[Any] = []
    for _ in range(40):
        value = [value, value]
    with pytest.raises(Unsendable, match="more than"):
        exchange(value)
    monkeypatch.setattr(Encoder, "_count", lambda encoder, number: None)  # a hostile sender
    with pytest.raises(WireError, match="too many values"):
        exchange(value)


@pytest.mark.parametrize(
    "value", [[0.5] * 1_000_000, set(range(999_500)), dict.fromkeys(range(500_000))], ids=type
)
def test_what_the_other_side_would_refuse_is_not_sent(value: Any) -> None:
    with pytest.raises(Unsendable, match="more than 999,000 values"):
        Encoder(lambda value, encoder, depth: None).part(value)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(WireError, match="nested"):
        exchange(loop)


def frame(message: Any, buffers: list[int], raw: bytes = b"") -> bytes:
    header = json.dumps({"b": buffers, "m": message}).encode()
    return struct.pack(">I", len(header)) + header + raw


def array(shape: list[Any], dtype: Any = "<f8", index: Any = 0) -> dict[str, Any]:
    return {"value": {"t": "array", "d": dtype, "s": shape, "b": index}}


@pytest.mark.parametrize(
    "data",
    [
        frame(array([10**6, 10**6]), [8], b"x" * 8),  # a terabyte announced, eight bytes sent
        frame(array([2**40, 2**40]), [8 * 2**80], b""),
        frame(array([-1, -1]), [8], b"x" * 8),
        frame(array([1.0]), [8], b"x" * 8),
        frame(array([1], "|O"), [8], b"x" * 8),
        frame(array([1], "<f16"), [16], b"x" * 16),
        frame(array([1], ["<f8"]), [8], b"x" * 8),
        frame(array([1], index=1), [8], b"x" * 8),
        frame(array([1], index=-1), [8], b"x" * 8),
        frame(array([1], index=True), [8], b"x" * 8),
        frame({"value": {"t": "__class__", "v": []}}, []),
        frame({"value": {"t": "buffer", "b": 0}}, [1], b"x"),
        frame({"value": {"t": "pickle", "v": "gASV"}}, []),
        frame({"value": {"t": "dict", "v": [[[], 1]]}}, []),
        frame({"value": {"t": "dict", "v": [1]}}, []),
        frame({"value": {"t": "set", "v": [[]]}}, []),
        frame({"value": {"t": "int", "v": "9" * 5000}}, []),
        frame({"value": {"t": "range", "v": [0, 1, 0]}}, []),
        frame({"value": {"t": "text", "s": [3], "v": ["a"]}}, []),
        frame(array([1], "|S0"), [0]),
        frame(array([10**9, 0]), [0]),
        frame({"value": [array([1])["value"]] * 2}, [8], b"x" * 8),  # the same bytes twice
        frame({"value": {"t": "range", "v": [0, 10**12, 1]}}, []),
        frame({"value": {"t": "int", "v": "0x" + "f" * 40_000}}, []),
        frame({"value": {"t": "decimal", "v": "1e999999"}}, []),
        frame({"value": {"t": "fraction", "v": [1, 0]}}, []),
        frame({"value": {"t": "fraction", "v": [1.0, 2]}}, []),
        frame({"value": {"t": "date", "v": [2026, 13, 1]}}, []),
        frame({"value": {"t": "timedelta", "v": [10**12, 0, 0]}}, []),
        frame({"value": {"t": "deque", "v": [], "m": -1}}, []),
        frame({"value": {"t": "defaultdict", "f": 3, "v": []}}, []),
        frame({"value": {"t": "type", "n": "os.system"}}, []),
        frame({"value": {"t": "dtype", "d": "|O8,|O8"}}, []),
        frame({"value": {"t": "typed", "c": "u", "b": 0}}, [4], b"abcd"),
        frame({"value": {"t": "same", "i": 0}}, []),
        frame({"value": [{"t": "mark", "i": "a"}, 1]}, []),
        frame({"value": [{"t": "mark", "i": 0}, {"t": "same", "i": 0}]}, []),
        frame({"value": [[{"t": "mark", "i": 0}], [{"t": "mark", "i": 0}]]}, []),
        frame({"value": {"t": "tuple", "v": [], "=": 0}}, []),
        frame({"value": {"t": "matrix", "v": [1]}}, []),
        frame({"value": {"t": "masked", "v": array([1])["value"], "m": None}}, [8], b"x" * 8),
        frame({"value": {"t": "fields", "s": [1], "n": ["x"], "w": [0], "v": [[1]]}}, []),
        frame({"value": {"t": "fields", "s": [], "n": [], "w": [], "v": []}}, []),
        frame(
            {
                "value": {
                    "t": "fields",
                    "s": [1],
                    "n": ["x"],
                    "w": [10**12],
                    "v": [{"t": "text", "s": [1], "v": ["a"]}],
                }
            },
            [],
        ),
        frame({"value": {"t": "generic", "o": 3, "v": []}}, []),
        frame({"value": {"t": "generic", "c": "os", "v": []}}, []),
        frame({"value": {"t": "union", "v": [1, 2]}}, []),
        frame({"value": {"t": "hint", "n": "get_type_hints", "v": []}}, []),
        frame({"value": {"t": "hint", "n": "List", "v": [{"t": "dict", "v": []}]}}, []),
        frame({"value": {}}, []),
        frame([1], []),
        frame({}, [-1]),
        frame({}, [2**50]),
        struct.pack(">I", 2**32 - 1),
        struct.pack(">I", 4) + b"nope",
        struct.pack(">I", 20) + b'{"b":[],"m":{"v":NaN}}',
        (lambda deep: struct.pack(">I", len(deep)) + deep)(
            b'{"b":[],"m":{"v":' + b"[" * 50_000 + b"]" * 50_000 + b"}}"
        ),
    ],
)
def test_lying_frames_are_refused_before_memory_is_taken(data: bytes) -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(data)
        left.close()
        with pytest.raises(WireError):
            Channel(right).receive(time.monotonic() + 5)


def test_half_a_frame_is_a_closed_connection_and_silence_a_passed_deadline() -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(frame({"value": 1}, [])[:-3])
        with pytest.raises(DeadlinePassed):
            Channel(right).receive(time.monotonic() + 0.05)
    left, right = socket.socketpair()
    with right:
        left.sendall(frame({"value": 1}, [])[:-3])
        left.close()
        with pytest.raises(ConnectionClosed):
            Channel(right).receive(time.monotonic() + 5)


@given(
    st.binary(max_size=300)
    | st.builds(
        frame,
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(TAGS),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.sampled_from("tvdsbgxinw="), inner, max_size=6)
            ),
            max_leaves=20,
        ),
        st.lists(st.integers(-2, 40), max_size=3),
        st.binary(max_size=60),
    )
)
@settings(deadline=None, max_examples=300)
def test_any_bytes_give_values_or_a_wire_error(data: bytes) -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(data)
        left.close()
        channel = Channel(right)
        for _ in range(3):
            try:
                assert isinstance(channel.receive(time.monotonic() + 5), dict)
            except WireError:
                break
