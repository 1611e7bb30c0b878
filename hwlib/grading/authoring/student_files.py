"""Checks the modules in files/ that each student writes: no setup cell may import one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.written import ParsedNotebook
from hwlib.grading.cells import tree_of
from hwlib.grading.course import Assignment

__all__ = ["check_student_files"]


def check_student_files(assignment: Assignment, parsed: ParsedNotebook) -> None:
    """Raise AuthoringError where a setup cell imports a module that is each student's own."""
    theirs = {Path(name).parts[0].removesuffix(".py") for name in assignment.student_files}
    for cell in parsed.cells:
        tree = tree_of(cell.source) if cell.role == "setup" else None
        for line, name in _imports(tree) if tree else ():
            if name.partition(".")[0] in theirs:
                raise AuthoringError(
                    parsed.path,
                    cell.lines[line - 1],
                    f"this setup cell imports {name}, which each student writes (student_files in "
                    "assignment.toml), but all students share what a setup cell makes; remove "
                    "`setup` from its header",
                )


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
