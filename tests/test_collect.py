"""Exports of other systems become submitted/: whose hand-in it is, and what no file may do."""

from __future__ import annotations

import io
import json
import stat
import struct
import time
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from random import Random

import nbformat
import pytest
from courses import make_assignment, make_tiny, solved
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from needs import linux

from hwlib.errors import CourseError
from hwlib.grading import Course
from hwlib.grading.outlets import exports
from hwlib.grading.outlets.collect import Roster, _has_in_it, collect
from hwlib.grading.outlets.exports import read_export, unpack_hand_in
from hwlib.grading.submissions.files import submission_in

NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
ROSTER = (
    "Name,SID,Email\n"
    '"Lovelace, Ada",s1,ada@example.org\n'
    "Zoë O'Neil,s2,zoe@example.org\n"
    "Grace Hopper,s3,grace@example.org\n"
)
METADATA = """\
---
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: s1
    :email: ada@example.org
  - :name: Grace Hopper
    :sid: s3
    :email: grace@example.org
  :created_at: 2027-02-01 10:00:00.000000000 Z
submission_12:
  :submitters:
  - :name: Zoë O'Neil
    :sid:
    :email: zoe@example.org
  :created_at: 2027-02-02 10:00:00.000000000 Z
submission_13:
  :submitters:
  - :name: Ada Lovelace
    :sid: s1
    :email: ada@example.org
  :created_at: 2027-02-03 10:00:00.000000000 Z
"""
EXPORTS: dict[str, dict[str, bytes]] = {
    "gradescope": {
        "assignment_1_export/submission_metadata.yml": METADATA.encode(),
        "assignment_1_export/submission_11/small.ipynb": NOTEBOOK + b" ",
        "assignment_1_export/submission_12/small.ipynb": NOTEBOOK,
        "assignment_1_export/submission_13/small.ipynb": NOTEBOOK,
        "assignment_1_export/submission_13/net.safetensors": b"weights",
    },
    "moodle": {
        "Ada Lovelace_1_assignsubmission_file/small.ipynb": NOTEBOOK,
        "Ada Lovelace_1_assignsubmission_file/net.safetensors": b"weights",
        "Zoë O'Neil_2_assignsubmission_file_small.ipynb": NOTEBOOK,
        "Grace Hopper_3_assignsubmission_file/small.ipynb": NOTEBOOK,
    },
    "canvas": {
        "lovelaceada_1_70_small.ipynb": NOTEBOOK,
        "lovelaceada_1_70_net.safetensors": b"weights",
        "oneilzoe_LATE_2_71_small-1.ipynb": NOTEBOOK,
        "hoppergrace_3_72_small.ipynb": NOTEBOOK,
    },
}


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name")  # names end at "\0"
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return make_assignment(tmp_path / "course").course


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return Roster(path)


def add_assignment(course: Course, slug: str, *stems: str) -> None:
    """An assignment of several notebooks, as far as `collect` needs it."""
    folder = course.root / "assignments" / slug
    folder.mkdir()
    for name in ("assignment.toml", *(f"{stem}.py" for stem in stems)):
        (folder / name).write_text("", encoding="utf-8")


def roster_of(folder: Path, text: str) -> Roster:
    path = folder / "class.csv"
    path.write_text(text, encoding="utf-8")
    return Roster(path)


def collected(
    course: Course, folder: Path, files: Mapping[str, bytes], roster: Roster | None, name: str = "x"
) -> dict[str, bytes]:
    """Everything in submitted/ after an export was collected."""
    (folder / f"{name}.zip").write_bytes(zipped(files))
    collect(course, [folder / f"{name}.zip"], folder / "submitted", roster)
    return everything(folder / "submitted")


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "timestamp.txt"
    }


@pytest.mark.parametrize("system", EXPORTS)
def test_each_systems_export_gives_each_student_their_files(
    course: Course, tmp_path: Path, roster: Roster, system: str
) -> None:
    found = collected(course, tmp_path, EXPORTS[system], roster)
    graded = {name: text for name, text in found.items() if not name.startswith(".earlier")}
    grace = NOTEBOOK + (b" " if system == "gradescope" else b"")  # she was in Ada's first group
    assert graded == {
        "s1/small/small.ipynb": NOTEBOOK,
        "s1/small/net.safetensors": b"weights",
        "s2/small/small.ipynb": NOTEBOOK,
        "s3/small/small.ipynb": grace,
    }


def test_the_latest_counts_and_earlier_ones_are_kept(
    course: Course, tmp_path: Path, roster: Roster
) -> None:
    found = collected(course, tmp_path, EXPORTS["gradescope"], roster)
    assert found[".earlier/s1/small/1/small.ipynb"] == NOTEBOOK + b" "
    stamp = (tmp_path / "submitted/s1/small/timestamp.txt").read_text("utf-8")
    assert stamp == "2027-02-03 10:00:00 UTC\n"
    # collecting the same again changes nothing that is graded; another export keeps the old one
    again = collected(course, tmp_path, {"ada-small.ipynb": NOTEBOOK + b"\n"}, roster, "s1-small")
    assert again["s1/small/ada-small.ipynb"] == NOTEBOOK + b"\n"
    assert again[".earlier/s1/small/2/net.safetensors"] == b"weights"


