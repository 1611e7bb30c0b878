"""The dict of the caller is moved along, so that a second run begins where the first one ended."""

FAILS = ["descend/the losses"]
HINT = "The function changed the input `model`"
EDITS = {"model = dict(model)": ""}
