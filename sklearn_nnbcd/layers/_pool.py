# SPDX-License-Identifier: BSD-3-Clause
"""Average pooling: a linear map without weights, merged into the layer that follows."""

import copy
import math
from typing import Any, Self

from .._sklearn_compat import LinkedEstimator
from ._base import BaseLayer
from ._windows import Window, pair


class AveragePool2D(LinkedEstimator):
    """Means over windows of an image.

    Pooling has no weights and no activation, so it needs no blocks of its own: with the layer that
    follows it is one affine map, U_{i+1} = pool(V_i) W_{i+1} + b_{i+1}, whose block updates stay
    exact (:class:`Pooled`).

    Parameters
    ----------
    pool_size : int or pair of int, default=2
        Height and width of the window.
    stride : int, pair of int or None, default=None
        None: windows side by side. What is left over at the edge is not seen.

    Examples
    --------
    >>> AveragePool2D(2).build((8, 8, 3))
    (4, 4, 3)
    """

    window_: Window

    def __init__(self, pool_size: int | tuple[int, int] = 2, stride: int | tuple[int, int] | None = None):
        self.pool_size = pool_size
        self.stride = stride

    def _window(self, input_shape: tuple) -> Window:
        if len(input_shape) != 3:
            raise ValueError(
                "It needs images of shape (height, width, channels): put it before any Dense layer, "
                "or, if it comes first, give input_shape=(height, width, channels)."
            )
        size = pair(self.pool_size, "pool_size", "AveragePool2D", low=1)
        stride = size if self.stride is None else pair(self.stride, "stride", "AveragePool2D", low=1)
        window = Window(tuple(input_shape), size, stride, (0, 0))
        if min(window.counts) < 1:
            raise ValueError(
                f"Its window of {size} pixels must fit into the image of {tuple(input_shape[:2])}: "
                "lower pool_size, or pool and stride less before it."
            )
        return window

    def build(self, input_shape: tuple) -> tuple:
        """(H', W', C)."""
        return (*self._window(input_shape).counts, input_shape[2])

    def bind(self, input_shape: tuple) -> Self:
        """A copy that knows the shape of its images."""
        bound = copy.copy(self)
        bound.window_ = self._window(input_shape)
        return bound

    def before(self, layer: BaseLayer) -> "Pooled":
        """The layer that pools first and then applies ``layer``."""
        return Pooled(self, layer)

    def forward(self, V: Any, *, xp: Any) -> Any:
        """Means, flat rows."""
        means = xp.mean(self.window_.cut(V, xp=xp), axis=3)
        return xp.reshape(means, (V.shape[0], -1))

    def adjoint(self, Z: Any, *, xp: Any) -> Any:
        """Every mean handed back to its pixels in equal shares."""
        window, n = self.window_, Z.shape[0]
        shares = xp.reshape(Z * (1.0 / window.area), (n, *window.counts, 1, window.image[2]))
        full = (n, *window.counts, window.area, window.image[2])
        return window.fold(xp.broadcast_to(shares, full), xp=xp)

    def pull_back_metric(self, form: Any) -> Any:
        """A mean over pooled positions as a mean over pixels, both taken as independent."""
        window = self.window_
        share = window.area * math.prod(window.counts) / math.prod(window.image[:2])
        return form * (share / window.area**2)


class Pooled(BaseLayer):
    """Pooling and the layer after it as one affine map; made by :meth:`AveragePool2D.before`.

    Parameters
    ----------
    pool : AveragePool2D
    layer : BaseLayer
    """

    def __init__(self, pool: AveragePool2D, layer: BaseLayer):
        self.pool = pool
        self.layer = layer

    def build(self, input_shape: tuple) -> tuple:
        """Shape of an output row of the layer."""
        return self.layer.build(self.pool.build(input_shape))

    def weight_shape(self, input_shape: tuple) -> tuple:
        """Weight shape of the layer for pooled rows."""
        return self.layer.weight_shape(self.pool.build(input_shape))

    def bind(self, input_shape: tuple) -> Self:
        """A copy that knows the shape of its images."""
        bound = super().bind(input_shape)
        bound.pool = self.pool.bind(input_shape)
        bound.layer = self.layer.bind(self.pool.build(input_shape))
        return bound

    def factored(self, rank: int) -> tuple[BaseLayer, BaseLayer] | None:
        """The pooling before the first of the layer's two."""
        parts = self.layer.factored(rank)
        if parts is None:
            return None
        inner = Pooled(self.pool, parts[0])
        inner.input_shape_ = self.input_shape_
        return inner, parts[1]

    @property
    def positions(self) -> int:
        """Those of the layer."""
        return self.layer.positions

    def design(self, V: Any, *, xp: Any) -> Any:
        """The layer's design of the pooled rows."""
        return self.layer.design(self.pool.forward(V, xp=xp), xp=xp)

    def adjoint(self, A: Any, *, xp: Any) -> Any:
        """Both adjoints, the layer's first."""
        return self.pool.adjoint(self.layer.adjoint(A, xp=xp), xp=xp)

    def pull_back_metric(self, S: Any, W: Any, *, xp: Any) -> Any:
        """Through the layer, then through the pooling."""
        return self.pool.pull_back_metric(self.layer.pull_back_metric(S, W, xp=xp))
