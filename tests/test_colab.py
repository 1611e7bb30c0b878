"""The notebooks with the versions that Colab has: Python 3.13, IPython 7.34, NumPy 2.1.

`make colab` makes the environment. There `google.colab` can be imported, as in Colab.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest

from hwlib.grading import find_course
from hwlib.grading.proof.variants import reference_notebook

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / "build" / "colab" / "bin" / "python"
COURSE = find_course(ROOT)
HAS_TORCH = any(PYTHON.parent.parent.glob("lib/*/site-packages/torch"))
TORCH = pytest.mark.skipif(
    not HAS_TORCH,
    reason="Colab's PyTorch is missing; run: python tools/colab_environment.py --torch",
)
ASSIGNMENTS = [
    pytest.param(one.slug, marks=[TORCH] if "torch" in one.extras else [])
    for one in COURSE.assignments()
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        not PYTHON.is_file(),
        reason="there is no environment with Colab's versions; run: make colab",
    ),
]

RUN = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
client = NotebookClient(notebook, timeout=900, kernel_name="python3", allow_errors=True)
client.execute()
nbformat.write(notebook, "done.ipynb")
"""


def test_the_environment_has_colabs_versions() -> None:
    code = (
        "import json, sys, IPython, ipykernel, matplotlib, numpy, scipy\n"
        "print(json.dumps([m.__version__ for m in (IPython, ipykernel, matplotlib, numpy, scipy)]"
        " + [sys.version_info[:2], 'google.colab' in sys.modules]))"
    )
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [
        "7.34.0",
        "6.17.1",
        "3.10.0",
        "2.1.3",
        "1.16.3",
        [3, 13],
        True,
    ]


@pytest.mark.parametrize("slug", ASSIGNMENTS)
def test_the_reference_runs_from_top_to_bottom(slug: str, tmp_path: Path) -> None:
    notebook = reference_notebook(COURSE.assignment(slug))
    for cell in notebook.cells:  # experiments too: a student runs them
        cell.metadata.pop("tags", None)
    (tmp_path / f"{slug}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    outputs = [output for cell in run(tmp_path, slug) for output in cell.get("outputs", [])]
    # with the sample a few thresholds cannot be decided
    errors = [one for one in outputs if one["output_type"] == "error"]
    assert [
        f"{one['ename']}: {one['evalue']}" for one in errors if one["ename"] != "CannotCheck"
    ] == []
    assert all("You have the sample" in one["evalue"] for one in errors)
    printed = "".join("".join(output.get("text", "")) for output in outputs)
    assert printed.count("✓") >= 3
    assert (tmp_path / f"{slug}.zip").is_file()


def run(folder: Path, slug: str) -> list[dict[str, Any]]:
    """Run a notebook in the environment; its cells with what they wrote."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MPL", "PYTEST", "JUPYTER", "COVERAGE"))
    }
    environment |= {
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}",
        "NOTEBOOK": str(folder / f"{slug}.ipynb"),
        "IPYTHONDIR": str(folder / ".ipython"),
        "npm_config_registry": "http://127.0.0.1:9",  # the data that is here, or the sample
    }
    subprocess.run([PYTHON, "-c", RUN, f"{slug}.ipynb"], cwd=folder, check=True, env=environment)
    return json.loads((folder / "done.ipynb").read_text(encoding="utf-8"))["cells"]  # type: ignore[no-any-return]
