# SPDX-License-Identifier: BSD-3-Clause
"""How every piece of the library becomes nodes of a graph: one function and one line for each.

``ACTIVATION_LOWERINGS``, ``LAYER_LOWERINGS``, ``WEIGHT_LOWERINGS``, ``LOSS_LOWERINGS`` and
``SCALER_LOWERINGS`` hold them by class; ``REFUSED`` names what has no nodes on purpose, and why.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from .. import activations, compressions, layers, losses
from .._arrays import to_numpy
from ..backends import namespace_of
from ..compressions._cp import CPWeight
from ..compressions._group_lasso import UnitWeight
from ..compressions._low_rank import LowRankWeight
from ..compressions._sparse import SparseWeight
from ..compressions._sum import SumWeight
from ..compressions._tensor_train import TensorTrainWeight
from ..compressions._tucker import TuckerWeight
from ..layers._pool import Pooled
from ._levels import lower_quantized
from ._nodes import (
    Add,
    Builder,
    Clip,
    Exp,
    Gather,
    GroupedProduct,
    LeakyClip,
    Polynomial,
    Pool,
    Product,
    Scale,
    Scatter,
    Sigmoid,
    Simplex,
    Softmax,
    Softplus,
    SparseProduct,
    Tanh,
    TwoColumns,
    Windows,
)
from ._trains import train_steps

# activations: (piece, builder, source) -> place ---------------------------------------------------


def _hard_sigmoid(piece: Any, builder: Builder, v: int) -> int:
    return builder.add(Clip, builder.add(Polynomial, v, coefficients=(0.5, 1.0 / 6.0)), low=0.0, high=1.0)


def _polynomial(piece: Any, builder: Builder, v: int) -> int:
    return builder.add(Polynomial, v, coefficients=tuple(float(a) for a in piece.coefficients))


def _softplus(piece: Any, builder: Builder, v: int) -> int:
    beta = float(piece.beta)
    if beta == 1.0:
        return builder.add(Softplus, v)
    inner = builder.add(Softplus, builder.add(Polynomial, v, coefficients=(0.0, beta)))
    return builder.add(Polynomial, inner, coefficients=(0.0, 1.0 / beta))


ACTIVATION_LOWERINGS: dict[type, Callable[[Any, Builder, int], int]] = {
    activations.ReLU: lambda piece, builder, v: builder.add(Clip, v, low=0.0, high=math.inf),
    activations.LeakyReLU: lambda piece, builder, v: builder.add(
        LeakyClip, v, slope=float(piece.negative_slope)
    ),
    activations.Identity: lambda piece, builder, v: v,
    activations.Sigmoid: lambda piece, builder, v: builder.add(Sigmoid, v),
    activations.Tanh: lambda piece, builder, v: builder.add(Tanh, v),
    activations.Softplus: _softplus,
    activations.Square: lambda piece, builder, v: builder.add(Polynomial, v, coefficients=(0.0, 0.0, 1.0)),
    activations.Polynomial: _polynomial,
    activations.HardSigmoid: _hard_sigmoid,
    activations.HardTanh: lambda piece, builder, v: builder.add(Clip, v, low=-1.0, high=1.0),
}

# layers: what their design makes of a row, (layer, builder, source) -> place ----------------------


def _pooled(layer: Any, builder: Builder, v: int) -> int:
    window = layer.pool.window_
    size = math.prod(window.counts) * window.image[2]
    return lower_layer(layer.layer, builder, builder.add(Pool, v, size, window=window))


def _windows(layer: Any, builder: Builder, v: int) -> int:
    size = layer.positions * layer.weight_shape(layer.input_shape_)[0]
    return builder.add(Windows, v, size, window=layer.window_)


LAYER_LOWERINGS: dict[type, Callable[[Any, Builder, int], int]] = {
    layers.Dense: lambda layer, builder, v: v,
    layers.Conv2D: _windows,
    Pooled: _pooled,
}

# compressed weights: (weight, builder, source, rows) -> place of rows @ W -------------------------


def _matrix(W: Any, builder: Builder, v: int, rows: int) -> int:
    W = to_numpy(W)
    return builder.add(Product, v, rows * W.shape[1], matrix=W, before=rows)


def _low_rank(coef: Any, builder: Builder, v: int, rows: int) -> int:
    return _matrix(coef.right, builder, _matrix(coef.left, builder, v, rows), rows)


def _sparse(coef: Any, builder: Builder, v: int, rows: int) -> int:
    columns, pointers = (to_numpy(array) for array in coef.compressed_rows(xp=namespace_of(coef.data)))
    options = {
        "data": to_numpy(coef.data),
        "indices": columns,
        "indptr": pointers,
        "shape": tuple(coef.shape),
    }
    return builder.add(SparseProduct, v, rows * coef.shape[1], **options, before=rows)


def _unit(coef: Any, builder: Builder, v: int, rows: int) -> int:
    """What is left of a weight without zero rows or columns; all of them zero: a sum of nothing."""
    kept = to_numpy(coef.kept).astype(np.int64)
    if len(kept) == 0:
        zeros = {"indices": kept, "data": np.zeros(0, to_numpy(coef.array).dtype)}
        pointers = np.zeros(coef.shape[0] + 1, np.int32)
        shape = tuple(coef.shape)
        return builder.add(
            SparseProduct, v, rows * shape[1], **zeros, indptr=pointers, shape=shape, before=rows
        )
    if coef.axis == 0:
        v = builder.add(Gather, v, rows * len(kept), indices=kept, before=rows)
        return _matrix(coef.array, builder, v, rows)
    v = _matrix(coef.array, builder, v, rows)
    return builder.add(Scatter, v, rows * coef.shape[1], indices=kept, before=rows)


def _sum(coef: Any, builder: Builder, v: int, rows: int) -> int:
    first, *others = (lower_weight(part, builder, v, rows) for part in coef.parts)
    for other in others:
        first = builder.add(Add, (first, other))
    return first


def _tensor_train(coef: Any, builder: Builder, v: int, rows: int) -> int:
    """Core by core, from the end that takes fewer multiply-adds; dense where no core holds the split."""
    steps = train_steps([to_numpy(core) for core in coef.cores], coef.tensorization)
    if steps is None:
        return _matrix(coef.to_dense(xp=namespace_of(coef.cores[0])), builder, v, rows)
    for matrix, before, after in steps:
        size = rows * before * matrix.shape[1] * after
        v = builder.add(Product, v, size, matrix=matrix, before=rows * before, after=after)
    return v


def _tucker(coef: Any, builder: Builder, v: int, rows: int) -> int:
    """Mode by mode through the row factors, then the core, then the column factors."""
    before, after = 1, coef.shape[0]
    for U in (to_numpy(U) for U in coef.rows):
        after //= U.shape[0]
        size = rows * before * U.shape[1] * after
        v = builder.add(Product, v, size, matrix=U, before=rows * before, after=after)
        before *= U.shape[1]
    v = _matrix(coef.core, builder, v, rows)
    before, after = 1, coef.core.shape[1]
    for U in (to_numpy(U) for U in coef.columns):
        after //= U.shape[1]
        size = rows * before * U.shape[0] * after
        v = builder.add(Product, v, size, matrix=U.T.copy(), before=rows * before, after=after)
        before *= U.shape[0]
    return v


def _cp(coef: Any, builder: Builder, v: int, rows: int) -> int:
    """The terms side by side: each row mode is summed, each column mode added, the first one with the sum."""
    first, *others = (to_numpy(U) for U in coef.rows)
    rank, after = first.shape[1], coef.shape[0] // first.shape[0]
    v = builder.add(Product, v, rows * rank * after, matrix=first, before=rows, after=after)
    for U in others:
        after //= U.shape[0]
        matrices = U.T[:, :, None].copy()
        v = builder.add(GroupedProduct, v, rows * rank * after, matrices=matrices, before=rows, after=after)
    first, *others = (to_numpy(U) for U in coef.columns)
    for U in reversed(others):
        matrices, size = U.T[:, None, :].copy(), rows * rank * U.shape[0] * after
        v = builder.add(GroupedProduct, v, size, matrices=matrices, before=rows, after=after)
        after *= U.shape[0]
    size = rows * first.shape[0] * after
    return builder.add(Product, v, size, matrix=first.T.copy(), before=rows, after=after)


WEIGHT_LOWERINGS: dict[type, Callable[[Any, Builder, int, int], int]] = {
    compressions.DenseWeight: lambda coef, builder, v, rows: _matrix(coef.array, builder, v, rows),
    LowRankWeight: _low_rank,
    SparseWeight: _sparse,
    UnitWeight: _unit,
    SumWeight: _sum,
    TensorTrainWeight: _tensor_train,
    TuckerWeight: _tucker,
    CPWeight: _cp,
    compressions.QuantizedWeight: lambda coef, builder, v, rows: lower_quantized(
        coef, builder, v, rows, lower_weight
    ),
}

# losses: probabilities of classes, and predictions of regressions ---------------------------------


def _half(builder: Builder, v: int) -> int:
    """(v + 1) / 2."""
    return builder.add(Polynomial, v, coefficients=(0.5, 0.5))


def _clipped_half(builder: Builder, v: int, dtype: Any) -> int:
    return builder.add(Clip, _half(builder, v), low=0.0, high=1.0)


def _sigmoid(builder: Builder, v: int, dtype: Any) -> int:
    return builder.add(Sigmoid, v)


def _shares(builder: Builder, v: int, dtype: Any) -> int:
    """Logistic functions over their sum: the softmax of their logarithms."""
    return builder.add(Softmax, _negative(builder, builder.add(Softplus, _negative(builder, v))))


def _negative(builder: Builder, v: int) -> int:
    """-v."""
    return builder.add(Polynomial, v, coefficients=(0.0, -1.0))


def _double(builder: Builder, v: int) -> int:
    """2 v."""
    return builder.add(Polynomial, v, coefficients=(0.0, 2.0))


def _exp(builder: Builder, v: int, dtype: Any) -> int:
    return builder.add(Exp, v, top=0.75 * math.log(float(np.finfo(dtype).max)))


Head = Callable[[Builder, int, Any], int]

#: loss -> (probability that one output is present, probabilities of several classes)
LOSS_LOWERINGS: dict[type, tuple[Head, Head]] = {
    losses.SquaredError: (_clipped_half, lambda builder, v, dtype: builder.add(Simplex, v)),
    losses.Hinge: (_clipped_half, lambda builder, v, dtype: builder.add(Simplex, _half(builder, v))),
    losses.JointHinge: (_clipped_half, lambda builder, v, dtype: builder.add(Simplex, v)),
    losses.Exponential: (
        lambda builder, v, dtype: _sigmoid(builder, _double(builder, v), dtype),
        lambda builder, v, dtype: _shares(builder, _double(builder, v), dtype),
    ),
    losses.Logistic: (_sigmoid, _shares),
    losses.CrossEntropy: (_sigmoid, lambda builder, v, dtype: builder.add(Softmax, v)),
}

#: regression losses -> predictions of outputs
LINK_LOWERINGS: dict[type, Head] = {
    losses.SquaredError: lambda builder, v, dtype: v,
    losses.Huber: lambda builder, v, dtype: v,
    losses.AbsoluteError: lambda builder, v, dtype: v,
    losses.Poisson: _exp,
}

# scalers before the network: (scaler, builder, source) -> place -----------------------------------


def _scaled(builder: Builder, v: int, origin: Any, scale: Any) -> int:
    """(v - origin) * scale, with None for 0 and 1."""
    n = builder.nodes[v].size
    origin = np.zeros(n) if origin is None else np.asarray(origin, dtype=np.float64)
    scale = np.ones(n) if scale is None else np.asarray(scale, dtype=np.float64)
    return builder.add(Scale, v, origin=origin, scale=scale)


def _standard(scaler: Any, builder: Builder, v: int) -> int:
    spread = None if scaler.scale_ is None else 1.0 / scaler.scale_
    return _scaled(builder, v, scaler.mean_ if scaler.with_mean else None, spread)


def _min_max(scaler: Any, builder: Builder, v: int) -> int:
    v = _scaled(builder, v, -scaler.min_ / scaler.scale_, scaler.scale_)
    if not scaler.clip:
        return v
    low, high = scaler.feature_range
    return builder.add(Clip, v, low=float(low), high=float(high))


def _robust(scaler: Any, builder: Builder, v: int) -> int:
    return _scaled(builder, v, scaler.center_, None if scaler.scale_ is None else 1.0 / scaler.scale_)


SCALER_LOWERINGS: dict[type, Callable[[Any, Builder, int], int]] = {
    StandardScaler: _standard,
    MinMaxScaler: _min_max,
    RobustScaler: _robust,
}

#: pieces that have no nodes of their own, and why
REFUSED: dict[type, str] = {
    layers.Residual: "a bracket around layers: fitted networks hold its layers and skips instead",
    layers.AveragePool2D: "has no weights: fitted networks hold it merged with the layer after it",
}


def _lowering(table: dict, piece: Any, family: str) -> Any:
    """The entry of a piece's class; ValueError where there is none."""
    found = table.get(type(piece))
    if found is None:
        known = sorted(kind.__name__ for kind in table)
        raise ValueError(
            f"The export knows the {family} {', '.join(known)}. Got {piece!r}. Add a line for "
            f"{type(piece).__name__} to sklearn_nnbcd/graphs/_lowerings.py, or use one of these."
        )
    return found


