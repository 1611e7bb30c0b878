"""More ways to use a student's code in a test: Python's own kinds of classes, functions and values.

`idioms` adds these to its own.
"""

from __future__ import annotations

from idiom import Idiom, idiom

__all__ = ["IN_CLASSES", "IN_FILES", "IN_FUNCTIONS", "IN_VALUES"]

FUNCTIONS = "Functions"
IN_FUNCTIONS: tuple[Idiom, ...] = (
    idiom(
        FUNCTIONS,
        "`f.cache_info()`, `f.cache_clear()`, `f.__wrapped__` of an `lru_cache`",
        """
        import functools

        @functools.lru_cache(maxsize=None)
        def fibonacci(n):
            return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
        """,
        """
        fibonacci.cache_clear()
        assert fibonacci(20) == 6765 and fibonacci(20) == 6765
        info = fibonacci.cache_info()
        assert info.hits == 19 and info.misses == 21 and info.maxsize is None
        assert info.currsize == 21 and callable(fibonacci.__wrapped__)
        fibonacci.cache_clear()
        assert fibonacci.cache_info().currsize == 0
        assert fibonacci.cache_parameters()["typed"] is False
        """,
        "def fibonacci(n):\n    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)",
    ),
    idiom(
        FUNCTIONS,
        "`f.func`, `f.args`, `f.keywords` of a `functools.partial`",
        """
        import functools

        def scaled_by(x, by=2):
            return x * by

        tripled = functools.partial(scaled_by, by=3)
        """,
        """
        import functools
        assert tripled(4) == 12 and tripled.keywords == {"by": 3} and tripled.args == ()
        assert tripled.func is scaled_by and isinstance(tripled, functools.partial)
        assert functools.partial(scaled_by, 5)() == 10
        """,
        "def scaled_by(x, by=2):\n    return x + by\n\ntripled = scaled_by",
    ),
    idiom(
        FUNCTIONS,
        "closures with a state: two counters of one factory",
        """
        def make_counter():
            count = 0

            def step():
                nonlocal count
                count += 1
                return count

            return step
        """,
        """
        one, two = make_counter(), make_counter()
        assert [one(), one(), two(), one()] == [1, 2, 1, 3] and one is not two
        """,
        "total = [0]\n\ndef make_counter():\n    def step():\n"
        "        total[0] += 1\n        return total[0]\n    return step",
    ),
    idiom(
        FUNCTIONS,
        "a default argument that must not be shared between calls",
        "def collect(item, into=None):\n    into = [] if into is None else into\n"
        "    into.append(item)\n    return into",
        """
        first = collect(1)
        second = collect(2)
        assert first == [1] and second == [2] and first is not second
        assert collect.__defaults__ == (None,)
        """,
        "def collect(item, into=[]):\n    into.append(item)\n    return into",
    ),
    idiom(
        FUNCTIONS,
        "`f.__defaults__` that a call has changed",
        "def remember(item, seen=[]):\n    seen.append(item)\n    return len(seen)",
        """
        start = len(remember.__defaults__[0])
        remember("a")
        remember("b")
        assert remember.__defaults__[0][start:] == ["a", "b"]
        """,
        "def remember(item, seen=[]):\n    return 1",
    ),
    idiom(
        FUNCTIONS,
        "keyword-only and positional-only parameters: `TypeError` when called otherwise",
        "def clipped(x, /, *, low=0, high=1):\n    return min(max(x, low), high)",
        """
        import inspect
        assert clipped(5, high=3) == 3
        for call in (lambda: clipped(5, 0, 3), lambda: clipped(x=5)):
            try:
                call()
                assert False
            except TypeError:
                pass
        kinds = [p.kind.name for p in inspect.signature(clipped).parameters.values()]
        assert kinds == ["POSITIONAL_ONLY", "KEYWORD_ONLY", "KEYWORD_ONLY"]
        full = inspect.getfullargspec(clipped)
        assert full.kwonlyargs == ["low", "high"] and full.kwonlydefaults["high"] == 1
        """,
        "def clipped(x, low=0, high=1):\n    return min(max(x, low), high)",
    ),
    idiom(
        FUNCTIONS,
        "`typing.get_type_hints(f)` and of a class",
        """
        def shares(values: list[float], total: float | None = None) -> dict[str, float]:
            return {str(value): value / (total or sum(values)) for value in values}
        """,
        """
        import typing
        hints = typing.get_type_hints(shares)
        assert hints["return"] == dict[str, float] and hints["values"] == list[float]
        assert hints["total"] == (float | None) and list(hints) == ["values", "total", "return"]
        """,
        "def shares(values: tuple, total=None):\n    return {}",
    ),
    idiom(
        FUNCTIONS,
        "`typing.get_type_hints(Class)`, `Class.__annotations__`",
        """
        class Point9:
            x: int
            tags: list[str]
        """,
        """
        import typing
        assert typing.get_type_hints(Point9) == {"x": int, "tags": list[str]}
        assert Point9.__annotations__["x"] is int
        """,
        "class Point9:\n    x: float\n    tags: list[str]",
    ),
    idiom(
        FUNCTIONS,
        "type hints that are texts: `x: 'int'`, `-> 'Node | None'`, and `get_type_hints`",
        """
        class Knot:
            pass

        def tied(x: "int", *, knot: "Knot | None" = None) -> "list[str]":
            return [str(x)]
        """,
        """
        import typing
        hints = typing.get_type_hints(tied)
        assert hints["x"] is int and hints["return"] == list[str]
        assert typing.get_args(hints["knot"])[0] is Knot
        """,
        """
        class Knot:
            pass

        def tied(x: "float", *, knot: "Knot | None" = None) -> "list[str]":
            return [str(x)]
        """,
    ),
    idiom(
        FUNCTIONS,
        "`f(x) is x`: the argument itself comes back",
        "def same(x):\n    return x",
        """
        numbers = [1, 2]
        assert same(numbers) is numbers
        array = np.arange(3)
        assert same(array) is array
        """,
        "def same(x):\n    return x.copy()",
    ),
    idiom(
        FUNCTIONS,
        "`f(x) is not x`: a copy comes back",
        "def copied(x):\n    return list(x)",
        "numbers = [1, 2]\nassert copied(numbers) == numbers and copied(numbers) is not numbers",
        "def copied(x):\n    return x",
    ),
    idiom(
        FUNCTIONS,
        "one iterator of the student's in two loops, `zip`, `itertools`",
        "def squares():\n    for n in range(6):\n        yield n * n",
        """
        import itertools
        numbers = squares()
        assert iter(numbers) is numbers
        first = []
        for n in numbers:
            first.append(n)
            if n == 4:
                break
        assert first == [0, 1, 4] and [n for n in numbers] == [9, 16, 25] and list(numbers) == []
        assert list(itertools.islice(squares(), 2)) == [0, 1]
        assert dict(zip("ab", squares()))["b"] == 1
        a, b = itertools.tee(squares())
        assert list(a) == list(b)
        """,
        "def squares():\n    return [n * n for n in range(6)]",
    ),
    idiom(
        FUNCTIONS,
        "`async for`, an async generator, `anext`",
        """
        async def ticks(n):
            for i in range(n):
                yield i
        """,
        """
        import asyncio

        async def run():
            found = [i async for i in ticks(3)]
            async for i in ticks(2):
                found.append(i)
            one = ticks(1)
            found.append(await anext(one))
            try:
                await anext(one)
            except StopAsyncIteration:
                found.append("end")
            return found

        assert asyncio.run(run()) == [0, 1, 2, 0, 1, 0, "end"]
        """,
        "async def ticks(n):\n    for i in range(n):\n        yield 2 * i",
    ),
    idiom(
        FUNCTIONS,
        "`async with`, an own async iterator class",
        """
        class Door:
            opened = 0
            async def __aenter__(self):
                Door.opened += 1
                return self
            async def __aexit__(self, *error):
                Door.opened -= 1
            def __aiter__(self):
                self.left = 2
                return self
            async def __anext__(self):
                if not self.left:
                    raise StopAsyncIteration
                self.left -= 1
                return self.left
        """,
        """
        import asyncio

        async def run():
            async with Door() as door:
                assert Door.opened == 1
                found = [n async for n in door]
            assert Door.opened == 0
            return found

        assert asyncio.run(run()) == [1, 0]
        """,
        """
        class Door:
            opened = 1
            async def __aenter__(self):
                return self
            async def __aexit__(self, *error):
                pass
            def __aiter__(self):
                return self
            async def __anext__(self):
                raise StopAsyncIteration
        """,
    ),
    idiom(
        FUNCTIONS,
        "a context manager of `contextlib.contextmanager`",
        """
        import contextlib
        log = []

        @contextlib.contextmanager
        def logged(name):
            log.append(name)
            try:
                yield name.upper()
            finally:
                log.append("end")
        """,
        """
        log.clear()
        with logged("a") as name:
            assert name == "A" and log == ["a"]
        assert log == ["a", "end"]
        try:
            with logged("b"):
                raise KeyError("x")
        except KeyError:
            pass
        assert log == ["a", "end", "b", "end"]
        """,
        "import contextlib\nlog = []\n\n@contextlib.contextmanager\n"
        "def logged(name):\n    yield name",
    ),
)

