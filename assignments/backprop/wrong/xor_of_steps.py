"""Copies the weights of a perceptron for XOR, whose units are 0 or 1."""

FAILS = ["xor_network/the outputs"]
HINT = "0 or 1 this would be XOR"
EDITS = {'xor_network = {"W1": np.array([[1.0, 1.0], [1.0, 1.0]]), "b1": np.array([0.0, -1.0]), "W2": np.array([1.0, -2.0]), "b2": 0.0}':
         'xor_network = {"W1": np.array([[1.0, 1.0], [-1.0, -1.0]]), "b1": np.array([-0.5, 1.5]), "W2": np.array([1.0, 1.0]), "b2": -1.5}'}
