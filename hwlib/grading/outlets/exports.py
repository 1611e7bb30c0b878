"""Reads what other systems export: whose files a zip from Gradescope, Moodle or Canvas holds.

    Gradescope   assignment_1_export/submission_23/knn.ipynb, with submission_metadata.yml
    Moodle       Ada Lovelace_123_assignsubmission_file/knn.ipynb, or the same with _knn.ipynb
    Canvas       lovelaceada_123_456_knn.ipynb, late ones lovelaceada_LATE_123_456_knn-1.ipynb
    hwlib        ada-knn.zip, as `hwlib.submit()` writes it, with the student's id in front

A zip inside is a student's hand-in and is unpacked, once. Nothing is written here. A path that
leaves its folder, a link, a hidden file or a file that is too large becomes a problem and no file.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from hwlib.errors import CourseError
from hwlib.grading.submissions.files import (
    DAMAGED_ZIP,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_MEMBERS,
    MAX_NAME,
    MAX_TOTAL_BYTES,
    check_members,
    printable,
)

__all__ = ["Exported", "read_export", "unpack_hand_in"]

MAX_UNPACKED = 2 * MAX_TOTAL_BYTES  # of one hand-in: its files, and zips that they were in
MAX_PATH = 1000  # bytes of a name with its folders; Linux has 4,096 for all, macOS 1,024
MAX_METADATA = 200_000_000  # bytes; Gradescope's file has all results
METADATA = "submission_metadata.yml"
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file(?:_(?P<file>.*))?")
# the number before the ending is one that Canvas writes, or the end of the student's own name
CANVAS = re.compile(
    r"(?P<name>.+?)_(?P<late>LATE_)?(?P<number>\d+)_(?P<attempt>\d+)_"
    r"(?P<file>.+?)(?P<again>-\d+)?(?P<ending>\.[^.]+)?"
)
ANONYMOUS = re.compile(r"anon_(?:LATE_)?\w{5}_\d+_.+")  # Canvas, where graders see no names


@dataclass(slots=True)
class Exported:
    """One hand-in, as a system exported it."""

    where: str  # the file, and the part of it
    ids: tuple[str, ...] = ()  # a student's number or email, if the system tells
    name: str = ""  # the student's name, as the system writes it
    # name and number of a system that does not tell the student's id; its numbers are its own, so
    # they only tell students of one name apart
    key: str = ""
    number: str = ""
    time: datetime | None = None
    order: int = 0  # later hand-ins of the same time have a higher one
    own_time: bool = False  # the time is the one that the student's computer wrote
    # the time is that of a file in the export, which may be when the export was made, by a clock
    # whose zone is not known: it orders hand-ins, and says nothing of lateness
    vague_time: bool = False
    late: bool = False  # the system says so, and not when it was handed in
    unpacked: int = 0  # bytes, also of files that another one has replaced
    files: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    from_zip: set[str] = field(default_factory=set)  # those of `files` that lay in a zip


def read_export(path: Path) -> list[Exported]:
    """All hand-ins of one exported zip. Which system it came from is seen from the names.

    Raises
    ------
    CourseError
        If it is not a zip, is damaged, or has no files whose student can be told.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = list(_members(archive, path))
            found = (
                _from_gradescope(archive, members, path)
                or _by_pattern(archive, members, path, MOODLE)
                or (not _is_hand_in(members) and _by_pattern(archive, members, path, CANVAS))
                or _from_hwlib(archive, members, path)
            )
    except OSError as error:
        raise CourseError(f"{path}: cannot read this file ({error.strerror})") from error
    except DAMAGED_ZIP as error:
        raise CourseError(
            f"{path}: cannot open this zip ({error}); download the export again"
        ) from error
    if not found:
        raise CourseError(
            f"{path}: expected an export of Gradescope, Moodle or Canvas, or a zip of "
            "hwlib.submit(), and found none of their files; `hw collect --help` shows the names"
        )
    return found


def unpack_hand_in(content: bytes, where: str) -> Exported:
    """The files of one student's zip; what is left out, or why it can't be opened, is in
    `problems`.
    """
    one = Exported(where)
    _unpack(one, content, where)
    return one


