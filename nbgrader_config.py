"""Settings for plain `nbgrader` in this folder, and for JupyterLab's nbgrader extensions."""

import re
import tomllib
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, GetGrades

with (Path(__file__).resolve().parent / "course.toml").open("rb") as file:
    course = tomllib.load(file)

c = get_config()  # noqa: F821 - given by nbgrader

words = re.findall("[a-z0-9]+", f"{course['title']} {course.get('term', '')}".lower())
c.CourseDirectory.course_id = "-".join(words)

# Switch on grading mode, but only in the kernels that nbgrader starts. Data loaders then return the
# sample in the package, and progress bars and the submit cell are silent. Setting os.environ here
# would also switch it on in a JupyterLab that reads this file.
c.Execute.extra_arguments = [
    "--IPKernelApp.exec_lines=import os; os.environ['HWLIB_GRADING'] = '1'"
]

# Seconds for one cell. A cell that takes longer is interrupted and counts as failed. Then the next
# cell runs.
c.Execute.timeout = 120

# A warning on stderr is not a mistake. Without this setting, a test cell that writes there gets 0.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s).*"

# nbgrader's own feedback pages show hidden tests and mark schemes unless they are taken out.
c.GenerateFeedback.preprocessors = [
    GetGrades,
    ClearHiddenTests,
    ClearMarkScheme,
    CSSHTMLHeaderPreprocessor,
]

# A spreadsheet takes a text that begins with = for a formula. In this table of grades none does.
c.ExportApp.plugin_class = "hwlib.grading.records.export.CsvExport"
