# %% [markdown]
# # Regression with side information
#
# Fifty noisy measurements, one of them nonsense. From the person who made them you hear three more things: "one reading may be off", "the truth is flat with a few jumps",
# "it never falls". How do you tell a regression what you know?
#
# With convex optimisation, each of these sentences is *one line* of a model. You write down what you want, and a solver finds it.
#
# **What you will learn**
#
# - kernel regression, and why its coefficients mean nothing although its predictions do;
# - how to say "ignore outliers", "few jumps" and "monotone" to a solver, in cvxpy;
# - leave-one-out error: how to do it right, how to check it without any code, and how a published solution got it wrong.
#
# **Letters.** $n$ points $x_i$ with measurements $y_i$; $K$ is the $n \times n$ kernel matrix, $\alpha$ the $n$ coefficients.

# %% setup
import numpy as np

# %%
import cvxpy as cp   # takes a second

# %% [markdown]
# ## 1. The data
#
# The points are $x_i = \frac{i - 1}{n - 1}$ for $i = 1, \dots, n$, the truth is a staircase,
#
# $$ f(x) = 10 \sum_{k=1}^4 \mathbb{1}\{x \ge k/5\} , $$
#
# and the measurements are $y_i = f(x_i) + \varepsilon_i$ with standard normal $\varepsilon_i$. Then one of them goes wrong: $y_{25} = 0$.
#
# Write **`generate_data`**. All randomness must come from the generator `rng`. And mind the counting: $i$ starts at 1 here; where does Python keep $y_{25}$?

# %% solution="generate_data"
def generate_data(n, rng):
    """The points x, the measurements y and the true values f at the points, each (n,), for n >= 25."""
    ### BEGIN SOLUTION
    x = np.arange(n) / (n - 1)
    f = 10.0 * np.sum(x[:, None] >= np.arange(1, 5) / 5, axis=1)     # (n,)
    y = f + rng.standard_normal(n)
    y[24] = 0.0
    return x, y, f
    ### END SOLUTION

# %% test="generate_data" points=2
x, y, f = check.returns(generate_data(50, np.random.default_rng(0)), "x", "y", "f")
check.close(x, np.linspace(0, 1, 50), atol=1e-12, what="x", hint="The first point is 0 and the last is 1.")
check.close(f, np.repeat([0, 10, 20, 30, 40], 10), what="f for n = 50", mistakes={
    "Only the indicator is missing its factor 10, or the other way round.": np.repeat([0, 1, 2, 3, 4], 10),
    "f is the same as y, noise and outlier included: `y = f` gives one array a second name. Make a new one, `y = f + …`.": y,
    "There is one step too many, at x = 0: k runs from 1 to 4.": np.repeat([10, 20, 30, 40], [10, 10, 10, 20]),
    "There is one step too many, at x = 0: k runs from 1 to 4, not from 0.": np.repeat([10, 20, 30, 40, 50], 10),
    "There is one step too many, at x = 1: only k = 1, 2, 3, 4 count, and floor(5x) is 5 there.": np.append(np.repeat([0, 10, 20, 30, 40], [10, 10, 10, 10, 9]), 50),
    "There is one step too few: k runs from 1 to 4, and `range(1, 4)` ends at 3.": np.repeat([0, 10, 20, 30], [10, 10, 10, 20]),
    "The outlier is in f: only the measurement y₂₅ goes wrong, the truth stays.": np.where(np.arange(50) == 24, 0, np.repeat([0, 10, 20, 30, 40], 10)),
    "y and f are exchanged: the function returns (x, y, f).": f if np.allclose(y, np.repeat([0, 10, 20, 30, 40], 10)) else None,
}, hint="Each of the four steps is 10 high: at x = 0 f is 0, at x = 1 it is 40.")
zeros = np.flatnonzero(np.asarray(y) == 0).tolist()
check.true(zeros == [24], "The outlier is not in its place.",
           "y₂₅ counts from 1: that is y[24] in Python." if zeros == [25] else
           "It has noise: set y₂₅ after the noise has been added." if not zeros and abs(y[24]) < 5 else "Exactly one measurement should be 0, the one that is called y₂₅ when counting from 1.")
check.close(f[24], 20, what="f at the outlier", hint="The truth doesn't change because a measurement goes wrong.")
check.passed("50 points, 4 steps, 1 outlier.")
### BEGIN HIDDEN TESTS
seed = int(check.rng().integers(1, 2 ** 31))
for n in (27, 33, 64, 102):
    x, y, f = generate_data(n, np.random.default_rng(seed))
    check.close(x, [i / (n - 1) for i in range(n)], atol=1e-12, what=f"x for n = {n}")
    check.close(f, [10 * sum(5 * i >= k * (n - 1) for k in range(1, 5)) for i in range(n)], atol=1e-12, what=f"f for n = {n}", hint="Count the steps k/5 that are not to the right of x.")
    check.true(np.flatnonzero(np.asarray(y) == 0).tolist() == [24], f"The outlier is not in its place for n = {n}.", "It is always y₂₅, counted from 1.")
    check.close(np.delete(generate_data(n, np.random.default_rng(seed))[1], 24), np.delete(y, 24), atol=1e-12, what="y from a second generator with the same seed",
                hint="All randomness must come from rng.")
n = 20_000
_, y, f = generate_data(n, np.random.default_rng(seed))
noise = np.delete(np.subtract(y, f), 24)
check.true(len(np.unique(np.round(noise, 9))) > n / 2, "Many points have the same noise.", "Draw one number for each point: `size=n`.")
check.true(bool(abs(np.mean(y) - np.mean(f)) < 5), "The measurements do not follow f.", "Each measurement is the truth plus noise: y = f + noise.")
check.true(bool(abs(noise.mean()) < 0.04), "The noise does not have mean 0.", "`rng.standard_normal(n)` is as often below 0 as above; `rng.random(n)` never is.")  # 5.6 standard errors
check.true(bool(abs(noise.std() - 1) < 0.03), "The noise does not have standard deviation 1.", "Standard normal noise: variance 1.")   # 6
check.true(bool(abs(np.mean(np.abs(noise) > 2) - 0.0455) < 0.01), "The noise is not normally distributed.", "Use a normal distribution.")  # 6.8
check.true(bool(abs(np.mean(noise[1:] * noise[:-1])) < 0.05), "Neighbours have the same noise.", "Every point needs its own noise.")
_, other, _ = generate_data(50, np.random.default_rng(seed + 1))
_, same, _ = generate_data(50, np.random.default_rng(seed))
check.true(not np.allclose(other, same), "Another generator gives the same data.", "Don't make a generator of your own: use rng.")
### END HIDDEN TESTS

# %% [markdown]
# ## 2. Kernels
#
# We look for a function of the form
#
# $$ \hat f(x) = \sum_{j=1}^n \alpha_j\, k(x, x_j), \qquad k(x, z) = e^{-\gamma (x - z)^2} , $$
#
# a sum of bumps, one at each data point, of width about $1/\sqrt{\gamma}$. Write **`rbf_kernel`**, which gives the matrix of all $k(x_i, z_j)$. Then $K = $
# `rbf_kernel(x, x, gamma)`, and the fitted values at the data points are $K \alpha$.

# %% solution="rbf_kernel"
def rbf_kernel(x, z, gamma):
    """The matrix (len(x), len(z)) with entry [i, j] = exp(−gamma·(x[i] − z[j])²)."""
    ### BEGIN SOLUTION
    return np.exp(-gamma * (np.asarray(x)[:, None] - np.asarray(z)[None, :]) ** 2)
    ### END SOLUTION

