"""Drafts files for wrong/ from mutants, for an instructor to keep, correct or delete."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwlib.atomic import write_whole
from hwlib.errors import AuthoringError
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.splicing import spliced
from hwlib.grading.authoring.written import Edit, Variant
from hwlib.grading.cells import without_markers
from hwlib.grading.course import Assignment
from hwlib.grading.proof.mutants.grading import Graded, grade_mutants
from hwlib.grading.proof.mutants.making import Mutant
from hwlib.grading.proof.mutants.report import SEED, MutateReport
from hwlib.grading.proof.variants import load_variants
from hwlib.grading.results import PartResult, QuestionResult

__all__ = ["write_drafts"]

WIDTH = 86  # of an entry of EDITS, so that its line has at most 100 characters
EACH = 3  # drafts for one question or part
TO_DO = "Say here why students write this."
NO_HINT_YET = "write here what the student shall read"
# what students do by mistake most often comes first
_LIKELY = (
    "term left out",
    "operands exchanged",
    "arguments exchanged",
    "power left out",
    "transpose left out",
    "bound",
    "copy left out",
    "left out",
    "exchanged",
)


@dataclass(frozen=True, slots=True)
class _Draft:
    mutant: Mutant
    fails: tuple[str, ...]
    hint: str


def write_drafts(assignment: Assignment, report: MutateReport) -> list[Path]:
    """Write drafts of wrong solutions to wrong/draft_….py, and replace no file.

    Every mutant that survives gets one: `hw verify` then complains until a test catches it. Of the
    others, each question and part gets some that lose it with a hint that no file in wrong/ has.

    Returns
    -------
    list of Path
        The new files.
    """
    cells: dict[str, dict[str, str]] = {}  # of each notebook: grade id → the reference's code
    for cell in load_key(assignment).by_role("solution"):
        cells.setdefault(cell.notebook, {})[cell.grade_id] = without_markers(cell.source)
    chosen = _chosen(report, load_variants(assignment))
    whole = grade_mutants(assignment, chosen, seed=SEED, to_the_end=True)
    by_mutant = {graded.mutant: _of_caught(graded) for graded in whole}
    drafts = [
        *(_of_survivor(graded) for graded in report.surviving),
        *(by_mutant[mutant] for mutant in chosen),
    ]
    return [
        path
        for draft in drafts
        for path in _written(assignment.folder / "wrong", draft, cells[draft.mutant.notebook])
    ]


def _chosen(report: MutateReport, variants: Iterable[Variant]) -> list[Mutant]:
    """Mutants that lose something with a hint that is not shown for it yet."""
    shown = [(name, one.hint) for one in variants for name in one.fails]
    counted: Counter[str] = Counter()
    chosen = []
    for graded in sorted(report.caught, key=lambda one: _likeliness(one.mutant)):
        question = graded.lost
        if question is None or question.status != "failed":
            continue
        name, one = next(_lost_parts(question))
        said = f"{one.message} {one.hint}"
        known = any(
            name.startswith(fails) and " ".join(hint.split()) in said for fails, hint in shown
        )
        if one.hint and not known and counted[name] < EACH:
            counted[name] += 1
            shown.append((name, one.hint))
            chosen.append(graded.mutant)
    return chosen


def _likeliness(mutant: Mutant) -> int:
    return next((i for i, kind in enumerate(_LIKELY) if kind in mutant.kind), len(_LIKELY))


def _lost_parts(question: QuestionResult) -> Iterator[tuple[str, QuestionResult | PartResult]]:
    """What is lost of a question, by the names that FAILS has."""
    lost = [part for part in question.parts if part.status != "passed"]
    if len(lost) == len(question.parts):
        yield question.id, (lost[0] if lost else question)
        return
    for part in lost:
        yield f"{question.id}/{part.name}", part


def _of_caught(graded: Graded) -> _Draft:
    lost = [
        found
        for question in graded.questions
        if question.is_lost
        for found in _lost_parts(question)
    ]
    return _Draft(graded.mutant, tuple(name for name, _ in lost), _first_sentence(lost[0][1].hint))


def _of_survivor(graded: Graded) -> _Draft:
    return _Draft(graded.mutant, (graded.questions[0].id,), NO_HINT_YET)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:?!]) ", " ".join(text.split()))[0]


def _written(folder: Path, draft: _Draft, cells: Mapping[str, str]) -> Iterator[Path]:
    """Write one file; none where EDITS can't say what the change is."""
    stem = f"draft_{draft.mutant.where.rpartition('.')[2]}_{draft.mutant.kind}"
    stem = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    number = 1
    while (path := folder / f"{stem}{f'_{number}' if number > 1 else ''}.py").exists():
        number += 1
    text = _text(path, draft, cells)
    if text:
        folder.mkdir(exist_ok=True)
        write_whole(path, text)
        yield path


def _text(path: Path, draft: _Draft, cells: Mapping[str, str]) -> str:
    mutant = draft.mutant
    for above in range(4):  # a line that stands there twice needs those above it
        for where in ((mutant.where,), ()):
            old, new = _lines(cells[mutant.grade_id], mutant, above)
            edit = Edit(old, new, 0)
            variant = Variant(
                "wrong", path.stem, "", where, draft.fails, draft.hint, "", path, edits=(edit,)
            )
            try:
                changed = spliced(variant, cells)
            except AuthoringError:
                continue
            if changed[mutant.grade_id].split() == mutant.source.split():
                return _file(draft, where, edit)
    return ""


def _lines(source: str, mutant: Mutant, above: int) -> tuple[str, str]:
    """The lines that differ, old and new, with some of those above them."""
    old, new = (text.rstrip("\n").split("\n") for text in (source, mutant.source))
    begin = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    behind = 0
    while behind < min(len(old), len(new)) - begin and old[-1 - behind] == new[-1 - behind]:
        behind += 1
    first = max(0, begin - above)
    return _joined(old[first : len(old) - behind]), _joined(new[first : len(new) - behind])


def _joined(lines: Sequence[str]) -> str:
    return textwrap.dedent("\n".join(lines))


def _file(draft: _Draft, replaces: Sequence[str], edit: Edit) -> str:
    where, kind = draft.mutant.where, draft.mutant.kind
    lines = [f'"""{where}: {kind}. {TO_DO}"""', ""]
    lines += [f"REPLACES = {_quoted(replaces[0])}"] if replaces else []
    lines += _edits(edit)
    lines += [f"FAILS = [{', '.join(map(_quoted, draft.fails))}]"]
    lines += [f"HINT = {_quoted(draft.hint)}", ""]
    return "\n".join(lines)


def _edits(edit: Edit) -> list[str]:
    """The lines that set EDITS; a short one is one line."""
    old, new = _quoted(edit.old), _quoted(edit.new)
    if len(old) + len(new) < WIDTH:
        return [f"EDITS = {{{old}: {new}}}"]
    return ["EDITS = {", f"    {old}:", f"        {new},", "}"]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
