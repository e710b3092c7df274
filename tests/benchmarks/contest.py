# SPDX-License-Identifier: BSD-3-Clause
"""What the speed benchmarks share: data, the mini-batch solver, Adam (PyTorch) and MLPClassifier.

Every contestant is a generator that trains one pass per ``next`` and yields a record; only training
is timed, so that contestants can take turns in one process and be scored in between.
"""

import json
import os
import time
from dataclasses import fields
from pathlib import Path

import array_api_compat
import numpy as np
from sklearn_nnbcd._network import network_weights, operators, run_network
from sklearn_nnbcd._solvers import has_all

from sklearn_nnbcd.activations import Identity, ReLU
from sklearn_nnbcd.compressions import LowRank
from sklearn_nnbcd.datasets import fetch_har, fetch_mnist
from sklearn_nnbcd.engine import BatchSettings, Penalties, Problem, fit_minibatch, initial_weights
from sklearn_nnbcd.initializers import INITIALIZERS
from sklearn_nnbcd.layers import Dense
from sklearn_nnbcd.losses import LOSSES
from sklearn_nnbcd.placements import ShuffledBatches

XP = array_api_compat.array_namespace(np.zeros(1))


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


class NoisyBatches(ShuffledBatches):
    """Batches with Gaussian noise on the rows, new in every pass."""

    def __iter__(self):
        rng = np.random.default_rng(self.random_state.randint(2**31))
        for X, Y, s in super().__iter__():
            yield X + np.float32(self.noise) * rng.standard_normal(X.shape, dtype=np.float32), Y, s


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


def bcd_problem(X, y, hidden, *, compression=None, loss="squared_error", ridge=0.0, tau=10.0):
    """(Problem, Y) of a ReLU network for labels 0 ... K-1; the output layer is not compressed."""
    K = int(y.max()) + 1
    piece = LOSSES[loss]()
    Y = np.where(np.arange(K) == y[:, None], 1.0, piece.off).astype(X.dtype)
    widths = (X.shape[1], *hidden, K)
    N = len(widths) - 1
    shapes = list(zip(widths, widths[1:]))
    plans = [None if compression is None else compression.plan(shape) for shape in shapes[:-1]]
    problem = Problem(
        layers=(None, *(Dense(units) for units in widths[1:])),
        activations=(None, *(ReLU() for _ in hidden), Identity()),
        plans=(None, *plans, None),
        loss=piece,
        penalties=Penalties(ridge=ridge, tau=tau),
        fit_intercept=True,
        xp=XP,
    )
    assert problem.N == N
    return problem, Y


def bcd_start(
    X,
    y,
    hidden,
    *,
    batch,
    seed=0,
    rank=None,
    compression=None,
    loss="squared_error",
    initializer="kaiming_normal",
    gain=1.0,
    ridge=0.0,
    tau=10.0,
    noise=0.0,
    parts=1,
):
    """(problem, first weights, batches) of the mini-batch solver."""
    if rank is not None:
        compression = LowRank(rank)
    problem, Y = bcd_problem(X, y, hidden, compression=compression, loss=loss, ridge=ridge, tau=tau)
    random_state = np.random.RandomState(seed)
    draw = INITIALIZERS[initializer]().draw
    W = [
        np.asarray(gain * draw(W_shape, random_state), X.dtype)
        for W_shape in zip((X.shape[1], *hidden), (*hidden, Y.shape[1]))
    ]
    b = [np.zeros(w.shape[1], X.dtype) for w in W]
    kind = NoisyBatches if noise else ShuffledBatches if parts == 1 else PartBatches
    batches = kind(X, Y, None, batch, random_state)
    batches.noise, batches.parts = noise, parts
    return problem, initial_weights(problem, (None, *W), (None, *b), compress=False), batches


def network_accuracy(problem, weights, X, y):
    """Accuracy of the network of the compressed weights."""
    coefs, intercepts = network_weights(problem, weights)
    run = operators(coefs, xp=XP)
    return accuracy(run_network(X, run, intercepts, problem.activations[1:], 2048, xp=XP), y)


def bcd(data, hidden, *, passes, parts=1, block_step="prox_linear", **options):
    """The mini-batch solver; a list of ``parts`` records per pass.

    Options are those of :class:`BatchSettings` and of ``bcd_start``, whose ``noise`` is the deviation
    of noise on X.
    """
    X, y, T, t = data
    names = {field.name for field in fields(BatchSettings)}
    settings = {name: options.pop(name) for name in names & set(options)}
    records, clock = [], Clock()

    def on_pass(k, weights, value):
        clock.stop()
        record = dict(k=k / parts, wall=clock.wall, cpu=clock.cpu, loss=value / len(X))
        if has_all(problem, weights):
            record["train"] = network_accuracy(problem, weights, X, y)
            record["test"] = network_accuracy(problem, weights, T, t)
        records.append(record)
        clock.start()

    clock.start()
    problem, weights, batches = bcd_start(X, y, hidden, parts=parts, **options)
    chosen = BatchSettings.of(block_step, **settings)
    fit_minibatch(problem, weights, batches, chosen, max_iter=passes * parts, on_pass=on_pass)
    return [record for record in records if "test" in record]  # a dense start has no compressed network


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
