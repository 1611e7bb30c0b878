"""Returns the gradient of the padded image, border and all."""

FAILS = ["conv_backward_naive/dx"]
HINT = "cut off the border"
EDITS = {"dx = dpadded[:, :, pad:pad + H, pad:pad + W]": "dx = dpadded"}
