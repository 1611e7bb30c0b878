"""The site of the documentation: it builds without a warning, needs no network, and has no barrier
that axe calls serious.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest
from barriers import barriers

from hwlib.grading import find_course

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.skipif(
        any(find_spec(name) is None for name in ("sphinx", "myst_parser", "furo")),
        reason="the tools of the site are missing; run: pip install --editable '.[docs]'",
    ),
]

LOOKS = {  # name: settings of the browser
    "desktop": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}
# a page of each kind; on a phone all, because what is too wide shows there
LOOKED_AT = ("students", "grading", "reference/hwlib.checks")
ON_A_PHONE = (*LOOKED_AT, "index", "trouble", "assignments/knn")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a warning of Sphinx makes it fail."""
    from docs_site import build_site

    target = tmp_path_factory.mktemp("docs") / "site"
    assert build_site(target) == 0
    return target


class Links(HTMLParser):
    """What a page links to, what it fetches, and the places in it that links can lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.places = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        self.places |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and "href" in values and values.get("rel") != "canonical":
            self.fetched.append(values["href"])
        self.fetched += [values[name] for name in ("src", "srcset", "poster") if name in values]


@pytest.fixture(scope="module")
def read(site: Path) -> dict[Path, Links]:
    return {path: Links(path) for path in sorted(site.rglob("*.html"))}


def test_every_link_leads_to_a_page_and_a_place_of_the_site(
    site: Path, read: dict[Path, Links]
) -> None:
    broken = []
    for path, page in read.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file() or (
                target in read and unquote(parts.fragment) not in read[target].places
            ):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []
    assert len(read) > 40


def test_nothing_is_fetched_from_another_host(site: Path, read: dict[Path, Links]) -> None:
    for path, page in read.items():
        assert [one for one in page.fetched if re.match(r"(\w+:)?//", one)] == [], path
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", text), path


def test_every_assignment_has_a_page_with_its_level_and_time(site: Path) -> None:
    for assignment in find_course(Path(__file__).parent).assignments():
        text = (site / "assignments" / f"{assignment.slug}.html").read_text(encoding="utf-8")
        assert assignment.level and assignment.level in text
        assert "on two CPU cores" in text and assignment.summary.split(":")[0] in text


@pytest.mark.parametrize("module", ["hwlib.checks", "hwlib.data", "hwlib.plots", "hwlib.models"])
def test_every_public_name_is_in_the_reference(
    site: Path, read: dict[Path, Links], module: str
) -> None:
    page = read[site / "reference" / f"{module}.html"]
    public = [name for name in import_module(module).__all__ if not name.startswith("__")]
    assert [name for name in public if f"{module}.{name}" not in page.places] == []


def test_a_page_of_docs_that_nobody_listed_is_on_the_site_all_the_same() -> None:
    from docs_site import ROOT, files_of_parts

    listed = [path for paths in files_of_parts().values() for path in paths]
    assert len(listed) == len(set(listed))
    assert set((ROOT / "docs").glob("*.md")) <= set(listed)


@pytest.fixture(params=LOOKS)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of Chromium that refuses whatever is not a file."""
    context = browser.new_context(**LOOKS[request.param])  # type: ignore[arg-type]
    page = context.new_page()
    page.route(re.compile("^(?!file:)"), lambda route: route.abort())
    yield page
    context.close()


@pytest.mark.slow
def test_axe_finds_no_serious_barrier(page: Page, site: Path) -> None:
    found = []
    for name in ON_A_PHONE if page.evaluate("innerWidth") < 400 else LOOKED_AT:
        page.goto((site / f"{name}.html").as_uri())
        found += [f"{name}: {barrier}" for barrier in barriers(page)]
    assert found == []


def test_the_search_works_without_a_server(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "search.html").as_uri() + "?q=unchanged")
    page.wait_for_selector("#search-results li a", timeout=20_000)
    hits = page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.href)")
    page.close()
    assert any("reference/hwlib.checks.html" in hit for hit in hits)
