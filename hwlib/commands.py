"""Defines the commands of `hw`. Each calls a function that a script could call, too.

This module prints and chooses the exit code: 0 for success, 1 if the command found a failure, 2 for
a mistake in the command. Each error is one line on stderr.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hwlib import commands_import, commands_reports
from hwlib import data as datasets
from hwlib.command_parts import DONE, FAILURE, INTERRUPTED, MISUSE, grading_options, json_option
from hwlib.command_parts import complain as _complain
from hwlib.command_parts import complain_all as _complain_all
from hwlib.command_parts import show_table as _print_table
from hwlib.command_parts import write_json as _write_json
from hwlib.errors import CourseError, DataError, HwlibError
from hwlib.grading.course import Assignment, Course, find_course
from hwlib.grading.results import GradeReport, SubmissionResult
from hwlib.grading.terminal import Terminal, say, terminal_for
from hwlib.grading.texts import counted
from hwlib.progress import Progress, progress

if TYPE_CHECKING:
    from hwlib.grading.outlets.collect import Collected
    from hwlib.grading.proof.mutants.report import MutateReport
    from hwlib.grading.proof.verify import VerifyReport

__all__ = ["cli", "run"]

MAX_NAMED = 5  # students who have the same problem
OLDEST_PYTHON = 11  # 3.11, as in pyproject.toml


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code. Each error is one line on stderr."""
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
    except OSError as error:  # a folder that is read-only, shut or full
        where = f"{error.filename}: " if error.filename is not None else ""
        return _complain(
            f"{where}{error.strerror or error}; use another folder, or make that one writable and "
            "free some space there",
            FAILURE,
        )
    except (KeyboardInterrupt, click.exceptions.Abort):
        return _complain(
            "interrupted. Finished work is kept: run the same command again to continue",
            INTERRUPTED,
        )


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="hwlib", prog_name="hw")
def cli() -> None:
    """Build and grade the assignments of a course.

    Run it in the folder that holds course.toml, or in any folder below it. `hw COMMAND --help`
    explains a command.
    """


slugs_argument = click.argument("slugs", nargs=-1, metavar="[SLUG]…")


# ---- the course ----------------------------------------------------------------------------------


@cli.command("list")
@json_option
def list_command(json_file: str | None) -> None:
    """List the assignments.

    The columns are name, title, number of questions, points and minutes.
    """
    from hwlib.grading.authoring.reading import load_notebooks

    rows = []
    for assignment in find_course().assignments():
        notebooks = load_notebooks(assignment)
        questions = sum(cell.is_question for one in notebooks for cell in one.cells)
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


title_option = click.option("--title", help="Title of the new course, or of the new assignment.")
repository_option = click.option(
    "--repository",
    metavar="URL",
    help="Address of the repository that students see.  [default: none]",
)


@cli.command()
@click.argument("slug", required=False)
@click.option(
    "--course",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Start a new course in the folder DIR. SLUG names its first assignment.",
)
@title_option
@repository_option
def new(slug: str | None, folder: Path | None, title: str | None, repository: str | None) -> None:
    """Start a new assignment or a new course.

    It comes with a small example, which you can build and verify at once.
    """
    if folder is not None:
        _start_course(folder, title, repository, slug)
    elif slug is None:
        raise click.UsageError(
            "the name is missing: write `hw new SLUG` for a new assignment, or "
            "`hw new --course DIR` for a new course"
        )
    elif repository is not None:
        raise click.UsageError("--repository is only for a new course; add --course DIR")
    else:
        _start_assignment(slug, title)


@cli.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@title_option
@repository_option
def init(folder: Path, title: str | None, repository: str | None) -> None:
    """Start a new course. It does the same as `hw new --course DIR`."""
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
                "Address of the repository that students see (press Enter if there is none yet)",
                default="",
                show_default=False,
            )
    course = new_course(folder, title or "", repository or "", slug or FIRST)
    for assignment in course.assignments():
        build(assignment)
    say(
        f"Created the course {course.root} with the assignment {slug or FIRST}. Next: go to that "
        "folder and run `hw verify`. README.md there explains the files."
    )


def _start_assignment(slug: str, title: str | None) -> None:
    from hwlib.grading.authoring.build import build
    from hwlib.grading.authoring.scaffold import new_assignment

    course = find_course()
    folder = new_assignment(course, slug, title or "")
    build(course.assignment(slug))
    say(
        f"Created and built {folder}. Next: edit notebook.py there, then run `hw build {slug}` and "
        f"`hw verify {slug}`"
    )


