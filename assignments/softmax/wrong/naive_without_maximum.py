"""The loops as in the formula, without any maximum."""

FAILS = ["softmax_loss_vectorized/large scores, in both functions"]
HINT = "Numbers overflow in softmax_loss_naive"
EDITS = {"s = s - s.max()": ""}
