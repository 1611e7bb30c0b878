"""Finds what is still open in a notebook: stubs, empty answers, code that is no Python."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from hwlib.markers import TEXT_STUB, is_unsolved
from hwlib.notebooks import Cell, Notebook

__all__ = ["is_open", "tests_of", "what_is_open", "why_open"]

_NOTHING = re.compile(r"(?i)[\W_]*(todo|tbd|n/?a|xxx+)?[\W_]*")  # "TODO", "...", "–"
_MAGIC = re.compile(r"^\s*[%!?]|^[^#\n]*=\s*[%!]|\?\s*$", re.MULTILINE)
_HEADING = re.compile(r"#{1,6}\s")


def is_open(cell: Cell) -> bool:
    """Whether a cell that a student fills in is still to be filled in."""
    return bool(why_open(cell))


def why_open(cell: Cell) -> str:
    """Why a solution or a written answer is no answer yet, in a few words; "" if it may be one."""
    if cell.released_as and cell.kind != cell.released_as:
        kind = "Code" if cell.released_as == "code" else "Markdown"
        return f"its cell has become {_kind_of(cell)}; change its type back to {kind}"
    if cell.kind == "code":
        return _open_code(cell)
    return "not answered yet" if _is_unwritten(cell) else ""


def what_is_open(notebook: Notebook) -> list[tuple[Cell, str]]:
    """The solutions and written answers that are open, each with the reason."""
    found = [(cell, why_open(cell)) for cell in notebook.of("solution", "answer")]
    return [(cell, why) for cell, why in found if why]


def tests_of(solution: Cell, notebook: Notebook) -> list[Cell]:
    """The questions that a solution is for: their checks use a name that it defines.

    Where no check does, it is the checks between this solution and the next one.
    """
    tests = list(notebook.of("test"))
    names = {solution.name, *_defined(solution.source)}
    found = [
        test
        for test in tests
        if test.name == solution.name
        or test.name.startswith(f"{solution.name}-")
        or names & _used(test.source)
    ]
    return found or _below(solution, notebook)


def _kind_of(cell: Cell) -> str:
    return {"markdown": "text", "raw": "raw text", "code": "code"}.get(cell.kind, cell.kind)


# ---- code ----


def _open_code(cell: Cell) -> str:
    if not cell.source.strip():
        return "its cell is empty"
    if is_unsolved(cell.source) or cell.is_as_released():
        return "not written yet"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(cell.source)
    except SyntaxError as error:
        # magics are no Python, and whether IPython takes them is not known here
        if _MAGIC.search(cell.source):
            return ""
        return f"line {error.lineno} is not valid Python ({error.msg})"
    except (ValueError, RecursionError, MemoryError):
        return "not valid Python"
    stubs = [name for name, body in _functions(tree) if all(map(_is_nothing, body))]
    if stubs:
        return f"{', '.join(f'`{name}`' for name in stubs)}: no code yet"
    if all(map(_is_nothing, tree.body)):
        return "its cell has no code"
    return ""


def _functions(tree: ast.Module) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Functions and methods with their statements, without the docstring; `__init__` and the like
    may be empty.
    """
    for node in tree.body:
        for one in [node, *(node.body if isinstance(node, ast.ClassDef) else ())]:
            if isinstance(one, ast.FunctionDef) and not one.name.startswith("__"):
                yield one.name, one.body


def _is_nothing(node: ast.stmt) -> bool:
    """`pass`, `...`, a string, or `raise NotImplementedError`."""
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False


def _defined(source: str) -> set[str]:
    """The names that a solution defines; of a stub, those that its comments assign."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(re.findall(r"^\s*(?:def|class)\s+(\w+)", source, re.MULTILINE))
    found = set(re.findall(r"^#\s*(\w+)\s*=[^=]", source, re.MULTILINE))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
    return found


def _used(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def _below(solution: Cell, notebook: Notebook) -> list[Cell]:
    place = next((i for i, cell in enumerate(notebook.cells) if cell is solution), None)
    found: list[Cell] = []
    for cell in notebook.cells[place + 1 :] if place is not None else ():
        if cell.role == "solution" and found:
            break
        if cell.role == "test":
            found.append(cell)
    return found


# ---- words ----


def _is_unwritten(cell: Cell) -> bool:
    """Whether nothing was written where the release says YOUR ANSWER HERE.

    What was released is known by its checksum only. So the last paragraph is replaced by the stub,
    if it says nothing, and the checksum tells whether that is the released text.
    """
    text = cell.source.strip()
    if not text:
        return True
    if cell.released:
        return any(map(cell.is_as_released, _as_it_may_have_been(cell.source)))
    last = text.split("\n")[-1]
    return last.strip() == TEXT_STUB or bool(_HEADING.match(last))


def _as_it_may_have_been(source: str) -> Iterator[str]:
    """Texts that may have been released, if nothing was written."""
    text = source.rstrip()
    yield from (source, text, f"{text}\n\n{TEXT_STUB}", f"{text}\n{TEXT_STUB}")
    lines = text.split("\n")
    while lines and _NOTHING.fullmatch(lines[-1].replace(TEXT_STUB, "")):
        lines.pop()
        rest = "\n".join(lines).rstrip()
        yield from (f"{rest}\n\n{TEXT_STUB}", f"{rest}\n{TEXT_STUB}")
    if not lines:
        yield TEXT_STUB