def _members(archive: zipfile.ZipFile, path: Path) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    """The regular files of a zip, each with its name as a relative path."""
    entries = archive.infolist()
    if len(entries) > MAX_MEMBERS:
        raise CourseError(f"{path}: has {len(entries):,} entries, of at most {MAX_MEMBERS:,}")
    for entry in entries:
        if not entry.is_dir():
            yield entry, entry.filename.replace("\\", "/")


def _from_gradescope(
    archive: zipfile.ZipFile, members: list[tuple[zipfile.ZipInfo, str]], path: Path
) -> list[Exported]:
    top = _top(members)
    if top is None:
        return []
    table = next(entry for entry, name in members if name == top + METADATA)
    try:
        known = yaml.safe_load(_content(archive, table, MAX_METADATA))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        told = " ".join(str(error).split())[:200]
        raise CourseError(f"{path}: cannot read {METADATA} ({told}); export again") from error
    if not isinstance(known, dict):
        raise CourseError(f"{path}: {METADATA} is not a table of submissions; export again")
    found: dict[str, Exported] = {}
    for entry, name in members:
        folder, _, rest = name.removeprefix(top).partition("/")
        if rest and name.startswith(top) and not folder.startswith((".", "__MACOSX")):
            one = found.setdefault(folder, Exported(f"{path.name}: {printable(folder)}"))
            _add(one, archive, entry, rest)
    every = []
    for number, (folder, one) in enumerate(found.items()):
        values = known.get(folder)
        values = values if isinstance(values, dict) else {}
        one.time, one.order = _time(values.get(":created_at")), number
        submitters = values.get(":submitters")
        for who in submitters if isinstance(submitters, list) and submitters else [{}]:
            who = who if isinstance(who, dict) else {}
            ids = tuple(str(who[key]) for key in (":sid", ":email") if who.get(key))
            every.append(_of(one, ids, str(who.get(":name") or "")))
    return every


def _top(members: list[tuple[zipfile.ZipInfo, str]]) -> str | None:
    """The folder of Gradescope's table, with a slash at its end; None if there is no table.

    A student may hand in a file of this name. It lies deeper, or in a folder of Moodle's.
    """
    names = [name for _, name in members if f"/{name}".endswith(f"/{METADATA}")]
    tops = [name.removesuffix(METADATA) for name in names]
    top = min(tops, key=lambda top: top.count("/"), default=None)
    if top is None or top.count("/") > 1 or MOODLE.fullmatch(top.rstrip("/")):
        return None
    return top


def _of(one: Exported, ids: tuple[str, ...], name: str) -> Exported:
    """A copy for one student of a group."""
    return replace(one, ids=ids, name=name, files=dict(one.files), problems=list(one.problems))


def _by_pattern(
    archive: zipfile.ZipFile,
    members: list[tuple[zipfile.ZipInfo, str]],
    path: Path,
    pattern: re.Pattern[str],
) -> list[Exported]:
    found: dict[str, Exported] = {}
    strangers: dict[str, Exported] = {}
    newest: dict[tuple[str, str], int] = {}  # the number of Canvas's for a file, by its name
    for entry, name in members:
        first, _, rest = name.partition("/")
        match = None if ANONYMOUS.fullmatch(first) else pattern.fullmatch(first)
        if match is None:
            if not first.startswith((".", "__MACOSX")) and "_assignsubmission_" not in first:
                strangers[first] = Exported(f"{path.name}: {printable(first)}")
            continue
        parts = match.groupdict()
        key = f"{parts['name']}_{parts['number']}"
        one = found.setdefault(
            key,
            Exported(
                f"{path.name}: {printable(key)}",
                name=parts["name"],
                key=key,
                number=parts["number"],
                vague_time=True,
            ),
        )
        one.time = _latest([one.time, _modified(entry)])
        attempt = int(parts.get("attempt") or 0)
        one.order = max(one.order, attempt)
        one.late = one.late or bool(parts.get("late"))
        file, again, ending = (parts.get(part) or "" for part in ("file", "again", "ending"))
        if again and not ending.endswith("ipynb"):  # "model-100": the student's own name, perhaps
            _add(one, archive, entry, f"{file}{again}{ending}")
        inner = rest or f"{file}{ending}"
        if attempt >= newest.get((key, inner), 0):
            newest[key, inner] = attempt
            _add(one, archive, entry, inner)
    return [*found.values(), *(strangers.values() if found else ())]