@cli.command()
@slugs_argument
@click.option(
    "--check",
    is_flag=True,
    help="Change no file. Exit with code 1 if source/ or release/ is out of date.",
)
@json_option
def build(slugs: tuple[str, ...], check: bool, json_file: str | None) -> int:
    """Build source/ and release/ from assignments/.

    Without SLUG, it builds all assignments.
    """
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
    console = terminal_for(json_file)
    for result in results:
        changed = [_below(path, course) for path in (*result.changed, *result.stale)]
        verb = "out of date" if check else "written"
        console.print(
            f"{result.slug}: {verb + ': ' + ', '.join(changed) if changed else 'up to date'}"
        )
    if check and not all(result.up_to_date for result in results):
        return _complain(
            "source/ or release/ does not match assignments/; run `hw build` and commit the files "
            "that it writes",
            FAILURE,
        )
    return DONE


def _below(path: Path, course: Course) -> str:
    return str(path.relative_to(course.root)) if path.is_relative_to(course.root) else str(path)


@cli.command()
@slugs_argument
@click.option(
    "--engine",
    type=click.Choice(["isolated", "nbgrader"]),
    default="isolated",
    show_default=True,
    help="Grader that runs the solutions. `isolated` also grades the right ones with nbgrader, to "
    "compare.",
)
@click.option(
    "--mutants",
    is_flag=True,
    help="Also run `hw mutate`: no one-line change of the reference may keep all points, unless "
    "equivalents.toml names it.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of seeds for the hidden inputs. Several find a test that decides by luck.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="Build and verify an assignment again whenever one of its files changes. Ctrl-C ends it.",
)
@json_option
def verify(
    slugs: tuple[str, ...],
    engine: str,
    mutants: bool,
    seeds: int,
    watch: bool,
    json_file: str | None,
) -> int:
    """Check that the tests of an assignment work.

    The reference solution must get full marks and the released notebook none. Each wrong solution
    must lose the questions that it names, and each right one must pass. No solution or hidden test
    may be in release/. Without SLUG, all assignments are checked.
    """
    from hwlib.grading.proof.verify import SEED, with_nbgrader
    from hwlib.grading.proof.verify import verify as verify_one

    console = terminal_for(json_file)
    grade_all = with_nbgrader if engine == "nbgrader" else None
    course = find_course()
    if watch:
        if mutants or json_file or seeds > 1:
            raise click.UsageError(
                "--watch has no end, so it goes without --mutants, --seeds and --json"
            )
        course.assignments(slugs)  # a name that does not exist is said at once
        return _verify_on_change(slugs, lambda one: verify_one(one, grade_all), console)
    reports, by_luck = [], list[str]()
    mutated: dict[str, MutateReport] = {}
    for assignment in course.assignments(slugs):
        report = verify_one(assignment, grade_all)
        reports.append(report)
        _print_verified(report, console)
        for seed in range(SEED + 1, SEED + seeds):
            engine_of_seed = partial(with_nbgrader, seed=seed) if grade_all else None
            other = verify_one(assignment, engine_of_seed, compare=False, seed=seed)
            more = [line for line in other.complaints if line not in report.complaints]
            console.print(f"{report.slug}, seed {seed}: {counted(len(more), 'problem')}\n")
            by_luck += [f"{report.slug}: with seed {seed}: {line}" for line in more]
        if mutants:
            mutated[report.slug] = _mutate_with_bar(assignment, None)
            console.print(f"{mutated[report.slug].summary}\n")
    _write_json(
        [
            report.to_dict()
            | ({"mutants": mutated[report.slug].to_dict()} if report.slug in mutated else {})
            for report in reports
        ],
        json_file,
    )
    complaints = [f"{report.slug}: {line}" for report in reports for line in report.complaints]
    complaints += by_luck
    complaints += [f"{slug}: {line}" for slug, one in mutated.items() for line in one.complaints]
    return _complain_all(complaints)


def _print_verified(report: VerifyReport, console: Terminal) -> None:
    """Print the table of one assignment, and a line that sums it up."""
    rows = [
        [
            row.kind,
            row.name,
            *map(row.mark, report.questions),
            "as expected" if not row.complaint else "NOT as expected",
            row.frequency,
        ]
        for row in report.rows
    ]
    _print_table(
        f"{report.slug} ({report.seconds:.1f} s)",
        ["", "solution", *report.questions, "", "seen in"],
        rows,
        console,
    )
    wrong, right = (sum(row.kind == kind for row in report.rows) for kind in ("wrong", "right"))
    console.print(
        f"{report.slug}: {wrong} wrong and {right} right solutions, "
        f"{counted(len(report.complaints), 'problem')}; {report.hints}\n"
    )
    for name, reason in report.waiting.items():
        console.print(f"? {name}: cannot be decided on this machine. {reason}\n")


