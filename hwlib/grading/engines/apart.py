"""Do something in a fork of this process, so that nothing of what it changes stays here."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from typing import Any, TypeVar

from hwlib.errors import GradingError
from hwlib.grading.sandbox.confine import die_with_parent

__all__ = ["apart", "compute_alone"]

T = TypeVar("T")


def apart(do: Callable[[], T]) -> T:
    """What `do` returns or raises, done in a fork.

    Raises
    ------
    GradingError
        If the fork dies.

    Examples
    --------
    >>> numbers = [3, 1, 2]
    >>> apart(lambda: numbers.sort() or numbers), numbers
    ([1, 2, 3], [3, 1, 2])
    """
    ours, theirs = Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        try:
            ours.close()
            die_with_parent()
            compute_alone()
            theirs.send_bytes(_done(do))
        finally:
            os._exit(0)
    theirs.close()
    try:
        found, raised = pickle.loads(ours.recv_bytes())  # noqa: S301  of our own
    except EOFError as error:
        raise GradingError("a process of the grader ended early; grade again") from error
    finally:
        ours.close()
        os.waitpid(pid, 0)
    if raised is not None:
        raise raised
    result: T = found
    return result


def compute_alone() -> None:
    """One thread in this fork: more would wait for ever for those of the process it comes from."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


def _done(do: Callable[[], Any]) -> bytes:
    """(what it returns, what it raises), as bytes."""
    try:
        return pickle.dumps((do(), None))
    # it is raised again in the other process
    except BaseException as error:  # noqa: BLE001
        try:
            found = pickle.dumps((None, error))
            pickle.loads(found)  # noqa: S301  of our own
        except Exception:  # noqa: BLE001  an exception that can't be copied
            return pickle.dumps((None, GradingError(f"{type(error).__name__}: {error}")))
        return found
