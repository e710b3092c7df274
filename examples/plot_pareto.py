# SPDX-License-Identifier: BSD-3-Clause
"""
Accuracy against bytes: the Pareto front of a grid search
=========================================================

Which network is the best one of its size? A grid search over the format, its rank, and the weight
tau that ties the weights to their compressed copies, with two scores: accuracy and bytes. Of all
points only those count that no other point beats in both.
"""

# %%
# Two scores for every point of the grid
# --------------------------------------
#
# Format, rank and tau are constructor parameters, so a grid search crosses them like any others.
# The bytes are those of the arrays that the fitted network stores.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier

X, y = load_digits(return_X_y=True)


def stored_bytes(model, X, y):
    """Bytes of weights and intercepts."""
    network = model[-1]
    return sum(coef.nbytes for coef in network.compressed_coefs_) + sum(b.nbytes for b in network.intercepts_)


network = NNBCDClassifier(hidden_layer_sizes=(128, 128), compress_output=True, random_state=0)
pipeline = make_pipeline(StandardScaler(), network)
grid = [
    {
        "nnbcdclassifier__compression": ["low_rank", "tt"],
        "nnbcdclassifier__rank": [3, 6, 12, 24],
        "nnbcdclassifier__tau": [1.0, 10.0],
    },
    {"nnbcdclassifier__compression": [None]},
]
scoring = {"accuracy": "accuracy", "bytes": stored_bytes}
search = GridSearchCV(pipeline, grid, cv=2, scoring=scoring, refit=False)
search.fit(X.astype(np.float32), y)

# %%
# The front
# ---------
#
# From the smallest network up, a point belongs to the front if it is more accurate than all smaller
# ones.

results = search.cv_results_
points = []
for k, parameters in enumerate(results["params"]):
    short = {name.split("__")[1]: value for name, value in parameters.items()}
    points.append((results["mean_test_bytes"][k], results["mean_test_accuracy"][k], short))
points.sort(key=lambda point: (point[0], -point[1]))
front, best = [], 0.0
for size, accuracy, short in points:
    if accuracy > best:
        front.append((size, accuracy, short))
        best = accuracy

print("  bytes  accuracy")
for size, accuracy, short in front:
    print(f"{size:7.0f}  {accuracy:8.4f}  {short}")

# %%
# The figure
# ----------

figure, axes = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
for name, marker, color in (("low_rank", "o", "C0"), ("tt", "s", "C1"), (None, "D", "0.4")):
    for tau, filled in ((1.0, False), (10.0, True)):
        chosen = [p for p in points if p[2]["compression"] == name and p[2].get("tau", 10.0) == tau]
        if chosen:
            label = "dense" if name is None else f"{name}, tau = {tau:g}"
            face = color if filled else "none"
            sizes, accuracies, _ = zip(*chosen, strict=True)
            axes.plot(sizes, accuracies, marker, color=color, markerfacecolor=face, markersize=7, label=label)
axes.step(
    [size for size, _, _ in front],
    [accuracy for _, accuracy, _ in front],
    where="post",
    color="C3",
    linewidth=1.0,
    zorder=0,
    label="Pareto front",
)
axes.set(
    xscale="log",
    xlabel="bytes of weights and intercepts",
    ylabel="accuracy (2-fold cross-validation)",
    title="Digits, 128-128: accuracy against bytes",
)
axes.grid(alpha=0.3)
axes.legend(frameon=False)

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_pareto.png", dpi=150)
plt.show()
