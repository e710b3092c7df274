# SPDX-License-Identifier: BSD-3-Clause
"""
Convolutions on digits
======================

``layers`` takes the place of ``hidden_layer_sizes``: a convolution, pooling, and a dense layer behind
them. Kernels are weights like others: solved for over all patches, and compressed. A dense network of as
many bytes stands beside it: on images of 8 x 8 pixels it is ahead, and by most where rows are few. Try both.
"""

# %%
# Two networks of a size
# ----------------------

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.layers import AveragePool2D, Conv2D, Dense

X, y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=0, stratify=y)


def convolution():
    """Twelve kernels of 3 x 3, means of 2 x 2, and 16 units."""
    layers = [Conv2D(12, 3, padding=1), AveragePool2D(2), Dense(16)]
    return NNBCDClassifier(layers=layers, input_shape=(8, 8, 1), max_iter=20, random_state=0)


def dense():
    """One hidden layer of about as many weights."""
    return NNBCDClassifier((45,), max_iter=60, random_state=0)


counts = [100, 250, 500, 1000]
scores = {"convolution": [], "dense": []}
for count in counts:
    for name, make in (("convolution", convolution), ("dense", dense)):
        network = make().fit(X_train[:count], y_train[:count])
        scores[name].append(network.score(X_test, y_test))
        if name == "convolution":
            kernels = network.coefs_[0]
        if count == counts[-1]:
            print(f"{name}: {network.n_bytes_} bytes, {scores[name][-1]:.4f}")

# %%
# What rows are worth, and what the kernels look for
# --------------------------------------------------

figure = plt.figure(figsize=(9, 3.6), layout="constrained")
left, right = figure.subfigures(1, 2, width_ratios=[1.2, 1])
ax = left.subplots()
for name, found in scores.items():
    ax.plot(counts, found, marker="o", label=name)
ax.set(xscale="log", xlabel="training rows", ylabel="accuracy on test rows")
ax.set_xticks(counts, [str(count) for count in counts])
ax.minorticks_off()
ax.grid(alpha=0.3)
ax.legend(frameon=False)
right.suptitle("The twelve kernels", fontsize=11)
for axis, kernel in zip(right.subplots(3, 4).ravel(), kernels.T, strict=True):
    axis.imshow(kernel.reshape(3, 3), cmap="RdBu", vmin=-abs(kernels).max(), vmax=abs(kernels).max())
    axis.set_axis_off()

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_convolution.png", dpi=150)
plt.show()
