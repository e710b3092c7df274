# SPDX-License-Identifier: BSD-3-Clause
"""The one file that imports private or version-dependent names of scikit-learn."""

from contextlib import contextmanager

from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:  # scikit-learn >= 1.9 (SLEP023, experimental)
    from sklearn.callback import CallbackSupportMixin, with_callbacks

    HAS_CALLBACKS = True
except ImportError:
    HAS_CALLBACKS = False

    class CallbackSupportMixin:
        """Stand-in where scikit-learn has no callbacks."""

    def with_callbacks(method):
        """Leave the method as it is."""
        return method


__all__ = [
    "HAS_CALLBACKS",
    "CallbackSupportMixin",
    "SweepCallbacks",
    "check_sample_weight",
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
    """

    def __init__(self, estimator, max_iter, X, y):
        self.estimator, self.X, self.y = estimator, X, y
        self.context = None
        if HAS_CALLBACKS:
            self.context = estimator._init_callback_context(max_subtasks=max_iter)

    @contextmanager
    def fit(self):
        """The whole fit."""
        if self.context is None:
            yield
            return
        self.context.call_on_fit_task_begin(estimator=self.estimator, X=self.X, y=self.y)
        yield
        self.context.call_on_fit_task_end(estimator=self.estimator, X=self.X, y=self.y)

    def sweep(self, attributes):
        """One sweep is over; ``attributes()`` gives fitted attributes. True: a callback says stop."""
        if self.context is None:
            return False
        task = self.context.subcontext(task_name="sweep")
        task.call_on_fit_task_begin(estimator=self.estimator, X=self.X, y=self.y)
        return bool(
            task.call_on_fit_task_end(
                estimator=self.estimator,
                X=self.X,
                y=self.y,
                reconstruction_attributes=attributes,
            )
        )
