"""Counts for pi how many songs each mood wins."""

REPLACES = "m_step"
FAILS = ["m_step/pi"]
HINT = "These are shares of songs that a mood wins"


def m_step(X, y, R):
    W = np.stack([fit_poisson(X, y, sample_weight=r) for r in R.T])
    return W, np.bincount(np.argmax(R, axis=1), minlength=R.shape[1]) / len(y)
