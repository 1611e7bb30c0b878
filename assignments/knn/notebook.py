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
model = KNN()
model.train(X_train[:50], y_train[:50])
some = X_test[:7]

euclidean, manhattan = cdist(some, X_train[:50]), cdist(some, X_train[:50], "cityblock")
check.close(model.compute_distances(some), euclidean, what="the distances of 7 test images to 50 training images", mistakes={
    "The values look squared: a distance has the unit of the pixels, not of their squares.": euclidean ** 2,
    "This is the 1-norm: without the argument `norm`, distances are measured by the 2-norm.": manhattan,
})
model.train(X_train[:5], y_train[:5])
check.close(model.compute_distances(some[:2], norm=lambda v: np.sum(np.abs(v))), manhattan[:2, :5],
            what="the distances in the 1-norm", mistakes={
    "These are 2-norm distances: is the argument `norm` used?": euclidean[:2, :5],
})

model = KNN()
model.train(np.array([[5, 10]], dtype=np.uint8), np.array([0]))
found = model.compute_distances(np.array([[3, 200]], dtype=np.uint8))
check.close(found, [[np.hypot(2, 190)]], what="the distance of two `uint8` vectors", mistakes={
    "3 - 5 became 254: convert to float before you subtract.": [[np.hypot(254, 190)]],
})
check.passed("compute_distances measures with whatever norm it is given.")
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
    })
    if num_test * num_train > 10:
        continue
    weights = rng.uniform(1, 5, size=num_features)
    check.close(_distances_keeping_inputs(model, X, lambda v: np.sum(np.abs(v) * weights)), cdist(X, T, "cityblock", w=weights),
                what="the distances in a weighted 1-norm", mistakes={"Is the argument `norm` used?": cdist(X, T)})
    check.close(model.compute_distances(X, norm=lambda v: np.max(np.abs(v))), cdist(X, T, "chebyshev"),
                what="the distances in the maximum norm", mistakes={"Is the argument `norm` used?": cdist(X, T)})

first, second = KNN(), KNN()
T, X = rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
first.train(T, np.arange(4))
second.train(10 * T[:2], np.arange(2))
check.close(first.compute_distances(X), cdist(X, T), what="the distances of a first classifier after training a second",
            hint="Each classifier has its own training data: keep it in `self`.")
first.train(X, np.arange(2))
check.close(first.compute_distances(T), cdist(T, X), what="the distances after training a second time",
            hint="After another call of `train` only the new examples count.")