def test_a_systems_own_number_is_no_students_id(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("SID,Name\n1,Grace Hopper\n2,Ada Lovelace\n", encoding="utf-8")
    for files in (
        {"Ada Lovelace_1_assignsubmission_file/small.ipynb": NOTEBOOK},
        {"lovelaceada_1_2_small.ipynb": NOTEBOOK},
    ):
        assert collected(course, tmp_path, files, Roster(path)) == {"2/small/small.ipynb": NOTEBOOK}


def test_two_students_of_one_name_are_not_guessed(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("SID,Name\n1,Ada Lovelace\n2,Ada Lovelace\n", encoding="utf-8")
    files = {"Ada Lovelace_1_assignsubmission_file/small.ipynb": NOTEBOOK}
    with pytest.raises(CourseError, match="1 hand-in can't be matched") as caught:
        collected(course, tmp_path, files, Roster(path))
    assert "(1, 2); write Ada Lovelace_1 as the name of the right one" in str(caught.value)
    path.write_text("SID,Name\n1,Ada Lovelace\n2,Ada Lovelace_1\n", encoding="utf-8")
    assert list(collected(course, tmp_path, files, Roster(path))) == ["2/small/small.ipynb"]
    other = tmp_path / "other"
    other.mkdir()
    assert list(collected(course, other, files, None)) == ["Ada Lovelace_1/small/small.ipynb"]


MOODLES = "Identifier,Full name,ID number\nParticipant 7,{},s1\nParticipant 8,{},s2\n"
CANVAS = "Student,ID,SIS User ID,Section\nPoints Possible,,,\n{},7,s1,A\n{},8,s2,A\n"


@pytest.mark.parametrize(
    ("rows", "file", "student"),
    [
        (MOODLES, "{}_8_assignsubmission_file/small.ipynb", "s2"),
        (MOODLES, "{}_7_assignsubmission_file/small.ipynb", "s1"),
        (CANVAS, "{}_8_100_small.ipynb", "8"),
        (CANVAS, "{}_LATE_7_100_small.ipynb", "7"),
    ],
)
@pytest.mark.parametrize("names", [("Ada Lovelace", "Ada Lovelace"), ("Zoé Li", "Zoë Li")])
def test_the_systems_own_table_tells_students_of_one_name_apart(
    course: Course, tmp_path: Path, rows: str, file: str, student: str, names: tuple[str, str]
) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(rows.format(*names), encoding="utf-8")
    files = {file.format("lovelaceada" if names[0] == names[1] else "lizoe"): NOTEBOOK}
    if rows is MOODLES:
        files = {file.format(names[student == "s2"]): NOTEBOOK}
    assert list(collected(course, tmp_path, files, Roster(path))) == [
        f"{student}/small/small.ipynb"
    ]


@pytest.mark.parametrize(
    ("first", "second"), [("Zoé Li", "Zoë Li"), ("कवि राम", "कवी राम"), ("นก ใจดี", "นุก ใจดี")]
)
def test_the_spelling_tells_students_apart(
    course: Course, tmp_path: Path, first: str, second: str
) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(f"SID,Name\ns1,{first}\ns2,{second}\n", encoding="utf-8")
    files = {
        f"{name}_{number}_assignsubmission_file/small.ipynb": NOTEBOOK + bytes([number])
        for number, name in enumerate((first, second), 32)
    }
    found = collected(course, tmp_path, files, Roster(path))
    assert found == {
        "s1/small/small.ipynb": NOTEBOOK + b" ",
        "s2/small/small.ipynb": NOTEBOOK + b"!",
    }


def test_a_number_tells_nothing_by_itself(course: Course, tmp_path: Path) -> None:
    """Ids of the roster's own are no numbers of Moodle's."""
    path = tmp_path / "roster.csv"
    path.write_text("ID,Name\n1,Ada Lovelace\n2,Ada Lovelace\n", encoding="utf-8")
    files = {"Ada Lovelace_1_assignsubmission_file/small.ipynb": NOTEBOOK}
    with pytest.raises(CourseError, match="2 students of the roster could be meant"):
        collected(course, tmp_path, files, Roster(path))


@pytest.mark.parametrize(
    "other", ["Ada Lovelace_9_assignsubmission_file", "Lovelace Ada_9_assignsubmission_file"]
)
def test_who_takes_the_name_of_another_student_is_not_taken_for_them(
    course: Course, tmp_path: Path, roster: Roster, other: str
) -> None:
    files = {**EXPORTS["moodle"], f"{other}/small.ipynb": NOTEBOOK + b" "}
    with pytest.raises(CourseError, match="another account; find out whose it is"):
        collected(course, tmp_path, files, roster)
    assert not (tmp_path / "submitted").exists()


def test_a_zip_of_submit_names_its_student(course: Course, tmp_path: Path) -> None:
    files = {"small.ipynb": NOTEBOOK, "net.safetensors": b"w"}
    found = collected(course, tmp_path, files, None, "ada-small")
    assert found == {"ada/small/small.ipynb": NOTEBOOK, "ada/small/net.safetensors": b"w"}


def test_a_zip_that_was_handed_in_is_unpacked(
    course: Course, tmp_path: Path, roster: Roster
) -> None:
    inner = zipped({"small.ipynb": NOTEBOOK})
    found = collected(course, tmp_path, {"lovelaceada_1_7_small.zip": inner}, roster)
    assert found == {"s1/small/small.ipynb": NOTEBOOK}


@pytest.mark.parametrize("name", ["small.ipynb", "data/a.csv"])
def test_two_zips_with_files_of_one_name_lose_none(
    course: Course, tmp_path: Path, roster: Roster, name: str
) -> None:
    other = NOTEBOOK.replace(b"1", b"2") + b" "
    files = {
        "lovelaceada_1_7_small.zip": zipped({"small.ipynb": NOTEBOOK} | {name: NOTEBOOK}),
        "lovelaceada_1_8_more.zip": zipped({name: other, "b.csv": b"b"}),
    }
    found = collected(course, tmp_path, files, roster)
    assert found[f"s1/small/{name}"] == NOTEBOOK
    assert found[f"s1/small/more/{name}"] == other
    assert found["s1/small/b.csv"] == b"b"


def test_a_mismatch_lists_every_hand_in_and_writes_nothing(
    course: Course, tmp_path: Path, roster: Roster
) -> None:
    files = {
        "lovelaceada_1_70_small.ipynb": NOTEBOOK,
        "strangereve_9_71_small.ipynb": NOTEBOOK,
        "hoppergrace_3_72_other.ipynb": NOTEBOOK,
    }
    with pytest.raises(CourseError) as caught:
        collected(course, tmp_path, files, roster)
    lines = str(caught.value).splitlines()
    assert lines[0] == "2 hand-ins can't be matched, so nothing was written:"
    assert "strangereve" in lines[1]
    assert "other.ipynb" in lines[2]
    assert not (tmp_path / "submitted").exists()


SLIPS = [
    "../../evil",
    "/etc/evil",
    "..\\..\\evil",
    "a/../../../evil",
    "C:/evil",
    "x" * 300,
    ".bashrc",
    "a\x00b/../../evil",
]


@pytest.mark.parametrize("name", SLIPS)
@pytest.mark.parametrize("nested", [False, True])
def test_no_name_leaves_the_students_folder(
    course: Course, tmp_path: Path, roster: Roster, name: str, nested: bool
) -> None:
    files = {"small.ipynb": NOTEBOOK, name: b"evil"}
    inside = "Ada Lovelace_1_assignsubmission_file"
    export = (
        {f"{inside}/all.zip": zipped(files)}
        if nested
        else {f"{inside}/{key}": content for key, content in files.items()}
    )
    before = set(tmp_path.parent.rglob("*evil*"))
    found = collected(course, tmp_path, export, roster)
    assert all(place.startswith("s1/small/") for place in found)
    if name != ".bashrc" and "evil" in name and not (name == "/etc/evil" and not nested):
        outside = set(tmp_path.parent.rglob("*evil*")) - before
        assert all((tmp_path / "submitted/s1/small") in path.parents for path in outside)
    assert not Path("/etc/evil").exists()


FORGED = b"".join(
    b"%s:\n  :submitters:\n  - :sid: s2\n" % name
    for name in (b"submission_11", b"submission_13", b"x", b"Grace Hopper_3_assignsubmission_file")
)


@pytest.mark.parametrize(
    ("system", "place"),
    [
        ("gradescope", "assignment_1_export/submission_11"),
        ("gradescope", "assignment_1_export/submission_11/assignment_1_export"),
        ("moodle", "Ada Lovelace_1_assignsubmission_file"),
        ("moodle", "Ada Lovelace_1_assignsubmission_file/x"),
    ],
)
def test_no_file_of_a_student_says_whose_hand_ins_are_whose(
    course: Course, tmp_path: Path, roster: Roster, system: str, place: str
) -> None:
    forged = {f"{place}/submission_metadata.yml": FORGED, f"{place}/x/small.ipynb": NOTEBOOK}
    found = collected(course, tmp_path, {**forged, **EXPORTS[system]}, roster)
    assert found["s2/small/small.ipynb"] == NOTEBOOK
    assert found["s3/small/small.ipynb"].strip() == NOTEBOOK
    assert not [name for name in found if "s2/" in name and name != "s2/small/small.ipynb"]


@pytest.mark.parametrize("name", ["timestamp.txt", "TimeStamp.TXT"])
@pytest.mark.parametrize("nested", [False, True])
def test_no_file_of_a_student_says_when_it_was_handed_in(
    course: Course, tmp_path: Path, roster: Roster, name: str, nested: bool
) -> None:
    early = {name: b"2001-01-01 00:00:00 UTC\n"}
    handed_in = {"all.zip": zipped(early)} if nested else early
    place = "assignment_1_export/submission_13"
    files = {f"{place}/{key}": content for key, content in handed_in.items()}
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({**EXPORTS["gradescope"], **files}))
    done = collect(course, [path], tmp_path / "submitted", roster)
    ada = next(one for one in done if one.student == "s1")
    assert ada.problems == (f"{name} was left out: `hw collect` writes it",)
    stamps = [one for one in ada.folder.iterdir() if one.name.lower() == "timestamp.txt"]
    assert [one.read_text("utf-8") for one in stamps] == ["2027-02-03 10:00:00 UTC\n"]


def test_a_student_whose_id_begins_with_new_keeps_earlier_hand_ins(
    course: Course, tmp_path: Path
) -> None:
    place = "{}_1_assignsubmission_file/small.ipynb"
    for text in (NOTEBOOK, NOTEBOOK + b" "):
        found = collected(course, tmp_path, {place.format("new-ada"): text}, None)
    found = collected(course, tmp_path, {place.format("ada"): NOTEBOOK}, None)
    assert [text for name, text in found.items() if name.startswith(".earlier")] == [NOTEBOOK]


def test_a_bomb_a_link_and_a_broken_zip_are_left_out(
    course: Course, tmp_path: Path, roster: Roster
) -> None:
    folder = "Ada Lovelace_1_assignsubmission_file"
    path = tmp_path / "x.zip"
    link = zipfile.ZipInfo(f"{folder}/link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{folder}/small.ipynb", NOTEBOOK)
        archive.writestr(f"{folder}/bomb.txt", bytes(101_000_000))
        archive.writestr(link, "/etc/passwd")
        archive.writestr(f"{folder}/broken.zip", b"PK no zip")
    (one,) = collect(course, [path], tmp_path / "submitted", roster)
    assert [problem.partition(" ")[0] for problem in one.problems] == [
        "bomb.txt",
        "link.txt",
        "broken.zip",
    ]
    assert list(everything(tmp_path / "submitted")) == ["s1/small/small.ipynb"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Name\nAda\n", "roster.csv:2: this row has no id"),
        ("SID\ns1\ns1\n", "roster.csv:3: the id 's1' is there twice"),
    ],
)
def test_a_wrong_roster_has_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="roster") as caught:
        Roster(path)
    assert complaint in str(caught.value)


