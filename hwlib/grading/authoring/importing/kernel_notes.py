"""What an instructor should know about the kernel that an imported notebook was saved with."""

from __future__ import annotations

import sys

from hwlib.grading.authoring.importing.found import Note
from hwlib.grading.kernels import Kernel

__all__ = ["kernel_notes"]

OURS = "python3"  # in every notebook that `hw build` makes


def kernel_notes(kernel: Kernel, notebook: str) -> tuple[Note, ...]:
    """The notes on the kernel of a notebook of this name; none where it is not Python's."""
    if not kernel.is_python:
        return ()
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = []
    if kernel.name not in ("", OURS):
        title = f" ({kernel.title})" if kernel.title not in ("", kernel.name) else ""
        text = f"{notebook}: it was saved with the kernel {kernel.name}{title}; it names {OURS} "
        found.append(Note("changed", f"{text}now, and is graded by the Python that runs hw"))
    if kernel.version.startswith("2.") or kernel.name == "python2":
        text = f"{notebook}: it was written for Python {kernel.version or 2}, and is graded by "
        found.append(Note("fault", f"{text}Python {here}", "run it with Python 3 first"))
    return tuple(found)
