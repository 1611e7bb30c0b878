"""As many one-hot columns as the largest label needs: fails when the last class is not among the labels."""

FAILS = ["loss-value/classes that do not occur among the labels"]
HINT = "The number of classes is the number of outputs"
FREQUENCY = "1 of 5 public solutions"
EDITS = {"errors = outputs - np.eye(len(b2))[y]": "errors = outputs - np.eye(np.max(y) + 1)[y]"}
