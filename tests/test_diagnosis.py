"""The doctor: what does not work has its fix beside it, and only what is needed counts."""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError

import pytest

import hwlib
from hwlib import diagnosis
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


def test_the_students_doctor_prints_all_findings(capsys: pytest.CaptureFixture[str]) -> None:
    hwlib.doctor()
    printed = capsys.readouterr().out
    for one in findings():
        assert f" {one.name}: " in printed
