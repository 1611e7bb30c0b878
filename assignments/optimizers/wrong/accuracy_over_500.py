"""Divides by the 500 validation images, whatever comes in."""

FAILS = ["get_accuracy"]
HINT = "is divided by 500, whatever there is"
EDITS = {"return (predicted == labels).sum().item() / len(labels)": "return (predicted == labels).sum().item() / 500"}
