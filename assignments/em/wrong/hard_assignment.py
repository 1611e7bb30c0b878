"""Gives each song to its likeliest mood, as k-means would."""

REPLACES = "e_step"
FAILS = ["e_step/Bayes' rule"]
HINT = "These are 0 and 1: a responsibility is a probability"


def e_step(X, y, W, pi):
    log_means = X @ W.T
    a = np.log(pi) + y[:, None] * log_means - np.exp(log_means)
    return np.eye(len(pi))[a.argmax(axis=1)]
