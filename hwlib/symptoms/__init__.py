"""Names what a training run shows: the training doctor of `fit`, the trainer and the figures.

Each rule is a function of its own. It gets measured numbers, and gives one sentence or "". The
sentence names the symptom and where to look. It never explains a curve that a course may ask its
students to explain.

    curves.py       rules for a curve of losses or accuracies
    facts.py        rules for what was measured: inputs, scores, weights, order
    networks.py     measures a network of torch
    numpy_models.py measures a model of NumPy
"""

from __future__ import annotations

import os
import sys
import textwrap

from hwlib.symptoms.curves import by_heart, in_a_line, of_losses, rising

__all__ = ["by_heart", "in_a_line", "of_losses", "rising", "tell", "told_to_students"]


def told_to_students() -> bool:
    """Whether a student reads along: while grading, nobody does."""
    return os.environ.get("HWLIB_GRADING") != "1"


def tell(symptom: str) -> None:
    """Print a symptom; "" prints nothing."""
    if symptom:
        sys.stdout.write(f"{textwrap.fill(f'Noticed: {symptom}', 80)}\n")
