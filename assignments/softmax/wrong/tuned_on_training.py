"""The classifier with the best training accuracy is kept."""

REPLACES = "tune"
FAILS = ["tune/the best classifier"]
HINT = "best *training* accuracy"


def tune(X_train, y_train, X_val, y_val, learning_rates, regs, num_iters, batch_size, rng):
    best, best_accuracy, results = None, -1, {}
    for rate in learning_rates:
        for reg in regs:
            c = Softmax()
            c.train(X_train, y_train, rate, reg, num_iters, batch_size, rng)
            train_accuracy = np.mean(c.predict(X_train) == y_train)
            results[(rate, reg)] = (train_accuracy, np.mean(c.predict(X_val) == y_val))
            if train_accuracy > best_accuracy:
                best, best_accuracy = c, train_accuracy
    return best, results
