# SPDX-License-Identifier: BSD-3-Clause
"""What a backend does better must be what the generic one does."""

import array_api_compat.numpy as xp
import cupy_stand_in
import numpy as np
import pytest
from gpu import has_gpu

from sklearn_nnbcd.activations import ACTIVATIONS
from sklearn_nnbcd.backends import Backend, CupyBackend, NumpyBackend, Pass
from sklearn_nnbcd.backends import _cupy as cupy_backend
from sklearn_nnbcd.backends import _numpy as numpy_backend
from sklearn_nnbcd.engine import Penalties, _blocks, _extrapolation, _fused, _normal_equations
from sklearn_nnbcd.layers import _base as _layers
from sklearn_nnbcd.numerics import _linalg


@pytest.mark.parametrize("n", [1, 7, 64])
@pytest.mark.parametrize("row_bytes", [1, 5 * 8, 3 * 5 * 8])
def test_a_pass_over_slices_is_the_pass_over_all_rows(n, row_bytes, monkeypatch):
    """Slices of one row, of one row exactly, and of three with an odd end; rows bitwise, sums to 1e-13.

    64 rows of 5 numbers of order 1 are added in another order: rounding stays below 320 eps = 7e-14 of
    the sum of magnitudes.
    """
    monkeypatch.setattr(numpy_backend, "_SLICE_BYTES", row_bytes)
    random = np.random.RandomState(n)
    A, s = random.normal(size=(n, 5)), random.uniform(size=n)
    seen = []

    def step(A, missing, s, offset, factor, positive, *, xp):
        assert missing is None and positive == "positive"
        seen.append(A.shape[0])
        assert offset.shape == (1, 5)
        return Pass((factor * A + offset, A[:, 0] > 0.0), (A,), (s * A,))

    arrays = A, None, s[:, None], random.normal(size=(1, 5))
    given = {"numbers": (2.0,), "settings": ("positive",), "xp": xp}
    (rows, flags), (total,), (columns,) = NumpyBackend().row_pass(step, *arrays, **given)
    assert sum(seen) == n and max(seen) <= max(1, row_bytes // 40)
    (all_rows, all_flags), (whole,), (all_columns,) = Backend().row_pass(step, *arrays, **given)
    np.testing.assert_array_equal(rows, all_rows)
    np.testing.assert_array_equal(flags, all_flags)
    assert flags.dtype == bool
    np.testing.assert_allclose(total, whole, rtol=1e-13)
    np.testing.assert_allclose(columns, all_columns, rtol=1e-13, atol=1e-13)


def test_a_pass_may_write_over_what_it_is_given(monkeypatch):
    """Same rows bitwise, in an input; not where the spare array does not fit or is read-only."""
    monkeypatch.setattr(numpy_backend, "_SLICE_BYTES", 3 * 5 * 8)
    random = np.random.RandomState(0)
    A, B = random.normal(size=(2, 64, 5))

    def step(A, B, *, xp):
        return Pass((A + B, A * B))

    total, product = Backend().row_pass(step, A, B, xp=xp).rows
    spare, locked = A.copy(), np.zeros((64, 5))
    locked.flags.writeable = False
    for other in (None, np.zeros((64, 4)), np.zeros((64, 5), dtype=np.float32), locked):
        given = spare.copy()
        first, second = NumpyBackend().row_pass(step, given, B, into=(given, other), xp=xp).rows
        assert first is given and second is not other
        np.testing.assert_array_equal(first, total)
        np.testing.assert_array_equal(second, product)
        assert not locked.any()


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("n, d", [(3, 1), (7, 192), (300, 193), (5, 400), (40, 1024)])
def test_gram_in_parts(n, d, order):
    """A'A, exactly symmetric; sums of n products of order 1 in another order differ by n eps at most."""
    A = np.asarray(np.random.RandomState(0).normal(size=(n, d)), order=order)
    G = NumpyBackend().gram(A, xp=xp)
    np.testing.assert_allclose(G, A.T @ A, rtol=0, atol=n * 16 * np.finfo(float).eps)
    np.testing.assert_array_equal(G, G.T)


def test_adding_to_the_diagonal_leaves_the_matrix():
    """The generic sum, of rows that do not lie one behind the other too."""
    A = np.random.RandomState(0).normal(size=(5, 7)).astype(np.float32)
    for part in (A[:, :5], A[:, 2:].T):
        before = part.copy()
        ours = NumpyBackend().add_to_diagonal(part, 0.3, xp=xp)
        np.testing.assert_array_equal(part, before)
        np.testing.assert_array_equal(ours, Backend().add_to_diagonal(part, 0.3, xp=xp))
        assert ours.dtype == np.float32
        with np.errstate(invalid="ignore"):
            assert np.isnan(NumpyBackend().add_to_diagonal(part, np.inf, xp=xp)).sum() == 20


def test_distinct_copies_what_overlaps_only():
    """A view of the other array is copied; an array of its own is not."""
    A = np.arange(6.0)
    for view in (A, A[2:], A.reshape(2, 3)):
        copied = NumpyBackend().distinct(view, A, xp=xp)
        assert not np.may_share_memory(copied, A)
        np.testing.assert_array_equal(copied, view)
    B = A.copy()
    assert NumpyBackend().distinct(B, A, xp=xp) is B
    assert Backend().distinct(B, A, xp=xp) is B and Backend().distinct(A, A, xp=xp) is not A


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_select_by_sign_is_where(dtype):
    """Bitwise, for numbers of very different size, infinite ones, and columns of another array."""
    random = np.random.RandomState(0)
    a, b = (random.normal(size=(40, 6)) * 10.0 ** random.randint(-4, 4, size=(40, 6)) for _ in "ab")
    a, b, q = a.astype(dtype), b.astype(dtype), random.normal(size=(40, 6)).astype(dtype)
    a[0, 0], b[1, 1], q[2, 2], q[3, 3] = np.inf, -np.inf, np.inf, -np.inf
    for part in (slice(None), slice(1, 4)):
        chosen = NumpyBackend().select_by_sign(q[:, part], a[:, part], b[:, part], xp=xp)
        assert chosen.dtype == dtype
        np.testing.assert_array_equal(chosen, np.where(q > 0, a, b)[:, part])
        np.testing.assert_array_equal(
            chosen, Backend().select_by_sign(q[:, part], a[:, part], b[:, part], xp=xp)
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_select_is_where(dtype):
    """Bitwise, also for numbers of very different size."""
    random = np.random.RandomState(0)
    a, b = (random.normal(size=(40, 3)) * 10.0 ** random.randint(-9, 9, size=(40, 3)) for _ in "ab")
    a, b, mask = a.astype(dtype), b.astype(dtype), random.uniform(size=(40, 3)) < 0.5
    chosen = NumpyBackend().select(mask, a, b, xp=xp)
    assert chosen.dtype == dtype
    np.testing.assert_array_equal(chosen, Backend().select(mask, a, b, xp=xp))


# CuPy's backend, on a stand-in where there is no CuPy ----------------------------------------------


#: what keeps functions that CuPy has compiled
COMPILED = cupy_backend._fused, cupy_backend._row_squares, cupy_backend._factor_checks


@pytest.fixture
def cupy(monkeypatch):
    """NumPy under CuPy's name, see cupy_stand_in.py; nothing stays compiled."""
    for cached in COMPILED:
        cached.cache_clear()
    yield cupy_stand_in.install(monkeypatch)
    for cached in COMPILED:
        cached.cache_clear()


#: rounding of sums of some 400 products of order 1, in another order
CLOSE = dict(rtol=1e-12, atol=1e-12)


def same_pass(ours, theirs):
    """Rows and sums agree."""
    for a, b in zip(ours, theirs, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(x, y, **CLOSE)


def row_steps():
    """Names, functions, settings and whether fuse can follow them."""
    steps = {}
    for name, activation in ACTIVATIONS.items():
        loops = name in ("sigmoid", "tanh", "softplus", "polynomial")  # Newton until it is near enough
        settings = _blocks.hidden_U, Penalties(alpha=0.1), activation()
        steps[f"U of {name}"] = (_fused._update_U, settings, not loops)
        steps[f"V of {name}"] = (_fused._activate, (activation(),), True)
    settings = _blocks.output_U, Penalties(), ACTIVATIONS["identity"]()
    steps["output"] = (_fused._update_U, settings, True)
    steps["relaxed"] = (_fused._relaxed, (1.3,), True)
    steps["copy"] = (_extrapolation._copy, (), True)
    steps["about the mean"] = (_normal_equations._about_mean, (1.0, 0.5, 0.1), True)
    steps["residual"] = (_fused._residual, (), True)
    steps["centred"] = (_layers._centred, (), True)
    return steps


def step_arrays(function, roots):
    """Arrays that a step takes, None where it may do without."""
    random = np.random.RandomState(0)
    rows = random.normal(size=(4, 9, 5))
    column = random.uniform(size=(9, 1)) if roots else None
    offset = random.normal(size=(1, 5))
    return {
        _fused._update_U: (*rows[:3], offset, rows[3], column),
        _fused._activate: (*rows[:2], column),
        _fused._relaxed: tuple(rows[:3]),
        _fused._residual: (*rows[:2], offset, None),
        _layers._centred: (rows[0], offset, column),
        _extrapolation._copy: (rows[0],),
        _normal_equations._about_mean: (rows[0], column, offset if roots else None, *rows[1:3]),
    }[function]


@pytest.mark.parametrize("roots", [False, True])
@pytest.mark.parametrize("name", row_steps())
def test_steps_over_rows_fuse_and_stay_what_they_are(name, roots, cupy):
    if name == "copy" and np.lib.NumpyVersion(np.__version__) < "2.0.0":
        pytest.skip("the stand-in for CuPy is NumPy, whose asarray takes copy from 2.0 on")
    function, settings, fusible = row_steps()[name]
    given = step_arrays(function, roots)
    arrays = [None if x is None else x.copy() for x in given]
    for _ in range(2):
        before = cupy_stand_in.Fused.calls
        ours = CupyBackend().row_pass(function, *arrays, settings=settings, xp=cupy)
        same_pass(ours, Backend().row_pass(function, *given, settings=settings, xp=xp))
        kernels = bool(ours.rows) + len(ours.squares) + len(ours.columns)
        assert not fusible or cupy_stand_in.Fused.calls - before == kernels
        for x, y in zip(arrays, given, strict=True):
            np.testing.assert_array_equal(x, y)
    missing = tuple(x is None for x in arrays)
    assert cupy_backend._fused(function, settings, missing, cupy).fusible == fusible


@pytest.mark.skipif(not has_gpu(), reason="needs a GPU and CuPy")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("roots", [False, True])
@pytest.mark.parametrize("name", row_steps())
def test_cupy_fuses_steps_over_rows_on_a_gpu(name, roots, dtype):
    import cupy

    function, settings, fusible = row_steps()[name]
    given = [None if x is None else x.astype(dtype) for x in step_arrays(function, roots)]
    arrays = [None if x is None else cupy.asarray(x) for x in given]
    ours = CupyBackend().row_pass(function, *arrays, settings=settings, xp=cupy)
    theirs = Backend().row_pass(function, *given, settings=settings, xp=xp)
    close = 1e-12 if dtype == "float64" else 1e-4  # of float32: Newton's steps end at a tolerance of its own
    for a, b in zip(ours, theirs, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_allclose(cupy.asnumpy(x), y, rtol=close, atol=close)
    missing = tuple(x is None for x in arrays)
    step = cupy_backend._fused(function, settings, missing, cupy)
    assert step.fusible == fusible, step.obstacle


@pytest.mark.skipif(not has_gpu(), reason="needs a GPU and CuPy")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(), (7,), (300, 5), (2, 3, 4)])
def test_cupy_sums_squares_in_double_precision(shape, dtype):
    import cupy

    x = np.random.RandomState(0).normal(size=shape).astype(dtype)
    total = CupyBackend().sum_of_squares(cupy.asarray(x), xp=cupy)
    assert total.dtype == np.float64
    assert float(total) == pytest.approx(np.sum(np.square(x, dtype=np.float64)), rel=1e-12)


def test_what_changes_from_call_to_call_is_no_constant_of_a_kernel(cupy):
    x, y = np.random.RandomState(0).normal(size=(2, 6, 3))
    for beta in (0.2, 0.7):
        given = {"numbers": (beta,), "settings": (None,), "xp": cupy}
        (z,) = CupyBackend().row_pass(_extrapolation._beyond, x, y, **given).rows
        np.testing.assert_allclose(z, x + beta * (x - y), **CLOSE)
    assert cupy_backend._fused.cache_info().currsize == 1


@pytest.mark.parametrize("sound", [True, False])
def test_a_number_of_the_device_is_read_by_the_kernel(sound, cupy):
    X, B, above = np.ones((4, 3)), np.full((4, 3), 6.0), np.full((4, 1), 2.0)
    given = {"numbers": (np.asarray(sound),), "xp": cupy}
    (Z,) = CupyBackend().row_pass(_linalg._sound_or_bounded, X, B, above, **given).rows
    np.testing.assert_array_equal(Z, 1.0 if sound else 3.0)
    assert cupy_backend._fused(_linalg._sound_or_bounded, (), (False,) * 3, cupy).fusible


def test_memory_errors_of_a_kernel_are_not_taken_for_what_fuse_cannot_follow(cupy, monkeypatch):
    def full(*args):
        raise MemoryError

    monkeypatch.setattr(cupy_stand_in.Fused, "__call__", full)
    with pytest.raises(MemoryError):
        CupyBackend().row_pass(_fused._relaxed, *np.ones((3, 4, 2)), settings=(1.3,), xp=cupy)
    assert cupy_backend._fused(_fused._relaxed, (1.3,), (False,) * 3, cupy).fusible


def test_what_is_missing_may_change_how_many_results_there_are(cupy):
    A, shift, roots = np.ones((6, 3)), np.ones((1, 3)), np.full((6, 1), 2.0)
    for given, n_rows in (((shift, None), 1), ((None, None), 0), ((None, roots), 1), ((shift, roots), 1)):
        ours = CupyBackend().row_pass(_layers._centred, A, *given, xp=cupy)
        same_pass(ours, Backend().row_pass(_layers._centred, A, *given, xp=xp))
        assert len(ours.rows) == n_rows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cupy_operations_are_the_generic_ones(dtype, cupy):
    random, ours, generic = np.random.RandomState(0), CupyBackend(), Backend()
    A = random.normal(size=(30, 12)).astype(dtype)
    gram, close = A.T @ A, dict(rtol=1e3 * np.finfo(dtype).eps, atol=1e3 * np.finfo(dtype).eps)
    L = ours.cholesky(gram, xp=cupy)
    np.testing.assert_allclose(L @ L.T, gram, **close)
    np.testing.assert_allclose(
        ours.small_triangular_inverse(L, xp=cupy), generic.small_triangular_inverse(L, xp=xp), **close
    )
    np.testing.assert_allclose(
        ours.add_to_diagonal(gram, 0.5, xp=cupy), generic.add_to_diagonal(gram, dtype(0.5), xp=xp), **close
    )
    total = ours.sum_of_squares(A, xp=cupy)
    assert total.dtype == np.float64 and float(total) == pytest.approx(np.sum(A.astype(float) ** 2))
    mask = A > 0.3
    np.testing.assert_array_equal(
        ours.first_true(mask, int(mask.sum()), xp=cupy), generic.first_true(mask, None, xp=xp)
    )
    assert ours.kth_largest(A[:, 0], 4, xp=cupy) == np.sort(A[:, 0])[-4]
    np.testing.assert_array_equal(ours.positive_part(A, xp=cupy), np.maximum(A, 0))
    assert not ours.synchronous and ours.number(total, xp=cupy) is total


@pytest.mark.parametrize("backend", ["cupy", "numpy", "generic"])
@pytest.mark.parametrize("place", [0, 5, 11])
def test_a_factor_that_does_not_exist_is_nan(place, backend, cupy):
    """Even where a library hands back what it has, with a pivot that is negative, zero or NaN."""
    A = np.random.RandomState(0).normal(size=(30, 12))
    chosen, namespace = {
        "cupy": (CupyBackend(), cupy),
        "numpy": (NumpyBackend(), xp),
        "generic": (Backend(), xp),
    }[backend]
    gram = A.T @ A
    before = np.linalg.solve(gram[:place, :place], gram[:place, place])
    pivot = gram[place, place] - gram[place, :place] @ before  # squared, what is left for this column
    for value in (-100.0, -1.0 - 1e-6, -1.0 - 1e-12, np.nan):
        broken = gram.copy()
        broken[place, place] += value * pivot
        assert not np.isfinite(np.trace(chosen.cholesky(broken, xp=namespace)))


def test_free_memory_is_the_drivers_and_that_of_the_pool(cupy):
    assert CupyBackend().free_bytes() == 750


@pytest.mark.parametrize("tf32", [False, True])
def test_the_type_of_products_is_set_back(tf32, cupy):
    from cupy._core import _routines_linalg as linalg

    with pytest.raises(KeyError), CupyBackend().products(tf32):
        assert linalg.kept["float32"] == (7 if tf32 else 4)
        raise KeyError
    assert linalg.kept["float32"] == 1
