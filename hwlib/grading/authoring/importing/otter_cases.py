"""Rewrites otter's test cases, which compare what a cell shows, as tests that compare values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hwlib.grading.authoring.importing.otter_settings import number_in, settings_in
from hwlib.grading.cells import indented, joined_source, tree_of
from hwlib.grading.parts import in_digits
from hwlib.markers import BEGIN_HIDDEN, END_HIDDEN

__all__ = ["Case", "case_of", "composed", "shared_points"]

_CONFIG = re.compile(r"^(?:\w+\s*=\s*)?(?:\"\"\"|''')?\s*#\s*BEGIN\s*TEST\s*CONFIG", re.IGNORECASE)
_CONFIG_END = re.compile(r"^(?:\"\"\"|''')?\s*;?\s*#\s*END\s*TEST\s*CONFIG", re.IGNORECASE)
_NUMPY = re.compile(r"^np\.(?:(?:\w+\d*|bool_?|str_)\((.*)\)|(True|False)_)$")

_ASKING = ("isinstance", "all", "any", "allclose", "isclose", "array_equal", "callable")


@dataclass(frozen=True, slots=True)
class Case:
    """One test case of otter."""

    source: str  # statements that raise if it does not hold
    hidden: bool
    points: float | None = None
    problem: str = ""  # what can't be read of its settings


def case_of(source: str, outputs: Sequence[Any], *, is_run: bool = False) -> Case:
    """The test case that a cell of tests is.

    Parameters
    ----------
    source : str
    outputs : sequence
        What the cell shows for the course's own solution, as nbformat has it.
    is_run : bool
        Whether these are all: a value that is not shown is None.
    """
    lines = source.split("\n")
    hidden, points, message, problem = False, None, None, ""
    if _CONFIG.match(lines[0]):
        end = next((i for i, line in enumerate(lines) if _CONFIG_END.match(line)), 0)
        config, problem = settings_in("\n".join(lines[1:end]))
        hidden, points = bool(config.get("hidden")), number_in(config.get("points"))
        if points is None and config.get("points") is not None:
            problem = f"it is worth {config['points']!r:.60} points"
        message = config.get("failure_message")
        lines = lines[end + 1 :]
    elif lines[0].lstrip().startswith("#"):
        hidden = bool(re.search(r"\bhidden\b", lines[0], re.IGNORECASE))
        if re.match(r"^\s*#+\s*(hidden\s*)?(tests?)?\s*#*\s*$", lines[0], re.IGNORECASE):
            lines = lines[1:]
    body = "\n".join(lines).strip("\n")
    tree = tree_of(body)
    if tree is not None and tree.body:
        function = _function(tree)
        body = _inlined(body, function) if function else _compared(body, tree, outputs, is_run)
    if message:
        body = _with_message(body, str(message))
    return Case(body, hidden, points, problem)


def _with_message(body: str, message: str) -> str:
    """The statements, with otter's failure_message in the last assertion, if it has none."""
    tree = tree_of(body)
    last = tree.body[-1] if tree is not None and tree.body else None
    if not isinstance(last, ast.Assert) or last.msg is not None or last.end_lineno is None:
        return f"# {' '.join(message.split())}\n{body}"
    lines = body.split("\n")
    line = lines[last.end_lineno - 1].encode()
    put = f", {' '.join(message.split())!r}".encode()
    lines[last.end_lineno - 1] = (line[: last.end_col_offset] + put).decode() + (
        line[last.end_col_offset :].decode()
    )
    return "\n".join(lines)


def _function(tree: ast.Module) -> ast.FunctionDef | None:
    """The function that an exception-based case is."""
    first = tree.body[0]
    if isinstance(first, ast.FunctionDef) and len(tree.body) <= 2 and "test" in first.name.lower():
        return first
    return None


def _inlined(body: str, function: ast.FunctionDef) -> str:
    """The statements of an exception-based case, with names in place of env["name"]."""
    if any(isinstance(node, ast.Return | ast.Yield) for node in ast.walk(function)):
        return body
    arguments = [one.arg for one in function.args.args]
    lines = body.split("\n")[function.body[0].lineno - 1 : function.end_lineno]
    width = len(lines[0]) - len(lines[0].lstrip())
    text = "\n".join(line[width:] if not line[:width].strip() else line for line in lines)
    for name in arguments:
        if name == "env":
            text = re.sub(r"\benv\[[\"'](\w+)[\"']\]", r"\1", text)
            text = re.sub(r"\benv\.get\([\"'](\w+)[\"']\)", r"\1", text)
    return text if tree_of(text) is not None else body


def _compared(body: str, tree: ast.Module, outputs: Sequence[Any], is_run: bool) -> str:
    """The statements, with what they show compared with what the course's own solution shows."""
    printed, value = _shown(outputs)
    last = tree.body[-1]
    if value is None and is_run and not printed and _is_asked(last):
        value = "None"
    if isinstance(last, ast.Expr) and value is not None:
        lines = body.split("\n")
        expression = ast.get_source_segment(body, last.value) or ast.unparse(last.value)
        start = last.lineno - 1
        before = lines[:start]
        if lines[start][: last.col_offset].strip():  # two statements on a line
            before = [*before, lines[start][: last.col_offset].rstrip("; ")]
        body = "\n".join([*before, _assertion(expression, last.value, value)])
    if printed:
        body = "\n".join(
            [
                "import contextlib, io",
                "with contextlib.redirect_stdout(io.StringIO()) as printed:",
                indented(body, "    "),
                f"assert printed.getvalue() == {printed!r}",
            ]
        )
    return body


