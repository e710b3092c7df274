# SPDX-License-Identifier: BSD-3-Clause
"""
A full-batch sweep and a pass of a CNN on a GPU
===============================================

Seconds per sweep of Algorithm 1 on HAR (MLP-4, tensor trains of rank 80, the paper's settings), and per
pass of the mini-batch solver over MNIST (the paper's CNN, tensor trains of rank 81), beside the device's
own rate of float32 matrix products, measured in the same run::

    python examples/gpu/measure.py                      # on the GPU, 500 sweeps, all of MNIST
    python examples/gpu/measure.py --accelerated        # sweeps relaxed and extrapolated, as by default
    python examples/gpu/measure.py --tf32               # products over rows by the tensor cores
    python examples/gpu/measure.py --parts har --save   # sweeps alone, kept in results/gpu.json
    python examples/gpu/measure.py --device cpu --sweeps 2 --images 512
    python examples/gpu/measure.py --device cpu --rows 200 --widths 32 16 --rank 4 --images 64 --units 9

The GPU needs ``pip install "sklearn-nnbcd[cuda12]"`` (or ``[cuda13]``). With ``--rows`` and ``--images`` the
data are made up, otherwise ``fetch_har`` and ``fetch_mnist`` are asked. A first fit warms up, untimed.
Nothing else should use the GPU meanwhile: fits that share one wait for each other.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests" / "benchmarks"))
from records import RESULTS, commit, device_name, read, write

#: the paper's penalties and first weights
PAPER = dict(
    loss="squared_error",
    rho=0.5,
    gamma=0.5,
    tau=5.0,
    proximal=1.0,
    ridge=0.0,
    fit_intercept=False,
    initializer="gaussian",
)


def parse():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--parts", nargs="+", choices=("har", "cnn"), default=("har", "cnn"))
    parser.add_argument("--save", action="store_true", help="keep the figures of HAR in the results")
    parser.add_argument("--sweeps", type=int, default=500)
    parser.add_argument("--rank", type=int, default=80)
    parser.add_argument("--widths", type=int, nargs="+", default=(1024, 1024, 1024, 512))
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--accelerated", action="store_true")
    parser.add_argument("--tf32", action="store_true")
    parser.add_argument("--images", type=int, default=None)
    parser.add_argument("--units", type=int, default=1024, help="of the CNN's two dense layers")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    return parser.parse_args()


def load(n_rows, dtype):
    """HAR's training and test part, or made-up rows."""
    if n_rows is None:
        from sklearn_nnbcd.datasets import fetch_har

        train, test = fetch_har(subset="train"), fetch_har(subset="test")
        return train.data.astype(dtype), train.target, test.data.astype(dtype), test.target
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 64)).astype(dtype)
    y = np.argmax(X[:, :6], axis=1)
    return X, y, X, y


def library(device):
    """NumPy or CuPy, and a function that waits for the device."""
    if device == "cpu":
        return np, lambda: None
    import cupy

    return cupy, cupy.cuda.runtime.deviceSynchronize


def product_rate(xp, wait, dtype, size):
    """Flops per second of a square matrix product of random numbers, the best of five."""
    A = xp.asarray(np.random.default_rng(0).normal(size=(size, size)).astype(dtype))
    A @ A
    seconds = []
    for _ in range(5):
        wait()
        start = time.perf_counter()
        A @ A
        wait()
        seconds.append(time.perf_counter() - start)
    return 2.0 * size**3 / min(seconds)


def sweep_flops(n, widths):
    """Unavoidable flops of a dense sweep: P 2, cross product 2, V step 4 and Gram d^2 by symmetry."""
    pairs = list(zip(widths, widths[1:]))
    first = 4 * pairs[0][0] * pairs[0][1]
    return n * (first + sum(8 * a * b + a * a for a, b in pairs[1:]))


def seconds_each(make, few, many, X, y, wait):
    """Seconds of one iteration, the last fit and its seconds; what a fit does once cancels."""
    make(few).fit(X, y)  # kernels are compiled and memory is taken
    seconds = {}
    for count in (few, many):
        start = time.perf_counter()
        model = make(count).fit(X, y)
        wait()
        seconds[count] = time.perf_counter() - start
    return (seconds[many] - seconds[few]) / (many - few), model, seconds[many]


