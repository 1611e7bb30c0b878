"""What a test may do with what a student's notebook defines: each as in a Jupyter kernel."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from courses import make_course

from hwlib.grading.authoring.build import build
from hwlib.grading.course import Assignment

__all__ = ["LEFT_TO_HUMANS", "OPERATIONS", "SLUG", "Operation", "make_operations"]

SLUG = "operations"
DEFINED = '''\
import asyncio
import ctypes
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction


class Animal:
    """Something that lives."""

    legs = 4

    def __init__(self, name="rex", age=3):
        self.name, self.age = name, age
        self._size = 1.5

    @property
    def size(self):
        return self._size

    @size.setter
    def size(self, value):
        self._size = 2 * value

    @classmethod
    def old(cls):
        return cls(age=20)

    @staticmethod
    def sound():
        return "…"

    def __str__(self):
        return f"{self.name} ({self.age})"

    def __repr__(self):
        return f"Animal({self.name!r})"

    def __format__(self, spec):
        return format(str(self), spec)

    def __eq__(self, other):
        return isinstance(other, Animal) and self.age == other.age

    def __lt__(self, other):
        return self.age < other.age

    def __hash__(self):
        return hash(self.age)

    def __add__(self, other):
        return Animal(self.name, self.age + getattr(other, "age", other))

    __radd__ = __add__

    def __neg__(self):
        return Animal(self.name, -self.age)

    def __abs__(self):
        return abs(self.age)

    def __float__(self):
        return float(self.age)

    def __int__(self):
        return self.age

    __index__ = __int__

    def __len__(self):
        return len(self.name)

    def __bool__(self):
        return self.age > 0

    def __contains__(self, letter):
        return letter in self.name

    def __getitem__(self, index):
        return self.name[index]

    def __reversed__(self):
        return iter(self.name[::-1])

    def __call__(self, times=1):
        return self.name * times

    def __enter__(self):
        self.entered = True
        return self

    def __exit__(self, *_):
        self.entered = False

    def renamed(self, name):
        self.name = name
        return self


class Dog(Animal):
    def sound(self):
        return "woof"


class Oops(ValueError):
    def __init__(self, code):
        super().__init__(f"code {code}")
        self.code = code


@dataclass
class Pair:
    left: int
    right: int = 2


class Color(Enum):
    RED = 1
    BLUE = 2


class Vector(namedtuple("Vector", "x y")):
    def norm(self):
        return (self.x**2 + self.y**2) ** 0.5


class Column:
    def __array__(self, dtype=None, copy=None):
        return np.arange(3.0)


class Row(list):
    def __array__(self, dtype=None, copy=None):
        return np.array(list(self), dtype=float)


class Described:
    def __init__(self):
        self._numbers = np.arange(3.0)

    @property
    def __array_interface__(self):
        return self._numbers.__array_interface__


row, described = Row([0, 1, 2]), Described()
viewed, in_c = np.arange(3.0).data, (ctypes.c_double * 3)(0, 1, 2)


def numbers(n=3):
    for number in range(n):
        yield number


def echo():
    seen = []
    while True:
        seen.append((yield seen))


def fails(code=7):
    raise Oops(code)


def sort_it(values):
    values.sort()


def fill(array, value=1.0):
    array[...] = value


def enter(table, key):
    table[key] = len(table)


def draw(rng):
    return rng.normal()


def apply(function, *args):
    return function(*args)


def twice(x):
    """Two times x."""
    return 2 * x


def keywords(a, b=2, *, c=3):
    return a, b, c


def adder(n):
    return lambda x: x + n


def show(text="a table"):
    print(text)


def write(file):
    file.write("written")


async def soon():
    await asyncio.sleep(0)
    return 3


def animals():
    return {"dogs": [Dog("a", 1), Dog("b", 2)], "pair": (Animal(), None)}


counts = Counter("abca")
queue = deque([1, 2, 3])
table = defaultdict(list, a=[1])
ordered = OrderedDict(a=1, b=2)
half, tenth, day = Fraction(1, 2), Decimal("0.1"), date(2027, 2, 1)
rows = np.array([(1, 2.5), (3, 4.5)], dtype=[("n", int), ("x", float)])
days = np.array(["2027-02-01", "2027-02-03"], dtype="datetime64[D]")
masked = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
words = np.array(["a", "bc"], dtype=object)
generator = np.random.default_rng(4)
'''
TORCH = """

