"""A course that `hw init` has made, and an assignment of three notebooks, a module and a data file:
every command from the first to the grades.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from pathlib import Path

import nbformat
import needs
import pytest

from hwlib.commands import run

READING = """\
# %% [markdown]
# # Reading
# What the file says.

# %% setup
from tools.table import read

# %% solution="prices"
### BEGIN SOLUTION
prices = [row["price"] for row in read("data/items.csv")]
### END SOLUTION

# %% test="prices" points=2
assert prices == [20.0, 30.0, 5.0]
"""
COUNTING = """\
# %% [markdown]
# # Counting

# %% setup
from tools.table import read

ROWS = read("data/items.csv")

# %% solution="total"
def total(rows):
    \"\"\"The sum of the prices.\"\"\"
    ### BEGIN SOLUTION
    return sum(row["price"] for row in rows)
    ### END SOLUTION

# %% test="total" points=3
assert total(ROWS) == 55
### BEGIN HIDDEN TESTS
assert total(ROWS[:0]) == 0, "nothing costs something"
### END HIDDEN TESTS
"""
WRITING = """\
# %% [markdown]
# # Writing

# %% [markdown] answer="why" points=1
# Why a module?
#
# ### BEGIN SOLUTION
# Because two notebooks read the same table in one and the same way.
# ### END SOLUTION
"""
TABLE = '''\
"""Reads tables."""

import csv


def read(path):
    """The rows, with numbers for prices."""
    with open(path, encoding="utf-8") as file:
        return [{**row, "price": float(row["price"])} for row in csv.DictReader(file)]
'''
FILES = {
    "reading.py": READING,
    "counting.py": COUNTING,
    "writing.py": WRITING,
    "files/tools/__init__.py": "",
    "files/tools/table.py": TABLE,
    "files/data/items.csv": "name,price\npot,20\npan,30\ncup,5\n",
    "wrong/kept_prices.py": (
        '"""The names are read."""\n\n'
        'REPLACES = "prices"\nFAILS = ["prices"]\nHINT = "prices =="\n\n'
        'prices = [row["name"] for row in read("data/items.csv")]\n'
    ),
    "wrong/first_only.py": (
        '"""It stops at once."""\n\n'
        'REPLACES = "total"\nFAILS = ["total"]\nHINT = "total(ROWS) == 55"\n\n\n'
        'def total(rows):\n    return rows[0]["price"]\n'
    ),
    "assignment.toml": 'title = "Shop"\npoints = 6\nminutes = 0.1\n',
}
SOLVED = {
    "solution-prices": 'prices = [row["price"] for row in read("data/items.csv")]',
    "solution-total": "def total(rows):\n    return sum([row['price'] for row in rows])",
    "answer-why": "One place to mend.",
}


@needs.linux
def test_a_course_of_ones_own_goes_from_init_to_the_grades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    root = tmp_path / "second"
    assert run(["init", str(root), "--title", "Second"]) == 0
    monkeypatch.chdir(root)
    assert run(["new", "shop"]) == 0
    folder = root / "assignments" / "shop"
    shutil.rmtree(folder)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.rmtree(root / "source" / "shop", ignore_errors=True)
    shutil.rmtree(root / "release" / "shop", ignore_errors=True)

    assert run(["build", "shop"]) == 0
    assert run(["build", "shop", "--check"]) == 0
    assert run(["verify", "shop"]) == 0, capsys.readouterr().out
    public = tmp_path / "public"
    assert run(["publish", str(public)]) == 0
    given = {path.name for path in (public / "release" / "shop").rglob("*") if path.is_file()}
    assert {"reading.ipynb", "counting.ipynb", "writing.ipynb", "table.py", "items.csv"} <= given

    for student, left_out in {"ada": "", "bob": "solution-total"}.items():
        hand_in = root / "submitted" / student / "shop"
        shutil.copytree(public / "release" / "shop", hand_in)
        for path in hand_in.glob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
                if grade_id != left_out:
                    cell.source = SOLVED.get(grade_id, cell.source)
            nbformat.write(notebook, path)
    capsys.readouterr()
    assert run(["grade", "shop", "--json", "graded.json"]) == 0
    told = json.loads(Path("graded.json").read_text(encoding="utf-8"))["submissions"]
    assert {one["student"]: (one["score"], one["max_score"]) for one in told} == {
        "ada": (5, 6),
        "bob": (2, 6),
    }
    assert run(["export", "shop", "-o", "shop.csv"]) == 0
    rows = list(csv.DictReader(Path("shop.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["score"], row["prices"], row["total"]) for row in rows] == [
        ("5", "2", "3"),
        ("2", "2", "0"),
    ]
