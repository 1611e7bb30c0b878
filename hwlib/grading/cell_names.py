"""Finds the names that a code cell binds, and those that it takes from other cells.

A cell *binds* the names that it assigns, defines, imports or changes at its top level:
`model.train(X)` and `table["a"] = 1` change `model` and `table`. It *uses* the names that it, or a
function in it, takes from outside. A name that it has already bound is not from outside.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from hwlib.grading.cells import transformed, tree_of

__all__ = ["CellNames", "names_in", "only_defines", "taken_by_functions"]

_BUILTINS = frozenset(dir(builtins))
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PATTERNS = (ast.MatchAs, ast.MatchStar)
_NAMING = (ast.ExceptHandler, *_PATTERNS)
_COMPOUND = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.Match)


@dataclass(frozen=True, slots=True)
class CellNames:
    """The names that a cell binds or changes at its top level, and those from outside it."""

    binds: frozenset[str]
    uses: frozenset[str]
    parsed: bool = True  # False: not valid Python


@lru_cache(maxsize=4096)
def names_in(source: str) -> CellNames:
    """Find the names that one cell binds and uses.

    Examples
    --------
    >>> names = names_in("total = 0\\nfor x in data:\\n    total += f(x)")
    >>> sorted(names.binds), sorted(names.uses)
    (['total', 'x'], ['data', 'f'])
    """
    tree = tree_of(source)
    if tree is None:
        return CellNames(frozenset(), frozenset(), parsed=False)
    binds = _bound(tree)
    try:
        inner = taken_by_functions(transformed(source))
    except (SyntaxError, ValueError, RecursionError):  # parses, but does not compile
        return CellNames(frozenset(), frozenset(), parsed=False)
    uses = (_taken_at_top(tree) | (inner - binds)) - _BUILTINS
    return CellNames(frozenset(binds), frozenset(uses))


def only_defines(source: str) -> bool:
    r"""Whether a cell does nothing but define functions and classes, and import installed modules.

    A base class may do something with each class that derives from it, and a student's own module
    may do anything.

    >>> only_defines("import math\n\ndef f(x):\n    return math.sqrt(x)")
    True
    >>> only_defines("@register\ndef f(x):\n    return x"), only_defines("print(f(3))")
    (False, False)
    >>> only_defines("class Square(Shape):\n    sides = 4"), only_defines("import my_helpers")
    (False, False)
    """
    tree = tree_of(source)
    return tree is not None and all(map(_only_defines, tree.body))


def _only_defines(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        at_once = [statement.args, *filter(None, [statement.returns])]  # defaults, annotations
        calls = any(isinstance(node, ast.Call) for part in at_once for node in ast.walk(part))
        return not statement.decorator_list and not calls
    if isinstance(statement, ast.ClassDef):
        plain = not statement.decorator_list and not statement.keywords
        bases = all(map(_is_of_library, statement.bases))
        return plain and bases and all(map(_only_defines, statement.body))
    if isinstance(statement, ast.Assign | ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.ImportFrom):
        known = not statement.level and _is_installed(statement.module or "")
        return known and all(alias.name != "*" for alias in statement.names)
    if isinstance(statement, ast.Import):
        return all(_is_installed(alias.name) for alias in statement.names)
    return isinstance(statement, ast.Pass)


def _is_of_library(base: ast.expr) -> bool:
    """Whether a base class is `module.Class` or built in."""
    is_builtin = isinstance(base, ast.Name) and base.id in _BUILTINS
    return is_builtin or (isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name))


@lru_cache(maxsize=1024)
def _is_installed(module: str) -> bool:
    """Whether this Python has the module, so that it is none that the student wrote."""
    root = module.partition(".")[0]
    try:
        return root in sys.stdlib_module_names or importlib.util.find_spec(root) is not None
    except (ImportError, ValueError):
        return False


def _taken_at_top(tree: ast.Module) -> set[str]:
    """Names that top-level code loads before it has stored them."""
    stored, taken = set[str](), set[str]()
    for statement in tree.body:
        stored |= _named_by_statement(statement)
        nodes = list(_top_nodes(statement))
        names = [node for node in nodes if isinstance(node, ast.Name)]
        added_to = {id(node.target) for node in nodes if isinstance(node, ast.AugAssign)}
        names.sort(key=lambda node: (node.lineno, node.col_offset))
        if not isinstance(statement, _COMPOUND):  # x = x + 1 loads first
            names.sort(key=lambda node: isinstance(node.ctx, ast.Store))
        for name in names:
            is_stored = isinstance(name.ctx, ast.Store)
            if name.id not in stored and (not is_stored or id(name) in added_to):  # x += 1
                taken.add(name.id)
            if is_stored:
                stored.add(name.id)
    return taken


def _named_by_statement(statement: ast.stmt) -> set[str]:
    """Names bound without a Name node: imports, definitions, `except … as name`, `case [name]`."""
    names: set[str] = set()
    for node in _top_nodes(statement):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (*_DEFINITIONS, *_NAMING)) and node.name:
            names.add(node.name)
    return names


def _top_nodes(*roots: ast.AST) -> Iterator[ast.AST]:
    """The nodes whose names Python looks up at the top level.

    The bodies of functions do not belong to them. Of a comprehension, only the first iterable does.
    This is a loop and not a recursion, because real code may nest deeper than Python can recurse.
    """
    todo = [*roots]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = [
                *node.args.defaults,
                *(default for default in node.args.kw_defaults if default),
            ]
            todo += [*node.decorator_list, *arguments, *_annotations(node)]
        elif isinstance(node, ast.ClassDef):
            keywords = [keyword.value for keyword in node.keywords]
            todo += [*node.decorator_list, *node.bases, *keywords]
        elif isinstance(node, ast.Lambda):
            todo += node.args.defaults
        elif isinstance(node, _COMPREHENSIONS):
            todo.append(node.generators[0].iter)
        else:
            todo += ast.iter_child_nodes(node)


def _annotations(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    args = node.args
    for one in (*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg):
        if one is not None and one.annotation:
            yield one.annotation
    if node.returns:
        yield node.returns


def taken_by_functions(source: str) -> set[str]:
    """Names that functions, classes and comprehensions take from the top level."""
    found: set[str] = set()
    stack = symtable.symtable(source, "<cell>", "exec").get_children()
    while stack:
        table = stack.pop()
        found |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        }
        stack.extend(table.get_children())
    return found


def _bound(tree: ast.Module) -> set[str]:
    """Names that these statements and their blocks bind or change, except inside functions."""
    names: set[str] = set()
    for node in _top_nodes(*tree.body):
        if isinstance(node, _DEFINITIONS):
            names |= {node.name}.union(*map(_changed_by_decorator, node.decorator_list))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Expr):
            names |= _changed_by_call(node.value)
        elif isinstance(node, _PATTERNS):
            names |= {node.name} if node.name else set()
        elif isinstance(node, _COMPREHENSIONS):
            inside = (one for one in ast.walk(node) if isinstance(one, ast.NamedExpr))
            names |= {one.target.id for one in inside}
        elif isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and not isinstance(
            node.ctx, ast.Load
        ):
            names |= _root(node)
    return names


def _changed_by_decorator(decorator: ast.expr) -> set[str]:
    """`@add_to_class(Net)` may change Net."""
    arguments = decorator.args if isinstance(decorator, ast.Call) else []
    return {argument.id for argument in arguments if isinstance(argument, ast.Name)}


def _changed_by_call(value: ast.expr) -> set[str]:
    """`model.train(X)` changes model, `fit(model)` may change model; `print(x)` and `plt.show()`
    change nothing.
    """
    if not isinstance(value, ast.Call):
        return set()
    if isinstance(value.func, ast.Name) and value.func.id in _BUILTINS:
        return (
            {arg.id for arg in value.args if isinstance(arg, ast.Name)}
            if value.func.id == "setattr"
            else set()
        )
    if _makes_any_name(value):
        return {"*"}
    names = _root(value.func) if isinstance(value.func, ast.Attribute) else set()
    return names | {arg.id for arg in value.args if isinstance(arg, ast.Name)}


def _makes_any_name(call: ast.Call) -> bool:
    """Whether this is `%run FILE` or `%pylab`, which may make any name, as `import *` does."""
    magic = call.args[0] if call.args else None
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "run_line_magic"
        and isinstance(call.func.value, ast.Call)
        and isinstance(call.func.value.func, ast.Name)
        and call.func.value.func.id == "get_ipython"
        and isinstance(magic, ast.Constant)
        and magic.value in ("run", "pylab")
    )


def _root(node: ast.expr) -> set[str]:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()
