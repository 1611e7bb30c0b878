"""A learning rate of 0.1, as for inputs between 0 and 1: with pixels up to 255 every step overshoots."""

REPLACES = "best_settings"
FAILS = ["best_softmax"]
HINT = "The learning rate seems too large"


best_settings = {"learning_rate": 0.1, "reg": 0.1, "num_iters": 4000, "batch_size": 200}
