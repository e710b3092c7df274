# SPDX-License-Identifier: BSD-3-Clause
"""The one file that imports private or version-dependent names of scikit-learn."""

import functools
from contextlib import contextmanager

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


__all__ = [
    "HAS_CALLBACKS",
    "CallbackSupportMixin",
    "SweepCallbacks",
    "check_sample_weight",
    "take_rows",
    "with_callbacks",
]


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
