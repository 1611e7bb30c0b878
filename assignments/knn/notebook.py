# %% [markdown]
# # k nearest neighbours
#
# You are shown a photograph and ten boxes of labelled ones. In which box does it belong? The simplest idea that could
# work: find the photographs that look most like the new one, and let them vote.
#
# **What you will learn**
#
# - how a classifier can work without any training at all, and who pays for that later;
# - how to turn two nested loops into one line of matrix arithmetic, and how much faster that is;
# - how to choose a setting such as $k$ honestly, by cross-validation;
# - why "close in pixels" is not "alike to the eye".
#
# You write one small class, `KNN`, and two functions. After each step a check tells you what it sees; when it is your
# turn to think instead of code, there is a question to answer in words.

# %% setup
import time

import numpy as np
from scipy.spatial.distance import cdist

from hwlib import plots
from hwlib.data import CIFAR10_CLASSES, load_cifar10

all_train_images, all_train_labels, all_test_images, all_test_labels = load_cifar10(sample="fallback")

# %% [markdown]
# ## 1. Look at the data
#
# CIFAR-10 has 60,000 colour photographs of 32 × 32 pixels in ten classes. We take the first 5,000 training images and
# the first 500 test images, so that everything below runs in seconds. (Without a network you get the sample that comes
# with `hwlib`: 2,000 training and 500 test images. All steps stay the same, only the numbers change.)
#
# Always look at data before you compute with it. Here are seven images of each class:

# %% setup
train_images, y_train = all_train_images[:5000], all_train_labels[:5000].astype(np.int64)
test_images, y_test = all_test_images[:500], all_test_labels[:500].astype(np.int64)
print(f"training: {train_images.shape}, test: {test_images.shape}, values of type {train_images.dtype}")

# %% experiment
plots.image_grid_by_class(train_images, y_train, CIFAR10_CLASSES, per_class=7)

# %% [markdown]
# ## 2. From images to vectors
#
# To measure how far apart two images are, we forget that they are images: each one becomes a row of
# $32 \cdot 32 \cdot 3 = 3072$ numbers.
#
# **Mind the type.** Pixels are stored as `uint8`, whole numbers from 0 to 255, and `uint8` arithmetic wraps around like
# the odometer of an old car. Run the next cell and be surprised:

# %%
a, b = np.array([3], dtype=np.uint8), np.array([5], dtype=np.uint8)
print("3 - 5 =", (a - b)[0])

# %% [markdown]
# So we convert to floating-point numbers first. Do the same inside your own functions: they should give right answers
# for whatever array of numbers they are called with, `uint8` included.

# %% setup
X_train = train_images.reshape(len(train_images), -1).astype(np.float64)   # (num_train, 3072)
X_test = test_images.reshape(len(test_images), -1).astype(np.float64)      # (num_test, 3072)
print("X_train:", X_train.shape, " X_test:", X_test.shape)

# %% [markdown]
# ## 3. The classifier
#
# The class below is where you work in the next sections. It has four methods: `train` is given, and the other three
# are yours, **one in each section**. Read it once now, then go on to section 4; you will come back here three times.
#
# | section | you write | which answers |
# |:--|:--|:--|
# | 4 | `compute_distances` | How far is each test image from each training image? |
# | 5 | `compute_L2_distances_vectorized` | The same, a hundred times faster? |
# | 6 | `predict_labels` | What do the nearest ones vote for? |
#
# After every change, run this cell again: Python keeps using the old class until you do.
#
# Two rules hold for all of it. No method changes the arrays that it is given. And labels may be *any* integers: don't
# count on 0, 1, 2, …

# %% solution="KNN"
class KNN:
    """k nearest neighbours. Shapes: num_train training examples, num_test new ones, D features each."""

    def train(self, X, y):
        """Remember the training examples X (num_train, D) and their labels y (num_train,)."""
        self.X_train = X
        self.y_train = y

    def compute_distances(self, X, norm=np.linalg.norm):
        """Distance of every row of X (num_test, D) to every training example, by two loops.

        `norm` is a function from a vector (D,) to a number; without it, it is the 2-norm.
        Returns an array (num_test, num_train): entry [i, j] is norm(X[i] - X_train[j]).
        """
        ### BEGIN SOLUTION
        X = np.asarray(X, dtype=np.float64)
        X_train = np.asarray(self.X_train, dtype=np.float64)
        distances = np.zeros((len(X), len(X_train)))
        for i in range(len(X)):
            for j in range(len(X_train)):
                distances[i, j] = norm(X[i] - X_train[j])
        return distances
        ### END SOLUTION

    def compute_L2_distances_vectorized(self, X):
        """2-norm distance of every row of X (num_test, D) to every training example, without a loop.

        Returns an array (num_test, num_train).
        """
        ### BEGIN SOLUTION
        X = np.asarray(X, dtype=np.float64)
        X_train = np.asarray(self.X_train, dtype=np.float64)
        squares_test = np.sum(X ** 2, axis=1, keepdims=True)       # (num_test, 1)
        squares_train = np.sum(X_train ** 2, axis=1)               # (num_train,)
        squared = squares_test - 2 * X @ X_train.T + squares_train   # (num_test, num_train)
        return np.sqrt(np.maximum(squared, 0))   # rounding may push the square of a zero distance below 0
        ### END SOLUTION

    def predict_labels(self, dists, k=1):
        """The label that most of the k nearest training examples have, for each row of dists (num_test, num_train).

        If several labels get the most votes, the smallest of them wins.
        Returns the labels (num_test,).
        """
        ### BEGIN SOLUTION
        nearest = np.argsort(dists, axis=1)[:, :k]                 # (num_test, k)
        y_pred = np.zeros(len(dists), dtype=np.asarray(self.y_train).dtype)
        for i, votes in enumerate(np.asarray(self.y_train)[nearest]):
            labels, counts = np.unique(votes, return_counts=True)  # labels are sorted, so argmax takes the smallest
            y_pred[i] = labels[np.argmax(counts)]
        return y_pred
        ### END SOLUTION

# %% [markdown]
# ## 4. Distances by two loops
#
# Between a test image $x_i$ and a training image $t_j$ we measure
#
# $$ d_{ij} = \lVert x_i - t_j \rVert . $$
#
# Which norm? That is up to the caller. The usual one is the 2-norm, $\lVert v \rVert_2 = \sqrt{\sum_n v_n^2}$, but
# $\lVert v \rVert_1 = \sum_n |v_n|$ is as good a distance, so `norm` is an argument of the method: a function that takes
# the difference of two images and gives a number.
#
# Write **`compute_distances`** in the class above: one loop over the test images, one over the training images. Run
# the class again, then the check.

# %% test="compute_distances" points=4
def for_floats(model, X):
    """What your method gives for the same numbers as floats. If they are wrong, that costs its points in the first part."""
    floats = KNN()
    floats.train(np.asarray(model.X_train, dtype=float), model.y_train)
    own = np.asarray(floats.compute_distances(np.asarray(X, dtype=float)), dtype=float)
    return own if (own > 0).all() else None


def mirrored(table):
    """What comes out if one half is computed and copied to the other side of the diagonal."""
    rows, columns = table.shape
    return np.array([[table[i, j] if i <= j else table[j, i] if i < columns else 0 for j in range(columns)] for i in range(rows)])


