"""The isolated engine: what students write, and the verdict they get."""

from __future__ import annotations

import copy
import os
import pwd
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import needs
import pytest
from courses import make_assignment, with_code
from left_processes import processes_about
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from hwlib.grading import SubmissionResult
from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.results import QuestionResult
from hwlib.grading.sandbox import processes
from hwlib.grading.sandbox.confine import Confinement

pytestmark = needs.linux

NOTEBOOK = '''\
# %% [markdown]
# # Everything a test may do

# %% setup
import matplotlib.pyplot as plt
import numpy as np
data = np.arange(12.0).reshape(4, 3)
secret_looking = {"limit": 3}

# %% [markdown]
# ## 1. Double

# %% solution="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=2
square = {"This looks like the square.": data**2}
check.close(double(data), data + data, what="the doubled array", mistakes=square)
### BEGIN HIDDEN TESTS
x = check.rng().normal(size=(3, 5))
with check.unchanged(x):
    check.close(double(x), x + x)
### END HIDDEN TESTS

# %% [markdown]
# ## 2. A class

# %% solution="Counter"
class Counter:
    ### BEGIN SOLUTION
    def __init__(self, start=0):
        self.n = start
        self.log = {}

    def up(self, by=1):
        if by < 0:
            raise ValueError("only up")
        self.n += by
        self.log[self.n] = np.full(2, self.n)
        return self

    def __len__(self):
        return self.n

    def __iter__(self):
        return iter(range(self.n))

    def map(self, function):
        return [function(i) for i in range(self.n)]
    ### END SOLUTION

# %%
ready = Counter(4)
ready.up(3)

# %% test="Counter" points=3
counter = Counter()
counter.up().up(by=5)
check.equal(counter.n, 6)
check.equal(ready.n, 7)
### BEGIN HIDDEN TESTS
check.close(counter.log[6], np.full(2, 6))
counter.n = 3
check.equal(list(counter), [0, 1, 2])
check.equal(len(counter), 3)
check.equal(counter.map(lambda i: i * secret_looking["limit"]), [0, 3, 6])
check.close(counter.map(np.sqrt), np.sqrt([0, 1, 2]))
check.raises(ValueError, counter.up, -1)
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Randomness

# %% solution="noise"
def noise(n, rng):
    ### BEGIN SOLUTION
    return rng.normal(size=n)
    ### END SOLUTION

# %% test="noise" points=1
check.close(noise(3, np.random.default_rng(5)), np.random.default_rng(5).normal(size=3))
### BEGIN HIDDEN TESTS
assert noise(4, np.random.default_rng(6)).shape == (4,), "a value that must stay hidden: 4711"
### END HIDDEN TESTS

# %% [markdown] answer="why" points=2
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
'''

TOML = (
    'title = "Everything"\npoints = 8\nminutes = 1\n[limits]\nquestion_s = 2.0\n'
    "submission_s = 30.0\nmemory_mb = 1024\n"
)


class Grader:
    """Grades the reference with a piece of it replaced."""

    def __init__(self, root: Path) -> None:
        self.assignment = make_assignment(root, "everything", NOTEBOOK, TOML)
        self.engine = IsolatedEngine(self.assignment, seed=7)
        self.reference = reference_notebook(self.assignment)

    def notebook(self, old: str = "", new: str = "") -> NotebookNode:
        notebook = copy.deepcopy(self.reference)
        assert not old or any(old in cell.source for cell in notebook.cells), old
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new) if old else cell.source
        return notebook

    def grade(self, notebook: NotebookNode) -> SubmissionResult:
        return self.engine.grade_notebook(notebook, "student").result

    def replaced(self, old: str, new: str) -> SubmissionResult:
        return self.grade(self.notebook(old, new))

    def double(self, body: str) -> QuestionResult:
        """The verdict on `double` with this body; everything else must be as good as ever."""
        result = self.replaced("    return 2 * x", body)
        assert result.question("Counter").status == "passed"
        assert result.question("noise").status == "passed"
        return result.question("double")


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    grader = Grader(tmp_path_factory.mktemp("engine"))
    yield grader
    grader.engine.close()


def test_the_reference_has_full_marks(grader: Grader) -> None:
    result = grader.grade(grader.reference)
    assert [(q.id, q.status, q.points) for q in result.questions] == [
        ("double", "passed", 2),
        ("Counter", "passed", 3),
        ("noise", "passed", 1),
        ("why", "manual", 0),
    ]
    assert (result.score, result.max_score, result.status) == (6, 8, "needs_manual")


