"""Follow what a student's code changes in the arguments of a test.

The student's code works on copies, so a change does not show here. It is noted: then the test is
run once more, and that time each change is also made in the test's own objects, as in a notebook.
Afterwards they are as they were, because setup cells may hold them and other submissions come next.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import numpy as np

from hwlib import checks
from hwlib.errors import WireError
from hwlib.grading.engines.mirrors import is_standin
from hwlib.grading.engines.own_parts import Tied, part_of, put_in, view_of
from hwlib.grading.sandbox.changes import MAPPINGS, MUTABLE, Snapshot, attributes_of, set_gradient
from hwlib.grading.sandbox.copies import set_attribute

__all__ = ["Arguments"]

MAX_PATHS = 10_000
MAX_STEPS = 100
MAX_HELD = 10_000
MAX_WORK = 10_000  # to find out whether two arrays overlap
MAX_WATCHED, MAX_WATCHED_BYTES = 64, 2**20  # calls whose arguments are compared at each request

_TIED = "it changes a result of the student's code that shares memory with an argument"
_OVERLAP = "the student's code changes an argument that shares memory with another one"
_INDEXED = (list, tuple, deque, *MAPPINGS)


class Arguments:
    """The arguments of one run of a test.

    Parameters
    ----------
    cannot_check : callable
        Notes why the test can't be decided.

    Attributes
    ----------
    in_place : bool
        Whether changes are made here, too.
    changed : bool
        Whether student code has changed an argument.
    """

    def __init__(self, cannot_check: Callable[[str], Any]) -> None:
        self._cannot_check = cannot_check
        self.in_place = self.changed = False
        self._held: dict[int, list[Any]] = {}  # number of a call → its arguments
        self._told: OrderedDict[int, Snapshot] = OrderedDict()  # as the worker has them
        self._unreachable: set[int] = set()  # the test has no reference to them any more
        self._returned = 0  # results of the test's functions
        self.given: frozenset[type] = frozenset()  # the classes of setup cells
        self._undo: list[tuple[Any, str, Any]] = []  # object, form and content before
        self._tied = Tied()

    def begin(self, in_place: bool) -> None:
        """A run of a test begins."""
        self.in_place, self.changed = in_place, False

    @property
    def has_held(self) -> bool:
        """Whether the student's code still holds arguments, which it may change later."""
        return bool(self._held)

    def end(self) -> None:
        """The run has ended: what was changed here is as before."""
        if self._tied.have_changed():
            self._cannot_check(_TIED)
        self._held.clear()
        self._told.clear()
        self._unreachable.clear()
        while self._undo:
            _give_content(*self._undo.pop())

    def take(self, reply: dict[str, Any], request: dict[str, Any]) -> None:
        """What an answer says about arguments: of the call that was asked for, and of earlier ones.

        Raises
        ------
        WireError
            If it is not what a worker says.
        """
        args = _all_of(request)
        if "changed" in reply:
            self._note(reply["changed"], args)
        if type(reply.get("held")) is int and len(self._held) < MAX_HELD:
            self._held[reply["held"]] = args
            for number in _list(reply.get("dropped", [])):
                self._drop(number if type(number) is int else 0)
        if "later" in reply:
            self.take_later(reply["later"])
        if self.in_place and ("changed" in reply or "later" in reply):
            for snapshot in self._told.values():
                snapshot.renew()
        if reply.get("held") in self._held and (self.in_place or "changed" not in reply):
            self._watch(reply["held"], args)

    def _drop(self, number: int) -> None:
        self._held.pop(number, None)
        self._told.pop(number, None)
        self._unreachable.discard(number)

    def _watch(self, number: int, args: list[Any]) -> None:
        """Tell the worker what the test changes in arguments that student code has kept."""
        self._told[number] = Snapshot(args, self.given)
        while len(self._told) > MAX_WATCHED or self._told_bytes() > MAX_WATCHED_BYTES:
            self._told.popitem(last=False)

    def _told_bytes(self) -> int:
        return sum(one.nbytes for one in self._told.values())

    def news(self) -> dict[str, Any]:
        """What the test has changed in arguments that student code has kept: a field of a
        request.
        """
        found = []
        for number, snapshot in list(self._told.items()):
            if contents := snapshot.contents():
                if any(form == "unknown" for _, (form, _) in contents):
                    self._cannot_check("it changes an argument in a way that can't be told")
                    continue
                found.append([number, contents])
                self._told[number] = Snapshot(self._held[number], self.given)
            elif snapshot.is_out_of_reach():
                self._unreachable.add(number)
                del self._told[number]
        return {"given": found} if found else {}

    def with_own(self, value: Any, told: Any, objects: list[Any]) -> Any:
        """A result in which the test's own objects are where a student's function put them.

        Parameters
        ----------
        value : object
            The result, as it arrived.
        told : list
            What the answer says, see `sandbox.shared_parts`.
        objects : list
            The arguments that it tells of, from `own_objects`.
        """
        for (path, _, how), own in zip(told, objects, strict=True):
            if how == "same":
                value = put_in(value, path, own)
                continue
            part = part_of(value, path)
            view = view_of(own, part, *how[1:]) if type(how) is list and len(how) == 3 else None
            if view is None:
                self._tied.tie(part, own)
            else:
                value = put_in(value, path, view)
        return value

    @staticmethod
    def own_objects(told: Any, request: dict[str, Any]) -> list[Any]:
        """The test's own objects that a result contains, as they are before the call's changes."""
        args = _all_of(request)
        for one in _list(told):
            is_known = type(one) is list and len(one) == 3 and type(one[0]) is list
            if not is_known or not all(type(key) in (int, str) for key in one[0]):
                raise WireError("a part of a result without its place")
        return [_at(path, args) for _, path, _ in told]

    def returned(self, result: Any) -> dict[str, Any]:
        """Keep what a function of the test has returned and others refer to: student code may
        change it. Gives fields of the answer.
        """
        can_change = isinstance(result, np.ndarray) or type(result) in (*MUTABLE, *self.given)
        if not can_change or len(self._held) >= MAX_HELD:
            return {}
        self._returned += 1
        self._held[-self._returned] = [result]
        return {"number": -self._returned}

    def kept(self, place: Any) -> Any:
        """The test's own object, where a value is an argument of an earlier call."""
        if type(place) is not list or len(place) != 2 or type(place[0]) is not int:
            raise WireError("an argument without its place")
        if place[0] not in self._held:
            raise WireError("an argument of a call that was not made")
        if place[0] in self._unreachable:  # the test gets it back
            self._unreachable.discard(place[0])
            self._watch(place[0], self._held[place[0]])
        return _at(place[1], self._held[place[0]])

    def take_later(self, told: Any) -> None:
        """What has changed in arguments of earlier calls."""
        for number, changed in _pairs(told):
            if type(number) is not int or number not in self._held:
                raise WireError("arguments of a call that was not made")
            self._note(changed, self._held[number])

    def _note(self, changed: Any, args: list[Any]) -> None:
        self.changed = True
        if self.in_place:
            if _overlap(args):
                self._cannot_check(_OVERLAP)
            told = [(_at(path, args), content) for path, content in _pairs(changed)]
            made = [(old, *self._content(old, content, args)) for old, content in told]
            for old, form, new in made:
                if form:
                    self._undo.append((old, form, _content_of(old, form)))
                    _give_content(old, form, new)
        else:
            paths = changed if type(changed) is list else []
            for path in paths[:MAX_PATHS]:
                for value in _on_the_way(path, args):
                    if not is_standin(value):
                        checks.note_changed(value)

    def _content(self, old: Any, told: Any, args: list[Any]) -> tuple[str, Any]:
        """Form and new content of an object, its parts being the test's own objects where they
        were; the form is "" where there is nothing to do.
        """
        if is_standin(old):
            return "", None  # its content is in the worker
        if type(told) is not list or len(told) != 2 or type(told[0]) is not str:
            raise WireError("a change without its content")
        form, data = told
        if form == "gradient" and isinstance(old, np.ndarray):  # of a tensor that is an array here
            return "", None
        if form not in _forms_of(old):
            self._cannot_check("the student's code changes an argument in a way that can't be told")
            return "", None
        if form == "gradient":
            return form, None if data is None else _array_for(old, data)
        if form == "array":
            return form, _array_for(old, data)
        if form == "items":
            return form, [_entry(one, args) for one in _list(data)]
        return form, {key: _entry(one, args) for key, one in _pairs(data)}