with check.part(2, "the 2-norm"):
    model = KNN()
    model.train(X_train[:50], y_train[:50])
    some = X_test[:7].copy()

    euclidean, manhattan = cdist(some, X_train[:50]), cdist(some, X_train[:50], "cityblock")
    with check.unchanged(X=some):
        found = model.compute_distances(some)
    check.close(found, euclidean, what="the distances of 7 test images to 50 training images", mistakes={
        "The values look squared: a distance has the unit of the pixels, not of their squares.": euclidean ** 2,
        "This is the 1-norm: without the argument `norm`, distances are measured by the 2-norm.": manhattan,
        "This is the root of the mean of the squares: take that of their sum.": euclidean / np.sqrt(some.shape[1]),
        "Below the diagonal stands what is above it: the distance of test image i and training image j is another one than that of j and i.":
            lambda: mirrored(euclidean),
        "This is the norm of the sum of two images: take that of their difference.": lambda: cdist(some, -X_train[:50]),
        "This is the difference of two norms: take the norm of the difference, `norm(x - t)`.": lambda: np.abs(np.subtract.outer(
            np.linalg.norm(some, axis=1), np.linalg.norm(X_train[:50], axis=1))),
    })
    ### BEGIN HIDDEN TESTS
    rng = check.rng()

    def _distances_keeping_inputs(model, X, *arguments):
        """The distances, while the inputs and the training data stay as they were."""
        training = np.array(model.X_train)
        with check.unchanged(X=X):
            distances = model.compute_distances(X, *arguments)
        check.equal(model.X_train.shape, training.shape, what="the shape of X_train after the call")
        check.close(model.X_train, training, what="X_train after the call", hint="The training data was changed: work on a copy.")
        return distances

    for num_train, num_test, num_features in [(1, 1, 1), (5, 2, 3), (3, 9, 40), (6, 1, 4), (1, 6, 2)]:
        T, X = rng.normal(size=(num_train, num_features)), rng.normal(size=(num_test, num_features))
        model = KNN()
        model.train(T, np.arange(num_train))
        case = f"the distances for {num_test} test and {num_train} training examples of {num_features} features"
        check.close(_distances_keeping_inputs(model, X), cdist(X, T), what=case, mistakes={
            "The values look squared: a distance has the unit of the pixels, not of their squares.": cdist(X, T, "sqeuclidean"),
            "This is the 1-norm: without the argument `norm`, distances are measured by the 2-norm.": cdist(X, T, "cityblock"),
            "This is the root of the mean of the squares: take that of their sum.": cdist(X, T) / np.sqrt(num_features),
            "This is the difference of two norms: take the norm of the difference, `norm(x - t)`.": lambda X=X, T=T: np.abs(np.subtract.outer(
                np.linalg.norm(X, axis=1), np.linalg.norm(T, axis=1))),
        })

    first, second = KNN(), KNN()
    T, X = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    first.train(T, np.arange(4))
    second.train(10 * T[:2], np.arange(2))
    check.close(first.compute_distances(X), cdist(X, T), what="the distances of a first classifier after training a second",
                hint="Each classifier has its own training data: keep it in `self`.")
    first.train(X, np.arange(2))
    check.close(first.compute_distances(T), cdist(T, X), what="the distances after training a second time",
                hint="After another call of `train` only the new examples count.")
    ### END HIDDEN TESTS

with check.part(1, "any norm"):
    model, some = KNN(), X_test[:7].copy()
    euclidean, manhattan = cdist(some, X_train[:50]), cdist(some, X_train[:50], "cityblock")
    model.train(X_train[:5], y_train[:5])
    found = model.compute_distances(some[:2], norm=lambda v: np.sum(np.abs(v)))
    norms_apart = lambda: np.abs(np.subtract.outer(np.abs(some[:2]).sum(axis=1), np.abs(X_train[:5]).sum(axis=1)))      # has cost its points already
    check.close(found, check.due(found, manhattan[:2, :5], norms_apart, mirrored(manhattan[:2, :5])), what="the distances in the 1-norm", mistakes={
        "These are 2-norm distances: is the argument `norm` used?": euclidean[:2, :5],
    })
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for num_train, num_test, num_features in [(1, 1, 1), (5, 2, 3), (3, 9, 40), (6, 1, 4), (1, 6, 2)]:
        T, X = rng.normal(size=(num_train, num_features)), rng.normal(size=(num_test, num_features))
        model = KNN()
        model.train(T, np.arange(num_train))
        if num_test * num_train > 10:
            continue
        weights = rng.uniform(1, 5, size=num_features)
        for norm, right, which in [(lambda v, w=weights: np.sum(np.abs(v) * w), cdist(X, T, "cityblock", w=weights), "a weighted 1-norm"),
                                   (lambda v: np.max(np.abs(v)), cdist(X, T, "chebyshev"), "the maximum norm")]:
            found = model.compute_distances(X.copy(), norm)
            norms_apart = lambda X=X, T=T, norm=norm: np.abs(np.subtract.outer([norm(x) for x in X], [norm(t) for t in T]))
            check.close(found, check.due(found, right, norms_apart, mirrored(right)), what=f"the distances in {which}", mistakes={"Is the argument `norm` used?": cdist(X, T)})
    ### END HIDDEN TESTS

