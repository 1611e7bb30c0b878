"""Magics in setup and test cells, as far as the grader's own process needs them."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

from hwlib.grading.cells import transformed

__all__ = ["SetupShell"]

_FOR_THE_EYE = ("matplotlib", "config", "load_ext", "autoreload", "pylab", "precision")
_MEASURES = ("time", "timeit", "prun")
_OPTIONS = re.compile(r"^(\s*-[nrqopcvt]+\s*\d*(?=\s))+\s*")  # -n 1 -r3 -q


class SetupShell:
    """What `get_ipython()` gives in a setup or test cell here: magics for the eye do nothing."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self.user_ns = namespace

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> Any:
        """`%name line`"""
        if name in _FOR_THE_EYE:
            return None
        if name in _MEASURES:
            exec(transformed(_OPTIONS.sub("", line)), self._namespace)
            return None
        if name in ("env", "set_env") and "=" in line:
            variable, value = line.split("=", 1)
            os.environ[variable.strip()] = value.strip()
            return None
        if name == "cd":
            os.chdir(line.strip().strip("\"'"))
            return None
        raise ValueError(f"the magic %{name} is not known to the grader; write it as Python")

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """`%%name`: the cell is run where the magic only measures or hides what it does."""
        if name in (*_MEASURES, "capture"):
            exec(transformed(cell), self._namespace)
            return None
        raise ValueError(f"the magic %%{name} is not known to the grader; write it as Python")

    def system(self, command: str) -> None:
        """`!command`"""
        subprocess.run(command, shell=True, check=False, capture_output=True)

    def getoutput(self, command: str, **_: Any) -> list[str]:
        """`lines = !command`"""
        done = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)
        return done.stdout.splitlines()
