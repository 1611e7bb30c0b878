"""The second level of a hint: why something is wrong, and where to look.

    check.close(dx, right, mistakes={check.hint("Windows overlap.", why="overlap"): last_wins})

A hint names a page, and a student who wants more calls `check.why("overlap")`. The pages are in
why.md beside this module; a course may put a why.md of its own beside a notebook.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["Page", "hint", "pages_in", "split_hint", "why"]

WORDS = 80, 160  # of a page, at least and at most
_OURS = Path(__file__).with_name("why.md")
_HEADING = re.compile(r"^## (?P<name>[a-z0-9-]+): (?P<title>.+)$", re.MULTILINE)
_MORE = re.compile(r'\s*More: check\.why\("(?P<name>[a-z0-9-]+)"\)$')


@dataclass(frozen=True, slots=True)
class Page:
    """A page of why.md; a notebook shows it as Markdown."""

    name: str
    title: str
    text: str

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text, one paragraph a line."""
        return tuple(" ".join(part.split()) for part in self.text.split("\n\n"))

    def __repr__(self) -> str:
        return f"{self.title}\n\n{self.text}"

    def _repr_markdown_(self) -> str:
        return f"**{self.title}**\n\n{self.text}"


def hint(text: str, *, why: str) -> str:
    """A hint with a second level, for `hint=` and as a key of `mistakes=`.

    Parameters
    ----------
    text : str
        One sentence, as in every hint.
    why : str
        The name of a page.

    Raises
    ------
    KeyError
        If there is no such page.

    Examples
    --------
    >>> hint("The whole gradient comes through.", why="relu-mask")
    'The whole gradient comes through. More: check.why("relu-mask")'
    """
    _page(why)
    return f'{text} More: check.why("{why}")'


def why(name: str) -> Page:
    """The page of this name: why something is wrong, and where to look.

    Raises
    ------
    KeyError
        If there is no such page.
    """
    return _page(name)


def split_hint(text: str, own: Path | None = None) -> tuple[str, Page | None]:
    """A hint without the call for more, and the page that it names, if there is one.

    Parameters
    ----------
    text : str
    own : Path, optional
        The course's why.md for the assignment.

    Examples
    --------
    >>> split_hint('Nothing comes through. More: check.why("relu-mask")')[0]
    'Nothing comes through.'
    """
    found = _MORE.search(text)
    page = _pages(own).get(found["name"]) if found else None
    return (text[: found.start()], page) if found and page else (text, None)


def pages_in(path: Path) -> dict[str, Page]:
    """Name → page of a why.md, whose pages begin with `## name: title`."""
    text = path.read_text(encoding="utf-8")
    found = list(_HEADING.finditer(text))
    ends = [one.start() for one in found[1:]] + [len(text)]
    return {
        one["name"]: Page(one["name"], one["title"], text[one.end() : end].strip())
        for one, end in zip(found, ends, strict=True)
    }


def _page(name: str) -> Page:
    pages = _pages(Path("why.md"))
    if name not in pages:
        raise KeyError(f"there is no page {name!r}; there are {', '.join(sorted(pages))}")
    return pages[name]


def _pages(own: Path | None) -> dict[str, Page]:
    return {**_packaged(), **(pages_in(own) if own is not None and own.is_file() else {})}


@lru_cache(maxsize=1)
def _packaged() -> dict[str, Page]:
    return pages_in(_OURS)
