"""Sets the sum of a song's probabilities to 0 once, before the loop over songs."""

REPLACES = "e_step"
FAILS = ["e_step/Bayes' rule"]
HINT = "does a sum go on growing"


def e_step(X, y, W, pi):
    R, total = np.zeros((len(y), len(pi))), 0.0
    for i in range(len(y)):
        a = np.log(pi) + y[i] * (W @ X[i]) - np.exp(W @ X[i])
        p = np.exp(a - a.max())
        total += p.sum()
        R[i] = p / total
    return R
