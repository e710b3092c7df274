# SPDX-License-Identifier: BSD-3-Clause
"""Why a fit is what it is: the losses, gaps and shares behind the objective."""

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ..network import network_rows
from ..targets import one_target
from ._rows import unwrapped
from ._table import columns_of, table_html, table_text

_COLUMNS = {
    "layer": "layer",
    "split_gap": "U - (VW + b)",
    "activation_gap": "V - sigma(U)",
    "coupling_gap": "W - W_MC",
    "split_share": "split share",
    "activation_share": "activation share",
    "coupling_share": "coupling share",
}
_LOSSES = {
    "auxiliary": "of V_N, as L counts it",
    "weights": "forward through W",
    "compressed": "forward through W_MC",
}

#: quotient of two mean losses, beyond what the penalties explain, from which the report speaks of a gap
_NOTABLE = 1.5


@dataclass(frozen=True)
class FitReport:
    """What :func:`fit_report` found; ``print`` shows it.

    Attributes
    ----------
    solver : {"full", "minibatch"}
        Which solver left the state.
    losses : dict
        Mean losses per row in the units of the objective. 'auxiliary': at the variables V_N (None
        with 'minibatch', which has none); 'weights': of the dense weights W, by a forward pass over
        the training rows, or with 'minibatch' as the batches of the last pass came, before each
        change; 'compressed': of the network that is kept, by a forward pass over the given rows.
        'auxiliary' is the smallest by nature: with squared errors (1 + 1/gamma + 1/rho)^2 times
        smaller than 'weights' in a network whose equations hold up to the last layer.
    terms : dict
        Share of each term in the last objective.
    rows : list of dict
        One per layer. Relative gaps ||U - V W - b|| / ||U||, ||V - sigma(U)|| / ||V||,
        ||W - W_MC|| / ||W|| and the layer's shares of the objective; 'minibatch' has the gap of W only.
    advice : list of str
        What stands out, and what helps.
    """

    solver: str
    losses: dict
    terms: dict
    rows: list
    advice: list

    def to_dict(self) -> dict[str, list]:
        """Column name -> list of values, one per layer; ``pandas.DataFrame`` reads it."""
        return columns_of(self.rows, _COLUMNS)

    def __str__(self) -> str:
        """All of it as text."""
        lines = ["loss per row"]
        lines += [f"  {_LOSSES[k]:24s} {v:.4g}" for k, v in self.losses.items() if v is not None]
        lines.append("share of L")
        lines += [f"  {name:24s} {share:.3f}" for name, share in self.terms.items() if share]
        return "\n".join([*lines, table_text(self.rows, _COLUMNS), *self.advice])

    def _repr_html_(self) -> str:
        """All of it in a notebook."""
        losses = [{"name": _LOSSES[k], "value": v} for k, v in self.losses.items() if v is not None]
        terms = [{"name": name, "value": share} for name, share in self.terms.items() if share]
        tables = (
            table_html(losses, {"name": "network", "value": "loss per row"}, "Losses"),
            table_html(terms, {"name": "term", "value": "share of L"}, "Terms of the last objective"),
            table_html(self.rows, _COLUMNS, "Relative gaps and shares by layer"),
        )
        advice = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.advice)
        return "\n".join(["<div>", *tables, f"<ul>{advice}</ul>", "</div>"])


