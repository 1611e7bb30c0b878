"""Writes the slope of σ as a function of z, and calls it with the activations."""

REPLACES = "by_hand"
FAILS = ["answers-backward/the output layer"]
HINT = "σ is taken of x2 once more"


def by_hand(numbers):
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    slope = lambda z: sigmoid(z) * (1 - sigmoid(z))
    x1 = sigmoid(numbers.W1 @ numbers.x0 + numbers.b1)
    x2 = sigmoid(numbers.W2 @ x1 + numbers.b2)
    db2 = (x2 - numbers.y) * slope(x2)
    db1 = db2 * numbers.W2 * slope(x1)
    return {"x1": x1, "x2": x2, "loss": 0.5 * (x2 - numbers.y) ** 2, "dW2": db2 * x1, "db2": db2,
            "dW1": np.outer(db1, numbers.x0), "db1": db1}