# %% test="rbf_kernel" points=2
distance = np.array([[0.0, 0.5], [0.5, 0.0], [1.0, 0.5]])      # between 0, 0.5, 1 and 0, 0.5
signed = np.subtract.outer([0, 0.5, 1], [0, 0.5])
right = [[np.exp(-2 * d ** 2) for d in row] for row in distance]
check.close(rbf_kernel(np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.5]), 2.0), right, what="the kernel between (0, ½, 1) and (0, ½) with γ = 2", mistakes={
    "γ multiplies the square, it doesn't divide it: large γ means narrow bumps.": np.exp(-distance ** 2 / 2),
    "This is exp(−d²/(2γ²)): here γ multiplies the square.": np.exp(-distance ** 2 / 8),
    "The difference should be squared.": np.exp(-2 * distance),
    "One distance is taken of all points together, `np.linalg.norm` of the whole array: each pair has its own.": np.full((3, 2), np.exp(-2 * np.sum(distance ** 2))),
    "γ stands inside the square here: it should be γ·(x − z)².": np.exp(-(2 * distance) ** 2),
    "The minus sign in the exponent is missing.": np.exp(2 * distance ** 2),
    "This is exp(−d²/(2γ)): here γ multiplies the square, and there is no 2.": np.exp(-distance ** 2 / 4),
    "There is a ½ or a 2 too many: the exponent is −γ·(x − z)².": np.exp(-distance ** 2),
    "The difference of the squares is taken: it should be the square of the difference.": np.exp(-2 * np.subtract.outer([0, 0.25, 1], [0, 0.25])),
    "The difference of the squares is taken: it should be the square of the difference, (x − z)².": np.exp(-2 * np.abs(np.subtract.outer([0, 0.25, 1], [0, 0.25]))),
    "The difference is neither squared nor made positive: the exponent is −γ·(x − z)².": np.exp(-2 * signed),
    "The difference is doubled: `** 2` is its square.": np.exp(-4 * signed),
    "The difference is raised to the third power: the exponent is −γ·(x − z)².": np.exp(-2 * signed ** 3),
    "The factor −γ is missing in the exponent.": np.exp(distance ** 2),
    "x and z are added: the kernel depends on their difference.": np.exp(-2 * np.add.outer([0, 0.5, 1], [0, 0.5]) ** 2),
    "z is missing: the exponent is −γ·(x − z)².": np.exp(-2 * np.array([[0], [0.5], [1]]) ** 2),
    "The exponent is divided by the square: γ multiplies it.": np.where(distance > 0, np.exp(-2 / np.maximum(distance, 0.1) ** 2), 0),
})
check.passed("rbf_kernel measures who is near whom.")
### BEGIN HIDDEN TESTS
import math

rng = check.rng()
for n, m, gamma in [(1, 1, 1.0), (4, 2, 0.3), (2, 7, 25.0), (5, 5, 3.0), (6, 1, 200.0)]:
    x, z = rng.uniform(-1, 1, size=n), rng.uniform(-1, 1, size=m)
    right = [[math.exp(-gamma * (a - b) ** 2) for b in z] for a in x]
    with check.unchanged(x=x, z=z):
        found = rbf_kernel(x, z, gamma)
    check.close(found, right, what=f"the kernel between {n} and {m} points, γ = {gamma}", mistakes={
        "γ multiplies the square, it doesn't divide it: large γ means narrow bumps.": np.exp(-np.subtract.outer(x, z) ** 2 / gamma) if gamma != 1 else None,
    })
check.close(rbf_kernel(np.array([0, 3]), np.array([1]), 1.0), [[math.exp(-1)], [math.exp(-4)]], what="the kernel between whole numbers")
### END HIDDEN TESTS

# %% [markdown]
# ## 3. Least squares in cvxpy
#
# With as many bumps as points we could go through every measurement, noise and nonsense included. A penalty holds us back:
#
# $$ \min_\alpha \; \lVert K\alpha - y \rVert^2 + \lambda\, \alpha^{\mathsf T} K \alpha . $$
#
# The second term is the squared norm of $\hat f$ in the space that belongs to the kernel, a measure of how wild the function is. (It is *not* $\lVert \alpha \rVert^2$.) Note that the
# first term is a *sum* over points.
#
# In cvxpy you write down just that. For example, to minimise $\lVert v - c \rVert_1 + v^{\mathsf T} v$ with $v \ge 0$:
#
# ```python
# v = cp.Variable(3)
# problem = cp.Problem(cp.Minimize(cp.norm1(v - c) + cp.sum_squares(v)), [v >= 0])
# problem.solve(solver=cp.CLARABEL)
# v.value
# ```
#
# Inside a problem, use cvxpy's functions (`cp.sum`, `cp.sum_squares`, `cp.norm1`, `cp.huber`), not NumPy's: `np.sum` of an expression doesn't do what you hope.
#
# **One trap.** cvxpy accepts $\alpha^{\mathsf T} K \alpha$ only for a positive semidefinite $K$. Ours is, in theory; as a computer rounds it, it may have an eigenvalue of $-10^{-16}$.
# `cp.quad_form(alpha, cp.psd_wrap(K))` says: trust me.
#
# Write **`fit_least_squares`**. It gets any kernel matrix, not only the one above.

# %% solution="fit_least_squares"
def fit_least_squares(K, y, lam):
    """The coefficients alpha (n,) that minimise ‖Kα − y‖² + lam·αᵀKα, for a kernel matrix K (n, n) and y (n,)."""
    ### BEGIN SOLUTION
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) + lam * penalty)).solve(solver=cp.CLARABEL)
    return alpha.value
    ### END SOLUTION

# %% [markdown]
# The checks compare the *fitted values* $K\alpha$, never $\alpha$ itself; you will see why soon. For the visible ones here is a small data set with another kernel:

# %% setup
x_small = np.linspace(0, 1, 8)
y_small = np.array([0.0, 2.0, 1.0, 4.0, 12.0, 5.0, 6.0, 8.0])
K_small = np.exp(-4 * np.abs(np.subtract.outer(x_small, x_small)))


def least_squares(lam, y=y_small):
    """The fitted values of least squares with the penalty lam·αᵀKα."""
    return K_small @ np.linalg.solve(K_small + lam * np.eye(8), y)


def fits(fit, *lams, y=y_small):
    """The fitted values that a fit of yours gives."""
    return K_small @ np.asarray(fit(K_small.copy(), y.copy(), *lams), dtype=float)


def where_it_is_right(fit, cases, otherwise):
    """A hint by the first of the simpler cases, (settings, y, what it should give, hint), in which your fit is right; else another one."""
    for lams, y, due, hint in cases:
        try:
            if np.allclose(fits(fit, *lams, y=y), due, rtol=1e-3, atol=1e-3 * np.abs(due).max()):
                return hint
        except Exception:                        # not for these numbers
            continue
    return otherwise

# %% test="fit_least_squares" points=3
with check.unchanged(K=K_small, y=y_small):
    alpha = fit_least_squares(K_small, y_small, 0.5)


def with_quarter(of_two):
    """The fitted values for 1/4 in place of λ = 1/2, if the fit takes the number `of_two` in place of λ = 2; else None."""
    fitted = K_small @ fit_least_squares(K_small, y_small.copy(), 2.0)
    agrees = np.allclose(fitted, K_small @ np.linalg.solve(K_small + of_two * np.eye(8), y_small), rtol=1e-3, atol=1e-3)
    return K_small @ np.linalg.solve(K_small + 0.25 * np.eye(8), y_small) if agrees else None


