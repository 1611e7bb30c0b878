"""What test cells of public courses do with a student's code: one idiom each, with right code, a
test, and wrong code where the test can tell the two apart.

The table in docs/grading.md is made of these (`tools/table_of_idioms.py`).
"""

from __future__ import annotations

from idiom import Idiom, idiom
from more_idioms import IN_CLASSES, IN_FILES, IN_FUNCTIONS, IN_VALUES

__all__ = ["IDIOMS", "Idiom"]

OPERATORS = "Operators and texts"
_OPERATORS = (
    idiom(
        OPERATORS,
        "`a - b`, `a * 2`, `2 * a`, `a @ b`, `-a`, `abs(a)`",
        """
        class Vector2:
            def __init__(self, *values):
                self.values = values

            def __sub__(self, other):
                return Vector2(*(a - b for a, b in zip(self.values, other.values)))

            def __mul__(self, number):
                return Vector2(*(number * a for a in self.values))

            __rmul__ = __mul__

            def __matmul__(self, other):
                return sum(a * b for a, b in zip(self.values, other.values))

            def __neg__(self):
                return self * -1

            def __abs__(self):
                return (self @ self) ** 0.5
        """,
        """
        a, b = Vector2(3, 4), Vector2(1, 1)
        assert (a - b).values == (2, 3)
        assert (a * 2).values == (2 * a).values == (np.float64(2) * a).values == (6, 8)
        assert a @ b == 7 and (-a).values == (-3, -4) and abs(a) == 5.0
        """,
        """
        class Vector2:
            def __init__(self, *values):
                self.values = values

            def __sub__(self, other):
                return self
        """,
    ),
    idiom(
        OPERATORS,
        "`a == b`, `a != b`, `a < b`, `sorted`, `max`",
        """
        class Version:
            def __init__(self, *parts):
                self.parts = parts

            def __eq__(self, other):
                return isinstance(other, Version) and self.parts == other.parts

            def __lt__(self, other):
                return self.parts < other.parts
        """,
        """
        a, b, c = Version(1, 2), Version(1, 10), Version(1, 2)
        assert a == c and a != b and a < b and not b < a
        assert sorted([b, a])[0] is a and max([a, b], key=lambda v: v.parts) is b and a in [b, c]
        assert a is not None and a != None  # noqa: E711
        """,
        """
        class Version:
            def __init__(self, *parts):
                self.parts = [str(part) for part in parts]

            def __eq__(self, other):
                return self.parts == other.parts

            def __lt__(self, other):
                return self.parts < other.parts
        """,
    ),
    idiom(
        OPERATORS,
        "`a == 5`, `a < 5` with a class that compares itself to plain values",
        """
        class Money:
            def __init__(self, amount):
                self.amount = amount

            def __eq__(self, other):
                return self.amount == getattr(other, "amount", other)
        """,
        "assert Money(5) == 5",
        "class Money:\n    def __init__(self, amount):\n        self.amount = amount",
        status="manual",
        note="an object could say that it is equal to anything",
    ),
    idiom(
        OPERATORS,
        "`str(a)`, `repr(a)`, f-strings, `format`, `print(a)`",
        """
        class Person1:
            def __init__(self, name):
                self.name = name

            def __str__(self):
                return f"I am {self.name}"

            def __repr__(self):
                return f"Person1({self.name!r})"

            def __format__(self, spec):
                return self.name.upper() if spec == "u" else str(self)
        """,
        """
        p = Person1("Ada")
        assert str(p) == "I am Ada" and repr(p) == "Person1('Ada')" and "('Ada')]" in repr([p])
        assert f"{p}" == "I am Ada" and f"{p:u}" == format(p, "u") == "ADA" and "%s" % p == str(p)
        """,
        """
        class Person1:
            def __init__(self, name):
                self.name = name

            def __str__(self):
                return self.name
        """,
    ),
    idiom(
        OPERATORS,
        "`len(a)`, `a[i]`, `a[1:3]`, `a[i] = x`, `del a[i]`, `x in a`, `reversed(a)`",
        """
        class Shelf:
            def __init__(self, *books):
                self.books = list(books)

            def __len__(self):
                return len(self.books)

            def __getitem__(self, place):
                return self.books[place]

            def __setitem__(self, place, book):
                self.books[place] = book

            def __delitem__(self, place):
                del self.books[place]

            def __contains__(self, book):
                return book in self.books

            def __reversed__(self):
                return iter(self.books[::-1])
        """,
        """
        shelf = Shelf("a", "b", "c")
        shelf[0] = "z"
        assert len(shelf) == 3 and shelf[-1] == "c" and shelf[1:3] == ["b", "c"] and bool(shelf)
        assert "z" in shelf and "q" not in shelf and list(shelf) == ["z", "b", "c"]
        assert list(reversed(shelf)) == ["c", "b", "z"]
        del shelf[0]
        assert len(shelf) == 2 and not Shelf()
        """,
        """
        class Shelf:
            def __init__(self, *books):
                self.books = set(books)

            def __len__(self):
                return len(self.books)
        """,
    ),
    idiom(
        OPERATORS,
        "`int(a)`, `float(a)`, `bool(a)`, `round(a)`, `hash(a)`, `{a, b}`, `list[a]`",
        """
        class Grade:
            def __init__(self, points):
                self.points = points

            def __int__(self):
                return int(self.points)

            __index__ = __int__

            def __float__(self):
                return float(self.points)

            def __bool__(self):
                return self.points > 0

            def __round__(self, digits=0):
                return Grade(round(self.points, digits))

            def __eq__(self, other):
                return self.points == other.points

            def __hash__(self):
                return hash(self.points)
        """,
        """
        a, b = Grade(2.25), Grade(2.25)
        assert int(a) == 2 and float(a) == 2.25 and a and not Grade(0) and [5, 6, 7][a] == 7
        assert round(a, 1).points == 2.2 and hash(a) == hash(b) and len({a, b}) == 1
        """,
        """
        class Grade:
            def __init__(self, points):
                self.points = points
        """,
    ),
    idiom(
        OPERATORS,
        "`a()` of an instance, `callable(a)`",
        """
        class Polynomial:
            def __init__(self, *c):
                self.c = c

            def __call__(self, x):
                return sum(c * x**i for i, c in enumerate(self.c))
        """,
        "p = Polynomial(1, 0, 2)\nassert p(3) == 19 and callable(p) and list(map(p, [0])) == [1]",
        """
        class Polynomial:
            def __init__(self, *c):
                self.c = c
        """,
    ),
)

