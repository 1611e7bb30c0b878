"""Write the table of test idioms in docs/grading.md from tests/whole_notebook/.

    python tools/table_of_idioms.py [--check]

The table says what test cells may do with a student's code, and what works only with
`trust="shared"` or needs a human. With `--check` nothing is written, and the command fails if the
table is out of date.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "grading.md"
FOLDER = ROOT / "tests" / "whole_notebook"
BEGIN = "<!-- begin idioms: written by tools/table_of_idioms.py -->\n"
END = "<!-- end idioms -->\n"


def main() -> int:
    """Write or check the table; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the table of idioms in docs/grading.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    only_check = parser.parse_args().check
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{PAGE}: the lines {BEGIN.strip()} and {END.strip()} are missing")
    wanted = f"{before}{BEGIN}{table()}{END}{after}"
    if page == wanted:
        return 0
    if only_check:
        print(f"{PAGE}: the table of idioms is out of date; run python tools/table_of_idioms.py")
        return 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


def table() -> str:
    """The table in Markdown, one heading for each group."""
    parts = []
    for group, idioms in groupby(read(), key=lambda one: one.group):
        rows = "".join(
            f"| {cell(one.what)} | {one.status} | {cell(one.note)} |\n" for one in idioms
        )
        parts.append(f"\n**{group}**\n\n| idiom | status | note |\n|---|---|---|\n{rows}")
    return "".join(parts) + "\n"


def cell(text: str) -> str:
    """A text that does not end a cell of a table."""
    return text.replace("|", "\\|")


def read() -> tuple[Any, ...]:
    """The idioms."""
    sys.path.insert(0, str(FOLDER))
    idioms: tuple[Any, ...] = importlib.import_module("idioms").IDIOMS
    return idioms


if __name__ == "__main__":
    sys.exit(main())
