# %% [markdown]
# # Three architectures for CIFAR-10
#
# The same 50,000 photographs, the same loss, the same training loop. Only one thing changes: the function from pixels to scores. First
# a straight line in 3,072 dimensions, then one hidden layer, then a small window that slides over the image. How much can the
# *structure* of a network do, when everything around it stays the same?
#
# **What you will learn**
#
# - to write networks as classes of PyTorch, and to count what is in them before they run;
# - the arithmetic of convolution and pooling: what comes out of a window of $p \times p$, and what is left over;
# - to choose settings without touching the test images, and why that matters;
# - to read accuracy curves: too simple, too slow, or learned by heart;
# - to train from the command line, and plot what the log file says.
#
# **Letters.** $B$ images in a batch. $M$ hidden units, or kernels; $p$ the side of a kernel; $N$ the side of a pooling window. Images are
# tensors `(B, 3, 32, 32)` with values from 0 to 1, labels are integers `(B,)`, scores are `(B, 10)`.

# %% setup
import os
import sys
from itertools import permutations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from hwlib import plots
from hwlib.data import CIFAR10_CLASSES, load_cifar10
from hwlib.models import GlobalAvgPool2d, Residual
from hwlib.train import read_log
from hwlib.training import evaluate, fit

torch.optim.SGD([torch.zeros(1)], lr=0.0)     # the first optimizer takes torch a second, every other one none: so here it is

# %% [markdown]
# ## 1. The images
#
# Three sets: **training** images to learn from, **validation** images (a tenth of the 50,000, put aside) to choose with, and **test**
# images for one honest number at the end. Pixels are divided by 255, here and nowhere else; the grader does the same.

# %% setup
FAST = os.environ.get("HW_FAST") == "1"       # a quick look: fewer images, fewer epochs, nothing saved


def scaled(images):
    """Pixels 0…255, uint8 (B, 32, 32, 3), as numbers from 0 to 1, float32 (B, 3, 32, 32)."""
    return torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).contiguous().float().div_(255)


raw_images, raw_labels, raw_test_images, raw_test_labels = load_cifar10(sample="fallback")
if FAST:
    raw_images, raw_labels, raw_test_images, raw_test_labels = raw_images[:4000], raw_labels[:4000], raw_test_images[:1000], raw_test_labels[:1000]
THRESHOLDS = {"logistic": 0.39, "one_hidden": 0.45, "conv_maxpool": 0.55}      # section 7 says where they come from
num_val = len(raw_labels) // 10
all_labels = torch.from_numpy(np.array(raw_labels, dtype=np.int64))
train = scaled(raw_images[:-num_val]), all_labels[:-num_val]            # (45000, 3, 32, 32), (45000,)
validation = scaled(raw_images[-num_val:]), all_labels[-num_val:]       # (5000, 3, 32, 32), (5000,)
test = scaled(raw_test_images), torch.from_numpy(np.array(raw_test_labels, dtype=np.int64))

# %% experiment
print(f"{len(train[1]):,} training, {len(validation[1]):,} validation, {len(test[1]):,} test images")
plots.image_grid_by_class(raw_images[:1000], raw_labels[:1000], CIFAR10_CLASSES)

# %% [markdown]
# Some tools that the checks use: the weights that a network stores, and the scores that follow from them by plain matrix products,
# whatever the names of your layers. You need not read them.

# %% setup
# @title For the checks of the networks: just run it
def weights_of(network):
    """A copy of everything that a network stores, as arrays. A layer with two names counts once."""
    names = {name for name, _ in (*network.named_parameters(), *network.named_buffers())}
    return {name: torch.as_tensor(value).numpy().copy() for name, value in network.state_dict().items() if name in names}


def of_size(stored, size):
    """The stored array with this many numbers; None if there is none, or more than one."""
    found = [value for value in stored.values() if value.size == size]
    return torch.from_numpy(found[0]) if len(found) == 1 else None


def linear_layers(x, weight, bias):
    """The results that a Linear layer on flattened images x (B, C, H, W) may have: any order of the axes, any layout of the weights."""
    outputs = len(bias.flatten())
    matrices = [weight.reshape(outputs, -1)] if weight.shape[0] == outputs else []
    matrices += [weight.reshape(-1, outputs).T] if weight.ndim > 1 and weight.shape[-1] == outputs else []
    rows = [x.permute(0, *order).flatten(1) for order in permutations((1, 2, 3))] if x.ndim == 4 else [x]
    return [row @ matrix.T + bias.flatten() for matrix in matrices for row in rows]


def closest(candidates, found):
    """The candidate that is closest to what was found."""
    found = torch.as_tensor(found).detach()
    if found.shape != candidates[0].shape:
        return candidates[0]
    return min(candidates, key=lambda candidate: float((candidate.detach() - found).abs().max()))


def scores_of(network, images):
    """What the network gives; says so if it takes batches of 4 only."""
    try:
        return network(images)
    except Exception:
        if len(images) != 4 and goes_through(network, torch.zeros(4, *images.shape[1:])):
            check.true(False, f"A batch of 4 images goes through the network, but one of {len(images)} does not.",
                       "Is the number of images written into forward? x.flatten(1) and x.view(len(x), -1) take any number.")
        raise


def goes_through(network, images):
    """Whether the network takes these images."""
    try:
        network(images)
    except Exception:
        return False
    return True


def check_scores(network, images, candidates, known, stored=None):
    """The network's scores are one of the candidates that follow from the weights that it stores, or that it was given; `known` changes them as
    mistakes do."""
    stored = stored or weights_of(network)
    found = scores_of(network, images)
    possible = candidates(stored, images)
    check.true(bool(possible), "The stored weights don't have the right shapes.",
               "Each layer with weights should be an attribute of the network, with its bias.", f"Found {[value.shape for value in stored.values()]}.")
    check.close(found, closest(possible, found), rtol=1e-4, what=f"the scores of {len(images)} images", mistakes={
        hint: lambda wrong=wrong: closest(wrong(stored, images), found) for hint, wrong in known.items()})


def check_parameters(network, expected, what, mistakes, hint=""):
    """The network learns this many numbers."""
    count = sum(int(np.prod(np.shape(parameter))) for parameter in network.parameters())
    check.equal(count, expected, what=f"the number of parameters of {what}", hint=hint, mistakes={
        "There are no parameters at all: are the layers attributes of the network, or in a Python list, where torch does not see them?": 0, **mistakes})


def check_new(network, images, expected, what, mistakes, hint=""):
    """A new network gives scores of the right shape and learns so many numbers."""
    try:
        shape = tuple(np.shape(scores_of(network, images)))
    except check.CheckFailed:
        raise
    except Exception:
        check_parameters(network, expected, what, mistakes, hint)      # often says why the images don't go through
        raise
    check_parameters(network, expected, what, mistakes, hint)
    check.equal(shape, (len(images), 10), what=f"the shape of the scores of {len(images)} images", hint="One row for each image, ten scores in it.")


def draw_weights(network, rng):
    """Replace all weights by random numbers, and return them as arrays by name."""
    drawn = {name: rng.normal(size=value.shape, scale=0.2).astype(np.float32) for name, value in weights_of(network).items()}
    network.load_state_dict({name: torch.from_numpy(value) for name, value in drawn.items()}, strict=False)
    return drawn


