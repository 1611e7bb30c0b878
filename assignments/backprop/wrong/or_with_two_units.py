"""Right, with one unit more than needed."""

REPLACES = "or_network"
FAILS = ["or_network"]
HINT = "This network has more hidden units than OR needs."

or_network = {"W1": np.array([[1.0, 1.0], [1.0, 1.0]]), "b1": np.array([0.0, -1.0]), "W2": np.array([1.0, -1.0]), "b2": 0.0}
