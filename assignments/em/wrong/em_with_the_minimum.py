"""The smallest logarithm of each song is subtracted instead of the largest: exp overflows."""

FAILS = ["em/the log-likelihoods"]
HINT = "the largest logarithm of *each song*"
EDITS = {
    "m = a.max(axis=1)": "m = a.min(axis=1)",
    "return float(np.sum(m + np.log(np.sum(np.exp(a - m[:, None]), axis=1))))":
        "with np.errstate(all=\"ignore\"):\n    return float(np.sum(m + np.log(np.sum(np.exp(a - m[:, None]), axis=1))))",
}