def test_a_damaged_zip_in_a_hand_in_costs_itself() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tiny.ipynb", "a notebook " * 1000)
    damaged = bytearray(stream.getvalue())
    damaged[45:60] = bytes(15)
    one = unpack_hand_in(bytes(damaged), "ada.zip")
    assert not one.files
    (problem,) = one.problems
    assert problem.startswith("ada.zip was left out: cannot open this zip (")


NAMES = {
    "as long as a disk allows, in two bytes each": "é" * 125 + ".txt",
    "in four bytes each": "𝔸" * 62 + ".txt",
    "control characters, each shown as four": "\x01" * 120 + ".txt",
    "many folders": "folder/" * 700 + "a.txt",
    "a folder as long as a disk allows": "x" * 255 + "/a.txt",
    "longer than a disk allows": "x" * 252 + ".txt",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("place", ["Ada Lovelace_1_assignsubmission_file/", ""])
def test_no_name_of_a_file_stops_the_class(
    course: Course, tmp_path: Path, roster: Roster, name: str, place: str
) -> None:
    files = {f"{place}{name}": b"x", f"{place}small.ipynb": NOTEBOOK}
    path = tmp_path / ("x.zip" if place else "s1-small.zip")
    path.write_bytes(zipped(files))
    (one,) = collect(course, [path], tmp_path / "submitted", roster)
    kept = [path for path in one.folder.rglob("*.txt") if path.name != "timestamp.txt"]
    assert (one.folder / "small.ipynb").read_bytes() == NOTEBOOK
    assert len(kept) + len(one.problems) == 1
    assert all("its name is not possible on a disk" in line for line in one.problems)


@pytest.mark.parametrize("nested", [False, True])
def test_what_takes_long_to_unpack_costs_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nested: bool
) -> None:
    """One name many times, and zips of it: what is kept is small, what is unpacked is not."""
    monkeypatch.setattr(exports, "MAX_UNPACKED", 400_000)
    large, names = bytes(30_000), [f"{number}.zip" for number in range(30)]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Duplicate name")
        for name in names:
            archive.writestr("again.txt", large)
            archive.writestr(name, zipped({"again.txt": large}))
    if nested:
        path = tmp_path / "x.zip"
        path.write_bytes(zipped({"Ada_1_assignsubmission_file/all.zip": stream.getvalue()}))
        (one,) = read_export(path)
    else:
        one = unpack_hand_in(stream.getvalue(), "ada.zip")
    left_out = [line for line in one.problems if line.endswith("there is too much to unpack")]
    assert len(left_out) >= 30 - 400_000 // 30_000
    assert one.unpacked <= 400_000
    assert one.files["again.txt"] == large


