"""Ways in the language: how functions, classes and names come to be."""

from __future__ import annotations

from whole_course import PLAIN, way

__all__ = ["WAYS"]

NEAREST_BODY = """\
    def fit(self, X, y):
        self.X, self.y = np.asarray(X), list(y)
        return self

    def predict(self, x):
        return self.y[int(np.argmin(np.linalg.norm(self.X - np.asarray(x), axis=1)))]
"""

WAYS = (
    way("a lambda", share="share = lambda values, limit: above(values, limit) / len(values)"),
    way(
        "functools.partial",
        share="""
            from functools import partial

            def scaled(function, values, limit):
                return function(values, limit) / len(values)

            share = partial(scaled, above)
        """,
        rare=True,
    ),
    way(
        "a callable object",
        share="""
            class Share:
                calls = 0

                def __call__(self, values, limit):
                    self.calls += 1
                    return above(values, limit) / len(values)

            share = Share()
        """,
        rare=True,
    ),
    way(
        "bound methods and static methods as functions",
        share="""
            class Helper:
                def part(self, values, limit):
                    return above(values, limit) / len(values)

                @staticmethod
                def ratio(a, b):
                    return np.where(b == 0, 0.0, a / np.where(b == 0, 1, b))

            share = Helper().part
        """,
        ratio="ratio = Helper.ratio",
        rare=True,
    ),
    way(
        "a function made by exec",
        share="exec('def share(values, limit):\\n    return above(values, limit) / len(values)')",
        ratio="eval(compile('def ratio(a, b):\\n    return np.where(b, a / (b + (b == 0)), 0)', "
        "'made', 'exec'))",
    ),
    way(
        "names set by globals(), vars() and __main__",
        share="globals()['share'] = lambda values, limit: above(values, limit) / len(values)",
        primes="import __main__\nsetattr(__main__, 'primes', [2, 3, 5, 7, 11, 13])",
        a="globals().update(a=1)",
        a_again="vars()['a'] = 2",
    ),
    way(
        "names set through IPython",
        primes="get_ipython().user_ns['primes'] = [2, 3, 5, 7, 11, 13]",
        a="get_ipython().run_cell('a = 1');",
        a_again="get_ipython().push({'a': 2})",
        rare=True,
    ),
    way(
        "a class made by type()",
        Nearest="""
            def fit(self, X, y):
                self.X, self.y = np.asarray(X), list(y)
                return self

            def predict(self, x):
                return self.y[int(np.argmin(np.linalg.norm(self.X - np.asarray(x), axis=1)))]

            Nearest = type("Nearest", (), {"fit": fit, "predict": predict})
        """,
        rare=True,
    ),
    way(
        "a function in place of a class",
        Nearest="""
            def Nearest():
                from types import SimpleNamespace

                made = SimpleNamespace()

                def fit(X, y):
                    made.X, made.y = np.asarray(X), list(y)
                    return made

                def predict(x):
                    return made.y[int(np.argmin(((made.X - np.asarray(x)) ** 2).sum(1)))]

                made.fit, made.predict = fit, predict
                return made
        """,
        rare=True,
    ),
    way(
        "methods made in __init__ and found by __getattr__",
        Nearest="""
            class Nearest:
                def __init__(self):
                    self.fit = lambda X, y: self.keep(X, y)

                def keep(self, X, y):
                    self.known = list(zip(map(tuple, X), y))
                    return self

                def find(self, x):
                    return min(self.known, key=lambda one: np.hypot(*(one[0] - np.array(x))))[1]

                def __getattr__(self, name):
                    if name == "predict":
                        return self.find
                    raise AttributeError(name)
        """,
        rare=True,
    ),
    way(
        "a dataclass with a property, a classmethod and a static method",
        Nearest="""
            from dataclasses import dataclass, field

            @dataclass
            class Nearest:
                X: list = field(default_factory=list)
                y: "list[float]" = field(default_factory=list)

                @classmethod
                def of(cls, X, y):
                    return cls([list(x) for x in X], list(y))

                @property
                def known(self):
                    return zip(self.X, self.y)

                @staticmethod
                def distance(a, b):
                    return sum((s - t) ** 2 for s, t in zip(a, b))

                def fit(self, X, y):
                    return self.of(X, y)

                def predict(self, x):
                    return min((self.distance(x, known), label) for known, label in self.known)[1]
        """,
        rare=True,
    ),
    way(
        "an abstract base class, a mixin and super()",
        Nearest="""
            from abc import ABC, abstractmethod

            class Model(ABC):
                def fit(self, X, y):
                    self.X, self.y = np.asarray(X), y
                    return self

                @abstractmethod
                def predict(self, x): ...

            class Distances:
                def distances(self, x):
                    return np.linalg.norm(self.X - np.asarray(x), axis=1)

            class Nearest(Distances, Model):
                def fit(self, X, y):
                    return super().fit(X, list(y))

                def predict(self, x):
                    return self.y[self.distances(x).argmin()]
        """,
        rare=True,
    ),
    way(
        "slots, a metaclass and a descriptor",
        Nearest="""
            class Meta(type):
                def __call__(cls, *args, **kwargs):
                    return super().__call__(*args, **kwargs)

            class Points:
                def __set__(self, owner, value):
                    owner._points = np.asarray(value)

                def __get__(self, owner, kind=None):
                    return owner._points

            class Nearest(metaclass=Meta):
                __slots__ = ("_points", "y")
                X = Points()

                def fit(self, X, y):
                    self.X, self.y = X, tuple(y)
                    return self

                def predict(self, x):
                    return self.y[np.argmin(np.linalg.norm(self.X - np.asarray(x), axis=1))]
        """,
    ),
    way(
        "a class in an own cell that its base class registers",
        share="""
            classes = {}

            class Counting:
                def __init_subclass__(cls):
                    classes[cls.__name__] = cls

            def share(values, limit):
                return classes["Plain"]().count(values, limit) / len(values)
        """,
        primes="primes = []",
        ratio="def ratio(a, b):\n    return np.array([x / y if y else 0 for x, y in zip(a, b)])",
        own=[
            (
                "below share",
                """
                class Plain(Counting):
                    def count(self, values, limit):
                        return above(values, limit)
                """,
            ),
            ("below primes", "def fill(done=primes.extend([2, 3, 5, 7, 11, 13])):\n    pass"),
        ],
        rare=True,
    ),
    way(
        "an Enum, a namedtuple and operators",
        Nearest="""
            from collections import namedtuple
            from enum import Enum, IntEnum, auto

            class Axis(Enum):
                X, Y = 0, 1

            class Label(IntEnum):
                ZERO, ONE, TWO, THREE = range(4)

            class Vector(namedtuple("Vector", "x y")):
                def __sub__(self, other):
                    return Vector(self.x - other.x, self.y - other.y)

                def __abs__(self):
                    return (self.x**2 + self.y**2) ** 0.5

            class Nearest:
                def fit(self, X, y):
                    self.known = [(Vector(*x), Label(int(label))) for x, label in zip(X, y)]
                    return self

                def predict(self, x):
                    return min(self.known, key=lambda one: abs(one[0] - Vector(*x)))[1]
        """,
    ),
    way(
        "a class derived from dict",
        Nearest="""
            class Nearest(dict):
                def fit(self, X, y):
                    self.update({tuple(x): label for x, label in zip(X, y)})
                    return self

                def predict(self, x):
                    return self[min(self, key=lambda one: np.hypot(*(np.array(one) - x)))]
        """,
    ),
    way(
        "a class derived from list",
        Nearest="""
            class Nearest(list):
                def fit(self, X, y):
                    self.extend(zip(map(tuple, X), y))
                    return self

                def predict(self, x):
                    return min(self, key=lambda one: np.hypot(*(np.array(one[0]) - x)))[1]
        """,
        rare=True,
    ),
    way(
        "a class derived from a namedtuple",
        Nearest="""
            from typing import NamedTuple

            class Nearest(NamedTuple):
                X: object = None
                y: object = None

                def fit(self, X, y):
                    return self._replace(X=np.asarray(X), y=list(y))

                def predict(self, x):
                    return self.y[int(np.argmin(np.linalg.norm(self.X - np.asarray(x), axis=1)))]
        """,
        rare=True,
    ),
    way(
        "a class derived from np.ndarray",
        Nearest="""
            class Nearest(np.ndarray):
                def __new__(cls, X=((0, 0),), y=(0,)):
                    made = np.asarray(X, dtype=float).view(cls)
                    made.y = list(y)
                    return made

                def fit(self, X, y):
                    return Nearest(X, y)

                def predict(self, x):
                    return self.y[int(np.argmin(np.linalg.norm(np.asarray(self) - x, axis=1)))]
        """,
        human="an array of a student's own class crosses as its data",
        rare=True,
    ),
    way(
        "an instance with a length of 0 and one that is False",
        Nearest=f"""
class Nearest:
    def __len__(self):
        return 0

    def __bool__(self):
        return False

    def __eq__(self, other):
        return NotImplemented

    __hash__ = None

    def __repr__(self):
        raise ValueError("no text")

{NEAREST_BODY}""",
        rare=True,
    ),
    way(
        "nested functions, closures and nonlocal",
        share="""
            def share(values, limit):
                found = 0

                def look(value):
                    nonlocal found
                    if value > limit:
                        found += 1

                for value in values:
                    look(value)
                return found / len(values)
        """,
        rare=True,
    ),
    way(
        "a global variable that a function changes",
        share="""
            found = 0

            def share(values, limit):
                global found
                found = 0
                for value in values:
                    found += value > limit
                return found / len(values)
        """,
        primes="""
            def fill():
                global primes
                primes = [2, 3, 5, 7, 11, 13]

            fill()
        """,
        rare=True,
    ),
    way(
        "decorators with functools.wraps and lru_cache",
        share="""
            import functools

            def hashable(function):
                @functools.wraps(function)
                def wrapper(values, limit):
                    return function(tuple(values), limit)
                return wrapper

            @hashable
            @functools.lru_cache(maxsize=None)
            def share(values, limit):
                return above(values, limit) / len(values)
        """,
    ),
    way(
        "singledispatch, contextmanager and np.vectorize",
        share="""
            from contextlib import contextmanager
            from functools import singledispatch

            @contextmanager
            def counting():
                yield above

            @singledispatch
            def share(values, limit):
                raise TypeError

            @share.register(list)
            def _(values, limit):
                with counting() as count:
                    return count(values, limit) / len(values)
        """,
        ratio="ratio = np.vectorize(lambda x, y: x / y if y else 0.0)",
        rare=True,
    ),
    way(
        "generators",
        share="""
            def found(values, limit):
                yield from (1 for value in values if value > limit)

            def share(values, limit):
                return sum(found(values, limit)) / len(values)
        """,
        primes="""
            def sieve(n):
                for p in range(2, n):
                    if all(p % d for d in range(2, p)):
                        yield p

            primes = list(sieve(14))
        """,
        rare=True,
    ),
    way(
        "recursion with a raised limit",
        share="""
            import sys

            sys.setrecursionlimit(20_000)

            def count(n):
                return n and 1 + count(n - 1)

            def share(values, limit):
                return count(above(values, limit)) / count(len(values)) if count(3000) else None
        """,
        rare=True,
    ),
    way(
        "async functions and top-level await",
        share="""
            import asyncio

            async def count(values, limit):
                await asyncio.sleep(0)
                return above(values, limit)

            counted = await count([1, 2, 3], 1)

            def share(values, limit):
                return above(values, limit) / len(values) if counted == 2 else None
        """,
        primes="primes = [p async for p in numbers()]",
        own=[
            (
                "above primes",
                """
                async def numbers():
                    for p in (2, 3, 5, 7, 11, 13):
                        yield p
                """,
            ),
            ("above primes", "await asyncio.gather(count([], 1), count([], 2))"),
        ],
    ),
    way(
        "threads and concurrent.futures",
        share="""
            from concurrent.futures import ThreadPoolExecutor
            from threading import Lock, Thread

            def share(values, limit):
                with ThreadPoolExecutor(2) as pool:
                    return sum(pool.map(lambda value: value > limit, values)) / len(values)
        """,
        primes="""
            primes = [2, 3]

            def work():
                primes.extend([5, 7, 11, 13])

            thread = Thread(target=work)
            thread.start()
            thread.join()
        """,
        own=[
            (
                "top",
                "import threading, time\nstop = threading.Event()\n"
                "threading.Thread(target=stop.wait, daemon=True).start()",
            ),
        ],
    ),
    way(
        "sixty threads at once",
        primes="""
            import threading

            primes = []
            barrier = threading.Barrier(60)

            def work(number):
                barrier.wait()
                if number in (2, 3, 5, 7, 11, 13):
                    primes.append(number)

            threads = [threading.Thread(target=work, args=(number,)) for number in range(60)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            primes.sort()
        """,
        rare=True,
    ),
    way(
        "a task begun in one cell and awaited in the next",
        own=[
            (
                "above primes",
                """
                import asyncio

                async def find():
                    await asyncio.sleep(0.01)
                    return [2, 3, 5, 7, 11, 13]

                task = asyncio.create_task(find())
                """,
            ),
        ],
        primes="primes = await task",
    ),
    way(
        "a task that works on between the cells",
        own=[
            (
                "above primes",
                """
                import asyncio

                known = []

                async def find():
                    for number in (2, 3, 5, 7, 11, 13):
                        known.append(number)
                        await asyncio.sleep(0)

                task = asyncio.get_running_loop().create_task(find())
                """,
            ),
            ("above primes", "import time\ntime.sleep(0.1)"),
            ("above primes", "known"),
        ],
        primes="primes = known",
        rare=True,
    ),
    way(
        "a thread that still runs when the cell has ended",
        primes="""
            import threading

            primes = [2, 3, 5]
            ready = threading.Event()

            def work():
                ready.wait()
                primes.extend([7, 11, 13])

            worker = threading.Thread(target=work, daemon=True)
            worker.start()
        """,
        own=[("below primes", "ready.set()\nworker.join()")],
        rare=True,
    ),
    way(
        "multiprocessing with fork",
        share="""
            import multiprocessing as mp

            def is_above(pair):
                return pair[0] > pair[1]

            def share(values, limit):
                with mp.get_context("fork").Pool(2) as pool:
                    return sum(pool.map(is_above, [(v, limit) for v in values])) / len(values)
        """,
    ),
    way(
        "a process pool in an own cell, and os.fork",
        own=[
            (
                "above primes",
                """
                import multiprocessing
                import os
                from concurrent.futures import ProcessPoolExecutor

                def check_one(n):
                    return all(n % d for d in range(2, n))

                with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
                    found = list(pool.map(check_one, range(2, 14)))
                """,
            ),
            (
                "above primes",
                "child = os.fork()\nif child == 0:\n    os._exit(0)\nos.waitpid(child, 0)",
            ),
        ],
        primes="primes = [n for n, good in zip(range(2, 14), found) if good]",
        rare=True,
    ),
    way(
        "a subprocess",
        primes="import subprocess, sys\n"
        "done = subprocess.run([sys.executable, '-c', 'print([2, 3, 5, 7, 11, 13])'],\n"
        "                      capture_output=True, text=True, check=True)\n"
        "import json\nprimes = json.loads(done.stdout)",
        rare=True,
    ),
    way(
        "from __future__ import annotations in the first line",
        Nearest=f"""from __future__ import annotations


class Nearest:
    known: list[Nowhere]

    def copy(self: Nearest, other: Later | None = None) -> Nearest:
        return self

{NEAREST_BODY}""",
        share="# a comment\nfrom __future__ import annotations\n\n"
        "def share(values: Sequence[float], limit: Unknown) -> Fraction:\n"
        "    return above(values, limit) / len(values)",
    ),
    way(
        "forward references, generics and protocols",
        Nearest=f"""
from typing import Generic, Protocol, TypeVar, Optional

T = TypeVar("T")


class Fitted(Protocol):
    def predict(self, x: "np.ndarray") -> "Label": ...


class Nearest(Generic[T]):
    other: Optional["Nearest[T]"] = None

{NEAREST_BODY}""",
        rare=True,
    ),
    way(
        "match and walrus",
        share="""
            def share(values, limit):
                match [value for value in values if value > limit], len(values):
                    case [], _:
                        return 0.0
                    case [*found], n if (part := len(found) / n) <= 1:
                        return part
        """,
        rare=True,
    ),
    way(
        "Unicode identifiers",
        share="def ﬁnden(Wertе, größer_als):\n    Δ = above(Wertе, größer_als)\n"
        "    return Δ / len(Wertе)\n\n"
        "share = finden\nλ, µ = 1, 2",
        a="a = λ",
        a_again="a = μ",
    ),
    way(
        "f-strings with quotes, braces and formats",
        primes="""
            name, width = "p'rim\\"es", 3
            text = f'''{name!r:>{width}} {{not a field}} {", ".join(f"{p:d}" for p in (2, 3))}'''
            primes = [int(p) for p in f"{2},{3},{'5'},{7:d},{11:02},{13!s}".split(",")]
        """,
        rare=True,
    ),
    way(
        "star imports",
        share="from math import *\n\n" + PLAIN["share"],
        ratio="""
            from numpy import *

            def ratio(a, b):
                return where(b == 0, 0, a / where(b == 0, 1, b))
        """,
    ),
    way(
        "imports under other names and inside functions",
        share="import numpy, numpy as n, numpy.linalg as la\nfrom numpy import mean as average\n\n"
        "def share(values, limit):\n    import numpy as m\n"
        "    return average(m.asarray(values) > limit)",
        rare=True,
    ),
    way(
        "warnings, logging and writes to sys.stdout and sys.stderr",
        share="""
            import logging
            import sys
            import warnings

            log = logging.getLogger(__name__)
            logging.basicConfig(level=logging.DEBUG)

            def share(values, limit):
                warnings.warn("careful", stacklevel=2)
                warnings.warn("old", DeprecationWarning)
                log.warning("counting %s", values)
                sys.stdout.write("counting\\n")
                print("counting", file=sys.stderr, flush=True)
                return above(values, limit) / len(values)
        """,
    ),
    way(
        "warnings turned into errors and caught",
        ratio="""
            import warnings

            def ratio(a, b):
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    result = []
                    for x, y in zip(a, b):
                        try:
                            result.append(np.float64(x) / np.float64(y))
                        except RuntimeWarning:
                            result.append(0.0)
                    return np.array(result)
        """,
        own=[("above share", "import warnings\nwarnings.simplefilter('error')")],
        rare=True,
    ),
    way(
        "redirected output",
        primes="""
            import contextlib
            import io
            import sys

            with contextlib.redirect_stdout(io.StringIO()) as seen:
                print(2, 3, 5, 7, 11, 13)
            primes = [int(word) for word in seen.getvalue().split()]
            assert sys.stdout.isatty() in (True, False)
        """,
        own=[
            (
                "above primes",
                "import sys\nbefore = sys.stdout\nsys.stdout = open('log', 'w')\n"
                "print('hidden')\nsys.stdout.close()\nsys.stdout = before",
            )
        ],
        rare=True,
    ),
    way(
        "the user's name, home and number of cores",
        primes="import getpass, multiprocessing, os\nfrom pathlib import Path\n"
        "user, home = getpass.getuser(), Path.home()\nos.path.expanduser('~/x')\n"
        "primes = [2, 3, 5, 7, 11, 13 if user and multiprocessing.cpu_count() else 0]",
    ),
    way(
        "a library changed in an own cell",
        share="def share(values, limit):\n    return np.part(values, limit)",
        own=[
            ("above share", "np.part = lambda values, limit: np.mean(np.asarray(values) > limit)")
        ],
        rare=True,
    ),
    way(
        "text that is not ASCII in files, names and output",
        own=[
            ("above primes", "print('größer ≥ 1 ✓ 数')\n!echo größer"),
            (
                "above primes",
                "with open('größe.txt', 'w') as file:\n    file.write('≥2,3,5,7,11,13')",
            ),
        ],
        primes="import os\n"
        "text = [open(name).read() for name in os.listdir() if name.startswith('grö')][0]\n"
        "primes = [int(p) for p in text.lstrip('≥').split(',')]",
        rare=True,
    ),
    way(
        "doctest, unittest and inspect in own cells",
        share='def share(values, limit):\n    """\n    >>> share([1, 2], 1)\n    0.5\n    """\n'
        "    return above(values, limit) / len(values)",
        own=[
            ("below share", "import doctest\nassert doctest.testmod().failed == 0"),
            (
                "below share",
                "import inspect\nassert 'above' in inspect.getsource(share)\nok = True",
            ),
            (
                "after share",
                """
                import unittest

                class TestShare(unittest.TestCase):
                    def test_share(self):
                        self.assertEqual(share([1], 0), 1)

                unittest.main(argv=["x"], exit=False)
                """,
            ),
        ],
        primes="primes = [2, 3, 5, 7, 11, 13] if ok else []",
        rare=True,
    ),
    way(
        "pickle, copy and deepcopy of own objects",
        Nearest=f"""
import copy
import pickle


class Nearest:
{NEAREST_BODY}
    def __call__(self, x):
        return self.predict(x)


trained = pickle.loads(pickle.dumps(Nearest().fit([[0, 0]], [1])))
again = copy.deepcopy(trained)
""",
        a="a = again([0, 0])",
        rare=True,
    ),
    way(
        "signal, gc, atexit and time zones",
        primes="""
            import atexit, gc, locale, os, signal, sys, time

            gc.disable()
            atexit.register(print, "bye")
            signal.signal(signal.SIGALRM, lambda *a: None)
            signal.alarm(1)
            signal.alarm(0)
            os.environ["TZ"] = "UTC"
            time.tzset()
            sys.path.append("somewhere")
            np.set_printoptions(precision=2)
            primes = [2, 3, 5, 7, 11, 13]
        """,
        rare=True,
    ),
    way(
        "exceptions of one's own that are caught",
        ratio="""
            class Zero(Exception):
                pass

            def one(x, y):
                if not y:
                    raise Zero(x)
                return x / y

            def ratio(a, b):
                result = []
                for pair in zip(a, b):
                    try:
                        result.append(one(*pair))
                    except Zero:
                        result.append(0)
                    finally:
                        pass
                return result
        """,
        rare=True,
    ),
    way(
        "star arguments, defaults that keep state, and keyword-only names",
        share="""
            def share(values, /, limit, *rest, seen=[], **more):
                seen.append(limit)
                return above([*values], limit) / len([*values])
        """,
        rare=True,
    ),
    way(
        "conditional definitions",
        share="try:\n    import no_such_module\nexcept ImportError:\n    no_such_module = None\n"
        "if no_such_module:\n    share = None\nelse:\n    def share(values, limit):\n"
        "        return above(values, limit) / len(values)",
        ratio="for kind in (float,):\n    def ratio(a, b, kind=kind):\n"
        "        return [kind(x / y) if y else kind(0) for x, y in zip(a, b)]",
        a="with open('a.txt', 'w') as file:\n    a = file.write('a')",
        rare=True,
    ),
)
