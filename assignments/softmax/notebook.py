# %% [markdown]
# # Softmax: a linear classifier
#
# Nearest neighbours kept every photograph it had ever seen. Now we want the opposite: look at all of them once, keep
# *one picture for each class*, and throw the photographs away. A new image is compared with ten pictures instead of
# 50,000, and you can hang these ten on the wall.
#
# **What you will learn**
#
# - how scores become probabilities, and how to compute them without overflow;
# - how to take the gradient of a loss by hand, and how to make sure that it is right;
# - how stochastic gradient descent learns from 200 images at a time;
# - how to choose learning rate and regularisation without looking at the test images;
# - what a linear classifier really remembers.
#
# You write four functions and a class. Each step has its check. At the end you hand in a trained classifier as a file.

# %% setup
import time

import numpy as np
from scipy import special

from hwlib import plots
from hwlib.data import CIFAR10_CLASSES, load_cifar10
from hwlib.gradcheck import eval_numerical_gradient, grad_check_sparse, rel_error

all_images, all_labels, test_images, y_test = load_cifar10(sample="fallback")

# %% [markdown]
# ## 1. Three sets of images
#
# Training images are for learning, validation images for choosing settings, test images for one honest number at the
# end. From the 50,000 training images of CIFAR-10 we keep the last 1,000 for validation. (Without a network you get
# the sample that comes with `hwlib`: 1,800 training, 200 validation and 500 test images. All steps stay the same, but
# so few images are not enough for the accuracy that section 7 asks for.)

# %% setup
num_val = 1000 if len(all_images) == 50000 else 200
train_images, val_images = all_images[:-num_val], all_images[-num_val:]
y_train, y_val = all_labels[:-num_val].astype(np.int64), all_labels[-num_val:].astype(np.int64)
y_test = y_test.astype(np.int64)
print(f"{len(y_train)} training, {len(y_val)} validation, {len(y_test)} test images")

# %% [markdown]
# ## 2. One image, one column
#
# A linear classifier gives class $c$ the score $w_c^{\mathsf T} x + b_c$. Two small preparations make life easier:
#
# **Subtract the mean image.** Pixels run from 0 to 255, so without it all features are positive and all move together.
# The mean is taken over the *training* images only.
#
# **The bias trick.** Put a 1 below the pixels of each image. Then the bias is just one more weight,
#
# $$ \begin{pmatrix} w_c^{\mathsf T} & b_c \end{pmatrix} \begin{pmatrix} x \\ 1 \end{pmatrix} = w_c^{\mathsf T} x + b_c , $$
#
# and all scores of all images are a single matrix product $S = WX$:
#
# | | shape | is |
# |:--|:--|:--|
# | `W` | (C, D) | one row for each class; the last column `W[:, -1]` holds the biases |
# | `X` | (D, N) | one **column** for each image; its last row is all ones |
# | `S = W @ X` | (C, N) | entry [c, i]: the score of class c for image i |
# | `y` | (N,) | the right class of each image |

# %% setup
mean_image = train_images.reshape(len(train_images), -1).mean(axis=0)   # (3072,)


def as_columns(images):
    """Images (N, 32, 32, 3) as columns (3073, N): pixels minus the mean image, and a last row of ones."""
    rows = np.ones((len(images), mean_image.size + 1))
    np.subtract(images.reshape(len(images), -1), mean_image, out=rows[:, :-1])
    return rows.T


X_train, X_val, X_test = as_columns(train_images), as_columns(val_images), as_columns(test_images)
print("X_train:", X_train.shape, " X_val:", X_val.shape, " X_test:", X_test.shape)

# %% [markdown]
# Here is the mean of all training images, and the mean of each class. Little is left when so many photographs are laid on
# top of each other; but which classes could you tell apart by this little?

# %% experiment
means = [train_images[y_train == label].mean(axis=0) for label in range(10)]
plots.images(np.array([mean_image.reshape(32, 32, 3), *means]) / 255, ["all", *CIFAR10_CLASSES], columns=11)

# %% [markdown]
# ## 3. From scores to probabilities
#
# Scores are any numbers. The **softmax** turns those of one image into probabilities: positive, and adding up to 1.
#
# $$ p_c = \frac{e^{s_c}}{\sum_k e^{s_k}} $$
#
# On a computer, $e^{710}$ is already infinite, and $\infty / \infty$ is not a number. But the same number may be
# subtracted from all scores of an image without changing any probability (why?). So subtract the largest one first:
# then every exponent is at most 0, and nothing can overflow.
#
# Write **`softmax_probabilities`**. Which axis runs over the classes?

# %% solution="softmax_probabilities"
def softmax_probabilities(scores):
    """Probabilities of the classes, for scores (C, N): each column of the result (C, N) adds up to 1."""
    ### BEGIN SOLUTION
    scores = np.asarray(scores, dtype=np.float64)
    powers = np.exp(scores - scores.max(axis=0))   # (C, N), at most 1
    return powers / powers.sum(axis=0)
    ### END SOLUTION

# %% test="softmax_probabilities" points=2
with check.part(1, "the probabilities"):
    scores = np.array([[1.0, -2, 0.5, 3], [0, 1, 0.5, 3], [-1, 4, 0.5, 2]])   # 3 classes, 4 images
    right = special.softmax(scores, axis=0)
    wrong_axis = "The rows add up to 1, but the probabilities of one *image* should: which axis runs over the classes?"
    with check.unchanged(scores=scores):
        found = softmax_probabilities(scores)
    check.close(found, right, what="the probabilities", mistakes={
        wrong_axis: special.softmax(scores, axis=1),
        "The whole array adds up to 1: each column should.": special.softmax(scores),
        "These are the exponentials: divide by their sum.": np.exp(scores),
        "These are logarithms of the probabilities.": special.log_softmax(scores, axis=0),
    })
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for num_classes, num_images in [(4, 7), (3, 3), (10, 1), (2, 9), (1, 3)]:
        scores = rng.normal(size=(num_classes, num_images), scale=3)
        right = special.softmax(scores, axis=0)
        with check.unchanged(scores=scores):
            found = softmax_probabilities(scores)
        check.close(found, right, what=f"the probabilities for {num_classes} classes and {num_images} images", mistakes={
            wrong_axis: special.softmax(scores, axis=1),
            "The whole array adds up to 1: each column should.": special.softmax(scores),
        })
    whole = rng.integers(-5, 6, size=(3, 4))
    check.close(softmax_probabilities(whole), special.softmax(whole.astype(float), axis=0), what="the probabilities for integer scores",
                hint="The scores may be integers, but probabilities are not.")
    ### END HIDDEN TESTS

with check.part(1, "large scores"):
    scores = np.array([[1.0, 3, 0], [3, 0, 1], [0, 1, 3]])       # rows and columns are alike: this part doesn't ask for the axis
    right = special.softmax(scores, axis=0)
    overflow = "Numbers overflow: subtract the largest score of each image before you take `exp`."
    check.close(softmax_probabilities(scores + 1000), right, what="the probabilities for scores + 1000", mistakes={
        "Large scores seem to be cut off, which changes the probabilities: subtract the largest score of each image instead.":
            np.full((3, 3), 1 / 3),
    }, hint=overflow)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    of_each = "Subtract the largest score of *each image*, not one number for all: otherwise a whole column becomes 0/0 or ∞/∞."
    axis, small = 0, np.array([[1.0, -2, 0.5], [0, 1, 3]])
    try:                                        # whoever lost a point for the axis should not lose another here
        check.close(softmax_probabilities(small), special.softmax(small, axis=1))
        axis = 1
    except check.CheckFailed:
        pass
    for shape in [(4, 7), (10, 1), (2, 9)]:
        scores = rng.normal(size=shape, scale=3)
        single = (1, shape[1]) if axis == 0 else (shape[0], 1)
        for shift, hint in ((1000.0, overflow), (-1000.0, overflow), (rng.normal(size=single, scale=2000), of_each)):
            check.close(softmax_probabilities(scores + shift), special.softmax(scores + shift, axis=axis), atol=1e-9,
                        what="the probabilities for large scores", hint=hint)
    wide = np.array([[0.0, 5000], [-3000, 0], [-1, 20]])          # one image's largest score is not the largest of all
    wide = wide if axis == 0 else wide.T
    check.close(softmax_probabilities(wide), special.softmax(wide, axis=axis), atol=1e-9,
                what="the probabilities for very different scores", hint=of_each)
    ### END HIDDEN TESTS

# %% [markdown]
# ## 4. The loss, one image at a time
#
# How good is $W$? For each image we ask how surprised the classifier is by the right answer: the loss is
# $-\log p_{y_i}$, which is 0 when it was certain of the right class, and grows without bound when it was certain of a
# wrong one. Average over the images, and add a price for large weights:
#
# $$ L(W) = \frac1N \sum_{i=1}^{N} -\log p_{y_i}(x_i) \;+\; \frac{\lambda}{2} \sum_{c} \sum_{d<D} W_{cd}^2 . $$
#
# In the code $\lambda$ is `reg`. Note the $d < D$: the last column, the bias, is *not* regularised (a classifier should
# be free to say that ships are frequent).
#
# **The gradient.** Write the loss of one image as $-s_y + \log \sum_k e^{s_k}$. Its derivative by a score is
#
# $$ \frac{\partial L_i}{\partial s_c} = p_c - [c = y_i], $$
#
# the probability that was given minus the one that was due. And since $s_c = w_c^{\mathsf T} x_i$, the chain rule
# multiplies by $x_i$: row $c$ of the gradient gets $(p_c - [c = y_i])\,x_i^{\mathsf T}$, from every image. Don't forget
# the $1/N$, and the derivative of the second term.
#
# Write **`softmax_loss_naive`** with explicit loops over images and classes. It will be slow and easy to trust.

