"""What runs in a Dask worker: it keeps the files that arrive, and gives submissions to stations.

Each thread of the worker uses a station of its own. The course, with its hidden tests, lies in a
folder that only the grader's user may enter and that student code does not see.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hwlib.atomic import remove_folder
from hwlib.errors import GradingError
from hwlib.grading.cluster.parcels import Parcel, Store
from hwlib.grading.cluster.station import Job, Ready, Station
from hwlib.grading.results import Outcome
from hwlib.grading.sandbox.folders import RunFolder

__all__ = ["Lacking", "close_workshop", "grade_there", "open_workshop"]

TRIES = 3  # stations that one submission may cost


@dataclass(frozen=True, slots=True)
class Lacking:
    """The answer of a worker that does not have all the files: send these."""

    hashes: tuple[str, ...]


class _Workshop:
    """The files and stations of one job in this process.

    Parameters
    ----------
    job : Job
    scratch : Path or None
        Dask's own folder, which may hold what it has received.
    """

    def __init__(self, job: Job, scratch: Path | None) -> None:
        self.job = job
        self._run = RunFolder([])
        self._place = self._run.new("course-", 0o700)
        self.store = Store(self._folder("contents"))
        self._submissions = self._folder("submissions")
        self._hidden = (self._run.path, *([scratch] if scratch else []))
        self._idle: list[Station] = []
        self._busy: set[Station] = set()
        self.lock = threading.Lock()
        self._numbers = iter(range(10**12))

    def _folder(self, name: str) -> Path:
        folder = self._place / name
        folder.mkdir(mode=0o700)
        return folder

    @property
    def is_used(self) -> bool:
        with self.lock:
            return bool(self._busy) or any(station.is_alive for station in self._idle)

    def take(self, contents: Mapping[str, bytes], wanted: set[str]) -> Lacking | None:
        """Keep what has arrived; what is still missing, if anything."""
        with self.lock:
            self.store.add(contents)
            lacking = self.store.lacks(wanted)
            return Lacking(tuple(lacking)) if lacking else None

    def lay_out_course(self) -> None:
        """Write the course's files, unless they are there."""
        with self.lock:
            if not (self._place / "course").is_dir():
                fresh = self._folder("fresh")
                self.store.lay_out(self.job.course, fresh)
                fresh.rename(self._place / "course")

    def has_course(self) -> bool:
        return (self._place / "course").is_dir()

    def open(self) -> Ready:
        """Start a station, so that a problem shows before anything is graded."""
        station = self._station()
        self._give_back(station)
        return station.ready

    def grade(self, parcel: Parcel) -> Outcome:
        """Grade a submission; if a station ends meanwhile, with another one."""
        with self.lock:
            folder = self._submissions / str(next(self._numbers)) / self.job.slug
            folder.mkdir(parents=True)
            found = parcel.unpack(self.store, folder)
        try:
            for _ in range(TRIES - 1):
                with contextlib.suppress(GradingError):
                    return self._grade_once(found)
            return self._grade_once(found)
        finally:
            remove_folder(folder.parent)

    def _grade_once(self, found: object) -> Outcome:
        station = self._station()
        try:
            outcome = station.grade(found)  # type: ignore[arg-type]
        except BaseException:
            with self.lock:
                self._busy.discard(station)
            station.close()
            raise
        self._give_back(station)
        return outcome

    def _station(self) -> Station:
        with self.lock:
            while self._idle:
                station = self._idle.pop()
                if station.is_alive:
                    self._busy.add(station)
                    return station
                station.close()
        station = Station(self.job, self._place / "course", self._hidden)
        with self.lock:
            self._busy.add(station)
        return station

    def _give_back(self, station: Station) -> None:
        with self.lock:
            self._busy.discard(station)
            self._idle.append(station)

    def close(self) -> None:
        """End all stations and remove all files."""
        with self.lock:
            stations = [*self._idle, *self._busy]
            self._idle.clear()
            self._busy.clear()
        for station in stations:
            station.close()
        self._run.close()


_workshops: dict[str, _Workshop] = {}  # number of the job → its workshop
_opening = threading.Lock()


def _workshop(job: Job) -> _Workshop:
    with _opening:
        if job.number not in _workshops:
            for number, other in list(_workshops.items()):
                if not other.is_used:  # its client is gone
                    _workshops.pop(number).close()
            _workshops[job.number] = _Workshop(job, _scratch())
        return _workshops[job.number]


def _scratch() -> Path | None:
    """The folder of the Dask worker that this runs in."""
    from distributed import get_worker

    try:
        return Path(get_worker().local_directory)
    except ValueError:  # called from elsewhere
        return None


# ---- what a client calls -------------------------------------------------------------------------


def open_workshop(job: Job, contents: Mapping[str, bytes]) -> Ready | Lacking:
    """Make this process ready for a job.

    Raises
    ------
    GradingError
        If it can't grade here.
    """
    workshop = _workshop(job)
    if not workshop.has_course():
        lacking = workshop.take(contents, job.wanted)
        if lacking:
            return lacking
        workshop.lay_out_course()
    return workshop.open()


def grade_there(job: Job, parcel: Parcel, contents: Mapping[str, bytes]) -> Outcome | Lacking:
    """Grade a submission in this process.

    Raises
    ------
    GradingError
        If that can't be done here.
    """
    workshop = _workshop(job)
    lacking = workshop.take(contents, parcel.wanted)
    if not workshop.has_course():
        lacking = workshop.take({}, parcel.wanted | job.wanted)
        if lacking is None:
            workshop.lay_out_course()
    return lacking or workshop.grade(parcel)


def close_workshop(number: str) -> None:
    """End what was started for a job."""
    with _opening:
        workshop = _workshops.pop(number, None)
    if workshop is not None:
        workshop.close()
