# SPDX-License-Identifier: BSD-3-Clause
"""
The best network in 4 kB
========================

``max_bytes`` is a budget for all that a network stores. What is not given among widths, format and bits
is chosen: one network of each kind, the largest that fits, is fitted to a part of the training rows and
compared on the rest. Here are 4 kB for handwritten digits, and what else was tried.
"""

# %%
# One parameter
# -------------

from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.inspection import compression_report

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)

network = NNBCDClassifier(max_bytes="4 kB", random_state=0).fit(X_train, y_train)
print(f"{network.score(X_test, y_test):.4f} in {network.n_bytes_} bytes")
print(network.chosen_params_)

# %%
# Where the bytes are
# -------------------
#
# The weights, layer by layer. What is left of ``n_bytes_`` are intercepts and the scaling of the columns;
# :class:`~sklearn_nnbcd.inspection.LayerSizeDisplay` draws them too.

print(compression_report(network))

# %%
# What was compared
# -----------------
#
# ``compared_`` has the score of each kind on the held-out rows, the chosen one first: of those whose
# scores chance cannot tell apart, the one with the smallest log loss. The linear model
# is one of them: where it wins, it is what one gets. The logistic regression of scikit-learn stands
# beside them on the test rows.

linear = LogisticRegression(max_iter=1000).fit(X_train / 16, y_train)
numbers = linear.coef_.size + linear.intercept_.size
print(f"logistic regression: {linear.score(X_test / 16, y_test):.4f} in {4 * numbers} bytes")


def name_of(parameters):
    """A kind of network in a few words."""
    widths = parameters.get("hidden_layer_sizes", network.hidden_layer_sizes)
    words = [f"widths {tuple(widths)}" if len(widths) else "linear"]
    words += [str(parameters["compression"])] if parameters.get("compression") else []
    words += [f"{parameters['bits']} bits"] if parameters.get("bits") else []
    return ", ".join(words)


kinds = sorted(network.compared_, key=lambda kind: kind["score"])
names = [name_of(kind["params"]) for kind in kinds]
colors = ["tab:blue" if kind is network.compared_[0] else "0.7" for kind in kinds]
figure, axes = plt.subplots(1, 2, figsize=(8, 0.4 * len(kinds) + 1.4), sharey=True, layout="constrained")
errors, losses = [1 - kind["score"] for kind in kinds], [kind["loss"] for kind in kinds]
for ax, values, label in zip(axes, (errors, losses), ("share of errors", "log loss"), strict=True):
    ax.barh(names, values, color=colors)
    ax.set_xlabel(f"{label}, held-out training rows")
    ax.margins(x=0.3)
for place, kind in enumerate(kinds):
    axes[0].text(errors[place], place, f" {kind['n_bytes']:,} bytes", va="center", fontsize=8)
figure.suptitle("Kinds of networks in 4 kB; blue is chosen")

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_four_kilobytes.png", dpi=150)
plt.show()
