"""Which front end shows this notebook, and what it says of the notebook's file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Literal

__all__ = ["FrontEnd", "front_end", "hinted_path"]

FrontEnd = Literal["", "colab", "vscode", "jupyter"]
"""Who shows the notebook; "" if nobody does, or nobody that tells."""


def front_end() -> FrontEnd:
    """The front end of this kernel."""
    if "google.colab" in sys.modules:
        return "colab"
    if _told_by_vscode():
        return "vscode"
    if sys.platform == "emscripten":  # JupyterLite, whose kernel is told no name
        return "jupyter"
    return "jupyter" if os.environ.get("JPY_SESSION_NAME") else ""


def hinted_path() -> Path | None:
    """The notebook's file as the front end named it when the kernel started.

    JupyterLab, Notebook 7 and other programs on Jupyter Server set JPY_SESSION_NAME, VS Code the
    variable `__vsc_ipynb_file__`. Whoever renames the notebook later leaves the old name there.
    JupyterLite tells nothing, so it is the only notebook in the folder.
    """
    told = _told_by_vscode() or os.environ.get("JPY_SESSION_NAME", "")
    if not told.endswith(".ipynb"):
        beside = list(Path.cwd().glob("*.ipynb")) if sys.platform == "emscripten" else []
        return beside[0] if len(beside) == 1 else None
    path = Path(told)
    found = [one for one in (path, Path.cwd() / path.name) if one.is_file()]
    return found[0].resolve() if found else None


def _told_by_vscode() -> str:
    if "IPython" not in sys.modules:
        return ""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    told = shell.user_ns.get("__vsc_ipynb_file__") if shell is not None else None
    return told if isinstance(told, str) else ""
