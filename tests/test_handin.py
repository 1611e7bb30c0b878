"""The hand-in cell: it packs the right notebook, and says "ready" of nothing that is not."""

from __future__ import annotations

import os
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from hwlib.checks.raised import told_of
from hwlib.errors import HwlibError
from hwlib.handin import submit
from hwlib.live import recorder, watching
from hwlib.live.standing import standing
from hwlib.notebooks import checksum_of

STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"
ASKED = "### Why?\n\nSay why.\n\n"
# grade id, points and source of the cells, as released
CELLS: tuple[tuple[str, float | None, str], ...] = (
    ("setup-1", None, "import math"),
    ("solution-double", None, f'def double(x):\n    """Twice x."""\n{STUB}'),
    (
        "test-double",
        3,
        "# @title Check: Twice, 3 points, 2 parts\n"
        'with check.part(1, "small numbers"):\n'
        '    check.equal(double(2), 4, what="double(2)")\n'
        'with check.part(2, "negative numbers"):\n'
        '    check.equal(double(-2), -4, what="double(-2)")\n'
        "check.earned()",
    ),
    ("", None, "shown = double(5)"),  # an experiment
    ("solution-half", None, f'def half(x):\n    """Half of x."""\n{STUB}'),
    (
        "test-half",
        4,
        "# @title Check: half, 4 points\n"
        "right = 1.5\n"
        'check.true(math.isclose(half(3), right), "half(3) is not 1.5.")\n'
        'check.passed("half works.")',
    ),
    (
        "test-net",
        2,
        "# @title Check: net, 2 points\n"
        'check.true("net" == "net", "There is no net.")\n'
        'check.passed("The net is there.")',
    ),
    ("answer-why", 2, f"{ASKED}YOUR ANSWER HERE"),
)
DOUBLE = 'def double(x):\n    """Twice x."""\n    return x + x'
HALF = 'def half(x):\n    """Half of x."""\n    return x / 2'
WHY = f"{ASKED}Because they undo each other."
SOLVED = {"solution-double": DOUBLE, "solution-half": HALF, "answer-why": WHY}


def released() -> NotebookNode:
    """The notebook as `hw build` releases it; test_handin_arrives.py has one that was built."""
    cells = [
        new_code_cell(
            "# Run this cell first.\nimport hwlib\nfrom hwlib import checks as check", id="first"
        )
    ]
    for grade_id, points, source in CELLS:
        role = grade_id.partition("-")[0]
        make = new_markdown_cell if role == "answer" else new_code_cell
        settings: dict[str, Any] = {
            "schema_version": 3,
            "grade_id": grade_id,
            "grade": points is not None,
            "solution": role in ("solution", "answer"),
            "locked": role in ("test", "setup"),
            "task": False,
            "cell_type": "markdown" if role == "answer" else "code",
        }
        if points is not None:
            settings["points"] = points
        settings["checksum"] = checksum_of(settings["cell_type"], source, settings)
        told = {"nbgrader": settings} if grade_id else {"tags": ["skip-execution"]}
        cells.append(make(source, metadata=told, id=grade_id or "experiment"))
    about = {"slug": "small", "answers": list(SOLVED)}
    return new_notebook(cells=cells, metadata={"hwlib": about})


