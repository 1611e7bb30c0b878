# %% [markdown]
# # Backpropagation, by hand and automatic
#
# `loss.backward()` is one line, and for years you may never need to know what it does. Until the loss doesn't fall. Then it
# helps to have done it once with a pencil, to have seen a derivative that a test could not tell from a wrong one, and to
# know why a network can be dead.
#
# **What you will learn**
#
# - the chain rule through a small network, with numbers that are yours alone, and how to find the wrong line in somebody
#   else's solution;
# - three ways to get a Jacobian: small differences, forward mode, reverse mode, and when to trust which;
# - why backpropagation needs an order, and how to find one in any graph;
# - what a gradient step minimises, and why one step of SGD may make things worse;
# - the smallest networks for OR and XOR, and three ways in which training stands still.

# %% setup
import numpy as np
from scipy.special import expit, logit

from hwlib.student_numbers import network_numbers

# %% [markdown]
# ## 1. By hand
#
# Two inputs, two hidden units, one output, and $\sigma(z) = 1/(1 + e^{-z})$ everywhere:
#
# $$ z_1 = W_1 x_0 + b_1, \quad x_1 = \sigma(z_1), \qquad z_2 = W_2 \cdot x_1 + b_2, \quad x_2 = \sigma(z_2), \qquad \ell = \tfrac12 (y - x_2)^2 . $$
#
# Here $x_0, x_1, b_1, W_2$ are vectors with two entries, $W_1$ is a $2 \times 2$ matrix (row $j$ leads into hidden unit $j$), and
# $x_2, b_2, y, \ell$ are numbers.
#
# Everyone has different numbers. **Write your student id into the next cell** and run it. (Your work is graded for that
# id. If you leave it empty, you get the numbers of a well-known example.)

# %%
student_id = ""   # for example "u1234567"

numbers = network_numbers(student_id)
print(numbers)

# %% [markdown]
# Now take paper and a pocket calculator, or Python as one. First go forward, line by line, down to $\ell$. Then go back: begin
# with $\partial \ell / \partial x_2$, and with each line multiply by one more factor of the chain rule. Each gradient has the shape
# of the thing itself, so `dW1` is $2 \times 2$ as $W_1$ is.
#
# Write your results into **`answers`**, with at least four significant digits (0.0006684, not 0.0007).

# %% solution="answers"
# answers = {
#     "x1": [..., ...], "x2": ..., "loss": ...,
#     "dW2": [..., ...], "db2": ..., "dW1": [[..., ...], [..., ...]], "db1": [..., ...],
# }
### BEGIN SOLUTION
def by_hand(n):
    """Forward, then backward, one line each."""
    x1 = 1 / (1 + np.exp(-(n.W1 @ n.x0 + n.b1)))
    x2 = 1 / (1 + np.exp(-(n.W2 @ x1 + n.b2)))
    dz2 = (x2 - n.y) * x2 * (1 - x2)
    dz1 = dz2 * n.W2 * x1 * (1 - x1)                # (2,)
    return {"x1": x1, "x2": x2, "loss": (n.y - x2) ** 2 / 2,
            "dW2": dz2 * x1, "db2": dz2, "dW1": np.outer(dz1, n.x0), "db1": dz1}

answers = by_hand(numbers)
### END SOLUTION

# %% [markdown]
# The first check follows you forward.

# %% test="answers-forward" points=2 asks="student_id"
mine = network_numbers(student_id)
hidden = expit(mine.W1 @ mine.x0 + mine.b1)
output = expit(mine.W2 @ hidden + mine.b2)


def answer(name):
    """One of your answers."""
    check.true(isinstance(answers, dict), "`answers` is not a dict.", 'It should look like {"x1": [..., ...], "x2": ..., …}.')
    check.true(name in answers, f'answers["{name}"] is missing.', "The keys are x1, x2, loss, dW2, db2, dW1, db1.")
    return answers[name] if name == "x1" else np.squeeze(answers[name])


def which_unit(found):
    """A hint by the hidden units that are right."""
    near = [np.ndim(one) == 0 and np.allclose(one, right, rtol=1e-3) for one, right in zip(found, hidden)] if np.shape(found) == (2,) else []
    for unit, other in ((0, 1), (1, 0)):
        if near and near[unit]:
            return f"x1[{unit}] is right: do the same for x1[{other}], with row {other} of W1 and b1[{other}]."
    return "x1[j] = σ(W1[j, 0]·x0[0] + W1[j, 1]·x0[1] + b1[j]), with the numbers that the cell above prints. Work out one unit again."


with check.part(1, "x1 and x2"):
    check.close(answer("x1"), hidden, rtol=1e-3, what="x1", mistakes={
        "Rows and columns of W1 are exchanged: row j leads into hidden unit j.": expit(mine.W1.T @ mine.x0 + mine.b1),
        "The biases b1 are left out.": expit(mine.W1 @ mine.x0),
        "This is z1: is σ applied?": mine.W1 @ mine.x0 + mine.b1,
        "Both hidden units are right, but exchanged.": hidden[::-1],
        "This is σ(−z1): the minus sign in 1/(1 + exp(−z)) is missing, or there twice.": expit(-(mine.W1 @ mine.x0 + mine.b1)),
        "The biases b1 are subtracted: they are added.": expit(mine.W1 @ mine.x0 - mine.b1),
        "The two inputs in x0 are exchanged.": expit(mine.W1 @ mine.x0[::-1] + mine.b1),
        "This is tanh(z1): σ(z) is 1/(1 + exp(−z)).": np.tanh(mine.W1 @ mine.x0 + mine.b1),
        "σ is applied twice.": expit(hidden),
        "These are the values for the published example, and the id says something else: use the numbers that the cell above prints.":
            [0.5933, 0.5969],
    }, hint=lambda: which_unit(answer("x1")))
    check.close(answer("x2"), output, rtol=1e-3, what="x2", mistakes={
        "The bias b2 is left out.": expit(mine.W2 @ hidden),
        "This is z2: is σ applied?": mine.W2 @ hidden + mine.b2,
        "This is σ(−z2): the minus sign in 1/(1 + exp(−z)) is missing, or there twice.": expit(-(mine.W2 @ hidden + mine.b2)),
        "The bias b2 is subtracted: it is added.": expit(mine.W2 @ hidden - mine.b2),
        "W2 is multiplied with x0: the output unit looks at the hidden units, x1.": expit(mine.W2 @ mine.x0 + mine.b2),
        "The two weights in W2 are exchanged.": expit(mine.W2[::-1] @ hidden + mine.b2),
        "W2 is multiplied with z1: the output unit looks at x1 = σ(z1).": expit(mine.W2 @ (mine.W1 @ mine.x0 + mine.b1) + mine.b2),
        "This is tanh(z2): σ(z) is 1/(1 + exp(−z)).": np.tanh(mine.W2 @ hidden + mine.b2),
    }, hint="Your x1 is right, so look at the last step: x2 = σ(W2[0]·x1[0] + W2[1]·x1[1] + b2).")
    ### BEGIN HIDDEN TESTS
    import math

    if str(student_id).strip():
        check.unique("student id", str(student_id).strip())     # the instructor sees where two are the same

    def _sigma(z):
        return 1 / (1 + math.exp(-z))

    first = [_sigma(mine.W1[j][0] * mine.x0[0] + mine.W1[j][1] * mine.x0[1] + mine.b1[j]) for j in range(2)]
    last = _sigma(mine.W2[0] * first[0] + mine.W2[1] * first[1] + mine.b2)
    check.close(answers["x1"], first, rtol=1e-3, what="x1")
    check.close(np.squeeze(answers["x2"]), last, rtol=1e-3, what="x2")
    ### END HIDDEN TESTS

with check.part(1, "the loss"):
    own = answer("x2")                 # where it is not right, that has cost its point: the loss should follow from it
    check.close(answer("loss"), check.due(answer("loss"), 0.5 * (output - mine.y) ** 2, lambda: 0.5 * (own - mine.y) ** 2 if 0 < own < 1 else None, rtol=2e-3),
                rtol=2e-3, what="the loss", mistakes={
        "The ½ is missing.": (output - mine.y) ** 2,
        "This is ½(y − x2) without the square.": 0.5 * (mine.y - output),
        "This is ½(x2 − y) without the square.": 0.5 * (output - mine.y),
        "This is ½·x2²: y is left out.": 0.5 * output ** 2,
        "This is ½(x2 + y)²: the loss looks at the difference.": 0.5 * (output + mine.y) ** 2,
        "This is (½(x2 − y))²: the ½ stands before the square.": 0.25 * (output - mine.y) ** 2,
        "The square is multiplied by 2, not by ½.": 2 * (output - mine.y) ** 2,
    }, hint="The loss is ½·(x2 − y)²: one number, from your own x2 and the y that the cell above prints.")

# %% [markdown]
# The second check doesn't know the chain rule at all. It moves each weight a little, up and down, and looks how much the
# loss changes. This works for any function, and it is how gradients are tested.

# %% test="answers-backward" points=4 asks="student_id"
mine = network_numbers(student_id)

def loss_with(shifts=(0.0, 0.0), **changed):
    """The loss with some of the weights replaced; `shifts` are added to what goes into the hidden units and the output."""
    n = {"W1": mine.W1, "b1": mine.b1, "W2": mine.W2, "b2": mine.b2, **changed}
    hidden = expit(n["W1"] @ mine.x0 + n["b1"] + shifts[0])
    return 0.5 * (expit(n["W2"] @ hidden + n["b2"] + shifts[1]) - mine.y) ** 2

def slopes(name, shifts=(0.0, 0.0), step=1e-5):
    """Central differences of the loss by every entry of one weight."""
    value = np.asarray(getattr(mine, name))
    result = np.zeros(value.shape)
    for place in np.ndindex(value.shape):
        bump = np.zeros(value.shape)
        bump[place] = step
        result[place] = (loss_with(shifts, **{name: value + bump}) - loss_with(shifts, **{name: value - bump})) / (2 * step)
    return result

z1 = mine.W1 @ mine.x0 + mine.b1
hidden = expit(z1)
z2 = mine.W2 @ hidden + mine.b2
output = expit(z2)
wrong_slopes = (                                 # of σ, at the output and at the hidden units: z·(1 − z), and σ taken of x once more
    (z2 * (1 - z2), z1 * (1 - z1)), (expit(output) * expit(-output), expit(hidden) * expit(-hidden)),
)

def answer(name):
    """One of your answers."""
    check.true(isinstance(answers, dict), "`answers` is not a dict.", 'It should look like {"x1": [..., ...], "x2": ..., …}.')
    check.true(name in answers, f'answers["{name}"] is missing.', "The keys are x1, x2, loss, dW2, db2, dW1, db1.")
    return np.squeeze(answers[name]) if name == "db2" else answers[name]

