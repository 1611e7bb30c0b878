"""The loops as in the formula, without any maximum."""

FAILS = ["softmax_loss_vectorized/large scores, in both functions"]
HINT = "Numbers overflow in softmax_loss_naive"
FREQUENCY = "5 of 16 public solutions"
EDITS = {"s = s - s.max()": ""}
