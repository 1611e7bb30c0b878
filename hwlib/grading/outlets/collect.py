"""Puts exported hand-ins into submitted/STUDENT/SLUG/, with the students' ids from a roster.

Everything is read and matched first. If one hand-in can't be matched, nothing is written. Hand-ins
that do not count are in submitted/.earlier/STUDENT/SLUG/1, 2, …; each is there once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from hwlib.atomic import remove_folder, swap_folder, write_whole
from hwlib.errors import CourseError
from hwlib.grading.course import Course
from hwlib.grading.outlets.best import exchange, scores
from hwlib.grading.outlets.exports import Exported, read_export
from hwlib.grading.outlets.roster import Roster, bare, folder_name
from hwlib.grading.texts import printable

__all__ = ["Collected", "Keep", "Roster", "collect", "put_in_place"]

COPY = re.compile(r"( \(\d+\)| - Copy( \(\d+\))?| copy( \d+)?)$")  # what browsers add to a name
EARLIER = ".earlier"  # hidden, so it is never graded
TIMESTAMP = "timestamp.txt"  # nbgrader's name for the time of a hand-in
TIME = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True)
class Collected:
    """One hand-in that was put into submitted/."""

    student: str
    slug: str
    where: str  # the export it came from
    folder: Path
    earlier: int  # other hand-ins of the student that were kept
    problems: tuple[str, ...]
    best: float | None = None  # its points, if the hand-ins were graded to find the best one
    latest: float | None = None  # then also the points of the latest one
    own_time: bool = False  # its time is the one that the student's computer wrote
    no_time: bool = False  # the system does not tell it
    late: bool = False  # the system says so, without a time


Keep = Literal["latest", "best"]
"""Which of several hand-ins by one student counts."""


def collect(
    course: Course,
    exports: Sequence[Path],
    submitted: Path,
    roster: Roster | None = None,
    slug: str = "",
    keep: Keep = "latest",
) -> list[Collected]:
    """Write the latest hand-in of each student, or the best one, to submitted/STUDENT/SLUG/.

    The others, and what was there before, are kept in submitted/.earlier/STUDENT/SLUG/.

    Parameters
    ----------
    course : Course
    exports : sequence of Path
        Zips of Gradescope, Moodle, Canvas or hwlib.submit().
    submitted : Path
    roster : Roster, optional
        Without it, a student's id is the number or name that the system gives.
    slug : str
        The assignment. The default is told by the name of each notebook.
    keep : {"latest", "best"}
        For the best one, all hand-ins of students who have several are graded, those of earlier
        exports included. Points that a human gives and lateness do not count for this. Of equally
        good ones the latest counts.

    Raises
    ------
    GradingError
        If the best is asked for, and student code can't be confined on this machine.
    CourseError
        If an export can't be read, or a hand-in belongs to no student or no assignment; it lists
        all of these.
    """
    names = _names(course)
    if slug:
        course.assignment(slug)
    mine: dict[tuple[str, str], list[Exported]] = defaultdict(list)
    unmatched = []
    empty: list[tuple[Exported, str | None]] = []
    for path in exports:
        accounts = dict[str, str]()  # student → whose hand-in in this export it was
        for one in read_export(path, names):
            student = _student_of(one, roster, course.slugs())
            if one.is_empty:
                empty.append((one, student))
                continue
            which = slug or _slug_of(one, names)
            account = one.key or next((text for text in (*one.ids, one.name) if text), "")
            if which and student and accounts.setdefault(student, account) == account:
                mine[student, which].append(one)
            elif which and student:
                unmatched.append(_of_two(one, student, accounts[student]))
            else:
                unmatched.append(_why(one, student, roster))
    slugs = {slug} if slug else {which for _, which in mine}
    if len(slugs) != 1:
        unmatched += [problem for one, _ in empty for problem in one.problems]
    if unmatched:
        count = "1 hand-in" if len(unmatched) == 1 else f"{len(unmatched)} hand-ins"
        lines = "".join(f"\n  {line}" for line in unmatched)
        raise CourseError(f"{count} can't be matched, so nothing was written:{lines}")
    done = [put_in_place(submitted, *key, found) for key, found in sorted(mine.items())]
    done = _with_best(course, submitted, done) if keep == "best" else done
    for one, student in empty:
        _tell_empty(done, one, student, submitted, *slugs)
    return done


def _tell_empty(
    done: list[Collected], one: Exported, student: str | None, submitted: Path, slug: str
) -> None:
    """Add a hand-in without files to those that were put in place, in whose place it never is."""
    for place, other in enumerate(done):
        if (other.student, other.slug) == (student, slug):
            done[place] = replace(other, problems=(*other.problems, *one.problems))
            return
    if student and not (submitted / student / slug).exists():
        done.append(put_in_place(submitted, student, slug, [one]))
        return
    who = student or printable(" ".join(filter(None, (one.name, *one.ids))) or "nobody")
    done.append(Collected(who, slug, one.where, submitted / who / slug, 0, tuple(one.problems)))


def _with_best(course: Course, submitted: Path, done: list[Collected]) -> list[Collected]:
    """Put the best hand-in of each student in the place of the latest one."""
    found: dict[Path, float] = {}
    for slug in sorted({one.slug for one in done}):
        several = {
            one.student: [one.folder, *_earlier(submitted, one)]
            for one in done
            if one.slug == slug and one.earlier
        }
        found |= scores(course.assignment(slug), several, (submitted.resolve(),))
    chosen = []
    for one in done:
        latest = found.get(one.folder.resolve())
        if latest is None:
            chosen.append(one)
            continue
        best = max(
            [one.folder, *_earlier(submitted, one)],
            key=lambda folder: (found[folder.resolve()], _time_in(folder)),
        )
        points = found[best.resolve()]
        if points > latest:
            exchange(one.folder, best)
        chosen.append(replace(one, best=points, latest=latest))
    return chosen


def _earlier(submitted: Path, one: Collected) -> list[Path]:
    return sorted((submitted / EARLIER / one.student / one.slug).iterdir())


def _time_in(folder: Path) -> str:
    path = folder / TIMESTAMP
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _why(one: Exported, student: str | None, roster: Roster | None) -> str:
    if one.own_time and not one.name:  # "knn.zip", as hwlib.submit() names it
        name = COPY.sub("", Path(one.where).stem).lstrip(" -_.")
        return (
            f"{one.where}: expected the student's id in front of this name, found none; rename it "
            f"STUDENT-{name}.zip"
        )
    if not student:
        who = printable(" ".join(filter(None, (one.name, *one.ids))) or "nobody")
        could_be = sorted(roster.students(one)) if roster else []
        if len(could_be) > 1:
            ids = ", ".join(map(printable, could_be[:5]))
            return (
                f"{one.where}: handed in by {who}, and {len(could_be)} students of the roster "
                f"could be meant ({ids}); write {printable(one.key or who)} as the name of the "
                "right one"
            )
        place = "the roster has no such student" if roster else "no id is known"
        if roster and not one.ids and (unknown := roster.without_names()):
            return (
                f"{one.where}: handed in by {who}; {place}: {unknown}; give the column of names "
                "the heading Name"
            )
        return f"{one.where}: handed in by {who}; {place}; correct the roster"
    names = ", ".join(sorted(one.files)[:5]) or "no file"
    left_out = "".join(f"; {problem}" for problem in one.problems[:3])
    return (
        f"{one.where}: expected one notebook that is named after an assignment, found {names}"
        f"{left_out}; name the assignment with --assignment"
    )


def _of_two(one: Exported, student: str, other: str) -> str:
    """Why a second account of one student's is not believed: its owner may have taken the name."""
    return (
        f"{one.where}: by its name this would be {printable(student)}'s, like {printable(other)}, "
        "which is another account; find out whose it is, and write that name into the roster"
    )