TYPES = "Types and classes"
SHAPES = """
    class Shape1:
        sides = 0

        def area(self):
            raise NotImplementedError

    class Square1(Shape1):
        sides = 4

        def __init__(self, a):
            self.a = a

        def area(self):
            return self.a**2
    """

_TYPES = (
    idiom(
        TYPES,
        "`isinstance(x, Class)`, `issubclass`, `type(x) is Class`, `type(x).__name__`",
        SHAPES,
        """
        s = Square1(3)
        assert isinstance(s, Square1) and isinstance(s, Shape1) and not isinstance(3, Shape1)
        assert issubclass(Square1, Shape1) and not issubclass(Shape1, Square1)
        assert type(s) is Square1 and type(s) == Square1 and type(s).__name__ == "Square1"
        assert s.__class__ is Square1 and s.__class__.__name__ == "Square1"
        assert Square1.__name__ == "Square1" and Square1.__bases__ == (Shape1,)
        assert Shape1.__bases__ == (object,) and Square1.__mro__ == (Square1, Shape1, object)
        """,
        SHAPES.replace("class Square1(Shape1):", "class Square1:"),
    ),
    idiom(
        TYPES,
        "`hasattr`, `getattr`, `setattr`, `delattr`, `vars(x)`, `x.__dict__`, `dir(x)`",
        """
        class Point1:
            def __init__(self):
                self.x = 1

            def move(self):
                self.x += 1
        """,
        """
        p = Point1()
        assert hasattr(p, "x") and not hasattr(p, "z") and hasattr(Point1, "move")
        assert getattr(p, "z", 7) == 7 and vars(p) == {"x": 1} and p.__dict__ == {"x": 1}
        assert "move" in dir(p) and "x" in dir(p) and "move" in Point1.__dict__
        setattr(p, "y", 5)
        assert p.y == 5 and getattr(p, "x") == 1
        delattr(p, "y")
        assert not hasattr(p, "y")
        """,
        "class Point1:\n    x = 1\n\n    def move(self):\n        self.x += 1",
    ),
    idiom(
        TYPES,
        "`copy.copy(x)`, `copy.deepcopy(x)`",
        """
        class Box1:
            def __init__(self):
                self.items = [1]
        """,
        """
        import copy
        a = Box1()
        b, c = copy.deepcopy(a), copy.copy(a)
        b.items = [2]
        assert a.items == [1] and b.items == [2] and type(c) is Box1 and c is not a
        """,
    ),
    idiom(
        TYPES,
        "`class Mine(StudentClass)` in a test",
        """
        class Animal1:
            def speak(self):
                return "I say " + self.sound()
        """,
        """
        class Cat(Animal1):
            def sound(self):
                return "meow"

        assert Cat().speak() == "I say meow"
        """,
        status="shared",
        note="the class would live in both processes",
    ),
    idiom(
        TYPES,
        "abstract classes: `inspect.isabstract`, `TypeError` when one is made",
        """
        import abc

        class Abstract(abc.ABC):
            @abc.abstractmethod
            def area(self):
                ...

        class Concrete(Abstract):
            def area(self):
                return 2
        """,
        """
        import inspect
        assert inspect.isabstract(Abstract) and not inspect.isabstract(Concrete)
        assert isinstance(Concrete(), Abstract) and Concrete().area() == 2
        try:
            Abstract()
        except TypeError:
            pass
        else:
            raise AssertionError("an abstract class was made")
        """,
        """
        class Abstract:
            def area(self):
                ...

        class Concrete(Abstract):
            def area(self):
                return 2
        """,
    ),
    idiom(
        TYPES,
        "an instance of a class that a setup cell defines, as argument and as result",
        """
        def mirrored(place):
            return Place(place.y, place.x)
        """,
        """
        found = mirrored(Place(1, 2))
        assert isinstance(found, Place) and found == Place(2, 1) and found.x == 2
        """,
        "def mirrored(place):\n    return Place(place.x, place.y)",
    ),
)

FUNCTIONS = "Functions"
_FUNCTIONS = (
    idiom(
        FUNCTIONS,
        "keyword arguments, defaults, `*args`, `**kwargs`, keyword-only",
        """
        def told(a, b=2, *more, c=3, **rest):
            return a, b, more, c, rest
        """,
        """
        assert told(1) == (1, 2, (), 3, {})
        assert told(*[1, 5, 6], c=9, **{"z": 0}) == (1, 5, (6,), 9, {"z": 0})
        assert told(b=1, a=0)[:2] == (0, 1)
        """,
        "def told(a, b=2, *more, c=3, **rest):\n    return b, a, more, c, rest",
    ),
    idiom(
        FUNCTIONS,
        "`f.__name__`, `f.__doc__`, `f.__defaults__`, `f.__annotations__`, `f.__module__`",
        '''
        def documented(x: int, y: float = 2.5) -> float:
            """Multiplies."""
            return x * y
        ''',
        """
        assert documented.__name__ == "documented" and documented.__doc__ == "Multiplies."
        assert documented.__defaults__ == (2.5,) and documented.__module__ == "__main__"
        assert documented.__annotations__ == {"x": int, "y": float, "return": float}
        """,
        "def documented(x, y):\n    return x * y",
    ),
    idiom(
        FUNCTIONS,
        "`inspect.signature(f)`",
        """
        def looped(values, start=0):
            total = start
            for value in values:
                total += value
            return total
        """,
        """
        import inspect
        assert list(inspect.signature(looped).parameters) == ["values", "start"]
        assert inspect.signature(looped).parameters["start"].default == 0
        """,
        "def looped(values):\n    return sum(values)",
    ),
    idiom(
        FUNCTIONS,
        "`inspect.isfunction`, `isclass`, `ismethod`, `isgenerator`, `callable`",
        """
        def counting(n):
            yield from range(n)

        class Counting:
            def up(self):
                return 1
        """,
        """
        import inspect
        assert inspect.isfunction(counting) and not inspect.isclass(counting)
        assert inspect.isgenerator(counting(2)) and inspect.isclass(Counting)
        assert inspect.ismethod(Counting().up) and callable(counting)
        """,
        """
        def counting(n):
            return list(range(n))

        class Counting:
            up = 1
        """,
    ),
    idiom(
        FUNCTIONS,
        "`inspect.getsource(f)`, `f.__code__`, `isgeneratorfunction(f)`, `iscoroutinefunction(f)`",
        "def forty_two():\n    return 42",
        'import inspect\nassert "42" in inspect.getsource(forty_two)',
        status="shared",
        note="a student's process could tell any source",
    ),
    idiom(
        FUNCTIONS,
        "a function of the test as argument: a lambda, a library's function",
        """
        def applied(function, values):
            return [function(value) for value in values]
        """,
        """
        seen = []
        assert applied(lambda x: x + 1, [1, 2]) == [2, 3]
        assert applied(np.sqrt, [4.0]) == [2.0] and applied(str, [1]) == ["1"]
        applied(seen.append, [1, 2])
        assert seen == [1, 2]
        """,
        "def applied(function, values):\n    return [function(values)]",
    ),
    idiom(
        FUNCTIONS,
        "a closure, a function that comes back, `functools.partial`, `map`, `reduce`",
        """
        def adder(n):
            def add(x):
                return x + n
            return add
        """,
        """
        import functools
        add3 = adder(3)
        assert add3(4) == 7 and list(map(adder(1), [1, 2])) == [2, 3]
        assert functools.partial(adder(2), 5)() == 7 and add3.__name__ == "add"
        assert functools.reduce(lambda total, f: total + f(0), [adder(1), adder(2)], 0) == 3
        """,
        "def adder(n):\n    return lambda x: x - n",
    ),
    idiom(
        FUNCTIONS,
        "`asyncio.run(f())`, `await f()` in the test's own coroutine, `asyncio.gather`",
        """
        import asyncio

        async def slowly(x):
            await asyncio.sleep(0.001)
            return 2 * x
        """,
        """
        import asyncio

        async def main():
            return await slowly(1), await asyncio.gather(slowly(2), slowly(3))

        assert asyncio.run(slowly(4)) == 8 and asyncio.run(main()) == (2, [4, 6])
        """,
        "async def slowly(x):\n    return x",
    ),
)

