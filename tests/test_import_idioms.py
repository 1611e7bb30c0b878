"""What tests of nbgrader courses do, in one old notebook: imported, built, and given the points of
nbgrader in both engines, or said to need the student's process.
"""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import textwrap
import warnings
from dataclasses import dataclass

import nbformat
import needs
import pytest
from courses import COURSE_TOML
from nbformat import NotebookNode
from old_courses import given, locked, notebook, prose, solution, test

from hwlib.grading import find_course
from hwlib.grading.authoring.build import build
from hwlib.grading.proof.imports.imported import import_course
from hwlib.grading.proof.imports.report import AssignmentReport


@dataclass(frozen=True)
class Way:
    """One way to write a question, with the cells in the order of the old notebook."""

    code: str
    tests: tuple[str, ...]
    trust: str = "isolated"


def way(code: str, *tests: str, trust: str = "isolated") -> Way:
    """A way, its code without the indentation that it has here."""
    region = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
    text = textwrap.dedent(code).strip()
    source = text if "###" in text else region.format(text)
    return Way(source, tuple(textwrap.dedent(one).strip() for one in tests), trust)


GIVEN = """\
import contextlib, csv, enum, io, random, sqlite3, sys
from dataclasses import dataclass
import numpy as np
from numpy.testing import assert_almost_equal, assert_raises

connection = sqlite3.connect("shop.db")
cursor = connection.cursor()
words = open("words.txt")
"""
WAYS = {
    "several regions in a class": way(
        """
        class Account:
            def __init__(self, balance):
                ### BEGIN SOLUTION
                self.balance = balance
                ### END SOLUTION
            def withdraw(self, amount):
                ### BEGIN SOLUTION
                if amount > self.balance:
                    raise ValueError(amount)
                self.balance -= amount
                ### END SOLUTION
        """,
        "a = Account(3)\na.withdraw(1)\nassert a.balance == 2",
        "with assert_raises(ValueError):\n    Account(1).withdraw(2)\nassert_raises(ValueError, "
        "Account(0).withdraw, 1)",
    ),
    "unittest": way(
        "def half(x):\n    return x / 2",
        """
        import unittest
        class TestHalf(unittest.TestCase):
            def test_even(self):
                self.assertEqual(half(4), 2)
                self.assertAlmostEqual(half(0.3), 0.15)
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestHalf)
        assert unittest.TextTestRunner(stream=io.StringIO()).run(suite).wasSuccessful()
        """,
    ),
    "what is printed": way(
        "def greet(name):\n    print(f'Hello {name}')",
        """
        seen = io.StringIO()
        with contextlib.redirect_stdout(seen):
            greet("Ada")
        assert seen.getvalue() == "Hello Ada\\n"
        """,
        "%%capture shown\ngreet('Bob')\nassert True",
        "assert shown.stdout == 'Hello Bob\\n'",
        """
        before, sys.stdout = sys.stdout, io.StringIO()
        greet("Eve")
        text, sys.stdout = sys.stdout.getvalue(), before
        assert "Eve" in text
        """,
    ),
    "a line that is typed": way(
        "def read_number():\n    return int(input('number? '))",
        """
        from unittest.mock import patch
        with patch("builtins.input", return_value="7"):
            assert read_number() == 7
        """,
    ),
    "random numbers": way(
        "def walk(rng, steps):\n    return np.cumsum(rng.choice([-1, 1], steps))",
        """
        np.random.seed(3)
        path = walk(np.random.default_rng(0), 20)
        assert (path == walk(np.random.default_rng(0), 20)).all()
        assert_almost_equal(abs(np.diff(path)), np.ones(19))
        """,
    ),
    "points of a number": way(
        "def square(x):\n    return x * x",
        "right = sum(square(x) == x * x for x in range(4))\nright / 4",
    ),
    "a generator": way(
        "def pairs(xs):\n    yield from zip(xs, xs[1:])",
        "found = pairs([1, 2, 3])\nassert next(found) == (1, 2)\nassert list(found) == [(2, 3)]",
    ),
    "a coroutine": way("async def later(x):\n    return x", "assert await later(3) == 3"),
    "an Enum": way(
        "class Colour(enum.Enum):\n    RED = 1\n    BLUE = 2",
        "assert Colour(2) is Colour.BLUE and [c.name for c in Colour] == ['RED', 'BLUE']",
    ),
    "a dataclass": way(
        "@dataclass(order=True)\nclass Task:\n    due: int\n    title: str = ''",
        "assert Task(1) < Task(2, 'b') and Task(1).title == ''",
    ),
    "a connection": way(
        "def most(connection):\n    return connection.execute('SELECT MAX(price) FROM item')"
        ".fetchone()[0]",
        "assert most(connection) == 30",
        "assert most(cursor) == 30",
    ),
    "an open file": way(
        "lines = [line.strip() for line in words]", "assert lines == ['one', 'two']"
    ),
    "a state across cells": way(
        "state = 0\ndef tick():\n    global state\n    state += 1\n    return state",
        "assert tick() == 1 and tick() == 2",
        "state = 10\nassert tick() == 11",
    ),
    "the source of the code": way(
        "def loop_sum(xs):\n    return sum(xs)",
        "import inspect\nassert 'for' not in inspect.getsource(loop_sum)",
        trust="shared",
    ),
    "an own database": way(
        "def tables(connection):\n    return connection.execute('SELECT * FROM sqlite_master')"
        ".fetchall()",
        "own = sqlite3.connect(':memory:')\nassert tables(own) == []",
        trust="shared",
    ),
}


