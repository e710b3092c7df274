# SPDX-License-Identifier: BSD-3-Clause
"""Make the figures of README and docs from what the benchmarks found.

    python docs/make_figures.py

``images/bytes.png``: accuracy against bytes, from ``tests/benchmarks/results/bytes.json``.
"""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "tests" / "benchmarks" / "results" / "bytes.json"
#: family in the results -> label and style; the last one is drawn on top
FAMILIES = {
    "extra trees": ("extra trees", {"color": "0.75", "marker": "v"}),
    "boosted trees": ("boosted trees", {"color": "0.55", "marker": "^"}),
    "logistic": ("logistic regression", {"color": "tab:green", "marker": "s"}),
    "mlp": ("MLPClassifier, best width, rounded", {"color": "tab:orange", "marker": "D"}),
    "nnbcd": ("NNBCDClassifier(max_bytes=...)", {"color": "tab:blue", "marker": "o", "linewidth": 2.2}),
}
PANELS = ("letter", "pendigits", "satimage", "digits")


def draw(rows: list[dict], path: Path) -> None:
    """Accuracy against bytes, a panel for each table."""
    figure, axes = plt.subplots(1, len(PANELS), figsize=(13, 3.2), layout="constrained")
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
        axis.set(xscale="log", title=name, xlabel="kB of the stored model", ylim=(bottom - 0.04, top + 0.008))
        axis.set_xticks([0.5, 2, 8, 32], ["0.5", "2", "8", "32"])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("test accuracy")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=len(FAMILIES), frameon=False)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    draw(json.loads(RESULT.read_text(encoding="utf-8"))["rows"], ROOT / "docs" / "images" / "bytes.png")
