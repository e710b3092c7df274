# SPDX-License-Identifier: BSD-3-Clause
"""Rows that are held out to compare networks on, and which network does best on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import log_loss
from sklearn.utils import check_random_state

from ._arrays import on_host
from ._sklearn_compat import take_rows

#: rows that networks are fitted to and compared on, at most, and the share of the comparison
COMPARED_ROWS, COMPARED_SHARE = 10_000, 0.25
#: runs of rows that are held out of each class
RUNS = 2
#: divisions of the rows, and standard errors within which networks meet again on the next one
DIVISIONS, CLOSE = 2, 2.0


def divided(estimator: Any, X: Any, y: Any, sample_weight: Any) -> tuple[list, tuple]:
    """Rows to fit to, as the arguments of ``fit``, and rows (X, y) to compare on."""
    return next(divisions(estimator, X, y, sample_weight))


def divisions(estimator: Any, X: Any, y: Any, sample_weight: Any) -> Iterator[tuple[list, tuple]]:
    """What :func:`divided` gives, several times, each time with others held out."""
    state = check_random_state(estimator.random_state)
    arrays = (X, y) if sample_weight is None else (X, y, sample_weight)

    def part(x: Any, rows: np.ndarray) -> Any:
        return take_rows(x if hasattr(x, "shape") else np.asarray(x), rows)

    for _ in range(DIVISIONS):
        chosen, held_out = split(y, is_classifier(estimator), state)
        check_known(estimator, y, chosen, held_out)
        yield [part(x, chosen) for x in arrays], (part(X, held_out), part(y, held_out))


def check_known(estimator: Any, y: Any, chosen: np.ndarray, held_out: np.ndarray) -> None:
    """Raise ValueError if rows are held out of a class that no other row has, as where each has one row."""
    y = np.asarray(on_host(y))
    if is_classifier(estimator) and y.size == len(y) and not np.isin(y[held_out], y[chosen]).all():
        raise ValueError(
            f"The 'max_bytes' of {type(estimator).__name__} compares networks on held-out rows of classes "
            f"that other rows have, too. Got one row of each of {len(y)} classes. Give hidden_layer_sizes, "
            "compression and bits, which leaves nothing to compare, or more rows."
        )


def told(estimator: Any, rows: list[dict]) -> Iterator[dict]:
    """The rows one by one; with ``verbose`` a line before each says which network is compared now."""
    for place, row in enumerate(rows, 1):
        if estimator.verbose:
            name = type(estimator).__name__
            print(f"[{name}] max_bytes: compares network {place} of {len(rows)}, {row['params']}")
        yield row


def judged(fitted: Any, T: Any, t: Any) -> dict:
    """Bytes, score and loss of a network on rows that it was not fitted to."""
    score = float(fitted.score(T, t))
    return {"n_bytes": fitted.n_bytes_, "score": score, "loss": held_out_loss(fitted, T, t, score)}


def mean_of(before: dict, new: dict, count: int) -> dict:
    """What was judged on one more division: score and loss are means over all."""
    means = {name: (count * before.get(name, 0.0) + new[name]) / (count + 1) for name in ("score", "loss")}
    return new | means


def best_first(rows: list[dict], n_held_out: int, classify: bool, cheap: Sequence[dict] = ()) -> list[dict]:
    """What was compared, the chosen one first, the others by their scores.

    Those that are ``cheap`` come before others within a standard error of the best score.
    """
    if not rows:
        return rows
    level = close_ones(rows, n_held_out, classify, errors=1.0)
    level = [row for row in level if any(row is each for each in cheap)] or level
    first = min(level, key=lambda row: row["loss"])
    return [first, *sorted((r for r in rows if r is not first), key=lambda row: -row["score"])]


def close_ones(rows: list[dict], n_held_out: int, classify: bool, errors: float = CLOSE) -> list[dict]:
    """Those within so many standard errors of the best score."""
    best = max((row["score"] for row in rows), default=0.0)
    least = best - errors * standard_error(best, n_held_out, classify)
    return [row for row in rows if row["score"] >= least]


def standard_error(score: float, n_rows: int, classify: bool) -> float:
    """That of an accuracy, or of R2 with normal residuals, on so many rows."""
    if not classify:
        return (1.0 - score) * (2.0 / n_rows) ** 0.5
    return (score * (1.0 - score) / n_rows) ** 0.5 if 0.0 < score < 1.0 else 0.0


def held_out_loss(fitted: Any, T: Any, t: Any, score: float) -> float:
    """Log loss, or what stands for it where there is none."""
    if not is_classifier(fitted) or np.ndim(fitted.classes_[0]) or np.ndim(on_host(t)) > 1:
        return -score
    return float(log_loss(on_host(t), on_host(fitted.predict_proba(T)), labels=fitted.classes_))


def split(
    y: Any, classify: bool, random_state: Any, most: int = COMPARED_ROWS, share: float = COMPARED_SHARE
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit to and rows to compare on, with the same shares of classes.

    Rows that lie next to one another often come from one source, a person or a day, of which new rows are
    not. So rows are held out in a few runs, each as they follow one another in a class, and not one by one:
    what a network knows of its sources by heart does not count. The runs of all classes begin at the same
    shares of their rows, where the rows of one source are. Rows of classes too small to be divided are all
    fitted to: a network cannot tell what it has never seen.
    """
    y = np.asarray(on_host(y))
    groups, undivided = groups_of(y, classify)
    count = min(len(y) - len(undivided), max(1, most - len(undivided)))
    n_held_out = max(1, round(share * count))
    state = check_random_state(random_state)
    fitted, held_out, starts = [undivided], [], state.random_sample(RUNS)
    sizes = [len(rows) for rows in groups]
    for rows, n_out, n_in in zip(
        groups, quotas(sizes, n_held_out), quotas(sizes, count - n_held_out), strict=True
    ):
        chosen = runs(rows, min(n_out, len(rows) - 1), starts)
        rest = np.setdiff1d(rows, chosen, assume_unique=True)
        fitted.append(rest if n_in >= len(rest) else state.choice(rest, n_in, replace=False))
        held_out.append(chosen)
    return np.sort(np.concatenate(fitted)), np.sort(np.concatenate(held_out))


