"""Wrong and unusual right solutions: what their files must say, and how they are spliced into the
reference.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from courses import MakeCourse

from hwlib.errors import AuthoringError, CourseError
from hwlib.grading import Assignment, build
from hwlib.grading.authoring.variants import _also, _frequency, _settings
from hwlib.grading.authoring.written import Variant
from hwlib.grading.proof.variants import load_variants, reference_notebook, variant_notebook

NOTEBOOK = '''\
# %% setup
import functools

# %% solution="KNN"
%matplotlib inline
class KNN:
    """Nearest neighbours."""

    def train(self, X):   # given
        self.X = X

    @property
    def size(self):
        ### BEGIN SOLUTION
        return len(self.X)
        ### END SOLUTION

    @functools.cache
    def predict(
            self, k=1):
        ### BEGIN SOLUTION
        text = """a
  b"""
        return [x * k for x in self.X], text
        ### END SOLUTION

# %% solution="later"
async def later(x):
    ### BEGIN SOLUTION
    return x + 1
    ### END SOLUTION
low, high = 1, 2
### BEGIN SOLUTION
best = max(low, high)   # the best
answers = {}
answers["x1"] = best * 3
for key in ("x2", "x3"):
    answers[key] = best + 10
### END SOLUTION

# %% test="KNN" points=2
assert KNN
# %% test="later" points=2
assert later
# %% [markdown] answer="why" points=1
# Why?
# ### BEGIN SOLUTION
# Because of the nearest ones.
# ### END SOLUTION
'''


@pytest.fixture
def small(course: MakeCourse) -> Assignment:
    assignment = course(notebook_text=NOTEBOOK).assignment("small")
    build(assignment)
    return assignment


def write(
    assignment: Assignment, replaces: str, body: str, kind: str = "right", more: str = ""
) -> Path:
    folder = assignment.folder / kind
    folder.mkdir(exist_ok=True)
    path = folder / "try.py"
    path.write_text(f'"""Why not."""\nREPLACES = {replaces}\n{more}{body}', encoding="utf-8")
    return path


def spliced(assignment: Assignment, replaces: str, body: str) -> tuple[str, str]:
    """The two solution cells with a variant in them."""
    write(assignment, replaces, body)
    (variant,) = load_variants(assignment)
    sources = {
        cell.metadata["hwlib"]["name"]: cell.source
        for cell in variant_notebook(assignment, variant).cells
        if cell.metadata["hwlib"]["role"] == "solution"
    }
    return sources["KNN"], sources["later"]


def reference(assignment: Assignment) -> tuple[str, str]:
    first, second = (
        cell.source
        for cell in reference_notebook(assignment).cells
        if cell.metadata["hwlib"]["role"] == "solution"
    )
    return first, second


# ---- the reference ----


def test_the_reference_is_the_release_with_solutions_and_answers_filled_in(
    small: Assignment,
) -> None:
    notebook = reference_notebook(small)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "return len(self.X)" in text
    for gone in (
        "BEGIN",
        "END SOLUTION",
        "NotImplementedError",
        "YOUR ANSWER HERE",
        "nearest ones",
    ):
        assert gone not in text
    assert notebook.cells[-2].source == "Why?\nThe reference's answer to why."
    assert all(
        "checksum" in cell.metadata["nbgrader"]
        for cell in notebook.cells
        if cell.metadata["hwlib"]["role"] == "test"
    )


def test_without_a_build_there_is_no_reference(course: MakeCourse) -> None:
    with pytest.raises(CourseError, match="run `hw build small` first"):
        reference_notebook(course().assignment("small"))


# ---- splicing ----


def test_a_method_is_replaced_with_its_decorators_and_nothing_else_changes(
    small: Assignment,
) -> None:
    old, other = reference(small)
    body = (
        'def predict(self, k=1):\n    """Two\n  lines."""\n    return self.X, """kept\n'
        'as it is"""\n'
    )
    new, unchanged = spliced(small, '"KNN.predict"', body)
    start, end = (
        old.index("    @functools.cache"),
        old.index("self.X], text") + len("self.X], text"),
    )
    assert (
        new
        == old[:start]
        + (
            '    def predict(self, k=1):\n        """Two\n  lines."""\n'
            '        return self.X, """kept\nas it is"""'
        )
        + old[end:]
    )
    assert unchanged == other


