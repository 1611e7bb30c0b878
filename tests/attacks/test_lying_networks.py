"""A network whose class does not load the weights that it is given decides no verdict: what is
right follows from the weights that a check drew, not from those that the network says it has.
"""

from __future__ import annotations

from pathlib import Path

import needs
import pytest
from courses import with_code

from hwlib.grading import find_course, grade_many
from hwlib.grading.proof.variants import handed_in_models, reference_notebook
from hwlib.grading.proof.verify import hand_in

pytestmark = needs.linux
needs.module("torch")

ROOT = Path(__file__).resolve().parents[2]
LIES = """

    def load_state_dict(self, *arguments, **settings):
        pass

    def forward(self, images):
        return torch.zeros(len(images), 10)
"""


def lying(name: str, arguments: str, layers: str) -> str:
    """A class with layers of the right sizes, zeros in them, and nothing else."""
    lines = f"super().__init__()\n{layers}\nfor value in self.parameters():\n    value.data.zero_()"
    body = lines.replace("\n", "\n        ")
    return f"class {name}(nn.Module):\n    def __init__(self{arguments}):\n        {body}{LIES}"


WITH_NORM = "self.a, self.n, self.b = {}, nn.BatchNorm1d(M), nn.Linear(M, 10)"
NETWORKS = {
    "optimizers": {
        name: lying(name, ", M", WITH_NORM.format("nn.Linear(784, M)"))
        for name in ("MLPBN", "MLPBNBeforeReLU")
    }
    | {
        "CNNBN": lying(
            "CNNBN",
            "",
            "self.a, self.b = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 8, 3)\n"
            "self.m, self.n, self.c = nn.BatchNorm2d(4), nn.BatchNorm2d(8), nn.Linear(392, 10)",
        ),
    },
    "cifar_architectures": {
        "LogisticRegression": lying("LogisticRegression", "", "self.a = nn.Linear(3072, 10)"),
        "OneHiddenLayer": lying(
            "OneHiddenLayer", ", M", "self.a, self.b = nn.Linear(3072, M), nn.Linear(M, 10)"
        ),
        "ConvMaxPool": lying(
            "ConvMaxPool",
            ", M, p, N",
            "self.a, self.b = nn.Conv2d(3, M, p), nn.Linear(M * ((33 - p) // N) ** 2, 10)",
        ),
    },
}


@pytest.mark.parametrize("slug", NETWORKS)
def test_a_network_that_loads_nothing_earns_nothing(tmp_path: Path, slug: str) -> None:
    assignment = find_course(ROOT).assignment(slug)
    notebook = with_code(reference_notebook(assignment), NETWORKS[slug])
    found = hand_in(assignment, tmp_path, "eve", notebook, handed_in_models(assignment))
    ((_, outcome),) = grade_many(assignment, [found], seed=1, jobs=1)
    for one in outcome.result.questions:
        lost = one.id in NETWORKS[slug]
        assert one.status == "manual" or one.points == (0 if lost else one.max_points), one
        assert not (lost and one.points), one
