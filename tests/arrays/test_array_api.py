# SPDX-License-Identifier: BSD-3-Clause
"""Estimators on arrays of other libraries and other devices, and within a stated memory limit."""

import contextlib
import pickle
import threading
import tracemalloc

import numpy as np
import pytest
from dispatch import dispatching
from gpu import has_gpu
from sklearn import get_config
from sklearn.base import clone
from sklearn.datasets import make_classification

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor, targets
from sklearn_nnbcd.backends import BACKENDS, Backend
from sklearn_nnbcd.engine import _full
from sklearn_nnbcd.engine._minibatch import _curvature, _passes
from sklearn_nnbcd.layers import Dense, Residual
from sklearn_nnbcd.numerics import _linalg
from sklearn_nnbcd.numerics._linalg import inverse_factor
from sklearn_nnbcd.placements import InMemory
from sklearn_nnbcd.solvers import SOLVERS, ExactMiniBatch, FullBatch, MiniBatch
from sklearn_nnbcd.solvers import _full as _full_solver

X, Y = make_classification(80, 12, n_informative=6, n_classes=3, random_state=0)
S = np.random.default_rng(0).integers(0, 3, size=80).astype(float)

ESTIMATORS = {
    "dense": NNBCDClassifier(20, max_iter=5, random_state=0),
    "tt": NNBCDRegressor(20, max_iter=5, random_state=0, compression="tt", tau=1.0),
    "l0": NNBCDClassifier((20, 10), max_iter=3, random_state=0, solver="minibatch", compression="l0"),
    "early": NNBCDClassifier(20, max_iter=4, random_state=0, early_stopping=True, class_weight="balanced"),
}
#: absolute and relative; conjugate gradients make more of rounding the longer they go on: one bit of X
#: less or more is 3e-9 in the coefficients of 'l0' here, and 1e-13 at most in those of the others
TOLERANCES = dict.fromkeys(ESTIMATORS, 1e-10) | {"l0": 1e-7}


def strict_on(device):
    """array_api_strict and one of its devices; it simulates several."""
    xp = pytest.importorskip("array_api_strict")
    return xp, xp.Device(device)


def to_host(x):
    """A NumPy array of a strict one on any device."""
    import array_api_strict

    return np.asarray(x.to_device(array_api_strict.Device("CPU_DEVICE")))


