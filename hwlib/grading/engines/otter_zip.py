"""Writes otter-grader's own autograder zip, with `otter generate`, from the same test cells."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

from hwlib.errors import GradingError, MissingExtra
from hwlib.extras import how_to_install
from hwlib.grading.answer_key import AnswerKey, KeyCell, load_key
from hwlib.grading.course import Assignment
from hwlib.grading.parts import EARNED, block_of, part_of, parts_of
from hwlib.grading.submissions.beside import regular_files
from hwlib.markers import BEGIN_HIDDEN, END_HIDDEN, hidden_lines

__all__ = ["generated_zip", "otter_notes", "otter_tests", "plain_name", "require_otter"]

PLUGIN = "hwlib.grading.engines.otter_plugin.Plugin"
RELEASE = "hwlib_release.json"
GIVEN = "hwlib_given"  # a folder with files that students may write, for who has not


def require_otter() -> None:
    """Raise MissingExtra if otter-grader is not installed."""
    if find_spec("otter") is None:
        raise MissingExtra(f"otter-grader is not installed; run: {how_to_install('otter')}")


@dataclass(frozen=True, slots=True)
class _Part:
    source: str
    hidden: bool
    name: str = ""  # of a part of the question, which has points of its own
    points: float = 0.0


def otter_tests(key: AnswerKey) -> dict[str, str]:
    """Name of a test file → its text, for each question that tests grade, in order."""
    return {
        f"q{number:02}_{plain_name(cell.name)}": _test_file(
            f"q{number:02}_{plain_name(cell.name)}", cell
        )
        for number, cell in enumerate(key.by_role("test"), 1)
        if _parts(cell)
    }


def otter_notes(assignment: Assignment, key: AnswerKey) -> list[str]:
    """A line for each thing in which otter can't follow, with the question and the reason."""
    notes = []
    for cell in key.by_role("test"):
        parts = _parts(cell)
        if not parts:
            notes.append(
                f"{cell.name}: left out, because the cell is not plain Python (otter has no magics)"
            )
        elif len(parts) == 1 and parts[0].hidden and BEGIN_HIDDEN in cell.source:
            lines = cell.source.splitlines()
            if set(hidden_lines(lines)) != set(range(1, len(lines) + 1)) and _has_code(cell):
                notes.append(
                    f"{cell.name}: hidden as a whole, because its hidden tests are inside a "
                    "statement or its visible part can't be run alone"
                )
    shown = assignment.gradescope.hidden_tests
    hidden = [cell.name for cell in key.by_role("test") if BEGIN_HIDDEN in cell.source]
    if hidden and shown == "after_due_date":
        notes.append(
            f"{', '.join(hidden)}: shown after the grades are published, not after the due date "
            "(otter knows only one of these)"
        )
    if hidden and shown == "visible":
        notes.append(f"{', '.join(hidden)}: shown after the grades are published, not at once")
    return notes


