"""Tells code that a newer Python could read from code that is no Python at all.

Students write for the Python of their laptop or of Colab, and the grading machine may have an older
one. What is new to it is replaced by something older; if the rest can be read then, the code was
written for a newer Python. Sources: PEP 701 (f-strings), PEP 695 (type parameters), PEP 758
(`except` without parentheses), PEP 750 (template strings).
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from functools import lru_cache

from hwlib.grading.cells import tree_of

__all__ = ["Newer", "newer_python"]

_STRING = re.compile(r"(?<![\w\"'])([a-zA-Z]{0,2})('''|\"\"\"|'|\")")
_PREFIXES = re.compile(r"|[rub]|br|rb|f|fr|rf|t|tr|rt", re.IGNORECASE)
_NAMED = re.compile(r"\\N\{[^}]*\}")
_CONVERSION = re.compile(r"![rsa](?=[:}])")
# no two neighbours that match the same blanks or line ends: they would try every division
_TYPE = re.compile(r"^([ \t]*)type\s+(\w+)(?:\s*\[[^\n]*?\])?\s*=(?!=)", re.MULTILINE)
_PARAMETERS = re.compile(
    r"^([ \t]*(?:async\s+def|def|class)\s+\w+)\s*\[[^\n]*?\](?=\s*[(:])", re.MULTILINE
)
_EXCEPT = re.compile(
    r"^([ \t]*except\*?)[ \t]+([^\s:(),][^\n:(),]*(?:,[^\n:(),]+)+):", re.MULTILINE
)
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Newer:
    """Code that a newer Python can read."""

    version: str  # the first that can
    older: str  # the code, with what is new to this Python taken out; it binds the same names


@lru_cache(maxsize=1024)
def newer_python(source: str) -> Newer | None:
    """What a cell is, if this Python can't read it and a newer one can.

    >>> newer_python("def f(x): return x"), newer_python("def f(x) return x")
    (None, None)
    >>> if sys.version_info < (3, 12):
    ...     assert newer_python("type Row = list[float]").version == "3.12"
    """
    if tree_of(source) is not None:
        return None
    for version, older in (((3, 12), _older_than_312), ((3, 14), _older_than_314)):
        if version > sys.version_info[:2]:
            try:
                code = older(source)
            except (SyntaxError, ValueError, RecursionError, IndexError):
                continue
            if tree_of(code) is not None:
                return Newer(".".join(map(str, version)), code)
    return None


def _older_than_312(source: str, kinds: str = "f") -> str:
    source = _without_fields(source, kinds)
    return _PARAMETERS.sub(r"\1", _TYPE.sub(r"\1\2 =", source))


def _older_than_314(source: str) -> str:
    return _EXCEPT.sub(r"\1 (\2):", _older_than_312(source, "ft"))


def _without_fields(source: str, kinds: str) -> str:
    """The code with "" in place of each string of these kinds: "f" and "t".

    Raises
    ------
    SyntaxError, ValueError, IndexError
        If there is a fault in such a string.
    """
    found, place = [], 0
    while place < len(source):
        end = _end_of_other(source, place, kinds)
        if end == place:
            expressions: list[str] = []
            end = _end_of_fields(source, place, kinds, expressions)
            for one in expressions:
                _check_expression(one, kinds)
            found.append('""')
        else:
            found.append(source[place:end])
        place = end
    return "".join(found)


def _end_of_other(source: str, place: int, kinds: str) -> int:
    """Where a comment, a string of another kind or one character ends; `place` at a string of this
    kind.
    """
    if source[place] == "#":
        end = source.find("\n", place)
        return end if end >= 0 else len(source)
    opening = _STRING.match(source, place)
    if opening is None or not _PREFIXES.fullmatch(opening[1]):
        return place + 1
    if set(kinds) & set(opening[1].lower()):
        return place
    return _end_of_plain(source, opening.end(), opening[2])


def _end_of_plain(source: str, place: int, quote: str) -> int:
    while not source.startswith(quote, place):
        if source[place] == "\n" and len(quote) == 1:
            raise ValueError("a string without an end")
        place += 2 if source[place] == "\\" else 1
    return place + len(quote)


def _end_of_fields(source: str, place: int, kinds: str, expressions: list[str]) -> int:
    """Where an f-string ends that begins here; its expressions are added to the list."""
    opening = _STRING.match(source, place)
    assert opening is not None
    quote, raw, place = opening[2], "r" in opening[1].lower(), opening.end()
    while not source.startswith(quote, place):
        if source[place] == "\n" and len(quote) == 1:
            raise ValueError("a string without an end")
        if source[place] == "\\" and not raw:
            named = _NAMED.match(source, place)
            place = named.end() if named else place + 2
        elif source.startswith(("{{", "}}"), place):
            place += 2
        elif source[place] == "{":
            place = _end_of_field(source, place, kinds, expressions)
        elif source[place] == "}":
            raise ValueError("a bracket that was not opened")
        else:
            place += 1
    return place + len(quote)


def _end_of_field(source: str, place: int, kinds: str, expressions: list[str]) -> int:
    """Where a replacement field ends that begins here: `{expression!r:format}`."""
    begin, open_ = place + 1, list[str]()
    place = begin
    while open_ or not _ends_expression(source, place):
        character = source[place]
        if character in _BRACKETS:
            open_.append(_BRACKETS[character])
        elif character in ")]}" and open_.pop() != character:
            raise ValueError("brackets that do not match")
        end = _end_of_other(source, place, kinds)
        # the fields of a string inside are looked at with the expression
        place = _end_of_fields(source, place, kinds, []) if end == place else end
    expressions.append(source[begin:place])
    if conversion := _CONVERSION.match(source, place):
        place = conversion.end()
    if source[place] == ":":
        place += 1
        while source[place] != "}":
            nested = source[place] == "{"
            place = _end_of_field(source, place, kinds, expressions) if nested else place + 1
    if source[place] != "}":
        raise ValueError("a field without an end")
    return place + 1


def _ends_expression(source: str, place: int) -> bool:
    return source[place] in "}:" or (source[place] == "!" and source[place + 1] != "=")


def _check_expression(text: str, kinds: str) -> None:
    text = _without_fields(text, kinds).rstrip()
    if text.endswith("=") and not text.endswith(("==", "!=", "<=", ">=")):
        text = text[:-1]  # f"{x=}"
    if not text.strip():
        raise ValueError("a field without an expression")
    ast.parse(f"(\n{text}\n)", mode="eval")
