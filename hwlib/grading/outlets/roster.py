"""Reads a roster: which id belongs to a number, an email or a name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from hwlib.errors import CourseError
from hwlib.grading.csv_files import read_csv
from hwlib.grading.outlets.exports import Exported
from hwlib.grading.texts import printable

__all__ = [
    "EMAILS",
    "FIRST",
    "IDENTIFIER",
    "IDS",
    "LAST",
    "NAMES",
    "Roster",
    "bare",
    "first_of",
    "folder_name",
]

# headings of a roster's columns, in lower case; those in German, French and Spanish are Moodle's
IDS = (
    *("id", "student id", "sid", "sis user id", "sis login id", "id number", "username", "login"),
    *("matrikelnummer", "id-nummer", "anmeldename", "benutzername"),
    *("numéro d'identification", "numéro d’identification"),
    *("nom d'utilisateur", "nom d’utilisateur", "número de id", "nombre de usuario"),
)
NAMES = (
    *("name", "student", "full name"),
    *("vollständiger name", "nom complet", "nombre completo"),
)
FIRST = ("first name", "given name", "vorname", "prénom", "nombre")
LAST = (
    *("last name", "surname", "family name"),
    *("nachname", "nom de famille", "nom", "apellido(s)", "apellidos"),
)
EMAILS = (
    *("email", "email address", "e-mail", "e-mail address"),
    *("e-mail-adresse", "adresse de courriel", "courriel", "adresse e-mail"),
    *("correo electrónico", "dirección de correo", "dirección de correo electrónico"),
)
IDENTIFIER = "identifier"  # heading of the first column of Moodle's grading worksheet
MOODLES = re.compile(r"\D+(\d+)")  # "Participant 12" in this column
# the same in other languages, in which the heading may be "ID": "Teilnehmer/in12"
PARTICIPANT = re.compile(r"(?:particip|teilnehm|partecip|deelnem)\D*(\d+)", re.IGNORECASE)
CANVAS = ("sis user id", "sis login id")  # headings of Canvas's own gradebook
# the second or third row of a gradebook that Canvas has exported
CANVAS_POINTS = "points possible"
FORMULA = re.compile(r'\s*="(.*)"\s*', re.DOTALL)  # how Excel keeps the zeros of "001"


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
        rows = [
            (line, [_plain(cell) for cell in row])
            for line, row in read_csv(path, "roster")
            if any(row)
        ]
        headings = [unicodedata.normalize("NFC", cell) for cell in rows[0][1]] if rows else []
        self.headings = [heading for heading in headings if heading]
        self._students: dict[str, set[str]] = defaultdict(set)  # by what `bare` leaves
        self._named: dict[str, set[str]] = defaultdict(set)  # the same, by names only
        self._exact: dict[str, set[str]] = defaultdict(set)
        self._numbers: dict[str, set[str]] = defaultdict(set)
        self.rows: dict[str, dict[str, str]] = {}
        """Student's id → heading in lower case → value, in the order of the file."""
        for line, values in _students_of(path, headings, rows[1:]):
            student = first_of(values, IDS) or first_of(values, EMAILS)
            if not student:
                raise CourseError(
                    f"{path}:{line}: this row has no id; the column of ids must have a heading "
                    f"such as {', '.join(IDS[:8])}. Found {', '.join(self.headings)}"
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
        for name in filter(bare, names):
            self._named[bare(name)].add(student)
        if number := MOODLES.fullmatch(values.get(IDENTIFIER, "")):
            self._numbers[number[1]].add(student)
        if any(heading in values for heading in CANVAS):
            self._numbers[values.get("id", "")].add(student)

    def students(self, one: Exported) -> set[str]:
        """The ids of the students who may have handed this in: nobody, one or several.

        Of students who share a name, the spelling decides, and then the number that the system
        writes behind the name. A roster may also have both as a name, such as "Ada Lovelace_123".
        Moodle writes a team's name before it: "Team Rocket-Ada Lovelace".
        """
        return self._by_name(one) or self._by_team(one)

    def guesses_team(self, one: Exported) -> bool:
        """Whether only the end of the name says whose this is: its begin may be a team's name, or
        that of another student ("Anne-Marie Curie").
        """
        sure = self._numbers.get(one.number, set())
        return not self._by_name(one) and not self._by_team(one) <= sure

    def _by_name(self, one: Exported) -> set[str]:
        if one.key and (named := self._exact.get(_spelled(one.key))):
            return named
        several = set[str]()
        for text in (*one.ids, one.name):
            found = self._narrowed(self._students.get(bare(text), set()), text, one.number)
            if len(found) == 1:
                return found
            several |= found
        return several

    def _by_team(self, one: Exported) -> set[str]:
        """The students whose name follows a hyphen and ends the exported name."""
        if not one.number:
            return set()
        words, found = one.name.split("-"), set[str]()
        for start in range(1, len(words)):
            name = "-".join(words[start:])
            found |= self._narrowed(self._named.get(bare(name), set()), name, one.number)
        return found & self._numbers.get(one.number, set()) or found

    def _narrowed(self, found: set[str], text: str, number: str) -> set[str]:
        """Of these students those with this spelling and number, as far as there are any."""
        found = found & self._exact.get(_spelled(text), set()) or found
        return found & self._numbers.get(number, set()) or found

    def without_names(self) -> str:
        """If no column of names was understood, which column was taken for what; else ""."""
        meanings: dict[str, str] = dict.fromkeys(IDS, "the id") | dict.fromkeys(EMAILS, "the email")
        if any(IDENTIFIER in values for values in self.rows.values()):
            meanings[self.headings[0].strip().lower()] = "Moodle's number"
        known = [(heading, heading.strip().lower()) for heading in self.headings]
        if {*NAMES, *FIRST, *LAST} & {low for _, low in known}:
            return ""
        taken = [f"{heading} as {meanings[low]}" for heading, low in known if low in meanings]
        others = [heading for heading, low in known if low not in meanings]
        lost = f", and not {', '.join(others[:9])}" if others else ""
        return f"no column of names was understood, only {', '.join(taken)}{lost}"

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


def _students_of(
    path: Path, headings: list[str], rows: list[tuple[int, list[str]]]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The row of each student by heading in lower case, with its line."""
    places = [heading.strip().lower() for heading in headings]
    table = []
    for line, row in rows:
        if any(row[len(headings) :]):
            raise CourseError(
                f"{path}:{line}: expected {sum(map(bool, headings))} cells as in the first row, "
                "found more; put quotes around a name that has a comma in it"
            )
        cells = zip(places, row, strict=False)
        table.append((line, {place: value.strip() for place, value in cells}))
    points = [
        number
        for number, (_, values) in enumerate(table)
        if values.get("student", "").lower() == CANVAS_POINTS
    ]
    has_another_id = any(place in (*IDS, *EMAILS) for place in places[1:])
    for number, (line, values) in enumerate(table):
        # above the points, Canvas may say how grades are posted
        is_above = number < max(points, default=0) and not first_of(values, ("student", *IDS))
        if number in points or is_above or not any(values.values()):
            continue
        if PARTICIPANT.fullmatch(values.get(places[0], "")) and has_another_id:
            values[IDENTIFIER] = values.pop(places[0])
        yield line, values


def _plain(cell: str) -> str:
    """A cell without the formula that keeps its zeros.

    >>> _plain('="001"'), _plain("=1")
    ('001', '=1')
    """
    found = FORMULA.fullmatch(cell)
    return found[1].replace('""', '"') if found else cell


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
