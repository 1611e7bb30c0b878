"""Makes a wheel of the hwlib that is running: the same bytes each time, without a network.

`pip wheel` would need the sources and the build system. An installed hwlib has neither.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import hwlib
from hwlib.errors import CourseError
from hwlib.grading.outlets.same_bytes import zip_bytes

__all__ = ["own_wheel", "package_files"]

_WHEEL = "Wheel-Version: 1.0\nGenerator: hwlib\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def own_wheel() -> tuple[str, bytes]:
    """The name and the content of a wheel with the package hwlib, as it is installed.

    The format is https://packaging.python.org/en/latest/specifications/binary-distribution-format/.

    Raises
    ------
    CourseError
        If hwlib is not installed, so that its metadata is missing.
    """
    try:
        found = distribution("hwlib")
    except PackageNotFoundError as error:
        raise CourseError(
            "hwlib is not installed, so it can't be packed; install it with pip and try again"
        ) from error
    version = found.version
    info = f"hwlib-{version}.dist-info"
    files = {f"hwlib/{name}": content for name, content in package_files().items()}
    for name in ("METADATA", "entry_points.txt"):
        files[f"{info}/{name}"] = (found.read_text(name) or "").encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD")
    return f"hwlib-{version}-py3-none-any.whl", zip_bytes(files)


def package_files() -> dict[str, bytes]:
    """The files of the package hwlib that is running, by their path in it."""
    package = Path(hwlib.__file__).parent
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _record(files: dict[str, bytes], own_name: str) -> bytes:
    lines = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        lines.append(f"{name},sha256={digest},{len(content)}")
    return "\n".join([*lines, f"{own_name},,"]).encode() + b"\n"
