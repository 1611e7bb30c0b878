"""What a call changed in place: the arguments before and after, and new content for old objects.

A path leads from a list of arguments to one object in them: a position, then keys, or
["attribute", name].
"""

from __future__ import annotations

import contextlib
import operator
import sys
from array import array
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwlib.errors import WireError
from hwlib.grading.sandbox.copies import attributes

__all__ = ["Snapshot", "assign", "at_path", "fill"]

MAX_LOOKED_AT = 10_000  # objects in the arguments of one call

_DICTS = (dict, OrderedDict, defaultdict, Counter)
_SEQUENCES = (list, deque)
_BUFFERS = (bytearray, array)
_SCALARS = (int, float, str, bool, complex, bytes, type(None))

Path = list[Any]


def at_path(args: list[Any], path: Any, is_closed: Callable[[Any], bool]) -> Any:
    """The object at a path; LookupError where there is none, or the path leads into an object that
    is closed.
    """
    value: Any = args
    if type(path) is not list or not path:
        raise LookupError
    for key in path:
        if is_closed(value):
            raise LookupError
        try:
            if type(key) is list and len(key) == 2 and key[0] == "attribute":
                value = value.grad if key[1] == "grad" else dict(attributes(value))[key[1]]
            else:
                value = value[key]
        except (TypeError, ValueError, AttributeError, LookupError):
            raise LookupError from None
    return value


@dataclass(slots=True)
class _Seen:
    path: Path
    value: Any
    content: Any  # a copy: of an array's bytes, or of which objects a container holds


@dataclass(slots=True)
class Snapshot:
    """The arguments of one call as they are now.

    Parameters
    ----------
    args : list
    copied : collection of int
        The ids of objects whose attributes are looked at, too.
    """

    args: list[Any]
    copied: Collection[int] = ()
    seen: list[_Seen] = field(default_factory=list)
    paths: dict[int, Path] = field(default_factory=dict)  # of each container, by its id

    def __post_init__(self) -> None:
        torch = sys.modules.get("torch")
        for position, value in enumerate(self.args):
            self._look(value, [position], torch)

    def _look(self, value: Any, path: Path, torch: Any) -> None:
        kind = type(value)
        if kind in _SCALARS or len(self.paths) >= MAX_LOOKED_AT or id(value) in self.paths:
            return
        if torch is not None and isinstance(value, torch.Tensor):
            self._look_at_tensor(value, path, torch)
        elif isinstance(value, np.ndarray):
            self._keep(value, path)
        elif kind in _DICTS:
            self._keep(value, path)
            for key, item in value.items():
                if type(key) in _SCALARS:
                    self._look(item, [*path, key], torch)
        elif kind in _SEQUENCES or kind is tuple:
            self._keep(value, path)
            for index, item in enumerate(value):
                if type(item) not in _SCALARS:
                    self._look(item, [*path, index], torch)
        elif kind in _BUFFERS or kind is set:
            self._keep(value, path)
        elif id(value) in self.copied:
            self._keep(value, path)
            for name, part in attributes(value):
                self._look(part, [*path, ["attribute", name]], torch)

    def _look_at_tensor(self, tensor: Any, path: Path, torch: Any) -> None:
        self.paths[id(tensor)] = path
        # a kind of tensor that NumPy does not know, or one that is elsewhere
        with contextlib.suppress(RuntimeError, TypeError):
            memory = tensor.detach().numpy()
            self.seen.append(_Seen(path, memory, memory.copy()))
        if tensor.is_leaf and tensor.grad is not None:
            self._look(tensor.grad, [*path, ["attribute", "grad"]], torch)

    def _keep(self, value: Any, path: Path) -> None:
        self.paths[id(value)] = path
        if type(value) is not tuple:
            self.seen.append(_Seen(path, value, _content(value)))

    def changed(self) -> list[Path]:
        """The paths of the objects that are not any more as they were."""
        return [seen.path for seen in self.seen if not _same(seen.value, seen.content)]

    def contents(self) -> list[Any]:
        """[path, content] of each object that was changed.

        Of a container the content is a list of ["old", path] for an object that was among the
        arguments and ["new", value] for another; a dict's is a list of pairs of these, and an
        object's a list of [name, one of these].
        """
        found = []
        for seen in self.seen:
            value = seen.value
            if _same(value, seen.content):
                continue
            content: Any = value
            if type(value) in _DICTS:
                content = [[self._told(key), self._told(item)] for key, item in value.items()]
            elif type(value) in _SEQUENCES:
                content = [self._told(item) for item in value]
            elif id(value) in self.copied:
                content = [[name, self._told(part)] for name, part in attributes(value)]
            found.append([seen.path, content])
        return found

    def _told(self, item: Any) -> list[Any]:
        path = self.paths.get(id(item))
        return ["new", item] if path is None else ["old", path]


