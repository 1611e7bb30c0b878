"""Finds what is wrong with a course, whichever tool grades it, and idioms that share a process."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.authoring.importing.regions import is_empty_solution
from hwlib.grading.cell_names import names_in
from hwlib.grading.cells import tree_of
from hwlib.grading.parts import can_fail

__all__ = ["idiom_of", "kept_state", "note_faults"]

_NETWORK = ("requests", "urllib", "urllib3", "httpx", "aiohttp", "wget", "gdown", "socket")
COLAB = "google.colab"
_ADDRESS = re.compile(r"https?://")
_ABSOLUTE = re.compile(r"^(/(home|Users|root|data|mnt|srv|tmp)/|[A-Za-z]:\\)")


def note_faults(drafts: Sequence[Draft], folder: Path) -> None:
    """Add a note for each fault that can be seen without running anything.

    Parameters
    ----------
    drafts : sequence of Draft
        All cells of a notebook.
    folder : Path
        The folder of the notebook, whose modules it may import.
    """
    _note_repeated_ids(drafts)
    for draft in drafts:
        if not draft.is_code:
            continue
        tree = tree_of(draft.source)
        if draft.role in ("solution", "manual") and is_empty_solution(draft.source):
            what = (
                "nothing shows that its tests can be passed"
                if draft.role == "solution"
                else "graders have nothing to compare with"
            )
            draft.note(
                "fault", f"the course's own solution is empty, so {what}", "write the solution"
            )
        if tree is None:
            continue
        may_fail = _asserts(tree) or "AUTOTEST" in draft.source
        if draft.role == "test" and draft.points and not may_fail:
            draft.note(
                "fault",
                "it has no assertion, so it gives its points for whatever runs",
                "compare a result with what is right",
            )
        if draft.role == "test" and (suite := _unread_suite(tree)):
            draft.note("decision", *suite)
        _note_calls(draft, tree)
        _note_imports(draft, tree, folder)
    _note_early_tests(drafts)


def _note_repeated_ids(drafts: Sequence[Draft]) -> None:
    counts = Counter(draft.grade_id for draft in drafts if draft.grade_id)
    seen = set[str]()
    for draft in drafts:
        if counts[draft.grade_id] > 1 and draft.grade_id:
            draft.note(
                "fault",
                f"the grade id {draft.grade_id!r} belongs to {counts[draft.grade_id]} cells; "
                "nbgrader refuses such a notebook",
                "give each cell an id of its own",
            )
            if draft.grade_id in seen:
                draft.grade_id = ""
        seen.add(draft.grade_id)


def _asserts(tree: ast.Module) -> bool:
    """Whether a test can fail: it asserts, raises, calls a check, or ends with its points."""
    if any(map(can_fail, ast.walk(tree))):
        return True
    last = tree.body[-1] if tree.body else None
    return isinstance(last, ast.Expr) and not _is_call_of(last.value, ("print", "display"))


_SUITES: dict[str, tuple[str, str]] = {
    r"(?:unittest\.)?main": ("unittest", "unittest.main(argv=[''], exit=False).result"),
    r".*TextTestRunner\b.*\.run|runner\.run": ("unittest", "unittest.TextTestRunner().run(suite)"),
    r"(?:doctest\.)?(?:testmod|run_docstring_examples)": ("doctest", "doctest.testmod()"),
}


def _unread_suite(tree: ast.Module) -> tuple[str, str] | None:
    """What a test lacks that runs a suite of unittest or doctest, whose result nothing reads, and
    what to write instead.

    >>> _unread_suite(ast.parse("doctest.testmod()"))[1]
    'write `assert doctest.testmod().failed == 0`'
    >>> _unread_suite(ast.parse("assert doctest.testmod().failed == 0"))
    """
    statements = [one for one in tree.body if not isinstance(one, _DEFINITIONS)]
    nodes = [node for one in statements for node in ast.walk(one)]
    if any(map(_reads_result, nodes)):
        return None
    for called in nodes:
        if not isinstance(called, ast.Call):
            continue
        name = ast.unparse(called.func)
        for pattern, (library, call) in _SUITES.items():
            if not re.fullmatch(pattern, name, re.DOTALL):
                continue
            passes = "failed == 0" if library == "doctest" else "wasSuccessful()"
            given = (
                "all points, because a failing doctest raises nothing"
                if library == "doctest"
                else "0 points, because unittest writes to stderr"
            )
            return (
                f"it runs tests of {library}, and nothing reads their result: nbgrader gives "
                f"{given}, whether they pass or fail",
                f"write `assert {call}.{passes}`",
            )
    return None


_MAKING = re.compile(r"testmod|loadTests\w*|\w*Test(?:Suite|Loader|Runner)|addTests?|makeSuite")
_VERDICTS = ("wasSuccessful", "failures", "errors", "failed")


def _reads_result(node: ast.AST) -> bool:
    """Whether a node asserts, raises or looks at a verdict, which running a suite is not."""
    if isinstance(node, ast.Attribute):
        return node.attr in _VERDICTS
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return not _MAKING.fullmatch(name) and can_fail(ast.Call(ast.Name(name), [], []))
    return isinstance(node, ast.Assert | ast.Raise)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_call_of(node: ast.expr, names: Collection[str]) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in names


def _note_calls(draft: Draft, tree: ast.Module) -> None:
    for node in _run_with_the_cell(tree):
        if isinstance(node, ast.Call) and _is_call_of(node, ("input",)):
            draft.note(
                "fault",
                "it calls input(), which no grader can answer",
                "make the value a variable that students set",
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if _ABSOLUTE.match(node.value):
                draft.note(
                    "fault",
                    f"it names {node.value[:60]!r}, which is on one machine only",
                    "use a path below the notebook's folder",
                )
            if _ADDRESS.match(node.value) and _opens(tree):
                _note_network(draft)
    for line in draft.source.split("\n"):
        if re.match(r"\s*[!%]\s*(pip|conda|wget|curl|apt|git)\b", line):
            _note_network(draft)


def _run_with_the_cell(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes of a cell but those inside functions, which a test may call with another input."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)


def _opens(tree: ast.Module) -> bool:
    names = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    return any(re.match(r"read_|urlopen|urlretrieve|get$|open|load|imread|fetch", n) for n in names)


def _note_network(draft: Draft) -> None:
    draft.note(
        "fault",
        "it needs the network, which graders do not have",
        "put the file beside the notebook, and the package into the environment",
    )


def _note_imports(draft: Draft, tree: ast.Module, folder: Path) -> None:
    for name in sorted(set(_imported(tree))):
        if name == COLAB:
            draft.note(
                "fault",
                f"it imports {COLAB}, which only Colab has, so it fails in every other notebook "
                "and when graded",
                "take the cell out, or put the import between `try:` and `except ImportError:`",
            )
            continue
        if name in _NETWORK and name not in ("urllib", "socket"):
            _note_network(draft)
        if name in ("otter", "hwlib") or (folder / name).is_dir():
            continue
        if (folder / f"{name}.py").is_file() or _is_installed(name):
            continue
        draft.note(
            "fault",
            f"it imports {name}, which is not installed here",
            f"install {name} for grading, or the tests that need it wait for a human",
        )


def _imported(tree: ast.Module) -> Iterator[str]:
    """The modules that a cell needs: it goes on without those that it tries to import."""
    tried = {
        id(node)
        for attempt in ast.walk(tree)
        if isinstance(attempt, ast.Try) and any(map(_catches_import_error, attempt.handlers))
        for statement in attempt.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in tried:
            continue
        if isinstance(node, ast.Import):
            yield from (_package(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            # `from google import colab` names a package of the namespace google
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (map(_package, names if node.module == "google" else [node.module]))


def _package(module: str) -> str:
    """What has to be installed for a module: packages below the name google are many."""
    first, _, rest = module.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first == "google" and rest else first


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {getattr(kind, "id", getattr(kind, "attr", "")) for kind in kinds}
    return handler.type is None or not names.isdisjoint(
        ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
    )


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _note_early_tests(drafts: Sequence[Draft]) -> None:
    """Tests of what only a cell below them defines."""
    bound = set(dir(builtins))
    for place, draft in enumerate(drafts):
        names = names_in(draft.source) if draft.is_code else None
        if draft.role == "test" and names:
            late = names.uses - bound
            below = frozenset[str]().union(
                *(
                    names_in(one.source).binds
                    for one in drafts[place + 1 :]
                    if one.role in ("solution", "manual")
                )
            )
            if late & below:
                draft.note(
                    "fault",
                    f"it uses {', '.join(sorted(late & below))}, which only a cell below it "
                    "defines, so it can't pass in a notebook that is run from top to bottom",
                    "move it below that cell",
                )
        if names:
            bound |= names.binds


# ---- idioms ----

_IDIOMS: tuple[tuple[str, str, str], ...] = (
    (
        r"getsource|inspect\.",
        "it reads the source of the student's code",
        "check what the code does, or leave the question to a human",
    ),
    (
        r"^\s*%|get_ipython|\bIn\[|\b_i\d|\bOut\[",
        "it uses the notebook's own tools",
        "call the function instead",
    ),
    (
        r"globals\(\)|locals\(\)|\bdir\(\)|vars\(\)|__main__",
        "it looks names up in the notebook",
        "use the name itself",
    ),
    (
        r"redirect_stdout|capsys|sys\.stdout|StringIO|capture_output|io\.capture",
        "it catches what the student's code prints",
        "let the function return the text",
    ),
    (r"\bplt\.|gcf\(|gca\(|matplotlib", "it looks at a figure", "let the function return data"),
    (
        r"mock|patch\(|monkeypatch|builtins\.",
        "it replaces a function while the student's code runs",
        "hand the function over as an argument",
    ),
    (r"\bopen\(|Path\(|os\.path|exists\(", "it reads files", "compare what the function returns"),
    (
        r"isinstance\(|type\(",
        "it asks for the type of the student's object",
        "compare its values",
    ),
    (r"time\.|timeit|perf_counter", "it measures time", "count the steps instead"),
)


def idiom_of(source: str) -> tuple[str, str]:
    """(what a test does that may need the student's process, what to write instead)."""
    for pattern, idiom, remedy in _IDIOMS:
        if re.search(pattern, source, re.MULTILINE):
            return idiom, remedy
    return (
        "it relies on sharing a process with the student's code",
        "compare plain values: numbers, texts, lists, arrays",
    )


def kept_state(draft: Draft, drafts: Sequence[Draft]) -> tuple[str, str]:
    """(an earlier test that may change a variable of this test, the variable); empty if none does.

    nbgrader's tests see what earlier tests have changed; hwlib runs each alone.
    """
    tree = tree_of(draft.source)
    if tree is None:
        return "", ""
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    variables = {
        target.id
        for one in drafts
        for node in ast.walk(tree_of(one.source) or ast.Module([], []))
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.withitem)
        for target in ast.walk(node)
        if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)
    }
    for one in reversed(drafts[: drafts.index(draft)]):
        earlier = tree_of(one.source) if one.role == "test" else None
        changed = _may_change(earlier) & read & variables if earlier else set()
        if changed:
            return one.grade_id or one.place, min(changed)
    return "", ""


def _may_change(tree: ast.AST) -> set[str]:
    """The names of what is called, handed to a call, or changed in place: c(), x.pop(), f(x)."""
    roots: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            roots += [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            roots.append(node)
        elif isinstance(node, ast.AugAssign):
            roots.append(node.target)
    found = set[str]()
    for root in roots:
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if isinstance(root, ast.Name):
            found.add(root.id)
    return found
