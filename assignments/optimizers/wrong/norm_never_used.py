"""The layer is made, and not called."""

REPLACES = ('MLPBN.forward',)
FAILS = ["MLPBN"]
HINT = "forward does not use it"


def forward(self, images):
    return self.out(F.relu(self.hidden(images.flatten(1))))