@pytest.mark.parametrize("device", ["CPU_DEVICE", "device1"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_fit_follows_X(name, device):
    """Fitted arrays and outputs lie where X lay; numbers are NumPy's to rounding, targets may be NumPy's."""
    xp, device = strict_on(device)
    close = TOLERANCES[name]
    expected = clone(ESTIMATORS[name]).fit(X, Y, S)
    there = clone(ESTIMATORS[name])
    with dispatching():
        rows = xp.asarray(X, device=device)
        there.fit(rows, Y, xp.asarray(S))
        predicted = there.predict(rows)
        assert there.score(rows, xp.asarray(Y, device=device)) == pytest.approx(expected.score(X, Y))
    for ours, theirs in zip(there.coefs_, expected.coefs_, strict=True):
        assert ours.device == device
        np.testing.assert_allclose(to_host(ours), theirs, rtol=close, atol=close)
    assert predicted.device == device
    np.testing.assert_allclose(to_host(predicted), expected.predict(X), rtol=10 * close, atol=10 * close)
    assert there.loss_ == pytest.approx(expected.loss_, rel=close)


def test_probabilities_and_names_of_classes():
    """Numbers follow X; class names, which only NumPy has, are NumPy's."""
    xp, device = strict_on("device1")
    names = np.array(["a", "b", "c"])[Y]
    expected = NNBCDClassifier(20, max_iter=3, random_state=0).fit(X, names)
    with dispatching():
        rows = xp.asarray(X, device=device)
        there = NNBCDClassifier(20, max_iter=3, random_state=0).fit(rows, names)
        np.testing.assert_array_equal(there.predict(rows), expected.predict(X))
        probabilities = there.predict_proba(rows)
    np.testing.assert_allclose(to_host(probabilities), expected.predict_proba(X), atol=1e-10)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_another_home_is_an_error_with_the_cure(method):
    xp, device = strict_on("device1")
    with dispatching():
        there = NNBCDClassifier(5, max_iter=1).fit(xp.asarray(X, device=device), Y)
        for other in (X, xp.asarray(X)):
            with pytest.raises(ValueError, match=rf"NNBCDClassifier\.{method}\(\) must use .* Convert X"):
                getattr(there, method)(other)
    with pytest.raises(ValueError, match="array_api_dispatch=True"):
        getattr(there, method)(X)


def test_without_dispatch_everything_is_numpy():
    xp, device = strict_on("CPU_DEVICE")
    expected = NNBCDClassifier(5, max_iter=2, random_state=0).fit(X, Y)
    there = NNBCDClassifier(5, max_iter=2, random_state=0).fit(xp.asarray(X), xp.asarray(Y))
    assert isinstance(there.coefs_[0], np.ndarray)
    np.testing.assert_array_equal(there.predict(xp.asarray(X)), expected.predict(X))


def test_device_cpu_brings_X_to_numpy():
    xp, device = strict_on("device1")
    there = NNBCDClassifier(5, max_iter=2, random_state=0, device="cpu")
    with dispatching():
        rows = xp.asarray(X, device=device)
        there.fit(rows, Y)
        assert isinstance(there.coefs_[0], np.ndarray)
        assert isinstance(there.predict(rows), np.ndarray)


@pytest.mark.parametrize("name", ["tt", "l0", "early"])
def test_a_warm_start_may_move(name):
    """From one library or device to another, and back; the numbers are those of a start that stays."""
    xp, device = strict_on("device1")
    model = clone(ESTIMATORS[name]).set_params(warm_start=True)
    stays, moves = clone(model), clone(model)
    for there in (True, False, True):
        stays.fit(X, Y, S)
        with dispatching(there):
            moves.fit(xp.asarray(X, device=device) if there else X, Y, S)
        for ours, theirs in zip(moves.coefs_, stays.coefs_, strict=True):
            ours = to_host(ours) if there else ours
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["tt", "l0", "early"])
def test_a_device_that_was_changed_is_an_error_with_the_cure(name):
    xp, device = strict_on("device1")
    model = clone(ESTIMATORS[name])
    with dispatching():
        rows = xp.asarray(X, device=device)
        model.fit(rows, Y).set_params(device="cpu")
        model.set_params(early_stopping=False)  # partial_fit refuses it
        for method in (model.predict, lambda X: model.score(X, Y), lambda X: model.partial_fit(X, Y)):
            with pytest.raises(ValueError, match="'device' of NNBCD.* Got 'cpu'.* Set it back; or fit again"):
                method(rows)
        model.set_params(device="auto").predict(rows)


@pytest.mark.skipif(has_gpu(), reason="there is a GPU")
def test_cuda_without_a_gpu_names_the_command_that_cures_it():
    with pytest.raises(ValueError, match=r'pip install "sklearn-nnbcd\[cuda12\]"'):
        NNBCDClassifier(device="cuda").fit(X, Y)


@pytest.mark.skipif(not has_gpu(), reason="needs CuPy and a GPU")
@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-4), ("float64", 1e-9)])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_cupy_equals_numpy(name, dtype, tolerance):
    """CuPy in, CuPy out; device="cuda" takes NumPy in, and gives NumPy out."""
    import cupy

    rows = X.astype(dtype)
    expected = clone(ESTIMATORS[name]).fit(rows, Y, S)
    on_gpu = clone(ESTIMATORS[name]).set_params(device="cuda").fit(rows, Y, S)
    assert isinstance(on_gpu.predict(rows), np.ndarray) and isinstance(on_gpu.coefs_[0], cupy.ndarray)
    with dispatching():
        there = clone(ESTIMATORS[name]).fit(cupy.asarray(rows), Y, S)
        assert isinstance(there.predict(cupy.asarray(rows)), cupy.ndarray)
    for ours, other, theirs in zip(on_gpu.coefs_, there.coefs_, expected.coefs_, strict=True):
        scale = np.max(np.abs(theirs))
        np.testing.assert_allclose(cupy.asnumpy(ours), theirs, rtol=tolerance, atol=tolerance * scale)
        np.testing.assert_array_equal(cupy.asnumpy(ours), cupy.asnumpy(other))


