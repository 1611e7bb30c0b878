"""Find the tests that compare what a student wrote with something else that the student wrote.

`check.close(f_fast(x), f_slow(x))` passes where both are wrong in the same way. Such a test is
confirmed (`confirm`). A test that compares each function with an answer of its own is not: so this
looks at where the answers of two functions meet in one expression. It reads the test only, and
where it can't tell, it says that they meet.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping

from hwlib.grading.cell_names import names_in

__all__ = ["compared", "decided_by"]

Names = frozenset[str]
_NONE: Names = frozenset()
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_ROUNDS = 20  # of following names through a test


def compared(tree: ast.AST, students: Mapping[str, Names]) -> Names:
    r"""The names that a test compares with one another.

    Parameters
    ----------
    tree : ast.AST
        The test.
    students : mapping
        Name → the student's functions, classes and values that decide its value. It is itself, or
        for a given function what that calls.

    Examples
    --------
    >>> own = {name: frozenset([name]) for name in ("fast", "slow")}
    >>> sorted(compared(ast.parse("a = fast(3)\nassert a == slow(3)"), own))
    ['fast', 'slow']
    >>> sorted(compared(ast.parse("assert fast(3) == 9\nassert slow(3) == 9"), own))
    []
    >>> sorted(compared(ast.parse("assert slow(fast(3)) == 9"), own))
    []
    """
    nodes = list(ast.walk(tree))
    flow = _Flow(students, frozenset(id(name) for node in nodes for name in _replaced_in(node)))
    for _ in range(_ROUNDS):
        if not sum(flow.follow(node) for node in nodes):  # all of them, each time
            break
    met = _NONE.union(*(flow.meet(node) for node in nodes), *flow.mixed())
    return frozenset(name for name, behind in students.items() if behind & met)


def decided_by(
    own: Names, helpers: Mapping[str, str], given: Collection[str] = ()
) -> dict[str, Names]:
    """Name → which of the student's own names decide its value. What does not depend on them is
    left out: it is the course's, or an id that a student types in.

    Parameters
    ----------
    own : frozenset of str
        What the cells with answers bind.
    helpers : mapping
        Function, class or value of a given cell → the source that makes it.
    given : collection of str
        What setup cells bind: the student decides nothing about it.

    Examples
    --------
    >>> decided_by(frozenset(["f"]), {"g": "def g(x):\\n    return f(x)", "h": "h = 3"})
    {'f': frozenset({'f'}), 'g': frozenset({'f'})}
    """
    uses = {name: names_in(source).uses.difference(given) for name, source in helpers.items()}
    found = dict.fromkeys(helpers, _NONE) | {name: frozenset([name]) for name in sorted(own)}
    for _ in range(_ROUNDS):
        found |= {
            name: _NONE.union(*(found.get(used, _NONE) for used in uses[name])) for name in helpers
        }
    return {name: found[name] for name in sorted(found) if found[name]}


class _Flow:
    """What each variable of a test is made of: whatever a statement gives it, in any order."""

    def __init__(self, students: Mapping[str, Names], passed_over: frozenset[int]) -> None:
        self._students, self._passed_over = students, passed_over
        self._variables: dict[str, Names] = {}
        # a variable that is changed in several places → what each of them puts in
        self._put: dict[str, dict[int, Names]] = {}

    def of(self, *nodes: ast.AST | None) -> Names:
        """The student's names that these expressions depend on."""
        found = set[str]()
        for node in nodes:
            for one in ast.walk(node) if node is not None else ():
                if isinstance(one, ast.Name) and id(one) not in self._passed_over:
                    found |= self._students.get(one.id, _NONE)
                    found |= self._variables.get(one.id, _NONE)
        return frozenset(found)

    def follow(self, node: ast.AST) -> bool:
        """Take in what this node binds or changes; returns whether something is new."""
        new = False
        for target, values in _bindings(node):
            found = self.of(*values)
            for name, changes in _roots(target):
                if changes and found:
                    self._put.setdefault(name, {})[id(node)] = found
                before = self._variables.get(name, _NONE)
                self._variables[name] = before | found
                new |= not found <= before
        return new

    def meet(self, node: ast.AST) -> Names:
        """The student's names of which two meet in this node."""
        operands = [found for one in self._operands(node) if (found := self.of(one))]
        together = _NONE.union(*operands)
        return together if len(operands) > 1 and len(together) > 1 else _NONE

    def mixed(self) -> Iterator[Names]:
        """The names that meet because one object gets them in different places."""
        for places in self._put.values():
            together = _NONE.union(*places.values())
            if len(places) > 1 and len(together) > 1:
                yield together

    def _operands(self, node: ast.AST) -> list[ast.expr]:
        """The values that a node puts together; those that a student's function gets only pass
        through it.
        """
        match node:
            case ast.Call():
                if isinstance(node.func, ast.Name) and node.func.id in self._students:
                    return []
                inner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
                return [inner, *node.args, *(one.value for one in node.keywords)]
            case ast.Compare():
                return [node.left, *node.comparators]
            case ast.BinOp():
                return [node.left, node.right]
            case ast.BoolOp():
                return node.values
            case ast.List() | ast.Tuple() | ast.Set():
                return node.elts
            case ast.Dict():
                return [*(key for key in node.keys if key is not None), *node.values]
            case ast.IfExp():
                return [node.test, node.body, node.orelse]
            case ast.Subscript():
                return [node.value, node.slice]
            case ast.If() | ast.While():  # `if fast(3) != a: raise …`
                return [node.test]
            case ast.JoinedStr():
                return node.values
        return []


