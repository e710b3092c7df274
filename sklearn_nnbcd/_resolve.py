# SPDX-License-Identifier: BSD-3-Clause
"""From the user's parameters to resolved pieces: the only reader of all families' registries."""

import inspect
from numbers import Integral
from typing import Any

from ._asked import check_asked, refuse_unused, warn_if_left
from ._names import canonical, cure_for
from ._validation import check_integer, check_number
from .activations import ACTIVATIONS, BaseActivation, Identity
from .compressions import (
    COMPRESSIONS,
    BaseCompression,
    Budget,
    RegularizedFormatPlan,
    RegularizedPlan,
    check_bits,
    check_ratio,
    default_plan,
    rounded_plans,
)
from .engine import Penalties, Problem
from .initializers import INITIALIZERS, BaseInitializer
from .layers import Dense, resolve_input_shape, resolve_stack
from .losses import LOSSES, BaseLoss
from .regularizers import L2, REGULARIZERS, BaseRegularizer
from .solvers import SOLVERS, BaseSolver, FullBatch, MiniBatch


def resolve_piece(value, registry, base, parameter, owner):
    """An instance for a registered name or an instance of the family; anything else raises."""
    if isinstance(value, base):
        if hasattr(value, "check_parameters"):
            value.check_parameters()
        return value
    value = canonical(value, parameter)
    if isinstance(value, str) and value in registry:
        return registry[value]()
    kind = ValueError if isinstance(value, str) else TypeError
    raise kind(
        f"The {parameter!r} of {owner} must be one of {sorted(registry)} or an instance of "
        f"{base.__name__}. Got {value!r}.{cure_for(value, registry, parameter)}"
    )


def resolve_sizes(hidden_layer_sizes, owner):
    """A tuple of layer widths from an int, a sequence of ints, or "auto": one layer of 100."""
    sizes = (
        (100,) if isinstance(hidden_layer_sizes, str) and hidden_layer_sizes == "auto" else hidden_layer_sizes
    )
    if isinstance(sizes, Integral) and not isinstance(sizes, bool):
        sizes = (sizes,)
    if isinstance(sizes, str | dict | set) or getattr(sizes, "ndim", 1) != 1:
        sizes = None
    if not hasattr(sizes, "__len__"):  # nor a generator, which the next fit would find empty
        raise TypeError(
            f"The 'hidden_layer_sizes' of {owner} must be an integer or a sequence of integers "
            f">= 1. Got {hidden_layer_sizes!r}. Try (100,)."
        )
    return tuple(
        check_integer(size, "hidden_layer_sizes", owner, cure="Try (100,); () has no hidden layer.")
        for size in sizes
    )


def resolve_layers(estimator, n_features, n_outputs, image_shape, owner):
    """The :class:`~sklearn_nnbcd.layers.Stack` of ``layers``, or of ``hidden_layer_sizes``."""
    given = estimator.layers
    if given is None:
        sizes = resolve_sizes(estimator.hidden_layer_sizes, owner)
        return resolve_stack([Dense(size) for size in sizes], (n_features,), n_outputs, owner)
    if not is_auto("hidden_layer_sizes", estimator):
        raise ValueError(
            f"The 'layers' of {owner} takes the place of 'hidden_layer_sizes'. Got both: "
            f"hidden_layer_sizes={estimator.hidden_layer_sizes!r}. Write its widths into the list, "
            "as in [Conv2D(8, 3), Dense(100)], and leave hidden_layer_sizes out."
        )
    shape = estimator.input_shape
    if shape is None:
        shape = image_shape  # of X as it came
    shape = resolve_input_shape(shape, n_features, owner)
    return resolve_stack(given, shape, n_outputs, owner)


def resolve_penalties(estimator, owner, solver):
    """Checked :class:`Penalties` from the constructor parameters of the same names.

    ``proximal`` is the paper's alpha; what belongs to one solver is added by the solver.
    """
    good = "The default is a good start."
    values = {
        name: check_number(getattr(estimator, name), name, owner, strict=True, cure=good)
        for name in ("rho", "gamma", "tau")
        if not is_auto(name, estimator)
    }
    off = "0 switches the term off."
    values["alpha"] = check_number(estimator.proximal, "proximal", owner, cure=off)
    if not is_auto("ridge", estimator):
        values["ridge"] = check_number(estimator.ridge, "ridge", owner, cure=off)
    auto = {name: value for name, value in solver.auto_penalties.items() if name not in values}
    return Penalties(**values, **auto, auto=tuple(auto))


