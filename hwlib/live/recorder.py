"""Remembers which cells the kernel has run, when, and how they ended."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

__all__ = ["Recorder", "Run", "current_shell", "recorder", "runs"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a cell. Times are seconds since 1970; 0 where nobody took them."""

    text: str
    cell_id: str = ""
    began: float = 0.0
    ended: float = 0.0
    ok: bool = True


class Recorder:
    """The runs of one kernel, in order."""

    def __init__(self) -> None:
        self.done: list[Run] = []
        self._began = 0.0

    def begin(self) -> None:
        """A cell starts."""
        self._began = time.time()

    def end(self, result: Any) -> Run | None:
        """A cell has ended; gives its run, or None for what a front end runs on its own."""
        info = getattr(result, "info", None)
        text = getattr(info, "raw_cell", None)
        if not isinstance(text, str) or not getattr(info, "store_history", True):
            return None
        now = time.time()
        began, self._began = self._began or now, 0.0  # the cell that imports hwlib has no beginning
        run = Run(
            text=text,
            cell_id=str(getattr(info, "cell_id", None) or ""),
            began=began,
            ended=now,
            ok=bool(getattr(result, "success", True)),
        )
        self.done.append(run)
        return run


recorder = Recorder()


def runs() -> list[Run]:
    """What this kernel ran, in order; [] outside of IPython.

    Cells from before the recorder was there come from IPython's history, without times.
    """
    shell = current_shell()
    if shell is None:
        return []
    history = [text for text in getattr(shell.history_manager, "input_hist_raw", []) if text]
    recorded = recorder.done
    earlier = history[: max(0, len(history) - len(recorded))]
    return [*(Run(text) for text in earlier), *recorded]


def current_shell() -> Any:
    """IPython's shell of this process, None where there is none."""
    if "IPython" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython

    return get_ipython()
