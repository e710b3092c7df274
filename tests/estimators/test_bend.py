# SPDX-License-Identifier: BSD-3-Clause
"""Bent columns: which ones, what they become, and that every way to a network knows of them."""

import io
import pickle
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import log_loss

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, _mapping
from sklearn_nnbcd._bends import columns_that_count, left_by_a_line
from sklearn_nnbcd._input import Rows
from sklearn_nnbcd._kinds import Kind, straight_too
from sklearn_nnbcd.export import load_network, save_network, to_mlp
from sklearn_nnbcd.integers import quantize_activations
from sklearn_nnbcd.integers._bent import arc
from sklearn_nnbcd.model_selection import compression_path
from sklearn_nnbcd.network import Bend, narrow
from sklearn_nnbcd.numerics import ColumnMoments

OPTIONS = {"hidden_layer_sizes": (12,), "max_iter": 20, "random_state": 0}


@pytest.fixture(scope="module")
def incomes():
    """Labels follow the logarithm of a column with a heavy tail; columns of other kinds stand beside it."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    X[:, 1] = np.exp(2.0 * X[:, 1]) + 3.0  # far entries
    X[:, 2] = (rng.random(600) < 0.01) * 7.0  # two values, one of them rare
    X[:, 3] = 4.0  # constant
    X[0, 4] = 1e5  # one wrong entry
    return X, (np.log(X[:, 1] - 3.0) + 0.3 * X[:, 0] > 0.5).astype(int)


def moments(X):
    return ColumnMoments.of(X, None), (X.min(axis=0), X.max(axis=0)), X


def test_columns_with_far_entries_bend_and_no_others(incomes):
    X, _ = incomes
    bend = Bend.of_columns(*moments(X))
    np.testing.assert_array_equal(bend.columns, [1, 4])
    assert Bend.of_columns(*moments(X[:, [0, 2, 3]])) is None
    assert bend.nbytes == 2 * (1 + 1 + 1)  # a byte each for the column, the centre and the knee


def test_a_part_bends_what_it_is_a_part_of(incomes, standard):
    """And leaves the rest; alone it stands in front of rows of its own columns."""
    X, _ = incomes
    bend = Bend.of_columns(*moments(X))
    whole, part = bend(X), bend.part([1])
    np.testing.assert_array_equal(part(X)[:, 4], whole[:, 4])
    np.testing.assert_array_equal(part(X)[:, :4], X[:, :4])
    np.testing.assert_array_equal(part.alone()(X[:, [4]]), whole[:, [4]])
    np.testing.assert_array_equal(bend.alone()(X[:, [1, 4]]), whole[:, [1, 4]])
    assert bend.part([]) is None
    elsewhere = Bend(*(standard.asarray(x) for x in bend.arrays))
    np.testing.assert_array_equal(elsewhere.part(np.asarray([1])).on_host().columns, part.columns)
    np.testing.assert_array_equal(elsewhere.alone().on_host().columns, [0, 1])


def test_it_is_the_arc_that_it_says(incomes):
    X, _ = incomes
    bend, Z = Bend.of_columns(*moments(X)), X.copy()
    for j in (1, 4):
        k = 2.0 ** round(np.log2(X[:, j].std()))
        c = round(4.0 * X[:, j].mean() / k) * k / 4.0
        assert abs(np.log2(k / X[:, j].std())) <= 0.5 and abs(c - X[:, j].mean()) <= k / 8.0
        for i in range(len(X)):
            Z[i, j] = k * (np.arcsinh((X[i, j] - c) / k) - np.arcsinh(-c / k))
    np.testing.assert_allclose(bend(X), Z, rtol=1e-12, atol=1e-15 * X[:, 4].std() * 10)  # a sum of two arcs
    assert (np.diff(bend(X)[np.argsort(X[:, 1]), 1]) >= 0).all()  # order stays
    np.testing.assert_allclose(bend(np.zeros((1, 5))), 0.0, atol=1e-300)


@pytest.mark.parametrize("unit", [1e-30, 1.0, 1e30])
def test_columns_of_any_unit_and_origin_have_integers(unit):
    """Knees and centres that integers cannot name are drawn in; values stay finite and in order."""
    x = np.concatenate([np.random.default_rng(0).normal(size=500), [50.0]])[:, None]
    for origin in (0.0, -1e6):
        X = (x + origin) * unit
        bend = Bend.of_columns(*moments(X))
        Z = bend(X)
        assert np.isfinite(Z).all() and (np.diff(Z[np.argsort(x[:, 0]), 0]) >= 0.0).all()
        bend.check(1)


def test_sparse_rows_bend_as_dense_ones(incomes):
    X, y = incomes
    X = np.where(np.abs(X) > 1.0, X, 0.0)
    dense = NNBCDClassifier(**OPTIONS).fit(X, y)
    thin = NNBCDClassifier(**OPTIONS).fit(sparse.csr_array(X), y)
    assert dense.network_.columns.bend is not None
    np.testing.assert_allclose(thin.predict_proba(sparse.csr_array(X)), dense.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(dense.predict_proba(sparse.csc_matrix(X)), dense.predict_proba(X), atol=1e-9)


def test_units_and_origins_of_columns_change_little(incomes):
    """Nothing but a constant where knees and centres are rounded alike: units of 2^k, origins of 4 knees."""
    X, _ = incomes
    factors = 2.0 ** np.asarray([10, -10, 1, 0, 5])
    bend = Bend.of_columns(*moments(X))
    shifts = np.zeros(5)
    shifts[bend.columns] = 4.0 * bend.numbers(X.dtype)[1]
    T = (X + shifts) * factors
    one, other = (Bend.of_columns(*moments(Z))(Z) for Z in (X, T))
    change = (other - other[:1]) / factors - (one - one[:1])
    np.testing.assert_allclose(change / X.std(axis=0).clip(1e-3), 0.0, atol=1e-11)  # rounding of T


def test_they_learn_what_straight_columns_do_not(incomes):
    X, y = incomes
    X, T, y, t = X[:400, :4], X[400:, :4], y[:400], y[400:]
    bent = NNBCDClassifier((), random_state=0).fit(X, y)
    straight = NNBCDClassifier((), random_state=0, bend_columns=False).fit(X, y)
    assert straight.network_.columns is None
    assert bent.score(T, t) > straight.score(T, t) + 0.02  # a line in the logarithm


def heavy(n, seed=0):
    """Columns with heavy tails, their logarithms, and weights of a sum."""
    rng = np.random.default_rng(seed)
    Z, w = rng.normal(size=(n, 4)), np.asarray([1.0, -0.5, 2.0, 0.7])
    return np.exp(1.3 * Z), Z, w


def test_columns_that_are_summed_stay_straight_and_those_whose_logarithms_are_bend():
    n_rows = 2000
    X, Z, w = heavy(2 * n_rows)
    T, X_test = X[:n_rows], X[n_rows:]
    for y, straight in ((X @ w, True), (Z @ w, False)):
        model = NNBCDRegressor(random_state=0).fit(T, y[:n_rows])
        columns = model.network_.columns
        bend = None if columns is None else columns.bend
        assert (0 if bend is None else len(bend.columns)) == (0 if straight else 4)
        assert model.score(X_test, y[n_rows:]) > 0.98  # bent, the sum had .93
    mixed = X[:, 0] * 2.0 + Z[:, 1:] @ w[1:]
    bend = NNBCDRegressor(random_state=0).fit(T, mixed[:n_rows]).network_.columns.bend
    np.testing.assert_array_equal(bend.columns, [1, 2, 3])


@pytest.mark.parametrize("weighted", [False, True])
def test_lines_are_judged_on_rows_that_they_have_not_seen(weighted):
    """A plain loop over rows, each left out of the line and the mean; the mean may see it in ours."""
    rng = np.random.default_rng(3)
    x, Y = rng.normal(size=40) ** 3, rng.normal(size=(40, 2))
    weights = rng.integers(1, 4, 40).astype(float) if weighted else np.ones(40)
    weights /= weights.sum()
    Y = Y + 0.3 * x[:, None]
    Y = Y - weights @ Y
    total = 0.0
    for i in range(40):
        rest = np.delete(np.arange(40), i)
        line = np.column_stack([np.ones(39), x[rest]]) * np.sqrt(weights[rest])[:, None]
        b = np.linalg.lstsq(line, Y[rest] * np.sqrt(weights[rest])[:, None], rcond=None)[0]
        total += weights[i] * np.sum((Y[i] - b[0] - b[1] * x[i]) ** 2)
    assert left_by_a_line(x, Y, weights) == pytest.approx(total, rel=1e-10)


def test_one_entry_that_outweighs_all_others_says_nothing():
    x = np.zeros(50)
    x[3], Y = 1e9, np.zeros((50, 1))
    Y[3] = 1.0
    assert left_by_a_line(x + np.linspace(0, 1, 50), Y, np.full(50, 0.02)) == np.inf


def test_a_column_of_one_number_says_nothing_and_warns_of_nothing():
    """As pixels at the edge of images, which are 0 in a sample of the rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert left_by_a_line(np.zeros(50), np.ones((50, 2)), np.full(50, 0.02)) == np.inf


