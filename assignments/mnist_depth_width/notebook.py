# %% [markdown]
# # MNIST: deep or wide?
#
# You have a hundred hidden units to spend. One layer of a hundred, or two of fifty? With two hundred, with a thousand: does the answer
# change? In this notebook you train fully connected networks on 60,000 handwritten digits, under a budget of units each time, and hand
# in the three that you are proud of.
#
# **What you will learn**
#
# - what the numbers in an image mean, and why they are scaled;
# - how to count hidden units and hidden layers (the last layer is neither);
# - a training loop that measures what it says it measures: a loss that is a mean over the data, and a best epoch that was not chosen on
#   the test images;
# - why a softmax at the end of the network and `F.cross_entropy` don't go together;
# - what depth buys, what width buys, and how to show it in one figure.
#
# **Letters.** $N$ images, $C = 10$ classes. Images are tensors `(N, 1, 28, 28)`, labels are integers `(N,)`.

# %% setup
import contextlib
import os
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from hwlib import plots
from hwlib.data import load_mnist
from hwlib.models import Description
from hwlib.models.building import build as network_of
from hwlib.training import use_fastest_threads

_ = torch.optim.SGD([torch.zeros(1)], lr=0.0)     # the first optimizer takes torch a second, every other one none: so here it is
_ = use_fastest_threads()                         # networks as small as these often train faster with one thread than with several

# %% [markdown]
# ## 1. Pictures are numbers
#
# MNIST has 60,000 training images and 10,000 test images of 28 × 28 pixels. A pixel is stored in one byte: a whole number from **0, no
# ink** (the background, drawn black), to **255, full ink** (the stroke, drawn white). The numbers between are the grey edges of the
# strokes. No other information is in the file: no colour, no time, no pressure.
#
# A network likes inputs of about the size of 1, so `scaled` divides by 255. It does that in *one* place, for all images, and it is also
# what the grader does to the test images before they enter your networks.
#
# From the training images we put 5,000 aside for validation. **The test images stay untouched until all choices are made**; the cell below
# does not even load them.

# %% setup
def scaled(images):
    """Pixels 0…255, uint8 (N, 28, 28), as numbers from 0 to 1, float32 (N, 1, 28, 28)."""
    return torch.from_numpy(np.array(images, dtype=np.float32) / 255)[:, None]


raw_images, raw_labels = load_mnist(sample="fallback")[:2]
num_val = len(raw_labels) // 12                                                        # 5,000 of 60,000
all_labels = torch.from_numpy(np.array(raw_labels, dtype=np.int64))
train_images, train_labels = scaled(raw_images[:-num_val]), all_labels[:-num_val]      # (55000, 1, 28, 28), (55000,)
val_images, val_labels = scaled(raw_images[-num_val:]), all_labels[-num_val:]          # (5000, 1, 28, 28), (5000,)

# %% experiment
plots.images(raw_images[:20], [str(label) for label in raw_labels[:20]], columns=10)

# %% [markdown]
# One digit, ink by ink, and how often each value occurs:

# %% experiment
def show_values(image, images):
    """One image with the value of each pixel of its middle rows, and a histogram of all values."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", width_ratios=(1.35, 1))
    part = image[6:19, 4:24]                                                            # (13, 20)
    left.imshow(part, cmap="gray", vmin=0, vmax=255, extent=(3.5, 23.5, 18.5, 5.5))
    for (row, column), value in np.ndenumerate(part):
        left.text(column + 4, row + 6, value, ha="center", va="center", fontsize=6.5, color="black" if value > 120 else "0.75")
    left.set(xlabel="column", ylabel="row", xticks=range(4, 24, 3), title=f"part of the first image, label {raw_labels[0]}")
    right.hist(np.ravel(images), bins=32, range=(0, 256), color=plots.PALETTE[0])
    right.set(xlabel="value of a pixel", ylabel="number of pixels", yscale="log", title="values in the first 1,000 images")
    right.grid(axis="y", alpha=0.3)
    plt.show()
    print(f"{np.mean(images == 0):.0%} of all pixels are exactly 0, {np.mean(images >= 250):.0%} are 250 or more; "
          f"the mean is {np.mean(images):.1f}, or {np.mean(images) / 255:.2f} after scaling.")


show_values(raw_images[0], raw_images[:1000])

# %% [markdown] answer="pixel-values" points=2
# ### Question 1: pixel values
#
# What does the value 0 mean here, and what 255? A friend trains on the raw values from 0 to 255, and his network, saved as a file, is then
# graded on values from 0 to 1. Name one thing that goes wrong already while he trains, and say what happens when he is graded.
#
# ### BEGIN SOLUTION
# 0 is background without ink, 255 is a pixel fully covered by the stroke; in between are partly covered pixels at the edges.
#
# Training: inputs of some hundreds give scores of some hundreds at first, so the first loss is far above log 10 and gradients of the
# first layer are 255 times larger; a learning rate that suits scaled images makes the loss jump about or units die. (Adam forgives much
# of it.) Grading: the images are 255 times smaller than in training, so the products with the weights nearly vanish and the biases
# decide; the network says nearly the same for all images, and accuracy falls, often to about chance.
#
# *Rubric.* ½ point: meaning of 0 and 255. ½ point: large scores, loss or gradients, unsuitable learning rate. 1 point: other scale than
# in training, so the accuracy falls (with the reason).
# ### END SOLUTION

# %% [markdown]
# ## 2. Counting hidden units
#
# A fully connected network is a chain of `nn.Linear` layers with something non-linear between them, here ReLU. The *last* Linear layer
# gives the ten scores: those are seen, so they are not hidden. The **hidden units** are the outputs of all Linear layers *but the last*,
# and each of those layers is a **hidden layer**. So a network with the widths
#
# $$ 784 \to 60 \to 40 \to 10 $$
#
# has $60 + 40 = 100$ hidden units in 2 hidden layers. This cell makes such networks (leave it as it is, the checks use it):

# %%
def make_network(*widths, dropout=0.0):
    """make_network(784, 60, 40, 10): Flatten, then Linear layers with ReLU (and dropout) between them."""
    layers = [nn.Flatten()]
    for place in range(len(widths) - 2):
        layers += [nn.Linear(widths[place], widths[place + 1]), nn.ReLU()]
        if dropout:
            layers.append(nn.Dropout(dropout))
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


def boxed(network):
    """The same network inside another nn.Sequential."""
    return nn.Sequential(network)


def description_of(network):
    """What a network is made of, as text; or what is wrong with it."""
    try:
        return hwlib.describe(network, (1, 28, 28)).to_json()
    except hwlib.errors.HwlibError as error:
        return str(error)


def saved_weights_of(network):
    """The arrays that save_model writes of a network, by the place of their layer, such as 3.weight."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        hwlib.save_model(network, "network", input_shape=(1, 28, 28))
        weights = hwlib.load_model("network").state_dict()
    return {name: value.numpy() for name, value in weights.items() if not name.endswith("num_batches_tracked")}

