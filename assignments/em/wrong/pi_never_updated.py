"""Leaves the mixing weights where they were."""

REPLACES = "m_step"
FAILS = ["m_step/pi"]
HINT = "it looks as if all moods get the same share"


def m_step(X, y, R):
    W = np.stack([fit_poisson(X, y, sample_weight=r) for r in R.T])
    return W, np.full(R.shape[1], 1 / R.shape[1])
