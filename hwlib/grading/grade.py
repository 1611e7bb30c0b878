"""Grades a class. These are the functions behind `hw grade`, which a script can call, too.

Engines other than the isolated one, and Dask, are imported where they are used: it takes longer
than to read the results of a class that has not changed.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from hwlib.errors import AuthoringError, CourseError, RecordingError, SubmissionError
from hwlib.grading.answer_key import load_key
from hwlib.grading.cells import one_line
from hwlib.grading.course import Assignment
from hwlib.grading.engines.isolated import IsolatedEngine, ReferenceCheck, imported_ahead
from hwlib.grading.engines.lacking import cure_of
from hwlib.grading.engines.pool import Pool, default_jobs
from hwlib.grading.engines.several import graded_in_turn
from hwlib.grading.engines.test_sets import fetch_test_sets
from hwlib.grading.records.cache import ResultCache, new_seed
from hwlib.grading.records.class_records import ClassRecords
from hwlib.grading.records.history import Entry, History, now
from hwlib.grading.records.marks import recorded_marks, with_points_by_hand
from hwlib.grading.records.unwritten import UnwrittenRecords
from hwlib.grading.results import GradeReport, Outcome, ProvedTests, SubmissionResult
from hwlib.grading.submissions.beside import regular_files
from hwlib.grading.submissions.files import FoundSubmission, find_submissions, misplaced
from hwlib.grading.submissions.reading import read_text
from hwlib.grading.texts import printable

__all__ = ["Engine", "GradeOptions", "grade_assignment", "grade_many", "grade_notebook_file"]

Engine = Literal["isolated", "nbgrader", "otter"]
OnResult = Callable[[SubmissionResult], None]


@dataclass(frozen=True, slots=True)
class GradeOptions:
    """How to grade: the options of `hw grade`."""

    engine: Engine = "isolated"
    jobs: int | None = None
    force: bool = False
    seed: int | None = None
    db_url: str | None = None
    sandbox: bool = True  # False: --unsafe-no-sandbox
    dry_run: bool = False  # write nothing
    scheduler: str | None = None  # address of a Dask scheduler whose workers grade

    @property
    def records(self) -> type[ClassRecords]:
        """What keeps the records of the class."""
        return UnwrittenRecords if self.dry_run else ClassRecords


def grade_assignment(
    assignment: Assignment,
    submitted: Path,
    output: Path,
    students: Sequence[str] = (),
    options: GradeOptions | None = None,
    on_start: Callable[[int], None] = lambda count: None,
    on_result: OnResult = lambda result: None,
) -> GradeReport:
    """Grade submitted/STUDENT/SLUG/ and write autograded/, feedback/ and the gradebook.

    Parameters
    ----------
    assignment : Assignment
    submitted, output : Path
        The folder with the hand-ins, and the folder for the records.
    students : sequence of str
        Grade only these. The default is everybody.
    options : GradeOptions, optional
    on_start, on_result : callable
        For a progress bar: called with the number of submissions, then with each result.

    Returns
    -------
    GradeReport
        It has every submission that was found exactly once.

    Raises
    ------
    CourseError
        If there is nothing to grade, or if one of `students` has handed in nothing.
    """
    options = options or GradeOptions()
    found = find_submissions(assignment, submitted, students)
    elsewhere = [] if students else misplaced(assignment, submitted)
    if not found:
        slug = assignment.slug
        what = f" with {assignment.files} in it" if assignment.has_several else f"{slug}.ipynb"
        raise CourseError(
            f"{submitted}: there is no submission of {slug}; put it there as "
            f"STUDENT/{slug}/{what}, or name another folder with --submitted"
            + "".join(f"\n{line}" for line in elsewhere[:5])
        )
    if not options.dry_run:
        output.mkdir(parents=True, exist_ok=True)
    on_start(len(found))
    grade = {"nbgrader": _grade_with_nbgrader, "otter": _grade_with_otter}.get(
        options.engine, _grade_isolated
    )
    report = grade(assignment, found, submitted.resolve(), output.resolve(), options, on_result)
    return replace(report, complaints=(*report.complaints, *elsewhere))


def _grade_isolated(
    assignment: Assignment,
    found: Sequence[FoundSubmission],
    submitted: Path,
    output: Path,
    options: GradeOptions,
    on_result: OnResult,
) -> GradeReport:
    results: dict[str, SubmissionResult] = {}
    complaints, failures = _out_of_date(assignment), list[str]()
    todo, lacking = dict[int, list[FoundSubmission]](), Counter[str]()
    waiting = Counter[tuple[str, str]]()
    seed = new_seed() if options.seed is None else options.seed
    with options.records(assignment, output, "isolated", options.db_url) as records:
        records.log_seed(seed)
        for submission in found:
            kept = records.kept(submission, options.seed, options.force)
            if kept is None:
                one, its_seed = records.to_grade(submission, seed)
                todo.setdefault(its_seed, []).append(one)
                continue
            results[submission.student] = kept
            on_result(kept)
        checked: list[ReferenceCheck] = []

        def note(check: ReferenceCheck) -> None:  # at once, so that an interrupted run keeps it
            checked.append(check)
            if not check.failing:
                records.note_proved(check.proved)

        how: Callable[..., Iterator[tuple[FoundSubmission, Outcome]]]
        how = partial(grade_many, jobs=options.jobs)
        if options.scheduler is not None:
            how = partial(
                _grade_on_cluster, scheduler=options.scheduler, on_refused=complaints.append
            )
        # a new seed, and the seeds of results of which only some questions are graded again
        for its_seed, several in todo.items():
            for submission, outcome in how(
                assignment,
                several,
                seed=its_seed,
                hidden=(output, submitted),
                on_reference=note,
                proved=records.proved(),
                sandbox=options.sandbox,
            ):
                try:
                    result = records.write(submission, outcome, its_seed)
                except RecordingError as error:
                    failures.append(str(error))
                    result = _with_problems(outcome.result, [str(error)])
                results[submission.student] = result
                lacking.update(outcome.lacking)
                waiting.update(outcome.complaints.items())
                on_result(result)
        twins, tier = records.twins(), records.tier
    unproved = {name: text for check in checked for name, text in check.failing.items()}
    complaints += _of_reference(assignment, unproved)
    complaints += _of_submissions(assignment, waiting, unproved)
    complaints += [
        f"{_submissions(count)} {'needs' if count == 1 else 'need'} {name}, which this machine "
        f"does not have; {cure_of(name)}"
        for name, count in lacking.most_common()
    ]
    ordered = (_with_problems(results[one.student], twins[one.student]) for one in found)
    return GradeReport(
        assignment.slug,
        "isolated",
        tier,
        tuple(ordered),
        tuple(complaints),
        tuple(failures),
    )


def _out_of_date(assignment: Assignment) -> list[str]:
    """A line of complaint if source/ is older than what it is built from, and differs from a new
    build.
    """
    each = assignment.each_notebook()
    notebooks = [one.notebook for one in each]
    parts = [*notebooks, *regular_files(assignment.folder / "files")]
    built = min(one.source.stat().st_mtime for one in each)
    newer = [path for path in parts if path.is_file() and path.stat().st_mtime > built]
    if not all(path.is_file() for path in notebooks) or not newer:
        return []
    from hwlib.grading.authoring.build import build  # slow to import, and seldom needed

    try:
        if build(assignment, check=True).up_to_date:
            return []
        what = "has changed since the last build"
    except AuthoringError as error:
        what = f"cannot be built ({error})"
    slug = assignment.slug
    return [
        f"{slug}: {newer[0].relative_to(assignment.folder.parents[1])} {what}. This run used what "
        f"is in source/{slug}/. Run `hw build {slug}` to use the new version"
    ]


def _of_reference(assignment: Assignment, failed: dict[str, str]) -> list[str]:
    """One line that sums up the questions that humans must grade, and one for each reason."""
    if not failed:
        return []
    slug, count = assignment.slug, len(load_key(assignment).questions)
    questions = defaultdict[str, list[str]](list)  # in the order of the notebook
    for name, reason in failed.items():
        questions[reason].append(name)
    wait = "waits" if len(failed) == 1 else "wait"
    return [
        f"{slug}: {len(failed)} of {count} questions {wait} for a human, in every submission: the "
        "course's own solution does not pass these tests in the isolated engine. Mend what the "
        'next lines name, or give the questions trust="shared"; '
        f"`hw verify {slug}` tries again",
        *(
            f"{slug}: {', '.join(names)}: {one_line(reason, 600)}"
            for reason, names in questions.items()
        ),
    ]


def _of_submissions(
    assignment: Assignment, waiting: Counter[tuple[str, str]], known: Container[str]
) -> list[str]:
    """A line for each question that waits in some submissions only, in notebook order."""
    order = [cell.name for cell in load_key(assignment).questions]
    return [
        f"{assignment.slug}: {name} waits for a human in {_submissions(count)}: {reason}"
        for (name, reason), count in sorted(waiting.items(), key=lambda one: order.index(one[0][0]))
        if name not in known
    ]


def _submissions(count: int) -> str:
    return "1 submission" if count == 1 else f"{count} submissions"


def _with_problems(result: SubmissionResult, more: list[str]) -> SubmissionResult:
    return replace(result, problems=(*result.problems, *more)) if more else result


def _grade_with_nbgrader(
    assignment: Assignment,
    found: Sequence[FoundSubmission],
    submitted: Path,
    output: Path,
    options: GradeOptions,
    on_result: OnResult,
) -> GradeReport:
    from hwlib.grading.engines.nbgrader import grade_with_nbgrader

    seed = new_seed() if options.seed is None else options.seed
    if options.dry_run:  # nbgrader can't grade without writing
        with tempfile.TemporaryDirectory(prefix="hw-dry-run-") as folder:
            scratch = Path(folder).resolve()
            graded = tuple(
                grade_with_nbgrader(
                    assignment, found, output=scratch, seed=seed, on_result=on_result
                )
            )
        marks = recorded_marks(assignment, output, options.db_url)
        results = tuple(with_points_by_hand(marks.get(one.student, {}), one) for one in graded)
    else:
        cache = ResultCache(assignment, output, "nbgrader")
        cache.log_seed(seed)
        history, done = History(output, assignment.slug), list[SubmissionResult]()
        for one in grade_with_nbgrader(
            assignment,
            found,
            output=output,
            db_url=options.db_url,
            seed=seed,
            on_result=on_result,
        ):
            files = cache.hand_in(found[len(done)])
            history.add(Entry(one, one.score, now(), "nbgrader", "T0", seed, files, cache.tests))
            done.append(one)
        results = tuple(done)
    return GradeReport(assignment.slug, "nbgrader", "T0", results)


def _grade_with_otter(
    assignment: Assignment,
    found: Sequence[FoundSubmission],
    submitted: Path,
    output: Path,
    options: GradeOptions,
    on_result: OnResult,
) -> GradeReport:
    from hwlib.grading.engines.otter import grade_with_otter

    seed = new_seed() if options.seed is None else options.seed
    results, failures = list[SubmissionResult](), list[str]()
    with options.records(assignment, output, "otter", options.db_url) as records:
        records.log_seed(seed)
        for submission in found:
            records.kept(submission, force=True)
        for submission, outcome in grade_with_otter(
            assignment, found, seed=seed, jobs=options.jobs
        ):
            try:
                result = records.write(submission, outcome, seed)
            except RecordingError as error:
                failures.append(str(error))
                result = _with_problems(outcome.result, [str(error)])
            results.append(result)
            on_result(result)
    return GradeReport(
        assignment.slug, "otter", "T0", tuple(results), _of_otter(assignment), tuple(failures)
    )


def _of_otter(assignment: Assignment) -> tuple[str, ...]:
    """What an instructor must know about otter's results."""
    from hwlib.grading.engines.otter_zip import otter_notes

    return (
        f"{assignment.slug}: otter runs student code and tests in one process, so these results "
        "can be forged (isolation T0)",
        *(
            f"{assignment.slug}: {line}"
            for line in otter_notes(assignment, load_key(assignment))
            if ": left out" in line
        ),
    )


