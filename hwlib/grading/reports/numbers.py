"""The numbers of a class report as plain values, for `hw report --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hwlib.grading.proof.variants import load_variants
from hwlib.grading.records.class_results import ClassResults
from hwlib.grading.reports.items import Item, items_of
from hwlib.grading.reports.mistakes import mistakes_of
from hwlib.grading.reports.page import summary_of

__all__ = ["numbers_of"]

LEFT_OUT = ("distribution",)  # of the summary: it is a picture


def numbers_of(results: ClassResults) -> dict[str, Any]:
    """Summary, questions, mistakes and the score of each student."""
    summary = asdict(summary_of(results))
    return {
        "assignment": results.assignment.slug,
        "summary": {name: value for name, value in summary.items() if name not in LEFT_OUT},
        "questions": [_item(item) for item in items_of(results)],
        "mistakes": [
            asdict(one) for one in mistakes_of(results, load_variants(results.assignment))
        ],
        "students": [
            {
                "student": one.result.student,
                "status": one.result.status,
                "score": one.result.score,
                "late_penalty": one.result.late_penalty,
                "extra_credit": one.result.extra_credit,
            }
            for one in results.submissions
        ],
    }


def _item(item: Item) -> dict[str, Any]:
    values = asdict(item)
    return {**values, "statuses": dict(item.statuses), "parts": [_item(one) for one in item.parts]}
