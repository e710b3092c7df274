# SPDX-License-Identifier: BSD-3-Clause
"""Estimators for Dask arrays: Algorithm 1 where the rows are.

Every partition stays on its worker, with its U and V. In each sweep every worker gets each new weight
once, and sums of the size of a weight come back up a tree; nothing that travels grows with the rows.
"""

import functools
import inspect
import operator
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from ._asked import warn_if_ignored
from ._classifier import NNBCDClassifier
from ._dask_collections import (
    aligned,
    as_columns,
    check_columns,
    connected,
    one_label,
    rows_of_chunks,
    with_known_rows,
)
from ._dask_parts import (
    Residuals,
    check_part,
    code_weights,
    count_classes,
    count_hits,
    count_rows,
    least_target,
    run_method,
    sum_losses,
    target_moments,
    total_moments,
)
from ._dask_rows import PartRows, place_parts
from ._outcome import warn_if_constant
from ._parameters import check_parameters, refuse_bytes
from ._regressor import NNBCDRegressor
from ._resolve import resolve_loss, resolve_solver
from ._validation import all_or_nothing, is_default
from .losses import SquaredError
from .placements import answered
from .solvers import FullBatch
from .targets import Labels, Numbers, check_targets

__all__ = ["DaskNNBCDClassifier", "DaskNNBCDRegressor"]


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
        local = self._plain()
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
        refuse_bytes(self)
        self._refuse_local_parameters()
        loss, client, owner = resolve_loss(self, self._task), self._client(), type(self).__name__
        with connected(client, owner):
            rows, one_column = self._part_rows(client, X, y, sample_weight)
            solver = resolve_solver(self, 0)  # "auto" is the full solver for few rows
            warn_if_ignored(self, solver, False)
            targets = self._fit_part_targets(rows, one_column, loss)
            _, encoded, _ = self._train(rows, targets, solver, place=place_parts)
            network = replace(self.network_, columns=None)  # rows have been through it
            user, engine, weight = sum(encoded.collect(sum_losses, network, targets))
            rows = self._constant_rows(encoded, targets)
        self.loss_ = float(user / weight)
        if rows is not None:
            warn_if_constant(float(engine / weight), targets, rows, owner)
        return self

    def _part_rows(self, client: Any, X: Any, y: Any, sample_weight: Any) -> tuple[PartRows, bool]:
        """The checked rows on the workers, and whether y has one dimension."""
        import dask

        owner, table = type(self).__name__, X
        X = as_columns(X, owner)
        check_columns(self, table if hasattr(table, "columns") else X, reset=True)
        X = with_known_rows(X)
        given = {"y": y} if sample_weight is None else {"y": y, "sample_weight": sample_weight}
        y, *s = (aligned(v, k, X, owner) for k, v in given.items())
        y = one_label(y, owner) if self._task == "classification" else y
        arrays = client.persist([X, y, *s])
        dtype = np.dtype("float32" if X.dtype == np.float32 else "float64")
        local = self._plain()
        local.n_features_in_ = X.shape[1]  # what each part is checked against
        check = dask.delayed(check_part, pure=False)
        none = [] if s else [None]
        jobs = [check(local, owner, self._target_options, *part) for part in rows_of_chunks(*arrays, *none)]
        futures = client.compute(jobs, optimize_graph=False)
        n_rows = sum(PartRows(client, futures, np.empty(0, dtype)).collect(count_rows))
        if n_rows == 0:
            raise ValueError(
                f"The 'X' of {owner} must have rows, and 'sample_weight', if given, a positive entry. "
                "Got none. Check the filter that left nothing over."
            )
        rows = PartRows(client, futures, np.broadcast_to(np.zeros((), dtype), (n_rows, X.shape[1])))
        return rows, y.ndim == 1

    def _plain(self) -> Any:
        """The plain estimator with the same parameters, not fitted."""
        return self._local(**{k: v for k, v in self.get_params(deep=False).items() if k != "client"})

    def _refuse_local_parameters(self) -> None:
        """Raise for parameters that have no meaning on a cluster."""
        owner = type(self).__name__
        for name, allowed in (
            ("solver", ("auto", "full")),
            ("early_stopping", (False,)),
            ("device", ("auto", "cpu")),
            ("layers", (None,)),
            ("activation_bits", (None,)),
        ):
            value = getattr(self, name)
            if name == "solver" and isinstance(value, FullBatch):
                continue
            if not any(is_default(value, a) for a in allowed):
                raise ValueError(
                    f"The {name!r} of {owner} must be one of {list(allowed)}. Got {value!r}. For the "
                    f"others fit {self._local.__name__} on rows of one machine."
                )

    def _client(self) -> Any:
        from distributed import default_client

        client, owner = self.client, type(self).__name__
        try:
            client = default_client() if client is None else client
        except ValueError as error:
            raise ValueError(
                f"The 'client' of {owner} must be a distributed.Client, or None where a default one exists. "
                "Got None, and there is no default. Start one by client = distributed.Client()."
            ) from error
        if client.status != "running":
            raise ValueError(
                f"The 'client' of {owner} must be connected. Got one that is {client.status}. Start another "
                "by client = distributed.Client(), and set it."
            )
        return client

    # prediction ---------------------------------------------------------------------------------

    def _lazy(self, X, method, columns, dtype=None):
        """A Dask array of a method's results, chunk by chunk; vectors where ``columns`` is None."""
        import dask

        check_is_fitted(self)
        owner, table = type(self).__name__, X
        X = as_columns(X, owner)
        check_columns(self, table if hasattr(table, "columns") else X, reset=False)
        X = with_known_rows(X)
        dtype = self.network_.row_dtype(X) if dtype is None else dtype
        shape = {"drop_axis": 1} if columns is None else {"chunks": (X.chunks[0], (columns,))}
        meta = np.empty((0,) if columns is None else (0, columns), dtype=dtype)
        options = {"owner": owner, "method": method, "empty": meta}
        local = self.to_local()
        vars(local).pop("feature_names_in_", None)  # they have been checked, and chunks have none
        estimator = dask.delayed(local)
        return X.map_blocks(run_method, estimator=estimator, **options, dtype=dtype, meta=meta, **shape)

    def _part_sums(self, function: Any, X: Any, y: Any, sample_weight: Any) -> list:
        """``function(y, predictions, weights)`` of each chunk with rows."""
        import dask

        owner, predicted = type(self).__name__, self.predict(X)
        with connected(self.client, owner):
            predicted = with_known_rows(predicted)
            y = aligned(y, "y", predicted, owner)
            s = None if sample_weight is None else aligned(sample_weight, "sample_weight", predicted, owner)
            y = one_label(y, owner) if self._task == "classification" else y
            jobs = [dask.delayed(function)(*part) for part in rows_of_chunks(y, predicted, s)]
            client = self.client
            found = (
                dask.compute(*jobs) if client is None else answered(client, client.compute, jobs, sync=True)
            )
        if not found:
            raise ValueError(f"The 'X' of {owner} must have rows to be scored on. Got none.")
        return list(found)


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

    def _fit_part_targets(self, rows: PartRows, one_column: bool, loss: Any) -> Labels:
        found = rows.collect(count_classes)
        classes = np.unique(np.concatenate([classes for classes, _ in found]))
        counts = np.zeros(len(classes))
        for part, count in found:
            counts[np.searchsorted(classes, part)] += count
        owner = type(self).__name__
        targets = Labels.of_counts(classes, counts, loss=loss, class_weight=self.class_weight, owner=owner)
        return self._check_warm(targets)

    def _constant_rows(self, encoded: PartRows, targets: Labels) -> tuple:
        """As many rows (X, Y, s) as there are classes: for the best constant they are as good as all."""
        weights = sum(encoded.collect(code_weights, len(targets.classes)))
        return None, targets.encode(targets.classes, "float64"), weights

    def decision_function(self, X):
        """Network outputs, lazily: a Dask array of shape (n_samples,) or (n_samples, n_classes)."""
        check_is_fitted(self)
        columns = None if len(self.classes_) == 2 else len(self.classes_)
        return self._lazy(X, "decision_function", columns)

    def predict(self, X):
        """Class labels, lazily: a Dask array of shape (n_samples,)."""
        check_is_fitted(self)
        return self._lazy(X, "predict", None, self.classes_.dtype)

    def predict_proba(self, X):
        """Class probabilities, lazily: a Dask array of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self._lazy(X, "predict_proba", len(self.classes_))

    def predict_log_proba(self, X):
        """Logarithms of the class probabilities, lazily: a Dask array of shape (n_samples, n_classes)."""
        check_is_fitted(self)
        return self._lazy(X, "predict_log_proba", len(self.classes_))

    def score(self, X, y, sample_weight=None):
        """Accuracy, a float; only two numbers come from each partition."""
        hits, weight = sum(self._part_sums(count_hits, X, y, sample_weight))
        if weight == 0.0:
            raise ValueError(
                f"The 'sample_weight' of {type(self).__name__}.score must have a positive entry. Got none. "
                "Pass None to weigh all rows alike."
            )
        return float(hits / weight)


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

    def _fit_part_targets(self, rows: PartRows, one_column: bool, loss: Any) -> Numbers:
        moments = total_moments(rows.collect(target_moments))
        check_targets(loss, float(np.min(rows.collect(least_target))))
        options = {"loss": loss, "dtype": rows.dtype, "centre": self.fit_intercept}
        return Numbers.of_moments(moments, one_column=one_column, **options)

    def _constant_rows(self, encoded: PartRows, targets: Numbers) -> tuple | None:
        """Two rows (X, Y, s) with the mean and the spread of all: enough for squared errors, or None."""
        if not isinstance(targets.loss, SquaredError):
            return None
        return None, np.array([[-1.0], [1.0]]) * (targets.spread > 0.0), None

    def predict(self, X):
        """Predicted targets, lazily: a Dask array of the shape that fit saw."""
        check_is_fitted(self)
        columns = None if self.targets_.one_column else self.n_outputs_
        return self._lazy(X, "predict", columns)

    def score(self, X, y, sample_weight=None):
        """Coefficient of determination, averaged over outputs; a float."""
        found = self._part_sums(Residuals.of, X, y, sample_weight)
        return functools.reduce(operator.add, found).score()
