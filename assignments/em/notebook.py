# %% [markdown]
# # Playlists by mood
#
# A friend's music player has counted how often she played each of her songs. She wants a playlist. You could take the songs
# that she is expected to play most, but she doesn't always want the same: there is music for running, music for work, and
# music for rainy evenings. Nobody wrote down which song was played in which mood. Can the counts alone tell?
#
# **What you will learn**
#
# - Poisson regression: a linear model for counts, why its loss is convex, and Newton's method with a step check;
# - the EM algorithm: how to fit several models at once when nobody says which example belongs to which;
# - why probabilities are added up in log space, and what happens when they are not;
# - how to see that EM works: the log-likelihood never falls.
#
# **Letters.** $N$ songs, $D$ features, $K$ moods. `X` is $(N, D)$, its row $x_i$ describes song $i$; `y` is $(N,)$, the counts.

# %% setup
import math

import numpy as np
from scipy.special import gammaln

from hwlib.data.songs import FEATURES, listening_history, load_songs

# %% [markdown]
# ## 1. A model for counts
#
# Counts are 0, 1, 2, …, so a Gaussian won't do. The Poisson distribution is made for them; it has one parameter, its mean:
#
# $$ p(y \mid \mu) = \frac{\mu^y e^{-\mu}}{y!} . $$
#
# The mean must be positive whatever the features are. So we let its *logarithm* be linear:
#
# $$ y_i \sim \text{Poisson}(\mu_i), \qquad \mu_i = e^{\,w^{\mathsf T} x_i} . $$
#
# The negative log-likelihood of all songs is
#
# $$ L(w) = -\sum_{i=1}^N \log p(y_i \mid \mu_i) = \sum_{i=1}^N \Big( e^{\,w^{\mathsf T} x_i} - y_i\, w^{\mathsf T} x_i + \log y_i! \Big) . $$
#
# Write **`poisson_nll`**. Note two things: it is a *sum* over songs, not a mean, and $\log y!$ belongs to it. A song that was
# played 200 times is nothing unusual, but $200!$ is larger than any floating-point number. `gammaln(y + 1)` is $\log y!$,
# computed without ever computing $y!$.

# %% solution="poisson_nll"
def poisson_nll(w, X, y):
    """Negative log-likelihood of Poisson regression, a number: summed over songs, with the term log y!.

    w is (D,), X is (N, D), y is (N,).
    """
    ### BEGIN SOLUTION
    log_means = X @ w   # (N,)
    return float(np.sum(np.exp(log_means) - y * log_means + gammaln(y + 1)))
    ### END SOLUTION

# %% test="poisson_nll" points=2
def likelihoods(z, k):
    """The right value for the logarithms z of the means and the counts k, and those of some mistakes."""
    terms = [(math.exp(a), c * a, math.fsum(math.log(j) for j in range(1, c + 1))) for a, c in zip(z, k)]
    right, factorials = math.fsum(mean - b + f for mean, b, f in terms), math.fsum(f for _, _, f in terms)
    return right, {
        "This is the log-likelihood: the sign is missing.": -right,
        "This is the mean over songs: the question asks for the sum.": right / len(k),
        "The term log y! is missing.": right - factorials,
        "The term log y! has the wrong sign.": right - 2 * factorials,
        "This is what log(y + 1) would give: the term is log y!, which gammaln(y + 1) computes.": right - factorials + sum(math.log(c + 1) for c in k),
        "This is what log (y - 1)! would give: gammaln(y + 1) is log y!.": right - sum(math.log(c) for c in k if c > 1),
        "This is what y·log y − y would give: that is only near log y! where y is large; gammaln(y + 1) is log y!.":
            right - factorials + sum(c * math.log(c) - c for c in k if c),
        "The mean is exp(w·x): is the exp missing?": sum(a - c * a for a, c in zip(z, k)) + factorials,
        "The count multiplies the logarithm of the mean, which is w·x, and not the mean.": math.fsum(mean - c * mean + f for (mean, _, f), c in zip(terms, k)),
        "The count multiplies w·x, and not the whole of it: y·w·x − exp(w·x).": math.fsum(c * (mean - a) + f for (mean, _, f), a, c in zip(terms, z, k)),
        "The term exp(w·x) is missing.": math.fsum(f - b for _, b, f in terms),
        **check.of_terms([mean - b + f for mean, b, f in terms], one="song"),
    }


X_three, y_three, w_three = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]), np.array([2, 0, 4]), np.array([0.5, -0.5])

with check.part(1, "small counts"):
    right, known = likelihoods([0.5, 0.0, 1.0], [2, 0, 4])
    known["The exp is taken of each product w_j·x_j: the mean is the exp of their sum."] = right + np.sum(np.exp(w_three * X_three)) - np.sum(np.exp(X_three @ w_three))
    known["The mean is exp(w·x) in both of its places: w·x stands where the mean should."] = math.fsum(
        abs(x @ w_three) - k * np.log(np.abs(x @ w_three) + (x @ w_three == 0)) + math.lgamma(k + 1) for x, k in zip(X_three, y_three))
    known["This is log(1 + exp(w·x)), as for yes-or-no questions: the term of a count is exp(w·x)."] = right + np.sum(
        np.log1p(np.exp(X_three @ w_three)) - np.exp(X_three @ w_three))

    def term_that_is_wrong():
        """A hint by what is right where all counts are 0, or all weights."""
        try:
            if not np.isfinite(poisson_nll(w_three, X_three, y_three)):
                return "Is there a logarithm of w·x? The mean is exp(w·x), which is never negative, and the logarithm of the mean is w·x itself."
            if np.isclose(poisson_nll(w_three, X_three, 0 * y_three), np.sum(np.exp(X_three @ w_three))):
                rest = np.isclose(poisson_nll(0 * w_three, X_three, y_three), 3 + math.log(48))
                return "Where all counts are 0 this is right: look at the terms with y, " + ("−y·w·x." if rest else "−y·w·x and log y!.")
            if np.isclose(poisson_nll(0 * w_three, X_three, y_three), 3 + math.log(48)):
                return "Where w = 0 this is right: look at how w comes in, exp(w·x) − y·w·x."
        except Exception:                        # not for these numbers
            pass
        return "It is wrong where all counts are 0, too, and where w = 0. For each song, exp(w·x) − y·w·x + log y! is added up."

    check.close(poisson_nll(w_three, X_three, y_three), right, what="the negative log-likelihood of three songs", mistakes=known, hint=term_that_is_wrong)
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for n, d, scale in [(1, 1, 1.0), (7, 3, 1.0), (4, 6, 0.5), (40, 2, 1.0)]:
        X, w = rng.normal(size=(n, d)), scale * rng.normal(size=d)
        y = rng.poisson(np.exp(np.clip(X @ w, -5, 2)))
        right, known = likelihoods((X @ w).tolist(), y.tolist())
        size = 1e-8 * sum(math.exp(a) + abs(c * a) + math.lgamma(c + 1) for a, c in zip((X @ w).tolist(), y.tolist()))
        with check.unchanged(w=w, X=X, y=y):
            found = poisson_nll(w, X, y)
        check.close(found, right, rtol=1e-8, atol=size, what=f"the negative log-likelihood of {n} songs with {d} features",
                    mistakes={hint: value for hint, value in known.items() if n > 1 or "mean over" not in hint})
        check.close(poisson_nll(w, X, y.astype(float)), right, rtol=1e-8, atol=size, what="the value for counts that are stored as floats")
    ### END HIDDEN TESTS

with check.part(1, "large counts and many songs"):
    right, three = likelihoods([0.5, 0.0, 1.0], [2, 0, 4])   # a mistake among small counts has cost its point there
    try:
        small = float(np.squeeze(poisson_nll(w_three, X_three, y_three)))
        paid = next((hint for hint, value in three.items() if np.isclose(small, value, rtol=1e-6)), "")
    except Exception:                              # not written yet, perhaps
        small, paid = right, ""
    try:                                           # what is wrong may be paid for, but a number that is not made of w and of y is no likelihood
        others = poisson_nll(2 * w_three, X_three, y_three), poisson_nll(w_three, X_three, y_three + 1)
        is_made_of_both = not np.isclose(others, small).any()
    except Exception:
        is_made_of_both = False

    def compare_large(z, k, found, what, hint):
        """The right value; that of the mistake for small counts; or any finite number, if nothing explains what is wrong there."""
        due, known = likelihoods(z, k)
        if paid in known or not is_made_of_both or np.isclose(small, likelihoods([0.5, 0.0, 1.0], [2, 0, 4])[0], rtol=1e-6):
            size = 1e-8 * sum(math.exp(a) + abs(c * a) + math.lgamma(c + 1) for a, c in zip(z, k))
            check.close(found, known.get(paid, due), rtol=1e-6 if len(k) == 2 else 1e-8, atol=size if len(k) > 2 else 0.0, what=what, hint=hint)
        check.true(bool(np.isfinite(found)) and not np.isclose(found, small), f"{what[0].upper()}{what[1:]} is not finite, or has nothing to do with the counts.", hint)

    compare_large([5.0, 5.0], [200, 150], poisson_nll(np.array([5.0]), np.ones((2, 1)), np.array([200, 150])),
                  "the value for songs that were played 200 and 150 times",
                  "200! is too large for a float: compute log y! without computing y!, for example by gammaln(y + 1).")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for n, d, scale in [(40, 2, 2.0), (2000, 3, 1.0), (12, 2, 3.0)]:
        X, w = rng.normal(size=(n, d)), scale * rng.normal(size=d)
        y = rng.poisson(np.exp(np.clip(X @ w, -5, 7)))
        compare_large((X @ w).tolist(), y.tolist(), poisson_nll(w, X, y), f"the negative log-likelihood of {n} songs with {d} features",
                      "A product of many probabilities is 0 in floating point, and y! soon too large: add up logarithms.")
    compare_large([8.0, 8.0], [3000, 0], poisson_nll(np.array([8.0]), np.ones((2, 1)), np.array([3000, 0])),
                  "the value for a song that was played 3,000 times", "3000! is too large for a float: compute log y! without it.")
    ### END HIDDEN TESTS

