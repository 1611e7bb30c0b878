"""`argmax(exp(scores))`: as if the order had to be that of the probabilities."""

FAILS = ["predict"]
HINT = "exp turns large scores into ∞"
EDITS = {"return np.argmax(self.W @ X, axis=0)": "return np.argmax(np.exp(self.W @ X), axis=0)"}
