"""Whether each reference notebook runs from top to bottom in JupyterLab within the minutes that its
budget card promises.

    python benchmarks/notebooks.py [SLUG…] [--release] [--keep FOLDER] [--show]

JupyterLab's server is started on a copy of source/SLUG/SLUG.ipynb, Chromium opens it and gives the
command Run All Cells, with the experiments and with whatever data `load_cifar10` and `load_mnist`
find (`hw data fetch` gets them in full). Printed are the seconds of the run and the promise; an
error, a cell that was not run and a broken promise end with exit code 1. With --release it is the
student's notebook, which can only show that it opens and where it stops. With --keep the notebook
stays as it was saved, and with --show there is a page of it, too. With HW_FAST=1 in the environment
it is the quick mode, for which nothing is promised.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode

from hwlib.grading import Assignment, find_course

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["READY", "Ran", "chromium", "jupyter_server", "open_browser", "run_in_lab"]

START_S = 90  # in which the server and the page must be there
READY = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    return panel?.context?.isReady && panel.sessionContext?.session?.kernel?.status === 'idle';
}"""
RUN = "async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
SAVE = "async () => { await window.jupyterapp.commands.execute('docmanager:save'); }"


@dataclass(frozen=True, slots=True)
class Ran:
    """A notebook as JupyterLab saved it after Run All Cells."""

    notebook: NotebookNode
    seconds: float

    @property
    def errors(self) -> list[str]:
        """The exceptions shown below its cells."""
        return [
            f"cell {number}: {output.ename}: {output.evalue}"
            for number, cell in enumerate(self.notebook.cells)
            for output in cell.get("outputs", [])
            if output.output_type == "error"
        ]

    @property
    def figures(self) -> int:
        """How many pictures its cells show."""
        return sum(
            "image/png" in output.get("data", {})
            for cell in self.notebook.cells
            for output in cell.get("outputs", [])
        )

    @property
    def not_run(self) -> int:
        """Code cells without an execution count."""
        return sum(
            cell.cell_type == "code" and bool(cell.source.strip()) and cell.execution_count is None
            for cell in self.notebook.cells
        )


def chromium() -> str | None:
    """The path of the browser, None where there is none."""
    return (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium without a window."""
    # here: who takes something else from this module may lack the browser library
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


def run_in_lab(notebook: Path, browser: Browser, *, limit_s: float = 3600.0) -> Ran:
    """Open a notebook in JupyterLab, run all its cells there, save it.

    Parameters
    ----------
    notebook : Path
        Executed in its folder, which is also the server's root, and overwritten.
    limit_s : float
        Seconds for the cells together.
    """
    with jupyter_server(notebook.parent, "lab", "--expose-app-in-browser") as address:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(1000 * START_S)
        page.goto(f"{address}/lab/tree/{notebook.name}?reset")
        page.wait_for_function(READY)
        started = time.perf_counter()
        page.set_default_timeout(1000 * limit_s)
        page.evaluate(RUN)
        seconds = time.perf_counter() - started
        page.evaluate(SAVE)
        page.close()
    return Ran(nbformat.read(notebook, as_version=4), seconds)


@contextmanager
def jupyter_server(root: Path, application: str, *options: str) -> Iterator[str]:
    """`jupyter APPLICATION` for the files below `root`, on a free port of this machine, without its
    user's settings; gives its address.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="hw-jupyter-", ignore_cleanup_errors=True) as name:
        folders = (
            "JUPYTER_CONFIG_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "JUPYTER_RUNTIME_DIR",
            "IPYTHONDIR",
        )
        environment = {
            **os.environ,
            **dict.fromkeys(folders, name),
            "JUPYTER_PLATFORM_DIRS": "1",
            "HWLIB_SAVE_WAIT_S": os.environ.get("HWLIB_SAVE_WAIT_S", "0"),  # nobody presses Ctrl-S
        }
        command = [
            sys.executable,
            "-m",
            "jupyter",
            application,
            "--no-browser",
            "--allow-root",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=",
            "--ServerApp.password=",
            f"--ServerApp.root_dir={root}",
            *options,
        ]
        log = Path(name) / "server.log"
        with log.open("wb") as file:
            server = subprocess.Popen(
                command, cwd=root, env=environment, stdout=file, stderr=subprocess.STDOUT
            )
        try:
            _wait_for(f"{address}/api", server, log)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the Jupyter server did not start:\n{log.read_text()}")


def main() -> int:
    """Run the notebooks one after the other, print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="default: all")
    parser.add_argument("--release", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    broken = False
    for assignment in find_course(Path(__file__).parent).assignments(tuple(options.slugs)):
        with tempfile.TemporaryDirectory(prefix="hw-notebooks-") as name, open_browser() as browser:
            folder = Path(name).resolve()
            ran = run_in_lab(_copy(assignment, folder, options.release), browser)
            broken |= _report(assignment, ran)
            if options.keep:
                shutil.copytree(folder, options.keep / assignment.slug, dirs_exist_ok=True)
        if options.keep and options.show:
            path = options.keep / assignment.slug / f"{assignment.slug}.ipynb"
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "jupyter",
                    "nbconvert",
                    "--to",
                    "html",
                    "--log-level",
                    "WARN",
                    str(path),
                ],
                check=True,
            )
    return int(broken)


def _copy(assignment: Assignment, folder: Path, release: bool) -> Path:
    """The notebook, and with the reference the models that it hands in; a notebook writes over
    those that it trains.
    """
    made = assignment.release if release else assignment.source
    shutil.copytree(made.parent, folder, dirs_exist_ok=True)
    for model in () if release else (assignment.folder / "artifacts").glob("*.safetensors"):
        shutil.copy(model, folder)
    return folder / made.name


def _report(assignment: Assignment, ran: Ran) -> bool:
    """One line, more for what is broken; whether anything is."""
    promised_s = 60 * assignment.minutes
    late = ran.seconds > promised_s and os.environ.get("HW_FAST") != "1"
    print(
        f"{assignment.slug:20s} {ran.seconds:7.1f} s of {promised_s:5.0f} s, {ran.figures:2d} "
        f"figures, {len(ran.errors)} errors"
        f"{', LONGER THAN PROMISED' if late else ''}",
        flush=True,
    )
    for line in ran.errors:
        print(f"  {line}")
    if ran.not_run:
        print(f"  {ran.not_run} cells were not run")
    return late or bool(ran.errors) or bool(ran.not_run)


if __name__ == "__main__":
    raise SystemExit(main())
