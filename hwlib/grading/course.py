"""Finds a course and its assignments, and reads course.toml and assignment.toml."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from hwlib.data.definitions import DATASETS
from hwlib.errors import AuthoringError, CourseError
from hwlib.extras import REQUIREMENTS
from hwlib.grading.deadlines import Schedule, ScheduleFault, read_schedule

__all__ = [
    "Assignment",
    "Course",
    "FeedbackLevel",
    "FeedbackLevels",
    "GradescopeSettings",
    "Level",
    "Limits",
    "Visibility",
    "address_problem",
    "find_course",
    "read_written",
    "slug_for",
]

SLUG = re.compile(r"[a-z][a-z0-9_]*")
GITHUB = re.compile(r"https://github\.com/([^/\s]+/[^/\s]+?)(?:\.git)?/?")


@dataclass(frozen=True, slots=True)
class Limits:
    """The time and memory that student code may use; [limits] in assignment.toml."""

    question_s: float = 20.0
    submission_s: float = 120.0
    memory_mb: int = 4096


Visibility = Literal["visible", "after_due_date", "after_published", "hidden"]
"""When Gradescope shows the result of a question to the student."""


Level = Literal["introductory", "intermediate", "advanced"]
"""For whom an assignment is, among students of one course."""


@dataclass(frozen=True, slots=True)
class GradescopeSettings:
    """How Gradescope grades the assignment; [gradescope] in assignment.toml."""

    minutes: float = 10  # the time limit that is set in Gradescope
    hidden_tests: Visibility = "after_due_date"  # results of questions that have hidden tests
    packages: tuple[str, ...] = ()  # more packages that student code may import
    # questions whose network is on the leaderboard, with its accuracy and its parameters
    leaderboard: tuple[str, ...] = ()
    index: str = ""  # where pip finds more packages, for example builds of PyTorch for the CPU


FeedbackLevel = Literal["category", "hint", "input"]
"""What a feedback page tells of a lost question: its status; symptom and hint, too; the input with
which it failed, too.
"""


@dataclass(frozen=True, slots=True)
class FeedbackLevels:
    """What feedback pages tell at which time; [feedback] in course.toml."""

    now: FeedbackLevel = "hint"  # before the deadline
    deadline: FeedbackLevel = "hint"  # after the student's deadline
    graded: FeedbackLevel = "hint"  # after it, once no question waits for a human


@dataclass(frozen=True, slots=True)
class Assignment:
    """One folder assignments/SLUG/ and the content of its assignment.toml."""

    slug: str
    title: str
    points: float  # the sum of all questions' points; the build checks it
    minutes: float  # measured time of the reference notebook, top to bottom on 2 CPU cores
    course: Course
    summary: str = ""  # one sentence, for lists
    level: Level | Literal[""] = ""  # for whom it is; "" if the instructor does not say it
    hours: float = 0  # of a student's own work, as the author expects; 0 if that is not said
    builds_on: str = ""  # what students should know before, as the end of "Builds on: …"
    gpu: str = "A GPU does not help."
    data: tuple[str, ...] = ()  # data sets that the notebook loads
    # names of the model files that are handed in, without .safetensors
    artifacts: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()  # hwlib extras that the notebook needs, e.g. "torch"
    student_files: tuple[str, ...] = ()  # those of files/ that students change and hand in
    limits: Limits = field(default_factory=Limits)
    gradescope: GradescopeSettings = field(default_factory=GradescopeSettings)
    allowed_leaks: Mapping[str, str] = field(
        default_factory=dict, hash=False
    )  # text or cell → reason
    stem: str = ""  # of a file STEM.py: only this one of several notebooks, see `each_notebook`

    @property
    def name(self) -> str:
        """The name of the notebook in source/ and release/, without .ipynb."""
        return self.stem or self.slug

    @property
    def stems(self) -> tuple[str, ...]:
        """The names of all notebooks, without .ipynb."""
        return (self.stem,) if self.stem else self.course.stems(self.slug)

    @property
    def has_several(self) -> bool:
        """Whether there is another notebook than SLUG.ipynb."""
        return not self.stem and self.stems != (self.slug,)

    @property
    def files(self) -> str:
        """The names of all notebooks in words: "one.ipynb, two.ipynb"."""
        return ", ".join(f"{stem}.ipynb" for stem in self.stems)

    @property
    def is_built(self) -> bool:
        """Whether all notebooks are in source/."""
        return all(one.source.is_file() for one in self.each_notebook())

    def each_notebook(self) -> tuple[Assignment, ...]:
        """For each notebook, in order, the assignment as if it had only this one."""
        if not self.has_several:
            return (self,)
        return tuple(replace(self, stem=stem) for stem in self.stems)

    @property
    def folder(self) -> Path:
        """assignments/SLUG/."""
        return self.course.root / "assignments" / self.slug

    @property
    def notebook(self) -> Path:
        """The notebook that the instructor writes: notebook.py, or one of several STEM.py."""
        return self.folder / f"{self.stem or 'notebook'}.py"

    @property
    def equivalents(self) -> Path:
        """The changes of the reference that no test has to notice; it may be missing."""
        return self.folder / "equivalents.toml"

    @property
    def source(self) -> Path:
        """The built notebook with solutions and hidden tests."""
        return self.course.root / "source" / self.slug / f"{self.name}.ipynb"

    @property
    def release(self) -> Path:
        """The built notebook that students get."""
        return self.course.root / "release" / self.slug / f"{self.name}.ipynb"


@dataclass(frozen=True, slots=True)
class Course:
    """A folder with course.toml in it."""

    root: Path
    title: str
    repository: str = ""  # where Colab opens release/ from; "" until the instructor has one
    term: str = ""
    branch: str = "main"
    install: str | None = None  # where pip gets hwlib; None: from the repository; "": nowhere yet
    feedback: FeedbackLevels = field(default_factory=FeedbackLevels)
    schedule: Schedule = field(
        default_factory=Schedule, hash=False
    )  # deadlines, and what being late costs
    # assignment → team → its students, who hand in one folder together
    teams: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict, hash=False)

    def for_one_assignment(self) -> str:
        """A course.toml with what grading one assignment needs: without the dates, extensions and
        teams, which name other assignments, and students.
        """
        title = json.dumps(self.title, ensure_ascii=False)
        levels = "".join(f'{time} = "{level}"\n' for time, level in asdict(self.feedback).items())
        return f"title = {title}\n\n[feedback]\n{levels}"

    @property
    def install_address(self) -> str:
        """The address for pip after `hwlib @ `, or "" if the course names no place."""
        if self.install is not None:
            return self.install
        repository = self.repository.rstrip("/").removesuffix(".git")
        return f"git+{repository}@{self.branch}" if repository else ""

    @property
    def github(self) -> str:
        """NAME/COURSE of a repository on GitHub, or "" if it is elsewhere."""
        found = GITHUB.fullmatch(self.repository)
        return found[1] if found else ""

    def stems(self, slug: str) -> tuple[str, ...]:
        """The names of an assignment's notebooks, without .ipynb, in order.

        It is SLUG if there is a notebook.py. If not, it is those of assignments/SLUG/*.py. Where
        nothing but the built files is there, as on Gradescope, they tell.
        """
        written = sorted(path.stem for path in self.root.glob(f"assignments/{slug}/*.py"))
        if not written:
            written = sorted(path.stem for path in self.root.glob(f"source/{slug}/*.ipynb"))
        return tuple(written) if written and "notebook" not in written else (slug,)

    def slugs(self) -> list[str]:
        """Names of the folders assignments/*/ that have an assignment.toml, sorted."""
        return sorted(path.parent.name for path in self.root.glob("assignments/*/assignment.toml"))

    def assignment(self, slug: str) -> Assignment:
        """Read assignments/SLUG/assignment.toml.

        Raises
        ------
        CourseError
            If there is no such assignment.
        AuthoringError
            If a key is missing, unknown or of the wrong type.
        """
        if not SLUG.fullmatch(slug):
            raise CourseError(
                f"{slug!r}: the name of an assignment may have lower-case letters, digits and _; "
                "`hw list` shows the names"
            )
        path = self.root / "assignments" / slug / "assignment.toml"
        if not path.is_file():
            known = ", ".join(self.slugs())
            advice = f"use one of: {known}" if known else f"make it with `hw new {slug}`"
            raise CourseError(
                f"{self.root}: there is no assignment {slug!r}, because there is no "
                f"{path.relative_to(self.root)}; {advice}"
            )
        return _read_assignment(path, self)

    def assignments(self, slugs: tuple[str, ...] = ()) -> list[Assignment]:
        """The named assignments, each once, or all of them.

        Raises
        ------
        AuthoringError
            Also if a folder with a notebook.py has no assignment.toml.
        """
        for notebook in () if slugs else sorted(self.root.glob("assignments/*/notebook.py")):
            path = notebook.with_name("assignment.toml")
            if not path.is_file():
                raise AuthoringError(
                    path,
                    0,
                    "no such file, but there is a notebook.py beside it; write title, points and "
                    "minutes there, see docs/authoring.md",
                )
        return [self.assignment(slug) for slug in dict.fromkeys(slugs or self.slugs())]


def slug_for(name: str) -> str:
    """The name of an assignment for a folder or notebook of another tool.

    >>> slug_for("Problem Set 1"), slug_for("01-Intro")
    ('problem_set_1', 'a_01_intro')
    """
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return slug if SLUG.fullmatch(slug) else f"a_{slug}".rstrip("_")


def find_course(start: Path | None = None) -> Course:
    """Find the course: the nearest folder with course.toml, from `start` upwards.

    The default for `start` is the working directory.

    Raises
    ------
    CourseError
        If there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        path = folder / "course.toml"
        if path.is_file():
            values = _read_toml(path)
            _require(path, values, {"title": str}, _COURSE)
            _require_addresses(path, values)
            feedback = _read_feedback(path, values.pop("feedback", {}))
            schedule = _read_schedule(path, values)
            teams = _read_teams(path, values.pop("teams", {}))
            return Course(root=folder, feedback=feedback, schedule=schedule, teams=teams, **values)
    raise CourseError(
        f"{start}: there is no course.toml here or in a folder above; go to the folder of the "
        "course"
    )


