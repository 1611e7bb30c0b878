"""Sizes and numbers found by trying; the best of all pairs by one max."""

REPLACES = ("pooled_size", "num_parameters", "tune")


def pooled_size(p, N):
    return F.max_pool2d(torch.empty(1, 1, 33 - p, 33 - p), N).size(2)


def num_parameters(M, p, N):
    return sum(np.prod(parameter.shape) for parameter in ConvMaxPool(M, p, N).parameters())


def tune(run, settings):
    pairs = [(accuracy, -i, -epoch) for i, setting in enumerate(settings) for epoch, accuracy in enumerate(run(setting)["val"])]
    _, i, epoch = max(pairs)
    return [settings[-i], np.int64(1 - epoch)]