check.equal(np.shape(alpha), (8,), what="the shape of alpha", hint="Return `alpha.value`, after `solve()`.")
check.close(K_small @ alpha, [0.34451, 1.44108, 1.67294, 4.08931, 8.09315, 5.38840, 5.42843, 5.91106], rtol=1e-3, what="the fitted values Kα", mistakes={
    check.hint("The penalty looks like λ‖α‖²: it should be λ·αᵀKα.", why="penalty"): lambda: K_small @ np.linalg.solve(K_small @ K_small + 0.5 * np.eye(8), K_small @ y_small),
    "The fit goes through every point: is the penalty there, with λ?": y_small,
    "The data term looks like a mean: it should be the sum over points.": lambda: K_small @ np.linalg.solve(K_small + 4 * np.eye(8), y_small),
    "The two terms have another balance: is there a ½ in front of one of them, or is λ missing?": lambda: K_small @ np.linalg.solve(K_small + np.eye(8), y_small),
    "λ stands in front of the data term: it belongs to the penalty.": lambda: K_small @ np.linalg.solve(K_small + 2 * np.eye(8), y_small),
    "The penalty looks like λ‖Kα‖²: it should be λ·αᵀKα.": y_small / 1.5,
    "These are the fitted values Kα: return the coefficients, `alpha.value`.": lambda: K_small @ K_small @ np.linalg.solve(K_small + 0.5 * np.eye(8), y_small),
    "The data term is a norm without its square: `cp.sum_squares(…)`, not `cp.norm(…)`.": [0.20474, 0.37923, 0.54888, 0.86592, 1.21811, 1.10042, 1.03417, 0.91025],
    "λ stands squared in this problem: it is λ·αᵀKα.": lambda: with_quarter(2.0 ** 2),
    "The penalty counts half of what it should. Solved by hand: the derivative of λ·αᵀKα is 2λ·Kα, and that of the squares has a 2 as well.": lambda: with_quarter(2.0 / 2),
    "The root of λ stands in this problem: it is λ·αᵀKα.": lambda: K_small @ np.linalg.solve(K_small + np.sqrt(0.5) * np.eye(8), y_small),
    "The data term adds up absolute values: it should add up squares, `cp.sum_squares(…)`.": [0.00000, 0.94458, 1.00000, 2.03957, 2.55737, 2.72712, 2.60577, 2.15262],
    "The penalty looks like λ‖α‖₁: it should be λ·αᵀKα.": [0.57434, 1.10132, 1.48411, 4.48411, 11.10132, 5.78379, 5.78422, 7.72533],
    "With the identity matrix in place of K this is right, so λ and the data term are: what is wrong is the penalty. It is αᵀKα, with K itself between α and α.":
        lambda: K_small @ alpha if np.allclose(fit_least_squares(np.eye(8), y_small.copy(), 0.5), y_small / 1.5, rtol=1e-3, atol=1e-3) else None,
})
check.passed("fit_least_squares balances data and penalty.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for n, gamma, lam in [(12, 30.0, 0.2), (15, 400.0, 1.0), (10, 5.0, 0.01), (3, 10.0, 2.0)]:
    x, y = np.sort(rng.uniform(size=n)), 10 * rng.normal(size=n)
    K = np.exp(-gamma * np.subtract.outer(x, x) ** 2)
    right = K @ np.linalg.solve(K + lam * np.eye(n), y)
    with check.unchanged(K=K, y=y):
        alpha = fit_least_squares(K, y, lam)
    check.equal(np.shape(alpha), (n,), what="the shape of alpha", hint="Return `alpha.value`, after `solve()`.")
    check.close(K @ alpha, right, rtol=3e-3, what=f"the fitted values for {n} points, λ = {lam}", mistakes={
        check.hint("The penalty looks like λ‖α‖²: it should be λ·αᵀKα.", why="penalty"): lambda: K @ np.linalg.solve(K @ K + lam * np.eye(n), K @ y),
        "The data term looks like a mean: it should be the sum over points.": lambda: K @ np.linalg.solve(K + n * lam * np.eye(n), y),
        "The two terms have another balance: is there a ½ in front of one of them?": lambda: K @ np.linalg.solve(K + 2 * lam * np.eye(n), y),
    })
x = np.linspace(0, 1, 30)                        # a matrix that is positive semidefinite in theory only
K, y = np.exp(-2 * np.subtract.outer(x, x) ** 2), np.sin(5 * x)
alpha = fit_least_squares(K, y, 0.1)
check.close(K @ alpha, K @ np.linalg.solve(K + 0.1 * np.eye(30), y), rtol=3e-3, what="the fitted values where K is singular to a computer", hint="Is K wrapped by cp.psd_wrap?")
### END HIDDEN TESTS

# %% [markdown]
# ## 4. Outliers: the Huber loss
#
# A square makes a large residual very expensive, so one bad point pulls the whole curve. The Huber loss is the square for small residuals and grows only linearly for large ones:
#
# $$ \phi(r) = \begin{cases} r^2 & |r| \le 1 \\ 2|r| - 1 & |r| > 1 \end{cases} \qquad \min_\alpha \; \sum_{i=1}^n \phi\big((K\alpha)_i - y_i\big) + \lambda\, \alpha^{\mathsf T} K \alpha . $$
#
# Write **`fit_huber`**. `cp.huber` is this $\phi$, entry by entry.

# %% solution="fit_huber"
def fit_huber(K, y, lam):
    """The coefficients alpha (n,) that minimise Σ φ((Kα − y)_i) + lam·αᵀKα, with the Huber loss φ, threshold 1."""
    ### BEGIN SOLUTION
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    cp.Problem(cp.Minimize(cp.sum(cp.huber(K @ alpha - y, 1)) + lam * penalty)).solve(solver=cp.CLARABEL)
    return alpha.value
    ### END SOLUTION

# %% test="fit_huber" points=3
with check.unchanged(K=K_small, y=y_small):
    alpha = fit_huber(K_small, y_small, 0.5)
check.equal(np.shape(alpha), (8,), what="the shape of alpha", hint="Return `alpha.value`, after `solve()`.")
check.close(K_small @ alpha, [0.33475, 1.40025, 1.48887, 3.25627, 4.32222, 4.42617, 4.63097, 3.97738], rtol=1e-3, what="the fitted values Kα", mistakes={
    "This is the least-squares fit: where is the Huber loss?": lambda: K_small @ np.linalg.solve(K_small + 0.5 * np.eye(8), y_small),
    "The fit goes through every point: is the penalty there, with λ?": y_small,
    "These are the fitted values Kα: return the coefficients, `alpha.value`.": K_small @ np.array([0.33475, 1.40025, 1.48887, 3.25627, 4.32222, 4.42617, 4.63097, 3.97738]),
    "This is the fit with absolute values: the Huber loss is the square for small residuals.": [0.00000, 0.94458, 1.00000, 2.03957, 2.55737, 2.72712, 2.60577, 2.15262],
    "The squares stand there beside the Huber loss: it takes their place.": [0.24052, 1.58626, 1.46818, 4.10132, 8.59930, 5.36728, 5.70792, 6.55454],
    "The Huber loss is that of α − y here: the residuals are Kα − y.": [0.67789, 1.60919, 1.63865, 2.00000, 2.00000, 2.00000, 2.00000, 2.00000],
    "The loss grows linearly from |r| = ½ on, with the slope 1: the threshold is 1, and the slope 2.": [0.27484, 1.14964, 1.20409, 2.15482, 2.62245, 2.76387, 2.62653, 2.16434],
    "The loss is the square up to |r| = 2: the threshold is 1.": [0.33821, 1.41473, 1.55416, 3.55174, 5.65969, 4.84224, 5.2689, 5.69982],
    "Only the largest residual counts here: the losses of all points are added up, with `cp.sum`.": [0.20340, 0.36018, 0.63781, 1.12944, 2.00000, 1.12944, 0.63781, 0.36018],
}, hint=lambda: where_it_is_right(fit_huber, [
    ((0.3,), y_small / 50, least_squares(0.3, y_small / 50), "Where all residuals are small it is right: what is wrong is the loss of large ones. Is the threshold 1?"),
    ((0.3,), y_small / 50, least_squares(0.6, y_small / 50), "The balance is off by 2: this φ is r² for small residuals, without a ½, and the penalty is λ·αᵀKα."),
    ((0.3,), y_small / 50, least_squares(1.0, y_small / 50), "The penalty stands there without λ: it is λ·αᵀKα, and the threshold of φ is 1."),
    ((0.3,), y_small / 50, least_squares(2.4, y_small / 50), "The data term looks like a mean: it should be the sum over points."),
], "It is wrong even where all residuals are small and φ is the square: is the penalty λ·αᵀKα, and the data term the sum over all points?"))
check.passed("fit_huber is not impressed by one wild point.")
### BEGIN HIDDEN TESTS
from scipy.optimize import lsq_linear

rng = check.rng()

def _best(K, y, lam, threshold=1.0):
    """From the dual problem: α = a/λ, where a minimises ‖a‖² − 2aᵀy + aᵀKa/λ with |a_i| <= threshold."""
    root = np.linalg.cholesky(np.eye(len(y)) + K / lam)
    return lsq_linear(root.T, np.linalg.solve(root, y), (-threshold, threshold), method="bvls", tol=1e-12, max_iter=1000).x / lam

def _fitted(*arguments):
    return arguments[0] @ _best(*arguments)

def _price(K, y, lam, alpha):
    """What is to be minimised."""
    r = np.abs(K @ alpha - y)
    return np.sum(np.where(r <= 1, r ** 2, 2 * r - 1)) + lam * alpha @ K @ alpha

for n, gamma, lam in [(12, 30.0, 0.2), (14, 400.0, 0.7), (10, 5.0, 0.05), (4, 10.0, 0.3)]:
    x = np.sort(rng.uniform(size=n))
    K = np.exp(-gamma * np.subtract.outer(x, x) ** 2)
    y = 4 * np.sin(4 * x + rng.uniform(0, 6)) + 0.3 * rng.normal(size=n)
    y[n // 2] += 30                              # one far outlier
    right = _best(K, y, lam)
    with check.unchanged(K=K, y=y):
        alpha = fit_huber(K, y, lam)
    check.equal(np.shape(alpha), (n,), what="the shape of alpha", hint="Return `alpha.value`, after `solve()`.")
    if _price(K, y, lam, alpha) <= 1.0001 * _price(K, y, lam, right):
        continue                                 # a solver's accuracy
    check.close(K @ alpha, K @ right, rtol=3e-3, what=f"the fitted values for {n} points with an outlier, λ = {lam}", mistakes={
        "This is the least-squares fit: where is the Huber loss?": lambda: K @ np.linalg.solve(K + lam * np.eye(n), y),
        "The threshold is not 1.": lambda: _fitted(K, y, lam, 2.0),
        "The threshold looks like ½ instead of 1.": lambda: _fitted(K, y, lam, 0.5),
        "The threshold looks like λ instead of 1.": lambda: _fitted(K, y, lam, lam),
        "The data term looks like a mean: it should be the sum over points.": lambda: _fitted(K, y, n * lam),
        "The balance is off by 2: this φ is r² for small residuals, without a ½.": lambda: _fitted(K, y, 2 * lam),
    }, hint="Every measurement belongs in the sum, the outlier too, and the penalty is λ·αᵀKα.")
### END HIDDEN TESTS

# %% [markdown]
# ## 5. Few jumps: total variation
#
# "Flat with a few jumps" means: of the differences $\hat f(x_{i+1}) - \hat f(x_i)$ most are 0. Write **`difference_matrix`**: the $(n-1) \times n$ matrix $D$ with
#
# $$ (D z)_i = z_{i+1} - z_i, \qquad i = 1, \dots, n-1 . $$
#
# (A published solution of this exercise had $z_1$ itself in the first row and lost the last difference. Check the ends.)

# %% solution="difference_matrix"
def difference_matrix(n):
    """The matrix D (n−1, n) for which (D z)_i = z_{i+1} − z_i."""
    ### BEGIN SOLUTION
    return np.diff(np.eye(n), axis=0)
    ### END SOLUTION

# %% test="difference_matrix" points=2
D = difference_matrix(4)
check.equal(np.shape(D), (3, 4), what="the shape of D for n = 4", hint="There are n − 1 differences of n numbers.")
z = np.array([3.0, 5.0, 4.0, 10.0])
check.close(np.asarray(D) @ z, [2, -1, 6], what="D z for z = (3, 5, 4, 10)", mistakes={
    "The sign is wrong: it is the next minus the present one.": [-2, 1, -6],
    "The first row gives z₁ itself, and the last difference is missing.": [3, 2, -1],
    "The last row gives zₙ or −zₙ: it should be the difference of the last two.": [2, -1, -10],
    "These are differences of the neighbours on both sides, z_{i+1} − z_{i−1}: it is z_{i+1} − z_i.": [0, 1, 5],
    "These are differences of the neighbours on both sides, z_{i+2} − z_i: it is z_{i+1} − z_i.": [1, 5, -4],
    "These are second differences: each row has one −1 and one 1.": [-3, 7, -16],
    "The rows add two neighbours: each row has one −1 and one 1.": [8, 9, 14],
})
check.passed("difference_matrix subtracts neighbours, at both ends too.")
### BEGIN HIDDEN TESTS
rng = check.rng()
for n in (2, 3, 7, 50):
    D = np.asarray(difference_matrix(n), dtype=float)
    check.equal(D.shape, (n - 1, n), what=f"the shape of D for n = {n}", hint="There are n − 1 differences of n numbers.")
    z = rng.normal(size=n)
    check.close(D @ z, [z[i + 1] - z[i] for i in range(n - 1)], atol=1e-12, what=f"the differences of {n} random numbers")
    check.close(D @ np.ones(n), np.zeros(n - 1), atol=1e-12, what="the differences of equal numbers")
### END HIDDEN TESTS

# %% [markdown]
# "Most are 0" is not convex, but the 1-norm, which is, likes zeros too:
#
# $$ \min_\alpha \; \lVert K\alpha - y \rVert^2 + \lambda_1 \lVert D K \alpha \rVert_1 + \lambda_2\, \alpha^{\mathsf T} K \alpha . $$
#
# The differences are those of the fitted values $K\alpha$, not of $\alpha$. Write **`fit_total_variation`**.

# %% solution="fit_total_variation"
def fit_total_variation(K, y, lam1, lam2):
    """The coefficients alpha (n,) that minimise ‖Kα − y‖² + lam1·‖DKα‖₁ + lam2·αᵀKα."""
    ### BEGIN SOLUTION
    alpha = cp.Variable(len(y))
    fitted = K @ alpha
    variation = cp.norm1(difference_matrix(len(y)) @ fitted)
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    cp.Problem(cp.Minimize(cp.sum_squares(fitted - y) + lam1 * variation + lam2 * penalty)).solve(solver=cp.CLARABEL)
    return alpha.value
    ### END SOLUTION

# %% test="fit_total_variation" points=3
own_matrix = difference_matrix


def eight(n):
    """The matrix D for the 8 points here, for those whose difference_matrix is not right yet."""
    return np.array([
        [-1.0, 1, 0, 0, 0, 0, 0, 0], [0, -1, 1, 0, 0, 0, 0, 0], [0, 0, -1, 1, 0, 0, 0, 0], [0, 0, 0, -1, 1, 0, 0, 0],
        [0, 0, 0, 0, -1, 1, 0, 0], [0, 0, 0, 0, 0, -1, 1, 0], [0, 0, 0, 0, 0, 0, -1, 1],
    ])


try:
    matrix_is_right = np.array_equal(np.asarray(difference_matrix(8), dtype=float), eight(8))
except Exception:                              # not written yet, perhaps
    matrix_is_right = False
if not matrix_is_right:
    print("difference_matrix is not right yet (section 5), so a right one stands in for it here. Correct it first.")

with check.part(3, "the fitted values"):
    difference_matrix = own_matrix if matrix_is_right else eight
    try:
        with check.unchanged(K=K_small, y=y_small):
            alpha = fit_total_variation(K_small, y_small, 2.0, 0.5)
        check.equal(np.shape(alpha), (8,), what="the shape of alpha", hint="Return `alpha.value`, after `solve()`.")
        found = K_small @ alpha
        check.close(found, [0.95076, 1.56482, 1.65418, 3.87654, 7.10170, 5.71845, 5.71845, 5.71845], rtol=1e-3, what="the fitted values Kα", mistakes={
            "This is the least-squares fit: where is the total variation?": lambda: K_small @ np.linalg.solve(K_small + 0.5 * np.eye(8), y_small),
            "This is the sum of the *squared* differences: those are never quite 0. Use the 1-norm.":
                lambda: K_small @ np.linalg.solve(K_small + 0.5 * np.eye(8) + 2 * np.diff(np.eye(8), axis=0).T @ np.diff(np.eye(8), axis=0) @ K_small, y_small),
            "This is the 2-norm of the differences, which is not a sum over them: use `cp.norm1`.": [0.46770, 1.45164, 1.88326, 4.14072, 7.54072, 5.50345, 5.48921, 5.87792],
            "The 1-norm is that of the fitted values themselves: where is D?": [0.00000, 0.68102, 0.82112, 3.21740, 7.21756, 4.51550, 4.57191, 5.12963],
            "The differences are those of the residuals Kα − y: take those of the fitted values Kα.": [0.01222, 2.01222, 1.01222, 4.01222, 8.91262, 4.53179, 5.36634, 6.47288],
            "The term λ₂·αᵀKα is missing.": [1.00000, 1.50000, 1.50000, 4.00000, 10.00000, 6.50000, 6.50000, 7.00000],
            "Only the sum of the differences counts here: the absolute value of each difference is added up, with `cp.norm1`.": [0.95331, 1.57550, 1.70233, 4.09443, 8.08803, 5.35901, 5.29401, 5.30226],
        }, hint=lambda: where_it_is_right(fit_total_variation, [
            ((0.0, 0.3), y_small, least_squares(0.3), check.hint(
                "With λ₁ = 0 it is right: what is wrong is the first penalty, λ₁ times the 1-norm of the differences of the fitted values Kα (not of α).", why="fitted-values")),
            ((0.0, 0.3), y_small, least_squares(2.4), "The data term looks like a mean: it should be the sum over points."),
            ((0.0, 0.3), y_small, least_squares(0.6), "The balance is off by 2 even with λ₁ = 0: is there a ½ in front of one of the terms?"),
            ((0.0, 0.3), y_small, least_squares(1.0), "The term αᵀKα stands there without λ₂."),
        ], check.hint("λ₁ belongs to the 1-norm of the differences of the fitted values Kα (not of α), λ₂ to αᵀKα.", why="fitted-values")))
        ### BEGIN HIDDEN TESTS
        from scipy.optimize import lsq_linear

        rng = check.rng()
        difference_matrix = own_matrix if matrix_is_right else lambda n: np.diff(np.eye(n), axis=0)

        def _best(K, y, lam1, lam2, D=None):
            """From the dual problem: α = (K + λ₂I)⁻¹(y − λ₁Dᵀu/2), where u minimises the rest with |u_i| <= 1."""
            D = np.diff(np.eye(len(y)), axis=0) if D is None else D
            inverse = np.linalg.inv(K + lam2 * np.eye(len(y)))
            smooth = K @ inverse
            values, vectors = np.linalg.eigh((smooth + smooth.T) / 2)
            root = (vectors * np.sqrt(np.maximum(values, 0))).T
            u = lsq_linear(lam1 / 2 * root @ D.T, root @ y, (-1, 1), method="bvls", tol=1e-12, max_iter=1000).x
            return inverse @ (y - lam1 / 2 * D.T @ u)

        def _fitted(*arguments):
            return arguments[0] @ _best(*arguments)

        def _price(K, y, lam1, lam2, alpha):
            """What is to be minimised."""
            return np.sum((K @ alpha - y) ** 2) + lam1 * np.sum(np.abs(np.diff(K @ alpha))) + lam2 * alpha @ K @ alpha

        for n, gamma, lam1, lam2 in [(12, 60.0, 1.5, 0.2), (14, 500.0, 4.0, 0.5), (10, 30.0, 0.3, 2.0), (4, 10.0, 1.0, 0.1)]:
            x = np.sort(rng.uniform(size=n))
            K = np.exp(-gamma * np.subtract.outer(x, x) ** 2)
            y = 10.0 * (x > 0.5) + rng.normal(size=n) + 3
            right = _best(K, y, lam1, lam2)
            with check.unchanged(K=K, y=y):
                alpha = fit_total_variation(K, y, lam1, lam2)
            check.equal(np.shape(alpha), (n,), what="the shape of alpha", hint="Return `alpha.value`, after `solve()`.")
            if _price(K, y, lam1, lam2, alpha) <= 1.0001 * _price(K, y, lam1, lam2, right):
                continue                                 # a solver's accuracy
            published = np.eye(n)[:n - 1] - np.eye(n, k=-1)[:n - 1]
            check.close(K @ alpha, K @ right, rtol=3e-3, what=f"the fitted values for {n} points, λ₁ = {lam1}, λ₂ = {lam2}", mistakes={
                "This is the least-squares fit: where is the total variation?": lambda: K @ np.linalg.solve(K + lam2 * np.eye(n), y),
                "λ₁ and λ₂ are exchanged: λ₁ belongs to the total variation.": lambda: _fitted(K, y, lam2, lam1),
                "D's first row holds the first value itself, and the last difference is missing.": lambda: _fitted(K, y, lam1, lam2, published),
                "The data term looks like a mean: it should be the sum over points.": lambda: _fitted(K, y, n * lam1, n * lam2),
            }, hint=check.hint("λ₁ belongs to the 1-norm of the differences of the fitted values Kα (not of α), λ₂ to αᵀKα.", why="fitted-values"))
        ### END HIDDEN TESTS
    finally:
        difference_matrix = own_matrix

# %% [markdown]
# ## 6. Never falling: a constraint
#
# "It never falls" is no matter of more or less, so it is no penalty but a constraint:
#
# $$ \min_\alpha \; \lVert K\alpha - y \rVert^2 + \lambda\, \alpha^{\mathsf T} K \alpha \qquad \text{subject to} \quad D K \alpha \ge 0 . $$
#
# Write **`fit_monotone`**.

# %% solution="fit_monotone"
def fit_monotone(K, y, lam):
    """The coefficients alpha (n,) that minimise ‖Kα − y‖² + lam·αᵀKα subject to DKα >= 0."""
    ### BEGIN SOLUTION
    alpha = cp.Variable(len(y))
    penalty = cp.quad_form(alpha, cp.psd_wrap(K))
    rising = [difference_matrix(len(y)) @ K @ alpha >= 0]
    cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) + lam * penalty), rising).solve(solver=cp.CLARABEL)
    return alpha.value
    ### END SOLUTION

