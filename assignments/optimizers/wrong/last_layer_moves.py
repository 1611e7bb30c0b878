"""The last layer gets the error directly, so both its parameters seem to move."""

REPLACES = "parameters_that_move"
FAILS = ["parameters_that_move"]
HINT = "The gradient of W2 is a product with it"


parameters_that_move = ["W2", "b2"]