# %% [markdown]
# Write **`count_hidden`**. `model.modules()` goes through all layers, also those inside another `nn.Sequential`; a Linear layer `layer` has
# `layer.out_features` outputs.

# %% solution="count_hidden"
def count_hidden(model):
    """(hidden units, hidden layers) of a network, two integers."""
    ### BEGIN SOLUTION
    widths = [layer.out_features for layer in model.modules() if isinstance(layer, nn.Linear)]
    return sum(widths[:-1]), len(widths) - 1
    ### END SOLUTION

# %% test="count_hidden" points=2
def compare_counts(network, widths, what):
    """Student's counts against what the widths say."""
    check.equal(count_hidden(network), (sum(widths[1:-1]), len(widths) - 2), what=f"units and layers of {what}", mistakes={
        check.hint("The last Linear layer is counted as a hidden one: it gives the scores.", why="hidden-layers"): (sum(widths[1:]), len(widths) - 1),
        "The units are right, but the last Linear layer is counted as a hidden one.": (sum(widths[1:-1]), len(widths) - 1),
        "The layers are right, but the ten scores are counted as hidden units.": (sum(widths[1:]), len(widths) - 2),
        "The inputs are counted as hidden units, too.": (sum(widths[:-1]), len(widths) - 2),
        "These are the inputs of each Linear layer but the last: count the outputs.": (sum(widths[:-2]), len(widths) - 2),
        "This is the number of parameters, not of units.":
            lambda: (sum(a * b + b for a, b in zip(widths, widths[1:])), len(widths) - 2),
        f"Layers with {widths[-1]} outputs are left out: only the last layer is no hidden one, however many outputs the others have.":
            (sum(inner), len(inner)) if (inner := [width for width in widths[1:-1] if width != widths[-1]]) != [*widths[1:-1]] else None,
        "No layer is found: a network may be inside another, and model.modules() goes through all of them.": (0, 0) if len(widths) > 2 else None,
        "Every module is counted as a layer, ReLU and Flatten too.": (sum(widths[1:-1]), 2 * (len(widths) - 2) + 1),
    }, hint="Add up out_features of all nn.Linear layers but the last one.")

compare_counts(make_network(784, 60, 40, 10), (784, 60, 40, 10), "the network of the example")
compare_counts(make_network(784, 100, 10, dropout=0.2), (784, 100, 10), "a network with one hidden layer")
compare_counts(boxed(make_network(784, 60, 40, 10)), (784, 60, 40, 10), "the same network inside another nn.Sequential")
check.passed("count_hidden leaves the last layer out.")
### BEGIN HIDDEN TESTS
for widths in [(784, 10), (784, 10, 10, 10), (784, 7, 300, 5, 10), (20, 4, 3, 3, 2)]:
    compare_counts(make_network(*widths), widths, f"a network of widths {widths}")
    compare_counts(boxed(make_network(*widths, dropout=0.1)), widths, f"a network of widths {widths} inside another nn.Sequential")
### END HIDDEN TESTS

# %% [markdown]
# ## 3. A loss that is a mean
#
# To compare epochs and networks we need two numbers for a set of images: the mean loss and the accuracy,
#
# $$ L = \frac1N \sum_{i=1}^{N} -\log p_i(y_i), \qquad A = \frac1N \sum_{i=1}^{N} \mathbb 1\{\hat y_i = y_i\}. $$
#
# 5,000 images at once may need much memory, so they go through the network in batches. `F.cross_entropy` gives the mean *of a batch*. The
# mean of these means is the mean over all images only if all batches are equally large, and the last one hardly ever is. (People do get
# this wrong: a published solution of this very exercise printed a "validation loss" that was no mean over the data.) Add up the batches'
# sums, or weight each mean with the size of its batch.
#
# Write **`evaluate`**: in eval mode (dropout must not drop anything now), without gradients.

# %% solution="evaluate"
def evaluate(model, images, labels, batch_size=1000):
    """(mean cross-entropy, accuracy from 0 to 1) over all images, in eval mode: two numbers."""
    ### BEGIN SOLUTION
    model.eval()
    total_loss, right = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(labels), batch_size):
            scores = model(images[start:start + batch_size])                       # (batch, 10)
            batch_labels = labels[start:start + batch_size]
            total_loss += F.cross_entropy(scores, batch_labels, reduction="sum").item()
            right += (scores.argmax(dim=1) == batch_labels).sum().item()
    return total_loss / len(labels), right / len(labels)
    ### END SOLUTION

# %% test="evaluate" points=3
def random_weights(network, rng, size=0.5):
    """Put random numbers into a network, and return them in its order: [weight, bias, weight, bias, …]."""
    state = {name: rng.normal(scale=size, size=np.shape(value)).astype(np.float32) for name, value in network.state_dict().items()}
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return [torch.from_numpy(value) for value in state.values()]

def scores_of(weights, images, kept=1.0):
    """Scores by matrix products; `kept` is the share of hidden units that dropout keeps."""
    x = images.flatten(1)
    for place in range(0, len(weights), 2):
        x = x @ weights[place].T + weights[place + 1]
        x = x if place + 2 == len(weights) else F.relu(x) * (torch.rand(x.shape) < kept) / kept
    return x

