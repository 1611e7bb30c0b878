"""Student code that asks for a GPU gets the processor, which gives the same numbers.

`model.to("cuda")` and `x.cuda()` stand in many notebooks that were written on Colab. Hidden tests
run where there is no GPU. The checks of a notebook do as they do, so that what a check says on
Colab is what the grader will say. Tensors that lie on a GPU when a check begins are read from here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import Any

__all__ = ["asks_for_a_gpu", "has_a_gpu", "on_the_processor", "use_the_processor"]

_WORDS = re.compile(r"\b(?:cuda|mps|xpu)\b")
_DEVICE = re.compile(r"(?:cuda|mps|xpu)(?::\d{1,3})?")
_TYPES = ("cuda", "mps", "xpu")
_CHANGES = re.compile(r"__set__|__setitem__|__i\w+__|\w*[^_]_")  # its first argument: += and add_
_in_use = ExitStack()
_is_in_use = False


def asks_for_a_gpu(source: str) -> bool:
    """Whether a cell names one of PyTorch's kinds of accelerators.

    >>> asks_for_a_gpu("model.to('cuda:0')"), asks_for_a_gpu("model(images)")
    (True, False)
    """
    return _WORDS.search(source) is not None


def has_a_gpu() -> bool:
    """Whether this process has imported PyTorch, and PyTorch finds a GPU."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "backends"):
        return False
    return bool(torch.cuda.is_available() or torch.backends.mps.is_available())


def use_the_processor() -> None:
    """From now on, in this thread, student code runs on the processor. Nothing happens without
    PyTorch.
    """
    global _is_in_use  # noqa: PLW0603  PyTorch's modes belong to the process
    if not _is_in_use and find_spec("torch") is not None:
        _in_use.enter_context(on_the_processor())
        _is_in_use = True


@contextmanager
def on_the_processor() -> Iterator[None]:
    """In here, in this thread, a tensor that is moved to a GPU stays where it is, one that is made
    there is made here, and one that lies there takes part by its copy.
    """
    import torch

    mode, moved = _mode_and_moved()
    set_type = torch.set_default_tensor_type
    instead = [
        (torch.cuda, "is_available", lambda: False),
        (torch.cuda, "synchronize", lambda device=None: None),
        (torch, "set_default_device", lambda device: None),  # it has no other than this one
        (torch, "set_default_tensor_type", lambda kind: set_type(moved(kind))),
    ]
    before = [(where, name, getattr(where, name)) for where, name, _ in instead]
    with mode, torch.device("cpu"):  # whatever set_default_device has been told before
        for where, name, function in instead:
            setattr(where, name, function)
        try:
            yield
        finally:
            for where, name, function in before:
                setattr(where, name, function)


def _mode_and_moved() -> tuple[Any, Callable[[Any], Any]]:
    """PyTorch's mode in which all functions get what is here, and what becomes of a value."""
    import torch
    from torch.overrides import TorchFunctionMode

    processor, device, tensor = torch.device("cpu"), torch.device, torch.Tensor
    stays = {tensor.cuda, tensor.xpu, tensor.pin_memory}

    def is_there(value: Any) -> bool:
        return isinstance(value, tensor) and value.device.type in _TYPES

    def moved(value: Any) -> Any:
        if is_there(value):
            return value.cpu()
        if type(value) in (list, tuple):
            return type(value)(map(moved, value))
        if isinstance(value, device) and value.type in _TYPES:
            return processor
        if isinstance(value, str):
            return processor if _DEVICE.fullmatch(value) else value.replace("torch.cuda.", "torch.")
        if isinstance(value, type) and value.__module__ == "torch.cuda":
            return getattr(torch, value.__name__, value)
        return value

    def as_first(first: Any, value: Any) -> Any:
        return value.to(first.device) if isinstance(value, tensor) else value

    class OnTheProcessor(TorchFunctionMode):  # type: ignore[misc]  # torch may be missing
        def __torch_function__(
            self,
            func: Callable[..., Any],
            types: Any,
            args: tuple[Any, ...] = (),
            kwargs: dict[str, Any] | None = None,
        ) -> Any:
            if func in stays or (func is tensor.to and type(args[-1]) is int):
                return moved(args[0])
            if func is device:
                return device(*args, **(kwargs or {}))
            named = {name: moved(value) for name, value in (kwargs or {}).items()}
            if args and is_there(args[0]):
                name = getattr(func, "__name__", "")
                if name == "__get__":  # a parameter has a gradient, its copy has none
                    return moved(func(*args, **named))
                if _CHANGES.fullmatch(name):
                    return func(args[0], *(as_first(args[0], value) for value in args[1:]), **named)
            return func(*map(moved, args), **named)

    return OnTheProcessor(), moved
