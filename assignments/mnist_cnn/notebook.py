# %% [markdown]
# # MNIST: a convolutional network
#
# A fully connected network has to learn what a stroke is at every place of the image anew. A convolution learns it once. So with a
# sixth of the weights it makes about half the mistakes. Three tools help it: dropout, batch norm, and shifted images. You write them by
# hand first, a few lines each. Then you build a network from PyTorch's layers and hand it in.
#
# **What you will learn**
#
# - why dropout divides by $1 - p$, and what is left at $p = 1$;
# - over which axes batch norm takes its means, and what eval mode changes;
# - how to make new training images from old ones;
# - to build a convolutional network under a budget, and to look at what it learned;
# - what a sweep over a hyperparameter can tell you, and what not, when each point is one short run.
#
# **Letters.** $N$ images, $C$ channels, $H \times W$ pixels. Images are tensors `(N, C, H, W)`, at first `(N, 1, 28, 28)` with values
# from 0 (no ink) to 1.

# %% setup
import contextlib
import os
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy import ndimage
from torch import nn
from torch.nn import functional as F
from torch.optim.optimizer import register_optimizer_step_post_hook

from hwlib import plots
from hwlib.data import load_mnist
from hwlib.models import Description
from hwlib.models.building import build as network_of
from hwlib.training import evaluate, fit

_ = torch.optim.SGD([torch.zeros(1)], lr=0.0)     # the first optimizer takes torch a second, every other one none: so here it is

# %% [markdown]
# ## 1. Data
#
# 60,000 training images, of which 5,000 are put aside for validation, and 10,000 test images, which stay aside until the end. Pixels are
# divided by 255, here and nowhere else; the grader does the same with the test images.

# %% setup
def scaled(images):
    """Pixels 0…255, uint8 (N, 28, 28), as numbers from 0 to 1, float32 (N, 1, 28, 28)."""
    return torch.from_numpy(np.array(images, dtype=np.float32) / 255)[:, None]


raw_images, raw_labels, raw_test_images, raw_test_labels = load_mnist(sample="fallback")
num_val = len(raw_labels) // 12                                                        # 5,000 of 60,000
all_labels = torch.from_numpy(np.array(raw_labels, dtype=np.int64))
train = scaled(raw_images[:-num_val]), all_labels[:-num_val]                           # (55000, 1, 28, 28), (55000,)
validation = scaled(raw_images[-num_val:]), all_labels[-num_val:]                      # (5000, 1, 28, 28), (5000,)
test = scaled(raw_test_images), torch.from_numpy(np.array(raw_test_labels, dtype=np.int64))
FAST = os.environ.get("HW_FAST") == "1"                                                # fewer epochs, for a quick look

# %% experiment
plots.images(raw_images[:20], [str(label) for label in raw_labels[:20]], columns=10)

# %% [markdown]
# ## 2. Dropout
#
# In training, dropout sets each number of its input to 0 with probability $p$, independently of all others. A unit can then not rely on
# one other unit alone; what is learned gets spread over many. What is kept is divided by $1 - p$:
#
# $$ y_i = \frac{m_i}{1-p}\, x_i, \qquad m_i = \begin{cases} 0 & \text{with probability } p \\ 1 & \text{otherwise} \end{cases}
# \qquad\Longrightarrow\qquad \mathbb E[y_i] = \frac{1-p}{1-p}\, x_i = x_i . $$
#
# So the next layer sees numbers of the same size on average, and in eval mode dropout has nothing to do: $y = x$.
#
# Write **`dropout`**. The random numbers come in as `u`, uniform between 0 and 1 and of the shape of `x`: drop where $u < p$ (that
# happens with probability $p$). At $p = 1$ everything is dropped, so the result is 0 everywhere; mind the division.

# %% solution="dropout"
def dropout(x, p, u, training):
    """Dropout of a tensor x with rate p, from uniform random numbers u of its shape; returns a new tensor."""
    ### BEGIN SOLUTION
    if not training:
        return x
    if p == 1:
        return torch.zeros_like(x)
    return torch.where(u < p, 0.0, x / (1 - p))
    ### END SOLUTION

# %% test="dropout" points=3
def compare_dropout(x, p, u):
    """Student's dropout against the formula, element by element, in NumPy."""
    x_, kept = x.numpy(), u.numpy() >= p
    right = np.zeros_like(x_)
    right[kept] = x_[kept] / (1 - p) if p < 1 else 0
    mistakes = {
        "What is kept is not divided by 1 − p: then the next layer sees smaller numbers in training than later.": np.where(kept, x_, 0),
        "What is kept is multiplied by 1 − p: divide.": np.where(kept, x_ * (1 - p), 0),
        "What is kept is divided by p: the share that is kept is 1 − p.": lambda: np.where(kept, x_ / p, 0),
        "The wrong ones are dropped: those with u < p go, the others stay.": lambda: np.where(kept, 0, x_ / (1 - p)),
        "The wrong ones are dropped (those with u < p go), and the division is by p: p is the share that is dropped.":
            lambda: np.where(kept, 0, x_ / p),
        "Nothing is dropped: is `training` used the right way round?": x_,
        "What is kept is divided by the share that was kept this time: divide by 1 − p, which does not depend on u.":
            lambda: np.where(kept, x_ / max(kept.mean(), 1e-9), 0),
    }
    check.close(dropout(x.clone(), p, u, True), right, rtol=1e-5, what=f"dropout with p = {p:g} in training", mistakes=mistakes,
                hint="Drop where u < p, divide the others by 1 − p." if p < 1 else
                "At p = 1 there is nothing to divide: the result is 0 everywhere.")
    check.close(dropout(x.clone(), p, u, False), x_, rtol=1e-6, what=f"dropout with p = {p:g} in eval mode", mistakes={
        "In eval mode the values are multiplied by 1 − p; with the division in training that is once too often.": x_ * (1 - p),
        "In eval mode the values are divided by 1 − p: there nothing is dropped, so nothing has to be made up for.": lambda: x_ / (1 - p),
        "In eval mode values are dropped as in training.": right,
    }, hint="In eval mode dropout lets everything through as it is.")

