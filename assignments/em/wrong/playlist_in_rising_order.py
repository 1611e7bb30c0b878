"""Takes the last of argsort: the right songs, the best of them last."""

REPLACES = "make_playlists"
FAILS = ["make_playlists"]
HINT = "the worst of them first"


def make_playlists(X_all, W, size):
    return np.argsort(W @ X_all.T, axis=1)[:, -size:]
