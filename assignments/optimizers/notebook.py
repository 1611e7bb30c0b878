# %% [markdown]
# # Optimizers
#
# `loss.backward(); optimizer.step()`: two lines, copied from one notebook to the next. What happens in the second one? Why does
# everybody use Adam? And which of the small habits around it (shuffling the images, batch norm, random weights) matter, and which are
# only habits? Here you write the second line yourself, three times, and then let the answers compete on the same 2,000 digits.
#
# **What you will learn**
#
# - a training loop without anything hidden in it: batches, modes, gradients, steps;
# - SGD, momentum and Adam as a few lines of arithmetic, equal to PyTorch's to the last digit;
# - what batch norm does, where it can stand, and why a network has a train mode and an eval mode;
# - how to compare: one change at a time, one figure, one table.
#
# **Letters.** $N$ images, $M$ hidden units, $C = 10$ classes. Images are tensors `(N, 1, 28, 28)` with values from 0 to 1, labels are
# integers `(N,)`.

# %% setup
import os

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from hwlib import plots
from hwlib.data import load_mnist
from hwlib.training import use_fastest_threads

torch.optim.SGD([torch.zeros(1)], lr=0.0)     # the first optimizer takes torch a second, every other one none: so here it is
_ = use_fastest_threads()                     # networks as small as these often train faster with one thread than with several

# %% [markdown]
# ## 1. The data, and a network to try things on
#
# The first 2,500 training images of MNIST: 2,000 to train with, 500 to validate. (They come with `hwlib`; nothing is downloaded.)
# So little data makes every experiment a matter of seconds, and differences easy to see.

# %% setup
all_images, all_labels, _, _ = load_mnist(sample=True)
all_images = torch.from_numpy(np.array(all_images, dtype=np.float32) / 255)[:, None]   # (2500, 1, 28, 28)
all_labels = torch.from_numpy(np.array(all_labels, dtype=np.int64))                    # (2500,)
train_images, train_labels = all_images[:2000], all_labels[:2000]
val_images, val_labels = all_images[2000:], all_labels[2000:]


def build_network(widths, norm=True):
    """Flatten, then Linear layers of these widths, with (batch norm and) ReLU between them."""
    layers = [nn.Flatten()]
    for place in range(len(widths) - 1):
        if place:
            layers += ([nn.BatchNorm1d(widths[place])] if norm else []) + [nn.ReLU()]
        layers.append(nn.Linear(widths[place], widths[place + 1]))
    return nn.Sequential(*layers)


def weights_of(network):
    """A copy of everything that a network stores, as arrays: parameters, and the running statistics of batch norm. A layer with two names counts once."""
    names = {name for name, _ in (*network.named_parameters(), *network.named_buffers())}
    return {name: torch.as_tensor(value).numpy().copy() for name, value in network.state_dict().items() if name in names}


def scores_of(network, images):
    """What a network gives for images, after a look at the shape: ten scores an image."""
    found = network(images)
    check.shape(found, (len(images), 10), what=f"the scores of {len(images)} images", hint="Each image gets ten scores: does forward end with the last Linear layer?")
    return found

# %% experiment
plots.images(all_images[:20, 0].numpy(), [str(label) for label in all_labels[:20].tolist()], columns=10)

# %% [markdown]
# The next cell makes networks and optimizers. The checks use it too, so leave it as it is.

# %%
def small_network(*widths, norm=True, seed=0):
    """A network for trying things out: small_network(784, 12, 10) has one hidden layer of 12 units, with batch norm."""
    torch.manual_seed(seed)
    return build_network(widths, norm)


def make_optimizer(model, name, **options):
    """An optimizer of torch for all parameters of a model: make_optimizer(model, "SGD", lr=0.1)."""
    return getattr(torch.optim, name)(model.parameters(), **options)

# %% [markdown]
# How large is a network? Write **`count_parameters`**: how many *numbers* it learns. `model.parameters()` goes through its parameters,
# which are tensors. (Batch norm also keeps running statistics; they are stored, but not learned, and are no parameters.)

# %% solution="count_parameters"
def count_parameters(model):
    """How many numbers a model learns, an integer."""
    ### BEGIN SOLUTION
    return sum(parameter.numel() for parameter in model.parameters())
    ### END SOLUTION

# %% test="count_parameters" points=1
model = small_network(784, 12, 10)
check.equal(count_parameters(model), 784 * 12 + 12 + 2 * 12 + 12 * 10 + 10, what="the number of parameters", mistakes={
    "This is the number of tensors: each of them holds many numbers.": 6,
    "Each tensor counts with its first length only: it holds the product of all its lengths.": 4 * 12 + 2 * 10,
    "The running statistics of batch norm are counted too, but they are not learned.": 784 * 12 + 12 + 4 * 12 + 1 + 12 * 10 + 10,
    "The biases are missing, and batch norm's scale and shift.": 784 * 12 + 12 * 10,
    "The parameters of the Linear layers are counted, and batch norm's scale and shift are missing.": 784 * 12 + 12 + 12 * 10 + 10,
    "The biases of the Linear layers are missing.": 784 * 12 + 2 * 12 + 12 * 10,
})
check.passed("count_parameters counts numbers.")
### BEGIN HIDDEN TESTS
for widths, norm in [((5, 3), False), ((1, 1), True), ((7, 4, 6, 3), True), ((20, 30, 2), False), ((784, 300, 10), True)]:
    linear = sum(a * b + b for a, b in zip(widths, widths[1:]))
    scales = 2 * sum(widths[1:-1]) if norm else 0
    check.equal(count_parameters(small_network(*widths, norm=norm)), linear + scales, what=f"the number of parameters of widths {widths}", mistakes={
        "This is the number of tensors: each of them holds many numbers.": 2 * (len(widths) - 1) + (2 * len(widths[1:-1]) if norm else 0),
        "The running statistics of batch norm are counted too, but they are not learned.":
            linear + 2 * scales + len(widths[1:-1]) if scales else None,
        "The biases are missing.": sum(a * b for a, b in zip(widths, widths[1:])),
        "Batch norm's scale and shift are missing.": linear if norm else None,
    })
### END HIDDEN TESTS

# %% [markdown]
# ## 2. A multilayer perceptron
#
# Write **`MLP`**: the image as a vector of 784 numbers, one hidden layer of `num_hidden` units with ReLU, and ten scores. Scores, not
# probabilities: the softmax is part of the loss (`F.cross_entropy`), once is enough.

# %% solution="MLP"
class MLP(nn.Module):
    """Flatten, Linear, ReLU, Linear: images (N, 1, 28, 28) → scores (N, 10)."""

    def __init__(self, num_hidden):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(784, num_hidden)
        self.out = nn.Linear(num_hidden, 10)
        ### END SOLUTION

    def forward(self, images):
        ### BEGIN SOLUTION
        return self.out(F.relu(self.hidden(images.flatten(1))))
        ### END SOLUTION

# %% oracle="draws"
def draw_weights(net, rng):
    """Give a network random weights and running statistics, and return them as arrays by name."""
    drawn = {name: value if value.ndim == 0 else (rng.uniform(0.3, 2, size=value.shape) if "running_var" in name else
                                                  rng.normal(size=value.shape)).astype(np.float32) for name, value in weights_of(net).items()}
    net.load_state_dict({name: torch.from_numpy(value) for name, value in drawn.items()}, strict=False)
    return drawn

def draw_images(count, rng):
    """Random images (count, 1, 28, 28)."""
    return torch.from_numpy(rng.normal(size=(count, 1, 28, 28)).astype(np.float32))

# %% oracle="initial_weights"
def check_initial_weights(net, name):
    """Say if the weights of a new network are all alike."""
    drawn = [value for value in weights_of(net).values() if value.ndim > 1]      # biases may be 0
    check.true(all(value.std() > 1e-3 for value in drawn), f"The weights of a new {name} are all alike.",
               "Leave the initialisation to torch: it draws small random numbers.")

# %% test="MLP" points=3
net = check.on_cpu(MLP(30))
shapes = sorted(tuple(np.shape(parameter)) for parameter in net.parameters())
check.true(shapes == [(10,), (10, 30), (30,), (30, 784)], "The parameters of MLP(30) don't have the right shapes.",
           check.hint("A Linear layer from 784 to 30 and one from 30 to 10, each with a bias: are both attributes of the model, not in a list?", why="module-list"),
           f"Found {shapes}.")

def forward(stored, x, hidden=F.relu, last=lambda scores: scores):
    """The scores by matrix products, from the stored weights, whatever their names are."""
    by_shape = {value.shape: torch.from_numpy(value) for value in stored.values()}
    (num_hidden,) = (shape[0] for shape in by_shape if shape[1:] == (784,))
    activations = hidden(x.flatten(1) @ by_shape[num_hidden, 784].T + by_shape[num_hidden,])
    return last(activations @ by_shape[10, num_hidden].T + by_shape[10,])

def known(stored, x):
    return {
        "There is no ReLU after the hidden layer: then two Linear layers are no more than one.": lambda: forward(stored, x, lambda h: h),
        check.hint("The scores went through a softmax: cross_entropy contains one already.", why="softmax-twice"): lambda: forward(stored, x, last=lambda s: s.softmax(1)),
        "The scores went through a log-softmax: cross_entropy contains one already.": lambda: forward(stored, x, last=lambda s: s.log_softmax(1)),
        "The scores went through a ReLU: they may be negative.": lambda: forward(stored, x, last=F.relu),
        "The hidden layer has a sigmoid, not a ReLU.": lambda: forward(stored, x, torch.sigmoid),
        "The hidden layer has a tanh, not a ReLU.": lambda: forward(stored, x, torch.tanh),
    }

