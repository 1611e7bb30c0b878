"""Runs a download program, shows its progress, and stops it if it stalls or sends too much."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwlib.errors import DataUnavailable
from hwlib.progress import progress

__all__ = ["Patience", "run_watched"]

_POLL_S = 0.2
_LOG = "download.log"
_AFTER_DOWNLOAD_S = 600.0  # time for unpacking and checking after the download


@dataclass(frozen=True, slots=True)
class Patience:
    """Give up if fewer than `least_bytes` arrive within `window_s` seconds."""

    window_s: float
    least_bytes: int


def run_watched(
    command: Sequence[str],
    folder: Path,
    *,
    total_bytes: int,
    most_bytes: int,
    label: str,
    patience: Patience,
) -> str:
    """Run a program that downloads into a folder. The size of the folder shows its progress.

    Returns
    -------
    str
        The output of the program.

    Raises
    ------
    DataUnavailable
        It failed, stalled, or wrote more than `most_bytes`. For a failure, the message has the last
        line of output.
    """
    log = folder / _LOG
    with log.open("wb") as output:
        # a session of its own: Ctrl-C reaches only us, and we stop the program with its children
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=os.name != "nt",
        )
    try:
        _watch(process, folder, total_bytes, most_bytes, label, patience)
    finally:
        _stop(process)
    said = log.read_bytes()[-20_000:].decode("utf-8", "replace")
    if process.returncode != 0:
        raise DataUnavailable(_last_words(said) or f"failed with exit code {process.returncode}")
    return said


def _watch(
    process: subprocess.Popen[bytes],
    folder: Path,
    total_bytes: int,
    most_bytes: int,
    label: str,
    patience: Patience,
) -> None:
    shown, window_start, size_then = 0, time.monotonic(), 0
    with progress(total=total_bytes, desc=label, unit="B") as bar:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_POLL_S)
            size, now = _folder_bytes(folder), time.monotonic()
            bar.update(max(0, min(size, total_bytes) - shown))
            shown = max(shown, min(size, total_bytes))
            if process.returncode is not None:
                return
            if size > most_bytes:
                raise DataUnavailable(
                    f"sent more than {most_bytes / 1e6:,.0f} MB, expected {total_bytes / 1e6:,.0f} "
                    "MB"
                )
            waited = now - window_start
            if size >= total_bytes:
                if waited >= _AFTER_DOWNLOAD_S:
                    raise DataUnavailable("the download is complete, but the program did not end")
            elif waited >= patience.window_s:
                if size - size_then < patience.least_bytes:
                    raise DataUnavailable(
                        f"too slow: only {(size - size_then) / 1e3:,.0f} kB of "
                        f"{total_bytes / 1e6:,.0f} MB came in {waited:.0f} s"
                    )
                window_start, size_then = now, size


def _folder_bytes(folder: Path) -> int:
    """Size of all files below a folder that another process is changing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(parent) / name).lstat().st_size
    return total


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the program and its children, unless it has ended by itself."""
    if process.poll() is None:
        if sys.platform == "win32":
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False
            )
        else:
            os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    process.wait()


def _last_words(said: str) -> str:
    """One line with the errors from a program's output, without npm's hints about log files."""
    lines = [line.strip() for line in said.replace("\r", "\n").splitlines()]
    errors = [
        line.removeprefix(mark).strip()
        for line in lines
        for mark in ("hwlib:", "npm error")
        if line.startswith(mark)
    ]
    kept = [line for line in errors if line and "complete log of this run" not in line] or [
        line for line in lines if line
    ][-1:]
    return "; ".join(kept)[:400]
