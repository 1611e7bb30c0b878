"""The states are zeroed inside the loop, so the rule never remembers anything."""

FAILS = ["descend/the losses"]
HINT = "The states are made anew at each step"
EDITS = {
    "states = {name: np.zeros_like(w) for name, w in model.items()}": "",
    "for _ in range(num_steps):": """
for _ in range(num_steps):
    states = {name: np.zeros_like(w) for name, w in model.items()}
""",
}