def _is_hand_in(members: list[tuple[zipfile.ZipInfo, str]]) -> bool:
    """Whether a notebook lies there under its own name, and nobody's notebook or zip under one of
    Canvas's: then it is a student's zip, with other files that happen to have such names.
    """
    names = [name for _, name in members if "/" not in name and not name.startswith(".")]
    notebooks = {name for name in names if name.endswith(".ipynb")}
    of_canvas = {
        name for name in names if name.endswith((".ipynb", ".zip")) and CANVAS.fullmatch(name)
    }
    return bool(notebooks - of_canvas) and not of_canvas


def _from_hwlib(
    archive: zipfile.ZipFile, members: list[tuple[zipfile.ZipInfo, str]], path: Path
) -> list[Exported]:
    if anonymous := sum(ANONYMOUS.fullmatch(name) is not None for _, name in members):
        raise CourseError(
            f"{path}: Canvas exported {anonymous} files without their students' names; switch off "
            "anonymous grading of this assignment there, and download again"
        )
    if not any(name.endswith(".ipynb") and "/" not in name for _, name in members):
        return []
    one = Exported(path.name, (path.stem,), path.stem, own_time=True)
    one.time = _latest([_modified(entry) for entry, _ in members])
    for entry, name in members:
        _add(one, archive, entry, name)
    return [one]


def _add(
    one: Exported, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, depth: int = 0
) -> None:
    """Add a file to a hand-in, or the files of a zip that was handed in."""
    shown = printable(name)
    parts = PurePosixPath(name).parts
    if any(part.startswith(".") or part == "__MACOSX" for part in parts[:-1]) or not parts:
        if ".." in parts:
            one.problems.append(f"{shown} was left out: it leaves its folder")
        return
    total, kind = sum(map(len, one.files.values())), stat.S_IFMT(entry.external_attr >> 16)
    if PurePosixPath(name).is_absolute() or parts[-1] == ".." or ":" in parts[0]:
        one.problems.append(f"{shown} was left out: it leaves its folder")
    elif kind not in (0, stat.S_IFREG):
        one.problems.append(f"{shown} was left out: it is no regular file")
    elif parts[-1].startswith("."):
        return
    elif len(one.files) >= MAX_FILES or total + entry.file_size > MAX_TOTAL_BYTES:
        one.problems.append(f"{shown} was left out: too many files, or too large together")
    elif not _is_possible(kept := "/".join(map(printable, parts))) or "\0" in name:
        one.problems.append(f"{shown[:80]}… was left out: its name is not possible on a disk")
    elif entry.file_size > MAX_FILE_BYTES:
        one.problems.append(f"{shown} was left out: larger than {MAX_FILE_BYTES / 1e6:g} MB")
    elif one.unpacked + entry.file_size > MAX_UNPACKED:
        one.problems.append(f"{shown} was left out: there is too much to unpack")
    else:
        one.unpacked += entry.file_size  # first: what is damaged has taken its time, too
        content = _content(archive, entry, MAX_FILE_BYTES)
        if name.lower().endswith(".zip") and not depth:
            _unpack(one, content, shown)
            return
        if one.files.get(kept, content) != content and (kept in one.from_zip) != bool(depth):
            one.problems.append(f"{shown} of a zip was left out: it was handed in beside it, too")
            if depth:
                return
        (one.from_zip.add if depth else one.from_zip.discard)(kept)
        one.files[kept] = content


def _is_possible(name: str) -> bool:
    """Whether every disk can keep a file of this name, in a folder below others."""
    content = name.encode("utf-8", "replace")
    return len(content) <= MAX_PATH and all(len(part) <= MAX_NAME for part in content.split(b"/"))


def _unpack(one: Exported, content: bytes, shown: str) -> None:
    try:
        check_members(io.BytesIO(content))
        with zipfile.ZipFile(io.BytesIO(content)) as inner:
            for entry in inner.infolist()[: 2 * MAX_FILES]:
                if not entry.is_dir():
                    _add(one, inner, entry, entry.filename.replace("\\", "/"), depth=1)
    except DAMAGED_ZIP as error:
        one.problems.append(f"{shown} was left out: cannot open this zip ({error})")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    """The content of a file, of which no more than limit + 1 bytes are unpacked, nor more than the
    zip says that it has.
    """
    with archive.open(entry) as file:
        return file.read(limit + 1)


def _modified(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _latest(times: list[datetime | None]) -> datetime | None:
    return max((time for time in times if time), default=None)


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