### BEGIN HIDDEN TESTS
def followings(name):
    """What follows from values that are not right and have cost their points already: x1, x2, the loss, or the output layer."""
    try:
        x1, x2, loss, own = (np.asarray(answers[key], dtype=float).squeeze() for key in ("x1", "x2", "loss", "db2"))
        possible = x1.shape == (2,) and x2.shape == () and bool((0.01 < x1).all() and (x1 < 0.99).all() and 0.01 < x2 < 0.99 and abs(x2 - mine.y) > 0.01)
        turned = possible and np.allclose(x1, expit(mine.W1.T @ mine.x0 + mine.b1), rtol=1e-3)
    except Exception:                            # not all of them are there
        return []
    if not possible:
        x1, x2 = hidden, output
    start = (2 if np.isclose(loss, (x2 - mine.y) ** 2, rtol=2e-3) else 1) * (x2 - mine.y) * x2 * (1 - x2)
    if name in ("db2", "dW2"):
        return [start if name == "db2" else start * x1]
    usable = own.shape == () and 0.05 < abs(own / (output - mine.y)) < 20
    ways = [by * mine.W2 * x * (1 - x) for by in ((start, own) if usable else (start,)) for x in (hidden, x1)]
    for at2, at1 in wrong_slopes:
        if usable and np.isclose(own, (output - mine.y) * at2, rtol=2e-3):             # a wrong σ' has cost its points in the output layer
            ways.append(own * mine.W2 * at1)
    too_short = [digits for digits in (2, 3) if own == np.round(slopes("b2"), digits) and not np.isclose(own, slopes("b2"), rtol=2e-3)]
    if too_short:                                # too few digits, which has cost its points in the output layer
        return [np.round(slopes(name[1:]), digits) for digits in too_short]
    if name == "db1" and own.shape == () and own == 1:
        return [*ways, np.ones(2)]
    return ways if name == "db1" else [np.outer(*pair) for way in ways for pair in ((way, mine.x0), (mine.x0, way))[:1 + turned]]
### END HIDDEN TESTS

def from_earlier_answers(name):
    """What would be right if x1, x2, the loss and db2, as you have them, were: that they aren't costs its points there."""
    x1, x2, loss, db2 = (np.asarray(answers[key], dtype=float).squeeze() for key in ("x1", "x2", "loss", "db2"))
    if not (x1.shape == (2,) and x2.shape == () and bool(((0.01 < x1) & (x1 < 0.99)).all()) and 0.01 < x2 < 0.99 and abs(x2 - mine.y) > 0.01):
        x1, x2 = hidden, output
    shift = logit(x1) - mine.W1 @ mine.x0 - mine.b1
    shifts = shift, logit(x2) - mine.W2 @ x1 - mine.b2
    twice = 2 if np.isclose(loss, (x2 - mine.y) ** 2, rtol=2e-3) else 1
    found = [twice * slopes(name[1:], shifts)]
    if name in ("db1", "dW1") and db2.shape == ():
        found += [np.round(slopes(name[1:]), digits) for digits in (2, 3) if db2 == np.round(slopes("b2"), digits) and not np.isclose(db2, slopes("b2"), rtol=2e-3)]
        found += [one * db2 / slopes("b2", shifts) for one in (slopes(name[1:], shifts),)]
    if name == "db1" and db2.shape == () and db2 == 1:                  # 1 for every bias has cost its points in the output layer
        found += [np.ones(2)]
    for at2, at1 in wrong_slopes:
        if name in ("db1", "dW1") and np.isclose(db2, (output - mine.y) * at2, rtol=2e-3):
            found += [found[-1] * (at1 / (hidden * (1 - hidden))).reshape((2,) + (1,) * (found[-1].ndim - 1))]
    if name == "dW1" and np.allclose(x1, expit(mine.W1.T @ mine.x0 + mine.b1), rtol=1e-3):
        found += [one.T for one in found]
    return found

def after_a_step(found, right, column):
    """W2 after the step of gradient descent that explains the first row best, relative to W2 before it."""
    rate = (1 - np.ravel(found)[0] / np.ravel(right)[0]) * mine.W2[0] / (slopes("b2") * hidden[0])
    return 1 - rate * slopes("b2") * hidden / mine.W2

def compare(*names):
    """Compare some gradients with differences."""
    for name in names:
        right, found = slopes(name[1:]), answer(name)
        try:
            due = np.asarray(check.due(found, right, *from_earlier_answers(name), rtol=2e-3))
        except Exception:                            # not all of them are there
            due = right
        if due is not right and not np.allclose(due, right, rtol=2e-3):
            print(f"{name} follows from your earlier answers. One of these is not right yet: correct it first, and {name} with it.")
            right = due
        ### BEGIN HIDDEN TESTS
        right = np.asarray(check.due(found, right, *followings(name), rtol=2e-3))
        ### END HIDDEN TESTS
        column = (-1,) + (1,) * (right.ndim - 1)
        (at_z2, at_z1), (again2, again1) = ((at2 / (output * (1 - output)), (at1 / (hidden * (1 - hidden))).reshape(column)) for at2, at1 in wrong_slopes)
        check.close(found, right, rtol=2e-3, what=name, mistakes={
            "The sign is wrong: the loss falls when x2 moves towards y, not away from it.": -right,
            "∂ℓ/∂x2 seems to be -1: what is the derivative of ½(y − x2)² by x2?": -right / (output - mine.y),
            "The slope of the output's σ is missing.": right / (output * (1 - output)),
            "The slope of the output's σ is x2·(1 − x2), not z2·(1 − z2).": right * at_z2,
            "σ is taken of x2 once more: x2 is σ(z2) already, and the slope there is x2·(1 − x2).": right * again2,
            "The chain begins with ∂ℓ/∂x2 = x2 − y, not with the loss itself.": right * (output - mine.y) / 2,
            **{f"The values are rounded to {digits} decimals: give at least four significant digits.": np.round(right, digits) for digits in (2, 3, 4)},
            **({"The slope of z2 by W2 is x1, not W2.": slopes("b2") * mine.W2,
                "The factor x1 is missing: it is the slope of z2 by W2.": np.full(2, slopes("b2"))} if name == "dW2" else {}),
            **({"The slope of z1 by W1 is x0, what goes into this layer, and not x1.": np.outer(slopes("b1"), hidden),
                "The factor x0 is missing: it is the slope of z1 by W1.": np.outer(slopes("b1"), [1, 1])} if name == "dW1" else {}),
            **({"W2 is left out: how does the loss depend on x1?": right / mine.W2.reshape(column),
                "The slope of the hidden units' σ is x1·(1 − x1), not z1·(1 − z1).": right * at_z1,
                "The slopes of σ are x·(1 − x), not z·(1 − z), in both layers.": right * at_z1 * at_z2,
                "σ is taken of x1 once more: x1 is σ(z1) already, and the slope there is x1·(1 − x1).": right * again1,
                "σ is taken of x1 and x2 once more: they are σ(z1) and σ(z2) already, and the slopes there are x·(1 − x).": right * again1 * again2,
                "The W2 in this product has been changed by a step already: go back with the weights that the forward pass used.":
                    right * after_a_step(found, right, column).reshape(column),
                "The slope of the hidden units' σ is missing.": right / (hidden * (1 - hidden)).reshape(column)} if name in ("db1", "dW1") else {}),
            **({"W2 stands in another order here: unit j is followed by W2[j].": right / mine.W2.reshape(column) * mine.W2[::-1].reshape(column),
                "The sum of W2 is used for both units: unit j is followed by W2[j] alone.": right / mine.W2.reshape(column) * mine.W2.sum(),
                "The mean of W2 is used for both units: unit j is followed by W2[j] alone.": right / mine.W2.reshape(column) * mine.W2.mean(),
                "The factor from the output layer, `db2`, is missing.": right / slopes("b2"),
                "The factor x1 is too many: unit j is followed by W2[j], and its own slope is x1·(1 − x1).": right * hidden.reshape(column),
                } if name in ("db1", "dW1") else {}),
            **({"The slope of z by its bias is 1, and the chain goes on: the loss by the bias is that times ∂ℓ/∂z.": np.ones(right.shape)} if name[1] == "b" else {}),
            **({"Rows and columns are exchanged: a derivative has the shape of its weights.": right.T} if name in ("dW1", "dW2") else {}),
        }, hint="Multiply the factors of the chain rule one by one, and compare the shapes.")

### BEGIN HIDDEN TESTS
def _complex_loss(changed, by):
    """The loss as a function of complex weights: Im ℓ(w + ih)/h is the derivative, exact to rounding."""
    weights = {"W1": mine.W1 + 0j, "b1": mine.b1 + 0j, "W2": mine.W2 + 0j, "b2": np.array(mine.b2 + 0j)}
    weights[changed] = weights[changed] + by
    first = 1 / (1 + np.exp(-(weights["W1"] @ mine.x0 + weights["b1"])))
    return 0.5 * (1 / (1 + np.exp(-(weights["W2"] @ first + weights["b2"]))) - mine.y) ** 2

def compare_exactly(*names):
    """The same against exact derivatives."""
    for name in names:
        shape = np.shape(getattr(mine, name[1:]))
        exact = np.zeros(shape)
        for place in np.ndindex(shape):
            tiny = np.zeros(shape, dtype=complex)
            tiny[place] = 1e-30j
            exact[place] = np.imag(_complex_loss(name[1:], tiny)) / 1e-30
        check.close(answer(name), check.due(answer(name), exact, *followings(name), rtol=1.5e-3), rtol=1.5e-3, what=name)
### END HIDDEN TESTS

with check.part(2, "the output layer"):
    compare("db2", "dW2")
    ### BEGIN HIDDEN TESTS
    compare_exactly("db2", "dW2")
    ### END HIDDEN TESTS

with check.part(2, "the hidden layer"):
    compare("db1", "dW1")
    ### BEGIN HIDDEN TESTS
    compare_exactly("db1", "dW1")
    ### END HIDDEN TESTS

# %% [markdown]
# And what does a machine say? If PyTorch is installed, here is the one line.

# %% experiment
try:
    import torch
except ImportError:
    print("PyTorch is not installed here; nothing below needs it.")
else:
    weights = {name: torch.tensor(getattr(numbers, name), dtype=torch.float64, requires_grad=True) for name in ("W1", "b1", "W2", "b2")}
    hidden = torch.sigmoid(weights["W1"] @ torch.tensor(numbers.x0) + weights["b1"])
    loss = 0.5 * (torch.sigmoid(weights["W2"] @ hidden + weights["b2"]) - numbers.y) ** 2
    loss.backward()
    print(f"loss: torch {loss.item():.8f}, you {float(np.squeeze(answers['loss'])):.8f}")
    for name, weight in weights.items():
        print(f"d{name}: torch {weight.grad.numpy().round(8).tolist()}, you {np.round(answers['d' + name], 8).tolist()}")

# %% [markdown] answer="wrong-line" points=2
# ## 2. Find the wrong line
#
# For the well-known example (leave the id empty to see its numbers) somebody published this way back. Its author
# had the forward pass right, $x_2 = 0.7514$ and $y = 0.01$ included:
#
# | line | claim |
# |:--|:--|
# | 1 | $\ell = \frac12 (y - x_2)^2$, so $\partial \ell / \partial x_2 = -1$ |
# | 2 | $x_2 = \sigma(z_2)$, so $\partial x_2 / \partial z_2 = x_2 (1 - x_2) = 0.1868$ |
# | 3 | $z_2 = W_2 \cdot x_1 + b_2$, so `db2` = (line 1) · (line 2) $= -0.1868$ |
# | 4 | and `dW2` = (line 3) · $x_1 = (-0.1108, -0.1115)$ |
# | 5 | $\partial z_2 / \partial x_1 = W_2$ and $\partial x_1 / \partial z_1 = x_1 (1 - x_1)$, entry by entry |
# | 6 | `db1` = (line 3) · $W_2$ · $x_1 (1 - x_1)$, entry by entry, and `dW1` is its outer product with $x_0$ |
#
# Which line is wrong, what should stand there, and which of the numbers are wrong because of it? How could the author have
# noticed that the *sign* can't be right, without computing anything again?
#
# ### BEGIN SOLUTION
# Line 1. The derivative of ½(y − x2)² by x2 is −(y − x2) = x2 − y = 0.7414; the author differentiated y − x2 instead of its square.
#
# Lines 2 and 5 are right, and so are the rules of lines 3, 4 and 6, but the numbers in 3 and 4 and everything computed in 6 inherit the
# factor: they are wrong by −1/0.7414. Right: db2 = 0.1385, dW2 = (0.0822, 0.0827).
#
# The sign: x2 = 0.75 is above y = 0.01. A larger b2 raises x2, away from y, so the loss rises with b2 and db2 must be positive.
#
# *Rubric.* ½ point: line 1. ½ point: x2 − y (or its value). ½ point: all gradients inherit it, and only as a factor. ½ point: an argument about
# the sign.
# ### END SOLUTION

