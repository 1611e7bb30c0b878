"""The hand-ins that `hw serve` has taken: each once, in a queue that survives a restart.

FOLDER/NUMBER/hand-in.json    who, what, when, and what has become of it
FOLDER/NUMBER/files/          as handed in, with safe names
FOLDER/NUMBER/feedback.html   once it is graded
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from hwlib.atomic import remove_folder, write_whole
from hwlib.errors import HwlibError, SubmissionError
from hwlib.grading.course import Assignment
from hwlib.grading.submissions.reading import require_readable
from hwlib.grading.texts import printable

__all__ = ["HandIn", "Inbox", "QuotaUsed", "State", "only_as_zip", "require_a_notebook"]

State = Literal["waiting", "grading", "done", "failed"]
QUOTA = timedelta(hours=24)  # the time that a quota is for
MAX_WAITING = 3  # hand-ins of one student in the queue


def only_as_zip(assignment: Assignment) -> str:
    """Why one notebook is not a hand-in of this assignment; "" if it is."""
    if not assignment.has_several:
        return ""
    return (
        f"{assignment.slug} has the notebooks {assignment.files}. Hand in the zip that the last "
        "cell of each of them writes."
    )


def require_a_notebook(assignment: Assignment, files: Mapping[str, bytes]) -> None:
    """Refuse files among which no notebook can be read, before they count as the latest hand-in.

    Raises
    ------
    SubmissionError
        With the reason for the assignment's own notebook, or for the first.
    """
    own = {f"{stem}.ipynb" for stem in assignment.stems}
    errors = list[SubmissionError]()
    notebooks = [name for name in files if name.endswith(".ipynb")]
    for name in sorted(notebooks, key=lambda name: (name not in own, name)):
        try:
            require_readable(files[name], printable(name))
        except SubmissionError as error:
            errors.append(error)
        else:
            return
    if errors:
        raise errors[0]


class QuotaUsed(HwlibError):
    """A student has handed in too often.

    Parameters
    ----------
    message : str
    retry_s : float
        Seconds after which it may be tried again.
    """

    def __init__(self, message: str, retry_s: float) -> None:
        self.retry_s = retry_s
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class HandIn:
    """One hand-in. Its number is a hash of who handed in what."""

    number: str
    student: str
    slug: str
    time: str  # ISO 8601, in UTC
    state: State = "waiting"
    score: float | None = None
    max_score: float | None = None
    message: str = ""  # why it could not be graded
    problems: tuple[str, ...] = ()  # files that were left out
    earlier: tuple[str, ...] = ()  # when the same files were taken before, with others in between

    @property
    def when(self) -> datetime:
        """The time of the hand-in."""
        return datetime.fromisoformat(self.time)

    def taken_since(self, since: datetime) -> list[datetime]:
        """When these files were taken, after this time."""
        times = map(datetime.fromisoformat, (*self.earlier, self.time))
        return [time for time in times if time > since]


class Inbox:
    """The folder with all hand-ins. Threads may share it.

    Parameters
    ----------
    folder : Path
    quota : int
        How many hand-ins a student may make in 24 hours. The files of the latest one again do not
        count.
    """

    def __init__(self, folder: Path, quota: int) -> None:
        self.folder, self.quota = folder, quota
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._changed = threading.Condition()
        self._all: dict[str, HandIn] = {}
        for one in sorted(self._read(), key=lambda one: one.time):
            # a server that was stopped has graded half of it at most
            self._all[one.number] = replace(one, state="waiting") if one.state == "grading" else one

    def _read(self) -> Iterator[HandIn]:
        for path in self.folder.glob("*/hand-in.json"):
            try:
                values = json.loads(path.read_text(encoding="utf-8"))
                lists = {key: tuple(values.get(key, ())) for key in ("problems", "earlier")}
                yield HandIn(**{**values, **lists})
            except (OSError, ValueError, TypeError, KeyError):
                continue  # the server was killed while it made this one

    # ---- taking ----------------------------------------------------------------------------------

    def add(
        self,
        student: str,
        slug: str,
        files: Mapping[str, bytes],
        problems: tuple[str, ...] = (),
        now: datetime | None = None,
    ) -> HandIn:
        """Take a hand-in. The same files again are the hand-in that is there, unless another one
        has come since: then they count again as the latest.

        Raises
        ------
        QuotaUsed
            If the student has handed in too often.
        OSError
            If it can't be written. Nothing of it stays.
        """
        now = now or datetime.now(UTC)
        number = _number(student, slug, files)
        with self._changed:
            mine = [one for one in self._all.values() if one.student == student]
            known = self._all.get(number)
            latest = max((one for one in mine if one.slug == slug), key=_time, default=None)
            if known is not None and (known is latest or known.state in ("waiting", "grading")):
                return known
            self._check_quota(mine, now)
            before = known.taken_since(now - QUOTA) if known is not None else []
            earlier = tuple(time.isoformat() for time in before)
            one = HandIn(number, student, slug, now.isoformat(), problems=problems, earlier=earlier)
            place = self.folder / number
            remove_folder(place)
            try:
                for name, content in files.items():
                    write_whole(place / "files" / name, content)
                self._keep(one)
            except BaseException:  # a full disk, or Ctrl-C
                remove_folder(place)
                self._all.pop(number, None)
                raise
            self._changed.notify_all()
            return one

    def _check_quota(self, mine: list[HandIn], now: datetime) -> None:
        waiting = sum(one.state in ("waiting", "grading") for one in mine)
        if waiting >= MAX_WAITING:
            raise QuotaUsed(
                f"{waiting} of your hand-ins are still waiting. Wait until one of them is graded, "
                "then hand in again.",
                60.0,
            )
        since = now - QUOTA
        recent = sorted(time for one in mine for time in one.taken_since(since))
        if len(recent) >= self.quota:
            retry_s = (recent[-self.quota] - since).total_seconds()
            raise QuotaUsed(
                f"You have handed in {len(recent)} times within 24 hours, and {self.quota} are "
                f"allowed. You can hand in again in {_duration(retry_s)}.",
                retry_s,
            )

    # ---- grading ---------------------------------------------------------------------------------

    def next(self, timeout_s: float) -> HandIn | None:
        """The oldest hand-in that waits, of a student none of whose hand-ins is being graded; it is
        "grading" from then on. None if there is none within this time.
        """
        with self._changed:
            if not self._changed.wait_for(self._first, timeout_s):
                return None
            first = self._first()
            return self._keep(replace(first, state="grading")) if first else None

    def _first(self) -> HandIn | None:
        busy = {one.student for one in self._all.values() if one.state == "grading"}
        waiting = (one for one in self._all.values() if one.state == "waiting")
        return min((one for one in waiting if one.student not in busy), key=_time, default=None)

    def done(self, one: HandIn, score: float | None, max_score: float, page: str) -> None:
        """It was graded, and this is the feedback page; None: a human has to read it."""
        write_whole(self.folder / one.number / "feedback.html", page)
        with self._changed:
            self._keep(replace(one, state="done", score=score, max_score=max_score))
            self._changed.notify_all()

    def failed(self, one: HandIn, message: str) -> None:
        """It can't be graded now."""
        with self._changed:
            self._keep(replace(one, state="failed", message=message))
            self._changed.notify_all()

    def wait_again(self, one: HandIn) -> None:
        """Put it back into the queue, at its place."""
        with self._changed:
            self._keep(replace(one, state="waiting"))
            self._changed.notify_all()

    # ---- looking ---------------------------------------------------------------------------------

    def find(self, number: str, student: str) -> HandIn | None:
        """The hand-in with this number, if it is this student's."""
        with self._changed:
            one = self._all.get(number)
        return one if one is not None and one.student == student else None

    def of(self, student: str) -> list[HandIn]:
        """The hand-ins of a student, the latest first."""
        with self._changed:
            mine = [one for one in self._all.values() if one.student == student]
        return sorted(mine, key=_time, reverse=True)

    def before(self, one: HandIn) -> int:
        """How many hand-ins are in the queue before this one."""
        with self._changed:
            return sum(
                other.state == "waiting" and _time(other) < _time(one)
                for other in self._all.values()
            )

    def is_latest(self, one: HandIn) -> bool:
        """Whether the student has handed in nothing later for this assignment."""
        mine = [other for other in self.of(one.student) if other.slug == one.slug]
        return bool(mine) and mine[0].number == one.number

    def files(self, one: HandIn) -> dict[str, bytes]:
        """The files of a hand-in, by name."""
        place = self.folder / one.number / "files"
        return {
            str(path.relative_to(place)): path.read_bytes()
            for path in sorted(place.rglob("*"))
            if path.is_file()
        }

    def page(self, one: HandIn) -> str | None:
        """The feedback page of a hand-in that was graded."""
        path = self.folder / one.number / "feedback.html"
        return path.read_text(encoding="utf-8") if one.state == "done" else None

    def _keep(self, one: HandIn) -> HandIn:
        text = json.dumps(asdict(one), ensure_ascii=True, indent=1)
        write_whole(self.folder / one.number / "hand-in.json", text)
        self._all[one.number] = one
        return one


def _time(one: HandIn) -> tuple[str, str]:
    return one.time, one.number


def _number(student: str, slug: str, files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for part in (student, slug, *(part for name in sorted(files) for part in (name, files[name]))):
        content = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:32]


def _duration(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return f"{minutes} minutes" if minutes < 100 else f"{minutes / 60:.0f} hours"
