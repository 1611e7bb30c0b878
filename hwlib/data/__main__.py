"""Get data sets from the command line: `python -m hwlib.data mnist cifar10`, or without a name all.

It needs no extra of hwlib. `hw data` can do more.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from hwlib.data import fetch
from hwlib.errors import DataError

__all__ = ["main"]


def main(names: Sequence[str]) -> int:
    """Get these data sets; returns 0 for success, 1 if no source has one, 2 for a wrong name."""
    try:
        for found in fetch(names):
            sys.stdout.write(f"{found.title}: {found.folder} ({found.origin})\n")
    except ValueError as error:
        sys.stderr.write(f"hwlib.data: {error}\n")
        return 2
    except DataError as error:
        sys.stderr.write(f"hwlib.data: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
