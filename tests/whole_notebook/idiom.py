"""One way to use a student's code in a test, for `idioms` and `more_idioms`."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

__all__ = ["Idiom", "idiom"]

Status = Literal["works", "shared", "manual"]


@dataclass(frozen=True)
class Idiom:
    """One way to use a student's code in a test."""

    group: str
    what: str  # as the table shows it
    right: str
    test: str
    wrong: str = ""  # "" where no code could be wrong about it
    status: Status = "works"
    needs: str = ""  # a library
    note: str = ""  # for the table

    @property
    def name(self) -> str:
        """What the question is called: after the first thing that the code defines."""
        first = next(line for line in self.right.splitlines() if _defines(line))
        words = first.replace("(", " ").replace(":", " ").replace("async ", "").split()
        return words[1] if words[0] in ("def", "class") else words[0]


def _defines(line: str) -> bool:
    starts = line.startswith(("def ", "class ", "async def "))
    return starts or (line[:1].isalpha() and " = " in line and not line.startswith("from "))


def idiom(group: str, what: str, right: str, test: str, wrong: str = "", **more: str) -> Idiom:
    """An idiom, its code without the indentation that it has here."""
    codes = (textwrap.dedent(code).strip() + "\n" if code else "" for code in (right, test, wrong))
    return Idiom(group, what, *codes, **more)  # type: ignore[arg-type]
