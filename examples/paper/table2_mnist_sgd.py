# SPDX-License-Identifier: BSD-3-Clause
"""Table 2 of the paper: the CNN on MNIST with tensor-train, Tucker and CP layers, trained by gradients.

    python examples/paper/table2_mnist_sgd.py              three formats, one seed, ten passes: an hour
    python examples/paper/table2_mnist_sgd.py --quick      a minute

The paper's rivals (its references name no code) at the paper's ratio of each, by SGD with momentum and by
Adam in PyTorch (extra `bench`), squared error, the rate falling to 0. Ours is a row of table1_mnist.py.
"""

import functools

import torch
from harness import Results, parser, show, summary
from mnist import DENSE, MODES, SHAPES, images
from sgd import RATES, Factored, coarse, rank_for, train

#: format -> the paper's ratio and test accuracy
PAPER = {"tt": (0.1883, 0.9770), "tucker": (0.1949, 0.9768), "cp": (0.2191, 0.9800)}
SIZE = DENSE + sum(a * b for a, b in SHAPES)


def cnn(kind: str | None, ratio: float) -> tuple[torch.nn.Module, float]:
    """The network and its compression ratio; kind None: dense."""
    if kind is None:
        hidden = [torch.nn.Linear(a, b) for a, b in SHAPES]
        found = 1.0
    else:
        modes = [coarse(kind, s, m) for s, m in zip(SHAPES, MODES, strict=True)]
        rank = rank_for(kind, modes, ratio * SIZE - DENSE)
        hidden = [Factored(kind, s, m, rank) for s, m in zip(SHAPES, modes, strict=True)]
        found = (DENSE + sum(p.numel() for layer in hidden for p in layer.parts)) / SIZE
    relu = torch.nn.ReLU()
    kernel = torch.nn.Conv2d(1, 32, 3, stride=2)
    parts = [torch.nn.Unflatten(1, (1, 28)), kernel, relu, torch.nn.Flatten()]
    return torch.nn.Sequential(*parts, hidden[0], relu, hidden[1], relu, torch.nn.Linear(1024, 10)), found


def fit(data: tuple, kind: str, optimizer: str, passes: int, seed: int, device: str) -> dict:
    """One network of one format."""
    torch.manual_seed(seed)
    net, ratio = cnn(kind, PAPER[kind][0])
    how = dict(optimizer=optimizer, rate=RATES[optimizer], passes=passes, batch=128, seed=seed, device=device)
    return {"ratio": ratio} | train(net, data, **how)


def tables(fits: list[dict]) -> dict[str, list[dict]]:
    """The table that follows from the fits."""
    table = list(summary(fits, ("format", "optimizer", "images"), ("ratio", "train", "test", "cpu")))
    for row in table:
        row["paper_ratio"], row["paper"] = PAPER[row["format"]]
    return {"table2": table}


def main() -> None:
    """Run what is missing, and make the table."""
    line = parser(__doc__, seeds=1)
    line.add_argument("--images", type=int, default=60000)
    line.add_argument("--passes", type=int, default=10)
    line.add_argument("--optimizers", nargs="+", default=["SGD", "Adam"], choices=list(RATES))
    options = line.parse_args()
    if options.quick:
        options.images, options.passes, options.optimizers = 512, 1, ["SGD"]
    results = Results("table2_mnist_sgd", options, {"passes": options.passes}, tables, libraries=("torch",))
    if not options.report:
        data = images(options.images)
        for seed in range(options.seeds):
            for optimizer in options.optimizers:
                for kind in PAPER:
                    key = {"format": kind, "optimizer": optimizer, "images": options.images, "seed": seed}
                    results.once(
                        key,
                        functools.partial(fit, data, kind, optimizer, options.passes, seed, options.device),
                    )
    show(results)


if __name__ == "__main__":
    main()
