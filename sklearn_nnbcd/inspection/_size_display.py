# SPDX-License-Identifier: BSD-3-Clause
"""What every layer takes, dense and as it is stored, as a figure."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from .._docs import with_parameters
from .._validation import check_option
from ..network import Network
from ._figures import DRAWN, PLOTTED, bytes_text, format_text, load_matplotlib
from ._rows import unwrapped

#: what is counted -> label of the x axis
UNITS = {"bytes": "bytes", "weights": "stored numbers"}


class LayerSizeDisplay:
    """Bytes or numbers of every layer, dense beside compressed.

    Use :meth:`from_estimator`. The lengths of the bars add up to what the estimator says of its whole
    network, ``n_bytes_`` or ``n_parameters_``.

    Parameters
    ----------
    dense : array-like of shape (n_layers,)
        Sizes of the layers as plain matrices.
    stored : array-like of shape (n_layers,)
        Sizes as they are stored.
    names : sequence of str or None, default=None
        For the y axis; None: 'layer 1', 'layer 2', ...
    unit : {'bytes', 'weights'}, default='bytes'
        What is counted.
    estimator_name : str or None, default=None
        For the title.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    dense_bars_, stored_bars_ : matplotlib BarContainer
        A bar for each layer, from the first one down.

    See Also
    --------
    compression_report : The same numbers as a table, with operations, times and errors.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> from sklearn_nnbcd.inspection import LayerSizeDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = NNBCDClassifier((20, 20), compression="low_rank", rank=2, solver="full", max_iter=3).fit(X, y)
    >>> display = LayerSizeDisplay.from_estimator(model, unit="weights")
    >>> [int(bar.get_width()) for bar in display.stored_bars_]  # the last one: 20 + 20 + 3 intercepts
    [48, 80, 60, 43]
    >>> model.n_parameters_
    231
    """

    def __init__(
        self,
        *,
        dense: Sequence,
        stored: Sequence,
        names: Sequence[str] | None = None,
        unit: str = "bytes",
        estimator_name: str | None = None,
    ):
        self.dense = dense
        self.stored = stored
        self.names = names
        self.unit = unit
        self.estimator_name = estimator_name

    @with_parameters(PLOTTED)
    def plot(
        self,
        ax: Any = None,
        *,
        name: str | None = None,
        dense_kw: Mapping | None = None,
        stored_kw: Mapping | None = None,
    ) -> Self:
        """Draw the figure.

        Parameters
        ----------
        dense_kw, stored_kw : mapping or None
            Of ``matplotlib.axes.Axes.barh``, for the bars of either kind.

        Returns
        -------
        display : LayerSizeDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            For another ``unit``.
        """
        plt, ticker = load_matplotlib(type(self).__name__)
        check_option(self.unit, tuple(UNITS), "unit", type(self).__name__)
        dense, stored = np.asarray(self.dense), np.asarray(self.stored)
        names = [f"layer {i + 1}" for i in range(len(stored))] if self.names is None else self.names
        if ax is None:
            ax = plt.subplots(figsize=(6.4, 1.4 + 0.7 * len(stored)), layout="constrained")[1]
        name = self.estimator_name if name is None else name
        text, places = self._text, np.arange(len(stored))
        rows = (
            ("dense", dense, -0.2, {"color": "0.75"} | dict(dense_kw or {})),
            ("stored", stored, 0.2, dict(stored_kw or {})),
        )
        bars = []
        for kind, sizes, shift, options in rows:
            label = f"{kind}, {text(float(sizes.sum()))}"
            bars.append(ax.barh(places + shift, sizes, **{"height": 0.38, "label": label} | options))
            ax.bar_label(bars[-1], [text(float(size)) for size in sizes], padding=3, fontsize="small")
        self.dense_bars_, self.stored_bars_ = bars
        ax.set_yticks(places, names)
        ax.invert_yaxis()  # the first layer on top
        ax.set(xlabel=UNITS[self.unit], xlim=(0, 1.2 * float(max(dense.max(), stored.max()))))
        ax.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: text(value)))
        ax.xaxis.set_major_locator(ticker.MaxNLocator(5))
        ax.spines[["top", "right"]].set_visible(False)
        if name is not None:
            ax.set_title(name)
        ax.legend(frameon=False, loc="best")
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _text(self, size: float) -> str:
        """A size for labels."""
        return bytes_text(size, 3) if self.unit == "bytes" else f"{size:,.0f}"

    @classmethod
    @with_parameters(DRAWN)
    def from_estimator(
        cls,
        estimator: Any,
        *,
        unit: str = "bytes",
        ax: Any = None,
        name: str | None = None,
        dense_kw: Mapping | None = None,
        stored_kw: Mapping | None = None,
    ) -> Self:
        """Draw the sizes of a fitted network.

        What belongs to no weight, intercepts and what scales the columns of X, has a pair of bars of its own.

        Parameters
        ----------
        unit : {'bytes', 'weights'}
            What is counted: bytes of all stored arrays, indices included, or numbers, as in
            ``n_parameters_``.
        dense_kw, stored_kw : mapping or None
            Of ``matplotlib.axes.Axes.barh``, for the bars of either kind.

        Returns
        -------
        display : LayerSizeDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            For another ``unit``.
        NotFittedError, TypeError
            For what is not fitted, or holds no network estimator.
        """
        load_matplotlib(cls.__name__)  # what is missing is said before any work
        check_option(unit, tuple(UNITS), "unit", cls.__name__)
        estimator = unwrapped(estimator, cls.__name__).estimator
        network = estimator.network_
        pairs = sizes_of(network.to_dense(), unit), sizes_of(network, unit)
        names = [f"layer {i}\n{format_text(coef)}" for i, coef in enumerate(network.coefs, 1)]
        if pairs[1][-1]:
            scales = " and scales" if unit == "bytes" and network.inputs is not None else ""
            names.append(f"intercepts{scales}")
        dense, stored = (sizes[: len(names)] for sizes in pairs)
        found = cls(
            dense=dense, stored=stored, names=names, unit=unit, estimator_name=type(estimator).__name__
        )
        return found.plot(ax, name=name, dense_kw=dense_kw, stored_kw=stored_kw)


def sizes_of(network: Network, unit: str) -> list[int]:
    """Sizes of all weights, and of what is left of the whole network."""
    if unit == "bytes":
        sizes, whole = [coef.nbytes for coef in network.coefs], network.n_bytes
    else:
        sizes, whole = [coef.n_parameters for coef in network.coefs], network.n_parameters
    return [*sizes, whole - sum(sizes)]
