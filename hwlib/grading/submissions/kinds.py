"""Says what a file is that is no notebook, from how it begins, and what to hand in instead."""

from __future__ import annotations

import re

__all__ = ["advice_for_name", "conflict_line", "what_it_is"]

FROM_JUPYTER = "hand in the .ipynb itself (in Jupyter and Colab: File, Download)"
UNPACK = "unpack it and hand in the notebook in it"
_KINDS = (
    (rb"PK\x03\x04", "an archive or office document", UNPACK),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!", "an archive", UNPACK),
    (rb"%PDF", "a PDF", FROM_JUPYTER),
    (rb"bplist|book\0|L\0\0\0\x01\x14\x02\0", "a link to a file elsewhere", FROM_JUPYTER),
    (rb"\[InternetShortcut\]|https?://", "a link", FROM_JUPYTER),
    (rb"\0+\Z", "nothing but zeros, as after a failed upload", "hand it in again"),
    (
        rb"version https://git-lfs",
        "a pointer of Git LFS",
        "run `git lfs pull` and hand in the file",
    ),
    (
        rb"<\?xml|<!doctype|<html",
        "a web page, perhaps of a login that had ended",
        "log in, download the .ipynb itself and hand it in",
    ),
    (rb"#!|# %%|# -\*-|# In ?\[|import \w|from \w+ import ", "Python code", FROM_JUPYTER),
)
_CONFLICT = re.compile(r"^(<{7}|>{7})(?: |$)", re.MULTILINE)
_UNPACKED = (".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst")
_ELSEWHERE = (".url", ".webloc", ".lnk", ".icloud", ".gdoc", ".desktop")
_UNFINISHED = (".crdownload", ".part", ".download", ".partial", ".tmp")


def conflict_line(text: str) -> int:
    """The first line with a mark of a merge conflict, as git and nbdime write it; 0: there is none.

    >>> conflict_line("x = 1\\n<<<<<<< local\\nx = 2\\n=======\\nx = 3\\n>>>>>>> remote")
    2
    """
    mark = _CONFLICT.search(text)
    return text.count("\n", 0, mark.start()) + 1 if mark else 0


def what_it_is(content: bytes | str) -> tuple[str, str]:
    """What a file is that can't be read as a notebook, and what to do; two "" if it is unknown.

    Examples
    --------
    >>> what_it_is("version https://git-lfs.github.com/spec/v1")
    ('is a pointer of Git LFS', 'run `git lfs pull` and hand in the file')
    >>> what_it_is('{"cells": [')
    ('', '')
    """
    if isinstance(content, str):
        if line := conflict_line(content):
            return (
                f"has the marks of a merge conflict of git in line {line}",
                "choose one version, open it in Jupyter and hand it in again",
            )
        content = content.encode("utf-8", "replace")
    begins = content[:100_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    for pattern, kind, advice in _KINDS:
        if re.match(pattern, begins, re.IGNORECASE):
            return f"is {kind}", advice
    return "", ""


def advice_for_name(name: str, wanted: str) -> str:
    """What to do with a file whose name is only nearly that of the notebook.

    Examples
    --------
    >>> advice_for_name("knn.ipynb.txt", "knn.ipynb")
    'rename it to knn.ipynb and hand it in again'
    >>> advice_for_name("knn.ipynb.gz", "knn.ipynb")
    'unpack it and hand in the notebook in it'
    """
    end = name.lower()
    if end.endswith(_UNPACKED):
        return UNPACK
    if end.endswith(_ELSEWHERE):
        return f"that is a link to a file elsewhere; {FROM_JUPYTER}"
    if end.endswith(_UNFINISHED):
        return "that is an unfinished download; download it again and hand in the notebook"
    return f"rename it to {wanted} and hand it in again"
