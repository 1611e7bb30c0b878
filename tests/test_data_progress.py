"""What progress bars write, on each kind of output."""

from __future__ import annotations

import os
import struct
import subprocess
import sys

import needs
import pytest

from hwlib.progress import progress

LOOP = "from hwlib.progress import progress\nfor _ in progress(range(3), desc='adding'): pass\n"


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "HWLIB_GRADING"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**clean, **environment},
        timeout=60,
    )


def test_short_work_writes_nothing_to_a_file() -> None:
    result = run(LOOP)
    assert (result.stdout, result.stderr) == ("", "")


def test_long_work_writes_plain_lines_to_a_file() -> None:
    code = (
        "import hwlib.progress as p, time\np._LINE_EVERY_S = 0.05\n"
        "with p.progress(total=2_000_000, desc='reading', unit='B') as bar:\n"
        "    for _ in range(4):\n        time.sleep(0.1); bar.update(500_000)\n"
    )
    lines = run(code).stderr.splitlines()
    assert len(lines) >= 3 and all(
        line.startswith("reading: ") and line.isprintable() for line in lines
    )
    assert "100%" in lines[-1] and "2.00M/2.00M" in lines[-1]


@needs.posix
@pytest.mark.parametrize("grading", [False, True])
def test_a_terminal_gets_a_bar_unless_grading(grading: bool) -> None:
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    # a new one has no columns
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "HWLIB_GRADING": "1" if grading else ""}
    subprocess.run(
        [sys.executable, "-c", LOOP], stderr=theirs, check=True, timeout=60, env=environment
    )
    os.close(theirs)
    try:
        written = os.read(ours, 10_000).decode()
    except OSError:  # Linux's way to say that a closed terminal has nothing left
        written = ""
    os.close(ours)
    assert written == "" if grading else "\radding: 100%" in written


def test_the_loop_is_the_same_when_silent(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HWLIB_GRADING", "1")
    assert list(progress(iter("abc"), total=3)) == ["a", "b", "c"]
    with progress(total=5, desc="work") as bar:
        bar.update(5)
        bar.set_description("done")
        bar.set_postfix_str("well")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("widgets", [True, False])
def test_a_notebook_gets_a_bar_and_no_warning_about_widgets(widgets: bool) -> None:
    needs.module("ipykernel")
    if widgets:
        needs.module("ipywidgets")
    code = f"""
import os, sys
os.environ.pop("HWLIB_GRADING", None)
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
cell = '''import sys, warnings; warnings.simplefilter("error")
if not {widgets}: sys.modules["ipywidgets"] = None
from hwlib.progress import progress
assert sum(progress(range(3), desc="adding")) == 3
'''
said = []
note = lambda message: said.append(str(message["content"]))
reply = client.execute_interactive(cell, timeout=60, output_hook=note)
client.stop_channels(); manager.shutdown_kernel(now=True)
print(reply["content"]["status"]); print("\\n".join(said))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    status, _, said = result.stdout.partition("\n")
    assert status == "ok", said
    assert "adding" in said and "TqdmWarning" not in said and "IProgress" not in said
    assert ("widget-view" in said) == widgets
