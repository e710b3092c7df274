# SPDX-License-Identifier: BSD-3-Clause
"""
ONNX: the same answers without Python
=====================================

A pipeline of a scaler and a compressed network becomes an ONNX model, which keeps the compression: the
file is as small as the network. onnxruntime gives the same answers, row by row in a fraction of the
time.
"""

# %%
# Three networks, three files
# ---------------------------

from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.export import export_onnx

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X.astype(np.float32), y, test_size=0.3, random_state=0)


def best(call, *arguments, repeats=30):
    """The shortest of several times, in microseconds: a busy machine only ever adds."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        call(*arguments)
        times.append(perf_counter() - start)
    return 1e6 * min(times)


settings = {
    "dense": {},
    "low rank 8": {"compression": "low_rank", "rank": 8},
    "95 % zeros": {"compression": "l0", "sparsity": 0.95},
}
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
found = {}
for name, chosen in settings.items():
    model = make_pipeline(StandardScaler(), NNBCDClassifier(random_state=0, **chosen)).fit(X_train, y_train)
    content = export_onnx(model)
    session = onnxruntime.InferenceSession(content, options)
    label, probabilities = session.run(None, {"X": X_test})
    assert (label == model.predict(X_test)).all()
    apart = np.abs(probabilities - model.predict_proba(X_test)).max()
    row = X_test[:1]
    inside, outside = best(model.predict_proba, row), best(session.run, None, {"X": row})
    found[name] = len(content), inside, outside
    print(f"{name:12s} {len(content):6d} bytes, probabilities apart by {apart:.1e} at most")

# %%
# Sizes and times
# ---------------

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
left.bar(list(found), [size / 1000 for size, _, _ in found.values()], color="tab:blue")
left.set(ylabel="kB", title="Size of the ONNX file")
place = np.arange(len(found))
right.bar(place - 0.2, [inside for _, inside, _ in found.values()], 0.4, label="scikit-learn", color="0.7")
right.bar(place + 0.2, [outside for _, _, outside in found.values()], 0.4, label="onnxruntime")
right.set(ylabel="µs", title="Probabilities of one row", ylim=(0, None))
right.set_xticks(place, list(found))
right.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))

Path("figures").mkdir(exist_ok=True)
figure.savefig("figures/plot_onnx.png", dpi=150)
plt.show()
