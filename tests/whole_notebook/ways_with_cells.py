"""Ways with cells: own ones, split, moved, edited, damaged ones, and names that change between."""

from __future__ import annotations

import copy

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from whole_course import CATCHES, PLAIN, cell_with, cells_of, way

__all__ = ["WAYS"]

WRONG_SHARE = "def share(values, limit):\n    return -1\n"
# the analysis can't see that the solution needs the own cell: all cells above are run
ALL_CELLS_ABOVE = (("above primes", "globals()['l' + 'ast'] = len(np.ones(13))"),)
BODY = "    return above(values, limit) / len(values)\n"
HIDDEN_NEED = "primes = [2, 3, 5, 7, 11, globals()['last']]"


def _own_cells_everywhere(notebook: NotebookNode) -> None:
    cells = []
    for number, cell in enumerate(notebook.cells):
        cells += [
            new_markdown_cell(f"Note {number}"),
            new_code_cell(f"note_{number} = {number}\nnote_{number}"),
            cell,
        ]
    notebook.cells = [
        new_raw_cell("raw"),
        new_code_cell(""),
        new_code_cell("  \n\n"),
        *cells,
        new_code_cell("# only a comment"),
    ]


def _prose_into_code(notebook: NotebookNode) -> None:
    cell = cell_with(notebook, "Some notes")
    cell.cell_type = "code"
    cell.source = "def counted(values, limit):\n    return len([v for v in values if v > limit])"
    cell.outputs, cell.execution_count = [], None


