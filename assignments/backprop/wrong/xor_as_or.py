"""Takes a 1 where both are 1."""

REPLACES = "xor_network"
FAILS = ["xor_network/the outputs"]
HINT = "This is OR"

xor_network = {"W1": np.array([[1.0, 1.0], [1.0, 1.0]]), "b1": np.array([0.0, -1.0]), "W2": np.array([1.0, -1.0]), "b2": 0.0}