ITERATION = "Iteration and contexts"
_ITERATION = (
    idiom(
        ITERATION,
        "`next(gen)`, `next(gen, default)`, `list(gen)`, `StopIteration`, `gen.send(x)`",
        """
        def squares1(n):
            for i in range(n):
                yield i**2

        def echo1():
            got = yield "ready"
            while True:
                got = yield got
        """,
        """
        g = squares1(4)
        assert next(g) == 0 and next(g) == 1 and list(g) == [4, 9] and next(g, None) is None
        assert iter(g) is g
        try:
            next(g)
        except StopIteration:
            pass
        else:
            raise AssertionError("it never stops")
        e = echo1()
        assert next(e) == "ready" and e.send(5) == 5
        e.close()
        """,
        "def squares1(n):\n    return [i**2 for i in range(n)]\n\ndef echo1():\n    yield 1",
    ),
    idiom(
        ITERATION,
        "`for x in obj`, twice; an own iterator class",
        """
        class Countdown:
            def __init__(self, n):
                self.n = n

            def __iter__(self):
                return CountdownIterator(self.n)

        class CountdownIterator:
            def __init__(self, n):
                self.n = n

            def __iter__(self):
                return self

            def __next__(self):
                if self.n == 0:
                    raise StopIteration
                self.n -= 1
                return self.n + 1
        """,
        """
        c = Countdown(3)
        assert [x for x in c] == [3, 2, 1] and list(c) == [3, 2, 1] and 2 in c
        i, j = iter(c), iter(c)
        assert next(i) == 3 and next(j) == 3 and next(i) == 2
        """,
        """
        class Countdown:
            def __init__(self, n):
                self.n = n

            def __iter__(self):
                return self

            def __next__(self):
                if self.n == 0:
                    raise StopIteration
                self.n -= 1
                return self.n + 1
        """,
    ),
    idiom(
        ITERATION,
        "an iterator or a generator of the test as argument",
        """
        def first_two(values):
            values = iter(values)
            return [next(values), next(values)]
        """,
        """
        import itertools
        assert first_two(x * x for x in [3, 4, 5]) == [9, 16]
        rest = iter([1, 2, 3])
        assert first_two(rest) == [1, 2] and next(rest) == 3
        assert first_two(itertools.count(5)) == [5, 6] and first_two(map(str, [1, 2])) == ["1", "2"]
        """,
        "def first_two(values):\n    return list(values)[:2][::-1]",
    ),
    idiom(
        ITERATION,
        "`with obj as x`",
        """
        class Opened:
            def __init__(self):
                self.log = []

            def __enter__(self):
                self.log.append("in")
                return self

            def __exit__(self, kind, error, trace):
                self.log.append(kind.__name__ if kind else "out")
        """,
        """
        with Opened() as o:
            assert o.log == ["in"]
        assert o.log == ["in", "out"]
        try:
            with Opened() as o:
                raise ValueError("not swallowed")
        except ValueError:
            assert o.log == ["in", "ValueError"]
        """,
        """
        class Opened:
            log = []

            def __enter__(self):
                return self

            def __exit__(self, *_):
                pass
        """,
    ),
    idiom(
        ITERATION,
        "`with obj:` where the student's `__exit__` swallows what is raised",
        """
        class Suppressed:
            def __enter__(self):
                return self

            def __exit__(self, kind, error, trace):
                return kind is ValueError
        """,
        "with Suppressed():\n    raise ValueError",
        status="manual",
        note="it could swallow a check of the test",
    ),
)

