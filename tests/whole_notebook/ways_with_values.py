"""Ways with values: what a function returns or a name holds, of whatever type it is."""

from __future__ import annotations

from whole_course import PLAIN, way

__all__ = ["WAYS"]

RATIO = "def ratio(a, b):\n    result = np.divide(a, b, out=np.zeros(len(a)), where=b != 0)\n"

WAYS = (
    way(
        "numpy scalars, arrays of one number, and bool arrays",
        share="def share(values, limit):\n    return np.mean(np.asarray(values) > limit)",
        primes="primes = np.array([2, 3, 5, 7, 11, 13])",
        a="a = np.int64(1)",
        a_again="a = np.array(2)",
        rare=True,
    ),
    way(
        "float32 that is exact, and Fortran order",
        share="def share(values, limit):\n"
        "    return np.float32(above(values, limit) / len(values))",
        ratio=f"{RATIO}    return np.asfortranarray(result.astype(np.float32))",
        primes="primes = np.array([2, 3, 5, 7, 11, 13], dtype=np.uint8)",
    ),
    way(
        "views, read-only arrays and broadcast ones",
        ratio=f"{RATIO}    result = np.repeat(result, 2)[::2]\n    result.flags.writeable = False\n"
        "    return result",
        primes="primes = np.broadcast_to(np.array([2, 3, 5, 7, 11, 13]), (2, 6))[0]",
        rare=True,
    ),
    way(
        "np.matrix, masked arrays and array subclasses",
        ratio="""
            class Ours(np.ndarray):
                pass

            def ratio(a, b):
                masked = np.ma.divide(a, b).filled(0)
                return masked.view(Ours)
        """,
        primes="primes = np.ma.array([2, 3, 5, 7, 11, 13])",
        rare=True,
    ),
    way("a list in place of an array", ratio=f"{RATIO}    return result.tolist()", rare=True),
    way(
        "a tuple in place of an array",
        ratio=f"{RATIO}    return (*result,)",
        primes="primes = 2, 3, 5, 7, 11, 13",
        rare=True,
    ),
    way("a dict's keys", primes="primes = dict.fromkeys([2, 3, 5, 7, 11, 13]).keys()", rare=True),
    way(
        "an OrderedDict",
        primes="from collections import OrderedDict\n"
        "primes = OrderedDict.fromkeys([2, 3, 5, 7, 11, 13])",
        rare=True,
    ),
    way(
        "a Counter",
        primes="from collections import Counter\nprimes = Counter([2, 3, 5, 7, 11, 13])",
        rare=True,
    ),
    way(
        "a deque",
        primes="from collections import deque\nprimes = deque([2, 3, 5, 7, 11, 13])",
        rare=True,
    ),
    way(
        "a deque in place of an array",
        ratio=f"from collections import deque\n\n{RATIO}    return deque(result)",
    ),
    way(
        "an array.array",
        primes="from array import array\nprimes = array('i', [2, 3, 5, 7, 11, 13])",
        rare=True,
    ),
    way(
        "bytes, memoryview and an array's data",
        ratio=f"{RATIO}    return result.data",
        primes="primes = memoryview(bytes([2, 3, 5, 7, 11, 13]))",
        rare=True,
    ),
    way(
        "a UserList",
        primes="from collections import UserList\nprimes = UserList([2, 3, 5, 7, 11, 13])",
        rare=True,
    ),
    way(
        "a list class of one's own",
        primes="""
            class Numbers:
                def __init__(self, *numbers):
                    self.numbers = numbers

                def __len__(self):
                    return len(self.numbers)

                def __getitem__(self, index):
                    return self.numbers[index]

            primes = Numbers(2, 3, 5, 7, 11, 13)
        """,
        rare=True,
    ),
    way(
        "an iterator",
        primes="primes = filter(lambda n: all(n % d for d in range(2, n)), range(2, 14))",
        rare=True,
    ),
    way(
        "a generator that waits for list()",
        primes="primes = (n for n in range(2, 14) if all(n % d for d in range(2, n)))",
        rare=True,
    ),
    way(
        "an object with __iter__",
        primes="""
            class Numbers:
                def __iter__(self):
                    yield from (2, 3, 5, 7, 11, 13)

            primes = Numbers()
        """,
        rare=True,
    ),
    way("a set of small numbers", primes="primes = {2, 3, 5, 7, 11, 13}", rare=True),
    way(
        "numbers of Python's own classes",
        share="from fractions import Fraction\n\ndef share(values, limit):\n"
        "    return float(Fraction(int(above(values, limit)), len(values)))",
        a="from decimal import Decimal\na = Decimal(1)",
        a_again="a = Fraction(4, 2)",
    ),
    way(
        "a truth value, an IntEnum and an int of one's own",
        a="a = True",
        a_again="""
            class Count(int):
                pass

            a = Count(2)
        """,
        primes="""
            from enum import IntEnum

            class Prime(IntEnum):
                TWO, THREE, FIVE, SEVEN, ELEVEN, THIRTEEN = 2, 3, 5, 7, 11, 13

            primes = list(Prime)
        """,
        rare=True,
    ),
    way(
        "complex numbers without an imaginary part, and floats for labels",
        a="a = 1 + 0j",
        a_again="a = 2.0",
        primes="primes = [2.0, 3.0, 5.0, 7.0, 11.0, 13.0]",
        rare=True,
    ),
    way(
        "an object that equals a number",
        a_again="""
            class Two:
                def __eq__(self, other):
                    return other == 2

            a = Two()
        """,
        human="an object could say that it is equal to anything",
        rare=True,
    ),
    way(
        "a pandas-like object with __array__",
        ratio=f"""
class Column:
    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype=dtype)

{RATIO}    return Column(result)
""",
    ),
    way(
        "torch tensors",
        ratio="""
            import torch

            def ratio(a, b):
                a, b = torch.as_tensor(a), torch.as_tensor(b)
                return torch.where(b == 0, torch.zeros_like(a), a / b)
        """,
        primes="primes = torch.tensor([2, 3, 5, 7, 11, 13])",
        own=[("above primes", "import torch")],
    ),
    way(
        "a Series and an Index of pandas, which the course does not import",
        ratio=f"import pandas as pd\n\n{RATIO}    return pd.Series(result, name='ratio')",
        primes="import pandas as pd\n\nprimes = pd.Index([2, 3, 5, 7, 11, 13])",
    ),
    way(
        "torch tensors that carry gradients, and a size",
        primes="primes = torch.empty(2, 3, 5, 7, 11, 13, device='meta').shape",
        ratio="""
            import torch

            def ratio(a, b):
                a = torch.tensor(a, requires_grad=True)
                return a * torch.tensor([1 / y if y else 0.0 for y in b])
        """,
        Nearest="""
            class Nearest(torch.nn.Module):
                def __init__(self):
                    super().__init__()
                    self.scale = torch.nn.Parameter(torch.ones(()))

                def fit(self, X, y):
                    self.register_buffer("X", torch.as_tensor(np.asarray(X)))
                    self.y = list(y)
                    return self

                def forward(self, x):
                    return torch.linalg.norm(self.X - self.scale * torch.as_tensor(x), dim=1)

                def predict(self, x):
                    return self.y[int(self(x).argmin())]
        """,
        own=[("top", "import torch")],
        rare=True,
    ),
    way(
        "a DataLoader of torch with workers, and a model saved and loaded",
        own=[
            (
                "above primes",
                """
                import torch
                from torch.utils.data import DataLoader, TensorDataset

                torch.set_num_threads(2)
                data = TensorDataset(torch.tensor([2, 3, 5, 7, 11, 13]))
                loader = DataLoader(data, batch_size=2, num_workers=2)
                model = torch.nn.Linear(2, 1)
                torch.save(model.state_dict(), "model.pt")
                model.load_state_dict(torch.load("model.pt"))
                """,
            )
        ],
        primes="primes = [int(p) for (batch,) in loader for p in batch]  # torch",
        rare=True,
    ),
    way(
        "scipy",
        Nearest="""
            from scipy.spatial import cKDTree

            class Nearest:
                def fit(self, X, y):
                    self.tree, self.y = cKDTree(X), y
                    return self

                def predict(self, x):
                    return self.y[self.tree.query(x)[1]]
        """,
        rare=True,
    ),
    way(
        "what a call gives is used again by the student's own code",
        share=f"{PLAIN['share']}\nkept = []\n",
        own=[("below share", "kept.append(share([1, 2], 1))\nkept.append(share([1], 1))")],
        a="a = int(2 * kept[0] + kept[1])",
        rare=True,
    ),
)
