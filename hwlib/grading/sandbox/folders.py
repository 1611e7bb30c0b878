"""The folder of one grading run: what workers read and write lies below it.

It has to be where student code may look: not in the course, which is hidden from it, and not below
a folder that other users can't enter, because workers are other users where the grader is root.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from hwlib.atomic import remove_folder
from hwlib.errors import GradingError

__all__ = ["RunFolder", "give_to", "private_folder"]

PREFIX = "hw-run-"
LOCK = ".lock"
YOUNG_S = 60.0  # a folder younger than this may not have its lock yet


class RunFolder:
    """A new folder for one run, removed by `close`.

    The folder of a run that was killed is removed by the next run: nobody holds its lock any more.

    Parameters
    ----------
    hidden : iterable of Path
        Folders that student code does not see.

    Attributes
    ----------
    base : Path
        The folder for temporary files in which it lies.
    path : Path

    Raises
    ------
    GradingError
        If no folder for temporary files can be used.
    """

    def __init__(self, hidden: Iterable[Path]) -> None:
        self.base = _usable_base([Path(folder).resolve() for folder in hidden])
        _remove_abandoned(self.base)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.base))
        # forks of this process hold the lock, too, and nothing else does
        self._lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.path.chmod(0o711)  # others may enter a folder below whose name they know

    def new(self, prefix: str, mode: int) -> Path:
        """A new folder below it."""
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self.path))
        folder.chmod(mode)
        return folder

    def close(self) -> None:
        """Remove it with everything in it."""
        os.close(self._lock)
        remove_folder(self.path)


def _usable_base(hidden: list[Path]) -> Path:
    """The first folder for temporary files that workers can use."""
    usual = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    for base in [path.resolve() for path in usual]:
        if any(base.is_relative_to(folder) for folder in hidden):
            continue
        if os.access(base, os.W_OK | os.X_OK) and (os.getuid() != 0 or _others_may_enter(base)):
            return base
    listed = ", ".join(dict.fromkeys(map(str, usual)))
    raise GradingError(
        f"no folder for the workers' files: {listed} are inside the course, can't be written to, "
        "or can't be entered by other users; set TMPDIR to a folder outside the course with mode "
        "755 (all folders above it as well) and grade again"
    )


def _others_may_enter(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _remove_abandoned(base: Path) -> None:
    """Remove the folders of runs that ended without removing them."""
    for folder in base.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if status.st_uid != os.getuid() or time.time() - status.st_mtime < YOUNG_S:
                continue
            lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_folder(folder)
            finally:
                os.close(lock)


def give_to(place: Path, uid: int) -> None:
    """Make a user the owner of a folder and of everything in it."""
    if uid != os.getuid():
        for path in (place, *place.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)


def private_folder(path: Path) -> Path:
    """A folder that only we can write to and everyone can read; a fresh one if another user took
    the name.
    """
    path.mkdir(mode=0o755, exist_ok=True)
    status = path.lstat()
    if (
        status.st_uid != os.getuid()
        or status.st_mode & 0o022
        or not path.is_dir()
        or path.is_symlink()
    ):
        return Path(tempfile.mkdtemp(prefix=f"{path.name}-", dir=path.parent))
    return path
