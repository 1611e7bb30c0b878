"""Builds source/SLUG/ and release/SLUG/ from assignments/SLUG/.

The same input gives the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, PackageLoader, StrictUndefined
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from hwlib.atomic import write_whole
from hwlib.errors import AuthoringError
from hwlib.extras import REQUIREMENTS
from hwlib.grading.authoring.attachments import attachments_of
from hwlib.grading.authoring.leaks import (
    Leak,
    leaks_between,
    needlessly_allowed,
    without_allowed,
)
from hwlib.grading.authoring.reading import load_notebook, load_notebooks
from hwlib.grading.authoring.release import release_text
from hwlib.grading.authoring.student_files import check_student_files
from hwlib.grading.authoring.variants import read_variants
from hwlib.grading.authoring.written import AuthoredCell, ParsedNotebook
from hwlib.grading.cells import Role, given_part, grade_id_for, without_markers
from hwlib.grading.course import Assignment
from hwlib.grading.parts import parts_of, that_may_fail
from hwlib.live.standing import TITLE

__all__ = ["BuildResult", "build", "build_notebooks", "cell_id", "duration", "notebook_text"]

# Nothing here depends on the machine: no minor version of Python, no path.
_NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
_DATA_NAMES = {"cifar10": "CIFAR-10", "mnist": "MNIST"}
SKIPPED = "skip-execution"  # nbclient's tag
_NOT_OURS = (".ipynb_checkpoints", "__pycache__")  # left by editors: not copied, not reported


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The files that a build wrote or, with `check`, would write."""

    slug: str
    paths: tuple[Path, ...]  # every file that belongs to the build
    # files that were missing or different; with `check` they are not written
    changed: tuple[Path, ...]
    # files in source/SLUG and release/SLUG that the build does not make; it never deletes them
    stale: tuple[Path, ...]

    @property
    def up_to_date(self) -> bool:
        """Whether the files on disk were already those that the build makes."""
        return not self.changed and not self.stale


def build(assignment: Assignment, check: bool = False) -> BuildResult:
    """Write source/SLUG/ and release/SLUG/.

    Parameters
    ----------
    assignment : Assignment
        What to build.
    check : bool
        Write nothing; only find out which files differ.

    Raises
    ------
    AuthoringError
        If there is a fault in the assignment's files, including wrong/ and right/, or if a part of
        the solution would be released.
    """
    files = _build_files(assignment)
    changed = tuple(
        path
        for path, content in files.items()
        if not path.is_file() or path.read_bytes() != content
    )
    if not check:
        for path in changed:
            write_whole(path, files[path])
    return BuildResult(assignment.slug, tuple(files), changed, tuple(_stale(assignment, files)))


def build_notebooks(assignment: Assignment) -> tuple[NotebookNode, NotebookNode]:
    """Build the source and the release notebook in memory.

    Raises
    ------
    AuthoringError
        If there is a fault in the assignment's files.
    """
    parsed = load_notebook(assignment)
    source = _source_notebook(assignment, parsed, _card(assignment, [parsed]))
    return source, _released(source, assignment)


def _released(source: NotebookNode, assignment: Assignment) -> NotebookNode:
    text = release_text(source, assignment.slug, assignment.name)
    notebook: NotebookNode = nbformat.reads(text, as_version=4)
    return notebook


def notebook_text(notebook: NotebookNode) -> str:
    """The text of a notebook file: what nbformat writes, with a newline at the end."""
    return f"{nbformat.writes(notebook)}\n"


def cell_id(slug: str, name: str) -> str:
    """The id of a cell, which is the same in every build.

    nbformat 4.5 allows at most 64 letters, digits, - and _, so a longer id is cut and gets a hash.
    >>> cell_id("knn", "test-predict_labels")
    'knn-test-predict_labels'
    """
    full = f"{slug}-{name}"
    return (
        full if len(full) <= 64 else f"{full[:51]}-{hashlib.sha256(full.encode()).hexdigest()[:12]}"
    )


# ---- files ----


