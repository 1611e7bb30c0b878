"""What student code needs and the grading machine does not have: a module, a GPU, another version
of Python or NumPy.

Such code may be right where it was written, so a human decides.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec

from hwlib.errors import StudentRaised
from hwlib.grading.sandbox.one_number import MESSAGE, OF_SHAPE

__all__ = ["Lack", "cure_of", "lack_behind", "lack_in", "lack_of_python"]

_A_GPU = "a GPU"
_OLDER_NUMPY = "an older NumPy"
_PYTHON = "Python "

_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
# how PyTorch says that a device is not there, in the versions from 2.0 on
_GPU = re.compile(
    r"(?:Assertion|Runtime|Type|NotImplemented|Accelerator)Error: .{0,200}?(?:"
    r"Torch not compiled with (?:CUDA|XPU) enabled"
    r"|Found no (?:NVIDIA|XPU|HIP)\b"
    r"|No (?:CUDA|HIP|XPU) GPUs are available"
    r"|on a (?:CUDA|MPS|XPU) device but torch\.\w+(?:\.\w+)?\.is_available\(\) is False"
    r"|PyTorch is not linked with support for (?:cuda|mps|xpu|hip) devices"
    r"|The MPS backend is supported on MacOS"
    r"|MPS backend (?:is )?not (?:available|supported)"
    r"|Cannot access accelerator device when none is available"
    r"|Cannot get \w+ generator without ATen_cuda library"
    r"|CUDA error: (?:CUDA driver version is insufficient|no CUDA-capable device)"
    r"|type torch\.cuda\.\w+ not available"
    r"|Could not run '[\w:.]{1,100}' with arguments from the '(?:CUDA|MPS|XPU)' backend"
    r")",
    re.DOTALL,
)
# what NumPy 1.26, the oldest that hwlib works with, has and later ones do not
_REMOVED = re.compile(
    r"AttributeError: (?:"
    r"`?np\.(?P<name>\w{1,40})`? was removed in the NumPy \d"
    r"|module 'numpy' has no attribute '(?P<later>trapz|in1d|disp|row_stack|chararray)'"
    r")"
)
_ONE_NUMBER = f"TypeError: {MESSAGE}"


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing on the grading machine."""

    told_student: str  # why a human grades the question
    told_instructor: str  # what it is called, for "3 submissions need …"
    only_of_student: bool = False  # the same error says nothing where the test itself raised it
    name: str = ""  # a name in `told_student`, which student code may have chosen
    in_general: str = ""  # the same without that name

    def told_if(self, is_known: Callable[[str], bool]) -> Lack:
        """The same, with its name told to the student only if it is known."""
        if not self.name or is_known(self.name):
            return self
        return replace(self, told_student=self.in_general, name="")


def lack_in(text: str) -> Lack | None:
    """What an error tells of, as `Type: message`.

    >>> lack_in("ModuleNotFoundError: No module named 'no_such.part'").told_instructor
    'no_such'
    >>> lack_in("AssertionError: Torch not compiled with CUDA enabled").told_instructor
    'a GPU'
    >>> lack_in("ValueError: Torch not compiled with CUDA enabled")
    """
    found = _MODULE.search(text)
    if found:
        return Lack(
            f"your code imports {found[1]}, which is not on the grading machine",
            _unknown_part(found[1]),
            name=found[1],
            in_general="your code imports a module that is not on the grading machine",
        )
    if _GPU.search(text):
        return Lack("your code needs a GPU, and the grading machine has none", _A_GPU)
    if removed := _REMOVED.search(text):
        name = str(removed["name"] or removed["later"])
        return Lack(
            f"your code uses np.{name}, which {_this_numpy()} lacks",
            _OLDER_NUMPY,
            name=name,
            in_general=f"your code uses something that {_this_numpy()} lacks",
        )
    if text.startswith(_ONE_NUMBER) and OF_SHAPE not in text:  # several: that fails everywhere
        does = "turns an array into a number; before NumPy 2.4 that worked for an array of one"
        return Lack(f"your code {does}, and {_this_numpy()} can't", _OLDER_NUMPY, True)
    return None


def lack_of_python(needed: str) -> Lack:
    """A cell that only Python from this version on can read."""
    here = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    needs = f"{_PYTHON}{needed}"
    return Lack(f"a cell of yours needs {needs}, and the grading machine has {here}", needs)


def lack_behind(error: BaseException | None) -> Lack | None:
    """What an exception of student code, or one that led to it, tells of."""
    while isinstance(error, StudentRaised):
        found = lack_in(f"{error.student_type}: {error.student_message}")
        if found:
            return found
        error = error.__cause__
    return None


def cure_of(needed: str) -> str:
    """What an instructor can do about it."""
    if needed == _A_GPU:
        return "grade those questions by hand, or on a machine that has one"
    if needed == _OLDER_NUMPY or needed.startswith(_PYTHON):
        return "grade those questions by hand, or with that version"
    return "install it and grade again"


def _this_numpy() -> str:
    return f"the grading machine's NumPy {version('numpy')}"


def _unknown_part(module: str) -> str:
    """The beginning of a module's name that this machine does not have."""
    top, _, rest = module.partition(".")
    try:
        return module if rest and find_spec(top) is not None else top
    except (ImportError, ValueError):  # a module without a place, such as __main__
        return top
