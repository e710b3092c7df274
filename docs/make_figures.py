# SPDX-License-Identifier: BSD-3-Clause
"""Make the figures of README and docs from what the benchmarks found.

    python docs/make_figures.py

``images/bytes.png``: accuracy against bytes, from ``tests/benchmarks/results/bytes.json``. The figures of the
results pages are drawn by :func:`draw_all` while the site is built: never older than their tables.
"""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests" / "benchmarks" / "results"
#: family in the results -> label and style; the last one is drawn on top
FAMILIES = {
    "extra trees": ("extra trees", {"color": "0.75", "marker": "v"}),
    "boosted trees": ("boosted trees", {"color": "0.55", "marker": "^"}),
    "svc l1": ("linear SVC, l1", {"color": "tab:purple", "marker": "x"}),
    "logistic": ("logistic regression", {"color": "tab:green", "marker": "s"}),
    "mlp": ("MLPClassifier, best width, rounded", {"color": "tab:orange", "marker": "D"}),
    "nnbcd": ("NNBCDClassifier(max_bytes=...)", {"color": "tab:blue", "marker": "o", "linewidth": 2.2}),
}
PANELS = ("letter", "pendigits", "satimage", "digits", "magic", "spambase", "adult", "har")


def draw(rows: list[dict], path: Path) -> None:
    """Accuracy against bytes, a panel for each table."""
    figure, grid = plt.subplots(2, len(PANELS) // 2, figsize=(13.5, 6), layout="constrained")
    axes = grid.ravel()
    for axis, name in zip(axes, PANELS, strict=True):
        top, bottom = 0.0, 1.0
        for family, (label, style) in FAMILIES.items():
            points: dict[int, list[float]] = {}
            for row in rows:
                if (row["table"], row["family"]) == (name, family):
                    points.setdefault(row["room"], []).append(row["score"])
            if not points:
                continue
            rooms = sorted(points)
            means = np.asarray([np.mean(points[room]) for room in rooms])
            axis.plot(np.asarray(rooms) / 1024, means, label=label, markersize=4, **style)
            top = max(top, means.max())
            if family in ("nnbcd", "mlp"):
                bottom = min(bottom, means[min(1, len(means) - 1)])
        axis.set(xscale="log", title=name, ylim=(bottom - 0.04, top + 0.008))
        axis.set_xticks([0.5, 2, 8, 32], ["0.5", "2", "8", "32"])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    for axis in grid[:, 0]:
        axis.set_ylabel("test accuracy")
    for axis in grid[-1]:
        axis.set_xlabel("kB of the stored model")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=len(FAMILIES), frameon=False)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def load(name: str, section: str | None = None) -> list[dict]:
    """The rows of a file of results, or of a section of it."""
    found = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found["rows"] if section is None else found["sections"][section]


def plain_ticks(axis: plt.Axes, ticks: tuple) -> None:
    """A logarithmic axis of numbers that are written out."""
    low, high = axis.get_xlim()
    shown = [tick for tick in ticks if low <= tick <= high]
    axis.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axis.minorticks_off()


def panels(n: int, height: float = 3.0, width: float = 3.2) -> tuple:
    """A figure of n axes side by side."""
    figure, axes = plt.subplots(1, n, figsize=(width * n, height), layout="constrained", squeeze=False)
    return figure, list(axes[0])


def draw_bits() -> plt.Figure:
    """What rounding costs: score lost against bits, a line for each table."""
    rows = load("bits")
    formats = list(dict.fromkeys(row["format"] for row in rows))
    figure, axes = panels(len(formats), width=2.7)
    for axis, name in zip(axes, formats, strict=True):
        for row in rows:
            if row["format"] == name:
                bits = [b for b in (8, 4, 3, 2) if row.get(f"loss_{b}") is not None]
                lost = [100 * row[f"loss_{b}"] for b in bits]
                axis.plot([str(b) for b in bits], lost, marker=".", label=row["table"])
        axis.set(title=name, xlabel="bits")
        axis.axhline(0, color="0.6", linewidth=0.8)
        axis.set_yscale("symlog", linthresh=1)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("score lost, hundredths")
    axes[0].legend(frameon=False, fontsize=7)
    return figure


