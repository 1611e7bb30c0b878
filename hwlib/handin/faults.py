"""What is not in order in a notebook to hand in: questions that are open, cells that are gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hwlib.markers import is_unsolved
from hwlib.notebooks import Cell, Notebook
from hwlib.unanswered import tests_of, what_is_open

__all__ = ["Fault", "faults_of"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not in order."""

    name: str  # of the question, the solution or the file
    why: str
    questions: tuple[Cell, ...] = ()  # whose points are at stake

    @property
    def points(self) -> float:
        """The points at stake."""
        return sum(cell.points for cell in self.questions)


def faults_of(
    notebooks: Sequence[Notebook],
    missing_models: Sequence[str],
    missing_notebooks: Sequence[str] = (),
) -> Iterator[Fault]:
    """Everything that is not in order, in the order of the notebooks.

    Parameters
    ----------
    notebooks : sequence of Notebook
        Those of the assignment, mostly one.
    missing_models : sequence of str
        Names of model files that are not there, without .safetensors.
    missing_notebooks : sequence of str
        Names of notebooks of the same assignment that are not there.
    """
    for name in missing_notebooks:
        yield Fault(
            name, "this notebook is missing. Put it beside this one, then run this cell again"
        )
    for notebook in notebooks:
        for cell, why in what_is_open(notebook):
            questions = _questions_of(cell, notebook)
            if not _is_left_out(cell, questions):
                yield Fault(cell.name, why, questions)
        yield from _lost_cells(notebook)
    tests = [cell for notebook in notebooks for cell in notebook.of("test")]
    for name in missing_models:
        yield Fault(
            f"{name}.safetensors",
            "this file is missing. Run the cell that calls hwlib.save_model, then this one",
            tuple(cell for cell in tests if f'"{name}"' in cell.source),
        )
    for cell in tests:
        if cell.released and not cell.is_as_released():
            yield Fault(
                cell.name,
                "this check is not as it was released, and grading uses the released one. Take it "
                "from a fresh copy of the notebook",
                (cell,),
            )


def _lost_cells(notebook: Notebook) -> Iterator[Fault]:
    """Cells to fill in that are there twice, or no longer there."""
    count = Counter(cell.grade_id for cell in notebook.cells if cell.role != "other")
    for grade_id, times in count.items():
        if times > 1:
            cell = next(one for one in notebook.cells if one.grade_id == grade_id)
            yield Fault(
                cell.name,
                f"its cell is there {times} times. Delete the copies",
                _questions_of(cell, notebook),
            )
    for grade_id in notebook.answers:
        if grade_id not in count:
            name = grade_id.partition("-")[2] or grade_id
            lost = [cell for cell in notebook.of("test") if cell.name.partition("-")[0] == name]
            yield Fault(
                name,
                "its cell is gone. Copy it from a fresh notebook, and put your answer into it",
                tuple(lost),
            )


def _is_left_out(cell: Cell, questions: Sequence[Cell]) -> bool:
    """Whether a student has left out what is extra credit only."""
    return (
        bool(questions)
        and all(one.extra_credit for one in questions)
        and (is_unsolved(cell.source) or cell.is_as_released())
    )


def _questions_of(cell: Cell, notebook: Notebook) -> tuple[Cell, ...]:
    if cell.role == "solution":
        return tuple(tests_of(cell, notebook))
    return (cell,)
