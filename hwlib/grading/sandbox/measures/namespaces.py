"""Namespaces: a process sees a machine of its own, with no network, no other process, and folders
that are empty where something is hidden.

A process that is not root makes a user namespace first, in which it may make the others.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from hwlib.grading.sandbox.measures.kernel import call, mount

__all__ = ["cover", "enter", "hide", "own_folders", "start_processes_anew"]

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, BIND, REC, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
RDONLY, REMOUNT = 1, 32
SCRATCH = ("/tmp", "/var/tmp")  # programs write there whatever TMPDIR says
SCRATCH_MB, SCRATCH_FILES = 64, 4096


def enter() -> bool:
    """Enter namespaces for mounts, network and IPC; False where the kernel allows none.

    To be called once, in a process with one thread.
    """
    uid, gid = os.getuid(), os.getgid()
    if not call("unshare", (NEWNS | NEWNET | NEWIPC) | (NEWUSER if uid else 0)):
        return False
    if uid:
        with contextlib.suppress(OSError):
            Path("/proc/self/setgroups").write_text("deny")
        try:
            Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
            Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
        except OSError:
            return False
    try:
        mount("none", "/", None, REC | PRIVATE)
    except OSError:
        return False
    return True


def start_processes_anew() -> bool:
    """Let the next fork be the first process of new namespaces; False where the kernel refuses."""
    return call("unshare", NEWPID | NEWNS | NEWNET | NEWIPC)


def hide(folders: Iterable[Path], kept: Iterable[str]) -> None:
    """Put empty folders in the place of these; what is kept below them stays in its place.

    Raises
    ------
    OSError
        If the kernel refuses, or a folder itself is to be kept.
    """
    kept = list(kept)
    for folder in folders:
        if folder.is_dir():
            cover(folder, kept, "mode=755,size=1m")


def own_folders(folder: str, kept: Iterable[str], size_mb: int, files: int) -> None:
    """Give the calling process a /proc of its processes alone, empty scratch folders and shared
    memory, and a copy of its own folder that can't fill the disk.

    Parameters
    ----------
    folder : str
    kept : iterable of str
        What must stay below the scratch folders. The process can't write there.
    size_mb, files : int
        How much its own folder may hold.

    Raises
    ------
    OSError
        If the kernel refuses.
    """
    mount("proc", "/proc", "proc", NOSUID | NODEV | NOEXEC)
    scratch = f"mode=1777,size={SCRATCH_MB}m,nr_inodes={SCRATCH_FILES}"
    mount("tmpfs", "/dev/shm", "tmpfs", NOSUID | NODEV, scratch)
    kept = [*kept, folder]
    for place in SCRATCH:  # what is kept belongs to the user who grades, who may be the worker's
        cover(Path(place), kept, scratch, read_only=True)
    original = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        limits = f"mode=700,size={size_mb}m,nr_inodes={files}"
        mount("tmpfs", folder, "tmpfs", NOSUID | NODEV, limits)
        shutil.copytree(f"/proc/self/fd/{original}", folder, symlinks=True, dirs_exist_ok=True)
    finally:
        os.close(original)


def cover(folder: Path, kept: Iterable[str], options: str, *, read_only: bool = False) -> None:
    """Mount an empty folder over `folder`, with those of `kept` that lie below it in their places,
    where nobody can write if they are `read_only`.

    Raises
    ------
    OSError
        If the kernel refuses, or the folder itself is to be kept.
    """
    folder = folder.resolve()
    below = sorted({str(path) for path in map(Path, kept) if path.is_relative_to(folder)})
    if str(folder) in below:
        raise OSError(f"{folder} is needed itself and can't be covered")
    outer = [
        path
        for path in below
        if not any(path != other and Path(path).is_relative_to(other) for other in below)
    ]
    with ExitStack() as stack:
        staged = []
        for path in outer:
            staged.append((path, os.open(path, os.O_PATH | os.O_DIRECTORY)))
            stack.callback(os.close, staged[-1][1])
        mount("tmpfs", str(folder), "tmpfs", NOSUID | NODEV, options)
        for path, descriptor in staged:
            Path(path).mkdir(parents=True, exist_ok=True)
            mount(f"/proc/self/fd/{descriptor}", path, None, BIND | REC)
            if read_only:  # a user may not take away the other flags, which have the same numbers
                flags = os.statvfs(path).f_flag & (NOSUID | NODEV | NOEXEC)
                mount("none", path, None, REMOUNT | BIND | RDONLY | flags)
