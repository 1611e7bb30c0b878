"""`hwlib.submit`: finds the notebook, packs it with its files, and tells what is not in order."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hwlib.atomic import whole_file
from hwlib.errors import HwlibError
from hwlib.handin import rehearsal
from hwlib.handin.comparing import differences
from hwlib.handin.faults import faults_of
from hwlib.handin.finding import Found, find
from hwlib.handin.given_call import given_call
from hwlib.handin.rehearsal import Rehearsal, together
from hwlib.handin.telling import Report, told
from hwlib.live import current_shell, earned, front_end, runs
from hwlib.notebooks import Notebook, joined, read_notebook

__all__ = ["Packed", "submit"]


class Packed(type(Path())):  # type: ignore[misc]  # Path chooses the class of this system
    """The path of the zip, which a notebook does not show: what `submit` prints names it."""

    def _ipython_display_(self) -> None:
        pass


def submit(
    slug: str | None = None,
    artifacts: tuple[str, ...] = (),
    folder: Path | str = ".",
    notebooks: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
    *,
    notebook: Path | str | None = None,
    rehearse: bool | None = None,
) -> Path | None:
    """Write SLUG.zip with the notebook and its model files, and print what is still missing.

    Parameters
    ----------
    slug : str, optional
        Name of the assignment, such as "knn". Without it, this and the names of files are those of
        the call in the last cell of the notebook.
    artifacts : tuple of str
        Names of the model files that belong to it, without .safetensors.
    folder : Path or str
        Folder with the notebook and the model files.
    notebooks : tuple of str
        Names of the notebooks without .ipynb, where the assignment has several. All go into the
        zip.
    files : tuple of str
        Other files that students write, such as modules. Those that are there go into the zip.
    notebook : Path or str, optional
        The notebook's file, if several in the folder may be meant.
    rehearse : bool, optional
        Whether to run the visible checks from the zip in a fresh Python. The default is to do it
        if it takes less than a minute. True sets no limit.

    Returns
    -------
    Path or None
        The zip file. It is None, and no file is written, if the notebook is not saved. While
        grading it is None, too.

    Raises
    ------
    HwlibError
        If the notebook is missing, cannot be read, or is another assignment's, if no name is given
        and none can be found, or if the zip cannot be written.
    """
    if os.environ.get("HWLIB_GRADING") == "1":
        return None
    folder = Path(folder).resolve()
    if slug is None:
        given = given_call(folder, Path(notebook) if notebook is not None else None)
        slug = str(given["slug"])
        artifacts = artifacts or given.get("artifacts", ())
        notebooks, files = notebooks or given.get("notebooks", ()), files or given.get("files", ())
    found = _found(slug, folder, Path(notebook) if notebook is not None else None, notebooks)
    changed = differences(found.notebook, runs(), found.path.stat().st_mtime)
    target = folder / f"{slug}.zip"
    if found.saved is False or (found.saved is None and any(one.newer_ran for one in changed)):
        _say(told(Report(slug, found.path, found.notebook, target, unsaved=True)))
        return None
    models = [folder / f"{name}.safetensors" for name in artifacts]
    # the assignment's name, whatever the student's file is called: graders look for it
    packed = {found.path.name if notebooks else f"{slug}.ipynb": found.path}
    packed |= {path.name: path for path in [*found.others, *models] if path.is_file()}
    packed |= {name: folder / name for name in files if (folder / name).is_file()}
    _write(target, packed)
    all_notebooks = [found.notebook, *(read_notebook(path) for path in found.others)]
    whole = joined(all_notebooks)
    missing = [path.stem for path in models if path.name not in packed]
    names = [name for name in packed if name.endswith(".ipynb")]
    tried, why_not = _rehearsed(slug, found, whole, target, names, rehearse)
    report = Report(
        slug,
        found.path,
        whole,
        target,
        files=tuple(packed),
        faults=tuple(faults_of(all_notebooks, missing, found.missing)),
        edited=tuple(one.cell for one in changed),
        rehearsal=tried,
        no_rehearsal=why_not,
        earned=earned(),
    )
    _say(told(report))
    if front_end() == "colab":
        sys.modules["google.colab"].files.download(str(target))
    return Packed(target)


def _found(slug: str, folder: Path, named: Path | None, stems: tuple[str, ...]) -> Found:
    if front_end() == "colab":
        named = Path(_fetch_from_colab(folder, stems or (slug,)))
        return replace(find(slug, folder, named, stems), saved=True)
    return find(slug, folder, named, stems)


def _fetch_from_colab(folder: Path, stems: tuple[str, ...]) -> str:
    """Get the open notebook from the browser, where Colab keeps it; gives the name of its file."""
    from google.colab import _message  # type: ignore[import-not-found]  # exists on Colab only

    notebook = _message.blocking_request("get_ipynb", timeout_sec=60)["ipynb"]
    told = notebook.get("metadata", {}).get("hwlib", {}).get("notebook")
    name = f"{told if told in stems else stems[0]}.ipynb"
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")
    return name


def _write(target: Path, packed: Mapping[str, Path]) -> None:
    try:
        with (
            whole_file(target) as stream,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, path in packed.items():
                archive.write(path, name)
    except OSError as error:
        raise HwlibError(
            f"{target}: cannot write the zip ({error.strerror}), so nothing is ready; close the "
            "file if it is open, free some space, and run this cell again"
        ) from error


def _rehearsed(
    slug: str,
    found: Found,
    whole: Notebook,
    target: Path,
    names: list[str],
    wanted: bool | None,
) -> tuple[Rehearsal | None, str]:
    """The rehearsal, or why there is none."""
    if wanted is False or not any(True for _ in whole.of("test")):
        return None, ""
    if current_shell() is None and wanted is None:
        return None, ""  # a script calls
    if sys.platform == "emscripten":
        return None, (
            "The browser can't start a second Python for a rehearsal. Choose Kernel → Restart "
            "Kernel and Run All Cells, and look whether the checks still pass. Then get the file: "
            f"right-click {target.name} in the list of files, and choose Download."
        )
    expected_s = rehearsal.expected_s(whole, runs())
    if wanted is None and expected_s > rehearsal.LIMIT_S:
        return None, (
            f"A rehearsal from top to bottom takes about {expected_s / 60:.0f} minutes here. To "
            f'see it before you hand in: hwlib.submit("{slug}", …, rehearse=True)'
        )
    sys.stdout.write("Running the checks from the zip in a fresh Python …\n")
    sys.stdout.flush()
    given = {name: found.path.parent / name for name in whole.files}
    limit_s = None if wanted else rehearsal.LIMIT_S
    return together([rehearsal.rehearse(target, name, given, limit_s) for name in names]), ""


def _say(text: str) -> None:
    """Print the report in the place of what was printed while `submit` worked."""
    if hasattr(current_shell(), "kernel"):
        from IPython.display import clear_output

        clear_output(wait=True)
    sys.stdout.write(f"{text}\n")
