"""Save a model to NAME.safetensors beside the notebook, load it again, and describe its layers.

    hwlib.save_model(net, "cnn")          # a network of torch, or a dict of NumPy arrays
    hwlib.describe("cnn")                 # the table of its layers
    net = hwlib.load_model("cnn")         # rebuilt from the file alone, in eval mode

A network is stored as its weights and a list of its layers, never as code. So nobody who loads it
runs code that a stranger wrote.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from hwlib.errors import MissingExtra, ModelError
from hwlib.extras import how_to_install
from hwlib.models.arrays import checked_arrays
from hwlib.models.description import Description
from hwlib.models.files import (
    MAX_FILE_BYTES,
    StoredModel,
    check_finite,
    looking_in,
    open_model,
    write_model,
)
from hwlib.written_file import WrittenFile

__all__ = [
    "MAX_FILE_BYTES",
    "Description",
    "describe",
    "fingerprint",
    "load_model",
    "looking_in",
    "save_model",
]

# hwlib.models.Residual, and so on: imported with torch, on first use
_BLOCKS = ("GlobalAvgPool2d", "Residual")
_MAX_TRAINING = 20_000  # characters of a training summary


def save_model(
    model_or_arrays: Any,
    name: str,
    *,
    training: Mapping[str, Any] | None = None,
    input_shape: Sequence[int] | None = None,
    half: bool = False,
) -> Path:
    """Write a model to NAME.safetensors in the working directory, to hand it in with the notebook.

    In a notebook, the working directory is the folder of the notebook.

    Parameters
    ----------
    model_or_arrays : dict of str to array, or nn.Module
        NumPy parameters of dtype float16, float32 or float64, which are stored as they are. Or a
        network that calls its layers in order.
    name : str
        The file's name without its suffix. It may have letters, digits, _ and -.
    training : dict, optional
        For a network: a summary of numbers and texts, which is stored in the file. `describe` gives
        it back.
    input_shape : sequence of int, optional
        For a network: the shape of one example without the batch axis. The default is the shape of
        an MNIST or CIFAR-10 image, whichever fits.
    half : bool
        For a network: store float16, which makes the file half as large. Each weight keeps three
        digits, which is almost always enough for the same accuracy.

    Returns
    -------
    Path
        The file. It replaces an older file only when it is complete.

    Raises
    ------
    ModelError
        If an entry is not an array of finite floating-point numbers, if there are too many numbers,
        if the name is not a plain name, or if the network has a part that cannot be described. The
        message names the part.

    Examples
    --------
    >>> import contextlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
    ...     path = save_model({"W": np.eye(2), "b": np.zeros(2)}, "best_softmax")
    ...     load_model("best_softmax")["W"]
    array([[1., 0.],
           [0., 1.]])
    """
    if not _is_network(model_or_arrays):
        return WrittenFile(write_model(name, checked_arrays(model_or_arrays), "arrays"))
    from hwlib.models.checking import describe_network

    description, arrays = describe_network(model_or_arrays, input_shape)
    for key, array in arrays.items():
        check_finite(array, key, "save_model")
    with np.errstate(over="ignore"):  # an overflow is said in words below
        stored = {
            key: array.astype(np.float16 if half else np.float32) for key, array in arrays.items()
        }
    for key, array in stored.items():
        if not np.isfinite(array).all():
            raise ModelError(
                f"save_model: {key!r} has numbers too large for float16; save it without half=True"
            )
    more = {
        "model": description.to_json(),
        **({"training": _summary(training)} if training else {}),
    }
    return WrittenFile(write_model(name, stored, "layers", more))


def load_model(name_or_path: str | Path) -> Any:
    """Read a model that `save_model` wrote.

    Parameters
    ----------
    name_or_path : str or Path
        The name that was given to `save_model`, or a path to the file.

    Returns
    -------
    dict of str to array, or nn.Sequential
        A NumPy model is float64, whatever the file holds, because it computes in float64. A network
        is rebuilt from the file alone, as float32 and in eval mode.

    Raises
    ------
    ModelError
        If the file is missing, is a link or is too large. Also if `save_model` did not write it:
        wrong kind, dtype or shapes, NaN, damage, or layers and weights that do not match.
    """
    stored = open_model(name_or_path)
    if stored.kind == "arrays":
        return {name: array.astype(np.float64) for name, array in stored.arrays().items()}
    description = _description(stored)
    try:
        from hwlib.models.building import build
    except ImportError as error:
        raise MissingExtra(
            f"loading a network needs torch; run: {how_to_install('torch')}"
        ) from error
    return build(description, stored.arrays())


def describe(model_or_file: Any, input_shape: Sequence[int] | None = None) -> Description:
    """Describe a network: its layers, their output shapes, its parameters and hidden units.

    Parameters
    ----------
    model_or_file : nn.Module, str or Path
        A network, or the name or path of a model file. Reading a file does not need torch.
    input_shape : sequence of int, optional
        The shape of one example without the batch axis, if you do not want the one in the file or
        the guessed one.

    Returns
    -------
    Description
        Printing it shows the table. `.parameters`, `.hidden_units`, `.hidden_layers` and `.kinds`
        give single values.

    Raises
    ------
    ModelError
        As for `save_model` and `load_model`.
    """
    if _is_network(model_or_file):
        from hwlib.models.checking import describe_network

        return describe_network(model_or_file, input_shape)[0]
    stored = open_model(model_or_file)
    if stored.kind != "layers":
        sizes = ", ".join(
            f"{name} {tuple(shape)}" for name, shape in list(stored.shapes.items())[:6]
        )
        raise ModelError(
            f"{stored.file}: this file has arrays ({sizes}), not the layers of a network; read it "
            "with hwlib.load_model"
        )
    description = _description(stored)
    return description.for_input(tuple(input_shape)) if input_shape is not None else description


def fingerprint(name_or_path: str | Path) -> str:
    """Hash the numbers in a model file, to find equal weights in two files.

    Numbers that agree to float16 have the same hash. Names, summaries, versions and the stored
    dtype do not matter. Two students with the same code and seed honestly get the same weights, so
    an equal hash is a reason to look and not a proof.

    Raises
    ------
    ModelError
        As for `load_model`.
    """
    digest = hashlib.sha256()
    for array in open_model(name_or_path).arrays().values():
        with np.errstate(over="ignore"):
            digest.update(str(array.shape).encode())
            digest.update((array.astype(np.float16) + np.float16(0)).tobytes())  # −0 becomes 0
    return digest.hexdigest()


def _is_network(value: object) -> bool:
    """Whether it is an nn.Module. This check does not import torch."""
    return any(
        cls.__module__ == "torch.nn.modules.module" and cls.__name__ == "Module"
        for cls in type(value).__mro__
    )


def _description(stored: StoredModel) -> Description:
    training: Any = {}
    if "training" in stored.metadata and len(str(stored.metadata["training"])) <= _MAX_TRAINING:
        try:
            training = json.loads(str(stored.metadata["training"]))
        except (ValueError, RecursionError):
            training = {}
    summary = (
        {str(key)[:60]: value for key, value in training.items()}
        if isinstance(training, dict)
        else {}
    )
    description = Description.from_json(str(stored.metadata.get("model")), stored.file, summary)
    description.check_weights(stored.shapes)
    return description


def _summary(training: Mapping[str, Any]) -> str:
    try:
        text = json.dumps(dict(training))
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"save_model: training must be a dict of numbers, texts and lists of them ({error})"
        ) from error
    if len(text) > _MAX_TRAINING:
        raise ModelError(
            f"save_model: the training summary has {len(text):,} characters; shorten it to at "
            f"most {_MAX_TRAINING:,}"
        )
    return text


def __getattr__(name: str) -> Any:
    if name in _BLOCKS:
        return getattr(import_module("hwlib.models.blocks"), name)
    raise AttributeError(f"module 'hwlib.models' has no attribute {name!r}")
