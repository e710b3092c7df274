# SPDX-License-Identifier: BSD-3-Clause
"""What it takes to add a piece: one new file, one line of a registry, and every estimator knows it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "sklearn_nnbcd"


class Addition(NamedTuple):
    """A piece in a file of its own, its line in the registry, and a program that uses it by its name."""

    room: str
    module: str
    source: str
    registry: str
    key: str
    name: str
    program: str


DATA = """
import numpy as np
X = np.random.default_rng(0).normal(size=(80, 4))
y = (X[:, 0] + X[:, 1] > 0).astype(int)
"""

ADDITIONS = [
    Addition(
        room="activations",
        module="_capped",
        registry="ACTIVATIONS",
        key="capped",
        name="Capped",
        source='''
from ._base import BaseActivation


class Capped(BaseActivation):
    """sigma(u) = min(u, 1)."""

    def __call__(self, U, *, xp):
        """min(U, 1)."""
        return xp.where(U > 1.0, xp.ones_like(U), U)

    def prox(self, V, center, weight, *, xp):
        """The better of the best u <= 1 and the best u >= 1."""
        below = (V + weight * center) / (1.0 + weight)
        below = xp.where(below > 1.0, xp.ones_like(below), below)
        above = xp.where(center < 1.0, xp.ones_like(center), center)

        def value(u):
            return (V - self(u, xp=xp)) ** 2 + weight * (u - center) ** 2

        return xp.where(value(below) <= value(above), below, above)

    def derivative(self, U, *, xp):
        """1 below 1, else 0."""
        return xp.astype(U < 1.0, U.dtype)
''',
        program="""
from sklearn_nnbcd.testing import check_activation
from sklearn_nnbcd.activations import ACTIVATIONS
check_activation(ACTIVATIONS["capped"]())
for solver in ("full", "minibatch", "exact"):
    model = NNBCDClassifier((8,), activation="capped", solver=solver, random_state=0).fit(X, y)
    assert type(model.network_.activations[0]).__name__ == "Capped"
    assert model.score(X, y) > 0.8, (solver, model.score(X, y))
""",
    ),
    Addition(
        room="compressions",
        module="_halves",
        registry="COMPRESSIONS",
        key="halves",
        name="Halves",
        source='''
from dataclasses import dataclass

from ._base import BaseCompression, CompressionPlan
from ._sparse import to_sparse


@dataclass(frozen=True)
class HalvesPlan(CompressionPlan):
    """Every second input for one shape."""

    shape: tuple
    exact = False  # in a metric the rows that stay could make up for those that go

    def project(self, W, *, metric=None, xp):
        """Drop every second row."""
        even = xp.arange(W.shape[0]) % 2 == 0
        return to_sparse(W, xp.logical_and(even[:, None], xp.ones_like(W) > 0.0), xp=xp)

    def step(self, target, previous, weight, *, metric=None, xp):
        """The same of the target."""
        return self.project(target, metric=metric, xp=xp)


class Halves(BaseCompression):
    """Weights of every second input only."""

    def plan(self, shape):
        """Nothing to check."""
        return HalvesPlan(tuple(shape))
''',
        program="""
for solver in ("full", "minibatch"):
    model = NNBCDClassifier((8,), compression="halves", solver=solver, random_state=0).fit(X, y)
    assert np.all(model.coefs_[0][1::2] == 0.0) and np.any(model.coefs_[0][::2] != 0.0)
    assert model.compression_ratio_ < 1.0
""",
    ),
    Addition(
        room="solvers",
        module="_patient",
        registry="SOLVERS",
        key="patient",
        name="Patient",
        source='''
from ._full import FullBatch


class Patient(FullBatch):
    """Two sweeps a step, by the paper's own updates."""

    def __init__(self, *, alpha_w=0.0):
        super().__init__(relaxation=1.0, extrapolation=False, alpha_w=alpha_w)

    def step(self, state):
        """Two sweeps, and the terms of L before the first."""
        state, terms = super().step(state)
        return super().step(state)[0], terms
''',
        program="""
from sklearn_nnbcd.solvers import SOLVERS, FullBatch
model = NNBCDClassifier((8,), solver="patient", max_iter=5, tol=0, rho=2.0, random_state=0).fit(X, y)
assert type(model.solver_) is SOLVERS["patient"] and model.n_iter_ == 5
plain = FullBatch(relaxation=1.0, extrapolation=False)
same = NNBCDClassifier((8,), solver=plain, max_iter=10, tol=0, rho=2.0, random_state=0).fit(X, y)
np.testing.assert_array_equal(model.coefs_[0], same.coefs_[0])
model = model.set_params(solver=SOLVERS["patient"](), solver__alpha_w=0.5).fit(X, y)
assert not np.array_equal(model.coefs_[0], same.coefs_[0])
try:
    NNBCDClassifier(solver="patien").fit(X, y)
except ValueError as error:
    assert "Did you mean 'patient'" in str(error)
else:
    raise AssertionError("the registry's names are not in the message")
""",
    ),
]


def copy_package(folder):
    """The package in a folder of its own."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / PACKAGE, folder / PACKAGE, ignore=ignored)
    return folder


def contents(folder):
    """Every Python file of a folder and what it holds."""
    return {path.relative_to(folder): path.read_text(encoding="utf-8") for path in folder.rglob("*.py")}


def add(folder, addition):
    """Write the file, and import and name the piece in the registry; nothing else."""
    room = folder / PACKAGE / addition.room
    header = f'# SPDX-License-Identifier: BSD-3-Clause\n"""{addition.name}."""\n'
    (room / f"{addition.module}.py").write_text(header + addition.source, encoding="utf-8")
    init = room / "__init__.py"
    text = init.read_text(encoding="utf-8")
    opening = re.search(rf"^{addition.registry}\b[^=\n]*= \{{", text, re.M)
    assert opening, f"{addition.room} has no registry {addition.registry}"
    imported = f"from .{addition.module} import {addition.name}\n\n"
    entry = f'"{addition.key}": {addition.name}, '
    text = text[: opening.start()] + imported + opening[0] + entry + text[opening.end() :]
    init.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("addition", ADDITIONS, ids=lambda addition: addition.room)
def test_an_addition_touches_two_files(addition, tmp_path):
    before = contents(copy_package(tmp_path) / PACKAGE)
    add(tmp_path, addition)
    after = contents(tmp_path / PACKAGE)
    touched = {path for path in after if after[path] != before.get(path)}
    assert touched == {Path(addition.room, "__init__.py"), Path(addition.room, f"{addition.module}.py")}
    program = f"import {PACKAGE}\nfrom {PACKAGE} import NNBCDClassifier\n{DATA}{addition.program}"
    program += f"print({PACKAGE}.__file__)\n"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / PACKAGE / "__init__.py")  # the copy, not this repository


def test_a_name_without_its_registry_line_is_unknown(tmp_path):
    """The registry's line is what does it: the file alone is not found."""
    addition = ADDITIONS[0]
    copy_package(tmp_path)
    init = tmp_path / PACKAGE / addition.room / "__init__.py"
    before = init.read_text(encoding="utf-8")
    add(tmp_path, addition)
    init.write_text(before, encoding="utf-8")
    program = f"from {PACKAGE} import NNBCDClassifier\n{DATA}NNBCDClassifier(activation='capped').fit(X, y)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "Got 'capped'" in done.stderr
