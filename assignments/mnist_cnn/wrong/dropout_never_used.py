"""A class of its own, whose forward forgets the dropout that __init__ made."""

REPLACES = "build_cnn"
FAILS = ["build_cnn"]
HINT = "never uses this Dropout"


def build_cnn():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.norm, self.dropout, self.out = nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.Dropout(0.3), nn.Linear(2304, 10)

        def forward(self, x):
            return self.out(F.max_pool2d(F.relu(self.norm(self.conv(x))), 2).flatten(1))

    return Network()
