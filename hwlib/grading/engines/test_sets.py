"""The test sets that an assignment's tests measure accuracy on: fetched once, before the class is
graded.
"""

from __future__ import annotations

import ast
import logging

from hwlib import data
from hwlib.errors import DataError
from hwlib.grading.answer_key import AnswerKey, load_key
from hwlib.grading.cells import tree_of
from hwlib.grading.course import Assignment

__all__ = ["data_sets_of", "fetch_test_sets"]

_log = logging.getLogger("hwlib.grading")


def data_sets_of(key: AnswerKey) -> list[str]:
    """The names of the data sets that test cells ask `check.test_set` for."""
    found = set()
    for cell in key.by_role("test"):
        tree = tree_of(cell.source)
        for node in ast.walk(tree) if tree else ():
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "test_set"
                and node.args
            ):
                name = node.args[0]
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    found.add(name.value)
    return sorted(found)


def fetch_test_sets(assignment: Assignment) -> None:
    """Get what is not on this machine yet; where it can't be had, say so: the questions that need
    it will wait.
    """
    for name in data_sets_of(load_key(assignment)):
        if data.status([name])[0].state == "whole":
            continue
        try:
            data.fetch([name])
        except DataError as error:
            _log.warning(
                "%s: questions about accuracy on %s can't be graded now and wait: %s",
                assignment.slug,
                name,
                str(error).splitlines()[0],
            )
