"""Files of the same networks in other forms: a softmax at the end, dropout inside, boxes in boxes."""

REPLACES = ("model_100", "model_200", "model_1000")


from torch import nn


def model_100(model):
    return nn.Sequential(model, nn.Softmax(dim=1)).eval()


def model_200(model):
    return nn.Sequential(*[part for layer in model for part in ([layer, nn.Dropout(0.3)] if isinstance(layer, nn.ReLU) else [layer])]).eval()


def model_1000(model):
    return nn.Sequential(model[0], nn.Sequential(*model[1:]))
