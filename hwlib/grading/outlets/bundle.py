"""Writes one file for a room without a network: wheels, notebooks, data, and how to start.

README.md                 the two commands
requirements.txt          hwlib, JupyterLab and what the notebooks need, pinned
wheels/                   all of these, and hwlib's own
SLUG/                     release/SLUG/
data/NAME/*.npy           the data sets, as far as this machine has them whole
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from hwlib import data as datasets
from hwlib.atomic import whole_file
from hwlib.errors import CourseError
from hwlib.grading.answer_key import load_key
from hwlib.grading.course import Assignment
from hwlib.grading.outlets.own_wheel import own_wheel
from hwlib.grading.outlets.pinned import classroom_requirements
from hwlib.grading.outlets.publish import released_files, unfit
from hwlib.grading.outlets.same_bytes import write_zip
from hwlib.grading.outlets.wheelhouse import THIS_PYTHON, System, download_wheels

__all__ = ["Bundle", "write_bundle"]

SYSTEMS: dict[System, str] = {
    "linux": "Linux (x86-64)",
    "macos": "macOS 11 or newer (Apple silicon)",
    "windows": "64-bit Windows",
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file that was written, or why it was not."""

    path: Path
    size_bytes: int
    wheels: int
    system: str
    python: str  # the only version that it is for
    full: tuple[str, ...]  # data sets that are in it whole
    sampled: tuple[str, ...]  # those of which there is only the sample in the package
    problems: tuple[
        str, ...
    ] = ()  # leaks, and builds that are out of date; then nothing is written


def write_bundle(
    assignments: Sequence[Assignment],
    target: Path,
    *,
    system: System = "linux",
    python: str = "",
    whole_data: bool = True,
) -> Bundle:
    """Write a bundle for the students of these assignments. It needs a network here.

    Parameters
    ----------
    assignments : sequence of Assignment
    target : Path
        The zip file.
    system : {"linux", "macos", "windows"}
        The system of the room's machines.
    python : str
        Their Python, such as "3.12". The default is the version that runs here.
    whole_data : bool
        Put in the data sets that this machine has whole. Without them, notebooks use the sample.

    Raises
    ------
    CourseError
        If a package can't be downloaded, or the file can't be written.
    """
    python = python or THIS_PYTHON
    full = _whole_data(assignments) if whole_data else {}
    needed = {name for one in assignments for name in one.data}
    names = {one.name: one.title for one in _data_sets(assignments)}
    titles = tuple(names[name] for name in sorted(full))
    sampled = tuple(names[name] for name in sorted(needed - set(full)))
    problems = tuple(line for one in assignments for line in unfit(one))
    if problems:
        return Bundle(target, 0, 0, system, python, titles, sampled, problems)
    requirements = classroom_requirements(
        {one: load_key(one) for one in assignments}, system, python
    )
    wheel_name, wheel = own_wheel()
    files: dict[str, bytes | Path] = {
        "README.md": _readme(assignments, system, python, titles, sampled),
        "requirements.txt": "".join(f"{line}\n" for line in ("hwlib", *requirements)).encode(),
        f"wheels/{wheel_name}": wheel,
        **{
            path.relative_to(one.release.parents[1]).as_posix(): path
            for one in assignments
            for path in released_files(one)
        },
        **{f"data/{name}/{path.name}": path for name in full for path in full[name]},
    }
    with tempfile.TemporaryDirectory(prefix="hw-bundle-") as name:
        wheels = download_wheels(requirements, Path(name), system, python)
        files |= {f"wheels/{path.name}": path for path in wheels}
        _write(target, files)
    return Bundle(target, target.stat().st_size, len(wheels) + 1, system, python, titles, sampled)


def _whole_data(assignments: Sequence[Assignment]) -> dict[str, list[Path]]:
    """The files of the data sets that this machine has whole."""
    return {
        one.name: sorted(one.folder.glob("*.npy"))
        for one in _data_sets(assignments)
        if one.state == "whole" and one.folder and list(one.folder.glob("*.npy"))
    }


def _data_sets(assignments: Sequence[Assignment]) -> tuple[datasets.DatasetStatus, ...]:
    """Where the data sets of these assignments are; none for assignments without data."""
    wanted = sorted({name for one in assignments for name in one.data})
    return datasets.status(wanted) if wanted else ()


def _readme(
    assignments: Sequence[Assignment],
    system: System,
    python: str,
    full: Sequence[str],
    sampled: Sequence[str],
) -> bytes:
    templates = Environment(
        loader=PackageLoader("hwlib.grading"),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    text = templates.get_template("bundle/README.md.j2").render(
        title=assignments[0].course.title,
        assignments=assignments,
        wanted=f"{SYSTEMS[system]} with Python {python}",
        windows=system == "windows",
        python=python,
        full=" and ".join(full),
        sampled=" and ".join(sampled),
    )
    return text.encode()


def _write(target: Path, files: dict[str, bytes | Path]) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as stream:
            write_zip(stream, files)
    except OSError as error:
        raise CourseError(
            f"{target}: cannot write this file ({error.strerror}); name a file in a folder that "
            "you can write to, on a disk with room for it"
        ) from error
