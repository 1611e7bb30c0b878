"""The file for a room without a network: it is installed and used without one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest
from courses import make_assignment

from hwlib import data as datasets
from hwlib.commands import run
from hwlib.grading import find_course
from hwlib.grading.answer_key import load_key
from hwlib.grading.outlets.bundle import write_bundle
from hwlib.grading.outlets.pinned import classroom_requirements
from hwlib.grading.outlets.same_bytes import write_zip, zip_bytes
from hwlib.grading.proof.variants import reference_notebook

ROOT = Path(__file__).parents[1]
# without a network, where that can be had; pip has --no-index anyway
OFFLINE = ["bwrap", "--dev-bind", "/", "/", "--unshare-net"] if shutil.which("bwrap") else []
NOWHERE = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://localhost:1/"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_its_two_commands_set_up_a_room_where_the_notebook_runs(tmp_path: Path) -> None:
    assignment = find_course(ROOT).assignment("knn")
    made = write_bundle([assignment], tmp_path / "room.zip", whole_data=False)
    assert made.problems == ()
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(tmp_path / "room")
    room, readme = tmp_path / "room", (tmp_path / "room" / "README.md").read_text()
    install, start = re.findall(r"^    (.+)$", readme, re.MULTILINE)
    environment = {**os.environ, **NOWHERE, "HWLIB_CACHE": str(tmp_path / "cache")}
    subprocess.run([*OFFLINE, "sh", "-c", install], cwd=room, env=environment, check=True)
    assert start == "env/bin/jupyter lab"
    shown = subprocess.run(
        [*OFFLINE, "env/bin/jupyter", "lab", "--version"],
        cwd=room,
        env=environment,
        check=True,
        capture_output=True,
    ).stdout
    assert shown.startswith(b"4.")
    assert (room / "knn" / "knn.ipynb").read_bytes() == assignment.release.read_bytes()
    notebook = reference_notebook(assignment)
    (room / "knn" / "knn.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    run = ["env/bin/jupyter", "nbconvert", "--to", "notebook", "--execute", "knn/knn.ipynb"]
    subprocess.run([*OFFLINE, *run], cwd=room, env=environment, check=True, capture_output=True)


def test_data_that_is_here_whole_is_in_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The packages are left out here: they are the subject of the test above."""
    mnist = datasets.status(["mnist"])[0]
    if mnist.state != "whole" or mnist.folder is None:
        pytest.skip("the full MNIST is not on this machine; run `hw data fetch mnist`")
    toml = 'title = "Small"\npoints = 5\nminutes = 1\ndata = ["mnist", "cifar10"]\n'
    assignment = make_assignment(tmp_path / "course", toml_text=toml)
    monkeypatch.setattr("hwlib.grading.outlets.bundle.download_wheels", lambda *_: [])
    monkeypatch.setenv("HWLIB_DATA", str(mnist.folder.parent))
    made = write_bundle([assignment], tmp_path / "a.zip")
    assert "MNIST" in made.full
    assert set(made.full) | set(made.sampled) == {"MNIST", "CIFAR-10"}
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(tmp_path / "room")
    monkeypatch.setenv("HWLIB_DATA", str(tmp_path / "room" / "data"))
    monkeypatch.setenv("HWLIB_CACHE", str(tmp_path / "cache"))
    (found,) = datasets.verify(["mnist"])
    assert (found.state, found.folder) == ("whole", tmp_path / "room" / "data" / "mnist")
    readme = (tmp_path / "room" / "README.md").read_text()
    assert '    HWLIB_DATA="$PWD/data" env/bin/jupyter lab\n' in readme
    write_bundle([assignment], tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_leak_stops_the_bundle(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path / "course")
    (assignment.release.parent / "mine.txt").write_text("notes")
    made = write_bundle([assignment], tmp_path / "a.zip")
    assert len(made.problems) == 1
    assert not made.path.exists()


@pytest.mark.parametrize("version", ["3.2", "2.7", "3", "3.12.1", "three"])
def test_a_python_that_hwlib_does_not_run_on_is_refused(
    capsys: pytest.CaptureFixture[str], version: str
) -> None:
    assert run(["bundle", "knn", "--python", version]) == 2
    assert "at least 3.11" in capsys.readouterr().err


def test_requirements_are_those_of_the_room_and_not_of_this_machine(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path / "course")
    keys = {assignment: load_key(assignment)}

    def names(system: str, python: str = "") -> set[str]:
        lines = classroom_requirements(keys, system, python)  # type: ignore[arg-type]
        return {re.split("[=><!]", line)[0].lower() for line in lines}

    common = {"jupyterlab", "ipykernel", "numpy", "matplotlib", "safetensors"}
    assert all(common <= names(system) for system in ("linux", "macos", "windows"))
    assert {"pexpect", "ptyprocess"} <= names("linux")
    assert "fqdn" in names("linux")  # of jsonschema's extra, which jupyter-events needs
    assert "colorama" in names("windows")
    assert not {"pexpect", "nvidia-nccl-cu13"} & names("windows")
    assert "appnope" in names("macos")


def test_a_zip_may_be_written_from_files_and_from_memory(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a" * 3_000_000)
    with (tmp_path / "x.zip").open("wb") as stream:
        write_zip(stream, {"one/a.txt": tmp_path / "a.txt", "b.whl": b"b"})
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("one/a.txt") == b"a" * 3_000_000
        assert archive.getinfo("one/a.txt").external_attr >> 16 == 0o100644
    (tmp_path / "y.zip").write_bytes(zip_bytes({"b.whl": b"b"}))
    with zipfile.ZipFile(tmp_path / "y.zip") as archive:
        assert archive.read("b.whl") == b"b"
