"""Reads what an nbgrader_config.py sets, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

__all__ = ["settings_of"]

_LINE = re.compile(r"^\s*c\.(\w+)\.(\w+)\b", re.MULTILINE)  # where the file is Python 2
_MAKERS = ("get_config", "Config")


def settings_of(config: str) -> dict[str, str | None]:
    """Names of settings, such as `Execute.timeout` → the text that each is set to; None for what is
    no text, or is worked out.

    Every form counts that changes a setting: `c.A.b = x`, `+=`, `c["A"]["b"] = x`,
    `c.A.b.append(x)`, and short names such as `a = c.A`.

    Examples
    --------
    >>> settings_of("c = get_config()\\na = c.A\\nTEXT = 'x'\\na.b = TEXT\\nc.A.d.append(2)")
    {'A.b': 'x', 'A.d': None}
    """
    try:
        tree = ast.parse(config)
    except (SyntaxError, ValueError):
        return {f"{part}.{key}": None for part, key in _LINE.findall(config)}
    paths: dict[str, tuple[str, ...]] = {"c": ()}  # name → what it stands for
    texts: dict[str, str] = {}
    found: dict[str, str | None] = {}
    for target, value in _changes(tree):
        if isinstance(target, ast.Name):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                texts[target.id] = value.value
            elif isinstance(value, ast.Call) and _last(value.func) in _MAKERS:
                paths[target.id] = ()
            elif value is not None and (path := _path(value, paths)) is not None:
                paths[target.id] = path
        elif (path := _path(target, paths)) is not None and len(path) > 1:
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(value, ast.Name):
                text = texts.get(value.id)
            found[".".join(path[:2])] = text if isinstance(text, str) else None
    return found


def _changes(tree: ast.Module) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What is assigned, or changed by a method, and to what; in the order of the file."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    for node in sorted(nodes, key=lambda one: (one.lineno, one.col_offset)):
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)
        elif isinstance(node, ast.AugAssign):
            yield node.target, None
        elif isinstance(node, ast.AnnAssign):
            yield node.target, node.value
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute):
                yield called.value, None


def _path(node: ast.expr, paths: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """The way from the configuration to a setting; None if it does not begin there."""
    inner: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute):
            inner.append(node.attr)
        else:
            key = node.slice.value if isinstance(node.slice, ast.Constant) else "?"
            inner.append(str(key))
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in paths:
        return None
    return (*paths[node.id], *reversed(inner))


def _last(node: ast.expr) -> str:
    """The last name of a chain: `config.get_config` is get_config."""
    return str(getattr(node, "attr", getattr(node, "id", "")))
