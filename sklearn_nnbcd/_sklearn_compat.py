# SPDX-License-Identifier: BSD-3-Clause
"""The one file that imports private or version-dependent names of scikit-learn."""

import functools
import inspect
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, metadata

from sklearn.base import BaseEstimator
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import _safe_indexing as take_rows
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:  # scikit-learn >= 1.9 (SLEP023, experimental)
    from sklearn.callback import CallbackSupportMixin, with_callbacks

    HAS_CALLBACKS = True
except ImportError:
    HAS_CALLBACKS = False

    class CallbackSupportMixin:
        """Stand-in where scikit-learn has no callbacks."""

    def with_callbacks(method):
        """Call the method, one frame deeper as scikit-learn's decorator does."""

        @functools.wraps(method)
        def plain(estimator, *args, **kwargs):
            return method(estimator, *args, **kwargs)

        return plain


#: MLPRegressor(loss="poisson") came with scikit-learn 1.7
MLP_HAS_POISSON = "loss" in inspect.signature(MLPRegressor).parameters

__all__ = [
    "HAS_CALLBACKS",
    "MLP_HAS_POISSON",
    "CallbackSupportMixin",
    "LinkedEstimator",
    "SweepCallbacks",
    "check_sample_weight",
    "documentation_address",
    "set_fitted_mlp",
    "take_rows",
    "with_callbacks",
]


@functools.cache
def documentation_address():
    """Where the documentation lies, as the installed package says in its URLs; "" if it does not."""
    try:
        urls = metadata("sklearn-nnbcd").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    pairs = (url.partition(", ") for url in urls)
    return next((address.rstrip("/") for label, _, address in pairs if label == "Documentation"), "")


class LinkedEstimator(BaseEstimator):
    """An estimator or piece whose HTML view links to its own page of this package's documentation."""

    _doc_link_module = __package__

    @property
    def _doc_link_template(self):
        return documentation_address() + "/generated/{estimator_module}.{estimator_name}.html"

    def _get_doc_link(self):
        return super()._get_doc_link() if documentation_address() else ""


class SweepCallbacks:
    """Speaks scikit-learn's callback protocol for a fit that consists of sweeps.

    Parameters
    ----------
    estimator : estimator
        With :class:`CallbackSupportMixin` where scikit-learn has it.
    max_iter : int
        Most sweeps.
    X, y : array-like
        Training data, handed to the callbacks.
    sample_weight : array-like or None
        Handed to the callbacks as metadata.
    """

    def __init__(self, estimator, max_iter, X, y, sample_weight=None):
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.hooks = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.context = None
        if HAS_CALLBACKS:
            self.context = estimator._init_callback_context(max_subtasks=max_iter)

    @contextmanager
    def fit(self):
        """The whole fit."""
        if self.context is None:
            yield
            return
        self.context.call_on_fit_task_begin(**self.hooks)
        yield
        self.context.call_on_fit_task_end(**self.hooks)

    def sweep(self, attributes):
        """One sweep is over; ``attributes()`` gives fitted attributes. True: stop."""
        if self.context is None:
            return False
        task = self.context.subcontext(task_name="sweep")
        task.call_on_fit_task_begin(**self.hooks)
        return bool(task.call_on_fit_task_end(**self.hooks, reconstruction_attributes=attributes))


def set_fitted_mlp(mlp, classes=None, is_indicator=False):
    """Give an MLP with weights what its own fit would leave beside them; the MLP.

    Parameters
    ----------
    mlp : MLPClassifier or MLPRegressor
        With coefs_, intercepts_, n_layers_, n_outputs_ and out_activation_.
    classes : array of shape (n_classes,), default=None
        Of a classifier, in the order of its outputs.
    is_indicator : bool, default=False
        Whether each output is a label by itself.
    """
    mlp.n_iter_, mlp.t_, mlp.loss_curve_ = 0, 0, []
    mlp.best_loss_, mlp._no_improvement_count = float("inf"), 0
    if classes is not None:
        mlp.classes_ = classes
        known = [[0] * len(classes), [1] * len(classes)] if is_indicator else classes
        mlp._label_binarizer = LabelBinarizer().fit(known)
    return mlp
