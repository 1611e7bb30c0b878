"""Checks a results.json, and shows what a student reads of it before and after the due date."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # comes with nbformat

from hwlib.grading.outlets.gradescope_results import EXTRA_CREDIT

__all__ = ["complaints", "points_of", "student_view"]

SCHEMA = Path(__file__).with_name("gradescope.schema.json")


def complaints(results: Any) -> list[str]:
    """What is wrong with the values of a results.json, a line for each fault.

    The schema is gradescope.schema.json beside this module; it names the source of each rule.
    """
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    found = [
        f"{'/'.join(map(str, error.absolute_path)) or 'the whole file'}: {error.message[:200]}"
        for error in Draft202012Validator(schema).iter_errors(results)
    ]
    for test in results.get("tests", ()) if isinstance(results, Mapping) else ():
        if isinstance(test, Mapping) and not found and test["score"] > test["max_score"]:
            found.append(f"{test['name']}: {test['score']} points of {test['max_score']}")
    return found


def student_view(results: Mapping[str, Any], *, after_due_date: bool) -> str:
    """The text that a student reads on Gradescope's page.

    Parameters
    ----------
    results : mapping
        The values of a valid results.json.
    after_due_date : bool
        Whether the due date has passed. The grades are not published in either case.
    """
    shown = {"visible", *(["after_due_date"] if after_due_date else [])}
    tests = results.get("tests", [])
    seen = [test for test in tests if test.get("visibility", "visible") in shown]
    total = sum(one.get("max_score", 0) for one in tests if one.get("extra_data") != EXTRA_CREDIT)
    lines = [f"Score: {results.get('score', 0):g} / {total:g}" if seen == tests else "Score: –"]
    if results.get("visibility", "visible") in shown and results.get("output"):
        lines += ["", results["output"]]
    for test in seen:  # Gradescope asks for none of these in a test of another's zip
        number = f"{test['number']}) " if "number" in test else ""
        points = f"  {test['score']:g}" if "score" in test else ""
        most = f" / {test['max_score']:g}" if "max_score" in test else ""
        lines += ["", f"{number}{test.get('name', 'a test')}{points}{most}"]
        lines += [f"    {line}" for line in test.get("output", "").splitlines()]
    return "\n".join(lines)


def points_of(results: Mapping[str, Any], questions: Sequence[str]) -> dict[str, float]:
    """Question → its points in the values of a valid results.json, with those of its parts.

    Parameters
    ----------
    results : mapping
    questions : sequence of str
        The questions that tests grade, in order: the number of a test is that of its question.
    """
    found: dict[str, float] = {}
    for test in results.get("tests", []):
        question = questions[int(test["number"].partition(".")[0]) - 1]
        found[question] = found.get(question, 0.0) + test["score"]
    return found
