# SPDX-License-Identifier: BSD-3-Clause
"""What ``max_bytes`` stands for: widths, format and bits of a network whose stored arrays fit.

Of each kind of network (linear, one and two hidden layers, sparse wide ones, thin factors) there is one that
uses the bytes up. These are fitted to a part of the training rows and compared on the rest, and the one that
does best is fitted to all rows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier

from ._arrays import on_host
from ._held_out import best_first, close_ones, divisions, judged, mean_of, told
from ._resolve import resolve_sizes
from ._validation import parse_bytes
from .compressions import COMPRESSIONS, least_entries

#: widest hidden layers of plain networks with one and with two of them
WIDEST = (512, 256)
#: hidden layers of sparse networks where many columns wait to be pruned, and where plain ones are as wide as
#: they get; of networks with thin factors
SPARSE_WIDTHS, SPARSE_WIDEST = ((), (64,), (128,), (256, 256)), ((256, 256),)
THIN_WIDTHS = ((64,), (128,))
#: columns from which wide inputs are worth pruning and thin factors
MANY_COLUMNS = 64
#: columns up to which first weights of 8 bits are compared, too: few inputs make up for little rounding
FEW_COLUMNS = 16
#: shares of the entries between which a sparse network or thin factors are a kind of its own
SHARES = (0.005, 0.6)
#: bytes of an intercept, and of a scale
NUMBER = 4
#: share of the bytes that may be left over
SLACK = 0.1
#: fits of one kind until its network fits into the bytes
ATTEMPTS = 4
#: parameters that ``max_bytes`` takes the place of, and all that it may set
REPLACED = ("rank", "sparsity", "compression_ratio")
SET_PARAMETERS = (
    *("hidden_layer_sizes", "compression", "bits", "compression_ratio", "compress_output"),
    "bend_columns",
)
#: shares of the bytes from which networks without bent columns are compared, too, and up to which others are
BEND_SHARES = (0.1, 0.5)


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
    """

    compression: Any
    bits: Any
    widths: tuple | None
    depth: int = 0
    straight: bool = False

    def within(self, room: int, n_features: int, n_outputs: int) -> dict | None:
        """Parameters of the largest network of this kind in ``room`` bytes, or None."""
        shapes = shapes_of(n_features, n_outputs)
        if self.compression is not None:
            layers = shapes(self.widths or ())
            share = kept_share(layers, self.bits, room, sparse=self.compression == "l0")
            piece = COMPRESSIONS.get(self.compression, self.compression)
            least = least_entries([piece() if isinstance(piece, type) else piece] * len(layers), layers)
            if share < SHARES[0] or int(share * sum(a * b for a, b in layers)) < least:
                return None
            share = min(share, 1.0)
            return self.parameters(self.widths, self.bits, compression_ratio=share, compress_output=True)
        if self.widths is not None:
            options = (8, 4, 3, 2) if self.bits is None else (self.bits,)
            fitting = [bits for bits in options if plain_bytes(shapes(self.widths), bits) <= room]
            return self.parameters(self.widths, fitting[0]) if fitting else None
        most, bits = WIDEST[self.depth - 1], self.bits or 4

        def width(bits: Any) -> int:
            return largest(lambda h: plain_bytes(shapes((h,) * self.depth), bits) <= room, most)

        if self.bits is None and width(4) == most:  # up to there, width is worth more than bits
            bits = 8
        return self.parameters((width(bits),) * self.depth, bits) if width(bits) >= 2 else None

    def parameters(self, widths: Any, bits: Any, **others: Any) -> dict:
        """Those of a network of this kind with some widths and bits."""
        straight = {"bend_columns": False} if self.straight else {}
        if isinstance(bits, tuple):
            bits = [bits[0], *[bits[1]] * len(widths)]
        plain = {"hidden_layer_sizes": widths, "compression": self.compression, "bits": bits}
        return plain | others | straight


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
        math.ceil(a * b * bits_of(n) / 8) + 2 * NUMBER * b for (a, b), n in zip(shapes, each, strict=True)
    )


def kept_share(shapes: list, bits: Any, room: int, *, sparse: bool) -> float:
    """Share of the entries that sparse rows, or factors, can keep in ``room`` bytes, about."""
    fixed, each = sum(2 * NUMBER * b for _, b in shapes), bits_of(bits) / 8
    if sparse:
        index = 1 if max(b for _, b in shapes) <= 2**8 else 2
        fixed, each = fixed + sum((1 if b < 2**8 else 2) * a for a, b in shapes), each + index
    return (room - fixed) / each / sum(a * b for a, b in shapes)


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


