"""What Colab's own Python adds, for student code that was written there: calls that do nothing.

`from google.colab import drive` and `drive.mount("/content/drive")` stand in many notebooks. They
must not stop a cell here, and nothing that a grade depends on can come from them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["make_importable"]


class _Nothing:
    """Can be called and asked for attributes; gives itself."""

    def __call__(self, *_: Any, **__: Any) -> _Nothing:
        return self

    def __getattr__(self, name: str) -> _Nothing:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Colab(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Only where no real package of that name is found: this one is asked last."""
        if fullname != "google" and fullname.split(".")[:2] != ["google", "colab"]:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """A module whose every name is there and does nothing."""
        if module.__name__ != "google":
            nothing = _Nothing()
            module.__getattr__ = nothing.__getattr__  # type: ignore[method-assign]


def make_importable() -> None:
    """Let this process import google.colab."""
    sys.meta_path.append(_Colab())
