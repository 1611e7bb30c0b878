"""The command line: exit codes, one-line errors, JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import needs
import pytest
from courses import make_course

from hwlib.commands import run
from hwlib.extras import how_to_install


class Cli:
    """Runs commands in a course folder, in this process."""

    def __init__(
        self, root: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.root, self._capsys = root, capsys
        patch.chdir(root)
        # the engine sets them in its process: put back after the test
        for name in ("HWLIB_GRADING", "MPLBACKEND"):
            patch.delenv(name, raising=False)

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def hw(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    make_course(tmp_path)
    return Cli(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["build", "unknown"],
        ["grade"],
        ["grade", "unknown"],
        ["grade", "small"],
        ["grade", "small", "--engine", "magic"],
        ["grade", "small", "--jobs", "0"],
        ["grade", "small", "--notebook", "nowhere.ipynb"],
        ["data", "fetch", "imagenet"],
        ["simulate", "unknown"],
        ["verify", "../etc"],
        ["list", "--json", "no/such/folder/file.json"],
    ],
)
def test_misuse_exits_2_with_one_line(hw: Cli, arguments: Sequence[str]) -> None:
    code, out, err = hw(*arguments)
    assert code == 2
    assert err.startswith("hw: ")
    assert err.count("\n") == 1
    assert out == ""


def test_outside_a_course_the_message_says_where_to_go(
    hw: Cli, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    code, _, err = hw("list")
    assert code == 2
    assert "course.toml" in err


def test_list_gives_questions_and_points(hw: Cli) -> None:
    code, out, _ = hw("list", "--json", "-")
    assert code == 0
    assert json.loads(out) == [
        {"slug": "small", "title": "Small", "questions": 2, "points": 5, "minutes": 0.5}
    ]
    assert "Small" in hw("list")[1]


def test_build_writes_once_and_check_notices_a_change(hw: Cli) -> None:
    assert hw("build", "--check")[0] == 1
    code, out, _ = hw("build")
    assert code == 0
    assert "source/small/small.ipynb" in out
    assert "up to date" in hw("build")[1]
    assert hw("build", "--check")[0] == 0
    notebook = hw.root / "assignments" / "small" / "notebook.py"
    notebook.write_text(notebook.read_text().replace("What you will learn.", "What you may learn."))
    code, _, err = hw("build", "--check")
    assert code == 1
    assert "hw build" in err
    assert "may learn" not in (hw.root / "release" / "small" / "small.ipynb").read_text()


def test_a_fault_in_the_assignment_exits_1_with_file_and_line(hw: Cli) -> None:
    notebook = hw.root / "assignments" / "small" / "notebook.py"
    notebook.write_text(
        notebook.read_text().replace("### END SOLUTION\n\n# %% test", "\n# %% test")
    )
    code, _, err = hw("build")
    assert code == 1
    assert "small/notebook.py:" in err
    assert err.count("\n") == 1


def test_new_makes_an_assignment_that_builds_and_verifies(hw: Cli) -> None:
    assert hw("new", "fresh")[0] == 0
    assert hw("build", "fresh", "--check")[0] == 0
    code, out, err = hw("verify", "fresh", "--json", "-")
    assert (code, err.count("as expected") > 0) == (0, True)
    report = json.loads(out)[0]
    assert report["complaints"] == []
    assert {row["kind"] for row in report["rows"]} == {"reference", "release", "wrong", "right"}
    assert hw("new", "fresh")[0] == 2


def test_verify_complains_about_a_test_that_nothing_needs(hw: Cli) -> None:
    hw("build")
    code, _, err = hw("verify")
    assert code == 1
    assert "question mean: no wrong solution fails it" in err


def test_simulate_then_grade_gives_the_published_json(hw: Cli) -> None:
    hw("new", "fresh")
    assert hw("simulate", "fresh", "--students", "12", "--seed", "3", "--to", "class")[0] == 0
    toml = hw.root / "assignments" / "fresh" / "assignment.toml"
    text = toml.read_text()
    toml.write_text(
        text if "[limits]" in text else text + "\n[limits]\nquestion_s = 2\nsubmission_s = 6\n"
    )
    code, out, _ = hw("grade", "fresh", "--submitted", "class", "--output", "graded", "--json", "-")
    assert code == 0
    report = json.loads(out)
    assert list(report) == ["assignment", "engine", "isolation", "submissions"]
    assert (report["assignment"], report["engine"]) == ("fresh", "isolated")
    assert report["isolation"] in ("T3", "T2", "T1")
    students = [one["student"] for one in report["submissions"]]
    assert len(students) == len(set(students)) == 12
    assert students == sorted(path.name for path in Path("class").iterdir() if path.is_dir())
    for one in report["submissions"]:
        assert list(one) == [
            "student",
            "status",
            "score",
            "max_score",
            "seconds",
            "cached",
            "questions",
            "problems",
        ]
        assert one["status"] in ("graded", "needs_manual", "rejected")
        assert 0 <= one["score"] <= one["max_score"]
        for question in one["questions"]:
            assert list(question) == [
                "id",
                "title",
                "points",
                "max_points",
                "status",
                "message",
                "hint",
                "seconds",
                "parts",
                "trust",
            ]
            assert question["status"] in (
                "passed",
                "failed",
                "error",
                "timeout",
                "crashed",
                "missing",
                "manual",
            )
    assert (hw.root / "graded" / "gradebook.db").is_file()
    assert len(list((hw.root / "graded" / "feedback").glob("*/fresh/fresh.html"))) == 12
    assert len(list((hw.root / "graded" / "autograded").glob("*/fresh/fresh.ipynb"))) == 12


def test_one_notebook_is_graded_without_a_class_and_nothing_is_written(hw: Cli) -> None:
    hw("build")
    before = sorted(hw.root.rglob("*"))
    code, out, _ = hw(
        "grade",
        "small",
        "--notebook",
        "release/small/small.ipynb",
        "--student",
        "ada",
        "--json",
        "-",
    )
    report = json.loads(out)
    assert code == 0
    assert [(one["student"], one["score"]) for one in report["submissions"]] == [("ada", 0.0)]
    assert sorted(hw.root.rglob("*")) == before


def test_without_the_grading_extra_hw_says_how_to_install_it() -> None:
    code = (
        "import sys\n"
        "class NoClick:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'click':\n"
        "            raise ModuleNotFoundError('no click here', name='click')\n"
        "sys.meta_path.insert(0, NoClick())\n"
        "sys.argv = ['hw', 'list']\n"
        "from hwlib.cli import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == f"hw: click is not installed; run: {how_to_install('grading')}\n"
    assert 'pip install "hwlib[grading]" from where hwlib came' in done.stderr


def test_every_command_has_help(hw: Cli) -> None:
    code, out, _ = hw("--help")
    assert code == 0
    for command in (
        "list",
        "new",
        "build",
        "verify",
        "simulate",
        "grade",
        "data",
        "doctor",
        "demo",
    ):
        assert command in out
        code, help_text, _ = hw(command, "--help")
        assert code == 0
        assert len(help_text.splitlines()) > 3


def test_doctor_names_the_fix_for_what_does_not_work(hw: Cli) -> None:
    code, out, _ = hw("doctor", "--json", "-")
    found = {one["name"]: one for one in json.loads(out)}
    assert code == 0
    assert found["Python"]["ok"]
    assert found["course"]["ok"]
    assert all(one["fix"] for one in found.values() if not one["ok"])


def test_data_status_lists_both_data_sets(hw: Cli) -> None:
    code, out, _ = hw("data", "--json", "-")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert set(rows) == {"mnist", "cifar10"}
    assert all(row["sample"] == "whole" for row in rows.values())


def test_doctor_and_data_print_what_their_json_says(hw: Cli) -> None:
    for command in ("doctor", "data"):
        _, out, _ = hw(command, "--json", "-")
        code, printed, _ = hw(command)
        assert code == 0
        for one in json.loads(out):
            title = {"mnist": "MNIST", "cifar10": "CIFAR-10"}.get(one["name"], one["name"])
            assert title in printed


@pytest.mark.parametrize("command", ["grade", "simulate"])
@pytest.mark.parametrize("place", ["course.toml/below", "/proc/hwlib"])
def test_a_folder_that_cannot_be_written_is_one_line(hw: Cli, command: str, place: str) -> None:
    assert hw("build")[0] == 0
    assert hw("simulate", "small", "--students", "2", "--to", "class")[0] == 0
    where = {"grade": ("--submitted", "class", "--output"), "simulate": ("--students", "2", "--to")}
    code, out, err = hw(command, "small", *where[command], place)
    assert (code, out) == (1, "")
    assert err.startswith(f"hw: {place}")
    assert "use another folder, or make that one writable" in err
    assert err.count("\n") == 1


@needs.root
def test_a_disk_that_is_full_is_one_line(hw: Cli, tmp_path: Path) -> None:
    assert hw("build")[0] == 0
    assert hw("simulate", "small", "--students", "2", "--to", "class")[0] == 0
    (tmp_path / "full").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(tmp_path / "full")]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip(
            "no file system can be mounted here; run `sudo make test` on a machine of its own"
        )
    try:
        code, _, err = hw("grade", "small", "--submitted", "class", "--output", "full")
    finally:
        subprocess.run(["umount", str(tmp_path / "full")], check=True)
    assert code == 1
    assert err.count("\n") == 1
    assert "free some space on its disk" in err