def _verify_on_change(
    slugs: tuple[str, ...], verify_one: Callable[[Assignment], VerifyReport], console: Terminal
) -> int:
    """Build and verify again and again, until Ctrl-C."""
    from hwlib.grading.authoring.build import build as build_one
    from hwlib.grading.proof.watch import changed_slugs

    try:
        for changed in changed_slugs(find_course(), slugs):
            for slug in changed:
                try:
                    assignment = find_course().assignment(slug)
                    build_one(assignment)
                    report = verify_one(assignment)
                except HwlibError as error:
                    _complain(str(error), FAILURE)
                    continue
                _print_verified(report, console)
                _complain_all([f"{slug}: {line}" for line in report.complaints])
            console.print("Waiting for changes. Ctrl-C ends this.")
    except KeyboardInterrupt:
        console.print("")
    return DONE


@cli.command()
@slugs_argument
@click.option(
    "--draft",
    is_flag=True,
    help="Write drafts of wrong solutions to wrong/draft_….py: one for each change that no test "
    "notices, and some for each question whose message no file in wrong/ has yet.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    help="Number of changes to try at the same time.  [default: one for each CPU core]",
)
@json_option
def mutate(slugs: tuple[str, ...], draft: bool, jobs: int | None, json_file: str | None) -> int:
    """Change the reference line by line, and report what no test notices.

    Each change is one slip inside a solution region: another operator, constant, axis or bound, a
    statement or term left out, arguments exchanged, a copy dropped. A change that keeps all points
    shows a missing check, unless it is equivalent. Then copy the entry that is printed to
    assignments/SLUG/equivalents.toml and write down why. Without SLUG, it changes all assignments.
    """
    from hwlib.grading.proof.mutants.equivalents import written

    console = terminal_for(json_file)
    reports, drafts = [], list[Path]()
    course = find_course()
    for assignment in course.assignments(slugs):
        report = _mutate_with_bar(assignment, jobs)
        reports.append(report)
        for graded in report.surviving:
            console.print(f"# {graded.mutant.kind}\n{written(graded.mutant)}\n")
        for graded in report.waiting:
            mutant = graded.mutant
            console.print(f"? {mutant.where}: not decided on this machine\n{mutant.change}\n")
        console.print(report.summary)
        if draft:
            from hwlib.grading.proof.mutants.drafts import write_drafts

            found = write_drafts(assignment, report)
            drafts += found
            for path in found:
                console.print(f"written: {_below(path, course)}")
    _write_json(
        [
            report.to_dict()
            | {"drafts": [_below(path, course) for path in drafts if report.slug in path.parts]}
            for report in reports
        ],
        json_file,
    )
    complaints = [f"{report.slug}: {line}" for report in reports for line in report.complaints]
    return _complain_all(complaints)


def _mutate_with_bar(assignment: Assignment, jobs: int | None) -> MutateReport:
    from hwlib.grading.proof.mutants.report import mutate as mutate_one

    bars: list[Progress[None]] = []

    def start(count: int) -> None:
        bars.append(progress(total=count, desc=f"changing {assignment.slug}", unit="mutant"))

    def advance(_: object) -> None:
        bars[0].update(1)

    try:
        return mutate_one(assignment, jobs, start, advance)
    finally:
        for bar in bars:
            bar.close()


# ---- a class -------------------------------------------------------------------------------------


@cli.command()
@click.argument("slug")
@click.option(
    "--students",
    type=click.IntRange(1),
    default=12,
    show_default=True,
    help="Number of submissions to make.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Seed for choosing the submissions. The same seed makes the same class.",
)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("submitted"),
    show_default=True,
    help="Folder to write them to, as STUDENT/SLUG/.",
)
@json_option
def simulate(slug: str, students: int, seed: int, folder: Path, json_file: str | None) -> None:
    """Make a synthetic class to try grading with.

    Some submissions are right, wrong, blank or half finished. Others crash, hang or are damaged.
    """
    from dataclasses import asdict

    from hwlib.grading.proof.simulate import simulate as make

    made = make(find_course().assignment(slug), students, seed, folder)
    _write_json([asdict(one) for one in made], json_file)
    terminal_for(json_file).print(f"{counted(len(made), 'submission')} of {slug} in {folder}")