def test_the_empty_release_has_no_point_and_nothing_to_grade(grader: Grader) -> None:
    import nbformat

    result = grader.grade(nbformat.read(grader.assignment.release, as_version=4))
    assert {question.status for question in result.questions} == {"missing"}
    assert result.score == 0
    assert result.status == "graded"


def test_a_known_mistake_is_named(grader: Grader) -> None:
    question = grader.double("    return x**2")
    assert (question.status, question.hint, question.points) == (
        "failed",
        "This looks like the square.",
        0,
    )


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("    pass", "failed", "return"),
        ("    raise ValueError('no luck')", "error", "ValueError: no luck"),
        ("    import sys; sys.exit(0)", "error", "SystemExit"),
        ("    raise KeyboardInterrupt", "error", "KeyboardInterrupt"),
        ("    return undefined_name * 2", "error", "undefined_name"),
        ("    import os; os._exit(0)", "crashed", "ended"),
        ("    import os; os.abort()", "crashed", "ended"),
        ("    import ctypes; ctypes.string_at(0)", "crashed", "ended"),
        ("    while True: pass", "timeout", "2 s"),
        ("    import time; time.sleep(60)", "timeout", "2 s"),
        ("    return [0] * 10**10", "crashed", "memory"),
        ("    x *= 2; return x", "failed", "changed"),
        ("    return 2 * x + (np.nan if x.shape == (3, 5) else 0)", "failed", ""),
        ("    return np.broadcast_to(2 * x, (2, *x.shape))", "failed", "shape"),
        ("    return (2 * x).astype(object)", "failed", ""),
        ("    return str(2 * x)", "failed", "text"),
        ("    return (2 * v for v in x)", "failed", ""),
        ("    return double", "failed", ""),
        ("    return double(x)", "error", "RecursionError"),
        ("    a = []\n    for _ in range(10**5): a = [a]\n    return a", "manual", "nested"),
        ("    print('x' * 10**7); raise RuntimeError('a' * 10**6)", "error", "RuntimeError"),
        ("   return 2 * x\n  oops", "error", "not valid Python"),
        ("<<<<<<< local\n    return 2 * x\n=======\n>>>>>>> remote", "error", "Keep one of them"),
    ],
)
def test_each_mishap_has_its_status_and_costs_nothing_else(
    grader: Grader, body: str, status: str, words: str
) -> None:
    question = grader.double(body)
    assert (question.status, question.points) == (status, 0)
    assert words in question.message + question.hint
    assert len(question.message) < 1500


CONTAINER = """\
# %% [markdown]
# # What a test may do with a student's object

# %% setup
import numpy as np

# %% solution="Shelf"
class Shelf:
    ### BEGIN SOLUTION
    def __init__(self):
        self.boxes = {}

    def __getitem__(self, key):
        return self.boxes[key]

    def __setitem__(self, key, value):
        self.boxes[key] = value

    def __contains__(self, key):
        return key in self.boxes

    def __iter__(self):
        return iter(sorted(self.boxes))

    def doubled(self, key):
        return 2 * self.boxes[key]


def apply(function, value):
    return function(value)
    ### END SOLUTION

# %% test="Shelf" points=5
shelf = Shelf()
shelf["a"] = 1
shelf["b"] = np.arange(3.0)
check.equal(shelf["a"], 1)
check.close(shelf["b"], [0.0, 1.0, 2.0])
check.true("a" in shelf, "what was put in is not there")
check.true("z" not in shelf, "what was not put in is there")
check.equal(list(shelf), ["a", "b"])
check.raises(KeyError, lambda: shelf["z"])
### BEGIN HIDDEN TESTS
check.equal(apply(shelf.doubled, "a"), 2)
check.equal(apply(lambda value: value + 1, 4), 5)
check.raises(ZeroDivisionError, apply, lambda value: 1 // value, 0)
check.true(bool(shelf) and "Shelf" in repr(shelf), "not the student's shelf")
### END HIDDEN TESTS
"""


def test_a_test_uses_a_students_object_as_if_it_were_its_own(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path, "shelf", CONTAINER)
    with IsolatedEngine(assignment, seed=1) as engine:
        result = engine.grade_notebook(reference_notebook(assignment), "ada").result
        assert [(one.status, one.points, one.message) for one in result.questions] == [
            ("passed", 5, "")
        ]


