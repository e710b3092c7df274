# SPDX-License-Identifier: BSD-3-Clause
"""Columns as the solvers see them, and the network for X as it is that comes of it."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from problems import MILD_COMPRESSIONS, NUMPY, make_problem, make_stack_problem, to_host

from sklearn_nnbcd.compressions import DenseWeight
from sklearn_nnbcd.engine import Weights
from sklearn_nnbcd.layers import Conv2D, Dense
from sklearn_nnbcd.network import InputMap, Network
from sklearn_nnbcd.numerics import ColumnMoments

WIDTHS = (12, 8, 3)
#: formats of W_1 that take a factor for each row
FOLDED = ("none", "low_rank", "l0", "l0_penalty", "l1", "elastic_net", "group_lasso", "group_lasso_inputs")
FOLDED = (*FOLDED, "quantized", "quantized_4", "quantized_low_rank", "ternary", "binary", "codebook")


def columns(rows=30, seed=0, dtype="float64", xp=NUMPY):
    """Rows of columns with other means and units, one of them constant."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 12)) * 10.0 ** rng.uniform(-3, 3, size=12) + 5.0 * rng.normal(size=12)
    X[:, 4] = 2.5
    return xp.asarray(X, dtype=getattr(xp, dtype))


def map_of(X, *, weights=None, **options):
    return InputMap.from_moments(ColumnMoments.of(X, weights), X, **{"centre": True} | options)


def network_of(compression, *, dtype="float64", fit_intercept=True, xp=NUMPY, widths=WIDTHS):
    """A network with W_1 in a format, random weights."""
    options = dict(activation="tanh", compression=compression, compress_output=False, xp=xp)
    problem = make_problem(widths, fit_intercept=fit_intercept, **options)
    return random_network(problem, list(zip(widths, widths[1:])), dtype)


def random_network(problem, shapes, dtype="float64"):
    rng, xp, none = np.random.default_rng(5), problem.xp, (None,) * (problem.N + 1)

    def draw(*shape):
        return xp.asarray(rng.normal(size=shape), dtype=getattr(xp, dtype))

    W = (None, *(draw(*shape) for shape in shapes))
    b = (None, *(draw(shape[1]) if problem.fit_intercept else None for shape in shapes))
    M = [None if plan is None else plan.project(w, xp=xp) for plan, w in zip(problem.plans, W, strict=True)]
    dense = [None if weight is None else weight.to_dense(xp=xp) for weight in M]
    return Network.from_weights(problem, Weights(W, b, tuple(M), tuple(dense), none))


# the map ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("centre", [True, False])
def test_mapped_columns_are_comparable(centre, weighted):
    """About their means; mean square spread 1, spreads within a factor 2 of the median one."""
    X = columns(200)
    s = np.random.default_rng(1).uniform(0.2, 5.0, size=200) if weighted else np.ones(200)
    inputs = map_of(X, weights=s, centre=centre)
    Z = inputs(X)
    if centre:
        np.testing.assert_allclose(s @ Z / s.sum(), 0.0, atol=1e-9)
    else:
        np.testing.assert_array_equal(inputs.origin, 0.0)
    spreads = np.sqrt(np.average(Z**2, axis=0, weights=s))
    assert spreads[4] == 0.0
    kept = np.delete(spreads, 4)
    assert np.mean(kept**2) == pytest.approx(1.0, rel=1e-9)
    assert kept.max() / kept.min() <= 4.0 * (1.0 + 1e-9)


def test_near_spreads_keep_their_ratio_and_units_do_not_matter():
    X = np.random.default_rng(0).normal(size=(500, 5)) * [1.0, 1.5, 0.8, 1.2, 0.6]
    inputs = map_of(X)
    np.testing.assert_allclose(inputs.scale, inputs.scale[0], rtol=1e-12)
    other = map_of(100.0 * X + 3.0)
    np.testing.assert_allclose(other(100.0 * X + 3.0), inputs(X), rtol=1e-9, atol=1e-9)
    wide = X * [1.0, 1.0, 1.0, 1.0, 1e4]  # at most twice the median from there on
    spreads = map_of(wide)(wide).std(axis=0)
    assert spreads[4] == pytest.approx(2.0 * np.median(spreads), rel=1e-9)


def test_constant_columns_of_a_stream_can_come_to_life():
    X = columns()
    assert map_of(X).scale[4] == 0.0
    assert map_of(X, drop_constant=False).scale[4] == pytest.approx(1.0 / 2.5)


def test_pixels_have_one_scale_and_no_origin():
    X = np.random.default_rng(0).uniform(0.0, 255.0, size=(40, 12))
    inputs = map_of(X, shared=True)
    np.testing.assert_array_equal(inputs.origin, 0.0)
    np.testing.assert_allclose(inputs.scale, inputs.scale[0], rtol=1e-14)
    assert np.mean(inputs(X) ** 2) == pytest.approx(1.0, rel=1e-12)
    assert np.all(np.isfinite(map_of(np.zeros((4, 3)), shared=True).scale))


