# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the plain parameters, before any work: switches, counts, tolerances, the seed."""

from typing import Any

from sklearn.utils import check_random_state

from ._names import ELSEWHERE, cure_for_parameter
from ._validation import check_flag, check_integer, check_number, check_option, check_share, parse_bytes
from .integers import check_activation_bits

#: parameters that are True or False
SWITCHES = ("fit_intercept", "bend_columns", "compress_output", "early_stopping", "warm_start")


def check_parameters(estimator: Any) -> None:
    """Check what steers the loop: sweeps, tolerances, early stopping, switches, seed.

    Raises
    ------
    ValueError, TypeError
        Naming the parameter, what is allowed, what came and the cure.
    """
    owner = type(estimator).__name__
    check_option(estimator.device, ("auto", "cpu", "cuda"), "device", owner)
    parse_bytes(estimator.memory_limit, "memory_limit", owner)
    if not (isinstance(estimator.max_iter, str) and estimator.max_iter == "auto"):
        check_integer(estimator.max_iter, "max_iter", owner, cure='"auto" is allowed, too.')
    check_integer(estimator.n_iter_no_change, "n_iter_no_change", owner, cure="Try 10.")
    check_number(estimator.tol, "tol", owner, cure="0 never stops by tolerance.")
    check_share(
        estimator.validation_fraction,
        "validation_fraction",
        owner,
        "the share of rows held out by early_stopping=True",
        cure="Try 0.1, or pass X_val and y_val to fit.",
    )
    check_activation_bits(estimator.activation_bits, owner)
    if not (isinstance(estimator.column_bins, str) and estimator.column_bins == "auto"):
        cure = '"auto" is allowed, too; 0: no bins.'
        check_integer(estimator.column_bins, "column_bins", owner, low=0, cure=cure)
    for name in SWITCHES:
        check_flag(getattr(estimator, name), name, owner)
    if not isinstance(estimator.verbose, bool):
        check_integer(estimator.verbose, "verbose", owner, low=0, cure="1 prints each sweep.")
    try:
        check_random_state(estimator.random_state)
    except ValueError as error:
        raise ValueError(
            f"The 'random_state' of {owner} must be an integer >= 0, a RandomState, or None. "
            f"Got {estimator.random_state!r}. Try 0."
        ) from error


def refuse_bytes(estimator: Any) -> None:
    """Raise ValueError for ``max_bytes`` where rows come a few at a time or lie on other machines."""
    if estimator.max_bytes is not None:
        raise ValueError(
            f"The 'max_bytes' of {type(estimator).__name__} needs all rows at once, in memory. Got "
            f"{estimator.max_bytes!r}. Fit it to some rows first, and give what it chose, chosen_params_, as "
            "parameters here."
        )


def refuse_early_stopping(estimator: Any) -> None:
    """Raise ValueError for ``early_stopping`` where rows come a few at a time, as in ``MLPClassifier``."""
    if estimator.early_stopping:
        raise ValueError(
            f"The 'early_stopping' of {type(estimator).__name__} has no meaning in partial_fit, which holds "
            "out no rows. Got True. Use set_params(early_stopping=False), and score rows of your own."
        )


def check_nested(estimator: Any, parameters: dict) -> None:
    """Raise ValueError for a nested parameter, such as ``solver__batch_size``, of a name, and for MLPs' own.

    Parameters
    ----------
    estimator : estimator
    parameters : dict
        As ``set_params`` gets them.
    """
    known = estimator.get_params(deep=False)
    for key in parameters:
        name, _, nested = key.partition("__")
        if name not in known and name in ELSEWHERE:
            owner, cure = type(estimator).__name__, cure_for_parameter(name, known)
            raise ValueError(f"Invalid parameter {name!r} for {owner}. {cure}")
        if not nested or name not in known:
            continue
        value = parameters.get(name, known[name])
        if not hasattr(value, "set_params"):
            example = {
                "solver": "solver=MiniBatch() from sklearn_nnbcd.solvers",
                "compression": "compression=LowRank() from sklearn_nnbcd.compressions",
            }.get(name, f"{name}=...")
            raise ValueError(
                f"The {key!r} of {type(estimator).__name__} needs an instance as {name!r}, whose "
                f"{nested!r} it sets. Got {name}={value!r}. Set an instance first, e.g. {example}."
            )
