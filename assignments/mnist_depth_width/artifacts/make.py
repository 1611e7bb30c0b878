"""Train the reference's three networks for longer than the notebook does and write them beside this file (about four minutes on 2 quiet cores).

    python assignments/mnist_depth_width/artifacts/make.py [NAME…]

The networks are those of the reference's build functions. Images are shifted by up to a pixel or two while training, the learning rate
falls on a cosine, and the epoch is chosen by 5,000 validation images, which are none of the training images; the test images are only
looked at to print the accuracy in the end.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from hwlib.grading import find_course
import hwlib
from hwlib.data import load_mnist
from hwlib.grading.authoring.reading import run_cells
from hwlib.training import evaluate, fit

FOLDER = Path(__file__).resolve().parent
SETTINGS = {"model_100": (60, 1), "model_200": (60, 1), "model_1000": (15, 2)}     # name → epochs, pixels


def shifted(images: Any, most: int) -> Any:
    """Each image (N, 1, 28, 28) moved by up to `most` pixels, zeros coming in."""
    padded = F.pad(images[:, 0], (most,) * 4)
    rows, columns = (torch.randint(0, 2 * most + 1, (len(images), 1)) + torch.arange(28) for _ in range(2))     # (N, 28) each
    return padded[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]][:, None]


def reference() -> dict[str, Any]:
    """The names that the reference's setup and solution cells define."""
    names = run_cells(find_course(FOLDER).assignment(FOLDER.parent.name), lambda cell: cell.role in ("setup", "solution"))
    if len(names["raw_labels"]) != 60_000:
        raise SystemExit("the reference needs the full MNIST: run `hw data fetch mnist`")
    return names


def main(chosen: list[str]) -> None:
    """Train and save."""
    os.chdir(FOLDER)
    names = reference()
    _, _, test_images, test_labels = load_mnist()
    test = names["scaled"](test_images), torch.tensor(test_labels.tolist())
    for name in chosen or SETTINGS:
        epochs, most = SETTINGS[name]
        torch.manual_seed(0)
        model = names[f"build_{name}"]()
        optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
        history = fit(model, (names["train_images"], names["train_labels"]), (names["val_images"], names["val_labels"]), optimizer, epochs,
                      batch_size=128, augment=lambda images, most=most: shifted(images, most), seed=0, show_progress=False,
                      scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs))
        path = hwlib.save_model(model, name, half=True, training=history.summary())
        saved = evaluate(hwlib.load_model(name), test)[1]
        print(f"{name}: {history!r}; test accuracy {saved:.4f}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