def scored_on_the_host(score):
    """The score of targets, which must be given NumPy arrays, without dispatch."""

    def checked(self, y, V, s):
        assert not get_config()["array_api_dispatch"]
        assert all(x is None or isinstance(x, np.ndarray) for x in (y, V, s))
        return score(self, y, V, s)

    return checked


def test_scores_of_early_stopping_are_those_of_targets(monkeypatch):
    """They come from ``targets_.score``, which needs no estimator and no other library than NumPy."""
    monkeypatch.setattr(targets.Labels, "score", scored_on_the_host(targets.Labels.score))
    model = clone(ESTIMATORS["early"]).fit(X[:60], Y[:60], X_val=X[60:], y_val=Y[60:])
    expected = model.targets_.score(Y[60:], model.decision_function(X[60:]), None)
    assert expected == model.best_validation_score_ == model.score(X[60:], Y[60:])


@pytest.mark.skipif(not has_gpu(), reason="needs CuPy and a GPU")
@pytest.mark.parametrize("solver", ["full", "minibatch"])
def test_cuda_needs_no_dispatch(solver, monkeypatch):
    """Not even for the scores of early stopping: who passes NumPy need not set SCIPY_ARRAY_API."""
    monkeypatch.setattr(targets.Labels, "score", scored_on_the_host(targets.Labels.score))
    model = NNBCDClassifier(20, solver=solver, max_iter=4, early_stopping=True, random_state=0)
    on_gpu = clone(model).set_params(device="cuda").fit(X, Y)
    assert on_gpu.validation_scores_ == pytest.approx(model.fit(X, Y).validation_scores_)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_torch_equals_numpy(name):
    """Tensors in, tensors out, whose pickles can be read."""
    torch = pytest.importorskip("torch")
    expected = clone(ESTIMATORS[name]).fit(X, Y, S)
    with dispatching():
        rows = torch.from_numpy(X)
        there = clone(ESTIMATORS[name]).fit(rows, Y, S)
        outputs = pickle.loads(pickle.dumps(there)).predict(rows)
        assert isinstance(outputs, torch.Tensor) and not outputs.requires_grad
    for ours, theirs in zip(there.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("tf32", [False, True])
def test_torch_sets_the_type_of_products_back(tf32):
    torch = pytest.importorskip("torch")
    switch = torch.backends.cuda.matmul
    before = switch.allow_tf32
    with pytest.raises(KeyError), BACKENDS["torch"]().products(tf32):
        assert switch.allow_tf32 is tf32
        raise KeyError
    assert switch.allow_tf32 is before


def test_several_threads_with_several_libraries():
    """TensorLy's backend is each thread's own: nobody gets the other's, and the caller keeps theirs."""
    import tensorly

    dispatching()  # skips here, not in a thread
    xp, device = strict_on("CPU_DEVICE")
    before, expected = tensorly.get_backend(), clone(ESTIMATORS["tt"]).fit(X, Y).coefs_[0]
    results = {}

    def fit(k):
        with dispatching():
            rows = X if k % 2 else xp.asarray(X)
            results[k] = np.asarray(clone(ESTIMATORS["tt"]).fit(rows, Y).coefs_[0])

    threads = [threading.Thread(target=fit, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tensorly.get_backend() == before
    for k in range(6):
        np.testing.assert_allclose(results[k], expected, rtol=1e-10, atol=1e-10)


# reading ------------------------------------------------------------------------------------------

#: what makes a host wait for a device: a number, or a whole array (from Python 3.12 on by its buffer)
READS = ("__float__", "__int__", "__bool__", "__index__", "__complex__", "__array__", "__buffer__")


class CountedSweeps:
    """Stands for a sweep, or a batch; counts what the host reads in the later ones."""

    def __init__(self, monkeypatch, array_type, sweep, first):
        self.sweeps, self.reads, self.inside = 0, 0, False
        self._sweep, self._first = sweep, first
        for name in READS:
            if hasattr(array_type, name):
                monkeypatch.setattr(array_type, name, self._counted(getattr(array_type, name)))

    def _counted(self, method):
        def read(*args, **given):
            self.reads += self.inside
            return method(*args, **given)

        return read

    def __call__(self, *args):
        self.sweeps += 1
        self.inside = self.sweeps > self._first
        try:
            return self._sweep(*args)
        finally:
            self.inside = False


@pytest.mark.parametrize("weights", [None, S], ids=["alike", "weighted"])
@pytest.mark.parametrize(
    "network",
    [
        {},
        {"compression": "tt"},
        {"compression": "low_rank", "solver": FullBatch(extrapolation=False)},
        {"compression": "low_rank", "solver": FullBatch(projection="data")},
        {"compression": "tt", "solver": FullBatch(projection="data")},
        {"compression": "tucker"},
        {"compression": "cp"},
        {"compression": "l0"},
        {"compression": "l0", "solver": FullBatch(projection="data")},
        {"layers": [Dense(20), Residual([Dense(20), Dense(20)])]},
        {"activity_regularizer": "l1"},
        {"loss": "hinge", "activation": "leaky_relu"},
    ],
    ids=lambda given: "-".join(map(str, given.values())) if "layers" not in given else "residual",
)
def test_a_sweep_reads_a_device_once(network, weights, monkeypatch):
    """The terms of L, together, at its end; metrics that are new among them."""
    xp, device = strict_on("device1")
    sweep = CountedSweeps(monkeypatch, type(xp.zeros(1)), _full.sweep, first=1)
    monkeypatch.setattr(_full, "sweep", sweep)
    shape = {} if "layers" in network else {"hidden_layer_sizes": (20, 20)}
    given = {"solver": "full", "loss": "squared_error"} | shape | network
    model = NNBCDClassifier(max_iter=7, tol=0.0, random_state=0, **given)
    with dispatching():
        model.fit(xp.asarray(X, device=device), Y, weights)
    assert sweep.sweeps >= 7
    assert sweep.reads == sweep.sweeps - 1


@pytest.mark.parametrize("weights", [None, S], ids=["alike", "weighted"])
@pytest.mark.parametrize("compression", [None, "tt", "low_rank", "cp"])
@pytest.mark.parametrize("solver", [MiniBatch, ExactMiniBatch])
def test_a_batch_reads_nothing(solver, compression, weights, monkeypatch):
    """Twenty rows a batch, metrics and projections included."""
    xp, device = strict_on("device1")
    batch = CountedSweeps(monkeypatch, type(xp.zeros(1)), _passes.train_batch, first=0)
    monkeypatch.setattr(_passes, "train_batch", batch)
    model = NNBCDClassifier(
        (20, 20), solver=solver(batch_size=20), compression=compression, max_iter=4, random_state=0
    )
    if solver is ExactMiniBatch:  # the closed form of cross-entropy is a Newton iteration with reads
        model.set_params(loss="squared_error")
    with dispatching():
        model.fit(xp.asarray(X, device=device), Y, weights)
    assert batch.sweeps >= 12
    assert batch.reads == 0


# TF32 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tf32", [False, True])
@pytest.mark.parametrize("solver", ["full", "minibatch", "exact", "partial_fit"])
def test_tf32_is_for_products_over_rows(solver, tf32, monkeypatch):
    """Asked for in the terms of the parameter, left before a system is solved or anything returns."""
    xp, device = strict_on("CPU_DEVICE")
    asked, inside = [], []

    @contextlib.contextmanager
    def products(backend, tf32):
        asked.append(tf32)
        inside.append(tf32)
        yield
        inside.pop()

    def factor(A, *, xp):
        assert not inside
        return inverse_factor(A, xp=xp)

    monkeypatch.setattr(Backend, "products", products)
    monkeypatch.setattr(_linalg, "inverse_factor", factor)
    monkeypatch.setattr(_curvature, "inverse_factor", factor)
    piece = SOLVERS.get(solver, MiniBatch)(tf32=tf32)
    model = NNBCDClassifier((20, 10), max_iter=3, random_state=0, solver=piece)
    with dispatching():
        if solver == "partial_fit":
            model.partial_fit(xp.asarray(X), Y, classes=[0, 1, 2])
        else:
            model.fit(xp.asarray(X), Y)
    assert set(asked) == {tf32} and not inside


@pytest.mark.parametrize("value", [1, None, "yes"])
def test_tf32_must_be_a_switch(value):
    for solver in SOLVERS.values():
        with pytest.raises((TypeError, ValueError), match=f"'tf32' of {solver.__name__}"):
            NNBCDRegressor(solver=solver(tf32=value)).fit(X, Y)


# memory -----------------------------------------------------------------------------------------


def memory_mapped(path, n_rows):
    """Rows and labels in a file."""
    rng = np.random.default_rng(0)
    rows = np.memmap(path, dtype="float64", mode="w+", shape=(n_rows, 8))
    rows[:] = rng.normal(size=rows.shape)
    return rows, (rows[:, 0] + rows[:, 1] ** 2 > 1.0).astype(int)


def test_memory_limit_keeps_to_itself_and_changes_nothing(tmp_path):
    """U and V take 7.7 MB here, the limit is 3 MB."""
    rows, labels = memory_mapped(tmp_path / "X", 3000)
    network = NNBCDClassifier((80, 80), solver="full", max_iter=1, random_state=0)
    expected = clone(network).fit(rows, labels)
    tracemalloc.start()
    limited = clone(network).set_params(memory_limit="3MB").fit(rows, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3e6
    for ours, theirs in zip(limited.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def test_a_device_without_room_for_U_and_V_says_what_helps(monkeypatch):
    """250 rows of 2 (20 + 20 + 3) numbers, of two states, take 344,000 bytes in float64."""
    monkeypatch.setattr(Backend, "free_bytes", lambda self: 343_999)
    xp, device = strict_on("device1")
    rows, labels = np.ones((250, 12)) * np.arange(12), np.arange(250) % 3
    model = NNBCDClassifier((20, 20), solver="full", max_iter=1, random_state=0)
    with dispatching():
        rows = xp.asarray(rows, device=device)
        with pytest.raises(MemoryError, match="344000 bytes, and 343999 are free.*memory_limit=171999"):
            model.fit(rows, labels)
        assert not hasattr(model, "coefs_")
        for cure in ({"solver": FullBatch(extrapolation=False)}, {"solver": "minibatch"}):
            clone(model).set_params(**cure).fit(rows, labels)


@pytest.mark.parametrize("free, least", [(None, 1), (400_000, 3), (344_000, 4)])
def test_a_small_device_gets_small_blocks(free, least, monkeypatch):
    """As many as its free memory asks for, but of 64 rows at least; the fit stays what it is."""
    xp, device = strict_on("device1")
    rows, labels = make_classification(250, 12, n_informative=6, n_classes=3, random_state=0)
    model = NNBCDClassifier((20, 20), solver="full", max_iter=3, random_state=0)
    expected, counts = clone(model).fit(rows, labels), []

    def placement(blocks):
        counts.append(len(blocks))
        return InMemory(blocks)

    monkeypatch.setattr(_full_solver, "InMemory", placement)
    monkeypatch.setattr(Backend, "free_bytes", lambda self: free)
    with dispatching():
        model.fit(xp.asarray(rows, device=device), labels)
    assert counts[0] >= least and counts[0] <= 250 // 64 + 1 and (free is not None or counts == [1])
    for ours, theirs in zip(model.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(to_host(ours), theirs, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("limit", [1000, "1KB"])
def test_memory_limit_too_small_says_what_is_needed(limit):
    with pytest.raises(ValueError, match="memory_limit.*at least [0-9]+ bytes"):
        NNBCDClassifier(solver="full", memory_limit=limit).fit(X, Y)


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "two", "2 XB", "GB", "1.2.3"])
def test_memory_limit_must_be_bytes(limit):
    with pytest.raises(ValueError, match="memory_limit.*number of bytes"):
        NNBCDClassifier(memory_limit=limit).fit(X, Y)
