# SPDX-License-Identifier: BSD-3-Clause
"""Where a fit starts: drawn weights, those of an MLP, or those of the last fit."""

from typing import Any

from sklearn.utils import check_random_state

from ._arrays import to_namespace
from ._resolve import resolve_initializer
from .compressions import DenseWeight
from .engine import Problem
from .network import InputMap, Network
from .solvers import BaseSolver
from .targets import BaseTargets


def first_weights(
    estimator: Any,
    problem: Problem,
    shapes: list[tuple],
    targets: BaseTargets,
    solver: BaseSolver,
    X: Any,
    precision: Any,
    network: Network | None = None,
    inputs: InputMap | None = None,
) -> tuple[tuple, tuple]:
    """W and b to start from, in the engine's units.

    Parameters
    ----------
    estimator : estimator
        Holds ``initializer`` and ``random_state``.
    problem : Problem
    shapes : list of tuple
        Weight shapes of layers 1 ... N.
    targets : targets
    solver : solver
    X : array
        The rows as the solver takes them: weights that are known are brought into its units in its dtype.
    precision : dtype
        That of W and b in the end.
    network : Network or None, default=None
        Of the last fit, in the units of X and y; None: the initialiser draws.
    inputs : InputMap or None, default=None
        How this fit maps the rows of X.

    Returns
    -------
    W, b : tuples of arrays
        Entry 0 is None; b_i is None without intercepts.

    Raises
    ------
    ValueError
        If the weights have other shapes than this network.
    """
    expected = [tuple(shape) for shape in shapes]
    if inputs is not None and inputs.basis is not None:
        expected[0] = (inputs.basis.shape[0], expected[0][1])
    W: Any
    b: Any
    if network is not None:
        W, b, in_user_units = *known_weights(network, expected), True
    else:
        initializer = resolve_initializer(estimator, solver)
        in_user_units = initializer.in_user_units
        drawn = expected if in_user_units else shapes
        W, b = initializer.draw_network(drawn, check_random_state(estimator.random_state))
    zeros = [problem.xp.zeros(shape[1], dtype=X.dtype) for shape in shapes]
    W = [to_namespace(w, like=zeros[0], dtype=X.dtype) for w in W]
    pairs = zip(b, zeros, strict=True)
    b = [zero if x is None else to_namespace(x, like=zero, dtype=X.dtype) for x, zero in pairs]
    if in_user_units:
        W, b = in_engine_units(W, b, problem, targets, inputs)
    W, b = ([problem.xp.astype(x, precision, copy=False) for x in arrays] for arrays in (W, b))
    return (None, *W), (None, *(b if problem.fit_intercept else [None] * len(shapes)))


def known_weights(network: Network, expected: list[tuple]) -> tuple[list, tuple]:
    """W and b of the last fit; ValueError unless they have the shapes of this one."""
    found = [tuple(coef.shape) for coef in network.coefs]
    if found != expected:
        raise ValueError(
            f"With warm_start=True the network must keep its layers. Got weights of shapes {found} from "
            f"the last fit and {expected} now. Use warm_start=False, or clone the estimator, or make a "
            "new one."
        )
    network = network.without_input_map()
    return network.dense_coefs(), network.dense_intercepts()


def in_engine_units(
    W: list, b: list, problem: Problem, targets: BaseTargets, inputs: InputMap | None
) -> tuple[list, list]:
    """W and b for mapped rows and encoded targets, from those for X and y as the user has them."""
    coefs = tuple(DenseWeight(w) for w in W)
    start = Network(problem.layers, coefs, tuple(b), problem.activations[1:], problem.skips)
    start = targets.engine_network(start)
    W, b = [coef.array for coef in start.coefs], list(start.intercepts)
    if inputs is not None:
        W[0], b[0] = inputs.engine_weights(W[0], b[0])
    return W, b
