"""Where the programs of this environment are: nbgrader starts `alembic`, and looks for it on PATH.

Tests run as `.venv/bin/python -m pytest`, in an environment that nobody has activated.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["PROGRAMS", "with_programs"]

PROGRAMS = Path(sys.executable).parent


def with_programs() -> str:
    """The PATH with the programs of this environment first."""
    return f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
