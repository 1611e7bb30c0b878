"""See which arguments a call has changed in place, and make a change of the test's here, too.

A path leads from a list of arguments to one object in them: a position, then keys, and names of
attributes as lists of one.
"""

from __future__ import annotations

import array
import contextlib
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "MUTABLE",
    "OTHERS",
    "SIMPLE",
    "Held",
    "Path",
    "Snapshot",
    "assign",
    "attributes_of",
    "set_gradient",
]

MIN_HELD, MAX_HELD = 64, 5000  # calls whose arguments are kept
MAX_HELD_BYTES = 2**28  # of their arrays
OTHERS = 2  # references that a snapshot does not count as its own: the arguments', getrefcount's
ALONE = 3  # what uses a tensor's storage: it, the array of its memory, the object that is asked
SMALL_BYTES = 2**13  # of an array that is copied to be compared
MAX_RETURNED_BYTES = 2**23  # of the arrays in what a function of the test returns

MAPPINGS = (dict, OrderedDict, defaultdict, Counter)
MUTABLE = (*MAPPINGS, list, set, deque, bytearray)
_CONTAINERS = frozenset((*MUTABLE, tuple))
SIMPLE = frozenset((int, float, str, bool, bytes, complex, type(None)))

Array = np.ndarray[Any, Any]
Path = list[Any]


@dataclass(slots=True, eq=False)
class _Seen:
    """One object that can change, and its content when it was seen."""

    path: Path
    value: Any
    memory: Array | None  # of an array or a tensor
    before: Any
    picture: Callable[[], Any] | None = None  # its content, of what can only be compared
    gradient: bool = False  # of a leaf: what is compared
    place: tuple[Any, ...] = ()  # of a tensor's memory
    count: int = 0  # of references to it
    users: int | None = None  # of a tensor's storage


