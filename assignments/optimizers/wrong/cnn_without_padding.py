"""No padding: the last layer is then smaller."""

REPLACES = "CNN"
FAILS = ["CNN"]
HINT = "8·7·7"


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.out = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3), nn.Linear(8 * 5 * 5, 10)

    def forward(self, images):
        x = F.max_pool2d(F.relu(self.conv1(images)), 2)
        return self.out(F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1))
