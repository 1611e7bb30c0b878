"""The only way by which a command writes to a terminal: everything passes `texts.for_terminal`.

A test makes sure that no other module of the grading half prints.
"""

from __future__ import annotations

import sys
from typing import Any

import click
from rich.console import Console

from hwlib.grading.texts import for_terminal

__all__ = ["Terminal", "say", "terminal_for"]

PIPED_WIDTH = 100_000  # nothing is cut or wrapped where no terminal is


class Terminal(Console):
    """A console that takes texts as they are: no code for a terminal, no markup, no emoji by name.

    What else it is given, such as a table, must have been made with `for_terminal`.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich's; each text is cleaned first."""
        cleaned = (for_terminal(one) if isinstance(one, str) else one for one in objects)
        super().print(*cleaned, **options)


def terminal_for(json_file: str | None = None) -> Terminal:
    """The console for readable output: stderr when stdout carries the JSON, else stdout."""
    stream = sys.stderr if json_file == "-" else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Terminal(file=stream, highlight=False, markup=False, emoji=False, width=width)


def say(text: str, *, err: bool = False, end: str = "\n") -> None:
    """Write a text to stdout or stderr."""
    click.echo(for_terminal(text) + end, err=err, nl=False)
