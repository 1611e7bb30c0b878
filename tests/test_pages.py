"""What the pages promise: links lead somewhere, commands exist, GitHub's forms are well formed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hwlib.commands import cli
from hwlib.grading import find_course

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
WIDTH = 100
SCHEMAS = [
    (".github/workflows/test.yml", "vendor.github-workflows"),
    (".github/workflows/test.yml", "custom.github-workflows-require-timeout"),
    ("CITATION.cff", "vendor.citation-file-format"),
    *(
        (path.relative_to(ROOT).as_posix(), "vendor.github-issue-forms")
        for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    ),
]

every_page = pytest.mark.parametrize(
    "page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES]
)


def prose(text: str) -> Iterator[str]:
    """The lines that are neither code nor a table nor a picture."""
    fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not re.match(r" {4}|\s*\||!\[", line):
            yield line


@every_page
def test_prose_has_one_width(page: Path) -> None:
    assert [line for line in prose(page.read_text(encoding="utf-8")) if len(line) > WIDTH] == []


@every_page
def test_a_link_to_a_file_leads_to_it(page: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    links = re.findall(r"\]\((?!\w+:)([^)#]+)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


@every_page
def test_a_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^ {4}|`|&& |bin/)hw ([a-z][a-z-]+)", text, re.MULTILINE))
    assert named <= set(cli.commands)


def test_the_readme_lists_every_assignment() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (\w+) \| .* \| (?:NumPy|cvxpy|PyTorch) \|$", text, re.MULTILINE)
    assert sorted(listed) == find_course(ROOT).slugs()


@pytest.mark.parametrize(("path", "schema"), SCHEMAS)
def test_what_github_reads_has_the_form_that_it_expects(path: str, schema: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_runs_tests_of_the_student_half_that_exist() -> None:
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    listed = re.search(r"STUDENT_TESTS: >-\n((?: {4}.*\n)+)", text)
    assert listed is not None
    named = set(listed[1].split())
    assert len(named) > 10
    for name in sorted(named):
        source = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"^(from|import) hwlib\.grading", source, re.MULTILINE)


def test_the_workflow_may_only_read_and_pins_what_it_uses() -> None:
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert re.findall(r"permissions:\n(?: +.*\n)+", text) == ["permissions:\n  contents: read\n"]
    used = re.findall(r"uses: (\S+)", text)
    assert used and all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", name) for name in used)
