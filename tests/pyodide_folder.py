"""A folder with Pyodide for the tests of `make lite`, made once, in .cache/pyodide.

pip can't install Pyodide, but a wheel on the package index holds a part of its distribution: that
of open-webui. Pure Python packages that are not in it come from the index, too. It has neither
safetensors nor cvxpy, so notebooks that save a model run up to that cell.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from lite_pyodide import CORE, LOCK, closure

__all__ = ["pyodide_folder"]

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "pyodide"
WHEEL = "open-webui==0.12.4"
INSIDE = "open_webui/frontend/pyodide/"


def pyodide_folder(names: list[str]) -> Path | None:
    """A folder with these packages and all that they need; None where pip can't get them.

    What `make lite` has downloaded is taken first.
    """
    downloaded = ROOT / "build" / "pyodide"
    if (downloaded / LOCK).is_file():
        return downloaded
    if not (CACHE / LOCK).is_file():
        try:
            _make(names)
        except subprocess.CalledProcessError:
            return None
    return CACHE


def _make(names: list[str]) -> None:
    CACHE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE.parent) as work:
        folder = Path(work) / "pyodide"
        folder.mkdir()
        _download([WHEEL], Path(work))
        (wheel,) = Path(work).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for one in archive.namelist():
                name = PurePosixPath(one).name
                if one.startswith(INSIDE) and (name in CORE or name.endswith(".whl")):
                    (folder / name).write_bytes(archive.read(one))
        lock = json.loads((folder / LOCK).read_text(encoding="utf-8"))
        needed = closure(lock["packages"], names).values()
        lacking = [one for one in needed if not (folder / one["file_name"]).is_file()]
        _download([f"{one['name']}=={one['version']}" for one in lacking], folder)
        for one in lacking:  # Pyodide packs these wheels again, so their hashes are others
            one["sha256"] = hashlib.sha256((folder / one["file_name"]).read_bytes()).hexdigest()
        (folder / LOCK).write_text(json.dumps(lock), encoding="utf-8")
        shutil.rmtree(CACHE, ignore_errors=True)
        folder.rename(CACHE)


def _download(packages: list[str], folder: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--only-binary=:all:", "--ignore-requires-python"),
            f"--dest={folder}",
            *packages,
        ],
        check=True,
        capture_output=True,
    )
