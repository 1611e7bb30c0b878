"""An object of a student's does not decide a question, and nothing of it runs in the grader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import needs
import pytest
from asked_of_both import asked, make_class, verdicts
from courses import make_assignment, with_code

from hwlib.grading.engines.isolated import IsolatedEngine
from hwlib.grading.proof.variants import reference_notebook
from hwlib.grading.results import SubmissionResult

pytestmark = needs.linux

SETUP = """\
from dataclasses import dataclass
from pathlib import Path
import numpy as np

@dataclass
class Place:
    x: int
    y: int

def read_file(path):
    content = open(path, "rb").read()
    return 5 if content == b"5" else __import__("pickle").loads(content) and 5

def run_file(path):
    text = Path(path).read_text()
    if text != "5":
        exec(text)
    return 5

class Few:
    def __aiter__(self):
        self.items = [5]
        return self
    async def __anext__(self):
        if not self.items:
            raise StopAsyncIteration
        return self.items.pop()

def runs(f):
    try:
        f()
    except Exception:
        pass
"""
ANYTHING = """\
class Anything:
    def __init__(self, *args):
        pass
    def answer(self, *args):
        return self
    def zero(self, *args):
        return 0.0
    def true(self, *args):
        return True
    __sub__ = __rsub__ = __mod__ = __truediv__ = __rtruediv__ = __xor__ = zero
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = true
    __ne__ = lambda self, other: False
    __abs__ = __neg__ = __add__ = __radd__ = __mul__ = __rmul__ = __pow__ = __getitem__ = answer
    __enter__ = answer
    __hash__ = lambda self: hash(5)
    def __exit__(self, *args):
        return True

class Leaves:
    async def __aenter__(self):
        return self
    async def __aexit__(self, *args):
        return True

class Endless:
    def __aiter__(self):
        return self
    async def __anext__(self):
        return 5