rng = check.rng()
x, u = (torch.from_numpy(values.astype(np.float32)) for values in (rng.normal(size=(4, 5)) + 2, rng.uniform(size=(4, 5))))
compare_dropout(x, 0.25, u)
compare_dropout(x, 0.8, u)
compare_dropout(x, 1.0, u)
check.passed("dropout drops, and makes up for it.")
### BEGIN HIDDEN TESTS
for shape, p in [((7,), 0.5), ((2, 3, 4, 4), 0.1), ((50, 4), 0.0), ((3, 6), 1.0), ((1, 200), 0.95)]:
    x, u = (torch.from_numpy(values.astype(np.float32)) for values in (rng.normal(size=shape), rng.uniform(size=shape)))
    compare_dropout(x, p, u)
### END HIDDEN TESTS

# %% [markdown]
# One digit, dropped at several rates, and the mean of 500 such drops. Is the mean what the formula promises?

# %% experiment
torch.manual_seed(0)
digit, rates = train[0][0, 0], (0.2, 0.5, 0.8, 0.95)
figure, grid = plt.subplots(2, 1 + len(rates), figsize=(9, 4), layout="constrained")
for column, p in enumerate((0.0, *rates)):
    drops = torch.stack([dropout(digit, p, torch.rand(digit.shape), True) for _ in range(500)])      # (500, 28, 28)
    for axes, picture, name in zip(grid[:, column], (drops[0], drops.mean(dim=0)), ("one drop", "mean of 500")):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
        axes.set_axis_off()
        axes.set_title(f"p = {p:g}, {name}" if p else "the digit", fontsize=9)
plt.show()

# %% [markdown]
# ## 3. Batch norm
#
# Batch norm brings each channel to mean 0 and variance 1, then lets the network choose another mean and scale, $\beta_c$ and
# $\gamma_c$, two learned numbers a channel:
#
# $$ y_{ncij} = \gamma_c\, \frac{x_{ncij} - \mu_c}{\sqrt{\sigma_c^2 + \varepsilon}} + \beta_c . $$
#
# In training $\mu_c$ and $\sigma^2_c$ are the mean and the variance of the batch: over all images *and all pixels* of the channel,
# because a convolution treats all pixels alike. The variance is the plain mean of squares (divided by $NHW$, not by $NHW - 1$). In eval
# mode an image must not depend on its neighbours in the batch, so $\mu$ and $\sigma^2$ are constants: averages that were collected in
# training.
#
# Write **`batch_norm`**: without `mean` and `var` it takes those of the batch, else the given ones.

# %% solution="batch_norm"
def batch_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    """Batch norm of x (N, C, H, W); gamma, beta, mean, var: (C,). Returns (N, C, H, W)."""
    ### BEGIN SOLUTION
    if mean is None:
        mean = x.mean(dim=(0, 2, 3))                                     # (C,)
        var = x.var(dim=(0, 2, 3), unbiased=False)                       # (C,)
    normal = (x - mean[:, None, None]) / torch.sqrt(var[:, None, None] + eps)
    return gamma[:, None, None] * normal + beta[:, None, None]
    ### END SOLUTION

# %% test="batch_norm" points=3
def normalised(x, gamma, beta, axes, eps=1e-5, unbiased=False, outside=False, mean=None, var=None):
    """The formula with other axes and other mistakes."""
    if mean is None:
        mean, var = x.mean(dim=axes, keepdim=True), x.var(dim=axes, keepdim=True, unbiased=unbiased)
    root = var.sqrt() + eps if outside else (var + eps).sqrt()
    return gamma[:, None, None] * (x - mean) / root + beta[:, None, None]

