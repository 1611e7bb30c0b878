"""Give a test cell its global names: those of setup cells, and the student's from the worker.

In a notebook tests and answers share one namespace. So a test may replace a student's function or
delete it, and the student's other functions must feel that. It may also ask whether a name exists.
"""

from __future__ import annotations

import builtins
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from hwlib.errors import NameMissing, Unsendable
from hwlib.grading.engines.standins import Session, is_defined
from hwlib.grading.engines.test_cells import Test

__all__ = ["TestNamespace"]

_BUILTINS = frozenset(dir(builtins))


class TestNamespace(dict[str, Any]):
    """The globals of one run of a test cell.

    Parameters
    ----------
    given : dict
        What setup cells define.
    session : Session
    test : Test
        The names that it takes from the student are its `wanted`. All other names are its own or
        builtins. If the test assigns one of these, or of those that it lets the student's code feel
        (`felt`), the value is sent to the worker.
    helpers : dict
        Name → source of each function and class of a given cell. Students may edit these cells, and
        must not decide a verdict that way, so a test that uses one gets it as the course has it.
    apart : mapping, optional
        Name → the session that answers for it in place of `session`.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    def __init__(
        self,
        given: dict[str, Any],
        session: Session,
        test: Test,
        helpers: dict[str, str],
        apart: Mapping[str, Session] = MappingProxyType({}),
    ) -> None:
        super().__init__(given)
        self._session, self._wanted, self._helpers = session, test.wanted, helpers
        self._wants_all = test.wants_all
        self._sent = test.wanted | test.felt
        self._apart, self._sessions = apart, dict.fromkeys([session, *apart.values()])
        self._with_helpers = set[Session]()
        self._known: dict[str, Any] = {}
        self._is_changed = False

    def _of(self, name: str) -> Session:
        return self._apart.get(name, self._session)

    def __missing__(self, name: str) -> Any:
        if name not in self._wanted and not (self._wants_all and _may_be_students(name)):
            raise KeyError(name)
        if name in self._known:
            return self._known[name]
        session = self._of(name)
        if name in self._helpers and session not in self._with_helpers:
            session.define(self._helpers)
            self._with_helpers.add(session)
            self._is_changed = True
        value = session.name(name)
        # a function or class stays the same one while a test runs; a number may change
        if is_defined(value):
            self._known[name] = value
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if name in self._sent:
            with suppress(Unsendable):  # then student code could not use it
                for session in self._sessions:
                    session.set_name(name, value)
                self._is_changed = True

    def __delitem__(self, name: str) -> None:
        if name in self._wanted:
            if not self._of(name).has_name(name):
                raise KeyError(name)
            for session in self._sessions:
                session.delete_name(name)
            self._is_changed = True
            self._known.pop(name, None)
            self.pop(name, None)
        else:
            super().__delitem__(name)

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name) or not isinstance(name, str) or name.startswith("__"):
            return super().__contains__(name)
        return self._of(name).has_name(name)

    def keys(self) -> Any:
        """All names, the student's as well: `dir()` and `vars()` in a test show them."""
        found = dict.fromkeys(super().keys())
        for session in self._sessions:
            found.update(dict.fromkeys(filter(_may_be_students, session.names())))
        return found.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def values(self) -> Any:
        """The values of all names."""
        return ValuesView(self)

    def items(self) -> Any:
        """All names with their values."""
        return ItemsView(self)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name, a student's as well."""
        if super().__contains__(name):
            return super().__getitem__(name)
        try:
            return self._of(name).name(name)
        except NameMissing:
            return default

    def end(self) -> None:
        """Restore the student's names that the test has changed, for the next test."""
        if self._is_changed:
            for session in self._sessions:
                session.restore_names()


def _may_be_students(name: str) -> bool:
    """Whether a name that a test only looks up is not Python's own."""
    return name not in _BUILTINS and not name.startswith("__")
