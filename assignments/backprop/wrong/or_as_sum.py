"""Adds the inputs: 2 where both are 1."""

REPLACES = "or_network"
FAILS = ["or_network"]
HINT = "ReLU bends once"

or_network = {"W1": np.array([[1.0, 1.0]]), "b1": np.array([0.0]), "W2": np.array([1.0]), "b2": 0.0}
