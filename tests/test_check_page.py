"""docs/check.md: every check has an example there, and all of them run."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import traceback
from pathlib import Path

import pytest

from hwlib import checks

PAGE = Path(__file__).resolve().parents[1] / "docs" / "check.md"


def examples() -> list[doctest.Example]:
    """The examples of the page, without the fences around them."""
    text = re.sub(r"^```.*$", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return doctest.DocTestParser().get_examples(text, str(PAGE))


def said(example: doctest.Example, names: dict[str, object]) -> str:
    """What an example prints or raises, as one cell of a notebook."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(example.source, "<cell>", "single"), names)
    except Exception as error:  # noqa: BLE001  the page says which
        return "".join(traceback.format_exception_only(error))
    return printed.getvalue()


def test_all_examples_run_and_say_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="the examples of networks need PyTorch; run `make test`")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    wrong = [
        f"line {one.lineno + 1}: {found}"
        for one in examples()
        if doctest.SKIP not in one.options
        and (found := said(one, names)).split() != (one.exc_msg or one.want).split()
    ]
    assert wrong == []


def test_every_check_has_an_example() -> None:
    code = "\n".join(one.source for one in examples())
    missing = [name for name in checks.__all__ if not re.search(rf"\bcheck\.{name}\b", code)]
    assert missing == []