class Snapshot:
    """The arguments of one call as they are now.

    Parameters
    ----------
    args : list
    copied : set of type
        Classes whose instances are looked into.

    Examples
    --------
    >>> rows = [np.zeros(2), {"a": 1}]
    >>> before = Snapshot([rows])
    >>> rows[0][0] = 1
    >>> before.changed()
    [[0, 0]]
    """

    __slots__ = ("_args", "_copied", "_own", "_paths", "_seen", "_torch")

    def __init__(self, args: list[Any], copied: Set[type] = frozenset()) -> None:
        self._torch, self._copied, self._args = sys.modules.get("torch"), copied, args
        self._seen: list[_Seen] = []
        self._paths: dict[int, Path] = {}  # id of an object that can change → where it was first
        self._own: Counter[int] = Counter()  # id of an object → references from here
        self._look_at_all(args)
        for one in self._seen:
            self._own[id(one.value)] += 1 + (one.memory is one.value) + (one.picture is not None)
        for one in self._seen:
            one.count = sys.getrefcount(one.value)
            if one.place:
                one.users = self._users(one.value)

    def _look_at_all(self, args: list[Any]) -> None:  # no reference to an argument is left
        for position, value in enumerate(args):
            self._look(value, [position])

    def _look(self, value: Any, path: Path) -> None:
        kind = type(value)
        if kind in SIMPLE or id(value) in self._paths:
            return
        if (picture := picture_of(value)) is not None:
            self._see(path, value, None, picture(), picture)
        # a masked array or a matrix would read its memory in a way of its own
        is_array = isinstance(value, np.ndarray)
        memory = np.asarray(value) if is_array else self._tensor_memory(value)
        if memory is not None:
            place = () if is_array else _place_of(value)
            self._see(path, value, memory, _form_of(memory), place=place)
            if memory.dtype.hasobject:
                for item in memory.ravel().tolist():
                    self._look_inside(item, path)
            if not is_array and value.is_leaf:
                self._see(path, value, None, self._gradient(value), gradient=True)
        elif kind in _CONTAINERS:
            if kind is not tuple:
                self._see(path, value, None, _items(value))
            if kind is set:  # what it contains can't change, and its order is another one elsewhere
                return
            before = len(self._seen)
            for key, item in value.items() if kind in MAPPINGS else enumerate(value):
                if type(item) not in SIMPLE and type(key) in (int, str):
                    self._own[id(item)] += kind is not tuple  # what was in it is kept
                    self._look(item, [*path, key])
            if kind is tuple and len(self._seen) > before:  # who has it can change what is in it
                self._see(path, value, None, _items(value))
        elif kind in self._copied:
            self._see(path, value, None, _items(attributes_of(value)))
            for name, item in attributes_of(value).items():
                self._own[id(item)] += 1
                self._look(item, [*path, [name]])

    def _look_inside(self, item: Any, path: Path) -> None:
        """An object in an array, to which no path leads: it can only be compared."""
        if type(item) not in SIMPLE and id(item) not in self._paths:
            inner = Snapshot([item], self._copied)
            self._see(path, item, None, False, lambda: bool(inner.changed()))

    def _tensor_memory(self, value: Any) -> Array | None:
        """The memory of a tensor, as an array."""
        if self._torch is not None and isinstance(value, self._torch.Tensor):
            # a kind of tensor that NumPy does not know, or one that is elsewhere
            with contextlib.suppress(RuntimeError, TypeError):
                memory: Array = value.detach().numpy()
                return memory
        return None

    def _gradient(self, tensor: Any) -> Any:
        """What can be compared of a leaf's gradient, which may be another object later."""
        memory = self._tensor_memory(tensor.grad)
        return None if memory is None else _form_of(memory)

    def _memory(self, one: _Seen) -> Array | None:
        """The memory that an object has now: `w.data = …` gives a tensor another one."""
        if not one.place or one.place == _place_of(one.value):
            return one.memory
        return self._tensor_memory(one.value)

    def _users(self, tensor: Any) -> int | None:
        """How many tensors use the memory of this one; None if PyTorch does not tell."""
        counted: Any = self._torch
        with contextlib.suppress(AttributeError, RuntimeError, NotImplementedError):
            found: int = counted._C._storage_Use_Count(tensor.untyped_storage()._cdata)
            return found
        return None

    def _see(
        self,
        path: Path,
        value: Any,
        memory: Array | None,
        before: Any,
        picture: Callable[[], Any] | None = None,
        *,
        gradient: bool = False,
        place: tuple[Any, ...] = (),
    ) -> None:
        self._paths.setdefault(id(value), path)
        self._seen.append(_Seen(path, value, memory, before, picture, gradient, place))

    def path_of(self, value: Any) -> Path | None:
        """Where an object that can change was first, if the arguments contained it."""
        return self._paths.get(id(value))

    def memories(self) -> list[tuple[Path, Any, Array]]:
        """Path, object and memory of each array or tensor."""
        return [(one.path, one.value, one.memory) for one in self._seen if one.memory is not None]

    def changed(self) -> list[Path]:
        """The paths of the objects whose content has changed."""
        return [one.path for one in self._seen if self._is_changed(one)]

    def contents(self) -> list[list[Any]]:
        """Path and content of each object that has changed.

        Content is [form, data]: "array" with the array; "gradient" with None or an array; "items"
        with a list of entries; "pairs" with keys and entries; "attributes" with names and entries;
        "unknown" with None. An entry is [0, path] for an object that the arguments contained
        before, [2, entries] for a tuple, else [1, value].
        """
        return [[one.path, self._content(one)] for one in self._seen if self._is_changed(one)]

    def put(self, contents: list[list[Any]]) -> None:
        """Give objects the content that `contents` of the other side says."""
        found = [(_at(path, self._args), told) for path, told in contents]
        made = [(old, form, _made(form, data, self._args)) for old, (form, data) in found]
        for old, form, data in made:
            _put(old, form, data)

    def renew(self) -> None:
        """From now on, compare with the content that the objects have now."""
        for one in self._seen:
            one.before = self._now(one)

    def _now(self, one: _Seen) -> Any:
        if one.picture is not None:
            return one.picture()
        if one.gradient:
            return self._gradient(one.value)
        if (memory := self._memory(one)) is not None:
            return _form_of(memory)
        is_container = type(one.value) in _CONTAINERS
        return _items(one.value if is_container else attributes_of(one.value))

    def _is_changed(self, one: _Seen) -> bool:
        if one.picture is not None:
            return bool(one.picture() != one.before)
        if one.gradient:
            memory = self._tensor_memory(one.value.grad)
            if memory is None or one.before is None:
                return memory is not one.before
            return not _is_as(memory, one.before)
        if (memory := self._memory(one)) is not None:
            return not _is_as(memory, one.before)
        now = self._now(one)
        return len(now) != len(one.before) or not all(map(_is_same, now, one.before))

    def _content(self, one: _Seen) -> list[Any]:
        value = one.value
        if one.picture is not None:
            return ["unknown", None]
        if one.gradient:
            return ["gradient", self._tensor_memory(value.grad)]
        if (memory := self._memory(one)) is not None:
            is_odd = memory.dtype.hasobject or memory.shape != one.before[0]
            return ["unknown", None] if is_odd else ["array", memory]
        if type(value) not in _CONTAINERS:
            named = attributes_of(value).items()
            told = [[name, self._entry(part)] for name, part in named if not name.startswith("__")]
            return ["attributes", told]
        if type(value) in MAPPINGS:
            return ["pairs", [[key, self._entry(item)] for key, item in value.items()]]
        return ["items", [self._entry(item) for item in value]]

    def _entry(self, value: Any) -> list[Any]:
        if type(value) is tuple:
            return [2, [self._entry(item) for item in value]]
        path = self._paths.get(id(value))
        return [1, value] if path is None else [0, path]

    @property
    def nbytes(self) -> int:
        """The bytes of the arrays."""
        return sum(one.memory.nbytes for one in self._seen if one.memory is not None)

    def __len__(self) -> int:
        """How many objects can change."""
        return len(self._seen)

    def is_held(self, gone: int = 0) -> bool:
        """Whether somebody refers to one of the objects who did not do so at first. Of NumPy's
        other kinds of arrays nobody can tell.

        Parameters
        ----------
        gone : int
            How many references to each argument are gone: of lists, and of the caller.
        """
        return any(
            self._is_reached(one, one.count - (gone if len(one.path) == 1 else 0), one.users)
            for one in self._seen
        )

    def is_held_by_others(self, others: int = OTHERS) -> bool:
        """Whether somebody refers to one of the objects but this snapshot.

        Parameters
        ----------
        others : int
            How many references to the arguments do not count.
        """
        return any(
            self._is_reached(
                one, self._own[id(one.value)] + (others if len(one.path) == 1 else OTHERS), ALONE
            )
            for one in self._seen
        )

    def _is_reached(self, one: _Seen, count: int, users: int | None) -> bool:
        """Whether there are more references to an object than `count`, or to its memory."""
        if sys.getrefcount(one.value) > count:
            return True
        if one.place:
            used = self._users(one.value)
            return used is None or users is None or used > users
        if one.gradient and (gradient := one.value.grad) is not None:
            used = self._users(gradient)
            return used is None or used > ALONE - 1 or sys.getrefcount(gradient) > OTHERS + 1
        return one.memory is not None and one.memory is not one.value

    def is_out_of_reach(self) -> bool:
        """Whether only this snapshot and its list of arguments refer to the objects: then nobody
        can change them. Of other things than arrays that own their memory nobody can tell.
        """
        owned = (type(one.value) is np.ndarray and one.value.base is None for one in self._seen)
        return all(owned) and not self.is_held_by_others()


