# %% [markdown]
# # Layers of a convolutional net
#
# A deep network is a stack of simple layers. Each layer knows only two things: how to turn its input into its output, and
# how to pass a gradient back. In this assignment you build four of them, the ones that a convolutional net is made of, and
# stack them into a net that tells cars from frogs after a minute or two of training.
#
# **What you will learn**
#
# - how backpropagation looks from inside one layer, and how to be sure that a gradient is right;
# - what convolution and pooling compute, window by window, and how their gradients travel back;
# - what convolution is good for even without learning: edges, by hand;
# - how much faster the same arithmetic runs when it is one matrix product;
# - how to see that a new net works, before you spend time on training it.

# %% setup
import time

import numpy as np
from scipy.special import expit

from hwlib import plots
from hwlib.data import CIFAR10_CLASSES, load_cifar10
from hwlib.gradcheck import eval_numerical_gradient_array, grad_check_sparse, rel_error
from hwlib.data.images import photographs
from hwlib.layers import (
    conv_backward_fast,
    conv_forward_fast,
    max_pool_backward_fast,
    max_pool_forward_fast,
    sandwich,
    softmax_loss,
)
from hwlib.training import ClassifierTrainer, sgd_update

# %% [markdown]
# ## 1. What a layer is
#
# A layer is a pair of functions:
#
# ```python
# def layer_forward(x, w):
#     out = ...               # from the input x and the parameters w
#     cache = ...             # whatever the backward pass will need
#     return out, cache
#
# def layer_backward(dout, cache):
#     dx, dw = ...            # by the chain rule
#     return dx, dw
# ```
#
# Here `dout` is the gradient of the loss with respect to `out`, so it has the shape of `out`; `dx` and `dw` are the gradients with
# respect to `x` and `w`, with *their* shapes. The layer never sees the loss. All that it does is multiply by its own
# derivative: $\;\dfrac{\partial L}{\partial x} = \dfrac{\partial L}{\partial \text{out}} \cdot \dfrac{\partial \text{out}}{\partial x}$.
#
# Three rules hold for everything that you write below:
#
# 1. **The cache is yours.** Put into it what you like, in any form; nobody else looks inside. But put it *there*, not into a
#    global variable: a net may use the same layer twice, and then there are two caches.
# 2. **Inputs stay as they are.** No function changes the arrays that it is given.
# 3. **Clear before fast.** Use loops where loops are clear. Speed comes in section 7.
#
# The checks use two little helpers. Have a look, then forget them.

# %% setup
def run_forward(forward, x, *parameters, on_error="", fitting=None):
    """(out, cache) of a forward pass, after a look at whether it returns both and leaves its inputs alone.

    `on_error` is a hint if it raises, but not for `fitting`, the part of x that the windows fill.
    """
    names = dict(zip("xwb", (value for value in (x, *parameters) if isinstance(value, np.ndarray))))
    with check.unchanged(**names):
        try:
            returned = forward(x, *parameters)
        except (ValueError, IndexError, AssertionError) as error:
            if not on_error or (fitting is not None and raises_too(forward, fitting, *parameters)):
                raise
            raise check.CheckFailed(f"The forward pass raises an error for an input of shape {x.shape}.", on_error) from error
    return check.returns(returned, "out", "cache")


def raises_too(forward, *arguments):
    """Whether a forward pass raises an error for other arguments, too."""
    try:
        forward(*arguments)
    except (ValueError, IndexError, AssertionError):
        return True
    return False


def run_backward(backward, dout, cache, count, like=(), first=False):
    """The gradients of a backward pass as a list, after a look at how many there are and whether dout was left alone.

    `like` are the inputs of the forward pass. Gradients in another order than theirs are an error in the first part of a
    question, and put in order in its other parts.
    """
    with check.unchanged(dout=dout):
        returned = backward(dout, cache)
    gradients = list(returned) if isinstance(returned, (tuple, list)) else [returned]
    check.true(len(gradients) == count, f"The backward pass returns {len(gradients)} gradients, not {count}.",
               "It returns the gradient of each input of the forward pass that is learned or has a layer below: dx, dw, db, in this order.")
    shapes, found = [np.shape(one) for one in like], [np.shape(one) for one in gradients]
    if found != shapes and sorted(found) == sorted(shapes) and len(set(shapes)) == count:
        check.true(not first, f"The gradients are returned in another order: their shapes are {', '.join(map(str, found))}.",
                   "They are asked for in the order of the inputs: `return dx, dw, db`.")
        return [gradients[found.index(shape)] for shape in shapes]
    return gradients

# %% [markdown]
# ## 2. The affine layer
#
# The layer that you know from linear classifiers: every output is a weighted sum of *all* inputs, plus a bias,
#
# $$ \text{out} = X W + b , \qquad X \in \mathbb{R}^{N \times D},\; W \in \mathbb{R}^{D \times M},\; b \in \mathbb{R}^{M} . $$
#
# The one twist: the input may be a batch of images, say of shape `(N, 3, 32, 32)`. The layer flattens each example into a row
# of $D$ numbers first.

# %% solution="affine_forward"
def affine_forward(x, w, b):
    """Affine layer.

    x is (N, d_1, ..., d_k): N examples, each of D = d_1 * ... * d_k numbers; w is (D, M); b is (M,).
    Returns out (N, M), and a cache for affine_backward.
    """
    ### BEGIN SOLUTION
    rows = x.reshape(len(x), -1)          # (N, D)
    out = rows @ w + b                    # (N, M)
    cache = (x, w)
    ### END SOLUTION
    return out, cache

