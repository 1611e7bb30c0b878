"""A tuple or set of names, not a list."""

REPLACES = "parameters_that_move"


parameters_that_move = {"b2"}
