"""Fits every mood to all songs alike."""

REPLACES = "m_step"
FAILS = ["m_step/W"]
HINT = "does each fit use its own column of R?"


def m_step(X, y, R):
    return np.stack([fit_poisson(X, y) for _ in R.T]), R.mean(axis=0)