CLASSES = "Types and classes"
IN_CLASSES: tuple[Idiom, ...] = (
    idiom(
        CLASSES,
        "`d[key]` of a subclass of `dict` with `__missing__`",
        """
        class Zeros(dict):
            def __missing__(self, key):
                return 0
        """,
        """
        zeros = Zeros(a=1)
        assert zeros["a"] == 1 and zeros["b"] == 0 and "b" not in zeros and zeros.get("b") is None
        assert isinstance(zeros, dict) and zeros == {"a": 1}
        """,
        "class Zeros(dict):\n    pass",
    ),
    idiom(
        CLASSES,
        "`d[key]` where `__missing__` adds the key, `__getitem__` of a subclass of `list`",
        """
        class Groups(dict):
            def __missing__(self, key):
                self[key] = []
                return self[key]

        class Ring(list):
            def __getitem__(self, index):
                return list.__getitem__(self, index % len(self))
        """,
        """
        groups = Groups()
        groups["a"].append(1)
        assert groups == {"a": [1]} and len(groups) == 1
        assert Ring([1, 2, 3])[4] == 2
        """,
        "class Groups(dict):\n    def __missing__(self, key):\n        return []\n\n"
        "class Ring(list):\n    pass",
    ),
    idiom(
        CLASSES,
        "a frozen dataclass: `FrozenInstanceError`, `AttributeError`",
        """
        import dataclasses

        @dataclasses.dataclass(frozen=True, order=True)
        class Frozen:
            x: int
            y: int = 2
        """,
        """
        import dataclasses
        frozen = Frozen(1)
        try:
            frozen.x = 3
            assert False
        except dataclasses.FrozenInstanceError:
            pass
        try:
            del frozen.y
            assert False
        except AttributeError as error:
            assert "y" in str(error)
        assert frozen == Frozen(1, 2) and Frozen(1) < Frozen(2) and len({frozen, Frozen(1)}) == 1
        assert frozen.x == 1 and repr(frozen) == "Frozen(x=1, y=2)"
        """,
        "class Frozen:\n    def __init__(self, x, y=2):\n        self.x, self.y = x, y",
    ),
    idiom(
        CLASSES,
        "`dataclasses.fields`, `replace`, `asdict`, `astuple`, `is_dataclass`; defaults and types",
        """
        import dataclasses

        @dataclasses.dataclass
        class Part:
            name: str
            tags: list = dataclasses.field(default_factory=list)
            price: float = 1.5
        """,
        """
        import dataclasses
        part = Part("a")
        assert [field.name for field in dataclasses.fields(Part)] == ["name", "tags", "price"]
        assert dataclasses.is_dataclass(part) and dataclasses.asdict(part)["tags"] == []
        assert dataclasses.astuple(dataclasses.replace(part, name="b")) == ("b", [], 1.5)
        assert dataclasses.fields(part)[2].default == 1.5
        assert dataclasses.fields(part)[0].type in (str, "str")
        assert dataclasses.fields(part)[1].default_factory is list
        assert dataclasses.fields(part)[0].default is dataclasses.MISSING
        assert Part.__dataclass_params__.frozen is False
        """,
        "class Part:\n    def __init__(self, name, tags=[], price=1.5):\n        self.name = name",
    ),
    idiom(
        CLASSES,
        "`namedtuple`: `_replace`, `_fields`, `_asdict`, `_make`, unpacking",
        """
        from collections import namedtuple

        Pixel = namedtuple("Pixel", "x y", defaults=[0])
        """,
        """
        pixel = Pixel(1, y=2)
        assert pixel._replace(x=5) == (5, 2) and type(pixel._replace(x=5)) is Pixel
        assert Pixel._fields == pixel._fields == ("x", "y") and pixel._asdict() == {"x": 1, "y": 2}
        assert Pixel._make([3, 4]).y == 4 and Pixel(1).y == 0 and Pixel._field_defaults == {"y": 0}
        x, y = pixel
        assert (x, y) == pixel and pixel.count(1) == 1 and pixel.index(2) == 1
        assert str(pixel) == "Pixel(x=1, y=2)" and isinstance(pixel, tuple)
        """,
        "def Pixel(x, y=0):\n    return (x, y)",
    ),
    idiom(
        CLASSES,
        "`enum.Flag`, `IntFlag`, `(str, Enum)`, `auto()`: `|`, `&`, `in`, `.value`",
        """
        import enum

        class Access(enum.Flag):
            READ = enum.auto()
            WRITE = enum.auto()
            ALL = READ | WRITE

        class Bits(enum.IntFlag):
            LOW = 1
            HIGH = 2

        class Mode(str, enum.Enum):
            FAST = "fast"
            SLOW = "slow"
        """,
        """
        assert Access.READ | Access.WRITE == Access.ALL and Access.READ in Access.ALL
        assert (Access.ALL & Access.READ) is Access.READ and not (Access.READ & Access.WRITE)
        assert ~Access.READ == Access.WRITE and Access.ALL.value == 3 and len(Access) == 2
        assert Bits.LOW | Bits.HIGH == 3 and Bits(3) & 2 == Bits.HIGH and isinstance(Bits.LOW, int)
        assert Mode.FAST == "fast" and Mode("slow") is Mode.SLOW and Mode.FAST.upper() == "FAST"
        assert [mode.value for mode in Mode] == ["fast", "slow"] and Mode.FAST.name == "FAST"
        """,
        "class Access:\n    READ, WRITE, ALL = 1, 2, 3\n\nclass Bits(Access):\n    LOW = 1\n\n"
        "class Mode:\n    FAST = 'fast'",
    ),
    idiom(
        CLASSES,
        "`d['w']` where the keys are members of a `(str, Enum)` or of a subclass of `str`",
        """
        import enum

        class Field(str, enum.Enum):
            W = "w"

        class Unit(enum.StrEnum):
            B = "b"

        class Named(str):
            __hash__ = str.__hash__

            def loud(self):
                return self.upper()

        def filled():
            return {Field.W: 1, Unit.B: 2}, [Field.W, Unit.B, Named("c")]
        """,
        """
        table, names = filled()
        assert table["w"] == 1 and table["b"] == 2 and "c" not in table
        assert set(table) == {"w", "b"}
        assert [{"w": 5, "b": 6, "c": 7}[name] for name in names] == [5, 6, 7]
        """,
        "def filled():\n    return {'W': 1, 'b': 2}, ['w', 'b', 'c']",
    ),
    idiom(
        CLASSES,
        "`@property` with a setter, `@classmethod`, `@staticmethod`, `cached_property`",
        """
        import functools

        class Celsius:
            made = 0

            def __init__(self, degrees):
                self.degrees = degrees
                Celsius.made += 1

            @property
            def fahrenheit(self):
                return self.degrees * 1.8 + 32

            @fahrenheit.setter
            def fahrenheit(self, value):
                if value < -459.67:
                    raise ValueError("too cold")
                self.degrees = (value - 32) / 1.8

            @classmethod
            def frozen(cls):
                return cls(0)

            @staticmethod
            def is_valid(degrees):
                return degrees >= -273.15

            @functools.cached_property
            def once(self):
                return object()

            @property
            def fixed(self):
                return 1
        """,
        """
        water = Celsius.frozen()
        assert water.fahrenheit == 32 and type(water) is Celsius and Celsius.is_valid(-300) is False
        water.fahrenheit = 212
        assert abs(water.degrees - 100) < 1e-9 and water.is_valid(0) and water.once is water.once
        for name, value, kind in (("fahrenheit", -1000, ValueError), ("fixed", 2, AttributeError)):
            try:
                setattr(water, name, value)
                assert False
            except kind:
                pass
        assert isinstance(Celsius.fahrenheit, property) and Celsius.fahrenheit.fset is not None
        assert isinstance(vars(Celsius)["is_valid"], staticmethod)
        assert isinstance(Celsius.__dict__["frozen"], classmethod) and Celsius.made >= 1
        """,
        "class Celsius:\n    def __init__(self, degrees):\n        self.degrees = degrees\n"
        "    def fahrenheit(self):\n        return self.degrees * 1.8 + 32",
    ),
    idiom(
        CLASSES,
        "`__slots__`: no `__dict__`, `AttributeError` for other names",
        """
        class Slim:
            __slots__ = ("x", "y")

            def __init__(self, x, y):
                self.x, self.y = x, y
        """,
        """
        slim = Slim(1, 2)
        assert slim.x == 1 and Slim.__slots__ == ("x", "y") and not hasattr(slim, "__dict__")
        try:
            slim.z = 3
            assert False
        except AttributeError:
            pass
        """,
        "class Slim:\n    def __init__(self, x, y):\n        self.x, self.y = x, y",
    ),
    idiom(
        CLASSES,
        "`__getattr__`, `__setattr__`, `__delattr__` of the student's",
        """
        class Open:
            def __init__(self):
                object.__setattr__(self, "data", {})

            def __getattr__(self, name):
                try:
                    return self.data[name]
                except KeyError:
                    raise AttributeError(name) from None

            def __setattr__(self, name, value):
                self.data[name] = value

            def __delattr__(self, name):
                del self.data[name]
        """,
        """
        record = Open()
        record.x = 5
        assert record.x == 5 and record.data == {"x": 5} and getattr(record, "y", None) is None
        assert hasattr(record, "x") and not hasattr(record, "y")
        del record.x
        assert record.data == {}
        """,
        "class Open:\n    def __init__(self):\n        self.data = {}",
    ),
    idiom(
        CLASSES,
        "`match` on a student's objects: by class, by attributes, by `__match_args__`",
        """
        from dataclasses import dataclass as _dataclass

        @_dataclass
        class Circle9:
            radius: float

        @_dataclass
        class Square9:
            side: float

        class Named1:
            def __init__(self, name):
                self.name = name
        """,
        """
        def told(shape):
            match shape:
                case Circle9(radius):
                    return ("circle", radius)
                case Square9(side=side) if side > 1:
                    return ("large square", side)
                case Square9():
                    return ("square", None)
                case Named1(name="b"):
                    return ("b", None)
                case [Circle9(radius=r), *rest]:
                    return ("list", r, len(rest))
                case _:
                    return None

        assert told(Circle9(2)) == ("circle", 2) and told(Square9(3)) == ("large square", 3)
        assert told(Square9(1)) == ("square", None) and told(Named1("b"))[0] == "b"
        assert told([Circle9(4), 1]) == ("list", 4, 1) and told(Named1("c")) is None
        """,
        "class Circle9:\n    def __init__(self, r):\n        self.r = r\n\n"
        "Square9 = Named1 = Circle9",
    ),
    idiom(
        CLASSES,
        "`__init_subclass__`, `super()`, `Class.__subclasses__()`, `Class.mro()`, `__bases__`",
        """
        class Plugin1:
            known = []

            def __init_subclass__(cls, **options):
                super().__init_subclass__(**options)
                Plugin1.known.append(cls)

        class First1(Plugin1):
            pass
        """,
        """
        assert Plugin1.known == [First1] and First1.__bases__ == (Plugin1,)
        assert [cls.__name__ for cls in First1.mro()] == ["First1", "Plugin1", "object"]
        assert First1.__mro__[1] is Plugin1 and Plugin1.__subclasses__() == [First1]
        """,
        "class Plugin1:\n    known = []\n\nclass First1(Plugin1):\n    pass",
    ),
    idiom(
        CLASSES,
        "`functools.total_ordering`, `functools.singledispatch`, `singledispatchmethod`",
        """
        import functools

        @functools.total_ordering
        class Grade1:
            def __init__(self, points):
                self.points = points

            def __eq__(self, other):
                return self.points == other.points

            def __lt__(self, other):
                return self.points < other.points

        @functools.singledispatch
        def shown(value):
            return "something"

        @shown.register
        def _(value: int):
            return "int"
        """,
        """
        assert Grade1(1) <= Grade1(2) and Grade1(3) >= Grade1(3) and not Grade1(1) > Grade1(2)
        assert shown(1) == "int" and shown("a") == "something" and shown.dispatch(int)(3) == "int"
        assert int in shown.registry
        """,
        "class Grade1:\n    def __init__(self, points):\n        self.points = points\n\n"
        "def shown(value):\n    return 'int'",
    ),
    idiom(
        CLASSES,
        "an object of a class that the test defines, as argument",
        "def area_of(shape):\n    return shape.width * shape.height",
        """
        class Room:
            width, height = 3, 4

        assert area_of(Room()) == 12
        """,
        status="shared",
        note="define the class in a setup cell instead",
    ),
    idiom(
        CLASSES,
        "a class derived from `np.ndarray`: its own methods",
        """
        class Signal(np.ndarray):
            def energy(self):
                return float((self**2).sum())
        """,
        """
        signal = np.array([1.0, 2.0]).view(Signal)
        assert signal.energy() == 5
        """,
        status="shared",
        note="without them it is an array like any other",
    ),
)

