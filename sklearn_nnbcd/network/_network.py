# SPDX-License-Identifier: BSD-3-Clause
"""The network that a fit leaves behind, as one value, and the only forward pass through it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .._arrays import dtype_name
from ..backends import SparseRows, get_backend, namespace_of
from ..compressions import CompressedWeight, DenseWeight, QuantizedWeight, stored_bytes
from ..compressions.quantization import plain_numbers, stored_arrays
from ..engine import Problem, Weights
from ..layers import Dense
from ..placements import block_rows, by_blocks
from ._columns import ColumnMap
from ._inputs import InputMap, farthest_origin
from ._paths import count_live_entries
from ._precision import in_precision

#: rows of a block at least
LEAST_ROWS = 64
#: share of a dense product's multiply-adds up to which a compressed one is faster: it has more passes
WORTHWHILE = 0.8


@dataclass(frozen=True, eq=False)
class Network:
    """Layers, compressed weights, intercepts and activations: all that prediction needs.

    V_0 is X as ``columns`` and ``inputs`` leave it, and
    U_i = T_i(V_{i-1}) W_i + b_i (+ V_k where a residual block carries it), V_i = sigma_i(U_i).
    A pickle holds the compressed numbers only.

    Attributes
    ----------
    layers : tuple of layers
        Entry 0 is None; bound to the shapes of their rows.
    coefs : tuple of CompressedWeight
        W_1 ... W_N as they are stored.
    intercepts : tuple of arrays, or FixedPoint, of shape (d_i,), or None
        b_1 ... b_N.
    activations : tuple of activations
        sigma_1 ... sigma_N; the last one is the identity.
    skips : tuple of int or None
        Entry i is the k of the V_k that U_i carries, or None; empty: no residual blocks.
    inputs : InputMap or None
        Comes before the first layer where it cannot be part of it; None: there is none.
    columns : ColumnMap or None
        Comes before ``inputs``: bent columns, and ramps behind the columns; None: neither.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd import NNBCDRegressor
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> network = NNBCDRegressor((8,), random_state=0).fit(X, X[:, 0]).network_
    >>> [coef.shape for coef in network.coefs], network.n_parameters
    ([(1, 8), (8, 1)], 25)
    >>> network.forward(X).shape
    (50, 1)
    """

    layers: tuple
    coefs: tuple[CompressedWeight, ...]
    intercepts: tuple
    activations: tuple
    skips: tuple = ()
    inputs: InputMap | None = None
    columns: ColumnMap | None = None

    def __repr__(self) -> str:
        """One line: widths and size."""
        widths = "-".join(str(width) for width in [self.n_inputs, *(c.shape[1] for c in self.coefs)])
        return f"<Network {widths}: {self.n_parameters} numbers, {self.n_bytes} bytes>"

    @classmethod
    def from_weights(cls, problem: Problem, weights: Weights) -> "Network":
        """The compressed network of a solver's weights: W^MC, or W where a layer is dense.

        b_i belongs to W_i; what the compression changes at the mean input moves into the intercept,
        b_i + mean(V_{i-1}) (W_i - W_i^MC), which is the exact minimiser of (7) in b_i for W_i^MC.

        Parameters
        ----------
        problem : Problem
        weights : Weights

        Returns
        -------
        network : Network
        """
        coefs, intercepts = [], []
        for i in range(1, problem.N + 1):
            W, b, M = weights.W[i], weights.b[i], weights.M[i]
            coefs.append(DenseWeight(W) if M is None else M.compact(xp=namespace_of(W)))
            if M is not None and b is not None and weights.shift[i] is not None:
                b = b + weights.shift[i] @ (W - weights.M_dense[i])
            intercepts.append(b)
        return cls(problem.layers, tuple(coefs), tuple(intercepts), problem.activations[1:], problem.skips)

    # what it is -------------------------------------------------------------------------------

    @property
    def N(self) -> int:
        """Number of layers with weights."""
        return len(self.coefs)

    @property
    def array(self) -> Any:
        """One of the stored arrays: its library and device are those of all."""
        return self.coefs[0].arrays[0]

    @property
    def xp(self) -> Any:
        """Array API namespace of all arrays."""
        return namespace_of(self.array)

    @property
    def dtype(self) -> str:
        """Name of the dtype of all weights, such as "float32"."""
        return dtype_name(self.coefs[0])

    @property
    def n_features(self) -> int:
        """Entries of one row of X."""
        return self.n_inputs - (0 if self.columns is None else self.columns.n_new)

    @property
    def n_inputs(self) -> int:
        """Entries of one row of V_0."""
        return math.prod(self.layers[1].input_shape_)

    @property
    def n_parameters(self) -> int:
        """Number of stored weight entries and intercepts."""
        return sum(coef.n_parameters for coef in self.coefs) + self._n_intercepts

    @property
    def n_bytes(self) -> int:
        """Bytes of all stored arrays: weights, indices, intercepts, and what maps the columns of X."""
        arrays = [] if self.inputs is None else [self.inputs.origin, self.inputs.scale]
        arrays += [array for b in self.intercepts for array in stored_arrays(b)]
        columns = 0 if self.columns is None else self.columns.nbytes
        return sum(coef.nbytes for coef in self.coefs) + columns + sum(map(stored_bytes, arrays))

    @property
    def _n_intercepts(self) -> int:
        return sum(0 if b is None else b.shape[0] for b in self.intercepts)

    @property
    def compression_ratio(self) -> float:
        """Weight entries after compression / before, over all layers, as the paper counts them."""
        dense = sum(coef.shape[0] * coef.shape[1] for coef in self.coefs)
        return sum(coef.n_parameters for coef in self.coefs) / dense

    @property
    def sparsity(self) -> float:
        """Share of the dense weight entries that are exactly zero: removed / before."""
        counts = [(int((W != 0).sum()), W.shape[0] * W.shape[1]) for W in self.dense_coefs()]
        return 1.0 - sum(nonzero for nonzero, _ in counts) / sum(size for _, size in counts)

    @property
    def effective_sparsity(self) -> float:
        """Share of the weight entries on no path of non-zero weights from input to output."""
        masks = [W != 0 for W in self.dense_coefs()]
        live = count_live_entries(masks, self.layers, self.skips, xp=self.xp)
        return 1.0 - live / sum(mask.shape[0] * mask.shape[1] for mask in masks)

    @property
    def is_finite(self) -> bool:
        """Whether all stored numbers are finite."""
        xp = self.xp
        floats = [array for coef in self.coefs for array in coef.arrays]
        floats = [array for array in floats if xp.isdtype(array.dtype, "real floating")]
        floats += [b for b in self.dense_intercepts() if b is not None]
        floats += [] if self.inputs is None else [self.inputs.origin, self.inputs.scale]
        return all(bool(xp.all(xp.isfinite(array))) for array in floats)

    @property
    def is_rounded(self) -> bool:
        """Whether the numbers of some weight have few bits."""
        return any(isinstance(coef, QuantizedWeight) for coef in self.coefs)

    def dense_coefs(self) -> list:
        """W_1 ... W_N as arrays of shape (d_{i-1}, d_i), made on each call."""
        return [coef.to_dense(xp=self.xp) for coef in self.coefs]

    def dense_intercepts(self) -> tuple:
        """b_1 ... b_N as arrays of shape (d_i,), or None."""
        return tuple(plain_numbers(b) for b in self.intercepts)

    def to_dense(self) -> "Network":
        """The same network with plain matrices and intercepts."""
        coefs = tuple(DenseWeight(W) for W in self.dense_coefs())
        return replace(self, coefs=coefs, intercepts=self.dense_intercepts())

    def with_output_units(self, scale: Any, origin: Any) -> "Network":
        """The network whose outputs are ``outputs * scale + origin``.

        Parameters
        ----------
        scale, origin : arrays of shape (d_N,)
            Become part of the last layer. Without intercepts the origin must be 0 and is left out. Where
            the format of the last weight cannot take a factor for each column it becomes a plain matrix.

        Returns
        -------
        network : Network
        """
        xp, last = self.xp, self.coefs[-1]
        scale, origin = (xp.asarray(x, dtype=last.dtype) for x in (scale, origin))
        if bool(xp.all(scale == scale[0])):
            last = last.scaled(float(scale[0]))
        else:
            scaled = last.columns_scaled(scale, xp=xp)
            last = DenseWeight(last.to_dense(xp=xp) * scale[None, :]) if scaled is None else scaled
        b = plain_numbers(self.intercepts[-1])
        b = None if b is None else b * scale + origin
        return replace(self, coefs=(*self.coefs[:-1], last), intercepts=(*self.intercepts[:-1], b))

    def with_input_map(self, inputs: InputMap) -> "Network":
        """The network for X as it is, of one that was fitted to mapped rows.

        The map becomes part of W_1 and b_1 where the format of W_1 can take a factor for each row and
        rounding allows it; otherwise it comes before the first layer.

        Parameters
        ----------
        inputs : InputMap

        Returns
        -------
        network : Network
        """
        coefs, intercepts, layers, xp = list(self.coefs), list(self.intercepts), list(self.layers), self.xp
        if inputs.basis is not None:
            mixed = coefs[0].rows_mixed(inputs.basis, xp=xp)
            coefs[0] = DenseWeight(inputs.basis @ coefs[0].to_dense(xp=xp)) if mixed is None else mixed
            layers[1] = Dense(coefs[0].shape[1]).bind((coefs[0].shape[0],))
            inputs = replace(inputs, basis=None)
        origin, scale = inputs.per_input(coefs[0])
        scaled = coefs[0].rows_scaled(scale, xp=xp)
        rest: InputMap | None = inputs
        far = float(xp.max(xp.abs(origin * scale)))
        stored = xp.float32 if self.is_rounded else coefs[0].dtype
        if scaled is not None and far <= farthest_origin(stored, xp=xp):
            coefs[0], rest = scaled, None
            if far > 0.0:
                intercepts[0] = plain_numbers(intercepts[0]) - origin @ scaled.to_dense(xp=xp)
        whole = tuple(layers), tuple(coefs), tuple(intercepts)
        return Network(*whole, self.activations, self.skips, rest, self.columns)

    def without_input_map(self) -> "Network":
        """The same network without ``inputs``, which is made part of a dense W_1; ``columns`` stays."""
        if self.inputs is None:
            return self
        origin, scale = self.inputs.per_input(self.coefs[0])
        W = scale[:, None] * self.coefs[0].to_dense(xp=self.xp)
        b = plain_numbers(self.intercepts[0])
        b = None if b is None else b - origin @ W
        coefs, intercepts = (DenseWeight(W), *self.coefs[1:]), (b, *self.intercepts[1:])
        return replace(self, coefs=coefs, intercepts=intercepts, inputs=None)

    # what it does -----------------------------------------------------------------------------

    @cached_property
    def double(self) -> "Network | None":
        """The same network in double precision, which float64 rows go through; None: they are not taken.

        Numbers of few bits are stored with scales of single precision, to save bytes. Sums of single
        precision depend on where in a batch a row is; of double precision no more of that is left than in
        a network of plain weights.
        """
        return in_precision(self, "float64") if self.is_rounded and self.dtype == "float32" else None

    @property
    def row_dtypes(self) -> tuple[str, ...]:
        """Names of the dtypes that rows may have; what has none of them is brought to the first one."""
        return (self.dtype,) if self.double is None else ("float64", self.dtype)

    def row_dtype(self, X: Any) -> str:
        """Name of the dtype that rows X have or are brought to, which is that of their outputs."""
        name, names = dtype_name(X), self.row_dtypes
        return name if name in names else names[0]

    @cached_property
    def operators(self) -> list:
        """One function V -> V @ W per layer: through the compressed form, or dense where that is faster."""
        chosen = []
        for coef in self.coefs:
            dense = coef.shape[0] * coef.shape[1]
            fast = coef if coef.cost < WORTHWHILE * dense else DenseWeight(coef.to_dense(xp=self.xp))
            chosen.append(fast.operator(xp=self.xp))
        return chosen

    @cached_property
    def _offsets(self) -> tuple:
        """The intercepts as arrays, made once."""
        return self.dense_intercepts()

    @cached_property
    def _sparse_operator(self) -> Any:
        """The function V -> V @ W_1 for sparse rows."""
        return self.coefs[0].sparse_operator(xp=self.xp)

    @cached_property
    def _widest(self) -> int:
        """Entries of the widest array that one row becomes."""
        return max([self.n_inputs, *(layer.row_entries for layer in self.layers[1:])])

    def _row_entries(self, X: Any) -> int:
        """Entries of the widest array that one row of X becomes; sparse rows stay sparse."""
        if not isinstance(X, SparseRows):
            return self._widest
        others = (layer.row_entries for layer in self.layers[2:])
        return max([X.row_entries, self.coefs[0].shape[1], *others])

    def trace(self, X: Any) -> tuple[list, list]:
        """All V and U of a forward pass.

        Parameters
        ----------
        X : array of shape (n, d_0)
            In the namespace, on the device and of the dtype of the weights.

        Returns
        -------
        V : list of arrays
            V_0, the rows as the first layer gets them, then V_1 ... V_N.
        U : list of arrays
            None, then U_1 ... U_N.
        """
        xp, V, U = namespace_of(X), [self._mapped(X)], [None]
        for i in range(1, self.N + 1):
            U.append(self.affine(i, V, xp=xp))
            V.append(self.activations[i - 1](U[i], xp=xp))
        return V, U

    def _mapped(self, X: Any, once: bool = False) -> Any:
        """V_0; ``once``: the first layer alone reads it."""
        X = X if self.columns is None else self.columns(X, once)
        return X if self.inputs is None else self.inputs(X)

    def affine(self, i: int, V: list, *, xp: Any) -> Any:
        """U_i, of the list of V_0 ... V_{i-1}."""
        V_in = V[i - 1]
        operator = self._sparse_operator if isinstance(V_in, SparseRows) else self.operators[i - 1]
        U = self.layers[i].apply(V_in, operator, self._offsets[i - 1], xp=xp)
        k = self.skips[i] if self.skips else None
        return U if k is None else U + V[k]

    def _outputs(self, X: Any, xp: Any) -> Any:
        """V_N of one block; without residual blocks one layer's arrays at a time are enough."""
        V = [self._mapped(X, once=not self.skips)]
        for i in range(1, self.N + 1):
            V.append(self.activations[i - 1].over(self.affine(i, V, xp=xp), xp=xp))
            if not self.skips:
                V[i - 1] = None
        return V[-1]

    def forward(self, X: Any, memory_limit: int | None = None, ready: Callable | None = None) -> Any:
        """Outputs V_N, in blocks of rows.

        Parameters
        ----------
        X : array of shape (n, d_0)
            In the namespace and on the device of the weights, of a dtype of ``row_dtypes``.
        memory_limit : int, default=None
            Bytes that a block's arrays may take, about; None: blocks that fit the caches.
        ready : callable or None, default=None
            Takes rows of X, which may then be of any kind, and returns what X must be. It sees a block at a
            time, so that what it makes is still in the caches when the first layer reads it.

        Returns
        -------
        V : array of shape (n, d_N)
            Of the dtype of X.
        """
        if X.shape[0] <= LEAST_ROWS:
            return self._outputs_of(X, ready)
        widest = self._row_entries(X)
        rows = block_rows([widest], get_backend(self.xp).predicted_entries)
        if memory_limit is not None:  # some eight arrays at a time
            rows = max(LEAST_ROWS, min(rows, memory_limit // (64 * widest)))
        return by_blocks(lambda part: self._outputs_of(X[part, ...], ready), X.shape[0], rows)

    def _outputs_of(self, X: Any, ready: Callable | None) -> Any:
        """V_N of one block, in the precision of its rows."""
        X = X if ready is None else ready(X)
        xp = namespace_of(X)
        double = self.double if X.dtype == xp.float64 else None
        return (self if double is None else double)._outputs(X, xp)

    def __getstate__(self) -> dict:
        derived = ("operators", "double", "_widest", "_sparse_operator", "_offsets")
        return {name: value for name, value in vars(self).items() if name not in derived}