def test_a_zip_with_endless_entries_is_not_listed(tmp_path: Path) -> None:
    whole = zipped({"small.ipynb": NOTEBOOK})
    place, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entry, count = whole[place:end], 100_001
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, count * len(entry), place, 0)
    endless = whole[:place] + entry * count + tail
    begun = time.process_time()
    (problem,) = unpack_hand_in(endless, "ada.zip").problems
    assert "more than 100,000 entries" in problem
    assignment = make_assignment(tmp_path / "course")
    folder = tmp_path / "ada" / "small"
    folder.mkdir(parents=True)
    (folder / "small.zip").write_bytes(endless)
    found = submission_in(folder, assignment)
    assert found.text is None and "more than 100,000 entries" in found.problems[0]
    assert time.process_time() - begun < 0.5  # to list them takes a second, and 100 MB
    (folder / "small.zip").write_bytes(whole)
    assert submission_in(folder, assignment).text == NOTEBOOK.decode()


def test_only_a_students_own_zip_has_the_time_of_the_students_computer(
    course: Course, tmp_path: Path, roster: Roster
) -> None:
    for name, files in EXPORTS.items():
        (tmp_path / f"{name}.zip").write_bytes(zipped(files))
        found = collect(course, [tmp_path / f"{name}.zip"], tmp_path / "submitted", roster)
        assert not any(one.own_time for one in found)
    (tmp_path / "s1-small.zip").write_bytes(zipped({"small.ipynb": NOTEBOOK + b"  "}))
    (one,) = collect(course, [tmp_path / "s1-small.zip"], tmp_path / "own")
    assert one.own_time


@pytest.mark.parametrize("content", [b"", b"no zip", zipped({}), zipped({"readme.txt": b"x"})])
def test_what_is_no_export_is_refused(course: Course, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(CourseError, match=r"cannot open this zip|expected an export"):
        collect(course, [path], tmp_path / "submitted")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.text(min_size=1, max_size=12), st.binary(max_size=9), max_size=4))
def test_whatever_the_names_files_stay_in_the_students_folder(
    course: Course, tmp_path: Path, roster: Roster, files: dict[str, bytes]
) -> None:
    folder = "Ada Lovelace_1_assignsubmission_file"
    before = {path for path in tmp_path.rglob("*") if "submitted" not in path.parts}
    found = collected(
        course,
        tmp_path,
        {f"{folder}/small.ipynb": NOTEBOOK, **{f"{folder}/{k}": v for k, v in files.items()}},
        roster,
    )
    assert all(name.startswith(("s1/small/", ".earlier/s1/small/")) for name in found)
    after = {path for path in tmp_path.rglob("*") if "submitted" not in path.parts}
    assert after - before <= {tmp_path / "x.zip"}


# ---- which one counts ----------------------------------------------------------------------------


def tiny_hand_ins(root: Path) -> tuple[Course, Path, dict[str, bytes]]:
    """A course, an export in which s1 hands in a better notebook first, and the notebooks."""
    assignment = make_tiny(root / "course")
    wrong = "def half(x):\n    return x\n"
    notebooks = {
        "better": nbformat.writes(solved(assignment)).encode(),
        "worse": nbformat.writes(solved(assignment, solution_half=wrong)).encode(),
    }
    export = {
        "a/submission_metadata.yml": METADATA.replace(
            "Grace Hopper\n    :sid: s3", "B\n    :sid: s9"
        ),
        "a/submission_11/tiny.ipynb": notebooks["better"],
        "a/submission_12/tiny.ipynb": notebooks["worse"],
        "a/submission_13/tiny.ipynb": notebooks["worse"],
    }
    files = {
        name: text.encode() if isinstance(text, str) else text for name, text in export.items()
    }
    path = root / "export.zip"
    path.write_bytes(zipped(files))
    return assignment.course, path, notebooks


def test_the_same_export_again_keeps_no_hand_in_twice(tmp_path: Path) -> None:
    course, export, _ = tiny_hand_ins(tmp_path)
    before = None
    for _ in range(3):
        collect(course, [export], tmp_path / "submitted")
        now = sorted(path.relative_to(tmp_path) for path in (tmp_path / "submitted").rglob("*"))
        assert before in (None, now)
        before = now


