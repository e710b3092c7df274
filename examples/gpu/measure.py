# SPDX-License-Identifier: BSD-3-Clause
"""
A full-batch sweep on a GPU
===========================

Seconds per sweep of Algorithm 1 on HAR (MLP-4, tensor trains of rank 80, the paper's settings) beside the
device's own rate of float32 matrix products, measured in the same run::

    python examples/gpu/measure.py                      # on the GPU, 500 sweeps
    python examples/gpu/measure.py --device cpu --sweeps 2
    python examples/gpu/measure.py --device cpu --rows 200 --widths 32 16 --rank 4 --sweeps 2

The GPU needs ``pip install "sklearn-nnbcd[cuda12]"`` (or ``[cuda13]``). With ``--rows`` the data are made up,
otherwise ``fetch_har`` is asked.
"""

import argparse
import time

import numpy as np

#: the paper's penalties and first weights
PAPER = dict(
    rho=0.5,
    gamma=0.5,
    tau=5.0,
    alpha=1.0,
    alpha_w=1.0,
    relaxation=1.0,
    extrapolation=False,
    ridge=0.0,
    fit_intercept=False,
    initializer="gaussian",
)


def parse():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--sweeps", type=int, default=500)
    parser.add_argument("--rank", type=int, default=80)
    parser.add_argument("--widths", type=int, nargs="+", default=(1024, 1024, 1024, 512))
    parser.add_argument("--rows", type=int, default=None)
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
    """Flops per second of a square matrix product, the best of five."""
    A = xp.ones((size, size), dtype=dtype)
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


def main():
    """Measure and print."""
    options = parse()
    from sklearn_nnbcd import NNBCDClassifier

    X, y, X_test, y_test = load(options.rows, options.dtype)
    xp, wait = library(options.device)
    size = 4096 if options.device == "cuda" else 1024
    rate = product_rate(xp, wait, options.dtype, size)
    seconds = {}
    for sweeps in (1, options.sweeps):
        model = NNBCDClassifier(
            tuple(options.widths),
            compression="tt",
            rank=options.rank,
            solver="full",
            max_iter=sweeps,
            tol=0.0,
            device=options.device,
            random_state=0,
            **PAPER,
        )
        start = time.perf_counter()
        model.fit(X, y)
        wait()
        seconds[sweeps] = time.perf_counter() - start
    widths = (X.shape[1], *options.widths, len(model.classes_))
    flops = sweep_flops(len(X), widths)
    # What a fit does once, the transfer to the device included, cancels.
    each = (seconds[options.sweeps] - seconds[1]) / (options.sweeps - 1)
    print(f"device {options.device}, {options.dtype}, {len(X)} rows, widths {widths}, rank {options.rank}")
    print(f"matrix products here: {rate / 1e12:.3f} TFLOP/s")
    print(f"a sweep: {each:.4f} s; a fit of {options.sweeps}: {seconds[options.sweeps]:.2f} s")
    print(f"arithmetic: {flops / 1e9:.4g} GFLOP a sweep; efficiency {flops / rate / each:.2f}")
    print(f"training accuracy {model.score(X, y):.4f}, test {model.score(X_test, y_test):.4f}")


if __name__ == "__main__":
    main()