# %% [markdown]
# ## 2. Gradient and Hessian
#
# To minimise $L$ we need its derivatives. Take them on paper first: what is $\partial L / \partial w_a$, and what is
# $\partial^2 L / \partial w_a\, \partial w_b$? Then write them as matrix products, so that no loop over songs is left.
#
# Write **`poisson_gradient`**. Its check compares with differences of your own `poisson_nll`, if that is right.

# %% solution="poisson_gradient"
def poisson_gradient(w, X, y):
    """Gradient of poisson_nll with respect to w, an array (D,)."""
    ### BEGIN SOLUTION
    return X.T @ (np.exp(X @ w) - y)
    ### END SOLUTION

# %% test="poisson_gradient" points=2
def known_gradients(w, X, y, right):
    """Hint → the gradient that a mistake gives."""
    means = np.exp(X @ w)                        # (N,)
    return {
        "The sign is wrong: this is the gradient of the log-likelihood.": -right,
        "This is the mean over songs: the gradient of a sum is a sum.": right / len(y),
        "The counts are compared with w·x: the mean is exp(w·x).": X.T @ (X @ w - y),
        "The counts are missing in this gradient.": X.T @ means,
        "The exp is taken of each product w_j·x_j: the mean is the exp of their sum, and the same in all entries.": np.sum(X * np.exp(X * w), axis=0) - X.T @ y,
        "The counts are added where they are to be subtracted.": X.T @ (means + y),
        "The sum is divided by the sum of the means: nothing divides it.": right / means.sum(),
        "The sum is divided by the sum of the counts: nothing divides it.": right / max(y.sum(), 1),
        "A factor exp(w·x) is too many, as in the slope of squared errors: here exp(w·x) − y multiplies x.": X.T @ ((means - y) * means),
        "The differences are squared: it is exp(w·x) − y that multiplies x.": X.T @ (means - y) ** 2,
        "The exp(w·x) is missing in this gradient.": -X.T @ y,
        "The last factor of the chain rule is missing: the slope of w·x by w is x.": np.full(X.shape[1], np.sum(means - y)),
        "The differences are divided by the means: the slope of exp(w·x) is exp(w·x) times x.": X.T @ (1 - y / means),
        "The counts are multiplied by the means: the slope of y·w·x by w is y·x.": X.T @ (means - y * means),
        **check.of_terms((means - y)[:, None] * X, one="song"),
    }


X, w, y = np.random.default_rng(3).normal(size=(20, 3)), np.array([0.4, -0.3, 0.6]), np.arange(20) % 6
found = poisson_gradient(w, X, y)
check.equal(np.shape(found), (3,), what="the shape of the gradient for 3 features")
try:
    nll_is_right = np.allclose(poisson_nll(w, X, y), 58.811575325776246, rtol=1e-6)
except Exception:                              # not written yet, perhaps
    nll_is_right = False
if nll_is_right:
    step = 1e-5
    numerical = np.array([(poisson_nll(w + step * e, X, y) - poisson_nll(w - step * e, X, y)) / (2 * step) for e in np.eye(3)])
    check.gradient(found, numerical, what="the gradient, against differences of your poisson_nll", tol=1e-5, mistakes=known_gradients(w, X, y, numerical))
check.passed("poisson_gradient is the slope of poisson_nll." if nll_is_right else
             "poisson_nll is not right yet, so its slopes can't tell whether the gradient is: correct it first.")
### BEGIN HIDDEN TESTS
rng = check.rng()

def _loss(w, X, y):
    """Also for complex w: Im L(w + ih) / h is the derivative, exact to rounding."""
    return sum(np.exp(x @ w) - k * (x @ w) for x, k in zip(X, y.tolist()))

