# SPDX-License-Identifier: BSD-3-Clause
"""What both estimators share: parameters, validation, fit and prediction."""

import copy

import array_api_compat
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ._monitor import Monitor
from ._network import block_rows, network_weights, operators, run_network
from ._problem import check_loop_parameters, flat_rows, resolve_initializer, resolve_problem
from ._solvers import SOLVERS, resolve_batch_size, resolve_max_iter, resolve_solver
from .utils._paths import count_live_entries
from .utils._sklearn_compat import (
    CallbackSupportMixin,
    SweepCallbacks,
    check_sample_weight,
    with_callbacks,
)

class BaseNNBCD(CallbackSupportMixin, BaseEstimator):
    """Parameters and plumbing of both estimators; see there for the documentation."""

    _task = None
    _target_options = {}

    def __init__(
        self,
        hidden_layer_sizes,
        *,
        activation,
        loss,
        compression,
        rank,
        sparsity,
        tensorization,
        tensor_shape,
        compress_output,
        rho,
        gamma,
        tau,
        alpha,
        alpha_w,
        ridge,
        initializer,
        fit_intercept,
        solver,
        batch_size,
        block_step,
        max_iter,
        tol,
        n_iter_no_change,
        early_stopping,
        validation_fraction,
        warm_start,
        random_state,
        verbose,
        layers,
        input_shape,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.loss = loss
        self.compression = compression
        self.rank = rank
        self.sparsity = sparsity
        self.tensorization = tensorization
        self.tensor_shape = tensor_shape
        self.compress_output = compress_output
        self.rho = rho
        self.gamma = gamma
        self.tau = tau
        self.alpha = alpha
        self.alpha_w = alpha_w
        self.ridge = ridge
        self.initializer = initializer
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.batch_size = batch_size
        self.block_step = block_step
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        self.layers = layers
        self.input_shape = input_shape

    # fitting ----------------------------------------------------------------------------------

    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None):
        """Train the network and its compression together.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows, finite. float32 stays float32; anything else becomes float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. A weight of k equals k copies of the row, 0 equals dropping it.
        X_val, y_val : array-like, default=None
            Rows for early stopping, instead of a part of X; only used with ``early_stopping=True``.

        Returns
        -------
        self : estimator
            Fitted.

        Raises
        ------
        ValueError, TypeError
            For bad parameters or data, before any work; the message names the parameter, what is
            allowed, what came, and the cure.

        Warns
        -----
        UserWarning
            If the fit was interrupted (Ctrl-C) or stopped at non-finite numbers; the estimator then
            holds the last complete weights.
        """
        check_loop_parameters(self)
        X, y, s = self._validated(X, y, sample_weight)
        if s is not None and not bool((s > 0).all()):
            X, y, s = X[s > 0], y[s > 0], s[s > 0]
        validation = self._validation_rows(X, y, s, X_val, y_val)
        if validation is not None:
            X, y, s, *validation = validation
        Y, s, n_outputs = self._encode(X, y, s)
        xp = array_api_compat.array_namespace(X)
        problem, shapes = resolve_problem(self, X.shape[1], n_outputs, self._task, xp)
        start = self._start(problem, shapes, X.dtype)
        max_iter = resolve_max_iter(
            self.max_iter,
            resolve_solver(self.solver, X.shape[0]),
            X.shape[0],
            resolve_batch_size(self.batch_size, X.shape[0]),
        )
        callbacks = SweepCallbacks(self, max_iter, X, y)
        with callbacks.fit():
            self._run(problem, start, (X, Y, s), validation, callbacks, max_iter)
        return self

    def _validated(self, X, y, sample_weight):
        """Arrays of checked rows, targets and weights."""
        X, self._row_shape = flat_rows(self, X)
        X, y = validate_data(
            self, X, y, dtype=["float64", "float32"], order="C", **self._target_options
        )
        s = None
        if sample_weight is not None:
            s = check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
            if not bool((s > 0).any()):
                raise ValueError(
                    "The 'sample_weight' of fit must have at least one positive entry. Got all zeros. "
                    "Pass None to weigh all rows alike."
                )
        return X, y, s

    def _validation_rows(self, X, y, s, X_val, y_val):
        """Training rows and validation rows for early stopping, or None."""
        if not self.early_stopping:
            return None
        if (X_val is None) != (y_val is None):
            raise ValueError(
                "The 'X_val' and 'y_val' of fit must be given together. Got one of them. Pass both, or "
                "neither to hold out 'validation_fraction' of X."
            )
        if X_val is not None:
            X_val = validate_data(self, flat_rows(self, X_val)[0], dtype=[X.dtype], reset=False)
            return X, y, s, X_val, y_val
        weights = [] if s is None else [s]
        parts = train_test_split(
            X,
            y,
            *weights,
            test_size=self.validation_fraction,
            random_state=check_random_state(self.random_state).randint(2**31 - 1),
            stratify=y if self._task == "classification" else None,
        )
        return parts[0], parts[2], parts[4] if weights else None, parts[1], parts[3]

    def _encode(self, X, y, s):
        """Targets Y (n, d_N), all weights, d_N. Sets what is learned of the targets."""
        raise NotImplementedError

    def _start(self, problem, shapes, dtype):
        """First W and b: drawn, or those of the last fit with warm_start."""
        initializer, random_state = resolve_initializer(self), check_random_state(self.random_state)
        xp = problem.xp
        if self.warm_start and hasattr(self, "compressed_coefs_"):
            coefs, intercepts = self._last_weights()
            if [coef.shape for coef in coefs] != [tuple(shape) for shape in shapes]:
                raise ValueError(
                    "With warm_start=True the network must keep its layers. Got weights of shapes "
                    f"{[coef.shape for coef in coefs]} from the last fit and {shapes} now. "
                    "Use warm_start=False, or clone the estimator."
                )
            zeros = [xp.zeros(shape[1], dtype=dtype) for shape in shapes]
            W = [xp.astype(coef.to_dense(xp=xp), dtype) for coef in coefs]
            b = [z if c is None else xp.astype(c, dtype) for z, c in zip(zeros, intercepts, strict=True)]
            return (None, *W), (None, *(b if problem.fit_intercept else [None] * len(b)))
        W = [xp.asarray(initializer.draw(shape, random_state), dtype=dtype) for shape in shapes]
        b = [xp.zeros(shape[1], dtype=dtype) if problem.fit_intercept else None for shape in shapes]
        return (None, *W), (None, *b)

    def _last_weights(self):
        """Weights and intercepts of the last fit, for targets as the engine sees them."""
        return self.compressed_coefs_, self.intercepts_

    def _run(self, problem, start, rows, validation, callbacks, max_iter):
        """Run the solver and keep what was learned."""

        def attributes(weights):
            return self._attributes(problem, weights)

        def validate(weights):
            fitted = copy.copy(self)
            vars(fitted).update(attributes(weights))
            return fitted.score(*validation)

        validate = None if validation is None else validate
        monitor = Monitor(self, callbacks, attributes, validate)
        solver = SOLVERS[resolve_solver(self.solver, rows[0].shape[0])]
        weights, curve = solver(self, problem, start, rows, max_iter, monitor)
        if monitor.best_weights is not None:
            weights = monitor.best_weights
        vars(self).update(attributes(weights))
        self._record(problem, monitor, curve, *rows)

    def _attributes(self, problem, weights):
        """Fitted attributes that prediction needs, for some weights."""
        coefs, intercepts = self._decode_weights(*network_weights(problem, weights))
        return {
            "compressed_coefs_": coefs,
            "intercepts_": intercepts,
            "_activations": problem.activations[1:],
            "_layers": problem.layers,
            "_skips": problem.skips,
            "_loss": problem.loss,
            "_dtype": str(weights.W[1].dtype),
            "_operators": operators(coefs, xp=problem.xp),
        }

    def _decode_weights(self, coefs, intercepts):
        """Weights for targets as the user gave them."""
        return coefs, intercepts

    def _decode_targets(self, Y):
        """Targets as the user gave them, up to the coding of labels."""
        return Y

    def _record(self, problem, monitor, curve, X, Y, s):
        """Curves and counts of the fit."""
        self.n_iter_ = max(1, monitor.n_sweeps)
        self.objective_curve_ = [t.total for t in curve]
        self.objective_terms_ = [dict(vars(t)) for t in curve]
        self.n_layers_ = problem.N + 1
        self.n_outputs_ = Y.shape[1]
        self.out_activation_ = "identity"
        if self.early_stopping:
            self.validation_scores_ = monitor.scores
            self.best_validation_score_ = monitor.best_score
        xp = problem.xp
        value = problem.loss.value(self._decode_targets(Y), self._forward(X), xp=xp)
        weight = xp.ones_like(value) if s is None else s
        self.loss_ = float(xp.sum(weight * value) / xp.sum(weight))

    # what was learned -------------------------------------------------------------------------

    @property
    def coefs_(self):
        """Dense view of the weights: list of arrays of shape (d_{i-1}, d_i), made on each access."""
        check_is_fitted(self)
        xp = self._namespace()
        return [coef.to_dense(xp=xp) for coef in self.compressed_coefs_]

    @property
    def n_parameters_(self):
        """Number of stored weight entries and intercepts."""
        check_is_fitted(self)
        intercepts = sum(0 if b is None else b.shape[0] for b in self.intercepts_)
        return sum(coef.n_parameters for coef in self.compressed_coefs_) + intercepts

    @property
    def compression_ratio_(self):
        """Weight entries after compression / before, over all layers, as the paper counts them."""
        check_is_fitted(self)
        dense = sum(coef.shape[0] * coef.shape[1] for coef in self.compressed_coefs_)
        return sum(coef.n_parameters for coef in self.compressed_coefs_) / dense

    @property
    def sparsity_(self):
        """Share of the dense weight entries that are exactly zero: removed / before."""
        counts = [(int((W != 0).sum()), W.shape[0] * W.shape[1]) for W in self.coefs_]
        return 1.0 - sum(kept for kept, _ in counts) / sum(size for _, size in counts)

    @property
    def effective_sparsity_(self):
        """Share of the weight entries that lie on no path of non-zero weights from input to output."""
        masks = [W != 0 for W in self.coefs_]
        live = count_live_entries(masks, self._layers, self._skips, xp=self._namespace())
        return 1.0 - live / sum(mask.shape[0] * mask.shape[1] for mask in masks)

    def _namespace(self):
        return array_api_compat.array_namespace(self.compressed_coefs_[0].arrays[0])

    # prediction -------------------------------------------------------------------------------

    def _forward(self, X):
        """Outputs V_N of checked rows, through the compressed weights, in blocks of rows."""
        return run_network(
            X,
            self._operators,
            self.intercepts_,
            self._activations,
            block_rows([X.shape[1]] + [layer.row_entries for layer in self._layers[1:]]),
            layers=self._layers,
            skips=self._skips,
            xp=array_api_compat.array_namespace(X),
        )

    def _checked_outputs(self, X):
        """Validate rows and return the network's outputs, shape (n, n_outputs_)."""
        check_is_fitted(self)
        X, _ = flat_rows(self, X, self._row_shape)
        return self._forward(validate_data(self, X, dtype=self._dtype, order="C", reset=False))

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_operators", None)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        if "compressed_coefs_" in state:
            self._operators = operators(self.compressed_coefs_, xp=self._namespace())

