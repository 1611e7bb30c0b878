"""hwlib.training.fit beside the usual torch loop: torchvision Dataset, DataLoader, ToTensor and
Normalize.

    python benchmarks/training.py [--repeats 5] [--steps 300] [--device cpu]

Both train the same network from the same weights with the same optimizer and batch size on the same
MNIST images (those that come with hwlib, as often as needed), in turns, so that both see the same
machine. Printed: median milliseconds a step, their ratio, and the mean accuracy on 500 test images
over the repeats; what fit prepares once (pixels to floats) is timed too.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from hwlib.data import load_mnist
from hwlib.training.torch_loop import evaluate, fit

MEAN, DEVIATION = 0.1307, 0.3081


def main() -> None:
    """Print one line for each network."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, help="of torch, for both")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.device}; batches "
        f"of 32, {options.steps} steps a repeat"
    )
    print(
        f"{'network':<34}{'DataLoader ms':>15}{'fit ms':>10}"
        f"{'ratio':>8}{'accuracy (DataLoader, fit)':>30}"
    )
    for title, network in networks().items():
        usual, ours, accuracies = compare(network, options)
        print(
            f"{title:<34}{usual:>15.3f}{ours:>10.3f}"
            f"{usual / ours:>8.2f}{accuracies[0]:>22.3f}{accuracies[1]:>8.3f}"
        )


def networks() -> dict[str, nn.Module]:
    """SYLLABUS 9's MLP with 100 hidden units, and a small CNN."""
    torch.manual_seed(0)
    return {
        "MLP 784-100-10": nn.Sequential(
            nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10)
        ),
        "CNN 8-16 channels, 2 x max-pool": nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * 7 * 7, 10),
        ),
    }


def compare(
    network: nn.Module, options: argparse.Namespace
) -> tuple[float, float, tuple[float, float]]:
    """Median milliseconds a step of both, and what both reach."""
    device = torch.device(options.device)
    train_images, train_labels, test_images, test_labels = load_mnist(sample=True)
    test = (normalised(test_images), np.array(test_labels, dtype=np.int64))
    times: list[tuple[float, float]] = []
    reached: list[tuple[float, float]] = []
    for repeat in range(options.repeats + 1):  # the first one doesn't count
        usual, ours = (copy.deepcopy(network).to(device) for _ in range(2))
        epochs = max(1, round(options.steps * 32 / len(train_images)))
        steps = epochs * -(-len(train_images) // 32)
        started = time.perf_counter()
        with_data_loader(usual, train_images, train_labels, epochs, device, repeat)
        between = time.perf_counter()
        optimizer = torch.optim.Adam(ours.parameters())
        train = (normalised(train_images), np.array(train_labels, dtype=np.int64))
        fit(ours, train, None, optimizer, epochs, seed=repeat, show_progress=False)
        times.append(
            ((between - started) / steps * 1000, (time.perf_counter() - between) / steps * 1000)
        )
        reached.append((evaluate(usual, test)[1], evaluate(ours, test)[1]))
    medians = [statistics.median(column) for column in zip(*times[1:], strict=True)]
    usual_accuracy, our_accuracy = (
        statistics.mean(column) for column in zip(*reached[1:], strict=True)
    )
    return medians[0], medians[1], (usual_accuracy, our_accuracy)


def normalised(images: Any) -> Any:
    """Pixels as the networks take them, (N, 1, 28, 28)."""
    return torch.from_numpy((np.array(images, dtype=np.float32) / 255 - MEAN) / DEVIATION)[:, None]


def with_data_loader(
    model: nn.Module, images: Any, labels: Any, epochs: int, device: torch.device, seed: int
) -> None:
    """The loop of most tutorials."""
    torch.manual_seed(seed)
    loader = DataLoader(dataset(images, labels), batch_size=32, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters())
    model.train()
    for _ in range(epochs):
        for batch, wanted in loader:
            batch, wanted = batch.to(device), wanted.to(device)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(batch), wanted)
            loss.backward()
            optimizer.step()


def dataset(images: Any, labels: Any) -> Any:
    """torchvision's own MNIST class on these images; nothing is downloaded or read."""
    from torchvision import datasets, transforms

    made = datasets.MNIST.__new__(datasets.MNIST)
    made.transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((MEAN,), (DEVIATION,))]
    )
    made.target_transform = None
    made.data, made.targets = (
        torch.from_numpy(np.array(images)),
        torch.from_numpy(np.array(labels, dtype=np.int64)),
    )
    return made


if __name__ == "__main__":
    main()
