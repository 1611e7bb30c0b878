"""Takes 1, the slope of z by its bias, for the slope of the loss by it."""

REPLACES = "answers"
FAILS = ["answers-backward/the output layer"]
HINT = "The slope of z by its bias is 1, and the chain goes on"

answers = {**by_hand(numbers), "db1": np.ones(2), "db2": 1.0}