class Student:
    """A student's folder with small.ipynb in it, solved, and with the model file."""

    def __init__(self, folder: Path, printed: Callable[[], str], shell: Any = None) -> None:
        self.folder, self._printed, self._shell = folder, printed, shell
        self.notebook = released()
        for grade_id, source in SOLVED.items():
            self.cell(grade_id).source = source
        (folder / "net.safetensors").write_bytes(b"weights")
        (folder / "private.txt").write_text("not for the grader")
        self.save()

    @property
    def path(self) -> Path:
        return self.folder / "small.ipynb"

    @property
    def zip(self) -> Path:
        return self.folder / "small.zip"

    def cell(self, grade_id: str) -> NotebookNode:
        for cell in self.notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
                return cell
        raise KeyError(grade_id)

    def write(self, grade_id: str, source: str) -> None:
        """Change a cell, and save."""
        self.cell(grade_id).source = source
        self.save()

    def save(self, name: str = "small.ipynb") -> None:
        (self.folder / name).write_text(nbformat.writes(self.notebook), encoding="utf-8")

    def run(self, *grade_ids: str) -> str:
        """Run cells of the notebook in the kernel, or a text that is no cell of it."""
        for name in grade_ids:
            cell = self.cell(name) if "-" in name and " " not in name else None
            done = self._shell.run_cell(
                cell.source if cell else name, store_history=True, cell_id=cell.id if cell else "x"
            )
            assert done.error_before_exec is None
        return self._printed()

    def run_all(self) -> str:
        return self.run(
            "from hwlib import checks as check",
            "import math",
            "solution-double",
            "test-double",
            "solution-half",
            "test-half",
            "test-net",
        )

    def submit(self, **options: Any) -> str:
        """What `hwlib.submit` prints."""
        self._printed()
        submit("small", artifacts=("net",), folder=self.folder, **options)
        return self._printed()

    def packed(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.zip) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def student(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Student:
    """A student whose hand-in a script packs: there is no kernel and nobody who saves."""
    monkeypatch.delenv("HWLIB_GRADING", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return Student(tmp_path, lambda: capsys.readouterr().out)


@pytest.fixture
def shell(shell_of_its_own: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """An IPython of its own, whose cells are watched."""
    monkeypatch.chdir(tmp_path)
    recorder.recorder.done.clear()
    standing.reset()
    watching.watch()
    yield shell_of_its_own
    recorder.recorder.done.clear()
    standing.reset()


@pytest.fixture
def at_work(student: Student, shell: Any, monkeypatch: pytest.MonkeyPatch) -> Student:
    """A student in JupyterLab: the notebook is open, and `submit` waits for it to be saved."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(student.path))
    monkeypatch.setenv("HWLIB_SAVE_WAIT_S", "0.4")
    student._shell = shell
    return student


def saves(student: Student, name: str = "small.ipynb", after_s: float = 0.15) -> None:
    """Press Ctrl-S while `submit` waits."""
    threading.Timer(after_s, student.save, [name]).start()


# ---- what checks say ----


def test_a_name_of_a_given_cell_is_not_called_unwritten(at_work: Student) -> None:
    at_work.save()
    for name in ("math", "shown"):
        told = told_of(NameError(f"name '{name}' is not defined", name=name))
        assert told.symptom == f"`{name}` comes from a given cell that was not run."
    assert "begins with `shown = double(5)`" in told.hint
    told = told_of(NameError("name 'double' is not defined", name="double"))
    assert told.symptom.startswith("`double` is not written yet")


# ---- what is packed ----


def test_the_zip_holds_the_notebook_and_the_models_and_nothing_else(student: Student) -> None:
    said = student.submit()
    assert said == f"Ready to hand in: {student.zip} (small.ipynb, net.safetensors)\n"
    assert sorted(student.packed()) == ["net.safetensors", "small.ipynb"]
    assert student.packed()["small.ipynb"] == student.path.read_bytes()


def test_without_a_name_it_takes_the_call_of_the_last_cell(student: Student) -> None:
    for call in ('hwlib.submit("small", rehearse=False)', 'hwlib.submit("small", ("net",))'):
        student.notebook.cells.append(new_code_cell(call))
    student.save()
    submit(folder=student.folder)
    assert student._printed().startswith("Ready to hand in")
    assert sorted(student.packed()) == ["net.safetensors", "small.ipynb"]
    student.zip.unlink()
    student.save("small (1).ipynb")  # the same call stands in both
    submit(folder=student.folder, notebook="small (1).ipynb")
    assert sorted(student.packed()) == ["net.safetensors", "small.ipynb"]


def test_without_a_name_that_is_clear_it_asks_for_one(student: Student) -> None:
    for call in ("hwlib.submit(name)", "hwlib.submit(", "hwlib.submit(3)", "# hwlib.submit()"):
        student.notebook.cells[-1] = new_code_cell(call)
        student.save()
        with pytest.raises(HwlibError, match=r"no notebook tells it; write it: hwlib\.sub"):
            submit(folder=student.folder)
    for name in ("knn", "em"):
        student.notebook.cells[-1] = new_code_cell(f"import hwlib\nhwlib.submit({name!r})")
        student.save(f"{name}.ipynb")
    with pytest.raises(HwlibError, match=r"belong to em, knn; write it: hwlib\.submit\(\"em\"\)"):
        submit(folder=student.folder)
    assert not student.zip.exists()


def test_while_grading_it_writes_nothing(student: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWLIB_GRADING", "1")
    assert submit("small", folder=student.folder) is None
    assert not student.zip.exists()


# ---- wrong hand-ins that are not ready ----


@pytest.mark.parametrize(
    ("grade_id", "source", "line"),
    [
        ("solution-half", f"def half(x):\n{STUB}", "- half (4 points): not written yet."),
        ("solution-half", "def half(x):\n    pass", "- half (4 points): `half`: no code yet."),
        ("solution-half", "def half(x):\n    ...", "- half (4 points): `half`: no code yet."),
        ("solution-half", "", "- half (4 points): its cell is empty."),
        ("solution-half", "# later", "- half (4 points): its cell has no code."),
        (
            "solution-half",
            "def half(x:\n    return x / 2",
            "- half (4 points): line 1 is not valid Python ('(' was never closed).",
        ),
        (
            "answer-why",
            f"{ASKED}YOUR ANSWER HERE",
            "- why (2 points): not answered",
        ),
        ("answer-why", ASKED, "- why (2 points): not answered yet."),
        ("answer-why", f"{ASKED}TODO", "- why (2 points): not answered yet."),
        ("answer-why", "", "- why (2 points): not answered yet."),
    ],
)
def test_what_is_open_is_listed_by_name_and_points(
    student: Student, grade_id: str, source: str, line: str
) -> None:
    student.write(grade_id, source)
    said = student.submit().splitlines()
    points = 4 if grade_id == "solution-half" else 2
    assert said[0] == f"NOT ready: 1 thing is open, {points} of 11 points."
    assert said[1].startswith(line)
    assert "Packed all the same" in "\n".join(said)


def test_an_answer_above_a_stub_that_was_left_is_an_answer(student: Student) -> None:
    student.write("answer-why", f"{WHY}\n\nYOUR ANSWER HERE")
    assert student.submit().startswith("Ready")


def test_a_missing_model_file(student: Student) -> None:
    (student.folder / "net.safetensors").unlink()
    said = student.submit()
    assert said.startswith("NOT ready: 1 thing is open, 2 of 11 points.\n- net.safetensors (2 poin")
    assert "Run the cell that calls hwlib.save_model" in " ".join(said.split())
    assert sorted(student.packed()) == ["small.ipynb"]


def test_an_answer_whose_cell_was_deleted(student: Student) -> None:
    student.notebook.cells.remove(student.cell("solution-half"))
    student.save()
    assert "- half (4 points): its cell is gone." in student.submit()


def test_an_answer_whose_cell_is_there_twice(student: Student) -> None:
    student.notebook.cells.append(student.cell("solution-half").copy())
    student.notebook.cells[-1].id = "copied"
    student.save()
    assert "- half (4 points): its cell is there 2 times. Delete the copies." in student.submit()


def test_an_answer_whose_cell_became_text(student: Student) -> None:
    student.cell("solution-half").cell_type = "raw"
    student.save()
    assert "its cell has become raw text; change its type back to Code" in student.submit()


def test_a_check_that_was_changed(student: Student) -> None:
    student.write("test-half", "check.passed('fine')")
    assert "- half (4 points): this check is not as it was released" in student.submit()


# ---- which notebook ----


def test_a_notebook_that_is_missing_damaged_or_anothers_is_an_error_in_words(
    student: Student,
) -> None:
    with pytest.raises(HwlibError, match=r"other\.ipynb: there is no such notebook"):
        submit("other", folder=student.folder)
    student.notebook.metadata.hwlib.slug = "another"
    student.save()
    with pytest.raises(HwlibError, match="this is the notebook of another"):
        student.submit()
    student.path.write_text("{")
    with pytest.raises(HwlibError, match="cannot read this notebook"):
        student.submit()
    with student.path.open("r+") as file:
        file.truncate(60_000_000)
    with pytest.raises(HwlibError, match="Clear the outputs"):
        student.submit()
    assert not student.zip.exists()


def test_a_zip_that_cannot_be_written_is_an_error_in_words(student: Student) -> None:
    student.zip.mkdir()
    with pytest.raises(HwlibError, match=r"cannot write the zip .* nothing is ready"):
        student.submit()


def test_a_renamed_notebook_is_found_and_packed_under_its_own_name(student: Student) -> None:
    student.path.rename(student.folder / "my work.ipynb")
    assert student.submit().startswith("Ready")
    assert sorted(student.packed()) == ["net.safetensors", "small.ipynb"]


def test_of_two_notebooks_the_one_that_is_saved_counts(at_work: Student) -> None:
    untouched = at_work.path.read_bytes()
    at_work.write("answer-why", f"{WHY} Really.")
    at_work.path.rename(at_work.folder / "small (1).ipynb")
    at_work.path.write_bytes(untouched)
    saves(at_work, "small (1).ipynb")
    assert "\nReady to hand in" in at_work.submit(rehearse=False)
    assert b"Really." in at_work.packed()["small.ipynb"]


def test_of_two_notebooks_the_one_that_the_kernel_ran_counts(
    at_work: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME")  # a front end that tells nothing
    at_work.write("solution-half", f"{HALF}  # mine")
    at_work.run("solution-half")
    at_work.save("small-Copy1.ipynb")
    at_work.write("solution-half", HALF)
    assert at_work.submit(rehearse=False).startswith("Ready")
    assert b"# mine" in at_work.packed()["small.ipynb"]


def test_two_notebooks_that_cannot_be_told_apart_are_asked_about(
    at_work: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME")
    at_work.run("solution-half")
    at_work.save("small-Copy1.ipynb")
    with pytest.raises(HwlibError, match=r"several notebooks of small .*notebook=\"small-Copy1"):
        at_work.submit(rehearse=False)
    assert at_work.submit(rehearse=False, notebook="small.ipynb").startswith("Ready")


def test_vs_code_tells_the_file(at_work: Student, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME")
    at_work.save("mine.ipynb")
    at_work.run(f"__vsc_ipynb_file__ = {str(at_work.folder / 'mine.ipynb')!r}")
    saves(at_work, "mine.ipynb")
    said = at_work.submit(rehearse=False)
    assert "\nReady to hand in" in said


# ---- saved or not ----


def test_a_notebook_that_is_not_saved_is_not_ready(at_work: Student) -> None:
    at_work.run_all()
    said = at_work.submit()
    assert "\nNOT ready: save first.\nsmall.ipynb does not yet hold what you see." in said
    assert "Ctrl-S" in said
    assert not at_work.zip.exists()


def test_an_older_zip_is_not_taken_for_this_hand_in(at_work: Student) -> None:
    at_work.zip.write_bytes(b"old")
    assert "small.zip in this folder is an older one" in at_work.submit()


def test_saved_while_it_waits_it_is_ready_with_the_last_edit(at_work: Student) -> None:
    at_work.cell("answer-why").source = f"{WHY} And the last edit."
    saves(at_work)
    assert "\nReady to hand in" in at_work.submit(rehearse=False)
    assert b"the last edit" in at_work.packed()["small.ipynb"]


def test_without_a_front_end_code_that_ran_and_is_not_in_the_file_is_not_saved(
    at_work: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME")
    os.utime(at_work.path, (time.time() - 60, time.time() - 60))
    at_work.cell("solution-half").source = "def half(x):\n    return 0.5 * x"  # only on the screen
    at_work.run("solution-half")
    assert at_work.submit().startswith("NOT ready: save first.")
    at_work.save()
    assert at_work.submit(rehearse=False).startswith("Ready")


def test_a_cell_that_was_changed_after_it_ran_is_named(at_work: Student) -> None:
    at_work.run_all()
    at_work.cell("solution-half").source = "def half(x):\n    return x * 0.5"
    saves(at_work)
    said = " ".join(at_work.submit(rehearse=False).split())
    assert "- half: you have changed this cell since it ran last." in said


# ---- the rehearsal ----


def rehearsed(student: Student, **options: Any) -> str:
    saves(student)
    return student.submit(**options)


def test_the_rehearsal_shows_the_points_by_question(at_work: Student) -> None:
    at_work.write("solution-double", "def double(x):\n    return 2 * abs(x)")
    at_work.run_all()
    said = rehearsed(at_work)
    assert "\nReady to hand in" in said
    lines = said.splitlines()
    (double,) = [line for line in lines if line.startswith("  ✗ double")]
    assert double.startswith("  ✗ double     1 of 3  negative numbers: ")
    assert "  ✓ half       4 of 4" in lines
    assert "  ✎ why     2 points, graded by hand" in lines
    assert lines[-1] == (
        "7 of 9 points by visible checks, 2 points by hand. Hidden checks try other inputs."
    )


def test_points_that_only_hidden_checks_give_are_told_apart(at_work: Student) -> None:
    """The release has lost a part of 2 points, which is hidden as a whole."""
    (check,) = [cell for cell in at_work.notebook.cells if "negative numbers" in cell.source]
    visible, _, hidden = check.source.partition('with check.part(2, "negative numbers"):')
    check.source = visible + hidden[hidden.index("check.earned()") :]
    for answer, mark, got, total in (("2 * x", "✓", 1, 7), ("-x", "✗", 0, 6)):
        at_work.write("solution-double", f"def double(x):\n    return {answer}")
        at_work.run_all()
        lines = rehearsed(at_work).splitlines()
        (double,) = [line for line in lines if line[4:].startswith("double ")]
        assert double.startswith(f"  {mark} double     {got} of 3, 2 points by hidden checks")
        said = f"{total} of 9 points by visible checks, 2 points by hidden checks, 2 points by hand"
        assert said in " ".join(lines)


@pytest.mark.parametrize(
    ("above", "below", "reason"),
    [
        ("", "factor = 0.5", "`factor` is defined in cell 9: move it further up."),
        ("", "", "`factor` is defined in no cell of this notebook: was its cell deleted"),
        ("experiment", "", "an experiment, which grading does not run"),
    ],
)
def test_what_works_out_of_order_only_is_named_with_the_reason(
    at_work: Student, above: str, below: str, reason: str
) -> None:
    at_work.write("solution-half", "def half(x):\n    return factor * x")
    if above:
        at_work.notebook.cells[4].source = "factor = 0.5"
        assert at_work.notebook.cells[4].metadata.tags == ["skip-execution"]
    if below:
        at_work.notebook.cells.append(nbformat.v4.new_code_cell(below))
    at_work.save()
    at_work.run("factor = 0.5")
    at_work.run_all()
    said = " ".join(rehearsed(at_work).split())
    assert "NOT ready: 1 question works out of order only. - half (4 points): passes" in said
    assert "cell 7 works out of order only" in said
    assert reason in said


def test_a_module_of_the_students_that_is_not_packed_is_missed(at_work: Student) -> None:
    (at_work.folder / "helper_of_mine.py").write_text("def half(x):\n    return x / 2\n")
    at_work.write("solution-half", "from helper_of_mine import half")
    at_work._shell.run_cell(f"import sys; sys.path.insert(0, {str(at_work.folder)!r})")
    at_work.run_all()
    said = " ".join(rehearsed(at_work).split())
    assert "- half (4 points): passes in this notebook, but not from top to bottom" in said


def test_a_part_that_is_not_written_is_called_so(at_work: Student) -> None:
    at_work.cell("solution-double").source = f"def double(x):\n{STUB}"
    at_work.notebook.metadata.hwlib.answers = []
    del at_work.cell("solution-double").metadata["nbgrader"]  # so that nothing else is told of it
    said = rehearsed(at_work)
    assert "0 of 3  small numbers: not written yet; negative numbers: not written yet" in said
    assert "it was not reached" not in said


def test_a_notebook_that_does_not_end_or_ends_python_is_not_ready(
    at_work: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.run_all()
    at_work.notebook.cells.append(nbformat.v4.new_code_cell("while True: pass"))
    at_work.save()
    monkeypatch.setattr("hwlib.handin.rehearsal.LIMIT_S", 4.0)
    said = " ".join(rehearsed(at_work).split())
    assert "NOT ready: the notebook does not run to its end." in said
    assert "The rehearsal was stopped after 4 seconds, in cell 9." in said
    at_work.notebook.cells[-1].source = "import os; os._exit(1)"
    at_work.save()
    said = " ".join(rehearsed(at_work).split())
    assert "Cell 9 ends Python itself" in said


def test_a_rehearsal_that_takes_long_is_left_out_with_the_call_for_it(
    at_work: Student, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.run_all()
    monkeypatch.setattr("hwlib.handin.rehearsal.expected_s", lambda *_: 200.0)
    said = " ".join(rehearsed(at_work).split())
    assert "takes about 3 minutes here" in said
    assert "rehearse=True" in said


# ---- while a student works ----


def test_each_check_that_passes_tells_the_points_so_far(at_work: Student) -> None:
    at_work.run("from hwlib import checks as check", "import math", "solution-double")
    at_work.write("answer-why", f"{ASKED}YOUR ANSWER HERE")
    assert at_work.run("test-double").splitlines()[-1] == (
        "  1 of 3 questions, 3 of 11 points, 1 written one open."
    )
    at_work.write("answer-why", WHY)
    assert at_work.run("solution-half", "test-half").splitlines()[-1] == (
        "  2 of 3 questions, 7 of 11 points, no written ones open."
    )


def test_a_check_that_fails_takes_its_points_back_and_tells_nothing(at_work: Student) -> None:
    at_work.run_all()
    at_work.write("solution-half", "def half(x):\n    return x")
    assert "of 11 points" not in at_work.run("solution-half", "test-half")
    assert "2 of 3 questions, 5 of 11 points" in at_work.run("test-net")


def test_a_check_leaves_nothing_in_the_notebook_and_changes_no_name(at_work: Student) -> None:
    at_work.run("right = 'mine'")
    at_work.run_all()
    names = at_work._shell.user_ns
    assert names["right"] == "mine"
    del names["right"]
    at_work.run("test-half")
    assert "right" not in names


def test_a_copy_of_the_notebook_is_no_secret_to_the_results(at_work: Student) -> None:
    """The rehearsal leaves no file behind."""
    before = sorted(path.name for path in at_work.folder.iterdir())
    at_work.run_all()
    rehearsed(at_work)
    after = {path.name for path in at_work.folder.iterdir()}
    assert after - set(before) == {"small.zip"}