def _read_schedule(path: Path, values: dict[str, Any]) -> Schedule:
    """Take the tables with dates out of the values of course.toml, and read them."""
    taken = {key: values.pop(key) for key in _DATES if key in values}
    try:
        schedule = read_schedule(taken)
    except ScheduleFault as fault:
        raise AuthoringError(
            path, _line(path, fault.key), f"{fault}; see docs/grading.md, Deadlines"
        ) from fault
    for slug in (*schedule.due, *schedule.extensions):
        _require_assignment(path, slug, slug)
    return schedule


def _read_teams(path: Path, values: dict[str, Any]) -> dict[str, dict[str, tuple[str, ...]]]:
    """[teams.SLUG] of course.toml: who hands in one folder together."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for slug, teams in values.items():
        _require_assignment(path, slug, f"teams.{slug}")
        seen: dict[str, str] = {}
        for team, students in teams.items() if isinstance(teams, dict) else [("", teams)]:
            named = students if isinstance(students, list) else []
            if not team or not named or not all(isinstance(one, str) and one for one in named):
                raise AuthoringError(
                    path,
                    _line(path, team or f"teams.{slug}"),
                    f'a team is a line in [teams.{slug}] such as lions = ["ada", "bob"], found '
                    f"{students!r}",
                )
            for student in named:
                if student in seen:
                    raise AuthoringError(
                        path,
                        _line(path, team),
                        f"{student} is in the teams {seen[student]} and {team} of {slug}; remove "
                        "one of them",
                    )
                seen[student] = team
            found.setdefault(slug, {})[team] = tuple(named)
    return found


def _require_assignment(path: Path, slug: str, key: str) -> None:
    """Raise AuthoringError if course.toml names an assignment that is not there."""
    known = [one.parent.name for one in path.parent.glob("assignments/*/assignment.toml")]
    if known and slug not in known:
        raise AuthoringError(
            path,
            _line(path, key),
            f"there is no assignment {slug!r}; use one of: {', '.join(sorted(known))}",
        )


_DATES = ("deadlines", "late", "extensions")
_COURSE: dict[str, Any] = {
    "repository": str,
    "term": str,
    "branch": str,
    "install": str,
    **dict.fromkeys(("feedback", "teams", *_DATES), dict),
}
_FEEDBACK: dict[str, Any] = {"now": str, "deadline": str, "graded": str}
_ADDRESSES = {
    "repository": (re.compile(r"https://[^\s\"']+"), "https://github.com/NAME/COURSE"),
    "install": (
        re.compile(r"(git\+https|git\+ssh|https|file)://[^\s\"']+"),
        "https://HOST/hwlib-VERSION-py3-none-any.whl",
    ),
}
_REQUIRED: dict[str, Any] = {"title": str, "points": (int, float), "minutes": (int, float)}
_OPTIONAL: dict[str, Any] = {
    "summary": str,
    "level": str,
    "hours": (int, float),
    "builds_on": str,
    "gpu": str,
    "data": list,
    "artifacts": list,
    "extras": list,
    "student_files": list,
    "limits": dict,
    "gradescope": dict,
    "leaks": dict,
}
_LIMITS: dict[str, Any] = {
    "question_s": (int, float),
    "submission_s": (int, float),
    "memory_mb": int,
}
_GRADESCOPE: dict[str, Any] = {
    "minutes": (int, float),
    "hidden_tests": str,
    "packages": list,
    "leaderboard": list,
    "index": str,
}


def _read_assignment(path: Path, course: Course) -> Assignment:
    values = _read_toml(path)
    _require(path, values, _REQUIRED, _OPTIONAL)
    if values.get("level", "introductory") not in get_args(Level):
        known = ", ".join(get_args(Level))
        raise AuthoringError(
            path,
            _line(path, "level"),
            f"level: expected one of {known}, found {values['level']!r}",
        )
    limits = values.pop("limits", {})
    _require(path, limits, {}, _LIMITS)
    lists: dict[str, Any] = {
        key: tuple(values.pop(key, ())) for key in ("data", "artifacts", "extras", "student_files")
    }
    for key, thing, ours in (
        ("data", "data set", tuple(DATASETS)),
        ("extras", "extra", tuple(REQUIREMENTS)),
    ):
        if unknown := [name for name in lists[key] if name not in ours]:
            raise AuthoringError(
                path,
                _line(path, key),
                f"unknown {thing} {unknown[0]!r}; use one of: {', '.join(ours)}",
            )
    for name in lists["student_files"]:
        if not isinstance(name, str) or not (path.parent / "files" / name).is_file():
            raise AuthoringError(
                path,
                _line(path, "student_files"),
                f"student_files: there is no file {name!r} in files/; put there what students "
                "start from",
            )
    return Assignment(
        slug=path.parent.name,
        course=course,
        limits=Limits(**limits),
        gradescope=_read_gradescope(path, values.pop("gradescope", {})),
        allowed_leaks=_read_allowed_leaks(path, values.pop("leaks", {})),
        **lists,
        **values,
    )


def _read_gradescope(path: Path, values: dict[str, Any]) -> GradescopeSettings:
    _require(path, values, {}, _GRADESCOPE)
    visibility = values.get("hidden_tests", "after_due_date")
    if visibility not in get_args(Visibility):
        known = ", ".join(get_args(Visibility))
        raise AuthoringError(
            path,
            _line(path, "hidden_tests"),
            f"hidden_tests: unknown visibility {visibility!r}; use one of: {known}",
        )
    index = values.get("index", "")
    if index and not re.fullmatch(r"https://[^\s\"']+", index):
        raise AuthoringError(
            path,
            _line(path, "index"),
            f"index: expected an address such as https://HOST/simple, found {index!r}",
        )
    lists = {key: tuple(values.get(key, ())) for key in ("packages", "leaderboard")}
    return GradescopeSettings(**{**values, **lists})


def _read_feedback(path: Path, values: dict[str, Any]) -> FeedbackLevels:
    _require(path, values, {}, _FEEDBACK)
    known = get_args(FeedbackLevel)
    for time, level in values.items():
        if level not in known:
            raise AuthoringError(
                path,
                _line(path, time),
                f"{time}: unknown level {level!r}; use one of: {', '.join(known)}",
            )
    return FeedbackLevels(**values)


def _read_allowed_leaks(path: Path, values: dict[str, Any]) -> dict[str, str]:
    """[leaks.allow]: the text of a leak, or the id of a cell, and why students may see it."""
    _require(path, values, {}, {"allow": dict})
    for text, reason in values.get("allow", {}).items():
        if not isinstance(reason, str) or not reason.strip():
            raise AuthoringError(
                path,
                _line(path, "leaks.allow"),
                f'[leaks.allow] {text!r}: say why students may see it, as "{text[:40]}" = "reason"',
            )
    return dict(values.get("allow", {}))


def _require_addresses(path: Path, values: dict[str, Any]) -> None:
    for key in _ADDRESSES:
        problem = values.get(key) and address_problem(key, values[key])
        if problem:
            raise AuthoringError(path, _line(path, key), problem)


def address_problem(key: str, value: str) -> str:
    """Check an address in course.toml; returns what is wrong with it, or "".

    Students' machines install code from there, so the address must be complete.

    Parameters
    ----------
    key : str
        "repository" or "install".
    value : str
        The address.
    """
    pattern, example = _ADDRESSES[key]
    return (
        ""
        if pattern.fullmatch(value)
        else f"{key}: expected an address such as {example}, found {value!r}"
    )


def _line(path: Path, key: str) -> int:
    """Number of the line that sets this key, or 0 if there is none."""
    lines = read_written(path).splitlines()
    return next(
        (i for i, text in enumerate(lines, 1) if re.match(rf"\s*\[?{re.escape(key)}\b", text)), 0
    )


def read_written(path: Path) -> str:
    """The text of a file that an author wrote.

    Raises
    ------
    AuthoringError
        If it is not UTF-8, with the line.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise AuthoringError(path, line, "not UTF-8; save the file in that encoding") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_written(path))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise AuthoringError(
            path, int(line[1]) if line else 0, f"not valid TOML: {error}; correct this line"
        ) from error