@linux
def test_the_best_hand_in_counts_where_that_is_asked_for(tmp_path: Path) -> None:
    course, export, notebooks = tiny_hand_ins(tmp_path)
    submitted = tmp_path / "submitted"
    for _ in range(2):  # the second time, the latest is in .earlier/
        found = {one.student: one for one in collect(course, [export], submitted, keep="best")}
        assert (found["s1"].best, found["s1"].latest, found["s1"].earlier) == (8, 4, 1)
        assert (found["zoe@example.org"].best, found["zoe@example.org"].earlier) == (None, 0)
        assert (submitted / "s1" / "tiny" / "tiny.ipynb").read_bytes() == notebooks["better"]
        (kept,) = (submitted / ".earlier" / "s1" / "tiny").iterdir()
        assert (kept / "tiny.ipynb").read_bytes() == notebooks["worse"]
        assert (kept / "timestamp.txt").read_text() == "2027-02-03 10:00:00 UTC\n"
    collect(course, [export], submitted)
    assert (submitted / "s1" / "tiny" / "tiny.ipynb").read_bytes() == notebooks["worse"]
    (kept,) = (submitted / ".earlier" / "s1" / "tiny").iterdir()
    assert (kept / "tiny.ipynb").read_bytes() == notebooks["better"]


@linux
def test_of_equally_good_hand_ins_the_latest_counts(tmp_path: Path) -> None:
    course, export, notebooks = tiny_hand_ins(tmp_path)
    spaced = notebooks["worse"] + b"\n"
    files = {
        "a/submission_metadata.yml": METADATA.encode(),
        "a/submission_11/tiny.ipynb": notebooks["worse"],
        "a/submission_13/tiny.ipynb": spaced,
    }
    export.write_bytes(zipped(files))
    (one, *_) = collect(course, [export], tmp_path / "submitted", keep="best")
    assert (one.student, one.best, one.latest) == ("s1", 4, 4)
    assert (tmp_path / "submitted" / "s1" / "tiny" / "tiny.ipynb").read_bytes() == spaced


# ---- names, times and files of exports ----


def test_moodles_folder_may_end_with_a_line(course: Course, tmp_path: Path, roster: Roster) -> None:
    files = {
        "Ada Lovelace_1_assignsubmission_file_/small.ipynb": NOTEBOOK,
        "Ada Lovelace_1_assignsubmission_onlinetext_/onlinetext.html": b"<p>See the file.</p>",
        "Grace Hopper_3_assignsubmission_file/small.ipynb": NOTEBOOK,
    }
    assert set(collected(course, tmp_path, files, roster)) == {
        "s1/small/small.ipynb",
        "s3/small/small.ipynb",
    }


@pytest.mark.parametrize(
    ("system", "name"),
    [
        ("canvas", "anon_aB3de_74_small.ipynb"),
        ("canvas", "nobody.ipynb"),
        ("moodle", "Zoë O'Neil/small.ipynb"),
        ("gradescope", "assignment_1_export/submission_99/small.ipynb"),
    ],
)
def test_a_file_whose_student_cannot_be_told_is_listed(
    course: Course, tmp_path: Path, roster: Roster, system: str, name: str
) -> None:
    part = name.removeprefix("assignment_1_export/").partition("/")[0]
    with pytest.raises(CourseError, match=rf"1 hand-in can't be matched(.|\n)*{part}"):
        collected(course, tmp_path, {**EXPORTS[system], name: NOTEBOOK}, roster)
    assert not (tmp_path / "submitted").exists()


def test_canvas_names_may_have_lines_and_files_no_ending(course: Course, tmp_path: Path) -> None:
    files = {"o_neilbob_13_40_small.ipynb": NOTEBOOK, "o_neilbob_13_41_Makefile": b"all:"}
    assert collected(course, tmp_path, files, None) == {
        "o_neilbob_13/small/small.ipynb": NOTEBOOK,
        "o_neilbob_13/small/Makefile": b"all:",
    }


def test_an_anonymous_export_is_no_student(course: Course, tmp_path: Path) -> None:
    files = {f"anon_{who}_34_small.ipynb": NOTEBOOK for who in ("aBcDe", "QqQqQ")}
    with pytest.raises(CourseError, match="2 files without their students' names"):
        collected(course, tmp_path, files, None, "submissions")
    several = {"ada_small.ipynb": NOTEBOOK, "bob_small.ipynb": NOTEBOOK}
    with pytest.raises(CourseError, match="name the assignment"):
        collected(course, tmp_path, several, None, "submissions")


def test_a_students_zip_may_hold_files_with_names_as_canvas_gives_them(
    course: Course, tmp_path: Path
) -> None:
    files = {"small.ipynb": NOTEBOOK, "run_1_2_data.csv": b"1,2"}
    found = collected(course, tmp_path, files, None, "ada-small")
    assert found == {f"ada/small/{name}": content for name, content in files.items()}


def test_no_file_of_a_hand_in_takes_the_place_of_another(course: Course, tmp_path: Path) -> None:
    canvas = {
        "lovelaceada_1_9_small-1.ipynb": b"new " + NOTEBOOK,
        "lovelaceada_1_2_small.ipynb": NOTEBOOK,
        "lovelaceada_1_3_data-1.csv": b"one",
        "lovelaceada_1_4_data-2.csv": b"two",
        "lovelaceada_1_5_model-100.safetensors": b"w",
    }
    found = collected(course, tmp_path, canvas, None)
    assert {name.rpartition("/")[2]: content for name, content in found.items()} == {
        "small.ipynb": b"new " + NOTEBOOK,
        "data-1.csv": b"one",
        "data-2.csv": b"two",
        "data.csv": b"two",
        "model-100.safetensors": b"w",
        "model.safetensors": b"w",
    }
    for order in (1, -1):
        beside = {"small.ipynb": NOTEBOOK, "x.zip": zipped({"small.ipynb": b"old"})}
        files = {f"Ada_1_assignsubmission_file/{name}": beside[name] for name in [*beside][::order]}
        path = tmp_path / f"beside{order}.zip"
        path.write_bytes(zipped(files))
        (one,) = collect(course, [path], tmp_path / f"beside{order}")
        assert (one.folder / "small.ipynb").read_bytes() == NOTEBOOK
        assert one.problems == (
            "small.ipynb of a zip was left out: it was handed in beside it, too",
        )


