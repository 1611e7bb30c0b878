"""Asks α to rise instead of the fitted values."""

FAILS = ["fit_monotone"]
HINT = "The constraint is about the fitted values Kα, not about α."
EDITS = {
    "rising = [difference_matrix(len(y)) @ K @ alpha >= 0]":
        "rising = [difference_matrix(len(y)) @ alpha >= 0]",
}