def compare_evaluation(network, weights, images, labels, batch_size):
    """Student's numbers against those of all images at once."""
    scores = scores_of(weights, images)
    losses, hits = F.cross_entropy(scores, labels, reduction="none").double(), (scores.argmax(1) == labels).double()
    parts = list(zip(losses.split(batch_size), hits.split(batch_size)))
    L, A = losses.mean().item(), hits.mean().item()
    means = [part.mean().item() for part, _ in parts]
    whole = parts[:-1] if len(parts[-1][0]) < batch_size and len(parts) > 1 else parts
    twice = F.cross_entropy(scores.softmax(1), labels).item()
    seen = [torch.cat([part[which] for part in whole]) for which in (0, 1)]       # without the last, smaller batch
    missing = check.hint("Some examples are missing: is the last, smaller batch left out?", why="last-batch")
    chances = scores.double().softmax(1)[range(len(labels)), labels]
    found = evaluate(network, images, labels, batch_size)
    check.returns(found, "loss", "accuracy")

    def in_train_mode(otherwise):
        """A hint that asks for eval mode if the numbers are others the second time; else another one."""
        again = evaluate(network, images, labels, batch_size)
        differs = any(not np.array_equal(one, other) for one, other in zip(found, again))
        return check.hint("Is the network in eval mode (model.eval()), where dropout lets everything through?", why="eval-mode") if differs else otherwise

    check.close(found[0], L, rtol=1e-4, what=f"the loss of {len(labels)} images in batches of {batch_size}", mistakes={
        "This is the mean of the batches' means: the last batch is smaller, but counts as much as the others.": np.mean(means),
        "This is the sum over all images, not the mean.": L * len(labels),
        "This is the sum of the batches' means.": np.sum(means),
        "This is the loss of the last batch only.": means[-1],
        "Each batch's mean counts as if it were of batch_size images: the last batch is smaller, so multiply by its own number of images.":
            np.sum(means) * batch_size / len(labels),
        "The batches' means are added up and divided by the number of images: each is divided twice.": np.sum(means) / len(labels),
        missing: seen[0].mean().item(),
        missing + " ": seen[0].sum().item() / len(labels),
        check.hint("The scores went through a softmax before cross_entropy, which contains one already.", why="softmax-twice"): twice,
        "The two numbers are exchanged: first the loss, then the accuracy.": A,
        "A small number is added inside the logarithm, or is the least that it may get: then no image costs more than a certain loss. "
        "`F.cross_entropy` takes the scores, and needs no such guard.": lambda: min(
            (-guarded.log().mean().item() for n in range(4, 17) for guarded in (chances + 10.0 ** -n, chances.clamp(min=10.0 ** -n))), key=lambda one: abs(one - found[0])),
    }, hint=lambda: in_train_mode("The loss of an image is −log of the softmax probability of its class; the mean is over images."))
    check.close(found[1], A, what=f"the accuracy on {len(labels)} images in batches of {batch_size}", mistakes={
        "This is a percentage: the question asks for a number from 0 to 1.": 100 * A,
        "This is the number of right images, not their share.": A * len(labels),
        "This is the error rate: the share that is wrong.": 1 - A,
        "This is the mean of the batches' accuracies: the last batch is smaller, but counts as much as the others.":
            np.mean([part.mean().item() for _, part in parts]),
        "Each batch's share counts as if it were of batch_size images: the last batch is smaller, so multiply by its own number of images.":
            sum(part.mean().item() for _, part in parts) * batch_size / len(labels),
        missing: seen[1].mean().item(),
        missing + " ": seen[1].sum().item() / len(labels),
    }, hint=lambda: in_train_mode("The share of images whose largest score is that of their own class."))

rng = check.rng()
network = make_network(784, 12, 10, dropout=0.5)
weights = random_weights(network, rng)
compare_evaluation(network, weights, val_images[:100], val_labels[:100], 100)
compare_evaluation(network, weights, val_images[:100], val_labels[:100], 30)
check.passed("evaluate gives means over all images.")
### BEGIN HIDDEN TESTS
for widths, dropout, count, batch_size in [((784, 9, 10), 0.0, 37, 36), ((784, 8, 6, 10), 0.7, 64, 16), ((784, 10, 10), 0.3, 5, 1000)]:
    network = make_network(*widths, dropout=dropout)
    weights = random_weights(network, rng)
    for attempt in range(2):
        network.train()
        compare_evaluation(network, weights, train_images[:count], train_labels[:count], batch_size)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. One epoch
#
# In an epoch every image is looked at once, in an order that is drawn anew each time (`torch.randperm`). Write **`train_epoch`**:
#
# 1. train mode (`evaluate` has left the model in eval mode, and dropout would sleep);
# 2. for each batch: scores, loss, forget the old gradients, compute the new ones, step;
# 3. return the mean loss over all images *while it went on*: again a mean over images, not over batches, and the smaller last batch is not
#    left out.

# %% solution="train_epoch"
def train_epoch(model, optimizer, images, labels, batch_size=32):
    """Train for one epoch on shuffled batches; returns the mean loss over all images, a number."""
    ### BEGIN SOLUTION
    model.train()
    total_loss = 0.0
    for batch in torch.randperm(len(labels)).split(batch_size):
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total_loss += loss.item() * len(batch)
    return total_loss / len(labels)
    ### END SOLUTION

# %% [markdown]
# (The next line is for the check: an optimizer of torch for a network.)

# %%
def make_optimizer(model, name, **options):
    """An optimizer of torch for all parameters of a model: make_optimizer(model, "SGD", lr=0.1)."""
    return getattr(torch.optim, name)(model.parameters(), **options)

# %% test="train_epoch" points=4
def random_weights(network, rng, size=0.5):
    """Put random numbers into a network, and return them in its order: [weight, bias, weight, bias, …]."""
    state = {name: rng.normal(scale=size, size=np.shape(value)).astype(np.float32) for name, value in network.state_dict().items()}
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    return [torch.from_numpy(value) for value in state.values()]

def scores_of(weights, images, hidden=True):
    """Scores by matrix products; hidden=False: dropout with p = 1, which lets nothing through to the last layer."""
    x = images.flatten(1)
    for place in range(0, len(weights) - 2, 2):
        x = F.relu(x @ weights[place].T + weights[place + 1])
    return (x if hidden else 0 * x) @ weights[-2].T + weights[-1]

def descend(weights, images, labels, rate, epochs, zero=True, softmax=False, early=False, uphill=False):
    """Losses and weights of full-batch descent; the other arguments make known mistakes."""
    weights = [weight.clone().requires_grad_() for weight in weights]
    optimizer, losses = torch.optim.SGD(weights, lr=-rate if uphill else rate), []
    for _ in range(epochs):
        scores = scores_of(weights, images)
        loss = F.cross_entropy(scores.softmax(1) if softmax else scores, labels)
        if zero:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if early:
            optimizer.zero_grad()
        losses.append(loss.item())
    return np.array(losses), np.concatenate([weight.detach().numpy().ravel() for weight in weights])

def weights_of(network):
    return np.concatenate([np.ravel(value) for value in network.state_dict().values()])