def cells() -> list[NotebookNode]:
    """The old notebook; the id of a test is the way's place and the test's."""
    found = [prose("# Ways"), locked(GIVEN, "given"), given("start = 1")]
    for place, one in enumerate(WAYS.values()):
        found.append(solution(one.code, f"s{place}"))
        found += [test(text, f"t{place}_{i}", 1) for i, text in enumerate(one.tests)]
    return found


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> AssignmentReport:
    """What `hw import` says of it, in a course where it can be built."""
    root, old = tmp_path_factory.mktemp("ways"), tmp_path_factory.mktemp("old") / "ways"
    old.mkdir()
    (old / "words.txt").write_text("one\ntwo\n", encoding="utf-8")
    with contextlib.closing(sqlite3.connect(old / "shop.db")) as shop, shop:
        shop.execute("CREATE TABLE item (name, price)")
        shop.execute("INSERT INTO item VALUES ('pot', 20), ('pan', 30)")
    saved = notebook(*cells())
    saved.metadata.kernelspec.name = "conda-env-ml-py"
    nbformat.write(saved, old / "ways.ipynb")
    (root / "assignments").mkdir()
    (root / "course.toml").write_text(COURSE_TOML, encoding="utf-8")
    course = find_course(root)
    with warnings.catch_warnings():  # the grader runs the given cells, too: nobody closes files
        warnings.simplefilter("ignore", ResourceWarning)
        (report,) = import_course(old, course).assignments
        gc.collect()
    assert build(course.assignment("ways"), check=True).up_to_date
    return report


@needs.linux
@pytest.mark.parametrize("name", WAYS)
def test_a_way_of_testing_keeps_the_points_of_nbgrader(
    name: str, imported: AssignmentReport
) -> None:
    place = list(WAYS).index(name)
    found = [one for one in imported.questions if one.grade_id.startswith(f"t{place}_")]
    assert len(found) == len(WAYS[name].tests)
    for one in found:
        assert (one.original, one.nbgrader, one.isolated) == (True, True, True), one.message
        assert one.trust == WAYS[name].trust


@needs.linux
def test_no_cell_is_lost_and_the_kernel_is_named_once(imported: AssignmentReport) -> None:
    places = [cell.place for cell in imported.cells if cell.place]
    assert len(set(places)) == len(cells())
    assert not imported.decisions
    (note,) = imported.notes
    assert "conda-env-ml-py" in note.text
