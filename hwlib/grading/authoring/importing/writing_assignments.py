"""Writes an imported assignment: notebook.py, assignment.toml and files/."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from hwlib.grading.authoring.importing.drafting import title_of
from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.authoring.importing.layout import FoundAssignment
from hwlib.grading.authoring.importing.writing import notebook_text
from hwlib.grading.cells import tree_of
from hwlib.grading.course import Limits
from hwlib.grading.parts import PartFault, parts_of

__all__ = ["points_of", "write_assignment"]

_EXTRAS = {"torch": "torch", "torchvision": "torch", "cvxpy": "cvxpy"}


def write_assignment(
    folder: Path,
    found: FoundAssignment,
    notebooks: Mapping[str, Sequence[Draft]],
    seconds: float,
) -> None:
    """Write assignments/SLUG/.

    Parameters
    ----------
    folder : Path
        assignments/SLUG, which need not exist.
    found : FoundAssignment
    notebooks : mapping
        Name of a file, without .py → its cells.
    seconds : float
        How long the course's own solution took, from top to bottom.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stem, drafts in notebooks.items():
        (folder / f"{stem}.py").write_text(notebook_text(drafts), encoding="utf-8")
    every = [draft for drafts in notebooks.values() for draft in drafts]
    (folder / "assignment.toml").write_text(_toml(found, every, seconds), encoding="utf-8")
    files = {Path("files", one): (found.folder / one).read_bytes() for one in found.files}
    for draft in every:
        files |= {Path("attachments", name): content for name, content in draft.pictures}
    for inside, content in files.items():
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def points_of(draft: Draft) -> float:
    """What a cell is worth: the sum of its parts, if it has any."""
    if draft.role == "test":
        try:
            parts = parts_of(draft.source)
        except PartFault:
            parts = ()
        if parts:
            return sum(part.points for part in parts)
    return round(draft.points or 0.0, 6)


def _toml(found: FoundAssignment, drafts: Sequence[Draft], seconds: float) -> str:
    points = sum(points_of(draft) for draft in drafts)
    title = title_of(drafts) or found.folder.name
    lines = [
        f"title = {json.dumps(title, ensure_ascii=False)}",
        f"points = {points:.12g}",
        f"minutes = {max(0.1, math.ceil(seconds / 6) / 10):g}",
    ]
    extras = sorted({_EXTRAS[name] for name in _imports(drafts) if name in _EXTRAS})
    if extras:
        lines.append(f"extras = {json.dumps(extras)}")
    limits = Limits()
    if seconds > limits.question_s / 2:
        lines += [
            "",
            "[limits]",
            f"question_s = {max(limits.question_s, math.ceil(3 * seconds)):g}",
            f"submission_s = {max(limits.submission_s, math.ceil(6 * seconds)):g}",
        ]
    return "\n".join(lines) + "\n"


def _imports(drafts: Sequence[Draft]) -> set[str]:
    found: set[str] = set()
    for draft in drafts:
        tree = tree_of(draft.source) if draft.is_code else None
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found
