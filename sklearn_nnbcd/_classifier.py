# SPDX-License-Identifier: BSD-3-Clause
"""The classifier."""

from sklearn.base import ClassifierMixin

from ._arrays import is_foreign, on_host, returned
from ._base import BaseNNBCD
from ._class_targets import ClassTargets
from ._docs import documented
from .backends import namespace_of


@documented
class NNBCDClassifier(ClassifierMixin, ClassTargets, BaseNNBCD):
    r"""Compressed neural network classifier, trained by block coordinate descent.

    Weights and their compression (tensor train, low rank, sparse) are found together: Algorithm 1
    of [1]_ splits the network into blocks of variables and solves for one block at a time. What is
    fitted, stored and predicts is the compressed network. X should have columns of similar scale:
    put a :class:`~sklearn.preprocessing.StandardScaler` in front.

    Parameters
    ----------
    loss : str or instance
        Loss of the outputs V_N: a name of ``sklearn_nnbcd.losses.LOSSES`` that suits classification
        ('squared_error' on coded labels, as in the paper, 'hinge', 'logistic', 'cross_entropy') or
        an instance. Losses are sums over rows, so penalties keep their meaning beside them.
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

        L = \sum_j s_j \Big[ \ell(V_N[j], Y[j])
        + \sum_i \tfrac{\rho}{2} \|U_i[j] - V_{i-1}[j] W_i - b_i\|^2
        + \tfrac{\gamma}{2} \|V_i[j] - \sigma_i(U_i[j])\|^2 \Big]
        + \sum_i \tfrac{\tau}{2} \|W_i - W_i^{MC}\|^2 + \tfrac{ridge}{2} \|W_i\|^2

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
    >>> network.compression_ratio_  # 16 * (64 + 100) + 100 * 10 of 64 * 100 + 100 * 10 weights
    0.4897...
    """

    _task = "classification"
    _target_options = {"multi_output": True}
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
        class_weight=None,
        random_state=None,
        verbose=0,
        layers=None,
        input_shape=None,
        device="auto",
        tf32=False,
        memory_limit=None,
    ):
        self._keep(locals())

    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """One pass of the mini-batch solver over some rows, on top of what was learned before.

        The step stays constant, the pull towards the compressed weights rises over the first 600
        batches. A later ``fit`` begins anew; after ``fit`` this goes on from its weights.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
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
        """
        return self._partial_fit(
            X, y, sample_weight, lambda X, y, s: self._encode_more(X, y, s, classes)
        )

    def decision_function(self, X):
        """Network outputs.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        scores : array of shape (n_samples,) or (n_samples, n_classes)
            Two classes: one column, positive for ``classes_[1]``. More: one column per class, the
            largest wins. Several labels: one column per label, positive where it is present.
        """
        return returned(self._scores(X, "decision_function"), X)

    def _scores(self, X, method):
        V = self._checked_outputs(X, method)
        return V[:, 0] if V.shape[1] == 1 else V

    def predict(self, X):
        """Class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        y : array of shape (n_samples,), or (n_samples, n_labels) of 0 and 1
        """
        scores = self._scores(X, "predict")
        xp = namespace_of(scores)
        if self._multilabel:
            return returned(xp.astype(scores > 0, getattr(xp, str(self._label_type))), X)
        codes = xp.astype(scores > 0, xp.int64) if scores.ndim == 1 else xp.argmax(scores, axis=1)
        codes = returned(codes, X)
        if is_foreign(codes) and self.classes_.dtype.kind in "biuf":
            return xp.take(xp.asarray(self.classes_), codes)
        return self.classes_[on_host(codes)]  # names of classes are NumPy's only

    def predict_proba(self, X):
        """Class probabilities, as the loss reads the outputs.

        Squared error: the probability vector nearest to the outputs (two classes: (v + 1)/2 clipped
        to [0, 1]). Hinge: the same of margins mapped to [0, 1], which ranks but does not estimate
        probabilities; calibrate with :class:`sklearn.calibration.CalibratedClassifierCV`. Logistic:
        the logistic function of the outputs, for several classes divided by its sum. Cross-entropy:
        the softmax.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        P : array of shape (n_samples, n_classes) or (n_samples, n_labels)
            Rows sum to one, columns in the order of ``classes_``. Several labels: the probability that
            each is present, by itself, never quite 0 or 1.
        """
        V = self._checked_outputs(X, "predict_proba")
        xp = namespace_of(V)
        if self._multilabel:
            each = self._loss.to_proba(xp.reshape(V, (-1, 1)), xp=xp)[:, 1]
            unit = float(xp.finfo(V.dtype).eps)
            return returned(xp.reshape(xp.clip(each, unit, 1.0 - unit), V.shape), X)
        return returned(self._loss.to_proba(V, xp=xp), X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