for dtype, largest, tolerance in [(np.uint8, 256, 1e-6), (np.int64, 1000, 1e-6), (np.float32, 10, 1e-4)]:
    T, X = rng.integers(0, largest, size=(5, 12)).astype(dtype), rng.integers(0, largest, size=(4, 12)).astype(dtype)
    model = KNN()
    model.train(T, np.arange(5))
    check.close(model.compute_distances(X), cdist(X.astype(float), T.astype(float)), rtol=tolerance,
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
with check.part(3, "the distances"):
    model = KNN()
    model.train(X_train[:50], y_train[:50])
    some = X_test[:7]
    euclidean = cdist(some, X_train[:50])
    check.close(model.compute_L2_distances_vectorized(some), euclidean, what="the distances of 7 test images to 50 training images", mistakes={
        "The values look squared: is the root missing?": euclidean ** 2,
        "This is the 1-norm: the question asks for the 2-norm.": cdist(some, X_train[:50], "cityblock"),
        "Look at the sign of the middle term: these are lengths of sums, not of differences.": cdist(some, -X_train[:50]),
    })
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
        })

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
    found = model.compute_L2_distances_vectorized(np.array([[3, 200]], dtype=np.uint8))
    check.close(found, [[np.hypot(2, 190)]], what="the distance of two `uint8` vectors",
                hint="`uint8` wraps around, in squares and products too: convert to float first.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for dtype, largest, tolerance in [(np.uint8, 256, 1e-6), (np.int64, 1000, 1e-6), (np.float32, 10, 1e-3)]:
        T, X = rng.integers(0, largest, size=(5, 12)).astype(dtype), rng.integers(0, largest, size=(4, 12)).astype(dtype)
        model = KNN()
        model.train(T, np.arange(5))
        check.close(model.compute_L2_distances_vectorized(X), cdist(X.astype(float), T.astype(float)), rtol=tolerance,
                    what=f"the distances of {np.dtype(dtype)} vectors", hint="Convert to float first: squares and products wrap around too.")
    ### END HIDDEN TESTS

# Training examples among the queries: rounding makes the squares of many zero distances negative.
with check.part(1, "distances of zero"):
    rows = np.random.default_rng(0).normal(size=(60, 300))
    model = KNN()
    model.train(rows, np.arange(60))
    found = model.compute_L2_distances_vectorized(rows[:5])
    check.close(found, cdist(rows[:5], rows), atol=1e-6, what="the distances of 5 training examples to all of them", mistakes={
        "Rounding can make a square of 0 slightly negative, and the root of that is NaN: what should it be instead?":
            lambda: np.where(np.isnan(np.asarray(found, dtype=float)), np.nan, cdist(rows[:5], rows)),
    })
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    T, others = rng.normal(size=(120, 300)), rng.normal(size=(5, 300))
    X = np.concatenate([others, T])
    model = KNN()
    model.train(T, np.arange(120))
    right = cdist(X, T)
    distances = model.compute_L2_distances_vectorized(X)
    check.close(distances, right, what="the distances of training examples to themselves and others", mistakes={
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
model = KNN()
model.train(np.zeros((6, 2)), np.array([7, 4, 2, 4, 7, 2]))
toy = np.array([[14., 2, 22, 28, 11, 26],      # to 6 training examples: nearest is the one with label 4, then 7, 7, 2
                [7, 15, 24, 36, 34, 23],
                [35, 10, 8, 21, 29, 6],
                [4, 5, 19, 16, 12, 27],
                [25, 13, 33, 9, 1, 31],
                [18, 32, 3, 30, 17, 20]])
with check.unchanged(dists=toy):
    toy_labels = model.predict_labels(toy, k=4)
check.equal(toy_labels, [7, 2, 2, 4, 4, 2], what="the labels for k=4", mistakes={
    "These are the labels of the farthest examples: sort the other way round.": [2, 2, 4, 2, 2, 4],
    "The distances seem to be sorted along the wrong axis: each row belongs to one test image.": [7, 4, 2, 7, 4, 2],
    "It looks as if k + 1 examples vote.": [2, 2, 2, 4, 4, 2],
    "It looks as if k - 1 examples vote.": [7, 2, 2, 7, 4, 7],
    "The nearest one alone decides: is the argument `k` used? Each of the k examples has one vote, near or not.": [4, 7, 2, 7, 7, 2],
    "A tie goes to the smallest label, not to the largest.": [7, 2, 4, 7, 7, 7],
    "A tie goes to the smallest label, not to that of the nearest.": [7, 2, 2, 7, 7, 2],
    "The nearest example is left out.": [2, 2, 4, 4, 4, 7],
    "These are places in the training set: which labels stand at these places in `self.y_train`?": [0, 0, 1, 0, 0, 0],
    "The mean of labels is no label: count how often each one occurs.": [5, 4, 3, 6, 6, 4],
}, hint="The labels that vote are those in `self.y_train`.")
check.equal(model.predict_labels(toy), [4, 7, 2, 7, 7, 2], what="the labels without k",
            hint="Without the argument `k`, it is 1: the prediction is the label of the nearest training example.")

model.train(np.zeros((3, 2)), np.array([1, -1, -1]))
check.equal(model.predict_labels(np.array([[1., 2, 3]]), k=3), [-1], what="the label for two votes of -1 and one of 1")
check.passed("predict_labels counts the votes and settles ties.")
### BEGIN HIDDEN TESTS
from statistics import multimode

rng = check.rng()

def _vote(dists, y, k, choose=min, skip=0):
    """The right labels in plain Python, or, with other arguments, those of a known mistake."""
    rows = [sorted(range(len(row)), key=row.__getitem__)[skip:skip + k] for row in dists.tolist()]
    return [choose(multimode([y.tolist()[j] for j in row])) for row in rows]

def _weighted(dists, y, k):
    """What comes out if a vote counts 1 / distance."""
    near = [np.argsort(row)[:k] for row in dists]
    return [max(sorted(set(y.tolist())), key=lambda label: np.sum((y[j] == label) / row[j])) for row, j in zip(dists, near)]

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
        "A tie goes to the smallest label, not to the largest.": lambda: _vote(dists, y, k, max),
        "A tie goes to the smallest label, not to that of the nearest.": lambda: _vote(dists, y, k, lambda labels: labels[0]),
    }

pools = [np.arange(10), np.array([-3, -1, 2]), np.array([1_000_000_007, 5, 70]), np.array([16, 8, 4, 2])]
for num_test, num_train, k, pool in [(40, 60, 6, pools[0]), (30, 12, 4, pools[1]), (12, 30, 5, pools[2]), (9, 8, 8, pools[3]),
                                     (1, 7, 3, pools[0]), (25, 25, 2, pools[0]), (6, 1, 1, pools[1])]:
    y = rng.choice(pool, size=num_train)
    dists = (1 + rng.permutation(num_test * num_train).reshape(num_test, num_train)) / 7.0    # all different
    model = KNN()
    model.train(np.zeros((num_train, 2)), y)
    with check.unchanged(dists=dists):
        found = model.predict_labels(dists, k)
    case = f"the labels for k={k}, {num_test} test and {num_train} training examples"
    check.equal(found, _vote(dists, y, k), what=case, mistakes=_known(dists, y, k))
    check.equal(model.predict_labels(dists), _vote(dists, y, 1), what="the labels without k", hint="Without the argument `k`, it is 1.")

for dtype in (np.uint8, np.int64):      # three labels with two votes each, in every order
    y = rng.permutation(np.array([200, 9, 47, 200, 9, 47])).astype(dtype)
    dists = np.array([rng.permutation(6) for _ in range(60)]) + 0.5
    model = KNN()
    model.train(np.zeros((6, 2)), y)
    check.equal(model.predict_labels(dists, k=6), [9] * 60, what="the labels where three of them tie", mistakes=_known(dists, y, 6))
    check.equal(model.predict_labels(dists, k=3), _vote(dists, y, 3), what="the labels for k=3", mistakes=_known(dists, y, 3))

first, second = KNN(), KNN()
first.train(np.zeros((3, 2)), np.array([5, 6, 7]))
second.train(np.zeros((3, 2)), np.array([15, 16, 17]))
check.equal(first.predict_labels(np.array([[3.0, 1.0, 2.0]])), [6], what="the label from a first classifier after training a second",
            hint="Each classifier has its own labels: keep them in `self`.")
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
predicted, true = np.array([2, 0, 1, 1, 2, 0, 3, 3]), np.array([2, 0, 1, 2, 1, 0, 3, 3])
check.close(error_rate(predicted, true), 0.25, what="the error rate with 2 of 8 labels wrong", mistakes={
    "This is the accuracy: the share that is right.": 0.75,
    "This is the number of errors, not their share.": 2,
    "The error rate is a number from 0 to 1, not per cent.": 25,
    "How far two labels are apart doesn't matter, only whether they differ: errors in two directions must not cancel.": 0,
})
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
result = cross_validate_k(X_toy, y_toy, [1, 3], num_folds=3)
check.true(hasattr(result, "keys"), "The result is not a dict.", "Return a dict with one entry for each k: {1: […], 3: […]}.")
check.equal(sorted(result), [1, 3], what="the keys of the result", hint="There should be one key for each k of k_choices.")
check.equal([len(list(np.atleast_1d(result[k]))) for k in (1, 3)], [3, 3], what="the number of accuracies for each k",
            hint="Keep one accuracy for each of the num_folds folds, not their mean.")
table = np.array([result[1], result[3]], dtype=float)
check.true(not (table[0] == 1).all(), "With k=1 every image gets the right label, in every fold.",
           "Is the validation fold also among the training images? Then each image finds itself.")
right_counts = table * [4, 3, 3]
check.close(right_counts, np.round(right_counts), atol=1e-9, rtol=0, what="the accuracies times the sizes 4, 3, 3 of the folds",
            hint="They should be whole numbers: how large are the folds of 10 examples, and is the accuracy a share?")
check.passed("cross_validate_k returns an accuracy for each k and fold.")
### BEGIN HIDDEN TESTS
from statistics import multimode

rng = check.rng()

def _oracle(T, y, X, k):
    """Labels of k nearest neighbours without the student's class."""
    rows = np.argsort(cdist(X, T), axis=1)[:, :k]
    return np.array([min(multimode(votes)) for votes in y[rows].tolist()])

def _distances(self, X, norm=np.linalg.norm):
    return cdist(np.asarray(X, dtype=float), np.asarray(self.X_train, dtype=float))

def _labels(self, dists, k=1):
    rows = np.argsort(np.asarray(dists), axis=1)[:, :k]
    return np.array([min(multimode(votes)) for votes in np.asarray(self.y_train)[rows].tolist()])

right_methods = {"compute_distances": _distances, "compute_L2_distances_vectorized": _distances, "predict_labels": _labels}

def _with_right_class(*arguments, **settings):
    """The result if the student's class is right: whoever lost points for it should not lose them here again."""
    own_methods = {name: getattr(KNN, name) for name in right_methods}
    try:
        for name, method in right_methods.items():
            setattr(KNN, name, method)
        return cross_validate_k(*arguments, **settings)
    finally:
        for name, method in own_methods.items():
            setattr(KNN, name, method)

def _accuracies(X, y, ks, folds, predict, training=np.setdiff1d):
    """A table (k, fold): what is right, or with other folds or training sets what a mistake gives."""
    everything = np.arange(len(X))
    rounds = [(training(everything, fold), fold) for fold in folds]
    return [[np.mean(predict(X[train], y[train], X[fold], k) == y[fold]) for train, fold in rounds] for k in ks]

def _known(X, y, ks, num_folds, predict=_oracle):
    """What mistakes would give, to be worked out only when a check fails."""
    rows = np.arange(len(X))
    folds, size = np.array_split(rows, num_folds), len(X) // num_folds
    short = [rows[i * size:(i + 1) * size] for i in range(num_folds)]
    return {
        "Is the validation fold also among the training images? Then each image finds itself.":
            lambda: _accuracies(X, y, ks, folds, predict, lambda everything, fold: everything),
        "These are error rates: the accuracy is the share that is right.":
            lambda: 1 - np.array(_accuracies(X, y, ks, folds, predict)),
        "Training and validation are exchanged: train on all folds but one.":
            lambda: _accuracies(X, y, ks, [np.setdiff1d(rows, fold) for fold in folds], predict),
        "Folds should be contiguous: every num_folds-th example makes another fold.":
            lambda: _accuracies(X, y, ks, [rows[i::num_folds] for i in range(num_folds)], predict),
        "The last examples seem to be left out: np.array_split gives the first folds one more where needed.":
            lambda: _accuracies(X, y, ks, short, predict, lambda everything, fold: np.setdiff1d(np.concatenate(short), fold)),
        "The last examples are in no fold: np.array_split gives the first folds one more where needed.":
            lambda: _accuracies(X, y, ks, short, predict),
        "The remainder goes to the last fold: np.array_split gives the first folds one more.":
            lambda: _accuracies(X, y, ks, [*short[:-1], rows[(num_folds - 1) * size:]], predict),
        "The same accuracies stand for every k: is each k really used?":
            lambda: [_accuracies(X, y, ks[:1], folds, predict)[0]] * len(ks),
    }

for size, num_folds, ks, by_keyword in [(47, 5, [1, 3, 5], False), (45, 4, [7, 1, 2], True), (13, 13, [1, 4], True), (50, 3, [20, 5], True)]:
    y = rng.integers(0, 3, size=size)
    X = rng.normal(size=(size, 2)) + y[:, None] * [1.0, 0.5]
    folds = np.array_split(np.arange(size), num_folds)
    with check.unchanged(X=X, y=y):
        result = cross_validate_k(X, y, k_choices=ks, num_folds=num_folds) if by_keyword else cross_validate_k(X, y, ks)
    check.equal(sorted(result), sorted(ks), what="the keys of the result", hint="There should be one key for each k of k_choices.")
    check.equal([len(result[k]) for k in ks], [num_folds] * len(ks), what="the number of accuracies for each k",
                hint="Is the argument `num_folds` used?")
    table = [list(result[k]) for k in ks]
    case = f"the accuracies for k = {', '.join(map(str, ks))}, {size} examples in {num_folds} folds"
    right = _accuracies(X, y, ks, folds, _oracle)
    try:
        check.close(table, right, what=case)
    except check.CheckFailed as failure:
        try:
            result = _with_right_class(X, y, ks, num_folds)
            table = [list(result[k]) for k in ks]
        except Exception:
            raise failure from None
        check.close(table, right, what=case, mistakes=_known(X, y, ks, num_folds),
                    hint="Are the folds contiguous and not shuffled, and are the arguments X and y used, not other data?")
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
