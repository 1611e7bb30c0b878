"""An error in a check, as a student reads it: their own line, one sentence, a likely cause."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from hwlib.checks.advice import advice
from hwlib.errors import CheckFailed
from hwlib.live import given_cell

__all__ = ["Told", "is_cell", "is_unwritten", "own_frames", "place", "told_of"]

_WRITE = "Write your code where the cell says YOUR CODE HERE, run that cell, then this one."
_ASKS = "Compare your code with the task: the name, the parameters, the kind of result."


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of an error: what happened, more of it for visible checks, a likely cause."""

    symptom: str
    detail: str = ""
    hint: str = ""


def told_of(error: BaseException) -> Told:
    """The symptom and a likely cause of what a check in a notebook raised.

    No frame of a library is shown: the place is the innermost line in a cell of the notebook.
    """
    if isinstance(error, CheckFailed):
        return Told(error.symptom, error.detail, error.hint)
    frames = own_frames(error)
    students = frames[1:]  # the first is the test's own line
    if is_unwritten(error):
        name = frames[-1].name if frames else ""
        who = f"`{name}`" if name.isidentifier() else "This"
        return Told(f"{who} is not written yet.", hint=_WRITE)
    if isinstance(error, NameError) and not students and error.name:
        if first_line := given_cell(error.name):
            return Told(
                f"`{error.name}` comes from a given cell that was not run.",
                hint=f"Run the cell that begins with `{first_line}`, then this one. After a "
                "restart of the kernel, run all cells from the top.",
            )
        return Told(
            f"`{error.name}` is not written yet: no cell that was run defines it.",
            hint="Run its cell first. Is the name spelled as the task has it?",
        )
    kind = type(error).__name__
    text = f"{kind}: {error}" if str(error) else kind
    hint = advice(kind, str(error))
    if students:
        return Told(f"{text} ({place(students[-1])})", hint=hint)
    return Told(text, hint=hint or _ASKS)


def is_unwritten(error: BaseException) -> bool:
    """Whether it is the error of a stub that waits for a student's code."""
    return isinstance(error, NotImplementedError) and not str(error)


def own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Where in the cells of the notebook it happened, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    return [one for one in frames if is_cell(one.filename)]


def is_cell(filename: str) -> bool:
    """Whether code was compiled from a cell; `<frozen importlib>` and the like are Python's own."""
    own = filename.startswith("<") and not filename.startswith(("<frozen ", "<__array_function__"))
    return own or "ipykernel" in filename


def place(frame: traceback.FrameSummary) -> str:
    """`line 2, in half: return x / 0`."""
    return f"line {frame.lineno}, in {frame.name}: {frame.line}"