@pytest.mark.parametrize("system", ["moodle", "canvas"])
def test_a_time_that_the_system_does_not_tell_is_not_made_up(
    course: Course, tmp_path: Path, roster: Roster, system: str
) -> None:
    (tmp_path / "x.zip").write_bytes(zipped(EXPORTS[system]))
    found = collect(course, [tmp_path / "x.zip"], tmp_path / "submitted", roster)
    assert all(one.no_time and not (one.folder / "timestamp.txt").exists() for one in found)
    assert [one.student for one in found if one.late] == (["s2"] if system == "canvas" else [])


def test_an_older_hand_in_that_is_collected_later_is_an_earlier_one(
    course: Course, tmp_path: Path, roster: Roster
) -> None:
    for day, name in ((9, "new"), (2, "old")):
        text = METADATA.replace("2027-02-0", "2027-03-0").replace("03-03", f"03-{day:02}")
        text = text[: text.index("submission_11")] + text[text.index("submission_13") :]
        (tmp_path / f"{name}.zip").write_bytes(
            zipped(
                {"submission_metadata.yml": text.encode(), "submission_13/small.ipynb": NOTEBOOK}
                if name == "new"
                else {
                    "submission_metadata.yml": text.encode(),
                    "submission_13/small.ipynb": NOTEBOOK + b" ",
                }
            )
        )
        (one,) = collect(course, [tmp_path / f"{name}.zip"], tmp_path / "submitted", roster)
    assert "older than what is there" in one.problems[-1]
    assert everything(tmp_path / "submitted") == {
        "s1/small/small.ipynb": NOTEBOOK,
        ".earlier/s1/small/1/small.ipynb": NOTEBOOK + b" ",
    }


@pytest.mark.parametrize(
    "damage", ["!ruby/object:BigDecimal 1", "\t\tx: [", "\x07", "2027-02-30 10:00:00"]
)
def test_a_table_of_gradescopes_that_cannot_be_read_is_an_error_in_words(
    course: Course, tmp_path: Path, roster: Roster, damage: str
) -> None:
    files = {**EXPORTS["gradescope"]}
    files["assignment_1_export/submission_metadata.yml"] = f"{METADATA}  :x: {damage}\n".encode()
    with pytest.raises(CourseError, match=r"cannot read submission_metadata\.yml"):
        collected(course, tmp_path, files, roster)


@pytest.mark.parametrize("name", ["ada-small (1)", "ada-small - Copy", "ada-Small", "ada_small"])
def test_what_a_browser_adds_to_a_name_makes_no_other_student(
    course: Course, tmp_path: Path, name: str
) -> None:
    assert collected(course, tmp_path, {"small.ipynb": NOTEBOOK}, None, name) == {
        "ada/small/small.ipynb": NOTEBOOK
    }


def test_two_ids_of_one_folder_are_not_merged(course: Course, tmp_path: Path) -> None:
    text = METADATA.replace(":sid: s1", ":sid: a/b").replace(":sid: s3", ":sid: a_b")
    files = {**EXPORTS["gradescope"], "assignment_1_export/submission_metadata.yml": text.encode()}
    with pytest.raises(CourseError, match="can't be matched"):
        collected(course, tmp_path, files, None)


def test_a_short_name_is_not_found_inside_a_word() -> None:
    for stem, found in [
        ("My em", True),
        ("em (1)", True),
        ("EM_final", True),
        ("hw5-em", True),
        ("MyEM2", True),
        ("emma_homework", False),
        ("My problem 3", False),
        ("Hemanth-HW1", False),
    ]:
        assert _has_in_it(stem, "em") is found
    assert _has_in_it("mysoftmaxnew", "softmax")


def test_a_damaged_zip_is_named_where_nothing_else_was_handed_in(
    course: Course, tmp_path: Path, roster: Roster
) -> None:
    files = {"Ada Lovelace_7_assignsubmission_file/small.zip": b"PK no zip"}
    with pytest.raises(CourseError, match=r"no file; small\.zip was left out: cannot open"):
        collected(course, tmp_path, files, roster)


# ---- numbers that Canvas writes ----


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (["part-1", "part-2"], {"part-1": 0, "part-2": 1}),
        (["part-1-1", "part-2-3"], {"part-1": 0, "part-2": 1}),
        (["part-1", "part-1-1"], {"part-1": 1}),
        (["small", "exp-1", "exp-2"], {"small": 0, "exp-1": 1, "exp-2": 2}),
        (["small", "small-1"], {"small": 1}),
        (["small-1", "small-2"], {"small-1": 0, "small": 1}),
        (["small-1", "small"], {"small-1": 0, "small": 1}),
        (["small", "exp", "exp-1"], {"small": 0, "exp": 1, "exp-1": 2}),
    ],
)
def test_a_number_in_a_notebooks_own_name_is_none_of_canvass(
    course: Course, tmp_path: Path, names: list[str], kept: dict[str, int]
) -> None:
    add_assignment(course, "parts", "part-1", "part-2")
    files = {
        f"lovelaceada_1_{101 + number}_{name}.ipynb": NOTEBOOK + b" " * number
        for number, name in enumerate(names)
    }
    for order in (1, -1):
        turned = dict([*files.items()][::order])
        (tmp_path / "x.zip").write_bytes(zipped(turned))
        (one,) = collect(course, [tmp_path / "x.zip"], tmp_path / f"submitted{order}")
        assert {
            path.stem: len(path.read_bytes()) - len(NOTEBOOK) for path in one.folder.iterdir()
        } == kept
        assert len(one.problems) == len(names) - len(kept)
        assert all("was left out" in line and "has replaced it" in line for line in one.problems)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["part", "part-1", "exp", "data"]),
            st.sampled_from(["", "-1", "-2", "-1-1"]),
            st.sampled_from([".ipynb", ".csv", ""]),
        ),
        min_size=1,
        max_size=7,
        unique=True,
    ),
    st.randoms(use_true_random=False),
    st.sampled_from([(), ("part",), ("part-1", "part-2")]),
)
def test_no_file_of_canvass_is_lost_in_silence(
    tmp_path_factory: pytest.TempPathFactory,
    names: list[tuple[str, str, str]],
    random: Random,
    stems: tuple[str, ...],
) -> None:
    files = {
        f"lovelaceada_1_{number}_{''.join(name)}": b"%d" % number
        for number, name in enumerate(names, 100)
    }
    order = random.sample([*files.items()], len(files))
    path = tmp_path_factory.mktemp("canvas") / "x.zip"
    path.write_bytes(zipped(dict(order)))
    (one,) = read_export(path, stems)
    lost = set(files.values()) - set(one.files.values())
    assert len(lost) <= len(one.problems)
    assert all("was left out" in problem for problem in one.problems)
    for stem in stems:  # a notebook of the course has its name, and what was handed in last
        last = [content for name, content in files.items() if name.endswith(f"_{stem}.ipynb")]
        assert one.files.get(f"{stem}.ipynb", b"") >= (last or [b""])[0]