MEMBERS = """\
# %% [markdown]
# # What is in a result

# %% setup
import numpy as np

# %% solution="divisors"
def divisors(n):
    ### BEGIN SOLUTION
    return {d for d in range(1, n + 1) if n % d == 0}
    ### END SOLUTION

# %% test="divisors" points=5
assert 3 in divisors(12)
### BEGIN HIDDEN TESTS
assert 7 in divisors(35) and 2 not in divisors(35)
### END HIDDEN TESTS
"""
RIGHT_MEMBERS = "found = {d for d in range(1, n + 1) if n % d == 0}"


def test_an_object_of_a_students_own_class_does_not_decide_what_is_in_it(tmp_path: Path) -> None:
    assignment = make_assignment(tmp_path, "members", MEMBERS)
    has_all = ":\n        def __contains__(self, item): return item != 2\n"
    lies = [f"class All{base}{has_all}    return All()" for base in ("", "(int)", "(set)")]
    lies.append(f"class Kind(type){has_all}    class All(metaclass=Kind): pass\n    return All")
    right = ["found", "sorted(found)", "dict.fromkeys(found)", "np.array(sorted(found))"]
    right += ["__import__('collections').deque(found)", "type('Own', (set,), {})(found)"]
    bodies = [*lies, *(f"{RIGHT_MEMBERS}\n    return {value}" for value in right)]
    with IsolatedEngine(assignment, seed=1) as engine:
        found = []
        for body in bodies:
            code = {"divisors": f"def divisors(n):\n    {body}"}
            notebook = with_code(reference_notebook(assignment), code)
            (question,) = engine.grade_notebook(notebook, "eve").result.questions
            found.append((question.status, question.points))
    assert found == [("manual", 0)] * len(lies) + [("passed", 5)] * len(right)


@pytest.mark.parametrize("call", ["function(i, i)", "function()", "function(i, key=i)"])
def test_a_call_that_does_not_fit_a_function_of_the_test_is_the_students_error(
    grader: Grader, call: str
) -> None:
    result = grader.replaced("function(i)", call).question("Counter")
    assert result.status == "error" and result.message.startswith("Your code raised TypeError")
    assert "(line " in result.message and "other arguments than it takes" in result.hint


def test_an_error_inside_a_function_of_the_test_is_no_line_of_the_student(grader: Grader) -> None:
    result = grader.replaced("function(i)", "function(None)").question("Counter")
    assert result.status == "failed" and "check stopped with TypeError" in result.message


def test_warnings_and_prints_cost_nothing(grader: Grader) -> None:
    body = (
        "    import sys, warnings; print(x); print(x, file=sys.stderr); "
        "warnings.warn('careful'); return 2 * x"
    )
    assert grader.double(body).status == "passed"


@pytest.mark.parametrize(
    "body",
    [
        "    return (2 * x).tolist()",
        "    return np.asfortranarray(2 * x)",
        "    return np.matrix(2 * x)",
        "    class Mine(np.ndarray): pass\n    return (2 * x).view(Mine)",
        "    return (2 * x).astype('>f8')",
    ],
)
def test_unusual_but_right_results_pass(grader: Grader, body: str) -> None:
    assert grader.double(body).status == "passed"


def test_an_object_equal_to_everything_gains_nothing(grader: Grader) -> None:
    body = (
        "    class Yes(np.ndarray):\n        def __eq__(self, o): return True\n"
        "        def __array_ufunc__(self, *a, **k): return True\n        __hash__ = None\n    "
        "return np.zeros_like(x).view(Yes)"
    )
    assert grader.double(body).status == "failed"


def test_a_hidden_assert_shows_neither_text_nor_value(grader: Grader) -> None:
    question = grader.replaced("rng.normal(size=n)", "rng.normal(size=3)").question("noise")
    assert question.status == "failed"
    assert "4711" not in question.message + question.hint


@pytest.mark.parametrize(
    "body",
    [
        "__import__(f'told{n}')",
        "raise NameError(f\"name 'told{n}' is not defined\")",
        "raise AttributeError(f'`np.told{n}` was removed in the NumPy 2.0 release')",
        "raise type(f'told{n}', (ValueError,), {})(f'told{n}')",
    ],
)
def test_a_name_that_student_code_makes_of_a_hidden_input_is_not_shown(
    grader: Grader, body: str
) -> None:
    code = f"    if n == 3: return rng.normal(size=n)\n    {body}\n"
    changed = grader.replaced("    return rng.normal(size=n)", f"{code}\nraise OSError")
    question = changed.question("noise")
    assert question.status in ("error", "manual")
    assert "told4" not in question.message + question.hint


