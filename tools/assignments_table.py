"""Write docs/assignments.md: the tests of every assignment, question by question.

    python tools/assignments_table.py            tries again what has changed; minutes for all
    python tools/assignments_table.py SLUG…      tries these again
    python tools/assignments_table.py --check    only whether the page is up to date

How many changes of the reference each question catches is kept in docs/assignments.json, with a
hash of what that depends on: code and tests in source/, equivalents.toml, and what `hw mutate`
changes. So the check need not try them all again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.written import Variant
from hwlib.grading.course import Assignment, find_course
from hwlib.grading.parts import parts_of
from hwlib.grading.proof import mutants
from hwlib.grading.proof.mutants.report import MutateReport, mutate
from hwlib.grading.proof.variants import load_variants

PAGE, COUNTS = ROOT / "docs" / "assignments.md", ROOT / "docs" / "assignments.json"
COMMAND = "python tools/assignments_table.py"
HEAD = """\
# The tests of the twelve assignments

`python tools/assignments_table.py` writes this page, and `make check` says whether it is up to
date. For each autograded question it shows

- **parts**: parts that are tried each for itself ([docs/authoring.md](authoring.md));
- **wrong**: wrong solutions in `wrong/` that must lose it, or a part of it;
- **changes caught**: one-line changes of the reference (`hw mutate`) that this question is the
  first to notice. A change is tried on the questions that need the changed cell, the nearest first,
  until one of them loses points;
- **wrong result**: how many of these run to the end and give a wrong result. The others raise an
  exception, which the message quotes, or do not end;
- **with a hint**: the share of the wrong results for which the student reads a likely cause,
  besides the symptom;
- **how often**: the share of real solutions that had the mistake, where a file in `wrong/` says it.
  They are students' solutions of courses like this one, in public repositories. Functions were run
  on inputs that show the mistake, and what does not run alone was read; none of the code is kept. A
  solution that is not written or stops for another reason is not counted, so the second number
  differs. Some questions stand in for ours: a Gaussian mixture in em, layers of NumPy in optimizers
  and mnist_cnn, and a training loop on MNIST in mnist_depth_width. For the other questions of these
  four, and for `pooled_size` and `num_parameters`, no public solution was found; backprop is not
  counted. Mistakes that no solution had carry no number, nor do those that depend on the task's
  wording: courses differ in the ½ of the regularisation.

Below each table: how many changes there are, how many of them are caught, how many are accepted by
name in `equivalents.toml` because they make no difference that counts, and how many nobody has
looked at.
"""


def main() -> int:
    """Write the page, or check it; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write docs/assignments.md.")
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="assignments to try again")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    options = parser.parse_args()
    course = find_course(ROOT)
    assignments = course.assignments()
    known = json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.is_file() else {}
    stale = [one for one in assignments if known.get(one.slug, {}).get("sources") != sources(one)]
    if options.check:
        names = " ".join(one.slug for one in stale)
        written = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
        if not stale and written == page(assignments, known):
            return 0
        sys.exit(f"docs/assignments.md is out of date; run `{f'{COMMAND} {names}'.strip()}`")
    chosen = course.assignments(tuple(options.slugs)) if options.slugs else stale
    for assignment in chosen:
        report = mutate(assignment)
        print(report.summary, flush=True)
        for line in report.complaints:
            print(f"{assignment.slug}: {line}")
        known[assignment.slug] = counts(assignment, report)
        kept = {one.slug: known[one.slug] for one in assignments if one.slug in known}
        COUNTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(assignments, known), encoding="utf-8")
    return 0


def sources(assignment: Assignment) -> str:
    """A hash of what the changes of an assignment and their fate depend on, but for hwlib."""
    digest = hashlib.sha256()
    for cell in load_key(assignment).by_role("setup", "code", "solution", "test"):
        digest.update(f"{cell.role}\0{cell.name}\0{cell.source}\0".encode())
    accepted = assignment.equivalents
    digest.update(accepted.read_bytes() if accepted.is_file() else b"")
    for path in sorted(Path(mutants.__file__).parent.glob("*.py")):
        if path.stem in ("making", "operators", "text"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def counts(assignment: Assignment, report: MutateReport) -> dict[str, Any]:
    """What docs/assignments.json keeps of one assignment."""
    caught, wrong, hinted = report.caught_by(), report.with_wrong_result(), report.hinted()
    return {
        "sources": sources(assignment),
        "changes": len(report.graded),
        "caught": len(report.caught),
        "accepted": len(report.accepted),
        "unnoticed": len(report.surviving),
        "undecided": len(report.waiting),
        "untested": list(report.untested),
        "questions": {name: [caught[name], wrong[name], hinted[name]] for name in sorted(caught)},
    }


def page(assignments: list[Assignment], known: Mapping[str, Any]) -> str:
    """The text of docs/assignments.md."""
    sections = ["\n".join(section(one, known[one.slug])) for one in assignments]
    total = Counter[str]()
    for one in known.values():
        total.update({name: one[name] for name in ("changes", "caught", "accepted", "unnoticed")})
        for _, result, hinted in one["questions"].values():
            total.update(result=result, hinted=hinted)
    sentence = (
        f"All twelve together: {_counted(total)}.\n{total['result']} give a wrong result, "
        f"{total['hinted'] / max(1, total['result']):.0%} of these with a hint."
    )
    return "\n".join([HEAD, sentence, "", *sections])


def section(assignment: Assignment, known: Mapping[str, Any]) -> Iterator[str]:
    """The heading, the table and the sum of one assignment."""
    wrong = [one for one in load_variants(assignment) if one.kind == "wrong"]
    yield f"## {assignment.title} (`{assignment.slug}`)"
    yield ""
    yield (
        "| question | points | parts | wrong | changes caught | wrong result | with a hint | "
        "how often |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
    for cell in load_key(assignment).by_role("test"):
        caught, result, hinted = known["questions"].get(cell.name, (0, 0, 0))
        its = [one for one in wrong if cell.name in {name.partition("/")[0] for name in one.fails}]
        row = [
            cell.name,
            f"{cell.points:g}",
            str(len(parts_of(cell.source)) or ""),
            str(len(its)),
            str(caught),
            str(result),
            f"{hinted / result:.0%}" if result else "",
            "; ".join(how_often(its)),
        ]
        yield f"| {' | '.join(row)} |"
    untested = ", ".join(known["untested"])
    yield ""
    yield f"{_counted(known)}{f'. No test needs {untested}' if untested else ''}."
    yield ""


def how_often(variants: list[Variant]) -> Iterator[str]:
    """Name and base rate of the mistakes that have one."""
    for one in variants:
        frequency = getattr(one, "frequency", "")
        if frequency:
            yield f"{one.name}: {frequency}"


def _counted(of: Mapping[str, Any]) -> str:
    return (
        f"{of['changes']} changes: {of['caught']} caught, {of['accepted']} accepted, "
        f"{of['unnoticed']} unnoticed"
    )


if __name__ == "__main__":
    sys.exit(main())
