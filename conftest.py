"""Examples in hwlib's docstrings run with the tests; those that need torch, only where it is."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

PACKAGE = Path(__file__).parent / "hwlib"
TORCH = re.compile(r"^(import|from) torch", re.MULTILINE)


def without_torch() -> list[str]:
    """The modules of hwlib that can't be imported here, because torch is not installed."""
    if find_spec("torch") is not None:
        return []
    return [
        str(path)
        for path in sorted(PACKAGE.rglob("*.py"))
        if TORCH.search(path.read_text(encoding="utf-8"))
    ]


collect_ignore = without_torch()


def pytest_report_header() -> list[str]:
    """Say what is left out, and how to have it."""
    if not collect_ignore:
        return []
    return [
        f"examples in {len(collect_ignore)} modules are skipped: torch is not installed; "
        "run: pip install 'hwlib[torch]'"
    ]
