"""Returns W alone: pi seems to be an afterthought."""

REPLACES = "m_step"
FAILS = ["m_step/pi"]
HINT = "Return W and pi"


def m_step(X, y, R):
    return np.array([fit_poisson(X, y, R[:, k]) for k in range(R.shape[1])])
