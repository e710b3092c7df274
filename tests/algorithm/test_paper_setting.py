# SPDX-License-Identifier: BSD-3-Clause
"""``FullBatch.paper()`` against Algorithm 1 in plain loops, with r_i on W^MC and alpha on the cores (26)."""

import numpy as np
import pytest
import reference
from problems import MILD_COMPRESSIONS, NUMPY, draw_start, fitted, make_problem
from sklearn.base import clone
from sklearn.datasets import load_wine

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import RegularizedFormatPlan
from sklearn_nnbcd.solvers import FitContext, FullBatch

WIDTHS = (4, 6, 4, 3)
PENALTIES = dict(rho=1.3, gamma=0.8, tau=0.6, alpha=0.9)


def stacked(pieces):
    """The least squares solution of several blocks of equations, each (weight, design, right side)."""
    roots = [np.sqrt(weight) for weight, _, _ in pieces]
    design = np.concatenate([r * A for r, (_, A, _) in zip(roots, pieces, strict=True)])
    right = np.concatenate([r * y for r, (_, _, y) in zip(roots, pieces, strict=True)])
    return np.linalg.lstsq(design, right, rcond=None)[0]


def cores_by_26(W, cores, tau, alpha, ridge):
    """(26) with r = ridge/2 ||.||^2: each core by an explicit design matrix."""
    cores = list(cores)
    for k, old in enumerate(cores):
        units = np.eye(old.size).reshape(-1, *old.shape)
        columns = [reference.train([*cores[:k], unit, *cores[k + 1 :]]).ravel() for unit in units]
        design = np.stack(columns, axis=1)
        pieces = [(tau, design, W.ravel()), (ridge, design, np.zeros(W.size))]
        pieces.append((alpha, np.eye(old.size), old.ravel()))
        cores[k] = stacked(pieces).reshape(old.shape)
    return cores


def update_M(net, i):
    """(13) of a layer: by (25) for l0, by (26) for a train, and of a matrix without a constraint."""
    W, M, tau, alpha, r = net["W"][i], net["M"][i], net["tau"], net["alpha"], net["r"]
    if isinstance(M, list):
        net["M"][i] = cores_by_26(W, M, tau, alpha, r)
    elif net["compression"][i] is not net["free"]:
        # r_i, tau and alpha together are one square about the mean of W, the old M and zero
        target = (tau * W + alpha * M) / (tau + alpha + r)
        net["M"][i] = reference.l0_step(target, M)
    else:
        net["M"][i] = (tau * W + alpha * M) / (tau + alpha + r)


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("compression", ["none", "tt", "l0"])
def test_equals_the_papers_equations(compression, ridge, monkeypatch):
    """Five sweeps to 1e-8, which least squares of stacked rows keep of double precision."""
    rng = np.random.default_rng(2)
    problem = make_problem(WIDTHS, compression=compression, compress_output=False, ridge=ridge, **PENALTIES)
    X, Y = rng.normal(size=(12, WIDTHS[0])), np.eye(3)[rng.integers(3, size=12)]
    W, b = draw_start(problem, WIDTHS, rng)
    solver = FullBatch.paper()
    context = FitContext(max_iter=5, random_state=None)
    state = solver.init(problem, lambda: (tuple(W), tuple(b)), (X, Y, None), context)

    block, free = state.placement.blocks[0], (lambda M: M, None, None)
    net = dict(X=X, Y=Y, s=np.ones(12), free=free, r=ridge, **PENALTIES)
    net |= dict(relaxation=1.0, alpha_w=0.0, ridge=0.0)
    net["U"], net["V"] = ([None if x is None else x.copy() for x in xs] for xs in (block.U, block.V))
    net["W"], net["b"] = ([None if x is None else x.copy() for x in xs] for xs in (W, b))
    net["activation"], net["loss"] = reference.ACTIVATIONS["relu"], reference.LOSSES["squared_error"]
    net["M"], net["compression"] = [None], [None]
    for i in range(1, problem.N + 1):
        M = state.weights.M[i]
        dense = (lambda M, shape=W[i].shape: reference.train(M).reshape(shape), None, None)
        train = hasattr(M, "cores")
        net["M"].append([core.copy() for core in M.cores] if train else state.weights.M_dense[i].copy())
        plain = compression == "none" or i == problem.N
        net["compression"].append(dense if train else free if plain else (lambda M: M, None, None))
    monkeypatch.setattr(reference, "update_M", update_M)
    for _ in range(5):
        state, _ = solver.step(state)
        reference.sweep(net)
    ours = solver.result(state)
    theirs = [net["compression"][i][0](net["M"][i]) for i in range(1, problem.N + 1)]
    for x, y in zip(fitted(ours), [*net["W"][1:], *net["b"][1:], *theirs], strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-8, atol=1e-8)
    for name in "UV":
        for x, y in zip(getattr(state.placement.blocks[0], name)[1:], net[name][1:], strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("compression", [None, "tt", "l0", "low_rank", "tucker"])
def test_a_fit_descends_and_predicts_with_W_MC(compression):
    X, y = load_wine(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    rank = 3 if compression in ("tt", "low_rank", "tucker") else None
    options = dict(compression=compression, rank=rank, gamma=0.5, rho=0.5, tau=1.0, loss="squared_error")
    model = NNBCDClassifier((16, 12), solver=FullBatch.paper(), max_iter=60, random_state=0, **options)
    model = clone(model).fit(X, y)
    curve = np.asarray(model.objective_curve_)
    assert np.all(np.diff(curve) <= 1e-12 * curve[0])
    assert model.score(X, y) > 0.6  # of a constant: 0.40


def test_what_does_not_go_together_is_refused():
    X, y = load_wine(return_X_y=True)
    for solver in (FullBatch.paper(projection="data"), FullBatch(proximal_on="factors", projection="data")):
        with pytest.raises(ValueError, match="'projection' of FullBatch must be 'frobenius'"):
            NNBCDClassifier((8,), solver=solver).fit(X, y)
    model = NNBCDClassifier((8, 8), compression="l0", compression_ratio=0.5, solver=FullBatch.paper())
    with pytest.raises(ValueError, match="'ridge_on' of FullBatch must be 'weights'"):
        model.fit(X, y)


@pytest.mark.parametrize("alpha", [0.0, 1e-3, 0.5, 30.0])
@pytest.mark.parametrize("ridge", [0.0, 0.4])
@pytest.mark.parametrize("name", ["tt", "tt_paired", "low_rank"])
def test_the_step_of_the_factors_falls_by_the_lemmas_amount(name, ridge, alpha):
    """tau/2 ||W - M||^2 + r(M) falls by alpha/2 ||G - G_old||^2, G the factors; to rounding."""
    rng, tau = np.random.default_rng(0), 0.7
    plan = MILD_COMPRESSIONS[name].plan((12, 8))
    plan = RegularizedFormatPlan(plan, ridge) if ridge else plan
    M = plan.project(rng.normal(size=(12, 8)), xp=NUMPY)

    def value(M, W):
        return tau / 2 * np.sum((W - M.to_dense(xp=NUMPY)) ** 2) + plan.penalty(M, xp=NUMPY)

    for _ in range(5):
        W = rng.normal(size=(12, 8))
        new = plan.factor_step(W, M, tau, alpha, xp=NUMPY)
        moved = sum(np.sum((a - b) ** 2) for a, b in zip(new.arrays, M.arrays, strict=True))
        assert value(new, W) <= value(M, W) - alpha / 2 * moved + 1e-12 * (1 + value(M, W))
        assert moved > 0
        M = new