def random_images(rng, count):
    """Images of noise, (count, 3, 32, 32), around 0."""
    return torch.from_numpy(rng.normal(size=(count, 3, 32, 32)).astype(np.float32))


def check_gradients(sizes):
    """Every parameter has a gradient that is not 0."""
    without = [name for name, size in sizes.items() if not size > 0]
    check.true(sizes and not without, f"The loss has no gradient with respect to {', '.join(without[:3]) or 'anything'}.",
               "Something in forward cuts the graph: detach(), no_grad(), a detour through NumPy? Or is that layer never used?")


def on_scores(candidates, change):
    """The same candidates with something done to the scores."""
    return lambda stored, images: [change(scores) for scores in candidates(stored, images)]


def after_scores(candidates):
    """What students do to scores that should be left alone: hint → the candidates that it gives."""
    return {
        "The scores went through a softmax: cross_entropy contains one already.": on_scores(candidates, lambda s: s.softmax(1)),
        "The scores went through a log-softmax: cross_entropy contains one already.": on_scores(candidates, lambda s: s.log_softmax(1)),
        "The scores went through a ReLU: they may be negative.": on_scores(candidates, F.relu),
        "The scores went through a sigmoid: leave them as they are.": on_scores(candidates, torch.sigmoid),
        "Numbers of different images are mixed: `reshape` does not turn rows into columns. `torch.flatten(x, 1)` gives each image a row.":
            lambda stored, images: candidates(stored, images.reshape(-1, len(images)).T.reshape(images.shape)),
    }

# %%
def gradient_sizes(network, images, labels):
    """The largest absolute gradient of each parameter after one backward pass: {name: number}. (The checks use it.)"""
    network.zero_grad()
    F.cross_entropy(network(images), labels).backward()
    return {name: 0.0 if parameter.grad is None else float(parameter.grad.abs().max()) for name, parameter in network.named_parameters()}

# %% [markdown]
# ## 2. A straight line: logistic regression
#
# Lay the $3 \cdot 32 \cdot 32$ numbers of an image in a row, $x \in \mathbb R^{3072}$. Each class gets one score, linear in $x$, and the
# softmax makes probabilities of the scores:
#
# $$ s(x) = W x + b, \qquad W \in \mathbb R^{10 \times 3072},\; b \in \mathbb R^{10}, \qquad
# P(\text{class } c \mid x) = \frac{e^{s_c}}{\sum_k e^{s_k}} . $$
#
# The loss is the cross-entropy, $-\log P(\text{right class} \mid x)$, averaged over the batch. `F.cross_entropy` takes the *scores* and
# does the softmax itself. So the network is only $s$.
#
# Write **`LogisticRegression`**: images `(B, 3, 32, 32)` → scores `(B, 10)`, for any number $B$ of images.

# %% solution="LogisticRegression"
class LogisticRegression(nn.Module):
    """Scores linear in the pixels: images (B, 3, 32, 32) → scores (B, 10)."""

    def __init__(self):
        super().__init__()
        ### BEGIN SOLUTION
        self.linear = nn.Linear(3 * 32 * 32, 10)
        ### END SOLUTION

    def forward(self, images):
        ### BEGIN SOLUTION
        return self.linear(images.flatten(1))
        ### END SOLUTION

# %% test="LogisticRegression" points=3
def candidates(stored, x):
    """The scores that the stored weights may give; None if they are not those of logistic regression."""
    weight, bias = of_size(stored, 30_720), of_size(stored, 10)
    return None if weight is None or bias is None else linear_layers(x, weight, bias)

counts = {
    "An image has 3 · 32 · 32 = 3,072 numbers, not 3,052 (a published version of this exercise has that slip).": 30_530,
    "The biases are missing.": 30_720,
    "An image has three colours: 3 · 32 · 32 numbers.": 10_250,
}
rng = check.rng()
net = check.on_cpu(LogisticRegression())
check_new(net, validation[0][:5], 30_730, "LogisticRegression()", counts, "Ten classes, and for each of them 3,072 weights and a bias.")
check_scores(net, validation[0][:5], candidates, after_scores(candidates))
check.passed("LogisticRegression has 30,730 parameters and computes Wx + b.")
### BEGIN HIDDEN TESTS
for count in (1, 4, 7):
    net = check.on_cpu(LogisticRegression())
    check_new(net, random_images(rng, count), 30_730, "LogisticRegression()", counts)
    drawn = draw_weights(net, rng)
    check_scores(net, random_images(rng, count), candidates, after_scores(candidates), drawn)
check_gradients(gradient_sizes(check.on_cpu(LogisticRegression()), validation[0][:6], validation[1][:6]))
### END HIDDEN TESTS

# %% [markdown]
# ## 3. One hidden layer
#
# A linear classifier has one picture for each class. A horse that looks left and one that looks right end up in the same blurred picture.
# With $M$ hidden units there are $M$ pictures, and the classes share them:
#
# $$ s(x) = W_2\, \operatorname{ReLU}(W_1 x + b_1) + b_2, \qquad W_1 \in \mathbb R^{M \times 3072},\; W_2 \in \mathbb R^{10 \times M}. $$
#
# Without the ReLU, $W_2 (W_1 x + b_1) + b_2$ would be linear again, and nothing would be gained. Write **`OneHiddenLayer`**.

# %% solution="OneHiddenLayer"
class OneHiddenLayer(nn.Module):
    """One hidden layer of M units with ReLU: images (B, 3, 32, 32) → scores (B, 10)."""

    def __init__(self, M):
        super().__init__()
        ### BEGIN SOLUTION
        self.hidden = nn.Linear(3 * 32 * 32, M)
        self.out = nn.Linear(M, 10)
        ### END SOLUTION

    def forward(self, images):
        ### BEGIN SOLUTION
        return self.out(F.relu(self.hidden(images.flatten(1))))
        ### END SOLUTION

# %% test="OneHiddenLayer" points=4
def with_activation(activation):
    """Scores with this function after the hidden layer, as a function of the stored weights and images."""
    def candidates(stored, x):
        weight_1, bias_1 = of_size(stored, 3072 * M), of_size(stored, M)
        weight_2, bias_2 = of_size(stored, 10 * M), of_size(stored, 10)
        if any(value is None for value in (weight_1, bias_1, weight_2, bias_2)):
            return None
        return [scores for z in linear_layers(x, weight_1, bias_1) for scores in linear_layers(activation(z), weight_2, bias_2)]
    return candidates

def counts():
    return {
        "An image has 3 · 32 · 32 = 3,072 numbers, not 3,052 (a published version of this exercise has that slip).": 3052 * M + M + 10 * M + 10,
        "The biases are missing.": 3072 * M + 10 * M,
        "The number of hidden units is not M: is it written as a number somewhere?": 3072 * 100 + 100 + 10 * 100 + 10,
    }

