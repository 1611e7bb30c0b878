"""Pads by one pixel whatever the size of the filters."""

FAILS = ["two_layer_convnet"]
HINT = "ValueError"
EDITS = {
    'conv_param = {"stride": 1, "pad": (W1.shape[2] - 1) // 2}': 'conv_param = {"stride": 1, "pad": 1}',
}