# ---- teams, and rosters as they come ----


TEAMS = {
    "Team Rocket-Ada Lovelace_7": ["s1"],
    "Team Rocket-Zoe ONeil_99": ["s2"],
    "A-B-C-Jean-Luc Picard_9": ["s4"],
    "-Grace Hopper_3": ["s3"],
    "Team-s1_7": [],
    "Rocket Ada Lovelace_7": [],
    "Team-Lovelace Ada and others_7": [],
    "Team-Ada Lovelace-Bob_7": [],
    "Team-Jo Li_12": ["s6"],
    "Team-Jo Li_13": ["s5", "s6"],
    "Jo-Ann Li_14": ["s7"],
}


@pytest.mark.parametrize("place", TEAMS)
def test_a_teams_name_stands_before_the_students(tmp_path: Path, place: str) -> None:
    known = roster_of(
        tmp_path,
        "Identifier,Full name,ID number\n"
        "Participant 7,Ada Lovelace,s1\nParticipant 8,Zoë O'Neil,s2\n"
        "Participant 10,Grace Hopper,s3\nParticipant 9,Jean-Luc Picard,s4\n"
        "Participant 11,Jo Li,s5\nParticipant 12,Jo Li,s6\nParticipant 14,Jo-Ann Li,s7\n"
        "Participant 15,Ann Li,s8\n",
    )
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({f"{place}_assignsubmission_file/small.ipynb": NOTEBOOK}))
    (one,) = read_export(path)
    assert sorted(known.students(one)) == TEAMS[place]
    assert known.id_of(place) == (TEAMS[place][0] if len(TEAMS[place]) == 1 else None)


@pytest.mark.parametrize(("number", "told"), [(7, 0), (8, 1), (99, 1)])
def test_a_match_by_the_end_of_a_name_is_told_unless_the_number_says_the_same(
    course: Course, tmp_path: Path, number: int, told: int
) -> None:
    known = roster_of(tmp_path, MOODLES.format("Marie Curie", "Bob Bee"))
    place = f"Anne-Marie Curie_{number}_assignsubmission_file"
    (tmp_path / "x.zip").write_bytes(zipped({f"{place}/small.ipynb": NOTEBOOK}))
    (one,) = collect(course, [tmp_path / "x.zip"], tmp_path / "submitted", known)
    assert one.student == "s1"
    assert (
        one.problems
        == ("Anne-Marie Curie was read as a team's name and this student's; check it",)[:told]
    )


@pytest.mark.parametrize("above", ["", ",,,,,Manual Posting\n", ",,,,,\n,,,,,Manual Posting\n"])
@pytest.mark.parametrize("points", ["    Points Possible,,,,,10\n", "Points Possible,,,,,\n", ""])
def test_rows_of_canvass_own_are_no_students(tmp_path: Path, above: str, points: str) -> None:
    headings = "Student,ID,SIS User ID,SIS Login ID,Section,Small (4711)\n"
    text = f'{headings}{above}{points}"Lovelace, Ada",7,s1,ada,A,\n'
    if above.strip(",\n") and not points:
        with pytest.raises(CourseError, match=r"class\.csv:[23]: this row has no id"):
            roster_of(tmp_path, text)
        return
    assert list(roster_of(tmp_path, text).rows) == ["7"]
    with pytest.raises(CourseError, match="this row has no id"):  # below them, nobody is left out
        roster_of(tmp_path, f"{text},,,,,10\n")


@pytest.mark.parametrize("heading", ["SID", "Matrikelnummer", "ID", "Anmeldename"])
def test_a_formula_of_excels_that_keeps_zeros_is_the_text_in_it(
    tmp_path: Path, heading: str
) -> None:
    rows = f'{heading},="Name"\n="001",="Ada ""A."" Lovelace"\n"=""002""",=1\n='
    known = roster_of(tmp_path, f"{rows},Bob\n")
    assert [*known.rows.values()] == [
        {heading.lower(): "001", "name": 'Ada "A." Lovelace'},
        {heading.lower(): "002", "name": "=1"},
        {heading.lower(): "=", "name": "Bob"},
    ]


