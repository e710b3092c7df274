# SPDX-License-Identifier: BSD-3-Clause
"""
On a microcontroller: networks as C in a few kilobytes
======================================================

Networks for the handwritten digits that ship with scikit-learn, from dense to rank 3, written as C99 in
float32 and in int8. What counts on a microcontroller is bytes of flash, so that is what accuracy is
drawn against.
"""

# %%
# One pipeline, several sizes
# ---------------------------
#
# The scaler becomes part of the first weights in the file. A network of rank r stores two thin factors,
# and that is what the file holds. Pixels need no bend of columns, so none is in the way of integers.

import re
import shutil
import subprocess
import tempfile
from ctypes import CDLL, c_void_p
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.export import IntegerNetwork, export_c

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)

settings = {
    "dense": {},
    "rank 8": {"compression": "low_rank", "rank": 8},
    "rank 5": {"compression": "low_rank", "rank": 5},
    "rank 3": {"compression": "low_rank", "rank": 3},
}
models = {}
for name, options in settings.items():
    network = NNBCDClassifier((32,), loss="squared_error", bend_columns=False, random_state=0, **options)
    models[name] = make_pipeline(StandardScaler(), network).fit(X_train, y_train)

# %%
# Two files for each
# ------------------
#
# ``IntegerNetwork`` computes in Python what the int8 file computes on the chip, bit for bit: its score
# is the device's.


def bytes_of_tables(text):
    """Bytes of the tables in a C file: about what it takes of flash.

    ``columns`` are those of the function that makes integers of numbers, which nothing calls here.
    """
    sizes = {"float": 4, "int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4}
    tables = re.findall(r"^static const (\w+) (?!network_columns)\w+\[(\d+)\] =", text, re.M)
    return sum(sizes[kind] * int(count) for kind, count in tables)


points = {"float32": [], "int8": []}
for name, model in models.items():
    text = export_c(model)
    points["float32"].append((bytes_of_tables(text), model.score(X_test, y_test)))
    integers = IntegerNetwork.from_estimator(model, X_train)
    small = export_c(model, dtype="int8", input="int8", X_calibration=X_train)
    accuracy = np.mean(integers.predict(integers.quantise(X_test)) == y_test)
    points["int8"].append((bytes_of_tables(small), accuracy))
    for dtype, found in points.items():
        print(f"{name:8} {dtype:8} {found[-1][0]:6,d} bytes  {found[-1][1]:.4f}")

# %%
# The same labels from C
# ----------------------
#
# Any C compiler will do; here the file becomes a library that Python calls.

if shutil.which("gcc"):
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "network.c"), Path(folder, "network.so")
        source.write_text(small)
        subprocess.run(
            ["gcc", "-std=c99", "-O2", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True
        )
        predict = CDLL(str(library)).network_predict
        rows = integers.quantise(X_test)
        labels = [predict(row.ctypes.data_as(c_void_p)) for row in rows]
    print("labels equal:", bool(np.all(labels == integers.predict(rows))))

# %%
# Accuracy against flash
# ----------------------

figure, axis = plt.subplots(figsize=(6.4, 4), layout="constrained")
for dtype, marker in (("float32", "o"), ("int8", "s")):
    size, accuracy = zip(*points[dtype], strict=True)
    axis.plot(size, accuracy, marker, linestyle="-", label=dtype)
    for name, at, value in zip(models, size, accuracy, strict=True):
        axis.annotate(name, (at, value), textcoords="offset points", xytext=(6, -10))
axis.set(xscale="log", xlabel="bytes of tables in the C file", ylabel="accuracy on test rows")
axis.set_xticks([1000, 2000, 5000, 10_000], ["1 kB", "2 kB", "5 kB", "10 kB"])
axis.minorticks_off()
axis.margins(x=0.15, y=0.1)
axis.grid(alpha=0.3)
axis.legend(frameon=False)
plt.show()
