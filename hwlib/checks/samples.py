"""Says that a threshold needs the full data, where a notebook got the sample of it."""

from __future__ import annotations

from types import TracebackType

from hwlib.errors import CannotCheck, CheckFailed

__all__ = ["full_data", "raise_if_sample"]

_NEXT_STEP = (
    "Next: connect to the network, restart the kernel and run the notebook from the top. "
    "`hwlib.doctor()` says where the full data can come from."
)


class full_data:
    """`with check.full_data("cifar10"):` is for a threshold that only the full data can reach.

    If a check in the block fails, and the notebook got the sample of this data set where it asked
    for all of it, the student reads that, and no hint about training. While grading, and with the
    full data, the block changes nothing.

    Parameters
    ----------
    name : "mnist" or "cifar10"

    Raises
    ------
    CannotCheck
        In place of the failure of a check.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, CheckFailed):
            raise_if_sample(self._name, error.detail)


def raise_if_sample(name: str = "", detail: str = "") -> None:
    """Raise CannotCheck if this process got the sample of a data set instead of all of it.

    Parameters
    ----------
    name : str
        The data set; "" for any.
    detail : str
        What was measured, such as "Found 31.2 %.".
    """
    from hwlib.data import sample_instead

    if told := sample_instead(name):
        measured = f" {detail}" if detail else ""
        reason = f"{told}. This threshold needs models that were trained on all of them.{measured}"
        raise CannotCheck(reason.removesuffix("."), _NEXT_STEP) from None
