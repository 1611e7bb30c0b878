"""Two layers that torch.nn does not have: a block with a shortcut, and the mean of an image."""

from __future__ import annotations

from typing import Any

from torch import nn

__all__ = ["GlobalAvgPool2d", "Residual"]


class Residual(nn.Module):  # type: ignore[misc]  # torch is not read by the type checker
    """Add the outputs of two paths: body(x) + shortcut(x) (He et al. 2015).

    Parameters
    ----------
    *body : nn.Module
        Layers called in order.
    shortcut : nn.Module, optional
        The other path, such as a 1 × 1 convolution if the number of channels changes. Without it,
        the other path is x itself.

    Examples
    --------
    >>> import torch
    >>> block = Residual(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
    >>> block(torch.zeros(2, 8, 16, 16)).shape
    torch.Size([2, 8, 16, 16])
    """

    def __init__(self, *body: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.body = nn.Sequential(*body)
        self.shortcut = nn.Sequential() if shortcut is None else nn.Sequential(shortcut)

    def forward(self, x: Any) -> Any:
        """body(x) + shortcut(x)."""
        return self.body(x) + self.shortcut(x)


class GlobalAvgPool2d(nn.Module):  # type: ignore[misc]
    """The mean of each channel over the whole image: (N, C, H, W) → (N, C)."""

    def forward(self, x: Any) -> Any:
        """The mean of each channel."""
        return x.mean(dim=(2, 3))
