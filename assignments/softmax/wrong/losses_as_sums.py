"""The losses of the minibatches are divided by the batch size, for a mean that they are already."""

FAILS = ["train/the losses"]
HINT = "they are means already"
EDITS = {"losses.append(loss)": "losses.append(loss / batch_size)"}
