# SPDX-License-Identifier: BSD-3-Clause
"""The objective and its terms by sweep, as a figure."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from .._docs import with_parameters
from ..solvers import FullBatch
from ._figures import DRAWN, PLOTTED, load_matplotlib
from ._rows import unwrapped

#: term of L -> what the legend calls it
TERMS = {
    "loss": "loss",
    "split": "ρ/2 ‖U − VW − b‖²",
    "activation": "γ/2 ‖V − σ(U)‖²",
    "coupling": "τ/2 ‖W − M‖²",
    "ridge": "ridge/2 ‖W‖²",
    "penalty": "penalty of M",
    "regularizer": "regularizer of V",
}


class ObjectiveDisplay:
    """The objective L of (7) and its terms after every sweep.

    Use :meth:`from_estimator`. A term that stays large says what holds L up; one that falls to nothing
    while the score stays poor says what U and V make up, see :func:`fit_report`.

    Parameters
    ----------
    objective : array-like of shape (n_sweeps,)
        L.
    terms : mapping of str -> array-like of shape (n_sweeps,), or None, default=None
        Its terms, such as the columns of ``objective_terms_``.
    step_name : str, default="sweep"
        For the x axis.
    estimator_name : str or None, default=None
        For the title.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        Of L.
    term_lines_ : dict of str -> matplotlib Line2D
        Of the terms.

    See Also
    --------
    fit_report : The shares of the last sweep, by layer.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.inspection import ObjectiveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> options = {"compression": "low_rank", "rank": 2, "solver": "full", "max_iter": 5}
    >>> model = NNBCDClassifier((10,), **options, random_state=0).fit(X, y)
    >>> display = ObjectiveDisplay.from_estimator(model)
    >>> list(display.term_lines_)
    ['loss', 'split', 'activation', 'coupling', 'ridge']
    """

    def __init__(
        self,
        *,
        objective: Sequence,
        terms: Mapping | None = None,
        step_name: str = "sweep",
        estimator_name: str | None = None,
    ):
        self.objective = objective
        self.terms = terms
        self.step_name = step_name
        self.estimator_name = estimator_name

    @with_parameters(PLOTTED)
    def plot(self, ax: Any = None, *, name: str | None = None, **kwargs: Any) -> Self:
        """Draw the figure.

        The y axis is logarithmic, unless L is not positive, as that of a likelihood may be.

        Parameters
        ----------
        **kwargs
            Of ``matplotlib.axes.Axes.plot``, for the line of L.

        Returns
        -------
        display : ObjectiveDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        plt, ticker = load_matplotlib(type(self).__name__)
        ax = plt.subplots(layout="constrained")[1] if ax is None else ax
        name = self.estimator_name if name is None else name
        objective = np.asarray(self.objective, dtype=float)
        sweeps = np.arange(1, len(objective) + 1)
        mark = {"marker": "o"} if len(sweeps) == 1 else {}  # a line of one point is not seen
        # below the others, since a term may be all of L
        options = {"color": "0.25", "linewidth": 3.0, "label": "L", "zorder": 1.9} | mark | kwargs
        (self.line_,) = ax.plot(sweeps, objective, **options)
        self.term_lines_ = {}
        is_log = bool(np.all(objective > 0.0))
        for term, values in (self.terms or {}).items():
            values = np.asarray(values, dtype=float)
            values = np.where(values > 0.0, values, np.nan) if is_log else values
            (self.term_lines_[term],) = ax.plot(sweeps, values, label=TERMS.get(term, term), **mark)
        ax.set(xlabel=self.step_name, ylabel="objective", yscale="log" if is_log else "linear")
        ax.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        if name is not None:
            ax.set_title(name)
        ax.grid(alpha=0.3)
        ax.legend(framealpha=0.8, edgecolor="none")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    @with_parameters(DRAWN)
    def from_estimator(
        cls, estimator: Any, *, ax: Any = None, name: str | None = None, **kwargs: Any
    ) -> Self:
        """Draw what a fit left in ``objective_curve_`` and ``objective_terms_``.

        After ``partial_fit`` there is one mean loss for each call, and no terms.

        Parameters
        ----------
        **kwargs
            Of ``matplotlib.axes.Axes.plot``, for the line of L.

        Returns
        -------
        display : ObjectiveDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            If no fit left a curve, as in an estimator of ``from_mlp``.
        NotFittedError, TypeError
            For what is not fitted, or holds no network estimator.
        """
        load_matplotlib(cls.__name__)  # what is missing is said before any work
        estimator = unwrapped(estimator, cls.__name__).estimator
        objective = getattr(estimator, "objective_curve_", None)
        if not objective:
            raise ValueError(
                f"The 'estimator' of {cls.__name__} must hold the curve of a fit. Got one that no fit has "
                "seen, such as from from_mlp or a file. Call its fit first."
            )
        table = estimator.objective_terms_
        columns = table.dtype.names if len(table) == len(objective) else ()
        found = cls(
            objective=objective,
            terms={column: table[column] for column in columns},
            step_name="sweep" if isinstance(estimator.solver_, FullBatch) else "pass over the rows",
            estimator_name=type(estimator).__name__,
        )
        return found.plot(ax, name=name, **kwargs)
