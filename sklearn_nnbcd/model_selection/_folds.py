# SPDX-License-Identifier: BSD-3-Clause
"""The scores of all budgets in the folds of a search, and the budget that they choose."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import rankdata

from ._path import compression_path

#: how a budget is chosen from the scores
RULES = ("best", "one_standard_error")


def fold_scores(estimator: Any, rows: tuple, fold: tuple, rooms: list[int], scorer: Callable) -> dict:
    """Scores, bytes and seconds at every budget, of one fold."""
    train, test = fold
    X, y, s = (None if x is None else x[train] for x in rows)
    path = compression_path(estimator, X, y, rooms, sample_weight=s)
    T, t = (x[test] for x in rows[:2])
    scores, seconds = [], []
    for model in path.estimators:
        start = time.perf_counter()
        scores.append(float(scorer(model, T, t)))
        seconds.append(time.perf_counter() - start)
    return {"test_score": scores, "score_time": seconds, "fit_time": path.seconds, "n_bytes": path.n_bytes}


def refuse_nan_scores(parts: list[dict], rooms: list[int], owner: str) -> None:
    """Raise ValueError for scores that are not numbers: no budget is better or worse than another then."""
    for fold, part in enumerate(parts):
        for room, score in zip(rooms, part["test_score"], strict=True):
            if np.isnan(score):
                raise ValueError(
                    f"The 'scoring' of {owner} must give a number for every fold. Got nan in fold {fold} at "
                    f"{room} bytes. Use another score, or folds with every class and at least two rows."
                )


def results_of(rooms: list[int], parts: list[dict]) -> dict[str, Any]:
    """The folds in the form of ``cv_results_`` of scikit-learn."""
    folds = {name: np.array([part[name] for part in parts], dtype=float) for name in parts[0]}
    results: dict[str, Any] = {}
    for name in ("fit_time", "score_time"):
        results |= {f"mean_{name}": folds[name].mean(axis=0), f"std_{name}": folds[name].std(axis=0)}
    results["param_max_bytes"] = np.ma.MaskedArray(rooms, mask=False)
    results["params"] = [{"max_bytes": room} for room in rooms]
    scores = folds["test_score"]
    results |= {f"split{k}_test_score": scores[k] for k in range(len(parts))}
    mean = scores.mean(axis=0)
    results |= {"mean_test_score": mean, "std_test_score": scores.std(axis=0)}
    results["rank_test_score"] = rankdata(-mean, method="min").astype(np.int32)
    results["mean_n_bytes"] = folds["n_bytes"].mean(axis=0)
    return results


def chosen_index(results: dict[str, Any], rule: str) -> int:
    """Place of the chosen budget, in ``cv_results_`` from large to small."""
    mean = results["mean_test_score"]
    least = best = float(np.max(mean))
    if rule == "one_standard_error":
        n_folds = sum(name.startswith("split") for name in results)
        first = int(np.argmax(mean))
        least = best - float(results["std_test_score"][first]) / max(n_folds - 1, 1) ** 0.5
    return int(np.flatnonzero(mean >= least)[-1])
