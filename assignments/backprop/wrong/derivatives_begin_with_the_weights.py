"""Begins the passes with the values of the weights, not with the derivatives 1 and 0."""

REPLACES = "forward_mode"
FAILS = ["forward_mode/the first output"]
HINT = "each pass begins with 1 for its own weight"


def forward_mode(w):
    a, b, q = np.exp(w[0]), np.exp(2 * w[1]), expit(w[0])
    T, J = a + b, np.zeros((2, 2))
    for j, (d1, d2) in enumerate(((w[0], 0.0), (0.0, w[1]))):
        dT = a * d1 + 2 * b * d2
        J[:, j] = (np.exp(T) + np.cos(T)) * dT, w[1] * d1 + w[0] * d2 + q * (1 - q) * d1
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + q]), J
