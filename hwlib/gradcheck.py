"""Compute gradients by central differences, to check gradients that were derived by hand.

    numeric = eval_numerical_gradient(lambda W: softmax_loss(W, X, y, reg)[0], W)
    rel_error(numeric, analytic)        # about 1e-9 where the gradient is right

Every function changes one entry of x at a time, calls f, and puts the entry back. Afterwards x is
the same, bit by bit, even if f raised an error or changed x itself. So f may use its argument, or
the same array under another name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "GradientSample",
    "eval_numerical_gradient",
    "eval_numerical_gradient_array",
    "grad_check_sparse",
    "rel_error",
]

Array = np.ndarray[Any, np.dtype[Any]]
Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GradientSample:
    """Both gradients at some entries, which a notebook shows as a table."""

    indices: tuple[Index, ...]
    numeric: Array  # (num_checks,) by central differences
    analytic: Array  # (num_checks,) as given

    @property
    def error(self) -> float:
        """`rel_error` of the two gradients, over all sampled entries together."""
        return rel_error(self.numeric, self.analytic)

    def __repr__(self) -> str:
        places = ["[" + ", ".join(map(str, index)) + "]" for index in self.indices]
        width = max(map(len, ["entry", *places]))
        lines = [f"{'entry':<{width}}  {'numeric':>16}  {'analytic':>16}  relative error"]
        for place, a, b in zip(places, self.numeric.tolist(), self.analytic.tolist(), strict=True):
            lines.append(f"{place:<{width}}  {a:>16.8g}  {b:>16.8g}  {rel_error(a, b):.1e}")
        return "\n".join(
            [*lines, f"over all {len(places)} entries: relative error {self.error:.1e}"]
        )


def eval_numerical_gradient(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """Compute (f(x + h) − f(x − h)) / 2h for each entry of x; f returns one number.

    Parameters
    ----------
    f : callable
        Takes x, returns a number. It is called 2·x.size times.
    x : float64 array of any shape
        Where to take the gradient; restored exactly.
    h : float
        Half the distance between the two points.

    Returns
    -------
    array, float64, the shape of x

    Raises
    ------
    TypeError, ValueError
        If x is not a writable float64 array, or f does not return one number.

    Examples
    --------
    >>> eval_numerical_gradient(lambda x: np.sum(x ** 2), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    gradient = np.zeros_like(_checked(x))
    with _restored(x):
        for index, above, below in _differences(f, x, np.ndindex(x.shape), h):
            gradient[index] = (_number(above) - _number(below)) / (2 * h)
    return gradient


def eval_numerical_gradient_array(
    f: Callable[[Array], Array], x: Array, df: Array, h: float = 1e-5
) -> Array:
    """Compute the gradient of Σ f(x)·df with respect to x.

    The backward pass of a layer f must return this gradient for the upstream gradient df.

    Parameters
    ----------
    f : callable
        Takes x, returns an array of the shape of df. It is called 2·x.size times.
    x : float64 array of any shape
        Where to take the gradient; restored exactly.
    df : array
        The upstream gradient, ∂loss/∂f(x).
    h : float
        Half the distance between the two points.

    Returns
    -------
    array, float64, the shape of x

    Raises
    ------
    TypeError, ValueError
        If x is not a writable float64 array, or f(x) has another shape than df.

    Examples
    --------
    >>> x, df = np.array([1.0, 2.0]), np.array([10.0, 1.0])
    >>> eval_numerical_gradient_array(lambda x: 3 * x, x, df).round(6)
    array([30.,  3.])
    """
    gradient = np.zeros_like(_checked(x))
    with _restored(x):
        for index, above, below in _differences(f, x, np.ndindex(x.shape), h):
            if np.shape(above) != np.shape(df):
                raise ValueError(
                    f"f(x) has shape {np.shape(above)}, but df has shape {np.shape(df)}; pass a df "
                    "of the shape of f(x)"
                )
            gradient[index] = np.sum((above - below) * df) / (2 * h)
    return gradient


def grad_check_sparse(
    f: Callable[[Array], float],
    x: Array,
    analytic_grad: Array,
    num_checks: int,
    rng: np.random.Generator,
    h: float = 1e-5,
) -> GradientSample:
    """Compare a gradient with central differences at random entries, which suffices for a large x.

    Parameters
    ----------
    f : callable
        Takes x, returns a number. It is called 2·num_checks times.
    x : float64 array of any shape
        Restored exactly.
    analytic_grad : array, the shape of x
        The gradient to check.
    num_checks : int
        Number of entries to check. If x has fewer, all are checked.
    rng : Generator
        Draws the entries.

    Returns
    -------
    GradientSample
        `.error` is the relative error over all of them. A notebook shows a table.

    Raises
    ------
    TypeError, ValueError
        As for `eval_numerical_gradient`, or if analytic_grad does not have the shape of x.

    Examples
    --------
    >>> x = np.array([[1.0, -3.0], [0.5, 2.0]])
    >>> rng = np.random.default_rng(0)
    >>> grad_check_sparse(lambda x: np.sum(x ** 2), x, 2 * x, 3, rng).error < 1e-9
    True
    """
    if np.shape(analytic_grad) != np.shape(_checked(x)):
        raise ValueError(
            f"the gradient has shape {np.shape(analytic_grad)}, but x has shape {x.shape}; pass "
            "the gradient with respect to x"
        )
    chosen = rng.choice(x.size, size=min(num_checks, x.size), replace=False)
    indices = [tuple(int(i) for i in np.unravel_index(place, x.shape)) for place in chosen]
    numeric = np.zeros(len(indices))
    with _restored(x):
        for number, (_, above, below) in enumerate(_differences(f, x, indices, h)):
            numeric[number] = (_number(above) - _number(below)) / (2 * h)
    analytic = np.array([analytic_grad[index] for index in indices], dtype=np.float64)
    return GradientSample(tuple(indices), numeric, analytic)


def rel_error(a: Any, b: Any) -> float:
    """Compute the relative error ‖a − b‖ / (‖a‖ + ‖b‖) over all entries; it is 0 if both are 0.

    It compares norms because most digits of an entry near 0 are wrong even in a right gradient.
    Rounding errors are as large as the terms of a sum, and the sum may be much smaller.

    Raises
    ------
    ValueError
        If the shapes differ; nothing is broadcast.

    Examples
    --------
    >>> rel_error([3.0, 0.0], [1.0, 0.0])
    0.5
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(
            f"the shapes differ: {a.shape} and {b.shape}; compare gradients of the same array"
        )
    size = float(np.linalg.norm(a) + np.linalg.norm(b))
    return float(np.linalg.norm(a - b)) / size if size else 0.0


def _checked(x: object) -> Array:
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        found = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(
            f"x must be a float64 array, found {found}; other types cannot hold a step of 1e-5; "
            "use x.astype(np.float64)"
        )
    if not x.flags.writeable:
        raise ValueError(
            "x is read-only, but the gradient check must change its entries; pass x.copy()"
        )
    return x


@contextmanager
def _restored(x: Array) -> Iterator[None]:
    before = x.copy()
    try:
        yield
    finally:
        x[...] = before


def _differences(
    f: Callable[[Array], Any], x: Array, indices: Iterable[Index], h: float
) -> Iterator[tuple[Index, Array, Array]]:
    """(index, f at x + h, f at x − h) for each index; f may return the same array each time."""
    for index in indices:
        value = x[index]
        x[index] = value + h
        above = np.array(f(x), dtype=np.float64)
        x[index] = value - h
        below = np.array(f(x), dtype=np.float64)
        x[index] = value
        yield index, above, below


def _number(value: Array) -> float:
    if value.size != 1:
        raise ValueError(
            f"f(x) must be one number, found shape {value.shape}; if f returns (loss, gradient), "
            "pass a function that returns the loss alone"
        )
    return float(value.reshape(()))
