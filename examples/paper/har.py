# SPDX-License-Identifier: BSD-3-Clause
"""Tables 3 and 6 of the paper, networks of tensor trains on HAR by both solvers: what their scripts call.

Layers 561-1024-1024-1024-512-6 (MLP-4) and 561-1024-1024-1024-512-512-6 (MLP-5), ReLU, squared error on
one-hot targets; the output layer is not compressed and counts as it is, as in the paper.

`--solver minibatch`: batches of 256 rows, 6 passes, a mean over about the last half of the batches and the
compression of that mean at the end. These were chosen on held-out people of MLP-4's training rows; nothing
is chosen on the test rows. One dense fit of a seed serves all its rows, since nothing before its end depends
on the format. Columns are not bent, which the estimator does by default: the network is the paper's.

`--solver full`: Algorithm 1. Gaussian first weights of deviation 0.01, rho = gamma = 0.5, tau = 5, alpha = 1,
no intercepts and the outputs first in the tensors, as in the published notebooks of the paper's rank 80 row
(the paper itself names no penalties of these tables). Sweeps are relaxed and extrapolated, as by the
estimators' defaults; `--plain` takes them as the paper does.

HAR's 561 features were made by experts from the signals of a smartphone's sensors. They make the table easy:
two linear models stand beside the networks, and are as good; `--rivals` adds plain networks with one hidden
layer and as many weights as the smallest rows, `--trained` the estimator's own fits to a hundredth of the
weights and less. Needs HAR: see sklearn_nnbcd.datasets.fetch_har.
"""

import argparse
import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from harness import Results, accuracy, begin, fit_and_score, parser, show, summary, sweep_by_sweep, timer
from rivals import OURS, SCIKIT_LEARN, small_networks
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from sklearn_nnbcd import NNBCDClassifier
from sklearn_nnbcd._resolve import resolve_plans
from sklearn_nnbcd.compressions import TensorTrain
from sklearn_nnbcd.datasets import fetch_har
from sklearn_nnbcd.engine import end_pass, fitted_weights
from sklearn_nnbcd.initializers import Gaussian
from sklearn_nnbcd.solvers import FullBatch, MiniBatch

PASSES, BATCH, AVERAGING = 6, 256, 1.0
SWEEPS = 500
PENALTIES = {"rho": 0.5, "gamma": 0.5, "tau": 5.0, "proximal": 1.0}
#: formats and ratios of `--trained`: a hundredth of the weights, and a five-hundredth
FEW_WEIGHTS = (("tt", 0.01), ("low_rank", 0.01), ("l0", 0.01), ("l0", 0.002))
#: the published notebooks have a proximal term of the W block, the paper has none
ALPHA_W = {"alpha_w": 1.0}
#: the paper's setting but for what makes sweeps go further
ACCELERATED = FullBatch.paper(relaxation=1.3, extrapolation=True, **ALPHA_W)
#: how the published notebooks read a weight of that shape as a tensor
MODES = {
    (561, 1024): (6, 22, 34) + (2,) * 7,
    (1024, 1024): (4,) * 10,
    (1024, 512): (4,) * 9 + (2,),
    (512, 512): (4,) * 9,
}