# %% [markdown]
# ## 3. A function with a shared node, and small differences
#
# Now a function of two weights with two outputs. Some of its intermediate results are used twice, and that is where mistakes live:
#
# $$ T = e^{w_1} + e^{2 w_2}, \qquad f(w) = \big(\; e^{T} + \sin T, \quad w_1 w_2 + \sigma(w_1) \;\big) . $$
#
# ```text
# w1 ──┬── a = exp(w1) ─────┐                ┌── c = exp(T) ──┐
#      │                    ├── T = a + b ───┤                ├── f1 = c + s
#      │   b = exp(2·w2) ───┘                └── s = sin(T) ──┘
#      │      │
#      │     w2 ── p = w1·w2 ──┐
#      ├───────────┘           ├── f2 = p + q
#      └── q = σ(w1) ──────────┘
# ```
#
# Write **`f`**. It returns an array with the two values.

# %% solution="f"
def f(w):
    """The two outputs, an array (2,), for weights w (2,)."""
    ### BEGIN SOLUTION
    T = np.exp(w[0]) + np.exp(2 * w[1])
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + 1 / (1 + np.exp(-w[0]))])
    ### END SOLUTION

# %% setup
# @title For the checks of f and of both modes: just run it
# What the outputs of f(0.1, 0.2) are where one term is wrong.
WRONG_FIRST = {
    f"T seems to be {wrong}: it is exp(w1) + exp(2·w2).": np.exp(T) + np.sin(T) for wrong, T in {
        "exp(w1 + 2·w2)": np.exp(0.5), "exp(w1) + exp(w2²)": np.exp(0.1) + np.exp(0.04), "exp(w1) + 2·exp(w2)": np.exp(0.1) + 2 * np.exp(0.2),
        "exp(2·w1) + exp(w2)": 2 * np.exp(0.2), "exp(2·w1) + exp(2·w2), or exp(w2) + exp(2·w2)": np.exp(0.2) + np.exp(0.4),
    }.items()
} | {"The 2 in the exponent 2·w2 is missing.": 10.97052485, "This is exp T · sin T: the two are added.": np.exp(2.59699561569) * np.sin(2.59699561569),
     "The term sin T is missing.": np.exp(2.59699561569), "This is exp T − sin T: the two are added.": np.exp(2.59699561569) - np.sin(2.59699561569),
     "This is exp T + sin(exp T): sin is taken of T.": np.exp(2.59699561569) + np.sin(np.exp(2.59699561569)),
     "This is exp(T + sin T): the two are added after exp.": np.exp(2.59699561569 + np.sin(2.59699561569)),
     "This is T + sin T: exp is taken of T once more.": 2.59699561569 + np.sin(2.59699561569),
     "This is exp T + cos T: the second term is sin T.": np.exp(2.59699561569) + np.cos(2.59699561569)}
WRONG_SECOND = {
    "Is there a + instead of a − in the exponent of σ?": 0.4950208125,
    "This is w1·w2 + σ(w2): σ is taken of w1.": 0.02 + expit(0.2),
    "This is w1 + w2 + σ(w1): the first term is the product w1·w2.": 0.3 + expit(0.1),
    "The product w1·w2 is missing.": expit(0.1),
    "The term σ(w1) is missing.": 0.02,
    "This is w1·w2 + tanh(w1): σ(z) is 1/(1 + exp(−z)).": 0.02 + np.tanh(0.1),
    "This is w1·σ(w1) + w2, or the like: only the product w1·w2 and σ(w1) are added.": 0.2 + 0.1 * expit(0.1),
    "This is w1·w2 + σ(T): σ is taken of w1.": 0.02 + expit(2.59699561569),
    "This is σ(w1·w2 + w1), or the like: only w1 stands inside σ.": expit(0.12),
    "This is w1·w2·σ(w1): the two are added.": 0.02 * expit(0.1),
    "This is w1·w2 + σ(w1 + w2): only w1 stands inside σ.": 0.02 + expit(0.3),
    "This is w1·w2 + σ(w1·w2): σ is taken of w1.": 0.02 + expit(0.02),
}
AS_IN_F = "The values are those of f itself: compare T and the two terms of each output with those in f, one by one."

# %% test="f" points=1
def where_f_is_right():
    """A hint by the second output where one of the weights is 0."""
    at = lambda w: np.ravel(f(np.array(w)))[1]
    if np.isclose(at([0.3, 0.0]), expit(0.3)):
        return "Where w2 = 0 it is right: look at the term w1·w2."
    if np.isclose(at([0.0, 0.2]), 0.5):
        return "Where w1 = 0 it is right: look at σ(w1), 1/(1 + exp(−w1))."
    return "The second output is w1·w2 + σ(w1), and nothing else."


found = f(np.array([0.1, 0.2]))
check.equal(np.shape(found), (2,), what="the shape of f(w)")
check.close(found[0], 13.9414220, what="the first output of f(0.1, 0.2)", mistakes=WRONG_FIRST, hint="Print T first: it should be 2.597. Then it is exp T + sin T, both of T itself.")
check.close(found[1], 0.5449792, what="the second output of f(0.1, 0.2)", mistakes=WRONG_SECOND, hint=where_f_is_right)
check.close(f(np.array([1.0, 2.0]))[1], 2.73105858, what="the second output of f(1, 2)")
check.passed("f is as it should be.")
### BEGIN HIDDEN TESTS
import math

rng = check.rng()
for w in [np.zeros(2), *rng.uniform(-1, 0.6, size=(6, 2)), np.array([-3.0, 0.5]), np.array([1.2, -2.0])]:
    T = math.exp(w[0]) + math.exp(w[1]) ** 2
    with check.unchanged(w=w):
        found = f(w)
    check.equal(np.shape(found), (2,), what="the shape of f(w)")
    for i, right in enumerate([math.exp(T) + math.sin(T), w[0] * w[1] + (1 + math.tanh(w[0] / 2)) / 2]):
        check.close(found[i], right, rtol=1e-9, atol=1e-12, what=f"output {i + 1} of f at a random point")
check.close(f(np.array([1, 0])), [math.exp(math.e + 1) + math.sin(math.e + 1), (1 + math.tanh(0.5)) / 2], rtol=1e-9, what="f at the integers (1, 0)",
            hint="An array made by `np.zeros_like(w)` has the type of w, and whole numbers hold no fractions.")
### END HIDDEN TESTS

# %% [markdown]
# The **Jacobian** of a function $f: \mathbb{R}^n \to \mathbb{R}^m$ is the $m \times n$ matrix $J_{ij} = \partial f_i / \partial w_j$. The cheapest way to get it, for
# a person, is central differences:
#
# $$ J_{ij} \approx \frac{f_i(w + h\, e_j) - f_i(w - h\, e_j)}{2h}, \qquad e_j = (0, \dots, 1, \dots, 0) , $$
#
# with $h$ called `dw` below. Write **`numeric_jacobian`** for *any* $f$, $n$ and $m$. Don't change the caller's `w`, and mind that it may
# hold integers, where adding 0.01 in place would add 0.

# %% solution="numeric_jacobian"
def numeric_jacobian(f, w, dw=0.01):
    """Central differences: an array (m, n) with entry [i, j] = (f_i(w + dw·e_j) − f_i(w − dw·e_j)) / (2·dw).

    f takes an array (n,) and returns an array (m,); w is (n,).
    """
    ### BEGIN SOLUTION
    w = np.asarray(w, dtype=float)
    columns = [(np.asarray(f(w + step)) - np.asarray(f(w - step))) / (2 * dw) for step in dw * np.eye(len(w))]
    return np.stack(columns, axis=1)
    ### END SOLUTION

# %% test="numeric_jacobian" points=3
def three_to_two(w):
    """A function whose central differences are known exactly."""
    return np.array([w[0] ** 3 + 2 * w[1], w[0] * w[2] ** 2])


def as_for_floats(function, whole, dw):
    """What numeric_jacobian makes of the same numbers as floats: a slip that shows there, too, has cost its points there. None if it is not made
    of the function: twice the function has twice the differences."""
    found, twice = (np.asarray(numeric_jacobian(one, whole.astype(float), dw=dw)) for one in (function, lambda w: 2 * function(w)))
    return found if found.any() and found.shape == twice.shape and np.allclose(twice, 2 * found) else None


def two_to_two(w):
    """Another one."""
    return np.array([w[0] ** 3 + 2 * w[1], w[0] * w[1] ** 2])


### BEGIN HIDDEN TESTS
import math

def _function_of(A, B):
    """w → A w³ + B exp(w), entry by entry before the matrices."""
    return lambda w: A @ np.asarray(w) ** 3 + B @ np.exp(np.asarray(w, dtype=float))
### END HIDDEN TESTS

