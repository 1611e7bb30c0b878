"""Lets consoles that do not know ✓ show hwlib's messages, with other characters in its place.

A console of Windows may know the 250 characters of code page 1252 only. Python would end a program
that prints another one.
"""

from __future__ import annotations

import codecs
import io
import sys

__all__ = ["accept_all_characters"]

_INSTEAD = {  # in ASCII, which every encoding has
    "✓": "OK",
    "✗": "X",
    "⚑": "!",
    "→": "->",
    "−": "-",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "≈": "~",
    "√": "sqrt",
    "‖": "||",
    "²": "^2",
}
_NAME = "hwlib.console"


def accept_all_characters() -> None:
    """Make standard output write a similar text where its encoding lacks a character.

    It changes nothing for encodings that have all characters, such as UTF-8, nor if the program has
    chosen how to treat the others.
    """
    codecs.register_error(_NAME, _similar)
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
        try:
            "✓".encode(stream.encoding)
        except UnicodeEncodeError:
            stream.reconfigure(errors=_NAME)


def _similar(error: UnicodeError) -> tuple[str, int]:
    """The text for characters that cannot be written, as `codecs.register_error` wants it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    part = error.object[error.start : error.end]
    return "".join(_INSTEAD.get(character, "?") for character in part), error.end