def _names(course: Course) -> dict[str, set[str]]:
    """Names of notebooks without .ipynb, each with the assignments that have one of this name."""
    found: dict[str, set[str]] = defaultdict(set)
    for slug in course.slugs():
        for name in (slug, *course.stems(slug)):
            found[name].add(slug)
    return dict(found)


def _slug_of(one: Exported, names: Mapping[str, set[str]]) -> str:
    """The assignment that the names of the notebooks tell; "" if they tell none or several.

    A name that several assignments have tells nothing, but another one beside it may.
    """
    stems = [Path(name).stem for name in one.files if name.endswith(".ipynb")]
    each = [names.get(stem, set()) for stem in stems]
    # a student's own zip holds the notebook under its name, so others there may be of others
    is_told = any(len(slugs) == 1 for slugs in each)
    if not is_told and not (one.own_time and len(stems) > 1):  # "knn (1).ipynb", "My knn.ipynb"
        each = [_meant(stem, names) for stem in stems]
    found = set[str]().union(*(slugs for slugs in each if len(slugs) == 1))
    return found.pop() if len(found) == 1 else ""


def _meant(stem: str, names: Mapping[str, set[str]]) -> set[str]:
    """The assignments whose name, or a notebook's, is part of this name. What is part of another
    name in it does not count: "a_knn (1)" is "a_knn", and not "knn".
    """
    inside = [name for name in names if _has_in_it(stem, name)]
    whole = [
        name
        for name in inside
        if not any(bare(name) in bare(other) and bare(name) != bare(other) for other in inside)
    ]
    return set[str]().union(*(names[name] for name in whole))


