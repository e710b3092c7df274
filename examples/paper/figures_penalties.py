# SPDX-License-Identifier: BSD-3-Clause
"""Figures 4a, 7a, 10a and 14a of the paper: test accuracy over gamma and rho, by Algorithm 1.

    python examples/paper/figures_penalties.py                         the small ones, har and lenet
    python examples/paper/figures_penalties.py --experiments mlp4      hours; see experiments.py
    python examples/paper/figures_penalties.py --quick
    python examples/paper/figures_penalties.py --report                the maps of the fits that are there

gamma and rho are 0.1, 0.5, 1, 5 and 10 each, all else stays as it is. The maps are
drawn in docs/images/penalties.png.
"""

import functools
from pathlib import Path

import numpy as np
from experiments import EXPERIMENTS, prepared
from harness import Results, images, parser, summary, sweep_by_sweep

VALUES = (0.1, 0.5, 1.0, 5.0, 10.0)


def tables(values: tuple[float, ...], fits: list[dict]) -> dict[str, list[dict]]:
    """One row for each experiment and gamma, with a column for each rho; and least and most of each map."""
    cells = list(summary(fits, ("experiment", "gamma", "rho"), ("test",)))
    maps, spreads = [], []
    for name in dict.fromkeys(cell["experiment"] for cell in cells):
        found = {(c["gamma"], c["rho"]): c["test_mean"] for c in cells if c["experiment"] == name}
        for gamma in values:
            each = {f"rho_{rho:g}": f"{found[gamma, rho]:.3f}" for rho in values if (gamma, rho) in found}
            missing = {f"rho_{rho:g}": "" for rho in values}
            maps.append({"experiment": name, "gamma": gamma} | missing | each)
        low, high = min(found, key=found.get), max(found, key=found.get)
        spreads.append(
            {
                "experiment": name,
                "figure": EXPERIMENTS[name].figure,
                "points": len(found),
                "least": found[low],
                "least_at": f"{low[0]:g}, {low[1]:g}",
                "most": found[high],
                "most_at": f"{high[0]:g}, {high[1]:g}",
                "median": float(np.median(list(found.values()))),
            }
        )
    return {"penalties": maps, "penalties_spread": spreads}


def draw(fits: list[dict], values: tuple[float, ...], path: Path) -> None:
    """The maps as figures."""
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(fit["experiment"] for fit in fits))
    figure, axes = plt.subplots(
        1, len(names), figsize=(4.2 * len(names), 3.6), layout="constrained", squeeze=False
    )
    for axis, name in zip(axes[0], names, strict=True):
        grid = np.full((len(values), len(values)), np.nan)
        for cell in summary([f for f in fits if f["experiment"] == name], ("gamma", "rho"), ("test",)):
            grid[values.index(cell["gamma"]), values.index(cell["rho"])] = cell["test_mean"]
        image = axis.imshow(grid, origin="lower", cmap="viridis")
        for (k, j), value in np.ndenumerate(grid):
            if np.isfinite(value):
                dark = value < np.nanmean(grid)
                color = "white" if dark else "black"
                axis.text(j, k, f"{value:.3f}", ha="center", va="center", fontsize=8, color=color)
        ticks = range(len(values)), [f"{value:g}" for value in values]
        axis.set(xlabel="rho", ylabel="gamma", title=f"{name}: test accuracy")
        axis.set_xticks(*ticks)
        axis.set_yticks(*ticks)
        figure.colorbar(image, ax=axis)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Run what is missing, and make the maps."""
    line = parser(__doc__, seeds=1)
    line.add_argument("--experiments", nargs="+", default=["har", "lenet"], choices=list(EXPERIMENTS))
    line.add_argument("--sweeps", type=int, help="others than the experiment's own")
    line.add_argument("--rows", type=int, help="first so many training rows only (not flare)")
    options = line.parse_args()
    values = (0.5, 5.0) if options.quick else VALUES
    results = Results(
        "figures_penalties", options, {"seeds": options.seeds}, functools.partial(tables, VALUES)
    )
    for name in [] if options.report else options.experiments:
        setting = EXPERIMENTS[name]
        sweeps = 2 if options.quick else options.sweeps or setting.sweeps
        for seed in range(options.seeds):
            data = prepared(setting, seed, 512 if options.quick else options.rows)
            for gamma in values:
                for rho in values:
                    key = {"experiment": name, "gamma": gamma, "rho": rho, "rows": len(data[0]), "seed": seed}
                    model = setting.make(seed, gamma=gamma, rho=rho)
                    how = dict(sweeps=sweeps, every=max(1, sweeps // 4), score=setting.score)
                    sweep_by_sweep(results, key, model, data, **how)
    results.write()
    draw(results.rows, VALUES, images(options) / "penalties.png")
    print(results.tables(results.rows)["penalties_spread"])


if __name__ == "__main__":
    main()
