"""docs/check.md: every check has an example there, and all of them run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from hwlib import checks

PAGE = Path(__file__).resolve().parents[1] / "docs" / "check.md"
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def examples() -> list[doctest.Example]:
    """The examples of the page, without the fences around them."""
    text = re.sub(r"^```.*$", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return doctest.DocTestParser().get_examples(text, str(PAGE))


def test_all_examples_run_and_say_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="the examples of networks need PyTorch; run `make test`")
    monkeypatch.chdir(tmp_path)
    found = doctest.DocTest(examples(), {}, PAGE.name, str(PAGE), 0, None)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(found, out=told.append)
    assert (runner.failures, runner.tries) == (0, len([*ran()])), "".join(told)


def ran() -> list[doctest.Example]:
    return [one for one in examples() if doctest.SKIP not in one.options]


def test_every_check_has_an_example() -> None:
    code = "\n".join(one.source for one in examples())
    missing = [name for name in checks.__all__ if not re.search(rf"\bcheck\.{name}\b", code)]
    assert missing == []