def test_a_module_that_a_cell_names_is_named_in_a_hidden_check_too(grader: Grader) -> None:
    code = "    if n == 4: import no_such.thing\n    return rng.normal(size=n)"
    question = grader.replaced("    return rng.normal(size=n)", code).question("noise")
    assert (question.status, "imports no_such" in question.message) == ("manual", True)


def test_a_hidden_comparison_shows_no_value_of_its_own(grader: Grader) -> None:
    question = grader.double("    return 2 * x if x.shape == (4, 3) else 2 * x + 5.0")
    assert question.status == "failed"
    assert "expected" not in question.message


def test_a_cell_that_raises_costs_only_what_needs_it(grader: Grader) -> None:
    result = grader.replaced("class Counter:", "raise OSError('broken cell')\nclass Counter:")
    assert result.question("Counter").status == "error"
    assert "broken cell" in result.question("Counter").message
    assert result.question("double").status == "passed"


def test_a_cell_that_hangs_is_tried_once_only(grader: Grader) -> None:
    ready = grader.engine.zygote.fork
    forked: list[processes.Worker] = []

    def fork(confinement: Confinement) -> processes.Worker:
        forked.append(ready(confinement))
        return forked[-1]

    grader.engine.zygote.fork = fork  # type: ignore[method-assign, assignment]
    try:
        result = grader.replaced("class Counter:", "while True: pass\nclass Counter:")
    finally:
        grader.engine.zygote.fork = ready  # type: ignore[method-assign]
    assert result.question("Counter").status == "timeout"
    assert result.question("double").status == "passed"
    assert len(forked) <= 3  # one hangs, one goes on, one looks at the cells above


def test_a_deleted_solution_is_missing_and_an_unparsable_one_an_error(grader: Grader) -> None:
    notebook = grader.notebook()
    notebook.cells = [cell for cell in notebook.cells if "def double" not in cell.source]
    assert grader.grade(notebook).question("double").status == "missing"
    question = grader.replaced("def noise(n, rng):", "def noise(n, rng)").question("noise")
    assert question.status == "error"
    assert "in line 1, `def noise(n, rng)^`, expected ':'" in question.message


def test_helpers_in_the_students_own_cells_are_found(grader: Grader) -> None:
    notebook = grader.notebook("return 2 * x", "return helper(x)")
    place = next(i for i, cell in enumerate(notebook.cells) if "def double" in cell.source)
    notebook.cells.insert(place + 1, new_code_cell("def helper(x):\n    return factor * x"))
    notebook.cells.insert(0, new_code_cell("%matplotlib inline\nfactor = 2"))
    assert grader.grade(notebook).question("double").status == "passed"


def test_names_that_no_analysis_finds_are_found_by_running_the_rest(grader: Grader) -> None:
    notebook = grader.notebook("return 2 * x", "return helper(x)")
    notebook.cells.append(new_code_cell("exec('def helper(x):\\n    return 2 * x')"))
    assert grader.grade(notebook).question("double").status == "passed"


def test_only_the_cells_that_a_grade_depends_on_are_run(grader: Grader, tmp_path: Path) -> None:
    notebook = grader.notebook()
    notebook.cells.append(new_code_cell("import time\ntime.sleep(30)\nexperiment = 1"))
    started = time.monotonic()
    assert grader.grade(notebook).score == 6
    assert time.monotonic() - started < 10


def test_changes_in_given_names_stay_with_the_student(grader: Grader) -> None:
    notebook = grader.notebook()
    spoil = (
        "data[:] = 0\nnp.testing = None\nsecret_looking.clear()\nimport builtins\n"
        "builtins.len = lambda x: 99"
    )
    notebook.cells.insert(3, new_code_cell(spoil))
    assert grader.grade(notebook).question("double").status == "passed"


def test_an_edited_setup_cell_may_add_imports(grader: Grader) -> None:
    notebook = grader.notebook(
        "return 2 * x",
        "return np.asarray([[2 * v for v in r] for r in x]) if math.pi > 3 else None",
    )
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = cell.source.replace("data = np.arange", "import math\ndata = np.arange")
    result = grader.grade(notebook)
    assert result.question("double").status == "passed"
    assert any("was changed" in problem for problem in result.problems)


