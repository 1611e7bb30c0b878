"""Forgets that T is used twice."""

REPLACES = "forward_mode"
FAILS = ["forward_mode/the first output"]
HINT = "The path through sin T is missing."


def forward_mode(w):
    a, b = np.exp(w[0]), np.exp(2 * w[1])
    T, dT = a + b, np.array([a, 2 * b])
    q = expit(w[0])
    J = np.array([np.exp(T) * dT, [w[1] + q * (1 - q), w[0]]])
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + q]), J
