# SPDX-License-Identifier: BSD-3-Clause
"""Few bits as the estimators offer them: sizes, scores, units, errors."""

import pickle

import numpy as np
import pytest
from problems import NUMPY
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.metrics import log_loss

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.compressions import Codebook, LowRank, Quantized, QuantizedWeight
from sklearn_nnbcd.losses import LOSSES
from sklearn_nnbcd.network import in_precision, quantize, quantize_network
from sklearn_nnbcd.network._adapt import DistanceFromOutputs
from sklearn_nnbcd.network._metrics import inputs_with_ridge


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = X.astype("float32")
    return X[:1200], y[:1200], X[1200:], y[1200:]


FORMATS = {
    "dense": {},
    "low_rank": {"compression": "low_rank", "rank": 12},
    "tt": {"compression": "tt", "rank": 12},
    "l0": {"compression": "l0", "sparsity": 0.8},
}


@pytest.fixture(scope="module", params=FORMATS)
def model(request, digits):
    return NNBCDClassifier((48,), random_state=0, column_bins=0, **FORMATS[request.param]).fit(*digits[:2])


def test_8_bits_cost_nothing_and_4_little(model, digits):
    X, y, T, t = digits
    whole = model.score(T, t)
    for bits, least, size in ((8, 0.005, 0.5), (4, 0.015, 0.36)):  # three and nine of 597 rows
        small = quantize(model, X, y, bits)
        assert all(isinstance(coef, QuantizedWeight) for coef in small.compressed_coefs_)
        assert small.score(T, t) >= whole - least
        assert small.n_bytes_ < size * model.n_bytes_
        assert len(pickle.dumps(small.network_)) < small.n_bytes_ + 3000


