"""What errors of Python, NumPy, PyTorch and cvxpy usually mean in an assignment."""

from __future__ import annotations

import re

__all__ = ["advice"]

_FLOATS = "turn the input into floats first, with `.astype(float)`."

# type of the error, "" for any; pattern in its message; a likely cause and its cure
_KNOWN = tuple(
    (kind, re.compile(pattern), text)
    for kind, pattern, text in (
        (
            "ValueError",
            "inhomogeneous shape",
            "An array can't hold rows of different lengths, and the pieces of `np.array_split` may "
            "differ by one: keep them in a list, and join them with `np.concatenate`.",
        ),
        (
            "ValueError",
            "setting an array element with a sequence",
            "A whole array is put into a place for one number: is an index missing on the right of "
            "=, as in `b[f]` for `b`, or a sum?",
        ),
        (
            "ValueError",
            "must have no negative elements",
            "`np.bincount` counts labels from 0 on. Labels may also be negative: "
            "`np.unique(labels, return_counts=True)` takes all of them.",
        ),
        (
            "ValueError",
            "larger sample than population",
            "With `replace=False` each example is drawn at most once, and here more are asked for "
            "than there are: draw with `replace=True`, or not more than there are.",
        ),
        (
            "OverflowError",
            "out of bounds for u?int",
            f"Small integer types such as uint8 can't hold this number: {_FLOATS}",
        ),
        (
            "",
            r"Cannot cast ufunc '\w+' output from",
            "An array of integers can't hold fractions, so it can't be changed in place: make a "
            "new array, as in `X = X - mean`.",
        ),
        (
            "TypeError",
            r"Cannot cast array data from dtype\('int64'\) to dtype\('int32'\)",
            "Python in a browser counts with 32 bits, so `np.repeat` takes no int64 there: turn "
            "the whole numbers into its own with `.astype(int)`.",
        ),
        (
            "ValueError",
            "could not be broadcast|non-broadcastable|axes don't match",
            "Two arrays do not fit together: print both shapes above this line. Is a `keepdims`, a "
            "`[:, None]` or a transpose missing?",
        ),
        (
            "",
            "mismatch in its core dimension|not aligned|shapes cannot be multiplied|"
            "size mismatch|inconsistent tensor size",
            "In a matrix product the inner lengths must agree, (n, k) @ (k, m): print both shapes. "
            "Is a transpose or a flattening missing?",
        ),
        (
            "ValueError",
            "truth value of an array",
            "`if`, `and` and `or` need one True or False: use `.any()`, `.all()` or `np.where`.",
        ),
        (
            "",
            "cannot reshape array|shape '.*' is invalid for input",
            "A reshape keeps the number of values: multiply the lengths of both shapes.",
        ),
        (
            "ValueError",
            "values to unpack",
            "On the left of = there must be as many names as values on the right: does the "
            "function return all that is asked for, and nothing more?",
        ),
        (
            "TypeError",
            "cannot unpack non-iterable",
            "Several values are asked for here, and the right side is a single one: does the "
            "function return all of them?",
        ),
        (
            "",
            "'NoneType'",
            "Something is None here: is a `return` missing? Methods that work in place, such as "
            "`list.sort`, return None, too.",
        ),
        (
            "TypeError",
            "positional argument|unexpected keyword argument",
            "A function is called with other arguments than it takes: compare the call with its "
            "`def`, or with the task if it was passed in. A method has `self` first.",
        ),
        (
            "IndexError",
            "only integers, slices|arrays used as indices must be",
            "An index must be a whole number or a mask: `/` gives a float, `//` a whole number.",
        ),
        (
            "TypeError",
            "float.* (cannot be interpreted as an integer|object cannot be used as an index)|"
            "slice indices must be integers",
            "A whole number is needed here: `/` gives a float, `//` a whole number.",
        ),
        (
            "IndexError",
            "tuple index out of range",
            "This tuple has fewer entries than the index asks for: print it. `x.shape[1]` needs a "
            "second axis, which an array with one axis does not have, and `*args` may be empty.",
        ),
        (
            "IndexError",
            "out of range|out of bounds",
            "Indices begin with 0, so the last one is the length minus 1: does the loop go too "
            "far, or does it run over another axis?",
        ),
        (
            "UnboundLocalError",
            "",
            "The name gets its value only in a branch or loop that did not run, or further below.",
        ),
        (
            "AttributeError",
            "'(list|tuple)' object has no attribute '(shape|T|sum|mean|dot|reshape|astype|ndim)'",
            "A list is not an array: `np.array(…)` makes one of it.",
        ),
        (
            "RuntimeError",
            r"Can't call numpy\(\) on Tensor that requires grad",
            "The tensor belongs to a graph: `.detach()` gives its values alone, `.item()` one "
            "number.",
        ),
        (
            "RuntimeError",
            "does not require grad and does not have a grad_fn",
            "The loss no longer knows how it was computed: was it made with `.item()`, `.detach()` "
            "or inside `torch.no_grad()`?",
        ),
        (
            "RuntimeError",
            "leaf Variable that requires grad",
            "Parameters are changed in place only inside `with torch.no_grad():`.",
        ),
        (
            "RuntimeError",
            "backward through the graph a second time",
            "Each `backward()` needs a forward pass of its own: is the loss computed once, outside "
            "the loop?",
        ),
        (
            "RuntimeError",
            "same dtype|expected scalar type|expected m1 and m2",
            "The two tensors have different types: `.float()` makes float32 of images, `.long()` "
            "int64 of labels.",
        ),
        (
            "",
            "on the same device|on different devices|found at least two devices|"
            r"Input type \(.*\) and weight type|to have the same device|is on (?:cpu|cuda|mps)",
            "The network and what it is given lie on different devices. Move both, with "
            "`model.to(device)` and `images.to(device)`; `next(model.parameters()).device` is "
            "where the network is.",
        ),
        (
            "TypeError",
            r"can't convert \w+(?::\d+)? device type tensor to numpy",
            "NumPy can't read a tensor on a GPU: `.detach().cpu().numpy()` brings it back.",
        ),
        (
            "",
            "CUDA out of memory|MPS backend out of memory",
            "The memory of the GPU is full: take smaller batches, measure inside "
            "`with torch.no_grad():`, keep `loss.item()` and not `loss`, and restart the kernel.",
        ),
        (
            "",
            "device-side assert",
            "On a GPU this error stands for an index that does not exist, most often a label "
            "outside of the classes. Restart the kernel and run the cell on the processor: there "
            "the error names the line.",
        ),
        (
            "",
            "not compiled with CUDA|Found no NVIDIA driver|No CUDA GPUs are available|"
            "not linked with support for (?:mps|cuda)",
            "PyTorch finds no GPU here: `device = 'cuda' if torch.cuda.is_available() else 'cpu'` "
            "works everywhere.",
        ),
        (
            "",
            "DCP rules",
            "cvxpy must see that the problem is convex: write squares as `cp.sum_squares(…)` and "
            "αᵀKα as `cp.quad_form(alpha, cp.psd_wrap(K))`.",
        ),
        (
            "ValueError",
            "objective must resolve to a scalar",
            "What is minimised must be one number: `cp.sum(…)` adds up the entries of an "
            "expression such as `cp.huber(…)` or `cp.abs(…)`.",
        ),
        ("LinAlgError", "Singular matrix", "The matrix has no inverse: are two columns the same?"),
        (
            "ValueError",
            "could not broadcast input array",
            "What is assigned has another shape than its place: print the shape on the right of =, "
            "and that of the place on the left. Was the array made with the lengths that it needs?",
        ),
        (
            "ValueError",
            "must match exactly|must have same number of dimensions|must have the same shape",
            "Arrays that are joined must agree in all axes but one: print the shape of each. "
            "`axis=0` puts them one below the other, `axis=1` side by side.",
        ),
        (
            "ValueError",
            r"need at least one array|empty sequence|zero-size array|arg is an empty",
            "There is nothing in it: does the loop that should fill it run, and does the slice or "
            "mask select anything?",
        ),
        (
            "ValueError",
            r"^kth\b.*out of bounds",
            "Places begin with 0: with the place k − 1, `np.partition` and `np.argpartition` put "
            "the k smallest first, also where k is the length.",
        ),
        (
            "ValueError",
            "does not have enough dimensions",
            "`@` multiplies matrices and vectors; a single number is multiplied with `*`.",
        ),
        (
            "",
            "object is not callable",
            "Round brackets call a function, and this is none: is it an index, which has square "
            "brackets, or does a variable have the name of a function?",
        ),
        (
            "TypeError",
            "'(function|method|builtin_function_or_method)' object is not subscriptable",
            "Square brackets pick an entry, and this is a function: it is called with round ones.",
        ),
        (
            "TypeError",
            "list indices must be integers or slices, not tuple|"
            r"unsupported operand type\(s\) for .*: '(list|tuple)'|"
            r"unsupported operand type\(s\) for .* and '(list|tuple)'|"
            "can't multiply sequence",
            "A list is not an array: `np.array(…)` makes one of it, which can be added, multiplied "
            "and indexed by [row, column].",
        ),
        (
            "TypeError",
            r"'(generator|map|zip|filter)' (object )?(has no len|is not subscriptable)",
            "This gives its values one by one and has no length: `list(…)` collects them. A "
            "function with `yield` gives such an object; `return` gives a list.",
        ),
        (
            "TypeError",
            r"'(int|float|bool|numpy\.\w+)' object is not (subscriptable|iterable)|"
            r"type '(int|float|bool|numpy\.\w+)' has no len|"
            r"iteration over a 0-d|len\(\) of unsized",
            "This is a single number and not a collection: print it above this line. Is a sum or "
            "maximum taken too early, or are there brackets too many?",
        ),
        (
            "TypeError",
            "only (0-dimensional|length-1|size-1) arrays can be converted|"
            "only integer scalar arrays",
            "One number is needed here, and this is an array: print its shape. Functions of `math` "
            "take single numbers only, those of NumPy arrays too.",
        ),
        (
            "TypeError",
            "unhashable type",
            "A key of a dict or set can't be a list, a dict or an array: use a number, such as its "
            "place in a list, a text or a tuple, for example `tuple(row)` or `label.item()`.",
        ),
        (
            "IndexError",
            "too many indices",
            "The array has fewer axes than there are indices: print its shape. Did a sum, an index "
            "or a slice take an axis away?",
        ),
        (
            "IndexError",
            "boolean index did not match",
            "The mask has another length than the axis that it selects from: was it made from the "
            "same array?",
        ),
        (
            "AxisError",
            "",
            "The array has fewer axes than this `axis` asks for: print its shape. Axes are counted "
            "from 0.",
        ),
        (
            "ZeroDivisionError",
            "",
            "Here the divisor is 0: is it a count of something that is empty, or a difference of "
            "two equal numbers?",
        ),
        (
            "ValueError",
            "math domain error|cannot convert float NaN",
            "The root or logarithm of a negative number is no number, and neither is log 0: print "
            "what goes in.",
        ),
        (
            "OverflowError",
            "math range error|Numerical result out of range|too large to convert",
            "The number is too large for a float: stay with logarithms, or subtract the largest "
            "exponent first.",
        ),
        (
            "ValueError",
            "read-only",
            "This array can't be changed, for others use it, too: work on a copy, `X = X.copy()`.",
        ),
        (
            "KeyError",
            "",
            "The dict has no such key: print its keys, and compare the spelling. Does each key get "
            "a first value before it is changed?",
        ),
        (
            "AttributeError",
            "'dict' object has no attribute",
            'The entries of a dict are read with square brackets: `model["W1"]`.',
        ),
        (
            "AttributeError",
            "'numpy.ndarray' object has no attribute '(append|add|extend|insert|remove|index)'",
            "An array is not a list: collect the values in a list, and make an array of it at the "
            "end, or fill an array of zeros place by place.",
        ),
        (
            "AttributeError",
            "Generator' object has no attribute '(rand|randn|randint|seed|random_sample)'",
            "A generator has newer names: `rng.random`, `rng.standard_normal`, `rng.integers`.",
        ),
        (
            "TypeError",
            "Cannot interpret '.*' as a data type",
            "The shape of an array is one argument, a tuple: `np.zeros((rows, columns))`.",
        ),
        (
            "LinAlgError",
            "not positive definite",
            "Rounding makes such a matrix slightly indefinite: add a tiny multiple of the identity "
            "matrix, or wrap it by `cp.psd_wrap`.",
        ),
        (
            "LinAlgError",
            "must be square",
            "Only a square matrix has an inverse: print its shape. Is a product with the transpose "
            "missing?",
        ),
        (
            "RecursionError",
            "",
            "The function calls itself without end: does it have a case in which it stops?",
        ),
    )
)


def advice(kind: str, message: str) -> str:
    """A likely cause of an error and its cure, or "" if none is known.

    The answer is one of a fixed list, so it tells nothing of the values in the message.

    Parameters
    ----------
    kind : str
        The name of the error's type.
    message : str

    Examples
    --------
    >>> advice("IndexError", "list index out of range").partition(":")[0]
    'Indices begin with 0, so the last one is the length minus 1'
    >>> advice("ValueError", "no luck")
    ''
    """
    for known, pattern, text in _KNOWN:
        if known in ("", kind) and pattern.search(message[:1000]):
            return text
    return ""
