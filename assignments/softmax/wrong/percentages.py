"""Percentages for accuracies; the best classifier is the right one."""

REPLACES = "tune"
FAILS = ["tune/every pair of settings"]
HINT = "no percentage and no count"


def tune(X_train, y_train, X_val, y_val, learning_rates, regs, num_iters, batch_size, rng):
    made = {}
    for rate, reg in [(rate, reg) for rate in learning_rates for reg in regs]:
        made[rate, reg] = Softmax()
        made[rate, reg].train(X_train, y_train, rate, reg, num_iters, batch_size, rng)
    percent = lambda one, X, y: 100 * np.mean(one.predict(X) == y)
    results = {pair: (percent(one, X_train, y_train), percent(one, X_val, y_val)) for pair, one in made.items()}
    return made[max(results, key=lambda pair: results[pair][1])], results