@pytest.mark.parametrize("word", ["Participant ", "Teilnehmer/in", "Teilnehmer ", "Participante "])
@pytest.mark.parametrize(
    "headings",
    [
        "Identifier,Full name,Email address",
        "ID,Vollständiger Name,E-Mail-Adresse",
        "Identifiant,Nom complet,Adresse de courriel",
        "Identificador,Nombre completo,Dirección de correo",
    ],
)
@pytest.mark.parametrize("more", ["", "ID-Nummer", "ID number", "Numéro d’identification"])
def test_moodles_worksheet_is_understood_in_its_language(
    tmp_path: Path, word: str, headings: str, more: str
) -> None:
    known = roster_of(
        tmp_path,
        f"{headings},Status{',' if more else ''}{more}\n"
        f"{word}7,Ada Lovelace,ada@example.org,ok{',s1' if more else ''}\n"
        f"{word}8,Ada Lovelace,bob@example.org,ok{',s2' if more else ''}\n",
    )
    students = ["s1", "s2"] if more else ["ada@example.org", "bob@example.org"]
    assert list(known.rows) == students
    place = "Ada Lovelace_{}_assignsubmission_file/small.ipynb"
    (tmp_path / "x.zip").write_bytes(zipped({place.format(n): NOTEBOOK for n in (7, 8)}))
    assert [known.student(one) for one in read_export(tmp_path / "x.zip")] == students


def test_an_id_that_looks_like_a_participant_stays_one_without_another(tmp_path: Path) -> None:
    assert list(roster_of(tmp_path, "ID,Name\nparticipant7,Ada\n").rows) == ["participant7"]
    assert list(roster_of(tmp_path, "ID,Name,Email\nst7,Ada,a@b.c\n").rows) == ["st7"]


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("SID,Vollst. Name\ns1,Ada Lovelace\n", "SID as the id, and not Vollst. Name"),
        ("SID,Email\ns1,a@b.c\n", "SID as the id, Email as the email"),
        (
            "ID,Naam,E-Mail\nTeilnehmer/in7,Ada Lovelace,a@b.c\n",
            "ID as Moodle's number, E-Mail as the email, and not Naam",
        ),
    ],
)
def test_a_roster_without_names_says_what_was_understood(
    course: Course, tmp_path: Path, text: str, understood: str
) -> None:
    known = roster_of(tmp_path, text)
    files = {"Ada Lovelace_7_assignsubmission_file/small.ipynb": NOTEBOOK}
    with pytest.raises(CourseError) as caught:
        collected(course, tmp_path, files, known)
    assert str(caught.value).endswith(
        f"no column of names was understood, only {understood}; give the column of names the "
        "heading Name"
    )


# ---- which assignment, and whose ----


@pytest.mark.parametrize("name", ["small", "small (1)", "Small", "-small", "_small - Copy"])
@pytest.mark.parametrize("has_roster", [True, False])
def test_a_zip_of_submit_without_a_student_says_how_to_name_it(
    course: Course, tmp_path: Path, roster: Roster, name: str, has_roster: bool
) -> None:
    with pytest.raises(CourseError, match=r"rename it STUDENT-(small|Small)\.zip$"):
        collected(course, tmp_path, {"small.ipynb": NOTEBOOK}, roster if has_roster else None, name)


@pytest.mark.parametrize(
    ("stems", "slug"),
    [
        (["a_means (1)", "b_models (1)"], "trio"),
        (["b_models (1)"], "trio"),
        (["my c-trees final"], "trio"),
        (["intro", "b_models (1)"], "trio"),
        (["intro (1)", "d_last (2)"], "duo"),
        (["intro", "d_last"], "duo"),
        (["intro"], ""),
        (["intro (1)", "intro"], ""),
        (["a_means (1)", "d_last (1)"], ""),
        (["b_models", "d_last"], ""),
        (["a_small (1)"], "trio"),  # and not small
        (["small (1)"], "small"),
        (["other"], ""),
    ],
)
def test_one_notebook_that_only_one_assignment_has_tells_which_it_is(
    course: Course, tmp_path: Path, stems: list[str], slug: str
) -> None:
    add_assignment(course, "trio", "a_means", "b_models", "c_trees", "a_small", "intro")
    add_assignment(course, "duo", "intro", "d_last")
    place = "Ada_1_assignsubmission_file"
    files = {f"{place}/{stem}.ipynb": NOTEBOOK for stem in stems}
    if not slug:
        with pytest.raises(CourseError, match="name the assignment with --assignment"):
            collected(course, tmp_path, files, None)
        return
    assert {name.split("/")[1] for name in collected(course, tmp_path, files, None)} == {slug}


@pytest.mark.parametrize("system", ["known", "unknown", "has another"])
def test_a_submission_without_files_is_told_and_stops_nobody(
    course: Course, tmp_path: Path, roster: Roster, system: str
) -> None:
    files = dict(EXPORTS["gradescope"])
    gone = "submission_11" if system == "has another" else "submission_12"
    del files[f"assignment_1_export/{gone}/small.ipynb"]
    if system == "unknown":
        place = "assignment_1_export/submission_metadata.yml"
        files[place] = METADATA.replace("zoe@", "eve@").replace("Zoë O'Neil", "Eve").encode()
    (tmp_path / "x.zip").write_bytes(zipped(files))
    for _ in range(2):
        done = collect(course, [tmp_path / "x.zip"], tmp_path / "submitted", roster)
        told = [one.student for one in done if any(gone in line for line in one.problems)]
        expected = {
            "known": ["s2"],
            "unknown": ["Eve eve@example.org"],
            "has another": ["s1", "s3"],
        }
        assert told == expected[system]
        found = everything(tmp_path / "submitted")
        assert found["s1/small/small.ipynb"] == NOTEBOOK
        assert ("s2/small/small.ipynb" in found) is (system == "has another")
    with_files = dict(EXPORTS["gradescope"])
    collected(course, tmp_path, with_files, roster)
    if system == "known":  # it takes the place of the empty folder
        assert (tmp_path / "submitted/s2/small/small.ipynb").read_bytes() == NOTEBOOK
        (tmp_path / "x.zip").write_bytes(zipped(files))  # and an empty one never takes its place
        collect(course, [tmp_path / "x.zip"], tmp_path / "submitted", roster)
        assert (tmp_path / "submitted/s2/small/small.ipynb").read_bytes() == NOTEBOOK


def test_an_export_without_any_file_is_refused(course: Course, tmp_path: Path) -> None:
    files = {"a/submission_metadata.yml": METADATA.encode()}
    with pytest.raises(CourseError, match=r"submission_12 has no file in this export"):
        collected(course, tmp_path, files, None)