def _overlap(args: list[Any]) -> bool:
    """Whether two arrays in the arguments are different views of the same memory."""
    arrays = [memory for _, _, memory in Snapshot(args).memories()]
    return any(_share(a, b) for place, a in enumerate(arrays) for b in arrays[:place])


def _share(a: Any, b: Any) -> bool:
    try:
        return np.may_share_memory(a, b) and np.shares_memory(a, b, max_work=MAX_WORK)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True


def _all_of(request: dict[str, Any]) -> list[Any]:
    return [*request.get("args", ()), *request.get("kwargs", {}).values()]


# ---- what a message may say ----------------------------------------------------------------------


def _list(data: Any) -> list[Any]:
    if type(data) is not list:
        raise WireError("a change that is no list")
    return data


def _pairs(data: Any) -> list[list[Any]]:
    if not all(type(pair) is list and len(pair) == 2 for pair in _list(data)):
        raise WireError("a change that is not made of pairs")
    pairs: list[list[Any]] = data
    return pairs


def _entry(told: Any, args: list[Any]) -> Any:
    kind, value = _pairs([told])[0]
    if kind == 2:
        return tuple(_entry(one, args) for one in _list(value))
    return _at(value, args) if kind == 0 else value


def _on_the_way(path: Any, args: list[Any]) -> list[Any]:
    """The objects that a path leads through."""
    value: Any = args
    found = []
    for key in _list(path)[:MAX_STEPS]:
        try:
            value = _step(value, key)
        except (LookupError, TypeError):
            break
        found.append(value)
    return found


