# SPDX-License-Identifier: BSD-3-Clause
"""Kinds of networks that bytes can be spent on, what each takes, and which are worth comparing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sklearn.base import is_classifier

from ._bins import MOST_BINS, MOST_VALUES
from ._resolve import resolve_sizes
from .compressions import COMPRESSIONS, least_entries
from .compressions._gaps import bits_of_places
from .compressions.quantization import GRIDS

#: widest hidden layers of plain networks with one and with two of them
WIDEST = (512, 256)
#: hidden layers of sparse networks where many columns wait to be pruned, and where plain ones are as wide as
#: they get; of networks with thin factors, and of those behind ramps
SPARSE_WIDTHS, SPARSE_WIDEST = ((), (64,), (128,), (256, 256)), ((256, 256),)
#: rows from which sparse networks of two hidden layers are fitted from nothing: of fewer they are hardly ever
#: the best, and take most of the time
SPARSE_ROWS = 1000
THIN_WIDTHS, RAMP_WIDTHS = ((64,), (128,)), ((128,), (128, 128), (256, 256))
#: columns from which wide inputs are worth pruning and thin factors
MANY_COLUMNS = 64
#: columns up to which first weights of 8 bits are compared, too: few inputs make up for little rounding
FEW_COLUMNS = 16
#: shares of the entries between which a sparse network or thin factors are a kind of its own
SHARES = (0.005, 0.6)
#: bytes of a floating number
NUMBER = 4
#: shares of the bytes from which networks without bent columns are compared, too, and up to which others are
BEND_SHARES = (0.1, 0.5)
#: bins of a column, the most that leave enough, with so many rows of a bin at least; more than are usual only
#: where columns of few values have them without a budget
BINS, ROWS_OF_A_BIN = (MOST_VALUES, MOST_BINS, 16, 8, 4, 2), 125
#: what bins are to leave: units of hidden layers, so many and such a share of the root of the inputs, bits of
#: their weights, and bits of linear networks
LEAST_UNITS, LEAST_SHARE, LEAST_BITS, LINEAR_BITS = 4, 0.5, 4, 8
#: and shares of the entries of thin factors and of sparse networks
LEAST_KEPT = {"l0": 0.05, None: 0.075}
#: ridge of linear networks of many columns that is compared beside the evidence's: that of scikit-learn's
#: LogisticRegression
LINEAR_RIDGE = 1.0
#: where the search for the fewest bytes ends
MOST_BYTES = 2**40
#: columns with their ramps, at most
MOST_INPUTS = 1024


@dataclass(frozen=True)
class Kind:
    """One way to spend bytes.

    Attributes
    ----------
    compression : str, instance or None
        None: plain matrices.
    bits : int, str, tuple or None
        None: the most bits that fit. A tuple: those of the first layer and of all others.
    widths : tuple of int or None
        Of the hidden layers; None: ``depth`` layers, as wide as they can be.
    depth : int, default=0
    straight : bool, default=False
        Whether no columns are bent.
    bins : int, default=0
        Of each column, for ramps.
    n_ramps : int, default=0
        How many ramps these are.
    column_bytes : int, default=0
        What is stored of bent columns and of bins.
    widest : int, default=0
        Units of a hidden layer at most, where widths are open; 0: those of ``WIDEST``.
    ridge : float or None, default=None
        None: the estimator's own.
    """

    compression: Any
    bits: Any
    widths: tuple | None
    depth: int = 0
    straight: bool = False
    bins: int = 0
    n_ramps: int = 0
    column_bytes: int = 0
    widest: int = 0
    ridge: float | None = None

    def within(self, room: int, n_features: int, n_outputs: int) -> dict | None:
        """Parameters of the largest network of this kind in ``room`` bytes, or None."""
        shapes, room = shapes_of(n_features + self.n_ramps, n_outputs), room - self.column_bytes
        if self.compression is not None:
            layers = shapes(self.widths or ())
            share = kept_share(layers, self.bits, room, sparse=self.compression == "l0")
            piece = COMPRESSIONS.get(self.compression, self.compression)
            least = least_entries([piece() if isinstance(piece, type) else piece] * len(layers), layers)
            if share < SHARES[0] or int(share * sum(a * b for a, b in layers)) < least:
                return None
            return self.parameters(self.widths, self.bits, compression_ratio=share, compress_output=True)
        if self.widths is not None:
            options = (8, 4, 3, 2) if self.bits is None else (self.bits,)
            fitting = [bits for bits in options if plain_bytes(shapes(self.widths), bits) <= room]
            return self.parameters(self.widths, fitting[0]) if fitting else None
        most, bits = self.widest or WIDEST[self.depth - 1], self.bits or 4

        def width(bits: Any) -> int:
            return largest(lambda h: plain_bytes(shapes((h,) * self.depth), bits) <= room, most)

        if self.bits is None and width(4) == most:  # up to there, width is worth more than bits
            bits = 8
        return self.parameters((width(bits),) * self.depth, bits) if width(bits) >= 2 else None

    def parameters(self, widths: Any, bits: Any, **others: Any) -> dict:
        """Those of a network of this kind with some widths and bits."""
        columns: dict[str, Any] = {"column_bins": self.bins} | (
            {"bend_columns": False} if self.straight else {}
        )
        columns |= {} if self.ridge is None else {"ridge": self.ridge}
        if isinstance(bits, tuple):
            bits = [bits[0], *[bits[1]] * len(widths)]
        plain = {"hidden_layer_sizes": widths, "compression": self.compression, "bits": bits}
        return plain | others | columns


def shapes_of(n_features: int, n_outputs: int) -> Callable[[tuple], list]:
    """Weight shapes of plain layers, from their widths."""

    def shapes(widths: tuple) -> list:
        sizes = (n_features, *widths, n_outputs)
        return list(zip(sizes[:-1], sizes[1:], strict=True))

    return shapes


def bits_of(bits: Any) -> float:
    """Bits of one number."""
    return {"ternary": 1.6, "binary": 1.0}.get(bits, bits) or 32.0


def plain_bytes(shapes: list, bits: Any) -> int:
    """Bytes of plain matrices with so many bits an entry, a scale and an intercept for each column."""
    first, others = bits if isinstance(bits, tuple) else (bits, bits)
    each = [first, *[others] * (len(shapes) - 1)]
    return sum(
        math.ceil(a * b * bits_of(n) / 8) + column_bytes(b, n) for (a, b), n in zip(shapes, each, strict=True)
    )


def column_bytes(n_columns: int, bits: Any) -> int:
    """Bytes of the scales and intercepts of a weight's columns, about; a power of two each beside them."""
    grid = GRIDS.get(bits)
    return NUMBER * n_columns if grid is None else 2 * (n_columns * grid.scale_bytes + 1)


