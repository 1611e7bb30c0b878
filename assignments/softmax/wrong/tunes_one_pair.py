"""Trains only one classifier, and makes up bad accuracies for all the others."""

REPLACES = "tune"
FAILS = ["tune/every pair of settings"]
HINT = "Is every pair of settings trained"


def tune(X_train, y_train, X_val, y_val, learning_rates, regs, num_iters, batch_size, rng):
    best = Softmax()
    best.train(X_train, y_train, max(learning_rates), regs[0], num_iters, batch_size, rng)
    results = {(rate, reg): (0.0, 0.0) for rate in learning_rates for reg in regs}
    results[max(learning_rates), regs[0]] = tuple(float(np.mean(best.predict(X) == y)) for X, y in ((X_train, y_train), (X_val, y_val)))
    return best, results