ERRORS = "Exceptions"
_ERRORS = (
    idiom(
        ERRORS,
        "`try: f(-1) except ValueError`, `assertRaises`, `np.testing.assert_raises`",
        """
        def root(x):
            if x < 0:
                raise ValueError("x must not be negative", x)
            return x**0.5
        """,
        """
        import unittest
        case = unittest.TestCase()
        with case.assertRaises(ValueError) as caught:
            root(-1)
        assert caught.exception.args == ("x must not be negative", -1)
        assert "must not be negative" in str(caught.exception)
        with case.assertRaisesRegex(ValueError, "negative"):
            root(-2)
        with np.testing.assert_raises(ValueError):
            root(-3)
        np.testing.assert_raises(ValueError, root, -4)
        try:
            root(-5)
        except Exception as error:
            assert type(error).__name__ == "ValueError" and isinstance(error, ValueError)
            assert error.__class__ is ValueError
        assert root(4) == 2
        """,
        "def root(x):\n    if x < 0:\n        raise TypeError('no')\n    return x**0.5",
    ),
    idiom(
        ERRORS,
        "`with pytest.raises(ValueError, match=…) as info`",
        """
        def checked(x):
            if x > 9:
                raise IndexError(f"{x} is too large")
            return x
        """,
        """
        import pytest
        with pytest.raises(IndexError, match="too large") as info:
            checked(10)
        assert str(info.value) == "10 is too large" and info.type.__name__ == "IndexError"
        with pytest.raises(LookupError):
            checked(11)
        """,
        "def checked(x):\n    raise TypeError('it is too large')",
        needs="pytest",
    ),
    idiom(
        ERRORS,
        "the student's own exception class: `except MyError as e`, its attributes and bases",
        """
        class BankError(Exception):
            pass

        class Overdrawn(BankError, ValueError):
            def __init__(self, missing):
                super().__init__(f"{missing} is missing")
                self.missing = missing

            def times(self, n):
                return n * self.missing

        def withdraw(amount):
            raise Overdrawn(amount)
        """,
        """
        import unittest
        case = unittest.TestCase()
        with case.assertRaises(Overdrawn) as caught:
            withdraw(5)
        error = caught.exception
        assert error.missing == 5 and str(error) == "5 is missing" and error.times(2) == 10
        assert isinstance(error, BankError) and isinstance(error, ValueError)
        assert type(error) is Overdrawn and issubclass(Overdrawn, Exception)
        with case.assertRaises(BankError):
            withdraw(1)
        try:
            raise Overdrawn(3)
        except BankError as other:
            assert other.missing == 3
        """,
        """
        class BankError(Exception):
            pass

        class Overdrawn(Exception):
            pass

        def withdraw(amount):
            raise BankError(amount)
        """,
    ),
    idiom(
        ERRORS,
        "`error.__notes__`: what `add_note` has added",
        """
        def noted(x):
            error = ValueError(x)
            error.add_note("Take a number above 0.")
            raise error
        """,
        """
        try:
            noted(-1)
        except ValueError as error:
            assert error.__notes__ == ["Take a number above 0."]
        else:
            assert False, "no error"
        """,
        "def noted(x):\n    raise ValueError(x)",
    ),
    idiom(
        ERRORS,
        "`except*` and groups of exceptions",
        """
        def all_of(numbers):
            raise ExceptionGroup("negative", [ValueError(n) for n in numbers if n < 0])
        """,
        """
        try:
            all_of([1, -2, -3])
        except* ValueError as group:
            assert len(group.exceptions) == 2
        """,
        status="manual",
    ),
    idiom(
        ERRORS,
        "`type(error) is ValueError`",
        "def strict(x):\n    raise ValueError(x)",
        """
        try:
            strict(1)
        except Exception as error:
            assert type(error) is ValueError
        """,
        status="manual",
        note="ask `isinstance`, `==` or `error.__class__ is` instead",
    ),
    idiom(
        ERRORS,
        "`warnings.catch_warnings(record=True)`, `pytest.warns`, `np.testing.assert_warns`",
        """
        import warnings

        def careful(x):
            if x > 1:
                warnings.warn("x is large", RuntimeWarning)
            return x
        """,
        """
        import warnings
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            careful(2)
            careful(2)
        assert len(seen) == 2 and seen[0].category is RuntimeWarning
        assert "large" in str(seen[0].message)
        """,
        "def careful(x):\n    return x",
    ),
    idiom(
        ERRORS,
        "`try: f() except SystemExit`",
        "import sys\n\ndef quitting(code):\n    sys.exit(code)",
        """
        try:
            quitting(3)
        except SystemExit as error:
            assert error.code == 3
        else:
            raise AssertionError("it goes on")
        """,
        status="shared",
    ),
)

CHECKS = "Comparisons in tests"
_CHECKS = (
    idiom(
        CHECKS,
        "`np.testing.assert_allclose`, `assert_array_equal`, `assert_equal`, `assert_almost_equal`",
        "def scaled(x):\n    return {'a': x / x.sum(), 'b': [1, 2]}",
        """
        x = np.array([1.0, 3.0])
        np.testing.assert_allclose(scaled(x)["a"], [0.25, 0.75])
        np.testing.assert_array_equal(scaled(x)["b"], [1, 2])
        np.testing.assert_equal(scaled(x), {"a": x / 4, "b": [1, 2]})
        np.testing.assert_almost_equal(scaled(x)["a"].sum(), 1.0)
        np.testing.assert_array_almost_equal(scaled(x)["a"], x / 4)
        """,
        "def scaled(x):\n    return {'a': x / x.max(), 'b': [1, 2]}",
    ),
)