def kept_share(shapes: list, bits: Any, room: int, *, sparse: bool) -> float:
    """Share of the entries that sparse weights, or factors, can keep in ``room`` bytes, about; 1 at most."""
    room, size = room - sum(column_bytes(b, bits) for _, b in shapes), sum(a * b for a, b in shapes)

    def fits(n: int) -> bool:
        place = bits_of_places(n / size) if sparse else 0.0
        return n * (bits_of(bits) + place) <= 8 * room

    return largest(fits, size) / size


def largest(fits: Callable[[int], bool], most: int) -> int:
    """The largest number up to ``most`` that fits, or 0, if whatever is smaller fits too."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def kinds_of(widths: tuple | None, compression: Any, bits: Any, n_features: int) -> list[Kind]:
    """The kinds of networks that some parameters leave open.

    Parameters
    ----------
    widths : tuple of int or None
        None: open.
    compression : str, instance or None
        "auto": open.
    bits : int, str or None
        None: open.
    n_features : int
    """
    kinds = []
    if compression in ("auto", None):
        kinds += [Kind(None, bits, widths)] if widths is not None else [Kind(None, bits, ())]
        kinds += [] if widths is not None else [Kind(None, bits, None, depth) for depth in (1, 2)]
        if widths is None and bits is None and n_features <= FEW_COLUMNS:
            kinds += [Kind(None, (8, 4), None, depth) for depth in (1, 2)]
    if compression is None:
        return kinds
    wide = n_features >= MANY_COLUMNS
    names = ["l0", *(["low_rank"] if wide else [])] if compression == "auto" else [compression]
    for name in names:
        each: Sequence = THIN_WIDTHS if name != "l0" else SPARSE_WIDTHS if wide else SPARSE_WIDEST
        each = each if widths is None else (widths,)
        kinds += [Kind(name, bits or (4 if name == "l0" and w else 8), w) for w in each]
    return kinds


def kinds_within(estimator: Any, room: int, size: tuple[int, int]) -> list[Kind]:
    """The kinds that an estimator leaves open and that are worth a try in ``room`` bytes.

    Parameters
    ----------
    estimator : estimator
    room : int
    size : tuple of int
        Features and outputs.

    Raises
    ------
    ValueError
        If nothing fits, with what is needed.
    """
    owner, given = type(estimator).__name__, estimator.hidden_layer_sizes
    widths = None if isinstance(given, str) else resolve_sizes(given, owner)
    kinds = kinds_of(widths, estimator.compression, estimator.bits, size[0])
    if is_classifier(estimator) and estimator.ridge == "auto" and size[0] >= MANY_COLUMNS:
        kinds += [replace(kind, ridge=LINEAR_RIDGE) for kind in kinds if kind.widths == ()]
    fitting = [kind for kind in kinds if kind.within(room, *size) is not None]
    if not fitting:
        raise ValueError(
            f"The 'max_bytes' of {owner} must leave room for a network: with {size[0]} columns and "
            f"{size[1]} outputs {least_room(kinds, size)} bytes do. Got {room}. "
            "Raise it, take fewer columns first, or leave hidden_layer_sizes, compression and bits open."
        )
    # what keeps nearly all, or nearly nothing, is no kind of its own beside others
    return [kind for kind in fitting if is_worthwhile(kind, room, *size)] or fitting


def for_few_rows(kinds: list[Kind], estimator: Any, n_rows: int) -> list[Kind]:
    """Some kinds without sparse networks of two hidden layers, if these are open and rows are few."""
    is_open = isinstance(estimator.hidden_layer_sizes, str) and estimator.compression == "auto"
    if not is_open or n_rows >= SPARSE_ROWS:
        return kinds
    return [kind for kind in kinds if kind.compression != "l0" or kind.widths not in SPARSE_WIDEST] or kinds


def least_room(kinds: list[Kind], size: tuple[int, int]) -> int:
    """The fewest bytes in which one of some kinds fits."""
    return 1 + largest(lambda room: all(kind.within(room, *size) is None for kind in kinds), MOST_BYTES)


def is_worthwhile(kind: Kind, room: int, n_features: int, n_outputs: int) -> bool:
    """Whether a kind that compresses keeps a share of the entries at which it may be the best."""
    if kind.compression is None:
        return True
    shapes = shapes_of(n_features, n_outputs)(kind.widths or ())
    share = kept_share(shapes, kind.bits, room, sparse=kind.compression == "l0")
    return SHARES[0] <= share <= SHARES[1]


def straight_too(kinds: list[Kind], bend: int, room: int) -> list[Kind]:
    """Kinds without bent columns beside these where those take many of the bytes, or in their place.

    Parameters
    ----------
    kinds : list of Kind
    bend : int
        Bytes of bent columns.
    room : int
    """
    straight = [replace(kind, straight=True) for kind in kinds]
    if bend <= BEND_SHARES[0] * room:
        return kinds
    return [*kinds, *straight] if bend <= BEND_SHARES[1] * room else straight


def ramp_kinds(
    estimator: Any, cuts: list[tuple[int, int, int]], straight: bool, room: int, size: tuple[int, int]
) -> list[Kind]:
    """Networks with ramps: of each family that is open one, with as many bins as leave enough of it.

    A linear network with ramps has a curve for every column, and nothing that joins columns. Behind ramps
    there are many inputs: thin factors join those that belong together, and take few bytes.

    Parameters
    ----------
    estimator : estimator
    cuts : list of tuple of int
        Bins of each column, ramps, and bytes of what maps the columns; most bins first.
    straight : bool
        Whether columns are not bent.
    room : int
    size : tuple of int
        Features and outputs.
    """
    found: list = []
    for family in ramp_families(estimator):
        for bins, n_ramps, n_bytes in cuts:
            if family.widths != ():  # few bits take a power of 2 for each input; ramps have no common unit
                n_bytes += size[0] + n_ramps
            kind = replace(family, straight=straight, bins=bins, n_ramps=n_ramps, column_bytes=n_bytes)
            params = kind.within(room, *size)
            if leaves_enough(kind, params, size[0] + n_ramps):
                found.append((kind, params))
                break
    if estimator.compression == "auto":  # factors that keep all are no kind of their own
        found = [(kind, params) for kind, params in found if params.get("compression_ratio") != 1.0]
    return [kind for kind, _ in found]


def ramp_families(estimator: Any) -> list[Kind]:
    """What may stand behind ramps, of which bins are not chosen yet."""
    given, compression, bits = estimator.hidden_layer_sizes, estimator.compression, estimator.bits
    widths = None if isinstance(given, str) else resolve_sizes(given, type(estimator).__name__)
    plain: list = [((), 0), (None, 1), (None, 2)] if widths is None else [(widths, 0)]
    found = [Kind(None, bits, *each) for each in plain] if compression in ("auto", None) else []
    name = "low_rank" if compression == "auto" else compression
    if name is None or widths == ():
        return found
    each = RAMP_WIDTHS if widths is None else (widths,)
    return found + [Kind(name, bits or (4 if name == "l0" else 8), w) for w in each]


def leaves_enough(kind: Kind, params: dict | None, n_inputs: int) -> bool:
    """Whether bins leave as many units, bits or entries as a network needs, of what is open."""
    if params is None:
        return False
    if kind.compression is not None:
        name = kind.compression if kind.compression == "l0" else None
        return params["compression_ratio"] >= LEAST_KEPT[name]
    units = max(LEAST_UNITS, LEAST_SHARE * n_inputs**0.5)
    if kind.widths is None and params["hidden_layer_sizes"][0] < units:
        return False
    return kind.bits is not None or params["bits"] >= (LINEAR_BITS if kind.widths == () else LEAST_BITS)
