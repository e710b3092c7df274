# SPDX-License-Identifier: BSD-3-Clause
"""Figures of a fit hold its numbers, and follow scikit-learn's displays."""

import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import DenseWeight, LowRank
from sklearn_nnbcd.compressions._cp import CPWeight
from sklearn_nnbcd.inspection import LayerSizeDisplay, ObjectiveDisplay, WeightSpectrumDisplay
from sklearn_nnbcd.inspection._figures import bytes_text, format_text
from sklearn_nnbcd.network import network_metrics, quantize

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
DISPLAYS = [LayerSizeDisplay, ObjectiveDisplay, WeightSpectrumDisplay]
X, y = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def closed():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def model():
    parameters = {"compression": [LowRank(rank=2), "l0", None], "solver": "full", "max_iter": 4, "tol": 0.0}
    return NNBCDClassifier((9, 8), **parameters, random_state=0).fit(X, y)


@pytest.mark.parametrize("display", DISPLAYS)
def test_pipelines_searches_and_axes_are_taken(display):
    import matplotlib.pyplot as plt

    network = NNBCDClassifier((4,), compression="low_rank", rank=1, max_iter=2, random_state=0)
    search = GridSearchCV(make_pipeline(StandardScaler(), network), {"nnbcdclassifier__rho": [1.0]}, cv=2)
    figure, ax = plt.subplots()
    found = display.from_estimator(search.fit(X, y), ax=ax, name="ours")
    assert found.ax_ is ax and found.figure_ is figure and ax.get_title() == "ours"
    assert found.plot().ax_ is not ax and found.ax_.get_title() == "NNBCDClassifier"


@pytest.mark.parametrize("display", DISPLAYS)
def test_what_is_no_fitted_network_is_refused(display, monkeypatch):
    with pytest.raises(TypeError, match=f"'estimator' of {display.__name__} must be a fitted"):
        display.from_estimator(LogisticRegression(max_iter=1000).fit(X, y))
    with pytest.raises(NotFittedError):
        display.from_estimator(NNBCDClassifier())
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=f"{display.__name__} needs matplotlib.*sklearn-nnbcd\\[plot\\]"):
        display.from_estimator(None)


def test_terms_are_those_of_the_fit(model):
    display = ObjectiveDisplay.from_estimator(model, color="C7")
    np.testing.assert_array_equal(display.line_.get_xydata()[:, 1], model.objective_curve_)
    assert display.line_.get_color() == "C7" and display.ax_.get_xlabel() == "sweep"
    table = model.objective_terms_
    assert tuple(display.term_lines_) == table.dtype.names
    for name, line in display.term_lines_.items():
        np.testing.assert_array_equal(line.get_ydata(), np.where(table[name] > 0.0, table[name], np.nan))
    assert display.ax_.get_yscale() == "log"


def test_an_objective_below_zero_has_a_linear_axis():
    display = ObjectiveDisplay(objective=[1.0, -2.0], terms={"loss": [0.5, -3.0]}).plot()
    assert display.ax_.get_yscale() == "linear"
    np.testing.assert_array_equal(display.term_lines_["loss"].get_ydata(), [0.5, -3.0])


def test_streams_have_one_loss_for_each_call_and_an_mlp_none():
    stream = NNBCDClassifier((4,), solver="minibatch", random_state=0)
    for _ in range(3):
        stream.partial_fit(X, y, classes=[0, 1, 2])
    display = ObjectiveDisplay.from_estimator(stream)
    assert display.term_lines_ == {} and display.ax_.get_xlabel() == "pass over the rows"
    np.testing.assert_array_equal(display.line_.get_ydata(), stream.objective_curve_)
    mlp = MLPClassifier((4,), tol=1.0, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="must hold the curve of a fit.*Call its fit first"):
        ObjectiveDisplay.from_estimator(NNBCDClassifier.from_mlp(mlp))


