# SPDX-License-Identifier: BSD-3-Clause
"""Estimators for Dask arrays: Algorithm 1 where the rows are.

Every partition stays on its worker, with its U and V. In each sweep every worker gets each new weight
once, and sums of the size of a weight come back up a tree; nothing that travels grows with the rows.
"""

import functools
import inspect
import math
from dataclasses import dataclass
from typing import Any, Self

import array_api_compat
import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from ._classifier import NNBCDClassifier
from ._dask_parts import (
    check_part,
    count_classes,
    count_rows,
    encode_part,
    inner_sums,
    input_moments,
    least_target,
    run_method,
    sum_losses,
    target_moments,
    total_moments,
)
from ._parameters import check_parameters
from ._regressor import NNBCDRegressor
from ._resolve import resolve_loss, resolve_solver
from ._validation import all_or_nothing
from .numerics import ColumnMoments, without_extremes
from .placements import DaskBlocks
from .solvers import FullBatch, block_size, cut_rows
from .targets import BaseTargets, Labels, Numbers, check_targets

__all__ = ["DaskNNBCDClassifier", "DaskNNBCDRegressor"]


# beside the client --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PartRows:
    """Rows on the workers, as futures of parts (X, y, s); takes the place of ``Rows`` in a fit.

    Attributes
    ----------
    client : distributed.Client
    futures : list
    X : ndarray of shape (n, d_0)
        Without memory of its own: it says shape and dtype.
    """

    client: Any
    futures: list
    X: np.ndarray

    y = s = image_shape = None
    namespace = array_api_compat.array_namespace(np.zeros(0))

    @property
    def dtype(self) -> str:
        """Name of the dtype of X."""
        return str(self.X.dtype)

    def map(self, function: Any, *args: Any) -> "PartRows":
        """The rows with ``function(part, *args)`` for each part, where the parts are."""
        jobs = [self.client.submit(function, part, *args, pure=False) for part in self.futures]
        return PartRows(self.client, jobs, self.X)

    def collect(self, function: Any, *args: Any) -> list:
        """The small results of ``function(part, *args)``."""
        from distributed import wait

        futures = self.map(function, *args).futures
        wait(futures)
        return [future.result() for future in futures]  # raises what went wrong with a part

    is_local = False

    def moments(self, targets: BaseTargets) -> ColumnMoments:
        """Means and spreads of the columns of X, by all weights of the rows."""
        moments = total_moments(self.collect(input_moments, targets)).checked()
        return without_extremes(
            moments, lambda *near: total_moments(self.collect(inner_sums, targets, *near))
        )

    def encoded(self, targets: BaseTargets) -> tuple:
        """(X, rows on the workers, None); the placement knows what to do with them."""
        return self.X, self.map(encode_part, targets), None


def with_client(cls):
    """Give a class the constructor of the estimator that it extends, and ``client=None`` last."""
    local = inspect.signature(cls._local.__init__)
    client = inspect.Parameter("client", inspect.Parameter.KEYWORD_ONLY, default=None)

    def __init__(self, *args, client=None, **parameters):  # noqa: N807
        cls._local.__init__(self, *args, **parameters)
        self.client = client

    __init__.__signature__ = local.replace(parameters=[*local.parameters.values(), client])
    cls.__init__ = __init__
    return cls