def fit_in_bytes(estimator: Any, X: Any, y: Any, sample_weight: Any = None, **rest: Any) -> dict:
    """Fitted attributes of a network that takes at most ``max_bytes``, as a fit with its parameters has them.

    Parameters
    ----------
    estimator : estimator
        With ``max_bytes``; is not changed.
    X, y, sample_weight : arrays
        As ``fit`` gets them.
    **rest
        Passed on to the last fit, to all rows.

    Returns
    -------
    attributes : dict
        By name. ``chosen_params_`` says what was chosen; ``compared_`` has for each kind ``params``,
        ``n_bytes``, ``score`` and ``loss`` on held-out rows, the chosen one first.

    Raises
    ------
    ValueError
        If nothing fits, with what is needed about; for parameters that ``max_bytes`` takes the place of.
    """
    owner = type(estimator).__name__
    room = check_bytes(estimator)
    size = count_features(X), count_outputs(y, is_classifier(estimator))
    kinds = kinds_within(estimator, room, size)
    kinds = straight_too(kinds, bend_bytes(estimator, X, y, sample_weight), room)
    compared = compare(estimator, kinds, room, size, X, y, sample_weight) if len(kinds) > 1 else []
    kind = compared[0].pop("kind") if compared else kinds[0]
    for row in compared[1:]:
        del row["kind"]
    model = clone(estimator)
    arrays = (X, y) if sample_weight is None else (X, y, sample_weight)
    fitted = fit_within(model, kind, room, size, arrays, rest)
    if fitted is None:
        raise ValueError(
            f"The 'max_bytes' of {owner} must leave room for what scales the columns of X, too. Got "
            f"{estimator.max_bytes!r}. Raise it, or standardise the columns first."
        )
    parameters = fitted.get_params(deep=False)
    own = estimator.get_params(deep=False)
    attributes = {name: x for name, x in vars(fitted).items() if name not in parameters}
    chosen = {name: x for name, x in parameters.items() if name in SET_PARAMETERS and x is not own[name]}
    return attributes | {"chosen_params_": chosen, "compared_": compared}


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
        If nothing fits, with what is needed about.
    """
    owner, given = type(estimator).__name__, estimator.hidden_layer_sizes
    widths = None if isinstance(given, str) else resolve_sizes(given, owner)
    kinds = kinds_of(widths, estimator.compression, estimator.bits, size[0])
    kinds = [kind for kind in kinds if kind.within(room, *size) is not None]
    if len(kinds) > 1:  # what keeps nearly all, or nearly nothing, is no kind of its own
        kinds = [kind for kind in kinds if is_worthwhile(kind, room, *size)]
    if not kinds:
        least = plain_bytes(shapes_of(*size)(widths or ()), estimator.bits or 2)
        raise ValueError(
            f"The 'max_bytes' of {owner} must leave room for a network: with {size[0]} columns and "
            f"{size[1]} outputs {least} bytes do, as plain matrices of few bits. Got {room}. "
            "Raise it, take fewer columns first, or leave hidden_layer_sizes, compression and bits open."
        )
    return kinds


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


def bend_bytes(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> int:
    """Bytes of the columns that a fit would bend, by one pass of a linear network."""
    if not estimator.bend_columns:
        return 0
    brief = {"hidden_layer_sizes": (), "compression": None, "bits": 8, "activation_bits": None}
    brief |= {"max_iter": 1, "verbose": 0, "max_bytes": None, "early_stopping": False}
    with warnings.catch_warnings():  # a real fit warns again
        warnings.simplefilter("ignore")
        fitted = clone(estimator).set_params(**brief).fit(X, y, sample_weight)
    bend = fitted.network_.bend
    return 0 if bend is None else bend.nbytes


def check_bytes(estimator: Any) -> int:
    """``max_bytes`` as a number; ValueError for parameters beside it that it takes the place of."""
    owner = type(estimator).__name__
    for name in REPLACED:
        if getattr(estimator, name) is not None:
            raise ValueError(
                f"The 'max_bytes' of {owner} takes the place of {name!r}. Got both: max_bytes="
                f"{estimator.max_bytes!r} and {name}={getattr(estimator, name)!r}. Leave one out."
            )
    if estimator.layers is not None or isinstance(estimator.compression, list | tuple):
        raise ValueError(
            f"The 'max_bytes' of {owner} needs plain layers and one format for all of them. Got layers="
            f"{estimator.layers!r} and compression={estimator.compression!r}. Use hidden_layer_sizes and the "
            "name of a format, or compression_ratio and bits in place of max_bytes."
        )
    if estimator.warm_start:
        raise ValueError(
            f"The 'max_bytes' of {owner} chooses a network for the rows of each fit. Got warm_start=True, "
            "which keeps the last one. Leave one out."
        )
    name = estimator.compression
    if isinstance(name, str) and name != "auto" and name in COMPRESSIONS:
        if not any(hasattr(COMPRESSIONS[name](), parameter) for parameter in ("rank", "sparsity")):
            raise ValueError(
                f"The 'compression' of {owner} must have a rank or a sparsity beside 'max_bytes'. Got "
                f"{name!r}. Try 'auto', 'l0' or 'low_rank'."
            )
    room = parse_bytes(estimator.max_bytes, "max_bytes", owner)
    assert room is not None
    return room


def count_features(X: Any) -> int:
    """Entries of a row; NumPy does not see the shape of a sparse matrix."""
    return math.prod((X.shape if hasattr(X, "shape") else np.shape(X))[1:])


def count_outputs(y: Any, classify: bool) -> int:
    """Outputs of a network for these targets."""
    y = np.asarray(on_host(y))
    if y.ndim == 2 and y.shape[1] > 1:
        return y.shape[1]
    if not classify:
        return 1
    count = len(np.unique(y))
    return 1 if count <= 2 else count


def is_worthwhile(kind: Kind, room: int, n_features: int, n_outputs: int) -> bool:
    """Whether a kind that compresses keeps a share of the entries at which it may be the best."""
    if kind.compression is None:
        return True
    shapes = shapes_of(n_features, n_outputs)(kind.widths or ())
    share = kept_share(shapes, kind.bits, room, sparse=kind.compression == "l0")
    return SHARES[0] <= share <= SHARES[1]


def compare(
    estimator: Any, kinds: list, room: int, size: tuple, X: Any, y: Any, sample_weight: Any
) -> list[dict]:
    """How each kind does on rows that it was not fitted to, the best one first.

    The best has the highest score; of those whose scores differ by less than a standard error, the lowest
    loss. Few rows are divided twice, and those that are close meet again in the sizes that fitted.
    """
    quiet, classify, n_judged = clone(estimator).set_params(verbose=0), is_classifier(estimator), 0
    left: list[dict] = [{"kind": kind, "params": kind.within(room, *size)} for kind in kinds]
    found: dict[Kind, Any] = {}
    out: list[dict] = []
    for k, (arrays, (T, t)) in enumerate(divisions(estimator, X, y, sample_weight)):
        if k == 0:
            fits = [fit_within(quiet, row["kind"], room, size, arrays, {}) for row in told(estimator, left)]
        elif len(left) > 1:
            fits = [clone(found[row["kind"]]).fit(*arrays) for row in told(estimator, left)]
        else:
            break
        found = {row["kind"]: fitted for row, fitted in zip(left, fits, strict=True) if fitted is not None}
        left = [row for row in left if row["kind"] in found]
        rows = [row | mean_of(row, judged(found[row["kind"]], T, t), k) for row in left]
        n_judged += len(t)
        left = close_ones(rows, n_judged, classify)
        out = [*(row for row in rows if row not in left), *out]
    return best_first(left, n_judged, classify) + out


def fit_within(model: Any, kind: Kind, room: int, size: tuple, arrays: Sequence, rest: dict) -> Any:
    """A clone with a network of a kind that takes at most ``room`` bytes, or None.

    What a network takes beside what was reckoned with, such as scales of columns, is taken off; what is left
    over by that, where it is much, is given back once.
    """
    target, best, last = room, None, None
    for _ in range(ATTEMPTS):
        params = kind.within(target, *size)
        while best is None and params is not None and params == last:  # as wide as the one that was too large
            target -= NUMBER
            params = kind.within(target, *size)
        if params is None or params == last:
            return best
        last = params
        fitted = clone(model).set_params(**params, max_bytes=None).fit(*arrays, **rest)
        over = fitted.n_bytes_ - room
        if over > 0 and best is not None:
            return best
        if over > 0:
            target -= over + over // 8
            continue
        if best is not None or kind.compression is None or -over <= SLACK * room:
            return fitted if best is None or fitted.n_bytes_ > best.n_bytes_ else best
        best, target = fitted, target - over * 4 // 5
    return best
