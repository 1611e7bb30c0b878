"""Makes a synthetic class with every kind of submission that a real class hands in.

The same seed makes the same class.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

import nbformat
import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from hwlib.atomic import remove_folder
from hwlib.errors import CourseError
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.written import Variant
from hwlib.grading.course import Assignment
from hwlib.grading.parts import parts_of
from hwlib.grading.proof.variants import (
    handed_in_models,
    load_variants,
    reference_notebooks,
    released_notebooks,
    variant_notebooks,
)
from hwlib.grading.results import SubmissionStatus

__all__ = ["Kind", "SimulatedSubmission", "simulate"]

Kind = Literal[
    "reference",
    "right",
    "blank",
    "partial",
    "wrong",
    "raising",
    "crashing",
    "hanging",
    "damaged_metadata",
    "damaged_cells",
    "unreadable",
]
# how often each kind is chosen, after one submission of each has been made
WEIGHTS: dict[Kind, float] = {
    "reference": 10,
    "right": 10,
    "blank": 4,
    "partial": 20,
    "wrong": 32,
    "raising": 6,
    "crashing": 2,
    "hanging": 2,
    "damaged_metadata": 6,
    "damaged_cells": 6,
    "unreadable": 2,
}
DUE = datetime(2027, 2, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SimulatedSubmission:
    """One made-up submission, and the facts that are known about it without grading."""

    student: str
    kind: Kind
    note: str  # how it was made, in words
    status: SubmissionStatus
    # automatic points; None if only running the code could tell
    score: float | None = None
    # exactly the autograded questions, or parts of them (`question/part`), without points; None if
    # unknown
    lost: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """A submission before it is written: notebooks, or a text that is not a notebook."""

    notebooks: dict[str, NotebookNode]  # file name → content
    note: str
    lost: tuple[str, ...] | None = ()
    text: str | None = None  # of each file
    blank: bool = False
    answered: bool = True  # whether there is a written answer to grade by hand
    noisy: bool = True
    files: dict[str, bytes] | None = None  # models that are handed in; None: the reference's


def simulate(
    assignment: Assignment, students: int, seed: int, to: Path
) -> list[SimulatedSubmission]:
    """Write a synthetic class to `to`/STUDENT/SLUG/, in nbgrader's layout.

    The file `to`/simulated.json describes it. A class of 12 or more has every kind of submission.
    The files of an earlier simulation are replaced, and other files stay.

    Raises
    ------
    CourseError
        If the assignment is not built, or if `to` already has a real submission of one of these
        students.
    """
    if students < 1:
        raise CourseError(f"--students {students}: expected 1 or more")
    maker = _Maker(assignment)
    rng = np.random.default_rng(seed)
    kinds = _kinds(maker, students, rng)
    width = max(3, len(str(students)))
    names = [f"student-{number:0{width}}" for number in range(1, students + 1)]
    _make_room(to, assignment.slug, names)
    simulated = []
    turns: dict[Kind, int] = {}
    for name, kind, own_rng in zip(names, kinds, rng.spawn(students), strict=True):
        turns[kind] = turn = turns.get(kind, -1) + 1
        made = maker.make(kind, turn, own_rng)
        simulated.append(maker.describe(name, kind, made))
        _write(to / name / assignment.slug, assignment, made, own_rng)
    report = {
        "assignment": assignment.slug,
        "seed": seed,
        "submissions": [asdict(one) for one in simulated],
    }
    (to / "simulated.json").write_text(
        json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return simulated


def _kinds(maker: _Maker, students: int, rng: np.random.Generator) -> list[Kind]:
    kinds: list[Kind] = [kind for kind in WEIGHTS if maker.can_make(kind)]
    first = list(kinds[:students])
    weights = np.array([WEIGHTS[kind] for kind in kinds])
    more = rng.choice(len(kinds), size=students - len(first), p=weights / weights.sum())
    everyone = [*first, *(kinds[index] for index in more)]
    return [everyone[index] for index in rng.permutation(students)]


def _make_room(to: Path, slug: str, names: list[str]) -> None:
    record = to / "simulated.json"
    earlier: set[str] = set()
    if record.is_file():
        earlier = {
            one["student"] for one in json.loads(record.read_text(encoding="utf-8"))["submissions"]
        }
    real = [name for name in names if name not in earlier and (to / name / slug).exists()]
    if real:
        raise CourseError(
            f"{to}: {real[0]}/{slug} was not made by `hw simulate`, so it is kept; choose another "
            "folder"
        )
    for name in earlier:
        remove_folder(to / name / slug)
    to.mkdir(parents=True, exist_ok=True)


def _write(folder: Path, assignment: Assignment, made: _Made, rng: np.random.Generator) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, notebook in made.notebooks.items():
        text = (
            made.text
            if made.text is not None
            else json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        )
        (folder / name).write_text(text, encoding="utf-8")
    handed_in = DUE - timedelta(minutes=float(rng.exponential(600)))
    (folder / "timestamp.txt").write_text(f"{handed_in:%Y-%m-%d %H:%M:%S} UTC\n", encoding="utf-8")
    models = (
        made.files if made.files is not None else {} if made.blank else handed_in_models(assignment)
    )
    for name, content in models.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


class _Maker:
    """Makes submissions of each kind. Those of one kind differ if the assignment allows it."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.key = load_key(assignment)
        variants = load_variants(assignment)
        self.wrong = [variant for variant in variants if variant.kind == "wrong"]
        self.right = [variant for variant in variants if variant.kind == "right"]
        self.tests = {cell.name: cell.points for cell in self.key.by_role("test")}
        self.points = self.tests | {  # of questions, and of their parts
            f"{cell.name}/{part.name}": part.points
            for cell in self.key.by_role("test")
            for part in parts_of(cell.source)
        }

    @cached_property
    def reference(self) -> dict[str, NotebookNode]:
        """The reference solution as a submission."""
        return reference_notebooks(self.assignment)

    def can_make(self, kind: Kind) -> bool:
        """Whether the assignment allows this kind: some need a wrong or right solution."""
        return {"wrong": bool(self.wrong), "right": bool(self.right)}.get(kind, True)

    def make(self, kind: Kind, turn: int, rng: np.random.Generator) -> _Made:
        """Make the `turn`-th submission of a kind, counted from 0."""
        makers: dict[Kind, Callable[[int, np.random.Generator], _Made]] = {
            "reference": lambda turn, rng: _Made(
                deepcopy(self.reference), "the reference solution"
            ),
            "right": lambda turn, rng: self._variant(self.right[turn % len(self.right)]),
            "wrong": lambda turn, rng: self._variant(self.wrong[turn % len(self.wrong)]),
            "blank": self._blank,
            "partial": self._partial,
            "raising": self._raising,
            "crashing": self._crashing,
            "hanging": self._hanging,
            "damaged_metadata": self._damaged_metadata,
            "damaged_cells": self._damaged_cells,
            "unreadable": self._unreadable,
        }
        made = makers[kind](turn, rng)
        if not made.noisy:
            return made
        noise = [_add_noise(notebook, rng) for notebook in made.notebooks.values()]
        return replace(made, note=made.note + "".join(noise))

    def describe(self, student: str, kind: Kind, made: _Made) -> SimulatedSubmission:
        """List the facts that are known about a submission."""
        by_hand = self.key.graded_by_hand
        answered = bool(by_hand) and (made.answered or bool(self.key.by_role("task")))
        status: SubmissionStatus = (
            "rejected" if made.text is not None else "needs_manual" if answered else "graded"
        )
        score = (
            None
            if made.lost is None
            else sum(self.tests.values()) - sum(self.points[name] for name in made.lost)
        )
        return SimulatedSubmission(student, kind, made.note, status, score, made.lost)

    def _variant(self, variant: Variant) -> _Made:
        files = handed_in_models(self.assignment, variant) if variant.models else None
        return _Made(
            variant_notebooks(self.assignment, variant),
            f"{variant.kind}/{variant.name}",
            variant.fails,
            files=files,
        )

    def _blank(self, turn: int, rng: np.random.Generator) -> _Made:
        return _Made(
            released_notebooks(self.assignment),
            "the released notebook, unchanged",
            tuple(self.tests),
            blank=True,
            answered=False,
            noisy=False,
        )

    def _partial(self, turn: int, rng: np.random.Generator) -> _Made:
        notebooks = released_notebooks(self.assignment)
        reference = _solutions(*self.reference.values())
        pairs = list(zip(_solutions(*notebooks.values()), reference, strict=True))
        order = rng.permutation(len(pairs))[: rng.integers(1, max(2, len(pairs)))]
        done = [pairs[i] for i in order]
        for cell, solved in done:
            cell.source = solved.source
        answers = [
            cell
            for notebook in notebooks.values()
            for cell in notebook.cells
            if _role(cell) == "answer" and rng.random() < 0.5
        ]
        for cell in answers:
            cell.source = "I am not sure, but I think it depends on the data."
        all_done = len(done) == len(pairs)
        return _Made(
            notebooks,
            f"{len(done)} of {len(pairs)} solutions are written",
            () if all_done else None,
            answered=bool(answers) or any(cell.metadata.hwlib.get("manual") for cell, _ in done),
        )

    def _raising(self, turn: int, rng: np.random.Generator) -> _Made:
        return self._sabotaged(
            rng, 'raise RuntimeError("I do not know why this happens")', "raises"
        )

    def _crashing(self, turn: int, rng: np.random.Generator) -> _Made:
        return self._sabotaged(rng, "__import__('os')._exit(1)", "ends the process")

    def _hanging(self, turn: int, rng: np.random.Generator) -> _Made:
        return self._sabotaged(rng, "while True: pass", "never ends")

    def _sabotaged(self, rng: np.random.Generator, statement: str, what: str) -> _Made:
        notebooks = deepcopy(self.reference)
        cell = _choose(_solutions(*notebooks.values()), rng)
        cell.source = _insert(cell.source, statement, rng)
        return _Made(notebooks, f"a function of {cell.metadata.hwlib.name} {what}", None)

    def _damaged_metadata(self, turn: int, rng: np.random.Generator) -> _Made:
        notebooks = deepcopy(self.reference)
        damage = (_strip_metadata, _save_in_colab, _save_in_old_format)[turn % 3]
        return _Made(notebooks, damage(_one_with_tests(notebooks, rng), rng))

    def _damaged_cells(self, turn: int, rng: np.random.Generator) -> _Made:
        notebooks = deepcopy(self.reference)
        damage = (_delete_test, _duplicate, _reorder, _split)[turn % 4]
        return _Made(notebooks, damage(_one_with_tests(notebooks, rng), rng))

    def _unreadable(self, turn: int, rng: np.random.Generator) -> _Made:
        text = nbformat.writes(next(iter(self.reference.values())))
        texts = {
            "cut off in the middle": text[: int(len(text) * rng.uniform(0.2, 0.9))],
            "an empty file": "",
            "a script instead of a notebook": "import numpy as np\n\nprint(np.arange(3))\n",
        }
        note = list(texts)[turn % len(texts)]
        return _Made(self.reference, note, tuple(self.tests), text=texts[note], noisy=False)


