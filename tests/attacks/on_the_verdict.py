"""What student code may try against the verdict, the grader's patience and those who read results.

Each attack hands in a notebook whose code for one question is wrong, or that takes too much, or a
file that is no honest notebook. `wins` says what its success is.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["COURSE", "NAIVE", "NOTEBOOK", "RIGHT", "TOML", "VERDICT", "WRONG", "OnVerdict"]

COURSE = "attacked"
TOML = (
    'title = "Attacked"\npoints = 8\nminutes = 0.1\n\n'
    "[limits]\nquestion_s = 3\nsubmission_s = 20\nmemory_mb = 512\n"
)
NOTEBOOK = '''\
# %% [markdown]
# # Attacked
# Four small functions.

# %% setup
import numpy as np

from hwlib import checks

# %% [markdown]
# ## 1. Doubling

# %% solution="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=2
assert double(2) == 4
### BEGIN HIDDEN TESTS
inputs, expected = [21, 50], [42, 100]
for x, want in zip(inputs, expected):
    assert double(x) == want
### END HIDDEN TESTS

# %% [markdown]
# ## 2. A table

# %% solution="table"
def table(values):
    """Twice the values."""
    ### BEGIN SOLUTION
    return 2 * values
    ### END SOLUTION

# %% test="table" points=2
values = np.arange(6.0).reshape(2, 3)
result = table(values)
checks.close(result, 2 * values)

# %% [markdown]
# ## 3. Halves

# %% solution="half"
def half(values):
    """Half of the values."""
    ### BEGIN SOLUTION
    return values / 2
    ### END SOLUTION

# %% test="half" points=2
numbers = np.arange(4.0)
np.testing.assert_allclose(half(numbers), numbers / 2)

# %% [markdown]
# ## 4. Digits

# %% solution="predict"
def predict(images):
    """The digit that an image shows."""
    ### BEGIN SOLUTION
    return np.rint((images[:, 0] - 1) / 7).astype(int)
    ### END SOLUTION

# %% test="predict" points=2
assert len(predict(np.ones((3, 4)))) == 3
### BEGIN HIDDEN TESTS
labels = np.array([3, 1, 4, 1, 5, 9, 2, 6])
images = 7.0 * labels[:, None] + np.ones(4)
assert np.mean(predict(images) == labels) > 0.9
### END HIDDEN TESTS
'''
# how tests are written that check no shape and no finiteness: for the control
NAIVE = {
    "table": """\
values = np.arange(6.0).reshape(2, 3)
result = table(values)
for row, want in zip(result, 2 * values):
    assert not np.any(np.abs(row - want) > 1e-6)
