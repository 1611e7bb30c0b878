"""What a student's computer may be: a console that lacks ✓, or a system without POSIX."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "hwlib"
# the students' half: all modules but those of the grading half and its command line
STUDENT_FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if "grading" not in path.relative_to(PACKAGE).parts and not re.match(r"cli|commands", path.stem)
]

SHOWN = """
import hwlib
from hwlib import checks as check
check.passed("the distances ≥ 0")
try:
    check.true(False, "A → B is wrong")
except check.CheckFailed as error:
    print("".join(error._render_traceback_()))
with check.context():
    check.remark("the same ‖W‖")
hwlib.doctor()
"""


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_a_console_that_lacks_characters_shows_similar_ones(tmp_path: Path, encoding: str) -> None:
    environment = {
        **os.environ,
        "PYTHONIOENCODING": encoding,
        "HWLIB_CACHE": str(tmp_path),
        "npm_config_registry": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-c", SHOWN], capture_output=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr.decode(encoding)
    text = done.stdout.decode(encoding)
    assert "OK the distances " in text and "X A -> B is wrong" in text
    assert "OK Python: " in text
    assert "    -> " in text  # a fix
    assert "hwlib.doctor()" in text or "Everything that hwlib needs is here." in text


def test_a_console_that_has_all_characters_shows_them() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    code = "import hwlib.checks as check; check.passed('A → B')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env=environment
    )
    assert done.stdout.decode("utf-8").startswith("✓ A → B")


# ---- no POSIX in the students' half ----

MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog", "curses"}
OF_OS = re.compile(
    r"fork\w*|killpg|(get|set)[erfsp]*[ug]id\w*|[gs]et(pgid|pgrp|sid|pgid|priority|groups)|l?chown"
    r"|fchmod|fchown|mkfifo|mknod|nice|sched_\w+|(f?path|sys)conf|uname|wait(3|4|id)?|W[A-Z]+"
    r"|getloadavg|openpty|pread\w*|pwrite\w*|sendfile|statvfs|fstatvfs|sync|register_at_fork"
    r"|posix_\w+|O_(NOFOLLOW|DIRECTORY|NONBLOCK|CLOEXEC|NOATIME|SYNC)|geteuid|chroot|ctermid"
)
OF_SIGNAL = re.compile(
    r"SIG(KILL|ALRM|CHLD|HUP|USR1|USR2|STOP|TSTP|CONT|PIPE|QUIT|XCPU|VTALRM|PROF)|alarm"
    r"|[gs]etitimer|pthread_\w+|sigwait\w*|pause"
)
GUARD = re.compile(r"sys\.platform|os\.name|hasattr\((os|signal),")


def posix_only(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each use of something that Windows does not have, outside a guard.

    A guard is an `if` (or a conditional expression) that asks for the system.
    """

    def visit(node: ast.AST, guarded: bool) -> Iterator[tuple[int, str]]:
        if isinstance(node, (ast.If, ast.IfExp)) and GUARD.search(ast.unparse(node.test)):
            guarded = True
        if not guarded:
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names if one.name.partition(".")[0] in MODULES]
            elif isinstance(node, ast.ImportFrom):
                pattern = {"os": OF_OS, "signal": OF_SIGNAL}.get(node.module or "")
                if (node.module or "").partition(".")[0] in MODULES:
                    names = [str(node.module)]
                elif pattern:
                    names = [one.name for one in node.names if pattern.fullmatch(one.name)]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                pattern = {"os": OF_OS, "signal": OF_SIGNAL}.get(node.value.id)
                if pattern and pattern.fullmatch(node.attr):
                    names = [f"{node.value.id}.{node.attr}"]
            for name in names:
                yield node.lineno, name  # type: ignore[attr-defined]
        for child in ast.iter_child_nodes(node):
            yield from visit(child, guarded)

    return visit(ast.parse(source), guarded=False)


def test_the_students_half_calls_nothing_that_windows_lacks() -> None:
    assert len(STUDENT_FILES) > 50
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {name}"
        for path in STUDENT_FILES
        for line, name in posix_only(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import fcntl", ["fcntl"]),
        ("import os\ndef f():\n    os.fork()\n", ["os.fork"]),
        ("from signal import SIGKILL", ["SIGKILL"]),
        ("import sys\nif sys.platform != 'win32':\n    import fcntl\n", []),
        ("import os\nx = os.sched_getaffinity(0) if hasattr(os, 'sched_getaffinity') else 1\n", []),
        ("import os\nos.replace('a', 'b')\nos.kill(1, 2)\n", []),
    ],
)
def test_a_use_outside_a_guard_is_found(source: str, names: list[str]) -> None:
    assert [name for _, name in posix_only(source)] == names


def test_files_are_read_and_written_with_their_encoding() -> None:
    """Without `encoding` Windows takes that of its console."""
    found = []
    for path in STUDENT_FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("read_text", "write_text")
                and not {"encoding"} & {one.arg for one in node.keywords}
                and "distribution" not in ast.unparse(node.func)
            ):
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert found == []