def _build_files(assignment: Assignment) -> dict[Path, bytes]:
    """Every file of the build, with its content."""
    notebooks = load_notebooks(assignment)
    for parsed in notebooks:
        check_student_files(assignment, parsed)
    extra = _supporting_files(assignment)
    released = {str(path): content for path, content in extra.items()}
    files, sources = dict[Path, bytes](), list[NotebookNode]()
    for one, parsed in zip(assignment.each_notebook(), notebooks, strict=True):
        # the first has the card, which is that of the whole assignment
        card = "" if sources else _card(assignment, notebooks)
        sources.append(_source_notebook(one, parsed, card))
        text = notebook_text(_released(sources[-1], one)).encode()
        released[one.release.name] = text
        files |= {one.source: notebook_text(sources[-1]).encode(), one.release: text}
    found = list[Leak]()
    for parsed, source in zip(notebooks, sources, strict=True):
        leaks = leaks_between(source, released)
        for leak in without_allowed(assignment, leaks):
            raise _leak_error(parsed, leak)
        found += leaks
    _check_allowed(assignment, found)
    _check_variants(assignment, [cell for parsed in notebooks for cell in parsed.cells])
    return {
        **files,
        **{assignment.source.parent / path: content for path, content in extra.items()},
        **{assignment.release.parent / path: content for path, content in extra.items()},
    }


def _check_allowed(assignment: Assignment, leaks: Sequence[Leak]) -> None:
    """Raise AuthoringError for an entry of [leaks.allow] that allows nothing."""
    for name in needlessly_allowed(assignment, leaks):
        path = assignment.folder / "assignment.toml"
        lines = path.read_text(encoding="utf-8").splitlines()
        line = next((i for i, text in enumerate(lines, 1) if name in text), 0)
        raise AuthoringError(
            path,
            line,
            f"[leaks.allow] has {name!r}, but no leak is called that; remove the line, or copy the "
            "text from the error again",
        )


def _check_variants(assignment: Assignment, cells: Sequence[AuthoredCell]) -> None:
    """Raise AuthoringError if a wrong or right solution no longer fits the reference."""
    read_variants(
        assignment,
        [
            name
            for cell in cells
            if cell.role == "test"
            for name in that_may_fail(cell.name, cell.source)
        ],
        {
            grade_id_for(cell.role, cell.name): without_markers(cell.source)
            for cell in cells
            if cell.role == "solution"
        },
    )


def _supporting_files(assignment: Assignment) -> dict[Path, bytes]:
    """The files in assignments/SLUG/files/, by their path below that folder."""
    folder = assignment.folder / "files"
    files = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or any(part in _NOT_OURS for part in inside.parts):
            continue
        if path.suffix == ".ipynb":
            raise AuthoringError(
                path,
                0,
                "files/ must not contain a notebook, because nbgrader would treat it as a second "
                "assignment; use another format",
            )
        files[inside] = path.read_bytes()
    return files


def _stale(assignment: Assignment, files: dict[Path, bytes]) -> Iterator[Path]:
    for folder in (assignment.source.parent, assignment.release.parent):
        for path in sorted(folder.rglob("*")):
            if (
                path.is_file()
                and path not in files
                and not any(part in _NOT_OURS for part in path.relative_to(folder).parts)
            ):
                yield path


def _leak_error(parsed: ParsedNotebook, leak: Leak) -> AuthoringError:
    line = next(
        (
            cell.lines[leak.line - 1 - (cell.role == "test")]  # a test has its title above
            for cell in parsed.cells
            if cell.grade_id == leak.origin
        ),
        0,
    )
    return AuthoringError(
        parsed.path,
        line,
        f"{leak}; reword it there, move this line out of the secret region, or allow it by name in "
        "assignment.toml (docs/authoring.md, Leaks)",
    )


# ---- the source notebook ----


