# SPDX-License-Identifier: BSD-3-Clause
"""The regressor."""

import math

import numpy as np
from sklearn.base import RegressorMixin

from ._arrays import dtype_name, returned
from ._base import BaseNNBCD
from ._docs import documented
from ._problem import resolve_piece
from .backends import namespace_of
from .losses import LOSSES, BaseLoss


@documented
class NNBCDRegressor(RegressorMixin, BaseNNBCD):
    """Compressed neural network regressor, trained by block coordinate descent.

    Weights and their compression (tensor train, low rank, sparse) are found together: Algorithm 1
    of [1]_ splits the network into blocks of variables and solves for one block at a time. What is
    fitted, stored and predicts is the compressed network. X should have columns of similar scale:
    put a :class:`~sklearn.preprocessing.StandardScaler` in front.

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
    >>> network = NNBCDRegressor(compression="l0", sparsity=0.8, random_state=0)
    >>> model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
    >>> model.score(X_test, y_test) > 0.3
    True
    >>> network.compressed_coefs_[0].n_parameters  # of 10 * 100
    200
    """

    _task = "regression"
    _target_options = {"multi_output": True, "y_numeric": True}

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        activation="relu",
        loss="squared_error",
        compression=None,
        rank=None,
        sparsity=None,
        compression_ratio=None,
        tensorization=None,
        tensor_shape=None,
        compress_output=False,
        projection="auto",
        weight_regularizer=None,
        activity_regularizer=None,
        rho=1.0,
        gamma=1.0,
        tau=10.0,
        alpha=0.01,
        alpha_w=0.0,
        ridge="auto",
        relaxation=1.3,
        extrapolation=True,
        initializer="auto",
        fit_intercept=True,
        solver="auto",
        batch_size="auto",
        block_step="prox_linear",
        averaging=6.0,
        compress_after="auto",
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
        tf32=False,
        memory_limit=None,
    ):
        self._keep(locals())

    def _learn_from_mlp(self, mlp):
        self._one_column = mlp.n_outputs_ == 1

    def _encode(self, X, y, s):
        """Targets about their mean in units of their common spread, if the loss allows it.

        One number for all outputs, so (7) is only multiplied by a constant; it makes the default
        penalties mean the same for targets in any unit. Undone in the last layer after the fit.
        """
        self._one_column = y.ndim == 1
        Y = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.average(Y, axis=0, weights=s)
            square = np.average(np.mean((Y - mean) ** 2, axis=1), weights=s)
        xp, dtype = self._engine_namespace(X), dtype_name(X)
        if self._suitable_loss(Y).standardises:
            self._learn_scale(mean, square, dtype, np.max(np.abs(Y)))
        else:
            self._mean, self._spread = np.zeros(Y.shape[1], dtype), 1.0
        Y = xp.asarray(self._scaled(Y, dtype))
        self._mean = xp.asarray(self._mean)
        return Y, None if s is None else xp.asarray(s), Y.shape[1]

    def _learn_scale(self, mean, square, dtype, largest):
        """Keep the targets' mean, and the root of their mean square about it."""
        spread, most = math.sqrt(square) or 1.0, np.finfo(dtype).max
        if not (spread <= most and np.all(np.abs(mean) <= most)):
            raise ValueError(
                "The 'y' of fit must have a mean and a variance within the range of X's "
                f"{dtype}. Got targets as large as {largest:.3g}, a mean of "
                f"{np.max(np.abs(mean)):.3g} and a standard deviation of {spread:.3g}. "
                "Pass the targets in a larger unit."
            )
        self._mean = (mean if self.fit_intercept else np.zeros_like(mean)).astype(dtype)
        self._spread = spread

    def _scaled(self, Y, dtype):
        return ((Y - self._mean) / self._spread).astype(dtype)

    def partial_fit(self, X, y, sample_weight=None):
        """One pass of the mini-batch solver over some rows, on top of what was learned before.

        The step stays constant, the pull towards the compressed weights rises over the first 600
        batches. The unit and the origin of the targets are those of the first call's rows, which
        should be typical. A later ``fit`` begins anew; after ``fit`` this goes on from its weights.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
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
        """
        return self._partial_fit(X, y, sample_weight, self._encode_more)

    def _encode_more(self, X, y, s):
        """Targets of more rows, in the unit of the first ones."""
        if not hasattr(self, "_spread"):
            return self._encode(X, y, s)
        width = self._mean.shape[0]
        self._suitable_loss(np.asarray(y))
        if (y.ndim == 1) != self._one_column or (y.ndim == 2 and y.shape[1] != width):
            expected = "(n,)" if self._one_column else f"(n, {width})"
            raise ValueError(
                f"The 'y' of partial_fit must keep the shape {expected} of the first call. Got "
                f"{tuple(y.shape)}. Pass the same targets, or clone the estimator."
            )
        xp = self._engine_namespace(X)
        Y = xp.asarray(np.asarray(y).reshape(len(y), -1).astype(dtype_name(X)))
        return (Y - self._mean) / self._spread, None if s is None else xp.asarray(s), width

    def _suitable_loss(self, Y):
        """The loss, if it allows the targets."""
        loss = resolve_piece(self.loss, LOSSES, BaseLoss, "loss", type(self).__name__)
        if np.min(Y) < loss.lowest_target:
            raise ValueError(
                f"The 'y' of fit must be >= {loss.lowest_target:g} for loss={self.loss!r}. Got "
                f"{np.min(Y):.3g}. Shift the targets, or use loss='squared_error'."
            )
        return loss

    def _decode_loss(self, loss):
        return loss.rescaled(self._spread)

    def _decode_targets(self, Y):
        return Y * self._spread + self._mean

    def _engine_outputs(self, V):
        return (V - self._mean) / self._spread

    def _decode_weights(self, coefs, intercepts):
        b = intercepts[-1]
        b = None if b is None else b * self._spread + self._mean
        return [*coefs[:-1], coefs[-1].scaled(self._spread)], [*intercepts[:-1], b]

    def _encode_weights(self, coefs, intercepts):
        """Fitted weights and intercepts for targets in the units of this fit."""
        b = intercepts[-1]
        b = None if b is None else (b - self._mean) / self._spread
        return [*coefs[:-1], coefs[-1].scaled(1.0 / self._spread)], [*intercepts[:-1], b]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X):
        """Predicted targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_outputs)
            Of the shape that fit saw.
        """
        V = self._checked_outputs(X, "predict")
        V = self._loss.inverse_link(V, xp=namespace_of(V))
        return returned(V[:, 0] if self._one_column else V, X)
