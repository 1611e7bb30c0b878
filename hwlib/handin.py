"""The last cell of a notebook: pack what is handed in."""

from __future__ import annotations

import json
import os
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from hwlib.atomic import whole_file
from hwlib.errors import HwlibError
from hwlib.markers import is_unsolved

__all__ = ["submit"]

STALE_S = 120.0  # a notebook saved longer ago than this may lack the last edits


def submit(slug: str, artifacts: tuple[str, ...] = (), folder: Path | str = ".") -> Path | None:
    """Write SLUG.zip with the notebook and the model files beside it, and say what is still
    missing.

    Parameters
    ----------
    slug : str
        The assignment, e.g. "knn"; the notebook is SLUG.ipynb.
    artifacts : tuple of str
        Model files that belong to it, without .safetensors.
    folder : Path or str
        Where the notebook is.

    Returns
    -------
    Path or None
        The zip; None while grading, when nothing is written.

    Raises
    ------
    HwlibError
        If the notebook is not there or can't be read.
    """
    if os.environ.get("HWLIB_GRADING") == "1":
        return None
    folder = Path(folder).resolve()
    path = folder / f"{slug}.ipynb"
    if "google.colab" in sys.modules:
        _fetch_from_colab(path)
    if not path.is_file():
        raise HwlibError(
            f"{path}: no such notebook; expected it under the name {slug}.ipynb: rename it or "
            "start Jupyter in its folder"
        )
    cells = _read_cells(path)
    files = [path, *(folder / f"{name}.safetensors" for name in artifacts)]
    present = [file for file in files if file.is_file()]
    target = folder / f"{slug}.zip"
    with (
        whole_file(target) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for file in present:
            archive.write(file, file.name)
    _say(
        target,
        present,
        [file for file in files if file not in present],
        _unanswered(cells),
        time.time() - path.stat().st_mtime,
    )
    if "google.colab" in sys.modules:
        sys.modules["google.colab"].files.download(str(target))
    return target


def _fetch_from_colab(path: Path) -> None:
    """Colab keeps the notebook in the browser: ask for it."""
    from google.colab import _message  # type: ignore[import-not-found]  # exists on Colab only

    notebook = _message.blocking_request("get_ipynb", timeout_sec=60)["ipynb"]
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _read_cells(path: Path) -> list[dict[str, Any]]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise HwlibError(
            f"{path}: not a readable notebook ({error}); save it again in Jupyter"
        ) from error
    return [cell for cell in cells if isinstance(cell, dict)]


def _unanswered(cells: list[dict[str, Any]]) -> list[str]:
    """Names of the questions that still hold what was released."""
    names = []
    for cell in cells:
        source = "".join(cell.get("source", ""))
        if is_unsolved(source):
            nbgrader = cell.get("metadata", {}).get("nbgrader", {})
            names.append(
                str(nbgrader.get("grade_id", "")).partition("-")[2] or "a cell without a name"
            )
    return names


def _say(
    target: Path, present: list[Path], missing: list[Path], unanswered: list[str], age_s: float
) -> None:
    lines = [f"Ready to hand in: {target} ({', '.join(file.name for file in present)})"]
    if age_s > STALE_S and "google.colab" not in sys.modules:
        lines.append(
            f"The notebook was last saved {age_s / 60:.0f} minutes ago: save it (Ctrl-S), then run "
            "this cell again."
        )
    if unanswered:
        lines.append(f"Still as released: {', '.join(unanswered)}.")
    lines += [
        f"Not there yet: {file.name}; run the cell that calls hwlib.save_model." for file in missing
    ]
    sys.stdout.write("\n".join(lines) + "\n")
