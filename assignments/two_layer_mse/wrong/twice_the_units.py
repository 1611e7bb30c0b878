"""Takes 100 hidden units where 50 are asked for."""

import numpy as np

REPLACES = "best_net"
FAILS = ["best_net"]
HINT = "The net has 50 hidden units"


def best_net(model):
    double = {"W1": np.concatenate([model["W1"]] * 2), "b1": np.concatenate([model["b1"]] * 2), "W2": np.concatenate([model["W2"] / 2] * 2, axis=1)}
    return {**model, **double}
