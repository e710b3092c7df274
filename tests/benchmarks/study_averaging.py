# SPDX-License-Identifier: BSD-3-Clause
"""Which mean of the weights to keep: several powers on the same fits, validation rows only.

    python tests/benchmarks/study_averaging.py har --seeds 3
    python tests/benchmarks/study_averaging.py har --compression tt --rank 0.17 --passes 8

The fit never sees its own mean, so one fit serves all powers and their scores differ by nothing
else. Each fit is one line of ``results/study_averaging.jsonl``; a fit that is there is not repeated.
"""

import argparse
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from dataclasses import replace  # noqa: E402

import numpy as np  # noqa: E402
from contest import Log, bcd_start, load, network_accuracy, output_folder  # noqa: E402
from study_minibatch import TASKS, parsed  # noqa: E402

from sklearn_nnbcd.compressions import COMPRESSIONS  # noqa: E402
from sklearn_nnbcd.engine import BatchSettings, MiniBatch  # noqa: E402

POWERS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0)


class Means:
    """Polynomial means of the weights of a solver, one per power, after every batch."""

    def __init__(self, weights):
        self.of = {power: (weights.W, weights.b) for power in POWERS}

    def take(self, k, weights):
        """The weights after batch k = 1, 2, ..."""

        def mixed(mean, new, kept):
            return tuple(
                None if n is None else kept * m + (1.0 - kept) * n for m, n in zip(mean, new, strict=True)
            )

        for power, (W, b) in self.of.items():
            if len(W) != len(weights.W):  # the solver has gone over to factors, and begins its mean anew
                W, b = weights.W, weights.b
            kept = ((k - 1) / k) ** (power + 1.0)
            self.of[power] = mixed(W, weights.W, kept), mixed(b, weights.b, kept)


def fit(task, fold, seed, compression, passes, gain, **settings):
    """{power: validation accuracy} of one fit; power "last" is no mean at all."""
    options = dict(TASKS[task])
    passes = passes or options["passes"]
    X, y, T, t = load(options["data"], fold=fold, seed=fold, rows=options.get("rows"))
    if compression is None and "rank" in options:
        compression = COMPRESSIONS["low_rank"](options["rank"])
    problem, weights, batches = bcd_start(
        X, y, options["hidden"], batch=options["batch"], seed=seed, compression=compression, gain=gain
    )
    steps = passes * len(batches)
    solver = MiniBatch(problem, weights, BatchSettings(averaging=np.inf, **settings), steps, batches.weight)
    means = Means(weights)
    for _ in range(passes):
        for batch in batches:
            solver.advance(*batch, solver.done / steps)
            means.take(solver.done, solver.weights)
    if problem.compressed:
        solver.project()
    scores = {"last": network_accuracy(problem, solver.result, T, t)}
    for power, (W, b) in means.of.items():
        kept = solver._refitted(replace(solver.weights, W=W, b=b))
        kept = solver.factored.joined(kept) if solver.factored else kept
        scores[str(power)] = network_accuracy(problem, kept, T, t)
    return scores


def main():
    """Fit what is missing, print the mean over folds and seeds of each power."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--compression", choices=COMPRESSIONS)
    parser.add_argument("--rank", type=float)
    parser.add_argument("--passes", type=int)
    parser.add_argument("--gain", type=float, default=1.0, help="of the first weights, times He's")
    parser.add_argument("--settings", default="base", help='others of BatchSettings, as "shrink=3,damping=2"')
    parser.add_argument("--seeds", type=int, default=1)
    chosen = parser.parse_args()
    piece = chosen.compression and COMPRESSIONS[chosen.compression](chosen.rank)
    name = f"{chosen.task} {chosen.compression}-{chosen.rank} {chosen.passes}"
    name += f" {chosen.gain:g} {chosen.settings}"
    settings = dict(gain=chosen.gain) | parsed(chosen.settings)
    log, scores = Log(output_folder() / "study_averaging.jsonl"), []
    for seed in range(chosen.seeds):
        for fold in range(5):
            key = f"{name} {fold} {seed}"
            scores.append(
                log.once(key, lambda f=fold, s=seed: fit(chosen.task, f, s, piece, chosen.passes, **settings))
            )
            print(key, {power: round(value, 4) for power, value in scores[-1].items()}, flush=True)
    print(f"{name}: power, mean of {len(scores)} fits, mean and error of the difference to power 6")
    for power in scores[0]:
        own, reference = (np.array([s[p] for s in scores]) for p in (power, "6.0"))
        gap = own - reference
        print(f"{power:>6} {own.mean():.4f} {gap.mean():+.4f} +- {gap.std() / len(gap) ** 0.5:.4f}")


if __name__ == "__main__":
    main()
