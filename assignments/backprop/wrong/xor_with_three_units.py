"""One unit for each of the cases (0,1) and (1,0), and one too many."""

REPLACES = "xor_network"
FAILS = ["xor_network/with two units"]
HINT = "two units are enough"

xor_network = {"W1": np.array([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]]), "b1": np.zeros(3), "W2": np.ones(3), "b2": 0.0}
