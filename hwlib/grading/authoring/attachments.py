"""Puts pictures of assignments/SLUG/attachments/ into the Markdown cells that show them.

`![the network](attachment:network.png)` shows a picture that is stored in the notebook itself, so
students need no file beside it.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from pathlib import Path

from hwlib.errors import AuthoringError
from hwlib.grading.authoring.written import AuthoredCell
from hwlib.grading.cells import line_kinds
from hwlib.grading.course import Assignment

__all__ = ["attachments_of"]

_SHOWN = re.compile(r"\(attachment:([^)\s]+)\)")


def attachments_of(
    assignment: Assignment, path: Path, cell: AuthoredCell
) -> dict[str, dict[str, str]]:
    """The attachments of a Markdown cell as nbformat has them: name → media type → base64.

    Parameters
    ----------
    assignment : Assignment
    path : Path
        The file that the cell stands in, for error messages.
    cell : AuthoredCell

    Raises
    ------
    AuthoringError
        If there is no such picture, or it would be part of a secret region: nbgrader would release
        it with the cell.
    """
    found: dict[str, dict[str, str]] = {}
    if cell.cell_type != "markdown":
        return found
    kinds = line_kinds(cell.source)
    public = {
        name
        for text, kind in zip(cell.source.split("\n"), kinds, strict=True)
        for name in _SHOWN.findall(text)
        if kind == "given"
    }
    for line, text in zip(cell.lines, cell.source.split("\n"), strict=True):
        for name in _SHOWN.findall(text):
            file = assignment.folder / "attachments" / name
            media = mimetypes.guess_type(name)[0] or ""
            if name not in public:
                raise AuthoringError(
                    path,
                    line,
                    f"attachment:{name} is in a secret region, and students would get the picture "
                    "with the cell; show it outside the region, or describe it in words",
                )
            if "/" in name or not file.is_file():
                raise AuthoringError(
                    path,
                    line,
                    f"attachment:{name}: there is no such picture in attachments/; put it there, "
                    "or correct the name",
                )
            if not media.startswith("image/"):
                raise AuthoringError(
                    path,
                    line,
                    f"attachment:{name}: expected a picture such as network.png; put other files "
                    "into files/",
                )
            found[name] = {media: base64.b64encode(file.read_bytes()).decode()}
    return found
