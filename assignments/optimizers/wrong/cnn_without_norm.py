"""CNNBN is CNN under another name."""

REPLACES = "CNNBN"
FAILS = ["CNNBN"]
HINT = "two BatchNorm2d"


class CNNBN(CNN):
    pass