@pytest.mark.parametrize("bits", [None, 4])
def test_bars_add_up_to_the_whole_network(model, bits):
    small = model if bits is None else quantize(model, X, y, bits)
    display = LayerSizeDisplay.from_estimator(small)
    stored = [bar.get_width() for bar in display.stored_bars_]
    assert sum(stored) == small.n_bytes_ and len(stored) == 4
    dense = [bar.get_width() for bar in display.dense_bars_]
    item = 8 if bits is None else 4  # beside few bits numbers have single precision
    np.testing.assert_array_equal(dense[:3], [item * W.size for W in model.coefs_])
    text = " ".join(label.get_text() for label in display.ax_.get_yticklabels())
    assert "low rank" in text and "sparse" in text and ("4 bits" in text) == (bits == 4)
    display = LayerSizeDisplay.from_estimator(small, unit="weights")
    assert sum(bar.get_width() for bar in display.stored_bars_) == small.n_parameters_
    with pytest.raises(ValueError, match="'unit' of LayerSizeDisplay must be one of.*bits"):
        LayerSizeDisplay.from_estimator(small, unit="bits")


def test_plain_spectra_are_those_of_the_weights(model):
    display = WeightSpectrumDisplay.from_estimator(model, relative=False)
    assert display.ranks[0] == 2 and display.ranks[2] == 3
    for line, W, kept in zip(display.lines_, model.coefs_, display.ranks, strict=True):
        expected = np.linalg.svd(W, compute_uv=False)[:kept]
        np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-10)  # the same SVD
        assert line.get_markevery() == [kept - 1]
    assert "W, plain" in display.ax_.get_ylabel() and display.reference_lines_ == []


def test_spectra_in_the_metric_count_by_the_loss(model):
    """Their squares add up to the squared norm in the metric, with the softmax's Hessian on top."""
    reference = [W + 0.1 for W in model.coefs_]
    display = WeightSpectrumDisplay.from_estimator(model, X, y, reference=reference, relative=False)
    assert "metric of the data" in display.ax_.get_ylabel()
    network = model.network_
    V, U = network.trace(X)
    P = model.predict_proba(X)
    hessian = np.diag(P.mean(axis=0)) - P.T @ P / len(X)
    metrics = network_metrics(network, V, U, hessian=hessian)[1:]
    for values, before, metric, W, R in zip(
        display.singular_values, display.references, metrics, model.coefs_, reference, strict=True
    ):
        norms = [metric.squared_norm(A, xp=np) for A in (W, R)]
        # sums of at most nine squares; the Hessian is that of rounded probabilities
        np.testing.assert_allclose([np.sum(values**2), np.sum(before**2)], norms, rtol=1e-8)
    scaled = display.plot(relative=True)
    assert scaled.lines_[0].get_ydata()[0] == display.singular_values[0][0] / display.references[0][0]


def test_a_spectrum_takes_predictions_for_targets_and_sparse_rows():
    sparse = pytest.importorskip("scipy.sparse")
    model = NNBCDRegressor((5,), max_iter=3, random_state=0).fit(X, y)
    by_rows = WeightSpectrumDisplay.from_estimator(model, sparse.csr_array(X)).singular_values
    expected = WeightSpectrumDisplay.from_estimator(model, X, model.predict(X)).singular_values
    np.testing.assert_allclose(np.concatenate(by_rows), np.concatenate(expected), rtol=1e-8)  # other sums


def test_a_spectrum_refuses_what_does_not_fit(model):
    with pytest.raises(ValueError, match="'reference' of WeightSpectrumDisplay.*Got shapes.*coefs_"):
        WeightSpectrumDisplay.from_estimator(model, reference=model.coefs_[:-1])
    with pytest.raises(ValueError, match="'X' of WeightSpectrumDisplay must have 4 features.*Got 3"):
        WeightSpectrumDisplay.from_estimator(model, X[:, :3], y)
    with pytest.raises(ValueError, match="WeightSpectrumDisplay"):
        WeightSpectrumDisplay.from_estimator(model, X, np.full(len(X), 7))


def test_a_weight_of_zeros_has_no_rank():
    display = WeightSpectrumDisplay(singular_values=[np.zeros(3)], ranks=[0]).plot()
    assert display.lines_[0].get_xdata().size == 0


def test_formats_and_sizes_in_words():
    assert format_text(DenseWeight(np.ones((2, 2)))) == "dense"
    assert format_text(object.__new__(CPWeight)) == "CP"
    assert bytes_text(16384, 3) == "16.4 kB" and bytes_text(0, 3) == "0 B" and bytes_text(1230) == "1.23 kB"
