# SPDX-License-Identifier: BSD-3-Clause
"""Sparse X beside MLPClassifier and logistic regression, on generated tables that look like text.

    python tests/benchmarks/sparse_text.py [--tables small large] [--contestants NAME ...]

Words follow Zipf's law; each of 20 classes prefers some of them; rows are tf-idf of unit length, float32. A
tenth as many rows again are for the test. Every contestant fits in a process of its own, one BLAS thread: CPU
seconds of the fit, and the peak memory of the process, the table and the libraries (some 200 MB) included.
On the large table all make two passes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from records import RESULTS, read, write
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.neural_network import MLPClassifier

from sklearn_nnbcd import NNBCDClassifier

N_CLASSES = 20
#: rows, columns, words of a row, how much the classes differ
TABLES = {"small": (10_000, 5_000, 40, 0.5), "large": (100_000, 20_000, 20, 0.8)}
CONTESTANTS = {
    "small": {
        "NN-BCD": lambda seed: NNBCDClassifier(early_stopping=True, random_state=seed),
        "NN-BCD, dense X": lambda seed: NNBCDClassifier(early_stopping=True, random_state=seed),
        "NN-BCD, rank 20": lambda seed: NNBCDClassifier(
            compression="low_rank", rank=20, early_stopping=True, random_state=seed
        ),
        "NN-BCD, full, 20 sweeps": lambda seed: NNBCDClassifier(
            solver="full", max_iter=20, random_state=seed
        ),
        "NN-BCD, exact": lambda seed: NNBCDClassifier(solver="exact", early_stopping=True, random_state=seed),
        "MLP": lambda seed: MLPClassifier(early_stopping=True, random_state=seed),
        "logistic regression": lambda seed: LogisticRegression(C=10.0, max_iter=300),
    },
    "large": {
        "NN-BCD, 2 passes": lambda seed: NNBCDClassifier(max_iter=2, random_state=seed),
        "MLP, 2 passes": lambda seed: MLPClassifier(max_iter=2, random_state=seed),
        "NN-BCD, full, 2 sweeps": lambda seed: NNBCDClassifier(solver="full", max_iter=2, random_state=seed),
        "NN-BCD, exact, 2 passes": lambda seed: NNBCDClassifier(
            solver="exact", max_iter=2, random_state=seed
        ),
    },
}


def text_table(n_rows, n_columns, n_words, spread, seed):
    """Rows of about so many words, tf-idf, and the class of each."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, N_CLASSES, n_rows)
    words = np.exp(spread * rng.normal(size=(N_CLASSES, n_columns))) / (np.arange(n_columns) + 10.0)
    shares = np.cumsum(words / words.sum(axis=1, keepdims=True), axis=1)
    lengths = np.maximum(3, rng.poisson(n_words * rng.lognormal(0.0, 0.5, n_rows)))
    rows = np.repeat(np.arange(n_rows), lengths)
    draws, columns = rng.random(rows.shape[0]), np.empty(rows.shape[0], dtype=np.int64)
    for label in range(N_CLASSES):
        own = y[rows] == label
        columns[own] = np.minimum(np.searchsorted(shares[label], draws[own]), n_columns - 1)
    counts = sparse.csr_matrix((np.ones(rows.shape[0]), (rows, columns)), shape=(n_rows, n_columns))
    return TfidfTransformer().fit_transform(counts).astype(np.float32), y


def peak_megabytes():
    """Most memory that this process has taken so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fit_one(table, name, folder, seed):
    """Fit a contestant on the table in a folder, and print what was found."""
    parts = [sparse.load_npz(Path(folder) / f"{part}.npz") for part in ("train", "test")]
    labels = np.load(Path(folder) / "labels.npy")
    y, y_test = np.split(labels, [parts[0].shape[0]])
    X, X_test = (part.toarray() for part in parts) if "dense X" in name else parts
    model, start = CONTESTANTS[table][name](seed), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of budgets used up
        model.fit(X, y)
    seconds, peak = time.process_time() - start, peak_megabytes()
    P = model.predict_proba(X_test)
    found = {
        "accuracy": accuracy_score(y_test, model.classes_[np.argmax(P, axis=1)]),
        "log_loss": log_loss(y_test, P),
        "train_accuracy": model.score(X, y),
        "passes": int(np.max(model.n_iter_)),
        "seconds": seconds,
        "megabytes": peak,
    }
    print(json.dumps({k: float(v) for k, v in found.items()}))


def contest(table, seed, names):
    """What contestants find on a table: one dict each."""
    n_rows, *settings = TABLES[table]
    X, y = text_table(n_rows + n_rows // 10, *settings, seed)
    size = f"{n_rows:,} x {X.shape[1]:,}, {X.nnz / X.shape[0] / X.shape[1]:.2%} filled"
    with tempfile.TemporaryDirectory() as folder:
        for part, rows in (("train", X[:n_rows]), ("test", X[n_rows:])):
            sparse.save_npz(Path(folder) / f"{part}.npz", rows, compressed=False)
        np.save(Path(folder) / "labels.npy", y)
        for name in CONTESTANTS[table] if names is None else names:
            call = [sys.executable, __file__, "--fit", table, name, folder, str(seed)]
            threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            done = subprocess.run(call, check=True, capture_output=True, text=True, env=os.environ | threads)
            yield {"name": table, "table": size, "contestant": name} | json.loads(done.stdout)


def main():
    """Fit, and write what was found, beside what was found before for other tables and contestants."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--contestants", nargs="+", help="of one table; none: all")
    parser.add_argument("--fit", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fit is not None:
        fit_one(*given.fit[:3], int(given.fit[3]))
        return
    found = []
    if (RESULTS / "sparse.json").exists():
        found = read("sparse")["rows"]
    order = [(table, name) for table in TABLES for name in CONTESTANTS[table]]
    for table in given.tables:
        for row in contest(table, 0, given.contestants):
            print(row, flush=True)
            found = [r for r in found if (r["name"], r["contestant"]) != (table, row["contestant"])] + [row]
            found.sort(key=lambda r: order.index((r["name"], r["contestant"])))
            write("sparse", {"seed": 0, "classes": N_CLASSES, "threads": 1}, found)


if __name__ == "__main__":
    main()
