"""Nothing but Python's own numbers in the naive version, and a list as the result."""

REPLACES = "softmax_loss_naive"

import math


def softmax_loss_naive(W, X, y, reg):
    C, D, N = len(W), len(X), len(y)
    loss, dW = 0.0, [[0.0] * D for _ in range(C)]
    for i in range(N):
        s = [math.fsum(float(W[c][d]) * float(X[d][i]) for d in range(D)) for c in range(C)]
        top = max(s)
        total = math.fsum(math.exp(v - top) for v in s)
        loss += (top - s[y[i]] + math.log(total)) / N
        for c in range(C):
            for d in range(D):
                dW[c][d] += (math.exp(s[c] - top) / total - (1 if c == y[i] else 0)) * float(X[d][i]) / N
    for c in range(C):
        for d in range(D - 1):
            loss += reg * float(W[c][d]) ** 2 / 2
            dW[c][d] += reg * float(W[c][d])
    return [loss, np.array(dW)]