def groups_of(y: np.ndarray, classify: bool) -> tuple[list[np.ndarray], np.ndarray]:
    """Rows that are divided, of each class in their order or of all without classes, and those that are not.

    Classes of four rows and more are divided; where there are none, those of two and three. Without these,
    too, all rows are one group.
    """
    everything, nothing = np.arange(len(y)), np.arange(0)
    if not classify or y.size != len(y):
        return [everything], nothing
    codes = np.unique(y.ravel(), return_inverse=True)[1]
    counts = np.bincount(codes)
    least = 4 if counts.max() >= 4 else 2
    if counts.max() < least:
        return [everything], nothing
    classes = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    small = [rows for rows in classes if len(rows) < least]
    return [rows for rows in classes if len(rows) >= least], np.concatenate([nothing, *small])


def quotas(sizes: Sequence[int], total: int) -> list[int]:
    """Parts of a total in proportion to sizes, at least 1 each."""
    ends = np.rint(np.cumsum(sizes) * (total / sum(sizes))).astype(int)
    return [max(1, int(n)) for n in np.diff(ends, prepend=0)]


def runs(rows: np.ndarray, count: int, starts: np.ndarray) -> np.ndarray:
    """So many of the rows, in a few runs, at shares from 0 to 1 of what equal parts of them allow."""
    n_runs = max(1, min(len(starts), count))
    lengths = np.diff(np.linspace(0, count, n_runs + 1).astype(int))
    chosen = []
    for part, length, share in zip(np.array_split(rows, n_runs), lengths, starts, strict=False):
        start = int(share * (len(part) - length + 1))
        chosen.append(part[start : start + length])
    return np.concatenate(chosen)
