"""OrderedDict, boxes in boxes, a subclass of nn.Sequential, and 99 units."""

REPLACES = ("build_model_100", "build_model_200", "build_model_1000")


from collections import OrderedDict


def build_model_100():
    return nn.Sequential(OrderedDict(flatten=nn.Flatten(), hidden=nn.Linear(784, 99), relu=nn.ReLU(), scores=nn.Linear(99, 10)))


def build_model_200():
    block = lambda before, width: nn.Sequential(nn.Linear(before, width), nn.ReLU(), nn.Dropout(0.1))
    return nn.Sequential(nn.Flatten(), nn.Sequential(block(784, 99), block(99, 99)), nn.Linear(99, 10))


class Pyramid(nn.Sequential):
    def __init__(self, *widths):
        super().__init__(nn.Flatten(), nn.Dropout(0.05))
        for before, width in zip((784, *widths), widths):
            self.extend([nn.Linear(before, width, bias=False), nn.ReLU(inplace=True)])
        self.append(nn.Linear(widths[-1], 10))


def build_model_1000():
    return Pyramid(512, 256, 128)
