"""What axe finds on a page that makes it hard to use for some people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import needs

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["barriers"]


def barriers(page: Page, *, moderate: bool = False) -> list[str]:
    """The serious barriers of the page that is open, each with its first places.

    With `moderate`, those that axe calls moderate, too.
    """
    needs.module("axe_playwright_python")
    from axe_playwright_python.sync_playwright import Axe

    impacts = ("serious", "critical", *(["moderate"] if moderate else []))
    return [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes'][:3]]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in impacts
    ]
