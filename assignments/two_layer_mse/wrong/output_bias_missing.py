"""The second bias is forgotten: the toy, whose biases are 0, does not notice."""

FAILS = ["loss-scores"]
HINT = "The bias of the output layer is missing"
EDITS = {"outputs = hidden @ W2.T + b2": "outputs = hidden @ W2.T"}
