"""Two photographs for notebooks: LICENSES.md beside them names authors and licence (CC BY 2.0)."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np

__all__ = ["photographs"]

Array = np.ndarray[Any, np.dtype[np.uint8]]


def photographs() -> tuple[Array, Array]:
    """A pavilion (straight lines) and a flower (curves).

    Returns
    -------
    tuple of two uint8 arrays, (320, 480, 3)
        RGB, each yours to change. Photographs by danielbuechele and vultilion (Flickr), CC BY 2.0.

    Examples
    --------
    >>> pavilion, flower = photographs()
    >>> pavilion.shape, flower.dtype
    ((320, 480, 3), dtype('uint8'))
    """
    return _read("pavilion.jpg"), _read("flower.jpg")


def _read(name: str) -> Array:
    from PIL import Image

    with files(__package__).joinpath(name).open("rb") as file, Image.open(file) as image:
        return np.array(image.convert("RGB"), dtype=np.uint8)
