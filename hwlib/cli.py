"""Starts the command `hw`, or says how to install the extra [grading] if that is missing."""

from __future__ import annotations

import importlib.util
import os
import sys

__all__ = ["main"]

# packages of the extra [grading]; they are looked for and not imported, which takes seconds
NEEDED = ("click", "jupytext", "nbgrader", "rich")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Run `hw` with the arguments of the command line."""
    # there is a worker for each core, so each gets one thread; libraries read this on import
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    missing = [name for name in NEEDED if not _is_installed(name)]
    if missing:
        from hwlib.extras import how_to_install

        sys.stderr.write(f"hw: {missing[0]} is not installed; run: {how_to_install('grading')}\n")
        sys.exit(2)
    from hwlib.jsonschema_import import import_jsonschema

    import_jsonschema()
    from hwlib.commands import run

    sys.exit(run(sys.argv[1:]))


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    main()