# %% test="fit_monotone" points=3
own_matrix = difference_matrix


def eight(n):
    """The matrix D for the 8 points here, for those whose difference_matrix is not right yet."""
    return np.array([
        [-1.0, 1, 0, 0, 0, 0, 0, 0], [0, -1, 1, 0, 0, 0, 0, 0], [0, 0, -1, 1, 0, 0, 0, 0], [0, 0, 0, -1, 1, 0, 0, 0],
        [0, 0, 0, 0, -1, 1, 0, 0], [0, 0, 0, 0, 0, -1, 1, 0], [0, 0, 0, 0, 0, 0, -1, 1],
    ])


try:
    matrix_is_right = np.array_equal(np.asarray(difference_matrix(8), dtype=float), eight(8))
except Exception:                              # not written yet, perhaps
    matrix_is_right = False
if not matrix_is_right:
    print("difference_matrix is not right yet (section 5), so a right one stands in for it here. Correct it first.")

with check.part(3, "the fitted values"):
    difference_matrix = own_matrix if matrix_is_right else eight
    try:
        with check.unchanged(K=K_small, y=y_small):
            alpha = fit_monotone(K_small, y_small, 0.5)
        check.equal(np.shape(alpha), (8,), what="the shape of alpha", hint="Return `alpha.value`, after `solve()`.")
        found = K_small @ alpha
        steep = np.array([0.0, 10, 20, 30, 45, 65, 100, 180])     # these rise by themselves: the constraint has nothing to do
        check.true(bool(np.all(np.diff(found) > -1e-3)) and bool(np.ptp(found) > 0.1), "The fitted values do not rise.",
                   "The constraint has the wrong sign: every difference should be >= 0." if np.all(np.diff(found) < 1e-3) else
                   "This is the fit without DKα >= 0: is this constraint in the list that goes to `cp.Problem` as its second argument?"
                   if np.allclose(found, K_small @ np.linalg.solve(K_small + 0.5 * np.eye(8), y_small), atol=1e-2) else
                   check.hint("The constraint is about the fitted values Kα, not about α.", why="fitted-values") if np.all(np.diff(alpha) > -1e-3) else
                   "The constraint is not Kα >= 0: it is their differences that are, DKα >= 0." if np.allclose(
                       found, least_squares(0.5), atol=1e-2) and (found > 0).all() else
                   "Not every neighbour is compared: each fitted value should be at least the one before it, DKα >= 0. Compare the whole list, and no price in the objective.")
        check.close(found, [0.33991, 1.42183, 1.58616, 3.69656, 6.31528, 6.31528, 6.31528, 6.31528], rtol=1e-3, what="the fitted values Kα", mistakes={
            "This fit was made monotone afterwards: solve one problem with the constraint in it.": lambda: np.maximum.accumulate(least_squares(0.5)),
            "The penalty λ·αᵀKα is missing.": [0, 1.5, 1.5, 4, 23 / 3, 23 / 3, 23 / 3, 8],
            "The measurements are sorted here: each belongs to its point. Leave y as it is and constrain DKα >= 0.":
                lambda: K_small @ np.linalg.solve(K_small + 0.5 * np.eye(8), np.sort(y_small)),
            "There is a second constraint, α >= 0: only the fitted values Kα are to rise, α may have any sign.": [0.65985, 1.16846, 2.02781, 3.56750, 6.30412, 6.30412, 6.30412, 6.30412],
        }, hint=lambda: where_it_is_right(fit_monotone, [
            ((0.3,), steep, least_squares(0.3, steep), "Where the least-squares fit rises by itself it is right: what is wrong is the constraint. Is it DKα >= 0, and nothing more?"),
            ((0.3,), steep, least_squares(0.6, steep), "The balance is off by 2: is there a ½ in front of one of the terms?"),
            ((0.3,), steep, least_squares(1.0, steep), "The term αᵀKα stands there without λ."),
            ((0.3,), steep, least_squares(2.4, steep), "The data term looks like a mean: it should be the sum over points."),
        ], "Among all rising fits, the one with the smallest sum of data term and penalty λ·αᵀKα is wanted."))
        ### BEGIN HIDDEN TESTS
        from scipy.optimize import nnls

        rng = check.rng()
        difference_matrix = own_matrix if matrix_is_right else lambda n: np.diff(np.eye(n), axis=0)

        def _best(K, y, lam):
            """From the dual problem: α = (K + λI)⁻¹(y + Dᵀu/2), where u minimises the rest with u >= 0."""
            D = np.diff(np.eye(len(y)), axis=0)
            inverse = np.linalg.inv(K + lam * np.eye(len(y)))
            smooth = K @ inverse
            values, vectors = np.linalg.eigh((smooth + smooth.T) / 2)
            root = (vectors * np.sqrt(np.maximum(values, 0))).T
            u, _ = nnls(root @ D.T / 2, -root @ y, maxiter=1000)
            return inverse @ (y + D.T @ u / 2)

        def _fitted(*arguments):
            return arguments[0] @ _best(*arguments)

        def _price(K, y, lam, alpha):
            """What is to be minimised."""
            return np.sum((K @ alpha - y) ** 2) + lam * alpha @ K @ alpha

        for n, gamma, lam, slope in [(12, 60.0, 0.2, 10.0), (14, 300.0, 0.5, 20.0), (10, 15.0, 0.05, -5.0), (4, 10.0, 1.0, 5.0)]:
            x = np.sort(rng.uniform(size=n))
            K = np.exp(-gamma * np.subtract.outer(x, x) ** 2)
            y = slope * x + 3 * rng.normal(size=n)
            right = _best(K, y, lam)
            with check.unchanged(K=K, y=y):
                alpha = fit_monotone(K, y, lam)
            check.equal(np.shape(alpha), (n,), what="the shape of alpha", hint="Return `alpha.value`, after `solve()`.")
            found = K @ alpha
            check.true(bool(np.all(np.diff(found) > -1e-3 * (1 + np.abs(y).max()))), f"The fitted values fall somewhere, for {n} points.",
                       "Every difference of neighbours, the last one too, should be >= 0, and the differences are those of Kα, not of α.")
            if _price(K, y, lam, alpha) <= 1.0001 * _price(K, y, lam, right):
                continue                                 # a solver's accuracy
            check.close(found, K @ right, rtol=3e-3, what=f"the fitted values for {n} points, λ = {lam}", mistakes={
                "The data term looks like a mean: it should be the sum over points.": lambda: _fitted(K, y, n * lam),
                "The balance is off by 2: is there a ½ in front of one of the terms?": lambda: _fitted(K, y, 2 * lam),
                "This fit was made monotone afterwards: solve one problem with the constraint in it.":
                    lambda: np.maximum.accumulate(K @ np.linalg.solve(K + lam * np.eye(n), y)),
            }, hint="Is the constraint DKα >= 0 there and nothing more, and is the penalty λ·αᵀKα?")
        ### END HIDDEN TESTS
    finally:
        difference_matrix = own_matrix

