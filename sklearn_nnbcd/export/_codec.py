# SPDX-License-Identifier: BSD-3-Clause
"""Values as a tree of plain JSON and a list of plain arrays, and back: nothing is executed.

Only classes that :func:`known_classes` names are made again, by their own constructors. They follow from the
registries, and compressed weights from their base class, so that a new piece needs no line here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from .._arrays import to_numpy
from ..activations import ACTIVATIONS
from ..compressions import COMPRESSIONS, CompressedWeight
from ..compressions._gaps import Gaps
from ..compressions.quantization import FixedPoint, Grid, QuantizedArray
from ..compressions.tensors import Tensorization
from ..graphs._nodes import Gather, Scatter, SparseProduct, Windows
from ..initializers import INITIALIZERS, FromMLP
from ..integers import IntegerForm
from ..integers._bent import BentColumns
from ..integers._operations import (
    Combine,
    IntegerPool,
    IntegerProduct,
    Move,
    Quantise,
    Rounding,
    SparseIntegerProduct,
    Table,
)
from ..layers import LAYERS
from ..layers._pool import Pooled
from ..layers._windows import Window
from ..losses import LOSSES
from ..network import Bend, ColumnMap, InputMap, Ramps
from ..numerics import ColumnMoments
from ..regularizers import REGULARIZERS
from ..solvers import SOLVERS
from ..targets import Indicators, Labels, Numbers

FAMILIES: dict[str, dict] = {
    "activations": ACTIVATIONS,
    "compressions": COMPRESSIONS,
    "initializers": INITIALIZERS,
    "layers": LAYERS,
    "losses": LOSSES,
    "regularizers": REGULARIZERS,
    "solvers": SOLVERS,
}
#: classes without a registry
OTHERS = (
    *(
        Bend,
        ColumnMap,
        ColumnMoments,
        FixedPoint,
        Gaps,
        Grid,
        Indicators,
        InputMap,
        Labels,
        Numbers,
        Pooled,
        QuantizedArray,
        Ramps,
        Tensorization,
    ),
    *(
        IntegerForm,
        BentColumns,
        Quantise,
        IntegerProduct,
        SparseIntegerProduct,
        Combine,
        IntegerPool,
        Table,
        Move,
        Rounding,
    ),
    *(Gather, Scatter, Windows, SparseProduct, Window),
)
#: pieces that files do not hold, and what to do
REFUSED: dict[type, str] = {
    FromMLP: "it holds a whole MLP. The network has the weights already: set_params(initializer='auto')",
}
#: kinds of arrays that a file may hold: booleans, integers, floating numbers, text
KINDS = "biufU"


def _subclasses(cls: Any) -> list[type]:
    return [kind for sub in cls.__subclasses__() for kind in (sub, *_subclasses(sub))]


def known_classes() -> dict[str, type]:
    """Name in the file -> class, for everything that a file may hold."""
    known = {f"{family}.{name}": kind for family, pieces in FAMILIES.items() for name, kind in pieces.items()}
    known |= {kind.__name__: kind for kind in OTHERS}
    weights = [kind for kind in _subclasses(CompressedWeight) if is_dataclass(kind)]
    ours = [kind for kind in weights if kind.__module__.startswith(f"{__package__.split('.')[0]}.")]
    return known | {kind.__name__: kind for kind in weights} | {kind.__name__: kind for kind in ours}


class Encoder:
    """Makes trees; the arrays that they name by number are in ``arrays``."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self.names = {kind: name for name, kind in known_classes().items()}

    def encode(self, value: Any, what: str) -> Any:
        """The tree of a value; ``what`` it is, for messages.

        Raises
        ------
        ValueError
            For a value that a file cannot hold, with the cure.
        """
        if isinstance(value, np.generic) and not isinstance(value, np.void):
            value = value.item()
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, list):
            return [self.encode(x, what) for x in value]
        if isinstance(value, tuple):
            return {"tuple": [self.encode(x, what) for x in value]}
        if isinstance(value, dict):
            return {"dict": [[self.encode(x, what) for x in pair] for pair in value.items()]}
        if isinstance(value, np.dtype):
            return {"dtype": value.str}
        if type(value) in self.names:
            return self._piece(value, what)
        if hasattr(value, "dtype") and hasattr(value, "shape"):
            return self._array(to_numpy(value), what)
        cure = REFUSED.get(type(value), "use names or pieces of sklearn_nnbcd, or keep the whole by skops")
        raise ValueError(
            f"The 'estimator' of save_network must hold names, numbers, arrays and pieces of sklearn_nnbcd. "
            f"Got {what}={value!r}: {cure}."
        )

    def _piece(self, value: Any, what: str) -> dict:
        if isinstance(value, BaseEstimator):
            found = value.get_params(deep=False)
        else:
            found = {field.name: getattr(value, field.name) for field in fields(value)}
        tree = {"is": self.names[type(value)]}
        tree |= {name: self.encode(x, f"{what}.{name}") for name, x in found.items()}
        shape = getattr(value, "input_shape_", None)
        return tree if shape is None else tree | {"for rows of": list(shape)}

    def _array(self, array: np.ndarray, what: str) -> dict:
        if array.dtype.kind == "O" and all(isinstance(x, str | int | float) for x in array.ravel().tolist()):
            return {"objects": array.ravel().tolist(), "shape": list(array.shape)}
        if array.dtype.kind not in KINDS:
            raise ValueError(
                "The 'estimator' of save_network must hold numbers and text only. Got an array of "
                f"{array.dtype} in {what}. Fit it with labels of another kind, or keep it by skops."
            )
        self.arrays.append(array)
        return {"array": len(self.arrays) - 1}