# ---- what people and editors do to a notebook ----


def _role(cell: NotebookNode) -> str:
    return str(cell.metadata.get("hwlib", {}).get("role", ""))


def _solutions(*notebooks: NotebookNode) -> list[NotebookNode]:
    return [cell for one in notebooks for cell in one.cells if _role(cell) == "solution"]


def _one_with_tests(
    notebooks: Mapping[str, NotebookNode], rng: np.random.Generator
) -> NotebookNode:
    """One of several notebooks that has what can be damaged."""
    every = list(notebooks.values())
    if len(every) == 1:
        return every[0]
    fit = [one for one in every if {"solution", "test"} <= {_role(cell) for cell in one.cells}]
    return _choose(fit or every, rng)


def _choose(cells: list[NotebookNode], rng: np.random.Generator) -> NotebookNode:
    return cells[int(rng.integers(len(cells)))]


def _strip_metadata(notebook: NotebookNode, rng: np.random.Generator) -> str:
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
    return "an editor removed all metadata"


def _save_in_colab(notebook: NotebookNode, rng: np.random.Generator) -> str:
    letters = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
    for cell in notebook.cells:
        cell.metadata = NotebookNode(id="".join(rng.choice(letters, 12)))
        del cell["id"]
    notebook.metadata["colab"] = {"provenance": []}
    notebook.nbformat_minor = 0
    return "saved by Colab: its own ids in the metadata, and nothing else"


