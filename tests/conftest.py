"""Small courses, built in code, for every test that needs one."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from notebooks import chromium, open_browser
from playwright.sync_api import Browser

from hwlib.data import load_cifar10, load_mnist
from hwlib.errors import DataUnavailable
from hwlib.grading.course import Course, find_course

COURSE_TOML = (
    'title = "A small course"\nterm = "Test"\nrepository = "https://github.com/example/course"\n'
)
NOTEBOOK = '''\
# %% [markdown]
# # Means
# What you will learn.

# %% setup
import numpy as np

# %% [markdown]
# ## 1. The *mean*

# %% solution="mean"
def mean(values):
    """The arithmetic mean."""
    ### BEGIN SOLUTION
    total = np.sum(values, dtype=float)
    return total / len(values)
    ### END SOLUTION

# %% test="mean" points=3
assert mean([1, 2, 3]) == 2
### BEGIN HIDDEN TESTS
assert mean([1, 2, 3.123457]) == 6.123457 / 3, "not the mean of three"
### END HIDDEN TESTS

# %% experiment
print("the mean of one number:", mean([1]))

# %% [markdown]
# ## 2. Why the mean?

# %% [markdown] answer="why" points=2
# When would you take the median?
#
# ### BEGIN SOLUTION
# When a few values are far away from all the others.
# ### END SOLUTION
'''


def make_course(
    root: Path,
    slug: str = "small",
    notebook_text: str = NOTEBOOK,
    toml_text: str | None = None,
    points: float = 5,
) -> Course:
    """Write course.toml and assignments/SLUG/ (assignment.toml, notebook.py) below `root`; nothing
    is built.
    """
    folder = root / "assignments" / slug
    folder.mkdir(parents=True, exist_ok=True)
    (root / "course.toml").write_text(COURSE_TOML, encoding="utf-8")
    (folder / "assignment.toml").write_text(
        toml_text or f'title = "Small"\npoints = {points}\nminutes = 0.5\n', encoding="utf-8"
    )
    (folder / "notebook.py").write_text(notebook_text, encoding="utf-8")
    return find_course(root)


@pytest.fixture
def course(tmp_path: Path) -> Callable[..., Course]:
    """`course(slug, notebook_text, toml_text, points)` makes a course in a folder of its own; all
    arguments are optional.
    """

    def make(*arguments: str, **options: float) -> Course:
        return make_course(tmp_path, *arguments, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def full_mnist() -> Any:
    """All of MNIST, as load_mnist gives it: one download, kept in the usual cache."""
    return loaded(load_mnist, "MNIST")


@pytest.fixture(scope="session")
def full_cifar10() -> Any:
    """All of CIFAR-10, as load_cifar10 gives it."""
    return loaded(load_cifar10, "CIFAR-10")


def loaded(load: Callable[[], Any], name: str) -> Any:
    try:
        return load()
    except DataUnavailable as error:
        pytest.skip(
            f"the full {name} can't be had here ({str(error).splitlines()[0]}); run `hw data fetch`"
        )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    if chromium() is None:
        pytest.skip("no Chromium; sudo apt-get install chromium")
    with open_browser() as opened:
        yield opened


def processes_about(text: str) -> list[str]:
    """Command lines, on Linux, that contain this."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes().decode("utf-8", "replace"))
    return [line for line in found if text in line]