@pytest.mark.parametrize("options", [{}, {"compression": "tt", "rank": 2}, {"compression": "l0"}])
def test_columns_far_from_zero_are_rounded_about_their_means(options):
    """A rounded network is in single precision, where an intercept of 2e7 spreads has no digits left."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3))
    y = rows[:, 0] + np.abs(rows[:, 1])
    far = rows + [2e7, 0.0, -2e7]
    model = NNBCDRegressor((12,), random_state=0, **options).fit(far, y)
    assert quantize(model, far, y, 8).score(far, y) > model.score(far, y) - 0.01


def test_a_fit_rounds_as_quantize_does(digits):
    """With the same rows; a copy is rounded, the estimator that it is of stays as it was.

    Without ramps: beside few bits a fit cuts columns into bins at numbers of a byte or two.
    """
    X, y, T, _ = digits
    whole = NNBCDClassifier((48,), column_bins=0, random_state=0).fit(X, y)
    before = whole.network_.n_bytes
    small = NNBCDClassifier((48,), column_bins=0, bits=4, random_state=0).fit(X, y)
    np.testing.assert_array_equal(quantize(whole, X, y, 4).predict_proba(T), small.predict_proba(T))
    assert whole.network_.n_bytes == before == whole.n_bytes_
    assert clone(small).bits == 4


@pytest.mark.parametrize("solver", ["full", "minibatch", "exact"])
@pytest.mark.parametrize("compression", [None, "low_rank", "l0", "tt"])
def test_every_solver_rounds_every_format(solver, compression, digits):
    X, y = digits[0][:400], digits[1][:400]
    parameters = {"compression": compression, "solver": solver, "max_iter": 8, "random_state": 0}
    small = NNBCDClassifier((16,), bits=8, **parameters).fit(X, y)
    assert all(isinstance(coef, QuantizedWeight) for coef in small.compressed_coefs_)
    if solver == "full":
        curve = np.asarray(small.objective_curve_)
        # single precision: sums over 400 rows
        assert np.all(np.diff(curve) <= 1e-4 * curve[0])


def test_networks_of_few_bits_are_in_single_precision(digits):
    X, y, T, _ = digits
    small = NNBCDClassifier((16,), bits=4, max_iter=5, random_state=0).fit(X.astype("float64"), y)
    single = NNBCDClassifier((16,), bits=4, max_iter=5, random_state=0).fit(X, y)
    assert small.network_.dtype == "float32" and small.n_bytes_ == single.n_bytes_
    assert small.predict_proba(T.astype("float64")).shape == (597, 10)


@pytest.mark.parametrize("compression", ["quantized", "ternary", "binary", "codebook"])
def test_rows_do_not_see_one_another(compression):
    """In double precision for rows that are, to 1e-12: sums of another order. Single rows stay single."""
    X, y = load_diabetes(return_X_y=True)
    Y = np.column_stack([y, X[:, 2]])
    model = NNBCDRegressor((40,), compression=compression, solver="minibatch", max_iter=3, random_state=0)
    model.fit(X, Y)
    whole = model.predict(X)
    assert model.network_.dtype == "float32" and whole.dtype == np.float64
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(model.predict(X[order]), whole[order], rtol=1e-12, atol=1e-12)
    for rows in (slice(0, 1), slice(3, 10)):
        np.testing.assert_allclose(model.predict(X[rows]), whole[rows], rtol=1e-12, atol=1e-12)
    double = in_precision(model.network_, "float64")
    np.testing.assert_array_equal(model.network_.forward(X), double.forward(X))
    single = model.predict(X.astype("float32"))
    assert single.dtype == np.float32
    # 40 units and 10 columns of float32
    np.testing.assert_allclose(single, whole, atol=1e-5 * np.abs(whole).max())
    assert model.predict(X.astype(int)).dtype == np.float64


def test_units_of_columns_do_not_matter():
    """A byte for each column whose unit differs, as powers of two; the score stays."""
    X, y = load_diabetes(return_X_y=True)
    units = 10.0 ** np.linspace(-4, 4, 10)
    options = {"bits": 4, "solver": "minibatch", "random_state": 0}
    plain = NNBCDRegressor((30,), **options).fit(X, y)
    other = NNBCDRegressor((30,), **options).fit(X * units, y)
    assert other.network_.inputs is None
    assert other.n_bytes_ <= plain.n_bytes_ + 10
    assert other.score(X * units, y) > plain.score(X, y) - 0.05


@pytest.mark.parametrize("feedback", ["none", "inputs", "both"])
def test_a_column_in_thousands_is_no_louder_for_the_rounding_of_others(feedback):
    """Powers of two change nothing but exponents: what differs is the order of sums, and codes at a tie.

    With ridges in units of all columns together, 8 bits lost a hundred times as much as in units of one.
    """
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 6)).astype("float32")
    y = np.sin(rows[:, 0]) + 0.5 * rows[:, 1] * rows[:, 2] + 0.2 * rows[:, 5]
    units = 2.0 ** np.asarray([14, 7, 0, -3, 0, -5], dtype="float32")
    errors = []
    for X in (rows, rows * units):
        model = NNBCDRegressor((24,), random_state=0, column_bins=0, bend_columns=False).fit(X, y)
        whole = model.predict(X)
        small = quantize(model, X, y, 8, feedback=feedback)
        errors.append(np.sqrt(np.mean((small.predict(X) - whole) ** 2)) / np.std(whole))
    assert max(errors) < 0.01  # 127 levels each side of 0, and a few numbers of a row
    assert errors[1] < 1.5 * errors[0]


def test_ridges_of_columns_follow_their_units_and_a_constant_one_weighs_least():
    """Two bits have no 0: where a row of W without a say weighed most, all others became 0 for its sake."""
    G = np.diag([4e9, 0.0, 1.0, 0.25])
    G[2, 3] = G[3, 2] = 0.1
    own = np.diagonal(inputs_with_ridge(G, 1, 1e-3, xp=np)) - np.diagonal(G)
    np.testing.assert_allclose(own, [4e6, 2.5e-4, 1e-3, 2.5e-4], rtol=1e-6)  # G itself is rounded to 1e-7
    below = inputs_with_ridge(G, 2, 1e-3, xp=np) - G  # hidden units are in one unit
    np.testing.assert_allclose(np.diagonal(below), 1e-3 * np.trace(G) / 4, rtol=1e-6)
    assert np.all(np.diagonal(inputs_with_ridge(np.zeros((3, 3)), 1, 1e-3, xp=np)) > 0.0)


@pytest.mark.parametrize("n_classes", [2, 5])
def test_rounding_comes_back_to_its_own_outputs_and_does_not_go_on_to_learn(n_classes):
    """What is learned by heart: labels by chance. Aiming at the loss itself, it fell by 2 and 8 %."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(600, 20)).astype("float32")
    y = rng.integers(0, n_classes, 600)
    model = NNBCDClassifier((64,), max_iter=10, solver="minibatch", random_state=0).fit(X, y)
    small = quantize(model, X, y, 3)
    before, after = (log_loss(y, fitted.predict_proba(X)) for fitted in (model, small))
    assert before * 0.99 < after < before * 1.05


