"""Reads the files in wrong/ and right/, and reports faults in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.splicing import spliced
from hwlib.grading.authoring.written import SETTINGS, Edit, Variant
from hwlib.grading.course import Assignment, read_written

__all__ = ["read_variants"]

_Settings = Mapping[str, ast.Assign]


def read_variants(
    assignment: Assignment, questions: Collection[str], cells: Mapping[str, str]
) -> tuple[Variant, ...]:
    """Read every wrong/*.py and right/*.py, sorted by kind and name.

    Parameters
    ----------
    assignment : Assignment
        The assignment with these files in its folder.
    questions : Collection[str]
        Names of the autograded questions, and of their parts.
    cells : Mapping[str, str]
        The reference's code of each solution cell by grade id, without markers.

    Raises
    ------
    AuthoringError
        If a setting is missing, or if a file names a question, definition or line that does not
        exist.
    """
    kinds: tuple[Literal["wrong", "right"], ...] = ("wrong", "right")
    found = tuple(
        _read(path, kind, questions, assignment.artifacts)
        for kind in kinds
        for path in sorted((assignment.folder / kind).glob("*.py"))
    )
    for variant in found:  # so that a fault is found here, not when it is run
        spliced(variant, cells)
    return found


def _read(
    path: Path,
    kind: Literal["wrong", "right"],
    questions: Collection[str],
    artifacts: Collection[str],
) -> Variant:
    source = read_written(path)
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise AuthoringError(
            path,
            getattr(error, "lineno", None) or 0,
            f"not valid Python: {getattr(error, 'msg', error)}; correct the code",
        ) from error
    settings = _settings(tree)
    reason = ast.get_docstring(tree)
    if not reason:
        raise AuthoringError(path, 1, "no docstring; add one that says why students write this")
    edits = _edits(path, settings["EDITS"]) if "EDITS" in settings else ()
    replaces: tuple[str, ...] = ()
    if not edits or "REPLACES" in settings:
        replaces = _names(
            path, settings, "REPLACES", 'REPLACES = "KNN.predict_labels", or EDITS = {"old": "new"}'
        )
    models = tuple(name for name in replaces if name in artifacts)
    if edits and models:
        raise AuthoringError(
            path,
            edits[0].line,
            f"EDITS can't change the model file {models[0]}; define a function {models[0]}(model) "
            "instead",
        )
    fails, hint = (
        _fails_and_hint(path, settings, questions)
        if kind == "wrong"
        else _nothing_lost(path, settings)
    )
    return Variant(
        kind,
        path.stem,
        reason,
        replaces,
        fails,
        hint,
        source,
        path,
        models=models,
        edits=edits,
        frequency=_frequency(path, settings),
        also=_also(path, settings, fails),
    )


def _settings(tree: ast.Module) -> dict[str, ast.Assign]:
    """REPLACES, EDITS, FAILS and HINT, as far as the file has them."""
    found: dict[str, ast.Assign] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name in SETTINGS:
                found[name] = node
    return found


def _value(path: Path, settings: _Settings, name: str) -> tuple[int, object]:
    """Line and value of a setting; 0 and None where it is missing."""
    if name not in settings:
        return 0, None
    node = settings[name]
    try:
        return node.lineno, ast.literal_eval(node.value)
    except ValueError as error:
        raise AuthoringError(
            path,
            node.lineno,
            f"{name} must be a plain string or a list of plain strings, without any computation",
        ) from error


def _names(path: Path, settings: _Settings, name: str, example: str) -> tuple[str, ...]:
    line, value = _value(path, settings, name)
    if isinstance(value, str):
        value = (value,)
    if (
        not isinstance(value, tuple | list)
        or not value
        or not all(isinstance(part, str) and part for part in value)
    ):
        raise AuthoringError(
            path, line, f"{name} is missing or empty; add a line such as {example}"
        )
    return tuple(value)


def _fails_and_hint(
    path: Path, settings: _Settings, questions: Collection[str]
) -> tuple[tuple[str, ...], str]:
    fails = _names(path, settings, "FAILS", 'FAILS = ["predict_labels"]')
    for name in fails:
        if name not in questions:
            kind = "part" if "/" in name else "question"
            raise AuthoringError(
                path,
                settings["FAILS"].lineno,
                f"FAILS has {name!r}, but there is no autograded {kind} of that name; "
                f"use one of: {', '.join(questions)}",
            )
    line, hint = _value(path, settings, "HINT")
    if not isinstance(hint, str) or not hint.strip():
        raise AuthoringError(
            path,
            line,
            'HINT is missing or empty; add a line HINT = "…" with a part of the text that the '
            "student reads",
        )
    return fails, hint


def _also(path: Path, settings: _Settings, fails: Collection[str]) -> dict[str, str]:
    """ALSO: why one slip costs more than one question or part, by the name in FAILS."""
    line, value = _value(path, settings, "ALSO")
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(
        isinstance(reason, str) and reason.strip() for reason in value.values()
    ):
        raise AuthoringError(
            path,
            line,
            'ALSO must be a dict of reasons: ALSO = {"affine_backward": "without a cache there is '
            'nothing to go back with"}',
        )
    for name in value:
        if name not in fails:
            raise AuthoringError(
                path,
                line,
                f"ALSO has {name!r}, which is not in FAILS; use one of: {', '.join(fails)}",
            )
    return {str(name): str(reason) for name, reason in value.items()}


def _frequency(path: Path, settings: _Settings) -> str:
    """FREQUENCY, a base rate such as "3 of 14 public solutions"; "" where nobody has counted."""
    line, value = _value(path, settings, "FREQUENCY")
    if value is None:
        return ""
    counted = re.match(r"(\d+) of (\d+) \S", value) if isinstance(value, str) else None
    if counted is None or int(counted[1]) > int(counted[2]):
        raise AuthoringError(
            path,
            line,
            f"FREQUENCY is {value!r}; say how often this was seen, and among how many: "
            'FREQUENCY = "3 of 14 public solutions"',
        )
    return str(value)


def _nothing_lost(path: Path, settings: _Settings) -> tuple[tuple[str, ...], str]:
    for name in ("FAILS", "ALSO", "HINT", "FREQUENCY"):
        if name in settings:
            raise AuthoringError(
                path,
                settings[name].lineno,
                f"a solution in right/ must lose no points, so it cannot have {name}; remove the "
                "line",
            )
    return (), ""


def _edits(path: Path, setting: ast.Assign) -> tuple[Edit, ...]:
    """The entries of EDITS, without line breaks at the ends of a text in triple quotes."""
    entries = setting.value
    if not isinstance(entries, ast.Dict) or not entries.keys:
        raise AuthoringError(
            path,
            setting.lineno,
            'EDITS must be a dict of lines; write EDITS = {"old line": "new line"}',
        )
    found: dict[str, Edit] = {}
    for key, value in zip(entries.keys, entries.values, strict=True):
        match key, value:
            case ast.Constant(value=str(old)), ast.Constant(value=str(new)) if old.strip():
                edit = Edit(old.strip("\n"), new.strip("\n"), key.lineno)
            case _:
                raise AuthoringError(
                    path,
                    (key or value).lineno,
                    "an entry of EDITS must be two plain strings, the first with a line of the "
                    "reference",
                )
        if edit.old in found:
            raise AuthoringError(
                path, edit.line, f"EDITS has the old line {edit.old!r} twice; keep one"
            )
        found[edit.old] = edit
    return tuple(found.values())
