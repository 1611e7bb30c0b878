"""Writes the markers of solutions and hidden tests as hwlib reads them, and names those that leak.

nbgrader takes any line that contains `BEGIN SOLUTION` for a marker. It does not know a line such as
`###BEGIN HIDDEN TEST` or `### begin solution`, so what follows has been released.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.authoring.importing.old_settings import settings_of

__all__ = ["DEFAULTS", "Delimiters", "delimiters_in", "with_known_markers"]

What = Literal["SOLUTION", "HIDDEN TESTS", "MARK SCHEME"]
Edge = Literal["BEGIN", "END"]


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The texts that a course uses for markers, by nbgrader's settings."""

    texts: tuple[tuple[str, Edge, What], ...]


DEFAULTS = Delimiters(
    tuple(
        (f"{edge} {what}", edge, what)
        for what in ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")
        for edge in ("BEGIN", "END")
    )
)

_HOMES: dict[What, tuple[str, ...]] = {
    "SOLUTION": ("solution", "manual", "answer"),
    "HIDDEN TESTS": ("test",),
    "MARK SCHEME": ("task",),
}
_ALONE = re.compile(r"\s*#")  # a comment, not one behind code
_SETTING = re.compile(r"\w+\.(?P<edge>begin|end)_(?P<what>solution|test|mark_scheme)_delimeter")
_WHATS: dict[str, What] = {
    "solution": "SOLUTION",
    "test": "HIDDEN TESTS",
    "mark_scheme": "MARK SCHEME",
}


def delimiters_in(config: str) -> Delimiters:
    """The markers that an nbgrader_config.py sets, before nbgrader's own.

    >>> delimiters_in('c.ClearSolutions.begin_solution_delimeter = "VVV"').texts[0]
    ('VVV', 'BEGIN', 'SOLUTION')
    """
    own = tuple(
        (text, "BEGIN" if one["edge"] == "begin" else "END", _WHATS[one["what"]])
        for name, text in settings_of(config).items()
        if text and (one := _SETTING.fullmatch(name))
    )
    return Delimiters((*own, *DEFAULTS.texts))  # type: ignore[arg-type]


_NEARLY = re.compile(
    r"^\s*(?:#+|//|<!--)\s*(?P<edge>begin|end)[\s_-]*(?:of\s+)?(?:the\s+)?"
    r"(?P<what>solutions?|hidden(?:[\s_-]*tests?(?:[\s_-]*cases?)?)?|mark(?:ing)?[\s_-]*scheme)"
    r"[\s:.!=#-]*(?:-->)?\s*$",
    re.IGNORECASE,
)

# what hwlib asks about, too, because an author may have meant a marker
_ALIKE = re.compile(r"^\s*#+\s*(begin|end)[\s_-]*(the\s+)?(tests?|answers?)\s*$", re.IGNORECASE)
_WORDS = re.compile(
    r"\b(begin|end)[\s_-]*(?:the\s+)?(solution|hidden|test|answer|mark)", re.IGNORECASE
)


def with_known_markers(draft: Draft, delimiters: Delimiters = DEFAULTS) -> None:
    """Rewrite the markers of a cell to `### BEGIN SOLUTION` and the like; notes say which."""
    lines = []
    for number, line in enumerate(draft.source.split("\n"), 1):
        known = next((one for one in delimiters.texts if one[0] in line), None)
        nearly = None if known else _NEARLY.match(line)
        if known is None and nearly is None:
            lines.append(_defused(line) if _ALIKE.match(line) else line)
            continue
        edge, what = known[1:] if known else _meant(nearly)
        if not _may_stand(draft, what, line):
            lines.append(_defused(line))
            if draft.is_code and edge == "BEGIN" and _ALONE.match(line):
                draft.note(
                    "decision",
                    f"line {number}: {line.strip()!r} hides nothing in this cell, so students "
                    "would get the lines below it",
                    f"move them into a {_HOMES[what][0]} cell, or remove them, before you build",
                )
            else:
                draft.note("changed", f"line {number}: {line.strip()!r} has other words now")
            continue
        new = f"{line[: len(line) - len(line.lstrip())]}### {edge} {what}"
        code = _code_before(line, draft)
        lines += [new, code] if code and edge == "BEGIN" else [code, new] if code else [new]
        if nearly:
            draft.note(
                "fault",
                f"line {number}: {line.strip()!r} is not a marker for nbgrader, so students have "
                "got the lines that it should hide",
                f"it is {new.strip()!r} now; replace what stood there, because students know it",
            )
        elif line.rstrip() != new:
            draft.note("changed", f"line {number}: {line.strip()!r} is now {new.strip()!r}")
    draft.source = "\n".join(lines)


def _code_before(line: str, draft: Draft) -> str:
    """The code in front of a marker: nbgrader takes the whole line for the marker."""
    if not draft.is_code or line.lstrip().startswith("#"):
        return ""
    return line.partition("#")[0].rstrip()


def _meant(found: re.Match[str] | None) -> tuple[Edge, What]:
    assert found is not None
    edge: Edge = "BEGIN" if found["edge"].lower() == "begin" else "END"
    word = found["what"].lower()
    if word.startswith("sol"):
        return edge, "SOLUTION"
    return edge, "HIDDEN TESTS" if word.startswith("hidden") else "MARK SCHEME"


def _may_stand(draft: Draft, what: What, line: str) -> bool:
    """Whether a marker has a meaning in this cell; prose may speak of markers."""
    return draft.role in _HOMES[what] and len(line.strip()) < 60


def _defused(line: str) -> str:
    """The line without the words that nbgrader, or hwlib, takes for a marker.

    >>> _defused("### BEGIN HIDDEN TESTS"), _defused("write ### END SOLUTION there")
    ('### start of HIDDEN TESTS', 'write ### end of SOLUTION there')
    """
    return _WORDS.sub(
        lambda found: ("start of " if found[1].lower() == "begin" else "end of ") + found[2], line
    )
