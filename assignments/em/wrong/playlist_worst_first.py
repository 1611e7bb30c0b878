"""argsort sorts upwards: these are the least played songs."""

REPLACES = "make_playlists"
FAILS = ["make_playlists"]
HINT = "These are the songs that are played least"


def make_playlists(X_all, W, size):
    return np.argsort(W @ X_all.T, axis=1)[:, :size]