def draw_budget() -> plt.Figure:
    """Shares of a budget by equal ratios and by what the layers lose."""
    rows = load("budget")
    solvers = list(dict.fromkeys(row["solver"] for row in rows))
    figure, axes = panels(len(solvers))
    for axis, solver in zip(axes, solvers, strict=True):
        for shares in dict.fromkeys(row["shares"] for row in rows):
            found = [row for row in rows if (row["solver"], row["shares"]) == (solver, shares)]
            found.sort(key=lambda row: row["asked"])
            axis.errorbar(
                [row["ratio"] for row in found],
                [row["test_mean"] for row in found],
                [row["test_sd"] for row in found],
                marker="o",
                capsize=3,
                label=f"{shares} shares",
            )
        axis.set(xscale="log", title=f"solver {solver!r}", xlabel="compression ratio")
        plain_ticks(axis, (0.1, 0.15, 0.25))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("test accuracy")
    axes[0].legend(frameon=False)
    return figure


def draw_defaults() -> plt.Figure:
    """Defaults beside scikit-learn's MLP."""
    rows = [row for row in load("defaults") if row["mlp_mean"] > 0]
    figure, (axis,) = panels(1, width=6)
    place = np.arange(len(rows))
    for shift, key, label in ((-0.12, "mlp", "MLP"), (0.12, "nnbcd", "NN-BCD")):
        means = [row[f"{key}_mean"] for row in rows]
        axis.errorbar(
            place + shift, means, [row[f"{key}_sd"] for row in rows], fmt="o", capsize=4, label=label
        )
    axis.set_xticks(place, [row["data"] for row in rows])
    axis.set_ylabel("accuracy, 5-fold")
    axis.grid(axis="y", alpha=0.3)
    axis.legend(frameon=False)
    return figure


def draw_devices() -> plt.Figure:
    """Accuracy against flash on a Cortex-M, ours beside other tools."""
    rows = load("devices")
    tables = list(dict.fromkeys(row["table"] for row in rows))
    figure, axes = panels(len(tables))
    for axis, name in zip(axes, tables, strict=True):
        for row in rows:
            if row["table"] == name:
                ours = row["tool"].startswith("export_c")
                kind = row["tool"] if ours else row["model"].split(",")[0].split(" (")[0]
                style = {"export_c, float32": ("o", "tab:cyan"), "export_c, int8": ("o", "tab:blue")}.get(
                    row["tool"],
                    {"M": ("D", "tab:orange"), "1": ("v", "0.5")}.get(kind[0], ("s", "tab:green")),
                )
                axis.plot(row["flash"] / 1000, row["accuracy"], style[0], color=style[1], label=kind)
        axis.set(xscale="log", title=name, xlabel="kB of flash")
        plain_ticks(axis, (2, 5, 10, 20, 50, 100, 200))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("accuracy")
    named = {text: handle for axis in axes for handle, text in zip(*axis.get_legend_handles_labels())}
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=5, frameon=False)
    return figure


def draw_sparse() -> plt.Figure:
    """Accuracy against peak memory on tables that look like text."""
    rows = load("sparse")
    tables = list(dict.fromkeys(row["table"] for row in rows))
    figure, axes = panels(len(tables), width=4)
    for axis, name in zip(axes, tables, strict=True):
        for row in rows:
            if row["table"] == name:
                axis.plot(row["seconds"], row["accuracy"], "o", label=row["contestant"])
        axis.set(xscale="log", title=name, xlabel="CPU seconds of fit")
        plain_ticks(axis, (2, 5, 10, 15, 20, 30))
        axis.grid(alpha=0.3)
        axis.margins(0.15)
        axis.legend(frameon=False, fontsize=7)
    axes[0].set_ylabel("test accuracy")
    return figure


def draw_table1() -> plt.Figure:
    """The CNN on MNIST."""
    rows = [row for row in load("table1_mnist", "table1") if row["method"].startswith("mini-batches")]
    return draw_paper(
        [row | {"format": f"{row['passes']} passes"} for row in rows], (0.013, 0.04, 0.1, 0.3, 1.0)
    )


def draw_table3() -> plt.Figure:
    """MLP-4 on HAR."""
    return draw_paper(load("table3_har", "table3"))