# %% solution="softmax_loss_naive"
def softmax_loss_naive(W, X, y, reg):
    """Softmax loss and its gradient, with loops.

    W is (C, D), X is (D, N) with a last row of ones, y is (N,) with labels 0 … C-1, reg is the strength of regularisation.
    Returns (loss, dW): a number and an array (C, D).
    """
    ### BEGIN SOLUTION
    num_classes, num_images = W.shape[0], X.shape[1]
    loss, dW = 0.0, np.zeros(W.shape)
    for i in range(num_images):
        s = W @ X[:, i]                                  # (C,)
        s = s - s.max()
        log_sum = np.log(np.sum(np.exp(s)))
        loss += log_sum - s[y[i]]
        for c in range(num_classes):
            probability = np.exp(s[c] - log_sum)
            dW[c] += (probability - (c == y[i])) * X[:, i]
    loss, dW = loss / num_images, dW / num_images
    loss += 0.5 * reg * np.sum(W[:, :-1] ** 2)
    dW[:, :-1] += reg * W[:, :-1]
    return loss, dW
    ### END SOLUTION

# %% [markdown]
# Is the gradient right? There is a test that needs no solution to compare with: move one weight by a tiny $h$ and see how
# the loss changes,
#
# $$ \frac{\partial L}{\partial W_{cd}} \approx \frac{L(W + h\,e_{cd}) - L(W - h\,e_{cd})}{2h} . $$
#
# The check does this with *your* loss if that is right. If it is not, the check compares with the slopes of the right one.

# %% oracle="losses"
def right_loss(W, X, y, reg):
    """The loss, for complex W too: a tiny imaginary step gives slopes that are exact to the last digits."""
    scores = W @ X                                                              # (C, N)
    top = scores.real.max(axis=0)
    log_sums = np.log(np.sum(np.exp(scores - top), axis=0)) + top               # (N,)
    return np.mean(log_sums - scores[y, np.arange(len(y))]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)

def slopes(W, *arguments):
    found = np.zeros(W.shape)
    for place in np.ndindex(*W.shape):
        moved = W.astype(complex)
        moved[place] += 1e-30j
        found[place] = right_loss(moved, *arguments).imag / 1e-30
    return found

# %% oracle="loss_and_gradient"
def over_images(W, X, y):
    """Loss and gradient of the data if the softmax runs over the images."""
    logs, count = special.log_softmax(W @ X, axis=1), len(y)
    return -np.mean(logs[y, np.arange(count)]), (np.exp(logs) - np.eye(len(W))[:, y]) @ X.T / count

def known_mistakes(W, X, y, reg):
    """Hint → the loss that the mistake gives, and the gradient that follows from it."""
    data, slope, count = right_loss(W, X, y, 0.0), slopes(W, X, y, 0.0), len(y)
    penalty, biases = 0.5 * reg * np.sum(W[:, :-1] ** 2), 0.5 * reg * np.sum(W[:, -1] ** 2)
    weights = reg * W * (np.arange(W.shape[1]) < W.shape[1] - 1)                # the slope of the penalty
    wrong_data, wrong_slope = over_images(W, X, y)
    return {
        "This is the sum over the images; the loss is their mean.": (data * count + penalty, slope * count + weights),
        "The regularisation counts twice: it is ½·reg times the sum of squares.": (data + 2 * penalty, slope + 2 * weights),
        "The biases are regularised too: leave out the last column of W.": (data + penalty + biases, slope + reg * W),
        "The biases are regularised too, and the ½ is missing: ½·reg times the sum of squares, without the last column of W.":
            (data + 2 * penalty + 2 * biases, slope + 2 * reg * W),
        "The regularisation is missing.": (data, slope),
        "The regularisation is divided by the number of images too.": (data + penalty / count, slope + weights / count),
        "Use the natural logarithm `np.log`.": (data / np.log(2) + penalty, slope / np.log(2) + weights),
        "The softmax runs over the images; it should run over the classes.": (wrong_data + penalty, wrong_slope + weights),
        "The sign of the data term is wrong: the logarithm of a probability is negative.": (penalty - data, weights - slope),
    }

def with_something_in_the_log(loss, W, X, y, reg):
    """The loss with a small number beside the probability in the logarithm: the one that comes closest."""
    P = special.softmax(W @ X, axis=0)[y, np.arange(len(y))]
    losses = [right_loss(W, X, y, reg) - np.mean(np.log(P + 10.0 ** -n) - np.log(P)) for n in range(3, 16)]
    return min(losses, key=lambda one: abs(one - loss))

def known_slopes(W, X, y, reg):
    data, count = slopes(W, X, y, 0.0), len(y)
    penalty = reg * W * (np.arange(W.shape[1]) < W.shape[1] - 1)
    due = np.eye(len(W))[y].T @ X.T / count
    return {
        "This is the sum over the images; the gradient has a 1/N like the loss.": data * count + penalty,
        "The gradient is divided by the number of images twice.": data / count + penalty,
        "The regularisation has no part in the gradient.": data,
        "The gradient of the biases has a part from the regularisation.": data + reg * W,
        "The gradient of ½·reg·w² is reg·w, without a 2 or ½.": data + 2 * penalty,
        "The gradient of ½·reg·w² is reg·w, without another ½.": data + penalty / 2,
        "The regularisation is divided by the number of images too.": data + penalty / count,
        "The 1 of the right class is not subtracted: the slope by a score is p - [c = y].": data + due + penalty,
        "The data part of the gradient has the wrong sign.": penalty - data,
    }

def same(found, right, rule=check.close):
    try:
        rule(found, right)
    except check.CheckFailed:
        return False
    return True

def problems(rng):
    """Random W, X, y, reg, and their sizes in words."""
    for num_classes, num_features, num_images, reg in [(4, 6, 9, 0.7), (3, 5, 1, 0.3), (10, 4, 3, 0.0), (5, 5, 5, 2.0), (2, 3, 8, 1.0)]:
        W = rng.normal(size=(num_classes, num_features))
        X = np.vstack([rng.normal(size=(num_features - 1, num_images)), np.ones(num_images)])
        y = rng.integers(0, num_classes, size=num_images)
        yield (W, X, y, reg), f"for {num_classes} classes, {num_features} features, {num_images} images, reg = {reg}"

def of_other_types(rng):
    """W, X, y of pixels and labels that are no float64 and int64; their type, and how exact the results are."""
    W, pixels = rng.normal(size=(3, 5), scale=0.01), rng.integers(0, 256, size=(5, 4))
    for dtype, labels, tolerance in [(np.uint8, np.uint8, 1e-6), (np.float32, np.int32, 1e-4)]:
        X, y = pixels.astype(dtype), np.array([2, 0, 1, 2], dtype=labels)
        X[-1] = 1
        yield (W, X, y, 0.5), np.dtype(dtype), tolerance

def check_loss(function, rng):
    """Compare the loss with the right one: random problems, pixels of other types."""
    for (W, X, y, reg), case in problems(rng):
        with check.unchanged(W=W, X=X, y=y):
            loss, _ = function(W, X, y, reg)
        known = {hint: wrong for hint, (wrong, _) in known_mistakes(W, X, y, reg).items()}
        known["Nothing belongs inside the logarithm but the probability: where the largest score is subtracted, the sum is never 0."] = (
            lambda: with_something_in_the_log(loss, W, X, y, reg))
        check.close(loss, right_loss(W, X, y, reg), what=f"the loss {case}", mistakes=known)
    for (W, X, y, reg), dtype, tolerance in of_other_types(rng):
        loss, _ = function(W, X, y, reg)
        check.close(loss, right_loss(W, X.astype(float), y, reg), rtol=tolerance, what=f"the loss for pixels of type {dtype}")

def follows(loss, dW, problem, tolerance=1e-6):
    """Whether the loss has a known mistake, which costs its points there, and the gradient is right for that loss."""
    wrong = known_mistakes(*problem).values()
    rule = lambda found, right: check.gradient(found, right, tol=tolerance)
    return not same(loss, right_loss(*problem)) and any(same(loss, value) and same(dW, slope, rule) for value, slope in wrong)

def check_gradient(function, rng):
    """Compare the gradient with the exact one, or with that of a wrong loss."""
    for (W, X, y, reg), case in problems(rng):
        loss, dW = function(W.copy(), X.copy(), y.copy(), reg)
        if not follows(loss, dW, (W, X, y, reg)):
            check.gradient(dW, slopes(W, X, y, reg), what=f"the gradient {case}", mistakes=known_slopes(W, X, y, reg))
    for (W, X, y, reg), dtype, tolerance in of_other_types(rng):
        loss, dW = function(W.copy(), X, y, reg)
        exact = W, X.astype(float), y, reg
        if not follows(loss, dW, exact, tolerance):
            check.gradient(dW, slopes(*exact), tol=tolerance, what=f"the gradient for pixels of type {dtype}")

def check_large_scores(function, rng, which):
    """What is added to all scores of an image changes nothing. Where the loss is wrong anyway, it must stay finite."""
    W, X, y = rng.normal(size=(4, 6)), rng.normal(size=(6, 5)), rng.integers(0, 4, size=5)
    X[0], X[-1] = np.linspace(-1, 1, 5), 1.0
    right = right_loss(W, X, y, 0.0), slopes(W, X, y, 0.0)
    loss, dW = function(W.copy(), X.copy(), y.copy(), 0.0)
    is_right = same(loss, right[0]), same(dW, right[1], check.gradient)
    if not is_right[0] and same(loss, function(W / 2, X.copy(), y.copy(), 0.0)[0]):
        check.true(which == "softmax_loss_naive", f"The loss of {which} knows nothing of W.")
    everywhere, for_each = 1000 * np.eye(1, 6, 5), rng.uniform(2000, 3000) * np.eye(1, 6)
    overflow = f"Numbers overflow in {which}: subtract the largest score of each image before you take `exp`."
    of_each = f"Subtract the largest score of *each image* in {which}, not one number for all: else all powers of an image become 0 or ∞."
    cut_off = f"Adding the same number to all scores of an image should change nothing in {which}: is something cut off at a limit?"
    ahead = np.array([[1.0, 0], [0, 0], [-1, 0]]), np.array([[3000.0, 1], [1, 1]]), np.array([0, 1])
    for arguments, exact, hint, case in [
        ((W + everywhere, X, y), right, overflow, "with +1000 on all scores"),
        ((W - everywhere, X, y), right, overflow, "with -1000 on all scores"),
        ((W + for_each, X, y), right, of_each, "with another large number on the scores of each image"),
        (ahead, (right_loss(*ahead, 0.0), slopes(*ahead, 0.0)), overflow, "where the right class of an image is far ahead"),
    ]:
        with np.errstate(all="ignore"):
            found = function(*(np.array(one) for one in arguments), 0.0)
        for value, wanted, rule, was_right, what in zip(found, exact, (check.close, check.gradient), is_right, ("loss", "gradient")):
            finite = bool(np.all(np.isfinite(np.asarray(value, dtype=float))))
            check.true(finite, f"The {what} of {which} is NaN or infinite {case}.", hint)
            if was_right:
                rule(value, wanted, what=f"the {what} of {which} {case}", hint=cut_off)

