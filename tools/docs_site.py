"""Build the documentation as a site: `make docs`, or `python tools/docs_site.py [FOLDER]`.

The pages are those of docs/ and of the root, a page for each assignment, and the reference, which
is made from docstrings. The built site needs no network and no server: open FOLDER/index.html.
Without an argument FOLDER is build/site.

What is made first is a folder of Markdown, build/site-source; then Sphinx makes HTML of it. Sphinx
stops at its first warning, such as a link that leads nowhere.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

from hwlib.errors import MissingExtra
from hwlib.grading.authoring.build import duration, own_work
from hwlib.grading.course import Assignment, find_course

# part of the site: its pages, as files of this repository; a page of docs/ that no part names is
# in the last one
PARTS = {
    "For students": ["docs/students.md", "docs/trouble.md"],
    "For instructors": [
        "docs/instructors.md",
        "docs/course.md",
        "docs/authoring.md",
        "docs/check.md",
        "docs/mistakes.md",
        "docs/grading.md",
        "docs/serve.md",
        "docs/reports.md",
        "docs/from-nbgrader.md",
        "docs/from-otter.md",
        "docs/gradescope.md",
        "docs/publishing.md",
        "docs/lite.md",
        "docs/data.md",
        "docs/security.md",
    ],
    "Measured": [
        "docs/accuracy.md",
        "docs/assignments.md",
        "docs/performance.md",
        "docs/scale.md",
        "docs/parity.md",
        "docs/messages.md",
        "benchmarks/README.md",
    ],
    "The project": [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "docs/images.md",
    ],
}
NAMES = {"benchmarks/README.md": "benchmarks", "SECURITY.md": "reporting"}
# the reference: module and what it is for
MODULES = {
    "hwlib": "the functions that notebooks call by this name",
    "hwlib.checks": "the checks of test cells, `check.*`",
    "hwlib.data": "MNIST and CIFAR-10 as arrays",
    "hwlib.gradcheck": "gradients by differences",
    "hwlib.layers": "layers of a ConvNet in NumPy",
    "hwlib.models": "models as files",
    "hwlib.plots": "figures",
    "hwlib.progress": "progress bars",
    "hwlib.training": "training loops",
    "hwlib.errors": "all errors that hwlib raises on purpose",
}
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the site."""

    name: str  # without suffix, relative to the folder of the pages
    text: str  # Markdown


