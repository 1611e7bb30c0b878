"""What happens in the open notebook: what its kernel ran, where its file is, how many points the
checks have given, how fast the machine is.

`watch` is called when a notebook imports the checks. Outside of a notebook, and while grading, it
does nothing.
"""

from __future__ import annotations

from hwlib.live.recorder import Run, current_shell, runs
from hwlib.live.speed import factor_in_words, slowness
from hwlib.live.standing import earned, given_cell
from hwlib.live.watching import watch
from hwlib.live.where import front_end, hinted_path

__all__ = [
    "Run",
    "current_shell",
    "earned",
    "factor_in_words",
    "front_end",
    "given_cell",
    "hinted_path",
    "runs",
    "slowness",
    "watch",
]