# %% test="affine_forward" points=2
x = np.linspace(-0.1, 0.5, 2 * 4 * 5 * 6).reshape(2, 4, 5, 6)
w, b = np.linspace(-0.2, 0.3, 120 * 3).reshape(120, 3), np.linspace(-0.3, 0.1, 3)
out, _ = run_forward(affine_forward, x, w, b)
one_number = "Write out one number: out[n, m] is the sum of all numbers of example n, each times its weight w[…, m], plus b[m]."
other_order = "The numbers of an example are taken in another order: x.reshape(N, -1) keeps them in their own."
check.close(out, [[1.49834967, 1.70660132, 1.91485297], [3.25553199, 3.5141327, 3.77273342]], what="the output", rtol=1e-8, mistakes={
    "Is the bias b added?": lambda: x.reshape(2, -1) @ w,
    "The numbers of different examples are mixed: x.reshape(N, -1) gives each example a row.": lambda: x.reshape(-1, 2).T @ w + b,
    other_order: lambda: x.reshape(2, -1, order="F") @ w + b,
}, hint=lambda: check.influence(lambda x, w, b: affine_forward(x, w, b)[0], affine=("x", "w", "b"), x=x, w=w, b=b) or one_number)
check.passed("affine_forward takes images and gives one row of numbers for each.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for num, dims, width in [(1, (1,), 1), (4, (3,), 2), (5, (2, 3), 4), (3, (2, 3, 2), 5), (2, (2, 1, 3, 2), 3), (7, (6,), 1)]:
    x, w, b = rng.normal(size=(num, *dims)), rng.normal(size=(int(np.prod(dims)), width)), rng.normal(size=width)
    out, _ = run_forward(affine_forward, x, w, b)
    right = np.tensordot(x, w.reshape(*dims, width), axes=len(dims)) + b
    check.close(out, right, what=f"the output for x of shape {x.shape} and {width} outputs", mistakes={
        "Is the bias b added?": right - b,
        "The bias is subtracted, not added.": right - 2 * b,
        "The bias is added more than once: once for each output is enough.": lambda: right + (len(w) - 1) * b,
        "The numbers of different examples are mixed: x.reshape(N, -1) gives each example a row.": lambda: x.reshape(-1, num).T @ w + b,
        other_order: lambda: x.reshape(num, -1, order="F") @ w + b,
    }, hint=one_number)
### END HIDDEN TESTS

# %% [markdown]
# Now backwards. Write the shapes next to each other and the formulas almost write themselves: `dw` is `(D, M)` and must be made of
# `x`, which is `(N, D)`, and `dout`, which is `(N, M)`. And `b` was added to every one of the $N$ rows, so its gradient collects from
# all of them.

# %% solution="affine_backward"
def affine_backward(dout, cache):
    """Gradients of affine_forward.

    dout is (N, M), the gradient with respect to out; cache comes from affine_forward.
    Returns dx, dw, db with the shapes of x, w and b.
    """
    ### BEGIN SOLUTION
    x, w = cache
    rows = x.reshape(len(x), -1)          # (N, D)
    dx = (dout @ w.T).reshape(x.shape)    # (N, d_1, ..., d_k)
    dw = rows.T @ dout                    # (D, M)
    db = dout.sum(axis=0)                 # (M,)
    ### END SOLUTION
    return dx, dw, db

# %% [markdown]
# How do you know that a gradient is right? Compare it with **central differences**: move one number by $\pm h$, look how the output
# moves, and divide by $2h$. `eval_numerical_gradient_array(f, x, dout)` does that for every entry of `x` (at two calls of `f` an entry,
# so keep `x` small), and `rel_error` measures the difference of two arrays by their norms,
# $\lVert a-b \rVert / (\lVert a \rVert + \lVert b \rVert)$. A right gradient comes out at about $10^{-9}$; $10^{-2}$ is a bug.

# %% test="affine_backward" points=3
mean_of_rows = check.hint("db is a mean: every row adds to it, so it is a sum.", why="bias-gradient")
for_each_output = "There is one bias for each output: add up over the rows, `axis=0`."
rng = np.random.default_rng(231)
x, w, b, dout = rng.normal(size=(10, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5), rng.normal(size=(10, 5))

def which_input(place, *others):
    """A hint by what a gradient, the first or second one, depends on: dout, and x or w, but no others."""
    given = {"dout": dout, "x": x, "w": w}
    return check.influence(lambda dout, x, w: affine_backward(dout, affine_forward(x, w, b)[1])[place], affine=given, without=others, **given)

### BEGIN HIDDEN TESTS
def check_gradient(which):
    """One of dx, dw and db, for inputs of several shapes."""
    rng = check.rng()
    two_uses = check.hint("Does the layer keep anything outside its cache? It was used twice here, before the first backward pass.", why="layer-cache")
    for num, dims, width in [(1, (2,), 3), (4, (3,), 2), (5, (2, 3), 4), (3, (2, 3, 2), 5), (2, (2, 1, 3, 2), 3)]:
        x, w, b = rng.normal(size=(num, *dims)), rng.normal(size=(int(np.prod(dims)), width)), rng.normal(size=width)
        dout, other = rng.normal(size=(num, width)), rng.normal(size=(num, *dims))
        right_dx = np.tensordot(dout, w.reshape(*dims, width), axes=(1, len(dims)))
        right_dw, other_dw = (np.tensordot(each, dout, axes=(0, 0)).reshape(w.shape) for each in (x, other))
        _, cache = run_forward(affine_forward, x, w, b)
        run_forward(affine_forward, other, 2 * w, b)           # another use of the layer, whose cache must not get into the first one's way
        dx, dw, db = run_backward(affine_backward, dout, cache, 3, (x, w, b), which == "dx")
        case = f"for x of shape {x.shape} and {width} outputs"
        if which == "dx":
            check.shape(dx, x.shape, what=f"dx {case}", hint="dx has the shape of x: undo the flattening of the forward pass.")
            check.gradient(dx, right_dx, what=f"the gradient dx {case}", mistakes={
                two_uses: 2 * right_dx,
                "The numbers of an example come back in another order: reshape by x.shape alone keeps it.": lambda: (dout @ w.T).reshape(x.shape, order="F"),
                "Is dx divided by N? Only the loss is a mean.": right_dx / num,
            }, hint="Each number of x goes into every output of its example, by its weight: add up dout times that weight over the outputs.")
        elif which == "dw":
            check.gradient(dw, right_dw, what=f"the gradient dw {case}", mistakes={
                two_uses: other_dw, "Is dw divided by N? Only the loss is a mean.": right_dw / num,
            }, hint="Each weight is used once for every example, by its number of x: add up dout times that number over the examples.")
        else:
            check.gradient(db, dout.sum(axis=0), what=f"the gradient db {case}", mistakes={mean_of_rows: dout.mean(axis=0)}, hint=for_each_output)
### END HIDDEN TESTS

with check.part(1, "dx"):
    numeric = eval_numerical_gradient_array(lambda x: x.reshape(10, 6) @ w + b, x, dout)
    dx = run_backward(affine_backward, dout, run_forward(affine_forward, x, w, b)[1], 3, (x, w, b), True)[0]
    check.shape(dx, x.shape, what="dx", hint="dx has the shape of x: undo the flattening of the forward pass.")
    check.gradient(dx, numeric, what="the gradient dx", hint=lambda: which_input(0, "x"))
    ### BEGIN HIDDEN TESTS
    check_gradient("dx")
    ### END HIDDEN TESTS

with check.part(1, "dw"):
    numeric = eval_numerical_gradient_array(lambda w: x.reshape(10, 6) @ w + b, w, dout)
    dw = run_backward(affine_backward, dout, run_forward(affine_forward, x, w, b)[1], 3, (x, w, b))[1]
    check.gradient(dw, numeric, what="the gradient dw", mistakes={
        "This is x with a row for each number: it is still to be multiplied by dout, and added up over the examples.": x.reshape(10, 6).T,
        "This is x itself.": x,
        "This is dout itself: it is still to be multiplied by x, and added up over the examples.": dout,
        "This is dw with rows and columns exchanged: it has the shape of w.": lambda: numeric.T,
    }, hint=lambda: which_input(1, "w"))
    ### BEGIN HIDDEN TESTS
    check_gradient("dw")
    ### END HIDDEN TESTS

with check.part(1, "db"):
    numeric = eval_numerical_gradient_array(lambda b: x.reshape(10, 6) @ w + b, b, dout)
    db = run_backward(affine_backward, dout, run_forward(affine_forward, x, w, b)[1], 3, (x, w, b))[2]
    check.gradient(db, numeric, what="the gradient db", mistakes={mean_of_rows: dout.mean(axis=0)}, hint=for_each_output)
    ### BEGIN HIDDEN TESTS
    check_gradient("db")
    ### END HIDDEN TESTS

# %% [markdown]
# ## 3. ReLU
#
# The simplest non-linearity: $\text{ReLU}(x) = \max(0, x)$, entry by entry, for arrays of any shape. It has no parameters, so
# `relu_backward` returns `dx` alone. Which entries let the gradient pass, and which array knows them?

# %% solution="relu_forward"
def relu_forward(x):
    """ReLU of an array of any shape.

    Returns out, of the same shape, and a cache for relu_backward.
    """
    ### BEGIN SOLUTION
    out = np.maximum(0, x)
    cache = x
    ### END SOLUTION
    return out, cache

# %% test="relu_forward" points=1
x = np.linspace(-0.5, 0.5, 12).reshape(3, 4)
out, _ = run_forward(relu_forward, x)
check.close(out, np.clip(x, 0, None), what="the output", mistakes={
    "This is the absolute value: negative numbers should become 0.": np.abs(x),
    "This is the sigmoid.": expit(x),
    "The negative numbers are kept and the positive ones became 0.": np.clip(x, None, 0),
    "`np.max(x, 0)` is the maximum along axis 0: `np.maximum(x, 0)` compares every number with 0.": x.max(axis=0),
}, hint="What is negative becomes 0, and all other numbers stay as they are.")
for shape in ((12,), (2, 3, 1, 2)):
    out, _ = run_forward(relu_forward, x.reshape(shape))
    check.close(out, np.clip(x, 0, None).reshape(shape), what=f"the output for x of shape {shape}", hint="The array may have any number of axes.")
check.passed("relu_forward cuts off what is negative, in arrays of one, two and four axes.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for shape in [(1,), (7,), (3, 5), (2, 3, 4), (2, 3, 4, 2)]:
    x = 100 * rng.normal(size=shape)
    out, _ = run_forward(relu_forward, x)
    right = (x + np.abs(x)) / 2
    check.close(out, right, what=f"the output for x of shape {shape}", mistakes={
        "This is the absolute value: negative numbers should become 0.": np.abs(x),
        "This is the sigmoid.": lambda: expit(x),
        "Large numbers are cut off too: only negative ones become 0.": np.clip(x, 0, 1),
        "Negative numbers become small here, not 0: that is a leaky ReLU.": np.maximum(x, 0.01 * x),
    }, hint="What is negative becomes 0, and all other numbers stay as they are.")
check.equal(run_forward(relu_forward, np.array([-1.0, 0.0, 2.0]))[0], [0, 0, 2], what="ReLU of −1, 0 and 2")
### END HIDDEN TESTS

# %% solution="relu_backward"
def relu_backward(dout, cache):
    """Gradient of relu_forward: dx, of the shape of x."""
    ### BEGIN SOLUTION
    x = cache
    dx = dout * (x > 0)
    ### END SOLUTION
    return dx

# %% test="relu_backward" points=1
rng = np.random.default_rng(231)
x, dout = rng.normal(size=(10, 10)), rng.normal(size=(10, 10))
_, cache = run_forward(relu_forward, x)
dx, = run_backward(relu_backward, dout, cache, 1)
check.gradient(dx, eval_numerical_gradient_array(lambda x: np.maximum(x, 0), x, dout), what="the gradient dx", mistakes={
    check.hint("The mask seems to come from dout: it is the sign of x that decides where the gradient passes.", why="relu-mask"): np.maximum(dout, 0),
    check.hint("The whole gradient comes through: where x is negative, nothing should.", why="relu-mask"): dout,
    "This is the derivative of the ReLU alone: by the chain rule it is multiplied by dout.": np.where(x > 0, 1.0, 0.0),
    "Negative gradients are cut off too: they pass where x is positive.": np.where(x > 0, np.maximum(dout, 0), 0),
}, hint="Look at one number: where x is positive its gradient is that of dout, unchanged; elsewhere it is 0.")
check.passed("relu_backward lets the gradient through where x was positive.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for shape in [(7,), (3, 5), (2, 3, 4), (2, 3, 4, 2)]:
    x, dout = rng.normal(size=shape), rng.normal(size=shape)
    try:
        _, cache = run_forward(relu_forward, x)
        run_forward(relu_forward, -x)
    except (ValueError, IndexError, AssertionError):
        if x.ndim != 2:
            continue                               # that the forward pass can't do it costs the point there only
        raise
    dx, = run_backward(relu_backward, dout, cache, 1)
    check.gradient(dx, np.where(x > 0, dout, 0), what=f"the gradient dx for x of shape {shape}", mistakes={
        check.hint("The mask seems to come from dout: it is the sign of x that decides where the gradient passes.", why="relu-mask"): np.maximum(dout, 0),
        check.hint("The whole gradient comes through: where x is negative, nothing should.", why="relu-mask"): dout,
        "The gradient passes where x is negative, and only there.": np.where(x < 0, dout, 0),
        "dx is multiplied by x: the derivative is 1 where x is positive, not x.": dout * np.maximum(x, 0),
        "This is the derivative of the ReLU alone: by the chain rule it is multiplied by dout.": np.where(x > 0, 1.0, 0.0),
        check.hint("Does the layer keep anything outside its cache? It was used twice here, before the first backward pass.", why="layer-cache"):
            np.where(x < 0, dout, 0),
    })
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Convolution
#
# An affine layer has a weight for every pixel, and learns "edge in the upper left corner" and "edge in the middle" as
# two different things. A **convolution** looks through a small window instead, and slides it over the whole image with the same weights
# everywhere. One filter, one feature; each output pixel says how strongly the feature is present *there*.
#
# Shapes: $N$ images of $C$ channels, $H \times W$ pixels; $F$ filters of $HH \times WW$ pixels, *each reaching through all $C$ channels*.
# With `stride` $s$ the window moves $s$ pixels at a time, and `pad` $p$ puts $p$ rows and columns of zeros on every side of the image first.
# Then, with $\tilde x$ the padded image,
#
# $$ \text{out}[n, f, i, j] \;=\; b_f + \sum_{c=1}^{C} \sum_{k=1}^{HH} \sum_{l=1}^{WW} w[f, c, k, l]\; \tilde x[n, c,\; i s + k,\; j s + l] . $$
#
# The output has $H' = 1 + \lfloor (H + 2p - HH) / s \rfloor$ rows, and columns likewise: where the last window would hang over the
# edge, there is none. (A mathematician would flip the filter and call ours a cross-correlation. Deep learning never flips:
# the weights are learned anyway.)
#
# Write it with loops: over images, filters, and the places of the window. `np.pad` makes the border.

# %% solution="conv_forward_naive"
def conv_forward_naive(x, w, b, conv_param):
    """Convolution layer by loops.

    x is (N, C, H, W); w is (F, C, HH, WW); b is (F,); conv_param is {"stride": ..., "pad": ...}.
    Returns out (N, F, H', W'), H' = 1 + (H + 2 * pad - HH) // stride and W' likewise, and a cache for conv_backward_naive.
    """
    ### BEGIN SOLUTION
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    H_out, W_out = 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = padded[n, :, i * stride:i * stride + HH, j * stride:j * stride + WW]    # (C, HH, WW)
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    cache = (x, w, b, conv_param)
    ### END SOLUTION
    return out, cache

# %% test="conv_forward_naive" points=5
x = np.linspace(-0.1, 0.5, 2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
w, b = np.linspace(-0.2, 0.3, 3 * 3 * 4 * 4).reshape(3, 3, 4, 4), np.linspace(-0.1, 0.2, 3)
correct = [[[[-0.08759809, -0.10987781], [-0.18387192, -0.2109216]],
            [[0.21027089, 0.21661097], [0.22847626, 0.23004637]],
            [[0.50813986, 0.54309974], [0.64082444, 0.67101435]]],
           [[[-0.98053589, -1.03143541], [-1.19128892, -1.24695841]],
            [[0.69108355, 0.66880383], [0.59480972, 0.56776003]],
            [[2.36270298, 2.36904306], [2.38090835, 2.38247847]]]]
left_over = np.linspace(-1, 1, 2 * 7 * 10).reshape(1, 2, 7, 10)
round_down = check.hint("A window that would hang over the edge is left out: round the number of places down, with `//`.", why="output-size")


def other_layers(x, w, b, stride, pad):
    """What mistakes would give."""
    def layer(x, w, pad=pad, stride=stride):
        return conv_forward_fast(x, w, b, {"stride": stride, "pad": pad})[0]

    def bordered(mode):
        return np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode=mode)

    right, biases, (C, HH, WW) = layer(x, w), b[:, None, None], w.shape[1:]
    (H, W), (rows, columns) = x.shape[2:], right.shape[2:]
    inside = (np.arange(rows) * stride <= H - HH)[:, None] & (np.arange(columns) * stride <= W - WW)
    return {
        "The filters seem to be flipped: no flipping here.": lambda: layer(x, w[:, :, ::-1, ::-1]),
        "Is the bias b added?": right - biases,
        "The bias is subtracted, not added.": right - 2 * biases,
        "The bias is added once for each channel: there is one for each filter.": right + (C - 1) * biases,
        "The bias is added to every product: it belongs to their sum, once.": right + (C * HH * WW - 1) * biases,
        "The border is not filled with zeros but with the pixels next to it.": lambda: layer(bordered("edge"), w, 0),
        "The border is filled with a mirror image, not with zeros.": lambda: layer(bordered("reflect"), w, 0),
        "The zeros stand on one side of the image only: `pad` rows and columns belong on every side.":
            lambda: layer(np.pad(x, ((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad))), w, 0),
        "The image seems not to be padded.": lambda: layer(x, w, 0),
        "Is the stride used? The window moves by `stride` pixels, not by one.": lambda: layer(x, w, stride=1),
        "Does the window begin at i * stride and j * stride?": lambda: layer(x, w, stride=1)[:, :, :rows, :columns],
        "Only the first channel is looked at: each filter reaches through all of them.": lambda: layer(x[:, :1], w[:, :1]),
        "Only the last channel is in the output: the products of all channels are added up.": lambda: layer(x[:, -1:], w[:, -1:]),
        "This is the mean over each window: the products are added up.": (right - biases) / (C * HH * WW) + biases,
        "Places at the end are still 0: the window runs over the padded image, which is larger than x.": right * inside,
        "Rows and columns of the output are exchanged.": lambda: layer(x.swapaxes(2, 3), w.swapaxes(2, 3)),
        "Does i count the rows, and j the columns? Their places are exchanged.": right.swapaxes(2, 3),
        "Filters and places are mixed: a product with a row for each window and a column for each filter is reshaped to (N, H', W', F), and then "
        "transposed to (N, F, H', W').": lambda: right.transpose(0, 2, 3, 1).reshape(right.shape),
    }

def which_input(x, w, b, stride, pad):
    """A hint by what the output depends on, and by whether it is right for a single image."""
    of = lambda x, w, b: conv_forward_naive(x, w, b, {"stride": stride, "pad": pad})[0]
    if found := check.influence(of, affine=("x", "w", "b"), x=x, w=w, b=b):
        return found
    right = lambda x, w, b: np.allclose(of(x, w, b), conv_forward_fast(x, w, b, {"stride": stride, "pad": pad})[0])
    if len(x) > 1 and right(x[:1].copy(), w.copy(), b.copy()):
        return "For a single image this is right: does each image of the batch get its own output?"
    if len(w) > 1 and right(x.copy(), w[:1].copy(), b[:1].copy()):
        return "For a single filter this is right: does each filter get its own channel of the output?"
    if right(x[:, :1].copy(), w[:, :1].copy(), b.copy()):
        return "For images of one channel this is right: each filter reaches through all channels of its window."
    return ""

### BEGIN HIDDEN TESTS
from scipy.signal import correlate

def convolved(x, w, b, stride, pad):
    """The layer from SciPy's three-dimensional correlation of each image with each filter."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    maps = np.array([[correlate(image, kernel, mode="valid", method="direct")[0] for kernel in w] for image in padded])
    return maps[:, :, ::stride, ::stride] + b[:, None, None]

def check_outputs(sizes, paid=False):
    """Against SciPy, for each N, C, H, W, F, HH, WW, stride, pad; paid=True: known mistakes have cost their points already."""
    rng = check.rng()
    for N, C, H, W, F, HH, WW, stride, pad in sizes:
        x, w, b = rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C, HH, WW)), rng.normal(size=F)
        right = convolved(x, w, b, stride, pad)
        case = f"for x of shape {x.shape}, w of shape {w.shape}, stride {stride} and pad {pad}"
        rows, columns = (1 + (H + 2 * pad - HH) / stride, 1 + (W + 2 * pad - WW) / stride)
        on_error = "" if rows % 1 == columns % 1 == 0 else round_down
        fitting = x[:, :, :H - (H + 2 * pad - HH) % stride, :W - (W + 2 * pad - WW) % stride]
        out, _ = run_forward(conv_forward_naive, x, w, b, {"stride": stride, "pad": pad}, on_error=on_error, fitting=fitting)
        check.shape(out, right.shape, what=f"the output {case}", mistakes={
            round_down: (N, F, round(rows), round(columns)),
            round_down + " ": (N, F, -int(-rows // 1), -int(-columns // 1)),
            "The image seems not to be padded.": convolved(x, w, b, stride, 0).shape if HH <= H and WW <= W else (),
            "Is the stride used? The window moves by `stride` pixels, not by one.": convolved(x, w, b, 1, pad).shape,
            "One row and one column are missing: in a row of 5 pixels, a window of 3 has three places.":
                (N, F, right.shape[2] - 1, right.shape[3] - 1),
        }, hint="Do height and width get mixed up? Here they differ, for images and filters: see H' and W' in the text."
           if H != W or HH != WW else "Look at H' and W' in the text above the question.")
        known = other_layers(x, w, b, stride, pad)
        check.close(out, check.due(out, right, *known.values()) if paid else right, what=f"the output {case}", mistakes=known)
### END HIDDEN TESTS

with check.part(4, "windows that fit"):
    out, _ = run_forward(conv_forward_naive, x, w, b, {"stride": 2, "pad": 1})
    check.shape(out, (2, 3, 2, 2), what="the output", hint="Look at H' and W' in the text above the question.")
    check.close(out, correct, what="the output", rtol=1e-8, mistakes=other_layers(x, w, b, 2, 1), hint=lambda: which_input(x, w, b, 2, 1))
    narrow = "Do height and width get mixed up? Here the images have 4 rows and 3 columns, the filters 2 and 3."
    out, _ = run_forward(conv_forward_naive, x[:, :, :, :3], w[:, :, :2, :3], b, {"stride": 1, "pad": 0}, on_error=narrow)
    right = conv_forward_fast(x[:, :, :, :3], w[:, :, :2, :3], b, {"stride": 1, "pad": 0})[0]
    check.shape(out, right.shape, what="the output for images of 4 × 3 pixels and windows of 2 × 3", hint=narrow)
    check.close(out, right, what="the output for images of 4 × 3 pixels and windows of 2 × 3",
                mistakes=other_layers(x[:, :, :, :3], w[:, :, :2, :3], b, 1, 0), hint=narrow)
    ### BEGIN HIDDEN TESTS
    check_outputs([  # N, C, H, W, F, HH, WW, stride, pad
        (1, 1, 3, 3, 1, 3, 3, 1, 0), (2, 3, 5, 7, 4, 3, 3, 1, 1), (2, 2, 6, 5, 3, 2, 3, 2, 0), (2, 3, 4, 5, 5, 4, 3, 2, 1),
        (3, 1, 4, 6, 2, 1, 1, 1, 0), (2, 2, 6, 9, 3, 3, 3, 3, 0), (1, 3, 7, 5, 2, 3, 1, 2, 1), (2, 2, 5, 7, 3, 3, 5, 3, 2),
    ])
    ### END HIDDEN TESTS

with check.part(1, "pixels left over at the edge"):
    right = conv_forward_fast(left_over, w[:, :2, :2, :2], b, {"stride": 3, "pad": 0})[0]
    out, _ = run_forward(conv_forward_naive, left_over, w[:, :2, :2, :2], b, {"stride": 3, "pad": 0}, on_error=round_down, fitting=left_over[:, :, :5, :8])
    check.shape(out, (1, 3, 2, 3), what="the output for images of 7 × 10 pixels, windows of 2 × 2 and stride 3", hint=round_down)
    known = other_layers(left_over, w[:, :2, :2, :2], b, 3, 0)                       # each of these has cost its points above
    check.close(out, check.due(out, right, *known.values()), what="the output for images of 7 × 10 pixels, windows of 2 × 2 and stride 3")
    ### BEGIN HIDDEN TESTS
    check_outputs([(1, 3, 7, 4, 2, 3, 1, 2, 1), (2, 2, 6, 9, 3, 3, 5, 3, 2), (1, 2, 5, 5, 3, 2, 2, 4, 0), (1, 1, 6, 6, 2, 3, 2, 4, 0)], paid=True)
    ### END HIDDEN TESTS

# %% [markdown]
# ### Convolution as image processing
#
# Before filters are learned, let's choose some by hand. On two photographs: a filter that mixes red, green and blue into grey, and
# two that look at differences, one between the rows above and below, one between the columns left and right. What should each of them
# show?

# %% experiment
pavilion, flower = photographs()
small = np.stack([pavilion, flower])[:, ::2, ::2] / 255           # (2, 160, 240, 3), values from 0 to 1
x = small.transpose(0, 3, 1, 2)                                   # (2, 3, 160, 240)

grey = np.array([0.3, 0.6, 0.1])[:, None, None]                   # how bright red, green and blue look to us
nothing = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
rows = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])             # above minus below
w = np.stack([grey * nothing, grey * rows, grey * rows.T])        # (3, 3, 3, 3)

started = time.perf_counter()
out, _ = conv_forward_naive(x, w, np.zeros(3), {"stride": 1, "pad": 1})
print(f"{out.size:,} windows in {time.perf_counter() - started:.1f} s")

edges = 0.5 + out[:, 1:] / 3                                      # 0 becomes mid-grey
planes = np.clip(np.concatenate([out[:, :1], edges], axis=1), 0, 1)[..., None].repeat(3, axis=-1)    # (2, 3, 160, 240, 3)
plots.images([small[0], *planes[0], small[1], *planes[1]], ["original", "grey", "horizontal edges", "vertical edges"] * 2, columns=4, size=2.6)

# %% [markdown]
# In the two pictures on the right, mid-grey means "no difference here"; bright and dark are edges, one in each direction. The roofs of the
# pavilion show up in one filter and its columns in the other; the petals in both. Change the numbers in `rows` and run the cell
# again: what do nine times 1/9 do? And what does −1 all around with 8 in the middle?
#
# ### Back through the convolution
#
# Now the gradients. Look at one output pixel: it was made from one window, by multiplying and adding. So it sends its
# `dout[n, f, i, j]` back to
#
# - the bias: `db[f]` gets it as it is;
# - the filter: `dw[f]` gets it times the window;
# - the image: the *window* of `dx` gets it times the filter.
#
# That is the same loop as in the forward pass. Two traps: windows overlap, so one pixel hears from many outputs. And what you get is the
# gradient of the *padded* image, of which only the middle is asked for.

# %% solution="conv_backward_naive"
def conv_backward_naive(dout, cache):
    """Gradients of conv_forward_naive by loops.

    dout is (N, F, H', W'); cache comes from conv_forward_naive.
    Returns dx, dw, db with the shapes of x, w and b.
    """
    ### BEGIN SOLUTION
    x, w, b, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    N, F, H_out, W_out = dout.shape
    HH, WW = w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, dw, db = np.zeros_like(padded), np.zeros_like(w), np.zeros_like(b)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    rows, columns = slice(i * stride, i * stride + HH), slice(j * stride, j * stride + WW)
                    dpadded[n, :, rows, columns] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * padded[n, :, rows, columns]
                    db[f] += dout[n, f, i, j]
    H, W = x.shape[2:]
    dx = dpadded[:, :, pad:pad + H, pad:pad + W]
    ### END SOLUTION
    return dx, dw, db

# %% test="conv_backward_naive" points=6
rng = np.random.default_rng(231)
x, w, b, dout = rng.normal(size=(4, 3, 5, 5)), rng.normal(size=(2, 3, 3, 3)), rng.normal(size=2), rng.normal(size=(4, 2, 5, 5))
conv_param = {"stride": 1, "pad": 1}
overlapping = check.hint("Windows overlap: each pixel must collect (`+=`) from all the windows that it lies in.", why="overlap")
for_each_filter = "There is one bias for each filter: add up over images and places."
mean_of_places = check.hint("db is a mean: every output pixel of every image adds to it, so it is a sum.", why="bias-gradient")
empty = check.hint("Without padding nothing may be cut off. But −0 is 0, so `[0:-0]` is empty: say where the slices end, counted from the front.", why="minus-zero")


def other_gradients(which, x, w, b, dout, stride, pad):
    """What mistakes would give for dx or dw."""
    (N, C, H, W), (HH, WW) = x.shape, w.shape[2:]

    def both(x, w, dout, pad):
        return conv_backward_fast(dout, conv_forward_fast(x, w, b[:len(w)], {"stride": stride, "pad": pad})[1])[:2]

    if which == "dw":
        right, clipped = both(x, w, dout, pad)[1], np.zeros(w.shape)
        for n, f, i, j in np.ndindex(dout.shape):
            window = x[n, :, i * stride:i * stride + HH, j * stride:j * stride + WW]
            clipped[f, :, :window.shape[1], :window.shape[2]] += dout[n, f, i, j] * window
        return {
            "The windows seem to be taken from the image without its border.": clipped,
            "dw collects (`+=`) from all images and places: only the very last one is in it.": lambda: np.array(
                [dout[-1, f, -1, -1] * np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))[-1, :, (dout.shape[2] - 1) * stride:, (dout.shape[3] - 1) * stride:]
                 [:, :HH, :WW] for f in range(len(w))]),
            "dw collects from all images: is only one of them in it?": lambda: both(x[-1:], w, dout[-1:], pad)[1],
            "Is dw divided by N? Only the loss is a mean.": right / N,
            "dw is a mean over the places of the window: all of them add to it.": right / (dout.shape[2] * dout.shape[3]),
            "dw collects (`+=`) from all places: only the last one is in it.": lambda: both(
                np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))[:, :, (dout.shape[2] - 1) * stride:, (dout.shape[3] - 1) * stride:][:, :, :HH, :WW],
                w, dout[:, :, -1:, -1:], 0)[1],
            "The filters seem to be flipped on the way back.": right[:, :, ::-1, ::-1],
        }
    bordered = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dpadded, last = both(bordered, w, dout, 0)[0], np.zeros(bordered.shape)
    for n, f, i, j in np.ndindex(dout.shape):
        last[n, :, i * stride:i * stride + HH, j * stride:j * stride + WW] = dout[n, f, i, j] * w[f]
    middle, rows, columns = (slice(None), slice(None), slice(pad, pad + H), slice(pad, pad + W)), np.arange(H + 2 * pad) - pad, np.arange(W + 2 * pad) - pad
    wrapped = np.zeros(x.shape)
    np.add.at(wrapped, (slice(None), slice(None), rows[rows < H][:, None], columns[columns < W]), dpadded[:, :, rows < H][:, :, :, columns < W])
    return {
        overlapping: last[middle],
        "The wrong part of the padded image is cut out: its middle is asked for.": dpadded[:, :, :H, :W],
        "An index below 0 counts from the other end in Python: what belongs to the border must be left out.": wrapped,
        "dx collects from all filters: only the last one is in it.": lambda: both(bordered, w[-1:], dout[:, -1:], 0)[0][middle],
        "dx collects from all filters: only the first one is in it.": lambda: both(bordered, w[:1], dout[:, :1], 0)[0][middle],
        "The filter seems to be flipped on the way back.": lambda: both(bordered, w[:, :, ::-1, ::-1], dout, 0)[0][middle],
        "Is dx divided by N? Only the loss is a mean.": dpadded[middle] / N,
    }

def which_input(place, *others):
    """A hint by what a gradient, the first or second one, depends on: dout, and x or w, but no others."""
    given = {"dout": dout, "x": x, "w": w}
    return check.influence(lambda dout, x, w: conv_backward_naive(dout, conv_forward_naive(x, w, b, conv_param)[1])[place], affine=given, without=others, **given)

### BEGIN HIDDEN TESTS
from scipy.signal import convolve2d, correlate2d

def spread(dout, rows, columns, stride):
    """dout on the grid of stride 1, with zeros between."""
    full = np.zeros((*dout.shape[:2], rows, columns))
    full[:, :, ::stride, ::stride][:, :, :dout.shape[2], :dout.shape[3]] = dout
    return full

def gradients(padded, w, dout, stride):
    """Gradients of the padded image and of the filters: a full convolution, and a correlation, by SciPy."""
    grid = spread(dout, padded.shape[2] - w.shape[2] + 1, padded.shape[3] - w.shape[3] + 1, stride)
    dpadded = [[sum(convolve2d(grid[n, f], w[f, c]) for f in range(len(w))) for c in range(w.shape[1])] for n in range(len(padded))]
    dw = [[sum(correlate2d(padded[n, c], grid[n, f], "valid") for n in range(len(padded))) for c in range(w.shape[1])] for f in range(len(w))]
    return np.array(dpadded), np.array(dw)

def check_gradients(which, sizes):
    """One of dx, dw and db against SciPy, for each N, C, H, W, F, HH, WW, stride, pad."""
    rng = check.rng()
    two_uses = check.hint("Does the layer keep anything outside its cache? It was used twice here, before the first backward pass.", why="layer-cache")
    for N, C, H, W, F, HH, WW, stride, pad in sizes:
        x, w, b = rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C, HH, WW)), rng.normal(size=F)
        other = rng.normal(size=x.shape)
        padded, border = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))), (slice(None), slice(None), slice(pad, pad + H), slice(pad, pad + W))
        dout = rng.normal(size=(N, F, 1 + (H + 2 * pad - HH) // stride, 1 + (W + 2 * pad - WW) // stride))
        dpadded, right_dw = gradients(padded, w, dout, stride)
        case = f"for x of shape {x.shape}, w of shape {w.shape}, stride {stride} and pad {pad}"
        left_over = (H + 2 * pad - HH) % stride or (W + 2 * pad - WW) % stride
        try:
            out, cache = run_forward(conv_forward_naive, x, w, b, {"stride": stride, "pad": pad})
            run_forward(conv_forward_naive, other, 2 * w, b, {"stride": stride, "pad": pad})    # a second use, with a cache of its own
        except (ValueError, IndexError, AssertionError):
            if left_over or H != W or HH != WW:
                continue                               # that the forward pass can't do it costs points there only
            raise
        if np.shape(out) != dout.shape and (left_over or H != W or HH != WW):
            continue                                   # rounded up, or height for width: that has cost its points in the forward pass
        check.shape(out, dout.shape, what=f"the output of the forward pass {case}", hint="Without it the backward pass can't be tried.")
        dx, dw, db = run_backward(conv_backward_naive, dout, cache, 3, (x, w, b), which == "db")
        if which == "dx":
            check.shape(dx, x.shape, what=f"dx {case}", hint="dx has the shape of x: cut off the border that the padding added.",
                        mistakes={empty: (N, C, 0, 0)})
            strideless = lambda: gradients(padded, w, spread(dout, padded.shape[2] - HH + 1, padded.shape[3] - WW + 1, 1), 1)
            of_other = lambda: gradients(np.pad(other, ((0, 0), (0, 0), (pad, pad), (pad, pad))), w, dout, stride)[1]
            paid = (lambda: strideless()[0][border] if np.allclose(dw, strideless()[1]) else None,         # each has cost the points of dw
                    lambda: 2 * dpadded[border] if np.allclose(dw, of_other()) else None)
            known = other_gradients("dx", x, w, b, dout, stride, pad)
            if pad == 0:
                paid = (*paid, *known.values())        # these, too: padded images have shown them
            check.gradient(dx, check.due(dx, dpadded[border], *paid), what=f"the gradient dx {case}", mistakes={
                **known,
                "Does each output go back to the window that begins at i * stride and j * stride?":
                    lambda: gradients(padded, w, spread(dout, padded.shape[2] - HH + 1, padded.shape[3] - WW + 1, 1), 1)[0][border],
                two_uses: 2 * dpadded[border],
            })
        elif which == "dw":
            check.gradient(dw, right_dw, what=f"the gradient dw {case}", mistakes={
                **other_gradients("dw", x, w, b, dout, stride, pad),
                two_uses: lambda: gradients(np.pad(other, ((0, 0), (0, 0), (pad, pad), (pad, pad))), w, dout, stride)[1],
                "Does each output look at the window that begins at i * stride and j * stride?":
                    lambda: gradients(padded, w, spread(dout, padded.shape[2] - HH + 1, padded.shape[3] - WW + 1, 1), 1)[1],
            })
        else:
            check.gradient(db, dout.sum(axis=(0, 2, 3)), what=f"the gradient db {case}", mistakes={
                mean_of_places: dout.mean(axis=(0, 2, 3)),
                "db collects from all places of the window, and from all images too.": dout[-1].sum(axis=(1, 2)),
            }, hint=for_each_filter)

bordered = [(2, 3, 5, 6, 4, 3, 3, 1, 1), (1, 3, 7, 5, 2, 3, 1, 2, 1), (2, 2, 5, 6, 3, 3, 4, 3, 2), (1, 3, 7, 4, 2, 3, 1, 2, 1), (2, 2, 6, 8, 3, 3, 4, 3, 2),
            (2, 3, 4, 4, 2, 3, 3, 1, 1), (2, 2, 5, 5, 3, 3, 3, 2, 1)]
### END HIDDEN TESTS

with check.part(1, "db"):
    right = eval_numerical_gradient_array(lambda b: conv_forward_fast(x, w, b, conv_param)[0], b, dout)
    db = run_backward(conv_backward_naive, dout, run_forward(conv_forward_naive, x, w, b, conv_param)[1], 3, (x, w, b), True)[2]
    check.gradient(db, right, what="the gradient db", mistakes={mean_of_places: dout.mean(axis=(0, 2, 3))}, hint=for_each_filter)
    ### BEGIN HIDDEN TESTS
    check_gradients("db", bordered)
    ### END HIDDEN TESTS

with check.part(2, "dw"):
    right = eval_numerical_gradient_array(lambda w: conv_forward_fast(x, w, b, conv_param)[0], w, dout)
    dw = run_backward(conv_backward_naive, dout, run_forward(conv_forward_naive, x, w, b, conv_param)[1], 3, (x, w, b))[1]
    check.gradient(dw, right, what="the gradient dw", mistakes=other_gradients("dw", x, w, b, dout, 1, 1), hint=lambda: which_input(1, "w"))
    strided = {"stride": 2, "pad": 1}
    right = eval_numerical_gradient_array(lambda w: conv_forward_fast(x, w, b, strided)[0], w, dout[:, :, :3, :3])
    dw = run_backward(conv_backward_naive, dout[:, :, :3, :3], run_forward(conv_forward_naive, x, w, b, strided)[1], 3, (x, w, b))[1]
    check.gradient(dw, right, what="the gradient dw for stride 2", hint="Does each output look at the window that begins at i * stride and j * stride?")
    ### BEGIN HIDDEN TESTS
    check_gradients("dw", bordered)
    ### END HIDDEN TESTS

with check.part(2, "dx"):
    right = eval_numerical_gradient_array(lambda x: conv_forward_fast(x, w, b, conv_param)[0], x, dout)
    dx = run_backward(conv_backward_naive, dout, run_forward(conv_forward_naive, x, w, b, conv_param)[1], 3, (x, w, b))[0]
    check.shape(dx, x.shape, what="dx", hint="dx has the shape of x: cut off the border that the padding added.")
    check.gradient(dx, right, what="the gradient dx", mistakes=other_gradients("dx", x, w, b, dout, 1, 1), hint=lambda: which_input(0, "x"))
    ### BEGIN HIDDEN TESTS
    check_gradients("dx", bordered)
    ### END HIDDEN TESTS

with check.part(1, "without a border (pad 0)"):
    one_filter, one_bias, upstream = w[:1, :, :1, :1], b[:1], dout[:, :1]               # windows of 1 × 1 pixel do not overlap
    cache = run_forward(conv_forward_naive, x, one_filter, one_bias, {"stride": 1, "pad": 0})[1]
    dx = run_backward(conv_backward_naive, upstream, cache, 3, (x, one_filter, one_bias))[0]
    check.shape(dx, x.shape, what="dx without padding", mistakes={empty: (4, 3, 0, 0)})
    check.gradient(dx, upstream * one_filter[0], what="the gradient dx without padding")
    ### BEGIN HIDDEN TESTS
    check_gradients("dx", [(2, 1, 3, 3, 1, 3, 3, 1, 0), (3, 2, 4, 6, 1, 1, 1, 1, 0)])
    ### END HIDDEN TESTS

# %% [markdown]
# ## 5. Max-pooling
#
# Convolution says *where* a feature is. Often it is enough to know roughly where. Max-pooling keeps the largest value of each window
# and forgets its exact place; each channel is pooled by itself, and with 2 × 2 windows and stride 2 the image shrinks to a quarter.
#
# There are $H' = 1 + \lfloor (H - \text{pool\_height}) / s \rfloor$ rows of windows, and columns likewise. No padding here.

# %% solution="max_pool_forward_naive"
def max_pool_forward_naive(x, pool_param):
    """Max-pooling layer by loops.

    x is (N, C, H, W); pool_param is {"pool_height": ..., "pool_width": ..., "stride": ...}.
    Returns out (N, C, H', W'), H' = 1 + (H - pool_height) // stride and W' likewise, and a cache for max_pool_backward_naive.
    """
    ### BEGIN SOLUTION
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - height) // stride, 1 + (W - width) // stride))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + width]
            out[:, :, i, j] = window.max(axis=(2, 3))
    cache = (x, pool_param)
    ### END SOLUTION
    return out, cache

# %% test="max_pool_forward_naive" points=3
start = check.hint("The search for the maximum starts at a number that may be larger than a whole window.", why="max-start")
in_window = "These are places in the windows (`argmax`): their largest values are asked for."
stride_unused = "Is the stride used? Windows move by `stride` pixels, not by their own size."
one_left_out = "The last values of each window are left out: does the search for the maximum end too early?"
negative = check.hint("Negative maxima became 0: where does the search for the maximum start?", why="max-start")
round_down = check.hint("A window that would hang over the edge is left out: round the number of places down, with `//`.", why="output-size")

def ignores_stride():
    """Whether the windows move by their own size, whatever the stride is."""
    try:
        return np.shape(max_pool_forward_naive(np.zeros((1, 1, 4, 4)), {"pool_height": 2, "pool_width": 2, "stride": 1})[0]) == (1, 1, 2, 2)
    except Exception:
        return False

### BEGIN HIDDEN TESTS
from numpy.lib.stride_tricks import sliding_window_view

def windows(x, height, width, stride):
    """All windows: (N, C, H', W', height, width)."""
    return sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride]

def known_pools(x, out, height, width, stride):
    """What mistakes would give, from all windows."""
    every, C = windows(x, height, width, stride), x.shape[1]
    right = every.max(axis=(4, 5))
    return {
        negative: np.maximum(right, 0),
        start: lambda: np.maximum(right, np.min(out[out > right], initial=np.inf)),
        "This is the mean of each window: its maximum is asked for.": every.mean(axis=(4, 5)),
        "This is the sum of each window: its maximum is asked for.": every.sum(axis=(4, 5)),
        "This is the largest absolute value: a large negative number does not win.": np.abs(every).max(axis=(4, 5)),
        "This is the smallest value of each window.": every.min(axis=(4, 5)),
        in_window: every.reshape(*every.shape[:4], -1).argmax(axis=4),
        one_left_out: lambda: every.reshape(*every.shape[:4], -1)[..., :-1].max(axis=4),
        one_left_out + " ": lambda: every[..., :-1, :-1].max(axis=(4, 5)),
        "pool_height is used for the width too.": lambda: windows(x, height, height, stride).max(axis=(4, 5)),
        "pool_width is used for the height too.": lambda: windows(x, width, width, stride).max(axis=(4, 5)),
        "Height and width of the windows are exchanged.": lambda: windows(x, width, height, stride).max(axis=(4, 5)),
        "The maximum runs over the channels too: each channel is pooled by itself.":
            lambda: np.repeat(every.max(axis=(1, 4, 5))[:, None], C, axis=1),
        stride_unused:
            lambda: sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::height, ::width].max(axis=(4, 5)),
        "Do the windows begin at i * stride and j * stride?":
            lambda: windows(x, height, width, 1)[:, :, :every.shape[2], :every.shape[3]].max(axis=(4, 5)),
    }

def check_outputs(sizes, paid=False):
    """For each N, C, H, W, pool height, pool width, stride; paid=True: known mistakes have cost their points already."""
    rng = check.rng()
    for N, C, H, W, height, width, stride in sizes:
        x = 1000 * rng.normal(size=(N, C, H, W)) - 1500            # mostly negative, and below what a search may start at
        every = windows(x, height, width, stride)
        rows, columns = 1 + (H - height) / stride, 1 + (W - width) / stride
        on_error = "" if rows % 1 == columns % 1 == 0 else round_down
        out, _ = run_forward(max_pool_forward_naive, x, {"pool_height": height, "pool_width": width, "stride": stride}, on_error=on_error,
                             fitting=x[:, :, :H - (H - height) % stride, :W - (W - width) % stride])
        case, right = f"the output for x of shape {x.shape}, windows of {height} × {width} and stride {stride}", every.max(axis=(4, 5))
        check.shape(out, every.shape[:4], what=case, mistakes={
            "pool_height is used for the width too.": (N, C, every.shape[2], 1 + (W - height) // stride),
            "pool_width is used for the height too.": (N, C, 1 + (H - width) // stride, every.shape[3]),
            stride_unused: sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::height, ::width].shape[:4],
            round_down: (N, C, round(rows), round(columns)),
            round_down + " ": (N, C, -int(-rows // 1), -int(-columns // 1)),
        }, hint="Look at H' and W' in the text above the question.")
        known = known_pools(x, out, height, width, stride)
        check.close(out, check.due(out, right, *known.values()) if paid else right, what=case, mistakes=known,
                    hint="Look at height and width: here they differ, and a last row or column may belong to no window.")
### END HIDDEN TESTS

with check.part(2, "windows that fit"):
    x = np.linspace(-0.7, 0.8, 2 * 3 * 4 * 4).reshape(2, 3, 4, 4) ** 3          # in steps of different size
    out, _ = run_forward(max_pool_forward_naive, x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    check.shape(out, (2, 3, 2, 2), what="the output", hint="Look at H' and W' in the text above the question.")
    check.close(out, x[:, :, 1::2, 1::2], what="the output (here the values grow to the right and downwards)", mistakes={
        negative: np.maximum(x[:, :, 1::2, 1::2], 0),
        start: lambda: np.maximum(x[:, :, 1::2, 1::2], np.min(out[out > x[:, :, 1::2, 1::2]], initial=np.inf)),
        "This is the mean of each window: its maximum is asked for.": x.reshape(2, 3, 2, 2, 2, 2).mean(axis=(3, 5)),
        "This is the sum of each window: its maximum is asked for.": x.reshape(2, 3, 2, 2, 2, 2).sum(axis=(3, 5)),
        "This is the largest absolute value: a large negative number does not win.": np.abs(x.reshape(2, 3, 2, 2, 2, 2)).max(axis=(3, 5)),
        "This is the smallest value of each window.": x[:, :, ::2, ::2],
        "The maximum runs over the channels too: each channel is pooled by itself.": np.repeat(x[:, -1:, 1::2, 1::2], 3, axis=1),
        in_window: np.full((2, 3, 2, 2), 3),
        one_left_out: x[:, :, 1::2, ::2],
        one_left_out + " ": x[:, :, ::2, ::2],
        "Do the windows begin at i * stride and j * stride?": x[:, :, 1:3, 1:3],
        "The windows reach down to the lower edge: the rows end before i * stride + pool_height.": np.repeat(x[:, :, 3:, 1::2], 2, axis=2),
        "The windows reach to the right edge: the columns end before j * stride + pool_width.": np.repeat(x[:, :, 1::2, 3:], 2, axis=3),
        "The windows have a row too few: the rows end before i * stride + pool_height.": x[:, :, ::2, 1::2],
        "The windows have a column too few: the columns end before j * stride + pool_width.": x[:, :, 1::2, ::2],
        "The windows have a row too many: the rows end before i * stride + pool_height.": x[:, :, 2:, 1::2],
        "The windows have a column too many: the columns end before j * stride + pool_width.": x[:, :, 1::2, 2:],
    })
    x = np.sin(np.arange(2 * 4 * 7.0)).reshape(1, 2, 4, 7)
    pool_param = {"pool_height": 2, "pool_width": 3, "stride": 2}
    right = max_pool_forward_fast(x, pool_param)[0]
    out, _ = run_forward(max_pool_forward_naive, x, pool_param)
    check.shape(out, right.shape, what="the output for windows of 2 × 3", mistakes={
        stride_unused: (1, 2, 2, 2), "Is the stride used for both axes? Windows move by `stride` pixels, not by their own size.": (1, 2, 2, 1),
    }, hint="Height and width of the windows differ here: is each used in its own place?")
    check.close(out, right, what="the output for windows of 2 × 3", mistakes={
        "pool_height is used for the width too.": lambda: max_pool_forward_fast(x, {**pool_param, "pool_width": 2})[0],
    }, hint="Height and width of the windows differ here: is each used in its own place?")
    ### BEGIN HIDDEN TESTS
    check_outputs([(1, 1, 2, 2, 2, 2, 2), (2, 3, 4, 6, 2, 2, 2), (2, 2, 6, 7, 2, 3, 2), (1, 3, 7, 6, 3, 2, 2), (2, 2, 6, 4, 3, 1, 3), (3, 2, 5, 5, 2, 2, 1),
                   (2, 2, 3, 8, 1, 4, 1)])
    ### END HIDDEN TESTS

with check.part(1, "pixels left over at the edge"):
    x = np.cos(np.arange(7 * 5.0)).reshape(1, 1, 7, 5)
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 3}
    right = max_pool_forward_fast(x, pool_param)[0]
    paid = ignores_stride()                          # that has cost its points where windows fit
    out, _ = run_forward(max_pool_forward_naive, x, pool_param, on_error=round_down, fitting=x[:, :, :5])
    if paid and np.shape(out) == (1, 1, 3, 2):
        out = right
    check.shape(out, right.shape, what="the output for an image of 7 × 5 pixels, windows of 2 × 2 and stride 3", hint=round_down)
    ### BEGIN HIDDEN TESTS
    right = check.due(out, right, *known_pools(x, out, 2, 2, 3).values())            # a known mistake has cost its points above
    ### END HIDDEN TESTS
    check.close(out, right, what="the output for an image of 7 × 5 pixels, windows of 2 × 2 and stride 3")
    ### BEGIN HIDDEN TESTS
    check_outputs([(2, 2, 5, 7, 2, 2, 2), *([] if paid else [(1, 3, 7, 5, 3, 2, 2), (2, 1, 7, 6, 2, 2, 3)])], paid=True)
    ### END HIDDEN TESTS

# %% [markdown]
# Backwards, each window sends its gradient to the pixel that won. Only that pixel mattered: had another one changed a little, the output
# would be the same.
#
# Two details. With a stride smaller than the window, a pixel may win in several windows. And after a ReLU, many windows hold nothing but
# zeros, a tie: the gradient must still arrive only once in all, so give it to one of the winners, whichever you like.

# %% solution="max_pool_backward_naive"
def max_pool_backward_naive(dout, cache):
    """Gradient of max_pool_forward_naive.

    dout is (N, C, H', W'); cache comes from max_pool_forward_naive.
    Returns dx, of the shape of x.
    """
    ### BEGIN SOLUTION
    x, pool_param = cache
    height, width, stride = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride:i * stride + height, j * stride:j * stride + width]
        k, l = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, i * stride + k, j * stride + l] += dout[n, c, i, j]
    ### END SOLUTION
    return dx

# %% test="max_pool_backward_naive" points=3


def other_gradients(x, dout, height, width, stride):
    """What mistakes would give, from a loop over the windows: hint → gradient."""
    known = {hint: np.zeros(x.shape) for hint in (
        check.hint("Windows overlap: a pixel that wins in several must collect (`+=`) from all of them.", why="overlap"),
        "The gradient is shared by all entries of a window, as for a mean: only the largest one gets it, all of it.",
        "The gradient goes to all entries of a window: only the largest one gets it.",
        "The place is counted from the corner of the window: in dx the window itself begins at i * stride and j * stride.",
        "The largest entries get 1: by the chain rule they get dout.",
        "The gradient is multiplied by the largest value: the derivative of a maximum by its winner is 1.",
        "The gradient goes to the smallest value of each window.",
    )}
    overlap, shared, every, corner, one, times, smallest = known.values()
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * stride:i * stride + height, j * stride:j * stride + width]
        (k, l), (m, o) = (np.unravel_index(place, window.shape) for place in (np.argmax(window), np.argmin(window)))
        row, column, slope = i * stride, j * stride, dout[n, c, i, j]
        overlap[n, c, row + k, column + l] = slope
        shared[n, c, row:row + height, column:column + width] += slope / window.size
        every[n, c, row:row + height, column:column + width] += slope
        corner[n, c, k, l] += slope
        one[n, c, row + k, column + l] = 1
        times[n, c, row + k, column + l] += slope * window[k, l]
        smallest[n, c, row + m, column + o] += slope
    return known


by_width = ("`argmax` numbers the places of a window row by row: number k is in row k // width, column k % width. "
            "(`np.unravel_index(k, window.shape)` says the same.)")
once = check.hint("A tie: the gradient must arrive once in all, not once for each of the winners.", why="pool-ties")
### BEGIN HIDDEN TESTS
from numpy.lib.stride_tricks import sliding_window_view

def pooled(x, height, width, stride):
    return sliding_window_view(x, (height, width), axis=(2, 3))[:, :, ::stride, ::stride].max(axis=(4, 5))

def check_gradients(sizes):
    """For each N, C, H, W, pool height, pool width, stride."""
    rng = check.rng()
    for N, C, H, W, height, width, stride in sizes:
        x = rng.permutation(N * C * H * W).reshape(N, C, H, W) / 10 - 5          # all different, by far more than the step of the differences
        pool_param = {"pool_height": height, "pool_width": width, "stride": stride}
        dout = rng.normal(size=pooled(x, height, width, stride).shape)
        right = eval_numerical_gradient_array(lambda x: pooled(x, height, width, stride), x, dout, h=1e-3)
        case = f"for x of shape {x.shape}, windows of {height} × {width} and stride {stride}"
        left_over = (H - height) % stride or (W - width) % stride
        try:
            out, cache = run_forward(max_pool_forward_naive, x, pool_param)
            run_forward(max_pool_forward_naive, -x, pool_param)
        except (ValueError, IndexError, AssertionError):
            if left_over:
                continue                                   # that the forward pass can't do it costs points there only
            raise
        if np.shape(out) != dout.shape and (left_over or H != W or height != width or np.shape(out) == (N, C, H // height, W // width)):
            continue                                       # rounded up, height for width, or no stride: that has cost its points in the forward pass
        check.shape(out, dout.shape, what=f"the output of the forward pass {case}", hint="Without it the backward pass can't be tried.")
        try:
            dx, = run_backward(max_pool_backward_naive, dout, cache, 1)
        except IndexError as error:
            if height == width:
                raise
            raise check.CheckFailed(f"The backward pass asks for a pixel that is not there {case}.", by_width) from error
        check.gradient(dx, right, what=f"the gradient dx {case}", mistakes={
            **other_gradients(x, dout, height, width, stride),
            check.hint("Does the layer keep anything outside its cache? It was used twice here, before the first backward pass.", why="layer-cache"):
                lambda: eval_numerical_gradient_array(lambda x: pooled(x, height, width, stride), -x, dout, h=1e-3),
        }, hint="With the windows of 2 × 2 above it is right: do height and width get mixed up, or do windows overlap here?" if height != width else "")
### END HIDDEN TESTS

with check.part(2, "the winner of each window"):
    rng = np.random.default_rng(231)
    x, dout = rng.normal(size=(3, 2, 8, 8)), rng.normal(size=(3, 2, 4, 4))
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    right = eval_numerical_gradient_array(lambda x: max_pool_forward_fast(x, pool_param)[0], x, dout)
    _, cache = run_forward(max_pool_forward_naive, x, pool_param)
    dx, = run_backward(max_pool_backward_naive, dout, cache, 1)
    check.shape(dx, x.shape, what="dx", hint="dx has the shape of x.")
    check.gradient(dx, right, what="the gradient dx", mistakes=other_gradients(x, dout, 2, 2, 2), hint="Each output sends its gradient to the entry of its window that was the largest.")
    ### BEGIN HIDDEN TESTS
    check_gradients([(1, 1, 2, 2, 2, 2, 2), (2, 2, 4, 4, 2, 2, 2), (2, 2, 4, 6, 2, 2, 2), (2, 2, 6, 7, 2, 3, 2), (1, 2, 7, 6, 3, 2, 2), (2, 2, 6, 4, 3, 1, 3),
                     (1, 2, 6, 6, 3, 3, 1), (2, 1, 7, 6, 2, 2, 3)])
    ### END HIDDEN TESTS

with check.part(1, "ties"):
    _, cache = run_forward(max_pool_forward_naive, np.zeros((1, 1, 2, 2)), {"pool_height": 2, "pool_width": 2, "stride": 2})
    dx, = run_backward(max_pool_backward_naive, np.ones((1, 1, 1, 1)), cache, 1)
    check.close(np.sum(dx), 1.0, what="the sum of dx for a window of four zeros and dout = 1", mistakes={
        once: 4.0,
        "A tie: somebody must get the gradient.": 0.0,
    })
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    x = np.maximum(rng.integers(-3, 2, size=(3, 2, 8, 6)), 0.0)                  # ties in most windows, as after a ReLU
    _, cache = run_forward(max_pool_forward_naive, x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    dout = rng.normal(size=(3, 2, 4, 3))
    dx, = run_backward(max_pool_backward_naive, dout, cache, 1)
    check.shape(dx, x.shape, what="dx", hint="dx has the shape of x.")
    parts = sliding_window_view(dx, (2, 2), axis=(2, 3))[:, :, ::2, ::2]         # (N, C, H', W', 2, 2); other windows are the other part's
    values = sliding_window_view(x, (2, 2), axis=(2, 3))[:, :, ::2, ::2]
    winners = values == values.max(axis=(4, 5), keepdims=True)
    check.gradient(parts.sum(axis=(4, 5)), dout, what="the sum of dx over each window with ties", mistakes={
        once: dout * winners.sum(axis=(4, 5)),
        "A tie: somebody must get the gradient.": np.where(winners.sum(axis=(4, 5)) > 1, 0, dout),
    })
    check.gradient(np.where(winners, parts, 0), parts, what="the gradient dx where a window has its maximum", hint="Only the largest entries get a gradient.")
    check.true(bool((parts * np.sign(dout)[..., None, None] >= -1e-12).all()), "In windows with ties, dx has entries of the wrong sign.")
    ### END HIDDEN TESTS

# %% [markdown]
# ## 6. Count
#
# A convolutional layer has **eight filters of 5 × 5 pixels, each with a bias**. Its input is a colour image of 32 × 32 pixels; stride 1,
# no padding. Give the number of its learned **parameters**, and the **shape of its output** as (height, width, number of filters).
#
# And here are four images of 4 × 4 pixels, each with a bright block (ones) in another corner. Pool each of them with 2 × 2 windows and stride 2, once by the
# **mean** of each window and once by its **maximum**. By hand, please: it takes two minutes, and shows something.

# %%
corners = np.zeros((4, 4, 4))
corners[0, :3, :3] = corners[1, :3, 1:] = corners[2, 1:, 1:] = corners[3, 1:, :3] = 1
for number, image in enumerate(corners):
    print(f"image {number}:\n{image.astype(int)}")

# %% solution="conv_answers"
conv_answers = {}
# conv_answers["parameters"]: an integer
# conv_answers["output_shape"]: three integers (height, width, number of filters)
# conv_answers["average_pooled"]: a list of four 2 × 2 lists, for images 0 to 3
# conv_answers["max_pooled"]: the same
### BEGIN SOLUTION
conv_answers["parameters"] = 608                   # 8 * (5 * 5 * 3 + 1)
conv_answers["output_shape"] = (28, 28, 8)         # 32 - 5 + 1 = 28
conv_answers["average_pooled"] = [
    [[1, 0.5], [0.5, 0.25]],
    [[0.5, 1], [0.25, 0.5]],
    [[0.25, 0.5], [0.5, 1]],
    [[0.5, 0.25], [1, 0.5]],
]
conv_answers["max_pooled"] = [[[1, 1], [1, 1]] for _ in range(4)]
### END SOLUTION

# %% test="conv_answers" points=4
def answer_to(entry):
    """The answer, if there is one."""
    check.true(entry in conv_answers, f"conv_answers has no entry {entry!r}.", f'Fill it in with conv_answers["{entry}"] = ….')
    return conv_answers[entry]


def pooled_images(entry):
    """Four images as an array, after a look at the shape."""
    images = answer_to(entry)
    check.shape(images, (4, 2, 2), what=entry, hint="Four images, each of 2 × 2 pixels after pooling.")
    return np.array(images, dtype=float)

### BEGIN HIDDEN TESTS
def which_side(found):
    """A hint by the numbers of the shape that are right."""
    if found[:2] == (28, 28):
        return "Height and width are right. Each filter makes one channel of the output: how many filters are there?"
    if found[2] == 8:
        return "The number of channels is right. Where can a window of 5 pixels begin in a row of 32, if it must not hang over, and how many places are that?"
    return "Height and width: at how many places can a window of 5 pixels begin in a row of 32? Each filter makes one channel."

mean = [[[1, 0.5], [0.5, 0.25]], [[0.5, 1], [0.25, 0.5]], [[0.25, 0.5], [0.5, 1]], [[0.5, 0.25], [1, 0.5]]]
### END HIDDEN TESTS

with check.part(1, "parameters"):
    check.shape(answer_to("parameters"), (), what="the number of parameters", hint="It is a single number.")
    ### BEGIN HIDDEN TESTS
    check.equal(conv_answers["parameters"], 8 * (5 * 5 * 3 + 1), what="the number of parameters", mistakes={
        "Are the biases counted? Each filter has one.": 8 * 5 * 5 * 3,
        "Each filter reaches through all the channels of its input, and a colour image has three.": 8 * (5 * 5 + 1),
        "One bias for each filter, not only one for the layer.": 8 * 5 * 5 * 3 + 1,
        "One bias for each filter, not one for each of its channels.": 8 * (5 * 5 + 1) * 3,
        "These are the parameters of one filter, and there are eight.": 5 * 5 * 3 + 1,
        "These are the weights of an affine layer: a filter uses the same ones at every place.": 28 * 28 * 8 * 76,
    }, hint="Count one filter first: how many weights has it in its window, through all three colours, and how many biases? There are eight like it.")
    ### END HIDDEN TESTS

with check.part(1, "shape of the output"):
    check.shape(answer_to("output_shape"), (3,), what="output_shape", hint="Three numbers: height, width, number of filters.")
    ### BEGIN HIDDEN TESTS
    check.equal(tuple(conv_answers["output_shape"]), (28, 28, 8), what="the shape of the output", mistakes={
        "That would be so with padding, but there is none here: where can a 5 × 5 window begin?": (32, 32, 8),
        "How many places has a 5 × 5 window in a row of 32 pixels? Begin with a row of 5, then of 6.": (27, 27, 8),
        "Each filter adds up over the three colours and makes one channel.": (28, 28, 24),
        "The number of channels of the output is that of the filters.": (28, 28, 3),
        "The order is height, width, number of filters.": (8, 28, 28),
    }, hint=lambda: which_side(tuple(conv_answers["output_shape"])))
    ### END HIDDEN TESTS

with check.part(1, "average pooling"):
    check.close(np.mean(pooled_images("average_pooled"), axis=(1, 2)), np.full(4, 9 / 16), what="the mean of each average-pooled image", mistakes={
        "These are the sums of the windows: a mean is divided by their four pixels.": np.full(4, 9 / 4),
        "These are the maxima of the windows.": np.ones(4),
    }, hint="Averages over windows that don't overlap keep the mean of the whole image, and 9 of its 16 pixels are 1.")
    ### BEGIN HIDDEN TESTS
    check.close(conv_answers["average_pooled"], mean, what="the average-pooled images", mistakes={
        "Rows and columns are exchanged.": np.swapaxes(mean, 1, 2),
    }, hint="In which quarter of each image are all pixels bright?")
    ### END HIDDEN TESTS

with check.part(1, "maximum pooling"):
    pooled_images("max_pooled")
    ### BEGIN HIDDEN TESTS
    check.close(conv_answers["max_pooled"], np.ones((4, 2, 2)), what="the max-pooled images", mistakes={
        "These are the means of the windows.": np.array(mean),
    }, hint="Is there a 1 in each window?")
    ### END HIDDEN TESTS

# %% [markdown]
# Here are the four images again (black is 0), with your answers for both kinds of pooling below them. The block moved by a pixel each time. Which of the two kinds of pooling
# noticed?

# %% experiment
pooled_by_mean, pooled_by_maximum = (np.array(conv_answers[entry], dtype=float) for entry in ("average_pooled", "max_pooled"))
titles = [f"{kind} {n}" for kind in ("image", "mean", "maximum") for n in range(4)]
amber = np.array([1.0, 0.75, 0.2])                                # so that white blocks can be told from the page
plots.images([picture[..., None] * amber for picture in (*corners, *pooled_by_mean, *pooled_by_maximum)], titles, columns=4)

# %% [markdown] answer="q1-padding" points=2
# ### Question 1: zero padding
#
# Name one benefit and one drawback of padding images with zeros before a convolution.
#
# ### BEGIN SOLUTION
# Benefit, one of: the output keeps the size of the input, so layers can be stacked as deep as one likes without the image shrinking away; pixels
# at the border are seen by as many windows as those in the middle (or nearly), so what is there is not lost.
#
# Drawback, one of: the zeros are made up: at the border of the padded image there is an edge that is not in the photograph, and filters answer to
# it; the statistics at the border differ from those inside (darker, or lighter after subtracting a mean); more computation and memory.
#
# *Rubric.* 1 point for a benefit, 1 point for a drawback. "Keeps the size" is enough for the first; for the second the answer must say
# what is wrong with zeros or what they cost.
# ### END SOLUTION

# %% [markdown] answer="q2-pooling" points=2
# ### Question 2: what pooling is good for
#
# Look at the four pooled images above. What does max-pooling do when an object moves by a pixel, and why does that help a classifier? What is
# lost?
#
# ### BEGIN SOLUTION
# All four images have the same max-pooled image: the block moved by a pixel and the output did not change (while the mean changed a
# little). So the layers above see the same thing wherever exactly the feature is; the classifier need not learn each position separately, and
# fewer numbers mean fewer weights, less computation and less overfitting.
#
# Lost is the exact position, and with it for example how parts lie to each other: where that matters (finding outlines, segmentation), pooling
# hurts.
#
# *Rubric.* 1 point: small shifts don't change the output (invariance). ½ point: why that helps (same class wherever the feature is, or fewer
# numbers to go on with). ½ point: position, or arrangement of parts, is lost.
# ### END SOLUTION

# %% [markdown]
# ## 7. Fast layers
#
# Your loops are right, but a net needs them hundreds of times. `hwlib` has the same layers written another way: all windows become the columns of one
# matrix, and the whole convolution becomes one matrix product. Same arguments, same results; let's see whether that is true, and what it
# buys. (Your half of this cell may take ten seconds or more.)

# %% experiment
rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(100, 3, 31, 31)), rng.normal(size=(25, 3, 3, 3)), rng.normal(size=25)
dout = rng.normal(size=(100, 25, 16, 16))
pool_in, pool_dout = rng.normal(size=(100, 3, 32, 32)), rng.normal(size=(100, 3, 16, 16))
conv_param, pool_param = {"stride": 2, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}


def timed(function, *arguments, repeats=1):
    """The best time of some runs, and the result."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = function(*arguments)
        times.append(time.perf_counter() - started)
    return min(times), result


def compare(title, naive, fast):
    """Print times and the difference of two pairs (forward, backward) with their arguments."""
    (forward, backward, upstream, *arguments), (forward_fast, backward_fast) = naive, fast
    slow_s, (out, cache) = timed(forward, *arguments)
    fast_s, (out_fast, cache_fast) = timed(forward_fast, *arguments, repeats=5)
    print(f"{title} forward:  {slow_s:8.3f} s, fast {fast_s:7.4f} s: {slow_s / fast_s:6.0f} times; difference {rel_error(out, out_fast):.0e}")
    slow_s, gradients = timed(backward, upstream, cache)
    fast_s, gradients_fast = timed(backward_fast, upstream, cache_fast, repeats=5)
    dx, dx_fast = (gradients[0], gradients_fast[0]) if isinstance(gradients, tuple) else (gradients, gradients_fast)
    print(f"{title} backward: {slow_s:8.3f} s, fast {fast_s:7.4f} s: {slow_s / fast_s:6.0f} times; difference {rel_error(dx, dx_fast):.0e}")


compare("convolution", (conv_forward_naive, conv_backward_naive, dout, x, w, b, conv_param), (conv_forward_fast, conv_backward_fast))
compare("max-pooling", (max_pool_forward_naive, max_pool_backward_naive, pool_dout, pool_in, pool_param),
        (max_pool_forward_fast, max_pool_backward_fast))

# %% [markdown]
# ## 8. Sandwiches
#
# Layers are there to be stacked, and some stacks come up again and again. `sandwich` glues layers together: it runs them
# forward one after the other, keeps all their caches as its own, and runs them backward in the opposite order. What comes out is again a pair of
# functions. After `x` it takes the parameters of all its layers in order, and its backward pass returns their gradients in the same order.

# %%
conv_relu_pool_forward, conv_relu_pool_backward = sandwich(
    (conv_forward_fast, conv_backward_fast),          # w, b, conv_param
    (lambda x: relu_forward(x), lambda dout, cache: relu_backward(dout, cache)),   # yours, as they are when the sandwich is used
    (max_pool_forward_fast, max_pool_backward_fast),  # pool_param
)

# %% [markdown]
# Your own `relu_forward` is in there. Does the chain rule hold for the sandwich?

# %% experiment
rng = np.random.default_rng(0)
x, w, b = rng.normal(size=(2, 3, 8, 8)), rng.normal(size=(3, 3, 3, 3)), rng.normal(size=3)
conv_param, pool_param = {"stride": 1, "pad": 1}, {"pool_height": 2, "pool_width": 2, "stride": 2}
out, cache = conv_relu_pool_forward(x, w, b, conv_param, pool_param)
dout = rng.normal(size=out.shape)
dx, dw, db = conv_relu_pool_backward(dout, cache)
for name, value, found in [("dx", x, dx), ("dw", w, dw), ("db", b, db)]:
    numeric = eval_numerical_gradient_array(lambda _: conv_relu_pool_forward(x, w, b, conv_param, pool_param)[0], value, dout)
    print(f"{name}: relative error {rel_error(found, numeric):.0e}")

# %% [markdown]
# ## 9. A convolutional net
#
# Now put it all together:
#
# <center>convolution → ReLU → 2 × 2 max-pooling → affine → softmax loss</center>
#
# The convolution has stride 1 and keeps the size of the image: filters of $HH \times HH$ pixels, $HH$ odd, with `pad` $= (HH - 1)/2$. The pooling has
# stride 2. The model is a dict:
#
# | name | shape | is |
# |:--|:--|:--|
# | `W1`, `b1` | $(F, C, HH, HH)$, $(F,)$ | the filters of the convolution |
# | `W2`, `b2` | $(F \cdot \tfrac{H}{2} \cdot \tfrac{W}{2},\; K)$, $(K,)$ | the affine layer, for $K$ classes |
#
# The loss is that of `softmax_loss(scores, y)`, which returns the mean loss and the gradient of the scores, plus
# $\tfrac12\, \text{reg}\, (\lVert W_1 \rVert^2 + \lVert W_2 \rVert^2)$. Biases are not regularised.
#
# Use the sandwich above and your affine layer; then there are no loops, and hardly any arithmetic, in this function.

# %% setup
def initial_convnet(rng, num_filters=32, filter_size=7, image_shape=(3, 32, 32), num_classes=10, scale=1e-3):
    """A model with small random weights and zero biases."""
    channels, height, width = image_shape
    return {
        "W1": scale * rng.normal(size=(num_filters, channels, filter_size, filter_size)),
        "b1": np.zeros(num_filters),
        "W2": scale * rng.normal(size=(num_filters * (height // 2) * (width // 2), num_classes)),
        "b2": np.zeros(num_classes),
    }

# %% solution="two_layer_convnet"
def two_layer_convnet(X, model, y=None, reg=0.0):
    """Scores, or loss and gradients, of conv - relu - 2x2 max-pool - affine with the softmax loss.

    X is (N, C, H, W), H and W even; model is a dict of W1, b1, W2, b2 as above; y is (N,), the labels.
    Without y, returns the scores (N, K). With y, returns (loss, grads), grads being a dict with the keys of model.
    """
    ### BEGIN SOLUTION
    W1, b1, W2, b2 = model["W1"], model["b1"], model["W2"], model["b2"]
    conv_param = {"stride": 1, "pad": (W1.shape[2] - 1) // 2}
    pool_param = {"pool_height": 2, "pool_width": 2, "stride": 2}
    features, conv_cache = conv_relu_pool_forward(X, W1, b1, conv_param, pool_param)    # (N, F, H/2, W/2)
    scores, affine_cache = affine_forward(features, W2, b2)                             # (N, K)
    if y is None:
        return scores
    loss, dscores = softmax_loss(scores, y)
    loss += 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    dfeatures, dW2, db2 = affine_backward(dscores, affine_cache)
    _, dW1, db1 = conv_relu_pool_backward(dfeatures, conv_cache)
    grads = {"W1": dW1 + reg * W1, "b1": db1, "W2": dW2 + reg * W2, "b2": db2}
    return loss, grads
    ### END SOLUTION

# %% [markdown]
# Three looks before any training. **With tiny weights** all ten classes look alike to the net, so what is its loss? **With regularisation** the
# loss must rise by exactly the extra term. And **gradients** must have the shapes of what they change.

# %% test="two_layer_convnet" points=6
rng = np.random.default_rng(231)
model = initial_convnet(rng, num_filters=6, filter_size=5, image_shape=(3, 16, 16))
X, y = rng.normal(size=(40, 3, 16, 16)), rng.integers(0, 10, size=40)
penalty = 0.5 * (np.sum(model["W1"] ** 2) + np.sum(model["W2"] ** 2))


def layers_are_right():
    """Whether your affine layer and your ReLU go together forwards and back; a net can't be tried on layers that do not."""
    rng = np.random.default_rng(7)
    x, w, b, dout = rng.normal(size=(3, 2, 2, 2)), rng.normal(size=(8, 5)), rng.normal(size=5), rng.normal(size=(3, 5))
    try:
        out, cache = affine_forward(x.copy(), w.copy(), b.copy())
        dx, dw, db = affine_backward(dout.copy(), cache)
        lit, relu_cache = relu_forward(x.copy())
        back = relu_backward(x.copy(), relu_cache)
        sums = [np.sum(dout * (out - b)), np.sum(dx * x), np.sum(dw * w), np.sum(lit ** 2), np.sum(back * x)]
        right = np.shape(dx) == x.shape and np.shape(dw) == w.shape and np.allclose(db, dout.sum(axis=0)) and np.all(lit >= 0)
        return bool(right and np.allclose(sums[:2], sums[1:3]) and np.isclose(sums[3], sums[4]))
    except Exception:                              # not written yet, perhaps
        return False


def net_can_be_tried():
    if not layers_are_right():
        print("The affine layer or the ReLU is not right yet (sections 2 and 3), so the net can't be tried on them: correct them first.")
        return False
    return True


### BEGIN HIDDEN TESTS
def net(X, model, y, reg, relu, affine):
    """Scores, loss and gradients from the library's convolution and pooling; ReLU and affine are pairs (forward, backward)."""
    mapped, conv_cache = conv_forward_fast(X, model["W1"], model["b1"], {"stride": 1, "pad": (model["W1"].shape[2] - 1) // 2})
    lit, relu_cache = relu[0](mapped)
    features, pool_cache = max_pool_forward_fast(lit, {"pool_height": 2, "pool_width": 2, "stride": 2})
    scores, affine_cache = affine[0](features, model["W2"], model["b2"])
    loss, dscores = softmax_loss(scores, y)
    dfeatures, dW2, db2 = affine[1](dscores, affine_cache)
    _, dW1, db1 = conv_backward_fast(relu[1](max_pool_backward_fast(dfeatures, pool_cache), relu_cache), conv_cache)
    loss += reg / 2 * (np.sum(np.square(model["W1"])) + np.sum(np.square(model["W2"])))
    return scores, loss, {"W1": dW1 + reg * model["W1"], "b1": db1, "W2": dW2 + reg * model["W2"], "b2": db2}

right_relu = (lambda x: (np.where(x > 0, x, 0), x > 0), lambda dout, mask: np.where(mask, dout, 0))
right_affine = (lambda x, w, b: (np.einsum("nd,dk->nk", x.reshape(len(x), -1), w) + b, (x, w)),
                lambda dout, cache: (np.einsum("nk,dk->nd", dout, cache[1]).reshape(cache[0].shape),
                                     np.einsum("nd,nk->dk", cache[0].reshape(len(dout), -1), dout), dout.sum(axis=0)))
no_relu = (lambda x: (x, None), lambda dout, _: dout)

def affine_then_relu(x, w, b):
    scores, cache = right_affine[0](x, w, b)
    return np.maximum(scores, 0), (cache, scores > 0)

relu_on_scores = (affine_then_relu, lambda dout, cache: right_affine[1](dout * cache[1], cache[0]))

def is_right(own, right, x, *parameters):
    """Whether a layer of the student's agrees with a right one, forwards and back."""
    try:
        (out, cache), (right_out, right_cache) = own[0](x, *parameters), right[0](x, *parameters)
        dout = np.sin(np.arange(right_out.size)).reshape(right_out.shape)
        pairs = [(out, right_out), *zip(np.atleast_1d(own[1](dout, cache)) if len(parameters) == 0 else own[1](dout, cache),
                                        right[1](dout, right_cache), strict=True)]
        return all(np.shape(found) == np.shape(expected) and np.allclose(found, expected) for found, expected in pairs)
    except Exception:
        return False

# A mistake in the ReLU or in the affine layer costs points there only: right ones stand in their place here.
own_layers = relu_forward, relu_backward, affine_forward, affine_backward
rng_layers = np.random.default_rng(5)
if not is_right((relu_forward, relu_backward), right_relu, rng_layers.normal(size=(2, 3, 4, 4))):
    relu_forward, relu_backward = right_relu
if not is_right((affine_forward, affine_backward), right_affine, rng_layers.normal(size=(3, 2, 2, 2)), rng_layers.normal(size=(8, 3)), rng_layers.normal(size=3)):
    affine_forward, affine_backward = right_affine

def check_net(which):
    """Scores, loss or gradients, for nets of several sizes."""
    rng = check.rng()
    for N, shape, num_filters, size, classes, reg in [(4, (3, 8, 6), 5, 3, 7, 0.0), (3, (2, 6, 10), 4, 5, 3, 0.37), (1, (1, 2, 2), 1, 1, 2, 0.8),
                                                      (6, (3, 4, 4), 2, 7, 10, 0.05)]:
        model = initial_convnet(rng, num_filters, size, shape, classes, scale=0.5)
        model["b1"], model["b2"] = rng.normal(size=num_filters), rng.normal(size=classes)
        X, y = rng.normal(size=(N, *shape)), rng.integers(0, classes, size=N)
        right_scores, right_loss, right = net(X, model, y, reg, right_relu, right_affine)
        own_scores = np.asarray(two_layer_convnet(X.copy(), {name: value.copy() for name, value in model.items()}))
        if which != "scores" and own_scores.shape == right_scores.shape and not np.allclose(own_scores, right_scores):
            for layers in ((no_relu, right_affine), (right_relu, relu_on_scores)):      # that has cost the points of the scores
                others = net(X, model, y, reg, *layers)
                if np.allclose(own_scores, others[0]):
                    right_scores, right_loss, right = others
                    break
        squares = {name: reg / 2 * np.sum(value ** 2) for name, value in model.items()}
        data_loss = right_loss - squares["W1"] - squares["W2"]
        case = f"for X of shape {X.shape}, filters of {size} × {size}, {classes} classes and reg {reg:g}"
        with check.unchanged(X=X, y=y, model=model):
            scores = two_layer_convnet(X, model) if which == "scores" else None
            loss, grads = (None, None) if which == "scores" else two_layer_convnet(X, model, y, reg)
        if which == "scores":
            check.close(scores, right_scores, what=f"the scores {case}", mistakes={
                "Is there a ReLU between convolution and pooling?": lambda: net(X, model, y, reg, no_relu, right_affine)[0],
                "Are both biases used?": lambda: net(X, {**model, "b1": 0 * model["b1"]}, y, reg, right_relu, right_affine)[0],
                "The bias of the affine layer is missing.": right_scores - model["b2"],
                "Negative scores have become 0: there is no ReLU after the affine layer.": np.maximum(right_scores, 0),
            })
        elif which == "loss":
            check.close(loss, right_loss, what=f"the loss {case}", mistakes={
                "Is there a ReLU between convolution and pooling?": lambda: net(X, model, y, reg, no_relu, right_affine)[1],
                "Is the ½ of the regularisation missing?": right_loss + squares["W1"] + squares["W2"],
                "The biases are regularised: only W1 and W2 should be.": right_loss + squares["b1"] + squares["b2"],
                "Is the regularisation missing?": right_loss - squares["W1"] - squares["W2"],
                "Only one of W1 and W2 is regularised: W1 is missing.": right_loss - squares["W1"],
                "Only one of W1 and W2 is regularised: W2 is missing.": right_loss - squares["W2"],
                "softmax_loss returns the mean over the examples already.": right_loss - data_loss + data_loss / N,
            })
        else:
            of_loss = ((("b1", "b2"), 1), (("W1", "W2"), 1), (("W1", "W2"), -1), (("W1",), -1), (("W2",), -1))      # what a wrong penalty, paid for in the loss, makes of the gradients
            own = next((one for one in of_loss if reg and np.isclose(loss, right_loss + one[1] * sum(squares[name] for name in one[0]), rtol=1e-9)), ((), 0))
            for name in ("b2", "W2", "b1", "W1"):
                due = check.due(grads[name], right[name], right[name] + own[1] * reg * model[name] if name in own[0] else None)
                check.gradient(grads[name], due, what=f"the gradient grads[{name!r}] {case}", mistakes={
                    "Is there a ReLU between convolution and pooling?": lambda: net(X, model, y, reg, no_relu, right_affine)[2][name],
                    "The regularisation is in the loss, but not in this gradient.": right[name] - reg * model[name] * (name in ("W1", "W2")),
                    "The derivative of ½·reg·w² is reg·w, without a 2.": right[name] + reg * model[name] * (name in ("W1", "W2")),
                    "The gradient of a bias has a term of the regularisation.": right[name] + reg * model[name],
                    "softmax_loss has divided its gradient by the number of examples already.":
                        (right[name] - reg * model[name] * (name in ("W1", "W2"))) / N + reg * model[name] * (name in ("W1", "W2")),
                }, hint="Look at the way back: in which order, with which cache?")
### END HIDDEN TESTS

with check.part(2, "scores"):
    if net_can_be_tried():
        with check.unchanged(X=X, model=model):
            scores = two_layer_convnet(X, model)
        check.shape(scores, (40, 10), what="the scores", hint="Without y the net returns scores (N, K).")
        silent, biases = {**model, "b1": np.full(6, -1000.0), "b2": np.arange(10.0) - 4}, np.tile(np.arange(10.0) - 4, (3, 1))
        check.close(two_layer_convnet(X[:3], silent), biases, what="the scores where the bias of the filters is −1000", mistakes={
            "The bias of the affine layer is missing.": np.zeros((3, 10)),
            "Negative scores have become 0: there is no ReLU after the affine layer.": np.maximum(biases, 0),
            "These are probabilities: without `y` the net returns the scores.": np.exp(biases) / np.exp(biases).sum(axis=1, keepdims=True),
        }, hint="The ReLU makes all features 0 here, so the scores are b2: is there a ReLU between convolution and pooling?")
    ### BEGIN HIDDEN TESTS
    check_net("scores")
    ### END HIDDEN TESTS

with check.part(2, "loss"):
    if net_can_be_tried():
        with check.unchanged(X=X, y=y, model=model):
            loss, _ = check.returns(two_layer_convnet(X, model, y), "loss", "grads")
        check.close(loss, np.log(10), what="the loss with tiny weights", rtol=0.01,
                    hint="Ten classes that look alike have probability 1/10 each, so the loss is −log(1/10).")
        check.close(two_layer_convnet(X, model, y, reg=10.0)[0] - loss, 10 * penalty, what="what reg = 10 adds to the loss", mistakes={
            "Twice what it should be: is the ½ missing?": 20 * penalty,
            "Nothing was added: is reg used?": 0.0,
            "Only one of W1 and W2 is regularised: W1 is missing.": 5 * np.sum(model["W2"] ** 2),
            "Only one of W1 and W2 is regularised: W2 is missing.": 5 * np.sum(model["W1"] ** 2),
            "The sums are squared here: square each weight, then add up.": 5 * (np.sum(model["W1"]) ** 2 + np.sum(model["W2"]) ** 2),
            "These are norms: the square is missing.": 5 * (np.linalg.norm(model["W1"]) + np.linalg.norm(model["W2"])),
            "These are absolute values: the squares are asked for.": 5 * (np.sum(np.abs(model["W1"])) + np.sum(np.abs(model["W2"]))),
        }, hint="½·reg times the squares of W1 and W2 should be added.")
        biased = {**model, "b1": np.ones(6), "b2": np.ones(10)}
        added = two_layer_convnet(X, biased, y, reg=10.0)[0] - two_layer_convnet(X, biased, y)[0]
        check.close(added, 10 * penalty, what="what reg = 10 adds to the loss where all biases are 1", rtol=1e-5,
                    hint="The biases are regularised: only W1 and W2 should be.")
    ### BEGIN HIDDEN TESTS
    check_net("loss")
    ### END HIDDEN TESTS

with check.part(2, "gradients"):
    if net_can_be_tried():
        _, grads = check.returns(two_layer_convnet(X, model, y), "loss", "grads")
        check.true(hasattr(grads, "keys"), "The gradients are no dict.", 'Return {"W1": …, "b1": …, "W2": …, "b2": …}.')
        for name in ("W1", "b1", "W2", "b2"):
            check.true(name in grads, f"grads has no entry {name!r}.")
            check.shape(grads[name], model[name].shape, what=f"grads[{name!r}]")
        added = two_layer_convnet(X, model, y, reg=10.0)[0] - two_layer_convnet(X, model, y)[0]
        if np.isclose(added, 10 * penalty):        # the loss is where another penalty costs its points
            regularised = two_layer_convnet(X, model, y, reg=10.0)[1]
            for name in ("W1", "W2"):
                check.close(regularised[name] - grads[name], 10 * model[name], atol=1e-9, what=f"what reg = 10 adds to grads[{name!r}]", mistakes={
                    "The regularisation is in the loss, but not in this gradient.": 0 * model[name],
                    "The derivative of ½·reg·w² is reg·w, without a 2.": 20 * model[name],
                }, hint="reg times the weights should be added.")
    ### BEGIN HIDDEN TESTS
    check_net("gradients")
    ### END HIDDEN TESTS
### BEGIN HIDDEN TESTS
relu_forward, relu_backward, affine_forward, affine_backward = own_layers
### END HIDDEN TESTS

# %% [markdown]
# The last word on a gradient has the loss itself. Here it is for all four parameters, at a few entries each:

# %% experiment
rng = np.random.default_rng(0)
model = initial_convnet(rng, num_filters=3, filter_size=3, image_shape=(3, 8, 8), scale=0.1)
X, y = rng.normal(size=(2, 3, 8, 8)), rng.integers(0, 10, size=2)
_, grads = two_layer_convnet(X, model, y, reg=0.1)
for name in model:
    sample = grad_check_sparse(lambda _: two_layer_convnet(X, model, y, reg=0.1)[0], model[name], grads[name], 20, rng)
    print(f"{name}: relative error {sample.error:.0e}")

# %% [markdown]
# ## 10. Can it learn at all?
#
# We take CIFAR-10, subtract the mean image of the training set, and scale the pixels to a standard deviation of about 1. (`float32` halves the
# memory and the time, and is precise enough for training; gradient checks are what we need `float64` for.)

# %%
train_images, train_labels, test_images, test_labels = load_cifar10(sample="fallback")
num_val = min(1000, len(train_images) // 4)


def prepared(images):
    """Images as (N, 3, 32, 32), without the mean image of the training set, in units of 64 grey levels."""
    return (images.astype(np.float32) - mean_image).transpose(0, 3, 1, 2) / 64


mean_image = train_images[:-num_val].mean(axis=0, dtype=np.float64).astype(np.float32)
X_train, y_train = prepared(train_images[:-num_val]), train_labels[:-num_val].astype(np.int64)
X_val, y_val = prepared(train_images[-num_val:]), train_labels[-num_val:].astype(np.int64)
print("training:", X_train.shape, " validation:", X_val.shape)


def float32(model):
    """A model in single precision."""
    return {name: value.astype(np.float32) for name, value in model.items()}

# %% [markdown]
# **First a test that every new net should pass: learn 50 images by heart.** A net that can't even do that has a bug. `ClassifierTrainer` runs the training loop:
# it shuffles, takes batches, asks your net for the gradient, lets an update rule (here plain gradient descent) change the parameters, and keeps the
# model that did best on the validation images.

# %% experiment
rng = np.random.default_rng(0)
trainer = ClassifierTrainer(two_layer_convnet, sgd_update, learning_rate=0.03, batch_size=10)
overfitted = trainer.train(float32(initial_convnet(rng, scale=1e-2)), X_train[:50], y_train[:50], X_val, y_val, num_epochs=20, rng=rng)
plots.training(overfitted)

# %% [markdown]
# Training accuracy 1, validation accuracy below 0.2: it has learned fifty images, and next to nothing about images. Exactly what we wanted to
# see.

# %% [markdown] answer="q3-overfit" points=2
# ### Question 3: learning by heart
#
# Why is it a good idea to try a new net on 50 images first? What would you suspect if the training accuracy stayed at 30 %, and what would you *not*
# conclude from a training accuracy of 100 %?
#
# ### BEGIN SOLUTION
# It takes seconds, and a net of this size has many more parameters than 50 images need, so it must be able to fit them; if the loss does not go
# towards 0, something is broken: a gradient or its sign, labels that don't belong to the images, a learning rate far too small or too large,
# regularisation that is far too strong.
#
# From 100 % one can't conclude that the net generalises, nor that all details are right (a missing bias gradient or a wrong regularisation term
# hardly hurts here): validation data and gradient checks tell that.
#
# *Rubric.* 1 point: fast, and a net that can't overfit has a bug; at least one sensible suspect. 1 point: nothing follows about new images.
# ### END SOLUTION

# %% [markdown]
# ## 11. One epoch
#
# Now all the images, each seen once; that takes a minute or two. For comparison: guessing gives 0.10, and a linear classifier about 0.40, however
# long it is trained.

# %% experiment
rng = np.random.default_rng(0)
trainer = ClassifierTrainer(two_layer_convnet, sgd_update, learning_rate=0.03, batch_size=50, reg=1e-3)
result = trainer.train(float32(initial_convnet(rng, scale=1e-2)), X_train, y_train, X_val, y_val, num_epochs=1, accuracy_every=100, rng=rng)
print(result)
plots.training(result)

# %% [markdown]
# How good is that on the test images, which nobody has looked at so far?

# %% experiment
accuracy = trainer.accuracy(result.model, prepared(test_images), test_labels)
print(f"test accuracy {accuracy:.3f}, guessing {1 / len(CIFAR10_CLASSES):.3f}")

# %% [markdown]
# ### What the filters have learned
#
# The 32 filters of the first layer, each of 7 × 7 pixels, as pictures; before training they were noise. Look for edges in several directions, and for
# pairs of opposite colours. You chose two such filters by hand in section 4; these were found by gradient descent.

# %% experiment
plots.weight_images(result.model["W1"].transpose(0, 2, 3, 1), columns=8)
