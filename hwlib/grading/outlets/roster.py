"""Reads a roster: which id belongs to a number, an email or a name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from hwlib.errors import CourseError
from hwlib.grading.csv_files import read_csv
from hwlib.grading.outlets.exports import Exported
from hwlib.grading.submissions.files import printable

__all__ = [
    "EMAILS",
    "FIRST",
    "IDS",
    "LAST",
    "NAMES",
    "Roster",
    "bare",
    "first_of",
    "folder_name",
]

# headings of a roster's columns, in lower case
IDS = ("id", "student id", "sid", "sis user id", "sis login id", "id number", "username", "login")
NAMES = ("name", "student", "full name")
FIRST, LAST = ("first name", "given name"), ("last name", "surname", "family name")
EMAILS = ("email", "email address", "e-mail")
MOODLES = re.compile(r"\D+ (\d+)")  # "Participant 12" in the column "Identifier" of a worksheet
CANVAS = ("sis user id", "sis login id")  # headings of Canvas's own gradebook
CANVAS_POINTS = "points possible"  # the second row of a gradebook that Canvas has exported


class Roster:
    """The students of a course: which id belongs to a number, an email or a name.

    Parameters
    ----------
    path : Path
        A CSV file with a column for the id (such as "SID"), and columns for the name and the email
        as far as the systems tell them. A gradebook that Canvas exports and a grading worksheet of
        Moodle's are such files.

    Raises
    ------
    CourseError
        If it can't be read, has no column of ids, or gives an id twice.
    """

    def __init__(self, path: Path) -> None:
        rows = [(line, row) for line, row in read_csv(path, "roster") if any(row)]
        headings = rows[0][1] if rows else []
        self.headings = [heading for heading in headings if heading]
        self._students: dict[str, set[str]] = defaultdict(set)  # by what `bare` leaves
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._numbers: dict[str, set[str]] = defaultdict(set)
        self.rows: dict[str, dict[str, str]] = {}
        """Student's id → heading in lower case → value, in the order of the file."""
        for line, row in rows[1:]:
            if any(row[len(headings) :]):
                raise CourseError(
                    f"{path}:{line}: expected {len(self.headings)} cells as in the first row, "
                    "found more; put quotes around a name that has a comma in it"
                )
            values = {
                heading.strip().lower(): value.strip()
                for heading, value in zip(headings, row, strict=False)
            }
            if not any(values.values()) or values.get("student", "").lower() == CANVAS_POINTS:
                continue
            student = first_of(values, IDS) or first_of(values, EMAILS)
            if not student:
                raise CourseError(
                    f"{path}:{line}: this row has no id; the column of ids must have one of the "
                    f"headings {', '.join(IDS)}. Found {', '.join(self.headings)}"
                )
            if student in self.rows:
                raise CourseError(f"{path}:{line}: the id {student!r} is there twice; remove one")
            self.rows[student] = values
            self._add(student, values)
        if not self.rows:
            raise CourseError(
                f"{path}: expected a row of headings and a row for each student, found none; save "
                "the roster as CSV again"
            )

    def _add(self, student: str, values: Mapping[str, str]) -> None:
        first, last = first_of(values, FIRST), first_of(values, LAST)
        names = [first_of(values, NAMES), f"{first} {last}", f"{last} {first}"]
        # "Lovelace, Ada"; Canvas writes the last name first, and which word begins it is not known
        names += [" ".join(reversed(name.split(",", 1))) for name in names if "," in name]
        words = [name.split() for name in names if "," not in name]
        names += [" ".join(one[i:] + one[:i]) for one in words for i in range(1, len(one))]
        for text in [*(values.get(key, "") for key in (*IDS, *EMAILS)), *names]:
            if bare(text):
                self._students[bare(text)].add(student)
                self._exact[_spelled(text)].add(student)
        if number := MOODLES.fullmatch(values.get("identifier", "")):
            self._numbers[number[1]].add(student)
        if any(heading in values for heading in CANVAS):
            self._numbers[values.get("id", "")].add(student)

    def students(self, one: Exported) -> set[str]:
        """The ids of the students who may have handed this in: nobody, one or several.

        Of students who share a name, the spelling decides, and then the number that the system
        writes behind the name. A roster may also have both as a name, such as "Ada Lovelace_123".
        """
        if one.key and (named := self._exact.get(_spelled(one.key))):
            return named
        several = set[str]()
        for text in (*one.ids, one.name):
            found = self._students.get(bare(text), set())
            found = found & self._exact.get(_spelled(text), set()) or found
            found = found & self._numbers.get(one.number, set()) or found
            if len(found) == 1:
                return found
            several |= found
        return several

    def student(self, one: Exported) -> str | None:
        """The id of the student who handed this in; None if nobody or several could be."""
        found = self.students(one)
        return next(iter(found)) if len(found) == 1 else None

    def id_of(self, folder: str) -> str | None:
        """The id that belongs to the name of a student's folder: an id, an email, or a name.

        None if nobody or several students could be meant.
        """
        for student in self.rows:
            if folder_name(student) == folder:
                return student
        name, _, number = folder.rpartition("_")  # as `hw collect` names it without a roster
        known = number if name and number.isdecimal() else ""
        return self.student(
            Exported(folder, (folder,), name if known else folder, key=folder, number=known)
        )


def folder_name(student: str) -> str | None:
    """A name that is one visible folder on every system."""
    name = printable(student.strip()).replace("/", "_").replace("\\", "_").lstrip(".")
    return name if name and len(name.encode()) <= 200 else None


def first_of(values: Mapping[str, str], keys: Iterable[str]) -> str:
    """The first of these values that is not empty, or ""."""
    return next((values[key] for key in keys if values.get(key)), "")


def bare(text: str) -> str:
    """A name without accents, capitals, spaces and punctuation: systems drop them. Signs that are
    vowels, as in Hindi or Thai, stay.

    >>> bare("Zoë O'Neil"), bare("zoeoneil")
    ('zoeoneil', 'zoeoneil')
    >>> bare("कवि") == bare("कवी")
    False
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if char.isalnum() or _is_vowel_sign(char))


def _is_vowel_sign(char: str) -> bool:
    """Whether it is a mark that is no accent and no point, by Unicode's combining classes."""
    place = unicodedata.combining(char)
    return unicodedata.category(char).startswith("M") and not 10 <= place <= 36 and place < 200


def _spelled(text: str) -> str:
    """A name as it is written, but for spaces and capitals."""
    return unicodedata.normalize("NFC", " ".join(text.split())).casefold()
