"""Small data sets in the real file formats, and local servers for the real clients."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import io
import json
import struct
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hwlib.data.content import Arrays
from hwlib.data.definitions import (
    CIFAR10,
    MNIST,
    ArraySpec,
    Dataset,
    FileSpec,
    Layout,
    NpmPackage,
    Rows,
    TorchvisionClass,
    idx_header,
)

ROWS = 4  # rows of a small batch


def small_arrays(dataset: Dataset, rows: int = ROWS) -> Arrays:
    """Random images and labels: five batches of training rows for CIFAR-10, one for MNIST."""
    rng = np.random.default_rng(7)
    batches = len(dataset.arrays[0].digests)
    image = dataset.arrays[0].shape[1:]
    X_train = rng.integers(0, 256, (batches * rows, *image), dtype=np.uint8)
    X_test = rng.integers(0, 256, (rows, *image), dtype=np.uint8)
    return (
        X_train,
        rng.integers(0, 10, batches * rows, dtype=np.uint8),
        X_test,
        rng.integers(0, 10, rows, dtype=np.uint8),
    )


def define(dataset: Dataset, arrays: Arrays) -> Dataset:
    """The definition of a data set that has these arrays, in MNIST's or CIFAR-10's layouts; it has
    no downloads.
    """
    specs = []
    for spec, array in zip(dataset.arrays, arrays, strict=True):
        prefix = idx_header(array.shape) if spec.prefix else b""
        digests = [
            hashlib.sha256(prefix + piece.tobytes()).hexdigest()
            for piece in np.array_split(array, len(spec.digests))
        ]
        specs.append(ArraySpec(spec.name, array.shape, tuple(digests), prefix))
    before = {spec.name: spec.shape[0] for spec in dataset.arrays}
    now = {spec.name: spec.shape[0] for spec in specs}

    def scaled(file: FileSpec) -> FileSpec:
        fills = tuple(
            Rows(
                r.array,
                r.start * now[r.array] // before[r.array],
                r.stop * now[r.array] // before[r.array],
            )
            for r in file.fills
        )
        return dataclasses.replace(file, fills=fills)

    first, second, third, fourth = specs
    layouts = tuple(
        Layout(x.name, x.folders, x.archives, tuple(map(scaled, x.files))) for x in dataset.layouts
    )
    return dataclasses.replace(
        dataset, arrays=(first, second, third, fourth), layouts=layouts, torchvision=None, npm=None
    )


def small_cifar10(rows: int = ROWS) -> tuple[Dataset, Arrays]:
    arrays = small_arrays(CIFAR10, rows)
    return define(CIFAR10, arrays), arrays


def small_mnist() -> tuple[Dataset, Arrays]:
    arrays = small_arrays(MNIST)
    return define(MNIST, arrays), arrays


# the files that a data set is published in


def idx_file(array: NDArray[np.uint8]) -> bytes:
    return idx_header(array.shape) + array.tobytes()


def mnist_files(arrays: Arrays) -> dict[str, bytes]:
    names = [file.name for file in MNIST.layouts[0].files]
    return {name: idx_file(array) for name, array in zip(names, arrays, strict=True)}


def png_file(images: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(images.reshape(len(images), -1, 3)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def cifar10_png_files(arrays: Arrays) -> dict[str, bytes]:
    X_train, y_train, X_test, y_test = arrays
    files = {
        f"data_batch_{i}.png": png_file(batch)
        for i, batch in enumerate(np.array_split(X_train, 5), 1)
    }
    return {
        **files,
        "test_batch.png": png_file(X_test),
        "train_lables.json": json.dumps(y_train.tolist()).encode(),
        "test_lables.json": json.dumps(y_test.tolist()).encode(),
    }


def pickled_batch(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> bytes:
    """A batch as Python 2 with NumPy of 2009 wrote it, opcode by opcode: the published files look
    like this.
    """
    raw = images.transpose(0, 3, 1, 2).tobytes()

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value

    def integer(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85q\x09U\x01b\x87Rq\x0a(K\x01"
        + integer(len(images))
        + integer(len(raw) // len(images) if raw else 0)
        + b"\x86cnumpy\ndtype\nq\x0bU\x02u1K\x00K\x01\x87Rq\x0c("
        b"K\x03U\x01|NNN"
        + integer(-1)
        + integer(-1)
        + b"K\x00tb\x89T"
        + struct.pack("<i", len(raw))
        + raw
        + b"tb"
    )
    return (
        b"\x80\x02}q\x01("
        + text(b"batch_label")
        + text(b"training batch 1 of 5")
        + text(b"labels")
        + b"]q\x04("
        + b"".join(b"K" + bytes([label]) for label in labels.tolist())
        + b"e"
        + text(b"data")
        + array
        + text(b"filenames")
        + b"]("
        + b"".join(text(b"leptodactylus_s_%06d.png" % i) for i in range(len(images)))
        + b"e"
        + b"u."
    )


def cifar10_pickle_files(arrays: Arrays) -> dict[str, bytes]:
    X_train, y_train, X_test, y_test = arrays
    batches = zip(np.array_split(X_train, 5), np.array_split(y_train, 5), strict=True)
    files = {f"data_batch_{i}": pickled_batch(X, y) for i, (X, y) in enumerate(batches, 1)}
    return {**files, "test_batch": pickled_batch(X_test, y_test)}


BATCHES_META = b"\x80\x02}(U\x0blabel_names](U\x05planeU\x03careu."


def tar_gz(files: dict[str, bytes], folder: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def put(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


# servers


class Server(ThreadingHTTPServer):
    """Serves bytes by path; counts requests; can stop in the middle of an answer until it is told
    to go on.
    """

    daemon_threads = True

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.stall_at: dict[str, int] = {}
        self.stalled = threading.Event()
        self.go_on = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error here."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        data = self.server.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if (stop := self.server.stall_at.get(self.path)) is not None:
            self.wfile.write(data[:stop])
            self.wfile.flush()
            self.server.stalled.set()
            self.server.go_on.wait(60)
            data = data[stop:]
        self.wfile.write(data)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        server.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


def publish_on_npm(server: Server, package: NpmPackage, tarball: bytes) -> None:
    """Make the server an npm registry that has this package."""
    path = f"/{package.name}/-/{package.name}-{package.version}.tgz"
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    version = {
        "name": package.name,
        "version": package.version,
        "dist": {"tarball": server.url + path, "integrity": integrity},
    }
    about = {
        "name": package.name,
        "dist-tags": {"latest": package.version},
        "versions": {package.version: version},
    }
    server.files[path] = tarball
    server.files[f"/{package.name}"] = json.dumps(about).encode()


def npm_tarball(dataset: Dataset, files: dict[str, bytes], folder: str) -> bytes:
    about = {
        "name": dataset.name,
        "version": "1.0.0",
        "scripts": {"prepack": "exit 1", "prepare": "exit 1"},
    }
    return tar_gz(
        {
            "package.json": json.dumps(about).encode(),
            **{f"{folder}{name}": data for name, data in files.items()},
        },
        "package",
    )


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def cifar10_on_torchvision(server: Server, files: dict[str, bytes]) -> TorchvisionClass:
    """Serve cifar-10-python.tar.gz with these files; torchvision's own loader with that address and
    those MD5 sums.
    """
    archive = tar_gz({**files, "batches.meta": BATCHES_META}, "cifar-10-batches-py")
    server.files["/cifar-10-python.tar.gz"] = archive
    train = [[name, md5(data)] for name, data in files.items() if name.startswith("data")]
    return TorchvisionClass(
        "CIFAR10",
        len(archive),
        (
            ("url", f"{server.url}/cifar-10-python.tar.gz"),
            ("tgz_md5", md5(archive)),
            ("train_list", train),
            ("test_list", [["test_batch", md5(files["test_batch"])]]),
            ("meta", {"filename": "batches.meta", "key": "label_names", "md5": md5(BATCHES_META)}),
        ),
    )


def mnist_on_torchvision(server: Server, files: dict[str, bytes]) -> TorchvisionClass:
    zipped = {f"{name}.gz": gzip.compress(data, 1) for name, data in files.items()}
    server.files.update({f"/mnist/{name}": data for name, data in zipped.items()})
    return TorchvisionClass(
        "MNIST",
        sum(map(len, zipped.values())),
        (
            ("mirrors", [f"{server.url}/mnist/"]),
            ("resources", [[name, md5(data)] for name, data in zipped.items()]),
        ),
    )


# processes


def python(code: str, **options: Any) -> subprocess.Popen[str]:
    """A fresh interpreter that can import this module."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n{code}"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def same(found: Arrays, expected: Arrays) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
