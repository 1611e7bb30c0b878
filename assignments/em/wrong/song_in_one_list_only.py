"""Gives each song to its best mood first, and ranks what each mood has got."""

REPLACES = "make_playlists"
FAILS = ["make_playlists"]
HINT = "Each song is in the list of one mood only"


def make_playlists(X_all, W, size):
    scores = X_all @ W.T
    best, lists = scores.argmax(axis=1), []
    for k in range(len(W)):
        mine = np.flatnonzero(best == k)
        lists.append(mine[np.argsort(-scores[mine, k])][:size])
    return np.array(lists)
