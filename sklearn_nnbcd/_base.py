# SPDX-License-Identifier: BSD-3-Clause
"""What both estimators share: parameters, validation, fit and prediction."""

import functools
import math

import numpy as np
from array_api_compat import is_numpy_array
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ._arrays import (
    check_device,
    check_same_home,
    dtype_name,
    float_dtypes,
    moved,
    on_host,
    placed,
    returned,
    take_rows,
)
from ._from_mlp import FromMLP
from ._input import checked_rows, checked_weights, held_out
from ._monitor import Monitor
from ._network import FittedNetwork, network_attributes, network_weights
from ._problem import check_loop_parameters, flat_rows, resolve_initializer, resolve_problem
from ._sklearn_compat import CallbackSupportMixin, SweepCallbacks, with_callbacks
from ._solvers import (
    SOLVERS,
    continue_minibatch,
    cut_rows,
    new_minibatch,
    resolve_batch_size,
    resolve_blocks,
    resolve_max_iter,
    resolve_solver,
)
from ._validation import all_or_nothing
from .backends import namespace_of
from .compressions import DenseWeight
from .engine import diagnose_weights
from .placements import DiskBlocks, InMemory


class BaseNNBCD(FittedNetwork, FromMLP, CallbackSupportMixin, BaseEstimator):
    """Parameters and plumbing of both estimators; see there for the documentation."""

    _task = None
    _target_options = {}

    def _keep(self, given):
        """Keep the parameters of a constructor as they came; ``given`` is its ``locals()``."""
        vars(self).update({name: value for name, value in given.items() if name != "self"})

    # fitting ----------------------------------------------------------------------------------

    @all_or_nothing
    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None):
        """Train the network and its compression together.

        At most ``max_iter`` sweeps over the data: a budget, so using it up is no warning. A fit
        that raises leaves the estimator as it was before the call.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows, finite. float32 stays float32; anything else becomes float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. A weight of k equals k copies of the row, 0 equals dropping it.
        X_val, y_val : array-like, default=None
            Rows for early stopping instead of a part of X; need ``early_stopping=True``.

        Returns
        -------
        self : estimator
            Fitted.

        Raises
        ------
        ValueError, TypeError
            For bad parameters or data, before any work; the message names the parameter, what is
            allowed, what came, and the cure.
        MemoryError
            If U and V have no room on a GPU, with what helps.

        Warns
        -----
        UserWarning
            If the fit was interrupted (Ctrl-C) or stopped at non-finite numbers; the estimator then
            holds the last complete weights.
        """
        check_loop_parameters(self)
        vars(self).pop("_online", None)
        X, y, s = self._checked(X, y, sample_weight)
        X, y, s, validation = self._validation_rows(X, y, s, X_val, y_val)
        Y, row_weights, n_outputs = self._encode(X, y, s)
        xp, solver = self._engine_namespace(X), self._solver_for(X.shape[0])
        problem, shapes = resolve_problem(self, X.shape[1], n_outputs, self._task, xp, solver)
        start = functools.partial(self._start, problem, shapes, X.dtype, solver)
        batch_size = resolve_batch_size(self.batch_size, X.shape[0])
        max_iter = resolve_max_iter(self.max_iter, solver, X.shape[0], batch_size)
        callbacks = SweepCallbacks(self, max_iter, X, y, s)
        with callbacks.fit():
            self._run(problem, start, (X, Y, row_weights), validation, callbacks, max_iter)
        return self

    @all_or_nothing
    def _partial_fit(self, X, y, sample_weight, encode):
        """One pass of the mini-batch solver; ``encode(X, y, s)`` gives targets as _encode does."""
        check_loop_parameters(self)
        known = hasattr(self, "compressed_coefs_")
        X, y, s = self._checked(X, y, sample_weight, known)
        Y, s, n_outputs = encode(X, y, s)
        if not hasattr(self, "_online"):
            parts = X.shape[1], n_outputs, self._task, self._engine_namespace(X)
            problem, shapes = resolve_problem(self, *parts, "minibatch")
            start = self._start(problem, shapes, X.dtype, "minibatch", known)
            self._online = new_minibatch(self, problem, start)
            self.n_iter_, self.objective_curve_ = 0, []
        size = resolve_batch_size(self.batch_size, X.shape[0])
        random_state = check_random_state(self.random_state)
        self.loss_ = continue_minibatch(self._online, (X, Y, s), size, random_state)
        problem = self._online.whole
        vars(self).update(self._attributes(problem, self._online.result))
        self._diagnosis = diagnose_weights(problem, self._online.result, self._online.n_rows)
        self.n_iter_ += 1
        self.objective_curve_ = [*self.objective_curve_, self.loss_]
        self.n_layers_, self.n_outputs_ = problem.N + 1, n_outputs
        self.out_activation_ = "identity"
        return self

    def _checked(self, X, y, sample_weight, known=False):
        """Rows where the fit takes place; targets and weights on the host, as labels are looked up there."""
        X, self._row_shape = flat_rows(self, X, *([self._row_shape] if known else []))
        dtypes = [d for d in float_dtypes(X) if not known or self._dtype in str(d)]
        options = {"dtype": dtypes, "reset": not known, **self._target_options}
        X, y = checked_rows(self, X, on_host(y), **options)
        s = checked_weights(on_host(sample_weight), X.shape[0], dtype_name(X))
        X = placed(X, self.device)
        if known:
            check_device(X, self._any_array(), type(self).__name__, "partial_fit", self.device)
        if s is not None and not bool((s > 0).all()):
            rows = np.flatnonzero(s > 0)
            X, y, s = take_rows(X, rows), y[rows], s[rows]
        return X, y, s

    def _engine_namespace(self, X):
        """Array API namespace in which to fit."""
        return namespace_of(X)

    def _validation_rows(self, X, y, s, X_val, y_val):
        """Training rows, and (X, y, weights) of the validation rows for early stopping or None."""
        owner, given = type(self).__name__, [X_val is not None, y_val is not None]
        if any(given) and not (all(given) and self.early_stopping):
            present = [name for name, there in zip(("X_val", "y_val"), given) if there]
            raise ValueError(
                "The 'X_val' and 'y_val' of fit must be given together, and with "
                f"early_stopping=True. Got {' and '.join(present)} and "
                f"early_stopping={self.early_stopping!r}. Pass both and set "
                "early_stopping=True, or pass neither."
            )
        if not self.early_stopping:
            return X, y, s, None
        if all(given):
            X_val, _ = flat_rows(self, X_val, self._row_shape)
            dtypes = [d for d in float_dtypes(X_val) if dtype_name(X) in str(d)]
            options = {"dtype": dtypes, "reset": False}
            X_val, y_val = checked_rows(self, X_val, on_host(y_val), **options, **self._target_options)
            self._check_validation_targets(y, y_val)
            return X, y, s, (X_val, y_val, None)
        parts = held_out(
            self.validation_fraction,
            owner,
            [X, y] if s is None else [X, y, s],
            labels=y if self._task == "classification" and y.ndim == 1 else None,
            random_state=check_random_state(self.random_state),
        )
        if s is None:
            X, X_val, y, y_val = parts
            return X, y, None, (returned(X_val, X_val), y_val, None)
        X, X_val, y, y_val, s, s_val = parts  # scores take rows as their user would pass them
        return X, y, s, (returned(X_val, X_val), y_val, s_val)

    def _check_validation_targets(self, y, y_val):
        """Raise unless y_val is of the kind of y."""
        if y_val.shape[1:] != y.shape[1:]:
            raise ValueError(
                "The 'y_val' of fit must have the columns of y, a shape of "
                f"{('n', *y.shape[1:])}. Got shape {y_val.shape}. Pass the same targets for both."
            )

    def _encode(self, X, y, s):
        """Targets Y (n, d_N), all weights, d_N. Sets what is learned of the targets."""
        raise NotImplementedError

    def _start(self, problem, shapes, dtype, solver, warm=False):
        """First W and b: drawn, or those of from_mlp, or of the last fit with warm_start."""
        initializer = resolve_initializer(self, solver)
        random_state, xp = check_random_state(self.random_state), problem.xp
        given, source = vars(self).pop("_mlp_start", None), "After from_mlp"
        if given is None and (warm or (self.warm_start and hasattr(self, "compressed_coefs_"))):
            given, source = (self.compressed_coefs_, self.intercepts_), "With warm_start=True"
        if given is not None:
            coefs, intercepts = given
            if [coef.shape for coef in coefs] != [tuple(shape) for shape in shapes]:
                raise ValueError(
                    f"{source} the network must keep its layers. Got weights of shapes "
                    f"{[coef.shape for coef in coefs]} from the last fit and {shapes} now. "
                    "Use warm_start=False, or clone the estimator, or make a new one."
                )
            zeros = [xp.zeros(shape[1], dtype=dtype) for shape in shapes]
            here = functools.partial(moved, like=zeros[0], dtype=dtype)
            coefs = [DenseWeight(here(coef.to_dense(xp=namespace_of(coef.arrays[0])))) for coef in coefs]
            b = [None if c is None else here(c) for c in intercepts]
            coefs, b = self._encode_weights(coefs, b)
            W, b = [c.array for c in coefs], [z if c is None else c for z, c in zip(zeros, b, strict=True)]
            return (None, *W), (None, *(b if problem.fit_intercept else [None] * len(b)))
        W = [xp.asarray(initializer.draw(shape, random_state), dtype=dtype) for shape in shapes]
        b = [xp.zeros(shape[1], dtype=dtype) if problem.fit_intercept else None for shape in shapes]
        return (None, *W), (None, *b)

    def _encode_weights(self, coefs, intercepts):
        """Fitted weights and intercepts, for targets as the engine sees them."""
        return coefs, intercepts

    def _solver_for(self, n_rows):
        """Name of the solver for so many rows."""
        return resolve_solver(self, n_rows)

    def _place(self, problem, weights, rows):
        """The rows where the full solver finds them."""
        size, on_disk = resolve_blocks(self, problem, weights, rows[0].shape[0])
        blocks = cut_rows(rows, size)
        return DiskBlocks(blocks) if on_disk else InMemory(blocks)

    def _run(self, problem, start, rows, validation, callbacks, max_iter):
        """Run the solver and keep what was learned."""

        def attributes(weights):
            return self._attributes(problem, weights)

        def validate(weights):
            return self._validation_score(attributes(weights), *validation)

        validate = None if validation is None else validate
        monitor = Monitor(self, callbacks, attributes, validate)
        solver = SOLVERS[self._solver_for(rows[0].shape[0])]
        weights, curve = solver(self, problem, start, rows, max_iter, monitor)
        if monitor.best_weights is not None:
            weights = monitor.best_weights
        vars(self).update(attributes(weights))
        self._record(problem, monitor, curve, *rows)

    def _validation_score(self, attributes, X_val, y_val, s_val):
        """Score of partly trained weights on checked rows; -inf if their outputs overflow."""
        fitted = object.__new__(type(self))
        vars(fitted).update(vars(self), **attributes)
        vars(fitted).pop("feature_names_in_", None)  # the rows are arrays by now
        outputs = fitted._forward(placed(X_val, self.device))
        xp = namespace_of(outputs)
        if not bool(xp.all(xp.isfinite(outputs))):
            return -math.inf
        with config_context(array_api_dispatch=not is_numpy_array(X_val)):
            return float(fitted.score(X_val, y_val, sample_weight=s_val))

    def _attributes(self, problem, weights):
        """Fitted attributes that prediction needs, for some weights."""
        coefs, intercepts = self._decode_weights(*network_weights(problem, weights))
        return network_attributes(problem, coefs, intercepts, self._decode_loss(problem.loss))

    def _decode_weights(self, coefs, intercepts):
        """Weights for targets as the user gave them."""
        return coefs, intercepts

    def _decode_targets(self, Y):
        """Targets as the user gave them, up to the coding of labels."""
        return Y

    def _engine_outputs(self, V):
        """Network outputs as the engine sees them."""
        return V

    def _decode_loss(self, loss):
        """The loss for targets and outputs as the user gave them."""
        return loss

    def _record(self, problem, monitor, curve, X, Y, s):
        """Curves and counts of the fit."""
        self._diagnosis = monitor.diagnosis
        self.n_iter_ = monitor.n_sweeps
        self.objective_curve_ = [t.total for t in curve]
        self.objective_terms_ = [dict(vars(t)) for t in curve]
        self.n_layers_ = problem.N + 1
        self.n_outputs_ = Y.shape[1]
        self.out_activation_ = "identity"
        if self.early_stopping:
            self.validation_scores_ = monitor.scores
            self.best_validation_score_ = monitor.best_score
        self.loss_ = self._mean_loss(problem, X, Y, s)

    def _mean_loss(self, problem, X, Y, s):
        """Weighted mean of the loss over rows."""
        xp = problem.xp
        value = self._loss.value(self._decode_targets(Y), self._forward(X), xp=xp)
        weight = xp.ones_like(value) if s is None else s
        return float(xp.sum(weight * value) / xp.sum(weight))

    # prediction -------------------------------------------------------------------------------

    def _checked_outputs(self, X, method):
        """Validate rows and return the network's outputs, shape (n, n_outputs_), where the network is."""
        check_is_fitted(self)
        X, _ = flat_rows(self, X, self._row_shape)
        dtypes = [d for d in float_dtypes(X) if self._dtype in str(d)]
        fitted, owner = self._any_array(), type(self).__name__
        if self.device == "auto":
            check_same_home(X, fitted, owner, method)
        X = placed(checked_rows(self, X, dtype=dtypes, reset=False), self.device)
        if self.device != "auto":
            check_device(X, fitted, owner, method, self.device)
        return self._forward(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        return tags