def test_sparse_rows_and_weights_choose_the_same_columns():
    X, Z, w = heavy(400)
    y = 2.0 * X[:, 0] + Z[:, 1:] @ w[1:]
    models = [
        NNBCDRegressor(**OPTIONS).fit(rows, y, sample_weight=s)
        for rows in (X, sparse.csr_array(X))
        for s in (None, np.full(400, 3.0))
    ]
    for model in models:
        np.testing.assert_array_equal(model.network_.columns.bend.columns, [1, 2, 3])


@pytest.mark.parametrize("solver", ["full", "minibatch", "exact"])
@pytest.mark.parametrize("kind", [NNBCDClassifier, NNBCDRegressor])
def test_losses_curves_and_copies_know_of_the_bend(incomes, solver, kind):
    X, y = incomes
    model = kind(**OPTIONS | {"solver": solver}).fit(X, y)
    expected = model.network_.columns.bend is not None
    assert expected
    again = pickle.loads(pickle.dumps(model))
    file = io.BytesIO()
    save_network(model, file)
    file.seek(0)
    for other in (again, load_network(file), narrow(model)):
        np.testing.assert_allclose(other.predict(X), model.predict(X), rtol=1e-9, atol=1e-9)
    if kind is NNBCDRegressor:
        loss = 0.5 * np.mean((model.predict(X) - y) ** 2)
        assert loss == pytest.approx(model.loss_, rel=1e-6)
    with pytest.raises(ValueError, match="bend_columns=False"):
        to_mlp(model)


