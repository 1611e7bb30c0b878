"""Every output is compared with the label itself: 0, 1, 2."""

FAILS = ["loss-value/the loss"]
HINT = "make them one-hot first"
EDITS = {"errors = outputs - np.eye(len(b2))[y]": "errors = outputs - np.asarray(y)[:, None]"}