def uses_of_images(rng, count=12, batch_size=4):
    """How often each image takes part in an epoch, from the change of the weights at a tiny rate; None if that does not explain it."""
    network, images, labels = make_network(784, 8, 10), train_images[100:100 + count], train_labels[100:100 + count]
    weights = random_weights(network, rng, 0.2)
    start = weights_of(network).astype(np.float64)
    train_epoch(network, make_optimizer(network, "SGD", lr=1e-3), images, labels, batch_size)
    change = (weights_of(network) - start) * -batch_size / 1e-3
    leaves = [weight.clone().double().requires_grad_() for weight in weights]
    slopes = []
    for i in range(count):
        of_image = torch.autograd.grad(F.cross_entropy(scores_of(leaves, images[i:i + 1].double()), labels[i:i + 1]), leaves)
        slopes.append(np.concatenate([one.numpy().ravel() for one in of_image]))
    uses = np.linalg.lstsq(np.array(slopes).T, change, rcond=None)[0]
    left = np.linalg.norm(np.array(slopes).T @ uses - change)
    return np.round(uses).astype(int) if left < 0.1 * np.linalg.norm(change) and np.abs(uses - np.round(uses)).max() < 0.2 else None

# One batch is the whole epoch: then the order does not matter, and every number is known.
def compare_whole(network, images, labels, rate, epochs, rng):
    weights = random_weights(network, rng, 0.2)
    start = np.concatenate([weight.numpy().ravel() for weight in weights])
    optimizer = make_optimizer(network, "SGD", lr=rate)
    losses = [train_epoch(network, optimizer, images, labels, len(labels)) for _ in range(epochs)]
    right_losses, right = descend(weights, images, labels, rate, epochs)
    wrong = {hint: (lambda change=change: descend(weights, images, labels, rate, epochs, **change)) for hint, change in {
        check.hint("The gradients of earlier steps are still there: call optimizer.zero_grad() before each backward().", why="zero-grad"): dict(zero=False),
        check.hint("The scores went through a softmax before cross_entropy, which contains one already.", why="softmax-twice"): dict(softmax=True),
    }.items()}
    check.close(losses, right_losses, rtol=1e-3, what=f"the losses of {epochs} epochs of one batch", mistakes={
        "The loss never changes: is optimizer.step() called after backward(), and before the gradients are set to 0?":
            right_losses[:1].repeat(epochs),
        "The sum of the losses does not begin at 0: each is too large by the same number.":
            lambda: right_losses + np.round(len(labels) * (losses[0] - right_losses[0])) / len(labels),
        "This is the loss after the step: add up the losses that the steps are made of, from before each of them.":
            lambda: descend(weights, images, labels, rate, epochs + 1)[0][1:],
        **{hint: (lambda found=found: found()[0]) for hint, found in wrong.items()}})
    check.close(weights_of(network) - start, right - start, rtol=5e-3, what=f"the change of the weights in {epochs} epochs", mistakes={
        hint: (lambda found=found: found()[1] - start) for hint, found in wrong.items()})

# At rate 0 the weights stay, so the mean of the losses is known for any order of the images.
def compare_mean(network, images, labels, batch_size, rng, dropped=False):
    weights = random_weights(network, rng, 0.2)
    images, labels = images.clone(), labels.clone()
    images[0] *= 20                                            # one loss far above the others: no part of the images has the same mean
    labels[0] = scores_of(weights, images[:1]).argmin()
    network.eval()
    found = train_epoch(network, make_optimizer(network, "SGD", lr=0.0), images, labels, batch_size)
    in_train, in_eval = (F.cross_entropy(scores_of(weights, images, hidden), labels).item() for hidden in (not dropped, True))
    check.close(found, in_train, rtol=1e-4, what=f"the mean loss of {len(labels)} images in batches of {batch_size}", mistakes={
        "This is the loss in eval mode: call model.train() first, else dropout drops nothing.": in_eval,
        "This is the sum over all images, not the mean.": in_train * len(labels),
        check.hint("The scores went through a softmax before cross_entropy, which contains one already.", why="softmax-twice"):
            lambda: F.cross_entropy(scores_of(weights, images, not dropped).softmax(1), labels).item(),
    }, hint="The mean is over images: weight each batch's mean with its size, and leave no batch out.")

rng = check.rng()
uses = uses_of_images(rng)
if uses is not None and uses.any():
    check.true(len(set(uses.tolist())) > 1 or uses[0] <= 1, f"In batches of {uses[0]} images the gradients are {uses[0]} times too large.",
               "They are those of the sum over the images: call backward() on the mean.")
    check.true(uses.min() > 0, "Not every image is used once in an epoch.",
               "Draw one order of all images for the epoch, `torch.randperm`, and cut it into batches: each image is in exactly one.",
               f"In batches of 4, these 12 images were used {', '.join(map(str, uses))} times.")
images, labels = train_images[:50], train_labels[:50]
compare_whole(make_network(784, 8, 10), images, labels, 0.1, 3, rng)
compare_mean(make_network(784, 8, 10), images, labels, 20, rng)
compare_mean(make_network(784, 8, 10, dropout=1.0), images, labels, 25, rng, dropped=True)
# At a tiny rate the change of the weights is the sum of the batches' gradients: each image counts once.
network = make_network(784, 8, 10)
weights = random_weights(network, rng, 0.2)
start = weights_of(network)
train_epoch(network, make_optimizer(network, "SGD", lr=1e-3), images[:48], labels[:48], 16)
once = descend(weights, images[:48], labels[:48], 1e-3, 1)[1] - start
check.close(weights_of(network) - start, 3 * once, rtol=0.1, what="the change of the weights in an epoch of 3 small steps", mistakes={
    "There is one step only: a step for each batch is meant.": once,
}, hint="Every image should be in exactly one batch, and each batch makes one step.")

# Two epochs from the same weights end elsewhere, because the order is another one.
ends = []
for attempt in range(2):
    network = make_network(784, 8, 10)
    network.load_state_dict({name: weight for name, weight in zip(network.state_dict(), weights)})
    train_epoch(network, make_optimizer(network, "SGD", lr=0.3), images, labels, 5)
    ends.append(weights_of(network))
check.true(not np.allclose(ends[0], ends[1], rtol=1e-3), "Two epochs from the same weights are the same: the images come in the same order.",
           "Draw a new order each time with torch.randperm, and set no seed in the function.")