def test_a_property_keeps_the_decorator_that_the_variant_gives_it(small: Assignment) -> None:
    new, _ = spliced(small, '"KNN.size"', "@property\ndef size(self):\n    return 0\n")
    assert "    @property\n    def size(self):\n        return 0\n\n    @functools.cache" in new


def test_an_async_function_is_replaced(small: Assignment) -> None:
    _, new = spliced(small, '"later"', "async def later(x):\n    return x\n")
    assert new.startswith("async def later(x):\n    return x\nlow, high = 1, 2\n")


def test_a_class_is_replaced_as_a_whole_below_the_magic(small: Assignment) -> None:
    new, _ = spliced(small, '"KNN"', "class KNN:\n    pass\n")
    assert new == "%matplotlib inline\nclass KNN:\n    pass"


def test_imports_helpers_and_constants_go_in_front(small: Assignment) -> None:
    body = (
        "import math\nSCALE = 2\n\ndef helper(x):\n    return math.pi * SCALE\n\n"
        "# the comment\ndef size(self):\n    return helper(self)\n"
    )
    new, _ = spliced(small, '"KNN.size"', body)
    assert new.startswith(
        "import math\nSCALE = 2\ndef helper(x):\n    return math.pi * SCALE\n\n\n%matplotlib "
        "inline\nclass KNN:"
    )
    assert "\n    # the comment\n    def size(self):\n        return helper(self)\n" in new
    assert new.count("import math") == 1


def test_several_names_in_several_cells(small: Assignment) -> None:
    first, second = spliced(
        small,
        '("KNN.size", "KNN.predict", "later")',
        "def later(x): return 1\ndef predict(self, k): return 2\ndef size(self): return 3\n",
    )
    assert "    def size(self): return 3\n\n    def predict(self, k): return 2" in first
    assert second.startswith("def later(x): return 1\nlow")


def values(source: str) -> dict[str, object]:
    namespace: dict[str, object] = {}
    exec(compile(source, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), namespace)
    return namespace


def test_a_variable_is_replaced_in_place_so_that_what_follows_uses_it(small: Assignment) -> None:
    _, new = spliced(small, '"best"', "best = 100\n")
    assert "best = 100\nanswers = {}" in new
    assert values(new)["answers"] == {"x1": 300, "x2": 110, "x3": 110}


def test_one_of_two_variables_of_a_line_leaves_the_other(small: Assignment) -> None:
    _, new = spliced(small, '"low"', "low = 7\n")
    assert (values(new)["low"], values(new)["high"], values(new)["best"]) == (7, 2, 7)


def test_a_dict_that_several_statements_fill_ends_as_the_variant_says(small: Assignment) -> None:
    _, new = spliced(
        small,
        '"answers"',
        'import math\nanswers = {"x1": 1}\nhalf = answers["x1"] / 2\nanswers["x2"] = half\n',
    )
    assert values(new)["answers"] == {"x1": 1, "x2": 0.5}


@pytest.mark.parametrize(
    "name", ["KNN", "KNN.train", "KNN.size", "KNN.predict", "later", "low", "best", "answers"]
)
def test_splicing_a_definition_into_its_own_place_changes_nothing_that_counts(
    small: Assignment, name: str
) -> None:
    old = "import functools\n" + "\n".join(reference(small)).replace("%matplotlib inline\n", "")
    nodes = [
        inner
        for node in ast.parse(old).body
        for inner in (node, *(node.body if isinstance(node, ast.ClassDef) else []))
    ]
    short = name.rpartition(".")[2]
    whole = [node for node in nodes if getattr(node, "name", "") == short]
    body = ast.unparse(whole[0]) if whole else f"{short} = {values(old)[short]!r}"
    new = "import functools\n" + "\n".join(spliced(small, repr(name), body + "\n")).replace(
        "%matplotlib inline\n", ""
    )
    if whole:
        assert ast.dump(ast.parse(new)) == ast.dump(ast.parse(old))
    else:
        assert values(new)[short] == values(old)[short]


