"""The instructor's half: building assignments, grading submissions, reporting. Needs the
extra `hwlib[grading]`.
"""

from __future__ import annotations

import contextlib
import importlib
import sys


def _import_jsonschema() -> None:
    """Without its check of the format "iri": no notebook's schema uses it, and compiling its
    grammar was over half of `hw`'s start.
    """
    name = "rfc3987_syntax"
    if name in sys.modules or "jsonschema" in sys.modules:
        return
    sys.modules[name] = None  # type: ignore[assignment]  # Python's own way to say: not there
    try:
        with contextlib.suppress(ImportError):
            importlib.import_module("jsonschema")
    finally:
        del sys.modules[name]


_import_jsonschema()