VALUES = "Values"
_VALUES = (
    idiom(
        VALUES,
        "`datetime`, `date`, `timedelta`, time zones",
        """
        import datetime

        def later(when, days):
            return when + datetime.timedelta(days=days)
        """,
        """
        import datetime as dt
        assert later(dt.date(2026, 1, 30), 3) == dt.date(2026, 2, 2)
        assert isinstance(later(dt.datetime(2026, 1, 1, 12), 1), dt.datetime)
        assert later(dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc), 1).day == 2
        assert later(dt.timedelta(hours=1), 1) == dt.timedelta(days=1, hours=1)
        """,
        "def later(when, days):\n    return when",
    ),
    idiom(
        VALUES,
        "`Fraction`, `Decimal`, `complex`, whole numbers of any size",
        """
        def twice_of(x):
            return x + x

        def power_of(n):
            return 7**n
        """,
        """
        from decimal import Decimal
        from fractions import Fraction
        assert twice_of(Fraction(1, 3)) == Fraction(2, 3) and twice_of(1 + 2j) == 2 + 4j
        assert twice_of(Decimal("0.10")) == Decimal("0.20")
        assert isinstance(twice_of(Decimal(1)), Decimal) and power_of(3000) == 7**3000
        """,
        "def twice_of(x):\n    return 2.0\n\ndef power_of(n):\n    return 7.0",
    ),
    idiom(
        VALUES,
        "`deque`, `Counter`, `OrderedDict`, `defaultdict`",
        """
        from collections import Counter, OrderedDict, defaultdict, deque

        def collected(text):
            groups = defaultdict(list)
            for letter in text:
                groups[letter].append(1)
            return deque(text, maxlen=2), Counter(text), OrderedDict.fromkeys(text), groups
        """,
        """
        from collections import Counter, OrderedDict, defaultdict, deque
        last, counts, order, groups = collected("abca")
        assert last == deque("ca") and last.maxlen == 2 and isinstance(last, deque)
        assert counts == Counter("abca") and counts.most_common(1) == [("a", 2)]
        assert isinstance(order, OrderedDict) and list(order) == ["a", "b", "c"]
        assert groups["a"] == [1, 1] and groups["new"] == [] and isinstance(groups, defaultdict)
        """,
        "def collected(text):\n    return list(text), dict(), dict(), {}",
    ),
    idiom(
        VALUES,
        "`namedtuple`, `NamedTuple`, `dataclass`: fields, `asdict`, `replace`, `==`",
        """
        from collections import namedtuple
        from dataclasses import dataclass, field

        Pair = namedtuple("Pair", ["left", "right"])

        @dataclass(order=True)
        class Book:
            title: str
            pages: int = 10
            tags: list = field(default_factory=list)

        def made(a, b):
            return Pair(a, b)
        """,
        """
        import dataclasses
        p = made(1, 2)
        assert p == (1, 2) and p.left == 1 and p[1] == 2 and isinstance(p, tuple)
        assert type(p) is Pair and p._asdict() == {"left": 1, "right": 2}
        assert p._replace(left=5).left == 5 and repr(p) == "Pair(left=1, right=2)"
        a, b = Book("A"), Book("A")
        assert a == b and a < Book("B") and dataclasses.is_dataclass(Book) and a.tags == []
        assert dataclasses.asdict(a) == {"title": "A", "pages": 10, "tags": []}
        assert dataclasses.replace(a, pages=3).pages == 3
        assert [f.name for f in dataclasses.fields(Book)] == ["title", "pages", "tags"]
        """,
        """
        from collections import namedtuple

        Pair = namedtuple("Pair", ["left", "right"])

        class Book:
            def __init__(self, title, pages=10):
                self.title, self.pages, self.tags = title, pages, []

        def made(a, b):
            return Pair(b, a)
        """,
    ),
    idiom(
        VALUES,
        "`Enum` members: `Color.RED`, `Color['RED']`, `Color(1)`, `list(Color)`; `IntEnum`",
        """
        import enum

        class Color1(enum.Enum):
            RED = 1
            BLUE = 2

        class Level1(enum.IntEnum):
            LOW = 1
            HIGH = 3
        """,
        """
        import enum
        assert Color1.RED is Color1["RED"] and Color1(2) is Color1.BLUE
        assert list(Color1) == [Color1.RED, Color1.BLUE] and Color1.RED != Color1.BLUE
        assert isinstance(Color1.RED, Color1) and issubclass(Color1, enum.Enum)
        assert Color1.RED.name == "RED" and Color1.BLUE.value == 2
        assert Level1.HIGH == 3 and Level1.HIGH > Level1.LOW and isinstance(Level1.HIGH, int)
        """,
        "class Color1:\n    RED = 1\n    BLUE = 2\n\nclass Level1:\n    LOW, HIGH = 1, 3",
    ),
    idiom(
        VALUES,
        "`bytes`, `bytearray`, `array.array`, `range`, `slice`, `set`, `frozenset`, `...`",
        "def same_as(x):\n    return x",
        """
        from array import array
        for value in (b"ab", bytearray(b"c"), array("i", [1]), range(5), slice(1, 2), {1},
                      frozenset({2}), ..., None, NotImplemented, "\\ud800", int, np.dtype("f4")):
            assert same_as(value) == value and type(same_as(value)) is type(value)
        """,
        "def same_as(x):\n    return str(x)",
    ),
    idiom(
        VALUES,
        "arrays of objects, texts, dates; NumPy's scalars",
        """
        def arrays(kind):
            return {
                "objects": np.array([1, "a", None], dtype=object),
                "texts": np.array(["ab", "c"]),
                "dates": np.array(["2026-01-01", "2026-02-01"], dtype="datetime64[D]"),
                "scalar": np.int16(7),
            }[kind]
        """,
        """
        assert arrays("objects").tolist() == [1, "a", None] and arrays("texts")[1] == "c"
        assert arrays("dates")[1] - arrays("dates")[0] == np.timedelta64(31, "D")
        assert type(arrays("scalar")) is np.int16
        """,
        "def arrays(kind):\n    return np.zeros(2)",
    ),
    idiom(
        VALUES,
        "random numbers: a `Generator`, a `RandomState` or a `random.Random` as argument",
        """
        def drawn(rng):
            return rng.random()
        """,
        """
        import random
        a, b = np.random.default_rng(3), np.random.default_rng(3)
        assert drawn(a) == b.random() and drawn(a) == b.random() and drawn(a) != drawn(a)
        assert drawn(random.Random(4)) == random.Random(4).random()
        assert drawn(np.random.RandomState(5)) == np.random.RandomState(5).random()
        """,
        "def drawn(rng):\n    return 0.5",
    ),
    idiom(
        VALUES,
        "`np.random.seed(0)`, `random.seed(0)`, `torch.manual_seed(0)` before a call",
        """
        import random

        def shuffled():
            return np.random.permutation(9).tolist(), random.random()
        """,
        """
        import random
        np.random.seed(0)
        random.seed(1)
        first, second = shuffled(), shuffled()
        np.random.seed(0)
        random.seed(1)
        expected = np.random.permutation(9).tolist(), random.random()
        np.random.seed(0)
        random.seed(1)
        assert shuffled() == first == expected and first != second
        """,
        "def shuffled():\n    return list(range(9)), 0.5",
    ),
)