@dataclass(frozen=True)
class Experiment:
    """One table: hidden layers, and the paper's mean and deviation at each compression ratio."""

    name: str
    title: str
    hidden: tuple[int, ...]
    paper: dict[float, tuple[float, float]]

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Of all weights."""
        widths = (561, *self.hidden, 6)
        return list(zip(widths, widths[1:], strict=False))

    def share(self, ratio: float) -> float:
        """Share of each hidden weight that gives the ratio over all layers with a dense output."""
        sizes = [a * b for a, b in self.shapes]
        return (ratio * sum(sizes) - sizes[-1]) / sum(sizes[:-1])

    def trains(self, ratio: float, orientation: str = "flat_transposed") -> list[Any]:
        """Tensor trains of the one rank that comes nearest to the ratio, and a dense output."""
        hidden = self.shapes[:-1]
        room = self.share(ratio) * sum(a * b for a, b in hidden)
        highest = [
            TensorTrain(tensorization=orientation, tensor_shape=MODES[s]).highest_rank(s) for s in hidden
        ]

        def of(rank: int) -> list[TensorTrain]:
            return [
                TensorTrain(min(rank, most), tensorization=orientation, tensor_shape=MODES[s])
                for most, s in zip(highest, hidden, strict=True)
            ]

        def size(rank: int) -> int:
            return sum(p.plan(s).n_parameters for p, s in zip(of(rank), hidden, strict=True))

        rank = 1
        while size(rank + 1) <= room:
            rank += 1
        return [*of(min(rank, rank + 1, key=lambda r: abs(size(r) - room))), None]


def rows(few: int | None = None) -> tuple[np.ndarray, ...]:
    """X, codes y, T, codes t of HAR; ``few``: that many training rows."""
    train, test = fetch_har(subset="train"), fetch_har(subset="test")
    y, t = (np.unique(part.target, return_inverse=True)[1] for part in (train, test))
    return np.float32(train.data)[:few], y[:few], np.float32(test.data), t


def linear(results: Results, data: tuple) -> None:
    """Linear models with default parameters; the columns are from -1 to 1 as they come."""
    models = {
        "LinearSVC": LinearSVC(dual=False),
        "logistic regression": LogisticRegression(max_iter=1000),
    }
    for name, model in models.items():

        def fit(model=model) -> dict:
            return fit_and_score(model, data) | {"weights": 561 * 6}

        results.once({"method": name, "format": "linear", "size": None, "seed": 0}, fit)


class DenseFit:
    """A dense mini-batch fit as the estimator makes it, and its compression to any format at its end."""

    def __init__(self, experiment: Experiment, data: tuple, seed: int, passes: int, device: str):
        self.clock = timer(device)
        start = self.clock()
        solver = MiniBatch(batch_size=BATCH, averaging=AVERAGING, compress_after=1.0)
        self.hidden, self.data = experiment.hidden, data
        model = NNBCDClassifier(
            self.hidden,
            loss="squared_error",
            solver=solver,
            bend_columns=False,
            column_bins=0,
            random_state=seed,
            device=device,
        )
        begun = begin(model, data[0], data[1], passes)
        state = begun.state
        for _ in range(passes):
            state, _ = begun.solver.step(state)
        self.engine, self.training = state.engine, begun.training
        self.cpu = self.clock() - start

    def row(self, compression: str | None, share: float | None) -> dict:
        """The network in a format; ``cpu`` holds the dense fit too, ``compressing`` only what came on top."""
        X, y, T, t = self.data
        start = self.clock()
        model = NNBCDClassifier(self.hidden, compression=compression, rank=share)
        problem = replace(self.engine.problem, plans=resolve_plans(model, self.training.shapes, "the row"))
        weights = fitted_weights(end_pass(replace(self.engine, problem=problem), 1.0))
        spent = self.clock() - start
        network = replace(self.training, problem=problem).to_network(weights)
        return {
            "ratio": network.compression_ratio,
            "train": accuracy(network, X, y),
            "test": accuracy(network, T, t),
            "cpu": self.cpu + spent,
            "compressing": spent,
        }


def mini_batches(results: Results, experiment: Experiment, data: tuple, options: argparse.Namespace) -> None:
    """All rows of all formats, a dense fit for each seed that misses one."""
    for seed in range(options.seeds):
        dense = None
        for name in options.formats:
            for ratio in [1.0] if name == "dense" else options.ratios:
                key = {"method": "mini-batches", "format": name, "size": ratio, "seed": seed}
                if results.find(key) is not None:
                    continue
                passes = 1 if options.quick else PASSES
                dense = dense or DenseFit(experiment, data, seed, passes, options.device)
                asked = (None, None) if name == "dense" else (name, experiment.share(ratio))
                results.once(key, lambda asked=asked, dense=dense: dense.row(*asked))


def trained(results: Results, experiment: Experiment, data: tuple, options: argparse.Namespace) -> None:
    """The estimator's own fits with very few weights left, everything else at its default."""
    for seed in range(options.seeds):
        for name, ratio in FEW_WEIGHTS:
            key = {"method": "defaults, trained compressed", "format": name, "size": ratio, "seed": seed}
            model = NNBCDClassifier(
                experiment.hidden, compression=name, compression_ratio=ratio, random_state=seed
            )

            def fit(model=model) -> dict:
                scores = fit_and_score(model, data)
                return scores | {"ratio": model.compression_ratio_}

            results.once(key, fit)


