"""Reads the header of a cell in notebook.py: its role, name, points and other attributes.

    # %% [markdown] answer="q1-train" points=2
    # %% solution="report" manual points=3 tags=["hide-input"]

docs/authoring.md lists them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.written import AuthoredRole
from hwlib.grading.results import Trust

__all__ = ["HEADER", "LANGUAGE", "Header", "a_role", "needs_points", "read_header"]

HEADER = re.compile(
    r"^(?P<indent>\s*)#\s*(?:(?P<percent>%%)(?P<deeper>%*)(?:\s+(?P<text>.*))?|<codecell>|In\[[0-9 "
    r"]*\]:?)\s*$"
)
LANGUAGE = re.compile(r'\blanguage="[A-Za-z0-9_+]+"')  # jupytext's way to write the magic %%bash
_TOKEN = re.compile(
    r'\[(?P<type>[^\]]*)\]|(?P<attribute>\w+)=(?P<value>"[^"]*"|\[[^\]]*\]|[^\s"\[]+)(?=\s|$)'
    r"|(?P<word>\S+)"
)
_KNOWN = (
    'setup, experiment, solution="NAME", solution="NAME" manual points=N, test="NAME" points=N, '
    'oracle="NAME", [markdown], [markdown] answer="NAME" points=N, [markdown] task="NAME" points=N'
    "; a question may be extra_credit"
)
_NAMED = ("solution", "test", "answer", "task", "oracle")
_TEXTS = ("answer", "task")  # roles of Markdown cells
_MORE = ("manual", "extra_credit")  # words beside a role
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_-]+)?")
_NUMBER = re.compile(r"-?\d{1,6}(\.\d{0,6})?|-?\.\d{1,6}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")  # as nbgrader's schema has it
_TAGS = re.compile(r'\[\s*("[^"\s]+"\s*(,\s*"[^"\s]+"\s*)*)?\]')


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a cell says."""

    markdown: bool
    role: AuthoredRole
    name: str  # solution="KNN" → KNN; "" for roles without a name
    points: float | None  # None: the cell is no question, or a test that does not say them
    trust: Trust = "isolated"  # where a test runs
    asks: tuple[str, ...] = ()  # values that students type into a given cell, for a test
    manual: bool = False  # a human grades this solution
    grade_id: str = ""  # nbgrader's id, where it is not made of role and name
    tags: tuple[str, ...] = ()  # of the cell, as Jupyter has them
    points_of_each: tuple[float, ...] = ()  # of a test: those of its assertions
    extra_credit: bool = False  # its points count above the maximum


def read_header(path: Path, line: int, text: str) -> Header:
    """Read the header of a cell.

    Parameters
    ----------
    path : Path
        The file, for error messages.
    line : int
        Where the header stands in it.
    text : str
        The header.

    Raises
    ------
    AuthoringError
        If it says something that is not known, or that does not go together.
    """
    markdown, words, attributes = _tokens(path, line, text)
    role = _role(path, line, markdown, words, attributes)
    name = attributes.pop(role, "")
    if role in _NAMED and not _NAME.fullmatch(name):
        raise AuthoringError(
            path,
            line,
            f'{role}="{name}": expected a name of letters, digits and _, perhaps with a suffix '
            'such as "KNN-2"',
        )
    if role in ("code", "experiment", "setup") and LANGUAGE.search(text):
        attributes.pop("language")
    take = attributes.pop
    manual = "manual" in words
    each = _points_of_each(path, line, role, attributes)
    header = Header(
        markdown,
        role,
        name,
        _points(path, line, role, name, take("points", None), manual=manual),
        _trust(path, line, role, take("trust", "isolated")),
        _asks(path, line, role, take("asks", None)),
        manual,
        _grade_id(path, line, role, take("id", None)),
        _tags(path, line, role, take("tags", None)),
        each,
        _extra_credit(path, line, role, words, manual=manual),
    )
    if attributes:
        unknown = next(iter(attributes))
        raise AuthoringError(
            path,
            line,
            f"{a_role(role)} cell cannot have the attribute {unknown!r}; known headers: {_KNOWN}",
        )
    return header


def a_role(role: str) -> str:
    """The role with its article: "an answer", "a test"."""
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def needs_points(path: Path, line: int, role: str, name: str) -> AuthoringError:
    """The error for a question that does not say its points."""
    return AuthoringError(path, line, f'{role}="{name}" has no points; add points=N')


def _tokens(path: Path, line: int, header: str) -> tuple[bool, list[str], dict[str, str]]:
    """Whether the cell is Markdown, the words, and the attributes of a header."""
    parts = HEADER.match(header)
    if not parts or not parts["percent"] or parts["deeper"] or parts["indent"]:
        raise AuthoringError(
            path,
            line,
            f"other tools would begin a cell at {header.strip()!r}; write `# %%` at the start of "
            "the line, or reword the comment",
        )
    markdown, words, attributes = False, [], {}
    for position, token in enumerate(_TOKEN.finditer(parts["text"] or "")):
        if token["type"] is not None:
            if token["type"] not in ("markdown", "md") or position:
                raise AuthoringError(
                    path, line, f"unknown cell type {token[0]}; known headers: {_KNOWN}"
                )
            markdown = True
        elif token["attribute"] is not None:
            if token["attribute"] in attributes:
                raise AuthoringError(
                    path, line, f"found the attribute {token['attribute']!r} twice; keep one"
                )
            attributes[token["attribute"]] = token["value"].strip('"')
        else:
            words.append(token["word"])
    return markdown, words, attributes


