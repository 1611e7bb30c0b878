"""Student code that asks for a GPU gets the processor, which gives the same numbers.

`model.to("cuda")` and `x.cuda()` stand in many notebooks that were written on Colab.
`torch.cuda.is_available()` says no here, so code that asks first is not touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

__all__ = ["asks_for_a_gpu", "use_the_processor"]

_WORDS = re.compile(r"\b(?:cuda|mps|xpu)\b")
_DEVICE = re.compile(r"(?:cuda|mps|xpu)(?::\d{1,3})?")
_TYPES = ("cuda", "mps", "xpu")
_in_use = False


def asks_for_a_gpu(source: str) -> bool:
    """Whether a cell names one of PyTorch's kinds of accelerators.

    >>> asks_for_a_gpu("model.to('cuda:0')"), asks_for_a_gpu("model(images)")
    (True, False)
    """
    return _WORDS.search(source) is not None


def use_the_processor() -> None:
    """From now on, in this thread, a tensor that is moved to a GPU stays where it is, and one that
    is made there is made here. Nothing happens where there is a GPU, or no PyTorch.
    """
    global _in_use  # noqa: PLW0603  PyTorch's modes belong to the process
    if _in_use or find_spec("torch") is None:
        return
    import torch
    from torch.overrides import TorchFunctionMode

    if torch.cuda.is_available() or torch.backends.mps.is_available():
        return
    processor, device = torch.device("cpu"), torch.device
    stays = {torch.Tensor.cuda, torch.Tensor.xpu, torch.Tensor.pin_memory}

    def moved(value: Any) -> Any:
        if isinstance(value, device) and value.type in _TYPES:
            return processor
        if isinstance(value, str):
            return processor if _DEVICE.fullmatch(value) else value.replace("torch.cuda.", "torch.")
        if isinstance(value, type) and value.__module__ == "torch.cuda":
            return getattr(torch, value.__name__, value)
        return value

    class OnTheProcessor(TorchFunctionMode):  # type: ignore[misc]  # torch may be missing
        def __torch_function__(
            self,
            func: Callable[..., Any],
            types: Any,
            args: tuple[Any, ...] = (),
            kwargs: dict[str, Any] | None = None,
        ) -> Any:
            if func in stays or (func is torch.Tensor.to and type(args[-1]) is int):
                return args[0]
            if func is device:
                return device(*args, **(kwargs or {}))
            return func(*map(moved, args), **{k: moved(v) for k, v in (kwargs or {}).items()})

    OnTheProcessor().__enter__()
    torch.cuda.synchronize = lambda device=None: None
    for name in ("set_default_device", "set_default_tensor_type"):
        setter = getattr(torch, name)
        setattr(torch, name, lambda value, setter=setter: setter(moved(value)))
    _in_use = True
