# SPDX-License-Identifier: BSD-3-Clause
"""Singular values and ranks of every layer, as a figure."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from .._arrays import to_numpy
from .._docs import with_parameters
from ..network import Network, network_metrics, network_rows, network_targets
from ..numerics import Metric
from ._figures import DRAWN, PLOTTED, format_text, load_matplotlib
from ._reference import check_reference
from ._rows import unwrapped

#: share of the largest value at which the y axis ends at the latest; what lies below is mostly rounding
FLOOR = 1e-5


class WeightSpectrumDisplay:
    """Singular values of every weight, and the rank that it has.

    Use :meth:`from_estimator`. A curve ends at the rank of its weight, where it has a mark. With a
    reference, such as the weights of a dense fit, a dashed curve shows what there was to keep: a rank that
    ends on the slope of it loses something, one that ends far down could be smaller.

    Parameters
    ----------
    singular_values : sequence of array-like of shape (min(d_in, d_out),)
        Of each layer, from the largest one down.
    ranks : sequence of int
        How many of them are not zero up to rounding.
    references : sequence of array-like, or None, default=None
        Singular values of the weights that these stand for.
    names : sequence of str or None, default=None
        For the legend; None: 'layer 1', 'layer 2', ...
    in_metric : bool, default=False
        Whether they are those in the metric of the data; for the y axis.
    estimator_name : str or None, default=None
        For the title.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One per layer.
    reference_lines_ : list of matplotlib Line2D
        Likewise, if there are ``references``.

    See Also
    --------
    compression_report : Errors of the weights against a reference, as numbers.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.inspection import WeightSpectrumDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((20, 20), compression="low_rank", rank=2, solver="full", max_iter=3).fit(X, y)
    >>> display = WeightSpectrumDisplay.from_estimator(model, X)
    >>> display.ranks, display.in_metric
    ([2, 2, 3], True)
    """

    def __init__(
        self,
        *,
        singular_values: Sequence,
        ranks: Sequence[int],
        references: Sequence | None = None,
        names: Sequence[str] | None = None,
        in_metric: bool = False,
        estimator_name: str | None = None,
    ):
        self.singular_values = singular_values
        self.ranks = ranks
        self.references = references
        self.names = names
        self.in_metric = in_metric
        self.estimator_name = estimator_name

    @with_parameters(PLOTTED)
    def plot(self, ax: Any = None, *, name: str | None = None, relative: bool = True, **kwargs: Any) -> Self:
        """Draw the figure.

        Parameters
        ----------
        relative : bool
            Whether singular values of a layer are divided by the largest one, that of the reference where
            there is one. In the metric, absolute ones of different layers compare: squares are what the
            loss would change by, in units of its second derivative.
        **kwargs
            Of ``matplotlib.axes.Axes.plot``, for the lines of the weights.

        Returns
        -------
        display : WeightSpectrumDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        plt, ticker = load_matplotlib(type(self).__name__)
        ax = plt.subplots(layout="constrained")[1] if ax is None else ax
        name = self.estimator_name if name is None else name
        self.lines_, self.reference_lines_ = [], []
        for i, (values, rank) in enumerate(zip(self.singular_values, self.ranks, strict=True)):
            values, whole = np.asarray(values, dtype=float), len(values)
            before = None if self.references is None else np.asarray(self.references[i], dtype=float)
            unit = max(float((values if before is None else before).max(initial=0.0)), np.finfo(float).tiny)
            unit = unit if relative else 1.0
            label = f"layer {i + 1}" if self.names is None else self.names[i]
            options = {"label": f"{label}: rank {rank} of {whole}", "marker": "o"} | kwargs
            options |= {"markevery": [rank - 1]} if rank else {}
            places = np.arange(1, whole + 1)
            self.lines_ += ax.plot(places[:rank], values[:rank] / unit, **options)
            if before is not None:
                before = np.where(before > 0.0, before, np.nan) / unit
                style = {"color": self.lines_[-1].get_color(), "linestyle": "--", "linewidth": 1.0}
                self.reference_lines_ += ax.plot(places, before, **style)
        weight = r"$G^{1/2} W S^{1/2}$, in the metric of the data" if self.in_metric else "W, plain"
        share = "singular value / largest" if relative else "singular value"
        ax.set(xlabel="number of the singular value", ylabel=f"{share}\nof {weight}", yscale="log")
        ax.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        if name is not None:
            ax.set_title(name)
        if self.reference_lines_:
            ax.plot([], [], color="0.4", linestyle="--", linewidth=1.0, label="reference")
        low, top = ax.get_ylim()
        ax.set_ylim(bottom=max(low, FLOOR * top))
        ax.grid(alpha=0.3)
        ax.legend(framealpha=0.8, edgecolor="none")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    @with_parameters(DRAWN)
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        y: Any = None,
        *,
        reference: Sequence | None = None,
        ax: Any = None,
        name: str | None = None,
        relative: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Draw the singular values of a fitted network's weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or None
            Rows as the estimator takes them. With them singular values are those of G^{1/2} W S^{1/2}, in
            which an error counts by what it costs in the loss: G is the covariance of a layer's inputs, S
            what the loss makes of its outputs. None: those of W itself. The y axis says which.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
            Targets of these rows, for the loss's Hessian; None: what the estimator predicts.
        reference : list of arrays of shape (d_{i-1}, d_i) or None
            Dense weights that the compressed ones stand for, such as ``coefs_`` of a network before its
            compression.
        relative : bool
            Whether singular values of a layer are divided by the largest one.
        **kwargs
            Of ``matplotlib.axes.Axes.plot``, for the lines of the weights.

        Returns
        -------
        display : WeightSpectrumDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            For a reference of other shapes, other features, or labels that fit did not see.
        NotFittedError, TypeError
            For what is not fitted, or holds no network estimator.
        """
        load_matplotlib(cls.__name__)  # what is missing is said before any work
        estimator, X, y = unwrapped(estimator, cls.__name__, X, y)
        network = estimator.network_
        if reference is not None:
            check_reference(reference, network.coefs, cls.__name__)
        if y is not None and hasattr(estimator, "classes_"):
            estimator.targets_.check_more(np.asarray(y), method=cls.__name__)
        coefs = network.dense_coefs()
        metrics = [None] * len(coefs) if X is None else metrics_of(estimator, X, y, cls.__name__)
        ranks = [int(np.linalg.matrix_rank(to_numpy(W))) for W in coefs]
        before = None
        if reference is not None:
            xp = network.xp
            before = [
                spectrum_of(xp.asarray(W, dtype=network.coefs[0].dtype), metric)
                for W, metric in zip(reference, metrics, strict=True)
            ]
        found = cls(
            singular_values=[spectrum_of(W, metric) for W, metric in zip(coefs, metrics, strict=True)],
            ranks=ranks,
            references=before,
            names=[f"layer {i}, {format_text(coef)}" for i, coef in enumerate(network.coefs, 1)],
            in_metric=X is not None,
            estimator_name=type(estimator).__name__,
        )
        return found.plot(ax, name=name, relative=relative, **kwargs)


def metrics_of(estimator: Any, X: Any, y: Any, owner: str) -> list[Metric]:
    """The metric of each layer on some rows, the loss's Hessian at its top."""
    network: Network = estimator.network_
    targets, xp = estimator.targets_, network.xp
    V, U = network.trace(network_rows(network, X, owner))
    Y = targets.user_targets(network_targets(estimator, X, y), xp=xp)
    hessian = targets.user_loss.mean_hessian(Y, V[-1], None, xp=xp)
    return network_metrics(network, V, U, hessian=hessian)[1:]


def spectrum_of(W: Any, metric: Metric | None) -> np.ndarray:
    """Singular values of W, or of L_G' W L_S, which are those of G^{1/2} W S^{1/2}."""
    W = W if metric is None else metric.whiten(W)
    return np.linalg.svd(to_numpy(W).astype(np.float64), compute_uv=False)
