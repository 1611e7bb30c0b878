"""Training changes everything, doesn't it?"""

REPLACES = "parameters_that_move"
FAILS = ["parameters_that_move"]
HINT = "product with W2"


parameters_that_move = ["W1", "b1", "W2", "b2"]