def full_batch(results: Results, experiment: Experiment, data: tuple, options: argparse.Namespace) -> None:
    """Rows by Algorithm 1, as far as the minutes go."""
    for seed in range(options.seeds):
        for ratio in [1.0, *options.ratios] if options.rows is None else options.rows:
            method = "Algorithm 1" if options.plain else "Algorithm 1, accelerated"
            key = {"method": method, "format": "dense" if ratio == 1.0 else "tt", "size": ratio, "seed": seed}
            model = NNBCDClassifier(
                experiment.hidden,
                loss="squared_error",
                compression=None if ratio == 1.0 else experiment.trains(ratio),
                **PENALTIES,
                ridge=0.0,
                initializer=Gaussian(0.01),
                fit_intercept=False,
                solver=FullBatch.paper(**ALPHA_W) if options.plain else ACCELERATED,
                random_state=seed,
            )
            sweeps = 3 if options.quick else options.sweeps
            sweep_by_sweep(
                results, key, model, data, sweeps=sweeps, every=10, save_every=10, minutes=options.minutes
            )


def tables(experiment: Experiment, fits: list[dict]) -> dict[str, list[dict]]:
    """The table that follows from the fits."""
    rivals = ["LinearSVC", "logistic regression", SCIKIT_LEARN, OURS]
    order = [
        *rivals,
        "defaults, trained compressed",
        "mini-batches",
        "Algorithm 1, accelerated",
        "Algorithm 1",
    ]
    made = sorted(fits, key=lambda r: (order.index(r["method"]), r["format"], r["size"] or 0.0, r["seed"]))
    fields = ("test", "train", "ratio", "cpu", "sweeps", "seconds_per_sweep")
    table = list(summary(made, ("method", "format", "size"), fields))
    for row in table:
        paper = experiment.paper.get(row["size"])
        row["paper"] = "" if paper is None else f"{paper[0]:.4f} ± {paper[1]:.4f}"
        row["asked"] = "" if row["size"] is None else f"{row['size']:.4f}"
        row["found"] = f"{row['ratio_mean']:.4f}" if "ratio_mean" in row else ""
        row["swept"] = f"{row['sweeps_mean']:.0f}" if "sweeps_mean" in row else ""
    return {experiment.name.split("_")[0]: table}


def main(experiment: Experiment, description: str) -> None:
    """Run what is missing of a table, and make it."""
    line = parser(f"{description}\n{__doc__}", seeds=3)
    line.add_argument("--solver", choices=("minibatch", "full"), default="minibatch")
    line.add_argument("--formats", nargs="+", default=["dense", "tt"], help="dense tt low_rank tucker cp")
    line.add_argument("--ratios", nargs="+", type=float, default=[r for r in experiment.paper if r < 1.0])
    line.add_argument("--rows", nargs="+", type=float, help="ratios of --solver full; 1 is dense")
    line.add_argument("--sweeps", type=int, default=SWEEPS, help="of --solver full")
    line.add_argument("--minutes", type=float, default=float("inf"), help="of each fit of --solver full")
    line.add_argument("--plain", action="store_true", help="--solver full without relaxation, extrapolation")
    line.add_argument("--trained", action="store_true", help="the estimator's own fits to very few weights")
    line.add_argument("--rivals", action="store_true", help="plain small networks instead")
    options = line.parse_args()
    if options.quick:
        options.seeds, options.ratios = 1, options.ratios[:1]
    settings = {"passes": PASSES, "batch_size": BATCH, "averaging": AVERAGING, "sweeps": options.sweeps}
    results = Results(experiment.name, options, settings, functools.partial(tables, experiment))
    if not options.report:
        data = rows(1024 if options.quick else None)
        linear(results, data)
        if options.rivals:
            n_weights = sum(a * b for a, b in experiment.shapes)
            small_networks(results, data, n_weights, options.ratios[:2], options.seeds)
        elif options.trained:
            trained(results, experiment, data, options)
        else:
            (full_batch if options.solver == "full" else mini_batches)(results, experiment, data, options)
    show(results)
