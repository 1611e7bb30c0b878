"""Nothing that we hand out sends a student's pip to a place that the instructor has not named."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import needs
import pytest
from nbformat import NotebookNode

from hwlib import extras
from hwlib.errors import AuthoringError
from hwlib.extras import REQUIREMENTS, how_to_install, install_command, quoted
from hwlib.grading import Course, build_notebooks, find_course

ROOT = Path(__file__).resolve().parent.parent
COURSE = find_course(ROOT)
EVERY_ASSIGNMENT = pytest.mark.parametrize("slug", COURSE.slugs())
MakeCourse = Callable[..., Course]


def built(
    slug: str, repository: str = "", install: str | None = None, branch: str = "main"
) -> tuple[NotebookNode, NotebookNode]:
    """Source and release of one of our assignments, in a course whose course.toml says this."""
    course = replace(COURSE, repository=repository, install=install, branch=branch)
    return build_notebooks(replace(COURSE.assignment(slug), course=course))


def pip_lines(notebook: NotebookNode) -> list[str]:
    return re.findall(r"^.*\bpip install\b.*$", text_of(notebook), re.MULTILINE)


def text_of(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


# ---- notebooks ----


@EVERY_ASSIGNMENT
def test_without_a_repository_no_notebook_has_a_badge_or_an_install_address(slug: str) -> None:
    packages = {f'"{name}"' for names in REQUIREMENTS.values() for name in names}
    for notebook in built(slug):
        text = text_of(notebook)
        assert not re.search(r"colab\.research|github\.com|git\+|hwlib[^\n\"]* @ ", text)
        for line in pip_lines(notebook):
            assert set(re.findall(r'".*?"', line)) <= packages
            assert "hwlib" not in line
        assert "install it as your instructor told you" in notebook.cells[1].source


@EVERY_ASSIGNMENT
def test_with_a_repository_every_notebook_has_its_badge_and_its_address(slug: str) -> None:
    wanted = COURSE.assignment(slug).extras
    hwlib = f"hwlib[{','.join(wanted)}]" if wanted else "hwlib"
    for notebook in built(slug, "https://github.com/ada/ml.git", branch="spring"):
        badge = f"https://colab.research.google.com/github/ada/ml/blob/spring/release/{slug}/"
        assert badge in notebook.cells[0].source
        assert (
            f'    %pip install --quiet "{hwlib} @ git+https://github.com/ada/ml@spring"'
            in notebook.cells[1].source.split("\n")
        )


def test_hwlib_may_come_from_another_place_than_the_course() -> None:
    wheel = "https://example.edu/hwlib-0.1.0-py3-none-any.whl"
    source, _ = built("knn", "https://github.com/ada/ml", wheel)
    assert f'%pip install --quiet "hwlib @ {wheel}"' in source.cells[1].source
    assert "colab.research.google.com/github/ada/ml/" in source.cells[0].source
    source, _ = built("knn", "https://github.com/ada/ml", install="")
    assert not pip_lines(source)


# Runs a first cell where hwlib is not installed and pip finds nothing.
FAILING = """
import sys
from IPython.core.interactiveshell import InteractiveShell
sys.modules["hwlib"] = None
shell = InteractiveShell.instance()
shell.colors = "nocolor" if hasattr(shell, "theme_name") else "NoColor"
done = shell.run_cell(open(sys.argv[1], encoding="utf-8").read())
print("RAISED", type(done.error_in_exec).__name__, done.error_in_exec)
"""


@pytest.mark.parametrize("slug", ["knn", "optimizers"])
def test_a_first_cell_that_cannot_install_says_one_sentence_and_one_command(
    slug: str, tmp_path: Path
) -> None:
    needs.module("ipykernel")
    address = f"file://{tmp_path}/missing-1.0-py3-none-any.whl"
    cell = built(slug, "https://github.com/ada/ml", address)[1].cells[1].source
    (tmp_path / "cell.py").write_text(cell, encoding="utf-8")
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path), "PIP_NO_INDEX": "1"}
    done = subprocess.run(
        [sys.executable, "-c", FAILING, tmp_path / "cell.py"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=tmp_path,
    )
    extra = "[torch]" if slug == "optimizers" else ""
    assert done.stdout.splitlines()[-1] == (
        "RAISED ModuleNotFoundError Not all packages could be installed. Check the network and run "
        f'this cell again, or run: %pip install "hwlib{extra} @ {address}"'
    )


# ---- course.toml ----


def test_a_course_needs_no_repository(course: MakeCourse) -> None:
    place = course()
    (place.root / "course.toml").write_text('title = "T"\n', encoding="utf-8")
    found = find_course(place.root)
    assert (found.repository, found.install_address) == ("", "")


@pytest.mark.parametrize(
    "line",
    [
        'repository = "ada/ml"',
        'repository = "git@github.com:ada/ml.git"',
        'repository = "https://github.com/ada/ml\\" evil"',
        'install = "hwlib"',
        'install = "hwlib==0.1.0"',
        'install = "http://example.edu/hwlib.whl"',
        'install = "https://example.edu/a b.whl"',
    ],
)
def test_an_address_that_is_none_is_refused_with_its_line(course: MakeCourse, line: str) -> None:
    place = course()
    (place.root / "course.toml").write_text(f'title = "T"\n{line}\n', encoding="utf-8")
    with pytest.raises(
        AuthoringError, match=r"course\.toml:2: \w+: expected an address such as https"
    ):
        find_course(place.root)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('extras = ["keras"]', "unknown extra 'keras'; use one of: torch, cvxpy"),
        ('extras = ["torch", 3]', "unknown extra 3; use one of: torch, cvxpy"),
        ('data = ["cifar"]', "unknown data set 'cifar'; use one of: mnist, cifar10"),
        ("data = [{}]", "unknown data set {}; use one of: mnist, cifar10"),
    ],
)
def test_what_hwlib_does_not_have_is_refused(course: MakeCourse, line: str, said: str) -> None:
    place = course(toml_text=f'title = "S"\npoints = 5\nminutes = 1\n{line}\n')
    with pytest.raises(AuthoringError, match=rf"assignment\.toml:4: {said}"):
        place.assignment("small")


# ---- messages ----


def test_the_extras_of_notebooks_are_those_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, packages in REQUIREMENTS.items():
        assert project["optional-dependencies"][name] == list(packages)


@pytest.mark.parametrize(
    ("record", "command"),
    [
        (
            {"url": "https://example.edu/hwlib-0.1.0-py3-none-any.whl", "archive_info": {}},
            'pip install "hwlib[grading] @ https://example.edu/hwlib-0.1.0-py3-none-any.whl"',
        ),
        (
            {
                "url": "https://example.edu/ml",
                "vcs_info": {"vcs": "git", "requested_revision": "main", "commit_id": "1f2e"},
            },
            'pip install "hwlib[grading] @ git+https://example.edu/ml@main"',
        ),
        (
            {"url": "https://example.edu/ml", "vcs_info": {"vcs": "git", "commit_id": "1f2e"}},
            'pip install "hwlib[grading] @ git+https://example.edu/ml@1f2e"',
        ),
    ],
)
def test_the_install_command_names_the_place_that_hwlib_came_from(
    record: dict[str, object], command: str
) -> None:
    assert install_command("grading", json.dumps(record)) == command


def test_a_clone_is_installed_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "my clone"
    folder.mkdir()
    record = json.dumps({"url": folder.as_uri(), "dir_info": {"editable": True}})
    assert install_command("grading", record) == f'pip install --editable "{folder}[grading]"'
    folder.rmdir()
    assert install_command("grading", record) == ""


@pytest.mark.parametrize("record", [None, '{"url": "file:///no/such/wheel.whl"}'])
def test_where_the_place_is_not_known_the_sentence_says_what_to_look_for(
    monkeypatch: pytest.MonkeyPatch, record: str | None
) -> None:
    monkeypatch.setattr(extras, "_record", lambda: record)
    assert how_to_install("grading") == (
        'pip install "hwlib[grading]" from where hwlib came (a clone, a wheel or a repository)'
    )


@pytest.mark.parametrize("extra", REQUIREMENTS)
def test_what_a_notebook_lacks_can_be_installed_wherever_hwlib_came_from(
    monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    monkeypatch.setattr(extras, "_record", lambda: None)
    assert shlex.split(how_to_install(extra)) == ["pip", "install", *REQUIREMENTS[extra]]


@pytest.mark.parametrize(
    "word", ["numpy", "torch>=2.6", "/a folder[x]", "a'b", "$HOME", 'a"b', "a`b"]
)
def test_a_quoted_word_is_one_word_for_a_shell_and_cmd_takes_it_where_it_can(word: str) -> None:
    line = quoted(word)
    read = subprocess.run(
        ["sh", "-c", f"printf %s {line}"], capture_output=True, text=True, check=True
    )
    assert read.stdout == word
    if not set(word) & set('"$`'):
        assert "'" not in line.replace("a'b", "")  # cmd.exe knows no single quotes


def test_install_commands_are_written_in_one_place_only() -> None:
    hits = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "hwlib").rglob("*")
        if path.suffix in (".py", ".j2") and "pip install" in path.read_text(encoding="utf-8")
    ]
    assert sorted(hits) == [
        "hwlib/extras.py",
        "hwlib/grading/templates/bundle/README.md.j2",  # from a folder: test_bundle.py runs it
        "hwlib/grading/templates/publish/README.md.j2",  # checked in test_publish.py
        "hwlib/grading/templates/setup.py.j2",  # checked above, for every assignment
    ]
