"""The changes of a line that `hw mutate` makes: slips that students make in numerical code.

General libraries of mutation operators (cosmic-ray, mutmut) change operators, constants and
booleans, but know no axes, `keepdims`, copies, bounds of slices or order of arguments, and they
change whole modules. So the operators are written here, over Python's own syntax tree.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from types import MappingProxyType

from hwlib.grading.proof.mutants.text import CellText, Change

__all__ = ["changes_of"]

TINY = 1e-6  # a number below it is a tolerance: twice as much changes nothing that anybody sees

_ARITHMETIC: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: ("+", ("-",)),
    ast.Sub: ("-", ("+",)),
    ast.Mult: ("*", ("/",)),
    ast.Div: ("/", ("*",)),
    ast.FloorDiv: ("//", ("/",)),
    ast.Mod: ("%", ("//",)),
    ast.MatMult: ("@", ("*",)),
    ast.BitAnd: ("&", ("|",)),
    ast.BitOr: ("|", ("&",)),
}
_COMPARED: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">")),
    ast.LtE: ("<=", ("<", ">=")),
    ast.Gt: (">", (">=", "<")),
    ast.GtE: (">=", (">", "<=")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
_SYMMETRIC = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr)
_SIBLINGS = MappingProxyType(
    {
        "max": "min",
        "min": "max",
        "argmax": "argmin",
        "argmin": "argmax",
        "maximum": "minimum",
        "minimum": "maximum",
        "sum": "mean",
        "mean": "sum",
        "any": "all",
        "all": "any",
        "sin": "cos",
        "cos": "sin",
        "zeros": "ones",
        "zeros_like": "ones_like",
        "ones": "zeros",
        "eval": "train",
        "train": "eval",
        "sum_squares": "norm1",
        "rand": "randn",
        "standard_normal": "random",
    }
)
_SYMMETRIC_CALLS = ("maximum", "minimum", "max", "min", "isclose", "allclose")
_EVEN = ("abs", "norm", "norm1", "norm2", "sum_squares", "huber")
_KEPT = ("print", "super", "isinstance", "range", "enumerate", "zip")  # calls that stay calls


def changes_of(
    cell: CellText, in_region: Callable[[ast.stmt | ast.expr], bool]
) -> Iterator[Change]:
    """Every change of a cell, in no particular order; some may not be valid Python.

    Parameters
    ----------
    cell : CellText
    in_region : callable
        Whether a node may be changed.
    """
    for node in ast.walk(cell.tree):
        if isinstance(node, ast.stmt | ast.expr) and in_region(node) and not _is_prose(cell, node):
            yield from _of_statement(cell, node) if isinstance(node, ast.stmt) else ()
            yield from _of_expression(cell, node) if isinstance(node, ast.expr) else ()


def _is_prose(cell: CellText, node: ast.AST) -> bool:
    """Whether a node is a docstring, in the text of an error, in what is printed, or a type."""
    inner: ast.AST | None = node
    while inner is not None:
        match inner:
            case (
                ast.JoinedStr() | ast.Expr(value=ast.Constant() | ast.Call(func=ast.Name("print")))
            ):
                return True
            case ast.Raise() if inner is not node:
                return True
        above = cell.parents.get(inner)
        if isinstance(above, ast.arg | ast.AnnAssign) and above.annotation is inner:
            return True
        inner = above
    return False


# ---- statements ----------------------------------------------------------------------------------


def _of_statement(cell: CellText, node: ast.stmt) -> Iterator[Change]:
    match node:
        case ast.Assign(targets=[target]):
            yield cell.replaced(node, "pass", "statement left out")
            if isinstance(target, ast.Tuple) and not isinstance(node.value, ast.Tuple):
                yield from _swapped(cell, target.elts, "names exchanged")
        case ast.AugAssign():
            yield cell.replaced(node, "pass", "statement left out")
            yield from _of_augmented(cell, node)
        case ast.Expr() | ast.Raise() | ast.Delete():
            yield cell.replaced(node, "pass", "statement left out")
        case ast.Break() | ast.Continue():
            yield cell.replaced(node, "pass", "statement left out")
        case ast.Return(value=ast.Tuple(elts=elements)):
            yield from _swapped(cell, elements, "results exchanged")
        case ast.If(test=test) if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield cell.replaced(test, f"not {cell.atom(test)}", "condition negated")
        case ast.With(items=[_]):
            yield from _without_context(cell, node)
        case ast.For(iter=loop):
            yield cell.replaced(loop, "()", "loop never runs")
        case ast.While(test=test):
            yield cell.replaced(test, "False", "loop never runs")
    if isinstance(node, ast.If):
        yield cell.replaced(node, "pass", "statement left out")


def _without_context(cell: CellText, node: ast.With) -> Iterator[Change]:
    """The block of a `with`, without what the `with` does."""
    if node.items[0].optional_vars is None:
        begin, _ = cell.span(node)
        yield Change(begin, cell.span(node.items[0].context_expr)[1], "if True", "with left out")


def _of_augmented(cell: CellText, node: ast.AugAssign) -> Iterator[Change]:
    found = _ARITHMETIC.get(type(node.op))
    if found is None:
        return
    sign, others = found
    for other in (*others, ""):
        kind = f"{sign}= to {other}="
        change = cell.with_operator(node.target, node.value, f"{sign}=", f"{other}=", kind)
        if change is not None:
            yield change


# ---- expressions ---------------------------------------------------------------------------------


def _of_expression(cell: CellText, node: ast.expr) -> Iterator[Change]:
    match node:
        case ast.BinOp():
            yield from _of_operator(cell, node)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for (first, second), op in zip(pairwise([left, *comparators]), ops, strict=True):
                yield from _of_comparison(cell, first, second, op)
        case ast.BoolOp(op=op, values=values):
            old, new = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
            for first, second in pairwise(values):
                change = cell.with_operator(first, second, old, new, f"{old} to {new}")
                if change is not None and len(values) == 2:
                    yield change
            if len(values) == 2:
                for one in values:
                    yield cell.replaced(node, cell.instead(node, one), "condition left out")
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert(), operand=operand):
            yield cell.replaced(node, cell.instead(node, operand), "sign or not left out")
        case ast.IfExp(body=body, orelse=orelse):
            for one in (body, orelse):
                yield cell.replaced(node, cell.instead(node, one), "case left out")
        case ast.Constant(value=value):
            for text in _other_constants(value):
                yield cell.replaced(node, text, "constant changed")
        case ast.Call():
            yield from _of_call(cell, node)
        case ast.Attribute(value=value, attr="T"):
            yield cell.replaced(node, cell.instead(node, value), "transpose left out")
        case ast.Attribute(value=value, attr=name) if name in _SIBLINGS:
            end = cell.span(node)[1]
            begin = end - len(name.encode())
            yield Change(begin, end, _SIBLINGS[name], f"{name} to {_SIBLINGS[name]}")
        case ast.Slice():
            yield from _of_slice(cell, node)
        case ast.Tuple(elts=elements, ctx=ast.Load()):
            if not isinstance(cell.parents.get(node), ast.Return) and not _is_axis(cell, node):
                yield from _swapped(cell, elements, "elements exchanged")
        case ast.List(elts=elements) if len(elements) > 1:
            yield from _swapped(cell, elements, "elements exchanged")


def _of_operator(cell: CellText, node: ast.BinOp) -> Iterator[Change]:
    left, right, op = node.left, node.right, type(node.op)
    if op is ast.Pow:
        doubled = f"{cell.atom(left)} * {cell.atom(right)}"
        inside = isinstance(cell.parents.get(node), ast.BinOp | ast.UnaryOp)
        yield cell.replaced(node, f"({doubled})" if inside else doubled, "** to *")
        yield cell.replaced(node, cell.instead(node, left), "power left out")
        return
    if op not in _ARITHMETIC:
        return
    sign, others = _ARITHMETIC[op]
    for other in others:
        change = cell.with_operator(left, right, sign, other, f"{sign} to {other}")
        if change is not None:
            yield change
    yield cell.replaced(node, cell.instead(node, left), "term left out")
    if op in (ast.Add, ast.Mult, ast.MatMult, ast.BitAnd, ast.BitOr, ast.Sub):
        new = f"-{cell.atom(right)}" if op is ast.Sub else cell.instead(node, right)
        inside = op is ast.Sub and isinstance(cell.parents.get(node), ast.BinOp | ast.Attribute)
        yield cell.replaced(node, f"({new})" if inside else new, "term left out")
    if op not in _SYMMETRIC and not _sign_is_lost(cell, node):
        swapped = f"{cell.atom(right)} {sign} {cell.atom(left)}"
        yield cell.replaced(node, swapped, "operands exchanged")


def _sign_is_lost(cell: CellText, node: ast.BinOp) -> bool:
    """Whether a − b and b − a give the same where it stands: in an even power, in a norm."""
    match cell.parents.get(node):
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int(power))):
            return isinstance(node.op, ast.Sub) and power % 2 == 0
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return isinstance(node.op, ast.Sub) and name in _EVEN
    return False


def _is_axis(cell: CellText, node: ast.expr) -> bool:
    """Whether a tuple says which axes: their order is of no account."""
    match cell.parents.get(node):
        case ast.keyword(arg="axis" | "dim"):
            return True
    return False


def _of_comparison(
    cell: CellText, first: ast.expr, second: ast.expr, op: ast.cmpop
) -> Iterator[Change]:
    old, others = _COMPARED[type(op)]
    for new in others:
        change = cell.with_operator(first, second, old, new, f"{old} to {new}")
        if change is not None:
            yield change


def _other_constants(value: object) -> Sequence[str]:
    """The texts of other values for a number or truth value."""
    match value:
        case bool():
            return [repr(not value)]
        case int():
            return [str(value + 1), *([str(value - 1)] if value > 0 else [])]
        case float() if abs(value) <= TINY and value:
            return ["1e-2"]
        case float():
            return [repr(2 * value) if value else "1.0"]
    return []


def _of_call(cell: CellText, node: ast.Call) -> Iterator[Change]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    name = name or (node.func.id if isinstance(node.func, ast.Name) else "")
    if name not in _SYMMETRIC_CALLS:
        yield from _swapped(cell, node.args, "arguments exchanged")
    everything: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    for index, one in enumerate(everything):
        if isinstance(one, ast.keyword) or len(node.args) > 2 or (index and name != "isinstance"):
            yield cell.without(everything, index, "argument left out")
    if name == "range":
        yield from _of_range(cell, node)
    if isinstance(node.func, ast.Name) and name in _SIBLINGS:
        yield cell.replaced(node.func, _SIBLINGS[name], f"{name} to {_SIBLINGS[name]}")
    if name in _KEPT:
        return
    if node.args and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        yield cell.replaced(node, cell.instead(node, node.args[0]), f"{name} left out")
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield cell.replaced(node, cell.instead(node, node.func.value), f"{name} left out")


def _is_module(node: ast.expr) -> bool:
    """Whether an expression looks like a module: np, torch.nn."""
    while isinstance(node, ast.Attribute):
        node = node.value
    names = ("np", "torch", "nn", "F", "cp", "itertools", "copy", "scipy", "math")
    return isinstance(node, ast.Name) and node.id in names


def _of_range(cell: CellText, node: ast.Call) -> Iterator[Change]:
    place = 0 if len(node.args) == 1 else 1
    if place < len(node.args) and not isinstance(node.args[place], ast.Constant):
        bound = node.args[place]
        for new in (" - 1", " + 1"):
            yield cell.replaced(bound, cell.of(bound) + new, "bound changed")
    if len(node.args) == 1:
        yield cell.replaced(node.args[0], f"1, {cell.of(node.args[0])}", "bound changed")


def _of_slice(cell: CellText, node: ast.Slice) -> Iterator[Change]:
    for bound in (node.lower, node.upper):
        if bound is None:
            continue
        yield cell.replaced(bound, "", "bound left out")
        if not isinstance(bound, ast.Constant | ast.UnaryOp):
            for new in (" - 1", " + 1"):
                yield cell.replaced(bound, cell.of(bound) + new, "bound changed")


def _swapped(cell: CellText, nodes: Sequence[ast.expr], kind: str) -> Iterator[Change]:
    """Neighbours in each other's place."""
    for one, other in pairwise(nodes):
        first, second = cell.of(one), cell.of(other)
        if first == second or isinstance(one, ast.Starred) or isinstance(other, ast.Starred):
            continue
        (begin, until), (since, end) = cell.span(one), cell.span(other)
        yield Change(begin, end, second + cell.between(until, since) + first, kind)
