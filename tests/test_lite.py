"""`make lite`: the NumPy assignments run in Chromium, from a site of files, without a network."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lite_pyodide import LOCK, download
from lite_site import KERNEL, NEEDED, build_site
from notebooks import READY
from open_notebook import OpenNotebook
from pyodide_folder import pyodide_folder
from test_jupyterlab import RIGHT_STEP, WRONG_F

from hwlib.grading import find_course

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

LOOK_AT_THE_REST = """
from hwlib.data import load_cifar10
from hwlib.layers import conv_forward_fast
images = load_cifar10(sample="fallback")[0]
print("images:", images.shape)
# so many that there would be threads elsewhere
x, w = np.ones((64, 3, 32, 32)), np.ones((8, 3, 3, 3))
print("convolved:", conv_forward_fast(x, w, np.zeros(8), {"stride": 1, "pad": 1})[0].shape)
list(hwlib.progress.progress(range(3)))
hwlib.doctor()
"""
REPEAT = "np.repeat(np.zeros(3), np.ones(3, dtype=np.int64))"
COURSE = find_course(Path(__file__).parent)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A web server for files; gives its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("jupyterlite_core") is None,
    reason="JupyterLite is missing; run: pip install --editable '.[lite]'",
)
def test_a_notebook_is_checked_and_packed_in_the_browser(browser: Browser, tmp_path: Path) -> None:
    pyodide = pyodide_folder([*KERNEL, *NEEDED])
    if pyodide is None:
        pytest.skip("pip can't download Pyodide here; run: make lite")
    slugs = build_site(tmp_path / "site", pyodide)
    without = [one.slug for one in COURSE.assignments() if not one.extras]
    assert set(without) <= set(slugs)
    assert not [slug for slug in slugs if "torch" in COURSE.assignment(slug).extras]
    with served(tmp_path / "site") as address:
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(240_000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.route(f"{address}/jupyter-lite.json*", expose_the_app)
        page.goto(f"{address}/lab/index.html?path=backprop/backprop.ipynb")
        page.wait_for_function(READY)
        opened = OpenNotebook(page)
        assert opened.run("setup-1").startswith("hwlib ")
        opened.run("setup-2")
        opened.run("setup-3")
        opened.run("solution-f", WRONG_F)
        assert "The 2 in the exponent 2·w2 is missing." in opened.run("test-f")
        opened.run("setup-2")  # after an error in a folded cell the next command is dropped
        opened.run("solution-gradient_step", RIGHT_STEP)
        said = opened.run("test-gradient_step")
        assert said.startswith("✓")
        assert "1 of 11 questions, 2 of 40 points, 6 written ones open." in said
        said = opened.run_and_save("submit")
        assert said.startswith("NOT ready: ")
        assert "- reverse_mode (4 points): not written yet." in said
        assert "right-click backprop.zip in the list of files" in " ".join(said.split())
        page.get_by_role("listitem", name="backprop.zip").wait_for()
        page.screenshot(path=tmp_path / "lite.png")
        said = opened.run("submit", LOOK_AT_THE_REST)
        assert "images: (2000, 32, 32, 3)" in said
        assert "convolved: (64, 8, 32, 32)" in said
        assert "✓ numpy: 2." in said and "✓ CIFAR-10: the sample in the package" in said
        assert "Error" not in said and "Warning" not in said
        # an error that NumPy has only where whole numbers have 32 bits
        assert "turn the whole numbers into its own" in opened.run("submit", REPEAT)
        page.close()
    own = (address, "data:", "blob:")
    assert [one for one in asked if not one.startswith(own)] == []


def expose_the_app(route: Route) -> None:
    """Let the page's scripts reach JupyterLab, as `--expose-app-in-browser` does elsewhere."""
    answer = route.fetch()
    settings = answer.json()
    settings["jupyter-config-data"]["exposeAppInBrowser"] = True
    route.fulfill(response=answer, json=settings)


def test_pyodide_is_downloaded_with_what_its_packages_need_and_every_hash_is_checked(
    tmp_path: Path,
) -> None:
    host = tmp_path / "host"
    host.mkdir()
    packages = {}
    for name, depends in {"scipy": ["numpy"], "numpy": [], "pandas": ["numpy"]}.items():
        (host / f"{name}.whl").write_text(f"the wheel of {name}", encoding="utf-8")
        packages[name] = {
            "file_name": f"{name}.whl",
            "depends": depends,
            "sha256": sha256(host / f"{name}.whl"),
        }
    (host / LOCK).write_text(json.dumps({"packages": packages}), encoding="utf-8")
    hashes = {LOCK: sha256(host / LOCK)}
    with served(host) as address:
        at = f"{address}/"
        folder = download(tmp_path / "pyodide", ["scipy"], at, at, hashes)
        assert sorted(one.name for one in folder.iterdir()) == ["numpy.whl", LOCK, "scipy.whl"]
        (host / "numpy.whl").write_text("something else", encoding="utf-8")
        (folder / "numpy.whl").unlink()
        with pytest.raises(ValueError, match=r"numpy\.whl"):
            download(folder, ["scipy"], at, at, hashes)
    assert not (folder / "numpy.whl").exists()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
