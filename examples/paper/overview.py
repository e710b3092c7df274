# SPDX-License-Identifier: BSD-3-Clause
"""What came of the paper's tables and figures: one line each, from the files of results, for docs/paper.md.

    python examples/paper/overview.py

Fits nothing. A table or figure whose script has not been run has a line that says so.
"""

import json
from collections.abc import Callable

from harness import Row, records
from mnist import ROWS
from table3_har import MLP4
from table6_har import MLP5


def beside_paper(table: str, paper: dict[float, float]) -> Callable[[Row], str]:
    """Rows of trains and dense networks above the paper's mean, by each method."""

    def told(record: Row) -> str:
        parts = []
        rows = [r for r in record["sections"][table] if r["size"] is not None]
        rows = [r for r in rows if r.get("format", "tt") in ("tt", "dense")]
        for method in dict.fromkeys(r["method"] for r in rows):
            mine = [r for r in rows if r["method"] == method]
            above = sum(r["test_mean"] > paper[r["size"]] for r in mine)
            seeds = min(r["seeds"] for r in mine)
            values = ", ".join(f"{r['test_mean']:.4f} at {r['size']:.4f}" for r in mine)
            late = sum(r["unfinished"] for r in mine)
            cut = f"; {late} cut short" if late else ""
            more = f"{values}; {seeds} or more seeds{cut}"
            parts.append(f"{method}: {above} of {len(mine)} rows above the paper's mean ({more})")
        linear = [r for r in record["sections"][table] if r["size"] is None]
        parts += [f"{r['method']}: {r['test_mean']:.4f}" for r in linear]
        return "; ".join(parts)

    return told


def flare(record: Row) -> str:
    """The sparsest row beside the regressions."""
    rows = record["sections"]["table5"]
    sparsest = [r for r in rows if r["sparsity"] == 0.9977]
    plain = [r for r in rows if r["sparsity"] is None]
    parts = [
        f"{r['method']} at 0.9977: {r['test_mean']:.4f} ± {r['test_sd']:.4f} ({r['seeds']} seeds)"
        for r in sparsest
    ]
    return "; ".join(parts + [f"{r['method']}: {r['test_mean']:.4f}" for r in plain])


def sgd(table: str) -> Callable[[Row], str]:
    """Every format and optimiser."""

    def told(record: Row) -> str:
        rows = record["sections"][table]
        return "; ".join(
            f"{r['format']}, {r['optimizer']}: {r['test_mean']:.4f} ({r['seeds']} seeds)" for r in rows
        )

    return told


def maps(record: Row) -> str:
    """Least and most of each map."""
    return "; ".join(
        f"{r['experiment']}: {r['points']} of 25 points, least {r['least']:.3f} (gamma, rho = "
        f"{r['least_at']}), median {r['median']:.3f}, most {r['most']:.3f} ({r['most_at']})"
        for r in record["sections"]["penalties_spread"]
    )


def starts(record: Row) -> str:
    """Spread over the initialisers."""
    return "; ".join(
        f"{r['experiment']}, {r['initializers']} of 9 initialisers, {r['seeds']} seeds: "
        f"from {r['least']:.4f} to {r['most']:.4f}, spread {r['spread']:.4f}"
        for r in record["sections"]["initializers_spread"]
    )


def methods(record: Row) -> str:
    """All optimisers."""
    return "; ".join(f"{r['method']}: {r['test_mean']:.4f}" for r in record["sections"]["figure15"])


def rate(record: Row) -> str:
    """K times the mean, half way and at the end."""
    parts = []
    for row in record["rows"]:
        half = len(row["sweeps"]) // 2
        parts.append(
            f"{row['case']}, {row['setting']}: {row['k_mean'][half]:.4g} after {row['sweeps'][half]} sweeps, "
            f"{row['k_mean'][-1]:.4g} after {row['sweeps'][-1]}"
        )
    return "K mean ||g||^2: " + "; ".join(parts)


def architectures(record: Row) -> str:
    """Sweeps that raised (7), and what was learned."""
    return "; ".join(
        f"{r['network']}, {r['sweeps_are']} sweeps: {r['rises_most']:.0f} rose, test {r['test_mean']:.4f}"
        for r in record["sections"]["architectures"]
    )


#: item -> (script, file of results, what to say of it)
ITEMS: dict[str, tuple[str, str, Callable[[Row], str]]] = {
    "Table 1; Figures 2, 3": (
        "table1_mnist.py",
        "table1_mnist",
        beside_paper("table1", {ratio: mean for ratio, (_, mean, _) in ROWS.items()}),
    ),
    "Table 2": ("table2_mnist_sgd.py", "table2_mnist_sgd", sgd("table2")),
    "Table 3; Figures 5, 6": (
        "table3_har.py",
        "table3_har",
        beside_paper("table3", {ratio: mean for ratio, (mean, _) in MLP4.paper.items()}),
    ),
    "Table 4": ("table4_har_sgd.py", "table4_har_sgd", sgd("table4")),
    "Table 5; Figures 8, 9": ("table5_flare.py", "table5_flare", flare),
    "Table 6; Figures 12, 13": (
        "table6_har.py",
        "table6_har",
        beside_paper("table6", {ratio: mean for ratio, (mean, _) in MLP5.paper.items()}),
    ),
    "Figures 4a, 7a, 10a, 14a": ("figures_penalties.py", "figures_penalties", maps),
    "Figures 4b, 7b, 10b, 14b": ("figures_initializers.py", "figures_initializers", starts),
    "Theorem 7, the rate": ("rate.py", "rate", rate),
    "Beyond the paper's networks": ("architectures.py", "architectures", architectures),
    "Figure 15": ("figure15_optimizers.py", "figure15_optimizers", methods),
}


def main() -> None:
    """Write the file."""
    rows = []
    for item, (script, name, told) in ITEMS.items():
        path = records.RESULTS / f"{name}.json"
        found = "not run yet"
        if path.exists():
            found = told(json.loads(path.read_text(encoding="utf-8")))
        rows.append({"item": item, "script": script, "found": found})
        print(f"{item}: {found}")
    print(records.write("paper", {"read": "the files of results of the scripts"}, rows))


if __name__ == "__main__":
    main()