with check.part(2, "the differences"):
    point = np.array([1.0, 5.0, 2.0])

    def moved_together(left_over):
        """The differences if every entry that had its turn stays away from its place."""
        steps = [0.1 * np.eye(3)[j] + left_over * (np.arange(3) < j) for j in range(3)], [0.1 * np.eye(3)[j] - left_over * (np.arange(3) < j) for j in range(3)]
        return np.stack([(three_to_two(point + up) - three_to_two(point - down)) / 0.2 for up, down in zip(*steps)], axis=1)

    found = numeric_jacobian(three_to_two, point.copy(), dw=0.1)
    check.close(found, [[3.01, 2, 0], [4, 0, 4]], rtol=1e-9, what="the differences of (w0³ + 2·w1, w0·w2²) at (1, 5, 2) with dw = 0.1", mistakes={
        "These are one-sided differences: take f(w + dw) − f(w − dw).": [[3.31, 2, 0], [4, 0, 4.1]],
        "These are one-sided differences to the left: take f(w + dw) − f(w − dw).": [[2.71, 2, 0], [4, 0, 3.9]],
        "The points are dw apart: they should be 2·dw apart, one on each side.": [[3.0025, 2, 0], [4, 0, 4]],
        "This is half a difference, times dw: `/ 2 * dw` multiplies by dw. Write brackets, `/ (2 * dw)`.": np.multiply([[3.01, 2, 0], [4, 0, 4]], 0.01),
        "The difference is divided by 2 only: divide by 2·dw.": np.multiply([[3.01, 2, 0], [4, 0, 4]], 0.1),
        "Every value is exactly 2 times the right one: the two points are 2·dw apart, so divide by 2·dw.": np.multiply([[3.01, 2, 0], [4, 0, 4]], 2),
        "The differences are not divided by 2·dw.": np.multiply([[3.01, 2, 0], [4, 0, 4]], 0.2),
        "The steps of the earlier entries are still there when the next one moves: put each entry back, or move a copy.": lambda: moved_together(-0.1),
        "The steps of the earlier entries are still there when the next one moves: put each entry back after its step.": lambda: moved_together(0.1),
        "Both points keep the steps of the earlier entries: make two new copies of w for each entry.": lambda: np.stack([
            (three_to_two(point + steps) - three_to_two(point - steps)) / 0.2 for steps in 0.1 * np.tri(3)], axis=1),
        "Both points are the same: `up, down = w, w` are two names of one array. Move copies, `w.copy()`.": np.zeros((2, 3)),
        "Half of a one-sided difference: take f(w + dw) − f(w − dw), over 2·dw.": [[1.655, 1, 0], [2, 0, 2.05]],
        "The two points are subtracted the wrong way round: f(w + dw) − f(w − dw).": np.multiply([[3.01, 2, 0], [4, 0, 4]], -1),
        "The values are added: take their difference, f(w + dw) − f(w − dw).": lambda: np.stack([
            (three_to_two(point + step) + three_to_two(point - step)) / 0.2 for step in 0.1 * np.eye(3)], axis=1),
        "All entries of w move at once: only entry j should.": lambda: np.tile(((three_to_two(point + 0.1) - three_to_two(point - 0.1)) / 0.2)[:, None], (1, 3)),
    }, hint="Column j is (f(w + step) − f(w − step)) / (2·dw), where step has dw in entry j and 0 elsewhere. Print up, down and their difference for j = 0.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for m, n, h in [(1, 1, 0.5), (2, 5, 0.1), (4, 2, 0.3), (3, 3, 1e-3), (1, 4, 0.2), (5, 1, 0.01)]:
        A, B, w = rng.normal(size=(m, n)), rng.normal(size=(m, n)), rng.uniform(-1, 1, size=n)
        right = A * (3 * w ** 2 + h ** 2) + B * np.exp(w) * math.sinh(h) / h
        forward = A * (3 * w ** 2 + 3 * w * h + h ** 2) + B * np.exp(w) * math.expm1(h) / h
        with check.unchanged(w=w):
            found = numeric_jacobian(_function_of(A, B), w, h)
        check.close(found, right, rtol=1e-8, what=f"the differences of a function of {n} weights with {m} outputs, dw = {h}", mistakes={
            "These are one-sided differences: take f(w + dw) − f(w − dw).": forward,
            "The points are dw apart: they should be 2·dw apart, one on each side.": A * (3 * w ** 2 + h ** 2 / 4) + B * np.exp(w) * math.sinh(h / 2) / (h / 2),
            "This is the exact Jacobian: the question asks for central differences with the step dw.": A * 3 * w ** 2 + B * np.exp(w),
            "The step is dw times the entry of w: it should be dw for every entry.":
                lambda: A * (3 * w ** 2 + (h * w) ** 2) + B * np.exp(w) * np.sinh(h * w) / (h * w),
        }, hint="Is the step dw, for every entry of w and every dw?")
    ### END HIDDEN TESTS

with check.part(1, "whole numbers"):
    found = numeric_jacobian(two_to_two, np.array([1, 5]))
    paid = [                                       # mistakes that have cost their points above
        [[3.0301, 2], [25, 10.01]], [[2.9701, 2], [25, 9.99]], [[3.000025, 2], [25, 10]], [[6.0002, 4], [50, 20]], [[3.0001, 25], [2, 10]],
        [[5.0001, 5.0001], [35.0001, 35.0001]], as_for_floats(two_to_two, np.array([1, 5]), 0.01),
    ]
    check.close(found, check.due(found, [[3.0001, 2], [25, 10]], *paid, rtol=1e-9), rtol=1e-9,
                what="the differences of (w0³ + 2·w1, w0·w1²) at the integers (1, 5), with the default dw",
                hint="Integers stay integers if you add 0.01 in place: convert w to float first.")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for h in (0.5, 0.1, 1e-3, 0.2):
        A, B, whole = rng.normal(size=(2, 2)), rng.normal(size=(2, 2)), rng.integers(-3, 4, size=2)
        exact, exps = 3.0 * whole ** 2, np.exp(whole)
        right = A * (exact + h ** 2) + B * exps * math.sinh(h) / h
        forward, backward = (A * (exact + 3 * whole * step + h ** 2) + B * exps * math.expm1(step) / step for step in (h, -h))
        halved = A * (exact + h ** 2 / 4) + B * exps * math.sinh(h / 2) / (h / 2)
        found, for_floats = numeric_jacobian(_function_of(A, B), whole.copy(), dw=h), as_for_floats(_function_of(A, B), whole, h)
        together = np.tile(right.sum(axis=1, keepdims=True), (1, 2))
        check.close(found, check.due(found, right, forward, backward, halved, 2 * right, right.T, together, A * exact + B * exps, for_floats, rtol=1e-8), rtol=1e-8,
                    what="the differences at integers", hint="Integers stay integers if you add 0.01 in place: convert w to float first.")
    ### END HIDDEN TESTS

# %% [markdown]
# How good are such differences? Here is the relative error of $\partial f_1 / \partial w_2$ against the step, at two points.

# %% experiment
import matplotlib.pyplot as plt

steps = np.logspace(-12, -0.5, 60)
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
for point, colour in (((0.1, 0.2), "#0072B2"), ((1.0, 2.0), "#D55E00")):
    T = np.exp(point[0]) + np.exp(2 * point[1])
    exact = (np.exp(T) + np.cos(T)) * 2 * np.exp(2 * point[1])
    errors = [abs(numeric_jacobian(f, np.array(point), step)[0, 1] / exact - 1) for step in steps]
    axes.loglog(steps, errors, color=colour, label=f"at w = {point}")
    print(f"at {point}: exact {exact:.8g}; relative error {abs(numeric_jacobian(f, np.array(point), 0.01)[0, 1] / exact - 1):.2g} with dw = 0.01, "
          f"{abs(numeric_jacobian(f, np.array(point), 0.1)[0, 1] / exact - 1):.2g} with dw = 0.1")
axes.axvline(0.01, color="0.6", linestyle="--", linewidth=1)
axes.set(xlabel="step dw", ylabel="relative error of ∂f1/∂w2")
axes.legend(frameon=False)
plt.show()

# %% [markdown] answer="numeric-trap" points=2
# ### Question: a bad place for a test
#
# 1. Why do the errors in this figure fall and then rise again as the step gets smaller?
# 2. At $w = (1, 2)$ the differences with `dw` = 0.01 are 22 % off. What is so special about this point?
# 3. Suppose somebody forgets the derivative of $\sin T$. Could *any* test at $(1, 2)$ notice, even with exact arithmetic in 16
#    digits? What follows for choosing test points?
#
# ### BEGIN SOLUTION
# 1. Large steps: the error of the formula itself, which shrinks with dw² (the third derivative). Small steps: f(w + h) and f(w − h) agree in most digits,
# their difference keeps only the rounding error, about 1e-16·|f|/dw, which grows as dw shrinks.
#
# 2. There T = e + e⁴ ≈ 57 and f1 = e^57 ≈ 8e24. In w2 it is an exponential of an exponential: the relative error of central differences is about
# (h·∂T/∂w2)²/6, with ∂T/∂w2 = 2e⁴ ≈ 109 and h = 0.01 that is 1.09²/6 ≈ 0.2. With h = 0.1 it is sinh(10.9)/10.9, in the thousands.
#
# 3. No. cos T is at most 1 beside e^T ≈ 8e24, a part of 1e-25, below the 16 digits of a float; the two results are the same number. Test where all branches
# contribute comparably, as at (0.1, 0.2), and at several points.
#
# *Rubric.* ½ point: truncation against rounding. ½ point: f1 changes by large factors within one step. ½ point: cos T is lost in rounding.
# ½ point: points where every branch matters.
# ### END SOLUTION

# %% [markdown]
# ## 4. Forward mode
#
# The chain rule can be followed as the computation runs. Beside every intermediate value $v$ keep its derivatives by all weights,
#
# $$ \dot v = \Big( \frac{\partial v}{\partial w_1},\; \frac{\partial v}{\partial w_2} \Big), \qquad \dot w_1 = (1, 0), \quad \dot w_2 = (0, 1) . $$
#
# Each line of code then gets a second one beside it: $a = e^{w_1}$ is followed by $\dot a = e^{w_1} \dot w_1$, $T = a + b$ by $\dot T = \dot a + \dot b$, and so on.
# At the end $\dot f_1$ and $\dot f_2$ are the rows of the Jacobian.
#
# Write **`forward_mode`**: one line for each node of the graph, and one for its derivative. It returns both, $f$ and $J$.

# %% solution="forward_mode"
def forward_mode(w):
    """(f(w), J): an array (2,) and the Jacobian (2, 2), J[i, j] = ∂f_i/∂w_j, values and derivatives side by side."""
    ### BEGIN SOLUTION
    w1, dw1 = w[0], np.array([1.0, 0.0])
    w2, dw2 = w[1], np.array([0.0, 1.0])
    a, da = np.exp(w1), np.exp(w1) * dw1
    b, db = np.exp(2 * w2), 2 * np.exp(2 * w2) * dw2
    T, dT = a + b, da + db
    c, dc = np.exp(T), np.exp(T) * dT
    s, ds = np.sin(T), np.cos(T) * dT
    p, dp = w1 * w2, w2 * dw1 + w1 * dw2
    q = 1 / (1 + np.exp(-w1))
    dq = q * (1 - q) * dw1
    return np.array([c + s, p + q]), np.stack([dc + ds, dp + dq])   # (2,), (2, 2)
    ### END SOLUTION

# %% setup
# @title For the checks of both modes: just run it
def as_asked(result):
    """(f, J), also where they are exchanged, which costs its points in the first part."""
    value, J = result
    return (J, value) if np.shape(value) == (2, 2) and np.shape(J) == (2,) else (value, J)


def which_share(row, otherwise):
    """A hint by which of the two entries of the first row is right, and whether both are off by the same factor."""
    if np.shape(row) != (2,):
        return otherwise
    ratios = np.divide(row, [13.8898018, 37.4985425])
    if np.isclose(*ratios, rtol=1e-6):
        return "Both entries are off by the same factor, so the slopes of T are right: look at what T gets, exp T + cos T."
    for j, other in ((0, 1), (1, 0)):
        if np.isclose(ratios[j], 1, rtol=1e-6):
            return f"The entry of w{j + 1} is right, so exp T + cos T is, too: look at the path from w{other + 1} to T."
    return otherwise


def multiplied(J):
    """Whether the paths from T are multiplied in the first row: the same slip has cost its points there."""
    return np.shape(J) == (2, 2) and np.allclose(J[0], np.multiply([13.8898018, 37.4985425], -34.25669557 / 37.4985425), rtol=1e-6)

# %% oracle="jacobian"
def _analytic(w):
    """f for complex w: Im f(w + ih)/h is the derivative, exact to rounding."""
    T = np.exp(w[0]) + np.exp(2 * w[1])
    return np.array([np.exp(T) + np.sin(T), w[0] * w[1] + 1 / (1 + np.exp(-w[0]))])

def check_row(mode, rng, i, hint):
    """Compare one output of a mode, and its row of the Jacobian, with exact ones, at random points and three others."""
    for w in [*rng.uniform(-1, 0.5, size=(8, 2)), np.array([0.0, 0.0]), np.array([-2.0, -1.5]), np.array([1.0, 2.0])]:
        right = np.stack([np.imag(_analytic(w + 1e-30j * e)) / 1e-30 for e in np.eye(2)], axis=1)
        if i:
            value, J = mode(w.copy())
        else:
            with check.unchanged(w=w):
                value, J = mode(w)
        if i and np.shape(J) == (2,) and np.allclose(J, right.sum(axis=0), rtol=1e-7):
            J = right                                    # one pass for both outputs has cost its points in the first part
        check.equal(np.shape(J), (2, 2), what="the shape of the Jacobian")
        check.close(value[i], _analytic(w)[i].real, rtol=1e-9, atol=1e-12, what=f"output {i + 1} at a random point")
        exchanged = right[:, 1] if i else None           # that has cost its points in the first part
        T, q = np.exp(w[0]) + np.exp(2 * w[1]), 1 / (1 + np.exp(-w[0]))
        by_product = np.exp(T) * np.cos(T) * np.array([np.exp(w[0]), 2 * np.exp(2 * w[1])])
        multiplied = [w[1] * q * (1 - q), w[0]] if i and np.allclose(J[0], by_product, rtol=1e-7) else None
        seeded = right[1] * w if i and np.allclose(J[0], right[0] * w, rtol=1e-7) else None          # w where 1 should be, in all passes
        check.close(J[i], check.due(J[i], right[i], exchanged, multiplied, seeded, rtol=1e-7), rtol=1e-7, what=f"row {i + 1} of the Jacobian at a random point", mistakes={
            "Rows and columns are exchanged: J[i, j] belongs to output i and weight j.": right[:, i],
        }, hint=hint)

# %% test="forward_mode" points=3
with check.part(2, "the first output"):
    value, J = check.returns(forward_mode(np.array([0.1, 0.2])), "f", "J")
    check.true(np.shape(value) != (2, 2) or np.shape(J) != (2,), "f and J are exchanged.", "The function returns (f, J), in this order.")
    check.equal(np.shape(J), (2, 2), what="the shape of the Jacobian", hint="One row for each output, one column for each weight" + (
        ": this is the sum of both rows. Make one pass for each output." if np.allclose(J, [14.3391778, 37.5985425]) else "."))
    check.close(value[0], 13.9414220, what="the first output of f(0.1, 0.2)", mistakes=WRONG_FIRST, hint=AS_IN_F)
    check.close(J[0], [13.8898018, 37.4985425], rtol=1e-6, what="the first row of the Jacobian at (0.1, 0.2)", mistakes={
        "The path through sin T is missing.": [14.83509438, 40.05056562],
        "The path through exp T is missing.": [-0.9452926097, -2.55202311],
        "The factor 2 from the exponent 2·w2 is missing.": [13.88980177, 18.74927126],
        "The derivative of sin is cos, with a plus sign.": [15.78038699, 42.60258873],
        "This is exp T + sin T times the slopes of T: the derivative of sin is cos.": np.multiply([13.8898018, 37.4985425], 41.5963152 / 37.4985425),
        "The slopes of T are missing: T depends on w1 and on w2, so the chain rule has one more factor.": [12.56801237, 12.56801237],
        "The two paths from T are multiplied: they are to be added.": np.multiply([13.8898018, 37.4985425], -34.25669557 / 37.4985425),
        "The derivative of exp T is exp T, not T·exp(T − 1).": np.multiply([13.8898018, 37.4985425], 35.71153817 / 37.4985425),
        "The slope of exp(2·w2) by w2 is 2·exp(2·w2), and that of exp(w1) is exp(w1): one of the two has both.": [27.7796036, 37.4985425],
        "T gets exp T − sin T here: the derivative of sin T is cos T.": np.multiply(
            [13.8898018, 37.4985425], (np.exp(2.59699561569) - np.sin(2.59699561569)) / (np.exp(2.59699561569) + np.cos(2.59699561569))),
        "The derivatives begin with the values of the weights: each pass begins with 1 for its own weight and 0 for the other.": [1.38898018, 7.4997085],
        "The cosine is taken of a and of b, each for itself: sin T hangs on T = a + b, so its slope is cos T.": [
            np.exp(2.59699561569) * np.exp(0.1) + np.cos(np.exp(0.1)) * np.exp(0.1), (np.exp(2.59699561569) + np.cos(np.exp(0.4))) * 2 * np.exp(0.4)],
        "Rows and columns are exchanged: row i belongs to output i.": [13.8898018, 0.4493760],
    }, hint=lambda: which_share(J[0], "Compare with numeric_jacobian(f, w, 1e-5), entry by entry: which path is missing or wrong?"))
    ### BEGIN HIDDEN TESTS
    check_row(forward_mode, check.rng(), 0, "Each node's derivative must hold at every w, not only at (0.1, 0.2).")
    ### END HIDDEN TESTS

with check.part(1, "the second output"):
    value, J = as_asked(forward_mode(np.array([0.1, 0.2])))
    if np.shape(J) == (2,) and np.allclose(J, [14.3391778, 37.5985425]):
        J = np.array([[13.8898018, 37.4985425], [0.4493760, 0.1]])     # one pass for both outputs has cost its points in the first part
    check.equal(np.shape(J), (2, 2), what="the shape of the Jacobian", hint="One row for each output, one column for each weight.")
    check.close(value[1], 0.5449792, what="the second output of f(0.1, 0.2)", mistakes=WRONG_SECOND, hint=AS_IN_F)
    exchanged = [37.4985425, 0.1]                      # that has cost its points in the first part
    check.close(J[1], check.due(J[1], [0.4493760, 0.1], exchanged, [0.04987520804, 0.1] if multiplied(J) else None,
                                [0.0449376, 0.02] if np.allclose(J[0], [1.38898018, 7.4997085]) else None), rtol=1e-6, what="the second row of the Jacobian at (0.1, 0.2)", mistakes={
        "w1 goes two ways in the second output: the path through the product w1·w2 is missing.": [0.2493760402, 0.1],
        "w1 goes two ways in the second output: the path through σ is missing.": [0.2, 0.1],
        "In the product w1·w2 each derivative needs the *other* factor.": [0.3493760402, 0.2],
        "The path through the product w1·w2 is missing: its derivative is w2·dw1 + w1·dw2, not dw1·dw2.": [0.2493760402, 0.0],
        "The slope of σ is q·(1 − q): 1 − q² is that of tanh.": [0.9243968527, 0.1],
        "The slope of σ is q·(1 − q), where q is σ(w1) and not w1.": [0.29, 0.1],
        "The slope of σ is q·(1 − q): a factor is missing.": [0.7249791875, 0.1],
        "The two paths from w1 are multiplied: they are to be added.": [0.04987520804, 0.1],
        "The slope of σ is added for both weights: it is multiplied by the derivative of w1, which is 0 in the pass of w2.": [0.4493760402, 0.3493760402],
    }, hint="Compare with numeric_jacobian(f, w, 1e-5), entry by entry: which path is missing or wrong?")
    ### BEGIN HIDDEN TESTS
    check_row(lambda w: as_asked(forward_mode(w)), check.rng(), 1, "Each node's derivative must hold at every w, not only at (0.1, 0.2).")
    ### END HIDDEN TESTS

# %% [markdown]
# ## 5. Reverse mode
#
# Forward mode carries one number per *weight* through the whole computation. With a million weights and one loss it is the wrong way round. Reverse
# mode goes back from the output instead. For a chosen output, keep for every node
#
# $$ \bar v = \frac{\partial (\text{output})}{\partial v} , \qquad \bar v = \sum_{u \text{ uses } v} \bar u \, \frac{\partial u}{\partial v} . $$
#
# Start with $\bar v = 1$ at the output itself and 0 everywhere else, then visit the nodes backwards; each one hands its share to the nodes that it was made of. The sum
# is the point: $T$ is used by $c$ *and* by $s$, so it gets two shares (`+=`, not `=`), and it may hand on its own share only after it got them all.
#
# One pass back gives one row of the Jacobian: all derivatives of one output. Write **`reverse_mode`**, with one pass for each of the two outputs.

# %% solution="reverse_mode"
def reverse_mode(w):
    """(f(w), J): an array (2,) and the Jacobian (2, 2), J[i, j] = ∂f_i/∂w_j, by one pass back for each output."""
    ### BEGIN SOLUTION
    w1, w2 = w
    a, b = np.exp(w1), np.exp(2 * w2)
    T = a + b
    c, s, p, q = np.exp(T), np.sin(T), w1 * w2, 1 / (1 + np.exp(-w1))
    rows = []
    for f1_bar, f2_bar in ((1.0, 0.0), (0.0, 1.0)):
        c_bar, s_bar, p_bar, q_bar = f1_bar, f1_bar, f2_bar, f2_bar
        T_bar = c_bar * c
        T_bar += s_bar * np.cos(T)
        a_bar, b_bar = T_bar, T_bar
        w1_bar = a_bar * a
        w1_bar += p_bar * w2
        w1_bar += q_bar * q * (1 - q)
        w2_bar = b_bar * 2 * b
        w2_bar += p_bar * w1
        rows.append([w1_bar, w2_bar])
    return np.array([c + s, p + q]), np.array(rows)   # (2,), (2, 2)
    ### END SOLUTION

# %% test="reverse_mode" points=4
def once_more(J):
    """The second row, with as much of the first one in it as the found one has."""
    share = (J[1][1] - 0.1) / 37.4985425
    return np.array([0.4493760402, 0.1]) + share * np.array([13.8898018, 37.4985425]) if abs(share) > 0.01 else None


with check.part(2, "the first output"):
    value, J = check.returns(reverse_mode(np.array([0.1, 0.2])), "f", "J")
    check.true(np.shape(value) != (2, 2) or np.shape(J) != (2,), "f and J are exchanged.", "The function returns (f, J), in this order.")
    check.equal(np.shape(J), (2, 2), what="the shape of the Jacobian", hint="One row for each output, one column for each weight" + (
        ": this is the sum of both rows. Make one pass for each output." if np.allclose(J, [14.3391778, 37.5985425]) else "."))
    check.close(value[0], 13.9414220, what="the first output of f(0.1, 0.2)", mistakes=WRONG_FIRST, hint=AS_IN_F)
    check.close(J[0], [13.8898018, 37.4985425], rtol=1e-6, what="the first row of the Jacobian at (0.1, 0.2)", mistakes={
        "T got only the share of exp T: at a node that is used twice, add (`+=`).": [14.83509438, 40.05056562],
        "T got only the share of sin T: at a node that is used twice, add (`+=`).": [-0.9452926097, -2.55202311],
        "The factor 2 from the exponent 2·w2 is missing.": [13.88980177, 18.74927126],
        "The derivative of sin is cos, with a plus sign.": [15.78038699, 42.60258873],
        "This is exp T + sin T times the slopes of T: the derivative of sin is cos.": np.multiply([13.8898018, 37.4985425], 41.5963152 / 37.4985425),
        "The slopes of T are missing: T depends on w1 and on w2, so the chain rule has one more factor.": [12.56801237, 12.56801237],
        "The two paths from T are multiplied: they are to be added.": np.multiply([13.8898018, 37.4985425], -34.25669557 / 37.4985425),
        "The derivative of exp T is exp T, not T·exp(T − 1).": np.multiply([13.8898018, 37.4985425], 35.71153817 / 37.4985425),
        "The slope of exp(2·w2) by w2 is 2·exp(2·w2), and that of exp(w1) is exp(w1): one of the two has both.": [27.7796036, 37.4985425],
        "T gets exp T − sin T here: the derivative of sin T is cos T.": np.multiply(
            [13.8898018, 37.4985425], (np.exp(2.59699561569) - np.sin(2.59699561569)) / (np.exp(2.59699561569) + np.cos(2.59699561569))),
        "The cosine is taken of a and of b, each for itself: sin T hangs on T = a + b, so its slope is cos T.": [
            np.exp(2.59699561569) * np.exp(0.1) + np.cos(np.exp(0.1)) * np.exp(0.1), (np.exp(2.59699561569) + np.cos(np.exp(0.4))) * 2 * np.exp(0.4)],
        "Rows and columns are exchanged: row i belongs to output i.": [13.8898018, 0.4493760],
    }, hint=lambda: which_share(J[0], "Compare with forward_mode: which share is missing, or handed on too early?"))
    ### BEGIN HIDDEN TESTS
    check_row(reverse_mode, check.rng(), 0, "Each node's share must be right at every w, not only at (0.1, 0.2).")
    ### END HIDDEN TESTS

with check.part(2, "the second output"):
    value, J = as_asked(reverse_mode(np.array([0.1, 0.2])))
    if np.shape(J) == (2,) and np.allclose(J, [14.3391778, 37.5985425]):
        J = np.array([[13.8898018, 37.4985425], [0.4493760, 0.1]])     # one pass for both outputs has cost its points in the first part
    check.equal(np.shape(J), (2, 2), what="the shape of the Jacobian", hint="One row for each output, one column for each weight.")
    check.close(value[1], 0.5449792, what="the second output of f(0.1, 0.2)", mistakes=WRONG_SECOND, hint=AS_IN_F)
    exchanged = [37.4985425, 0.1]                      # that has cost its points in the first part
    check.close(J[1], check.due(J[1], [0.4493760, 0.1], exchanged, [0.04987520804, 0.1] if multiplied(J) else None), rtol=1e-6, what="the second row of the Jacobian at (0.1, 0.2)", mistakes={
        "w1 got only the share of σ in the second output: at a node that is used twice, add (`+=`).": [0.2493760402, 0.1],
        "w1 got only the share of the product in the second output: at a node that is used twice, add (`+=`).": [0.2, 0.1],
        "In the product w1·w2 each share needs the *other* factor.": [0.3493760402, 0.2],
        "The slope of σ is q·(1 − q): 1 − q² is that of tanh.": [0.9243968527, 0.1],
        "The slope of σ is q·(1 − q), where q is σ(w1) and not w1.": [0.29, 0.1],
        "The two paths from w1 are multiplied: they are to be added.": [0.04987520804, 0.1],
        "The second row contains the first: begin every pass with all shares at 0.": lambda: once_more(J),
    }, hint="Compare with forward_mode: which share is missing, or handed on too early?")
    ### BEGIN HIDDEN TESTS
    check_row(lambda w: as_asked(reverse_mode(w)), check.rng(), 1, "Each node's share must be right at every w, not only at (0.1, 0.2).")
    ### END HIDDEN TESTS

# %% [markdown]
# ## 6. The order of things
#
# You chose the order of the passes by looking at the picture. A machine has only the graph: for each node a list of its *successors*, the nodes that use it. It needs a
# **topological order**: a list of all nodes in which every node comes before all of its successors. Forward follows the list, backward reads it from the end, and then no
# node hands on its share too early.
#
# Write **`topological_order`**. A graph is a dict `{node: [successors]}`. Every node is a key, also one without successors; a successor may stand in a list
# twice (as in $x \cdot x$). Several orders may be right: return any of them. If the graph has a cycle there is none: raise a `ValueError`.
#
# Two ideas, take either: (a) a node that no remaining node points to can come next; (b) go as deep as you can, and note a node down when you are done with all that follows it.

# %% solution="topological_order"
def topological_order(graph):
    """All nodes of {node: [successors]}, each before its successors; ValueError if there is a cycle."""
    ### BEGIN SOLUTION
    waiting_for = {node: 0 for node in graph}            # uses of this node's inputs that are still to come
    for successors in graph.values():
        for node in successors:
            waiting_for[node] += 1
    ready = [node for node, count in waiting_for.items() if count == 0]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for successor in graph[node]:
            waiting_for[successor] -= 1
            if waiting_for[successor] == 0:
                ready.append(successor)
    if len(order) < len(graph):
        raise ValueError("the graph has a cycle")
    return order
    ### END SOLUTION

# %% test="topological_order" points=4
def check_order(graph, order, name):
    """Say what is wrong with an order, if anything is."""
    check.true(order is not None, f"{name}: nothing was returned.", "Is a `return` missing?")
    order = list(order)
    missing, twice = len(set(graph) - set(order)), len(order) - len(set(order))
    hint = "Nodes may have no successors, no predecessors, or neither, and may be reached in several ways."
    if missing and not twice and order:
        hint = f"{missing} of {len(graph)} nodes are missing: the search must begin at every node that has not been listed yet, not only at one."
    elif twice and not missing:
        hint = "Some nodes are listed more than once: note down which have been listed, for the whole graph and not for each start."
    check.true(len(order) == len(graph) and set(order) == set(graph), f"{name}: the order should hold every node exactly once.", hint)
    place = {node: i for i, node in enumerate(order)}
    edges = [(a, b) for a, successors in graph.items() for b in successors]
    backwards = [edge for edge in edges if place[edge[0]] > place[edge[1]]]
    if backwards and len(backwards) == len(edges):
        hint = "The order is exactly the wrong way round."
    else:
        hint = "A node must wait until *all* nodes that point to it have been listed: being reached is not enough."
    check.true(not backwards, f"{name}: a node comes after one of its successors.", hint, f"For example {backwards[:1]} in {order}.")

def listed(graph):
    """The order of a graph without cycles."""
    own = {node: list(successors) for node, successors in graph.items()}
    try:
        order = topological_order(own)
    except ValueError:
        check.true(False, "A ValueError was raised for a graph that has no cycle.",
                   "A node that is reached a second time is no cycle: only one that is reached again before all that follows it is done.")
    check.true(own == graph, "The graph was changed.", "Count on a copy, for example in a dict of your own.")
    return order


### BEGIN HIDDEN TESTS
def _random_graph(rng, n, share):
    """An acyclic graph whose dict and lists are in random order."""
    ranked = rng.permutation(n).tolist()
    graph = {}
    for i in rng.permutation(n).tolist():
        graph[ranked[i]] = [ranked[j] for j in rng.permutation(np.arange(i + 1, n)).tolist() if rng.uniform() < share]
    return graph
### END HIDDEN TESTS

with check.part(3, "every node before its successors"):
    small = {"w1": ["a", "p", "q"], "w2": ["b", "p"], "a": ["T"], "b": ["T"], "T": ["c", "s"], "c": ["f1"], "s": ["f1"],
             "p": ["f2"], "q": ["f2"], "f1": [], "f2": []}
    check_order(small, listed(small), "The graph of f")
    shortcut = {"a": ["d", "b"], "b": ["c"], "c": ["d"], "d": []}
    check_order(shortcut, listed(shortcut), "A graph with a shortcut from a to d")
    squared = {"a": ["c", "c", "b"], "b": ["c"], "c": []}
    check_order(squared, listed(squared), "A graph in which c uses a twice, as in x·x")
    ### BEGIN HIDDEN TESTS
    rng = check.rng()
    for n, share in [(1, 0.0), (2, 1.0), (6, 0.4), (12, 0.3), (12, 0.9), (40, 0.1), (60, 0.02), (9, 0.0)]:
        graph = _random_graph(rng, n, share)
        check_order(graph, listed(graph), f"A graph of {n} nodes")

    check_order({}, topological_order({}), "The empty graph")
    check_order({"y": [], "x": ["y", "y"]}, topological_order({"y": [], "x": ["y", "y"]}), "A node that uses another twice, as in x·x")
    several = {"a": ["c", "c", "b"], "b": ["c", "d", "d"], "c": ["d"], "d": [], "lonely": []}
    check_order(several, topological_order(several), "A graph with repeated successors")
    mixed = {(0, "x"): [1], 1: ["end"], "end": []}
    check_order(mixed, topological_order(mixed), "A graph whose nodes are a tuple, a number and a text")
    chain = {i: [i + 1] for i in range(300)} | {300: []}
    check_order(chain, topological_order(dict(reversed(chain.items()))), "A chain of 301 nodes")
    ladder = {(i, side): [(i + 1, 0), (i + 1, 1)] for i in range(12) for side in (0, 1)} | {(12, 0): [], (12, 1): []}
    check_order(ladder, topological_order(ladder), "A ladder with thousands of paths")
    ### END HIDDEN TESTS

with check.part(1, "cycles"):
    topological_order({"a": ["b"], "b": []})           # there is no cycle: nothing is raised
    check.raises(ValueError, topological_order, {"a": ["b"], "b": ["c"], "c": ["b"]}, hint="b and c wait for each other: there is no order.")
    away = "The cycle may lie anywhere, also where no path leads to it or out of it."
    try:
        from_one = len(list(topological_order({"a": [], "b": []}))) < 2       # a search from one node only has cost its points above
    except Exception:
        from_one = False
    if not from_one:
        check.raises(ValueError, topological_order, {"a": ["b"], "b": [], "c": ["d"], "d": ["c"]}, hint=away)
    ### BEGIN HIDDEN TESTS
    check.raises(ValueError, topological_order, {"a": ["a"]}, hint="A node that uses itself is a cycle, too.")
    if not from_one:
        check.raises(ValueError, topological_order, {"a": ["b"], "b": [], "c": ["d"], "d": ["e"], "e": ["c"]}, hint=away)
    check.raises(ValueError, topological_order, {"a": ["b"], "b": ["a"]}, hint=away)
    check.raises(ValueError, topological_order, {"a": ["b", "d"], "b": ["c"], "c": ["b"], "d": []}, hint=away)
    rng = check.rng()
    for n in (12, 30):                             # trees, in which no node is reached twice, with one edge back
        tree = {0: [], **{i: [] for i in range(1, n)}}
        for i in range(1, n):
            tree[int(rng.integers(max(0, i - 3), i))].append(i)
        topological_order({node: list(successors) for node, successors in tree.items()})
        above = next(node for node in tree if n - 1 in tree[node])
        tree[n - 1].append(int(rng.choice([0, above])))
        check.raises(ValueError, topological_order, tree, hint=away)
    ### END HIDDEN TESTS

# %% [markdown]
# That was the missing piece. Here is an automatic differentiator of twenty lines, driven by *your* order. Every node knows its value, and for each of its inputs the
# local derivative.

# %% experiment
class Node:
    """A value, and how it depends on its inputs: pairs (input node, local derivative)."""

    def __init__(self, value, inputs=()):
        self.value, self.inputs, self.share = value, inputs, 0.0

    def __add__(self, other):
        return Node(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        return Node(self.value * other.value, [(self, other.value), (other, self.value)])

def apply(function, slope, x):
    return Node(function(x.value), [(x, slope(x.value))])

def backward(output):
    graph, todo = {output: []}, [output]
    while todo:
        node = todo.pop()
        for source, _ in node.inputs:
            if source not in graph:
                graph[source] = []
                todo.append(source)
            graph[source].append(node)
    output.share = 1.0
    for node in reversed(topological_order(graph)):
        for source, slope in node.inputs:
            source.share += node.share * slope

for row in range(2):
    w1, w2 = Node(0.1), Node(0.2)
    T = apply(np.exp, np.exp, w1) + apply(np.exp, np.exp, Node(2.0) * w2)
    outputs = [apply(np.exp, np.exp, T) + apply(np.sin, np.cos, T), w1 * w2 + apply(expit, lambda z: expit(z) * expit(-z), w1)]
    backward(outputs[row])
    print(f"row {row + 1} of the Jacobian: {w1.share:.7f}  {w2.share:.7f}")

# %% [markdown] answer="dag" points=2
# ### Question: order or cycle
#
# Prove that a finite directed graph has a topological order if, and only if, it has no cycle.
#
# ### BEGIN SOLUTION
# *Order, so no cycle.* Suppose v1 → v2 → … → vk → v1 is a cycle. In an order each node comes before its successor, so v1 before v2 before … before vk before v1: v1
# before itself, a contradiction.
#
# *No cycle, so order.* Some node has no predecessor: otherwise walk backwards from any node, from predecessor to predecessor; among the first n + 1 nodes of the walk
# one occurs twice (there are only n), and the way between is a cycle. Put such a node first and remove it with its edges; the rest still has no cycle, and by induction on the
# number of nodes it has an order. Every edge of the removed node leads to later nodes, so the whole is an order.
#
# *Rubric.* ½ point: an order excludes cycles. 1 point: a node without predecessor (or without successor) exists, with a reason that uses finiteness. ½ point:
# induction, or an algorithm shown to end with all nodes.
# ### END SOLUTION

# %% [markdown]
# ## 7. What a gradient step minimises
#
# Around the present weights $w$ we know $L(w)$ and $g = \nabla L(w)$, so we know the linear model $L(w) + g \cdot (v - w)$. It has no minimum, so we add a price for going far:
#
# $$ m(v) = L(w) + g \cdot (v - w) + \frac{\lambda}{2} \lVert v - w \rVert^2 . $$
#
# Which $v$ minimises $m$? Write **`gradient_step`**, which returns it. What is the learning rate?

# %% solution="gradient_step"
def gradient_step(w, grad, lam):
    """The v (D,) that minimises grad·(v − w) + lam/2·‖v − w‖², for w and grad (D,) and lam > 0."""
    ### BEGIN SOLUTION
    return w - grad / lam
    ### END SOLUTION

# %% test="gradient_step" points=2
w, g, lam = np.array([1.0, 2.0]), np.array([0.5, -1.0]), 4.0
with check.unchanged(w=w, grad=g):
    found = gradient_step(w, g, lam)
check.close(found, [0.875, 2.25], what="the minimiser for w = (1, 2), g = (0.5, -1), λ = 4", mistakes={
    "This goes uphill: m rises in the direction of g.": w + g / lam,
    "λ is the price, not the learning rate: the higher it is, the shorter the step.": w - lam * g,
    "This is the step itself: return the new point.": -g / lam,
    "A factor 2: what is the derivative of (λ/2)·‖v − w‖²?": w - g / (2 * lam),
    "Here only the direction of g counts: its length belongs in the step, too.": w - g / np.linalg.norm(g) / lam,
    "This is g/λ − w: the sign of the whole is wrong.": g / lam - w,
    "λ has no part in this step.": w - g,
    "This minimises g·v + λ/2·‖v‖²: the price is for the distance from w.": (w - g) / lam,
}, hint="Set the derivative of m by v to 0.")
check.passed("gradient_step finds the lowest point of the model.")
### BEGIN HIDDEN TESTS
from scipy.optimize import minimize

rng = check.rng()
for d, lam in [(1, 0.3), (3, 1.0), (6, 25.0), (2, 0.01)]:
    w, g = rng.normal(size=(2, d))
    right = minimize(lambda v: (g @ (v - w) + lam / 2 * np.sum((v - w) ** 2)) / (1 + 1 / lam), w, method="BFGS", options={"gtol": 1e-9}).x
    with check.unchanged(w=w, grad=g):
        found = gradient_step(w, g, lam)
    check.close(found, right, rtol=1e-4, what=f"the minimiser for {d} weights, λ = {lam}", mistakes={
        "This goes uphill: m rises in the direction of g.": w + g / lam,
        "λ is the price, not the learning rate: the higher it is, the shorter the step.": w - lam * g,
        "A factor 2: what is the derivative of (λ/2)·‖v − w‖²?": w - g / (2 * lam),
    }, hint="Set the derivative of m by v to 0.")
    check.close(g + lam * (np.asarray(found) - w), np.zeros(d), atol=1e-9 * np.abs(g).max(), what="the derivative of m at the returned point")
### END HIDDEN TESTS

# %% [markdown] answer="average-iterate" points=3
# ### Question: the average is good
#
# Let $L$ be convex with minimum at $w^*$, and $\lVert \nabla L(w) \rVert \le G$ everywhere. Take $T$ steps $w^{t+1} = w^t - \eta \nabla L(w^t)$ from $w^1$, and let
# $\bar w = \frac1T \sum_{t=1}^T w^t$, $B = \lVert w^1 - w^* \rVert$. Show that
#
# $$ L(\bar w) - L(w^*) \le \frac{B^2}{2 \eta T} + \frac{\eta G^2}{2} , $$
#
# and choose $\eta$ so that the right side is as small as possible. (Begin by expanding $\lVert w^{t+1} - w^* \rVert^2$.)
#
# ### BEGIN SOLUTION
# Write g_t for the gradient at w^t. Expanding, ‖w^{t+1} − w*‖² = ‖w^t − w*‖² − 2η g_t·(w^t − w*) + η²‖g_t‖².
#
# Solve for the product: g_t·(w^t − w*) = (‖w^t − w*‖² − ‖w^{t+1} − w*‖²)/(2η) + (η/2)‖g_t‖².
#
# Convexity: L(w^t) − L(w*) ≤ g_t·(w^t − w*). Sum over t = 1 … T: the squares telescope, what is left is at most B²/(2η) + ηTG²/2. Divide by T.
#
# Convexity again (Jensen): L(mean of the w^t) ≤ mean of the L(w^t). Together this is the claim.
#
# The best η makes both terms equal: η = B/(G√T), and the bound becomes BG/√T.
#
# *Rubric.* 1 point: expansion and telescoping sum. 1 point: both uses of convexity, first order and Jensen. 1 point: η = B/(G√T) and BG/√T (½ each).
# ### END SOLUTION

# %% [markdown]
# So full gradient steps with a small $\eta$ do well on average. **Stochastic** gradient descent looks at one term of the loss at a time, and then a single step may do
# harm, however small $\eta$ is. Two examples want different things:
#
# $$ L(w) = \ell_1(w) + \ell_2(w), \qquad \ell_1(w) = \tfrac12 (w - 2)^2, \qquad \ell_2(w) = \tfrac12 (w + 1)^2 . $$
#
# We stand at $w = 0$ and draw the second example: the step is $w \leftarrow w - \eta\, \ell_2'(w)$. Write **`sgd_step_loss`**: the *whole* loss $L$ before this step and after it.

# %% solution="sgd_step_loss"
def sgd_step_loss(eta):
    """(L before, L after) one step from w = 0 with the gradient of the second example alone and learning rate eta."""
    ### BEGIN SOLUTION
    def loss(w):
        return 0.5 * (w - 2) ** 2 + 0.5 * (w + 1) ** 2

    w = 0.0
    return loss(w), loss(w - eta * (w + 1))
    ### END SOLUTION

# %% test="sgd_step_loss" points=2
with check.part(1, "the loss before the step"):
    before = sgd_step_loss(0.25)[0]
    check.close(before, 2.5, what="the loss before the step", mistakes={
        "The two results are exchanged: first the loss before the step, then the one after it.": 2.8125,
        "This is the loss of the first example only: the whole loss is the sum.": 2.0,
        "This is the loss of the second example only: the whole loss is the sum.": 0.5,
        "This is the mean of both: here the loss is their sum.": 1.25,
        "The ½ is missing.": 5.0,
        "This is the weight, not the loss: work out ½ times the squared error of each example at it.": 0.0,
    })
    ### BEGIN HIDDEN TESTS
    for eta in (1e-3, 1.0, 5.0):
        check.close(sgd_step_loss(eta)[0], 2.5, rtol=1e-9, what="the loss before the step", hint="It does not depend on eta.")
    ### END HIDDEN TESTS

with check.part(1, "the loss after the step"):
    def in_order(eta):
        """(before, after): that they are exchanged has cost its point above."""
        first, second = (float(np.squeeze(one)) for one in sgd_step_loss(eta))
        return (second, first) if np.isclose(second, 2.5, rtol=1e-9) and not np.isclose(first, 2.5, rtol=1e-9) else (first, second)

    def check_after(eta):
        """Another loss has cost its point above."""
        before, after = in_order(eta)
        at = {0.5: lambda w: (w + 1) ** 2 / 2, 2.0: lambda w: (w - 2) ** 2 / 2, 1.25: lambda w: ((w - 2) ** 2 + (w + 1) ** 2) / 4,
              5.0: lambda w: (w - 2) ** 2 + (w + 1) ** 2}.get(round(before, 6), lambda w: ((w - 2) ** 2 + (w + 1) ** 2) / 2)
        check.close(after, at(-eta), rtol=1e-9, what=f"the loss after the step with η = {eta:.3g}", mistakes={
            "This is the loss of the second example only: the whole loss is the sum.": (1 - eta) ** 2 / 2,
            "This step goes to the right, as one with the gradient of the whole loss would: the gradient of the second example alone is +1 at 0.": at(eta),
            "This is a step with the gradient of the first example: the second was drawn.": at(2 * eta),
            "This step is twice as long as it should be: the derivative of ½(w + 1)² is w + 1.": at(-2 * eta),
            "This step is half as long as it should be: the derivative of ½(w + 1)² is w + 1, the ½ and the 2 cancel.": at(-eta / 2),
            "This is a step with both gradients, one after the other: only the second example was drawn.": at(eta - 2 * eta ** 2),
            "Nothing has moved: is w changed before the second loss is taken?": at(0.0),
        }, hint="Does the step depend on eta, and is it taken from w = 0 with the gradient w + 1?")

    check_after(0.25)
    ### BEGIN HIDDEN TESTS
    for eta in [1e-3, 0.1, 1.0, 2.0, 5.0, *check.rng().uniform(0, 3, size=4)]:
        check_after(eta)
    ### END HIDDEN TESTS

# %% [markdown]
# ## 8. The smallest networks
#
# A network with one hidden layer of ReLU units computes
#
# $$ \hat y = W_2 \cdot \max(0,\, W_1 x + b_1) + b_2 . $$
#
# For $x \in \{0, 1\}^2$ it should give the truth value *itself*, 0 or 1. How few hidden units are enough for OR? And for XOR? Find weights by thinking, not by training.
# Write **`or_network`** and **`xor_network`**: dicts with `W1` $(H, 2)$, `b1` $(H,)$, `W2` $(H,)$ and the number `b2`.

# %% solution="or_network"
# or_network = {"W1": np.array([[..., ...]]), "b1": np.array([...]), "W2": np.array([...]), "b2": ...}
### BEGIN SOLUTION
or_network = {"W1": np.array([[-1.0, -1.0]]), "b1": np.array([1.0]), "W2": np.array([-1.0]), "b2": 1.0}
### END SOLUTION

# %% oracle="truth_table"
def check_truth_table(network, truth):
    """Compare the outputs of a ReLU network with a function of two bits, all units at once."""
    for x in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        units = np.maximum(0, np.asarray(network["W1"]) @ np.array(x) + np.asarray(network["b1"]))
        value = units @ np.asarray(network["W2"]) + np.squeeze(network["b2"])
        check.close(value, float(truth(x)), atol=1e-6, what=f"the output for x = {x}")

# %% test="or_network" points=1
def output_of(network, x):
    """The network's output for one input, unit by unit."""
    W1, b1, W2 = (np.asarray(network[name], dtype=float) for name in ("W1", "b1", "W2"))
    check.true(W1.ndim == 2 and W1.shape[1] == 2, "W1 should have two columns, one for each input, and a row for each hidden unit.",
               "This is its transpose." if W1.shape == (2, 1) else "Its shape is (H, 2): for one hidden unit, [[…, …]].")
    check.equal(b1.shape, (len(W1),), what="the shape of b1")
    check.equal(W2.shape, (len(W1),), what="the shape of W2")
    hidden = [max(0.0, float(row @ x) + float(b)) for row, b in zip(W1, b1)]
    return float(np.squeeze(network["b2"])) + sum(float(w) * h for w, h in zip(W2, hidden))

for name in ("W1", "b1", "W2", "b2"):
    check.true(name in or_network, f'or_network["{name}"] is missing.')
for x in [(0, 0), (0, 1), (1, 0), (1, 1)]:
    output = output_of(or_network, np.array(x, dtype=float))
    check.true(bool(abs(output - (x[0] or x[1])) < 1e-6), f"For x = {x} the output is not {x[0]} OR {x[1]}.",
               "ReLU bends once: where should the bend be, so that the inputs with one and with two ones give the same?", f"It is {output:g}.")
check.true(len(or_network["W1"]) == 1, "This network has more hidden units than OR needs.", "ReLU can cut off: let the only unit be 0 for all inputs but one.")
check.passed("OR, with a single unit.")
### BEGIN HIDDEN TESTS
check_truth_table(or_network, lambda x: any(x))
### END HIDDEN TESTS

# %% solution="xor_network"
# xor_network = {"W1": ..., "b1": ..., "W2": ..., "b2": ...}
### BEGIN SOLUTION
xor_network = {"W1": np.array([[1.0, 1.0], [1.0, 1.0]]), "b1": np.array([0.0, -1.0]), "W2": np.array([1.0, -2.0]), "b2": 0.0}
### END SOLUTION

# %% test="xor_network" points=2
def output_of(network, x):
    """The network's output for one input, unit by unit."""
    for name in ("W1", "b1", "W2", "b2"):
        check.true(name in network, f'xor_network["{name}"] is missing.')
    W1, b1, W2 = (np.asarray(network[name], dtype=float) for name in ("W1", "b1", "W2"))
    check.true(W1.ndim == 2 and W1.shape[1] == 2, "W1 should have two columns, one for each input, and a row for each hidden unit.",
               "This is its transpose." if W1.shape == (2, 1) else "Its shape is (H, 2): for one hidden unit, [[…, …]].")
    check.equal(b1.shape, (len(W1),), what="the shape of b1")
    check.equal(W2.shape, (len(W1),), what="the shape of W2")
    hidden = [max(0.0, float(row @ x) + float(b)) for row, b in zip(W1, b1)]
    return float(np.squeeze(network["b2"])) + sum(float(w) * h for w, h in zip(W2, hidden))


def outputs_of(network):
    """Those for (0,0), (0,1), (1,0), (1,1)."""
    return [output_of(network, np.array(x, dtype=float)) for x in [(0, 0), (0, 1), (1, 0), (1, 1)]]


def is_xor_with_steps(network):
    """Whether it would be XOR if the units were 0 or 1, as those of a perceptron are."""
    step = lambda value: float(value > 0)
    return all(step(network["W2"] @ np.array([step(value) for value in network["W1"] @ x + network["b1"]]) + network["b2"]) == (x[0] != x[1])
               for x in np.array([(0, 0), (0, 1), (1, 0), (1, 1)]))


with check.part(1, "the outputs"):
    check.close(outputs_of(xor_network), [0, 1, 1, 0], atol=1e-6, what="the outputs for (0,0), (0,1), (1,0), (1,1)", mistakes={
        "This is OR: with two ones the output should be 0 again.": [0, 1, 1, 1],
        "This is AND.": [0, 0, 0, 1],
        "This is the opposite of XOR.": [1, 0, 0, 1],
        "With units that are 0 or 1 this would be XOR. Behind a ReLU stands its number, however large: work out the hidden values for (0, 1).":
            lambda: outputs_of(xor_network) if is_xor_with_steps(xor_network) else None,
        "This is x1 + x2: at (1, 1) a second unit should take away what is too much.": [0, 1, 1, 2],
    }, hint="How many ones are there, 0, 1 or 2? The output as a function of that number goes up and down again.")
    ### BEGIN HIDDEN TESTS
    check_truth_table(xor_network, lambda x: x[0] != x[1])
    ### END HIDDEN TESTS

with check.part(1, "with two units"):
    outputs, W1, W2 = outputs_of(xor_network), np.asarray(xor_network["W1"], dtype=float), np.asarray(xor_network["W2"], dtype=float)
    check.true(len(W1) == 2, "This network does not have two hidden units.", "One bend up, one bend down: two units are enough.", f"It has {len(W1)}.")
    check.true(bool(np.ptp(outputs) > 1e-6 and W1.any(axis=1).all() and W2.all()),
               "One of the two units does nothing, or the output is always the same.", "Find weights for XOR first.")

# %% [markdown] answer="xor-one-layer" points=1
# ### Question: one is not enough
#
# Why can't a network without a hidden layer, $\hat y = w \cdot x + b$ with a threshold, compute XOR? Would a network with one single ReLU unit do?
#
# ### BEGIN SOLUTION
# With z(x) = w·x + b we have z(0,0) + z(1,1) = z(0,1) + z(1,0). For XOR both terms on the right should be above the threshold and both on the left
# not above it, so the right sum is larger than the left: a contradiction.
#
# One ReLU unit doesn't help: the output W2·max(0, z) + b2 is a monotone function of z, so the values of z for "1" must all lie on one side of those for "0", and
# the same sum leads to the same contradiction.
#
# *Rubric.* ½ point: a proof for the linear network (the sum, or convexity of half-planes). ½ point: one ReLU unit is monotone in z.
# ### END SOLUTION

# %% [markdown]
# ## 9. Three ways to stand still
#
# Right gradients don't guarantee that anything is learned. Three small experiments:
#
# 1. **Zero initialisation.** The XOR problem, six tanh units, gradient descent; weights start at 0, nearly at 0, or at random.
# 2. **Saturation.** A single sigmoid unit with squared error should answer 0, but starts with $z = 2$, $6$ or $10$, so it says about 1.
# 3. **Dying ReLU.** Forty runs of a single ReLU unit, $\hat y = \max(0, w \cdot x + b)$, that should answer 1 where $x_1 + x_2 > 1.2$ and 0 elsewhere. In
#    the first half of the steps they see *negative examples only* or, for comparison, all examples in mixed order. A run is dead when its output is 0 on all
#    positive examples.

# %% experiment
import matplotlib.pyplot as plt

def train_xor(scale, steps=1500, rate=1.0, units=6):
    """Cross-entropy at each step, for a start of this size."""
    rng = np.random.default_rng(1)
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([0, 1, 1, 0.0])
    W1, b1, W2, b2 = scale * rng.normal(size=(units, 2)), np.zeros(units), scale * rng.normal(size=units), 0.0
    losses = []
    for _ in range(steps):
        hidden = np.tanh(X @ W1.T + b1)                    # (4, units)
        output = expit(hidden @ W2 + b2)                   # (4,)
        losses.append(-np.mean(y * np.log(output) + (1 - y) * np.log(1 - output)))
        dz2 = (output - y) / 4
        dz1 = dz2[:, None] * W2 * (1 - hidden ** 2)        # (4, units)
        W1, b1, W2, b2 = W1 - rate * dz1.T @ X, b1 - rate * dz1.sum(axis=0), W2 - rate * hidden.T @ dz2, b2 - rate * dz2.sum()
    return losses

def train_sigmoid(z, steps=700, rate=1.0):
    """Squared error of one sigmoid unit with target 0, started at z."""
    losses = []
    for _ in range(steps):
        output = expit(z)
        losses.append(output ** 2 / 2)
        z -= rate * output * output * (1 - output)
    return losses

def train_relu(negatives_first, runs=40, steps=800, rate=0.3):
    """Share of dead runs after each step of SGD."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(200, 2))
    y = (X.sum(axis=1) > 1.2).astype(float)
    w, b, dead = rng.uniform(-0.3, 1, size=(runs, 2)), rng.uniform(0, 0.5, size=runs), []
    for step in range(steps):
        pool = np.flatnonzero(y == 0) if negatives_first and step < steps // 2 else np.arange(200)
        i = rng.choice(pool)
        z = w @ X[i] + b                                   # (runs,)
        dz = np.where(z > 0, z - y[i], 0.0)
        w, b = w - rate * dz[:, None] * X[i], b - rate * dz
        dead.append(np.mean(np.all(w @ X[y == 1].T + b[:, None] <= 0, axis=1)))
    return dead

figure, axes = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
for scale, colour in ((0, "#D55E00"), (0.01, "#E69F00"), (1, "#0072B2")):
    axes[0].plot(train_xor(scale), color=colour, label=f"start {scale} × normal", linestyle="--" if scale == 0.01 else "-")
axes[0].set(title="Zero initialisation", xlabel="step", ylabel="loss", ylim=(0, 1))
for z, colour in ((2, "#0072B2"), (6, "#E69F00"), (10, "#D55E00")):
    axes[1].plot(train_sigmoid(z), color=colour, label=f"start z = {z}")
axes[1].set(title="Saturation", xlabel="step", ylabel="loss")
for first, colour, label in ((False, "#0072B2", "mixed order"), (True, "#D55E00", "negatives first, up to step 400")):
    axes[2].plot(train_relu(first), color=colour, label=label)
axes[2].set(title="Dying ReLU", xlabel="step", ylabel="share of dead runs", ylim=(0, 1))
for ax in axes:
    ax.legend(frameon=False)
plt.show()

# %% [markdown] answer="standing-still" points=2
# ### Question: what stands still, and why
#
# Explain each of the three pictures by the gradient: which factor of the chain rule is 0, or nearly? For each, one thing that helps.
#
# ### BEGIN SOLUTION
# 1. Zero start: dW2 is proportional to the hidden outputs tanh(0) = 0, and the gradient of W1 is proportional to W2 = 0; both stay 0, only b2 could move (and
# here its gradient is 0 by symmetry). With any equal start all units would stay copies of each other. Tiny random weights leave a plateau near that point.
# Remedy: random weights of a suitable size (scaled by the number of inputs).
#
# 2. Saturation: the factor σ'(z) = x(1 − x) is about e^(−z), 0.00005 at z = 10. The error is largest and the step smallest. Remedy: cross-entropy instead of squared error
# (cancels the factor), smaller initial weights, normalised inputs, ReLU.
#
# 3. Dying ReLU: negatives push w·x + b down until it is below 0 where it matters; there max(0, ·) has slope 0, so the positive examples that come later have no
# gradient to lift it again. In mixed order the positives pull it up in time (mostly). Remedy: shuffle; smaller learning rate; leaky ReLU; a positive
# bias at the start.
#
# *Rubric.* ½ point for each picture: the factor that vanishes. ½ point: a sensible remedy for each.
# ### END SOLUTION
