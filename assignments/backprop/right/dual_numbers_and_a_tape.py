"""Dual numbers for forward mode; reverse mode by matrices, the product of local Jacobians from the left."""

REPLACES = ("forward_mode", "reverse_mode")


class Dual:
    def __init__(self, value, slope):
        self.value, self.slope = value, np.asarray(slope, dtype=float)

    def __add__(self, other):
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        if not isinstance(other, Dual):
            return Dual(self.value * other, self.slope * other)
        return Dual(self.value * other.value, self.value * other.slope + other.value * self.slope)

    def through(self, function, derivative):
        return Dual(function(self.value), derivative(self.value) * self.slope)


def forward_mode(w):
    w1, w2 = Dual(w[0], [1, 0]), Dual(w[1], [0, 1])
    T = w1.through(np.exp, np.exp) + (w2 * 2).through(np.exp, np.exp)
    f1 = T.through(np.exp, np.exp) + T.through(np.sin, np.cos)
    f2 = w1 * w2 + w1.through(expit, lambda z: expit(z) * expit(-z))
    return [f1.value, f2.value], [f1.slope, f2.slope]


def reverse_mode(w):
    a, b = np.exp(w[0]), np.exp(2 * w[1])
    T, q = a + b, expit(w[0])
    last = np.array([[1.0, 1, 0, 0], [0, 0, 1, 1]])                                   # f by (c, s, p, q)
    middle = np.array([[np.exp(T), 0, 0], [np.cos(T), 0, 0], [0, w[1], w[0]], [0, q * (1 - q), 0]])   # (c, s, p, q) by (T, w1, w2)
    first = np.array([[a, 2 * b], [1, 0], [0, 1]])                                    # (T, w1, w2) by (w1, w2)
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + q]), ((last @ middle) @ first)