def is_auto(name: str, estimator: Any) -> bool:
    """Whether a parameter is "auto"; rho and gamma cannot be."""
    value = getattr(estimator, name)
    return name not in ("rho", "gamma") and isinstance(value, str) and value == "auto"


def resolve_activations(activation, n_layers, owner):
    """One activation per hidden layer, the identity after the last one."""
    each = _per_layer(activation, n_layers - 1, "activation", owner, "hidden layer")
    if not isinstance(activation, list | tuple):  # checked even where there is no hidden layer
        resolve_piece(activation, ACTIVATIONS, BaseActivation, "activation", owner)
    pieces = [resolve_piece(a, ACTIVATIONS, BaseActivation, "activation", owner) for a in each]
    return (None, *pieces, Identity())


def _per_layer(value, count, parameter, owner, what):
    if not isinstance(value, list | tuple):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"The {parameter!r} of {owner}, when a list, must have one entry per {what}: {count}. "
            f"Got {len(value)} entries: {value!r}. Give one value for all, or {count} entries."
        )
    return list(value)


def resolve_compressions(estimator, shapes, owner):
    """One compression per layer, None where a layer has none.

    A list gives every layer its own compression. A single name or instance is for all layers but
    the output, which ``compress_output`` includes. An int rank above what a layer can have is lowered.
    """
    given, count = estimator.compression, len(shapes)
    if isinstance(given, list | tuple):
        each = _per_layer(given, count, "compression", owner, "layer (the output included)")
        named = [None if c is None else _compression(c, estimator, owner) for c in each]
        return [None if c is None else c.lowered(shape) for c, shape in zip(named, shapes, strict=True)]
    if given is None or is_auto("compression", estimator):
        return [None] * count
    compressed = shapes if estimator.compress_output else shapes[:-1]
    piece = _compression(given, estimator, owner)
    pieces = [piece.lowered(shape) for shape in compressed]
    return [*pieces, *([None] * (count - len(pieces)))]


def resolve_plans(estimator, shapes, owner):
    """One compression plan per layer, None where a layer stays dense.

    A layer stays dense, too, where a rank would not make it smaller. A share that nobody asked for leaves
    rank 1 to no layer that can have more: all its units would see one direction of the inputs.
    """
    pieces, given, plans = resolve_compressions(estimator, shapes, owner), estimator.compression, []
    for i, (piece, shape) in enumerate(zip(pieces, shapes, strict=True)):
        plan = None if piece is None else piece.plan(shape)
        if plan is not None and plan.n_parameters is not None and hasattr(piece, "rank"):
            named = isinstance(given[i] if isinstance(given, list | tuple) else given, str)
            if named and estimator.rank is None:
                plan = default_plan(piece, shape)
            if plan is not None and plan.n_parameters >= shape[0] * shape[1]:
                plan = None
        plans.append(plan)
    return (None, *plans)


def resolve_grids(estimator, plans, owner):
    """The grid of each of layers 1 ... N from ``bits``, None where numbers stay as they are."""
    each = _per_layer(estimator.bits, len(plans) - 1, "bits", owner, "layer (the output included)")
    grids = [None if bits is None else check_bits(bits, owner) for bits in each]
    own = RegularizedPlan, RegularizedFormatPlan
    if any(isinstance(plan, own) and grid for plan, grid in zip(plans[1:], grids, strict=True)):
        raise ValueError(
            f"The 'bits' of {owner} must be None where a layer has a 'weight_regularizer', which it knows "
            f"nothing of. Got {estimator.bits!r} and {estimator.weight_regularizer!r}. Leave one of them out."
        )
    return grids


