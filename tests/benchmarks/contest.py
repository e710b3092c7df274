# SPDX-License-Identifier: BSD-3-Clause
"""What the speed benchmarks share: data, the mini-batch solver, Adam (PyTorch) and MLPClassifier.

Every contestant is a generator that trains one pass per ``next`` and yields a record; only training
is timed, so that contestants can take turns in one process and be scored in between.
"""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from stepwise import accuracy as network_accuracy
from stepwise import begin

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import LowRank
from sklearn_nnbcd.datasets import fetch_har, fetch_mnist
from sklearn_nnbcd.placements import ShuffledBatches
from sklearn_nnbcd.solvers import SOLVERS

# data -------------------------------------------------------------------------------------------


def load(name, *, fold=None, seed=0, rows=None):
    """X, y, T, t: training and held-out rows, float32, labels from 0.

    fold : int or None
        None: the test set. An int: validation rows out of the training set, a fifth of the subjects
        (har) or of the rows.
    seed : int
        Of the 70/30 split of data sets that have no test set.
    rows : int or None
        First so many training rows only.
    """
    if name in ("har", "mnist"):
        bunch = {"har": fetch_har, "mnist": fetch_mnist}[name](download_if_missing=False)
        train = bunch.split == "train"
        X, T = bunch.data[train], bunch.data[~train]
        y, t = bunch.target[train], bunch.target[~train]
        if name == "mnist":
            X, T = X / np.float32(255), T / np.float32(255)
        groups = bunch.groups[train] if name == "har" else np.arange(len(y))
    else:
        X, y, T, t = _small(name, seed)
        groups = np.random.default_rng(seed).permutation(len(y))
    X, T = (np.ascontiguousarray(A, dtype=np.float32) for A in (X, T))
    y, t = (np.unique(labels, return_inverse=True)[1] for labels in (y, t))
    if fold is not None:
        held = np.isin(groups, np.unique(groups)[fold::5])
        X, y, T, t = X[~held], y[~held], X[held], y[held]
    return (X, y, T, t) if rows is None else (X[:rows], y[:rows], T, t)


def _small(name, seed):
    from sklearn.datasets import load_digits, make_classification
    from sklearn.model_selection import train_test_split

    if name == "digits":
        X, y = load_digits(return_X_y=True)
        X = X / 16.0
    else:  # a hard generated set: 10 classes in 2 clusters each, many useless columns
        X, y = make_classification(
            4000,
            50,
            n_informative=12,
            n_redundant=10,
            n_classes=10,
            n_clusters_per_class=2,
            class_sep=1.5,
            random_state=seed,
        )
    X, T, y, t = train_test_split(X, y, test_size=0.3, random_state=seed)
    return X, y, T, t


def accuracy(V, t):
    """Share of rows whose largest output is the right one."""
    return float((np.argmax(V, axis=1) == t).mean())


# the clock --------------------------------------------------------------------------------------


class Clock:
    """Wall and processor seconds of the parts that run between start and stop."""

    def __init__(self):
        self.wall = self.cpu = 0.0

    def start(self):
        """Go on."""
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stop(self):
        """Pause."""
        self.wall += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu


class PartBatches(ShuffledBatches):
    """A pass in parts, each of which is a pass to the solver, so that it can be scored in between."""

    parts = 4

    def __len__(self):
        return -(-self.count // self.parts)

    def __iter__(self):
        for _ in range(len(self)):
            batch = next(getattr(self, "_left", iter(())), None)
            if batch is None:
                self._left = super().__iter__()
                batch = next(self._left)
            yield batch


# contestants ------------------------------------------------------------------------------------


def bcd(
    data,
    hidden,
    *,
    batch,
    passes,
    parts=1,
    seed=0,
    rank=None,
    compression=None,
    solver="minibatch",
    averaging=6.0,
    free="auto",
    **parameters,
):
    """A mini-batch solver; a list of ``parts`` records per pass.

    ``free`` is the solver's ``compress_after``, ``rank`` stands for low rank; ``parameters`` are others
    of the estimator.
    """
    X, y, T, t = data
    compression = LowRank(rank) if rank is not None else compression
    if compression is not None:
        compression = [*[compression] * len(hidden), None]
    records, clock = [], Clock()
    clock.start()
    steps = SOLVERS[solver](batch_size=batch, averaging=averaging, compress_after=free)
    model = NNBCDClassifier(hidden, compression=compression, solver=steps, random_state=seed, **parameters)
    fit = begin(model, X, y, passes)
    solver, state = fit.solver, fit.state
    if parts > 1:
        old = state.batches
        batches = PartBatches(old.X, old.Y, old.s, batch, old.random_state, old.transform)
        batches.parts = parts
        engine = replace(state.engine, n_steps=passes * parts * len(batches))
        state = replace(state, engine=engine, batches=batches, max_iter=passes * parts)
    for k in range(1, passes * parts + 1):
        state, before = solver.step(state)
        if k == passes * parts:
            state, _ = solver.finish(state)
        network = fit.network(state)
        clock.stop()
        if solver.may_keep(state):  # a dense start has no compressed network
            record = dict(k=k / parts, wall=clock.wall, cpu=clock.cpu, loss=before.total / len(X))
            record["train"] = network_accuracy(network, X, y)
            record["test"] = network_accuracy(network, T, t)
            records.append(record)
        clock.start()
    return records


# results ----------------------------------------------------------------------------------------


def output_folder():
    """Where results go: the folder named by NNBCD_BENCHMARK_OUT, or ``benchmark_results`` here."""
    folder = Path(os.environ.get("NNBCD_BENCHMARK_OUT", Path(__file__).parent / "results"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Log:
    """Records in a file of JSON lines, by key; a run that is there already is not repeated."""

    def __init__(self, path):
        self.path, self.records = Path(path), {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                entry = json.loads(line)
                self.records[entry["key"]] = entry["result"]

    def once(self, key, run):
        """The result of ``run()``, from the file if it is there."""
        if key not in self.records:
            self.records[key] = run()
            with self.path.open("a") as file:
                file.write(json.dumps(dict(key=key, result=self.records[key])) + "\n")
        return self.records[key]
