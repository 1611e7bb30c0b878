"""Write tensors, dtypes, sizes and devices of PyTorch as plain data.

A tensor crosses with its numbers and dtype. The network or graph that it is a part of stays where
it is (`tensors`).
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import numpy as np

from hwlib.errors import Unsendable, WireError
from hwlib.grading.sandbox.codec import Decoder, Encoder, Unpack

__all__ = ["TAGS", "encode_tensor", "encode_torch", "read_lengths", "read_tensor", "the_torch"]

_DTYPES = frozenset(
    [
        "float16",
        "float32",
        "float64",
        "bfloat16",
        "complex64",
        "complex128",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "int8",
        "int16",
        "int32",
        "int64",
        "bool",
    ]
)


def the_torch() -> Any:
    """The module torch, which the sender has."""
    try:
        return import_module("torch")
    except ImportError:
        raise WireError("a value of PyTorch, which is not installed here") from None


def encode_torch(value: Any, encoder: Encoder, depth: int) -> dict[str, Any] | None:
    """A dtype, a size or a device of PyTorch."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    if isinstance(value, torch.Size):
        return {"t": "size", "v": list(value)}
    if isinstance(value, torch.dtype):
        name = str(value).rpartition(".")[2]
        return {"t": "torch.dtype", "n": name} if name in _DTYPES else None
    if isinstance(value, torch.device) and value.type == "cpu":
        return {"t": "device"}
    return None


def encode_tensor(tensor: Any, encoder: Encoder, depth: int) -> dict[str, Any]:
    """The numbers of a tensor, without its graph; Unsendable if it has none that NumPy knows, or
    has them in another layout.
    """
    torch = sys.modules["torch"]
    if tensor.layout != torch.strided or tensor.is_meta or tensor.is_quantized:
        raise Unsendable("a tensor that is sparse, quantized or without numbers")
    plain = tensor.detach().cpu().resolve_conj().resolve_neg()
    if plain.dtype == torch.bfloat16:
        array = plain.float().numpy()
        return {"t": "tensor", "v": encoder.part(array, depth), "d": "bfloat16"}
    return {"t": "tensor", "v": encoder.part(plain.numpy(), depth)}


def read_tensor(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    """A tensor with these numbers, which belongs to nothing."""
    torch, array = the_torch(), decoder.part(data.get("v"), depth)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biufc":
        raise WireError("a tensor that is not made of numbers")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    tensor = torch.from_numpy(array)
    return tensor.to(torch.bfloat16) if data.get("d") == "bfloat16" else tensor


def _read_dtype(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    name = decoder.text(data, "n", 20)
    if name not in _DTYPES:
        raise WireError("a dtype that is not known")
    return getattr(the_torch(), name)


def read_lengths(data: dict[str, Any], decoder: Decoder, depth: int) -> tuple[int, ...]:
    """The lengths of a size of PyTorch."""
    lengths = decoder.items(data, depth)
    if not all(type(n) is int and 0 <= n < 2**63 for n in lengths):
        raise WireError("a size of another type")
    return tuple(lengths)


def _read_size(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    return the_torch().Size(read_lengths(data, decoder, depth))


def _read_device(data: dict[str, Any], decoder: Decoder, depth: int) -> Any:
    return the_torch().device("cpu")


TAGS: dict[str, Unpack] = {"torch.dtype": _read_dtype, "size": _read_size, "device": _read_device}
