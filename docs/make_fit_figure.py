# SPDX-License-Identifier: BSD-3-Clause
"""Make the figure of the user guide's section "Look at a fit".

    python docs/make_fit_figure.py

``images/fit.png``: objective, singular values and sizes of a network of rank 8 on the digits, beside the
dense one.
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sklearn.base import clone
from sklearn.datasets import load_digits

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.inspection import LayerSizeDisplay, ObjectiveDisplay, WeightSpectrumDisplay

PATH = Path(__file__).resolve().parent / "images" / "fit.png"


def draw(path: Path, max_iter: int = 60) -> None:
    """The three displays side by side."""
    X, y = load_digits(return_X_y=True)
    dense = NNBCDClassifier((64, 64), solver="full", max_iter=max_iter, random_state=0)
    small = clone(dense).set_params(compression="low_rank", rank=8).fit(X, y)
    dense.fit(X, y)
    figure, axes = plt.subplots(1, 3, figsize=(14, 4), layout="constrained")
    ObjectiveDisplay.from_estimator(small, ax=axes[0], name="terms of L")
    options = {"reference": dense.coefs_, "ax": axes[1], "name": "singular values, dense fit dashed"}
    WeightSpectrumDisplay.from_estimator(small, X, y, **options)
    LayerSizeDisplay.from_estimator(small, ax=axes[2], name="bytes by layer")
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    draw(PATH)