def measure_har(options, rate, wait):
    """Full-batch sweeps of the tensor-train MLP."""
    from sklearn_nnbcd import NNBCDClassifier
    from sklearn_nnbcd.solvers import FullBatch

    X, y, X_test, y_test = load(options.rows, options.dtype)
    fast = options.accelerated
    sweeps_as = FullBatch(
        relaxation=1.3 if fast else 1.0,
        extrapolation=fast,
        alpha_w=1.0,
        scale_columns=False,
        tf32=options.tf32,
    )

    def make(sweeps):
        return NNBCDClassifier(
            tuple(options.widths),
            compression="tt",
            rank=options.rank,
            solver=sweeps_as,
            max_iter=sweeps,
            tol=0.0,
            device=options.device,
            random_state=0,
            **PAPER,
        )

    each, model, total = seconds_each(make, 1, options.sweeps, X, y, wait)
    widths = (X.shape[1], *options.widths, len(model.classes_))
    flops = sweep_flops(len(X), widths)
    train, test = model.score(X, y), model.score(X_test, y_test)
    print(f"{len(X)} rows, widths {widths}, rank {options.rank}")
    print(f"a sweep: {each:.4f} s; a fit of {options.sweeps}: {total:.2f} s")
    print(f"arithmetic: {flops / 1e9:.4g} GFLOP a sweep; efficiency {flops / rate / each:.2f}")
    print(f"training accuracy {train:.4f}, test {test:.4f}", flush=True)
    row = {"rows": len(X), "rank": options.rank, "sweeps": options.sweeps, "sweep": each, "fit": total}
    return row | {"gflop": flops / 1e9, "efficiency": flops / rate / each, "train": train, "test": test}


def load_images(n_images, dtype):
    """MNIST's training and test part, or made-up images of ten classes."""
    if n_images is None:
        from sklearn_nnbcd.datasets import fetch_mnist

        train, test = fetch_mnist(subset="train"), fetch_mnist(subset="test")
        return *((part.data / 255.0).astype(dtype) for part in (train, test)), train.target, test.target
    rng = np.random.default_rng(0)
    X, y = rng.uniform(size=(n_images, 784)).astype(dtype), np.arange(n_images) % 10
    return X, X, y, y


def measure_cnn(options, wait):
    """Mini-batch passes of the paper's CNN."""
    from sklearn_nnbcd import NNBCDClassifier
    from sklearn_nnbcd.compressions import TensorTrain
    from sklearn_nnbcd.layers import Conv2D, Dense
    from sklearn_nnbcd.solvers import MiniBatch

    X, X_test, y, y_test = load_images(options.images, options.dtype)

    train = TensorTrain(min(81, options.units))

    def make(passes):
        return NNBCDClassifier(
            layers=[Conv2D(32, 3, stride=2, padding=0), Dense(options.units), Dense(options.units)],
            input_shape=(28, 28, 1),
            compression=[None, train, train, None],
            solver=MiniBatch(tf32=options.tf32),
            max_iter=passes,
            device=options.device,
            random_state=0,
        )

    each, model, total = seconds_each(make, 1, 3, X, y, wait)
    print(f"CNN, {len(X)} images: a pass {each:.2f} s; a fit of 3 {total:.2f} s")
    print(f"training accuracy {model.score(X, y):.4f}, test {model.score(X_test, y_test):.4f}")


def save(options, rate, row):
    """Put a row into the results, in place of one of the same device and settings."""
    how = "accelerated" if options.accelerated else "the paper's"
    key = {"device": device_name(options.device), "sweeps_are": how}
    key |= {"tf32": options.tf32, "dtype": options.dtype}
    rows = read("gpu")["rows"] if (RESULTS / "gpu.json").exists() else []
    rows = [old for old in rows if any(old[k] != v for k, v in key.items())]
    write("gpu", {}, [*rows, key | {"commit": commit(), "tflops": rate / 1e12} | row])


def main():
    """Measure and print."""
    options = parse()
    warnings.simplefilter("ignore", ConvergenceWarning)  # one sweep has learned nothing yet
    xp, wait = library(options.device)
    rate = product_rate(xp, wait, options.dtype, 4096 if options.device == "cuda" else 1024)
    print(f"device {options.device}, {options.dtype}; matrix products here: {rate / 1e12:.3f} TFLOP/s")
    if "har" in options.parts:
        row = measure_har(options, rate, wait)
        if options.save:
            save(options, rate, row)
    if "cnn" in options.parts:
        measure_cnn(options, wait)


if __name__ == "__main__":
    main()
