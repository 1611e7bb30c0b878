"""The command `hw`: a door. What it opens needs the extra [grading]; without it, it says how to get that."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Run `hw` with the arguments of the command line."""
    for name in ONE_THREAD:                # a worker a core, one thread each; libraries read this when they are imported
        os.environ.setdefault(name, "1")
    try:
        import click  # noqa: F401
        import jupytext  # noqa: F401
        import nbgrader  # noqa: F401
    except ModuleNotFoundError as error:
        sys.stderr.write(f"hw: {error.name} is not installed; run: pip install 'hwlib[grading]'\n")
        sys.exit(2)
    from hwlib.commands import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
