"""Magics in setup and test cells, as far as the grader's own process needs them."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from hwlib.grading.cells import transformed

__all__ = ["SetupShell"]

_FOR_THE_EYE = (
    *("matplotlib", "config", "load_ext", "reload_ext", "unload_ext", "autoreload", "precision"),
    *("pprint", "xmode", "pdb", "colors", "who", "whos", "history", "pwd", "ls", "aimport"),
)
# this machine has its packages
_INSTALLS = ("pip", "conda", "mamba", "micromamba", "uv", "tensorflow_version")
_SHOWN = ("html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG")
_MEASURES = ("time", "timeit", "prun")
_PYLAB = """\
import numpy
import matplotlib
from matplotlib import pylab, mlab, pyplot
np = numpy
plt = pyplot
from matplotlib.pylab import *
from numpy import *
"""  # what IPython runs for %pylab
_OPTIONS = re.compile(r"^(\s*-[nrqopcvt]+\s*\d*(?=\s))+\s*")  # -n 1 -r3 -q


class SetupShell:
    """What `get_ipython()` gives in a setup or test cell here: magics for the eye do nothing."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self.user_ns = namespace

    def run_line_magic(self, name: str, line: str, *_: Any, **__: Any) -> Any:
        """`%name line`"""
        if name in (*_FOR_THE_EYE, *_INSTALLS):
            return None
        if name == "pylab":
            exec(_PYLAB, self._namespace)
            return None
        if name == "run":
            self._run_file(shlex.split(line))
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
        if name in _SHOWN:
            return None
        if name in ("writefile", "file"):
            words = shlex.split(line)
            how = "a" if "-a" in words[:-1] else "w"
            with Path(words[-1]).open(how, encoding="utf-8") as file:
                file.write(cell)
            return None
        raise ValueError(f"the magic %%{name} is not known to the grader; write it as Python")

    def _run_file(self, words: list[str]) -> None:
        """`%run [options] FILE [arguments]`: a program, whose names the cell gets."""
        place = next((i for i, word in enumerate(words) if not word.startswith("-")), None)
        if place is None:
            raise ValueError("%run names no file; write the file behind it")
        options, path = words[:place], Path(words[place])
        if path.suffix not in (".py", ".ipynb") and not path.exists():
            path = path.with_name(f"{path.name}.py")
        if path.suffix == ".ipynb":  # in this namespace, as IPython does
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
                if cell["cell_type"] == "code":
                    exec(transformed("".join(cell["source"])), self._namespace)
            return
        before, sys.argv = sys.argv, [str(path), *words[place + 1 :]]
        try:
            start = dict(self._namespace) if "-i" in options else {}
            name = path.stem if "-n" in options else "__main__"
            made = runpy.run_path(str(path), start, name)
        finally:
            sys.argv = before
        self._namespace.update({k: v for k, v in made.items() if not k.startswith("__")})

    def system(self, command: str) -> None:
        """`!command`"""
        subprocess.run(command, shell=True, check=False, capture_output=True)

    def getoutput(self, command: str, **_: Any) -> list[str]:
        """`lines = !command`"""
        done = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)
        return done.stdout.splitlines()
