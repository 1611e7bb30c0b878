"""Programs started as another user, or with fewer rights than the tests have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from hwlib.grading.sandbox.docker_profile import RIGHTS

__all__ = ["GRADERS", "NOBODY", "as_grader"]

NOBODY = 65534  # the user that owns nothing
_REFUSING = (sys.executable, "-m", "hwlib.grading.sandbox.docker_profile")
_AS_USER = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
# who grades → what starts a program that way
GRADERS: dict[str, tuple[str, ...]] = {
    "root": (),
    # as in a container that Docker started with its default rights and its default filter of calls
    "root without CAP_SYS_ADMIN": (
        *_REFUSING,
        "setpriv",
        f"--bounding-set=-all,{','.join(f'+{name.lower()}' for name in RIGHTS)}",
        "--inh-caps=-all",
    ),
    "a user": _AS_USER,
    # as on Ubuntu from 24.04 on, and in a container that is not run by root
    "a user without namespaces": (*_REFUSING, *_AS_USER),
}
# Python often lies in root's home, which nobody else may enter: in a view of the disk of its own,
# that home is empty but for Python
_ENTER = """
set -e
mkdir -p "$1"
mount --bind "$2" "$1"
mount -t tmpfs -o mode=755 tmpfs "$3"
mkdir -p "$2"
mount --bind "$1" "$2"
shift 3
exec "$@"
"""


def as_grader(who: str, folder: Path) -> list[str] | None:
    """What starts a program as one of `GRADERS`; None where that can't be done.

    Parameters
    ----------
    who : str
    folder : Path
        An empty folder that may be used.
    """
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        return None
    prefix, home = str(Path(sys.base_prefix).resolve()), str(Path("~root").expanduser())
    view = ["unshare", "--mount", "--propagation", "private", "bash", "-c", _ENTER, "view"]
    direct = list(GRADERS[who])
    for before in (direct, [*view, str(folder / "python"), prefix, home, *direct]):
        if _works(tuple(before)):
            return before
    return None


@cache
def _works(before: tuple[str, ...]) -> bool:
    """Whether Python starts that way, and starts itself again as any user."""
    again = (
        "import os, subprocess, sys, hwlib.cli\n"
        "if os.getuid() == 0 and os.fork() == 0:\n"
        f"    os.setresuid({NOBODY}, {NOBODY}, {NOBODY})\n"
        "    os.execv(sys.executable, [sys.executable, '-c', 'raise SystemExit(7)'])\n"
        "if os.getuid() == 0:\n"
        "    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]) != 7)\n"
        "subprocess.run([sys.executable, '-c', '1'], check=True)"
    )
    tried = subprocess.run([*before, sys.executable, "-c", again], capture_output=True, check=False)
    return tried.returncode == 0
