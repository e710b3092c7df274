# SPDX-License-Identifier: BSD-3-Clause
"""What all displays share: matplotlib, where it is installed, and sizes and formats in words."""

import math
import re
from typing import Any

from ..compressions import CompressedWeight, QuantizedWeight

#: parameters of a display's ``plot``
PLOTTED = """
ax : matplotlib Axes or None
    None: a new figure.
name : str or None
    For the title; None: ``estimator_name``.
"""
#: parameters of a display's ``from_estimator``
DRAWN = """
estimator : NNBCDClassifier or NNBCDRegressor
    Fitted; also one on Dask, in a pipeline, a search, or another estimator that holds one.
ax : matplotlib Axes or None
    None: a new figure.
name : str or None
    For the title; None: the name of the class.
"""


def load_matplotlib(owner: str) -> tuple[Any, Any]:
    """``matplotlib.pyplot`` and ``matplotlib.ticker``.

    Parameters
    ----------
    owner : str
        Name of the display, for the message.

    Raises
    ------
    ImportError
        Without matplotlib, with the command that installs it.
    """
    try:
        import matplotlib.pyplot as plt
        from matplotlib import ticker
    except ImportError as error:
        raise ImportError(
            f"{owner} needs matplotlib. Install it, e.g. by pip install 'sklearn-nnbcd[plot]'."
        ) from error
    return plt, ticker


def bytes_text(value: float, digits: int = 6) -> str:
    """'500 B', '4 kB', '1 MB', with so many digits at most."""
    for unit, size in (("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{rounded(value / size, digits):g} {unit}"
    return f"{rounded(value, digits):g} B"


def rounded(value: float, digits: int) -> float:
    """A number to so many digits, in no power of ten: 1234.5 with 3 digits is 1230."""
    return value and round(value, digits - 1 - math.floor(math.log10(abs(value))))


def format_text(coef: CompressedWeight) -> str:
    """The format of a weight in words: 'tensor train' of a TensorTrainWeight, 'low rank, 4 bits'."""
    if isinstance(coef, QuantizedWeight):
        count = max(grid.count for grid in coef.grids)
        levels = {2: "binary", 3: "ternary"}.get(count, f"{math.ceil(math.log2(count))} bits")
        return f"{format_text(coef.inner)}, {levels}"
    name = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(coef).__name__.removesuffix("Weight"))
    return name if name.isupper() else name.lower()
