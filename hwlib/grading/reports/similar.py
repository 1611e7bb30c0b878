"""Finds pairs of students whose code is similar, for a human to judge.

copydetect (MIT licence) does the work, as MOSS does it: names, comments and blanks do not count,
and passages of some 25 tokens are compared by their hashes (winnowing, Schleimer et al. 2003). Left
out is what the release has, and what so many students have that it is the usual way to write it.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from hwlib.errors import SubmissionError
from hwlib.extras import how_to_install
from hwlib.grading.answer_key import AnswerKey
from hwlib.grading.cells import grade_id_of
from hwlib.grading.course import Assignment
from hwlib.grading.records.class_results import ClassResults
from hwlib.grading.submissions.reading import read_submission

__all__ = ["Pair", "Similar", "similar_answers", "similar_pairs"]

LENGTH, WINDOW = 25, 6  # characters of a passage; of passages in a row, one is compared
LEAST = 0.6  # share of the own code of each of the two that the other has, too
LEAST_OWN = 150  # characters of own code, without blanks and with short names: some eight lines
MOST_OWNERS = 10  # students; a passage of more than this and of a tenth of the class is usual
MANY_OWNERS = 50  # however large the class is: with this, a class of 5,000 takes seconds
MAX_CODE = 50_000  # characters of one student that are read


@dataclass(frozen=True, slots=True)
class Pair:
    """Two students with similar code."""

    one: str
    other: str
    share: float  # of `one`'s own code that `other` has, too; from 0 to 1
    share_of_other: float
    passage: str  # the longest that they have in common, as `one` wrote it


@dataclass(frozen=True, slots=True)
class Similar:
    """The pairs, the most similar first, or why nothing was compared."""

    pairs: tuple[Pair, ...] = ()
    not_compared: str = ""


def similar_answers(results: ClassResults, output: Path) -> Similar:
    """The pairs of students whose graded notebooks are similar. Teams are left out.

    Parameters
    ----------
    results : ClassResults
    output : Path
        The folder with autograded/.
    """
    try:
        import copydetect  # noqa: F401
    except ImportError:
        return Similar(
            not_compared=f"copydetect is not installed; run: {how_to_install('similar')}"
        )
    assignment, key = results.assignment, results.key
    codes = {
        one.result.student: _code_of(assignment, key, output, one.result.student)
        for one in results.submissions
    }
    teams = assignment.course.teams.get(assignment.slug, {}).values()
    return Similar(tuple(similar_pairs(codes, _released_code(assignment), teams)))


def similar_pairs(
    codes: Mapping[str, str], released: str = "", teams: Iterable[Iterable[str]] = ()
) -> list[Pair]:
    """The similar ones of these programs, the most similar first.

    Parameters
    ----------
    codes : dict of str to str
        Student → code.
    released : str
        The code that all of them were given.
    teams : iterable of iterable of str
        Students who hand in together.
    """
    prints = {student: _fingerprint(code) for student, code in codes.items()}
    owners = Counter(each for one in prints.values() for each in one.hashes)
    usual = min(max(MOST_OWNERS, len(codes) // 10), MANY_OWNERS)
    left_out = set(_fingerprint(released, window=1).hashes)
    left_out |= {each for each, count in owners.items() if count > usual}
    own = {student: _without(one, left_out) for student, one in prints.items()}
    own = {student: one for student, one in own.items() if one.token_coverage >= LEAST_OWN}
    together = {pair for team in teams for pair in combinations(sorted(team), 2)}
    found = (_compared(*pair, own) for pair in _candidates(own) if pair not in together)
    pairs = [one for one in found if min(one.share, one.share_of_other) >= LEAST]
    return sorted(pairs, key=lambda one: (-one.share - one.share_of_other, one.one, one.other))


def _fingerprint(code: str, window: int = WINDOW) -> Any:
    from copydetect import CodeFingerprint

    return CodeFingerprint("code", LENGTH, window, language="python", fp=io.StringIO(code))


def _without(one: Any, left_out: set[int]) -> Any:
    """A fingerprint without these hashes.

    copydetect's own `boilerplate` also loses passages that a student has twice.
    """
    from copydetect.utils import get_token_coverage

    one.hashes = one.hashes - left_out
    one.hash_idx = {each: one.hash_idx[each] for each in one.hashes}
    one.token_coverage = get_token_coverage(one.hash_idx, LENGTH, len(one.filtered_code))
    return one


def _candidates(own: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The pairs that have half as many hashes in common as they need to be similar."""
    owners = defaultdict[int, list[str]](list)
    for student in sorted(own):
        for each in own[student].hashes:
            owners[each].append(student)
    common = Counter(pair for several in owners.values() for pair in combinations(several, 2))
    return sorted(
        (one, other)
        for (one, other), count in common.items()
        if count >= LEAST / 2 * max(len(own[one].hashes), len(own[other].hashes))
    )


def _compared(one: str, other: str, own: Mapping[str, Any]) -> Pair:
    from copydetect import compare_files

    _, shares, (slices, _) = compare_files(own[one], own[other])
    return Pair(one, other, float(shares[0]), float(shares[1]), _longest(own[one].raw_code, slices))


def _longest(code: str, slices: Any) -> str:
    start, end = max(zip(*slices, strict=True), key=lambda one: one[1] - one[0], default=(0, 0))
    return code[int(start) : int(end)].strip("\n")


# ---- whose code it is ----------------------------------------------------------------------------


def _code_of(assignment: Assignment, key: AnswerKey, output: Path, student: str) -> str:
    """What a student wrote, as graded, "" if that can't be read."""
    given = {cell.grade_id for cell in key.by_role("setup", "test") if cell.grade_id}
    folder, found = output / "autograded" / student / assignment.slug, []
    for name in assignment.stems:
        try:
            notebook = read_submission(folder / f"{name}.ipynb")
        except SubmissionError:
            continue
        found += _code_in(notebook.cells, given)
    return "\n\n".join(found)[:MAX_CODE]


def _released_code(assignment: Assignment) -> str:
    notebooks = [read_submission(one.release) for one in assignment.each_notebook()]
    return "\n\n".join(source for one in notebooks for source in _code_in(one.cells, set()))


def _code_in(cells: Sequence[Any], given: set[str]) -> list[str]:
    return [
        str(cell.source)
        for cell in cells
        if cell.cell_type == "code" and grade_id_of(cell) not in given
    ]
