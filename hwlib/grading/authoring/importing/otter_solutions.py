"""Rewrites otter's solutions (`# SOLUTION` endings, blocks, prompts) as regions."""

from __future__ import annotations

import re

__all__ = ["has_solution", "with_regions"]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
# what students do not get: the solution, and what otter leaves out of every notebook
# otter takes a mark whatever follows it: `return x # SOLUTION: because`, `# BEGIN SOLUTION (short)`
_BLOCK = re.compile(r"^\s*#\s*BEGIN\s+SOLUTION|^\s*#\s*(?i:BEGIN\s*IGNORE)")
_BLOCK_END = re.compile(r"#\s*END\s+(SOLUTION|IGNORE)\s*$")
_QUIET = re.compile(r"\s*#\s*(SOLUTION NO PROMPT|SEED|IGNORE)\s*$")
_LINE = re.compile(r"\s*#\s?SOLUTION(?!.*#\s?SOLUTION).*$")
_ASSIGNED = re.compile(r"^(?P<target>\s*[\w.]+(?:\[[^\]]*\])*(?:\s*,\s*[\w.]+)*\s*=)(?!=)")
_PROMPT = re.compile(r'^\s*(?:"""|\'\'\')?\s*#\s*BEGIN PROMPT\s*$')
_PROMPT_END = re.compile(r'^\s*(?:"""|\'\'\')?;?\s*#\s*END PROMPT\s*$')


def has_solution(source: str) -> bool:
    """Whether a code cell has any of otter's marks of a solution."""
    return any(
        _BLOCK.match(line) or _QUIET.search(line) or _LINE.search(line)
        for line in source.split("\n")
    )


def with_regions(source: str) -> str:
    """The cell with regions in place of otter's marks, and prompts as comments above them.

    Examples
    --------
    >>> print(with_regions("x = 5 # SOLUTION\\ny = x"))
    # x = ...
    ### BEGIN SOLUTION
    x = 5
    ### END SOLUTION
    y = x
    """
    lines: list[str] = []
    state = "given"
    for line in source.split("\n"):
        indent = line[: len(line) - len(line.lstrip())]
        if state == "prompt":
            if _PROMPT_END.match(line):
                state = "given"
            else:
                lines.append(f"{indent}# {line.strip()}".rstrip())
        elif state == "solution":
            if end := _BLOCK_END.search(line):
                state = "given"
                before = line[: end.start()].rstrip()
                lines += [*([before] if before else []), f"{indent}{END}"]
            else:
                lines.append(_QUIET.sub("", _LINE.sub("", line)))
        elif _PROMPT.match(line):
            state = "prompt"
        elif _BLOCK.match(line):
            state = "solution"
            lines.append(f"{indent}{BEGIN}")
        elif _QUIET.search(line):
            lines += [f"{indent}{BEGIN}", _QUIET.sub("", line), f"{indent}{END}"]
        elif _LINE.search(line):
            assigned = _ASSIGNED.match(line)
            if assigned:
                lines.append(f"{indent}# {assigned['target'].strip()} ...")
            lines += [f"{indent}{BEGIN}", _LINE.sub("", line), f"{indent}{END}"]
        else:
            lines.append(line)
    return "\n".join(_joined(lines))


def _joined(lines: list[str]) -> list[str]:
    """The lines without an END that the next BEGIN follows at once."""
    result: list[str] = []
    for line in lines:
        before = result[-1] if result else ""
        if line.strip() == BEGIN and before.strip() == END and before == line.replace(BEGIN, END):
            result.pop()
        else:
            result.append(line)
    return result
