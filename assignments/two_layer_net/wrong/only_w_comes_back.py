"""Only the new w is returned, and the velocity is forgotten."""

FAILS = ["momentum_update"]
HINT = "two values are asked for: (w, velocity)"
EDITS = {"velocity = momentum * velocity - learning_rate * dw\nreturn w + velocity, velocity": "return w + momentum * velocity - learning_rate * dw"}
