"""Tables for a terminal of any width, in which no word is ever broken."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["print_table"]

GAP = 2  # blanks between columns


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], console: Console
) -> None:
    """Print a table. Where the words do not fit side by side, print an entry for each row."""
    if title:
        console.print(Text(title, style="italic"))
    widths = fitting_widths([columns, *rows], console.width - GAP * (len(columns) - 1))
    if widths is not None:
        console.print(_table(columns, rows, widths))
        return
    for line in as_list(columns, rows, console.width):
        console.print(Text(line), soft_wrap=True)


def fitting_widths(rows: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """The width of each column so that all of them fit, or None if a word would be broken.

    The widest columns are wrapped first.

    >>> fitting_widths([["name", "what"], ["knn", "k nearest neighbours"]], 20)
    [4, 16]
    >>> fitting_widths([["name", "what"], ["knn", "k nearest neighbours"]], 12) is None
    True
    """
    columns = list(zip(*rows, strict=True))
    least = [max(max(map(cell_len, text.split()), default=0) for text in one) for one in columns]
    widths = [max(map(cell_len, one)) for one in columns]
    while (excess := sum(widths) - width) > 0:
        room = [(size, index) for index, size in enumerate(widths) if size > least[index]]
        if not room:
            return None
        _, widest = max(room)
        widths[widest] = max(least[widest], widths[widest] - excess)
    return widths


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], widths: list[int]) -> Table:
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for index, (name, width) in enumerate(zip(columns, widths, strict=True)):
        numbers = bool(rows) and all(
            row[index].replace(".", "").replace("-", "").isdigit() for row in rows
        )
        table.add_column(Text(name), justify="right" if numbers else "left", width=width)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def as_list(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Each row as lines of at most `width` columns, as far as words allow.

    >>> print("\\n".join(as_list(["student", "knn", "of"], [["ada", "3", "4"]], 12)))
    ada
        knn: 3,
        of: 4
    """
    for row in rows:
        named = [(name, text) for name, text in zip(columns, row, strict=True) if text]
        if not named:
            continue
        yield named[0][1]
        pairs = ", ".join(f"{name}: {text}" if name else text for name, text in named[1:])
        yield from textwrap.wrap(
            pairs,
            width,
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
