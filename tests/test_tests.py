"""The tests themselves: what they need, and what they say where it is missing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent
FILES = sorted([*TESTS.glob("*.py"), *(TESTS.parent / "benchmarks").glob("*.py")])
SKIPS = {"skip", "skipif", "importorskip"}


def imports_at_the_top(tree: ast.Module) -> Iterator[str]:
    """The packages that importing a file brings in; not those below `if TYPE_CHECKING`."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def skips(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every call that skips a test."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in SKIPS
        ):
            yield node.lineno, ast.unparse(node)


def test_no_browser_library_is_needed_to_collect_the_tests() -> None:
    for path in FILES:
        found = set(imports_at_the_top(ast.parse(path.read_text(encoding="utf-8"))))
        assert not found & {"playwright", "selenium"}, path.name


def test_a_skipped_test_says_which_command_would_let_it_run() -> None:
    for path in FILES:
        for line, text in skips(ast.parse(path.read_text(encoding="utf-8"))):
            assert "; run" in text, f"{path.name}:{line}: {text}"
