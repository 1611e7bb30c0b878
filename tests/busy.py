"""A core that other programs want, too."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["busy_core"]

OTHERS = 4


@contextmanager
def busy_core() -> Iterator[str]:
    """Busy loops on one core; gives the line of Python by which a program joins them there."""
    join = f"import os; os.sched_setaffinity(0, [{min(os.sched_getaffinity(0))}])\n"
    loop = [sys.executable, "-c", f"{join}while True: pass"]
    others = [subprocess.Popen(loop) for _ in range(OTHERS)]
    try:
        yield join
    finally:
        for one in others:
            one.kill()
            one.wait()
