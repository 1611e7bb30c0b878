"""Keeps model.state_dict() itself: its tensors are the weights, and go on changing."""

FAILS = ["keep_best/the weights of the best epoch"]
HINT = "were they copied"
EDITS = {"best = copy.deepcopy(model.state_dict())": "best = model.state_dict()"}
