"""Training loops with progress and history: for NumPy models, for torch and for the command line.

from hwlib.training import ClassifierTrainer    # NumPy: numpy_loop.py
from hwlib.training import evaluate, fit        # torch: torch_loop.py, imported on first use
python -m hwlib.training --model …              # the command line: __main__.py
"""

from __future__ import annotations

from typing import Any

from hwlib.errors import MissingExtra
from hwlib.extras import how_to_install
from hwlib.training.numpy_loop import ClassifierTrainer, TrainingHistory, sgd_update

__all__ = ["ClassifierTrainer", "FitHistory", "TrainingHistory", "evaluate", "fit", "sgd_update"]

_OF_TORCH = ("FitHistory", "evaluate", "fit")


def __getattr__(name: str) -> Any:
    """Import what needs torch on first use."""
    if name not in _OF_TORCH:
        raise AttributeError(f"module 'hwlib.training' has no attribute {name!r}")
    try:
        from hwlib.training import torch_loop
    except ImportError as error:
        raise MissingExtra(
            f"hwlib.training.{name} needs torch; run: {how_to_install('torch')}"
        ) from error
    return getattr(torch_loop, name)
