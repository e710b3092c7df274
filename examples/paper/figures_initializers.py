# SPDX-License-Identifier: BSD-3-Clause
"""Figures 4b, 7b, 10b and 14b of the paper: test accuracy from nine initialisers, by Algorithm 1.

    python examples/paper/figures_initializers.py            the small ones, three seeds: half an hour
    python examples/paper/figures_initializers.py --experiments mlp4     hours; see experiments.py
    python examples/paper/figures_initializers.py --quick

Everything but the first weights stays as it is, in the paper's own setting, with one thing changed, and as
FullBatch() is shipped (har_default, flare_default). The paper's Figure 14b spreads from 0.9450 to 0.9610.
All experiments are drawn in docs/images/initializers.png.
"""

from pathlib import Path

from experiments import EXPERIMENTS, prepared
from harness import Results, images, parser, show, summary, sweep_by_sweep

#: the paper's names, by ours
NAMES = {
    "gaussian": "Gaussian",
    "uniform": "Uniform",
    "kaiming_normal": "Kaiming-Gauss",
    "kaiming_uniform": "Kaiming-Unif",
    "lecun_normal": "Lecun-Gauss",
    "lecun_uniform": "Lecun-Unif",
    "xavier_normal": "Xavier-Gauss",
    "xavier_uniform": "Xavier-Unif",
    "orthogonal": "Orthogonal",
}

#: the experiments that take minutes, and the panels in a row of their figure
QUICK_ONES = ("har", "har_dense", "har_500", "har_tau", "har_default", "lenet", "held", "flare_default")
PANELS = 4


def ordered(fits: list[dict]) -> list[str]:
    """Experiments that have fits."""
    return [name for name in EXPERIMENTS if any(fit["experiment"] == name for fit in fits)]


def tables(fits: list[dict]) -> dict[str, list[dict]]:
    """Means of all initialisers, a column for each experiment; and their spread."""
    whole = [fit for fit in fits if fit["finished"]]
    means = list(summary(whole, ("experiment", "initializer"), ("test",)))
    names = ordered(means)
    table, spread = [], []
    for initializer, title in NAMES.items():
        row = {"initializer": title} | dict.fromkeys(EXPERIMENTS, "")
        for mean in means:
            if mean["initializer"] == initializer:
                row[mean["experiment"]] = f"{mean['test_mean']:.4f} ± {mean['test_sd']:.4f}"
        table.append(row)
    for name in names:
        values = {row["initializer"]: row["test_mean"] for row in means if row["experiment"] == name}
        low, high = min(values, key=values.get), max(values, key=values.get)
        spread.append(
            {
                "experiment": name,
                "figure": EXPERIMENTS[name].figure,
                "initializers": len(values),
                "seeds": min(row["seeds"] for row in means if row["experiment"] == name),
                "least": values[low],
                "least_of": NAMES[low],
                "most": values[high],
                "most_of": NAMES[high],
                "spread": values[high] - values[low],
            }
        )
    return {"initializers": table, "initializers_spread": spread}


def draw(fits: list[dict], path: Path) -> None:
    """Test accuracies by initialiser, a panel for each experiment."""
    import matplotlib.pyplot as plt

    names = ordered(fits)
    columns = min(PANELS, len(names))
    n_rows = -(-len(names) // columns)
    figure, axes = plt.subplots(
        n_rows,
        columns,
        figsize=(2.9 * columns + 1, 2.8 * n_rows),
        layout="constrained",
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for axis in axes.flat[len(names) :]:
        axis.remove()
    for axis, name in zip(axes.flat, names, strict=False):
        for k, initializer in enumerate(NAMES):
            found = [f for f in fits if (f["experiment"], f["initializer"]) == (name, initializer)]
            axis.plot([f["test"] for f in found], [k] * len(found), "o", color="tab:blue", alpha=0.6)
        axis.set(title=name)
        axis.grid(alpha=0.3)
    for axis in axes.flat[max(0, len(names) - columns) : len(names)]:  # none has one below
        axis.tick_params(labelbottom=True)
    figure.supxlabel("test score", fontsize="medium")
    axes[0][0].set_yticks(range(len(NAMES)), list(NAMES.values()))
    axes[0][0].invert_yaxis()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Run what is missing, and make the tables."""
    line = parser(__doc__, seeds=3)
    line.add_argument("--experiments", nargs="+", default=QUICK_ONES, choices=list(EXPERIMENTS))
    line.add_argument("--sweeps", type=int, help="others than the experiment's own")
    line.add_argument("--rows", type=int, help="first so many training rows only (not flare)")
    options = line.parse_args()
    if options.quick:
        options.seeds, options.sweeps, options.rows = 1, 2, 512
    results = Results("figures_initializers", options, {"seeds": options.seeds}, tables)
    for seed in [] if options.report else range(options.seeds):
        for name in options.experiments:
            setting = EXPERIMENTS[name]
            data, sweeps = prepared(setting, seed, options.rows), options.sweeps or setting.sweeps
            for initializer in NAMES:
                key = {"experiment": name, "initializer": initializer, "rows": len(data[0]), "seed": seed}
                model = setting.make(seed, initializer=initializer)
                every = max(1, sweeps // 4)
                sweep_by_sweep(results, key, model, data, sweeps=sweeps, every=every, score=setting.score)
    show(results)
    draw([fit for fit in results.rows if fit["finished"]], images(options) / "initializers.png")


if __name__ == "__main__":
    main()