stored = weights_of(net)
check.close(scores_of(net, val_images[:5]), forward(stored, val_images[:5]), rtol=1e-4, what="the scores of five images", mistakes=known(stored, val_images[:5]))
check.passed("MLP(30) has 23,860 parameters and computes what it should.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for num_hidden, total in [(30, 23_860), (50, 39_760), (100, 79_510), (200, 159_010), (3, 2_395)]:
    net = check.on_cpu(MLP(num_hidden))
    check.equal(sum(int(np.prod(np.shape(parameter))) for parameter in net.parameters()), total, what=f"the number of parameters of MLP({num_hidden})")
    check_initial_weights(net, "MLP")
    drawn = draw_weights(net, rng)
    for count in (1, 7):
        x = draw_images(count, rng)
        check.close(scores_of(net, x), forward(drawn, x), rtol=1e-4, what=f"the scores of {count} images from MLP({num_hidden})", mistakes=known(drawn, x))
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Accuracy
#
# Write **`get_accuracy`**: the share of images whose largest score is that of the right class. Measure in *eval mode*
# (`model.eval()`), without gradients (`torch.no_grad()`). In train mode, batch norm would use the statistics of the images at hand, and,
# worse, would learn from them.

# %% solution="get_accuracy"
def get_accuracy(model, images, labels):
    """Share of images (N, 1, 28, 28) whose label (N,) has the largest score, in eval mode: a number from 0 to 1."""
    ### BEGIN SOLUTION
    model.eval()
    with torch.no_grad():
        predicted = model(images).argmax(dim=1)   # (N,)
    return (predicted == labels).sum().item() / len(labels)
    ### END SOLUTION

# %% test="get_accuracy" points=3
def twin_of(stored, widths):
    """A network of the grader's own with these weights."""
    twin = build_network(widths)
    twin.load_state_dict({name: torch.from_numpy(value) for name, value in stored.items()})
    return twin

def of_batches(found, scores, labels):
    """The mean of the shares in batches of a usual size, if it is the one that was found."""
    right = (scores.argmax(1) == labels).double()
    means = [np.mean([batch.mean().item() for batch in right.split(size)]) for size in (8, 16, 32, 50, 64, 100, 128, 200, 256, 512, 1000, 1024)]
    return min(means, key=lambda one: abs(one - found()))

def shares(twin, images, labels, found):
    """The right share, and what mistakes give; found() gives the student's."""
    with torch.no_grad():
        scores = twin.eval()(images)
        in_train_mode = twin.train()(images) if len(images) > 1 else scores       # twin learns from the images here
        learned = twin.eval()(images)
    right = (scores.argmax(1) == labels).double().mean().item()
    return right, {
        "This is the error rate: the share that is wrong.": 1 - right,
        "This is the number of right images, not their share.": right * len(labels),
        "This is a percentage: the question asks for a number from 0 to 1.": 100 * right,
        "The number of right images is divided by 500, whatever there is: divide by the number of images.": right * len(images) / 500,
        "This is the mean of the batches' accuracies: the last batch is smaller, but counts as much as the others.": lambda: of_batches(found, scores, labels),
        "The number of images is divided by that of the right ones: it is the other way round.": lambda: 1 / right,
        "The number of right images is multiplied by that of all images: divide.": right * len(images) ** 2,
        "The largest of all scores is looked for: `argmax(dim=1)` finds that of each image.": (scores.argmax() == labels).double().mean().item(),
        "The class with the smallest score is taken: the largest one is asked for.": (scores.argmin(1) == labels).double().mean().item(),
        check.hint("This is the accuracy in train mode, where batch norm uses the statistics of these very images: call model.eval() first.", why="eval-mode"):
            (in_train_mode.argmax(1) == labels).double().mean().item(),
        "The images went through the network in train mode before, and batch norm learned from them: call model.eval() first.":
            (learned.argmax(1) == labels).double().mean().item(),
    }

def disturb(model, rng):
    """Give batch norm running statistics that differ from those of any batch; what the network stores now."""
    stored = weights_of(model)
    for name, value in stored.items():
        if "running_mean" in name:
            stored[name] = rng.normal(size=value.shape).astype(np.float32)
        elif "running_var" in name:
            stored[name] = rng.uniform(0.05, 4, size=value.shape).astype(np.float32)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in stored.items()})
    return stored

rng = check.rng()
model = small_network(784, 12, 10)
before = disturb(model, rng)
own = get_accuracy(model, val_images, val_labels)
right, mistakes = shares(twin_of(before, (784, 12, 10)), val_images, val_labels, lambda: own)
check.close(own, right, what="the accuracy of an untrained network on 500 images", mistakes=mistakes)
after = weights_of(model)
check.true(all(np.array_equal(after[name], before[name]) for name in before), "Measuring the accuracy changed the network.",
           "In train mode, batch norm learns from every batch that passes: call model.eval() first.")
check.passed("get_accuracy measures in eval mode.")
### BEGIN HIDDEN TESTS
for widths, count in [((784, 8, 10), 1), ((784, 20, 10), 37), ((784, 6, 5, 10), 1237), ((6, 4, 3), 10)]:
    model = small_network(*widths, seed=int(rng.integers(1000)))
    before = disturb(model, rng)
    images = train_images[:count] if widths[0] == 784 else torch.from_numpy(rng.normal(size=(count, 1, 2, 3)).astype(np.float32))
    labels = torch.from_numpy(rng.integers(0, widths[-1], size=count))
    right, mistakes = shares(twin_of(before, widths), images, labels, lambda: own)
    for attempt in range(2):
        model.train()
        own = get_accuracy(model, images, labels)
        check.close(own, right, what=f"the accuracy on {count} images", mistakes=mistakes,
                    hint="Count where the argmax over classes equals the label, and divide by the number of images. (The mean over batches is another number "
                         "if the last one is smaller.)")
        after = weights_of(model)
        check.true(all(np.array_equal(after[name], before[name]) for name in before), "Measuring the accuracy changed the network.",
                   "In train mode, batch norm learns from every batch that passes: call model.eval() first.")
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Batches
#
# A step looks at a batch of images only. In an epoch, every image should be looked at *once*. 2,000 images make 62 batches of 32, and 16
# are left over. Whoever forgets them trains on 1,984 images, and if the order is always the same, on always the same 1,984.
#
# Write **`batch_indices`**: the batches of one epoch, as tensors of image numbers. With `generator=None` the images come in their own
# order; with a `torch.Generator` they come in an order that it draws (`torch.randperm(…, generator=generator)`), another one each epoch.

# %% solution="batch_indices"
def batch_indices(num_images, batch_size, generator=None):
    """The batches of one epoch: a list of tensors of image numbers; the last one may be shorter."""
    ### BEGIN SOLUTION
    order = torch.arange(num_images) if generator is None else torch.randperm(num_images, generator=generator)
    return list(order.split(batch_size))
    ### END SOLUTION

# %% [markdown]
# (The next line is for the check: it makes a generator where your function runs.)

# %%
def shuffled_batches(num_images, batch_size, epochs, seed):
    """The batches of several epochs, from one generator."""
    generator = torch.Generator().manual_seed(seed)
    return [batch_indices(num_images, batch_size, generator) for _ in range(epochs)]

# %% test="batch_indices" points=2
def numbers(batches):
    """The image numbers as lists."""
    return [np.asarray(batch).tolist() for batch in batches]

dropped = check.hint("The last, shorter batch is missing: without shuffling, its images would never be seen.", why="last-batch")
check.true(numbers(batch_indices(10, 4)) != [[0, 1, 2, 3], [4, 5, 6, 7]], "batch_indices(10, 4) leaves images out.", dropped)
check.true(numbers(batch_indices(10, 4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]], "batch_indices(10, 4) is not 0 to 9 in batches of 4.",
           "Without a generator the order is 0, 1, 2, …", f"Found {numbers(batch_indices(10, 4))}.")
first, second = (sum(numbers(epoch), []) for epoch in shuffled_batches(64, 4, 2, seed=0))
check.equal(sorted(first), list(range(64)), what="the image numbers of a shuffled epoch, sorted", hint="Every image should be in exactly one batch.")
check.true(first != list(range(64)), "With a generator the images still come in their own order.", "torch.randperm draws an order.")
check.true(any(max(first[i:i + 4]) - min(first[i:i + 4]) > 3 for i in range(0, 64, 4)),
           "The batches are shuffled, but not the images in them: they always stay together.", "Shuffle first, then cut into batches.")