def grade_many(
    assignment: Assignment,
    submissions: Sequence[FoundSubmission],
    *,
    seed: int,
    jobs: int | None = None,
    hidden: tuple[Path, ...] = (),
    on_reference: Callable[[ReferenceCheck], None] | None = None,
    proved: ProvedTests | None = None,
    leave_to_humans: bool = True,
    sandbox: bool = True,
) -> Iterator[tuple[FoundSubmission, Outcome]]:
    """Grade submissions in parallel; yields each of them as soon as it is graded.

    It writes no records.

    Parameters
    ----------
    hidden : tuple of Path
        Folders that student code must not see, in addition to the course: for example the folder
        with all submissions.
    on_reference : callable, optional
        If given, the course's own solution is graded first. The function gets what it says about
        the tests.
    proved : ProvedTests, optional
        The course's own solution has passed before, and has shown this. So it is graded only if a
        setup cell does not run on this machine.
    leave_to_humans : bool
        Whether a question that the course's own solution does not pass is left to humans.
    sandbox : bool
        False: without isolation. Only for submissions that you trust.

    Raises
    ------
    GradingError
        If student code can't be confined on this machine.
    """
    if not submissions:
        return
    if assignment.has_several:
        yield from graded_in_turn(
            grade_many,
            assignment,
            submissions,
            on_reference,
            seed=seed,
            jobs=jobs,
            hidden=hidden,
            proved=proved,
            leave_to_humans=leave_to_humans,
            sandbox=sandbox,
        )
        return
    fetch_test_sets(assignment)
    with IsolatedEngine(assignment, seed, hidden, sandbox=sandbox) as engine:
        engine.learn_imports(imported_ahead(submissions))
        if proved is not None:
            engine.take(proved)
        if on_reference is not None and (proved is None or engine.bench.broken):
            on_reference(engine.check_reference(leave_to_humans=leave_to_humans))
        with Pool(engine, min(jobs or default_jobs(assignment), len(submissions))) as pool:
            yield from pool.run(submissions)


