# SPDX-License-Identifier: BSD-3-Clause
"""Linear algebra, tensor shapes, trains and probability vectors in the array API."""

import math

import array_api_compat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems import NUMPY, to_host
from scipy.optimize import minimize
from tensorly import tt_to_tensor as tensorly_train

from sklearn_nnbcd.backends import Backend, get_backend
from sklearn_nnbcd.compressions.tensors import _tensor_train
from sklearn_nnbcd.compressions.tensors._tensor_train import full_ends, sweep_cores, tt_to_tensor
from sklearn_nnbcd.compressions.tensors._tensorize import (
    factor_modes,
    feasible_tt_ranks,
    largest_rank,
    pair_modes,
    prime_factors,
    split_point,
    tt_size,
)
from sklearn_nnbcd.numerics import _conjugate
from sklearn_nnbcd.numerics._conjugate import conjugate_gradients
from sklearn_nnbcd.numerics._linalg import (
    add_to_diagonal,
    gram_cholesky,
    own_product,
    rounding_shift,
    spd_solve,
)
from sklearn_nnbcd.numerics._simplex import project_to_simplex, two_columns


def strict_namespace():
    strict = pytest.importorskip("array_api_strict")
    return array_api_compat.array_namespace(strict.zeros(1))


LEAF = Backend.largest_factor

# symmetric positive definite systems --------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 7, 2 * LEAF, 2 * LEAF + 3, 4 * LEAF + 1])
def test_the_product_of_a_triangle_with_itself_is_that_of_plain_numpy(d):
    """Within the rounding of sums of d terms; NumPy's is symmetric to the last digit."""
    K = np.tril(np.random.default_rng(d).normal(size=(d, d)))
    found = own_product(K, xp=NUMPY)
    np.testing.assert_allclose(found, K.T @ K, rtol=0.0, atol=8 * d * np.finfo(float).eps * 4)
    np.testing.assert_array_equal(found, found.T)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("d", [1, 2, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF + 1])
def test_spd_solve_equals_numpy(d, dtype):
    rng = np.random.default_rng(d)
    X = rng.normal(size=(3 * d + 3, d))
    A, B = X.T @ X, rng.normal(size=(d, 5))
    solved = spd_solve(A.astype(dtype), B.astype(dtype), xp=NUMPY)
    expected = np.linalg.solve(A, B)
    assert solved.dtype == dtype
    # The condition number is about ((sqrt 3 + 1)/(sqrt 3 - 1))^2 = 14.
    tolerance = 14 * 20 * np.finfo(dtype).eps * np.max(np.abs(expected))
    np.testing.assert_allclose(solved, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n, d", [(20, 150), (7, 300), (20, 700)])
def test_spd_solve_of_a_singular_gram_matrix(n, d, dtype):
    """Least squares with more columns than rows: fitted, and hardly longer than the shortest."""
    rng = np.random.default_rng(0)
    X, E = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=(n, 3)).astype(dtype)
    A = X.T @ X
    A = add_to_diagonal(A, rounding_shift(A, xp=NUMPY), xp=NUMPY)
    W = spd_solve(A, X.T @ E, xp=NUMPY).astype(float)
    shortest = np.linalg.lstsq(X.astype(float), E.astype(float), rcond=None)[0]
    assert np.linalg.norm(W) <= 1.5 * np.linalg.norm(shortest)
    # 4 eps n d of shift against eigenvalues of about d - n, and as much rounding: below 1000 eps n.
    residual = np.linalg.norm(E - X.astype(float) @ W) / np.linalg.norm(E)
    assert residual <= 1000 * np.finfo(dtype).eps * n


def test_spd_solve_in_the_standard(standard):
    xp = standard
    X = np.random.default_rng(0).normal(size=(500, LEAF + 9))
    A, B = X.T @ X, X.T[:, :4]
    solved = spd_solve(xp.asarray(A), xp.asarray(B.copy()), xp=xp)
    np.testing.assert_allclose(to_host(solved), np.linalg.solve(A, B), atol=1e-12)


@pytest.mark.parametrize("pivot", [-1e-3, -10.0])
def test_where_nobody_may_look_an_indefinite_system_still_descends(pivot, standard):
    """1/2 <X, A X> - <B, X> below its value at 0, which the solution of such a system need not reach."""
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(rng.normal(size=(9, 9)))
    A = Q @ np.diag([pivot, *np.linspace(1.0, 3.0, 8)]) @ Q.T
    B = rng.normal(size=(9, 4))
    xp = standard
    X = to_host(spd_solve(xp.asarray(A), xp.asarray(B), xp=xp))
    assert 0.5 * np.sum(X * (A @ X)) - np.sum(B * X) < -1e-3 * np.sum(B * B)
    np.testing.assert_allclose(X, B / np.sum(np.abs(A), axis=1)[:, None], rtol=1e-12)
    assert np.all(np.isnan(to_host(spd_solve(xp.asarray(A * np.nan), xp.asarray(B), xp=xp))))