check.passed("train_epoch takes the steps that it should, and returns a mean over images.")
### BEGIN HIDDEN TESTS
compare_whole(make_network(784, 6, 5, 10), images[:30], labels[:30], 0.3, 4, rng)
compare_mean(make_network(784, 6, 10), images[:33], labels[:33], 32, rng)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. The best epoch
#
# Validation accuracy goes up and down from epoch to epoch, so keep the weights of the best one. Best *on the validation images*: whoever
# takes the epoch that is best on the test images reports a number that is too good, because part of its lead is luck with just these
# images. (That published solution did so, too. Question 2 is about how much it matters.)
#
# There is a trap. `model.state_dict()` does not copy: its tensors *are* the weights, and go on changing. Copy them with
# `copy.deepcopy(model.state_dict())`, and put them back with `model.load_state_dict(…)`.
#
# Write **`keep_best`**. `train_one_epoch()` trains one epoch and `measure()` gives the validation accuracy now; both are functions
# without arguments.

# %% solution="keep_best"
import copy


def keep_best(model, epochs, train_one_epoch, measure):
    """Train; returns the accuracy after each epoch, a list. Afterwards the model has the weights of the best epoch (the first, among equals)."""
    ### BEGIN SOLUTION
    accuracies, best = [], None
    for _ in range(epochs):
        train_one_epoch()
        accuracies.append(measure())
        if best is None or accuracies[-1] > max(accuracies[:-1]):
            best = copy.deepcopy(model.state_dict())
    model.load_state_dict(best)
    return accuracies
    ### END SOLUTION

# %% [markdown]
# (The next cell is for the check. It pretends to train: after epoch 3 the only weight of the "network" is 3.)

# %%
def pretend(accuracies):
    """(what keep_best returns, weight afterwards, number of trainings, number of measurements) where accuracies are as given."""
    model = nn.Linear(1, 1, bias=False)
    counts = {"trained": 0, "measured": 0}

    def train_one_epoch():
        counts["trained"] += 1
        with torch.no_grad():
            model.weight.fill_(counts["trained"])

    def measure():
        counts["measured"] += 1
        return accuracies[min(counts["trained"], len(accuracies)) - 1]

    found = keep_best(model, len(accuracies), train_one_epoch, measure)
    return found, model.weight.item(), counts["trained"], counts["measured"]

# %% test="keep_best" points=3
def known(accuracies):
    """Known mistake → the epoch whose weights it keeps."""
    return {
        "Nothing is better than 0 here, so nothing was kept: the first epoch is the best until another one is better. Begin below 0, with -1 or -inf.":
            len(accuracies) if max(accuracies) == 0 else None,
        "These are the weights of the last epoch. Are the best ones put back, and were they copied (copy.deepcopy)?": len(accuracies),
        "These are the weights of the epoch with the lowest accuracy: the larger one is better.": int(np.argmin(accuracies)) + 1,
        "These are the weights of the first epoch: is a later one ever found to be better?": 1,
        "Among equal accuracies the first counts: is there a ≥ where > is meant?": len(accuracies) - int(np.argmax(accuracies[::-1])),
        "These are the weights of the epoch that was better than the one before it, not than all before it.":
            max((i + 1 for i in range(1, len(accuracies)) if accuracies[i] > accuracies[i - 1]), default=1),
        "These are the weights of the epoch that was better than the second one, not than all before it.":
            max((i + 1 for i in range(2, len(accuracies)) if accuracies[1] > max(accuracies[:i])), default=2 if accuracies[1:2] > accuracies[:1] else 1),
    }

def compare_epochs(accuracies, what, paid=""):
    """paid: the known mistake that has cost its points already."""
    mistakes, top = known(accuracies), int(np.argmax(accuracies)) + 1
    epoch = pretend(accuracies)[1]
    check.equal(epoch, check.due(epoch, top, mistakes.get(paid)), what=f"the epoch whose weights the model has afterwards ({what})", mistakes=mistakes)

with check.part(1, "one training and one measurement an epoch; what is returned"):
    for accuracies in ([0.5, 0.9, 0.7, 0.8, 0.6], [0.4]):
        found, _, trained, measured = pretend(accuracies)
        check.equal(trained, len(accuracies), what="the number of epochs that were trained", hint="Train exactly `epochs` times: `for _ in range(epochs)`.")
        check.equal(measured, len(accuracies), what="the number of measurements", hint="Measure once after each epoch.")
        check.close(found, accuracies, what="the accuracies that keep_best returns", hint="A list with the accuracy after each epoch, in order.")
    ### BEGIN HIDDEN TESTS
    for accuracies in ([0.2, 0.8, 0.8, 0.5], (check.rng().permutation(40) / 40).tolist()):
        found, _, trained, measured = pretend(accuracies)
        check.equal([trained, measured], [len(accuracies)] * 2, what="the numbers of trained epochs and of measurements")
        check.close(found, accuracies, what="the accuracies that keep_best returns", hint="A list with the accuracy after each epoch, in order.")
    ### END HIDDEN TESTS

with check.part(1, "the weights of the best epoch"):
    compare_epochs([0.5, 0.9, 0.7, 0.8, 0.6], "the second of five is best")
    compare_epochs([0.3, 0.2, 0.1], "the first of three is best")
    ### BEGIN HIDDEN TESTS
    for accuracies, what in [([0.6, 0.7, 0.9, 0.95], "the last is best"), ([0.4], "one epoch only"), ((check.rng().permutation(40) + 1).tolist(), "forty epochs")]:
        compare_epochs(accuracies, what)
    ### END HIDDEN TESTS

with check.part(1, "the first among equals, also where all are 0"):
    found, epoch, *_ = pretend([0.6, 0.9, 0.3, 0.7, 0.5])                    # (another epoch than the second has cost its point already)
    paid = next((hint for hint, value in known([0.6, 0.9, 0.3, 0.7, 0.5]).items() if epoch == value != 2 and np.size(found) == 5), "")
    compare_epochs([0.4, 0.8, 0.8, 0.5], "the second and the third of four are equally good", paid)
    compare_epochs([0.0, 0.0], "nothing is ever right", paid)
    ### BEGIN HIDDEN TESTS
    compare_epochs([0.2, 0.8, 0.8, 0.5], "two epochs are best", paid)
    compare_epochs([0.0, 0.0, 0.0], "nothing is ever right", paid)
    ### END HIDDEN TESTS

