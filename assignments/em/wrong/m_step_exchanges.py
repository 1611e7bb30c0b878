"""pi comes first, and W second."""

FAILS = ["m_step/pi"]
HINT = "W and pi are exchanged"
EDITS = {"return W, R.mean(axis=0)": "return R.mean(axis=0), W"}
