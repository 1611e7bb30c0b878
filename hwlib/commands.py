"""The commands of `hw`: each a few lines over a function that a script could call.

Only this module prints and chooses exit codes: 0 done, 1 the work found a failure, 2 misuse. Errors
are one line on stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from hwlib import data as datasets
from hwlib.errors import CourseError, DataError, HwlibError
from hwlib.grading.course import Assignment, Course, find_course
from hwlib.grading.results import GradeReport, SubmissionResult
from hwlib.progress import Progress, progress

__all__ = ["cli", "run"]

DONE, FAILURE, MISUSE, INTERRUPTED = 0, 1, 2, 130


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code, with every error as one line on stderr."""
    try:
        code = cli.main(args=list(arguments), prog_name="hw", standalone_mode=False)
        return int(code or DONE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _complain(f"{error.format_message()} (`hw --help` lists the commands)", MISUSE)
    except CourseError as error:
        return _complain(str(error), MISUSE)
    except HwlibError as error:
        return _complain(str(error), FAILURE)
    except (KeyboardInterrupt, click.exceptions.Abort):
        return _complain(
            "interrupted; nothing that was done is lost: run the same command again to go on",
            INTERRUPTED,
        )


def _complain(message: str, code: int) -> int:
    click.echo(f"hw: {message}", err=True)
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="hwlib", prog_name="hw")
def cli() -> None:
    """Build, release and grade the assignments of a course (the folder with course.toml, or any
    folder in it).
    """


json_option = click.option(
    "--json", "json_file", metavar="FILE", help="Write the results as JSON (`-`: to stdout)."
)
slugs_argument = click.argument("slugs", nargs=-1, metavar="[SLUG]…")


def _write_json(values: Any, file: str | None) -> None:
    if file is None:
        return
    text = (
        values
        if isinstance(values, str)
        else json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    )
    if file == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"--json {file}: can't be written ({error.strerror}); name a file in a folder that "
            "exists"
        ) from error


def _console(json_file: str | None) -> Console:
    """Where people's output goes: stderr when stdout carries the JSON."""
    stream = sys.stderr if json_file == "-" else sys.stdout
    return Console(file=stream, highlight=False, width=None if stream.isatty() else 200)


# ---- the course ----------------------------------------------------------------------------------


