"""Writes the constraint with the wrong sign."""

FAILS = ["fit_monotone"]
HINT = "The constraint has the wrong sign"
EDITS = {
    "rising = [difference_matrix(len(y)) @ K @ alpha >= 0]":
        "rising = [difference_matrix(len(y)) @ K @ alpha <= 0]",
}
