"""Imports jsonschema without the part of it that loads slowly."""

from __future__ import annotations

import contextlib
import importlib
import sys

__all__ = ["import_jsonschema"]


def import_jsonschema() -> None:
    """Import jsonschema without its check of the format "iri", whose grammar loads slowly.

    It takes longer than all other imports, and no notebook's schema uses that format.
    """
    grammar = "rfc3987_syntax"
    if grammar in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[grammar] = None  # type: ignore[assignment]  # makes Python raise ImportError
    try:
        with contextlib.suppress(ImportError):
            importlib.import_module("jsonschema")
    finally:
        del sys.modules[grammar]