@pytest.mark.parametrize("growth", [_conjugate._DIVERGED, 0.0])
def test_conjugate_gradients_stand_still_where_nobody_may_look(growth, standard, monkeypatch):
    """At rounding, and where the residual is said to have grown too far: more steps change nothing."""
    monkeypatch.setattr(_conjugate, "_DIVERGED", growth)
    rng, xp = np.random.default_rng(0), standard
    Q, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    A, B = xp.asarray(Q @ np.diag((1.0, 2.0, 3.0, 4.0) * 2) @ Q.T), xp.asarray(Q @ np.ones((8, 3)))
    given = xp.zeros((8, 3), dtype=xp.float64), B, lambda x: A @ x, lambda r: r
    few, many = (to_host(conjugate_gradients(*given, n, axis=0, xp=xp)) for n in (20, 60))
    np.testing.assert_array_equal(few, many)
    np.testing.assert_allclose(to_host(A) @ few, to_host(B) if growth else 0.0, atol=1e-13)


@pytest.mark.parametrize("n", [3, 9])
def test_a_gram_matrix_that_lost_its_rank_has_a_factor(n, standard):
    """Shifted by 4e3 eps of its trace at most where nobody may look."""
    X = np.random.default_rng(0).normal(size=(n, 6))
    A = X.T @ X
    L = to_host(gram_cholesky(standard.asarray(A), xp=standard))
    np.testing.assert_allclose(L @ L.T, A, rtol=0, atol=5e3 * np.finfo(float).eps * np.trace(A))
    assert not np.any(np.triu(L, 1))


