"""A token for each student, made from one secret: nothing else has to be kept.

A token is an HMAC (RFC 2104) of the student's id. Whoever has it hands in as that student.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from hwlib.errors import CourseError

__all__ = ["Tokens"]

LENGTH = 32  # hexadecimal digits: 128 bits


class Tokens:
    """The tokens of a course.

    Parameters
    ----------
    path : Path
        The file with the secret. It is made on first use, and only its owner may read it. Without
        it, all tokens are invalid; a new one makes new tokens.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
        self._secret = path.read_bytes().strip()
        if len(self._secret) < 32:
            raise CourseError(
                f"{path}: expected a secret of 64 digits, found {len(self._secret)}; remove the "
                "file, start again and give out new tokens"
            )

    def of(self, student: str) -> str:
        """The token of a student."""
        message = student.encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()[:LENGTH]

    def is_right(self, student: str, token: str) -> bool:
        """Whether this is the student's token; it takes as long for every wrong one."""
        given = token.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(self.of(student).encode(), given)