class Held:
    """Arguments of a test that student code still refers to after the call, by number."""

    __slots__ = ("_changed", "_count", "_limit", "_snapshots")

    def __init__(self) -> None:
        self._snapshots: dict[int, Snapshot] = {}
        self._changed: dict[int, list[Path]] = {}  # before the test's last change
        self._count, self._limit = 0, MIN_HELD

    def add(self, snapshot: Snapshot) -> dict[str, Any]:
        """Keep the arguments of one more call; gives fields of the answer: its number, and the
        numbers of those that are not kept any longer.
        """
        snapshot.renew()
        self._count += 1
        self._snapshots[self._count] = snapshot
        dropped = self._dropped()
        return {"held": self._count, "dropped": dropped} if dropped else {"held": self._count}

    def keep(self, number: int, snapshot: Snapshot) -> None:
        """Keep what a function of the test has returned, under a number that it has chosen."""
        if len(self._snapshots) < MAX_HELD and snapshot.nbytes < MAX_RETURNED_BYTES:
            self._snapshots[number] = snapshot

    def _dropped(self) -> list[int]:
        """Let go what nobody refers to any more, and the oldest ones if there are too many."""
        is_large = sum(one.nbytes for one in self._snapshots.values()) > MAX_HELD_BYTES
        if len(self._snapshots) <= self._limit and not is_large:
            return []
        gone = [number for number, one in self._snapshots.items() if not one.is_held(gone=1)]
        kept = [number for number in self._snapshots if number not in set(gone)]
        size = sum(self._snapshots[number].nbytes for number in kept)
        while kept[1:] and (size > MAX_HELD_BYTES or len(kept) > MAX_HELD):
            size -= self._snapshots[kept[0]].nbytes
            gone.append(kept.pop(0))
        for number in gone:
            del self._snapshots[number]
        self._limit = max(MIN_HELD, 2 * len(kept))
        return gone

    @contextlib.contextmanager
    def changed_by_test(self, told: Iterable[tuple[int, list[Any]]]) -> Iterator[None]:
        """What changes meanwhile is the test's doing, not the student's.

        Parameters
        ----------
        told : iterable
            Number of a call, and `Snapshot.contents` of the test's own arguments: what the test has
            changed in them.
        """
        for number, snapshot in self._snapshots.items():
            if paths := snapshot.changed():
                self._changed.setdefault(number, []).extend(paths)
        for number, contents in told:
            if number in self._snapshots:
                self._snapshots[number].put(contents)
        yield
        for snapshot in self._snapshots.values():
            snapshot.renew()

    def place_of(self, value: Any, *, in_place: bool) -> tuple[int, Path] | None:
        """The call whose arguments contain an object that can change, and where.

        Parameters
        ----------
        in_place : bool
            False: None, too, if student code has changed arguments of that call, because the test's
            own are as before.
        """
        for number, snapshot in reversed(self._snapshots.items()):
            path = snapshot.path_of(value)
            if path is not None:
                is_as_before = number not in self._changed and not snapshot.changed()
                return (number, path) if in_place or is_as_before else None
        return None

    def news(self) -> dict[str, Any]:
        """Fields of an answer: what has changed since in arguments of earlier calls."""
        found = []
        for number, snapshot in self._snapshots.items():
            if contents := snapshot.contents():
                found.append([number, contents])
                snapshot.renew()
        return {"later": found} if found else {}

    def end(self) -> list[list[Any]]:
        """Number of a call, and paths of what has changed since; then all are forgotten."""
        changed = [
            [number, [*self._changed.get(number, ()), *one.changed()]]
            for number, one in self._snapshots.items()
        ]
        self._snapshots.clear()
        self._changed.clear()
        self._limit = MIN_HELD
        return [found for found in changed if found[1]]


