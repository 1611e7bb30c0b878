"""Formulas of LaTeX as MathML, which browsers show without a script and without a network.

It knows what students write in answers: letters, numbers, indices, fractions, roots, sums, Greek,
brackets, matrices. A formula with anything else is shown as it was written. Every element is made
here, and what a student wrote is only ever the text of one.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from markupsafe import Markup, escape

__all__ = ["mathml", "with_formulas"]

MAX_LENGTH, MAX_DEPTH, MAX_FORMULAS = 2000, 30, 300

# a dollar is an amount of money if a blank stands on its inner side
_FORMULA = re.compile(r"\$\$(?P<block>[^$]+)\$\$|\$(?=\S)(?P<line>[^$\n]+)(?<=\S)\$(?!\d)")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)

_LETTERS = dict(
    zip(
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "varepsilon",
            "zeta",
            "eta",
            "theta",
            "vartheta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "varphi",
            "chi",
            "psi",
            "omega",
            "Gamma",
            "Delta",
            "Theta",
            "Lambda",
            "Xi",
            "Pi",
            "Sigma",
            "Phi",
            "Psi",
            "Omega",
            "ell",
            "partial",
            "nabla",
            "infty",
            "emptyset",
            "hbar",
        ],
        "αβγδϵεζηθϑικλμνξπρστυϕφχψωΓΔΘΛΞΠΣΦΨΩℓ∂∇∞∅ℏ",
        strict=True,
    )
)
_OPERATORS = dict(
    zip(
        [
            "cdot",
            "times",
            "div",
            "pm",
            "mp",
            "le",
            "leq",
            "ge",
            "geq",
            "ne",
            "neq",
            "approx",
            "equiv",
            "sim",
            "propto",
            "in",
            "notin",
            "subset",
            "subseteq",
            "cup",
            "cap",
            "to",
            "rightarrow",
            "leftarrow",
            "mapsto",
            "Rightarrow",
            "Leftrightarrow",
            "implies",
            "iff",
            "forall",
            "exists",
            "ldots",
            "dots",
            "cdots",
            "mid",
            "lVert",
            "rVert",
            "Vert",
            "|",
            "langle",
            "rangle",
            "lfloor",
            "rfloor",
            "lceil",
            "rceil",
            "odot",
            "otimes",
            "oplus",
            "circ",
            "star",
            "ast",
            "top",
            "ll",
            "gg",
            "{",
            "}",
            "lvert",
            "rvert",
            "colon",
            "setminus",
        ],
        "·×÷±∓≤≤≥≥≠≠≈≡∼∝∈∉⊂⊆∪∩→→←↦⇒⇔⇒⇔∀∃……⋯∣‖‖‖‖⟨⟩⌊⌋⌈⌉⊙⊗⊕∘⋆∗⊤≪≫{}||:∖",
        strict=True,
    )
)
_SUMS = {"sum": "∑", "prod": "∏", "int": "∫", "bigcup": "⋃", "bigcap": "⋂"}
_NAMES = frozenset(
    [
        "exp",
        "log",
        "ln",
        "sin",
        "cos",
        "tan",
        "tanh",
        "max",
        "min",
        "arg",
        "argmax",
        "argmin",
        "det",
        "Pr",
        "dim",
        "rank",
        "softmax",
        "lim",
        "sup",
        "inf",
        "sign",
        "sigmoid",
    ]
)
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "vec": "→", "dot": "˙", "overline": "¯",
            "widehat": "^"}  # fmt: skip
_STYLES = {
    "mathbf": "bold", "boldsymbol": "bold", "mathrm": "normal", "mathit": "italic",
    "mathbb": "double-struck", "mathcal": "script", "operatorname": "normal", "text": "normal",
    "textbf": "bold",
}  # fmt: skip
_SPACES = {",": "0.17em", ";": "0.28em", ":": "0.22em", " ": "0.25em", "!": "0em", "quad": "1em",
           "qquad": "2em"}  # fmt: skip
_SKIPPED = frozenset(
    "left right big Big bigl bigr Bigl Bigr displaystyle textstyle limits nolimits".split()  # noqa: SIM905
)
_BRACKETS = {"pmatrix": "()", "bmatrix": "[]", "vmatrix": "||", "matrix": "", "cases": "{",
             "aligned": "", "align": "", "align*": ""}  # fmt: skip
_SETS = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "E": "𝔼", "P": "ℙ", "1": "𝟙"}


class _Unknown(Exception):
    """Something that is not known here."""


def with_formulas(text: str) -> Markup:
    """A text for a page, escaped, with its formulas between dollars as MathML.

    >>> str(with_formulas("a < b and $x^2$"))[:38]
    'a &lt; b and <math display="inline"><m'
    >>> str(with_formulas(r"$\\unknown{x}$ for 5 $"))
    '$\\\\unknown{x}$ for 5 $'
    """
    parts: list[Markup] = []
    done = 0
    for count, found in enumerate(_FORMULA.finditer(text)):
        if count == MAX_FORMULAS:
            break
        made = mathml(found["block"] or found["line"], block=found["block"] is not None)
        parts += [escape(text[done : found.start()]), Markup(made) if made else escape(found[0])]
        done = found.end()
    return Markup("").join([*parts, escape(text[done:])])


def mathml(formula: str, *, block: bool = False) -> str:
    """The MathML of a formula, or "" if something in it is not known.

    Parameters
    ----------
    formula : str
        Without the dollars.
    block : bool
        Whether it stands on a line of its own.
    """
    if len(formula) > MAX_LENGTH:
        return ""
    try:
        reader = _Reader(formula)
        row = reader.row()
        if reader.peek():
            return ""
    except _Unknown:
        return ""
    root = ET.Element("math", display="block" if block else "inline")
    root.append(row)
    return ET.tostring(root, encoding="unicode")


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, formula: str) -> None:
        self._tokens: list[str] = _TOKEN.findall(formula)
        self._place = 0
        self._depth = 0

    def peek(self) -> str:
        """The next token but for blanks, "" at the end."""
        while self._place < len(self._tokens) and self._tokens[self._place].isspace():
            self._place += 1
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def take(self, expected: str = "") -> str:
        """The next token, which is read."""
        token = self.peek()
        if not token or (expected and token != expected):
            raise _Unknown
        self._place += 1
        return token

    def _raw(self) -> str:
        """The next token, which may be a blank."""
        if self._place >= len(self._tokens):
            raise _Unknown
        self._place += 1
        return self._tokens[self._place - 1]

    def row(self, *ends: str) -> ET.Element:
        """Everything up to one of these tokens."""
        row = ET.Element("mrow")
        while self.peek() and self.peek() not in (*ends, "}", "&", "\\\\", "\\end"):
            row.append(self._with_scripts(self._atom()))
        return row

    def _with_scripts(self, base: ET.Element) -> ET.Element:
        below: ET.Element | None = None
        above: ET.Element | None = None
        while self.peek() in ("_", "^", "'"):
            token = self.take()
            if token == "_" and below is None:
                below = self._argument()
            elif token in "^'" and above is None:
                above = self._argument() if token == "^" else _leaf("mo", "′")
            else:
                raise _Unknown
        if below is None and above is None:
            return base
        wide = base.tag == "mo" and base.text in _SUMS.values() and base.text != "∫"
        wide = wide or (base.tag == "mi" and base.text in ("max", "min", "argmax", "argmin", "lim"))
        kind = ("munder", "mover", "munderover") if wide else ("msub", "msup", "msubsup")
        tag = kind[2] if below is not None and above is not None else kind[below is None]
        return _element(tag, base, *(one for one in (below, above) if one is not None))

    def _argument(self) -> ET.Element:
        return self._atom()

    def _group(self) -> ET.Element:
        self.take("{")
        row = self.row()
        self.take("}")
        return row

    def _atom(self) -> ET.Element:
        """What stands at this place: all that is nested is read by way of it."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Unknown
        element = self._read_atom()
        self._depth -= 1
        return element

    def _read_atom(self) -> ET.Element:
        token = self.peek()
        if token == "{":
            return self._group()
        self.take()
        if token.startswith("\\") and len(token) > 1:
            return self._command(token[1:])
        if token[0].isdigit():
            return _leaf("mn", token)
        if token.isalpha():
            return _leaf("mi", token)
        if token in "_^&}\\#%$~":
            raise _Unknown
        return _leaf("mo", {"-": "−", "*": "∗"}.get(token, token))

    def _command(self, name: str) -> ET.Element:
        if name in _LETTERS:
            return _leaf("mi", _LETTERS[name])
        if name in _OPERATORS:
            return _leaf("mo", _OPERATORS[name])
        if name in _SUMS:
            return _leaf("mo", _SUMS[name])
        if name in _NAMES:
            return _leaf("mi", name)
        if name in _SPACES:
            return ET.Element("mspace", width=_SPACES[name])
        if name in ("frac", "tfrac", "dfrac"):
            return _element("mfrac", self._argument(), self._argument())
        if name == "sqrt":
            return _element("msqrt", self._argument())
        if name in _ACCENTS:
            return _element("mover", self._argument(), _leaf("mo", _ACCENTS[name]))
        if name in _STYLES:
            return self._styled(name)
        if name in _SKIPPED:
            if name in ("left", "right") and self.peek() == ".":
                self.take()
            return ET.Element("mrow")
        if name == "begin":
            return self._table()
        raise _Unknown

    def _styled(self, name: str) -> ET.Element:
        """Letters of another style, and words; only letters, digits and blanks are in them."""
        parts = []
        if self.peek() != "{":
            parts = [self.take()]
        else:
            self.take("{")
            while (token := self._raw()) != "}":
                if token.startswith("\\") or token in "{$":
                    parts.append(_LETTERS.get(token[1:], ""))
                    if not parts[-1]:
                        raise _Unknown
                else:
                    parts.append(token)
        words = "".join(parts) if name.startswith("text") else "".join("".join(parts).split())
        if name == "mathbb":
            return _leaf("mi", "".join(_SETS.get(char, char) for char in words))
        leaf = _leaf("mtext" if name.startswith("text") else "mi", words)
        if _STYLES[name] == "bold":
            leaf.set("style", "font-weight: bold")
        elif name in ("mathrm", "operatorname") and len(words) == 1:
            leaf.set("mathvariant", "normal")
        return leaf

    def _table(self) -> ET.Element:
        name = self._environment()
        if name not in _BRACKETS:
            raise _Unknown
        table = ET.Element("mtable")
        line = ET.SubElement(table, "mtr")
        while True:
            line.append(_element("mtd", self.row()))
            token = self.take()
            if token == "\\end":
                break
            if token == "\\\\":
                line = ET.SubElement(table, "mtr")
            elif token != "&":
                raise _Unknown
        if self._environment() != name:
            raise _Unknown
        brackets = [_leaf("mo", char) for char in _BRACKETS[name]]
        return _element("mrow", *brackets[:1], table, *brackets[1:])

    def _environment(self) -> str:
        self.take("{")
        name = "".join(self._until("}"))
        return name

    def _until(self, end: str) -> Iterator[str]:
        while self.peek() != end:
            yield self.take()
        self.take(end)


def _leaf(tag: str, text: str) -> ET.Element:
    leaf = ET.Element(tag)
    leaf.text = text
    return leaf


def _element(tag: str, *children: ET.Element) -> ET.Element:
    element = ET.Element(tag)
    element.extend(children)
    return element
