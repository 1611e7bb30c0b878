"""Imports or audits a course of another tool: the function behind `hw import` and `hw audit`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode

from hwlib.errors import AuthoringError, CourseError, GradingError
from hwlib.grading.authoring.build import build
from hwlib.grading.authoring.importing.drafting import drafted
from hwlib.grading.authoring.importing.faults import idiom_of, kept_state
from hwlib.grading.authoring.importing.found import Draft, FoundCell, FoundNotebook, Note
from hwlib.grading.authoring.importing.headers_and_footers import settings_followed
from hwlib.grading.authoring.importing.layout import FoundAssignment, find_assignments
from hwlib.grading.authoring.importing.naming import name_drafts
from hwlib.grading.authoring.importing.old_course import about_old_course
from hwlib.grading.authoring.importing.otter_notebooks import (
    FAILED,
    HAS_RUN,
    found_in_otter,
    runnable,
)
from hwlib.grading.authoring.importing.writing import notebook_text
from hwlib.grading.authoring.importing.writing_assignments import points_of, write_assignment
from hwlib.grading.cells import one_line
from hwlib.grading.course import Assignment, Course, find_course
from hwlib.grading.proof.imports.autotest import WrittenOut, with_autotests
from hwlib.grading.proof.imports.originals import OriginalRun, OriginalTest, run_original
from hwlib.grading.proof.imports.report import (
    AssignmentReport,
    ImportReport,
    QuestionReport,
    cells_of,
)
from hwlib.grading.proof.imports.trials import Tried, build_for_trial, leaks_of, passes, tried

__all__ = ["import_course"]

MAX_FAULTS = 30  # cells that may be set aside before the rest is not tried


def import_course(
    source: Path,
    course: Course | None,
    to: str = "",
    on_assignment: Callable[[AssignmentReport], None] = lambda report: None,
) -> ImportReport:
    """Read a notebook, folder or course of another tool, try it, and write assignments/.

    Parameters
    ----------
    source : Path
        A notebook, a folder with the notebooks of an assignment, or a course with a folder source/.
    course : Course, optional
        Where assignments/SLUG/ is written. None: nothing is written.
    to : str
        The name of the assignment, if there is only one.
    on_assignment : callable, optional
        Called with the report on each assignment.

    Raises
    ------
    CourseError
        If there is nothing to import, or an assignment of that name exists.
    """
    found = find_assignments(source.resolve(), to)
    for one in found if course else ():
        folder = course.root / "assignments" / one.slug if course else Path()
        if folder.exists():
            raise CourseError(
                f"{folder} exists; remove it to import the assignment again, or give another name "
                "with --to"
            )
    reports = []
    for one in map(_in_python, found):
        with tempfile.TemporaryDirectory(prefix="hw-import-") as name:
            scratch = Path(name).resolve()
            (scratch / "course.toml").write_text('title = "Import"\n', encoding="utf-8")
            report = _Trial(one, find_course(scratch)).run()
            if course is not None and one.notebooks:
                report = _kept(report, scratch, course)
        reports.append(report)
        on_assignment(report)
    return ImportReport(
        tuple(reports),
        tuple(about_old_course(source.resolve(), [*settings_followed(source.resolve())])),
    )


def _for_instructors(text: str) -> str:
    """A message without the advice for students, or for what the import has done already."""
    for advice in (" Next: ", " Compare your code ", " You lose no points "):
        text = text.partition(advice)[0]
    return text.rstrip(".")


def _written_out(cells: Iterable[FoundCell], written: WrittenOut) -> Iterator[FoundCell]:
    """The cells with their tests; those whose AUTOTEST lines stay have a note that says why."""
    for number, (cell, now) in enumerate(zip(cells, written.notebook.cells, strict=True), 1):
        if why := written.problems.get(number):
            note = Note("fault", f"nbgrader can't write out its AUTOTEST lines: {why}")
            cell = replace(cell, notes=(*cell.notes, note))
        yield replace(cell, source=now.source)


def _in_python(found: FoundAssignment) -> FoundAssignment:
    """The assignment without its notebooks in other languages."""
    pairs = list(zip(found.notebooks, found.originals, strict=True))
    kept = [pair for pair in pairs if pair[0].is_python]
    left_out = [
        f"{one.path.name}, because it is written in {one.language}; keep it in nbgrader"
        for one, _ in pairs
        if not one.is_python
    ]
    return replace(
        found,
        notebooks=tuple(one for one, _ in kept),
        originals=tuple(original for _, original in kept),
        left_out=(*found.left_out, *left_out),
    )


def _kept(report: AssignmentReport, scratch: Path, course: Course) -> AssignmentReport:
    """Copy the assignment into the course and build it there."""
    target = course.root / "assignments" / report.slug
    shutil.copytree(scratch / "assignments" / report.slug, target)
    try:
        build(course.assignment(report.slug))
    except AuthoringError as error:
        text = f"`hw build {report.slug}` stops: {error}"
        return replace(report, notes=(*report.notes, Note("decision", text)))
    return report


class _Trial:
    """One assignment on its way into hwlib, in a course of its own that is thrown away."""

    def __init__(self, found: FoundAssignment, course: Course) -> None:
        self.found, self.course = found, course
        self.notes = [Note("decision", f"not imported: {text}") for text in found.left_out]
        self.notes += [note for one in found.notebooks for note in one.notes]
        self.originals: dict[str, OriginalTest] = {}  # by the place of the cell
        self.seconds: dict[str, float] = {}
        self.aside: set[Draft] = set()  # what can't be built

    def run(self) -> AssignmentReport:
        """Import, build and try it."""
        if not self.found.notebooks:
            self.drafts: list[Draft] = []
            return self._report((), {})
        self.notebooks = self._drafted()
        self.drafts = [draft for drafts in self.notebooks.values() for draft in drafts]
        self._write()
        try:
            assignment = self.course.assignment(self.found.slug)
        except AuthoringError as error:
            self.notes.append(Note("decision", error.message))
            return self._report((), {})
        is_built = self._build(assignment)
        isolated, nbgrader = Tried({}, 0.0), Tried({}, 0.0)
        if is_built and any(draft.role == "test" for draft in self.drafts):
            isolated = self._share(assignment, tried(assignment, "isolated"))
            nbgrader = tried(assignment, "nbgrader")
        if is_built:
            self._note_leaks(assignment)
        if isolated.problem:
            self.notes.append(Note("decision", isolated.problem))
        if nbgrader.problem:
            self.notes.append(Note("fault", nbgrader.problem))
        questions = tuple(
            self._question(draft, isolated, nbgrader)
            for draft in self.drafts
            if draft.role == "test"
        )
        self._write()
        return self._report(questions, {"nbgrader": nbgrader.seconds, "isolated": isolated.seconds})

    def _report(
        self, questions: tuple[QuestionReport, ...], seconds: dict[str, float]
    ) -> AssignmentReport:
        return AssignmentReport(
            self.found.slug,
            ", ".join(notebook.path.name for notebook in self.found.notebooks),
            self.found.notebooks[0].tool if self.found.notebooks else "",
            cells_of(self.drafts),
            questions,
            tuple(self.notes),
            {**self.seconds, **seconds},
        )

    def _drafted(self) -> dict[str, list[Draft]]:
        """The cells of each notebook; the old notebooks are run."""
        found: dict[str, list[Draft]] = {}
        several = len(self.found.notebooks) > 1
        for notebook, original in zip(self.found.notebooks, self.found.originals, strict=True):
            if notebook.tool == "otter":
                drafts = drafted(self._shown_by_otter(notebook, original))
            else:
                notebook = self._run_by_nbgrader(notebook, original)
                drafts = drafted(notebook, self.found.delimiters)
            found[notebook.path.stem if several else "notebook"] = drafts
        name_drafts(list(found.values()))
        return found

    def _run_by_nbgrader(self, notebook: FoundNotebook, original: NotebookNode) -> FoundNotebook:
        """The notebook with its AUTOTEST lines written out, after a run."""
        folder = notebook.path.parent
        written = with_autotests(original, folder, self._files)
        if written.problem:
            text = f"its AUTOTEST lines stay as they are: {written.problem}"
            self.notes.append(Note("decision", text))
        elif written.notebook is not original:
            self.notes.append(Note("changed", "its AUTOTEST lines are the tests they stand for"))
            notebook = replace(notebook, cells=tuple(_written_out(notebook.cells, written)))
        self._take(notebook.path.name, run_original(written.notebook, folder, self._files))
        return notebook

    def _shown_by_otter(self, notebook: FoundNotebook, original: NotebookNode) -> FoundNotebook:
        """The notebook with what its cells show for the course's own solution."""
        ran = run_original(runnable(original), notebook.path.parent, self._files)
        self._take(notebook.path.name, ran)
        shown = deepcopy(original)
        for cell, after in zip(shown.cells, ran.notebook.cells, strict=True):
            outputs = after.get("outputs", ())
            is_run = after.get("execution_count") is not None
            errors = [one for one in outputs if one.output_type == "error"]
            if is_run and not errors:
                cell.outputs = outputs
                cell.metadata[HAS_RUN] = True
            elif errors:
                cell.metadata[FAILED] = one_line(f"{errors[0].ename}: {errors[0].evalue}", 100)
        return found_in_otter(notebook.path, shown)

    @property
    def _files(self) -> tuple[Path, ...] | None:
        """The files that an old notebook runs with; None: all in its folder."""
        return None if self.found.has_folder else self.found.files

    def _take(self, name: str, ran: OriginalRun) -> None:
        self.seconds["original"] = self.seconds.get("original", 0.0) + ran.seconds
        for number, test in ran.tests.items():
            self.originals[f"{name}, cell {number}"] = test
        if ran.problem:
            self.notes.append(Note("fault", f"{name} does not run to its end: {ran.problem}"))

    def _write(self) -> None:
        folder = self.course.root / "assignments" / self.found.slug
        seconds = self.seconds.get("original", 0.0)
        write_assignment(folder, self.found, self.notebooks, seconds)

    # ---- building ----

    def _build(self, assignment: Assignment) -> bool:
        """Build it; cells that can't be built are set aside, and need a decision.

        Returns whether the rest could be built.
        """
        for _ in range(MAX_FAULTS):
            try:
                build_for_trial(assignment)
                return True
            except AuthoringError as error:
                draft = self._at(error)
                if draft is None or draft in self.aside:
                    self.notes.append(Note("decision", f"it can't be built: {error}"))
                    return False
                draft.note("decision", error.message)
                self.aside.add(draft)
                self._rewrite(assignment)
            except GradingError as error:  # nbgrader refuses the notebook
                self.notes.append(Note("decision", f"it can't be built: {error}"))
                return False
        return False

    def _rewrite(self, assignment: Assignment) -> None:
        """Write the notebooks without the cells that are set aside."""
        for stem, drafts in self.notebooks.items():
            text = notebook_text([self._aside(draft) for draft in drafts])
            (assignment.folder / f"{stem}.py").write_text(text, encoding="utf-8")

    def _aside(self, draft: Draft) -> Draft:
        if draft not in self.aside:
            return draft
        if draft.role == "test":
            return replace(draft, source="# set aside", points=points_of(draft))
        if draft.role in ("answer", "manual"):
            return replace(draft, source="### BEGIN SOLUTION\n### END SOLUTION")
        return replace(draft, source="(set aside)", role="prose")

    def _at(self, error: AuthoringError) -> Draft | None:
        """The cell that an error of the build is about."""
        drafts = self.notebooks.get(error.path.stem, [])
        if not error.line or not error.path.is_file():
            return None
        lines = error.path.read_text(encoding="utf-8").split("\n")
        headers = [i for i, line in enumerate(lines, 1) if line.startswith("# %%")]
        above = sum(line <= error.line for line in headers)
        return drafts[above - 1] if 0 < above <= len(drafts) else None

    def _note_leaks(self, assignment: Assignment) -> None:
        try:
            leaks = leaks_of(assignment)
        except AuthoringError:
            return
        for leak in leaks[:10]:
            self.notes.append(
                Note("decision", leak, "reword it, or allow it in [leaks.allow] of assignment.toml")
            )

    # ---- trying ----

    def _share(self, assignment: Assignment, first: Tried) -> Tried:
        """Let tests that only pass in the student's process run there."""
        lost = [
            draft
            for draft in self.drafts
            if draft.role == "test"
            and draft not in self.aside
            and not passes(first.questions.get(draft.name))
            and self._passed_before(draft)
        ]
        if not lost:
            return first
        for draft in lost:
            draft.trust = "shared"
        self._rewrite(assignment)
        build_for_trial(assignment)
        second = tried(assignment, "isolated")
        for draft in lost:
            before = first.questions.get(draft.name)
            if passes(second.questions.get(draft.name)):
                idiom, remedy = idiom_of(draft.source)
                said = first.complaints.get(draft.name) or (before.message if before else "")
                said = f" ({_for_instructors(said)})" if said else ""
                draft.note("shared", f"{idiom}{said}", remedy)
            else:
                draft.trust = "isolated"
        self._rewrite(assignment)
        build_for_trial(assignment)
        return second

    def _passed_before(self, draft: Draft) -> bool:
        before = self.originals.get(draft.place)
        return before is None or before.passed

    def _remedy(self, draft: Draft, isolated: Tried) -> str:
        """What to write where the course's own solution passes in nbgrader only."""
        cells = next(one for one in self.notebooks.values() if draft in one)
        test, name = kept_state(draft, cells)
        if not test or draft.name in isolated.complaints:
            return idiom_of(draft.source)[1]
        return (
            f"the test {test} above it uses {name}, too, and hwlib runs each test alone: if it "
            f"changes {name}, repeat those lines here, or make one test of both"
        )

    def _question(self, draft: Draft, isolated: Tried, nbgrader: Tried) -> QuestionReport:
        is_aside = draft in self.aside
        before = self.originals.get(draft.place)
        ours = None if is_aside else isolated.questions.get(draft.name)
        theirs = None if is_aside else nbgrader.questions.get(draft.name)
        message = ours.message if ours and not passes(ours) else ""
        if before is not None and not before.passed:
            message = before.message or message
            draft.note(
                "fault",
                f"the course's own solution does not pass this test in nbgrader: {before.message}",
                "correct the solution or the test",
            )
        elif before is None and theirs is not None and not passes(theirs) and not passes(ours):
            message = theirs.message or message
            draft.note(
                "fault",
                f"the course's own solution passes this test in neither engine: {message}",
                "correct the solution or the test, or install what is missing",
            )
        elif not passes(ours) and not is_aside:
            draft.note(
                "decision",
                f"the course's own solution passes it in nbgrader, not in hwlib: "
                f"{isolated.complaints.get(draft.name) or message or 'it was not tried'}",
                self._remedy(draft, isolated),
            )
        if draft.name in isolated.for_nothing and not is_aside:
            draft.note(
                "fault",
                "it passes in the notebook that students get, so its points are for nothing",
                "check what only a solution gives",
            )
        return QuestionReport(
            draft.name,
            draft.grade_id,
            draft.place,
            None if before is None else before.passed,
            passes(theirs) if nbgrader.questions else None,
            passes(ours) if isolated.questions else None,
            draft.trust,
            message,
        )
