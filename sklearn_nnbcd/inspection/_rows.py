# SPDX-License-Identifier: BSD-3-Clause
"""From what a user has fitted, and rows and targets as it takes them, to the estimator inside and its own."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

#: attributes by which searches, thresholds, selections of features and the like hold their fitted model
_HOLDERS = ("best_estimator_", "estimator_", "regressor_", "classifier_")


class Fitted(NamedTuple):
    """A fitted estimator of ours, with rows and targets as it takes them."""

    estimator: Any
    X: Any
    y: Any


def unwrapped(estimator: Any, owner: str, X: Any = None, y: Any = None) -> Fitted:
    """The fitted network estimator inside pipelines, searches and the like, and the rows that reach it.

    Parameters
    ----------
    estimator : estimator
        One of ours, also on Dask; a pipeline that ends in one; a search, or another estimator that holds
        one; any nesting of these.
    owner : str
        Name of the report, for messages.
    X, y : array-like or Dask collections, default=None
        As ``estimator`` takes them.

    Returns
    -------
    fitted : Fitted

    Raises
    ------
    TypeError
        If there is no estimator of ours inside.
    NotFittedError
        If it is not fitted.
    """
    given = estimator
    while not hasattr(type(estimator), "from_mlp"):
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
            continue
        check_holder(estimator, given, owner)
        if hasattr(estimator, "steps"):
            if X is not None:
                for _, step in estimator.steps[:-1]:
                    X = X if step is None or isinstance(step, str) else step.transform(X)
            estimator = estimator.steps[-1][1]
            continue
        if X is not None and hasattr(estimator, "transform") and not hasattr(estimator, "best_estimator_"):
            X = estimator.transform(X)  # a selection of features passes some columns on
        if y is not None and hasattr(estimator, "transformer_"):
            y = np.asarray(y)
            y = np.squeeze(estimator.transformer_.transform(y.reshape(len(y), -1)))
        estimator = next(getattr(estimator, name) for name in _HOLDERS if hasattr(estimator, name))
    check_is_fitted(estimator, "network_")
    if hasattr(estimator, "to_local"):
        estimator = estimator.to_local()
    return Fitted(estimator, computed(X), computed(y))


def check_holder(estimator: Any, given: Any, owner: str) -> None:
    """Raise TypeError unless there is a way from an estimator towards one of ours."""
    if hasattr(estimator, "steps"):
        return
    if hasattr(estimator, "fit") and not isinstance(estimator, type):
        check_is_fitted(estimator)
    if any(hasattr(estimator, name) for name in _HOLDERS) and not hasattr(estimator, "estimators_"):
        return  # of several members none is the model
    raise TypeError(
        f"The 'estimator' of {owner} must be a fitted NNBCDClassifier or NNBCDRegressor, or a pipeline or a "
        f"search with one inside. Got {type(given).__name__}, in which there is {type(estimator).__name__}. "
        "Pass the network estimator itself, for an ensemble one of its members."
    )


def computed(x: Any) -> Any:
    """An array of a Dask collection; anything else as it is."""
    return x.compute() if hasattr(x, "dask") else x
