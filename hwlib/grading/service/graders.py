"""The threads of `hw serve` that grade: each takes hand-ins from the queue and asks a station.

Only one of them writes records at a time. The process itself never runs or forks anything that
students wrote: a station is another process.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hwlib.errors import GradebookBusy, GradingError, HwlibError
from hwlib.grading.cluster.station import Job, Station
from hwlib.grading.course import Assignment, Course
from hwlib.grading.engines.several import joined, of_notebook
from hwlib.grading.outlets.collect import put_in_place
from hwlib.grading.outlets.exports import Exported
from hwlib.grading.records.cache import new_seed
from hwlib.grading.records.class_records import ClassRecords
from hwlib.grading.results import Outcome, SubmissionResult
from hwlib.grading.service.inbox import HandIn, Inbox
from hwlib.grading.submissions.files import FoundSubmission, find_submissions
from hwlib.grading.texts import counted

__all__ = ["Graders", "Places"]

_log = logging.getLogger("hwlib.grading")

LOOK_S = 1.0  # between two looks at the queue
BUSY_S = 5.0  # until the gradebook is tried again
STATIONS = 2  # that one hand-in may cost
NOT_NOW = (
    "The grader could not grade this hand-in. It is kept, and your instructor can grade it later."
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where hand-ins and records go."""

    submitted: Path
    output: Path
    db_url: str | None = None


class Graders:
    """So many threads; a context manager that ends them.

    Parameters
    ----------
    course : Course
    inbox : Inbox
    places : Places
    count : int
    say : callable
        Gets a line for each hand-in that is graded or can't be.
    sandbox : bool
    """

    def __init__(
        self,
        course: Course,
        inbox: Inbox,
        places: Places,
        count: int,
        say: Callable[[str], None],
        *,
        sandbox: bool = True,
    ) -> None:
        self.course, self.inbox, self.places = course, inbox, places
        self._say, self._sandbox = say, sandbox
        self._stopped = threading.Event()
        self._writing = threading.Lock()
        self._stations: list[_Stations] = []
        self._threads = [
            threading.Thread(target=self._work, name=f"grader-{number}", daemon=True)
            for number in range(count)
        ]

    def __enter__(self) -> Graders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for stations in self._stations:
            stations.kill()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        stations = _Stations(self.places, self._stopped, sandbox=self._sandbox)
        self._stations.append(stations)
        try:
            while not self._stopped.is_set():
                one = self.inbox.next(LOOK_S)
                if one is not None:
                    self._grade(one, stations)
        finally:
            stations.close()

    def _grade(self, one: HandIn, stations: _Stations) -> None:
        try:
            result, page = self._graded(one, stations)
        except GradebookBusy as error:
            _log.info("%s", error)
            self.inbox.wait_again(one)
            self._stopped.wait(BUSY_S)
        # the last resort: nothing about one hand-in may end the service
        except Exception as error:  # noqa: BLE001
            if self._stopped.is_set():
                self.inbox.wait_again(one)
                return
            if not isinstance(error, HwlibError | OSError):
                _log.exception("%s, %s: not graded", one.student, one.slug)
            self._say(f"{one.student}, {one.slug}: not graded: {error}")
            self.inbox.failed(one, NOT_NOW)
        else:
            unread = result.status == "rejected"
            self.inbox.done(one, None if unread else result.score, result.max_score, page)
            points = f"{result.score:g} of {counted(result.max_score, 'point')}"
            told = f"not graded: {'; '.join(result.problems)}" if unread else points
            self._say(f"{one.student}, {one.slug}: {told}")

    def _graded(self, one: HandIn, stations: _Stations) -> tuple[SubmissionResult, str]:
        """The result of a hand-in and its page. That of a team is graded for each of its students,
        whoever of them has sent it.
        """
        assignment = self.course.assignment(one.slug)
        teams = self.course.teams.get(one.slug, {})
        team = next((t for t, who in teams.items() if one.student in (t, *who)), one.student)
        students = list(teams.get(team, (one.student,)))
        with self._writing:
            exported = Exported("hw serve", time=one.when, files=self.inbox.files(one))
            put_in_place(self.places.submitted, team, one.slug, [exported])
            every = find_submissions(assignment, self.places.submitted, students)
        results = {found.student: self._result(assignment, found, stations) for found in every}
        first = one.student if one.student in results else students[0]
        return results[first], self._page(first, one.slug)

    def _result(
        self, assignment: Assignment, found: FoundSubmission, stations: _Stations
    ) -> SubmissionResult:
        with self._writing, self._records(assignment) as records:
            kept = records.kept(found)
        if kept is not None:
            return kept
        outcome, seed = stations.grade(assignment, found)
        with self._writing, self._records(assignment) as records:
            records.log_seed(seed)
            again = find_submissions(assignment, self.places.submitted, [found.student])
            records.kept(again[0], force=True)
            return records.write(found, outcome, seed)

    def _records(self, assignment: Assignment) -> ClassRecords:
        return ClassRecords(assignment, self.places.output, "isolated", self.places.db_url)

    def _page(self, student: str, slug: str) -> str:
        path = self.places.output / "feedback" / student / slug / f"{slug}.html"
        return path.read_text(encoding="utf-8")


class _Stations:
    """The stations of one thread: one for each notebook of an assignment, new ones after a new
    build.
    """

    def __init__(self, places: Places, stopped: threading.Event, *, sandbox: bool) -> None:
        self._places, self._stopped, self._sandbox = places, stopped, sandbox
        # assignment → when its notebooks were built, the seed, the station of each notebook
        self._known: dict[str, tuple[list[float], int, dict[str, Station]]] = {}

    def grade(self, assignment: Assignment, found: FoundSubmission) -> tuple[Outcome, int]:
        """The outcome and the seed of its hidden inputs."""
        for left in reversed(range(STATIONS)):
            stations, seed = self._of(assignment)
            try:
                outcomes = {
                    stem: station.grade(of_notebook(found, stem))
                    for stem, station in stations.items()
                }
            except GradingError:
                self._forget(assignment.slug)
                if not left or self._stopped.is_set():
                    raise
            else:
                return joined(found, outcomes) if found.several else outcomes[""], seed
        raise AssertionError("unreachable")

    def _of(self, assignment: Assignment) -> tuple[dict[str, Station], int]:
        notebooks = assignment.each_notebook()
        built = [one.source.stat().st_mtime for one in notebooks]
        known = self._known.get(assignment.slug)
        if known is not None:
            when, seed, stations = known
            whole = len(stations) == len(notebooks)
            if whole and when == built and all(one.is_alive for one in stations.values()):
                return stations, seed
            self._forget(assignment.slug)
        seed, stations = new_seed(), {}
        self._known[assignment.slug] = built, seed, stations
        hidden = (self._places.submitted.resolve(), self._places.output.resolve())
        for one in notebooks:
            job = Job(secrets.token_hex(16), one.slug, one.stem, seed, {}, sandbox=self._sandbox)
            stations[one.stem] = Station(job, assignment.course.root, hidden)
        return stations, seed

    def _forget(self, slug: str) -> None:
        for station in self._known.pop(slug)[2].values():
            station.close()

    def kill(self) -> None:
        """End what they are doing; another thread may call this."""
        for _, _, stations in list(self._known.values()):
            for station in list(stations.values()):
                station.kill()

    def close(self) -> None:
        """End them."""
        for slug in list(self._known):
            self._forget(slug)
