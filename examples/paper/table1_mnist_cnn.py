# SPDX-License-Identifier: BSD-3-Clause
"""Tables 1 and 2 of the paper: a compressed CNN on MNIST, all 60,000 training images.

    python examples/paper/table1_mnist_cnn.py                   the dense row, mini-batches, 10 passes
    python examples/paper/table1_mnist_cnn.py --row 0.1784      any row, named by its compression ratio
    python examples/paper/table1_mnist_cnn.py --row 0.1784 --format low_rank       low rank instead of trains
    python examples/paper/table1_mnist_cnn.py --solver full --passes 100     Algorithm 1, full batch
    python examples/paper/table1_mnist_cnn.py --checkpoint cnn.pkl     can be stopped (Ctrl-C) and resumed

Convolution with a 3 x 3 x 32 kernel and stride 2, two hidden layers of 1024 units, ReLU, squared error
on one-hot targets; 28 x 28 x 1 -> 13 x 13 x 32 -> 1024 -> 1024 -> 10. The kernel and the output layer
stay dense. The paper gives compression ratios, not TT-ranks or modes: W_2 is read as a tensor of
13 x 13 x 4 x 4 x 2 x 4^5, W_3 as one of 4^10, and the rank is the one that comes nearest to the row.
With --solver full the penalties are the paper's (gamma = rho = 5, tau = 0.1, alpha = 1) and so are the
first weights (Gaussian, 0.01). Every evaluated network is the compressed one. CR counts all weights,
without intercepts. Needs MNIST: see sklearn_nnbcd.datasets.fetch_mnist.
"""

import argparse
import pathlib
import pickle
import resource
import time

import array_api_compat
import numpy as np

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._network import block_rows, network_weights, operators, run_network
from sklearn_nnbcd._problem import resolve_initializer, resolve_problem
from sklearn_nnbcd.compressions import LowRank, TensorTrain
from sklearn_nnbcd.datasets import fetch_mnist
from sklearn_nnbcd.engine import (
    BatchSettings,
    MiniBatch,
    center_inputs,
    initial_block,
    initial_weights,
    sweep,
)
from sklearn_nnbcd.initializers import Gaussian
from sklearn_nnbcd.layers import Conv2D, Dense
from sklearn_nnbcd.placements import InMemory, ShuffledBatches

SHAPES = ((5408, 1024), (1024, 1024))
MODES = ((13, 13, 4, 4, 2, 4, 4, 4, 4, 4), (4,) * 10)
#: compression ratio of the row -> TT-rank that comes nearest, and the paper's test accuracy
ROWS = {
    0.0128: (42, "0.9738 +- 0.0045"),
    0.0370: (81, "0.9825 +- 0.0026"),
    0.0878: (139, "0.9828 +- 0.0029"),
    0.1784: (213, "0.9822 +- 0.0024"),
    0.2807: (292, "0.9818 +- 0.0024"),
    1.0000: (None, "0.9709 +- 0.0051"),
}


