"""dict.fromkeys(k_choices, []) puts one and the same list in every place."""

FAILS = ["cross_validate_k/the accuracies"]
HINT = "share one list"
EDITS = {"accuracies = {k: [] for k in k_choices}": "accuracies = dict.fromkeys(k_choices, [])"}
