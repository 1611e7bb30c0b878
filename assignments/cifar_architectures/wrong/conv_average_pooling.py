"""Another pooling."""

FAILS = ["ConvMaxPool"]
HINT = "takes averages"
EDITS = {"self.pool = nn.MaxPool2d(N)": "self.pool = nn.AvgPool2d(N)"}
