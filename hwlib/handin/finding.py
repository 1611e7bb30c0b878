"""Finds the file of the notebook that calls `hwlib.submit`, and waits until it is saved.

A folder may hold `knn.ipynb`, untouched, and `knn (1).ipynb` with the work in it. The front end
names a file, but only as it was called when the kernel started. So the notebook that is saved
while `submit` waits counts first, then the front end's name, then the file that holds what the
kernel ran.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwlib.errors import HwlibError
from hwlib.live import Run, front_end, hinted_path, runs
from hwlib.notebooks import Notebook, read_notebook

__all__ = ["Found", "find", "save_wait_s"]

WAIT_S = 20.0  # for a save
POLL_S = 0.2
WRITE_S = 10.0  # in which a file that is being written gets whole
MAX_BYTES = 50_000_000  # larger notebooks are not graded


@dataclass(frozen=True, slots=True)
class Found:
    """The notebook to hand in."""

    path: Path
    notebook: Notebook
    saved: bool | None  # since `submit` was called; None: nobody shows it, so nobody can save it
    others: tuple[Path, ...] = ()  # more notebooks of the same assignment
    missing: tuple[str, ...] = ()  # names of those that are not there


def save_wait_s() -> float:
    """Seconds to wait for a save: 20, or the variable HWLIB_SAVE_WAIT_S."""
    try:
        return float(os.environ.get("HWLIB_SAVE_WAIT_S", WAIT_S))
    except ValueError:
        return WAIT_S


def find(slug: str, folder: Path, named: Path | None = None, stems: Sequence[str] = ()) -> Found:
    """The notebook of an assignment that the student works in.

    Parameters
    ----------
    slug : str
    folder : Path
        Where to look, besides the place that the front end tells.
    named : Path, optional
        The notebook, if the student has named it.
    stems : sequence of str
        Names of the notebooks without .ipynb, where the assignment has several. All are handed in.

    Raises
    ------
    HwlibError
        If there is none, or if it is another assignment's, or too large, or one of several that
        can't be told apart.
    """
    if named:
        candidates = [_existing(folder / named)]
    else:
        candidates = _several(stems, folder) if stems else _candidates(slug, folder)
    saved = _wait_for_save(candidates) if front_end() in ("jupyter", "vscode") else []
    path = _choose(slug, folder, saved or candidates, several=bool(stems))
    if path.stat().st_size > MAX_BYTES:
        raise HwlibError(
            f"{path}: {path.stat().st_size / 1e6:.0f} MB are too large to hand in; at most "
            f"{MAX_BYTES / 1e6:.0f} MB are taken. Clear the outputs, save, and run this cell again"
        )
    notebook = read_notebook(path)
    if notebook.slug and notebook.slug != slug:
        raise HwlibError(
            f"{path}: this is the notebook of {notebook.slug}, but {slug} is to be handed in; open "
            f"the notebook of {slug} and run its last cell"
        )
    known = front_end() in ("jupyter", "vscode")
    others = [folder / f"{stem}.ipynb" for stem in stems]
    return Found(
        path,
        notebook,
        path in saved if known else None,
        tuple(one for one in others if one != path and one.is_file()),
        tuple(one.name for one in others if not one.is_file()),
    )


def _candidates(slug: str, folder: Path) -> list[Path]:
    """The notebooks of the assignment, that of the front end first."""
    hinted = hinted_path()
    folders = dict.fromkeys([*([hinted.parent] if hinted else []), folder])
    paths = [path.resolve() for place in folders for path in sorted(place.glob("*.ipynb"))]
    if hinted is not None:
        paths.insert(0, hinted)
    found = [path for path in dict.fromkeys(paths) if path == hinted or _is_for(slug, path)]
    if not found:
        raise HwlibError(
            f"{folder / f'{slug}.ipynb'}: there is no such notebook. Start Jupyter in the folder "
            f'that holds it, or name it: hwlib.submit("{slug}", notebook="my notebook.ipynb")'
        )
    return found


def _several(stems: Sequence[str], folder: Path) -> list[Path]:
    """The notebooks of an assignment that has several, as far as they are there."""
    paths = [folder / f"{stem}.ipynb" for stem in stems]
    found = [path for path in paths if path.is_file()]
    if not found:
        raise HwlibError(
            f"{paths[0]}: there is no such notebook. Start Jupyter in the folder that holds it, "
            f"and leave the notebooks their names: {', '.join(path.name for path in paths)}"
        )
    hinted = hinted_path()
    return sorted(found, key=lambda path: path != hinted)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise HwlibError(f"{path}: there is no such notebook; check the name")
    return path.resolve()


def _is_for(slug: str, path: Path) -> bool:
    if path.stem == slug:
        return True
    try:
        return read_notebook(path).is_for(slug)
    except HwlibError:
        return False


def _wait_for_save(candidates: Sequence[Path]) -> list[Path]:
    """Wait until one of the files is saved; gives those that were."""
    before = {path: _state(path) for path in candidates}
    end = time.monotonic() + save_wait_s()
    if end > time.monotonic():
        key = "⌘-S" if sys.platform == "darwin" else "Ctrl-S (on a Mac ⌘-S)"
        sys.stdout.write(f"Save your notebook now: press {key}.\n")
        sys.stdout.flush()
    while True:
        saved = [path for path in candidates if _state(path) not in (before[path], None)]
        if saved:
            _until_whole(saved)
        if saved or time.monotonic() >= end:
            return saved
        time.sleep(POLL_S)


def _until_whole(paths: Sequence[Path]) -> None:
    """Wait until files that are being written have rested and can be read."""
    end = time.monotonic() + WRITE_S
    while time.monotonic() < end:
        before = [_state(path) for path in paths]
        time.sleep(POLL_S)
        if before == [_state(path) for path in paths] and all(map(_is_whole, paths)):
            return


def _is_whole(path: Path) -> bool:
    try:
        read_notebook(path)
    except HwlibError:
        return False
    return True


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written; None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _choose(slug: str, folder: Path, paths: Sequence[Path], *, several: bool) -> Path:
    """One of several notebooks: the one that holds most of what the kernel ran.

    Among equally good ones, the front end's comes first.
    """
    if len(paths) == 1:
        return paths[0]
    ran = runs()
    scores = {path: _score(path, ran) for path in paths}
    best = max(scores.values())
    good = [path for path in paths if scores[path] == best]
    hinted = hinted_path()
    if hinted in good or len(good) == 1:
        return hinted if hinted in good else good[0]
    if several:  # all are handed in
        return good[0]
    if not ran and folder / f"{slug}.ipynb" in good:  # a script calls, and names no other
        return folder / f"{slug}.ipynb"
    names = ", ".join(path.name for path in good)
    raise HwlibError(
        f"{folder}: there are several notebooks of {slug} ({names}), and it can't be told which "
        f'one is yours; name it: hwlib.submit("{slug}", notebook="{good[0].name}")'
    )


def _score(path: Path, ran: Sequence[Run]) -> int:
    """How many cells of a notebook the kernel ran as they are in the file."""
    try:
        notebook = read_notebook(path)
    except HwlibError:
        return -1
    texts = {run.text.strip() for run in ran}
    return sum(
        cell.kind == "code" and cell.role != "test" and cell.source.strip() in texts
        for cell in notebook.cells
    )