def picture_of(value: Any) -> Callable[[], Any] | None:
    """What gives the content of a value that can only be compared: an array of the module `array`,
    the mask of an array, a table; None of others.
    """
    if type(value) is array.array:
        return value.tobytes
    if isinstance(value, np.ma.MaskedArray):
        return lambda: np.ma.getmaskarray(value).tobytes()
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        return lambda: _of_table(value, pandas)
    return None


def _of_table(table: Any, pandas: Any) -> Any:
    names = repr(list(table.columns) if isinstance(table, pandas.DataFrame) else table.name)
    try:
        rows: Any = pandas.util.hash_pandas_object(table).to_numpy().tobytes()
    except TypeError:  # lists in a table have no hash
        rows = repr(table.to_dict())
    return names, str(table.dtypes), rows


def _place_of(tensor: Any) -> tuple[Any, ...]:
    """Another one if a tensor has other memory, or reads it in another way."""
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and type(a) in SIMPLE and a == b)


def attributes_of(value: Any) -> dict[str, Any]:
    """The attributes of an instance: of its dict and of its slots."""
    found = dict(getattr(value, "__dict__", {}))
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                found[name] = getattr(value, name)
    return found


def _items(value: Any) -> list[Any]:
    if type(value) is tuple:  # what is in it stays in it
        return []
    return [*value, *value.values()] if type(value) in MAPPINGS else list(value)


