"""What plain `nbgrader` needs to know when it is run in this folder; JupyterLab's nbgrader
extensions read it too.
"""

import re
import tomllib
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import ClearHiddenTests, GetGrades

with (Path(__file__).resolve().parent / "course.toml").open("rb") as file:
    course = tomllib.load(file)

c = get_config()  # noqa: F821 - given by nbgrader

words = re.findall("[a-z0-9]+", f"{course['title']} {course.get('term', '')}".lower())
c.CourseDirectory.course_id = "-".join(words)

# Grading mode, in the kernels that nbgrader starts and nowhere else: data loaders give the sample
# in the package at once, progress bars and the submit cell are silent. Setting os.environ here
# would also switch it on in a JupyterLab that reads this file.
c.Execute.extra_arguments = [
    "--IPKernelApp.exec_lines=import os; os.environ['HWLIB_GRADING'] = '1'"
]

# Seconds for one cell. A cell that takes longer is interrupted, counts as failed, and the next one
# is run.
c.Execute.timeout = 120

# A warning on stderr is no mistake: without this, a test cell that writes there is scored 0.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = r"(?s).*"

# nbgrader's own feedback pages show the hidden tests unless they are taken out.
c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]
