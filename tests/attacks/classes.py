"""The classes of attacks, and which other tests try them in other ways."""

from __future__ import annotations

__all__ = ["ALSO", "CLASSES"]

CLASSES = {
    1: "read hidden tests, answers or the repository",
    2: "read the grader's memory, or trace it",
    3: "secrets in environments and command lines",
    4: "`In`, `_ih`, history",
    5: "`gc.get_objects`",
    6: "frames of callers",
    7: "`settrace`, audit hooks",
    8: "replace numpy.testing or builtins",
    9: "an object equal to everything",
    10: "a subclass of ndarray",
    11: "NaN",
    12: "shapes",
    13: "change the inputs in place",
    14: "pickles in values and weights",
    15: "lying headers, unsolicited frames",
    16: "write results, grades, points, run_autograder",
    17: "write after grading",
    18: "end or kill its own process",
    19: "kill or stop the grader",
    20: "many processes or threads",
    21: "take all memory",
    22: "fill the disk, /dev/shm, inodes",
    23: "never end, print without end, ignore signals",
    24: "network and sockets",
    25: "leave code for the next run",
    26: "links, pipes, bombs, huge or nested notebooks",
    27: "other submissions, shared files, keyrings",
    28: "know only the visible inputs; notice grading",
    29: "labels of the test set, others' weights",
    30: "HTML, scripts, terminal codes, formulas",
    31: "undo the confinement",
}
# tests that try a class in other ways
ALSO = {
    9: ("test_engine.py", "test_fairness.py"),
    10: ("test_wire.py",),
    11: ("test_checks.py",),
    12: ("test_checks.py",),
    13: ("test_engine.py",),
    14: ("test_models.py", "test_wire.py"),
    15: ("test_wire.py", "test_unpacked.py", "../tools/fuzz.py"),
    16: ("test_gradescope.py", "test_repair.py"),
    20: ("test_tiers.py",),
    21: ("test_tiers.py", "test_unpacked.py"),
    22: ("test_tiers.py",),
    23: ("test_caps.py",),
    26: ("test_submissions.py", "test_collect.py", "test_repair.py"),
    28: ("test_assignments.py",),
    29: ("test_test_sets.py", "test_models.py"),
    30: ("test_harmless.py", "test_feedback.py", "test_outlets.py"),
}