# %% [markdown]
# With these parts, training is short. This cell is given. The learning rate falls from `rate` to 0 on a cosine, which is worth a few tenths
# of a per cent at no cost: large steps first, to get somewhere, small ones in the end, to settle.

# %%
FAST = os.environ.get("HW_FAST") == "1"          # fewer epochs, for a quick look
histories = {}                                    # name → validation accuracy after each epoch


def learn(model, epochs=10, rate=1.5e-3, name=None, seed=0):
    """Train with Adam and batches of 32; afterwards the model has the weights of its best epoch. Returns its validation accuracy."""
    torch.manual_seed(seed)
    epochs, batch_size, rate = (4, 64, 2 * rate) if FAST else (epochs, 32, rate)
    optimizer = make_optimizer(model, "Adam", lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)

    def one_epoch():
        train_epoch(model, optimizer, train_images, train_labels, batch_size)
        schedule.step()

    accuracies = keep_best(model, epochs, one_epoch, lambda: evaluate(model, val_images, val_labels)[1])
    if name:
        histories[name] = accuracies
    return max(accuracies)

# %% [markdown]
# ## 6. One softmax too many
#
# The probabilities of the classes come from the scores $s$ by a softmax, $p_k = e^{s_k} / \sum_j e^{s_j}$, and the loss of an image of
# class $y$ is $-\log p_y$. `F.cross_entropy` does both. If the network itself ends in `nn.Softmax`, then what goes into `F.cross_entropy`
# are probabilities, numbers from 0 to 1, and a softmax is taken of *them*.
#
# Suppose such a network is perfect: probability 1 for the right class, 0 for the nine others. What does `F.cross_entropy` say? Put it
# into **`loss_floor`**, as a formula in Python (`np.log`, `np.exp`).

# %% solution="loss_floor"
### BEGIN SOLUTION
loss_floor = -np.log(np.exp(1) / (np.exp(1) + 9 * np.exp(0)))
### END SOLUTION

# %% test="loss_floor" points=1
check.true(np.ndim(loss_floor) == 0 and 0 < float(loss_floor) < np.log(10),
           "loss_floor is not a number above 0 and below log 10, the loss of a network that knows nothing.",
           "Softmax of (1, 0, …, 0): the first entry is e¹ divided by the sum of all ten exponentials, and e⁰ is not 0.")
check.passed("A number between 0 and log 10.")
### BEGIN HIDDEN TESTS
perfect = F.one_hot(torch.tensor([3]), 10).double()
check.close(loss_floor, F.cross_entropy(perfect, torch.tensor([3])).item(), rtol=1e-3, what="loss_floor", mistakes={
    "There are nine other classes, not ten.": np.log(1 + 10 / np.e),
    "The exponentials of the nine zeros are 1 each, not one in all.": np.log(1 + 1 / np.e),
    "This is the loss of a network that is perfectly wrong.": np.log(9 + np.e),
    "The logarithm should be the natural one.": np.log2(1 + 9 / np.e),
    "The logarithm should be the natural one: np.log.": np.log10(1 + 9 / np.e),
}, hint="−log of e¹ / (e¹ + 9·e⁰).")
### END HIDDEN TESTS

# %% experiment
few_images, few_labels = train_images[:2000], train_labels[:2000]
falling = {"scores": [], "softmax in the network": []}
for name, losses in falling.items():
    torch.manual_seed(0)
    network = make_network(784, 50, 10)
    if name != "scores":
        network.append(nn.Softmax(dim=1))
    optimizer = make_optimizer(network, "Adam", lr=1e-3)
    for epoch in range(30):
        losses.append(train_epoch(network, optimizer, few_images, few_labels))
figure, axes = plt.subplots(figsize=(7.5, 4), layout="constrained")
for (name, losses), colour in zip(falling.items(), plots.PALETTE):
    axes.plot(range(1, 31), losses, color=colour, marker="o", markersize=3, label=name)
axes.axhline(loss_floor, color="0.4", linestyle=":", label="loss_floor")
axes.set(xlabel="epoch", ylabel="training loss (mean over images)", ylim=(0, None), title="50 hidden units, 2,000 images")
axes.grid(alpha=0.3)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# The second curve comes down to the floor and no further, and its gradients are weak long before, because probabilities near 0 and 1
# hardly move. If a loss of yours ever stops at 1.46, you know why.
#
# ## 7. Three budgets
#
# Now the networks. Each is an `nn.Sequential` of `nn.Flatten`, `nn.Linear`, `nn.ReLU`, `nn.Softmax` and `nn.Dropout` only, takes images
# `(N, 1, 28, 28)` and gives ten scores.
#
# | function | hidden units | hidden layers | test accuracy asked for |
# |---|---|---|---|
# | `build_model_100` | at most 100 | any number | 97.5 % |
# | `build_model_200` | at most 200 | at least 2 | 98.0 % |
# | `build_model_1000` | at most 1,000 | at least 3 | 98.3 % |
#
# `hwlib.describe(model)` prints what a network is made of. Write **`build_model_100`** first. (The check looks at what your function
# builds; the accuracy is that of the file which you save below.)

# %% setup
# @title For the checks of the build functions: just run it
ALLOWED = ("Flatten", "Linear", "ReLU", "Softmax", "Dropout")


def check_built(text, name, network, units, layers):
    """What a build function gave keeps to the rules; `text` is its description."""
    check.true(network is not None, f"{name}() returns nothing.", "Return the network.")
    check.true(not isinstance(network, list | tuple), f"{name}() gives a list of layers, which is no network: torch does not see its weights.",
               "nn.Sequential(*layers) makes a network of a list.")
    check.true(text.startswith("{"), text, "An nn.Sequential of the allowed layers can always be described.")
    found = check.architecture(Description.from_json(text, name), allowed=ALLOWED, max_hidden_units=units, min_hidden_layers=layers,
                               what=f"the network of {name}()")
    check.true(found.output_shape == (10,), f"The network of {name}() gives {found.output_shape} for an image, not ten scores.",
               "The last Linear layer has ten outputs, one for each class.")
    between = "".join({"Linear": "L", "ReLU": "r", "Softmax": "r"}.get(kind, "") for kind in found.kinds)
    check.true("LL" not in between, f"In the network of {name}() a Linear layer follows a Linear layer, with no ReLU between them.",
               "Two linear maps in a row are one linear map: put nn.ReLU() between them.")
    check.true(all(layer.arguments["p"] < 1 for layer in found.layers if layer.kind == "Dropout"),
               f"The network of {name}() has a Dropout with p = 1: it lets nothing through.", "p is the share that is dropped.")
    if found.kinds[-1] == "Softmax":
        print("Note: the network ends in a softmax. That is allowed, but don't train it with F.cross_entropy, which contains one: see above.")