import torch


def tensor():
    return torch.arange(6.0).reshape(2, 3)


def module():
    return torch.nn.Linear(3, 1)


def deep():
    return torch.nn.Sequential(*(torch.nn.Linear(2, 2) for _ in range(40)))


def filled(module, number):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(number)


def how_many(items):
    return len(list(items))


def one_of(items):
    return next(items)


class Failing(torch.nn.Linear):
    def named_parameters(self, *args, **kwargs):
        yield "weight", self.weight
        raise LookupError("no bias")
"""
SETUP = """\
%matplotlib inline
%config InlineBackend.figure_format = "retina"
import contextlib
import copy
import functools
import inspect
import io
from dataclasses import dataclass

import numpy as np


@dataclass
class Given:
    value: int = 5


def given(x):
    return x + 1
"""


@dataclass(frozen=True)
class Operation:
    """One test that a right notebook passes in a kernel."""

    name: str
    test: str
    torch: bool = False


def _op(name: str, test: str, torch: bool = False) -> Operation:
    return Operation(name, test, torch)


OPERATIONS: tuple[Operation, ...] = (
    # classes
    _op("isinstance", "assert isinstance(Dog(), Animal) and not isinstance(Animal(), Dog)"),
    _op("issubclass", "assert issubclass(Dog, Animal)"),
    _op("type is", "assert type(Dog()) is Dog"),
    _op("the name of the type", "assert type(Dog()).__name__ == 'Dog'"),
    _op("__class__", "assert Dog().__class__ is Dog"),
    _op("the name of a class", "assert Dog.__name__ == 'Dog' and Dog.__qualname__ == 'Dog'"),
    _op("__doc__ of a class", "assert 'lives' in Animal.__doc__"),
    _op("__bases__ and __mro__", "assert Dog.__bases__ == (Animal,) and Animal in Dog.__mro__"),
    _op("__dict__ of an instance", "assert Dog().__dict__['age'] == 3"),
    _op("vars", "assert vars(Dog())['name'] == 'rex'"),
    _op("dir", "assert 'renamed' in dir(Dog())"),
    _op("hasattr", "assert hasattr(Dog(), 'name') and not hasattr(Dog(), 'wings')"),
    _op("getattr with a default", "assert getattr(Dog(), 'wings', 0) == 0"),
    _op(
        "setattr and delattr", "d = Dog()\nd.wings = 2\ndel d.wings\nassert not hasattr(d, 'wings')"
    ),
    _op("a property and its setter", "d = Dog()\nd.size = 4\nassert d.size == 8"),
    _op(
        "magics that measure, and the names of the shell",
        "%time Dog()\n%timeit -n 1 -r 1 Dog().renamed('x')\n"
        "assert get_ipython().user_ns['Dog']().legs == 4",
    ),
    _op("class attributes", "assert Dog.legs == 4 and Dog().legs == 4"),
    _op("a class attribute that is set", "Dog.tail = 1\nassert Dog().tail == 1"),
    _op("class and static methods", "assert Dog.old().age == 20 and Animal.sound() == '…'"),
    _op("a method of the class", "assert Animal.renamed(Dog(), 'x').name == 'x'"),
    _op("a bound method kept", "f = Dog().renamed\nassert f('y').name == 'y'"),
    _op(
        "a class derived in the test",
        "class Puppy(Dog):\n    pass\nassert Puppy().sound() == 'woof'",
    ),
    _op(
        "callable",
        "assert callable(Dog) and callable(Dog()) and callable(twice) and not callable(half)",
    ),
    # operators
    _op("str", "assert str(Dog()) == 'rex (3)'"),
    _op("repr", "assert repr(Dog()) == \"Animal('rex')\""),
    _op("an f-string", "assert f'{Dog()}' == 'rex (3)' and f'{Dog():>8}' == ' rex (3)'"),
    _op("equality", "assert Dog() == Dog('max') and Dog() != Dog(age=4)"),
    _op("order", "assert Dog(age=1) < Dog(age=2) and max(Dog(age=1), Dog(age=5)).age == 5"),
    _op("sorted", "assert [d.age for d in sorted([Dog(age=3), Dog(age=1)])] == [1, 3]"),
    _op("hash", "assert len({Dog(), Dog('max'), Dog(age=9)}) == 2"),
    _op("addition", "assert (Dog() + Dog()).age == 6 and (Dog() + 1).age == 4"),
    _op("sum", "assert sum([Dog(), Dog()], Dog(age=0)).age == 6 and (1 + Dog()).age == 4"),
    _op("minus and abs", "assert (-Dog()).age == -3 and abs(Dog()) == 3"),
    _op("float and int", "assert float(Dog()) == 3.0 and int(Dog()) == 3"),
    _op("as an index", "assert [0, 1, 2, 3][Dog()] == 3 and range(Dog())[-1] == 2"),
    _op("truth", "assert Dog() and not Dog(age=0)"),
    _op("len and in", "assert len(Dog()) == 3 and 'r' in Dog() and 'z' not in Dog()"),
    _op("items and slices", "assert Dog()[0] == 'r' and Dog()[1:] == 'ex'"),
    _op("iteration by __getitem__", "assert list(Dog()) == ['r', 'e', 'x']"),
    _op("reversed", "assert list(reversed(Dog())) == ['x', 'e', 'r']"),
    _op("calls of an instance", "assert Dog()(2) == 'rexrex' and Dog()(times=1) == 'rex'"),
    _op("with", "with Dog() as d:\n    assert d.entered\nassert not d.entered"),
    _op(
        "copy and deepcopy",
        "d = Dog()\ne = copy.deepcopy(d)\ne.name = 'x'\nassert d.name == 'rex'\n"
        "assert copy.copy(d).age == 3",
    ),
    _op("identity", "d = Dog()\nassert d.renamed('a') is d and d is not Dog()"),
    _op(
        "nested objects",
        "found = animals()\nassert [d.age for d in found['dogs']] == [1, 2]\n"
        "assert found['pair'][0].name == 'rex' and found['pair'][1] is None",
    ),
    # generators
    _op("next", "g = numbers()\nassert next(g) == 0 and next(g) == 1"),
    _op(
        "the end of a generator",
        "g = numbers(1)\nnext(g)\nassert next(g, 'end') == 'end'\n"
        "check.raises(StopIteration, next, g)",
    ),
    _op("send and close", "g = echo()\nnext(g)\nassert g.send(5) == [5]\ng.close()"),
    _op(
        "zip, max and enumerate of a generator",
        "assert list(zip(numbers(), 'ab')) == [(0, 'a'), (1, 'b')] and max(numbers()) == 2\n"
        "assert list(enumerate(numbers(1))) == [(0, 0)]",
    ),
    _op("a generator is not a list", "assert inspect.isgenerator(numbers())"),
    _op(
        "a generator goes on after a break",
        "g = numbers(4)\nfor n in g:\n    if n == 1:\n        break\nassert list(g) == [2, 3]",
    ),
    _op("a coroutine", "import asyncio\nassert inspect.iscoroutinefunction(soon)"),
    # exceptions
    _op(
        "the student's exception caught by its class",
        "try:\n    fails()\n    found = None\nexcept Oops as error:\n    found = error.code\n"
        "assert found == 7",
    ),
    _op("check.raises with the student's class", "check.raises(Oops, fails)"),
    _op(
        "the text and arguments of an exception",
        "try:\n    fails(8)\nexcept ValueError as error:\n    assert str(error) == 'code 8'\n"
        "    assert error.args == ('code 8',)",
    ),
    _op(
        "the type of an exception",
        "try:\n    fails()\nexcept Exception as error:\n    assert type(error).__name__ == 'Oops'",
    ),
    _op(
        "KeyError and IndexError",
        "check.raises(KeyError, apply, {}.__getitem__, 'x')\n"
        "check.raises(IndexError, apply, [].pop)",
    ),
    _op(
        "an exception of the test's own function",
        "def stop():\n    raise LookupError('x')\ncheck.raises(LookupError, apply, stop)",
    ),
    # arguments
    _op("a list changed in place", "x = [3, 1, 2]\nsort_it(x)\nassert x == [1, 2, 3]"),
    _op("an array changed in place", "x = np.zeros(3)\nfill(x)\nassert x.sum() == 3"),
    _op(
        "a part of an array changed in place",
        "x = np.zeros(3)\nfill(x[1:], 2)\nassert x.sum() == 4",
    ),
    _op("a dict changed in place", "x = {}\nenter(x, 'a')\nassert x == {'a': 0}"),
    _op(
        "a generator of random numbers that goes on",
        "rng, other = np.random.default_rng(3), np.random.default_rng(3)\n"
        "draw(rng)\nother.normal()\n"
        "assert rng.normal() == other.normal()",
    ),
    _op(
        "a RandomState",
        "assert draw(np.random.RandomState(3)) == np.random.RandomState(3).normal()",
    ),
    _op("an iterator", "assert apply(list, iter([1, 2])) == [1, 2]"),
    _op("a generator expression", "assert apply(sum, (n for n in range(4))) == 6"),
    _op("a file", "file = io.StringIO()\nwrite(file)\nassert file.getvalue() == 'written'"),
    _op("a lambda", "assert apply(lambda a, b: a + b, 1, 2) == 3"),
    _op(
        "a function and a class of the setup cells",
        "assert apply(given, 2) == 3 and apply(lambda g: g.value, apply(Given, 4)) == 4",
    ),
    _op(
        "an instance of a class of the setup cells", "assert apply(lambda g: g.value, Given()) == 5"
    ),
    _op("a class of the test", "class Own:\n    x = 1\nassert apply(lambda c: c.x, Own) == 1"),
    _op(
        "types, ufuncs and modules",
        "assert apply(np.sum, [1, 2]) == 3 and apply(int, '3') == 3\n"
        "assert apply(np.float32, 2).dtype == np.float32 and apply(lambda m: m.pi, np) == np.pi",
    ),
    _op(
        "the student's own functions",
        "assert apply(twice, 4) == 8 and apply(apply, twice, 5) == 10",
    ),
    _op(
        "the student's own objects",
        "assert apply(len, Dog()) == 3 and apply(Animal.__str__, Dog())",
    ),
    _op(
        "sets, slices, None and Ellipsis",
        "assert apply(len, {1, 2}) == 2\n"
        "assert apply([1, 2, 3].__getitem__, slice(1)) == [1] and apply(repr, ...) == 'Ellipsis'",
    ),
    # functions
    _op("keywords", "assert keywords(1, c=4) == (1, 2, 4)"),
    _op("wrong arguments", "check.raises(TypeError, keywords)"),
    _op(
        "__name__ and __doc__", "assert twice.__name__ == 'twice' and 'Two times' in twice.__doc__"
    ),
    _op("the signature", "assert list(inspect.signature(keywords).parameters) == ['a', 'b', 'c']"),
    _op("__defaults__", "assert keywords.__defaults__ == (2,)"),
    _op("the source", "assert 'return 2 * x' in inspect.getsource(twice)"),
    _op("functools.partial", "assert functools.partial(keywords, 9)() == (9, 2, 3)"),
    _op(
        "map and key functions",
        "assert list(map(twice, [1, 2])) == [2, 4]\nassert sorted([1, -2], key=twice) == [-2, 1]",
    ),
    _op(
        "np.vectorize and reduce",
        "assert np.vectorize(twice)([1, 2]).tolist() == [2, 4]\n"
        "assert functools.reduce(apply, [twice, 3]) == 6",
    ),
    _op("a closure", "assert adder(2)(3) == 5"),
    _op(
        "what is printed",
        "with contextlib.redirect_stdout(io.StringIO()) as out:\n    show()\n"
        "assert out.getvalue() == 'a table\\n'",
    ),
    # values
    _op("a dataclass", "p = Pair(1)\nassert (p.left, p.right) == (1, 2) and p == Pair(1, 2)"),
    _op(
        "asdict and replace",
        "import dataclasses\nassert dataclasses.asdict(Pair(1)) == {'left': 1, 'right': 2}",
    ),
    _op(
        "a namedtuple", "v = Vector(3, 4)\nassert v.x == 3 and v.norm() == 5 and tuple(v) == (3, 4)"
    ),
    _op(
        "an Enum",
        "assert Color.RED.value == 1 and Color(2) is Color.BLUE and len(list(Color)) == 2",
    ),
    _op("a Counter", "assert counts.most_common(1) == [('a', 2)] and counts['z'] == 0"),
    _op("a deque", "queue.rotate(1)\nassert list(queue) == [3, 1, 2] and queue[0] == 3"),
    _op("a defaultdict", "assert table['new'] == [] and 'new' in table"),
    _op("an OrderedDict", "ordered.move_to_end('a')\nassert list(ordered) == ['b', 'a']"),
    _op(
        "a Fraction, a Decimal and a date",
        "assert half + half == 1 and float(tenth) == 0.1 and day.year == 2027 and half == 0.5",
    ),
    _op("a structured array", "assert rows['x'].sum() == 7 and rows[0]['n'] == 1"),
    _op("an array of dates", "assert (days[1] - days[0]).astype(int) == 2"),
    _op("a masked array", "assert masked.mask[1] and masked.sum() == 4"),
    _op("an array of objects", "assert words[1] == 'bc' and words.dtype == object"),
    _op(
        "a generator of random numbers",
        "assert generator.normal() == np.random.default_rng(4).normal()",
    ),
    _op(
        "an object with __array__",
        "for x in (Column(), row):\n    assert np.asarray(x).sum() == 3\n"
        "    check.close(x, [0, 1, 2])\nassert len(row) == 3 and row[2] == 2",
    ),
    _op(
        "objects that NumPy reads as arrays without __array__",
        "for x in (in_c, viewed, described):\n    check.close(x, [0, 1, 2])\n"
        "    assert np.asarray(x).sum() == 3",
    ),
    _op(
        "the student's object keeps what the test sets",
        "d = Dog()\nd.friends = [1]\nd.friends.append(2)\nassert d.friends == [1, 2]",
    ),
    _op(
        "numel, item and mean of a tensor",
        "import torch\nassert tensor().numel() == 6 and tensor().mean().item() == 2.5",
        torch=True,
    ),
    _op(
        "arithmetic of tensors",
        "import torch\nassert torch.equal(tensor() + 1, torch.arange(1.0, 7)"
        ".reshape(2, 3)) and tensor().shape == (2, 3) and tensor().dtype == torch.float32",
        torch=True,
    ),
    _op(
        "a tensor is a tensor",
        "import torch\nassert isinstance(tensor(), torch.Tensor)",
        torch=True,
    ),
    _op(
        "a module",
        "import torch\nassert isinstance(module(), torch.nn.Module)\n"
        "assert module()(torch.zeros(2, 3)).shape == (2, 1)",
        torch=True,
    ),
    _op(
        "the parameters of a module",
        "assert sum(p.numel() for p in module().parameters()) == 4",
        torch=True,
    ),
    _op(
        "more parameters than come with one answer",
        "names = [name for name, _ in deep().named_parameters()]\n"
        "assert len(set(names)) == 80 and names[:2] == ['0.weight', '0.bias']\n"
        "g = deep().parameters()\nnext(g)\nassert len(list(g)) == 79\n"
        "assert next(g, 'end') == next(g, 'end') == 'end'",
        torch=True,
    ),
    _op(
        "parameters that change while a test reads them",
        "m = module()\ng = m.named_parameters()\nnext(g)\nfilled(m, 7)\n"
        "assert next(g)[1].item() == 7 and next(g, 'end') == 'end'",
        torch=True,
    ),
    _op(
        "parameters that a test changes one by one",
        "import torch\nm = module()\nwith torch.no_grad():\n    for one in m.parameters():\n"
        "        one.zero_()\nassert m(torch.ones(1, 3)).item() == 0",
        torch=True,
    ),
    _op(
        "parameters that student code reads on",
        "g = deep().parameters()\nnext(g)\nassert one_of(g).shape == (2,) == next(g).shape[:1]\n"
        "assert how_many(g) == 77 and next(g, 'end') == 'end'\n"
        "g = module().parameters()\nnext(g)\nassert how_many(g) == 1\n"
        "g = deep()[:2].parameters()\nnext(g)\none_of(g)\nassert len(list(g)) == 2\n"
        "g = Failing(3, 1).parameters()\nnext(g)\ncheck.raises(LookupError, how_many, g)",
        torch=True,
    ),
    _op(
        "parameters that raise after the first",
        "g = Failing(3, 1).parameters()\nassert next(g).shape == (1, 3)\n"
        "check.raises(LookupError, next, g)\nassert next(g, 'end') == 'end'",
        torch=True,
    ),
    _op(
        "the children of a module",
        "assert [type(one).__name__ for one in deep().children()] == ['Linear'] * 40\n"
        "assert [name for name, _ in module().named_modules()] == ['']",
        torch=True,
    ),
    _op(
        "a gradient",
        "import torch\nm = module()\nm(torch.ones(1, 3)).sum().backward()\n"
        "assert m.weight.grad.sum() == 3",
        torch=True,
    ),
)
OPERATIONS = tuple(
    one for one in OPERATIONS if not one.torch or importlib.util.find_spec("torch") is not None
)


LEFT_TO_HUMANS: dict[str, str] = {
    "a class derived in the test": "the class would live in both processes",
    "a coroutine": "`iscoroutinefunction` reads the code object, which stays in the worker",
    "the source": "the source of student code stays in the worker",
    **dict.fromkeys(
        ("a generator of random numbers that goes on",),
        "arguments are copies: student code must not change what a test compares with",
    ),
    "a file": "an argument that is neither plain nor a function can't be sent",
    "a class of the test": "an object of a class of the test can't be sent",
    "a masked array": "an array that is masked as a whole equals anything",
}
"""Operations that the isolated engine leaves to a human, and why."""


def make_operations(root: Path) -> Assignment:
    """Write and build a course whose only assignment does all this."""
    defined = DEFINED + (TORCH if any(one.torch for one in OPERATIONS) else "")
    cells = [
        "# %% [markdown]\n# # Operations",
        f"# %% setup\n{SETUP}",
        f'# %% solution="defined"\n### BEGIN SOLUTION\ndefined = True\n{defined}\n### END SOLUTION',
        *(
            f'# %% test="defined-{number}" points=1\n{one.test}'
            for number, one in enumerate(OPERATIONS)
        ),
    ]
    toml = (
        f'title = "Operations"\npoints = {len(OPERATIONS)}\nminutes = 0.1\n\n'
        "[limits]\nquestion_s = 5\nsubmission_s = 100\n"
    )
    assignment = make_course(root, SLUG, "\n\n".join(cells) + "\n", toml).assignment(SLUG)
    build(assignment)
    return assignment
