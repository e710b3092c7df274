# SPDX-License-Identifier: BSD-3-Clause
"""Networks in another precision."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from array_api_compat import is_array_api_obj

from ..compressions import CompressedWeight
from ..compressions.quantization import FixedPoint, QuantizedArray, plain_numbers
from ._columns import ColumnMap
from ._inputs import InputMap
from ._ramps import Ramps

if TYPE_CHECKING:
    from ._network import Network


def stored_in_single(network: Network) -> Network:
    """The network in single precision, in which rounded ones are stored, for rows of any.

    An origin of the columns far from zero is another number in single precision, by more than a spread
    perhaps. What that changes goes into the intercepts.
    """
    inputs, b = network.inputs, plain_numbers(network.intercepts[0])
    if inputs is not None and b is not None:
        xp, dtype = network.xp, inputs.origin.dtype
        origin = xp.astype(xp.astype(inputs.origin, xp.float32), dtype)
        moved, scale = replace(inputs, origin=origin - inputs.origin).per_input(network.coefs[0])
        b = b + (moved * scale) @ network.coefs[0].to_dense(xp=xp)
        kept = replace(inputs, origin=origin)
        network = replace(network, inputs=kept, intercepts=(b, *network.intercepts[1:]))
    return in_precision(network, "float32")


def in_precision(network: Network, dtype: str) -> Network:
    """The network with floating numbers of another dtype; codes and indices stay.

    Parameters
    ----------
    network : Network
    dtype : {"float32", "float64"}

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nnbcd import NNBCDRegressor
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> network = NNBCDRegressor((8,), random_state=0).fit(X, X[:, 0]).network_
    >>> network.dtype, in_precision(network, "float32").dtype
    ('float64', 'float32')
    """
    xp = network.xp
    target = getattr(xp, dtype)

    def converted(x: Any) -> Any:
        if isinstance(x, tuple):
            return tuple(converted(y) for y in x)
        if is_array_api_obj(x):
            return xp.astype(x, target, copy=False) if xp.isdtype(x.dtype, "real floating") else x
        if isinstance(x, FixedPoint):
            return replace(x, precision=dtype)
        if isinstance(x, CompressedWeight | QuantizedArray | InputMap | ColumnMap | Ramps):
            record: Any = x
            return replace(record, **{f.name: converted(getattr(x, f.name)) for f in fields(record)})
        return x

    parts = {name: converted(getattr(network, name)) for name in ("coefs", "intercepts", "inputs", "columns")}
    return replace(network, **parts)
