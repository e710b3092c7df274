# SPDX-License-Identifier: BSD-3-Clause
"""
From a trained MLP
==================

There is an :class:`~sklearn.neural_network.MLPClassifier` already, and it is too large. ``from_mlp``
takes its layers and weights; ``fit`` then starts from them and compresses. How small can it get, and is
the start worth something beside a fit from nothing?
"""

# %%
# The MLP, and the same network as one of ours
# --------------------------------------------

from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from sklearn_nnbcd import NNBCDClassifier

X, y = load_digits(return_X_y=True)
X = X / 16
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)
mlp = MLPClassifier((64, 64), max_iter=100, tol=1e-3, random_state=0).fit(X_train, y_train)
network = NNBCDClassifier.from_mlp(mlp)
assert (network.predict(X_test) == mlp.predict(X_test)).all()
print(f"MLP: {mlp.score(X_test, y_test):.4f}, {network.n_bytes_} bytes")

# %%
# Smaller and smaller
# -------------------
#
# Each fit makes ten passes over the rows. ``compression_ratio`` is the share of all weights that may be
# kept. The start is worth little on a table this small, and nothing where almost all weights go.

ratios = [0.5, 0.3, 0.2, 0.1]
common = {"compression": "low_rank", "compress_output": True, "max_iter": 10, "random_state": 0}
scores = {"from the MLP": [], "from nothing": []}
for ratio in ratios:
    started = NNBCDClassifier.from_mlp(mlp, compression_ratio=ratio, solver="minibatch", **common)
    fresh = NNBCDClassifier((64, 64), compression_ratio=ratio, solver="minibatch", **common)
    for name, model in (("from the MLP", started), ("from nothing", fresh)):
        scores[name].append(model.fit(X_train, y_train).score(X_test, y_test))
    print(f"share {ratio:.1f}: " + ", ".join(f"{name} {found[-1]:.4f}" for name, found in scores.items()))

# %%
# The figure
# ----------

figure, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
for name, found in scores.items():
    ax.plot(ratios, found, marker="o", label=name)
ax.axhline(mlp.score(X_test, y_test), color="0.4", linestyle="--", label="the MLP itself")
ax.set(xscale="log", xlabel="share of the weights that is kept", ylabel="accuracy on test rows")
ax.set_xticks(ratios, [f"{ratio:g}" for ratio in ratios])
ax.minorticks_off()
ax.set_title("Ten passes of compression")
ax.grid(alpha=0.3)
ax.legend(frameon=False)

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_from_mlp.png", dpi=150)
plt.show()
