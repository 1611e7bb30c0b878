"""What the source of a test cell tells: whether two processes can run it at all, and which of its
own values it takes for an oracle.

A test that reads the student's source, or runs what stands in `__main__`, would fail here whatever
the student wrote, or pass. It is recognised by the words that it uses, and nobody loses a point.

A value is an *oracle* if the test uses it beside something of the student's: in
`(predict(X) == y).all()` that is `y`. Student code must not change such a value, not even an
argument in place. In `sort(x)`, followed by `assert x == [1, 2, 3]`, the list is the answer, and
the test must see what was done to it.
"""

from __future__ import annotations

import ast
import builtins
import linecache
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import CodeType, FrameType, ModuleType
from typing import Any

__all__ = ["TestSource", "source_of"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_BUILTINS = frozenset(dir(builtins))
_WORDS = {
    "reads the source of the student's code": "getsource getsourcelines getsourcefile findsource",
    "looks into the running code": "dis settrace setprofile tracemalloc",
    "looks at figures, which are in the student's process": "gcf gca get_fignums",
    "runs the student's code in other processes": "multiprocessing ProcessPoolExecutor",
    "reads the notebook's history": "In Out _ih _oh",
    "runs what stands in `__main__`": "testmod __main__",
}
_REASONS = {word: reason for reason, words in _WORDS.items() for word in words.split()}
_MAGICS = frozenset(["time", "timeit", "prun", "capture", "run", "lprun", "memit"])


def source_of(filename: str) -> TestSource | None:
    """The test cell that was compiled under this name."""
    entry = linecache.cache.get(filename)
    lines = entry[2] if entry and len(entry) == 4 else None
    if not filename.startswith("<test ") or lines is None:
        return None
    known = _known.get(filename)
    if known is None or known[0] is not lines:
        try:
            tree = ast.parse("".join(lines))
        except SyntaxError:
            return None
        known = _known[filename] = lines, TestSource(filename, tree)
    return known[1]


@dataclass(frozen=True)
class TestSource:
    """One test cell."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    filename: str
    tree: ast.Module

    @cached_property
    def stored(self) -> frozenset[str]:
        """The names that it binds itself."""
        return _stored(self.tree)

    @cached_property
    def impossible(self) -> str:
        """Why two processes can't run it, or ""."""
        found = (_reason(node, self.stored) for node in ast.walk(self.tree))
        reason = next(filter(None, found), "")
        return reason and f"the test {reason}; that is not possible here, a human decides"

    def replaced(self, names: dict[str, Any]) -> tuple[tuple[str, str], ...]:
        """(module, name) of what the test replaces in libraries: by `mock.patch`, or by assigning.

        Parameters
        ----------
        names : dict
            The test's global names.
        """
        found = (_replaced(node, names) for node in ast.walk(self.tree))
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def may_show_change(self, frame: FrameType, position: int) -> bool:
        """Whether the test shall see what a call did to one of its arguments.

        Parameters
        ----------
        frame : FrameType
            Where the test makes the call.
        position : int
            Of the argument; keyword arguments stand last.
        """
        if frame.f_code.co_filename != self.filename:
            return False
        call = _call_at(self.tree, frame.f_code, frame.f_lasti)
        names = _names(call and _argument(call, position))
        given = (_BUILTINS | frozenset(frame.f_globals)) - self.stored
        return bool(names) and not _Flow(self.tree, given).is_oracle(names)


_known: dict[str, tuple[list[str], TestSource]] = {}


# ---- what is not possible ------------------------------------------------------------------------


def _reason(node: ast.AST, stored: frozenset[str]) -> str:
    match node:
        case ast.Name(id=word) if word not in stored and word in _REASONS:
            return _REASONS[word]
        case ast.Attribute(attr=word) if word in _REASONS and word not in ("In", "Out", "dis"):
            return _REASONS[word]
        case ast.alias(name=word) if word.partition(".")[0] in _REASONS:
            return _REASONS[word.partition(".")[0]]
        case ast.Constant(value=str(text)) if text.endswith(".ipynb"):
            return "reads the notebook's file"
        case ast.Constant(value=str(text)) if text.startswith("__main__."):
            return _REASONS["__main__"]
        case ast.Call(func=ast.Attribute(value=ast.Name("unittest"), attr="main"), keywords=named):
            return "" if any(one.arg == "module" for one in named) else _REASONS["__main__"]
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic" | "run_cell_magic"),
            args=[ast.Constant(value=str(magic)), *_],
        ) if magic in _MAGICS:
            return f"uses the magic %{magic} on the student's code"
        case ast.ExceptHandler(name=str(name), body=body) if _asks_for_exact_type(name, body):
            return "asks for the exact type of an exception (`isinstance` and `==` can be asked)"
    return ""


