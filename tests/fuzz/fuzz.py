# SPDX-License-Identifier: BSD-3-Clause
"""Random estimators on random tables: finite and consistent results, or an error that names what is wrong.

    python tests/fuzz/fuzz.py 17                 one case, in words
    python tests/fuzz/fuzz.py 1000 6000 found.jsonl      seeds 1000 ... 5999; what is wrong goes to the file,
                                                 and the same command later goes on where it was ended

Names are drawn from the registries, so that a new piece takes part by itself. Exports, sparse rows and
Dask are in ``elsewhere.py``.
"""

import json
import math
import pickle
import re
import sys
import time
import traceback
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]  # as a command
from elsewhere import outputs, problems_elsewhere, slack

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.activations import ACTIVATIONS, LeakyReLU, Polynomial
from sklearn_nnbcd.compressions import COMPRESSIONS, L0, GroupLasso, LowRank, Sum, TensorTrain
from sklearn_nnbcd.initializers import INITIALIZERS
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense, Residual
from sklearn_nnbcd.losses import LOSSES
from sklearn_nnbcd.regularizers import REGULARIZERS
from sklearn_nnbcd.solvers import SOLVERS, ExactMiniBatch, FullBatch, MiniBatch

#: seconds of a case before it counts as one that hangs
PATIENCE = 60
#: scores of classes are of size one, whatever the unit of X: smaller ones than this are sums that cancel
LEAST_SCORE = 1e-6
#: parameters that not every solver reads
OF_SOLVERS = ("rho", "gamma", "proximal", "tau", "ridge", "activity_regularizer")
#: what an error may speak of besides the parameters of the estimator and of its pieces
DATA_WORDS = ("X", "y", "sample_weight", "features", "classes", "Unknown label type", "samples")


@dataclass
class Case:
    """An estimator and rows for it; ``words`` say what was drawn."""

    estimator: Any
    X: Any
    y: Any
    s: Any
    words: dict = field(default_factory=dict)


# drawing ------------------------------------------------------------------------------------------


def draw_case(seed: int) -> Case:
    """The case of a seed, always the same."""
    r = np.random.RandomState(seed)
    is_classifier = r.rand() < 0.6
    n = pick(r, [1, 2, 3, 5, 10, 33, 60, 120, 300, r.randint(1, 300)])
    d = pick(r, [1, 1, 2, 3, 5, 9, 16, 25, 48, 100, r.randint(1, 80)])
    if r.rand() < 0.02:
        n, d = 20, 700  # the space of the rows
    X, said = draw_rows(r, n, d)
    y, kind = draw_labels(r, n) if is_classifier else draw_numbers(r, n)
    s = draw_weights(r, n) if r.rand() < 0.25 else None
    parameters = draw_parameters(r, is_classifier, d, seed)
    estimator = (NNBCDClassifier if is_classifier else NNBCDRegressor)(**parameters)
    return Case(estimator, X, y, s, {"rows": said, "targets": kind, "weights": s is not None, "n": n, "d": d})


def pick(r: Any, options: Any) -> Any:
    """One of some options."""
    return list(options)[r.randint(len(options))]


