"""Takes the outer product the wrong way round: dW1 is transposed."""

REPLACES = "answers"
FAILS = ["answers-backward/the hidden layer"]
HINT = "Rows and columns are exchanged"

answers = by_hand(numbers)
answers["dW1"] = answers["dW1"].T
