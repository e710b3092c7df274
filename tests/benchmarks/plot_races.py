# SPDX-License-Identifier: BSD-3-Clause
"""Draw the curves of the races: test accuracy over seconds of training, seed 0.

    python tests/benchmarks/plot_races.py [--clock cpu|wall] [--folder docs/results]

Reads the results of ``adam_har.py``, ``adam_mnist.py`` and ``adam_digits.py``; one PNG per race.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from contest import Log, output_folder

CLOCKS = {"cpu": "processor seconds of training", "wall": "seconds of training"}
COLOURS = {"mini-batch": "C3", "adam squared": "C0", "adam cross": "C2", "MLPClassifier": "C1"}
LOWEST = {"har": 0.85, "mnist": 0.93, "digits": 0.85}


def draw(script, race, runs, clock, folder):
    """One figure of one race; ``runs`` is {contestant: records}."""
    figure, axes = plt.subplots(figsize=(8.4, 4.0), layout="constrained")
    styles, markers = iter(["-", "--", ":"] * len(runs)), iter("os^v" * len(runs))
    for who, records in runs.items():
        colour = next((c for name, c in COLOURS.items() if who.startswith(name)), "k")
        bold = who.startswith("mini-batch")
        axes.plot(
            [r[clock] for r in records],
            [r["test"] for r in records],
            color=colour,
            linestyle="-" if bold else next(styles),
            linewidth=2.5 if bold else 1.2,
            marker=next(markers) if bold else None,
            markersize=5,
            label=who,
        )
    axes.set(xlabel=CLOCKS[clock], ylabel="test accuracy", title=f"{script}, {race}", xscale="log")
    axes.set_ylim(LOWEST[script], 1.0)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right center", fontsize=7)
    figure.savefig(folder / f"race_{script}_{race}.png", dpi=90)
    plt.close(figure)


def main():
    """All races that have results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clock", choices=CLOCKS, default="cpu")
    root = Path(__file__).parents[2]
    parser.add_argument("--folder", type=Path, default=root / "docs" / "results")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for script in LOWEST:
        races = {}
        for key, records in Log(output_folder() / f"adam_{script}.jsonl").records.items():
            race, who, seed = key.split("|")
            if seed == "0":
                races.setdefault(race, {})[who] = records
        for race, runs in races.items():
            draw(script, race, dict(sorted(runs.items())), arguments.clock, arguments.folder)


if __name__ == "__main__":
    main()