class DaskNNBCD:
    """What both Dask estimators share: a fit of the plain estimator's, with rows on the workers."""

    _local: Any = None

    def to_local(self) -> Any:
        """The plain estimator with the same parameters and, if there is one, the same fit."""
        local = self._local(**{k: v for k, v in self.get_params(deep=False).items() if k != "client"})
        vars(local).update({k: v for k, v in vars(self).items() if k != "client"})
        return local

    def __getstate__(self) -> dict:
        return super().__getstate__() | {"client": None}  # a connection cannot be pickled

    def __sklearn_clone__(self) -> Self:
        given = self.get_params(deep=False)
        client = given.pop("client")
        return type(self)(**{k: clone(v, safe=False) for k, v in given.items()}, client=client)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = False
        return tags

    @property
    def partial_fit(self):
        """Not offered: the plain estimator's is for rows of one machine."""
        raise AttributeError(f"{type(self).__name__} has no partial_fit; fit {self._local.__name__}.")

    @all_or_nothing
    def fit(self, X, y, sample_weight=None) -> Self:
        """Train the network where the rows are, by the full solver.

        Parameters
        ----------
        X : dask Array or DataFrame of shape (n_samples, n_features)
            Training rows, finite; partitions may be sparse matrices of SciPy.
        y : dask Array or Series of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : dask Array of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self : estimator
            Fitted.

        Raises
        ------
        ValueError, TypeError
            For bad parameters or data; the message names the parameter, what is allowed, what came, and
            the cure.
        """
        check_parameters(self)
        self._refuse_local_parameters()
        loss = resolve_loss(self, self._task)
        rows = self._part_rows(X, y, sample_weight)
        solver = resolve_solver(self, 0)  # "auto" is the full solver for few rows
        targets = self._fit_part_targets(rows, y.ndim, loss)
        _, encoded, _ = self._train(rows, targets, solver, place=place_parts)
        sums = encoded.collect(sum_losses, self.network_, targets)
        self.loss_ = sum(loss for loss, _ in sums) / sum(weight for _, weight in sums)
        return self

    def _part_rows(self, X: Any, y: Any, sample_weight: Any) -> PartRows:
        owner, client = type(self).__name__, self._client()
        X = as_columns(X, "X", owner)
        given = {"y": y} if sample_weight is None else {"y": y, "sample_weight": sample_weight}
        others = [aligned(as_dask_array(v, k, owner), k, X, owner) for k, v in given.items()]
        X, *others = client.persist([X, *others])
        self.n_features_in_ = X.shape[1]
        dtype = np.dtype("float32" if X.dtype == np.float32 else "float64")
        futures = self._check_parts(client, X, *others)
        n_rows = sum(PartRows(client, futures, np.empty(0, dtype)).collect(count_rows))
        if n_rows == 0:
            raise ValueError(
                f"The 'X' of {owner} must have rows, and 'sample_weight', if given, a positive entry. "
                "Got none. Check the filter that left nothing over."
            )
        return PartRows(client, futures, np.broadcast_to(np.zeros((), dtype), (n_rows, X.shape[1])))

    def _check_parts(self, client: Any, X: Any, y: Any, s: Any = None) -> list:
        """Futures of the checked parts."""
        import dask

        local = self._local(**{k: v for k, v in self.get_params(deep=False).items() if k != "client"})
        count = len(X.chunks[0])
        chunks = [None if a is None else a.to_delayed().reshape(count, -1)[:, 0] for a in (X, y, s)]
        check = dask.delayed(check_part, pure=False)
        jobs = [
            check(local, self._target_options, *(None if c is None else c[k] for c in chunks))
            for k, rows in enumerate(X.chunks[0])
            if rows
        ]
        return client.compute(jobs, optimize_graph=False)

    def _refuse_local_parameters(self) -> None:
        """Raise for parameters that have no meaning on a cluster."""
        owner = type(self).__name__
        for name, allowed in (
            ("solver", ("auto", "full")),
            ("early_stopping", (False,)),
            ("device", ("auto", "cpu")),
            ("layers", (None,)),
        ):
            value = getattr(self, name)
            if name == "solver" and isinstance(value, FullBatch):
                continue
            if not any(value is a or value == a for a in allowed):
                raise ValueError(
                    f"The {name!r} of {owner} must be one of {list(allowed)}. Got {value!r}. For the "
                    f"others fit {self._local.__name__} on rows of one machine."
                )

    def _client(self) -> Any:
        from distributed import default_client

        if self.client is not None:
            return self.client
        try:
            return default_client()
        except ValueError as error:
            raise ValueError(
                f"The 'client' of {type(self).__name__} must be a distributed.Client, or None where a "
                "default one exists. Got None, and there is no default. Start one by "
                "client = distributed.Client()."
            ) from error

    def _pair(self, X: Any, y: Any) -> tuple:
        owner = type(self).__name__
        X = as_columns(X, "X", owner)
        return X, aligned(as_dask_array(y, "y", owner), "y", X, owner)

    # prediction ---------------------------------------------------------------------------------

    def _lazy(self, X, method, columns, dtype):
        """A Dask array of a method's results, chunk by chunk; one column fewer than none is a vector."""
        import dask

        check_is_fitted(self)
        X = as_columns(X, "X", type(self).__name__)
        shape = {"drop_axis": 1} if columns is None else {"chunks": (X.chunks[0], (columns,))}
        meta = np.empty((0,) * (1 if columns is None else 2), dtype=dtype)
        estimator = dask.delayed(self.to_local())
        return X.map_blocks(run_method, estimator=estimator, method=method, dtype=dtype, meta=meta, **shape)


def place_parts(problem: Any, weights: Any, rows: tuple, context: Any, extrapolation: bool) -> DaskBlocks:
    """The rows of :class:`PartRows` where they are, for the full solver."""
    X, parts, _ = rows
    each = math.ceil(X.shape[0] / max(1, len(parts.client.nthreads())))
    size, on_disk = block_size(problem, weights, each, context, extrapolation)
    return DaskBlocks(parts.futures, parts.client, functools.partial(cut_rows, size=size), on_disk)


def as_dask_array(x, name, owner):
    """A Dask array of known size of a Dask collection; anything else raises."""
    import dask.array as da

    x = x.to_dask_array(lengths=True) if hasattr(x, "to_dask_array") else x
    if not isinstance(x, da.Array):
        raise TypeError(
            f"The {name!r} of {owner} must be a Dask array, or a Dask DataFrame or Series. Got "
            f"{type(x).__name__}. Use dask.array.from_array({name}, chunks=...), or the plain estimator."
        )
    return x


def as_columns(X, name, owner):
    """A Dask array with all columns in each chunk."""
    X = as_dask_array(X, name, owner)
    if X.ndim != 2:
        raise ValueError(
            f"The {name!r} of {owner} must have two dimensions. Got shape {X.shape}. Reshape it to "
            "(n_samples, n_features)."
        )
    if any(math.isnan(rows) for rows in X.chunks[0]):
        X = X.compute_chunk_sizes()
    return X if X.numblocks[1] == 1 else X.rechunk({1: -1})