def _options_of_a_class(command: Callable[..., int]) -> Callable[..., int]:
    """The options of the commands that grade a class."""
    options: list[Callable[[Any], Any]] = [
        click.option(
            "--student",
            "students",
            multiple=True,
            metavar="ID",
            help="Grade only this student. Repeat the option for several.",
        ),
        grading_options,
        click.option(
            "--engine",
            type=click.Choice(["isolated", "nbgrader", "otter"]),
            default="isolated",
            show_default=True,
            help="Which grader runs the tests: hwlib's, in separate processes, or nbgrader's "
            "or otter's, whose results student code can forge.",
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            help="Address of a Dask scheduler, e.g. tcp://host:8786. Its workers grade.",
        ),
        click.option("--force", is_flag=True, help="Grade unchanged submissions again, too."),
        click.option(
            "--seed",
            type=int,
            help="Seed for generating hidden inputs. Use it to repeat a run.  "
            "[default: a new seed]",
        ),
        json_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@click.argument("slug")
@click.option(
    "--notebook",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Grade this one notebook. No grade or feedback is written to disk.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Grade, write nothing, and list whose points would change.",
)
@_options_of_a_class
def grade(
    slug: str,
    notebook: Path | None,
    dry_run: bool,
    students: tuple[str, ...],
    json_file: str | None,
    **chosen: Any,
) -> int:
    """Grade the submissions of one assignment.

    They are read from submitted/*/SLUG/. A second run grades only what has changed.
    """
    from hwlib.grading.grade import grade_notebook_file

    if dry_run and notebook is None:
        return _preview(slug, students, json_file, chosen)
    if notebook is not None:
        report = grade_notebook_file(
            find_course().assignment(slug),
            notebook,
            students[0] if students else "",
            chosen["seed"],
            chosen["engine"],
            sandbox=not chosen["unsafe"],
        )
    else:
        report = _grade_class(slug, students, chosen)
    _write_json(report.to_dict(), json_file)
    _print_grades(report, terminal_for(json_file))
    return _complain_about(report)


@cli.command()
@click.argument("slug")
@_options_of_a_class
def diff(slug: str, students: tuple[str, ...], json_file: str | None, **chosen: Any) -> int:
    """List whose points `hw grade` would change, and why.

    Grades what has changed since, compares with the gradebook, and writes nothing. Points that a
    human has given stay as they are.
    """
    return _preview(slug, students, json_file, chosen)


def _grade_class(
    slug: str, students: tuple[str, ...], chosen: dict[str, Any], *, dry_run: bool = False
) -> GradeReport:
    from hwlib.grading.grade import GradeOptions

    if chosen["scheduler"] is not None and (chosen["engine"] != "isolated" or chosen["jobs"]):
        raise click.UsageError(
            "--scheduler goes with the engine `isolated` and without --jobs: each thread of each "
            "Dask worker grades one submission at a time"
        )
    course = find_course()
    options = GradeOptions(
        engine=chosen["engine"],
        jobs=chosen["jobs"],
        force=chosen["force"],
        seed=chosen["seed"],
        db_url=chosen["db_url"],
        sandbox=not chosen["unsafe"],
        dry_run=dry_run,
        scheduler=chosen["scheduler"],
    )
    return _grade_with_bar(
        course.assignment(slug),
        chosen["submitted"] or course.root / "submitted",
        chosen["output"] or course.root,
        students,
        options,
    )


def _complain_about(report: GradeReport) -> int:
    for line in report.complaints:
        say(f"hw: {line}", err=True)
    return _complain_all(report.failures)


def _preview(
    slug: str, students: tuple[str, ...], json_file: str | None, chosen: dict[str, Any]
) -> int:
    from hwlib.grading.records.marks import GradebookView, recorded_view
    from hwlib.grading.records.unwritten import changes_of, newcomers

    course = find_course()
    assignment, output = course.assignment(slug), chosen["output"] or course.root
    report = _grade_class(slug, students, chosen, dry_run=True)
    view = recorded_view(assignment, output, chosen["db_url"]) or GradebookView()
    changes, new = [*changes_of(report, view)], newcomers(report, view.marks)
    told = {"changes": [asdict(change) for change in changes], "new": new}
    _write_json(report.to_dict() | told, json_file)
    console = terminal_for(json_file)
    if changes:
        rows = [
            [one.student, one.question, f"{one.before:g}", f"{one.after:g}", one.why]
            for one in changes
        ]
        columns = ["student", "question", "now", "then", "why"]
        _print_table(f"{slug}: points that would change", columns, rows, console)
    console.print(_summary(slug, report, len({one.student for one in changes}), new))
    return _complain_about(report)


def _summary(slug: str, report: GradeReport, changed: int, new: list[str]) -> str:
    known = len(report.submissions) - len(new)
    lines = [f"{slug}: of {known} graded submissions {changed or 'none'} would get other points."]
    if new:
        some = ", ".join(new[:5]) + (", …" if len(new) > 5 else "")
        lines.append(f"Graded for the first time: {len(new)} ({some}).")
    lines.append(f"Nothing was written. `hw grade {slug}` writes it.")
    return "\n".join(lines)


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


def _print_grades(report: GradeReport, console: Terminal) -> None:
    questions = [question.id for question in report.submissions[0].questions]
    late, extra = (
        any(getattr(one, name) for one in report.submissions)
        for name in ("late_penalty", "extra_credit")
    )
    rows = [
        [
            one.student,
            *(_cell(one, name) for name in questions),
            *([f"{one.extra_credit:g}"] if extra else []),
            *([f"{0 - one.late_penalty:g}"] if late else []),
            f"{one.score:g}",
            f"{one.max_score:g}",
            _state(one),
        ]
        for one in report.submissions
    ]
    how = f"engine {report.engine}, isolation {report.isolation}"
    title = f"{report.assignment}: {counted(len(rows), 'submission')}, {how}"
    more = [*(["extra"] if extra else []), *(["late"] if late else [])]
    _print_table(title, ["student", *questions, *more, "score", "of", "status"], rows, console)
    _print_problems(report.submissions, console)


def _print_problems(hand_ins: Iterable[SubmissionResult | Collected], console: Terminal) -> None:
    """What was repaired or left out, and in whose hand-ins; each problem once."""
    students: dict[str, list[str]] = {}
    for one in hand_ins:
        for problem in one.problems:
            students.setdefault(problem, []).append(one.student)
    for problem, several in students.items():
        more = len(several) - MAX_NAMED
        who = ", ".join(several[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
        console.print(f"{who}: {problem}", style="dim")


def _print_hints(report: GradeReport, console: Terminal) -> None:
    """Print each hint with the student who will read it."""
    lines = [
        f"  {one.student}, {question.id}: {question.hint}"
        for one in report.submissions
        for question in one.questions
        if question.hint
    ]
    if lines:
        console.print(
            "\nHints that students will read, because the grader recognised their mistake:"
        )
        console.print("\n".join(lines))


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
@click.argument(
    "exports",
    nargs=-1,
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE…",
)
@click.option(
    "--roster",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="The students, with columns such as SID, Name and Email. It gives each hand-in its id.",
)
@click.option(
    "--assignment",
    "slug",
    default="",
    metavar="SLUG",
    help="The assignment.  [default: told by the name of each notebook]",
)
@click.option(
    "--submitted",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to, as STUDENT/SLUG/.  [default: submitted/ of the course]",
)
@click.option(
    "--keep",
    type=click.Choice(["latest", "best"]),
    default="latest",
    show_default=True,
    help="Which of several hand-ins by one student counts. For the best one they are graded.",
)
@json_option
def collect(
    exports: tuple[Path, ...],
    roster: Path | None,
    slug: str,
    submitted: Path | None,
    keep: Any,
    json_file: str | None,
) -> None:
    """Put exported hand-ins into submitted/.

    FILE is an export of Gradescope, Moodle or Canvas, or a zip that hwlib.submit() wrote, named
    STUDENT-SLUG.zip. Of several hand-ins by one student the latest counts, or the best. The others
    are kept in submitted/.earlier/. If a hand-in belongs to no student or assignment, nothing is
    written.
    """
    from hwlib.grading.outlets.collect import Roster, collect

    course = find_course()
    target = submitted or course.root / "submitted"
    found = collect(course, exports, target, Roster(roster) if roster else None, slug, keep)
    _write_json(
        [
            {
                "student": one.student,
                "assignment": one.slug,
                "from": one.where,
                "folder": str(one.folder),
                "earlier": one.earlier,
                "best": one.best,
                "latest": one.latest,
                "problems": list(one.problems),
            }
            for one in found
        ],
        json_file,
    )
    console = terminal_for(json_file)
    earlier = sum(one.earlier for one in found)
    count = sum(one.folder.is_dir() for one in found)  # the others have no file
    console.print(
        f"{counted(count, 'hand-in')} {'is' if count == 1 else 'are'} in {target}"
        + (f"; {earlier} others are kept in {target / '.earlier'}" if earlier else ""),
    )
    if own := sum(one.own_time for one in found):
        console.print(
            f"{counted(own, 'hand-in')} came as a student's own zip, whose time is the one that "
            "the student's computer wrote: it can be set to any time",
        )
    if vague := [one for one in found if one.no_time]:
        late = sum(one.late for one in vague)
        console.print(
            f"{counted(len(vague), 'hand-in')} came without a time: Moodle and Canvas do not tell "
            "it, so no late penalty follows"
            + (f"; Canvas marks {late} of them as late" if late else ""),
        )
    for one in found:
        if one.best is not None and one.best != one.latest:
            console.print(
                f"{one.student}: an earlier hand-in counts, with {counted(one.best, 'point')}; the "
                f"latest one has {one.latest:g}",
            )
    _print_problems(found, console)


@cli.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address of this machine to listen at."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Its port."
)
@click.option("--no-http", is_flag=True, help="Take hand-ins from the folder --drop only.")
@click.option(
    "--drop",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Also take STUDENT-SLUG.zip and STUDENT-SLUG.ipynb from this folder.",
)
@click.option(
    "--quota",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Hand-ins that a student may make in 24 hours.",
)
@click.option(
    "--max-mb",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Size of the largest hand-in.",
)
@click.option(
    "--tokens",
    "roster",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="ROSTER.csv",
    help="Print a table with each student's token, and end.",
)
@grading_options
def serve(
    roster: Path | None,
    submitted: Path | None,
    output: Path | None,
    db_url: str | None,
    max_mb: int,
    no_http: bool,
    unsafe: bool,
    **chosen: Any,
) -> None:
    """Take hand-ins over HTTP or from a folder, grade each once, and give the feedback back.

    Students name themselves by their id and a token, which `--tokens` prints. Hand-ins are put into
    submitted/, and the records are those of `hw grade`. Ctrl-C ends it; what waits is kept.
    """
    from hwlib.grading.service.graders import Places
    from hwlib.grading.service.serve import Settings, token_table
    from hwlib.grading.service.serve import serve as run_service

    course = find_course()
    places = Places(submitted or course.root / "submitted", output or course.root, db_url)
    if roster is not None:
        say(token_table(course, places, roster), end="")
        return
    if no_http and chosen["drop"] is None:
        raise click.UsageError("--no-http needs a folder; add --drop DIR")
    port = None if no_http else chosen.pop("port")
    chosen.pop("port", None)
    settings = Settings(port=port, max_bytes=max_mb * 1_000_000, sandbox=not unsafe, **chosen)
    run_service(course, places, settings, say)


# ---- for students --------------------------------------------------------------------------------


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@slugs_argument
@json_option
def publish(folder: Path, slugs: tuple[str, ...], json_file: str | None) -> int:
    """Write what students get to DIR, ready to push to a repository of its own.

    That is release/, a README, an environment, and hwlib if course.toml names no other place for
    it. Nothing of source/ or assignments/ is in it: keep these in a private repository. A second
    run brings DIR up to date. If a solution or a hidden test leaks, nothing is written. Without
    SLUG, all assignments are published.
    """
    from dataclasses import asdict

    from hwlib.grading.outlets.publish import publish

    done = publish(find_course(), folder, slugs)
    _write_json({**asdict(done), "folder": str(done.folder)}, json_file)
    for line in done.problems:
        _complain(line, FAILURE)
    if done.problems:
        return FAILURE
    terminal_for(json_file).print(
        f"{folder}: {counted(len(done.files), 'file')}, {len(done.changed)} written, "
        f"{len(done.removed)} removed",
    )
    return DONE


@cli.command()
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG…")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("bundle.zip"),
    show_default=True,
    metavar="FILE.zip",
    help="File to write.",
)
@click.option(
    "--system",
    type=click.Choice(["linux", "macos", "windows"]),
    default="linux",
    show_default=True,
    help="System of the room's machines.",
)
@click.option(
    "--python",
    metavar="3.N",
    default="",
    help="Their version of Python.  [default: the one that runs here]",
)
@click.option("--sample", is_flag=True, help="Leave the full data sets out, even if they are here.")
@json_option
def bundle(
    slugs: tuple[str, ...],
    target: Path,
    system: Any,
    python: str,
    sample: bool,
    json_file: str | None,
) -> int:
    """Pack assignments for a room without a network.

    The file has the notebooks, JupyterLab and all other packages, the data sets, and a README with
    two commands: one installs, one starts. It fits one system and one version of Python.
    """
    from dataclasses import asdict

    from hwlib.grading.outlets.bundle import write_bundle

    version = re.fullmatch(r"3\.(\d{1,3})", python)
    if python and (version is None or int(version[1]) < OLDEST_PYTHON):
        raise click.UsageError(
            f"--python: expected a version such as 3.12, at least 3.{OLDEST_PYTHON}, "
            f"found {python!r}"
        )
    made = write_bundle(
        find_course().assignments(slugs),
        target,
        system=system,
        python=python,
        whole_data=not sample,
    )
    _write_json({**asdict(made), "path": str(made.path)}, json_file)
    for line in made.problems:
        _complain(line, FAILURE)
    if made.problems:
        return FAILURE
    console = terminal_for(json_file)
    console.print(
        f"{made.path}: {made.size_bytes / 1e6:.0f} MB, {made.wheels} packages, for {made.system} "
        f"with Python {made.python}",
    )
    for title in made.full:
        console.print(f"{title}: the whole data set is in it")
    advice = "" if sample else "; to put in all of it, run `hw data fetch` first"
    for title in made.sampled:
        console.print(f"{title}: only the sample in the package{advice}")
    return DONE


# ---- Gradescope ----------------------------------------------------------------------------------


@cli.command()
@click.argument("slug")
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.zip",
    help="File to write.  [default: SLUG-gradescope.zip]",
)
@click.option(
    "--wheels",
    is_flag=True,
    help="Put all packages into the zip, so that Gradescope needs no network to build it.",
)
@click.option(
    "--otter",
    is_flag=True,
    help="Build otter-grader's own zip for the same questions. Student code can forge its results.",
)
@json_option
def gradescope(
    slug: str, target: Path | None, wheels: bool, otter: bool, json_file: str | None
) -> None:
    """Build the autograder zip of one assignment for Gradescope.

    Upload it there under Configure Autograder. It contains the solutions and hidden tests, so give
    it to nobody else.
    """
    from dataclasses import asdict

    from hwlib.grading.outlets.gradescope_zip import write_gradescope_zip

    assignment = find_course().assignment(slug)
    if otter and wheels:
        raise click.UsageError("--wheels is not for --otter, whose setup.sh installs with conda")
    _require_ready(assignment)
    if otter:
        _write_otter_zip(assignment, target or Path(f"{slug}-otter.zip"), json_file)
        return
    made = write_gradescope_zip(assignment, target or Path(f"{slug}-gradescope.zip"), wheels=wheels)
    _write_json({**asdict(made), "path": str(made.path)}, json_file)
    console = terminal_for(json_file)
    console.print(
        f"{made.path}: {made.size_bytes / 1e6:.1f} MB, {len(made.requirements)} packages",
    )
    console.print(
        f"In Gradescope, give the autograder {made.points:g} points and a time limit of "
        f"{assignment.gradescope.minutes:g} minutes, and choose a base image with Python "
        f"{made.python or '3.11 or newer'}."
    )
    if made.manual_points:
        console.print(
            f"Graded by hand: {counted(made.manual_points, 'point')}. Enable manual grading."
        )


