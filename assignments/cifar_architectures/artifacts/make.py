"""Train the reference's handed-in networks on the full CIFAR-10 and write them beside this file.

    python assignments/cifar_architectures/artifacts/make.py            # logistic, one_hidden, conv_maxpool: some minutes
    python assignments/cifar_architectures/artifacts/make.py seeds      # the same with five seeds, for the thresholds: mean and s.d.
    python assignments/cifar_architectures/artifacts/make.py conv_maxpool    # one of them; also with seeds
    python assignments/cifar_architectures/artifacts/make.py extra      # the network for extra credit: three quarters of an hour on two cores

The networks and the training loop are those of the reference's notebook. Validation images choose the epoch; the test images are only
looked at to print the accuracy in the end. Two trainings that share the cores are faster with OMP_WAIT_POLICY=PASSIVE.
"""

from __future__ import annotations

import copy
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from hwlib.grading import find_course
import hwlib
from hwlib.training.torch_loop import FitHistory, evaluate, fit
from hwlib.grading.authoring.reading import run_cells

FOLDER = Path(__file__).resolve().parent
THREE = {                                   # artifact → its class, its arguments, learning rate, epochs
    "logistic": ("LogisticRegression", (), 1e-3, 10),
    "one_hidden": ("OneHiddenLayer", (100,), 3e-4, 20),
    "conv_maxpool": ("ConvMaxPool", (24, 5, 4), 2e-3, 5),
}
EPOCHS, WARM_UP, PEAK = 50, 3, 0.2          # of extra: epochs, epochs until the learning rate is at its peak, the peak


def reference() -> dict[str, Any]:
    """The names that the reference's setup and solution cells define, and its training loop."""
    os.environ.pop("HW_FAST", None)
    names = run_cells(find_course(FOLDER).assignment(FOLDER.parent.name), lambda cell: cell.role in ("setup", "solution")
                      or (cell.role == "code" and "def train_network" in cell.source))
    if len(names["raw_labels"]) != 50_000:
        raise SystemExit("the reference needs the full CIFAR-10: run `hw data fetch cifar10`")
    return names


def trained(names: dict[str, Any], artifact: str, seed: int) -> tuple[nn.Module, FitHistory, float]:
    """One of the three networks, trained as in the notebook; its history and its test accuracy."""
    builder, arguments, rate, epochs = THREE[artifact]
    torch.manual_seed(seed)
    network = names[builder](*arguments)
    started = time.perf_counter()
    history = names["train_network"](network, rate, epochs, seed=seed, watch=False)
    accuracy = evaluate(network, names["test"])[1]
    print(f"{artifact}, seed {seed}: test accuracy {accuracy:.4f}, {history!r}, {time.perf_counter() - started:.0f} s", flush=True)
    return network, history, accuracy


def make_three(seeds: range, chosen: list[str]) -> None:
    """Train them (or those that are named) with each seed, write those of seed 0, print mean and s.d. of the test accuracy."""
    names = reference()
    for artifact in chosen or THREE:
        found = []
        for seed in seeds:
            network, history, accuracy = trained(names, artifact, seed)
            found.append(accuracy)
            if seed == 0:
                hwlib.save_model(network, artifact, training=history.summary(), half=True)
        if len(found) > 1:
            mean, spread = float(np.mean(found)), float(np.std(found, ddof=1))
            print(f"{artifact}: mean {mean:.4f}, s.d. {spread:.4f}, mean − 3 s.d. {mean - 3 * spread:.4f}", flush=True)


def learning_rate(epoch: int) -> float:
    """Share of the peak: a straight line up, half a cosine down."""
    if epoch < WARM_UP:
        return (epoch + 1) / (WARM_UP + 1)
    return 0.5 * (1 + math.cos(math.pi * (epoch - WARM_UP) / (EPOCHS - WARM_UP)))


def make_extra() -> None:
    """Train it; at any time the file has the weights of the best epoch until now, by 1,000 validation images."""
    names = reference()
    images, labels = (torch.cat(parts) for parts in zip(names["train"], names["validation"], strict=True))
    torch.manual_seed(0)
    model = names["build_extra"]().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=PEAK, momentum=0.9, nesterov=True, weight_decay=5e-4)
    started = time.perf_counter()

    def after_epoch(history: FitHistory) -> None:
        epoch, minutes = len(history.train_loss), (time.perf_counter() - started) / 60
        print(f"epoch {epoch:2d}: loss {history.train_loss[-1]:.3f}, accuracy {history.train_accuracy[-1]:.4f} (training), "
              f"{history.val_accuracy[-1]:.4f} (validation), {minutes:.1f} minutes", flush=True)
        if history.best_epoch == epoch:
            best = copy.deepcopy(model).to(memory_format=torch.contiguous_format)
            summary = history.summary() | {"minutes": round(minutes, 1)}
            hwlib.save_model(best.eval(), "extra", training=summary, input_shape=(3, 32, 32), half=True)

    fit(model, (images[:-1000], labels[:-1000]), (images[-1000:], labels[-1000:]), optimizer, EPOCHS, batch_size=128, seed=0,
        augment=names["augmented"], loss=nn.CrossEntropyLoss(label_smoothing=0.1), show_progress=False, on_epoch=after_epoch,
        scheduler=torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate))
    print(f"extra: test accuracy {evaluate(hwlib.load_model('extra'), names['test'])[1]:.4f}")


if __name__ == "__main__":
    os.chdir(FOLDER)
    words = sys.argv[1:]
    if words == ["extra"]:
        make_extra()
    else:
        make_three(range(5) if "seeds" in words else range(1), [word for word in words if word != "seeds"])
