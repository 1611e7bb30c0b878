"""Geometry of the report's pictures; the templates draw them as SVG and describe them in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Bar", "Histogram", "Stack", "histogram", "stack"]

WIDTH, HEIGHT = 640.0, 200.0  # of a histogram's bars, in the units of its viewBox
STACK_WIDTH = 160.0
ORDER = ("passed", "part", "failed", "error", "timeout", "crashed", "missing", "manual")
"""The order of the pieces in a stack."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar or one piece of a stack."""

    x: float
    y: float
    width: float
    height: float
    label: str  # below a bar; the status of a piece
    count: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts in equal ranges, and the picture in words."""

    bars: tuple[Bar, ...]
    words: str
    median_x: float | None = None
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Stack:
    """One horizontal bar with a piece for each status."""

    bars: tuple[Bar, ...]
    words: str
    width: float = STACK_WIDTH


def histogram(values: Sequence[float], top: float, bins: int = 10, unit: str = "%") -> Histogram:
    """Count values between 0 and `top`; larger ones belong to the last bar.

    >>> histogram([0, 55, 60, 100], 100, bins=2).words
    '0-50 %: 1; 50-100 %: 3; median 57.5 %'
    """
    edges = np.linspace(0, top, bins + 1)
    counts, _ = np.histogram(np.clip(values, 0, top), edges)
    tallest = max(1, int(counts.max()))
    step = WIDTH / bins
    bars = tuple(
        Bar(
            round(i * step + 0.05 * step, 2),
            round(HEIGHT * (1 - count / tallest), 2),
            round(0.9 * step, 2),
            round(HEIGHT * count / tallest, 2),
            f"{low:.4g}-{high:.4g}",
            int(count),
        )
        for i, (low, high, count) in enumerate(zip(edges, edges[1:], counts, strict=False))
    )
    median = float(np.median(values)) if len(values) else None
    words = "; ".join(f"{bar.label} {unit}: {bar.count}" for bar in bars)
    if median is None:
        return Histogram(bars, words)
    place = round(WIDTH * min(median, top) / top, 2) if top else 0.0
    return Histogram(bars, f"{words}; median {median:.4g} {unit}", place)


def stack(counts: Mapping[str, int]) -> Stack:
    """How many had which status, side by side.

    >>> stack({"failed": 1, "passed": 3}).words
    'passed 3, failed 1'
    """
    total = sum(counts.values())
    bars, x = [], 0.0
    for status in ORDER:
        count = counts.get(status, 0)
        if count:
            width = STACK_WIDTH * count / total
            bars.append(Bar(round(x, 2), 0.0, round(width, 2), 14.0, status, count))
            x += width
    return Stack(tuple(bars), ", ".join(f"{bar.label} {bar.count}" for bar in bars))