def _content(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in _DICTS:
        return list(value.items())
    if type(value) in (*_SEQUENCES, *_BUFFERS):
        return list(value)
    return set(value) if type(value) is set else list(attributes(value))


def _same(value: Any, content: Any) -> bool:
    if isinstance(value, np.ndarray):
        return _same_array(value, content)
    if type(value) is set:
        return bool(value == content)
    if type(value) in (*_SEQUENCES, *_BUFFERS):
        if len(value) != len(content):
            return False
        return all(map(operator.is_, value, content)) or all(map(_same_item, value, content))
    now = _content(value)
    if len(now) != len(content):
        return False
    pairs = zip(now, content, strict=True)
    return all(_same_item(a, b) and _same_item(v, w) for (a, v), (b, w) in pairs)


def _same_item(a: Any, b: Any) -> bool:
    if a is b:
        return True
    return type(a) is type(b) and type(a) in _SCALARS and (a == b or (a != a and b != b))


def _same_array(value: np.ndarray[Any, Any], copy: np.ndarray[Any, Any]) -> bool:
    if value.shape != copy.shape or value.dtype != copy.dtype:
        return False
    if value.dtype == object:
        return all(map(_same_item, value.flat, copy.flat))
    if not value.dtype.itemsize:
        return True
    a, b = (np.ascontiguousarray(one).reshape(-1).view(np.uint8) for one in (value, copy))
    return bool(np.array_equal(a, b))


def fill(value: Any, content: Any, at: Callable[[Any], Any]) -> None:
    """Give an object the content that `Snapshot.contents` told of its copy.

    Parameters
    ----------
    value : container, array, tensor or object
    content : what was told
    at : callable
        The object at a path.

    Raises
    ------
    WireError, LookupError
        If the content is none of such an object.
    """

    def meant(told: Any) -> Any:
        if type(told) is not list or len(told) != 2 or told[0] not in ("old", "new"):
            raise WireError("content that is none")
        return at(told[1]) if told[0] == "old" else told[1]

    if type(value) in _SEQUENCES and type(content) is list:
        items = [meant(told) for told in content]
        value.clear()
        value.extend(items)
    elif type(value) in _DICTS and type(content) is list:
        entries = [(meant(key), meant(item)) for key, item in _pairs(content)]
        value.clear()
        dict.update(value, entries)
    elif type(content) is list and type(value) is not list:
        parts = {name: meant(told) for name, told in _pairs(content) if type(name) is str}
        if hasattr(value, "__dict__"):
            value.__dict__.clear()
            value.__dict__.update(parts)
        else:
            for name, part in parts.items():
                object.__setattr__(value, name, part)
    else:
        assign(value, content)


def _pairs(content: list[Any]) -> list[Any]:
    if not all(type(pair) is list and len(pair) == 2 for pair in content):
        raise WireError("content that is none")
    return content


def assign(old: Any, new: Any) -> None:
    """Give `old` the content of `new`, in place as far as their forms agree.

    Raises
    ------
    WireError
        If they are not of the same kind, or an array is not of the same shape.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(old, torch.Tensor):
        new = torch.from_numpy(new) if isinstance(new, np.ndarray) else new
        if not isinstance(new, torch.Tensor) or old.shape != new.shape:
            raise WireError("a tensor of another form")
        with torch.no_grad():
            old.copy_(new)
    elif isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        if old.shape != new.shape or old.dtype != new.dtype:
            raise WireError("an array of another form")
        old[...] = new
    elif type(old) is not type(new):
        raise WireError("a value of another type")
    elif type(old) in _DICTS:
        kept = {key: _kept(old[key], new[key]) if key in old else new[key] for key in new}
        old.clear()
        dict.update(old, kept)
    elif type(old) in _SEQUENCES:
        same = len(old) == len(new)
        items = [_kept(a, b) for a, b in zip(old, new, strict=True)] if same else list(new)
        old.clear()
        old.extend(items)
    elif type(old) is set:
        old.clear()
        old.update(new)
    elif type(old) in _BUFFERS:
        old[:] = new
    else:
        raise WireError("a value that can't be changed in place")


def _kept(old: Any, new: Any) -> Any:
    """The old part with the new content where that can be, else the new part."""
    try:
        assign(old, new)
    except (WireError, ValueError, RuntimeError, TypeError):
        return new
    return old
