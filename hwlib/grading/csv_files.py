"""Reads CSV files as people's spreadsheets save them: with commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from hwlib.errors import CourseError

__all__ = ["read_csv"]

SEPARATORS = ",;\t"
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # how Excel's "Unicode text" begins
# a first line for Excel, which names the separator and is no row of the table
NAMED = re.compile(r'"?sep=(?P<separator>[^\w\s"=]|\t)"?[,;\t]*\r?(?:\n|$)', re.IGNORECASE)


def read_csv(path: Path, what: str) -> list[tuple[int, list[str]]]:
    """The rows of a CSV file, each with the number of the line on which it ends.

    The separator is the character that the first line has most often, or the one that a line such
    as "sep=;" names above it. Spreadsheets write semicolons where the comma is part of a number.

    Parameters
    ----------
    path : Path
    what : str
        What the file is, for messages: "sheet".

    Raises
    ------
    CourseError
        If it can't be read.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-16" if content.startswith(UTF16) else "utf-8-sig")
        named = NAMED.match(text)
        separator = named["separator"] if named else _separator_of(text)
        skipped = named.end() if named else 0
        table = csv.reader(
            io.StringIO(text[skipped:], newline=""), delimiter=separator, strict=True
        )
        return [(table.line_num + bool(named), row) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        is_gone = isinstance(error, OSError)
        advice = "name a file that can be read" if is_gone else "save it as CSV in UTF-8"
        raise CourseError(f"{path}: cannot read this {what} ({reason}); {advice}") from error


def _separator_of(text: str) -> str:
    """The separator of the first line that has one.

    >>> _separator_of("id;name;a, b\\n1;Ada"), _separator_of("\\nid,name"), _separator_of("id")
    (';', ',', ',')
    """
    for line in text.splitlines():
        if any(separator in line for separator in SEPARATORS):
            return max(SEPARATORS, key=line.count)
    return ","
