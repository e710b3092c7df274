# SPDX-License-Identifier: BSD-3-Clause
"""Compressions: the contract of each, fed by the registry, and known answers of ours."""

import numpy as np
import pytest
import tensorly
from problems import MILD_COMPRESSIONS, NUMPY
from tensorly.tt_tensor import tt_to_tensor

from sklearn_nnbcd.compressions import (
    COMPRESSIONS,
    CP,
    L0,
    DenseWeight,
    LowRank,
    TensorTrain,
    Tucker,
    _cp,
)
from sklearn_nnbcd.compressions._two_sided import fit_factors
from sklearn_nnbcd.compressions.tensors._factor_maps import khatri_rao_maps
from sklearn_nnbcd.numerics._metric import Metric
from sklearn_nnbcd.testing._compressions import (
    check_compression,
    check_error_falls,
    check_format,
    check_lossless,
    check_metric,
)

CASES = {name: piece for name, piece in MILD_COMPRESSIONS.items() if piece is not None}
SHAPES = [(1, 1), (1, 7), (13, 1), (2, 3), (8, 6), (6, 20), (97, 11)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_contract(name, shape, dtype):
    check_compression(CASES[name], shape, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (8, 6), (6, 20), (97, 11)], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_contract_in_metrics(name, shape, dtype):
    check_metric(CASES[name], shape, dtype=dtype)


@pytest.mark.parametrize("name", CASES)
def test_contract_in_the_standard(name, standard):
    check_compression(CASES[name], (8, 6), xp=standard)
    check_metric(CASES[name], (8, 6), xp=standard)
    check_lossless(CASES[name], (8, 6), xp=standard)


#: several modes a side, which the small shapes above do not have by themselves
TENSORS = [
    (CP(rank=3, tensor_shape=((4, 2), (3, 2))), (8, 6)),
    (CP(rank=20, tensor_shape=((2, 2, 3), (5, 2))), (12, 10)),
    (Tucker(rank=2, tensor_shape=((4, 2), (3, 2))), (8, 6)),
    (Tucker(rank=(2, 2, 2, 3, 2), tensor_shape=((2, 2, 3), (5, 2))), (12, 10)),
    (TensorTrain(rank=3, tensor_shape=(8, 5, 3)), (12, 10)),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", TENSORS, ids=str)
def test_contract_of_tensors(case, dtype):
    compression, shape = case
    check_compression(compression, shape, dtype=dtype)
    check_metric(compression, shape, dtype=dtype)


@pytest.mark.parametrize("case", TENSORS, ids=str)
def test_tensors_in_the_standard(case, standard):
    check_compression(*case, xp=standard)
    check_metric(*case, xp=standard)


def test_tucker_with_several_modes_is_lossless_and_falls():
    compression = Tucker(tensor_shape=((4, 2), (3, 2)))
    check_lossless(compression, (8, 6))
    check_error_falls(compression, (8, 6))


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_contract_of_defaults(name):
    check_compression(COMPRESSIONS[name](), (12, 10))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", CASES)
def test_lossless(name, shape):
    check_lossless(CASES[name], shape)


@pytest.mark.parametrize("shape", [(8, 6), (12, 12), (7, 5)], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_error_falls(name, shape):
    check_error_falls(CASES[name], shape)


# exact where it says so ---------------------------------------------------------------------------


def test_low_rank_projection_is_the_best():
    W = np.random.default_rng(0).normal(size=(9, 6))
    M = LowRank(rank=2).plan(W.shape).project(W, xp=NUMPY)
    tail = np.linalg.svd(W, compute_uv=False)[2:]
    # Eckart-Young: no matrix of rank 2 is nearer than the discarded singular values.
    assert np.linalg.norm(W - M.to_dense(xp=NUMPY)) == pytest.approx(np.linalg.norm(tail), rel=1e-12)


@pytest.mark.parametrize("name", ["low_rank", "tt", "tt_paired"])
def test_cold_projection_keeps_what_is_feasible(name):
    W = np.random.default_rng(0).normal(size=(12, 10))
    plan = CASES[name].plan(W.shape)
    once = plan.project(W, xp=NUMPY).to_dense(xp=NUMPY)
    again = plan.project(once, xp=NUMPY)
    np.testing.assert_allclose(again.to_dense(xp=NUMPY), once, atol=1e-12)
    step = plan.step(once, again, 1.0, xp=NUMPY)
    np.testing.assert_allclose(step.to_dense(xp=NUMPY), once, atol=1e-12)


def test_low_rank_steps_reach_the_best():
    rng = np.random.default_rng(0)
    W, plan = rng.normal(size=(9, 6)), LowRank(rank=3).plan((9, 6))
    M = plan.project(rng.normal(size=(9, 6)), xp=NUMPY)
    for _ in range(300):
        M = plan.step(W, M, 1.0, xp=NUMPY)
    best = plan.project(W, xp=NUMPY).to_dense(xp=NUMPY)
    # Subspace iteration: the error falls by (s_4/s_3)^2 a step.
    np.testing.assert_allclose(M.to_dense(xp=NUMPY), best, atol=1e-8)


@pytest.mark.parametrize("tensorization", ["flat", "flat_transposed", "paired"])
@pytest.mark.parametrize("rank", [1, 2, 3, 0.5])
def test_tt_svd_bounds(tensorization, rank):
    """max_k eps_k <= error <= sqrt(sum_k eps_k^2), eps_k the discarded tail of unfolding k."""
    W = np.random.default_rng(0).normal(size=(24, 30))
    plan = TensorTrain(rank=rank, tensorization=tensorization).plan(W.shape)
    tensor = plan.tensorization.to_tensor(W, xp=NUMPY)
    tails, rows = [], 1
    for mode, r in zip(plan.tensorization.modes[:-1], plan.ranks[1:]):
        rows *= mode
        singular = np.linalg.svd(tensor.reshape(rows, -1), compute_uv=False)
        tails.append(np.linalg.norm(singular[r:]))
    error = np.linalg.norm(plan.project(W, xp=NUMPY).to_dense(xp=NUMPY) - W)
    assert max(tails) * (1 - 1e-12) <= error <= np.linalg.norm(tails) * (1 + 1e-12)
    assert len(tails) > 1 and max(tails) > 0.0


def test_paired_tensorization_is_equation_2():
    """Entry (i, j) of W is entry ((i_1, j_1), ..., (i_d, j_d)) of the tensor."""
    rows, columns = (3, 2, 2), (2, 5, 2)
    W = np.arange(12 * 20.0).reshape(12, 20)
    plan = TensorTrain(rank=2, tensorization="paired", tensor_shape=(rows, columns)).plan(W.shape)
    tensor = plan.tensorization.to_tensor(W, xp=NUMPY)
    assert tensor.shape == (6, 10, 4)
    for i, row in enumerate(np.ndindex(rows)):
        for j, column in enumerate(np.ndindex(columns)):
            place = tuple(a * n + c for a, c, n in zip(row, column, columns))
            assert tensor[place] == W[i, j]
    np.testing.assert_array_equal(plan.tensorization.to_matrix(tensor, xp=NUMPY), W)


def test_reconstruction_equals_tensorly():
    W = np.random.default_rng(0).normal(size=(12, 8))
    M = TensorTrain(rank=3).plan(W.shape).project(W, xp=NUMPY)
    expected = tt_to_tensor(list(M.cores)).reshape(12, 8)
    np.testing.assert_allclose(M.to_dense(xp=NUMPY), expected, atol=1e-13)


def test_the_backend_of_tensorly_stays():
    before = tensorly.get_backend()
    TensorTrain(rank=2).plan((8, 6)).project(np.ones((8, 6)), xp=NUMPY)
    assert tensorly.get_backend() == before


def test_l0_keeps_the_largest_and_breaks_ties_by_place():
    W = np.array([[1.0, -3.0, 2.0], [-2.0, 2.0, 0.5]])
    M = L0(sparsity=0.5).plan(W.shape).project(W, xp=NUMPY)
    np.testing.assert_array_equal(M.to_dense(xp=NUMPY), [[0, -3, 2], [-2, 0, 0]])
    constant = L0(sparsity=0.5).plan((2, 2)).project(np.ones((2, 2)), xp=NUMPY)
    np.testing.assert_array_equal(constant.to_dense(xp=NUMPY), [[1, 1], [0, 0]])


def test_dense_weight():
    from sklearn_nnbcd.testing._base import Arrays

    class Plan:
        shape, n_parameters = (4, 3), 12

    arrays = Arrays(NUMPY, "float64", 0)
    check_format(DenseWeight(arrays.normal(4, 3)[0]), Plan, arrays)


@pytest.mark.parametrize("name", CASES)
def test_all_zero_weight(name):
    """A projection of nothing is nothing, and a step can leave it."""
    plan = CASES[name].plan((8, 6))
    M = plan.project(np.zeros((8, 6)), xp=NUMPY)
    np.testing.assert_array_equal(M.to_dense(xp=NUMPY), np.zeros((8, 6)))
    assert plan.n_parameters in (None, M.n_parameters)
    W = np.random.default_rng(0).normal(size=(8, 6))
    step = plan.step(W, M, 1.0, xp=NUMPY).to_dense(xp=NUMPY)
    assert np.linalg.norm(step - W) < np.linalg.norm(W)


# parameters ---------------------------------------------------------------------------------------


def test_shares_take_no_more_than_they_say():
    for share in (0.1, 0.25, 0.5, 1.0):
        for compression in (LowRank(rank=share), TensorTrain(rank=share)):
            plan = compression.plan((24, 30))
            bigger = type(compression)(rank=plan.ranks[2] + 1 if hasattr(plan, "ranks") else plan.rank + 1)
            assert plan.n_parameters <= share * 720
            if share < 1.0:
                assert bigger.plan((24, 30)).n_parameters > share * 720
    assert L0(sparsity=0.9).plan((24, 30)).n_parameters == 72


def test_ranks_that_no_train_can_have_are_lowered():
    """Neither above a side of the unfolding, nor above what a neighbouring rank leaves room for."""
    plan = TensorTrain(rank=(9, 9, 9), tensor_shape=(2, 2, 2, 2)).plan((4, 4))
    assert plan.ranks == (1, 2, 4, 2, 1)
    for rank in ((1, 4, 2), (2, 4, 1), (1, 4, 1)):
        check_compression(TensorTrain(rank=rank, tensor_shape=(2, 2, 2, 2)), (4, 4))


WRONG = [
    (LowRank(rank=0), (6, 4), "between 1 and 4", "0", "Try an integer"),
    (LowRank(rank=5), (6, 4), "between 1 and 4", "5", "(6, 4)"),
    (LowRank(rank=1.5), (6, 4), "(0, 1]", "1.5", "Try an integer"),
    (LowRank(rank=-0.5), (6, 4), "(0, 1]", "-0.5", "Try an integer"),
    (LowRank(rank=float("nan")), (6, 4), "(0, 1]", "nan", "Try an integer"),
    (TensorTrain(rank=100), (6, 4), "between 1 and", "100", "(6, 4)"),
    (TensorTrain(rank=(2, 2)), (8, 6), "3 inner ranks", "(2, 2)", "a single int"),
    (TensorTrain(rank=(2, 0, 2)), (8, 6), "integer >= 1", "(2, 0, 2)", "a single int"),
    (TensorTrain(rank=(2, 2.5, 2)), (8, 6), "integer >= 1", "2.5", "a single int"),
    (TensorTrain(tensor_shape=(5, 5)), (6, 4), "product 6 * 4 = 24", "(5, 5)", "Try (3, 2, 4)"),
    (TensorTrain(tensor_shape=7), (6, 4), "product 6 * 4 = 24", "7", "or None"),
    (TensorTrain(tensor_shape=(-6, -4)), (6, 4), "integers >= 1", "-6", "or None"),
    (
        TensorTrain(tensorization="paired", tensor_shape=((3, 2), (4,))),
        (6, 4),
        "equally long",
        "((3, 2), (4,))",
        "or None",
    ),
    (
        TensorTrain(tensorization="paired", tensor_shape=(6, 4)),
        (6, 4),
        "two equally long tuples",
        "(6, 4)",
        "or None",
    ),
    (TensorTrain(tensorization="pair"), (6, 4), "'flat_transposed', 'paired'", "'pair'", "Did you mean"),
    (L0(sparsity=0.0), (6, 4), "in (0, 1)", "0.0", "compression=None"),
    (L0(sparsity=1), (6, 4), "in (0, 1)", "1", "Try 0.9"),
    (L0(sparsity=1.5), (6, 4), "in (0, 1)", "1.5", "Try 0.9"),
    (L0(sparsity=float("nan")), (6, 4), "in (0, 1)", "nan", "Try 0.9"),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: str(case[0]))
def test_wrong_parameters_say_what_is_allowed_what_came_and_the_cure(case):
    compression, shape, allowed, came, cure = case
    with pytest.raises(ValueError) as caught:
        compression.plan(shape)
    message = str(caught.value)
    names = [f"'{name}'" for name in compression.get_params()]
    assert any(name in message for name in names) and type(compression).__name__ in message
    assert allowed in message and f"Got {came}"[:4] in message and came in message
    assert cure in message


@pytest.mark.parametrize("wrong", [None, "3", True, [2.5j]], ids=repr)
@pytest.mark.parametrize("piece, name", [(LowRank, "rank"), (L0, "sparsity"), (TensorTrain, "rank")])
def test_wrong_types(piece, name, wrong):
    with pytest.raises((TypeError, ValueError), match=f"'{name}' of {piece.__name__}.*Got .*Try"):
        piece(**{name: wrong}).plan((6, 4))


def test_factors_fit_alike_with_few_and_many_rows_on_the_other_side():
    """Rows of zeros change nothing of B' S B, but the order of products: equal up to rounding of 1e-16
    that five steps of conjugate gradients multiply by the condition of the problem, below 1e6 here."""
    rng = np.random.default_rng(0)
    factors = [rng.normal(size=(n, 9)) for n in (3, 4)]
    W, B, root = rng.normal(size=(12, 4)), rng.normal(size=(4, 9)), rng.normal(size=(4, 4))
    S = root @ root.T + np.eye(4)
    side = Metric(np.diag(rng.uniform(1.0, 2.0, size=12)), np.eye(4)).rows
    gram = _cp._gram
    target = W @ S @ B
    few = fit_factors(factors, target, B, S @ B, side, khatri_rao_maps, gram, 5, xp=NUMPY)
    padded, S_padded = (np.concatenate([A, np.zeros((8, 9))]) for A in (B, S @ B))
    many = fit_factors(factors, target, padded, S_padded, side, khatri_rao_maps, gram, 5, xp=NUMPY)
    assert np.linalg.norm(few[0] - factors[0]) > 0.1  # not simply where it began
    for ours, theirs in zip(few, many, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)
