"""Model files: what is saved comes back, and nothing else than that is read, however it is dressed
up.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import needs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from safetensors.numpy import save

import hwlib
from hwlib import models
from hwlib.errors import HwlibError, ModelError
from hwlib.models import load_model, looking_in, save_model


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test works in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


FINITE = {
    bits: st.floats(width=bits, allow_nan=False, allow_infinity=False) for bits in (16, 32, 64)
}


@settings(deadline=None, max_examples=30)
@given(data=st.data(), bits=st.sampled_from([16, 32, 64]))
def test_what_is_saved_comes_back_as_float64_in_the_same_order(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, bits: int
) -> None:
    names = data.draw(
        st.lists(
            st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    shapes = array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    saved = {
        name: data.draw(arrays(f"float{bits}", shapes, elements=FINITE[bits])) for name in names
    }
    os.chdir(tmp_path_factory.mktemp("saved"))
    save_model(saved, "model")
    loaded = load_model("model")
    assert list(loaded) == names
    for name, array in saved.items():
        assert loaded[name].dtype == np.float64
        np.testing.assert_array_equal(loaded[name], array.astype(np.float64))
        assert loaded[name].flags.writeable


def test_it_is_reached_from_the_package_and_returns_where_it_wrote(folder: Path) -> None:
    path = hwlib.save_model({"W": np.eye(2)}, "best_softmax")
    assert path == folder / "best_softmax.safetensors"
    for place in ("best_softmax", "best_softmax.safetensors", path, str(path)):
        assert (hwlib.load_model(place)["W"] == np.eye(2)).all()


def test_the_file_says_what_wrote_it_and_other_tools_can_read_it() -> None:
    from safetensors import safe_open

    save_model({"W": np.eye(2, dtype=np.float16), "b": np.zeros(())}, "model")
    with safe_open("model.safetensors", "numpy") as file:
        assert file.metadata() == {
            "hwlib": hwlib.__version__,
            "kind": "arrays",
            "shapes": '{"W": [2, 2], "b": []}',
        }
        assert file.get_tensor("W").dtype == np.float16


@pytest.mark.parametrize(
    "layout",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(12.0).reshape(2, 6)[:, ::2],
        np.arange(6.0).reshape(2, 3).astype(">f8"),
        np.arange(6.0).reshape(3, 2).T,
    ],
)
def test_every_memory_layout_is_saved_as_it_looks(layout: NDArray[Any]) -> None:
    save_model({"W": layout}, "model")
    np.testing.assert_array_equal(load_model("model")["W"], layout)


def test_an_older_file_is_replaced_whole_or_not_at_all(folder: Path) -> None:
    save_model({"W": np.zeros(2)}, "model")
    with pytest.raises(ModelError):
        save_model({"W": np.array([np.nan])}, "model")
    assert (load_model("model")["W"] == 0).all()
    save_model({"W": np.ones(2)}, "model")
    assert [path.name for path in folder.iterdir()] == ["model.safetensors"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../best",
        "a/b",
        "/tmp/best",
        "best.safetensors",
        ".hidden",
        "a b",
        "-o",
        "é",
        "a" * 101,
        "C:best",
        None,
        3,
    ],
)
def test_only_plain_names_can_be_saved(folder: Path, name: Any) -> None:
    with pytest.raises(ModelError, match="letters, digits"):
        save_model({"W": np.zeros(1)}, name)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "at least one entry"),
        ([np.zeros(1)], "expected a dict"),
        ({"W": np.array([1, 2])}, "astype"),
        ({"W": np.array(["a"])}, "dtype"),
        ({"W": np.array([object()])}, "dtype"),
        ({"W": [1.0, 2.0]}, "expected an array"),
        ({"W": lambda: None}, "expected an array"),
        ({1: np.zeros(1)}, "a name for its array"),
        ({"__metadata__": np.zeros(1)}, "a name for its array"),
        ({"W": np.array([np.inf])}, "NaN or infinite"),
        ({"W": np.zeros((1,) * 9)}, "8 dimensions"),
        ({f"W{i}": np.zeros(1) for i in range(1001)}, "1001 arrays"),
        ({"W": np.broadcast_to(np.float16(0), (8000, 8000))}, "64,000,000 numbers"),
    ],
)
def test_what_is_no_model_is_not_saved(folder: Path, arrays: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        save_model(arrays, "model")
    assert not list(folder.iterdir())


def test_a_missing_file_is_said_with_the_call_that_makes_it() -> None:
    with pytest.raises(
        ModelError,
        match=r"best_softmax.safetensors is missing; make it with hwlib.save_model\(…, "
        r'"best_softmax"\)',
    ):
        load_model("best_softmax")
    assert issubclass(ModelError, HwlibError)


# ---- files that lie ----


def with_header(header: object, content: bytes = b"", length: int | None = None) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + content


def described(shape: list[int], begin: int = 0, end: int = 8, dtype: str = "F64") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def metadata(**shapes: Any) -> dict[str, str]:
    return {"hwlib": "0.1.0", "kind": "arrays", "shapes": json.dumps(shapes)}


NAN = struct.pack("<d", float("nan"))
LIES = {
    "empty": b"",
    "seven bytes": b"1234567",
    "a header longer than the file": with_header({}, length=10**6),
    "a header of 2^63 bytes": with_header({}, length=2**63),
    "a header that is no JSON": with_header(b"\xff\xfe{"),
    "a header nested 100,000 deep": with_header(b"[" * 100_000),
    "a header that is a list": with_header([]),
    "no kind": with_header(
        {"__metadata__": {"shapes": '{"W": [1]}'}, "W": described([1])}, bytes(8)
    ),
    "another kind": with_header(
        {"__metadata__": {**metadata(W=[1]), "kind": "module"}, "W": described([1])}, bytes(8)
    ),
    "a kind that is no text": with_header(
        {"__metadata__": {**metadata(W=[1]), "kind": ["arrays"]}, "W": described([1])}, bytes(8)
    ),
    "no arrays": with_header({"__metadata__": metadata()}),
    "no shape": with_header({"__metadata__": metadata(W=[1]), "W": {"dtype": "F64"}}, bytes(8)),
    "an entry that is no dict": with_header({"__metadata__": metadata(W=[1]), "W": 3}, bytes(8)),
    "two shapes": with_header({"__metadata__": metadata(W=[2]), "W": described([1])}, bytes(8)),
    "an array that only one of the two lists has": with_header(
        {"__metadata__": metadata(W=[1], b=[1]), "W": described([1])}, bytes(8)
    ),
    "shapes that are no JSON": with_header(
        {"__metadata__": {**metadata(), "shapes": "[" * 5000}, "W": described([1])}, bytes(8)
    ),
    "a name twice": with_header(
        json.dumps({"__metadata__": metadata(W=[1]), "V": described([1]), "W": described([1])})
        .encode()
        .replace(b'"V"', b'"W"'),
        bytes(8),
    ),
    "integers": with_header(
        {"__metadata__": metadata(W=[1]), "W": described([1], dtype="I64")}, bytes(8)
    ),
    "an unknown dtype": with_header(
        {"__metadata__": metadata(W=[1]), "W": described([1], dtype="O")}, bytes(8)
    ),
    "a dtype that is a list": with_header(
        {"__metadata__": metadata(W=[1]), "W": {**described([1]), "dtype": ["F64"]}}, bytes(8)
    ),
    "a negative dimension": with_header(
        {"__metadata__": metadata(W=[-1]), "W": described([-1])}, bytes(8)
    ),
    "true for a dimension": with_header(
        {"__metadata__": metadata(W=[True]), "W": described([True])}, bytes(8)
    ),
    "a terabyte": with_header(
        {"__metadata__": metadata(W=[2**37]), "W": described([2**37], 0, 2**40)}, bytes(8)
    ),
    "a product that overflows": with_header(
        {"__metadata__": metadata(W=[2**32, 2**32]), "W": described([2**32, 2**32])}, bytes(8)
    ),
    "many dimensions": with_header(
        {"__metadata__": metadata(W=[1] * 40), "W": described([1] * 40)}, bytes(8)
    ),
    "more numbers than bytes": with_header(
        {"__metadata__": metadata(W=[2]), "W": described([2])}, bytes(8)
    ),
    "content that was cut off": with_header(
        {"__metadata__": metadata(W=[1]), "W": described([1])}, bytes(7)
    ),
    "more content than arrays": with_header(
        {"__metadata__": metadata(W=[1]), "W": described([1])}, bytes(9)
    ),
    "arrays that overlap": with_header(
        {"__metadata__": metadata(W=[1], b=[1]), "W": described([1]), "b": described([1])}, bytes(8)
    ),
    "offsets that run backwards": with_header(
        {"__metadata__": metadata(W=[1]), "W": described([1], 8, 0)}, bytes(8)
    ),
    "negative offsets": with_header(
        {"__metadata__": metadata(W=[1]), "W": described([1], -8, 0)}, bytes(8)
    ),
    "NaN": with_header({"__metadata__": metadata(W=[1]), "W": described([1])}, NAN),
    "a pickle": b"\x80\x04\x95" + bytes(100),
    "an .npy file": b"\x93NUMPY\x01\x00" + bytes(100),
}


@pytest.mark.parametrize("data", LIES.values(), ids=LIES.keys())
def test_a_file_that_is_not_what_it_says_is_refused_in_one_line(folder: Path, data: bytes) -> None:
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(ModelError) as raised:
        load_model("model")
    assert "model.safetensors" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_honest_form_of_these_files_is_read(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(
        with_header({"__metadata__": metadata(W=[1]), "W": described([1])}, bytes(8))
    )
    assert load_model("model")["W"] == 0.0


@settings(deadline=None, max_examples=200)
@given(place=st.integers(0, 400), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_gives_arrays_or_a_model_error_never_anything_else(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, cut: bool
) -> None:
    data = bytearray(
        save({"W": np.ones((2, 3)), "b": np.zeros(2)}, metadata=metadata(W=[2, 3], b=[2]))
    )
    place %= len(data)
    data[place] = value
    path = tmp_path_factory.mktemp("damaged") / "model.safetensors"
    path.write_bytes(bytes(data[:place] if cut else data))
    try:
        loaded = load_model(path)
    except ModelError:
        return
    assert all(array.dtype == np.float64 and np.isfinite(array).all() for array in loaded.values())


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "model.safetensors"
    with path.open("wb") as file:
        file.truncate(models.MAX_FILE_BYTES + 1)  # sparse: takes no room on the disk
    with pytest.raises(ModelError, match="bytes; at most"):
        load_model("model")


# ---- what is not an ordinary file ----


def test_links_are_not_followed(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    save_model({"W": np.zeros(1)}, "model")
    (folder / "model.safetensors").rename(folder / "elsewhere" / "model.safetensors")
    (folder / "model.safetensors").symlink_to(folder / "elsewhere" / "model.safetensors")
    with pytest.raises(ModelError, match="link"):
        load_model("model")


@needs.posix
def test_pipes_folders_and_devices_are_refused_at_once(folder: Path) -> None:
    os.mkfifo(folder / "pipe.safetensors")
    (folder / "folder.safetensors").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(ModelError, match=r"not an ordinary file|cannot be read"):
            load_model(name)


# ---- where the grader looks ----


def test_the_grader_looks_in_the_submission_only(folder: Path) -> None:
    submission = folder / "submission"
    submission.mkdir()
    save_model({"W": np.ones(1)}, "model")  # in the working directory: not the submission's
    with looking_in(submission):
        with pytest.raises(ModelError, match="is missing"):
            load_model("model")
        (folder / "model.safetensors").rename(submission / "model.safetensors")
        assert load_model("model")["W"] == 1.0
        assert load_model("model.safetensors")["W"] == 1.0
    with pytest.raises(ModelError, match="is missing"):
        load_model("model")


@pytest.mark.parametrize(
    "path",
    ["../model.safetensors", "sub/../../model.safetensors", "ABSOLUTE", "linked/model.safetensors"],
)
def test_no_path_leaves_the_submission(folder: Path, path: str) -> None:
    submission = folder / "submission"
    submission.mkdir()
    save_model({"W": np.ones(1)}, "model")
    (submission / "linked").symlink_to(folder)
    with looking_in(submission), pytest.raises(ModelError, match=r"leaves the submission|link"):
        load_model(str(folder / "model.safetensors") if path == "ABSOLUTE" else path)


@pytest.mark.parametrize("name", ["", "a\0b", "best model", "model.pkl", "model.npz", None, 7])
def test_what_is_neither_a_name_nor_a_model_file_is_refused(name: Any) -> None:
    with pytest.raises(ModelError, match="load_model"):
        load_model(name)


def test_reading_never_needs_pickle() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in Path(models.__file__).parent.glob("*.py")
    )
    assert "pickle" not in source
    assert "np.load" not in source
