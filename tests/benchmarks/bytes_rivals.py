# SPDX-License-Identifier: BSD-3-Clause
"""What a user would take at so many bytes instead: linear models, small dense networks, trees, each rounded.

A rival is fitted to three quarters of the training rows for every setting; its storage (32, 8 or 4 bits a
number) and its setting are chosen for each number of bytes on the last quarter, and what was chosen is fitted
to all training rows. A StandardScaler in front is part of W and b, and costs nothing; so is one behind a
regression.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

#: bits of a stored number
STORAGE = (32, 8, 4)
#: bytes of a node of a tree: feature, threshold, two children, or a value
NODE_BYTES = 10
#: hidden layers of MLPClassifier
WIDTHS = ((4,), (8,), (16,), (24,), (32,), (48,), (64,), (96,), (128,), (256,), (16, 16), (32, 32), (64, 64))
#: trees of a forest and their depth; rounds of boosting and leaves of a tree
FORESTS = ((5, 6), (10, 8), (20, 10), (50, 10))
BOOSTED = tuple((rounds, leaves) for leaves in (4, 8, 31) for rounds in (10, 30, 100))
#: most entries of a network that is tried, twice what 64 kB hold in 4 bits
MOST = 2 * 2**17


@dataclass(frozen=True)
class Rival:
    """One setting of one family."""

    family: str
    name: str
    make: Callable[[], Any]
    storage: tuple = STORAGE


def rivals(n_features: int, n_classes: int, many_rows: bool) -> Iterator[Rival]:
    """All settings; a shorter list where a fit takes long."""
    strengths = (0.1, 1.0) if many_rows else (0.01, 0.1, 1.0, 10.0)
    for C in strengths:
        yield Rival(
            "logistic", f"C={C}", lambda C=C: LogisticRegression(C=C, max_iter=50 if many_rows else 300)
        )
        if not many_rows:
            yield Rival("svc", f"C={C}", lambda C=C: LinearSVC(C=C))
            yield Rival(
                "svc l1", f"C={C}", lambda C=C: LinearSVC(C=C, penalty="l1", dual=False, max_iter=300), (8,)
            )
    for widths in WIDTHS:
        sizes = (n_features, *widths, n_classes)
        if sum(a * b for a, b in zip(sizes[:-1], sizes[1:], strict=True)) <= MOST and not (
            many_rows and len(widths) > 1
        ):
            most = {"max_iter": 15} if many_rows else {}
            yield Rival("mlp", str(widths), lambda w=widths, m=most: MLPClassifier(w, random_state=0, **m))
    for n, depth in FORESTS:
        make = lambda n=n, depth=depth: ExtraTreesClassifier(n, max_depth=depth, random_state=0)  # noqa: E731
        yield Rival("extra trees", f"{n} x {depth}", make, (None,))
    yield from boosted(HistGradientBoostingClassifier, n_classes if n_classes > 2 else 1)


def boosted(make: Callable, per_round: int) -> Iterator[Rival]:
    """Boosted trees, so many of them a round, that may fit 64 kB."""
    for rounds, leaves in BOOSTED:
        if rounds * per_round * (2 * leaves - 1) * NODE_BYTES <= 2**16:
            size = {"max_iter": rounds, "max_leaf_nodes": leaves}
            fit = lambda size=size: make(  # noqa: E731
                learning_rate=0.2, early_stopping=False, random_state=0, **size
            )
            yield Rival("boosted trees", f"{rounds} x {leaves}", fit, (None,))


def rivals_of_regressions(n_features: int) -> Iterator[Rival]:
    """All settings for targets that are numbers."""
    for alpha in (0.1, 1.0, 10.0, 100.0):
        yield Rival("ridge", f"alpha={alpha}", lambda alpha=alpha: Ridge(alpha))
    for widths in WIDTHS:
        yield Rival("mlp", str(widths), lambda w=widths: MLPRegressor(hidden_layer_sizes=w, random_state=0))
    for n, depth in FORESTS:
        make = lambda n=n, depth=depth: ExtraTreesRegressor(n, max_depth=depth, random_state=0)  # noqa: E731
        yield Rival("extra trees", f"{n} x {depth}", make, (None,))
    yield from boosted(HistGradientBoostingRegressor, 1)


def layers_of(model: Any) -> list:
    """(W, b) of each layer."""
    if hasattr(model, "coefs_"):
        return list(zip(model.coefs_, model.intercepts_, strict=True))
    return [(model.coef_.reshape(-1, model.n_features_in_).T, np.atleast_1d(model.intercept_))]


def rounded(W: np.ndarray, bits: int) -> np.ndarray:
    """Each column on a symmetric grid."""
    if bits == 32:
        return W
    top = 2 ** (bits - 1) - 1
    scale = np.abs(W).max(axis=0) / top
    scale[scale == 0] = 1.0
    return np.clip(np.round(W / scale), -top, top) * scale


def stored(layers: list, bits: int, sparse: bool) -> int:
    """Bytes of numbers, of an intercept and, of rounded ones, a scale for each column, of indices.

    Beside 8 bits two bytes each, beside 4 one, as ours have; what that rounds is not counted against them.
    """
    total = 0.0
    for W, b in layers:
        dense = W.size * bits / 8
        if sparse:
            kept = int((rounded(W, bits) != 0).sum())
            dense = min(dense, kept * (bits / 8 + 1) + 2 * (W.shape[1] + 1))
        total += dense + {32: 4, 8: 4, 4: 2}[bits] * len(b) + (0 if bits == 32 else 2)
    return math.ceil(total)


def predictions(layers: list, classes: np.ndarray | None, X: np.ndarray) -> np.ndarray:
    """Labels of a network of rounded layers, or its outputs."""
    V = X
    for i, (W, b) in enumerate(layers):
        V = V @ W + b
        if i < len(layers) - 1:
            V = np.maximum(V, 0.0)
    if classes is None:
        return V[:, 0]
    if V.shape[1] == 1:
        return classes[(V[:, 0] > 0).astype(int)]
    return classes[V.argmax(axis=1)]


def nodes(model: Any) -> int:
    """Nodes of all trees."""
    if hasattr(model, "estimators_"):
        return sum(tree.tree_.node_count for tree in model.estimators_)
    return sum(len(tree.nodes) for stage in model._predictors for tree in stage)


def versions(rival: Rival, X: np.ndarray, y: np.ndarray, T: np.ndarray, t: np.ndarray) -> dict:
    """Bytes and score of a fit in each storage, {bits: (bytes, score)}."""
    model = rival.make().fit(X, y)
    if rival.storage == (None,):
        return {None: (nodes(model) * NODE_BYTES, float(model.score(T, t)))}
    layers, found = layers_of(model), {}
    for bits in rival.storage:
        small = [(rounded(W, bits), b) for W, b in layers]
        classes = getattr(model, "classes_", None)
        told = predictions(small, classes, T)
        score = float(r2_score(t, told) if classes is None else (told == t).mean())
        found[bits] = (stored(layers, bits, rival.family == "svc l1"), score)
    return found


class Contest:
    """All rivals on one table, of classes or, with ``regress``, of numbers."""

    def __init__(
        self,
        X: np.ndarray,
        y: np.ndarray,
        T: np.ndarray,
        t: np.ndarray,
        *,
        scale: bool,
        many_rows: bool = False,
        regress: bool = False,
    ):
        if scale:
            scaler = make_pipeline(StandardScaler()).fit(X)
            X, T = scaler.transform(X), scaler.transform(T)
        if regress:
            y, t = (y - y.mean()) / y.std(), (t - y.mean()) / y.std()
        self.rows, self.finals = (X, y, T, t), {}
        part = train_test_split(X, y, test_size=0.25, random_state=0, stratify=None if regress else y)
        self.points = []
        settings = rivals_of_regressions if regress else rivals
        sizes = (X.shape[1],) if regress else (X.shape[1], len(np.unique(y)), many_rows)
        for rival in settings(*sizes):
            found = versions(rival, part[0], part[2], part[1], part[3])
            self.points += [(rival, bits, size, score) for bits, (size, score) in found.items()]

    def best(self, family: str, room: int) -> dict | None:
        """What a family reaches in so many bytes, on the test rows."""
        fitting = [p for p in self.points if p[0].family == family and p[2] <= room]
        for rival, bits, _, _ in sorted(fitting, key=lambda p: -p[3]):
            if rival not in self.finals:
                self.finals[rival] = versions(rival, *self.rows)
            size, score = self.finals[rival][bits]
            if size <= room:  # trees of all rows may be larger
                return {"setting": rival.name, "bits": bits, "n_bytes": size, "score": score}
        return None

    @property
    def families(self) -> list[str]:
        """Names of the families."""
        return list(dict.fromkeys(point[0].family for point in self.points))