# %% test="softmax_loss_naive" points=4
W_toy = np.linspace(-0.4, 0.7, 12).reshape(3, 4)
X_toy = np.vstack([2 * np.sin(np.arange(15)).reshape(3, 5), np.ones(5)])
y_toy = np.array([0, 1, 2, 2, 1])

with check.part(2, "the loss"):
    W, X, y = W_toy.copy(), X_toy.copy(), y_toy.copy()
    with check.unchanged(W=W, X=X, y=y):
        result = softmax_loss_naive(W, X, y, 0.1)
    check.true(isinstance(result, tuple | list) and len(result) == 2, "The function should return two things.",
               "Return the loss and the gradient: `return loss, dW`.")
    chances = np.array([0.606348, 0.33306, 0.724309, 0.812038, 0.256348])        # of the right classes
    check.close(result[0], 0.7538396777831301, what="the loss of the toy problem", mistakes={
        "This is the sum over the images; the loss is their mean.": 3.54719838891565,
        "The regularisation counts twice: it is ½·reg times the sum of squares.": 0.8093396777831301,
        "The biases are regularised too: leave out the last column of W.": 0.7833396777831301,
        "The biases are regularised too, and the ½ is missing: ½·reg times the sum of squares, without the last column of W.":
            0.8683396777831301,
        "The regularisation is missing.": 0.6983396777831301,
        "The regularisation is divided by the number of images too.": 0.7094396777831301,
        "Use the natural logarithm `np.log`.": 1.0629911899937186,
        "The softmax runs over the images; it should run over the classes.": 1.3436567971047058,
        "The softmax is taken twice.": 0.9712430658013219,
        "The sign of the data term is wrong: the logarithm of a probability is negative.": -0.6428396777831301,
        "Nothing belongs inside the logarithm but the probability: where the largest score is subtracted, the sum is never 0.":
            lambda: min((0.7538396777831301 - np.mean(np.log1p(10.0 ** -n / chances)) for n in range(3, 12)), key=lambda one: abs(one - result[0])),
    })
    ### BEGIN HIDDEN TESTS
    check_loss(softmax_loss_naive, check.rng())
    ### END HIDDEN TESTS

with check.part(2, "the gradient"):
    loss, dW = softmax_loss_naive(W_toy.copy(), X_toy.copy(), y_toy.copy(), 0.1)
    if np.allclose(np.asarray(loss, dtype=float), 0.7538396777831301, rtol=1e-6):
        slopes_toy = eval_numerical_gradient(lambda W: softmax_loss_naive(W.copy(), X_toy.copy(), y_toy.copy(), 0.1)[0], W_toy.copy())
        compared = "your gradient, compared with the slopes of your own loss"
    else:                                        # your loss is not right yet: these are the slopes of the right one
        slopes_toy = np.array([[0.060159465, 0.131012925, -0.028812909, 0.023789756], [0.087005927, -0.024016037, -0.086304054, -0.153662453],
                               [-0.147165393, -0.076996888, 0.175116963, 0.129872697]])
        compared = "your gradient, compared with the slopes of the right loss"
    price = 0.1 * W_toy * [1, 1, 1, 0]           # the share of the regularisation
    of_right = np.array([X_toy[:, y_toy == c].sum(axis=1) for c in range(3)]) / 5
    known = {
        "The gradient has the wrong sign.": -slopes_toy,
        "The regularisation has no part in the gradient.": slopes_toy - price,
        "The gradient of ½·reg·w² is reg·w, without a 2.": slopes_toy + price,
        "The gradient of ½·reg·w² is reg·w, without another ½.": slopes_toy - price / 2,
        "The gradient of the biases has a part from the regularisation.": slopes_toy + 0.1 * W_toy * [0, 0, 0, 1],
        "This is the sum over the images; the gradient has a 1/N like the loss.": 5 * (slopes_toy - price) + price,
        "The gradient is divided by the number of images twice.": (slopes_toy - price) / 5 + price,
        "The 1 of the right class is not subtracted: the slope by a score is p - [c = y].": slopes_toy + of_right,
        "The data part of the gradient has the wrong sign.": 2 * price - slopes_toy,
    }
    ### BEGIN HIDDEN TESTS
    if follows(loss, dW, (W_toy, X_toy, y_toy, 0.1)):
        dW = slopes_toy
    ### END HIDDEN TESTS
    check.gradient(dW, slopes_toy, what=compared, mistakes=known)
    ### BEGIN HIDDEN TESTS
    check_gradient(softmax_loss_naive, check.rng())
    ### END HIDDEN TESTS

# %% [markdown]
# Now with real images. At random tiny weights the classifier knows nothing, all ten classes get about the same
# probability, and the loss should be close to $-\log 0.1 \approx 2.3026$. And the gradient, checked at ten randomly
# chosen weights (a relative error around $10^{-7}$ or less is good):

# %% experiment
W_random = 1e-4 * np.random.default_rng(0).standard_normal((10, 3073))
few_images, few_labels = X_train[:, :200], y_train[:200]
start = time.perf_counter()
naive_loss, naive_gradient = softmax_loss_naive(W_random, few_images, few_labels, 0.0)
naive_s = time.perf_counter() - start
print(f"loss {naive_loss:.4f}, and -log(0.1) = {-np.log(0.1):.4f}\n")
for strength in (0.0, 100.0):
    gradient = softmax_loss_naive(W_random, few_images, few_labels, strength)[1]
    print(f"reg = {strength:g}")
    print(grad_check_sparse(lambda weights: softmax_loss_naive(weights, few_images, few_labels, strength)[0], W_random, gradient,
                            num_checks=5, rng=np.random.default_rng(1)), "\n")

# %% [markdown]
# ## 5. The same without loops
#
# The loops are gone once you see what they add up to. All scores are `W @ X`. All derivatives $p_c - [c = y_i]$ form a
# matrix $G$ of shape (C, N). And a sum over images of a column times a row,
#
# $$ \sum_i G_{:,i} \, x_i^{\mathsf T}, $$
#
# is a matrix product of two arrays that you already have. Which one gets transposed?
#
# To pick the score of the right class for every image, index with two lists: `scores[y, np.arange(N)]`.
#
# Write **`softmax_loss_vectorized`**. Its check also looks at what large scores do, here and in `softmax_loss_naive`.

# %% solution="softmax_loss_vectorized"
def softmax_loss_vectorized(W, X, y, reg):
    """The same as softmax_loss_naive (same arguments, same results), without a loop over images."""
    ### BEGIN SOLUTION
    N = X.shape[1]
    scores = W @ X                                                    # (C, N)
    scores = scores - scores.max(axis=0)
    log_probabilities = scores - np.log(np.sum(np.exp(scores), axis=0))
    loss = -np.mean(log_probabilities[y, np.arange(N)]) + 0.5 * reg * np.sum(W[:, :-1] ** 2)
    G = np.exp(log_probabilities)                                     # (C, N)
    G[y, np.arange(N)] -= 1
    dW = G @ X.T / N                                                  # (C, D)
    dW[:, :-1] += reg * W[:, :-1]
    return loss, dW
    ### END SOLUTION

# %% test="softmax_loss_vectorized" points=5
W_toy = np.linspace(-0.4, 0.7, 12).reshape(3, 4)
X_toy = np.vstack([2 * np.sin(np.arange(15)).reshape(3, 5), np.ones(5)])
y_toy = np.array([0, 1, 2, 2, 1])

with check.part(2, "the loss"):
    W, X, y = W_toy.copy(), X_toy.copy(), y_toy.copy()
    with check.unchanged(W=W, X=X, y=y):
        result = softmax_loss_vectorized(W, X, y, 0.1)
    check.true(isinstance(result, tuple | list) and len(result) == 2, "The function should return two things.",
               "Return the loss and the gradient: `return loss, dW`.")
    chances = np.array([0.606348, 0.33306, 0.724309, 0.812038, 0.256348])        # of the right classes
    check.close(result[0], 0.7538396777831301, what="the loss of the toy problem", mistakes={
        "This is the sum over the images; the loss is their mean.": 3.54719838891565,
        "The regularisation counts twice: it is ½·reg times the sum of squares.": 0.8093396777831301,
        "The biases are regularised too: leave out the last column of W.": 0.7833396777831301,
        "The biases are regularised too, and the ½ is missing: ½·reg times the sum of squares, without the last column of W.":
            0.8683396777831301,
        "The regularisation is missing.": 0.6983396777831301,
        "The regularisation is divided by the number of images too.": 0.7094396777831301,
        "Use the natural logarithm `np.log`.": 1.0629911899937186,
        "The softmax runs over the images; it should run over the classes.": 1.3436567971047058,
        "The softmax is taken twice.": 0.9712430658013219,
        "The sign of the data term is wrong: the logarithm of a probability is negative.": -0.6428396777831301,
        "Nothing belongs inside the logarithm but the probability: where the largest score is subtracted, the sum is never 0.":
            lambda: min((0.7538396777831301 - np.mean(np.log1p(10.0 ** -n / chances)) for n in range(3, 12)), key=lambda one: abs(one - result[0])),
    })
    ### BEGIN HIDDEN TESTS
    check_loss(softmax_loss_vectorized, check.rng())
    ### END HIDDEN TESTS