def fit_report(estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> FitReport:
    """Whether the objective tells the truth about a fit, and what limits it.

    The objective L of (7) has variables U and V of its own. It can fall because they approach the
    targets while the weights cannot follow (compare 'auxiliary' with 'weights'), or because W fits
    the data and its compressed copy lags behind (compare 'weights' with 'compressed').

    Parameters
    ----------
    estimator : NNBCDClassifier or NNBCDRegressor
        Fitted; also one on Dask, in a pipeline, a search, or another estimator that holds one.
        Gaps are those of the last sweep, also where early stopping kept earlier weights.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows for the loss of the compressed network: the training rows compare with the other losses.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets of these rows, labels that fit knows.
    sample_weight : array-like of shape (n_samples,), default=None
        As in fit.

    Returns
    -------
    report : FitReport

    Raises
    ------
    ValueError
        If y holds labels that fit did not see, or the fit left nothing to report.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nnbcd import NNBCDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> model = NNBCDClassifier((20, 20), ridge=0.001, solver="full", random_state=0).fit(X, y)
    >>> report = fit_report(model, X, y)
    >>> report.losses["weights"] > 2 * report.losses["auxiliary"]  # U and V know more than W
    True
    >>> report.to_dict()["layer"]
    [1, 2, 3]
    """
    estimator, X, y = unwrapped(estimator, "fit_report", X, y)
    state = getattr(estimator, "diagnosis_", None)
    if state is None:
        raise ValueError(
            "The 'estimator' of fit_report must hold the end of a fit. Got one whose fit stopped at "
            "numbers that were not finite, or was interrupted. Fit it again, on standardised columns."
        )
    terms = estimator.objective_terms_[-1]
    terms = dict(zip(terms.dtype.names, terms.tolist(), strict=True))
    total, full = sum(terms.values()), state.loss is not None
    losses = {
        "auxiliary": terms["loss"] / state.weight if full else None,
        "weights": state.loss if full else terms["loss"] / state.weight,
        "compressed": _forward_loss(estimator, X, y, sample_weight),
    }
    rows = []
    for layer in state.layers:
        row = {name: value for name, value in layer.items() if name in _COLUMNS}
        for name in ("split", "activation", "coupling"):
            if name in layer:
                value = layer[name]
                row[f"{name}_share"] = None if value is None else value / (total or 1.0)
        rows.append(row)
    shares = {name: value / (total or 1.0) for name, value in terms.items()}
    solver = "full" if full else "minibatch"
    return FitReport(solver, losses, shares, rows, _advice(losses, rows, _slack(estimator)))


def _forward_loss(estimator: Any, X: Any, y: Any, sample_weight: Any) -> float:
    """Mean loss of the compressed network in the engine's units, with the class weights of the fit."""
    network, targets = estimator.network_, estimator.targets_
    X = network_rows(network, X, "fit_report")
    y = np.asarray(y)
    if hasattr(estimator, "classes_"):
        y, _ = one_target(y)
        targets.check_more(y, method="fit_report")
    xp = network.xp
    s = None if sample_weight is None else np.asarray(sample_weight, dtype=network.dtype)
    s = targets.row_weights(y, s, network.dtype)
    Y = xp.asarray(targets.encode(y, network.dtype))
    value = targets.loss.value(Y, targets.engine_outputs(network.forward(X), xp=xp), xp=xp)
    weight = xp.ones_like(value) if s is None else xp.asarray(s)
    return float(xp.sum(weight * value) / xp.sum(weight))


def _slack(estimator: Any) -> float:
    """How many times smaller the loss at V_N is than that at P_N, if nothing but the last layer gives.

    The residual P_N - y is divided among the loss, gamma's term and rho's term: with squared errors
    v - y is the (1 + 1/gamma + 1/rho)-th part of it.
    """
    return (1.0 + 1.0 / estimator.gamma + 1.0 / estimator.rho) ** 2


def _advice(losses: dict, rows: list[dict], slack: float) -> list[str]:
    """Sentences on what stands out."""
    auxiliary, weights, compressed = losses["auxiliary"], losses["weights"], losses["compressed"]
    advice = []
    if auxiliary is not None and weights > _NOTABLE * slack * auxiliary:
        layer = _widest(rows, "split_gap", "activation_gap")
        advice.append(
            f"U and V have run ahead of the weights: the loss of a forward pass is {weights:.3g} a row, L "
            f"counts {auxiliary:.3g}. The widest gap is that of layer {layer}. A larger 'ridge', more "
            "sweeps, or solver='minibatch' help."
        )
    if compressed > _NOTABLE * weights:
        layer = _widest(rows, "coupling_gap")
        where = "" if layer is None else f" The widest gap is that of layer {layer}."
        advice.append(
            f"The kept network has a loss of {compressed:.3g} a row, W one of {weights:.3g}.{where} If "
            "these are the training rows, a larger 'tau', more sweeps, a higher rank or a lower sparsity "
            "help; if not, it is what the fit does not know of new rows."
        )
    return advice or ["The objective and the kept network agree."]


def _widest(rows: list[dict], *names: str) -> int | None:
    """Layer with the largest of some gaps, or None."""
    gaps = {row["layer"]: max((row.get(name) or 0.0) for name in names) for row in rows}
    layer = max(gaps, key=gaps.get)  # type: ignore[arg-type]
    return layer if gaps[layer] > 0.0 else None
