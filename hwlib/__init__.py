"""Course assignments for machine learning: what their notebooks call.

Submodules load when they are first used, so `import hwlib` is quick and brings in neither torch nor
matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hwlib.console import accept_all_characters

__version__ = "0.1.0"

_SUBMODULES = (
    "checks",
    "data",
    "errors",
    "gradcheck",
    "layers",
    "models",
    "plots",
    "progress",
    "training",
)
_FUNCTIONS = {  # name: the module that defines it
    "describe": "hwlib.models",
    "doctor": "hwlib.diagnosis",
    "load_model": "hwlib.models",
    "save_model": "hwlib.models",
    "submit": "hwlib.handin",
}

__all__ = ["__version__", *_SUBMODULES, *_FUNCTIONS]  # noqa: PLE0604  they are strings

accept_all_characters()


def __getattr__(name: str) -> Any:
    """Import a submodule, or the function of that name, on first use."""
    if name in _FUNCTIONS:
        value = getattr(import_module(_FUNCTIONS[name]), name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return import_module(f"hwlib.{name}")
    raise AttributeError(f"module 'hwlib' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
