"""A test that changes the values of setup cells finds them as in a notebook: changed once, and by
this submission alone.
"""

from __future__ import annotations

import contextlib
import gc
import sqlite3
import warnings
from pathlib import Path

import needs
from asked_of_both import asked, make_class, verdicts

SETUP = """
import numpy as np

DATA = [3, 1, 2]
TABLE = np.zeros(3)
COUNTS = {"calls": 0}
RNG = np.random.default_rng(0)
NUMBERS = iter(range(100))

def counter():
    count = [0]
    def add():
        count[0] += 1
        return count[0]
    return add

ADD = counter()

class Registry:
    count = 0
    names = []

class Box:
    def __init__(self):
        self.content = []

BOX = Box()
"""
QUESTIONS = (
    # a student's function may give back what the test then changes
    asked(
        "copied",
        "def copied(x):\n    return x.copy()",
        """
        result, table = copied(DATA), copied(TABLE)
        result.append(4)
        result.sort()
        table += 1
        assert result == [1, 2, 3, 4] and (table == 1).all()
        """,
        shares="def copied(x):\n    return x",
    ),
    # the first run of the test fails, the second passes: both begin with the same values
    asked(
        "filled",
        "def filled(x):\n    return [*x, 1]",
        """
        COUNTS["calls"] += 1
        Registry.count += 1
        Registry.names.append("filled")
        BOX.content.append(1)
        drawn = RNG.integers(10**9)
        assert filled([]) == [1]
        assert COUNTS == {"calls": 1} and Registry.count == 1 and Registry.names == ["filled"]
        assert BOX.content == [1] and ADD() == 1
        assert drawn == np.random.default_rng(0).integers(10**9)
        """,
        changes="def filled(x):\n    x.append(1)\n    return x",
        wrong="def filled(x):\n    return list(x)",
    ),
    # a later test sees what the earlier one has changed
    asked(
        "later",
        "def later(x):\n    return x",
        'assert later(COUNTS) == {"calls": 1} and Registry.names == ["filled"]\nassert ADD() == 2',
    ),
    asked("first", "def first(x):\n    return x", "assert first(next(NUMBERS)) == 0"),
)
STUDENTS = ("changes", "plain", "shares", "wrong", "zoe")


@needs.linux
def test_values_of_setup_cells_are_changed_once_and_for_one_submission(tmp_path: Path) -> None:
    assignment = make_class(tmp_path, SETUP, QUESTIONS, STUDENTS)
    found = verdicts(assignment, "isolated", jobs=1)
    passed = dict.fromkeys((one.name for one in QUESTIONS), "passed")
    expected = {student: dict(passed) for student in STUDENTS}
    # its test stops before it calls ADD
    expected["wrong"] |= {"filled": "failed", "later": "failed"}
    assert found == expected
    assert verdicts(assignment, "nbgrader") == expected


# ---- files and databases that setup cells hold open ----

OPEN = """
import csv
import sqlite3

import shop

TEXT = open("words.txt")
ROWS = csv.reader(open("words.txt"))
CONNECTION = sqlite3.connect("shop.db")
"""
SHOP = "import sqlite3\n\nOWN = sqlite3.connect('shop.db')\n"
HELD = (
    asked("words", "words = TEXT.read().split()", 'assert words == ["one", "two"]'),
    asked("rows", "rows = list(ROWS)", 'assert rows == [["one"], ["two"]]'),
    asked(
        "names",
        """
        def names(connection):
            return [row[0] for row in connection.execute("SELECT name FROM item")]
        """,
        'assert names(CONNECTION) == ["pot", "pan"]',
        wrong="def names(connection):\n    return []",
    ),
    asked(
        "add",
        """
        def add(name):
            shop.OWN.execute("INSERT INTO item VALUES (?)", (name,))
            shop.OWN.commit()
        """,
        'add("cup")\nassert names(CONNECTION) == ["pot", "pan", "cup"]',
        wrong="def add(name):\n    pass",
    ),
)


@needs.linux
def test_each_submission_has_its_own_open_files(tmp_path: Path) -> None:
    files = tmp_path / "assignments" / "asked" / "files"
    files.mkdir(parents=True)
    (files / "words.txt").write_text("one\ntwo\n", encoding="utf-8")
    (files / "shop.py").write_text(SHOP, encoding="utf-8")
    with contextlib.closing(sqlite3.connect(files / "shop.db")) as shop, shop:
        shop.execute("CREATE TABLE item (name)")
        shop.execute("INSERT INTO item VALUES ('pot'), ('pan')")
    assignment = make_class(tmp_path, OPEN, HELD, ("ada", "bob", "wrong"))
    with warnings.catch_warnings():  # the grader runs the setup cells, too: nobody closes them
        warnings.simplefilter("ignore", ResourceWarning)
        found = verdicts(assignment, "isolated", jobs=1)
        gc.collect()
    passed = dict.fromkeys((one.name for one in HELD), "passed")
    assert found["ada"] == found["bob"] == passed
    lost = {"names": "failed", "add": "failed"}
    assert found["wrong"] == passed | lost