with check.part(2, "the gradient"):
    loss, dW = softmax_loss_vectorized(W_toy.copy(), X_toy.copy(), y_toy.copy(), 0.1)
    if np.allclose(np.asarray(loss, dtype=float), 0.7538396777831301, rtol=1e-6):
        slopes_toy = eval_numerical_gradient(lambda W: softmax_loss_vectorized(W.copy(), X_toy.copy(), y_toy.copy(), 0.1)[0], W_toy.copy())
        compared = "your gradient, compared with the slopes of your own loss"
    else:                                        # your loss is not right yet: these are the slopes of the right one
        slopes_toy = np.array([[0.060159465, 0.131012925, -0.028812909, 0.023789756], [0.087005927, -0.024016037, -0.086304054, -0.153662453],
                               [-0.147165393, -0.076996888, 0.175116963, 0.129872697]])
        compared = "your gradient, compared with the slopes of the right loss"
    price = 0.1 * W_toy * [1, 1, 1, 0]           # the share of the regularisation
    of_right = np.array([X_toy[:, y_toy == c].sum(axis=1) for c in range(3)]) / 5
    known = {
        "The gradient has the wrong sign.": -slopes_toy,
        "The regularisation has no part in the gradient.": slopes_toy - price,
        "The gradient of ½·reg·w² is reg·w, without a 2.": slopes_toy + price,
        "The gradient of ½·reg·w² is reg·w, without another ½.": slopes_toy - price / 2,
        "The gradient of the biases has a part from the regularisation.": slopes_toy + 0.1 * W_toy * [0, 0, 0, 1],
        "This is the sum over the images; the gradient has a 1/N like the loss.": 5 * (slopes_toy - price) + price,
        "The gradient is divided by the number of images twice.": (slopes_toy - price) / 5 + price,
        "The 1 of the right class is not subtracted: the slope by a score is p - [c = y].": slopes_toy + of_right,
        "The data part of the gradient has the wrong sign.": 2 * price - slopes_toy,
    }
    ### BEGIN HIDDEN TESTS
    if follows(loss, dW, (W_toy, X_toy, y_toy, 0.1)):
        dW = slopes_toy
    ### END HIDDEN TESTS
    check.gradient(dW, slopes_toy, what=compared, mistakes=known)
    ### BEGIN HIDDEN TESTS
    check_gradient(softmax_loss_vectorized, check.rng())
    ### END HIDDEN TESTS

with check.part(1, "large scores, in both functions"):
    W, X, y = np.array([[1.0, 0], [0, 0]]), np.array([[2.0, 0], [1, 1]]), np.array([0, 0])
    moved = W + [0, 1000]                        # 1000 more for every class of every image changes no probability
    before, after = (softmax_loss_vectorized(one.copy(), X.copy(), y.copy(), 0.0)[0] for one in (W, moved))
    check.close(after, before, what="the loss with 1000 on all scores", mistakes={
        "Large scores seem to be cut off at a limit, which changes the probabilities: subtract the largest score of each image instead.":
            np.log(2),
    }, hint="Numbers overflow: subtract the largest score of each image before you take `exp`.")
    ### BEGIN HIDDEN TESTS
    check_large_scores(softmax_loss_vectorized, check.rng(), "softmax_loss_vectorized")
    try:
        softmax_loss_naive(W.copy(), X.copy(), y.copy(), 0.0)
    except Exception:
        pass                                     # not written yet: that has cost its points already
    else:
        check_large_scores(softmax_loss_naive, check.rng(), "softmax_loss_naive")
    ### END HIDDEN TESTS

### BEGIN HIDDEN TESTS
rng = check.rng()
# Without a loop over images: matrix products are about 100 times as fast as a loop here; 3 times is enough.
W, X, y = rng.normal(size=(3, 4)), rng.normal(size=(4, 20000)), rng.integers(0, 3, size=20000)
start = check.cpu_seconds()
for i in range(20000):
    np.exp(W @ X[:, i])
loop_s = check.cpu_seconds() - start
for attempt in range(8):                        # more than once, for a machine that is busy with other things
    start = check.cpu_seconds()
    softmax_loss_vectorized(W, X, y, 0.0)
    if check.cpu_seconds() - start < loop_s / 3:
        break
else:
    check.true(False, "For 20,000 small images it takes about as long as a loop.",
               "This function should work without a loop over images: which matrix product adds up all the gradients?")
### END HIDDEN TESTS

# %% [markdown]
# The two functions should agree to about 15 digits. How much time was saved?

# %% experiment
start = time.perf_counter()
fast_loss, fast_gradient = softmax_loss_vectorized(W_random, few_images, few_labels, 0.0)
fast_s = time.perf_counter() - start
print(f"difference of the losses {abs(fast_loss - naive_loss):.1e}, relative error of the gradients {rel_error(fast_gradient, naive_gradient):.1e}")
print(f"naive {1000 * naive_s:.1f} ms, vectorized {1000 * fast_s:.1f} ms: {naive_s / fast_s:.0f} times as fast")

# %% [markdown]
# ## 6. Learning
#
# Going downhill with the gradient of all 49,000 images is slow: a full look at the data for every small step. A random
# **minibatch** of 200 gives nearly the same direction for a fraction of the work. That is stochastic gradient descent:
#
# $$ W \leftarrow W - \eta \,\nabla_W L(\text{minibatch}) . $$
#
# Write the class **`Softmax`** with two methods.
#
# `train` starts from small random weights, then repeats `num_iters` times: draw `batch_size` images at random **with
# replacement** (one image may be drawn twice), compute loss and gradient on them, note the loss, move `W`. It returns
# the losses as a list. All random numbers come from the generator `rng`, so that the same seed gives the same
# classifier; there are `rng.standard_normal`, `rng.integers` and `rng.choice`.
#
# `predict` returns, for every image, the class with the largest score. (Why are no probabilities needed for that?)

# %% solution="Softmax"
class Softmax:
    """A linear classifier with softmax loss. After training, W is (C, D)."""

    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
        """Learn W by stochastic gradient descent, beginning anew with small random weights at each call.

        X is (D, N) with a last row of ones, y is (N,) with labels 0 … C-1; C is the largest label plus 1.
        Minibatches are drawn with replacement; all randomness comes from the generator rng.
        Returns the losses of the minibatches: a list of num_iters numbers, each taken before W is moved.
        """
        rng = np.random.default_rng() if rng is None else rng
        ### BEGIN SOLUTION
        num_features, num_images = X.shape
        self.W = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, num_features))
        losses = []
        for _ in range(num_iters):
            batch = rng.integers(0, num_images, size=batch_size)
            loss, dW = softmax_loss_vectorized(self.W, X[:, batch], y[batch], reg)
            losses.append(loss)
            self.W = self.W - learning_rate * dW
        return losses
        ### END SOLUTION

    def predict(self, X):
        """The most probable label of each column of X (D, N): an array of integers (N,)."""
        ### BEGIN SOLUTION
        return np.argmax(self.W @ X, axis=0)
        ### END SOLUTION

# %% oracle="training"
def loss_and_slopes(W, X, y, reg):
    return right_loss(W, X, y, reg), slopes(W, X, y, reg)

def valley(W, X, y, reg):
    """Another loss, which does not look at the images: for those whose own is wrong, or whose W has another shape."""
    return 0.5 * np.sum((W - 2) ** 2) + reg * np.sum(W), W - 2 + reg

def descend(loss_of, W, batch, learning_rate, reg, num_iters):
    """Gradient descent on one and the same batch."""
    history, W = [], W.copy()
    for _ in range(num_iters):
        loss, dW = loss_of(W, *batch, reg)
        history.append(loss)
        W = W - learning_rate * dW
    return np.array(history), W

def trained(classifier, X, y, seed, **settings):
    with check.unchanged(X=X, y=y):
        history = classifier.train(X, y, rng=np.random.default_rng(seed), **settings)
    check.true(history is not None, "train returns nothing.", "Return the losses: one for each of the num_iters steps.")
    return np.array(list(history), dtype=float), np.array(classifier.W)

def known_runs(new, rng, loss_of):
    """Training whose course is known without knowing what was drawn: all images are the same, or the loss does not look at them."""
    seed = int(rng.integers(1_000_000))
    for label, num_features, copies, reg, steps in [(2, 4, 3, 0.5, 7), (1, 3, 2, 0.0, 1), (4, 6, 5, 1.5, 12)]:
        image = np.append(rng.normal(size=num_features - 1), 1.0)
        X, y = np.tile(image[:, None], copies), np.full(copies, label)
        y = np.arange(copies) if loss_of is valley else y
        _, start = trained(new(), X, y, seed, learning_rate=0.0, reg=reg, num_iters=steps, batch_size=6)
        history, W = trained(new(), X, y, seed, learning_rate=0.3, reg=reg, num_iters=steps, batch_size=6)
        yield start, (np.tile(image[:, None], 6), np.full(6, label)), reg, steps, history, W

def check_steps(new, rng, loss_of=loss_and_slopes):
    for start, batch, reg, steps, _, W in known_runs(new, rng, loss_of):
        after = lambda rate, strength, count: descend(loss_of, start, batch, rate, strength, count)[1]
        check.close(W, after(0.3, reg, steps), what=f"W after {steps} steps", mistakes={
            "W moves up the slope: subtract the gradient.": lambda: after(-0.3, reg, steps),
            "Is the argument `reg` passed on to the loss?": lambda: after(0.3, 0.0, steps),
            "There seems to be one step too many.": lambda: after(0.3, reg, steps + 1),
            "There seems to be one step too few.": lambda: after(0.3, reg, steps - 1),
            "W has not moved: is it updated in the loop?": start,
            "The gradient seems to be divided by the batch size once more: the loss is a mean already.": lambda: after(0.3 / 6, reg, steps),
        }, hint="Does each step subtract learning_rate times the gradient of the minibatch?")

