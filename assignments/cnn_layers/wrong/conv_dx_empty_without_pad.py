"""Cuts the border off with `[pad:-pad]`, which is empty where there is no border."""

FAILS = ["conv_backward_naive/without a border (pad 0)"]
HINT = "`[0:-0]` is empty"
FREQUENCY = "7 of 13 public solutions"
EDITS = {"dx = dpadded[:, :, pad:pad + H, pad:pad + W]": "dx = dpadded[:, :, pad:-pad, pad:-pad]"}