def _has_in_it(stem: str, name: str) -> bool:
    """Whether a name is part of another: one of up to three letters as a word of its own."""
    if len(bare(name)) > 3:
        return bare(name) in bare(stem)
    words = re.split(r"[\W_]+|(?<=[a-z])(?=[A-Z])|(?<=\D)(?=\d)", stem)
    return bare(name) in map(bare, words)


def _student_of(one: Exported, roster: Roster | None, slugs: Iterable[str]) -> str | None:
    """The name of the student's folder."""
    if one.ids == (one.name,):  # a zip of hwlib's: its name may have the assignment's in it
        one.name = COPY.sub("", one.name)
        one.ids = (one.name,)
        for slug in sorted(slugs, key=len, reverse=True):
            stem = one.name
            if one.name.casefold().endswith(slug.casefold()):
                stem = one.name[: -len(slug)].rstrip(" -_.")
            if stem != one.name:
                one.ids, one.name = (stem,), stem
                break
    known = (*one.ids, one.key, one.name)
    student = roster.student(one) if roster else next(filter(None, known), None)
    if roster and student and roster.guesses_team(one):
        name = printable(one.name)
        one.problems.append(f"{name} was read as a team's name and this student's; check it")
    return folder_name(student) if student else None


def put_in_place(submitted: Path, student: str, slug: str, found: list[Exported]) -> Collected:
    """Write the latest of a student's hand-ins to submitted/STUDENT/SLUG/; keep the others, and
    what was there, in submitted/.earlier/STUDENT/SLUG/.
    """
    never = datetime.min.replace(tzinfo=UTC)
    *older, latest = sorted(found, key=lambda one: (one.time or never, one.order))
    target, kept = submitted / student / slug, submitted / EARLIER / student / slug
    fresh = submitted / EARLIER / f".new-{student}"  # hidden, so it is no student's folder
    for one in older:
        remove_folder(fresh)
        _write_files(fresh, one)
        _keep(fresh, kept)
    remove_folder(fresh)
    _write_files(fresh, latest)
    if _is_older(latest, target) and _content(target) != _content(fresh):
        _keep(fresh, kept)
        told = f"{latest.where} is older than what is there, so it is kept among the earlier ones"
        latest.problems.append(told)
    else:
        if target.is_dir() and _content(target) != _content(fresh):
            _keep(target, kept)
        swap_folder(fresh, target)
        for folder in _same(target, kept):  # it was kept when another one was the best
            remove_folder(folder)
    count = sum(1 for _ in kept.iterdir()) if kept.is_dir() else 0
    return Collected(
        student,
        slug,
        latest.where,
        target,
        count,
        tuple(latest.problems),
        own_time=latest.own_time,
        no_time=latest.vague_time or latest.time is None,
        late=latest.late,
    )


def _is_older(one: Exported, target: Path) -> bool:
    """Whether a hand-in was made before the one that is there, as far as both have a time."""
    there = _time_in(target).strip()
    if one.time is None or one.vague_time or one.own_time or not there:
        return False
    return f"{one.time.astimezone(UTC):{TIME}}" < there


def _keep(folder: Path, kept: Path) -> None:
    """Move a hand-in to the earlier ones, unless it is there."""
    if _same(folder, kept):
        remove_folder(folder)
        return
    place = _free(kept)
    place.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(place)


def _same(folder: Path, kept: Path) -> list[Path]:
    """The earlier hand-ins with the same files."""
    if not kept.is_dir():
        return []
    content = _content(folder)
    return [one for one in kept.iterdir() if _content(one) == content]


def _write_files(folder: Path, one: Exported) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in one.files.items():
        if name.casefold() == TIMESTAMP:  # a student's would say when it was handed in
            one.problems.append(f"{name} was left out: `hw collect` writes it")
            continue
        try:
            write_whole(folder / name, content)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            one.problems.append(f"{name} was left out: it is a file and a folder at once")
    if one.time and not one.vague_time:
        write_whole(folder / TIMESTAMP, f"{one.time.astimezone(UTC):{TIME}}\n")


def _free(kept: Path) -> Path:
    """The next folder for an earlier hand-in: 1, 2, …"""
    number = 1
    while (kept / str(number)).exists():
        number += 1
    return kept / str(number)


def _content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