CHANGES = "Changes"
_CHANGES = (
    idiom(
        CHANGES,
        "an argument changed in place: `sort(x)`, then `assert x == …`",
        """
        def sorted_in_place(values):
            values.sort()
        """,
        """
        values = [3, 1, 2]
        sorted_in_place(values)
        assert values == [1, 2, 3]
        """,
        "def sorted_in_place(values):\n    return sorted(values)",
    ),
    idiom(
        CHANGES,
        "a result that the test changes: `w = net.copy()`, then `net` must be as before",
        """
        class Net2:
            def __init__(self):
                self.weights, self.sizes = {"W": np.zeros(3)}, [1, 2]

            def copied(self):
                return {name: w.copy() for name, w in self.weights.items()}

            def all_sizes(self):
                return self.sizes
        """,
        """
        net2 = Net2()
        weights = net2.copied()
        weights["W"][0] = 7.0
        assert net2.weights["W"][0] == 0
        net2.all_sizes().append(3)
        assert net2.sizes == [1, 2, 3]
        """,
        """
        class Net2:
            def __init__(self):
                self.weights, self.sizes = {"W": np.zeros(3)}, [1, 2]

            def copied(self):
                return self.weights.copy()

            def all_sizes(self):
                return self.sizes
        """,
    ),
    idiom(
        CHANGES,
        "an argument that must not be changed: `f(x)`, then `assert x == before`",
        """
        def total_of(values):
            values = sorted(values)
            return values[-1] + values[0]
        """,
        """
        values, rows = [3, 1, 2], [np.ones(3)]
        assert total_of(values) == 4
        assert values == [3, 1, 2]
        """,
        """
        def total_of(values):
            values.sort()
            return values[-1] + values[0]
        """,
    ),
    idiom(
        CHANGES,
        "arrays and tensors changed in place: `step(w, g)`, then `assert w == …`",
        """
        def stepped(params, grads):
            for name in params:
                params[name] -= 0.1 * grads[name]
        """,
        """
        params = {"W": np.ones((2, 3)), "b": np.zeros(3)}
        view = params["W"][0]
        stepped(params, {"W": np.ones((2, 3)), "b": np.ones(3)})
        assert np.allclose(params["W"], 0.9) and np.allclose(params["b"], -0.1)
        assert np.allclose(view, 0.9)
        """,
        """
        def stepped(params, grads):
            params = {name: params[name] - 0.1 * grads[name] for name in params}
        """,
    ),
    idiom(
        CHANGES,
        "an argument that the student's object changes later: `opt = SGD([w])`, then `opt.step()`",
        """
        class Descent:
            def __init__(self, weights):
                self.weights = weights

            def step(self, grad):
                self.weights -= 0.5 * grad
        """,
        """
        w = np.ones(2)
        descent = Descent(w)
        descent.step(np.ones(2))
        assert w.tolist() == [0.5, 0.5]
        descent.step(np.ones(2))
        assert w.tolist() == [0, 0]
        """,
        """
        class Descent:
            def __init__(self, weights):
                self.weights = weights.copy()

            def step(self, grad):
                self.weights -= 0.5 * grad
        """,
    ),
    idiom(
        CHANGES,
        "links of given objects changed in place: a linked list reversed by its nodes",
        """
        def reversed_links(node):
            before = None
            while node is not None:
                node.left, before, node = before, node, node.left
            return before
        """,
        """
        first, second, third = Tree(1), Tree(2), Tree(3)
        first.left, second.left = second, third
        reversed_links(first)
        assert third.left is second and second.left is first and first.left is None
        """,
        """
        def reversed_links(node):
            while node.left is not None:
                node = node.left
            return node
        """,
    ),
    idiom(
        CHANGES,
        "an instance of a given class, changed in place: `insert(tree, 3)`, then `tree.left.value`",
        """
        def inserted(tree, value):
            tree.left = Tree(value)
        """,
        """
        tree = Tree(5)
        inserted(tree, 3)
        assert tree.left.value == 3
        inserted(tree.left, 4)
        assert tree.left.left.value == 4 and isinstance(tree.left.left, Tree)
        """,
        "def inserted(tree, value):\n    tree = Tree(value)",
    ),
    idiom(
        CHANGES,
        "a part of a student's object, changed in place: `net.params['W'][0] += h`",
        """
        class Net1:
            def __init__(self):
                self.params, self.items = {"W": np.zeros(3)}, []

            def loss(self):
                return float(self.params["W"].sum()) + len(self.items)
        """,
        """
        net = Net1()
        net.params["W"][0] += 2.0
        assert net.loss() == 2
        W = net.params["W"]
        for i in range(3):
            W[i] += 1
            assert net.loss() == 3
            W[i] -= 1
        net.items.append("a")
        assert net.loss() == 3 and net.items == ["a"]
        """,
        """
        class Net1:
            def __init__(self):
                self.items = []

            @property
            def params(self):
                return {"W": np.zeros(3)}

            def loss(self):
                return float(self.params["W"].sum()) + len(self.items)
        """,
        note="parts of up to 8 MB; of a larger one the test has a copy",
    ),
    idiom(
        CHANGES,
        "a student's global, replaced or deleted by the test: `del helper`, `helper = …`",
        """
        def helper1(x):
            return x * x

        def total1(values):
            return sum(helper1(value) for value in values)
        """,
        """
        kept = helper1
        del helper1
        try:
            total1([1])
        except NameError:
            pass
        else:
            raise AssertionError("total1 does not use helper1")
        finally:
            helper1 = kept
        assert total1([1, 2]) == 5
        helper1 = lambda x: 1
        assert total1([5, 6]) == 2
        helper1 = kept
        """,
        """
        def helper1(x):
            return x * x

        def total1(values):
            return sum(value * value for value in values)
        """,
    ),
    idiom(
        CHANGES,
        "`'name' in globals()`, `globals()['name']`, `eval('f(2)')`",
        "def by_name(x):\n    return x + 1",
        """
        assert "by_name" in globals() and "nothing_like_it" not in globals()
        assert globals()["by_name"](1) == 2 and eval("by_name(2)") == 3 and callable(by_name)
        """,
        "def by_name(x):\n    return x",
    ),
    idiom(
        CHANGES,
        "`'name' in dir()`, `[name for name in globals() if …]`",
        "def in_dir(x):\n    return x\n\nseen_in_dir = 1",
        """
        assert "in_dir" in dir() and "seen_in_dir" in dir() and "helper_in_dir" not in dir()
        assert [name for name in globals() if name.endswith("_in_dir")] == ["seen_in_dir"]
        """,
        "def in_dir(x):\n    return x\n\nhelper_in_dir = seen_in_dir = 1",
    ),
    idiom(
        CHANGES,
        "a name that stands only in a text: `globals()['f'](2)`, `for name in globals()`, `vars()`",
        "def listed(x):\n    return x + 1",
        """
        assert "listed" in dir() and "listed" in list(vars()) and "nothing_like_it" not in dir()
        found = [globals()[name] for name in globals() if name.startswith("liste")]
        assert found[0](1) == 2 and eval("listed")(2) == 3
        """,
        "def listed(x):\n    return x",
    ),
    idiom(
        CHANGES,
        "`unittest.mock.patch('__main__.f')`",
        """
        def patched2():
            return asked2()

        def asked2():
            return 1
        """,
        """
        from unittest import mock
        with mock.patch("__main__.asked2", lambda: 5):
            assert patched2() == 5
        """,
        status="shared",
        note="`__main__` is another module here; set the name itself instead",
    ),
)

