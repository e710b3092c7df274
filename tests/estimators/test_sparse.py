# SPDX-License-Identifier: BSD-3-Clause
"""Sparse X: the same fit as of the dense one, in every solver and format, and X is never made dense."""

import tracemalloc

import numpy as np
import pytest
from problems import MILD_COMPRESSIONS
from scipy import sparse
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import get_tags

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.inspection import compression_report, fit_report
from sklearn_nnbcd.layers import Conv2D, Dense, Residual
from sklearn_nnbcd.network import quantize
from sklearn_nnbcd.solvers import SOLVERS, ExactMiniBatch, FullBatch, MiniBatch

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # a few passes only

KINDS = (sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array, sparse.csc_array)
#: the fits differ in the order of sums, by some 1e-15, of which an ill-conditioned one, as a refit of pruned
#: weights, may make 1e9 times as much
CLOSE = 1e-5


def rows(n=160, d=30, seed=0):
    """Few entries; a column far from 0, an empty one, a constant one, one of few zeros, an extreme entry."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * (rng.random((n, d)) < 0.2)
    X[:, 3] = rng.normal(size=n) + 50.0
    X[:, 4], X[:, 5] = 0.0, 7.0
    X[:, 6] = rng.random(n) < 0.9
    X[0, 7] = 1e6
    y = (X[:, :3].sum(axis=1) + 0.1 * (X[:, 3] - 50.0) > 0).astype(int) + (X[:, 8] > 0.3)
    return X, y, rng.integers(0, 3, n) + 0.5


def differ(dense, other):
    """Largest difference of weights and intercepts."""
    pairs = zip(dense.coefs_ + dense.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    return max(np.max(np.abs(a - b)) for a, b in pairs if a is not None)


@pytest.mark.parametrize("compression", MILD_COMPRESSIONS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_sparse_table_gives_the_fit_of_the_dense_one(solver, compression):
    X, y, s = rows()
    number = list(MILD_COMPRESSIONS).index(compression)
    kinds = KINDS[number % 4], KINDS[(number + 1) % 4]
    options = dict(hidden_layer_sizes=(12, 8), compression=MILD_COMPRESSIONS[compression], max_iter=3)
    model = NNBCDClassifier(solver=solver, random_state=0, **options)
    dense, thin = clone(model).fit(X, y, s), clone(model).fit(kinds[0](X), y, s)
    if compression in ("binary", "codebook"):
        # of two codes that are as near either may come, as for dense X times 1 + 1e-15; a table of levels
        # that is learned has many local minima
        assert thin.loss_ <= dense.loss_ + (1e-6 if compression == "binary" else 0.1)
        return
    assert differ(dense, thin) < CLOSE
    # the forward pass of rounded weights is in single precision
    close = 1e-4 if dense.network_.is_rounded else CLOSE
    assert thin.loss_ == pytest.approx(dense.loss_, abs=close)
    for method in ("predict_proba", "decision_function", "predict"):
        expected = getattr(dense, method)(X)
        np.testing.assert_allclose(getattr(thin, method)(kinds[1](X)), expected, rtol=close, atol=close)
    assert thin.score(kinds[1](X), y) == dense.score(X, y)


WIDE = dict(hidden_layer_sizes=(8,), max_iter=3, random_state=0)
SETTINGS = {
    "early_stopping": NNBCDRegressor(early_stopping=True, **WIDE),
    "no_intercept": NNBCDRegressor(fit_intercept=False, **WIDE),
    "linear": NNBCDRegressor((), max_iter=3, random_state=0),
    "units": NNBCDRegressor(weight_regularizer="nonnegative", **WIDE),
    "full": NNBCDRegressor(solver="full", **WIDE),
    "exact": NNBCDRegressor(solver="exact", **WIDE),
    "metric": NNBCDRegressor(solver=FullBatch(projection="data"), compression="l0", **WIDE),
    "raw": NNBCDRegressor(solver=FullBatch(scale_columns=False), **WIDE),
    "on_disk": NNBCDRegressor(solver="full", memory_limit=260_000, **WIDE),
    "residual": NNBCDRegressor(layers=[Dense(8), Residual([Dense(8), Dense(8)])], max_iter=3, random_state=0),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_do_not_depend_on_the_storage(name):
    X, y, s = rows()
    X[0, 7] = 0.0  # raw columns must not have it
    dense, thin = clone(SETTINGS[name]).fit(X, y, s), clone(SETTINGS[name]).fit(sparse.csr_array(X), y, s)
    assert differ(dense, thin) < CLOSE


@pytest.mark.parametrize("solver", SOLVERS)
def test_more_columns_than_rows(solver):
    """In the space of the rows, whose basis is kept as a product."""
    X, y, _ = rows(60, 600)
    model = NNBCDClassifier((8,), solver=solver, compression="low_rank", max_iter=3, random_state=0)
    assert differ(clone(model).fit(X, y), clone(model).fit(sparse.csr_array(X), y)) < CLOSE


@pytest.mark.parametrize("compression", [None, "low_rank", "tt", "l0"])
@pytest.mark.parametrize("kind", [FullBatch, MiniBatch, ExactMiniBatch])
def test_very_wide_tables(kind, compression, monkeypatch):
    """Where the Gram matrix of the columns is not formed."""
    monkeypatch.setattr(kind, "gram_columns", 20)
    X, y, s = rows()
    options = dict(hidden_layer_sizes=(8,), compression=compression, max_iter=3, random_state=0)
    dense = NNBCDClassifier(solver=kind(), **options).fit(X, y, s)
    assert differ(dense, NNBCDClassifier(solver=kind(), **options).fit(sparse.csc_array(X), y, s)) < CLOSE


@pytest.mark.parametrize("solver", ["minibatch", "exact"])
def test_streams_mix_both(solver):
    X, y, _ = rows()
    dense = NNBCDClassifier((8,), solver=solver, random_state=0)
    thin = clone(dense)
    for k in range(4):
        part = slice(40 * k, 40 * k + 40)
        dense.partial_fit(X[part], y[part], classes=[0, 1, 2])
        thin.partial_fit(X[part] if k == 1 else sparse.csr_matrix(X[part]), y[part], classes=[0, 1, 2])
    assert differ(dense, thin) < CLOSE


def test_single_precision_validation_rows_and_a_warm_start():
    """A float32 fit differs by its own rounding, 1e-7 of numbers of size one, some ten times over."""
    X, y, _ = rows()
    model = NNBCDClassifier(early_stopping=True, warm_start=True, **WIDE)
    dense, thin = clone(model), clone(model)
    S = sparse.csr_array(X.astype("float32"))
    for _ in range(2):
        dense.fit(X.astype("float32"), y, X_val=X[:50], y_val=y[:50])
        thin.fit(S, y, X_val=sparse.csc_matrix(X[:50]), y_val=y[:50])
    assert thin.coefs_[0].dtype == np.float32
    np.testing.assert_allclose(thin.predict_proba(S), dense.predict_proba(X), atol=1e-4)
    assert thin.validation_scores_ == pytest.approx(dense.validation_scores_, abs=0.03)


@pytest.mark.parametrize("compression", [None, "low_rank", "l0"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_table_is_never_made_dense(solver, compression):
    """4,000 x 5,000, 0.2 % filled: 160 MB as a dense table, which no step of fit or predict comes near."""
    rng = np.random.default_rng(0)
    X = sparse.random_array((4000, 5000), density=0.002, rng=rng, format="csr")
    y = (np.asarray(X[:, :100].sum(axis=1)) > 0.1).astype(int)
    model = NNBCDClassifier((8,), solver=solver, compression=compression, max_iter=2, random_state=0)
    tracemalloc.start()
    try:
        model.fit(X, y).predict_proba(X)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.25 * X.shape[0] * X.shape[1] * 8


def test_a_very_wide_table_is_learned():
    """20,000 columns, of which 20 frequent ones say which class it is."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 4000)
    said = rng.random((4000, 20)) < np.where(np.arange(20) % 2 == y[:, None], 0.3, 0.1)
    noise = sparse.random_array((4000, 20_000), density=0.001, rng=rng, format="csr")
    X = sparse.hstack([sparse.csr_array(said.astype(float)), noise], format="csr").astype("float32")
    model = NNBCDClassifier((8,), early_stopping=True, random_state=0).fit(X[:3000], y[:3000])
    # Bayes' rule, which knows all frequencies, is right in .86 of such rows
    assert model.score(X[3000:], y[3000:]) > 0.8


