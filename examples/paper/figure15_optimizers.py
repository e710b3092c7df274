# SPDX-License-Identifier: BSD-3-Clause
"""Figure 15 of the paper: the dense CNN on MNIST by seven gradient methods, and by ours.

    python examples/paper/figure15_optimizers.py                    60,000 images, ten passes: hours
    python examples/paper/figure15_optimizers.py --images 6000      minutes
    python examples/paper/figure15_optimizers.py --quick

SGD, Adagrad, Adadelta, Adam, Adamax, Nadam and RMSprop of PyTorch (extra `bench`), squared error, batches of
128, the rate falling to 0; ours is the mini-batch solver on the same network, images and passes. Curves are
in the file.
"""

import functools

import torch
from harness import Results, accuracy, parser, show, summary, sweep_by_sweep
from mnist import images, network
from sgd import OPTIMIZERS, RATES, train
from table2_mnist_sgd import cnn

from sklearn_nnbcd.solvers import MiniBatch


def fit(data: tuple, optimizer: str, passes: int, seed: int, device: str) -> dict:
    """One network by one optimiser."""
    torch.manual_seed(seed)
    how = dict(optimizer=optimizer, rate=RATES[optimizer], passes=passes, batch=128, seed=seed, device=device)
    return train(cnn(None, 1.0)[0], data, **how)


def tables(fits: list[dict]) -> dict[str, list[dict]]:
    """The last accuracies, and how much the test accuracy moves over the second half of the passes."""
    for row in fits:
        last = [point[-1] for point in row["curve"][len(row["curve"]) // 2 :]]
        row["moves"] = max(last) - min(last)
    return {"figure15": list(summary(fits, ("method", "images"), ("train", "test", "moves", "cpu")))}


def main() -> None:
    """Run what is missing."""
    line = parser(__doc__, seeds=1)
    line.add_argument("--images", type=int, default=60000)
    line.add_argument("--passes", type=int, default=10)
    options = line.parse_args()
    if options.quick:
        options.images, options.passes = 256, 1
    settings = {"passes": options.passes}
    results = Results("figure15_optimizers", options, settings, tables, libraries=("torch",))
    data = None if options.report else images(options.images)
    for seed in [] if options.report else range(options.seeds):
        key = {"method": "NN-BCD, mini-batches", "images": options.images, "seed": seed}
        model = network(None, MiniBatch(), seed)
        sweep_by_sweep(results, key, model, data, sweeps=options.passes, every=1, score=accuracy)
        for name in OPTIMIZERS:
            key = {"method": name, "images": options.images, "seed": seed}
            results.once(key, functools.partial(fit, data, name, options.passes, seed, options.device))
    show(results)


if __name__ == "__main__":
    main()