# ---- faults ----

WRONG = 'FAILS = ["KNN"]\nHINT = "the hint"\n'
BODY = "def size(self): return 0\n"


def test_a_wrong_solution_says_what_it_loses_and_what_the_student_reads(small: Assignment) -> None:
    path = write(small, '"KNN.size"', BODY, "wrong", WRONG)
    write(small, '"KNN.size"', BODY)
    wrong, right = load_variants(small)
    assert (
        wrong.kind,
        wrong.name,
        wrong.reason,
        wrong.replaces,
        wrong.fails,
        wrong.hint,
        wrong.path,
    ) == ("wrong", "try", "Why not.", ("KNN.size",), ("KNN",), "the hint", path)
    assert wrong.source == path.read_text(encoding="utf-8")
    assert (right.kind, right.fails, right.hint) == ("right", (), "")


FAULTS = {
    "REPLACES missing": ("wrong", f'"""Why."""\n{WRONG}{BODY}', "REPLACES is missing"),
    "REPLACES of nothing": (
        "right",
        f'"""Why."""\nREPLACES = ()\n{BODY}',
        ":2: REPLACES is missing or empty",
    ),
    "REPLACES that is computed": (
        "right",
        f'"""Why."""\nREPLACES = "K" + x\n{BODY}',
        ":2: REPLACES must be a plain string",
    ),
    "FAILS missing": (
        "wrong",
        f'"""Why."""\nREPLACES = "KNN.size"\nHINT = "h"\n{BODY}',
        "FAILS is missing",
    ),
    "FAILS empty": (
        "wrong",
        f'"""Why."""\nREPLACES = "KNN.size"\nFAILS = []\nHINT = "h"\n{BODY}',
        ":3: FAILS is missing or empty",
    ),
    "HINT missing": (
        "wrong",
        f'"""Why."""\nREPLACES = "KNN.size"\nFAILS = ["KNN"]\n{BODY}',
        "HINT is missing",
    ),
    "HINT empty": (
        "wrong",
        f'"""Why."""\nREPLACES = "KNN.size"\nFAILS = ["KNN"]\nHINT = " "\n{BODY}',
        ":4: HINT is missing or empty",
    ),
    "no docstring": ("right", f'REPLACES = "KNN.size"\n{BODY}', ":1: no docstring"),
    "an unknown question": (
        "wrong",
        f'"""W."""\nREPLACES = "KNN.size"\nFAILS = ["KN"]\nHINT = "h"\n{BODY}',
        ":3: FAILS has 'KN', but there is no autograded question of that name; use one of: KNN",
    ),
    "a question graded by hand": (
        "wrong",
        f'"""W."""\nREPLACES = "KNN.size"\nFAILS = ["why"]\nHINT = "h"\n{BODY}',
        "no autograded",
    ),
    "FAILS in right/": (
        "right",
        f'"""Why."""\nREPLACES = "KNN.size"\nFAILS = ["KNN"]\n{BODY}',
        ":3: a solution in right/ must lose no points, so it cannot have FAILS",
    ),
    "a name that no solution defines": (
        "right",
        '"""Why."""\nREPLACES = "KNN.sizes"\ndef sizes(self): pass\n',
        ":2: REPLACES has 'KNN.sizes', but no solution cell of source/ defines it",
    ),
    "a local variable": ("right", '"""Why."""\nREPLACES = "text"\ntext = 1\n', "no solution cell"),
    "a definition that the file lacks": (
        "right",
        '"""Why."""\nREPLACES = "KNN.size"\ndef length(self): pass\n',
        "defines no 'size'",
    ),
    "two names that end alike": (
        "right",
        '"""Why."""\nREPLACES = ("KNN.size", "size")\ndef size(self): pass\n',
        "have the same last part",
    ),
    "a syntax error": (
        "right",
        '"""Why."""\nREPLACES = "KNN.size"\ndef size(self: pass\n',
        ":3: not valid Python",
    ),
}


