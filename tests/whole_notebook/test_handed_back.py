"""What student code gives to a test, and gets back from it, is what it was: a cache of any kind."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from asked_of_both import asked, make_class, verdicts

TEST = """
    x = np.array([[1.0, -2.0], [-3.0, 4.0]])
    out, cache = forward(x)
    assert out.tolist() == [[1, 0], [0, 4]]
    forward(-x)
    assert backward(np.ones((2, 2)), cache).tolist() == [[1, 0], [0, 1]]
"""
RIGHT = """
    def forward(x):
        return np.maximum(x, 0), x
    def backward(dout, cache):
        return dout * (cache > 0)
"""
FORWARD = "def forward(x):\n    return np.maximum(x, 0), {}\n"
KINDS = {
    "masked": FORWARD.format("np.ma.masked_less_equal(x, 0)")
    + "def backward(dout, cache):\n    return np.where(np.ma.getmaskarray(cache), 0, dout)",
    "derived": "class Kept(np.ndarray):\n    def positive(self):\n        return self > 0\n"
    + FORWARD.format("x.view(Kept)")
    + "def backward(dout, cache):\n    return dout * np.asarray(cache.positive())",
    "in_a_dict": "class Kept(np.ndarray):\n    def positive(self):\n        return self > 0\n"
    + FORWARD.format("{'x': [x.view(Kept)]}")
    + "def backward(dout, cache):\n    return dout * np.asarray(cache['x'][0].positive())",
    "mapped": FORWARD.format("np.memmap('x.bin', dtype=float, mode='w+', shape=x.shape)")
    + "def backward(dout, cache):\n    cache.flush()\n    return np.eye(2)",
    "error": FORWARD.format("ValueError(x)")
    + "def backward(dout, cache):\n    return dout * (cache.args[0] > 0)",
    "table": "import pandas as pd\nclass Kept(pd.DataFrame):\n    def positive(self):\n"
    "        return self.to_numpy() > 0\n"
    + FORWARD.format("Kept(x)")
    + "def backward(dout, cache):\n    return dout * cache.positive()",
    "attributes": "import pandas as pd\ndef forward(x):\n    table = pd.DataFrame(x)\n"
    "    table.attrs['x'] = x\n    return np.maximum(x, 0), table\n"
    "def backward(dout, cache):\n    return dout * (cache.attrs['x'] > 0)",
}
TENSORS = {
    "tensor": "import torch\n"
    + FORWARD.format("torch.from_numpy(x)")
    + "def backward(dout, cache):\n    return dout * (cache > 0).numpy()",
    "graph": "import torch\ndef forward(x):\n    t = torch.tensor(x, requires_grad=True)\n"
    "    out = torch.relu(t)\n    return out.detach().numpy(), (t, out)\n"
    "def backward(dout, cache):\n    t, out = cache\n    out.backward(torch.from_numpy(dout))\n"
    "    return t.grad.numpy()",
}
TORCH = importlib.util.find_spec("torch") is not None
PANDAS = importlib.util.find_spec("pandas") is not None
CODES = (
    {name: code for name, code in KINDS.items() if PANDAS or name not in ("table", "attributes")}
    | (TENSORS if TORCH else {})
    | {"wrong": FORWARD.format("x") + "def backward(dout, cache):\n    return dout"}
)
QUESTIONS = (
    asked("layer", RIGHT, TEST, **CODES),
    # a test that changes what it got means the changed one
    asked(
        "changed",
        "def made():\n    return np.arange(3.0)\ndef total(x):\n    return float(np.sum(x))",
        """
        x = made()
        x[0] = 5
        assert total(x) == 8
        """,
        derived="class Kept(np.ndarray):\n    pass\ndef made():\n"
        "    return np.arange(3.0).view(Kept)\ndef total(x):\n    return float(np.sum(x))",
        masked="def made():\n    return np.ma.array(np.arange(3.0))\n"
        "def total(x):\n    return float(np.sum(x))",
    ),
)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, str]]]:
    """Engine → student → question → status."""
    root: Path = tmp_path_factory.mktemp("back")
    assignment = make_class(root, "import numpy as np", QUESTIONS, tuple(CODES))
    return {engine: verdicts(assignment, engine) for engine in ("isolated", "nbgrader")}


@pytest.mark.parametrize("student", CODES)
def test_a_cache_of_any_kind_comes_back_as_what_it_was(
    graded: dict[str, dict[str, dict[str, str]]], student: str
) -> None:
    for engine, found in graded.items():
        due = ["failed"] if student == "wrong" else ["passed"]
        if (student, engine) == ("graph", "isolated"):
            due.append("manual")  # if this process has PyTorch: the test's graph is another one
        assert found[student]["layer"] in due, engine
        assert found[student]["changed"] == "passed", engine
