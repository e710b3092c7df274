# SPDX-License-Identifier: BSD-3-Clause
"""What was asked for and has no effect: refused before any work, or warned of. Nothing is silent."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from ._names import canonical
from ._validation import is_default

#: parameters that not every solver reads
OF_SOLVERS = ("rho", "gamma", "proximal", "tau", "ridge", "activity_regularizer")
#: parameters that a named compression takes
OF_COMPRESSIONS = ("rank", "sparsity")
#: frames between a warning and the user's call of fit
_DEPTH = 5


def is_changed(estimator: Any, name: str) -> bool:
    """Whether a parameter is not at its default."""
    default = inspect.signature(type(estimator)).parameters[name].default
    return not is_default(getattr(estimator, name), default)


def named_format(estimator: Any) -> Any:
    """The ``compression``, None where it is open: "auto" asks for nothing."""
    given = estimator.compression
    return None if isinstance(given, str) and given == "auto" else given


def refuse_unused(estimator: Any, solver: Any, solvers: Mapping[str, Any]) -> None:
    """Raise ValueError for a parameter that is not at its default and that the solver would ignore.

    Parameters
    ----------
    estimator : estimator
    solver : solver
    solvers : dict
        The registry, for the cure.
    """
    owner = type(estimator).__name__
    for name in OF_SOLVERS:
        if name in solver.uses or not is_changed(estimator, name):
            continue
        able = [key for key, cls in solvers.items() if name in cls.uses]
        raise ValueError(
            f"The {name!r} of {owner} has no meaning for {type(solver).__name__}, which "
            f"solver={estimator.solver!r} stands for here. Got {getattr(estimator, name)!r}. Use solver="
            f"{' or '.join(map(repr, able))}, or leave {name!r} out."
        )


def check_asked(estimator: Any, compressions: Mapping[str, Any]) -> None:
    """Raise ValueError for parameters beside the compression and the layers that these do not take.

    Parameters
    ----------
    estimator : estimator
    compressions : dict
        The registry: a size goes to compressions that are named, where their constructor has it.
    """
    check_sizes(estimator, compressions)
    owner, given = type(estimator).__name__, named_format(estimator)
    several = isinstance(given, list | tuple)
    if estimator.compress_output and (several or given is None):
        what = "names the output's compression itself" if several else "is None"
        raise ValueError(
            f"The 'compress_output' of {owner} must be False where 'compression' {what}. Got "
            f"compression={given!r}. Leave compress_output out, or give one compression for all layers."
        )
    if estimator.layers is None and estimator.input_shape is not None:
        raise ValueError(
            f"The 'input_shape' of {owner} must be None without 'layers'. Got {estimator.input_shape!r}. "
            "Leave it out, or name layers such as [Conv2D(8, 3)]."
        )


def check_sizes(estimator: Any, compressions: Mapping[str, Any]) -> None:
    """Raise ValueError for the size of a compression that takes none, or of none at all."""
    owner, given = type(estimator).__name__, named_format(estimator)
    pieces = given if isinstance(given, list | tuple) else [given]
    asked = [canonical(c, "compression") for c in pieces if c is not None]
    named = [c for c in asked if isinstance(c, str)]
    if not all(c in compressions for c in named):
        return  # an unknown name has an error of its own

    def takes(name: str, compression: str) -> bool:
        return name in inspect.signature(compressions[compression]).parameters

    for name in OF_COMPRESSIONS:
        value = getattr(estimator, name)
        if value is None or any(takes(name, c) for c in named):
            continue
        able = [c for c in compressions if takes(name, c)]
        cure = f"Use compression={' or '.join(map(repr, able))}, or leave {name!r} out."
        if asked and not named:
            cure = f"Set it in the instance, or leave {name!r} out."
        raise ValueError(
            f"The {name!r} of {owner} must belong to a named compression that has one. Got {name}={value!r} "
            f"and compression={given!r}. {cure}"
        )


def warn_if_ignored(estimator: Any, solver: Any, has_validation: bool) -> None:
    """Warn of what steers a stop that this fit does not have.

    Parameters
    ----------
    estimator : estimator
    solver : solver
    has_validation : bool
        Whether fit was given ``X_val`` and ``y_val``.

    Warns
    -----
    UserWarning
        Naming the parameter, why it has no effect, and the cure.
    """
    early = estimator.early_stopping
    found: list[tuple[str, str]] = []
    if not (early or solver.monotone):
        cure = f"{type(solver).__name__} makes max_iter passes. Use early_stopping=True or solver='full'."
        found += [("tol", cure), ("n_iter_no_change", cure)]
    if not early:
        found.append(("validation_fraction", "No rows are held out. Use early_stopping=True."))
    elif has_validation:
        found.append(("validation_fraction", "X_val and y_val take the place of held-out rows."))
    compression = named_format(estimator)
    pieces = compression if isinstance(compression, list | tuple) else [compression]
    free = all(piece is None for piece in pieces) and estimator.weight_regularizer is None
    if free and not solver.splits_all:
        found.append(("tau", "It ties weights to their compression, and there is none."))
    for name, why in found:
        if is_changed(estimator, name):
            given, owner = getattr(estimator, name), type(estimator).__name__
            text = f"The {name!r} of {owner} has no effect here, got {given!r}. {why}"
            warnings.warn(text, stacklevel=_DEPTH)


def warn_of_bins(estimator: Any) -> None:
    """Warn of bins that were asked for and that no column has.

    Warns
    -----
    UserWarning
        Naming why, and the cure.
    """
    if isinstance(estimator.column_bins, str) or estimator.column_bins == 0:
        return
    warnings.warn(
        f"The 'column_bins' of {type(estimator).__name__} has no effect here, got {estimator.column_bins!r}. "
        "Columns of a dense table with more than two values have bins, where rows outnumber columns, with "
        "intercepts, and without weights or penalties in the units of X; with max_bytes those of plain "
        "networks where there is room. Use 2 or more, or column_bins=0.",
        stacklevel=_DEPTH,
    )


def warn_if_left(estimator: Any, asked: Iterable[Any], plans: Iterable[Any], shapes: list) -> None:
    """Warn of layers that stay dense although a compression was asked for.

    Parameters
    ----------
    estimator : estimator
    asked : iterable of compression or None
        One per layer.
    plans : iterable of CompressionPlan or None
        What was made of them, one per layer.
    shapes : list of tuple
        Weight shapes.

    Warns
    -----
    UserWarning
        Naming the layers and the cure.
    """
    owner, asked, plans = type(estimator).__name__, list(asked), list(plans)
    given, single = named_format(estimator), not isinstance(estimator.compression, list | tuple)
    dense = [i for i, (c, plan) in enumerate(zip(asked, plans), 1) if c is not None and plan is None]
    if given is not None and single and not any(c is not None for c in asked):
        warnings.warn(
            f"The 'compression' of {owner} has no effect, got {given!r}: the only layer is the output, which "
            "stays dense. Use compress_output=True.",
            stacklevel=_DEPTH + 2,
        )
    elif dense:
        layers = ", ".join(f"{i} of shape {tuple(shapes[i - 1])}" for i in dense)
        warnings.warn(
            f"The 'compression' of {owner} leaves layers dense, got {given!r}: {layers}. The format would "
            "not make them smaller, or take more than the default share. Use a smaller rank, another format "
            "such as 'l0', or a list with None for these layers.",
            stacklevel=_DEPTH + 2,
        )
