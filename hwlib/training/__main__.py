"""Train a network from the command line, with a log file that a notebook can plot.

    python -m hwlib.train --model "networks.py:ConvMaxPool(32, 5, 2)" --data cifar10 --epochs 10
    --log run.jsonl --save conv_maxpool

The model is a class or function in a Python file, which is called with the given arguments. It may
also be a model file NAME.safetensors; training then starts from its weights. Each line of the log
is a JSON object: first the settings, then one line for each epoch as it ends, then the result.
"""

from __future__ import annotations

import argparse
import ast
import json
import runpy
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from hwlib.errors import HwlibError, MissingExtra, ModelError
from hwlib.extras import how_to_install

__all__ = ["RunLog", "main", "read_log", "run"]

_RATES = {"sgd": 0.1, "momentum": 0.01, "rmsprop": 1e-3, "adam": 1e-3, "adamw": 1e-3}


@dataclass(frozen=True, slots=True)
class RunLog:
    """The content of a log file."""

    settings: dict[str, Any]
    epochs: dict[str, list[float]]  # name → value after each epoch: train_loss, val_accuracy, …
    result: dict[str, Any] = field(default_factory=dict)  # empty while the run goes on


def read_log(path: str | Path) -> RunLog:
    """Read a log file, even one that is still being written.

    Raises
    ------
    HwlibError
        If there is no such file, or `python -m hwlib.train` did not write it.
    """
    try:
        lines = [
            json.loads(line)
            for line in Path(path).read_text(encoding="utf-8").splitlines()
            if line.endswith("}")
        ]
    except OSError as error:
        raise HwlibError(
            f"{path}: cannot read this log ({error.strerror}); make it with "
            f"python -m hwlib.train … --log {path}"
        ) from error
    except ValueError as error:
        raise HwlibError(
            f"{path}: not a log of python -m hwlib.train ({error}); train again with --log"
        ) from error
    if not lines or "settings" not in lines[0]:
        raise HwlibError(
            f"{path}: not a log of python -m hwlib.train, because its first line has no settings; "
            "train again with --log"
        )
    epochs: dict[str, list[float]] = {}
    for line in lines:
        for name, value in line.items() if "epoch" in line else ():
            epochs.setdefault(name, []).append(value)
    return RunLog(
        lines[0]["settings"],
        epochs,
        next((line["result"] for line in lines if "result" in line), {}),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the command line says; returns 0 for success, 2 for a mistake in the command."""
    try:
        result = run(_parser().parse_args(arguments))
    except HwlibError as error:
        sys.stderr.write(f"hwlib.train: {error}\n")
        return 2
    sys.stdout.write(
        ", ".join(
            f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}"
            for name, value in result.items()
        )
    )
    sys.stdout.write("\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    text = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        "python -m hwlib.train",
        description=text[0],
        epilog=text[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model",
        required=True,
        metavar="FILE.py:NAME(…)",
        help="a class or function in a Python file, or a model file NAME.safetensors",
    )
    parser.add_argument(
        "--data", required=True, choices=("mnist", "cifar10"), help="the data set to train on"
    )
    parser.add_argument(
        "--epochs", type=int, default=10, help="number of epochs (default: %(default)s)"
    )
    parser.add_argument(
        "--batch-size", type=int, default=32, help="images in one batch (default: %(default)s)"
    )
    parser.add_argument(
        "--optimizer",
        choices=tuple(_RATES),
        default="adam",
        help="the optimizer (default: %(default)s)",
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        help="learning rate (default: one that often works with the optimizer)",
    )
    parser.add_argument(
        "--weight-decay", type=float, default=0.0, help="weight decay (default: %(default)s)"
    )
    parser.add_argument(
        "--validation",
        type=int,
        metavar="N",
        help="use the last N training images to choose the best epoch (default: a tenth of them)",
    )
    parser.add_argument(
        "--patience",
        type=int,
        metavar="N",
        help="stop if validation accuracy has not improved for N epochs",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed for the weights and the order of images"
    )
    parser.add_argument(
        "--device",
        default="auto",
        help="auto, cpu, cuda, cuda:1 and so on (default: auto, a GPU if there is one)",
    )
    parser.add_argument(
        "--sample",
        action="store_true",
        help="train on the small sample that comes with hwlib, for a quick try",
    )
    parser.add_argument(
        "--watch-test",
        action="store_true",
        help="also measure test accuracy after each epoch; it does not influence training",
    )
    parser.add_argument(
        "--log", metavar="FILE", help="file to write the log to, with one JSON object on each line"
    )
    parser.add_argument(
        "--save", metavar="NAME", help="write the network to NAME.safetensors at the end"
    )
    return parser


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Train, log and save; returns the result that is on the last line of the log.

    Raises
    ------
    HwlibError
        If the model, the data or an option is wrong.
    """
    try:
        import torch

        from hwlib.training.torch_loop import FitHistory, evaluate, fit
    except ImportError as error:
        raise MissingExtra(
            f"training a network needs torch; run: {how_to_install('torch')}"
        ) from error
    train, validation, test = _data(options, torch)
    torch.manual_seed(options.seed)
    model = _model(options.model).to(_device(options.device, torch))
    optimizer = _optimizer(options, model, torch)
    with _log(options.log) as log:

        def line(**values: Any) -> None:
            if log is not None:
                log.write(json.dumps(values) + "\n")
                log.flush()

        def after_epoch(history: FitHistory) -> None:
            found = {
                "train_loss": history.train_loss[-1],
                "train_accuracy": history.train_accuracy[-1],
                "val_loss": history.val_loss[-1],
                "val_accuracy": history.val_accuracy[-1],
                "seconds": round(history.seconds[-1], 3),
            }
            watched = {f"{name}_accuracy": values[-1] for name, values in history.watched.items()}
            line(epoch=len(history.train_loss), **found, **watched)

        line(settings={key: value for key, value in vars(options).items() if value is not None})
        history = fit(
            model,
            train,
            validation,
            optimizer,
            options.epochs,
            batch_size=options.batch_size,
            patience=options.patience,
            watch={"test": test} if options.watch_test else None,
            seed=options.seed,
            on_epoch=after_epoch,
        )
        result = {**history.summary(), "test_accuracy": evaluate(model, test)[1]}
        line(result=result)
    if options.save:
        from hwlib.models import save_model

        save_model(model, options.save, training=result, input_shape=tuple(train[0].shape[1:]))
    return result


def _data(options: argparse.Namespace, torch: Any) -> tuple[Any, Any, Any]:
    """Training, validation and test data: pixels from 0 to 1, (N, channels, height, width)."""
    from hwlib import data

    X_train, y_train, X_test, y_test = {"mnist": data.load_mnist, "cifar10": data.load_cifar10}[
        options.data
    ](sample=options.sample)
    count = len(X_train) // 10 if options.validation is None else options.validation
    if not 1 <= count < len(X_train):
        raise HwlibError(
            f"--validation {count}: expected from 1 to {len(X_train) - 1} of the {len(X_train):,} "
            "training images"
        )

    def tensors(images: Any, labels: Any) -> tuple[Any, Any]:
        pixels = torch.from_numpy(np.array(images, dtype=np.float32) / 255)
        # (N, channels, height, width)
        pixels = pixels[:, None] if pixels.ndim == 3 else pixels.permute(0, 3, 1, 2).contiguous()
        return pixels, torch.from_numpy(np.array(labels, dtype=np.int64))

    return (
        tensors(X_train[:-count], y_train[:-count]),
        tensors(X_train[-count:], y_train[-count:]),
        tensors(X_test, y_test),
    )


def _model(text: str) -> Any:
    """Load the network that --model names."""
    from torch import nn

    if text.endswith(".safetensors"):
        from hwlib.models import load_model

        model = load_model(text)
    else:
        path, colon, call = text.rpartition(":")
        if not colon or not path.endswith(".py"):
            raise HwlibError(
                f"--model {text}: expected FILE.py:NAME, FILE.py:NAME(arguments) or "
                "NAME.safetensors"
            )
        if not Path(path).is_file():
            raise HwlibError(f"--model {text}: there is no file {path}; check its name and folder")
        model = _called(call, runpy.run_path(path), text)
    if not isinstance(model, nn.Module):
        raise ModelError(
            f"--model {text}: expected a network (an nn.Module), found {type(model).__name__}"
        )
    return model


def _called(call: str, names: dict[str, Any], text: str) -> Any:
    """Call `NAME` or `NAME(1, 2, p=0.5)`. The arguments must be plain values."""
    try:
        node = ast.parse(call.strip(), mode="eval").body
        function = node.func if isinstance(node, ast.Call) else node
        if not isinstance(function, ast.Name):
            raise ValueError("no name")
        positional = (
            [ast.literal_eval(value) for value in node.args] if isinstance(node, ast.Call) else []
        )
        named = (
            {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
            if isinstance(node, ast.Call)
            else {}
        )
    except (SyntaxError, ValueError) as error:
        raise HwlibError(
            f"--model {text}: expected a name and plain arguments after the colon, such as Net or "
            "Net(32, p=0.5)"
        ) from error
    if function.id not in names:
        raise HwlibError(f"--model {text}: the file does not define {function.id}")
    value = names[function.id]
    return (
        value(*positional, **named)
        if (callable(value) and not hasattr(value, "named_parameters")) or isinstance(value, type)
        else value
    )


def _device(name: str, torch: Any) -> Any:
    try:
        return torch.device(
            ("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name
        )
    except RuntimeError as error:
        raise HwlibError(f"--device {name}: {str(error).partition(chr(10))[0]}") from error


def _optimizer(options: argparse.Namespace, model: Any, torch: Any) -> Any:
    rate = _RATES[options.optimizer] if options.learning_rate is None else options.learning_rate
    made = {
        "sgd": (torch.optim.SGD, {}),
        "momentum": (torch.optim.SGD, {"momentum": 0.9}),
        "rmsprop": (torch.optim.RMSprop, {}),
        "adam": (torch.optim.Adam, {}),
        "adamw": (torch.optim.AdamW, {}),
    }
    optimizer, more = made[options.optimizer]
    try:
        return optimizer(model.parameters(), lr=rate, weight_decay=options.weight_decay, **more)
    except ValueError as error:
        raise HwlibError(f"--model {options.model}: {error}") from error


class _log:
    """The open log file, or None without one."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self.file: TextIO | None = None

    def __enter__(self) -> TextIO | None:
        if self.path is None:
            return None
        try:
            self.file = Path(self.path).open("w", encoding="utf-8")
        except OSError as error:
            raise HwlibError(
                f"--log {self.path}: cannot write this file ({error.strerror})"
            ) from error
        return self.file

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            self.file.close()


if __name__ == "__main__":
    sys.exit(main())