candidates = with_activation(F.relu)
known = {
    "There is no ReLU after the hidden layer: then two Linear layers are no more than one.": with_activation(lambda z: z),
    "The hidden layer has a sigmoid, not a ReLU.": with_activation(torch.sigmoid),
    "The hidden layer has a tanh, not a ReLU.": with_activation(torch.tanh),
    **{f"The hidden layer has {name}, not the plain ReLU max(0, z).": with_activation(function) for name, function in {
        "a leaky ReLU (slope 0.01)": F.leaky_relu, "a leaky ReLU (slope 0.1)": lambda z: F.leaky_relu(z, 0.1), "a leaky ReLU (slope 0.2)": lambda z: F.leaky_relu(z, 0.2),
        "an ELU": F.elu, "a GELU": F.gelu, "a SiLU": F.silu, "a softplus": F.softplus, "a ReLU6": F.relu6, "the absolute value": torch.abs}.items()},
    "The hidden layer has a softmax, not a ReLU.": with_activation(lambda z: z.softmax(1)),
    **after_scores(candidates),
}
rng = check.rng()
M = 7
net = check.on_cpu(OneHiddenLayer(M))
check_new(net, validation[0][:5], 21_591, "OneHiddenLayer(7)", counts(), "M · 3072 + M in the hidden layer, 10 · M + 10 in the last.")
check.true(any(value.any() for value in weights_of(net).values() if np.ndim(value) > 1), "All weights are 0 at the beginning.",
           "With a hidden layer of zeros, no gradient but that of the last biases is ever different from 0: begin with small random weights, as nn.Linear does.")
check_scores(net, validation[0][:5], candidates, known)
check.passed("OneHiddenLayer(7) has 21,591 parameters and a ReLU between its layers.")
### BEGIN HIDDEN TESTS
for M, count in ((3, 1), (24, 5), (130, 8)):
    net = check.on_cpu(OneHiddenLayer(M))
    check_new(net, random_images(rng, count), 3072 * M + M + 10 * M + 10, f"OneHiddenLayer({M})", counts())
    drawn = draw_weights(net, rng)
    check_scores(net, random_images(rng, count), candidates, known, drawn)
check_gradients(gradient_sizes(check.on_cpu(OneHiddenLayer(20)), validation[0][:6], validation[1][:6]))
### END HIDDEN TESTS

# %% [markdown]
# ## 4. A window that slides: convolution and pooling
#
# Both networks so far would do just as well if all pixels were shuffled (the same way in every image). They don't know what is next
# to what. A convolution does: $M$ kernels of $p \times p$ pixels slide over the image, and what a kernel finds, it finds anywhere.
#
# $$ 32 \times 32 \text{ pixels} \;\xrightarrow{\;\text{Conv, } p \times p\;}\; M \times (33-p) \times (33-p)
# \;\xrightarrow{\;\text{ReLU}\;}\; \;\xrightarrow{\;\text{MaxPool}(N)\;}\; M \times k \times k
# \;\xrightarrow{\;\text{Linear}\;}\; 10 \text{ scores} $$
#
# *Why $33 - p$?* There is no padding, and the stride is 1. The kernel's upper edge can lie in row $0, 1, \dots, 32 - p$: that is $33 - p$ places.
#
# *And $k$?* Max-pooling cuts this map into windows of $N \times N$ and keeps the largest number of each. Windows that don't fit as a whole are
# left out. Write **`pooled_size`**, the side $k$ of what is left; the figure below shows it.

# %% solution="pooled_size"
def pooled_size(p, N):
    """Side k of the maps after a convolution with p × p kernels and max-pooling over N × N: an integer."""
    ### BEGIN SOLUTION
    return (33 - p) // N
    ### END SOLUTION

# %% test="pooled_size" points=2
def places(p, N):
    """By counting: upper edges of kernels, then of whole windows."""
    rows = len(range(0, 32 - p + 1))
    return len(range(0, rows - N + 1, N))