def resolve_budget(estimator, plans, shapes, grids, owner):
    """The :class:`Budget` that ``compression_ratio`` stands for, or None.

    Parameters
    ----------
    estimator : estimator
    plans : tuple of CompressionPlan or None
        Those of layers 0 ... N; of use where a layer has no compression.
    shapes : list of tuple
    grids : list of Grid or None
    owner : str
    """
    given = estimator.compression_ratio
    if given is None:
        return None
    ratio, pieces = check_ratio(given, owner), resolve_compressions(estimator, shapes, owner)
    for source in (estimator, *pieces):
        for name in ("rank", "sparsity"):
            default = None if source is None else inspect.signature(type(source)).parameters.get(name)
            if default is not None and getattr(source, name) != default.default:
                raise ValueError(
                    f"The 'compression_ratio' of {owner} takes the place of {name!r}. Got both: "
                    f"compression_ratio={given!r} and {name}={getattr(source, name)!r}. Leave one out."
                )
    known = [name for name in ("rank", "sparsity") if all(p is None or hasattr(p, name) for p in pieces)]
    if all(p is None for p in pieces) or not known:
        raise ValueError(
            f"The 'compression_ratio' of {owner} needs a 'compression' whose layers all have a rank, or "
            f"all a sparsity. Got compression_ratio={given!r} and compression={estimator.compression!r}. "
            "Try compression='low_rank', or leave compression_ratio out."
        )
    return Budget(tuple(pieces), plans, ratio, tuple(grids) if any(grids) else ())


def _regularizers(value, count, parameter, owner, what):
    """One regulariser or None for each of ``count`` layers."""
    each = _per_layer(value, count, parameter, owner, what)
    if value is not None and not isinstance(value, list | tuple):  # checked even if count is 0
        resolve_piece(value, REGULARIZERS, BaseRegularizer, parameter, owner)
    return [
        None if r is None else resolve_piece(r, REGULARIZERS, BaseRegularizer, parameter, owner) for r in each
    ]


def regularize_plans(plans, estimator, shapes, owner, solver):
    """The plans with r_i: beside a format, where that is possible, or alone; anything else is refused."""
    what = "layer (the output included)"
    each = _regularizers(estimator.weight_regularizer, len(shapes), "weight_regularizer", owner, what)
    result = []
    for i, (plan, shape, piece) in enumerate(zip(plans[1:], shapes, each, strict=True), 1):
        if piece is None:
            result.append(plan)
        elif plan is None:
            result.append(RegularizedPlan(tuple(shape), piece))
        elif type(piece) is L2 and solver.takes_squares and estimator.compression_ratio is None:
            result.append(RegularizedFormatPlan(plan, float(piece.strength)))
        else:
            raise ValueError(
                f"The 'weight_regularizer' of {owner} must be None where a layer is compressed, or 'l2' with "
                f"FullBatch(projection='frobenius') and no compression_ratio. Got {piece!r} for layer {i}. "
                "Give a list with None there, or in 'compression'."
            )
    return (None, *result)


def resolve_activity(estimator, n_layers, loss, owner):
    """Regularisers s_i of V_1 ... V_N, with None for X; empty if there are none. s_N: by a list only."""
    given, count = estimator.activity_regularizer, n_layers - 1
    with_output = isinstance(given, list | tuple) and len(given) == n_layers
    what = "hidden layer (and one for the output, if it has one)"
    each = _regularizers(given, count + with_output, "activity_regularizer", owner, what)
    each += [] if with_output else [None]
    if each[-1] is not None and not loss.smooth:
        raise ValueError(
            f"The 'activity_regularizer' of {owner} must be None for the output with a loss that has kinks. "
            f"Got {each[-1]!r} and loss={estimator.loss!r}. Put None there, or use loss='logistic'."
        )
    return (None, *each) if any(piece is not None for piece in each) else ()


def _compression(value, estimator, owner):
    """Instance of a compression; a name takes those constructor parameters that it knows."""
    value = canonical(value, "compression")
    if isinstance(value, str) and value in COMPRESSIONS:
        known = inspect.signature(COMPRESSIONS[value]).parameters
        names = ("rank", "sparsity")
        given = {n: getattr(estimator, n) for n in names if n in known}
        return COMPRESSIONS[value](**{n: v for n, v in given.items() if v is not None})
    return resolve_piece(value, COMPRESSIONS, BaseCompression, "compression", owner)


def resolve_loss(estimator: Any, task: str) -> Any:
    """The loss, if it suits the task, "classification" or "regression"; anything else raises."""
    owner = type(estimator).__name__
    loss = resolve_piece(estimator.loss, LOSSES, BaseLoss, "loss", owner)
    if task not in loss.tasks:
        fitting = sorted(name for name, cls in LOSSES.items() if task in cls.tasks)
        raise ValueError(f"The 'loss' of {owner} must suit {task}: one of {fitting}. Got {estimator.loss!r}.")
    return loss


