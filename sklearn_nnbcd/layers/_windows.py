# SPDX-License-Identifier: BSD-3-Clause
"""Windows that move over an image: cut them out of flat rows, and add them back."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any


def pair(value: Any, parameter: str, owner: str, *, low: int) -> tuple:
    """Two ints from an int or a pair of them; anything else raises."""
    values = (value, value) if isinstance(value, Integral) else value
    good = isinstance(values, list | tuple) and len(values) == 2
    if not good or any(isinstance(v, bool) or not isinstance(v, Integral) for v in values):
        raise TypeError(
            f"The {parameter!r} of {owner} must be an integer >= {low} or a pair of them "
            f"(height, width). Got {value!r}. Try {max(low, 1)}."
        )
    if min(values) < low:
        raise ValueError(
            f"The {parameter!r} of {owner} must be at least {low} in both directions. "
            f"Got {value!r}. Try {max(low, 1)}."
        )
    return tuple(int(v) for v in values)


@dataclass(frozen=True)
class Window:
    """A window of a given size and stride over padded images.

    Parameters
    ----------
    image : tuple of int
        (height, width, channels).
    size, stride, padding : tuple of int
        Each (vertical, horizontal).
    """

    image: tuple
    size: tuple
    stride: tuple
    padding: tuple

    @property
    def padded(self) -> tuple:
        """(height, width) with the padding on both sides."""
        return tuple(n + 2 * p for n, p in zip(self.image[:2], self.padding, strict=True))

    @property
    def counts(self) -> tuple:
        """How many windows there are, (vertically, horizontally); what is left over is not seen."""
        each = zip(self.padded, self.size, self.stride, strict=True)
        return tuple((n - size) // stride + 1 for n, size, stride in each)

    @property
    def area(self) -> int:
        """Pixels of the window."""
        return math.prod(self.size)

    def places(self) -> Iterator[tuple]:
        """For each pixel of the window, where it lies in all windows: slices of the padded image."""
        (rows, columns), (down, right) = self.counts, self.stride
        for i in range(self.size[0]):
            for j in range(self.size[1]):
                yield (
                    slice(None),
                    slice(i, i + (rows - 1) * down + 1, down),
                    slice(j, j + (columns - 1) * right + 1, right),
                    slice(None),
                )

    def _inner(self) -> tuple:
        (H, W), (top, left) = self.image[:2], self.padding
        return (slice(None), slice(top, top + H), slice(left, left + W), slice(None))

    def images(self, V: Any, *, xp: Any) -> Any:
        """Flat rows as padded images, shape (n, height, width, channels)."""
        images = xp.reshape(V, (V.shape[0], *self.image))
        if not any(self.padding):
            return images
        padded = xp.zeros((V.shape[0], *self.padded, self.image[2]), dtype=V.dtype)
        padded[self._inner()] = images
        return padded

    def cut(self, V: Any, *, xp: Any) -> Any:
        """The windows of flat rows, shape (n, rows, columns, area, channels)."""
        images = self.images(V, xp=xp)
        return xp.stack([images[place] for place in self.places()], axis=3)

    def fold(self, A: Any, *, xp: Any) -> Any:
        """The adjoint of :meth:`cut`: add windows up where they came from, flat rows."""
        n = A.shape[0]
        A = xp.reshape(A, (n, *self.counts, self.area, self.image[2]))
        images = xp.zeros((n, *self.padded, self.image[2]), dtype=A.dtype)
        for k, place in enumerate(self.places()):
            images[place] += A[:, :, :, k, :]
        return xp.reshape(images[self._inner()], (n, -1))