def _source_notebook(assignment: Assignment, parsed: ParsedNotebook, card: str) -> NotebookNode:
    slug = assignment.slug
    own_title = parsed.cells[0].role == "prose" and parsed.cells[0].source.startswith("# ")
    title = parsed.cells[0].source if own_title else f"# {assignment.title}"
    cells = [
        _cell(slug, "prose", "title", _title_cell(assignment, title, card)),
        _cell(
            slug,
            "setup",
            "setup-1",
            _setup_cell(assignment),
        ),
    ]
    if own_title:
        _attach(cells[0], assignment, parsed.path, parsed.cells[0])
    counts = {"setup": 1, "code": 0, "experiment": 0, "prose": 0}
    heading = _last_heading(title) or assignment.title
    told = _told_titles(parsed)
    for cell in parsed.cells[1:] if own_title else parsed.cells:
        heading = (
            _last_heading(given_part(cell.source)) if cell.cell_type == "markdown" else ""
        ) or heading
        if cell.name:
            name = grade_id_for(cell.role, cell.name)
        else:
            counts[cell.role] += 1
            name = grade_id_for(cell.role, str(counts[cell.role]))
        source = _titled(told[cell.name], cell.source) if cell.role == "test" else cell.source
        cells.append(_cell(slug, cell.role, name, source, cell, title=heading))
        _attach(cells[-1], assignment, parsed.path, cell)
    cells.append(
        _cell(slug, "submit", "submit", _render("submit.py.j2", call=_submit_call(assignment)))
    )
    notebook = new_notebook(
        cells=cells, metadata={**_NOTEBOOK_METADATA, "hwlib": _about(assignment, cells)}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _about(assignment: Assignment, cells: list[NotebookNode]) -> dict[str, Any]:
    """What `hwlib.submit` reads in the metadata: the slug, the cells to fill in, the files that
    come with the notebook.
    """
    answers = [
        cell.metadata.nbgrader.grade_id
        for cell in cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    ]
    files = [path.as_posix() for path in _supporting_files(assignment)]
    return {
        "slug": assignment.slug,
        **({"notebook": assignment.stem} if assignment.stem else {}),
        "answers": answers,
        **({"files": files} if files else {}),
    }


def _told_titles(parsed: ParsedNotebook) -> dict[str, str]:
    """Name of a test → the first line of its cell, which is all that students see of it at first.

    Colab takes a comment of this form for the title of the cell. It is the heading above, where
    that belongs to this test alone, else the name.
    """
    headings: dict[str, str] = {}
    heading = ""
    for cell in parsed.cells:
        if cell.cell_type == "markdown":
            found = _last_heading(given_part(cell.source))
            # the heading of a question to answer in words says nothing of the code below it
            heading = "" if cell.role == "answer" else found or heading
        elif cell.role == "test":
            headings[cell.name] = re.sub(r"[{}]", "", heading)
    often = Counter(headings.values())
    titles = {}
    for cell in parsed.cells:
        if cell.role == "test":
            alone = headings[cell.name] if often[headings[cell.name]] == 1 else ""
            titles[cell.name] = _told_title(alone or cell.name, cell)
    return titles


def _titled(title: str, source: str) -> str:
    """A test cell with its title: above it, but below a magic such as `%%time`, which comes first.

    >>> _titled("# @title Check: f", "%%time\\nassert f()").split("\\n")
    ['%%time', '# @title Check: f', 'assert f()']
    """
    magic, _, rest = source.partition("\n")
    return f"{magic}\n{title}\n{rest}" if magic.startswith("%%") else f"{title}\n{source}"


def _told_title(what: str, cell: AuthoredCell) -> str:
    """The first line of a test cell: `# @title Check: distances without a loop, 1 point`."""
    value, parts = cell.points or 0.0, len(parts_of(cell.source))
    counted = f"{value:g} point{'' if value == 1 else 's'}{' of extra credit' * cell.extra_credit}"
    return f"{TITLE} {what}, {counted}{f', {parts} parts' if parts > 1 else ''}"


def _attach(cell: NotebookNode, assignment: Assignment, path: Path, written: AuthoredCell) -> None:
    if found := attachments_of(assignment, path, written):
        cell["attachments"] = found


def _cell(
    slug: str,
    role: Role,
    name: str,
    source: str,
    written: AuthoredCell | None = None,
    title: str = "",
) -> NotebookNode:
    """One cell with nbgrader's metadata (schema 3) and hwlib's.

    Only cells that nbgrader locks, clears or grades get nbgrader's metadata. Given code and prose
    do not need it.

    Parameters
    ----------
    name : str
        The cell's name in ids: of role and name, or of role and number.
    written : AuthoredCell, optional
        The cell of notebook.py. The build's own cells have none.
    title : str
        The heading above it.
    """
    asked = written is not None and written.is_question
    solved, task = role in ("solution", "answer"), role == "task"
    own = written.name if written else ""
    metadata: dict[str, Any] = {
        "hwlib": {"role": role, "name": own or name, "title": title if asked or solved else ""}
    }
    if written and written.trust != "isolated":
        metadata["hwlib"]["trust"] = written.trust
    if written and written.manual:
        metadata["hwlib"]["manual"] = True
    if written and written.extra_credit:
        metadata["hwlib"]["extra_credit"] = True
    if asked or solved or role in ("setup", "submit"):
        metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": (written.given_id if written else "") or name,
            "grade": asked and not task,
            "solution": solved,
            "locked": not solved,
            "task": task,
        }
    if asked:
        value = (written.points if written else None) or 0.0
        metadata["nbgrader"]["points"] = int(value) if value.is_integer() else value
    tags = list(written.tags) if written else []
    if role == "experiment" and SKIPPED not in tags:
        tags.append(SKIPPED)  # nbclient does not run it, so nbgrader does not
    if tags:
        metadata["tags"] = tags
    titled = role == "setup" and source.lstrip().startswith("# @title ")
    if role == "test" or titled:  # folded in JupyterLab; in Colab only its title shows
        metadata["jupyter"] = {"source_hidden": True}
        metadata["cellView"] = "form"
    make = new_markdown_cell if role in ("prose", "answer", "task") else new_code_cell
    cell: NotebookNode = make(source=source, metadata=metadata, id=cell_id(slug, name))
    return cell


