"""Load MNIST and CIFAR-10 as read-only NumPy arrays, from the first source that works.

The content is always checked by SHA-256.

>>> from hwlib.data import load_cifar10
>>> X_train, y_train, X_test, y_test = load_cifar10(sample=True)
>>> X_train.shape, y_train.shape, X_test.shape
((2000, 32, 32, 3), (2000,), (500, 32, 32, 3))
"""

from __future__ import annotations

from collections.abc import Sequence

from hwlib.data.content import Arrays, Images
from hwlib.data.definitions import CIFAR10, DATASETS, MNIST, Dataset
from hwlib.data.loading import (
    DatasetStatus,
    Sample,
    fetch_command,
    fetch_dataset,
    load,
    load_test_arrays,
    sample_instead,
    status_of,
    unreachable,
    verify_dataset,
)

__all__ = [
    "CIFAR10_CLASSES",
    "DATASETS",
    "Arrays",
    "DatasetStatus",
    "fetch",
    "fetch_command",
    "load_cifar10",
    "load_mnist",
    "load_test_set",
    "sample_instead",
    "status",
    "unreachable",
    "verify",
]

CIFAR10_CLASSES = ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_cifar10(sample: Sample = False, download: bool = True) -> Arrays:
    """Load CIFAR-10: 50,000 training and 10,000 test images of 10 classes (Krizhevsky 2009).

    Parameters
    ----------
    sample : bool or "fallback"
        False: the full data. True: the first 2,000 training and 500 test images, which come with
        hwlib. "fallback": the full data if a source has it, otherwise the sample, with a message.
    download : bool
        Whether to use the network.

    Returns
    -------
    X_train, y_train, X_test, y_test : uint8 arrays, read-only memory maps
        Images (N, 32, 32, 3) in RGB and labels (N,), in the original order. While grading
        (HWLIB_GRADING=1) it is always the sample. `CIFAR10_CLASSES[label]` names a class.

    Raises
    ------
    DataUnavailable
        No source has the full data, or HWLIB_DATA names nothing. The message lists each attempt and
        what to do.
    ValueError
        `sample` has another value.

    Examples
    --------
    >>> X_train, y_train, X_test, y_test = load_cifar10(sample=True)
    >>> CIFAR10_CLASSES[y_train[0]]
    'frog'
    """
    return load(CIFAR10, sample, download)


def load_mnist(sample: Sample = False, download: bool = True) -> Arrays:
    """Load MNIST: 60,000 training and 10,000 test images of handwritten digits (LeCun et al. 1998).

    Parameters
    ----------
    sample : bool or "fallback"
        False: the full data. True: the first 2,500 training and 500 test images, which come with
        hwlib. "fallback": the full data if a source has it, otherwise the sample, with a message.
    download : bool
        Whether to use the network.

    Returns
    -------
    X_train, y_train, X_test, y_test : uint8 arrays, read-only memory maps
        Images (N, 28, 28) with background 0, and labels (N,), in the original order. While grading
        (HWLIB_GRADING=1) it is always the sample.

    Raises
    ------
    DataUnavailable
        No source has the full data, or HWLIB_DATA names nothing. The message lists each attempt and
        what to do.
    ValueError
        `sample` has another value.

    Examples
    --------
    >>> X_train, y_train, X_test, y_test = load_mnist(sample=True)
    >>> X_train.shape, y_train[:5].tolist()
    ((2500, 28, 28), [5, 0, 4, 1, 9])
    """
    return load(MNIST, sample, download)


def load_test_set(name: str) -> tuple[Images, Images]:
    """Load the 10,000 test images of a data set with their labels, to measure accuracy.

    Parameters
    ----------
    name : "mnist" or "cifar10"

    Returns
    -------
    images, labels : uint8 arrays, read-only memory maps
        As in `load_mnist` and `load_cifar10`, but never the sample. While grading (HWLIB_GRADING=1)
        they come from the grading machine's own store, where `hw data fetch` puts them. Otherwise
        they are downloaded if necessary.

    Raises
    ------
    DataUnavailable
        No source has them. The message says what to do.
    ValueError
        The name is unknown.
    """
    return load_test_arrays(_named([name])[0])


def status(names: Sequence[str] = ()) -> tuple[DatasetStatus, ...]:
    """Find out where the named data sets are, or all of them.

    It reads only headers and sizes, so it is quick.

    Raises
    ------
    ValueError
        A name is unknown.
    """
    return tuple(status_of(dataset) for dataset in _named(names))


def fetch(names: Sequence[str] = ()) -> tuple[DatasetStatus, ...]:
    """Get the full data of the named data sets, or of all. Data that is already here is kept.

    Raises
    ------
    DataUnavailable
        No source has one of them.
    ValueError
        A name is unknown.
    """
    return tuple(fetch_dataset(dataset) for dataset in _named(names))


def verify(names: Sequence[str] = ()) -> tuple[DatasetStatus, ...]:
    """Hash every byte of the named data sets, or of all, and of their samples in the package.

    Raises
    ------
    ValueError
        A name is unknown.
    """
    return tuple(verify_dataset(dataset) for dataset in _named(names))


def _named(names: Sequence[str]) -> tuple[Dataset, ...]:
    if unknown := [name for name in names if name not in DATASETS]:
        raise ValueError(f"unknown data set {unknown[0]!r}; expected one of {', '.join(DATASETS)}")
    return tuple(DATASETS[name] for name in names or DATASETS)
