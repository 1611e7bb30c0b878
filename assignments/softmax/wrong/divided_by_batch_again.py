"""The gradient of the batch is divided by its size although the loss is a mean already."""

FAILS = ["train/the steps"]
HINT = "divided by the batch size once more"
EDITS = {
    "self.W = self.W - learning_rate * dW": "self.W = self.W - learning_rate * dW / batch_size",
}