# %% [markdown]
# ### Why nobody looks at α
#
# Here are the same data, the same problem, and three solvers. Compare what they say about $\alpha$ with what they say about the fitted values.

# %% experiment
x, y, f = generate_data(50, np.random.default_rng(0))
K = rbf_kernel(x, x, 200.0)
print(f"condition number of K: {np.linalg.cond(K):.1e}\n")
closed_form = np.linalg.solve(K + 0.05 * np.eye(50), y)
print("against (K + λI)⁻¹ y:    largest difference of α    of Kα")
for solver in (cp.CLARABEL, cp.OSQP, cp.SCS):
    alpha = cp.Variable(50)
    problem = cp.Problem(cp.Minimize(cp.sum_squares(K @ alpha - y) + 0.05 * cp.quad_form(alpha, cp.psd_wrap(K))))
    problem.solve(solver=solver)
    print(f"{solver:23s} {np.abs(alpha.value - closed_form).max():22.1f} {np.abs(K @ (alpha.value - closed_form)).max():16.1e}")

# %% [markdown]
# ## 7. Choosing γ and λ: leave-one-out
#
# Each of the $n$ points in turn is left out; the others are fitted, with *their* kernel matrix, and the fit predicts the point that it never saw:
#
# $$ \text{LOO} = \frac1n \sum_{i=1}^n \Big( y_i - \sum_{j \ne i} \alpha^{(-i)}_j\, k(x_i, x_j) \Big)^2 . $$
#
# Write **`leave_one_out_error`** for any of your fits: `fit` is a function, called as `fit(K, y, *lams)`. For example `leave_one_out_error(fit_total_variation, x, y, 200.0, 1.0, 0.1)`.

