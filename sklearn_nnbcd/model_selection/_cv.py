# SPDX-License-Identifier: BSD-3-Clause
"""The budget of bytes, chosen by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sklearn.base import (
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    is_classifier,
)
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, validate_data

from .._classifier import NNBCDClassifier
from .._docs import documented_by
from .._entries import refuse_unreadable
from .._regressor import NNBCDRegressor
from .._sklearn_compat import LinkedEstimator, check_sample_weight
from .._validation import check_option
from ._folds import RULES, chosen_index, fold_scores, refuse_nan_scores, results_of
from ._path import BUDGETS, checked, compression_path

#: how rows may come
ROWS: dict[str, Any] = {"dtype": (np.float64, np.float32), "allow_nd": True, "accept_sparse": "csr"}

PARAMETERS = """
max_bytes : sequence of int or str
    Budgets, such as ``[4096, "1 kB"]``, in any order.
rule : {'best', 'one_standard_error'}
    'best': the budget with the highest mean score, the smallest of several. 'one_standard_error': the
    smallest whose mean score is at most one standard error of the highest one, over the folds, below it.
n_jobs : int or None
    Folds at a time.
refit : bool
    Whether a network is fitted to all rows at the chosen budget.
"""

ATTRIBUTES = """
cv_results_ : dict of arrays
    As that of ``GridSearchCV``, from the largest budget to the smallest, and 'mean_n_bytes'. Times of
    fits are what each budget added, what several share being in that of the first one.
best_max_bytes_ : int
    The chosen budget.
best_index_ : int
    Its place in ``cv_results_``.
best_score_ : float
    Its mean score over the folds.
best_params_ : dict
    ``{"max_bytes": best_max_bytes_}``.
chosen_params_ : dict
    Parameters of the best estimator that ``max_bytes`` stood for.
refit_time_ : float
    Seconds of its fit.
scorer_ : callable
    What scores the networks.
n_splits_ : int
    Number of folds.
n_features_in_ : int
    Number of columns of X.
feature_names_in_ : ndarray of shape (n_features,)
    Names of the columns, where X had names that are all strings.
