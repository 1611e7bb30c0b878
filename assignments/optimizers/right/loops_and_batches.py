"""Accuracy image by image in batches, batches as lists, gradients by torch.autograd."""

REPLACES = ("count_parameters", "get_accuracy", "batch_indices", "train_step", "zero_initialize")


def count_parameters(model):
    total = 0
    for parameter in model.parameters():
        size = 1
        for side in parameter.shape:
            size *= side
        total += size
    return total


@torch.no_grad()
def get_accuracy(model, images, labels):
    was_training = model.training
    model.eval()
    right = 0
    for start in range(0, len(images), 300):
        for scores, label in zip(model(images[start:start + 300]), labels[start:start + 300]):
            right += int(scores.argmax()) == int(label)
    model.train(was_training)
    return torch.tensor(right / len(labels), dtype=torch.float64)


def batch_indices(num_images, batch_size, generator=None):
    if generator is None:
        order = list(range(num_images))
    else:
        order = torch.rand(num_images, generator=generator).argsort().tolist()
    return [torch.tensor(order[i:i + batch_size]) for i in range(0, num_images, batch_size)]


def train_step(model, optimizer, images, labels):
    model.train(True)
    log_probabilities = model(images).log_softmax(dim=1)
    loss = -log_probabilities[torch.arange(len(labels)), labels].mean()
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        parameter.grad = gradient
    optimizer.step()
    return loss.detach()


def zero_initialize(model):
    model.load_state_dict({name: 0 * value if name.endswith(("weight", "bias")) else value for name, value in model.state_dict().items()})
    return model