""",
    "visible": "assert double(2) == 4",
}
RIGHT = {
    "double": "def double(x):\n    return x + x\n",
    "table": "def table(values):\n    return values + values\n",
    "half": "def half(values):\n    return values / 2\n",
    "predict": "def predict(images):\n    return np.rint((images[:, 0] - 1) / 7).astype(int)\n",
}


@dataclass(frozen=True)
class OnVerdict:
    """One attempt.

    Attributes
    ----------
    number : int
        Of its class in docs/security.md.
    what : str
    question : str
        The question whose code it is; "" for a cell of its own.
    source : str
    wins : str
        "passed": the question, which deserves no points. "printed": GOT. "file": `mark` is in the
        course's folder. "runs on": it does not end. "no result": it has none, or the class has
        none. "points": more than there are. "output": megabytes of it are kept. "page": a browser
        would run it. "terminal": its codes reach one.
    mark : str
    raw : str
        What is handed in instead of a notebook: "deep", "large", "link", "pipe", "points".
    naive : str
        The test that the control uses instead, of `NAIVE`.
    code : dict
        Question → its source.
    """

    number: int
    what: str
    question: str
    source: str
    wins: Literal[
        "passed",
        "printed",
        "file",
        "runs on",
        "no result",
        "points",
        "output",
        "page",
        "terminal",
    ] = "passed"
    mark: str = ""
    raw: str = ""
    naive: str = ""
    code: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """The code of all questions."""
        text = textwrap.dedent(self.source).strip()
        object.__setattr__(self, "source", text)
        own = {self.question: text} if self.question else {}
        object.__setattr__(self, "code", {**RIGHT, **own})


WRONG = "def double(x):\n    return 3 * x\n"
HOSTILE = "<script>alert('GOT')</script>\x1b]0;GOT\x07\x1b[2J\u202eGOT"

VERDICT: tuple[OnVerdict, ...] = (
    OnVerdict(
        4,
        "read the test cell in In",
        "double",
        """
        def double(x):
            known, text = {}, In[-1]
            exec("\\n".join(one for one in text.splitlines() if one.startswith("inputs")), known)
            return dict(zip([2, *known["inputs"]], [4, *known["expected"]]))[x]
        """,
    ),
    OnVerdict(
        5,
        "find the expected value with gc",
        "double",
        """
        import gc
        def double(x):
            found = [one for one in gc.get_objects() if type(one) is dict and "want" in one
                     and "expected" in one]
            return found[0]["want"] if found else 4
        """,
    ),
    OnVerdict(
        6,
        "find it in a caller's frame",
        "double",
        """
        import sys
        def double(x):
            frame = sys._getframe(1)
            while frame and "want" not in {**frame.f_globals, **frame.f_locals}:
                frame = frame.f_back
            return {**frame.f_globals, **frame.f_locals}["want"] if frame else 4
        """,
    ),
    OnVerdict(
        7,
        "trace the test",
        "double",
        """
        import sys
        seen = []
        def trace(frame, event, argument):
            if "expected" in frame.f_code.co_names:
                seen.append(frame.f_globals)
        sys.settrace(trace)
        def double(x):
            return next((one["want"] for one in seen if "want" in one), 4)
        """,
    ),
    OnVerdict(
        7,
        "listen to what is compiled",
        "double",
        """
        import re, sys
        seen = []
        def listen(event, arguments):
            if event == "compile":
                text = arguments[0].decode() if type(arguments[0]) is bytes else arguments[0]
                if type(text) is str and "expected" in text:
                    seen.append(text)
        sys.addaudithook(listen)
        def double(x):
            known = {}
            exec(re.search("^inputs.*", seen[-1], re.M)[0] if seen else "", known)
            return dict(zip(known.get("inputs", []), known.get("expected", []))).get(x, 4)
        """,
    ),
    OnVerdict(
        8,
        "replace numpy's assertion",
        "half",
        """
        np.testing.assert_allclose = lambda *arguments, **more: None
        def half(values): return values
        """,
    ),
    OnVerdict(
        8,
        "replace AssertionError",
        "double",
        """
        import builtins
        class Fine(SystemExit):
            code = 0
            def __init__(self, *rest): super().__init__(0)
        builtins.AssertionError = Fine
        def double(x): raise AssertionError(0)
        """,
    ),
    OnVerdict(
        9,
        "equal to everything",
        "double",
        """
        class Right(int):
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            __hash__ = int.__hash__
        def double(x): return Right(3)
        """,
    ),
    OnVerdict(
        10,
        "an array whose operations give zero",
        "table",
        """
        class Right(np.ndarray):
            def __array_ufunc__(self, ufunc, method, *inputs, **more): return np.zeros(3)
            def __array_function__(self, function, types, inputs, more): return False
        def table(values): return np.ones((2, 3)).view(Right)
        """,
        naive="table",
    ),
    OnVerdict(
        11,
        "nothing but NaN",
        "table",
        "def table(values): return values * np.nan",
        naive="table",
    ),
    OnVerdict(
        12, "an empty array", "table", "def table(values): return np.zeros((0, 3))", naive="table"
    ),
    OnVerdict(
        12,
        "a column that is broadcast",
        "table",
        "def table(values): return np.full((2, 1), np.nan)",
        naive="table",
    ),
    OnVerdict(
        13,
        "change the input",
        "table",
        """
        def table(values):
            values[:] = 0
            return np.zeros((2, 3))
        """,
        naive="table",
    ),
    OnVerdict(
        14,
        "code in a pickle that is returned",
        "double",
        """
        class Trap:
            def __reduce__(self):
                return open, (FOLDER + "/unpickled", "w")
            def __eq__(self, other):
                return True
        def double(x): return Trap()
        """,
        wins="file",
        mark="unpickled",
    ),
    OnVerdict(
        14,
        "code in a file of weights",
        "double",
        """
        import pickle
        class Trap:
            def __reduce__(self):
                return open, (FOLDER + "/loaded", "w")
        for name in ("weights.pkl", "weights.safetensors", "weights.npz"):
            with open(name, "wb") as file:
                pickle.dump(Trap(), file)
        def double(x): return 3 * x
        """,
        wins="file",
        mark="loaded",
    ),
    OnVerdict(
        15,
        "answer before it is asked",
        "double",
        """
        import os
        frames = (b'{"name": "double", "passed": true}\\n', b'\\0\\0\\0\\x28'
                  b'{"b": [], "m": {"id": 9, "value": 42}}')
        for number in range(3, 64):
            for frame in frames:
                try:
                    os.write(number, frame)
                except OSError:
                    pass
        def double(x): return 3 * x
        """,
    ),
    OnVerdict(
        15,
        "a header of a terabyte",
        "double",
        """
        import json, os, struct
        def double(x):
            # as this wire's own arrays, and as NumPy's
            told = json.dumps({"b": [4], "m": {"id": 1, "value": {"a": ["<f8", [1 << 37], 0]}}})
            for number in range(3, 64):
                try:
                    os.write(number, struct.pack(">I", len(told)) + told.encode() + b"1234")
                    os.write(number, b'{"name": "double", "shape": [137438953472]}\\n')
                except OSError:
                    pass
            os._exit(1)
        """,
        wins="no result",
    ),
    OnVerdict(
        16,
        "more points in the notebook's metadata",
        "double",
        WRONG,
        wins="points",
        raw="points",
    ),
    OnVerdict(
        16,
        "write the gradebook",
        "",
        "open(FOLDER + '/gradebook.db', 'ab').close()\nprint('GOT')",
        wins="printed",
    ),
    OnVerdict(
        16,
        "replace run_autograder",
        "",
        "open(FOLDER + '/run_autograder', 'w').write('echo 100')\nprint('GOT')",
        wins="printed",
    ),
    OnVerdict(
        17,
        "write when Python ends",
        "",
        "import atexit\natexit.register(lambda: open(FOLDER + '/at_exit', 'w').close())",
        wins="file",
        mark="at_exit",
    ),
    OnVerdict(
        17,
        "write from a thread",
        "",
        """
        import threading, time
        def late():
            time.sleep(0.5)
            open(FOLDER + "/from_thread", "w").close()
        threading.Thread(target=late).start()
        """,
        wins="file",
        mark="from_thread",
    ),
    OnVerdict(18, "end the process", "double", "import os\ndef double(x): os._exit(0)"),
    OnVerdict(18, "raise SystemExit", "double", "def double(x): raise SystemExit(0)"),
    OnVerdict(
        18,
        "kill itself",
        "double",
        "import os\ndef double(x): os.kill(os.getpid(), 9)",
        wins="no result",
    ),
    OnVerdict(
        20,
        "many processes",
        "",
        """
        import os, time
        for _ in range(200):
            if os.fork() == 0:
                time.sleep(20)
                os._exit(0)
        print("GOT")
        """,
        wins="printed",
    ),
    OnVerdict(
        20,
        "many threads",
        "",
        """
        import threading
        never = threading.Event()
        for _ in range(400):
            threading.Thread(target=never.wait, args=(20,), daemon=True).start()
        print("GOT")
        """,
        wins="printed",
    ),
    OnVerdict(
        21,
        "take memory",
        "",
        "kept = b'x' * 1_500_000_000\nprint('GOT')",
        wins="printed",
    ),
    OnVerdict(
        21,
        "take memory in many processes",
        "",
        """
        import os, time
        taken, tell = os.pipe()
        for _ in range(5):
            if os.fork() == 0:
                kept = b"x" * 300_000_000
                os.write(tell, b"x")
                time.sleep(20)
                os._exit(0)
        for _ in range(5):
            os.read(taken, 1)
        time.sleep(2)
        print("GOT")
        """,
        wins="printed",
    ),
    OnVerdict(
        22,
        "fill the shared memory",
        "",
        """
        import time
        for number in range(16):
            with open(f"/dev/shm/hw_big_{number}", "wb") as file: file.write(bytes(50_000_000))
        time.sleep(1.5)
        print("GOT")
        """,
        wins="printed",
    ),
    OnVerdict(
        22,
        "many files in the shared memory",
        "",
        """
        import time
        for number in range(20_000):
            open(f"/dev/shm/hw_small_{number}", "w").close()
        time.sleep(1.5)
        print("GOT")
        """,
        wins="printed",
    ),
    OnVerdict(23, "never end", "double", "def double(x):\n    while True: pass", wins="runs on"),
    OnVerdict(
        23,
        "ignore signals",
        "double",
        """
        import signal, time
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                pass
        def double(x):
            while True: time.sleep(1)
        """,
        wins="runs on",
    ),
    OnVerdict(
        23,
        "print megabytes",
        "",
        "for _ in range(4000): print('x' * 10_000)",
        wins="output",
    ),
    OnVerdict(26, "a notebook nested too deeply", "", "", wins="no result", raw="deep"),
    OnVerdict(26, "a very large notebook", "", "", wins="output", raw="large"),
    OnVerdict(26, "a link to another's notebook", "", "", wins="passed", raw="link"),
    OnVerdict(26, "a pipe instead of a notebook", "", "", wins="no result", raw="pipe"),
    OnVerdict(
        28,
        "only the visible inputs",
        "double",
        "def double(x): return {2: 4}.get(x, 0)",
        naive="visible",
    ),
    OnVerdict(
        28,
        "right only when graded",
        "double",
        """
        import inspect, sys
        def double(x):
            frame, told = sys._getframe(), []
            while frame:
                told.append(dict(frame.f_globals))
                frame = frame.f_back
            return next((one["want"] for one in told if "want" in one), 4)
        """,
    ),
    OnVerdict(
        29,
        "take the labels of the test set",
        "predict",
        """
        import gc
        def predict(images):
            if len(images) == 3: return [0, 0, 0]
            found = [one["labels"] for one in gc.get_objects()
                     if type(one) is dict and "labels" in one and "images" in one]
            return found[0] if found else np.zeros(len(images), int)
        """,
    ),
    OnVerdict(
        30,
        "a script in an output",
        "",
        "from IPython.display import HTML, display\n"
        f"display(HTML({HOSTILE!r}))\nprint({HOSTILE!r})",
        wins="page",
    ),
    OnVerdict(
        30,
        "codes for the terminal",
        "double",
        f"def double(x): raise ValueError({HOSTILE!r})",
        wins="terminal",
    ),
)