@pytest.mark.parametrize("name", LOSSES)
def test_the_distance_from_outputs_is_that_of_the_loss_from_its_tangent(name):
    loss, rng = LOSSES[name](), np.random.default_rng(0)
    V, step = rng.normal(size=(2, 30, 3))
    Y = np.eye(3)[rng.integers(0, 3, 30)] if "classification" in loss.tasks else np.abs(V) + 0.1
    distance = DistanceFromOutputs(loss, Y, V, xp=NUMPY)
    assert np.all(distance.value(Y, V + step, xp=NUMPY) > -1e-12)  # losses are convex; rounding
    np.testing.assert_array_equal(distance.value(Y, V, xp=NUMPY), 0.0)
    np.testing.assert_array_equal(distance.gradient(Y, V, xp=NUMPY), 0.0)
    h = 1e-6
    slope = (distance.value(Y, V + h * step, xp=NUMPY) - distance.value(Y, V - h * step, xp=NUMPY)) / (2 * h)
    found = np.sum(distance.gradient(Y, V, xp=NUMPY) * step, axis=1)
    np.testing.assert_allclose(slope, found, atol=1e-4)  # kinks beside which h is small
    if name == "cross_entropy":
        P, Q = (np.exp(Z) / np.exp(Z).sum(1, keepdims=True) for Z in (V, V + step))
        kullback = np.sum(P * np.log(P / Q), axis=1)
        np.testing.assert_allclose(distance.value(Y, V + step, xp=NUMPY), kullback, rtol=1e-9)


def test_a_list_has_an_entry_for_each_layer(digits):
    X, y = digits[:2]
    made = NNBCDClassifier((16,), bits=[4, None], max_iter=3, random_state=0).fit(X, y)
    kinds = [isinstance(coef, QuantizedWeight) for coef in made.compressed_coefs_]
    assert kinds == [True, False]


def test_instances_round_their_own_layer(digits):
    X, y = digits[:2]
    pieces = [Quantized(LowRank(rank=4), bits=8), Codebook(size=8)]
    options = {"max_iter": 5, "column_bins": 0, "random_state": 0}
    made = NNBCDClassifier((24,), compression=pieces, **options).fit(X, y)
    first, last = made.compressed_coefs_
    assert first.inner.factors[0].shape == (64, 4) and last.inner.array.table.shape == (8,)
    assert made.score(X, y) > 0.8  # five passes


def test_a_budget_of_weights_and_few_bits(digits):
    X, y = digits[:2]
    options = {
        "compression": "low_rank",
        "compression_ratio": 0.3,
        "compress_output": True,
        "random_state": 0,
    }
    small = NNBCDClassifier((48,), bits=8, max_iter=10, **options).fit(X, y)
    assert small.compression_ratio_ <= 0.3
    assert all(isinstance(coef, QuantizedWeight) for coef in small.compressed_coefs_)


