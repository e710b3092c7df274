# SPDX-License-Identifier: BSD-3-Clause
"""
A stream: partial_fit while the world turns
===========================================

Rows come in batches, and what they mean drifts. ``partial_fit`` makes one pass over each batch, on top
of what was learned before, at a size that stays what it is: a network of rank 4. Each batch is predicted
before it is learned, beside a network that learned once and stopped.
"""

# %%
# A boundary that turns
# ---------------------

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklearn_nnbcd import NNBCDClassifier

random = np.random.RandomState(0)


def batch(time, n=200):
    """Rows around two rings whose labels depend on an angle that grows with time."""
    X = random.normal(size=(n, 8))
    angle = np.arctan2(X[:, 1], X[:, 0]) + 0.015 * time
    return X.astype(np.float32), (np.sin(2 * angle) > 0).astype(int)


network = NNBCDClassifier((32,), compression="low_rank", rank=4, solver="minibatch", random_state=0)
frozen = NNBCDClassifier((32,), compression="low_rank", rank=4, solver="minibatch", random_state=0)
first = [batch(0) for _ in range(10)]
frozen.fit(np.concatenate([X for X, _ in first]), np.concatenate([y for _, y in first]))
for _ in range(10):
    for X, y in first:
        network.partial_fit(X, y, classes=[0, 1])

# %%
# Predict, then learn
# -------------------

times = np.arange(80)
alive, still = [], []
for time in times:
    X, y = batch(time)
    alive.append(network.score(X, y))
    still.append(frozen.score(X, y))
    for _ in range(3):
        network.partial_fit(X, y)
print(f"last 20 batches: {np.mean(alive[-20:]):.3f} going on, {np.mean(still[-20:]):.3f} frozen")
print(f"{network.n_bytes_} bytes before and after")

# %%
# The figure
# ----------


def smooth(values, width=5):
    """Means of a few neighbours."""
    return np.convolve(values, np.ones(width) / width, mode="valid")


figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.plot(times[2:-2], smooth(alive), label="partial_fit goes on")
ax.plot(times[2:-2], smooth(still), color="0.5", label="learned once")
ax.axhline(0.5, color="0.8", linestyle=":")
ax.set(xlabel="batch", ylabel="accuracy before learning it", title="Drift, mean of five batches")
ax.grid(alpha=0.3)
ax.legend(frameon=False)

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_stream.png", dpi=150)
plt.show()
