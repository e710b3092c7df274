# SPDX-License-Identifier: BSD-3-Clause
"""
Dask: the same network from rows on many machines
=================================================

Algorithm 1 where the rows are: every partition stays on its worker, and what travels is of the size of a
weight. So the network is that of one machine to rounding, whatever the partitions. Here the cluster is a
few threads of this machine.
"""

# %%
# One table, cut in several ways
# ------------------------------

from pathlib import Path

import dask.array as da
import matplotlib.pyplot as plt
import numpy as np
from distributed import Client
from sklearn.datasets import make_classification

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.dask import DaskNNBCDClassifier

X, y = make_classification(2000, 20, n_informative=8, n_classes=3, random_state=0)
settings = {
    "compression": "low_rank",
    "rank": 4,
    "solver": "full",
    "max_iter": 25,
    "tol": 0,
    "random_state": 0,
}
local = NNBCDClassifier((20,), **settings).fit(X, y)

client = Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=None)
curves, apart = {}, {}
for parts in (1, 2, 4, 8):
    rows = 2000 // parts
    X_parts, y_parts = da.from_array(X, chunks=(rows, 20)), da.from_array(y, chunks=rows)
    model = DaskNNBCDClassifier((20,), client=client, **settings).fit(X_parts, y_parts)
    curves[parts] = np.array(model.objective_curve_)
    pairs = zip(model.to_local().coefs_, local.coefs_, strict=True)
    apart[parts] = max(np.abs(ours - theirs).max() for ours, theirs in pairs)
    print(f"{parts} partitions: weights apart by {apart[parts]:.1e}")

# %%
# Predictions stay where the rows are: a lazy Dask array, computed when it is asked for.

labels = model.predict(X_parts)
print(labels)
print(f"accuracy {(labels.compute() == y).mean():.4f}, on one machine {local.score(X, y):.4f}")
client.close()

# %%
# The figure
# ----------
#
# One curve over the other, and how far from it the others are.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
sweeps = np.arange(1, len(local.objective_curve_) + 1)
left.semilogy(sweeps, local.objective_curve_, color="0.8", linewidth=6, label="one machine")
for parts, curve in curves.items():
    left.semilogy(sweeps, curve, linewidth=1, label=f"{parts} partitions")
left.set(xlabel="sweep", ylabel="L", title="The objective")
left.legend(frameon=False)
right.bar([str(parts) for parts in apart], [max(found, 1e-17) for found in apart.values()])
right.set(yscale="log", ylim=(1e-17, 1), xlabel="partitions", title="Largest difference of a weight")
right.axhline(np.finfo(float).eps, color="0.4", linestyle="--", label="rounding of one number")
right.legend(frameon=False)

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_dask.png", dpi=150)
plt.show()
