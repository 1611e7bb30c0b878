"""Every assignment, whichever there are: built, proven by its wrong and right solutions, with the
promised names.
"""

from __future__ import annotations

import ast
import shutil
import symtable
from pathlib import Path

import needs
import pytest
from course_solutions import solutions

from hwlib.grading import build, find_course, verify
from hwlib.grading.answer_key import load_key
from hwlib.grading.authoring.names import bound_names
from hwlib.grading.cells import parse_cell
from hwlib.grading.proof.variants import load_variants
from hwlib.markers import hidden_lines

COURSE = find_course(Path(__file__).resolve().parents[1])

# What students write, as it is promised to scripts and instructors.
PROMISED = {
    "knn": {"KNN", "error_rate", "cross_validate_k"},
    "softmax": {"softmax_loss_naive", "softmax_loss_vectorized", "Softmax"},
    "two_layer_net": {"two_layer_net", "momentum_update", "rmsprop_update"},
    "backprop": {
        "answers",
        "f",
        "numeric_jacobian",
        "forward_mode",
        "reverse_mode",
        "topological_order",
        "gradient_step",
        "sgd_step_loss",
        "or_network",
        "xor_network",
    },
    "two_layer_mse": {"TwoLayerNet"},
    "em": {
        "poisson_nll",
        "poisson_gradient",
        "poisson_hessian",
        "fit_poisson",
        "e_step",
        "m_step",
        "em",
        "make_playlists",
    },
    "side_information": {
        "generate_data",
        "rbf_kernel",
        "difference_matrix",
        "fit_least_squares",
        "fit_huber",
        "fit_total_variation",
        "fit_monotone",
        "leave_one_out_error",
    },
    "cnn_layers": {
        "affine_forward",
        "affine_backward",
        "relu_forward",
        "relu_backward",
        "conv_forward_naive",
        "conv_backward_naive",
        "max_pool_forward_naive",
        "max_pool_backward_naive",
        "two_layer_convnet",
        "conv_answers",
    },
    "mnist_depth_width": {"build_model_100", "build_model_200", "build_model_1000"},
    "mnist_cnn": {"build_cnn"},
    "optimizers": {
        "count_parameters",
        "get_accuracy",
        "train_step",
        "sgd_step",
        "momentum_step",
        "adam_step",
        "MLP",
        "CNN",
        "MLPBN",
        "MLPBNBeforeReLU",
        "CNNBN",
    },
    "cifar_architectures": {"LogisticRegression", "OneHiddenLayer", "ConvMaxPool"},
}


@pytest.mark.parametrize("slug", COURSE.slugs())
def test_what_is_committed_is_what_the_build_makes(slug: str) -> None:
    assert build(COURSE.assignment(slug), check=True).up_to_date


@pytest.mark.parametrize("slug", COURSE.slugs())
def test_students_write_exactly_the_promised_names(slug: str) -> None:
    written: set[str] = set()
    for cell in load_key(COURSE.assignment(slug)).by_role("solution"):
        tree = parse_cell(cell.source)
        written |= {
            name
            for node in tree.body
            for name in ({node.name} if hasattr(node, "name") else bound_names(node))
        }
    assert written >= PROMISED.get(slug, set())


def bound(source: str) -> set[str]:
    """What a cell assigns at its top level, loop variables included, or defines there."""
    found: set[str] = set()
    todo: list[ast.AST] = [parse_cell(source)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if not isinstance(
            node,
            ast.FunctionDef
            | ast.ClassDef
            | ast.Lambda
            | ast.ListComp
            | ast.SetComp
            | ast.DictComp
            | ast.GeneratorExp,
        ):
            todo += ast.iter_child_nodes(node)
    return found


def read_from_outside(source: str) -> set[str]:
    """The global names that a cell, or a function in it, reads but does not bind."""
    tables, read = (
        [symtable.symtable(ast.unparse(parse_cell(source)), "<cell>", "exec")],
        set[str](),
    )
    while tables:
        table = tables.pop()
        tables += table.get_children()
        outermost = table.get_type() == "module"
        read |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (outermost or symbol.is_global())
        }
    return read - bound(source)


def put_back(source: str) -> set[str]:
    """The names that a cell sets in a `finally`: what stood in for them is gone afterwards."""
    tries = (node for node in ast.walk(parse_cell(source)) if isinstance(node, ast.Try))
    return {
        name.id
        for one in tries
        for last in one.finalbody
        for name in ast.walk(last)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


@pytest.mark.parametrize("slug", COURSE.slugs())
def test_no_check_changes_a_variable_that_a_later_cell_reads(slug: str) -> None:
    notebooks: set[str] = set()  # what setup, given and students' cells bind
    taken: dict[str, str] = {}  # name → the check that last bound it
    found = []
    for cell in load_key(COURSE.assignment(slug)).cells:
        if cell.cell_type != "code":
            continue
        found += [
            f"{cell.name} reads {name}, which the check {taken[name]} has bound"
            for name in sorted(read_from_outside(cell.source) & set(taken))
        ]
        names = bound(cell.source)
        if cell.role == "test":
            changed = (names & notebooks) - put_back(cell.source)
            taken |= dict.fromkeys(changed, cell.name)
        else:
            taken = {name: check for name, check in taken.items() if name not in names}
            notebooks |= names
    assert found == []


@pytest.mark.parametrize("slug", COURSE.slugs())
def test_a_check_mark_speaks_of_hidden_checks_only_where_there_are_some(slug: str) -> None:
    wrong = []
    for cell in load_key(COURSE.assignment(slug)).by_role("test"):
        for node in ast.walk(parse_cell(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "check.passed":
                final = any(word.arg == "final" for word in node.keywords)
                if final == bool(hidden_lines(cell.source.splitlines())):
                    wrong.append(cell.name)
    assert wrong == []


@pytest.mark.parametrize("slug", COURSE.slugs())
def test_there_are_enough_wrong_and_right_solutions(slug: str) -> None:
    kinds = [variant.kind for variant in load_variants(COURSE.assignment(slug))]
    assert kinds.count("wrong") >= 8
    assert kinds.count("right") >= 3


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs.linux
@pytest.mark.parametrize("slug", COURSE.slugs())
def test_wrong_solutions_lose_what_they_say_and_right_ones_nothing(slug: str) -> None:
    assert verify(COURSE.assignment(slug)).complaints == []


NOT_YET = "not right yet"
WITH_STAND_INS = [
    one.slug for one in COURSE.assignments() if NOT_YET in one.source.read_text("utf-8")
]


@pytest.mark.parametrize("slug", WITH_STAND_INS)
def test_no_check_tells_right_answers_that_they_are_not_right_yet(
    slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (COURSE.assignment(slug).folder / "artifacts").glob("*.safetensors"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    solutions(slug, "setup", "code", "test")
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if NOT_YET in line] == []
    assert sum(line.startswith("✓") for line in printed) > 5


@pytest.mark.parametrize("slug", [one.slug for one in COURSE.assignments()])
def test_no_slip_is_paid_twice(slug: str) -> None:
    assignment = COURSE.assignments((slug,))[0]
    twice = {one.name: one.paid_twice for one in load_variants(assignment) if one.paid_twice}
    assert twice == {}, "say why in ALSO, or let the test forgive what is paid for elsewhere"
