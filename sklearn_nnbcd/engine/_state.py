# SPDX-License-Identifier: BSD-3-Clause
"""What Algorithm 1 works on: blocks of rows, weights, penalties, and the problem they belong to.

Indices are the paper's: layers run from 1 to N, V[0] is X; entry 0 of the other tuples is None.
"""

import math
from dataclasses import dataclass, replace
from importlib import import_module
from types import ModuleType
from typing import Any

from ..backends import get_backend, namespace_of
from ..numerics._metric import Metric


def put(items: tuple, i: int, value: Any) -> tuple:
    """A copy of the tuple with entry i replaced."""
    return (*items[:i], value, *items[i + 1 :])


@dataclass(frozen=True)
class Penalties:
    """Weights of the terms of (7) and of the proximal terms.

    Attributes
    ----------
    rho, gamma, tau : float
        Penalties of U = V W + b, V = sigma(U) and W = W^MC.
    alpha : float
        Proximal weight of the V_N, U_i and W^MC blocks.
    alpha_w : float
        Proximal weight of the W block.
    ridge : float or None
        r_i(W) = ridge/2 ||W||^2; None: the solver finds one for each layer.
    relaxation : float
        omega in (0, 2): V_i and W_i, whose blocks are quadratic, move by omega times the way to their
        minimiser, which lowers L by omega (2 - omega) times what the minimiser would.
    auto : tuple of str
        Which of ``tau`` and ``ridge`` the solver chose.
    alpha_m : float or None
        Proximal weight of the W^MC blocks; None: ``alpha``.
    on_factors : bool
        Whether that weight holds the factors of W^MC, as in (26), where its format has a step for that.
    """

    rho: float = 1.0
    gamma: float = 1.0
    tau: float = 1.0
    alpha: float = 1.0
    alpha_w: float = 0.0
    ridge: float = 0.0
    relaxation: float = 1.0
    auto: tuple = ()
    alpha_m: float | None = None
    on_factors: bool = False

    def in_units_of(self, weight: float, unit: float) -> "Penalties":
        """The penalties for rows whose weights have the sum ``weight``.

        Those that were left to the solver, and with them the proximal weight of W^MC, stand beside sums over
        rows: they grow with them, so that a common factor of all sample weights changes nothing.
        """
        scaled = {name: getattr(self, name) * weight for name in self.auto}
        alpha = self.alpha * weight / unit if "tau" in self.auto else self.alpha
        return replace(self, alpha_m=alpha, **scaled)


@dataclass(frozen=True)
class Problem:
    """The resolved pieces of one network, entry i of each tuple belonging to layer i.

    Attributes
    ----------
    layers, activations : tuples
        Entry 0 is None; the last activation is the identity.
    plans : tuple
        Compression plans; None for a layer that is not compressed (W^MC is W there).
    loss : loss
        Of the outputs V_N.
    penalties : Penalties
    fit_intercept : bool
        Without it b stays None.
    xp : module
        Array API namespace of every array.
    skips : tuple
        Entry i is k where a residual block carries V_k into U_i = V_{i-1} W_i + b_i + V_k, with
        k < i - 1; None elsewhere. Empty: no residual blocks.
    activity : tuple
        Regularisers s_i of V_i; None where there is none, as for X.
    data_metric : bool
        Whether W_i and W_i^MC are compared in the metric of the data instead of the Frobenius norm.
    budget : callable or None
        ``budget(W, metrics, xp=xp)`` makes plans, all layers at once, whose weights together keep to
        a size; they replace ``plans``. Metrics: one per layer, or None.
    tf32 : bool
        Whether a GPU may round the factors of float32 products over rows, see :meth:`row_products`.
    wide : bool
        Whether the first layer has so many inputs that their Gram matrix is never formed.
    """

    layers: tuple
    activations: tuple
    plans: tuple
    loss: Any
    penalties: Penalties
    fit_intercept: bool
    xp: Any
    skips: tuple = ()
    activity: tuple = ()
    data_metric: bool = False
    budget: Any = None
    tf32: bool = False
    wide: bool = False

    def __getstate__(self) -> dict:
        xp = self.xp.__name__ if isinstance(self.xp, ModuleType) else self.xp
        return vars(self) | {"xp": xp}  # modules cannot be pickled, names can

    def __setstate__(self, state: dict) -> None:
        xp = import_module(state["xp"]) if isinstance(state["xp"], str) else state["xp"]
        vars(self).update(state | {"xp": xp})

    @property
    def N(self) -> int:
        """Number of layers."""
        return len(self.layers) - 1

    def row_products(self) -> Any:
        """A context for products over rows, most of the work of a sweep; those of weights stay exact.

        The solves of ill-conditioned systems do not bear factors of 10 bits, see ``docs/results/tf32.md``.
        """
        return get_backend(self.xp).products(self.tf32)

    @property
    def compressed(self) -> bool:
        """Whether any layer may have a W^MC of its own."""
        return self.budget is not None or any(plan is not None for plan in self.plans)

    @property
    def training(self) -> "Problem":
        """The problem that batches train on: numbers are rounded when they are done."""
        plans = tuple(None if plan is None else plan.training for plan in self.plans)
        return replace(self, plans=plans, budget=None if self.budget is None else self.budget.training)

    def with_plans(self, W: tuple, metrics: tuple | None = None) -> "Problem":
        """The problem with the plans that its budget makes for these weights, if it has one."""
        if self.budget is None:
            return self
        return replace(self, plans=self.budget(W, metrics, xp=self.xp))

    def skip_into(self, i: int) -> int | None:
        """Index k of the V_k that U_i carries, or None."""
        return self.skips[i] if self.skips else None

    def skip_from(self, k: int) -> int | None:
        """Index i of the U_i that carries V_k, or None."""
        return self.skips.index(k) if k in self.skips else None

    def regularizer(self, i: int) -> Any:
        """s_i, or None."""
        return self.activity[i] if self.activity else None


