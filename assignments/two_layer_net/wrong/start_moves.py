"""The dict of the caller is moved along, so that a second run begins where the first one ended."""

FAILS = ["descend"]
HINT = "The model that was passed in has moved"
EDITS = {"model = dict(model)": ""}
