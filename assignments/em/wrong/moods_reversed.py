"""Sorts upwards and reverses with [::-1], which turns the rows round, not the songs in them."""

FAILS = ["make_playlists"]
HINT = "reverses the rows"
EDITS = {"return np.argsort(-scores, axis=1)[:, :size]": "return np.argsort(scores, axis=1)[::-1][:, :size]"}