@pytest.mark.parametrize("solver", ["full", "minibatch"])
def test_going_on_keeps_it(incomes, solver):
    X, y = incomes
    model = NNBCDClassifier(**OPTIONS | {"solver": solver, "warm_start": True}).fit(X, y)
    bend, loss = model.network_.columns.bend, model.loss_
    model.fit(X[:500], y[:500])
    assert model.network_.columns.bend is bend and model.loss_ < loss * 1.2
    if solver == "minibatch":
        model.partial_fit(X, y)
        assert model.network_.columns.bend is bend and log_loss(y, model.predict_proba(X)) < loss * 1.2


def test_early_stopping_scores_bent_rows(incomes):
    X, y = incomes
    model = NNBCDClassifier(**OPTIONS | {"early_stopping": True, "solver": "minibatch"})
    model.fit(X[:450], y[:450], X_val=X[450:], y_val=y[450:])
    assert model.score(X[450:], y[450:]) == pytest.approx(model.best_validation_score_)


@pytest.mark.parametrize(
    "options",
    [{"fit_intercept": False}, {"bend_columns": False}],
)
def test_what_leaves_columns_straight(incomes, options):
    X, y = incomes
    assert NNBCDClassifier(**OPTIONS | options).fit(X, y).network_.columns is None


def test_budgets_count_the_bytes_of_a_bend_and_leave_it_where_it_is_dear(incomes):
    X, y = incomes
    X = X[:, :4]
    model = NNBCDClassifier(max_bytes=400, random_state=0).fit(X, y)
    bend = model.network_.columns.bend
    assert bend is not None and model.n_bytes_ <= 400
    intercepts = [array for b in model.network_.intercepts for array in b.arrays]
    without = sum(coef.nbytes for coef in model.network_.coefs) + sum(array.nbytes for array in intercepts)
    assert model.n_bytes_ == without + bend.nbytes
    kinds = [Kind(None, None, ())]
    assert straight_too(kinds, 3, 400) == kinds  # a hundredth
    assert [kind.straight for kind in straight_too(kinds, 3, 20)] == [False, True]
    assert [kind.straight for kind in straight_too(kinds, 30, 50)] == [True]
    assert kinds[0].within(400, 4, 1) | {"bend_columns": False} == straight_too(kinds, 30, 50)[0].within(
        400, 4, 1
    )
    path = compression_path(NNBCDClassifier(random_state=0), X, y, [200, 400])
    assert all(
        m.network_.columns is not None and m.n_bytes_ <= room
        for m, room in zip(path.estimators, path.max_bytes)
    )


def test_streams_and_clones(incomes):
    X, y = incomes
    stream = NNBCDClassifier(**OPTIONS).partial_fit(X, y, classes=[0, 1])
    assert stream.network_.columns is None and clone(stream).bend_columns is True
    with pytest.raises(TypeError, match="'bend_columns'"):
        NNBCDClassifier(bend_columns="yes").fit(X, y)


def test_arcs_of_integers_are_those_of_asinh_to_their_last_places():
    """The polynomial errs by 1.6e-5 of log2, and each of five truncations by 2^-16 at most."""
    t = np.concatenate([-np.logspace(-6, 18, 4001), [0.0], np.logspace(-6, 18, 4001)]).astype(np.float32)
    expected = np.arcsinh(t.astype(np.float64)) / np.log(2.0)
    np.testing.assert_allclose(arc(t) / 2.0**16, expected, rtol=1e-6, atol=1.6e-5 + 6 * 2.0**-16)
    assert (np.diff(arc(np.sort(t))) >= -1).all()  # in order but for the last place
    assert arc(np.asarray([np.inf], dtype=np.float32)) == 2.0**23 and np.isnan(
        arc(t[:1] * np.float32(np.nan))
    )