def test_maps_are_near_up_to_a_tenth_of_a_spread():
    inputs = map_of(columns())
    step = np.where(inputs.scale > 0.0, 1.0 / np.where(inputs.scale > 0.0, inputs.scale, 1.0), 0.0)
    assert inputs.is_near(inputs)
    for share, near in ((0.09, True), (0.11, False)):
        assert inputs.is_near(replace(inputs, origin=inputs.origin + share * step)) is near
        assert inputs.is_near(replace(inputs, scale=(1.0 + share) * inputs.scale)) is near
    assert not replace(inputs, scale=0.0 * inputs.scale).is_near(inputs)


def test_weights_for_the_map_say_the_same_of_the_rows():
    """Also what constant columns add: it goes into the intercepts."""
    X, rng = columns(), np.random.default_rng(3)
    W, b = rng.normal(size=(12, 4)), rng.normal(size=4)
    inputs = map_of(X)
    mapped, offset = inputs.engine_weights(W, b)
    np.testing.assert_allclose(inputs(X) @ mapped + offset, X @ W + b, rtol=1e-9, atol=1e-9)
    small, Z = inputs.of_rows(X[:5])
    mapped, offset = small.engine_weights(W, b)
    np.testing.assert_allclose(Z @ mapped + offset, X[:5] @ W + b, rtol=1e-9, atol=1e-9)
    mapped, none = map_of(X, centre=False).engine_weights(W, None)
    assert none is None and mapped.shape == W.shape


# few rows ---------------------------------------------------------------------------------------


