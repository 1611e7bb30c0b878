"""Each isolation tier, as whoever may grade: what its workers can't do, and what still works."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import needs
import pytest
from graders import as_grader

from hwlib.grading.sandbox.measures.control_groups import Group
from hwlib.grading.sandbox.tiers import _ATTEMPTS, possible_tiers, proven_tier

pytestmark = [needs.linux, needs.root]

WAYS = [
    ("root", "T3"),
    ("root", "T2"),
    ("root without CAP_SYS_ADMIN", "T2"),
    ("a user", "T3"),
    ("a user", "T1"),
    ("a user without namespaces", "T1"),
]
# what students do with processes and files → what it prints
WORKS = {
    "a pool of processes": (
        "import multiprocessing\n"
        "with multiprocessing.Pool(2) as pool:\n    print(pool.map(abs, [-1, 2]))",
        "[1, 2]\n",
    ),
    "a queue": (
        "import multiprocessing\nqueue = multiprocessing.Queue()\n"
        "process = multiprocessing.Process(target=queue.put, args=('hi',))\n"
        "process.start()\nprint(queue.get(timeout=9))\nprocess.join()",
        "hi\n",
    ),
    "futures of processes": (
        "from concurrent.futures import ProcessPoolExecutor\n"
        "with ProcessPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, 2])))",
        "[1, 2]\n",
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as pool:\n    print(list(pool.map(abs, [-1, 2])))",
        "[1, 2]\n",
    ),
    "another Python": (
        "import subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-c', 'print(42)'], capture_output=True)\n"
        "print(done.stdout)",
        "b'42\\n'\n",
    ),
    "a shell command": ("!echo hello | tr h j", "jello\n"),
    "the lines of a shell command": ("lines = !echo hello\nprint(list(lines))", "['hello']\n"),
    "temporary files": (
        "import tempfile\nwith tempfile.TemporaryFile() as file:\n    print(file.write(b'x'))",
        "1\n",
    ),
    "a database": (
        "import sqlite3\nwith sqlite3.connect('a.db') as db:\n    db.execute('create table t(x)')\n"
        "print('made')",
        "made\n",
    ),
    "folders": (
        "from pathlib import Path\nPath('a/b').mkdir(parents=True)\nPath('a/b/c').write_text('1')\n"
        "Path('a/b/c').rename('c')\nprint(Path('c').read_text())",
        "1\n",
    ),
    "copies of files": (
        "import shutil\nfrom pathlib import Path\n"
        "Path('from').mkdir()\nPath('from/x').write_text('1')\n"
        "shutil.copy('from/x', 'y')\nshutil.copytree('from', 'to')\nPath('y').touch()\n"
        "print(Path('y').read_text(), Path('to/x').read_text())",
        "1 1\n",
    ),
    "modules that are imported late": ("import scipy.optimize, sqlite3, wave\nprint(1)", "1\n"),
    "a process in the background": (
        "import asyncio\nprocess = await asyncio.create_subprocess_exec('echo', 'x', stdout=-1)\n"
        "print((await process.communicate())[0])",
        "b'x\\n'\n",
    ),
    "a time zone": (
        "from datetime import datetime\nfrom zoneinfo import ZoneInfo\n"
        "print(datetime(2027, 1, 1, tzinfo=ZoneInfo('Europe/Vienna')).utcoffset())",
        "1:00:00\n",
    ),
}
WITH_TORCH = {
    "a loader with processes": (
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "data = TensorDataset(torch.arange(10.0))\n"
        "batches = DataLoader(data, batch_size=5, num_workers=2, timeout=30)\n"
        "print([float(x.sum()) for (x,) in batches])",
        "[10.0, 35.0]\n",
    ),
}
# what uses up a machine → the words with which it ends; the last is for the tiers with a folder of
# limited size
USES_UP = {
    "memory in many processes": (
        "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n"
        "        hold = bytearray(400_000_000)\n        for i in range(0, len(hold), 4096):\n"
        "            hold[i] = 1\n        time.sleep(30)\ntime.sleep(30)",
        "MB of memory",
    ),
}
# over before the supervisor looks again, so that only a control group can notice it
BURST = (
    "import os\nfor _ in range(8):\n    if os.fork() == 0:\n"
    "        hold = b'x' * 400_000_000\n        os.kill(os.getpid(), 9)\n"
    "while True:\n    os.wait()"
)
FILLS = (
    "with open('a', 'wb') as file:\n    file.write(bytes(50_000_000))\n"
    "with open('b', 'wb') as file:\n    file.write(bytes(50_000_000))\nimport time\ntime.sleep(3)"
)

# the same, where no path reaches
FILLS_DEEP = (
    "import os\nos.makedirs('shut/in')\nos.chmod('shut', 0)\n"
    "for _ in range(2100):\n    os.mkdir('d')\n    os.chdir('d')\n"
    "for name in 'ab':\n    with open(name, 'wb') as file:\n        file.write(bytes(50_000_000))\n"
    "import time\ntime.sleep(3)"
)


# left by one worker, looked for by the next
LEAVES = (
    "from multiprocessing import shared_memory\nimport os\n"
    "shared = shared_memory.SharedMemory(name='psm_left', create=True, size=10)\n"
    "open('left', 'w').close()\nprint('left')\nos.environ['LEFT'] = '1'"
)
FINDS = (
    "import os\nfound = [*os.listdir('/dev/shm'), *os.listdir(), os.environ.get('LEFT')]\n"
    "print([name for name in found if name and 'left' in name])"
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory(prefix="hw-tiers-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def run_in_workers(who: str, tier: str, folder: Path, cells: dict[str, str]) -> dict[str, Any]:
    """What `in_workers` prints, started as this grader."""
    before = as_grader(who, folder)
    if before is None:
        pytest.skip("setpriv is missing; run: sudo apt-get install util-linux")
    script = Path(__file__).with_name("in_workers.py")
    command = [*before, sys.executable, str(script), tier]
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "HW_TOKEN": "token-of-the-grader",
    }
    done = subprocess.run(
        command,
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: f"{way[0]}-{way[1]}")
def way(request: pytest.FixtureRequest, folder: Path) -> tuple[str, dict[str, Any]]:
    """The tier, and what happened to all cells in its workers."""
    who, tier = request.param
    cells = {name: source for name, (source, _) in (WORKS | USES_UP).items()}
    cells |= {"fills": FILLS, "fills deep": FILLS_DEEP, "leaves": LEAVES, "finds": FINDS}
    cells |= {"burst": BURST}
    return tier, run_in_workers(who, tier, folder, cells)


def test_no_canary_escapes(way: tuple[str, dict[str, Any]]) -> None:
    assert way[1]["escapes"] == []


@pytest.mark.parametrize("name", WORKS)
def test_it_works(way: tuple[str, dict[str, Any]], name: str) -> None:
    assert way[1][name]["printed"] == WORKS[name][1], way[1][name]


@pytest.mark.parametrize("name", USES_UP)
def test_it_ends_with_words(way: tuple[str, dict[str, Any]], name: str) -> None:
    assert USES_UP[name][1] in way[1][name]["ended"], way[1][name]


def test_a_burst_of_memory_does_not_pass_between_two_looks(
    way: tuple[str, dict[str, Any]],
) -> None:
    if not way[1]["groups"]:
        pytest.skip("this grader can't make control groups; run the tests as root")
    assert "MB of memory" in way[1]["burst"]["ended"], way[1]["burst"]


def test_a_control_group_ends_what_takes_too_much_together() -> None:
    fork = "import os, time\nfor _ in range(3):\n    os.fork()\n"
    take = f"{fork}hold = b'x' * 40_000_000\ntime.sleep(3)"  # until all of them hold it
    with subprocess.Popen([sys.executable, "-c", f"input()\n{take}"], stdin=-1) as process:
        group = Group(process.pid, 150)
        try:
            if group.folder is None:
                pytest.skip("this user can't make control groups; run the tests as root")
            assert not group.has_killed()
            process.communicate(b"\n\n\n")
            assert group.has_killed()
        finally:
            process.kill()
            folder = group.folder
            group.remove()
    assert not folder.exists()


def test_a_folder_holds_so_much_and_no_more(way: tuple[str, dict[str, Any]]) -> None:
    tier, found = way
    if tier == "T3":
        assert "No space left" in found["fills"]["raised"]
    else:
        assert "MB of files" in found["fills"]["ended"]


def test_a_file_that_no_path_reaches_counts_and_is_removed(way: tuple[str, dict[str, Any]]) -> None:
    tier, found = way
    if tier == "T3":
        assert "No space left" in found["fills deep"]["raised"]
    else:
        assert "nested folders too deeply" in found["fills deep"]["ended"]
    assert found["left"] == []


def test_what_one_worker_leaves_the_next_does_not_find(way: tuple[str, dict[str, Any]]) -> None:
    assert way[1]["leaves"]["printed"] == "left\n"
    assert way[1]["finds"]["printed"] == "[]\n"


@needs.installed("torch")
@pytest.mark.parametrize(("who", "tier"), [("root", "T3"), ("a user", "T1")])
def test_a_loader_with_processes_works(folder: Path, who: str, tier: str) -> None:
    ((name, (source, printed)),) = WITH_TORCH.items()
    assert run_in_workers(who, tier, folder, {name: source})[name]["printed"] == printed


@pytest.mark.parametrize("who", ["root", "a user"])
def test_without_a_sandbox_the_canaries_escape(folder: Path, who: str) -> None:
    """Otherwise they would prove nothing."""
    escapes = set(run_in_workers(who, "T0", folder, {})["escapes"])
    assert {"read a file of the course", "reach the network", "list the course's folder"} <= escapes
    if who == "a user":
        assert escapes >= set(_ATTEMPTS) - {"uncover what is hidden", "become root"}


def test_this_machine_proves_its_strongest_tier() -> None:
    assert proven_tier() == possible_tiers()[0] == "T3"
