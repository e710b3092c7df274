# SPDX-License-Identifier: BSD-3-Clause
"""What the tensor formats share: how a weight becomes a tensor."""

import math
from typing import Any

from .._validation import check_option
from ._base import BaseCompression
from .tensors._tensorize import Tensorization, factor_modes, pair_modes

#: how a matrix may become a tensor
TENSORIZATIONS = ("flat", "flat_transposed", "paired")


class TensorizedCompression(BaseCompression):
    """A compression with the parameters ``tensorization`` and ``tensor_shape``."""

    #: size about which the factors of d_in and d_out are merged where ``tensor_shape`` is None
    _mode_target = 4

    def _tensorize(self, shape: tuple) -> Tensorization:
        owner = type(self).__name__
        check_option(self.tensorization, TENSORIZATIONS, "tensorization", owner)
        rows, columns = (factor_modes(d, self._mode_target) for d in shape)
        if self.tensorization != "paired":
            transposed = self.tensorization == "flat_transposed"
            automatic: tuple = (columns + rows if transposed else rows + columns) or (1,)
            given = automatic if self.tensor_shape is None else self.tensor_shape
            modes = positive_integers(given)
            if modes is None or math.prod(modes) != shape[0] * shape[1]:
                raise ValueError(
                    f"The 'tensor_shape' of {owner} must be integers >= 1 with product "
                    f"{shape[0]} * {shape[1]} = {shape[0] * shape[1]} for a weight of shape "
                    f"{shape} and tensorization={self.tensorization!r}. Got {self.tensor_shape!r}. Try "
                    f"{automatic!r}, or None."
                )
            return Tensorization(shape, modes, transposed=transposed)
        automatic = pair_modes(rows, columns)
        given = automatic if self.tensor_shape is None else self.tensor_shape
        pair: list = [positive_integers(p) for p in given] if isinstance(given, tuple | list) else []
        if (
            len(pair) != 2
            or None in pair
            or len(pair[0]) != len(pair[1])
            or (math.prod(pair[0]), math.prod(pair[1])) != shape
        ):
            raise ValueError(
                f"The 'tensor_shape' of {owner} must be two equally long tuples of integers with "
                f"products {shape[0]} and {shape[1]} for a weight of shape {shape} and "
                f"tensorization='paired'. Got {self.tensor_shape!r}. Try {automatic!r}, or None."
            )
        modes = tuple(m * n for m, n in zip(*pair, strict=True))
        return Tensorization(shape, modes, *pair)


def positive_integers(values: Any) -> tuple | None:
    """The values as a tuple of integers >= 1, or None."""
    try:
        numbers = tuple(int(v) for v in values)
    except (TypeError, ValueError):
        return None
    same = all(n == v for n, v in zip(numbers, values, strict=True))
    return numbers if numbers and same and min(numbers) >= 1 else None