def check_history(new, rng, loss_of=loss_and_slopes):
    for start, batch, reg, steps, history, _ in known_runs(new, rng, loss_of):
        check.equal(len(history), steps, what="the number of losses", hint="One loss for each of the num_iters steps.")
        noted = lambda rate, strength, count=steps: descend(loss_of, start, batch, rate, strength, count)[0]
        if any(np.allclose(history, noted(*wrong), rtol=1e-6) for wrong in ((-0.3, reg), (0.3, 0.0), (0.3 / 6, reg), (0.0, reg))):
            continue                             # noted as they should be; wrong steps have cost their points already
        check.close(history, noted(0.3, reg), what="the losses", mistakes={
            "Each loss seems to be taken after W was moved: note it before.": lambda: noted(0.3, reg, steps + 1)[1:],
            "These are sums over the minibatch: what your loss function returns is a mean already.": lambda: 6 * noted(0.3, reg),
            "The losses are divided by the batch size once more: they are means already.": lambda: noted(0.3, reg) / 6,
        }, hint="Note the loss of each minibatch as your loss function returns it, before W moves.")

def followed(W, X, y, learning_rate, history, first, late):
    """Which image each step drew, as far as the losses tell, which were noted before the step or late, after it."""
    drawn = []
    for step, loss in enumerate(history):
        steps = [loss_and_slopes(W, X[:, i:i + 1], y[i:i + 1], 0.0) for i in (0, 1)]
        moved = [W - learning_rate * dW for _, dW in steps]
        due = [right_loss(moved[i], X[:, i:i + 1], y[i:i + 1], 0.0) if late else steps[i][0] for i in (0, 1)]
        fitting = [i for i in (0, 1) if abs(due[i] - loss) < 1e-6]
        if not fitting or (step == 0 and first not in fitting):
            break
        drawn.append(first if step == 0 else fitting[0])
        W = moved[drawn[-1]]
    return drawn

own_label = "Draw one set of indices, and use it for the images and for their labels."

def check_draws(draws):
    """Which of two images was drawn, 200 times."""
    first = np.array(draws) == 0
    check.true(55 < first.sum() < 145, "Some images are drawn far more often than others.", "Each image should be drawn equally often.")
    pairs = first.reshape(-1, 2)
    check.true((pairs[:, 0] == pairs[:, 1]).any(), "An image comes again only after all the others have had their turn.",
               "Draw with replacement: each time from all images, those drawn before too.")

def check_minibatches(new, rng):
    """By the losses alone, which the student's own loss function gives."""
    seed = int(rng.integers(1_000_000))
    # W stays: how much the losses vary tells how large the batches are
    X, y = np.vstack([rng.normal(size=(3, 40)), np.ones(40)]), rng.permutation(np.arange(40) % 3)
    single, large = (trained(new(), X, y, seed, learning_rate=0.0, reg=0.0, num_iters=60, batch_size=size)[0] for size in (1, 400))
    _, start = trained(new(), X, y, seed, learning_rate=0.0, reg=0.0, num_iters=60, batch_size=1)
    check.true(np.ptp(single) > 1e-12 or not start.any(), "All minibatches of one image have the same loss.",
               "Is a minibatch drawn in each step, or are all images used every time?")
    check.true(np.std(large) / np.mean(large) <= np.std(single) / np.mean(single) / 5,
               "The losses of large minibatches vary as much as those of single images.", "Is the argument `batch_size` used?")

    # Two images, batches of one: each loss tells which image was drawn, and that its own label came with it.
    X, y = np.array([[2.0, -1.0], [0.5, 3.0], [1.0, 1.0]]), np.array([0, 3])
    _, start = trained(new(), X, y, seed, learning_rate=0.0, reg=0.0, num_iters=200, batch_size=1)
    history, _ = trained(new(), X, y, seed, learning_rate=0.02, reg=0.0, num_iters=200, batch_size=1)
    best = []
    for late in (False, True):
        for rate in (0.02, -0.02):               # uphill, too: where the steps lead to is another part
            best = max(best, *(followed(start, X, y, rate, history, first, late) for first in (0, 1)), key=len)
    check.equal(len(best), 200, what="the number of losses that belong to an image and its own label", hint=own_label)
    check_draws(best)
    more, _ = trained(new(), X, y, seed, learning_rate=0.0, reg=0.0, num_iters=20, batch_size=50)      # more than there are
    check.true(np.ptp(more) > 1e-12 or not start.any(), "Minibatches of 50, drawn from 2 images, are all the same.",
               "Draw with replacement, and batch_size images: one image may be drawn many times.")

def check_noted(new, rng, noted):
    """By what another loss function noted that was called with the minibatches: (images, labels)."""
    X, y = np.vstack([[5.0, -7.0], rng.normal(size=(2, 2)), np.ones(2)]), np.array([0, 1])
    for batch_size in (1, 50):
        noted.clear()
        trained(new(), X, y, int(rng.integers(1_000_000)), learning_rate=0.0, reg=0.0, num_iters=200, batch_size=batch_size)
        check.equal(len(noted), 200, what="the number of minibatches for which the loss was asked", hint="One in each of the num_iters steps.")
        sizes = {np.shape(images)[-1] for images, _ in noted}
        symptom = "All images are used in each step." if batch_size == 1 else "Minibatches of 50, drawn from 2 images, have another size."
        check.true(sizes == {batch_size}, symptom, "Draw batch_size images in each step, with replacement: one image may be drawn many times.")
        which = np.array([images[0] < 0 for images, _ in noted]).astype(int)                         # (200, batch_size)
        check.true(np.array_equal(which, [labels for _, labels in noted]), "Some images do not come with their own labels.", own_label)
        check.true(bool(np.ptp(np.sum(which, axis=1)) > 0), f"Minibatches of {batch_size}, drawn from 2 images, are all the same.",
                   "Is a new minibatch drawn in each step, with replacement?")
        if batch_size == 1:
            check_draws(which[:, 0])

def check_random_numbers(new, rng):
    seed = int(rng.integers(1_000_000))
    X, y = np.vstack([rng.normal(size=(3, 40)), np.ones(40)]), rng.permutation(np.arange(40) % 3)
    settings = {"learning_rate": 0.2, "reg": 0.1, "num_iters": 15, "batch_size": 7}
    once, twice, other = (trained(new(), X, y, s, **settings) for s in (seed, seed, seed + 1))
    check.close(twice[1], once[1], what="W after training twice with the same seed",
                hint="All random numbers should come from `rng`: np.random.… is another generator.")
    check.close(twice[0], once[0], what="the losses after training twice with the same seed")
    check.true(not np.allclose(other[1], once[1], rtol=1e-6, atol=0) or not np.allclose(other[0], once[0], rtol=1e-6),
               "Another seed gives the same classifier.", "All random numbers should come from `rng`, as it was passed.")
    classifier = new()
    trained(classifier, X, y, 1, **settings)
    check.close(trained(classifier, X, y, seed, **settings)[1], once[1], what="W after training the same classifier again",
                hint="Every call of `train` begins anew with small random weights: does yours go on from the W that is there?")

def check_shape(new, rng):
    X, y = np.vstack([rng.normal(size=(3, 2)), np.ones(2)]), np.array([0, 3])
    _, W = trained(new(), X, y, 1, learning_rate=0.0, reg=0.0, num_iters=1, batch_size=2)
    check.equal(W.shape, (4, 4), what="the shape of W for the labels 0 and 3",
                hint="W is (C, D): C is the largest label plus 1, not the number of different labels, and D the number of rows of X.")

# %% [markdown]
# The first check trains on a problem so small that everything is known beforehand: two kinds of images, and a
# straight line between them.

# %% test="train" points=5
toy_rng = np.random.default_rng(3)
y_two = np.arange(60) % 2
X_two = np.vstack([toy_rng.standard_normal((2, 60)) + 3 * (2 * y_two - 1), np.ones(60)])    # two clouds of 30 points


def bowl(W, X, y, reg):
    """A loss for those whose own is not right yet: it does not look at the images, and has its minimum where all weights are 1."""
    return 0.5 * np.sum((W - 1) ** 2), W - 1


try:
    found = [loss(np.ones((2, 3)), X_two[:, :9], y_two[:9] * 0, 0.5) for loss in (softmax_loss_naive, softmax_loss_vectorized)]
    half = X_two[:, :9].mean(axis=1) / 2         # with equal scores both classes have the probability ½
    losses_are_right = all(np.isclose(loss, np.log(2) + 1, rtol=1e-6) and np.allclose(dW - [[0.5, 0.5, 0]], [-half, half])
                           for loss, dW in found)
except Exception:                                # not written yet, perhaps
    losses_are_right = False
own_losses = softmax_loss_naive, softmax_loss_vectorized
for_training = own_losses if losses_are_right else (bowl, bowl)

with check.part(2, "the steps"):
    X_same = np.array([[2.0], [-1.0], [1.0]]) * np.append(np.ones(12), 0)     # 12 times the same image, and one that is all 0
    y_same = np.append(np.ones(12, dtype=np.int64), 0)
    softmax_loss_naive, softmax_loss_vectorized = for_training
    try:
        classifier = Softmax()
        with check.unchanged(X=X_same, y=y_same):
            classifier.train(X_same, y_same, learning_rate=0.1, reg=0.0, num_iters=50, batch_size=4, rng=np.random.default_rng(0))
        W_learned = np.array(classifier.W, dtype=float)
    finally:
        softmax_loss_naive, softmax_loss_vectorized = own_losses
    check.equal(W_learned.shape, (2, 3), what="the shape of W for 2 classes and 3 features",
                hint="W is (C, D), where C is the largest label plus 1 and D the number of rows of X.")
    right, wrong = (W_learned @ X_same[:, 0])[::-1]
    learned = right - wrong > 1 if losses_are_right else np.abs(W_learned - 1).max() < 0.1
    check.true(learned, "The loss does not come down, on a problem that is easy.", "Is W moved *against* the gradient, in each step?",
               f"W is {np.round(W_learned, 2).tolist()} at the end.")
    ### BEGIN HIDDEN TESTS
    try:
        check_steps(Softmax, check.rng())
    except Exception:                            # whoever lost points for the loss should not lose them here again
        softmax_loss_naive = softmax_loss_vectorized = valley
        check_steps(Softmax, check.rng(), valley)
    finally:
        softmax_loss_naive, softmax_loss_vectorized = own_losses
    ### END HIDDEN TESTS

