"""What all commands share: exit codes, complaints on stderr, `--json`, tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from hwlib.errors import CourseError
from hwlib.grading.tables import print_table
from hwlib.grading.terminal import Terminal, say, terminal_for
from hwlib.grading.texts import for_json, for_terminal

__all__ = [
    "DONE",
    "FAILURE",
    "INTERRUPTED",
    "MISUSE",
    "complain",
    "complain_all",
    "grading_options",
    "json_option",
    "records_options",
    "show_table",
    "write_json",
    "write_text",
]

DONE, FAILURE, MISUSE, INTERRUPTED = 0, 1, 2, 130

database_option = click.option(
    "--db",
    "db_url",
    metavar="URL",
    help="Address of the gradebook database.  [default: gradebook.db in --output]",
)
json_option = click.option(
    "--json",
    "json_file",
    metavar="FILE",
    help="Write the results to FILE as JSON. - means standard output.",
)


def grading_options(command: Any) -> Any:
    """The options of the commands that grade submissions and write the records of a class."""
    folder = click.Path(file_okay=False, path_type=Path)
    for option in reversed(
        [
            click.option(
                "--submitted",
                type=folder,
                help="Folder with the submissions, as STUDENT/SLUG/.  "
                "[default: submitted/ of the course]",
            ),
            click.option(
                "--output",
                type=folder,
                help="Folder for autograded/, feedback/ and gradebook.db.  "
                "[default: the course's folder]",
            ),
            database_option,
            click.option(
                "--jobs",
                type=click.IntRange(1),
                help="Number of submissions to grade at the same time.  [default: one per core]",
            ),
            click.option(
                "--unsafe-no-sandbox",
                "unsafe",
                is_flag=True,
                help="Grade where student code can't be confined. Only if you trust every student.",
            ),
        ]
    ):
        command = option(command)
    return command


def records_options(command: Any) -> Any:
    """The options of the commands that read the records of a graded class."""
    command = click.option(
        "--output",
        "records",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder with gradebook.db, as for `hw grade`.  [default: the course's folder]",
    )(command)
    return database_option(command)


def complain(message: str, code: int) -> int:
    """Print one line on stderr; returns the exit code."""
    say(f"hw: {message}", err=True)
    return code


def complain_all(lines: Sequence[str]) -> int:
    """Print what a command has found, a line each; success if there is nothing."""
    for line in lines:
        complain(line, FAILURE)
    return FAILURE if lines else DONE


def write_json(values: Any, file: str | None) -> None:
    """Write results where `--json` says."""
    if file is not None:
        write_text("--json", for_json(values), file)


def write_text(option: str, text: str, file: str) -> None:
    """Write a text to a file, or to stdout if its name is -.

    Raises
    ------
    CourseError
        If the file cannot be written.
    """
    if file == "-":
        say(text, end="")
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"{option} {file}: cannot write this file ({error.strerror}); name a file in a folder "
            "that exists"
        ) from error


def show_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    console: Terminal | None = None,
) -> None:
    """Print a table."""
    shown = [[for_terminal(text) for text in row] for row in rows]
    print_table(title, columns, shown, console or terminal_for(None))
