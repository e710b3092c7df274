# SPDX-License-Identifier: BSD-3-Clause
"""
Pruning a network that predicts solar flares
============================================

Will an active region of the sun have a strong flare within a day? Four regions in a hundred do, so
classes are weighted and the score is the balanced accuracy. A network with 300 and 100 hidden units
is pruned until a few weights are left; a balanced logistic regression stands beside it.

The first run downloads the table, unless the environment variable `SKLEARN_NNBCD_DATA` names a
folder with `flare.npz`.
"""

# %%
# The data
# --------
#
# The units of the 25 features span 28 orders of magnitude and their tails are heavy, so they go
# through an inverse hyperbolic sine (a logarithm that takes both signs) of multiples of their median
# and are standardised then. Training rows are of 2010-2013, test rows of 2015-2019.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.datasets import fetch_flare

X_train, y_train = fetch_flare(subset="train", return_X_y=True)
X_test, y_test = fetch_flare(subset="test", return_X_y=True)
unit = np.median(np.abs(X_train), axis=0)
X_train, X_test = X_train / unit, X_test / unit


def balanced_accuracy(classifier):
    """Balanced accuracy on the test years, and the fitted pipeline."""
    model = make_pipeline(FunctionTransformer(np.arcsinh), StandardScaler(), classifier)
    model.fit(X_train, y_train)
    return balanced_accuracy_score(y_test, model.predict(X_test)), model


# %%
# From dense to a few weights
# ---------------------------
#
# The last layer has 100 weights and stays dense, as in the paper: `compress_output=True` would prune
# it too, and with two of its weights left a network easily loses every path to its output. Columns come
# as they are (`column_bins=0`), as the paper's network of 37,600 weights has them.

common = {
    "hidden_layer_sizes": (300, 100),
    "class_weight": "balanced",
    "max_iter": 15,
    "column_bins": 0,
}
sparsities = [0.5, 0.9, 0.97, 0.99]
seeds = range(2)


def networks(**compression):
    """Balanced accuracies and the last network, one for each seed."""
    fits = [balanced_accuracy(NNBCDClassifier(random_state=seed, **common, **compression)) for seed in seeds]
    return np.array([score for score, _ in fits]), fits[-1][1][-1]


logistic, _ = balanced_accuracy(LogisticRegression(class_weight="balanced", max_iter=1000))
dense_scores, dense = networks()
rows = [networks(compression="l0", sparsity=sparsity) for sparsity in sparsities]

print(f"balanced logistic regression: {logistic:.4f}\n")
print("sparsity  effective sparsity  weights  balanced accuracy (mean, sd of 2 seeds)")
for scores, network in [(dense_scores, dense), *rows]:
    weights = sum(coef.n_parameters for coef in network.compressed_coefs_)
    print(
        f"{network.sparsity_:8.3f}  {network.effective_sparsity_:18.3f}  {weights:7d}"
        f"  {scores.mean():.4f} ± {scores.std():.4f}"
    )

# %%
# The figure
# ----------
#
# Right: the objective of one fit, and the balanced accuracy on the validation year 2014.

X_val, y_val = fetch_flare(subset="val", return_X_y=True)
transform = make_pipeline(FunctionTransformer(np.arcsinh), StandardScaler()).fit(X_train)


class Followed(NNBCDClassifier):
    """Scores by balanced accuracy, so that `validation_scores_` holds it."""

    def score(self, X, y, sample_weight=None):
        """Balanced accuracy."""
        return balanced_accuracy_score(y, self.predict(X), sample_weight=sample_weight)


followed = Followed(
    compression="l0",
    sparsity=0.97,
    random_state=0,
    early_stopping=True,
    n_iter_no_change=1000,
    **common,
)
followed.fit(transform.transform(X_train), y_train, X_val=transform.transform(X_val / unit), y_val=y_val)
passes = np.arange(1, len(followed.validation_scores_) + 1)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
kept = np.array([network.compression_ratio_ for _, network in rows])
means = np.array([scores.mean() for scores, _ in rows])
deviations = np.array([scores.std() for scores, _ in rows])
left.errorbar(kept, means, deviations, marker="o", capsize=3, label="pruned network")
left.axhline(dense_scores.mean(), color="0.4", linestyle="--", label="dense network")
left.axhline(logistic, color="C1", linestyle=":", label="logistic regression")
left.set(
    xscale="log",
    xlabel="compression ratio (share of weights kept)",
    ylabel="balanced accuracy, 2015-2019",
    title="Accuracy against size",
)
left.set_xticks(kept, [f"{share:g}" for share in np.round(kept, 3)])
left.minorticks_off()
left.grid(alpha=0.3)
left.legend(frameon=False)

right.semilogy(passes, followed.objective_curve_, color="C0")
right.set(xlabel="pass over the rows", title="One fit, sparsity 0.97")
right.xaxis.get_major_locator().set_params(integer=True)
right.set_ylabel("loss, weighted sum over rows", color="C0")
accuracy_axis = right.twinx()
accuracy_axis.plot(passes, followed.validation_scores_, color="C3")
accuracy_axis.set_ylabel("balanced accuracy, 2014", color="C3")

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_flare_pruning.png", dpi=150)
plt.show()
