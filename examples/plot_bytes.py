# SPDX-License-Identifier: BSD-3-Clause
"""
Accuracy against bytes
======================

What does accuracy cost in bytes? ``max_bytes`` is a budget for all that a network stores, and
:func:`~sklearn_nnbcd.model_selection.compression_path` finds the networks of many budgets in one go.
Beside them stand what one would take otherwise: a logistic regression, and small MLPs of
scikit-learn, as they are and with their numbers rounded in the same way as ours.
"""

# %%
# One path
# --------
#
# Widths, format and bits of each network are chosen on the training rows. The test rows are for the
# scores alone.

import time
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.model_selection import CompressionPathDisplay, compression_path
from sklearn_nnbcd.network import quantize

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)

budgets = [500, 1000, 2000, 4000]
start = time.process_time()
path = compression_path(
    NNBCDClassifier(random_state=0), X_train, y_train, budgets, X_test=X_test, y_test=y_test
)
print(path)
print(f"{path.n_fits} fits in {time.process_time() - start:.0f} s")

# %%
# The rivals
# ----------
#
# An MLP of scikit-learn becomes a network of ours by ``from_mlp``, with the same predictions. So its
# numbers are counted as ours are, and rounded by the same :func:`~sklearn_nnbcd.network.quantize`, with
# feedback of the errors in the metric of the training rows.

rivals = []
warnings.simplefilter("ignore", ConvergenceWarning)
for width in (4, 8, 16, 32):
    mlp = MLPClassifier((width,), max_iter=200, random_state=0).fit(X_train, y_train)
    network = NNBCDClassifier.from_mlp(mlp)
    rivals.append(("MLPClassifier, float32", network.n_bytes_, network.score(X_test, y_test)))
    for bits in (8, 4):
        rounded = quantize(network, X_train, bits=bits)
        rivals.append((f"MLPClassifier, {bits} bits", rounded.n_bytes_, rounded.score(X_test, y_test)))

# %%
# The logistic regression has one matrix. Rounded, it takes ``bits`` for each weight, and a scale and an
# intercept of four bytes for each class.

linear = LogisticRegression(max_iter=1000).fit(X_train, y_train)
coef = linear.coef_
size = 4 * (coef.size + len(coef))
rivals.append(("logistic regression", size, linear.score(X_test, y_test)))
for bits in (8, 4):
    step = np.abs(coef).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
    linear.coef_ = step * np.round(coef / step)
    size = coef.size * bits // 8 + 8 * len(coef)
    rivals.append(("logistic regression", size, linear.score(X_test, y_test)))

for name, size, score in sorted(rivals, key=lambda rival: rival[1]):
    print(f"{size:7d} bytes  {score:.4f}  {name}")

# %%
# Score against bytes
# -------------------

figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
CompressionPathDisplay.from_path(path, rivals=rivals, ax=ax, name="max_bytes", linewidth=2)
ax.set(title="Digits: accuracy against bytes", ylabel="accuracy on test rows")

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_bytes.png", dpi=150)
plt.show()
