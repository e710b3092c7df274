# SPDX-License-Identifier: BSD-3-Clause
"""
Quickstart: a compressed classifier, tuned by GridSearchCV
==========================================================

The handwritten digits that ship with scikit-learn, a network of two hidden layers, and a grid
search that chooses how to compress it: by rank or by sparsity, and how much. What comes out is
smaller on disk and about as accurate as the dense network.
"""

# %%
# A pipeline and its grid
# -----------------------
#
# The estimator goes wherever :class:`~sklearn.neural_network.MLPClassifier` goes. Rank and sparsity
# are constructor parameters, so a grid search tunes them like any other. Matrices of this size gain
# nothing by threads of the linear algebra library; the search uses the cores.

from io import BytesIO
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_nnbcd import NNBCDClassifier

threadpool_limits(1)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)

network = NNBCDClassifier(hidden_layer_sizes=(64, 64), max_iter=40, random_state=0)
pipeline = make_pipeline(StandardScaler(), network)
grid = [
    {
        "nnbcdclassifier__compression": ["low_rank"],
        "nnbcdclassifier__rank": [4, 8, 16],
    },
    {
        "nnbcdclassifier__compression": ["l0"],
        "nnbcdclassifier__sparsity": [0.8, 0.9],
    },
]


def compression_ratio(model, X, y):
    """Weights kept / weights of the dense network."""
    return model[-1].compression_ratio_


scoring = {"accuracy": "accuracy", "ratio": compression_ratio}
search = GridSearchCV(pipeline, grid, cv=3, scoring=scoring, refit="accuracy", n_jobs=2, verbose=2)
search.fit(X_train, y_train)

# %%
# What it costs
# -------------
#
# The dense network beside the compressed one: accuracy on test rows, the compression ratio (weights
# kept / weights of the dense network), and the bytes of the whole pipeline in a joblib file.


def size_on_disk(model):
    """Bytes of the joblib file of a fitted model."""
    file = BytesIO()
    joblib.dump(model, file)
    return file.tell()


dense = pipeline.fit(X_train, y_train)
models = {"dense": dense, "compressed": search.best_estimator_}
chosen = {name.split("__")[1]: value for name, value in search.best_params_.items()}
print(f"chosen: {chosen}\n")
print(f"{'':12s} accuracy  compression ratio  bytes on disk")
for name, model in models.items():
    ratio = model[-1].compression_ratio_
    accuracy = model.score(X_test, y_test)
    print(f"{name:12s} {accuracy:8.4f}  {ratio:17.3f}  {size_on_disk(model):13,d}")

# %%
# Accuracy against size, and the course of a fit
# ----------------------------------------------
#
# Left: every point of the grid. Right: the loss that the fit reports pass by pass, and the accuracy
# on rows that it does not learn from.

results = search.cv_results_
kinds = [parameters["nnbcdclassifier__compression"] for parameters in results["params"]]
points = list(zip(results["mean_test_ratio"], results["mean_test_accuracy"], strict=True))

scaler = StandardScaler().fit(X_train)
followed = NNBCDClassifier(
    hidden_layer_sizes=(64, 64), max_iter=40, random_state=0, early_stopping=True, n_iter_no_change=1000
).set_params(**chosen)
followed.fit(scaler.transform(X_train), y_train, X_val=scaler.transform(X_test), y_val=y_test)
passes = np.arange(1, len(followed.validation_scores_) + 1)

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for kind, marker in (("low_rank", "o"), ("l0", "s")):
    curve = sorted(point for point, its_kind in zip(points, kinds, strict=True) if its_kind == kind)
    left.plot(*zip(*curve, strict=True), marker=marker, label=kind)
left.set(
    xscale="log",
    xlabel="compression ratio",
    ylabel="accuracy (3-fold cross-validation)",
    title="Accuracy against size",
)
left.set_xticks([0.1, 0.2, 0.5], ["0.1", "0.2", "0.5"])
left.minorticks_off()
left.grid(alpha=0.3)
left.legend(frameon=False)

right.semilogy(passes, followed.objective_curve_, color="C0")
right.set(xlabel="pass over the rows", title="Course of the chosen fit")
right.set_ylabel("loss, summed over rows", color="C0")
accuracy_axis = right.twinx()
accuracy_axis.plot(passes, followed.validation_scores_, color="C3")
accuracy_axis.set_ylabel("accuracy, test rows", color="C3")

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_quickstart.png", dpi=150)
plt.show()