def _replaced_in(node: ast.AST) -> Iterator[ast.Name]:
    """The mentions of a class whose methods a function of the test replaces and puts back, with
    `getattr` and `setattr`: what they give is no answer of the student's.
    """
    if not isinstance(node, ast.FunctionDef):
        return
    asked = [
        (one.func.id, one.args[0])
        for one in ast.walk(node)
        if isinstance(one, ast.Call)
        and isinstance(one.func, ast.Name)
        and one.func.id in ("getattr", "setattr")
        and one.args
        and isinstance(one.args[0], ast.Name)
    ]
    replaced = {name.id for function, name in asked if function == "setattr"}
    yield from (name for _, name in asked if name.id in replaced)


def _bindings(node: ast.AST) -> Iterable[tuple[ast.AST, list[ast.AST | None]]]:
    """(what is bound or changed, what it is made of)."""
    match node:
        case ast.Assign():
            return [(target, [node.value]) for target in node.targets]
        case ast.AnnAssign() | ast.NamedExpr():
            return [(node.target, [node.value])]
        case ast.AugAssign():
            return [(node.target, [node.target, node.value])]
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            return [(node.target, [node.iter])]
        case ast.withitem():
            return [(node.optional_vars, [node.context_expr])] if node.optional_vars else []
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [(ast.Name(node.name, ast.Store()), [*node.body])]
        case ast.Call():
            given: list[ast.AST | None] = [*node.args, *(one.value for one in node.keywords)]
            if isinstance(node.func, ast.Attribute):  # `found.append(fast(3))`
                return [(node.func, given)]
            # what a function gets, it may put into something else that it gets
            return [(one, given) for one in node.args if isinstance(one, ast.Name)]
    return []


def _roots(target: ast.AST) -> Iterator[tuple[str, bool]]:
    """(variable, whether an object is changed and not the variable bound)."""
    if isinstance(target, ast.Name):
        yield target.id, False
    elif isinstance(target, ast.Tuple | ast.List):
        for one in target.elts:
            yield from _roots(one)
    elif isinstance(target, ast.Starred):
        yield from _roots(target.value)
    elif isinstance(target, ast.Attribute | ast.Subscript):
        inner: ast.AST = target
        while isinstance(inner, ast.Attribute | ast.Subscript):
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield inner.id, True