def _grade_on_cluster(
    assignment: Assignment,
    submissions: Sequence[FoundSubmission],
    *,
    on_reference: Callable[[ReferenceCheck], None],
    **options: Any,
) -> Iterator[tuple[FoundSubmission, Outcome]]:
    """What `grade_many` does, on the workers of a Dask scheduler."""
    from hwlib.grading.cluster.run import grade_on_cluster

    if not assignment.has_several:
        yield from grade_on_cluster(assignment, submissions, on_reference=on_reference, **options)
        return
    yield from graded_in_turn(grade_on_cluster, assignment, submissions, on_reference, **options)


def grade_notebook_file(
    assignment: Assignment,
    notebook: Path,
    student: str = "",
    seed: int | None = None,
    engine: Engine = "isolated",
    *,
    sandbox: bool = True,
) -> GradeReport:
    """Grade one notebook file without a class, and write no records.

    The student's code sees only those files in the same folder that belong to the assignment:
    models that are handed in, and files that students get with the notebook.

    Raises
    ------
    CourseError
        If there is no such file.
    """
    notebook = notebook.resolve()
    if not notebook.is_file():
        raise CourseError(f"{notebook}: no such file; name an existing notebook")
    assignment = _of_file(assignment, notebook)
    declared = {f"{name}.safetensors" for name in assignment.artifacts}
    given = assignment.release.parent
    declared |= {str(path.relative_to(given)) for path in regular_files(given)}
    found = FoundSubmission(
        student or printable(notebook.stem),
        notebook.parent,
        notebook,
        None,
        only=frozenset(declared),
    )
    unseen = tuple(_unseen_modules(notebook, declared))
    seed = new_seed() if seed is None else seed
    if engine == "nbgrader":
        from hwlib.grading.engines.nbgrader import grade_with_nbgrader

        with tempfile.TemporaryDirectory(prefix="hw-notebook-") as output:
            results = tuple(
                grade_with_nbgrader(assignment, [found], output=Path(output).resolve(), seed=seed)
            )
        return GradeReport(assignment.slug, engine, "T0", results, unseen)
    if engine == "otter":
        from hwlib.grading.engines.otter import grade_with_otter

        ((_, outcome),) = grade_with_otter(assignment, [found], seed=seed)
        complaints = (*unseen, *_of_otter(assignment))
        return GradeReport(assignment.slug, engine, "T0", (outcome.result,), complaints)
    checked: list[ReferenceCheck] = []
    ((_, outcome),) = grade_many(
        assignment, [found], seed=seed, jobs=1, on_reference=checked.append, sandbox=sandbox
    )
    unproved = checked[0].failing
    complaints = (
        *unseen,
        *_of_reference(assignment, unproved),
        *_of_submissions(assignment, Counter(outcome.complaints.items()), unproved),
    )
    return GradeReport(assignment.slug, engine, outcome.tier, (outcome.result,), complaints)


def _of_file(assignment: Assignment, notebook: Path) -> Assignment:
    """The assignment or, if it has several notebooks, the one that the file's name tells."""
    if not assignment.has_several:
        return assignment
    for one in assignment.each_notebook():
        if one.stem == notebook.stem:
            return one
    raise CourseError(
        f"{notebook}: {assignment.slug} has the notebooks {assignment.files}; give the file the "
        "name of one of them, or grade a whole folder with --submitted"
    )


def _unseen_modules(notebook: Path, declared: Container[str]) -> Iterator[str]:
    """A line for each module beside a notebook that it seems to import, but does not get."""
    try:
        imported = set(re.findall(r"\b(?:import|from) +(\w+)", read_text(notebook)))
    except SubmissionError:  # grading says what is wrong with it
        return
    for path in sorted(notebook.parent.iterdir()):
        is_module = path.suffix == ".py" or (path.is_dir() and not path.name.startswith("."))
        if is_module and path.name not in declared and path.stem in imported:
            yield (
                f"{path}: this is not a file of the assignment, so the notebook can't import it; "
                "to grade it with the files beside it, put all into STUDENT/SLUG/ of a folder and "
                "name that folder with --submitted"
            )
