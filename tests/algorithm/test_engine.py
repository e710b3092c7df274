# SPDX-License-Identifier: BSD-3-Clause
"""The engine against the plain-loop oracle, and what it must keep: sums, copies, blocks, dtypes."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import reference
from problems import (
    COMBINATIONS,
    COVERING,
    MILD_COMPRESSIONS,
    covering,
    cut,
    draw_start,
    fitted,
    make_problem,
    random_targets,
    start,
    to_host,
)

from sklearn_nnbcd.activations import ACTIVATIONS
from sklearn_nnbcd.engine import (
    _full,
    fit_full,
    full_objective,
    full_result,
    full_step,
    objective,
    start_full,
    sweep,
    update_W,
)
from sklearn_nnbcd.losses import LOSSES
from sklearn_nnbcd.placements import InMemory

# Penalties at which wrong formulas differ: no two are equal, none is one.
PENALTIES = dict(rho=1.7, gamma=0.6, tau=2.3, alpha=0.45, alpha_w=0.15, ridge=0.35)
WIDTHS = (8, 6, 4, 2)


def random_problem(combination, *, rows=13, widths=WIDTHS, seed=0, weighted=False, **options):
    """Problem, data and start of a combination, on the host."""
    activation, loss, compression = COMBINATIONS[combination]
    rng = np.random.default_rng(seed)
    options = {**PENALTIES, **options}
    names = dict(activation=activation, loss=loss, compression=compression)
    problem = make_problem(widths, **names, **options)
    X = rng.normal(size=(rows, widths[0])) + 0.5
    Y = random_targets(problem.loss, rows, widths[-1], rng)
    s = rng.uniform(0.2, 3.0, size=rows) if weighted else None
    W, b = draw_start(problem, widths, rng)
    return problem, X, Y, s, W, b


def fit(problem, weights, placement, sweeps):
    """The weights after some sweeps of the solver's own loop."""
    return fit_full(problem, weights, placement, max_iter=sweeps, on_sweep=lambda *a: False)[0]


# (a) the oracle ---------------------------------------------------------------------------------


def oracle_activation(name, piece):
    """The oracle's own formulas; for a piece that it does not know, the piece's."""
    if name in reference.ACTIVATIONS:
        return reference.ACTIVATIONS[name]

    def prox(a, b, g):
        return float(piece.prox(np.full((1, 1), a), np.full((1, 1), b), g, xp=np)[0, 0])

    return lambda u: float(piece(np.full((1, 1), u), xp=np)[0, 0]), prox


def oracle_compression(name, plan):
    """(dense, step, penalty) and a reader of the first compressed weight, likewise."""
    if name == "low_rank":
        return reference.COMPRESSIONS[name], lambda M: (M.left, M.right)
    if name == "l0":
        return reference.COMPRESSIONS[name], lambda M: M.to_dense(xp=np)
    if name in ("tt", "tt_paired"):
        t = plan.tensorization
        paired = t.rows is not None
        functions = (
            reference.paired_tt(t.shape, t.rows, t.columns) if paired else reference.flat_tt(t.shape, t.modes)
        )
        return functions, lambda M: list(M.cores)
    p = PENALTIES["tau"] + PENALTIES["alpha"]
    functions = (
        lambda M: M.to_dense(xp=np),
        lambda target, M: plan.step(target, M, p, xp=np),
        lambda M: plan.penalty(M, xp=np),
    )
    return functions, lambda M: M


#: pieces of which the oracle, which works entry by entry, knows the loss
ORACLE = covering((ACTIVATIONS, [name for name in LOSSES if name in reference.LOSSES], MILD_COMPRESSIONS))


def oracle_network(combination, problem, block, weights):
    """The oracle's copy of a state of the engine."""
    activation, loss, compression = COMBINATIONS[combination]
    net = dict(vars(problem.penalties))
    net.update(X=block.V[0], Y=block.Y, U=list(block.U), V=list(block.V))
    net.update(W=list(weights.W), b=list(weights.b))
    net["s"] = np.ones(len(block.Y)) if block.s is None else block.s
    net["activation"] = oracle_activation(activation, problem.activations[1])
    net["loss"] = reference.LOSSES[loss]
    net["compression"], net["M"] = [None], [None]
    for plan, M in zip(problem.plans[1:], weights.M[1:]):
        functions, read = (None, None) if plan is None else oracle_compression(compression, plan)
        net["compression"].append(functions)
        net["M"].append(None if plan is None else read(M))
    return net