@cli.command("list")
@json_option
def list_command(json_file: str | None) -> None:
    """The assignments: name, title, questions, points, time."""
    from hwlib.grading.authoring.reading import load_notebook

    rows = []
    for assignment in find_course().assignments():
        cells = load_notebook(assignment).cells
        questions = sum(cell.role in ("test", "answer") for cell in cells)
        rows.append(
            {
                "slug": assignment.slug,
                "title": assignment.title,
                "questions": questions,
                "points": assignment.points,
                "minutes": assignment.minutes,
            }
        )
    _write_json(rows, json_file)
    if json_file != "-":
        _print_table(
            "",
            ["slug", "title", "questions", "points", "minutes"],
            [list(map(_shown, row.values())) for row in rows],
        )


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    console: Console | None = None,
) -> None:
    table = Table(
        title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for index, name in enumerate(columns):
        numbers = bool(rows) and all(
            row[index].replace(".", "").replace("-", "").isdigit() for row in rows
        )
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    (console or _console(None)).print(table)


title_option = click.option("--title", help="What the new course is called.")
repository_option = click.option(
    "--repository",
    metavar="URL",
    help="The repository that students of the new course see.  [default: none]",
)


@cli.command()
@click.argument("slug", required=False)
@click.option(
    "--course",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Start a course in DIR, with SLUG as its first assignment.",
)
@title_option
@repository_option
def new(slug: str | None, folder: Path | None, title: str | None, repository: str | None) -> None:
    """Start a new assignment, or a new course: both build and verify as they stand."""
    if folder is not None:
        _start_course(folder, title, repository, slug)
    elif slug is None:
        raise click.UsageError("name the new assignment (`hw new SLUG`), or say --course DIR")
    elif title is not None or repository is not None:
        raise click.UsageError("--title and --repository belong to a new course: --course DIR")
    else:
        _start_assignment(slug)


@cli.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@title_option
@repository_option
def init(folder: Path, title: str | None, repository: str | None) -> None:
    """Start a new course: the same as `hw new --course DIR`."""
    _start_course(folder, title, repository, None)


def _start_course(
    folder: Path, title: str | None, repository: str | None, slug: str | None
) -> None:
    from hwlib.grading.authoring.build import build
    from hwlib.grading.authoring.scaffold import FIRST, default_title, new_course

    if sys.stdin.isatty():
        if title is None:
            title = click.prompt("Title of the course", default=default_title(folder))
        if repository is None:
            repository = click.prompt(
                "Address of the repository that students see (Enter if there is none yet)",
                default="",
                show_default=False,
            )
    course = new_course(folder, title or "", repository or "", slug or FIRST)
    for assignment in course.assignments():
        build(assignment)
    click.echo(
        f"{course.root}: made, with the assignment {slug or FIRST}; go there, then run "
        "`hw verify`. README.md there says what is what."
    )


def _start_assignment(slug: str) -> None:
    from hwlib.grading.authoring.build import build
    from hwlib.grading.authoring.scaffold import new_assignment

    course = find_course()
    folder = new_assignment(course, slug)
    build(course.assignment(slug))
    click.echo(
        f"{folder}: made and built; change notebook.py, then run `hw build {slug}` and `hw verify "
        f"{slug}`"
    )


@cli.command()
@slugs_argument
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if anything committed differs.")
@json_option
def build(slugs: tuple[str, ...], check: bool, json_file: str | None) -> int:
    """Build source/ and release/ from assignments/."""
    from hwlib.grading.authoring.build import build as build_one

    course = find_course()
    results = [build_one(assignment, check=check) for assignment in course.assignments(slugs)]
    _write_json(
        [
            {
                "assignment": result.slug,
                "changed": [_below(path, course) for path in (*result.changed, *result.stale)],
            }
            for result in results
        ],
        json_file,
    )
    console = _console(json_file)
    for result in results:
        changed = [_below(path, course) for path in (*result.changed, *result.stale)]
        verb = "out of date" if check else "written"
        console.print(
            f"{result.slug}: {verb + ': ' + ', '.join(changed) if changed else 'up to date'}"
        )
    if check and not all(result.up_to_date for result in results):
        return _complain(
            "source/ or release/ differs from assignments/; run `hw build` and commit what it "
            "writes",
            FAILURE,
        )
    return DONE


def _below(path: Path, course: Course) -> str:
    return str(path.relative_to(course.root)) if path.is_relative_to(course.root) else str(path)


@cli.command()
@slugs_argument
@click.option(
    "--engine", type=click.Choice(["isolated", "nbgrader"]), default="isolated", show_default=True
)
@json_option
def verify(slugs: tuple[str, ...], engine: str, json_file: str | None) -> int:
    """Prove assignments: reference = full marks, release = 0, wrong solutions lose what they say,
    nothing leaks.
    """
    from hwlib.grading.proof.verify import verify as verify_one
    from hwlib.grading.proof.verify import with_nbgrader

    console = _console(json_file)
    reports = []
    for assignment in find_course().assignments(slugs):
        report = verify_one(assignment, with_nbgrader if engine == "nbgrader" else None)
        reports.append(report)
        rows = [
            [
                row.kind,
                row.name,
                *(
                    "✗" if name in row.lost else "?" if name in row.waiting else "·"
                    for name in report.questions
                ),
                "as declared" if not row.complaint else "NOT as declared",
            ]
            for row in report.rows
        ]
        _print_table(
            f"{assignment.slug} ({report.seconds:.1f} s)",
            ["", "solution", *report.questions, ""],
            rows,
            console,
        )
        wrong, right = (sum(row.kind == kind for row in report.rows) for kind in ("wrong", "right"))
        console.print(
            f"{assignment.slug}: {wrong} wrong and {right} right solutions, "
            f"{len(report.complaints)} complaints\n"
        )
        for name, reason in report.waiting.items():
            console.print(f"? {name}: not decided here. {reason}\n", markup=False)
    _write_json([report.to_dict() for report in reports], json_file)
    for report in reports:
        for complaint in report.complaints:
            _complain(f"{report.slug}: {complaint}", FAILURE)
    return FAILURE if any(report.complaints for report in reports) else DONE


# ---- a class -------------------------------------------------------------------------------------


@cli.command()
@click.argument("slug")
@click.option(
    "--students",
    type=click.IntRange(1),
    default=12,
    show_default=True,
    help="How many submissions.",
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("submitted"),
    show_default=True,
    help="Where; nbgrader's layout.",
)
@json_option
def simulate(slug: str, students: int, seed: int, folder: Path, json_file: str | None) -> None:
    """Make a synthetic class: reference, blank, partly finished, wrong, crashing, hanging and
    damaged submissions.
    """
    from dataclasses import asdict

    from hwlib.grading.proof.simulate import simulate as make

    made = make(find_course().assignment(slug), students, seed, folder)
    _write_json([asdict(one) for one in made], json_file)
    _console(json_file).print(f"{len(made)} submissions of {slug} in {folder}")


@cli.command()
@click.argument("slug")
@click.option(
    "--submitted",
    type=click.Path(file_okay=False, path_type=Path),
    help="Default: submitted/ of the course.",
)
@click.option(
    "--notebook",
    type=click.Path(dir_okay=False, path_type=Path),
    help="One submission, no class; nothing is written.",
)
@click.option(
    "--student",
    "students",
    multiple=True,
    metavar="ID",
    help="Only this student (can be repeated).",
)
@click.option(
    "--jobs", type=click.IntRange(1), help="Submissions at the same time.  [default: one a core]"
)
@click.option(
    "--engine", type=click.Choice(["isolated", "nbgrader"]), default="isolated", show_default=True
)
@click.option("--force", is_flag=True, help="Grade again what has not changed, too.")
@click.option(
    "--seed", type=int, help="Seed for the hidden inputs, to repeat a run.  [default: a new one]"
)
@click.option(
    "--db", "db_url", metavar="URL", help="Gradebook.  [default: gradebook.db below --output]"
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where autograded/, feedback/ and gradebook.db go.",
)
@json_option
def grade(
    slug: str,
    submitted: Path | None,
    notebook: Path | None,
    students: tuple[str, ...],
    jobs: int | None,
    engine: str,
    force: bool,
    seed: int | None,
    db_url: str | None,
    output: Path | None,
    json_file: str | None,
) -> int:
    """Grade submitted/*/SLUG/; a second run grades only what changed."""
    from hwlib.grading.grade import Engine, GradeOptions, grade_notebook_file

    course = find_course()
    assignment = course.assignment(slug)
    chosen: Engine = "nbgrader" if engine == "nbgrader" else "isolated"
    if notebook is not None:
        student = students[0] if students else ""
        report = grade_notebook_file(assignment, notebook, student, seed, chosen)
    else:
        options = GradeOptions(
            engine=chosen,
            jobs=jobs,
            force=force,
            seed=seed,
            db_url=db_url,
        )
        report = _grade_with_bar(
            assignment,
            submitted or course.root / "submitted",
            output or course.root,
            students,
            options,
        )
    _write_json(report.to_json(), json_file)
    _print_grades(report, _console(json_file))
    for line in report.complaints:
        click.echo(f"hw: {line}", err=True)
    for line in report.failures:
        _complain(line, FAILURE)
    return FAILURE if report.failures else DONE


def _grade_with_bar(
    assignment: Assignment, submitted: Path, output: Path, students: tuple[str, ...], options: Any
) -> GradeReport:
    from hwlib.grading.grade import grade_assignment

    bars: list[Progress[None]] = []

    def start(count: int) -> None:
        bars.append(progress(total=count, desc=f"grading {assignment.slug}", unit="submission"))

    def advance(_: SubmissionResult) -> None:
        bars[0].update(1)

    try:
        return grade_assignment(assignment, submitted, output, students, options, start, advance)
    finally:
        for bar in bars:
            bar.close()


def _print_grades(report: GradeReport, console: Console) -> None:
    questions = [question.id for question in report.submissions[0].questions]
    rows = [
        [
            one.student,
            *(_cell(one, name) for name in questions),
            f"{one.score:g}",
            f"{one.max_score:g}",
            _state(one),
        ]
        for one in report.submissions
    ]
    how = f"engine {report.engine}, isolation {report.isolation}"
    title = f"{report.assignment}: {len(rows)} submissions, {how}"
    _print_table(title, ["student", *questions, "score", "of", "status"], rows, console)
    for one in report.submissions:
        for problem in one.problems:
            console.print(f"{one.student}: {problem}", style="dim", markup=False)


def _print_hints(report: GradeReport, console: Console) -> None:
    """What the students whose mistake was recognised will read."""
    lines = [
        f"  {one.student}, {question.id}: {question.hint}"
        for one in report.submissions
        for question in one.questions
        if question.hint
    ]
    if lines:
        console.print("\nMistakes that were recognised, as the students read them:")
        console.print("\n".join(lines), markup=False)


def _cell(submission: SubmissionResult, question_id: str) -> str:
    question = submission.question(question_id)
    return (
        f"{question.points:g}"
        if question.status == "passed"
        else f"{question.points:g} {question.status}"
    )


def _state(submission: SubmissionResult) -> str:
    return submission.status + (" (cached)" if submission.cached else "")


@cli.command()
@json_option
def demo(json_file: str | None) -> None:
    """The whole main job on the sample data: build, simulate a class, grade it, show the grades."""
    from hwlib.grading.proof.demo import run_demo

    course = find_course()
    console = _console(json_file)
    outcome = run_demo(
        course, say=lambda text: console.print(text, markup=False), grade=_grade_with_bar
    )
    _write_json(outcome.report.to_json(), json_file)
    _print_grades(outcome.report, console)
    _print_hints(outcome.report, console)
    console.print(
        f"\n{len(outcome.report.submissions)} submissions graded in {outcome.seconds:.1f} s. "
        f"Written below {outcome.folder}:"
    )
    for name, what in outcome.written.items():
        console.print(f"  {name:<22} {what}", markup=False)


# ---- this machine --------------------------------------------------------------------------------


@cli.command()
@click.argument("action", type=click.Choice(["status", "fetch", "verify"]), default="status")
@click.argument("names", nargs=-1, metavar="[mnist|cifar10]…")
@json_option
def data(action: str, names: tuple[str, ...], json_file: str | None) -> int:
    """Data sets: where they are, where they came from, whether they are whole."""
    try:
        found = {"status": datasets.status, "fetch": datasets.fetch, "verify": datasets.verify}[
            action
        ](names)
    except ValueError as error:
        raise CourseError(str(error)) from error
    except DataError as error:
        return _complain(str(error), FAILURE)
    _write_json(
        [
            {
                "name": one.name,
                "state": one.state,
                "folder": str(one.folder) if one.folder else None,
                "origin": one.origin,
                "size_bytes": one.size_bytes,
                "detail": one.detail,
                "sample": one.sample_state,
            }
            for one in found
        ],
        json_file,
    )
    if json_file != "-":
        _print_table(
            "",
            ["data set", "state", "where", "from", "sample in the package"],
            [
                [one.title, one.state, str(one.folder or "–"), one.origin or "–", one.sample_state]
                for one in found
            ],
        )
        for one in found:
            if one.detail:
                click.echo(one.detail)
    good = all(one.sample_state == "whole" and one.state != "damaged" for one in found)
    return (
        DONE
        if good and (action == "status" or all(one.state == "whole" for one in found))
        else FAILURE
    )


@cli.command()
@json_option
def doctor(json_file: str | None) -> int:
    """What works on this machine, and the fix for what does not."""
    from dataclasses import asdict

    from hwlib.diagnosis import findings, print_findings
    from hwlib.grading.doctor import grading_findings

    found = [*findings(), *grading_findings()]
    _write_json([asdict(one) for one in found], json_file)
    good = all(one.ok or not one.needed for one in found)
    if json_file != "-":
        print_findings(found)
    return DONE if good else FAILURE
