# SPDX-License-Identifier: BSD-3-Clause
"""Table 1 of the paper, and the fits behind its Figures 2 and 3: a CNN of tensor trains on MNIST.

    python examples/paper/table1_mnist.py               all rows by mini-batches, three seeds: an hour or two
    python examples/paper/table1_mnist.py --seeds 1 --retrain 0     one dense fit, compressed to every row
    python examples/paper/table1_mnist.py --solver full --rows 0.1784 --images 6000 --minutes 20
    python examples/paper/table1_mnist.py --rivals      plain networks with as many weights as small rows
    python examples/paper/table1_mnist.py --quick       a few minutes

`--solver minibatch`: ten passes of a dense network by batches of 1024 images, then each row: tensor trains
fitted to its mean weights in the metric of the data. `--retrain 1` adds, for rows up to 0.0370, passes with
the compression in place from a twentieth of a new fit on. `--solver full` is Algorithm 1 with the paper's
penalties (gamma = rho = 5, tau = 0.1, alpha = 1) and first weights (Gaussian, 0.01): a sweep of 60,000 images
is 5 TFLOP, so the script says how far it got and what a sweep takes. Every evaluated network is the
compressed one.
"""

import argparse
from dataclasses import replace

from harness import Results, accuracy, begin, parser, show, summary, sweep_by_sweep, timer
from mnist import DENSE, ROWS, SHAPES, compression, images, network, published
from rivals import small_networks

from sklearn_nnbcd._resolve import resolve_plans
from sklearn_nnbcd.engine import end_pass, fitted_weights
from sklearn_nnbcd.solvers import MiniBatch

PASSES, BATCH = 10, 1024


def dense_fit(results: Results, data: tuple, options: argparse.Namespace, seed: int) -> None:
    """The dense row, and the rows that its mean weights are compressed to."""
    X, y, T, t = data

    def key(ratio: float) -> dict:
        key = {"method": "mini-batches", "size": ratio, "images": len(X)}
        return key | {"passes": options.passes, "seed": seed}

    missing = [r for r in [1.0, *options.rows] if results.find(key(r)) is None]
    if not missing:
        return
    clock = timer(options.device)
    start = clock()
    solver = MiniBatch(batch_size=BATCH, compress_after=1.0)
    begun = begin(network(None, solver, seed, device=options.device), X, y, options.passes)
    state = begun.state
    for k in range(options.passes):
        state, before = begun.solver.step(state)
        print(f"seed {seed}, pass {k + 1}, {clock() - start:.0f} s", flush=True)
    spent = clock() - start
    for ratio in missing:
        start = clock()
        plans = resolve_plans(network(compression(ratio), "auto", seed), begun.training.shapes, "the row")
        problem = replace(state.engine.problem, plans=plans)
        weights = fitted_weights(end_pass(replace(state.engine, problem=problem), 1.0))
        on_top = clock() - start
        found = replace(begun.training, problem=problem).to_network(weights)
        sample = slice(0, 10000)
        row = {
            "ratio": found.compression_ratio,
            "train": accuracy(found, X[sample], y[sample]),
            "test": accuracy(found, T, t),
            "cpu": spent + on_top,
            "compressing": on_top,
        }
        print(key(ratio), row, flush=True)
        results.put(row, key(ratio))


def retrained(results: Results, data: tuple, options: argparse.Namespace, seed: int) -> None:
    """Small rows trained with their compression in place."""
    for ratio in [r for r in options.rows if r <= 0.05]:
        key = {"method": "mini-batches, compressed from the start", "size": ratio, "images": len(data[0])}
        key["passes"] = options.retrain * options.passes
        model = network(compression(ratio), MiniBatch(batch_size=BATCH, compress_after=0.05), seed)
        sweep_by_sweep(results, key | {"seed": seed}, model, data, sweeps=key["passes"], every=1)


def full_batch(results: Results, data: tuple, options: argparse.Namespace) -> None:
    """Algorithm 1, as far as the minutes go."""
    for seed in range(options.seeds):
        for ratio in options.rows:
            method = "Algorithm 1, accelerated" if options.accelerated else "Algorithm 1"
            key = {"method": method, "size": ratio, "images": len(data[0]), "seed": seed}
            sweep_by_sweep(
                results,
                key,
                published(compression(ratio), seed, options.accelerated),
                data,
                sweeps=options.sweeps,
                every=5,
                save_every=10,
                minutes=options.minutes,
            )


def tables(fits: list[dict]) -> dict[str, list[dict]]:
    """The table that follows from the fits."""
    made = sorted(fits, key=lambda r: (r["method"], -r["images"], r.get("passes", 0), r["size"], r["seed"]))
    fields = ("test", "train", "ratio", "cpu", "sweeps", "seconds_per_sweep", "objective")
    table = list(summary(made, ("method", "passes", "size", "images"), fields))
    for row in table:
        _, mean, deviation = ROWS[row["size"]]
        row["paper"] = f"{mean:.4f} ± {deviation:.4f}"
        row["swept"] = row["passes"] or f"{row['sweeps_mean']:.0f}"
        pace = row.get("seconds_per_sweep_mean")
        row["pace"] = "" if pace is None else f"{pace:.0f}"
    return {"table1": table}


def main() -> None:
    """Run what is missing, and make the table."""
    line = parser(__doc__, seeds=3)
    line.add_argument("--solver", choices=("minibatch", "full"), default="minibatch")
    line.add_argument("--rows", nargs="+", type=float, default=list(ROWS), choices=list(ROWS))
    line.add_argument("--passes", type=int, default=PASSES)
    line.add_argument("--retrain", type=int, default=1, help="of small rows, in multiples of --passes")
    line.add_argument("--images", type=int, default=60000)
    line.add_argument("--sweeps", type=int, default=100, help="of --solver full")
    line.add_argument("--minutes", type=float, default=float("inf"), help="of each fit of --solver full")
    line.add_argument("--rivals", action="store_true", help="plain small networks instead")
    line.add_argument("--accelerated", action="store_true", help="--solver full relaxed and extrapolated")
    options = line.parse_args()
    if options.quick:
        options.seeds, options.images, options.passes, options.retrain, options.sweeps = 1, 1024, 1, 0, 1
        options.rows = [0.0128, 1.0]
    settings = {"batch_size": BATCH}
    results = Results("table1_mnist", options, settings, tables)
    if not options.report:
        data = images(options.images)
        if options.rivals:
            n_weights = DENSE + sum(a * b for a, b in SHAPES)
            small, count = sorted(options.rows)[:2], len(data[0])
            small_networks(results, data, n_weights, small, options.seeds, images=count)
        elif options.solver == "full":
            full_batch(results, data, options)
        else:
            for seed in range(options.seeds):
                dense_fit(results, data, options, seed)
            for seed in range(options.seeds if options.retrain else 0):
                retrained(results, data, options, seed)
    show(results)


if __name__ == "__main__":
    main()
