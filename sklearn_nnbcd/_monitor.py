# SPDX-License-Identifier: BSD-3-Clause
"""What happens after every sweep: curves, stopping, the best weights, verbose lines, callbacks."""

import math
import time
import warnings

from sklearn.utils import check_random_state


class Monitor:
    """Follows a fit sweep by sweep.

    Parameters
    ----------
    estimator : estimator
        Holds tol, n_iter_no_change, verbose.
    callbacks : SweepCallbacks
    attributes : callable
        ``attributes(weights)`` gives the fitted attributes for some weights.
    validate : callable or None
        ``validate(weights)`` gives the validation score, greater is better; None: no early
        stopping.
    """

    def __init__(self, estimator, callbacks, attributes, validate=None):
        self.estimator, self.callbacks = estimator, callbacks
        self.attributes, self.validate = attributes, validate
        self.terms, self.scores = [], []
        self.best_score, self.best_weights, self.since = -math.inf, None, 0
        self.n_sweeps, self.stalled = 0, 0
        self.last_finite = None
        self.diagnosis = None
        self.start = time.perf_counter()
        #: whether the objective only falls, so that a stall means convergence
        self.monotone = True
        #: iteration before which validation scores stop nothing
        self.patience_from = 0
        #: whether the weights of this iteration may be kept: a dense start of a compressed fit may not
        self.eligible = True
        self.random_state = check_random_state(estimator.random_state)

    def last_good(self, dtype):
        """The last finite weights; ValueError if there never were any.

        Warns
        -----
        UserWarning
            That the fit stopped early, and what helps.
        """
        if self.last_finite is None:
            raise ValueError(
                "The objective is not finite for the given X and y: entries are too large for "
                f"{dtype}. Standardise the columns first, e.g. with "
                "make_pipeline(StandardScaler(), ...), or pass float64."
            )
        warnings.warn(
            f"Training stopped after {self.n_sweeps} sweeps because the objective was no longer "
            "finite. The last finite weights are kept; standardised X, float64, or a larger 'ridge' "
            "help.",
            stacklevel=8,
        )
        return self.last_finite

    def __call__(self, k, weights, before, *, finite):
        """After sweep k, with the terms of L at its start; True stops the fit.

        As L only falls, finite weights after a finite L are good ones, and no others need be kept.

        Raises
        ------
        FloatingPointError
            If L was not finite, or the weights are not (``finite=False``); ``last_finite`` then holds
            those of the sweep before, or None.
        """
        known = math.isfinite(before.total)
        if known:
            self.terms.append(before)
        if not (known and finite):
            raise FloatingPointError
        self.last_finite, self.n_sweeps = weights, k
        stop = self.monotone and self._stalled(before.total)
        if self.validate is not None:
            stop = self._validation(weights) and k > self.patience_from
        if self.estimator.verbose:
            self._print(k, before)
        return self.callbacks.sweep(lambda: self.attributes(weights)) or stop

    def _stalled(self, objective):
        if len(self.terms) < 2:
            return False
        last, tol = self.terms[-2].total, self.estimator.tol
        self.stalled = self.stalled + 1 if last - objective < tol * last else 0
        return tol > 0 and self.stalled >= self.estimator.n_iter_no_change

    def _validation(self, weights):
        score = self.validate(weights)
        self.scores.append(score)
        if not self.eligible:
            return False
        self.since = 0 if score > self.best_score + self.estimator.tol else self.since + 1
        if score > self.best_score:
            self.best_score, self.best_weights = score, weights
        return self.since >= self.estimator.n_iter_no_change

    def _print(self, k, before):
        parts = ", ".join(f"{name} {value:.4g}" for name, value in vars(before).items() if value)
        line = f"[{type(self.estimator).__name__}] sweep {k}: from L = {before.total:.6g} ({parts})"
        if self.scores:
            line += f", validation score {self.scores[-1]:.4f}"
        print(f"{line}, {time.perf_counter() - self.start:.1f} s", flush=True)
