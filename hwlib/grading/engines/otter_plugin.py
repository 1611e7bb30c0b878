"""A plugin of otter-grader's: repairs a notebook, puts the checks in place, counts partial points.

https://otter-grader.readthedocs.io/en/latest/plugins/creating_plugins.html
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from otter.plugins import AbstractOtterPlugin

from hwlib.grading.answer_key import AnswerKey, read_key
from hwlib.grading.cells import grade_id_of
from hwlib.grading.engines.otter_checks import PART_OF_POINTS
from hwlib.grading.records.cache import new_seed
from hwlib.grading.submissions.repair import repair

__all__ = ["Plugin", "with_checks"]

from hwlib.grading.engines.otter_zip import GIVEN, RELEASE


class Plugin(AbstractOtterPlugin):  # type: ignore[misc]  # otter has no types
    """What otter calls while it grades one submission.

    Its configuration has the assignment's slug, the test of each question and the time for a cell.
    """

    def before_execution(self, submission: NotebookNode) -> NotebookNode:
        """The notebook that otter runs, in place of the one that was handed in."""
        config: dict[str, Any] = self.plugin_config
        os.environ["HWLIB_GRADING"] = "1"
        os.environ.setdefault("HWLIB_SEED", str(new_seed()))
        os.environ.pop("PYTHONOPTIMIZE", None)  # it would skip every `assert`
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        _put_in_place(Path("../source/files") / GIVEN)
        path = Path("../source/files") / RELEASE
        key = read_key(path, config["slug"])
        released = {cell.grade_id: cell.source for cell in key.cells if cell.grade_id}
        notebook = repair(submission, key, released).as_notebook()
        return with_checks(notebook, key, config["tests"], config["cell_s"])

    def after_grading(self, results: Any) -> None:
        """Give the points of tests that passed in part.

        An error outside all parts of a question costs all of them.
        """
        for name, file in results.results.items():
            lost = [one for one in file.test_case_results if not one.passed]
            if not file.all_or_nothing and any(not one.test_case.points for one in lost):
                results.update_score(name, 0.0)
                continue
            failed = [one.message or "" for one in lost]
            earned = [found for text in failed if (found := PART_OF_POINTS.search(text))]
            if earned and len(earned) == len(failed):
                results.update_score(name, float(earned[-1][1]))


def _put_in_place(given: Path) -> None:
    """Copy files that students may write to where otter runs the notebook, if they are not there
    already.
    """
    for path in given.rglob("*") if given.is_dir() else ():
        target = Path(path.relative_to(given))
        if path.is_file() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def with_checks(
    notebook: NotebookNode, key: AnswerKey, tests: dict[str, str], cell_s: float
) -> NotebookNode:
    """A repaired notebook with otter's checks in the places of the test cells.

    Parameters
    ----------
    notebook : NotebookNode
    key : AnswerKey
    tests : dict
        Question → name of its test file.
    cell_s : float
        Seconds for one cell.
    """
    of_grade_id = {cell.grade_id: cell.name for cell in key.by_role("test")}
    limits = "from hwlib.grading.engines.otter_checks import limit_cells as _limit_cells\n"
    cells = [nbformat.v4.new_code_cell(f"{limits}_limit_cells({cell_s!r})\ndel _limit_cells")]
    for cell in notebook.cells:
        test = tests.get(of_grade_id.get(grade_id_of(cell), ""))
        if test is None:
            cells.append(cell)
        elif cells[-1].metadata.get("otter", {}).get("tests") != [test]:
            cells.append(nbformat.v4.new_code_cell("", metadata={"otter": {"tests": [test]}}))
    notebook.cells = cells
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    return notebook
