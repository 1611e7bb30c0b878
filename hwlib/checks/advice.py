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
            "inhomogeneous shape|setting an array element with a sequence",
            "An array can't hold rows of different lengths, and the pieces of `np.array_split` may "
            "differ by one: keep them in a list, and join them with `np.concatenate`.",
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
            "could not be broadcast|non-broadcastable",
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
            "Compare the parameters with those of the released cell; a method has `self` first.",
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
        ("LinAlgError", "Singular matrix", "The matrix has no inverse: are two columns the same?"),
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