def _save_in_old_format(notebook: NotebookNode, rng: np.random.Generator) -> str:
    for cell in notebook.cells:
        del cell["id"]
    notebook.nbformat_minor = int(rng.integers(0, 5))
    return f"nbformat 4.{notebook.nbformat_minor}, cells without ids"


def _delete_test(notebook: NotebookNode, rng: np.random.Generator) -> str:
    test = _choose([cell for cell in notebook.cells if _role(cell) == "test"], rng)
    notebook.cells.remove(test)
    return f"the test cell of {test.metadata.hwlib.name} was deleted"


def _duplicate(notebook: NotebookNode, rng: np.random.Generator) -> str:
    cell = _choose(_solutions(notebook), rng)
    copy = deepcopy(cell)
    copy.id = f"{cell.id[:50]}-copy"
    notebook.cells.insert(notebook.cells.index(cell), copy)
    return f"the cell {cell.metadata.hwlib.name} was copied"


def _reorder(notebook: NotebookNode, rng: np.random.Generator) -> str:
    cell = _choose(_solutions(notebook), rng)
    notebook.cells.remove(cell)
    notebook.cells.append(cell)
    return f"the cell {cell.metadata.hwlib.name} was moved to the end"


def _split(notebook: NotebookNode, rng: np.random.Generator) -> str:
    cells = [cell for cell in _solutions(notebook) if list(_boundaries(cell.source))]
    if not cells:
        return "nothing to split; the reference solution"
    cell = _choose(cells, rng)
    lines = cell.source.split("\n")
    places = list(_boundaries(cell.source))
    place = places[int(rng.integers(len(places)))]
    rest = deepcopy(cell)  # Jupyter copies the metadata
    rest.id, rest.source = f"{cell.id[:50]}-rest", "\n".join(lines[place:])
    cell.source = "\n".join(lines[:place])
    notebook.cells.insert(notebook.cells.index(cell) + 1, rest)
    return f"the cell {cell.metadata.hwlib.name} was split in two"


