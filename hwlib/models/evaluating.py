"""Compute what a network predicts, and why it may predict badly.

It always runs in eval mode and in one thread, whatever mode it was in.
"""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from hwlib.errors import ModelError
from hwlib.models.files import Array

__all__ = ["Predictor", "Stopwatch", "likely_cause", "predictions"]

# images in a batch: the output of a convolution still fits a cache, and time is checked after each
_AT_ONCE = 50
_LOOKED_AT = 500  # number of images for a diagnosis
_GAIN = 0.05  # a diagnosis is named only if accuracy is better by at least this share of images
_REMEMBERED = 256  # number of predictions that are kept
_PATIENCE = 10.0  # so many times as long may it take on a busy machine
_known: dict[bytes, Array] = {}
_TRAIN_MODE = (
    "In train mode the network is right far more often than in eval mode. Eval mode uses the "
    "running statistics of batch norm, and here they do not fit the weights. Was accuracy measured "
    "in train mode? Call model.eval() before you measure, and train longer."
)
# channels → (mean, standard deviation) of pixel values from 0 to 1, as tutorials write them
_NORMALISATIONS = {
    1: ((0.1307,), (0.3081,)),
    3: ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
}


def predictions(model: nn.Module, images: Any, seconds: float = 60.0) -> Array:
    """Predict the class with the largest score for each image, int64 (N,).

    Parameters
    ----------
    model : nn.Module
        It is evaluated in eval mode, in one thread and without gradients. Afterwards its mode is
        the same as before.
    images : tensor or array of floats, (N, …)
    seconds : float
        Time limit for the evaluation, in seconds of computing: other programs don't count.

    Raises
    ------
    ModelError
        If the network cannot take the images, does not give scores (N, C), or takes too long.
    """
    return Predictor(model)(images, seconds)


class Predictor:
    """`predictions` of one network for several sets of images, prepared only once.

    The predictions of a network from a file are kept, because `hw verify` and a class with copied
    files ask for the same ones again. The code of any other network may do anything, so its
    predictions are not kept.
    """

    def __init__(self, model: nn.Module) -> None:
        layers = _layers_of_file(model)
        self._model = model
        self._quick: nn.Module | None = None
        self._digest = hashlib.sha256(f"{layers}\n{model!r}".encode()) if layers else None
        for name, tensor in model.state_dict().items() if self._digest else ():
            _add(self._digest, name, tensor)

    def __call__(self, images: Any, seconds: float = 60.0) -> Array:
        """Predict the class with the largest score for each image, int64 (N,).

        It raises the same errors as `predictions`.
        """
        inputs = torch.as_tensor(images)
        if not inputs.is_floating_point():
            raise TypeError(f"the images are {inputs.dtype}; pass floats, scaled as in training")
        if self._digest is None:
            return _predict(self._model, inputs, seconds)
        digest = self._digest.copy()
        _add(digest, "images", inputs)
        question = digest.digest()
        found = _known.get(question)
        if found is None:
            if self._quick is None:
                self._quick = _quicker(self._model)
            found = _known[question] = _predict(self._quick, inputs, seconds)
            if len(_known) > _REMEMBERED:
                del _known[next(iter(_known))]  # the oldest
        return found.copy()


def _add(digest: Any, name: str, tensor: Any) -> None:
    array = tensor.detach().cpu().contiguous().numpy()
    digest.update(f"{name} {array.shape} {array.dtype}".encode())
    digest.update(array.reshape(-1).view(np.uint8).data)


def _layers_of_file(model: nn.Module) -> str:
    """The layers of a network that `load_model` read from a file, or "" for any other network.

    The code of other networks may do anything.
    """
    layers = getattr(model, "hwlib_layers", "")
    return layers if isinstance(layers, str) else ""


class Stopwatch:
    """How long this process has computed: other programs on the machine don't count.

    That is its CPU time, or with several threads what has passed on the clock, whichever is less.
    Waiting is counted, too, but at a tenth.
    """

    def __init__(self) -> None:
        self._passed, self._computed = time.monotonic(), time.process_time()

    def seconds(self) -> float:
        """Seconds since it was made."""
        passed, computed = time.monotonic() - self._passed, time.process_time() - self._computed
        return max(min(passed, computed), passed / _PATIENCE)


def _predict(model: nn.Module, inputs: Any, seconds: float) -> Array:
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    found, spent = [], Stopwatch()
    with _evaluating(model), torch.inference_mode():
        for start in range(0, len(inputs), _AT_ONCE):
            if spent.seconds() > seconds:
                raise ModelError(
                    f"the network needs more than {seconds:g} s for {len(inputs):,} images; hand "
                    "in a smaller network"
                )
            batch = inputs[start : start + _AT_ONCE].to(device, torch.float32)
            scores = _scores(model, batch)
            found.append(scores.argmax(dim=1).cpu().numpy())
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def _quicker(model: nn.Module) -> nn.Module:
    """Copy a network for faster evaluation; the scores are the same up to rounding.

    Batch norm becomes part of the convolution before it, ReLU works in place, and channels come
    last in memory. On a CPU, convolutions then take at most half the time.
    """
    model = copy.deepcopy(model).eval()
    for layers in [module for module in model.modules() if isinstance(module, nn.Sequential)]:
        for place in range(1, len(layers)):
            before, layer = layers[place - 1], layers[place]
            if (
                isinstance(before, nn.Conv2d)
                and isinstance(layer, nn.BatchNorm2d)
                and layer.running_mean is not None
            ):
                layers[place - 1], layers[place] = nn.Identity(), fuse_conv_bn_eval(before, layer)
            elif isinstance(layer, nn.ReLU) and isinstance(before, nn.Conv2d | nn.Linear):
                layer.inplace = True  # no other layer reads the output of the layer before it
    return model.to(memory_format=torch.channels_last)


