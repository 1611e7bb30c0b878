"""Looks at each cell that runs: records it, cleans up behind checks, prints the points so far.

Below the cell that starts it, it says how long computing takes here. Figures that the cells show
get an alternative text. A check runs on the processor, as in the grader, also where there is a GPU.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import Any

from hwlib.alt_text import describe_all
from hwlib.live.recorder import recorder
from hwlib.live.speed import line_on_times, slowness
from hwlib.live.standing import standing
from hwlib.live.tidying import Kept, kept_names, put_back
from hwlib.live.where import front_end
from hwlib.on_processor import has_a_gpu, on_the_processor

__all__ = ["watch"]


class _Watcher:
    """The hooks of one kernel."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._kept: Kept | None = None
        self._during = ExitStack()  # what holds while a check runs
        self._first = True  # the cell that starts this has no beginning

    def before(self, info: Any) -> None:
        """IPython calls this when a cell starts."""
        recorder.begin()
        self._during.close()  # if the end of a cell was never told
        self._kept, self._first = None, False
        text = getattr(info, "raw_cell", None)
        if isinstance(text, str) and standing.is_check(text):
            self._kept = kept_names(text, self._shell.user_ns)
            if has_a_gpu():
                self._during.enter_context(on_the_processor())

    def after(self, result: Any) -> None:
        """IPython calls this when a cell has ended."""
        self._during.close()
        kept, self._kept = self._kept, None
        if kept is not None:
            put_back(kept, self._shell.user_ns)
        run = recorder.end(result)
        if self._first and front_end():
            self._say(line_on_times(slowness()))
        if run is not None and kept is not None:
            line = standing.after(run, getattr(result, "result", None))
            if front_end():  # else nobody reads it
                self._say(line)

    @staticmethod
    def _say(line: str) -> None:
        if line:
            sys.stdout.write(f"{line}\n")


def watch() -> None:
    """Start to look at the cells of this notebook. A second call does nothing."""
    if "IPython" not in sys.modules or os.environ.get("HWLIB_GRADING"):
        return
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None or not hasattr(shell, "events") or getattr(shell, "_hwlib_watches", False):
        return
    shell._hwlib_watches = True
    watcher = _Watcher(shell)
    describe_all(shell)
    shell.events.register("pre_run_cell", watcher.before)
    shell.events.register("post_run_cell", watcher.after)