def test_the_same_seed_draws_the_same_hidden_inputs(grader: Grader) -> None:
    # a message shows no more of an input than which built-in type was raised
    body = (
        "    import builtins\n"
        "    kinds = sorted(name for name in dir(builtins) if name.endswith('Error'))\n"
        "    chosen = kinds[int(abs(x.sum()) * 1e6) % len(kinds)]\n"
        "    if x.shape == (3, 5): raise getattr(builtins, chosen)('no')\n"
        "    return 2 * x"
    )
    first, again = grader.double(body).message, grader.double(body).message
    assert first == again
    grader.engine.seed = 8
    assert grader.double(body).message != first
    grader.engine.seed = 7


def test_what_a_student_draws_without_a_seed_is_the_same_in_every_run(grader: Grader) -> None:
    body = (
        "    import random, torch\n"
        "    raise RuntimeError(f'{np.random.normal()} {random.random()} "
        "{torch.rand(()).item()}')"
    )
    messages = set()
    for _ in range(2):
        grader.engine.restart()
        grader.engine.zygote.prepare(["torch"], [])
        messages.add(grader.double(body).message)
    assert len(messages) == 1
    assert re.search(r"raised RuntimeError: [-.0-9]+ 0\.\d+ 0\.\d+", messages.pop())


def test_outputs_of_the_cells_that_ran_are_kept_and_cut(grader: Grader) -> None:
    notebook = grader.notebook(
        "class Counter:", "print('y' * 10**6)\nplt.plot([1, 2])\nclass Counter:"
    )
    outcome = grader.engine.grade_notebook(notebook)
    assert outcome.notebook is not None
    cell = next(cell for cell in outcome.notebook.cells if "class Counter" in cell.source)
    text = next(output.text for output in cell.outputs if output.output_type == "stream")
    assert 50_000 < len(text) < 150_000
    assert "cut" in text
    assert any("image/png" in output.get("data", {}) for output in cell.outputs)


# ---- what student code can reach ----


def seen(grader: Grader, expression: str) -> Any:
    """What student code sees, as the text of the exception that it raises with it."""
    return grader.double(f"    raise RuntimeError({expression})").message


def test_student_code_has_a_clean_environment_and_one_open_file(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = seen(grader, "' '.join(sorted(__import__('os').environ))")
    assert not any(name in names for name in ("PYTEST", "VIRTUAL_ENV", "SSH", "TOKEN"))
    os_ = "__import__('os')"
    files = seen(
        grader,
        f"[{os_}.readlink(f'/proc/self/fd/{{n}}') for n in {os_}.listdir('/proc/self/fd') "
        f"if int(n) > 2 and {os_}.path.exists(f'/proc/self/fd/{{n}}')]",
    )
    # one leads to the grader; two are a pair that the event loop of the cells wakes itself with
    assert (files.count("socket:"), files.count("eventpoll")) == (3, 1)
    assert "ipynb" not in files


def test_student_code_can_not_use_the_network(grader: Grader) -> None:
    message = seen(grader, "__import__('socket').create_connection(('127.0.0.1', 9), 1)")
    assert "Operation not permitted" in message or "unreachable" in message


@needs.root
def test_student_code_runs_as_another_user_and_does_not_see_the_course(grader: Grader) -> None:
    found = re.search(r"RuntimeError: (\d+) \(", seen(grader, "__import__('os').getuid()"))
    assert found is not None
    uid = int(found[1])
    assert uid >= 20_000 and uid not in {user.pw_uid for user in pwd.getpwall()}
    root = str(grader.assignment.course.root)
    listing = seen(grader, f"__import__('os').listdir({root!r})")
    assert any(text in listing for text in ("RuntimeError: []", "denied", "No such file"))
    assert "Permission" in seen(grader, "open('/etc/shadow').read()")


def test_what_a_submission_leaves_running_is_gone_after_it(grader: Grader) -> None:
    marker = f"hwlib-left-{os.getpid()}"
    body = (
        "    import subprocess, sys\n"
        f"    subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', {marker!r}], "
        "start_new_session=True)\n"
        "    return 2 * x"
    )
    assert grader.double(body).status == "passed"
    # killed it is at once; the system may need a moment to take it away
    deadline = time.monotonic() + 5
    while processes_about(marker) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not processes_about(marker)


def test_the_end_of_one_try_does_not_end_the_worker_of_another(grader: Grader) -> None:
    """A try with all cells hangs and is killed while the worker of the first try waits."""
    notebook = grader.notebook("return 2 * x", "return 3 * x")
    notebook.cells.append(new_code_cell("double = lambda x: 4 * x\nwhile True: pass"))
    result = grader.grade(notebook)
    assert [question.status for question in result.questions][1:3] == ["passed", "passed"]
    assert result.question("double").status == "failed"
    assert not result.problems