def lower_activation(piece: Any, builder: Builder, v: int) -> int:
    """Nodes of an activation; the place of the result."""
    return _lowering(ACTIVATION_LOWERINGS, piece, "activations")(piece, builder, v)


def lower_layer(layer: Any, builder: Builder, v: int) -> int:
    """Nodes of what a layer makes of a row before the weight; the place of the result."""
    return _lowering(LAYER_LOWERINGS, layer, "layers")(layer, builder, v)


def lower_weight(coef: Any, builder: Builder, v: int, rows: int = 1) -> int:
    """Nodes of the product of ``rows`` rows with a compressed weight; the place of the result."""
    return _lowering(WEIGHT_LOWERINGS, coef, "weights")(coef, builder, v, rows)


def lower_scaler(scaler: Any, builder: Builder, v: int) -> int:
    """Nodes of a fitted scaler; the place of the result."""
    if type(scaler) not in SCALER_LOWERINGS:
        known = ", ".join(sorted(kind.__name__ for kind in SCALER_LOWERINGS))
        raise ValueError(
            f"The steps before the network must be {known} to be exported. Got {type(scaler).__name__}. "
            "Export the network alone, model[-1], with rows of model[:-1].transform(X) where rows are asked "
            "for; who calls the file makes such rows. For ONNX, skl2onnx converts whole pipelines after "
            "register_onnx_converter()."
        )
    return SCALER_LOWERINGS[type(scaler)](scaler, builder, v)


def lower_probabilities(loss: Any, builder: Builder, v: int, dtype: Any, *, exclusive: bool = True) -> int:
    """Nodes of class probabilities from outputs.

    Parameters
    ----------
    loss : loss
    builder : Builder
    v : int
        Place of the outputs.
    dtype : numpy.dtype
        Of the network.
    exclusive : bool, default=True
        Whether classes exclude each other; otherwise each output is a label, with a probability that is
        never quite 0 or 1.
    """
    one, several = _lowering(LOSS_LOWERINGS, loss, "losses of classifiers")
    if not exclusive:
        unit = float(np.finfo(dtype).eps)
        return builder.add(Clip, one(builder, v, dtype), low=unit, high=1.0 - unit)
    if builder.nodes[v].size == 1:
        return builder.add(TwoColumns, one(builder, v, dtype), 2)
    return several(builder, v, dtype)


def lower_predictions(loss: Any, builder: Builder, v: int, dtype: Any) -> int:
    """Nodes of a regression's predictions from outputs."""
    return _lowering(LINK_LOWERINGS, loss, "losses of regressors")(builder, v, dtype)