with check.part(1, "the losses"):
    softmax_loss_naive, softmax_loss_vectorized = for_training
    try:
        losses = Softmax().train(X_two, y_two, learning_rate=0.1, reg=0.0, num_iters=100, batch_size=20, rng=np.random.default_rng(0))
    finally:
        softmax_loss_naive, softmax_loss_vectorized = own_losses
    check.true(losses is not None and len(losses) == 100, "train should return one loss for each of the num_iters steps.",
               "Append the loss of each minibatch to a list, and return the list.")
    ### BEGIN HIDDEN TESTS
    try:
        check_history(Softmax, check.rng())
    except Exception:
        softmax_loss_naive = softmax_loss_vectorized = valley
        check_history(Softmax, check.rng(), valley)
    finally:
        softmax_loss_naive, softmax_loss_vectorized = own_losses
    ### END HIDDEN TESTS

with check.part(1, "the minibatches"):
    softmax_loss_naive, softmax_loss_vectorized = for_training
    try:
        classifier = Softmax()
        classifier.train(X_two, y_two, learning_rate=0.1, reg=0.0, num_iters=100, batch_size=20, rng=np.random.default_rng(0))
    finally:
        softmax_loss_naive, softmax_loss_vectorized = own_losses
    right_labels = np.mean(np.argmax(np.array(classifier.W) @ X_two, axis=0) == y_two)
    check.true(not losses_are_right or not 0.1 < right_labels < 0.9, "The classifier learns nothing, on a problem that is easy.",
               "Do the labels belong to the images of the minibatch? Draw one set of indices, and use it for both.",
               f"It gets {right_labels:.0%} right.")
    ### BEGIN HIDDEN TESTS
    noted = []

    def noting(W, X, y, reg):
        noted.append((np.array(X), np.array(y)))
        return 1.0, np.zeros(np.shape(W))

    try:
        check_minibatches(Softmax, check.rng())
    except Exception:
        softmax_loss_naive = softmax_loss_vectorized = noting
        check_noted(Softmax, check.rng(), noted)
    finally:
        softmax_loss_naive, softmax_loss_vectorized = own_losses
    ### END HIDDEN TESTS

with check.part(1, "the start and the random numbers"):
    softmax_loss_naive, softmax_loss_vectorized = for_training
    try:
        unmoved, again = Softmax(), [Softmax(), Softmax()]
        unmoved.train(X_two, y_two, learning_rate=0.0, reg=0.0, num_iters=1, batch_size=20, rng=np.random.default_rng(0))
        for one in again:
            one.train(X_two, y_two, learning_rate=0.1, reg=0.0, num_iters=10, batch_size=20, rng=np.random.default_rng(0))
    finally:
        softmax_loss_naive, softmax_loss_vectorized = own_losses
    check.true(np.abs(unmoved.W).max() < 0.1, "The initial weights are not small.",
               "Begin with small weights, for example 1e-4 times standard normal numbers: a classifier that knows nothing should not be sure.")
    check.close(again[1].W, again[0].W, what="W after training twice with the same seed",
                hint="All random numbers should come from `rng`: np.random.… is another generator.")
    ### BEGIN HIDDEN TESTS
    try:
        check_random_numbers(Softmax, check.rng())
        check_shape(Softmax, check.rng())
    except Exception:
        softmax_loss_naive = softmax_loss_vectorized = valley
        check_random_numbers(Softmax, check.rng())
        check_shape(Softmax, check.rng())
    finally:
        softmax_loss_naive, softmax_loss_vectorized = own_losses
    ### END HIDDEN TESTS
if not losses_are_right:
    print("Your losses are not right yet (sections 4 and 5), so a simple bowl stood in for them here. Correct them first.")