def aligned(x, name, X, owner):
    """The array in chunks of the rows of X's."""
    if any(math.isnan(rows) for rows in x.chunks[0]):
        x = x.compute_chunk_sizes()
    if x.shape[0] != X.shape[0]:
        what = f"The {name!r} of {owner} must have one entry for each of the {X.shape[0]} rows of X"
        raise ValueError(f"{what}. Got {x.shape[0]}. Build both from the same collection.")
    return x.rechunk({0: X.chunks[0], **{axis: -1 for axis in range(1, x.ndim)}})


@with_client
class DaskNNBCDClassifier(DaskNNBCD, NNBCDClassifier):
    """:class:`~sklearn_nnbcd.NNBCDClassifier` for Dask arrays, by the full solver on a cluster.

    The weights are those of the plain estimator with ``solver="full"`` on the same rows, up to rounding,
    whatever the partitions, and also when workers die: their partitions are made again elsewhere and
    live through all sweeps so far once more, with the weights of that time. Predictions are lazy Dask
    arrays. scikit-learn's own searches do not apply to Dask arrays.

    Parameters
    ----------
    client : distributed.Client, default=None
        Connection to the cluster; None: Dask's default client. It is not pickled.
    **parameters
        All others are those of :class:`~sklearn_nnbcd.NNBCDClassifier`. ``solver`` is "full" for "auto",
        too; ``memory_limit`` is for each worker, beside its partitions of X.
    """

    _local = NNBCDClassifier

    def _fit_part_targets(self, rows: PartRows, ndim: int, loss: Any) -> Labels:
        if ndim != 1:
            name = f"The 'y' of {type(self).__name__} must hold one label per row"
            raise ValueError(f"{name}. Got {ndim} dimensions. Fit NNBCDClassifier for several labels.")
        found = rows.collect(count_classes)
        classes = np.unique(np.concatenate([classes for classes, _ in found]))
        counts = np.zeros(len(classes))
        for part, count in found:
            counts[np.searchsorted(classes, part)] += count
        owner = type(self).__name__
        targets = Labels.of_counts(classes, counts, loss=loss, class_weight=self.class_weight, owner=owner)
        return self._check_warm(targets)

    def decision_function(self, X):
        """Network outputs, lazily: a Dask array of shape (n_samples,) or (n_samples, n_classes)."""
        check_is_fitted(self)
        columns = None if len(self.classes_) == 2 else len(self.classes_)
        return self._lazy(X, "decision_function", columns, self.network_.dtype)

    def predict(self, X):
        """Class labels, lazily: a Dask array of shape (n_samples,)."""
        check_is_fitted(self)
        return self._lazy(X, "predict", None, self.classes_.dtype)

    def predict_proba(self, X):
        """Class probabilities, lazily: a Dask array of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self._lazy(X, "predict_proba", len(self.classes_), self.network_.dtype)

    def score(self, X, y, sample_weight=None):
        """Accuracy, a float; only two numbers come from each partition."""
        import dask.array as da

        X, y = self._pair(X, y)
        return float(da.average(self.predict(X) == y, weights=sample_weight).compute())


@with_client
class DaskNNBCDRegressor(DaskNNBCD, NNBCDRegressor):
    """:class:`~sklearn_nnbcd.NNBCDRegressor` for Dask arrays, by the full solver on a cluster.

    See :class:`DaskNNBCDClassifier` for what holds for both.

    Parameters
    ----------
    client : distributed.Client, default=None
        Connection to the cluster; None: Dask's default client. It is not pickled.
    **parameters
        All others are those of :class:`~sklearn_nnbcd.NNBCDRegressor`.
    """

    _local = NNBCDRegressor

    def _fit_part_targets(self, rows: PartRows, ndim: int, loss: Any) -> Numbers:
        moments = total_moments(rows.collect(target_moments))
        check_targets(loss, float(np.min(rows.collect(least_target))))
        options = {"loss": loss, "dtype": rows.dtype, "centre": self.fit_intercept}
        return Numbers.of_moments(moments, one_column=ndim == 1, **options)

    def predict(self, X):
        """Predicted targets, lazily: a Dask array of the shape that fit saw."""
        check_is_fitted(self)
        columns = None if self.targets_.one_column else self.n_outputs_
        return self._lazy(X, "predict", columns, self.network_.dtype)

    def score(self, X, y, sample_weight=None):
        """Coefficient of determination, averaged over outputs; a float."""
        import dask.array as da

        X, y = self._pair(X, y)
        s = da.ones(X.shape[0], chunks=X.chunks[0]) if sample_weight is None else sample_weight
        spread = da.average((y - da.average(y, axis=0, weights=s)) ** 2, axis=0, weights=s)
        residual = da.average((y - self.predict(X)) ** 2, axis=0, weights=s)
        return float(da.mean(1.0 - residual / spread).compute())