def _is_asked(last: ast.stmt) -> bool:
    """Whether it is an expression whose value may be None: `f(3)`, and not `print(f(3))`, or
    `np.testing.assert_equal(…)`, which says for itself what is wrong.
    """
    if not isinstance(last, ast.Expr) or isinstance(last.value, ast.Constant | ast.Await):
        return False
    function = last.value.func if isinstance(last.value, ast.Call) else None
    name = getattr(function, "attr", "") or getattr(function, "id", "")
    return not name.startswith(("print", "display", "show", "assert"))


def _shown(outputs: Sequence[Any]) -> tuple[str, str | None]:
    """What a cell printed, and its value as Jupyter shows it."""
    printed, value = "", None
    for output in outputs:
        if output.get("output_type") == "stream" and output.get("name") != "stderr":
            printed += joined_source(output.get("text", "")) or ""
        elif output.get("output_type") == "execute_result":
            value = joined_source(output.get("data", {}).get("text/plain", ""))
    return printed, value


def _assertion(expression: str, node: ast.expr, value: str) -> str:
    """A statement that raises if the expression does not show this value."""
    shown = expression if _stands_alone(expression, node) else f"({expression})"
    number = _NUMPY.match(value)
    plain = (number[1] or number[2] or value) if number else value
    if plain in ("True", "False"):
        if _is_question(node):
            return f"assert {shown}" if plain == "True" else f"assert not ({shown})"
        return f"assert str({shown}) == {plain!r}"
    if plain == "None":
        return f"assert {shown} is None"
    try:
        ast.literal_eval(plain)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return f"assert repr({shown}) == {value!r}"
    return f"assert {shown} == {plain}"


def _stands_alone(expression: str, node: ast.expr) -> bool:
    """Whether an expression is the whole left side where a comparison follows it."""
    try:
        (statement,) = ast.parse(f"assert {expression} == 0").body
    except (SyntaxError, ValueError):
        return False
    test = statement.test if isinstance(statement, ast.Assert) else None
    return (
        "\n" not in expression
        and isinstance(test, ast.Compare)
        and len(test.ops) == 1
        and ast.dump(test.left) == ast.dump(node)
    )


def _is_question(node: ast.expr) -> bool:
    """Whether an expression is True or False whatever its parts are."""
    if isinstance(node, ast.Compare):
        return True
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    if isinstance(node, ast.BoolOp):
        return all(map(_is_question, node.values))
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return name in _ASKING
    return False


# ---- points --------------------------------------------------------------------------------------


def shared_points(points: Any, cases: Sequence[Case]) -> list[float]:
    """What each case is worth, by otter's rule.

    A list gives each case its own. A number is shared by those that say nothing themselves, and no
    number at all is 1 point.

    >>> cases = [Case("", False), Case("", True, 2.0)]
    >>> shared_points(3, cases), shared_points(None, cases), shared_points([1, 4], cases)
    ([1.0, 2.0], [0.0, 2.0], [1, 4])
    """
    if isinstance(points, dict):
        points = points.get("each", 1) * len(cases)
    if isinstance(points, list):
        return [*points, *[0.0] * len(cases)][: len(cases)]
    said = sum(case.points or 0.0 for case in cases)
    silent = sum(case.points is None for case in cases)
    rest = 0.0
    if points is not None:
        rest = max(0.0, points - said) / silent if silent else 0.0
    elif not said and silent:
        rest = 1 / silent
    return [rest if case.points is None else case.points for case in cases]


def composed(cases: Sequence[Case], points: Sequence[float], whole: bool) -> str:
    """The test cell of a question: with parts, unless it is all or nothing or has one case."""
    if whole or len(cases) == 1:
        visible = [case.source for case in cases if not case.hidden]
        hidden = [case.source for case in cases if case.hidden]
        if hidden:
            hidden = [BEGIN_HIDDEN, *hidden, END_HIDDEN]
        return "\n".join([*visible, *hidden])
    lines: list[str] = []
    for number, (case, worth) in enumerate(zip(cases, _in_six_digits(points), strict=True), 1):
        block = [
            f'with check.part({in_digits(worth)}, "case {number}"):',
            indented(case.source or "pass", "    "),
        ]
        if case.hidden:
            block = [BEGIN_HIDDEN, *block, END_HIDDEN]
            if lines and lines[-1] == END_HIDDEN:
                lines.pop()
                block = block[1:]
        lines += block
    return "\n".join(lines)


def _in_six_digits(points: Sequence[float]) -> Iterator[float]:
    """The points with six digits behind the point, so that they add up to what all are worth.

    >>> list(_in_six_digits([1 / 3] * 3))
    [0.333333, 0.333334, 0.333333]
    """
    whole, given = 0.0, 0.0
    for worth in points:
        whole += worth
        rounded = round(whole - given, 6)
        given += rounded
        yield rounded
