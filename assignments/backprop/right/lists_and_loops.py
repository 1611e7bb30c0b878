"""Lists, loops and Python's own math, and networks with other weights."""

import math

REPLACES = ("f", "numeric_jacobian", "topological_order", "gradient_step", "sgd_step_loss", "or_network", "xor_network")


def f(w):
    T = math.exp(w[0]) + math.exp(2 * w[1])
    return [math.exp(T) + math.sin(T), w[0] * w[1] + 1 / (1 + math.exp(-w[0]))]


def numeric_jacobian(f, w, dw=0.01):
    w = [float(value) for value in w]
    J = None
    for j in range(len(w)):
        up = f(np.array(w[:j] + [w[j] + dw] + w[j + 1:]))
        down = f(np.array(w[:j] + [w[j] - dw] + w[j + 1:]))
        J = J or [[] for _ in up]
        for row, a, b in zip(J, up, down):
            row.append((a - b) / dw / 2)
    return J


def topological_order(graph):
    remaining = {node: set(successors) for node, successors in graph.items()}
    order = []
    while remaining:
        last = [node for node, successors in remaining.items() if not successors]
        if not last:
            raise ValueError("a cycle among " + ", ".join(map(str, remaining)))
        for node in last:
            del remaining[node]
            order.insert(0, node)
        for successors in remaining.values():
            successors.difference_update(last)
    return tuple(order)


def gradient_step(w, grad, lam):
    return [a - g / lam for a, g in zip(w, grad)]


def sgd_step_loss(eta):
    return np.array([2.5, 0.5 * (eta + 2) ** 2 + 0.5 * (1 - eta) ** 2])


or_network = {"W1": [[-2, -2]], "b1": [2], "W2": [-0.5], "b2": [1]}
xor_network = {"W1": [[1, -1], [-3, 3]], "b1": [0, 0], "W2": [1, 1 / 3], "b2": 0}
