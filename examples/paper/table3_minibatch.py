# SPDX-License-Identifier: BSD-3-Clause
"""Table 3 of the paper by the mini-batch solver: HAR, MLP-4, every format at every compression ratio.

    python examples/paper/table3_minibatch.py --out results.jsonl                 all rows, 5 seeds
    python examples/paper/table3_minibatch.py --out results.jsonl --formats tt --ratios 0.0502 --seeds 1
    python examples/paper/table3_minibatch.py --out results.jsonl --table         print what is there

Layers 561-1024-1024-1024-512-6, ReLU, squared error; the output layer is not compressed and counts as
it is, as in the paper. Batches of 256 rows, 6 passes, a mean over about the last half of the batches
(averaging=1) and the compression of that mean at the end (compress_after=1) were chosen on validation
subjects; all else are the constructor's defaults, and nothing is chosen on the
test rows. Each finished fit is one line of the file; fits
that are there already are skipped, so the script can be stopped and resumed. With --validate the test
rows are those of every fifth training subject, which are then left out of training: the way to try a
setting. With --compress-after 1 one dense fit of a seed serves all its rows, since nothing before its
end depends on the format.
"""

import argparse
import functools
import json
import pathlib
import statistics
import sys
import time
from dataclasses import replace

import numpy as np

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._resolve import resolve_plans
from sklearn_nnbcd.datasets import fetch_har
from sklearn_nnbcd.engine import end_pass, fitted_weights
from sklearn_nnbcd.solvers import MiniBatch

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "benchmarks"))
from records import write
from stepwise import accuracy, begin

HIDDEN = (1024, 1024, 1024, 512)
PAPER = {0.0502: 0.9376, 0.1043: 0.9559, 0.1676: 0.9616, 0.4061: 0.9638, 0.6310: 0.9657, 1.0: 0.9603}
SPARSITIES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.998)


def arguments():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--formats", nargs="+", default=["dense", "tt", "low_rank", "tucker", "cp", "l0"])
    parser.add_argument("--ratios", nargs="+", type=float, default=sorted(set(PAPER) - {1.0}))
    parser.add_argument("--sparsities", nargs="+", type=float, default=SPARSITIES)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--passes", type=int, default=6)
    parser.add_argument("--compress-after", type=float, default=1.0)
    parser.add_argument("--averaging", type=float, default=1.0)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--table", action="store_true", help="only print the table")
    return parser.parse_args()


def rows(validate):
    """Training and evaluation rows."""
    train, test = fetch_har(subset="train"), fetch_har(subset="test")
    X, y, T, t = np.float32(train.data), train.target, np.float32(test.data), test.target
    if validate:
        held_out = np.isin(train.groups, np.unique(train.groups)[::5])
        X, y, T, t = X[~held_out], y[~held_out], X[held_out], y[held_out]
    return X, y, T, t


def share(ratio):
    """Share of each hidden weight that gives the ratio over all layers with a dense output."""
    widths = (561, *HIDDEN, 6)
    sizes = [a * b for a, b in zip(widths, widths[1:], strict=False)]
    return (ratio * sum(sizes) - sizes[-1]) / sum(sizes[:-1])


def experiments(options):
    """(format, size, parameters) of each row."""
    for name in options.formats:
        if name == "dense":
            yield name, 1.0, {}
        elif name == "l0":
            for sparsity in options.sparsities:
                yield name, sparsity, {"compression": "l0", "sparsity": sparsity}
        else:
            for ratio in options.ratios:
                yield name, ratio, {"compression": name, "rank": share(ratio)}


def solver(options):
    """The solver of all fits."""
    return MiniBatch(
        batch_size=options.batch_size, averaging=options.averaging, compress_after=options.compress_after
    )


