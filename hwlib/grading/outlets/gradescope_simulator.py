"""Runs an autograder zip as Gradescope would: in a container of its own, as root, with its limits.

The container is made by bubblewrap: this system's programs, an empty /autograder, the rights and
the system calls that Docker allows to root, no network while grading. So a tier is used that
Gradescope has, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwlib.atomic import remove_folder
from hwlib.errors import CourseError, GradingError
from hwlib.grading.sandbox import docker_profile
from hwlib.grading.sandbox.measures.control_groups import inside, limited, peak_mb

__all__ = ["Image", "Limits", "Simulated", "built_image"]

SETUP_S = 1800
METADATA = {
    "id": 1,
    "created_at": "2027-02-01T10:00:00.000000+00:00",
    "assignment": {"due_date": "2027-02-08T10:00:00.000000+00:00", "total_points": "0.0"},
    "users": [{"email": "student@example.org", "id": 1, "name": "A Student"}],
    "previous_submissions": [],
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What Gradescope allows while grading; the defaults are Gradescope's."""

    minutes: float = 10
    memory_mb: int = 768
    cores: float = 0.5


@dataclass(frozen=True, slots=True)
class Simulated:
    """What came of one submission."""

    results: Any  # the values of results.json; None if there is none or it is not JSON
    stdout: str
    seconds: float
    timed_out: bool
    peak_mb: float  # of memory while grading; 0 where it can't be measured
    limits: str  # the limits that were in force, in words


@dataclass(frozen=True, slots=True)
class Image:
    """A container that setup.sh has prepared; it grades one submission after another."""

    root: Path
    setup_s: float

    def grade(
        self, submission: Sequence[Path], limits: Limits | None = None, metadata: Any = METADATA
    ) -> Simulated:
        """Grade the files of one submission with a fresh /autograder/submission and results.

        Raises
        ------
        CourseError
            If one of the files is missing, or two have the same name.
        """
        names: dict[str, Path] = {}
        for path in submission:
            if names.setdefault(path.name, path) != path:
                raise CourseError(
                    f"{names[path.name]} and {path}: have the same name, and a submission on "
                    "Gradescope has only one file of a name; leave one out"
                )
        base, limits = self.root / "autograder", limits or Limits()
        for name in ("submission", "results"):
            remove_folder(base / name)
            (base / name).mkdir()
        for path in submission:
            _require_file(path)
            shutil.copyfile(path, base / "submission" / path.name)
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        (base / "submission_metadata.json").write_text(text, encoding="utf-8")
        return _run(self.root, limits)


@contextmanager
def built_image(archive: Path) -> Iterator[Image]:
    """Build the container of an autograder zip; it is removed at the end of the block.

    Raises
    ------
    CourseError
        If the file is missing, or the zip has no setup.sh and run_autograder.
    GradingError
        If this machine can't make such a container, or if setup.sh fails.
    """
    _require_file(archive)
    _require_root()
    with tempfile.TemporaryDirectory(prefix="hw-gradescope-") as name:
        root = Path(name)
        root.chmod(0o755)
        _lay_out(root, archive)
        offline = (root / "autograder/source/wheels/all").is_dir()
        started = time.monotonic()
        with _container(root, network=not offline) as (container, files):
            done = subprocess.run(
                [*container, "/autograder/source/setup.sh"],
                capture_output=True,
                text=True,
                check=False,
                timeout=SETUP_S,
                pass_fds=files,
            )
        if done.returncode:
            last = (done.stderr or done.stdout).strip()[-1000:]
            raise GradingError(f"setup.sh ended with exit code {done.returncode}: {last}")
        yield Image(root, time.monotonic() - started)


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise CourseError(f"{path}: no such file; name an existing file")