VALUES = "Values"
IN_VALUES: tuple[Idiom, ...] = (
    idiom(
        VALUES,
        "`r.flags.f_contiguous`: arrays in Fortran's order, as arguments and as results",
        """
        def as_columns(a):
            return np.asfortranarray(a) if a.flags.c_contiguous else a.T
        """,
        """
        found = as_columns(np.ones((2, 3)))
        assert found.flags.f_contiguous and not found.flags.c_contiguous
        assert as_columns(np.asfortranarray(np.ones((2, 3)))).flags.c_contiguous
        """,
        "def as_columns(a):\n    return np.ascontiguousarray(a)",
    ),
    idiom(
        VALUES,
        "`path == Path('data/a.csv')` with a path that the student's code gives",
        """
        from pathlib import Path

        def place_of(name):
            return Path("data") / name
        """,
        """
        from pathlib import Path
        assert place_of("a.csv") == Path("data/a.csv")
        """,
        status="manual",
        note="`str(path)` works",
    ),
    idiom(
        VALUES,
        "results of pandas with the dtype `category` or `Int64`",
        """
        def levels(column):
            return column.astype("category"), column.map({"a": 1}).astype("Int64")
        """,
        """
        kinds, numbers = levels(pd.Series(["a", "b", "a"]))
        assert list(kinds.cat.categories) == ["a", "b"] and kinds.tolist() == ["a", "b", "a"]
        assert numbers.dtype == "Int64" and numbers.isna().tolist() == [False, True, False]
        assert numbers.sum() == 2 and not kinds.cat.ordered
        """,
        """
        def levels(column):
            return column.astype("category"), column.map({"a": 1})
        """,
        needs="pandas",
    ),
    idiom(
        VALUES,
        "results of pandas with intervals (`pd.cut`), periods or time zones",
        """
        def halves(column):
            return pd.cut(column, 2)
        """,
        """
        assert halves(pd.Series([1.0, 5.0, 2.0])).cat.codes.tolist() == [0, 1, 0]
        """,
        status="manual",
        needs="pandas",
        note="`list(column.cat.codes)` and plain dtypes work",
    ),
    idiom(
        VALUES,
        "a column that the student's code adds to a test's table",
        """
        def add_total(table):
            table["total"] = table.a + table.b
        """,
        """
        table = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
        add_total(table)
        assert list(table.total) == [4, 6]
        """,
        status="manual",
        needs="pandas",
        note="a table that is returned works",
    ),
    idiom(
        VALUES,
        "`map`, `zip`, `filter`, `enumerate`: `isinstance`, `next`, `list`",
        "def lazy(x):\n    return map(str, x), zip(x, x), filter(None, x), enumerate(x)",
        """
        strings, pairs, kept, numbered = lazy([0, 5])
        assert isinstance(strings, map) and isinstance(pairs, zip)
        assert isinstance(kept, filter) and isinstance(numbered, enumerate)
        assert next(strings) == "0" and list(strings) == ["5"] and next(pairs) == (0, 0)
        assert list(kept) == [5] and dict(numbered) == {0: 0, 1: 5}
        """,
        "def lazy(x):\n    return list(map(str, x)), zip(x, x), filter(None, x), enumerate(x)",
    ),
    idiom(
        VALUES,
        "lists nested 500 deep, as argument and as result",
        "def nested(n):\n    found = []\n    for _ in range(n):\n        found = [found]\n"
        "    return found\n\ndef depth_of(x):\n    n = 0\n    while x:\n"
        "        x, n = x[0], n + 1\n    return n",
        """
        deep, depth = nested(500), 0
        while deep:
            deep, depth = deep[0], depth + 1
        assert depth == 500
        made = []
        for _ in range(300):
            made = [made]
        assert depth_of(made) == 300
        """,
        "def nested(n):\n    return []\n\ndef depth_of(x):\n    return 0",
        status="shared",
        note="values cross up to 100 deep",
    ),
    idiom(
        VALUES,
        "a list that contains itself",
        "def cyclic():\n    x = [1]\n    x.append(x)\n    return x\n\n"
        "def has_cycle(x):\n    return any(one is x for one in x)",
        """
        x = cyclic()
        assert x[0] == 1 and x[1] is x and len(x) == 2
        y = [1, 2]
        assert not has_cycle(y)
        y.append(y)
        assert has_cycle(y)
        """,
        "def cyclic():\n    return [1, [1]]\n\ndef has_cycle(x):\n    return False",
        status="shared",
    ),
    idiom(
        VALUES,
        "one list twice in a result: `m[0] is m[1]`, the classic `[[0] * 2] * 2`",
        "def grid(n):\n    return [[0] * n for _ in range(n)]",
        """
        m = grid(2)
        m[0][0] = 1
        assert m == [[1, 0], [0, 0]] and m[0] is not m[1]
        """,
        "def grid(n):\n    return [[0] * n] * n",
    ),
    idiom(
        VALUES,
        "one list twice in an argument: `[[0] * 2] * 2`",
        "def are_shared(rows):\n    return rows[0] is rows[1]",
        "assert are_shared([[0] * 2] * 2) and not are_shared([[0, 0], [0, 0]])",
        "def are_shared(rows):\n    return rows[0] == rows[1]",
    ),
    idiom(
        VALUES,
        "structured arrays and record arrays: `a['x']`, `a.dtype.names`, `r.x`",
        """
        def people():
            kind = np.dtype([("name", "U10"), ("age", "i4"), ("at", "f8", (2,))])
            return np.array([("Ada", 36, (1, 2)), ("Alan", 41, (3, 4))], dtype=kind)

        def oldest(a):
            return a[np.argmax(a["age"])]["name"]

        def records(a):
            return a.view(np.recarray)
        """,
        """
        a = people()
        assert a.dtype.names == ("name", "age", "at") and a["age"].tolist() == [36, 41]
        assert a[0]["name"] == "Ada" and a["at"].shape == (2, 2) and oldest(a) == "Alan"
        assert np.sort(a, order="age")["name"].tolist() == ["Ada", "Alan"]
        r = records(a)
        assert isinstance(r, np.recarray) and r.age.tolist() == [36, 41] and r[1].name == "Alan"
        """,
        "def people():\n    return np.array([36, 41])\n\ndef oldest(a):\n    return 'x'\n\n"
        "def records(a):\n    return a",
    ),
    idiom(
        VALUES,
        "`np.matrix`: `m * m` is a matrix product, `m.T`, `isinstance`",
        "def as_matrix(rows):\n    return np.array(rows).view(np.matrix)",
        """
        m = as_matrix([[1, 2], [3, 4]])
        assert isinstance(m, np.matrix) and (m * m).tolist() == [[7, 10], [15, 22]]
        assert m[0].shape == (1, 2) and m.A1.tolist() == [1, 2, 3, 4]
        """,
        "def as_matrix(rows):\n    return np.array(rows)",
    ),
    idiom(
        VALUES,
        "a masked array as argument",
        "def valid(a):\n    return int(a.count()), float(a.sum()), a.filled(0)",
        """
        count, total, filled = valid(np.ma.array([1, 2, 3], mask=[0, 1, 0]))
        assert count == 2 and total == 4 and filled.tolist() == [1, 0, 3]
        assert valid(np.ma.array([1.5]))[:2] == (1, 1.5)
        """,
        "def valid(a):\n    a = np.asarray(a)\n    return len(a), a.sum(), a",
    ),
    idiom(
        VALUES,
        "a masked array as result: `a.mask`, `a.mean()`, `a.filled(0)`",
        "def masked(x):\n    return np.ma.masked_less(x, 0)",
        """
        a = masked(np.array([1.0, -2.0, 3.0]))
        assert np.ma.isMaskedArray(a) and a.mask.tolist() == [False, True, False]
        assert a.mean() == 2 and a.filled(0).tolist() == [1, 0, 3] and a.sum() == 4
        """,
        status="shared",
        note="an array that is masked as a whole equals anything",
    ),
    idiom(
        VALUES,
        "a `Generator` as argument that goes on: the test draws after the call",
        "def two_normals(rng):\n    return rng.normal(size=2)",
        """
        rng, other = np.random.default_rng(3), np.random.default_rng(3)
        first = two_normals(rng)
        assert np.array_equal(first, other.normal(size=2))
        assert rng.normal() == other.normal()
        assert np.array_equal(two_normals(rng), other.normal(size=2))
        """,
        "def two_normals(rng):\n    return np.random.default_rng(3).normal(size=2)",
        status="shared",
        note="student code must not choose the numbers that a test draws",
    ),
    idiom(
        VALUES,
        "`np.random.seed(0)`, a call, and the test draws on",
        "def walk(n):\n    return np.random.rand(n).cumsum()",
        """
        np.random.seed(0)
        found, after = walk(3), np.random.rand()
        np.random.seed(0)
        assert np.allclose(found, np.random.rand(3).cumsum()) and after == np.random.rand()
        """,
        "def walk(n):\n    return np.random.default_rng().random(n).cumsum()",
        status="shared",
        note="seed again before the test draws",
    ),
    idiom(
        VALUES,
        "`random.seed(0)`, a call, and the test draws on; `random.getstate()`",
        "import random\n\ndef dice(n):\n    return [random.randint(1, 6) for _ in range(n)]",
        """
        import random
        random.seed(5)
        state = random.getstate()
        found = dice(4)
        assert random.getstate() != state
        after = random.random()
        random.setstate(state)
        assert found == [random.randint(1, 6) for _ in range(4)] and after == random.random()
        random.setstate(state)
        assert dice(4) == found
        """,
        "import random\n\ndef dice(n):\n    return [random.Random(5).randint(1, 6)] * n",
        status="shared",
        note="seed again before the test draws",
    ),
)

