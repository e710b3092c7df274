# SPDX-License-Identifier: BSD-3-Clause
"""Table 4 of the paper: MLP-4 on HAR with tensor-train, Tucker and CP layers, trained by gradients.

    python examples/paper/table4_har_sgd.py              three formats, three seeds, 20 passes
    python examples/paper/table4_har_sgd.py --quick      a minute

The paper's rivals at the paper's ratios (CP, which it leaves out, at the ratio of ours), by SGD with momentum
and by Adam in PyTorch (extra `bench`), squared error, the rate falling to 0. Ours, and linear models on the
same features, which experts made, are in table3_har.py's table; more rivals in tests/benchmarks/peers_har.py.
"""

import functools

import torch
from har import MODES, rows
from harness import Results, parser, show, summary
from sgd import RATES, Factored, coarse, rank_for, train
from table3_har import MLP4

#: format -> the paper's ratio and test accuracy
PAPER = {"tt": (0.4704, 0.9444), "tucker": (0.4103, 0.9484), "cp": (0.4061, None)}


def mlp(kind: str, ratio: float) -> tuple[torch.nn.Module, float]:
    """The network and its compression ratio."""
    shapes, size = MLP4.shapes, sum(a * b for a, b in MLP4.shapes)
    modes, output = [coarse(kind, s, MODES[s]) for s in shapes[:-1]], shapes[-1][0] * shapes[-1][1]
    rank = rank_for(kind, modes, ratio * size - output)
    hidden = [Factored(kind, s, m, rank) for s, m in zip(shapes, modes, strict=False)]
    found = (output + sum(p.numel() for layer in hidden for p in layer.parts)) / size
    parts = [part for layer in hidden for part in (layer, torch.nn.ReLU())]
    return torch.nn.Sequential(*parts, torch.nn.Linear(*shapes[-1])), found


def fit(data: tuple, kind: str, optimizer: str, passes: int, seed: int, device: str) -> dict:
    """One network of one format."""
    torch.manual_seed(seed)
    net, ratio = mlp(kind, PAPER[kind][0])
    how = dict(optimizer=optimizer, rate=RATES[optimizer], passes=passes, batch=128, seed=seed, device=device)
    return {"ratio": ratio} | train(net, data, **how)


def tables(fits: list[dict]) -> dict[str, list[dict]]:
    """The table that follows from the fits."""
    table = list(summary(fits, ("format", "optimizer"), ("ratio", "train", "test", "cpu")))
    for row in table:
        ratio, paper = PAPER[row["format"]]
        row["paper_ratio"] = ratio
        row["paper"] = "" if paper is None else f"{paper:.4f}"
    return {"table4": table}


def main() -> None:
    """Run what is missing, and make the table."""
    line = parser(__doc__, seeds=3)
    line.add_argument("--passes", type=int, default=20)
    line.add_argument("--optimizers", nargs="+", default=["SGD", "Adam"], choices=list(RATES))
    line.add_argument("--formats", nargs="+", default=list(PAPER), choices=list(PAPER))
    options = line.parse_args()
    if options.quick:
        options.seeds, options.passes, options.optimizers = 1, 1, ["SGD"]
    results = Results("table4_har_sgd", options, {"passes": options.passes}, tables, libraries=("torch",))
    if not options.report:
        data = rows(1024 if options.quick else None)
        for seed in range(options.seeds):
            for optimizer in options.optimizers:
                for kind in options.formats:
                    key = {"format": kind, "optimizer": optimizer, "seed": seed}
                    results.once(
                        key,
                        functools.partial(fit, data, kind, optimizer, options.passes, seed, options.device),
                    )
    show(results)


if __name__ == "__main__":
    main()
