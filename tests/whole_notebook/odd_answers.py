"""Answers to one question that are as odd as can be: they cost that question at most."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

__all__ = ["ANSWERS", "OddAnswer"]


@dataclass(frozen=True)
class OddAnswer:
    """What a student wrote for `half`, which should give half of a number."""

    name: str
    source: str


def _body(name: str, lines: str) -> OddAnswer:
    """The lines of the function's body."""
    return OddAnswer(
        name, f"def half(x):\n{textwrap.indent(textwrap.dedent(lines).strip(), '    ')}\n"
    )


ANSWERS: tuple[OddAnswer, ...] = (
    # what it raises
    _body("raises-a-surrogate", r"raise ValueError('\ud83d \udcff \0 \x1b[31m')"),
    _body("raises-ten-megabytes", "raise ValueError('x' * 10_000_000)"),
    _body("raises-without-text", "raise type('E', (Exception,), {'__str__': lambda e: 1 / 0})"),
    _body("raises-a-text-that-is-none", "raise type('E', (Exception,), {'__str__': lambda e: 5})"),
    _body("raises-an-odd-name", r"raise type('\ud83d\n\x1b[2J', (Exception,), {})('x')"),
    _body("raises-markup", "raise ValueError('<script>alert(1)</script> [bold] {x} %s')"),
    _body("raises-system-exit", "raise SystemExit(0)"),
    _body("raises-a-generator-exit", "raise GeneratorExit"),
    _body("raises-a-group", "raise ExceptionGroup('all', [ValueError(1), KeyError(2)])"),
    _body(
        "raises-in-a-circle",
        "a = ValueError(1)\na.__cause__ = KeyError(2)\na.__cause__.__cause__ = a\nraise a",
    ),
    _body("raises-deep", "return half(x) + 1"),
    _body("raises-an-unraisable", "raise 5"),
    # what it returns
    _body("returns-itself", "return half"),
    _body("returns-a-loop", "a = []\na.append(a)\nreturn a"),
    _body("returns-a-deep-list", "a = []\nfor _ in range(100_000):\n    a = [a]\nreturn a"),
    _body("returns-a-huge-number", "return 10**100_000"),
    _body("returns-nan", "return float('nan')"),
    _body("returns-an-endless-iterator", "import itertools\nreturn itertools.count()"),
    _body("returns-a-module", "import os\nreturn os"),
    _body("returns-surrogates", r"return {'\ud83d': ['\udcff', b'\xff']}"),
    _body("returns-a-gigabyte", "return 'x' * 10**9"),
    _body("returns-two-million-numbers", "return [0] * 2_000_000"),
    _body("returns-many-objects", "return [object() for _ in range(300_000)]"),
    _body(
        "returns-an-object-that-raises",
        "class Odd:\n    def __getattribute__(self, name):\n        raise KeyError\nreturn Odd()",
    ),
    _body(
        "returns-a-liar",
        "class Odd:\n    __class__ = float\n    def __eq__(self, other):\n        return True\n"
        "    __float__ = lambda self: 1 / 0\nreturn Odd()",
    ),
    _body("returns-an-odd-class", r"return type('\ud83d', (), {})"),
    _body(
        "returns-an-odd-float",
        "class Odd(float):\n    def __float__(self):\n        raise OSError\nreturn Odd('nan')",
    ),
    _body("returns-a-lock", "import threading\nreturn threading.Lock()"),
    _body("returns-a-socket", "import socket\nreturn socket.socketpair()"),
    _body("returns-ellipsis", "return ..."),
    # what it does to its process
    _body("exits", "import os\nos._exit(0)"),
    _body("aborts", "import os\nos.abort()"),
    _body("kills-itself", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    _body("stops-itself", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
    _body("closes-all-files", "import os\nos.closerange(0, 4096)"),
    _body(
        "writes-to-all-files",
        "import os\nfor number in range(256):\n    try:\n"
        "        os.write(number, b'\\xff' * 99)\n"
        "    except OSError:\n        pass",
    ),
    _body(
        "reads-all-files",
        "import os\nfor number in range(3, 256):\n    try:\n"
        "        os.set_blocking(number, False)\n"
        "        os.read(number, 99)\n    except OSError:\n        pass",
    ),
    _body("takes-the-modules-away", "import sys\nsys.modules.clear()"),
    _body(
        "takes-the-builtins-away",
        "import builtins\nfor name in list(vars(builtins)):\n    delattr(builtins, name)",
    ),
    _body(
        "takes-the-output-away",
        "import sys\nsys.stdout = sys.stderr = None\nprint(x)\nraise OSError",
    ),
    _body("takes-the-folder-away", "import os, shutil\nshutil.rmtree(os.getcwd())\nraise OSError"),
    _body("closes-the-folder", "import os\nos.chmod('.', 0)\nraise OSError"),
    _body(
        "fills-the-folder",
        "for number in range(20_000):\n    open(f'{number}', 'w').close()\nraise OSError",
    ),
    _body(
        "writes-a-large-file",
        "with open('x', 'wb') as file:\n    file.write(bytes(10**9))\nreturn 0",
    ),
    _body(
        "makes-deep-folders",
        "import os\nfor _ in range(1500):\n    os.mkdir('deeper')\n    os.chdir('deeper')",
    ),
    _body(
        "makes-links", "import os\nos.symlink('/', 'root')\nos.symlink('loop', 'loop')\nreturn 0"
    ),
    _body("makes-pipes", "import os\nos.mkfifo('pipe')\nos.mkfifo('half.py')\nreturn 0"),
    _body("forks", "import os\nos.fork()\nreturn 0"),
    _body(
        "starts-many-processes",
        "import os, time\nfor _ in range(3000):\n    if os.fork() == 0:\n        time.sleep(60)",
    ),
    _body(
        "forks-for-ever",
        "import os\nwhile True:\n    try:\n        if os.fork() == 0:\n            os.setsid()\n"
        "    except OSError:\n        pass",
    ),
    _body(
        "starts-threads",
        "import threading, time\nfor _ in range(5000):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nreturn 0",
    ),
    _body(
        "starts-a-daemon",
        "import subprocess\nsubprocess.Popen(['sleep', '60'], start_new_session=True)\nreturn 0",
    ),
    _body("takes-all-memory", "a = []\nwhile True:\n    a.append(bytearray(10**8))"),
    _body("never-ends", "while True:\n    pass"),
    _body(
        "never-ends-and-catches",
        "while True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
    ),
    _body("prints-for-ever", "while True:\n    print('x' * 1000)"),
    _body("waits-for-input", "return input()"),
    _body("waits-for-a-lock", "import threading\na = threading.Lock()\na.acquire()\na.acquire()"),
    _body("holds-the-interpreter", "import re\nreturn re.match('(a+)+$', 'a' * 60 + 'b')"),
    _body(
        "traces",
        "import sys\nsys.settrace(lambda *a: 1 / 0)\nsys.setprofile(lambda *a: 1 / 0)\nreturn x",
    ),
    _body(
        "lowers-its-limits",
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1, 1))\nreturn 0",
    ),
    _body("recursion-without-end", "import sys\nsys.setrecursionlimit(10**9)\nreturn half(x)"),
    _body(
        "asks-who-calls", "import sys\nframe = sys._getframe(1)\nframe.f_globals.clear()\nreturn 0"
    ),
    _body(
        "changes-numpy", "import numpy as np\nnp.ndarray = np.asarray = np.generic = None\nreturn 0"
    ),
    _body(
        "changes-json",
        "import json, struct\njson.dumps = json.loads = struct.pack = None\n"
        "json.JSONEncoder.encode = lambda *a: '{'\nreturn 0",
    ),
    # cells
    OddAnswer("hangs-in-the-cell", "while True:\n    pass\n"),
    OddAnswer("ends-in-the-cell", "import os\nos._exit(3)\n"),
    OddAnswer(
        "changes-the-shell",
        "shell = get_ipython()\nshell.run_cell = shell.user_ns = shell.compile = None\n",
    ),
    OddAnswer(
        "adds-hooks",
        "def bad(*args, **more):\n    raise SystemExit\n\n"
        "for event in ('pre_run_cell', 'post_run_cell', 'pre_execute', 'post_execute'):\n"
        "    get_ipython().events.register(event, bad)\n"
        "get_ipython().ast_transformers.append(bad)\n"
        "get_ipython().input_transformers_post.append(bad)\n",
    ),
    OddAnswer("has-no-names", "globals().clear()\n"),
    OddAnswer("is-only-magic", "%%no_such_magic\ndef half(x):\n    return x\n"),
    OddAnswer("is-not-python", "half(x) = x / 2\n\0\ud7ff"),
    OddAnswer("is-a-class", "class half:\n    def __new__(cls, x):\n        raise MemoryError\n"),
    OddAnswer("is-a-number", "half = 0.5\n"),
    OddAnswer("is-none", "half = None\n"),
    OddAnswer(
        "is-an-odd-object",
        "class Odd:\n    def __getattribute__(self, name):\n        exit()\n\nhalf = Odd()\n",
    ),
    OddAnswer(
        "is-a-name-that-hangs",
        "class Odd:\n    def __getattribute__(self, name):\n"
        "        while True:\n            pass\n\n"
        "half = Odd()\n",
    ),
)
