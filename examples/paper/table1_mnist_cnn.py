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
import sys
import time
from dataclasses import replace

import numpy as np

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd.compressions import LowRank, TensorTrain
from sklearn_nnbcd.datasets import fetch_mnist
from sklearn_nnbcd.initializers import Gaussian
from sklearn_nnbcd.layers import Conv2D, Dense
from sklearn_nnbcd.placements import ShuffledBatches
from sklearn_nnbcd.solvers import FullBatch, MiniBatch

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "benchmarks"))
from stepwise import accuracy, begin

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
    parser.add_argument("--compress-after", type=float, default=0.05, help="share of the passes")
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
    if options.solver == "full":
        how = dict(
            solver=FullBatch(relaxation=1.0, extrapolation=False, alpha_w=1.0, scale_columns=False),
            initializer=Gaussian(0.01),
            **dict(rho=5.0, gamma=5.0, tau=0.1, proximal=1.0, ridge=0.0),
        )
    else:
        how = {"solver": MiniBatch(batch_size=options.batch, compress_after=options.compress_after)}
    return NNBCDClassifier(
        layers=[Conv2D(32, 3, stride=2, padding=0), Dense(1024), Dense(1024)],
        input_shape=(28, 28, 1),
        loss="squared_error",
        compression=compression,
        random_state=options.seed,
        **how,
    )


def saved(state):
    """What a checkpoint holds of a state: not the rows of batches, which the data set has."""
    batches = getattr(state, "batches", None)
    return (state, None) if batches is None else (replace(state, batches=None), batches.random_state)


def resumed(state, random_state, batches):
    """The state of a checkpoint, on the rows of the batches of a new fit."""
    if random_state is None:
        return state
    again = ShuffledBatches(batches.X, batches.Y, batches.s, len(batches.X) / len(batches), random_state)
    return replace(state, batches=again)


def main():
    """Run or resume a row."""
    options = arguments()
    train, test = fetch_mnist(subset="train"), fetch_mnist(subset="test")
    X = np.float32(train.data[: options.images]) / np.float32(255)
    X_test = np.float32(test.data) / np.float32(255)
    labels = train.target[: options.images]
    fit = begin(estimator(options), X, labels, options.passes)
    solver, (kept, dense) = fit.solver, fit.counts
    print(f"CR {kept / dense:.4f} ({kept} of {dense} weights), {vars(options)}", flush=True)
    done, seconds, state = 0, 0.0, fit.state
    if options.checkpoint and options.checkpoint.exists():
        done, seconds, state, random_state = pickle.loads(options.checkpoint.read_bytes())
        state = resumed(state, random_state, getattr(fit.state, "batches", None))
        print(f"resumed after pass {done}", flush=True)
    for k in range(done + 1, options.passes + 1):
        start = time.perf_counter()
        state, before = solver.step(state)
        lap = time.perf_counter() - start
        seconds += lap
        sample = slice(None) if k == options.passes else slice(0, 10000)
        network = fit.network(state)
        on_train = accuracy(network, X[sample], labels[sample])
        on_test = accuracy(network, X_test, test.target)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"pass {k}  {before.total / len(X):.5g} a row before  train {on_train:.4f}  test {on_test:.4f}  "
            f"{lap:.1f} s, total {seconds:.0f} s, peak memory {peak:.2f} GiB",
            flush=True,
        )
        if options.checkpoint:
            partial = options.checkpoint.with_suffix(".partial")
            partial.write_bytes(pickle.dumps((k, seconds, *saved(state))))
            partial.replace(options.checkpoint)
    print(f"paper, ten seeds: test {ROWS[options.row][1]}")


if __name__ == "__main__":
    main()