def _stripped(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = NotebookNode()


def _as_colab_writes(notebook: NotebookNode) -> None:
    notebook.metadata["colab"] = {"provenance": [], "toc_visible": True}
    notebook.metadata["accelerator"] = "GPU"
    for number, cell in enumerate(notebook.cells):
        kept = {"nbgrader": cell.metadata["nbgrader"]} if "nbgrader" in cell.metadata else {}
        cell.metadata = NotebookNode({"id": f"Xy{number}", "outputId": f"o{number}", **kept})
        cell["id"] = f"Xy{number}"


def _solution_twice(notebook: NotebookNode) -> None:
    place = notebook.cells.index(cell_with(notebook, "def share"))
    again = copy.deepcopy(notebook.cells[place])
    again["id"] = "copy-of-it"
    notebook.cells[place].source = WRONG_SHARE
    notebook.cells.insert(place + 1, again)


def _solution_written_anew(notebook: NotebookNode) -> None:
    place = notebook.cells.index(cell_with(notebook, "def share"))
    notebook.cells[place] = new_code_cell(PLAIN["share"])


def _questions_in_another_order(notebook: NotebookNode) -> None:
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    start, end = ids.index("solution-primes"), ids.index("test-primes") + 1
    moved = notebook.cells[start:end]
    del notebook.cells[start:end]
    place = ids.index("solution-share")
    notebook.cells[place:place] = moved


def _another_order_and_a_helper_between(notebook: NotebookNode) -> None:
    _questions_in_another_order(notebook)
    place = notebook.cells.index(cell_with(notebook, "def share"))
    notebook.cells.insert(
        place, new_code_cell("def counted(v, limit):\n    return above(v, limit)")
    )


def _given_cells_deleted(notebook: NotebookNode) -> None:
    kept = [
        cell
        for cell in notebook.cells
        if cell not in cells_of(notebook, "setup", "test", "prose", "code", "submit")
    ]
    notebook.cells = [new_code_cell(cell_with(notebook, "def above").source), *kept]


def _solutions_merged_with_their_tests(notebook: NotebookNode) -> None:
    merged: list[NotebookNode] = []
    for cell in notebook.cells:
        if cell in cells_of(notebook, "test") and merged[-1] in cells_of(notebook, "solution"):
            merged[-1].source += f"\n\n{cell.source}"
        else:
            merged.append(cell)
    notebook.cells = merged


def _setup_merged_with_what_follows(notebook: NotebookNode) -> None:
    setup, given, share = (
        cell_with(notebook, text) for text in ("import time", "def above", "def share")
    )
    setup.source = f"{setup.source}\n\n{given.source}\n\n{share.source}"
    notebook.cells.remove(given)
    notebook.cells.remove(share)


def _typed_into_the_test(notebook: NotebookNode) -> None:
    cell = cell_with(notebook, "half = share")
    cell.source = f"def counted(values, limit):\n    return above(values, limit)\n\n{cell.source}"


def _solution_typed_into_the_test(notebook: NotebookNode) -> None:
    cell = cell_with(notebook, "half = share")
    cell.source = f"{PLAIN['share']}\n{cell.source}\nprint(share([1], 0))"


def _another_kernel(notebook: NotebookNode) -> None:
    notebook.metadata["kernelspec"] = {"name": "my-env", "display_name": "R", "language": "R"}
    notebook.metadata["language_info"] = {"name": "R", "version": "4"}


def _tags_and_outputs(notebook: NotebookNode) -> None:
    cell = cell_with(notebook, "def share")
    cell.source = PLAIN["share"].replace("above", "counted")
    own = new_code_cell("counted = above", metadata={"tags": ["skip-execution", "remove-cell"]})
    notebook.cells.insert(notebook.cells.index(cell), own)
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        cell.metadata["tags"] = ["skip-execution", "raises-exception"]
        cell.metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
        cell.execution_count = 99 - number
        cell.outputs = [
            new_output("stream", name="stderr", text="careful"),
            new_output("error", ename="NameError", evalue="x", traceback=["x"]),
        ]


def _test_with_prints(notebook: NotebookNode) -> None:
    cell = cell_with(notebook, "half = share")
    cell.source = cell.source.replace("check.close", "print(half)\ncheck.close")


def _given_code_edited(notebook: NotebookNode) -> None:
    cell = cell_with(notebook, "def above")
    cell.source = (
        "def above(values, limit, share=False):\n"
        "    number = sum(value > limit for value in values)\n"
        "    return number / len(values) if share else number\n"
    )


def _setup_edited(notebook: NotebookNode) -> None:
    cell = cell_with(notebook, "import time")
    cell.source = f"import math\nimport statistics as st\n{cell.source}"


def _solution_as_markdown(notebook: NotebookNode) -> None:
    cell = cell_with(notebook, "def share")
    cell.cell_type = "markdown"
    del cell["outputs"], cell["execution_count"]


WAYS = (
    way("nothing unusual"),
    way("own cells before, after and between", change=_own_cells_everywhere),
    way(
        "helpers in own cells above and below the solution",
        share="def share(values, limit):\n    return part(counted(values, limit), values)",
        own=[
            ("above share", "def counted(values, limit):\n    return above(values, limit)"),
            ("below share", "def part(number, values):\n    return number / len(values)"),
        ],
    ),
    way(
        "a method attached by a decorator in a later cell",
        Nearest="""
            class Nearest:
                def fit(self, X, y):
                    self.X, self.y = np.asarray(X), list(y)
                    return self
        """,
        own=[
            (
                "top",
                """
                def add_to_class(cls):
                    def add(function):
                        setattr(cls, function.__name__, function)
                        return function
                    return add
                """,
            ),
            (
                "below Nearest",
                """
                @add_to_class(Nearest)
                def predict(self, x):
                    return self.y[int(np.argmin(np.linalg.norm(self.X - np.asarray(x), axis=1)))]
                """,
            ),
        ],
    ),
    way(
        "methods assigned to the class in later cells",
        Nearest="class Nearest:\n    pass\n\nNearest.y = None",
        own=[
            (
                "below Nearest",
                """
                def fit(self, X, y):
                    self.X, self.y = np.asarray(X), list(y)
                    return self

                setattr(Nearest, "fit", fit)
                """,
            ),
            (
                "below Nearest",
                "Nearest.predict = lambda self, x: self.y[\n"
                "    int(np.argmin(np.linalg.norm(self.X - np.asarray(x), axis=1)))]",
            ),
        ],
        rare=True,
    ),
    way(
        "the released class kept and another one of its name derived from it",
        Nearest=None,
        own=[
            (
                "below Nearest",
                """
                class Nearest(Nearest):
                    def fit(self, X, y):
                        self.X, self.y = np.asarray(X), list(y)
                        return self

                    def predict(self, x):
                        return self.y[int(np.argmin(((self.X - np.asarray(x)) ** 2).sum(1)))]
                """,
            )
        ],
        rare=True,
    ),
    way(
        "all stubs kept and every answer in an own cell below",
        share=None,
        Nearest=None,
        primes=None,
        ratio=None,
        a=None,
        a_again=None,
        own=[(f"below {name}", source) for name, source in PLAIN.items()],
    ),
    way(
        "the stub kept and the function written under %%time in an own cell",
        share=None,
        own=[("below share", f"%%time\n{PLAIN['share']}")],
    ),
    way(
        "solutions under %%time in their own cells",
        share=f"%%time\n{PLAIN['share']}",
        Nearest=f"\n%%time\n\n{PLAIN['Nearest']}".lstrip("\n"),
        a="%%time\na = 1",
        a_again="%%capture\na = 2",
        rare=True,
    ),
    way(
        "the stub kept and the function written under %%capture in an own cell",
        share=None,
        own=[
            ("below share", f"%%capture seen\n{PLAIN['share']}print('defined')"),
            ("below share", "seen.show()\nassert 'defined' in seen.stdout"),
        ],
    ),
    way(
        "a solution timed by %time and %timeit lines",
        share=f"{PLAIN['share']}\n%time share([1, 2], 1)\n%timeit -n 1 -r 1 share([1, 2], 1)",
        primes="%time primes = [2, 3, 5, 7, 11, 13]",
        rare=True,
    ),
    way(
        "a class split over two cells in its middle",
        Nearest="class Nearest:\n    def fit(self, X, y):\n"
        "        self.X, self.y = np.asarray(X), list(y)\n        return self\n",
        own=[
            (
                "below Nearest",
                "    def predict(self, x):\n"
                "        distances = np.abs(self.X - np.asarray(x)).sum(1)\n"
                "        return self.y[int(np.argmin(distances))]\n",
            )
        ],
        said="split",
    ),
    way(
        "a solution whose cell only begins it",
        share="count = above",
        own=[
            ("below share", "total = len"),
            (
                "below share",
                "def share(values, limit):\n    return count(values, limit) / total(values)",
            ),
        ],
        rare=True,
    ),
    way(
        "a list filled by a function that an own cell calls",
        primes="primes = []",
        own=[
            (
                "below primes",
                "def work():\n    for p in (2, 3, 5, 7, 11, 13):\n        primes.append(p)",
            ),
            ("below primes", "work()"),
        ],
    ),
    way(
        "a list that several cells change, one of them under another name",
        primes="primes = [3]",
        own=[
            ("below primes", "primes.insert(0, 2)\nprimes += [5]"),
            ("below primes", "for p in (7, 11):\n    primes.append(p)"),
            ("below primes", "same = primes"),
            ("below primes", "same.append(13)"),
        ],
        rare=True,
    ),
    way(
        "np.seterr in an own cell and a solution that catches what it raises",
        ratio=CATCHES,
        own=[("above ratio", 'np.seterr(all="raise")')],
    ),
    way(
        "from time import time over the given import time",
        share="def share(values, limit):\n    begun = time()\n"
        "    return above(values, limit) / len(values) if begun > 0 else None",
        own=[("above share", "from time import time")],
    ),
    way(
        "a name that setup binds is bound above it",
        own=[("top", "points = None\ntime = 3")],
        rare=True,
    ),
    way(
        "a name that setup binds is bound above it, in a notebook whose cells are all needed",
        own=[("top", "np = None\npoints = np"), *ALL_CELLS_ABOVE],
        primes=HIDDEN_NEED,
    ),
    way("%reset -f in the first cell", own=[("top", "%reset -f")], rare=True),
    way(
        "%reset -f in the first cell of a notebook whose cells are all needed",
        own=[("top", "%reset -f"), *ALL_CELLS_ABOVE],
        primes=HIDDEN_NEED,
    ),
    way(
        "all names deleted by a loop in the first cell of a notebook whose cells are all needed",
        own=[
            (
                "top",
                """
                for name in list(globals()):
                    if not name.startswith("_") and name not in ("get_ipython", "In", "Out"):
                        del globals()[name]
                """,
            ),
            *ALL_CELLS_ABOVE,
        ],
        primes=HIDDEN_NEED,
        rare=True,
    ),
    way(
        "everything deleted in the last cell",
        own=[("end", "del share, primes, Nearest, above, np")],
        rare=True,
    ),
    way("%reset -f in the last cell", own=[("end", "%reset -f")], rare=True),
    way(
        "a helper deleted when it was used",
        primes="numbers = range(2, 14)\n"
        "primes = [n for n in numbers if all(n % d for d in range(2, n))]",
        own=[("below primes", "del numbers"), ("after primes", "numbers = None")],
        rare=True,
    ),
    way(
        "an alias",
        share=f"{PLAIN['share'].replace('share', 'portion')}\nshare = portion",
        rare=True,
    ),
    way(
        "an alias in an own cell of a function in another",
        share="pass",
        own=[
            ("above share", PLAIN["share"].replace("share", "portion")),
            ("below share", "share = portion"),
        ],
        rare=True,
    ),
    way(
        "own cells that raise before and after",
        own=[
            ("top", "1 / 0"),
            ("top", "name = input('Your name? ')"),
            ("above share", "raise KeyboardInterrupt"),
            ("below primes", "undefined_name"),
            ("end", "import sys\nsys.exit('done')"),
        ],
    ),
    way(
        "own cells that do not compile",
        own=[
            ("above share", "def f(x, x): pass"),
            ("above Nearest", "def g():\n    z = 1\n    global z"),
            ("above ratio", "return 5"),
            ("after share", "print 'Python 2'"),
            ("end", "def unfinished(:"),
            ("end", "  x = 1\n y = 2"),
        ],
    ),
    way("an own cell that prints a lone surrogate", own=[("above share", 'print("\\ud83d")')]),
    way("an own cell with a NUL character", own=[("above share", "x = 'a\0b'")], rare=True),
    way(
        "a function written anew, and wrong, below its test",
        own=[("after share", WRONG_SHARE), ("end", "primes = None\na = 0")],
    ),
    way(
        "a helper that gets another meaning further below",
        share="def helper(values, limit):\n    return above(values, limit)\n\n"
        "def share(values, limit):\n    return helper(values, limit) / len(values)",
        own=[("after share", "def helper(x):\n    return x"), ("end", "helper = 5")],
        rare=True,
    ),
    way(
        "helpers of one name for two questions",
        own=[
            ("above share", "def help_me(v, l):\n    return above(v, l)"),
            ("above ratio", "def help_me(a, b):\n    return a / b if b else 0.0"),
        ],
        share="def share(values, limit):\n    return help_me(values, limit) / len(values)",
        ratio="def ratio(a, b):\n    return np.array([help_me(x, y) for x, y in zip(a, b)])",
        rare=True,
    ),
    way(
        "a name that a test cell binds is used below it",
        primes="primes = [2, 3, 5, 7, 11, int(half * 26)]",
        own=[("below primes", "known = model.predict([0, 0])\nprimes[0] = 2 + int(known)")],
    ),
    way(
        "a helper typed into a given test cell",
        share="def share(values, limit):\n    return counted(values, limit) / len(values)",
        change=_typed_into_the_test,
        said="test-share",
    ),
    way(
        "prints typed into a given test cell",
        change=_test_with_prints,
        said="was changed",
        rare=True,
    ),
    way(
        "a given prose cell turned into code",
        share="def share(values, limit):\n    return counted(values, limit) / len(values)",
        change=_prose_into_code,
        said="turned into code",
    ),
    way(
        "a given cell edited",
        share="def share(values, limit):\n    return above(values, limit, share=True)",
        change=_given_code_edited,
    ),
    way(
        "imports added to the setup cell",
        share="def share(values, limit):\n"
        "    return math.fsum(v > limit for v in values) / len(values)",
        primes="primes = sorted({2, 3, 5, 7, 11, st.mode([13, 13])})",
        change=_setup_edited,
        said="was changed",
    ),
    way(
        "the solution typed into the given test cell",
        share=None,
        change=_solution_typed_into_the_test,
        said="test-share",
    ),
    way(
        "a kernel that only the student has", change=_another_kernel, said="kernel for R", rare=True
    ),
    way("tags and outputs that an editor left", change=_tags_and_outputs, rare=True),
    way("nbgrader's metadata stripped", change=_stripped, said="removed nbgrader's metadata"),
    way("saved by Colab", change=_as_colab_writes, rare=True),
    way("a solution cell that stands twice", change=_solution_twice, said="2 times", rare=True),
    way("a solution cell deleted and written anew", change=_solution_written_anew, rare=True),
    way(
        "a solution cell that became Markdown",
        change=_solution_as_markdown,
        said="markdown",
        rare=True,
    ),
    way("given cells deleted", change=_given_cells_deleted, said="restored"),
    way("solutions merged with their tests", change=_solutions_merged_with_their_tests, rare=True),
    way(
        "the setup cell merged with the cells that follow",
        change=_setup_merged_with_what_follows,
        said="was changed",
        rare=True,
    ),
    way(
        "questions in another order, and a helper between",
        share="def share(values, limit):\n    return counted(values, limit) / len(values)",
        change=_another_order_and_a_helper_between,
        said="order",
    ),
    way("questions in another order", change=_questions_in_another_order, said="order", rare=True),
    way(
        "the stub's lines left below a return",
        share=f"{PLAIN['share']}    # YOUR CODE HERE\n    raise NotImplementedError()\n",
    ),
    way(
        "the stub's comment left and markers typed",
        share="def share(values, limit):\n    # YOUR CODE HERE\n    ### BEGIN SOLUTION\n"
        f"{BODY}    ### END SOLUTION\n",
        rare=True,
    ),
    way(
        "trailing semicolons, tabs, line continuations and CRLF",
        share="def share(values, limit):\r\n\tn = above(values, limit);\r\n"
        "\treturn \\\r\n\t\tn / len(values);\r\n",
        primes="primes = [2, 3, 5,\n  7, 11, 13];;".replace(";;", ";"),
        own=[("above share", "x = 1; y = 2;"), ("above share", ";")],
    ),
    way(
        "prompts pasted with the code",
        primes=">>> primes = [2, 3, 5]\n>>> for p in (7, 11, 13):\n...     primes.append(p)\n",
        a="In [3]: a = 1",
        rare=True,
    ),
    way(
        "an indented cell",
        primes="    primes = [2, 3, 5, 7, 11]\n    primes.append(13)\n",
        rare=True,
    ),
    way(
        "a cell of 5,000 lines",
        primes="primes = [2]\n"
        + "primes = list(primes)\n" * 5000
        + "primes += [3, 5, 7, 11, 13]\n",
        rare=True,
    ),
    way(
        "an expression of 900 terms",
        a="a = " + " + ".join(["0"] * 900) + " + 1",
        own=[("above share", "text = " + " \\\n    + ".join(['"x"'] * 900))],
        rare=True,
    ),
    way(
        "a chain of 900 calls and 90 nested brackets",
        primes=f"primes = {'[' * 90}2, 3, 5, 7, 11, 13{']' * 90}\n"
        "while isinstance(primes[0], list):\n    primes = primes[0]\n",
        own=[("above share", f"text = 'x'{'.strip()' * 900}")],
        rare=True,
    ),
    way(
        "the last result as _",
        primes="[2, 3, 5, 7, 11, 13]",
        own=[("below primes", "primes = _")],
    ),
    way(
        "earlier results by Out and In",
        primes="[2, 3, 5, 7, 11, 13]",
        own=[
            (
                "below primes",
                "primes = [value for value in Out.values() if isinstance(value, list)][-1]",
            )
        ],
        rare=True,
    ),
    way(
        "code under if __name__ == '__main__'",
        primes="def main():\n    global primes\n    primes = [2, 3, 5, 7, 11, 13]\n\n"
        "if __name__ == '__main__':\n    main()",
        rare=True,
    ),
    way(
        "names of builtins as variables",
        share="total = sum\nsum = lambda *a: total(*a)\ninput, type, id = 1, 2, 3\n\n"
        "def share(values, limit):\n    return sum(v > limit for v in values) / len(values)",
        own=[("above ratio", "max = 5\nmin = max - 3\nfile = 'a'")],
        rare=True,
    ),
    way("exit in the last cell", own=[("end", "exit()")], rare=True),
    way(
        "a counter that other cells raise",
        own=[("above a", "counter = 0"), ("above a", "counter += 1"), ("above a", "counter += 0")],
        a="a = counter",
        a_again="counter += 1\na = counter",
        rare=True,
    ),
    way(
        "a value computed by random numbers of a seed set in another cell",
        own=[("above primes", "import random\nrandom.seed(4)\nnp.random.seed(7)")],
        primes="first = np.random.rand()\nnp.random.seed(7)\n"
        "primes = [2, 3, 5, 7, 11, 13 if first == np.random.rand() else 0]",
        rare=True,
    ),
    way(
        "a random number that depends on all cells above",
        own=[
            ("above share", "rng = np.random.default_rng(3)"),
            ("above Nearest", "rng.normal(size=5)"),
            (
                "below primes",
                "primes[-1] = 13 if rng.bit_generator.state == twin.bit_generator.state else 0",
            ),
        ],
        primes="twin = np.random.default_rng(3)\n_ = twin.normal(size=5)\n"
        "primes = [2, 3, 5, 7, 11, 0]",
        rare=True,
    ),
)
