"""What pages show of a student's outputs is bounded, whatever the worker or a picture says."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import nbformat
import pytest
from courses import hand_in, make_tiny, solved
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

from hwlib.commands import run
from hwlib.grading.engines.cell_outputs import MAX_CELL, MAX_OUTPUTS, MAX_TEXT, capped
from hwlib.grading.grade import GradeOptions, grade_assignment
from hwlib.grading.records.harmless import harmless_cell
from hwlib.grading.records.pictures import MAX_PIXELS, MAX_PIXELS_PAGE, Pictures

JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["output_type", "text", "name", "data", "ename", "evalue", "traceback"])
            | st.text(max_size=3),
            inner | st.sampled_from(["stream", "display_data", "error", "execute_result"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.lists(JSON, max_size=8))
@settings(deadline=None)
def test_any_outputs_become_valid_ones(outputs: list[Any]) -> None:
    cell = new_code_cell()
    cell.outputs = nbformat.from_dict(capped(outputs))
    nbformat.validate(new_notebook(cells=[cell]))


def test_long_outputs_are_cut() -> None:
    stream = {"output_type": "stream", "name": "stdout", "text": "x" * 10**7}
    assert [len(one["text"]) for one in capped([stream] * 3)] == [MAX_TEXT] * 3
    figure = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "x" * 10**6}}
    assert len(capped([figure] * 1000)) == MAX_CELL // 10**6
    empty = {**figure, "data": {}}
    assert len(capped([empty] * 1000)) == MAX_OUTPUTS


def test_a_worker_without_caps_changes_nothing(tmp_path: Path) -> None:
    assignment = make_tiny(tmp_path)
    code = (
        "import hwlib.grading.sandbox.shell as shell\n"
        "shell.MAX_TEXT = shell.MAX_RICH = shell.MAX_OUTPUTS = 10**9\n"
        "from IPython.display import display, HTML\n"
        "get_ipython().collected.room = 10**9\n"
        "print('x' * 5_000_000)\n"
        "for _ in range(300): display(HTML('y'))\n"
        "def double(x):\n    return 2 * x\n"
    )
    hand_in(assignment, "eve", solved(assignment, solution_double=code))
    root = assignment.course.root
    report = grade_assignment(assignment, root / "submitted", root, options=GradeOptions(seed=0))
    assert report.submissions[0].question("double").points == 3
    graded = json.loads((root / "autograded" / "eve" / "tiny" / "tiny.ipynb").read_text())
    (cell,) = [one for one in graded["cells"] if "MAX_TEXT" in "".join(one["source"])]
    assert 0 < len(json.dumps(cell["outputs"])) < 2 * MAX_TEXT
    assert len(cell["outputs"]) <= MAX_OUTPUTS


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\x9b5m"


def test_nothing_that_a_student_names_reaches_a_terminal_as_a_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = make_tiny(tmp_path)
    code = f"def double(x):\n    raise ValueError({HOSTILE!r})\n"
    folder = hand_in(assignment, f"eve{HOSTILE}", solved(assignment, solution_double=code))
    (folder / f"{HOSTILE}.py").write_text("x = 1")
    (folder / f"link{HOSTILE}").symlink_to("/etc/passwd")
    (folder / f"{HOSTILE}.ipynb").write_text("{")
    hand_in(assignment, f"bad{HOSTILE}", f"{HOSTILE}")
    monkeypatch.chdir(assignment.course.root)
    run(["grade", "tiny"])
    run(["grade", HOSTILE])
    shown = "".join(capsys.readouterr())
    assert "eve" in shown
    assert not [char for char in shown if char in "\x1b\x07\x9b\u202e"]


# ---- pictures ------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int) -> str:
    """A PNG file of that size, all black, of a few bytes for each line."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = zlib.compress(bytes(min((1 + (width + 7) // 8) * height, 10**6)))
    whole = chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + whole).decode()


def saved(kind: str, size: tuple[int, int], **options: Any) -> str:
    file = io.BytesIO()
    Image.new("1" if kind == "PNG" else "L", size).save(file, kind, **options)
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("size", [(1, 1), (640, 480), (5000, 5000)])
def test_pictures_that_a_browser_can_hold_are_kept(size: tuple[int, int]) -> None:
    assert Pictures().take(png(*size)) == png(*size)
    jpeg = saved("JPEG", size)
    assert Pictures().take(jpeg, "image/jpeg") == jpeg


def test_the_pictures_of_a_page_have_so_many_pixels_together() -> None:
    output = {"output_type": "display_data", "metadata": {}, "data": {"image/png": png(5000, 5000)}}
    room = Pictures()
    cells = [new_code_cell(outputs=[nbformat.from_dict(output)] * 3) for _ in range(3)]
    kept = [bool(one.data) for cell in cells for one in harmless_cell(cell, room).outputs]
    assert kept == [True] * 4 + [False] * 5
    assert MAX_PIXELS_PAGE == 4 * 5000 * 5000


@pytest.mark.parametrize(
    ("mime", "encoded"),
    [
        ("image/png", png(50_000, 50_000)),
        ("image/png", png(2**31 - 1, 1)),
        ("image/png", png(0, 0)),
        ("image/jpeg", saved("JPEG", (6000, 5000))),
        (
            "image/png",
            saved(
                "PNG",
                (2000, 2000),
                save_all=True,
                append_images=[Image.new("1", (2000, 2000), n % 2) for n in range(1, 9)],
            ),
        ),
        ("image/png", saved("JPEG", (2, 2))),
        ("image/png", base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 50).decode()),
    ],
    ids=["square", "line", "nothing", "JPEG", "animated", "another kind", "damaged"],
)
def test_pictures_that_unpack_to_gigabytes_are_left_out(mime: str, encoded: str) -> None:
    assert MAX_PIXELS < 6000 * 5000
    assert Pictures().take(encoded, mime) == ""
    output = {"output_type": "display_data", "metadata": {}, "data": {mime: encoded}}
    cell = new_code_cell(outputs=[nbformat.from_dict(output)])
    assert harmless_cell(cell).outputs[0].data == {}
