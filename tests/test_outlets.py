"""One hostile text in every place that a student fills, and every byte that people get to see."""

from __future__ import annotations

import ast
import csv
import json
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import needs
import pytest
from courses import make_tiny, solved, submission_folder
from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

import hwlib
from hwlib.grading import Assignment
from hwlib.grading.texts import FORMULA

pytestmark = needs.posix

HOSTILE = (
    "=GOT()\x1b]0;GOT\x07\x1b[2J\x9b2J\u202e<script>GOT()</script><img src=x onerror=GOT()>"
    "[l](javascript:GOT())[m](file:///GOT)![p](https://example.org/p.png)![q](attachment:GOT)"
    "\t$\\href{javascript:GOT()}{x}$[[bold]]"
)
NAME = HOSTILE.replace("/", "\u2215")[:190]  # of a file
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FORMATS = (
    "text/plain text/html text/markdown text/latex image/svg+xml image/png image/jpeg image/gif "
    "application/javascript application/json application/pdf application/vnd.plotly.v1+json "
    "application/vnd.jupyter.widget-view+json application/vnd.hostile+json"
)
CODES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
RAISES = f"""
import warnings
print({HOSTILE!r})
warnings.warn({HOSTILE!r})
def double(x):
    print({HOSTILE!r})
    raise type({HOSTILE!r}, (Exception,), {{}})({HOSTILE!r})
"""
RETURNS = f"def half(x):\n    return type({HOSTILE!r}, (str,), {{}})({HOSTILE!r})\n"


@dataclass
class Seen:
    """What the commands printed, each with its name, and the course that they wrote into."""

    root: Path
    printed: dict[str, str] = field(default_factory=dict)

    def files(self, *endings: str) -> Iterator[Path]:
        """What was written, below the folders that humans open."""
        for folder in ("autograded", "feedback", "collected", "plain"):
            for path in sorted((self.root / folder).rglob("*")):
                if path.is_file() and path.suffix in endings:
                    yield path


def hostile_notebook(assignment: Assignment) -> NotebookNode:
    """Right where it is not hostile."""
    notebook = solved(assignment, solution_double=RAISES, solution_half=RETURNS, answer_why=HOSTILE)
    notebook.metadata = NotebookNode(
        kernelspec={"name": HOSTILE, "display_name": HOSTILE, "language": HOSTILE},
        language_info={"name": HOSTILE, "file_extension": HOSTILE},
        title=HOSTILE,
        authors=[{"name": HOSTILE}],
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {HOSTILE: HOSTILE}}},
    )
    data = dict.fromkeys(FORMATS.split(), HOSTILE)
    outputs = [
        new_output("display_data", data, metadata={HOSTILE: HOSTILE}),
        new_output("execute_result", {HOSTILE: HOSTILE, **data}, execution_count=1),
        new_output("stream", name="stdout", text=HOSTILE),
        new_output("stream", name="stderr", text=HOSTILE),
        new_output("error", ename=HOSTILE, evalue=HOSTILE, traceback=[HOSTILE]),
    ]
    text = new_markdown_cell(HOSTILE, metadata={"tags": [HOSTILE]})
    text.attachments = {HOSTILE: {"image/png": PIXEL}, "b": {"image/svg+xml": HOSTILE}}
    code = new_code_cell(f"# {HOSTILE}", outputs=outputs, metadata={"tags": [HOSTILE]})
    named = new_code_cell("1")
    named["id"] = HOSTILE
    notebook.cells += [text, code, named]
    notebook.cells[2:2] = [new_code_cell(f"print({HOSTILE!r}); raise KeyError({HOSTILE!r})")]
    return notebook


def hand_in_everything(assignment: Assignment) -> None:
    """Hostile folders, notebooks, and files beside them."""
    whole = json.dumps(hostile_notebook(assignment))
    for student, content in ((NAME, whole), ("=1+1", whole), ("@broken", HOSTILE), ("none", "")):
        folder = submission_folder(assignment, student)
        if content:
            (folder / "tiny.ipynb").write_text(content)
        for ending in (".txt", ".ipynb", ".safetensors", ".pkl"):
            (folder / f"{NAME}{ending}").write_text(HOSTILE)
        (folder / NAME).mkdir()
        (folder / NAME / NAME).write_text(HOSTILE)
        (folder / f"{NAME}.link").symlink_to("/etc/passwd")
    (assignment.course.root / "submitted" / f"{NAME}.zip").write_text(HOSTILE)


