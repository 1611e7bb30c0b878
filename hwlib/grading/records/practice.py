"""Makes a cell to practise with: the visible check of a question, on inputs that are drawn anew.

It is made of the released notebook, so it holds nothing that students do not have.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator

from hwlib.grading.answer_key import AnswerKey, released_sources
from hwlib.grading.cells import parse_cell
from hwlib.grading.course import Assignment
from hwlib.live.standing import TITLE

__all__ = ["draws", "practice_cell", "visible_checks"]


def visible_checks(assignment: Assignment, key: AnswerKey) -> dict[str, str]:
    """Name of a question → its released check, for the checks that draw inputs."""
    released = {one.stem: released_sources(one) for one in assignment.each_notebook()}
    found = {
        cell.name: released[cell.notebook].get(cell.grade_id, "") for cell in key.by_role("test")
    }
    return {name: source for name, source in found.items() if draws(source)}


def practice_cell(check: str, name: str, student: str) -> str:
    """The check as a cell that draws the same inputs each time.

    Another seed in its first lines gives others. The seed is no secret, and has nothing to do with
    that of the grader.

    Parameters
    ----------
    check : str
        A released test cell.
    name : str
        Name of the question.
    student : str
        Each student gets another seed, and the same one on each page.

    Examples
    --------
    >>> released = "x = check.rng().normal()\\ncheck.equal(half(x), x / 2)"
    >>> print(practice_cell(released, "half", "ada"))
    # @title Check: half once more, on other inputs. Another seed draws others.
    with check.context(seed=787516):
        x = check.rng().normal()
        check.equal(half(x), x / 2)
    """
    seed = int.from_bytes(hashlib.sha256(f"{student}/{name}".encode()).digest()[:8]) % 1_000_000
    lines = [f"{TITLE} {name} once more, on other inputs. Another seed draws others."]
    lines += [f"with check.context(seed={seed}):", *_indented(check)]
    return "\n".join(lines)


def draws(check: str) -> bool:
    """Whether a test cell is Python and calls `check.rng()`."""
    try:
        tree = parse_cell(check)
    except (SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func) == "check.rng"
        for node in ast.walk(tree)
    )


def _indented(source: str) -> Iterator[str]:
    """The lines, four columns to the right, but for those that begin inside a string."""
    inside = set[int]()
    for node in ast.walk(parse_cell(source)):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno is not None:
            inside |= set(range(node.lineno + 1, node.end_lineno + 1))
    for number, line in enumerate(source.split("\n"), 1):
        if not (number == 1 and line.startswith(TITLE)):
            yield f"    {line}" if line.strip() and number not in inside else line
