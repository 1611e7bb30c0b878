"""All shares are set to 0 once, before the loop over the outputs."""

REPLACES = "reverse_mode"
FAILS = ["reverse_mode/the second output"]
HINT = "begin every pass"


def reverse_mode(w):
    w1, w2 = float(w[0]), float(w[1])
    a = np.exp(w1)
    b = np.exp(2 * w2)
    T = a + b
    c = np.exp(T)
    s = np.sin(T)
    p = w1 * w2
    q = 1 / (1 + np.exp(-w1))
    values = np.array([c + s, p + q])

    bar = {name: 0.0 for name in ("f1", "f2", "c", "s", "p", "q", "T", "a", "b", "w1", "w2")}
    J = np.zeros((2, 2))
    for i, output in enumerate(("f1", "f2")):
        bar[output] = 1.0
        bar["c"] += bar["f1"]
        bar["s"] += bar["f1"]
        bar["p"] += bar["f2"]
        bar["q"] += bar["f2"]
        bar["T"] += bar["c"] * c + bar["s"] * np.cos(T)
        bar["a"] += bar["T"]
        bar["b"] += bar["T"]
        bar["w1"] += bar["a"] * a + bar["p"] * w2 + bar["q"] * q * (1 - q)
        bar["w2"] += bar["b"] * 2 * b + bar["p"] * w1
        J[i] = bar["w1"], bar["w2"]
    return values, J
