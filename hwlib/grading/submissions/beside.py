"""The files beside a notebook: which of them count, and copies of them within limits."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

from hwlib.grading.texts import for_terminal, printable

__all__ = [
    "MAX_FILES",
    "MAX_FILE_BYTES",
    "MAX_FOLDERS",
    "MAX_LISTED",
    "MAX_SEEN",
    "MAX_TOTAL_BYTES",
    "below",
    "copy_files",
    "files_ending",
    "folders_in",
    "regular_files",
]

MAX_FILES = 200  # files next to the notebook that are kept
MAX_FILE_BYTES = 100_000_000  # nbgrader's own default
MAX_TOTAL_BYTES = 300_000_000
MAX_FOLDERS = 8  # levels of nested folders
MAX_SEEN = 20_000  # entries of folders that are read
MAX_INNER = 20  # folders one deeper that are looked into for a notebook
MAX_LISTED = 20  # files that were left out and are named in a problem
# the patterns that nbgrader ignores, and hidden files
IGNORED = (".*", "*.pyc", "__pycache__", "feedback")


def copy_files(
    source: Path,
    target: Path,
    only: frozenset[str] | None = None,
    *,
    notebooks: bool = False,
    shown: bool = False,
    keep: Collection[str] = (),
) -> list[str]:
    """Copy the files next to a notebook: regular files within limits of number, depth and size.

    Parameters
    ----------
    source, target : Path
    only : frozenset of str, optional
        Names of the files directly in `source` that may be copied. The default is all.
    notebooks : bool
        Copy notebooks, too. Never for a folder with solutions or tests in its notebooks.
    shown : bool
        Whether humans will look into `target`. Files whose names hold codes for a terminal are then
        left out.
    keep : collection of str
        Files that stay as they are where `target` has them.

    Returns
    -------
    list of str
        A line of text for each file that was left out.
    """
    problems: list[str] = []
    count, total = 0, 0
    for path in regular_files(source, problems, notebooks=notebooks):
        name = path.relative_to(source)
        if only is not None and str(name) not in only:
            continue
        if name.as_posix() in keep and (target / name).is_file():
            continue
        if shown and for_terminal(str(name)) != str(name):
            problems.append(f"{printable(str(name))} was left out: rename it without control codes")
            if len(problems) > MAX_LISTED:
                break
            continue
        try:
            size = path.stat().st_size
            if count >= MAX_FILES or size > MAX_FILE_BYTES or total + size > MAX_TOTAL_BYTES:
                problems.append(
                    f"{printable(str(name))} ({size / 1e6:.1f} MB) was left out: at most "
                    f"{MAX_FILES} files, {MAX_FILE_BYTES / 1e6:.0f} MB for each and "
                    f"{MAX_TOTAL_BYTES / 1e6:.0f} MB in all are kept"
                )
                if len(problems) > MAX_LISTED:
                    break
                continue
            count, total = count + 1, total + size
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name, follow_symlinks=False)
        except OSError as error:
            problems.append(f"{printable(str(name))} was left out: {error.strerror}")
    return problems[: MAX_LISTED + 1]


def regular_files(
    folder: Path, problems: list[str] | None = None, *, notebooks: bool = False
) -> Iterator[Path]:
    """The files in a folder and its subfolders that may belong to a submission.

    Links, hidden files and files in deeply nested folders are left out, and so are notebooks unless
    they are asked for. A line for each entry that looks wrong is added to `problems`.
    """
    ignored = IGNORED if notebooks else (*IGNORED, "*.ipynb")
    said: list[str] = [] if problems is None else problems
    todo = deque([(folder, 0)])
    seen = 0
    while todo and seen < MAX_SEEN:
        place, depth = todo.popleft()
        try:
            with os.scandir(place) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            if place != folder:  # for the folder itself, reading the notebook gives the error
                said.append(f"{below(place, folder)} was left out: {error.strerror}")
            continue
        for entry in entries:
            seen += 1
            if any(fnmatch(entry.name, pattern) for pattern in ignored):
                continue
            if entry.is_dir(follow_symlinks=False) and depth < MAX_FOLDERS:
                todo.append((Path(entry.path), depth + 1))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
            elif len(said) <= MAX_LISTED:
                said.append(
                    f"{below(Path(entry.path), folder)} was left out: it is a link, a special "
                    "file or a folder that is nested too deeply"
                )


def below(path: Path, folder: Path) -> str:
    return printable(str(path.relative_to(folder)))


def files_ending(folder: Path, ending: str) -> list[Path]:
    """The files in a folder with an ending, as ".ipynb", whatever its capitals are. Those that
    editors and file systems leave there are not among them, and no links.

    Raises
    ------
    OSError
        If the folder can't be read.
    """
    with os.scandir(folder) as entries:
        return sorted(
            Path(entry.path)
            for entry in entries
            if entry.name.lower().endswith(ending)
            and not entry.name.startswith((".", "~"))
            and "-checkpoint" not in entry.name
            and entry.is_file(follow_symlinks=False)
        )


def folders_in(folder: Path) -> list[Path]:
    """The folders one deeper that can be read, but for hidden ones; at most `MAX_INNER`.

    Raises
    ------
    OSError
        If the folder itself can't be read.
    """
    with os.scandir(folder) as entries:
        inner = sorted(
            entry.path
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith((".", "__"))
        )
    return [Path(path) for path in inner[:MAX_INNER] if os.access(path, os.R_OK | os.X_OK)]
