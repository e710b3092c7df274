# SPDX-License-Identifier: BSD-3-Clause
"""Convolution as a matrix product over patches (Appendix A)."""

import math
from typing import Any, Self

from .._validation import check_integer
from ._base import BaseLayer
from ._dense import paired_channels
from ._windows import Window, pair


class Conv2D(BaseLayer):
    """Convolution of images with a stack of kernels, U = patches(V) K + b (Appendix A, (17)-(18)).

    The kernel is a matrix of shape (kernel height * kernel width * C, filters) that all positions
    share, so its least squares problem (18) is (12) over the n * H' * W' patches, each with the
    weight of its sample; it is compressed like any other weight.

    Parameters
    ----------
    filters : int
        Channels of the output.
    kernel_size : int or pair of int
        Height and width of the kernel.
    stride : int or pair of int, default=1
    padding : int or pair of int, default=0
        Zeros around the image, on each side.

    Examples
    --------
    >>> layer = Conv2D(32, 3, stride=2)
    >>> layer.build((28, 28, 1)), layer.weight_shape((28, 28, 1))
    ((13, 13, 32), (9, 32))
    """

    window_: Window

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding

    def _window(self, input_shape: tuple) -> Window:
        if len(input_shape) != 3:
            raise ValueError(
                "It needs images of shape (height, width, channels): put it before any Dense layer, "
                "or, if it comes first, give input_shape=(height, width, channels)."
            )
        window = Window(
            tuple(input_shape),
            pair(self.kernel_size, "kernel_size", "Conv2D", low=1),
            pair(self.stride, "stride", "Conv2D", low=1),
            pair(self.padding, "padding", "Conv2D", low=0),
        )
        if min(window.counts) < 1:
            raise ValueError(
                f"Its kernel of {window.size} pixels must fit into the padded image of "
                f"{window.padded}: lower kernel_size, raise padding, or pool and stride less before it."
            )
        return window

    def build(self, input_shape: tuple) -> tuple:
        """(H', W', filters)."""
        filters = check_integer(self.filters, "filters", "Conv2D", cure="Try 8.")
        return (*self._window(input_shape).counts, filters)

    def weight_shape(self, input_shape: tuple) -> tuple:
        """(kernel height * kernel width * C, filters)."""
        return (self._window(input_shape).area * input_shape[2], self.filters)

    def bind(self, input_shape: tuple) -> Self:
        """A copy that knows the shape of its images."""
        bound = super().bind(input_shape)
        bound.window_ = self._window(input_shape)
        return bound

    def factored(self, rank: int) -> tuple[BaseLayer, BaseLayer]:
        """``rank`` kernels, and a kernel of one pixel for each of its own filters."""
        inner = Conv2D(rank, self.kernel_size, self.stride, self.padding).bind(self.input_shape_)
        return inner, Conv2D(self.filters, 1).bind(inner.build(self.input_shape_))

    @property
    def positions(self) -> int:
        """H' W'."""
        return math.prod(self.window_.counts)

    def design(self, V: Any, *, xp: Any) -> Any:
        """All patches, shape (n * H' * W', kernel height * kernel width * C)."""
        rows = V.shape[0] * self.positions
        return xp.reshape(self.window_.cut(V, xp=xp), (rows, -1))

    def adjoint(self, A: Any, *, xp: Any) -> Any:
        """Patches added up to flat images."""
        n = A.shape[0] // self.positions
        return self.window_.fold(xp.reshape(A, (n, -1)), xp=xp)

    def pull_back_metric(self, S: Any, W: Any, *, xp: Any) -> Any:
        """Sum over the kernel's pixels of K_o S K_o', as a mean over the pixels of the image."""
        share = self.positions / math.prod(self.input_shape_[:2])
        return paired_channels(W, W @ S, self.window_.area, xp=xp) * share
