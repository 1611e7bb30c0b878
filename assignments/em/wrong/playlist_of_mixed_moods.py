"""Ranks all songs by the sum over the moods, so that everybody gets the same list."""

REPLACES = "make_playlists"
FAILS = ["make_playlists"]
HINT = "All moods have the same playlist"


def make_playlists(X_all, W, size):
    best = np.argsort(-(X_all @ W.sum(axis=0)))[:size]
    return np.tile(best, (len(W), 1))