def generated_zip(
    assignment: Assignment,
    requirements: Sequence[str] = (),
    more_files: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """The files of the zip that `otter generate` makes, by name.

    Parameters
    ----------
    assignment : Assignment
    requirements : sequence of str
        Lines for pip, in addition to otter's own.
    more_files : mapping, optional
        More files for the zip's folder files/: name → content.

    Raises
    ------
    MissingExtra
        If otter-grader is not installed.
    GradingError
        If `otter generate` fails.
    """
    require_otter()
    key = load_key(assignment)
    files = {RELEASE: assignment.release.read_bytes(), **(more_files or {})}
    folder = assignment.release.parent
    for path in regular_files(folder):
        name = path.relative_to(folder).as_posix()
        theirs = name in assignment.student_files  # otter would replace what was handed in
        files[f"{GIVEN}/{name}" if theirs else name] = path.read_bytes()
    with tempfile.TemporaryDirectory(prefix="hw-otter-") as name:
        place = Path(name).resolve()
        for inside, content in {
            **{f"tests/{test}.py": text.encode() for test, text in otter_tests(key).items()},
            **{f"files/{file}": content for file, content in files.items()},
            "otter_config.json": json.dumps(_config(assignment, key), indent=1).encode(),
            "requirements.txt": "".join(f"{line}\n" for line in requirements).encode(),
        }.items():
            (place / inside).parent.mkdir(parents=True, exist_ok=True)
            (place / inside).write_bytes(content)
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        command = [sys.executable, "-m", "otter", "generate", "-t", "../tests"]
        command += ["-c", "../otter_config.json", "-r", "../requirements.txt", "-o", "../out.zip"]
        command += ["--no-environment", "--python-version", version]
        done = subprocess.run(
            [*command, *sorted({file.partition("/")[0] for file in files})],
            cwd=place / "files",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise GradingError(f"`otter generate` failed: {' '.join(last)[:300]}; report this line")
        with zipfile.ZipFile(place / "out.zip") as archive:
            return {one: archive.read(one) for one in archive.namelist() if not one.endswith("/")}


def _config(assignment: Assignment, key: AnswerKey) -> dict[str, Any]:
    questions = {test.partition("_")[0]: test for test in otter_tests(key)}
    tests = {
        cell.name: questions[f"q{number:02}"]
        for number, cell in enumerate(key.by_role("test"), 1)
        if f"q{number:02}" in questions
    }
    settings = {
        "slug": assignment.slug,
        "tests": tests,
        "cell_s": assignment.limits.question_s,
    }
    return {
        "plugins": [{PLUGIN: settings}],
        "show_hidden": assignment.gradescope.hidden_tests != "hidden",
        "show_stdout": False,
    }


# ---- test files ----------------------------------------------------------------------------------

_HEAD = '''\
"""{name}, for otter-grader. Written by hwlib from the test cell of the notebook."""

from otter.test_files import test_case

from hwlib.grading.engines.otter_checks import CheckRun

OK_FORMAT = False
name = {name!r}
points = None
all_or_nothing = {whole!r}
run = CheckRun({points!r})
'''
_CASE = """

PART_{number} = {source!r}


@test_case(name={title!r}, points={points!r}, hidden={hidden!r})
def part_{number}(env):
    run.part(PART_{number}, env, hidden={hidden!r}, last={last!r}, alone={alone!r})
"""


def _test_file(name: str, cell: KeyCell) -> str:
    """An exception-based test file: one case for each visible or hidden part of the cell.

    If the cell has its points as a whole, they belong to the last case, and all cases must pass. If
    the question has parts, each is a case with points of its own.
    """
    parts = _parts(cell)
    whole = not any(part.name for part in parts)
    text = _HEAD.format(name=name, points=cell.points, whole=whole)
    for number, part in enumerate(parts, 1):
        text += _CASE.format(
            number=number,
            source=part.source,
            title=f"{cell.name}: {part.name or ('hidden' if part.hidden else 'visible') + ' part'}",
            points=cell.points if whole and number == len(parts) else part.points,
            hidden=part.hidden,
            last=whole and number == len(parts),
            alone=bool(part.name),
        )
    return text


def _parts(cell: KeyCell) -> list[_Part]:
    """The cell cut at the marks of hidden tests; in one part where that is no whole statement.

    An empty list if it is not plain Python. If the question has parts, it is cut at those.
    """
    lines = cell.source.splitlines()
    hidden = hidden_lines(lines)
    if parts_of(cell.source):
        return list(_own_parts(cell.source, hidden))
    groups = groupby(enumerate(lines, 1), key=lambda one: one[0] in hidden)
    parts = [
        _Part("\n".join(line for _, line in group if not _is_mark(line)), is_hidden)
        for is_hidden, group in groups
    ]
    parts = [part for part in parts if _code_in(part.source) is not False]
    if not all(_code_in(part.source) for part in parts):
        whole = _Part("\n".join(line for line in lines if not _is_mark(line)), bool(hidden))
        parts = [whole] if _code_in(whole.source) else []
    return parts


def _own_parts(source: str, hidden: frozenset[int]) -> Iterator[_Part]:
    """The parts of a question, and the statements between them."""
    for node in ast.parse(source).body:
        if ast.get_source_segment(source, node) == EARNED:
            continue
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        part = part_of(node)
        block = block_of(node) if part is not None and isinstance(node, ast.With) else [node]
        code = ast.unparse(ast.fix_missing_locations(ast.Module(list(block), [])))
        name, points = ("", 0.0) if part is None else (part.name, part.points)
        yield _Part(code, not hidden.isdisjoint(lines), name, points)


def _is_mark(line: str) -> bool:
    return BEGIN_HIDDEN in line or END_HIDDEN in line


def _code_in(source: str) -> bool | None:
    """Whether a source has statements; None if it is not valid Python."""
    try:
        return bool(ast.parse(source).body)
    except (SyntaxError, ValueError):
        return None


def _has_code(cell: KeyCell) -> bool:
    lines = cell.source.splitlines()
    hidden = hidden_lines(lines)
    visible = [line for number, line in enumerate(lines, 1) if number not in hidden]
    return any(line.strip() and not line.lstrip().startswith("#") for line in visible)


def plain_name(name: str) -> str:
    """The name of a question as it may stand in the name of a test file."""
    return "".join(char if char.isalnum() and char.isascii() else "_" for char in name)
