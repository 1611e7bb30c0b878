"""PyTorch's momentum: the gradients add up, and the learning rate comes last."""

FAILS = ["momentum_update"]
HINT = "as PyTorch writes it"
EDITS = {
    "velocity = momentum * velocity - learning_rate * dw\nreturn w + velocity, velocity": """
velocity = momentum * velocity + dw
return w - learning_rate * velocity, velocity
""",
}