OUTPUT = "Input and output"
_OUTPUT = (
    idiom(
        OUTPUT,
        "`contextlib.redirect_stdout` around a call",
        """
        def greeting(name):
            print("Hello,", name)
        """,
        """
        import contextlib, io
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            greeting("Ada")
            print("test")
            greeting("Bob")
        assert out.getvalue() == "Hello, Ada\\ntest\\nHello, Bob\\n"
        """,
        "def greeting(name):\n    return f'Hello, {name}'",
    ),
    idiom(
        OUTPUT,
        "`mock.patch('builtins.input')`, `sys.stdin = io.StringIO(…)`",
        """
        def asked_name():
            name = input("Name? ")
            return name.upper()
        """,
        """
        import io, sys
        from unittest import mock
        with mock.patch("builtins.input", side_effect=["ada", "bob"]) as typed:
            assert asked_name() == "ADA" and asked_name() == "BOB"
        assert typed.call_args_list[0].args == ("Name? ",)
        before, sys.stdin = sys.stdin, io.StringIO("eve\\n")
        try:
            assert asked_name() == "EVE"
        finally:
            sys.stdin = before
        """,
        "def asked_name():\n    return 'ADA'",
    ),
    idiom(
        OUTPUT,
        "a `Mock` with attributes as argument",
        "def asks_mock(client):\n    return client.get('x')",
        """
        from unittest import mock
        client = mock.Mock()
        client.get.return_value = 5
        assert asks_mock(client) == 5
        """,
        status="shared",
    ),
    idiom(
        OUTPUT,
        "threads: `threading.Thread(target=f)`, `ThreadPoolExecutor`",
        "def squared2(x):\n    return x * x",
        """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(squared2, range(5))) == [0, 1, 4, 9, 16]
        """,
        "def squared2(x):\n    return x + x",
    ),
)

TORCH = "PyTorch"
_TORCH = (
    idiom(
        TORCH,
        "tensors that come back: `.shape`, `.dtype`, `.item()`, `.numel()`, `.numpy()`",
        """
        def as_tensor(n):
            return torch.arange(n, dtype=torch.float32)
        """,
        """
        t = as_tensor(6)
        assert isinstance(t, torch.Tensor) and type(t) is torch.Tensor and t.shape == (6,)
        assert t.dtype == torch.float32 and t.sum().item() == 15 and t.numel() == 6
        assert not t.requires_grad and torch.equal(t.detach(), torch.arange(6.0))
        assert t.numpy().tolist() == [0, 1, 2, 3, 4, 5] and t.device.type == "cpu"
        """,
        "def as_tensor(n):\n    return np.arange(n)",
        needs="torch",
    ),
    idiom(
        TORCH,
        "tensors as keys: `table[p] for p in sorted(table, key=float)`, `table[best]`, in sets",
        """
        keyed = {p: 1 - float(p) ** 2 for p in torch.linspace(0, 1, 5)}
        best_key = next(iter(keyed))
        set_of_keys = {best_key}
        def keyed_again():
            return best_key, keyed
        """,
        """
        assert [keyed[p] for p in sorted(keyed, key=float)] == [1, 0.9375, 0.75, 0.4375, 0]
        held = list(keyed)
        assert keyed_again()[1][held[2]] == 0.75 and keyed[held[0]] == 1
        assert keyed[best_key] == 1 and best_key in set_of_keys
        best, table = keyed_again()
        assert table[best] == 1 and table.keys() == keyed.keys()
        assert torch.zeros(()) not in keyed and held[0] is not held[1]
        """,
        """
        keyed = {p: 1 - float(p) for p in torch.linspace(0, 1, 5)}
        best_key = next(iter(keyed))
        set_of_keys = {best_key}
        def keyed_again():
            return best_key, keyed
        """,
        needs="torch",
    ),
    idiom(
        TORCH,
        "`optimizer.state[parameter]` for `parameter` in `model.parameters()`",
        """
        def trained_once(momentum):
            model = torch.nn.Linear(80, 2)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=momentum)
            model(torch.ones(1, 80)).sum().backward()
            optimizer.step()
            return model, optimizer
        """,
        """
        model, optimizer = trained_once(0.9)
        parameters = list(model.parameters())
        for parameter in parameters:
            buffer = optimizer.state[parameter]["momentum_buffer"]
            assert torch.equal(buffer, torch.ones_like(parameter))
        assert [id(one) for one in model.parameters()] == [id(one) for one in parameters]
        """,
        """
        def trained_once(momentum):
            model = torch.nn.Linear(80, 2)
            return model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=momentum)
        """,
        needs="torch",
    ),
    idiom(
        TORCH,
        "`isinstance(model, nn.Module)`, `model(x)`, `model.eval()`, `model.fc.weight`",
        """
        class Model1(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = torch.nn.Linear(3, 2)
                self.out = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Dropout(0.5))

            def forward(self, x):
                return self.out(self.fc(x))
        """,
        """
        nn = torch.nn
        model = Model1()
        assert isinstance(model, nn.Module) and isinstance(model.fc, nn.Linear)
        assert isinstance(model.out, nn.Sequential) and len(model.out) == 2
        assert model.eval() is model and not model.training and model.train().training
        assert model.fc.in_features == 3 and model.fc.weight.shape == (2, 3)
        assert [type(layer).__name__ for layer in model.out] == ["ReLU", "Dropout"]
        assert type(model.fc) == nn.Linear and "Linear" in str(model)
        assert model.eval()(torch.ones(4, 3)).shape == (4, 2)
        """,
        """
        class Model1:
            def __init__(self):
                self.fc = torch.nn.Linear(3, 2)

            def __call__(self, x):
                return self.fc(x)
        """,
        needs="torch",
    ),
    idiom(
        TORCH,
        "`model.parameters()`, `named_parameters`, `state_dict`, `load_state_dict`",
        """
        def two_layers():
            return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 1))
        """,
        """
        model = two_layers()
        assert sum(p.numel() for p in model.parameters()) == 19
        assert all(isinstance(p, torch.nn.Parameter) for p in model.parameters())
        assert [name for name, _ in model.named_parameters()][0] == "0.weight"
        state = {name: torch.zeros_like(value) for name, value in model.state_dict().items()}
        model.load_state_dict(state)
        assert model(torch.ones(1, 4)).item() == 0
        """,
        "def two_layers():\n    return torch.nn.Sequential(torch.nn.Linear(4, 1))",
        needs="torch",
    ),
    idiom(
        TORCH,
        "`model.fc.weight.fill_(1)`, `loss.backward()`, then `model.fc.weight.grad`",
        """
        class Line1(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = torch.nn.Linear(2, 1, bias=False)

            def forward(self, x):
                return self.fc(x)
        """,
        """
        model = Line1()
        x, y = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0]])
        with torch.no_grad():
            model.fc.weight.fill_(1.0)
        loss = ((model(x) - y - 1) ** 2).mean()
        loss.backward()
        assert torch.allclose(model.fc.weight.grad, torch.tensor([[-2.0, -4.0]]))
        with torch.no_grad():
            assert not model(x).requires_grad and model(x).numpy().shape == (1, 1)
        """,
        """
        class Line1(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = torch.nn.Linear(2, 1, bias=False)

            def forward(self, x):
                return self.fc(x).detach()
        """,
        needs="torch",
    ),
    idiom(
        TORCH,
        "`x.requires_grad_()`, `f(x).backward()`, `x.grad`; `torch.autograd.grad`",
        "def energy(x):\n    return (x**3).sum()",
        """
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        energy(2 * x).backward()
        assert torch.allclose(x.grad, 24 * x.detach() ** 2)
        (found,) = torch.autograd.grad(energy(x), x)
        assert torch.allclose(found, 3 * x.detach() ** 2)
        assert energy(x).requires_grad and energy(x).grad_fn is not None
        """,
        "def energy(x):\n    return (x.detach()**3).sum()",
        needs="torch",
    ),
    idiom(
        TORCH,
        "second derivatives through the student's code: `create_graph=True`",
        "def cubic(x):\n    return (x**3).sum()",
        """
        x = torch.tensor([2.0], requires_grad=True)
        (first,) = torch.autograd.grad(cubic(x), x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x)
        assert second.item() == 12
        """,
        status="shared",
        needs="torch",
    ),
    idiom(
        TORCH,
        "an optimizer of the test for the student's network: `optimizer.step()`",
        "def line2():\n    return torch.nn.Linear(1, 1, bias=False)",
        """
        model = line2()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        before = model.weight.detach().clone()
        model(torch.ones(1, 1)).sum().backward()
        optimizer.step()
        assert not torch.equal(model.weight, before)
        """,
        status="shared",
        needs="torch",
        note="the test's copy of a parameter does not get its gradient",
    ),
    idiom(
        TORCH,
        "a network of the test as argument",
        """
        def weights_of(model):
            return sum(p.numel() for p in model.parameters())
        """,
        "assert weights_of(torch.nn.Sequential(torch.nn.Linear(3, 2))) == 8",
        "def weights_of(model):\n    return len(list(model.parameters()))",
        needs="torch",
    ),
    idiom(
        TORCH,
        "a step of the student's on the test's own parameters: `sgd([w], lr)`, then `w`, `w.grad`",
        """
        def sgd1(params, lr):
            with torch.no_grad():
                for p in params:
                    p -= lr * p.grad
                    p.grad.zero_()
        """,
        """
        w = torch.ones(2, requires_grad=True)
        (w * torch.tensor([1.0, 3.0])).sum().backward()
        sgd1([w], 0.5)
        assert torch.allclose(w, torch.tensor([0.5, -0.5])) and w.grad.sum().item() == 0
        """,
        """
        def sgd1(params, lr):
            with torch.no_grad():
                for p in params:
                    p -= lr * p.grad
        """,
        needs="torch",
    ),
    idiom(
        TORCH,
        "`isinstance(ds, Dataset)`, `len(ds)`, `ds[0]`, `DataLoader(ds)` of a student's data set",
        """
        class Squares1(torch.utils.data.Dataset):
            def __len__(self):
                return 4

            def __getitem__(self, i):
                return torch.tensor([float(i)]), i * i
        """,
        """
        data = Squares1()
        assert isinstance(data, torch.utils.data.Dataset) and len(data) == 4 and data[3][1] == 9
        batches = list(torch.utils.data.DataLoader(data, batch_size=2))
        assert len(batches) == 2 and batches[1][0].shape == (2, 1)
        assert batches[1][1].tolist() == [4, 9]
        """,
        """
        class Squares1(torch.utils.data.Dataset):
            def __len__(self):
                return 4

            def __getitem__(self, i):
                return torch.tensor([float(i)]), i
        """,
        needs="torch",
    ),
)

