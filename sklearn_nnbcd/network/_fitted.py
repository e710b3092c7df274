# SPDX-License-Identifier: BSD-3-Clause
"""What a fitted estimator must be for those who read its network."""

from __future__ import annotations

from typing import Any

from sklearn.utils.validation import check_is_fitted


def check_holds_network(estimator: Any, owner: str, others: str, cure: str) -> None:
    """Raise TypeError unless an estimator is one of ours, and NotFittedError unless it is fitted.

    Parameters
    ----------
    estimator : object
    owner : str
        What takes it, for messages.
    others : str
        What it may be beside the two estimators, such as ", or a Pipeline that ends with one".
    cure : str
        What to pass in place of it.
    """
    if not hasattr(type(estimator), "from_mlp"):
        raise TypeError(
            f"The 'estimator' of {owner} must be a fitted NNBCDClassifier or NNBCDRegressor{others}. Got "
            f"{type(estimator).__name__}. {cure}"
        )
    check_is_fitted(estimator, "network_")


def refuse_integers(estimator: Any, owner: str) -> None:
    """Raise ValueError for a fitted estimator that predicts by integers, which follow from its network."""
    form = getattr(estimator, "integers_", None)
    if form is not None:
        raise ValueError(
            f"The 'estimator' of {owner} must compute in floating numbers. Got one with activation_bits="
            f"{form.bits}. Fit it with activation_bits=None; sklearn_nnbcd.integers.quantize_activations "
            "rounds activations afterwards."
        )
