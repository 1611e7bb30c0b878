"""The loop variable is returned: the last classifier, not the best."""

REPLACES = "tune"
FAILS = ["tune/the best classifier"]
HINT = "not just the last one"


def tune(X_train, y_train, X_val, y_val, learning_rates, regs, num_iters, batch_size, rng):
    results = {}
    for rate in learning_rates:
        for reg in regs:
            c = Softmax()
            c.train(X_train, y_train, rate, reg, num_iters, batch_size, rng)
            results[(rate, reg)] = (np.mean(c.predict(X_train) == y_train), np.mean(c.predict(X_val) == y_val))
    return c, results
