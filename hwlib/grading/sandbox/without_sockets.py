"""What libraries do with sockets, done with pipes: student code has no sockets."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from multiprocessing.reduction import ForkingPickler
from typing import Any

__all__ = ["send_tensors_through_pipes"]


def send_tensors_through_pipes() -> None:
    """Let PyTorch's tensors go from one process to another by value.

    PyTorch hands over their memory through a socket, and a `DataLoader` with `num_workers` would
    wait for ever. Does nothing where PyTorch is not imported.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return
    import_module("torch.multiprocessing")  # registers its own way, which ours replaces
    for kind in (torch.Tensor, torch.nn.Parameter):
        ForkingPickler.register(kind, _reduce)


def _reduce(tensor: Any) -> tuple[Any, tuple[bytes]]:
    stream = io.BytesIO()
    sys.modules["torch"].save(tensor.detach(), stream)
    return _rebuild, (stream.getvalue(),)


def _rebuild(content: bytes) -> Any:
    return sys.modules["torch"].load(io.BytesIO(content), weights_only=True)