def _run(root: Path, limits: Limits) -> Simulated:
    started, timed_out = time.monotonic(), False
    with (
        _container(root, network=False) as (container, files),
        limited(limits.memory_mb, limits.cores) as groups,
        (root / "stdout").open("wb") as stdout,
    ):
        process = subprocess.Popen(
            [*inside(groups), *container, "/autograder/run_autograder"],
            stdout=stdout,
            stderr=subprocess.STDOUT,
            pass_fds=files,
        )
        try:
            process.wait(60 * limits.minutes)
        except subprocess.TimeoutExpired:
            timed_out = True
            process.kill()
            process.wait()
        seconds, peak = time.monotonic() - started, peak_mb(groups)
    said = f"{limits.memory_mb} MB of memory, {limits.cores:g} cores"
    none = "memory and cores not limited, because control groups can't be made here"
    rights = "" if files else ", no call refused, because libseccomp is not installed here"
    return Simulated(
        _results(root / "autograder/results/results.json"),
        (root / "stdout").read_text("utf-8", "replace"),
        seconds,
        timed_out,
        peak,
        f"{limits.minutes:g} minutes, {said if groups else none}{rights}",
    )


def _require_root() -> None:
    if sys.platform != "linux" or os.getuid() != 0:
        raise GradingError(
            "a container like Gradescope's can be made only by root on Linux; run this command "
            "with sudo, or in a container"
        )
    if shutil.which("bwrap") is None:
        raise GradingError("bubblewrap is not installed; run: apt-get install bubblewrap")


def _lay_out(root: Path, archive: Path) -> None:
    """Make /autograder and /opt of the container, as Gradescope does."""
    base = root / "autograder"
    for folder in (base / "source", base / "submission", base / "results", root / "opt"):
        folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(base / "source")
    except (OSError, zipfile.BadZipFile) as error:
        raise CourseError(f"{archive}: cannot open this zip ({error}); build it again") from error
    for name in ("setup.sh", "run_autograder"):
        if not (base / "source" / name).is_file():
            raise CourseError(
                f"{archive}: there is no {name} at the top of this zip; build it with "
                "`hw gradescope SLUG -o FILE.zip`"
            )
        (base / "source" / name).chmod(0o755)
    shutil.copy2(base / "source" / "run_autograder", base)


@contextmanager
def _container(root: Path, *, network: bool) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """The command that starts a program in the container, with the rights and the system calls
    that Docker allows, and the files that the command needs.
    """
    command = _view(root, network=network)
    command += ["--cap-drop", "ALL"]
    for right in docker_profile.RIGHTS:
        command += ["--cap-add", f"CAP_{right}"]
    with contextlib.ExitStack() as stack:
        calls = docker_profile.filter_file()
        if calls is None:
            yield command, ()
            return
        number = stack.enter_context(calls).fileno()
        yield [*command, "--seccomp", str(number)], (number,)


def _view(root: Path, *, network: bool) -> list[str]:
    """The beginning of that command: what programs in the container see."""
    command = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    command += [] if network else ["--unshare-net"]
    command += ["--clearenv", "--setenv", "HOME", "/root", "--setenv", "LANG", "C.UTF-8"]
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    for folder in ("/usr", "/etc"):
        command += ["--ro-bind", folder, folder]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/") / name
        if path.is_symlink():
            command += ["--symlink", f"usr/{name}", str(path)]
        elif path.is_dir():
            command += ["--ro-bind", str(path), str(path)]
    # Python may lie in a folder that other users can't enter, such as root's home
    prefix = Path(sys.base_prefix).resolve()
    programs = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if not prefix.is_relative_to("/usr"):
        for above in reversed(prefix.parents[:-1]):
            command += ["--perms", "0755", "--dir", str(above)]
        command += ["--ro-bind", str(prefix), str(prefix)]
        programs = f"{prefix}/bin:{programs}"
    command += ["--setenv", "PATH", programs]
    command += ["--bind", str(root / "autograder"), "/autograder"]
    command += ["--bind", str(root / "opt"), "/opt", "--chdir", "/autograder"]
    return command


def _results(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