def draw_table6() -> plt.Figure:
    """MLP-5 on HAR."""
    return draw_paper(load("table6_har", "table6"))


def draw_paper(rows: list[dict], ticks: tuple = (0.05, 0.1, 0.2, 0.4, 0.6)) -> plt.Figure:
    """Accuracy against the share of weights, beside the paper."""
    figure, (axis,) = panels(1, height=3.6, width=6)
    for method, name in dict.fromkeys((row["method"], row["format"]) for row in rows):
        found = [row for row in rows if (row["method"], row["format"]) == (method, name)]
        points = sorted((row["ratio_mean"], row["test_mean"]) for row in found if "ratio_mean" in row)
        if len(points) > 1:
            axis.plot(*zip(*points, strict=True), marker="o", label=f"{name}, {method}")
    known = {(row["size"], row["paper"]) for row in rows if row.get("paper") and row["size"] < 1}
    paper = sorted((size, float(text.split(" ")[0])) for size, text in known)
    axis.plot(*zip(*paper, strict=True), "k--", marker="x", label="tensor trains in the paper")
    axis.set(xscale="log", xlabel="compression ratio", ylabel="test accuracy")
    plain_ticks(axis, ticks)
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, fontsize=8)
    return figure


def draw_table5() -> plt.Figure:
    """Flare: balanced accuracy against the weights that are left."""
    rows = load("table5_flare", "table5")
    figure, (axis,) = panels(1, height=3.6, width=6)
    for method in dict.fromkeys(row["method"] for row in rows):
        parts = ("weights_mean", "test_mean", "test_sd")
        found = sorted(tuple(row[part] for part in parts) for row in rows if row["method"] == method)
        weights, means, deviations = zip(*found, strict=True)
        style = "-" if len(found) > 1 else ""
        axis.errorbar(weights, means, deviations, marker="o", linestyle=style, capsize=3, label=method)
    axis.set(xscale="log", xlabel="weights that are left", ylabel="balanced accuracy, 2015-2019")
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, fontsize=8)
    return figure


def draw_tables() -> plt.Figure:
    """Default networks less the default MLP, boosted trees and linear models, by table."""
    rows = load("tables")
    scores: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        scores.setdefault((row["table"], row["contestant"]), []).append(row["score"])
    ours = "nnbcd"
    rivals = (("mlp", "MLP", "D", "tab:orange"), ("histgb", "boosted trees", "^", "0.5"))
    rivals += (("linear", "linear model", "s", "tab:green"),)
    names = [table for table in dict.fromkeys(row["table"] for row in rows) if (table, ours) in scores]
    figure, (axis,) = panels(1, height=0.32 * len(names) + 1.2, width=6.5)
    for key, label, marker, color in rivals:
        found = [(k, name) for k, name in enumerate(names) if (name, key) in scores]
        lead = [100 * (np.mean(scores[name, ours]) - np.mean(scores[name, key])) for _, name in found]
        axis.plot(lead, [k for k, _ in found], marker, color=color, label=f"ahead of {label}")
    axis.axvline(0, color="0.4", linewidth=0.8)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set_xscale("symlog", linthresh=1)
    axis.set_xlabel("NN-BCD less the rival, hundredths of the score")
    axis.grid(alpha=0.3)
    axis.margins(x=0.08)
    figure.legend(frameon=False, fontsize=8, loc="outside upper center", ncols=3)
    return figure


FIGURES = {
    "bits": draw_bits,
    "budget": draw_budget,
    "defaults": draw_defaults,
    "devices": draw_devices,
    "sparse": draw_sparse,
    "table1_mnist": draw_table1,
    "table3_har": draw_table3,
    "table5_flare": draw_table5,
    "table6_har": draw_table6,
    "tables": draw_tables,
}


def draw_all(folder: Path) -> None:
    """Every figure of the results pages, as ``folder/NAME.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in FIGURES.items():
        figure = make()
        figure.savefig(folder / f"{name}.png", dpi=120, metadata={"Software": None})
        plt.close(figure)


if __name__ == "__main__":
    draw(load("bytes"), ROOT / "docs" / "images" / "bytes.png")
    draw_all(ROOT / "docs" / "generated" / "figures")
