"""The loop over the strengths is there, but every classifier is trained with the same one."""

REPLACES = "tune"
FAILS = ["tune/every pair of settings"]
HINT = "each with its own learning rate and regularisation"


def tune(X_train, y_train, X_val, y_val, learning_rates, regs, num_iters, batch_size, rng):
    best, best_accuracy, results = None, -1, {}
    for rate in learning_rates:
        for reg in regs:
            c = Softmax()
            c.train(X_train, y_train, learning_rate=rate, num_iters=num_iters, batch_size=batch_size, rng=rng)
            accuracy = np.mean(c.predict(X_val) == y_val)
            results[(rate, reg)] = (np.mean(c.predict(X_train) == y_train), accuracy)
            if accuracy > best_accuracy:
                best, best_accuracy = c, accuracy
    return best, results