def main() -> int:
    """Build the site; returns the exit code."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "site").resolve()
    code = build_site(target)
    if code == 0:
        print(f"{target / 'index.html'}")
    return code


def build_site(target: Path) -> int:
    """Write the site to a folder; returns the exit code of Sphinx, which prints what is wrong."""
    source = target.with_name(f"{target.name}-source")
    if (target / "searchindex.js").is_file():  # an earlier site: pages may have gone since
        shutil.rmtree(target)
    write_pages(source)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", "html"]
    done = subprocess.run(
        [*command, source, target], check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    for name in (".doctrees", ".buildinfo", "objects.inv"):
        path = target / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    for path in target.rglob("*.html"):
        path.write_text(accessible(path.read_text(encoding="utf-8")), encoding="utf-8")
    return done.returncode


def write_pages(source: Path) -> None:
    """Write all pages as Markdown, with the settings of Sphinx beside them."""
    shutil.rmtree(source, ignore_errors=True)
    (source / "_static").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "site" / "conf.py", source)
    shutil.copy(ROOT / "docs" / "site" / "site.css", source / "_static")
    shutil.copytree(ROOT / "docs" / "images", source / "images")
    for page in pages():
        path = source / f"{page.name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.text, encoding="utf-8")


def pages() -> Iterator[Page]:
    """All pages of the site."""
    parts = files_of_parts()
    names = {path: name_of(path) for paths in parts.values() for path in paths}
    names[ROOT / "README.md"] = "index"
    assignments = find_course(ROOT).assignments()
    for path in names:
        if path.name != "README.md" or path.parent != ROOT:
            yield Page(names[path], with_links(path, names))
    yield from assignment_pages(assignments)
    yield from reference_pages()
    yield Page(
        "index", front_page({title: [names[path] for path in parts[title]] for title in parts})
    )


def files_of_parts() -> dict[str, list[Path]]:
    """The files of each part; what no part names is added to the last one."""
    parts = {title: [ROOT / name for name in names] for title, names in PARTS.items()}
    named = {path for paths in parts.values() for path in paths}
    rest = [path for path in sorted((ROOT / "docs").glob("*.md")) if path not in named]
    parts[list(parts)[-1]] += rest
    return parts


def name_of(path: Path) -> str:
    """The name of a page on the site."""
    relative = path.relative_to(ROOT).as_posix()
    return NAMES.get(relative, path.stem.lower())


def with_links(path: Path, names: dict[Path, str]) -> str:
    """The text of a page, whose links to other pages lead to those of the site.

    What a link to a file of the repository says is kept, without the link.
    """

    def replaced(found: re.Match[str]) -> str:
        picture, text, link, anchor = found.groups()
        place = (path.parent / link).resolve()
        if picture:
            return f"![{text}](images/{place.name})"
        if place == ROOT / "README.md" and anchor == "#the-course":
            return f"[{text}](the-assignments.md)"
        if place in names:
            return f"[{text}]({names[place]}.md{anchor or ''})"
        return text

    return LINK.sub(replaced, path.read_text(encoding="utf-8"))


# ---- the assignments -----------------------------------------------------------------------------


def assignment_pages(assignments: list[Assignment]) -> Iterator[Page]:
    """A page for each assignment, and the list of them."""
    rows = [
        f"| [{one.title}](assignments/{one.slug}.md) | {one.level or '–'} | "
        f"{own_work(one.hours) or '–'} | {duration(one.minutes)} | {one.points:g} | "
        f"{libraries(one)} |"
        for one in assignments
    ]
    lines = [
        "# The assignments",
        "",
        "*Computing* is what the notebook computes from top to bottom on two CPU cores, when all",
        "answers are in it. *Your own work* is an estimate, and comes on top of it.",
        "",
        "| assignment | level | your own work | computing | points | with |",
        "|:--|:--|--:|--:|--:|:--|",
        *rows,
        "",
        toctree([f"assignments/{one.slug}" for one in assignments], hidden=True),
    ]
    yield Page("the-assignments", "\n".join(lines))
    for one in assignments:
        yield Page(f"assignments/{one.slug}", assignment_page(one))


def assignment_page(assignment: Assignment) -> str:
    """What a student wants to know before starting, from the assignment's own files."""
    notebook = json.loads(assignment.release.read_text(encoding="utf-8"))
    questions = list(questions_of(notebook))
    handed_in = [f"`{assignment.slug}.ipynb`"]
    handed_in += [
        f"`{name}.safetensors`, which the notebook writes" for name in assignment.artifacts
    ]
    facts = [
        ("Level", assignment.level or "–"),
        ("Builds on", assignment.builds_on or "–"),
        (
            "Your own work",
            f"{own_work(assignment.hours)} (an estimate)" if assignment.hours else "–",
        ),
        ("Computing", f"{duration(assignment.minutes)} on two CPU cores, from top to bottom"),
        ("GPU", assignment.gpu),
        ("Points", f"{assignment.points:g} in {len(questions)} questions"),
        ("Libraries", libraries(assignment)),
        ("Data", ", ".join(assignment.data) or "none"),
        ("To hand in", "; ".join(handed_in)),
        ("Notebook", f"`release/{assignment.slug}/{assignment.slug}.ipynb`"),
    ]
    lines = [
        f"# {assignment.title}",
        "",
        assignment.summary,
        "",
        "| what | this assignment |",
        "|:--|:--|",
        *(f"| {name} | {value} |" for name, value in facts),
        "",
        "## Sections",
        "",
        *(f"- {title}" for title in sections_of(notebook)),
        "",
        "## Questions",
        "",
        "| question | points | graded |",
        "|:--|--:|:--|",
        *(f"| `{name}` | {points:g} | {how} |" for name, points, how in questions),
        "",
    ]
    return "\n".join(lines)


def libraries(assignment: Assignment) -> str:
    """The library that the notebook is about."""
    titles = {"torch": "PyTorch", "cvxpy": "cvxpy"}
    return ", ".join(titles.get(name, name) for name in assignment.extras) or "NumPy"