def _step(value: Any, key: Any) -> Any:
    """One entry or attribute as it is stored, so that no code of the test's objects runs."""
    if type(key) is list and len(key) == 1 and not is_standin(value):
        return attributes_of(value)[key[0]]
    if type(value) in _INDEXED and type(key) in (int, str):
        return value[key]
    raise LookupError


def _at(path: Any, args: list[Any]) -> Any:
    """The test's own object that a path leads to."""
    found = _on_the_way(path, args)
    if not found or len(found) != len(path):
        raise WireError("a change in an argument that was not given")
    return found[-1]


def _array_for(old: Any, new: Any) -> Any:
    if not isinstance(new, np.ndarray) or tuple(old.shape) != new.shape:
        raise WireError("a change of an array's shape")
    if isinstance(old, np.ndarray) and not old.flags.writeable:
        raise WireError("a change of an array that can't be changed")
    if new.dtype != getattr(old, "dtype", None) and new.dtype.kind not in "biufc":
        raise WireError("a change of an array's dtype")
    return new


# ---- contents ------------------------------------------------------------------------------------


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _forms_of(value: Any) -> tuple[str, ...]:
    """The forms in which its content may be told."""
    if _is_tensor(value):
        return ("array", "gradient") if value.is_leaf else ("array",)
    if isinstance(value, np.ndarray):
        return ("array",)
    if type(value) in MAPPINGS:
        return ("pairs",)
    return ("items",) if type(value) in MUTABLE else ("attributes",)


def _content_of(value: Any, form: str) -> Any:
    """Its content, the parts being the same objects."""
    if form == "gradient":
        return None if value.grad is None else value.grad.detach().clone()
    if form == "array":
        return value.detach().clone() if _is_tensor(value) else value.copy()
    if form == "items":
        return list(value)
    return dict(value) if form == "pairs" else attributes_of(value)


def _give_content(value: Any, form: str, content: Any) -> None:
    if form == "gradient":
        set_gradient(value, content)
    elif form == "array":
        _fill(value, content)
    elif form == "attributes":
        for name in attributes_of(value).keys() - content.keys():
            if not name.startswith("__"):
                object.__delattr__(value, name)
        for name, part in content.items():
            set_attribute(value, name, part)
    else:
        value.clear()
        getattr(value, "extend" if hasattr(value, "extend") else "update")(content)


def _fill(array: Any, content: Any) -> None:
    if _is_tensor(array):
        torch = sys.modules["torch"]
        with torch.no_grad():
            array.copy_(torch.as_tensor(content))
    else:  # a masked array would change its mask
        np.asarray(array)[...] = np.asarray(content)