_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$")
_COUNTING = re.compile(
    r"^(?:(?:question|part|exercise)\s+)?(?:\d+(?:\.\d+)*[.):]|\d+(?:\.\d+)+|\(?[a-z][.)])\s+",
    re.IGNORECASE,
)


def _last_heading(markdown: str) -> str:
    """The last heading of a Markdown text, without number and markup, or "" if there is none.
    >>> _last_heading("# kNN\\n\\n## 3. Distances *without* a `loop`\\nText")
    'Distances without a loop'
    """
    found, fenced = "", False
    for line in markdown.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        heading = _HEADING.match(line)
        if heading and not fenced:
            found = heading["text"]
    found = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", found)  # keep only the text of a link
    found = re.sub(r"(?<!\w)_(\S(?:.*?\S)?)_(?!\w)", r"\1", found)  # _emphasis_, not best_net
    found = re.sub(r"[*`$]", "", found)
    return _COUNTING.sub("", found).strip()


# ---- what the build adds ----

_templates = Environment(
    loader=PackageLoader("hwlib.grading"),
    undefined=StrictUndefined,
    autoescape=False,
    keep_trailing_newline=False,
)


def _render(template: str, **values: object) -> str:
    return _templates.get_template(template).render(**values).rstrip("\n")


def _title_cell(assignment: Assignment, text: str, card: str) -> str:
    """The first cell: title, Colab badge (if the course is on GitHub), text and budget card."""
    title, _, rest = text.partition("\n")
    course = assignment.course
    badge = (
        _render(
            "badge.md.j2",
            github=course.github,
            branch=course.branch,
            slug=assignment.slug,
            name=assignment.name,
        )
        if course.github
        else ""
    )
    parts = (title, badge, rest, card)
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())


def _card(assignment: Assignment, notebooks: Sequence[ParsedNotebook]) -> str:
    """The budget card: time, points and data of the whole assignment."""
    extra = sum(parsed.extra_credit for parsed in notebooks)
    return _render(
        "budget.md.j2",
        minutes=duration(assignment.minutes),
        work=own_work(assignment.hours),
        gpu=assignment.gpu,
        points=f"{assignment.points:g}{f', and {extra:g} of extra credit' if extra else ''}",
        data=", ".join(_DATA_NAMES.get(name, name) for name in assignment.data) or "none",
    )


def _submit_call(assignment: Assignment) -> str:
    """The call in the last cell, with the names of all that is handed in."""
    several = replace(assignment, stem="").stems if assignment.stem else ()
    named = {
        "artifacts": assignment.artifacts,
        "notebooks": several,
        "files": assignment.student_files,
    }
    arguments = [f'"{assignment.slug}"']
    for key, names in named.items():
        listed = " ".join(f'"{name}",' for name in names)
        arguments += [f"{key}=({listed})"] if names else []
    return f"hwlib.submit({', '.join(arguments)})"


def duration(minutes: float) -> str:
    """A time in words.

    >>> duration(0.5), duration(1), duration(2.5)
    ('30 seconds', '1 minute', '2.5 minutes')
    """
    if minutes < 1:
        return f"{60 * minutes:.0f} seconds"
    return f"{minutes:g} minute{'s' * (minutes != 1)}"


def own_work(hours: float) -> str:
    """The time that a student needs besides computing, in words; "" for 0.

    >>> own_work(3), own_work(1), own_work(0.5), own_work(0)
    ('about 3 hours', 'about 1 hour', 'about 30 minutes', '')
    """
    if hours < 1:
        return f"about {duration(60 * hours)}" if hours else ""
    return f"about {hours:g} hour{'s' * (hours != 1)}"


def _setup_cell(assignment: Assignment) -> str:
    """The first code cell, which installs hwlib from the place that course.toml names.

    If course.toml names no place, the cell asks the student to install hwlib. If only PyTorch or
    cvxpy is missing, it installs that. If it cannot, the cell ends with one sentence and one
    command.
    """
    extras = assignment.extras
    address = assignment.course.install_address
    wanted = f"[{','.join(extras)}]" if extras else ""
    requirement = f"hwlib{wanted} @ {address}" if address else ""
    packages = [name for extra in extras for name in REQUIREMENTS[extra]]
    return _render(
        "setup.py.j2",
        requirement=requirement,
        extras=extras,
        packages=packages,
        all_packages=[requirement] if requirement else packages,
    )
