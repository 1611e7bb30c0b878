"""Tables that commands print: whole words at any width of a terminal, nothing cut in a file."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from hwlib.grading.tables import print_table

WORDS = st.text("abcdefgh_-.0123456789", min_size=1, max_size=25)
CELLS = st.lists(WORDS, max_size=4).map(" ".join)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    count = draw(st.integers(1, 7))
    row = st.lists(CELLS, min_size=count, max_size=count)
    return draw(row), draw(st.lists(row, min_size=1, max_size=5))


def printed(columns: list[str], rows: list[list[str]], width: int, title: str = "") -> str:
    file = io.StringIO()
    print_table(title, columns, rows, Console(file=file, width=width, highlight=False))
    return file.getvalue()


@given(tables(), st.integers(1, 250))
def test_no_word_is_broken_or_lost(table: tuple[list[str], list[list[str]]], width: int) -> None:
    columns, rows = table
    found = {word.rstrip(",:") for word in printed(columns, rows, width).split()}
    words = {word for row in rows for text in row for word in text.split()}
    assert words <= found | {word.strip(",:") for word in found}


@given(tables(), st.integers(60, 250))
def test_lines_are_no_wider_than_the_terminal(
    table: tuple[list[str], list[list[str]]], width: int
) -> None:
    columns, rows = table
    lines = printed(columns, rows, width).splitlines()
    longest = max((len(row[0]) for row in rows), default=0)  # begins an entry of a list
    assert all(len(line.rstrip()) <= max(width, longest) for line in lines)


@pytest.mark.parametrize("width", [20, 60, 80, 200, 100_000])
def test_every_name_is_whole_at_every_width(width: int) -> None:
    columns = ["student", *(f"a_long_name_of_question_{number}" for number in range(28)), "of"]
    rows = [[f"student-{number}-of-a-large-class", *["0 missing"] * 28, "4"] for number in (1, 2)]
    text = printed(columns, rows, width, "the class")
    assert text.startswith("the class\n")
    for name in (*columns[1:-1], "student-1-of-a-large-class", "student-2-of-a-large-class"):
        assert name in text


def test_a_wide_column_is_wrapped_at_words_first() -> None:
    rows = [["knn", "k nearest neighbours of a picture", "8"]]
    lines = printed(["slug", "title", "of"], rows, 30).splitlines()
    assert [line.rstrip() for line in lines] == [
        "slug  title                 of",
        "knn   k nearest neighbours   8",
        "      of a picture",
    ]
