"""Keep the outputs of a student's cell small and valid, whatever the worker says.

The worker has caps of its own, but student code can send what it likes in the worker's name.
"""

from __future__ import annotations

from typing import Any

from hwlib.grading.submissions.reading import whole_cell

__all__ = ["capped"]

# each is more than what an honest worker keeps
MAX_OUTPUTS = 50  # of one cell
MAX_TEXT = 200_000  # characters of one printed text or traceback
MAX_RICH = 2_000_000  # characters of one figure
MAX_CELL = 20_000_000  # characters of all outputs of a cell


def capped(outputs: list[Any]) -> list[dict[str, Any]]:
    """The valid outputs of a cell, as nbformat has them, as far as they fit.

    >>> capped([{"output_type": "stream", "name": "stdout", "text": "x"}, {"no": "output"}])
    [{'output_type': 'stream', 'name': 'stdout', 'text': 'x'}]
    """
    cell = whole_cell({"cell_type": "code", "outputs": outputs[:MAX_OUTPUTS]})
    kept, room = [], MAX_CELL
    for output in map(_cut, cell["outputs"]):
        room -= _length(output)
        if room < 0:
            break
        kept.append(output)
    return kept


def _cut(output: dict[str, Any]) -> dict[str, Any]:
    """The same without what is too long, and with nothing that is not text."""
    cut: dict[str, Any] = dict(output)
    if "data" in cut:
        cut["metadata"] = {}
        cut["data"] = {
            mime[:100]: value
            for mime, value in cut["data"].items()
            if isinstance(value, str) and len(value) <= MAX_RICH
        }
    if "traceback" in cut:
        cut["traceback"] = "\n".join(cut["traceback"])[-MAX_TEXT:].split("\n")
    for key in ("text", "ename", "evalue", "name"):
        if isinstance(cut.get(key), str):
            cut[key] = cut[key][:MAX_TEXT]
    return cut


def _length(output: dict[str, Any]) -> int:
    texts = [*output.get("data", {}).values(), *output.get("traceback", ())]
    texts += [output.get(key) or "" for key in ("text", "evalue")]
    return sum(map(len, texts))
