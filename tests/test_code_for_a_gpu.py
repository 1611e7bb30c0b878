"""Code that was written for a GPU keeps its points where there is none, or waits for a human."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import needs
import pytest
from courses import hand_in, make_assignment
from hypothesis import given
from hypothesis import strategies as st

from hwlib.grading import Assignment, GradeOptions, GradeReport, grade_assignment
from hwlib.grading.engines.lacking import lack_in
from hwlib.grading.grade import Engine
from hwlib.grading.proof.variants import reference_notebook
from hwlib.on_processor import has_a_gpu, on_the_processor

torch = needs.module("torch")

pytestmark = [
    needs.linux,
    pytest.mark.skipif(
        torch.cuda.is_available(), reason="this machine has a GPU; run it where there is none"
    ),
]

NOTEBOOK = """\
# %% setup
import torch

# %% solution="step"
def step(model, x):
    ### BEGIN SOLUTION
    return model(x).sum()
    ### END SOLUTION

# %% test="step" points=3
model = torch.nn.Linear(2, 1)
with check.part(1, "ones"):
    assert torch.is_tensor(step(model, torch.ones(3, 2)))
### BEGIN HIDDEN TESTS
with check.part(2, "others"):
    x = torch.randn(4, 2)
    assert torch.isclose(step(model, x), model(x).sum())
### END HIDDEN TESTS

# %% solution="half"
def half(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION

# %% test="half" points=1
assert half(4.0) == 2
"""

# ways to ask for a GPU that give the same numbers on the processor
WAYS = {
    "cuda": "return model.cuda()(x.cuda()).sum()",
    "to": "device = 'cuda'; return model.to(device)(x.to(device)).sum()",
    "index": "return model.to('cuda:0')(x.to(0)).sum()",
    "device": "d = torch.device('cuda', 0); return model.to(d)(x.to(device=d)).sum()",
    "made there": "return (model.cuda()(x.cuda()) + torch.zeros(1, device='cuda')).sum()",
    "Apple's": "return model.to('mps')(x.to('mps')).sum()",
    "default": "torch.set_default_device('cuda'); return model.cuda()(x.cuda()).sum()",
    "old default": "return model(x.type(torch.cuda.FloatTensor)).sum()",
    "pinned": "return model.cuda()(x.pin_memory().cuda(non_blocking=True)).sum().cpu()",
    "timed": "y = model.cuda()(x.cuda()).sum(); torch.cuda.synchronize(); return y",
    "same place": "y = torch.ones(1).cuda(); return model.to(y.device)(x.to(y)).sum()",
}
# what can't be had here, or stands where nothing of ours can see it in time
BEYOND = {
    "properties": "torch.cuda.get_device_properties(0); return model(x).sum()",
    "generator": "torch.Generator(device='cuda'); return model(x).sum()",
}


def make(root: Path) -> Assignment:
    return make_assignment(root, "gpu", NOTEBOOK, points=4)


def grade(assignment: Assignment, bodies: dict[str, str], engine: Engine) -> GradeReport:
    for student, body in bodies.items():
        notebook = reference_notebook(assignment)
        for cell in notebook.cells:
            cell.source = cell.source.replace("return model(x).sum()", body)
        hand_in(assignment, student, notebook)
    root = assignment.course.root
    options = GradeOptions(engine=engine)
    return grade_assignment(assignment, root / "submitted", root, options=options)


def test_code_that_asks_for_a_gpu_runs_on_the_processor(tmp_path: Path) -> None:
    bodies = {f"s{number:02}": body for number, body in enumerate(WAYS.values())}
    report = grade(make(tmp_path), bodies, "isolated")
    assert len(report.submissions) == len(WAYS)
    for name, result in zip(WAYS, report.submissions, strict=True):
        assert result.score == 4, (name, result)
    assert report.complaints == ()


def test_wrong_code_for_a_gpu_is_wrong(tmp_path: Path) -> None:
    report = grade(make(tmp_path), {"ada": "return model.cuda()(x.cuda()).mean()"}, "isolated")
    (result,) = report.submissions
    assert [part.points for part in result.question("step").parts] == [1, 0]


@pytest.mark.parametrize("engine", ["isolated", "nbgrader", "otter"])
def test_what_no_processor_has_is_left_to_a_human(tmp_path: Path, engine: Engine) -> None:
    if engine == "otter":
        needs.module("otter")
    if engine != "isolated":
        needs.module("ipykernel")
    bodies = {"ada": BEYOND["properties"], "ben": BEYOND["generator"]}
    bodies["eve"] = "return model(x).sum() if len(x) == 3 else " + BEYOND["properties"][:35]
    report = grade(make(tmp_path), bodies, engine)
    for result in report.submissions:
        step = result.question("step")
        assert step.status == "manual", result
        assert "needs a GPU" in step.message
        assert result.question("half").points == 1
    if engine == "isolated":
        (complaint,) = report.complaints
        assert complaint.startswith("3 submissions need a GPU, which this machine does not have")


@given(st.lists(st.sampled_from([*WAYS.values()]), max_size=4))
def test_a_check_leaves_pytorch_as_it_was(bodies: list[str]) -> None:
    model, x = torch.nn.Linear(2, 1), torch.ones(3, 2)
    expected = model(x).sum().item()
    with on_the_processor():
        for body in bodies:
            found: dict[str, Any] = {"torch": torch}
            exec("def step(model, x):\n    " + body.replace("; ", "\n    "), found)
            assert found["step"](model, x).item() == pytest.approx(expected)
    assert not torch.overrides._get_current_function_mode_stack()
    assert torch.ones(1).device.type == "cpu"
    with pytest.raises((AssertionError, RuntimeError)):
        torch.ones(1).cuda()


def test_here_is_no_gpu_also_when_pytorch_is_imported() -> None:
    assert not has_a_gpu()


@given(st.text(max_size=40))
def test_an_error_of_another_kind_tells_of_no_gpu(text: str) -> None:
    assert lack_in(f"ValueError: {text}") is None
    assert lack_in(f"RuntimeError: {text} shapes cannot be multiplied") is None
