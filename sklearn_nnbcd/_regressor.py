# SPDX-License-Identifier: BSD-3-Clause
"""The regressor."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.metaestimators import available_if

from ._arrays import like_input
from ._docs import documented
from ._estimator import BaseNNBCD
from ._names import named_parameters
from ._outcome import finite_outputs
from ._stream import check_stream
from .backends import namespace_of
from .targets import Numbers


@named_parameters
@documented
class NNBCDRegressor(RegressorMixin, BaseNNBCD):
    """Compressed neural network regressor, trained by block coordinate descent.

    Weights and their compression (tensor train, low rank, sparse) are found together: Algorithm 1
    of [1]_ splits the network into blocks of variables and solves for one block at a time. What is
    fitted, stored and predicts is the compressed network. Columns of X are centred and brought to
    comparable spreads for the fit; the network takes X as it is.

    Parameters
    ----------
    loss : str or instance
        Loss of the outputs V_N: a name of ``sklearn_nnbcd.losses.LOSSES`` that suits regression
        ('squared_error', 'huber', 'absolute_error', 'poisson') or an instance. Losses
        are sums over rows and outputs.

    Attributes
    ----------

    See Also
    --------
    NNBCDClassifier : The same for labels, with the objective and what to know about it.
    sklearn.neural_network.MLPRegressor : Dense networks trained by gradients.

    Notes
    -----
    The network is fitted to (y - mean) / spread with one spread for all outputs, the root of the
    mean variance, so that the penalties mean the same whatever the unit of y; the last layer takes
    the change back, and all that is stored and predicted is in the unit of y. With
    ``fit_intercept=False`` the mean stays in. A parameter of the loss that has a unit, as Huber's
    delta, is in units of that spread. ``loss='poisson'`` takes y >= 0 as it is: its outputs are
    logarithms, and predict returns exp(V_N).

    References
    ----------
    .. [1] C. Li, J. Chung, B. Cai, H. Wang, X. Zhou, B. Shen, "On Model Compression for Neural
       Networks: Framework, Algorithm, and Convergence Guarantee", 2023.
       https://arxiv.org/abs/2303.06815

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nnbcd import NNBCDRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> network = NNBCDRegressor(compression="low_rank", rank=1, random_state=0)
    >>> model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
    >>> model.score(X_test, y_test) > 0.3
    True
    >>> network.compressed_coefs_[0].n_parameters  # of 10 * 100
    110
    """

    _task = "regression"
    _target_options = {"multi_output": True, "y_numeric": True}

    def __init__(
        self,
        hidden_layer_sizes="auto",
        *,
        activation="relu",
        loss="squared_error",
        compression="auto",
        rank=None,
        sparsity=None,
        bits=None,
        activation_bits=None,
        compression_ratio=None,
        max_bytes=None,
        compress_output=False,
        weight_regularizer=None,
        activity_regularizer=None,
        rho=1.0,
        gamma=1.0,
        tau="auto",
        proximal=0.01,
        ridge="auto",
        initializer="auto",
        fit_intercept=True,
        bend_columns=True,
        column_bins="auto",
        solver="auto",
        max_iter="auto",
        tol=1e-3,
        n_iter_no_change=10,
        early_stopping=False,
        validation_fraction=0.1,
        warm_start=False,
        random_state=None,
        verbose=0,
        layers=None,
        input_shape=None,
        device="auto",
        memory_limit=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.loss = loss
        self.compression = compression
        self.rank = rank
        self.sparsity = sparsity
        self.bits = bits
        self.activation_bits = activation_bits
        self.compression_ratio = compression_ratio
        self.max_bytes = max_bytes
        self.compress_output = compress_output
        self.weight_regularizer = weight_regularizer
        self.activity_regularizer = activity_regularizer
        self.rho = rho
        self.gamma = gamma
        self.tau = tau
        self.proximal = proximal
        self.ridge = ridge
        self.initializer = initializer
        self.fit_intercept = fit_intercept
        self.bend_columns = bend_columns
        self.column_bins = column_bins
        self.solver = solver
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
        self.device = device
        self.memory_limit = memory_limit

    # targets ----------------------------------------------------------------------------------

    def _clean_targets(self, y: Any) -> np.ndarray:
        return np.asarray(y)

    def _fit_targets(self, y: np.ndarray, s: Any, loss: Any, dtype: str) -> Numbers:
        """The targets' mean and spread."""
        return Numbers.fit(y, s, loss=loss, dtype=dtype, centre=self.fit_intercept)

    def _more_targets(self, y: np.ndarray, s: Any, loss: Any, dtype: str) -> Numbers:
        """Targets of some rows of a stream, in the unit of all rows so far."""
        known = getattr(self, "targets_", None)
        if known is not None:
            known.check_more(y)
        options = {"loss": loss, "dtype": dtype, "centre": self.fit_intercept, "is_stream": True}
        return Numbers.fit(y, s, before=None if known is None else known.moments, **options)

    def _targets_of_mlp(self, mlp: Any, loss: Any, dtype: str) -> Numbers:
        return Numbers(
            np.zeros(mlp.n_outputs_, dtype), np.ones(mlp.n_outputs_, dtype), mlp.n_outputs_ == 1, loss
        )

    # public methods ---------------------------------------------------------------------------

    @available_if(check_stream)
    def partial_fit(self, X, y, sample_weight=None) -> Self:
        """One pass of the mini-batch solver over some rows, on top of what was learned before.

        The step stays constant, the pull towards the compressed weights rises over the first 600
        batches. The unit and the origin of the targets are those of the first call's rows, which
        should be typical. A later ``fit`` begins anew; after ``fit`` this goes on from its weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, of the features and the precision of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets, of the columns of the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        self : estimator
            Fitted.

        Raises
        ------
        ValueError, TypeError
            For bad parameters or data; the estimator is then what it was before.
        AttributeError
            With the solver 'full', which takes all rows at once.
        """
        return self._partial_fit(X, y, sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X) -> Any:
        """Predicted targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_outputs)
            Of the shape that fit saw.
        """
        V = self._outputs(X, "predict")
        with np.errstate(all="ignore"):
            decoded = self.targets_.decode(V, xp=namespace_of(V))
        return like_input(finite_outputs(decoded, type(self).__name__, "predict"), X)