def _asks_for_exact_type(name: str, body: Iterable[ast.stmt]) -> bool:
    """Whether `type(name) is …` stands there."""
    return any(
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], (ast.Is, ast.IsNot))
        and any(ast.unparse(side) == f"type({name})" for side in (node.left, *node.comparators))
        for statement in body
        for node in ast.walk(statement)
    )


# ---- what is replaced ----------------------------------------------------------------------------


def _replaced(node: ast.AST, names: dict[str, Any]) -> tuple[str, str] | None:
    match node:
        case ast.Call(
            func=ast.Name("patch") | ast.Attribute(attr="patch" | "setattr"),
            args=[ast.Constant(value=str(target)), *_],
        ):
            module, _, name = target.rpartition(".")
            return (module, name) if module in sys.modules and module != "__main__" else None
        case (
            ast.Call(
                func=ast.Attribute(attr="object" | "setattr") | ast.Name("setattr"),
                args=[owner, ast.Constant(value=str(name)), *_],
            )
            | ast.Assign(targets=[ast.Attribute(value=owner, attr=name)])
        ):
            found = dict.get(names, owner.id) if isinstance(owner, ast.Name) else None
            return (found.__name__, name) if isinstance(found, ModuleType) else None
    return None


# ---- what is an oracle ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Flow:
    """Which names of a test come from which others."""

    tree: ast.Module
    given: frozenset[str]  # by setup cells and Python

    def is_oracle(self, names: set[str]) -> bool:
        """Whether one of these, or what it has to do with, stands beside the student's."""
        if names & self._parameters:
            return True  # it came from elsewhere in the test, and is known there by other names
        same, before = names - self.students - self.given, set[str]()
        while same != before:
            before = same
            for targets, value in self._bindings:
                both = targets | self._used(value)
                if both & same:
                    same = same | (both - self.students - self.given)
        return any(
            used & self.students and used & same for used in map(self._used, _units(self.tree))
        )

    @cached_property
    def students(self) -> frozenset[str]:
        """The student's names, and what the test computes from them."""
        loaded = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        found, before = loaded - _stored(self.tree) - self.given, set[str]()
        while found != before:
            before = found
            for targets, value in self._bindings:
                if _names(value) & found:
                    found = found | targets
        return frozenset(found)

    @cached_property
    def _parameters(self) -> frozenset[str]:
        return frozenset(node.arg for node in ast.walk(self.tree) if isinstance(node, ast.arg))

    @cached_property
    def _bindings(self) -> list[tuple[set[str], ast.AST]]:
        return list(_bindings(self.tree))

    def _used(self, node: ast.AST) -> set[str]:
        """Names that stand there otherwise than as arguments of the student's functions."""
        if isinstance(node, ast.Name):
            return {node.id}
        if isinstance(node, ast.Call) and _names(node.func) & self.students:
            return self._used(node.func)
        return set().union(*map(self._used, ast.iter_child_nodes(node)))


def _bindings(tree: ast.AST) -> Iterator[tuple[set[str], ast.AST]]:
    """(names that are bound, what they are bound to)."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield set().union(*map(_names, targets)), value
            case (
                ast.AnnAssign(target=target, value=ast.expr() as value)
                | ast.AugAssign(target=target, value=value)
                | ast.NamedExpr(target=target, value=value)
                | ast.For(target=target, iter=value)
                | ast.AsyncFor(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
                | ast.withitem(context_expr=value, optional_vars=ast.expr() as target)
            ):
                yield _names(target), value
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                yield {name}, node


def _units(tree: ast.AST) -> Iterator[ast.AST]:
    """Simple statements, and the heads of compound ones."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.If, ast.While)):
            yield node.test
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            yield node.iter
        elif isinstance(node, ast.withitem):
            yield node.context_expr
        elif isinstance(node, ast.Match):
            yield node.subject
        elif isinstance(node, ast.stmt) and not hasattr(node, "body"):
            yield node


def _stored(tree: ast.AST) -> frozenset[str]:
    """Names that the test itself binds."""
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    return frozenset(names)


def _names(node: ast.AST | None) -> set[str]:
    if node is None:
        return set()
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _call_at(tree: ast.AST, code: CodeType, instruction: int) -> ast.Call | None:
    """The call that a frame is in: no two end at the same bracket."""
    places = list(code.co_positions())
    _, line, _, column = places[instruction // 2] if instruction // 2 < len(places) else (None,) * 4
    return next(
        (
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and (node.end_lineno, node.end_col_offset) == (line, column)
        ),
        None,
    )


def _argument(call: ast.Call, position: int) -> ast.expr | None:
    """The argument at a position, where that can be told."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(
        one.arg is None for one in call.keywords
    ):
        return None
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return arguments[position] if position < len(arguments) else None