# %% test="predict" points=2
classifier = Softmax()
classifier.W = np.array([[1.0, 0, 0], [0, 1, 0], [-1, -1, 0.5]])           # 3 classes
X_some = np.array([[2.0, 0, -1, 0], [1, 3, -1, 0], [1, 1, 1, 1]])          # 4 images
check.equal(classifier.predict(X_some), [0, 1, 2, 2], what="the labels of 4 images", mistakes={
    "This is the class with the smallest score.": [2, 2, 0, 0],
    "The largest score of each class was looked for: images are columns, so which axis runs over the classes?": [0, 1, 2],
})
check.passed("predict picks the class with the largest score.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for num_classes, num_features, num_images in [(5, 4, 30), (6, 3, 6), (10, 5, 1), (2, 7, 12)]:
    W, X = rng.normal(size=(num_classes, num_features)), rng.normal(size=(num_features, num_images))
    classifier = Softmax()
    classifier.W = W
    scores = (W @ X).T.tolist()                                            # one list for each image
    with check.unchanged(X=X):
        found = classifier.predict(X)
    check.equal(found, [row.index(max(row)) for row in scores], what=f"the labels for {num_classes} classes and {num_images} images",
                mistakes={
        "These are the largest scores, not the classes that have them.": [max(row) for row in scores],
        "This is the class with the smallest score.": [row.index(min(row)) for row in scores],
        "The largest score of each class was looked for: images are columns, so which axis runs over the classes?":
            lambda: np.argmax(W @ X, axis=1),
        "The bias is left out.": lambda: np.argmax(W[:, :-1] @ X[:-1], axis=0),
    })
    check.close(classifier.W, W, what="W after predict", hint="Predicting should not change the classifier.")
classifier.W = rng.normal(size=(4, 6)) - 50                                # all scores negative
X = np.abs(rng.normal(size=(6, 20)))
check.equal(classifier.predict(X), [max(range(4), key=column.__getitem__) for column in (np.array(classifier.W) @ X).T.tolist()],
            what="the labels where all scores are negative")
pixels = rng.integers(0, 256, size=(6, 9), dtype=np.uint8)
scores = np.array(classifier.W) @ pixels.astype(float)
after_exp = "The argmax of exp(scores): exp turns large scores into ∞ and very negative ones into 0. Compare the scores themselves."
check.equal(classifier.predict(pixels), np.argmax(scores, axis=0), what="the labels of images of type uint8", mistakes={
    after_exp: lambda: np.argmax(np.exp(scores), axis=0),
    "The scores are computed in uint8: convert to float first.": lambda: np.argmax(np.array(classifier.W).astype(np.uint8) @ pixels, axis=0),
})
classifier.W = 400 * rng.normal(size=(4, 6))                               # and very large ones
check.equal(classifier.predict(X), np.argmax(np.array(classifier.W) @ X, axis=0), what="the labels where scores are very large", mistakes={
    after_exp: lambda: np.argmax(np.exp(np.array(classifier.W) @ X), axis=0),
}, hint="Compare the scores themselves: exp of a large score is ∞, and the probabilities of several classes may become NaN.")
first, second = Softmax(), Softmax()
first.W, second.W = np.eye(3), -np.eye(3)
check.equal(first.predict(np.eye(3)), [0, 1, 2], what="the labels from a first classifier after making a second",
            hint="Each classifier has its own weights: keep them in `self`.")
### END HIDDEN TESTS

# %% [markdown]
# And now CIFAR-10. 3,000 steps, well under a minute. The loss of single minibatches jumps about, so look at the trend:

# %% experiment
start = time.perf_counter()
first_try = Softmax()
loss_history = first_try.train(X_train, y_train, learning_rate=1e-6, reg=0.1, num_iters=3000, batch_size=200, rng=np.random.default_rng(0))
print(f"{time.perf_counter() - start:.0f} s")
for name, columns, labels in (("training", X_train, y_train), ("validation", X_val, y_val)):
    print(f"{name} accuracy {np.mean(first_try.predict(columns) == labels):.3f}")
plots.curves({"one minibatch": loss_history, "mean of 100": np.convolve(loss_history, np.full(100, 0.01), "valid")}, "step", "loss")

# %% [markdown]
# ## 7. Choose the settings
#
# Learning rate and regularisation were a guess. Too small a rate, and 3,000 steps lead nowhere; too large, and every
# step overshoots. Too little regularisation, and $W$ learns the training images by heart; too much, and it learns
# nothing.
#
# So try several of each, and keep the classifier that does best on the **validation** images, which it has not
# learned from. Write **`tune`**.

# %% solution="tune"
def tune(X_train, y_train, X_val, y_val, learning_rates, regs, num_iters, batch_size, rng):
    """Train a Softmax for every pair of a learning rate and a regularisation strength.

    Returns (best, results): the trained classifier with the highest validation accuracy, and a dict
    (learning_rate, reg) → (training accuracy, validation accuracy), both between 0 and 1.
    """
    ### BEGIN SOLUTION
    best, best_accuracy, results = None, -1.0, {}
    for learning_rate in learning_rates:
        for reg in regs:
            classifier = Softmax()
            classifier.train(X_train, y_train, learning_rate, reg, num_iters, batch_size, rng)
            accuracies = [float(np.mean(classifier.predict(X) == y)) for X, y in ((X_train, y_train), (X_val, y_val))]
            results[learning_rate, reg] = tuple(accuracies)
            if accuracies[1] > best_accuracy:
                best, best_accuracy = classifier, accuracies[1]
    return best, results
    ### END SOLUTION

# %% oracle="tuning"
LISTS = [([0.0, 0.5], [0.01, 0.02, 0.03]), ([0.5, 0.0], [0.01, 0.02]), ([0.4], [0.0, 0.05, 0.01]), ([0.0, 0.3, 0.0], [0.1, 0.0]),
         ([0.0, 0.6], [0.0, 0.02, 0.05])]

def share_right(W, X, y):
    return np.mean(np.argmax(np.asarray(W) @ X, axis=0) == y)

def train_rightly(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    """Training as it should be, for those whose own is not right."""
    W, due, losses = 1e-4 * rng.standard_normal((int(np.max(y)) + 1, len(X))), np.eye(int(np.max(y)) + 1)[:, y], []
    for _ in range(num_iters):
        batch = rng.integers(0, X.shape[1], size=batch_size)
        losses.append(right_loss(W, X[:, batch], y[batch], reg))
        over = special.softmax(W @ X[:, batch], axis=0) - due[:, batch]
        W = W - learning_rate * (np.einsum("ci,di->cd", over, X[:, batch]) / batch_size + reg * np.append(np.ones(len(X) - 1), 0) * W)
    self.W = W
    return losses

def predict_rightly(self, X):
    return [max(range(len(column)), key=column.__getitem__) for column in (np.asarray(self.W) @ X).T.tolist()]

def clouds(rng):
    y = rng.permutation(np.arange(120) % 3)
    return np.vstack([np.eye(3)[y].T * 4 + rng.normal(size=(3, 120)), np.ones(120)]), y

def check_table(tune, rng):
    for learning_rates, regs in LISTS:
        X, y = clouds(rng)
        X_new, y_new = X[:, 80:], (y[80:] + rng.integers(1, 3)) % 3          # labels that what was learned gets wrong
        arguments = {"learning_rates": learning_rates, "regs": regs, "num_iters": 40, "batch_size": 20, "rng": np.random.default_rng(0)}
        with check.unchanged(X=X, y=y, X_new=X_new, y_new=y_new):
            best, results = tune(X[:, :80], y[:80], X_new, y_new, **arguments)
        wanted = sorted({(rate, reg) for rate in learning_rates for reg in regs})
        check.equal(sorted(map(list, results)), [list(pair) for pair in wanted], what="the keys of the results",
                    hint="There should be one key (learning_rate, reg) for each pair.")
        shares = np.array([results[pair] for pair in wanted], dtype=float)
        check.equal(shares.shape, (len(wanted), 2), what="the shape of the results", hint="Store (training accuracy, validation accuracy).")
        check.close(shares * [80, 40], np.round(shares * [80, 40]), rtol=0, atol=1e-6, what="the accuracies times the numbers of images",
                    hint="They should be whole numbers: an accuracy is the share of images with the right label.")
        yield best, shares, (X[:, :80], y[:80]), (X_new, y_new), len(wanted) == len(learning_rates) * len(regs)

def check_best(tune, rng):
    by_training = "This seems to be the classifier with the best *training* accuracy, or just the last one: which images decide?"
    for best, shares, seen, new, no_pair_twice in check_table(tune, rng):
        if no_pair_twice:
            of_best = [share_right(best.W, *images) for images in (seen, new)]
            check.true(any(np.allclose(of_best, pair, atol=1e-9) for pair in shares),
                       "The accuracies of the classifier returned are not among the results.",
                       "Store (training accuracy, validation accuracy) of each classifier, and return one of them.")
            check.close(of_best[1], shares[:, 1].max(), what="the validation accuracy of the classifier returned", mistakes={
                by_training: lambda: shares[np.argmax(shares[:, 0]), 1],
                "This seems to be the classifier with the *lowest* validation accuracy.": lambda: shares[:, 1].min(),
            }, hint="Return the trained classifier that has the highest validation accuracy.")

def check_settings(tune, new, rng):
    """With one pair of settings `tune` must do what `train` does with them; how large the weights get tells."""
    X, y = clouds(rng)
    for rate, reg, num_iters in [(0.05, 15.0, 60), (0.05, 0.0, 60), (0.004, 0.0, 60), (0.05, 0.0, 5)]:
        alone = new()
        alone.train(X[:, :80], y[:80], learning_rate=rate, reg=reg, num_iters=num_iters, batch_size=20, rng=np.random.default_rng(1))
        best, _ = tune(X[:, :80], y[:80], X[:, 80:], y[80:], [rate], [reg], num_iters, 20, np.random.default_rng(1))
        ratio = np.linalg.norm(np.array(best.W)[:, :-1]) / np.linalg.norm(np.array(alone.W)[:, :-1])
        check.true(0.6 < ratio < 1.6, "With a single pair of settings, the weights are far larger or smaller than after training with it directly.",
                   "Is every classifier trained with its own settings, for num_iters steps?")

# %% test="tune" points=3
tune_rng = np.random.default_rng(5)
y_three = np.arange(90) % 3
X_three = np.vstack([np.eye(3)[y_three].T * 4 + tune_rng.standard_normal((3, 90)), np.ones(90)])    # three clouds of 30 points
own_methods = Softmax.train, Softmax.predict


def mean_train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
    """For those whose `train` is not right yet: the weights of a class are the mean of its images, times the learning rate."""
    self.W = learning_rate * np.array([X[:, y == label].mean(axis=1) for label in range(3)])
    return [0.0] * num_iters


def listed_predict(self, X):
    """For those whose `predict` is not right yet."""
    return np.array([max(range(3), key=scores.__getitem__) for scores in (np.array(self.W) @ X).T.tolist()])


try:
    probe = Softmax()
    probe.train(X_three[:, :60], y_three[:60], learning_rate=0.5, reg=0.0, num_iters=60, batch_size=20, rng=np.random.default_rng(0))
    class_is_right = bool(np.mean(np.argmax(np.array(probe.W) @ X_three, axis=0) == y_three) > 0.8) and np.array_equal(
        probe.predict(X_three), listed_predict(probe, X_three))
except Exception:                                # not written yet, perhaps
    class_is_right = False
if not class_is_right:
    print("`train` or `predict` is not right yet (section 6), so simple ones stand in for them here. Correct them first.")
for_tuning = own_methods if class_is_right else (mean_train, listed_predict)

with check.part(2, "every pair of settings"):
    Softmax.train, Softmax.predict = for_tuning
    try:
        with check.unchanged(X=X_three, y=y_three):
            best, results = tune(X_three[:, :60], y_three[:60], X_three[:, 60:], y_three[60:], learning_rates=[0.0, 0.5], regs=[0.0, 0.1],
                                 num_iters=60, batch_size=20, rng=np.random.default_rng(0))
    finally:
        Softmax.train, Softmax.predict = own_methods
    check.equal(sorted(map(list, results)), [[0, 0], [0, 0.1], [0.5, 0], [0.5, 0.1]], what="the keys of the results",
                hint="There should be one key (learning_rate, reg) for each pair.")
    check.true(all(len(pair) == 2 and 0 <= min(pair) and max(pair) <= 1 for pair in results.values()),
               "The results are not pairs of accuracies between 0 and 1.", "Store (training accuracy, validation accuracy).")
    check.true(min(results[0.5, 0.0]) > 0.8, "A learning rate of 0.5 should lead to a good accuracy here, and doesn't.",
               "Is every classifier trained with its own learning rate?", f"Found {results[0.5, 0.0]}.")
    ### BEGIN HIDDEN TESTS
    # What each pair is worth is known where `train` does nothing but take the weights of its pair from a list.
    planned, calls = {}, []

    def planned_train(self, X, y, learning_rate=1e-6, reg=0.1, num_iters=1000, batch_size=200, rng=None):
        calls.append((learning_rate, reg))
        self.W = planned.get((learning_rate, reg), np.zeros((3, 4)))
        return [0.0] * num_iters

    rng = check.rng()
    X, y = clouds(rng)
    Softmax.train, Softmax.predict = planned_train, predict_rightly
    try:
        for learning_rates, regs in [([0.1, 0.2], [0.5, 0.6, 0.7]), ([0.3], [0.0, 0.1]), ([0.2, 0.1, 0.4], [0.5])]:
            planned = {(rate, reg): rng.normal(size=(3, 4)) for rate in learning_rates for reg in regs}
            calls = []
            _, results = tune(X[:, :80], y[:80], X[:, 80:], y[80:], learning_rates, regs, 10, 20, np.random.default_rng(2))
            check.equal(sorted(set(calls)), sorted(planned), what="the pairs of settings that were trained",
                        hint="Is every pair of settings trained, each with its own learning rate and regularisation?")
            for pair, W in planned.items():
                check.close(results[pair], [share_right(W, X[:, :80], y[:80]), share_right(W, X[:, 80:], y[80:])], atol=1e-9,
                            what=f"the accuracies stored for the pair {pair}",
                            hint="Store (training accuracy, validation accuracy) of the classifier that was trained with this pair.")
    finally:
        Softmax.train, Softmax.predict = own_methods
    try:
        list(check_table(tune, check.rng()))
        check_settings(tune, Softmax, check.rng())
    except Exception:                            # whoever lost points for the class should not lose them here again
        Softmax.train, Softmax.predict = train_rightly, predict_rightly
        list(check_table(tune, check.rng()))
        check_settings(tune, Softmax, check.rng())
    finally:
        Softmax.train, Softmax.predict = own_methods
    ### END HIDDEN TESTS

with check.part(1, "the best classifier"):
    Softmax.train, Softmax.predict = for_tuning
    try:
        best, results = tune(X_three[:, :60], y_three[:60], X_three[:, 60:], y_three[60:], learning_rates=[0.5, 0.0], regs=[0.0, 0.1],
                             num_iters=60, batch_size=20, rng=np.random.default_rng(0))
    finally:
        Softmax.train, Softmax.predict = own_methods
    best_found = np.mean(np.argmax(np.array(best.W) @ X_three[:, 60:], axis=0) == y_three[60:])
    check.true(best_found > 0.8, "The classifier returned does badly on the validation images, and another one did well.",
               "Return the trained classifier that has the highest validation accuracy, not just the last one.", f"It gets {best_found:.1%} right.")
    ### BEGIN HIDDEN TESTS
    try:
        check_best(tune, check.rng())
    except Exception:
        Softmax.train, Softmax.predict = train_rightly, predict_rightly
        check_best(tune, check.rng())
    finally:
        Softmax.train, Softmax.predict = own_methods
    ### END HIDDEN TESTS

# %% [markdown]
# A coarse search, half a minute: what do the rows and columns tell you? Then search again around the best place.

# %% experiment
coarse, table = tune(X_train, y_train, X_val, y_val, learning_rates=[1e-8, 1e-7, 1e-6, 1e-5], regs=[0.1, 1e2, 1e4],
                     num_iters=500, batch_size=200, rng=np.random.default_rng(0))
print("validation accuracy\n  rate \\ reg" + "".join(f"{reg:10g}" for reg in (0.1, 1e2, 1e4)))
for rate in (1e-8, 1e-7, 1e-6, 1e-5):
    print(f"{rate:12g}" + "".join(f"{table[rate, reg][1]:10.3f}" for reg in (0.1, 1e2, 1e4)))

# %% [markdown]
# Write down the settings that you choose for the final training. (A result that nobody can repeat is an anecdote.)

# %% solution="best_settings"
### BEGIN SOLUTION
best_settings = {"learning_rate": 1e-6, "reg": 100.0, "num_iters": 4000, "batch_size": 200}
### END SOLUTION

# %% [markdown]
# The next cell trains with your settings and saves what you hand in: the weights, and the mean image that was subtracted
# from the pixels, because without it the weights mean nothing. The file `best_softmax.safetensors` goes with your
# notebook; training is not repeated when you are graded. You may change the cell, to train longer or in another way,
# but `W` must stay (10, 3073), with the biases last.

# %% experiment
final = Softmax()
final_history = final.train(X_train, y_train, rng=np.random.default_rng(0), **best_settings)
hwlib.save_model({"W": final.W, "mean_image": mean_image}, "best_softmax")
print(f"validation accuracy {np.mean(final.predict(X_val) == y_val):.3f}")
plots.curves({"one minibatch": final_history, "mean of 100": np.convolve(final_history, np.full(100, 0.01), "valid")}, "step", "loss")

# %% [markdown]
# ## 8. The test images
#
# All choices are made, so now, once, the test images. Your classifier should get at least **38 %** of the 10,000 right
# (guessing gets 10 %). The grader has only the first 500 of them, and chance plays a larger part there, so it
# asks for a little less; the check below shows you both.

# %% test="best_softmax" points=4
def accuracy_of_file(images, labels):
    """Share of the images that the handed-in weights get right; nothing but the file is used."""
    model = check.handed_in("best_softmax", "Run the cell above that trains and saves the classifier, and hand the file in with the notebook.")
    check.true({"W", "mean_image"} <= set(model), "best_softmax.safetensors does not hold `W` and `mean_image`.",
               'Save it as above: hwlib.save_model({"W": …, "mean_image": mean_image}, "best_softmax").')
    check.equal(np.shape(model["W"]), (10, 3073), what="the shape of W in best_softmax.safetensors")
    check.equal(np.shape(model["mean_image"]), (3072,), what="the shape of mean_image in best_softmax.safetensors")
    pixels = images.reshape(len(images), -1) - model["mean_image"]
    return np.mean(np.argmax(pixels @ model["W"][:, :-1].T + model["W"][:, -1], axis=1) == labels)


needed = 0.38
needed_of_500 = needed - 3 * np.sqrt(needed * (1 - needed) / 500)     # three standard deviations of a share of 500
accuracy_of_500 = accuracy_of_file(test_images[:500], y_test[:500])
with check.full_data("cifar10"):
    check.true(accuracy_of_500 >= needed_of_500, f"The classifier in best_softmax.safetensors gets fewer than {needed_of_500:.1%} of the first "
               "500 test images right.", "Was it trained on all 49,000 images, and for long enough?", f"Found {accuracy_of_500:.1%}.")
    if len(y_test) == 10000:
        accuracy_of_all = accuracy_of_file(test_images, y_test)
        check.true(accuracy_of_all >= needed, f"The classifier gets fewer than {needed:.0%} of the test images right.",
                   "Was it trained on all 49,000 images, and for long enough?", f"Found {accuracy_of_all:.2%}.")
        check.passed(f"{accuracy_of_all:.2%} of all test images are right, and {accuracy_of_500:.1%} of the grader's 500.", final=True)

# %% [markdown]
# ## 9. What does it remember?
#
# Each row of $W$ has as many entries as an image has pixels, so it *is* an image: the template that this class is
# compared with. The score is the inner product of template and photograph, so a pixel counts for the class where the
# template is bright in the same colour.
#
# The first row is your classifier; for the second row one was trained with a far stronger regularisation, which
# allows no weight to be large without need. Its accuracy is a little lower. What does it gain?

# %% experiment
smooth = Softmax()
smooth.train(X_train, y_train, learning_rate=3e-7, reg=1e4, num_iters=1500, batch_size=200, rng=np.random.default_rng(0))
print(f"validation accuracy {np.mean(final.predict(X_val) == y_val):.3f} (first row), {np.mean(smooth.predict(X_val) == y_val):.3f} (second row)")
templates = np.concatenate([final.W[:, :-1], smooth.W[:, :-1]]).reshape(20, 32, 32, 3)
plots.weight_images(templates, [*CIFAR10_CLASSES] * 2)

# %% [markdown] answer="q1-templates" points=2
# ### Question 1: templates
#
# Choose two of the templates (of the second row, say) and say what you recognise in them and why it is there. One of them is said to look like a
# horse with two heads, one on each side: how does that come about, and what does it say about what a linear
# classifier cannot do?
#
# ### BEGIN SOLUTION
# The templates show what the images of a class have in common at the same place: blue all over for planes and ships
# (sky, water), a reddish blob with a dark windscreen for cars, green and brown for deer and frogs (background). (Best seen in
# the second row; large noisy weights hide it in the first.)
#
# Training horses look to the left in some images and to the right in others. There is only one template for the class, and
# a linear score is an average over all of them, so both heads are in it. A linear classifier has one template a class and cannot say "this *or* that";
# for variants (pose, colour, view) it would need several templates, combined non-linearly: hidden units.
#
# *Rubric.* 1 point: two templates with a sensible reading (½ each; background and typical colours count). ½ point: two heads because
# horses facing left and right are averaged. ½ point: one template a class, no alternatives.
# ### END SOLUTION

# %% [markdown] answer="q2-first-loss" points=2
# ### Question 2: the first loss
#
# With tiny random weights the first loss was about 2.30. What would it be for 100 classes? And a friend's very first loss, before
# any training, is 9.8 with ten classes: name one thing that may be wrong with her weights, and why that leads to such a loss.
#
# ### BEGIN SOLUTION
# All scores are nearly equal, so each class gets probability 1/C and the loss is log C: log 100 = 4.61 for 100 classes.
#
# A first loss far above log C means that the classifier is sure of itself, and mostly of the wrong class: its initial weights are
# too large (or the pixels are not scaled or centred, so that the scores are large), so the scores differ by many units. (A large reg with
# large weights has the same effect through the penalty.) It has to unlearn that first.
#
# *Rubric.* 1 point: log 100 or 4.6, with the reason. 1 point: scores too large (large weights or inputs, or penalty), hence confident and wrong.
# ### END SOLUTION

# %% [markdown] answer="q3-validation" points=1
# ### Question 3: validation and test
#
# Why is the accuracy of your best classifier on the validation images probably a little higher than on the test images, although it has
# learned from neither?
#
# ### BEGIN SOLUTION
# It was chosen among many because it does best on just these validation images, so part of its lead there is luck that it will not have on other
# images. The more settings are tried, and the smaller the validation set, the larger the effect. That is why the test images may not
# be used for choosing.
#
# *Rubric.* 1 point: selection (the maximum of several noisy accuracies is too good). ½ point if only "the settings are fitted to it".
# ### END SOLUTION

# %% [markdown]
# ## 10. The same in PyTorch
#
# Everything that you wrote by hand is in every deep-learning library: the linear layer, the loss with its gradient, the
# minibatches, the descent. Here is the same classifier, with the same settings, for one pass over the training
# images. Compare line by line. Two details to notice: `F.cross_entropy` takes *scores*, not probabilities (why might
# that be?), and weight decay is switched off for the bias.

# %% experiment
try:
    import torch
    from torch import nn
    from torch.nn import functional as F
    from torch.utils.data import DataLoader, TensorDataset
except ImportError:
    print("PyTorch is not installed here; this section is for reading only.")
else:
    class LinearClassifier(nn.Module):
        """Scores of 10 classes for images (N, 3072)."""

        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(3072, 10)
            nn.init.normal_(self.linear.weight, std=1e-4)             # PyTorch's own weights are too large for pixels up to 255

        def forward(self, x):
            return self.linear(x)                                     # (N, 10)

    torch.manual_seed(0)
    images = TensorDataset(torch.from_numpy(X_train[:-1].T).float(), torch.from_numpy(y_train))
    loader = DataLoader(images, batch_size=200, shuffle=True)
    network = LinearClassifier()
    optimizer = torch.optim.SGD([{"params": network.linear.weight, "weight_decay": 100.0}, {"params": network.linear.bias}], lr=1e-6)
    torch_losses = []
    for x, labels in loader:
        loss = F.cross_entropy(network(x), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        torch_losses.append(loss.item())
    with torch.no_grad():
        right = network(torch.from_numpy(X_val[:-1].T).float()).argmax(dim=1).numpy() == y_val
        network.linear.weight.copy_(torch.from_numpy(final.W[:, :-1]))
        network.linear.bias.copy_(torch.from_numpy(final.W[:, -1]))
        same_loss = F.cross_entropy(network(torch.from_numpy(X_val[:-1].T).float()), torch.from_numpy(y_val)).item()
    print(f"after one pass: validation accuracy {right.mean():.3f}")
    print(f"loss of your W on the validation images: PyTorch {same_loss:.6f}, yours {softmax_loss_vectorized(final.W, X_val, y_val, 0.0)[0]:.6f}")
