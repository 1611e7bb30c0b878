"""`hw grade` as an instructor runs it: a process of its own, whose JSON and messages are read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ["Grading"]


class Grading:
    """One `hw grade … --json -`, started at once and waited for where its results are asked for.

    Parameters
    ----------
    folder : Path
        Where it is started: in a course.
    *arguments : str
        What stands after `hw grade`.
    before : sequence of str
        What stands before Python's name: a program that starts it.
    **environment : str
        Variables that are set for it.
    """

    def __init__(
        self, folder: Path, *arguments: str, before: Sequence[str] = (), **environment: str
    ) -> None:
        self._process = subprocess.Popen(
            [*before, sys.executable, "-m", "hwlib.cli", "grade", *arguments, "--json", "-"],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @cached_property
    def ended(self) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        out, err = self._process.communicate()
        return self._process.returncode, out, err

    @property
    def complaint(self) -> str:
        """The one line that it ended with instead of results."""
        code, out, err = self.ended
        assert code in (1, 2), err
        assert (out, "Traceback" in err) == ("", False), err
        (line,) = [line for line in err.splitlines() if line.strip()]
        assert line.startswith("hw: ")
        return line

    def results(self) -> dict[str, dict[str, Any]]:
        """Student → what the JSON says of the submission; each is there once."""
        code, out, err = self.ended
        assert code == 0, err
        submissions = json.loads(out)["submissions"]
        counted = Counter(one["student"] for one in submissions)
        assert set(counted.values()) <= {1}, counted
        return {one["student"]: one for one in submissions}