def test_streams_and_early_stopping(digits):
    X, y, T, t = digits
    stream = NNBCDClassifier((16,), bits=8, solver="minibatch", random_state=0)
    for part in np.array_split(np.arange(1200), 3):
        stream.partial_fit(X[part], y[part], classes=np.arange(10))
    assert isinstance(stream.compressed_coefs_[0], QuantizedWeight)
    early = NNBCDClassifier((16,), bits=8, early_stopping=True, max_iter=20, random_state=0).fit(X, y)
    assert early.score(T, t) > 0.85 and len(early.validation_scores_) > 0


def test_weights_of_rows_are_copies(digits):
    """G, S, means and the loss are means with these weights: equal up to the order of sums."""
    X, y = digits[0][:300].astype("float64"), digits[1][:300]
    network = NNBCDClassifier((12,), max_iter=5, solver="full", random_state=0).fit(X, y).network_
    weights = np.where(np.arange(300) < 150, 2.0, 1.0)
    copies = np.concatenate([np.arange(300), np.arange(150)])
    one = quantize_network(network, X, 4, s=weights).forward(X)
    other = quantize_network(network, X[copies], 4).forward(X)
    np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-8)


WRONG = [
    ({"bits": 5}, "'bits' of NNBCDClassifier.*8, 4, 3, 2, 'ternary', 'binary'.*Got 5.*Try 8"),
    ({"bits": True}, "'bits' of NNBCDClassifier.*Got True.*Try 8"),
    ({"bits": "int8"}, "'bits' of NNBCDClassifier.*Got 'int8'.*Try 8"),
    ({"bits": [8]}, "'bits' of NNBCDClassifier.*one entry per layer.*2.*Got 1 entries"),
    ({"bits": 8, "weight_regularizer": "l2"}, "'bits' of NNBCDClassifier.*'weight_regularizer'.*Leave one"),
    ({"bits": 8, "compression": "l1"}, "'compression' of NNBCDClassifier.*'bits'.*'l1'.*penalty.*'l0'"),
    ({"bits": 8, "compression": "group_lasso"}, "'compression' of NNBCDClassifier.*penalty"),
    ({"bits": 8, "compression": "ternary"}, "'compression' of NNBCDClassifier.*by itself.*Leave one"),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: str(case[0]))
def test_wrong_bits_are_refused_before_any_work(case, digits):
    parameters, message = case
    model = NNBCDClassifier((8,), **parameters)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(*digits[:2])
    assert not hasattr(model, "network_")


def test_quantize_refuses_what_it_cannot_do(digits):
    X, y = digits[:2]
    small = NNBCDClassifier((8,), bits=8, max_iter=2, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="rounded numbers there yet.*None"):
        quantize(small, X, y, 4)
    with pytest.raises(ValueError, match="one entry per layer: 2.*Got"):
        quantize(small, X, y, [4])
    with pytest.raises(ValueError, match="'feedback' of quantize_network"):
        quantize(small, X, y, [None, None], feedback="rows")


@pytest.mark.parametrize("compression", [None, "low_rank", "l0", "tt"])
def test_files_and_onnx_take_rounded_networks(compression, digits, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from sklearn_nnbcd.export import export_onnx, load_network, save_network

    X, y, T, _ = digits
    small = NNBCDClassifier((16,), compression=compression, bits=4, max_iter=2, random_state=0).fit(X, y)
    save_network(small, tmp_path / "small.npz")
    expected = small.predict_proba(T)
    np.testing.assert_array_equal(load_network(tmp_path / "small.npz").predict_proba(T), expected)
    export_onnx(small, tmp_path / "small.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "small.onnx"))
    found = session.run(None, {session.get_inputs()[0].name: T})
    # single precision, in another order of sums
    np.testing.assert_allclose(np.asarray(found[-1]), expected, atol=1e-4)