"""


@dataclass(frozen=True)
class Attack:
    """A question, and code that wants its point without an answer."""

    name: str
    right: str
    test: str
    wrong: str
    status: tuple[str, ...] = ("manual",)


def attack(
    name: str, test: str, right: str = "5", wrong: str = "Anything()", *status: str
) -> Attack:
    """An attack on a function of no arguments, `{name}`."""
    code = f"def {name}():\n    return {right}\n"
    evil = ANYTHING + f"def {name}():\n    return {wrong}\n"
    return Attack(name, code, test, evil, status or ("manual",))


ATTACKS = (
    attack("equals", "assert equals() == 5"),
    attack("equalled", "assert 5 == equalled()"),
    attack("not_unequal", "assert not (not_unequal() != 5)"),
    attack("smaller", "assert smaller() < 6 and smaller() > 4"),
    attack("difference", "assert abs(difference() - 5) < 1e-6"),
    attack("reflected", "assert abs(5 - reflected()) < 1e-6"),
    attack("ratio", "assert ratio() / 5 == 1"),
    attack("of_an_array", "assert np.abs(np.array([5.0]) - of_an_array()).max() < 1e-6"),
    attack("close", "check.close(close(), 5)", "5", "Anything()", "failed"),
    attack("in_a_list", "assert in_a_list() in [5]"),
    attack("in_a_dict", "assert {5: True}[in_a_dict()]"),
    attack("in_a_tuple", "assert (in_a_tuple(), 1) == (5, 1)"),
    attack(
        "swallows",
        "with swallows() as x:\n    assert str(x) == '5'\n",
        "__import__('contextlib').nullcontext(5)",
        "Anything()",
    ),
    attack(
        "caught",
        "try:\n    assert caught() == 5\nexcept Exception:\n    pass",
    ),
    attack(
        "place", "assert place() == Place(1, 2)", "Place(1, 2)", "Place(Anything(), Anything())"
    ),
    attack(
        "patched_place",
        "assert patched_place() == Place(1, 2)",
        "Place(1, 2)",
        "setattr(Place, '__eq__', lambda *_: True) or Place(3, 4)",
        "failed",
    ),
    attack(
        "leaves",
        "try:\n    leaves()\nexcept ValueError:\n    pass\nelse:\n    assert 1 == 2",
        "int('x')",
        "__import__('sys').exit(0)",
        "error",
        "crashed",
    ),
    attack(
        "interrupts",
        "runs(interrupts)\nassert interrupts() == 5",
        "5",
        "(_ for _ in ()).throw(KeyboardInterrupt)",
        "error",
    ),
    attack(
        "cannot",
        "assert cannot() == 5",
        "5",
        "(_ for _ in ()).throw(__import__('hwlib').errors.CannotCheck('I can not'))",
        "error",
    ),
    attack(
        "missing",
        "assert missing()['x'] == 5",
        "type('D', (dict,), {'__missing__': lambda self, key: 5})()",
        "type('D', (dict,), {'__missing__': lambda self, key: Anything()})()",
    ),
    attack(
        "first_default",
        "import dataclasses\nassert dataclasses.fields(first_default())[0].default == 5",
        "__import__('dataclasses').make_dataclass('D', [('x', int, 5)])",
        "__import__('dataclasses').make_dataclass('D', [('x', int, Anything())])",
    ),
    attack("hint", "assert hint() == list[int]", "list[int]", "list[Anything()]"),
    attack("hints", "assert hints() == (int | None)", "int | None", "Anything | None", "failed"),
    attack(
        "ends_a_loop",
        "assert all(map(lambda _: ends_a_loop() == 5, range(3)))",
        "5",
        "next(iter(()))",
        "error",
    ),
    attack(
        "ends_two_loops",
        "for found in map(lambda _: ends_two_loops(), [1, 2]):\n    assert found == 5",
        "5",
        "(_ for _ in ()).throw(type('Stop', (StopIteration,), {}))",
        "error",
    ),
    attack(
        "stops_when_asked",
        "try:\n    stops_when_asked()\nexcept StopIteration:\n    pass\nelse:\n    assert 1 == 2",
        "next(iter(()))",
        "5",
        "failed",
    ),
    attack(
        "asynchronous",
        "import asyncio\nasync def run():\n"
        "    async with asynchronous() as x:\n        assert str(x) == '5'\nasyncio.run(run())",
        "__import__('contextlib').nullcontext(5)",
        "Leaves()",
    ),
    attack(
        "endless",
        "import asyncio\nasync def run():\n    return [x async for x in endless()]\n"
        "assert asyncio.run(run()) == [5]",
        "Few()",
        "Endless()",
        "error",
        "crashed",
        "timeout",
    ),
    attack(
        "prints",
        "from unittest import mock\nwith mock.patch('builtins.print') as printed:\n"
        "    prints()\nprinted.assert_called_once_with(5)",
        "print(5)",
        "print(Anything())",
    ),
    attack(
        "keeps_a_patch",
        "import math\nbefore, math.pi = math.pi, 3\nfound = keeps_a_patch()\nmath.pi = before\n"
        "assert found == 3 and math.pi > 3",
        "__import__('math').pi",
        "setattr(__import__('math'), 'pi', 5)",
        "failed",
    ),
    attack(
        "masked_all",
        "np.testing.assert_array_equal(masked_all(), [5.0])",
        "np.array([5.0])",
        "np.ma.array([4.0], mask=True)",
        "failed",
    ),
    attack(
        "derived",
        "x = derived()\nassert x[0] == 5 and (not hasattr(x, 'fits') or x.fits())",
        "np.array([5])",
        "np.array([5]).view(type('Mine', (np.ndarray,), {'fits': lambda self: True}))",
    ),
    attack(
        "doubles",
        "assert doubles() == [[5], [5]]",
        "[[5]] * 2",
        "__import__('functools').reduce(lambda x, _: [x, x], range(60), [5])",
        "manual",
    ),
    attack("long_range", "assert sum(long_range()) == 3", "range(3)", "range(10**15)", "manual"),
    attack(
        "large_index",
        "assert len(large_index()) == 5",
        "[0] * 5",
        "__import__('decimal').Decimal('1e999999')",
        "manual",
    ),
    # what an object says of itself must fit together
    attack(
        "lengths",
        "x = lengths()\nassert len(x) == 1 and sum(x) == 5",
        "[5]",
        "type('L', (list,), {'__len__': lambda self: 1})([2, 3])",
    ),
    attack(
        "array_and_length",
        "x = array_and_length()\nassert np.asarray(x).sum() == 5 and len(x) == 1",
        "[5]",
        "type('A', (), {'__len__': lambda _: 1, '__array__': lambda *_, **__: np.array([2, 3])})()",
    ),
    *(
        attack(
            f"{name}_of_{base}",
            f"x = {name}_of_{base}()\nassert {read} > 3 and {read} < 6",
            right,
            f"type('Each', ({base},), {{'says': __import__('itertools').cycle((7, 2)), "
            f"'__{name}__': lambda self, *_, **__: {kind}(next(self.says))}})({made})",
        )
        for name, base, read, right, kind, made in (
            ("array", "object", "np.asarray(x)", "5", "np.array", ""),
            ("float", "object", "float(x)", "5", "float", ""),
            ("float", "float", "float(x)", "5.0", "float", "0"),
            ("int", "object", "int(x)", "5", "int", ""),
            ("len", "object", "len(x)", "[0] * 5", "int", ""),
            ("getitem", "object", "x['a']", "{'a': 5}", "int", ""),
            ("getitem", "dict", "x['a']", "{'a': 5}", "int", "{'a': 5}"),
            ("missing", "dict", "x['a']", "{'a': 5}", "int", ""),
        )
    ),
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SubmissionResult, ...]]:
    cells = [f"# %% [markdown]\n# # Attacks\n# One each.\n\n# %% setup\n{SETUP}"]
    for one in ATTACKS:
        region = f"### BEGIN SOLUTION\n{one.right}### END SOLUTION\n"
        cells.append(f'# %% solution="{one.name}"\n{region}')
        cells.append(f'# %% test="{one.name}" points=1\n{one.test}\n')
    toml = (
        f'title = "Attacks"\npoints = {len(ATTACKS)}\nminutes = 1\n'
        "[limits]\nquestion_s = 10.0\nsubmission_s = 300.0\nmemory_mb = 2048\n"
    )
    root: Path = tmp_path_factory.mktemp("attacks")
    assignment = make_assignment(root, "attacks", "\n".join(cells), toml)
    right = reference_notebook(assignment)
    wrong = with_code(right, {one.name: one.wrong for one in ATTACKS})
    with IsolatedEngine(assignment, seed=7) as engine:
        yield (
            engine.grade_notebook(right, "right").result,
            engine.grade_notebook(wrong, "wrong").result,
        )


@pytest.mark.parametrize("one", ATTACKS, ids=lambda one: one.name)
def test_an_honest_answer_gets_its_point(
    one: Attack, graded: tuple[SubmissionResult, SubmissionResult]
) -> None:
    question = graded[0].question(one.name)
    assert question.status == "passed", question.message


@pytest.mark.parametrize("one", ATTACKS, ids=lambda one: one.name)
def test_a_hostile_object_gets_no_point(
    one: Attack, graded: tuple[SubmissionResult, SubmissionResult]
) -> None:
    question = graded[1].question(one.name)
    assert question.points == 0
    assert question.status in one.status, question.message


# ---- methods that say that all is well -----------------------------------------------------------

SAYS_SO = asked(
    "words",
    "def words():\n    return 'a word'",
    "assert words().startswith('a')",
    method="class Yes:\n    def startswith(self, text):\n        return True",
    attribute="class Yes:\n    def __init__(self):\n        self.startswith = lambda text: True",
    getattr="class Yes:\n    def __getattr__(self, name):\n        return lambda text: True",
    callable="class It:\n    def __call__(self, text):\n        return True\n\n"
    "class Yes:\n    startswith = It()",
    numpy="class Yes:\n    def startswith(self, text):\n        return np.True_",
    module="class Yes:\n    __module__ = 'types'\n    def startswith(self, text):\n"
    "        return True",
    library="class Yes:\n    __module__, __qualname__ = 'collections', 'Counter'\n"
    "    def startswith(self, text):\n        return True",
)
EMPTY = asked(
    "Stack",
    "class Stack:\n    def is_empty(self):\n        return True\n\ndef made():\n    return Stack()",
    "assert Stack().is_empty() and made().is_empty()",
    alias="class Mine:\n    def is_empty(self):\n        return True\n\n"
    "Stack = Mine\n\ndef made():\n    return Mine()",
    derived="class Base:\n    def is_empty(self):\n        return True\n\n"
    "class Stack(Base):\n    pass\n\nclass More(Stack):\n    pass\n\n"
    "def made():\n    return More()",
)


def test_a_method_is_believed_only_of_classes_that_the_course_asks_for(tmp_path: Path) -> None:
    returns = "def words():\n    return Yes()\n"
    hostile = {who: f"{code}\n\n{returns}" for who, code in SAYS_SO.codes.items()}
    students = ("reference", *hostile, *EMPTY.codes)
    questions = (replace(SAYS_SO, codes=hostile), EMPTY)
    found = verdicts(make_class(tmp_path, "import numpy as np", questions, students), "isolated")
    assert {who: one["words"] for who, one in found.items()} == {
        who: "manual" if who in hostile else "passed" for who in students
    }
    assert {one["Stack"] for one in found.values()} == {"passed"}
