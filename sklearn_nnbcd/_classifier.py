# SPDX-License-Identifier: BSD-3-Clause
"""The classifier."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._arrays import is_foreign, like_input, on_host
from ._docs import documented
from ._entries import known_labels
from ._estimator import BaseNNBCD
from ._names import named_parameters
from ._outcome import probabilities
from ._stream import check_stream
from .backends import namespace_of
from .targets import BaseTargets, Indicators, Labels, one_target


@named_parameters
@documented
class NNBCDClassifier(ClassifierMixin, BaseNNBCD):
    r"""Compressed neural network classifier, trained by block coordinate descent.

    Weights and their compression (tensor train, low rank, sparse) are found together: Algorithm 1
    of [1]_ splits the network into blocks of variables and solves for one block at a time. What is
    fitted, stored and predicts is the compressed network. Columns of X are centred and brought to
    comparable spreads for the fit; the network takes X as it is.

    Parameters
    ----------
    loss : str or instance
        Loss of the outputs V_N: a name of ``sklearn_nnbcd.losses.LOSSES`` that suits classification
        ('cross_entropy', 'squared_error' on coded labels, as in the paper, 'hinge', 'joint_hinge',
        'exponential', 'logistic') or an instance. For several labels per row 'cross_entropy' is that of
        each label by itself. Losses are sums over rows, so penalties keep their meaning beside them.
    class_weight : dict, 'balanced' or None
        Weights of the classes, multiplied into ``sample_weight``. 'balanced': inverse to the
        (weighted) class counts.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels in the order of the outputs.

    See Also
    --------
    NNBCDRegressor : The same for numbers.
    sklearn.neural_network.MLPClassifier : Dense networks trained by gradients.

    Notes
    -----
    Two classes have one output with targets -1 and 1, more have one output each. ``fit`` minimises

    .. math::

        L = {} & \sum_j s_j \Big[ \ell(V_N[j], Y[j])
        + \sum_i \tfrac{\rho}{2} \|U_i[j] - V_{i-1}[j] W_i - b_i\|^2 \\
        & \qquad + \tfrac{\gamma}{2} \|V_i[j] - \sigma_i(U_i[j])\|^2 \Big] \\
        & + \sum_i \tfrac{\tau}{2} \|W_i - W_i^{MC}\|^2 + \tfrac{ridge}{2} \|W_i\|^2

    over U, V, W, b and the compressed weights :math:`W^{MC}`; :math:`s_j` are the sample weights,
    and a weight of k equals k copies of the row (``solver='full'``). There every block update
    lowers L or leaves it as it is, and memory is that of U and V, n (d_1 + ... + d_N) numbers
    each; 'minibatch' needs one batch of them.

    References
    ----------
    .. [1] C. Li, J. Chung, B. Cai, H. Wang, X. Zhou, B. Shen, "On Model Compression for Neural
       Networks: Framework, Algorithm, and Convergence Guarantee", 2023.
       https://arxiv.org/abs/2303.06815

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> network = NNBCDClassifier(compression="low_rank", rank=16, random_state=0)
    >>> model = make_pipeline(StandardScaler(), network).fit(X_train, y_train)
    >>> model.score(X_test, y_test) > 0.9
    True
    >>> network.compression_ratio_ < 0.5  # less than half of the weights of the same dense layers
    True
    """

    _task = "classification"
    _target_options = {"multi_output": True}

    def __init__(
        self,
        hidden_layer_sizes="auto",
        *,
        activation="relu",
        loss="cross_entropy",
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
        class_weight=None,
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
        self.class_weight = class_weight
        self.random_state = random_state
        self.verbose = verbose
        self.layers = layers
        self.input_shape = input_shape
        self.device = device
        self.memory_limit = memory_limit

    # targets ----------------------------------------------------------------------------------

    def _clean_targets(self, y: Any) -> np.ndarray:
        return one_target(y)[0]

    def _fit_targets(self, y: np.ndarray, s: Any, loss: Any, dtype: str) -> BaseTargets:
        """Labels, or indicators of several labels, as y has them."""
        options = {"loss": loss, "class_weight": self.class_weight, "owner": type(self).__name__}
        targets = Indicators.fit(y, **options) if y.ndim == 2 else Labels.fit(y, s, **options)
        return self._check_warm(targets)

    def _check_warm(self, targets: Any) -> Any:
        """The targets; ValueError if a warm start would change the meaning of the outputs."""
        known = getattr(self, "classes_", None)
        if self.warm_start and known is not None and not np.array_equal(known, targets.classes):
            raise ValueError(
                f"With warm_start=True the 'y' of fit must keep its classes, {known.tolist()}. Got "
                f"{targets.classes.tolist()}. Use warm_start=False, or clone the estimator."
            )
        return targets

    def _more_targets(self, y: np.ndarray, s: Any, loss: Any, dtype: str, classes: Any = None) -> BaseTargets:
        """Targets of some rows of a stream, whose labels are known from the first call."""
        known = getattr(self, "targets_", None)
        if known is not None and isinstance(known, Indicators) != (y.ndim == 2):
            raise ValueError(
                "The 'y' of partial_fit must stay one label per row, or a column per label. Got shape "
                f"{y.shape}. Pass the same targets, or clone the estimator."
            )
        if y.ndim == 2:
            if known is None:
                return self._fit_targets(y, s, loss, dtype)
            known.check_more(y)
            return replace(known, loss=loss.for_labels()).calibrated(known.temperature)
        return self._more_labels(known, y, loss, classes)

    def _more_labels(self, known: Any, y: np.ndarray, loss: Any, classes: Any) -> Labels:
        if known is None and classes is None:
            raise ValueError(
                "The 'classes' of partial_fit must name all labels in the first call. Got None. Pass "
                "classes=np.unique(y) of all rows that will come."
            )
        given = known.classes if classes is None else known_labels(classes)
        if known is not None and not np.array_equal(given, known.classes):
            raise ValueError(
                f"The 'classes' of partial_fit must stay those of the first call, {known.classes.tolist()}. "
                f"Got {given.tolist()}. Leave classes out, or clone the estimator."
            )
        if len(given) < 2:
            raise ValueError(
                f"The 'classes' of partial_fit must be at least two. Got {given.tolist()}. Name every label "
                "that will ever come."
            )
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ValueError(
                "The 'class_weight' of partial_fit must be a dict or None. Got 'balanced', which needs "
                "all rows at once. Pass compute_class_weight('balanced', ...) as a dict."
            )
        owner = type(self).__name__
        labels = Labels.of_counts(given, None, loss=loss, class_weight=self.class_weight, owner=owner)
        labels.check_more(y)
        return labels if known is None else labels.calibrated(known.temperature)

    def _targets_of_mlp(self, mlp: Any, loss: Any, dtype: str) -> BaseTargets:
        if mlp.n_outputs_ > 1 and mlp.out_activation_ == "logistic":
            return Indicators(mlp.n_outputs_, np.dtype(np.int64), loss)
        return Labels(mlp.classes_, loss)

    @property
    def classes_(self) -> np.ndarray:
        """Labels in the order of the outputs."""
        check_is_fitted(self, "targets_")
        return self.targets_.classes

    # public methods ---------------------------------------------------------------------------

    @available_if(check_stream)
    def partial_fit(self, X, y, sample_weight=None, classes=None) -> Self:
        """One pass of the mini-batch solver over some rows, on top of what was learned before.

        The step stays constant, the pull towards the compressed weights rises over the first 600
        batches. A later ``fit`` begins anew; after ``fit`` this goes on from its weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, of the features and the precision of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels out of ``classes``; or a column of 0 and 1 per label, without ``classes``.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call only.

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
        return self._partial_fit(X, y, sample_weight, classes=classes)

    def decision_function(self, X) -> Any:
        """Network outputs.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        scores : array of shape (n_samples,) or (n_samples, n_classes)
            Two classes: one column, positive for ``classes_[1]``. More: one column per class, the
            largest wins. Several labels: one column per label, positive where it is present.
        """
        V = self._outputs(X, "decision_function")
        return like_input(V[:, 0] if V.shape[1] == 1 else V, X)

    def predict(self, X) -> Any:
        """Class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_samples,), or (n_samples, n_labels) of 0 and 1
        """
        V = self._outputs(X, "predict")
        decoded = like_input(self.targets_.decode(V, xp=namespace_of(V)), X)
        if isinstance(self.targets_, Indicators):
            return decoded
        classes = self.targets_.classes
        if is_foreign(decoded) and classes.dtype.kind in "biuf":
            xp = namespace_of(decoded)
            return xp.take(xp.asarray(classes), decoded)
        return classes[on_host(decoded)]  # names of classes are NumPy's only

    def predict_proba(self, X) -> Any:
        """Class probabilities, as the loss reads the outputs.

        Squared error: the probability vector nearest to the outputs (two classes: (v + 1)/2 clipped
        to [0, 1]). Hinge: the same of margins mapped to [0, 1], which ranks but does not estimate
        probabilities; calibrate with :class:`sklearn.calibration.CalibratedClassifierCV`. Logistic:
        the logistic function of the outputs, for several classes divided by its sum. Cross-entropy:
        the softmax. The last two are calibrated in ``fit`` by mini-batches to 500 rows and more: a short fit,
        judged on held-out rows, says how sure outputs may be (:class:`~sklearn_nnbcd.losses.CrossEntropy`).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        P : array of shape (n_samples, n_classes) or (n_samples, n_labels)
            Rows sum to one, columns in the order of ``classes_``. Several labels: the probability that
            each is present, by itself, never quite 0 or 1.
        """
        return like_input(self._probabilities(X, "predict_proba"), X)

    def predict_log_proba(self, X) -> Any:
        """Logarithms of the class probabilities; minus infinity where these are 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        L : array of shape (n_samples, n_classes) or (n_samples, n_labels)
        """
        P = self._probabilities(X, "predict_log_proba")
        with np.errstate(divide="ignore"):
            return like_input(namespace_of(P).log(P), X)

    def _probabilities(self, X: Any, method: str) -> Any:
        outputs = self._outputs(X, method)  # says first whether there is a fit
        return probabilities(self.targets_, outputs)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