def sections_of(notebook: dict[str, Any]) -> Iterator[str]:
    """The headings of the second level of a notebook, without their numbers."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            for found in re.finditer(
                r"^## (?:\d+\. )?(.+)$", "".join(cell["source"]), re.MULTILINE
            ):
                yield found[1].replace("$", "")


def questions_of(notebook: dict[str, Any]) -> Iterator[tuple[str, float, str]]:
    """Name, points and way of grading of each question."""
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade"):
            name = about["grade_id"].partition("-")[2]
            yield name, about["points"], "by hand" if about.get("solution") else "automatically"


# ---- the reference -------------------------------------------------------------------------------


def reference_pages() -> Iterator[Page]:
    """A page for each public module, made of its docstrings, and the list of them."""
    rows = [f"| [{name}](reference/{name}.md) | {what} |" for name, what in MODULES.items()]
    lines = ["# Reference", "", "| module | for |", "|:--|:--|", *rows, ""]
    lines.append(toctree([f"reference/{name}" for name in MODULES], hidden=True))
    yield Page("reference", "\n".join(lines))
    for name in MODULES:
        module = import_module(name)
        described = "\n".join(
            text for public in module.__all__ for text in directive(module, public)
        )
        text = beginning(inspect.getdoc(module) or "")
        yield Page(
            f"reference/{name}", f"# {name}\n\n{text}\n\n```{{eval-rst}}\n{described}\n```\n"
        )


def beginning(docstring: str) -> str:
    """The docstring of a module as Markdown: its examples become blocks of code.

    >>> beginning("Adds.\\n\\n>>> 1 + 1\\n2").splitlines()
    ['Adds.', '', '```pycon', '>>> 1 + 1', '2', '```']
    """
    return re.sub(r"(?m)^(>>> .*(?:\n.+)*)", r"```pycon\n\1\n```", docstring)


def directive(module: ModuleType, name: str) -> Iterator[str]:
    """The lines that make Sphinx describe a public name of a module."""
    try:
        value = getattr(module, name)
    except MissingExtra:
        return  # described where torch is installed
    if inspect.ismodule(value) or name.startswith("__"):
        return
    full = f"{module.__name__}.{name}"
    if inspect.isclass(value):
        yield f".. autoclass:: {full}\n   :members:\n   :show-inheritance:\n"
    elif inspect.isroutine(value):
        yield f".. autofunction:: {full}\n"
    else:
        yield f".. py:data:: {full}\n   :type: {type(value).__name__}\n"


# ---- the front page, and HTML --------------------------------------------------------------------


def front_page(parts: dict[str, list[str]]) -> str:
    """The first page: what hwlib is, from the README, and the way to all other pages."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = readme.partition("\n## ")[0].replace("(docs/images/", "(images/")
    [picture] = re.findall(r"^!\[.*\n", text, re.MULTILINE)
    contents = [toctree(parts["For students"], "For students")]
    contents.append(toctree(["the-assignments", "reference"], "Assignments and reference"))
    contents += [toctree(names, title) for title, names in parts.items() if title != "For students"]
    return "\n".join([text.replace(picture, ""), *contents, picture])


def toctree(names: list[str], caption: str = "", hidden: bool = False) -> str:
    """A list of pages, as Sphinx wants it."""
    options = [f":caption: {caption}"] if caption else []
    options += [":hidden:"] if hidden else [":maxdepth: 1"]
    return "\n".join(["```{toctree}", *options, "", *names, "```", ""])


def accessible(html: str) -> str:
    """A page of the theme with what it lacks for the keyboard and for screen readers."""
    # what is wider than a phone can be scrolled with the keyboard
    html = re.sub(r"<pre(?![^>]*tabindex)", '<pre tabindex="0"', html)
    html = html.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
    html = html.replace('role="heading"', 'role="heading" aria-level="2"')
    for name, label in (("sidebar", "All pages"), ("toc", "On this page")):
        html = html.replace(
            f'<aside class="{name}-drawer', f'<aside aria-label="{label}" class="{name}-drawer'
        )
    # Sphinx writes the parameters of a long signature as a list of descriptions of nothing
    return re.sub(r"<dl>\n((?:<dd>.*?</dd>\n)+)</dl>", _signature, html)


def _signature(found: re.Match[str]) -> str:
    lines = found[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
    return f'<span class="sig-lines">\n{lines}</span>'


if __name__ == "__main__":
    sys.exit(main())
