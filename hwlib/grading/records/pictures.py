"""Decides which pictures of a student a page may show: real ones that a browser can hold.

A PNG file of a few kilobytes may say that it is 50,000 pixels wide and high. A browser then takes
gigabytes for it. The same goes for a page with hundreds of large pictures. Only the beginning of a
file is read here, and nothing is unpacked.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
import warnings

from PIL import Image

__all__ = ["FORMATS", "MAX_PIXELS", "Pictures"]

MAX_PIXELS = 25_000_000  # of one picture, all frames: 100 MB in a browser
MAX_PIXELS_PAGE = 100_000_000  # of a notebook or page
MAX_BYTES = 20_000_000
MAX_HTML_PAGE = 1_000_000  # characters of HTML of a notebook: ten tables of 500 rows
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}


class Pictures:
    """The pictures of one page, which has room for so many pixels, and for some HTML."""

    def __init__(self, max_pixels: int = MAX_PIXELS_PAGE) -> None:
        self._left, self._html_left = max_pixels, MAX_HTML_PAGE

    def has_room(self, length: int) -> bool:
        """Whether the page has room for so many more characters of HTML; they are counted."""
        if length > self._html_left:
            return False
        self._html_left -= length
        return True

    def take(self, encoded: object, mime: str = "image/png", max_bytes: int = MAX_BYTES) -> str:
        """Encode a picture as base64 again; returns "" for anything else, and for one that is too
        large or for which the page has no room left.

        >>> Pictures().take("PHNjcmlwdD4=")
        ''
        """
        if not isinstance(encoded, str) or len(encoded) > 2 * max_bytes:
            return ""
        try:
            content = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            return ""
        if len(content) > max_bytes:
            return ""
        pixels = _pixels(content, FORMATS[mime])
        if not 0 < pixels <= min(MAX_PIXELS, self._left):
            return ""
        self._left -= pixels
        return base64.b64encode(content).decode()


def _pixels(content: bytes, kind: str) -> int:
    """The number of pixels that a file says it has; 0 if it is no picture of this kind."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of many pixels
            with Image.open(io.BytesIO(content), formats=[kind]) as picture:
                return math.prod(picture.size) * int(getattr(picture, "n_frames", 1))
    # a damaged file makes Pillow raise whatever its parts raise
    except Exception:  # noqa: BLE001
        return 0