def _role(
    path: Path, line: int, markdown: bool, words: list[str], attributes: dict[str, str]
) -> AuthoredRole:
    named = [name for name in attributes if name in _NAMED]
    for word in words:
        if word not in ("setup", "experiment", *_MORE):
            raise AuthoringError(
                path, line, f"unknown word {word!r} in a cell header; known headers: {_KNOWN}"
            )
    said = [*(word for word in words if word not in _MORE), *named]
    if len(said) > 1:
        raise AuthoringError(
            path,
            line,
            f"a cell can have one role, found {' and '.join(said)}; split the cell",
        )
    if "manual" in words and said != ["solution"]:
        raise AuthoringError(
            path,
            line,
            "only a solution can be `manual`: a human grades it; write "
            '`# %% solution="NAME" manual points=N`, or remove the word',
        )
    if not said:
        return "prose" if markdown else "code"
    if markdown != (said[0] in _TEXTS):
        what = "a written answer" if said[0] == "answer" else "a task"
        raise AuthoringError(
            path,
            line,
            f"{a_role(said[0])} cell must be code; remove [markdown] from its header"
            if markdown
            else f"{what} must be Markdown; write `# %% [markdown] {said[0]}=…`",
        )
    return cast(AuthoredRole, said[0])


def _trust(path: Path, line: int, role: AuthoredRole, text: str) -> Trust:
    if text == "isolated":
        return "isolated"
    if role != "test":
        raise AuthoringError(
            path, line, f"{a_role(role)} cell cannot have the attribute 'trust'; only tests can"
        )
    if text != "shared":
        raise AuthoringError(
            path,
            line,
            f'trust="{text}": expected "shared" (the test runs in the student\'s process, where '
            "its result can be forged)",
        )
    return "shared"


def _asks(path: Path, line: int, role: AuthoredRole, text: str | None) -> tuple[str, ...]:
    """The names in `asks="student_id, group"`."""
    if text is None:
        return ()
    if role != "test":
        raise AuthoringError(
            path, line, f"{a_role(role)} cell cannot have the attribute 'asks'; only tests can"
        )
    names = tuple(name.strip() for name in text.split(","))
    if not all(map(str.isidentifier, names)):
        raise AuthoringError(
            path,
            line,
            f'asks="{text}": expected the names of values that students type into a given cell, '
            "with commas between them",
        )
    return names


def _points(
    path: Path, line: int, role: AuthoredRole, name: str, text: str | None, *, manual: bool
) -> float | None:
    """The points of a question; None for any other cell, and for a test that does not say them."""
    if role not in ("test", *_TEXTS) and not manual:
        if text is not None:
            also = f'; a solution that a human grades is `solution="{name}" manual points={text}`'
            raise AuthoringError(
                path,
                line,
                f"{a_role(role)} cell cannot have the attribute 'points'; only tests and other "
                "questions can" + (also if role == "solution" else ""),
            )
        return None
    if text is None:
        if role == "test":
            return None  # those of its parts
        raise needs_points(path, line, role, name)
    if not _NUMBER.fullmatch(text):
        raise AuthoringError(path, line, f"points={text}: expected a number, such as points=3")
    if float(text) < 0:
        raise AuthoringError(path, line, f"points={text}: expected 0 or more")
    return float(text)


def _points_of_each(
    path: Path, line: int, role: AuthoredRole, attributes: dict[str, str]
) -> tuple[float, ...]:
    """The numbers in `points=[1, 2, 1]` of a test, which are taken out of the attributes."""
    text = attributes.get("points", "")
    if role != "test" or not text.startswith("["):
        return ()
    numbers = [one.strip() for one in text.strip("[]").split(",")]
    if not all(map(_NUMBER.fullmatch, numbers)) or min(map(float, numbers)) < 0:
        raise AuthoringError(
            path,
            line,
            f"points={text}: expected a number of 0 or more for each assertion, such as "
            "points=[1, 2, 1]",
        )
    del attributes["points"]
    return tuple(map(float, numbers))


def _extra_credit(
    path: Path, line: int, role: AuthoredRole, words: list[str], *, manual: bool
) -> bool:
    if "extra_credit" not in words:
        return False
    if role not in ("test", *_TEXTS) and not manual:
        raise AuthoringError(
            path,
            line,
            f"{a_role(role)} cell cannot be `extra_credit`, because it has no points; write the "
            "word in the header of the question",
        )
    return True


def _grade_id(path: Path, line: int, role: AuthoredRole, text: str | None) -> str:
    """nbgrader's id of the cell, where an imported course has given it one."""
    if text is None:
        return ""
    if role not in ("setup", "solution", "test", *_TEXTS):
        raise AuthoringError(
            path,
            line,
            f"{a_role(role)} cell cannot have the attribute 'id', because nbgrader does not know "
            "the cell; remove it",
        )
    if not _ID.fullmatch(text):
        raise AuthoringError(
            path,
            line,
            f'id="{text}": expected at most 100 letters, digits and the signs _ and -',
        )
    return text


def _tags(path: Path, line: int, role: AuthoredRole, text: str | None) -> tuple[str, ...]:
    """The tags in `tags=["hide-input", "slow"]`."""
    if text is None:
        return ()
    if role == "oracle":
        raise AuthoringError(
            path, line, "an oracle is no cell of the notebook, so it has no tags; remove them"
        )
    if not text.startswith("[") or not _TAGS.fullmatch(text):
        raise AuthoringError(
            path,
            line,
            f'tags={text}: expected a list of words in quotes, such as tags=["hide-input"]',
        )
    return tuple(re.findall(r'"([^"]+)"', text))
