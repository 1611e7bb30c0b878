"""Mistakes that authors make in an assignment, and what `hw build` says to each.

python tests/mistakes.py        # writes docs/mistakes.md, for a reader to review aloud
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hwlib.commands import run
from hwlib.grading.authoring.scaffold import new_course

__all__ = ["MISTAKES", "PAGE", "Mistake", "page", "said"]

PAGE = Path(__file__).resolve().parents[1] / "docs" / "mistakes.md"
WRONG = "wrong/signed_differences.py"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A slip in a file of the assignment that `hw new` writes."""

    what: str
    old: str  # in the file, once
    new: str
    file: str = "notebook.py"


MISTAKES = (
    Mistake("A word in a header is misspelt", "# %% setup\n", "# %% setpu\n"),
    Mistake("A question has no points", " points=3\ncheck", "\ncheck"),
    Mistake("The points do not add up", "points = 5 ", "points = 6 ", "assignment.toml"),
    Mistake("A key in assignment.toml is misspelt", "minutes =", "minuts =", "assignment.toml"),
    Mistake("A number stands in quotes", "points = 5 ", 'points = "5" ', "assignment.toml"),
    Mistake("The end of a region is missing", "    ### END SOLUTION\n", ""),
    Mistake("A marker is misspelt", "### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TEST"),
    Mistake(
        "A check stands below the hidden tests",
        "### END HIDDEN TESTS\n",
        "### END HIDDEN TESTS\nassert mean_absolute_error([1], [2]) == 1\n",
    ),
    Mistake(
        "A test is named after nothing",
        'test="mean_absolute_error"',
        'test="mean_absolut_error"',
    ),
    Mistake(
        "Two questions have one name",
        'answer="outliers"',
        'answer="mean_absolute_error"',
    ),
    Mistake(
        "A test uses a variable of a cell that students may edit",
        "check.close(mean_absolute_error(np.array([1.0, 2.0, 3.0])",
        "check.close(mean_absolute_error(data",
    ),
    Mistake(
        "The code is not Python",
        "    return np.abs(differences).mean()",
        "    return np.abs(differences.mean()",
    ),
    Mistake(
        "Without its region, a cell is not Python",
        '    """Mean of the absolute differences of two arrays of shape (N,)."""\n    ### BEGIN',
        "### BEGIN",
    ),
    Mistake(
        "A line of the solution is shown elsewhere",
        "# Write the mean of",
        "# Hint: `return np.abs(differences).mean()`. Write the mean of",
    ),
    Mistake(
        "Code that a human grades has no points",
        'solution="mean_absolute_error"',
        'solution="mean_absolute_error" manual',
    ),
    Mistake(
        "A mark scheme stands in an answer",
        "# Rubric: 1 point",
        "# ### BEGIN MARK SCHEME\n# Rubric: 1 point",
    ),
    Mistake(
        "A picture is missing",
        "## 2. Outliers\n",
        "## 2. Outliers\n# ![a box plot](attachment:box.png)\n",
    ),
    Mistake("A wrong solution replaces nothing", 'REPLACES = "mean_', 'REPLACES = "median_', WRONG),
    Mistake("A wrong solution loses no question", 'FAILS = ["mean_', 'FAILS = ["median_', WRONG),
    Mistake("A wrong solution has no hint", "HINT = ", "HINTS = ", WRONG),
    Mistake(
        "An old line of EDITS is not in the reference",
        'REPLACES = "mean_absolute_error"',
        'EDITS = {"return np.abs(difference).mean()": "return differences.mean()"}',
        WRONG,
    ),
)

# a given cell that students may edit, for the mistake that uses it
DATA = "# %%\ndata = np.array([1.0, 2.0, 3.0])\n\n# %% solution="


def said(mistake: Mistake, folder: Path) -> tuple[int, str]:
    """The exit code of `hw build`, and what it prints, for an assignment with this mistake."""
    course = new_course(folder, "A course")
    place = course.root / "assignments" / "first"
    notebook = place / "notebook.py"
    text = notebook.read_text(encoding="utf-8")
    notebook.write_text(text.replace("# %% solution=", DATA), encoding="utf-8")
    file = place / mistake.file
    text = file.read_text(encoding="utf-8")
    if text.count(mistake.old) != 1:
        raise ValueError(
            f"{mistake.what}: {mistake.old!r} is {text.count(mistake.old)} times in {file}"
        )
    file.write_text(text.replace(mistake.old, mistake.new), encoding="utf-8")
    told = io.StringIO()
    with contextlib.chdir(place), contextlib.redirect_stderr(told):
        code = run(["build"])
    return code, told.getvalue()


def page() -> Iterator[str]:
    """The lines of docs/mistakes.md."""
    yield "# Mistakes in an assignment"
    yield ""
    yield "What `hw build` says to mistakes that authors make: one line with the file, the line"
    yield "and what to do. The assignment is the one that `hw new` writes."
    yield ""
    yield "| mistake | message |"
    yield "|---|---|"
    for mistake in MISTAKES:
        with tempfile.TemporaryDirectory(prefix="hw-mistakes-") as name:
            _, text = said(mistake, Path(name).resolve() / "course")
        message = text.strip().removeprefix("hw: ").replace("|", "\\|")
        yield f"| {mistake.what} | {message} |"


if __name__ == "__main__":
    PAGE.write_text("\n".join(page()) + "\n", encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")