def check_computes(text, name, network, weights, rng):
    """A network computes what the layers of its description do, and nothing else."""
    layers = network_of(Description.from_json(text, name), weights)
    images = torch.from_numpy(rng.normal(size=(6, 1, 28, 28)).astype(np.float32))
    network.eval()
    with torch.no_grad():
        scores = layers(images)
        check.close(network(images), scores, rtol=1e-3, atol=1e-3 * float(scores.abs().max()), what=f"the scores of {name}() in eval mode",
                    hint="They should be what the layers give in order. Does forward do something else, or depend on the values of the images?")


# %% solution="build_model_100"
def build_model_100():
    """A new network with at most 100 hidden units: nn.Sequential."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
    ### END SOLUTION

# %% test="build_model_100" points=1
network = check.on_cpu(build_model_100())
text = description_of(network)
check_built(text, "build_model_100", network, units=100, layers=0)
check_computes(text, "build_model_100", network, saved_weights_of(network), check.rng())
check.passed("build_model_100 keeps to its budget.", final=True)

# %% [markdown]
# Train it and save it. `model_100.safetensors` goes with your notebook, and nothing is trained again when you are graded. So train as
# long and in whatever way you like: other rates, more epochs, dropout, images that are shifted a little. (`hwlib.training.fit` is a
# ready-made loop that can do all of these; read its help.) Only the training images may be learned from.

# %% experiment
torch.manual_seed(0)
model_100 = build_model_100()
print(f"validation accuracy {learn(model_100, name='100'):.4f}")
hwlib.save_model(model_100, "model_100", half=True)
hwlib.describe("model_100")

# %% [markdown]
# The check reads the file and counts over all 10,000 test images. From one percentage point below the threshold (no points) up to the
# threshold (all points) the credit grows linearly.
#
# You can run this cell as often as you like, and that is a temptation. Every time you look, change something, and look again, the test
# images become validation images. Choose by validation accuracy; look here once.

# %% test="model_100" points=4
model_100_as_saved = check.handed_in("model_100")
check.architecture(model_100_as_saved, allowed=ALLOWED, max_hidden_units=100, what="the network in model_100.safetensors")
test_images, test_labels = check.test_set("mnist")
check.accuracy(model_100_as_saved, test_images, test_labels, 0.975, points=4, what="the network in model_100.safetensors",
               transform=scaled, train=(train_images, train_labels), plausible=0.994)

# %% [markdown]
# ### Two hundred units, two layers
#
# Write **`build_model_200`**: at most 200 hidden units, in at least two hidden layers. How would you share them out?

# %% solution="build_model_200"
def build_model_200():
    """A new network with at most 200 hidden units in at least 2 hidden layers: nn.Sequential."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 150), nn.ReLU(), nn.Linear(150, 50), nn.ReLU(), nn.Linear(50, 10))
    ### END SOLUTION

# %% test="build_model_200" points=2
network = check.on_cpu(build_model_200())
text = description_of(network)
check_built(text, "build_model_200", network, units=200, layers=2)
check_computes(text, "build_model_200", network, saved_weights_of(network), check.rng())
check.passed("build_model_200 keeps to its budget.", final=True)

# %% experiment
torch.manual_seed(0)
model_200 = build_model_200()
print(f"validation accuracy {learn(model_200, name='200'):.4f}")
hwlib.save_model(model_200, "model_200", half=True)
hwlib.describe("model_200")

# %% test="model_200" points=4
model_200_as_saved = check.handed_in("model_200")
check.architecture(model_200_as_saved, allowed=ALLOWED, max_hidden_units=200, min_hidden_layers=2,
                   what="the network in model_200.safetensors")
test_images, test_labels = check.test_set("mnist")
check.accuracy(model_200_as_saved, test_images, test_labels, 0.98, points=4, what="the network in model_200.safetensors",
               transform=scaled, train=(train_images, train_labels), plausible=0.994)

# %% [markdown]
# ### A thousand units, three layers
#
# With so many weights (about half a million) the network can learn its training images by heart; that is where `nn.Dropout` comes in. Write
# **`build_model_1000`**: at most 1,000 hidden units, in at least three hidden layers.

# %% solution="build_model_1000"
def build_model_1000():
    """A new network with at most 1,000 hidden units in at least 3 hidden layers: nn.Sequential."""
    ### BEGIN SOLUTION
    return nn.Sequential(nn.Flatten(),
                         nn.Linear(784, 500), nn.ReLU(), nn.Dropout(0.2),
                         nn.Linear(500, 300), nn.ReLU(), nn.Dropout(0.2),
                         nn.Linear(300, 200), nn.ReLU(), nn.Dropout(0.2),
                         nn.Linear(200, 10))
    ### END SOLUTION

# %% test="build_model_1000" points=2
network = check.on_cpu(build_model_1000())
text = description_of(network)
check_built(text, "build_model_1000", network, units=1000, layers=3)
check_computes(text, "build_model_1000", network, saved_weights_of(network), check.rng())
check.passed("build_model_1000 keeps to its budget.", final=True)

# %% experiment
torch.manual_seed(0)
model_1000 = build_model_1000()
print(f"validation accuracy {learn(model_1000, rate=1e-3, name='1000'):.4f}")
hwlib.save_model(model_1000, "model_1000", half=True)
hwlib.describe("model_1000")

# %% test="model_1000" points=4
model_1000_as_saved = check.handed_in("model_1000")
check.architecture(model_1000_as_saved, allowed=ALLOWED, max_hidden_units=1000, min_hidden_layers=3,
                   what="the network in model_1000.safetensors")
test_images, test_labels = check.test_set("mnist")
check.accuracy(model_1000_as_saved, test_images, test_labels, 0.983, points=4, what="the network in model_1000.safetensors",
               transform=scaled, train=(train_images, train_labels), plausible=0.994)

# %% [markdown]
# How the three learned, and how much a choice by test accuracy would have flattered them:

# %% experiment
plots.curves({f"at most {name} units": values for name, values in histories.items()}, "epoch", "validation accuracy")