# %% solution="leave_one_out_error"
def leave_one_out_error(fit, x, y, gamma, *lams):
    """Mean squared error at the n points, each predicted by fit(K, y, *lams) of all the others, with the RBF kernel."""
    ### BEGIN SOLUTION
    errors = []
    for i in range(len(x)):
        others = np.arange(len(x)) != i
        alpha = fit(rbf_kernel(x[others], x[others], gamma), y[others], *lams)
        prediction = rbf_kernel(x[i:i + 1], x[others], gamma)[0] @ alpha
        errors.append((y[i] - prediction) ** 2)
    return float(np.mean(errors))
    ### END SOLUTION

# %% test="leave_one_out_error" points=5
def ridge_in_closed_form(K, y, lam):
    """The least-squares fit in closed form, so that this check is quick."""
    return np.linalg.solve(K + lam * np.eye(len(y)), y)

def bumps(x, z, gamma):
    """Another kernel, for those whose rbf_kernel is not right yet."""
    return 1 / (1 + gamma * np.subtract.outer(np.asarray(x), np.asarray(z)) ** 2)

own_kernel = rbf_kernel
try:
    kernel_is_right = bool(np.allclose(rbf_kernel(np.array([0.0, 0.1]), np.array([0.0, 0.3]), 7.0), [[1, 0.53259180], [0.93239382, 0.75578374]], rtol=1e-6))
except Exception:                              # not written yet, perhaps
    kernel_is_right = False
if not kernel_is_right:
    print("rbf_kernel is not right yet (section 2), so another kernel stands in for it here. Correct it first.")

### BEGIN HIDDEN TESTS
def _right_kernel(x, z, gamma):
    return np.exp(-gamma * np.subtract.outer(np.asarray(x), np.asarray(z)) ** 2)

def _errors(fit, x, y, gamma, *lams, last=0, shift=0, inside=False):
    """The squared errors at the points, or with a known mistake: the last ones skipped, a neighbour's column, the point in the fit."""
    K, n, errors = _right_kernel(x, x, gamma), len(x), []
    for i in range(n - last):
        keep = np.arange(n) if inside else np.delete(np.arange(n), i)
        errors.append((y[i] - fit(K[np.ix_(keep, keep)], y[keep], *lams) @ K[keep, i + shift]) ** 2)
    return np.array(errors)

