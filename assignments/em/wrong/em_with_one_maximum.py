"""The log of the sum with one maximum for all songs: fine until a song is very improbable beside the others."""

FAILS = ["em/the log-likelihoods"]
HINT = "the largest logarithm of *each song*"
EDITS = {
    "m = a.max(axis=1)\nreturn float(np.sum(m + np.log(np.sum(np.exp(a - m[:, None]), axis=1))))":
        "with np.errstate(all=\"ignore\"):\n    return float(np.sum(a.max() + np.log(np.sum(np.exp(a - a.max()), axis=1))))",
}