_KINDS: dict[Any, tuple[str, str]] = {
    str: ("a text", 'write it in quotes: {} = "…"'),
    (int, float): ("a number", "write it without quotes: {} = 5"),
    list: ("a list", 'write it in brackets: {} = ["…"]'),
    dict: ("a table", "write [{}] on a line of its own, and its keys below"),
}


def _as_toml(value: object) -> str:
    """A value as an author has written it, more or less."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _require(
    path: Path, values: dict[str, Any], required: dict[str, Any], optional: dict[str, Any]
) -> None:
    known = [*required, *optional]
    for key in values:  # first: a required key may be misspelt
        if key not in known:
            raise AuthoringError(
                path, _line(path, key), f"unknown key {key!r}; use one of: {', '.join(known)}"
            )
    lines = read_written(path).splitlines()
    for key in required:
        if key not in values:
            raise AuthoringError(
                path, len(lines), f"the key {key!r} is missing; add a line `{key} = …`"
            )
    for key, value in values.items():
        expected = required.get(key) or optional.get(key) or object
        line = _line(path, key)
        if not isinstance(value, expected) or isinstance(value, bool):
            kind, example = _KINDS[expected]
            raise AuthoringError(
                path, line, f"{key} must be {kind}, found {_as_toml(value)}; {example.format(key)}"
            )
        if isinstance(value, (int, float)) and (value < 0 or (not value and key != "points")):
            least = "0 or more" if key == "points" else "positive"
            raise AuthoringError(path, line, f"{key} must be {least}, found {value!r}")