def arguments():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--row", type=float, default=1.0, choices=sorted(ROWS))
    parser.add_argument("--format", choices=("tt", "low_rank"), default="tt")
    parser.add_argument("--solver", choices=("minibatch", "full"), default="minibatch")
    parser.add_argument("--passes", type=int, default=10, help="passes, or sweeps of --solver full")
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--refresh", type=int, default=10, help="batches between factorisations")
    parser.add_argument("--compress-after", type=float, default=0.05, help="share of the passes")
    parser.add_argument("--step", type=float, default=0.1)
    parser.add_argument("--trust", type=float, default=1e-3)
    parser.add_argument("--images", type=int, default=60000, help="fewer, to try it out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=pathlib.Path, help="file to resume from and write to")
    return parser.parse_args()


def estimator(options):
    """The row as an estimator: its parameters are the experiment."""
    rank, compression = ROWS[options.row][0], None
    if rank is not None:
        pieces = [TensorTrain(rank=rank, tensor_shape=modes) for modes in MODES]
        if options.format == "low_rank":  # one rank for both, the largest with no more numbers than trains
            numbers = sum(p.plan(s).n_parameters for p, s in zip(pieces, SHAPES, strict=True))
            pieces = [LowRank(rank=numbers // sum(map(sum, SHAPES)))] * 2
        compression = [None, *pieces, None]
    paper = dict(rho=5.0, gamma=5.0, tau=0.1, alpha=1.0, alpha_w=1.0, ridge=0.0)
    paper |= dict(relaxation=1.0, extrapolation=False)
    return NNBCDClassifier(
        layers=[Conv2D(32, 3, stride=2, padding=0), Dense(1024), Dense(1024)],
        input_shape=(28, 28, 1),
        compression=compression,
        initializer=Gaussian(0.01) if options.solver == "full" else "kaiming_normal",
        random_state=options.seed,
        **(paper if options.solver == "full" else {}),
    )


def first_weights(problem, shapes, model, dtype, solver):
    """Drawn weights."""
    xp, random = problem.xp, np.random.RandomState(model.random_state)
    draw = resolve_initializer(model, solver).draw
    W = [xp.asarray(draw(shape, random), dtype=dtype) for shape in shapes]
    b = [xp.zeros(shape[1], dtype=dtype) for shape in shapes]
    return initial_weights(problem, (None, *W), (None, *b), compress=solver == "full")


class Full:
    """Algorithm 1: one sweep a call."""

    def __init__(self, problem, weights, X, Y, options):
        self.problem = problem
        rows = block_rows([layer.row_entries for layer in problem.layers[1:]])
        parts = [slice(k, k + rows) for k in range(0, len(X), rows)]
        blocks = [initial_block(problem, weights, X[p], Y[p]) for p in parts]
        self.placement = InMemory(blocks)
        self.weights = center_inputs(problem, weights, self.placement)

    def run(self, X, Y):
        """A sweep; the text says what L was before."""
        self.weights, before = sweep(self.problem, self.weights, self.placement)
        return f"L before {before.total:.5g} (loss {before.loss:.4g})"


class Batches:
    """The mini-batch solver: one pass a call."""

    def __init__(self, problem, weights, X, Y, options):
        self.options, self.random = options, np.random.RandomState(options.seed)
        steering = dict(step=options.step, trust=options.trust, free=options.compress_after)
        settings = BatchSettings(refresh=options.refresh, **steering)
        steps = len(ShuffledBatches(X, Y, None, options.batch, self.random)) * options.passes
        self.solver = MiniBatch(problem, weights, settings, steps, float(len(X)))
        self.compressed = any(plan is not None for plan in problem.plans)

    @property
    def weights(self):
        """What the passes have come to."""
        return self.solver.result

    def run(self, X, Y):
        """A pass; the text says its mean loss, every batch before its own change."""
        solver, loss = self.solver, 0.0
        for rows, targets, s in ShuffledBatches(X, Y, None, self.options.batch, self.random):
            loss += solver.advance(rows, targets, s, solver.done / solver.n_steps)
        if self.compressed:
            solver.end_pass(solver.done / solver.n_steps)
        return f"mean loss {loss / len(X):.5f}"


def accuracy(problem, weights, X, labels):
    """Accuracy of the compressed network."""
    coefs, intercepts = network_weights(problem, weights)
    out = run_network(
        X,
        operators(coefs, xp=problem.xp),
        intercepts,
        problem.activations[1:],
        1024,
        layers=problem.layers,
        xp=problem.xp,
    )
    return float((out.argmax(axis=1) == labels).mean())


def main():
    """Run or resume a row."""
    options = arguments()
    train, test = fetch_mnist(subset="train"), fetch_mnist(subset="test")
    X = np.float32(train.data[: options.images]) / np.float32(255)
    X_test = np.float32(test.data) / np.float32(255)
    labels = train.target[: options.images]
    Y = np.eye(10, dtype=np.float32)[labels]
    model = estimator(options)
    xp = array_api_compat.array_namespace(X)
    problem, shapes = resolve_problem(model, X.shape[1], 10, "classification", xp)
    dense = sum(a * b for a, b in shapes)
    plans = zip(problem.plans[1:], shapes, strict=True)
    kept = sum(a * b if plan is None else plan.n_parameters for plan, (a, b) in plans)
    print(f"CR {kept / dense:.4f} ({kept} of {dense} weights), {vars(options)}", flush=True)
    done, seconds = 0, 0.0
    if options.checkpoint and options.checkpoint.exists():
        done, seconds, run = pickle.loads(options.checkpoint.read_bytes())
        print(f"resumed after pass {done}", flush=True)
    else:
        weights = first_weights(problem, shapes, model, X.dtype, options.solver)
        run = (Full if options.solver == "full" else Batches)(problem, weights, X, Y, options)
    for k in range(done + 1, options.passes + 1):
        begin = time.perf_counter()
        text = run.run(X, Y)
        lap = time.perf_counter() - begin
        seconds += lap
        sample = slice(None) if k == options.passes else slice(0, 10000)
        on_train = accuracy(problem, run.weights, X[sample], labels[sample])
        on_test = accuracy(problem, run.weights, X_test, test.target)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"pass {k}  {text}  train {on_train:.4f}  test {on_test:.4f}  {lap:.1f} s, "
            f"total {seconds:.0f} s, peak memory {peak:.2f} GiB",
            flush=True,
        )
        if options.checkpoint:
            partial = options.checkpoint.with_suffix(".partial")
            partial.write_bytes(pickle.dumps((k, seconds, run)))
            partial.replace(options.checkpoint)
    print(f"paper, ten seeds: test {ROWS[options.row][1]}")


if __name__ == "__main__":
    main()