check.true(first != second, "Two epochs have the same order.", "Draw from the generator that is passed, each time anew; set no seed in the function.")
check.passed("batch_indices shows every image once.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for count, size in [(1, 1), (7, 3), (32, 32), (33, 32), (5, 8), (2000, 32), (2000, 64), (12, 4)]:
    found = numbers(batch_indices(count, size))
    lengths = [size] * (count // size) + ([count % size] if count % size else [])
    about_equal = [len(part) for part in np.array_split(range(count), len(lengths))], [len(part) for part in torch.arange(count).chunk(len(lengths))]
    check.equal([len(batch) for batch in found], lengths, what=f"the sizes of the batches of {count} images, at most {size} each",
                mistakes={"All batches are about equally large, as `chunk` and `array_split` make them: full batches of batch_size first, then what is left over.":
                          lambda: next((sizes for sizes in about_equal if sizes == [len(batch) for batch in found]), None)},
                hint=dropped if count % size and len(found) == count // size else "Full batches first, and what is left over at the end.")
    check.equal(sum(found, []), list(range(count)), what="the image numbers without a generator", hint="Without a generator the order is 0, 1, 2, …")
    seed = int(rng.integers(10_000))
    epochs = [numbers(epoch) for epoch in shuffled_batches(count, size, 3, seed)]
    again = [numbers(epoch) for epoch in shuffled_batches(count, size, 3, seed)]
    check.true(epochs == again, "The same generator state gives different batches.", "Draw from the generator that is passed, from nothing else.")
    for epoch in epochs:
        check.equal([len(batch) for batch in epoch], lengths, what="the sizes of shuffled batches", hint=dropped)
        check.equal(sorted(sum(epoch, [])), list(range(count)), what="the image numbers of a shuffled epoch, sorted",
                    hint="Every image should be in exactly one batch.")
    if count >= 100:
        check.true(any(sorted(batch) != list(range(min(batch), max(batch) + 1)) for batch in epochs[0]),
                   "The batches are shuffled, but not the images in them: they always stay together.", "Shuffle first, then cut into batches.")
        flat = [sum(epoch, []) for epoch in epochs]
        check.true(flat[0] != flat[1] != flat[2], "Two epochs have the same order.", "Draw from the generator each time anew.")
### END HIDDEN TESTS

# %% [markdown]
# ## 5. One step
#
# Now the heart of it. Write **`train_step`**:
#
# 1. train mode (someone may have measured the accuracy before);
# 2. scores, and the loss `F.cross_entropy(scores, labels)`, which is a *mean* over the batch already;
# 3. forget the old gradients, compute the new ones, step;
# 4. return the loss as a number (`loss.item()`): that of the batch before the step.

# %% solution="train_step"
def train_step(model, optimizer, images, labels):
    """One step of the optimizer on a batch; returns the batch's mean cross-entropy before the step, a number."""
    ### BEGIN SOLUTION
    model.train()
    loss = F.cross_entropy(model(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
    ### END SOLUTION

# %% test="train_step" points=5
def steps(widths, stored, batches, name, options, zero=True, factor=1.0, train=True, reduction="mean", softmax=False, late=False):
    """Losses and final state of a network of the grader's own; the other arguments make known mistakes."""
    network = build_network(widths)
    network.load_state_dict({key: torch.from_numpy(value) for key, value in stored.items()})
    network.train(train)
    optimizer, losses = getattr(torch.optim, name)(network.parameters(), **options), []
    for images, labels in batches:
        scores = network(images)
        loss = F.cross_entropy(scores.softmax(1) if softmax else scores, labels, reduction=reduction)
        loss = loss * (factor or 1 / len(labels))
        if zero:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append((F.cross_entropy(network(images), labels) if late else loss).item())
    return losses, weights_of(network)

def vector(stored, statistics=False):
    """All parameters in one vector, or all running statistics."""
    chosen = [value.ravel() for name, value in stored.items() if ("running" in name) is statistics and "tracked" not in name]
    return np.concatenate(chosen).astype(float)

def compare(widths, batches, name, options, seed=0):
    """Student's steps against the grader's own."""
    model = small_network(*widths, seed=seed)
    optimizer = make_optimizer(model, name, **options)
    stored = weights_of(model)
    model.eval()
    right_losses, right = steps(widths, stored, batches, name, options)
    losses = [train_step(model, optimizer, images, labels) for images, labels in batches]
    check.true(all(loss is not None for loss in losses), "train_step returns nothing.", "Return the loss of the batch, loss.item().")
    check.true(all(np.ndim(loss) == 0 for loss in losses), "The loss is not a single number.", "Return loss.item().")
    check.true(not any(getattr(loss, "requires_grad", False) for loss in losses), "The loss is a tensor with its graph, not a number.",
               check.hint("Return loss.item().", why="loss-number"))
    losses = [float(loss) for loss in losses]
    wrong = {hint: (lambda change=change: steps(widths, stored, batches, name, options, **change)) for hint, change in {
        "This is the loss in eval mode: call model.train() before the forward pass.": dict(train=False),
        "The loss is divided by the batch size, but cross_entropy is a mean already.": dict(factor=0),
        "The loss is a sum over the batch: it should be the mean.": dict(reduction="sum"),
        "This is the loss after the step: return that of the forward pass before it.": dict(late=True),
        check.hint("The scores went through a softmax before cross_entropy, which contains one already.", why="softmax-twice"): dict(softmax=True),
        check.hint("The gradients of earlier steps are still there: call optimizer.zero_grad() before each backward().", why="zero-grad"): dict(zero=False),
    }.items()}
    check.close(losses, right_losses, rtol=1e-4, what=f"the losses of {len(batches)} steps ({name})", mistakes={
        hint: (lambda found=found: found()[0]) for hint, found in wrong.items()})
    after, before = weights_of(model), vector(stored)
    check.close(vector(after) - before, vector(right) - before, rtol=3e-3, what=f"the change of the weights after {len(batches)} steps ({name})", mistakes={
        "The weights did not change at all: is optimizer.step() called, after backward() and before the gradients are set to 0?": 0 * before,
        **{hint: (lambda found=found: vector(found()[1]) - before) for hint, found in wrong.items()},
    }, hint="In a step: zero_grad, backward, step, each once.")
    check.close(vector(after, True), vector(right, True), rtol=1e-3, what="the running statistics of batch norm afterwards",
                hint="One forward pass in train mode for each step, no more.")

compare((784, 12, 10), [(train_images[:32], train_labels[:32])], "SGD", {"lr": 0.1})
compare((784, 12, 10), [(train_images[i:i + 32], train_labels[i:i + 32]) for i in (0, 32, 64)], "SGD", {"lr": 0.1})
check.passed("train_step takes the steps that PyTorch's own loop takes.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for widths, sizes, name, options in [((784, 9, 10), (16, 7, 2), "SGD", {"lr": 0.3}), ((784, 10, 8, 10), (50, 50), "SGD", {"lr": 0.05, "momentum": 0.9}),
                                     ((784, 6, 10), (20, 20, 20), "SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True})]:
    batches = []
    for size in sizes:
        chosen = torch.from_numpy(rng.permutation(2000)[:size])
        batches.append((train_images[chosen], train_labels[chosen]))
    compare(widths, batches, name, options, seed=int(rng.integers(1000)))
### END HIDDEN TESTS

# %% [markdown]
# With these parts an epoch is a loop. This cell is given; read it once, every experiment below uses it.

# %%
FAST = os.environ.get("HW_FAST") == "1"          # fewer epochs, for a quick look
results = {}                                      # name of a run → its history, for the comparison at the end


def train(model, optimizer, epochs, batch_size=32, shuffle=True, name=None, data=(train_images, train_labels)):
    """Train; returns (and keeps, under `name`) losses, and accuracies after each epoch."""
    images, labels = data
    generator = torch.Generator().manual_seed(0) if shuffle else None
    history = {"loss": [], "train": [], "val": [], "parameters": count_parameters(model)}
    for epoch in range(1 if FAST else epochs):
        for batch in batch_indices(len(images), batch_size, generator):
            history["loss"].append(train_step(model, optimizer, images[batch], labels[batch]))
        history["train"].append(get_accuracy(model, images, labels))
        history["val"].append(get_accuracy(model, val_images, val_labels))
    if name:
        results[name] = history
    return history

# %% [markdown]
# How many hidden units? Four sizes, ten epochs, SGD:

# %% experiment
for num_hidden in (30, 50, 100, 200):
    torch.manual_seed(0)
    net = MLP(num_hidden)
    train(net, make_optimizer(net, "SGD", lr=0.1), epochs=10, name=f"MLP({num_hidden})")
    print(f"MLP({num_hidden}): {count_parameters(net):,} parameters, validation accuracy {results[f'MLP({num_hidden})']['val'][-1]:.3f}")
plots.curves({f"MLP({m}), {part}": results[f"MLP({m})"][part] for m in (30, 200) for part in ("train", "val")}, "epoch", "accuracy")

# %% [markdown] answer="learning-curves" points=2
# ### Question 1: learning curves
#
# What do the two curves of a network tell you, and what does the gap between them? Which size would you choose, and how sure are you,
# with 500 validation images?
#
# ### BEGIN SOLUTION
# Training accuracy shows how well the network can fit, validation accuracy how well that carries over; the gap is overfitting, and grows with
# more epochs. The four sizes differ by a per cent or two after ten epochs. A share of 500 has a standard deviation of about
# sqrt(0.9·0.1/500) = 1.3 points, so differences of that size say nothing; the smallest network that is not clearly worse is a good choice,
# or one repeats with other seeds and a larger validation set.
#
# *Rubric.* ½ point: what each curve says. ½ point: the gap is overfitting. 1 point: compares the difference with the uncertainty (any sound
# estimate) before choosing.
# ### END SOLUTION

# %% [markdown]
# ### Does the order matter?
#
# Three runs of the same network: shuffled anew each epoch; in the order of the file; sorted by digit, all zeros first.

# %% experiment
by_digit = torch.argsort(train_labels, stable=True)
for name, options in {"shuffled": {}, "file order": {"shuffle": False},
                      "sorted by digit": {"shuffle": False, "data": (train_images[by_digit], train_labels[by_digit])}}.items():
    torch.manual_seed(0)
    net = MLP(50)
    train(net, make_optimizer(net, "SGD", lr=0.1), epochs=5, name=name, **options)
    print(f"{name:16s} validation accuracy {results[name]['val'][-1]:.3f}")
plots.curves({name: results[name]["loss"] for name in ("shuffled", "sorted by digit")}, "step", "loss of the batch")

# %% [markdown] answer="shuffling" points=2
# ### Question 2: shuffling
#
# Why is sorting by digit so bad, although each image is seen as often as before? Why does the order of the file do (almost) no harm
# here? And look at the loss of the sorted run: why is a low training loss no good sign there?
#
# ### BEGIN SOLUTION
# A step follows the gradient of one batch. SGD works because that is an unbiased estimate of the gradient of the whole loss; a batch of only
# sevens estimates the gradient of "say seven", and after it the network says seven. What was learned of other digits is forgotten before
# they come again. MNIST's file is already in a random order, so its batches are mixed; only their composition never changes. (That the two
# end a few points apart, with the file's order ahead, is the noise of single runs: the last steps of SGD at this rate still jump about.)
#
# In the sorted run the loss is near 0 while one digit lasts and jumps when the next begins: the loss of a batch is measured on what was just
# practised, not on the data.
#
# *Rubric.* 1 point: a batch's gradient no longer represents the whole data (or: forgetting). ½ point: the file is in random order. ½ point:
# low within a digit, jumps at each new one.
# ### END SOLUTION

# %% [markdown]
# ## 6. Update rules
#
# A step takes a parameter $\theta$ and the gradient $g$ of the loss, and gives a new parameter. Some rules also remember something: their
# *state*, one for each parameter. So all three functions have the same form,
#
# ```python
# param, state = step(param, grad, state, lr=…, …)
# ```
#
# where `param` and `grad` are tensors of one shape and `state` is a dictionary, empty before the first step. You decide what is in it.
#
# All of them know *weight decay* $\lambda$: before anything else, $g \leftarrow g + \lambda\theta$.
#
# **`sgd_step`**: $\quad\theta \leftarrow \theta - \eta\, g$.

# %% solution="sgd_step"
def sgd_step(param, grad, state, lr, weight_decay=0.0):
    """One step of stochastic gradient descent; returns (param, state)."""
    ### BEGIN SOLUTION
    grad = grad + weight_decay * param
    return param - lr * grad, state
    ### END SOLUTION

# %% [markdown]
# The checks run 50 steps of your rule on made-up gradients, beside 50 steps of `torch.optim`:

# %%
def run_steps(step, param, grads, **options):
    """The parameter after each of len(grads) steps of a rule, (steps, …)."""
    state, found = {}, []
    for grad in grads:
        param, state = step(param.clone(), grad.clone(), state, **options)
        found.append(param.clone())
    return torch.stack(found)

# %% setup
# @title For the checks of weight decay: just run it
def own_steps(rng, step, start, grads, weight_decay, **options):
    """The steps of a rule without decay, of gradients that have it; None if there is no decay, or it does nothing there.

    They are asked for in an order drawn by chance, among steps with other decays: so they say how the rule makes a step, and not what it
    has answered before.
    """
    def run(decay):
        state, param, found = {}, start, []
        for grad in grads:
            param, state = step(param.clone(), grad + decay * param, state, **options)
            found.append(param.clone())
        return torch.stack(found)

    if not weight_decay:
        return None
    decays = [weight_decay, 0.0, -weight_decay, *rng.uniform(0.1, 2, size=2)]
    runs = {i: run(decays[i]) for i in rng.permutation(len(decays))}
    same = any(np.allclose(runs[i], runs[j]) for i in runs for j in range(i))
    return None if same else runs[0]

# %% test="sgd_step" points=2
def torch_steps(name, start, grads, change=lambda grad, param: grad, **options):
    """The same by torch.optim; `change` makes known mistakes."""
    param = start.clone().requires_grad_()
    optimizer, found = getattr(torch.optim, name)([param], **options), []
    for grad in grads:
        param.grad = change(grad.clone(), param.detach())
        optimizer.step()
        found.append(param.detach().clone())
    return torch.stack(found)

def slips(found, right, start, grad, lr, weight_decay=0.0):
    """What a wrong term or factor gives in the first step; the steps after it follow from that."""
    if np.shape(found) != np.shape(right) or np.allclose(found, right, rtol=1e-9):
        return {}
    decay = [{"lr": lr, "weight_decay": weight_decay, "param": start}] if weight_decay else []
    first = check.of_sum({"param": start}, minus=[{"lr": lr, "grad": grad}, *decay])
    return {hint: lambda one=one: found if np.allclose(found[0], one, rtol=1e-9, atol=0) else right for hint, one in first.items()}

def exchanged(start, grads, lr, weight_decay=0.0):
    """lr·g − param in place of param − lr·g."""
    param, found = start, []
    for grad in grads:
        param = lr * (grad + weight_decay * param) - param
        found.append(param)
    return torch.stack(found)

def by_own_step(start, grads, lr, weight_decay=0.0):
    """Your own steps without decay, of gradients that have it: right for whoever has paid for the step; None if the decay does nothing there."""
    return own_steps(check.rng(), sgd_step, start, grads, weight_decay, lr=lr)

def compare(start, grads, **options):
    plain = {"lr": options["lr"]}
    decay = options.get("weight_decay", 0.0)
    found = run_steps(sgd_step, start, grads, **options)
    right = torch_steps("SGD", start, grads, **options)
    check.close(found, check.due(found, right, lambda: by_own_step(start, grads, **options), rtol=1e-9), rtol=1e-9,
                what=f"the parameter in {len(grads)} steps with {options}", mistakes={
        "The parameter moves uphill: the gradient is subtracted.": lambda: torch_steps("SGD", start, -grads, **options),
        "The two sides of the minus are exchanged: it is the parameter minus the learning rate times the gradient.": lambda: exchanged(start, grads, **options),
        check.hint("It looks as if weight_decay is ignored.", why="weight-decay"): lambda: torch_steps("SGD", start, grads, **plain),
        "The decay has the wrong sign: it pulls towards 0.": lambda: torch_steps("SGD", start, grads, lambda g, p: g - decay * p, **plain),
        "The decay should belong to the gradient, so the learning rate multiplies it too.":
            lambda: torch_steps("SGD", start, grads, lambda g, p: g + decay * p / options["lr"], **plain),
        "The decay counts half: here it is weight_decay times the parameter.":
            lambda: torch_steps("SGD", start, grads, lambda g, p: g + decay * p / 2, **plain),
        **slips(found, right, start, grads[0], **options),
    })

generator = torch.Generator().manual_seed(0)
start, grads = torch.randn(3, generator=generator, dtype=torch.float64), torch.randn(50, 3, generator=generator, dtype=torch.float64)

with check.part(1, "the step"):
    check.returns(sgd_step(start.clone(), grads[0].clone(), {}, lr=0.1), "param", "state")
    compare(start, grads, lr=0.1)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for shape in [(1,), (4, 3), (2, 3, 4)]:
        some, steps = torch.from_numpy(rng.normal(size=shape)), torch.from_numpy(rng.normal(size=(20, *shape)))
        compare(some, steps, lr=0.03)
        compare(some, steps, lr=1.5, weight_decay=0.0)
    ### END HIDDEN TESTS

with check.part(1, "weight decay"):
    compare(start, grads, lr=0.1, weight_decay=0.25)         # (a wrong step has cost its point already)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for shape in [(1,), (4, 3), (2, 3, 4)]:
        some, steps = torch.from_numpy(rng.normal(size=shape)), torch.from_numpy(rng.normal(size=(20, *shape)))
        compare(some, steps, lr=0.2, weight_decay=0.1)
    ### END HIDDEN TESTS

# %% [markdown]
# Plain SGD zigzags through narrow valleys. **Momentum** adds up past gradients in a velocity $v$, which begins at 0:
#
# $$ v \leftarrow \mu v + g, \qquad \theta \leftarrow \theta - \eta\, v . $$
#
# With `nesterov=True` the step looks one step ahead: it uses $g + \mu v$ (with the new $v$) in place of $v$. Write **`momentum_step`**.

# %% solution="momentum_step"
def momentum_step(param, grad, state, lr, momentum=0.9, nesterov=False, weight_decay=0.0):
    """One step of SGD with momentum; returns (param, state)."""
    ### BEGIN SOLUTION
    grad = grad + weight_decay * param
    velocity = momentum * state.get("velocity", torch.zeros_like(param)) + grad
    direction = grad + momentum * velocity if nesterov else velocity
    return param - lr * direction, {"velocity": velocity}
    ### END SOLUTION

# %% test="momentum_step" points=3
def torch_steps(start, grads, **options):
    """The same by torch.optim."""
    param = start.clone().requires_grad_()
    optimizer, found = torch.optim.SGD([param], **{"momentum": 0.9, **options}), []
    for grad in grads:
        param.grad = grad.clone()
        optimizer.step()
        found.append(param.detach().clone())
    return torch.stack(found)

def mistaken(start, grads, lr, share=lambda momentum: 1.0, forget=False, uphill=False, first=0, mirror=False, momentum=0.9, nesterov=False, weight_decay=0.0):
    """A known mistake: an average in place of a sum, a velocity that is forgotten or begins at first·param, the way up, or an exchanged minus."""
    param, velocity, found = start, first * start, []
    for grad in grads:
        grad = grad + weight_decay * param
        velocity = momentum * (0 * velocity if forget else velocity) + share(momentum) * grad
        step = (lr if uphill else -lr) * (grad + momentum * velocity if nesterov else velocity)
        param = -param - step if mirror else param + step
        found.append(param)
    return torch.stack(found)

def averaged(start, grads, **options):
    return mistaken(start, grads, share=lambda momentum: 1 - momentum, **options)

def slips(found, right, start, grads, lr, momentum=0.9, nesterov=False, weight_decay=0.0):
    """What a wrong term or factor gives in the first step, or in the second, which builds on the first."""
    if np.shape(found) != np.shape(right) or np.allclose(found, right, rtol=1e-9):
        return {}
    slope = grads[0] + weight_decay * start
    decay = [{"lr": lr, "weight_decay": weight_decay, "param": start}] if weight_decay else []
    ahead = [{"lr": lr, "momentum": momentum, "velocity": slope}] if nesterov else []
    first = check.of_sum({"param": start}, minus=[{"lr": lr, "grad": grads[0]}, *decay, *ahead])
    second = {} if nesterov or weight_decay else check.of_sum(
        {"param": found[0]}, minus=[{"lr": lr, "grad": grads[1]}, {"lr": lr, "momentum": momentum, "velocity": grads[0]}])
    of_step = [(0, hint, one) for hint, one in first.items()] + [(1, hint, one) for hint, one in second.items() if hint not in first]
    return {hint: lambda at=at, one=one: found if np.allclose(found[at], one, rtol=1e-9, atol=0) else right for at, hint, one in of_step}

def slowed(start, grads, **options):
    return mistaken(start, grads, share=lambda momentum: options["lr"], **options)

MISTAKES = [averaged, slowed, lambda *data, **options: mistaken(*data, forget=True, **options), lambda *data, **options: mistaken(*data, uphill=True, **options)]

def by_own_step(start, grads, weight_decay=0.0, **options):
    """Your own steps without decay, of gradients that have it: right for whoever has paid for the step; None if the decay does nothing there."""
    return own_steps(check.rng(), momentum_step, start, grads, weight_decay, **options)

def paid():
    """The mistake that explains the steps of the first part, where it has cost its point; None if none does."""
    found = run_steps(momentum_step, start, grads, lr=0.2)
    if torch.allclose(found, torch_steps(start, grads, lr=0.2), rtol=1e-9):
        return None
    return next((mistake for mistake in MISTAKES if torch.allclose(found, mistake(start, grads, lr=0.2), rtol=1e-9)), None)

def compare(start, grads, mistake=None, **options):
    """Compare all steps with those of torch.optim, or of a mistake that is paid for."""
    others = {key: value for key, value in options.items() if key != "nesterov"}
    found = run_steps(momentum_step, start, grads, **options)
    right = torch_steps(start, grads, **options)
    if mistake:
        right = check.due(found, right, mistake(start, grads, **options), mistake(start, grads, **others), rtol=1e-9)
    right = check.due(found, right, lambda: by_own_step(start, grads, **options), rtol=1e-9)
    check.close(found, right, rtol=1e-9,
                what=f"the parameter in {len(grads)} steps with {options}", mistakes={
        "The velocity is forgotten between steps: keep it in the state that you return.":
            lambda: torch_steps(start, grads, **{**options, "momentum": 0.0, "nesterov": False}),
        check.hint("The velocity is an average, with a factor 1 - momentum: here the gradients are added up.", why="momentum"): lambda: averaged(start, grads, **options),
        "The learning rate counts twice: in the velocity, and again in the step.": lambda: slowed(start, grads, **options),
        "It looks as if nesterov is ignored.": lambda: torch_steps(start, grads, **others),
        "This is Nesterov's step although nesterov=False.": lambda: torch_steps(start, grads, **{**options, "nesterov": True}),
        check.hint("It looks as if weight_decay is ignored.", why="weight-decay"): lambda: torch_steps(start, grads, **{**options, "weight_decay": 0.0}),
        "The parameter moves uphill: the gradient is subtracted.": lambda: torch_steps(start, -grads, **options),
        "The two sides of the minus are exchanged: it is the parameter minus the learning rate times the velocity.":
            lambda: mistaken(start, grads, mirror=True, **options),
        "The velocity begins as the parameter: before the first step it is 0.": lambda: mistaken(start, grads, first=1, **options),
        **slips(found, right, start, grads, **options),
    })

generator = torch.Generator().manual_seed(0)
start, grads = torch.randn(3, generator=generator, dtype=torch.float64), torch.randn(50, 3, generator=generator, dtype=torch.float64)

with check.part(1, "the velocity"):
    check.returns(momentum_step(start.clone(), grads[0].clone(), {}, lr=0.1), "param", "state")
    compare(start, grads, lr=0.2)         # at 0.1, the learning rate would be 1 - momentum
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for shape in [(1,), (4, 3), (2, 3, 4)]:
        some, steps = torch.from_numpy(rng.normal(size=shape)), torch.from_numpy(rng.normal(size=(20, *shape)))
        for options in ({"lr": 0.03}, {"lr": 0.05, "momentum": 0.5}):
            compare(some, steps, **options)
    ### END HIDDEN TESTS

with check.part(1, "Nesterov's step"):
    mistake = paid()
    compare(start, grads, mistake, lr=0.1, nesterov=True)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for shape in [(1,), (4, 3), (2, 3, 4)]:
        some, steps = torch.from_numpy(rng.normal(size=shape)), torch.from_numpy(rng.normal(size=(20, *shape)))
        for options in ({"lr": 0.02, "nesterov": True}, {"lr": 0.1, "momentum": 0.7, "nesterov": True}):
            compare(some, steps, mistake, **options)
    ### END HIDDEN TESTS

with check.part(1, "weight decay"):
    compare(start, grads, lr=0.1, momentum=0.5, weight_decay=0.25)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for shape in [(1,), (4, 3), (2, 3, 4)]:
        some, steps = torch.from_numpy(rng.normal(size=shape)), torch.from_numpy(rng.normal(size=(20, *shape)))
        compare(some, steps, lr=0.05, momentum=0.95, weight_decay=0.1)
        found = run_steps(momentum_step, some, steps, lr=0.02, nesterov=True)
        if torch.allclose(found, torch_steps(some, steps, lr=0.02, nesterov=True)):          # who has no step of Nesterov's has paid for it
            compare(some, steps, lr=0.1, momentum=0.7, nesterov=True, weight_decay=0.2)
    ### END HIDDEN TESTS

# %% [markdown]
# **Adam** measures how large gradients usually are, for each number by itself, and divides by that. It keeps running means of the
# gradient and of its square, and counts steps $t = 1, 2, \dots$:
#
# $$ m \leftarrow \beta_1 m + (1-\beta_1)\, g, \qquad s \leftarrow \beta_2 s + (1-\beta_2)\, g^2 . $$
#
# Both begin at 0, so in the first steps they are too small, by a factor that is known; dividing by it is the *bias correction*:
#
# $$ \theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat s} + \varepsilon}, \qquad \hat m = \frac{m}{1-\beta_1^t}, \quad \hat s = \frac{s}{1-\beta_2^t} . $$
#
# Write **`adam_step`**. Mind where the $\varepsilon$ stands.

# %% solution="adam_step"
def adam_step(param, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    """One step of Adam; returns (param, state)."""
    ### BEGIN SOLUTION
    grad = grad + weight_decay * param
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", torch.zeros_like(param)) + (1 - betas[0]) * grad
    s = betas[1] * state.get("s", torch.zeros_like(param)) + (1 - betas[1]) * grad ** 2
    m_hat, s_hat = m / (1 - betas[0] ** t), s / (1 - betas[1] ** t)
    return param - lr * m_hat / (s_hat.sqrt() + eps), {"t": t, "m": m, "s": s}
    ### END SOLUTION

# %% test="adam_step" points=4
def torch_steps(name, start, grads, **options):
    """The same by torch.optim."""
    param = start.clone().requires_grad_()
    optimizer, found = getattr(torch.optim, name)([param], **{"lr": 1e-3, "weight_decay": 0.0, **options}), []
    for grad in grads:
        param.grad = grad.clone()
        optimizer.step()
        found.append(param.detach().clone())
    return torch.stack(found)

def mistaken(start, grads, corrected=(True, True), divide=lambda m, s, eps: m / (s.sqrt() + eps), forget=False, first=1, power=True, fresh=False,
             early=False, kept=False, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    """Adam with a known mistake; fresh=True: each step begins at start; early=True: ε is added before s is corrected; kept=True: the
    corrected means are kept.
    """
    param, m, s, found = start, torch.zeros_like(start), torch.zeros_like(start), []
    for t, grad in enumerate(grads, first):
        param = start if fresh else param
        grad = grad + weight_decay * param
        m, s = (0 * m, 0 * s) if forget else (m, s)
        m, s = betas[0] * m + (1 - betas[0]) * grad, betas[1] * s + (1 - betas[1]) * grad ** 2
        t = 1 if forget or not power else t
        param = param - lr * divide(m / (1 - betas[0] ** t) if corrected[0] else m, s / (1 - betas[1] ** t) if corrected[1] else s,
                                     eps / (1 - betas[1] ** t) ** 0.5 if early else eps)
        if kept:
            m, s = m / (1 - betas[0] ** t), s / (1 - betas[1] ** t)
        found.append(param)
    return torch.stack(found)

MISTAKES = [
    lambda *data, **options: mistaken(*data, kept=True, **options),
    lambda *data, **options: mistaken(*data, corrected=(False, False), **options),
    lambda *data, **options: mistaken(*data, corrected=(True, False), **options),
    lambda *data, **options: mistaken(*data, corrected=(False, True), **options),
    lambda *data, **options: mistaken(*data, divide=lambda m, s, eps: m / (s + eps), **options),
    lambda *data, **options: mistaken(*data, forget=True, **options),
    lambda *data, **options: mistaken(*data, first=2, **options),
    lambda *data, **options: mistaken(*data, power=False, **options),
    lambda start, grads, **options: torch_steps("Adam", start, -grads, **options),
]

PLACES = [dict(divide=lambda m, s, eps: m / (s + eps).sqrt()), dict(early=True)]          # where ε stands in many programs

def counted_from_zero(start, grads, **options):
    """Adam whose first correction divides by 0, in steps that all begin at start, so that only the first is NaN; without that one."""
    return mistaken(start, grads, first=0, fresh=True, **options)[1:]

def fresh_steps(start, grads, **options):
    """The parameter after each step but the first of the student's rule; each step begins at start."""
    state, found = {}, []
    for grad in grads:
        param, state = adam_step(start.clone(), grad.clone(), state, **options)
        found.append(param.clone())
    return torch.stack(found[1:])

def paid():
    """The mistake that explains the steps with the usual settings, where it has cost its points; None if none does."""
    found = run_steps(adam_step, start, grads)
    if torch.allclose(found, torch_steps("Adam", start, grads), rtol=1e-6, atol=0):
        return None
    if found.isnan().all():
        return counted_from_zero if torch.allclose(fresh_steps(start, grads[:8]), counted_from_zero(start, grads[:8]), rtol=1e-6, atol=0) else None
    return next((mistake for mistake in MISTAKES if torch.allclose(found, mistake(start, grads), rtol=1e-6, atol=0)), None)

def compare(start, grads, mistake=None, rtol=1e-9, **options):
    """Compare all steps with those of torch.optim, or of a mistake that is paid for."""
    grads = grads[:8] if mistake is counted_from_zero else grads
    found = fresh_steps(start, grads, **options) if mistake is counted_from_zero else run_steps(adam_step, start, grads, **options)
    right = torch_steps("Adam", start, grads, **options) if mistake is None else mistake(start, grads, **options)
    if mistake is None and "eps" not in options:      # where so small an ε stands shows by chance only: that is for the part with larger ones
        right = check.due(found, right, *(lambda place=place: mistaken(start, grads, **place, **options) for place in PLACES))
    check.close(found, right, rtol=rtol,
                what=f"the parameter in {len(grads)} steps with {options or 'the usual settings'}", mistakes={
        check.hint("The bias correction is missing: in the first steps m and s are too small.", why="bias-correction"):
            lambda: mistaken(start, grads, corrected=(False, False), **options),
        "Only one of m and s is corrected: s lacks it.": lambda: mistaken(start, grads, corrected=(True, False), **options),
        "Only one of m and s is corrected: m lacks it.": lambda: mistaken(start, grads, corrected=(False, True), **options),
        check.hint("ε stands inside the square root: it should be added to the root.", why="epsilon"):
            lambda: mistaken(start, grads, **PLACES[0], **options),
        check.hint("ε is added before s is corrected: it is added to the root of the corrected s.", why="epsilon"):
            lambda: mistaken(start, grads, **PLACES[1], **options),
        "The step is divided by s itself: is the root missing?": lambda: mistaken(start, grads, divide=lambda m, s, eps: m / (s + eps), **options),
        "m, s and t are forgotten between steps: keep them in the state that you return.": lambda: mistaken(start, grads, forget=True, **options),
        "The first correction divides by 1 − β⁰ = 0: count t up before it is used, so that the first step is t = 1.": lambda: mistaken(start, grads, first=0, **options),
        "Every step is corrected like the first: the correction divides by 1 − βᵗ, with the power t.": lambda: mistaken(start, grads, power=False, **options),
        "The corrected m and s are kept in the state, and corrected again in the next step: keep them as they were before the correction.":
            lambda: mistaken(start, grads, kept=True, **options),
        "The step count is one too large: the first step is t = 1.": lambda: mistaken(start, grads, first=2, **options),
        check.hint("The decay is applied beside the gradient, as in AdamW; here it is part of the gradient.", why="weight-decay"):
            lambda: torch_steps("AdamW", start, grads, **options),
        check.hint("It looks as if weight_decay is ignored.", why="weight-decay"): lambda: torch_steps("Adam", start, grads, **{**options, "weight_decay": 0.0}),
        "It looks as if betas is ignored.": lambda: torch_steps("Adam", start, grads, **{**options, "betas": (0.9, 0.999)}),
        "The two betas are exchanged.": lambda: torch_steps("Adam", start, grads, **{**options, "betas": options.get("betas", (0.9, 0.999))[::-1]}),
        "It looks as if eps is ignored.": lambda: torch_steps("Adam", start, grads, **{**options, "eps": 1e-8}),
        "The parameter moves uphill: the gradient is subtracted.": lambda: torch_steps("Adam", start, -grads, **options),
    }, hint="What a rule remembers belongs into the state that is passed and returned, and nowhere else; compare the formulas line by line.")

generator = torch.Generator().manual_seed(0)
start, grads = torch.randn(3, generator=generator, dtype=torch.float64), torch.randn(50, 3, generator=generator, dtype=torch.float64)

with check.part(2, "with the usual betas and eps"):
    check.returns(adam_step(start.clone(), grads[0].clone(), {}), "param", "state")
    compare(start, grads, rtol=1e-6)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for shape in [(1,), (4, 3), (2, 3, 4)]:
        some, steps = torch.from_numpy(rng.normal(size=shape)), torch.from_numpy(rng.normal(size=(20, *shape)))
        compare(some, steps, rtol=1e-6)
        compare(some, steps, lr=0.05, rtol=1e-6)
    ### END HIDDEN TESTS

with check.part(1, "other betas and eps"):
    mistake = paid()
    compare(start, grads, mistake, lr=0.1, betas=(0.5, 0.9), eps=0.1)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for shape in [(1,), (4, 3), (2, 3, 4)]:
        some, steps = torch.from_numpy(rng.normal(size=shape)), torch.from_numpy(rng.normal(size=(20, *shape)))
        for options in ({"lr": 0.05, "eps": 0.3}, {"lr": 0.02, "betas": (0.3, 0.6)}, {"lr": 0.01, "betas": (0.8, 0.7), "eps": 1e-3},
                        {"lr": 0.1, "betas": (0.0, 0.99), "eps": 0.05}):
            compare(some, steps, mistake, **options)
        compare(some, 1e-6 * steps, mistake, lr=0.05, eps=1e-4)          # gradients as small as ε
    ### END HIDDEN TESTS

with check.part(1, "weight decay"):
    mistake = paid()
    compare(start, grads, mistake, rtol=1e-6, lr=0.1, weight_decay=0.25)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for shape in [(1,), (4, 3), (2, 3, 4)]:
        some, steps = torch.from_numpy(rng.normal(size=shape)), torch.from_numpy(rng.normal(size=(20, *shape)))
        for options in ({"lr": 0.02, "weight_decay": 0.5}, {"lr": 0.1, "weight_decay": 0.1}):
            compare(some, steps, mistake, rtol=1e-6, **options)
    ### END HIDDEN TESTS

# %% [markdown]
# Your rules, in the shape of an optimizer, train a network; the same rule from `torch.optim` beside it should draw the same curve.

# %% experiment
class MyOptimizer:
    """Uses a step function as an optimizer of torch is used."""

    def __init__(self, parameters, step, **options):
        self.parameters, self.step_function, self.options = list(parameters), step, options
        self.states = [{} for _ in self.parameters]

    def zero_grad(self):
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self):
        for i, parameter in enumerate(self.parameters):
            new, self.states[i] = self.step_function(parameter.clone(), parameter.grad.clone(), self.states[i], **self.options)
            parameter.copy_(new)

rules = {"SGD": (sgd_step, {"lr": 0.1}), "momentum": (momentum_step, {"lr": 0.1, "momentum": 0.9}), "Adam": (adam_step, {"lr": 1e-3})}
for name, (step, options) in rules.items():
    torch.manual_seed(0)
    net = MLP(50)
    train(net, MyOptimizer(net.parameters(), step, **options), epochs=3, name=name)
    torch.manual_seed(0)
    twin = MLP(50)
    torchs = train(twin, make_optimizer(twin, "Adam" if name == "Adam" else "SGD", **options), epochs=3)
    apart = np.max(np.abs(np.subtract(results[name]["loss"], torchs["loss"])))
    print(f"{name:9s} validation accuracy {results[name]['val'][-1]:.3f}; the losses and those of torch.optim are at most {apart:.1e} apart")
window = np.ones(10) / 10
plots.curves({name: np.convolve(results[name]["loss"], window, "valid") for name in rules}, "step", "loss (mean of 10 batches)")

# %% [markdown] answer="optimizers" points=2
# ### Question 3: three rules
#
# Which rule is fastest here? Is the comparison fair: what would you have to do before you say "Adam is better than SGD"? And what does
# Adam need that SGD doesn't, per parameter?
#
# ### BEGIN SOLUTION
# With these settings momentum and Adam are ahead of plain SGD after three epochs. But each rule has one learning rate here, chosen by
# somebody: momentum 0.9 at rate 0.1 moves about as far as SGD at rate 1. A fair comparison tunes the rate of each rule by validation, with
# the same effort, over several seeds. Adam needs two more numbers per parameter (m and s) and a step count; momentum one.
#
# *Rubric.* ½ point: reads the figure. 1 point: learning rates (and seeds) must be tuned for each rule. ½ point: memory of two more numbers.
# ### END SOLUTION

# %% [markdown]
# ## 7. A convolutional network
#
# Write **`CNN`**: two convolutions (3 × 3, padding 1) with 4 and 8 filters, each followed by ReLU and 2 × 2 max-pooling, then a Linear
# layer to ten scores. How large are the images after two poolings? It has 4,266 parameters, a sixth of MLP(30).

# %% solution="CNN"
class CNN(nn.Module):
    """Conv 4 - ReLU - max-pool - conv 8 - ReLU - max-pool - Linear: images (N, 1, 28, 28) → scores (N, 10)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, 3, padding=1)
        self.out = nn.Linear(8 * 7 * 7, 10)
        ### END SOLUTION

    def forward(self, images):
        ### BEGIN SOLUTION
        x = F.max_pool2d(F.relu(self.conv1(images)), 2)   # (N, 4, 14, 14)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)        # (N, 8, 7, 7)
        return self.out(x.flatten(1))
        ### END SOLUTION

# %% test="CNN" points=3
net = check.on_cpu(CNN())
shapes = sorted(tuple(np.shape(parameter)) for parameter in net.parameters())
check.true(shapes == [(4,), (4, 1, 3, 3), (8,), (8, 4, 3, 3), (10,), (10, 392)], "The parameters of CNN() don't have the right shapes.",
           "Two convolutions with 3 × 3 windows, 1 → 4 → 8 channels, and a Linear layer from 8·7·7 numbers to 10.", f"Found {shapes}.")

def forward(stored, x, first=F.relu, second=F.relu, pool=F.max_pool2d, last=lambda scores: scores, padding=1):
    """The scores by functions of torch, from the stored weights, whatever their names are."""
    by_shape = {value.shape: torch.from_numpy(value) for value in stored.values()}
    x = pool(first(F.conv2d(x, by_shape[4, 1, 3, 3], by_shape[4,], padding=padding)), 2)
    x = pool(second(F.conv2d(x, by_shape[8, 4, 3, 3], by_shape[8,], padding=1)), 2)
    return last(x.flatten(1) @ by_shape[10, 392].T + by_shape[10,])

def known(stored, x):
    none = lambda values: values
    return {
        "There is no ReLU after the first convolution.": lambda: forward(stored, x, first=none),
        "There is no ReLU after the second convolution.": lambda: forward(stored, x, second=none),
        "There is no ReLU at all.": lambda: forward(stored, x, first=none, second=none),
        "The first convolution has padding 2: it should be 1, so that the images keep their size.": lambda: forward(stored, x, padding=2),
        "The pooling takes averages: the question asks for the maximum.": lambda: forward(stored, x, pool=F.avg_pool2d),
        check.hint("The scores went through a softmax: cross_entropy contains one already.", why="softmax-twice"): lambda: forward(stored, x, last=lambda s: s.softmax(1)),
    }

stored = weights_of(net)
check.close(scores_of(net, val_images[:5]), forward(stored, val_images[:5]), rtol=1e-4, what="the scores of five images", mistakes=known(stored, val_images[:5]))
check.passed("CNN has 4,266 parameters and computes what it should.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for count in (1, 6):
    net = check.on_cpu(CNN())
    check_initial_weights(net, "CNN")
    drawn = draw_weights(net, rng)
    x = draw_images(count, rng)
    check.close(scores_of(net, x), forward(drawn, x), rtol=1e-4, what=f"the scores of {count} images", mistakes=known(drawn, x))
### END HIDDEN TESTS

# %% [markdown]
# ## 8. Batch norm
#
# Batch norm takes each unit's values in a batch, subtracts their mean and divides by their standard deviation; then it multiplies by a
# learned $\gamma$ and adds a learned $\beta$. In eval mode there may be no batch, so it uses running means that it kept while training.
#
# Where should it stand? Its inventors put it before the nonlinearity; others say that after it is just as good. Write both and see:
#
# - **`MLPBN`**: Linear, ReLU, *batch norm*, Linear;
# - **`MLPBNBeforeReLU`**: Linear, *batch norm*, ReLU, Linear.
#
# The next cell is for the checks. It builds the same layers, gives them your network's weights, and compares the scores.

# %% setup
# @title For the checks of batch norm: just run it
def parts_with_norm(stored, num_hidden):
    """(hidden layer, norm, last layer) of the grader's own, with the stored weights; None if these are not such layers'."""
    hidden, norm, out = nn.Linear(784, num_hidden), nn.BatchNorm1d(num_hidden), nn.Linear(num_hidden, 10)
    prefixes = {name.rpartition(".")[0] for name in stored}
    for layer in (hidden, norm, out):
        wanted = {name: tuple(value.shape) for name, value in layer.state_dict().items()}
        fits = [prefix for prefix in prefixes if {name.rpartition(".")[2]: value.shape for name, value in stored.items()
                                                  if name.rpartition(".")[0] == prefix} == wanted]
        if len(fits) != 1:
            return None
        layer.load_state_dict({name: torch.from_numpy(stored[f"{fits[0]}.{name}"]) for name in wanted})
    return hidden, norm, out


def check_with_norm(net, num_hidden, x, mode, before_relu, stored=None):
    """Compare the scores of a network with batch norm, in mode "train" or "eval", and what it leaves as running means."""
    parts = parts_with_norm(stored or weights_of(net), num_hidden)
    check.true(parts is not None, "The network does not consist of two Linear layers and one BatchNorm1d of the right sizes.",
               "Linear from 784, BatchNorm1d of the hidden units, Linear to 10: are all three attributes of the model?")
    hidden, norm, out = parts
    for layer in (net, *parts):
        layer.train(mode == "train")

    def apart(z):
        """Batch norm that leaves the running means alone."""
        return F.batch_norm(z, norm.running_mean.clone(), norm.running_var.clone(), norm.weight, norm.bias, mode == "train")

    with torch.no_grad():
        z = hidden(x.flatten(1))
        before, after = out(F.relu(apart(z))), out(apart(F.relu(z)))
        right = out(F.relu(norm(z)) if before_relu else norm(F.relu(z)))
        mistakes = {
            f"Batch norm stands {'after' if before_relu else 'before'} the ReLU: in this network it comes {'before' if before_relu else 'after'}.":
                after if before_relu else before,
            "There is no ReLU.": out(apart(z)),
            "Batch norm is there, but forward does not use it.": out(F.relu(z)),
        }
        if mode == "eval" and len(x) > 1:          # the first of a few: where batch norm stands has been said
            of_batch = lambda z: F.batch_norm(z, None, None, norm.weight, norm.bias, True)
            mistakes["In eval mode batch norm uses the mean and variance of this very batch: those that it has stored are asked for. A layer "
                     "nn.BatchNorm1d knows the mode of the network."] = out(F.relu(of_batch(z)) if before_relu else of_batch(F.relu(z)))
    check.close(scores_of(net, x), right, rtol=1e-3, what=f"the scores of {len(x)} images in {mode} mode", mistakes=mistakes)
    check.close(parts_with_norm(weights_of(net), num_hidden)[1].running_mean, norm.running_mean, rtol=1e-3,
                what=f"the running means after a batch in {mode} mode")

# %% solution="MLPBN"
class MLPBN(nn.Module):
    """Flatten, Linear, ReLU, BatchNorm1d, Linear: images (N, 1, 28, 28) → scores (N, 10)."""

    def __init__(self, num_hidden):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(784, num_hidden)
        self.norm = nn.BatchNorm1d(num_hidden)
        self.out = nn.Linear(num_hidden, 10)
        ### END SOLUTION

    def forward(self, images):
        ### BEGIN SOLUTION
        return self.out(self.norm(F.relu(self.hidden(images.flatten(1)))))
        ### END SOLUTION

# %% oracle="norm"
def check_drawn_with_norm(make, rng, before_relu):
    """Networks of two sizes, in both modes; random weights and statistics show the place of each layer."""
    for num_hidden in (30, 7):
        net = check.on_cpu(make(num_hidden))
        for count, mode in ((9, "eval"), (12, "train"), (1, "eval")):
            drawn = draw_weights(net, rng)
            check_with_norm(net, num_hidden, draw_images(count, rng), mode, before_relu, drawn)

# %% test="MLPBN" points=3
net = check.on_cpu(MLPBN(30))
check_with_norm(net, 30, val_images[:20], "train", before_relu=False)
check_with_norm(net, 30, val_images[:20], "eval", before_relu=False)
check.passed("MLPBN normalises after the ReLU.")
### BEGIN HIDDEN TESTS
check_drawn_with_norm(MLPBN, check.rng(), before_relu=False)
### END HIDDEN TESTS

# %% solution="MLPBNBeforeReLU"
class MLPBNBeforeReLU(nn.Module):
    """Flatten, Linear, BatchNorm1d, ReLU, Linear: images (N, 1, 28, 28) → scores (N, 10)."""

    def __init__(self, num_hidden):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(784, num_hidden)
        self.norm = nn.BatchNorm1d(num_hidden)
        self.out = nn.Linear(num_hidden, 10)
        ### END SOLUTION

    def forward(self, images):
        ### BEGIN SOLUTION
        return self.out(F.relu(self.norm(self.hidden(images.flatten(1)))))
        ### END SOLUTION

# %% test="MLPBNBeforeReLU" points=2
net = check.on_cpu(MLPBNBeforeReLU(30))
check_with_norm(net, 30, val_images[:20], "train", before_relu=True)
check_with_norm(net, 30, val_images[:20], "eval", before_relu=True)
check.passed("MLPBNBeforeReLU normalises before the ReLU.")
### BEGIN HIDDEN TESTS
check_drawn_with_norm(MLPBNBeforeReLU, check.rng(), before_relu=True)
### END HIDDEN TESTS

# %% [markdown]
# And in the convolutional network: **`CNNBN`** is `CNN` with a `BatchNorm2d` between each convolution and its ReLU. (For images, the
# mean is taken over the batch *and* over all pixels of a channel.)

# %% solution="CNNBN"
class CNNBN(nn.Module):
    """CNN with BatchNorm2d between each convolution and its ReLU: images (N, 1, 28, 28) → scores (N, 10)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv1, self.norm1 = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.conv2, self.norm2 = nn.Conv2d(4, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.out = nn.Linear(8 * 7 * 7, 10)
        ### END SOLUTION

    def forward(self, images):
        ### BEGIN SOLUTION
        x = F.max_pool2d(F.relu(self.norm1(self.conv1(images))), 2)
        x = F.max_pool2d(F.relu(self.norm2(self.conv2(x))), 2)
        return self.out(x.flatten(1))
        ### END SOLUTION

# %% test="CNNBN" points=2
def grader_parts(stored):
    """The layers of the grader's own, with the stored weights; None if these are not such layers'."""
    layers = [nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Linear(392, 10)]
    prefixes = {name.rpartition(".")[0] for name in stored}
    for layer in layers:
        wanted = {name: tuple(value.shape) for name, value in layer.state_dict().items()}
        fits = [prefix for prefix in prefixes if {name.rpartition(".")[2]: value.shape for name, value in stored.items()
                                                  if name.rpartition(".")[0] == prefix} == wanted]
        if len(fits) != 1:
            return None
        layer.load_state_dict({name: torch.from_numpy(stored[f"{fits[0]}.{name}"]) for name in wanted})
    return layers

def scores(stored, x, train, block, second=None, padding=1):
    """What the layers with these weights give; block(norm, z) is what follows a convolution, and second(norm, z) the second one if it differs."""
    conv1, norm1, conv2, norm2, out = (layer.train(train) for layer in grader_parts(stored))
    conv1.padding = (padding, padding)
    with torch.no_grad():
        return out((second or block)(norm2, conv2(block(norm1, conv1(x)))).flatten(1))

def compare(net, x, train, mode, stored=None):
    stored = stored or weights_of(net)
    check.true(grader_parts(stored) is not None, "The network does not consist of the layers of CNN and two BatchNorm2d.",
               "BatchNorm2d(4) after the first convolution, BatchNorm2d(8) after the second: are all of them attributes of the model?")
    pool = lambda z: F.max_pool2d(z, 2)
    of_batch = lambda norm, z: F.batch_norm(z, None, None, norm.weight, norm.bias, True)
    usual, unused, linear = lambda norm, z: pool(F.relu(norm(z))), lambda norm, z: pool(F.relu(z)), lambda norm, z: pool(norm(z))
    right = scores(stored, x, train, usual)
    wrong = {hint: lambda block=block: scores(stored, x, train, block) for hint, block in {
        "Batch norm stands after the ReLU: in this network it comes before.": lambda norm, z: pool(norm(F.relu(z))),
        "Batch norm is there, but forward does not use it.": unused,
        "There is no ReLU.": linear,
        "The pooling comes before batch norm: the order is convolution, batch norm, ReLU, pooling.": lambda norm, z: F.relu(norm(pool(z))),
        "Batch norm comes last: the order is convolution, batch norm, ReLU, pooling.": lambda norm, z: norm(pool(F.relu(z))),
        "The pooling takes averages: the question asks for the maximum.": lambda norm, z: F.avg_pool2d(F.relu(norm(z)), 2),
        "In eval mode batch norm uses the mean and variance of this very batch: those that it has stored are asked for. A layer nn.BatchNorm2d knows the mode "
        "of the network.": lambda norm, z: pool(F.relu(of_batch(norm, z))),
    }.items()} | {
        "There is no ReLU after the first batch norm.": lambda: scores(stored, x, train, linear, usual),
        "There is no ReLU after the second batch norm.": lambda: scores(stored, x, train, usual, linear),
        "Batch norm is there, but forward does not use it after the first convolution.": lambda: scores(stored, x, train, unused, usual),
        "Batch norm is there, but forward does not use it after the second convolution.": lambda: scores(stored, x, train, usual, unused),
        "The first convolution has padding 2: it should be 1, so that the images keep their size.": lambda: scores(stored, x, train, usual, padding=2),
    }
    net.train(train)
    check.close(scores_of(net, x), right, rtol=1e-3, what=f"the scores of {len(x)} images in {mode} mode", mistakes=wrong)

net = check.on_cpu(CNNBN())
compare(net, val_images[:20], True, "train")
compare(net, val_images[:20], False, "eval")
check.passed("CNNBN has 4,290 parameters and normalises before each ReLU.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for count, in_train, mode in ((9, False, "eval"), (12, True, "train"), (1, False, "eval")):
    net = check.on_cpu(CNNBN())
    drawn = draw_weights(net, rng)
    compare(net, draw_images(count, rng), in_train, mode, drawn)
### END HIDDEN TESTS

# %% experiment
for name, make in {"MLP": lambda: MLP(50), "MLPBN": lambda: MLPBN(50), "MLPBNBeforeReLU": lambda: MLPBNBeforeReLU(50),
                   "CNN": CNN, "CNNBN": CNNBN}.items():
    torch.manual_seed(0)
    net = make()
    train(net, make_optimizer(net, "SGD", lr=0.1), epochs=3, name=name)
    print(f"{name:16s} {count_parameters(net):6,} parameters, validation accuracy {results[name]['val'][-1]:.3f}")
plots.curves({name: np.convolve(results[name]["loss"], np.ones(10) / 10, "valid") for name in ("MLP", "MLPBN", "MLPBNBeforeReLU", "CNN", "CNNBN")},
             "step", "loss (mean of 10 batches)")

# %% [markdown] answer="batch-norm" points=2
# ### Question 4: batch norm
#
# What does batch norm change in the curves, for the MLP and for the CNN? Does its place matter? In `MLPBNBeforeReLU` the bias of the
# first Linear layer has no effect in train mode: why? And what would go wrong with batches of a single image?
#
# ### BEGIN SOLUTION
# The loss falls faster in the first epoch, most of all for the CNN; after three epochs both kinds are ahead of their plain twins. Before the
# ReLU is a few points better here, but with one seed and 500 images that is not much of a proof. The bias adds
# the same number to a unit's values for all images, and subtracting the mean takes it away again. With one image the mean is the image's own value
# and the variance 0: every unit becomes β whatever the image is (torch refuses for BatchNorm1d); small batches have noisy statistics, and
# eval mode then differs from train mode.
#
# *Rubric.* ½ point: faster at first, in both. ½ point: compares the places with the uncertainty in mind. ½ point: the mean is subtracted. ½ point: variance
# 0 or noisy statistics.
# ### END SOLUTION

# %% [markdown]
# ## 9. All weights 0?
#
# Why begin with random weights? Write **`zero_initialize`**: set every parameter of a model to 0, in place, and return the model.

# %% solution="zero_initialize"
def zero_initialize(model):
    """Set all parameters of a model to 0 in place; returns the model."""
    ### BEGIN SOLUTION
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    return model
    ### END SOLUTION

# %% test="zero_initialize" points=1
model = small_network(784, 12, 10, norm=False)
returned = zero_initialize(model)
found = weights_of(model)
check.true(all(not value.any() for value in found.values()), "Not all parameters are 0.", "Biases are parameters too.",
           f"Not 0: {[name for name, value in found.items() if value.any()]}.")
check.true(returned is not None, "zero_initialize returns nothing.", "Return the model.")
check.passed("zero_initialize leaves nothing but zeros.")
### BEGIN HIDDEN TESTS
for widths, norm in [((784, 3, 4, 10), False), ((20, 5, 2), True)]:
    model = small_network(*widths, norm=norm, seed=3)
    optimizer = make_optimizer(model, "SGD", lr=0.5)
    returned = zero_initialize(model)
    parameters = [torch.as_tensor(parameter).detach().numpy().copy() for parameter in model.parameters()]
    check.true(all(not value.any() for value in parameters), "Not all parameters are 0.", "Biases are parameters too, and so are batch norm's.")
    shapes = [tuple(np.shape(parameter)) for parameter in small_network(*widths, norm=norm).parameters()]
    check.true([value.shape for value in parameters] == shapes, "The parameters have other shapes afterwards.", "Fill each of them with zeros.")
    check.true(all(value.all() for name, value in weights_of(model).items() if "running_var" in name), "The running variance of batch norm is 0 afterwards.",
               "That is no parameter: `model.parameters()` gives those alone, `state_dict()` more.")
    same = weights_of(returned)
    check.true(same.keys() == weights_of(model).keys() and all(not value.any() for name, value in same.items() if "running" not in name),
               "What zero_initialize returns is not the model.", "Return the model.")
### END HIDDEN TESTS

# %% [markdown]
# Now think before you run anything. An `MLP` starts from zeros and is trained by SGD for a few steps. Which of its four parameters
# `W1`, `b1` (hidden layer), `W2`, `b2` (last layer) ever change? Follow the numbers forward, then the gradients backward, and write the
# list of those that move.

# %% solution="parameters_that_move"
### BEGIN SOLUTION
parameters_that_move = ["b2"]
### END SOLUTION

# %% test="parameters_that_move" points=1
answer = sorted(parameters_that_move)
check.true(all(name in ("W1", "b1", "W2", "b2") for name in answer), "parameters_that_move has an entry that is none of W1, b1, W2, b2.")
check.passed("A list of parameters; whether it is the right one, the experiment below will show.")
### BEGIN HIDDEN TESTS
network = build_network((784, 30, 10), norm=False)
for parameter in network.parameters():
    nn.init.zeros_(parameter)
optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
for batch in train_images[:96].split(32):
    optimizer.zero_grad()
    F.cross_entropy(network(batch), train_labels[:len(batch)]).backward()
    optimizer.step()
moved = sorted(name for name, parameter in zip(("W1", "b1", "W2", "b2"), network.parameters()) if parameter.abs().sum() > 0)
hint = "What is the hidden layer's output when W1 and b1 are 0? The gradient of W2 is a product with it, and what goes back through W2 is a product with W2."
check.true(answer == moved, "These are not the parameters that move.", hint)
### END HIDDEN TESTS

# %% experiment
torch.manual_seed(0)
net = zero_initialize(MLP(50))
train(net, make_optimizer(net, "SGD", lr=0.1), epochs=3, name="zeros")
for name, parameter in net.named_parameters():
    print(f"{name:14s} largest absolute value {parameter.abs().max().item():.4f}")
print(f"validation accuracy {results['zeros']['val'][-1]:.3f}")

# %% [markdown] answer="zeros" points=2
# ### Question 5: zeros
#
# The network of zeros does learn something. What exactly, and what is the best accuracy that it can reach on any data set? Suppose all
# weights start at the same number 0.01 instead (biases 0): would that help?
#
# ### BEGIN SOLUTION
# Only b2 moves, so all images get the same scores: the network learns how frequent the classes are, and always says the most frequent one; its best
# accuracy is that class's share (about 11 % here). With all weights 0.01 gradients flow, but all hidden units compute the same and get the
# same gradient, so they stay equal for ever: a network of 50 units is as good as one with a single unit. Random numbers break the
# symmetry.
#
# *Rubric.* ½ point: class frequencies. ½ point: share of the largest class. 1 point: the units stay equal.
# ### END SOLUTION

# %% [markdown]
# ## 10. All of it in one figure
#
# Every run of this notebook, after its third epoch. The base line is `MLP(50)`, trained by SGD on shuffled images; every other run differs
# from it by one thing. The bar is the validation accuracy with its standard deviation for 500 images.

# %% experiment
import matplotlib.pyplot as plt

chosen = {name: history for name, history in results.items() if name not in ("shuffled", "SGD", "MLP")}     # those are MLP(50) again
accuracies = np.array([history["val"][:3][-1] for history in chosen.values()])
spread = np.sqrt(accuracies * (1 - accuracies) / len(val_labels))
figure, axes = plt.subplots(figsize=(8, 0.34 * len(chosen) + 1.2), layout="constrained")
axes.barh(list(chosen), accuracies, xerr=spread, color="#56B4E9", ecolor="0.3", capsize=2)
axes.invert_yaxis()
axes.set(xlabel="validation accuracy after 3 epochs", xlim=(0, 1))
axes.grid(axis="x", alpha=0.3)
plt.show()

print(f"{'run':18s}{'parameters':>11s}{'last loss':>11s}{'train':>8s}{'validation':>12s}")
for name, history in chosen.items():
    epoch = min(3, len(history["val"]))
    last = np.mean(history["loss"][63 * (epoch - 1):63 * epoch])
    print(f"{name:18s}{history['parameters']:11,}{last:11.3f}{history['train'][epoch - 1]:8.3f}{history['val'][epoch - 1]:12.3f}")
