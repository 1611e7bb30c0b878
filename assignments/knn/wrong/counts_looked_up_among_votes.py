"""Takes the place of the largest count for a place among the votes, not among the different labels."""

FAILS = ["predict_labels/the votes"]
HINT = "not among the votes"
EDITS = {"y_pred[i] = labels[np.argmax(counts)]": "y_pred[i] = votes[np.argmax(counts)]"}
