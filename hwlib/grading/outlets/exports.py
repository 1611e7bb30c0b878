"""Reads what other systems export: whose files a zip from Gradescope, Moodle or Canvas holds.

    Gradescope   assignment_1_export/submission_23/knn.ipynb, with submission_metadata.yml
    Moodle       Ada Lovelace_123_assignsubmission_file/knn.ipynb, or the same with _knn.ipynb; in
                 a team, Team Rocket-Ada Lovelace_123_assignsubmission_file/knn.ipynb
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
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import yaml

from hwlib.errors import CourseError
from hwlib.grading.submissions.beside import MAX_FILE_BYTES, MAX_FILES, MAX_TOTAL_BYTES
from hwlib.grading.submissions.zips import DAMAGED_ZIP, MAX_MEMBERS, MAX_NAME, check_members
from hwlib.grading.texts import printable

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
    is_empty: bool = False  # the system lists it, and exports no file of it
    unpacked: int = 0  # bytes, also of files that another one has replaced
    files: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    from_zip: dict[str, str] = field(default_factory=dict)  # those of `files` from a zip: its name


class _Part(NamedTuple):
    """One file of a student's hand-in, in an export of Moodle's or Canvas's."""

    entry: zipfile.ZipInfo
    full: str  # its name
    cut: str  # without the number that Canvas writes, or that the student's own name has
    attempt: int  # later files have a higher one


def read_export(path: Path, stems: Collection[str] = ()) -> list[Exported]:
    """All hand-ins of one exported zip. Which system it came from is seen from the names.

    Parameters
    ----------
    path : Path
    stems : collection of str
        Names of the course's notebooks, without .ipynb: "part-1" is none that Canvas numbered.

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
                or _by_pattern(archive, members, path, MOODLE, stems)
                or (not _is_hand_in(members) and _by_pattern(archive, members, path, CANVAS, stems))
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
    for folder, values in known.items():
        if isinstance(values, dict) and values.get(":submitters") and folder not in found:
            where = f"{path.name}: {printable(str(folder))}"
            told = f"{where} has no file in this export; look at this submission in Gradescope"
            found[folder] = Exported(where, is_empty=True, problems=[told])
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
    stems: Collection[str],
) -> list[Exported]:
    found: dict[str, Exported] = {}
    strangers: dict[str, Exported] = {}
    files: dict[str, list[_Part]] = defaultdict(list)
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
        names = (rest, rest) if rest else (f"{file}{again}{ending}", f"{file}{ending}")
        files[key].append(_Part(entry, *names, attempt))
    for key, those in files.items():
        for name, group in _groups(those, stems).items():
            _place(found[key], archive, name, group, stems)
    return [*found.values(), *(strangers.values() if found else ())]


def _groups(parts: list[_Part], stems: Collection[str]) -> dict[str, list[_Part]]:
    """A student's files by the name that they may have had before Canvas numbered them."""
    own = {part.cut for part in parts if part.cut != part.full}
    own |= {f"{stem}.ipynb" for stem in stems}
    groups: dict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        groups[part.full if part.full in own else part.cut].append(part)
    return groups


def _place(
    one: Exported,
    archive: zipfile.ZipFile,
    name: str,
    group: list[_Part],
    stems: Collection[str],
) -> None:
    """Add files that may be one file, handed in again: the latest gets the name without a number.

    Others with a number keep it, because it may be in the student's own name: "model-100". So do
    all of several notebooks, if the course has none of this name.
    """
    ending = Path(name).suffix
    *earlier, last = sorted(group, key=lambda part: part.attempt)
    names = [name] if ending in (".ipynb", ".zip") else dict.fromkeys([last.full, name])
    if ending == ".ipynb" and earlier and stems and Path(name).stem not in stems:
        names = [last.full]
    for part in earlier:
        _add_newer(one, archive, part, part.full)
    for kept in names:
        _add_newer(one, archive, last, kept)


def _add_newer(one: Exported, archive: zipfile.ZipFile, part: _Part, name: str) -> None:
    """Add a file, and tell what it replaces."""
    before = None if printable(name) in one.from_zip else one.files.get(printable(name))
    _add(one, archive, part.entry, name)
    if before not in (None, one.files.get(printable(name))):
        told = f"{printable(part.full)} has replaced it"
        one.problems.append(f"an older {printable(name)} was left out: {told}")


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
    one: Exported, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, inner: str = ""
) -> None:
    """Add a file to a hand-in, or the files of a zip that was handed in; `inner` is that zip's name
    for one of its files.
    """
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
        if name.lower().endswith(".zip") and not inner:
            _unpack(one, content, shown)
            return
        before = one.from_zip.get(kept, "")
        if one.files.get(kept, content) != content and before != inner:
            if before and inner:
                kept = f"{PurePosixPath(inner).stem}/{kept}"
                one.problems.append(
                    f"{shown} is in {before} and, with other content, in {inner}: that one is "
                    f"{kept} now"
                )
            else:
                one.problems.append(
                    f"{shown} of a zip was left out: it was handed in beside it, too"
                )
                if inner:
                    return
        one.from_zip.pop(kept, None)
        if inner:
            one.from_zip[kept] = inner
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
                    _add(one, inner, entry, entry.filename.replace("\\", "/"), shown)
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
