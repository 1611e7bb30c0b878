"""Checks of networks that students hand in: their layers, their accuracy and partial credit.

model = check.handed_in("cnn")          # read from the file; the student's object could cheat
check.architecture(model, max_parameters=999_999, required=("Dropout", "BatchNorm2d"))
check.accuracy(model, images, labels, 0.985, points=6)      # last line of the cell
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from hwlib.checks.caller import is_hidden
from hwlib.checks.context import Measured, current
from hwlib.checks.draws import rng
from hwlib.checks.naming import at_the_start
from hwlib.checks.remarks import remark
from hwlib.checks.samples import raise_if_sample
from hwlib.errors import CannotCheck, CheckFailed, DataUnavailable, HwlibError, ModelError
from hwlib.models import Description, describe, load_model

__all__ = ["accuracy", "architecture", "handed_in", "on_cpu", "partial", "test_set"]

Array = np.ndarray[Any, np.dtype[Any]]

_BELOW = Fraction(1, 100)  # credit begins this far below a threshold
_COMPARED = 1000  # training images that `train` is looked at
# standard deviations by which test images may be right more often than training images
_TOO_FAR = 4.0
_PART = 500  # images between two looks at whether a threshold is sure to be reached
# probability that a network below the threshold gets all points after a part of the images
_DOUBT = 1e-6


@dataclass(frozen=True, slots=True)
class _Partial:
    hwlib_fraction: float  # what hwlib's grader reads
    points: float | None

    def __repr__(self) -> str:
        """The number of points, which nbgrader reads.

        Without `points` it is a text, for which nbgrader gives full marks.
        """
        if self.points is None:
            return f"{self.hwlib_fraction:.0%} of the points"
        return f"{self.hwlib_fraction * self.points:.6g}"


def partial(fraction: float, points: float | None = None) -> _Partial:
    """Give part of a question's points, as the last expression of a test cell.

    Parameters
    ----------
    fraction : float
        From 0 to 1. A number outside is moved to the nearer end, and NaN to 0.
    points : float, optional
        The points of the question, as its header says. hwlib's own grader knows them. Plain
        nbgrader takes the number that the cell shows as the score, so the test must say how many
        points there are. Without `points`, nbgrader gives all of them.

    Returns
    -------
    object
        It has the attribute `hwlib_fraction` and is shown as the number of points.

    Examples
    --------
    >>> partial(0.25, points=6)
    1.5
    """
    fraction = 0.0 if math.isnan(fraction) else min(max(float(fraction), 0.0), 1.0)
    return _Partial(fraction, points)


def handed_in(name: str, hint: str = "") -> Any:
    """Load NAME.safetensors with `hwlib.load_model`, from the file alone.

    Parameters
    ----------
    name : str
    hint : str
        What to do if the file is missing or is not a model. The default is about a network.

    Raises
    ------
    CheckFailed
        If the file is missing, or `hwlib.save_model` did not write it. The message says which, and
        the hint says what to do.
    """
    try:
        return load_model(name)
    except HwlibError as error:
        usual = (
            f'Train the network, save it with hwlib.save_model(model, "{name}"), '
            "and hand the file in with the notebook."
        )
        raise CheckFailed(str(error), hint or usual) from None


def architecture(
    model: Any,
    *,
    allowed: Sequence[str] | None = None,
    required: Sequence[str] = (),
    max_hidden_units: int | None = None,
    min_hidden_layers: int | None = None,
    max_parameters: int | None = None,
    what: str = "the network",
) -> Description:
    """Check the layers of a network. Only layers that it computes with count.

    Parameters
    ----------
    model : nn.Module, Description, str or Path
        The result of `hwlib.load_model`, or anything that `hwlib.describe` accepts.
    allowed, required : names of layers
        As in torch.nn. None allows every layer.
    max_hidden_units : int
        Outputs of all Linear layers except the last, added up.
    min_hidden_layers : int
        Linear layers, not counting the last.
    max_parameters : int
        Numbers that are learned.

    Returns
    -------
    Description

    Raises
    ------
    CheckFailed
        If a requirement does not hold. The message says which one, and what was found.
    """
    try:
        found = model if isinstance(model, Description) else describe(model)
    except HwlibError as error:
        raise CheckFailed(str(error)) from None
    head = at_the_start(what)
    if allowed is not None and (
        others := [kind for kind in dict.fromkeys(found.kinds) if kind not in allowed]
    ):
        raise CheckFailed(
            f"{head} has a layer {others[0]}, but only {', '.join(allowed)} are allowed."
        )
    if missing := [kind for kind in required if kind not in found.kinds]:
        raise CheckFailed(
            f"{head} does not use a layer {missing[0]}, but it should.",
            "A layer counts only if `forward` uses it.",
        )
    if max_hidden_units is not None and found.hidden_units > max_hidden_units:
        raise CheckFailed(
            f"{head} has {found.hidden_units:,} hidden units; at most {max_hidden_units:,} are "
            "allowed.",
            "Hidden units are the outputs of all Linear layers except the last, added up.",
        )
    if min_hidden_layers is not None and found.hidden_layers < min_hidden_layers:
        raise CheckFailed(
            f"{head} has {found.hidden_layers} hidden layers; at least {min_hidden_layers} are "
            "required.",
            "The last Linear layer gives the scores, so it is not a hidden layer.",
        )
    if max_parameters is not None and found.parameters > max_parameters:
        raise CheckFailed(
            f"{head} has {found.parameters:,} parameters; at most {max_parameters:,} are allowed.",
            _where_most_are(found),
        )
    return found


def _where_most_are(found: Description) -> str:
    """The layer with most of the parameters, in words."""
    row = max(found.rows(), key=lambda row: row.parameters)
    made_smaller = (
        "fewer inputs make it smaller, for example by pooling once more before it."
        if row.layer.kind == "Linear"
        else "fewer channels make it smaller."
    )
    return f"{row.parameters:,} of them are in one layer, the {row.layer}: {made_smaller}"


def on_cpu(network: Any) -> Any:
    """Move a student's network to the processor, where a check computes; gives it back.

    A student who works on a GPU may build a network there. Whatever has no method `cpu` is given
    back as it is.

    Examples
    --------
    >>> on_cpu(None) is None
    True
    """
    move = getattr(network, "cpu", None)
    if callable(move) and not isinstance(network, type):
        move()
    return network


def test_set(name: str) -> tuple[Any, Any]:
    """All 10,000 test images of "mnist" or "cifar10" and their labels, never only the sample.

    Students and the grader get the same images.

    Returns
    -------
    images, labels : uint8 arrays (10000, 28, 28) or (10000, 32, 32, 3), and (10000,)

    Raises
    ------
    CannotCheck
        If this machine does not have them and cannot download them. The grader then leaves the
        question to a human and gives this reason.
    """
    from hwlib.data import fetch_command, load_test_set

    try:
        return load_test_set(name)
    except DataUnavailable:
        raise CannotCheck(
            f"the full test set of {name} is not on this machine, so the accuracy cannot be "
            "measured",
            f"Next: run `hw data fetch {name}` and grade again."
            if os.environ.get("HWLIB_GRADING") == "1"
            else f"Next: connect to the network and run: {fetch_command(name)}",
        ) from None


def accuracy(
    model: Any,
    images: Any,
    labels: Any,
    threshold: float,
    *,
    points: float | None = None,
    what: str = "the network",
    transform: Callable[[Any], Any] | None = None,
    seconds: float = 60.0,
    train: tuple[Any, Any] | None = None,
    plausible: float = 1.0,
) -> _Partial | None:
    """Check that a network is right on at least this share of the images.

    It is evaluated in eval mode and in one thread. The right answers are counted exactly: for
    0.975, 9,750 of 10,000 images must be right. There is partial credit: it grows linearly from
    none at one percentage point below the threshold to all points at the threshold. So make the
    call the last line of the test cell.

    Images are looked at in random order (`rng`). The check stops early once enough of them are
    right: a network below the threshold would get as many with a probability of at most 1e-6
    (hypergeometric, over all looks together). A result below full points, and any remark, is always
    decided on all images.

    Parameters
    ----------
    model : nn.Module
        The result of `hwlib.load_model`.
    images, labels : arrays or tensors, (N, …) and (N,)
        Floats as in training, or what `transform` turns into them.
    threshold : float
    points : float, optional
        The points of the question. Plain nbgrader needs them for partial credit; see `partial`.
    what : str
        Names the network in messages.
    transform : callable, optional
        Scales images as in training. It gets some hundred at a time, so that images that are not
        looked at cost no time.
    seconds : float
        Time limit for the evaluation, in seconds of computing: other programs don't count.
    train : (images, labels), optional
        Training images, scaled as in training. If the network is right on clearly fewer of them
        than of the test images, it may have been trained on the test images. That is a remark for
        the instructor and costs no points.
    plausible : float
        A share that honestly trained networks of this kind do not reach. A higher share is a
        remark, too.

    Returns
    -------
    object or None
        None for all points, else the result of `partial`.

    The accuracy and the number of parameters are noted for the grader (`checks.context`).

    Raises
    ------
    CheckFailed
        If it is more than one percentage point below the threshold, or cannot be evaluated. The
        hint can name a softmax before cross-entropy, statistics of train mode, or pixel values that
        were scaled or normalised twice or not at all.
    CannotCheck
        In its place, where a student's notebook got the sample of a data set instead of all of it.
    """
    from hwlib.models.evaluating import Predictor, likely_cause

    labels = np.asarray(labels)
    if len(labels) != len(images) or labels.ndim != 1 or not len(labels):
        raise ValueError(
            f"expected one label for each image, found labels {labels.shape} for {len(images)} "
            "images"
        )
    head = at_the_start(what)
    needed, scaled = Fraction(str(threshold)), transform or (lambda given: given)
    predict = Predictor(model)
    count = _Count(predict, scaled, images, labels, seconds)
    try:
        enough = count.reaches(needed)
        if current().exact:
            count.finish()
        current().noted.network = Measured(float(count.share), _parameters(model))
        if enough:
            of_training = (
                None
                if train is None
                else _share(predict, train[0][:_COMPARED], train[1][:_COMPARED])
            )
            if _suspicions(count, of_training, plausible, head):
                count.finish()
                for text in _suspicions(count, of_training, plausible, head):
                    remark(text)
            return None
    except HwlibError as error:
        raise CheckFailed(f"{head}: {error}.") from None
    cause = likely_cause(model, scaled(images[:_PART]), labels[:_PART], float(count.share))
    symptom = (
        f"{head} is right on fewer than {100 * float(needed):.4g} % of the {len(labels):,} images"
    )
    if count.share <= needed - _BELOW:
        raise_if_sample(detail=f"Found {count.right:,} of {len(labels):,} images right.")
        raise CheckFailed(
            f"{symptom}.",
            cause,
            "" if is_hidden() else f"Found {count.right:,} of {len(labels):,}.",
        )
    fraction = float(1 - (needed - count.share) / _BELOW)
    # this is what the student sees
    print(f"{symptom}, but close: {fraction:.0%} of the points. {cause}".rstrip())  # noqa: T201
    return partial(fraction, points)


class _Count:
    """Counts the images that a network is right on, part by part and in random order."""

    def __init__(
        self,
        predict: Callable[[Any, float], Array],
        scaled: Callable[[Any], Any],
        images: Any,
        labels: Array,
        seconds: float,
    ) -> None:
        self.right = self.seen = 0
        self._predict, self._scaled, self._images, self._labels, self._seconds = (
            predict,
            scaled,
            images,
            labels,
            seconds,
        )
        self._order = rng().permutation(len(labels))
        from hwlib.models.evaluating import Stopwatch  # it loads torch

        self._spent = Stopwatch()

    @property
    def share(self) -> Fraction:
        """The share of right answers among the images seen."""
        return Fraction(self.right, self.seen)

    def reaches(self, needed: Fraction) -> bool:
        """Whether this share of all images is right, with almost certainty (`_DOUBT`).

        If the answer is no, all images have been seen.
        """
        total = len(self._labels)
        below = math.ceil(needed * total) - 1  # the most that is not enough
        looks = -(-total // _PART)
        while self.seen < total:
            self._look()
            if self.seen < total and _tail(total, below, self.seen, self.right) * looks < _DOUBT:
                return True
        return self.right > below

    def finish(self) -> None:
        """Look at the images that are left."""
        while self.seen < len(self._labels):
            self._look()

    def _look(self) -> None:
        part = self._order[self.seen : self.seen + _PART]
        try:
            left = self._seconds - self._spent.seconds()
            found = self._predict(self._scaled(self._images[part]), left)
        except ModelError:
            if self._spent.seconds() < self._seconds:
                raise
            total = len(self._labels)
            raise ModelError(
                f"the network needs more than {self._seconds:g} s for {total:,} images; hand in a "
                "smaller network"
            ) from None
        self.right += int(np.sum(found == self._labels[part]))
        self.seen += len(part)


def _tail(total: int, marked: int, drawn: int, found: int) -> float:
    """Probability that at least `found` of `drawn` images are marked, if `marked` of `total` are.

    This is the hypergeometric distribution.
    """
    from scipy.special import gammaln

    def log_choose(n: Any, k: Any) -> Any:
        return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

    counts = np.arange(max(found, drawn - (total - marked)), min(drawn, marked) + 1)
    logs = (
        log_choose(marked, counts)
        + log_choose(total - marked, drawn - counts)
        - log_choose(total, drawn)
    )
    return float(np.exp(logs).sum())


def _parameters(model: Any) -> int:
    """How many numbers of a network are learned."""
    return sum(math.prod(one.shape) for one in model.parameters())


def _share(predict: Callable[[Any], Array], images: Any, labels: Any) -> tuple[float, int]:
    """The share of images that are right, and how many there are."""
    return float(np.mean(predict(images) == np.asarray(labels))), len(labels)


def _suspicions(
    count: _Count, of_training: tuple[float, int] | None, plausible: float, head: str
) -> list[str]:
    found, share = [], float(count.share)
    if share > plausible:
        found.append(
            f"{head} is right on {share:.2%} of the test images, more than networks of this kind "
            "reach: how was it trained?"
        )
    if of_training is not None:
        known, images = of_training
        deviation = math.sqrt(max(share * (1 - share), 1e-4) * (1 / images + 1 / count.seen))
        if share - known > _TOO_FAR * deviation:
            found.append(
                f"{head} is right on {share:.2%} of the test images but on only {known:.2%} of "
                f"{images:,} training images: "
                "was it trained on the test images?"
            )
    return found