def resolve_problem(
    estimator: Any,
    n_features: int,
    n_outputs: int,
    loss: Any,
    solver: BaseSolver,
    xp: Any,
    image_shape: tuple | None = None,
) -> tuple[Problem, list[tuple]]:
    """The :class:`Problem` of an estimator for given numbers of features and outputs.

    Parameters
    ----------
    estimator : estimator
        Holds the constructor parameters, unchanged.
    n_features, n_outputs : int
    loss : loss
        From :func:`resolve_loss`.
    solver : solver
        From :func:`resolve_solver`; what "auto" parameters stand for depends on it.
    xp : module
        Array API namespace of the data.
    image_shape : tuple or None, default=None
        Shape of a row of X as it came, for ``layers``.

    Returns
    -------
    problem : Problem
    shapes : list of tuple
        Weight shapes of layers 1 ... N.

    Raises
    ------
    ValueError, TypeError
        Naming the parameter, what is allowed, what came and the cure.
    """
    owner = type(estimator).__name__
    stack = resolve_layers(estimator, n_features, n_outputs, image_shape, owner)
    plans = resolve_plans(estimator, stack.shapes, owner)
    plans = regularize_plans(plans, estimator, stack.shapes, owner, solver)
    grids = resolve_grids(estimator, plans, owner)
    problem = Problem(
        layers=stack.layers,
        activations=resolve_activations(estimator.activation, len(stack.shapes), owner),
        plans=rounded_plans(plans, stack.shapes, grids, owner, estimator.compression),
        loss=loss,
        penalties=resolve_penalties(estimator, owner, solver),
        fit_intercept=bool(estimator.fit_intercept),
        xp=xp,
        skips=stack.skips if any(k is not None for k in stack.skips) else (),
        activity=resolve_activity(estimator, len(stack.shapes), loss, owner),
        budget=resolve_budget(estimator, plans, stack.shapes, grids, owner),
    )
    return problem, stack.shapes


def warn_of_layers(estimator: Any, problem: Problem, shapes: list[tuple]) -> None:
    """Warn where the problem's layers are not what the estimator's parameters ask for.

    Within a budget for all layers a dense layer is part of what was asked.
    """
    if problem.budget is None:
        asked = resolve_compressions(estimator, shapes, type(estimator).__name__)
        plans = [None if isinstance(plan, RegularizedPlan) else plan for plan in problem.plans[1:]]
        warn_if_left(estimator, asked, plans, shapes)


def resolve_initializer(estimator: Any, solver: BaseSolver) -> BaseInitializer:
    """Instance of the initialiser; "auto" depends on the solver."""
    owner, given = type(estimator).__name__, estimator.initializer
    if isinstance(given, str) and given == "auto":
        given = solver.auto_initializer
    return resolve_piece(given, INITIALIZERS, BaseInitializer, "initializer", owner)


#: rows up to which solver="auto" takes the full solver: fewer make few batches, and too few of them a network
FULL_ROWS = 100


def resolve_solver(estimator: Any, n_rows: int | None) -> BaseSolver:
    """Instance of the solver for so many rows; None: rows that come a few at a time.

    Raises
    ------
    ValueError, TypeError
        For an unknown solver, bad parameters of one, and a parameter of the estimator that is not at its
        default and that the solver would ignore.
    """
    owner, given = type(estimator).__name__, estimator.solver
    if isinstance(given, str) and given == "auto":
        few = n_rows is not None and n_rows <= FULL_ROWS
        given = (FullBatch if few or estimator.activity_regularizer is not None else MiniBatch)()
    elif not isinstance(given, BaseSolver) and not (isinstance(given, str) and given in SOLVERS):
        names, kind = ["auto", *SOLVERS], ValueError if isinstance(given, str) else TypeError
        raise kind(
            f"The 'solver' of {owner} must be one of {names} or an instance of BaseSolver. "
            f"Got {given!r}.{cure_for(given, names, 'solver')}"
        )
    solver = resolve_piece(given, SOLVERS, BaseSolver, "solver", owner)
    refuse_unused(estimator, solver, SOLVERS)
    check_asked(estimator, COMPRESSIONS)
    return solver


def takes_streams(estimator: Any) -> bool:
    """Whether the solver that the parameters name can take rows a few at a time."""
    given = estimator.solver
    if isinstance(given, str):
        kind = SOLVERS.get(given)
        if kind is None:  # "auto", or a name that partial_fit itself refuses
            return given != "auto" or estimator.activity_regularizer is None
    else:
        kind = type(given)
    return hasattr(kind, "with_rows")