PANDAS = "pandas"
_PANDAS = (
    idiom(
        PANDAS,
        "a DataFrame as argument and as result: `df.shape`, `df.columns`, `assert_frame_equal`",
        """
        def with_total(df):
            return df.assign(total=df["a"] + df["b"]).sort_values("total")
        """,
        """
        df = pd.DataFrame({"a": [3, 1], "b": [1.5, 2.5], "c": ["x", None]}, index=["r", "s"])
        found = with_total(df)
        assert isinstance(found, pd.DataFrame) and found.shape == (2, 4) and len(df.columns) == 3
        assert list(found.columns) == ["a", "b", "c", "total"] and found.loc["r", "total"] == 4.5
        expected = df.assign(total=[4.5, 3.5]).loc[["s", "r"]]
        pd.testing.assert_frame_equal(found, expected)
        assert found.equals(expected)
        """,
        "def with_total(df):\n    return df",
        needs="pandas",
    ),
    idiom(
        PANDAS,
        "`with pd.option_context(…)`, `pd.set_option`: the student's code feels them",
        "def shown_of(values):\n    return str(pd.Series(values))",
        """
        with pd.option_context("display.precision", 2, "display.max_rows", 4):
            assert "1.23\\n" in shown_of([1.23456, 2.0]) and ".." in shown_of(range(9))
        assert "1.23456" in shown_of([1.23456, 2.0]) and ".." not in shown_of(range(9))
        """,
        "def shown_of(values):\n    return '1.23\\n .. 1.23456'",
        needs="pandas",
    ),
)

IDIOMS: tuple[Idiom, ...] = (
    *_FUNCTIONS,
    *IN_FUNCTIONS,
    *_TYPES,
    *IN_CLASSES,
    *_OPERATORS,
    *_ITERATION,
    *_ERRORS,
    *_CHECKS,
    *_VALUES,
    *IN_VALUES,
    *_CHANGES,
    *_OUTPUT,
    *IN_FILES,
    *_TORCH,
    *_PANDAS,
)
