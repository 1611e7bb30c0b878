"""Defines `hw import` and `hw audit`, which read courses of nbgrader and otter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hwlib.command_parts import DONE, FAILURE, json_option, write_json
from hwlib.grading.course import Course, find_course
from hwlib.grading.terminal import terminal_for

if TYPE_CHECKING:
    from hwlib.grading.proof.imports.report import AssignmentReport

__all__ = ["audit", "import_command"]

source_argument = click.argument("source", type=click.Path(path_type=Path), metavar="SOURCE")


@click.command("import")
@source_argument
@click.option("--to", "slug", metavar="SLUG", default="", help="Name of the new assignment.")
@json_option
def import_command(source: Path, slug: str, json_file: str | None) -> int:
    """Turn notebooks of nbgrader or otter into assignments.

    SOURCE is a notebook, a folder with the notebooks of an assignment, or a course with a folder
    source/. It must have the solutions. Each assignment is written to assignments/SLUG/ and built.
    The course's own solution is run in the old notebook, in nbgrader's engine and in the isolated
    one. The exit code is 1 while something needs a decision of yours.
    """
    return _read(source, find_course(), slug, json_file)


@click.command()
@source_argument
@json_option
def audit(source: Path, json_file: str | None) -> int:
    """Report what is wrong with a course of nbgrader or otter, and write nothing.

    It is the report of `hw import`, for a course that stays where it is.
    """
    return _read(source, None, "", json_file)


def _read(source: Path, course: Course | None, slug: str, json_file: str | None) -> int:
    from hwlib.grading.proof.imports.imported import import_course

    console = terminal_for(json_file)

    def show(report: AssignmentReport) -> None:
        for line in report.lines():
            console.print(line)

    report = import_course(source, course, slug, show)
    for line in report.about_course:
        console.print(f"old course: {line}")
    write_json(report.to_dict(), json_file)
    if course is not None and (slugs := " ".join(report.written)):
        console.print(
            f"written to assignments/: {slugs}. Next: `hw verify {slugs}`. It wants a wrong "
            "solution for each question; `hw mutate SLUG --draft` drafts some"
        )
    if report.decisions:
        count = report.decisions
        console.print(f"{count} {'decision is' if count == 1 else 'decisions are'} open")
    console.print(report.closing())
    return FAILURE if report.decisions else DONE
