"""Saves the weights as (out, in), as another library keeps them."""

REPLACES = "best_model"
FAILS = ["best_model"]
HINT = "shape"


def best_model(model):
    return {**model, "W1": model["W1"].T.copy(), "W2": model["W2"].T.copy()}
