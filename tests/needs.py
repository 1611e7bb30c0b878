"""What some tests need and not every machine has.

A test that is skipped says which command would let it run.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any

import pytest

from hwlib.data.sources import npm_client

__all__ = ["INSTALL", "installed", "linux", "module", "npm", "posix", "root"]

# a module that a test may lack: the command that installs it
INSTALL = {
    "axe_playwright_python": "pip install axe-playwright-python",
    "copydetect": "pip install 'hwlib[similar]'",
    "cvxpy": "pip install 'hwlib[cvxpy]'",
    "distributed": "pip install 'hwlib[dask]'",
    "httpx": "pip install httpx",
    "ipykernel": "pip install 'hwlib[grading]'",
    "ipywidgets": "pip install ipywidgets",
    "matplotlib": "pip install hwlib",
    "nbclient": "pip install 'hwlib[grading]'",
    "nbformat": "pip install 'hwlib[grading]'",
    "otter": "pip install 'hwlib[otter]'",
    "playwright": "pip install playwright",
    "psycopg": "pip install 'hwlib[postgresql]'",
    "python_multipart": "pip install 'hwlib[serve]'",
    "starlette": "pip install 'hwlib[serve]'",
    "torch": "pip install 'hwlib[torch]'",
    "torchvision": "pip install 'hwlib[torch]'",
    "uvicorn": "pip install 'hwlib[serve]'",
}

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="the isolated engine needs Linux; run `make test` on Linux"
)
posix = pytest.mark.skipif(
    os.name != "posix",
    reason="Windows has no such files and processes; run `make test` on Linux or macOS",
)
root = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0,
    reason="the worker gets a user of its own from root only; run `sudo make test`",
)
npm = pytest.mark.skipif(
    npm_client() is None, reason="the npm client is missing; run: sudo apt-get install npm"
)


def module(name: str) -> Any:
    """Import a module; where it is missing, skip the test, or at the top of a file all its
    tests.
    """
    return pytest.importorskip(name, reason=f"{name} is not installed; run: {INSTALL[name]}")


def installed(name: str) -> pytest.MarkDecorator:
    """The mark of a test whose subject loads the module in a process of its own."""
    return pytest.mark.skipif(
        find_spec(name) is None, reason=f"{name} is not installed; run: {INSTALL[name]}"
    )
