# SPDX-License-Identifier: BSD-3-Clause
"""Score against bytes, as a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from .._docs import with_parameters
from ..inspection._figures import bytes_text, load_matplotlib
from ._path import BUDGETS, CompressionPath, compression_path

#: marks of the rivals, one after the other
MARKS = "sD^vP*X<>"

#: what the ways to a figure share
DRAWING = """
score_name : str or None
    For the y axis; None: from ``scoring`` and the kind of estimator.
rivals : iterable of (name, n_bytes, score)
    Other models, scored on the same rows. Points with the same name are joined.
ax : matplotlib Axes or None
    None: a new figure.
name : str or None
    For the legend; None: the name of the estimators' class.
**kwargs
    Of ``matplotlib.axes.Axes.plot``, for the line of the networks.
"""


class CompressionPathDisplay:
    """Score against bytes of networks from large to small, beside rivals where there are some.

    Use :meth:`from_estimator`, :meth:`from_path` or :meth:`from_search`.

    Parameters
    ----------
    n_bytes : array-like of shape (n_budgets,)
        Bytes of the networks.
    scores : array-like of shape (n_budgets,)
        Their scores.
    deviations : array-like of shape (n_budgets,) or None, default=None
        Half the lengths of bars about the scores, such as standard errors.
    estimator_name : str or None, default=None
        For the legend.
    score_name : str, default="score"
        For the y axis.
    rivals : iterable of (name, n_bytes, score), default=()
        Other models. Points with the same name are joined.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        Of the networks.
    errorbar_ : matplotlib ErrorbarContainer or None
        Bars, if there are ``deviations``.
    rival_lines_ : list of matplotlib Line2D
        One per name.

    See Also
    --------
    compression_path : Makes the networks.

    Examples
    --------
    >>> from sklearn_nnbcd.model_selection import CompressionPathDisplay
    >>> display = CompressionPathDisplay(n_bytes=[4000, 1000], scores=[0.95, 0.86])
    >>> display.plot().ax_.get_xscale()
    'log'
    """

    def __init__(
        self,
        *,
        n_bytes: Sequence,
        scores: Sequence,
        deviations: Sequence | None = None,
        estimator_name: str | None = None,
        score_name: str = "score",
        rivals: Iterable = (),
    ):
        self.n_bytes = n_bytes
        self.scores = scores
        self.deviations = deviations
        self.estimator_name = estimator_name
        self.score_name = score_name
        self.rivals = rivals

    @with_parameters(DRAWING)
    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw the figure.

        Parameters
        ----------
        name : str or None
            For the legend; None: ``estimator_name``.

        Returns
        -------
        display : CompressionPathDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        plt, ticker = load_matplotlib(type(self).__name__)
        ax = plt.subplots(layout="constrained")[1] if ax is None else ax
        name = self.estimator_name if name is None else name
        order = np.argsort(self.n_bytes, kind="stable")
        x, y = (np.asarray(values, dtype=float)[order] for values in (self.n_bytes, self.scores))
        options = {"marker": "o", "label": name, "zorder": 3} | kwargs
        (self.line_,) = ax.plot(x, y, **options)
        self.errorbar_ = None
        if self.deviations is not None:
            bars = np.asarray(self.deviations, dtype=float)[order]
            self.errorbar_ = ax.errorbar(x, y, bars, fmt="none", ecolor=self.line_.get_color(), capsize=3)
        self.rival_lines_ = []
        for k, (rival, points) in enumerate(by_name(self.rivals).items()):
            style = {"marker": MARKS[k % len(MARKS)], "linestyle": "--", "linewidth": 1.0, "alpha": 0.8}
            self.rival_lines_ += ax.plot(*np.transpose(sorted(points)), label=rival, **style)
        ax.set(xscale="log", xlabel="bytes of all that is stored", ylabel=self.score_name)
        ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: bytes_text(value)))
        ax.xaxis.set_minor_locator(ticker.NullLocator())
        ax.grid(alpha=0.3)
        if name is not None or self.rival_lines_:
            ax.legend(frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    @with_parameters(DRAWING)
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        X_test: Any,
        y_test: Any,
        *,
        max_bytes: Sequence = BUDGETS,
        sample_weight: Any = None,
        scoring: str | Callable | None = None,
        score_name: str | None = None,
        rivals: Iterable = (),
        ax: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Fit the networks by :func:`compression_path` and draw their scores on other rows.

        Parameters
        ----------
        estimator : NNBCDClassifier or NNBCDRegressor
            As :func:`compression_path` takes it.
        X, y : array-like
            Training rows.
        X_test, y_test : array-like
            Rows for the scores.
        max_bytes : sequence of int or str
            Budgets.
        sample_weight : array-like of shape (n_samples,)
            As in fit.
        scoring : str, callable or None
            None: the estimator's ``score``.

        Returns
        -------
        display : CompressionPathDisplay
        """
        load_matplotlib(cls.__name__)  # what is missing is said before any work
        path = compression_path(
            estimator,
            X,
            y,
            max_bytes,
            sample_weight=sample_weight,
            X_test=X_test,
            y_test=y_test,
            scoring=scoring,
        )
        if score_name is None:
            score_name = name_of_score(scoring, estimator)
        return cls.from_path(path, score_name=score_name, rivals=rivals, ax=ax, name=name, **kwargs)

    @classmethod
    @with_parameters(DRAWING)
    def from_path(
        cls,
        path: CompressionPath,
        *,
        score_name: str | None = None,
        rivals: Iterable = (),
        ax: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw a path that has scores.

        Parameters
        ----------
        path : CompressionPath
            Made with ``X_test, y_test``.
        score_name : str or None
            For the y axis; None: 'accuracy' or 'R²'.

        Returns
        -------
        display : CompressionPathDisplay

        Raises
        ------
        ValueError
            If the path has no scores.
        """
        if path.scores is None:
            raise ValueError(
                "The 'path' of CompressionPathDisplay.from_path must have scores. Got one without. Pass "
                "X_test and y_test to compression_path."
            )
        model = path.estimators[0]
        found = cls(
            n_bytes=path.n_bytes,
            scores=path.scores,
            estimator_name=type(model).__name__,
            score_name=name_of_score(None, model) if score_name is None else score_name,
            rivals=rivals,
        )
        return found.plot(ax, name=name, **kwargs)

    @classmethod
    @with_parameters(DRAWING)
    def from_search(
        cls,
        search: Any,
        *,
        score_name: str | None = None,
        rivals: Iterable = (),
        ax: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw mean scores over folds, with their standard errors.

        Parameters
        ----------
        search : NNBCDClassifierCV or NNBCDRegressorCV
            Fitted.
        score_name : str or None
            For the y axis; None: from the search's ``scoring``.
        rivals : iterable of (name, n_bytes, score)
            Other models, scored on the same folds.

        Returns
        -------
        display : CompressionPathDisplay

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        """
        check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        found = cls(
            n_bytes=results["mean_n_bytes"],
            scores=results["mean_test_score"],
            deviations=results["std_test_score"] / max(search.n_splits_ - 1, 1) ** 0.5,
            estimator_name=type(search).__name__,
            score_name=name_of_score(search.scoring, search) if score_name is None else score_name,
            rivals=rivals,
        )
        return found.plot(ax, name=name, **kwargs)


def by_name(rivals: Iterable) -> dict[str, list]:
    """Points (bytes, score) of each rival; ValueError for what is no such triple."""
    points: dict[str, list] = {}
    for rival in rivals:
        if isinstance(rival, str) or len(rival) != 3:
            raise ValueError(
                "The 'rivals' of CompressionPathDisplay must be triples (name, n_bytes, score). Got "
                f"{rival!r}. Leave them out, or give three values each."
            )
        name, n_bytes, score = rival
        points.setdefault(name, []).append((float(n_bytes), float(score)))
    return points


def name_of_score(scoring: Any, estimator: Any) -> str:
    """What stands beside the y axis."""
    if isinstance(scoring, str):
        return scoring.replace("_", " ")
    if scoring is not None:
        return "score"
    return "accuracy" if is_classifier(estimator) else "R²"