@pytest.mark.parametrize("bits", [8, 16])
def test_integers_with_bent_columns_survive_files(incomes, bits):
    X, y = incomes
    model = NNBCDClassifier(**OPTIONS | {"activation_bits": bits}).fit(X, y)
    assert model.network_.columns.bend is not None and model.integers_.first.bent is not None
    file = io.BytesIO()
    save_network(model, file)
    file.seek(0)
    np.testing.assert_array_equal(load_network(file).decision_function(X), model.decision_function(X))
    model.integers_.first.bent.columns[0] = 9  # a column that is not there
    file = io.BytesIO()
    save_network(model, file)
    file.seek(0)
    with pytest.raises(ValueError, match="load_network"):
        load_network(file)


def test_a_pickle_holds_no_derived_arrays(incomes):
    model = NNBCDClassifier(**OPTIONS).fit(*incomes)
    model.predict(incomes[0])
    assert "_known" in vars(model.network_.columns.bend)
    assert set(vars(pickle.loads(pickle.dumps(model.network_.columns.bend)))) == {
        "columns",
        "quarters",
        "powers",
    }


def test_integers_are_calibrated_on_rows_that_are_bent_once(incomes):
    """After a fit and after more rows: as :func:`quantize_activations` has them, which sees X alone."""
    X, y = incomes
    options = OPTIONS | {"solver": "minibatch", "hidden_layer_sizes": (6,)}
    model = NNBCDClassifier(**options | {"activation_bits": 8}).fit(X, y)
    for _ in range(2):
        assert model.network_.columns.bend is not None
        again = quantize_activations(model, X)
        np.testing.assert_array_equal(again.decision_function(X), model.decision_function(X))
        model.partial_fit(X, y)


@pytest.fixture(scope="module")
def sums():
    """A column of which few entries are a thousand times the others, and whose sums are the targets."""
    random = np.random.default_rng(1)
    X = np.abs(random.normal(size=(1200, 3)))
    X[::80, 0] *= 1000.0
    y = X[:, 0] / X[:, 0].std() + 0.3 * (X[:, 1] > 1.0) + 0.05 * random.normal(size=1200)
    return X[:800], y[:800], X[800:], y[800:]


@pytest.mark.parametrize("solver", ["minibatch", "full"])
@pytest.mark.parametrize("bend_columns", [True, False])
def test_far_entries_of_a_straight_column_are_not_drawn_in(sums, solver, bend_columns):
    """They were in the training: predictions for them were then a hundred times what they should be."""
    X, y, T, t = sums
    assert X[:, 0].std() > 30.0 * np.delete(X[:, 0], np.s_[::80]).std()
    model = NNBCDRegressor((32,), solver=solver, bend_columns=bend_columns, warm_start=True, random_state=0)
    model.fit(X, y)
    columns = model.network_.columns
    assert columns is None or columns.bend is None
    assert model.score(X, y) > 0.95 and model.score(T, t) > 0.95  # the rest has 0.98 of the variance
    assert model.set_params(max_iter=20).fit(X, y).score(T, t) > 0.95  # goes on from its weights


def test_far_entries_that_count_are_not_drawn_in_by_streams(sums):
    """Each batch has five of them; the second half of the stream goes on from a pickle."""
    X, y, T, t = sums
    model = NNBCDRegressor((32,), random_state=0)
    for k in range(40):
        part = slice(400 * (k % 2), 400 * (k % 2) + 400)
        model.partial_fit(X[part], y[part])
        model = pickle.loads(pickle.dumps(model)) if k == 20 else model
    assert model.score(T, t) > 0.95


def test_many_sparse_columns_are_asked_a_few_at_a_time(sums, monkeypatch):
    """Where columns outnumber rows none is bent: 400 extreme entries say nothing, those of the first do."""
    X, y, _, _ = sums
    random = np.random.default_rng(0)
    noise = random.normal(size=(800, 900)) * (random.random((800, 900)) < 0.5)
    noise[7, :400] = 1e5
    asked, sample = [], Rows.sample

    def counted(self, targets, most, columns=None):
        asked.append(len(columns))
        return sample(self, targets, most, columns)

    monkeypatch.setattr(Rows, "sample", counted)
    table = sparse.csr_array(np.hstack([X[:, :1], noise]))
    found = []
    monkeypatch.setattr(
        _mapping, "columns_that_count", lambda *a: found.append(columns_that_count(*a)) or found[-1]
    )
    NNBCDRegressor((), max_iter=2, random_state=0).fit(table, y)
    assert sum(asked) == 401 and max(asked) <= 256
    assert np.flatnonzero(found).tolist() == [0]
