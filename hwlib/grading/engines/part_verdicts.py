"""The verdict on a question that has parts, from the verdicts on its parts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hwlib.checks.parts import MIME
from hwlib.grading.engines.verdicts import PartVerdict, Verdict
from hwlib.grading.parts import Part

__all__ = ["of_parts", "told_parts"]

MAX_TOLD = 100_000  # characters that a process says of one part


def of_parts(
    parts: Sequence[Part],
    found: Mapping[str, Verdict],
    rest: Verdict | None = None,
    stopped_at: str = "",
) -> Verdict:
    """The verdict on a question.

    Its points are those of the parts that passed. Status, message and hint are those of the first
    part that did not.

    Parameters
    ----------
    parts : sequence of Part
        Those of the test cell.
    found : mapping
        Part → verdict.
    rest : Verdict, optional
        The verdict on all other parts.
    stopped_at : str
        The part with which a worker ended.
    """
    if rest is not None and rest.status == "manual":
        return rest
    verdicts = tuple(
        PartVerdict(part.name, part.points, verdict)
        for part in parts
        if (verdict := found.get(part.name, rest)) is not None
    )
    total = sum(one.points for one in verdicts)
    earned = sum(one.points * one.verdict.fraction for one in verdicts)
    lost = [one for one in verdicts if one.verdict.status != "passed"]
    if not lost:
        return Verdict("passed", fraction=1.0, parts=verdicts)
    first = lost[0]
    whole = len(lost) == len(verdicts) and len({one.verdict.message for one in lost}) == 1
    message = first.verdict.message if whole else f"{first.name}: {first.verdict.message}"
    return replace(
        first.verdict,
        message=message,
        fraction=earned / total if total else 0.0,
        parts=verdicts,
        stopped_at=stopped_at,
        lost=rest.lost if rest is not None else None,
        ended=rest.ended if rest is not None else "",
    )


def told_parts(outputs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any] | None]:
    """Part → its error (`ename`, `evalue`, `traceback`, `trace`), or None if it passed, as the
    process says that has run the whole cell. What is not of this form is left out.
    """
    found: dict[str, dict[str, Any] | None] = {}
    for output in outputs:
        text = output.get("data", {}).get(MIME)
        if not isinstance(text, str) or len(text) > MAX_TOLD:
            continue
        try:
            told = json.loads(text)
            name, error = str(told["name"]), told["error"]
            found[name] = error and {
                "ename": str(error["ename"]),
                "evalue": str(error["evalue"]),
                "traceback": [str(line) for line in error["traceback"]],
                "trace": [str(line) for line in error["trace"]],
            }
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    return found
