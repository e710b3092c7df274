# SPDX-License-Identifier: BSD-3-Clause
"""Figures 2, 3, 5, 6, 8, 9, 12 and 13 of the paper: box plots and curves of the tables' fits.

    python examples/paper/figures_curves.py                all tables that have fits by Algorithm 1
    python examples/paper/figures_curves.py --tables table5_flare

Reads tests/benchmarks/results/NAME.json, which the tables' scripts write, and makes
docs/images/NAME_boxes.png and docs/images/NAME_curves.png; fits nothing. Boxes are of test accuracy over the
seeds, of tensor trains where there are several formats; curves of the objective (7) per row and of the
accuracies over sweeps, of Algorithm 1.
"""

import argparse
import json
from pathlib import Path

import matplotlib.pyplot as plt
from harness import IMAGES, records

#: fields as axes and legends name them
NAMES = {"size": "compression ratio"}
#: file -> (figure of boxes, figure of curves, field that names a row)
TABLES = {
    "table1_mnist": ("2", "3", "size"),
    "table3_har": ("5", "6", "size"),
    "table5_flare": ("8", "9", "sparsity"),
    "table6_har": ("12", "13", "size"),
}


def boxes(name: str, rows: list[dict]) -> Path:
    """Test accuracies over seeds, a box for each method and row."""
    number, _, field = TABLES[name]
    groups: dict[tuple, list[float]] = {}
    for row in rows:
        if row.get(field) is not None and row.get("format", "tt") in ("tt", "dense"):
            groups.setdefault((row["method"], row[field]), []).append(row["test"])
    methods = list(dict.fromkeys(method for method, _ in groups))
    figure, axes = plt.subplots(
        1, len(methods), figsize=(4 * len(methods), 3.4), layout="constrained", squeeze=False, sharey=True
    )
    for axis, method in zip(axes[0], methods, strict=True):
        sizes = sorted(size for m, size in groups if m == method)
        axis.boxplot([groups[method, size] for size in sizes])
        axis.set_xticks(range(1, len(sizes) + 1), [f"{size:g}" for size in sizes], rotation=45)
        axis.set(title=method, xlabel=NAMES.get(field, field))
    axes[0][0].set_ylabel(f"test accuracy (Figure {number})")
    return saved(figure, f"{name}_boxes.png")


def curves(name: str, rows: list[dict]) -> Path | None:
    """Objective and accuracies over sweeps, one line for each fit."""
    _, number, field = TABLES[name]
    swept = [row for row in rows if row.get("curve") and row["method"].startswith("Algorithm 1")]
    swept.sort(key=lambda row: row[field])
    if not swept:
        return None
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained")
    colours = {size: f"C{k}" for k, size in enumerate(sorted({row[field] for row in swept}))}
    for row in swept:
        sweeps, *values = zip(*row["curve"], strict=True)
        label = f"{row[field]:g}" if row["seed"] == 0 else None
        for axis, each in zip(axes, values, strict=True):
            axis.plot(sweeps, each, color=colours[row[field]], label=label, alpha=0.7)
    titles = "objective (7) per row", "training accuracy", "test accuracy"
    for axis, title in zip(axes, titles, strict=True):
        axis.set(title=title, xlabel="sweep")
    axes[0].set_yscale("log")
    axes[2].legend(title=NAMES.get(field, field), frameon=False, fontsize="small")
    figure.suptitle(f"{name}, as Figure {number}")
    return saved(figure, f"{name}_curves.png")


def saved(figure: plt.Figure, name: str) -> Path:
    """The file of a figure."""
    path = IMAGES / name
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)
    return path


def main() -> None:
    """Draw what there is."""
    line = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    line.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    line.add_argument("--folder", type=Path, default=records.RESULTS)
    options = line.parse_args()
    for name in options.tables:
        path = options.folder / f"{name}.json"
        if not path.exists():
            print(f"{name}: no fits yet")
            continue
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        print(boxes(name, rows), curves(name, rows) or "no curves: nothing by Algorithm 1 yet")


if __name__ == "__main__":
    main()