MISTAKES = [                                   # of the mean, of the loop and of the held-out point: they cost their points in the first part
    lambda *arguments: np.mean(_errors(*arguments, inside=True)), lambda *arguments: np.mean(_errors(*arguments, last=1, shift=1)),
    lambda *arguments: np.mean(_errors(*arguments, last=1)), lambda *arguments: np.sum(_errors(*arguments)), lambda *arguments: np.sqrt(np.mean(_errors(*arguments))),
]

def _paid(rng):
    """The mistake that explains the error of least squares; None if it is right, or nothing explains it."""
    data = ridge_in_closed_form, rng.uniform(size=15), 5 * rng.normal(size=15), 20.0, 0.1
    try:
        found = float(np.squeeze(leave_one_out_error(*data)))
    except Exception:
        return None
    return next((mistake for mistake in MISTAKES if np.isclose(found, mistake(*data), rtol=1e-6)), None)

def _average(K, y, first, second):
    """A fit with two settings that is no minimiser of anything: every point votes with the same weight."""
    return (first - second) * np.asarray(y) / len(y)
### END HIDDEN TESTS

with check.part(3, "least squares"):
    x_fifty = np.arange(50) / 49
    y_fifty = np.repeat([0.0, 10, 20, 30, 40], 10) + np.random.default_rng(0).standard_normal(50)
    y_fifty[24] = 0
    rbf_kernel = own_kernel if kernel_is_right else bumps
    try:
        with check.unchanged(x=x_fifty, y=y_fifty):
            found = leave_one_out_error(ridge_in_closed_form, x_fifty, y_fifty, 200.0, 0.05)
    finally:
        rbf_kernel = own_kernel
    def of_fifty(error, fold=1):
        """The errors at the points, or what else is made of a fit to the others."""
        found = []
        for i in range(0, 50, fold):
            others, out = np.delete(np.arange(50), slice(i, i + fold)), np.arange(i, i + fold)
            K = np.exp(-200.0 * np.subtract.outer(x_fifty, x_fifty) ** 2)
            alpha = ridge_in_closed_form(K[np.ix_(others, others)], y_fifty[others], 0.05)
            found.append(error(y_fifty[out] - K[np.ix_(out, others)] @ alpha, y_fifty[others] - K[np.ix_(others, others)] @ alpha))
        return np.array(found)

    K_fifty = np.exp(-200.0 * np.subtract.outer(x_fifty, x_fifty) ** 2)
    alpha_fifty = ridge_in_closed_form(K_fifty, y_fifty, 0.05)
    known = {
        "This is the mean of the absolute errors: square them.": lambda: np.mean(of_fifty(lambda out, _: abs(out[0]))),
        "This is the error at the other points, which were fitted: the error at the point that was left out counts.": lambda: np.mean(of_fifty(lambda _, rest: np.mean(rest ** 2))),
        "This is divided by n − 1: there are n errors, one for each point.": 830.458507 / 49,
        "Folds of ten points are left out here: leave out one point at a time.": lambda: np.mean(of_fifty(lambda out, _: np.mean(out ** 2), 10)),
        "Only the first point counts: does a `return` stand inside the loop?": lambda: of_fifty(lambda out, _: out[0] ** 2)[0] / 50,
        "Only the first point counts: does a `return` stand inside its loop?": lambda: of_fifty(lambda out, _: out[0] ** 2)[0],
        "Only the last point counts: are all errors added up?": lambda: of_fifty(lambda out, _: out[0] ** 2)[-1],
        "Only the last point counts, divided by n: are all errors added up?": lambda: of_fifty(lambda out, _: out[0] ** 2)[-1] / 50,
        "This is the square of the mean error: square each error first.": lambda: np.mean(of_fifty(lambda out, _: out[0])) ** 2,
        "This is the median of the squared errors: take their mean.": lambda: np.median(of_fifty(lambda out, _: out[0] ** 2)),
        "The measurement was set to 0 and stayed in the fit: leave the point out of K and of y.": 126.02923,
        check.hint("This is the error at points that were fitted: the point must be left out of the fit.", why="leave-one-out"): 5.793282,
        check.hint("The held-out point is predicted with the kernel column of its neighbour, and the last point is skipped.", why="leave-one-out"): 18.148143,
        "The last point is skipped.": 15.939097,
        "This is the sum over points: take the mean.": 830.458507,
        "This is the root of the mean squared error.": 4.075435,
        "This is the variance of the errors: their squares are not meant to be taken from the mean error.": lambda: np.var(of_fifty(lambda out, _: out[0])),
        "This is the standard deviation of the errors: take the mean of their squares.": lambda: np.std(of_fifty(lambda out, _: out[0])),
        check.hint("One fit of all points is used, without the term of the point that is predicted: it must be left out of the fit, too.", why="leave-one-out"):
            lambda: np.mean([(y_fifty[i] - np.delete(K_fifty[i] * alpha_fifty, i).sum()) ** 2 for i in range(50)]),
        "The outlier is not counted: all n points count, whatever you think of them.": 9.036939,
        "The outlier seems to be removed: a fit for this question sees all points but the one that is held out.": 4.904153,
    }
    check.close(found, 16.60917 if kernel_is_right else 17.341994, rtol=1e-5, what="the leave-one-out error of least squares, γ = 200, λ = 0.05",
                mistakes=known if kernel_is_right else None, hint="Left out means left out of K and of y; k(xᵢ, ·) then has n − 1 entries, one for each of the others.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()

    def _shortcut(x, y, gamma, lam):
        """Without leaving out anything: the residuals of the full fit, divided by 1 − H_ii."""
        K = _right_kernel(x, x, gamma)
        H = K @ np.linalg.inv(K + lam * np.eye(len(x)))
        return np.mean(((y - H @ y) / (1 - np.diag(H))) ** 2), np.mean((y - H @ y) ** 2)

    rbf_kernel = own_kernel if kernel_is_right else _right_kernel       # a wrong kernel has cost its points already
    try:
        for n, gamma, lam in [(12, 30.0, 0.1), (7, 3.0, 0.5), (20, 200.0, 0.02), (2, 1.0, 0.3)]:
            x_few, y_few = rng.uniform(size=n), 5 * rng.normal(size=n)          # not sorted
            right, training = _shortcut(x_few, y_few, gamma, lam)
            with check.unchanged(x=x_few, y=y_few):
                found = leave_one_out_error(ridge_in_closed_form, x_few, y_few, gamma, lam)
            check.close(found, right, rtol=1e-5, what=f"the leave-one-out error of least squares for {n} points", mistakes={
                check.hint("This is the error at points that were fitted: the point must be left out of the fit.", why="leave-one-out"): training,
                "This is the sum over points: take the mean.": right * n,
                "This is the root of the mean squared error.": np.sqrt(right),
            }, hint="Left out means left out of K and of y; k(xᵢ, ·) then has n − 1 entries, one for each of the others.")
    finally:
        rbf_kernel = own_kernel
    ### END HIDDEN TESTS

with check.part(2, "any fit and its settings"):
    calls = []

    def least_squares_stops():
        """Whether it stops with an error in the first part, too."""
        try:
            leave_one_out_error(lambda K, y, lam: np.zeros(len(y)), np.arange(6) / 5, np.arange(6.0), 3.0, 1.5)
        except Exception:
            return True
        return False

    def counted(K, y, *lams):
        """A fit that notes how it is called."""
        calls.append((np.shape(K), np.shape(y), lams))
        return np.zeros(len(y))

    rbf_kernel = own_kernel if kernel_is_right else bumps
    try:
        leave_one_out_error(counted, np.arange(6) / 5, np.arange(6.0), 3.0, 1.5, 0.5)
    except Exception:                              # what stops here and before any fit has cost its points above, if fit was called rightly
        if not calls or not least_squares_stops():
            raise
    finally:
        rbf_kernel = own_kernel
    check.true(len(calls) > 0, "The function `fit` is not called.", "Use the argument `fit`, which may be any function.")
    check.true(all(lams == (1.5, 0.5) for _, _, lams in calls), "The function `fit` does not get all of *lams.", "Pass them on as they are: `fit(K, y, *lams)`.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    rbf_kernel = own_kernel if kernel_is_right else _right_kernel
    try:
        paid = _paid(rng)
        x_few, y_few = rng.uniform(size=9), rng.normal(size=9)
        found = leave_one_out_error(_average, x_few, y_few, 6.0, 2.5, 0.5) if not least_squares_stops() else None
        data = ridge_in_closed_form, x_few, y_few, 6.0, 0.1
        least = leave_one_out_error(*data) if found is not None else None
        by_hand = leave_one_out_error(lambda K, y: _average(K, y, 2.5, 0.5), x_few, y_few, 6.0) if found is not None else None
    finally:
        rbf_kernel = own_kernel
    K = _right_kernel(x_few, x_few, 6.0)
    right = np.mean([(y_few[i] - sum(2 * K[i, j] * y_few[j] for j in range(9) if j != i) / 8) ** 2 for i in range(9)])
    if paid:
        right = paid(_average, x_few, y_few, 6.0, 2.5, 0.5)
    elif least is None or not np.isclose(least, np.mean(_errors(*data)), rtol=1e-5):
        right = by_hand                          # what else is wrong has cost its points above: the settings should go where they belong
    check.close(found if least is not None else 0.0, right if least is not None else 0.0, rtol=1e-6, what="the leave-one-out error of another fit with two settings", hint="Are all of *lams passed on, in their order, and is gamma used?")
    ### END HIDDEN TESTS

# %% [markdown] answer="loo-shortcut" points=2
# ### Question 1: an oracle without code
#
# For least squares the fitted values are $\hat y = H y$ with $H = K (K + \lambda I)^{-1}$. Show that the residual at a point that is left out is
#
# $$ y_i - \hat y^{(-i)}_i = \frac{y_i - \hat y_i}{1 - H_{ii}} . $$
#
# (Idea: replace $y_i$ by the prediction $\hat y^{(-i)}_i$ and fit all $n$ points again. What comes out?)
#
# A published solution of this exercise had 18.148 where you have 16.609: its loop stopped one point too early, and for point $i$ it took the column of $K$ that belongs to $i + 1$.
# Nothing looked wrong. What do you learn from that about testing?
#
# ### BEGIN SOLUTION
# Let c be the prediction at x_i of the fit without point i, and y' equal to y except y'_i = c. The fit without i already minimises the objective of the
# other n − 1 points plus penalty, and with y'_i = c the additional term (f(x_i) − c)² is 0 there, so it can't be beaten: the full fit to y' is the same function. Hence (H y')_i = c.
#
# By linearity c = (H y)_i + H_ii (c − y_i). Subtract both sides from y_i: y_i − c = (y_i − ŷ_i) + H_ii (y_i − c), so (y_i − c)(1 − H_ii) = y_i − ŷ_i.
#
# Lesson: a plausible number proves nothing. Compare with something computed in another way (here the shortcut, one line, for the one fit where it exists), on a small case
# worked out by hand, or with a fit for which the right answer is known; test the ends of loops. Both faults would have shown at once.
#
# *Rubric.* 1 point: the refit with y_i replaced gives the same function, with a reason. ½ point: the algebra. ½ point: an independent check as the lesson.
# ### END SOLUTION

# %% [markdown]
# Now choose. For each fit a small grid of γ and λ, and for every pair the leave-one-out error: 54 settings times 50 points are 2,700 convex problems, so take a break of a minute.

# %% experiment
import warnings
from itertools import product

from hwlib.progress import progress

warnings.filterwarnings("ignore", message="Solution may be inaccurate")     # where K is nearly singular; good enough to choose by

grids = {
    fit_least_squares: ((30, 100, 200, 400), (0.001, 0.01, 0.1)),
    fit_huber: ((30, 100, 200, 400), (0.001, 0.01, 0.1)),
    fit_total_variation: ((100, 200, 400), (1, 3, 10), (0.01, 0.1)),
    fit_monotone: ((30, 100, 200, 400), (0.001, 0.01, 0.1)),
}
choices = {}
for fit, grid in grids.items():
    settings = list(product(*grid))
    errors = [leave_one_out_error(fit, x, y, *setting) for setting in progress(settings, desc=fit.__name__)]
    choices[fit] = settings[int(np.argmin(errors))]
    print(f"{fit.__name__:20s} best γ = {choices[fit][0]}, λ = {', '.join(map(str, choices[fit][1:]))}: leave-one-out error {min(errors):.2f} (worst {max(errors):.2f})")

# %% [markdown]
# And here they are, side by side, with the settings that you just chose.

# %% experiment
import matplotlib.pyplot as plt

grid_points = np.linspace(0, 1, 1000)
staircase = 10 * np.sum(grid_points[:, None] >= np.arange(1, 5) / 5, axis=1)
titles = {fit_least_squares: "Least squares", fit_huber: "Huber", fit_total_variation: "Total variation", fit_monotone: "Monotone"}
figure, axes = plt.subplots(1, 4, figsize=(16, 4), sharey=True, layout="constrained")
for ax, (fit, (gamma, *lams)) in zip(axes, choices.items()):
    alpha = fit(rbf_kernel(x, x, gamma), y, *lams)
    at_points = rbf_kernel(x, x, gamma) @ alpha
    ax.plot(grid_points, staircase, color="0.6", linewidth=1.5, label="truth f")
    ax.scatter(x, y, s=14, color="black", label="data", zorder=3)
    ax.plot(grid_points, rbf_kernel(grid_points, x, gamma) @ alpha, color="#D55E00", linewidth=1.5, label=r"fit $\hat f$")
    ax.set(title=f"{titles[fit]}\nγ = {gamma}, λ = {', '.join(map(str, lams))}\nerror against f: {np.mean((at_points - f) ** 2):.2f}", xlabel="x")
axes[0].set_ylabel("y")
axes[0].legend(frameon=False)
plt.show()

# %% [markdown] answer="what-they-say" points=3
# ### Question 2: what each line says
#
# For each of the four fits: what does it assume about the data or the truth, and where do you see that in its figure? Which of the assumptions are true here? Which two would you
# combine, and how would the problem look?
#
# ### BEGIN SOLUTION
# Least squares + αᵀKα: the truth is smooth, the noise is light-tailed. Neither is true: the curve dips at the outlier, and it rounds or overshoots at the jumps.
# Huber: a few measurements may be far off. True; the dip at x ≈ 0.49 (nearly) disappears, the jumps are still rounded.
# Total variation: few changes, flat stretches. True for the staircase; plateaus are flatter, but a jump costs λ₁ times its height however steep it is, so jumps aren't punished for being sharp; the outlier
# still pulls, and heights are pulled together a little.
# Monotone: never falls. True; the outlier can't make a dip, it can only hold down what is to its left (or flatten around it), and noise on plateaus is ironed out.
#
# Combine for example Huber with monotone: min Σφ(Kα − y) + λαᵀKα subject to DKα ≥ 0; or Huber with total variation. Still convex, so still one call of the solver.
#
# *Rubric.* ½ point for each fit: assumption and trace in the figure. ½ point: which are true. ½ point: a sensible combination, written down.
# ### END SOLUTION

# %% [markdown] answer="between-points" points=2
# ### Question 3: between the points
#
# $D K \alpha \ge 0$ speaks about the fitted values at the data points only. May $\hat f$ fall between them? (Look closely at the last figure.) How could you keep it from falling there too, and what would that cost?
#
# ### BEGIN SOLUTION
# Yes: between two neighbours the sum of bumps may dip, above all when the bumps are narrow compared with the distance of the points (large γ).
#
# Ask for it on a finer grid t_1 < … < t_m: D k(t, x) α ≥ 0, with the (m, n) kernel matrix between grid and data. It is still linear in α, hence convex; the cost is m constraints instead of n − 1, and a worse
# (or equal) objective. Or constrain the derivative at grid points, Σ_j α_j ∂k(t, x_j)/∂t ≥ 0. A guarantee everywhere needs a grid fine enough against the Lipschitz constant of the slope (ask for ≥ ε
# on the grid), or a basis whose functions are all rising with non-negative coefficients.
#
# *Rubric.* ½ point: yes, with a reason. 1 point: constraints on a finer grid or on the derivative, written with the kernel matrix. ½ point: cost or the limit of a grid.
# ### END SOLUTION
