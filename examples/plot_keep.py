# SPDX-License-Identifier: BSD-3-Clause
"""
Keep it: files of a network, and what each may do
=================================================

A fitted network goes into a pickle, or into files that execute nothing when they are read. All of them
hold the compressed weights, so all of them are smaller than those of a dense network.
"""

# %%
# Two networks, four kinds of files
# ---------------------------------

import pickle
import tempfile
import zipfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import skops.io
from sklearn.datasets import load_digits

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.export import export_onnx, load_network, save_network, skops_trusted_types

X, y = load_digits(return_X_y=True)
X = X.astype(np.float32)
networks = {
    "dense": NNBCDClassifier((100, 100), random_state=0).fit(X, y),
    "low rank 8, 8 bits": NNBCDClassifier(
        (100, 100), compression="low_rank", rank=8, bits=8, random_state=0
    ).fit(X, y),
}
folder = Path(tempfile.mkdtemp())
sizes = {}
for name, network in networks.items():
    file = folder / "network.npz"
    save_network(network, file)
    packed = skops.io.dumps(network, compression=zipfile.ZIP_DEFLATED)
    sizes[name] = {
        "arrays (n_bytes_)": network.n_bytes_,
        "save_network": file.stat().st_size,
        "skops": len(packed),
        "ONNX": len(export_onnx(network)),
        "pickle (runs code)": len(pickle.dumps(network)),
    }
    print(name)
    for kind, size in sizes[name].items():
        print(f"    {kind:20} {size:7,d} bytes")

# %%
# What comes back
# ---------------
#
# The same predictions, bit for bit. Reading these two files makes objects of known classes only.

same = load_network(file)
assert (same.predict_proba(X) == network.predict_proba(X)).all()
also = skops.io.loads(packed, trusted=skops_trusted_types())
assert (also.predict_proba(X) == network.predict_proba(X)).all()

# %%
# Sizes
# -----

figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for shift, (name, found) in zip((0.2, -0.2), sizes.items(), strict=True):
    places = np.arange(len(found)) + shift
    bars = ax.barh(places, [size / 1000 for size in found.values()], 0.38, label=name)
    ax.bar_label(bars, fmt="%.0f", fontsize=8, padding=2)
ax.set_yticks(np.arange(len(found)), list(found))
ax.invert_yaxis()
ax.set(xlabel="kB", title="A network of two hidden layers of 100, kept")
figure.legend(loc="outside lower center", ncols=2, frameon=False)

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_keep.png", dpi=150)
plt.show()
