"""The reference as a student would hand it in, and the same with one part replaced by a wrong or an
unusual right solution.

Everything is made from source/SLUG/ and release/SLUG/ as they are on disk, so that what was
released is what is tested.
"""

from __future__ import annotations

import ast
import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, NoReturn

import nbformat
from nbformat import NotebookNode

from hwlib import models
from hwlib.errors import AuthoringError, CourseError
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.cells import grade_id_of, indented, line_kinds, parse_cell
from hwlib.grading.course import Assignment
from hwlib.markers import TEXT_STUB

__all__ = ["Variant", "handed_in_models", "load_variants", "reference_notebook", "variant_notebook"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One file wrong/NAME.py or right/NAME.py."""

    kind: Literal["wrong", "right"]
    name: str
    reason: str  # why students write it: the file's docstring
    replaces: tuple[str, ...]  # "f", "Class", "Class.method", "variable", or a model in artifacts/
    fails: tuple[str, ...]  # the questions that it loses, exactly these; () for right
    hint: str  # part of what the student reads; "" for right
    source: str
    path: Path
    models: tuple[str, ...] = ()  # those of `replaces` that are models in artifacts/


def load_variants(assignment: Assignment) -> tuple[Variant, ...]:
    """Read every wrong/*.py and right/*.py, sorted by kind and name.

    Raises
    ------
    AuthoringError
        If one of them lacks what it needs, or names a question or definition that the built
        notebook doesn't have.
    CourseError
        If the assignment has not been built.
    """
    key = load_key(assignment)
    found = []
    for kind in ("wrong", "right"):
        for path in sorted((assignment.folder / kind).glob("*.py")):
            variant = _read(
                path, "wrong" if kind == "wrong" else "right", key, assignment.artifacts
            )
            # so that a fault is found here, not when it is run
            _splice_all(variant, _solved_cells(key))
            found.append(variant)
    return tuple(found)


def reference_notebook(assignment: Assignment) -> NotebookNode:
    """The release notebook as a perfect student hands it in: solutions filled in, written answers
    answered.

    Raises
    ------
    CourseError
        If the assignment has not been built.
    """
    return _filled(assignment, _solved_cells(load_key(assignment)))


def variant_notebook(assignment: Assignment, variant: Variant) -> NotebookNode:
    """The reference with the variant's definitions in place of the reference's.

    Raises
    ------
    AuthoringError
        If the built notebook has no such definition.
    CourseError
        If the assignment has not been built.
    """
    return _filled(assignment, _splice_all(variant, _solved_cells(load_key(assignment))))


def handed_in_models(assignment: Assignment, variant: Variant | None = None) -> dict[str, bytes]:
    """The model files that go with the reference or a variant: file name → content.

    A variant that replaces a model defines a function of its name: it takes what `hwlib.load_model`
    gives for the reference's file and returns what is saved instead, or None for a file that is not
    handed in.

    Raises
    ------
    AuthoringError
        If that function raises, or what it returns can't be saved.
    """
    files = {
        path.name: path.read_bytes()
        for path in sorted((assignment.folder / "artifacts").glob("*.safetensors"))
    }
    for name in variant.models if variant else ():
        changed = _changed_model(assignment, variant, name) if variant else None
        files.pop(f"{name}.safetensors", None)
        if changed is not None:
            files[f"{name}.safetensors"] = changed
    return files


def _changed_model(assignment: Assignment, variant: Variant, name: str) -> bytes | None:
    namespace: dict[str, Any] = {"__name__": variant.name}
    try:
        exec(compile(variant.source, str(variant.path), "exec"), namespace)
        model = namespace[name](
            models.load_model((assignment.folder / "artifacts" / f"{name}.safetensors").resolve())
        )
        if model is None or isinstance(model, bytes):
            return model
        with tempfile.TemporaryDirectory(prefix="hw-model-") as folder, contextlib.chdir(folder):
            return models.save_model(model, name).read_bytes()
    except Exception as error:
        message = (
            f"{name}, which changes the reference's model, raised {type(error).__name__}: {error}"
        )
        raise AuthoringError(variant.path, 0, message) from error


# ---- filling the release ----


def _solved_cells(key: AnswerKey) -> dict[str, str]:
    """The reference's code of each solution cell by grade id, without the marker lines."""
    return {cell.grade_id: _without_markers(cell.source) for cell in key.by_role("solution")}


def _without_markers(source: str) -> str:
    lines = zip(source.split("\n"), line_kinds(source), strict=True)
    return "\n".join(line for line, kind in lines if kind != "marker")


def _filled(assignment: Assignment, solved: dict[str, str]) -> NotebookNode:
    if not assignment.release.is_file():
        raise CourseError(
            f"{assignment.release}: no such file; run `hw build {assignment.slug}` first"
        )
    notebook = nbformat.read(assignment.release, as_version=4)
    for cell in notebook.cells:
        grade_id = grade_id_of(cell)
        if grade_id in solved:
            cell.source = solved[grade_id]
        elif cell.metadata.get("hwlib", {}).get("role") == "answer":
            cell.source = cell.source.replace(
                TEXT_STUB, f"The reference's answer to {cell.metadata['hwlib']['name']}."
            )
    return notebook


# ---- reading a variant ----


def _read(
    path: Path, kind: Literal["wrong", "right"], key: AnswerKey, artifacts: tuple[str, ...]
) -> Variant:
    source = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise AuthoringError(
            path,
            getattr(error, "lineno", None) or 0,
            f"not valid Python: {error}; correct the code",
        ) from error
    settings = _settings(path, tree)
    reason = ast.get_docstring(tree)
    if not reason:
        raise AuthoringError(path, 1, "no docstring; say in one why students write this")
    replaces = _names(path, settings, "REPLACES", 'REPLACES = "KNN.predict_labels"')
    if kind == "right":
        for name in ("FAILS", "HINT"):
            if name in settings:
                raise AuthoringError(
                    path,
                    settings[name][0],
                    f"{name} in right/: this solution must lose nothing; remove the line",
                )
        return Variant(
            kind, path.stem, reason, replaces, (), "", source, path, _models_in(replaces, artifacts)
        )
    fails = _names(path, settings, "FAILS", 'FAILS = ["predict_labels"]')
    questions = [cell.name for cell in key.by_role("test")]
    for name in fails:
        if name not in questions:
            raise AuthoringError(
                path,
                settings["FAILS"][0],
                f"FAILS has {name!r}, which is no autograded question; "
                f"there are: {', '.join(questions)}",
            )
    line, hint = settings.get("HINT", (0, None))
    if not isinstance(hint, str) or not hint.strip():
        raise AuthoringError(
            path,
            line,
            'HINT is missing or empty; add a line HINT = "…", part of what the student reads',
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
        _models_in(replaces, artifacts),
    )


def _models_in(replaces: tuple[str, ...], artifacts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in replaces if name in artifacts)


def _settings(path: Path, tree: ast.Module) -> dict[str, tuple[int, object]]:
    """REPLACES, FAILS and HINT: line and value."""
    found: dict[str, tuple[int, object]] = {}
    for node in tree.body:
        name = _setting_name(node)
        if name and isinstance(node, ast.Assign):
            try:
                found[name] = (node.lineno, ast.literal_eval(node.value))
            except ValueError as error:
                raise AuthoringError(
                    path, node.lineno, f"{name} must be written out: a string, or a list of strings"
                ) from error
    return found


def _setting_name(node: ast.stmt) -> str:
    if (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
    ):
        name = node.targets[0].id
        return name if name in ("REPLACES", "FAILS", "HINT") else ""
    return ""


def _names(
    path: Path, settings: dict[str, tuple[int, object]], name: str, example: str
) -> tuple[str, ...]:
    line, value = settings.get(name, (0, None))
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


# ---- splicing ----


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a variant's file holds: what goes in front, and the replacement of each name, as source
    lines at the margin.
    """

    front: list[str]
    replacements: dict[str, list[str]]


def _splice_all(variant: Variant, cells: dict[str, str]) -> dict[str, str]:
    """The solution cells with the variant's definitions spliced in."""
    parts = _parts(variant)
    cells = dict(cells)
    fronted: set[str] = set()
    for name, replacement in parts.replacements.items():
        if name in variant.models:
            continue
        grade_id = _defining_cell(variant, name, cells)
        cells[grade_id] = _splice(cells[grade_id], name, replacement, partial(_fault, variant))
        fronted.add(grade_id)
    # later cells see what stands there
    first = next((grade_id for grade_id in cells if grade_id in fronted), "")
    if parts.front and first:
        cells[first] = "\n".join([*parts.front, "", cells[first]])
    return cells


def _fault(variant: Variant, message: str) -> NoReturn:
    lines = variant.source.split("\n")
    line = next((i for i, text in enumerate(lines, 1) if text.startswith("REPLACES")), 0)
    raise AuthoringError(variant.path, line, message)


def _parts(variant: Variant) -> _Parts:
    """Sort the file's statements: definitions that replace something, and all others; comments go
    with what is below them.
    """
    tree = ast.parse(variant.source)
    lines = variant.source.split("\n")
    short = {name.rpartition(".")[2]: name for name in variant.replaces}
    if len(short) < len(variant.replaces):
        _fault(
            variant,
            f"REPLACES has two names that end alike: {', '.join(variant.replaces)}; put them into "
            "two files",
        )
    front: list[str] = []
    replacements: dict[str, list[str]] = {name: [] for name in variant.replaces}
    end, current = 0, None
    for node in tree.body:
        start, begin = end, _first_line(node)
        end = node.end_lineno or begin
        if _setting_name(node) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            continue
        above = [line for line in lines[start : begin - 1] if line.lstrip().startswith("#")]
        name = next((short[bound] for bound in _bound(node) if bound in short), None)
        if not _is_definition(node) and not isinstance(node, ast.Import | ast.ImportFrom):
            # a variable may take several statements; what is between them stays there
            name = current = name or current
        place = front if name is None else replacements[name]
        place += [*above, *lines[begin - 1 : end], *([""] if name is None and begin < end else [])]
    for name, found in replacements.items():
        if not found:
            _fault(
                variant,
                f"REPLACES has {name!r}, but the file defines no {name.rpartition('.')[2]!r}; add "
                "the definition",
            )
    return _Parts(front, replacements)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement binds or changes: `def f`, `x = …`, `x["key"] = …`, and the same
    inside `for`, `if`, `with`.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name | ast.Subscript | ast.Attribute) and isinstance(
            inner.ctx, ast.Store
        ):
            root: ast.expr = inner
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name):
                yield root.id


def _defining_cell(variant: Variant, name: str, cells: dict[str, str]) -> str:
    for grade_id, source in reversed(cells.items()):
        if _find(source, name):
            return grade_id
    _fault(
        variant,
        f"REPLACES has {name!r}, which no solution cell of source/ defines; there are: "
        f"{', '.join(_all_names(cells))}",
    )


def _all_names(cells: dict[str, str]) -> Iterator[str]:
    for source in cells.values():
        for node in _body(source):
            yield from dict.fromkeys(_bound(node))
            if isinstance(node, ast.ClassDef):
                yield from (
                    f"{node.name}.{name}"
                    for inner in node.body
                    for name in dict.fromkeys(_bound(inner))
                )


def _body(source: str) -> list[ast.stmt]:
    try:
        return parse_cell(source).body
    except SyntaxError:
        return []


def _find(source: str, name: str) -> list[ast.stmt]:
    """The statements that make up a definition: one for a function, method or class, perhaps
    several for a variable.
    """
    body = _body(source)
    *classes, last = name.split(".")
    for outer in classes:
        body = next(
            (
                node.body
                for node in reversed(body)
                if isinstance(node, ast.ClassDef) and node.name == outer
            ),
            [],
        )
    found = [node for node in body if last in _bound(node)]
    return [node for node in found if _is_definition(node)][-1:] or found


def _splice(source: str, name: str, replacement: list[str], fault: partial[NoReturn]) -> str:
    """Put `replacement` in the place of a definition; everything else stays as it is, byte for
    byte.

    A variable that several statements make (`answers = {}`, then `answers["x"] = …`) can't be cut
    out without breaking what stands between them: the replacement then follows the last of them.
    """
    lines = source.split("\n")
    found = _find(source, name)
    node = found[-1]
    begin, end = _first_line(node), node.end_lineno or node.lineno
    indent = lines[begin - 1][: node.col_offset]
    behind = lines[end - 1].encode()[node.end_col_offset :].decode().strip()
    if indent.strip() or behind.startswith(";"):
        fault(
            f"{name} shares a line of source/ with another statement; give it a line of its own in "
            "notebook.py"
        )
    keep = len(found) > 1 or not (
        _is_definition(node) or set(_bound(node)) == {name.rpartition(".")[2]}
    )
    keep = keep or isinstance(
        node, ast.For | ast.While | ast.If | ast.With | ast.Try | ast.AugAssign
    )
    return "\n".join(
        [
            *lines[: end if keep else begin - 1],
            indented("\n".join(replacement), indent),
            *lines[end:],
        ]
    )


def _is_definition(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
