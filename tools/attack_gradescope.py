"""Attack the grader inside a container like Gradescope's, with every attack of tests/attacks/.

    python tools/attack_gradescope.py [WHAT …]       as root, on Linux, with bubblewrap

It prints each attack and whether it was stopped, then the classes. That each attack succeeds where
nothing protects the grader is shown by tools/attack_matrix.py. Exit code 1 if one succeeds.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "attacks")]

from classes import CLASSES
from in_container import HARMLESS, POSSIBLE, attacked_container
from situation import FULL


def main(names: list[str]) -> int:
    """Try them and print what succeeded."""
    attacks = [one for one in POSSIBLE if not names or one.what in names]
    succeeded = list[tuple[int, str]]()
    with (
        tempfile.TemporaryDirectory(prefix="hw-attacks-") as name,
        attacked_container(Path(name)) as container,
    ):
        if container.honest != FULL or not container.succeeds(HARMLESS):
            print("an honest submission lost points, or a success would not be seen: no result")
            return 1
        for one in attacks:
            if container.succeeds(one):
                succeeded.append((one.number, one.what))
            state = "SUCCEEDED" if (one.number, one.what) in succeeded else "stopped"
            print(f"{one.number:2} {one.what}: {state}", flush=True)
        again = container.tier
    tried = {one.number for one in attacks}
    lost = {number for number, _ in succeeded}
    print(
        f"isolation {again}: {len(attacks)} attacks of {len(tried)} of {len(CLASSES)} classes, "
        f"{len(succeeded)} succeeded; classes that are stopped: {len(tried - lost)}"
    )
    return 1 if succeeded else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
