"""Trains on training and validation images together, and chooses by the latter."""

REPLACES = "tune"
FAILS = ["tune/every pair of settings"]
HINT = "The validation images are for choosing only"


def tune(X_train, y_train, X_val, y_val, learning_rates, regs, num_iters, batch_size, rng):
    X, y = np.hstack([X_train, X_val]), np.append(y_train, y_val)
    best, results = None, {}
    for rate in learning_rates:
        for reg in regs:
            one = Softmax()
            one.train(X, y, rate, reg, num_iters, batch_size, rng)
            results[rate, reg] = [np.mean(one.predict(A) == b) for A, b in ((X_train, y_train), (X_val, y_val))]
            if best is None or results[rate, reg][1] > best[0]:
                best = results[rate, reg][1], one
    return best[1], results
