"""The packages that grading one assignment needs, each with the version that is installed here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from hwlib.errors import CourseError
from hwlib.extras import REQUIREMENTS, install_packages
from hwlib.grading.answer_key import AnswerKey
from hwlib.grading.cells import tree_of
from hwlib.grading.course import Assignment
from hwlib.grading.outlets.wheelhouse import LATEST, MARKERS, THIS_PYTHON, System

__all__ = ["classroom_requirements", "pinned_requirements"]

# what the isolated engine imports from the extra [grading]; nbgrader and JupyterLab stay out
ENGINE = ("ipython", "landlockpy", "nbformat", "pyseccomp")
# torchvision only downloads data sets; hwlib has other sources for the same files
NOT_FOR_GRADING = ("torchvision",)
EDITOR = ("ipykernel", "jupyterlab")  # to work on a notebook


def pinned_requirements(assignment: Assignment, key: AnswerKey) -> list[str]:
    """The lines of a requirements.txt for a Linux machine, sorted.

    A package that is not installed here (one that only Linux needs, for example) has the bounds
    that hwlib gives it.

    Parameters
    ----------
    assignment : Assignment
        Its extras and the packages of [gradescope] are included.
    key : AnswerKey
        What its code cells import is included.

    Raises
    ------
    CourseError
        If packages that are installed here don't go together, so pip could not install them.
    """
    bounds = {one.name: one for one in _of_hwlib()}
    engine = [bounds.get(name) or Requirement(name) for name in ENGINE]
    return _pinned([*engine, *_of_assignment(assignment, key)], MARKERS["linux"])


def classroom_requirements(
    assignments: Mapping[Assignment, AnswerKey], system: System, python: str = ""
) -> list[str]:
    """The same for a machine on which students work on these notebooks in JupyterLab.

    Parameters
    ----------
    assignments : mapping of Assignment to AnswerKey
    system : {"linux", "macos", "windows"}
        The system of that machine. A package that only that system needs has no pinned version.
    python : str
        Its Python, such as "3.12". The default is this one.

    Raises
    ------
    CourseError
        If packages that are installed here don't go together, so pip could not install them.
    """
    todo = [Requirement(name) for name in EDITOR]
    for assignment, key in assignments.items():
        todo += _of_assignment(assignment, key)
    target = dict(MARKERS[system])
    if python and python != THIS_PYTHON:
        target |= {"python_version": python, "python_full_version": f"{python}.{LATEST}"}
    return _pinned(todo, target)


def _of_hwlib() -> list[Requirement]:
    return [Requirement(text) for text in distribution("hwlib").requires or ()]


def _of_assignment(assignment: Assignment, key: AnswerKey) -> list[Requirement]:
    """What the students' half of hwlib needs, and this assignment."""
    base = [one for one in _of_hwlib() if one.marker is None or "extra" not in str(one.marker)]
    extras = [Requirement(text) for extra in assignment.extras for text in REQUIREMENTS[extra]]
    return [
        *base,
        *(one for one in extras if one.name not in NOT_FOR_GRADING),
        *(_of_setting(name, assignment) for name in assignment.gradescope.packages),
        *(Requirement(name) for name in _imported(key)),
    ]


def _of_setting(name: object, assignment: Assignment) -> Requirement:
    """A package that assignment.toml names."""
    try:
        return Requirement(name)  # type: ignore[arg-type]
    except (InvalidRequirement, TypeError) as error:
        raise CourseError(
            f"{assignment.folder / 'assignment.toml'}: [gradescope] packages: expected the name of "
            f'a package, with a version if you like ("pandas>=2"), found {name!r}'
        ) from error


def _pinned(todo: list[Requirement], target: Mapping[str, str]) -> list[str]:
    """These requirements and all that they need on the target, each with the version here."""
    lines: dict[str, str] = {}
    versions: dict[str, str] = {}  # of those that are installed here
    seen: set[tuple[str, frozenset[str]]] = set()  # a package may be needed again with an extra
    asked = [("this course", one) for one in todo]
    while asked:
        who, wanted = asked.pop()
        name = canonicalize_name(wanted.name)
        if name == "hwlib" or name in NOT_FOR_GRADING:
            continue
        once = (name, frozenset(wanted.extras))
        if once not in seen:
            seen.add(once)
            try:
                found = distribution(wanted.name)
            except PackageNotFoundError:
                lines[name] = f"{wanted.name}{wanted.specifier}"
                continue
            versions[name] = version = found.version
            lines[name] = f"{name}=={version}"
            needed = _needed(found.requires or (), wanted.extras, target)
            asked += [(f"{name} {version}", one) for one in needed]
        if name in versions:
            _require_fits(who, wanted, versions[name])
    return [lines[name] for name in sorted(lines)]


def _require_fits(who: str, wanted: Requirement, version: str) -> None:
    """Or pip refuses to install both, on a machine where only its last line can be read."""
    if not wanted.specifier.contains(version, prereleases=True):
        needed = f"{wanted.name}{wanted.specifier}"
        raise CourseError(
            f"{wanted.name} {version} is installed here, and {who} needs {needed}, so pip can't "
            f"install both elsewhere; run `{install_packages([needed])}` and try again"
        )


def _needed(
    requires: Iterable[str], extras: Iterable[str], target: Mapping[str, str]
) -> list[Requirement]:
    """Those requirements of a package that hold on the target, with some of its extras."""
    found = [Requirement(text) for text in requires]
    chosen = ["", *extras]
    return [
        one
        for one in found
        if one.marker is None
        or any(one.marker.evaluate({**target, "extra": extra}) for extra in chosen)
    ]


@cache
def _packages() -> Mapping[str, Sequence[str]]:
    """Module → the packages that have it; it takes seconds to read this from the disk."""
    return packages_distributions()


def _imported(key: AnswerKey) -> set[str]:
    """The packages that the notebook's own cells import, where they are installed here."""
    modules = set[str]()
    for cell in key.cells:
        tree = tree_of(cell.source) if cell.cell_type == "code" else None
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    known = _packages()
    return {
        known[name][0]
        for name in modules - sys.stdlib_module_names - {"hwlib", "google"}
        if name in known
    }
