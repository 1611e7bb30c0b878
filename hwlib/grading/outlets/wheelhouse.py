"""Downloads the wheels of packages, for this machine's system or for another one."""

from __future__ import annotations

import ensurepip
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from hwlib.errors import CourseError

__all__ = ["LATEST", "MARKERS", "THIS_PYTHON", "System", "download_wheels", "pip_wheel"]

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
LATEST = 99  # a patch release that is new enough for every package
System = Literal["linux", "macos", "windows"]
# https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
TAGS: dict[System, Sequence[str]] = {
    "linux": ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    "macos": tuple(
        f"macosx_{version}_0_{machine}"
        for version in range(14, 10, -1)
        for machine in ("arm64", "universal2")
    ),
    "windows": ("win_amd64",),
}
# what the markers of requirements say there
MARKERS: dict[System, dict[str, str]] = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {
        "sys_platform": "darwin",
        "platform_system": "Darwin",
        "os_name": "posix",
        "platform_machine": "arm64",
    },
    "windows": {
        "sys_platform": "win32",
        "platform_system": "Windows",
        "os_name": "nt",
        "platform_machine": "AMD64",
    },
}


def pip_wheel() -> dict[str, bytes]:
    """The wheel of pip that comes with Python, as wheels/NAME → content.

    Images may have no pip, or one that is too old.
    """
    found = sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    found = found or sorted(Path("/usr/share/python-wheels").glob("pip-*.whl"))
    if not found:
        raise CourseError(
            "this Python comes without pip's wheel, which the zip needs; install it "
            "(apt-get install python3-venv), or run hw with Python from python.org"
        )
    return {f"wheels/{found[-1].name}": found[-1].read_bytes()}


def download_wheels(
    requirements: Sequence[str], folder: Path, system: System = "linux", python: str = ""
) -> list[Path]:
    """Download the wheels of exactly these packages; returns their files, sorted by name.

    Parameters
    ----------
    requirements : sequence of str
        Lines of a requirements.txt. What they need themselves is not downloaded.
    folder : Path
        Where to put them: a new or empty folder.
    system : {"linux", "macos", "windows"}
    python : str
        A version such as "3.12". The default is this one.

    Raises
    ------
    CourseError
        If a package can't be downloaded.
    """
    with tempfile.TemporaryDirectory(prefix="hw-pip-") as name:
        listed = Path(name) / "requirements.txt"
        listed.write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
        command = [*_pip(Path(name)), "download", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
        for tag in TAGS[system]:
            command += ["--platform", tag]
        if python and python != THIS_PYTHON:  # without a last number, pip takes it for .0
            command += ["--python-version", f"{python}.{LATEST}"]
        done = subprocess.run(
            [*command, "--requirement", str(listed)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
        raise CourseError(
            f"pip can't download a package ({' '.join(lines[-1:])[:300]}); check the network and "
            "the version of Python"
        )
    return sorted(folder.glob("*.whl"))


def _pip(folder: Path) -> list[str]:
    """The command that starts pip; where it is not installed, from Python's own wheel."""
    command = [sys.executable, "-m", "pip"]
    if subprocess.run([*command, "--version"], capture_output=True, check=False).returncode == 0:
        return command
    ((name, content),) = pip_wheel().items()
    wheel = folder / Path(name).name
    wheel.write_bytes(content)
    return [sys.executable, str(wheel / "pip")]
