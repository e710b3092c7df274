# SPDX-License-Identifier: BSD-3-Clause
"""
Human activity recognition with tensor trains
=============================================

Six activities from 561 features of a smartphone's motion sensors. The weights of the network are
tensor trains, the format of the paper's own experiment on these data, in a smaller network and with
few passes. The test rows come from people whom the network has not seen.

The first run downloads about 60 MB, unless the environment variable `SKLEARN_NNBCD_DATA` names a
folder with `har.npz`.
"""

# %%
# The data, and a network for each rank
# -------------------------------------
#
# A float `rank` is the share of a layer's weights that its tensor train may keep. Single precision
# is enough here and halves time and size.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.datasets import fetch_har

X_train, y_train = fetch_har(subset="train", return_X_y=True)
X_test, y_test = fetch_har(subset="test", return_X_y=True)
mean, spread = X_train.mean(axis=0), X_train.std(axis=0)
X_train = ((X_train - mean) / spread).astype(np.float32)
X_test = ((X_test - mean) / spread).astype(np.float32)


def fit(**compression):
    """A fitted network that recorded its accuracy on the test rows after every pass."""
    network = NNBCDClassifier(
        hidden_layer_sizes=(256, 128),
        solver="minibatch",
        max_iter=6,
        early_stopping=True,
        n_iter_no_change=100,
        random_state=0,
        **compression,
    )
    return network.fit(X_train, y_train, X_val=X_test, y_val=y_test)


networks = {"dense": fit()}
for share in (0.02, 0.05, 0.1, 0.25):
    networks[f"tt {share:g}"] = fit(compression="tt", rank=share)

# %%
# Accuracy against compression ratio
# ----------------------------------
#
# The accuracy is that of the last pass. (Keeping the best pass by these rows would be choosing on
# the test set.)

print(f"{'':10s} compression ratio  parameters  test accuracy")
for name, network in networks.items():
    print(
        f"{name:10s} {network.compression_ratio_:17.3f} {network.n_parameters_:11,d}"
        f"  {network.validation_scores_[-1]:13.4f}"
    )

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
ratios = [network.compression_ratio_ for network in networks.values()]
accuracies = [network.validation_scores_[-1] for network in networks.values()]
left.plot(ratios[1:], accuracies[1:], marker="o", label="tensor train")
left.axhline(accuracies[0], color="0.4", linestyle="--", label="dense")
left.set(xscale="log", xlabel="compression ratio", ylabel="test accuracy", title="Accuracy against size")
left.set_xticks(ratios[1:], [f"{ratio:.2f}" for ratio in ratios[1:]])
left.minorticks_off()
left.grid(alpha=0.3)
left.legend(frameon=False, loc="lower right")

loss_axis = right.twinx()
for name in ("dense", "tt 0.1"):
    network = networks[name]
    passes = np.arange(1, len(network.validation_scores_) + 1)
    (line,) = right.plot(passes, network.validation_scores_, marker=".", label=name)
    loss = np.array(network.objective_curve_) / len(y_train)
    loss_axis.semilogy(passes, loss, color=line.get_color(), linestyle=":")
right.set(xlabel="pass over the rows", ylabel="test accuracy (lines)", title="Course of two fits")
loss_axis.set_ylabel("training loss per row (dots)")
right.grid(alpha=0.3)
right.legend(frameon=False, loc="center right")

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_har_tensor_train.png", dpi=150)
plt.show()
