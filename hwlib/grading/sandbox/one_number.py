"""What an array was that student code tried to turn into one number.

Before NumPy 2.4 `float(array)` worked for an array of one, and never for several. The error is the
same for both, and only for the first may the code be right where it was written.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from itertools import islice
from types import CodeType, TracebackType
from typing import Any

import numpy as np

__all__ = ["MESSAGE", "OF_SHAPE", "shape_of_several"]

MESSAGE = "only 0-dimensional arrays can be converted to Python scalars"
OF_SHAPE = ", and this one has the shape "  # what the worker adds, and then the shape
# reading these calls no function but the methods of the student's own objects
_PLAIN = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.Compare,
    ast.Tuple,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
)


def shape_of_several(
    error: BaseException, led_to: BaseException | None = None
) -> tuple[int, ...] | None:
    """The shape of the array, if it has several numbers; None if it has one, or if nobody can tell.

    NumPy's own errors may have led to another one, such as "setting an array element with a
    sequence": that one knows where it happened.

    The expression is found by its place in the source, and worked out again if it is plain: names,
    operators, places in arrays, functions of NumPy.
    """
    if type(error) is not TypeError:
        return None
    try:
        if str(error) != MESSAGE:
            return None
        *_, last = _steps(error.__traceback__ or getattr(led_to, "__traceback__", None))
        frame = last.tb_frame
        node = _turned_into_number(frame.f_code, last.tb_lasti)
        if node is None or not _is_plain(node, frame.f_globals):
            return None
        operand = compile(ast.Expression(node), "<operand>", "eval")
        found = eval(operand, frame.f_globals, dict(frame.f_locals))  # noqa: S307
    except BaseException:  # noqa: BLE001  student code can break anything here
        return None
    return found.shape if isinstance(found, np.ndarray) and found.size > 1 else None


def _steps(step: TracebackType | None) -> Iterator[TracebackType]:
    while step is not None:
        yield step
        step = step.tb_next


def _turned_into_number(code: CodeType, instruction: int) -> ast.expr | None:
    """The argument of `float(…)`, or the right side of `array[i] = …`, at this instruction."""
    place = next(islice(code.co_positions(), instruction // 2, None))
    for node in ast.walk(ast.parse("".join(linecache.getlines(code.co_filename)))):
        if isinstance(node, ast.Call) and _place(node) == place and len(node.args) == 1:
            return node.args[0]
        if isinstance(node, ast.Assign) and any(_place(one) == place for one in node.targets):
            return node.value
    return None


def _place(node: ast.expr) -> tuple[int | None, int | None, int | None, int | None]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def _is_plain(node: ast.expr, names: dict[str, Any]) -> bool:
    return all(
        isinstance(one, (*_PLAIN, ast.keyword)) or _is_of_numpy(one, names)
        for one in ast.walk(node)
    )


def _is_of_numpy(node: ast.AST, names: dict[str, Any]) -> bool:
    """Whether this is `np.f(…)`."""
    function = node.func if isinstance(node, ast.Call) else None
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name)
        and names.get(function.value.id) is np
    )