FILES = "Input and output"
IN_FILES: tuple[Idiom, ...] = (
    idiom(
        FILES,
        "`self.assertLogs()`: what the student's code writes to `logging`",
        """
        import logging

        def size_of(rows):
            if not rows:
                logging.getLogger("course").warning("no rows")
            return len(rows)
        """,
        """
        import unittest
        with unittest.TestCase().assertLogs("course", "WARNING") as seen:
            assert size_of([]) == 0
        assert seen.output == ["WARNING:course:no rows"]
        """,
        status="manual",
    ),
    idiom(
        FILES,
        "a file that student code writes: `open(path).read()`, `os.path.exists`, `Path.read_text`",
        """
        def save_text(path, lines):
            with open(path, "w") as file:
                file.write("\\n".join(lines))
        """,
        """
        import os
        from pathlib import Path
        save_text("poem.txt", ["a", "b"])
        assert os.path.exists("poem.txt")
        with open("poem.txt") as file:
            assert file.readlines() == ["a\\n", "b"]
        assert Path("poem.txt").exists() and Path("poem.txt").read_text().split() == ["a", "b"]
        save_text("poem.txt", ["c"])
        assert Path("poem.txt").read_text() == "c"
        os.remove("poem.txt")
        assert not os.path.exists("poem.txt")
        """,
        "def save_text(path, lines):\n    pass",
        status="shared",
        note="the grader opens no file of a student's",
    ),
    idiom(
        FILES,
        "a file that the test writes and student code reads",
        """
        def count_words(path):
            with open(path) as file:
                return len(file.read().split())
        """,
        """
        import tempfile, os
        with open("words.txt", "w") as file:
            file.write("one two three")
        assert count_words("words.txt") == 3
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "more.txt")
            with open(path, "w") as file:
                file.write("one two")
            assert count_words(path) == 2
        """,
        "def count_words(path):\n    return 0",
    ),
    idiom(
        FILES,
        "`np.load`, `np.loadtxt`, `json.load`, `csv.reader` of what student code saved",
        """
        import json

        def save_all(name, values):
            np.save(name + ".npy", np.array(values))
            np.savez(name + ".npz", values=values)
            np.savetxt(name + ".txt", values)
            with open(name + ".json", "w") as file:
                json.dump(list(values), file)
            with open(name + ".csv", "w") as file:
                file.write(",".join(map(str, values)))
        """,
        """
        import csv, json
        save_all("found", [1.0, 2.5])
        assert np.load("found.npy").tolist() == np.loadtxt("found.txt").tolist() == [1.0, 2.5]
        with np.load("found.npz") as data:
            assert data["values"][1] == 2.5
        with open("found.json") as file:
            assert json.load(file) == [1.0, 2.5]
        with open("found.csv", newline="") as file:
            assert next(csv.reader(file)) == ["1.0", "2.5"]
        """,
        "def save_all(name, values):\n    np.save(name + '.npy', np.array([0.0, 0.0]))",
        status="shared",
        note="the grader opens no file of a student's",
    ),
    idiom(
        FILES,
        "a file in a folder that student code makes, or in a temporary folder of the test",
        """
        from pathlib import Path

        def save_in(folder, name):
            Path(folder).mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_bytes(b"x" * 10)
        """,
        """
        import os, tempfile
        from pathlib import Path
        save_in("runs/one", "a.bin")
        assert Path("runs/one/a.bin").stat().st_size == 10 and os.listdir("runs/one") == ["a.bin"]
        assert [path.name for path in Path("runs").glob("*/*.bin")] == ["a.bin"]
        with tempfile.TemporaryDirectory() as folder:
            save_in(folder, "b.bin")
            assert os.path.getsize(os.path.join(folder, "b.bin")) == 10
        """,
        "def save_in(folder, name):\n    pass",
        status="shared",
        note="the grader opens no file of a student's",
    ),
    idiom(
        FILES,
        "a file object as argument: `io.StringIO`, `io.BytesIO`, `open(path)`",
        """
        def copy_upper(source, target):
            for line in source:
                target.write(line.upper())
        """,
        """
        import io
        target = io.StringIO()
        copy_upper(io.StringIO("a\\nb"), target)
        assert target.getvalue() == "A\\nB"
        """,
        "def copy_upper(source, target):\n    pass",
        status="shared",
        note="pass a path instead",
    ),
    idiom(
        FILES,
        "`mock.patch('builtins.print')`: `assert_called_with`, `call_args_list`",
        "def greet(name):\n    print('Hello', name)\n    print(len(name), end='')",
        """
        from unittest import mock
        with mock.patch("builtins.print") as printed:
            greet("Ada")
        assert printed.call_count == 2
        printed.assert_any_call("Hello", "Ada")
        printed.assert_called_with(3, end="")
        with mock.patch("builtins.print", side_effect=ValueError("no")):
            try:
                greet("Bob")
                assert False
            except ValueError:
                pass
        """,
        "def greet(name):\n    print('Hello', name)",
    ),
    idiom(
        FILES,
        "`mock.patch('builtins.input', side_effect=[…])`, `assert_called_once_with`",
        "def ask_age():\n    name = input('Name? ')\n    return name, int(input('Age? '))",
        """
        from unittest import mock
        with mock.patch("builtins.input", side_effect=["Ada", "36"]) as asked:
            assert ask_age() == ("Ada", 36)
        assert [one.args for one in asked.call_args_list] == [("Name? ",), ("Age? ",)]
        """,
        "def ask_age():\n    return input(), int(input())",
    ),
    idiom(
        FILES,
        "`mock.patch('random.randint')`, `patch('time.sleep')`, `patch.object(np.random, 'rand')`",
        """
        import random
        import time

        def roll():
            time.sleep(0.01)
            return random.randint(1, 6) + np.random.rand()
        """,
        """
        import time
        from unittest import mock
        with mock.patch("random.randint", return_value=4) as randint, \\
                mock.patch("time.sleep") as sleep, \\
                mock.patch.object(np.random, "rand", return_value=0.5):
            assert roll() == 4.5
        randint.assert_called_once_with(1, 6)
        sleep.assert_called_once_with(0.01)
        assert 1 <= roll() < 7
        """,
        "def roll():\n    return 3.5",
    ),
    idiom(
        FILES,
        "a module's attribute set by hand around a call: `math.pi = 3`, `np.sum = counted`",
        "import math\n\ndef circle_area(r):\n    return math.pi * r**2",
        """
        import math
        before, math.pi = math.pi, 3
        try:
            assert circle_area(2) == 12
        finally:
            math.pi = before
        assert circle_area(1) == before
        """,
        "def circle_area(r):\n    return 3.14 * r**2",
    ),
    idiom(
        FILES,
        "`mock.patch.dict('os.environ', …)`, `os.environ['X'] = …`",
        "import os\n\ndef home_of():\n    return os.environ.get('COURSE_HOME', 'none')",
        """
        import os
        from unittest import mock
        with mock.patch.dict("os.environ", {"COURSE_HOME": "here"}):
            assert home_of() == "here"
        assert home_of() == "none"
        """,
        "def home_of():\n    return 'here'",
    ),
    idiom(
        FILES,
        "`with np.errstate(over='raise')`, `np.seterr`: the student's code feels them",
        """
        def sigmoid_of(x):
            e = np.exp(-np.abs(x))
            return np.where(x >= 0, 1, e) / (1 + e)
        """,
        """
        with np.errstate(over="raise"):
            assert np.allclose(sigmoid_of(np.array([-1000.0, 0, 1000])), [0, 0.5, 1])
        before = np.seterr(over="raise")
        try:
            assert sigmoid_of(np.array([-1000.0]))[0] == 0
        finally:
            np.seterr(**before)
        """,
        "def sigmoid_of(x):\n    return 1 / (1 + np.exp(-x))",
    ),
    idiom(
        FILES,
        "`with np.printoptions(…)`, `with decimal.localcontext()`",
        """
        from decimal import Decimal

        def third_of(x):
            return str(x / 3), str(np.array([1.23456]))
        """,
        """
        import decimal
        number = decimal.Decimal(1)
        with decimal.localcontext(prec=4), np.printoptions(precision=2):
            assert third_of(number) == ("0.3333", "[1.23]")
        assert third_of(number) == ("0." + "3" * 28, "[1.23456]")
        """,
        "def third_of(x):\n    return '0.3333', '[1.23]'",
    ),
    idiom(
        FILES,
        "`torch.set_default_dtype(torch.float64)` around a call",
        "def zeros_of(n):\n    return torch.zeros(n)",
        """
        torch.set_default_dtype(torch.float64)
        try:
            assert zeros_of(2).dtype == torch.float64
        finally:
            torch.set_default_dtype(torch.float32)
        assert zeros_of(2).dtype == torch.float32
        """,
        "def zeros_of(n):\n    return torch.zeros(n, dtype=torch.float64)",
        needs="torch",
    ),
    idiom(
        FILES,
        "exceptions of own classes that derive from `OSError`, `ImportError`, `SyntaxError`, …",
        """
        import builtins

        def raise_own(name):
            raise type(f"My{name}", (getattr(builtins, name),), {})("broken")
        """,
        """
        import builtins
        kinds = [one for one in vars(builtins).values() if isinstance(one, type)]
        kinds = [one for one in kinds if issubclass(one, Exception)]
        plain = [one for one in kinds if not issubclass(one, ExceptionGroup)]
        for kind in plain:
            if issubclass(kind, UnicodeError) and kind is not UnicodeError:
                continue  # they want more arguments
            try:
                raise_own(kind.__name__)
            except kind as error:
                assert error.args == ("broken",), kind
                assert type(error).__name__ == "My" + kind.__name__
            else:
                raise AssertionError(kind)
        """,
        "def raise_own(name):\n    raise ValueError('broken')",
    ),
    idiom(
        FILES,
        "a connection or a cursor of a database that a setup cell has opened",
        """
        def older_than(connection, cursor, age):
            query = "SELECT name FROM person WHERE age > ? ORDER BY name"
            assert cursor.connection is connection
            return [row[0] for row in cursor.execute(query, (age,))]
        """,
        """
        assert older_than(PEOPLE, PEOPLE_CURSOR, 30) == ["ada", "eve"]
        assert older_than(PEOPLE, PEOPLE_CURSOR, 50) == ["eve"]
        """,
        "def older_than(connection, cursor, age):\n    return []",
    ),
    idiom(
        FILES,
        "a connection to a database that the test has opened itself",
        """
        def number_of_tables(connection):
            return connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        """,
        """
        import sqlite3
        own = sqlite3.connect(":memory:")
        own.execute("CREATE TABLE t (x)")
        assert number_of_tables(own) == 1
        own.close()
        """,
        status="manual",
    ),
    idiom(
        FILES,
        "an object of the test that can be called, of which the code uses an attribute",
        """
        def at_its_roots(polynomial):
            return [round(abs(polynomial(root)), 6) for root in polynomial.roots]
        """,
        """
        class Line:
            roots = [2.0]
            def __call__(self, x):
                return x - 2
        assert at_its_roots(Line()) == [0]
        """,
        status="manual",
    ),
)
