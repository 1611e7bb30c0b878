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
        right = [
            bool(rows) and all(_is_number(row[index]) for row in rows)
            for index in range(len(columns))
        ]
        if any(map(_is_wrapped, [columns, *rows], [widths] * (len(rows) + 1))):
            console.print(_table(columns, rows, widths, right))
        else:  # the same, without rich's time for each cell: a class has thousands of rows
            console.print(Text(_line(columns, widths, right), style="bold"), soft_wrap=True)
            for row in rows:
                console.out(_line(row, widths, right), highlight=False)
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


def _is_number(text: str) -> bool:
    return text.replace(".", "").replace("-", "").isdigit()


def _is_wrapped(row: Sequence[str], widths: Sequence[int]) -> bool:
    return any(
        cell_len(text) > width or "\n" in text for text, width in zip(row, widths, strict=True)
    )


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    """A row in columns of these widths.

    >>> _line(["knn", "25"], [5, 6], [False, True])
    'knn        25'
    """
    padded = []
    for text, width, is_right in zip(row, widths, right, strict=True):
        blanks = " " * (width - cell_len(text))
        padded.append(blanks + text if is_right else text + blanks)
    return (" " * GAP).join(padded).rstrip()


def _table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    right: Sequence[bool],
) -> Table:
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for name, width, is_right in zip(columns, widths, right, strict=True):
        table.add_column(Text(name), justify="right" if is_right else "left", width=width)
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