# %% experiment
test_images, test_labels = load_mnist(sample="fallback")[2:]
test = scaled(test_images), torch.from_numpy(np.array(test_labels, dtype=np.int64))
for name, network in {"100": model_100, "200": model_200, "1000": model_1000}.items():
    test_loss, test_accuracy = evaluate(network, *test)
    spread = np.sqrt(test_accuracy * (1 - test_accuracy) / len(test[1]))
    print(f"at most {name:>4s} units: validation accuracy {max(histories[name]):.4f}, test accuracy {test_accuracy:.4f} ± {spread:.4f}, "
          f"test loss {test_loss:.4f}")

# %% [markdown] answer="best-epoch" points=3
# ### Question 2: the best epoch
#
# (a) Somebody trains for 10 epochs, measures the test accuracy after each, and reports the largest. Suppose that in truth all the epochs
# after the fifth are equally good. Why is the report still too high, and by about how much? (The standard deviation of an accuracy of
# 0.98 on 10,000 images is 0.0014. Two epochs of one network make mostly the same mistakes: does that make the effect larger or smaller?)
#
# (b) Your validation accuracy has the same flaw, for the same reason. Why is it right to use it all the same?
#
# ### BEGIN SOLUTION
# (a) The largest of several noisy numbers is on average above their common mean, for no better reason than luck: for five independent
# ones by about 1.2 standard deviations, here 0.0016, i.e. 16 images. The epochs share most mistakes, so their accuracies differ by much
# less than 0.0014, and the effect is smaller: a few images. It grows with the number of things that are tried (epochs × settings ×
# seeds), and for close comparisons, such as 0.9810 against 0.9809, it decides.
#
# (b) Choosing needs a comparison only, and the bias is about the same for all candidates; what is *reported* is the test accuracy, which
# nothing was chosen by, so it is unbiased. The validation accuracy of the chosen epoch should not be reported as the network's quality.
#
# *Rubric.* 1 point: maximum of noisy values is biased upwards. ½ point: an estimate of the order 0.001 (anything from 1 to 2 deviations).
# ½ point: shared mistakes make it smaller. 1 point: choosing on one set and reporting on another.
# ### END SOLUTION

# %% [markdown]
# ## 8. Depth against width
#
# So, one layer of a hundred or two of fifty? Here the same number of hidden units is spent on one, two and three equal layers, from 30
# units to 600. Everything else is the same: Adam, a cosine, the epochs, the seed. Only the first 20,000 training images are used, to save
# time. This is also where `hwlib.training.fit` comes in handy.
#
# The same results are drawn twice. On the left against hidden units, which is the budget of this assignment; on the right against
# parameters, which is what memory and time depend on.

# %% experiment
from hwlib.training import fit

budgets = (30, 120, 600) if FAST else (30, 60, 120, 240, 600)
part = 10_000 if FAST else 20_000
found = {depth: [] for depth in (1, 2, 3)}                    # depth → [(units, parameters, validation error)]
for units in budgets:
    for depth, results in found.items():
        torch.manual_seed(0)
        network = make_network(784, *[units // depth] * depth, 10)
        optimizer = make_optimizer(network, "Adam", lr=2e-3)
        epochs = 3 if FAST else 10
        history = fit(network, (train_images[:part], train_labels[:part]), (val_images, val_labels), optimizer, epochs, batch_size=64, seed=0,
                      scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs), show_progress=False)
        results.append((units, hwlib.describe(network).parameters, 1 - history.best_val_accuracy))

figure, panels = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", sharey=True)
for axes, column, xlabel in zip(panels, (0, 1), ("hidden units", "parameters")):
    for (depth, results), colour, marker in zip(found.items(), plots.PALETTE, "os^"):
        values = np.array(results)
        spread = 100 * np.sqrt(values[:, 2] * (1 - values[:, 2]) / len(val_labels))
        axes.errorbar(values[:, column], 100 * values[:, 2], yerr=spread, color=colour, marker=marker, markersize=5, capsize=3,
                      label=f"{depth} hidden layer{'s' if depth > 1 else ''}")
    axes.set(xlabel=xlabel, xscale="log", title=f"error against {xlabel}")
    axes.grid(alpha=0.3, which="both")
panels[0].set_xticks(budgets, [str(units) for units in budgets])
panels[0].set_xticks([], minor=True)
panels[0].set_ylabel(f"validation error (%), {part:,} training images")
panels[1].legend(frameon=False)
plt.show()

# %% [markdown] answer="depth-or-width" points=3
# ### Question 3: deep or wide?
#
# Describe what your figure shows: what does more width do, what does more depth do for the same number of units, and where does either
# stop helping? Why do the two panels tell different stories about depth? Which differences are larger than their error bars?
#
# ### BEGIN SOLUTION
# Width helps most: from 30 to 600 units the error falls by a factor of two or more at every depth, with less and less gain towards the
# end. For equal numbers of units a second and third layer does little or harm in the smallest networks (30 units in three layers are a
# bottleneck of 10 that all information must pass) and changes little in the larger ones, within about an error bar.
#
# Most parameters sit in the first layer, 784 for each of its units. Splitting the units over several layers makes the first layer
# narrower, so a deep network with the same units has far fewer parameters: on the right the deep curves are shifted to the left, and for
# equal parameters they are as good as or better than the shallow one. "Deep or wide" has no answer until one says what is held fixed.
#
# The fall from 30 to 120 units is many bars long; most differences between depths at one budget are about one bar, so for those one would
# need more seeds or more validation images. (The bars are for one network on new images; all networks were measured on the same 5,000, so
# their differences are a little more certain than that.)
#
# *Rubric.* 1 point: effect of width, with saturation. 1 point: depth at equal units, and why parameters tell another story (the first
# layer has most). 1 point: uses the error bars for what can and can't be said.
# ### END SOLUTION

# %% [markdown] answer="what-helped" points=2
# ### Question 4: what helped
#
# What did you try for the three networks, what helped most, and what not at all? Give numbers (validation accuracy), and say how you know
# that a difference is more than chance.
#
# ### BEGIN SOLUTION
# The numbers are each student's own. What is usually found: a learning rate that falls helps all three; dropout helps the network of 1,000
# units and costs the one of 100, which hardly overfits; images shifted by a pixel, with more epochs, help most. Differences below 0.2
# points (one standard deviation with 5,000 validation images) should be repeated with other seeds, or called undecided.
#
# *Rubric.* 1 point: at least two things tried, each with numbers. 1 point: compares with chance (seeds, or the standard deviation), or
# honestly says that a difference is not significant.
# ### END SOLUTION
