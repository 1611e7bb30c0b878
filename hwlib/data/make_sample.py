"""Make the sample in the package from the full data: `python -m hwlib.data.make_sample`.

The expected digests are in hwlib/data/definitions.py. If some differ, the program names them and
exits with code 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from hwlib.data.content import digests_of
from hwlib.data.definitions import DATASETS, Dataset
from hwlib.data.loading import load

__all__ = ["main", "write_sample"]


def write_sample(dataset: Dataset, folder: Path) -> list[str]:
    """Write the first rows of the full data as .npy files; returns a line for each wrong digest."""
    folder.mkdir(parents=True, exist_ok=True)
    differ = []
    for spec, array in zip(dataset.sample, load(dataset), strict=True):
        rows = np.ascontiguousarray(array[: spec.shape[0]])
        np.save(folder / f"{spec.name}.npy", rows)
        found = digests_of(spec, rows)
        if found != spec.digests:
            differ.append(
                f"{dataset.name} {spec.name}: expected {spec.digests[0]}, found {found[0]}"
            )
    return differ


def main() -> int:
    """Write all samples; 1 if a digest differs from the one in definitions.py."""
    here = Path(__file__).parent / "sample"
    differ = [
        line for dataset in DATASETS.values() for line in write_sample(dataset, here / dataset.name)
    ]
    sys.stderr.write("".join(f"{line}\n" for line in differ) or f"wrote {here}\n")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