"""


def delegates(name: str) -> Callable:
    """Whether the best estimator has a method; AttributeError without one."""

    def check(search: Any) -> bool:
        if not search.refit:
            raise AttributeError(
                f"{type(search).__name__} has {name} only with refit=True. Got refit=False. Set it, or use "
                "best_max_bytes_ with an estimator of your own."
            )
        getattr(search.best_estimator_ if hasattr(search, "best_estimator_") else template_of(search), name)
        return True

    return check


class BaseNNBCDCV(MetaEstimatorMixin, LinkedEstimator):
    """Fit and delegation of both searches; see there for the documentation."""

    def __init__(
        self,
        estimator: Any = None,
        *,
        max_bytes: Any = BUDGETS,
        rule: str = "best",
        cv: Any = None,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool = True,
    ):
        self.estimator = estimator
        self.max_bytes = max_bytes
        self.rule = rule
        self.cv = cv
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> Self:
        """Find the path in every fold, choose the budget, and fit to all rows at that budget.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Of the fits; the scores weigh all rows alike.
        groups : array-like of shape (n_samples,), default=None
            What a row belongs to, such as a person, for a ``cv`` that keeps groups together.

        Returns
        -------
        self : estimator
            Fitted.

        Raises
        ------
        ValueError, TypeError
            For bad parameters or rows, before any work.
        """
        check_option(self.rule, RULES, "rule", type(self).__name__)
        template = template_of(self)
        if is_classifier(template) != is_classifier(self):
            raise TypeError(
                f"The 'estimator' of {type(self).__name__} must be an {type(self).__name__[:-2]}. Got "
                f"{template!r}. Use the search of its own kind."
            )
        numeric = not is_classifier(self)
        refuse_unreadable(type(self).__name__, X, y)
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=numeric, **ROWS)
        if not numeric:
            check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = check_sample_weight(sample_weight, X)
        base, rooms, _ = checked(template, X, y, self.max_bytes)
        self.scorer_ = check_scoring(base, scoring=self.scoring)
        folds = list(check_cv(self.cv, y, classifier=not numeric).split(X, y, groups))
        rows = X, y, sample_weight
        parts = Parallel(n_jobs=self.n_jobs)(
            delayed(fold_scores)(base, rows, fold, rooms, self.scorer_) for fold in folds
        )
        refuse_nan_scores(parts, rooms, type(self).__name__)
        self.cv_results_ = results_of(rooms, parts)
        self.n_splits_ = len(folds)
        self.best_index_ = chosen_index(self.cv_results_, self.rule)
        self.best_max_bytes_ = rooms[self.best_index_]
        self.best_params_ = {"max_bytes": self.best_max_bytes_}
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        if self.refit:
            start = time.perf_counter()
            path = compression_path(base, X, y, [self.best_max_bytes_], sample_weight=sample_weight)
            self.best_estimator_ = path.estimators[0]
            self.chosen_params_ = path.chosen_params[0]
            self.refit_time_ = time.perf_counter() - start
        return self

    def _delegated(self, name: str, X: Any) -> Any:
        """What a method of the best estimator makes of rows that are checked."""
        check_is_fitted(self, "cv_results_")
        return getattr(self.best_estimator_, name)(validate_data(self, X, reset=False, **ROWS))

    @available_if(delegates("predict"))
    def predict(self, X: Any) -> Any:
        """Predictions of the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_outputs)
        """
        return self._delegated("predict", X)

    def score(self, X: Any, y: Any) -> float:
        """Score of the best estimator, as ``scoring`` says.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        score : float
        """
        check_is_fitted(self, "cv_results_")
        delegates("score")(self)
        return float(self.scorer_(self.best_estimator_, validate_data(self, X, reset=False, **ROWS), y))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(template_of(self))
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        return tags


@documented_by(PARAMETERS, ATTRIBUTES)
class NNBCDClassifierCV(ClassifierMixin, BaseNNBCDCV):
    """Compressed neural network classifier whose bytes are chosen by cross-validation.

    In each fold the networks of all budgets come from one :func:`compression_path`, at a fraction of the
    work of ``GridSearchCV`` over ``max_bytes``.

    Parameters
    ----------
    estimator : NNBCDClassifier or None
        Holds all parameters but ``max_bytes``; None: ``NNBCDClassifier()``.
    cv : int, splitter, iterable or None
        Folds, as in ``GridSearchCV``; None: five, stratified.
    scoring : str, callable or None
        One score, higher is better; None: the accuracy.

    Attributes
    ----------
    best_estimator_ : NNBCDClassifier
        Fitted to all rows, with ``refit=True``. Its parameters say what ``max_bytes`` stood for.
    classes_ : ndarray of shape (n_classes,)
        Labels.

    See Also
    --------
    compression_path : The networks of all budgets.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.model_selection import NNBCDClassifierCV
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier(compression=None, max_iter=20, random_state=0)
    >>> search = NNBCDClassifierCV(model, max_bytes=[100, 400], rule="one_standard_error", cv=3).fit(X, y)
    >>> search.best_estimator_.n_bytes_ <= search.best_max_bytes_
    True
    >>> search.score(X, y) > 0.9
    True
    """

    score = BaseNNBCDCV.score  # for the mixin's

    @property
    def classes_(self) -> np.ndarray:
        """Labels."""
        check_is_fitted(self, "cv_results_")
        return self.best_estimator_.classes_

    @available_if(delegates("predict_proba"))
    def predict_proba(self, X: Any) -> Any:
        """Class probabilities of the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        P : array of shape (n_samples, n_classes)
        """
        return self._delegated("predict_proba", X)

    @available_if(delegates("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> Any:
        """Logarithms of the class probabilities of the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        L : array of shape (n_samples, n_classes)
        """
        return self._delegated("predict_log_proba", X)

    @available_if(delegates("decision_function"))
    def decision_function(self, X: Any) -> Any:
        """Outputs of the best estimator.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        scores : array of shape (n_samples,) or (n_samples, n_classes)
        """
        return self._delegated("decision_function", X)


@documented_by(PARAMETERS, ATTRIBUTES)
class NNBCDRegressorCV(RegressorMixin, BaseNNBCDCV):
    """Compressed neural network regressor whose bytes are chosen by cross-validation.

    In each fold the networks of all budgets come from one :func:`compression_path`, at a fraction of the
    work of ``GridSearchCV`` over ``max_bytes``.

    Parameters
    ----------
    estimator : NNBCDRegressor or None
        Holds all parameters but ``max_bytes``; None: ``NNBCDRegressor()``.
    cv : int, splitter, iterable or None
        Folds, as in ``GridSearchCV``; None: five.
    scoring : str, callable or None
        One score, higher is better; None: R^2.

    Attributes
    ----------
    best_estimator_ : NNBCDRegressor
        Fitted to all rows, with ``refit=True``. Its parameters say what ``max_bytes`` stood for.

    See Also
    --------
    compression_path : The networks of all budgets.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd import NNBCDRegressor
    >>> from sklearn_nnbcd.model_selection import NNBCDRegressorCV
    >>> X = np.linspace(-2, 2, 200)[:, None]
    >>> model = NNBCDRegressor(compression=None, max_iter=20, random_state=0)
    >>> search = NNBCDRegressorCV(model, max_bytes=[50, 400], cv=2).fit(X, np.abs(X[:, 0]))
    >>> sorted(search.cv_results_["param_max_bytes"].tolist())
    [50, 400]
    """

    score = BaseNNBCDCV.score  # for the mixin's


def template_of(search: Any) -> Any:
    """The estimator that a search clones."""
    if search.estimator is not None:
        return search.estimator
    return NNBCDClassifier() if isinstance(search, ClassifierMixin) else NNBCDRegressor()