def compare_norm(x, gamma, beta, mean=None, var=None, eps=1e-5):
    shape = (1, -1, 1, 1)
    given = {} if mean is None else {"mean": mean.reshape(shape), "var": var.reshape(shape)}
    right = F.batch_norm(x, mean, var, gamma, beta, training=mean is None, eps=eps)
    plain = torch.ones_like(gamma), torch.zeros_like(beta)
    args = (x.clone(), gamma, beta, mean, var) if mean is not None else (x.clone(), gamma, beta)
    check.close(batch_norm(*args, eps=eps), right, rtol=1e-5, what="the normalised batch" + (", with given mean and var" if given else ""), mistakes={
        "Mean and variance are taken over the images only: a channel's pixels all count together.":
            lambda: normalised(x, gamma, beta, (0,), eps, **given),
        "Mean and variance are taken over each image alone: they belong to the whole batch.":
            lambda: normalised(x, gamma, beta, (2, 3), eps, **given),
        "Mean and variance are taken over all channels together: each channel has its own.":
            lambda: normalised(x, gamma, beta, (0, 1, 2, 3), eps, **given),
        "The variance is divided by NHW − 1; here it is the plain mean of squares (unbiased=False).":
            lambda: normalised(x, gamma, beta, (0, 2, 3), eps, unbiased=True, **given),
        "It looks as if eps is added to the root: it belongs inside, to the variance.":
            lambda: normalised(x, gamma, beta, (0, 2, 3), eps, outside=True, **given),
        "It looks as if the eps that is passed is not used: add it to the variance.":
            lambda: normalised(x, gamma, beta, (0, 2, 3), 1e-5, **given),
        "gamma and beta are not used.": lambda: normalised(x, *plain, (0, 2, 3), eps, **given),
        "beta is missing.": lambda: normalised(x, gamma, plain[1], (0, 2, 3), eps, **given),
        "gamma and beta are exchanged.": lambda: normalised(x, beta, gamma, (0, 2, 3), eps, **given),
        "It is divided by the variance: divide by its root.":
            lambda: gamma[:, None, None] * (x - (m := given.get("mean", x.mean(dim=(0, 2, 3), keepdim=True))))
            / (given.get("var", ((x - m) ** 2).mean(dim=(0, 2, 3), keepdim=True)) + eps) + beta[:, None, None],
        "Images and channels are mixed at the end: `reshape` does not bring the axes back into their order, `transpose` does.":
            lambda: right.transpose(0, 1).reshape(right.shape),
        "The batch's own mean and variance are used although others are given.":
            lambda: normalised(x, gamma, beta, (0, 2, 3), eps),
    }, hint="One mean and one variance for each channel, over images, rows and columns: dim=(0, 2, 3).")

def drawn(rng, N, C, H, W):
    """A batch whose channels differ in mean and scale, and gamma, beta, mean, var."""
    x = rng.normal(size=(N, C, H, W)) * rng.uniform(0.5, 3, size=(C, 1, 1)) + rng.normal(size=(C, 1, 1)) + rng.normal(size=(N, 1, H, W))
    more = rng.uniform(0.5, 2, size=C), rng.normal(size=C), rng.normal(size=C), rng.uniform(0.2, 4, size=C)
    return [torch.from_numpy(values) for values in (x, *more)]

rng = check.rng()
x, gamma, beta, mean, var = drawn(rng, 4, 3, 5, 6)
compare_norm(x, gamma, beta)
compare_norm(x, gamma, beta, mean, var)
compare_norm(x, gamma, beta, eps=0.5)
check.passed("batch_norm is PyTorch's.")
### BEGIN HIDDEN TESTS
for N, C, H, W, eps in [(3, 4, 4, 4, 1e-5), (1, 2, 3, 5, 1e-3), (6, 1, 1, 1, 0.5), (2, 5, 2, 2, 0.1)]:
    x, gamma, beta, mean, var = drawn(rng, N, C, H, W)
    compare_norm(x, gamma, beta, eps=eps)
    compare_norm(x, gamma, beta, mean, var, eps=eps)
### END HIDDEN TESTS

# %% [markdown]
# ## 4. More images for nothing
#
# A seven that is moved by a pixel is still a seven. For the network it is a new image. So in each batch we move every image by a
# random step, and the network never sees the same one twice.
#
# Write **`shift_images`**: image number $i$ moves by `dx[i]` pixels to the right (to the left if negative) and by `dy[i]` pixels *down*.
# What leaves the frame is lost, and zeros (background) come in from the other side; nothing comes round. A loop over the images is fine.

# %% solution="shift_images"
def shift_images(images, dx, dy):
    """Images (N, 1, H, W) moved by dx (N,) to the right and dy (N,) down, integers; zeros come in. Returns (N, 1, H, W)."""
    ### BEGIN SOLUTION
    N, _, H, W = images.shape
    rows = torch.arange(H) - dy[:, None]                                 # (N, H): where what comes to each row was before
    columns = torch.arange(W) - dx[:, None]                              # (N, W)
    inside = ((rows >= 0) & (rows < H))[:, :, None] & ((columns >= 0) & (columns < W))[:, None, :]       # (N, H, W)
    taken = images[torch.arange(N)[:, None, None], 0, rows.clamp(0, H - 1)[:, :, None], columns.clamp(0, W - 1)[:, None, :]]
    return (taken * inside)[:, None]                                     # (N, 1, H, W)
    ### END SOLUTION

# %% test="shift_images" points=3
def moved(images, dx, dy, mode="constant"):
    """SciPy's shift of each image."""
    return np.stack([ndimage.shift(image[0], (down, right), order=0, mode=mode)[None] for image, right, down in zip(images, dx, dy)])