def test_what_the_encoders_make_goes_in_as_it_is():
    rng = np.random.default_rng(0)
    words = np.array(["good", "bad", "film", "plot", "actor", "music"])
    chosen = rng.integers(0, 6, (200, 5))
    texts, y = [" ".join(words[row]) for row in chosen], (chosen == 0).sum(axis=1) > (chosen == 1).sum(axis=1)
    for first, X in ((TfidfVectorizer(), texts), (OneHotEncoder(), chosen)):
        model = make_pipeline(first, NNBCDClassifier((10,), random_state=0)).fit(X, y)
        assert model.score(X, y) > 0.95


@pytest.mark.parametrize("kind", [NNBCDClassifier, NNBCDRegressor])
def test_the_tags_say_so(kind):
    assert get_tags(kind()).input_tags.sparse


def test_other_storages_of_the_same_numbers():
    """Entries stored twice, zeros stored, indices out of order, integers: one table, which stays as it is."""
    X = np.array([[0, 2, 0], [3, 0, 1], [0, 0, 4], [1, 1, 0]] * 10)
    y = np.arange(40) % 2
    plain = NNBCDClassifier(**WIDE).fit(X, y)
    indices = np.tile([1, 1, 2, 0, 0, 2, 0, 1], 10)
    data = np.tile([1, 1, 1, 3, 0, 4, 1, 1], 10)
    odd = sparse.csr_matrix((data, indices, np.cumsum([0, *[2, 3, 1, 2] * 10])), shape=X.shape)
    np.testing.assert_array_equal(odd.toarray(), X)
    before = [part.copy() for part in (odd.data, odd.indices, odd.indptr)]
    for other in (odd, sparse.coo_array(X), sparse.lil_matrix(X), sparse.csr_array(X.astype(float))):
        assert differ(plain, NNBCDClassifier(**WIDE).fit(other, y)) < CLOSE
    for part, old in zip((odd.data, odd.indices, odd.indptr), before, strict=True):
        np.testing.assert_array_equal(part, old)


