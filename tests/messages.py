"""One question for each kind of message, and answers that bring it about.

python tests/messages.py        # writes docs/messages.md, for a reader to review aloud
"""

from __future__ import annotations

import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from courses import hand_in, make_assignment, released
from nbformat import NotebookNode

from hwlib.grading import Assignment
from hwlib.grading.grade import Engine, GradeOptions, grade_assignment
from hwlib.grading.results import GradeReport

PAGE = Path(__file__).resolve().parents[1] / "docs" / "messages.md"
SECRET = "hidden-4711"  # in every hidden test, and never in a message


@dataclass(frozen=True, slots=True)
class Case:
    """What a student's function does, and how the course tests it."""

    what: str
    answer: str  # the student's cell; F is the name of its function
    test: str = "assert F(2) == 4, 'F(2) is 2 + 2'"
    hidden: str = ""
    right: str = "def F(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n"
    shared: bool = False
    student: str = "ada"  # "ben" hangs and "eve" ends processes, so that others are not hurt
    name: str = ""


def returns(value: str) -> str:
    """A cell with a function that returns this."""
    return f"def F(x):\n    return {value}\n"


def body(line: str) -> str:
    """A cell with a function that does this."""
    return f"def F(x):\n    {line}\n"


def right(value: str, above: str = "") -> str:
    """The course's own cell, with a function that returns this."""
    return f"{above}def F(x):\n    ### BEGIN SOLUTION\n    return {value}\n    ### END SOLUTION\n"


def both(line: str, other: str) -> str:
    """A cell with two functions."""
    return f"def F(x):\n    {line}\n\ndef F_other(x):\n    {other}\n"


BOTH = both("### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", "return x + x").replace(
    "return x + x", "### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION"
)
AGREE = "for x in (1, 2, 5):\n    assert F(x) == F_other(x)"
HIDDEN_ASSERT = f"assert F(21) == 42, '{SECRET}'"
CASES = (
    # a check does not hold
    Case("an assert with a text", returns("x")),
    Case("an assert with a text of two lines", returns("x"), "assert F(2) == 4, 'two\\n  lines'"),
    Case("an assert without a text", returns("x"), "for x in (0, 3):\n    assert F(x) == 2 * x"),
    Case("a hidden assert", returns("4"), hidden=HIDDEN_ASSERT),
    Case("check.equal", returns("x"), "check.equal(F(2), 4, what='twice 2')"),
    Case(
        "check.close, hidden",
        returns("x"),
        "F(2)",
        "check.close(F(3), 4711 - 4705, what='twice the number')",
    ),
    Case("a check with a detail", returns("x"), "check.true(F(2) == 4, 'Not twice.', 'Two?', '4')"),
    Case("pytest.fail", returns("x"), "import pytest\nF(2) == 4 or pytest.fail('not twice')"),
    Case("a part of the points", returns("x"), "F(2)\n0.5"),
    # the test can't use what it gets
    Case("None", body("pass"), "assert F(2) + 1 == 5"),
    Case(
        "None, hidden", body("return 4 if x == 2 else None"), hidden=f"'{SECRET}' + str(F(3) + 1)"
    ),
    Case("a missing key", returns("{}"), "assert F(2)['a'] == 1", right=right("{'a': 1}")),
    Case(
        "an attribute that it lacks",
        returns("2 * x"),
        "F.cache_clear()",
        right=right("2 * x", "import functools\n@functools.cache\n"),
    ),
    Case("too few parameters", "def F():\n    return 4\n"),
    Case("a number in the place of a function", "F = 4\n"),
    # the student's code raises
    Case("an exception", body("raise ValueError('no\\n  luck')")),
    Case("an exception without a text", body("raise ValueError")),
    Case("an exception, hidden", body("return 4 if x == 2 else 1 / 0"), hidden=HIDDEN_ASSERT),
    Case("an assert of the student's", body("assert x > 5, 'x is small'")),
    Case("a name that is not there", returns("undefined * x")),
    Case("a handed-in module raises", "from helper import F\n"),
    Case("not answered", body("raise NotImplementedError")),
    Case("an empty cell", ""),
    Case("not Python", "def F(x)\n    return x\n"),
    Case("another name", "def G(x):\n    return x\n"),
    Case("the cell raises", "raise OSError('no file')\ndef F(x):\n    return x\n"),
    # time and memory
    Case("a loop without end", body("while True: pass"), student="ben"),
    Case("a cell that does not end", "while True: pass\n", student="ben"),
    Case("exit", body("import os; os._exit(3)"), student="eve"),
    Case("a cell that ends the process", "import os; os._exit(3)\n", student="eve"),
    # in the student's process
    Case("shared: an assert", returns("x"), "assert F(2) == 4", shared=True),
    Case("shared: hidden", returns("4"), hidden=HIDDEN_ASSERT, shared=True),
    Case(
        "an exception about an input, hidden",
        body("if x > 99: raise type(f'E{x}', (ValueError,), {})(x)\n    return 2 * x"),
        hidden="assert F(4705) == 9410",
    ),
    Case(
        "shared: an exception about an input, hidden",
        body("if x > 99: raise ValueError(x)\n    return 2 * x"),
        hidden="assert F(4705) == 9410",
        shared=True,
    ),
    Case("shared: an exception", body("raise ValueError('no luck')"), shared=True),
    Case(
        "shared: hidden, None",
        body("return 4 if x == 2 else None"),
        hidden=f"{{}}['{SECRET}'] if F(3) is None else 1",
        shared=True,
    ),
    Case("shared: a check", returns("x"), "check.equal(F(2), 4)", shared=True),
    Case("shared: another name", "def G(x):\n    return x\n", shared=True),
    # a human decides
    Case(
        "functions that agree, each with what the other was asked",
        both("F.x = x\n    return 2 * x", "return 2 * F.x"),
        AGREE,
        right=BOTH,
    ),
    Case(
        "functions that agree and are wrong",
        both("return 3 * x", "return 3 * x"),
        AGREE,
        right=BOTH,
    ),
    Case(
        "functions that say the same to everything", both("return 0", "return 0"), AGREE, right=BOTH
    ),
    Case("a module that is not here", body("import no_such_module")),
    Case("a result nested 1000 deep", body("for _ in range(1000): x = [x]\n    return x")),
    Case("the test reads the source", returns("2 * x"), "import inspect\ninspect.getsource(F)"),
    Case(
        "the test sends what can't be sent",
        returns("2"),
        "class Odd:\n    pass\n_ = F(Odd())",
        right=right("2"),
    ),
    Case("a test that gives too much", returns("x"), "F(2)\n7 if F(3) == 3 else 1", student="gus"),
    Case("a setup cell does not run", returns("2 * x"), "assert F(2) == table"),
    Case("a test that the course fails", returns("2 * x"), "assert F(2) == 5"),
)