MIN_MINUTES, MAX_MINUTES = 1, 40  # half a minute is spare; Gradescope offers no more than 40


def _require_ready(assignment: Assignment) -> None:
    """The zip holds what is in source/, so that must be what notebook.py says now; and its time
    limit is one that Gradescope has and in which something can be graded.
    """
    from hwlib.grading.authoring.build import build

    minutes = assignment.gradescope.minutes
    if not MIN_MINUTES <= minutes <= MAX_MINUTES:
        raise CourseError(
            f"{assignment.folder / 'assignment.toml'}: [gradescope] minutes: expected "
            f"{MIN_MINUTES} to {MAX_MINUTES}, the time limit that is set in Gradescope, found "
            f"{minutes:g}"
        )
    if changed := build(assignment, check=True).changed:
        names = ", ".join(str(path.relative_to(assignment.course.root)) for path in changed[:3])
        raise CourseError(f"{names}: out of date; run `hw build {assignment.slug}` first")


def _write_otter_zip(assignment: Assignment, target: Path, json_file: str | None) -> None:
    from dataclasses import asdict

    from hwlib.grading.outlets.otter_zip import write_otter_zip

    made = write_otter_zip(assignment, target)
    _write_json({**asdict(made), "path": str(made.path)}, json_file)
    terminal_for(json_file).print(f"{made.path}: {made.size_bytes / 1e6:.1f} MB")
    for line in (
        f"isolation {made.isolation}: otter runs student code and tests in one process, so student "
        "code can read the hidden tests and forge results",
        *made.notes,
    ):
        say(f"hw: {line}", err=True)


