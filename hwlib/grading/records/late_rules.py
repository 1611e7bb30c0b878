"""What handing in late costs: the rule of course.toml, or else that of nbgrader_config.py.

Grading, dry runs, reports and exports all ask here, so each of them takes off the same.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from hwlib.errors import CourseError, RecordingError
from hwlib.grading.course import Assignment
from hwlib.grading.records.gradebook_rows import NBGRADER_CONFIG, importable
from hwlib.grading.records.marks import Mark, with_points_by_hand
from hwlib.grading.results import SubmissionResult

__all__ = ["LatePenalties"]

REMEDY = "correct it, or write a table [late] into course.toml, which then counts instead"


class LatePenalties:
    """The late penalties of one assignment.

    Parameters
    ----------
    assignment : Assignment
    config : Config
        nbgrader's, of the course.
    notebooks : mapping
        Name of a notebook → its grade ids → names of questions: a rule of nbgrader's takes off
        points for each notebook.

    Raises
    ------
    CourseError
        If the plugin that nbgrader_config.py names can't be used.
    """

    def __init__(
        self, assignment: Assignment, config: Config, notebooks: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._rule = assignment.course.schedule.late
        self._where = assignment.course.root / NBGRADER_CONFIG
        self._questions = [frozenset(names.values()) for names in notebooks.values()]
        self._plugin = None
        if self._rule is None:
            try:
                with importable(assignment.course.root):  # as nbgrader does
                    nbgraders = AssignLatePenalties(config=config)
                    nbgraders.init_plugin()
            except Exception as error:
                raise CourseError(
                    f"{self._where}: expected a late rule that can be used "
                    f"(AssignLatePenalties, LateSubmissionPlugin), found: {_said(error)}; {REMEDY}"
                ) from error
            self._plugin = nbgraders.plugin_inst

    def of_notebook(self, student: str, score: float, late_s: float) -> float | None:
        """The points that are taken off for one notebook, from 0 to its score; None if the rule
        names none.

        Raises
        ------
        RecordingError
            If the plugin of the course fails.
        """
        if late_s <= 0:
            return None
        if self._rule is not None:
            return self._rule.penalty(score, late_s) or None
        penalty = self._asked(student, score, late_s)
        if penalty is None or math.isnan(penalty):
            return None
        return float(min(max(0.0, penalty), score))

    def of_result(
        self, result: SubmissionResult, marks: Mapping[str, Mark], late_s: float
    ) -> float:
        """The points that are taken off a whole submission.

        Parameters
        ----------
        result : SubmissionResult
        marks : mapping
            Question → the gradebook's marks, with the points that humans gave.
        late_s : float
            Seconds after the deadline, extensions included.
        """
        counted = with_points_by_hand(marks, result)
        points = {one.id: one.points for one in counted.questions}
        extra = {name: mark.extra for name, mark in marks.items()}
        scores = [
            sum(points.get(name, 0.0) + extra.get(name, 0.0) for name in names)
            for names in self._questions
        ]
        return sum(self.of_notebook(result.student, score, late_s) or 0.0 for score in scores)

    def _asked(self, student: str, score: float, late_s: float) -> float | None:
        assert self._plugin is not None
        try:
            penalty = self._plugin.late_submission_penalty(student, score, late_s)
            return None if penalty is None else float(penalty)
        except Exception as error:
            raise RecordingError(
                f"{student}: {self._where}: the late rule {type(self._plugin).__name__} failed for "
                f"{score:g} points, {late_s:g} s late ({_said(error)}); {REMEDY}"
            ) from error


def _said(error: Exception) -> str:
    """An error of somebody's code, in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
