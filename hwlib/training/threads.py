"""Trains a network with the number of threads that is fastest on this machine, measured once.

Starting threads takes longer than a step of a small network, above all if other programs use the
processor: then each step waits for the slowest thread. A large network gains from threads.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

__all__ = ["fastest_threads"]

_ROUNDS = 4  # steps with each number of threads, after one that counts for nothing
_MOST_S = 2.0  # seconds for measuring; it stops after a round that ends later
_WORTH_IT = 0.85  # several threads must take this share of the time of one, or less
_chosen: dict[tuple[object, ...], int] = {}  # (size of the network and of a batch) → threads


@contextmanager
def fastest_threads(
    model: nn.Module, images: Any, labels: Any, loss: Callable[[Any, Any], Any]
) -> Iterator[int]:
    """Use the fastest number of threads within the block; afterwards the number is as before.

    One thread is compared with torch's usual number, on a copy of the network. So neither the
    network nor random numbers change. Networks of one size are measured once in a process.

    Parameters
    ----------
    model : nn.Module
    images, labels : tensors
        A batch, as in training.
    loss : callable
        loss(scores, labels) → mean over the batch.

    Yields
    ------
    int
        The number of threads.
    """
    usual = torch.get_num_threads()
    if usual == 1 or images.device.type != "cpu":
        yield usual
        return
    sizes = tuple(parameter.numel() for parameter in model.parameters())
    key = (type(model), sizes, tuple(images.shape), usual)
    if key not in _chosen:
        _chosen[key] = _measured(model, images, labels, loss, usual)
    torch.set_num_threads(_chosen[key])
    try:
        yield _chosen[key]
    finally:
        torch.set_num_threads(usual)


def _measured(
    model: nn.Module, images: Any, labels: Any, loss: Callable[[Any, Any], Any], usual: int
) -> int:
    """1 or `usual`, whichever takes less time for some steps."""
    try:
        twin = copy.deepcopy(model).train()
    except (RuntimeError, TypeError):  # it holds what cannot be copied
        return usual
    seconds = {1: 0.0, usual: 0.0}
    started = time.perf_counter()
    try:
        with torch.random.fork_rng(devices=[]):
            for number in range(_ROUNDS + 1):
                for threads in seconds:  # in turns, so that both meet the same other programs
                    torch.set_num_threads(threads)
                    begun = time.perf_counter()
                    loss(twin(images), labels).backward()
                    seconds[threads] += (time.perf_counter() - begun) if number else 0.0
                if number and time.perf_counter() - started > _MOST_S:
                    break
    except Exception:  # noqa: BLE001  a step of training will raise it where students see it
        return usual
    finally:
        torch.set_num_threads(usual)
    return usual if seconds[usual] <= _WORTH_IT * seconds[1] else 1
