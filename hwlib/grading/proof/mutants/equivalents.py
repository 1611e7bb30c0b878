"""Reads equivalents.toml: the mutants that an instructor accepts, each with the reason.

    [[equivalent]]
    where = "KNN.compute_distances"
    change = '''
    - distances[i, j] = norm(X[i] - X_train[j])
    + distances[i, j] = norm(X_train[j] - X[i])
    '''
    why = "A norm is the same for a vector and its negative."

Changes with one reason may share an entry: an empty line stands between them, and one without old
lines is another change of the same lines. An entry without `change` accepts every change of a value
that students choose themselves.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hwlib.errors import AuthoringError
from hwlib.grading.cells import code_and_comment
from hwlib.grading.course import read_written
from hwlib.grading.proof.mutants.making import Mutant

__all__ = ["Equivalent", "read_equivalents", "written"]

_KEYS = {"where", "change", "why"}


@dataclass(frozen=True, slots=True)
class Equivalent:
    """One entry of equivalents.toml."""

    where: str
    change: str  # as `Mutant.change`; "" accepts every change there
    why: str
    line: int  # of the entry in its file

    def names(self, mutant: Mutant) -> bool:
        """Whether this entry is about a mutant."""
        return self.where == mutant.where and self.change in ("", mutant.change)


def read_equivalents(path: Path) -> tuple[Equivalent, ...]:
    """The entries of an assignment's equivalents.toml; () if there is no such file.

    Raises
    ------
    AuthoringError
        If it is not valid TOML, if a key is missing or unknown, or if an entry stands there twice.
    """
    if not path.is_file():
        return ()
    text = read_written(path)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AuthoringError(path, 0, f"not valid TOML: {error}; correct that line") from error
    entries = values.pop("equivalent", [])
    if values or not isinstance(entries, list):
        unknown = ", ".join(values) or "equivalent"
        raise AuthoringError(
            path, 0, f"unknown key {unknown}; begin each entry with [[equivalent]]"
        )
    lines = [i for i, line in enumerate(text.split("\n"), 1) if line.strip() == "[[equivalent]]"]
    found: dict[tuple[str, str], Equivalent] = {}
    for line, entry in zip(lines, entries, strict=True):
        for one in _of_entry(path, line, entry):
            if (one.where, one.change) in found:
                raise AuthoringError(
                    path,
                    line,
                    f"this change of {one.where} is in the file twice: {one.change!r}; keep one",
                )
            found[one.where, one.change] = one
    return tuple(found.values())


def _of_entry(path: Path, line: int, entry: object) -> Iterator[Equivalent]:
    if not isinstance(entry, dict) or not entry.keys() <= _KEYS:
        unknown = ", ".join(sorted(set(entry) - _KEYS)) if isinstance(entry, dict) else entry
        raise AuthoringError(path, line, f"unknown key {unknown}; use where, change and why")
    for name in ("where", "why"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            example = '"KNN.predict_labels"' if name == "where" else '"the reason"'
            raise AuthoringError(
                path, line, f"{name} is missing or empty; add a line such as {name} = {example}"
            )
    text = entry.get("change", "")
    why = " ".join(entry["why"].split())
    if "change" not in entry:
        yield Equivalent(entry["where"], "", why, line)
        return
    changes = list(_changes(text)) if isinstance(text, str) else []
    if not changes:
        raise AuthoringError(
            path, line, "change must be the lines that `hw mutate` prints, after - and +"
        )
    for change in changes:
        yield Equivalent(entry["where"], change, why, line)


def _changes(text: str) -> Iterator[str]:
    """Each change of an entry, as `Mutant.change` has it."""
    old: list[str] = []
    for block in re.split(r"\n[ \t]*\n", text.strip("\n")):
        lines = [_bare(line) for line in block.split("\n")]
        old = [line for line in lines if line.startswith("-")] or old
        new = [line for line in lines if line.startswith("+")]
        if old and new:
            yield "\n".join([*old, *new])


def _bare(line: str) -> str:
    """A line of a change, without indentation and comment."""
    sign, code = line.strip()[:1], line.strip()[1:]
    return f"{sign} {code_and_comment(code)[0]}"


def written(mutant: Mutant, why: str = "") -> str:
    """The entry for a mutant, ready for equivalents.toml."""
    quotes = "'''" if "'''" not in mutant.change else '"""'
    return "\n".join(
        [
            "[[equivalent]]",
            f'where = "{mutant.where}"',
            f"change = {quotes}",
            mutant.change,
            quotes,
            f'why = "{why}"',
        ]
    )