def _factor(n):
    """1; -1 or 1/n where the student's own loss is the log-likelihood or a mean, which has cost its points already."""
    try:
        own = float(poisson_nll(np.array([0.5, -0.5]), np.array([[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]), np.array([2, 0, 4])))
    except Exception:
        return 1
    right = math.exp(0.5) + math.exp(0) + math.exp(1) - 5 + math.log(2 * 24)
    return next((factor for factor, value in ((-1, -right), (1 / n, right / 3)) if abs(own - value) < 1e-6), 1)

for n, d in [(1, 1), (7, 3), (3, 5), (200, 2), (5, 5)]:
    X, w = rng.normal(size=(n, d)), 0.7 * rng.normal(size=d)
    y = rng.poisson(30.0, size=n)
    right = np.array([np.imag(_loss(w + 1e-30j * e, X, y)) / 1e-30 for e in np.eye(d)])
    with check.unchanged(w=w, X=X, y=y):
        found = poisson_gradient(w, X, y)
    check.gradient(found, check.due(found, right, _factor(n) * right), what=f"the gradient for {n} songs with {d} features",
                   mistakes=known_gradients(w, X, y, right))
### END HIDDEN TESTS

# %% [markdown]
# Now **`poisson_hessian`**, a matrix $(D, D)$. Newton's method will need it, and so will the question after it.

# %% solution="poisson_hessian"
def poisson_hessian(w, X, y):
    """Hessian of poisson_nll with respect to w, an array (D, D)."""
    ### BEGIN SOLUTION
    means = np.exp(X @ w)                # (N,)
    return X.T @ (means[:, None] * X)    # (D, D)
    ### END SOLUTION

# %% test="poisson_hessian" points=2
def known_hessians(w, X, y, right):
    """Hint → the Hessian that a mistake gives."""
    means = np.exp(X @ w)                        # (N,)
    slope = X.T @ (means - y)                    # (D,)
    return {
        "Each song has |x|² on the diagonal here: x xᵀ is the outer product, with x_a·x_b in row a, column b.": np.sum(means * np.sum(X ** 2, axis=1)) * np.eye(len(w)),
        "The exp is taken of each product w_j·x_j: the mean is the exp of their sum.": np.diag(np.sum(X ** 2 * np.exp(X * w), axis=0)),
        "This is the sum of x xᵀ: where do the means exp(w·x) come in?": X.T @ X,
        "This is the mean over songs: the Hessian of a sum is a sum.": right / len(y) if len(y) > 1 else None,
        "The weights in this sum are the counts: they should be the means exp(w·x).": X.T @ (y[:, None] * X),
        "The weight of a song is its mean exp(w·x): the factor μ·(1 − μ) belongs to logistic regression.": X.T @ ((means * (1 - means))[:, None] * X),
        "The means stand squared in this sum.": X.T @ ((means ** 2)[:, None] * X),
        "The sign is wrong: this is the Hessian of the log-likelihood.": -right,
        "Only the diagonal is filled: what about derivatives by two different weights?": np.diag(np.diag(right)) if len(w) > 1 else None,
        "The squares of the gradients are added up: the second derivative has the means exp(w·x) as weights, without y.": X.T @ (((means - y) ** 2)[:, None] * X),
        "The differences exp(w·x) − y are the weights: y is gone after the second derivative.": X.T @ ((means - y)[:, None] * X),
        "This is the outer product of the gradient with itself: take the derivative of each of its entries.": np.outer(slope, slope),
        "The mean of a song is exp(w·x): the exponential is missing.": X.T @ ((X @ w)[:, None] * X),
        "Something is divided by x: each song adds its mean times x xᵀ.": lambda: X.T @ (means[:, None] / X),
        **check.of_terms([m * np.outer(x, x) for m, x in zip(means, X)], one="song"),
    }


X, w, y = np.random.default_rng(3).normal(size=(20, 3)), np.array([0.4, -0.3, 0.6]), np.arange(20) % 6
found = poisson_hessian(w, X, y)
check.equal(np.shape(found), (3, 3), what="the shape of the Hessian for 3 features",
            hint="One row and one column for each feature: it is a sum over the songs, each with a matrix of its own.")
try:
    gradient_is_right = np.allclose(poisson_gradient(w, X, y), [26.09647664, -23.93520598, 0.48925266], rtol=1e-6)
except Exception:                              # not written yet, perhaps
    gradient_is_right = False
if gradient_is_right:
    step = 1e-5
    columns = [np.subtract(poisson_gradient(w + step * e, X, y), poisson_gradient(w - step * e, X, y)) / (2 * step) for e in np.eye(3)]
    numerical = np.stack(columns, axis=1)
    check.gradient(found, numerical, what="the Hessian, against differences of your poisson_gradient", tol=1e-5, mistakes=known_hessians(w, X, y, numerical))
check.passed("poisson_hessian is the slope of poisson_gradient." if gradient_is_right else
             "poisson_gradient is not right yet, so its slopes can't tell whether the Hessian is: correct it first.")
### BEGIN HIDDEN TESTS
rng = check.rng()

def _factors(n):
    """-1 or 1/n where the student's own loss or gradient has this factor, which has cost its points already."""
    w, X, y = np.array([0.5, -0.5]), np.array([[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]), np.array([2, 0, 4])
    for function, right in ((poisson_nll, np.array(math.exp(0.5) + math.exp(0) + math.exp(1) - 5 + math.log(2 * 24))), (poisson_gradient, X.T @ (np.exp(X @ w) - y))):
        try:
            own = np.asarray(function(w.copy(), X.copy(), y.copy()), dtype=float)
        except Exception:
            continue
        for factor, value in ((-1, -right), (1 / n, right / 3)):
            if own.shape == right.shape and np.allclose(own, value, rtol=1e-6):
                yield factor

for n, d in [(1, 1), (1, 3), (7, 3), (3, 5), (200, 2), (4, 4)]:
    X, w = rng.normal(size=(n, d)), 0.7 * rng.normal(size=d)
    y = rng.poisson(5.0, size=n)
    right = np.zeros((d, d))
    for x in X:
        for a in range(d):
            for b in range(d):
                right[a, b] += math.exp(float(x @ w)) * x[a] * x[b]
    with check.unchanged(w=w, X=X, y=y):
        found = poisson_hessian(w, X, y)
    check.gradient(found, check.due(found, right, *(factor * right for factor in _factors(n))), what=f"the Hessian for {n} songs with {d} features",
                   mistakes=known_hessians(w, X, y, right))
### END HIDDEN TESTS

# %% [markdown] answer="convexity" points=2
# ### Question 1: one valley
#
# Show that $L$ is convex in $w$. When is the minimum unique? Give one data set (in words or numbers) for which it is not,
# or for which there is none at all.
#
# ### BEGIN SOLUTION
# The Hessian is the sum of e^(w·x_i) x_i x_iᵀ. For any vector v we get vᵀ H v = Σ e^(w·x_i) (v·x_i)², a sum of squares with positive
# weights, so H is positive semidefinite everywhere and L is convex. (Or: exp of a linear function is convex, the rest is linear.)
#
# It is strictly convex, and a minimum unique, if no v ≠ 0 has v·x_i = 0 for all i: the columns of X are linearly independent.
# Not unique: a feature that stands there twice, or fewer songs than features. None at all: all counts 0, where w → −∞ along the
# constant feature lowers L for ever.
#
# *Rubric.* 1 point: a proof that vᵀHv ≥ 0 or by sums of convex functions. ½ point: the condition on X. ½ point: an example.
# ### END SOLUTION

# %% [markdown]
# ## 3. Newton's method, with a step check
#
# In one valley we can walk downhill with our eyes shut. Newton's method takes the step that would be perfect if $L$ were
# quadratic:
#
# $$ w \leftarrow w - \alpha\, H(w)^{-1}\, \nabla L(w), \qquad \alpha = 1 . $$
#
# But $L$ is not quadratic: far away, $\alpha = 1$ can throw us to a place where $e^{w^{\mathsf T} x}$ overflows. So we check
# each step: while the new $w$ doesn't have a smaller $L$, halve $\alpha$. A few steps of Newton's method are enough; how
# will you know when to stop?
#
# Soon each song will count only in part for a mood, so the songs get weights $s_i \ge 0$ (`sample_weight`). What we
# minimise is
#
# $$ \sum_{i=1}^N s_i \Big( e^{\,w^{\mathsf T} x_i} - y_i\, w^{\mathsf T} x_i \Big) . $$
#
# Where do the $s_i$ enter gradient and Hessian? (Why has $\log y_i!$ gone?)
#
# Write **`fit_poisson`**. Newton's method, gradient descent with a step check, or an optimiser of SciPy: any is fine, if the
# result is right to four digits. Counts may be in the thousands.

# %% solution="fit_poisson"
def fit_poisson(X, y, sample_weight=None):
    """The weights w (D,) that minimise the (weighted) negative log-likelihood of Poisson regression.

    X is (N, D), y is (N,), sample_weight is (N,) or None (all songs count 1).
    """
    ### BEGIN SOLUTION
    s = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)

    def loss(w):
        return np.sum(s * (np.exp(X @ w) - y * (X @ w)))

    w = np.zeros(X.shape[1])
    with np.errstate(over="ignore"):   # a step that is too long may overflow; it is then halved
        for _ in range(100):
            means = np.exp(X @ w)
            gradient = X.T @ (s * (means - y))
            hessian = X.T @ ((s * means)[:, None] * X)
            step = np.linalg.solve(hessian, gradient)
            decrease = gradient @ step
            if decrease <= 1e-14 * (1 + abs(loss(w))):
                break
            alpha = 1.0
            while not loss(w - alpha * step) <= loss(w) - 0.1 * alpha * decrease and alpha > 1e-10:
                alpha /= 2
            w = w - alpha * step
    return w
    ### END SOLUTION

# %% [markdown]
# For the checks there is a small data set with two groups of songs and one feature $t$. Its counts are exact (rounded)
# means, nothing is random:

# %% setup
t_toy = np.concatenate([np.linspace(-1, 1, 45), np.linspace(-1, 1, 15)])     # (60,)
X_toy = np.stack([np.ones(60), t_toy], axis=1)                                # (60, 2)
group_toy = np.repeat([0, 1], [45, 15])                                       # (60,)
W_true = np.array([[2.0, 1.0], [1.0, -2.0]])                                  # (2, 2)
y_toy = np.rint(np.exp(np.sum(X_toy * W_true[group_toy], axis=1)))            # (60,)

# %% oracle="best_fit"
from scipy.optimize import minimize

def best_fit(X, y, s):
    """The weights of the least weighted loss, which is convex, so that its minimum is where the slope is 0: least squares, again and again with
    weights and targets of the fit before. Where that does not get there, SciPy's BFGS.
    """
    scale = 1 / (1 + np.sum(s * y))                # in units of the counts
    slope = lambda w: scale * (X.T @ (s * (np.exp(X @ w) - y)))
    start = w = np.linalg.lstsq(X, np.log(y + 1.0), rcond=None)[0]
    with np.errstate(all="ignore"):
        for _ in range(20):
            means = np.exp(X @ w)
            root = np.sqrt(s * means)
            rows, targets = root[:, None] * X, root * (X @ w + y / means - 1)
            if not (np.isfinite(rows).all() and np.isfinite(targets).all()):
                break
            w = np.linalg.lstsq(rows, targets, rcond=None)[0]
            if np.abs(slope(w)).max() < 1e-11:
                return w
    value = lambda w: scale * np.sum(s * (np.exp(X @ w) - y * (X @ w)))
    return minimize(value, start, jac=slope, method="BFGS", options={"gtol": 1e-10}).x

# %% test="fit_poisson" points=3
### BEGIN HIDDEN TESTS
def _check_fit(rng, n, weights, by, counts, paid=lambda X, y, right: ()):
    X = np.column_stack([np.ones(n), by * rng.uniform(-1, 1, size=(n, len(weights) - 1))])
    y = rng.poisson(np.exp(X @ np.array(weights)))
    y[:2] += 1                                   # at least one song was played
    right = best_fit(X, y, np.ones(n))
    with check.unchanged(X=X, y=y):
        found = fit_poisson(X, y)
    check.close(found, check.due(found, right, *paid(X, y, right), rtol=1e-3), rtol=1e-3, what=f"the weights for {n} songs, {len(weights)} features, counts up to {counts}", mistakes={
        "The sign is wrong: is the log-likelihood minimised instead of maximised?": -right,
        "This is the least-squares fit of log(y + 1): maximise the Poisson likelihood instead.": lambda: np.linalg.lstsq(X, np.log(y + 1), rcond=None)[0],
        "The weights are still where they started: does each step really lower the loss?": np.zeros(len(weights)),
    }, hint="With large counts the first Newton step is much too long: is each step checked, and are there enough steps? "
            "At the minimum the gradient Xᵀ(exp(Xw) − y) is 0.")
### END HIDDEN TESTS

with check.part(2, "counts up to dozens"):
    found = fit_poisson(X_toy, y_toy)
    right = np.array([2.022871, 0.486677])
    check.close(found, right, what="the weights of the small data set", rtol=1e-4, mistakes={
        "The sign is wrong: is the log-likelihood minimised instead of maximised?": -right,
        "This is the least-squares fit of log(y + 1): maximise the Poisson likelihood instead.": np.linalg.lstsq(X_toy, np.log(y_toy + 1), rcond=None)[0],
        "This is the least-squares fit of y: the mean is exp(w·x), not w·x.": np.linalg.lstsq(X_toy, y_toy, rcond=None)[0],
        "The squares of y − exp(w·x) are minimised: maximise the Poisson likelihood instead.": [2.003258, 0.559437],
        "Nothing has moved from 0: does the loop end before its first step counts? A whole Newton step may raise the loss; then it is halved until it lowers it.": [0, 0],
    }, hint="At the minimum the gradient Xᵀ(exp(Xw) − y) is 0: how large is it at your w, and does each step lower the loss?")
    check.close(fit_poisson(np.ones((4, 1)), np.array([0, 3, 1, 4])), [math.log(2)], rtol=1e-4, what="the weight where all songs have the same feature 1",
                hint="Then exp(w) should be the mean of the counts.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for n, weights, by in [(40, [1.0], 1.0), (60, [0.5, 1.0], 1.0), (80, [1.0, -0.7, 0.4], 1.0), (50, [0.2, -0.3, 0.5], 2.0), (30, [-1.0, 1.0], 1.0)]:
        _check_fit(rng, n, weights, by, "dozens")
    ### END HIDDEN TESTS

with check.part(1, "counts up to thousands"):
    found = fit_poisson(np.ones((4, 1)), np.array([3000, 1000, 2000, 2500]))
    paid = [-math.log(2125)], [np.mean(np.log([3001, 1001, 2001, 2501]))], [2125]          # other mistakes, which have cost their points above
    if np.shape(found) == (1,) and not np.allclose(fit_poisson(X_toy, y_toy), [2.022871, 0.486677], rtol=1e-3):
        # whoever lost points for small counts stays on the way to the minimum here, from wherever that is
        paid += (found if 3 < found[0] < 9 and not np.allclose(found, fit_poisson(np.ones((4, 1)), np.array([0, 3, 1, 4])), rtol=0.1) else None,)
    check.close(found, check.due(found, [math.log(2125)], *paid, rtol=1e-4), rtol=1e-4, what="the weight for counts in the thousands, where all songs have the same feature 1",
                hint="Then exp(w) should be the mean of the counts. With large counts the first Newton step is much too long: is each step checked, and are there enough steps?")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for n, weights in [(50, [7.0, 1.5]), (40, [6.5, -0.8, 0.6])] if len(paid) == 3 else []:
        _check_fit(rng, n, weights, 1.0, "thousands", lambda X, y, right: (-right, np.linalg.lstsq(X, np.log(y + 1), rcond=None)[0], np.linalg.lstsq(X, y, rcond=None)[0]))
    ### END HIDDEN TESTS

# %% test="fit_poisson-weights" points=2
rng = check.rng()
X, times = np.column_stack([np.ones(30), rng.uniform(-1, 1, size=30)]), rng.integers(0, 4, size=30, dtype=np.intp)
y = rng.poisson(np.exp(X @ [1.0, 0.8])) + 1
found = fit_poisson(X, y, sample_weight=times.astype(float))


def counts_alone():
    """The minimiser of Σ s·exp(w·x) − y·w·x by Newton's method, where the weights stand at the means only."""
    w = np.zeros(2)
    for _ in range(200):
        means = times * np.exp(X @ w)
        step = np.linalg.solve(X.T @ (means[:, None] * X), X.T @ (means - y))
        w = w - step / max(1.0, np.abs(step).max())
    return w


check.close(found, fit_poisson(np.repeat(X, times, axis=0), np.repeat(y, times)), rtol=1e-3, what="the weights with sample_weight = 0, 1, 2, 3", mistakes={
    "This is the fit without sample_weight: is the argument used?": lambda: fit_poisson(X, y),
    "The features are multiplied by sample_weight: it belongs in front of the whole term of a song, outside of the exp.": lambda: fit_poisson(times[:, None] * X, y),
    "Features and counts are multiplied by the root of sample_weight, as for least squares: here the weight stands in front of the whole term, outside of the exp.":
        lambda: fit_poisson(np.sqrt(times)[:, None] * X, np.sqrt(times) * y),
    "This is the fit with sample_weight²: it should stand once in the sum.": lambda: fit_poisson(np.repeat(X, times ** 2, axis=0), np.repeat(y, times ** 2)),
    "The weights multiply the counts only: they belong to the whole term of a song.": lambda: fit_poisson(X, times * y),
    "The weights multiply the means only: they belong to the whole term of a song, its count too.":
        counts_alone,
}, hint="A song with weight 3 should count as if it stood there three times, one with weight 0 as if it were not there.")
check.passed("A song of weight 3 counts like three songs.")
### BEGIN HIDDEN TESTS
rng = check.rng()
plain, wanted = fit_poisson(X, y), best_fit(X, y, np.ones(len(y)))
fits_rightly = np.shape(plain) == np.shape(wanted) and np.allclose(plain, wanted, rtol=1e-2, atol=1e-2)
if not fits_rightly:        # whoever lost points for the fit should not lose them here again: what weights do can be seen all the same
    repeated = fit_poisson(np.repeat(X, times, axis=0), np.repeat(y, times))
    check.true(not np.allclose(repeated, plain, rtol=1e-4), "The fit does not change if some songs stand there several times.",
               "fit_poisson does not find the minimum yet, so nothing shows what weights do: correct that first.")
for n, d in [(30, 1), (40, 2), (70, 4)] if fits_rightly else []:
    X = np.column_stack([np.ones(n), rng.uniform(-1, 1, size=(n, d - 1))])
    first = rng.uniform(size=n) < 0.5            # two different groups, so that weights matter
    y = rng.poisson(np.exp(np.where(first, 2.0 + X[:, -1], 0.5 - X[:, -1]))) + 1
    for s in (np.where(first, 0.95, 0.05), rng.uniform(0, 1, size=n), np.where(first, 1.0, 0.0), 1e-3 * rng.uniform(0.5, 1, size=n)):
        right = best_fit(X, y, s)
        with check.unchanged(X=X, y=y, sample_weight=s):
            found = fit_poisson(X, y, s)
        check.close(found, right, rtol=1e-3, what=f"the weights for {n} weighted songs with {d} features", mistakes={
            "This is the fit without sample_weight: is the argument used?": lambda: best_fit(X, y, np.ones(n)),
            "This is the fit with sample_weight²: it should stand once in the sum.": lambda: best_fit(X, y, s ** 2),
            "This is the fit with the root of sample_weight: it should stand in the sum as it is.": lambda: best_fit(X, y, np.sqrt(s)),
            "The weights multiply the counts only: they belong to the whole term of a song.": lambda: best_fit(X, s * y, np.ones(n)),
        }, hint="The weights belong to the whole term of a song, in loss, gradient and Hessian, and they may all be small.")
### END HIDDEN TESTS

# %% [markdown]
# One fit for all songs of the small set: does the curve go through the points?

# %% experiment
import matplotlib.pyplot as plt

w_one = fit_poisson(X_toy, y_toy)
grid = np.linspace(-1, 1, 100)
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.scatter(t_toy, y_toy, s=18, color="0.35", label="songs")
axes.plot(grid, np.exp(w_one[0] + w_one[1] * grid), color="#D55E00", label="one Poisson regression")
axes.set(xlabel="feature t", ylabel="times played")
axes.legend(frameon=False, loc="upper center")
plt.show()
print(f"negative log-likelihood: {poisson_nll(w_one, X_toy, y_toy):.6f}")

# %% [markdown]
# ## 4. Several moods
#
# One curve can't do it. There are two kinds of songs here, and nobody says which song is of which kind. Let us say so in
# the model: each song $i$ has a hidden mood $z_i$, which is $k$ with probability $\pi_k$, and each mood has weights of its
# own:
#
# $$ p(y_i) = \sum_{k=1}^K \pi_k \, p\big(y_i \mid \mu = e^{\,w_k^{\mathsf T} x_i}\big), \qquad \sum_k \pi_k = 1 . $$
#
# If we knew the moods, we would fit each $w_k$ to its own songs. If we knew the $w_k$, we could say which mood explains a
# song best. We know neither. The EM algorithm starts with a guess and does both in turn:
#
# | step | given | computes |
# |:--|:--|:--|
# | E | $w_k$, $\pi_k$ | the *responsibilities* $R_{ik}$: how probable is mood $k$ for song $i$? |
# | M | $R_{ik}$ | new $w_k$ (weighted fits) and new $\pi_k$ (shares) |
#
# ### The E step
#
# By Bayes' rule
#
# $$ R_{ik} = p(z_i = k \mid y_i) = \frac{\pi_k\, p(y_i \mid \mu_{ik})}{\sum_{l} \pi_l\, p(y_i \mid \mu_{il})}, \qquad \mu_{ik} = e^{\,w_k^{\mathsf T} x_i} . $$
#
# Here is the trap: a song that was played 3,000 times has a probability like $10^{-1000}$ under the wrong mood and
# $10^{-400}$ under a better one. Both are 0 to a computer, and $0/0$ is NaN. So compute
# $a_{ik} = \log \pi_k + \log p(y_i \mid \mu_{ik})$ instead, and use that a constant may be subtracted from all $a_{ik}$
# of a song:
#
# $$ R_{ik} = \frac{e^{a_{ik} - m_i}}{\sum_l e^{a_{il} - m_i}} , \qquad m_i = \max_l a_{il} . $$
#
# Now the largest term is $e^0 = 1$, and the sum can't vanish. Write **`e_step`**.

# %% solution="e_step"
def e_step(X, y, W, pi):
    """Responsibilities R (N, K): R[i, k] is the probability that song i belongs to mood k, given its count.

    X is (N, D), y is (N,), W is (K, D), pi is (K,).
    """
    ### BEGIN SOLUTION
    log_means = X @ W.T                                                  # (N, K)
    a = np.log(pi) + y[:, None] * log_means - np.exp(log_means)          # (N, K); log y! is the same for all k
    R = np.exp(a - a.max(axis=1, keepdims=True))                         # (N, K)
    return R / R.sum(axis=1, keepdims=True)
    ### END SOLUTION

# %% test="e_step" points=4
### BEGIN HIDDEN TESTS
def _posterior(X, y, W, pi):
    """Bayes' rule song by song, every probability relative to the likeliest mood's."""
    rows = []
    for x, k in zip(X, y.tolist()):
        logs = [math.log(p) + k * float(x @ w) - math.exp(float(x @ w)) for p, w in zip(pi.tolist(), W)]
        rows.append([1 / math.fsum(math.exp(min(other - own, 700)) for other in logs) for own in logs])
    return np.array(rows)

def _known(X, y, W, pi):
    right = _posterior(X, y, W, pi)
    uniform = np.full(len(pi), 1 / len(pi))
    return {
        "The mixing weights pi are left out: a frequent mood is more probable before we see the count.": lambda: _posterior(X, y, W, uniform),
        "Every column adds up to 1: it is the moods of one song that compete, so every row should.": lambda: right / right.sum(axis=0),
        "These are 0 and 1: a responsibility is a probability, the best mood doesn't take it all.": lambda: np.eye(len(pi))[right.argmax(axis=1)],
        "The mixing weights are added where they should multiply: in log space it is log pi that is added.":
            lambda: _posterior(X, y, W, np.exp(pi) / np.exp(pi).sum()),
    }

def _paid(rng):
    """The known mistake that explains the responsibilities for small counts, if one does: it costs its points in the first part."""
    X, W, pi = rng.normal(size=(30, 2)), rng.normal(size=(3, 2)), np.array([0.6, 0.3, 0.1])
    y = rng.poisson(3.0, size=30)
    try:
        found = np.asarray(e_step(X.copy(), y.copy(), W.copy(), pi.copy()), dtype=float)
    except Exception:
        return None
    return next((hint for hint, value in _known(X, y, W, pi).items() if found.shape == (30, 3) and np.allclose(found, value(), rtol=1e-6)), None)
### END HIDDEN TESTS

with check.part(3, "Bayes' rule"):
    X_three, y_three = np.array([[1.0, 0.5], [1.0, -0.5], [1.0, 0.0]]), np.array([3, 0, 7])
    W_two, pi_two = np.array([[1.0, 1.0], [0.5, -1.0]]), np.array([0.8, 0.2])
    joint = np.array([[p * math.exp(x @ w) ** k * math.exp(-math.exp(x @ w)) / math.factorial(k) for p, w in zip(pi_two, W_two)]
                      for x, k in zip(X_three, y_three)])
    right, unmixed = joint / joint.sum(axis=1, keepdims=True), joint / pi_two
    alone = unmixed / unmixed.sum(axis=1, keepdims=True)

    def shares(logs):
        """exp of the logarithms, every row divided by its sum."""
        return np.exp(logs) / np.exp(logs).sum(axis=1, keepdims=True)

    logs = X_three @ W_two.T                     # of the means, (3, 2)
    over_songs = [one - one.max(axis=0) for one in (np.log(joint), np.log(pi_two) + y_three[:, None] * logs - np.exp(logs))]      # with and without log y!
    found = e_step(X_three, y_three, W_two, pi_two)
    check.close(found, right, what="the responsibilities of three songs and two moods", mistakes={
        "The mixing weights pi are left out: a frequent mood is more probable before we see the count.": alone,
        "Every column adds up to 1: it is the moods of one song that compete, so every row should.": joint / joint.sum(axis=0),
        "These are 0 and 1: a responsibility is a probability, the best mood doesn't take it all.": np.eye(2)[right.argmax(axis=1)],
        "The rows don't add up to 1: divide by the sum over the moods.": joint,
        "The whole array adds up to 1: every row should.": joint / joint.sum(),
        "These are the logarithms of the responsibilities.": np.log(right),
        "The mixing weights multiply after the division: they belong into the sum that is divided by.": pi_two * alone,
        "The mixing weights multiply the logarithms: add log pi to them.": lambda: shares(pi_two * (y_three[:, None] * logs - np.exp(logs))),
        "The mixing weights are added where they should multiply: in log space it is log pi that is added.": lambda: shares(pi_two + np.log(unmixed)),
        "The mean of a count is exp(w·x), and its logarithm is w·x: are the two mixed up?":
            lambda: shares(np.log(pi_two) + y_three[:, None] * np.log(logs) - logs),
        "The mean is exp(w·x), and w·x itself is subtracted: log p is y·w·x − exp(w·x).": lambda: shares(np.log(pi_two) + y_three[:, None] * logs - logs),
        "The mean exp(w·x) stands where its logarithm should: log p is y·w·x − exp(w·x).": lambda: shares(np.log(pi_two) + y_three[:, None] * np.exp(logs) - np.exp(logs)),
        "The mean is added where it should be subtracted: log p is y·w·x − exp(w·x).": lambda: shares(np.log(pi_two) + y_three[:, None] * logs + np.exp(logs)),
        "All logarithms have the wrong sign, so the least probable mood gets the most.": lambda: shares(-np.log(unmixed) - np.log(pi_two)),
        "The term −exp(w·x) is missing: it differs from mood to mood.": lambda: shares(np.log(pi_two) + y_three[:, None] * logs),
        "The term y·w·x is missing: without it, the counts say nothing.": lambda: shares(np.log(pi_two) - np.exp(logs)),
        "The largest logarithm of each *mood* is subtracted: take that of each song, which cancels in its row.": lambda: shares(max(
            over_songs, key=lambda one: np.shape(found) == (3, 2) and np.allclose(found, shares(one)))),
        "The probabilities of the counts are added to pi: they multiply each other.": lambda: (pi_two + unmixed) / (pi_two + unmixed).sum(axis=1, keepdims=True),
    })
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for n, d, k, size in [(1, 1, 1, 1.0), (6, 2, 2, 1.0), (5, 3, 4, 0.7), (3, 2, 7, 0.7), (40, 4, 3, 0.5), (2, 2, 2, 1.0), (1, 3, 3, 0.5)]:
        X, W, pi = rng.normal(size=(n, d)), size * rng.normal(size=(k, d)), rng.dirichlet(np.full(k, 2.0))
        y = rng.poisson(3.0, size=n)
        with check.unchanged(X=X, y=y, W=W, pi=pi):
            found = e_step(X, y, W, pi)
        check.close(found, _posterior(X, y, W, pi), what=f"the responsibilities of {n} songs and {k} moods", mistakes=_known(X, y, W, pi))
    ### END HIDDEN TESTS

with check.part(1, "large counts"):
    found = np.asarray(e_step(np.ones((2, 1)), np.array([3000, 0]), np.array([[7.0], [2.0]]), np.array([0.5, 0.5])))
    for_three = np.asarray(e_step(X_three, y_three, W_two, pi_two))
    rule_is_right = for_three.shape == (3, 2) and np.allclose(for_three, right)
    if for_three.shape == (3, 2) and any(np.allclose(for_three, shares(one), rtol=1e-6) for one in over_songs):
        found = np.eye(2)                        # the maximum of each mood has cost its points above
    is_made_of_W = not rule_is_right and not np.array_equal(for_three, e_step(X_three, y_three, 2 * W_two, pi_two))
    if is_made_of_W and found.shape == (2, 2) and np.isfinite(found).all() and not np.allclose(found[0], found[1]):
        found = np.eye(2)                        # what is wrong with small counts has cost its points above: here the numbers must stay finite
    check.close(found, [[1, 0], [0, 1]], atol=1e-9, what="the responsibilities for counts of 3,000 and 0",
                hint="Probabilities this small are 0 in floating point: subtract the largest logarithm of each song before you take exp.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    paid = _paid(rng)
    of_each = "Stay in log space: subtract the largest logarithm of each song, not one number for all songs, before you take exp."

    def _compare(X, y, W, pi, case):
        """Every likelihood underflows, and differences of logarithms of thousands still matter."""
        due = _known(X, y, W, pi)[paid]() if paid else _posterior(X, y, W, pi)
        check.close(e_step(X.copy(), y.copy(), W.copy(), pi.copy()), due, rtol=1e-6, atol=1e-9, what=f"the responsibilities for counts of {case}",
                    mistakes=_known(X, y, W, pi), hint=of_each)

    X = np.column_stack([np.ones(8), np.linspace(-1, 1, 8)])
    y = np.rint(np.exp(X @ [7.51, 0.51])).astype(int)
    y[3] = 0
    if rule_is_right or paid:                    # what else is wrong with small counts has cost its points above
        _compare(X, y, np.array([[7.5, 0.5], [7.52, 0.52], [2.0, -1.0]]), np.array([0.5, 0.3, 0.2]), "some thousands")
        _compare(np.ones((3, 1)), np.array([5000, 0, 40]), np.array([[8.0], [3.0], [-2.0]]), np.array([0.2, 0.3, 0.5]), "5,000, 0 and 40")
    ### END HIDDEN TESTS

# %% [markdown]
# ### The M step
#
# With the responsibilities fixed, the best $\pi_k$ is the share of songs that mood $k$ is responsible for,
#
# $$ \pi_k = \frac1N \sum_{i=1}^N R_{ik} , $$
#
# and the best $w_k$ is a Poisson regression in which song $i$ counts $R_{ik}$. You have that already. Write **`m_step`**.

# %% solution="m_step"
def m_step(X, y, R):
    """The best weights W (K, D) and mixing weights pi (K,) for given responsibilities R (N, K)."""
    ### BEGIN SOLUTION
    W = np.stack([fit_poisson(X, y, sample_weight=r) for r in R.T])     # (K, D)
    return W, R.mean(axis=0)
    ### END SOLUTION

# %% test="m_step" points=3
own_fit = fit_poisson


def sums(X, y, sample_weight=None):
    """For those whose fit is not right yet: not a fit at all, but it tells which weights it was given."""
    s = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
    return np.array([s.sum(), s @ y])


try:
    weights = (t_toy > 0) + 0.5
    fit_is_right = (np.allclose(fit_poisson(X_toy, y_toy), [2.022871, 0.486677], rtol=1e-3)
                    and np.allclose(fit_poisson(X_toy, y_toy, weights), [2.007979, 0.551521], rtol=1e-3)
                    and np.array_equal(weights, (t_toy > 0) + 0.5))
except Exception:                              # not written yet, perhaps
    fit_is_right = False
if not fit_is_right:
    print("fit_poisson is not right yet (section 3), so something simple stands in for it here. Correct it first.")
R_exact = np.eye(2)[group_toy]


def weights_in(result):
    """W in what m_step returns; a result that is not (W, pi) costs the point of pi only."""
    if not isinstance(result, tuple | list):
        return result
    W, pi = result
    return pi if np.ndim(W) == 1 and np.ndim(pi) == 2 else W


with check.part(1, "pi"):
    fit_poisson = own_fit if fit_is_right else sums
    try:
        X, y, R = X_toy.copy(), y_toy.copy(), R_exact.copy()
        with check.unchanged(X=X, y=y, R=R):
            result = m_step(X, y, R)
    finally:
        fit_poisson = own_fit
    check.true(isinstance(result, tuple | list) and len(result) == 2, "The function should return two things.", "Return W and pi.")
    W_found, pi_found = result
    swapped = np.shape(W_found) == (2,) and np.shape(pi_found) == (2, 2)
    check.true(not swapped, "W and pi are exchanged.", "The function returns (W, pi), in this order.")
    check.close(pi_found, [0.75, 0.25], what="pi where 45 songs belong to the first mood and 15 to the second", mistakes={
        "The mixing weights should follow the responsibilities: it looks as if all moods get the same share.": [0.5, 0.5],
        "These are sums: divide by the number of songs.": [45, 15],
        "The largest share is 1 here: divide by the number of songs, so that pi adds up to 1.": [1, 1 / 3],
        "The shares are those of the counts: each song counts 1, however often it was played.": R_exact.T @ y_toy / y_toy.sum(),
    }, hint="pi[k] is the mean of column k of R.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for n, d, k in [(40, 2, 1), (60, 2, 2), (50, 3, 3), (45, 1, 4)]:
        X = np.column_stack([np.ones(n), rng.uniform(-1, 1, size=(n, d - 1))])
        y = rng.poisson(np.exp(1 + 1.5 * rng.normal(size=n)).clip(0.5, 40)) + 1
        R = rng.dirichlet(np.linspace(0.3, 1.2, k), size=n)
        fit_poisson = own_fit if fit_is_right else sums
        try:
            with check.unchanged(X=X, y=y, R=R):
                _, pi_found = m_step(X, y, R)
        finally:
            fit_poisson = own_fit
        right = R.sum(axis=0) / n
        check.close(pi_found, right, rtol=1e-6, what=f"pi for {n} songs and {k} moods", mistakes={
            "The mixing weights should follow the responsibilities: it looks as if all moods get the same share.": np.full(k, 1 / k),
            "These are shares of songs that a mood wins: a song counts for a mood as much as its responsibility says.":
                np.bincount(R.argmax(axis=1), minlength=k) / n,
            "These are sums: divide by the number of songs.": n * right,
            "The shares are weighted by the counts: each song counts 1, however often it was played.": R.T @ y / y.sum(),
        })
    ### END HIDDEN TESTS

### BEGIN HIDDEN TESTS
def _right_fit(X, y, sample_weight=None):
    return best_fit(X, y, np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight))
### END HIDDEN TESTS

with check.part(2, "W"):
    fit_poisson = own_fit if fit_is_right else sums
    try:
        W_found = weights_in(m_step(X_toy.copy(), y_toy.copy(), R_exact.copy()))
        W_three = weights_in(m_step(X_toy.copy(), y_toy.copy(), np.full((60, 3), 1 / 3)))
    finally:
        fit_poisson = own_fit
    check.shape(W_three, (3, 2), what="W for three moods and two features", mistakes={"Row k of W holds the weights of mood k: W is (K, D).": (2, 3)})
    due = W_true if fit_is_right else [sums(X_toy, y_toy, R_exact[:, k]) for k in (0, 1)]
    check.close(W_found, due, rtol=0.03, what="W for the true groups", mistakes={
        "All moods have the same weights: does each fit use its own column of R?":
            lambda: np.tile(fit_poisson(X_toy, y_toy) if fit_is_right else sums(X_toy, y_toy), (2, 1)),
        "The responsibilities multiply the counts: pass column k as `sample_weight`, it belongs to the whole term of a song.":
            lambda: [(fit_poisson if fit_is_right else sums)(X_toy, R_exact[:, k] * y_toy) for k in (0, 1)],
        "The rows of W stand in another order than the columns of R.": due[::-1],
    }, hint="Row k of W is the fit whose sample_weight is column k of R.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for n, d, k in [(40, 2, 1), (60, 2, 2), (50, 3, 3), (45, 1, 4)]:
        X = np.column_stack([np.ones(n), rng.uniform(-1, 1, size=(n, d - 1))])
        y = rng.poisson(np.exp(1 + 1.5 * rng.normal(size=n)).clip(0.5, 40)) + 1
        R = rng.dirichlet(np.linspace(0.3, 1.2, k), size=n)
        R_mine = R.copy()
        hard = np.eye(k)[R.argmax(axis=1)]
        right = [best_fit(X, y, r) for r in R.T]
        W_found = weights_in(m_step(X.copy(), y.copy(), R_mine))
        if not (np.shape(W_found) == np.shape(right) and np.allclose(W_found, right, rtol=2e-3, atol=2e-3)):
            fit_poisson = _right_fit                 # whoever lost points for the fit should not lose them here again
            try:
                W_found = weights_in(m_step(X.copy(), y.copy(), R.copy()))
            finally:
                fit_poisson = own_fit
        check.close(W_found, right, rtol=2e-3, what=f"W for {n} songs, {d} features and {k} moods", mistakes={
            "All moods have the same weights: does each fit use its own column of R?": lambda: [best_fit(X, y, np.ones(n))] * k,
            "Each song goes to one mood only: it should count for every mood as much as its responsibility says.":
                lambda: [best_fit(X, y, h) for h in hard.T],
            "The rows of W stand in another order than the columns of R.": lambda: [best_fit(X, y, r) for r in R.T[::-1]],
        })
    ### END HIDDEN TESTS

# %% [markdown]
# ### Both in turn
#
# Write **`em`**: from a start $W_0, \pi_0$ do `num_iters` iterations, each an E step and then an M step. Keep the
# log-likelihood before the first and after every iteration,
#
# $$ \ell = \sum_{i=1}^N \log \sum_{k=1}^K \pi_k \, p(y_i \mid \mu_{ik}) , $$
#
# with $\log y_i!$, and in log space again: $\log \sum_k e^{a_k} = m + \log \sum_k e^{a_k - m}$.
#
# This number is your best friend. **EM can't lower it.** If it falls, there is a mistake, no matter how good the moods look.
# The check knows the values for the small set, and what some mistakes make of them.

# %% solution="em"
def em(X, y, W0, pi0, num_iters):
    """Fit a mixture of Poisson regressions by EM.

    W0 (K, D) and pi0 (K,) are the start. Returns W (K, D), pi (K,), the responsibilities R (N, K) under them, and a list
    of num_iters + 1 log-likelihoods: before the first iteration and after each.
    """
    ### BEGIN SOLUTION
    def log_likelihood(W, pi):
        log_means = X @ W.T                                                                    # (N, K)
        a = np.log(pi) + y[:, None] * log_means - np.exp(log_means) - gammaln(y + 1)[:, None]   # (N, K)
        m = a.max(axis=1)
        return float(np.sum(m + np.log(np.sum(np.exp(a - m[:, None]), axis=1))))

    W, pi = np.array(W0, dtype=float), np.array(pi0, dtype=float)
    log_likelihoods = [log_likelihood(W, pi)]
    for _ in range(num_iters):
        W, pi = m_step(X, y, e_step(X, y, W, pi))
        log_likelihoods.append(log_likelihood(W, pi))
    return W, pi, e_step(X, y, W, pi), log_likelihoods
    ### END SOLUTION

# %% test="em" points=4
W_start, pi_start = np.array([[1.0, 0.5], [1.0, -0.5]]), np.array([0.5, 0.5])
own_steps = e_step, m_step


def true_moods(X, y, W, pi):
    """For those whose E step is not right yet: it knows the moods."""
    return np.eye(2)[group_toy]


def true_weights(X, y, R):
    """For those whose M step is not right yet: it knows the weights."""
    return W_true.copy(), np.array([0.75, 0.25])


try:
    R_probe = np.asarray(e_step(X_toy.copy(), y_toy.copy(), W_start.copy(), np.array([0.8, 0.2])))
    W_probe, pi_probe = m_step(X_toy.copy(), y_toy.copy(), 0.1 + 0.8 * np.eye(2)[group_toy])
    steps_are_right = bool(np.allclose(R_probe.mean(axis=0), [0.733911, 0.266089], rtol=1e-4)
                           and np.allclose(W_probe, [[2.006595, 0.928946], [1.716711, -0.758937]], rtol=1e-3) and np.allclose(pi_probe, [0.7, 0.3]))
except Exception:                              # not written yet, perhaps
    steps_are_right = False
if not steps_are_right:
    print("The E step or the M step is not right yet, so steps that know the moods stand in for them here. Correct them first.")
for_em = own_steps if steps_are_right else (true_moods, true_weights)

### BEGIN HIDDEN TESTS
from scipy.special import logsumexp, softmax

def _logs(X, y, W, pi):
    return np.array([[math.log(p) + k * float(x @ w) - math.exp(float(x @ w)) - math.lgamma(k + 1) for p, w in zip(pi, W)]
                     for x, k in zip(X, y.tolist())])

def _runs(rng, pi_stays=False):
    """Problems, and what EM should make of them, or makes of them where pi stays as it was."""
    for n, d, weights, steps in [(40, 2, [[2.0, 1.0], [0.5, -1.5]], 4), (60, 3, [[1.5, 1.0, 0.0], [0.5, -1.0, 1.0], [2.5, 0.0, -1.0]], 3),
                                 (30, 1, [[2.0]], 2), (50, 2, [[6.5, 0.3], [6.0, -0.4]], 3)]:
        k = len(weights)
        X = np.column_stack([np.ones(n), rng.uniform(-1, 1, size=(n, d - 1))])
        mood = np.where(rng.uniform(size=n) < 0.6, 0, rng.integers(0, k, size=n))
        y = rng.poisson(np.exp(np.sum(X * np.array(weights)[mood], axis=1))) + 1
        W0, pi0 = np.array(weights) + rng.uniform(-0.3, 0.3, size=(k, d)), rng.dirichlet(np.full(k, 5.0))
        W, pi, history = W0, pi0, [logsumexp(_logs(X, y, W0, pi0), axis=1).sum()]
        for _ in range(steps):
            R = softmax(_logs(X, y, W, pi), axis=1)
            W, pi = np.array([best_fit(X, y, r) for r in R.T]), pi0 if pi_stays else R.sum(axis=0) / n
            history.append(logsumexp(_logs(X, y, W, pi), axis=1).sum())
        yield X, y, W0, pi0, steps, n, k, W, pi, R, history

def _pi_of_new_moods(X, y, W, pi, steps):
    """pi, if each iteration asks for responsibilities once more between the new W and the new pi."""
    for _ in range(steps):
        R = softmax(_logs(X, y, W, pi), axis=1)
        W = np.array([best_fit(X, y, r) for r in R.T])
        pi = softmax(_logs(X, y, W, pi), axis=1).mean(axis=0)
    return pi

def _right_e_step(X, y, W, pi):
    return softmax(_logs(X, y, np.asarray(W), np.asarray(pi)), axis=1)

def _right_m_step(X, y, R):
    return np.array([best_fit(X, y, r) for r in np.asarray(R).T]), np.mean(R, axis=0)

def _check_iterations(em, rng):
    for X, y, W0, pi0, steps, n, k, W, pi, R, _ in _runs(rng):
        with check.unchanged(X=X, y=y, W0=W0, pi0=pi0):
            W_found, pi_found, R_found, _ = em(X, y, W0, pi0, steps)
        check.close(pi_found, pi, rtol=2e-3, what="pi after the last iteration", mistakes={
            "pi is the mean of responsibilities for the new W: W and pi come from the same ones, those of the E step.": lambda: _pi_of_new_moods(X, y, W0, pi0, steps),
        })
        check.close(W_found, W, rtol=5e-3, what="W after the last iteration")
        last = softmax(_logs(X, y, W, pi), axis=1)
        if not np.allclose(R_found, R, atol=5e-3):          # those of the last E step are right, too
            check.close(R_found, last, atol=5e-3, what="the responsibilities after the last iteration",
                        hint="R should belong to the W and pi that are returned.")

def _check_history(em, rng, pi_stays, ends_early, stands_still):
    for X, y, W0, pi0, steps, n, k, W, pi, R, history in _runs(rng, pi_stays):
        if stands_still:                         # the first iteration is right, and the others are like it
            steps, history = 1, history[:2]
        found = log_likelihoods_in(em(X.copy(), y.copy(), W0.copy(), pi0.copy(), steps)[2:])
        if ends_early:
            found = [*found, *history[len(found):]]
        check.equal(len(found), steps + 1, what="the number of log-likelihoods", hint="One before the first iteration, and one after each.")
        check.close(found, history, rtol=1e-4, what=f"the log-likelihoods of {steps} iterations with {n} songs and {k} moods", mistakes={
            "The term log y! is missing in the log-likelihood.": np.array(history) + sum(math.lgamma(c + 1) for c in y.tolist()),
            "These are the negative log-likelihoods.": -np.array(history),
        }, hint="Do the numbers of iterations, of moods and the start come from the arguments?")
    # Songs that both moods explain badly: their probabilities are far below those of the others, and below what a float can hold.
    X = np.column_stack([np.ones(12), np.linspace(-1, 1, 12)])
    y = np.append(rng.poisson(np.exp(X[:6] @ [7.5, 0.5])), rng.poisson(np.exp(X[6:] @ [1.0, -0.5])) + 1)
    W0, pi0 = np.array([[7.6, 0.4], [7.3, 0.3]]), np.array([0.6, 0.4])
    with np.errstate(all="ignore"):
        found = log_likelihoods_in(em(X, y, W0, pi0, 1)[2:])
    check.close(found[0], logsumexp(_logs(X, y, W0, pi0), axis=1).sum(), what="the log-likelihood where some songs are very improbable",
                hint="Stay in log space: subtract the largest logarithm of *each song*, not one number for all, before you take exp.")
### END HIDDEN TESTS

def log_likelihoods_in(rest):
    """The log-likelihoods among the last two results; that R is exchanged with them costs its points once."""
    return next((one for one in rest if np.ndim(one) == 1), rest[-1])


with check.part(2, "the iterations"):
    e_step, m_step = for_em
    try:
        X, y, W0, pi0 = X_toy.copy(), y_toy.copy(), W_start.copy(), pi_start.copy()
        with check.unchanged(X=X, y=y, W0=W0, pi0=pi0):
            result = em(X, y, W0, pi0, 60)
    finally:
        e_step, m_step = own_steps
    check.true(isinstance(result, tuple | list) and len(result) == 4, "The function should return four things.",
               "Return W, pi, R and the list of log-likelihoods.")
    W_found, pi_found, R_found, _ = result
    in_order = "The function returns (W, pi, R, log_likelihoods), in this order."
    check.true(np.shape(W_found) != (2,), "W and pi are exchanged.", in_order)
    check.true(np.ndim(R_found) != 1, "R has one axis only: is it exchanged with the log-likelihoods?", in_order)
    check.close(pi_found, [0.765897, 0.234103] if steps_are_right else [0.75, 0.25], what="pi after 60 iterations", rtol=1e-3, mistakes={
        "pi is still ½, ½: does the M step's pi get used?": [0.5, 0.5],
        "These are the pi after one single iteration: does a `return` stand inside the loop, does the E step stand outside of it, or does each iteration begin with W0 and pi0 again?": [0.534075, 0.465925],
    }, hint="Are there num_iters iterations, without an early end, and does each begin with what the one before gave?")
    check.close(W_found, [[1.99404, 0.99859], [1.01637, -1.96593]] if steps_are_right else W_true, what="W after 60 iterations", rtol=1e-3, mistakes={
        "W is still W0: does the M step's W get used?": W_start,
    }, hint="Does each iteration begin with what the one before gave?")
    check.equal(np.shape(R_found), (60, 2), what="the shape of R")
    ### BEGIN HIDDEN TESTS
    try:
        _check_iterations(em, check.rng())
    except Exception:                            # whoever lost points for the two steps should not lose them here again
        e_step, m_step = _right_e_step, _right_m_step
        _check_iterations(em, check.rng())
    finally:
        e_step, m_step = own_steps
    ### END HIDDEN TESTS

with check.part(2, "the log-likelihoods"):
    e_step, m_step = for_em
    try:
        _, pi_found, *rest = em(X_toy.copy(), y_toy.copy(), W_start.copy(), pi_start.copy(), 60)
    finally:
        e_step, m_step = own_steps
    history = log_likelihoods_in(rest)
    pi_stays = np.shape(pi_found) == (2,) and np.allclose(pi_found, pi_start)         # that has cost its points above
    ends_early = 1 < len(history) < 60 and not np.allclose(pi_found, [0.765897, 0.234103] if steps_are_right else [0.75, 0.25], rtol=1e-3)
    if not ends_early:                             # too few iterations have cost their points above
        check.equal(len(history), 61, what="the number of log-likelihoods after 60 iterations", hint="One before the first iteration, and one after each.")
    check.close(history[0], -347.520613, what="the log-likelihood of the start", mistakes={
        "The term log y! is missing in the log-likelihood.": 378.945346,
        "This is the negative log-likelihood.": 347.520613,
        "This is the log-likelihood per song: it should be the sum.": -347.520613 / 60,
        "pi is left out of the log-likelihood.": -347.520613 + 60 * np.log(2),
        "The sum over the moods is weighted by R: the log-likelihood is the logarithm of Σ pi·p, and R has no part in it.": -372.939662,
        "The sum over the moods is weighted by R, and pi is missing: the log-likelihood is the logarithm of Σ pi·p.": -331.350831,
        "Only the best mood of each song counts here: add up pi·p over the moods before you take the logarithm.": -364.969859,
        "The logarithms are averaged over the moods: add up pi·p first, and take the logarithm of the sum.": -423.930729,
        "The logarithms are added up over the moods: add up pi·p first, and take the logarithm of the sum.": -931.039121,
        "The means of the moods are averaged: it is their probabilities that are, Σ pi·p.": -399.964340,
    }, hint="The first entry belongs to W0 and pi0, before any step.")
    shown = {
        "This is where it ends if every song goes to its likeliest mood: use the responsibilities as they are.": -136.2924,
        "This is the log-likelihood of one single Poisson regression: are the fits weighted by the responsibilities?": -203.3568,
        "This is where it ends if pi stays at ½, ½: does the M step's pi get used?": -142.6796,
        "This is where it ends if pi is left out of the E step.": -136.7240,
        "The term log y! is missing in the log-likelihood.": 590.34,
    }
    # (The steps that stand in find what the songs were made from, not the highest point for them.)
    stands_still = len(history) == 61 and np.allclose(history[1:], -151.295053, rtol=2e-5)       # the same iteration again and again
    if stands_still and np.allclose(pi_found, [0.534075, 0.465925], rtol=1e-3):
        history = [*history[:2], *[-136.123788] * 59]                  # has cost its points above: the values are right for it
    last = -142.679556 if pi_stays and steps_are_right else -136.123788 if steps_are_right else -136.171962
    check.close(last if ends_early else history[60], last, what="the log-likelihood after 60 iterations", rtol=2e-5, mistakes=shown,
                hint="It should have stopped rising by then: what changes from one iteration to the next, and does it ever fall?")
    drop = max((before - after for before, after in zip(history, history[1:])), default=0.0)
    check.true(drop < 1e-6, "The log-likelihood falls between two iterations.", "EM never lowers it: look at both steps for something that is not weighted.")
    if steps_are_right and not pi_stays:
        check.close(history[1], -151.295053, what="the log-likelihood after one iteration", rtol=2e-5, hint="An iteration is an E step, then an M step.")
        if not ends_early:
            print("The log-likelihood rises from -347.5 to -136.12 and never falls.")
    ### BEGIN HIDDEN TESTS
    try:
        _check_history(em, check.rng(), pi_stays, ends_early, stands_still)
    except Exception:                            # whoever lost points for the two steps should not lose them here again
        e_step, m_step = _right_e_step, _right_m_step
        _check_history(em, check.rng(), pi_stays, ends_early, stands_still)
    finally:
        e_step, m_step = own_steps
    ### END HIDDEN TESTS

# %% [markdown]
# What EM made of the small set. On the left, every iteration adds less; on the right are the two curves that it found, and
# each song in a mixture of their colours.

# %% experiment
W_two, pi_two, R_two, history = em(X_toy, y_toy, np.array([[1, 0.5], [1, -0.5]]), np.array([0.5, 0.5]), 60)
colours = np.array([[0.0, 0.45, 0.70], [0.84, 0.37, 0.0]])        # blue, vermilion
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
left.plot(range(16), history[:16], marker="o", color="0.2")
left.set(xlabel="iteration", ylabel="log-likelihood")
right.scatter(t_toy, y_toy, s=22, c=R_two @ colours, label="songs")
for k, (w, share) in enumerate(zip(W_two, pi_two)):
    right.plot(grid, np.exp(w[0] + w[1] * grid), color=colours[k], label=f"mood {k + 1}: {share:.0%} of the songs")
right.set(xlabel="feature t", ylabel="times played")
right.legend(frameon=False)
plt.show()

# %% [markdown] answer="identical-start" points=2
# ### Question 2: two moods, one start
#
# Start EM with two moods that have the *same* weights, $w_1 = w_2$, and $\pi = (0.7, 0.3)$. What will $R$, $\pi$ and $W$ be after
# the first iteration, and after a hundred? Think first, then try. What does this say about choosing a start?
#
# ### BEGIN SOLUTION
# With equal weights the likelihoods of the two moods cancel in Bayes' rule, so R[i, k] = π_k for every song: (0.7, 0.3) in every row. Then
# π stays (0.7, 0.3), and both weighted fits have constant weights, so both give the single Poisson regression of all songs. From then
# on nothing changes: a stationary point, with the log-likelihood of one component (−203.36 on the small set).
#
# EM can't break the symmetry by itself; starts must differ, and since EM only finds a local maximum, several random ones should be
# tried and the one with the best final log-likelihood kept.
#
# *Rubric.* ½ point: R equals π in every row. 1 point: both moods get the single fit and stay there for ever. ½ point: different starts,
# best of several.
# ### END SOLUTION

# %% [markdown]
# ## 5. Playlists
#
# Now we can make playlists: for each mood the songs of the whole catalogue with the largest expected count
# $e^{\,w_k^{\mathsf T} x}$, best first. (Do you need the $e$?) Write **`make_playlists`**.

# %% solution="make_playlists"
def make_playlists(X_all, W, size):
    """Song indices (K, size): row k lists the `size` songs with the largest expected count in mood k, best first.

    X_all is (N, D), W is (K, D).
    """
    ### BEGIN SOLUTION
    scores = W @ X_all.T                                   # (K, N)
    return np.argsort(-scores, axis=1)[:, :size]
    ### END SOLUTION

# %% test="make_playlists" points=2
X_four = np.array([[3.0, 0.0], [1.0, 0.0], [2.0, 4.0], [0.0, 1.0]])          # with W = 1 these are the scores
check.equal(make_playlists(X_four, np.eye(2), 2), [[0, 2], [2, 3]], what="the playlists of 2 of 4 songs for two moods", mistakes={
    "Each song is in the list of one mood only: a good song may be in several.": [[0, 1], [2, 3]],
    "These are the songs that are played least: best first.": [[3, 1], [0, 1]],
    "The right songs, but the worst of them first.": [[2, 0], [3, 2]],
    "All moods have the same playlist: each should be ranked by its own row of W.": [[2, 0], [2, 0]],
    "`[::-1]` reverses the rows, which are the moods: reverse the songs, `[:, ::-1]`, or sort the negative scores.": [[0, 1], [3, 1]],
}, hint="Row k should list song indices, ranked by row k of W only.")
X_five = np.array([[1.0, 0.1], [1.0, -0.9], [1.0, 0.8], [1.0, 0.3], [1.0, -0.2]])
check.equal(make_playlists(X_five, np.array([[0.0, 1.0], [1.0, -2.0]]), 3), [[2, 3, 0], [1, 4, 0]], what="the playlists of 3 of 5 songs for two moods", mistakes={
    "These are the songs that are played least: best first.": [[1, 4, 0], [2, 3, 0]],
    "The right songs, but the worst of them first.": [[0, 3, 2], [0, 4, 1]],
    "All moods have the same playlist: each should be ranked by its own row of W.": [[1, 4, 0], [1, 4, 0]],
    "The songs are ranked by their distance from 0: a negative score is a low one.": [[1, 2, 3], [1, 4, 0]],
    "The songs are ranked by their features, without W: the scores are w·x, for each mood with its own w.": [[0, 1, 2], [2, 3, 0]],
})
check.passed("make_playlists puts the best songs first.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for n, d, k, size in [(1, 1, 1, 1), (12, 3, 2, 5), (9, 2, 4, 9), (200, 5, 3, 10), (7, 7, 7, 3), (30, 2, 1, 4), (2500, 2, 2, 700)]:
    X, W = rng.normal(size=(n, d)), rng.normal(size=(k, d))
    scores = [[math.fsum(a * b for a, b in zip(x, w)) for x in X.tolist()] for w in W.tolist()]
    right = [sorted(range(n), key=lambda i: -row[i])[:size] for row in scores]
    mixed = sorted(range(n), key=lambda i: -sum(row[i] for row in scores))[:size]
    with check.unchanged(X_all=X, W=W):
        found = make_playlists(X, W, size)
    check.equal(found, right, what=f"the playlists of {size} of {n} songs for {k} moods", mistakes={
        "All moods have the same playlist: each should be ranked by its own row of W.": [mixed] * k if k > 1 else None,
        "These are the songs that are played least: best first.": [sorted(range(n), key=lambda i: row[i])[:size] for row in scores],
        "The right songs, but the worst of them first.": [row[::-1] for row in right],
        "The songs are ranked by the size of their scores: a negative score is a low one.":
            [sorted(range(n), key=lambda i: -abs(row[i]))[:size] for row in scores],
        "The songs are ranked by the share of a mood among all moods: rank them by the expected count of the mood alone.":
            lambda: [np.argsort(-share, kind="stable")[:size] for share in np.exp(np.array(scores) - np.logaddexp.reduce(scores, axis=0))],
        "The right songs, but not in order: `argpartition` does not sort, and neither does a set.":
            lambda: [list(one) for one in np.asarray(found)] if [*map(sorted, np.asarray(found).tolist())] == [*map(sorted, right)] else None,
    }, hint="Row k should list song indices, ranked by row k of W only.")
X = np.array([[1.0, 0.5], [1.0, 0.5], [1.0, -1.0], [1.0, 0.9]])     # two songs tie: either may come first
found = np.asarray(make_playlists(X, np.array([[0.0, 1.0]]), 3))
check.equal(found.shape, (1, 3), what="the shape of the playlists")
check.true(found[0].tolist() in ([3, 0, 1], [3, 1, 0]), "The playlist is wrong where two songs have the same score.",
           "Both of them should be in the list, once each.")
### END HIDDEN TESTS

# %% [markdown]
# Now the real data: a catalogue of 600 songs, and what our friend played, 300 of them. (The songs are made up, but their
# titles are honest.) Four features describe each song, all between −1 and 1:

# %% setup
songs = load_songs()
played, counts = listening_history(songs)        # which songs (300,), how often each (300,)
X_played = songs.X[played]                       # (300, 5)
print("features:", ", ".join(FEATURES))

# %% experiment
import matplotlib.pyplot as plt

most = np.argsort(-counts, kind="stable")[:8]
print("times                                  energy  cheerful  acoustic  words")
for i in most:
    print(f"{counts[i]:5d}  {songs.titles[played[i]]:30s}", "".join(f"{value:9.2f}" for value in X_played[i, 1:]))

w_all = fit_poisson(X_played, counts)
print("\nThe playlist of one single regression:")
print(", ".join(songs.titles[i] for i in make_playlists(songs.X, w_all[None], 8)[0]))

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.hist(counts, bins=np.arange(counts.max() + 2) - 0.5, color="#0072B2")
axes.set(xlabel="times played", ylabel="number of songs")
plt.show()

# %% [markdown]
# Three moods, then. EM finds the nearest peak of the log-likelihood, not the highest one, so it gets eight random starts, and
# the best result counts. In the figures, bars show what a mood likes and dislikes.

# %% experiment
def best_of(X, y, num_moods, starts=8, num_iters=60):
    """The result of EM with the highest log-likelihood, from random starts."""
    rng = np.random.default_rng(0)
    results = []
    for _ in range(starts):
        W0 = 0.7 * rng.normal(size=(num_moods, X.shape[1]))
        results.append(em(X, y, W0, np.full(num_moods, 1 / num_moods), num_iters))
    return max(results, key=lambda result: result[3][-1]), [result[3] for result in results]

(W, pi, R, _), histories = best_of(X_played, counts, 3)
palette = np.array([[0.0, 0.45, 0.70], [0.84, 0.37, 0.0], [0.0, 0.62, 0.45]])   # blue, vermilion, green

figure, axes = plt.subplots(1, 3, figsize=(14, 4.2), layout="constrained")
for history in histories:
    axes[0].plot(history, color="0.4", alpha=0.7)
axes[0].set(xlabel="iteration", ylabel="log-likelihood", title="Eight starts", ylim=(-1500, None))
for k in range(3):
    axes[1].barh(np.arange(4) + 0.27 * (k - 1), W[k, 1:], height=0.25, color=palette[k], label=f"mood {k + 1} ({pi[k]:.0%})")
axes[1].set_yticks(range(4), FEATURES[1:])
axes[1].invert_yaxis()
axes[1].axvline(0, color="0.3", linewidth=0.8)
axes[1].set(xlabel="weight", title="What a mood likes")
axes[1].legend(frameon=False, fontsize=9, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
axes[2].scatter(X_played[:, 1], X_played[:, 2], c=R @ palette, s=8 + 6 * counts)
axes[2].set(xlabel="energy", ylabel="cheerfulness", title="Songs: colour is mood, size is count")
plt.show()

for k, playlist in enumerate(make_playlists(songs.X, W, 8)):
    print(f"Mood {k + 1}: " + ", ".join(songs.titles[i] for i in playlist))

# %% [markdown]
# Read the titles: which mood is which?
#
# But who said three? More moods always fit the songs that they were fitted to at least as well. A third of the songs, which EM
# doesn't see, can tell us more.

# %% experiment
seen, held_out = np.arange(300) % 3 != 0, np.arange(300) % 3 == 0
results = {}
for num_moods in range(1, 7):
    (W_k, pi_k, _, history), _ = best_of(X_played[seen], counts[seen], num_moods, starts=6, num_iters=40)
    of_others = em(X_played[held_out], counts[held_out], W_k, pi_k, 1)[3][0]      # before any step on these songs
    results[num_moods] = history[-1] / seen.sum(), of_others / held_out.sum()

figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.plot(list(results), [a for a, _ in results.values()], marker="o", color="#0072B2", label="songs that EM saw")
axes.plot(list(results), [b for _, b in results.values()], marker="s", color="#D55E00", label="songs held out")
axes.set(xlabel="number of moods K", ylabel="log-likelihood per song")
axes.legend(frameon=False)
plt.show()

# %% [markdown] answer="how-many" points=2
# ### Question 3: how many moods?
#
# Which $K$ would you choose from the last figure, and why not the one with the highest blue curve? Name one more way to
# choose $K$, and something that none of these curves can tell.
#
# ### BEGIN SOLUTION
# K = 3: up to there the held-out log-likelihood rises steeply; beyond it hardly rises or falls, while the blue curve goes on rising, because
# every further mood can copy an old one and then only fit better (nested models: with enough moods they fit the noise of single songs).
#
# Other ways: cross-validation instead of one split, AIC or BIC (number of parameters K·D + K − 1), stability over random starts.
# The curves don't tell whether the moods mean anything to the listener, or whether she wants them as playlists; nor whether a better local
# maximum was missed.
#
# *Rubric.* 1 point: K where the held-out curve stops rising, with overfitting as the reason against the training curve. ½ point: another
# method. ½ point: a limit of such curves.
# ### END SOLUTION