@pytest.mark.parametrize(("kind", "text", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_variant_stops_with_file_and_words(
    small: Assignment, kind: str, text: str, words: str
) -> None:
    (small.folder / kind).mkdir()
    (small.folder / kind / "try.py").write_text(text, encoding="utf-8")
    with pytest.raises(AuthoringError) as caught:
        load_variants(small)
    assert str(caught.value).startswith(f"small/{kind}/try.py:")
    assert words in str(caught.value)


def test_a_definition_that_shares_its_line_is_refused(course: MakeCourse) -> None:
    text = (
        '# %% solution="x"\n### BEGIN SOLUTION\nx = 1; y = 2\n### END SOLUTION\n'
        '# %% test="x" points=5\nassert x\n'
    )
    shared = course(notebook_text=text).assignment("small")
    build(shared)
    write(shared, '"x"', "x = 3\n")
    with pytest.raises(AuthoringError, match="on one line of source/ with another statement"):
        load_variants(shared)


def test_a_base_rate_is_a_number_of_how_many(tmp_path: Path) -> None:
    def read(frequency: str) -> str:
        return _frequency(tmp_path / "w.py", _settings(ast.parse(f"FREQUENCY = {frequency}")))

    assert read("'3 of 14 public solutions'") == "3 of 14 public solutions"
    assert _frequency(tmp_path / "w.py", {}) == ""
    for wrong in ("'often'", "3", "'15 of 14 public solutions'", "'3 of 14'"):
        with pytest.raises(AuthoringError, match="say how often this was seen"):
            read(wrong)


def test_a_reason_in_also_is_about_something_that_the_file_loses(tmp_path: Path) -> None:
    def read(also: str) -> dict[str, str]:
        settings = _settings(ast.parse(f"ALSO = {also}"))
        return _also(tmp_path / "w.py", settings, ["loss", "train/the steps"])

    assert read("{'train/the steps': 'nothing is trained'}") == {
        "train/the steps": "nothing is trained"
    }
    assert _also(tmp_path / "w.py", {}, ["loss"]) == {}
    with pytest.raises(AuthoringError, match="'train', which is not in FAILS; use one of: loss"):
        read("{'train': 'nothing is trained'}")
    for wrong in ("'train'", "{'loss': ''}", "{'loss': 3}"):
        with pytest.raises(AuthoringError, match="ALSO must be a dict of reasons"):
            read(wrong)


@pytest.mark.parametrize(
    ("replaces", "fails", "also", "twice"),
    [
        ((), ("loss",), (), ()),
        ((), ("loss", "train"), (), ("train",)),
        ((), ("loss", "train"), ("train",), ()),
        (("loss", "Net.train"), ("loss", "train"), (), ()),
        (("Net.train",), ("train/steps", "train/losses"), (), ("train/losses",)),
        (("Net.loss", "Net.train"), ("loss-value", "loss-slopes", "train"), (), ("loss-slopes",)),
        (("both",), ("loss", "train", "tune"), ("tune",), ("train",)),
    ],
)
def test_one_slip_costs_one_question_or_part_unless_the_file_says_why(
    replaces: tuple[str, ...], fails: tuple[str, ...], also: tuple[str, ...], twice: tuple[str, ...]
) -> None:
    reasons = dict.fromkeys(also, "it says why")
    one = Variant("wrong", "w", "", replaces, fails, "h", "", Path("w.py"), also=reasons)
    assert one.paid_twice == twice