@pytest.mark.parametrize("weighted", [False, True], ids=["ones", "weighted"])
@pytest.mark.parametrize("fit_intercept", [False, True], ids=["bias-free", "intercept"])
@pytest.mark.parametrize("combination", ORACLE)
def test_sweeps_equal_oracle(combination, fit_intercept, weighted):
    problem, X, Y, s, W, b = random_problem(
        combination,
        weighted=weighted,
        fit_intercept=fit_intercept,
        compress_output=not weighted,
    )
    penalties = replace(problem.penalties, relaxation=1.7 if weighted else 1.0)
    problem = replace(problem, penalties=penalties)
    weights, placement = start(problem, X, Y, s, W, b, noise=np.random.default_rng(1))
    net = oracle_network(combination, problem, placement.blocks[0], weights)
    for _ in range(3):
        weights, before = sweep(problem, weights, placement)
        assert before.total == pytest.approx(reference.objective(net), rel=1e-10)
        reference.sweep(net)
        block = placement.blocks[0]
        pairs = [*zip(block.V, net["V"]), *zip(block.U, net["U"]), *zip(weights.W, net["W"])]
        pairs += [*zip(weights.b, net["b"])]
        for functions, M, theirs in zip(net["compression"], weights.M_dense, net["M"]):
            pairs.append((M, None if M is None else functions[0](theirs)))
        for ours, theirs in pairs:
            assert (ours is None) == (theirs is None)
            if ours is not None:
                # Condition numbers here are below 1e4: 1e-16 * 1e4, and a margin of 100. Learned levels are
                # fitted with 1e-9 of their mean weight on top, and two that are equal share numbers at will.
                close = 1e-8 if "codebook" in combination else 1e-10
                np.testing.assert_allclose(ours, theirs, rtol=close, atol=close)


# (c) the objective that a sweep reports ---------------------------------------------------------


@pytest.mark.parametrize("compression", MILD_COMPRESSIONS)
def test_sweep_reports_the_terms_of_its_start(compression):
    combination = f"relu-squared_error-{compression}"
    problem, *data = random_problem(combination, weighted=True)
    weights, placement = start(problem, *data, noise=np.random.default_rng(1))
    for _ in range(3):
        expected = objective(problem, weights, placement)
        weights, before = sweep(problem, weights, placement)
        for name, value in vars(expected).items():
            # The same sums over the same rows: 1e-16 times the number of terms.
            assert getattr(before, name) == pytest.approx(value, rel=1e-12, abs=1e-13), name


def test_fit_full_reports_each_start_and_the_end():
    problem, *data = random_problem("relu-squared_error-l0")
    weights, placement = start(problem, *data)
    first, seen = objective(problem, weights, placement), []
    weights, last, complete = fit_full(
        problem, weights, placement, max_iter=9, on_sweep=lambda k, w, t: seen.append(t) or k == 5
    )
    assert complete and len(seen) == 5
    assert seen[0].total == pytest.approx(first.total, rel=1e-12)
    assert last.total == objective(problem, weights, placement).total < seen[-1].total


