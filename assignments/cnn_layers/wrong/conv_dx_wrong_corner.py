"""Cuts the border off on one side only."""

FAILS = ["conv_backward_naive/dx"]
HINT = "The wrong part of the padded image"
EDITS = {"dx = dpadded[:, :, pad:pad + H, pad:pad + W]": "dx = dpadded[:, :, :H, :W]"}
