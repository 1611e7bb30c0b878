"""Names the shapes of the arrays in a line of student code, with the letters of its docstring.

def scores(X, W):
    \"""Scores (N, C) of images X (N, D) with weights W (C, D).\"""
    return X @ W

X (N, D) is (5, 3072), W (C, D) is (10, 3072).
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator
from types import FrameType
from typing import Any

__all__ = ["letters_of", "shapes_in"]

MOST = 4  # arrays in one message
_LETTERS = re.compile(r"\b(\w+(?:(?:,? and |, )\w+)*) \(([\w\s,·*+]*,[\w\s,·*+]*)\)")


def shapes_in(frame: FrameType, line: int) -> str:
    """The shapes of the arrays in the statement at a line, as a sentence; "" if there are none."""
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    letters = letters_of(_docstring(tree, frame.f_code.co_name, line))
    found: dict[str, str] = {}
    for node in _expressions(tree, line):
        name, value = ast.unparse(node), _value(node, frame)
        if name not in found and _has_shape(value):
            drawn = letters.get(name) or (
                letters.get(name.capitalize(), "") if len(name) > 1 else ""
            )  # "Images (N, D)"
            found[name] = f"{name}{f' ({drawn})' if drawn else ''} is {_shown(value)}"
    return f"{', '.join(list(found.values())[:MOST])}." if found else ""


def letters_of(docstring: str) -> dict[str, str]:
    """The shapes that a docstring gives, in its letters.

    >>> letters_of("The minimiser, for w and grad (D,); X (N, D) are the examples.")
    {'w': 'D,', 'grad': 'D,', 'X': 'N, D'}
    """
    found = {}
    for match in _LETTERS.finditer(docstring):
        for name in re.split(r",? and |, ", match[1]):
            found[name] = match[2].strip()
    return found


def _docstring(tree: ast.Module, name: str, line: int) -> str:
    """The docstring of the function around a line, and that of its class."""
    texts = [
        ast.get_docstring(node) or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return "\n".join(texts)


def _expressions(tree: ast.Module, line: int) -> Iterator[ast.expr]:
    """The names, attributes and entries in the smallest statement at a line, outermost first."""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    if not around:
        return
    statement = min(around, key=lambda node: (node.end_lineno or node.lineno) - node.lineno)
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript) and isinstance(
            node.ctx, ast.Load
        ):
            yield node


def _value(node: ast.expr, frame: FrameType) -> Any:
    """The value of a name, of an attribute that is stored, or of an entry of a dict; else None.

    Nothing of a student's is run for it.
    """
    match node:
        case ast.Name(id=name):
            return frame.f_locals.get(name, frame.f_globals.get(name))
        case ast.Attribute(value=inner, attr=attr):
            owner = _value(inner, frame)
            stored = getattr(owner, "__dict__", None)
            if not isinstance(stored, dict):
                return None
            modules = stored.get("_modules"), stored.get("_parameters")
            for place in (stored, *(one for one in modules if isinstance(one, dict))):
                if attr in place:
                    return place[attr]
        case ast.Subscript(value=inner, slice=ast.Constant(value=str() as key)):
            owner = _value(inner, frame)
            return owner.get(key) if type(owner) is dict else None
    return None


def _has_shape(value: Any) -> bool:
    kind = type(value)
    if kind.__module__.split(".")[0] not in ("numpy", "torch"):
        return False
    return isinstance(getattr(value, "shape", None), tuple) or _is_layer(value)


def _is_layer(value: Any) -> bool:
    return type(value).__module__.startswith("torch.nn.modules") and "weight" in dir(value)


def _shown(value: Any) -> str:
    if _is_layer(value):
        return repr(value)
    shape = tuple(value.shape)
    return str(shape) if shape else "a single number"
