"""nbgrader's table of grades as CSV, without formulas: a student's id may begin with `=`."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from nbgrader.plugins import CsvExportPlugin

from hwlib.atomic import write_whole
from hwlib.grading.texts import for_csv

__all__ = ["CsvExport"]


class CsvExport(CsvExportPlugin):  # type: ignore[misc]  # nbgrader has no types
    """What `nbgrader export` writes, each cell as text that a spreadsheet takes for text.

    nbgrader_config.py names it: `c.ExportApp.plugin_class`.
    """

    def export(self, gradebook: Any) -> None:
        """Write the file that `--to` names."""
        super().export(gradebook)
        table = Path(self.to or "grades.csv")  # as nbgrader itself names it
        with table.open(newline="", encoding="utf-8") as file:
            rows = [[for_csv(cell) for cell in row] for row in csv.reader(file)]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        write_whole(table, text.getvalue())
