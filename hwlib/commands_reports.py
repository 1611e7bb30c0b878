"""Defines the commands that read what is recorded of a class: reports, grades, sheets."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hwlib.command_parts import (
    complain_all,
    json_option,
    records_options,
    write_json,
    write_text,
)
from hwlib.errors import CourseError
from hwlib.grading.course import Assignment, Course, find_course
from hwlib.grading.terminal import say, terminal_for
from hwlib.grading.texts import counted

__all__ = ["export", "marking", "report", "viva", "write_report"]


@click.command()
@click.argument("slug")
@click.option(
    "-o",
    "file",
    metavar="FILE.csv",
    help="File to write. - means standard output.  [default: SLUG-grades.csv]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "canvas", "moodle", "gradescope"]),
    default="csv",
    show_default=True,
    help="Columns of the table: all that is known, or those of Canvas, Moodle or Gradescope.",
)
@click.option(
    "--roster",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="The students, with columns such as SID, Name and Email. A gradebook that Canvas exported "
    "or a grading worksheet of Moodle's will do, and is needed for their own numbers.",
)
@records_options
@json_option
def export(
    slug: str,
    file: str | None,
    form: Any,
    roster: Path | None,
    records: Path | None,
    db_url: str | None,
    json_file: str | None,
) -> int:
    """Write the grades of an assignment as a table.

    Points that humans gave, extra credit and late penalties are included. With --roster, the table
    has all students of the roster, in its order.
    """
    from hwlib.grading.outlets.grades import grade_table
    from hwlib.grading.outlets.roster import Roster
    from hwlib.grading.records.class_results import class_results

    course = find_course()
    results = class_results(course.assignment(slug), records or course.root, db_url)
    table = grade_table(results, form, Roster(roster) if roster else None)
    target = file or f"{slug}-grades.csv"
    write_text("-o", table.to_csv(), target)
    write_json(
        {
            "file": target,
            "students": table.students,
            "notes": list(table.notes),
            "unknown": list(table.unknown),
        },
        json_file,
    )
    if target != "-":
        terminal_for(json_file).print(
            f"{target}: the grades of {counted(table.students, 'student')}"
        )
    for note in table.notes:
        say(f"hw: {slug}: {note}", err=True)
    return complain_all(
        [
            f"{roster}: expected a row for {student}, who is graded, and found none; add the "
            "student to the roster, or correct the id there"
            for student in table.unknown
        ]
    )


@click.command()
@click.argument("slug", required=False)
@click.option("--all", "term", is_flag=True, help="Report on all assignments of the term.")
@click.option(
    "-o",
    "file",
    metavar="FILE.html",
    help="File to write.  [default: SLUG-report.html, or term-report.html]",
)
@records_options
@json_option
def report(
    slug: str | None,
    term: bool,
    file: str | None,
    records: Path | None,
    db_url: str | None,
    json_file: str | None,
) -> None:
    """Write the class report of an assignment, or of the term, as one page.

    It shows scores, how hard questions are and how well they tell students apart, common mistakes,
    what needs a human, time, repairs. The page needs no network and no script. It names students,
    so give it to nobody else.
    """
    course = find_course()
    if term == (slug is not None):
        raise click.UsageError(
            "name an assignment, as in `hw report SLUG`, or write `hw report --all`"
        )
    output = records or course.root
    if slug is not None:
        target = Path(file or f"{slug}-report.html")
        told = write_report(course.assignment(slug), output, target, db_url)
    else:
        target = Path(file or "term-report.html")
        told = _write_term(course, output, target, db_url)
    write_json({"file": str(target), **told}, json_file)
    terminal_for(json_file).print(f"{target}: written")


def write_report(
    assignment: Assignment, output: Path, file: Path, db_url: str | None = None
) -> dict[str, Any]:
    """Write the class report; returns its numbers for `--json`."""
    from hwlib.grading.records.class_results import class_results
    from hwlib.grading.reports.numbers import numbers_of
    from hwlib.grading.reports.page import class_report
    from hwlib.grading.reports.similar import similar_answers

    results = class_results(assignment, output, db_url)
    similar = similar_answers(results, output)
    write_text("-o", class_report(results, similar=similar), str(file))
    return {**numbers_of(results), **asdict(similar)}


def _write_term(course: Course, output: Path, file: Path, db_url: str | None) -> dict[str, Any]:
    from hwlib.grading.records.class_results import ClassResults, class_results
    from hwlib.grading.reports.numbers import numbers_of
    from hwlib.grading.reports.term import term_report

    graded, ungraded = list[ClassResults](), list[str]()
    reason = ""
    for assignment in course.assignments():
        try:
            graded.append(class_results(assignment, output, db_url))
        except CourseError as error:  # nothing of it is graded, or it is not built
            ungraded.append(assignment.slug)
            reason = str(error)
    if not graded:
        raise CourseError(reason or f"{course.root}: there is no assignment; run `hw new SLUG`")
    graded.sort(key=lambda one: (one.due or datetime.max, one.assignment.slug))
    write_text("-o", term_report(course, graded, ungraded), str(file))
    return {"assignments": [numbers_of(one) for one in graded], "ungraded": ungraded}


@click.group()
def marking() -> None:
    """Grade by hand in a spreadsheet, a sheet for each question."""


@marking.command("export")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--anonymous", is_flag=True, help="Do not show who gave an answer.")
@records_options
@json_option
def marking_export(
    slug: str,
    file: Path,
    anonymous: bool,
    records: Path | None,
    db_url: str | None,
    json_file: str | None,
) -> None:
    """Write the answers that humans grade to FILE.ods, or to FILE-QUESTION.csv.

    Each question has a sheet: its rubric, comments to use again, and a row for each answer. Answers
    that are the same are one row.
    """
    from hwlib.grading.marking.exchange import export_sheets

    course = find_course()
    files = export_sheets(
        course.assignment(slug), records or course.root, file, anonymous=anonymous, db_url=db_url
    )
    write_json({"files": [str(path) for path in files]}, json_file)
    for path in files:
        terminal_for(json_file).print(f"{path}: written")


@marking.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--replace",
    is_flag=True,
    help="Where the gradebook has changed since the sheet was written, let the sheet count.",
)
@records_options
@json_option
def marking_import(
    slug: str,
    file: Path,
    replace: bool,
    records: Path | None,
    db_url: str | None,
    json_file: str | None,
) -> int:
    """Write the points and comments of a filled-in sheet to the gradebook.

    Nothing that a human has given is lost: an empty cell changes nothing, and where the gradebook
    has other points than the sheet shows, it stays and a line says so.
    """
    from hwlib.grading.marking.exchange import import_sheets

    course = find_course()
    done = import_sheets(
        course.assignment(slug), records or course.root, file, replace=replace, db_url=db_url
    )
    write_json(
        {
            "written": [asdict(one) for one in done.written],
            "conflicts": list(done.conflicts),
            "unchanged": done.unchanged,
        },
        json_file,
    )
    students = len({one.student for one in done.written})
    written = f"{counted(len(done.written), 'grade')} of {counted(students, 'student')}"
    say_next = f" Run `hw grade {slug}` to bring feedback pages and late penalties up to date"
    terminal_for(json_file).print(
        f"{file}: written: {written}; nothing new in {counted(done.unchanged, 'row')}."
        + say_next * bool(done.written)
    )
    return complain_all(done.conflicts)


@click.command()
@click.argument("slug")
@click.option("--student", required=True, metavar="ID", help="Whose code it is about.")
@click.option("-o", "file", metavar="FILE.md", help="File to write.  [default: SLUG-ID-viva.md]")
@click.option(
    "--questions",
    "count",
    type=click.IntRange(1),
    default=6,
    show_default=True,
    help="Number of questions.",
)
@click.option("--seed", type=int, help="Seed for drawing the questions.  [default: a new one]")
@click.option(
    "--submitted",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with the submissions.  [default: submitted/ of the course]",
)
@json_option
def viva(
    slug: str,
    student: str,
    file: str | None,
    count: int,
    seed: int | None,
    submitted: Path | None,
    json_file: str | None,
) -> None:
    """Write questions about a student's own code, with the answers.

    What shape has this line, what does this function return for another input, what breaks without
    this line. The answers are found by running the code in the sandbox with the visible checks.
    """
    import numpy as np

    from hwlib.grading.submissions.files import find_submissions
    from hwlib.grading.viva.questions import draw_questions
    from hwlib.grading.viva.sheet import as_markdown

    course = find_course()
    assignment = course.assignment(slug)
    folder = submitted or course.root / "submitted"
    (found,) = find_submissions(assignment, folder, [student])
    rng = np.random.default_rng(seed)
    sheet = draw_questions(assignment, found, count, rng, (folder.resolve(),))
    target = file or f"{slug}-{student}-viva.md"
    write_text("-o", as_markdown(sheet), target)
    write_json(asdict(sheet), json_file)
    if target != "-":
        terminal_for(json_file).print(
            f"{target}: {counted(len(sheet.asked), 'question')} with answers"
        )
