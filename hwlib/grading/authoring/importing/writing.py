"""Writes drafts as notebook.py, in jupytext's percent format."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from hwlib.grading.authoring.importing.found import Draft
from hwlib.grading.parts import in_digits

__all__ = ["KEPT_ID", "notebook_text"]

# an id that a header may say, but not one that the build gives to its own cells
KEPT_ID = re.compile(
    r"(?!(?:(?:setup|code|experiment|prose)-\d+|submit|title)$)[A-Za-z0-9_-]{1,100}"
)


def notebook_text(drafts: Sequence[Draft]) -> str:
    """The text of notebook.py."""
    return "\n\n".join(_cell(draft) for draft in drafts) + "\n"


def _cell(draft: Draft) -> str:
    header = " ".join(["# %%", *_words(draft)])
    if draft.is_code:
        body = _escaped(draft.source.strip("\n"))
    else:
        lines = draft.source.strip("\n").split("\n")
        body = _escaped("\n".join(f"# {line}".rstrip() for line in lines))
    return f"{header}\n{body}".rstrip()


def _words(draft: Draft) -> list[str]:
    words = [] if draft.is_code else ["[markdown]"]
    if draft.role == "setup":
        words.append("setup")
    elif draft.role == "manual":
        words += [f'solution="{draft.name}"', "manual", f"points={in_digits(draft.points or 0)}"]
    elif draft.role == "solution":
        words.append(f'solution="{draft.name}"')
    elif draft.role in ("test", "answer", "task"):
        words.append(f'{draft.role}="{draft.name}"')
        if draft.points is not None:
            words.append(f"points={in_digits(draft.points or 0)}")
    if draft.trust == "shared":
        words.append('trust="shared"')
    if KEPT_ID.fullmatch(draft.grade_id) and draft.role not in ("prose", "code"):
        words.append(f'id="{draft.grade_id}"')
    if draft.tags:
        words.append(f"tags=[{', '.join(json.dumps(tag) for tag in draft.tags)}]")
    return words


def _escaped(source: str) -> str:
    """A source without lines that begin a cell in percent format, or in another one.

    >>> _escaped("# %% not a cell"), _escaped("# In[3]:")
    ('# % % not a cell', '# In [3]:')
    """
    source = re.sub(r"^(\s*#\s*)%%", r"\1% %", source, flags=re.MULTILINE)
    source = re.sub(r"^(\s*#\s*)In\[", r"\1In [", source, flags=re.MULTILINE)
    return re.sub(r"^(\s*#\s*)<codecell>", r"\1< codecell >", source, flags=re.MULTILINE)
