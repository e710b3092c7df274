# SPDX-License-Identifier: BSD-3-Clause
"""Extrapolated sweeps with restart, after Nesterov (1983) and O'Donoghue and Candes (arXiv 1204.3982)."""

import math
from dataclasses import replace

from ..backends import Pass, get_backend


def following(t):
    """t_{k+1} of t_k."""
    return 0.5 * (1.0 + math.sqrt(1.0 + 4.0 * t**2))


class Extrapolation:
    """Lets a sweep begin beyond the state x, at z = x + beta (x - y), with y the state before x.

    z and x differ in U, V, W and b. beta_k = (t_k - 1)/t_{k+1} with t_{k+1} = (1 + sqrt(1 + 4 t_k^2))/2
    grows towards 1. A sweep collects L where it begins, so whether L(z) is above what the sweep before
    began with is known at its end: such a sweep is dropped and made again from x, as the first one. So L
    at the beginnings of the sweeps that count never rises.

    Parameters
    ----------
    sweep : callable
        ``sweep(problem, weights, placement)`` gives the weights after it and the terms of L before it.

    Attributes
    ----------
    dropped : int
        How many sweeps were dropped so far.
    """

    def __init__(self, sweep):
        self._sweep, self._before = sweep, None
        self.dropped = 0
        self.restart()

    def restart(self):
        """Forget the speed, and the last L, which may have been another function."""
        self._t, self._last = 1.0, math.inf

    def sweep(self, problem, weights, placement):
        """A sweep from beyond ``weights`` and the blocks, or from there; results as those of ``sweep``.

        Without an interrupt in between, the blocks then hold the state after it and the one before.
        """
        after = following(self._t)
        beta, self._t = (self._t - 1.0) / after, after
        start = weights
        if self._before is None:
            placement.map(keep_block, problem)
        else:
            start = moved_weights(weights, self._before, beta)
            placement.map(move_block, problem, beta)
        self._before = weights
        new, terms = self._sweep(problem, start, placement)
        if beta > 0.0 and not terms.total <= self._last:
            self.dropped += 1
            placement.map(restore_block, problem)
            self._t = following(1.0)  # the one that is made now is the first
            new, terms = self._sweep(problem, weights, placement)
        self._last = terms.total
        return new, terms


def moved_weights(weights, before, beta):
    """W and b of ``weights`` beyond those of ``before``."""
    if beta == 0.0:
        return weights

    def beyond(new, old):
        return tuple(x if x is None else x + beta * (x - y) for x, y in zip(new, old, strict=True))

    return replace(weights, W=beyond(weights.W, before.W), b=beyond(weights.b, before.b))


def keep_block(block, problem):
    """The block with a copy of its U and V in ``kept``."""
    copies = [
        tuple(None if x is None else problem.xp.asarray(x, copy=True) for x in arrays)
        for arrays in ((None, *block.V[1:]), block.U)
    ]
    return replace(block, kept=tuple(copies))


def move_block(block, problem, beta):
    """U and V beyond where they are, by beta times the way from ``kept``; ``kept`` is where they were.

    A V_i with a regulariser s_i stays where s_i is finite.
    """
    xp = problem.xp
    kept_V, kept_U = block.kept

    def beyond(x, y, regularizer=None):
        given = {"numbers": (beta,), "settings": (regularizer,), "into": (block.spare(y),)}
        return get_backend(xp).row_pass(_beyond, x, y, **given, xp=xp).rows[0]

    V = [beyond(block.V[i], kept_V[i], problem.regularizer(i)) for i in range(1, problem.N + 1)]
    U = [beyond(block.U[i], kept_U[i]) for i in range(1, problem.N + 1)]
    kept = (None, *block.V[1:]), block.U
    return replace(block, V=(block.V[0], *V), U=(None, *U), kept=kept)


def _beyond(x, y, beta, regularizer, *, xp):
    z = x + beta * (x - y)
    return Pass(rows=(z if regularizer is None else regularizer.project(z, xp=xp),))


def restore_block(block, problem):
    """U and V as they are in ``kept``, which stays."""
    kept_V, kept_U = block.kept

    def copied(x, old):
        return get_backend(problem.xp).row_pass(_copy, x, into=(block.spare(old),), xp=problem.xp).rows[0]

    V = [copied(x, old) for x, old in zip(kept_V[1:], block.V[1:], strict=True)]
    U = [copied(x, old) for x, old in zip(kept_U[1:], block.U[1:], strict=True)]
    return replace(block, V=(block.V[0], *V), U=(None, *U))


def _copy(x, *, xp):
    return Pass(rows=(xp.asarray(x, copy=True),))