def _scores(model: nn.Module, batch: Any) -> Any:
    try:
        scores = model(batch)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0][:200]
        raise ModelError(
            f"the network cannot take images of shape {tuple(batch.shape[1:])} ({reason})"
        ) from error
    if (
        not isinstance(scores, torch.Tensor)
        or scores.ndim != 2
        or len(scores) != len(batch)
        or not bool(torch.isfinite(scores).all())
    ):
        shape = tuple(scores.shape) if isinstance(scores, torch.Tensor) else type(scores).__name__
        raise ModelError(
            f"the network returns {shape} for {len(batch)} images; expected one row of finite "
            "scores for each image"
        )
    return scores


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Set eval mode and one thread in the block, and put both back afterwards."""
    modes, threads = (
        {module: module.training for module in model.modules()},
        torch.get_num_threads(),
    )
    model.eval()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        for module, training in modes.items():
            module.training = training


def likely_cause(model: nn.Module, images: Any, labels: Array, share: float) -> str:
    """Explain why a network is right on only this share of the images; "" if unknown."""
    inputs, labels = torch.as_tensor(images)[:_LOOKED_AT].to(torch.float32), labels[:_LOOKED_AT]
    best, cause = share + _GAIN, ""
    for way in _other_ways(model, inputs):
        try:
            right = float(np.mean(way.predict() == labels)) - way.handicap
        except (ModelError, RuntimeError, ValueError):
            continue
        if right > best:
            best, cause = right, way.hint
    if cause:
        return cause
    if share == 0.0 or not len(labels):
        return ""
    with _evaluating(model), torch.inference_mode():
        scores = _scores(
            model,
            inputs[:_AT_ONCE].to(next((p.device for p in model.parameters()), torch.device("cpu"))),
        )
    sums, lowest = scores.sum(dim=1), float(scores.min())
    if lowest >= 0 and bool(torch.allclose(sums, torch.ones_like(sums), atol=1e-3)):
        return (
            "The last layer is a softmax. cross_entropy already contains one, so there were two in "
            "training, and the loss could not fall below 1.461. Leave it out and train again."
        )
    return ""


@dataclass(frozen=True, slots=True)
class _Way:
    """A possible mistake, and how to predict without it to see if accuracy improves."""

    hint: str
    predict: Callable[[], Array]
    handicap: float = 0.0  # it must beat other diagnoses by this share of images


def _other_ways(model: nn.Module, inputs: Any) -> Iterator[_Way]:
    yield _Way(
        "The network seems to be trained on pixel values from 0 to 255, but here they are 255 "
        "times smaller. Scale the images once, in the same place for training and evaluation.",
        lambda: predictions(model, inputs * 255),
    )
    yield _Way(
        "The network seems to be trained on pixel values that were divided by 255 once more "
        "than these. Scale the images in one place only.",
        lambda: predictions(model, inputs / 255),
    )
    mean, deviation = _NORMALISATIONS.get(
        inputs.shape[1] if inputs.ndim == 4 else 1, _NORMALISATIONS[1]
    )
    shape = (1, -1, 1, 1) if inputs.ndim == 4 else (1, -1)[: inputs.ndim]
    centre, scale = torch.tensor(mean).reshape(shape), torch.tensor(deviation).reshape(shape)
    yield _Way(
        "The network seems to be trained on images that were normalised once more than these "
        "(mean subtracted, divided by the standard deviation). Normalise them in one place only.",
        lambda: predictions(model, (inputs - centre) / scale),
    )
    yield _Way(
        "The network seems to be trained on images that were not normalised (mean subtracted, "
        "divided by the standard deviation), but these are. Normalise the images in training, too.",
        lambda: predictions(model, inputs * scale + centre),
    )
    if any(
        isinstance(module, nn.Dropout | nn.BatchNorm1d | nn.BatchNorm2d)
        for module in model.modules()
    ):
        # batch norm in train mode also corrects a wrong scaling
        yield _Way(_TRAIN_MODE, lambda: _in_train_mode(model, inputs), handicap=_GAIN)


def _in_train_mode(model: nn.Module, inputs: Any) -> Array:
    """Predict with the statistics of the batch, on a copy because train mode changes them."""
    twin = copy.deepcopy(model).train()
    for module in twin.modules():
        if isinstance(module, nn.Dropout | nn.Dropout2d):
            module.eval()
    with torch.no_grad():
        found: Array = twin(inputs).argmax(dim=1).numpy()
    return found
