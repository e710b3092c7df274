# SPDX-License-Identifier: BSD-3-Clause
"""Idle units are taken out exactly; the compression report counts what is stored."""

import numpy as np
import pytest
from problems import NUMPY

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.activations import ACTIVATIONS, Identity
from sklearn_nnbcd.compressions import L0, DenseWeight, GroupLasso, LowRank, TensorTrain
from sklearn_nnbcd.inspection import compression_report
from sklearn_nnbcd.layers import Dense
from sklearn_nnbcd.network import Network, narrow, narrow_network


def network_of(coefs, intercepts, activations):
    layers = (None, *(Dense(coef.shape[1]).bind((coef.shape[0],)) for coef in coefs))
    return Network(layers, tuple(coefs), tuple(intercepts), tuple(activations))


def run(X, coefs, intercepts, activations):
    for coef, b, sigma in zip(coefs, intercepts, activations):
        U = coef.apply(X, xp=NUMPY)
        X = sigma(U if b is None else U + b, xp=NUMPY)
    return X


@pytest.mark.parametrize("with_intercepts", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_narrowed_network_has_the_same_outputs(activation, with_intercepts):
    rng = np.random.default_rng(0)
    W = [rng.normal(size=shape) for shape in ((5, 8), (8, 6), (6, 3))]
    W[0][:, [1, 4]] = 0.0  # constant units
    W[1][[2, 4], :] = 0.0  # unseen units
    W[1][:, 5] = 0.0
    W[2][3, :] = 0.0
    b = [rng.normal(size=d) if with_intercepts else None for d in (8, 6, 3)]
    sigmas = [ACTIVATIONS[activation](), ACTIVATIONS[activation](), Identity()]
    coefs = [DenseWeight(W[0]), GroupLasso(1e-15).plan((8, 6)).project(W[1], xp=NUMPY)]
    coefs.append(L0(0.01).plan((6, 3)).project(W[2], xp=NUMPY))
    narrowed = narrow_network(network_of(coefs, b, sigmas))
    assert [coef.shape for coef in narrowed.coefs] == [(5, 5), (5, 4), (4, 3)]
    X = rng.normal(size=(20, 5))
    expected = run(X, coefs, b, sigmas)
    np.testing.assert_allclose(run(X, narrowed.coefs, narrowed.intercepts, sigmas), expected, rtol=1e-12)
    np.testing.assert_allclose(narrowed.forward(X), expected, rtol=1e-12)


def test_narrowing_goes_on_and_leaves_a_unit():
    """A unit that only feeds idle units is idle itself; a layer without any keeps one."""
    W = [np.ones((2, 3)), np.zeros((3, 2)), np.ones((2, 1))]
    coefs, b = [DenseWeight(A) for A in W], [np.ones(3), np.ones(2), np.zeros(1)]
    sigmas = [ACTIVATIONS["relu"](), ACTIVATIONS["relu"](), Identity()]
    narrowed = narrow_network(network_of(coefs, b, sigmas))
    assert [coef.shape for coef in narrowed.coefs] == [(2, 1), (1, 1), (1, 1)]
    X = np.random.default_rng(0).normal(size=(4, 2))
    outputs = run(X, narrowed.coefs, narrowed.intercepts, sigmas)
    np.testing.assert_allclose(outputs, np.full((4, 1), 2.0))


def test_a_format_that_cannot_be_cut_stays():
    W = np.zeros((8, 6))
    W[:4, :4] = 1.0
    coefs = [TensorTrain(1).plan((8, 6)).project(W, xp=NUMPY), DenseWeight(np.ones((6, 2)))]
    narrowed = narrow_network(network_of(coefs, [None, None], [Identity(), Identity()]))
    assert narrowed.coefs[0] is coefs[0]


def test_narrow_estimator():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4))
    y = X[:, 0] - np.maximum(X[:, 1], 0.0)
    model = NNBCDRegressor(
        (30, 20), compression="l0", sparsity=0.97, compress_output=True, solver="full", max_iter=5,
        random_state=0, tol=0.0,
    )  # fmt: skip
    model.fit(X, y)
    before = [coef.shape for coef in model.compressed_coefs_]
    narrowed = narrow(model)
    assert narrowed.compressed_coefs_[0].shape[1] < 30
    assert [coef.shape for coef in model.compressed_coefs_] == before
    np.testing.assert_allclose(narrowed.predict(X), model.predict(X), atol=1e-12)
    assert narrowed.n_parameters_ < model.n_parameters_


def fitted():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 8))
    y = np.where(X[:, 0] > 0, "a", "b")
    compression = [TensorTrain(rank=2), L0(sparsity=0.9), LowRank(rank=1)]
    model = NNBCDClassifier((12, 10), compression=compression, solver="full", max_iter=3, tol=0.0)
    return model.fit(X, y), X


def test_report_counts_what_is_stored():
    model, X = fitted()
    report = compression_report(model, X)
    coefs = model.compressed_coefs_
    table = report.to_dict()
    total = sum(coef.n_parameters for coef in coefs)
    assert table["parameters"] == [*(coef.n_parameters for coef in coefs), total]
    assert table["bytes"][:-1] == [sum(a.nbytes for a in coef.arrays) for coef in coefs]
    assert table["ratio"][-1] == pytest.approx(model.compression_ratio_)
    assert table["nonzeros"][1] == np.count_nonzero(model.coefs_[1]) == 12
    assert table["dense_flops"] == [2 * 96, 2 * 120, 2 * 10, 2 * 226]
    assert table["flops"][1] == 2 * 12  # a sparse entry is one multiply-add
    assert min(table["microseconds"]) > 0.0 and min(table["dense_microseconds"]) > 0.0
    lines = str(report).splitlines()
    assert len(lines) == 5 and len({len(line) for line in lines}) == 1
    assert "TensorTrainWeight" in lines[1] and lines[-1].split()[0] == "total"


def test_report_measures_errors_against_a_reference():
    model, X = fitted()
    reference = [2.0 * W for W in model.coefs_]
    table = compression_report(model, X, reference=reference).to_dict()
    # ||2 M - M|| / ||2 M||, in every norm
    np.testing.assert_allclose(table["error"][:-1], 0.5, rtol=1e-12)
    np.testing.assert_allclose(table["data_error"][:-1], 0.5, rtol=1e-10)
    assert "error" not in compression_report(model).to_dict()


def test_report_says_what_is_wrong():
    model, X = fitted()
    with pytest.raises(ValueError, match="'reference'.*Got shapes.*coefs_"):
        compression_report(model, reference=model.coefs_[:-1])
    with pytest.raises(ValueError, match="'X'.*8 features.*Got 5"):
        compression_report(model, X[:, :5])