def export_everything(assignment: Assignment, path: Path) -> None:
    """A zip as Gradescope exports it, with hostile members."""
    content = json.dumps(hostile_notebook(assignment))
    folder = NAME.replace("\\", "\u2216")  # in a zip, it would end the folder's name
    told = {
        "submission_1": {
            ":submitters": [{":name": HOSTILE, ":sid": "=cmd", ":email": "@e"}],
            ":created_at": HOSTILE,
        },
        folder: {":submitters": [{":name": HOSTILE, ":sid": "=cmd2"}]},
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/submission_metadata.yml", json.dumps(told))
        archive.writestr("a/submission_1/tiny.ipynb", content)
        archive.writestr(f"a/submission_1/{NAME}.txt", HOSTILE)
        archive.writestr(f"a/submission_1/../{NAME}", HOSTILE)
        archive.writestr(f"a/{folder}/tiny.ipynb", content)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    root = tmp_path_factory.mktemp("outlets")
    assignment = make_tiny(root)
    hand_in_everything(assignment)
    export_everything(assignment, root / "export.zip")
    found = Seen(root)
    alone = str(root / "submitted" / NAME / "tiny" / "tiny.ipynb")
    roster = root / "roster.csv"
    with roster.open("w", newline="") as file:
        csv.writer(file).writerows([["SID", "Name", "Email"], ["=cmd", HOSTILE, "@e"]])
    plain = ("--engine", "nbgrader", "--output", str(root / "plain"))
    for name, arguments in {
        "grade": ("grade", "tiny", "--json", str(root / "results.json")),
        "grade again": ("grade", "tiny", "--json", "-"),
        "one notebook": ("grade", "tiny", "--notebook", alone, "--student", HOSTILE),
        "no such student": ("grade", "tiny", "--student", HOSTILE),
        "no such notebook": ("grade", "tiny", "--notebook", HOSTILE),
        "no such assignment": ("grade", HOSTILE),
        "nbgrader": ("grade", "tiny", *plain),
        "collect": ("collect", "export.zip", "--submitted", "collected"),
        "collect json": ("collect", "export.zip", "--submitted", "collected", "--json", "-"),
        "collect with a roster": (
            *("collect", "export.zip", "--submitted", "collected"),
            *("--roster", str(roster)),
        ),
        "no such option": (f"--{HOSTILE}",),
    }.items():
        done = subprocess.run(
            [sys.executable, "-m", "hwlib.cli", *arguments],
            cwd=root,
            capture_output=True,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()[-3000:]
        found.printed[name] = (done.stdout + done.stderr).decode()
    return found


def test_the_commands_did_what_they_should(seen: Seen) -> None:
    """Otherwise nothing hostile would have been shown."""
    results = json.loads((seen.root / "results.json").read_text())["submissions"]
    assert [len(results), {one["status"] for one in results}] == [
        4,
        {"needs_manual", "rejected"},
    ]
    told = [text for one in results for question in one["questions"] for text in question.values()]
    assert any("GOT()" in str(text) for text in told)
    assert any("GOT()" in problem for one in results for problem in one["problems"])
    assert len(list(seen.files(".html"))) >= 4
    assert all("GOT" in seen.printed[name] for name in ("grade", "no such student", "collect"))


def test_a_terminal_gets_no_codes(seen: Seen) -> None:
    assert {name: CODES.findall(text) for name, text in seen.printed.items()} == {
        name: [] for name in seen.printed
    }


def test_a_file_of_results_has_no_codes(seen: Seen) -> None:
    assert not CODES.search((seen.root / "results.json").read_text())


class Page(HTMLParser):
    """What a page would run, fetch or lead to."""

    def __init__(self, text: str, formulas: bool = False) -> None:
        super().__init__()
        self._formulas = formulas  # whether MathJax looks at it
        self.faults: list[str] = []
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += [tag] if tag in ("script", "pre") else []
        for name, value in attrs:
            address = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if name.startswith("on") or (name == "style" and "GOT" in str(value)):
                self.faults.append(f"<{tag} {name}={value!r}>")
            if name == "href" and re.match(r"(?!https?:)[a-z][a-z0-9+.-]*:", address):
                self.faults.append(f"<{tag} href={value!r}>")
            if (
                name == "src"
                and tag != "script"
                and not re.match("data:image/(png|jpeg);base64,[a-z0-9+/=]+$", address)
            ):
                self.faults.append(f"<{tag} src={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        if self._inside[-1:] == [tag]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if "script" in self._inside and "GOT" in data:
            self.faults.append(f"<script>{data[:99]}")
        if self._formulas and "pre" not in self._inside and "\\href" in data:
            self.faults.append(data[:99])


def test_the_judge_of_pages_knows_a_fault_when_it_sees_one() -> None:
    assert len(Page(HOSTILE, formulas=True).faults) == 4
    assert len(Page(markdown2html(HOSTILE.replace("(attachment:GOT)", ""))).faults) >= 5


def test_feedback_runs_and_fetches_nothing(seen: Seen) -> None:
    for path in seen.files(".html"):
        text = path.read_text()
        assert (Page(text).faults, CODES.findall(text)) == ([], []), path


def test_a_feedback_page_names_the_tier(seen: Seen) -> None:
    tier = json.loads((seen.root / "results.json").read_text())["isolation"]
    pages = [path for path in seen.files(".html") if "plain" not in path.parts]
    assert len(pages) == 4
    assert all(f"Graded with isolation {tier}." in path.read_text() for path in pages)


def test_the_formgrader_runs_and_fetches_nothing(seen: Seen) -> None:
    """It shows graded notebooks by nbconvert."""
    given = nbformat.read(seen.root / "release" / "tiny" / "tiny.ipynb", as_version=4)
    own = Page(HTMLExporter().from_notebook_node(given)[0]).faults  # the badge of Colab
    assert len(own) <= 1
    notebooks = list(seen.files(".ipynb"))
    assert len([path for path in notebooks if path.name == "tiny.ipynb"]) >= 8
    for path in notebooks:
        if path.name != "tiny.ipynb" or "collected" in path.parts:
            continue  # as it was handed in
        page, _ = HTMLExporter().from_notebook_node(nbformat.read(path, as_version=4))
        assert Page(page, formulas=True).faults == own, path


def test_graded_notebooks_have_no_codes_but_colours(seen: Seen) -> None:
    for path in seen.files(".ipynb"):
        if path.name == "tiny.ipynb" and "collected" not in path.parts:
            assert not list(_codes(json.loads(path.read_text()))), path


def _codes(values: Any) -> Iterator[str]:
    """Texts with codes, anywhere in a notebook; those in given cells are the course's own."""
    if isinstance(values, str):
        if CODES.search(COLOUR.sub("", values)):
            yield values
    elif isinstance(values, dict):
        for key, value in values.items():
            yield from _codes(key)
            yield from _codes(value)
    elif isinstance(values, list):
        for value in values:
            yield from _codes(value)


def test_names_of_files_and_folders_have_no_codes(seen: Seen) -> None:
    for folder in ("autograded", "feedback", "collected", "plain/autograded"):
        names = [path.name for path in (seen.root / folder).rglob("*")]
        assert names
        assert [name for name in names if CODES.search(name) or "\t" in name] == []


@pytest.mark.parametrize("where", ["gradebook.db", "plain/gradebook.db"])
def test_the_gradebook_has_no_codes_and_comments_run_nothing(seen: Seen, where: str) -> None:
    with sqlite3.connect(seen.root / where) as db:
        students = [id for (id,) in db.execute("select id from student")]
        comments = [text for (text,) in db.execute("select auto_comment from comment") if text]
    assert len(students) == 4
    assert [id for id in students if CODES.search(id)] == []
    assert any("GOT" in text or "could not be read" in text for text in comments)
    for text in comments:
        assert (Page(markdown2html(text), formulas=True).faults, CODES.findall(text)) == ([], [])


def test_a_table_of_grades_has_no_formulas(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """As nbgrader exports it with the settings of a course."""
    from nbgrader.api import Gradebook

    from hwlib.grading.records.export import CsvExport

    monkeypatch.chdir(seen.root)
    with Gradebook("sqlite:///gradebook.db") as gradebook:
        CsvExport(to="grades.csv").export(gradebook)
    with (seen.root / "grades.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert len(cells) > 40
    assert [cell for cell in cells if FORMULA.match(cell)] == []
    assert [cell for cell in cells if cell.startswith("'=")]  # and the names are all there


# The commands print through `terminal`. The others: before rich is there; what Gradescope shows to
# instructors, through `for_terminal`; a worker, whose output goes to the grader.
WRITERS = {
    "grading/terminal.py",
    "cli.py",
    "grading/outlets/gradescope_run.py",
    "grading/sandbox/shell.py",
    "grading/engines/otter_runner.py",  # words of a protocol, into a pipe
}


def test_only_one_module_of_the_grading_half_writes_to_a_terminal() -> None:
    package = Path(hwlib.__file__).parent
    writers = {
        str(path.relative_to(package))
        for path in [*package.glob("grading/**/*.py"), package / "commands.py", package / "cli.py"]
        if "templates" not in path.parts
        and any(map(_writes, ast.walk(ast.parse(path.read_text()))))
    }
    assert writers == WRITERS


def _writes(node: ast.AST) -> bool:
    """Whether this is a call of print, click.echo, Console, or a standard stream's write."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called in ("print", "Console", "click.echo", "click.secho") or bool(
        re.fullmatch(r"sys\.(__)?std(out|err)(__)?\.write", called)
    )
