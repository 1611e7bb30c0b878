"""Describes the weights of a model in a few hundred numbers, to find weights that are almost equal.

The numbers of each array are its largest and smallest entries and the means of eight equal parts of
its sorted entries, all in units of their root mean square. They stay the same if the neurons of a
layer change places or a layer is multiplied by a number, and they hardly change with a little
noise or if the file is stored in half precision. Two networks that were trained on their own differ
in the extreme entries by some per cent, however large they are.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hwlib.models.files import open_model

__all__ = ["LIMIT", "SHARE", "Near", "near_pairs", "sketch"]

Array: TypeAlias = NDArray[np.float64]

LIMIT = 1e-3  # differences up to this count as equal; half precision makes 5e-4
SHARE = 0.9  # part of all numbers whose arrays must be equal in this sense
_EXTREMES = 16  # entries at each end
_PARTS = 8
_WIDTH = 2 * _EXTREMES + _PARTS
_MAX_ARRAYS = 200  # of a model with more, the largest
# entries that must agree where two models have other arrays besides; fewer agree by chance
_LEAST = 100


@dataclass(frozen=True, slots=True)
class Near:
    """Two owners whose weights are almost equal."""

    one: str
    other: str
    difference: float  # the largest one in the arrays that agree, relative


def sketch(path: Path) -> str:
    """The sketch of a model file as text; "" if there is nothing to compare.

    Raises
    ------
    ModelError
        As for `hwlib.load_model`.
    """
    arrays = [array.ravel() for array in open_model(path).arrays().values() if array.size > 1]
    if not arrays:
        return ""
    arrays = sorted(arrays, key=len)[-_MAX_ARRAYS:]
    sizes = " ".join(str(len(array)) for array in arrays)
    rows = np.array([_row(array.astype(np.float64)) for array in arrays], dtype="<f4")
    return f"{sizes}:{base64.b85encode(rows.tobytes()).decode()}"


def _row(entries: Array) -> Array:
    """The numbers of one array: (_WIDTH,), with 0 for what it lacks; all 0 if it is constant."""
    row = np.zeros(_WIDTH)
    if np.ptp(entries) == 0:  # as biases before training: it says nothing
        return row
    entries = entries / np.abs(entries).max()  # so that no square overflows
    entries /= np.sqrt(np.mean(entries**2))
    count, ends = len(entries), min(_EXTREMES, len(entries))
    cuts = [count * part // _PARTS for part in range(1, _PARTS)]
    # much faster than sorting all of them
    ordered = np.partition(entries, sorted({0, ends - 1, *cuts, count - ends}))
    row[:ends] = np.sort(ordered[:ends])
    row[_EXTREMES : _EXTREMES + ends] = -np.sort(-ordered[count - ends :])
    parts = [part for part in np.split(ordered, cuts) if len(part)]
    row[2 * _EXTREMES : 2 * _EXTREMES + len(parts)] = [part.mean() for part in parts]
    return row


def near_pairs(sketches: Mapping[str, str]) -> list[Near]:
    """The pairs of owners whose weights are almost equal.

    Parameters
    ----------
    sketches : dict
        Owner → sketch. Sketches that are "" or damaged are left out.
    """
    alike: dict[tuple[int, ...], list[tuple[str, Any]]] = defaultdict(list)
    for owner, text in sketches.items():
        if (read := _read(text)) is not None:
            alike[read[0]].append((owner, read[1]))
    same = [near for sizes, group in alike.items() for near in _near_in(sizes, group)]
    return same + _near_among(alike)


def _near_in(sizes: tuple[int, ...], group: list[tuple[str, Any]]) -> list[Near]:
    """The pairs among models whose arrays have the same sizes."""
    owners = [owner for owner, _ in group]
    rows = np.array([row for _, row in group])  # (models, arrays, _WIDTH)
    varied = np.asarray(rows.any(axis=2))  # (models, arrays)
    found = []
    for place, owner in enumerate(owners[:-1]):
        others = rows[place + 1 :]
        scale = np.maximum(np.abs(others), 1)
        differences: Array = np.max(
            np.abs(others - rows[place]) / scale, axis=2
        )  # (others, arrays)
        says = varied[place + 1 :] | varied[place]  # what is constant in both says nothing
        agree = (differences <= LIMIT) & says
        total = says @ np.array(sizes)
        for index in np.flatnonzero((total > 0) & (agree @ np.array(sizes) >= SHARE * total)):
            worst = float(differences[index][agree[index]].max())
            found.append(Near(owner, owners[place + 1 + index], worst))
    return found


@dataclass(slots=True)
class _Common:
    """What two models of other sizes have in common."""

    entries: dict[str, dict[int, int]]  # owner → place of an array that the other has → entries
    worst: float = 0.0


def _near_among(alike: Mapping[tuple[int, ...], list[tuple[str, Any]]]) -> list[Near]:
    """The pairs among models of other sizes: one has arrays that the other lacks, such as those of
    a layer that does nothing.
    """
    rows = defaultdict[int, list[tuple[str, int, tuple[int, ...], Array]]](list)
    total = dict[str, int]()
    for sizes, group in alike.items() if len(alike) > 1 else ():
        for owner, found in group:
            varied = [place for place in range(len(sizes)) if found[place].any()]
            total[owner] = sum(sizes[place] for place in varied)
            for place in varied:
                rows[sizes[place]].append((owner, place, sizes, found[place]))
    pairs: dict[tuple[str, str], _Common] = {}
    for size, several in rows.items():
        for (one, here, _, _), (other, there, _, _), difference in _agreeing(several):
            pair = pairs.setdefault((one, other), _Common({one: {}, other: {}}))
            pair.entries[one][here] = pair.entries[other][there] = size
            pair.worst = max(pair.worst, difference)
    found = []
    for (one, other), common in pairs.items():
        smaller = min(one, other, key=total.__getitem__)
        entries = sum(common.entries[smaller].values())
        if entries >= max(_LEAST, SHARE * total[smaller]):
            found.append(Near(one, other, common.worst))
    return found


def _agreeing(
    several: list[tuple[str, int, tuple[int, ...], Array]],
) -> Iterator[tuple[Any, Any, float]]:
    """The pairs of equal arrays in models of other sizes, each with its difference."""
    several = sorted(several, key=lambda one: float(one[3][0]))
    values = np.array([row for *_, row in several])  # (arrays, _WIDTH)
    reach = LIMIT * np.maximum(np.abs(values[:, 0]), 1)  # no array further away agrees
    ends = np.searchsorted(values[:, 0], values[:, 0] + 2 * reach, side="right")
    numbers = {sizes: number for number, sizes in enumerate({one[2] for one in several})}
    kinds = np.array([numbers[one[2]] for one in several])  # (arrays,): models of the same sizes
    for place, end in enumerate(ends):
        others = place + 1 + np.flatnonzero(kinds[place + 1 : end] != kinds[place])
        scale = np.maximum(np.abs(values[others]), 1)
        differences = np.max(np.abs(values[others] - values[place]) / scale, axis=1)
        for near in np.flatnonzero(differences <= LIMIT):
            one, other = sorted((several[place], several[others[near]]), key=lambda each: each[0])
            yield one, other, float(differences[near])


def _read(text: str) -> tuple[tuple[int, ...], Array] | None:
    sizes, colon, code = text.partition(":")
    try:
        counts = tuple(map(int, sizes.split()))
        flat = np.frombuffer(base64.b85decode(code), dtype="<f4").astype(np.float64)
        rows = flat.reshape(len(counts), _WIDTH)
    except ValueError:
        return None
    return (counts, rows) if colon and counts and np.isfinite(rows).all() else None
