# SPDX-License-Identifier: BSD-3-Clause
"""What both estimators share: fit, partial_fit, and the network that predicts."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ._arrays import to_numpy
from ._asked import warn_if_ignored
from ._copies import with_copies
from ._from_mlp import FROM_MLP_PARAMETERS, check_mlp, network_of_mlp, parameters_of_mlp
from ._input import NotPlainError, Rows, check_input, check_rows, plain_rows, split_rows
from ._mapping import mapped_rows
from ._monitor import Monitor
from ._outcome import Curves, fitted_attributes, mean_losses, network_outputs, terms_table, warn_if_constant
from ._parameters import check_nested, check_parameters, refuse_bytes, refuse_early_stopping
from ._resolve import resolve_loss, resolve_solver, warn_of_layers
from ._sizing import fit_in_bytes
from ._sklearn_compat import CallbackSupportMixin, LinkedEstimator, SweepCallbacks, with_callbacks
from ._stream import Stream, next_stream
from ._training import Training
from ._validation import all_or_nothing, parse_bytes
from .engine import Terms
from .initializers import FromMLP
from .integers import calibrated
from .network import Network, stored_in_single
from .solvers import STREAM_BATCHES, BaseSolver, RunResult, begin, run
from .targets import BaseTargets


class BaseNNBCD(CallbackSupportMixin, LinkedEstimator):
    """Fit and prediction of both estimators; see there for the documentation."""

    _task = ""
    _target_options: dict = {}

    # fitting ----------------------------------------------------------------------------------

    @all_or_nothing
    @with_callbacks
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None) -> Self:
        """Train the network and its compression together.

        At most ``max_iter`` sweeps over the data: a budget, so using it up is no warning. A fit
        that raises leaves the estimator as it was before the call.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows, finite. float32 stays float32; anything else becomes float64. A sparse matrix or
            array of SciPy gives the same fit as the dense table and is never made dense; a first layer that
            is no plain ``Dense`` and ``device='cuda'`` refuse it.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. A weight of k equals k copies of the row, 0 equals dropping it.
        X_val, y_val : array-like, X_val also sparse, default=None
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
        KeyboardInterrupt
            If the user interrupts before the first sweep is complete.

        Warns
        -----
        UserWarning
            If the fit was interrupted later (Ctrl-C) or stopped at non-finite numbers; the estimator then
            holds the last complete weights.
        """
        check_parameters(self)
        if self.max_bytes is not None:
            self._check_rows(X, y, sample_weight)  # bad rows are refused before any work
            self.__dict__.update(fit_in_bytes(self, X, y, sample_weight, X_val=X_val, y_val=y_val))
            return self
        loss = resolve_loss(self, self._task)
        rows = self._check_rows(X, y, sample_weight)
        stratify = self._task == "classification"
        rows, validation = split_rows(self, rows, X_val, y_val, self._target_options, stratify)
        rows = with_copies(rows)
        solver = resolve_solver(self, rows.X.shape[0])
        warn_if_ignored(self, solver, X_val is not None)
        targets = self._fit_targets(rows.y, rows.s, loss, rows.dtype)
        if validation is not None:
            validation = replace(validation, y=self._clean_targets(validation.y))
            targets.check_validation(validation.y)
        encoded = self._train(rows, targets, solver, validation)
        network = replace(self.network_, columns=None)  # rows have been through it
        self.loss_, engine_loss = mean_losses(network, self.targets_, encoded, self._memory_limit)
        warn_if_constant(engine_loss, self.targets_, encoded, type(self).__name__)
        return self

    def _train(
        self,
        rows: Rows,
        targets: BaseTargets,
        solver: BaseSolver,
        validation: Rows | None = None,
        place: Callable | None = None,
    ) -> tuple:
        """From checked rows and learned targets to fitted attributes; the encoded rows (X, Y, s).

        Extreme entries of X are drawn in, as in the training: a loss at them would say nothing of the rest.
        """
        given, before = rows, self.network_ if self.warm_start and hasattr(self, "network_") else None
        rows, validation, moments, finding = mapped_rows(self, rows, validation, targets, solver, before)
        targets = targets.calibrated(finding.temperature)
        training = Training.prepare(self, rows, targets, solver, moments, finding=finding)
        warn_of_layers(self, training.problem, training.shapes)
        max_iter = training.auto_max_iter() if self.max_iter == "auto" else self.max_iter

        def to_attributes(weights: Any) -> dict:
            network = training.finished(training.to_network(weights))
            return fitted_attributes(network, targets, solver, rows.image_shape)

        def score(weights: Any) -> float:
            return self._score_on(validation, targets, training.to_network(weights))

        callbacks = SweepCallbacks(self, max_iter, getattr(given.X, "entries", given.X), rows.y, rows.s)
        monitor = Monitor(self, solver, callbacks, to_attributes, None if validation is None else score)
        with callbacks.fit():
            encoded = rows.encoded(targets)
            context = training.context(max_iter, place, self._batches_before(before))
            started = training.problem, training.start(before), (training.X, *encoded[1:]), context
            state = begin(solver, *started)
            try:
                result = run(solver, state, max_iter, monitor)
            finally:
                solver.close(state)
        best = result.weights if monitor.best_weights is None else monitor.best_weights
        network = training.to_network(best)
        if rows.is_local:
            encoded = training.without_extremes(encoded)
            network = training.rounded(network, encoded)
        network = training.finished(network)
        network = stored_in_single(network) if network.is_rounded else network
        X = encoded[0] if network.columns is None else given.X  # as predict gets it
        self._set_fitted(network, targets, solver, rows.image_shape, X)
        self._stream = Stream(n_batches=solver.n_batches(result.state))
        self._set_curves(result, monitor)
        return encoded

    def _batches_before(self, network: Network | None) -> int:
        """How many batches the first weights have seen: those of the last fit, or of an MLP's."""
        if network is not None:
            return self._stream.n_batches if "_stream" in vars(self) else STREAM_BATCHES
        return STREAM_BATCHES if getattr(self.initializer, "in_user_units", False) else 0

    def _check_rows(self, X: Any, y: Any, sample_weight: Any, known: bool = False) -> Rows:
        before = (self.network_, self._image_shape) if known else (None, None)
        rows = check_rows(self, X, y, sample_weight, self._target_options, *before)
        return replace(rows, y=self._clean_targets(rows.y))

    def _score_on(self, rows: Any, targets: BaseTargets, network: Network) -> float:
        """Score of a partly trained network on validation rows; -inf if their outputs overflow."""
        V = to_numpy(network.forward(rows.X, self._memory_limit))
        return targets.score(rows.y, V, rows.s) if np.isfinite(V).all() else -np.inf

    def _set_fitted(self, network: Network, targets: Any, solver: Any, image: Any, X: Any = None) -> None:
        """Set what prediction needs; rows X calibrate integers where ``activation_bits`` wants them."""
        if not network.is_finite:
            raise ValueError(
                "The fitted weights are not finite for the given X and y. Standardise the columns first, "
                "e.g. with make_pipeline(StandardScaler(), ...), or pass float64."
            )
        integers = calibrated(network, targets, X, self.activation_bits)
        self.__dict__.update(fitted_attributes(network, targets, solver, image, integers))

    def _set_curves(self, result: RunResult, monitor: Monitor) -> None:
        self.diagnosis_ = result.diagnosis
        self.n_iter_ = result.n_sweeps
        self._curves = Curves.of_fit(result.curve, monitor.scores if self.early_stopping else None)
        if self.early_stopping:
            self.best_validation_score_ = monitor.best_score

    # streams ----------------------------------------------------------------------------------

    @all_or_nothing
    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, **options: Any) -> Self:
        """One pass of a batch solver over some rows, on top of what was learned before."""
        check_parameters(self)
        refuse_bytes(self)
        refuse_early_stopping(self)
        loss = resolve_loss(self, self._task)
        rows = self._check_rows(X, y, sample_weight, hasattr(self, "network_"))
        targets = self._more_targets(rows.y, rows.s, loss, rows.dtype, **options)
        given, rows = rows, rows.mapped(self.network_.columns if hasattr(self, "network_") else None)
        before = vars(self).get("_stream")
        is_first = before is None or before.training is None
        stream = next_stream(self, before, rows, targets)
        if is_first:
            warn_of_layers(self, stream.training.problem, stream.training.shapes)
        result = run(stream.training.solver, stream.state, 1, lambda *after: False)
        network = stream.training.to_network(result.weights)
        network = stream.training.rounded(network, rows.encoded(stream.training.targets))
        network, solver = stream.training.finished(network), stream.training.solver
        self._set_fitted(network, targets, solver, rows.image_shape, given.X)
        self._stream, self.diagnosis_ = stream.after(result.state), result.diagnosis
        self.loss_ = result.curve[-1].loss / result.state.weight
        self.n_iter_ = 1 if is_first else self.n_iter_ + 1
        curve = np.append([] if is_first else self._curves.objective, self.loss_)
        self._curves = Curves(curve, terms_table([Terms(loss=self.loss_ * result.state.engine.n_rows)]))
        return self

    def __getstate__(self) -> dict:
        state = dict(super().__getstate__())
        if "_stream" in state:  # its state is as large as many networks; a stream goes on from the weights
            state["_stream"] = state["_stream"].without_state()
        return state

    # from an MLP ------------------------------------------------------------------------------

    @classmethod
    def from_mlp(cls, mlp: Any, **parameters: Any) -> Self:
        """An estimator with the layers and the weights of a fitted MLP of scikit-learn.

        Shorthand for ``initializer=FromMLP(mlp)`` with the MLP's widths, activation and loss; the
        result predicts what the MLP predicts, at once. Each ``fit`` starts from these weights and
        compresses them, as those of clones do: a grid search over ``compression_ratio`` starts from the
        MLP each time.

        Parameters
        ----------
        mlp : MLPClassifier or MLPRegressor
            Fitted; the classifier's for a classifier. It is left as it is.
        **parameters
            Parameters of the estimator but those that the MLP decides: ``hidden_layer_sizes``,
            ``activation``, ``layers``, ``input_shape``, ``fit_intercept``, ``initializer``. ``loss`` is by
            default the MLP's: 'cross_entropy' for several classes, 'logistic' for two classes and for
            labels, 'squared_error' or 'poisson' for numbers.

        Returns
        -------
        estimator : estimator
            With the fitted attributes that prediction needs.

        Raises
        ------
        TypeError, ValueError
            If the MLP is none, or not fitted, or a parameter is one that it decides.

        Examples
        --------
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.neural_network import MLPClassifier
        >>> from sklearn_nnbcd import NNBCDClassifier
        >>> X, y = load_digits(return_X_y=True)
        >>> X = X / 16
        >>> mlp = MLPClassifier((50,), tol=0.01, random_state=0).fit(X, y)
        >>> network = NNBCDClassifier.from_mlp(mlp, compression="low_rank", compression_ratio=0.5)
        >>> bool((network.predict(X) == mlp.predict(X)).all())
        True
        >>> network.fit(X, y).compression_ratio_ <= 0.5
        True
        """
        check_mlp(mlp, cls.__name__, cls._task)
        for name in FROM_MLP_PARAMETERS:
            if name in parameters:
                raise ValueError(
                    f"The {name!r} of {cls.__name__}.from_mlp is decided by the mlp. Got "
                    f"{parameters[name]!r}. Leave it out."
                )
        estimator = cls(**parameters_of_mlp(mlp) | {"initializer": FromMLP(mlp)} | parameters)
        loss = resolve_loss(estimator, cls._task)
        network = network_of_mlp(mlp)
        estimator.n_features_in_ = network.n_features
        if hasattr(mlp, "feature_names_in_"):
            estimator.feature_names_in_ = mlp.feature_names_in_
        targets = estimator._targets_of_mlp(mlp, loss, network.dtype)
        estimator._set_fitted(network, targets, None, None)
        return estimator

    # the network ------------------------------------------------------------------------------

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also nested ones such as ``solver__batch_size`` of instances.

        Parameters
        ----------
        **params
            Names and values.

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            For unknown names, and for a nested parameter where there is a name instead of an instance.
        """
        check_nested(self, params)
        return super().set_params(**params)

    @property
    def compressed_coefs_(self) -> list:
        """Weights W_i^MC as they are stored: cores, factors, sparse rows, or a plain matrix."""
        return list(self._fitted_network.coefs)

    @property
    def intercepts_(self) -> list:
        """Intercepts of the compressed network, shapes (d_i,)."""
        return list(self._fitted_network.dense_intercepts())

    @property
    def coefs_(self) -> list:
        """Dense view of the weights: list of arrays (d_{i-1}, d_i), made on each access."""
        return self._fitted_network.dense_coefs()

    @property
    def n_parameters_(self) -> int:
        """Number of stored weight entries and intercepts."""
        return self._fitted_network.n_parameters

    @property
    def n_bytes_(self) -> int:
        """Bytes of all stored weights, indices and intercepts."""
        return self._fitted_network.n_bytes

    @property
    def compression_ratio_(self) -> float:
        """Weight entries after compression / before, over all layers, as the paper counts them."""
        return self._fitted_network.compression_ratio

    @property
    def sparsity_(self) -> float:
        """Share of the dense weight entries that are exactly zero: removed / before."""
        return self._fitted_network.sparsity

    @property
    def effective_sparsity_(self) -> float:
        """Share of the weight entries on no path of non-zero weights from input to output."""
        return self._fitted_network.effective_sparsity

    @property
    def objective_curve_(self) -> list:
        """L after every sweep, a list of floats."""
        return self._curve("objective").tolist()

    @property
    def objective_terms_(self) -> np.ndarray:
        """Its terms after every sweep, a structured array."""
        return self._curve("terms")

    @property
    def validation_scores_(self) -> list:
        """Score on the held-out rows after every sweep, a list of floats."""
        return self._curve("validation").tolist()

    def _curve(self, name: str) -> np.ndarray:
        curve = getattr(vars(self).get("_curves"), name, None)
        if curve is None:
            raise AttributeError(f"This {type(self).__name__} has no curve of its {name}: no fit left one.")
        return curve

    @property
    def _fitted_network(self) -> Network:
        # NotFittedError is an AttributeError, so hasattr of what is derived is False before fit
        check_is_fitted(self, "network_")
        return self.network_

    def _outputs(self, X: Any, method: str) -> Any:
        """Network outputs for rows that are checked first, where the network is."""
        check_is_fitted(self, "network_")
        ready = plain_rows(self, X)
        if ready is not None:
            with suppress(NotPlainError):
                return network_outputs(self, X, method, self._memory_limit, ready)
        X = check_input(self, X, method, self._image_shape)
        return network_outputs(self, X, method, self._memory_limit)

    @property
    def _memory_limit(self) -> int | None:
        """``memory_limit`` in bytes."""
        return parse_bytes(self.memory_limit, "memory_limit", type(self).__name__)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        tags.input_tags.sparse = True
        return tags