def _boundaries(source: str) -> Iterator[int]:
    """Lines before which a cell can be split: those between statements of the cell, a class or a
    function.
    """
    tree = ast.parse(source)
    for node in (tree, *tree.body):
        for statement in getattr(node, "body", [])[1:]:
            decorators = getattr(statement, "decorator_list", [])
            yield min([statement.lineno, *(one.lineno for one in decorators)]) - 1


def _insert(source: str, statement: str, rng: np.random.Generator) -> str:
    """Put a statement at the start of one of a cell's functions, or of the cell if it has none."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    places = [node.body[bool(ast.get_docstring(node)) and len(node.body) > 1] for node in functions]
    places = [
        place for node, place in zip(functions, places, strict=True) if place.lineno > node.lineno
    ]
    lines = source.split("\n")
    if not places:
        return "\n".join([statement, *lines])
    place = places[int(rng.integers(len(places)))]
    return "\n".join(
        [*lines[: place.lineno - 1], " " * place.col_offset + statement, *lines[place.lineno - 1 :]]
    )


def _add_noise(notebook: NotebookNode, rng: np.random.Generator) -> str:
    """Add scratch cells, debugging prints and old outputs; returns a text that lists them."""
    added = []
    if rng.random() < 0.4:
        place = int(rng.integers(1, len(notebook.cells) + 1))
        cell = new_code_cell(
            "# trying something\nx = [1, 2, 3]\nprint(sum(x))", id=f"scratch-{rng.integers(10**9)}"
        )
        cell.outputs = [NotebookNode(output_type="stream", name="stdout", text="6\n")]
        note = new_markdown_cell(
            "*note to myself: ask about this on Friday*", id=f"note-{rng.integers(10**9)}"
        )
        notebook.cells[place:place] = [cell, note]
        added.append("scratch cells")
    solutions = _solutions(notebook)
    if solutions and rng.random() < 0.25:
        cell = _choose(solutions, rng)
        printing = _try_insert(cell.source, 'print("here", end=" ")', rng)
        added += ["a debugging print"] if printing != cell.source else []
        cell.source = printing
    if rng.random() < 0.6:
        for count, cell in enumerate(
            (cell for cell in notebook.cells if cell.cell_type == "code"), 1
        ):
            cell.execution_count = count
        added.append("run before")
    for cell in notebook.cells if notebook.nbformat_minor < 5 else ():
        cell.pop("id", None)
    return f" ({', '.join(added)})" if added else ""


def _try_insert(source: str, statement: str, rng: np.random.Generator) -> str:
    try:
        return _insert(source, statement, rng)
    except SyntaxError:  # half of a cell that was split
        return source
