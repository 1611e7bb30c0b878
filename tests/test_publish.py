"""The students' tree that `hw publish` writes: what is in it, what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from courses import COURSE_TOML, MEANS, make_assignment

from hwlib.commands import run
from hwlib.errors import CourseError
from hwlib.grading import Assignment, build, find_course
from hwlib.grading.outlets.publish import publish, student_files

ANSWER = "When a few values are far away from all the others."  # the model answer of MEANS
NO_ADDRESS = 'title = "A small course"\n'


@pytest.fixture
def small(tmp_path: Path) -> Assignment:
    return in_course(make_assignment(tmp_path / "course"), NO_ADDRESS)


def in_course(assignment: Assignment, toml: str) -> Assignment:
    """The same assignment, built again after a change of course.toml."""
    root = assignment.course.root
    (root / "course.toml").write_text(toml, encoding="utf-8")
    changed = find_course(root).assignment(assignment.slug)
    build(changed)
    return changed


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_tree_has_what_students_need_and_nothing_else(
    small: Assignment, tmp_path: Path
) -> None:
    supporting = small.folder / "files" / "table.csv"
    supporting.parent.mkdir()
    supporting.write_text("1,2\n")
    build(small)
    publish(small.course, tmp_path / "out")
    found = files_in(tmp_path / "out")
    (wheel,) = (name for name in found if name.startswith("wheels/"))
    assert set(found) == {
        ".gitignore",
        ".published.json",
        "README.md",
        "environment.yml",
        "release/small/small.ipynb",
        "release/small/table.csv",
        wheel,
    }
    assert found["release/small/small.ipynb"] == small.release.read_bytes()
    assert f'"./{wheel}"'.encode() in found["README.md"]
    row = "| Small | `release/small/` | – | about 30 seconds | 5 |"
    assert row.encode() in found["README.md"]


def test_the_same_course_gives_the_same_bytes_and_a_second_run_writes_nothing(
    small: Assignment, tmp_path: Path
) -> None:
    publish(small.course, tmp_path / "one")
    publish(small.course, tmp_path / "two")
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")
    again = publish(small.course, tmp_path / "one")
    assert (again.changed, again.removed) == ((), ())
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_an_earlier_output_is_brought_up_to_date(small: Assignment, tmp_path: Path) -> None:
    extra = small.folder / "files" / "data" / "table.csv"
    extra.parent.mkdir(parents=True)
    extra.write_text("1,2\n")
    build(small)
    out = tmp_path / "out"
    (out / ".git").mkdir(parents=True)
    (out / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    publish(small.course, out)
    extra.unlink()
    for folder in (small.source.parent, small.release.parent):
        (folder / "data" / "table.csv").unlink()
    small.notebook.write_text(MEANS.replace("The arithmetic mean.", "The mean of numbers."))
    build(small)
    done = publish(small.course, out)
    assert done.changed == ("release/small/small.ipynb",)
    assert done.removed == ("release/small/data/table.csv",)
    assert not (out / "release" / "small" / "data").exists()
    assert (out / ".git" / "HEAD").is_file()


@pytest.mark.parametrize("name", ["notes.txt", "release/small/own.ipynb", "source/x.ipynb"])
def test_a_folder_with_other_files_is_refused_and_left_alone(
    small: Assignment, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    publish(small.course, out)
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("mine")
    before = files_in(out)
    with pytest.raises(CourseError, match=f"found {name}; name another folder"):
        publish(small.course, out)
    assert files_in(out) == before


def test_a_file_that_was_edited_there_is_not_overwritten(small: Assignment, tmp_path: Path) -> None:
    publish(small.course, tmp_path / "out")
    (tmp_path / "out" / "README.md").write_text("better")
    with pytest.raises(CourseError, match=r"README\.md changed since"):
        publish(small.course, tmp_path / "out")
    assert (tmp_path / "out" / "README.md").read_text() == "better"


def test_an_interrupted_run_can_be_repeated(small: Assignment, tmp_path: Path) -> None:
    publish(small.course, tmp_path / "whole")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "README.md").write_bytes((tmp_path / "whole" / "README.md").read_bytes())
    publish(small.course, tmp_path / "out")
    assert files_in(tmp_path / "out") == files_in(tmp_path / "whole")


@pytest.mark.parametrize(
    ("leak", "line"),
    [
        (
            lambda one: one.release.parent.joinpath("notes.txt").write_text("mean of three"),
            "release/small/notes.txt: `hw build` did not make this file",
        ),
        (
            lambda one: one.release.write_bytes(one.source.read_bytes()),
            "release/small/small.ipynb: out of date; run `hw build small`",
        ),
        (
            lambda one: one.release.parent.joinpath("link.csv").symlink_to(one.source),
            "release/small/link.csv: this is a link",
        ),
        (
            lambda one: in_course(one, f'title = "{ANSWER}"\n'),
            "small: leak: students can see this answer of answer-why in release/, README.md",
        ),
    ],
)
def test_nothing_is_written_where_something_leaks(
    small: Assignment,
    tmp_path: Path,
    leak: Callable[[Assignment], object],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    leak(small)
    monkeypatch.chdir(small.course.root)
    assert run(["publish", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith(f"hw: {line}")
    assert not (tmp_path / "out").exists()


def test_a_solution_that_another_assignment_gives_away_is_a_leak(
    small: Assignment, tmp_path: Path
) -> None:
    other = small.course.root / "assignments" / "other"
    other.mkdir()
    (other / "assignment.toml").write_text('title = "Other"\npoints = 5\nminutes = 1\n')
    (other / "notebook.py").write_text(
        MEANS.replace(ANSWER, "Other.").replace("What you will learn.", ANSWER)
    )
    course = find_course(small.course.root)
    build(course.assignment("other"))
    (line,) = publish(course, tmp_path / "out").problems
    assert line.startswith("small: leak: students can see this answer of answer-why in release/")
    assert "release/other/other.ipynb" in line
    # also where small itself is not published yet
    assert publish(course, tmp_path / "out", ["other"]).problems == (line,)
    assert publish(course, tmp_path / "out", ["small"]).problems == ()


def test_what_a_file_manager_leaves_there_is_no_foreign_file(
    small: Assignment, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    publish(small.course, out)
    for name in (".DS_Store", "release/Thumbs.db", "release/small/.ipynb_checkpoints/a.ipynb"):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(b"x")
    assert publish(small.course, out).changed == ()


def test_addresses_are_those_of_the_course(small: Assignment, tmp_path: Path) -> None:
    named = in_course(
        small, COURSE_TOML + 'install = "https://example.org/hwlib-1-py3-none-any.whl"\n'
    )
    publish(named.course, tmp_path / "out")
    found = files_in(tmp_path / "out")
    assert not any(name.startswith(("wheels/", "hwlib/")) for name in found)
    assert b'"hwlib @ https://example.org/hwlib-1-py3-none-any.whl"' in found["README.md"]
    assert b'"hwlib @ https://example.org/hwlib-1-py3-none-any.whl"' in found["environment.yml"]
    badge = b"colab.research.google.com/github/example/course/blob/main/release/small/small.ipynb"
    assert badge in found["README.md"]
    assert badge in found["release/small/small.ipynb"]


def test_the_readme_names_the_disk_of_pytorch_only_where_an_assignment_needs_it(
    small: Assignment,
) -> None:
    said = {
        extras: student_files(small.course, [replace(small, extras=extras)])["README.md"].decode()
        for extras in [(), ("cvxpy",), ("torch",), ("cvxpy", "torch")]
    }
    assert {extras for extras, text in said.items() if "PyTorch" in text} == {
        ("torch",),
        ("cvxpy", "torch"),
    }
    assert all("600 MB of disk" in text and "release/`.\n\n" in text for text in said.values())


@pytest.mark.slow
@pytest.mark.parametrize("toml", [NO_ADDRESS, COURSE_TOML])
def test_hwlib_can_be_installed_from_the_tree(small: Assignment, tmp_path: Path, toml: str) -> None:
    """With a repository, notebooks run `pip install git+REPOSITORY`, so the tree is a project."""
    out, target = tmp_path / "out", tmp_path / "installed"
    publish(in_course(small, toml).course, out)
    what = out if toml == COURSE_TOML else next(out.glob("wheels/*.whl"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target]
    subprocess.run([*map(str, command), str(what)], check=True)
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import hwlib, json; from hwlib.data import load_mnist\n"
        "print(json.dumps([hwlib.__file__, load_mnist(sample=True)[0].shape[1:]]))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script, target], check=True, capture_output=True, text=True, cwd="/"
    ).stdout
    assert json.loads(shown) == [str(target / "hwlib" / "__init__.py"), [28, 28]]


def test_our_own_course_can_be_published(tmp_path: Path) -> None:
    course = find_course(Path(__file__).parents[1])
    done = publish(course, tmp_path / "out")
    assert done.problems == ()
    assert {f"release/{slug}/{slug}.ipynb" for slug in course.slugs()} <= set(done.files)