with check.part(1, "whole numbers"):
    model = KNN()
    model.train(np.array([[5, 10]], dtype=np.uint8), np.array([0]))
    pair = np.array([[3, 200]], dtype=np.uint8)
    found = model.compute_distances(pair)
    check.close(found, check.due(found, [[np.hypot(2, 190)]], lambda: for_floats(model, pair)), what="the distance of two `uint8` vectors", mistakes={
        "3 - 5 became 254: convert to float before you subtract.": [[np.hypot(254, 190)]],
        check.hint("Differences and squares wrapped around: 3 - 5 became 254, and 190² became 4. Convert to float before you subtract.", why="uint8"): [[np.sqrt(4 + 4)]],
        "Squares wrapped around, and the root is missing: convert to float first.": [[4 + 4]],
        "3 - 5 became 254, and this is the 1-norm: convert to float first.": [[254 + 190]],
    }, hint="`uint8` holds whole numbers from 0 to 255 and wraps around beyond them, in differences, squares and sums: convert to float first.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for dtype, largest, tolerance in [(np.uint8, 256, 1e-6), (np.int64, 1000, 1e-6), (np.float32, 10, 1e-4)]:
        T, X = rng.integers(0, largest, size=(5, 12)).astype(dtype), rng.integers(0, largest, size=(4, 12)).astype(dtype)
        model = KNN()
        model.train(T, np.arange(5))
        found, right = model.compute_distances(X), cdist(X.astype(float), T.astype(float))
        check.close(found, check.due(found, right, lambda: for_floats(model, X), rtol=tolerance), rtol=tolerance,
                    what=f"the distances of {np.dtype(dtype)} vectors", hint="Convert to float before you subtract.")
    ### END HIDDEN TESTS

# %% [markdown]
# Here are the distances as a picture, for 40 test images (it takes a second or two). A bright line is an image that is
# far from everything. What do you think such an image looks like, and does a bright *row* mean the same as a bright
# *column*?

# %% experiment
knn = KNN()
knn.train(X_train, y_train)
few = knn.compute_distances(X_test[:40])
plots.matrix(few, xlabel="training image j", ylabel="test image i", colorbar="distance (pixel values)")

# %% [markdown]
# ## 5. Distances without a loop
#
# A Python loop spends most of its time on being a loop. NumPy is fast when it gets *all* the work in one call. For the
# 2-norm there is a way to do that, because the square of a distance can be multiplied out:
#
# $$ \lVert x_i - t_j \rVert^2 \;=\; \lVert x_i \rVert^2 \;-\; 2\, x_i^{\mathsf T} t_j \;+\; \lVert t_j \rVert^2 . $$
#
# Take the three terms one at a time:
#
# 1. What shape has the array of all $\lVert x_i \rVert^2$? And that of all $\lVert t_j \rVert^2$?
# 2. All the products $x_i^{\mathsf T} t_j$ at once: which matrix product has them as its entries?
# 3. Which shapes must the terms have so that broadcasting adds them up to `(num_test, num_train)`?
#
# Two warnings. Computing `X[:, None] - X_train[None]` needs no loop either, but how much memory would that array of all
# differences take? And on paper the sum above is never negative, but a computer rounds: for an image that is also in
# the training set, the right answer 0 can come out as $-10^{-12}$. What does `np.sqrt` make of that?
#
# Write **`compute_L2_distances_vectorized`**.

# %% test="compute_L2_distances_vectorized" points=5
def paid_distances(X, T):
    """Functions for what comes out without the root, in the 1-norm, with a wrong middle term, and of shifted examples: that costs its points in
    the first part only.
    """
    squares = lambda: np.sum(X ** 2, axis=1)[:, None] + np.sum(T ** 2, axis=1)
    return (lambda: cdist(X, T, "sqeuclidean"), lambda: cdist(X, T, "cityblock"), lambda: cdist(X, -T),
            lambda: np.sqrt(np.maximum(squares() - X @ T.T, 0)), lambda: np.sqrt(squares()), lambda: centred_apart(X, T))


def centred_apart(X, T):
    """The distances after each set of examples is shifted by its own mean."""
    return cdist(X - X.mean(axis=0), T - T.mean(axis=0))


def for_floats(model, X):
    """What your method gives for the same numbers as floats. If they are wrong, that costs its points in the first part."""
    floats = KNN()
    floats.train(np.asarray(model.X_train, dtype=float), model.y_train)
    own = np.asarray(floats.compute_L2_distances_vectorized(np.asarray(X, dtype=float)), dtype=float)
    return own if (own > 0).all() else None


with check.part(3, "the distances"):
    model = KNN()
    model.train(X_train[:50], y_train[:50])
    some = X_test[:7]
    euclidean = cdist(some, X_train[:50])
    check.close(model.compute_L2_distances_vectorized(some), euclidean, what="the distances of 7 test images to 50 training images", mistakes={
        "The values look squared: is the root missing?": euclidean ** 2,
        "This is the 1-norm: the question asks for the 2-norm.": cdist(some, X_train[:50], "cityblock"),
        "Look at the sign of the middle term: these are lengths of sums, not of differences.": cdist(some, -X_train[:50]),
        "The middle term has a factor 2: ‖x‖² − 2·xᵀt + ‖t‖².":
            lambda: np.sqrt(np.maximum(np.sum(some ** 2, axis=1)[:, None] - some @ X_train[:50].T + np.sum(X_train[:50] ** 2, axis=1), 0)),
        "This is the root of the mean of the squares: take that of their sum.": euclidean / np.sqrt(some.shape[1]),
        "The squares of all images are added up: ‖x‖² is one number for each image, so sum over `axis=1`.":
            lambda: np.sqrt(np.sum(some ** 2) - 2 * some @ X_train[:50].T + np.sum(X_train[:50] ** 2)),
        "Test and training images are shifted by different means, which changes their distances: subtract the same vector from both, or none.":
            lambda: centred_apart(some, X_train[:50]),
        "The square of a sum has three terms: the middle one, −2·xᵀt, is missing.":
            lambda: np.sqrt(np.sum(some ** 2, axis=1)[:, None] + np.sum(X_train[:50] ** 2, axis=1)),
    }, hint="Is the square ‖x‖² − 2·xᵀt + ‖t‖², with all three terms of the right pair? `compute_distances` gives the same distances.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for num_train, num_test, num_features in [(1, 1, 1), (5, 2, 3), (3, 9, 40), (6, 1, 4), (1, 6, 2), (8, 8, 8)]:
        T, X = rng.normal(size=(num_train, num_features)), rng.normal(size=(num_test, num_features))
        model = KNN()
        model.train(T, np.arange(num_train))
        with check.unchanged(X=X):
            distances = model.compute_L2_distances_vectorized(X)
        check.close(model.X_train, T, what="X_train after the call", hint="The training data was changed: work on a copy.")
        case = f"the distances for {num_test} test and {num_train} training examples of {num_features} features"
        check.close(distances, cdist(X, T), what=case, mistakes={
            "The values look squared: is the root missing?": cdist(X, T, "sqeuclidean"),
            "This is the 1-norm: the question asks for the 2-norm.": cdist(X, T, "cityblock"),
            "Look at the sign of the middle term: these are lengths of sums, not of differences.": cdist(X, -T),
            "The middle term has a factor 2: ‖x‖² − 2·xᵀt + ‖t‖².": paid_distances(X, T)[3],
        }, hint="Is the square ‖x‖² − 2·xᵀt + ‖t‖², with all three terms of the right pair? `compute_distances` gives the same distances.")

    first, second = KNN(), KNN()
    T, X = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    first.train(T, np.arange(4))
    first.compute_L2_distances_vectorized(X)
    second.train(10 * T, np.arange(4))
    check.close(first.compute_L2_distances_vectorized(X), cdist(X, T), what="the distances of a first classifier after training a second",
                hint="Each classifier has its own training data: keep it in `self`.")
    for T in (rng.normal(size=(4, 3)), rng.normal(size=(7, 3))):
        first.train(T, np.arange(len(T)))
        check.close(first.compute_L2_distances_vectorized(X), cdist(X, T), what="the distances after training a second time",
                    hint="After another call of `train` nothing of the old examples may be left: is something kept for reuse?")
    ### END HIDDEN TESTS

with check.part(1, "whole numbers"):
    model = KNN()
    model.train(np.array([[5, 10]], dtype=np.uint8), np.array([0]))
    pair = np.array([[3, 200]], dtype=np.uint8)
    found = model.compute_L2_distances_vectorized(pair)
    due = check.due(found, [[np.hypot(2, 190)]], lambda: for_floats(model, pair), lambda: centred_apart(pair, pair))
    check.close(found, due, what="the distance of two `uint8` vectors", hint="`uint8` wraps around, in squares and products too: convert to float first.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for dtype, largest, tolerance in [(np.uint8, 256, 1e-6), (np.int64, 1000, 1e-6), (np.float32, 10, 1e-3)]:
        T, X = rng.integers(0, largest, size=(5, 12)).astype(dtype), rng.integers(0, largest, size=(4, 12)).astype(dtype)
        model = KNN()
        model.train(T, np.arange(5))
        found, right = model.compute_L2_distances_vectorized(X), cdist(X.astype(float), T.astype(float))
        check.close(found, check.due(found, right, lambda: for_floats(model, X), lambda: centred_apart(X, T), rtol=tolerance), rtol=tolerance,
                    what=f"the distances of {np.dtype(dtype)} vectors", hint="Convert to float first: squares and products wrap around too.")
    ### END HIDDEN TESTS

# Training examples among the queries: rounding makes the squares of many zero distances negative.
with check.part(1, "distances of zero"):
    rows = np.random.default_rng(0).normal(size=(60, 300))
    model = KNN()
    model.train(rows, np.arange(60))
    found = model.compute_L2_distances_vectorized(rows)
    atol = 0.1 if np.asarray(found).dtype == np.float32 else 1e-5          # (float32 has cost its points already)
    due = check.due(found, cdist(rows, rows), *paid_distances(rows, rows), atol=atol)
    check.close(found, due, rtol=1e-6, atol=atol, what="the distances of the training examples to themselves", mistakes={
        "Rounding can make a square of 0 slightly negative, and the root of that is NaN: what should it be instead?":
            lambda: np.where(np.isnan(np.asarray(found, dtype=float)), np.nan, cdist(rows, rows)),
    })
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    T, others = rng.normal(size=(120, 300)), rng.normal(size=(5, 300))
    X = np.concatenate([others, T])
    model = KNN()
    model.train(T, np.arange(120))
    right = cdist(X, T)
    distances = model.compute_L2_distances_vectorized(X)
    atol = 0.1 if np.asarray(distances).dtype == np.float32 else 0.0
    due = check.due(distances, right, *paid_distances(X, T), atol=atol)
    check.close(distances, due, atol=atol, what="the distances of training examples to themselves and others", mistakes={
        "Rounding can make a square of 0 slightly negative, and the root of that is NaN: what should it be instead?":
            lambda: np.where(np.isnan(np.asarray(distances, dtype=float)), np.nan, right),
    })
    ### END HIDDEN TESTS

### BEGIN HIDDEN TESTS
rng = check.rng()
# Without a loop over pairs: matrix arithmetic is about 100 times as fast as two loops here; 5 times is enough.
T, X = rng.normal(size=(70, 4)), rng.normal(size=(70, 4))
model = KNN()
model.train(T, np.arange(70))
start = check.cpu_seconds()
for x in X[:10]:
    for t in T:
        np.linalg.norm(x - t)
loops = 7 * (check.cpu_seconds() - start)
for attempt in range(5):
    start = check.cpu_seconds()
    model.compute_L2_distances_vectorized(X)
    if check.cpu_seconds() - start < loops / 5:
        break
else:
    check.true(False, "The distances of 70 × 70 short vectors take about as long as with two loops.",
               "This method should work without a loop over pairs: which matrix product has all $x_i^T t_j$ as entries?")
### END HIDDEN TESTS

# %% [markdown]
# Was it worth it? Time both. The loops get only 20 of the test images; we multiply to compare.

# %% experiment
start = time.perf_counter()
knn.compute_distances(X_test[:20])
loops_s = (time.perf_counter() - start) * len(X_test) / 20

start = time.perf_counter()
test_dists = knn.compute_L2_distances_vectorized(X_test)
vectorized_s = time.perf_counter() - start

print(f"two loops  {loops_s:8.2f} s (from 20 images)")
print(f"no loop    {vectorized_s:8.2f} s, {loops_s / vectorized_s:.0f} times as fast")

# %% [markdown]
# A published solution of this exercise reports the Frobenius norm $\sqrt{\sum_{ij} d_{ij}^2}$ of the whole matrix. One
# number for two and a half million distances: is yours the same?

# %% experiment
full = len(y_train) == 5000
published = 7906696.077040902 if full else 4974736.302003956     # of the 5,000 images, of the sample's 2,000
check.close(np.linalg.norm(test_dists), published, what="the Frobenius norm of all distances", rtol=1e-9)
check.passed(f"‖dists‖ = {np.linalg.norm(test_dists):.6f}, as published.")

# %% [markdown]
# ## 6. The vote
#
# For each test image, take the $k$ training images with the smallest distances. Each gives its label one vote; the label
# with the most votes is the prediction. If two or more labels share the first place, the smallest of them wins, so that
# everyone gets the same answer.
#
# For example, with votes 7, 4, 7, 4, 2 the labels 7 and 4 both have two, and the prediction is 4.
#
# `np.argsort` gives you the order of the distances. For counting, think of `np.unique(…, return_counts=True)`.
#
# Write **`predict_labels`**.

# %% test="predict_labels" points=5
toy = np.array([[14., 2, 22, 28, 11, 26],      # to 6 training examples: nearest is the one with label 4, then 7, 7, 2
                [7, 15, 24, 36, 34, 23],
                [35, 10, 8, 21, 29, 6],
                [4, 5, 19, 16, 12, 27],
                [25, 13, 33, 9, 1, 31],
                [18, 32, 3, 30, 17, 20]])
clear = [0, 1]                             # in these rows no two labels tie

### BEGIN HIDDEN TESTS
from functools import cache
from statistics import multimode

def _votes(dists, y, k, skip=0):
    """The labels that vote (n, k), all labels (m,), and which of these have most votes in each row (n, m)."""
    votes = y[np.argsort(dists, axis=1, kind="stable")[:, skip:skip + k]]
    if not votes.size:
        raise ValueError("nobody votes")
    labels = np.unique(y)
    counts = np.sum(votes[:, :, None] == labels, axis=1)
    return votes, labels, counts == np.max(counts, axis=1, keepdims=True)

def _vote(dists, y, k, skip=0):
    """The right labels or, with other arguments, those of a known mistake."""
    _, labels, most = _votes(dists, y, k, skip)
    return labels[np.argmax(most, axis=1)].tolist()

def _largest(dists, y, k):
    """What comes out if a tie goes to the largest label."""
    _, labels, most = _votes(dists, y, k)
    return labels[::-1][np.argmax(most[:, ::-1], axis=1)].tolist()

def _nearest(dists, y, k):
    """What comes out if a tie goes to the label of the nearest."""
    votes, labels, most = _votes(dists, y, k)
    tied = np.take_along_axis(most, np.searchsorted(labels, votes), axis=1)
    return np.take_along_axis(votes, np.argmax(tied, axis=1)[:, None], axis=1)[:, 0].tolist()

def _weighted(dists, y, k):
    """What comes out if a vote counts 1 / distance."""
    near = [np.argsort(row)[:k] for row in dists]
    return [max(sorted(set(y.tolist())), key=lambda label: np.sum((y[j] == label) / row[j])) for row, j in zip(dists, near)]

def _place_of_count(dists, y, k):
    """What comes out if the place of the largest count is taken for the label."""
    return [int(np.argmax(np.unique(y[np.argsort(row)[:k]], return_counts=True)[1])) for row in dists]

def _place_in_votes(dists, y, k):
    """What comes out if the place of the largest count is looked up among the votes."""
    votes = [y[np.argsort(row)[:k]] for row in dists]
    return [int(of_one[np.argmax(np.unique(of_one, return_counts=True)[1])]) for of_one in votes]

_paid = [                                  # labels by another choice of the votes: that costs its points in the first part only
    lambda dists, y, k: _vote(-dists, y, k),
    lambda dists, y, k: _vote(dists, y, k, skip=1),
    lambda dists, y, k: _vote(dists, y, k + 1),
    lambda dists, y, k: _vote(dists, y, k - 1),
    lambda dists, y, k: _vote(dists, y, 1),
    lambda dists, y, k: _weighted(dists, y, k),
    _place_of_count,
    _place_in_votes,
    lambda dists, y, k: _vote(dists, np.arange(len(y)), k),
    lambda dists, y, k: [int(np.mean(y[np.argsort(row)[:k]])) for row in dists],
    lambda dists, y, k: [min(multimode(votes)) for votes in y[np.argsort(dists, axis=0) % len(y)][:, :k].tolist()],
]

@cache
def _choice_of_votes():
    """Which of these explains the student's labels where no labels tie; None if they are right, or nothing explains them."""
    rng = check.rng()
    y, dists = rng.integers(0, 4, size=60), (1 + rng.permutation(300 * 60).reshape(300, 60)) / 7.0
    model = KNN()
    model.train(np.zeros((60, 2)), y)
    found = np.asarray(model.predict_labels(dists.copy(), 4))
    if found.shape != (300,):
        return None
    clear = _no_ties(dists, y, 4)
    rows = clear[found[clear] != np.array(_vote(dists, y, 4))[clear]]
    explained = [paid for paid in _paid if len(rows) and np.array_equal(np.asarray(paid(dists, y, 4))[rows], found[rows])]
    return explained[0] if len(rows) > 5 and explained else None

def _known(dists, y, k):
    """What mistakes would give, to be worked out only when a check fails."""
    return {
        "These are the labels of the farthest examples: sort the other way round.": lambda: _vote(-dists, y, k),
        "The distances seem to be sorted along the wrong axis: each row belongs to one test image.":
            lambda: [min(multimode(votes)) for votes in y[np.argsort(dists, axis=0)][:, :k].tolist()],
        "The nearest example is left out.": lambda: _vote(dists, y, k, skip=1),
        "It looks as if k + 1 examples vote.": lambda: _vote(dists, y, k + 1),
        "It looks as if k - 1 examples vote.": lambda: _vote(dists, y, k - 1),
        "The nearest one alone decides: is the argument `k` used? Each of the k examples has one vote, near or not.": lambda: _vote(dists, y, 1),
        "Each of the k examples has one vote, near or not: don't weigh them by distance.": lambda: _weighted(dists, y, k),
        "This is the place of the largest count: which label stands at that place among the different ones?": lambda: _place_of_count(dists, y, k),
        "Counts belong to the different labels that np.unique gives, in their order: look up the label there, not among the votes.":
            lambda: _place_in_votes(dists, y, k),
        "A tie goes to the smallest label, not to the largest.": lambda: _largest(dists, y, k),
        "A tie goes to the smallest label, not to that of the nearest.": lambda: _nearest(dists, y, k),
    }

def _no_ties(dists, y, k):
    """The rows in which one label alone has most votes."""
    return np.flatnonzero(np.sum(_votes(dists, y, k)[2], axis=1) == 1)

def _clear(labels, rows):
    """The labels of these rows; what has another shape stays as it is."""
    labels = np.asarray(labels)
    return labels[rows] if labels.ndim == 1 and len(labels) > max(rows, default=-1) else labels
### END HIDDEN TESTS

with check.part(3, "the votes"):
    voters = KNN()
    voters.train(np.zeros((7, 2)), np.array([7, 4, 2, 4, 7, 2, 4]))
    dists = np.array([[18., 42, 33, 32, 22, 13, 36],
                      [3., 29, 4, 23, 12, 25, 41],
                      [5., 34, 24, 1, 31, 21, 38],
                      [11., 2, 16, 26, 39, 30, 14],
                      [28., 9, 10, 19, 7, 27, 35],
                      [40., 17, 15, 37, 8, 6, 20]])
    with check.unchanged(dists=dists):
        found = voters.predict_labels(dists, k=4)
    check.equal(found, [7, 7, 2, 4, 4, 2], what="the labels for k=4, where no labels tie", mistakes={
        "These are the labels of the farthest examples: sort the other way round.": [4, 4, 4, 2, 4, 4],
        "The distances seem to be sorted along the wrong axis: each row belongs to one test image.": [4, 7, 2, 4, 2, 2],
        "It looks as if k + 1 examples vote.": [2, 2, 2, 4, 2, 2],
        "It looks as if k - 1 examples vote.": [7, 7, 2, 4, 2, 2],
        "The nearest one alone decides: is the argument `k` used? Each of the k examples has one vote, near or not.": [2, 7, 4, 4, 7, 2],
        "Each of the k examples has one vote, near or not: don't weigh them by distance.": [7, 7, 4, 4, 4, 2],
        "The nearest example is left out.": [7, 2, 2, 4, 2, 4],
        "These are places in the training set: which labels stand at these places in `self.y_train`?": [0, 0, 0, 0, 1, 1],
        "The mean of labels is no label: count how often each one occurs.": [5, 5, 3, 4, 4, 3],
        "This is the place of the largest count: which label stands at that place among the different ones?": [2, 2, 0, 1, 1, 0],
        "Counts belong to the different labels that np.unique gives, in their order: look up the label there, not among the votes.": [7, 7, 4, 7, 4, 2],
    }, hint="The labels that vote are those in `self.y_train`.")
    check.equal(voters.predict_labels(dists.copy()), [2, 7, 4, 4, 7, 2], what="the labels without k",
                hint="Without the argument `k`, it is 1: the prediction is the label of the nearest training example.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for num_test, num_train, k in [(40, 60, 5), (30, 12, 3), (12, 30, 5), (9, 8, 8), (1, 7, 3), (25, 25, 2), (6, 1, 1)]:
        y = rng.integers(0, 10, size=num_train)
        dists = (1 + rng.permutation(num_test * num_train).reshape(num_test, num_train)) / 7.0    # all different
        model = KNN()
        model.train(np.zeros((num_train, 2)), y)
        with check.unchanged(dists=dists):
            found = model.predict_labels(dists, k)
        check.equal(np.shape(found), (num_test,), what="the shape of the labels")
        rows = _no_ties(dists, y, k)
        case = f"the labels for k={k}, {num_test} test and {num_train} training examples"
        known = {hint: (lambda wrong=wrong, rows=rows: _clear(wrong(), rows)) for hint, wrong in _known(dists, y, k).items()}
        check.equal(_clear(found, rows), _clear(_vote(dists, y, k), rows), what=case, mistakes=known)
        check.equal(model.predict_labels(dists), _vote(dists, y, 1), what="the labels without k", hint="Without the argument `k`, it is 1.")

    first, second = KNN(), KNN()
    first.train(np.zeros((3, 2)), np.array([5, 6, 7]))
    second.train(np.zeros((3, 2)), np.array([15, 16, 17]))
    check.equal(first.predict_labels(np.array([[3.0, 1.0, 2.0]])), [6], what="the label from a first classifier after training a second",
                hint="Each classifier has its own labels: keep them in `self`.")
    ### END HIDDEN TESTS

with check.part(1, "ties"):
    smallest = "A tie goes to the smallest label, not to the one that a set or dict happens to have first."
    model = KNN()
    model.train(np.zeros((6, 2)), np.array([7, 4, 2, 4, 7, 2]))
    tied = [row for row in range(6) if row not in clear]
    right = np.array([7, 2, 2, 4, 4, 2])[tied]
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    choice = _choice_of_votes() or _vote               # the wrong votes have cost their points above
    right = np.asarray(choice(toy, np.array([7, 4, 2, 4, 7, 2]), 4))[tied]
    ### END HIDDEN TESTS
    check.equal(np.asarray(model.predict_labels(toy.copy(), k=4))[tied], right, what="the labels for k=4 where two labels tie", mistakes={
        "A tie goes to the smallest label, not to the largest.": np.array([7, 2, 4, 7, 7, 7])[tied],
        "A tie goes to the smallest label, not to that of the nearest.": np.array([7, 2, 2, 7, 7, 2])[tied],
    }, hint="The votes with the most: the smallest of their labels is the prediction.")
    ### BEGIN HIDDEN TESTS
    for labels in ([2, 8, 16], [9, 47, 200], [1, 3, 5]):      # three labels with two votes each, in every order
        y = np.append(rng.permutation(np.array([*labels, *labels])), labels[0])
        dists = np.array([[*rng.permutation(6), 9] for _ in range(60)]) + 0.5       # one example more than ever votes: k = all is the first part's
        model = KNN()
        model.train(np.zeros((7, 2)), y)
        for k, what in ((6, "the labels where three of them tie"), (3, "the labels for k=3")):
            check.equal(model.predict_labels(dists.copy(), k=k), choice(dists, y, k), what=what, mistakes=_known(dists, y, k), hint=smallest)
    ### END HIDDEN TESTS

with check.part(1, "any labels"):
    model = KNN()
    model.train(np.zeros((4, 2)), np.array([-1, 1, -1, 1]))
    try:
        found = model.predict_labels(np.array([[1., 2, 3, 4]]), k=3)
    except Exception as error:
        check.true("negative" not in str(error), "predict_labels stops at the label -1.",
                   "`np.bincount` counts 0, 1, 2, … only, but labels may be any integers: count with `np.unique(…, return_counts=True)`.")
        raise
    right = [-1]
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    choice = _choice_of_votes() or _vote               # the wrong votes have cost their points above
    right = choice(np.array([[1., 2, 3, 4]]), np.array([-1, 1, -1, 1]), 3)
    ### END HIDDEN TESTS
    check.equal(found, right, what="the label for two votes of -1 and one of 1",
                hint="Labels may be any integers: don't use them as places in an array.")
    ### BEGIN HIDDEN TESTS
    for pool, dtype in [([-3, -1, 2], np.int64), ([16, 8, 4, 2], np.uint8), ([1_000_000_007, 5, 70], np.int64)]:
        y = rng.choice(np.array(pool), size=12).astype(dtype)
        dists = (1 + rng.permutation(30 * 12).reshape(30, 12)) / 7.0
        model = KNN()
        model.train(np.zeros((12, 2)), y)
        rows, right = _no_ties(dists, y, 3), choice(dists, y, 3)
        votes = model.predict_labels(dists.copy(), k=3)
        if not np.array_equal(_clear(votes, rows), _clear(right, rows)) and set(np.asarray(votes).tolist()) <= set(y.tolist()):
            continue                             # labels, only not the right ones: that has cost its points already
        check.equal(_clear(votes, rows), _clear(right, rows), what=f"the labels for k=3, with labels such as {pool[0]}",
                    hint="Labels may be any integers: don't use them as places in an array.")
    ### END HIDDEN TESTS

# %% [markdown]
# Before we count errors, look at what the classifier sees. On the left of each row is a test image, then its seven
# nearest neighbours in the training set. Would you have chosen these?

# %% experiment
pictures, titles = [], []
for i in (1, 3, 14, 20):
    neighbours = np.argsort(test_dists[i])[:7]
    pictures += [test_images[i], *train_images[neighbours]]
    titles += [f"{CIFAR10_CLASSES[y_test[i]]}?", *(CIFAR10_CLASSES[y_train[j]] for j in neighbours)]
plots.images(np.array(pictures), titles, columns=8)

# %% [markdown]
# ## 7. How often is it wrong?
#
# The error rate is the share of predictions that differ from the true labels, a number from 0 to 1. Write
# **`error_rate`**.

# %% solution="error_rate"
def error_rate(y_pred, y_true):
    """Share of the labels y_pred (N,) that differ from y_true (N,): a number from 0 (all right) to 1 (all wrong)."""
    ### BEGIN SOLUTION
    return float(np.mean(np.asarray(y_pred) != np.asarray(y_true)))
    ### END SOLUTION

# %% test="error_rate" points=1
predicted, true = np.array([2, 0, 1, 1, 2, 4, 3, 3]), np.array([2, 0, 1, 1, 5, 1, 3, 3])
check.close(error_rate(predicted, true), 0.25, what="the error rate with 2 of 8 labels wrong", mistakes={
    "This is the accuracy: the share that is right.": 0.75,
    "This is the number of errors, not their share.": 2,
    "The error rate is a number from 0 to 1, not per cent.": 25,
    "How far two labels are apart doesn't matter, only whether they differ: errors in two directions must not cancel.": 0,
    "The number of errors is divided by 500, whatever there is: divide by the number of labels in y_true.": 2 / 500,
    "This is what is right, divided by 500: the error rate is the number that is wrong, divided by the number of labels in y_true.": 6 / 500,
}, hint="Count the places where the two labels differ, and divide by the number of places.")
check.passed("error_rate counts what differs.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for size, dtype in [(1, np.int64), (3, np.int64), (200, np.uint8), (77, np.int64)]:
    y_true = rng.integers(0, 10, size=size).astype(dtype)
    wrong = rng.permutation(size) < size // 3
    y_pred = np.where(wrong, (y_true + rng.integers(1, 10, size=size)) % 10, y_true).astype(dtype)
    right = (size // 3) / size
    with check.unchanged(y_pred=y_pred, y_true=y_true):
        found = error_rate(y_pred, y_true)
    check.close(found, right, atol=1e-12, what=f"the error rate of {size} labels", mistakes={
        "This is the accuracy: the share that is right.": 1 - right,
        "This is the number of errors, not their share.": size // 3,
        "The error rate is a number from 0 to 1, not per cent.": 100 * right,
    })
y = rng.integers(-9, 10, size=30)
check.close(error_rate(y, y), 0.0, atol=1e-12, what="the error rate where all is right")
check.close(error_rate(y, y + 1), 1.0, what="the error rate where all is wrong")
check.close(error_rate(y, -y), sum(a != -a for a in y.tolist()) / 30, atol=1e-12, what="the error rate with negative labels")
### END HIDDEN TESTS

# %% [markdown]
# Now the real thing: $k = 10$ on the test images. Ten classes, so guessing blindly is wrong 90 % of the time. And again
# there are published numbers to compare with.

# %% experiment
errors = {k: error_rate(knn.predict_labels(test_dists, k), y_test) for k in (1, 3, 5, 10)}
print(f"k = 10: {errors[10]:.1%} of the test images get the wrong label")
published = [0.726, 0.728, 0.722, 0.718] if full else [0.772, 0.760, 0.768, 0.770]
check.close(list(errors.values()), published, what="the error rates for k = 1, 3, 5, 10")
check.passed("The error rates for k = 1, 3, 5, 10 are " + ", ".join(f"{error:.3f}" for error in errors.values()) + ", as published.")

# %% [markdown]
# ## 8. Choose k by cross-validation
#
# Is 10 a good $k$? We could try many and keep the one with the fewest errors *on the test images*. But then these images
# would have helped to build the classifier, and its test error would no longer tell how it does on images that nobody
# has seen. So we choose with the training data alone.
#
# **Cross-validation** cuts the training data into equal parts, the *folds*. Each fold in turn plays the test set, and
# the classifier learns from the others:
#
# | round | fold 0 | fold 1 | fold 2 | fold 3 | fold 4 |
# |:--|:--|:--|:--|:--|:--|
# | 0 | **validate** | train | train | train | train |
# | 1 | train | **validate** | train | train | train |
# | … | | | | | |
# | 4 | train | train | train | train | **validate** |
#
# Every $k$ thus gets five accuracies (accuracy = share that is *right*), and their spread shows how far to trust the mean.
#
# Write **`cross_validate_k`** with your own class `KNN`. Fold 0 is the first stretch of the data, fold 1 the next, and so
# on: don't shuffle. If the data can't be cut evenly, do as `np.array_split` does. And think about what really depends on
# $k$: must the distances be computed again for each?

# %% solution="cross_validate_k"
def cross_validate_k(X, y, k_choices, num_folds=5):
    """Validation accuracies of k nearest neighbours (2-norm) for each k in k_choices.

    X is (N, D), y is (N,). The folds are contiguous and cut as by np.array_split.
    Returns a dict: k → list of num_folds accuracies, that of fold 0 first.
    """
    ### BEGIN SOLUTION
    accuracies = {k: [] for k in k_choices}
    for fold in np.array_split(np.arange(len(X)), num_folds):
        classifier = KNN()
        classifier.train(np.delete(X, fold, axis=0), np.delete(y, fold))
        dists = classifier.compute_L2_distances_vectorized(X[fold])   # the same for all k
        for k in k_choices:
            y_pred = classifier.predict_labels(dists, k)
            accuracies[k].append(float(np.mean(np.asarray(y_pred) == y[fold])))
    return accuracies
    ### END SOLUTION

# %% test="cross_validate_k" points=5
X_toy = np.array([[5., 1], [2, 8], [7, 7], [1, 3], [9, 2], [4, 6], [8, 9], [3, 1], [6, 4], [1, 9]])
y_toy = np.array([0, 1, 1, 0, 1, 0, 0, 1, 0, 1])
own_methods = {name: getattr(KNN, name) for name in ("compute_distances", "compute_L2_distances_vectorized", "predict_labels")}


def from_scipy(self, X, norm=np.linalg.norm):
    """Distances for those whose own are not right yet."""
    return cdist(X, self.X_train)


def nearest_label(self, dists, k=1):
    """Labels for those whose own are not right yet: the nearest one alone decides, whatever k is."""
    return np.asarray(self.y_train)[np.argmin(dists, axis=1)]


def with_methods(methods, *arguments, **settings):
    """The accuracies that `cross_validate_k` finds with these methods of the class."""
    for name, method in methods.items():
        setattr(KNN, name, method)
    try:
        return cross_validate_k(*arguments, **settings)
    finally:
        for name, method in own_methods.items():
            setattr(KNN, name, method)


try:
    probe = KNN()
    probe.train(X_toy[:7], y_toy[:7])
    found = [probe.compute_distances(X_toy[7:]), probe.compute_L2_distances_vectorized(X_toy[7:])]
    votes = [list(probe.predict_labels(cdist(X_toy[7:], X_toy[:7]), k)) for k in (1, 3)]
    class_is_right = np.allclose(found, cdist(X_toy[7:], X_toy[:7])) and votes == [[0, 0, 1], [0, 0, 0]]
except Exception:                                # not written yet, perhaps
    class_is_right = False
if not class_is_right:
    print("The class KNN is not right yet (sections 4 to 6), so simple methods stand in for it here. Correct it first.")
for_folds = own_methods if class_is_right else {
    "compute_distances": from_scipy, "compute_L2_distances_vectorized": from_scipy, "predict_labels": nearest_label,
}

### BEGIN HIDDEN TESTS
from functools import cache

def _vote(dists, y, k):
    """The smallest of the labels with most votes, for each row of distances."""
    votes, labels = y[np.argsort(dists, axis=1)[:, :k]], np.unique(y)
    return labels[np.argmax(np.sum(votes[:, :, None] == labels, axis=1), axis=1)]

def _oracle(T, y, X, k):
    """Labels of k nearest neighbours without the student's class."""
    return _vote(cdist(X, T), y, k)

def _distances(self, X, norm=np.linalg.norm):
    return cdist(np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float))

def _labels(self, dists, k=1):
    return _vote(np.asarray(dists), np.asarray(self.y_train), k)

right_methods = {"compute_distances": _distances, "compute_L2_distances_vectorized": _distances, "predict_labels": _labels}

def _with_right_class(*arguments, **settings):
    """The result if the student's class is right: whoever lost points for it should not lose them here again."""
    return with_methods(right_methods, *arguments, **settings)

def _accuracies(X, y, ks, folds, training=np.setdiff1d):
    """A table (k, fold): what is right, or with other folds or training sets what a mistake gives."""
    everything = np.arange(len(X))
    rounds = [(training(everything, fold), fold) for fold in folds]
    return np.array([[np.mean(_oracle(X[train], y[train], X[fold], k) == y[fold]) for train, fold in rounds] for k in ks])

def _known(X, y, ks, num_folds, found):
    """What mistakes would give, to be worked out only when a check fails."""
    rows = np.arange(len(X))
    folds, size = np.array_split(rows, num_folds), len(X) // num_folds
    next_fold = {fold[0]: folds[(i + 1) % num_folds] for i, fold in enumerate(folds)}
    short = [rows[i * size:(i + 1) * size] for i in range(num_folds)]
    right = _accuracies(X, y, ks, folds)
    hits = right * [len(fold) for fold in folds]
    return {
        "Is the validation fold also among the training images? Then each image finds itself.":
            lambda: _accuracies(X, y, ks, folds, lambda everything, fold: everything),
        "Only the image itself is kept from voting, and the rest of its fold votes, too: train on the other folds alone.":
            lambda: _accuracies(X, y, ks, [rows[i:i + 1] for i in rows]) @ np.array([np.isin(rows, fold) / len(fold) for fold in folds]).T,
        "All k share one list: each k needs a list of its own.":
            lambda: next((np.tile(flat, (len(ks), 1)) for flat in (right.ravel(), right.T.ravel())
                          if found.shape == (len(ks), flat.size) and np.allclose(found, flat)), None),
        "Each fold is trained and validated by itself: train on all the others together.":
            lambda: _accuracies(X, y, ks, folds, lambda everything, fold: fold),
        "Only one other fold is used for training: take all the others together.":
            lambda: _accuracies(X, y, ks, folds, lambda everything, fold: next_fold[fold[0]]),
        "These are error rates: the accuracy is the share that is right.": 1 - right,
        "These are the numbers of right labels: divide by the size of the fold.": hits,
        "The accuracy is a share from 0 to 1, not per cent.": 100 * right,
        "The right labels are divided by a fixed number: divide by the size of the fold that is validated.":
            lambda: hits * (np.sum(found * hits) / np.sum(hits ** 2)) if found.shape == hits.shape and found.any() else None,
        "Keep one accuracy for each of the num_folds folds, not their mean.": right.mean(axis=1),
        "Training and validation are exchanged: train on all folds but one.":
            lambda: _accuracies(X, y, ks, [np.setdiff1d(rows, fold) for fold in folds]),
        "Folds should be contiguous: every num_folds-th example makes another fold.":
            lambda: _accuracies(X, y, ks, [rows[i::num_folds] for i in range(num_folds)]),
        "The last examples seem to be left out: np.array_split gives the first folds one more where needed.":
            lambda: _accuracies(X, y, ks, short, lambda everything, fold: np.setdiff1d(np.concatenate(short), fold)),
        "The last examples are in no fold: np.array_split gives the first folds one more where needed.":
            lambda: _accuracies(X, y, ks, short),
        "The remainder goes to the last fold: np.array_split gives the first folds one more.":
            lambda: _accuracies(X, y, ks, [*short[:-1], rows[(num_folds - 1) * size:]]),
        "The same accuracies stand for every k: is each k really used?": lambda: np.tile(right[:1], (len(ks), 1)),
    }

def _problem(rng, size):
    y = rng.integers(0, 3, size=size)
    return rng.normal(size=(size, 2)) + y[:, None] * [1.0, 0.5], y

def _table(result, ks):
    """The accuracies as an array (k, fold)."""
    return np.array([np.asarray(result[k], dtype=float) for k in ks])

def _right(found, right):
    return found.shape == np.shape(right) and np.allclose(found, right, atol=1e-9)

@cache
def _paid():
    """The known mistake that explains the accuracies of 50 examples in five folds, if one does: it costs its points in the first part."""
    X, y = _problem(check.rng(), 50)
    ks, folds = [1, 3, 5], np.array_split(np.arange(50), 5)
    try:
        found = _table(_with_right_class(X.copy(), y.copy(), ks), ks)
    except Exception:
        return None
    right = _accuracies(X, y, ks, folds)
    if _right(found, right):
        return None
    values = {hint: value() if callable(value) else value for hint, value in _known(X, y, ks, 5, found).items()}
    return next((hint for hint, value in values.items() if value is not None and _right(found, value)), None)

def _check(rng, size, count, ks, slip=None, **settings):
    """Compare the accuracies with those of an independent classifier, or with what a mistake makes of them that is paid for."""
    X, y = _problem(rng, size)
    right = _accuracies(X, y, ks, np.array_split(np.arange(size), count))
    case = f"the accuracies for k = {', '.join(map(str, ks))}, {size} examples in {count} folds"
    if class_is_right:
        found = _table(cross_validate_k(X.copy(), y.copy(), k_choices=ks, **settings), ks)
        if _right(found, right):
            return
    found = _table(_with_right_class(X.copy(), y.copy(), k_choices=ks, **settings), ks)
    known = _known(X, y, ks, count, found)
    if slip:
        right = known[slip]() if callable(known[slip]) else known[slip]
    check.close(found, right, what=case, mistakes=known,
                hint="Are the folds contiguous and not shuffled, do the images and labels that are left for training stand in the same order, "
                     "and are the arguments X and y used, not other data?")
### END HIDDEN TESTS

with check.part(3, "the accuracies"):
    with check.unchanged(X=X_toy, y=y_toy):
        result = with_methods(for_folds, X_toy, y_toy, [1, 3])
    check.true(hasattr(result, "keys"), "The result is not a dict.", "Return a dict with one entry for each k: {1: […], 3: […]}.")
    check.equal(sorted(result), [1, 3], what="the keys of the result", hint="There should be one key for each k of k_choices.")
    check.equal([len(list(np.atleast_1d(result[k]))) for k in (1, 3)], [5, 5], what="the number of accuracies for each k", mistakes={
        "Keep one accuracy for each of the num_folds folds, not their mean.": [1, 1],
        "One fold is missing: each of the num_folds folds is validated once.": [4, 4],
        "All k share one list: each k needs a list of its own. `dict.fromkeys(k_choices, [])` puts the same one in every place.": [10, 10],
    }, hint="Keep one accuracy for each of the num_folds folds.")
    table = np.array([result[1], result[3]], dtype=float)
    check.true(not (table[0] == 1).all(), "With k=1 every image gets the right label, in every fold.",
               "Is the validation fold also among the training images? Then each image finds itself.")
    check.true(bool((table <= 1).all()), "Some accuracies are larger than 1.", "An accuracy is a share: divide by the size of the fold.")
    check.close(2 * table, np.round(2 * table), atol=1e-9, rtol=0, what="the accuracies times 2, the size of each fold",
                hint="They should be whole numbers: how large are the folds of 10 examples, and is the accuracy a share?")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for size, ks in [(50, [1, 3, 5]), (45, [7, 1, 2]), (20, [4])]:
        _check(rng, size, 5, ks)
    ### END HIDDEN TESTS

with check.part(1, "another number of folds"):
    result = with_methods(for_folds, X_toy.copy(), y_toy.copy(), [1], num_folds=2)
    check.true(np.size(result[1]) in (1, 2), "With num_folds=2 there are not two accuracies for k=1.", "Is the argument `num_folds` used?",
               f"There are {np.size(result[1])}.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    paid = _paid()
    for size, num_folds, ks in [(48, 4, [7, 1, 2]), (13, 13, [1, 4]), (51, 3, [20, 5])]:
        _check(rng, size, num_folds, ks, paid, num_folds=num_folds)
    ### END HIDDEN TESTS

with check.part(1, "folds that differ in size"):
    result = with_methods(for_folds, X_toy[:9].copy(), y_toy[:9].copy(), [1])
    table, paid = np.ravel(result[1]), None
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    paid = _paid()                            # a mistake that has cost its points above
    ### END HIDDEN TESTS
    if len(table) == 5 and not paid:
        shares = np.array(table, dtype=float) * [2, 2, 2, 2, 1]
        check.close(shares, np.round(shares), atol=1e-9, rtol=0, what="the accuracies times 2, 2, 2, 2, 1, the sizes of the folds of 9 examples",
                    hint="They should be whole numbers: cut the folds as np.array_split does.")
    ### BEGIN HIDDEN TESTS
    for size, ks in [(47, [1, 3, 5]), (44, [7, 1]), (18, [2])]:
        _check(rng, size, 5, ks, paid)
    ### END HIDDEN TESTS

# %% [markdown]
# Now for real. This takes the better part of a minute: five times 4,000 × 1,000 distances, and many votes.

# %% experiment
k_choices = [1, 3, 5, 8, 10, 12, 15, 20, 50, 100]
accuracies = cross_validate_k(X_train, y_train, k_choices)
plots.accuracy_against_k(accuracies)

# %% [markdown]
# The points are the folds, the line joins their means, and the bars are one standard deviation. Which $k$ would you
# choose, and how sure are you that its neighbours on the axis are worse? Only now, with $k$ chosen, do we look at the
# test images, and only once:

# %% experiment
means = {k: np.mean(accuracies[k]) for k in k_choices}
check.close(means[10], 0.2802 if full else 0.2385, what="the mean accuracy for k = 10")
best_k = max(means, key=means.get)
print(f"best k by cross-validation: {best_k}, accuracy {means[best_k]:.1%}")
print(f"accuracy on the test images: {1 - error_rate(knn.predict_labels(test_dists, best_k), y_test):.1%}")

# %% [markdown]
# ## 9. In your own words
#
# Two to five sentences each.

# %% [markdown] answer="q1-train" points=2
# ### Question 1: What training does
#
# What does `train` do, and what is good and what is bad about that? Think of when the work is done, and of what has to be
# kept.
#
# ### BEGIN SOLUTION
# It only stores the training images and labels; nothing is learned or summarised.
#
# Good: training takes no time, new examples can be added (or removed) at any moment, and no shape of the classes is assumed.
# Bad: all the work is left to prediction, where each new image is compared with every training image, so cost and memory grow
# with the training set; the opposite of what one wants, since a classifier is trained once and used often.
#
# *Rubric.* 1 point: stores the data, no computation. ½ point: one advantage. ½ point: slow prediction or large memory, said to
# grow with the number of training examples.
# ### END SOLUTION

# %% [markdown] answer="q2-pixels" points=2
# ### Question 2: Why pixels are not enough
#
# More than seven of ten predictions are wrong. Look again at the neighbours in section 6: why is the distance between pixels
# a poor measure of what an image shows? Give an example of two images of the same thing that are far apart, and of two
# images of different things that are close.
#
# ### BEGIN SOLUTION
# The distance compares the colours at the same position, so it sees background, brightness and placement, which fill most of the image,
# and not shape or content. It has no idea that neighbouring pixels belong together: shuffling the pixels of all images in the same
# way changes no distance.
#
# Far apart though the same: a car and the same car moved by a few pixels, mirrored, or photographed at night. Close though
# different: a plane and a ship, both before much blue; a bird and a deer on the same green.
#
# *Rubric.* 1 point: compares position by position, so background, shifts or brightness dominate over content. ½ point for each
# of the two examples.
# ### END SOLUTION

# %% [markdown] answer="q3-k" points=1
# ### Question 3: Few neighbours or many
#
# What happens to the predictions when $k$ gets very small, and what when it gets as large as the training set?
#
# ### BEGIN SOLUTION
# Small $k$: each prediction hangs on one or few images, so a mislabelled or odd one changes it (no error on the training images
# at $k=1$, high variance). Large $k$: differences between places are averaged away; with all training images voting, every
# prediction is the class that is most frequent in the training set (high bias).
#
# *Rubric.* ½ point: noise, overfitting or variance for small $k$. ½ point: oversmoothing, in the end always the most frequent class.
# ### END SOLUTION
