"""learning_rate_decay is there but never used."""

FAILS = ["train/the steps and their losses"]
HINT = "The learning rate never falls"
EDITS = {
    """
learning_rate = learning_rate * learning_rate_decay
if verbose and (step + 1) % 100 == 0:
print(f"step {step + 1} of {num_iters}: loss {loss_history[-1]:.4f}")
""": "",
}
