"""The fast layers beside the naive loops and torch.nn.functional, all in float64 and in one run.

    python benchmarks/layers.py [--repeats 5]

For each layer: the median times of torch and of hwlib, measured in turns so that both see the same
machine, their ratio, the time of the naive loops (one run: those of assignments/cnn_layers), and
how many times faster hwlib is than these. "Forward + backward" of torch is its autograd; backward
is not timed alone, because torch looks for the maxima of pooling in its forward pass already.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hwlib.grading import find_course
from hwlib.grading.authoring.reading import run_cells
from hwlib.layers import (
    conv_backward_fast,
    conv_forward_fast,
    max_pool_backward_fast,
    max_pool_forward_fast,
)

Timed = Callable[[], Any]

# OpenMP's threads go on turning for some milliseconds after their work, on the cores that the next
# one needs
PAUSE_S = 0.05
ROW = 60  # calls; in the first half of them the system finds cores for the threads


def main() -> None:
    """Print one line for each comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    naive = naive_layers()
    print(
        f"{'layer and size':<54}{'torch ms':>10}{'hwlib ms':>10}"
        f"{'ratio':>8}{'naive s':>10}{'speed-up':>10}"
    )
    for title, ours, theirs, loops in [*convolution(naive), *pooling(naive)]:
        hwlib_s, torch_s = medians(ours, theirs, repeats)
        naive_s = timed(loops)
        times = f"{1000 * torch_s:>10.2f}{1000 * hwlib_s:>10.2f}"
        times += f"{hwlib_s / torch_s:>8.2f}{naive_s:>10.2f}"
        print(f"{title:<54}{times}{naive_s / hwlib_s:>9.0f}x")


def convolution(naive: dict[str, Any]) -> list[tuple[str, Timed, Timed, Timed]]:
    """The sizes of the assignment: x (100, 3, 31, 31), w (25, 3, 3, 3), stride 2, pad 1."""
    import torch

    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(100, 3, 31, 31)), rng.normal(size=(25, 3, 3, 3)), rng.normal(size=25)
    dout = rng.normal(size=(100, 25, 16, 16))
    param = {"stride": 2, "pad": 1}
    tensors = [torch.from_numpy(array).requires_grad_() for array in (x, w, b)]
    upstream = torch.from_numpy(dout)

    def torch_forward() -> Any:
        with torch.no_grad():
            return torch.nn.functional.conv2d(*tensors, stride=2, padding=1)

    def torch_both() -> None:
        for tensor in tensors:
            tensor.grad = None
        torch.nn.functional.conv2d(*tensors, stride=2, padding=1).backward(upstream)

    def both(forward: Any, backward: Any) -> Timed:
        return lambda: backward(dout, forward(x, w, b, param)[1])

    forward, backward = naive["conv_forward_naive"], naive["conv_backward_naive"]
    size = "x (100,3,31,31), w (25,3,3,3)"
    return [
        (
            f"conv forward, {size}",
            lambda: conv_forward_fast(x, w, b, param),
            torch_forward,
            lambda: forward(x, w, b, param),
        ),
        (
            f"conv forward + backward, {size}",
            both(conv_forward_fast, conv_backward_fast),
            torch_both,
            both(forward, backward),
        ),
    ]


def pooling(naive: dict[str, Any]) -> list[tuple[str, Timed, Timed, Timed]]:
    """2 × 2 windows of x (100, 3, 32, 32), and of the output of 32 filters."""
    import torch

    rows: list[tuple[str, Timed, Timed, Timed]] = []
    param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    for shape in ((100, 3, 32, 32), (50, 32, 32, 32)):
        rng = np.random.default_rng(0)
        x = rng.normal(size=shape)
        dout = rng.normal(size=(*shape[:2], shape[2] // 2, shape[3] // 2))
        rows += pooling_rows(naive, x, dout, param, torch)
    return rows


def pooling_rows(
    naive: dict[str, Any], x: Any, dout: Any, param: dict[str, int], torch: Any
) -> list[tuple[str, Timed, Timed, Timed]]:
    """Forward, and forward with backward, for one input."""
    tensor, upstream = torch.from_numpy(x).requires_grad_(), torch.from_numpy(dout)

    def torch_forward() -> Any:
        with torch.no_grad():
            return torch.nn.functional.max_pool2d(tensor, 2, 2)

    def torch_both() -> None:
        tensor.grad = None
        torch.nn.functional.max_pool2d(tensor, 2, 2).backward(upstream)

    def both(forward: Any, backward: Any) -> Timed:
        return lambda: backward(dout, forward(x, param)[1])

    forward, backward = naive["max_pool_forward_naive"], naive["max_pool_backward_naive"]
    size = "x (" + ",".join(map(str, x.shape)) + ")"
    return [
        (
            f"max-pool forward, {size}",
            lambda: max_pool_forward_fast(x, param),
            torch_forward,
            lambda: forward(x, param),
        ),
        (
            f"max-pool forward + backward, {size}",
            both(max_pool_forward_fast, max_pool_backward_fast),
            torch_both,
            both(forward, backward),
        ),
    ]


def naive_layers() -> dict[str, Any]:
    """The reference's loops, out of the assignment's notebook."""
    assignment = find_course(Path(__file__).parent).assignment("cnn_layers")
    return run_cells(
        assignment, lambda cell: cell.role == "solution" and "_naive" in cell.name, np=np
    )


def medians(first: Timed, second: Timed, repeats: int) -> tuple[float, float]:
    """Median seconds of both, taken in turns."""
    runs = [(in_a_row(first), in_a_row(second)) for _ in range(repeats)]
    return statistics.median(a for a, _ in runs), statistics.median(b for _, b in runs)


def in_a_row(function: Timed) -> float:
    """Wall-clock seconds of a call as in a training loop: after others of the same, while no
    threads of another one are awake.
    """
    time.sleep(PAUSE_S)
    return statistics.median([timed(function) for _ in range(ROW)][ROW // 2 :])


def timed(function: Timed) -> float:
    """Wall-clock seconds of one call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