@cli.command("gradescope-test")
@click.argument("archive", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.zip")
@click.argument(
    "submission",
    nargs=-1,
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="NOTEBOOK…",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, MAX_MINUTES, min_open=True),
    default=10,
    show_default=True,
    help="Time limit.",
)
@click.option(
    "--memory",
    type=click.IntRange(min=64),
    default=768,
    show_default=True,
    help="Memory limit in MB.",
)
@click.option(
    "--cores",
    type=click.FloatRange(0, min_open=True),
    default=0.5,
    show_default=True,
    help="Share of a core.",
)
@json_option
def gradescope_test(
    archive: Path,
    submission: tuple[Path, ...],
    minutes: float,
    memory: int,
    cores: float,
    json_file: str | None,
) -> int:
    """Try an autograder zip as Gradescope would run it.

    It runs setup.sh and run_autograder in a container, checks results.json, and shows what the
    student reads before and after the due date. Name model files after the notebook.
    """
    from hwlib.grading.outlets.gradescope_simulator import Limits, built_image
    from hwlib.grading.outlets.gradescope_view import complaints, student_view

    with built_image(archive) as image:
        done = image.grade(submission, Limits(minutes, memory, cores))
    _write_json(done.results, json_file)
    console = terminal_for(json_file)
    found = complaints(done.results) if done.results is not None else ["there is no results.json"]
    if not found:
        for heading, after in (("Before", False), ("After", True)):
            console.print(f"{heading} the due date, the student sees:\n", style="bold")
            view = student_view(done.results, after_due_date=after)
            console.print(view + "\n")
    console.print(f"For instructors only:\n{done.stdout}")
    console.print(
        f"setup.sh took {image.setup_s:.1f} s, run_autograder {done.seconds:.1f} s and at most "
        f"{done.peak_mb:.0f} MB; limits: {done.limits}"
    )
    found += ["the time limit was reached"] if done.timed_out else []
    for line in found:
        _complain(f"{archive}: {line}; report this with the lines above", FAILURE)
    return FAILURE if found else DONE


