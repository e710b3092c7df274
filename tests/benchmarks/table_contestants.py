# SPDX-License-Identifier: BSD-3-Clause
"""The contestants of ``tables.py``: estimators by name, and on which tables and seeds they run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from table_sets import DEVELOPMENT, FIXED, GENERATED, NAMES, REGRESSION, Split

from sklearn_nnbcd import NNBCDClassifier, NNBCDRegressor
from sklearn_nnbcd.losses import CrossEntropy
from sklearn_nnbcd.solvers import MiniBatch

SEEDS = (0, 1, 2)
WIDE = (256, 256)
LABELLED = tuple(name for name in DEVELOPMENT if name not in REGRESSION)
#: accuracy to which MLPClassifier is timed on the generated tables
REACH = {"200 classes": 0.99, "500 classes": 0.95}
#: contestants that would take too long on all seeds: (contestant, table) -> number of seeds
FEWER_SEEDS = {("mlp_wide", "adult"): 1} | {("realmlp", name): 1 for name in DEVELOPMENT}


@dataclass(frozen=True)
class Contestant:
    """One way to learn a table.

    Attributes
    ----------
    make : callable
        ``make(split, seed)`` gives the estimator.
    tables : tuple of str
    ours : bool
        Whether the package takes part, so that a change of it calls for a new run.
    fixed : bool
        Whether the seed only matters for the split.
    reach : bool
        Whether passes are made, and timed, until ``REACH`` only.
    """

    make: Callable[[Split, int], Any]
    tables: tuple[str, ...] = NAMES
    ours: bool = False
    fixed: bool = False
    reach: bool = False

    def runs(self, key: str, table: str, seed: int) -> bool:
        """Whether it runs on this table with this seed."""
        allowed = 1 if self.fixed and table in FIXED else FEWER_SEEDS.get((key, table), seed + 1)
        return table in self.tables and seed < allowed


class IdentityCurvature(CrossEntropy):
    """Cross-entropy whose Hessian the solver takes for the identity."""

    def mean_hessian(self, Y, V, s=None, *, xp):
        """The identity."""
        return xp.eye(V.shape[1], dtype=V.dtype)


class UnscaledMiniBatch(MiniBatch):
    """The default solver on the columns as they come."""

    scales_columns = False


def scaled(classifier, regressor, target=False, **parameters):
    """``make`` of a rival behind a StandardScaler, for y too if ``target``."""

    def make(split, seed):
        cls = regressor if split.regression else classifier
        known = cls().get_params()
        given = parameters | ({"random_state": seed} if "random_state" in known else {})
        model = cls(**{name: value for name, value in given.items() if name in known})
        model = make_pipeline(StandardScaler(), model)
        return TransformedTargetRegressor(model, transformer=StandardScaler()) if target else model

    return make


def mlp(sizes, **options):
    """``make`` of scikit-learn's MLP."""
    return scaled(MLPClassifier, MLPRegressor, hidden_layer_sizes=sizes, **options)


def realmlp(split, seed):
    """RealMLP-TD-S of pytabkit with its defaults, on one thread; it scales columns and targets itself."""
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    model = RealMLP_TD_S_Regressor if split.regression else RealMLP_TD_S_Classifier
    return model(device="cpu", n_threads=1, random_state=seed, verbosity=0)


class TwiceAsLong(MiniBatch):
    """The default solver with twice the default number of passes."""

    def auto_max_iter(self, problem, n_rows, has_ramps=False):
        """Twice as many."""
        return 2 * super().auto_max_iter(problem, n_rows, has_ramps)


def nnbcd(sizes=(100,), *, before=(), **parameters):
    """``make`` of ours."""

    def make(split, seed):
        model = (NNBCDRegressor if split.regression else NNBCDClassifier)(
            sizes, random_state=seed, **parameters
        )
        return make_pipeline(*(step() for step in before), model) if before else model

    return make


def compressed(format, ratio, **options):
    """A compressed wide network: weights after / before, the output included."""
    make = nnbcd(WIDE, compression=format, compression_ratio=ratio, compress_output=True, **options)
    return Contestant(make, DEVELOPMENT, ours=True)


FORMATS = ("low_rank", "tt", "l0")
RATIOS = {"quarter": 0.25, "tenth": 0.1}
#: weights of the wide network on letter, and those that the l0 one may keep
LETTER_WEIGHTS, LETTER_KEPT = 16 * 256 + 256 * 256 + 256 * 26, 16_000

CONTESTANTS = {
    "linear": Contestant(scaled(LogisticRegression, Ridge, max_iter=1000), fixed=True),
    "mlp": Contestant(mlp((100,))),
    "mlp_target": Contestant(mlp((100,), target=True), REGRESSION),
    "mlp_raw": Contestant(lambda split, seed: MLPClassifier(random_state=seed), ("har",)),
    "mlp_reach": Contestant(mlp((100,)), tuple(GENERATED), reach=True),
    "histgb": Contestant(scaled(HistGradientBoostingClassifier, HistGradientBoostingRegressor)),
    "mlp_wide": Contestant(mlp(WIDE)),
    "mlp_wide_target": Contestant(mlp(WIDE, target=True), REGRESSION),
    "realmlp": Contestant(realmlp, DEVELOPMENT),
    "nnbcd": Contestant(nnbcd(), ours=True),
    "nnbcd_reach": Contestant(nnbcd(), tuple(GENERATED), ours=True, reach=True),
    "nnbcd_wide": Contestant(nnbcd(WIDE), ours=True),
    "nnbcd_standardised": Contestant(nnbcd(before=(StandardScaler,)), DEVELOPMENT, ours=True),
    "identity_hessian": Contestant(nnbcd(loss=IdentityCurvature()), LABELLED, ours=True),
    "squared_error": Contestant(nnbcd(loss="squared_error"), LABELLED, ours=True),
    "no_ridge": Contestant(nnbcd(ridge=0.0), DEVELOPMENT, ours=True),
    "ridge_1": Contestant(nnbcd(ridge=1.0), DEVELOPMENT, ours=True),
    "twice_as_long": Contestant(nnbcd(solver=TwiceAsLong()), DEVELOPMENT, ours=True),
    "unscaled": Contestant(nnbcd(solver=UnscaledMiniBatch()), DEVELOPMENT, ours=True),
    **{f"{f}_{name}": compressed(f, ratio) for name, ratio in RATIOS.items() for f in FORMATS},
    "l0_16000": Contestant(
        compressed("l0", LETTER_KEPT / LETTER_WEIGHTS, column_bins=0).make, ("letter",), ours=True
    ),
}
ABLATIONS = ("identity_hessian", "squared_error", "no_ridge", "ridge_1", "twice_as_long", "unscaled")


def last_step(model):
    """The estimator itself, without what stands in front of it."""
    model = getattr(model, "regressor_", model)
    return model[-1] if hasattr(model, "steps") else model


def count_weights(model):
    """Weights without intercepts, as they are stored; None where there are none."""
    model = last_step(model)
    if hasattr(model, "n_parameters_"):
        return int(model.n_parameters_ - sum(np.size(b) for b in model.intercepts_))
    if hasattr(model, "coefs_"):
        return int(sum(W.size for W in model.coefs_))
    return int(model.coef_.size) if hasattr(model, "coef_") else None
