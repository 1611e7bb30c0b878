"""How messages name what is checked."""

from __future__ import annotations

__all__ = ["at_the_start"]

_DETERMINERS = ("a", "an", "the", "this", "that", "these", "those", "its", "your", "one", "no")
_QUANTIFIERS = ("all", "any", "both", "each", "every", "some", "twice", "half", "what")
_WORDS = frozenset((*_DETERMINERS, *_QUANTIFIERS))


def at_the_start(what: str) -> str:
    """What is checked, as the first words of a sentence.

    An English word gets a capital letter. Names of code do not: dW1 and DW1 are two names.

    >>> at_the_start("the distances"), at_the_start("dW1"), at_the_start("num_parameters(3)")
    ('The distances', 'dW1', 'num_parameters(3)')
    """
    first = what.split(" ", 1)[0]
    return f"{what[:1].upper()}{what[1:]}" if first in _WORDS else what