class Decoder:
    """Makes values of trees.

    Parameters
    ----------
    arrays : callable
        ``arrays(k)`` gives array k.
    """

    def __init__(self, arrays: Callable[[int], np.ndarray]) -> None:
        self.arrays, self.classes = arrays, known_classes()

    def decode(self, tree: Any) -> Any:
        """The value of a tree; KeyError, TypeError or ValueError where it is none."""
        if tree is None or isinstance(tree, bool | int | float | str):
            return tree
        if isinstance(tree, list):
            return [self.decode(x) for x in tree]
        if "is" in tree:
            return self._piece(dict(tree))
        (kind,) = set(tree) - {"shape"}
        content = tree[kind]
        if kind == "float":
            return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[content]
        if kind == "tuple":
            return tuple(self.decode(x) for x in content)
        if kind == "dict":
            return {self.decode(key): self.decode(x) for key, x in content}
        if kind == "dtype":
            return plain_dtype(np.dtype(str(content)))
        if kind == "objects":
            array = np.empty(len(content), dtype=object)
            array[:] = [x for x in content if isinstance(x, str | int | float)]
            return array.reshape(tree["shape"])
        if kind == "array":
            return self.arrays(content)
        raise ValueError(f"{kind!r} is no kind of value")

    def _piece(self, tree: dict) -> Any:
        cls, shape = self.classes[tree.pop("is")], tree.pop("for rows of", None)
        value = cls(**{name: self.decode(x) for name, x in tree.items()})
        check = getattr(value, "check_parameters", None)
        if check is not None:
            check()
        if shape is None:
            return value
        return value.bind(tuple(checked_sizes(shape)))


def plain_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype; ValueError unless it is one of plain numbers or text."""
    if dtype.kind not in KINDS or dtype.hasobject or dtype.subdtype is not None:
        raise ValueError(f"arrays of {dtype} are not read")
    return dtype


def checked_sizes(shape: Any) -> list[int]:
    """Integers >= 1, or ValueError."""
    if not all(type(n) is int and n >= 1 for n in shape):
        raise ValueError(f"{shape!r} is no shape")
    return list(shape)
