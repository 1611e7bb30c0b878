"""Train the reference's network for longer than the notebook does and write cnn.safetensors beside this file (some minutes on 2 cores).

    python assignments/mnist_cnn/artifacts/make.py

The network is the one of the reference's build_cnn, the shifts are its shift_images. The epoch is chosen by 5,000 validation images, which
are none of the training images; the test images are only looked at to print the accuracy in the end.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from hwlib.grading import find_course
import hwlib
from hwlib.data import load_mnist
from hwlib.grading.authoring.reading import run_cells
from hwlib.training import evaluate, fit

FOLDER = Path(__file__).resolve().parent
EPOCHS = 25


def reference() -> dict[str, Any]:
    """The names that the reference's setup cells define, and its build_cnn and shifts."""
    names = run_cells(find_course(FOLDER).assignment(FOLDER.parent.name), lambda cell: cell.role == "setup"
                      or cell.name in ("build_cnn", "shift_images") and cell.role == "solution" or "def random_shift" in cell.source)
    if len(names["raw_labels"]) != 60_000:
        raise SystemExit("the reference needs the full MNIST: run `hw data fetch mnist`")
    return names


def main() -> None:
    """Train and save."""
    os.chdir(FOLDER)
    names = reference()
    _, _, test_images, test_labels = load_mnist()
    torch.manual_seed(0)
    model = names["build_cnn"]()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    history = fit(model, names["train"], names["validation"], optimizer, EPOCHS, batch_size=128, augment=names["random_shift"], seed=0,
                  scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS), show_progress=False)
    path = hwlib.save_model(model, "cnn", half=True, training=history.summary())
    saved = evaluate(hwlib.load_model("cnn"), (names["scaled"](test_images), torch.tensor(test_labels.tolist())))[1]
    print(f"cnn: {history!r}; test accuracy {saved:.4f}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
