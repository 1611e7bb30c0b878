"""Invented songs, with titles that describe their sound, and how often somebody played them.

The assignment em looks for the moods behind these play counts. Everything is drawn with
`hwlib.hash_random`, so songs and play counts are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwlib import hash_random

__all__ = ["FEATURES", "Songs", "listening_history", "load_songs"]

Array = np.ndarray[Any, np.dtype[Any]]

FEATURES = ("1", "energy", "cheerfulness", "acoustic", "words")
"""The columns of `Songs.X`: a constant 1, then four numbers between −1 and 1.

Energy: −1 calm, 1 fast and loud · cheerfulness: −1 gloomy, 1 happy · acoustic: −1 electronic, 1
acoustic · words: −1 instrumental, 1 nothing but words.
"""

_NUM_SONGS = 600
_SHARES = (0.5, 0.3, 0.2)  # shares of the moods, unequal on purpose
_WEIGHTS = np.array(
    [
        [0.7, 1.9, 0.5, -0.8, 0.0],  # for running: energy, rather electronic
        [0.9, -1.3, 0.2, 0.5, -1.6],  # for work: calm, without words
        [0.3, -0.5, -1.9, 0.9, 1.1],  # for rainy evenings: gloomy, acoustic, words
    ]
)

# (energy > 0, cheerfulness > 0) → the first word of a title; (acoustic > 0, words > 0) → the last
_FIRST = {
    (True, True): (
        "Electric",
        "Saturday",
        "Sprinting",
        "Neon",
        "Trampoline",
        "Firework",
        "Rocket",
        "Summer",
        "Jumping",
        "Golden",
    ),
    (True, False): (
        "Furious",
        "Thunder",
        "Burning",
        "Iron",
        "Reckless",
        "Broken",
        "Storm",
        "Midnight",
        "Savage",
        "Falling",
    ),
    (False, True): (
        "Sunday",
        "Honey",
        "Barefoot",
        "Lazy",
        "Feather",
        "Garden",
        "Morning",
        "Gentle",
        "Pillow",
        "Meadow",
    ),
    (False, False): (
        "Lonely",
        "Grey",
        "November",
        "Empty",
        "Fading",
        "Distant",
        "Winter",
        "Silent",
        "Foggy",
        "Forgotten",
    ),
}
_LAST = {
    (True, True): (
        "Ballad",
        "Letter",
        "Lullaby",
        "Confession",
        "Hymn",
        "Story",
        "Farewell",
        "Promise",
    ),
    (True, False): (
        "Strings",
        "Piano",
        "Guitar",
        "Cello",
        "Woodwinds",
        "Sonata",
        "Quartet",
        "Harp",
    ),
    (False, True): ("Anthem", "Radio", "Chorus", "Shout", "Slogan", "Rap", "Hook", "Chant"),
    (False, False): ("Engine", "Circuit", "Pulse", "Machine", "Signal", "Drone", "Loop", "Laser"),
}


@dataclass(frozen=True)
class Songs:
    """A catalogue of N songs.

    titles: N texts, all different. X: array (N, D) of float64, D = 5, the columns of `FEATURES`;
    read-only.
    """

    titles: tuple[str, ...]
    X: Array

    def __len__(self) -> int:
        return len(self.titles)


def load_songs() -> Songs:
    """Load all 600 songs.

    >>> songs = load_songs()
    >>> songs.X.shape, len(set(songs.titles))
    ((600, 5), 600)
    """
    features = [
        2 * hash_random.uniforms("songs", name, size=_NUM_SONGS) - 1 for name in FEATURES[1:]
    ]
    # (N, D)
    X = np.stack([np.ones(_NUM_SONGS), *(np.round(feature, 2) for feature in features)], axis=1)
    X.flags.writeable = False
    return Songs(_titles(X), X)


def listening_history(songs: Songs, num_songs: int = 300) -> tuple[Array, Array]:
    """Draw the play counts of one person: songs, each heard in one of three moods.

    Returns
    -------
    index : array of int, (num_songs,)
        Positions of the songs in the catalogue, all different.
    counts : array of int, (num_songs,)
        How often the person played each of them. Some counts are 0.
    """
    index = np.argsort(hash_random.uniforms("history", "songs", size=len(songs)), kind="stable")[
        :num_songs
    ]
    mood = np.searchsorted(
        np.cumsum(_SHARES), hash_random.uniforms("history", "moods", size=num_songs)
    )
    rates = np.exp(np.sum(songs.X[index] * _WEIGHTS[mood], axis=1))  # (num_songs,)
    return index, hash_random.poisson("history", "counts", rates=rates)


def _titles(X: Array) -> tuple[str, ...]:
    """Make a different title for each song from words for its features."""
    taken: dict[str, int] = {}
    titles = []
    for i, (_, energy, cheerfulness, acoustic, words) in enumerate(X.tolist()):
        first, last = _FIRST[energy > 0, cheerfulness > 0], _LAST[acoustic > 0, words > 0]
        titles.append(_free_title(first, last, i, taken))
    return tuple(titles)


def _free_title(first: Sequence[str], last: Sequence[str], i: int, taken: dict[str, int]) -> str:
    """Choose a title that no song has, starting the search at a drawn place.

    If all titles are taken, a number is added.
    """
    everything = [f"{a} {b}" for a in first for b in last]
    start = int(hash_random.integers("titles", i, low=0, high=len(everything) - 1, size=1)[0])
    title = next(
        (t for t in everything[start:] + everything[:start] if t not in taken), everything[start]
    )
    taken[title] = taken.get(title, 0) + 1
    return title if taken[title] == 1 else f"{title} No. {taken[title]}"