def mistakes(p, N):
    return {
        "A window that does not fit as a whole is left out: round down.": lambda: (33 - p) / N,
        check.hint("Windows that hang over the edge are left out: round down, neither up nor to the nearest integer.", why="output-size"): lambda: -(-(33 - p) // N),
        "A kernel of p × p fits into 32 pixels at 33 − p places, not 32 − p.": lambda: (32 - p) // N,
        "There is no padding: the convolution makes the map smaller.": lambda: 32 // N,
        "This is the number of places, k · k; the question asks for the side k.": lambda: places(p, N) ** 2,
    }

for p, N in ((5, 4), (5, 14), (3, 14), (4, 8)):
    check.equal(pooled_size(p, N), places(p, N), what=f"pooled_size({p}, {N})", mistakes=mistakes(p, N),
                hint="With p = 32 a kernel fits at one place, and with p = 1 at 32. How many windows of N fit into these places?")
check.passed("pooled_size counts whole windows.")
### BEGIN HIDDEN TESTS
rng = check.rng()
pairs = [(1, 1), (1, 32), (32, 1), (6, 9), (8, 24), (7, 14), (30, 2)]
for _ in range(20):
    p = int(rng.integers(1, 32))
    pairs.append((p, int(rng.integers(1, 34 - p))))
for p, N in pairs:
    check.equal(pooled_size(p, N), places(p, N), what=f"pooled_size({p}, {N})", mistakes=mistakes(p, N),
                hint="Count: 33 − p places for the kernel, and whole windows of N among them.")
### END HIDDEN TESTS

# %% experiment
figure, grid = plt.subplots(1, 3, figsize=(10, 3.7), layout="constrained")
for axes, (p, N) in zip(grid, ((5, 4), (5, 14), (3, 14))):
    side, k = 33 - p, pooled_size(p, N)
    axes.add_patch(plt.Rectangle((0, 0), side, side, facecolor="#E69F00", alpha=0.35, edgecolor="none"))
    for row in range(k):
        for column in range(k):
            axes.add_patch(plt.Rectangle((column * N, row * N), N, N, facecolor="#9AD0F5", edgecolor="0.25"))
    axes.set(xlim=(-1, 31), ylim=(31, -1), xlabel="column of the map", ylabel="row", aspect="equal", title=f"p = {p}, N = {N}:  {k} × {k} windows")
figure.suptitle("The map after the convolution, (33 − p) × (33 − p), and its pooling windows; orange: left out", fontsize=10)
plt.show()

# %% [markdown]
# A published version of this exercise forgot the rounding. It says that the last layer has $M\,\bigl(\tfrac{33-p}{N}\bigr)^2$ inputs. For
# $M = 100$, $p = 3$, $N = 14$ that would be $100 \cdot (30/14)^2 \approx 459$; in fact there are $2 \times 2$ windows and **400** inputs, and a
# layer with 459 stops with an error at the first image. With $p = 5$ nobody would have noticed: $28 / 14$ is an integer.
#
# Write **`ConvMaxPool`**: convolution ($M$ kernels of $p \times p$, with bias, no padding), ReLU, max-pooling over $N \times N$, and a Linear layer
# to ten scores.

# %% solution="ConvMaxPool"
class ConvMaxPool(nn.Module):
    """Conv (M kernels of p × p) - ReLU - max-pool (N × N) - Linear: images (B, 3, 32, 32) → scores (B, 10)."""

    def __init__(self, M, p, N):
        super().__init__()
        ### BEGIN SOLUTION
        self.conv = nn.Conv2d(3, M, p)
        self.pool = nn.MaxPool2d(N)
        self.out = nn.Linear(M * ((33 - p) // N) ** 2, 10)
        ### END SOLUTION

    def forward(self, images):
        ### BEGIN SOLUTION
        maps = self.pool(F.relu(self.conv(images)))   # (B, M, k, k)
        return self.out(maps.flatten(1))
        ### END SOLUTION

# %% test="ConvMaxPool" points=6
def with_steps(activation=F.relu, pool=F.max_pool2d):
    """Scores with these steps between the layers, as a function of the stored weights and images."""
    def candidates(stored, x):
        k = (33 - p) // N
        kernels, bias = of_size(stored, 3 * p * p * M), of_size(stored, M)
        weight, last_bias = of_size(stored, 10 * M * k * k), of_size(stored, 10)
        if any(value is None for value in (kernels, bias, weight, last_bias)):
            return None
        maps = pool(activation(F.conv2d(x, kernels.reshape(M, 3, p, p), bias.flatten())), N)
        return linear_layers(maps, weight, last_bias)
    return candidates

def counts():
    def total(inputs):
        return M * (3 * p * p + 1) + 10 * inputs + 10
    side = 33 - p
    found = {
        check.hint("Round the side down before you square it: windows that don't fit are left out.", why="output-size"): total(int(M * (side / N) ** 2)),
        "Windows that hang over the edge are left out: round down, not up.": total(M * (-(-side // N)) ** 2),
        "The convolution pads the image, but it should not.": total(M * (32 // N) ** 2),
        "The kernel fits at 33 − p places along a side, not 32 − p.": total(M * ((32 - p) // N) ** 2),
        "The pooling windows overlap: they should lie side by side (stride N).": total(M * (side - N + 1) ** 2),
        "The maps are not pooled before the last layer.": total(M * side ** 2),
        "The biases are missing.": M * 3 * p * p + 10 * M * (side // N) ** 2,
    }
    return {hint: wrong for hint, wrong in found.items() if wrong != total(M * (side // N) ** 2)}

candidates = with_steps()
known = {
    "There is no ReLU: it should stand between convolution and pooling.": with_steps(activation=lambda z: z),
    "The pooling takes averages: the question asks for the maximum.": with_steps(pool=F.avg_pool2d),
    "There is no ReLU, and the pooling takes averages.": with_steps(lambda z: z, F.avg_pool2d),
    "The convolution is followed by a sigmoid, not a ReLU.": with_steps(torch.sigmoid),
    "The convolution is followed by a tanh, not a ReLU.": with_steps(torch.tanh),
    **after_scores(candidates),
}

rng = check.rng()
for M, p, N, total in ((6, 5, 4, 3_406), (100, 3, 14, 6_810)):
    net = check.on_cpu(ConvMaxPool(M, p, N))
    check_new(net, validation[0][:5], total, f"ConvMaxPool({M}, {p}, {N})", counts(), "M · (3p² + 1) in the convolution, and 10 for each input of the last layer, and 10.")
    check_scores(net, validation[0][:5], candidates, known)
check.passed("ConvMaxPool(100, 3, 14) has 400 inputs to its last layer, and the scores are right.")
### BEGIN HIDDEN TESTS
for M, p, N, count in ((4, 6, 5, 1), (9, 2, 8, 7), (5, 1, 1, 2), (3, 7, 26, 3), (12, 4, 3, 8)):
    net = check.on_cpu(ConvMaxPool(M, p, N))
    check_new(net, random_images(rng, count), M * (3 * p * p + 1) + 10 * M * ((33 - p) // N) ** 2 + 10, f"ConvMaxPool({M}, {p}, {N})", counts())
    drawn = draw_weights(net, rng)
    check_scores(net, random_images(rng, count), candidates, known, drawn)
check_gradients(gradient_sizes(check.on_cpu(ConvMaxPool(5, 5, 4)), validation[0][:6], validation[1][:6]))
### END HIDDEN TESTS

# %% [markdown]
# How many numbers does it learn? Write **`num_parameters`**: first as a formula on paper, then in code. No network is needed.

# %% solution="num_parameters"
def num_parameters(M, p, N):
    """How many numbers ConvMaxPool(M, p, N) learns, an integer."""
    ### BEGIN SOLUTION
    inputs = M * ((33 - p) // N) ** 2
    return M * (3 * p * p + 1) + 10 * (inputs + 1)
    ### END SOLUTION

# %% test="num_parameters" points=2
def counted(M, p, N):
    """By building the layers."""
    side = F.max_pool2d(torch.zeros(1, 1, 33 - p, 33 - p), N).shape[-1]
    return sum(parameter.numel() for layer in (nn.Conv2d(3, M, p), nn.Linear(M * side * side, 10)) for parameter in layer.parameters())

def mistakes(M, p, N):
    side = 33 - p
    inputs = M * (side // N) ** 2
    return {
        "Each kernel looks at all three colours: 3 · p · p weights.": M * (p * p + 1) + 10 * inputs + 10,
        "Each kernel has a bias, and so has each score.": M * 3 * p * p + 10 * inputs,
        "Each score has a bias.": M * (3 * p * p + 1) + 10 * inputs,
        "Each kernel has a bias.": M * 3 * p * p + 10 * inputs + 10,
        "A kernel has one bias, not one for each colour.": M * 3 * (p * p + 1) + 10 * inputs + 10,
        "Round the side down before you square it.": int(M * (3 * p * p + 1) + 10 * int(M * (side / N) ** 2) + 10),
        "The weights of a kernel are shared: they don't depend on the number of places.": M * (3 * p * p + 1) * side ** 2 + 10 * inputs + 10,
    }

def which_part(M, p, N):
    """Which part of the number is wrong, seen by changing one size after the other; "" if it is right."""
    def wrong(*sizes):
        return num_parameters(*sizes) - counted(*sizes)
    try:
        here, twice, whole = wrong(M, p, N), wrong(2 * M, p, N), wrong(M, p, 33 - p)
        if here == 0 or not float(here).is_integer():
            return ""
        if twice == here:
            return f"It is off by {here:+g}, however many kernels there are: look at what does not grow with M, which is one bias for each of the ten scores."
        if twice == 2 * here and whole == here:
            return f"It is off by {here / M:+g} for each kernel, whatever N is: look at what a kernel learns, 3 · p · p weights and a bias."
        if twice == 2 * here:
            return "What is wrong grows with M and changes with N: look at the ten scores, each with M · k · k weights. k is the side after pooling."
    except Exception:
        pass
    return "M kernels with 3·p·p weights and a bias each; ten scores with M·k·k weights and a bias each."

def compare(*sizes):
    check.equal(num_parameters(*sizes), counted(*sizes), what=f"num_parameters{sizes}", mistakes=mistakes(*sizes), hint=lambda: which_part(*sizes))

for sizes in ((100, 5, 14), (24, 5, 4), (100, 3, 14)):
    compare(*sizes)
check.passed("num_parameters needs no network.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for p, N in ((1, 1), (32, 1), (4, 3), (6, 5), (9, 24), (3, 8)):
    compare(int(rng.integers(1, 60)), p, N)
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Training
#
# This cell is given: `hwlib.training.fit` shuffles, makes batches, measures after each epoch, and at the end puts back the weights of the
# epoch with the best *validation* accuracy. With `watch=` it measures the test images after each epoch too, for a figure. Nothing is
# decided by that.

# %%
def train_network(network, learning_rate, epochs, *, seed=0, watch=True, weight_decay=0.0):
    """Train with Adam, whose rate falls to 0 along a cosine; returns the history."""
    epochs = min(epochs, 2) if FAST else epochs
    optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    return fit(network, train, validation, optimizer, epochs, batch_size=128, scheduler=falling, seed=seed, watch={"test": test} if watch else None)


def accuracy_figure(curves, title, threshold=None):
    """Accuracy against epochs: {name: values after each epoch}."""
    figure, axes = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
    for (name, values), color, style in zip(curves.items(), ("#0072B2", "#009E73", "#D55E00"), ("-", "--", "-")):
        axes.plot(range(1, len(values) + 1), values, style, marker="o", markersize=3.5, color=color, label=name)
    if threshold is not None:
        axes.axhline(threshold, color="0.5", linewidth=1, linestyle=":", label=f"asked for: {threshold:.1%}")
    axes.set(xlabel="epoch", ylabel="accuracy (share of images)", title=title)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
    plt.show()


def curves_of(history):
    """The accuracies after each epoch, ready for the figure."""
    return {"training": history.train_accuracy, "validation": history.val_accuracy, "test": history.watched.get("test", [])}

# %% [markdown]
# The linear one first. Its weights can be looked at: `W` has one picture for each class.

# %% experiment
torch.manual_seed(0)
logistic = LogisticRegression()
history = train_network(logistic, 1e-3, epochs=10)
print(history)
accuracy_figure(curves_of(history), "Logistic regression", THRESHOLDS["logistic"])
if not FAST:
    hwlib.save_model(logistic, "logistic", half=True, training=history.summary())

# %% experiment
templates = next(logistic.parameters()).detach().reshape(10, 3, 32, 32).permute(0, 2, 3, 1)
figure = plots.weight_images(templates.numpy(), CIFAR10_CLASSES, columns=10)
figure.suptitle("Logistic regression: the weights of each class", fontsize=10)
figure

# %% [markdown]
# ## 6. Choosing settings
#
# How many hidden units? Which learning rate? The training images can't say: the largest network is always best on them. The test images
# *must not* say (question 1). So each setting is trained, and the validation images choose, the setting *and* the epoch.
#
# Write **`tune`**. Its first argument is a function: `run(setting)` trains one network and returns the accuracies after each epoch as a dict of
# lists, `{"train": […], "val": […], "test": […]}`. That takes minutes, so call it *once* for each setting. Return a pair: the setting whose best
# epoch has the highest validation accuracy, and that epoch, counted from 1. If two are equal, take the earlier setting and the earlier epoch.

# %% solution="tune"
def tune(run, settings):
    """(setting, epoch) with the best validation accuracy; run(setting) → {"train", "val", "test": accuracies after each epoch}."""
    ### BEGIN SOLUTION
    best, found = -1.0, None
    for setting in settings:
        for epoch, accuracy in enumerate(run(setting)["val"], start=1):
            if accuracy > best:
                best, found = accuracy, (setting, epoch)
    return found
    ### END SOLUTION

# %% test="tune" points=5
def choice(settings, curves, key, score=max):
    """(number of the setting, epoch) by another rule: `key` says which curve counts, `score` what of it."""
    number = max(range(len(settings)), key=lambda i: score(curves[i][key]))
    return number, curves[number][key].index(max(curves[number][key])) + 1

def chosen(settings, curves, calls):
    """(number of the setting, epoch) that tune chooses; `calls` gets the numbers of the settings that it runs."""
    def run(setting):
        calls.append(settings.index(setting))
        return {name: list(values) for name, values in curves[settings.index(setting)].items()}

    answer = tune(run, [dict(setting) for setting in settings])
    check.true(isinstance(answer, tuple | list) and len(answer) == 2, "tune does not return a pair.", "Return the setting and the epoch.")
    setting, epoch = answer
    check.true(setting in settings, "The first of the pair is none of the settings.", "Return the setting itself, as it stands in the list.")
    return settings.index(setting), int(epoch)

def other_rules(settings, curves):
    """Hint → (setting, epoch) by a rule that is not asked for."""
    return {
        "This is the choice by *test* accuracy: the test images must not choose.": choice(settings, curves, "test"),
        "This is the choice by *training* accuracy, which the largest network wins.": choice(settings, curves, "train"),
        "This is the choice by the last epoch's validation accuracy: the best epoch counts.": choice(settings, curves, "val", lambda values: values[-1]),
        "This is the choice by the mean over epochs: the best epoch counts.": choice(settings, curves, "val", lambda values: sum(values) / len(values)),
    }

def check_setting(settings, curves):
    """tune chooses the setting by validation accuracy."""
    (found, epoch), right = chosen(settings, curves, []), choice(settings, curves, "val")[0]
    rules = other_rules(settings, curves).items()
    hint = next((hint for hint, value in rules if (found, epoch) == value), "") or next((hint for hint, (value, _) in rules if found == value),
                "Compare the best validation accuracy of each setting; the first wins if equal.")
    check.true(found == right, "tune does not choose the setting with the best validation accuracy.", hint,
               f"Found setting {found + 1} of {len(settings)}, expected setting {right + 1}.")

def check_epoch(settings, curves):
    """tune gives the best epoch of the setting that it chooses, whichever that is."""
    number, epoch = chosen(settings, curves, [])
    answer = chosen(settings_some, curves_some, [])
    paid = next((hint for hint, value in other_rules(settings_some, curves_some).items() if answer == value != (1, 2)), None)
    if paid and other_rules(settings, curves)[paid] == (number, epoch):
        return                                 # one wrong rule for both costs the points of the setting
    curve, others = curves[number]["val"], curves[number]
    right = curve.index(max(curve)) + 1
    wrong = {
        "The epoch is counted from 0: the first one is 1.": right - 1,
        "The setting is right, but the epoch is the one with the best test accuracy.": others["test"].index(max(others["test"])) + 1,
        "The epoch is the last one, not the best one.": len(curve),
    }
    hint = next((hint for hint, value in wrong.items() if epoch == value != right), "The epoch with the highest validation accuracy; the first wins if equal.")
    check.true(epoch == right, "tune does not give the epoch with the best validation accuracy.", hint, f"Found epoch {epoch}, expected {right}.")

settings_some = [{"M": 50, "learning_rate": 0.001}, {"M": 200, "learning_rate": 0.001}, {"M": 200, "learning_rate": 0.1}]
curves_some = [
    {"train": [0.40, 0.45, 0.47], "val": [0.41, 0.46, 0.45], "test": [0.42, 0.44, 0.52]},
    {"train": [0.45, 0.50, 0.55], "val": [0.43, 0.50, 0.44], "test": [0.41, 0.46, 0.47]},
    {"train": [0.46, 0.67, 0.62], "val": [0.40, 0.47, 0.48], "test": [0.43, 0.50, 0.45]},
]

### BEGIN HIDDEN TESTS
def _problems(rng):
    """Settings and curves, in which no two accuracies are equal."""
    for number, epochs in ((1, 1), (2, 5), (4, 3), (6, 8), (5, 6), (3, 7)):
        settings = [{"M": 10 * i + 10, "p": 3 + i % 2, "learning_rate": 0.01} for i in range(number)]
        values = rng.permutation(3 * number * epochs).reshape(number, 3, epochs) / (3 * number * epochs)
        yield settings, [dict(zip(("train", "val", "test"), rows.tolist())) for rows in values]
### END HIDDEN TESTS

with check.part(2, "the setting"):
    check_setting(settings_some, curves_some)
    ### BEGIN HIDDEN TESTS
    for settings, curves in _problems(check.rng()):
        check_setting(settings, curves)
    check_setting([{"M": 1}, {"M": 2}], [{"train": [0.0], "val": [value], "test": [0.0]} for value in (0.0, 1.0)])
    ### END HIDDEN TESTS

with check.part(1, "the epoch"):
    check_epoch(settings_some, curves_some)
    ### BEGIN HIDDEN TESTS
    for settings, curves in _problems(check.rng()):
        check_epoch(settings, curves)
    ### END HIDDEN TESTS

with check.part(1, "one run for each setting"):
    calls = []
    chosen(settings_some, curves_some, calls)
    check.true(sorted(calls) == [0, 1, 2], "Not every setting was run exactly once.", "Each run trains a network: keep what it returns.")
    ### BEGIN HIDDEN TESTS
    for settings, curves in _problems(check.rng()):
        calls = []
        chosen(settings, curves, calls)
        check.true(sorted(calls) == list(range(len(settings))), "Not every setting was run exactly once.", "Each run trains a network: keep what it returns.")
    ### END HIDDEN TESTS

### BEGIN HIDDEN TESTS
with check.part(1, "equal accuracies"):
    some = [{"M": 1}, {"M": 2}, {"M": 3}]
    first, second = [0.2, 0.3, 0.1], [0.5, 0.3, 0.2]
    curves = [{name: values for name in ("train", "val", "test")} for values in (first, second, second)]        # every rule but the last epoch's chooses the second
    check.true(chosen(some, curves, [])[0] in (1, 2), "tune does not choose one of two settings that are better than the third.")
    check.true(chosen(some, curves, [])[0] == 1, "Of two equal settings tune does not choose the first.", "Compare with >, not with >=: the first wins if equal.")
    curves = [{name: [0.1, 0.5, 0.5] for name in ("train", "val", "test")}]
    check.true(chosen(some[:1], curves, [])[1] in (1, 2), "Of two equal epochs tune does not choose the first.", "Compare with >, not with >=: the first wins if equal.")
    zeros = [{name: [0.0] for name in ("train", "val", "test")}] * 2
    check.true(chosen(some[:2], zeros, [])[0] == 0, "Where all accuracies are 0, tune does not choose the first setting.", "What is the best accuracy before the first run?")
### END HIDDEN TESTS

# %% [markdown]
# Now the hidden layer. Four settings, three epochs each, then the best one for longer. (Your own settings may be better: write them in.
# But mind that a short trial favours large learning rates: the one that is ahead after three epochs need not be ahead after twenty.)

# %% experiment
def run_one_hidden(setting):
    """Train a OneHiddenLayer; what tune wants to know of it."""
    torch.manual_seed(0)
    history = train_network(OneHiddenLayer(setting["M"]), setting["learning_rate"], epochs=3, watch=False)
    print(f"{setting}: validation accuracy {max(history.val_accuracy):.3f}")
    return {"train": history.train_accuracy, "val": history.val_accuracy, "test": []}


settings = [{"M": M, "learning_rate": rate} for M in (25, 100) for rate in (3e-4, 1e-2)]
best, epoch = tune(run_one_hidden, settings)
print(f"best: {best}, after epoch {epoch}")

# %% experiment
torch.manual_seed(0)
one_hidden = OneHiddenLayer(best["M"])
history = train_network(one_hidden, best["learning_rate"], epochs=20)
print(history)
accuracy_figure(curves_of(history), f"One hidden layer, M = {best['M']}", THRESHOLDS["one_hidden"])
if not FAST:
    hwlib.save_model(one_hidden, "one_hidden", half=True, training=history.summary())

# %% experiment
pictures = next(one_hidden.parameters()).detach().reshape(-1, 3, 32, 32).permute(0, 2, 3, 1)
figure = plots.weight_images(pictures[:30].numpy())
figure.suptitle("One hidden layer: the weights of the first 30 units", fontsize=10)
figure

# %% [markdown]
# And the convolution: kernel size, pooling window and rate. Small windows keep more places, and the last layer grows; large ones keep little
# more than "somewhere in this quarter".

# %% experiment
def run_conv_maxpool(setting):
    """Train a ConvMaxPool; what tune wants to know of it."""
    torch.manual_seed(0)
    history = train_network(ConvMaxPool(setting["M"], setting["p"], setting["N"]), setting["learning_rate"], epochs=1, watch=False)
    print(f"{setting}: validation accuracy {max(history.val_accuracy):.3f}")
    return {"train": history.train_accuracy, "val": history.val_accuracy, "test": []}


settings = [{"M": 24, "p": p, "N": N, "learning_rate": rate} for p, N, rate in ((5, 14, 2e-3), (3, 4, 2e-3), (5, 4, 2e-3), (5, 4, 1e-2))]
best, epoch = tune(run_conv_maxpool, settings)
print(f"best: {best}, {num_parameters(best['M'], best['p'], best['N']):,} parameters")

# %% experiment
torch.manual_seed(0)
conv_maxpool = ConvMaxPool(best["M"], best["p"], best["N"])
history = train_network(conv_maxpool, best["learning_rate"], epochs=5)
print(history)
accuracy_figure(curves_of(history), f"Conv, ReLU, MaxPool, Linear: M = {best['M']}, p = {best['p']}, N = {best['N']}", THRESHOLDS["conv_maxpool"])
if not FAST:
    hwlib.save_model(conv_maxpool, "conv_maxpool", half=True, training=history.summary())

# %% [markdown]
# What do the kernels look for? And what is still confused with what?

# %% experiment
kernels = next(conv_maxpool.parameters()).detach().permute(0, 2, 3, 1)                    # (M, p, p, 3)
figure = plots.weight_images(kernels.numpy(), columns=12)
figure.suptitle(f"ConvMaxPool: its {len(kernels)} kernels, each scaled by itself", fontsize=10)
figure

# %% experiment
with torch.no_grad():
    guesses = torch.cat([conv_maxpool(part) for part in test[0].split(500)]).argmax(dim=1).numpy()
truths = test[1].numpy()
confusion = np.array([[np.mean(guesses[truths == truth] == guess) for guess in range(10)] for truth in range(10)])
figure = plots.matrix(confusion, xlabel="guess", ylabel="truth", colorbar="share of the class")
figure.axes[0].set_title(f"ConvMaxPool on {len(truths):,} test images: accuracy {np.mean(guesses == truths):.3f}")
figure.axes[0].set_xticks(range(10), CIFAR10_CLASSES, rotation=45)
figure.axes[0].set_yticks(range(10), CIFAR10_CLASSES)
figure

# %% [markdown] answer="q1-test-set" points=2
# ### Question 1: why not the test set?
#
# A published version of this exercise says: *tune your hyperparameters on the test set*. Suppose someone tries 200 settings that are in
# truth all equally good, say with an accuracy of exactly 60 %, and reports the best test accuracy on 10,000 images. What will be reported,
# roughly? Which image set should choose, and what would its best accuracy be worth as a report?
#
# ### BEGIN SOLUTION
# A share of 10,000 has a standard deviation of √(0.6·0.4/10,000) ≈ 0.5 points. The largest of 200 such numbers lies some 2½ to 3 standard deviations
# above the truth: about 61.3 % would be reported, and the difference is luck. The test set has become part of the training: it chose, so it can no longer judge.
# (The runs share the test images, so their errors are correlated and the bias is smaller than for independent ones, but of the same kind.)
#
# The validation set chooses. Its best accuracy is too optimistic for the same reason, and with 5,000 images a little more so; that is why
# a test set exists that is looked at once, in the end.
#
# *Rubric.* ½ point: standard deviation of about half a point (any sound estimate). ½ point: the maximum of many is too high, about one to one and a half points. ½ point: validation
# set chooses. ½ point: its best value is biased too, so a third set is needed.
# ### END SOLUTION

# %% [markdown]
# ## 7. Handing in
#
# The three files go with your notebook; nothing is trained when you are graded. The grader rebuilds each network from its file, looks
# at its layers, and counts how many of the 10,000 test images it gets right, in eval mode and in one thread. Each network has at most 2,000,000 parameters.
#
# **How the thresholds were found.** The reference was trained five times from different random weights, on 45,000 images, without any of the tricks of section 9:
#
# | network | learning rate, epochs | test accuracy of the five | mean ± s.d. | asked for |
# |:--|:--|:--|:--|--:|
# | `LogisticRegression()` | 0.001, 10 | 0.405, 0.405, 0.406, 0.402, 0.403 | 0.404 ± 0.002 | **39 %** |
# | `OneHiddenLayer(100)` | 0.0003, 20 | 0.461, 0.464, 0.456, 0.464, 0.460 | 0.461 ± 0.003 | **45 %** |
# | `ConvMaxPool(24, 5, 4)` | 0.002, 5 | 0.613, 0.584, 0.605, 0.588, 0.590 | 0.596 ± 0.012 | **55 %** |
#
# The threshold is the mean minus three standard deviations, rounded down: whoever trains well gets there, with any seed. From one percentage
# point below (no points) the credit grows linearly to the threshold.

# %% setup
# @title For the checks of the files: just run it
def check_file(network, name, allowed, num_layers, required=()):
    """A network is made of these layers, so many of which have weights; returns its description."""
    what = f"the network in {name}.safetensors"
    found = check.architecture(network, what=what, allowed=allowed, required=required, max_parameters=2_000_000)
    count = sum(kind in ("Linear", "Conv2d") for kind in found.kinds)
    check.true(count == num_layers, f"The network in {name}.safetensors has {count} layers with weights; it should have {num_layers}.",
               "A deeper network can be handed in as `extra`.")
    return found

# %% test="logistic" points=3
# 5 seeds of the reference: mean 0.4043, s.d. 0.0016; mean − 3 s.d. = 0.3994
network = check.handed_in("logistic")
check_file(network, "logistic", ("Flatten", "Linear", "Conv2d", "Dropout", "Identity"), 1)
images, labels = check.test_set("cifar10")
check.accuracy(network, images, labels, THRESHOLDS["logistic"], points=3, what="the network in logistic.safetensors",
               transform=scaled, seconds=30, plausible=0.46)

# %% test="one_hidden" points=4
# 5 seeds of the reference: mean 0.4609, s.d. 0.0031; mean − 3 s.d. = 0.4515
network = check.handed_in("one_hidden")
check_file(network, "one_hidden", ("Flatten", "Linear", "ReLU", "Dropout", "Identity"), 2, required=("ReLU",))
images, labels = check.test_set("cifar10")
check.accuracy(network, images, labels, THRESHOLDS["one_hidden"], points=4, what="the network in one_hidden.safetensors",
               transform=scaled, seconds=30, plausible=0.65)

# %% test="conv_maxpool" points=5
# 5 seeds of the reference: mean 0.5960, s.d. 0.0123; mean − 3 s.d. = 0.5591
network = check.handed_in("conv_maxpool")
found = check_file(network, "conv_maxpool", ("Conv2d", "ReLU", "MaxPool2d", "Flatten", "Linear", "Dropout", "Dropout2d", "Identity"), 2,
                   required=("Conv2d", "ReLU", "MaxPool2d"))
layers = {layer.kind: layer.arguments for layer in reversed(found.layers)}
check.true(layers["Conv2d"]["padding"] == (0, 0) and layers["Conv2d"]["stride"] == (1, 1),
           "The convolution in conv_maxpool.safetensors has padding, or a stride other than 1.", "The network should be a ConvMaxPool(M, p, N).")
check.true(layers["MaxPool2d"]["kernel_size"] == layers["MaxPool2d"]["stride"] and layers["MaxPool2d"]["padding"] == (0, 0),
           "The pooling windows in conv_maxpool.safetensors don't lie side by side.", "The network should be a ConvMaxPool(M, p, N).")
images, labels = check.test_set("cifar10")
check.accuracy(network, images, labels, THRESHOLDS["conv_maxpool"], points=5, what="the network in conv_maxpool.safetensors",
               transform=scaled, seconds=30, plausible=0.8)

# %% [markdown]
# The same three networks in one figure, and what they cost. The number of *multiplications* for one image says how long a network takes; the
# number of *parameters*, how much it can learn by heart.

# %% experiment
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained", sharey=True)
for name, color, marker in (("logistic", "#0072B2", "o"), ("one_hidden", "#009E73", "s"), ("conv_maxpool", "#D55E00", "D")):
    network = {"logistic": logistic, "one_hidden": one_hidden, "conv_maxpool": conv_maxpool}[name]
    accuracy, described = evaluate(network, test)[1], hwlib.describe(network)
    work = sum(row.multiplications for row in described.rows())
    print(f"{name:14s}{described.parameters:10,} parameters{work:12,} multiplications   test accuracy {accuracy:.3f}")
    for axes, cost in ((left, described.parameters), (right, work)):
        axes.plot(cost, accuracy, marker, color=color, markersize=9, label=name)
left.set(xscale="log", xlim=(1e4, 1e7), xlabel="parameters", ylabel="test accuracy")
right.set(xscale="log", xlim=(1e4, 1e7), xlabel="multiplications for one image")
for axes in (left, right):
    axes.grid(alpha=0.3)
left.legend(loc="lower right")
figure.suptitle("Three architectures: what they cost, and what they reach")
plt.show()

# %% [markdown] answer="q2-curves" points=2
# ### Question 2: reading the three figures
#
# Compare training and test accuracy by epoch of your three networks. What limits each of them: its form, the length of training, or that it
# begins to learn by heart? How do you see it, and what would you change?
#
# ### BEGIN SOLUTION
# (Numbers of the reference; yours differ.) Logistic regression, 43 % in training and 40½ % in the test: both curves are low and almost flat, it can't even fit the images that it
# sees. Its form is the limit; more epochs would only widen the gap a little. Change the model.
#
# One hidden layer, 48 % against 46 %: training and test rise together at first, then the test curve flattens while the training curve goes on: the gap that opens is
# the beginning of overfitting (300,000 weights). More data (mirrored images), weight decay, dropout, or stopping at the best validation accuracy; only then more units.
#
# ConvMaxPool, 62 % against 61 %: no gap, and both curves still rise at the last epoch. It is trained too briefly: more epochs, then more kernels or a second convolution.
#
# *Rubric.* ½ point for each of the three, if curve, cause and change fit together. ½ point: the gap between the curves is named as the sign of overfitting.
# ### END SOLUTION

# %% [markdown] answer="q3-structure" points=2
# ### Question 3: what structure buys
#
# `OneHiddenLayer(100)` has about 308,000 parameters, `ConvMaxPool(24, 5, 4)` about 14,000, and the second is right more often. Which two assumptions about
# images are built into it that the first would have to learn? Describe one change to all images after which it would *lose* its advantage.
#
# ### BEGIN SOLUTION
# Locality: what belongs together is close together (a unit sees p × p pixels). And translation: what is worth finding in one place is worth finding in
# any other (the same kernel everywhere), and with max-pooling its exact place in the window does not matter. So each kernel is learned from 784 places of each
# image instead of one.
#
# Shuffle the pixels by one fixed permutation, the same for all images: the hidden layer does not notice at all, for its first layer can permute its columns; for the
# convolution neighbours are strangers, and its accuracy falls to about that of the others or below.
#
# *Rubric.* ½ point: locality. ½ point: shared weights or translation (or pooling). 1 point: a change that destroys neighbourhood but no information.
# ### END SOLUTION

# %% [markdown]
# ## 8. From the command line
#
# A notebook is good for looking, and bad for a run of an hour: it must stay open. `python -m hwlib.train` trains a network that stands in a
# file, and writes one line an epoch into a log. Here the file is made from your own cell; then the program runs; then its log is plotted. (The
# log can be read while the run goes on.)

# %% experiment
wanted = "class " + "ConvMaxPool("                                         # in two parts, so that this cell is not found itself
cell = next(source for source in reversed(In) if wanted in source)        # In: all cells that ran
Path("networks.py").write_text("import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n\n\n" + cell, encoding="utf-8")
options = "--sample --epochs 4" if FAST else "--epochs 3"
!{sys.executable} -m hwlib.train --model "networks.py:ConvMaxPool(24, 5, 4)" --data cifar10 {options} --batch-size 128 --learning-rate 0.002 --watch-test --log conv_maxpool.jsonl

# %% experiment
log = read_log("conv_maxpool.jsonl")
accuracy_figure({"training": log.epochs["train_accuracy"], "validation": log.epochs["val_accuracy"], "test": log.epochs["test_accuracy"]},
                f"From the log: {log.settings['model']}, {log.settings['optimizer']}")
print(log.result)

# %% [markdown]
# ## 9. Extra: 87 %
#
# You have seen the whole range: a picture for each class, pictures that classes share, a window that slides. What lies beyond is mostly *more of the same*: more
# windows, one after the other, and ways to train them.
#
# Now anything goes. The last 3 points are for a network of your own that gets at least **87 %** of the test images right. They are meant to be hard: the
# other 40 points can be had without them. What usually helps, most important first:
#
# - **more layers of 3 × 3 convolutions**, with the map getting smaller (stride 2 or pooling) and the channels more;
# - **batch norm** after each convolution;
# - **new images from old ones**: shift each by up to 4 pixels, mirror it or not, anew in each epoch (`augment=` of `fit`);
# - **shortcuts**: $y = x + f(x)$, so that the gradient has a short way back (`Residual(…)` from `hwlib.models`);
# - a learning rate that rises for a few epochs and then falls to 0; some weight decay; labels that are a little soft
#   (`loss=nn.CrossEntropyLoss(label_smoothing=0.1)`).
#
# What can be saved: the layers of `torch.nn` that you know, `Residual` and `GlobalAvgPool2d`, called in order. The grader gives it 60 seconds for 10,000
# images in one thread, which is enough for some 100 million multiplications an image.
#
# Write **`build_extra`** and **`augmented`**. (Both are without points, and the checks don't look at them: only the file counts.)

# %% solution="build_extra"
def build_extra():
    """A network of your own: images (B, 3, 32, 32) → scores (B, 10)."""
    ### BEGIN SOLUTION
    def conv(inputs, outputs, stride=1):
        return [nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]

    return nn.Sequential(
        nn.BatchNorm2d(3), *conv(3, 16),                                              # 16 × 32 × 32; batch norm standardises the colours
        *conv(16, 32, stride=2), Residual(*conv(32, 32)),                             # 32 × 16 × 16
        *conv(32, 64, stride=2), Residual(*conv(64, 64), *conv(64, 64)),              # 64 × 8 × 8
        *conv(64, 128, stride=2), Residual(*conv(128, 128), *conv(128, 128)),         # 128 × 4 × 4
        nn.MaxPool2d(4), nn.Flatten(), nn.Linear(128, 10))
    ### END SOLUTION

# %% solution="augmented"
def augmented(images):
    """New images from a batch (B, 3, 32, 32): each shifted and mirrored at random, or whatever you find useful."""
    ### BEGIN SOLUTION
    padded = F.pad(images, (4, 4, 4, 4)).permute(0, 2, 3, 1)                # (B, 40, 40, 3)
    rows = torch.randint(9, (len(images), 1)) + torch.arange(32)            # (B, 32)
    columns = torch.randint(9, (len(images), 1)) + torch.arange(32)
    columns = torch.where(torch.rand(len(images), 1) < 0.5, columns, columns.flip(1))
    chosen = padded[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]     # (B, 32, 32, 3)
    return chosen.permute(0, 3, 1, 2)
    ### END SOLUTION

# %% experiment
torch.manual_seed(0)
changed = torch.cat([train[0][8:9], augmented(train[0][8:9].repeat(9, 1, 1, 1))])
plots.images(changed.permute(0, 2, 3, 1).numpy(), ["original", *[f"new {i}" for i in range(1, 10)]])

# %% [markdown]
# An epoch of the network that this sheet was tried with takes about 45 seconds on two cores. 20 epochs were enough, and 50 gave 90 %; so training starts only
# if you ask for it. With a GPU (on Colab: *Runtime, Change runtime type*) it is a matter of a few minutes: put the network there by `.to("cuda")`.

# %% experiment
TRAIN_EXTRA = False            # set it to True when your network is ready
if TRAIN_EXTRA:
    torch.manual_seed(0)
    extra = build_extra().to(memory_format=torch.channels_last)          # often faster for convolutions on a CPU
    optimizer, epochs = torch.optim.SGD(extra.parameters(), lr=0.2, momentum=0.9, nesterov=True, weight_decay=5e-4), 20
    rising_and_falling = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda epoch: (epoch + 1) / 4 if epoch < 3 else 0.5 * (1 + np.cos(np.pi * (epoch - 3) / (epochs - 3))))
    history = fit(extra, train, validation, optimizer, epochs, batch_size=128, augment=augmented, seed=0, scheduler=rising_and_falling,
                  loss=nn.CrossEntropyLoss(label_smoothing=0.1))
    print(history)
    accuracy_figure({"training": history.train_accuracy, "validation": history.val_accuracy}, "A network of your own", 0.87)
    hwlib.save_model(extra.to(memory_format=torch.contiguous_format), "extra", half=True, training=history.summary())

# %% test="extra" points=3
network = check.handed_in("extra")
check.architecture(network, max_parameters=10_000_000, what="the network in extra.safetensors")
images, labels = check.test_set("cifar10")
check.accuracy(network, images, labels, 0.87, points=3, what="the network in extra.safetensors",
               transform=scaled, seconds=60, plausible=0.98)
