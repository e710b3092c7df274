# SPDX-License-Identifier: BSD-3-Clause
"""Networks from large to small, one for each budget of bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.utils import check_consistent_length

from .._classifier import NNBCDClassifier
from .._kinds import kinds_within
from .._regressor import NNBCDRegressor
from .._sizing import check_bytes, count_features, count_outputs
from ..inspection._table import columns_of, table_html, table_text
from ._budgets import SharedBudgets

#: budgets that a path has by default
BUDGETS = (64_000, 32_000, 16_000, 8_000, 4_000, 2_000, 1_000)

_COLUMNS = {
    "max_bytes": "max_bytes",
    "n_bytes": "bytes",
    "score": "score",
    "seconds": "seconds",
    "hidden_layer_sizes": "widths",
    "compression": "compression",
    "bits": "bits",
}


@dataclass(frozen=True, eq=False)
class CompressionPath:
    """What :func:`compression_path` found, from large to small; ``print`` shows it.

    Attributes
    ----------
    max_bytes : tuple of int
        Budgets.
    estimators : tuple of estimators
        Fitted to all rows. Their parameters say what was chosen, in place of ``max_bytes``; budgets at which
        the same network is the best have the same estimator. One that went on from a dense fit can differ
        from what its clone would fit, which begins anew.
    n_bytes : tuple of int
        Bytes that the networks take, at most ``max_bytes``.
    scores : tuple of float, or None
        On ``X_test, y_test``; None without them.
    seconds : tuple of float
        What each budget added; what all share is in the first one that needed it.
    chosen_params : tuple of dict
        What each budget stood for, as parameters of the estimator.
    compared : tuple of list of dict
        How the kinds that were tried did on held-out rows of X, as in ``compared_`` of the estimators; the
        chosen one first; empty if there was one kind only, or if none that was tried fitted on all of X.
    n_fits : int
        Networks that were fitted in all, the wide ones that others begin with included; not fits of one pass,
        which only measure bytes.
    """

    max_bytes: tuple[int, ...]
    estimators: tuple
    n_bytes: tuple[int, ...]
    scores: tuple[float, ...] | None
    seconds: tuple[float, ...]
    chosen_params: tuple[dict, ...]
    compared: tuple[list, ...]
    n_fits: int

    def __len__(self) -> int:
        """Number of budgets."""
        return len(self.max_bytes)

    def _lines(self) -> list[dict]:
        """One dict for each budget."""
        lines = []
        for i, params in enumerate(self.chosen_params):
            line = {"max_bytes": self.max_bytes[i], "n_bytes": self.n_bytes[i], "seconds": self.seconds[i]}
            lines.append(line | ({} if self.scores is None else {"score": self.scores[i]}) | params)
        return lines

    def to_dict(self) -> dict[str, list]:
        """Column name -> list of values, one per budget; ``pandas.DataFrame`` reads it."""
        return columns_of(self._lines(), _COLUMNS)

    def __str__(self) -> str:
        """The table as text."""
        return table_text(self._lines(), _COLUMNS)

    def _repr_html_(self) -> str:
        """The table in a notebook."""
        return table_html(self._lines(), _COLUMNS, "Networks from large to small")


def compression_path(
    estimator: Any,
    X: Any,
    y: Any,
    max_bytes: Sequence = BUDGETS,
    *,
    sample_weight: Any = None,
    X_test: Any = None,
    y_test: Any = None,
    scoring: str | Callable | None = None,
) -> CompressionPath:
    """The best network in each of several numbers of bytes, at a fraction of the work of separate fits.

    Each budget stands for the kinds of networks that ``max_bytes`` of the estimators compares, with up to 256
    units in a hidden layer, and 400 columns with their ramps. From large to small:

    * One wide plain network of each depth, with ramps and without, is fitted briefly to some of the rows. All
      others of that depth begin with it: units go, those whose work the rest can take over first, or entries
      of the weights, or ranks, and what is left is trained for a fifth of its passes (sparse networks for a
      twenty-fifth). The next smaller network goes on from there. Numbers are rounded in the end, by
      :func:`~sklearn_nnbcd.network.quantize`. Linear networks are fitted as they are.
    * All budgets compare on the same held-out rows, before rounding unless ``bits`` are fewer than 4.
    * Kinds of which something is fitted to all rows already are tried first, and the best one of these is
      chosen unless another kind is better by more than a standard error. As a kind hardly does better with
      fewer bytes, or than the wide network, those are left out that could not be chosen then.
    * What is chosen is fitted to all rows in the same way, from the wide network of the comparison on. It may
      be better than a fit of its size from nothing.

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Parameters beside ``max_bytes``, which is replaced. What is not open stays: with
        ``compression=None`` the networks are plain, of other widths and bits. It is not changed.
    X : array-like of shape (n_samples, n_features)
        Training rows.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets.
    max_bytes : sequence of int or str, default=(64000, 32000, 16000, 8000, 4000, 2000, 1000)
        Budgets, such as ``[4096, "1 kB"]``, in any order.
    sample_weight : array-like of shape (n_samples,), default=None
        As in fit.
    X_test, y_test : array-like, default=None
        Rows for ``scores``. They have no part in any choice.
    scoring : str, callable or None, default=None
        Of ``scores``; None: the estimator's ``score``.

    Returns
    -------
    path : CompressionPath

    Raises
    ------
    ValueError
        For budgets that are none, or too small for any network, before any work.

    See Also
    --------
    NNBCDClassifierCV : Chooses a budget by cross-validation.
    CompressionPathDisplay : Score against bytes.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.model_selection import compression_path
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier(compression=None, max_iter=20, random_state=0)
    >>> path = compression_path(model, X, y, [100, 400], X_test=X, y_test=y)
    >>> path.max_bytes
    (400, 100)
    >>> [model.n_bytes_ <= room for model, room in zip(path.estimators, path.max_bytes)]
    [True, True]
    >>> min(path.scores) > 0.9
    True
    """
    base, rooms, size = checked(estimator, X, y, max_bytes)
    if (X_test is None) != (y_test is None):
        raise ValueError(
            "The 'X_test' and 'y_test' of compression_path must come together. Got one of them. Pass both."
        )
    if X_test is None and scoring is not None:
        raise ValueError(
            f"The 'scoring' of compression_path must be None without rows to score. Got {scoring!r}. Pass "
            "X_test and y_test, or leave it out."
        )
    scorer = None if X_test is None else check_scoring(base, scoring=scoring)
    shared = SharedBudgets(base, size, X, y, sample_weight)
    found, seconds = [], []
    for room in rooms:
        start = time.perf_counter()
        found.append(shared.network(room))
        seconds.append(time.perf_counter() - start)
    estimators = tuple(model for model, _, _ in found)
    scores = None
    if scorer is not None:
        scores = tuple(float(scorer(model, X_test, y_test)) for model in estimators)
    return CompressionPath(
        max_bytes=tuple(rooms),
        estimators=estimators,
        n_bytes=tuple(model.n_bytes_ for model in estimators),
        scores=scores,
        seconds=tuple(seconds),
        chosen_params=tuple(params for _, params, _ in found),
        compared=tuple(rows for _, _, rows in found),
        n_fits=shared.n_fits,
    )


def checked(estimator: Any, X: Any, y: Any, max_bytes: Any) -> tuple[Any, list[int], tuple[int, int]]:
    """The estimator without ``max_bytes``, the budgets from large to small, and features and outputs.

    Raises
    ------
    TypeError, ValueError
        For an estimator or a budget that is none, or one without room for any network.
    """
    if not isinstance(estimator, NNBCDClassifier | NNBCDRegressor):
        raise TypeError(
            "The 'estimator' of compression_path must be an NNBCDClassifier or an NNBCDRegressor. Got "
            f"{estimator!r}. No scaler is needed in front; transform X before where other steps are."
        )
    if isinstance(max_bytes, str) or not np.iterable(max_bytes) or not len(max_bytes := list(max_bytes)):
        raise ValueError(
            "The 'max_bytes' of compression_path must be a sequence of budgets. Got "
            f"{max_bytes!r}. Pass a list such as [1000, '4 kB']."
        )
    if y is None:
        raise ValueError(
            "The 'y' of compression_path must hold targets. Got None. Pass those of the rows of X."
        )
    check_consistent_length(X, y)
    base = clone(estimator)
    rooms = sorted({check_bytes(base.set_params(max_bytes=room)) for room in max_bytes}, reverse=True)
    base.set_params(max_bytes=None)
    size = count_features(X), count_outputs(y, is_classifier(base))
    kinds_within(base, rooms[-1], size)
    return base, rooms, size
