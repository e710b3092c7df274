# SPDX-License-Identifier: BSD-3-Clause
"""The fit report says what the variables of L hide: gaps, shares, and three losses."""

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.engine import _diagnosis
from sklearn_nnbcd.inspection import fit_report
from sklearn_nnbcd.layers import Dense, Residual


def wine():
    X, y = load_wine(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def classifier(**parameters):
    parameters = dict(solver="full", max_iter=15, tol=0.0, random_state=0) | parameters
    return NNBCDClassifier((12, 8), **parameters)


def test_gaps_are_those_of_the_last_state(monkeypatch):
    """Against U, V, W, b and W^MC as the engine held them, by plain formulas."""
    X, y = wine()
    seen = {}
    honest = _diagnosis.layer_sums

    def spy(block, problem, weights):
        seen["block"], seen["weights"] = block, weights
        return honest(block, problem, weights)

    monkeypatch.setattr(_diagnosis, "layer_sums", spy)
    model = classifier(compression="low_rank", rank=2).fit(X, y)
    table = fit_report(model, X, y).to_dict()
    V, U, w = seen["block"].V, seen["block"].U, seen["weights"]
    assert len(V[0]) == len(X)  # one block holds all rows
    norm = np.linalg.norm
    for i in (1, 2, 3):
        split = norm(U[i] - V[i - 1] @ w.W[i] - w.b[i]) / norm(U[i])
        activation = norm(V[i] - (np.maximum(U[i], 0.0) if i < 3 else U[i])) / norm(V[i])
        # sums of squares in another order
        assert table["split_gap"][i - 1] == pytest.approx(split, rel=1e-9)
        assert table["activation_gap"][i - 1] == pytest.approx(activation, rel=1e-9)
        if i < 3:
            coupling = norm(w.W[i] - w.M[i].to_dense(xp=np)) / norm(w.W[i])
            assert table["coupling_gap"][i - 1] == pytest.approx(coupling, rel=1e-9)
    assert table["coupling_gap"][2] is None and table["coupling_share"][2] is None


@pytest.mark.parametrize("weighted", [False, True])
def test_shares_add_up_to_the_terms(weighted):
    X, y = wine()
    s = np.linspace(0.5, 2.0, len(y)) if weighted else None
    model = classifier(compression="l0", sparsity=0.5).fit(X, y, sample_weight=s)
    report = fit_report(model, X, y, s)
    assert sum(report.terms.values()) == pytest.approx(1.0)
    for name in ("split", "activation", "coupling"):
        shares = [share for share in report.to_dict()[f"{name}_share"] if share is not None]
        assert sum(shares) == pytest.approx(report.terms[name], rel=1e-9)
    weight = len(y) if s is None else s.sum()
    assert report.losses["auxiliary"] == pytest.approx(model.objective_terms_["loss"][-1] / weight)
    assert report.losses["compressed"] == pytest.approx(model.loss_, rel=1e-9)


@pytest.mark.parametrize(
    "model, data",
    [
        (classifier(), wine()),
        (classifier(class_weight="balanced", loss="cross_entropy"), wine()),
        (
            NNBCDClassifier(
                layers=[Dense(8), Residual([Dense(8), Dense(8)])], solver="full", max_iter=10, random_state=0
            ),
            wine(),
        ),
        (NNBCDRegressor((12,), solver="full", max_iter=20, random_state=0), load_diabetes(return_X_y=True)),
        (
            NNBCDRegressor((12,), loss="huber", solver="full", max_iter=20, random_state=0),
            load_diabetes(return_X_y=True),
        ),
    ],
)
def test_without_compression_both_passes_agree(model, data):
    """W is W^MC there: two independent ways to the same loss, in the engine's units."""
    losses = fit_report(model.fit(*data), *data).losses
    assert losses["weights"] == pytest.approx(losses["compressed"], rel=1e-8)


def test_minibatch_has_no_auxiliary_variables():
    X, y = wine()
    model = classifier(solver="minibatch", compression="low_rank", rank=2, max_iter=20).fit(X, y)
    report = fit_report(model, X, y)
    assert report.solver == "minibatch" and report.losses["auxiliary"] is None
    assert list(report.to_dict()) == ["layer", "coupling_gap"]
    assert report.losses["weights"] == pytest.approx(model.objective_curve_[-1] / len(y))
    assert "of V_N" not in str(report)


def test_partial_fit_is_reported():
    X, y = wine()
    model = classifier(solver="minibatch", compression="low_rank", rank=2).partial_fit(
        X, y, classes=np.unique(y)
    )
    model.partial_fit(X, y)
    report = fit_report(model, X, y)
    assert report.losses["weights"] == pytest.approx(model.loss_)
    assert len(report.rows) == 3 and report.rows[0]["coupling_gap"] > 0.0


def test_advice_names_the_layer():
    X, y = wine()
    free = fit_report(classifier(loss="squared_error", ridge=0.0, max_iter=100).fit(X, y), X, y)
    assert "run ahead" in str(free) and "'ridge'" in str(free)
    loose = classifier(compression="low_rank", rank=1, tau=1e-6).fit(X, y)
    report = fit_report(loose, X, y)
    gaps = report.to_dict()["coupling_gap"][:2]
    assert f"layer {1 + int(np.argmax(gaps))}" in report.advice[-1] and "'tau'" in report.advice[-1]


def test_report_survives_pickling_and_has_one_width():
    X, y = wine()
    model = pickle.loads(pickle.dumps(classifier().fit(X, y)))
    lines = [line for line in str(fit_report(model, X, y)).splitlines() if line[:5].strip().isdigit()]
    assert len(lines) == 3 and len({len(line) for line in lines}) == 1


def test_report_says_what_is_wrong():
    X, y = wine()
    model = classifier().fit(X, y)
    with pytest.raises(ValueError, match=r"'y' of fit_report.*unknown \[7\]"):
        fit_report(model, X, np.where(y == 0, 7, y))
    with pytest.raises(ValueError, match="features"):
        fit_report(model, X[:, :5], y)
    model.diagnosis_ = None
    with pytest.raises(ValueError, match="not finite"):
        fit_report(model, X, y)
