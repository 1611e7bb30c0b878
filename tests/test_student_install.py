"""A student's machine: a wheel without the grading half, and the released notebook with the right
answers in it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import nbformat
import pytest

from hwlib.grading import find_course
from hwlib.grading.proof.variants import reference_notebook

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def student_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and what JupyterLab brings to run a notebook, but no
    grading extra.
    """
    folder = tmp_path_factory.mktemp("student")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT],
        check=True,
    )
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    wheel = next(folder.glob("hwlib-*.whl"))
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            *constraints,
            str(wheel),
            "ipykernel",
            "nbclient",
        ],
        check=True,
    )
    return python


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_released_notebook_runs_top_to_bottom_with_the_right_answers(
    student_python: Path, tmp_path: Path
) -> None:
    assignment = find_course(ROOT).assignment("knn")
    notebook = reference_notebook(assignment)
    for cell in notebook.cells:  # experiments too: a student runs them
        cell.metadata.pop("tags", None)
    (tmp_path / "knn.ipynb").write_text(nbformat.writes(notebook))
    script = (
        "import nbformat, sys\nfrom nbclient import NotebookClient\n"
        "nb = nbformat.read('knn.ipynb', 4)\nNotebookClient(nb, timeout=600, "
        "kernel_name='python3').execute()\n"
        "nbformat.write(nb, 'done.ipynb')\n"
    )
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HWLIB", "MPL", "PYTEST"))
    }
    environment |= {
        "HWLIB_CACHE": str(tmp_path / "cache"),
        "PATH": f"{student_python.parent}:/usr/bin:/bin",
        "npm_config_offline": "true",
    }
    subprocess.run([student_python, "-c", script], cwd=tmp_path, check=True, env=environment)
    cells = json.loads((tmp_path / "done.ipynb").read_text())["cells"]
    errors = [
        output
        for cell in cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "error"
    ]
    assert errors == []
    printed = "".join(
        "".join(output.get("text", "")) for cell in cells for output in cell.get("outputs", [])
    )
    assert printed.count("✓") >= 5  # a friendly line a question
    assert (tmp_path / "knn.zip").is_file()  # the hand-in cell


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_hw_without_the_grading_extra_names_the_install_command(student_python: Path) -> None:
    done = subprocess.run(
        [student_python.parent / "hw", "list"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert 'pip install "hwlib[grading]"' in done.stderr
    listed = subprocess.run(
        [student_python, "-m", "pip", "list"], capture_output=True, text=True, check=True
    ).stdout
    assert not any(name in listed for name in ("nbgrader", "jupytext", "torch"))
