"""Reads from a notebook's metadata which language its code is in, and which kernel ran it.

The name of a kernel is that of one machine's environment, such as `conda-env-ml-py`. No grader
looks for it: student code runs in the Python that runs `hw`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Kernel", "kernel_of"]

# names that the kernels of other languages register, where a notebook does not say its language
_LANGUAGES = {
    r"ir\b": "R",
    r"julia": "Julia",
    r"octave|oct2py": "Octave",
    r"i?matlab|imatlab": "MATLAB",
    r"i?java\b|jjava|rapaio": "Java",
    r"almond|scala": "Scala",
    r"xcpp|cling": "C++",
    r"bash|calysto_bash": "Bash",
    r"i?javascript|deno|tslab": "JavaScript",
    r"sagemath": "Sage",
    r"ihaskell|haskell": "Haskell",
    r"evcxr|rust": "Rust",
    r"gophernotes|go\b": "Go",
    r"sas\b|stata|nbstata|sos\b": "another language",
    r"xsql|xsqlite": "SQL",
}


@dataclass(frozen=True, slots=True)
class Kernel:
    """The kernel that a notebook was saved with."""

    name: str  # "" where the notebook does not say it
    title: str
    language: str
    version: str  # of the language

    @property
    def is_python(self) -> bool:
        """Whether hwlib can run it."""
        return "python" in self.language.lower()


def kernel_of(metadata: Mapping[str, Any]) -> Kernel:
    """The kernel that a notebook was saved with, by its metadata, whatever these may be."""
    kernel = _dict(metadata.get("kernelspec"))
    language = _dict(metadata.get("language_info"))
    name = _text(kernel.get("name"))
    said = _text(language.get("name")) or _text(kernel.get("language")) or _by_name(name)
    return Kernel(
        name,
        _text(kernel.get("display_name")),
        said or "python",
        _text(language.get("version")),
    )


def _by_name(name: str) -> str:
    return next((one for text, one in _LANGUAGES.items() if re.match(text, name.lower())), "")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