def draw_rows(r: Any, n: int, d: int) -> tuple[Any, str]:
    """X of any unit, with columns that are constant, doubled, tiny, huge, far off, or not finite."""
    X = r.randn(n, d)
    said = []
    with np.errstate(all="ignore"):
        if r.rand() < 0.5:
            for _ in range(r.randint(1, 4)):
                j, how = r.randint(d), r.randint(10)
                column = X[:, j].copy()
                X[:, j] = [
                    np.full(n, pick(r, [0.0, 1.0, -3.0, 1e6])),
                    column * 1e30,
                    column * 1e-30,
                    column + 1e8,
                    np.round(column),
                    column * 1e150,
                    column * 1e10,
                    np.where(np.arange(n) == 0, 1e12, column),
                    np.where(np.arange(n) == n // 2, pick(r, [np.nan, np.inf]), column),
                    (column > 0).astype(float),
                ][how]
                said.append(f"column {how}")
        if r.rand() < 0.1:
            X[:, 0] = X[:, -1]
        if r.rand() < 0.05:
            X[:] = X[0]
        if r.rand() < 0.05:
            X *= pick(r, [0.0, 1e-300, 1e-30, 1e15, 1e30, 1e300])
        kind = pick(r, ["float64"] * 4 + ["float32"] * 4 + ["float16", "int32", "bool", "list", "Fortran"])
        if kind == "list":
            X = X.tolist()
        elif kind == "int32":
            X = np.clip(np.nan_to_num(X), -1e6, 1e6).astype(np.int32)
        elif kind == "Fortran":
            X = np.asfortranarray(X)
        else:
            X = X.astype(kind)
    return X, f"{kind} {said}"


def draw_labels(r: Any, n: int) -> tuple[Any, str]:
    """Labels of few or many classes and of any type."""
    y = r.randint(pick(r, [1, 2, 2, 2, 3, 5, 10, n]), size=n)
    if n > 1 and r.rand() < 0.9:
        y[:2] = 0, 1
    kind = pick(r, ["int", "int", "text", "object", "float", "bool", "negative", "rare", "several", "column"])
    forms = {
        "text": lambda: np.array([f"c{v}" for v in y]),
        "object": lambda: np.array([f"c{v}" for v in y], dtype=object),
        "float": lambda: y.astype(float),
        "bool": lambda: y > 0,
        "negative": lambda: (-y - 3) * 10**12,
        "rare": lambda: (np.arange(n) == 0).astype(int),
        "several": lambda: r.randint(2, size=(n, r.randint(1, 5))),
        "column": lambda: y.reshape(-1, 1),
    }
    return forms.get(kind, lambda: y)(), kind


def draw_numbers(r: Any, n: int) -> tuple[Any, str]:
    """Targets of any unit."""
    y = r.randn(n)
    kind = pick(
        r, ["plain", "plain", "constant", "far", "huge", "tiny", "counts", "several", "int", "nan", "units"]
    )
    forms = {
        "constant": lambda: np.full(n, pick(r, [0.0, 0.1, 3.0, -1e6])),
        "far": lambda: y + 1e6,
        "huge": lambda: y * pick(r, [1e30, 1e300]),
        "tiny": lambda: y * pick(r, [1e-30, 1e-300]),
        "counts": lambda: r.poisson(2, n).astype(float),
        "several": lambda: r.randn(n, r.randint(1, 5)),
        "int": lambda: r.randint(-5, 5, n),
        "nan": lambda: np.where(np.arange(n) == 0, np.nan, y),
        "units": lambda: r.randn(n, 2) * [1e6, 1e-6],
    }
    return forms.get(kind, lambda: y)(), kind


def draw_weights(r: Any, n: int) -> np.ndarray:
    """Sample weights of any sum."""
    return [
        r.rand(n),
        r.randint(0, 3, n).astype(float),
        np.eye(n)[0],
        np.zeros(n),
        r.rand(n) * 1e20,
        r.rand(n) * 1e-20,
        np.where(r.rand(n) < 0.5, 1e-12, 1.0),
        np.full(n, 1.0 / n),
    ][r.randint(8)]


def draw_compression(r: Any) -> Any:
    """A name or an instance."""
    if r.rand() < 0.5:
        return pick(r, sorted(COMPRESSIONS))
    rank = pick(r, [1, 2, 7, 0.1, 0.5])
    return [
        lambda: TensorTrain(rank=rank, tensorization=pick(r, ["flat", "paired", "flat_transposed"])),
        lambda: LowRank(rank=rank),
        lambda: L0(sparsity=pick(r, [0.1, 0.9, 0.999])),
        lambda: GroupLasso(strength=pick(r, [1e-6, 0.1, 100.0]), groups=pick(r, ["outputs", "inputs"])),
        lambda: Sum([LowRank(rank=rank), L0(sparsity=0.9)]),
    ][r.randint(5)]()


def draw_activation(r: Any) -> Any:
    """A name or an instance."""
    options = [LeakyReLU(pick(r, [0.0, 0.5, 2.0])), Polynomial(pick(r, [(0, 1, 0.5), (1, 0, 0, 0.1)]))]
    return pick(r, options) if r.rand() < 0.15 else pick(r, sorted(ACTIVATIONS))


def draw_layers(r: Any, d: int) -> dict:
    """Widths, or layers of images where d is one."""
    shapes = [(h, d // h, 1) for h in range(4, 11) if d % h == 0 and d // h >= 4]
    if r.rand() < 0.2:
        layers = [pick(r, [Conv2D(3, 3), Conv2D(2, 2, stride=2), AveragePool2D(2)])] if shapes else []
        width = r.randint(1, 9)
        layers += [Dense(width), Residual([Dense(5), Dense(width)])][: r.randint(1, 3)]
        return {"layers": layers} | ({"input_shape": pick(r, shapes)} if shapes else {})
    return {"hidden_layer_sizes": tuple(int(r.randint(1, 40)) for _ in range(r.randint(0, 4)))}


def draw_solver(r: Any) -> Any:
    """A name or an instance."""
    if r.rand() < 0.6:
        return pick(r, ["auto", *sorted(SOLVERS)])
    batch = {
        "batch_size": int(pick(r, [1, 2, 7, 32, 1000])),
        "averaging": pick(r, [0.0, 1.0, 1e6]),
        "compress_after": pick(r, ["auto", 0.0, 0.5, 1.0]),
    }
    full = {
        "relaxation": pick(r, [0.1, 1.0, 1.9]),
        "extrapolation": bool(r.randint(2)),
        "projection": pick(r, ["frobenius", "data"]),
    }
    return [lambda: MiniBatch(**batch), lambda: ExactMiniBatch(**batch), lambda: FullBatch(**full)][
        r.randint(3)
    ]()


def draw_parameters(r: Any, is_classifier: bool, d: int, seed: int) -> dict:
    """Constructor parameters, most of them such that they fit together."""
    task = "classification" if is_classifier else "regression"
    losses = [name for name, cls in LOSSES.items() if task in cls.tasks or r.rand() < 0.01]
    p = {
        "loss": pick(r, losses),
        "solver": draw_solver(r),
        "max_iter": int(pick(r, [1, 2, 3])),
        "random_state": seed,
        "activation": draw_activation(r),
        **draw_layers(r, d),
    }
    if r.rand() < 0.75:
        p["compression"] = draw_compression(r)
        named = p["compression"] if isinstance(p["compression"], str) else None
        known = COMPRESSIONS[named]().get_params() if named else {}
        if "rank" in known and r.rand() < 0.5:
            p["rank"] = pick(r, [1, 2, 4, 16, 0.1, 0.5, 1.0])
        elif "sparsity" in known and r.rand() < 0.5:
            p["sparsity"] = pick(r, [0.1, 0.9, 0.999])
        elif {"rank", "sparsity"} & set(known) and r.rand() < 0.4:
            p["compression_ratio"] = pick(r, [0.001, 0.1, 0.5, 0.9, 1.0])
        p["compress_output"] = bool(r.rand() < 0.3)
    if r.rand() < 0.15:
        p["weight_regularizer"] = pick(r, sorted(REGULARIZERS))
    p |= draw_rest(r, p["solver"])
    if is_classifier and r.rand() < 0.15:
        p["class_weight"] = pick(r, ["balanced", {0: 2.0}, {0: 1.0, 77: 3.0}])
    return p


def draw_rest(r: Any, solver: Any) -> dict:
    """Parameters that are seldom set; of those that belong to other solvers a few."""
    p, uses = {}, getattr(SOLVERS.get(solver, solver) if isinstance(solver, str) else solver, "uses", ())
    for name, chance, options in (
        ("activity_regularizer", 0.08, sorted(REGULARIZERS)),
        ("rho", 0.1, [1e-6, 1e3]),
        ("gamma", 0.1, [1e-6, 1e3]),
        ("tau", 0.15, [1e-12, 1e-3, 1e8]),
        ("proximal", 0.1, [0.0, 1e-12, 1e6]),
        ("ridge", 0.2, [0.0, 1e-12, 1e-3, 1e6]),
        ("initializer", 0.3, sorted(set(INITIALIZERS))),
        ("fit_intercept", 0.15, [False]),
        ("early_stopping", 0.08, [True]),
        ("warm_start", 0.1, [True]),
        ("memory_limit", 0.05, ["100KB", "1MB"]),
        ("rank", 0.02, [3]),
        ("sparsity", 0.02, [0.5, 1.5]),
        ("column_bins", 0.2, [2, 4, 9]),
    ):
        if r.rand() < chance and (name not in OF_SOLVERS or name in uses or r.rand() < 0.05):
            p[name] = pick(r, options)
    return p


# judging ------------------------------------------------------------------------------------------


def problems_of(case: Case, seed: int = 0) -> tuple[str, list[str]]:
    """The outcome of a case ('fit' or the error's message), and what is wrong with it."""
    wrong: list[str] = []
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            case.estimator.fit(case.X, case.y, sample_weight=case.s)
            outcome = "fit"
        except (ValueError, TypeError) as error:
            outcome = f"{type(error).__name__}: {error}"
            wrong += problems_of_error(error, case.estimator)
        else:
            wrong += problems_of_fit(case, seed)
    wrong += [
        f"{w.category.__name__} of {w.filename.rsplit('/', 1)[-1]}:{w.lineno}: {w.message}"
        for w in said
        if not issubclass(w.category, UserWarning) and not is_of_others(w)
    ]
    return outcome, wrong


def is_of_others(warning: Any) -> bool:
    """Whether a warning is of a socket or file that another library left open before."""
    return issubclass(warning.category, ResourceWarning) and "sklearn_nnbcd" not in warning.filename


def problems_of_error(error: Exception, estimator: Any) -> list[str]:
    """An error must name a parameter of the estimator or of a piece, or the data."""
    text = str(error)
    words = (*estimator.get_params(), *DATA_WORDS)
    named = any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words)
    wrong = [] if named or re.search(r"The '\w+' of \w+", text) else [f"an error names nothing: {text}"]
    if type(error) not in (ValueError, TypeError):
        wrong.append(f"a {type(error).__name__}: {text}")
    if re.search(r"np\.\w+\(", text):
        wrong.append(f"an error speaks NumPy: {text}")
    return wrong


def problems_of_fit(case: Case, seed: int) -> list[str]:
    """What is wrong with a fitted estimator."""
    model, X, wrong = case.estimator, case.X, []
    numbers = {"loss_": model.loss_, "objective_curve_": model.objective_curve_}
    numbers |= {f"coefs_[{i}]": W for i, W in enumerate(model.coefs_)}
    wrong += [f"{name} is not finite" for name, value in numbers.items() if not is_finite(value)]
    ratio = model.compression_ratio
    if not 0.0 <= model.sparsity_ <= 1.0 or (ratio is not None and model.compression_ratio_ > ratio + 1e-9):
        wrong.append(f"sparsity_ {model.sparsity_}, compression_ratio_ {model.compression_ratio_}")
    if len(repr(model.compressed_coefs_)) > 120 * model.n_layers_ or len(repr(model.network_)) > 300:
        wrong.append("a long repr")
    methods = ["predict"] + (["predict_proba", "decision_function"] if hasattr(model, "classes_") else [])
    found = {name: getattr(model, name)(X) for name in methods}
    wrong += [f"{name} is not finite" for name, value in found.items() if not is_finite(value)]
    if wrong:
        return wrong
    if "predict_proba" in found:
        wrong += problems_of_probabilities(model, found)
    wrong += problems_elsewhere(case, seed, lambda error: problems_of_error(error, model))
    return wrong + problems_of_twins(case, found, seed)


def problems_of_probabilities(model: Any, found: dict) -> list[str]:
    """Probabilities lie in [0, 1]; those of classes sum to one, and the largest is the prediction's."""
    P, wrong = found["predict_proba"], []
    if P.min() < 0.0 or P.max() > 1.0 + 1e-6:
        wrong.append(f"probabilities from {P.min()} to {P.max()}")
    if found["predict"].ndim == 1:
        if np.abs(P.sum(axis=1) - 1.0).max() > 1e-5:
            wrong.append("probabilities do not sum to one")
        if (model.classes_[P.argmax(axis=1)] != found["predict"]).any():
            wrong.append("predict is not the argmax of predict_proba")
    return wrong


def problems_of_twins(case: Case, found: dict, seed: int) -> list[str]:
    """Pickles, clones, other orders of rows and of memory, and single rows give the same."""
    model, X, wrong = case.estimator, np.asarray(case.X), []
    name = list(found)[-1]
    expected, predict = np.asarray(found[name]), lambda m, rows: np.asarray(getattr(m, name)(rows))
    tolerance = 1e-3 if "32" in str(model.network_.dtype) else 1e-7
    if tolerance == 1e-3:
        tolerance += 10.0 * slack(model, X, np.asarray(outputs(model, case.X)))
    copied = pickle.loads(pickle.dumps(model))
    if not np.array_equal(predict(copied, case.X), expected):
        wrong.append(f"a pickle changes {name}")
    order = np.random.RandomState(0).permutation(len(X))
    rows = {
        "the order of rows": (predict(model, X[order]), expected[order]),
        "Fortran order": (predict(model, np.asfortranarray(X)), expected),
        "single rows": (
            np.concatenate([predict(model, X[k : k + 1]) for k in range(min(3, len(X)))]),
            expected[:3],
        ),
    }
    least = LEAST_SCORE if name == "decision_function" else 0.0
    wrong += [
        f"{what} changes {name}" for what, (a, b) in rows.items() if not is_close(a, b, tolerance, least)
    ]
    kind = seed % 3
    if kind == 0:
        twin = clone(model).fit(case.X, case.y, sample_weight=case.s)
        if not np.array_equal(predict(twin, case.X), expected):
            wrong.append(f"a clone's fit changes {name}")
    elif kind == 1:
        twin = type(model)().set_params(**model.get_params(deep=False))
        twin.fit(np.asfortranarray(X), case.y, sample_weight=case.s)
        if not is_close(predict(twin, case.X), expected, tolerance):
            wrong.append(f"a fit of Fortran rows changes {name}")
    elif hasattr(model, "partial_fit"):
        wrong += problems_of_stream(case, name)
    return wrong


def problems_of_stream(case: Case, name: str) -> list[str]:
    """What comes after a fit is finite, too, and a call that fails leaves the model as it was."""
    model, before = case.estimator, dict(vars(case.estimator))
    try:
        model.partial_fit(case.X, case.y, sample_weight=case.s)
    except (ValueError, TypeError) as error:
        changed = [] if vars(model) == before else ["a failed partial_fit changes the estimator"]
        return changed + problems_of_error(error, model)
    return [] if is_finite(getattr(model, name)(case.X)) else [f"after partial_fit {name} is not finite"]


def is_finite(x: Any) -> bool:
    """Whether all numbers are finite; labels always are."""
    x = np.asarray(x)
    return x.dtype.kind not in "fc" or bool(np.isfinite(x).all())


def is_close(a: np.ndarray, b: np.ndarray, tolerance: float, least: float = 0.0) -> bool:
    """Whether two results agree, relative to the largest number, or to ``least`` where all are smaller."""
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    size = max(float(np.max(np.abs(b), initial=0.0)), least) or 1.0
    return a.shape == b.shape and float(np.max(np.abs(a / size - b / size), initial=0.0)) <= tolerance


# the command --------------------------------------------------------------------------------------


class Hang(BaseException):
    """A case that takes more than PATIENCE seconds."""


def judged(seed: int) -> dict:
    """Everything about a seed, errors of any kind included."""
    start, result = time.perf_counter(), {"seed": seed, "outcome": None, "wrong": []}
    try:
        case = draw_case(seed)
        result |= {"estimator": repr(case.estimator), **case.words}
        result["outcome"], result["wrong"] = problems_of(case, seed)
    except Hang:
        result["wrong"] = [f"it takes more than {PATIENCE} s"]
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{where.filename.rsplit('/', 1)[-1]}:{where.lineno}"
        result["wrong"] = [f"{type(error).__name__} at {place}: {error}"]
    result["seconds"] = round(time.perf_counter() - start, 3)
    return result


def with_patience(seed: int) -> dict:
    """As :func:`judged`; a case that hangs is ended where the system has timers."""
    import signal

    if not hasattr(signal, "setitimer"):
        return judged(seed)

    def out_of_patience(*args):
        raise Hang

    signal.signal(signal.SIGPROF, out_of_patience)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        return judged(seed)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def main(arguments: list[str]) -> int:
    """One seed in words, or a range of seeds; the number of those with something wrong."""
    if len(arguments) == 1:
        print(json.dumps(with_patience(int(arguments[0])), indent=1, default=str))
        return 0
    first, last = int(arguments[0]), int(arguments[1])
    path = Path(arguments[2] if len(arguments) > 2 else "fuzz.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    counts = {"fit": 0, "error": 0, "wrong": 0}
    begun = next(
        (kept for kept in map(json.loads, reversed(lines)) if kept.get("seeds") == [first, last]), {}
    )
    counts |= begun.get("counts", {})
    with path.open("a", encoding="utf-8") as file:
        for seed in range(begun.get("next", first), last):
            result = with_patience(seed)
            counts["fit" if result["outcome"] == "fit" else "error"] += 1
            if result["wrong"]:
                counts["wrong"] += 1
                file.write(json.dumps(result, default=str) + "\n")
            if result["wrong"] or seed % 20 == 19 or seed == last - 1:
                kept = {"seeds": [first, last], "next": seed + 1, "counts": counts}
                file.write(json.dumps(kept) + "\n")
                file.flush()
    print(counts)
    return math.ceil(counts["wrong"] / (last - first))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
