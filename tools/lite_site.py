"""Build the notebooks as a site that needs no server of its own: `make lite`.

    python tools/lite_site.py [--pyodide FOLDER] [SITE]

JupyterLite runs the notebooks in the browser, on Pyodide, which is Python for browsers. The site
holds both, hwlib as a wheel with its sample data, and the released notebooks, so nothing is fetched
from elsewhere when a student opens it. Without an argument SITE is build/lite. Any web server for
files shows it: `python -m http.server --directory build/lite`.

FOLDER is a distribution of Pyodide, unpacked: the folder with pyodide-lock.json. Without it the
files that are needed are downloaded, once, into build/pyodide.

Assignments that need PyTorch are left out, because Pyodide has none. So is an assignment whose
packages are not in FOLDER.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

from lite_pyodide import CORE, LOCK, closure, download

from hwlib.grading.course import Assignment, find_course

KERNEL = ("ipython", "jedi", "micropip")  # what JupyterLite's kernel imports
# packages of hwlib: those without which no notebook runs, and those for some cells
NEEDED = ("matplotlib", "numpy", "pillow", "scipy", "tqdm")
BETTER = ("safetensors",)
OF_EXTRA = {"cvxpy": "cvxpy-base"}  # an extra of hwlib: the package of Pyodide


def build_site(site: Path, pyodide: Path) -> list[str]:
    """Build the site; gives the slugs of the assignments in it.

    Parameters
    ----------
    site : Path
        A folder, which is replaced.
    pyodide : Path
        A distribution of Pyodide.
    """
    if not (pyodide / LOCK).is_file():
        sys.exit(
            f"lite_site: {pyodide}: no {LOCK} is in this folder; unpack a distribution of Pyodide"
        )
    lock = json.loads((pyodide / LOCK).read_text(encoding="utf-8"))
    files = {name: pyodide / one["file_name"] for name, one in lock["packages"].items()}
    here = {name for name, file in files.items() if file.is_file()}
    assignments = [one for one in find_course(ROOT).assignments() if _runs(one, here)]
    extras = [OF_EXTRA[extra] for one in assignments for extra in one.extras]
    of_hwlib = [*NEEDED, *(name for name in BETTER if name in here)]
    with tempfile.TemporaryDirectory(prefix="hw-lite-") as name:
        work = Path(name)
        distribution = work / "lite" / "static" / "pyodide"
        distribution.mkdir(parents=True)
        packages = closure(lock["packages"], [*KERNEL, *of_hwlib, *extras])
        for file in {*CORE, *(one["file_name"] for one in packages.values())}:
            _copy(pyodide / file, distribution)
        packages["comm"] = _wheel(distribution, "comm", "comm", [])
        packages["hwlib"] = _wheel(distribution, "hwlib", str(ROOT), of_hwlib)
        _write_json(distribution / LOCK, {"info": lock["info"], "packages": packages})
        for one in assignments:
            shutil.copytree(one.release.parent, work / "files" / one.slug)
        _build(work, site)
    return [one.slug for one in assignments]


def _runs(assignment: Assignment, here: set[str]) -> bool:
    return all(OF_EXTRA.get(extra) in here for extra in assignment.extras)


def _copy(file: Path, folder: Path) -> None:
    if not file.is_file():
        sys.exit(f"lite_site: {file}: this file of Pyodide is missing; take a full distribution")
    shutil.copy(file, folder)


def _wheel(folder: Path, name: str, source: str, depends: list[str]) -> dict[str, Any]:
    """Let pip put a package's wheel into the folder; gives its entry for the lock.

    The kernel loads what has an entry there when a cell imports it.
    """
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--constraint", ROOT / "constraints.txt", "--wheel-dir", folder, source),
        ],
        check=True,
    )
    (wheel,) = folder.glob(f"{name}-*.whl")
    return {
        "name": name,
        "version": wheel.name.split("-")[1],
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": [name],
        "depends": depends,
        "unvendored_tests": False,
    }


def _build(work: Path, site: Path) -> None:
    """Let JupyterLite make the site of the files in `work`."""
    kernel = {
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"packages": ["comm", *KERNEL]},  # together, which is faster
    }
    settings = {"@jupyterlite/pyodide-kernel-extension:kernel": kernel}
    _write_json(
        work / "lite" / "jupyter-lite.json",
        {"jupyter-lite-schema-version": 0, "jupyter-config-data": {"litePluginSettings": settings}},
    )
    shutil.rmtree(site, ignore_errors=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "jupyterlite_core", "build", "--no-sourcemaps"),
            *("--lite-dir", work / "lite", "--contents", work / "files"),
            *("--apps", "lab", "--apps", "notebooks", "--apps", "tree"),
            *("--output-dir", site.resolve(), "--log-level", "WARN"),
        ],
        cwd=work,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        check=True,
    )


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def main() -> int:
    """Build the site, and say what is in it; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", nargs="?", type=Path, default=ROOT / "build" / "lite")
    parser.add_argument("--pyodide", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    names = [*KERNEL, *NEEDED, *BETTER, *OF_EXTRA.values()]
    try:
        pyodide = options.pyodide or download(ROOT / "build" / "pyodide", names)
    except (OSError, ValueError) as error:
        sys.exit(
            f"lite_site: Pyodide can't be downloaded ({error}); try again, or unpack a full "
            "distribution of it and run: make lite PYODIDE=FOLDER"
        )
    slugs = build_site(options.site, pyodide)
    print(f"{options.site}: {', '.join(slugs)}")
    print(f"To look at it: python -m http.server --directory {options.site}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
