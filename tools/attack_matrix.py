"""Attack a class's grader as every kind of user, and write the table in docs/security.md.

    python tools/attack_matrix.py            as root, on Linux; takes about ten minutes
    python tools/attack_matrix.py --check    only whether the table lists all attacks

Each attack is handed in twice: to an autograder without protection, where it has to succeed, and to
`hw grade`. The classes and the attacks are in tests/attacks/.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "attacks")]

from classes import ALSO, CLASSES
from graders import GRADERS, as_grader
from on_the_machine import ATTACKS, Attack
from on_the_verdict import VERDICT, OnVerdict

PAGE = ROOT / "docs" / "security.md"
BEGIN = "<!-- begin attacks: written by tools/attack_matrix.py -->\n"
END = "<!-- end attacks -->\n"
KNOWN: tuple[Attack | OnVerdict, ...] = (*ATTACKS, *VERDICT)
TOKEN = "token-of-the-grader"


class NotPossible(Exception):
    """This machine can't start programs as such a user."""


def main() -> int:
    """Print the table and write it, or check it; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the table of attacks in docs/security.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it lists all")
    if parser.parse_args().check:
        return check(parts_of(PAGE)[1])
    new = table({who: in_situation(who) for who in GRADERS})
    print(new)
    before, _, after = parts_of(PAGE)
    PAGE.write_text(f"{before}{BEGIN}{new}{END}{after}", encoding="utf-8")
    return 0


def parts_of(page: Path) -> tuple[str, str, str]:
    """What stands before the table, the table, and what stands after it."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    old, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{page}: the lines {BEGIN.strip()} and {END.strip()} are missing")
    return before, old, after


def check(old: str) -> int:
    """Whether each class has as many attacks as the table says."""
    count = Counter(one.number for one in KNOWN)
    told = {int(n): int(m) for n, m in re.findall(r"^\| (\d+) \|[^|]*\| (\d+) \|", old, re.M)}
    if told == dict(count):
        return 0
    print(f"{PAGE}: the table of attacks is out of date; run python tools/attack_matrix.py")
    return 1


def in_situation(who: str, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """What succeeds where this user grades: the tier, what → [control, protected], honest scores.

    Raises
    ------
    NotPossible
        Where this machine can't start programs as this user.
    RuntimeError
        If the attempt failed.
    """
    with tempfile.TemporaryDirectory(prefix="hw-attacks-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o777)
        start = as_grader(who, folder)
        if start is None:
            raise NotPossible(
                f"no program can be started as {who}, for lack of setpriv or of rights; run: sudo "
                "apt-get install util-linux, and then `sudo make test`"
            )
        work = folder / "work"
        work.mkdir()
        work.chmod(0o777)
        script = str(ROOT / "tests" / "attacks" / "situation.py")
        told = {key: os.environ[key] for key in ("JUPYTER_PATH",) if key in os.environ}
        done = subprocess.run(
            [*start, sys.executable, script, str(work), *names],
            capture_output=True,
            text=True,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "TMPDIR": str(folder),
                "HW_TOKEN": TOKEN,
                **told,
            },
        )
        if done.returncode:
            raise RuntimeError(f"{who}: {done.stderr[-3000:]}")
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def table(found: dict[str, dict[str, Any]]) -> str:
    """The table in Markdown, a row for each class, then what succeeded by name."""
    heads = [f"{who}: {one['tier']}" for who, one in found.items()]
    lines = [
        f"| | class | attacks | {' | '.join(heads)} | also tried by |",
        f"|---|---|---|{'---|' * (len(heads) + 1)}",
    ]
    for number, what in CLASSES.items():
        names = [one.what for one in KNOWN if one.number == number]
        cells = [score([one["attacks"][name] for name in names]) for one in found.values()]
        also = ", ".join(f"`{name}`" for name in ALSO.get(number, ()))
        lines.append(f"| {number} | {what} | {len(names)} | {' | '.join(cells)} | {also} |")
    lines.append("")
    for who, one in found.items():
        stopped = sum(
            not any(one["attacks"][each.what][1] for each in KNOWN if each.number == number)
            for number in CLASSES
            if number <= 30
        )
        through = [name for name, (_, succeeded) in one["attacks"].items() if succeeded]
        named = f" It does not stop: {', '.join(through)}." if through else ""
        line = f"- **{one['tier']}, {who}**: stops {stopped} of 30 classes.{named}"
        lines += textwrap.wrap(line, 100, subsequent_indent="  ", break_on_hyphens=False)
    return "\n" + "\n".join(lines) + "\n\n"


def score(pairs: list[list[bool]]) -> str:
    """How many succeed in the control → how many against `hw grade`."""
    return f"{sum(control for control, _ in pairs)} → {sum(through for _, through in pairs)}"


if __name__ == "__main__":
    sys.exit(main())
