"""Fixtures that several files of tests use."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import needs
import pytest
from courses import MakeCourse, make_course
from IPython.core.interactiveshell import InteractiveShell
from notebooks import chromium, open_browser

from hwlib.data import load_cifar10, load_mnist
from hwlib.errors import DataUnavailable

if TYPE_CHECKING:  # a browser library is needed to open a page, not to collect the tests
    from playwright.sync_api import Browser


@pytest.fixture
def shell_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """An IPython of its own, as in a kernel."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("HWLIB_GRADING", raising=False)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(sys, "displayhook", sys.displayhook)
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    made.history_manager.enabled = False
    yield made
    InteractiveShell.clear_instance()


def is_measuring() -> bool:
    """Whether this is `make test COVERAGE=1`, where there is a sandbox to measure."""
    return "COVERAGE_PROCESS_CONFIG" in os.environ and sys.platform == "linux"


@pytest.fixture(scope="module", autouse=True)
def sandbox_measured_with_the_rest(request: pytest.FixtureRequest) -> Iterator[None]:
    """The processes that the grader kills are measured, too."""
    # their thousands of workers run no line that others don't, and measuring takes time of limits
    if request.path.stem in ("test_assignments", "test_hand_ins", "test_ways"):
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
            yield
        return
    if not is_measuring():
        yield
        return
    from measured import measured_sandbox

    with measured_sandbox(request.config.rootpath):
        yield


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Before coverage puts its data files together, those that can't be read go."""
    result = yield
    if is_measuring() and not hasattr(session.config, "workerinput"):
        from measured import drop_unfinished

        drop_unfinished(session.config.rootpath)
    return result


@pytest.fixture
def course(tmp_path: Path) -> MakeCourse:
    """`course(slug, notebook_text, toml_text, points)` makes a course in a folder of its own; all
    arguments are optional.
    """
    return partial(make_course, tmp_path)


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
    needs.module("playwright")
    if chromium() is None:
        pytest.skip("Chromium is not installed; run: make setup-system")
    with open_browser() as opened:
        yield opened