def test_the_reports_take_sparse_rows():
    X, y, _ = rows()
    S = sparse.csr_matrix(X)
    model = NNBCDClassifier((12, 8), solver="full", compression="low_rank", max_iter=3).fit(S, y)
    assert str(fit_report(model, S, y)) == str(fit_report(model, X, y))
    reference = [1.1 * W for W in model.coefs_]
    ours, theirs = (compression_report(model, Z, reference=reference).to_dict() for Z in (S, X))
    np.testing.assert_allclose(ours["data_error"][:-1], theirs["data_error"][:-1], rtol=1e-6)


def test_rounding_afterwards_takes_sparse_rows():
    """Of most networks: ties of 4 bits fall by the last places, and one of them turns others over."""
    X, y, _ = rows()
    changed = []
    for seed in range(7):
        model = NNBCDClassifier(bend_columns=False, **WIDE | {"random_state": seed}).fit(X, y)
        dense, thin = (quantize(model, Z, bits=4).predict_proba(X) for Z in (X, sparse.csr_matrix(X)))
        changed.append(np.max(np.abs(thin - dense)) / np.max(np.abs(dense - model.predict_proba(X))))
    # scales are least squares fits in single precision: 1e-7 of what rounding changes, times the condition
    assert np.median(changed) < 1e-3


@pytest.mark.parametrize(
    "options, what",
    [
        ({"layers": [Conv2D(2, 3), Dense(4)], "input_shape": (5, 6, 1)}, "Got a sparse X and Conv2D"),
        ({"layers": [Residual([Dense(9), Dense(30)])]}, "Got a sparse X and a residual block"),
    ],
)
def test_layers_that_read_rows_otherwise_refuse_sparse_ones(options, what):
    X, y, _ = rows()
    with pytest.raises(ValueError, match=rf"The 'X' of NNBCDClassifier .*{what}.*toarray"):
        NNBCDClassifier(**options).fit(sparse.csr_array(X), y)


def test_devices_refuse_sparse_rows():
    X, y, _ = rows()
    with pytest.raises(ValueError, match="The 'X' of NNBCDClassifier must be dense for device='cuda'"):
        NNBCDClassifier(device="cuda").fit(sparse.csr_array(X), y)
    model = NNBCDClassifier(**WIDE).fit(X, y).set_params(device="cuda")
    with pytest.raises(ValueError, match="must be dense for device='cuda'"):
        model.predict(sparse.csr_array(X))


def test_sparse_tensors_of_other_libraries_are_refused_by_name():
    torch = pytest.importorskip("torch")
    X, y, _ = rows()
    with pytest.raises(TypeError, match="The 'X' of NNBCDClassifier .*SciPy.*Got a sparse torch"):
        NNBCDClassifier().fit(torch.asarray(X).to_sparse(), y)


def test_entries_that_are_not_finite_are_refused():
    X, y, _ = rows()
    X[3, 3] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        NNBCDClassifier().fit(sparse.csr_array(X), y)