def fit(data, name, size, parameters, seed, options):
    """One fit, as a record."""
    X, y, T, t = data
    model = NNBCDClassifier(
        HIDDEN,
        loss="squared_error",
        solver=solver(options),
        max_iter=options.passes,
        random_state=seed,
        **parameters,
    )
    start, cpu = time.perf_counter(), time.process_time()
    model.fit(X, y)
    return {
        "format": name,
        "size": size,
        "seed": seed,
        "test": model.score(T, t),
        "train": model.score(X, y),
        "ratio": model.compression_ratio_,
        "passes": model.n_iter_,
        "compress_after": options.compress_after,
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
    }


class DenseFit:
    """A dense fit as the estimator makes it, and its compression to any format at its end."""

    def __init__(self, data, seed, options):
        X, y = data[:2]
        start, cpu = time.perf_counter(), time.process_time()
        model = NNBCDClassifier(HIDDEN, loss="squared_error", solver=solver(options), random_state=seed)
        begun = begin(model, X, y, options.passes)
        state = begun.state
        for _ in range(options.passes):
            state, _ = begun.solver.step(state)
        self.data, self.engine, self.training = data, state.engine, begun.training
        self.seconds, self.cpu = time.perf_counter() - start, time.process_time() - cpu

    def row(self, name, size, parameters, seed, options):
        """A record as that of :func:`fit`; its seconds are those of the dense fit and the compression."""
        X, y, T, t = self.data
        start, cpu = time.perf_counter(), time.process_time()
        plans = resolve_plans(NNBCDClassifier(HIDDEN, **parameters), self.training.shapes, "the row")
        problem = replace(self.engine.problem, plans=plans)
        weights = fitted_weights(end_pass(replace(self.engine, problem=problem), 1.0))
        seconds, used = time.perf_counter() - start, time.process_time() - cpu
        training = replace(self.training, problem=problem)
        network = training.to_network(weights)

        def score(rows, labels):
            return accuracy(network, rows, np.searchsorted(training.targets.classes, labels))

        return {
            "format": name,
            "size": size,
            "seed": seed,
            "test": score(T, t),
            "train": score(X, y),
            "ratio": network.compression_ratio,
            "passes": options.passes,
            "compress_after": 1.0,
            "seconds": self.seconds + seconds,
            "cpu": self.cpu + used,
        }


def rows_of(records):
    """Mean and standard deviation of each row of the table."""
    for name, size in dict.fromkeys((r["format"], r["size"]) for r in records):
        group = [r for r in records if (r["format"], r["size"]) == (name, size)]
        test = [r["test"] for r in group]
        yield {
            "format": name,
            "size": size,
            "ratio": group[0]["ratio"],
            "seeds": len(group),
            "test_mean": statistics.mean(test),
            "test_sd": statistics.stdev(test) if len(test) > 1 else 0.0,
            "train_mean": statistics.mean(r["train"] for r in group),
            "seconds": statistics.mean(r["seconds"] for r in group),
            "paper": PAPER.get(size) if name != "l0" else None,
        }


def main():
    """Run what is missing, then print the table and write it to a file of results."""
    options = arguments()
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    records = [json.loads(line) for line in lines]
    done = {(r["format"], r["size"], r["seed"]) for r in records}
    if not options.table:
        data = rows(options.validate)
        for seed in range(options.seeds):
            make = functools.partial(fit, data)
            rest = [e for e in experiments(options) if (*e[:2], seed) not in done]
            if options.compress_after == 1.0 and rest:
                make = DenseFit(data, seed, options).row
            for name, size, parameters in rest:
                records.append(make(name, size, parameters, seed, options))
                print(records[-1], flush=True)
                with options.out.open("a") as file:
                    file.write(json.dumps(records[-1]) + "\n")
    table = list(rows_of(sorted(records, key=lambda r: (r["format"], r["size"]))))
    for row in table:
        print(row)
    settings = {k: v for k, v in vars(options).items() if k not in ("out", "table")}
    if not options.validate:
        print(write("table3_minibatch", settings, table))


if __name__ == "__main__":
    main()