@dataclass(frozen=True)
class Block:
    """Rows of the problem: targets, the auxiliary variables, sample weights.

    Attributes
    ----------
    Y : array of shape (n, d_N)
    V : tuple of arrays
        V[0] = X, then V_1 ... V_N.
    U : tuple of arrays
        U[0] = None, then U_1 ... U_N.
    s : array of shape (n,) or None
        Sample weights; None: all one.
    overwritable : bool
        Whether U_1 ... U_N and V_1 ... V_N belong to this block alone, so that an update may write the
        new ones over the old ones; the old block must not be used after that.
    previous : pair of tuples or None
        V_1 ... V_N and U_1 ... U_N (entry 0 is None) of an earlier state, for extrapolation.
    """

    Y: Any
    V: tuple
    U: tuple
    s: Any = None
    overwritable: bool = False
    previous: Any = None

    def overwritten(self, x: Any) -> Any:
        """``x``, one of the U and V, as the place for its new value; None where that must be another."""
        return x if self.overwritable else None

    def halved(self) -> "list[Block] | None":
        """Two blocks of half the rows each, or None for a single row."""
        half = self.Y.shape[0] // 2
        if half == 0:
            return None
        return [self.part(slice(None, half)), self.part(slice(half, None))]

    def part(self, rows: slice) -> "Block":
        """The block of some rows, in the same memory."""

        def cut(arrays: tuple) -> tuple:
            return tuple(None if x is None else x[rows, ...] for x in arrays)

        return replace(
            self,
            Y=self.Y[rows, ...],
            V=cut(self.V),
            U=cut(self.U),
            s=None if self.s is None else self.s[rows],
            previous=None if self.previous is None else tuple(map(cut, self.previous)),
        )

    def with_V(self, i: int, value: Any) -> "Block":
        """The block with another V_i."""
        return replace(self, V=put(self.V, i, value))

    def with_U(self, i: int, value: Any) -> "Block":
        """The block with another U_i."""
        return replace(self, U=put(self.U, i, value))


@dataclass(frozen=True)
class Weights:
    """All that is not per row.

    Attributes
    ----------
    W, b : tuples of arrays
        W_i of shape (d_{i-1}, d_i) and b_i of shape (d_i,), or None without intercepts.
    M, M_dense : tuples
        W_i^MC in its format, and as an array; None where layer i is not compressed.
    shift : tuple of arrays or None
        Last known mean of V_{i-1}, about which the next Gram matrix of layer i is taken.
    gram : array or None
        Gram matrix of X about ``shift[1]``, which never changes; its diagonal in a ``wide`` problem.
    metrics : tuple
        Entry i is the metric in which W_i and W_i^MC are compared; empty: the Frobenius norm.
    """

    W: tuple
    b: tuple
    M: tuple
    M_dense: tuple
    shift: tuple
    gram: Any = None
    metrics: tuple = ()

    @property
    def is_finite(self) -> bool:
        """Whether every W_i is."""
        xp = namespace_of(self.W[1])
        return math.isfinite(float(sum(xp.sum(W) for W in self.W[1:])))

    def metric(self, i: int) -> Metric | None:
        """The metric of layer i; None is the Frobenius norm."""
        return self.metrics[i] if self.metrics else None

    def for_forward(self) -> "Weights":
        """What a forward pass needs, and nothing else; it may travel."""
        return Weights(self.W, self.b, (), (), self.shift)

    def for_rows(self, i: int, skip: int | None = None) -> "Weights":
        """What the rows need of the weights when layer i is visited, and nothing else; it may travel.

        ``skip`` is the layer into which a residual block carries V_i, if one does.
        """
        N = len(self.W) - 1

        def only(items: tuple, *wanted: int | None) -> tuple:
            return tuple(x if k in wanted else None for k, x in enumerate(items))

        return Weights(
            W=only(self.W, i, i + 1, skip),
            b=only(self.b, i, i + 1, skip),
            M=(None,) * (N + 1),
            M_dense=(None,) * (N + 1),
            shift=only(self.shift, i),
            gram=None if self.gram is None else True,
        )

    def updated(self, **entries: tuple) -> "Weights":
        """Replace entry i of a tuple: ``weights.updated(W=(i, value), b=(i, value))``."""
        return replace(self, **{name: put(getattr(self, name), *e) for name, e in entries.items()})