def _form_of(memory: Array) -> tuple[Any, ...]:
    """Shape, dtype, order and bytes: NaN is the same as NaN; of objects, which ones it holds."""
    return memory.shape, memory.dtype, memory.flags.fnc, bytearray(_memory_of(memory))


def _is_as(memory: Array, form: tuple[Any, ...]) -> bool:
    if memory.shape != form[0] or memory.dtype != form[1] or memory.flags.fnc != form[2]:
        return False
    # a bytearray compares with any memory without copying it
    return bool(form[3] == _memory_of(memory))


def _memory_of(memory: Array) -> memoryview | bytes:
    if memory.nbytes <= SMALL_BYTES:  # to copy is quicker than to look at it in another way
        return memory.tobytes("A")
    if memory.flags.fnc:  # in Fortran's order
        memory = memory.T
    if memory.flags.c_contiguous and memory.dtype.itemsize and not memory.dtype.hasobject:
        return memory.reshape(-1).view(np.uint8).data
    return memory.tobytes()


def _at(path: Path, args: list[Any]) -> Any:
    value: Any = args
    for key in path:
        value = value[key] if type(key) is not list else attributes_of(value)[key[0]]
    return value


def _made(form: str, data: Any, args: list[Any]) -> Any:
    """A content that the other side has told of, with the objects of this side."""
    if form == "items":
        return [_of_entry(one, args) for one in data]
    return (
        data if form in ("array", "gradient") else {key: _of_entry(one, args) for key, one in data}
    )


def _of_entry(entry: list[Any], args: list[Any]) -> Any:
    kind, value = entry
    if kind == 2:
        return tuple(_of_entry(one, args) for one in value)
    return _at(value, args) if kind == 0 else value


def _put(old: Any, form: str, content: Any) -> None:
    if form == "array":
        assign(old, content)
    elif form == "gradient":
        set_gradient(old, content)
    elif form == "attributes":
        for name, part in content.items():
            setattr(old, name, part)
    else:
        old.clear()
        getattr(old, "extend" if hasattr(old, "extend") else "update")(content)


def set_gradient(tensor: Any, gradient: Any) -> None:
    """Give a leaf this gradient: None, or an array of its shape. It stays the same object if it
    was one.
    """
    torch = sys.modules["torch"]
    if gradient is None:
        tensor.grad = None
        return
    with torch.no_grad():
        if tensor.grad is None:
            tensor.grad = torch.zeros_like(tensor)
        tensor.grad.copy_(torch.as_tensor(gradient))


def assign(old: Any, new: Any) -> None:
    """Give `old` the content of `new`, in place as far as their forms agree.

    Raises
    ------
    TypeError, ValueError
        If `old` can't have this content.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(old, torch.Tensor):
        with torch.no_grad():
            old.copy_(torch.as_tensor(new))
    elif isinstance(old, np.ndarray):
        old[...] = new
    elif type(old) is not type(new):
        raise TypeError("a value of another type")
    elif type(old) in MAPPINGS:
        kept = {key: _kept(old[key], new[key]) if key in old else new[key] for key in new}
        old.clear()
        for key, item in kept.items():
            old[key] = item
    elif type(old) in (list, deque, bytearray):
        same = len(old) == len(new)
        items = [_kept(a, b) for a, b in zip(old, new, strict=True)] if same else list(new)
        old.clear()
        old.extend(items)
    else:
        old.clear()
        old.update(new)


def _kept(old: Any, new: Any) -> Any:
    """The old part with the new content where that is possible, else the new part."""
    if type(old) is tuple and type(new) is tuple and len(old) == len(new):
        parts = tuple(map(_kept, old, new))
        return old if all(a is b for a, b in zip(parts, old, strict=True)) else parts
    if type(old) not in (*MUTABLE, np.ndarray):
        return new
    try:
        assign(old, new)
    except (ValueError, TypeError):
        return new
    return old