def compare_shift(images, dx, dy):
    pictures, right, down = images.numpy(), dx.tolist(), dy.tolist()
    still = [0] * len(right)
    what = f"{len(right)} images moved by dx = {right}, dy = {down}"
    check.close(shift_images(images.clone(), dx, dy), moved(pictures, right, down), what=what, mistakes={
        "What leaves the frame comes in again on the other side: zeros should come in.": lambda: moved(pictures, right, down, "grid-wrap"),
        "The last row or column is repeated where zeros should come in.": lambda: moved(pictures, right, down, "nearest"),
        "dx and dy are exchanged: dx moves columns, dy moves rows.": lambda: moved(pictures, down, right),
        "The images move the wrong way: dx > 0 is to the right, dy > 0 is down.": lambda: moved(pictures, [-n for n in right], [-n for n in down]),
        "dy has the wrong sign: down is towards larger row numbers.": lambda: moved(pictures, right, [-n for n in down]),
        "dx has the wrong sign: right is towards larger column numbers.": lambda: moved(pictures, [-n for n in right], down),
        "All images move by the step of the first: each has its own.": lambda: moved(pictures, right[:1] * len(right), down[:1] * len(down)),
        "The images move sideways only.": lambda: moved(pictures, right, still),
        "The images move up and down only.": lambda: moved(pictures, still, down),
        "The images don't move at all.": pictures,
        "An image whose step is 0 in one direction is lost: `[0:]` and `[-0:]` are all rows or columns, not none of them.":
            lambda: moved(pictures, right, down) * np.reshape([a != 0 and b != 0 for a, b in zip(right, down)], (-1, 1, 1, 1)),
    }, hint="Row r of the result is row r − dy of the image, or zeros if there is none.")

