"""Another name for `hwlib.training`'s command line, which notebooks use: `python -m hwlib.train
--model …`, `hwlib.train.read_log`.
"""

from __future__ import annotations

import sys

from hwlib.training.__main__ import RunLog, main, read_log, run

__all__ = ["RunLog", "main", "read_log", "run"]

if __name__ == "__main__":
    sys.exit(main())
