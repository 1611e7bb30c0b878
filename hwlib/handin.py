"""Pack the files to hand in. The last cell of a notebook calls this module."""

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


def submit(
    slug: str,
    artifacts: tuple[str, ...] = (),
    folder: Path | str = ".",
    notebooks: tuple[str, ...] = (),
) -> Path | None:
    """Write SLUG.zip with the notebook and its model files, and print what is still missing.

    Parameters
    ----------
    slug : str
        Name of the assignment, such as "knn". The notebook is SLUG.ipynb.
    artifacts : tuple of str
        Names of the model files that belong to it, without .safetensors.
    folder : Path or str
        Folder with the notebook.
    notebooks : tuple of str
        Names of the notebooks without .ipynb, where the assignment has several. All go into the
        zip.

    Returns
    -------
    Path or None
        The zip file. While grading it is None, and no file is written.

    Raises
    ------
    HwlibError
        If the notebook is missing or cannot be read.
    """
    if os.environ.get("HWLIB_GRADING") == "1":
        return None
    folder = Path(folder).resolve()
    paths = [folder / f"{name}.ipynb" for name in notebooks or (slug,)]
    if "google.colab" in sys.modules:
        _fetch_from_colab(paths)
    there = [path for path in paths if path.is_file()]
    if not there:
        raise HwlibError(
            f"{paths[0]}: there is no such notebook. Rename your notebook to {paths[0].name}, or "
            "start Jupyter in the folder that holds it"
        )
    cells = [cell for path in there for cell in _read_cells(path)]
    files = [*paths, *(folder / f"{name}.safetensors" for name in artifacts)]
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
        time.time() - min(path.stat().st_mtime for path in there),
    )
    if "google.colab" in sys.modules:
        sys.modules["google.colab"].files.download(str(target))
    return target


def _fetch_from_colab(paths: list[Path]) -> None:
    """Get the open notebook from the browser, where Colab keeps it."""
    from google.colab import _message  # type: ignore[import-not-found]  # exists on Colab only

    notebook = _message.blocking_request("get_ipynb", timeout_sec=60)["ipynb"]
    name = notebook.get("metadata", {}).get("hwlib", {}).get("notebook")
    path = next((path for path in paths if path.stem == name), paths[0])
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _read_cells(path: Path) -> list[dict[str, Any]]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise HwlibError(
            f"{path}: cannot read this notebook ({error}); open it in Jupyter and save it again"
        ) from error
    return [cell for cell in cells if isinstance(cell, dict)]


def _unanswered(cells: list[dict[str, Any]]) -> list[str]:
    """Names of the questions that still have the released text or code."""
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
    lines = [f"Ready to hand in: {target} (contains {', '.join(file.name for file in present)})"]
    if age_s > STALE_S and "google.colab" not in sys.modules:
        lines.append(
            f"You last saved the notebook {age_s / 60:.0f} minutes ago. Save it (Ctrl-S), then run "
            "this cell again."
        )
    if unanswered:
        lines.append(f"Not answered yet: {', '.join(unanswered)}.")
    lines += [
        f"Missing file: {file.name}. Put it beside this notebook, then run this cell again."
        if file.suffix == ".ipynb"
        else f"Missing file: {file.name}. Run the cell that calls hwlib.save_model, then this one."
        for file in missing
    ]
    sys.stdout.write("\n".join(lines) + "\n")