def test_spd_solve_shifts_what_rounding_made_indefinite():
    """One negative eigenvalue of the size of rounding: the solution in the others is right."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    values = np.array([-3e-16, 1.0, 2.0, 3.0, 4.0, 5.0])
    A = (Q * values) @ Q.T
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky(A)
    solved = spd_solve(A, Q[:, 1:], xp=NUMPY)
    np.testing.assert_allclose(Q[:, 1:].T @ solved, np.diag(1 / values[1:]), atol=1e-9)


def test_spd_solve_of_nonsense_is_nan_not_a_crash():
    B = np.ones((3, 2))
    assert np.all(np.isnan(spd_solve(-np.eye(3), B, xp=NUMPY)))
    assert np.all(np.isnan(spd_solve(np.full((3, 3), np.nan), B, xp=NUMPY)))


def test_zero_matrix_becomes_regular():
    for dtype in (np.float64, np.float32):
        A = np.zeros((3, 3), dtype=dtype)
        A = add_to_diagonal(A, rounding_shift(A, xp=NUMPY), xp=NUMPY)
        np.testing.assert_array_equal(spd_solve(A, A[:, :2] * 0, xp=NUMPY), np.zeros((3, 2)))


# tensor shapes ------------------------------------------------------------------------------------


@given(st.integers(1, 5000), st.integers(2, 40))
def test_modes_multiply_to_the_size(n, target):
    modes = factor_modes(n, target)
    assert math.prod(modes) == n
    assert all(m > 1 for m in modes)
    # Only a prime is larger than the target.
    assert all(m <= target or len(prime_factors(m)) == 1 for m in modes)


@given(st.integers(1, 800), st.integers(1, 800))
def test_paired_modes_are_equally_many(rows, columns):
    a, b = pair_modes(factor_modes(rows), factor_modes(columns))
    assert len(a) == len(b) >= 1
    assert (math.prod(a), math.prod(b)) == (rows, columns)


modes_and_ranks = st.lists(st.integers(1, 5), min_size=1, max_size=5).flatmap(
    lambda modes: st.tuples(
        st.just(tuple(modes)),
        st.tuples(*[st.integers(1, 30)] * (len(modes) - 1)),
    )
)


@given(modes_and_ranks)
def test_feasible_ranks(case):
    """A random train with the lowered ranks has unfoldings of exactly those ranks; more cannot."""
    modes, wanted = case
    ranks = feasible_tt_ranks(modes, wanted)
    assert ranks[0] == ranks[-1] == 1
    assert all(r <= w for r, w in zip(ranks[1:-1], wanted))
    rng = np.random.default_rng(0)
    cores = [rng.normal(size=shape) for shape in zip(ranks, modes, ranks[1:])]
    tensor = tt_to_tensor(cores, xp=NUMPY)
    assert sum(core.size for core in cores) == tt_size(modes, ranks)
    wanted_cores = [rng.normal(size=s) for s in zip((1, *wanted), modes, (*wanted, 1))]
    widest = tt_to_tensor(wanted_cores, xp=NUMPY)
    for k in range(1, len(modes)):
        rows = math.prod(modes[:k])
        assert np.linalg.matrix_rank(tensor.reshape(rows, -1)) == ranks[k]
        assert np.linalg.matrix_rank(widest.reshape(rows, -1)) <= ranks[k]


@given(st.integers(1, 50), st.integers(-5, 2000))
def test_largest_rank(highest, budget):
    expected = max([1] + [r for r in range(1, highest + 1) if 3 * r * r <= budget])
    assert largest_rank(lambda r: 3 * r * r, highest, budget) == expected


def test_split_point():
    assert split_point((4, 4, 2, 8), 16) == 2
    assert split_point((4, 4, 2, 8), 8) is None
    assert split_point((7,), 1) is None


# trains -------------------------------------------------------------------------------------------


def random_cores(modes, ranks, rng):
    return [rng.normal(size=shape) for shape in zip(ranks, modes, ranks[1:])]


@pytest.mark.parametrize("xp", ["numpy", "strict"])
def test_tt_to_tensor_equals_tensorly(xp):
    xp = NUMPY if xp == "numpy" else strict_namespace()
    for modes, ranks in (((3, 4, 2), (1, 2, 2, 1)), ((5,), (1, 1)), ((2, 1, 3), (1, 2, 3, 1))):
        cores = random_cores(modes, ranks, np.random.default_rng(0))
        tensor = tt_to_tensor([xp.asarray(core) for core in cores], xp=xp)
        np.testing.assert_allclose(np.asarray(tensor), tensorly_train(cores), atol=1e-13)


#: modes and a bound of the ranks: no end is full, the left one, both, all but one core
ENDS = [((7, 3), 2), ((3, 4, 2), 2), ((4, 4, 4, 4), 8), ((4, 4, 4, 4, 4, 4), 20), ((4, 4, 4), 99), ((6,), 1)]


@pytest.mark.parametrize("modes, rank", ENDS)
def test_full_ends_take_no_part_in_a_fit(modes, rank, monkeypatch):
    """The same tensor as a pass over all cores, in cores of the same shapes."""
    rng = np.random.default_rng(0)
    ranks = feasible_tt_ranks(modes, (rank,) * (len(modes) - 1))
    cores, tensor = random_cores(modes, ranks, rng), rng.normal(size=modes)
    fitted = sweep_cores(tensor, cores, xp=NUMPY)
    assert [core.shape for core in fitted] == [core.shape for core in cores]
    monkeypatch.setattr(_tensor_train, "merged_ends", lambda cores, xp: (cores, lambda cores: cores))
    whole = sweep_cores(tensor, cores, xp=NUMPY)
    close = dict(rtol=1e-12, atol=1e-12)  # rounding of a dozen orthogonal products, of numbers of order 1
    np.testing.assert_allclose(tt_to_tensor(fitted, xp=NUMPY), tt_to_tensor(whole, xp=NUMPY), **close)


def test_full_ends_are_as_long_as_they_can_be():
    assert full_ends((4,) * 10, (1, 4, 16, 64, 80, 80, 80, 64, 16, 4, 1)) == (3, 7)
    assert full_ends((17, 11, 3, 4, 4), (1, 17, 80, 16, 4, 1)) == (1, 3)
    assert full_ends((4, 4, 4), (1, 4, 4, 1)) == (1, 2)  # one core is always left
    assert full_ends((4, 4), (1, 2, 1)) == (0, 2)


@pytest.mark.parametrize("modes, rank", [((3, 4, 2), 2), ((4, 4, 4, 4), 5), ((7, 3), 2), ((6,), 1)])
def test_core_sweeps_never_go_up_and_keep_ranks(modes, rank):
    rng = np.random.default_rng(0)
    ranks = feasible_tt_ranks(modes, (rank,) * (len(modes) - 1))
    tensor, cores = rng.normal(size=modes), random_cores(modes, ranks, rng)
    errors = [np.linalg.norm(tensor - tt_to_tensor(cores, xp=NUMPY))]
    for _ in range(8):
        cores = sweep_cores(tensor, cores, xp=NUMPY)
        assert [core.shape for core in cores] == list(zip(ranks, modes, ranks[1:]))
        errors.append(np.linalg.norm(tensor - tt_to_tensor(cores, xp=NUMPY)))
    assert np.all(np.diff(errors) <= 1e-13 * errors[0])
    assert errors[-1] < errors[0]


def test_one_core_sweep_recovers_a_train():
    """A tensor of exactly these ranks is met in one pass from almost any start."""
    rng, modes, ranks = np.random.default_rng(0), (4, 3, 4, 3), (1, 2, 3, 2, 1)
    tensor = tt_to_tensor(random_cores(modes, ranks, rng), xp=NUMPY)
    cores = sweep_cores(tensor, random_cores(modes, ranks, rng), xp=NUMPY)
    found = tt_to_tensor(cores, xp=NUMPY)
    np.testing.assert_allclose(found, tensor, atol=1e-11 * np.max(np.abs(tensor)))


# probability vectors ------------------------------------------------------------------------------


def simplex_oracle(v):
    """The projection by its definition: a small quadratic program."""
    k = len(v)
    result = minimize(
        lambda p: 0.5 * np.sum((p - v) ** 2),
        np.full(k, 1.0 / k),
        jac=lambda p: p - v,
        bounds=[(0.0, None)] * k,
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1.0, "jac": lambda p: np.ones(k)},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 200},
    )
    return result.x


@pytest.mark.parametrize("xp", ["numpy", "strict"])
def test_simplex_projection_equals_a_quadratic_program(xp):
    xp = NUMPY if xp == "numpy" else strict_namespace()
    rng = np.random.default_rng(0)
    for k in (2, 3, 6):
        V = rng.normal(size=(8, k)) * np.array([0.1, 1.0, 3.0, 10.0, 0.3, 1.0, 0.5, 2.0])[:, None]
        P = np.asarray(project_to_simplex(xp.asarray(V), xp=xp))
        # The program stops at the root of its own tolerance.
        np.testing.assert_allclose(P, [simplex_oracle(v) for v in V], atol=1e-6)


def test_simplex_projection_keeps_probabilities_and_survives_large_numbers():
    P = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(project_to_simplex(P, xp=NUMPY), P, atol=1e-15)
    for scale in (1e8, 1e15):
        far = project_to_simplex(np.array([[scale, 0.0, -scale], [scale, scale, 0.0]]), xp=NUMPY)
        np.testing.assert_allclose(far, [[1, 0, 0], [0.5, 0.5, 0]], atol=1e-12)
    single = project_to_simplex(np.array([[1e6, 0.0, 3.0]], dtype=np.float32), xp=NUMPY)
    np.testing.assert_array_equal(single, [[1.0, 0.0, 0.0]])
    assert single.dtype == np.float32


def test_two_columns():
    p = two_columns(np.array([[0.25], [1.0]]), xp=NUMPY)
    np.testing.assert_array_equal(p, [[0.75, 0.25], [0.0, 1.0]])


# backends -----------------------------------------------------------------------------------------


def test_namespaces_find_their_backend():
    assert get_backend(NUMPY).tensorly_name == "numpy"
    assert type(get_backend(np)).__name__ == "NumpyBackend"
    assert type(get_backend(strict_namespace())) is Backend


def test_numpy_backend_equals_the_generic_one():
    rng = np.random.default_rng(0)
    ours, generic = get_backend(NUMPY), Backend()
    A, x = rng.normal(size=(7, 5)), rng.integers(0, 4, size=20) + 0.5
    assert ours.sum_of_squares(A, xp=NUMPY) == pytest.approx(generic.sum_of_squares(A, xp=NUMPY))
    np.testing.assert_allclose(ours.gram(A, xp=NUMPY), generic.gram(A, xp=NUMPY), rtol=1e-13)
    for k in (1, 7, 20):
        expected = np.sort(x)[::-1][k - 1]
        assert ours.kth_largest(x, k, xp=NUMPY) == expected
        assert generic.kth_largest(x, k, xp=NUMPY) == expected
    for indices in ([], [0], [3, 4, 9], list(range(10))):
        places, values = np.array(indices, dtype=np.int32), rng.normal(size=len(indices))
        expected = np.zeros(10)
        expected[indices] = values
        for backend in (ours, generic):
            np.testing.assert_array_equal(backend.scatter(values, places, 10, xp=NUMPY), expected)
