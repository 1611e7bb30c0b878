"""The grader's side of an assignment: it runs the setup cells and compiles the test cells once."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import linecache
import re
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType, MappingProxyType
from typing import Any

from hwlib.checks.context import current
from hwlib.errors import (
    CannotCheck,
    CheckFailed,
    NameMissing,
    StudentRaised,
    Unsendable,
    WorkerLost,
    WorkerTimeout,
    with_detail,
)
from hwlib.grading.answer_key import AnswerKey, KeyCell
from hwlib.grading.cell_names import names_in, taken_by_functions
from hwlib.grading.cells import one_line, transformed, tree_of
from hwlib.grading.engines.compared import compared, decided_by
from hwlib.grading.engines.failing import described
from hwlib.grading.engines.namespace import TestNamespace
from hwlib.grading.engines.part_verdicts import of_parts
from hwlib.grading.engines.patches import attributes_set
from hwlib.grading.engines.setup_shell import SetupShell
from hwlib.grading.engines.setup_values import Copies, SetupValues, settings
from hwlib.grading.engines.shared_tests import run_shared
from hwlib.grading.engines.standins import Session
from hwlib.grading.engines.student_errors import builtin_exception
from hwlib.grading.engines.test_cells import Step, Test
from hwlib.grading.engines.test_files import opens_files
from hwlib.grading.engines.verdicts import (
    Place,
    Verdict,
    cannot_decide,
    passed,
    place_of,
    student_raised,
    test_raised,
    why_lost,
)
from hwlib.grading.engines.words import cannot_run, name_missing
from hwlib.grading.parts import block_of, part_of
from hwlib.markers import hidden_lines

__all__ = ["Bench"]

# these look for tests in the process's __main__, where the grader has none: they would always pass
_MAIN = re.compile(r"\b(?:unittest\.main|testmod)\(")
_NO_SETUP = cannot_run("it needs a given cell, which does not run there")
_NAMESPACES = frozenset(("globals", "locals", "eval", "exec", "get_ipython"))
_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@dataclass(slots=True)
class Bench:
    """The names from the setup cells, and the compiled test cells.

    Parameters
    ----------
    key : AnswerKey
    folder : Path
        source/SLUG: where setup cells find the assignment's files.
    """

    key: AnswerKey
    folder: Path
    given: dict[str, Any] = field(init=False)
    tests: dict[str, Test] = field(init=False)
    helpers: dict[str, str] = field(init=False)  # of given cells that students may edit
    broken: dict[str, str] = field(default_factory=dict)  # name → why no setup cell binds it here
    changing: set[str] = field(default_factory=set)  # tests of which an argument was changed
    is_tried_out: bool = False  # it is found out which tests must be confirmed, and can be
    to_confirm: set[str] = field(default_factory=set)  # what was found out
    answered: frozenset[str] = field(init=False)  # what solution cells define: never a setup cell's
    _students: dict[str, frozenset[str]] = field(init=False)  # name → what decides its value
    _read: frozenset[str] = field(init=False)  # the global names that the course's functions read
    _latest: str = ""  # the test that ran last
    _before: SetupValues | None = None  # as it found them
    _first: SetupValues | None = None  # as the setup cells left them
    _settings: str = ""  # of this process, at that time
    _copies: Copies = field(default_factory=dict)  # of their arrays

    def __post_init__(self) -> None:
        self.given = {"__name__": "__main__"}
        shell = SetupShell(self.given)
        self.given["get_ipython"] = lambda: shell
        with self.at_work():
            for cell in self.setup:
                complaint = self._run_setup(cell)
                if complaint:
                    self.mark_broken(cell, complaint)
        own = frozenset[str]().union(
            *(names_in(cell.source).binds for cell in self.key.by_role("solution"))
        )
        self.answered = self._defined_by_solutions()
        self.helpers = {
            name: source
            for cell in self.key.by_role("code", "experiment")
            for name, source in _definitions(cell.source).items()
            if name not in own
        }
        made: dict[str, str] = {}
        for cell in self.key.by_role("code"):
            for source in _statements(cell.source):
                for name in names_in(source).binds - self.given_names - own:
                    made[name] = f"{made.get(name, '')}\n{source}"
        self._students = decided_by(own, made | self.helpers, self.given_names)
        self._read = frozenset[str]().union(
            *(taken_by_functions(transformed(cell.source)) for cell in self.key.by_role("solution"))
        )
        self.tests = {cell.name: self._compile(cell) for cell in self.key.by_role("test")}

    @property
    def setup(self) -> list[KeyCell]:
        """The setup cells."""
        return self.key.by_role("setup")

    def mark_broken(self, cell: KeyCell, complaint: str) -> None:
        """Note that a setup cell does not run here, so the names that only it binds are missing."""
        kept = frozenset[str]().union(
            *(names_in(other.source).binds for other in self.setup if other is not cell)
        )
        self.broken |= dict.fromkeys(names_in(cell.source).binds - kept, complaint)

    def keep_setup_values(self) -> None:
        """Keep what setup cells have bound, so that `reset` and forks of this process have it."""
        self._first, self._settings = SetupValues(self.given, self._copies), settings()

    def rest(self) -> bytes | None:
        """A digest of what `reset` can't set back; None if nobody can tell."""
        return self._first.rest() if self._first is not None else None

    def reset(self) -> bool:
        """Make the values of setup cells what they were first; False if a test has changed
        something else of this process.
        """
        self._latest, self._before = "", None
        if self._first is None or settings() != self._settings:
            return False
        self._first.restore()
        return True

    def leave_to_humans(self, name: str, reason: str) -> None:
        """Give every submission `manual` for this question."""
        self.tests[name] = replace(self.tests[name], waits=reason)

    def change_arguments(self, names: Iterable[str], in_place: bool) -> None:
        """Let student code change the arguments of these tests themselves, or copies."""
        for name in names:
            self.tests[name] = replace(self.tests[name], in_place=in_place)

    def without_setup(self, verdict: Verdict) -> Verdict | None:
        """The verdict on a question whose code needs a setup cell that does not run here."""
        if verdict.status not in ("missing", "error"):
            return None
        words = {verdict.missing_name}
        if verdict.status == "error":
            words |= set(re.findall(r"\w+", verdict.message))
        complaint = self._complaint_about(words)
        return Verdict("manual", _NO_SETUP, told_instructor=complaint) if complaint else None

    def _complaint_about(self, names: Iterable[str]) -> str:
        return next((self.broken[name] for name in sorted(set(names) & set(self.broken))), "")

    def confirm(self, names: Iterable[str]) -> None:
        """Run these tests again where they pass, with a worker for each name that they compare."""
        for name in names:
            self.tests[name] = replace(self.tests[name], confirmed=True)

    @property
    def given_names(self) -> frozenset[str]:
        """The names that setup cells bind and no solution cell defines."""
        return frozenset(self.given) - self.answered

    def _defined_by_solutions(self) -> frozenset[str]:
        """Functions, classes and values that solution cells define, even where a setup cell above
        imports one of that name: `from numpy import *`, and then the task is to write `mean`.
        """
        found = set[str]()
        for cell in self.key.cells:
            binds = names_in(cell.source).binds
            if cell.role == "solution" and binds:
                found |= _definitions(cell.source).keys() | (binds & {cell.name})
            elif cell.role == "setup":
                found -= binds
        return frozenset(found)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Work in the assignment's folder, with its modules importable and with no output."""
        path = str(self.folder)
        silent = _Nowhere()
        with (
            contextlib.chdir(self.folder if self.folder.is_dir() else Path.cwd()),
            contextlib.redirect_stdout(silent),
            contextlib.redirect_stderr(silent),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            sys.path.insert(0, path)
            try:
                yield
            finally:
                with contextlib.suppress(ValueError):
                    sys.path.remove(path)

    def _run_setup(self, cell: KeyCell) -> str:
        """Run a setup cell; returns what is wrong with it and how to fix it, or "" if it ran."""
        filename = f"<{cell.name}>"
        try:
            code = transformed(cell.source)
            exec(compile(code, filename, "exec", optimize=0), self.given)
        # whatever the course's own code raises, and exit() in it
        except BaseException as error:
            is_its_own = "KeyboardInterrupt" in cell.source
            if isinstance(error, KeyboardInterrupt) and not is_its_own:  # Ctrl-C
                raise
            frames = traceback.extract_tb(error.__traceback__)
            line = next((f.lineno for f in reversed(frames) if f.filename == filename), 0) or 0
            return self.complaint(cell, line, f"{type(error).__name__}: {error}")
        return ""

    def complaint(self, cell: KeyCell, line: int, raised: str) -> str:
        """What is wrong with a setup cell, where, and how to fix it."""
        slug, lines, raised = self.key.slug, cell.source.splitlines(), one_line(raised, 300)
        text = f" ({lines[line - 1].strip()[:80]})" if 0 < line <= len(lines) else ""
        return (
            f"the setup cell {cell.name}, line {line or '?'}{text}, raised {raised}; "
            f"put the files that it reads into assignments/{slug}/files/, install the packages "
            f"that are missing, then run `hw build {slug}` and grade again"
        )

    def _compile(self, cell: KeyCell) -> Test:
        filename = f"<test {cell.name}>"
        source = transformed(cell.source)
        lines = source.splitlines(keepends=True)
        linecache.cache[filename] = (len(source), None, lines, filename)
        tree, last = ast.parse(source, filename), None
        whole = ast.Module([*tree.body], [])
        sets, opens = attributes_set(tree), opens_files(tree)
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            expression = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
            last = compile(expression, filename, "eval", _AWAIT, optimize=0)
        uses = names_in(cell.source).uses
        students = {name: one for name, one in self._students.items() if name in uses}
        complaint = self._complaint_about(uses)
        waits = _NO_SETUP if complaint else ""
        if cell.trust != "shared" and _MAIN.search(source):
            complaint = "it looks for tests in the process that runs the student's code"
            waits = cannot_run("it looks for tests where they are not")
        return Test(
            cell.name,
            cell.points,
            tuple(_steps(tree, filename)),
            last,
            filename,
            hidden_lines(source.splitlines()),
            (uses | (self.answered & _all_names(tree))) - self.given_names,
            names_in(cell.source).binds & self._read,
            any(map(_finds_names, ast.walk(whole))),
            waits,
            complaint,
            cell.source if cell.trust == "shared" else "",
            sets=sets,
            opens_files=opens,
            compared=compared(whole, students) if cell.trust != "shared" else frozenset(),
            may_stop=any(map(_may_stop, ast.walk(whole))),
        )

    def run(
        self,
        test: Test,
        session: Session,
        *,
        in_place: bool = False,
        known: Mapping[str, Verdict] = MappingProxyType({}),
        apart: Mapping[str, Session] = MappingProxyType({}),
    ) -> Verdict:
        """Run a test cell against the student's code behind a session.

        Parameters
        ----------
        in_place : bool
            Whether the student's code changes arguments themselves, as in a notebook, and not
            copies.
        known : mapping
            Part → its verdict, for the parts that are not run: each has ended a worker.
        apart : mapping
            Name → the session that answers for it in place of `session`.
        """
        if test.shared:
            return run_shared(test, session)
        sessions = [session, *apart.values()]
        current().worker_cpu_seconds = lambda: sum(one.worker.cpu_seconds() for one in sessions)
        classes = frozenset(
            one for one in self.given.values() if isinstance(one, type) and _is_ours(one)
        )
        for one in sessions:
            one.values.given.names = self.given
            one.values.given.folder = self.folder.resolve()
            one.arguments.given = classes
        if self._before is not None and self._latest == test.name:
            self._before.restore()
        else:
            self._latest, self._before = test.name, SetupValues(self.given, self._copies)
        verdict = self._judged(test, session, in_place or test.in_place, known, apart)
        cannot = next((one.cannot for one in sessions if one.cannot is not None), None)
        for one in sessions:
            one.cannot = None
        if cannot is not None and not verdict.ended:
            return cannot_decide(cannot)
        changed = any(one.arguments.changed for one in sessions)
        if changed:
            self.changing.add(test.name)
        return replace(verdict, changed=changed)

    def _judged(
        self,
        test: Test,
        session: Session,
        in_place: bool,
        known: Mapping[str, Verdict],
        apart: Mapping[str, Session],
    ) -> Verdict:
        given = {name: self.given[name] for name in self.given if name not in self.answered}
        namespace = TestNamespace(given, session, test, self.helpers, apart)
        shell = SetupShell(namespace)
        namespace["get_ipython"] = lambda: shell
        found: dict[str, Verdict] = {}
        session.last_call = None
        part = ""
        try:
            with self.at_work(), ExitStack() as runs:
                for one in (session, *apart.values()):
                    one.course_names, one.may_stop = self.answered, test.may_stop
                    runs.enter_context(one.one_test(in_place))
                    one.patches.begin(self.given, test.sets)
                try:
                    if test.opens_files:
                        session.files.begin(self.folder)
                        for one in apart.values():
                            one.files.share(session.files)
                    for step in test.steps:
                        part = step.part.name if step.part else ""
                        if part in known:
                            found[part] = known[part]
                        elif part:
                            found[part] = self._judged_part(step, test, session, namespace)
                        else:
                            _run(step.code, namespace)
                    part = ""  # what follows belongs to none of them
                    value = _run(test.last, namespace) if test.last else None
                finally:
                    for one in (*apart.values(), session):
                        one.patches.end()
                    for one in apart.values():
                        one.files.leave()
                    session.files.end()
                    namespace.end()
            return of_parts(test.parts, found) if found else passed(test.points, value)
        except KeyboardInterrupt:
            raise
        # pytest.fail and pytest.raises stop a test with what is no Exception; so does SystemExit
        except BaseException as error:  # noqa: BLE001
            verdict = self._verdict_on(error, test, session)
            if not test.parts:
                return verdict
            # an error outside all parts costs all of them, as in nbgrader
            return of_parts(test.parts, found if part else {}, verdict, part)

    def _judged_part(
        self, step: Step, test: Test, session: Session, namespace: TestNamespace
    ) -> Verdict:
        """The verdict on one part. What stops the other parts, too, is raised: the worker has
        ended, or this machine can't decide the question.
        """
        session.last_call = None
        if session.clock is not None:
            session.before_part_s = session.clock.spent_s
        try:
            _run(step.code, namespace)
        except (KeyboardInterrupt, WorkerLost, CannotCheck, Unsendable):
            raise
        except BaseException as error:  # noqa: BLE001  as of a whole test
            return self._verdict_on(error, test, session)
        return Verdict("passed", fraction=1.0)

    def _verdict_on(self, error: BaseException, test: Test, session: Session) -> Verdict:
        """The verdict where a test, or a part of it, raised."""
        verdict = self._verdict_after(error, test, session)
        if verdict.status not in ("failed", "error", "timeout", "crashed"):
            return verdict
        return replace(verdict, failing=described(session.last_call))

    def _verdict_after(self, error: BaseException, test: Test, session: Session) -> Verdict:
        match error:
            case WorkerTimeout():
                return session.too_slow
            case WorkerLost():
                return Verdict("crashed", why_lost(error), lost=error, ended="crashed")
            case CheckFailed():
                return Verdict("failed", with_detail(error.symptom, error.detail), error.hint)
            case CannotCheck():
                return cannot_decide(error)
            case NameMissing():
                name = str(error)
                return Verdict("missing", name_missing(name), missing_name=name)
            case StudentRaised():
                return student_raised(error, self._place(error, test), session.sources)
            case Unsendable():
                return cannot_decide(session.cannot_send("what it passes to the code", error))
            # whatever the test does with what the student's code gave it
            case Exception():
                return test_raised(error, self._place(error, test))
        return test_raised(AssertionError(str(error)), self._place(error, test))

    @staticmethod
    def _place(error: BaseException, test: Test) -> Place:
        return place_of(error, test.filename, test.hidden)


def _is_ours(cls: type) -> bool:
    return cls.__module__ == "__main__"


def _all_names(tree: ast.AST) -> set[str]:
    """The names that a test reads, builtins too."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _finds_names(node: ast.AST) -> bool:
    """Whether it is a call that finds names which do not stand in the test, as `dir()` does."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    name = node.func.id
    return name in _NAMESPACES or (name in ("dir", "vars") and not node.args)


def _may_stop(node: ast.AST) -> bool:
    """Whether a test with this node may wait for a function's StopIteration: it names that, catches
    what a variable says, or has an iterator of its own around a function.
    """
    match node:
        case ast.Name(id="StopIteration") | ast.Constant(value="StopIteration"):
            return True
        case ast.FunctionDef(name="__next__") | ast.Call(func=ast.Name(id="iter"), args=[_, _]):
            return True
        case ast.ExceptHandler(type=ast.Name(id=name)):
            return builtin_exception(name) is None
    return False


def _definitions(source: str) -> dict[str, str]:
    """Name → source of each function and class that a cell defines at its top level."""
    tree, lines = tree_of(source), transformed(source).split("\n")
    found = {}
    for node in tree.body if tree else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return found


def _statements(source: str) -> list[str]:
    """The source of each statement of a cell."""
    tree, lines = tree_of(source), transformed(source).split("\n")
    return [
        "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in (tree.body if tree else ())
    ]


def _steps(tree: ast.Module, filename: str) -> Iterator[Step]:
    """The statements of a test cell, each part by itself."""
    between: list[ast.stmt] = []
    for node in [*tree.body, None]:
        part = part_of(node) if node is not None else None
        if node is not None and part is None:
            between.append(node)
            continue
        if between:
            yield Step(_compiled(between, filename))
            between = []
        if part is not None and isinstance(node, ast.With):
            yield Step(_compiled(block_of(node), filename), part)


def _compiled(statements: Sequence[ast.stmt], filename: str) -> CodeType:
    module = ast.fix_missing_locations(ast.Module(list(statements), []))
    code: CodeType = compile(module, filename, "exec", _AWAIT, optimize=0)
    return code


def _run(code: CodeType, namespace: dict[str, Any]) -> Any:
    """Run a part of a test cell, which may `await` at its top level."""
    value = eval(code, namespace)  # noqa: S307
    return asyncio.run(value) if code.co_flags & inspect.CO_COROUTINE else value


class _Nowhere(io.TextIOBase):
    """Output that nobody reads, however much it is."""

    def write(self, text: str) -> int:
        return len(text)