@pytest.mark.parametrize("extrapolate", [False, True])
def test_steps_make_the_sweeps_of_a_fit(extrapolate):
    """Terms where each began, the weights and L at the end, and states that stay what they were."""
    problem, *data = random_problem("relu-squared_error-l0", weighted=True)
    placements, seen = [start(problem, *data) for _ in range(2)], []
    weights, last, _ = fit_full(
        problem,
        *placements[0],
        max_iter=6,
        on_sweep=lambda k, w, t: seen.append(t.total),
        extrapolate=extrapolate,
    )
    states, terms = [start_full(problem, *placements[1])], []
    assert full_objective(states[0]).total == pytest.approx(seen[0], rel=1e-12)
    copies = []
    for _ in range(6):
        copies.append([x.copy() for x in fitted(full_result(states[-1]))])
        state, before = full_step(states[-1], extrapolate=extrapolate)
        states.append(state)
        terms.append(before.total)
    assert terms == seen and [state.n_sweeps for state in states] == [*range(7)]
    assert full_objective(states[-1]) == last
    for ours, theirs in zip(fitted(full_result(states[-1])), fitted(weights), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for state, known in zip(states, copies, strict=False):
        for x, copy in zip(fitted(full_result(state)), known, strict=True):
            np.testing.assert_array_equal(x, copy)


@pytest.mark.parametrize("extrapolate", [False, True])
def test_a_state_goes_on_from_a_pickle(extrapolate):
    problem, *data = random_problem("relu-squared_error-low_rank")
    state = start_full(problem, *start(problem, *data))
    for _ in range(3):
        state, _ = full_step(state, extrapolate=extrapolate)
    copy = pickle.loads(pickle.dumps(state))
    for _ in range(3):
        state, before = full_step(state, extrapolate=extrapolate)
        copy, of_copy = full_step(copy, extrapolate=extrapolate)
        assert before == of_copy
    for ours, theirs in zip(fitted(full_result(copy)), fitted(full_result(state)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_interrupt_leaves_the_weights_of_the_state(monkeypatch):
    problem, *data = random_problem("relu-squared_error-none")
    state, _ = full_step(start_full(problem, *start(problem, *data)))
    known = [x.copy() for x in fitted(full_result(state))]

    def interrupted(weights, i, *given):
        if i == 1:
            raise KeyboardInterrupt
        return update_W(weights, i, *given)

    monkeypatch.setattr(_full, "update_W", interrupted)
    with pytest.raises(KeyboardInterrupt):
        full_step(state)
    for x, copy in zip(fitted(full_result(state)), known, strict=True):
        np.testing.assert_array_equal(x, copy)


def test_fit_full_continues_with_other_rows():
    """What was cached for the first rows (the Gram matrix of X) is not used for the others."""
    for fit_intercept in (False, True):
        problem, X, Y, s, W, b = random_problem(
            "relu-squared_error-none", rows=40, fit_intercept=fit_intercept
        )
        weights, placement = start(problem, X[:20], Y[:20], s, W, b)
        weights = fit(problem, weights, placement, 2)
        _, rest = start(problem, 3.0 * X[20:], Y[20:], s, weights.W, weights.b)
        fresh, same_rest = start(problem, 3.0 * X[20:], Y[20:], s, weights.W, weights.b)
        continued = fit(problem, weights, rest, 3)
        restarted = fit(problem, fresh, same_rest, 3)
        for ours, theirs in zip(fitted(continued), fitted(restarted), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


# (d) a known model ------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True], ids=["ones", "weighted"])
@pytest.mark.parametrize("fit_intercept", [False, True], ids=["bias-free", "intercept"])
def test_one_identity_layer_reaches_least_squares(fit_intercept, weighted):
    rng = np.random.default_rng(0)
    options = dict(rho=1.0, gamma=1.0, alpha=0.02, fit_intercept=fit_intercept)
    problem = make_problem((5, 2), activation="identity", **options)
    X, Y = rng.normal(size=(40, 5)) + 2.0, rng.normal(size=(40, 2)) + 1.0
    s = rng.uniform(0.1, 4.0, size=40) if weighted else None
    weights, placement = start(problem, X, Y, s, *draw_start(problem, (5, 2), rng))
    weights = fit(problem, weights, placement, 120)
    A = np.column_stack([X, np.ones(40)]) if fit_intercept else X
    root = np.sqrt(np.ones(40) if s is None else s)[:, None]
    best = np.linalg.lstsq(root * A, root * Y, rcond=None)[0]
    # The distance falls by a constant factor a sweep, to rounding after 120.
    np.testing.assert_allclose(weights.W[1], best[:5], rtol=1e-9, atol=1e-10)
    if fit_intercept:
        np.testing.assert_allclose(weights.b[1], best[5], rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("fit_intercept", [False, True], ids=["bias-free", "intercept"])
def test_more_columns_than_rows_without_any_penalty(fit_intercept, dtype):
    """A singular Gram matrix, larger than a leaf: L falls, no weight grows in its null space."""
    rng, widths = np.random.default_rng(0), (300, 20, 1)
    problem = make_problem(widths, activation="relu", alpha=0.1, fit_intercept=fit_intercept)
    X, Y = rng.normal(size=(7, 300)), rng.normal(size=(7, 1))
    weights, placement = start(problem, X, Y, None, *draw_start(problem, widths, rng), dtype=dtype)
    values = []
    for _ in range(6):
        weights, before = sweep(problem, weights, placement)
        values.append(before.total)
    assert np.all(np.diff(values) <= 0.0)
    # The rows can be fitted by weights below 2; nothing but rounding would bring in more.
    assert max(np.max(np.abs(w)) for w in weights.W[1:]) < 2.0


# (e) weights are copies -------------------------------------------------------------------------


def run(problem, X, Y, s, W, b, *, slices=None, sweeps=12, dtype="float64"):
    weights, placement = start(problem, X, Y, s, W, b, slices=slices, dtype=dtype)
    for _ in range(sweeps):
        weights, _ = sweep(problem, weights, placement)
    return weights


@pytest.mark.parametrize("combination", COVERING)
def test_weights_are_copies(combination):
    problem, X, Y, _, W, b = random_problem(combination, rows=15)
    copies = np.random.default_rng(2).integers(0, 4, size=15)
    weighted = run(problem, X, Y, copies.astype(float), W, b)
    copied = run(problem, np.repeat(X, copies, axis=0), np.repeat(Y, copies, axis=0), None, W, b)
    for ours, theirs in zip(fitted(weighted), fitted(copied), strict=True):
        # The same sums in another order; 12 sweeps carry rounding on.
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


# (f) blocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", MILD_COMPRESSIONS)
def test_blocks_change_nothing(compression):
    combination = f"relu-squared_error-{compression}"
    problem, *data = random_problem(combination, rows=40, weighted=True)
    edges = [0, 1, 4, 5, 17, 20, 33, 40]
    slices = [slice(a, b) for a, b in zip(edges, edges[1:])]
    whole, parts = run(problem, *data), run(problem, *data, slices=slices)
    for ours, theirs in zip(fitted(whole), fitted(parts), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


def test_objective_of_blocks_adds_up():
    problem, *data = random_problem("relu-hinge-l0", weighted=True)
    weights, placement = start(problem, *data, noise=np.random.default_rng(1))
    blocks = [cut(placement.blocks[0], part) for part in (slice(0, 3), slice(3, 13))]
    expected = objective(problem, weights, placement).total
    assert objective(problem, weights, InMemory(blocks)).total == pytest.approx(expected, rel=1e-13)


# (g) single precision ---------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [0.0, 1e3], ids=["centred", "large mean"])
@pytest.mark.parametrize("combination", COVERING)
def test_single_precision(combination, mean):
    problem, X, Y, s, W, b = random_problem(combination, rows=40, weighted=True, seed=3)
    X = X + mean * np.arange(X.shape[1])[::-1] / X.shape[1]
    b[1] = b[1] - (X @ W[1]).mean(axis=0)
    weights, placement = start(problem, X, Y, s, W, b, dtype="float32")
    values = []
    for _ in range(50):
        weights, before = sweep(problem, weights, placement)
        values.append(before.total)
    block = placement.blocks[0]
    for x in (*block.V, *block.U[1:], *weights.W[1:], *weights.b[1:], *weights.M_dense[1:]):
        assert x is None or x.dtype == np.float32
    # sqrt(L) is the length of a vector of residuals, each rounded relative to what it is the
    # difference of. The largest operands are the products of X and W_1.
    operands = problem.penalties.rho * np.sum(s[:, None] * (np.abs(X) @ np.abs(weights.W[1])) ** 2)
    rounding = 4 * np.finfo(np.float32).eps * np.sqrt(operands + values[0])
    roots = np.sqrt(values)
    assert np.all(np.diff(roots) <= rounding)
    assert values[-1] < 0.7 * values[0]


# (h) the array API standard ---------------------------------------------------------------------


@pytest.mark.parametrize("combination", COVERING)
def test_another_namespace_equals_numpy(combination, standard):
    problem, *data = random_problem(combination, weighted=True)
    other, *_ = random_problem(combination, weighted=True, xp=standard)
    ours, theirs = run(other, *data, sweeps=4), run(problem, *data, sweeps=4)
    assert type(ours.W[1]) is type(standard.zeros(1))
    for x, y in zip(fitted(ours), fitted(theirs), strict=True):
        np.testing.assert_allclose(to_host(x), y, rtol=1e-10, atol=1e-10)