images = train[0][:4]
compare_shift(images, torch.tensor([2, 0, -3, 0]), torch.tensor([0, 1, 0, -2]))
compare_shift(images + torch.linspace(0.5, 1, 784).reshape(28, 28), torch.tensor([2, -1, 4, 0]), torch.tensor([1, 3, -2, 0]))
check.passed("shift_images moves each image by its own step.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for count, size, most in [(3, (28, 28), 5), (8, (6, 9), 4), (1, (5, 5), 2), (5, (4, 3), 6)]:
    images = torch.from_numpy(rng.uniform(0.1, 1, size=(count, 1, *size)).astype(np.float32))
    dx, dy = (torch.from_numpy(rng.integers(-most, most + 1, size=count)) for _ in range(2))
    compare_shift(images, dx, dy)
### END HIDDEN TESTS

# %%
def random_shift(images, most=2):
    """Each image moved by up to `most` pixels in both directions, drawn anew."""
    dx, dy = torch.randint(-most, most + 1, (2, len(images)))
    return shift_images(images, dx, dy)

# %% experiment
torch.manual_seed(0)
same = train[0][5:6].expand(10, 1, 28, 28)
plots.images(random_shift(same, most=4)[:, 0].numpy(), columns=10)

# %% [markdown]
# ## 5. The network
#
# Write **`build_cnn`**: an `nn.Sequential` that takes images `(N, 1, 28, 28)` and gives ten scores. The rules:
#
# - layers: `nn.Conv2d`, `nn.BatchNorm2d`, `nn.MaxPool2d`, `nn.AvgPool2d`, `nn.ReLU`, `nn.Dropout`, `nn.Flatten`, `nn.Linear`, `nn.BatchNorm1d`, `nn.Softmax`;
# - at least one `nn.Dropout` (with $0 < p < 1$) and at least one `nn.BatchNorm2d`;
# - fewer than 1,000,000 parameters, and at most 20 million multiplications for one image, so that it can be graded in seconds.
#
# A convolution with a $k \times k$ kernel and without padding makes $H - k + 1$ rows of $H$, a $2 \times 2$ max-pool halves them. The
# first Linear layer needs to know how many numbers come in: count, or let `hwlib.describe(build_cnn())` tell you. `F.cross_entropy`
# contains the softmax, so end with scores.

# %%
def description_of(network):
    """What a network is made of, as text; or what is wrong with it."""
    try:
        return hwlib.describe(network, (1, 28, 28)).to_json()
    except hwlib.errors.HwlibError as error:
        return str(error)


def weights_of(network):
    """The arrays that save_model writes of a network, by the place of their layer, such as 3.weight."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        hwlib.save_model(network, "network", input_shape=(1, 28, 28))
        weights = hwlib.load_model("network").state_dict()
    return {name: value.numpy() for name, value in weights.items() if not name.endswith("num_batches_tracked")}

# %% setup
# @title For the checks: the rules for your network, as they stand above. Just run it
RULES = {"allowed": ("Conv2d", "BatchNorm2d", "MaxPool2d", "AvgPool2d", "ReLU", "Dropout", "Flatten", "Linear", "BatchNorm1d", "Softmax"),
         "required": ("Dropout", "BatchNorm2d"), "max_parameters": 999_999}


def check_rules(network, what):
    """A network, or its description, keeps to the rules."""
    found = check.architecture(network, what=what, **RULES)
    rates = [layer.arguments["p"] for layer in found.layers if layer.kind == "Dropout"]
    check.true(any(0 < p < 1 for p in rates) and max(rates) < 1, f"No Dropout of {what} drops anything, or one drops everything: p = "
               f"{', '.join(f'{p:g}' for p in rates)}.", "p is the share that is dropped: something like 0.1 to 0.5.")
    check.true("Conv2d" in found.kinds, f"There is no Conv2d in {what}.", "BatchNorm2d usually stands between a convolution and its ReLU.")
    work = sum(row.multiplications for row in found.rows())
    check.true(work <= 20_000_000, f"It takes {work:,} multiplications to compute one image by {what}; at most 20,000,000 are allowed.",
               "Fewer channels, or a pooling earlier: the first layers see the most pixels.")
    check.true(found.output_shape == (10,), f"The output of {what} has the shape {found.output_shape} for one image, not (10,).",
               "The last Linear layer has ten outputs, one for each class.")


# %% solution="build_cnn"
def build_cnn():
    """A new convolutional network: nn.Sequential, images (N, 1, 28, 28) → scores (N, 10)."""
    ### BEGIN SOLUTION
    return nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),        # (N, 16, 12, 12)
        nn.Conv2d(16, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),       # (N, 32, 5, 5)
        nn.Conv2d(32, 64, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.Flatten(),          # (N, 576)
        nn.Dropout(0.3), nn.Linear(576, 128), nn.ReLU(), nn.Linear(128, 10))        # (N, 10)
    ### END SOLUTION

# %% test="build_cnn" points=4
network = check.on_cpu(build_cnn())
check.true(network is not None, "build_cnn() returns nothing.", "Return the network.")
check.true(not isinstance(network, list | tuple), "build_cnn() gives a list of layers, which is no network: torch does not see its weights.",
           "nn.Sequential(*layers) makes a network of a list.")
text = description_of(network)
check.true(text.startswith("{"), text, "An nn.Sequential of the allowed layers, in which the shapes fit, can always be described.")
described = Description.from_json(text, "build_cnn")
check_rules(described, "the network of build_cnn()")
layers = network_of(described, weights_of(network))           # the layers of the description, and nothing else
images = torch.from_numpy(check.rng().normal(size=(6, 1, 28, 28)).astype(np.float32))
network.eval()
with torch.no_grad():
    scores = layers(images)
    check.close(network(images), scores, rtol=1e-3, atol=1e-3 * float(scores.abs().max()), what="the scores of build_cnn() in eval mode",
                hint="They should be what the layers give in order. Does forward do something else, or depend on the values of the images?")
another = check.on_cpu(build_cnn())
stored = [{name: np.array(value) for name, value in each.state_dict().items()} for each in (network, another)]
check.true(any(not np.array_equal(stored[0][name], stored[1][name]) for name in stored[0] if stored[0][name].ndim > 1),
           "Two calls of build_cnn() give the same weights.", "Build a new network in each call, and set no seed in the function.")
check.passed("build_cnn keeps to the rules.", final=True)

# %% experiment
hwlib.describe(build_cnn())

# %% [markdown]
# ## 6. Training
#
# `hwlib.training.fit` is a training loop as you would write it: shuffled batches, train mode and eval mode, the weights of the epoch with
# the best *validation* accuracy in the end. It can change the images of each batch (`augment`). Cross-entropy, batches of 32, ten epochs,
# Adam with a learning rate that falls to 0: a few minutes.
#
# The file `cnn.safetensors` goes with your notebook, and nothing is trained again when you are graded. Change this cell as you like: the
# network, the rate, more epochs, no shift or a larger one. Only the training images may be learned from, and only the validation images
# may choose.

# %% experiment
torch.manual_seed(0)
cnn = build_cnn()
optimizer, epochs = torch.optim.Adam(cnn.parameters(), lr=2e-3), 2 if FAST else 10
history = fit(cnn, train, validation, optimizer, epochs, batch_size=64 if FAST else 32, augment=random_shift, seed=0,
              scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs))
hwlib.save_model(cnn, "cnn", half=True, training=history.summary())
print(history)
figure = plots.training(history)
figure.axes[1].set_ylim(0.9, 1)
figure

# %% [markdown]
# Why does the validation curve run *above* the training curve here? (Which images does each of them measure, and in which mode?)
#
# Now the test images, once. At least **98.5 %** of the 10,000 should be right; from one percentage point below (no points) the credit grows
# linearly to the threshold.

# %% test="cnn" points=8
cnn_as_saved = check.handed_in("cnn")
check_rules(cnn_as_saved, "the network in cnn.safetensors")
test_images, test_labels = check.test_set("mnist")
check.accuracy(cnn_as_saved, test_images, test_labels, 0.985, points=8, what="the network in cnn.safetensors",
               transform=scaled, train=train, plausible=0.9985)

# %% [markdown]
# ### A look inside
#
# The kernels of the first layer, and what they make of one digit; then some of the test images that the network gets wrong, with the
# right label first and the network's second. Would you have known?

# %% experiment
kernels = next(layer for layer in cnn if isinstance(layer, nn.Conv2d)).weight.detach()[:8, 0].numpy()        # (8, k, k)
with torch.no_grad():
    maps = cnn[:3](test[0][:1])[0, :8].numpy()                                                               # after batch norm and ReLU
figure, grid = plt.subplots(2, 8, figsize=(10, 3.1), layout="constrained")
for column in range(len(kernels)):
    grid[0, column].imshow(kernels[column], cmap="RdBu_r", vmin=-np.abs(kernels).max(), vmax=np.abs(kernels).max())
    grid[1, column].imshow(maps[column], cmap="gray")
    grid[0, column].set_title(f"kernel {column}", fontsize=9)
    grid[1, column].set_title("its map", fontsize=9)
for axes in grid.flat:
    axes.set_axis_off()
figure.suptitle("first layer: kernels (red +, blue −) and what they see in the first test image", fontsize=10)
plt.show()

# %% experiment
with torch.no_grad():
    guesses = torch.cat([cnn(part) for part in test[0].split(1000)]).argmax(dim=1)
missed = torch.nonzero(guesses != test[1])[:, 0]
accuracy = 1 - len(missed) / len(test[1])
print(f"{len(missed)} of {len(test[1]):,} test images are wrong: accuracy {accuracy:.4f} ± {np.sqrt(accuracy * (1 - accuracy) / len(test[1])):.4f}")
titles = [f"{label} → {guess}" for label, guess in zip(test[1][missed].tolist(), guesses[missed].tolist())]
plots.images(test[0][missed[:20], 0].numpy(), titles)

# %% [markdown] answer="what-helped" points=3
# ### Question 1: what helped
#
# Which strategies did you try for your network (layers, channels, learning rate, epochs, …), and which of the regularisers (dropout,
# batch norm, shifted images) helped most? Give validation accuracies with and without at least one of them, everything else the same. A
# difference of how many images is more than chance?
#
# ### BEGIN SOLUTION
# The numbers are each student's own. What is usually found: batch norm makes the loss fall faster in the first epochs; shifted images help
# most, because they add what the data lacks (other positions), while dropout only makes it harder to learn by heart; a learning rate that
# falls is worth about as much as a regulariser.
#
# 5,000 validation images at an accuracy of 0.993: the number of mistakes, about 35, has a standard deviation of about 6. Two networks
# measured on the same images share many mistakes, so a difference of 8 to 10 images is about what can be told from chance; below that,
# repeat with other seeds.
#
# *Rubric.* 1 point: at least two strategies with numbers. 1 point: a regulariser with and without, all else equal. 1 point: a sound
# estimate of chance, in images or in per cent.
# ### END SOLUTION

# %% [markdown]
# ## 7. A sweep over the dropout rate
#
# Which $p$ is best? Ten rates, equally spaced from 0 to 1, each with a new network that is trained for one epoch. To keep it short, the
# networks are smaller than yours, and an epoch is `sweep_train`, the first half of the training images. This cell makes both. It also counts
# the steps of every optimizer of torch: the checks look whether something was trained.

# %% setup
def sweep_network(p):
    """A new small network with dropout of rate p before its first Linear layer."""
    return nn.Sequential(nn.Conv2d(1, 8, 5, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),      # (N, 288)
                         nn.Dropout(p), nn.Linear(288, 64), nn.ReLU(), nn.Linear(64, 10))


half = 8000 if FAST else len(train[1]) // 2
sweep_train = train[0][:half], train[1][:half]            # (27500, 1, 28, 28), (27500,)


def count_step(optimizer, *_):
    """torch calls this after each step; it counts if the step changes a network, say 1,000 numbers with a gradient."""
    parameters = [value for group in optimizer.param_groups for value in group["params"] if value.grad is not None]
    if sum(value.numel() for value in parameters) >= 1000 and any(value.grad.count_nonzero() for value in parameters):
        if not hasattr(optimizer, "counted"):
            optimizer.counted = []
            training_runs.append(optimizer.counted)
        optimizer.counted.append(1)


if "training_runs" not in globals():                      # once, however often this cell is run
    training_runs = []                                    # one list for each optimizer: an entry for each of its steps
    register_optimizer_step_post_hook(count_step)

# %% [markdown]
# Write **`accuracy_after_one_epoch`**: make `sweep_network(p)`, train it for one epoch on `train_data` with Adam (learning rate 0.002)
# and batches of 32, and return its accuracy on `test_data`, in eval mode. Both are pairs (images, labels). Use `fit` and `evaluate` from
# `hwlib.training`:
#
# ```python
# fit(model, data, None, optimizer, epochs=…, batch_size=…, show_progress=False)
# loss, accuracy = evaluate(model, data)
# ```
#
# (`None`: no validation data, so nothing is chosen.)

# %% solution="accuracy_after_one_epoch"
def accuracy_after_one_epoch(p, train_data, test_data):
    """Train sweep_network(p) for one epoch; returns its accuracy on the test data, from 0 to 1."""
    ### BEGIN SOLUTION
    torch.manual_seed(0)
    model = sweep_network(p)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    fit(model, train_data, None, optimizer, epochs=1, batch_size=32, show_progress=False)
    return evaluate(model, test_data)[1]
    ### END SOLUTION

# %% [markdown]
# (The next cell is for the checks, too.)

# %%
def accuracy_and_steps(p, train_data, test_data):
    """What accuracy_after_one_epoch returns, and how many steps of optimizers it makes."""
    before = len(training_runs)
    try:
        accuracy = accuracy_after_one_epoch(p, train_data, test_data)
        return accuracy, sum(map(len, training_runs[before:]))
    finally:
        del training_runs[before:]                        # training for a check is none for the sweep


def networks_trained():
    """How many optimizers have gone over sweep_train, in batches of 256 at most."""
    return sum(len(run) >= len(sweep_train[1]) // 256 for run in training_runs)

# %% test="accuracy_after_one_epoch" points=3
def easy_data(rng, count, classes=np.arange(10)):
    """Images with a bright square whose place tells the class, one of `classes` for each place: learned in a few steps."""
    labels = rng.integers(10, size=count)
    images = rng.uniform(0, 0.3, size=(count, 1, 28, 28)).astype(np.float32)
    for image, label in zip(images, labels):
        row, column = 3 + 13 * (label // 5), 1 + 5 * (label % 5)
        image[0, row:row + 6, column:column + 5] += 0.7
    return torch.from_numpy(images), torch.from_numpy(classes[labels])

rng = check.rng()
easy, easy_test = easy_data(rng, 640), easy_data(rng, 200)
accuracy, steps = accuracy_and_steps(0.2, easy, easy_test)
check.shape(accuracy, (), what="the result of accuracy_after_one_epoch", hint="evaluate returns (loss, accuracy): return the second.")
check.true(0 <= float(accuracy) <= 100, "accuracy_after_one_epoch does not return a number from 0 to 1.",
           "evaluate returns (loss, accuracy): return the second.", f"Found {accuracy}.")
check.true(float(accuracy) <= 1, "The accuracy is larger than 1.", "It should be a share from 0 to 1, not a percentage.",
           f"Found {float(accuracy):.3g}.")
check.true(steps <= 20, "There are more steps than one epoch has: 640 images make 20 batches of 32.",
           check.hint("One epoch is one pass over the images, in batches of 32: are there two, or are the batches smaller?", why="one-epoch"),
           f"Found {steps} steps.")
check.true(steps >= 20, "There are fewer steps than one epoch has: 640 images make 20 batches of 32.",
           "Is the network trained, with an optimizer of `torch.optim`, and are the batches no larger than 32?", f"Found {steps} steps.")
if float(accuracy) <= 0.7:
    single = float(accuracy_and_steps(0.2, easy, (easy_test[0][:1], easy_test[1][:1]))[0])
    check.true(single in (0.0, 1.0), "The accuracy on a single test image is neither 0 nor 1.",
               "It is measured on other images: evaluate on the argument `test_data`.", f"Found {single:.3g}.")
check.true(float(accuracy) > 0.7, "After one epoch of 20 easy batches with p = 0.2 the accuracy is low.",
           "Is the network trained (Adam with learning rate 0.002, batches of 32), and is it the accuracy that is returned, not the loss or "
           "the error rate?",
           f"Found {float(accuracy):.3g}.")
turned = easy_test[0], (easy_test[1] + 1) % 10
check.true(float(accuracy_and_steps(0.2, easy, turned)[0]) < 0.3, "The accuracy does not depend on the labels of the test data.",
           "This looks like the accuracy on the training data: evaluate on test_data.")
check.passed("One epoch on 640 easy images is enough to tell them apart, in 20 steps.")
### BEGIN HIDDEN TESTS
classes = rng.permutation(10)                             # only the training data say which place means which class
images, labels = easy_data(rng, 200, classes)
for wrong in rng.permutation([50, 110]).tolist():         # so many labels are wrong, and so are the answers to them
    mixed = torch.cat([(labels[:wrong] + 1) % 10, labels[wrong:]])
    found = float(accuracy_and_steps(0.2, easy_data(rng, 1600, classes), (images, mixed))[0])
    check.true(abs(found - (1 - wrong / 200)) < 0.1, "The accuracy is not the share of test images whose labels the network gives.",
               "Is the network trained on train_data, and are its answers to the images of test_data compared with their labels?")
check.true(float(accuracy_and_steps(1.0, easy, easy_test)[0]) < 0.5, "With p = 1 the network learns as well as with p = 0.2.",
           "Is p passed on to sweep_network, and is a new network made in each call?")
# eval mode gives 0.95 to 1, train mode 0.5 to 0.76; chance may cost one try, but not three
check.true(any(float(accuracy_and_steps(0.9, easy_data(rng, 1600), easy_test)[0]) > 0.84 for _ in range(3)),
           "With p = 0.9 the accuracy is lower than it should be.",
           check.hint("It looks as if it is measured in train mode, where dropout goes on dropping: call model.eval() first, or use evaluate.", why="eval-mode"))
### END HIDDEN TESTS

# %% [markdown]
# Now the sweep: **`dropout_sweep`** is a dictionary $\{p: \text{accuracy on } \texttt{test}\}$ for ten equally spaced $p$ from 0 to 1,
# both ends included (`np.linspace`), each after one epoch over `sweep_train`. It takes about a minute. The check counts the networks that
# are trained in this notebook: typed numbers are no results. (Test images? Nothing is chosen by
# them here: your network has been trained and graded. If you went back now and changed its $p$, that would be another matter.)

# %% solution="dropout_sweep"
### BEGIN SOLUTION
dropout_sweep = {p: accuracy_after_one_epoch(p, sweep_train, test) for p in np.linspace(0, 1, 10).tolist()}
### END SOLUTION

# %% test="dropout_sweep" points=3
with check.part(1, "the rates"):
    check.true(isinstance(dropout_sweep, dict), "dropout_sweep is not a dictionary.", "{p: accuracy}")
    rates = sorted(float(p) for p in dropout_sweep)
    check.equal(len(rates), 10, what="the number of rates in dropout_sweep",
                hint="np.linspace(0, 1, 10) gives ten rates, 1/9 apart.")
    check.close(rates, np.arange(10) / 9, atol=1e-3, what="the rates in dropout_sweep, sorted", mistakes={
        "1 is missing: np.linspace(0, 1, 10) includes both ends.": np.arange(10) / 10,
        "0 is missing: np.linspace(0, 1, 10) includes both ends.": np.arange(1, 11) / 10,
    }, hint="Ten equally spaced numbers, 0 and 1 among them: np.linspace(0, 1, 10).")

with check.part(2, "the accuracies"):
    check.true(isinstance(dropout_sweep, dict) and len(dropout_sweep) > 3, "dropout_sweep is not a dictionary with an accuracy for each rate.", "{p: accuracy}")
    by_rate = [float(dropout_sweep[p]) for p in sorted(dropout_sweep, key=float)]
    if not (all(0 <= value <= 1 for value in by_rate) and min(by_rate[:4]) > 0.3):
        # per cent, or error rates, of a function that gives them: that has cost its points there
        images, threes = torch.from_numpy(check.rng().uniform(size=(640, 1, 28, 28)).astype(np.float32)), torch.full((640,), 3)
        own = float(np.ravel(accuracy_and_steps(0.0, (images, threes), (images, threes))[0])[-1])       # all have one label, so it should be about 1
        by_rate = [value / 100 for value in by_rate] if own > 50 else [1 - value for value in by_rate] if own < 0.2 else by_rate
    check.true(all(0 <= value <= 1 for value in by_rate), "dropout_sweep has a value that is no accuracy from 0 to 1.",
               "A share, not a percentage, a loss or a pair.", f"Found {by_rate}.")
    trained = networks_trained()
    check.true(trained >= len(by_rate) - 1, "dropout_sweep has more accuracies than networks have been trained.",          # p = 1 learns nothing
               "Is each network a new one, and is each trained for one epoch over `sweep_train`, with an optimizer of `torch.optim` of its own? "
               "Numbers that are typed in are not counted. If you have changed cells above, run this one's again.",
               f"Found {len(by_rate)} accuracies and {trained} trained networks.")
    ### BEGIN HIDDEN TESTS
    check.true(min(by_rate[:4]) > 0.3, "In dropout_sweep a network with p below ½ has learned next to nothing.",
               "One epoch over `sweep_train`, measured on `test`: is p in its right place, and are accuracies stored, not error rates?")
    check.true(by_rate[-1] < 0.35 or max(map(float, dropout_sweep)) < 0.95, "In dropout_sweep the network with p = 1 is better than chance.",
               "With p = 1 nothing passes in training: is p passed on, and is each network a new one?")
    ### END HIDDEN TESTS

# %% experiment
rates, shares = np.array(list(dropout_sweep)), np.array(list(dropout_sweep.values()))
figure, panels = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", width_ratios=(1, 1.2))
for axes, chosen in zip(panels, (slice(None), slice(0, -1))):
    spread = np.sqrt(shares * (1 - shares) / len(test[1]))
    axes.errorbar(rates[chosen], shares[chosen], yerr=spread[chosen], marker="o", markersize=5, capsize=3, color=plots.PALETTE[0])
    axes.set(xlabel="dropout rate p", ylabel="test accuracy after one epoch")
    axes.grid(alpha=0.3)
panels[0].axhline(0.1, color="0.4", linestyle=":", label="guessing")
panels[0].set(ylim=(0, 1.02), title="all rates")
panels[0].legend(frameon=False)
panels[1].set_title("the same without p = 1")
plt.show()

# %% [markdown] answer="all-dropped" points=2
# ### Question 2: everything dropped
#
# What happens in the network with $p = 1$ while it is trained: which of its layers learn anything, and what is the best that it can
# learn? And why is its accuracy in eval mode not exactly 0.1?
#
# ### BEGIN SOLUTION
# The first Linear layer gets zeros for every image, so all images have the same scores. Its weights and everything before it get gradient
# 0 (batch norm's running statistics still move); only its biases and the last layer learn. The best constant answer is the frequency of
# the classes: loss about log 10.
#
# In eval mode nothing is dropped: numbers that were never seen in training pass through random, untrained weights. What comes out is a
# random function of the image, so the accuracy is some number around chance, above or below, and changes with the seed.
#
# *Rubric.* 1 point: no signal and no gradient before the dropout; only biases and the last layer learn (class frequencies). 1 point: in
# eval mode the signal passes untrained weights, so chance in the sense of random.
# ### END SOLUTION

# %% [markdown] answer="one-epoch" points=3
# ### Question 3: tuning after one epoch
#
# According to your figure, which $p$ is best? Somebody takes it for the final network, which is trained for 30 epochs. Give two reasons
# why that may be the wrong $p$, and say how you would choose $p$ if you had ten times the time.
#
# ### BEGIN SOLUTION
# After one epoch small $p$ wins; the smallest two or three rates are within their error bars. (1) Dropout slows learning down at first:
# fewer units learn in each step, and the gradients are noisier. What it protects from, overfitting, has not begun after one epoch: each
# image was seen once. So the sweep measures speed, not generalisation, and favours p that are too small for long training. (2) Each point
# is one run with one seed: differences between neighbours are as large as those between seeds. (3) If the test images choose p, their
# accuracy is no longer an honest estimate. (4) The sweep's network is another, smaller one, and a smaller network needs less dropout.
#
# Better: train each candidate as long as the final network (or until validation accuracy stops rising), on a coarse grid first, then
# finer near the best, two or three seeds each; choose by mean validation accuracy; measure once on the test images.
#
# *Rubric.* ½ point: reads the figure, with the error bars. 1 point: after one epoch there is no overfitting, dropout only slows down. ½
# point: another sound reason. 1 point: a better procedure, on validation images.
# ### END SOLUTION
