"""Four hidden layers where two or three are asked for, and not all of the budget."""

REPLACES = ("build_model_100", "build_model_200", "build_model_1000")


def chain(*widths):
    layers = [nn.Flatten()]
    for before, width in zip(widths, widths[1:]):
        layers += [nn.Linear(before, width), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def build_model_100():
    return chain(784, 40, 30, 20, 9, 10)


def build_model_200():
    return chain(784, 80, 60, 40, 19, 10)


def build_model_1000():
    return chain(784, 400, 200, 200, 100, 100, 10)