def named() -> Iterator[tuple[str, Case]]:
    """Each case with the name of its function."""
    for number, case in enumerate(CASES):
        yield f"f{number:02}", case


def notebook() -> str:
    """notebook.py of the course."""
    parts = ["# %% [markdown]\n# # Messages\n\n# %% setup\nimport math\n"]
    parts.append("# %% setup\ntable = open('no-such-file.csv').read()\n")
    for name, case in named():
        hidden = f"### BEGIN HIDDEN TESTS\n{case.hidden}\n### END HIDDEN TESTS\n"
        trust = ' trust="shared"' if case.shared else ""
        text = (
            f'# %% solution="{name}"\n{case.right}\n'
            f'# %% test="{name}" points=1{trust}\n{case.test}\n{hidden if case.hidden else ""}'
        )
        parts.append(text.replace("F", name) if "F" in text else text)
    for name in ("given", "empty"):
        parts.append(
            f'# %% [markdown] answer="{name}" points=1\n# ### BEGIN SOLUTION\n# Because.\n'
            "# ### END SOLUTION\n"
        )
    return "\n".join(parts)


def answers(assignment: Assignment, student: str) -> NotebookNode:
    """What a student hands in: wrong answers to the questions of this student, right ones else."""
    sources = {
        f"solution_{name}": (
            case.answer.replace("F", name) if case.student == student else _right(case, name)
        )
        for name, case in named()
    }
    return released(assignment, **sources, answer_given="Because they do.")


def _right(case: Case, name: str) -> str:
    lines = [line for line in case.right.splitlines() if "###" not in line]
    return "\n".join(lines).replace("F", name)


def make(root: Path) -> Assignment:
    """The course and its hand-ins."""
    toml = (
        f'title = "Messages"\npoints = {len(CASES) + 2}\nminutes = 1\n'
        "[limits]\nquestion_s = 3\nsubmission_s = 60\n"
    )
    assignment = make_assignment(root, "messages", notebook(), toml)
    for student in ("ada", "ben", "eve", "gus"):
        folder = hand_in(assignment, student, answers(assignment, student))
        module = "def F(x):\n    raise ValueError('no luck')\n"
        names = [name for name, case in named() if "helper" in case.answer]
        (folder / "helper.py").write_text("".join(module.replace("F", name) for name in names))
    hand_in(assignment, "odd", "not a notebook")
    return assignment


def grade(assignment: Assignment, engine: Engine) -> GradeReport:
    """All of them graded."""
    root = assignment.course.root
    return grade_assignment(
        assignment, root / "submitted", root / engine, options=GradeOptions(engine=engine, seed=1)
    )


def page(isolated: GradeReport, nbgrader: GradeReport) -> str:
    """All messages, in Markdown."""
    lines = [
        "# What students read\n",
        "Each kind of message, as a real submission brings it about. `python tests/messages.py` "
        "writes this\npage. A function is called `f` here. Where nbgrader's engine says something "
        "else, both are shown.\n",
    ]
    found = {
        report.engine: {one.student: one for one in report.submissions}
        for report in (isolated, nbgrader)
    }
    for name, case in (*named(), *((one, Case(f"a written answer: {one}", "")) for one in WRITTEN)):
        ours = _said(found["isolated"][case.student].question(name), name)
        theirs = _said(found["nbgrader"][case.student].question(name), name)
        lines.append(
            f"- **{case.what}**\n  - {ours}"
            + (f"\n  - nbgrader: {theirs}" if theirs != ours else "")
        )
    lines += ["\n## What an instructor reads\n", *(f"- {line}" for line in isolated.complaints)]
    lines += ["\n## Problems of a submission\n"]
    for report in (isolated, nbgrader):
        for one in report.submissions:
            lines += [f"- {report.engine}, {one.student}: {text}" for text in one.problems]
    return "\n".join(_wrapped(line) for text in lines for line in text.split("\n")) + "\n"


def _wrapped(line: str) -> str:
    """A line of the page, no wider than prose is."""
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return "\n".join(
        textwrap.wrap(line, 100, subsequent_indent=indent, break_on_hyphens=False) or [""]
    )


WRITTEN = ("given", "empty")


def _said(question: object, name: str) -> str:
    status, message = question.status, question.message  # type: ignore[attr-defined]
    hint = question.hint  # type: ignore[attr-defined]
    text = f"`{status}` {message}" + (f" **Hint:** {hint}" if hint else "")
    return text.replace(name, "f").rstrip()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        course = make(Path(folder))
        PAGE.write_text(page(grade(course, "isolated"), grade(course, "nbgrader")), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