@cli.command()
@json_option
def demo(json_file: str | None) -> None:
    """Show how hwlib works, from building to the report.

    It builds an assignment, simulates a class, grades it, shows the grades and writes the report.
    """
    from hwlib.grading.proof.demo import run_demo

    course = find_course()
    console = terminal_for(json_file)
    demo = run_demo(
        course, say=console.print, grade=_grade_with_bar, report=commands_reports.write_report
    )
    _write_json(demo.report.to_dict(), json_file)
    _print_grades(demo.report, console)
    _print_hints(demo.report, console)
    console.print(
        f"\nGraded {counted(len(demo.report.submissions), 'submission')} in {demo.seconds:.1f} s. "
        f"The results are in {demo.folder}:"
    )
    for name, what in demo.written.items():
        console.print(f"  {name:<22} {what}")


# ---- this machine --------------------------------------------------------------------------------


@cli.command()
@click.argument("action", type=click.Choice(["status", "fetch", "verify"]), default="status")
@click.argument("names", nargs=-1, metavar="[mnist|cifar10]…")
@json_option
def data(action: str, names: tuple[str, ...], json_file: str | None) -> int:
    """Show, download or check the data sets.

    `status` shows where each data set is and where it came from. `fetch` downloads what is missing.
    `verify` checks every byte. Without a name, the command is for all data sets.
    """
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
                say(one.detail)
    good = all(one.sample_state == "whole" and one.state != "damaged" for one in found)
    return (
        DONE
        if good and (action == "status" or all(one.state == "whole" for one in found))
        else FAILURE
    )


@cli.command()
@json_option
def doctor(json_file: str | None) -> int:
    """Check this machine, and say how to fix what does not work."""
    from dataclasses import asdict

    from hwlib.diagnosis import findings, print_findings
    from hwlib.grading.doctor import grading_findings

    found = [*findings(), *grading_findings()]
    _write_json([asdict(one) for one in found], json_file)
    good = all(one.ok or not one.needed for one in found)
    if json_file != "-":
        print_findings(found)
    return DONE if good else FAILURE


# ---- in modules of their own ---------------------------------------------------------------------

for _command in (
    commands_import.audit,
    commands_import.import_command,
    commands_reports.export,
    commands_reports.report,
    commands_reports.marking,
    commands_reports.viva,
):
    cli.add_command(_command)
