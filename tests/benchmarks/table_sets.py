# SPDX-License-Identifier: BSD-3-Clause
"""The tables of ``tables.py``: training and test rows by name and seed, columns as they came."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_friedman1,
)
from sklearn.model_selection import train_test_split

#: tables to develop on; the two last ones are regressions
DEVELOPMENT = (
    "spambase",
    "satimage",
    "pendigits",
    "magic",
    "letter",
    "adult",
    "ccpp",
    "california_housing",
)
#: tables that come with scikit-learn, split 70/30 by the seed
SMALL = {
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
    "diabetes": load_diabetes,
}
#: classes and rows of each of the generated tables, drawn by the seed
GENERATED = {"200 classes": (200, 20), "500 classes": (500, 12)}
NAMES = (*SMALL, *DEVELOPMENT, *GENERATED, "har")
REGRESSION = ("ccpp", "california_housing", "diabetes", "friedman1")
#: tables whose split does not depend on the seed
FIXED = (*DEVELOPMENT, "har")


@dataclass(frozen=True)
class Split:
    """Rows to learn from (X, y), and rows for the score (T, t)."""

    name: str
    X: np.ndarray
    y: np.ndarray
    T: np.ndarray
    t: np.ndarray

    @property
    def regression(self) -> bool:
        """Whether y is a number."""
        return self.name in REGRESSION

    def first(self, n_rows: int) -> "Split":
        """At most so many rows of each kind."""
        return Split(self.name, self.X[:n_rows], self.y[:n_rows], self.T[:n_rows], self.t[:n_rows])


def data_home() -> Path:
    """The folder that ``SKLEARN_NNBCD_DATA`` names, or ``shared/data`` beside the checkout."""
    given = os.environ.get("SKLEARN_NNBCD_DATA")
    if given:
        return Path(given)
    root = Path(__file__).resolve().parents[2]
    beside = [folder / "shared" / "data" for folder in root.parents]
    return next((folder for folder in beside if folder.is_dir()), beside[0])


def load(name: str, seed: int) -> Split:
    """A table.

    Raises
    ------
    FileNotFoundError
        If the files of that table are not in :func:`data_home`.
    """
    if name in SMALL:
        X, y = SMALL[name](return_X_y=True)
        X, T, y, t = train_test_split(X, y, test_size=0.3, random_state=seed)
    elif name == "friedman1":  # a known function of five of ten columns, with noise
        X, y = make_friedman1(4000, noise=1.0, random_state=seed)
        X, T, y, t = train_test_split(X, y, test_size=0.5, random_state=seed)
    elif name in GENERATED:
        X, y, T, t = _clusters(*GENERATED[name], seed)
    else:
        file = data_home() / (f"{name}.npz" if name == "har" else f"tables/{name}.npz")
        with np.load(file, allow_pickle=False) as arrays:
            X, y, T, t = (arrays[key] for key in ("X_train", "y_train", "X_test", "y_test"))
    X, T = (np.ascontiguousarray(A, dtype=np.float32) for A in (X, T))
    return Split(name, X, y, T, t)


def _clusters(n_classes: int, n_rows: int, seed: int) -> tuple:
    """Classes far from each other: 30 columns, centres N(0, 1), noise of 0.3."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(n_classes, 30))

    def draw():
        y = random.permutation(np.repeat(np.arange(n_classes), n_rows))
        return centres[y] + 0.3 * random.normal(size=(len(y), 30)), y

    return (*draw(), *draw())


def loader() -> Callable[[str, int], Split]:
    """:func:`load` that holds on to the last table."""
    last: dict = {}

    def get(name: str, seed: int) -> Split:
        if (name, seed) not in last:
            split = load(name, seed)
            last.clear()
            last[name, seed] = split
        return last[name, seed]

    return get
