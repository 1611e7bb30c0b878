"""Composes several layers into one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["sandwich"]

Forward = Callable[..., tuple[Any, Any]]
Backward = Callable[[Any, Any], Any]


def sandwich(*layers: tuple[Forward, Backward]) -> tuple[Forward, Backward]:
    """Compose layers: the output of each is the input of the next.

    Parameters
    ----------
    *layers : pairs (forward, backward)
        forward(x, …) → (out, cache); backward(dout, cache) → dx, or (dx, gradients of the
        parameters).

    Returns
    -------
    forward : callable
        forward(x, …) → (out, cache). After x come the required arguments of the first layer without
        its x, then those of the second, …
    backward : callable
        backward(dout, cache) → dx, or (dx, gradients of the first layer's parameters, of the
        second's, …).

    Raises
    ------
    TypeError
        If a layer is not a pair of functions, or if their arguments cannot be counted.

    Examples
    --------
    >>> import numpy as np
    >>> def backward(dout, cache):
    ...     return cache[1] * dout, np.sum(cache[0] * dout)
    >>> scale = (lambda x, a: (a * x, (x, a)), backward)
    >>> relu = (lambda x: (np.maximum(x, 0), x), lambda dout, x: dout * (x > 0))
    >>> forward, backward = sandwich(scale, relu)
    >>> out, cache = forward(np.array([1.0, -2.0]), 3.0)      # relu(3 x)
    >>> out
    array([3., 0.])
    >>> dx, da = backward(np.ones(2), cache)
    >>> dx, float(da)
    (array([3., 0.]), 1.0)
    """
    parameters = [_parameters(_as_pair(layer)[0]) for layer in layers]
    total = sum(map(len, parameters))

    def forward(x: Any, *arguments: Any) -> tuple[Any, Any]:
        if len(arguments) != total:
            names = ", ".join(["x", *(name for each in parameters for name in each)])
            raise TypeError(
                f"this sandwich takes {total + 1} arguments ({names}), but {len(arguments) + 1} "
                "were given"
            )
        caches, rest = [], arguments
        for (layer_forward, _), own in zip(layers, parameters, strict=True):
            x, cache = layer_forward(x, *rest[: len(own)])
            rest = rest[len(own) :]
            caches.append(cache)
        return x, tuple(caches)

    def backward(dout: Any, cache: Any) -> Any:
        gradients: list[Any] = []
        for (_, layer_backward), layer_cache in zip(reversed(layers), reversed(cache), strict=True):
            result = layer_backward(dout, layer_cache)
            dout, *own = result if isinstance(result, tuple | list) else (result,)
            gradients = own + gradients
        return (dout, *gradients) if gradients else dout

    kinds = [
        inspect.Parameter(f"{name}_{number}", inspect.Parameter.POSITIONAL_ONLY)
        for number, name in enumerate(["x", *(name for each in parameters for name in each)])
    ]
    # so that a sandwich can be a layer of another sandwich
    forward.__signature__ = inspect.Signature(kinds)  # type: ignore[attr-defined]
    return forward, backward


def _as_pair(layer: object) -> tuple[Forward, Backward]:
    if not isinstance(layer, tuple | list) or len(layer) != 2 or not all(map(callable, layer)):
        raise TypeError(
            f"a layer must be a pair (forward, backward) of functions, found {layer!r}; write "
            "sandwich((f1, b1), (f2, b2))"
        )
    return layer[0], layer[1]


def _parameters(forward: Forward) -> list[str]:
    """Names of the required positional arguments of a forward function, without x."""
    try:
        found = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"cannot count the arguments of {forward!r}; wrap it in a function with named arguments"
        ) from error
    if any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in found):
        raise TypeError(
            f"{forward!r} takes any number of arguments (*args), so they cannot be told apart; "
            "give each argument a name"
        )
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        each.name
        for each in found
        if each.kind in positional and each.default is inspect.Parameter.empty
    ][1:]
