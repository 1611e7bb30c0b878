"""Checks the content of a data set by SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hwlib.data.definitions import ArraySpec
from hwlib.errors import DataCorrupt

__all__ = ["Arrays", "check_content", "digests_of"]

Images = NDArray[np.uint8]
Arrays = tuple[Images, Images, Images, Images]


def digests_of(spec: ArraySpec, array: NDArray[np.uint8]) -> tuple[str, ...]:
    """SHA-256 of each piece of an array; `spec` says how many pieces there are."""
    digests = []
    for piece in np.array_split(array, len(spec.digests)):
        digest = hashlib.sha256(spec.prefix)
        # flat: hashlib wants one dimension
        digest.update(np.ascontiguousarray(piece).reshape(-1).data)
        digests.append(digest.hexdigest())
    return tuple(digests)


def check_content(specs: Sequence[ArraySpec], arrays: Sequence[NDArray[np.uint8]]) -> None:
    """Raise DataCorrupt for the first array that does not match its specification."""
    for spec, array in zip(specs, arrays, strict=True):
        if array.shape != spec.shape or array.dtype != np.uint8:
            raise DataCorrupt(
                f"{spec.name}: expected uint8 {spec.shape}, found {array.dtype} {array.shape}"
            )
        for number, (expected, found) in enumerate(
            zip(spec.digests, digests_of(spec, array), strict=True), 1
        ):
            if expected != found:
                where = spec.name if len(spec.digests) == 1 else f"{spec.name}, batch {number}"
                raise DataCorrupt(
                    f"{where}: expected SHA-256 {expected[:12]}…, found {found[:12]}…"
                )