def test_the_basis_spans_the_rows():
    """Products of rows stay what they were, and so do new rows, as far as they lie in the space."""
    X = columns(6)
    X[5] = 0.5 * (X[0] + X[1])
    inputs = map_of(X)
    small, Z = inputs.of_rows(X)
    assert Z.shape == (6, 4) and small.basis.shape == (12, 4)  # one row is a mean of two, all are centred
    np.testing.assert_allclose(small.basis.T @ small.basis, np.eye(4), atol=1e-7)
    np.testing.assert_allclose(Z @ Z.T, inputs(X) @ inputs(X).T, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(small(X), Z, rtol=1e-7, atol=1e-7)
    one, Z = inputs.of_rows(np.repeat(inputs.origin[None, :], 3, axis=0))  # nothing to see
    assert Z.shape == (3, 1) and np.all(np.isfinite(one.basis))
    np.testing.assert_allclose(Z, 0.0, atol=1e-100)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_a_network_of_few_rows_becomes_one_of_the_columns(fit_intercept):
    X = columns(6)
    small, Z = map_of(X, centre=fit_intercept).of_rows(X)
    network = network_of("none", fit_intercept=fit_intercept, widths=(Z.shape[1], 8, 3))
    whole = network.with_input_map(small)
    assert whole.inputs is None and whole.coefs[0].shape == (12, 8) and whole.n_features == 12
    np.testing.assert_allclose(whole.forward(X), network.forward(Z), rtol=1e-6, atol=1e-6)
    new = columns(20, seed=9)
    np.testing.assert_allclose(whole.forward(new), network.forward(small(new)), rtol=1e-9, atol=1e-9)


# the network ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("compression", MILD_COMPRESSIONS)
def test_the_network_for_x_as_it_is(compression, fit_intercept):
    """Part of W_1 in its own format where that can be; before the first layer elsewhere."""
    network, X = network_of(compression, fit_intercept=fit_intercept), columns()
    inputs = map_of(X, centre=fit_intercept)
    whole = network.with_input_map(inputs)
    assert (whole.inputs is None) == (compression in FOLDED)
    assert type(whole.coefs[0]) is type(network.coefs[0])
    assert whole.n_parameters == network.n_parameters
    expected = network.forward(inputs(X))
    np.testing.assert_allclose(whole.forward(X), expected, rtol=1e-8, atol=1e-8)
    V, U = whole.trace(X)
    np.testing.assert_allclose(V[-1], expected, rtol=1e-8, atol=1e-8)
    if whole.inputs is not None:
        assert whole.n_bytes == network.n_bytes + 8 * 2 * 12
        np.testing.assert_array_equal(V[0], inputs(X))
    plain = whole.without_input_map()
    assert plain.inputs is None
    assert (plain is whole) == (compression in FOLDED)
    np.testing.assert_allclose(plain.forward(X), expected, rtol=1e-8, atol=1e-8)
    copy = pickle.loads(pickle.dumps(whole))
    np.testing.assert_array_equal(copy.forward(X), whole.forward(X))


@pytest.mark.parametrize("compression", ["none", "low_rank", "l0", "tt"])
def test_another_namespace_folds_alike(compression, standard):
    results = []
    for xp in (standard, NUMPY):
        X = columns(xp=xp)
        network, inputs = network_of(compression, xp=xp), map_of(X)
        whole = network.with_input_map(inputs)
        assert type(whole.array) is type(X)
        results.append([to_host(whole.forward(X)), to_host(whole.without_input_map().forward(X))])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("offset", [10.0, 1e6])
def test_far_columns_in_single_precision_are_mapped_before_the_first_layer(offset):
    """X W_1 of numbers near 1e6 would leave nothing of spreads near 1."""
    X = columns()
    X[:, 0] = offset + np.random.default_rng(2).normal(size=30)
    X = X.astype(np.float32)
    network, inputs = network_of("none", dtype="float32"), map_of(X)
    whole = network.with_input_map(inputs)
    assert (whole.inputs is None) == (offset == 10.0)
    np.testing.assert_allclose(whole.forward(X), network.forward(inputs(X)), rtol=1e-3, atol=1e-3)
    assert whole.dtype == "float32"


def test_a_scale_that_is_not_finite_is_seen():
    network, inputs = network_of("tt"), map_of(columns())
    assert network.with_input_map(inputs).is_finite
    broken = replace(inputs, scale=np.full(12, np.nan))
    assert not replace(network, inputs=broken).is_finite


@pytest.mark.parametrize("compression", ["none", "tt"])
def test_one_scale_serves_the_patches_of_an_image(compression):
    layers = [Conv2D(3, 2), Dense(5)]
    options = dict(activation="tanh", compression=compression, compress_output=False)
    problem, shapes = make_stack_problem(layers, (4, 4, 1), 2, **options)
    network = random_network(problem, shapes)
    X = np.random.default_rng(0).uniform(0.0, 255.0, size=(7, 16))
    inputs = map_of(X, shared=True)
    whole = network.with_input_map(inputs)
    assert (whole.inputs is None) == (compression == "none")
    expected = network.forward(inputs(X))
    np.testing.assert_allclose(whole.forward(X), expected, rtol=1e-9, atol=1e-9)
    plain = whole.without_input_map()
    assert plain.inputs is None and (compression == "none" or isinstance(plain.coefs[0], DenseWeight))
    np.testing.assert_allclose(plain.forward(X), expected, rtol=1e-9, atol=1e-9)


def test_what_few_rows_have_does_not_speak_as_loud_as_what_all_have():
    """A rare event is 4 of the spreads away that its column has, whatever its unit and sign."""
    rng = np.random.default_rng(0)
    rare = np.zeros(10_000)
    rare[:9] = 1.0
    X = np.stack([*rng.uniform(-1.0, 1.0, size=(6, 10_000)), rare, 1e4 - 1e3 * rare], axis=1)
    Z = map_of(X)(X)
    usual = Z[:, :6].std(axis=0)
    # spreads are brought to within a factor of 2 of the median one; those of uniform columns differ by 1 %
    np.testing.assert_allclose(np.abs(Z[:, 6:]).max(axis=0) / np.median(usual), [2.0, 8.0], rtol=0.02)
    assert Z[0, 6] > 0.0 > Z[0, 7]
    alone = map_of(X[:, :6])(X[:, :6]).std(axis=0)
    np.testing.assert_allclose(usual / usual[0], alone / alone[0], rtol=1e-9)


# ramps behind the columns -----------------------------------------------------------------------


@pytest.mark.parametrize(("n_ramps", "share"), [(30, 0.3), (6, 0.3), (3, 3 / 11)])  # 11 columns vary
def test_ramps_together_have_a_share_of_what_the_columns_have(n_ramps, share):
    rng = np.random.default_rng(0)
    ramps = (rng.random((200, n_ramps)) < np.linspace(0.02, 0.5, n_ramps)).astype(float)
    X = np.c_[columns(200), ramps]
    scale = map_of(X, n_ramps=n_ramps).scale
    assert len(set(scale[12:])) == 1 and scale[4] == 0.0
    spread = np.std(X, axis=0)
    square = (scale * spread) ** 2
    assert square[12:].sum() == pytest.approx(share * square[:12].sum(), rel=1e-9)
    assert square.mean() == pytest.approx(1.0, rel=1e-9)
    many = map_of(np.c_[columns(200)[:, :2], rng.random((200, 40))], n_ramps=40).scale
    assert many[2] == pytest.approx(0.5 * np.sqrt(np.mean((many[:2] * spread[:2]) ** 2)), rel=1e-9)
    alone = map_of(columns(200)).scale  # columns are to one another what they are without ramps
    used = alone > 0.0
    ratio = scale[:12][used] / alone[used]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-12)


def test_ramps_that_no_row_has_risen_on_and_columns_that_do_not_vary():
    X = columns()
    inputs = map_of(np.c_[X, np.zeros((len(X), 2))], n_ramps=2)
    assert np.isfinite(inputs.scale).all() and (inputs(np.c_[X, np.zeros((len(X), 2))])[:, -2:] == 0.0).all()
    flat = map_of(np.c_[np.ones((30, 2)), np.arange(30.0) / 29.0], n_ramps=1)
    assert np.isfinite(flat.scale).all() and flat.scale[2] > 0.0
